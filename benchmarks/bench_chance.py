"""A scenario simulated many times with transfers that come at random: in this process, and in two.

The runs are the same ones in both, and so is the answer. A tenth of a run's time is drawing its steps; the rest is what
`simulate` takes for as many transfers, 2,400 of them. What two processes win is what the machine gives the second: the
ratio is printed (with `-s` as it comes), and held to nothing, as it depends on what else runs there.
"""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import sn_planner as sn
from sn_planner.advice.ensemble import Ensemble, ensemble
from sn_planner.engine.chance.transfers import Transfers

RUNS = 64
CLUSTER = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
TRANSFERS = Transfers(per_hour=40, minutes=15)
Times = dict[str, float]


@pytest.fixture(scope="module")
def two_processes() -> Iterator[ProcessPoolExecutor]:
    """Two processes that have made a run each: starting them is not what is measured."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        ask(pool, runs=8)
        yield pool


@pytest.fixture(scope="module")
def times() -> Iterator[Times]:
    """The best time of each peer [seconds]; their ratio is printed at the end."""
    best: Times = {}
    yield best
    if len(best) == len(PEERS):
        one, two = best.values()
        print(f"\n{RUNS / one:.1f} runs/s in this process, {RUNS / two:.1f} in two: {one / two:.2f}x")


def ask(client: ProcessPoolExecutor | None, runs: int = RUNS) -> Ensemble:
    """An upgrade of five nodes with 40 transfers an hour beside it."""
    return ensemble("10.0.0.0/24", CLUSTER, "upgrade", runs=runs, transfers=TRANSFERS, client=client)


PEERS: dict[str, Callable[[ProcessPoolExecutor], Ensemble]] = {
    "this process": lambda _: ask(None),
    "two processes": ask,
}


@pytest.mark.benchmark(group=f"{RUNS} runs of an upgrade with transfers at random")
@pytest.mark.parametrize("peer", PEERS)
def test_ensemble(benchmark: BenchmarkFixture, two_processes: ProcessPoolExecutor, times: Times, peer: str) -> None:
    """The same runs, and the same answer."""

    def timed() -> Ensemble:
        began = perf_counter()
        answer = PEERS[peer](two_processes)
        times[peer] = min(times.get(peer, math.inf), perf_counter() - began)
        return answer

    answer = benchmark.pedantic(timed, rounds=2)
    assert answer == ask(None)
