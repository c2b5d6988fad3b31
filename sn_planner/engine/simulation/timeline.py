"""Events of named pods through an exact Pool: who gets an address when, who waits, which upgrade never goes on.

Rules: events are ordered by time. Within a second what comes of earlier ones happens first (pods end, the reconciler
runs, the next transfer starts), then the steps, one after the other as they are written, so that each finds the site
that those before it left; within each, verbs in the order of `ORDER`. A pod that is refused waits and is
served as soon as an address is free: first come, first served with "fifo"; with "worst" the pods an upgrade waits for
come after all others. Leases whose pod is gone stay until the reconciler runs, daily at 04:30 UTC [C whereabouts].

Theory: the given events are sorted once. Those that come up on the way (a transfer ends, a gate has opened, the
reconciler is due) wait in a heap under (order, sequence), and a run merges the two: of equal order the given one comes
first, then the one that came up first. This is exact, not sampled: nothing happens between two events, so the figures
change only where an event is. A pod that leaves a queue is not searched for there; its ticket is void, and it is
passed over when its turn comes.

Cost: O(log n) an event for n events that came up, plus the pool's own; memory O(pods + events).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Any, NamedTuple

import attrs

from sn_planner.engine.pool.configuration import PoolExhausted, RangeConfiguration
from sn_planner.engine.pool.leases import Lease, ip
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.engine.simulation.lifecycle import ORDER, Gate, TimedEvent
from sn_planner.engine.simulation.site import SimulatedPod
from sn_planner.engine.simulation.steps import Retry
from sn_planner.model.durations import DAY
from sn_planner.model.pods import pod_kind
from sn_planner.model.releases import RECONCILED_AT, RECONCILES, version

RawEntry = tuple[int, str, str, int | None, str]
"""Time [seconds], verb, pod or node, address as an int, interface."""
Hold = tuple[str, int]
"""What a running pod has: its sandbox's container id and its address as an int."""


class Moment(NamedTuple):
    """From a time on [seconds]: addresses in use [addresses] and pods that wait for one [pods]."""

    at: int
    used: int
    waiting: int


@attrs.frozen
class UpgradeRun:
    """An upgrade: when it began, when its gate opened (None: never), when its last pod was done [seconds].

    `missing` are the pods its gate still waits for at the end of the run.
    """

    began: int
    opened: int | None = None
    done: int | None = None
    missing: tuple[str, ...] = ()


@attrs.define
class _GateWatch:
    """A gate while the run goes on: the pods it still waits for, and when it opened."""

    began: int
    gate: Gate
    pending: dict[SimulatedPod, None]
    opened: int | None = None

    def outcome(self) -> UpgradeRun:
        """What the run tells of it."""
        if self.opened is None:
            return UpgradeRun(self.began, missing=tuple(pod.name for pod in self.pending))
        return UpgradeRun(self.began, self.opened, self.opened + max((after for after, _ in self.gate.ends), default=0))


class Timeline:
    """A run: `run` it through all events once, then read what it kept.

    `changes` are the range as another release of Whereabouts is told it, from a time on [seconds]. `moments` has one
    entry for each second in which use or waiting changed; `running` are the pods that have their address, `waiting`
    those that do not, with their ticket in the queue; `log` is everything that happened.
    """

    def __init__(self, pool: Pool, *, retry: Retry, reconciler: bool, adopt: bool) -> None:
        self.pool = pool
        self.running: dict[SimulatedPod, Hold] = {}
        self.waiting: dict[SimulatedPod, int] = {}
        self._held: set[int] = set()  # the addresses of those that run
        self._orphans: set[int] = set()  # addresses whose sandbox ended without a release: the leaked are among them
        self._by_node: dict[str, dict[SimulatedPod, None]] = {}
        self.moments: list[Moment] = []
        self.log: list[RawEntry] = []
        self.peak = pool.used
        self._queues: tuple[deque[tuple[int, SimulatedPod]], ...] = (
            (deque(), deque()) if retry == "worst" else (deque(),)
        )
        self._tickets = 0
        self._lost: dict[str, list[SimulatedPod]] = {}
        self._watches: list[_GateWatch] = []
        self._closed: list[_GateWatch] = []  # those of them that have not opened
        self._soon: list[tuple[tuple[int, int, int], int, TimedEvent]] = []
        self._sequence = 0
        self._sandboxes = 0
        self._now = 0
        self._may_reconcile = reconciler
        self._reconciler = reconciler and RECONCILES.applies_to(pool.whereabouts)
        self.changes: list[tuple[int, RangeConfiguration]] = []
        self._reconciled_next = -1
        self._names: dict[SimulatedPod, tuple[str, str]] = {}  # podref and ifname of pods that took over a lease
        self._adoptable: dict[str, deque[Lease]] = {}
        if adopt:
            self._adopt(pool.leases)

    def run(self, events: list[TimedEvent], end: int) -> None:
        """Everything up to and including `end` [seconds]; the events come in their order."""
        verbs: dict[str, Callable[[Any], None]] = {verb: getattr(self, f"_{verb}") for verb in ORDER}
        for at, verb, subject, _ in self._in_order(events, end):
            if at != self._now:
                self._note_moment()
                self._now = at
                self._adoptable.clear()
            verbs[verb](subject)
        self._note_moment()

    @property
    def upgrades(self) -> tuple[UpgradeRun, ...]:
        """The upgrades so far, in order."""
        return tuple(watch.outcome() for watch in self._watches)

    def _in_order(self, events: list[TimedEvent], end: int) -> Iterator[TimedEvent]:
        """The given events and those that come up on the way; of two in the same order the given one is first."""
        soon = self._soon
        for event in events:
            if event.at > end:
                break
            if soon:
                order = event.order()
                while soon and soon[0][0] < order:
                    yield heappop(soon)[2]
            yield event
        while soon and soon[0][2].at <= end:
            yield heappop(soon)[2]

    def _later(self, event: TimedEvent) -> None:
        self._sequence += 1
        heappush(self._soon, (event.order(), self._sequence, event))

    def _note_moment(self) -> None:
        used, waiting = self.pool.used, len(self.waiting)
        if not self.moments or (used, waiting) != self.moments[-1][1:]:
            self.moments.append(Moment(self._now, used, waiting))

    def _note(self, verb: str, subject: str, address: int | None = None, ifname: str = "") -> None:
        self.log.append((self._now, verb, subject, address, ifname))

    def _release(self, whereabouts: str) -> None:
        """Goes on from the leases there are as a later release of Whereabouts does, from the next event on."""
        if version(whereabouts) <= version(self.pool.whereabouts):
            return
        self.pool = Pool.resumed(attrs.evolve(self.pool.configuration, whereabouts=whereabouts), self.pool.leases)
        self.changes.append((self._now, self.pool.configuration))
        self._reconciler = self._may_reconcile and RECONCILES.applies_to(whereabouts)
        if self.leaked:
            self._expect_reconciler()

    def _hold(self, pod: SimulatedPod, hold: Hold) -> None:
        self.running[pod] = hold
        self._held.add(hold[1])

    def _let_go(self, pod: SimulatedPod) -> Hold | None:
        """What a pod had, which it has no more; None where it does not run."""
        hold = self.running.pop(pod, None)
        if hold is not None:
            self._held.discard(hold[1])
        return hold

    def _start(self, pod: SimulatedPod) -> None:
        if pod.node:
            self._by_node.setdefault(pod.node, {})[pod] = None
        if pod.node in self._lost:
            self._lost[pod.node].append(pod)  # starts when its node is back
        elif not (self._adoptable and self._adopted(pod)) and not self._assigned(pod):
            self._tickets += 1
            self.waiting[pod] = self._tickets
            self._queues[-1 if pod.gated else 0].append((self._tickets, pod))

    def _assigned(self, pod: SimulatedPod) -> bool:
        """Whether the pod, in a new sandbox, got an address; where it did not, the refusal is noted."""
        self._sandboxes += 1
        sandbox = f"sandbox-{self._sandboxes}"
        podref, ifname = self._names.get(pod) or (pod.name, pod.ifname)
        try:
            address = int(self.pool.assign(podref, sandbox, ifname))
        except PoolExhausted:
            self._note("refused", pod.name, None, pod.ifname)
            return False
        self._hold(pod, (sandbox, address))
        self.peak = max(self.peak, self.pool.used)
        self._note("assigned", pod.name, address, pod.ifname)
        self._ends_later(pod)
        if self._closed:
            self._forget_at_gates(pod)
        return True

    def _ends_later(self, pod: SimulatedPod) -> None:
        """A pod that lasts for a time ends that long after it got its address."""
        if pod.lasts is not None:
            self._later(TimedEvent(self._now + pod.lasts, "stop", pod))

    def _released(self, pod: SimulatedPod, hold: Hold) -> int | None:
        """The address that the end of a sandbox freed; None where Whereabouts finds no lease of it."""
        _, ifname = self._names.get(pod) or ("", pod.ifname)
        freed = self.pool.release(hold[0], ifname)
        if freed is not None:
            return int(freed)
        self._orphans.add(hold[1])
        self._expect_reconciler()  # whatever the sandbox held is stale now
        return None

    def _serve_waiting(self) -> None:
        """Gives free addresses to those who wait, in the order of the queues."""
        for queue in self._queues:
            while queue and self.pool.free:
                ticket, pod = queue.popleft()
                if self.waiting.get(pod) == ticket:  # or it has left the queue since
                    del self.waiting[pod]
                    self._assigned(pod)

    def _stop(self, pod: SimulatedPod) -> None:
        if pod.node:
            self._by_node[pod.node].pop(pod, None)
        hold = self._let_go(pod)
        if hold is not None:
            self._note("released", pod.name, self._released(pod, hold), pod.ifname)
            if self.waiting:
                self._serve_waiting()
        elif pod in self.waiting:
            del self.waiting[pod]
        elif pod in self._lost.get(pod.node, ()):
            self._lost[pod.node].remove(pod)
        if self._closed:
            self._forget_at_gates(pod)

    def _drain(self, node: str) -> None:
        for pod in self._pods_on(node):
            self._stop(pod)
        for pod in self._lost.pop(node, ()):
            self._forget_at_gates(pod)

    def _pods_on(self, node: str) -> list[SimulatedPod]:
        there = self._by_node.get(node, {})
        return [pod for pods in (self.running, self.waiting) for pod in there if pod in pods]

    def _lose(self, node: str) -> None:
        self._note("lost", node)
        self._lost[node] = self._pods_on(node)
        for pod in self._lost[node]:
            if (hold := self._let_go(pod)) is not None:
                self._orphans.add(hold[1])
            self.waiting.pop(pod, None)
            for closed in self._closed:
                if pod in closed.gate.pods:  # its new sandbox is waited for anew
                    closed.pending[pod] = None
        self._expect_reconciler()

    def _recover(self, node: str) -> None:
        self._note("recovered", node)
        for pod in self._lost.pop(node):
            self._start(pod)

    def _restart(self, kind: str) -> None:
        for pod, old in list(self.running.items()):
            if not kind or _kind_of(pod.name) == kind:
                self._let_go(pod)
                self._start(pod)  # Whereabouts hears of the new sandbox before the old one is cleaned up
                self._released(pod, old)
        self._serve_waiting()

    def _expect_reconciler(self) -> None:
        """Books the reconciler's next run, this second or later; only leases without a pod need one."""
        if self._reconciler and self._reconciled_next < 0:
            days = max(-(-(self._now - RECONCILED_AT) // DAY), 0)
            self._reconciled_next = days * DAY + RECONCILED_AT
            self._later(TimedEvent(self._reconciled_next, "reconcile", ""))

    def _reconcile(self, _: str) -> None:
        self._reconciled_next = -1
        for lease in self.leaked:
            self.pool.reclaim(lease.address)
            self._note("reconciled", lease.podref, int(lease.address), lease.ifname)
        self._serve_waiting()

    @property
    def leaked(self) -> tuple[Lease, ...]:
        """Leases whose pod is gone, by address."""
        self._orphans -= self._held
        leases = (self.pool.holder(ip(address)) for address in sorted(self._orphans))
        return tuple(lease for lease in leases if lease is not None)

    def _gate(self, gate: Gate) -> None:
        watch = _GateWatch(self._now, gate, dict.fromkeys(pod for pod in gate.pods if pod not in self.running))
        self._watches.append(watch)
        self._closed.append(watch)
        if not watch.pending:
            self._open(watch)

    def _forget_at_gates(self, pod: SimulatedPod) -> None:
        for watch in [watch for watch in self._closed if pod in watch.pending]:
            del watch.pending[pod]
            if not watch.pending:
                self._open(watch)

    def _open(self, watch: _GateWatch) -> None:
        self._closed.remove(watch)
        watch.opened = self._now
        self._note("gate opened", "upgrade")
        for after, pod in watch.gate.ends:
            self._later(TimedEvent(self._now + after, "stop", pod))

    def _adopt(self, leases: tuple[Lease, ...]) -> None:
        """Leases there are: pods that start at time 0 take them over, each one of its own kind."""
        for lease in leases:
            self._orphans.add(int(lease.address))
            if (kind := _kind_of(lease.podref)) is not None:
                self._adoptable.setdefault(kind, deque()).append(lease)
        self._expect_reconciler()

    def _adopted(self, pod: SimulatedPod) -> bool:
        leases = self._adoptable.get(_kind_of(pod.name) or "")
        if not leases:
            return False
        lease = leases.popleft()
        self._names[pod] = lease.podref, lease.ifname or pod.ifname
        self._hold(pod, (lease.container_id, int(lease.address)))
        self._note("adopted", pod.name, int(lease.address), pod.ifname)
        self._ends_later(pod)
        return True


def _kind_of(podref: str) -> str | None:
    """The name of the kind that "namespace/name" belongs to; None for any other pod."""
    kind = pod_kind(podref.partition("/")[2])
    return None if kind is None else kind.name
