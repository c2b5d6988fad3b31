"""Answers as text: a verdict with tables for people, Markdown, CSV and JSON for others.

Rules: a `Document` is what a command says, once; the formats are only its clothes. The answer stands first, then the
tables, then what else matters; what only explains it is shown where it is asked for. JSON has the data, CSV the rows of
the main table, table and Markdown everything. No cell can move the cursor or start a new line: what is not printable is
escaped. No cell of CSV is a formula to a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from sn_planner.errors import printable
from sn_planner.interchange.layout import grid, wrapped

FORMATS = ("table", "json", "csv", "markdown")
UNKNOWN_WIDTH = 80
_COLOURS = {"error": "31;1", "warning": "33", "info": "36"}  # as ANSI numbers them: red and bold, yellow, cyan
_FORMULA = ("=", "+", "-", "@")  # what a spreadsheet takes for the start of a formula


class Table(NamedTuple):
    """Rows of cells under headers; None is an empty cell."""

    headers: tuple[str, ...]
    rows: Sequence[Sequence[object]]


class Remark(NamedTuple):
    """What is to be said, and the fix; `severity` is "error", "warning", "info", or "" where that is no question."""

    severity: str
    text: str
    fix: str


Part = str | Table | Remark


class Screen(NamedTuple):
    """Where people read: its width in columns, and whether it shows colours."""

    width: int = UNKNOWN_WIDTH
    colours: bool = False


class Drawn(Protocol):
    """A picture of the answer."""

    def save(self, path: str) -> None:
        """Writes it into a file."""


class Later(Mapping[str, Any]):
    """Data that is made when it is first read: a table on a screen does not wait for it."""

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        """Keeps what makes the data."""
        self._make = make

    @cached_property
    def _made(self) -> dict[str, Any]:
        return self._make()

    def __getitem__(self, key: str) -> Any:
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class Document(NamedTuple):
    """What a command answers.

    `ok` is the exit code's yes; `answer` the verdict and its figures, `parts` what follows, `notes` what was assumed,
    read and not used; `main` the rows of CSV, `data` JSON's under the command's schema. `explained` makes the parts,
    and `details` are the rows of CSV, that are shown where they are asked for. `forms` are what some commands can say
    in forms of their own, like a manifest; `lines` a CSV that is too long to be held at once; `picture` draws what
    --plot asks for.
    """

    command: str
    ok: bool
    data: Mapping[str, Any]
    main: Table
    answer: str
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    explained: Callable[[], tuple[Part, ...]] = tuple
    details: Table | None = None
    forms: Mapping[str, str] = MappingProxyType({})
    lines: Iterable[str] = ()
    picture: Callable[[], Drawn] | None = None

    def noted(self, *notes: str) -> Document:
        """The document with notes before its own."""
        return self._replace(notes=(*notes, *self.notes))

    def explain(self) -> Document:
        """The document with all that explains it."""
        return self._replace(parts=(*self.parts, *self.explained()), main=self.details or self.main)


def render(
    document: Document, style: str, screen: Screen | None = None, inputs: Mapping[str, Any] | None = None
) -> str:
    """The document in one of `FORMATS`, ending in a line break; JSON tells the `inputs` it answers, too."""
    if style == "json":
        return _json(document, inputs)
    if style == "csv":
        return _csv(document.main)
    said = (document.answer, *document.parts, *document.notes)
    shown = _markdown if style == "markdown" else _on(screen or Screen())
    return "\n\n".join(filter(None, map(shown, said))) + "\n"


def plain(document: Document) -> dict[str, Any]:
    """What a person reads of the document, as data: each part of it with its texts as they are shown."""
    return {
        "answer": _lines(document.answer),
        "parts": list(map(_plain_part, document.parts)),
        "explained": list(map(_plain_part, document.explained())),
        "notes": list(map(_lines, document.notes)),
        "forms": dict(document.forms),
    }


def _plain_part(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"text": _lines(part)}
    if isinstance(part, Remark):
        return {name: _lines(text) for name, text in part._asdict().items()}
    rows = [list(map(_cell, row)) for row in part.rows]
    return {"headers": list(map(_cell, part.headers)), "rows": rows, "right": _numeric(part)}


def _json(document: Document, inputs: Mapping[str, Any] | None) -> str:
    head = {"schema": f"sn-planner/{document.command}/1", "ok": document.ok, "notes": list(document.notes)}
    given = {} if inputs is None else {"inputs": dict(inputs)}
    return json.dumps(head | given | dict(document.data) | head, indent=2) + "\n"


def _csv(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.headers)
    writer.writerows(_harmless(row) for row in table.rows)
    return text.getvalue()


def _harmless(row: Sequence[object]) -> list[object]:
    """The cells on one line each, those that a spreadsheet would take for formulas behind an apostrophe."""
    texts = (printable(cell) if isinstance(cell, str) else cell for cell in row)
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in texts]


def _on(screen: Screen) -> Callable[[Part], str]:
    """How a part is shown on a screen."""

    def shown(part: Part) -> str:
        if isinstance(part, Table):
            cells = [[_cell(value) for value in row] for row in part.rows]
            return grid(list(map(_cell, part.headers)), cells, _numeric(part), screen.width) if cells else ""
        if isinstance(part, str):
            return wrapped(_lines(part), screen.width)
        text = wrapped(_lines(_remark(part)), screen.width)
        colour = _COLOURS.get(part.severity) if screen.colours else None
        return text if colour is None else text.replace(part.severity, f"\x1b[{colour}m{part.severity}\x1b[0m", 1)

    return shown


def _remark(remark: Remark) -> str:
    lead = f"- {remark.severity}" if remark.severity else "-"
    return f"{lead} {remark.text}\n  {remark.fix}"


def _markdown(part: Part) -> str:
    if not isinstance(part, Table):
        text = _no_html(_lines(_remark(part) if isinstance(part, Remark) else part))
        return re.sub("^== ", "### ", text)
    from tabulate import tabulate

    return tabulate(
        [list(map(_markdown_cell, row)) for row in part.rows],
        headers=list(map(_markdown_cell, part.headers)),
        tablefmt="github",
        disable_numparse=True,
        colalign=["right" if one else "left" for one in _numeric(part)] if part.rows else None,
    )


def _markdown_cell(value: object) -> str:
    return _no_html(_cell(value)).replace("\\", "\\\\").replace("|", "\\|")


def _no_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _numeric(table: Table) -> list[bool]:
    return [all(isinstance(row[place], int | None) for row in table.rows) for place in range(len(table.headers))]


def _cell(value: object) -> str:
    return "" if value is None else printable(str(value))


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))
