"""What `suggest` costs as a whole process, against importing its three packages and doing nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

COMMANDS = {
    "import attrs, netaddr, tabulate": ["-c", "import attrs, netaddr, tabulate"],
    "suggest": ["-m", "sn_planner", "suggest", "--nodes", "5", "--disks-per-node", "2", "--images", "10"],
}


@pytest.mark.benchmark(group="a whole process, as pip install . leaves it")
@pytest.mark.parametrize("command", COMMANDS)
def test_process(benchmark: BenchmarkFixture, command: str, installed: Callable[..., None]) -> None:
    """The process from start to end."""
    benchmark.pedantic(lambda: installed(*COMMANDS[command]), rounds=25, warmup_rounds=2)
