"""Which leases of a living storage network are stale, each with the evidence.

Rules: a lease is stale on evidence only (`evidence`), by the first of the reasons in `_REASONS`. Where the export does
not tell, it is none. The same pod may have a lease for each of its interfaces. A reservation without a lease is stale,
too: Whereabouts passes its address over for every other pod [C whereabouts pkg/storage/kubernetes/ipam.go]; one whose
own lease lives in another pool is not, and takes its address all the same. An address that a pod uses is never called
free, whatever is wrong with its lease, and also where it has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import attrs

from sn_planner.advice.living.choice import misplaced
from sn_planner.advice.living.evidence import Evidence
from sn_planner.errors import printable, shown
from sn_planner.model.cidr import LAST_ADDRESS, address_text, parse_address
from sn_planner.model.living.resources import Allocation, Interface, IPPool, Pod, name_of
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.pods import pod_kind
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import FREES_EVICTED, Release, applies

_SHOWN = 3  # addresses of a pod that has many
_SHOWN_ID = 12  # as many characters of a container id as crictl shows
_DEAD_ELSEWHERE = "a reservation of another pool's lease, whose pod is gone"
_USED = "; the pod still uses it: restart the pod rather than delete the lease"


@attrs.frozen
class Stale:
    """A lease that nobody needs: its address (or offset, where that is no address), the pod it names, and why.

    `used` is whether a pod has this address all the same; `frees` whether deleting the lease lets Whereabouts assign
    it; `reconciled` whether the reconciler deletes it by itself, as it does for pods that are gone.
    """

    address: str
    podref: str = attrs.field(converter=printable)
    why: str = attrs.field(converter=printable)
    used: bool
    frees: bool
    reconciled: bool = False

    def to_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return {"address": self.address, "podref": self.podref, "why": self.why}


@attrs.frozen
class Holding:
    """An address and the pod that has it."""

    address: str
    pod: str = attrs.field(converter=printable)
    node: str = attrs.field(default="", converter=printable)


@attrs.frozen
class Held:
    """An address that is leased or reserved: for which pod, whether nobody needs it (None: not known), and why."""

    address: str
    pod: str = attrs.field(converter=printable)
    stale: bool | None
    why: str


@attrs.frozen
class _Lease:
    """A lease and what the export tells of it.

    `address` is an int, and may be beyond the last one; `pod` is None where the export has it not, and `gone` whether
    it then would have it; `evicted` is whether the reconciler takes it for gone though it is there; `first` is the
    lowest lease of the pod's same interface, `shared` whether there are more; `users` are the pods that have it.
    """

    allocation: Allocation
    address: int
    pod: Pod | None
    gone: bool
    evicted: bool
    first: Allocation
    shared: bool
    users: tuple[str, ...]

    @property
    def text(self) -> str:
        """The address, or the offset where it leads beyond the last one."""
        return _text_of(self.address, self.allocation)

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
        return any(self.text in interface.addresses for interface in self.interfaces or ())

    @property
    def has_own_sandbox(self) -> bool | None:
        """Whether its container id is that of the pod's sandbox; None: not known."""
        if self.pod is None or not self.pod.sandbox or not self.allocation.container_id:
            return None
        return self.pod.sandbox == self.allocation.container_id


class Verdicts(NamedTuple):
    """What an export says of a pool's leases.

    `held` are all addresses that are leased or reserved, `stale` leases in the order of their offsets; `orphans`,
    reservations of assignable addresses that have no lease; `taken_elsewhere` are further assignable addresses that
    other pools have leased [addresses]; `unleased` are those that a living pod has and nobody leased: Whereabouts gives
    them to the next pod. `undecided` are the addresses of leases whose pods may live or not, for all the export tells;
    `stuck` those whose pods are to be deleted on a lost node; `inconsistent` those whose pod is missing while its
    manager runs.
    """

    held: tuple[Held, ...]
    stale: tuple[Stale, ...]
    orphans: tuple[Stale, ...]
    taken_elsewhere: int
    unleased: tuple[Holding, ...] = ()
    undecided: tuple[Holding, ...] = ()
    stuck: tuple[Holding, ...] = ()
    inconsistent: tuple[Holding, ...] = ()

    @property
    def blocked(self) -> int:
        """Addresses that no lease of this pool holds, and that Whereabouts must not or does not assign [addresses]."""
        return len(self.orphans) + self.taken_elsewhere + len(self.unleased)


def judge(snapshot: Snapshot, pool: IPPool, network: AddressRange, release: Release | None = None) -> Verdicts:
    """Every lease of a pool held against the pods of the export; `release` tells what its reconciler looks at.

    >>> snapshot, network = Snapshot(pods=(Pod("longhorn-system/longhorn-manager-1"),)), AddressRange("10.0.0.0/29")
    >>> pool = IPPool("kube-system/10.0.0.0-29", network.cidr, (Allocation(2, "longhorn-system/a", "c"),))
    >>> [(one.address, one.why) for one in judge(snapshot, pool, network).stale]
    [('10.0.0.2', 'its pod is gone')]
    """
    is_told = release is not None or snapshot.settings is not None
    seen = Evidence(snapshot, is_told and applies(FREES_EVICTED, release))
    leases = list(_leases(seen, pool))
    judged = [_judged(lease, network) for lease in leases]
    elsewhere = _leased_elsewhere(seen, pool, network)
    alive = {address for address, lives in elsewhere.items() if lives}
    orphans = tuple(_orphans(seen, pool, network, elsewhere))
    known = {lease.address for lease in leases} | alive | {parse_address(one.address) for one in orphans}
    missing = [lease for lease in leases if lease.pod is None and not lease.gone]
    undecided = tuple(_holding(one) for one in missing if not seen.is_inconsistent(one.allocation.podref))
    return Verdicts(
        held=tuple(_held(zip(leases, judged, strict=True), orphans, {one.address for one in undecided})),
        stale=tuple(one for one in judged if one is not None),
        orphans=orphans,
        taken_elsewhere=len(alive),
        unleased=tuple(_unleased(seen, network, known)),
        undecided=undecided,
        stuck=tuple(_holding(one) for one in leases if one.pod is not None and seen.is_stuck(one.pod)),
        inconsistent=tuple(_holding(one) for one in missing if seen.is_inconsistent(one.allocation.podref)),
    )


def _held(
    judged: Iterable[tuple[_Lease, Stale | None]], orphans: Iterable[Stale], undecided: Collection[str]
) -> Iterator[Held]:
    """Every lease, then the reservations without one."""
    for lease, stale in judged:
        podref = lease.allocation.podref
        if stale is not None:
            yield Held(lease.text, podref, True, stale.why)
        elif lease.text in undecided:
            yield Held(lease.text, podref, None, "its pod may live or not: the export does not tell")
        else:
            yield Held(lease.text, podref, False, "")
    yield from (Held(one.address, one.podref, True, one.why) for one in orphans)


def _holding(lease: _Lease) -> Holding:
    return Holding(lease.text, lease.allocation.podref, "" if lease.pod is None else lease.pod.node)


def _unleased(seen: Evidence, network: AddressRange, known: set[int | None]) -> Iterator[Holding]:
    """The assignable addresses that a living pod of ours has, and that are none of the known ones."""
    for text, refs in seen.users.items():
        address = parse_address(text)
        if address is None or address in known or misplaced(address, network) is not None:
            continue
        pod = seen.snapshot.pods_by_ref[refs[0]]
        if _has_by_right(pod, text):
            yield Holding(text, pod.ref, pod.node)


def _has_by_right(pod: Pod, address: str) -> bool:
    """Whether a pod has the address on the interface that pods of its kind have on Harvester's networks."""
    kind = pod_kind(name_of(pod.ref))
    interfaces = () if kind is None else kind.interfaces
    return any(one.name in interfaces and address in one.addresses for one in pod.interfaces or ())


def _leased_elsewhere(seen: Evidence, pool: IPPool, network: AddressRange) -> dict[int, bool]:
    """The assignable addresses that other pools have leased, and whether to a pod that lives.

    A lease counts for every network, by its reservation; where none was exported, it is taken to have one.
    """
    snapshot = seen.snapshot
    own = {pool.range.address + one.offset for one in pool.allocations}
    reserved = None if snapshot.reservations is None else {name_of(one.ref) for one in snapshot.reservations}
    found: dict[int, bool] = {}
    for other in snapshot.pools or ():
        if other is pool or other.range == pool.range or not other.range.overlaps(network.cidr):
            continue
        for one in other.allocations:
            address = other.range.address + one.offset
            counts = reserved is None or (address <= LAST_ADDRESS and address_text(address) in reserved)
            if counts and address not in own and misplaced(address, network) is None:
                found[address] = not seen.is_gone(one.podref)
    return found


def _orphans(seen: Evidence, pool: IPPool, network: AddressRange, elsewhere: dict[int, bool]) -> Iterator[Stale]:
    leased = {pool.range.address + allocation.offset for allocation in pool.allocations}
    for one in seen.snapshot.reservations or ():
        text = name_of(one.ref)
        address = parse_address(text)
        if address is None or address in leased or elsewhere.get(address) or misplaced(address, network):
            continue
        why = "a reservation without a lease" if address not in elsewhere else _DEAD_ELSEWHERE
        used = one.podref in seen.users.get(text, ())
        yield Stale(text, one.podref, why + _USED * used, used, not used, seen.is_gone(one.podref))


def _leases(seen: Evidence, pool: IPPool) -> Iterator[_Lease]:
    groups: defaultdict[tuple[str, str], list[Allocation]] = defaultdict(list)
    for one in pool.allocations:
        groups[one.podref or f"sandbox {one.container_id} at {one.offset}", one.ifname].append(one)
    for one in pool.allocations:
        address = pool.range.address + one.offset
        text = _text_of(address, one)
        pod, group = seen.holder(one, text), groups.get((one.podref, one.ifname), [one])
        yield _Lease(
            allocation=one,
            address=address,
            pod=pod,
            gone=seen.is_gone(one.podref),
            evicted=pod is not None and seen.is_evicted(pod),
            first=group[0],
            shared=len(group) > 1,
            users=seen.users.get(text, ()),
        )


def _judged(lease: _Lease, network: AddressRange) -> Stale | None:
    """The lease as a stale one; None where nothing is wrong with it."""
    why = next((text for reason in _REASONS if (text := reason(lease, network))), None)
    if why is None:
        return None
    if lease.is_used:
        why += _USED
    elif lease.users:
        why += f"; {lease.users[0]} has the address without a lease: restart that pod first"
    frees = misplaced(lease.address, network) is None and not lease.users
    reconciled = lease.gone or lease.evicted
    return Stale(lease.text, lease.allocation.podref, why, bool(lease.users), frees, reconciled)


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
    texts = (text for interface in lease.interfaces for text in interface.addresses)
    addresses = list(islice((text for text in texts if parse_address(text) is not None), _SHOWN + 1))
    told = f"{', '.join(addresses[:_SHOWN])}{' and others' if len(addresses) > _SHOWN else ''}"
    why = "two leases of one pod" if lease.shared else "a lease of another sandbox"
    return f"{why}: it has {told} on its {ifname}" if addresses else None


def _other_sandbox(lease: _Lease, _: AddressRange) -> str | None:
    if lease.pod is None or not lease.allocation.podref or lease.has_own_sandbox is not False:
        return None
    return f"container id of another sandbox: its pod's is {lease.pod.sandbox[:_SHOWN_ID]}"


def _second(lease: _Lease, network: AddressRange) -> str | None:
    """Another lease of the same interface, where nothing tells which of them the pod uses."""
    if lease.allocation is lease.first or lease.is_used or lease.has_own_sandbox:
        return None
    other = _text_of(network.cidr.first + lease.first.offset, lease.first)
    return f"two leases of one pod: look up whether it uses this one or {other}, and delete the other"


_REASONS = (_misplaced, _gone, _evicted, _ended, _elsewhere, _other_sandbox, _second)
