"""From a cluster to a range: which free blocks hold its demand, which is best, and why the others are not.

Rules: a candidate lies in a pool, holds the demand with its excludes in place, is no larger than a /16, and touches
neither a reserved nor a documented network nor one in use. The order is that of the strategy's score, part by part,
then the address: the same question always gets the same answer. What is not free keeps the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import attrs

from sn_planner.advice.sizing import Size, choices_on, each_of, setting_for, size_of
from sn_planner.advice.taken import Taken, overlapping, taken_networks
from sn_planner.engine import space
from sn_planner.errors import ABSENT, NoAnswer
from sn_planner.model.cidr import IPV4_BITS, Cidr, Span, cidrs, holding, merged, network_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand, choose, require_cluster
from sn_planner.model.fields import known_key, list_of, whole
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.limits import max_nodes
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import (
    PRIVATE,
    AddressRange,
    RangeLike,
    room_words,
    set_aside,
)
from sn_planner.model.setting import Setting
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

    from sn_planner.interchange.plots import Axes, Picture

MOST_CANDIDATES = 10_000
DEFAULT_POOLS = tuple(one.cidr for one in reversed(PRIVATE))
Strategy = Literal["growth", "first", "best-fit"]
STRATEGIES: dict[Strategy, space.Order] = {
    "growth": space.room_to_double_first,
    "first": space.pool_order,
    "best-fit": space.smallest_first,
}

_SCORES: dict[Strategy, tuple[str, ...]] = {
    "growth": ("room to double", "doublings of its free block left over", "place of its pool"),
    "first": ("place of its pool",),
    "best-fit": ("doublings of its free block left over", "place of its pool"),
}


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
    _pools: tuple[_Pool, ...]
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
        return _together(self.sizes)

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
        return html(self.verdict, _candidate_rows(self.candidates), folded=[rejected])


def _candidate_rows(candidates: Iterable[Candidate]) -> Rows:
    """The ranges, those of one candidate one below the other."""
    columns = ("network", "range", "exclude", "usable [addresses]", "required [addresses]", "spare [addresses]")
    names = ("network", "range", "exclude", "usable", "required", "spare", "max_nodes", "widens_to")
    rows = [one.to_dict() for candidate in candidates for one in candidate.networks]
    told = [data | {"exclude": ", ".join(data["exclude"])} for data in rows]
    return Rows((*columns, "max_nodes [nodes]", "widens_to [bits]"), [[row[name] for name in names] for row in told])


class _Pool(NamedTuple):
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


def suggest(
    cluster: Cluster,
    *,
    pools: Iterable[RangeLike] = DEFAULT_POOLS,
    in_use: Iterable[RangeLike] = (),
    networks: Iterable[str] | None = None,
    exclude_first: int = 0,
    exclude_last: int = 0,
    grow_nodes: int = 0,
    grow_disks: int = 0,
    headroom: int = 0,
    at_least: int = 0,
    limit: int = 5,
    strategy: Strategy = "growth",
    profile: str | Profile | None = None,
    harvester: str | None = None,
) -> Plan:
    """The ranges to configure for `cluster`, best first, with the demand behind them and what was rejected.

    Searches `pools` for free blocks outside reserved, documented and `in_use` networks, the smallest that hold the
    demand after `grow_nodes` more [nodes] and `grow_disks` more in total [disks], with `headroom` on top [percent] and
    never fewer than `at_least` [addresses]. The first `exclude_first` and the last `exclude_last` usable addresses are
    set aside for gateways and switches [addresses]. At most `limit` candidates, and no more than MOST_CANDIDATES.
    `strategy` is "growth" (room to double in place, out of the smallest free block that has it), "first" (lowest
    address in the first pool) or "best-fit" (smallest free block).

    `networks` are the networks to plan, by default the one that the profile sizes: "storage-network", "rwx-network",
    "vm-migration-network". Of several the ranges lie side by side in the smallest block that holds them all.

    Raises BadInput for unusable arguments, NoAnswer for a demand that no /16 holds; where nothing is free the plan has
    no candidates. Sources: those of `demand` and of the reserved networks in `model.ranges`.

    >>> cluster = Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    >>> best = suggest(cluster, exclude_first=1).best
    >>> str(best.range), best.spare
    ('192.168.0.0/26 without 192.168.0.1/32', 11)
    >>> both = suggest(cluster, networks=["storage-network", "vm-migration-network"], harvester="1.8.2").best
    >>> str(both.block), [str(one.range) for one in both.networks]
    ('192.168.0.0/25', ['192.168.0.0/26', '192.168.0.64/29'])
    """
    count = min(whole("limit", limit, minimum=1), MOST_CANDIDATES)
    aside = whole("exclude_first", exclude_first), whole("exclude_last", exclude_last)
    known_key("strategy", strategy, STRATEGIES)
    grown = require_cluster(cluster).grown(grow_nodes, grow_disks)
    more = {"headroom": whole("headroom", headroom), "at_least": whole("at_least", at_least)}
    choices = choices_on(networks, choose(profile, harvester))
    sizes = tuple(size_of(grown, choice, sum(aside), **more) for choice in choices)
    prefix_length = _together(sizes)
    taken = taken_networks(in_use)
    searched = tuple(_search(pools, merged(cidr.span for cidr, _ in taken)))
    largest_free = [[block for gap in pool.free for block in cidrs(gap, prefix_length)] for pool in searched]
    found = islice(STRATEGIES[strategy](largest_free, prefix_length), count)
    candidates = tuple(_candidate(one, aside, _SCORES[strategy], sizes) for one in found)
    return Plan(whole("grow_nodes", grow_nodes), sizes, candidates, searched, tuple(taken))


def _together(sizes: Iterable[Size]) -> int:
    """The longest prefix of a block that holds a range of each size [bits]: they are powers of two, largest first."""
    needed = sum(1 << (IPV4_BITS - size.prefix_length) for size in sizes)
    return IPV4_BITS - (needed - 1).bit_length()


def _search(pools: Iterable[object], taken: list[Span]) -> Iterator[_Pool]:
    """The pools with their free space between what is taken; a pool inside another is searched as part of it."""
    given = dict.fromkeys(network_of("pool", value) for value in list_of("pools", pools))
    # of two CIDRs that overlap one holds the other: the widest around each is searched, once
    for cidr in dict.fromkeys(next(holding(cidr, given)) for cidr in given):
        yield _Pool(cidr, tuple(space.free_space(cidr.span, taken)))


def _candidate(
    found: space.FreeBlock, aside: tuple[int, int], weighty: tuple[str, ...], sizes: tuple[Size, ...]
) -> Candidate:
    parts = {
        "room to double": int(found.widens_to < found.block.prefix_length),
        "doublings of its free block left over": found.whole.prefix_length - found.block.prefix_length,
        "place of its pool": -found.pool,
    }
    score = tuple(ScorePart(name, parts[name]) for name in weighty)
    blocks = space.side_by_side(found.block.address, [size.prefix_length for size in sizes])
    first, *others = (
        Candidate(
            range=AddressRange(block, list(set_aside(block, *aside))),
            demand=size.demand,
            widens_to=space.widens_to(block, found.whole, [one for one in blocks if one != block]),
            score=score,
            block=found.block,
        )
        for block, size in zip(blocks, sizes, strict=True)
    )
    return attrs.evolve(first, beside=tuple(others))
