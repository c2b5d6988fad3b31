"""The Pythons and the versions that are promised are the ones that are tested, here and on GitHub."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))
ROWS = WORKFLOW["jobs"]["versions"]["strategy"]["matrix"]["row"]
STEPS: list[dict[str, Any]] = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
PYTHONS = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)


def test_every_python_promised_is_tested() -> None:
    """The matrix is the classifiers and the lowest versions; the first of them is the least that is required."""
    assert [*PYTHONS, "lowest"] == ROWS
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    first, last = (int(one.partition(".")[2]) for one in (PYTHONS[0], PYTHONS[-1]))
    assert [f"3.{minor}" for minor in range(first, last + 1)] == PYTHONS


def test_the_lowest_versions_are_tested_on_the_lowest_python() -> None:
    """The row of the lowest versions has the first Python, and so has the run of everything."""
    asked = [step["with"]["python-version"] for step in STEPS if "setup-python" in step.get("uses", "")]
    assert asked == [PYTHONS[0], f"${{{{ matrix.row == 'lowest' && '{PYTHONS[0]}' || matrix.row }}}}"]


def test_the_workflow_runs_what_contributors_run() -> None:
    """Its commands are those of CONTRIBUTING's table, there to be run, and `.ci/run` runs the versions too."""
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    commands = [step["run"] for step in STEPS if "run" in step]
    assert commands == [".ci/run", ".ci/versions ${{ matrix.row }}"]
    for command in (".ci/run", ".ci/versions", ".ci/versions 3.13", ".ci/versions lowest", ".ci/versions browser"):
        assert f"`{command}`" in table
        assert os.access(ROOT / command.split()[0], os.X_OK)
    assert "\n.ci/versions\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_workflow_may_only_read() -> None:
    """It reads the repository and nothing else, leaves no credentials behind, and ends."""
    assert WORKFLOW["permissions"] == {"contents": "read"}
    for job in WORKFLOW["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 60
    assert all(step["with"]["persist-credentials"] is False for step in STEPS if "checkout" in step.get("uses", ""))


def test_actions_are_pinned_and_cached() -> None:
    """Actions are GitHub's own, each of one major version, also in the documentation; what pip fetches is kept."""
    used = {step["uses"] for step in STEPS if "uses" in step}
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", one) for one in used)
    documented = re.findall(
        r"uses: (actions/\S+)", (ROOT / "docs" / "how-to" / "repository.md").read_text(encoding="utf-8")
    )
    assert documented
    assert set(documented) <= used
    keys = [step["with"] for step in STEPS if "setup-python" in step.get("uses", "")]
    assert all((one["cache"], one["cache-dependency-path"]) == ("pip", "pyproject.toml") for one in keys)


@pytest.mark.parametrize("extra", [None, "test", "studies"])
def test_every_requirement_has_a_lower_bound(extra: str | None) -> None:
    """What is tested at its lowest has a lowest, and nothing is capped."""
    wanted = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    for one in wanted:
        assert re.fullmatch(r"[A-Za-z-]+>=[\d.]+|sn-planner\[[a-z]+\]", one), one
