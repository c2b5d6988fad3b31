"""What a plan of a site says: every network with its range, those without a place, and what is left free.

Rules: those of `site`, which makes the plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import attrs

from sn_planner.advice.sizing import Size
from sn_planner.errors import BadInput
from sn_planner.model.cidr import Cidr, Span, cidrs
from sn_planner.model.fields import NAME, checked, known_key
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.ranges import AddressRange, RangeLike
from sn_planner.model.setting import Setting
from sn_planner.model.sites import Site
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

    from sn_planner.interchange.plots import Axes, Picture

Status = Literal["kept", "new", "moved", "outgrown"]
STATUSES: Mapping[Status, str] = {
    "kept": "it stays as it is",
    "new": "it is planned for the first time",
    "moved": "it outgrew its range and goes elsewhere",
    "outgrown": "it outgrew its range and is widened in place",
}


def _range(value: RangeLike) -> AddressRange:
    return AddressRange(value)


def _maybe_range(value: RangeLike | None) -> AddressRange | None:
    return None if value is None else AddressRange(value)


@attrs.frozen(field_transformer=checked)
class Kept:
    """A range that was planned before; `before` is the one it takes the place of, None where it is the first."""

    cluster: str = attrs.field(metadata=NAME)
    network: str = attrs.field(metadata=NAME)
    range: AddressRange = attrs.field(converter=_range)
    before: AddressRange | None = attrs.field(default=None, converter=_maybe_range)

    def __attrs_post_init__(self) -> None:
        """Refuses a range that is left for itself."""
        if self.before is not None and self.before.cidr == self.range.cidr:
            problem, fix = f"is the range {self.range.cidr} itself", "leave it out where nothing is left"
            raise BadInput("before", str(self.before.cidr), problem, fix, "conflict")


@attrs.frozen(kw_only=True)
class PlannedNetwork:
    """A network with its range.

    `reserved` is the block kept free for it, the range itself included; `before` the range that it leaves, None where
    it leaves none; `options` say, where it outgrew that, what there is to choose and what it costs. `is_in_force`:
    the site says that it has this very range; `costs_outage`: that it has another one.
    """

    cluster: str
    network: str
    range: AddressRange
    size: Size
    reserved: Cidr
    status: Status
    before: AddressRange | None
    options: tuple[str, ...]
    is_in_force: bool
    costs_outage: bool
    setting: Setting | None

    @property
    def usable(self) -> int:
        """Addresses Whereabouts can hand out [addresses]."""
        return self.range.usable

    @property
    def required(self) -> int:
        """What the cluster takes of them at an upgrade's peak [addresses]."""
        return self.size.demand.required

    @property
    def spare(self) -> int:
        """Usable addresses beyond those required [addresses]."""
        return self.usable - self.required

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "cluster": self.cluster,
            "network": self.network,
            "range": str(self.range.cidr),
            "exclude": list(self.range.exclude),
            "usable": self.usable,
            "required": self.required,
            "spare": self.spare,
            "reserved": str(self.reserved),
            "status": self.status,
            "setting": self.setting and self.setting.value,
            "before": None if self.before is None else str(self.before.cidr),
            "options": list(self.options),
        }


@attrs.frozen
class Unplaced:
    """A network without a place: its prefix length (None: no range is large enough), why, and what would help.

    `range` is the one it has, which is too small; None where it has none.
    """

    cluster: str
    network: str
    prefix_length: int | None
    reason: str
    fix: str
    range: AddressRange | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        own = None if self.range is None else str(self.range.cidr)
        exclude = [] if self.range is None else list(self.range.exclude)
        figures = {name: getattr(self, name) for name in ("cluster", "network", "prefix_length", "reason", "fix")}
        return figures | {"range": own, "exclude": exclude}


@attrs.frozen(repr=False, slots=False)  # with cached properties, slots break help() on Python 3.13
class SitePlan:
    """What `plan_site` answers: the networks in the site's order, those without a place, and what is left free."""

    site: Site
    networks: tuple[PlannedNetwork, ...]
    unplaced: tuple[Unplaced, ...]
    free_spans: tuple[Span, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every network has a place."""
        return not self.unplaced

    @property
    def costs_no_outage(self) -> bool:
        """Whether every range in force stays as it is."""
        return not any(one.costs_outage for one in self.networks)

    @cached_property
    def free(self) -> tuple[Cidr, ...]:
        """The largest aligned blocks that are left free."""
        return tuple(block for span in self.free_spans for block in cidrs(span))

    @property
    def changes(self) -> dict[str, int]:
        """How many networks have each status."""
        counts = Counter(one.status for one in self.networks)
        return {status: counts[status] for status in STATUSES}

    @property
    def kept(self) -> tuple[Kept, ...]:
        """What `plan_site(…, keep=)` takes to keep this plan: also the ranges of those that found no larger one."""
        placed = (Kept(one.cluster, one.network, one.range, one.before) for one in self.networks)
        stay = (Kept(one.cluster, one.network, one.range) for one in self.unplaced if one.range is not None)
        return (*placed, *stay)

    @property
    def largest_free(self) -> dict[int, Cidr]:
        """For each prefix length of a free block the first such block, the largest blocks first [bits]."""
        first: dict[int, Cidr] = {}
        for block in sorted(self.free, key=lambda one: one.prefix_length):
            first.setdefault(block.prefix_length, block)
        return first

    def only(self, cluster: str) -> SitePlan:
        """The part of one cluster; what is free is that of the site. Raises BadInput for a cluster it does not have."""
        known_key("cluster", cluster, [one.name for one in self.site.clusters])
        return attrs.evolve(
            self,
            site=attrs.evolve(self.site, clusters=[one for one in self.site.clusters if one.name == cluster]),
            networks=tuple(one for one in self.networks if one.cluster == cluster),
            unplaced=tuple(one for one in self.unplaced if one.cluster == cluster),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "networks": [one.to_dict() for one in self.networks],
            "unplaced": [one.to_dict() for one in self.unplaced],
            "free": [str(block) for block in self.free],
            "changes": self.changes,
        }

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each network with a place; raises MissingExtraError without pandas."""
        return self._rows.frame()

    def plot(self, ax: Axes | None = None) -> Picture:
        """The address map of the plan, as `sn_planner.plots.address_map` draws it; it shows itself in a notebook."""
        from sn_planner.interchange.plots import Picture, address_map

        return Picture(address_map(self, ax))

    def __repr__(self) -> str:
        counts = ", ".join(f"{status}={count}" for status, count in self.changes.items())
        return f"SitePlan({counts}, unplaced={len(self.unplaced)})"

    @property
    def verdict(self) -> str:
        """How many networks have a place, what changes, and at which cost."""
        clusters = counted(len(self.site.clusters), "cluster")
        told = ", ".join(f"{count} {status}" for status, count in self.changes.items() if count)
        placed = f"{counted(len(self.networks), 'network')} of {clusters} planned{f': {told}' if told else ''}"
        outages = sum(one.costs_outage for one in self.networks)
        costs = f" {counted(outages, 'range')} in force changed: an outage{'' if outages == 1 else ' each'}."
        first = f"{counted(len(self.unplaced), 'network')} without a place. " if self.unplaced else ""
        return f"{first}{placed}.{costs if outages else ''}"

    def _repr_html_(self) -> str:
        left = [(one.cluster, one.network, one.prefix_length, one.reason, one.fix) for one in self.unplaced]
        columns = ("cluster", "network", "prefix_length [bits]", "reason", "fix")
        changing = [(one.cluster, one.network, "; ".join(one.options)) for one in self.networks if one.options]
        free = [(str(block), length) for length, block in self.largest_free.items()]
        return html(
            self.verdict,
            self._rows,
            Rows(columns, left, "Without a place"),
            Rows(("cluster", "network", "what"), changing, "What changes, and at which cost"),
            folded=[Rows(("first_of_its_size", "prefix_length [bits]"), free, "What is left free")],
            notes=self.notes,
        )

    @property
    def _rows(self) -> Rows:
        names = ("cluster", "network", "range", "usable", "required", "spare", "reserved", "status", "before")
        rows = [[data[name] for name in names] for data in map(PlannedNetwork.to_dict, self.networks)]
        counts = {"usable", "required", "spare"}
        return Rows(tuple(f"{name} [addresses]" if name in counts else name for name in names), rows)
