"""Whereabouts, exactly: which address each pod gets from a range, release by release.

Rules, as the real allocator follows them:
- Add(podref, container id, ifname): a pod's interface that holds a lease keeps its address, and the lease takes the new
  container id (`RENEWS_LEASES`; earlier releases look for no lease and take another address). Otherwise the lowest
  assignable address that nobody holds is leased.
- Del(container id, ifname): the lease with that container id and interface is freed (`RELEASES_BY_INTERFACE`; in
  earlier releases the container id alone decides). An unknown one frees nothing.
- Assignable is what lies between the effective bounds and in no exclude, but for the network and the broadcast address.
Where several leases match, the real allocator takes the first of a list whose order is not fixed, and an export keeps
no order. Here the lowest address counts.

Theory: the real allocator reads all leases and walks from the first address on every add. The same answer needs
neither, because two facts hold before and after every call:
  (1) every assignable address below `_next` is leased, or waits in the heap `_freed`;
  (2) every address in `_freed` lies below `_next` and is not leased.
So the lowest free address is the least of the heap, or, where the heap is empty, the first one from `_next` on that is
not leased. `_next` only goes up: a fill visits each address once.

Cost: O(log n) a call for n freed addresses, memory O(leases + excludes), never O(range). An address is a plain int
inside; netaddr objects are made at the edge.
Source: [C whereabouts pkg/allocate/allocate.go, pkg/iphelpers/iphelpers.go], releases 0.6.2, 0.7.0, 0.8.0 and 0.9.4.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from heapq import heappop, heappush
from threading import Lock
from typing import Any

from netaddr import IPAddress

from sn_planner.engine.pool.configuration import RangeConfiguration
from sn_planner.engine.pool.leases import AddressLike, Allocations, Key, Lease, address_of, held_by, ip, leases_of
from sn_planner.errors import BadInput
from sn_planner.model.cidr import LAST_ADDRESS, size
from sn_planner.model.fields import text
from sn_planner.model.pods import INTERFACE
from sn_planner.model.ranges import AddressRange, ExcludeLike, RangeLike
from sn_planner.model.releases import NEWEST_WHEREABOUTS, RELEASES_BY_INTERFACE, RENEWS_LEASES


class _Index(dict[Key, int]):
    """From a key to the lowest address leased under it; `others` are the higher ones of keys that several share."""

    def __init__(self) -> None:
        super().__init__()
        self.others: dict[Key, list[int]] = {}

    def add(self, key: Key, address: int) -> None:
        """Notes a lease under its key."""
        lowest = self.setdefault(key, address)
        if lowest != address:
            self[key] = min(lowest, address)
            insort(self.others.setdefault(key, []), max(lowest, address))

    def discard(self, key: Key, address: int) -> None:
        """Forgets a lease, if it is noted; the next lowest address of its key takes its place."""
        others = self.others.get(key)
        if others is None:
            self.pop(key, None)
            return
        if self[key] == address:
            self[key] = others.pop(0)
        else:
            others.remove(address)
        if not others:
            del self.others[key]


class Pool:
    """The leases of one IPv4 range, handed out and taken back as a release of Whereabouts does.

    `range` is CIDR text, an AddressRange (its excludes count too) or a network object of netaddr or ipaddress; host
    bits are masked away. `exclude` are CIDRs or bare addresses, which may overlap or lie outside. `range_start` and
    `range_end` narrow the range, and are ignored without a word where they are no address between first and last
    usable. `whereabouts` is the release, like "0.9.4": before 0.9.0 the interface does not count when a lease is
    released, before 0.8.0 a pod that is added again takes another address, before 0.6.3 a full range refuses in other
    words and an exclude must be a CIDR.

    `leases` starts the pool from leases there are: an IPPool's `allocations`, whose keys are offsets from the network
    address, or addresses. A lease on an address that the pool would not hand out (excluded, beyond the bounds or the
    range) is kept, belongs to its pod and can be released, but counts neither as used nor as free.

    Raises BadInput for a range or an exclude that is not IPv4 or not readable, for a /31 or /32, which have no usable
    address, for an exclude that crashes the release, for text that is no release, and for leases that are incomplete,
    below the network address, or two on one address. Several threads may share a pool: each call is one step.
    Source: [C whereabouts pkg/allocate/allocate.go]; answers of the real allocator are among the tests.

    >>> pool = Pool("172.16.0.0/29", exclude=["172.16.0.1"])
    >>> pool.assign("longhorn-system/instance-manager-1", "container-1")
    IPAddress('172.16.0.2')
    >>> pool.capacity, pool.used, pool.free
    (5, 1, 4)
    >>> Pool("172.16.0.0/29", leases=pool.allocations).release("container-1")
    IPAddress('172.16.0.2')
    """

    def __init__(
        self,
        range: RangeLike,
        exclude: Iterable[ExcludeLike] | None = (),
        range_start: AddressLike | None = None,
        range_end: AddressLike | None = None,
        *,
        whereabouts: str = NEWEST_WHEREABOUTS,
        leases: Allocations | None = None,
    ) -> None:
        self._start(RangeConfiguration(range, exclude, range_start, range_end, whereabouts))
        for lease in leases_of({} if leases is None else leases, self._configuration.cidr.first):
            self._hold(*lease)

    @classmethod
    def resumed(cls, configuration: RangeConfiguration, leases: Iterable[Lease] = ()) -> Pool:
        """A pool of that configuration that goes on from those leases.

        Raises BadInput for what is no configuration and no list of leases, and where two are on one address.

        >>> pool = Pool("172.16.0.0/29", leases={"3": {"id": "c1", "podref": "default/a"}})
        >>> Pool.resumed(pool.configuration, pool.leases)
        Pool('172.16.0.0/29', used=1, free=5)
        """
        pool = cls.__new__(cls)
        if not isinstance(configuration, RangeConfiguration):
            fix = "give that of another pool, or a RangeConfiguration"
            raise BadInput("configuration", configuration, "is no RangeConfiguration", fix, "wrong-type")
        pool._start(configuration)
        for address, pod, sandbox in held_by(leases):
            pool._hold(address, pod, sandbox)
        return pool

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and sent: everything but the lock, which belongs to this very pool."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=Lock())

    def _start(self, configuration: RangeConfiguration) -> None:
        """A pool without a lease."""
        self._lock = Lock()
        self._configuration = configuration
        self._renews = RENEWS_LEASES.applies_to(configuration.whereabouts)
        self._by_interface = RELEASES_BY_INTERFACE.applies_to(configuration.whereabouts)
        self._spans = configuration.spans
        self._capacity = size(self._spans)
        self._place = 0  # of the span that `_next` is in
        self._next = configuration.bounds[0]  # facts (1) and (2) of the theory
        self._freed: list[int] = []  # a heap
        self._held: dict[int, tuple[Key, Key]] = {}  # address -> (podref, ifname), (container id, ifname or "")
        self._stray: set[int] = set()  # those held that are not assignable
        self._by_pod = _Index()  # left empty where leases are not renewed: nothing asks it
        self._by_sandbox = _Index()  # under ifname "" where the interface does not count

    def assign(self, podref: str, container_id: str, ifname: str = INTERFACE) -> IPAddress:
        """The address that the pod's interface gets: its own if it holds one, otherwise the lowest free one.

        `podref` is "namespace/name", `container_id` the pod's sandbox. A pod that holds an address keeps it under the
        new container id; before Whereabouts 0.8.0 it takes another one. Empty names are names like any other. Raises
        PoolExhausted when no address is left, BadInput for what is not text; then nothing has changed.

        >>> pool = Pool("172.16.0.0/29")
        >>> pool.assign("default/a", "c1"), pool.assign("default/b", "c2"), pool.assign("default/a", "c3")
        (IPAddress('172.16.0.1'), IPAddress('172.16.0.2'), IPAddress('172.16.0.1'))
        """
        if not type(podref) is type(container_id) is type(ifname) is str:  # the quick question first
            text("podref", podref, empty=True)
            text("container_id", container_id, empty=True)
            text("ifname", ifname, empty=True)
        pod = podref, ifname
        sandbox = (container_id, ifname) if self._by_interface else (container_id, "")
        with self._lock:
            if pod in self._by_pod:
                return self._reassign(pod, sandbox)
            address = heappop(self._freed) if self._freed else self._take_next()
            self._held[address] = pod, sandbox
            if self._by_sandbox.setdefault(sandbox, address) != address:
                self._by_sandbox.add(sandbox, address)
            if self._renews:
                self._by_pod[pod] = address
        return ip(address)

    def release(self, container_id: str, ifname: str = INTERFACE) -> IPAddress | None:
        """The address freed: the lowest one leased to that container id and interface; None when there is none.

        Before Whereabouts 0.9.0 the container id alone decides. An empty `ifname` means the leases that name no
        interface. Raises BadInput for what is not text.

        >>> pool = Pool("172.16.0.0/29")
        >>> pool.assign("default/a", "c1"), pool.release("c1"), pool.release("c1")
        (IPAddress('172.16.0.1'), IPAddress('172.16.0.1'), None)
        """
        if not type(container_id) is type(ifname) is str:
            text("container_id", container_id, empty=True)
            text("ifname", ifname, empty=True)
        sandbox = (container_id, ifname) if self._by_interface else (container_id, "")
        with self._lock:
            address = self._by_sandbox.get(sandbox)
            return None if address is None else self._vacate(address)

    def reclaim(self, address: AddressLike) -> Lease | None:
        """The lease freed on that address, whoever holds it, as the reconciler frees one; None when there is none.

        Raises BadInput for what is no IPv4 address.

        >>> pool = Pool("172.16.0.0/29")
        >>> pool.assign("default/a", "c1") == pool.reclaim("172.16.0.1").address, pool.reclaim("172.16.0.1")
        (True, None)
        """
        value = address_of("address", address)
        with self._lock:
            lease = self._lease(value) if value in self._held else None
            if lease is not None:
                self._vacate(value)
        return lease

    def holder(self, address: AddressLike) -> Lease | None:
        """The lease on an address; None when there is none. Raises BadInput for what is no IPv4 address."""
        value = address_of("address", address)
        with self._lock:
            return self._lease(value) if value in self._held else None

    @property
    def configuration(self) -> RangeConfiguration:
        """The range as Whereabouts is told it, and the release."""
        return self._configuration

    @property
    def range(self) -> AddressRange:
        """The range with its excludes."""
        return self._configuration.range

    @property
    def whereabouts(self) -> str:
        """The release of Whereabouts that the pool behaves like."""
        return self._configuration.whereabouts

    @property
    def capacity(self) -> int:
        """Addresses that can be leased at once [addresses]."""
        return self._capacity

    @property
    def used(self) -> int:
        """Leases on addresses that the pool hands out [addresses]; used + free = capacity."""
        return len(self._held) - len(self._stray)

    @property
    def free(self) -> int:
        """Addresses left to hand out [addresses]."""
        return self._capacity - self.used

    @property
    def highest_used(self) -> IPAddress | None:
        """The highest address that counts as used now; None when none does. O(leases)."""
        with self._lock:
            highest = max(self._held.keys() - self._stray, default=None)
        return None if highest is None else ip(highest)

    @property
    def leases(self) -> tuple[Lease, ...]:
        """Every lease, in the order of the addresses."""
        with self._lock:
            return tuple(map(self._lease, sorted(self._held)))

    @property
    def allocations(self) -> dict[str, dict[str, str]]:
        """Every lease as an IPPool's `spec.allocations` has it: by offset from the network address, in decimal.

        >>> pool = Pool("172.16.0.0/29")
        >>> address = pool.assign("default/a", "c1")
        >>> pool.allocations
        {'1': {'id': 'c1', 'podref': 'default/a', 'ifname': 'lhnet1'}}
        """
        network = self._configuration.cidr.first
        return {str(int(lease.address) - network): lease.allocation for lease in self.leases}

    def __repr__(self) -> str:
        return f"Pool({str(self._configuration.cidr)!r}, used={self.used}, free={self.free})"

    def _reassign(self, pod: Key, sandbox: Key) -> IPAddress:
        """The pod's own address, from now on under another container id."""
        address = self._by_pod[pod]
        self._by_sandbox.discard(self._held[address][1], address)
        self._by_sandbox.add(sandbox, address)
        self._held[address] = pod, sandbox
        return ip(address)

    def _take_next(self) -> int:
        """The lowest assignable address from `_next` on that is not leased."""
        while self._place < len(self._spans):
            first, last = self._spans[self._place]
            address = max(self._next, first)
            while address in self._held and address <= last:  # a row of leases may run on past the span
                address += 1
            self._next = address + 1
            if address <= last:
                return address
            self._place += 1
        raise self._configuration.refusal

    def _vacate(self, address: int) -> IPAddress:
        """Ends the lease on an address."""
        pod, sandbox = self._held.pop(address)
        if self._by_sandbox.others or self._by_pod.others:
            self._by_sandbox.discard(sandbox, address)
            self._by_pod.discard(pod, address)
        else:  # nearly always; calls would cost a tenth of the speed
            del self._by_sandbox[sandbox]
            self._by_pod.pop(pod, None)
        if address in self._stray:
            self._stray.remove(address)
        elif address < self._next:  # one from `_next` on is found again by walking: fact (2)
            heappush(self._freed, address)
        return ip(address)

    def _hold(self, address: int, pod: Key, sandbox: Key) -> None:
        """Holds a lease that was there before the pool was."""
        if address in self._held:
            raise BadInput("leases", str(ip(address)), "is leased twice", "give one lease an address", "duplicate")
        if not self._by_interface:
            sandbox = sandbox[0], ""
        self._held[address] = pod, sandbox
        self._by_sandbox.add(sandbox, address)
        if self._renews:
            self._by_pod.add(pod, address)
        place = bisect_right(self._spans, (address, LAST_ADDRESS)) - 1  # the last span that begins at it or below
        if place < 0 or address > self._spans[place][1]:
            self._stray.add(address)

    def _lease(self, address: int) -> Lease:
        (podref, ifname), (container_id, _) = self._held[address]
        return Lease(ip(address), podref, container_id, ifname)
