"""Rows of other people's tables: CSV with any separator, JSON as an IPAM's interface gives it, or a value a line.

Rules: the separator is the one under which a line of the text has the names that are asked for, or else the most names.
A line that could be a network is never taken for a header, so none is dropped. Lines above the header are its title,
lines that begin with "#" are comments. Infoblox writes a header for each kind of object, one below the other: each
counts from there on. A page of a longer list is refused. Names are compared without case, "_" and "*" (`plain_name`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.plain import decode_json

VALUE = ""  # the column of a list of values without a name
_SEPARATORS = (",", ";", "\t", "|")
_NO_SEPARATOR = "\x1f"
_SEARCHED = 100  # lines above a header, at most
_HEADER = "header-"
# Four octets, fewer and a slash, or colons as in IPv6 and not as in a time.
_LIKE_A_NETWORK = re.compile(r"\d\.\d{1,3}\.\d{1,3}\.\d|\d\.[\d.]{0,12}\s?/|::|(?:[0-9a-fA-F]{1,4}:){3}")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s_*-]+")
_ASIDE = re.compile(r"[\s|+:=-]*|#(?![,;\t|]).*|\"?sep=.\"?")  # rules of a table, comments, Excel's own first line
_LISTS = ("results", "result", "data", "items")
_PAGES = {"next", "nextpage", "nextpageid", "nextpagetoken", "nexttoken", "nextlink", "nextcursor", "@odata.nextlink"}
_PAGES |= {"continue", "hasmore", "previous"}
_TOTALS = {"count", "total", "totalcount", "totalelements"}


class Row(NamedTuple):
    """The cells of a row by the plain names of their columns; `kind` is the object it is, where the file says so."""

    place: str
    cells: Mapping[str, Any]
    kind: str = ""


class Rows(NamedTuple):
    """Rows, the names of their columns as the text writes them (none for a list of values), and its comments."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    comments: int = 0


@lru_cache(maxsize=1024)
def plain_name(name: str) -> str:
    """A column's name as it is compared.

    >>> plain_name("ADDRESS*"), plain_name("prefix_length"), plain_name("prefixLength")
    ('address', 'prefix length', 'prefix length')
    """
    return " ".join(word for word in _WORDS.split(name.strip("\ufeff\"'`# ")) if word).casefold()


def like_a_network(text: str) -> bool:
    """Whether a text holds what may be an address or a network, however badly written."""
    return _LIKE_A_NETWORK.search(text) is not None


def cell_of(cells: Mapping[str, Any], column: str) -> Any:
    """The cell of a column, or inside it that of a path like "spec.range"; ABSENT where there is none."""
    while column not in cells:
        outer, _, column = column.partition(".")
        inside = cells.get(outer)
        if not column or not isinstance(inside, dict):
            return None if column and outer in cells and inside is None else ABSENT
        cells = {plain_name(key): value for key, value in inside.items()}
    return cells[column]


def rows_of(name: str, text: str, wanted: Collection[str]) -> Rows:
    """The rows of a text; `wanted` are the plain names of columns by which its header is known.

    Raises BadInput, with the place in it, for what is no JSON or CSV and for a page of a longer list.

    >>> rows_of("plan", "Lab networks\\nNetz;Ort\\n10.0.0.0/24;lab", {"netz"}).rows
    (Row(place='line 3', cells={'netz': '10.0.0.0/24', 'ort': 'lab'}, kind=''),)
    """
    if text.lstrip()[:1] in {"[", "{"}:
        return _json_rows(name, text)
    lines = text.split("\n")
    start, header, separator = _header_of(lines, wanted)
    return _csv_rows(name, lines, start, header, separator)


def _csv_rows(name: str, lines: list[str], start: int, header: list[str], separator: str) -> Rows:
    columns, names, comments, found = _columns(header), list(header), 0, []
    is_sectioned = header[:1] and header[0].casefold().startswith(_HEADER)
    content = _content(lines[start:], comments_inside=len(header) < 2)
    reader = csv.reader(content, delimiter=separator, skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            if _is_rule(cells):
                continue
            if cells[0].startswith("#") and not cells[0][1:].isdigit():  # "#5" is a number of a row
                comments += 1
            elif is_sectioned and cells[0].casefold().startswith(_HEADER):
                columns = _columns(cells)
                known = {plain_name(one) for one in names}
                names += [one for one in cells if plain_name(one) not in known]
            else:
                values = {column: cells[place] if place < len(cells) else "" for place, column in columns}
                kind = cells[0].casefold() if is_sectioned else ""
                found.append(Row(f"line {start + reader.line_num}", values, kind))
    except csv.Error as error:
        place = f"{name} after line {start + reader.line_num}"
        raise BadInput(place, ABSENT, f"is not CSV: {error}", "mend the row", "unreadable") from None
    return Rows(tuple(one.strip() for one in names if plain_name(one)), tuple(found), comments)


def _columns(header: list[str]) -> list[tuple[int, str]]:
    named = [(place, plain_name(name)) for place, name in enumerate(header)]
    return [(place, name) for place, name in named if name] if header else [(0, VALUE)]


def _content(lines: list[str], *, comments_inside: bool) -> Iterator[str]:
    for line in lines:
        yield (line.partition("#")[0].rstrip() if comments_inside else line) + "\n"


def _is_rule(cells: list[str]) -> bool:
    """Whether a row is empty, or a line of dashes below a header."""
    text = "".join(cells).strip()
    return not text or ("---" in text and not text.strip("-+=:| "))


def _header_of(lines: list[str], wanted: Collection[str]) -> tuple[int, list[str], str]:
    """Where the data begins, the names above it, and the separator of both."""
    first: int | None = None
    best: tuple[int, list[str], str] = (0, [], _NO_SEPARATOR)
    for number, after, line in _records(lines):
        first = number if first is None else first
        splits = [(separator, _split(line, separator)) for separator in _SEPARATORS]
        separator, most = max(splits, key=lambda one: len(one[1]))
        if like_a_network(line) or not most or most[0][:1].isdigit():
            return best if best[1] else (first, *_without_header(line.partition("#")[0]))
        for other, cells in splits:
            if any(plain_name(cell) in wanted for cell in cells):
                return after, cells, other
        if len(most) > len(best[1]):
            best = after, most, separator
    return best


def _records(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """The first lines, those that a quoted cell breaks as one, each with its number and that of the next."""
    after = 0
    while after < min(len(lines), _SEARCHED):
        number, after = after, after + 1
        if _ASIDE.fullmatch(lines[number]):
            continue
        quotes = lines[number].count('"')
        while quotes % 2 and after < min(len(lines), number + _SEARCHED):
            quotes += lines[after].count('"')
            after += 1
        yield number, after, "\n".join(lines[number:after])


def _without_header(line: str) -> tuple[list[str], str]:
    """Columns by number where the first row is more than networks; a value a line otherwise."""
    for separator in _SEPARATORS:
        cells = _split(line, separator)
        if len(cells) > 1 and not all(like_a_network(cell) for cell in cells if cell):
            return [str(place) for place in range(1, len(cells) + 1)], separator
    return [], _NO_SEPARATOR


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:  # a cell of more than 128 KiB
        return []


def _json_rows(name: str, text: str) -> Rows:
    items = _items(name, decode_json(name, text))
    names: dict[str, None] = {}
    rows = []
    for place, item in enumerate(items):
        cells = {plain_name(key): value for key, value in item.items()} if isinstance(item, dict) else {VALUE: item}
        names.update(dict.fromkeys(item if isinstance(item, dict) else ()))
        rows.append(Row(f"item {place}", cells))
    return Rows(tuple(names), tuple(rows))


def _items(name: str, document: Any) -> list[Any]:
    """The list in a document: itself, that of a usual name, or the only one that it holds."""
    heads = []
    while isinstance(document, dict):
        heads.append(document)
        lists = [one for one in document.values() if isinstance(one, list)]
        inner = [one for one in document.values() if isinstance(one, dict)]
        named = [document[key] for key in _LISTS if isinstance(document.get(key), list | dict)]
        document = next(iter(named or (lists if len(lists) == 1 else inner if len(inner) == 1 else ())), None)
    if not isinstance(document, list):
        fix = 'write […], or {"results": […]}'
        raise BadInput(name, ABSENT, "is not a list of networks", fix, "wrong-type")
    for head in heads:
        for part in (head, *(one for one in head.values() if isinstance(one, dict))):
            _refuse_page(name, part, len(document))
    return document


def _refuse_page(name: str, head: dict[str, Any], rows: int) -> None:
    """Raises BadInput where what stands beside a list tells that it is not all of it."""
    fix = "export all of it into one list, without a page or a limit"
    told = {key.casefold().replace("_", ""): (key, value) for key, value in head.items()}
    for folded in sorted(told.keys() & _PAGES):
        key, value = told[folded]
        if value:
            raise BadInput(f"{name} {key}", ABSENT, "tells of more", fix, "not-exported")
    for folded in sorted(told.keys() & _TOTALS):
        key, value = told[folded]
        if isinstance(value, int) and value > rows:
            raise BadInput(f"{name} {key}", value, f"is more than the {rows} here", fix, "not-exported")
