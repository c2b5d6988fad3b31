"""Sweeps side by side with what else computes them.

Grids of 10^8 points: the arrays of a sweep, made afresh and into memory used before (`out=`); a fresh `np.copyto` of as
many int32, which is what writing that many bytes costs; the textbook's broadcast and searchsorted; a pandas expression;
and a Python loop over the formula. The loop runs over a thousandth of the points: multiply its time by 1,000. Counts by
prefix: from the axes alone, for 10^8 and 10^12 points, and by computing each of the 10^8. The memory of counting 10^12
points is that of a process of its own, above what importing the package takes, and is printed with the table.

Run with `pytest benchmarks/bench_sweep.py --no-cov`.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sn_planner.engine.sweep.arrays import What
from sn_planner.engine.sweep.sweep import Sweep, sweep
from sn_planner.model.ranges import capacity, prefix_for

SHAPES = {
    "1000 x 1000 x 100": (range(1, 1001), range(1, 1001), range(100)),
    "10000 x 1000 x 10": (range(1, 10_001), range(1, 1001), range(10)),
    "10000 x 10000 x 1": (range(1, 10_001), range(1, 10_001), range(1)),
}
LOOP_SHARE = 1_000
CAPACITIES = np.array([capacity(prefix) for prefix in range(30, 0, -1)], np.int32)
TRILLION = (range(1, 10_001), range(1, 10_001), range(10_000))
MEMORY = """
import tracemalloc
from sn_planner.engine.sweep.sweep import sweep
tracemalloc.start()
sweep(nodes=range(1, 10_001), disks_per_node=range(1, 10_001), images=range(10_000)).by_prefix()
print(tracemalloc.get_traced_memory()[1])
"""
Axes = tuple[range, range, range]


def of(axes: Axes) -> Sweep:
    """The sweep over these axes."""
    nodes, disks, images = axes
    return sweep(nodes=nodes, disks_per_node=disks, images=images)


def copied(axes: Axes) -> Callable[[], object]:
    """A fresh int32 array of as many values, copied."""
    source = np.ones(of(axes).shape, np.int32)

    def copy() -> None:
        np.copyto(np.empty(source.shape, np.int32), source)

    return copy


def broadcast(axes: Axes) -> np.ndarray:
    """The textbook's grid: three axes in int32, broadcast through the formula as it is written."""
    n, d, i = (np.array(axis, np.int32).reshape(shape) for axis, shape in zip(axes, SIDEWAYS, strict=True))
    return n * 4 + n * d * 2 + i


SIDEWAYS = ((-1, 1, 1), (1, -1, 1), (1, 1, -1))


def framed(axes: Axes) -> pd.Series:
    """A pandas column of the points, in int32."""
    n, d, i = (
        np.broadcast_to(np.array(axis, np.int32).reshape(shape), of(axes).shape).ravel()
        for axis, shape in zip(axes, SIDEWAYS, strict=True)
    )
    frame = pd.DataFrame({"n": n, "d": d, "i": i}, copy=False)
    return frame.n * 4 + frame.n * frame.d * 2 + frame.i


def looped(axes: Axes) -> Callable[[], object]:
    """The formula point after point, for the first thousandth of the points."""
    share = of(axes).points // LOOP_SHARE
    return lambda: [4 * n + 2 * n * d + i for n, d, i in itertools.islice(itertools.product(*axes), share)]


def looped_prefixes(axes: Axes) -> Callable[[], object]:
    """The prefix point after point, for the first thousandth of the points."""
    share = of(axes).points // LOOP_SHARE
    points = itertools.islice
    return lambda: [prefix_for(4 * n + 2 * n * d + i) for n, d, i in points(itertools.product(*axes), share)]


def again(what: What) -> Callable[[Axes], Callable[[], object]]:
    """An array of a sweep, written into memory that was written to before."""

    def prepared(axes: Axes) -> Callable[[], object]:
        out = of(axes).compute(what)
        return lambda: of(axes).compute(what, out=out)

    return prepared


REQUIRED: dict[str, Callable[[Axes], Callable[[], object]]] = {
    "np.copyto": copied,
    "sn_planner": lambda axes: lambda: of(axes).required,
    "sn_planner, out=": again("required"),
    "broadcast": lambda axes: lambda: broadcast(axes),
    "pandas": lambda axes: lambda: framed(axes),
    "Python loop, 1/1000": looped,
}
PREFIX: dict[str, Callable[[Axes], Callable[[], object]]] = {
    "np.copyto": copied,
    "sn_planner": lambda axes: lambda: of(axes).prefix_length,
    "sn_planner, out=": again("prefix_length"),
    "broadcast + searchsorted": lambda axes: lambda: 30 - CAPACITIES.searchsorted(broadcast(axes)),
    "pandas": lambda axes: lambda: 30 - CAPACITIES.searchsorted(framed(axes)),
    "Python loop, 1/1000": looped_prefixes,
}
COUNTS: dict[str, Callable[[], object]] = {
    "sn_planner, 10^8": lambda: of(SHAPES["1000 x 1000 x 100"]).by_prefix(),
    "sn_planner, 10^12": lambda: of(TRILLION).by_prefix(),
    "every point, 10^8": lambda: np.bincount(of(SHAPES["1000 x 1000 x 100"]).prefix_length.ravel()),
    "broadcast + searchsorted, 10^8": lambda: np.bincount(
        CAPACITIES.searchsorted(broadcast(SHAPES["1000 x 1000 x 100"])).ravel()
    ),
}
SLOW = {"pandas", "broadcast + searchsorted", "broadcast + searchsorted, 10^8"}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("peer", REQUIRED)
def test_required(benchmark: BenchmarkFixture, peer: str, shape: str) -> None:
    """The addresses of 10^8 clusters."""
    benchmark.group = f"required, {shape}"
    benchmark.pedantic(REQUIRED[peer](SHAPES[shape]), rounds=3 if peer in SLOW else 9, warmup_rounds=1)


@pytest.mark.parametrize("peer", PREFIX)
@pytest.mark.parametrize("shape", SHAPES)
def test_prefix_length(benchmark: BenchmarkFixture, peer: str, shape: str) -> None:
    """The prefix lengths of 10^8 clusters."""
    if peer in SLOW and shape != "1000 x 1000 x 100":
        pytest.skip("the shape does not matter to it")
    benchmark.group = f"prefix_length, {shape}"
    benchmark.pedantic(PREFIX[peer](SHAPES[shape]), rounds=1 if peer in SLOW else 9, warmup_rounds=peer not in SLOW)


@pytest.mark.parametrize("peer", COUNTS)
def test_by_prefix(benchmark: BenchmarkFixture, peer: str) -> None:
    """How many clusters there are of each prefix length."""
    benchmark.group = "by_prefix"
    benchmark.pedantic(COUNTS[peer], rounds=1 if peer in SLOW else 9, warmup_rounds=peer not in SLOW)


@pytest.mark.parametrize("verb", ["max_nodes", "max_disks_per_node", "max_images"])
def test_frontier(benchmark: BenchmarkFixture, verb: str) -> None:
    """The largest value of an axis that a /14 holds, beside 10^3 x 10^3 pairs of values of the others."""
    benchmark.group = "frontier, 10^3 x 10^3"
    grid = of((range(1, 1001), range(1, 1001), range(1000)))
    benchmark.pedantic(lambda: getattr(grid, verb)("10.0.0.0/14"), rounds=9, warmup_rounds=1)


def test_memory_of_a_trillion_points(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """What counting 10^12 points takes above the import, in a process of its own (timed with its start)."""
    benchmark.group = "by_prefix of 10^12 points in a process of its own, for its memory"

    def taken() -> int:
        return int(subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, check=True).stdout)

    benchmark.extra_info["bytes above the import"] = peak = benchmark.pedantic(taken, rounds=1)
    with capsys.disabled():
        print(f"\nby_prefix of 10^12 points takes {peak / 2**20:.1f} MiB above the import")


def test_peers_agree() -> None:
    """All peers compute the same."""
    axes = (range(1, 40), range(1, 30), range(20))
    grid, required = of(axes), broadcast(axes)
    assert np.array_equal(grid.required, required)
    assert np.array_equal(framed(axes), required.ravel())
    assert np.array_equal(grid.prefix_length, 30 - CAPACITIES.searchsorted(required))
    assert grid.by_prefix() == {
        int(prefix): int(count)
        for prefix, count in zip(*np.unique(grid.prefix_length, return_counts=True), strict=True)
    }
