"""Upgrades by release: whom the gate waits for, whom it passes over, and what the upgrade itself takes."""

from __future__ import annotations

from typing import Any

import pytest

from sn_planner.engine.simulation.lifecycle import Gate, expand
from sn_planner.engine.simulation.simulation import Simulation, simulate
from sn_planner.engine.simulation.steps import (
    AddNodes,
    Apply,
    LoseNode,
    RestartPods,
    Scenario,
    Step,
    TransferImages,
    Upgrade,
)
from sn_planner.engine.sweep.sweep import sweep
from sn_planner.model.cidr import cidrs
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import demand
from sn_planner.model.durations import DAY, HOUR
from sn_planner.model.limits import limits
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import release


def room_for(addresses: int) -> tuple[str, list[str]]:
    """A range and excludes that leave exactly so many usable addresses."""
    network = AddressRange("10.0.0.0/20").cidr
    return str(network), [str(block) for block in cidrs((network.first + 1 + addresses, network.last - 1))]


def upgraded(nodes: int, usable: int, harvester: str | None, to: str | None = None, **more: Any) -> Simulation:
    """An upgrade of nodes without disks in so many addresses, the instance managers served last."""
    tight, exclude = room_for(usable)
    cluster = Cluster.uniform(nodes=nodes, disks_per_node=0, **more)
    steps = Scenario(steps=[Apply(), Upgrade(at=100, to=to)], retry="worst")
    return simulate(tight, cluster, steps, exclude=exclude, harvester=harvester)


@pytest.mark.parametrize(
    ("nodes", "harvester", "to", "stalls"),
    [
        (1, None, None, False),
        (2, None, None, True),
        (2, "1.3.2", None, False),
        (3, "1.3.2", None, True),
        (1, "1.4.0", None, False),
        (2, "1.4.0", None, True),
        (2, "1.3.2", "1.4.0", True),
        (2, "1.3.0", "1.3.1", False),
    ],
)
def test_the_smallest_clusters_are_passed_over(nodes: int, harvester: str | None, to: str | None, stalls: bool) -> None:
    """The new release's script waits for no manager of one node, up to 1.3 of two; pods wait all the same."""
    usable = nodes if harvester is not None else 2 * nodes
    run = upgraded(nodes, usable, harvester, to)
    assert (run.stalled, run.exhausted) == (stalls, True)
    assert demand(Cluster.uniform(nodes=nodes, disks=0), harvester=to or harvester).can_stall is stalls


def test_the_gate_waits_for_replicas_or_for_all() -> None:
    """The pods a gate waits for: instance-manager-r up to 1.2.1, then all, and V2's from 1.6."""

    def waited_for(cluster: Cluster, harvester: str, to: str) -> set[str]:
        events, _, _ = expand(
            Scenario(steps=[Apply(), Upgrade(at=9, to=to)]),
            cluster,
            demand(cluster, harvester=harvester).profile,
            release(harvester)[0],
        )
        (gate,) = (event.subject for event in events if event.verb == "gate")
        assert isinstance(gate, Gate)
        return {pod.name.removeprefix("longhorn-system/").partition("-node")[0] for pod in gate.pods}

    plain, v2 = (Cluster.uniform(nodes=3, disks_per_node=1, v2_data_engine=engine) for engine in (False, True))
    assert waited_for(plain, "1.1.1", "1.1.3") == {"instance-manager-r"}
    assert waited_for(plain, "1.1.1", "1.2.1") == {"instance-manager-r"}
    assert waited_for(plain, "1.2.1", "1.2.2") == {"instance-manager"}
    assert waited_for(v2, "1.4.0", "1.5.0") == {"instance-manager"}
    assert waited_for(v2, "1.5.0", "1.6.0") == {"instance-manager", "instance-manager-v2"}


def test_a_v2_manager_gives_its_address_up_for_the_next() -> None:
    """From 1.6 on a V2 manager is stopped and started anew: never two at once, and the gate waits for the new one."""
    cluster = Cluster.uniform(nodes=2, disks_per_node=0, v2_data_engine=True)
    steps: list[Step] = [Apply(), TransferImages(at=50, count=1, duration=None), Upgrade(at=100, to="1.6.0")]
    need = demand(cluster, harvester="1.6.0")
    tight, exclude = room_for(need.required)
    run = simulate(tight, cluster, steps, exclude=exclude, harvester="1.5.0")
    assert (run.peak, run.stalled, run.missing) == (6, True, ("longhorn-system/instance-manager-v2-node-2-2",))
    roomy = simulate("10.0.0.0/24", cluster, steps, harvester="1.5.0")
    assert (roomy.peak, roomy.stalled) == (need.required + 1, False)


SHARED = Cluster.uniform(nodes=3, disks_per_node=1, images=1, rwx_volumes=2)


@pytest.mark.parametrize(("harvester", "extra"), [("1.6.1+rwx", 0), ("1.7.0+rwx", 1), ("1.8.2+rwx", 1)])
def test_the_upgrade_repository_takes_one_more(harvester: str, extra: int) -> None:
    """While Harvester 1.7 and later upgrades, its repository is one RWX volume more, even with the same Longhorn."""
    need = demand(SHARED, harvester=harvester)
    assert need.required == 3 * 3 + 2 * 3 + 1 + 2 + extra
    assert need.steady == 2 * 3 + 3 + 2
    run = simulate("10.0.0.0/24", SHARED, harvester=harvester)
    assert run.peak == need.required
    names = {entry.subject for entry in run.log if "upgrade-repository" in entry.subject}
    assert len(names) == extra
    assert run.used[-1] == need.steady + SHARED.images


def test_the_repository_comes_with_the_release_that_upgrades() -> None:
    """The release that is left makes the repository: going to 1.7 there is none, from there on there is."""

    def repositories(*releases: str) -> int:
        steps: list[Step] = [Apply(), *(Upgrade(at=f"{day}d", to=to) for day, to in enumerate(releases[1:], 1))]
        run = simulate("10.0.0.0/24", SHARED, steps, harvester=f"{releases[0]}+rwx")
        started = {entry.subject for entry in run.log if entry.verb == "assigned"}
        ended = {entry.subject for entry in run.log if entry.verb == "released"}
        found = {name for name in started if "upgrade-repository" in name}
        assert found <= ended
        return len(found)

    assert repositories("1.6.1", "1.7.0") == 0
    assert repositories("1.6.1", "1.7.1", "1.7.2") == 1
    assert repositories("1.7.1", "1.7.2", "1.8.0") == 2


@pytest.mark.parametrize(
    ("profile", "harvester", "volumes", "extra"),
    [
        ("consolidated+rwx", None, 4, 0),
        (None, "1.6.1+rwx", 4, 0),
        (None, "1.7.0+rwx", 4, 1),
        (None, "1.7.0+rwx", None, 0),
        (None, "1.7.0", 4, 0),
        ("rwx-network", None, 4, 1),
        ("rwx-network", None, None, 0),
    ],
)
def test_one_more_where_volumes_are_known(
    profile: str | None, harvester: str | None, volumes: int | None, extra: int
) -> None:
    """The repository counts where R is given exactly, on the network that serves RWX; the assumed 32 hold it."""
    cluster = Cluster.uniform(nodes=5, disks_per_node=2, images=10, rwx_volumes=volumes)
    need = demand(cluster, profile, harvester=harvester)
    lines = {line.pod: line.addresses for line in need.lines}
    assert lines.get("share-manager (upgrade repository)", 0) == extra
    assert need.required - need.steady >= extra
    assert need.profile.formula.endswith(" + 1") is bool(extra)
    grid = sweep(nodes=[5], disks_per_node=2, images=10, rwx_volumes=volumes, profile=profile, harvester=harvester)
    assert int(grid.required[0, 0, 0]) == need.required == grid.at(nodes=5, disks_per_node=2, images=10).required
    if harvester is not None:
        assert grid.with_profile(harvester=harvester) == grid
    room = AddressRange(*room_for(need.required))
    assert limits(room, cluster, profile, harvester=harvester).max_nodes == 5


def test_an_upgrade_brings_its_whereabouts() -> None:
    """From the upgrade on addresses are handed out, refused and reconciled as the new release does."""
    cluster = Cluster.uniform(nodes=3, disks_per_node=0)
    steps: list[Step] = [
        Apply(),
        Upgrade(at=HOUR, to="1.5.0"),
        AddNodes(at=2 * DAY, count=3, disks=0),
        RestartPods(at=3 * DAY),
    ]
    run = simulate("10.0.0.0/29", cluster, steps, harvester="1.4.3")
    assert (run.exhausted, run.pool.whereabouts) == (False, "0.8.0")  # the restart on the full range renews
    assert [(at, one.whereabouts) for at, one in run.changes] == [(HOUR, "0.8.0")]
    old = simulate("10.0.0.0/29", cluster, [steps[0], *steps[2:]], harvester="1.4.3")
    assert (old.exhausted, old.pool.whereabouts, old.changes) == (True, "0.7.0", ())
    lost: list[Step] = [Apply(), Upgrade(at=HOUR, to="1.2.2"), LoseNode(at=2 * DAY, node="node-1")]
    assert simulate("10.0.0.0/25", cluster, lost, harvester="1.1.0", horizon=6 * DAY).leaked == ()
    assert len(simulate("10.0.0.0/25", cluster, [lost[0], lost[2]], harvester="1.1.0", horizon=6 * DAY).leaked) == 2
    leaky: list[Step] = [Apply(), LoseNode(at=HOUR, node="node-1"), Upgrade(at=DAY, to="1.2.2")]
    assert simulate("10.0.0.0/25", cluster, leaky, harvester="1.1.0", horizon=6 * DAY).leaked == ()


def test_words_of_a_refusal_are_those_of_its_release() -> None:
    """A refusal before the upgrade is told in the old words, one after it in the new ones."""
    steps: list[Step] = [Apply(), Upgrade(at=DAY, to="1.3.0"), AddNodes(at=2 * DAY, disks=0)]
    run = simulate("10.0.0.0/30", Cluster.uniform(nodes=3, disks_per_node=0), steps, harvester="1.2.0")
    first, last = run.failures[0], run.failures[-1]
    assert (first.at, "net.IPNet" in first.message) == (0, True)
    assert (last.at, "range: 10.0.0.0/30" in last.message) == (2 * DAY, True)


def test_notes_on_the_release_of_a_step_are_told() -> None:
    """A release that a step names and the table does not know is said to be planned as another."""
    run = simulate("10.0.0.0/24", SHARED, [Apply(), Upgrade(at=9, to="2.0")], harvester="1.8.x")
    assert [note.partition(":")[0] for note in run.notes] == [
        "Harvester 1.8.x is a line of releases",
        "Harvester 2.0 is newer than this table",
    ]
