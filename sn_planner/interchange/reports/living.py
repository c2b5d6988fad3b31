"""What preflight, verify and audit say, as documents.

Rules: those of `tables`. A person reads what is wrong before what to do; "unknown" is a word of its own, between yes
and no. Every text from an export is printable before it comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sn_planner.interchange.reports.pasting import METRICS, openmetrics
from sn_planner.interchange.reports.sentences import and_more
from sn_planner.interchange.tables import Document, Part, Remark, Table
from sn_planner.model.networks import STORAGE
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.advice.living.audit import Audit
    from sn_planner.advice.living.readiness import Preflight
    from sn_planner.advice.living.verify import PodCheck, Verification

_WORDS = {True: "yes", False: "NO", None: "unknown"}
_SHOWN_STALE = 40


def preflight_document(result: Preflight) -> Document:
    """The verdict, and the prerequisites, each with its answer."""
    rows = [[check.name, check.ok, check.detail] for check in result.checks]
    people = Table(
        ("before applying", "met", "what the export shows"),
        [[check.name, _WORDS[check.ok], check.detail] for check in result.checks],
    )
    text = None if result.setting is None else result.setting.text or "no value, which disables the network"
    setting = () if text is None else (f"The setting: {text}",)
    main = Table(("name", "ok", "detail"), rows)
    answer = f"{result.verdict}."
    return Document("preflight", result.ok, result.to_dict(), main, answer, (people, *setting), result.notes)


def verify_document(result: Verification) -> Document:
    """The verdict, the documentation's three steps, and the pods with something wrong; the others explain it."""
    wrong = [pod for pod in result.pods if pod.ok is not True]
    steps = Table(("step", "done", "what the export shows"), [[s.step, _WORDS[s.ok], s.detail] for s in result.steps])
    headers = ("pod", "interface", "address", "ok", "why")
    return Document(
        "verify",
        result.ok,
        result.to_dict(),
        Table(("step", "ok", "detail"), [[one.step, one.ok, one.detail] for one in result.steps]),
        f"{result.verdict}.",
        (steps, *_pods(wrong)),
        result.notes,
        lambda: _pods([pod for pod in result.pods if pod.ok is True]),
        Table(headers, [[getattr(pod, name) for name in headers] for pod in result.pods]),
    )


def _pods(pods: Sequence[PodCheck]) -> tuple[Part, ...]:
    if not pods:
        return ()
    where, names = _in_one_namespace([pod.pod for pod in pods])
    if pods[0].ok:
        rows = [[name, pod.address, pod.interface] for name, pod in zip(names, pods, strict=True)]
        return (Table((f"pod{where}", "address", "interface"), rows),)
    rows = [[name, pod.address, _WORDS[pod.ok], pod.why] for name, pod in zip(names, pods, strict=True)]
    return (Table((f"pod{where}", "address", "right", "why"), rows),)


def _in_one_namespace(refs: list[str]) -> tuple[str, list[str]]:
    """Where they are all in one namespace, its name and theirs: a table has room for either."""
    namespaces = {ref.partition("/")[0] if "/" in ref else "" for ref in refs}
    if len(namespaces) != 1 or "" in namespaces:
        return "", refs
    return f" in {next(iter(namespaces))}", [ref.partition("/")[2] for ref in refs]


def audit_document(result: Audit) -> Document:
    """The verdict and its figures, what is stale, what was found and what to do, the leases by kind of pod."""
    stale = Table(("address", "podref", "why"), [[one.address, one.podref, one.why] for one in result.stale])
    kinds = Table(("pod", "leases"), [[kind, count] for kind, count in result.by_kind.items()])
    networks = list(_by_network(result))
    findings = (Remark(one.severity, f"{one.code}: {one.message}", f"fix: {one.fix}") for one in result.findings)
    advice = (Remark("", one.message, one.fix) for one in result.advice)
    figures = f"{result.usable} usable addresses, {counted(result.leases, 'lease')}, {result.free} free"
    return Document(
        "audit",
        result.ok,
        result.to_dict(),
        Table(tuple(networks[0]), [list(row.values()) for row in networks]),
        f"{result.verdict}.\n{figures}; {_stale_figure(result)}.",
        (*_stale(result), *findings, *advice, *_networks(result), kinds),
        result.notes,
        details=stale,
        forms={METRICS: openmetrics(networks)},
        picture=result.plot,
    )


def _by_network(result: Audit) -> Iterable[dict[str, Any]]:
    """The figures of each network, the storage network first; None where the export does not tell."""
    figures = ("usable", "leases", "free", "upgrade_required", "upgrade_fits")
    known = len(result.stale) if result.stale or not result.undecided else None
    own = {"network": STORAGE.setting, "range": str(result.range.cidr)}
    yield own | {name: getattr(result, name) for name in figures} | {"stale": known}
    for one in result.networks:
        row = one.to_dict()
        yield row | {"upgrade_fits": row.pop("fits"), "stale": None if one.leases is None else len(one.stale)}


def _stale_figure(result: Audit) -> str:
    if result.stale:
        return f"{len(result.stale)} stale"
    if result.undecided:
        return f"whether {result.undecided} of them {'is' if result.undecided == 1 else 'are'} stale is unknown"
    unreserved = "; whether there is a stale reservation is unknown"
    return f"no stale lease found{unreserved if 'reservations' in result.missing else ''}"


def _stale(result: Audit) -> tuple[Part, ...]:
    if not result.stale:
        return ()
    shown = result.stale[:_SHOWN_STALE]
    where, names = _in_one_namespace([one.podref for one in shown])
    rows = [[one.address, name, one.why] for name, one in zip(names, shown, strict=True)]
    more = and_more(len(result.stale), _SHOWN_STALE, "--format json lists all")
    return (Table(("stale lease", f"of pod{where}", "why"), rows), more)


def _networks(result: Audit) -> tuple[Table, ...]:
    if not result.networks:
        return ()
    headers = ("other network", "range", "usable", "leases", "free", "upgrade needs", "fits")
    rows = [[*(one.to_dict() | {"fits": _WORDS[one.fits]}).values()] for one in result.networks]
    return (Table(headers, [["unknown" if cell is None else cell for cell in row] for row in rows]),)
