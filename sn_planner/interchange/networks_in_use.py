"""Networks in use, as people keep them: a list, a spreadsheet, an export of NetBox, phpIPAM or Infoblox.

Rules: never a wrong network, and nothing dropped without a word. The column is the one named, or the only one that can
be meant; what a cell of it means is in `network_texts`, and an address may have its mask, or the last address of a
range, in a column of its own. IPv6 cannot overlap a storage network, and a container only groups other rows [D NetBox,
Prefix, status "container"]: both are left out. What was read and what was left out is counted, and the notes say it; a
file without a network is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sn_planner.errors import ABSENT, BadInput, printable
from sn_planner.interchange.network_texts import Run, bare, meant
from sn_planner.interchange.rows import VALUE, Row, Rows, cell_of, like_a_network, plain_name, rows_of
from sn_planner.interchange.texts import read_pasted, shown_path
from sn_planner.model import jupyter
from sn_planner.model.cidr import IPV4_BITS, Cidr, parse_address
from sn_planner.model.fields import list_of
from sn_planner.model.fields import text as text_field
from sn_planner.model.words import counted, some

if TYPE_CHECKING:
    import pandas

Where = Mapping[str, str | Iterable[str]]
_NETWORKS = (
    *("prefix", "cidr", "network", "subnet", "cidr block", "address prefix", "ip cidr range", "ip prefix"),
    *("ip network", "network address", "subnet address", "address", "ip address", "ip", "range", "ip range"),
    *("address range", "start address", "start ip", "netz", "netzwerk", "subnetz"),
)
_MASKS = {
    *("mask", "netmask", "subnet mask", "subnetmask", "network mask", "bitmask", "mask bits", "mask length"),
    *("masklen", "prefix", "prefix length", "prefixlength", "prefixlen", "prefix len", "cidr", "bits"),
    *("netzmaske", "subnetzmaske", "maske"),
}
_ENDS = (("start", "end"), ("first", "last"), ("from", "to"))
_NO_USE = re.compile("master|parent|super|aggregate|container|gateway|router|dns|broadcast|host")
_CONTAINERS = {"container", "supernet"}
_GROUPING = ("status", "type")
_INNER = ("value", "address", "prefix", "cidr", "network")
_SHOWN_NAMES, _SHOWN_CHARACTERS = 20, 40


class Networks(tuple[Cidr, ...]):
    """Networks in the order they were read, equal to any tuple of the same; `notes` say what was read and left out."""

    notes: tuple[str, ...]

    def __new__(cls, networks: Iterable[Cidr] = (), notes: Iterable[str] = ()) -> Networks:
        """The networks with their notes."""
        self = super().__new__(cls, networks)
        self.notes = tuple(notes)
        return self

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each network; raises MissingExtraError where pandas is not installed."""
        return self._rows.frame()

    def __repr__(self) -> str:
        return f"Networks({some([str(one) for one in self])})"

    def _repr_html_(self) -> str:
        return jupyter.html(counted(len(self), "network"), self._rows, notes=self.notes)

    @property
    def _rows(self) -> jupyter.Rows:
        return jupyter.Rows(("network",), [(str(one),) for one in self])


class _Place(NamedTuple):
    """Where a row says its network: the column, those with its mask, and the one with its last address."""

    column: str
    masks: tuple[str, ...] = ()
    end: str | None = None


def read_networks(path: str | Path, column: str | None = None, where: Where | None = None) -> Networks:
    """The networks in a file, or in the standard input ("-"), as `networks_of` reads them.

    Raises BadInput, with the file and the place in it, for a file that cannot be read, for what is no network and where
    there is none.
    """
    text, notes = read_pasted("path", path)
    return networks_of(shown_path(path), text, column, where, notes=notes)


def networks_of(
    name: str, text: str, column: str | None = None, where: Where | None = None, *, notes: Iterable[str] = ()
) -> Networks:
    """The networks in a text: a value a line, CSV with any separator, or JSON; `notes` come before its own.

    `column` is the CSV column or JSON key (a path like "spec.range" inside objects) with the network; without it, it is
    found where only one can be meant. `where` keeps the rows in which each column has the value, or one of the values.
    Raises BadInput, with the place, for what is no network, for a page of a longer list, and where no IPv4 network is.

    >>> networks = networks_of("plan.csv", "Subnet;Mask\\n10.1.0.0;255.255.0.0\\nfd00::;64\\n")
    >>> [str(one) for one in networks], networks.notes
    (['10.1.0.0/16'], ('1 network read from plan.csv, column Subnet, 1 IPv6 left out',))
    """
    asked = None if column is None else plain_name(text_field("column", column))
    table = rows_of(name, text, _NETWORKS if asked is None else {asked})
    conditions = _conditions(name, table, where)
    left = Counter(comment=table.comments)
    rows = list(_kept(name, table, conditions, left))
    place = _place(name, table, rows, column)
    read = [_network(name, row, value, place) for row in rows for value in _values(name, row, place.column)]
    networks = [one for several in read for one in several if one.bits == IPV4_BITS]
    left["empty"] = read.count(())
    left["ipv6"] = sum(map(len, read)) - len(networks)
    left_out = [part for part in _left_out(left, conditions) if part]
    if not networks:
        why = f" ({', '.join(left_out)})" if left_out else ""
        raise BadInput(name, ABSENT, f"holds no IPv4 network{why}", "leave it out if nothing is in use", "missing")
    things = len(networks) - sum(len(one) - 1 for one in read if isinstance(one, Run))
    found = [f"column {_listed([_written(table, place.column)])}"] if asked is None and len(table.names) > 1 else []
    note = ", ".join((f"{counted(things, 'network')} read from {name}", *found, *left_out))
    return Networks(networks, (*notes, printable(note)))


def columns_of(path: str | Path) -> tuple[str, ...]:
    """The names of a file's columns as it writes them, from which `column` is chosen; none for a list of values.

    Raises BadInput, with the file and the place in it, for a file that cannot be read.
    """
    text, _ = read_pasted("path", path)
    return rows_of(shown_path(path), text, _NETWORKS).names


def _left_out(left: Counter[str], conditions: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """What was not read, in words."""
    wanted = ", ".join(f"{column}={' or '.join(sorted(values))}" for column, values in conditions.items())
    yield f"{left['ipv6']} IPv6 left out" if left["ipv6"] else ""
    for key, thing, which in (
        ("container", "container", "left out"),
        ("filtered", "row", f"without {wanted}"),
        ("other", "row", "of another kind left out"),
        ("comment", "commented row", "left out"),
        ("empty", "empty cell", ""),
    ):
        yield counted(left[key], thing, which) if left[key] else ""


def _conditions(name: str, table: Rows, where: Where | None) -> dict[str, frozenset[str]]:
    """For each column that chooses rows, by its plain name, the values that keep one."""
    if not isinstance(where, Mapping | None):
        raise BadInput("where", where, "is no mapping", "write it like {'status': 'active'}", "wrong-type")
    conditions: dict[str, frozenset[str]] = {}
    for column, values in (where or {}).items():
        _require(name, table, text_field("where", column))
        wanted = [values] if isinstance(values, str) else list_of(f"where {column}", values)
        plain = plain_name(column)
        conditions[plain] = conditions.get(plain, frozenset()).union(str(one).strip().casefold() for one in wanted)
    return conditions


def _kept(name: str, table: Rows, conditions: Mapping[str, frozenset[str]], left: Counter[str]) -> Iterator[Row]:
    """The rows that are asked for and are networks of their own."""
    names = {plain_name(one) for one in table.names} - conditions.keys()
    grouping = [column for column in _GROUPING if column in names]
    for row in table.rows:
        if row.kind and not row.kind.endswith(("network", "networkcontainer")):  # Infoblox: hosts, zones, …
            left["other"] += 1
        elif not all(_words(_cell(name, row, column)) & values for column, values in conditions.items()):
            left["filtered"] += 1
        elif row.kind.endswith("container") or any(_words(row.cells.get(one)) & _CONTAINERS for one in grouping):
            left["container"] += 1
        else:
            yield row


def _words(value: Any) -> set[str]:
    """A cell as it is compared; NetBox writes {"value": "active", "label": "Active"}."""
    if isinstance(value, str):
        return {value.strip().casefold()}
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
    return {"" if part is None else str(part).strip().casefold() for part in parts if not isinstance(part, dict | list)}


def _require(name: str, table: Rows, column: str) -> str:
    """The plain name of a column that is there, once; raises BadInput for any other."""
    plain, names = plain_name(column), [plain_name(one) for one in table.names]
    if plain not in names and plain.partition(".")[0] not in names:
        fix = f"there are {_listed(table.names) or 'none'}"
        raise BadInput(f"{name} column", column, "is not there", fix, "unknown-name")
    if names.count(plain) > 1:
        raise BadInput(f"{name} column", column, "is there twice", "rename one of them", "duplicate")
    return plain


def _written(table: Rows, column: str) -> str:
    return next(one for one in table.names if plain_name(one) == column)


def _place(name: str, table: Rows, rows: list[Row], asked: str | None) -> _Place:
    """Where the rows say their networks: in the column asked for, or in the only one that can be meant."""
    names = dict.fromkeys(plain_name(one) for one in table.names)
    masks = tuple(one for one in names if one in _MASKS)
    if asked is not None:
        return _beside(names, masks, _require(name, table, asked))
    if not names:
        return _Place(VALUE)
    known = [one for one in _NETWORKS if one in names]
    if len(known) == 1:
        return _beside(names, masks, _require(name, table, _written(table, known[0])))
    places = [_beside(names, masks, one) for one in known or names if known or not _NO_USE.search(one)]
    readings = {place: reading for place in places if (reading := _reading(rows, place)) is not None}
    sure = {place: reading for place, reading in readings.items() if reading} or readings
    if len(sure) == 1 or len(set(filter(None, sure.values()))) == 1:  # several columns may say the same
        return next(iter(sure))
    fix = f"name it: there are {_listed(table.names)}"
    raise BadInput(f"{name} column", ABSENT, "with the networks is not clear", fix, "missing")


def _beside(names: Collection[str], masks: tuple[str, ...], column: str) -> _Place:
    ends = [column.replace(start, end) for start, end in _ENDS if start in column.split()]
    return _Place(
        column, tuple(one for one in masks if one != column), next((one for one in ends if one in names), None)
    )


def _reading(rows: list[Row], place: _Place) -> tuple[Cidr, ...] | None:
    """The networks in a column that may be another; what is none is left out, None where nothing is like one."""
    values = [(row, value) for row in rows for value in _inner(row.cells.get(place.column)) if isinstance(value, str)]
    read = [_meant_in(row, value, place) or () for row, value in values]
    networks = tuple(one for several in read for one in several)
    return networks if networks or any(like_a_network(value) for _, value in values) else None


def _listed(names: Iterable[str]) -> str:
    """Some names out of a file, on one line however long they are."""
    return some([one[:_SHOWN_CHARACTERS] for one in names], _SHOWN_NAMES)


def _cell(name: str, row: Row, column: str) -> Any:
    value = cell_of(row.cells, column)
    if value is ABSENT:
        fix = f"it has {_listed(row.cells)}"
        raise BadInput(f"{name} {row.place}", ABSENT, f"has no {column}", fix, "unknown-name")
    return value


def _values(name: str, row: Row, column: str) -> list[Any]:
    """The values in a row's cell; a value among rows stands for itself."""
    return _inner(row.cells[VALUE] if VALUE in row.cells else _cell(name, row, column))


def _inner(cell: Any) -> list[Any]:
    """The values in a cell: of a list each, of an object that of a usual name; nothing at all is empty text."""
    if isinstance(cell, str):
        return [cell]
    values = (cell or [""]) if isinstance(cell, list) else [cell]
    inner = [next((one[key] for key in _INNER if key in one), one) if isinstance(one, dict) else one for one in values]
    return ["" if one is None else one for one in inner]


def _network(name: str, row: Row, value: Any, place: _Place) -> tuple[Cidr, ...]:
    """The networks that a cell means; raises BadInput, by its place, where it means none."""
    networks = _meant_in(row, value, place) if isinstance(value, str) else None
    if networks is not None:
        return networks
    where = f"{name} {row.place}"
    if not isinstance(value, str) or parse_address(bare(value)) is None:
        fix = "write a CIDR like 10.0.0.0/24, or a first and a last address"
        raise BadInput(where, value, "is not a network", fix, "not-a-cidr")
    masks = _listed([f"{one} {row.cells.get(one)}" for one in place.masks])
    problem = f"has no prefix length{', as it has ' if masks else ''}{masks}"
    fix = "write it behind the address, or into a column named mask"
    raise BadInput(where, value, problem, fix, "not-a-cidr")


def _meant_in(row: Row, text: str, place: _Place) -> tuple[Cidr, ...] | None:
    if not place.masks and place.end is None:
        return meant(text)
    end = row.cells.get(place.end) if place.end else None
    return meant(text, [str(row.cells.get(one)) for one in place.masks], end if isinstance(end, str) else None)
