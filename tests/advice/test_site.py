"""Plans of whole sites: what is placed, what stays, and what is said of the rest."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice import webhook
from sn_planner.advice.site import blocks_in_force
from sn_planner.model.cidr import Cidr, network_of
from sn_planner.model.networks import NETWORKS
from tests.engine.test_packing import addresses_in, fits_somewhere

FEWER = settings(max_examples=settings().max_examples // 2)  # of large inputs, each worth many
NAMES = ("fra1", "ber2", "muc3", "ham4", "par5")
POOL = network_of("pool", "172.20.0.0/25")


def cluster_of(nodes: int, disks: int = 1, images: int = 0) -> sn.Cluster:
    """Equal nodes."""
    return sn.Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images)


asked_networks = st.lists(st.sampled_from(sorted(NETWORKS)), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                sn.SiteNetwork,
                network=st.just(name),
                exclude_first=st.integers(0, 2),
                reserve=st.integers(0, 2),
                vlan=st.just(100),
                cluster_network=st.just("storage"),
            )
            for name in names
        )
    )
)


@st.composite
def sites(draw: st.DrawFn, pool: str = "172.20.0.0/22", most: int = 5) -> sn.Site:
    """Small sites, in which not everything has room."""
    count = draw(st.integers(1, most))
    return sn.Site(
        pools=[pool],
        in_use=draw(st.lists(st.sampled_from(["172.20.0.0/27", "172.20.1.64/28", "172.20.3.128/25"]), max_size=2)),
        clusters=[
            sn.SiteCluster(
                name=name,
                cluster=cluster_of(draw(st.integers(1, 12)), draw(st.integers(0, 4)), draw(st.integers(0, 10))),
                networks=draw(asked_networks),
                harvester="1.8.2",
            )
            for name in NAMES[:count]
        ],
        isolated=draw(st.booleans()),
    )


def grown(site: sn.Site, extra: list[int]) -> sn.Site:
    """The site with more nodes in some of its clusters."""
    pairs = zip(site.clusters, extra, strict=False)
    return attrs.evolve(site, clusters=[attrs.evolve(one, cluster=one.cluster.grown(more)) for one, more in pairs])


def in_force(site: sn.Site, ranges: dict[tuple[str, str], sn.AddressRange]) -> sn.Site:
    """The site with those ranges in force, and no others."""

    def with_ranges(one: sn.SiteCluster) -> sn.SiteCluster:
        return attrs.evolve(
            one, networks=[attrs.evolve(asked, range=ranges.get((one.name, asked.network))) for asked in one.networks]
        )

    return attrs.evolve(site, clusters=[with_ranges(one) for one in site.clusters])


def places(plan: sn.SitePlan) -> dict[tuple[str, str], tuple[str, str]]:
    """Range and reserve of every network."""
    return {(one.cluster, one.network): (str(one.range), str(one.reserved)) for one in plan.networks}


@FEWER
@given(sites())
def test_every_range_is_fit_for_use_and_collides_with_no_other(site: sn.Site) -> None:
    """Each passes check as its setting, holds its demand, lies in the pool; no two of the webhook's kind collide."""
    plan = sn.plan_site(site)
    assert len(plan.networks) + len(plan.unplaced) == sum(len(one.networks) for one in site.clusters)
    clusters = {one.name: one.cluster for one in site.clusters}
    for one in plan.networks:
        assert one.setting is not None
        others = [other.setting for other in plan.networks if other is not one and other.cluster == one.cluster]
        found = sn.check(one.setting, clusters[one.cluster], in_use=site.in_use, others=others, harvester="1.8.2")
        assert found.ok, found
        assert one.spare >= 0
        assert site.pools[0].overlaps(one.reserved)
        assert one.reserved.address == one.range.cidr.address
    for one, other in combinations(plan.networks, 2):
        if not site.isolated or one.cluster == other.cluster:
            assert not webhook.collides(one.setting, other.setting)
            assert not one.reserved.overlaps(other.reserved)
    assert not any(block.overlaps(one.reserved) for block in plan.free for one in plan.networks)


@FEWER
@given(sites(pool=str(POOL), most=4), st.lists(st.integers(0, 7), max_size=3))
def test_all_are_placed_whenever_any_placement_exists(site: sn.Site, at: list[int]) -> None:
    """Equal to exhaustive search, with ranges in force that stay where they are."""
    first = sn.plan_site(site)
    stay = {(one.cluster, one.network): one.range for one in first.networks[: len(at)]}
    again = attrs.evolve(in_force(site, stay), isolated=False)
    if site.isolated and len({str(one) for one in stay.values()}) < len(stay):
        return
    try:
        plan = sn.plan_site(again)
    except sn.BadInput:
        assert site.isolated  # two clusters were given the same addresses, which one layer 2 does not have
        return
    held = [one.cidr.span for one in stay.values()] + [one.span for one in again.in_use]
    free = addresses_in([POOL.span], POOL.first) - addresses_in(held, POOL.first)
    sizes = {(one.cluster, one.network): one.range.prefix_length for one in plan.networks}
    sizes |= {(one.cluster, one.network): one.prefix_length or 0 for one in plan.unplaced}
    new = sorted(length for key, length in sizes.items() if key not in stay)
    assert plan.ok == (0 not in new and fits_somewhere(free, new, POOL.last - POOL.first + 1))


@FEWER
@given(sites(pool=str(POOL)), st.lists(st.integers(0, 12), min_size=5, max_size=5))
def test_an_isolated_cluster_is_planned_as_if_alone(site: sn.Site, extra: list[int]) -> None:
    """Its ranges, those that grew out of theirs too, are those of a site of its own."""
    site = attrs.evolve(site, isolated=True)
    keep = sn.plan_site(site).kept
    more = grown(site, extra)
    together = sn.plan_site(more, keep=keep)
    for one in more.clusters:
        mine = [kept for kept in keep if kept.cluster == one.name]
        alone = sn.plan_site(attrs.evolve(more, clusters=[one]), keep=mine)
        assert together.only(one.name).networks == alone.networks
        assert together.only(one.name).unplaced == alone.unplaced


@FEWER
@given(sites())
def test_planning_a_plan_again_is_the_identity(site: sn.Site) -> None:
    """Ranges, reserves, what is free and what has no place are the same, also after a third time."""
    plan = sn.plan_site(site)
    again = sn.plan_site(site, keep=plan)
    assert places(again) == places(plan)
    assert (again.free, again.unplaced) == (plan.free, plan.unplaced)
    assert all(one.status == "kept" for one in again.networks)
    assert sn.plan_site(site, keep=again.kept) == again


@FEWER
@given(sites(), st.lists(st.integers(0, 8), min_size=5, max_size=5))
def test_nothing_kept_moves_while_it_fits(site: sn.Site, extra: list[int]) -> None:
    """Clusters grow: a range stays where it is unless it no longer fits; then it is widened if it can be, or moves."""
    plan = sn.plan_site(site)
    more = sn.plan_site(grown(site, extra), keep=plan)
    before = {(one.cluster, one.network): one for one in plan.networks}
    for one in more.networks:
        old = before.get((one.cluster, one.network))
        if old is None:
            assert one.status == "new"
            continue
        fits = old.usable >= one.size.needed
        assert (one.status == "kept") == (one.range == old.range) == fits
        if not fits:
            assert one.before == old.range
            assert one.status == ("outgrown" if one.range.cidr.address == old.range.cidr.address else "moved")
            assert len(one.options) == 2
            holds = Cidr(old.range.cidr.address, one.range.prefix_length)
            if one.status == "moved" and not holds.has_host_bits:  # it could not be widened to what it needs
                taken = [*site.in_use, *(other.range.cidr for other in plan.networks if other is not old)]
                assert holds.last > site.pools[0].last or any(holds.overlaps(cidr) for cidr in taken)
    again = sn.plan_site(grown(site, extra), keep=more)
    assert places(again) == places(more)
    assert [one.status for one in again.networks] == [one.status for one in more.networks]


@FEWER
@given(sites(), st.permutations(NAMES), st.integers(0, 4))
def test_adding_clusters_moves_nothing_in_any_order(site: sn.Site, order: list[str], count: int) -> None:
    """Whatever is added, wherever in the list: what was planned keeps its range."""
    first = attrs.evolve(site, clusters=site.clusters[: max(count, 1)])
    plan = sn.plan_site(first)
    later = attrs.evolve(site, clusters=sorted(site.clusters, key=lambda one: order.index(one.name)))
    added = places(sn.plan_site(later, keep=plan))
    assert all(added[key][0] == place for key, (place, _) in places(plan).items())


@FEWER
@given(sites())
def test_blocks_in_force_are_the_reserves_of_the_plan(site: sn.Site) -> None:
    """What the site says is in force is held with its reserve, as the plan of the site has it."""
    plan = sn.plan_site(site)
    ranges = {(one.cluster, one.network): one.range for one in plan.networks}
    there = in_force(site, ranges)
    assert {one.reserved for one in plan.networks} <= set(blocks_in_force(there)) or site.isolated
    assert all(one.is_in_force for one in sn.plan_site(there).networks if (one.cluster, one.network) in ranges)


FRA1 = sn.SiteCluster(name="fra1", cluster=cluster_of(5, 2, 10))


def site_with(**networks: Any) -> sn.Site:
    """A site of clusters with one storage network each: its figures, or its range."""
    clusters = [
        sn.SiteCluster(name=name, cluster=cluster_of(given.pop("nodes", 3), 1), networks=[sn.SiteNetwork(**given)])
        for name, given in networks.items()
    ]
    return sn.Site(pools=["172.20.0.0/24", "172.20.2.0/24"], clusters=clusters)


def test_a_range_is_widened_where_it_can_be_and_moved_where_not() -> None:
    """Each way is told with what stands in the way and what it costs; the range that is left stays taken."""
    site = site_with(
        wide={"range": "172.20.0.0/28", "nodes": 10},
        neighbour={"range": "172.20.0.64/28", "nodes": 10},
        behind={"range": "172.20.0.80/28", "nodes": 1},
        odd={"range": "172.20.0.112/28", "nodes": 10},
        end={"range": "172.20.2.0/25", "nodes": 70},
    )
    plan = sn.plan_site(site)
    told = {one.cluster: (one.status, str(one.range), one.options[:1]) for one in plan.networks}
    outage = "every VM is stopped"
    assert told["wide"][:2] == ("outgrown", "172.20.0.0/26")
    assert told["wide"][2][0].startswith("172.20.0.0/28 is widened in place to 172.20.0.0/26: every VM is stopped")
    assert told["neighbour"][0] == "moved"
    assert told["neighbour"][2] == ("172.20.0.64/28 cannot be widened in place: 172.20.0.80 behind it is taken",)
    assert told["odd"][2] == ("172.20.0.112/28 cannot be widened in place: a /27 would begin before it",)
    assert told["behind"] == ("kept", "172.20.0.80/28", ())
    assert [one.cluster for one in plan.unplaced] == ["end"]
    assert plan.unplaced[0].reason.endswith("it stays in 172.20.2.0/25, which is too small")
    assert all(outage in one.options[-1] for one in plan.networks if one.status == "moved")
    assert not any(block.overlaps(network_of("x", "172.20.0.112/28")) for block in plan.free)
    full = sn.plan_site(site_with(one={"range": "172.20.0.0/24", "nodes": 70}))
    assert full.unplaced[0].reason.startswith("no /23 is left: the largest free block is a /24")
    huge = sn.plan_site(site_with(one={"nodes": 20_000}))
    assert (huge.unplaced[0].prefix_length, huge.unplaced[0].reason) == (
        None,
        "it needs 120000 addresses, and a /16 has fewer",
    )
    beyond = sn.Site(
        pools=["172.20.0.0/14"],
        clusters=[
            sn.SiteCluster(
                name="one",
                cluster=cluster_of(3, images=65_525),
                networks=[sn.SiteNetwork(range="172.20.0.0/16", exclude_first=9)],
            )
        ],
    )
    assert sn.plan_site(beyond).unplaced[0].reason.endswith("it stays in 172.20.0.0/16, which is too small")


def test_what_is_excluded_by_hand_stays_excluded_where_a_range_is_widened() -> None:
    """It is another's, often one of those in use; what was set aside at its ends is set aside anew."""
    old = sn.AddressRange("172.20.0.0/27", ["172.20.0.1", "172.20.0.5", "172.20.0.30"])
    asked = sn.SiteNetwork(range=old, exclude_first=1, exclude_last=1)
    cluster = sn.SiteCluster(name="fra1", cluster=cluster_of(20), networks=[asked], harvester="1.8.2")
    site = sn.Site(pools=["172.20.0.0/16"], in_use=["172.20.0.5/32"], clusters=[cluster])
    plan = sn.plan_site(site)
    assert plan.networks[0].status == "outgrown"
    assert str(plan.networks[0].range) == "172.20.0.0/25 without 172.20.0.1/32, 172.20.0.5/32, 172.20.0.126/32"
    assert places(sn.plan_site(site, keep=plan)) == places(plan)


def test_the_last_address_of_an_old_range_may_be_anothers() -> None:
    """No pod could have it there: where the range is widened over it, it is excluded, and the plan stands."""
    cluster = sn.SiteCluster(name="fra1", cluster=cluster_of(20), networks=[sn.SiteNetwork(range="172.20.0.0/27")])
    in_use = ["172.20.0.0/27", "172.20.0.0/32", "172.20.0.31/32"]
    site = sn.Site(pools=["172.20.0.0/16"], in_use=in_use[1:], clusters=[cluster])
    plan = sn.plan_site(site)
    assert plan.networks[0].status == "outgrown"
    assert str(plan.networks[0].range) == "172.20.0.0/25 without 172.20.0.31/32"
    assert places(sn.plan_site(site, keep=plan)) == places(plan)
    assert places(sn.plan_site(in_force(site, {("fra1", "storage-network"): plan.networks[0].range}))) == places(plan)
    assert places(sn.plan_site(attrs.evolve(site, in_use=in_use))) == places(plan)


def test_a_figure_that_no_network_counts_is_told() -> None:
    """RWX volumes of a cluster without a network that counts them; none that nobody gave."""
    counting, idle = (attrs.evolve(FRA1, name=name, cluster=attrs.evolve(FRA1.cluster, rwx_volumes=7)) for name in "ab")
    counting = attrs.evolve(counting, networks=[sn.SiteNetwork(), sn.SiteNetwork(network="rwx-network")])
    plan = sn.plan_site(sn.Site(pools=["172.20.0.0/16"], clusters=[counting, idle, FRA1]))
    assert plan.notes == ("rwx_volumes changes nothing in b: no network of theirs counts them",)


def test_a_range_is_not_left_for_itself() -> None:
    """What a plan says of it would be wrong twice."""
    with pytest.raises(sn.BadInput, match="before '172.20.0.0/26' is the range 172.20.0.0/26 itself; leave it out"):
        sn.Kept("a", "rwx-network", "172.20.0.0/26", sn.AddressRange("172.20.0.0/26", ["172.20.0.1"]))


def test_a_range_that_is_left_may_hold_what_came_into_use_since() -> None:
    """A plan names no excludes of it, and no pod is to have its addresses."""
    before = sn.Kept("fra1", "storage-network", "172.20.1.0/26", "172.20.0.0/27")
    cluster = sn.SiteCluster(name="fra1", cluster=cluster_of(10), harvester="1.8.2")
    site = sn.Site(pools=["172.20.0.0/16"], in_use=["172.20.0.1/32"], clusters=[cluster])
    assert sn.plan_site(site, keep=[before]).networks[0].status == "moved"


def test_a_headroom_moves_no_range_that_fits() -> None:
    """It is for new ranges: a larger one for the comfort of it would cost an outage."""
    asked = sn.SiteNetwork(range="172.20.0.0/27", headroom=100)
    fits, outgrown = (
        sn.SiteCluster(name="fra1", cluster=cluster_of(nodes), networks=[asked], harvester="1.8.2") for nodes in (7, 8)
    )
    plans = [sn.plan_site(sn.Site(pools=["172.20.0.0/16"], clusters=[one])) for one in (fits, outgrown)]
    assert [(plan.networks[0].status, str(plan.networks[0].range)) for plan in plans] == [
        ("kept", "172.20.0.0/27"),
        ("outgrown", "172.20.0.0/25"),
    ]


def test_what_was_planned_stands_until_it_is_in_force() -> None:
    """A widened range stays planned beside the one in force; once that is its successor, nothing is left of the old."""
    site = site_with(fra1={"range": "172.20.0.64/28", "nodes": 10}, ber2={"range": "172.20.0.80/28", "nodes": 1})
    plan = sn.plan_site(site)
    (moved, _) = plan.networks
    assert (moved.status, str(moved.range), str(moved.before)) == ("moved", "172.20.0.128/26", "172.20.0.64/28")
    assert sn.plan_site(site, keep=plan).networks == plan.networks
    applied = site_with(fra1={"range": "172.20.0.128/26", "nodes": 10}, ber2={"range": "172.20.0.80/28", "nodes": 1})
    done = sn.plan_site(applied, keep=plan).networks[0]
    assert (done.status, done.before, done.is_in_force) == ("kept", None, True)


def test_a_move_that_was_planned_stays_planned() -> None:
    """Though the neighbour has left since, and the range could now be widened; a /16 is never widened."""
    site = site_with(fra1={"range": "172.20.0.64/28", "nodes": 10}, ber2={"range": "172.20.0.80/28", "nodes": 1})
    alone = site_with(fra1={"range": "172.20.0.64/28", "nodes": 10})
    (moved,) = sn.plan_site(alone, keep=sn.plan_site(site)).networks
    assert (moved.status, str(moved.range)) == ("moved", "172.20.0.128/26")
    assert moved.options[0] == "172.20.0.64/28 cannot be widened in place: a move was planned before"
    half = sn.SiteNetwork(range=sn.AddressRange("172.20.0.0/16", ["172.20.0.0/17"]))
    large = sn.SiteCluster(name="one", cluster=cluster_of(3, images=40_000), networks=[half])
    (moved,) = sn.plan_site(sn.Site(pools=["172.20.0.0/14"], clusters=[large])).networks
    assert (moved.status, str(moved.range)) == ("moved", "172.21.0.0/16")
    assert moved.options[0].endswith("it would be larger than a /16")


def test_isolated_clusters_may_share_addresses() -> None:
    """Each has a layer 2 of its own: two that need half of the pool each are both placed at its start."""
    clusters = [sn.SiteCluster(name=name, cluster=cluster_of(20, 2)) for name in ("fra1", "ber2", "muc3")]
    site = sn.Site(pools=["172.20.0.0/24"], clusters=clusters, isolated=True)
    assert {str(one.range) for one in sn.plan_site(site).networks} == {"172.20.0.0/24"}
    together = attrs.evolve(site, isolated=False)
    assert [one.cluster for one in sn.plan_site(together).unplaced] == ["ber2", "muc3"]


def test_reserves_shrink_before_a_network_goes_unplaced_and_that_is_said() -> None:
    """Four /27 with a doubling each need a /24; in a /25 they have none, and the plan says whose."""
    clusters = [sn.SiteCluster(name=name, cluster=cluster_of(5)) for name in NAMES[:4]]
    roomy = sn.plan_site(sn.Site(pools=["172.20.0.0/24"], clusters=clusters))
    assert {one.reserved.prefix_length for one in roomy.networks} == {26}
    assert roomy.notes == ()
    tight = sn.plan_site(sn.Site(pools=["172.20.0.0/25"], clusters=clusters))
    assert (tight.ok, {one.reserved.prefix_length for one in tight.networks}) == (True, {27})
    (note,) = tight.notes
    assert note.startswith("4 networks with a smaller reserve than asked for, for lack of room: fra1 storage-network,")


def test_networks_in_use_that_are_a_clusters_own_do_not_count_against_it() -> None:
    """An address plan lists the range itself, and the gateway that it excludes; anything else in it is a fault."""
    own = sn.SiteNetwork(range=sn.AddressRange("172.20.4.0/25", ["172.20.4.1"]))
    site = sn.Site(
        pools=["172.20.0.0/16"],
        in_use=["172.20.4.0/25", "172.20.4.1/32"],
        clusters=[attrs.evolve(FRA1, networks=[own])],
    )
    (one,) = sn.plan_site(site).networks
    assert (one.status, str(one.reserved)) == ("kept", "172.20.4.0/24")
    with pytest.raises(sn.BadInput, match="range '172.20.4.0/25' overlaps 172.20.4.2/32, in use"):
        sn.plan_site(attrs.evolve(site, in_use=["172.20.4.2/32"]))


@pytest.mark.parametrize(
    ("site", "message"),
    [
        (
            site_with(fra1={"range": "172.21.0.0/25"}),
            r"fra1 storage-network: range '172.21.0.0/25' lies outside of the",
        ),
        (site_with(fra1={"range": "172.20.0.0/23"}), r"lies outside of the pools, 172.20.0.0/24, 172.20.2.0/24"),
        (
            site_with(fra1={"range": "172.20.0.0/25"}, ber2={"range": "172.20.0.64/27"}),
            r"ber2 storage-network: range '172.20.0.64/27' overlaps 172.20.0.0/25, the fra1 storage-network",
        ),
        (
            attrs.evolve(site_with(fra1={"range": "10.52.0.0/26"}), pools=["10.52.0.0/16"]),
            r"fra1 storage-network: range '10.52.0.0/26' overlaps 10.52.0.0/16, reserved: pods of the Harvester",
        ),
        (site_with(fra1={"vlan": 4095, "cluster_network": "x"}), r"fra1 storage-network: vlan 4095 is refused"),
        (site_with(fra1={"profile": "rwx-network"}), r"fra1 storage-network: profile 'rwx-network' sizes the rwx"),
        (
            sn.Site(
                pools=["172.20.0.0/24"],
                clusters=[
                    attrs.evolve(
                        FRA1,
                        networks=[sn.SiteNetwork(profile="consolidated+rwx"), sn.SiteNetwork(network="rwx-network")],
                    )
                ],
            ),
            "fra1 storage-network: profile 'consolidated\\+rwx' shares what the rwx-network is there for",
        ),
        ("site.yaml", "site 'site.yaml' is not a Site"),
    ],
)
def test_faults_are_named_by_cluster_network_and_field(site: sn.Site, message: str) -> None:
    """What cannot be planned is refused where it stands."""
    with pytest.raises(sn.BadInput, match=message):
        sn.plan_site(site)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sn.Site(pools=[], clusters=[FRA1]), "pools is empty"),
        (lambda: sn.Site(pools=["10.0.0.0/8", "10.1.0.0/16"], clusters=[]), "pools '10.1.0.0/16' overlaps 10.0.0.0/8"),
        (lambda: sn.Site(pools="10.0.0.0/8", clusters=[]), "pools '10.0.0.0/8' is not a list"),
        (lambda: sn.Site(pools=["10.0.0.0/8"], clusters=[FRA1, FRA1]), "clusters: name 'fra1' is there twice"),
        (
            lambda: sn.Site(pools=["10.0.0.0/8"], clusters=["fra1"]),  # type: ignore[list-item]
            "clusters 'fra1' is not a SiteCluster",
        ),
        (
            lambda: sn.Site(pools=["10.0.0.0/8"], clusters=[FRA1], isolated=1),  # type: ignore[arg-type]
            "isolated 1 is neither true nor false",
        ),
        (lambda: sn.SiteCluster(name="a\n", cluster=FRA1.cluster), "name 'a\\\\n' cannot be shown on a line"),
        (
            lambda: sn.SiteCluster(name="a", cluster=5),  # type: ignore[arg-type]
            "cluster 5 is not a Cluster",
        ),
        (lambda: sn.SiteCluster(name="a", cluster=FRA1.cluster, networks=[]), "networks is empty"),
        (
            lambda: attrs.evolve(FRA1, networks=[sn.SiteNetwork()] * 2),
            "name 'storage-network' is there twice",
        ),
        (
            lambda: attrs.evolve(FRA1, networks=["storage-network"]),  # type: ignore[list-item]
            "networks 'storage-network' is not a SiteNetwork",
        ),
        (lambda: sn.SiteNetwork(network="storage"), "network 'storage' is unknown; did you mean 'storage-network'"),
        (lambda: sn.SiteNetwork(reserve=-1), "reserve -1 is negative"),
        (lambda: sn.SiteNetwork(profile="classic+"), r"profile 'classic\+' is unknown; did you mean 'classic'"),
        (
            lambda: sn.Site(pools=["10.0.0.0/8"], clusters=[FRA1], defaults=5),  # type: ignore[arg-type]
            "defaults 5 is not a SiteNetwork",
        ),
        (lambda: sn.Site(pools=["10.0.0.0/8"], clusters=[FRA1], notes=[5]), "notes 5 is no text"),  # type: ignore[list-item]
        (lambda: sn.SiteNetwork(range="10.0.0.1/24"), "range '10.0.0.1/24' has host bits set"),
    ],
)
def test_sites_are_refused_by_field(make: Any, message: str) -> None:
    """A value that is no site says which field is wrong."""
    with pytest.raises(sn.BadInput, match=message):
        make()


def test_an_earlier_plan_belongs_to_the_site() -> None:
    """Kept ranges of no cluster of the site are refused where none is, and said where some are not."""
    kept = sn.Kept("fra1", "storage-network", sn.AddressRange("172.20.0.0/26"))
    gone = sn.Kept("old", "storage-network", sn.AddressRange("172.20.0.64/26"))
    site = sn.Site(pools=["172.20.0.0/24"], clusters=[FRA1])
    plan = sn.plan_site(site, keep=[kept, gone])
    assert plan.notes == ("No longer in the site, and free again: old storage-network",)
    with pytest.raises(sn.BadInput, match="keep plans old storage-network, and nothing of this site"):
        sn.plan_site(site, keep=[gone])
    with pytest.raises(sn.BadInput, match="keep 'fra1 storage-network' is there twice"):
        sn.plan_site(site, keep=[kept, kept])
    with pytest.raises(sn.BadInput, match="keep 5 is not a kept range"):
        sn.plan_site(site, keep=[5])  # type: ignore[list-item]
    far = attrs.evolve(kept, range=sn.AddressRange("10.0.0.0/26"))
    with pytest.raises(sn.BadInput, match="fra1 storage-network: kept range '10.0.0.0/26' lies outside of the pools"):
        sn.plan_site(site, keep=[far])
    small = attrs.evolve(kept, range=sn.AddressRange("10.0.0.0/30"))
    with pytest.raises(sn.BadInput, match="fra1 storage-network: range before '10.0.0.0/30' lies outside"):
        sn.plan_site(site, keep=[small])


def test_a_plan_prints_well() -> None:
    """A short repr, and the first free block of each size."""
    plan = sn.plan_site(sn.Site(pools=["172.20.0.0/24"], clusters=[FRA1]))
    assert repr(plan) == "SitePlan(kept=0, new=1, moved=0, outgrown=0, unplaced=0)"
    assert {length: str(block) for length, block in plan.largest_free.items()} == {25: "172.20.0.128/25"}


def test_a_release_without_a_network_is_told() -> None:
    """The plan stands, with a note."""
    early = attrs.evolve(FRA1, networks=[sn.SiteNetwork(network="rwx-network")], harvester="1.7.1")
    plan = sn.plan_site(sn.Site(pools=["172.20.0.0/24"], clusters=[early]))
    assert plan.notes == ("Harvester 1.7.1 has no rwx-network, which comes with 1.8.0",)


def test_a_profile_of_its_own_counts_for_the_clusters_release() -> None:
    """A network's profile sizes it, and the cluster's release says which rules Harvester goes by."""
    own = attrs.evolve(FRA1, networks=[sn.SiteNetwork(profile="classic")], harvester="1.8.2")
    (one,) = sn.plan_site(sn.Site(pools=["172.20.0.0/24"], clusters=[own])).networks
    assert one.size.demand.release is not None
    assert (one.required, one.size.demand.release.harvester) == (50, "1.8.2")
