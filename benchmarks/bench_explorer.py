"""What a move of a slider costs, against a simulation drawn by matplotlib; for a hand it may be a tenth of a second."""

from __future__ import annotations

from itertools import cycle

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import sn_planner as sn

MOVES = (50, 49)


def cluster(nodes: int) -> sn.Cluster:
    """A cluster of so many nodes with 12 disks each, in a /21."""
    return sn.Cluster.uniform(nodes=nodes, disks_per_node=12, images=50)


@pytest.mark.benchmark(group="a node more or less of 50 with 12 disks each")
def test_explorer(benchmark: BenchmarkFixture) -> None:
    """The slider's value is set, and the picture is there."""
    explorer, moves = sn.Explorer(cluster(MOVES[0]), "10.0.0.0/21"), cycle(MOVES[::-1])
    benchmark(lambda: setattr(explorer.nodes, "value", next(moves)))


@pytest.mark.benchmark(group="a node more or less of 50 with 12 disks each")
def test_simulation_and_matplotlib(benchmark: BenchmarkFixture) -> None:
    """The upgrade is simulated, and its picture shows itself: a third of what the explorer shows."""
    moves = cycle(MOVES)
    benchmark(lambda: sn.simulate("10.0.0.0/21", cluster(next(moves))).plot()._repr_png_())
