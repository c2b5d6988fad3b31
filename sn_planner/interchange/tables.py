"""Results as text: a story with tables for people, Markdown, CSV and JSON for others.

Rules: a `Document` is what a command says, once; the formats are only its clothes. JSON has the data, CSV the rows of
the main table, table and Markdown everything. No cell can move the cursor or start a new line: what is not printable is
escaped.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sn_planner.errors import printable

FORMATS = ("table", "json", "csv", "markdown")


class Table(NamedTuple):
    """Rows of cells under headers; None is an empty cell."""

    headers: tuple[str, ...]
    rows: Sequence[Sequence[object]]


class Document(NamedTuple):
    """What a command answers: `notes` and `parts` for people, `main` for CSV, `data` for JSON under its schema.

    `text` is what some commands can say in a form of their own, `lines` a CSV that is too long to be held at once.
    """

    command: str
    data: dict[str, Any]
    main: Table
    parts: tuple[str | Table, ...]
    notes: tuple[str, ...] = ()
    text: str = ""
    lines: Iterable[str] = ()


def render(document: Document, style: str) -> str:
    """The document in one of `FORMATS`, ending in a line break."""
    if style == "json":
        return json.dumps({"schema": f"sn-planner/{document.command}/1", **document.data}, indent=2) + "\n"
    if style == "csv":
        return _csv(document.main)
    parts = (
        _lines(part) if isinstance(part, str) else _grid(part, style) for part in (*document.notes, *document.parts)
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _csv(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.headers)
    writer.writerows(table.rows)
    return text.getvalue()


def _grid(table: Table, style: str) -> str:
    from tabulate import tabulate

    rows = [[_cell(value, style) for value in row] for row in table.rows]
    numeric = [all(isinstance(row[place], int | None) for row in table.rows) for place in range(len(table.headers))]
    return tabulate(
        rows,
        headers=[_cell(header, style) for header in table.headers],
        tablefmt="github" if style == "markdown" else "simple",
        disable_numparse=True,
        colalign=["right" if one else "left" for one in numeric] if rows else None,
    )


def _cell(value: object, style: str) -> str:
    text = "" if value is None else printable(str(value))
    return text.replace("|", "\\|") if style == "markdown" else text


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))
