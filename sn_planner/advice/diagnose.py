"""A pasted text tells why pods wait: which range ran dry, how large it is, for whom, and what would do; or what else.

Rules: the messages of one cause about one range or network are one event, with every pod that they name; what one of
them leaves out, another tells. The network is known from the definition that Multus attaches, or else from the kind of
pod, and only a network of Harvester's is held against a formula: its own. A pod for RWX volumes on the storage network
proves that they share it. Bounds and excludes that leave too few addresses of a range that is large enough are what
to change, not the range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.advice.messages import Message, messages
from sn_planner.advice.told_ranges import ToldRange
from sn_planner.errors import BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, Demand, choose, demand_of, require_cluster
from sn_planner.model.failures import CUT_OFF, EXHAUSTED, FAILURES, NO_USABLE, POD_NETWORK, KnownFailure
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.networks import HARVESTER_NAMESPACE, NETWORKS, STORAGE
from sn_planner.model.pods import LONGHORN_NAMESPACE, PodKind, pod_kind
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import SHORTEST_PREFIX, prefix_for
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

THE_POD_NETWORK = "pod-network"
_POD_NETWORKS = {"k8s-pod-network", "cbr0", "cni0", "canal", "calico", "flannel", "kindnet"}  # of host-local
_OF_CAUSE = {failure.cause: failure for failure in reversed(FAILURES)}


@attrs.frozen
class DiagnosedEvent:
    """What messages of one cause say of one range or network.

    `failure` is the row of the cause; `network` Harvester's setting of the network, "pod-network", the name of another
    definition, or None where it is not told; `told` what is told of the range; `pods` those that wait, as
    "namespace/name", or the name alone where no namespace is told; `names` what is missing or wrong; `need` what a
    range is held against, None without a cluster.
    """

    failure: KnownFailure = attrs.field(repr=lambda failure: repr(failure.cause))
    network: str | None
    told: ToldRange
    pods: tuple[str, ...]
    names: tuple[str, ...] = ()
    need: Demand | None = attrs.field(default=None, repr=False)

    @property
    def cause(self) -> str:
        """The cause, as `model.failures.FAILURES` names it."""
        return self.failure.cause

    @property
    def range(self) -> str | None:
        """The range as a CIDR; None where the messages tell none."""
        return self.told.range

    @property
    def first(self) -> str | None:
        """The first address between the bounds."""
        return self.told.first

    @property
    def last(self) -> str | None:
        """The last address between the bounds."""
        return self.told.last

    @property
    def usable(self) -> int | None:
        """The addresses between the bounds and in no exclude [addresses]; None where the messages tell no range."""
        return 0 if self.cause == NO_USABLE else self.told.usable

    @property
    def pod(self) -> str | None:
        """The first pod that waits, with its namespace; None where the messages name none."""
        return next((pod for pod in self.pods if "/" in pod), None)

    @property
    def kinds(self) -> tuple[PodKind, ...]:
        """The kinds of the pods that wait, of those that Harvester's networks are for."""
        return tuple({kind.name: kind for kind in map(_kind, self.pods) if kind is not None}.values())

    @property
    def exhausted(self) -> bool:
        """Whether a range had addresses and all were taken; otherwise it has none at all, or it is something else."""
        return self.cause in {EXHAUSTED, POD_NETWORK}

    @property
    def headline(self) -> str:
        """The cause, the network and its range, and who waits."""
        ends = f"{self.first} to {self.last}" if self.first and self.last else ""
        what = [" ".join(one for one in (self.network, self.range) if one)]
        if self.usable is not None:
            what.append(f"{counted(self.usable, 'address')} to hand out{ends and f' ({ends})'}")
        elif ends:
            what.append(f"{ends} can be read")
        return ", ".join([self.cause, *(one for one in (*what, self._waiting) if one)])

    @property
    def advice(self) -> str:
        """What hangs, and what would mend it."""
        hangs = [kind.waits if len(self.kinds) == 1 else f"{kind.name}: {kind.waits}" for kind in self.kinds]
        if self.failure.is_of_range:
            return "; ".join([*hangs, *_of_range(self)])
        return "; ".join([f"no range ran dry: {self.failure.meaning(self.names)}", self.failure.cure, *hangs])

    @property
    def _waiting(self) -> str:
        if len(self.pods) < 2:
            nobody = "for a pod that the text does not name" if self.failure.is_of_range else ""
            return f"{self.pods[0]} waits" if self.pods else nobody
        kinds = Counter("other" if kind is None else kind.name for kind in map(_kind, self.pods))
        told = ", ".join(f"{name}: {number}" for name, number in kinds.items())
        return f"{len(self.pods)} pods wait ({told}), {self.pods[0]} first"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "cause": self.cause,
            "network": self.network,
            "range": self.range,
            "first": self.first,
            "last": self.last,
            "usable": self.usable,
            "pod": self.pod,
            "pods": len(self.pods),
            "exhausted": self.exhausted,
            "advice": self.advice,
        }


@attrs.frozen
class Diagnosis:
    """What the messages in a text say: ranges first, other causes behind, each in the order of the text."""

    events: tuple[DiagnosedEvent, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"events": [event.to_dict() for event in self.events]}

    @property
    def verdict(self) -> str:
        """Which causes there are, or that none is known."""
        causes = ", ".join(dict.fromkeys(event.cause for event in self.events))
        return f"Known cause found: {causes}" if causes else "No exhausted range and no other known cause found"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each event; raises MissingExtraError where pandas is not installed."""
        return self._rows.frame()

    def _repr_html_(self) -> str:
        return html(self.verdict, self._rows)

    @property
    def _rows(self) -> Rows:
        columns = ("cause", "network", "range", "usable [addresses]", "pods [pods]", "advice")
        rows = [(one.cause, one.network, one.range, one.usable, len(one.pods), one.advice) for one in self.events]
        return Rows(columns, rows)


def diagnose(
    text: str, cluster: Cluster | None = None, *, profile: str | Profile | None = None, harvester: str | None = None
) -> Diagnosis:
    """Why pods wait, as the messages in `text` say: events, `kubectl describe`, logs, however wrapped, framed, escaped.

    With a `cluster`, the advice says what each of Harvester's networks needs and which prefix would do, by `profile` or
    by the release `harvester`. Raises BadInput for what is no text and for an unusable cluster or profile; a text
    without a message of a known cause has no events.

    >>> event = diagnose('''error at storage engine: Could not allocate IP in range: ip: 172.16.0.1 / -
    ... 172.16.0.6 / range: 172.16.0.0/29 / excludeRanges: []''').events[0]
    >>> event.cause, event.range, event.usable
    ('exhausted', '172.16.0.0/29', 6)
    """
    if not isinstance(text, str):
        raise BadInput("text", text, "is not text", "paste the event as it is", "wrong-type")
    choice = choose(profile, harvester)
    return Diagnosis(events_of([(text, None)], None if cluster is None else require_cluster(cluster), choice))


def events_of(
    texts: Iterable[tuple[str, str | None]], cluster: Cluster | None, choice: Choice
) -> tuple[DiagnosedEvent, ...]:
    """The events in some texts, each with the pod that waits where the text itself names none, as `Diagnosis` has them.

    >>> found = events_of([("storage engine: k8s get error: Unauthorized", "apps/web-1")], None, choose())
    >>> found[0].cause, found[0].pods
    ('unauthorized', ('apps/web-1',))
    """
    found = (one._replace(pod=one.pod or pod) for text, pod in texts for one in messages(text))
    groups = _without_cuts(_grouped(found))
    needs: dict[tuple[str, bool], Demand] = {}
    events = []
    for group in sorted(groups, key=lambda group: not group.failure.is_of_range):
        need = None if cluster is None else _need(group, cluster, choice, needs)
        names = tuple(one for one in group.names if not any(more.endswith(f"/{one}") for more in group.names))
        events.append(DiagnosedEvent(group.failure, group.network, group.told, tuple(group.pods), names, need))
    return tuple(events)


@attrs.define(eq=False)
class _Group:
    """Messages of one cause about one range or network; the dicts are ordered sets."""

    failure: KnownFailure
    network: str | None
    told: ToldRange
    pods: dict[str, None] = attrs.Factory(dict)
    names: dict[str, None] = attrs.Factory(dict)


def _grouped(found: Iterable[Message]) -> list[_Group]:
    """The messages by cause, range and network; one that does not tell its network joins one that does."""
    groups: list[_Group] = []
    of_cause: dict[tuple[KnownFailure, ToldRange], dict[str | None, _Group]] = {}
    for one in found:
        failure, network = _judged(one)
        networks = of_cause.setdefault((failure, one.told), {})
        if network is None and networks:
            group = next(iter(networks.values()))
        elif network is not None and None in networks:
            group = networks[network] = networks.pop(None)
            group.network = network
        elif network in networks:
            group = networks[network]
        else:
            group = networks[network] = _Group(failure, network, one.told)
            groups.append(group)
        group.pods |= {one.pod: None} if one.pod else {}
        group.names |= dict.fromkeys(one.names)
    return groups


def _judged(one: Message) -> tuple[KnownFailure, str | None]:
    """The cause of a message, now that its range is read, and its network."""
    network = _network(one.attachment, one.pod)
    if one.failure.cause == POD_NETWORK:
        is_own = one.attachment is not None and network != THE_POD_NETWORK
        return (_OF_CAUSE[EXHAUSTED], network) if is_own else (one.failure, THE_POD_NETWORK)
    if one.failure.cause != EXHAUSTED or one.told.usable:
        return one.failure, network
    return _OF_CAUSE[CUT_OFF if one.told.usable is None else NO_USABLE], network


def _network(attachment: str | None, pod: str | None) -> str | None:
    """The network that a definition or a kind of pod is of; what serves RWX volumes may be on two of them."""
    name = None if attachment is None else attachment.rpartition("/")[2]
    if name is not None and name in _POD_NETWORKS:
        return THE_POD_NETWORK
    for network in NETWORKS.values():
        if name is not None and (name == network.setting or name.startswith(network.attachment)):
            return network.setting
    kind = None if pod is None else _kind(pod)
    of_kind = (
        () if kind is None or kind.serves_rwx else (one for one in NETWORKS.values() if one.counted in kind.counted)
    )
    return next((one.setting for one in of_kind), name)


def _kind(pod: str) -> PodKind | None:
    """The kind of a pod, where it is in the namespace of that kind, or its namespace is not told."""
    namespace, _, name = pod.rpartition("/")
    return pod_kind(name) if namespace in {"", LONGHORN_NAMESPACE, HARVESTER_NAMESPACE} else None


def _without_cuts(groups: list[_Group]) -> list[_Group]:
    """The groups, with each message that is cut off told as the whole one that has the same bounds."""
    whole = {(one.told.first, one.told.last): one for one in groups if one.told.range and one.failure.cause != CUT_OFF}
    kept = []
    for group in groups:
        ends = (group.told.first, group.told.last)
        if group.failure.cause == CUT_OFF and None not in ends and ends in whole:
            whole[ends].pods |= group.pods
        else:
            kept.append(group)
    return kept


def _sized_as(network: str | None, pods: tuple[str, ...]) -> str | None:
    """The network of Harvester's whose formula counts: the storage network's, where nothing tells another."""
    if network is None:
        return None if pods else STORAGE.setting
    return network if network in NETWORKS else None


def _need(group: _Group, cluster: Cluster, choice: Choice, needs: dict[tuple[str, bool], Demand]) -> Demand:
    """What the network needs, by its own formula; the storage network, where it is none of Harvester's."""
    network = _sized_as(group.network, tuple(group.pods)) or STORAGE.setting
    shares = group.network == STORAGE.setting and any(kind.serves_rwx for kind in map(_kind, group.pods) if kind)
    if (network, shares) not in needs:
        own = choice._replace(asked=False).on(network)
        needs[network, shares] = demand_of(cluster, own._replace(profile=own.profile.sharing_rwx) if shares else own)
    return needs[network, shares]


def _of_range(event: DiagnosedEvent) -> Iterator[str]:
    """What is wrong with a range, and what would do."""
    if event.cause in {CUT_OFF, POD_NETWORK}:
        yield from (event.failure.means, event.failure.cure)
        return
    told, need, (narrowed, remedy) = event.told, event.need, _narrowed(event.told)
    if event.cause == NO_USABLE:
        why = "its excludes or bounds leave none" if told.whole else event.failure.means
        yield f"{told.range or 'the range'} has no address to hand out: {why}"
    is_held = _sized_as(event.network, event.pods) is not None and not told.is_ipv6
    required = need.required if need is not None and is_held else 0
    if narrowed and (event.usable or 0) < required <= (told.whole or 0):
        yield f"the /{told.prefix_length} is large enough for the {required} at the peak, but {narrowed}: {remedy}"
        return
    if narrowed:
        yield narrowed if required else f"{narrowed}: {remedy}"
    yield _would_do(event.usable or 0, need) if is_held else _why_not_held(event)


def _narrowed(told: ToldRange) -> tuple[str, str]:
    """What bounds and excludes leave of a range, and what to do about it; nothing where they leave all."""
    whole, between, usable = told.whole or 0, told.between or 0, told.usable or 0
    parts = []
    if between < whole:
        bounds = f"range_start to range_end ({told.first} to {told.last})"
        parts.append((f"{bounds} leave {between} of its {whole} addresses", "widen the bounds"))
    if told.range and usable < between:
        parts.append((f"its excludes leave {usable} of {between} addresses", "exclude fewer"))
    facts, remedies = zip(*parts, strict=True) if parts else ((), ())
    return ", and ".join(facts), ", ".join(remedies)


def _why_not_held(event: DiagnosedEvent) -> str:
    """Why no formula says how large the range must be."""
    if event.told.is_ipv6:
        return "IPv6 is not planned here: give its definition a shorter IPv6 prefix"
    if event.network is None and event.kinds:
        return (
            "which network it is on is not told, the storage-network or the rwx-network: no formula is held against it"
        )
    name = event.network or "the network"
    if event.need is None:
        return f"{name} is none of Harvester's networks: whoever made its definition sizes it"
    return f"{name} is none of Harvester's networks: the cluster's {event.need.required} are not held against it"


def _would_do(usable: int, need: Demand | None) -> str:
    """What the range is to a demand, and which prefix would do."""
    if need is None:
        return "describe the cluster to learn which prefix would do"
    if usable >= need.required:
        return f"its {usable} addresses are enough for the cluster ({need.required} at the peak): look for stale leases"
    prefix = prefix_for(need.required)
    fits = prefix is not None and prefix >= SHORTEST_PREFIX
    remedy = f"a /{prefix} would do" if fits else f"no range up to a /{SHORTEST_PREFIX} would do"
    return f"the cluster needs {need.required} at the peak ({need.profile.name}): {remedy}"
