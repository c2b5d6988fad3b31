"""The commands of a reviewer: check, and explain, which tells what a finding's code means.

Rules: those of `commands`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.advice.check import Report, examine
from sn_planner.advice.findings import CODES, SEVERITIES
from sn_planner.cli import arguments as flags
from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.interchange.annotations import GITHUB, SARIF, github_text, sarif_text
from sn_planner.interchange.installed import installed_version
from sn_planner.interchange.reports.checked import checked_document, explain_document
from sn_planner.interchange.tables import Document
from sn_planner.interchange.targets import Checked, Target, Targets, read_settings, read_targets
from sn_planner.interchange.texts import shown_path
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, choose
from sn_planner.model.fields import known_key
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.model.sites import Site


def check(arguments: argparse.Namespace) -> Document:
    """Everything that is wrong with ranges and settings."""
    severity = known_key("--fail-on", arguments.fail_on, SEVERITIES)
    ignored = [known_key("--ignore", code, CODES) for code in arguments.ignore]
    site, from_site = flags.site_from(arguments)
    if site is not None and not arguments.targets and arguments.setting is None:
        return _check_site(arguments, site, severity, ignored).noted(*from_site)
    current = None if arguments.current is None else flags.written_from("--current", arguments.current)
    choice, (in_use, read) = choose(**flags.profile_from(arguments)), flags.in_use_from(arguments)
    excludes, written_as = flags.excludes_from(arguments)
    targets, cluster = _targets(arguments), flags.cluster_from(arguments)
    results = []
    for one in targets.found:
        kept = [*excludes, *_aside(arguments, one)]
        networks = in_use if site is None else [*in_use, *site.claimed(examine(one.given).range)]
        report = _examined(one, cluster, choice, exclude=kept, in_use=networks, current=current)
        results.append(Checked(one, report if site is None else _with_pools(report, site)))
    unused = list(_unused(arguments, results, choice))
    results, left_out = _without(results, ignored)
    document = checked_document(results, severity, alone=_is_alone(arguments, targets))
    document = document._replace(forms=_annotations(results, arguments.format))
    return document.noted(
        *from_site,
        *targets.notes,
        *read,
        *written_as,
        *unused,
        *left_out,
        *_assumed(cluster, bool(in_use) or site is not None),
    )


def explain(arguments: argparse.Namespace) -> Document:
    """What a code means."""
    from sn_planner.advice.explanations import explain

    return explain_document(explain(arguments.code))


def _check_site(arguments: argparse.Namespace, site: Site, severity: str, ignored: list[str]) -> Document:
    """Every range that a site has in force, checked: all else is what the site says."""
    from sn_planner.advice.site_check import check_site

    for name in sorted(arguments.given.keys() - {"targets", "site", "fail_on", "ignore"}):
        fix = "name a TARGET, or leave it out: the site says it"
        raise BadInput(flags.flag_of(name), ABSENT, "does not go with --site alone", fix, "conflict")
    path = arguments.site if os.path.isfile(arguments.site) else None
    results = [Checked(Target(place, report.range, path), report) for place, report in check_site(site)]
    if not results:
        fix = "write the range of a network that has one; site plans those that have none"
        raise BadInput("--site", ABSENT, "has no range in force to check", fix, "missing")
    results, left_out = _without(results, ignored)
    document = checked_document(results, severity, alone=False)
    return document._replace(forms=_annotations(results, arguments.format)).noted(*left_out)


def _with_pools(report: Report, site: Site) -> Report:
    from sn_planner.advice.site_check import with_pools

    return with_pools(report, site)


def _targets(arguments: argparse.Namespace) -> Targets:
    """What is to be checked, and notes on what was left out; raises BadInput where nothing is named."""
    read = [read_targets("TARGET", text) for text in arguments.targets]
    if arguments.setting is not None:
        read.append(read_settings("--setting", arguments.setting))
    if not read:
        raise BadInput("TARGET", ABSENT, "is missing", "name a range, a file or a directory", "missing")
    return Targets(
        tuple(one for each in read for one in each.found), tuple(note for each in read for note in each.notes)
    )


def _is_alone(arguments: argparse.Namespace, targets: Targets) -> bool:
    """Whether one target was named, and is it; a directory is answered by a list, however many settings it holds."""
    named = [*arguments.targets, *([] if arguments.setting is None else [arguments.setting])]
    return len(named) == 1 and [one.name for one in targets.found] == [shown_path(one) for one in named]


def _is_range(target: Target) -> bool:
    return "{" not in target.given and "\n" not in target.given


def _aside(arguments: argparse.Namespace, target: Target) -> list[str]:
    """The excludes for gateways: of a range; a setting has its own."""
    return flags.aside_from(arguments, target.given, "TARGET") if _is_range(target) else []


def _examined(target: Target, *given: Any, **more: Any) -> Report:
    """What is found in a target; what refuses it names its file."""
    with within(target.name) if target.path is not None else nullcontext():
        return examine(target.given, *given, **more)


def _assumed(cluster: Cluster | None, in_use: bool) -> tuple[str, ...]:
    """What was not given, and so is not judged."""
    said = ["no cluster was given (--nodes), its size is not judged"] if cluster is None else []
    said += [] if in_use else ["no network in use was given (--in-use)"]
    return (f"Assumed: {'; '.join(said)}.",) if said else ()


def _unused(arguments: argparse.Namespace, results: list[Checked], choice: Choice) -> Iterator[str]:
    """What was given and counts for no target."""
    for network in dict.fromkeys(report.network for _, report in results):
        yield from flags.uncounted(arguments, choice.on(network).profile)
    ranges = [_is_range(target) for target, _ in results]
    if arguments.current is not None and all(ranges):
        yield "--current is not used: a range alone has no text to compare it with"
    for name in ("exclude_first", "exclude_last"):
        if name in arguments.typed and not all(ranges):
            yield f"{flags.flag_of(name)} is not used for settings: each has excludes of its own"


def _without(results: list[Checked], codes: list[str]) -> tuple[list[Checked], tuple[str, ...]]:
    """The results without the findings of some codes, and a note on how many there were."""
    if not codes:
        return results, ()
    left = [Checked(one, attrs.evolve(report, findings=report.findings.without(codes))) for one, report in results]
    count = sum(len(report.findings) for _, report in results) - sum(len(report.findings) for _, report in left)
    return left, (f"{counted(count, 'finding')} left out by --ignore {', '.join(dict.fromkeys(codes))}",)


def _annotations(results: list[Checked], style: str) -> dict[str, str]:
    """The results as they stand beside lines of files, where that is asked for."""
    if style == GITHUB:
        return {style: github_text(results)}
    if style == SARIF:
        return {style: sarif_text(results, installed_version())}
    return {}
