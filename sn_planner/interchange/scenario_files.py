"""Scenario files: the same vocabulary as the steps, in YAML or JSON.

Rules: a file has `steps`, a list of mappings, each with `step` (a name of STEPS) and that step's fields; times and
durations are seconds or text like 30d, 12h, 45m. A refusal of the file names it, the step's number, the field and the
fix.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from sn_planner.engine.simulation.steps import STEPS, Scenario, Step
from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.interchange.inputs import known_keys, mapping, read_text
from sn_planner.model.fields import known_key
from sn_planner.model.plain import decode_document

_KEYS = tuple(field.name for field in attrs.fields(Scenario))


def read_scenario(path: str | Path) -> Scenario:
    """The scenario in a file, YAML or JSON, or in the standard input ("-"), as `scenario_file` reads it.

    Raises BadInput, with the file and the place in it, for a file that cannot be read and for what is no scenario.
    """
    text = read_text("path", path)
    return scenario_file(str(path), text)


def scenario_file(name: str, text: str) -> Scenario:
    """The scenario a document describes.

    >>> scenario_file("move.yaml", "steps: [{step: apply}, {step: upgrade, at: 1d, to: 1.6.1}]").steps[1].at
    86400
    """
    with within(name):
        document = known_keys(mapping(decode_document("document", text)), _KEYS, required=("steps",))
        items = document.pop("steps")
        if not isinstance(items, list):
            raise BadInput("steps", items, "is not a list", "write one item for each step", "wrong-type")
    steps = []
    for number, item in enumerate(items, 1):
        with within(f"{name}: step {number}"):
            steps.append(_step(mapping(item)))
    with within(name):
        return Scenario(steps=steps, **({"name": name} | document))


def _step(item: dict[str, Any]) -> Step:
    if "step" not in item:
        fix = f"write step: and one of {', '.join(STEPS)}"
        raise BadInput("step", ABSENT, "is missing", fix, "missing")
    kind = STEPS[known_key("step", item.pop("step"), STEPS)]
    fields = attrs.fields(kind)
    required = tuple(field.name for field in fields if field.default is attrs.NOTHING)
    return kind(**known_keys(item, tuple(field.name for field in fields), required=required))
