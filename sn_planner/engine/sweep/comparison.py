"""Profiles and ranges side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sn_planner.model.cidr import Cidr
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.ranges import AddressRange, RangeLike
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

    from sn_planner.engine.sweep.sweep import Sweep

_FIGURES = ("profile", "formula", "smallest [addresses]", "largest [addresses]", "range", "usable [addresses]")


class Comparison(tuple[dict[str, Any], ...]):
    """A row of plain data for each profile with each range; a tuple that shows as a table in Jupyter."""

    __slots__ = ()

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a column for each prefix length; raises MissingExtraError where there is no pandas."""
        return self._rows.frame()

    def _repr_html_(self) -> str:
        points = counted(self[0]["points"], "cluster") if self else "Nothing"
        return html(f"{points} side by side", self._rows)

    @property
    def _rows(self) -> Rows:
        found = dict.fromkeys(prefix for row in self for prefix in row["by_prefix"])
        names = [name.split(" ")[0] for name in _FIGURES]
        prefixes = [name if name == "none" else f"/{name}" for name in sorted(found, key=_longest_first)]
        columns = (*_FIGURES, "fits [clusters]", *(f"{prefix} [clusters]" for prefix in prefixes))
        rows = [
            [
                *(row[name] for name in names),
                row["fits"],
                *(row["by_prefix"].get(one.strip("/"), 0) for one in prefixes),
            ]
            for row in self
        ]
        return Rows(columns, rows)


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
