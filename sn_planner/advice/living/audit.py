"""The leases of a living storage network: whose they are, which are stale, and whether the next upgrade fits.

Rules: what an upgrade needs on top is counted kind by kind: what the formula wants of a kind of pod at the peak, less
the leases it has that are not stale. Addresses are free where Whereabouts can assign them now. What is not a finding of
`findings.CODES` is advice: what to know, and what to do. What the export does not tell stays unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from sn_planner.advice import rules
from sn_planner.advice.findings import Finding, Findings
from sn_planner.advice.living.choice import choice_for, leases, pool_from
from sn_planner.advice.living.stale import Stale, Verdicts, judge
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, Demand, demand_of, max_nodes
from sn_planner.model.durations import clock_text
from sn_planner.model.jupyter import html_table
from sn_planner.model.living.exports import export_command
from sn_planner.model.living.resources import IPPool, name_of
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.pods import STORAGE_PODS, pod_kind
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import RECONCILED_AT, RECONCILES
from sn_planner.model.tally import Tally
from sn_planner.model.words import counted

OTHER = "other"
_MANAGERS = tuple(kind.name for kind in STORAGE_PODS if kind.is_manager)
_TRANSFER = "backing-image-ds"


@attrs.frozen
class Advice:
    """What to know or do that no finding's code says."""

    message: str
    fix: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, in the keys of a finding; it has no code."""
        return {"code": None, "severity": "info", "message": self.message, "fix": self.fix}


@attrs.frozen
class Room:
    """What can still be added, each with the rest as it is [nodes, disks, images]; None: without limit."""

    nodes: int | None
    disks: int | None
    images: int | None


@attrs.frozen(kw_only=True)
class NextUpgrade:
    """What the next upgrade of Longhorn needs on top of the leases there are [addresses].

    `required` so that it never waits, `floor` so that it does not stall, `rule_of_thumb` by the documentation: one more
    for each instance manager and each backing-image-manager there is now. `transfers` are what image transfers in
    flight hold or still ask for.
    """

    demand: Demand
    required: int
    floor: int
    rule_of_thumb: int
    transfers: int


@attrs.frozen(kw_only=True)
class Audit:
    """A storage network's leases, as exported.

    `leases` of any kind, `by_kind` of pod, `free` to assign now [addresses]; `upgrade` and `room` are None where the
    export does not tell the cluster.
    """

    range: AddressRange
    leases: int
    by_kind: Tally = attrs.field(converter=Tally)
    stale: tuple[Stale, ...]
    free: int
    cluster: Cluster | None
    upgrade: NextUpgrade | None
    room: Room | None
    findings: Findings
    advice: tuple[Advice, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def usable(self) -> int:
        """Addresses of the range that Whereabouts can assign [addresses]."""
        return self.range.usable

    @property
    def upgrade_required(self) -> int | None:
        """What the next upgrade needs on top of the leases there are [addresses]; None: not known."""
        return None if self.upgrade is None else self.upgrade.required

    @property
    def upgrade_fits(self) -> bool | None:
        """Whether that many are free now; None: not known."""
        return None if self.upgrade is None else self.upgrade.required <= self.free

    @property
    def ok(self) -> bool:
        """Whether the next upgrade fits and no finding is an error; what is not known is not well."""
        return self.upgrade_fits is True and self.findings.ok

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "range": str(self.range.cidr),
            "usable": self.usable,
            "leases": self.leases,
            "by_kind": dict(self.by_kind),
            "stale": [one.to_dict() for one in self.stale],
            "free": self.free,
            "upgrade_required": self.upgrade_required,
            "upgrade_fits": self.upgrade_fits,
            "findings": [*self.findings.to_dict(), *(one.to_dict() for one in self.advice)],
        }

    def __repr__(self) -> str:
        return (
            f"Audit({str(self.range.cidr)!r}, usable={self.usable}, leases={self.leases}, stale={len(self.stale)}, "
            f"free={self.free}, upgrade_required={self.upgrade_required}, upgrade_fits={self.upgrade_fits})"
        )

    def _repr_html_(self) -> str:
        figures = f"{self.leases} leases, {self.free} free of {self.usable}"
        return html_table(
            f"{self.range.cidr}: {figures}",
            ("address", "podref", "why"),
            ((one.address, one.podref, one.why) for one in self.stale),
        )


def audit(snapshot: Snapshot, *, profile: str | Profile | None = None, harvester: str | None = None) -> Audit:
    """The leases of the storage network in `snapshot`, and what the next upgrade of Longhorn needs on top.

    Without `profile` and `harvester` the cluster's own release decides. Raises BadInput where the export tells no
    range or has no IPPool of it, and for an unknown profile or release. Sources: those of `demand`; the rule of thumb
    is [D 1.1-1.8] Storage Network.

    >>> from sn_planner.model.living.resources import Allocation, IPPool, LonghornNode, Pod
    >>> network, manager = AddressRange("10.0.0.0/29"), "longhorn-system/instance-manager-1"
    >>> snapshot = Snapshot(
    ...     pools=(IPPool("kube-system/10.0.0.0-29", network.cidr, (Allocation(1, manager, "c1"),)),),
    ...     pods=(Pod(manager),),
    ...     longhorn_nodes=(LonghornNode("longhorn-system/node-1", disks=1),),
    ... )
    >>> audit(snapshot)
    Audit('10.0.0.0/29', usable=6, leases=1, stale=0, free=5, upgrade_required=3, upgrade_fits=True)
    """
    choice = choice_for(snapshot, profile, harvester)
    network, found = leases(snapshot)
    pool, verdicts, cluster = pool_from(network, found, choice), judge(snapshot, found, network), snapshot.cluster
    # a stale lease serves no pod, so the upgrade must ask for that pod's address anew
    dead = {one.address for one in verdicts.stale if not one.used}
    living = _by_kind(lease.podref for lease in pool.leases if str(lease.address) not in dead)
    need = None if cluster is None else demand_of(cluster, choice)
    result = Audit(
        range=network,
        leases=len(found.allocations),
        by_kind=_by_kind(allocation.podref for allocation in found.allocations),
        stale=(*verdicts.stale, *verdicts.orphans),
        free=pool.free - len(verdicts.orphans),
        cluster=cluster,
        upgrade=None if need is None else _upgrade(need, living),
        room=None if need is None else _room(pool.capacity - living.get(OTHER, 0), need),
        findings=Findings.sorted(_findings(snapshot, network, need)),
        notes=choice.notes,
    )
    return attrs.evolve(result, advice=tuple(_advice(result, snapshot, choice, found, verdicts)))


def _by_kind(podrefs: Iterable[str]) -> dict[str, int]:
    """How many of the pods are of each kind, in the order of the table, those of no kind last."""
    kinds = (pod_kind(name_of(podref)) for podref in podrefs)
    counts = Counter(kind.name if kind in STORAGE_PODS else OTHER for kind in kinds)
    return {kind: counts[kind] for kind in (*(pod.name for pod in STORAGE_PODS), OTHER) if counts[kind]}


def _upgrade(need: Demand, living: Mapping[str, int]) -> NextUpgrade:
    peak: Counter[str] = Counter()
    floor: Counter[str] = Counter()
    for consumer, line in zip(need.profile.consumers, need.lines, strict=True):
        row = pod_kind(consumer.pod)
        kind = OTHER if row is None else row.name
        peak[kind] += line.addresses
        floor[kind] += line.count * line.addresses_each * consumer.floor
    on_top = [sum(max(wanted[kind] - living.get(kind, 0), 0) for kind in wanted) for wanted in (peak, floor)]
    return NextUpgrade(
        demand=need,
        required=on_top[0],
        floor=on_top[1],
        rule_of_thumb=sum(living.get(kind, 0) for kind in _MANAGERS),
        transfers=max(peak[_TRANSFER], living.get(_TRANSFER, 0)),
    )


def _room(usable: int, need: Demand) -> Room:
    """What fits beside the cluster as it is, at the peak of an upgrade."""
    weights = need.profile.weights("versions")
    spare = max(usable - need.required, 0)
    nodes = max_nodes(usable, need)
    return Room(
        None if nodes is None else max(nodes - need.cluster.storage_nodes, 0),
        *(spare // weights[per] if weights[per] else None for per in ("disk", "image")),
    )


def _findings(snapshot: Snapshot, network: AddressRange, need: Demand | None) -> Iterator[Finding]:
    """What the range lacks for the cluster, whatever is leased now."""
    setting = snapshot.setting
    written = (str(network.cidr), network.exclude) if setting is None else (setting.range, setting.exclude)
    return rules.size_findings(rules.Case(*written, need))


def _advice(result: Audit, snapshot: Snapshot, choice: Choice, found: IPPool, verdicts: Verdicts) -> Iterator[Advice]:
    yield from _gaps(result, snapshot, verdicts.undecided)
    yield from _stale_advice(result, choice, found)
    if result.upgrade is not None and result.room is not None:
        yield _upgrade_advice(result, result.upgrade)
        yield _room_advice(result.room)


def _gaps(result: Audit, snapshot: Snapshot, undecided: int) -> Iterator[Advice]:
    """What the export does not tell."""
    if undecided:
        message = f"the pods of {counted(undecided, 'lease')} are not in the export: whether they live is unknown"
        yield Advice(message, f"export it with `{export_command('pods')}`")
    if snapshot.setting is None and not any(attachment.is_storage_network for attachment in snapshot.attachments or ()):
        message = "the range is known by its leases only: whether it has excludes is unknown"
        yield Advice(message, f"export it with `{export_command('settings')}`")
    if result.cluster is None:
        message = "nodes and disks are unknown, and so is what the next upgrade needs"
        yield Advice(message, f"export it with `{export_command('longhorn_nodes')}`")


def _stale_advice(result: Audit, choice: Choice, pool: IPPool) -> Iterator[Advice]:
    if not result.stale:
        return
    freed = sum(one.frees for one in result.stale)
    reconciles = choice.release is None or choice.release.has(RECONCILES)
    wait = (
        f", or wait for the reconciler, {clock_text(RECONCILED_AT)} UTC"
        if reconciles
        else "; this release has no reconciler to wait for"
    )
    message = f"{counted(len(result.stale), 'stale lease')} would free {counted(freed, 'address')}"
    yield Advice(message, f"delete those that no pod uses from the IPPool {pool.ref}{wait}")


def _upgrade_advice(result: Audit, upgrade: NextUpgrade) -> Advice:
    name = upgrade.demand.profile.name
    flight = f", with {counted(upgrade.transfers, 'image transfer')} in flight" if upgrade.transfers else ""
    message = (
        f"the next upgrade needs {counted(upgrade.required, 'address')} on top ({name}{flight}), by the rule of thumb "
        f"{upgrade.rule_of_thumb}, one for each manager there is; {result.free} are free"
    )
    if result.upgrade_fits:
        return Advice(f"{message}: it fits", "nothing is to be done for it")
    verdict = "it would stall" if upgrade.floor > result.free else "it would wait, but not stall"
    return Advice(f"{message}: {verdict}", _remedy(result, upgrade))


def _remedy(result: Audit, upgrade: NextUpgrade) -> str:
    """The smallest change that makes the upgrade fit; before it, where there is one, what keeps it from stalling."""
    lacking = upgrade.required - result.free
    freed = sum(one.frees for one in result.stale)
    if freed >= lacking:
        return "delete the stale leases before it"
    if freed + upgrade.transfers >= lacking:
        return f"finish the image transfers before it{', and delete the stale leases' if freed else ''}"
    saves = result.free < upgrade.floor <= result.free + freed
    first = "delete the stale leases, so that it does not stall; to do it without waiting, " if saves else ""
    widen = next((finding.fix for finding in result.findings if finding.code == "range-too-small"), None)
    return f"{first}{f'widen the range: {widen}' if widen else 'free the addresses that pods of other kinds hold'}"


def _room_advice(room: Room) -> Advice:
    named = (room.nodes, "node"), (room.disks, "disk"), (room.images, "image transfer")
    parts = ", or ".join(_more(count, name) for count, name in named)
    return Advice(f"beside what there is, the range has room for {parts}", "widen it before more come")


def _more(count: int | None, name: str) -> str:
    if count is None:
        return f"any number of {name}s"
    return counted(count, f"more {name}") if count else f"no more {name}s"
