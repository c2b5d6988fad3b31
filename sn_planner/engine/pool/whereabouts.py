"""Whereabouts, exactly: which address each pod gets from a range, and the words in which a full range refuses.

Rules: an address is a plain int; netaddr objects are made at the edge. A new lease takes the lowest assignable address
that nobody holds: between the effective bounds, neither the network nor the broadcast address, in no exclude.
Addresses never handed out before come in order from `_next`; released ones wait in a heap, and all of them lie below
`_next`. So memory grows with leases and excludes, never with the range, and no call walks the range.
Add asks for (podref, ifname), in legacy for nothing; Del asks for (container id, ifname). Of several that answer, the
lowest address counts: Whereabouts takes the first of a list whose order is not fixed, and an export keeps no order.
Source: [C whereabouts pkg/allocate/allocate.go, pkg/iphelpers/iphelpers.go], releases from 0.8 on; legacy is up to 0.7.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import Any

from netaddr import IPAddress

from sn_planner.engine.pool.leases import (
    INTERFACE,
    LAST_ADDRESS,
    Key,
    Lease,
    address_of,
    allocation,
    ip,
    leases_of,
    text_of,
    written_address,
)
from sn_planner.errors import SnPlannerError
from sn_planner.model.cidr import Cidr, Span, block_of, clipped, network_of, size
from sn_planner.model.ranges import LONGEST_PREFIX, AddressRange, list_of


class PoolExhausted(SnPlannerError):  # noqa: N818  # the public name; it says what happened to the pool
    """No address is left: its text is Whereabouts' own line, its parts are the attributes.

    `first` and `last` are the effective bounds, `range` is the CIDR in text, `excludes` are the excludes as they were
    given; `legacy` chooses the line of releases up to 0.7, which prints the range in Go syntax and no excludes.

    >>> print(PoolExhausted(IPAddress("172.16.0.1"), IPAddress("172.16.0.6"), "172.16.0.0/29"))
    Could not allocate IP in range: ip: 172.16.0.1 / - 172.16.0.6 / range: 172.16.0.0/29 / excludeRanges: []
    """

    def __init__(
        self, first: IPAddress, last: IPAddress, range: str, excludes: tuple[str, ...] = (), legacy: bool = False
    ) -> None:
        super().__init__("range", range, "has no free address", "release a lease or plan a larger range")
        self.args = (first, last, range, excludes, legacy)  # what pickle calls the class with
        self.first = first
        self.last = last
        self.range = range
        self.excludes = excludes
        self.legacy = legacy

    def __str__(self) -> str:
        bounds = f"Could not allocate IP in range: ip: {self.first} / - {self.last} / range: "
        if self.legacy:
            return bounds + _go_syntax(network_of("range", self.range))
        return f"{bounds}{self.range} / excludeRanges: [{' '.join(self.excludes)}]"


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
    """The leases of one IPv4 range, handed out and taken back as Whereabouts does.

    `range` is CIDR text, an AddressRange (its excludes count too) or a network object of netaddr or ipaddress; host
    bits are masked away. `exclude` are CIDRs or bare addresses, which may overlap or lie outside. `range_start` and
    `range_end` narrow the range, and are silently ignored where they are no address between first and last usable.
    `legacy` behaves like releases up to 0.7: a pod that is added again takes another address.

    `leases` starts the pool from leases there are: an IPPool's `allocations`, whose keys are offsets from the network
    address, or addresses. A lease on an address that the pool would not hand out (excluded, beyond the bounds or the
    range) is kept, answers to its pod and can be released, but counts neither as used nor as free.

    Raises SnPlannerError for a range or an exclude that is not IPv4 or not readable, for a /31 or /32, which have no
    usable address, and for leases that are incomplete, below the network address, or two on one address.

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
        range: object,
        exclude: Iterable[object] | None = (),
        range_start: object = None,
        range_end: object = None,
        *,
        legacy: bool = False,
        leases: Mapping[Any, Mapping[str, str]] | None = None,
    ) -> None:
        if not isinstance(legacy, bool):
            raise SnPlannerError("legacy", legacy, "is neither true nor false", "give True or False")
        self._range, self._excludes = _range_of(range, exclude)
        self._cidr = str(self._range)
        self._bounds = _bounds_of(self._range.cidr, range_start, range_end)
        self._spans = tuple(clipped(self._range.usable_spans, self._bounds))  # assignable addresses, in order
        self._capacity = size(self._spans)
        self._legacy = legacy
        self._place = 0  # of the span that `_next` is in
        self._next = self._bounds[0]  # every assignable address below is leased or freed
        self._freed: list[int] = []  # a heap
        self._held: dict[int, tuple[Key, Key]] = {}  # address -> (podref, ifname), (container id, ifname)
        self._stray: set[int] = set()  # those held that are not assignable
        self._by_pod = _Index()  # left empty in legacy, where nothing asks it
        self._by_sandbox = _Index()
        for lease in leases_of({} if leases is None else leases, self._range.cidr.first):
            self._start_from(*lease)

    def assign(self, podref: str, container_id: str, ifname: str = INTERFACE) -> IPAddress:
        """The address that the pod's interface gets: its own if it holds one, otherwise the lowest free one.

        A pod that holds one keeps it under the new container id (not in legacy). Empty names are names like any other.
        Raises PoolExhausted when no address is left, SnPlannerError for what is not text; then nothing has changed.

        >>> pool = Pool("172.16.0.0/29")
        >>> pool.assign("default/a", "c1"), pool.assign("default/b", "c2"), pool.assign("default/a", "c3")
        (IPAddress('172.16.0.1'), IPAddress('172.16.0.2'), IPAddress('172.16.0.1'))
        """
        if not type(podref) is type(container_id) is type(ifname) is str:
            text_of("podref", podref)
            text_of("container_id", container_id)
            text_of("ifname", ifname)
        pod = podref, ifname
        sandbox = container_id, ifname
        if pod in self._by_pod:
            return self._reassign(pod, sandbox)
        address = heappop(self._freed) if self._freed else self._take_next()
        self._held[address] = pod, sandbox
        if self._by_sandbox.setdefault(sandbox, address) != address:
            self._by_sandbox.add(sandbox, address)
        if not self._legacy:
            self._by_pod[pod] = address
        return ip(address)

    def release(self, container_id: str, ifname: str = INTERFACE) -> IPAddress | None:
        """The address freed: the lowest one leased to that container id and interface; None when there is none.

        An empty `ifname` means the leases that name no interface. Raises SnPlannerError for what is not text.

        >>> pool = Pool("172.16.0.0/29")
        >>> pool.assign("default/a", "c1"), pool.release("c1"), pool.release("c1")
        (IPAddress('172.16.0.1'), IPAddress('172.16.0.1'), None)
        """
        if not type(container_id) is type(ifname) is str:
            text_of("container_id", container_id)
            text_of("ifname", ifname)
        sandbox = container_id, ifname
        address = self._by_sandbox.get(sandbox)
        if address is None:
            return None
        pod, _ = self._held.pop(address)
        if self._by_sandbox.others or self._by_pod.others:
            self._by_sandbox.discard(sandbox, address)
            self._by_pod.discard(pod, address)
        else:  # nearly always; calls would cost a tenth of the speed
            del self._by_sandbox[sandbox]
            self._by_pod.pop(pod, None)
        if address in self._stray:
            self._stray.remove(address)
        elif address < self._next:
            heappush(self._freed, address)
        return ip(address)

    def holder(self, address: object) -> Lease | None:
        """The lease on an address; None when there is none. Raises SnPlannerError for what is no IPv4 address."""
        value = address_of("address", address)
        return self._lease(value) if value in self._held else None

    @property
    def range(self) -> AddressRange:
        """The range with its excludes."""
        return self._range

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
        highest = max(self._held.keys() - self._stray, default=None)
        return None if highest is None else ip(highest)

    @property
    def leases(self) -> tuple[Lease, ...]:
        """Every lease, in the order of the addresses."""
        return tuple(map(self._lease, sorted(self._held)))

    @property
    def allocations(self) -> dict[str, dict[str, str]]:
        """Every lease as an IPPool's `spec.allocations` has it: by offset from the network address, in decimal.

        >>> pool = Pool("172.16.0.0/29")
        >>> address = pool.assign("default/a", "c1")
        >>> pool.allocations
        {'1': {'id': 'c1', 'podref': 'default/a', 'ifname': 'lhnet1'}}
        """
        network = self._range.cidr.first
        return {str(address - network): allocation(*self._held[address]) for address in sorted(self._held)}

    def __repr__(self) -> str:
        return f"Pool({self._cidr!r}, used={self.used}, free={self.free})"

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
            while address in self._held and address <= last:
                address += 1
            self._next = address + 1
            if address <= last:
                return address
            self._place += 1
        first, last = self._bounds
        raise PoolExhausted(ip(first), ip(last), self._cidr, self._excludes, self._legacy)

    def _start_from(self, address: int, pod: Key, sandbox: Key) -> None:
        """Holds a lease that was there before the pool was."""
        if address in self._held:
            raise SnPlannerError("leases", str(ip(address)), "is leased twice", "give one lease an address")
        self._held[address] = pod, sandbox
        self._by_sandbox.add(sandbox, address)
        if not self._legacy:
            self._by_pod.add(pod, address)
        place = bisect_right(self._spans, (address, LAST_ADDRESS)) - 1
        if place < 0 or address > self._spans[place][1]:
            self._stray.add(address)

    def _lease(self, address: int) -> Lease:
        (podref, ifname), (container_id, _) = self._held[address]
        return Lease(ip(address), podref, container_id, ifname)


def _go_syntax(network: Cidr) -> str:
    """The network as Go's `%#v` prints it."""
    mask = LAST_ADDRESS ^ (network.last - network.first)
    octets = (", ".join(map(hex, value.to_bytes(4, "big"))) for value in (network.first, mask))
    return "net.IPNet{{IP:net.IP{{{}}}, Mask:net.IPMask{{{}}}}}".format(*octets)


def _range_of(range: object, exclude: object) -> tuple[AddressRange, tuple[str, ...]]:
    """The range with its excludes, and the excludes as they were given."""
    network, own = (range.cidr, range.exclude) if isinstance(range, AddressRange) else (_network_of(range), ())
    if network.prefix_length > LONGEST_PREFIX:
        fix = f"give a range of prefix length {LONGEST_PREFIX} or less"
        raise SnPlannerError("range", range, "has no usable addresses", fix, "no-usable-addresses")
    entries = [*own, *list_of("exclude", () if exclude is None else exclude)]
    return AddressRange(network, entries), tuple(map(str, entries))


def _network_of(range: object) -> Cidr:
    """The network that `range` means, host bits masked away."""
    try:
        return network_of("range", range)
    except SnPlannerError as refusal:
        if refusal.code != "host-bits-set":
            raise
    return block_of("range", range)


def _bounds_of(network: Cidr, range_start: object, range_end: object) -> Span:
    """The effective first and last address: a bound counts only where it lies among the addresses it narrows."""
    first, last = network.first + 1, network.last - 1
    start = first if range_start is None else written_address("range_start", range_start)
    first = start if start is not None and first <= start <= last else first
    end = last if range_end is None else written_address("range_end", range_end)
    return first, end if end is not None and first <= end <= last else last
