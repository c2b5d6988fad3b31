"""The commands: each reads its arguments, asks the library, and hands a document on.

Rules: what only one command needs is imported by that command. A command answers with its exit code: YES, or NO where
it does not fit or an error was found. What was read in part, or given and not used, is a note of its document.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sn_planner.cli import arguments as flags
from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.interchange.inputs import STDIN, Networks, read_pasted, read_text
from sn_planner.interchange.tables import Document
from sn_planner.model.cidr import Cidr, network_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import choose, limits
from sn_planner.model.fields import whole_from_text
from sn_planner.model.plain import decode_document
from sn_planner.model.profiles import PROFILES, SHARED, Profile
from sn_planner.model.ranges import AddressRange
from sn_planner.model.words import counted
from sn_planner.model.written import Written

YES, NO = 0, 1
MANIFEST = "manifest"
_EXAMPLE_NOTE = "No cluster given: this plans the documentation's example, 5 nodes with 2 disks each and 10 images."
_SUGGEST_COUNTS = ("exclude_first", "exclude_last", "grow_nodes", "grow_disks", "headroom", "at_least")
Answer = tuple[int, Document | str]


def _noted(document: Document, *notes: str) -> Document:
    """The document with notes before its own, and all of them in its data."""
    said = (*notes, *document.notes)
    return document._replace(notes=said, data={**document.data, "notes": list(said)}) if notes else document


def _uncounted(arguments: argparse.Namespace, profile: Profile) -> tuple[str, ...]:
    """A note where running RWX volumes were given and no pod of the profile is there for one."""
    if arguments.rwx_volumes is None or profile.shares_rwx:
        return ()
    given = f"--rwx-volumes {arguments.rwx_volumes}"
    return (f"{given} changes nothing: {profile.name} counts no RWX volume; a profile that ends in {SHARED} does",)


def _covering(networks: Networks, pools: Iterable[Cidr]) -> Iterator[str]:
    """A note for each network that covers a whole pool and holds others of the list: a container, most likely."""
    known = set(networks)
    for pool in pools:
        wider = (Cidr(pool.address, length).network for length in range(pool.prefix_length + 1))
        for around in sorted(known.intersection(wider)):
            inside = sum(around.overlaps(one) and one.prefix_length > around.prefix_length for one in networks)
            if inside:
                what = f"covers the whole pool {pool} and holds {counted(inside, 'network')} of the list"
                yield f"{around} {what}: if it is a container, choose rows with --in-use-where"


def _suggest(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.suggest import DEFAULT_POOLS, suggest
    from sn_planner.interchange.reports.planning import suggest_document

    cluster = flags.cluster_from(arguments)
    in_use = flags.in_use_from(arguments)
    pools = arguments.pool or DEFAULT_POOLS
    counts: dict[str, Any] = {
        name: whole_from_text(flags.flag_of(name), getattr(arguments, name)) for name in _SUGGEST_COUNTS
    }
    plan = suggest(
        cluster or Cluster.uniform(nodes=5, disks_per_node=2, images=10),  # [D 1.1], the worked example
        pools=pools,
        in_use=in_use,
        **counts,
        limit=whole_from_text("--limit", arguments.limit, minimum=1),
        strategy=arguments.strategy,
        **flags.profile_from(arguments),
    )
    vlan = None if arguments.vlan is None else whole_from_text("--vlan", arguments.vlan)
    if arguments.format == MANIFEST and (vlan is None or arguments.cluster_network is None):
        problem = "manifest needs a VLAN and a cluster network"
        raise BadInput("--format", ABSENT, problem, "add --vlan and --cluster-network", "missing")
    notes = plan.demand.notes if cluster else (_EXAMPLE_NOTE, *plan.demand.notes)
    document = suggest_document(plan, vlan, arguments.cluster_network, notes)
    read = (*in_use.notes, *_covering(in_use, [network_of("--pool", one) for one in pools]))
    unused = (*_uncounted(arguments, plan.demand.profile), *_half_a_setting(arguments))
    return YES if plan.candidates else NO, _noted(document, *read, *unused)


def _half_a_setting(arguments: argparse.Namespace) -> tuple[str, ...]:
    """A note where of a VLAN and a cluster network only one is given."""
    given = {"--vlan": arguments.vlan, "--cluster-network": arguments.cluster_network}
    missing = [flag for flag, value in given.items() if value is None]
    used = [f"{flag} {value}" for flag, value in given.items() if value is not None]
    return (f"{used[0]} is not used: add {missing[0]} for the setting",) if used and missing else ()


def _check(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.check import examine
    from sn_planner.interchange.reports.planning import check_document

    current = None if arguments.current is None else _written("--current", arguments.current)
    choice, in_use = choose(**flags.profile_from(arguments)), flags.in_use_from(arguments)
    excludes, written_as = flags.excludes_from(arguments)
    target = _target(arguments)
    report = examine(target, flags.cluster_from(arguments), choice, exclude=excludes, in_use=in_use, current=current)
    unused = _uncounted(arguments, choice.on(report.network).profile)
    if current is not None and "{" not in target and "\n" not in target:
        unused += ("--current is not used: a range alone has no text to compare it with",)
    return YES if report.ok else NO, _noted(check_document(report), *in_use.notes, *written_as, *unused)


def _written(flag: str, path: str) -> Written:
    """The setting in a file; its faults are refused under the file's name."""
    with within(f"{flag} {path}"):
        written = Written.read(read_text(flag, path))
        for fault in written.faults:
            raise fault
    return written


def _target(arguments: argparse.Namespace) -> str:
    """The range, or the text of the setting; a text that is no document at all is refused here."""
    if (arguments.range is None) == (arguments.setting is None):
        raise BadInput("arguments", ABSENT, "cannot be used", "give either RANGE or --setting FILE", "conflict")
    if arguments.setting is None and arguments.range != STDIN:
        return str(arguments.range)
    flag, path = ("RANGE", STDIN) if arguments.setting is None else ("--setting", arguments.setting)
    name = f"{flag} {path}"
    text = read_text(flag, path).strip()
    data = decode_document(name, text)
    if isinstance(data, list):
        with within(name):
            Written.read(text)
    elif not (isinstance(data, dict) or (isinstance(data, str) and flag == "RANGE" and "\n" not in text)):
        # what a foreign file says is nobody's business: it is never taken for a range and printed
        problem = "is neither a setting's JSON nor a manifest" if text else "is empty"
        raise BadInput(name, ABSENT, problem, "write the setting's JSON, or its manifest", "unreadable")
    return text


def _limits(arguments: argparse.Namespace) -> Answer:
    from sn_planner.interchange.reports.planning import limits_document

    cluster = flags.required_cluster(arguments)
    excludes, written_as = flags.excludes_from(arguments)
    found = limits(AddressRange(arguments.range, excludes), cluster, **flags.profile_from(arguments))
    unused = _uncounted(arguments, found.demand.profile)
    return YES if found.fits else NO, _noted(limits_document(found), *written_as, *unused)


def _simulate(arguments: argparse.Namespace) -> Answer:
    from sn_planner.engine.simulation.simulation import simulate
    from sn_planner.interchange import plots
    from sn_planner.interchange.reports.simulation import simulate_document
    from sn_planner.interchange.scenario_files import scenario_file

    cluster = flags.required_cluster(arguments)
    steps: Any = arguments.scenario
    if steps.endswith(flags.DOCUMENTS) or steps == STDIN:
        steps = scenario_file(steps, read_text("--scenario", steps))
    excludes, written_as = flags.excludes_from(arguments)
    chosen = flags.profile_from(arguments)
    run = simulate(arguments.range, cluster, steps, exclude=excludes, **chosen)
    if arguments.plot is not None:
        plots.save(plots.timeline(run), arguments.plot)
    unused = _uncounted(arguments, choose(**chosen).profile)
    return NO if run.exhausted or run.stalled else YES, _noted(simulate_document(run, cluster), *written_as, *unused)


def _sweep(arguments: argparse.Namespace) -> Answer:
    from sn_planner.engine.sweep.sweep import sweep
    from sn_planner.interchange.reports.sweep import sweep_document

    names = ("nodes", "disks_per_node", "disks", "images")
    axes: dict[str, Any] = {name: flags.axis_from(flags.flag_of(name), getattr(arguments, name)) for name in names}
    volumes = None if arguments.rwx_volumes is None else whole_from_text("--rwx-volumes", arguments.rwx_volumes)
    grid = sweep(**axes, rwx_volumes=volumes, **flags.profile_from(arguments))
    document = _noted(sweep_document(grid, arguments.range), *_uncounted(arguments, grid.profile))
    return NO if document.data["fits"] == 0 else YES, document


def _diagnose(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.diagnose import diagnose
    from sn_planner.interchange.reports.planning import diagnose_document

    text, notes = read_pasted("FILE", arguments.file)
    chosen = flags.profile_from(arguments)
    diagnosis = diagnose(text, flags.cluster_from(arguments), **chosen)
    unused = _uncounted(arguments, choose(**chosen).profile)
    return YES if diagnosis.events else NO, _noted(diagnose_document(diagnosis), *notes, *unused)


def _preflight(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.living.preflight import preflight
    from sn_planner.interchange.kubectl import read_snapshot
    from sn_planner.interchange.reports.living import preflight_document

    setting = None if arguments.setting is None else _written("--setting", arguments.setting)
    images = None if arguments.images is None else whole_from_text("--images", arguments.images)
    snapshot = read_snapshot(*arguments.files)
    in_use = flags.in_use_from(arguments)
    if setting is None and (images is not None or in_use):
        fix = "add it: without one only the cluster is asked about"
        raise BadInput("--setting", ABSENT, "is missing", fix, "missing")
    result = preflight(snapshot, setting, images=images, in_use=in_use, **flags.profile_from(arguments))
    return YES if result.ok else NO, _noted(preflight_document(result), *in_use.notes)


def _verify(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.living.verify import verify
    from sn_planner.interchange.kubectl import read_snapshot
    from sn_planner.interchange.reports.living import verify_document

    result = verify(read_snapshot(*arguments.files), **flags.profile_from(arguments))
    return YES if result.ok else NO, verify_document(result)


def _audit(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.living.audit import audit
    from sn_planner.interchange.kubectl import read_snapshot
    from sn_planner.interchange.reports.living import audit_document

    result = audit(read_snapshot(*arguments.files), **flags.profile_from(arguments))
    return YES if result.ok else NO, audit_document(result)


def _export(arguments: argparse.Namespace) -> Answer:
    from sn_planner.interchange.export_script import export_script

    return YES, export_script(arguments.reader)


def _profiles(arguments: argparse.Namespace) -> Answer:
    from sn_planner.interchange.reports.planning import profiles_document

    given = flags.profile_from(arguments)
    if set(given.values()) == {None}:
        return YES, profiles_document(PROFILES.values())
    choice = choose(**given)
    return YES, profiles_document([choice.profile], choice.notes)


COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], Answer], tuple[Any, ...], str, str]] = {
    "suggest": (
        _suggest,
        (flags.cluster_options, flags.profile_options, flags.in_use_options, flags.suggest_options),
        "find the range to configure for a cluster, with the reasons",
        "--nodes 5 --disks-per-node 2 --images 10 --in-use 192.168.0.0/24",
    ),
    "check": (
        _check,
        (flags.check_options, flags.cluster_options, flags.profile_options, flags.in_use_options),
        "find everything that is wrong with a range or a setting",
        "10.52.3.0/26 --nodes 5 --disks-per-node 2 --images 10",
    ),
    "limits": (
        _limits,
        (flags.range_option, flags.cluster_options, flags.profile_options),
        "tell how far a cluster can grow in a range",
        "192.168.0.0/26 --nodes 5 --disks-per-node 2 --images 10",
    ),
    "simulate": (
        _simulate,
        (flags.range_option, flags.simulate_options, flags.cluster_options, flags.profile_options),
        "run a range through an upgrade or a year, and tell when it runs dry",
        "172.16.0.0/27 --nodes 5 --disks-per-node 2 --images 10",
    ),
    "sweep": (
        _sweep,
        (flags.sweep_options, flags.profile_options),
        "count which prefix every cluster you might have needs",
        "--nodes 1:100 --disks-per-node 1:12 --images 0:50 --range 172.16.0.0/24",
    ),
    "diagnose": (
        _diagnose,
        (flags.diagnose_options, flags.cluster_options, flags.profile_options),
        "read pasted events: which range ran dry, and what would do",
        "- --nodes 5 --disks-per-node 2 --images 10",
    ),
    "preflight": (
        _preflight,
        (flags.export_option, flags.preflight_options, flags.in_use_options, flags.profile_options),
        "tell from an export whether a cluster is ready for a setting",
        "- --setting new-setting.yaml",
    ),
    "verify": (
        _verify,
        (flags.export_option, flags.profile_options),
        "tell from an export whether an applied setting works",
        "-",
    ),
    "audit": (
        _audit,
        (flags.export_option, flags.profile_options),
        "tell from an export which leases are stale and whether the next upgrade fits",
        "-",
    ),
    "export": (
        _export,
        (flags.export_options,),
        "print the script that exports what preflight, verify or audit reads",
        "audit",
    ),
    "profiles": (
        _profiles,
        (flags.profile_options,),
        "show who takes addresses, per Harvester release, with sources",
        "--harvester 1.6.1",
    ),
}
