"""The command that plans a whole site.

Rules: those of `commands`.
"""

from __future__ import annotations

import argparse

from sn_planner.advice.site_plan import Kept
from sn_planner.errors import BadInput
from sn_planner.interchange.outputs import written_whole
from sn_planner.interchange.reports.pasting import SETTING_FORMS
from sn_planner.interchange.site_files import site_in, site_plan_of
from sn_planner.interchange.tables import Document
from sn_planner.interchange.texts import read_text
from sn_planner.model.fields import known_key


def kept_in(path: str | None) -> tuple[Kept, ...]:
    """The ranges that the plan of --keep has; none without one."""
    return () if path is None else site_plan_of(f"--keep {path}", read_text("--keep", path))


def site(arguments: argparse.Namespace) -> Document:
    """The ranges of all networks of all clusters of a site."""
    from pathlib import Path

    from sn_planner.advice.site import plan_site
    from sn_planner.interchange.reports.site import plan_text, require_settings, site_document

    wanted = site_in("FILE", arguments.file)
    if arguments.only is not None:
        known_key("--only", arguments.only, [one.name for one in wanted.clusters])
    plan = plan_site(wanted, keep=kept_in(arguments.keep))
    shown = plan if arguments.only is None else plan.only(arguments.only)
    if arguments.format in SETTING_FORMS:
        require_settings(shown, arguments.format)
    if arguments.write is not None:
        try:
            with written_whole(arguments.write) as beside_it:
                Path(beside_it).write_text(plan_text(plan), encoding="utf-8")
        except OSError as error:
            problem, fix = f"cannot be written: {error.strerror or error}", "name a file in a writeable directory"
            raise BadInput("--write", arguments.write, problem, fix, "unwritable") from None
    document = site_document(shown)._replace(picture=plan.plot)
    if arguments.format in {"csv", *document.forms} and not (shown.ok and shown.costs_no_outage):
        return document.noted(document.answer)  # rows and settings alone hide what is missing, and what they cost
    return document
