"""Laws of suggestions and of the free blocks behind them."""

from __future__ import annotations

import ipaddress
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice import webhook
from sn_planner.advice.suggest import STRATEGIES, Strategy, suggest
from sn_planner.engine import space
from sn_planner.model.cidr import Cidr, Span, cidrs, merged, network_of
from sn_planner.model.networks import NETWORKS
from sn_planner.model.ranges import DOCUMENTED, RESERVED, AddressRange, capacity
from tests import strategies

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
POOL = Cidr(0x0A340000, 14)  # 10.52.0.0/14 holds the reserved networks and 10.55.0.0/16
pool_parts = strategies.blocks_near(POOL).map(lambda block: str(block.network))


@given(
    strategies.clusters,
    strategies.storage_profiles,
    st.lists(pool_parts, max_size=6),
    st.sampled_from(sorted(STRATEGIES)),
    st.integers(0, 9),
    st.integers(0, 3),
    st.integers(0, 50),
)
def test_candidates_are_fit_for_use(
    cluster: sn.Cluster,
    profile: str,
    in_use: list[str],
    strategy: Strategy,
    aside: int,
    grow: int,
    headroom: int,
) -> None:
    """A candidate holds the demand, overlaps nothing forbidden, and neither webhook nor check refuses it."""
    grow = grow if cluster.storage else 0
    plan = suggest(
        cluster,
        pools=["10.52.0.0/14", "192.168.0.0/16"],
        in_use=in_use,
        exclude_first=aside,
        grow_nodes=grow,
        headroom=headroom,
        strategy=strategy,
        profile=profile,
    )
    forbidden = [one.cidr for one in (*RESERVED, *DOCUMENTED)] + in_use
    assert plan.demand == sn.demand(cluster.grown(grow), profile)
    for one in plan.candidates:
        assert one.usable * 100 >= plan.demand.required * (100 + headroom)
        assert one.spare == one.usable - plan.demand.required
        assert one.max_nodes == sn.limits(one.range, cluster.grown(grow), profile).max_nodes
        assert not any(one.range.overlaps(network) for network in forbidden)
        findings = sn.check(one.range, cluster.grown(grow), in_use=in_use, profile=profile)
        assert not [finding for finding in findings if finding.severity == "error"]
        setting = one.setting(vlan=100, cluster_network="storage")
        assert setting.address_range == one.range
        assert webhook.refusal(vlan=100, range=setting.range, exclude=setting.exclude, cluster=cluster) is None
        first_usable = one.range.cidr.first + 1
        assert all(one.range.excludes(first_usable + place) == (place < aside) for place in range(aside + 1))


@given(strategies.uniform_clusters, st.integers(0, 3))
def test_no_smaller_range_would_do(cluster: sn.Cluster, aside: int) -> None:
    """One prefix bit more and the demand would no longer fit."""
    plan = suggest(cluster, exclude_first=aside)
    assert capacity(plan.prefix_length) - aside >= plan.demand.required
    longer = plan.prefix_length + 1
    assert longer > 30 or capacity(longer) - aside < plan.demand.required


def naive_free_blocks(pools: list[Span], taken: list[Span], prefix_length: int) -> list[tuple[int, int, int]]:
    """(pool, address, widens_to) of every free aligned block, by trying each."""
    found = []
    for place, (first, last) in enumerate(pools):
        for address in range(first, last + 1):
            widest = [
                prefix
                for prefix in range(16, prefix_length + 1)
                for block in (Cidr(address, prefix),)
                if not block.has_host_bits
                and first <= block.first
                and block.last <= last
                and not any(start <= block.last and block.first <= end for start, end in taken)
            ]
            if prefix_length in widest:
                found.append((place, address, min(widest)))
    return found


BASE = 0xC0A80000
small_spans = st.tuples(st.integers(0, 70), st.integers(0, 40)).map(lambda pair: (BASE + pair[0], BASE + sum(pair)))
small_pools = st.lists(st.sampled_from([26, 27, 28]), min_size=1, max_size=2).map(
    lambda prefixes: [Cidr(BASE + 64 * place, prefix).span for place, prefix in enumerate(prefixes)]
)


@given(small_pools, st.lists(small_spans, max_size=4), st.integers(28, 32))
def test_free_blocks_equal_a_naive_search(pools: list[Span], taken: list[Span], prefix_length: int) -> None:
    """Each order finds every free block once, says how far it widens, and keeps its order."""
    wholes = [
        [block for gap in space.free_space(pool, merged(taken)) for block in cidrs(gap, prefix_length)]
        for pool in pools
    ]
    naive = naive_free_blocks(pools, taken, prefix_length)
    for name, order in STRATEGIES.items():
        found = list(order(wholes, prefix_length))
        answers = [(one.pool, one.block.address, one.widens_to) for one in found]
        assert sorted(answers) == naive
        keys: dict[str, list[tuple[int, ...]]] = {
            "first": [(pool, address) for pool, address, _ in answers],
            "growth": [
                (one.widens_to == prefix_length, -one.whole.prefix_length, one.pool, one.block.address) for one in found
            ],
            "best-fit": [(-one.whole.prefix_length, one.pool, one.block.address) for one in found],
        }
        assert keys[name] == sorted(keys[name])


@given(st.lists(pool_parts, max_size=5), st.sampled_from(sorted(STRATEGIES)))
def test_scores_rank_the_candidates(in_use: list[str], strategy: Strategy) -> None:
    """Candidates come by their score, part by part, and the same question gets the same answer."""
    plan = suggest(EXAMPLE, pools=["10.55.0.0/16", "192.168.0.0/16"], in_use=in_use, strategy=strategy, limit=20)
    scores = [tuple(part.value for part in one.score) for one in plan.candidates]
    assert scores == sorted(scores, reverse=True)
    assert plan == suggest(
        EXAMPLE, pools=["10.55.0.0/16", "192.168.0.0/16"], in_use=in_use, strategy=strategy, limit=20
    )


@given(st.lists(pool_parts, max_size=6))
def test_rejected_and_candidates_share_no_address(in_use: list[str]) -> None:
    """What is rejected is inside the pool, has a reason, and holds no candidate."""
    plan = suggest(EXAMPLE, pools=["10.52.0.0/14"], in_use=in_use, limit=50)
    for rejection in plan.rejected:
        assert rejection.reason
        assert network_of("rejected", rejection.range).overlaps(POOL)
        assert not any(one.range.overlaps(rejection.range) for one in plan.candidates)


@settings(max_examples=15)
@given(st.integers(5, 248), st.sampled_from(["192.168.0.0/16", "10.64.0.0/14"]))
def test_suggestions_one_after_the_other_keep_large_holes_large(images: int, pool: str) -> None:
    """64 ranges up to a /24, each suggested beside those before, leave half of a /16 in one piece."""
    cluster = sn.Cluster.uniform(nodes=1, disks_per_node=1, images=images)
    in_use: list[str] = []
    for _ in range(64):
        best = suggest(cluster, pools=[pool], in_use=in_use, limit=1).best
        assert best.widens_to < best.range.prefix_length
        in_use.append(str(best.range))
    free = space.free_space(network_of("pool", pool).span, merged(network_of("range", one).span for one in in_use))
    largest = min(block.prefix_length for gap in free for block in cidrs(gap))
    assert largest == network_of("pool", pool).prefix_length + 1


def test_growth_prefers_room_to_double() -> None:
    """Growth takes the smallest hole with room to double; first the lowest block; best-fit the smallest hole."""
    in_use = ["192.168.0.64/26", "192.168.1.0/24", "192.168.2.0/26"]
    best = {
        strategy: str(suggest(EXAMPLE, pools=["192.168.0.0/21"], in_use=in_use, strategy=strategy).best.range)
        for strategy in STRATEGIES
    }
    assert best == {"growth": "192.168.0.128/26", "first": "192.168.0.0/26", "best-fit": "192.168.0.0/26"}
    assert suggest(EXAMPLE, pools=["192.168.0.0/21"]).rejected == ()
    roomy = suggest(EXAMPLE, pools=["192.168.0.0/21"], in_use=in_use).best
    assert roomy.widens_to == 25
    assert roomy.score[:2] == (("room to double", 1), ("doublings of its free block left over", -1))


def test_reasons_of_rejection() -> None:
    """Reserved, documented, used, too small and shared parts of the pools each say so."""
    plan = suggest(
        EXAMPLE,
        pools=["10.52.0.0/15", "10.42.128.0/17", "192.168.0.0/25", "192.168.0.0/26"],
        in_use=["192.168.0.0/28", "192.168.0.0/28", "192.168.0.32/27"],
    )
    reasons = {one.range: one.reason for one in plan.rejected}
    assert reasons == {
        "10.52.0.0/16": "reserved: pods of the Harvester cluster, [D 1.1-1.8] Storage Network",
        "10.53.0.0/16": "reserved: services of the Harvester cluster, [D 1.1-1.8] Storage Network",
        "10.42.128.0/17": "reserved: pods of guest clusters, by default, [D 1.1-1.8] Storage Network",
        "192.168.0.0/28": "in use",
        "192.168.0.16/28": "free, but smaller than the /26 needed",
        "192.168.0.32/27": "in use",
    }
    assert [str(one.range) for one in plan.candidates] == ["192.168.0.64/26"]


@given(st.lists(pool_parts, min_size=1, max_size=4), st.lists(pool_parts, max_size=3))
def test_pools_that_overlap_are_searched_as_one(pools: list[str], in_use: list[str]) -> None:
    """A pool inside another changes nothing: the same ranges are found, widening as far."""
    outer = "10.0.0.0/8"
    alone = suggest(EXAMPLE, pools=[outer], in_use=in_use)
    assert suggest(EXAMPLE, pools=[*pools, outer], in_use=in_use).candidates == alone.candidates
    assert suggest(EXAMPLE, pools=[outer, *pools], in_use=in_use).candidates == alone.candidates


def test_a_range_makes_the_setting_of_the_network_it_is_sized_for() -> None:
    """The setting has that network's name and form, and passes check as that one's; it wants a cluster network."""
    for network in NETWORKS:
        profile = "consolidated" if network == "storage-network" else network
        setting = suggest(EXAMPLE, profile=profile).best.setting(vlan=5, cluster_network="x")
        assert setting.network == network
        assert sn.Written.of(setting) == sn.Written.read(setting.manifest())
        assert sn.Written.of(setting).setting == setting
        assert sn.check(setting, EXAMPLE, harvester="1.8.2").ok
        assert sn.check(setting.manifest(), EXAMPLE, harvester="1.8.2").ok
    for name in ("", "a\nb", 5):
        with pytest.raises(sn.SnPlannerError, match="cluster_network .* is no name"):
            suggest(EXAMPLE).best.setting(vlan=5, cluster_network=name)  # type: ignore[arg-type]


def test_any_limit_will_do() -> None:
    """A limit beyond any count of blocks is no error."""
    assert len(suggest(EXAMPLE, pools=["192.168.0.0/22"], limit=10**30).candidates) == 16


def test_no_room_is_an_answer() -> None:
    """Where nothing is free the plan has no candidate, and asking for the best says what is missing."""
    plan = suggest(EXAMPLE, pools=["10.52.0.0/16"])
    assert plan.candidates == ()
    with pytest.raises(sn.SnPlannerError, match=r"pools have no free /26 in 10\.52\.0\.0/16; add a pool"):
        _ = plan.best


def test_a_cluster_that_needs_nothing_gets_one_address() -> None:
    """Without a demand the range still has an address to hand out, and no more than that asks for."""
    best = sn.suggest(sn.Cluster([]), exclude_first=1).best
    assert best is not None
    assert (best.usable, best.range.cidr.prefix_length) == (1, 30)


def test_a_demand_beyond_16_bits_is_refused() -> None:
    """65,534 addresses fit a /16; one more is a clear error."""
    largest = sn.Cluster.uniform(nodes=1, disks_per_node=0, images=65_530)
    assert str(suggest(largest).best.range) == "192.168.0.0/16"
    for cluster, aside in ((largest.grown(1), 0), (largest, 1), (sn.Cluster.uniform(nodes=10**40, disks=0), 0)):
        with pytest.raises(sn.SnPlannerError, match=r"demand is .* addresses.*; the largest range, a /16, has 65534"):
            suggest(cluster, exclude_first=aside)


def test_a_profile_below_the_webhooks_minimum_still_passes_the_webhook() -> None:
    """A range is never suggested that Harvester would refuse as too small."""
    own = sn.Profile("few", [sn.Consumer("manager", "node", versions=1, floor=1, steady=1, source="here")])
    best = suggest(EXAMPLE, profile=own).best
    assert webhook.usable_count(str(best.range)) >= webhook.minimum(EXAMPLE) == 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cluster": 5}, "cluster 5 is not a Cluster"),
        ({"limit": 0}, "limit 0 is too small"),
        ({"limit": 2.5}, "limit 2.5 is a fraction"),
        ({"limit": True}, "limit True is a boolean"),
        ({"exclude_first": -1}, "exclude_first -1 is negative"),
        ({"headroom": float("nan")}, "headroom nan is not a number"),
        ({"grow_nodes": "3"}, "grow_nodes '3' is not a whole number"),
        ({"strategy": "grow"}, "strategy 'grow' is unknown; did you mean 'growth'"),
        ({"strategy": ["growth"]}, "strategy .* is unknown"),
        ({"pools": "10.0.0.0/8"}, "pools '10.0.0.0/8' is not a list"),
        ({"pools": ["10.0.0.1/8"]}, r"pool '10.0.0.1/8' has host bits set; use its network address, 10\.0\.0\.0/8"),
        ({"in_use": [None]}, "in_use None is not a network"),
        ({"in_use": 7}, "in_use 7 is not a list"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments: dict[str, object], message: str) -> None:
    """Every unusable argument is refused under its own name."""
    with pytest.raises(sn.SnPlannerError, match=message):
        suggest(**({"cluster": EXAMPLE} | arguments))  # type: ignore[arg-type]


def test_plans_print_well() -> None:
    """A plan has a short repr and plain data, with settings where VLAN and network are given."""
    plan = suggest(EXAMPLE, limit=2, exclude_first=1)
    assert repr(plan) == "Plan(required=50, candidates=[192.168.0.0/26, 192.168.0.128/26])"
    assert plan.to_dict()["candidates"][0]["setting"] is None
    with_setting = plan.to_dict(vlan=7, cluster_network="data")["candidates"][0]["setting"]
    assert with_setting == '{"vlan":7,"clusterNetwork":"data","range":"192.168.0.0/26","exclude":["192.168.0.1/32"]}'
    with pytest.raises(sn.SnPlannerError, match="vlan 4095 is refused by Harvester"):
        plan.best.setting(vlan=4095, cluster_network="data")


def test_a_pool_of_ten_million_networks_is_not_enumerated() -> None:
    """The first few blocks of all of IPv4 cost no more than those few."""
    blocks = islice(space.room_to_double_first([[Cidr(0, 0)]], 30), 3)
    assert [str(one.block) for one in blocks] == ["0.0.0.0/30", "0.0.0.8/30", "0.0.0.16/30"]


def test_duplicate_and_overlapping_networks_in_use_are_merged() -> None:
    """An address plan may repeat itself."""
    once = suggest(EXAMPLE, in_use=["192.168.0.0/17"])
    again = suggest(
        EXAMPLE, in_use=[ipaddress.ip_network("192.168.0.0/17"), "192.168.0.0/17", AddressRange("192.168.3.0/24")]
    )
    assert once.candidates == again.candidates


def test_many_pools_are_searched_as_one_list() -> None:
    """Thousands of pools, some inside others, are searched once each; what is in use takes them away."""
    pools = [f"10.{number // 256}.{number % 256}.0/24" for number in range(4000)]
    plan = suggest(EXAMPLE, pools=[*pools, "10.0.0.0/26", "10.0.0.0/23"], in_use=["10.0.0.0/16"], limit=1)
    assert str(plan.best.range) == "10.1.0.0/26"
    in_use = [one.range for one in plan.rejected if one.reason == "in use"]
    assert in_use == ["10.0.0.0/23", *pools[2:256]]
