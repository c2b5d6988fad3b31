"""What `suggest` answers: a plan with its candidates, best first, and why the rest of the pools is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from sn_planner.advice.sizing import Size, each_of, setting_for
from sn_planner.advice.taken import Taken, overlapping
from sn_planner.errors import ABSENT, NoAnswer
from sn_planner.model.cidr import IPV4_BITS, Cidr, Span, cidrs
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.limits import max_nodes
from sn_planner.model.ranges import AddressRange, room_words
from sn_planner.model.setting import Setting
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

    from sn_planner.interchange.plots import Axes, Picture


class ScorePart(NamedTuple):
    """One part of a score: more is better."""

    name: str
    value: int


@attrs.frozen(repr=False)
class Candidate:
    """A range that would do for a demand.

    `widens_to` is the shortest prefix length with the same network address that is still free [bits]; `score` the
    parts that rank it, most weighty first. `block` is what to reserve: the range, or, where several networks are
    planned together, the smallest block that holds them all; `beside` are the ranges of the others in it.
    """

    range: AddressRange
    demand: Demand
    widens_to: int
    score: tuple[ScorePart, ...]
    block: Cidr
    beside: tuple[Candidate, ...] = ()

    @property
    def network(self) -> str:
        """The name of the setting of the network it is for."""
        return self.demand.profile.setting

    @property
    def networks(self) -> tuple[Candidate, ...]:
        """This range and those beside it: one for each network that is planned."""
        return (self, *self.beside)

    @property
    def usable(self) -> int:
        """Addresses Whereabouts can hand out [addresses]."""
        return self.range.usable

    @property
    def spare(self) -> int:
        """Usable addresses beyond the demand [addresses]."""
        return self.usable - self.demand.required

    @property
    def max_nodes(self) -> int | None:
        """The storage nodes it holds; None without limit [nodes]."""
        return max_nodes(self.usable, self.demand)

    def setting(self, *, vlan: int, cluster_network: str) -> Setting:
        """The setting that configures this range for the network it is sized for.

        Raises BadInput for a VLAN Harvester refuses, and for a cluster network without a name.
        """
        return setting_for(self.range, self.demand, vlan, cluster_network)

    def settings(self, *, vlan: int | Sequence[int], cluster_network: str | Sequence[str]) -> tuple[Setting, ...]:
        """The settings of all its `networks`; VLAN and cluster network are one for all, or one each in their order.

        Raises BadInput as `setting` does, and where there are not as many as there are networks.
        """
        count = len(self.networks)
        vlans, names = each_of("vlan", vlan, count), each_of("cluster_network", cluster_network, count)
        pairs = zip(self.networks, vlans, names, strict=True)
        return tuple(one.setting(vlan=number, cluster_network=name) for one, number, name in pairs)

    def to_dict(self, setting: Setting | None = None) -> dict[str, Any]:
        """Plain data for JSON, without those beside it."""
        return {
            "range": str(self.range.cidr),
            "usable": self.usable,
            "spare": self.spare,
            "max_nodes": self.max_nodes,
            "widens_to": self.widens_to,
            "exclude": list(self.range.exclude),
            "setting": setting and setting.value,
            "network": self.network,
            "required": self.demand.required,
        }

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each of its `networks`; raises MissingExtraError without pandas."""
        return _candidate_rows([self]).frame()

    def __repr__(self) -> str:
        return f"Candidate({str(self.range)!r}, usable={self.usable}, spare={self.spare}, widens_to={self.widens_to})"

    def _repr_html_(self) -> str:
        score = Rows(("what_ranks_it", "value"), self.score, "Score")
        return html(self.verdict, _candidate_rows([self]), folded=[score])

    @property
    def verdict(self) -> str:
        """What it is, and how well it holds what is planned."""
        if not self.beside:
            return f"{self.range.cidr}: {room_words(self.usable, self.demand.required)}"
        return f"{self.block} holds {counted(len(self.networks), 'network')} side by side: reserve it for this cluster"


@attrs.frozen
class Rejection:
    """A part of a pool that is no candidate, and why."""

    range: str
    reason: str


@attrs.frozen(repr=False, slots=False)  # with cached properties, slots break help() on Python 3.13
class Plan:
    """What `suggest` answers.

    `sizes` has, for each network, the demand of the cluster as it will have `grown_by` more nodes [nodes], and the
    addresses wanted for it: with headroom, those set aside, and Harvester's own minimum [addresses]; `demand` and
    `wanted` are those of the first one. Then the `candidates`, best first, and the `rejected` parts of the pools.
    """

    grown_by: int
    sizes: tuple[Size, ...]
    candidates: tuple[Candidate, ...]
    _pools: tuple[SearchedPool, ...]
    _taken: tuple[Taken, ...]

    @property
    def demand(self) -> Demand:
        """The demand of the first network."""
        return self.sizes[0].demand

    @property
    def wanted(self) -> int:
        """The addresses wanted for the first network [addresses]."""
        return self.sizes[0].wanted

    @property
    def cluster(self) -> Cluster:
        """The cluster that is planned for, grown."""
        return self.demand.cluster

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say about the choice of the formulas, each once."""
        return tuple(dict.fromkeys(note for size in self.sizes for note in size.demand.notes))

    @property
    def prefix_length(self) -> int:
        """The prefix length of what every candidate reserves [bits]."""
        return together(self.sizes)

    @property
    def pools(self) -> tuple[Cidr, ...]:
        """The pools that were searched; of two that overlap the wider one."""
        return tuple(pool.cidr for pool in self._pools)

    @property
    def taken(self) -> tuple[Cidr, ...]:
        """The networks that a range must stay out of: reserved, documented or in use."""
        return tuple(cidr for cidr, _ in self._taken)

    @property
    def best(self) -> Candidate:
        """The first candidate; raises NoAnswer where there is none."""
        if self.candidates:
            return self.candidates[0]
        pools = ", ".join(map(str, self.pools))
        problem = f"have no free /{self.prefix_length} in {pools}"
        raise NoAnswer("pools", ABSENT, problem, "add a pool, or free a network", "no-free-range")

    @cached_property
    def rejected(self) -> tuple[Rejection, ...]:
        """The parts of the pools that are taken or too small, pool by pool, by address."""
        taken = dict(self._taken)
        in_order = sorted(taken)
        return tuple(
            rejection
            for pool in self._pools
            for rejection in pool.rejections(overlapping(taken, in_order, pool.cidr), self.prefix_length)
        )

    def to_dict(
        self, *, vlan: int | Sequence[int] | None = None, cluster_network: str | Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Plain data for JSON; with both `vlan` and `cluster_network` each candidate has its setting's value."""
        return self.demand.to_dict() | {
            "candidates": self.candidates_data(vlan=vlan, cluster_network=cluster_network),
            "rejected": [{"range": one.range, "reason": one.reason} for one in self.rejected],
            "networks": [{"network": size.network} | size.demand.to_dict() for size in self.sizes],
        }

    def candidates_data(
        self, *, vlan: int | Sequence[int] | None = None, cluster_network: str | Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """The candidates of `to_dict`: without the many parts of the pools that are none."""
        rows = []
        for one in self.candidates:
            settings: Sequence[Setting | None] = [None] * len(self.sizes)
            if vlan is not None and cluster_network is not None:
                settings = one.settings(vlan=vlan, cluster_network=cluster_network)
            each = [place.to_dict(setting) for place, setting in zip(one.networks, settings, strict=True)]
            rows.append(each[0] | {"block": str(one.block), "networks": each})
        return rows

    def __repr__(self) -> str:
        ranges = ", ".join(str(candidate.range.cidr) for candidate in self.candidates)
        return f"Plan(required={self.demand.required}, candidates=[{ranges}])"

    @property
    def verdict(self) -> str:
        """The best range, or that there is none."""
        return self.best.verdict if self.candidates else f"No free /{self.prefix_length} in these pools"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame of the candidates, best first; raises MissingExtraError where pandas is not installed."""
        return _candidate_rows(self.candidates).frame()

    def plot(self, ax: Axes | None = None) -> Picture:
        """The address map of the pools, as `sn_planner.plots.address_map` draws it; it shows itself in a notebook."""
        from sn_planner.interchange.plots import Picture, address_map

        return Picture(address_map(self, ax))

    def _repr_html_(self) -> str:
        rejected = Rows(("range", "reason"), [(one.range, one.reason) for one in self.rejected], "Why not elsewhere")
        return html(self.verdict, _candidate_rows(self.candidates), folded=[rejected], notes=self.notes)


def _candidate_rows(candidates: Iterable[Candidate]) -> Rows:
    """The ranges, those of one candidate one below the other."""
    columns = ("network", "range", "exclude", "usable [addresses]", "required [addresses]", "spare [addresses]")
    names = ("network", "range", "exclude", "usable", "required", "spare", "max_nodes", "widens_to")
    rows = [one.to_dict() for candidate in candidates for one in candidate.networks]
    told = [data | {"exclude": ", ".join(data["exclude"])} for data in rows]
    return Rows((*columns, "max_nodes [nodes]", "widens_to [bits]"), [[row[name] for name in names] for row in told])


class SearchedPool(NamedTuple):
    """A pool, and the spans of it that nobody uses; the pools inside it are searched as part of it."""

    cidr: Cidr
    free: tuple[Span, ...]

    def rejections(self, taken: Iterable[Taken], prefix_length: int) -> Iterator[Rejection]:
        """What is taken of the pool (`taken` overlaps it), and what is too small in between, by address."""
        parts = [
            (self.cidr if cidr.prefix_length < self.cidr.prefix_length else cidr, reason) for cidr, reason in taken
        ]
        small = f"free, but smaller than the /{prefix_length} needed"
        blocks = (block for gap in self.free for block in cidrs(gap))
        parts += [(block, small) for block in blocks if block.prefix_length > prefix_length]
        return (Rejection(str(cidr), reason) for cidr, reason in sorted(parts))


def together(sizes: Iterable[Size]) -> int:
    """The longest prefix of a block that holds a range of each size [bits]: they are powers of two, largest first."""
    needed = sum(1 << (IPV4_BITS - size.prefix_length) for size in sizes)
    return IPV4_BITS - (needed - 1).bit_length()
