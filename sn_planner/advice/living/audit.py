"""The leases of a living storage network: whose they are, which are stale, and whether the next upgrade fits.

Rules: addresses are free where Whereabouts can assign them now. The answer stands beside Harvester's own pre-check
(`precheck`): it never says that an upgrade fits where the pre-check fails for a reason that is not refuted by name.
What is not a finding of `findings.CODES` is advice: what to know, and what to do. What the export does not tell stays
unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from sn_planner.advice import rules
from sn_planner.advice.findings import Finding, Findings
from sn_planner.advice.living.choice import choice_for, leases, pool_from, unknown
from sn_planner.advice.living.precheck import PreCheck, pre_check
from sn_planner.advice.living.stale import Stale, Verdicts, judge
from sn_planner.advice.living.upgrade import OTHER, NextUpgrade, Room, by_kind, next_upgrade, room_in
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, Demand, demand_of
from sn_planner.model.durations import clock_text
from sn_planner.model.jupyter import html_table
from sn_planner.model.living.exports import export_command
from sn_planner.model.living.resources import IPPool
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.networks import RWX, VM_MIGRATION
from sn_planner.model.pods import PODS, STORAGE_PODS, PodKind
from sn_planner.model.profiles import PROFILES, Profile
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import RECONCILED_AT, RECONCILES
from sn_planner.model.tally import Tally
from sn_planner.model.words import counted


@attrs.frozen
class Advice:
    """What to know or do that no finding's code says."""

    message: str
    fix: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, in the keys of a finding; it has no code."""
        return {"code": None, "severity": "info", "message": self.message, "fix": self.fix}


@attrs.frozen(kw_only=True)
class NetworkAudit:
    """Another of Harvester's networks, as exported: its leases, and what the next upgrade needs on top [addresses].

    `free` to assign now; `leases` and `free` are None where the IPPools were not exported, `upgrade_required` where the
    cluster was not.
    """

    network: str
    range: AddressRange
    leases: int | None
    free: int | None
    upgrade_required: int | None

    @property
    def usable(self) -> int:
        """Addresses of the range that Whereabouts can assign [addresses]."""
        return self.range.usable

    @property
    def fits(self) -> bool | None:
        """Whether what the upgrade needs is free now; None: not known."""
        return None if self.free is None or self.upgrade_required is None else self.upgrade_required <= self.free

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        figures = ("usable", "leases", "free", "upgrade_required", "fits")
        return {"network": self.network, "range": str(self.range.cidr)} | {
            name: getattr(self, name) for name in figures
        }


@attrs.frozen(kw_only=True)
class Audit:
    """A storage network's leases, as exported.

    `leases` of any kind, `by_kind` of pod, `free` to assign now [addresses]; `upgrade` and `room` are None where the
    export does not tell the cluster. `precheck` is what Harvester's own check says, `networks` are the cluster's other
    networks that are configured.
    """

    range: AddressRange
    leases: int
    by_kind: Tally = attrs.field(converter=Tally)
    stale: tuple[Stale, ...]
    free: int
    cluster: Cluster | None
    upgrade: NextUpgrade | None
    room: Room | None
    precheck: PreCheck
    networks: tuple[NetworkAudit, ...]
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
        """Whether that many are free now, and Harvester's pre-check agrees or is refuted; None: not known."""
        if self.upgrade is None:
            return None
        return self.upgrade.required <= self.free and not self.is_stopped

    @property
    def is_stopped(self) -> bool:
        """Whether Harvester's pre-check fails for a reason that is not refuted."""
        return self.precheck.verdict == "fail" and not self.precheck.is_refuted

    @property
    def ok(self) -> bool:
        """Whether the next upgrade fits each network and no finding is an error; what is not known is not well."""
        fits = (self.upgrade_fits, *(one.fits for one in self.networks))
        return all(one is True for one in fits) and self.findings.ok

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
            "precheck": self.precheck.to_dict(),
            "networks": [one.to_dict() for one in self.networks],
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
    pool, verdicts = pool_from(network, found, choice), judge(snapshot, found, network, choice.release)
    living = _living(pool, verdicts)
    in_use, planned = (_demand(cluster, choice) for cluster in (snapshot.cluster_in_use, snapshot.cluster))
    result = Audit(
        range=network,
        leases=len(found.allocations),
        by_kind=by_kind(allocation.podref for allocation in found.allocations),
        stale=(*verdicts.stale, *verdicts.orphans),
        free=pool.free - verdicts.blocked,
        cluster=snapshot.cluster,
        upgrade=None if in_use is None else next_upgrade(in_use, living),
        room=None if planned is None else room_in(pool.capacity - living.get(OTHER, 0), planned),
        precheck=pre_check(snapshot, network, found, choice.release),
        networks=tuple(_other_networks(snapshot, choice)),
        findings=Findings.sorted(_findings(snapshot, network, in_use)),
        notes=choice.notes,
    )
    return attrs.evolve(result, advice=tuple(_advice(result, snapshot, choice, found, verdicts, planned)))


def _demand(cluster: Cluster | None, choice: Choice) -> Demand | None:
    return None if cluster is None else demand_of(cluster, choice)


def _living(pool: Pool, verdicts: Verdicts, kinds: Iterable[PodKind] = STORAGE_PODS) -> dict[str, int]:
    """The leases of each kind that serve a pod: one that is stale does not, and the pod must ask anew."""
    dead = {one.address for one in verdicts.stale if not one.used}
    return by_kind((lease.podref for lease in pool.leases if str(lease.address) not in dead), kinds)


def _other_networks(snapshot: Snapshot, choice: Choice) -> Iterator[NetworkAudit]:
    """The rwx-network and the vm-migration-network, where they are configured; one without an IPPool has no lease."""
    for row in (RWX, VM_MIGRATION):
        stored = snapshot.stored(row.setting)
        if stored is None or stored.setting is None:
            continue
        network = stored.setting.address_range
        own = Choice(PROFILES[row.formula], choice.release)
        found = snapshot.pool_for(network) or IPPool("", network.cidr)
        verdicts, pool = judge(snapshot, found, network, choice.release), pool_from(network, found, own)
        need, known = _demand(snapshot.cluster_in_use, own), snapshot.pools is not None
        living = _living(pool, verdicts, [kind for kind in PODS if row.counted in kind.counted])
        yield NetworkAudit(
            network=row.setting,
            range=network,
            leases=len(found.allocations) if known else None,
            free=pool.free - verdicts.blocked if known else None,
            upgrade_required=None if need is None or not known else next_upgrade(need, living).required,
        )


def _findings(snapshot: Snapshot, network: AddressRange, need: Demand | None) -> Iterator[Finding]:
    """What the range lacks for the cluster, whatever is leased now."""
    setting = snapshot.setting
    written = (str(network.cidr), network.exclude) if setting is None else (setting.range, setting.exclude)
    return rules.size_findings(rules.Case(*written, need))


def _advice(
    result: Audit, snapshot: Snapshot, choice: Choice, found: IPPool, verdicts: Verdicts, planned: Demand | None
) -> Iterator[Advice]:
    yield from _gaps(result, snapshot, verdicts.undecided)
    yield from _stale_advice(result, choice, found)
    if verdicts.taken_elsewhere:
        message = f"other networks hold {counted(verdicts.taken_elsewhere, 'address')} of the range"
        yield Advice(message, "give the networks ranges that do not overlap: one takes the addresses of the other")
    if result.upgrade is not None and result.room is not None:
        yield _upgrade_advice(result, result.upgrade)
        yield _precheck_advice(result, result.upgrade)
        yield _room_advice(result.room)
        if planned is not None and planned.required > max(result.usable, result.upgrade.demand.required):
            message = f"with a backing image on every disk it would need {planned.required} at the peak"
            yield Advice(f"{message}, and has {result.usable}", "widen it before images spread over more disks")
    yield from (_network_advice(one) for one in result.networks if one.fits is not True)


def _precheck_advice(result: Audit, upgrade: NextUpgrade) -> Advice:
    """What Harvester's own check says, and where ours differs."""
    check = result.precheck
    if check.verdict is None or check.required is None:
        return Advice(f"Harvester's pre-check is {check.verdict or 'not known'}: {check.why}", "nothing is to be done")
    says = f"Harvester's pre-check {'passes' if check.verdict == 'pass' else 'fails'}: {check.why}, {check.required}"
    message = f"{says} in all; it counts {check.free} free"
    if (check.required, check.free) != (upgrade.required, result.free):
        message = f"{message}. Ours differs: {', '.join(_differences(result, upgrade)) or 'it goes by the formula'}"
    if check.verdict == "pass":
        return Advice(message, "nothing is to be done for it")
    if check.is_refuted:
        return Advice(message, "it is wrong here: the upgrade may go on without it")
    return Advice(message, "do not upgrade before it passes: free addresses, or widen the range")


def _differences(result: Audit, upgrade: NextUpgrade) -> Iterator[str]:
    """What one of the two checks counts and the other does not."""
    for what, count in result.precheck.excess:
        yield f"{count} of its addresses {'is' if count == 1 else 'are'} for {what}"
    unseen = {"image transfer": upgrade.transfers, "stale lease": len(result.stale)}
    for what, count in unseen.items():
        if count:
            yield f"it knows nothing of {counted(count, what)}"


def _network_advice(one: NetworkAudit) -> Advice:
    if one.fits is None:
        fields = [
            name for name, figure in (("pools", one.free), ("longhorn_nodes", one.upgrade_required)) if figure is None
        ]
        return Advice(f"whether the next upgrade fits the {one.network} is unknown", unknown(*fields))
    message = f"the next upgrade needs {counted(one.upgrade_required or 0, 'address')} more of the {one.network}"
    return Advice(f"{message}, {one.range.cidr}, and {one.free} are free", "free some, or widen it")


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
    if upgrade.required <= result.free:
        verdict = "it would fit, but for Harvester's own pre-check" if result.is_stopped else "it fits"
        return Advice(f"{message}: {verdict}", "nothing is to be done for it")
    verdict = "it would stall" if upgrade.saving > result.free else "it would wait, but not stall"
    return Advice(f"{message}: {verdict}", _remedy(result, upgrade))


def _remedy(result: Audit, upgrade: NextUpgrade) -> str:
    """The smallest change that makes the upgrade fit; before it, where there is one, what keeps it from stalling."""
    lacking = upgrade.required - result.free
    freed = sum(one.frees for one in result.stale)
    if freed >= lacking:
        return "delete the stale leases before it"
    if freed + upgrade.transfers >= lacking:
        return f"finish the image transfers before it{', and delete the stale leases' if freed else ''}"
    saves = result.free < upgrade.saving <= result.free + freed
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
