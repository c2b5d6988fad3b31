"""What an audit advises: what the export does not tell, what is in the way, whether the next upgrade fits, what to do.

Rules: what is not a finding of `findings.CODES` is advice. Every piece says what was seen and what would mend it; what
rests on something that was not exported says so. First come the gaps, then the leases, then the upgrade, then the other
networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.advice.living.stale import Verdicts
from sn_planner.advice.living.upgrade import NextUpgrade, Room
from sn_planner.errors import printable
from sn_planner.model.demand import Choice, Demand
from sn_planner.model.durations import clock_text
from sn_planner.model.living.exports import export_with
from sn_planner.model.living.readers import SANDBOX_ANNOTATION
from sn_planner.model.living.resources import IPPool
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.releases import RECONCILED_AT, RECONCILES
from sn_planner.model.words import counted, some

if TYPE_CHECKING:
    from sn_planner.advice.living.audit import Audit, NetworkAudit


@attrs.frozen
class Advice:
    """What to know or do that no finding's code says."""

    message: str = attrs.field(converter=printable)
    fix: str = attrs.field(converter=printable)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, in the keys of a finding; it has no code."""
        return {"code": None, "severity": "info", "message": self.message, "fix": self.fix}


def advice_on(
    result: Audit, snapshot: Snapshot, choice: Choice, found: IPPool, verdicts: Verdicts, planned: Demand | None
) -> Iterator[Advice]:
    """Everything there is to know and to do beside the findings, in the order of the rules above."""
    yield from _gaps(result, snapshot, verdicts)
    yield from _stale_advice(result, choice, found)
    yield from _lease_advice(verdicts)
    if result.upgrade is not None:
        yield _upgrade_advice(result, result.upgrade)
    yield _precheck_advice(result, result.upgrade, verdicts)
    if result.upgrade is not None and result.room is not None:
        yield _room_advice(result.room)
        if planned is not None and planned.required > max(result.usable, result.upgrade.demand.required):
            message = f"with a backing image on every disk it would need {planned.required} at the peak"
            yield Advice(f"{message}, and has {result.usable}", "widen it before images spread over more disks")
    yield from (_network_advice(one) for one in result.networks if one.fits is not True)


def _precheck_advice(result: Audit, upgrade: NextUpgrade | None, verdicts: Verdicts) -> Advice:
    """What Harvester's own check says, and where ours differs."""
    check = result.precheck
    if check.verdict in {None, "skipped"}:
        fix = "nothing is to be done for it" if check.verdict else "export them to know its verdict, or run it"
        return Advice(f"Harvester's pre-check is {check.verdict or 'not known'}: {check.why}", fix)
    says = f"Harvester's pre-check {'passes' if check.verdict == 'pass' else 'fails'}: {check.why}"
    total = "" if check.required is None else f", {check.required} in all"
    message = f"{says}{total}; it counts {check.free} free"
    if upgrade is not None and (check.required, check.free) != (upgrade.required, result.free):
        why = ", ".join(_differences(result, upgrade, verdicts)) or "it goes by the formula"
        message = f"{message}. Ours differs: {why}"
    if check.verdict == "pass":
        return Advice(message, "nothing is to be done for it")
    if check.is_refuted:
        return Advice(message, "it is wrong here: the upgrade may go on without it")
    return Advice(message, "do not upgrade before it passes: free addresses, or widen the range")


def _differences(result: Audit, upgrade: NextUpgrade, verdicts: Verdicts) -> Iterator[str]:
    """What one of the two checks counts and the other does not."""
    for what, count in result.precheck.excess:
        yield f"{count} of its addresses {'is' if count == 1 else 'are'} for {what}"
    held = verdicts.taken_elsewhere + len(verdicts.unleased)
    unseen = {"image transfer": upgrade.transfers, "stale lease": len(result.stale), "address": held}
    for what, count in unseen.items():
        if count:
            yield f"it knows nothing of {counted(count, what, 'held without a lease' if what == 'address' else '')}"
    if result.precheck.idle:
        yield f"it counts {counted(result.precheck.idle, 'manager', 'without a running pod')}"


def _network_advice(one: NetworkAudit) -> Advice:
    """Whether the upgrade fits another network, and what is in its way there."""
    if one.fits is None:
        return Advice(f"whether the next upgrade fits the {one.network} is unknown", export_with("audit", *one.missing))
    message = f"the next upgrade needs {counted(one.upgrade_required or 0, 'address')} more of the {one.network}"
    fix = "free some, or widen it"
    if one.stale:
        fix = f"delete its {counted(len(one.stale), 'stale lease')}: {some([lease.address for lease in one.stale])}"
    return Advice(f"{message}, {one.range.cidr}, and {one.free} are free", fix)


def _gaps(result: Audit, snapshot: Snapshot, verdicts: Verdicts) -> Iterator[Advice]:
    """What the export does not tell."""
    named = [one for one in verdicts.undecided if one.pod]
    if named:
        message = f"the pods of {counted(len(named), 'lease')} are not in the export: whether they live is unknown"
        yield Advice(message, export_with("audit", "pods"))
    if nameless := len(verdicts.undecided) - len(named):
        message = (
            f"{counted(nameless, 'lease')} {'names' if nameless == 1 else 'name'} no pod: whose they are is unknown"
        )
        yield Advice(message, f"find them by container id: crictl pods, or the pods' annotation {SANDBOX_ANNOTATION}")
    if verdicts.inconsistent:
        pods = some([one.pod for one in verdicts.inconsistent])
        message = f"the export was not made in one go: it has no pod {pods}, whose manager runs"
        yield Advice(message, "make it again; until then their leases are taken to be in use")
    if not snapshot.tells_excludes:
        message = "the range is known by its leases only: whether it has excludes is unknown"
        yield Advice(message, export_with("audit", "settings"))
    if result.cluster is None:
        message = "nodes and disks are unknown, and so is what the next upgrade needs"
        yield Advice(message, export_with("audit", "longhorn_nodes"))


def _stale_advice(result: Audit, choice: Choice, pool: IPPool) -> Iterator[Advice]:
    if not result.stale:
        return
    freed = sum(one.frees for one in result.stale)
    reconciled = sum(one.reconciled for one in result.stale)
    wait = f", or wait for the reconciler, {clock_text(RECONCILED_AT)} UTC"
    if choice.release is not None and not choice.release.has(RECONCILES):
        wait = "; this release has no reconciler to wait for"
    elif reconciled < len(result.stale):
        frees = f"{reconciled} of them" if reconciled else "none of them"
        wait = f"; the reconciler, {clock_text(RECONCILED_AT)} UTC, frees {frees}: only those whose pod is gone"
    message = f"{counted(len(result.stale), 'stale lease')} would free {counted(freed, 'address')}"
    yield Advice(message, f"delete those that no pod uses from the IPPool {pool.ref}{wait}")


def _lease_advice(verdicts: Verdicts) -> Iterator[Advice]:
    """What is wrong with addresses that no stale lease holds."""
    for one in verdicts.unleased:
        message = f"{one.pod} has {one.address} without a lease: Whereabouts gives it to the next pod, too"
        yield Advice(message, "restart that pod before any other starts")
    for one in verdicts.stuck:
        message = f"{one.address} is held by {one.pod}, which is Terminating on {one.node}, a node that is not ready"
        fix = "it is freed when the node is back, or when the pod is deleted by force: kubectl delete pod --force"
        yield Advice(message, fix)
    if verdicts.taken_elsewhere:
        message = f"other networks hold {counted(verdicts.taken_elsewhere, 'address')} of the range"
        yield Advice(message, "give the networks ranges that do not overlap: one takes the addresses of the other")


def _upgrade_advice(result: Audit, upgrade: NextUpgrade) -> Advice:
    name = upgrade.demand.profile.name
    flight = f", with {counted(upgrade.transfers, 'image transfer')} in flight" if upgrade.transfers else ""
    message = (
        f"the next upgrade needs {counted(upgrade.required, 'address')} on top ({name}{flight}), by the rule of thumb "
        f"{upgrade.rule_of_thumb}, one for each manager there is; {result.free} are free"
    )
    if upgrade.required <= result.free:
        return _fitting_advice(result, upgrade, message)
    return Advice(f"{message}: {_shortfall(result, upgrade)}", _remedy(result, upgrade))


def _shortfall(result: Audit, upgrade: NextUpgrade) -> str:
    """What becomes of an upgrade that lacks addresses, as far as the export tells."""
    if upgrade.saving > result.free:
        return "it would stall"
    if result.missing or upgrade.saving_at_most > result.free:
        return "it would wait, and whether it stalls is unknown"
    return "it would wait, but not stall"


def _fitting_advice(result: Audit, upgrade: NextUpgrade, message: str) -> Advice:
    """What to say where enough is free, as far as the export tells."""
    if result.is_stopped:
        return Advice(f"{message}: it would fit, but for Harvester's own pre-check", "see there")
    if result.missing:
        message = f"{message}, as far as the export tells: whether it fits is unknown"
        return Advice(message, export_with("audit", *result.missing))
    if result.upgrade_fits is None:
        more = f"{upgrade.doubtful} more where none of the {counted(result.undecided, 'undecided lease')} is in use"
        return Advice(f"{message}, but {more}: whether it fits is unknown", export_with("audit", "pods"))
    return Advice(f"{message}: it fits", "nothing is to be done for it")


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
    if widen is None:
        return f"{first}free the addresses that pods of other kinds hold"
    return f"{first}{widen if widen.startswith('widen') else f'widen the range: {widen}'}"


def _room_advice(room: Room) -> Advice:
    named = (room.nodes, "node"), (room.disks, "disk"), (room.images, "image transfer")
    parts = ", or ".join(_more(count, name) for count, name in named)
    return Advice(f"beside what there is, the range has room for {parts}", "widen it before more come")


def _more(count: int | None, name: str) -> str:
    if count is None:
        return f"any number of {name}s"
    return counted(count, f"more {name}") if count else f"no more {name}s"
