"""What the options mean: the model's values, read from them.

Rules: a flag is text until it is read here, so that every refusal names the flag, its value and the fix. Nothing given
is dropped: two flags for one figure are refused, and what is read in part comes with notes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.interchange.texts import SUFFIXES, read_pasted, read_text, shown_path
from sn_planner.model.cidr import Cidr, blocks_of, network_of, parse_span
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.demand import LATER_FORMULA, Choice, Demand, on_later_releases
from sn_planner.model.fields import whole_from_text
from sn_planner.model.profiles import SHARED, Profile, rwx_volumes_or_assumed
from sn_planner.model.ranges import AddressRange, set_aside
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.model.sites import Site
    from sn_planner.model.written import Written

_POSITIONAL = {
    "range": "RANGE",
    "file": "FILE",
    "files": "FILE",
    "targets": "TARGET",
    "of": "COMMAND",
    "code": "CODE",
    "command": "COMMAND",
}
_ASIDE = ("exclude_first", "exclude_last")
_SITE_DEFAULTS = {*_ASIDE, "headroom"}
_COUNTS = ("nodes", "disks", "disks_per_node", "witness", "images", "rwx_volumes")


def flag_of(name: str) -> str:
    """An argument as it is typed.

    >>> flag_of("grow_nodes"), flag_of("range")
    ('--grow-nodes', 'RANGE')
    """
    return _POSITIONAL.get(name) or f"--{name.replace('_', '-')}"


def axis_from(flag: str, text: str | None) -> range | list[int] | None:
    """The values that an axis' text means."""
    if text is None:
        return None
    if "," in text:
        return [whole_from_text(flag, part) for part in text.split(",")]
    first, *rest = (whole_from_text(flag, part) for part in text.split(":"))
    if len(rest) > 2:
        raise BadInput(flag, text, "is no axis", "write it like 5, 1:100, 0:50:10 or 1,2,8", "unreadable")
    last, step = [*rest, 1][:2] if rest else (first, 1)
    if last < first or not step:
        fix = "write the smaller end first, and a step of 1 or more"
        raise BadInput(flag, text, "is empty", fix, "out-of-bounds")
    return range(first, last + 1, step)


def cluster_from(arguments: argparse.Namespace, *, needs_disks: bool = True) -> Cluster | None:
    """The cluster that the flags describe; None where no flag does. Disks may be left out where nothing needs them."""
    if arguments.cluster is not None:
        _alone(arguments, "--cluster", ("node", *_COUNTS, "v2_data_engine"))
        from sn_planner.interchange.inputs import cluster_of

        return cluster_of(f"--cluster {arguments.cluster}", read_text("--cluster", arguments.cluster))
    given = {
        name: whole_from_text(flag_of(name), text) for name in _COUNTS if (text := getattr(arguments, name)) is not None
    }
    if arguments.node is not None:
        first = arguments.node[0]
        meant = f": --node {first} is one node with {first} disks, {first} nodes are --nodes {first}"
        _alone(arguments, "--node", ("nodes", "disks", "disks_per_node"), meant)
        disks = [whole_from_text("--node", text) for text in arguments.node]
        nodes = [Node(disks=each, v2_data_engine=arguments.v2_data_engine) for each in disks]
        nodes.append(Node(witness=True, count=given.pop("witness", 0)))
        return Cluster(nodes, **given)
    if not given and not arguments.v2_data_engine:
        return None
    if "nodes" not in given:
        raise BadInput("--nodes", ABSENT, "is missing", "say how many nodes run Longhorn", "missing")
    if not needs_disks:
        given = {"disks_per_node": 0} | given if "disks" not in given else given
    if not given.keys() & {"disks", "disks_per_node"}:
        raise BadInput("--disks-per-node", ABSENT, "is missing", "add it, or --disks for the total", "missing")
    return Cluster.uniform(witnesses=given.pop("witness", 0), v2_data_engine=arguments.v2_data_engine, **given)


def required_cluster(arguments: argparse.Namespace) -> Cluster:
    """The cluster that the flags describe; raises BadInput where no flag does."""
    cluster = cluster_from(arguments)
    if cluster is None:
        fix = "add --nodes, --node or --cluster"
        raise BadInput("arguments", ABSENT, "describe no cluster", fix, "missing")
    return cluster


def _alone(arguments: argparse.Namespace, flag: str, others: Sequence[str], why: str = "") -> None:
    for name in others:
        if getattr(arguments, name) not in (None, False):
            fix = f"leave one of them out{why}"
            raise BadInput(flag_of(name), ABSENT, f"does not go with {flag}", fix, "conflict")


def profile_from(arguments: argparse.Namespace) -> dict[str, Any]:
    """The profile and the release, as `demand` takes them."""
    if arguments.profile is not None and arguments.harvester is not None:
        fix = "give one: each chooses the profile"
        raise BadInput("--profile", ABSENT, "does not go with --harvester", fix, "conflict")
    chosen = arguments.profile
    if chosen is not None and chosen.endswith(SUFFIXES):
        from sn_planner.interchange.inputs import profile_of

        with within(f"--profile {chosen}"):
            chosen = profile_of(chosen, read_text("--profile", chosen))
    return {"profile": chosen, "harvester": arguments.harvester}


def in_use_from(arguments: argparse.Namespace) -> tuple[list[Cidr], list[str]]:
    """The networks that flags and files name, and notes on what was read of the files."""
    if not (arguments.in_use or arguments.in_use_file or arguments.in_use_column is not None or arguments.in_use_where):
        return [], []
    from sn_planner.interchange.inputs import networks_meant, networks_of

    networks: list[Cidr] = [one for text in arguments.in_use for one in networks_meant("--in-use", text)]
    notes: list[str] = []
    where = _conditions(arguments.in_use_where)
    for path in arguments.in_use_file:
        text, said = read_pasted("--in-use-file", path)
        read = networks_of(shown_path(path), text, arguments.in_use_column, where, notes=said)
        networks += read
        notes += read.notes
    for flag, given in (("--in-use-column", arguments.in_use_column is not None), ("--in-use-where", where)):
        if given and not arguments.in_use_file:
            raise BadInput(flag, ABSENT, "has no file", "add --in-use-file", "missing")
    return networks, notes


def site_from(arguments: argparse.Namespace) -> tuple[Site | None, tuple[str, ...]]:
    """The site that --site names, or is, and a note on what of it counts; its defaults stand for what was not typed."""
    if arguments.site is None:
        return None, ()
    from sn_planner.interchange.site_files import site_in

    site = site_in("--site", arguments.site)
    if not is_chosen(arguments):
        arguments.harvester = site.harvester
    for name in _SITE_DEFAULTS & vars(arguments).keys() - arguments.typed:
        setattr(arguments, name, str(getattr(site.defaults, name)))
    ranges = counted(len(site.ranges_in_force), "range", "in force")
    networks = counted(len(site.in_use), "network", "in use")
    apart = ", which do not count: its clusters are isolated" if site.isolated and site.ranges_in_force else ""
    return site, (*site.notes, f"The site has {counted(len(site.pools), 'pool')}, {networks} and {ranges}{apart}")


def _conditions(texts: Sequence[str]) -> dict[str, list[str]]:
    """The values of each column that choose rows."""
    conditions: dict[str, list[str]] = {}
    for text in texts:
        column, equals, value = text.partition("=")
        if not equals or not column.strip():
            raise BadInput(
                "--in-use-where", text, "names no column and value", "write it like status=active", "unreadable"
            )
        conditions.setdefault(column, []).append(value)
    return conditions


def excludes_from(arguments: argparse.Namespace) -> tuple[list[str], tuple[str, ...]]:
    """The excludes as written, but the CIDRs of a first and a last address, with a note on what they are."""
    excludes: list[str] = []
    notes: list[str] = []
    for text in arguments.exclude:
        blocks = [text] if parse_span(text) is None else [str(one) for one in blocks_of("--exclude", text)]
        excludes += blocks
        if blocks != [text]:
            notes.append(f"--exclude {text} is written as {', '.join(blocks)}")
    return excludes, tuple(notes)


def aside_from(arguments: argparse.Namespace, range: str, name: str = "RANGE") -> list[str]:
    """The excludes that keep the first and the last addresses of a range from pods."""
    first, last = (whole_from_text(flag_of(name), getattr(arguments, name)) for name in _ASIDE)
    return [str(one) for one in set_aside(network_of(name, range), first, last)] if first or last else []


def range_from(arguments: argparse.Namespace) -> tuple[AddressRange, tuple[str, ...]]:
    """The range without its excludes, and notes on how they are written."""
    excludes, notes = excludes_from(arguments)
    return AddressRange(arguments.range, [*excludes, *aside_from(arguments, arguments.range)]), notes


def optional_range_from(arguments: argparse.Namespace) -> tuple[AddressRange | None, tuple[str, ...]]:
    """`range_from`, or None where no range was given; then nothing may be excluded from it, either."""
    if arguments.range is not None:
        return range_from(arguments)
    for name in ("exclude", *_ASIDE):
        if getattr(arguments, name) not in ([], "0"):
            raise BadInput(flag_of(name), ABSENT, "has no range", "add RANGE", "missing")
    return None, ()


def written_from(flag: str, path: str) -> Written:
    """The setting in a file; its faults are refused under the file's name."""
    from sn_planner.model.written import Written

    with within(f"{flag} {path}"):
        written = Written.read(read_text(flag, path))
        for fault in written.faults:
            raise fault
    return written


def is_chosen(arguments: argparse.Namespace) -> bool:
    """Whether a profile or a release was given."""
    return arguments.profile is not None or arguments.harvester is not None


def assumed(arguments: argparse.Namespace, profile: Profile, need: Demand | None = None) -> tuple[str, ...]:
    """A note on the profile and the RWX volumes that are assumed; `need` is the demand, where there is but one."""
    said = []
    if not is_chosen(arguments):
        later = LATER_FORMULA if need is None else on_later_releases(need)
        said.append(f"{profile.name}, {profile.formula} ({later}: --harvester)")
    if arguments.rwx_volumes is None and profile.shares_rwx and (need is None or need.cluster.rwx_volumes is None):
        said.append(f"{rwx_volumes_or_assumed(None)} running RWX volumes (--rwx-volumes)")
    return (f"Assumed: {'; '.join(said)}.",) if said else ()


def range_faults(place: AddressRange | None, need: Demand | None = None) -> tuple[str, ...]:
    """A note where Harvester would refuse the range, or pods would not do with it, whatever its size."""
    from sn_planner.advice.check import examine

    if place is None:
        return ()
    known = () if need is None else (need.cluster, Choice(need.profile, need.release, asked=True))
    faults = dict.fromkeys(one.code for one in examine(place, *known).findings.errors)
    told = [code for code in faults if code != "range-too-small"]
    return (f"check finds more against {place.cidr}: {', '.join(told)}",) if told else ()


def uncounted(arguments: argparse.Namespace, profile: Profile, *others: Profile) -> tuple[str, ...]:
    """A note where running RWX volumes were given and no pod of the profiles is there for one."""
    if arguments.rwx_volumes is None or any(one.shares_rwx for one in (profile, *others)):
        return ()
    given = f"--rwx-volumes {arguments.rwx_volumes}"
    return (f"{given} changes nothing: {profile.name} counts no RWX volume; a profile that ends in {SHARED} does",)
