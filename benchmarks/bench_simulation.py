"""Lives of a storage network, side by side with SimPy.

SimPy runs the same arrivals and departures as processes on a Container of the same capacity: it counts how many
addresses are taken. The timeline does that, and knows besides which address each pod has, in Whereabouts' order, and
keeps the whole log. An event is an address taken or given back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest
import simpy
from pytest_benchmark.fixture import BenchmarkFixture

import sn_planner as sn
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.engine.simulation.lifecycle import expand
from sn_planner.engine.simulation.steps import Scenario, TransferImages
from sn_planner.engine.simulation.timeline import Timeline
from sn_planner.model.profiles import PROFILES

BATCHES, BATCH, EVERY, LASTS = 100, 1000, 60, 50
RANGE = "10.0.0.0/20"


STEPS = [TransferImages(at=EVERY * batch, count=BATCH, duration=LASTS) for batch in range(BATCHES)]


def with_timeline() -> Callable[[], int]:
    """Events through an exact pool; the steps are expanded before the clock starts."""
    events, end, _ = expand(Scenario(steps=STEPS), sn.Cluster([]), PROFILES["classic"])

    def run() -> int:
        timeline = Timeline(Pool(RANGE), retry="fifo", reconciler=True, adopt=False)
        timeline.run(events, end)
        return len(timeline.log)

    return run


def with_simulate() -> Callable[[], int]:
    """All of it: steps expanded, run, and kept."""
    return lambda: len(sn.simulate(RANGE, sn.Cluster([]), STEPS).log)


def with_simpy() -> Callable[[], int]:
    """The same arrivals and departures on a Container."""

    def transfer(env: simpy.Environment, addresses: simpy.Container, at: int) -> Generator[Any, Any, None]:
        yield env.timeout(at)
        yield addresses.get(1)
        yield env.timeout(LASTS)
        yield addresses.put(1)

    def run() -> int:
        env = simpy.Environment()
        capacity = sn.AddressRange(RANGE).usable
        addresses = simpy.Container(env, capacity, capacity)
        for batch in range(BATCHES):
            for _ in range(BATCH):
                env.process(transfer(env, addresses, EVERY * batch))
        env.run()
        return 2 * BATCHES * BATCH

    return run


PEERS = {"sn_planner, events only": with_timeline, "sn_planner, simulate": with_simulate, "SimPy": with_simpy}


@pytest.mark.benchmark(group=f"{2 * BATCHES * BATCH:,} events: transfers that come and go")
@pytest.mark.parametrize("peer", PEERS)
def test_transfers(benchmark: BenchmarkFixture, peer: str) -> None:
    """200,000 addresses taken and given back."""
    assert benchmark.pedantic(PEERS[peer](), rounds=5, warmup_rounds=1) == 2 * BATCHES * BATCH


@pytest.mark.benchmark(group="a year of 1,000 nodes with 4 disks each")
def test_year(benchmark: BenchmarkFixture) -> None:
    """Monthly growth, weekly images, two upgrades and a crash, from the question to the answer."""
    cluster = sn.Cluster.uniform(nodes=1000, disks_per_node=4, images=50)
    run = benchmark.pedantic(lambda: sn.simulate("10.0.0.0/16", cluster, "year"), rounds=3, warmup_rounds=1)
    assert not run.exhausted
