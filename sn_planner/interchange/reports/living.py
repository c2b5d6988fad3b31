"""What preflight, verify and audit say, as documents.

Rules: those of `reports`. A person reads what is wrong before what to do; "unknown" is a word of its own, between yes
and no. Every text from an export is printable before it comes here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sn_planner.interchange.reports.sentences import and_more
from sn_planner.interchange.tables import Document, Table
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.advice.living.audit import Audit
    from sn_planner.advice.living.preflight import Preflight
    from sn_planner.advice.living.verify import Verification

_IS_ARE = {True: "is", False: "are"}
_WORDS = {True: "yes", False: "NO", None: "unknown"}
_SHOWN_STALE = 40
_UNRESERVED = "; whether there is a stale reservation is unknown"


def preflight_document(result: Preflight) -> Document:
    """The prerequisites, each with its answer, and the verdict."""
    headers = ("name", "ok", "detail")
    main = Table(headers, [[check.name, check.ok, check.detail] for check in result.checks])
    people = Table(
        ("before applying", "met", "what the export shows"),
        [[check.name, _WORDS[check.ok], check.detail] for check in result.checks],
    )
    text = None if result.setting is None else result.setting.text or "no value, which disables the network"
    setting = () if text is None else (f"The setting: {text}",)
    parts = (*setting, people, _preflight_verdict(result))
    return Document("preflight", result.to_dict(), main, parts, result.notes)


def _preflight_verdict(result: Preflight) -> str:
    if result.ok:
        return "Ready: apply it, and expect the outage." if result.setting else "Ready for a change of the network."
    answers = [check.ok for check in result.checks]
    if False in answers:
        return f"Not ready: {counted(answers.count(False), 'prerequisite')} not met."
    return f"Not known to be ready: export what is unknown, {counted(answers.count(None), 'prerequisite')}."


def verify_document(result: Verification) -> Document:
    """The documentation's three steps, a line for each pod, and the verdict."""
    rows = [[pod.pod, pod.interface, pod.address, pod.ok, pod.why] for pod in result.pods]
    words = [[pod.pod, pod.interface, pod.address, _WORDS[pod.ok], pod.why] for pod in result.pods]
    steps = Table(("step", "done", "what the export shows"), [[s.step, _WORDS[s.ok], s.detail] for s in result.steps])
    pods = (Table(("pod", "interface", "address", "right", "why"), words),) if words else ()
    main = Table(("pod", "interface", "address", "ok", "why"), rows)
    return Document("verify", result.to_dict(), main, (steps, *pods, _verify_verdict(result)), result.notes)


def _verify_verdict(result: Verification) -> str:
    if result.ok:
        return "The storage network works: start the VMs."
    undone = [str(step.step) for step in result.steps if step.ok is False]
    if undone:
        return f"Not done: step {', '.join(undone)}."
    unknown = ", ".join(str(step.step) for step in result.steps if step.ok is None)
    return f"Not known to be done: export what step {unknown} asks for."


def audit_document(result: Audit) -> Document:
    """The figures, the leases by kind of pod, the stale ones, the findings, and what to do."""
    main = Table(("address", "podref", "why"), [[one.address, one.podref, one.why] for one in result.stale])
    kinds = Table(("pod", "leases"), [[kind, count] for kind, count in result.by_kind.items()])
    figures = (
        f"{result.range.cidr}: {result.usable} usable addresses, {counted(result.leases, 'lease')}, {result.free} free."
    )
    found = [
        f"- {finding.severity} {finding.code}: {finding.message}\n  fix: {finding.fix}" for finding in result.findings
    ]
    found += [f"- {one.message}\n  {one.fix}" for one in result.advice]
    tables = [kinds] if kinds.rows else []
    parts = (figures, *tables, *_stale(result), *_networks(result), "\n".join(found), _audit_verdict(result))
    return Document("audit", result.to_dict(), main, parts, result.notes)


def _stale(result: Audit) -> tuple[str | Table, ...]:
    if not result.stale and result.undecided:
        return (
            f"Whether {counted(result.undecided, 'lease')} of them {_IS_ARE[result.undecided == 1]} stale is unknown.",
        )
    if not result.stale:
        return (f"No stale lease found{_UNRESERVED if 'reservations' in result.missing else ''}.",)
    rows = [[one.address, one.podref, one.why] for one in result.stale[:_SHOWN_STALE]]
    more = and_more(len(result.stale), _SHOWN_STALE, "--format json lists all")
    return ("Stale leases:", Table(("address", "pod", "why"), rows), more)


def _networks(result: Audit) -> tuple[Table, ...]:
    if not result.networks:
        return ()
    headers = ("other network", "range", "usable", "leases", "free", "upgrade needs", "fits")
    rows = [[*(one.to_dict() | {"fits": _WORDS[one.fits]}).values()] for one in result.networks]
    return (Table(headers, [["unknown" if cell is None else cell for cell in row] for row in rows]),)


def _audit_verdict(result: Audit) -> str:
    if result.upgrade_fits is None:
        return "Whether the next upgrade fits is unknown."
    if not result.upgrade_fits:
        return "The next upgrade does not fit."
    tight = [one.network for one in result.networks if one.fits is not True]
    if tight:
        return f"The next upgrade fits the storage-network, but see the {' and the '.join(tight)}."
    return "The next upgrade fits." if result.ok else "The next upgrade fits, but see the errors."
