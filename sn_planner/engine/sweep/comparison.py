"""Profiles and ranges side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sn_planner.model.cidr import Cidr
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.ranges import AddressRange, RangeLike

if TYPE_CHECKING:
    import pandas

    from sn_planner.engine.sweep.sweep import Sweep

_FIGURES = (
    *("profile", "formula", "smallest [addresses]", "largest [addresses]"),
    *("range", "usable [addresses]", "fits [clusters]"),
)


class Comparison(tuple[dict[str, Any], ...]):
    """A row of plain data for each profile with each range; a tuple that shows as a table in Jupyter."""

    __slots__ = ()

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a column for each prefix length; raises MissingExtraError where there is no pandas."""
        figures, counts = self._figures, self._counts(self)
        prefixes = [prefix for prefix, *_ in counts.rows]
        rows = [[*row, *(held[place] for _, *held in counts.rows)] for place, row in enumerate(figures.rows)]
        columns = (*figures.columns, *(f"{prefix} [clusters]" for prefix in prefixes))
        return Rows(columns, rows).frame()

    def __repr__(self) -> str:
        return f"Comparison({', '.join(dict.fromkeys(row['formula'] for row in self))})"

    def _repr_html_(self) -> str:
        points = f"{self[0]['points']:,} clusters" if self else "Nothing"
        once = {row["formula"]: row for row in self}  # equal formulas count alike; equal names may not
        return html(f"{points} side by side", self._figures, self._counts(list(once.values())))

    @property
    def _figures(self) -> Rows:
        names = [name.split(" ")[0] for name in _FIGURES]
        return Rows(_FIGURES, [[row[name] for name in names] for row in self])

    def _counts(self, rows: Sequence[Mapping[str, Any]]) -> Rows:
        """How many clusters need each prefix, a column for each of the rows."""
        found = sorted(dict.fromkeys(prefix for row in rows for prefix in row["by_prefix"]), key=_longest_first)
        counts = [[row["by_prefix"].get(prefix, 0) for row in rows] for prefix in found]
        names = [name if name == "none" else f"/{name}" for name in found]
        columns = ("prefix", *(f"{row['formula']} [clusters]" for row in rows))
        return Rows(columns, [[name, *count] for name, count in zip(names, counts, strict=True)], "By prefix")


def _longest_first(prefix: str) -> tuple[bool, int]:
    return prefix == "none", -int(prefix) if prefix != "none" else 0


def compared(sweeps: Iterable[Sweep], ranges: Iterable[RangeLike]) -> Comparison:
    """Each sweep with each range, or by itself without any."""
    choices: list[AddressRange | None] = [AddressRange(one) for one in ranges] or [None]
    return Comparison(_row(each, one) for each in sweeps for one in choices)


def _row(grid: Sweep, range: AddressRange | None) -> dict[str, Any]:
    figures = {
        "profile": grid.profile.name,
        "formula": grid.profile.formula,
        "smallest": grid.smallest,
        "largest": grid.largest,
        "usable": None if range is None else range.usable,
    }
    return figures | grid.to_dict(range)


def each_of(given: Any) -> list[Any]:
    """A list's items, or what is given alone; a Cidr is one range, although it is a tuple."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) and not isinstance(given, Cidr) else [given]
