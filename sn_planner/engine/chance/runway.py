"""How long a range lasts a cluster that grows.

Theory. By day t after the start so many nodes, disks and transfers came to it:

    (1)  regular: floor(rate · t / 365.25), one after the other, evenly spaced
    (2)  random:  a Poisson number of mean rate · t / 365.25, each comes by itself

Each thing takes as many addresses more as `demand` says, a new node those of one like the largest. Nothing shrinks, so
the range is outgrown by day t just where the demand of day t exceeds it: P(full by t) = P(demand(t) > usable), which
only rises. So a first day is found by bisection, and a chance by folding distributions (see `risk`), not by sampling.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.engine.chance.risk import folded
from sn_planner.engine.chance.uncertain import Number, Uncertain
from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.cidr import Cidr
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand, demand
from sn_planner.model.fields import FLAG, amount, checked, share
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import SHORTEST_PREFIX, AddressRange, RangeLike

if TYPE_CHECKING:
    import pandas

    from sn_planner.interchange.plots import Axes, Picture

Day = date  # by a name of its own: a Runway has a method `date`
YEAR = Fraction(36525, 100)  # [days]
MOST_YEARS = 100
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST_A_YEAR = 10**6  # things
_MOST_LOOKS = Fraction(40)
_NO_CHANCE = 1e-30  # far above what is left out of a distribution, which comes and goes from day to day


def _nodes(value: Number) -> Fraction:
    return _rate("nodes", value)


def _disks(value: Number) -> Fraction:
    return _rate("disks", value)


def _images(value: Number) -> Fraction:
    return _rate("images", value)


def _rate(field: str, value: Number) -> Fraction:
    rate = amount(field, value)
    if rate > MOST_A_YEAR:
        raise BadInput(field, value, "is too many a year", f"give at most {MOST_A_YEAR:,}", "out-of-bounds")
    return rate


@attrs.frozen(kw_only=True)
class Growth:
    """What comes to a cluster in a year: nodes [nodes/a], disks for those there are [disks/a], transfers [images/a].

    Raises BadInput, by field, for what is no number, negative, or beyond a million.

    >>> Growth(nodes=2, disks=0.5).disks
    Fraction(1, 2)
    """

    nodes: Fraction = attrs.field(default=Fraction(0), converter=_nodes)
    disks: Fraction = attrs.field(default=Fraction(0), converter=_disks)
    images: Fraction = attrs.field(default=Fraction(0), converter=_images)

    def __str__(self) -> str:
        rates = {"node": self.nodes, "disk": self.disks, "image": self.images}
        parts = [f"{float(rate):g} {name}{'s' * (rate != 1)}" for name, rate in rates.items() if rate]
        return f"{', '.join(parts) or 'nothing'} a year"


@attrs.frozen(repr=False, slots=False, field_transformer=checked)  # slots and cached properties break help() on 3.13
class Runway:
    """A range, the demand of the cluster in it at the `start`, and how that grows over some `years` [a].

    `takes` are the addresses that each thing takes which comes [addresses], by name.
    """

    range: AddressRange
    demand: Demand
    growth: Growth
    start: Day
    years: Fraction
    random: bool = attrs.field(metadata=FLAG)
    takes: tuple[tuple[str, int], ...]

    @property
    def usable(self) -> int:
        """Addresses that Whereabouts can hand out [addresses]."""
        return self.range.usable

    @property
    def required(self) -> int:
        """What the cluster needs at the start [addresses]."""
        return self.demand.required

    @property
    def spare(self) -> int:
        """What is left for growth at the start; negative where the range is too small already [addresses]."""
        return self.usable - self.required

    @property
    def a_year(self) -> dict[str, float]:
        """What the growth costs: addresses that the things of each kind take more from year to year [addresses/a]."""
        return {name: float(each * getattr(self.growth, name)) for name, each in self.takes}

    @property
    def end(self) -> Day:
        """The last day that is looked at."""
        return self.start + timedelta(self._days)

    @cached_property
    def full_on(self) -> Day | None:
        """The first day on which the range is too small; of random growth, as likely as not. None: not by the end."""
        return self.date(0.5)

    def chance(self, by: str | Day) -> float:
        """The probability that the range is too small by a day; of regular growth 0 or 1.

        Raises BadInput for what is no day between the start and the end.
        """
        return self._chance(self._day(by))

    def _day(self, by: str | Day) -> int:
        day = _date("by", by)
        if not self.start <= day <= self.end:
            raise BadInput(
                "by", str(day), "is not looked at", f"name one from {self.start} to {self.end}", "out-of-bounds"
            )
        return (day - self.start).days

    def date(self, probability: Number) -> Day | None:
        """The first day by which that chance that the range is too small is reached; None: not by the end."""
        if not (asked := share("probability", probability)):
            return self.start
        wanted = max(float(asked), _NO_CHANCE)
        place = bisect_left(range(self._days + 1), wanted, key=self._chance)
        return None if place > self._days else self.start + timedelta(place)

    def growth_by(self, by: str | Day) -> Uncertain:
        """The addresses that came to the demand by a day [addresses]; raises BadInput as `chance` does."""
        return self._grown(self._day(by))

    @property
    def chances(self) -> tuple[tuple[Day, float], ...]:
        """The chance that the range is too small by each quarter of a year, or forty days of many, and by the end."""
        return tuple((self.start + timedelta(day), self._chance(day)) for day in self._looks)

    @cached_property
    def wider(self) -> tuple[Runway, ...]:
        """The same for each shorter prefix at this address, with the same excludes, down to a /16."""
        address, length = self.range.cidr.address, self.range.prefix_length
        blocks = [Cidr(address, shorter) for shorter in range(length - 1, SHORTEST_PREFIX - 1, -1)]
        wider = [AddressRange(block, self.range.exclude) for block in blocks if not block.has_host_bits]
        return tuple(attrs.evolve(self, range=one) for one in wider)

    @property
    def _looks(self) -> list[int]:
        step = max(YEAR / 4, self._days / _MOST_LOOKS)
        return [*(int(look * step) for look in range(math.ceil(self._days / step))), self._days]

    @property
    def _days(self) -> int:
        return int(self.years * YEAR)

    def _grown(self, days: int) -> Uncertain:
        """Equations (1) and (2)."""
        total = Uncertain.unchecked([0], [1.0])
        for name, each in self.takes:
            expected = getattr(self.growth, name) * days / YEAR
            if not each or not expected:
                continue
            if self.random:
                came = Uncertain.poisson(expected)
                total = folded(total, Uncertain.unchecked(came.values * each, came.probabilities, came.left_out))
            else:
                total = Uncertain.unchecked(total.values + int(expected) * each, total.probabilities)
        return total

    def _chance(self, days: int) -> float:
        return 1.0 if self.spare < 0 else self._grown(days).exceeds(self.spare)

    def plot(self, ax: Axes | None = None) -> Picture:
        """The demand over the years, as `sn_planner.plots.runway_fan` draws it; it shows itself in a notebook."""
        from sn_planner.interchange.plots import Picture, runway_fan

        return Picture(runway_fan(self, ax))

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for the range and each wider one, their days as dates: NaT is "not by the end".

        Raises MissingExtraError where pandas is not installed.
        """
        return self._rows.frame()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "range": str(self.range.cidr),
            "usable": self.usable,
            "required": self.required,
            "start": str(self.start),
            "end": str(self.end),
            "random": self.random,
            "a_year": self.a_year,
            "full_on": self.full_on and str(self.full_on),
            "chances": [[str(day), chance] for day, chance in self.chances],
            "wider": [
                {"range": str(one.range.cidr), "full_on": one.full_on and str(one.full_on)} for one in self.wider
            ],
        }

    def __repr__(self) -> str:
        return f"Runway({str(self.range)!r}, required={self.required}, full_on={self.full_on and str(self.full_on)!r})"

    def _repr_html_(self) -> str:
        likely = "as likely as not " if self.random else ""
        when = f"{likely}too small on {self.full_on}" if self.full_on else f"not {likely}too small by {self.end}"
        never = f"not by {self.end}"
        told = self._rows._replace(rows=[[*row[:2], *(day or never for day in row[2:])] for row in self._rows.rows])
        chances = Rows(("by", "too_small_with [%]"), [(day, 100 * chance) for day, chance in self.chances], "Chances")
        return html(
            f"{self.range} is {when}, with {self.growth}",
            told,
            folded=[chances] if self.random else [],
            notes=self.demand.notes,
        )

    @property
    def _rows(self) -> Rows:
        evenly, likely = {"too_small_on": 0.5}, {"too_small_with_5_%_by": 0.05, "with_50_%_by": 0.5}
        days = likely if self.random else evenly
        rows = [(str(one.range), one.usable, *map(one.date, days.values())) for one in (self, *self.wider)]
        return Rows(("range", "usable [addresses]", *(f"{name} [day]" for name in days)), rows)


def runway(
    range: RangeLike,
    cluster: Cluster,
    grow: Growth,
    *,
    start: str | date,
    years: Number = 5,
    random: bool = False,
    profile: str | Profile | None = None,
    harvester: str | None = None,
) -> Runway:
    """When a growing cluster outgrows its range, and each wider one at its address.

    `grow` is what comes in a year, evenly spaced, or `random`, each thing by itself, from the `start` on, a day like
    2026-12-01; `years` are looked at [a]. The profile is chosen as by `demand`. Raises BadInput for an unusable range,
    what is no day, more than 100 years, and a growth of nodes where no node is there to copy. Source: that of `demand`.

    >>> from sn_planner.model.cluster import Cluster
    >>> cluster = Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    >>> way = runway("192.168.50.0/26", cluster, Growth(nodes=2), start="2026-12-01")
    >>> str(way.full_on), way.a_year["nodes"], [str(one.range) for one in way.wider]
    ('2027-12-02', 16.0, ['192.168.50.0/25', '192.168.50.0/24', '192.168.50.0/23'])
    >>> at_random = runway("192.168.50.0/26", cluster, Growth(nodes=2), start="2026-12-01", random=True)
    >>> str(at_random.date(0.05)), round(at_random.chance("2027-12-01"), 3)
    ('2027-02-04', 0.594)
    """
    if not isinstance(grow, Growth):
        raise BadInput("grow", grow, "is no Growth", "write Growth(nodes=2, disks=4, images=1)", "wrong-type")
    need = demand(cluster, profile, harvester=harvester)
    return Runway(
        range=AddressRange(range),
        demand=need,
        growth=grow,
        start=(first := _date("start", start)),
        years=_years(years, first),
        random=random,
        takes=tuple(_takes(need, grow)),
    )


def _takes(need: Demand, grow: Growth) -> Iterator[tuple[str, int]]:
    """The addresses that one thing more of each kind takes; of a kind that does not grow it is not asked."""
    more: dict[str, Callable[[], Cluster]] = {
        "nodes": lambda: need.cluster.grown(nodes=1),
        "disks": lambda: need.cluster.grown(disks=1),
        "images": lambda: attrs.evolve(need.cluster, images=need.cluster.images + 1),
    }
    for name, grown in more.items():
        if getattr(grow, name):
            yield name, attrs.evolve(need, cluster=grown()).required - need.required


def _date(field: str, value: str | date) -> date:
    if isinstance(value, date) and type(value) is date:
        return value
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise BadInput(field, value, "is no day", "write it like 2026-12-01", "wrong-type")


def _years(value: Number, start: date) -> Fraction:
    years = amount("years", value)
    if years > MOST_YEARS or start.toordinal() + years * YEAR > date.max.toordinal():
        fix = f"give at most {MOST_YEARS}, and end before the year 10000"
        raise BadInput("years", value, "is too far ahead", fix, "out-of-bounds")
    if not years:
        raise BadInput("years", ABSENT, "is 0", "give the years to look ahead", "out-of-bounds")
    return years
