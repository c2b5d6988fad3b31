"""What suggest, check, limits and diagnose say, as documents.

Rules: those of `tables`. A person reads the verdict with its figures, then the table, then what else matters; the pods
behind a demand, the sources, and what was not considered are shown where they are asked for, or are the reason. Data
and main table are the contract that other programs read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sn_planner.advice import webhook
from sn_planner.advice.findings import SEVERITIES
from sn_planner.errors import printable
from sn_planner.interchange.reports import pasting
from sn_planner.interchange.reports.sentences import and_more, cluster_data, cluster_line, sources_table
from sn_planner.interchange.tables import Document, Later, Part, Remark, Table
from sn_planner.model.demand import DEFAULT_PROFILE, Choice, Demand, on_later_releases
from sn_planner.model.limits import Limits
from sn_planner.model.pods import PER, is_waited_for
from sn_planner.model.profiles import rwx_volumes_or_assumed
from sn_planner.model.ranges import SHORTEST_PREFIX, capacity, room_words
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.advice.check import Report
    from sn_planner.advice.diagnose import Diagnosis
    from sn_planner.advice.plan import Candidate, Plan
    from sn_planner.advice.sizing import Size
    from sn_planner.model.setting import Setting

_SHOWN_REJECTIONS = 12
_CANDIDATE = ("range", "usable", "spare", "max_nodes", "widens_to", "exclude", "setting", "network", "block")
_CHECKED = ("range", "usable", "required", "spare", "fits")
_LINE = ("pod", "per", "count", "addresses_each", "versions", "addresses")
_LIMIT_NAMES = {
    "max_nodes": "nodes that run Longhorn",
    "max_disks_per_node": "disks on every node",
    "max_images": "image transfers at once",
}


def suggest_document(
    plan: Plan, vlan: Sequence[int] | None = None, cluster_network: Sequence[str] | None = None
) -> Document:
    """The plan, with the settings of each candidate where VLANs and cluster networks are given."""
    candidates = plan.candidates_data(vlan=vlan, cluster_network=cluster_network)
    main = Table(_CANDIDATE, [_candidate_row(one, row["block"]) for row in candidates for one in row["networks"]])
    data = Later(
        lambda: {"cluster": cluster_data(plan.cluster)} | plan.to_dict(vlan=vlan, cluster_network=cluster_network)
    )
    cluster = cluster_line(plan.cluster, plan.grown_by)
    demands = [_demand_line(size, plan) for size in plan.sizes]
    if not plan.candidates:
        answer = f"{plan.verdict}: add a pool, or free a network."
        parts = (*_rejected(plan), cluster, *demands)
        explained = partial(_all_explained, plan)
        return Document("suggest", False, data, main, answer, parts, plan.notes, explained, picture=plan.plot)
    best = plan.best
    settings = (
        () if vlan is None or cluster_network is None else best.settings(vlan=vlan, cluster_network=cluster_network)
    )
    return Document(
        "suggest",
        True,
        data,
        main,
        f"{best.verdict}.\n{cluster}",
        (*_candidates(plan), *demands, *_settings(settings)),
        plan.notes,
        lambda: (*_all_explained(plan), *_rejected(plan)),
        _lines_table(*(size.demand for size in plan.sizes)),
        pasting.forms(best.networks, settings),
        picture=plan.plot,
    )


def _candidate_row(data: dict[str, Any], block: str) -> list[object]:
    cells = data | {"exclude": " ".join(data["exclude"]), "block": block}
    return [cells[name] for name in _CANDIDATE]


def _all_explained(plan: Plan) -> tuple[Part, ...]:
    parts: list[Part] = []
    for size in plan.sizes:
        parts += [f"The pods of the {size.network}:"] if len(plan.sizes) > 1 else []
        parts += _explained(size.demand)
    return tuple(parts)


def assumptions(plan: Plan, *, chosen: bool, in_use: bool) -> str:
    """What a plan takes for granted, in one line: the profile where none was chosen, an empty site, and no gateway."""
    said = []
    for need in (size.demand for size in plan.sizes):
        if not chosen and need.profile.name == DEFAULT_PROFILE:
            later = f"{on_later_releases(need)}: --harvester"
            said.append(f"{need.profile.name}, {need.profile.formula} ({later})")
        if volumes := assumed_volumes(need):
            said.append(volumes)
    if not in_use:
        said.append("no network in use was given (--in-use)")
    if plan.candidates:
        said += _gateway_assumed(plan.best)
    return f"Assumed: {'; '.join(said)}." if said else ""


def assumed_volumes(need: Demand) -> str:
    """What is said of RWX volumes that count and whose number was not given; nothing otherwise."""
    if need.cluster.rwx_volumes is not None or not any(one.per == "rwx-volume" for one in need.profile.consumers):
        return ""
    return f"{rwx_volumes_or_assumed(None)} running RWX volumes (--rwx-volumes)"


def _gateway_assumed(best: Candidate) -> list[str]:
    if best.range.exclude:
        return []
    if best.spare:
        return ["no gateway set aside (--exclude-first 1)"]
    length = best.range.cidr.prefix_length - 1
    more = f"needs a /{length}" if length >= SHORTEST_PREFIX else "is more than a /16 has"
    return [f"0 spare and no gateway set aside (--exclude-first 1): one address more {more}"]


def check_document(report: Report, severity: str = "error") -> Document:
    """The verdict, by findings of that severity and graver ones, the figures and the findings."""
    rows = [list(finding.values()) for finding in report.findings.to_dict()]
    shown = report.to_dict()
    known = [shown[name] for name in _CHECKED]
    headers = (*_CHECKED, "code", "severity", "message", "fix")
    main = Table(headers, [[*known, *row] for row in rows] or [[*known, *[None] * 4]])
    parts: list[Part] = [Remark(str(one[1]), f"{one[0]}: {one[2]}", f"fix: {one[3]}") for one in rows]
    parts += [f"Why it matters: sn-planner explain {one.code}" for one in report.findings[:1] if one.severity != "info"]
    ok = not report.findings.at_least(severity)
    return Document("check", ok, shown, main, _check_answer(report, severity, ok), tuple(parts), report.notes)


def _check_answer(report: Report, severity: str, ok: bool) -> str:
    subject = printable(report.range) or f"The {report.network}"
    by_flag = "" if severity == "error" else f" by --fail-on {severity}"
    verdict = f"is fit for use{by_flag}" if ok else f"is not fit for use{by_flag}"
    counts = {one: sum(found.severity == one for found in report.findings) for one in SEVERITIES}
    told = [counted(count, one) for one, count in counts.items() if count and (one != "info" or severity == one)]
    empty = "" if report.range or not report.ok else "it configures no range of its own; "
    sizes = "" if report.usable is None else f"{room_words(report.usable, report.required)}; "
    admitted = "Harvester would accept it" if report.admitted else "Harvester would refuse it"
    sentence = f"{empty}{sizes}{admitted}"
    return f"{subject} {verdict}: {', '.join(told) or 'no error'}.\n{sentence[0].upper()}{sentence[1:]}."


def limits_document(limits: Limits) -> Document:
    """How far the cluster can grow in the range."""
    data = limits.to_dict()
    none = "no limit" if limits.fits else "none: the rest does not fit"
    people = Table(
        ("the range holds at most", "with the rest as it is"),
        [[name, none if data[key] is None else data[key]] for key, name in _LIMIT_NAMES.items()],
    )
    return Document(
        "limits",
        limits.fits,
        {"cluster": cluster_data(limits.demand.cluster), "profile": limits.demand.profile.name} | data,
        Table(tuple(data), [list(data.values())]),
        f"{limits.verdict}.\n{cluster_line(limits.demand.cluster)}",
        (people,),
        limits.demand.notes,
        lambda: _explained(limits.demand),
        _lines_table(limits.demand),
    )


def diagnose_document(diagnosis: Diagnosis) -> Document:
    """Each event with its cause, its range, who waits, and the advice."""
    data = diagnosis.to_dict()
    headers = ("cause", "network", "range", "first", "last", "usable", "pod", "pods", "exhausted", "advice")
    main = Table(headers, [list(event.values()) for event in data["events"]])
    parts = tuple(Remark("", event.headline, event.advice) for event in diagnosis.events)
    return Document("diagnose", bool(parts), data, main, f"{diagnosis.verdict}.", parts)


def _explained(need: Demand) -> tuple[Table, ...]:
    """The demand's pods, and where their numbers are read."""
    shown: list[list[object]] = [
        [line.pod, PER[line.per], line.count, line.versions, line.addresses] for line in need.lines
    ]
    total = ["required at the peak", None, None, None, need.required]
    pods = Table(("pod", "one per", "count", "versions at the peak", "addresses"), [*shown, total])
    return pods, sources_table(need.profile.consumers)


def _lines_table(*needs: Demand) -> Table:
    return Table((*_LINE, "source"), [[*line.to_dict().values(), line.source] for need in needs for line in need.lines])


def _demand_line(size: Size, plan: Plan) -> str:
    need = size.demand
    more = f"; {size.wanted} wanted, with {_wanted(size, plan)}" if size.wanted > need.required else ""
    what = f"{size.network}: " if len(plan.sizes) > 1 else ""
    peak = (
        f"{counted(need.required, 'address')} at the peak of an upgrade ({need.profile.name}: {need.profile.formula})"
    )
    small = "of so few nodes " if any(map(is_waited_for, need.profile.consumers)) else ""
    floor = f"{need.stall_floor} so that no upgrade stalls" if need.can_stall else f"no upgrade {small}stalls"
    others = f"{floor}, {need.steady} when nothing happens"
    return f"{what}{peak}, {others}{more}: a /{size.prefix_length}."


def _wanted(size: Size, plan: Plan) -> str:
    """What asks for more than the demand: addresses set aside, and what else was asked for or Harvester asks."""
    need = size.demand
    minimum = webhook.minimum_for(need.cluster, Choice(need.profile, need.release))
    placed = [one for candidate in plan.candidates[:1] for one in candidate.networks if one.network == size.network]
    aside = sum(capacity(one.range.cidr.prefix_length) - one.usable for one in placed)
    reasons = [f"{aside} set aside"] if aside else []
    if size.wanted - aside > need.required:
        asked = "the headroom, or the addresses at least, that were asked for"
        reasons.append("Harvester's own minimum" if size.wanted - aside == minimum else asked)
    return " and ".join(reasons) or "what was asked for"


def _candidates(plan: Plan) -> tuple[Part, ...]:
    """The ranges to choose from; of several networks those of the best block, and which other blocks would do."""
    if not plan.best.beside:
        return (_ranges(plan.candidates, several=False),)
    excluded = ", ".join(text for one in plan.best.networks for text in one.range.exclude)
    others = ", ".join(str(one.block) for one in plan.candidates[1:])
    more = (f"Excluded: {excluded}." if excluded else "", f"Also free: {others}." if others else "")
    return (_ranges(plan.best.networks, several=True), *filter(None, more))


def _ranges(places: Sequence[Candidate], *, several: bool) -> Table:
    rows = [
        {
            "network": one.network,
            "range": one.range.cidr,
            "usable": one.usable,
            "needed": one.demand.required,
            "spare": one.spare,
            "nodes at most": one.max_nodes,
            "widens to": f"/{one.widens_to}",
            "exclude": " ".join(one.range.exclude) or None,
        }
        for one in places
    ]
    left_out = {"nodes at most", "exclude"} if several else {"network", "needed"}
    left_out |= set() if any(row["exclude"] for row in rows) else {"exclude"}
    headers = tuple(name for name in rows[0] if name not in left_out)
    return Table(headers, [[row[name] for name in headers] for row in rows])


def _rejected(plan: Plan) -> tuple[Part, ...]:
    if not plan.rejected:
        return ()
    rows = [[one.range, one.reason] for one in plan.rejected[:_SHOWN_REJECTIONS]]
    more = and_more(len(plan.rejected), _SHOWN_REJECTIONS, "--format json lists all")
    return (Table(("not considered", "reason"), rows), more)


def _settings(settings: Sequence[Setting]) -> tuple[str, ...]:
    if not settings:
        return ("For the setting add --vlan and --cluster-network: --format manifest or terraform prints it.",)
    if len(settings) == 1:
        return (f"The setting's value:\n    {settings[0].value}",)
    return tuple(f"The value of the {one.network}:\n    {one.value}" for one in settings)
