"""Results as HTML tables, for Jupyter. Rule: every cell is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def html_table(caption: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a caption; None is an empty cell."""
    from html import escape

    def row(cells: Sequence[object], tag: str) -> str:
        texts = ("" if cell is None else escape(str(cell)) for cell in cells)
        return f"<tr>{''.join(f'<{tag}>{text}</{tag}>' for text in texts)}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    caption = f"<caption>{escape(caption)}</caption>"
    return f"<table>{caption}<thead>{row(headers, 'th')}</thead><tbody>{body}</tbody></table>"
