"""Which leases of a living storage network are stale, each with the evidence.

Rules: a lease is stale on evidence only, by the first of the reasons in `_REASONS`. Where the export does not tell, it
is none: a pod is gone only if the export has other pods of its namespace, or has pods and none at all. The same pod may
have a lease for each of its interfaces. A reservation without a lease is stale, too: Whereabouts passes its address
over for every other pod [C whereabouts pkg/storage/kubernetes/ipam.go]; one whose own lease lives in another pool is
not, and takes its address all the same. An address that a pod uses is never called
free, whatever is wrong with its lease.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import attrs

from sn_planner.advice.living.choice import misplaced
from sn_planner.errors import printable, shown
from sn_planner.model.cidr import LAST_ADDRESS, address_text, parse_address
from sn_planner.model.living.resources import Allocation, Interface, IPPool, Pod, name_of
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import FREES_EVICTED, Release, applies

_SHOWN_ID = 12  # as many characters of a container id as crictl shows
_DEAD_ELSEWHERE = "a reservation of another pool's lease, whose pod is gone"
_USED = "; the pod still uses it: restart the pod rather than delete the lease"


@attrs.frozen
class Stale:
    """A lease that nobody needs: its address (or offset, where that is no address), the pod it names, and why.

    `used` is whether the pod has this address all the same; `frees` whether deleting the lease lets Whereabouts assign
    it.
    """

    address: str
    podref: str = attrs.field(converter=printable)
    why: str = attrs.field(converter=printable)
    used: bool
    frees: bool

    def to_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return {"address": self.address, "podref": self.podref, "why": self.why}


@attrs.frozen
class _Lease:
    """A lease and what the export tells of it.

    `address` is an int, and may be beyond the last one; `pod` is None where the export has it not, and `gone` whether
    it then would have it; `evicted` is whether the reconciler takes it for gone though it is there; `first` is the
    lowest lease of the pod's same interface, `shared` whether there are more.
    """

    allocation: Allocation
    address: int
    pod: Pod | None
    gone: bool
    evicted: bool
    first: Allocation
    shared: bool

    @property
    def interfaces(self) -> tuple[Interface, ...] | None:
        """The pod's interfaces that the lease may be for: a lease of old releases names none. None: not known."""
        if self.pod is None or self.pod.interfaces is None:
            return None
        ifname = self.allocation.ifname
        return tuple(interface for interface in self.pod.interfaces if not ifname or interface.name == ifname)

    @property
    def is_used(self) -> bool:
        """Whether the pod has this very address; one that has ended has none."""
        if self.pod is None or self.pod.has_ended or self.evicted:
            return False
        text = _text_of(self.address, self.allocation)
        return any(text in interface.addresses for interface in self.interfaces or ())

    @property
    def has_own_sandbox(self) -> bool | None:
        """Whether its container id is that of the pod's sandbox; None: not known."""
        if self.pod is None or not self.pod.sandbox or not self.allocation.container_id:
            return None
        return self.pod.sandbox == self.allocation.container_id


class Verdicts(NamedTuple):
    """What an export says of a pool's leases.

    `stale` leases in the order of their offsets; `orphans`, reservations of assignable addresses that have no lease;
    `taken_elsewhere` are further assignable addresses that other pools have leased [addresses]; `undecided` are the
    leases of pods that may live or not, for all the export tells [leases].
    """

    stale: tuple[Stale, ...]
    orphans: tuple[Stale, ...]
    taken_elsewhere: int
    undecided: int

    @property
    def blocked(self) -> int:
        """Addresses that no lease of this pool holds, and that Whereabouts assigns to nobody [addresses]."""
        return len(self.orphans) + self.taken_elsewhere


def judge(snapshot: Snapshot, pool: IPPool, network: AddressRange, release: Release | None = None) -> Verdicts:
    """Every lease of a pool held against the pods of the export; `release` tells what its reconciler looks at.

    >>> snapshot, network = Snapshot(pods=(Pod("longhorn-system/longhorn-manager-1"),)), AddressRange("10.0.0.0/29")
    >>> pool = IPPool("kube-system/10.0.0.0-29", network.cidr, (Allocation(2, "longhorn-system/a", "c"),))
    >>> [(one.address, one.why) for one in judge(snapshot, pool, network).stale]
    [('10.0.0.2', 'its pod is gone')]
    """
    leases = list(_leases(snapshot, pool, applies(FREES_EVICTED, release)))
    judged = (_judged(lease, network) for lease in leases)
    elsewhere = _leased_elsewhere(snapshot, pool, network)
    alive = {address for address, lives in elsewhere.items() if lives}
    return Verdicts(
        stale=tuple(one for one in judged if one is not None),
        orphans=tuple(_orphans(snapshot, pool, network, elsewhere)),
        taken_elsewhere=len(alive),
        undecided=sum(lease.pod is None and not lease.gone for lease in leases),
    )


def _leased_elsewhere(snapshot: Snapshot, pool: IPPool, network: AddressRange) -> dict[int, bool]:
    """The assignable addresses that other pools have leased, and whether to a pod that lives.

    A lease counts for every network, by its reservation; where none was exported, it is taken to have one.
    """
    own = {pool.range.address + one.offset for one in pool.allocations}
    reserved = None if snapshot.reservations is None else {name_of(one.ref) for one in snapshot.reservations}
    is_gone = _absence(snapshot)
    found: dict[int, bool] = {}
    for other in snapshot.pools or ():
        if other is pool or other.range == pool.range or not other.range.overlaps(network.cidr):
            continue
        for one in other.allocations:
            address = other.range.address + one.offset
            counts = reserved is None or (address <= LAST_ADDRESS and address_text(address) in reserved)
            if counts and address not in own and misplaced(address, network) is None:
                found[address] = not is_gone(one.podref)
    return found


def _orphans(snapshot: Snapshot, pool: IPPool, network: AddressRange, elsewhere: dict[int, bool]) -> Iterator[Stale]:
    leased = {pool.range.address + allocation.offset for allocation in pool.allocations}
    for one in snapshot.reservations or ():
        text = name_of(one.ref)
        address = parse_address(text)
        if address is None or address in leased or elsewhere.get(address) or misplaced(address, network):
            continue
        why = "a reservation without a lease" if address not in elsewhere else _DEAD_ELSEWHERE
        pod = snapshot.pods_by_ref.get(one.podref)
        used = pod is not None and not pod.has_ended and any(text in other.addresses for other in pod.interfaces or ())
        yield Stale(text, one.podref, why + _USED * used, used, not used)


def _absence(snapshot: Snapshot) -> Callable[[str], bool]:
    """Tells of a pod whether it is gone: not in the export, which then would have it."""
    pods = snapshot.pods_by_ref
    namespaces = {ref.partition("/")[0] for ref in pods}
    none_at_all = snapshot.pods == ()
    return lambda ref: bool(ref) and ref not in pods and (none_at_all or ref.partition("/")[0] in namespaces)


def _leases(snapshot: Snapshot, pool: IPPool, frees_evicted: bool) -> Iterator[_Lease]:
    pods, is_gone = snapshot.pods_by_ref, _absence(snapshot)
    groups: defaultdict[tuple[str, str], list[Allocation]] = defaultdict(list)
    for one in pool.allocations:
        groups[one.podref, one.ifname].append(one)
    for one in pool.allocations:
        pod, group = pods.get(one.podref), groups[one.podref, one.ifname]
        yield _Lease(
            allocation=one,
            address=pool.range.address + one.offset,
            pod=pod,
            gone=is_gone(one.podref),
            evicted=frees_evicted and pod is not None and pod.evicted,
            first=group[0],
            shared=len(group) > 1,
        )


def _judged(lease: _Lease, network: AddressRange) -> Stale | None:
    """The lease as a stale one; None where nothing is wrong with it."""
    why = next((text for reason in _REASONS if (text := reason(lease, network))), None)
    if why is None:
        return None
    used = lease.is_used
    frees = misplaced(lease.address, network) is None and not used
    return Stale(_text_of(lease.address, lease.allocation), lease.allocation.podref, why + _USED * used, used, frees)


def _text_of(address: int, allocation: Allocation) -> str:
    """The address, or the offset where it leads beyond the last one."""
    return address_text(address) if address <= LAST_ADDRESS else f"offset {shown(allocation.offset)}"


def _misplaced(lease: _Lease, network: AddressRange) -> str | None:
    return misplaced(lease.address, network)


def _gone(lease: _Lease, _: AddressRange) -> str | None:
    return "its pod is gone" if lease.gone else None


def _evicted(lease: _Lease, _: AddressRange) -> str | None:
    return "its pod is on a lost node, and its taint deletes it: gone to the reconciler" if lease.evicted else None


def _ended(lease: _Lease, _: AddressRange) -> str | None:
    return f"its pod has ended ({lease.pod.phase})" if lease.pod is not None and lease.pod.has_ended else None


def _elsewhere(lease: _Lease, _: AddressRange) -> str | None:
    """The pod has the interface under another address, or has no such interface."""
    if lease.is_used or lease.interfaces is None:
        return None
    ifname = lease.allocation.ifname or "further interface"
    if not lease.interfaces:
        return f"a lease of another sandbox: its pod has no {ifname}"
    addresses = [
        text for interface in lease.interfaces for text in interface.addresses if parse_address(text) is not None
    ]
    why = "two leases of one pod" if lease.shared else "a lease of another sandbox"
    return f"{why}: it has {', '.join(addresses)} on its {ifname}" if addresses else None


def _other_sandbox(lease: _Lease, _: AddressRange) -> str | None:
    if lease.pod is None or lease.has_own_sandbox is not False:
        return None
    return f"container id of another sandbox: its pod's is {lease.pod.sandbox[:_SHOWN_ID]}"


def _second(lease: _Lease, network: AddressRange) -> str | None:
    """Another lease of the same interface, where nothing tells which of them the pod uses."""
    if lease.allocation is lease.first or lease.is_used or lease.has_own_sandbox:
        return None
    other = _text_of(network.cidr.first + lease.first.offset, lease.first)
    return f"two leases of one pod: look up whether it uses this one or {other}, and delete the other"


_REASONS = (_misplaced, _gone, _evicted, _ended, _elsewhere, _other_sandbox, _second)
