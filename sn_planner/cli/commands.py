"""The commands: what each takes, what it is for, and where it is.

Rules: a command reads its arguments, asks the library, and hands a document on, whose `ok` is the exit code. Its module
is imported where it is run: what only one command needs costs the others nothing. What was read in part, assumed, or
given and not used, is a note of its document.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

from sn_planner.cli import options
from sn_planner.interchange.reports.pasting import FORMS, METRICS
from sn_planner.interchange.tables import Document


class Command(NamedTuple):
    """A command: the function that runs it ("module.function" of this room), and what its help says.

    `forms` are formats of its own beside those of every document; a command that answers with a
    bare text (not `is_document`) has none at all.
    """

    home: str
    options: tuple[Callable[[argparse.ArgumentParser], None], ...]
    purpose: str
    example: str
    forms: tuple[str, ...] = ()
    is_document: bool = True

    def run(self, arguments: argparse.Namespace) -> Document | str:
        """What the command answers; a text where that is all there is to say."""
        from importlib import import_module

        module, function = self.home.split(".")
        answer: Document | str = getattr(import_module(f"sn_planner.cli.{module}"), function)(arguments)
        return answer


COMMANDS: dict[str, Command] = {
    "suggest": Command(
        "planning.suggest",
        (
            options.cluster_options,
            options.profile_options,
            options.in_use_options,
            options.suggest_options,
            options.site_option,
            options.keep_option,
        ),
        "find the range to configure for a cluster, with the reasons",
        "--nodes 5 --disks-per-node 2 --images 10 --in-use 192.168.0.0/24",
        FORMS,
    ),
    "check": Command(
        "checking.check",
        (
            options.check_options,
            options.cluster_options,
            options.profile_options,
            options.in_use_options,
            options.site_option,
        ),
        "find everything that is wrong with ranges and settings",
        "10.52.3.0/26 --nodes 5 --disks-per-node 2 --images 10",
        ("github", "sarif"),
    ),
    "explain": Command(
        "checking.explain",
        (options.explain_options,),
        "tell what a finding's code means, why it matters and how to mend it",
        "overlaps-reserved",
    ),
    "limits": Command(
        "planning.limits_of",
        (options.range_options, options.cluster_options, options.profile_options),
        "tell how far a cluster can grow in a range",
        "192.168.0.0/26 --nodes 5 --disks-per-node 2 --images 10",
    ),
    "site": Command(
        "sites.site",
        (options.site_options,),
        "plan the ranges of all networks of all clusters of a site",
        "site.yaml",
        FORMS,
    ),
    "simulate": Command(
        "studies.simulate",
        (options.range_options, options.simulate_options, options.cluster_options, options.profile_options),
        "run a range through an upgrade or a year, and tell when it runs dry",
        "172.16.0.0/27 --nodes 5 --disks-per-node 2 --images 10",
    ),
    "sweep": Command(
        "studies.sweep",
        (options.sweep_options, options.profile_options),
        "count which prefix every cluster you might have needs",
        "172.16.0.0/24 --nodes 1:100 --disks-per-node 1:12 --images 0:50",
    ),
    "risk": Command(
        "chances.risk",
        (options.risk_options, options.profile_options),
        "tell how likely a range holds a cluster whose figures nobody knows for certain",
        "172.16.0.0/26 --nodes 5=0.5,6=0.5 --disks-per-node 2..4 --images 0..10",
    ),
    "transfers": Command(
        "chances.transfers",
        (options.transfers_options,),
        "tell how many image transfers run at once, and how long they wait for an address",
        "--per-hour 40 --minutes 15 --waiting 1%",
    ),
    "runway": Command(
        "chances.runway",
        (options.range_options, options.runway_options, options.cluster_options, options.profile_options),
        "tell when a growing cluster outgrows its range",
        "192.168.50.0/26 --nodes 5 --disks-per-node 2 --images 10 --grow nodes=2/y,disks=4/y",
    ),
    "diagnose": Command(
        "studies.diagnose",
        (options.diagnose_options, options.cluster_options, options.profile_options),
        "read pasted events: which range ran dry, and what would do",
        "- --nodes 5 --disks-per-node 2 --images 10",
    ),
    "preflight": Command(
        "living.preflight",
        (
            options.export_option,
            options.preflight_options,
            options.in_use_options,
            options.profile_options,
            options.site_option,
        ),
        "tell from an export whether a cluster is ready for a setting",
        "- --setting new-setting.yaml",
    ),
    "verify": Command(
        "living.verify",
        (options.export_option, options.profile_options),
        "tell from an export whether an applied setting works",
        "-",
    ),
    "audit": Command(
        "living.audit",
        (options.export_option, options.profile_options, options.audit_options),
        "tell from an export which leases are stale and whether the next upgrade fits",
        "-",
        (METRICS,),
    ),
    "export": Command(
        "about.export",
        (options.export_options,),
        "print the script that exports what preflight, verify or audit reads",
        "audit",
        is_document=False,
    ),
    "profiles": Command(
        "planning.profiles",
        (options.profile_options,),
        "show who takes addresses, per Harvester release, with sources",
        "--harvester 1.6.1",
    ),
    "schema": Command(
        "about.schema",
        (options.schema_options,),
        "print the JSON Schema of what a command answers",
        "suggest",
        is_document=False,
    ),
    "completion": Command(
        "completion.completion",
        (options.completion_options,),
        "print the script that makes a shell complete commands and options",
        "bash",
        is_document=False,
    ),
}
