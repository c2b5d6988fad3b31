"""What four and eight times as much costs: lost nodes, pools, texts. In proportion it has the ratio of the sizes."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import sn_planner as sn
from sn_planner.engine.simulation.steps import Step
from sn_planner.model.durations import DAY, HOUR

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)


@pytest.mark.benchmark(group="each node lost and back, a day after the other")
@pytest.mark.parametrize("nodes", [400, 1600])
def test_lost_nodes(benchmark: BenchmarkFixture, nodes: int) -> None:
    """Every loss waits for the reconciler of its night; every node is back before."""
    cluster = sn.Cluster.uniform(nodes=nodes, disks_per_node=2)
    steps: list[Step] = [sn.steps.Apply()]
    for number in range(1, nodes + 1):
        steps.append(sn.steps.LoseNode(at=number * DAY, node=f"node-{number}"))
        steps.append(sn.steps.RecoverNode(at=number * DAY + 12 * HOUR, node=f"node-{number}"))
    run = benchmark.pedantic(lambda: sn.simulate("10.0.0.0/16", cluster, steps), rounds=3)
    assert not run.leaked


@pytest.mark.benchmark(group="suggest among pools")
@pytest.mark.parametrize("count", [500, 4000])
def test_pools(benchmark: BenchmarkFixture, count: int) -> None:
    """As many /24s, each a pool of its own, and what of them was not considered."""
    pools = [f"10.{number // 256}.{number % 256}.0/24" for number in range(count)]
    plan = benchmark.pedantic(lambda: sn.suggest(EXAMPLE, pools=pools, in_use=["10.0.0.0/18"]), rounds=5)
    assert len(plan.rejected) == 64


@pytest.mark.benchmark(group="diagnose a text, an exclude a line")
@pytest.mark.parametrize("lines", [4_000, 16_000])
def test_diagnose(benchmark: BenchmarkFixture, lines: int) -> None:
    """The message of an exhausted range whose list of excludes is printed a line each."""
    excludes = "\n".join(f"10.{number >> 8}.{number & 255}.0/24" for number in range(lines))
    text = (
        "Could not allocate IP in range: ip: 172.16.0.1 / - 172.16.0.6 / range: 172.16.0.0/29 / "
        f"excludeRanges: [{excludes}]\n"
    )
    benchmark.pedantic(lambda: sn.diagnose(text), rounds=3)
