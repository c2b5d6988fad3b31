"""The life of a storage network: laws over random clusters, whole logs of small ones, and scenarios that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sn_planner.engine.pool.leases import Lease
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.engine.simulation.scenarios import SCENARIOS, growth, ready
from sn_planner.engine.simulation.simulation import Simulation, simulate
from sn_planner.engine.simulation.steps import (
    AddDisks,
    AddNodes,
    Apply,
    LoseNode,
    RecoverNode,
    RemoveNodes,
    RestartPods,
    Scenario,
    Step,
    TransferImages,
    Upgrade,
)
from sn_planner.errors import BadInput
from sn_planner.model.cidr import cidrs
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.demand import demand
from sn_planner.model.durations import DAY, HOUR, time_text
from sn_planner.model.pods import Consumer
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import RECONCILED_AT
from tests import strategies

small_clusters = st.builds(
    Cluster,
    st.lists(
        st.builds(
            Node,
            disks=st.integers(0, 4),
            witness=st.booleans(),
            v2_data_engine=st.booleans(),
            count=st.integers(0, 4),
        ),
        max_size=3,
    ),
    images=st.integers(0, 8),
    rwx_volumes=st.integers(0, 4),
)
Fields = dict[str, Any]
clusters = small_clusters.filter(lambda cluster: cluster.storage_nodes > 0)


def room_for(addresses: int) -> tuple[str, list[str]]:
    """A range and excludes that leave exactly so many usable addresses."""
    network = AddressRange("10.0.0.0/20").cidr
    return str(network), [str(block) for block in cidrs((network.first + 1 + addresses, network.last - 1))]


@given(clusters, strategies.storage_profiles)
def test_worst_case_peaks_at_the_demand(cluster: Cluster, profile: str) -> None:
    """With room, the worst case uses exactly what `demand` requires, and nobody is refused."""
    need = demand(cluster, profile)
    run = simulate("10.0.0.0/20", cluster, profile=profile)
    assert (run.peak, run.exhausted, run.stalled, run.failures) == (need.required, False, False, ())
    tight, exclude = room_for(need.required)
    exact = simulate(tight, cluster, exclude=exclude, profile=profile)
    assert (exact.capacity, exact.peak, exact.exhausted, exact.spare) == (need.required, need.required, False, 0)


@given(clusters, strategies.storage_profiles)
def test_one_address_less_fails(cluster: Cluster, profile: str) -> None:
    """With one address less than required somebody is refused."""
    need = demand(cluster, profile)
    tight, exclude = room_for(need.required - 1)
    run = simulate(tight, cluster, exclude=exclude, profile=profile)
    assert run.exhausted
    assert run.first_failure is not None
    assert run.peak == need.required - 1


@given(clusters, strategies.storage_profiles, st.data())
def test_the_worst_case_stalls_exactly_below_the_floor(cluster: Cluster, profile: str, data: st.DataObject) -> None:
    """An upgrade stalls exactly when fewer addresses are usable than the stall floor; that of one node never does."""
    need = demand(cluster, profile)
    usable = data.draw(
        st.integers(0, need.required) | st.just(need.stall_floor) | st.just(max(need.stall_floor - 1, 0))
    )
    tight, exclude = room_for(usable)
    run = simulate(tight, cluster, exclude=exclude, profile=profile)
    assert run.stalled == (usable < need.stall_floor and cluster.storage_nodes > 1)
    assert bool(run.missing) == run.stalled


@given(clusters, st.sampled_from(sorted(SCENARIOS)), strategies.cidrs(shortest=24, longest=29), st.booleans())
def test_runs_keep_the_pools_laws(cluster: Cluster, name: str, network: object, old: bool) -> None:
    """Use never exceeds capacity, no address is held twice, time goes on, and the run is the same every time."""

    def run() -> Simulation:
        return simulate(str(network), cluster, name, harvester="1.2.0" if old else "1.6.1")

    first, again = run(), run()
    assert first == again
    assert (first.log, hash(first)) == (again.log, hash(again))
    assert max(first.used) == first.peak <= first.capacity == AddressRange(str(network)).usable
    assert list(first.times) == sorted(set(first.times))
    addresses = [lease.address for lease in first.pool.leases]
    assert len(addresses) == len(set(addresses)) == first.pool.used
    assert len(first.leaked) <= len(addresses)


def logged(run: Simulation) -> list[tuple[int, str, str, str]]:
    """The log of a run, short: time, verb, pod without its namespace, last octet of the address."""
    return [
        (
            entry.at,
            entry.verb,
            entry.subject.removeprefix("longhorn-system/"),
            str(entry.address or "").rpartition(".")[2],
        )
        for entry in run.log
    ]


ONE = Cluster.uniform(nodes=1, disks_per_node=1)
TWO = Cluster.uniform(nodes=2, disks=1)


def test_an_upgrade_second_by_second() -> None:
    """Managers start anew at once, disks overlap 30 seconds, the gate opens, the old manager ends with its turn."""
    run = simulate("10.0.0.0/29", ONE, (Apply(), Upgrade(at=100, node_duration=1000)), profile="consolidated")
    assert logged(run) == [
        (0, "assigned", "instance-manager-node-1-1", "1"),
        (0, "assigned", "backing-image-manager-node-1-1-1", "2"),
        (100, "assigned", "instance-manager-node-1-2", "3"),
        (100, "assigned", "backing-image-manager-node-1-1-2", "4"),
        (100, "gate opened", "upgrade", ""),
        (130, "released", "backing-image-manager-node-1-1-1", "2"),
        (1100, "released", "instance-manager-node-1-1", "1"),
    ]
    assert list(zip(run.times, run.used, run.waiting, strict=True)) == [
        (0, 2, 0),
        (100, 4, 0),
        (130, 3, 0),
        (1100, 2, 0),
    ]
    assert (run.peak, run.spare, run.horizon) == (4, 2, 1100 + DAY)
    assert [(one.began, one.opened, one.done) for one in run.upgrades] == [(100, 100, 1100)]


def test_a_stalled_upgrade_second_by_second() -> None:
    """With four addresses the worst order gives the freed one to the disk, and the gate waits for ever."""
    tight, exclude = room_for(4)
    scenario = Scenario(steps=[Apply(), Upgrade(at=100)], retry="worst")
    run = simulate(tight, TWO, scenario, exclude=exclude, profile="consolidated")
    assert logged(run) == [
        (0, "assigned", "instance-manager-node-1-1", "1"),
        (0, "assigned", "instance-manager-node-2-1", "2"),
        (0, "assigned", "backing-image-manager-node-1-1-1", "3"),
        (100, "assigned", "instance-manager-node-1-2", "4"),
        (100, "refused", "instance-manager-node-2-2", ""),
        (100, "refused", "backing-image-manager-node-1-1-2", ""),
        (130, "released", "backing-image-manager-node-1-1-1", "3"),
        (130, "assigned", "backing-image-manager-node-1-1-2", "3"),
    ]
    assert (run.stalled, run.missing) == (True, ("longhorn-system/instance-manager-node-2-2",))
    assert (len(run.failures), run.recovered) == (2, 1)
    assert run.first_failure is not None
    assert run.first_failure.message.startswith("Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.15.254 / ")
    heals = simulate(tight, TWO, Scenario(steps=scenario.steps), exclude=exclude, profile="consolidated")
    assert (heals.stalled, heals.exhausted) == (False, True)


def test_transfers_second_by_second() -> None:
    """A transfer that waits runs its full time once it has its address."""
    tight, exclude = room_for(1)
    none = Cluster.uniform(nodes=0, disks=0)
    run = simulate(tight, none, [Apply(), TransferImages(at=10, count=2, duration=60, spacing=5)], exclude=exclude)
    assert logged(run) == [
        (10, "assigned", "backing-image-ds-1-1", "1"),
        (15, "refused", "backing-image-ds-2-1", ""),
        (70, "released", "backing-image-ds-1-1", "1"),
        (70, "assigned", "backing-image-ds-2-1", "1"),
        (130, "released", "backing-image-ds-2-1", "1"),
    ]


def test_crossing_the_consolidation_has_three_managers_a_node() -> None:
    """Longhorn 1.4 to 1.5: engine and replica managers stay beside the new one until their node's turn."""
    cluster = Cluster.uniform(nodes=3, disks_per_node=0)
    run = simulate("10.0.0.0/24", cluster, [Apply(), Upgrade(at=HOUR, to="1.2.2")], harvester="1.2.1")
    assert run.peak == 3 * 3
    assert run.used[-1] == 3
    again: list[Step] = [
        Apply(),
        Upgrade(at=HOUR, to="1.3.0"),
        Upgrade(at=DAY, to="1.3.1"),
        Upgrade(at=2 * DAY, to="1.3.2"),
    ]
    assert simulate("10.0.0.0/24", cluster, again, harvester="1.2.2+rwx").peak == 3 * 2 + 3 + 32


def test_the_same_longhorn_doubles_nothing() -> None:
    """1.3.1 and 1.3.2 ship the same Longhorn, so nothing starts anew."""
    run = simulate("10.0.0.0/24", ONE, [Apply(), Upgrade(at=HOUR, to="1.3.2")], harvester="1.3.1")
    assert (run.peak, run.stalled) == (2, False)


def test_an_upgrade_keeps_v2_and_starts_what_is_new() -> None:
    """The V2 data engine's managers stay; consumers the new profile adds start with the upgrade."""
    v2 = Cluster.uniform(nodes=2, disks_per_node=1, v2_data_engine=True)
    run = simulate("10.0.0.0/24", v2, [Apply(), Upgrade(at=HOUR, to="1.6.1")], harvester="1.5.0")
    assert run.used[-1] == 2 * 3
    assert run.peak == 2 * 3 + 2 * 2


def test_lost_nodes_leave_leases_until_the_reconciler() -> None:
    """A lost node's leases stay until 04:30, and its pods take new ones when it is back."""
    cluster = Cluster.uniform(nodes=2, disks_per_node=1)
    steps: list[Step] = [Apply(), LoseNode(at=DAY, node="node-1"), RecoverNode(at=3 * DAY, node="node-1")]
    run = simulate("10.0.0.0/27", cluster, steps)
    reconciled = [entry.at for entry in run.log if entry.verb == "reconciled"]
    assert reconciled == [DAY + 4 * HOUR + 30 * 60] * 3
    assert [(at, verb) for at, verb, name, _ in logged(run) if name == "node-1"] == [
        (DAY, "lost"),
        (3 * DAY, "recovered"),
    ]
    assert (run.used[-1], run.leaked) == (6, ())
    forgetful = simulate("10.0.0.0/27", cluster, Scenario(steps=steps[:2], reconciler=False))
    assert (forgetful.used[-1], len(forgetful.leaked)) == (6, 3)
    soon: list[Step] = [Apply(), LoseNode(at=5 * HOUR, node="node-2"), RecoverNode(at=6 * HOUR, node="node-2")]
    assert simulate("10.0.0.0/27", cluster, soon).peak == 6
    assert simulate("10.0.0.0/27", cluster, soon, harvester="1.2.0").peak == 6 + 3


def test_a_node_lost_in_an_upgrade_holds_its_gate() -> None:
    """The gate waits for the lost node's new manager, and opens when it is back."""
    cluster = Cluster.uniform(nodes=2, disks_per_node=0)
    lost: list[Step] = [Apply(), LoseNode(at=50, node="node-2"), Upgrade(at=100)]
    assert simulate("10.0.0.0/27", cluster, lost).stalled
    back = simulate("10.0.0.0/27", cluster, [*lost, RecoverNode(at=500, node="node-2")])
    assert [one.opened for one in back.upgrades] == [500]
    tight, exclude = room_for(5)
    late = (Apply(), Upgrade(at=100), LoseNode(at=200, node="node-1"), RemoveNodes(at=300, nodes=["node-1"]))
    run = simulate(tight, cluster, Scenario(steps=late, retry="worst"), exclude=exclude)
    assert [one.opened for one in run.upgrades] == [4 * HOUR + 30 * 60]


def test_what_ends_on_a_lost_node_does_not_come_back() -> None:
    """A manager that ended while its node was lost is not started when the node is back."""
    steps: list[Step] = [Apply(), Upgrade(at=100), LoseNode(at=110, node="node-1"), RecoverNode(at=DAY, node="node-1")]
    run = simulate("10.0.0.0/27", ONE, steps, profile="consolidated")
    assert sorted(lease.podref for lease in run.pool.leases) == [
        "longhorn-system/backing-image-manager-node-1-1-2",
        "longhorn-system/instance-manager-node-1-2",
    ]


def test_removed_nodes_give_back_everything() -> None:
    """A drained node's pods end, waiting ones too, and a gate no longer waits for them."""
    cluster = Cluster.uniform(nodes=2, disks_per_node=1)
    tight, exclude = room_for(7)
    steps: list[Step] = [Apply(), Upgrade(at=100), RemoveNodes(at=200, nodes=["node-2"])]
    run = simulate(tight, cluster, Scenario(steps=steps, retry="worst"), exclude=exclude)
    assert [one.opened for one in run.upgrades] == [200]
    assert run.used[-1] == 3
    before = simulate("10.0.0.0/27", cluster, [RemoveNodes(at=1, nodes=["node-2"]), Apply(at=2)])
    assert before.used[-1] == 3


def test_restarts_keep_the_address_or_take_another() -> None:
    """From Whereabouts 0.8 on a restarted pod keeps its address; before, it takes another first."""
    run = simulate("10.0.0.0/29", ONE, [Apply(), RestartPods(at=60)], harvester="1.6.1")
    assert run.peak == 2
    assert [lease.container_id for lease in run.pool.leases] == ["sandbox-3", "sandbox-4"]
    old = simulate("10.0.0.0/29", ONE, [Apply(), RestartPods(at=60, kind="instance-manager")], harvester="1.2.2")
    assert (old.peak, old.used[-1]) == (3, 2)
    tight, exclude = room_for(2)
    full = simulate(tight, ONE, [Apply(), RestartPods(at=60)], exclude=exclude, harvester="1.2.2")
    assert (len(full.failures), full.recovered, full.waiting[-1]) == (1, 1, 0)


def test_growing_disks_and_nodes() -> None:
    """Disks and nodes that are added start their pods; before the setting is applied nothing starts."""
    steps: list[Step] = [
        AddDisks(at=0, disks=1),
        AddNodes(at=0, count=1, disks=0),
        Apply(at=1),
        AddDisks(at=2, disks=2, nodes=["node-1"]),
        AddNodes(at=3, count=2, v2_data_engine=True),
    ]
    run = simulate("10.0.0.0/24", ONE, steps, profile="consolidated")
    assert list(zip(run.times, run.used, strict=True)) == [(0, 0), (1, 4), (2, 6), (3, 6 + 2 * (1 + 4 + 1))]


def test_a_profile_of_ones_own_lives_too() -> None:
    """Any steady, floor and versions, any number of addresses, per any thing."""
    own = Profile(
        "own",
        [
            Consumer("Many (hands)", "node", versions=4, floor=3, steady=2, source="here", addresses_each=2),
            Consumer("gate", "cluster", versions=2, floor=2, steady=1, source="here"),
        ],
    )
    cluster = Cluster.uniform(nodes=2, disks_per_node=1)
    need = demand(cluster, own)
    run = simulate("10.0.0.0/24", cluster, profile=own)
    assert (run.peak, run.used[-1]) == (need.required, need.steady)
    assert run.log[0].subject == "longhorn-system/many-hands-node-1-1"


def test_growth_runs_dry_on_the_predicted_day() -> None:
    """With 32 addresses left and 4 a node, the ninth of twelve yearly nodes is the first to find no address."""
    example = Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    run = simulate("10.0.0.0/26", example, "growth")
    assert run.first_failure is not None
    assert run.first_failure.at == 365 * DAY * 9 // 12
    assert growth(example, nodes=2, until="10d").steps[-1].at == 11 * DAY
    with pytest.raises(BadInput, match="^nodes -1 is negative"):
        growth(example, nodes=-1)
    with pytest.raises(BadInput, match="^until "):
        growth(example, until="soon")


def test_a_named_node_keeps_its_name() -> None:
    """Nodes that have a name are named by it."""
    cluster = Cluster([Node(disks=0, name="big"), Node(disks=0)])
    run = simulate("10.0.0.0/24", cluster, [Apply(), RemoveNodes(at=5, nodes=["big"])])
    assert [lease.podref for lease in run.pool.leases] == [
        "longhorn-system/instance-manager-e-node-1-1",
        "longhorn-system/instance-manager-r-node-1-1",
    ]


def test_no_two_nodes_share_a_name() -> None:
    """A nameless node never takes a name that another has, and names with dashes stay apart."""
    for nodes in (
        [Node(disks=2, name="node-2"), Node(disks=2), Node(disks=2, name="node-1")],
        [Node(disks=2, name="a--b"), Node(disks=2, name="a-b")],
    ):
        cluster = Cluster(nodes)
        assert simulate("10.0.0.0/24", cluster).peak == demand(cluster).required
    run = simulate("10.0.0.0/24", Cluster([Node(disks=2, name="node-2")]), [Apply(), AddNodes(at=1), AddNodes(at=2)])
    assert run.used == (4, 8, 12)


def test_profiles_that_cannot_live_are_refused() -> None:
    """Consumers whose pods would share names, and transfers that outlive themselves, are refused by name."""

    def manager(pod: str, per: str) -> Consumer:
        return Consumer(pod, per, versions=2, floor=2, steady=1, source="here")

    twins = Profile("twins", [manager("x y", "node"), manager("x-y", "node")])
    with pytest.raises(BadInput, match="profile 'twins' has consumers whose pods would have the same names"):
        simulate("10.0.0.0/24", ONE, profile=twins)
    lasting = Profile("lasting", [manager("x", "image")])
    with pytest.raises(BadInput, match="consumer x is one per image, with steady=1, floor=2, versions=2"):
        simulate("10.0.0.0/24", ONE, profile=lasting)


def test_the_peak_is_the_most_within_a_second() -> None:
    """What comes and goes in the same second counts."""
    run = simulate("10.0.0.0/24", ONE, [Apply(), Upgrade(at=5, node_duration=0)])
    assert (run.peak, run.used[-1]) == (3 + 3, 3)


def test_what_began_first_ends_first() -> None:
    """Transfers that end in the same second end in the order in which they began."""
    run = simulate("10.0.0.0/24", ONE, [Apply(), TransferImages(at=HOUR, count=3)])
    later = [(entry.verb, entry.subject) for entry in run.log if entry.at >= HOUR]
    began, ended = ([name for verb, name in later if verb == wanted] for wanted in ("assigned", "released"))
    assert began == ended != []


@pytest.mark.parametrize(("late", "waits"), [(-1, 0), (0, 0), (1, DAY)])
def test_the_reconciler_runs_in_the_second_it_is_due(late: int, waits: int) -> None:
    """A node lost up to 04:30:00 is reconciled then, later one a day later; releases without a reconciler never do."""
    lost = LoseNode(at=RECONCILED_AT + late, node="node-1")
    run = simulate("10.0.0.0/24", ONE, [Apply(), lost])
    assert {entry.at for entry in run.log if entry.verb == "reconciled"} == {RECONCILED_AT + waits}
    old = simulate("10.0.0.0/24", ONE, [Apply(), lost], harvester="1.1.0")
    assert len(old.leaked) == 3


def test_the_reconciler_of_a_release_runs_from_its_first_second_on() -> None:
    """An upgrade at 04:30:00 brings a reconciler that runs then, for what its predecessor left."""
    steps: list[Step] = [Apply(), LoseNode(at=5, node="node-1"), Upgrade(at=RECONCILED_AT, to="1.2.0")]
    run = simulate("10.0.0.0/24", ONE, steps, harvester="1.1.0")
    assert {entry.at for entry in run.log if entry.verb == "reconciled"} == {RECONCILED_AT}


def test_the_last_second_of_a_run_counts() -> None:
    """A step in the very second of the horizon happens."""
    assert simulate("10.0.0.0/24", ONE, [Apply(), AddNodes(at=HOUR)], horizon=HOUR).used == (3, 6)


def test_who_comes_back_waits_at_the_end() -> None:
    """A pod that waited, was lost and is back has no claim on its old place."""
    cluster = Cluster([Node(disks=0, name=name) for name in ("z", "a", "b")])
    back = RecoverNode(at=20, node="a")
    steps: list[Step] = [Apply(), LoseNode(at=10, node="a"), back, RemoveNodes(at=30, nodes=["z"])]
    run = simulate("10.0.0.0/30", cluster, steps, profile="consolidated", exclude=["10.0.0.2"])
    assert [lease.podref for lease in run.pool.leases] == ["longhorn-system/instance-manager-b-1"]


def test_a_named_scenario_may_be_run_by_other_rules() -> None:
    """retry and horizon replace a scenario's own."""
    assert simulate("10.0.0.0/24", ONE, "upgrade", horizon=3 * DAY).horizon == 3 * DAY
    fair = simulate("10.0.0.0/24", ONE, ready("worst-case", ONE), retry="fifo")
    assert fair.scenario.retry == "fifo"
    with pytest.raises(BadInput, match="retry 'bogus' is unknown"):
        simulate("10.0.0.0/24", ONE, "upgrade", retry="bogus")  # type: ignore[arg-type]


def test_a_pool_brings_its_own_range() -> None:
    """A pool goes with its own range or none, and excludes are its own."""
    pool = Pool("10.0.0.0/28")
    assert simulate("10.0.0.0/28", ONE, [Apply()], pool=pool).peak == 3
    with pytest.raises(BadInput, match="range '10.1.0.0/28' is not the pool's, 10.0.0.0/28"):
        simulate("10.1.0.0/28", ONE, [Apply()], pool=pool)
    with pytest.raises(BadInput, match="exclude .* does not go with a pool"):
        simulate(None, ONE, [Apply()], pool=pool, exclude=["10.0.0.1"])
    with pytest.raises(BadInput, match="pool 3 is no Pool"):
        simulate(None, ONE, [Apply()], pool=3)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="range is missing; give a range, or a pool"):
        simulate(None, ONE, [Apply()])


@given(st.integers(1, 10**9))
def test_a_year_of_any_size(nodes: int) -> None:
    """The upgrades of a year never run into each other, however many nodes there are."""
    steps = ready("year", Cluster.uniform(nodes=nodes, disks_per_node=0)).steps
    first, second = (step for step in steps if isinstance(step, Upgrade))
    assert first.at + (nodes + 12) * (first.node_duration + first.pause) <= second.at


def test_starting_from_leases_there_are() -> None:
    """A run may start from a pool: its pods keep their names, and what nobody takes over is stale."""
    pool = Pool("10.0.0.0/28")
    pool.assign("longhorn-system/instance-manager-abc", "c1")
    pool.assign("longhorn-system/backing-image-manager-def", "c2")
    pool.assign("longhorn-system/instance-manager-gone", "c3")
    pool.assign("default/other", "c4")
    run = simulate("10.0.0.0/28", ONE, [Apply(), Upgrade(at=DAY)], profile="consolidated", pool=pool)
    assert [entry.verb for entry in run.log[:2]] == ["adopted", "adopted"]
    assert [entry.subject for entry in run.log if entry.verb == "reconciled"] == [
        "longhorn-system/instance-manager-gone",
        "default/other",
    ]
    assert run.used[-1] == 2


def test_pods_without_a_lease_to_take_over_ask_for_one() -> None:
    """Where the pool has no lease of a pod's kind, the pod gets an address like any other."""
    pool = Pool("10.0.0.0/28")
    pool.assign("longhorn-system/instance-manager-abc", "c1")
    run = simulate("10.0.0.0/28", ONE, [Apply(), TransferImages(at=0, count=1)], profile="consolidated", pool=pool)
    assert [entry.verb for entry in run.log[:3]] == ["adopted", "assigned", "assigned"]


def test_transfers_that_end_take_over_their_leases_too() -> None:
    """A transfer under way keeps its address until it ends, and leaves nothing behind."""
    pool = Pool("10.0.0.0/28")
    pool.assign("longhorn-system/backing-image-ds-abc", "c1")
    steps = [TransferImages(at=0, count=2, duration="1h")]
    run = simulate("10.0.0.0/28", ONE, steps, pool=pool, horizon="2h")
    assert [(entry.at, entry.verb) for entry in run.log] == [(0, "adopted"), (0, "assigned"), *[(3600, "released")] * 2]
    assert (run.leases, run.leaked) == ((), ())


def test_every_ready_scenario_is_known() -> None:
    """Ready scenarios are found by name, and a misspelt one gets the nearest."""
    assert [ready(name, ONE).name for name in SCENARIOS] == list(SCENARIOS)
    assert len(ready("year", Cluster([])).steps) + 2 == len(ready("year", ONE).steps)
    with pytest.raises(BadInput, match="scenario 'worstcase' is unknown; did you mean 'worst-case'"):
        simulate("10.0.0.0/24", ONE, "worstcase")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([Apply(), Apply()], r"step 2 .apply.: apply is there already; apply the setting once"),
        (
            [RemoveNodes(at=1, nodes=["node-9"])],
            r"step 1 .remove-nodes.: node 'node-9' is not in the cluster",
        ),
        (
            [RemoveNodes(at=1, nodes=["node-1"]), RemoveNodes(at=2, nodes=["node-1"])],
            r"step 2 .remove-nodes.: node 'node-1' is not in the cluster",
        ),
        ([LoseNode(at=1, node="node-1")] * 2, r"step 2 .lose-node.: node 'node-1' is lost already"),
        ([RecoverNode(at=1, node="node-1")], r"step 1 .recover-node.: node 'node-1' is not lost"),
        ([AddDisks(at=1, nodes=["x"])], r"step 1 .add-disks.: node 'x' is not in the cluster"),
        (
            [Upgrade(at=0), Upgrade(at=60)],
            r"step 2 .upgrade.: at 60 falls into the upgrade before it; begin at 1800 seconds or later",
        ),
        ([Upgrade(at=0, to="0.9")], r"step 1 .upgrade.: to: harvester '0.9' is not a known release"),
        ([Upgrade(at=0, to="1.6.0")], r"step 1 .upgrade.: to '1.6.0' is older than 1.6.1"),
        ([TransferImages(at=0, count=10**9)], r"step 1 .transfer-images.: count 1000000000 makes too many pods"),
        ([AddNodes(at=0, count=10**9)], r"step 1 .add-nodes.: count 5000000000 makes too many pods"),
        ([AddDisks(at=0, disks=10**9)], r"step 1 .add-disks.: disks 2000000000 makes too many pods"),
        ([5], "step 1 5 is no step; use one of apply, transfer-images"),
        (5, "steps 5 is not a list"),
    ],
)
def test_steps_that_cannot_follow_are_refused(steps: list[Step], message: str) -> None:
    """A step that cannot be is refused with its number, the field and the fix."""
    with pytest.raises(BadInput, match=message):
        simulate("10.0.0.0/24", ONE, steps, harvester="1.6.1")


def test_runs_that_are_too_large_or_too_short_are_refused() -> None:
    """A horizon before the end, and a cluster too large to follow, are refused by name."""
    with pytest.raises(BadInput, match="horizon 50 is before the last step is done; use 1900 seconds or more"):
        simulate("10.0.0.0/24", ONE, [Apply(), Upgrade(at=100)], horizon=50)
    with pytest.raises(BadInput, match="cluster .* makes too many pods to follow; simulate at most 1000000"):
        simulate("10.0.0.0/24", Cluster.uniform(nodes=10**40, disks_per_node=1))
    exact = simulate("10.0.0.0/24", ONE, [Apply(), Upgrade(at=100)], horizon=1900)
    assert exact.horizon == 1900
    short = simulate("10.0.0.0/24", ONE, [Apply(), Upgrade(at=100, node_duration=10)], horizon=110)
    assert (short.times[-1], short.used[-1]) == (110, 4)


@pytest.mark.parametrize(
    ("make", "fields", "message"),
    [
        (Apply, {"at": -1}, "at -1 is negative"),
        (Apply, {"at": "noon"}, "at 'noon' is no duration; write it like 30d, 12h, 45m, 90s or 1d12h"),
        (Apply, {"at": ""}, "at '' is no duration"),
        (Apply, {"at": 1.5}, "at 1.5 is a fraction"),
        (TransferImages, {"at": 0, "count": True}, "count True is a boolean"),
        (TransferImages, {"at": 0, "count": 1, "duration": "x"}, "duration 'x' is no duration"),
        (AddNodes, {"at": 0, "disks": -1}, "disks -1 is negative"),
        (AddNodes, {"at": 0, "v2_data_engine": 1}, "v2_data_engine 1 is neither true nor false"),
        (LoseNode, {"at": 0, "node": ""}, "node '' is no text"),
        (RemoveNodes, {"at": 0, "nodes": 5}, "nodes 5 is not a list"),
        (RemoveNodes, {"at": 0, "nodes": None}, "nodes None is not a list"),
        (AddDisks, {"at": 0, "nodes": [[1]]}, "nodes .* is no text"),
        (Upgrade, {"at": 0, "to": 5}, "to 5 is no text"),
        (Upgrade, {"at": 0, "pause": -1}, "pause -1 is negative"),
        (Upgrade, {"at": 0, "node_duration": "x"}, "node_duration 'x' is no duration"),
        (TransferImages, {"at": 0, "count": 1, "spacing": None}, "spacing None is not a whole number"),
        (Scenario, {"steps": [], "horizon": True}, "horizon True is a boolean"),
        (Apply, {"at": "40000d"}, "at 3456000000 is more than a century; give at most 36500d"),
        (Scenario, {"steps": [], "name": ""}, "name '' is no text"),
        (RestartPods, {"at": 0, "kind": "manager"}, "kind 'manager' is unknown"),
        (Scenario, {"steps": [], "retry": "best"}, "retry 'best' is unknown"),
        (Scenario, {"steps": [], "reconciler": None}, "reconciler None is neither true nor false"),
    ],
)
def test_steps_hold_what_a_step_can_hold(make: Callable[..., object], fields: Fields, message: str) -> None:
    """A field of the wrong kind is refused by its name."""
    with pytest.raises(BadInput, match=message):
        make(**fields)


def test_simulations_print_well() -> None:
    """A run has a short repr, a story, and the contract's keys for JSON."""
    example = Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    run = simulate("172.16.0.0/27", example)
    assert repr(run) == "Simulation(172.16.0.0/27, peak=30 of 30, exhausted, stalled)"
    data = run.to_dict()
    assert list(data) == ["range", "usable", "peak", "exhausted", "stalled", "first_failure", "timeline"]
    assert list(data["first_failure"]) == ["at", "pod", "message"]
    assert simulate("172.16.0.0/26", example).to_dict()["first_failure"] is None
    assert time_text(run.story()[-1][0]) == "day 1 03:30:00"


def test_a_run_tells_its_story() -> None:
    """Steps, gates, last nodes, the first refusal and the end come in order of time, with the figures after each."""
    calm = simulate("10.0.0.0/29", ONE, (Apply(), Upgrade(at=100, node_duration=1000)), profile="consolidated")
    assert calm.story() == [
        (0, "the setting is applied", 2, 0),
        (100, "an upgrade begins", 4, 0),
        (100, "the upgrade's gate opens", 4, 0),
        (1100, "the last node is upgraded", 2, 0),
        (1100 + DAY, "the run ends", 2, 0),
    ]
    tight = simulate("10.0.0.0/30", ONE, [Apply()], profile="classic")
    assert tight.story()[1] == (0, "longhorn-system/backing-image-manager-node-1-1-1 is refused", 2, 1)


def test_every_step_has_a_sentence() -> None:
    """Each step can say in words what it is."""
    steps: list[Step] = [
        Apply(),
        TransferImages(at=0, count=2),
        AddNodes(at=0, count=2),
        RemoveNodes(at=0, nodes=["a", "b"]),
        AddDisks(at=0, nodes=["a"]),
        Upgrade(at=0, to="1.6.1"),
        LoseNode(at=0, node="a"),
        RecoverNode(at=0, node="a"),
        RestartPods(at=0),
    ]
    assert [step.sentence for step in steps] == [
        "the setting is applied",
        "2 image transfers at once",
        "2 nodes join",
        "a, b leave",
        "1 disk more on a",
        "an upgrade to 1.6.1 begins",
        "a is lost",
        "a is back",
        "all pods restart",
    ]


# Runs are values


def test_the_callers_pool_is_left_as_it_is() -> None:
    """Three runs in a row from one pool are equal, and the pool has the leases it had."""
    pool = Pool("10.0.0.0/28", ["10.0.0.1"], "10.0.0.2", "10.0.0.12")
    pool.assign("longhorn-system/instance-manager-abc", "c1")
    pool.assign("default/other", "c2")
    before = pool.allocations
    first, *others = [simulate(None, ONE, pool=pool) for _ in range(3)]
    assert others == [first, first]
    assert pool.allocations == before
    assert first.configuration == pool.configuration


def test_the_pool_at_the_end_is_a_new_one_each_time() -> None:
    """What is done to `pool` afterwards changes neither the run nor the next pool."""
    run = simulate("10.0.0.0/28", ONE, [Apply()])
    used = run.pool.used
    run.pool.assign("default/a", "c")
    taken = run.pool
    taken.assign("default/b", "c")
    assert (run.pool.used, taken.used, len(run.leases)) == (used, used + 1, used)


def test_a_run_is_a_value() -> None:
    """A run is equal to its like, hashable, and of unchangeable parts."""
    one, like, other = (simulate("10.0.0.0/28", ONE, horizon=end) for end in (DAY, DAY, DAY + 1))
    assert one == like
    assert one != other
    assert len({one, like, other}) == 2
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.upgrades[0].opened = 5  # type: ignore[misc]
    assert all(isinstance(getattr(one, field.name), tuple | int | str) for field in attrs.fields(Simulation)[2:])


def test_what_a_run_derives_follows_evolve() -> None:
    """Capacity, spare, the words of a refusal, counts and texts are read from the parts, never kept beside them."""
    run = simulate("10.0.0.0/30", ONE)
    assert run.first_failure is not None
    wider = attrs.evolve(run, configuration=attrs.evolve(run.configuration, range="10.9.0.0/24", whereabouts="0.6.2"))
    assert (wider.capacity, wider.spare, str(wider.range)) == (254, 252, "10.9.0.0/24")
    assert wider.first_failure is not None
    assert wider.first_failure.message.startswith(
        "Could not allocate IP in range: ip: 10.9.0.1 / - 10.9.0.254 / range: net"
    )
    assert wider.to_dict()["range"] == "10.9.0.0/24"
    quiet = attrs.evolve(run, log=(), upgrades=())
    assert (quiet.exhausted, quiet.stalled, quiet.recovered, quiet.first_failure) == (False, False, 0, None)
    assert repr(quiet) == "Simulation(10.0.0.0/30, peak=2 of 2)"
    assert attrs.evolve(run, moments=run.moments[:1]).times == run.times[:1]
    transfers = attrs.evolve(TransferImages(at=0, count=2), count=5)
    assert transfers.sentence == "5 image transfers at once"


def test_the_range_is_told_without_its_excludes() -> None:
    """JSON and repr have the CIDR alone; `range` knows the excludes."""
    run = simulate("10.0.0.0/28", ONE, exclude=["10.0.0.1"])
    assert run.range == AddressRange("10.0.0.0/28", ["10.0.0.1"])
    assert run.to_dict()["range"] == "10.0.0.0/28"
    assert repr(run).startswith("Simulation(10.0.0.0/28, ")


# The release's Whereabouts


@pytest.mark.parametrize(
    ("harvester", "whereabouts", "words"),
    [
        ("1.2.1", "0.6.2", "range: net.IPNet"),
        ("1.2.2", "0.6.3", "excludeRanges: []"),
        (None, "0.9.4", "excludeRanges: []"),
    ],
)
def test_a_run_speaks_like_the_releases_whereabouts(harvester: str | None, whereabouts: str, words: str) -> None:
    """The words of a refusal are those of the Whereabouts that the release ships; without one, of the newest."""
    run = simulate("10.0.0.0/30", ONE, harvester=harvester)
    assert run.configuration.whereabouts == whereabouts
    assert run.first_failure is not None
    assert words in run.first_failure.message


def test_a_release_decides_over_the_pools_own() -> None:
    """A pool runs by its own Whereabouts, unless a Harvester release is given."""
    pool = Pool("10.0.0.0/28", whereabouts="0.7.0")
    assert simulate(None, ONE, pool=pool).configuration.whereabouts == "0.7.0"
    assert simulate(None, ONE, pool=pool, harvester="1.6.1").configuration.whereabouts == "0.8.0"
    assert pool.whereabouts == "0.7.0"


def test_a_restart_meets_the_border_of_0_8() -> None:
    """Harvester 1.4.3 ships 0.7.0, where a restarted pod takes another address first; 1.5.0 ships 0.8.0."""
    steps: list[Step] = [Apply(), RestartPods(at=60, kind="instance-manager")]
    assert simulate("10.0.0.0/29", ONE, steps, harvester="1.4.3").peak == 3
    assert simulate("10.0.0.0/29", ONE, steps, harvester="1.5.0").peak == 2


def test_the_reconciler_comes_with_0_6() -> None:
    """Whereabouts 0.5.4 has no reconciler, 0.6.1 has one."""
    steps: list[Step] = [Apply(), LoseNode(at=5, node="node-1")]
    assert len(simulate("10.0.0.0/24", ONE, steps, harvester="1.1.1").leaked) == 3
    assert simulate("10.0.0.0/24", ONE, steps, harvester="1.1.2").leaked == ()


def test_an_exclude_that_crashes_the_release_is_refused() -> None:
    """A bare exclude stops a run on a release that cannot read it."""
    with pytest.raises(BadInput, match="exclude '10.0.0.1' crashes Whereabouts 0.6.2 on every add"):
        simulate("10.0.0.0/24", ONE, harvester="1.2.1", exclude=["10.0.0.1"])


def test_a_newer_release_leaves_a_note() -> None:
    """A release that no table knows is run as the newest, and the run says so."""
    assert simulate("10.0.0.0/24", ONE, harvester="9.0.0").notes != ()
    assert simulate("10.0.0.0/24", ONE).notes == ()


# Leases taken over


@pytest.mark.parametrize(("gone_at", "reconciled_at"), [(RECONCILED_AT, RECONCILED_AT), (DAY, DAY + RECONCILED_AT)])
def test_a_lease_without_an_interface_belongs_to_its_pod(gone_at: int, reconciled_at: int) -> None:
    """An old lease that names no interface is not stale while its pod runs; then the reconciler's next run frees it."""
    leases = {"1": {"id": "c1", "podref": "longhorn-system/instance-manager-abc"}}
    pool = Pool("10.0.0.0/28", leases=leases)
    cluster = Cluster.uniform(nodes=1, disks_per_node=0)
    quiet = simulate(None, cluster, [Apply()], pool=pool, profile="consolidated")
    assert (quiet.leaked, len(quiet.leases)) == ((), 1)
    steps: list[Step] = [Apply(), RemoveNodes(at=gone_at, nodes=["node-1"])]
    gone = simulate(None, cluster, steps, pool=pool, profile="consolidated")
    assert logged(gone) == [
        (0, "adopted", "instance-manager-node-1-1", "1"),
        (gone_at, "released", "instance-manager-node-1-1", ""),
        (reconciled_at, "reconciled", "instance-manager-abc", "1"),
    ]


def test_reconciling_frees_no_lease_of_a_running_pod() -> None:
    """Where a stale lease shares a running pod's container id, only the stale one is freed, in every release."""
    name = "longhorn-system/instance-manager-abc"
    leases = {str(n): {"id": "c1", "podref": name, "ifname": f"lhnet{n}"} for n in (1, 2)}
    pool = Pool("10.0.0.0/28", leases=leases, whereabouts="0.8.0")
    run = simulate(None, Cluster.uniform(nodes=1, disks_per_node=0), [Apply()], pool=pool, profile="consolidated")
    assert [(str(lease.address), lease.ifname) for lease in run.leases] == [("10.0.0.1", "lhnet1")]


def test_who_got_an_address_later_is_told_by_pod_and_interface() -> None:
    """A refused interface that never gets an address is not counted as served because its pod's other one is."""
    own = Profile("own", [Consumer("pair", "node", versions=1, floor=1, steady=1, source="here", addresses_each=2)])
    tight, exclude = room_for(1)
    one = Cluster.uniform(nodes=1, disks_per_node=0)
    run = simulate(tight, one, [Apply(), RestartPods(at=60)], exclude=exclude, profile=own)
    assert [(entry.verb, entry.ifname) for entry in run.log] == [
        ("assigned", "lhnet1"),
        ("refused", "lhnet2"),
        ("assigned", "lhnet1"),
    ]
    assert (len(run.failures), run.recovered, run.leases) == (
        1,
        0,
        (Lease(run.leases[0].address, "longhorn-system/pair-node-1-1", "sandbox-3"),),
    )


def test_every_refusal_has_a_code() -> None:
    """A refusal of a step keeps the code of its cause, with the step's number before its field."""
    for steps, code in (
        ([Apply(), Apply()], "impossible-step"),
        ([Upgrade(at=0, to="0.9")], "unknown-name"),
        ([LoseNode(at=0, node="x")], "unknown-name"),
        ([AddNodes(at=0, count=10**9)], "too-many"),
    ):
        with pytest.raises(BadInput, match="^step ") as caught:
            simulate("10.0.0.0/24", ONE, steps)
        assert caught.value.code == code


def test_a_removed_cluster_has_no_node_to_name() -> None:
    """Where no node is left, the refusal says so."""
    steps: list[Step] = [RemoveNodes(at=0, nodes=["node-1"]), LoseNode(at=1, node="node-1")]
    with pytest.raises(BadInput, match="node 'node-1' is not in the cluster; there is none"):
        simulate("10.0.0.0/24", ONE, steps)
