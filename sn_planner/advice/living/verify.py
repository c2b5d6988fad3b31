"""Did it work? The documentation's three steps after applying a storage network, on an export.

Rules: the steps are the documentation's, in its order [D 1.1-1.8 Storage Network, Verify Configuration is Completed]:
the setting's condition, the managers' pods, their interfaces. A step that the export cannot answer is None. A ready
manager is proof that it has its address, so events are looked at, not asked for: one about a pod that is ready since,
or gone, is history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.advice.diagnose import DiagnosedEvent, events_of
from sn_planner.advice.living.choice import choice_for, misplaced, notes_on, unasked, unknown
from sn_planner.errors import printable
from sn_planner.model.cidr import LAST_ADDRESS, address_text, parse_address
from sn_planner.model.demand import Choice
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.living.resources import Interface, Pod, name_of
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.networks import STORAGE
from sn_planner.model.pods import LONGHORN_NAMESPACE, PodKind, pod_kind
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange
from sn_planner.model.words import counted, some

if TYPE_CHECKING:
    import pandas

_COMMAND = "verify"
_INSTANCE_MANAGER = "instance-manager"
_STOPPED = "stopped"


@attrs.frozen
class Step:
    """One of the documentation's steps: its number, whether it is done (None: not known), and what was seen."""

    step: int
    ok: bool | None
    detail: str = attrs.field(converter=printable)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return attrs.asdict(self)


@attrs.frozen
class PodCheck:
    """A pod on the storage network: its interface and address there, whether both are right (None: not known), and why.

    `why` is empty where nothing is wrong.
    """

    pod: str = attrs.field(converter=printable)
    interface: str | None
    address: str | None = attrs.field(converter=attrs.converters.optional(printable))
    ok: bool | None
    why: str = attrs.field(converter=printable)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return attrs.asdict(self)


@attrs.frozen
class Verification:
    """The three steps, a line for each pod of the storage network, and what events say of pods that wait."""

    steps: tuple[Step, ...]
    pods: tuple[PodCheck, ...]
    events: tuple[DiagnosedEvent, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every step is done; what is not known is not done."""
        return all(step.ok is True for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "ok": self.ok,
            "steps": [step.to_dict() for step in self.steps],
            "pods": [pod.to_dict() for pod in self.pods],
        }

    def __repr__(self) -> str:
        return f"Verification(ok={self.ok}, steps={[step.ok for step in self.steps]}, pods={len(self.pods)})"

    @property
    def verdict(self) -> str:
        """Whether the storage network works, or what is not done, or not known."""
        if self.ok:
            return "The storage network works: start the VMs"
        undone = [str(step.step) for step in self.steps if step.ok is False]
        if undone:
            return f"The storage network does not work: step {', '.join(undone)} is not done"
        unknown = ", ".join(str(step.step) for step in self.steps if step.ok is None)
        return f"Not known to work: export what step {unknown} asks for"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each pod; raises MissingExtraError where pandas is not installed."""
        return _pod_rows(self.pods).frame()

    def _repr_html_(self) -> str:
        steps = Rows(("step", "ok", "detail"), [(step.step, step.ok, step.detail) for step in self.steps])
        wrong, right = (_pod_rows(pod for pod in self.pods if (pod.ok is True) is well) for well in (False, True))
        folded = right._replace(title="Pods with the right address")
        return html(self.verdict, steps, wrong._replace(title="Pods to look at"), folded=[folded], notes=self.notes)


def _pod_rows(pods: Iterable[PodCheck]) -> Rows:
    columns = ("pod", "interface", "address", "ok", "why")
    return Rows(columns, [[getattr(pod, name) for name in columns] for pod in pods])


def verify(snapshot: Snapshot, *, profile: str | Profile | None = None, harvester: str | None = None) -> Verification:
    """Whether the storage network in `snapshot` is configured, its managers run, and each has its address.

    `profile` or `harvester`, or else the cluster's own release, tell what an exhausted range would need. Raises
    BadInput for a range in force that cannot be read, and for an unknown profile or release. Source: [D 1.1-1.8]
    Storage Network.

    >>> verify(Snapshot())
    Verification(ok=False, steps=[None, None, None], pods=0)
    """
    choice = choice_for(snapshot, profile, harvester)
    events, pods = _events(snapshot, choice), _pods(snapshot)
    steps = _configured(snapshot), _managers(snapshot, events), _addressed(snapshot, pods)
    return Verification(steps, pods, events, (*choice.notes, *notes_on(snapshot)))


def _configured(snapshot: Snapshot) -> Step:
    """Step 1: the setting's condition, on the text in force."""
    stored = snapshot.stored(STORAGE.setting)
    if stored is None and snapshot.has_every_setting:
        return Step(1, False, f"there is no setting {STORAGE.setting}")
    if stored is None:
        return Step(1, None, f"the setting {STORAGE.setting} is {unknown(_COMMAND, 'settings')}")
    if stored.configured is None:
        return Step(
            1, False, f"the setting {STORAGE.setting} has no condition 'configured': Harvester has not acted upon it"
        )
    seen = stored.configured
    detail = ", ".join(text for text in (f"configured is {seen.status}", seen.reason, seen.message) if text)
    if stored.setting is None:
        detail = f"{detail}; the setting has no value: the storage network is disabled"
    elif stored.written is not None and stored.value and stored.written.hash and not stored.written.is_in_force:
        return Step(1, False, f"{detail}; Harvester has not acted upon the text in force: its hash is of another")
    return Step(1, seen.status == "True", detail)


def _managers(snapshot: Snapshot, events: tuple[DiagnosedEvent, ...]) -> Step:
    """Step 2: every manager ready, on every node that runs Longhorn, and no pod waiting for an address."""
    if not snapshot.has_pods_of(LONGHORN_NAMESPACE):
        return Step(2, None, f"Longhorn's pods are {unknown(_COMMAND, 'pods')}")
    pods = snapshot.pods_by_ref
    managers = [pod for pod in pods.values() if (kind := _kind(pod.ref)) and kind.is_manager]
    unready = [pod.ref for pod in managers if not pod.ready]
    absent = [ref for ref in _expected(snapshot) if ref not in pods]
    bare = _nodes_without(snapshot, managers)
    waiting = {event: [ref for ref in event.pods if ref in pods and not pods[ref].ready] for event in events}
    faults = [
        f"{text} {some(refs)}"
        for text, refs in (("not ready:", unready), ("without a pod:", absent), ("no instance manager on:", bare))
        if refs
    ]
    faults += [
        f"{some(refs) or 'a pod'} waits: {_why(event)}" for event, refs in waiting.items() if refs or not event.pods
    ]
    if not managers:
        faults.append("no pod of an instance manager")
    past = sum(len(event.pods) - len(refs) for event, refs in waiting.items())
    history = [f"events of {counted(past, 'pod')} that got an address since, or are gone"] if past else []
    said = [*faults, f"{counted(len(managers) - len(unready), 'manager')} ready", *history]
    unseen = unasked(snapshot, "nodes", "longhorn_nodes", "instance_managers", "backing_image_managers")
    if unseen and not faults:
        return Step(2, None, "; ".join([*said, f"whether those are all is {unknown(_COMMAND, *unseen)}"]))
    return Step(2, not faults, "; ".join(said))


def _why(event: DiagnosedEvent) -> str:
    what = f"{event.range} has no free address" if event.exhausted and event.range else event.cause
    return f"{what}; {event.advice}"


def _expected(snapshot: Snapshot) -> Iterator[str]:
    """The pods that Longhorn's own objects ask for: each has the name of its object."""
    yield from (manager.ref for manager in snapshot.instance_managers or () if manager.state != _STOPPED)
    yield from (manager.ref for manager in snapshot.backing_image_managers or () if manager.state != _STOPPED)


def _nodes_without(snapshot: Snapshot, managers: list[Pod]) -> list[str]:
    """The nodes that run Longhorn and no instance manager, where witnesses are known."""
    nodes = {pod.node for pod in managers if (kind := _kind(pod.ref)) and kind.name == _INSTANCE_MANAGER}
    if snapshot.cluster is None or snapshot.nodes is None:
        return []
    return [str(one.name) for one in snapshot.cluster.storage if one.name not in nodes]


def _addressed(snapshot: Snapshot, pods: tuple[PodCheck, ...]) -> Step:
    """Step 3: every pod has its address."""
    if snapshot.is_disabled:
        return Step(3, False, "the storage network is disabled: no pod has an address of it")
    if not snapshot.has_pods_of(LONGHORN_NAMESPACE):
        return Step(3, None, f"Longhorn's pods are {unknown(_COMMAND, 'pods')}")
    if not pods:
        return Step(3, False, "there is no pod of the storage network")
    if snapshot.address_range is None:
        return Step(3, None, f"the range is {unknown(_COMMAND, 'settings')}")
    return _all_addressed(snapshot, snapshot.address_range, pods)


def _all_addressed(snapshot: Snapshot, network: AddressRange, pods: tuple[PodCheck, ...]) -> Step:
    """Step 3, where there are pods and the range is known."""
    wrong = [pod.pod for pod in pods if pod.ok is False]
    right = f"{len(pods) - len(wrong)} of {counted(len(pods), 'pod')} with an address in {network.cidr}"
    if wrong:
        return Step(3, False, f"{right}; not so: {some(wrong)}")
    unseen = _leased(snapshot)[1] if any(pod.ok is None for pod in pods) else ()
    if snapshot.says_shared is None and any(kind.serves_rwx for _, kind in _members(snapshot)):
        unseen = (*unseen, "longhorn_settings")
    if unseen:
        return Step(3, None, f"{right}; whether they are leased, and all, is {unknown(_COMMAND, *unseen)}")
    return Step(3, True, right)


def _events(snapshot: Snapshot, choice: Choice) -> tuple[DiagnosedEvent, ...]:
    """What the events say, the messages of one cause about one range together."""
    texts = dict.fromkeys((one.message, one.pod or None) for one in snapshot.events or ())
    return events_of(texts, snapshot.cluster, choice)


def _kind(ref: str) -> PodKind | None:
    """The kind of a pod that is on the storage network; None for any other pod."""
    kind = pod_kind(name_of(ref))
    return kind if kind is not None and kind.on_storage_network else None


def _members(snapshot: Snapshot) -> Iterator[tuple[Pod, PodKind]]:
    """The pods that may belong on the storage network, and their kinds."""
    kinds = ((pod, _kind(pod.ref)) for pod in snapshot.pods or () if not pod.has_ended)
    return ((pod, kind) for pod, kind in kinds if kind is not None)


def _pods(snapshot: Snapshot) -> tuple[PodCheck, ...]:
    """A line for each pod that belongs on the storage network, or is on it."""
    network, shared = snapshot.address_range, snapshot.shares_rwx
    places = [_place(pod, kind, network) for pod, kind in _members(snapshot)]
    found = [place for place in places if shared or not place.kind.serves_rwx or place.is_inside]
    held = Counter(place.address for place in found)
    leased, unseen = _leased(snapshot)
    others = None if unseen else False
    return tuple(_judged(place, network, held[place.address] > 1, place.address in leased or others) for place in found)


def _leased(snapshot: Snapshot) -> tuple[frozenset[str], tuple[str, ...]]:
    """The addresses that have a lease, or a reservation at least, and the kinds lacking that may tell of more."""
    pool = snapshot.pool
    if pool is None:
        return frozenset(), () if snapshot.has_no_pool else ("pools",)
    addresses = (pool.range.address + one.offset for one in pool.allocations)
    reserved = (name_of(one.ref) for one in snapshot.reservations or ())
    leased = frozenset((*(address_text(one) for one in addresses if one <= LAST_ADDRESS), *reserved))
    return leased, unasked(snapshot, "reservations")


@attrs.frozen
class _Place:
    """Where a pod is: the interface and the IPv4 address that count, as far as it has them."""

    pod: Pod
    kind: PodKind
    interface: Interface | None
    address: str | None = None
    is_inside: bool = False


def _place(pod: Pod, kind: PodKind, network: AddressRange | None) -> _Place:
    """The first address of a storage interface inside the range, or else the first one at all."""
    names = kind.interfaces
    places = [
        _Place(pod, kind, next((interface for interface in pod.interfaces or () if interface.name in names), None))
    ]
    for one in pod.interfaces or ():
        for text in one.addresses if one.name in names else ():
            address = parse_address(text)
            inside = address is not None and network is not None and misplaced(address, network) is None
            places += [] if address is None else [_Place(pod, kind, one, text, inside)]
    return max(places, key=lambda place: (place.is_inside, place.address is not None))


def _judged(place: _Place, network: AddressRange | None, twice: bool, is_leased: bool | None) -> PodCheck:
    ok, why = _verdict(place, network, twice)
    if ok and is_leased is None:
        ok, why = None, "whether its address is leased is unknown"
    elif ok and not is_leased:
        ok, why = False, "its address has no lease: Whereabouts gives it to the next pod, too; restart this one first"
    name = None if place.interface is None else place.interface.name
    return PodCheck(place.pod.ref, name, place.address, ok, why)


def _verdict(place: _Place, network: AddressRange | None, twice: bool) -> tuple[bool | None, str]:
    names = " or ".join(place.kind.interfaces)
    if place.pod.interfaces is None:
        return False, "it has no network-status: Multus has attached nothing"
    address = None if place.address is None else parse_address(place.address)
    if address is None:
        return False, f"it has no interface {names}" if place.interface is None else "its interface has no IPv4 address"
    if network is None:
        return None, f"the range is {unknown(_COMMAND, 'settings')}"
    if wrong := misplaced(address, network):
        return False, wrong
    return not twice, "another pod has the same address" if twice else ""
