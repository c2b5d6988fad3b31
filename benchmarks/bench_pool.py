"""Handing out addresses, side by side with a faithful restatement of Whereabouts' algorithm.

The restatement does in Python what the real allocator does on every add: look through all leases for the pod, gather
all leased addresses, walk from the first address. It is O(n) an add and O(n^2) a fill, and left out where it would
take more than a minute. It hands out ints; Pool hands out netaddr.IPAddress objects and checks its input.

The first column is the compiled allocator itself (Go), measured once without Kubernetes: quoted, not run. The others
are medians of one run of this file with CPython 3.11 on a machine of two cores.

| task                     | Whereabouts, compiled, quoted | restatement       | Pool                |
|--------------------------|-------------------------------|-------------------|---------------------|
| fill a /24               | 0.014 s                       | 0.004 s           | 0.0002 s            |
| fill a /20               | 2.6 s                         | 0.89 s            | 0.004 s             |
| fill a /16               | about 620 s (extrapolated)    | not run: minutes  | 0.09 s              |
| churn in a 90 % full /20 | 1,700 ops/s                   | 3,500 ops/s       | 500,000 ops/s       |

An operation (op) is one assign or one release. A /8 pool takes under 3 KiB before its first lease.
"""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple, Protocol, SupportsInt

import netaddr
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sn_planner.engine.pool.leases import ip
from sn_planner.engine.pool.whereabouts import Pool

OPERATIONS = 20_000
FULL = 0.9


class Names(NamedTuple):
    """Who asks: a pod and its sandbox."""

    podref: str
    container_id: str


class Allocator(Protocol):
    """What the peers have in common."""

    def assign(self, podref: str, container_id: str, ifname: str = ...) -> SupportsInt: ...

    def release(self, container_id: str, ifname: str = ...) -> object: ...


class Lease(NamedTuple):
    """A lease of the restatement."""

    address: int
    podref: str
    container_id: str
    ifname: str


class Restatement:
    """Whereabouts' add and del for a range without excludes, as tight as Python writes them."""

    def __init__(self, range: str) -> None:
        network = netaddr.IPNetwork(range)
        self.first, self.last = network.first + 1, network.last - 1
        self.leases: list[Lease] = []

    def assign(self, podref: str, container_id: str, ifname: str = "lhnet1") -> int:
        """The pod's own address, or the lowest free one."""
        for place, lease in enumerate(self.leases):
            if lease.podref == podref and lease.ifname == ifname:
                self.leases[place] = lease._replace(container_id=container_id)
                return lease.address
        leased = {lease.address for lease in self.leases}
        for address in range(self.first, self.last + 1):
            if address not in leased:
                self.leases.append(Lease(address, podref, container_id, ifname))
                return address
        raise ValueError("exhausted")

    def release(self, container_id: str, ifname: str = "lhnet1") -> int | None:
        """The address freed."""
        for place, lease in enumerate(self.leases):
            if lease.container_id == container_id and lease.ifname == ifname:
                return self.leases.pop(place).address
        return None


PEERS: dict[str, Callable[[str], Allocator]] = {"Pool": Pool, "restatement": Restatement}


def pods(count: int, kind: str = "pod") -> list[Names]:
    """So many pods, named before the clock starts."""
    return [Names(f"longhorn-system/{kind}-{number}", f"{kind}-container-{number}") for number in range(count)]


def fill(allocator: Allocator, names: list[Names]) -> None:
    """Every pod takes an address."""
    for podref, container_id in names:
        allocator.assign(podref, container_id)


def churn(allocator: Allocator, events: list[tuple[str, Names]]) -> list[SupportsInt]:
    """Time and again a pod goes and another one comes; the addresses they get."""
    given_out = []
    for gone, come in events:
        allocator.release(gone)
        given_out.append(allocator.assign(*come))
    return given_out


def churn_events(residents: list[Names], count: int) -> list[tuple[str, Names]]:
    """Who goes and who comes: a resident at a place that looks random and never changes."""
    rng = random.Random(count)
    living = [names.container_id for names in residents]
    events = []
    for come in pods(count, "newcomer"):
        place = rng.randrange(len(living))
        events.append((living[place], come))
        living[place] = come.container_id
    return events


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("prefix_length", [24, 20, 16])
def test_fill(benchmark: BenchmarkFixture, peer: str, prefix_length: int) -> None:
    """Every address of a range is handed out."""
    if peer == "restatement" and prefix_length == 16:
        pytest.skip("the restatement would need minutes: 256 times its /20")
    cidr = f"10.0.0.0/{prefix_length}"
    names = pods(Pool(cidr).capacity)
    benchmark.group = f"fill /{prefix_length}: {len(names):,} leases"
    rounds = 9 if peer == "Pool" else 3
    benchmark.pedantic(fill, setup=lambda: ((PEERS[peer](cidr), names), {}), rounds=rounds)


@pytest.mark.parametrize("peer", PEERS)
def test_churn(benchmark: BenchmarkFixture, peer: str) -> None:
    """Pods come and go in a /20 that stays 90 % full."""
    residents = pods(int(Pool("10.0.0.0/20").capacity * FULL))
    events = churn_events(residents, OPERATIONS // 2)

    def start() -> tuple[tuple[Allocator, list[tuple[str, Names]]], dict[str, object]]:
        allocator = PEERS[peer]("10.0.0.0/20")
        fill(allocator, residents)
        return (allocator, events), {}

    benchmark.group = f"churn at 90 % of a /20: {OPERATIONS:,} operations"
    benchmark.pedantic(churn, setup=start, rounds=15 if peer == "Pool" else 1)
    if benchmark.stats is not None:  # there are none under --benchmark-disable
        benchmark.extra_info["operations a second"] = round(OPERATIONS / benchmark.stats.stats.median)


MAKERS: dict[str, Callable[[int], netaddr.IPAddress]] = {
    "Pool's": ip,
    "netaddr.IPAddress(value, 4)": lambda value: netaddr.IPAddress(value, 4),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_address_objects(benchmark: BenchmarkFixture, maker: str) -> None:
    """What the object that every operation returns costs."""
    benchmark.group = "one netaddr.IPAddress"
    assert benchmark(MAKERS[maker], 0x0A000001) == netaddr.IPAddress("10.0.0.1")


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "0.0.0.0/0"])
def test_start(benchmark: BenchmarkFixture, cidr: str) -> None:
    """A pool before its first lease: time, and peak memory in `extra_info`."""
    tracemalloc.start()
    Pool(cidr)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    benchmark.group = "a pool before its first lease"
    benchmark.extra_info["peak memory, KiB"] = round(peak / 1024, 1)
    assert benchmark(Pool, cidr).used == 0


def test_peers_agree() -> None:
    """Pool and the restatement hand out the same addresses."""
    residents = pods(200)
    events = churn_events(residents, 2_000)
    answers = []
    for start in PEERS.values():
        allocator = start("10.0.0.0/24")
        fill(allocator, residents)
        answers.append(list(map(int, churn(allocator, events))))
    assert answers[0] == answers[1]
