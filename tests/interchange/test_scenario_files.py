"""Scenario files: the vocabulary of the steps, and how other files are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import sn_planner as sn
from sn_planner.engine.simulation.steps import STEPS, Apply, TransferImages, Upgrade
from sn_planner.interchange.scenario_files import scenario_file
from sn_planner.model.durations import seconds, time_text


def test_a_scenario_file() -> None:
    """A file says what the steps say, with times as text."""
    text = (Path(__file__).parents[1] / "data" / "move.yaml").read_text(encoding="utf-8")
    scenario = scenario_file("move.yaml", text)
    assert (scenario.name, scenario.retry, scenario.reconciler, scenario.horizon) == ("move", "worst", True, 864_000)
    assert scenario.steps[:2] == (Apply(), TransferImages(at=9 * 3600, count=10, duration=1200, spacing=60))
    assert scenario.steps[-1] == Upgrade(at=7 * 86400, to="1.2.0", node_duration=2700, pause=3600)
    assert scenario_file("x.json", '{"steps": [{"step": "apply"}]}').name == "x.json"


def test_the_vocabulary_is_the_steps() -> None:
    """Every step has a name a file can use."""
    assert all(kind.__name__ == name.title().replace("-", "") for name, kind in STEPS.items())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lab: document is empty"),
        ("name: x", "lab: steps is missing"),
        ("steps: 5", "lab: steps 5 is not a list"),
        ("step: []", "lab: key 'step' is unknown; did you mean 'steps'"),
        ("steps: [5]", "lab: step 1: document 5 is not a mapping"),
        ("steps: [{at: 5}]", "lab: step 1: step is missing; write step: and one of apply, transfer-images"),
        (
            "steps: [{step: apply}, {step: upgrad, at: 5}]",
            "lab: step 2: step 'upgrad' is unknown; did you mean",
        ),
        ("steps: [{step: upgrade}]", "lab: step 1: at is missing; write at: …"),
        ("steps: [{step: upgrade, at: -1}]", "lab: step 1: at -1 is negative"),
        ("steps: [{step: upgrade, at: soon}]", "lab: step 1: at 'soon' is no duration; write it like 30d"),
        ("steps: [{step: upgrade, at: 1, nodes: 5}]", "lab: step 1: key 'nodes' is unknown"),
        ("steps: [{step: transfer-images, at: 1, count: 1.5}]", "lab: step 1: count 1.5 is a fraction"),
        ("steps: []\nretry: best", "lab: retry 'best' is unknown; known are fifo, worst"),
        ("steps: []\nhorizon: -5", "lab: horizon -5 is negative"),
    ],
)
def test_other_files_are_refused(text: str, message: str) -> None:
    """A refusal names the file, the step's number, the field and the fix."""
    with pytest.raises(sn.SnPlannerError, match=message):
        scenario_file("lab", text)


def test_durations_are_seconds_or_text() -> None:
    """30d, 12h, 45m and 90s are what they say, and so is a mixture; a time is told as a day and a clock."""
    assert [seconds("at", text) for text in ("30d", "12h", "45m", "90s", "1d2h3m4s")] == [
        2_592_000,
        43_200,
        2_700,
        90,
        93_784,
    ]
    assert time_text(93_784) == "day 1 02:03:04"
    for text in ("1.5h", "h", "2h1d", "-1d", "1 d", "10", "9999999999d"):
        with pytest.raises(sn.SnPlannerError, match="at .* is no duration"):
            seconds("at", text)
