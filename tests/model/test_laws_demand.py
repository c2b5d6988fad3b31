"""Laws of the formula and of its inverse."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.demand import Demand, demand
from sn_planner.model.limits import limits
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, capacity, prefix_for
from tests.strategies import cidrs, clusters, counts, profiles, storage_profiles, uniform_clusters

small_ranges = cidrs(shortest=22).map(lambda cidr: AddressRange(str(cidr)))


@given(clusters, profiles)
def test_lines_add_up(cluster: Cluster, profile: str) -> None:
    """The lines' addresses sum to what is required, each being count x addresses x versions."""
    need = demand(cluster, profile)
    assert sum(line.addresses for line in need.lines) == need.required
    assert all(line.addresses == line.count * line.addresses_each * line.versions for line in need.lines)


@given(clusters, profiles)
def test_moments_are_ordered(cluster: Cluster, profile: str) -> None:
    """Steady use never exceeds the stall floor, nor the stall floor the peak."""
    need = demand(cluster, profile)
    assert need.steady <= need.stall_floor <= need.required


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5), counts)
def test_classic_is_the_formula(groups: list[tuple[int, int]], images: int) -> None:
    """required = nodes*4 + disks*2 + images, disks being the total over all nodes."""
    cluster = Cluster([Node(disks=disks, count=count) for disks, count in groups], images=images)
    total_nodes = sum(count for _, count in groups)
    total_disks = sum(disks * count for disks, count in groups)
    assert sn.demand(cluster).required == total_nodes * 4 + total_disks * 2 + images


@given(clusters, profiles, st.data())
def test_required_is_monotone_in_every_argument(cluster: Cluster, profile: str, data: st.DataObject) -> None:
    """One more node, disk, transfer or RWX volume never needs fewer addresses."""
    more = [
        attrs.evolve(cluster, images=cluster.images + 1),
        attrs.evolve(cluster, nodes=[*cluster.nodes, Node(disks=data.draw(counts))]),
        attrs.evolve(cluster, nodes=[attrs.evolve(node, disks=node.disks + 1) for node in cluster.nodes]),
        attrs.evolve(cluster, rwx_volumes=100 if cluster.rwx_volumes is None else cluster.rwx_volumes + 1),
    ]
    assert all(demand(cluster, profile).required <= demand(one, profile).required for one in more)


@given(clusters, profiles, st.integers(1, 9))
def test_witnesses_count_for_nothing(cluster: Cluster, profile: str, count: int) -> None:
    """Witness nodes change no figure, whatever disks they have."""
    with_witnesses = attrs.evolve(cluster, nodes=[*cluster.nodes, Node(witness=True, disks=3, count=count)])
    ours, theirs = demand(with_witnesses, profile), demand(cluster, profile)
    assert ours.to_dict() == theirs.to_dict()


@given(st.integers(0, 2**33))
def test_smallest_prefix_is_minimal(addresses: int) -> None:
    """The prefix holds the addresses, and one bit longer does not."""
    prefix = prefix_for(addresses)
    if prefix is None:
        assert capacity(0) < addresses
    else:
        assert capacity(prefix) >= addresses
        assert prefix == 30 or capacity(prefix + 1) < addresses


@pytest.mark.parametrize("power", range(2, 33))
def test_prefix_boundaries(power: int) -> None:
    """2^k - 2 addresses fit k host bits exactly; one more needs one bit more."""
    assert prefix_for(2**power - 2) == 32 - power
    assert prefix_for(2**power - 1) == (31 - power if power < 32 else None)


def fits(cluster: Cluster, profile: str, usable: int) -> bool:
    """Whether so many addresses hold the cluster."""
    return demand(cluster, profile).required <= usable


def is_the_limit(limit: int | None, fits: Callable[[int], bool]) -> bool:
    """Whether `limit` is the largest number that fits; None where none does."""
    return not fits(0) if limit is None else fits(limit) and not fits(limit + 1)


@given(uniform_clusters, storage_profiles, small_ranges)
def test_limits_is_the_inverse(cluster: Cluster, profile: str, rng: AddressRange) -> None:
    """Each limit fits and one more does not, the other two held; where not even none fits, there is no limit."""
    found = limits(rng, cluster, profile)
    disks = cluster.nodes[0].disks

    def uniform(nodes: int, disks: int, images: int) -> bool:
        return fits(Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images), profile, rng.usable)

    nodes, each, images = found.max_nodes, found.max_disks_per_node, found.max_images
    assert is_the_limit(nodes, lambda n: uniform(n, disks, cluster.images))
    assert is_the_limit(each, lambda d: uniform(cluster.storage_nodes, d, cluster.images))
    assert is_the_limit(images, lambda i: uniform(cluster.storage_nodes, disks, i))
    assert found.fits == fits(cluster, profile, rng.usable)


def first_nodes(cluster: Cluster, count: int) -> Cluster:
    """The first storage nodes of a cluster, and then more like its largest."""
    single = [attrs.evolve(node, count=1) for node in cluster.storage for _ in range(node.count)]
    more = [cluster.largest_node or Node(disks=0)] * max(count - len(single), 0)
    return attrs.evolve(cluster, nodes=[*single[:count], *more])


@example(Cluster([Node(disks=0, v2_data_engine=True, count=0)]), "classic", AddressRange("10.0.0.0/22"))
@given(clusters, storage_profiles, small_ranges)
def test_max_nodes_of_a_mixed_cluster(cluster: Cluster, profile: str, rng: AddressRange) -> None:
    """Nodes are counted in the cluster's order, then more like its largest."""
    most = limits(rng, cluster, profile).max_nodes
    assert is_the_limit(most, lambda n: fits(first_nodes(cluster, n), profile, rng.usable))


def test_what_takes_nothing_has_no_limit() -> None:
    """A thing that takes no address is limited by none."""
    free = Profile("nothing", [])
    found = limits("10.0.0.0/30", Cluster.uniform(nodes=2, disks_per_node=1), free)
    assert (found.max_nodes, found.max_disks_per_node, found.max_images) == (None, None, None)
    assert found.to_dict()["max_nodes"] is None


@given(st.integers(0, 500), st.integers(0, 60))
def test_disks_in_total_spread_evenly(disks: int, nodes: int) -> None:
    """A total of disks is kept, on nodes that differ by one disk at most."""
    if disks and not nodes:
        with pytest.raises(sn.SnPlannerError, match="disks .* no node to sit in"):
            Cluster.uniform(nodes=nodes, disks=disks)
        return
    cluster = Cluster.uniform(nodes=nodes, disks=disks)
    assert (cluster.disks, cluster.storage_nodes) == (disks, nodes)
    each = [node.disks for node in cluster.nodes]
    assert not each or max(each) - min(each) <= 1


@given(clusters, st.integers(0, 9))
def test_growth_adds_the_largest_node(cluster: Cluster, more: int) -> None:
    """A grown cluster has so many more nodes like its largest one."""
    if more and cluster.largest_node is None:
        with pytest.raises(sn.SnPlannerError, match="grow_nodes .* no node to copy"):
            cluster.grown(more)
        return
    grown = cluster.grown(more)
    assert grown.storage_nodes == cluster.storage_nodes + more
    assert grown.disks == cluster.disks + more * max([node.disks for node in cluster.storage], default=0)


def test_equal_nodes_are_one_group() -> None:
    """One meaning has one representation: a list of equal nodes is a count of them."""
    assert Cluster([Node(disks=2)] * 3, images=1) == Cluster.uniform(nodes=3, disks_per_node=2, images=1)


def test_huge_clusters_are_exact_and_small() -> None:
    """Integers stay exact however large, and nothing grows with them."""
    need = demand(Cluster.uniform(nodes=10**50, disks_per_node=10**50, images=1))
    assert need.required == 4 * 10**50 + 2 * 10**100 + 1
    assert need.prefix_length is None
    assert len(repr(need)) < 600


def test_results_print_well() -> None:
    """Demands and nodes have a short repr."""
    cluster = Cluster([Node(disks=1, name="a"), Node(disks=2, v2_data_engine=True)], images=1)
    need: Demand = demand(cluster, Profile("<b>", []))
    assert repr(need) == "Demand(required=1, steady=1, stall_floor=1, prefix_length=30, profile='<b>')"
    assert repr(cluster.nodes[0]) == "Node(disks=1, name='a')"
    assert list(demand(cluster).to_dict()) == [
        "profile",
        "required",
        "steady",
        "stall_floor",
        "prefix_length",
        "lines",
    ]
