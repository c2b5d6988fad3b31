"""Steps that come at random: that they can follow any scenario, and come as often as they should."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sn_planner.engine.simulation.random_steps import RandomSteps, Stay, applied_at, stays
from sn_planner.engine.simulation.scenarios import SCENARIOS
from sn_planner.engine.simulation.simulation import simulate
from sn_planner.engine.simulation.steps import (
    AddNodes,
    Apply,
    LoseNode,
    RecoverNode,
    RemoveNodes,
    Scenario,
    Step,
    TransferImages,
    Upgrade,
)
from sn_planner.errors import BadInput
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.durations import DAY, HOUR

CLUSTER = Cluster([Node(disks=1, count=2), Node(disks=2, name="node-1"), Node(witness=True)], images=2)
LIFE: list[Step] = [
    Apply(at="1h"),
    LoseNode(at="2d", node="node-3"),
    AddNodes(at="1d", count=2),
    RecoverNode(at="3d", node="node-3"),
    RemoveNodes(at="4d", nodes=["node-2", "node-1"]),
    LoseNode(at="5d", node="node-4"),
    RemoveNodes(at="6d", nodes=["node-4"]),
    Upgrade(at="7d"),
]
STAYS = {
    Stay("node-1", 0, 4 * DAY),
    Stay("node-2", 0, 4 * DAY),
    Stay("node-3", 0, 2 * DAY),
    Stay("node-3", 3 * DAY, None),
    Stay("node-4", DAY, 5 * DAY),
    Stay("node-5", DAY, None),
}


def drawn(steps: RandomSteps, seed: int = 0) -> list[Step]:
    """What a generator of that seed draws."""
    return steps.draw(np.random.default_rng(seed))


def test_stays_are_read_from_the_steps() -> None:
    """A node is there from the start or when it joins, until it is lost or leaves, and again when it is back."""
    assert set(stays(Scenario(steps=LIFE), CLUSTER)) == STAYS
    assert not simulate("10.0.0.0/24", CLUSTER, LIFE).exhausted


def test_transfers_wait_for_the_setting() -> None:
    """Before the setting is applied nothing comes; without such a step from the start on."""
    assert applied_at(Scenario(steps=LIFE)) == HOUR
    assert applied_at(Scenario(steps=[])) == 0


@given(
    st.sampled_from([*SCENARIOS, "life"]),
    st.sampled_from([0, 1, 59, HOUR, DAY, 400 * DAY]),
    st.sampled_from([0.5, 30, 2000]),
    st.integers(0, 2**32),
)
def test_whatever_is_drawn_can_follow(name: str, away: int, losses: float, seed: int) -> None:
    """Whatever comes at random, no step of a scenario is refused, and the run ends when it would have."""
    scenario = Scenario(steps=LIFE) if name == "life" else SCENARIOS[name](CLUSTER)
    alone = simulate("10.0.0.0/24", CLUSTER, scenario)
    random = RandomSteps(
        begin=applied_at(scenario),
        end=alone.horizon,
        per_hour=0.2,
        lasts=3 * DAY,
        losses_per_year=losses if alone.horizon < 30 * DAY else losses / 50,
        away=away,
        stays=stays(scenario, CLUSTER),
    )
    steps = drawn(random, seed)
    pinned = attrs.evolve(scenario, steps=(*scenario.steps, *steps), horizon=alone.horizon)
    assert simulate("10.0.0.0/24", CLUSTER, pinned).horizon == alone.horizon
    assert all(random.begin <= step.at < random.end for step in steps if isinstance(step, TransferImages))


def losing(steps: list[Step], node: str) -> list[tuple[int, type[Step]]]:
    """When a node is lost and when it is back, in the order in which it was drawn."""
    return [(step.at, type(step)) for step in steps if isinstance(step, LoseNode | RecoverNode) and step.node == node]


@given(st.integers(0, 2**32))
def test_a_node_is_lost_once_at_a_time(seed: int) -> None:
    """A lost node is back after just as long, before it is lost again; only the end of the run comes before that."""
    random = RandomSteps(
        begin=0, end=90 * DAY, losses_per_year=60, away=5 * DAY, stays=(Stay("a", DAY, None), Stay("b", 0, 60 * DAY))
    )
    steps = drawn(random, seed)
    for node, last in (("a", 90 * DAY), ("b", 60 * DAY)):
        changes = losing(steps, node)
        assert [kind for _, kind in changes] == [LoseNode, RecoverNode] * (len(changes) // 2) + [LoseNode] * (
            len(changes) % 2
        )
        assert all(until - since == 5 * DAY for (since, kind), (until, _) in pairwise(changes) if kind is LoseNode)
        assert all(at <= last for at, _ in changes)
        if changes and changes[-1][1] is LoseNode:
            assert node == "a"
            assert changes[-1][0] + 5 * DAY > 90 * DAY


def test_steps_come_as_often_as_they_should() -> None:
    """Over 2,000 draws transfers and losses come as often, and transfers last as long, as they should on average."""
    random = RandomSteps(
        begin=HOUR, end=11 * HOUR, per_hour=2, lasts=60, losses_per_year=365, away=0, stays=(Stay("a", 0, 10 * HOUR),)
    )
    all_steps = [step for seed in range(2000) for step in drawn(random, seed)]
    transfers = [step for step in all_steps if isinstance(step, TransferImages)]
    losses = [step for step in all_steps if isinstance(step, LoseNode)]
    assert len(transfers) == pytest.approx(2000 * 20, rel=0.03)
    assert len(losses) == pytest.approx(2000 * 10 / 24, rel=0.1)
    assert np.mean([step.duration for step in transfers if step.duration is not None]) == pytest.approx(60, rel=0.03)
    assert np.mean([step.at for step in transfers]) == pytest.approx(6 * HOUR, rel=0.03)
    assert np.std([step.at for step in transfers]) == pytest.approx(10 * HOUR / 12**0.5, rel=0.03)
    assert {step.count for step in transfers} == {1}


def test_losses_change_no_transfer() -> None:
    """The same seed draws the same transfers, with losses beside them or not."""
    quiet = RandomSteps(begin=0, end=DAY, per_hour=2, lasts=60)
    troubled = attrs.evolve(quiet, losses_per_year=1000, stays=(Stay("a", 0, None),))
    both = drawn(troubled, 3)
    assert [step for step in both if isinstance(step, TransferImages)] == drawn(quiet, 3) != both


def test_nothing_is_drawn_of_nothing() -> None:
    """Without a rate, and where the setting is applied at the end, nothing comes."""
    assert drawn(RandomSteps(begin=0, end=DAY, stays=(Stay("a", 0, None),))) == []
    assert drawn(RandomSteps(begin=DAY, end=DAY, per_hour=1000, lasts=60)) == []


@pytest.mark.parametrize(
    ("field", "rates"),
    [
        ("transfers", {"per_hour": 10**6 / 24 + 1}),
        ("losses_per_year", {"losses_per_year": 365 * 500_000 + 365, "stays": (Stay("a", 0, None),)}),
    ],
)
def test_too_many_steps_are_refused(field: str, rates: dict[str, object]) -> None:
    """More than 10^6 random steps in a run, on average, are refused by the name of what brings them."""
    with pytest.raises(BadInput, match=f"{field} .* are too many random steps for a run") as refusal:
        RandomSteps(begin=0, end=DAY, **rates)  # type: ignore[arg-type]  # rates by name
    assert (refusal.value.field, refusal.value.code) == (field, "too-many")
