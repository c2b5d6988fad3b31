"""From a cluster to a range: which free blocks hold its demand, which is best, and why the others are not.

Rules: a candidate lies in a pool, holds the demand with its excludes in place, is no larger than a /16, and touches
neither a reserved nor a documented network nor one in use. The order is that of the strategy's score, part by part,
then the address: the same question always gets the same answer. What is not free keeps the reason.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Literal, NamedTuple

import attrs

from sn_planner.advice import webhook
from sn_planner.engine import space
from sn_planner.errors import ABSENT, BadInput, NoAnswer, shown
from sn_planner.model.cidr import IPV4_BITS, Cidr, Span, cidrs, merged, network_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand, choose, demand_of, max_nodes, require_cluster
from sn_planner.model.fields import known_key, list_of, whole
from sn_planner.model.jupyter import html_table
from sn_planner.model.networks import STORAGE
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import (
    DOCUMENTED,
    LARGEST_CAPACITY,
    PRIVATE,
    RESERVED,
    SHORTEST_PREFIX,
    AddressRange,
    RangeLike,
    prefix_for,
    set_aside,
)
from sn_planner.model.setting import Setting

MOST_CANDIDATES = 10_000
DEFAULT_POOLS = tuple(one.cidr for one in reversed(PRIVATE))
Strategy = Literal["growth", "first", "best-fit"]
STRATEGIES: dict[Strategy, space.Order] = {
    "growth": space.widest_first,
    "first": space.pool_order,
    "best-fit": space.smallest_first,
}

_SCORES: dict[Strategy, tuple[str, ...]] = {
    "growth": ("doublings in place", "place of its pool"),
    "first": ("place of its pool",),
    "best-fit": ("doublings of its free block left over", "place of its pool"),
}
_Taken = tuple[Cidr, str]
"""A network nobody may plan in, and the reason."""


class ScorePart(NamedTuple):
    """One part of a score: more is better."""

    name: str
    value: int


@attrs.frozen(repr=False)
class Candidate:
    """A range that would do for a demand.

    `widens_to` is the shortest prefix length with the same network address that is still free [bits]; `score` the
    parts that rank it, most weighty first.
    """

    range: AddressRange
    demand: Demand
    widens_to: int
    score: tuple[ScorePart, ...]

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
        """The setting that configures this range for the storage network.

        Raises BadInput for a VLAN Harvester refuses, a cluster network without a name, and a range that was sized for
        another network.
        """
        profile = self.demand.profile
        if profile.setting != STORAGE.setting:
            problem = f"sizes the {profile.setting}, not the {STORAGE.setting}"
            fix = f"choose a profile of the {STORAGE.setting}"
            raise BadInput("profile", profile.name, problem, fix, "conflict")
        if not (isinstance(cluster_network, str) and cluster_network.strip() and cluster_network.isprintable()):
            raise BadInput("cluster_network", cluster_network, "is no name", "name the cluster network", "wrong-type")
        setting = Setting(vlan=vlan, cluster_network=cluster_network, range=self.range.cidr, exclude=self.range.exclude)
        release = self.demand.release
        if code := webhook.vlan_refusal(setting, release):
            smallest = webhook.smallest_vlan(release)
            fix = f"use {smallest} to {webhook.LARGEST_VLAN}, and 2 or more on {webhook.MANAGEMENT_NETWORK}"
            raise BadInput("vlan", vlan, "is refused by Harvester", fix, code)
        return setting

    def __repr__(self) -> str:
        return f"Candidate({str(self.range)!r}, usable={self.usable}, spare={self.spare}, widens_to={self.widens_to})"


@attrs.frozen
class Rejection:
    """A part of a pool that is no candidate, and why."""

    range: str
    reason: str


@attrs.frozen(repr=False, slots=False)  # with cached properties, slots break help() on Python 3.13
class Plan:
    """What `suggest` answers.

    `demand` of the cluster as it will have `grown_by` more nodes [nodes], the addresses `wanted`: at least the demand,
    with headroom, those set aside, and Harvester's own minimum [addresses]; the `candidates`, best first, and the
    `rejected` parts of the pools.
    """

    grown_by: int
    demand: Demand
    wanted: int
    candidates: tuple[Candidate, ...]
    _pools: tuple[_Pool, ...]
    _taken: tuple[_Taken, ...]

    @property
    def cluster(self) -> Cluster:
        """The cluster that is planned for, grown."""
        return self.demand.cluster

    @property
    def prefix_length(self) -> int:
        """The prefix length of every candidate [bits]."""
        return _prefix(self.demand, self.wanted)

    @property
    def best(self) -> Candidate:
        """The first candidate; raises NoAnswer where there is none."""
        if self.candidates:
            return self.candidates[0]
        pools = ", ".join(str(pool.cidr) for pool in self._pools)
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
            for rejection in pool.rejections(_overlapping(taken, in_order, pool.cidr), self.prefix_length)
        )

    def to_dict(self, *, vlan: int | None = None, cluster_network: str | None = None) -> dict[str, Any]:
        """Plain data for JSON; with both `vlan` and `cluster_network` each candidate has its setting's value."""
        settings = (
            None
            if vlan is None or cluster_network is None
            else candidate.setting(vlan=vlan, cluster_network=cluster_network)
            for candidate in self.candidates
        )
        return self.demand.to_dict() | {
            "candidates": [
                {
                    "range": str(one.range.cidr),
                    "usable": one.usable,
                    "spare": one.spare,
                    "max_nodes": one.max_nodes,
                    "widens_to": one.widens_to,
                    "exclude": list(one.range.exclude),
                    "setting": setting and setting.value,
                }
                for one, setting in zip(self.candidates, settings, strict=True)
            ],
            "rejected": [attrs.asdict(one) for one in self.rejected],
        }

    def __repr__(self) -> str:
        ranges = ", ".join(str(candidate.range.cidr) for candidate in self.candidates)
        return f"Plan(required={self.demand.required}, candidates=[{ranges}])"

    def _repr_html_(self) -> str:
        caption = f"{self.demand.required} addresses at the peak ({self.demand.profile.name}): a /{self.prefix_length}"
        headers = ("range", "usable", "spare", "max nodes", "widens to")
        rows = (
            (candidate.range.cidr, candidate.usable, candidate.spare, candidate.max_nodes, f"/{candidate.widens_to}")
            for candidate in self.candidates
        )
        return html_table(caption, headers, rows)


@attrs.frozen
class _Pool:
    """A pool, and the spans of it that nobody uses; the pools inside it are searched as part of it."""

    cidr: Cidr
    free: tuple[Span, ...]

    def rejections(self, taken: Iterable[_Taken], prefix_length: int) -> Iterator[Rejection]:
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
    `strategy` is "growth" (most room to widen in place), "first" (lowest address in the first pool) or "best-fit"
    (smallest free block).

    Raises BadInput for unusable arguments, NoAnswer for a demand that no /16 holds; where nothing is free the plan has
    no candidates. Sources: those of `demand` and of the reserved networks in `model.ranges`.

    >>> plan = suggest(Cluster.uniform(nodes=5, disks_per_node=2, images=10), exclude_first=1)
    >>> str(plan.best.range), plan.best.spare
    ('192.168.0.0/26 without 192.168.0.1/32', 11)
    """
    count = min(whole("limit", limit, minimum=1), MOST_CANDIDATES)
    aside = whole("exclude_first", exclude_first), whole("exclude_last", exclude_last)
    known_key("strategy", strategy, STRATEGIES)
    grown = require_cluster(cluster).grown(grow_nodes, grow_disks)
    choice = choose(profile, harvester)
    need = demand_of(grown, choice)
    most = max(
        _with_headroom(need.required, headroom), webhook.minimum_for(grown, choice), whole("at_least", at_least), 1
    )
    wanted = most + sum(aside)
    prefix_length = _prefix(need, wanted)
    taken = _taken(in_use)
    searched = tuple(_search(pools, merged(cidr.span for cidr, _ in taken)))
    largest_free = [[block for gap in pool.free for block in cidrs(gap, prefix_length)] for pool in searched]
    found = islice(STRATEGIES[strategy](largest_free, prefix_length), count)
    candidates = tuple(_candidate(one, aside, _SCORES[strategy], need) for one in found)
    return Plan(whole("grow_nodes", grow_nodes), need, wanted, candidates, searched, tuple(taken))


def _with_headroom(required: int, percent: int) -> int:
    return -(-required * (100 + whole("headroom", percent)) // 100)  # rounded up, in whole numbers


def _prefix(need: Demand, wanted: int) -> int:
    """The longest prefix that holds what is wanted; raises NoAnswer where Harvester accepts none that does."""
    prefix_length = prefix_for(wanted)
    if prefix_length is None or prefix_length < SHORTEST_PREFIX:
        more = f", {shown(wanted)} with headroom and those set aside" if wanted > need.required else ""
        problem = f"is {shown(need.required)} addresses{more}; the largest range, a /16, has {LARGEST_CAPACITY}"
        raise NoAnswer("demand", ABSENT, problem, "plan for less, or for several clusters", "demand-too-large")
    return prefix_length


def _taken(in_use: Iterable[object]) -> list[_Taken]:
    """Every network a range must stay out of, once, with the reason."""
    taken = {network_of("network", one.cidr): f"reserved: {one.use}, {one.source}" for one in (*RESERVED, *DOCUMENTED)}
    for one in list_of("in_use", in_use):
        taken.setdefault(network_of("in_use", one), "in use")
    return list(taken.items())


def _search(pools: Iterable[object], taken: list[Span]) -> Iterator[_Pool]:
    """The pools with their free space between what is taken; a pool inside another is searched as part of it."""
    given = dict.fromkeys(network_of("pool", value) for value in list_of("pools", pools))
    # of two CIDRs that overlap one holds the other: the widest around each is searched, once
    for cidr in dict.fromkeys(next(one for one in _widening(cidr) if one in given) for cidr in given):
        yield _Pool(cidr, tuple(space.free_space(cidr.span, taken)))


def _widening(cidr: Cidr) -> Iterator[Cidr]:
    """Every network that holds a CIDR, the whole address space first, itself last."""
    return (Cidr(cidr.address, length).network for length in range(cidr.prefix_length + 1))


def _overlapping(taken: Mapping[Cidr, str], in_order: Sequence[Cidr], pool: Cidr) -> Iterator[_Taken]:
    """What is taken around a pool, and inside it."""
    inside = in_order[bisect_left(in_order, pool) : bisect_right(in_order, Cidr(pool.last, IPV4_BITS))]
    around = (one for one in _widening(pool) if one != pool and one in taken)
    return ((one, taken[one]) for one in dict.fromkeys((*around, *inside)))


def _candidate(found: space.FreeBlock, aside: tuple[int, int], weighty: tuple[str, ...], need: Demand) -> Candidate:
    parts = {
        "doublings in place": found.block.prefix_length - found.widens_to,
        "doublings of its free block left over": found.whole.prefix_length - found.block.prefix_length,
        "place of its pool": -found.pool,
    }
    return Candidate(
        range=AddressRange(found.block, list(set_aside(found.block, *aside))),
        demand=need,
        widens_to=found.widens_to,
        score=tuple(ScorePart(name, parts[name]) for name in weighty),
    )
