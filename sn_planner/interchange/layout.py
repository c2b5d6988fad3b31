"""Texts and tables that fit a terminal.

Rules: a line breaks between words; a word is broken only where it is wider than the whole terminal, and only in a
table. Characters count by the columns that a terminal gives them: two for the wide ones of East Asia, none for those
that combine with the one before. A table is shrunk in three steps: as wide as its cells; its widest columns narrowed
alike, down to their longest word; and where not even the longest words stand side by side, each row becomes a record,
a line for each of its cells. A line that starts with four spaces is to be copied, and stays as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import category, east_asian_width

_GAP = "  "
_VERBATIM = "    "
_LEAD = re.compile(r" *(?:- )?")


def width_of(text: str) -> int:
    """The columns that a text takes on a terminal.

    >>> width_of("range"), width_of("範囲"), width_of("e\\u0301")
    (5, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def wrapped(text: str, width: int) -> str:
    """The text with each of its lines broken between words, and what hangs behind a dash indented.

    >>> print(wrapped("- a range of the site\\n    to be copied as it is", 14))
    - a range of
      the site
        to be copied as it is
    """
    return "\n".join(line for given in text.split("\n") for line in _wrapped_line(given, width))


def _wrapped_line(line: str, width: int) -> Iterator[str]:
    if line.startswith(_VERBATIM) or width_of(line) <= width:
        yield line
        return
    lead = _LEAD.match(line)[0]  # type: ignore[index]  # it matches the empty text, too
    indent = lead
    for part in filled(line[len(lead) :], max(width - len(lead), 1)):
        yield indent + part
        indent = " " * len(lead)


def filled(text: str, width: int, *, broken: bool = False) -> Iterator[str]:
    """The lines of one paragraph; a word wider than `width` stands alone, or is broken into several lines.

    >>> list(filled("a range of the site", 8)), list(filled("longhorn-system", 8, broken=True))
    (['a range', 'of the', 'site'], ['longhorn', '-system'])
    """
    line, used = "", 0
    words = text.split(" ")
    for word in words if not broken else (piece for one in words for piece in _pieces(one, width)):
        columns = width_of(word)
        if line and used + 1 + columns > width:
            yield line
            line, used = word, columns
        else:
            line, used = (f"{line} {word}", used + 1 + columns) if line else (word, columns)
    yield line


def _pieces(word: str, width: int) -> Iterator[str]:
    """A word in pieces that each fit; one character at least."""
    piece, used = "", 0
    for character in word:
        columns = _columns(character)
        if piece and used + columns > width:
            yield piece
            piece, used = "", 0
        piece, used = piece + character, used + columns
    yield piece


def grid(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], width: int) -> str:
    """A table in at most `width` columns; those that are `right` are aligned there.

    >>> print(grid(["range", "spare"], [["172.16.0.0/26", "12"]], [False, True], 80))
    range          spare
    -------------  -----
    172.16.0.0/26     12
    """
    columns = [[headers[place], *(row[place] for row in rows)] for place in range(len(headers))]
    widths = _widths(columns, width - len(_GAP) * (len(columns) - 1))
    if widths is None:
        return _records(headers, rows, width)
    rule = ["-" * one for one in widths]
    lines = [
        *_row(headers, widths, right),
        _GAP.join(rule),
        *(line for row in rows for line in _row(row, widths, right)),
    ]
    return "\n".join(lines)


def _widths(columns: Iterable[Sequence[str]], room: int) -> list[int] | None:
    """The width of each column, the widest narrowed alike; None where the longest words have no room."""
    bounds = [(max(map(_longest_word, cells)), max(map(width_of, cells))) for cells in columns]

    def capped(cap: int) -> list[int]:
        return [max(least, min(most, cap)) for least, most in bounds]

    if sum(capped(0)) > room:
        return None
    return capped(bisect_right(range(max(room, 0) + 1), room, key=lambda cap: sum(capped(cap))) - 1)


def _longest_word(cell: str) -> int:
    return max(map(width_of, cell.split(" ")))


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    parts = [list(filled(cell, width)) for cell, width in zip(cells, widths, strict=True)]
    for number in range(max(map(len, parts))):
        line = [
            _padded(part[number] if number < len(part) else "", width, at_right)
            for part, width, at_right in zip(parts, widths, right, strict=True)
        ]
        yield _GAP.join(line).rstrip(" ")


def _padded(text: str, width: int, at_right: bool) -> str:
    space = " " * (width - width_of(text))
    return space + text if at_right else text + space


def _records(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """A line for each cell, behind its header, or below it where its longest word needs the whole line."""
    label = max(map(width_of, headers)) + len(_GAP)
    records = (
        "\n".join(
            line
            for header, cell in zip(headers, row, strict=True)
            if cell
            for line in _entry(header, cell, label, width)
        )
        for row in rows
    )
    return "\n\n".join(records)


def _entry(header: str, cell: str, label: int, width: int) -> Iterator[str]:
    if label > width // 2 or label + _longest_word(cell) > width:
        yield from filled(header, width, broken=True)
        yield from filled(cell, width, broken=True)
        return
    lead = _padded(header, label, False)
    for line in filled(cell, width - label):
        yield lead + line
        lead = " " * label
