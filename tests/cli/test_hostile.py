"""Inputs that once broke the planner: each is answered in proportion, or refused, and none writes lines of its own."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

import sn_planner as sn
from sn_planner.cli import main

HOSTILE = Path(__file__).parents[1] / "data" / "hostile"
LONG = "1" + "0" * 1990
MOST_CHARACTERS = 400_000


@pytest.fixture(autouse=True)
def _among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HOSTILE)


COMMANDS = {
    "a node that flaps within a second": (
        "simulate 10.0.0.0/24 --nodes 3 --disks-per-node 1 --scenario 01-same-second-recover-KeyError.yaml",
        0,
    ),
    "a node that stays lost": ("simulate 10.0.0.0/24 --nodes 3 --disks-per-node 1 --scenario 01b-pods-vanish.yaml", 0),
    "bytes of Go that are none": ("diagnose 02-diagnose-go-bytes.txt", 0),
    "a node that joins and leaves": (
        "simulate 10.0.0.0/24 --nodes 5 --disks-per-node 2 --scenario 03-removed-node-keeps-its-pods.yaml",
        0,
    ),
    "a demand of 6,000 digits": (
        f"limits 10.0.0.0/24 --nodes {LONG} --disks-per-node 2 --profile 04-big-profile.yaml",
        1,
    ),
    "a file name of 300 characters": (f"verify {'a' * 300}", 2),
    "a directory that is gone": ("verify /proc/0/fd", 2),
    "transfers that take nothing": (
        "simulate 10.0.0.0/24 --nodes 5 --disks-per-node 2 --images 1000000000 --profile vm-migration-network",
        0,
    ),
    "a pod of 100,000 interfaces a disk": (
        "simulate 10.0.0.0/24 --nodes 1 --disks-per-node 0 --profile 07a-profile.yaml --scenario 07b-scenario.yaml",
        2,
    ),
    "a pod of a billion interfaces": (
        "simulate 10.0.0.0/24 --nodes 0 --disks-per-node 0 --profile 07c-profile.yaml --scenario 07d-scenario.yaml",
        2,
    ),
    "a range of several lines": ("check 08-setting-newline.json", 1),
    "a setting in force of several lines": ("check 08b-new.json --current 08b-current.json", 0),
    "a lease that is a formula": ("audit 09-audit-csv.json", 1),
    "a pod that is a formula": ("profiles --profile 09b-profile.yaml", 0),
    "thousands of excludes, a line each": ("diagnose 10-diagnose-one-exclude-a-line.txt", 0),
    "a pod with 2,500 addresses and 1,500 leases": ("audit 13-audit-amplification.json", 1),
}


@pytest.mark.parametrize("style", ["table", "json", "csv", "markdown"])
@pytest.mark.parametrize(("command", "code"), COMMANDS.values(), ids=COMMANDS)
def test_hostile_inputs(command: str, code: int, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is right, a refusal is one line, no line or formula is of the input's making, nothing explodes."""
    assert main([*command.split(), "--explain", "--format", style]) == code
    captured = capsys.readouterr()
    assert len(captured.out) < MOST_CHARACTERS
    printed = captured.out + captured.err
    assert all(line.isprintable() for line in printed.split("\n"))
    assert not any(line.startswith(("No error found.", "# heading")) for line in printed.split("\n"))
    if code == 2:
        assert (captured.out, captured.err.count("\n")) == ("", 1)
    elif style == "csv":
        cells = [cell for row in csv.reader(io.StringIO(captured.out)) for cell in row]
        assert not any(cell[:1] in {"=", "+", "@", "\t"} for cell in cells)
    elif style == "json":
        limit = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(0)  # a number of 6,000 digits is JSON, too
        assert json.loads(captured.out)["ok"] is (code == 0)
        sys.set_int_max_str_digits(limit)


def test_a_simulation_leaves_its_callers_pool_alone() -> None:
    """The same call with the same pool gives the same run, however often."""
    pool = sn.Pool("10.0.0.0/28")
    cluster = sn.Cluster.uniform(nodes=4, disks_per_node=3)
    runs = [len(sn.simulate(None, cluster, "upgrade", pool=pool).failures) for _ in range(3)]
    assert len(set(runs)) == 1
    assert pool.used == 0
