"""From steps to events of named pods.

Rules: `expand` walks the steps in order of time, then of writing, keeps the site as the steps make it, and refuses a
step that cannot follow. What depends on addresses (who waits, when a gate opens) is the timeline's part.

An upgrade [C longhorn-manager controllers; harvester#10231]: the pods that live twice until their node's turn
(instance managers) start anew on every node at once; those that overlap briefly (backing-image-managers) are replaced;
a gate waits until all the new instance managers have an address; then the nodes take their turns, and a node's old
instance managers end with its turn. The gate is a loop in the new release's upgrade script: which pods it looks at, and
that it passes over the smallest clusters, are rows of `releases.CHANGES`. The V2 data engine's manager is stopped and
started anew, one at a time; where RWX volumes are served, the upgrade itself is one more, from Harvester 1.7 on. A
release with the same Longhorn doubles nothing [I]. Steps are planned as if every
gate opened at once: an upgrade that is to begin while one before it still waits begins all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import attrs

from sn_planner.engine.simulation.site import SimulatedPod, Site, Unit, afford, slug
from sn_planner.engine.simulation.steps import (
    STEP_NAMES,
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
from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import with_repository, with_v2
from sn_planner.model.durations import DAY
from sn_planner.model.pods import UPGRADE_REPOSITORY, Consumer
from sn_planner.model.profiles import Profile, things_of
from sn_planner.model.releases import (
    GATE_LOOKS_AT_ALL,
    GATE_LOOKS_AT_V2,
    Release,
    applies,
    release,
    version,
    waits_for_managers,
)

OVERLAP = 30  # termination grace of a backing-image-manager [C longhorn-manager] [seconds]
ORDER = {
    "release": "what an upgrade brings is there from its first second on",
    "stop": "an address is free before somebody asks for it",
    "reconcile": "the same, a moment later: the reconciler sees what has stopped",
    "lose": "what happens to a node of this step happens before",
    "drain": "its pods are started",
    "recover": "and to pods that are there",
    "restart": "before new ones come",
    "start": "pods ask for addresses",
    "gate": "and only then is looked at those it waits for",
}
"""The verbs in the order in which those of one step, and of one second, happen, each with the reason."""
_RANK = {verb: rank for rank, verb in enumerate(ORDER)}
_REPLICAS = "/instance-manager-r-"


class Gate(NamedTuple):
    """What an upgrade waits for: new pods; and the pods that end a while after it opened [seconds]."""

    pods: tuple[SimulatedPod, ...]
    ends: tuple[tuple[int, SimulatedPod], ...]


class TimedEvent(NamedTuple):
    """At a time [seconds] something happens to a pod, to the pods of a node or kind, or at a gate.

    `turn` is the place of its step among all, from 1 on; 0 for what comes of an earlier second.
    """

    at: int
    verb: str
    subject: SimulatedPod | Gate | str
    turn: int = 0

    def order(self) -> tuple[int, int, int]:
        """By this events are ordered: by time; what is due by itself before the steps, in their order; by verb."""
        return self.at, self.turn, _RANK[self.verb]


class Expansion(NamedTuple):
    """What a scenario means: the events in order, the end of the run [seconds], and notes on the releases it names."""

    events: list[TimedEvent]
    end: int
    notes: tuple[str, ...]


def expand(scenario: Scenario, cluster: Cluster, profile: Profile, release: Release | None = None) -> Expansion:
    """The events of a scenario on a cluster, in order, the end of the run [seconds], and notes on its releases.

    `release` is what the cluster runs before the first step (None: not known). Raises BadInput, with the step's number,
    for a step that cannot follow those before it; for a horizon before the last step is done; for a profile whose pods
    cannot be told apart; and for a run of more than MOST_PODS pods.
    """
    site = Site(with_v2(profile, release) if cluster.v2_nodes else profile, release, cluster)
    _can_live(site.profile)
    things = things_of(cluster)
    afford(
        "cluster", sum(things[one.per] * max(one.addresses_each * one.versions, 1) for one in site.profile.consumers)
    )
    for node in cluster.storage:
        site.join(node.count, node.disks, node.v2_data_engine, node.name)
    events: list[TimedEvent] = []
    in_time = sorted(enumerate(scenario.steps, 1), key=lambda pair: pair[1].at)
    for turn, (number, step) in enumerate(in_time, 1):
        place = f"step {number} ({STEP_NAMES[type(step)]})"
        with within(place):
            events += (
                one._replace(turn=turn) if one.at == step.at else one for one in _EXPANSIONS[type(step)](site, step)
            )
        site.end = max(site.end, step.at)
    events.sort(key=TimedEvent.order)
    return Expansion(events, _horizon(scenario, site.end), tuple(dict.fromkeys(site.notes)))


def _most_pods(profile: Profile, things: Mapping[str, int]) -> int:
    """How many pods things have at most, an interface each, and how many nodes there are to keep [pods]."""
    taken = (max(one.addresses_each * one.versions, 1) * things.get(one.per, 0) for one in profile.consumers)
    return things.get("node", 0) + sum(taken)


def _can_live(profile: Profile) -> None:
    """Refuses a profile whose pods could not be told apart, or whose transfers would outlive themselves."""
    slugs = [slug(consumer.pod) for consumer in profile.consumers]
    if len(set(slugs)) < len(slugs):
        problem = "has consumers whose pods would have the same names"
        raise BadInput("profile", profile.name, problem, "name their pods apart", "duplicate")
    for one in profile.consumers:
        if one.per == "image" and (one.steady or one.floor != one.versions):
            problem = f"is one per image, with steady={one.steady}, floor={one.floor}, versions={one.versions}"
            fix = "a transfer's pods run while it does: steady is 0, and floor as many as versions"
            raise BadInput(f"consumer {one.pod}", ABSENT, problem, fix, "conflict")


def _horizon(scenario: Scenario, end: int) -> int:
    if scenario.horizon is None:
        return end + DAY
    if scenario.horizon < end:
        fix = f"use {end} seconds or more"
        raise BadInput("horizon", scenario.horizon, "is before the last step is done", fix, "out-of-bounds")
    return scenario.horizon


def _apply(site: Site, step: Apply) -> Iterator[TimedEvent]:
    if site.applied:
        raise BadInput("apply", ABSENT, "is there already", "apply the setting once", "impossible-step")
    site.applied = True
    for consumer in site.profile.consumers:
        units = [*site.settle((consumer,), site.nodes), *_shared(site, consumer)]
        yield from (TimedEvent(step.at, "start", pod) for unit in units for pod in site.more(unit, consumer.steady))


def _shared(site: Site, consumer: Consumer) -> Iterator[Unit]:
    """Units of what belongs to no node: RWX volumes, and the cluster itself."""
    if consumer.per in {"rwx-volume", "cluster"}:
        for number in range(1, things_of(site.cluster)[consumer.per] + 1):
            yield site.unit(consumer, f"{number}" if consumer.per == "rwx-volume" else "")


def _transfer(site: Site, step: TransferImages) -> Iterator[TimedEvent]:
    consumers = [consumer for consumer in site.profile.consumers if consumer.per == "image"]
    afford("count", step.count * sum(max(consumer.floor * consumer.addresses_each, 1) for consumer in consumers))
    for place in range(step.count if consumers else 0):
        site.transfers += 1
        for consumer in consumers:
            pods = site.more(Unit(consumer, f"{site.transfers}", ""), consumer.floor, step.duration)
            yield from [TimedEvent(step.at + place * step.spacing, "start", pod) for pod in pods]
    last = step.at + max(step.count - 1, 0) * step.spacing
    site.end = max(site.end, last + (step.duration or 0))


def _add_nodes(site: Site, step: AddNodes) -> Iterator[TimedEvent]:
    largest = max((node.disks for node in site.nodes.values()), default=0)
    disks = largest if step.disks is None else step.disks
    afford("count", _most_pods(site.profile, {"node": step.count, "disk": step.count * disks}))
    if step.v2_data_engine:
        site.profile = with_v2(site.profile, site.release)
    names = site.join(step.count, disks, step.v2_data_engine)
    if site.applied:
        for unit in site.settle(site.profile.consumers, names):
            yield from (TimedEvent(step.at, "start", pod) for pod in site.more(unit, unit.consumer.steady))


def _remove_nodes(site: Site, step: RemoveNodes) -> Iterator[TimedEvent]:
    for name in step.nodes:
        site.node(name)
        del site.nodes[name]
        yield TimedEvent(step.at, "drain", name)


def _add_disks(site: Site, step: AddDisks) -> Iterator[TimedEvent]:
    names = list(site.nodes) if step.nodes is None else list(step.nodes)
    afford("disks", _most_pods(site.profile, {"disk": step.disks * len(names)}))
    for consumer in site.profile.consumers:
        for name in names:
            before = site.node(name).disks
            if consumer.per == "disk" and site.applied:
                for number in range(before + 1, before + step.disks + 1):
                    unit = site.unit(consumer, f"{name}-{number}", name)
                    yield from (TimedEvent(step.at, "start", pod) for pod in site.more(unit, consumer.steady))
    for name in names:
        site.node(name).disks += step.disks


def _upgrade(site: Site, step: Upgrade) -> Iterator[TimedEvent]:
    if step.at < site.upgrading_until:
        problem = "falls into the upgrade before it"
        fix = f"begin at {site.upgrading_until} seconds or later"
        raise BadInput("at", step.at, problem, fix, "impossible-step")
    turn = step.node_duration + step.pause
    turn_ends = {name: place * turn + step.node_duration for place, name in enumerate(site.nodes)}
    turn_ends[""] = max(turn_ends.values(), default=0)
    site.upgrading_until = step.at + len(site.nodes) * turn
    site.end = max(site.end, site.upgrading_until)
    target = _target(site, step)
    renewal = _Renewal()
    if site.applied:
        if target is None:
            _refetch(site, renewal)
        else:
            _renew(site, target, renewal)
    if step.to is not None and site.release is not None:
        yield TimedEvent(step.at, "release", site.release.whereabouts)
    yield from (TimedEvent(step.at, "stop", pod) for pod in renewal.restarted)
    yield from (TimedEvent(step.at, "start", pod) for pod in renewal.started)
    yield from (TimedEvent(step.at + OVERLAP, "stop", pod) for pod in renewal.replaced)
    ends = tuple((turn_ends[pod.node], pod) for pod in renewal.outlived)
    yield TimedEvent(step.at, "gate", Gate(_waited_for(site, renewal), ends))


def _waited_for(site: Site, renewal: _Renewal) -> tuple[SimulatedPod, ...]:
    """The pods that the gate looks at: the script is the new release's, and the smallest clusters are passed over."""
    if not waits_for_managers(len(site.nodes), site.release):
        return ()
    all_of_them = applies(GATE_LOOKS_AT_ALL, site.release)
    return tuple(pod for pod in renewal.started if pod.gated and (all_of_them or _REPLICAS in pod.name))


@attrs.define
class _Renewal:
    """Pods an upgrade starts, stops before, replaces with a short overlap, and keeps until their node's turn."""

    started: list[SimulatedPod] = attrs.field(factory=list)
    restarted: list[SimulatedPod] = attrs.field(factory=list)
    replaced: list[SimulatedPod] = attrs.field(factory=list)
    outlived: list[SimulatedPod] = attrs.field(factory=list)


def _refetch(site: Site, renewal: _Renewal) -> None:
    """What even an upgrade with the same Longhorn starts: its repository."""
    for unit in site.units_there():
        if unit.consumer.pod == UPGRADE_REPOSITORY:
            _double(site, unit, unit.consumer, renewal)


def _renew(site: Site, target: Profile, renewal: _Renewal) -> None:
    """What a new Longhorn starts, replaces and ends."""
    starts_v2_anew = applies(GATE_LOOKS_AT_V2, site.release)
    consumers = {consumer.pod: consumer for consumer in target.consumers}
    for unit in site.units_there():
        if unit.consumer.pod not in consumers:
            renewal.outlived += unit.pods
    site.profile, site.units = target, [unit for unit in site.units if unit.consumer.pod in consumers]
    kept: dict[str, list[Unit]] = {}
    for unit in site.units:
        kept.setdefault(unit.consumer.pod, []).append(unit)
    for pod, consumer in consumers.items():
        for unit in kept.get(pod, ()):
            if consumer.per == "v2-node" and consumer.floor == consumer.steady and starts_v2_anew:
                renewal.restarted += unit.oldest(consumer.steady)
                renewal.started += site.more(unit, consumer.steady)
            _double(site, unit, consumer, renewal)
        if pod not in kept:
            fresh = [*site.settle((consumer,), site.nodes), *_shared(site, consumer)]
            renewal.started += [one for unit in fresh for one in site.more(unit, consumer.steady)]


def _double(site: Site, unit: Unit, consumer: Consumer, renewal: _Renewal) -> None:
    """A unit's second versions: those that stay until the node's turn, and those that overlap briefly."""
    unit.consumer = consumer
    until_turn, briefly = consumer.floor - consumer.steady, consumer.versions - consumer.floor
    renewal.started += site.more(unit, until_turn)
    renewal.outlived += unit.oldest(until_turn)
    renewal.started += site.more(unit, briefly)
    renewal.replaced += unit.oldest(briefly)


def _target(site: Site, step: Upgrade) -> Profile | None:
    """The profile after the upgrade; None where it brings the same Longhorn."""
    if step.to is None:
        return site.profile
    with within("to"):
        before, (after, notes) = site.release, release(step.to)
    if before is not None and version(after.harvester) < version(before.harvester):
        problem = f"is older than {before.harvester}"
        raise BadInput("to", step.to, problem, "upgrade to a newer release", "impossible-step")
    site.release = after
    site.notes += notes
    if before is not None and before.longhorn == after.longhorn:
        return None
    profile = after.profile.sharing_rwx if site.profile.shares_rwx else after.profile
    profile = with_repository(profile, after, site.cluster.rwx_volumes)
    return with_v2(profile, after) if any(node.v2_data_engine for node in site.nodes.values()) else profile


def _lose(site: Site, step: LoseNode) -> Iterator[TimedEvent]:
    node = site.node(step.node)
    if node.lost:
        raise BadInput("node", step.node, "is lost already", "recover it first", "impossible-step")
    node.lost = True
    yield TimedEvent(step.at, "lose", step.node)


def _recover(site: Site, step: RecoverNode) -> Iterator[TimedEvent]:
    node = site.node(step.node)
    if not node.lost:
        raise BadInput("node", step.node, "is not lost", "lose it first", "impossible-step")
    node.lost = False
    yield TimedEvent(step.at, "recover", step.node)


def _restart(_: Site, step: RestartPods) -> Iterator[TimedEvent]:
    yield TimedEvent(step.at, "restart", step.kind or "")


_EXPANSIONS: dict[type[Step], Callable[[Site, Any], Iterable[TimedEvent]]] = {
    Apply: _apply,
    TransferImages: _transfer,
    AddNodes: _add_nodes,
    RemoveNodes: _remove_nodes,
    AddDisks: _add_disks,
    Upgrade: _upgrade,
    LoseNode: _lose,
    RecoverNode: _recover,
    RestartPods: _restart,
}
