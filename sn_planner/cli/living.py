"""The commands that read an export of a living cluster: preflight, verify, audit.

Rules: those of `commands`.
"""

from __future__ import annotations

import argparse

from sn_planner.cli import arguments as flags
from sn_planner.errors import ABSENT, BadInput
from sn_planner.interchange.kubectl import read_snapshot
from sn_planner.interchange.reports import living as reports
from sn_planner.interchange.tables import Document
from sn_planner.model.fields import whole_from_text


def preflight(arguments: argparse.Namespace) -> Document:
    """Whether a cluster is ready for a setting."""
    from sn_planner.advice.living.preflight import preflight

    site, from_site = flags.site_from(arguments)
    setting = None if arguments.setting is None else flags.written_from("--setting", arguments.setting)
    images = None if arguments.images is None else whole_from_text("--images", arguments.images)
    snapshot = read_snapshot(*arguments.files)
    in_use, read = flags.in_use_from(arguments)
    if setting is None and (images is not None or in_use):
        fix = "add it: without one only the cluster is asked about"
        raise BadInput("--setting", ABSENT, "is missing", fix, "missing")
    if site is not None and setting is not None:
        kept = site.claimed(*(one.range for one in (setting.setting, snapshot.setting) if one is not None))
    else:
        kept = []
    result = preflight(snapshot, setting, images=images, in_use=[*in_use, *kept], **flags.profile_from(arguments))
    return reports.preflight_document(result).noted(*from_site, *read)


def verify(arguments: argparse.Namespace) -> Document:
    """Whether an applied setting works."""
    from sn_planner.advice.living.verify import verify

    return reports.verify_document(verify(read_snapshot(*arguments.files), **flags.profile_from(arguments)))


def audit(arguments: argparse.Namespace) -> Document:
    """Which leases are stale, and whether the next upgrade fits."""
    from sn_planner.advice.living.audit import audit

    return reports.audit_document(audit(read_snapshot(*arguments.files), **flags.profile_from(arguments)))
