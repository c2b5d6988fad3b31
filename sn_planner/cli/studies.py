"""The commands that play a range through: simulate, sweep, diagnose.

Rules: those of `commands`.
"""

from __future__ import annotations

import argparse
from typing import Any

from sn_planner.cli import arguments as flags
from sn_planner.interchange.tables import Document
from sn_planner.interchange.texts import STDIN, SUFFIXES, read_pasted, read_text
from sn_planner.model.demand import choose, demand
from sn_planner.model.fields import whole_from_text


def simulate(arguments: argparse.Namespace) -> Document:
    """A run of a range through an upgrade or a year."""
    from sn_planner.engine.simulation.simulation import simulate
    from sn_planner.interchange.reports.simulation import simulate_document
    from sn_planner.interchange.scenario_files import scenario_file

    cluster = flags.required_cluster(arguments)
    steps: Any = arguments.scenario
    if steps.endswith(SUFFIXES) or steps == STDIN:
        steps = scenario_file(steps, read_text("--scenario", steps))
    place, written_as = flags.range_from(arguments)
    chosen = flags.profile_from(arguments)
    run = simulate(place, cluster, steps, **chosen)
    need = demand(cluster, **chosen)
    notes = (*written_as, *flags.uncounted(arguments, need.profile), *flags.range_faults(place, need))
    return simulate_document(run, cluster).noted(*notes, *flags.assumed(arguments, need.profile, need))


def sweep(arguments: argparse.Namespace) -> Document:
    """The clusters that one might have, counted by the prefix they need."""
    from sn_planner.engine.sweep.sweep import sweep
    from sn_planner.interchange.reports.sweep import sweep_document

    names = ("nodes", "disks_per_node", "disks", "images")
    axes: dict[str, Any] = {name: flags.axis_from(flags.flag_of(name), getattr(arguments, name)) for name in names}
    volumes = None if arguments.rwx_volumes is None else whole_from_text("--rwx-volumes", arguments.rwx_volumes)
    place, written_as = flags.optional_range_from(arguments)
    grid = sweep(**axes, rwx_volumes=volumes, **flags.profile_from(arguments))
    notes = (*written_as, *flags.uncounted(arguments, grid.profile), *flags.assumed(arguments, grid.profile))
    return sweep_document(grid, place).noted(*notes)


def diagnose(arguments: argparse.Namespace) -> Document:
    """Why pods wait, as pasted events say."""
    from sn_planner.advice.diagnose import diagnose
    from sn_planner.interchange.reports.planning import diagnose_document

    text, notes = read_pasted("FILE", arguments.file)
    chosen = flags.profile_from(arguments)
    cluster = flags.cluster_from(arguments)
    profile = choose(**chosen).profile
    need = None if cluster is None else demand(cluster, **chosen)
    assumed = () if need is None else flags.assumed(arguments, need.profile, need)
    told = (*notes, *flags.uncounted(arguments, profile), *assumed)
    return diagnose_document(diagnose(text, cluster, **chosen)).noted(*told)
