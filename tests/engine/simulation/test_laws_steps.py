"""Steps of one second happen one after the other, as they are written: laws over random scenarios full of ties."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.engine.simulation.lifecycle import ORDER
from sn_planner.engine.simulation.simulation import Simulation
from sn_planner.engine.simulation.steps import Step
from sn_planner.engine.simulation.timeline import Timeline
from sn_planner.interchange.scenario_files import scenario_file
from sn_planner.model.pods import Consumer

NODES, DISKS = 3, 1
CLUSTER = sn.Cluster.uniform(nodes=NODES, disks_per_node=DISKS)
HOSTILE = Path(__file__).parents[2] / "data" / "hostile"


@st.composite
def scenarios(draw: st.DrawFn, *, upgrades: bool) -> tuple[list[Step], dict[str, int], set[str]]:
    """Steps that can follow each other, many in one second; the disks of the nodes that they leave, and those lost."""
    disks, lost, named, at = {f"node-{number}": DISKS for number in range(1, NODES + 1)}, set[str](), NODES, 0
    steps: list[Step] = []
    applied = False
    until = 0
    for _ in range(draw(st.integers(0, 12))):
        at += draw(st.sampled_from([0, 0, 0, 30, 3600]))
        if not applied and (applied := draw(st.booleans())):
            steps.append(sn.steps.Apply(at=at))
        kind = draw(st.sampled_from(["add", "remove", "disk", "lose", "recover", "restart", "upgrade"]))
        if kind == "add":
            named += 1
            more = draw(st.integers(0, 2))
            disks[f"node-{named}"] = more
            steps.append(sn.steps.AddNodes(at=at, disks=more))
        elif kind == "restart":
            steps.append(sn.steps.RestartPods(at=at))
        elif kind == "upgrade" and upgrades and at >= until:
            steps.append(sn.steps.Upgrade(at=at, node_duration=600))
            until = at + 600 * len(disks)
        elif kind in {"remove", "disk", "lose"} and (there := sorted(disks.keys() - lost)):
            node = draw(st.sampled_from(there))
            if kind == "remove":
                del disks[node]
                steps.append(sn.steps.RemoveNodes(at=at, nodes=[node]))
            elif kind == "disk":
                disks[node] += 1
                steps.append(sn.steps.AddDisks(at=at, nodes=[node]))
            else:
                lost.add(node)
                steps.append(sn.steps.LoseNode(at=at, node=node))
        elif kind == "recover" and lost:
            node = draw(st.sampled_from(sorted(lost)))
            lost.discard(node)
            steps.append(sn.steps.RecoverNode(at=at, node=node))
    return [*steps, *([] if applied else [sn.steps.Apply(at=at)])], disks, lost


def running(run: Simulation) -> Counter[str]:
    """How many pods of each node run at the end."""
    leaked = set(run.leaked)
    refs = [one.podref for one in run.leases if one not in leaked]
    return Counter(found[0] for ref in refs if (found := re.search(r"node-\d+", ref)))


@given(scenarios(upgrades=False))
def test_the_pods_that_run_are_those_of_the_site(made: tuple[list[Step], dict[str, int], set[str]]) -> None:
    """After the last step each node has two managers and one for each disk, a lost one none, one that left none."""
    steps, disks, lost = made
    run = sn.simulate("10.0.0.0/24", CLUSTER, steps, profile="classic")
    assert running(run) == Counter({node: 2 + count for node, count in disks.items() if node not in lost})
    assert not run.exhausted


@given(scenarios(upgrades=True), st.sampled_from(["10.0.0.0/24", "10.0.0.0/28"]), st.booleans())
def test_every_lease_is_a_running_pods_or_waits_for_the_reconciler(
    made: tuple[list[Step], dict[str, int], set[str]], place: str, reconciler: bool
) -> None:
    """No pod runs on a node that is lost or left, however tight the range; the reconciler leaves no other lease."""
    steps, disks, lost = made
    run = sn.simulate(place, CLUSTER, sn.Scenario(steps=steps, reconciler=reconciler), profile="classic")
    assert running(run).keys() <= disks.keys() - lost
    assert reconciler is False or not run.leaked


@given(scenarios(upgrades=True))
def test_leaked_leases_are_those_that_no_pod_holds(made: tuple[list[Step], dict[str, int], set[str]]) -> None:
    """What the timeline keeps as it goes on is what a look through all leases finds."""
    steps, *_ = made
    seen: list[bool] = []

    class Watched(Timeline):
        def _reconcile(self, _: str) -> None:
            held = {address for _, address in self.running.values()}
            seen.append(self.leaked == tuple(one for one in self.pool.leases if int(one.address) not in held))
            super()._reconcile(_)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sn_planner.engine.simulation.simulation.Timeline", Watched)
        sn.simulate("10.0.0.0/24", CLUSTER, steps, profile="classic")
    assert all(seen)


def test_each_verb_has_its_place_for_a_reason() -> None:
    """The order within a second is a table, and every row says why."""
    assert all(ORDER.values())
    assert list(ORDER)[-2:] == ["start", "gate"]


FILES = {
    "01-same-second-recover-KeyError": 9,
    "01b-pods-vanish": 6,
    "03-removed-node-keeps-its-pods": 20,
}


@pytest.mark.parametrize(("name", "used"), FILES.items())
def test_scenarios_that_went_wrong(name: str, used: int) -> None:
    """A node that flaps within a second, and one that joins and leaves within one, end as they should."""
    steps = scenario_file(name, (HOSTILE / f"{name}.yaml").read_text(encoding="utf-8"))
    nodes, disks = (5, 2) if name.startswith("03") else (3, 1)
    run = sn.simulate("10.0.0.0/24", sn.Cluster.uniform(nodes=nodes, disks_per_node=disks), steps)
    assert run.used[-1] == used


@pytest.mark.parametrize(
    ("steps", "used"),
    [
        ([sn.steps.RemoveNodes(at=0, nodes=["node-1"])], 16),
        ([sn.steps.AddNodes(at=5), sn.steps.RemoveNodes(at=5, nodes=["node-6"])], 20),
        ([sn.steps.AddDisks(at=5, nodes=["node-1"]), sn.steps.RemoveNodes(at=5, nodes=["node-1"])], 16),
        ([sn.steps.Upgrade(at=5), sn.steps.RemoveNodes(at=5, nodes=["node-1"])], 16),
        ([sn.steps.RestartPods(at=0)], 20),
    ],
)
def test_pairs_of_one_second(steps: list[Step], used: int) -> None:
    """Whichever two steps fall into one second, the second finds what the first left."""
    cluster = sn.Cluster.uniform(nodes=5, disks_per_node=2)
    run = sn.simulate("10.0.0.0/24", cluster, [sn.steps.Apply(), *steps])
    assert (run.used[-1], run.leaked, run.stalled) == (used, (), False)


def test_pods_without_an_address_cost_nothing() -> None:
    """A kind of pod that takes no address is there without an event, however many there are."""
    idle = sn.Profile(
        "idle", [Consumer("idle", "node", versions=1, floor=1, steady=1, addresses_each=0, source="ours")]
    )
    run = sn.simulate("10.0.0.0/24", CLUSTER, profile=idle)
    assert (run.peak, [entry.verb for entry in run.log]) == (0, ["gate opened"])
