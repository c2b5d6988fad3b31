"""Free space among very many networks, side by side with what others use.

Each peer answers the same question, already parsed: which spans of 10.0.0.0/8 do these networks leave free? Peers that
need more than a minute are not run at that size: `netaddr.IPSet` subtraction (what NetBox does) and stdlib `ipaddress`
(`address_exclude`, block by block) grow faster than linearly.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable

import netaddr
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sn_planner.engine.space import free_space
from sn_planner.model.cidr import Cidr, Span, cidrs, merged

POOL = Cidr(0x0A000000, 8)
LARGEST = {"sn_planner": 100_000, "netaddr.IPSet": 100_000, "ipaddress": 2_000}
Networks = list[Cidr]


def plan(count: int) -> Networks:
    """So many networks of /22 to /30 at places in the pool that look random and never change."""
    rng = random.Random(count)
    return [Cidr(rng.randrange(POOL.first, POOL.last), rng.randint(22, 30)).network for _ in range(count)]


def ours(networks: Networks) -> Callable[[], object]:
    """Sorted integer spans."""
    spans = [network.span for network in networks]
    return lambda: list(free_space(POOL.span, merged(spans)))


def with_netaddr(networks: Networks) -> Callable[[], object]:
    """Subtraction of sets, as NetBox finds available prefixes."""
    pool = netaddr.IPSet([netaddr.IPNetwork(str(POOL))])
    taken = [netaddr.IPNetwork(str(network)) for network in networks]
    return lambda: list((pool - netaddr.IPSet(taken)).iter_cidrs())


def with_ipaddress(networks: Networks) -> Callable[[], object]:
    """collapse_addresses, then address_exclude from the free block around each network."""
    taken = [ipaddress.IPv4Network(str(network)) for network in networks]

    def exclude() -> list[ipaddress.IPv4Network]:
        free = [ipaddress.IPv4Network(str(POOL))]
        for network in ipaddress.collapse_addresses(taken):
            around = next(block for block in free if network.subnet_of(block))
            free.remove(around)
            free += around.address_exclude(network)
        return sorted(free)

    return exclude


PEERS: dict[str, Callable[[Networks], Callable[[], object]]] = {
    "sn_planner": ours,
    "netaddr.IPSet": with_netaddr,
    "ipaddress": with_ipaddress,
}


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("count", [2_000, 20_000, 100_000])
def test_free_space(benchmark: BenchmarkFixture, peer: str, count: int) -> None:
    """Free space of 10.0.0.0/8 among `count` networks."""
    if count > LARGEST[peer]:
        pytest.skip(f"{peer} needs more than a minute for {count} networks")
    benchmark.group = f"free space among {count:,} networks"
    benchmark.pedantic(PEERS[peer](plan(count)), rounds=3 if peer == "sn_planner" else 1)


def test_peers_agree() -> None:
    """All peers find the same free addresses."""
    networks = plan(300)
    spans: list[Span] = list(free_space(POOL.span, merged(network.span for network in networks)))
    blocks = [str(block) for span in spans for block in cidrs(span)]
    assert blocks == [str(block) for block in with_netaddr(networks)()]  # type: ignore[attr-defined]
    assert blocks == [str(block) for block in with_ipaddress(networks)()]  # type: ignore[attr-defined]
