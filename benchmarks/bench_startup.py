"""What `suggest` costs as a whole process, against importing its three packages and doing nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

COMMANDS = {
    "import attrs, netaddr, tabulate": ["-c", "import attrs, netaddr, tabulate"],
    "suggest": ["-m", "sn_planner", "suggest", "--nodes", "5", "--disks-per-node", "2", "--images", "10"],
}
# As installed by pip: with compiled modules, which the warm-up rounds leave behind.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@pytest.mark.benchmark(group="a whole process")
@pytest.mark.parametrize("command", COMMANDS)
def test_process(benchmark: BenchmarkFixture, command: str) -> None:
    """The process from start to end."""
    arguments = [sys.executable, *COMMANDS[command]]
    benchmark.pedantic(
        lambda: subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT),
        rounds=25,
        warmup_rounds=2,
    )
