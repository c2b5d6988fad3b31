"""From a cluster to a range: which free blocks hold its demand, which is best, and why the others are not.

Rules: a candidate lies in a pool, holds the demand with its excludes in place, is no larger than a /16, and touches
neither a reserved nor a documented network nor one in use. The order is that of the strategy's score, part by part,
then the address: the same question always gets the same answer. What is not free keeps the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

import attrs

from sn_planner.advice.plan import Candidate, Plan, ScorePart, SearchedPool, together
from sn_planner.advice.sizing import Size, choices_on, size_of
from sn_planner.advice.taken import taken_networks
from sn_planner.engine import space
from sn_planner.model.cidr import Span, cidrs, holding, merged, network_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import choose, require_cluster
from sn_planner.model.fields import known_key, list_of, whole
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import PRIVATE, AddressRange, RangeLike, set_aside

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
    prefix_length = together(sizes)
    taken = taken_networks(in_use)
    searched = tuple(_search(pools, merged(cidr.span for cidr, _ in taken)))
    largest_free = [[block for gap in pool.free for block in cidrs(gap, prefix_length)] for pool in searched]
    found = islice(STRATEGIES[strategy](largest_free, prefix_length), count)
    candidates = tuple(_candidate(one, aside, _SCORES[strategy], sizes) for one in found)
    return Plan(whole("grow_nodes", grow_nodes), sizes, candidates, searched, tuple(taken))


def _search(pools: Iterable[object], taken: list[Span]) -> Iterator[SearchedPool]:
    """The pools with their free space between what is taken; a pool inside another is searched as part of it."""
    given = dict.fromkeys(network_of("pool", value) for value in list_of("pools", pools))
    # of two CIDRs that overlap one holds the other: the widest around each is searched, once
    for cidr in dict.fromkeys(next(holding(cidr, given)) for cidr in given):
        yield SearchedPool(cidr, tuple(space.free_space(cidr.span, taken)))


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
