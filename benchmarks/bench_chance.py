"""How likely a range holds, folded beside sampled; and a scenario simulated many times, in this process and in two.

Folding: three figures of 1,000 values each, beside `np.convolve` of two of them, held to 50 times that. Sampling: the
same question by 10^5 samples with NumPy, which are wrong by what they leave open; both errors are printed.

Simulating, with transfers that come at random:

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

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import sn_planner as sn
from sn_planner.advice.ensemble import Ensemble, ensemble
from sn_planner.engine.chance.risk import folded
from sn_planner.engine.chance.transfers import Transfers
from sn_planner.engine.chance.uncertain import Uncertain

SAMPLES = 10**5
NODES, DISKS, IMAGES = Uncertain({5: 0.5, 6: 0.3, 8: 0.2}), Uncertain({2: 0.6, 3: 0.3, 4: 0.1}), Uncertain.poisson(4)
RANGE, USABLE = "172.16.0.0/26", 62
THOUSAND = Uncertain.between(1, 1000)
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


def best_of(rounds: int, call: Callable[[], object]) -> float:
    """The shortest time of a call [seconds]."""
    times = []
    for _ in range(rounds):
        began = perf_counter()
        call()
        times.append(perf_counter() - began)
    return min(times)


def test_folding_beside_convolve(benchmark: BenchmarkFixture) -> None:
    """4N + 2D + I of 1,000 values each takes less than 50 times a convolution of two of them."""
    parts = [Uncertain.unchecked(weight * THOUSAND.values, THOUSAND.probabilities) for weight in (4, 2, 1)]
    found = benchmark(lambda: folded(folded(parts[2], parts[1]), parts[0]))
    assert len(found.values) == 7 * 999 + 1
    convolve = best_of(50, lambda: np.convolve(THOUSAND.probabilities, THOUSAND.probabilities))
    fold = best_of(50, lambda: folded(folded(parts[2], parts[1]), parts[0]))
    print(f"\nthree figures folded in {fold * 1e3:.2f} ms, {fold / convolve:.1f}x of np.convolve of two")
    assert fold < 50 * convolve


def sampled(generator: np.random.Generator, vary: str) -> float:
    """The chance that the demand exceeds the range, as samples say."""
    nodes = generator.choice(NODES.values, SAMPLES, p=NODES.probabilities)
    images = generator.poisson(4, SAMPLES)
    most = int(NODES.values[-1])
    shape = (SAMPLES, most) if vary == "apart" else (SAMPLES, 1)
    drawn = generator.choice(DISKS.values, shape, p=DISKS.probabilities)
    disks = (drawn * (np.arange(most) < nodes[:, None])).sum(axis=1) if vary == "apart" else drawn[:, 0] * nodes
    return float((4 * nodes + 2 * disks + images > USABLE).mean())


@pytest.mark.parametrize("vary", ["together", "apart"])
def test_folding_beside_sampling(benchmark: BenchmarkFixture, vary: str) -> None:
    """The same chance; folded it is exact, sampled it is off by about a thousandth, and takes far longer."""

    def fold() -> float:
        return sn.risk(NODES, DISKS, IMAGES, disks_vary=vary).exceeds(RANGE)  # type: ignore[arg-type]  # one of two words

    exact, generator = benchmark(fold), np.random.default_rng(1)
    off = [abs(sampled(generator, vary) - exact) for _ in range(20)]
    ratio = best_of(20, lambda: sampled(generator, vary)) / best_of(200, fold)
    print(
        f"\n{vary}: {exact:.6f} folded; {SAMPLES:,} samples are off by {np.mean(off):.1e} and take {ratio:.0f}x as long"
    )
    assert max(off) < 0.01
