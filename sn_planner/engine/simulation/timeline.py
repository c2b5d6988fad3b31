"""Events of named pods through an exact Pool: who gets an address when, who waits, which upgrade never goes on.

Rules: events are ordered by time, then by kind (`ORDER`), then as they were written; nothing else decides a tie.
Within a second nodes are lost, pods stop, nodes are drained, stale leases are reconciled, nodes recover, sandboxes
restart, pods start, and gates are looked at. A pod that is refused waits and is served as soon as an address is free:
first come, first served with "fifo"; with "worst" the pods an upgrade waits for come after all others. Leases whose pod
is gone stay until the reconciler runs, daily at 04:30 UTC [C whereabouts].
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Any, NamedTuple

import attrs
from netaddr import IPAddress

from sn_planner.engine.pool.leases import Lease
from sn_planner.engine.pool.whereabouts import Pool, PoolExhausted
from sn_planner.engine.simulation.lifecycle import ORDER, Event, Gate
from sn_planner.engine.simulation.site import Pod
from sn_planner.model.durations import DAY, HOUR, MINUTE
from sn_planner.model.profiles import pod_kind

RECONCILED_AT = 4 * HOUR + 30 * MINUTE  # of every day [C whereabouts, cron expression of the reconciler] [seconds]


class Failure(NamedTuple):
    """At a time [seconds] a pod was refused, in Whereabouts' words."""

    at: int
    pod: str
    message: str


@attrs.define
class UpgradeRun:
    """An upgrade: when it began, when its gate opened (None: never), when its last pod was done [seconds].

    `missing` are the pods its gate still waits for.
    """

    began: int
    opened: int | None = None
    done: int | None = None
    missing: tuple[str, ...] = ()


@attrs.define
class _ClosedGate:
    upgrade: UpgradeRun
    gate: Gate
    pending: dict[Pod, None]


class Timeline:
    """A run: `run` it through all events once, then read what it kept.

    `moments` are (time, used, waiting) whenever one of them changed; `running` are the pods that have their address,
    with their sandbox's container id, `waiting` those that do not, with their ticket in the queue; `log` has (time,
    verb, subject, address or None).
    """

    def __init__(self, pool: Pool, *, retry: str, reconciler: bool, adopt: bool) -> None:
        self.pool = pool
        self.running: dict[Pod, str] = {}
        self.waiting: dict[Pod, int] = {}
        self.moments: list[tuple[int, int, int]] = []
        self.failures: list[Failure] = []
        self.upgrades: list[UpgradeRun] = []
        self.log: list[tuple[int, str, str, int | None]] = []
        self.recovered = 0
        self.peak = pool.used
        self._queues: tuple[deque[tuple[int, Pod]], ...] = (deque(), deque()) if retry == "worst" else (deque(),)
        self._lost: dict[str, list[Pod]] = {}
        self._gates: list[_ClosedGate] = []
        self._soon: list[tuple[int, int, Event]] = []
        self._sequence = 0
        self._sandboxes = 0
        self._now = 0
        self._reconciler = reconciler
        self._reconciled_next = -1
        self._podrefs: dict[Pod, str] = {}
        self._adoptable: dict[str, deque[Lease]] = {}
        if adopt:
            self._adopt(pool.leases)

    def run(self, events: list[Event], end: int) -> None:
        """Everything up to and including `end` [seconds]; the events come in their order."""
        verbs: dict[str, Callable[[Any], None]] = {verb: getattr(self, f"_{verb}") for verb in ORDER}
        for at, verb, subject in self._in_order(events, end):
            if at != self._now:
                self._note_moment()
                self._now = at
                self._adoptable.clear()
            verbs[verb](subject)
        self._note_moment()
        for closed in self._gates:
            closed.upgrade.missing = tuple(pod.name for pod in closed.pending)

    def _in_order(self, events: list[Event], end: int) -> Iterator[Event]:
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

    def _later(self, event: Event) -> None:
        self._sequence += 1
        heappush(self._soon, (event.order(), self._sequence, event))

    def _note_moment(self) -> None:
        used, waiting = self.pool.used, len(self.waiting)
        if not self.moments or (used, waiting) != self.moments[-1][1:]:
            self.moments.append((self._now, used, waiting))

    def _note(self, verb: str, subject: str, address: IPAddress | None = None) -> None:
        self.log.append((self._now, verb, subject, None if address is None else int(address)))

    def _start(self, pod: Pod) -> None:
        if pod.node in self._lost:
            self._lost[pod.node].append(pod)
        elif not (self._adoptable and self._adopted(pod)) and not self._assigned(pod):
            ticket = self.waiting[pod] = len(self.failures)
            self._queues[-1 if pod.gated else 0].append((ticket, pod))

    def _assigned(self, pod: Pod) -> bool:
        """Whether the pod, in a new sandbox, got an address; where it did not, the refusal is noted."""
        self._sandboxes += 1
        sandbox = f"sandbox-{self._sandboxes}"
        try:
            address = self.pool.assign(self._podrefs.get(pod, pod.name), sandbox, pod.ifname)
        except PoolExhausted as refusal:
            self.failures.append(Failure(self._now, pod.name, str(refusal)))
            self._note("refused", pod.name)
            return False
        self.running[pod] = sandbox
        self.peak = max(self.peak, self.pool.used)
        self._note("assigned", pod.name, address)
        if pod.lasts is not None:
            self._later(Event(self._now + pod.lasts, "stop", pod))
        if self._gates:
            self._forget_at_gates(pod)
        return True

    def _serve_waiting(self) -> None:
        """Gives free addresses to those who wait, in the order of the queues."""
        for queue in self._queues:
            while queue and self.pool.free:
                ticket, pod = queue.popleft()
                if self.waiting.get(pod) == ticket:  # or it has left the queue since
                    del self.waiting[pod]
                    self._assigned(pod)
                    self.recovered += 1

    def _stop(self, pod: Pod) -> None:
        sandbox = self.running.pop(pod, None)
        if sandbox is not None:
            self._note("released", pod.name, self.pool.release(sandbox, pod.ifname))
            if self.waiting:
                self._serve_waiting()
        elif pod in self.waiting:
            del self.waiting[pod]
        elif pod in self._lost.get(pod.node, ()):
            self._lost[pod.node].remove(pod)
        if self._gates:
            self._forget_at_gates(pod)

    def _drain(self, node: str) -> None:
        for pod in self._pods_on(node):
            self._stop(pod)
        for pod in self._lost.pop(node, ()):
            self._forget_at_gates(pod)

    def _pods_on(self, node: str) -> list[Pod]:
        return [pod for pods in (self.running, self.waiting) for pod in pods if pod.node == node]

    def _lose(self, node: str) -> None:
        self._note("lost", node)
        self._lost[node] = self._pods_on(node)
        for pod in self._lost[node]:
            self.running.pop(pod, None)
            self.waiting.pop(pod, None)
            for closed in self._gates:
                if pod in closed.gate.pods:
                    closed.pending[pod] = None
        self._expect_reconciler(self._now)

    def _recover(self, node: str) -> None:
        self._note("recovered", node)
        for pod in self._lost.pop(node):
            self._start(pod)
        self._expect_reconciler(self._now + 1)

    def _restart(self, kind: str) -> None:
        for pod, old in list(self.running.items()):
            if not kind or _kind_of(pod.name) == kind:
                del self.running[pod]
                self._start(pod)
                self.pool.release(old, pod.ifname)
        self._serve_waiting()

    def _expect_reconciler(self, since: int) -> None:
        """Books the reconciler's next run from then on; only leases without a pod need one."""
        if self._reconciler and self._reconciled_next < 0:
            days = max(-(-(since - RECONCILED_AT) // DAY), 0)
            self._reconciled_next = days * DAY + RECONCILED_AT
            self._later(Event(self._reconciled_next, "reconcile", ""))

    def _reconcile(self, _: str) -> None:
        self._reconciled_next = -1
        for lease in self.leaked:
            self.pool.release(lease.container_id, lease.ifname)
            self._note("reconciled", lease.podref, lease.address)
        self._serve_waiting()

    @property
    def leaked(self) -> tuple[Lease, ...]:
        """Leases whose pod is gone, by address."""
        held = {(sandbox, pod.ifname) for pod, sandbox in self.running.items()}
        return tuple(lease for lease in self.pool.leases if (lease.container_id, lease.ifname) not in held)

    def _gate(self, gate: Gate) -> None:
        upgrade = UpgradeRun(self._now)
        self.upgrades.append(upgrade)
        closed = _ClosedGate(upgrade, gate, dict.fromkeys(pod for pod in gate.pods if pod not in self.running))
        self._gates.append(closed)
        if not closed.pending:
            self._open(closed)

    def _forget_at_gates(self, pod: Pod) -> None:
        for closed in [closed for closed in self._gates if pod in closed.pending]:
            del closed.pending[pod]
            if not closed.pending:
                self._open(closed)

    def _open(self, closed: _ClosedGate) -> None:
        self._gates.remove(closed)
        closed.upgrade.opened = self._now
        closed.upgrade.done = self._now + max((after for after, _ in closed.gate.ends), default=0)
        self._note("gate opened", "upgrade")
        for after, pod in closed.gate.ends:
            self._later(Event(self._now + after, "stop", pod))

    def _adopt(self, leases: tuple[Lease, ...]) -> None:
        """Leases there are: pods that start at time 0 take them over, each one of its own kind."""
        for lease in leases:
            if (kind := _kind_of(lease.podref)) is not None:
                self._adoptable.setdefault(kind, deque()).append(lease)
        self._expect_reconciler(0)

    def _adopted(self, pod: Pod) -> bool:
        leases = self._adoptable.get(_kind_of(pod.name) or "")
        if not leases or pod.lasts is not None:
            return False
        lease = leases.popleft()
        self._podrefs[pod] = lease.podref
        self.running[pod] = lease.container_id
        self._note("adopted", pod.name, lease.address)
        return True


def _kind_of(podref: str) -> str | None:
    return pod_kind(podref.partition("/")[2])
