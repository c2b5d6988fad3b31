"""Several networks of one cluster, side by side in one block."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.engine import space
from sn_planner.model.cidr import Cidr, network_of
from sn_planner.model.networks import NETWORKS
from tests import strategies

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
THREE = list(NETWORKS)
network_lists = st.permutations(THREE).flatmap(lambda names: st.integers(1, 3).map(lambda count: names[:count]))


@given(strategies.clusters, network_lists, st.sampled_from(["1.5.0", "1.7.1", "1.8.2"]), st.integers(0, 3))
def test_the_ranges_of_a_candidate_share_nothing_but_their_block(
    cluster: sn.Cluster, names: list[str], harvester: str, aside: int
) -> None:
    """Each range holds its own demand, passes check, lies in the block; no two collide; no smaller block would do."""
    plan = sn.suggest(cluster, networks=names, harvester=harvester, exclude_first=aside, limit=3)
    for candidate in plan.candidates:
        assert [one.network for one in candidate.networks] == names
        assert candidate.block.prefix_length == plan.prefix_length
        for one, size in zip(candidate.networks, plan.sizes, strict=True):
            assert one.usable >= size.demand.required
            assert one.range.cidr.prefix_length == size.prefix_length
            assert candidate.block.first <= one.range.cidr.first <= one.range.cidr.last <= candidate.block.last
            beside = [other.range for other in candidate.networks if other is not one]
            setting = one.setting(vlan=7, cluster_network="storage")
            assert sn.check(setting, cluster, others=beside, harvester=harvester).ok
            wider = Cidr(one.range.cidr.address, one.widens_to)
            assert wider == wider.network
            assert not any(wider.overlaps(other.cidr) for other in beside)
        assert not any(one.range.overlaps(other.range) for one, other in combinations(candidate.networks, 2))
    spent = sum(1 << (32 - size.prefix_length) for size in plan.sizes)
    assert spent <= 1 << (32 - plan.prefix_length) < 2 * spent


@given(st.integers(0, 40), st.lists(st.integers(26, 32), min_size=1, max_size=4), st.integers(16, 24))
def test_widening_among_others_equals_a_naive_search(place: int, lengths: list[int], whole: int) -> None:
    """A block widens as far as no other lies in what it becomes, in the free block around them all."""
    around = Cidr(network_of("whole", "10.0.0.0/8").first + (place << 16), whole)
    blocks = space.side_by_side(around.address, lengths)
    for block in blocks:
        others = [one for one in blocks if one is not block]
        wider = (Cidr(block.address, length) for length in range(around.prefix_length, block.prefix_length + 1))
        naive = next(
            one.prefix_length
            for one in wider
            if not one.has_host_bits and not any(one.overlaps(other) for other in others)
        )
        assert space.widens_to(block, around, others) == naive


def test_the_block_is_named_and_its_settings_are_three() -> None:
    """The documentation's cluster on Harvester 1.8 takes a /24, whose ranges have a VLAN each."""
    best = sn.suggest(EXAMPLE, networks=THREE, harvester="1.8.2").best
    assert str(best.block) == "192.168.0.0/24"
    assert [str(one.range) for one in best.networks] == ["192.168.0.0/26", "192.168.0.64/26", "192.168.0.128/29"]
    settings = best.settings(vlan=[7, 8, 9], cluster_network="storage")
    assert [(one.network, one.vlan) for one in settings] == list(zip(THREE, [7, 8, 9], strict=True))


def test_a_network_without_disks_asks_for_none() -> None:
    """The rwx-network and the vm-migration-network are sized by nodes and volumes alone."""
    bare = sn.Cluster.uniform(nodes=5, disks=0, rwx_volumes=3)
    plan = sn.suggest(bare, networks=["rwx-network", "vm-migration-network"])
    assert [size.demand.required for size in plan.sizes] == [9, 5]


def test_a_release_without_the_network_is_told() -> None:
    """The plan stands, with a note: the network comes with a later release."""
    plan = sn.suggest(EXAMPLE, networks=THREE, harvester="1.7.1")
    assert plan.notes == ("Harvester 1.7.1 has no rwx-network, which comes with 1.8.0",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"networks": []}, "networks is empty; name one of storage-network"),
        ({"networks": "storage-network"}, "networks 'storage-network' is not a list"),
        ({"networks": ["storage"]}, "networks 'storage' is unknown; did you mean 'storage-network'"),
        ({"networks": [5]}, "networks 5 is"),
        ({"networks": ["rwx-network", "rwx-network"]}, "networks 'rwx-network' is there twice"),
        ({"networks": ["storage-network"], "profile": "rwx-network"}, "profile 'rwx-network' sizes the rwx-network"),
        ({"networks": THREE, "profile": "consolidated+rwx"}, "networks 'rwx-network' is not needed: by consolidated"),
    ],
)
def test_bad_networks_are_refused_by_name(arguments: dict[str, object], message: str) -> None:
    """Every unusable list of networks, and every one that does not go with the profile."""
    with pytest.raises(sn.BadInput, match=message):
        sn.suggest(EXAMPLE, **arguments)  # type: ignore[arg-type]


def test_settings_want_as_many_values_as_networks() -> None:
    """One VLAN for all or one each; the same of cluster networks."""
    best = sn.suggest(EXAMPLE, networks=THREE).best
    for values, field in (({"vlan": [7, 8]}, "vlan"), ({"cluster_network": ["a", "b"]}, "cluster_network")):
        with pytest.raises(sn.BadInput, match=f"{field} is given 2 times for 3 networks"):
            best.settings(**({"vlan": 7, "cluster_network": "x"} | values))  # type: ignore[arg-type]
