"""The commands for figures that nobody knows for certain: risk, transfers, runway.

Rules: those of `commands`.
"""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from sn_planner.cli import arguments as flags
from sn_planner.errors import ABSENT, BadInput
from sn_planner.interchange import figures
from sn_planner.interchange.reports import chance as reports
from sn_planner.interchange.tables import Document
from sn_planner.model.fields import whole_from_text

_FIGURES = ("nodes", "disks_per_node", "images", "rwx_volumes")
_CHANCES = ("5%", "20%")  # that a range is too small: the days by which they are reached are told without asking


def risk(arguments: argparse.Namespace) -> Document:
    """How likely a range holds a cluster whose figures are uncertain."""
    from sn_planner.engine.chance.risk import risk

    confidence = figures.share_from("--confidence", arguments.confidence)
    given: dict[str, Any] = {
        name: figures.figure_from(flags.flag_of(name), text)
        for name in _FIGURES
        if (text := getattr(arguments, name)) is not None
    }
    place, written_as = flags.optional_range_from(arguments)
    found = risk(**given, disks_vary=arguments.disks_vary, **flags.profile_from(arguments))
    document = reports.risk_document(found, confidence, place)
    notes = (*written_as, *flags.uncounted(arguments, found.profile), *flags.range_faults(place))
    return document.noted(*notes, *flags.assumed(arguments, found.profile))


def transfers(arguments: argparse.Namespace) -> Document:
    """How many image transfers run at once, and how long they wait."""
    from sn_planner.engine.chance.transfers import Transfers

    per_hour = figures.number_from("--per-hour", arguments.per_hour)
    work = Transfers(per_hour=per_hour, minutes=figures.number_from("--minutes", arguments.minutes))
    wanted = None if arguments.waiting is None else figures.share_from("--waiting", arguments.waiting)
    if arguments.places is not None:
        return reports.transfers_document(work, whole_from_text("--places", arguments.places), wanted)
    wanted = figures.share_from("--waiting", "1%") if wanted is None else wanted
    return reports.transfers_document(work, work.places(waiting=wanted), wanted)


def runway(arguments: argparse.Namespace) -> Document:
    """When a growing cluster outgrows its range."""
    from sn_planner.engine.chance.runway import runway

    if arguments.chance and not arguments.random:
        fix = "add --random: what comes evenly comes for certain"
        raise BadInput("--chance", ABSENT, "is not used for regular growth", fix, "conflict")
    cluster, (place, written_as) = flags.required_cluster(arguments), flags.range_from(arguments)
    today = str(date.today())  # the day where the planner sits
    way = runway(
        place,
        cluster,
        figures.growth_from("--grow", arguments.grow),
        start=today if arguments.start is None else arguments.start,
        years=figures.number_from("--years", arguments.years),
        random=arguments.random,
        **flags.profile_from(arguments),
    )
    chances = (
        [figures.share_from("--chance", text) for text in arguments.chance or _CHANCES] if arguments.random else []
    )
    since = (
        () if arguments.start is not None else (f"Growth is counted from today, {today}: --start names another day.",)
    )
    need = way.demand
    notes = (*written_as, *since, *flags.uncounted(arguments, need.profile), *flags.range_faults(place, need))
    return reports.runway_document(way, chances).noted(*notes, *flags.assumed(arguments, need.profile, need))
