"""From a cluster to a range: which free blocks hold its demand, which is best, and why the others are not.

Rules: a candidate lies in a pool, holds the demand with its excludes in place, is no larger than a /16, and touches
neither a reserved nor a documented network nor one in use. The order is that of the strategy's score, part by part,
then the address: the same question always gets the same answer. What is not free keeps the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import attrs

from sn_planner.advice import webhook
from sn_planner.engine import space
from sn_planner.errors import ABSENT, SnPlannerError, shown
from sn_planner.model.cidr import Cidr, Span, cidrs, network_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand, choose_profile, demand, max_nodes, require_cluster
from sn_planner.model.fields import known_key, whole
from sn_planner.model.jupyter import html_table
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import (
    DOCUMENTED,
    LARGEST_CAPACITY,
    PRIVATE,
    RESERVED,
    SHORTEST_PREFIX,
    AddressRange,
    list_of,
    prefix_for,
)
from sn_planner.model.setting import NAME, Setting

DEFAULT_POOLS = tuple(one.cidr for one in reversed(PRIVATE))
STRATEGIES: dict[str, space.Order] = {
    "growth": space.widest_first,
    "first": space.pool_order,
    "best-fit": space.smallest_first,
}

_SCORES = {
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


@attrs.frozen
class Candidate:
    """A range that would do.

    `usable` and `spare` beyond the demand [addresses]; `max_nodes` the storage nodes it holds [nodes], None without
    limit; `widens_to` the shortest prefix length with the same network address that is still free [bits]; `score` the
    parts that rank it, most weighty first.
    """

    range: AddressRange
    spare: int
    max_nodes: int | None
    widens_to: int
    score: tuple[ScorePart, ...]
    profile: Profile

    @property
    def usable(self) -> int:
        """Addresses Whereabouts can hand out [addresses]."""
        return self.range.usable

    def setting(self, *, vlan: int, cluster_network: str) -> Setting:
        """The setting that configures this range for the storage network.

        Raises SnPlannerError for a VLAN Harvester refuses, a cluster network without a name, and a range that was sized
        for another network.
        """
        if self.profile.setting != NAME:
            problem = f"sizes the {self.profile.setting}, not the {NAME}"
            raise SnPlannerError("profile", self.profile.name, problem, f"choose a profile of the {NAME}")
        if not (isinstance(cluster_network, str) and cluster_network and cluster_network.isprintable()):
            raise SnPlannerError("cluster_network", cluster_network, "is no name", "name the cluster network")
        setting = Setting(vlan=vlan, cluster_network=cluster_network, range=str(self.range), exclude=self.range.exclude)
        if code := webhook.vlan_refusal(setting.cluster_network, setting.vlan):
            fix = f"use 0 to {webhook.LARGEST_VLAN}, and 2 or more on {webhook.MANAGEMENT_NETWORK}"
            raise SnPlannerError("vlan", vlan, "is refused by Harvester", fix, code)
        return setting


@attrs.frozen
class Rejection:
    """A part of a pool that is no candidate, and why."""

    range: str
    reason: str


@attrs.frozen(slots=False)
class Plan:
    """What `suggest` answers.

    `cluster` as it will have `grown_by` so many nodes [nodes], its `demand`, the addresses `wanted` with headroom,
    those set aside, and Harvester's own minimum [addresses], the `candidates`, best first, of `prefix_length` [bits],
    and the `rejected` parts of the pools.
    """

    cluster: Cluster
    grown_by: int
    demand: Demand
    wanted: int
    candidates: tuple[Candidate, ...]
    prefix_length: int
    _pools: tuple[_Pool, ...] = attrs.field(repr=False)
    _taken: tuple[_Taken, ...] = attrs.field(repr=False)

    @property
    def best(self) -> Candidate:
        """The first candidate; raises SnPlannerError where there is none."""
        if self.candidates:
            return self.candidates[0]
        pools = ", ".join(str(pool.cidr) for pool in self._pools)
        problem = f"have no free /{self.prefix_length} in {pools}"
        raise SnPlannerError("pools", ABSENT, problem, "add a pool, or free a network")

    @cached_property
    def rejected(self) -> tuple[Rejection, ...]:
        """The parts of the pools that are taken or too small, pool by pool, by address."""
        return tuple(
            rejection for pool in self._pools for rejection in pool.rejections(self._taken, self.prefix_length)
        )

    def to_dict(self, *, vlan: int | None = None, cluster_network: str | None = None) -> dict[str, Any]:
        """Plain data for JSON; with both `vlan` and `cluster_network` each candidate has its setting's value."""
        settings = (
            None if vlan is None or cluster_network is None else one.setting(vlan=vlan, cluster_network=cluster_network)
            for one in self.candidates
        )
        return self.demand.to_dict() | {
            "candidates": [
                {
                    "range": str(one.range),
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
        ranges = ", ".join(str(one.range) for one in self.candidates)
        return f"Plan(required={self.demand.required}, candidates=[{ranges}])"

    def _repr_html_(self) -> str:
        caption = f"{self.demand.required} addresses at the peak ({self.demand.profile.name}): a /{self.prefix_length}"
        headers = ("range", "usable", "spare", "max nodes", "widens to")
        rows = ((one.range, one.usable, one.spare, one.max_nodes, f"/{one.widens_to}") for one in self.candidates)
        return html_table(caption, headers, rows)


@attrs.frozen
class _Pool:
    """A pool, the spans of it that nobody uses, and the pools inside it, which are searched as part of it."""

    cidr: Cidr
    free: tuple[Span, ...]

    def rejections(self, taken: Iterable[_Taken], prefix_length: int) -> Iterator[Rejection]:
        """What is taken of the pool, and what is too small in between, by address."""
        parts = [
            (self.cidr if cidr.prefix_length < self.cidr.prefix_length else cidr, reason)
            for cidr, reason in taken
            if cidr.overlaps(self.cidr)
        ]
        small = f"free, but smaller than the /{prefix_length} needed"
        blocks = (block for gap in self.free for block in cidrs(gap))
        parts += [(block, small) for block in blocks if block.prefix_length > prefix_length]
        return (Rejection(str(cidr), reason) for cidr, reason in sorted(parts))


def suggest(
    cluster: Cluster,
    *,
    pools: Iterable[object] = DEFAULT_POOLS,
    in_use: Iterable[object] = (),
    exclude_first: int = 0,
    grow_nodes: int = 0,
    headroom: int = 0,
    limit: int = 5,
    strategy: str = "growth",
    profile: str | Profile | None = None,
    harvester: str | None = None,
) -> Plan:
    """The ranges to configure for `cluster`, best first, with the demand behind them and what was rejected.

    Searches `pools` for free blocks outside reserved, documented and `in_use` networks, the smallest that hold the
    demand after `grow_nodes` more [nodes] and with `headroom` on top [percent], the first `exclude_first` usable
    addresses set aside for gateways and switches [addresses]. At most `limit` candidates. `strategy` is "growth" (most
    room to widen in place), "first" (lowest address in the first pool) or "best-fit" (smallest free block). Raises
    SnPlannerError for unusable arguments and for a demand that no /16 holds.

    >>> plan = suggest(Cluster.uniform(nodes=5, disks_per_node=2, images=10), exclude_first=1)
    >>> str(plan.best.range), plan.best.range.exclude, plan.best.spare
    ('192.168.0.0/26', ('192.168.0.1/32',), 11)
    """
    require_cluster(cluster)
    count = min(whole("limit", limit, least=1), sys.maxsize)
    aside = whole("exclude_first", exclude_first)
    order = STRATEGIES[known_key("strategy", strategy, STRATEGIES)]
    grown = cluster.grown(grow_nodes)
    need = demand(grown, profile, harvester=harvester)
    chosen, release, _ = choose_profile(profile, harvester)
    wanted = max(_with_headroom(need.required, headroom), webhook.minimum_for(grown, chosen, release), 1)
    prefix_length = _prefix(need, wanted, aside)
    taken = _taken(in_use)
    searched = tuple(_search(pools, [cidr.span for cidr, _ in taken]))
    largest_free = [[block for gap in pool.free for block in cidrs(gap, prefix_length)] for pool in searched]
    found = islice(order(largest_free, prefix_length), count)
    candidates = tuple(_candidate(one, aside, _SCORES[strategy], grown, need) for one in found)
    return Plan(
        grown, whole("grow_nodes", grow_nodes), need, wanted + aside, candidates, prefix_length, searched, tuple(taken)
    )


def _with_headroom(required: int, percent: int) -> int:
    return -(-required * (100 + whole("headroom", percent)) // 100)


def _prefix(need: Demand, wanted: int, aside: int) -> int:
    prefix_length = prefix_for(wanted + aside)
    if prefix_length is None or prefix_length < SHORTEST_PREFIX:
        more = f", {shown(wanted + aside)} with headroom and those set aside" if wanted + aside > need.required else ""
        problem = f"is {shown(need.required)} addresses{more}; the largest range, a /16, has {LARGEST_CAPACITY}"
        raise SnPlannerError("demand", ABSENT, problem, "plan for less, or for several clusters")
    return prefix_length


def _taken(in_use: Iterable[object]) -> list[_Taken]:
    """Every network a range must stay out of, once, with the reason."""
    taken = {network_of("network", one.cidr): f"reserved: {one.use}, {one.source}" for one in (*RESERVED, *DOCUMENTED)}
    for one in list_of("in_use", in_use):
        taken.setdefault(network_of("in_use", one), "in use")
    return list(taken.items())


def _search(pools: Iterable[object], taken: list[Span]) -> Iterator[_Pool]:
    """The pools with their free space; a pool inside another is searched as part of it."""
    given = [network_of("pool", value) for value in list_of("pools", pools)]
    around: dict[Cidr, None] = {}
    for cidr in given:
        around.setdefault(min((one for one in given if one.overlaps(cidr)), key=lambda one: one.prefix_length))
    for cidr in around:
        yield _Pool(cidr, tuple(space.free_space(cidr.span, taken)))


def _candidate(
    found: space.FreeBlock, aside: int, weighty: tuple[str, ...], cluster: Cluster, need: Demand
) -> Candidate:
    first = found.block.address + 1
    exclude = [str(block) for block in cidrs((first, first + aside - 1))]
    address_range = AddressRange(found.block, exclude)
    parts = {
        "doublings in place": found.block.prefix_length - found.widens_to,
        "doublings of its free block left over": found.whole.prefix_length - found.block.prefix_length,
        "place of its pool": -found.pool,
    }
    return Candidate(
        range=address_range,
        spare=address_range.usable - need.required,
        max_nodes=max_nodes(address_range.usable, cluster, need),
        widens_to=found.widens_to,
        score=tuple(ScorePart(name, parts[name]) for name in weighty),
        profile=need.profile,
    )
