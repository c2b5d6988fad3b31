"""The planner as kubectl's plugin: flags, standard input and exit codes pass through the real kubectl."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIVE = ROOT / "tests" / "data" / "live"
SCRIPTS = Path(sys.executable).parent  # where pip puts the package's commands


def kubectl(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A kubectl that finds the installed commands on PATH."""
    env = {**os.environ, "PATH": f"{SCRIPTS}:{os.environ['PATH']}"}
    return subprocess.run(["kubectl", *words], input=given, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["sn-planner", "sn_planner"])
def test_the_plugin_is_the_planner(name: str) -> None:
    """`kubectl sn-planner` prints what the planner prints, from the standard input, too."""
    words = ["audit", "-", "--format", "json"]
    export = (LIVE / "living.json").read_text(encoding="utf-8")
    ours = subprocess.run([SCRIPTS / "sn-planner", *words], input=export, capture_output=True, text=True, check=False)
    theirs = kubectl(name, *words, given=export)
    assert (theirs.returncode, theirs.stdout) == (ours.returncode, ours.stdout)
    assert theirs.stdout.startswith("{")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check", "10.0.0.0/24"], 0),
        (["check", "10.52.0.0/24"], 1),
        (["check", "nonsense"], 1),
        (["check", "10.0.0.0/24", "--nodes", "x"], 2),
        (["nonsense"], 2),
    ],
)
def test_exit_codes_pass(words: list[str], code: int) -> None:
    """What the planner says by its exit code, kubectl says."""
    assert kubectl("sn-planner", *words).returncode == code


def test_the_script_comes_from_the_plugin() -> None:
    """The script is printed as it is; help is the planner's."""
    assert kubectl("sn-planner", "export", "audit").stdout.startswith("#!/bin/sh\n")
    assert "usage: sn-planner audit" in kubectl("sn-planner", "audit", "--help").stdout
