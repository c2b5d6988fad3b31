"""Results in a notebook: as HTML tables, and as pandas' frames.

Rules: a result says its rows once, as `Rows`, and both forms are made of them. A column is named as JSON names it, with
its unit behind it in brackets: "usable [addresses]". In HTML the verdict is the caption; text stands left and numbers
right; pod names and ranges stay on one line; what only explains is folded away; no colour is set, so that light and
dark themes keep their own; every cell is escaped. A frame has the values themselves, and their units in `attrs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from sn_planner.errors import printable
from sn_planner.model.durations import duration_words
from sn_planner.model.extras import extra

if TYPE_CHECKING:
    import pandas

MOST_ROWS = 100  # more are no table to look at: a frame has all
_CELL = "vertical-align:top;text-align"  # beside each cell, for a notebook that is not trusted keeps no style sheet
_CAPTION = "display:block;caption-side:top;text-align:left;font-weight:bold;color:inherit"
_TABLE = '<table style="display:block;overflow-x:auto">'  # as a block, its caption may be wider than its columns
_SIDES = {"left": "left", "right": "right;white-space:nowrap", "after": "left;padding-left:1.5em"}
_BREAKABLE = re.compile(r"(?<!\S)(?=\S*[-/])\S{2,160}(?!\S)")  # words that browsers would break at "-" and "/"
_LONGEST_INT = 63  # bits of pandas' whole numbers, their sign apart: longer ones stay Python's own
_BITS, _TIME, _DAY, _PERCENT = "bits", "time", "day", "%"  # all other units count, in whole numbers
_COUNTS: dict[str, Callable[[int], str]] = {_BITS: "/{}".format, _TIME: duration_words}  # of whole numbers


class Rows(NamedTuple):
    """Rows under named columns; "[bits]" holds prefix lengths, "[time]" seconds, "[day]" dates; None is not known."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    title: str = ""

    def without(self, name: str) -> Rows:
        """The rows without one of the columns."""
        place = self.columns.index(name)
        rows = [[*row[:place], *row[place + 1 :]] for row in self.rows]
        return Rows((*self.columns[:place], *self.columns[place + 1 :]), rows, self.title)

    def frame(self) -> pandas.DataFrame:
        """A pandas DataFrame with the columns' units in `attrs["units"]`; raises MissingExtraError without pandas."""
        package = extra("pandas")
        names, units = zip(*map(_name_and_unit, self.columns), strict=True)
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(names)
        made = {name: _typed(package, unit, cells) for name, unit, cells in zip(names, units, columns, strict=True)}
        frame: pandas.DataFrame = package.DataFrame(made)
        told = zip(names, units, strict=True)
        frame.attrs["units"] = {name: unit for name, unit in told if unit not in {"", _TIME, _DAY}}
        return frame


def html(verdict: str, *shown: Rows, folded: Iterable[Rows] = (), notes: Iterable[str] = ()) -> str:
    """The verdict with tables: the first under it, others under their titles; then notes, and what is folded away."""
    first, *others = shown
    parts = [_table(verdict, first), *(_table(rows.title, rows) for rows in others if rows.rows)]
    parts += [f"<p>{_escaped(note)}</p>" for note in notes]
    away = (f"<summary>{_escaped(rows.title)}</summary>{_table('', rows)}" for rows in folded if rows.rows)
    return "".join([*parts, *(f"<details>{one}</details>" for one in away)])


def _name_and_unit(column: str) -> tuple[str, str]:
    name, _, unit = column.partition(" [")
    return name, unit.removesuffix("]")


def _typed(pandas: Any, unit: str, cells: Sequence[object]) -> Any:
    """A column of a frame, of a type of pandas' own; NA is what is not known."""
    values = [cell if isinstance(cell, int | float | date | None) else printable(str(cell)) for cell in cells]
    if unit == _TIME:
        return pandas.to_timedelta(values, unit="s").as_unit("s")
    if unit == _DAY:
        return pandas.to_datetime(values).as_unit("s")
    if unit == _PERCENT or any(isinstance(value, float) for value in values):
        return pandas.Series(values, dtype="Float64")
    exact = pandas.Series(values, dtype=object)
    if any(isinstance(value, int) and value.bit_length() > _LONGEST_INT for value in values):
        return exact
    return exact.astype("Int64") if unit else exact.convert_dtypes()


def _table(caption: str, rows: Rows) -> str:
    """The table without columns that say nothing, and a line about the rows that are too many to look at."""
    seen = rows.rows[:MOST_ROWS]
    top = f'<caption style="{_CAPTION}">{_escaped(caption)}</caption>' if caption else ""
    if not seen:
        return f"{_TABLE}{top}</table>"
    every = zip(map(_name_and_unit, rows.columns), zip(*seen, strict=True), strict=True)
    told = [(*named, cells) for named, cells in every if any(cell not in {None, ""} for cell in cells)]
    numbers = [_is_number(cells) for *_, cells in told]
    sides = ["right" if one else "after" if before else "left" for before, one in pairwise([False, *numbers])]
    head = _line("th", sides, (_header(name, unit) for name, unit, _ in told))
    texts = zip(*(map(_reader(unit, cells), cells) for _, unit, cells in told), strict=True)
    body = "".join(_line("td", sides, line) for line in texts)
    more = len(rows.rows) - len(seen)
    rest = f"<p>… and {more:,} more: to_dataframe() has all.</p>" if more else ""
    return f"{_TABLE}{top}<thead>{head}</thead><tbody>{body}</tbody></table>{rest}"


def _line(tag: str, sides: Sequence[str], cells: Iterable[str]) -> str:
    styles = [_SIDES[side].partition(";white")[0] if tag == "th" else _SIDES[side] for side in sides]
    pairs = zip(styles, cells, strict=True)
    made = (f'<{tag} style="{_CELL}:{style}">{_escaped(cell)}</{tag}>' for style, cell in pairs)
    return f"<tr>{''.join(made)}</tr>"


def _header(name: str, unit: str) -> str:
    """The name with its unit, where neither it nor the cells say it themselves, like "/26" and "2 h"."""
    words = name.replace("_", " ")
    return words if unit in {"", _DAY, *_COUNTS} or unit in words else f"{words} [{unit}]"


def _is_number(cells: Sequence[object]) -> bool:
    return all(cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in cells)


def _reader(unit: str, cells: Sequence[object]) -> Callable[[object], str]:
    """How the cells of a column read; beside yes and no, nothing is unknown."""
    nothing = "unknown" if any(isinstance(cell, bool) for cell in cells) else ""
    words = _COUNTS.get(unit, "{:,}".format)

    def read(cell: object) -> str:
        if isinstance(cell, bool):
            return "yes" if cell else "no"
        if isinstance(cell, int):
            return words(cell)
        if isinstance(cell, float):
            return f"{cell:,.4g}"
        return nothing if cell is None else printable(str(cell))

    return read


def _escaped(text: str) -> str:
    """Text as HTML, in which what looks like a pod's name or a range is never broken."""
    from html import escape

    whole = '<span style="white-space:nowrap">{}</span>'
    return _BREAKABLE.sub(lambda word: whole.format(word.group()), escape(printable(text)))
