"""What suggest, check, limits, diagnose and profiles say, as documents.

Rules: a document tells a person what was asked, the answer, and why, in this order; its data and its main table are the
contract other programs read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sn_planner.errors import printable
from sn_planner.interchange.reports.sentences import and_more, cluster_line
from sn_planner.interchange.tables import Document, Table
from sn_planner.model.demand import Demand, Limits
from sn_planner.model.pods import PER
from sn_planner.model.profiles import Profile
from sn_planner.model.releases import RELEASES

if TYPE_CHECKING:
    from sn_planner.advice.check import Report
    from sn_planner.advice.diagnose import Diagnosis
    from sn_planner.advice.suggest import Plan

_SHOWN_REJECTIONS = 12
_LIMIT_NAMES = {
    "max_nodes": "nodes that run Longhorn",
    "max_disks_per_node": "disks on every node",
    "max_images": "image transfers at once",
}


def suggest_document(
    plan: Plan, vlan: int | None = None, cluster_network: str | None = None, notes: tuple[str, ...] = ()
) -> Document:
    """The plan, with the setting of each candidate where a VLAN and a cluster network are given."""
    data = plan.to_dict(vlan=vlan, cluster_network=cluster_network)
    main = Table(
        ("range", "usable", "spare", "max_nodes", "widens_to", "exclude", "setting"),
        [[*list(row.values())[:5], " ".join(row["exclude"]), row["setting"]] for row in data["candidates"]],
    )
    parts = (
        cluster_line(plan.cluster, plan.grown_by),
        _lines_table(plan.demand),
        _demand_line(plan),
        *_candidates(plan),
        *_rejected(plan),
        *_next_step(plan, vlan, cluster_network),
    )
    manifest = ""
    if vlan is not None and cluster_network is not None and plan.candidates:
        manifest = plan.best.setting(vlan=vlan, cluster_network=cluster_network).manifest()
    return Document("suggest", data, main, parts, notes, manifest)


def check_document(report: Report) -> Document:
    """The figures, the verdict and the findings."""
    data = report.to_dict()
    rows = [list(finding.values()) for finding in data["findings"]]
    main = Table(("code", "severity", "message", "fix"), rows)
    people = "\n".join(f"- {row[1]} {row[0]}: {row[2]}\n  fix: {row[3]}" for row in rows)
    figures = [printable(report.range) or f"the {report.network} configures no range of its own"]
    if report.usable is not None:
        figures.append(f"{report.usable} usable addresses")
    if report.required is not None and report.range:
        figures.append(f"{report.required} required")
    admitted = "Harvester would accept it" if report.admitted else "Harvester would refuse it"
    verdict = "No error found." if report.ok else "Not fit for use: see the errors."
    parts = (f"{', '.join(figures)}; {admitted}.", people, verdict)
    return Document("check", data, main, parts, report.notes)


def limits_document(limits: Limits) -> Document:
    """How far the cluster can grow in the range."""
    data = limits.to_dict()
    people = Table(
        ("the range holds at most", "with the rest as it is"),
        [[name, "no limit" if data[key] is None else data[key]] for key, name in _LIMIT_NAMES.items()],
    )
    fit = "fits" if limits.fits else "does not fit"
    usable = f"{limits.range.cidr} has {limits.range.usable} usable addresses"
    verdict = f"{usable}; the cluster needs {limits.required} and {fit}."
    main = Table(tuple(data), [list(data.values())])
    return Document("limits", data, main, (cluster_line(limits.demand.cluster), people, verdict), limits.demand.notes)


def diagnose_document(diagnosis: Diagnosis) -> Document:
    """Each event with its cause, its range, who waits, and the advice."""
    data = diagnosis.to_dict()
    headers = ("cause", "network", "range", "first", "last", "usable", "pod", "pods", "exhausted", "advice")
    main = Table(headers, [list(event.values()) for event in data["events"]])
    parts = tuple(f"- {event.headline}\n  {event.advice}" for event in diagnosis.events)
    return Document(
        "diagnose", data, main, parts or ("No message of an exhausted range or another known cause found.",)
    )


def profiles_document(profiles: Collection[Profile], notes: tuple[str, ...] = ()) -> Document:
    """The tables behind the formulas: profiles, their consumers, and the releases."""
    consumers = [
        [profile.name, one.pod, one.per, one.addresses_each, one.steady, one.floor, one.versions, one.source]
        for profile in profiles
        for one in profile.consumers
    ]
    headers = ("profile", "pod", "per", "addresses_each", "steady", "floor", "versions", "source")
    names = Table(
        ("profile", "addresses required", "sizes the setting", "source"),
        [[profile.name, profile.formula, profile.setting, profile.source] for profile in profiles],
    )
    releases = Table(
        ("harvester", "longhorn", "whereabouts", "profile"),
        [[release.harvester, release.longhorn, release.whereabouts, release.profile.name] for release in RELEASES],
    )
    data = {
        "profiles": [
            {"name": profile.name, "formula": profile.formula, "setting": profile.setting, "source": profile.source}
            for profile in profiles
        ],
        "consumers": [dict(zip(headers, row, strict=True)) for row in consumers],
        "releases": [dict(zip(releases.headers, row, strict=True)) for row in releases.rows],
    }
    letters = "N nodes that run Longhorn, D disks over all nodes, I image transfers at once, R running RWX volumes (32)"
    people = Table(
        ("profile", "pod", "one per", "steady", "at the floor", "at the peak", "source"),
        [[row[0], row[1], PER[str(row[2])], *row[4:]] for row in consumers],
    )
    parts = (names, f"{letters}. Behind a name, +rwx shares the network with RWX volumes.", people)
    return Document("profiles", data, Table(headers, consumers), (*parts, releases), notes)


def _lines_table(need: Demand) -> Table:
    rows: list[list[object]] = [
        [line.pod, PER[line.per], line.count, line.versions, line.addresses] for line in need.lines
    ]
    total = ["required at the peak", None, None, None, need.required]
    return Table(("pod", "one per", "count", "versions at the peak", "addresses"), [*rows, total])


def _demand_line(plan: Plan) -> str:
    need = plan.demand
    wanted = f"; {plan.wanted} wanted with headroom, those set aside and Harvester's minimum"
    more = wanted if plan.wanted > need.required else ""
    peak = f"{need.required} addresses at the peak of an upgrade ({need.profile.name}: {need.profile.formula})"
    floor = f"{need.stall_floor} so that no upgrade stalls" if need.can_stall else "no upgrade of so few nodes stalls"
    others = f"{floor}, {need.steady} when nothing happens"
    return f"{peak}, {others}{more}: a /{plan.prefix_length}."


def _candidates(plan: Plan) -> tuple[str | Table, ...]:
    if not plan.candidates:
        return (f"No free /{plan.prefix_length} in these pools: add a pool, or free a network.",)
    rows = [
        [
            candidate.range.cidr,
            candidate.usable,
            candidate.spare,
            candidate.max_nodes,
            f"/{candidate.widens_to}",
            " ".join(candidate.range.exclude) or None,
        ]
        for candidate in plan.candidates
    ]
    headers = ["range", "usable", "spare", "nodes at most", "widens to", "exclude"]
    if not any(row[-1] for row in rows):
        headers, rows = headers[:-1], [row[:-1] for row in rows]
    return ("Ranges to configure, best first:", Table(tuple(headers), rows))


def _rejected(plan: Plan) -> tuple[str | Table, ...]:
    if not plan.rejected:
        return ()
    rows = [[one.range, one.reason] for one in plan.rejected[:_SHOWN_REJECTIONS]]
    more = and_more(len(plan.rejected), _SHOWN_REJECTIONS, "--format json lists all")
    return ("Not considered:", Table(("network", "reason"), rows), more)


def _next_step(plan: Plan, vlan: int | None, cluster_network: str | None) -> tuple[str, ...]:
    if not plan.candidates:
        return ()
    if vlan is None or cluster_network is None:
        return ("With --vlan and --cluster-network, --format manifest prints the setting for kubectl apply -f -.",)
    return (f"The setting's value: {plan.best.setting(vlan=vlan, cluster_network=cluster_network).value}",)
