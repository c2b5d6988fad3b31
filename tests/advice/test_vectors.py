"""What the real systems answered: recorded, see tests/data/recorded/README.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sn_planner import SnPlannerError
from sn_planner.advice import webhook

VECTORS = Path(__file__).parents[1] / "data" / "recorded"


def vectors(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Input and answer of every line of a file."""
    with (VECTORS / f"{name}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            vector = json.loads(line)
            yield vector["in"], vector["out"]


def test_refusal_is_the_webhooks_first() -> None:
    """`refusal` gives the code of the rule the webhook names."""
    for given, answer in vectors("validate"):
        code = webhook.refusal(
            cluster_network=given.get("clusterNetwork", ""),
            vlan=given.get("vlan", 0),
            range=given.get("range", ""),
            exclude=given.get("exclude"),
        )
        assert code == answer["code"], given


def test_usable_count_is_the_webhooks() -> None:
    """`usable_count` counts what the webhook counts, and refuses what it refuses."""
    for given, answer in vectors("usable"):
        if "error" in answer:
            with pytest.raises(SnPlannerError):
                webhook.usable_count(given["range"], given["exclude"])
        else:
            assert webhook.usable_count(given["range"], given["exclude"]) == answer["count"], given


def test_collides_is_the_webhooks() -> None:
    """`collides` agrees with the webhook on every pair, errors included."""
    for given, answer in vectors("overlap"):
        if "error" in answer:
            with pytest.raises(SnPlannerError):
                webhook.collides(given["c1"], given["c2"])
        else:
            assert webhook.collides(given["c1"], given["c2"]) == answer["collides"], given
