"""The webhook's verdict, rule by rule, and its way of counting."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given

import sn_planner as sn
from sn_planner.advice import webhook
from sn_planner.model.cidr import Cidr
from tests import strategies

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)


def counted(network: str, exclude: list[str]) -> set[str]:
    """The usable addresses one by one, from each address as written, as the webhook walks them."""

    def walk(text: str) -> list[ipaddress.IPv4Address]:
        interface = ipaddress.IPv4Interface(text)
        return [interface.ip + step for step in range(int(interface.network.broadcast_address) - int(interface.ip) + 1)]

    block = ipaddress.IPv4Interface(network).network
    skipped = {block.network_address, block.broadcast_address} | {one for entry in exclude for one in walk(entry)}
    return {str(one) for one in walk(network) if one not in skipped}


@given(strategies.cidrs(shortest=24), strategies.ranges_with_excludes(shortest=24))
def test_counting_equals_walking(other: Cidr, case: tuple[Cidr, list[str]]) -> None:
    """Interval arithmetic counts, and compares, what walking the addresses as written does."""
    network, entries = case
    excludes = [entry if "/" in entry else f"{entry}/32" for entry in entries]
    for text in (str(network), *(entry for entry in excludes if not entry.endswith("/32"))):
        if int(text.partition("/")[2]) >= 24:
            ours = counted(text, excludes)
            assert webhook.usable_count(text, excludes) == len(ours)
            shared = ours & counted(str(other), [])
            assert webhook.collides({"range": text, "exclude": excludes}, str(other)) == bool(shared)


def test_size_rule_counts_disks_and_not_images() -> None:
    """Rule 4 wants 2 + 2 a disk for every Longhorn node; with shared RWX one a node and 32 more."""
    assert webhook.minimum(EXAMPLE) == 5 * (2 + 2 * 2) == 30
    assert webhook.minimum(EXAMPLE, shared_rwx=True) == 30 + 5 + 32
    given_range = {"vlan": 100, "range": "172.16.0.0/27", "exclude": ["172.16.0.1/32"]}
    assert webhook.refusal(**given_range, cluster=EXAMPLE) == "webhook-size"  # type: ignore[arg-type]
    assert webhook.refusal(vlan=100, range="172.16.0.0/27", cluster=EXAMPLE) is None
    assert webhook.refusal(vlan=100, range="172.16.0.0/27", cluster=EXAMPLE, shared_rwx=True) == "webhook-size"


def test_other_networks_come_last() -> None:
    """Rule 5 speaks only when all others are content."""
    others = [None, {"range": "172.16.0.128/25"}]
    assert webhook.refusal(vlan=100, range="172.16.0.0/24", others=others) == "overlaps-in-use"
    assert webhook.refusal(vlan=5000, range="172.16.0.0/24", others=others) == "vlan-out-of-range"
    assert webhook.refusal(vlan=100, range="172.16.0.0/25", others=others) is None


def test_only_neighbours_are_compared() -> None:
    """An overlap between excludes that do not stand beside each other slips through."""
    near, far = ["172.16.0.0/28", "172.16.0.4/30"], ["172.16.0.0/28", "172.16.0.64/28", "172.16.0.4/30"]
    assert webhook.refusal(vlan=100, range="172.16.0.0/24", exclude=near) == "excludes-overlap"
    assert webhook.refusal(vlan=100, range="172.16.0.0/24", exclude=far) is None


def test_two_halves_and_tiny_ranges_slip_through() -> None:
    """Two halves that cover the range, and a /31 or /32, pass the rules though no address is left."""
    halves = ["172.16.0.0/25", "172.16.0.128/25"]
    assert webhook.refusal(vlan=100, range="172.16.0.0/24", exclude=halves) is None
    assert webhook.usable_count("172.16.0.0/24", halves) == 0
    for tiny in ("172.16.0.0/31", "172.16.0.0/32"):
        assert webhook.refusal(vlan=100, range=tiny) is None
        assert webhook.usable_count(tiny) == 0


def test_sharing_only_network_or_broadcast_is_fine() -> None:
    """Networks that meet only where no address is usable do not collide."""
    assert not webhook.collides("172.16.0.0/24", "172.16.0.0/32")
    assert not webhook.collides("172.16.0.0/24", "172.16.0.254/31")
    assert webhook.collides(
        sn.AddressRange("172.16.0.0/24"), sn.Setting(vlan=1, cluster_network="x", range="172.16.0.0/30")
    )


def test_host_bits_start_the_count() -> None:
    """A range 10.0.0.5/29 counts 2: .5 and .6."""
    assert webhook.usable_count("10.0.0.5/29") == 2


def test_ipv6_counts_its_last_address() -> None:
    """Only IPv4 has a broadcast address; an IPv4-mapped network is IPv4."""
    assert webhook.usable_count("fd00::/120") == 255
    assert webhook.usable_count("::ffff:10.0.0.0/120") == 254
    assert webhook.usable_count("10.0.0.0/24", ["::a00:1/128"]) == 254


@pytest.mark.parametrize("vlan", [True, 1.5, "100", None])
def test_a_vlan_is_a_whole_number(vlan: object) -> None:
    """A VLAN of another kind is an error, not a verdict."""
    with pytest.raises(sn.SnPlannerError, match="setting vlan"):
        webhook.refusal(vlan=vlan, range="10.0.0.0/24")  # type: ignore[arg-type]


def test_unreadable_networks_are_errors() -> None:
    """Counting and comparing need CIDRs."""
    with pytest.raises(sn.SnPlannerError, match="range 'bad' is not a CIDR"):
        webhook.usable_count("bad")
    with pytest.raises(sn.SnPlannerError, match="range None is not a CIDR"):
        webhook.usable_count(None)  # type: ignore[arg-type]
    with pytest.raises(sn.SnPlannerError, match="cluster 5 is not a Cluster"):
        webhook.refusal(vlan=5, range="10.0.0.0/24", cluster=5)  # type: ignore[arg-type]
    with pytest.raises(sn.SnPlannerError, match="others 5 is not a list"):
        webhook.refusal(vlan=5, range="10.0.0.0/24", others=5)  # type: ignore[arg-type]
    with pytest.raises(sn.SnPlannerError, match="exclude '10.0.0.1' is not a CIDR"):
        webhook.collides("10.0.0.0/24", {"range": "10.0.0.0/24", "exclude": ["10.0.0.1"]})
