"""Options and what they mean: groups of flags, and the model's values read from them.

Rules: a flag is text until it is read here, so that every refusal names the flag, its value and the fix. Nothing given
is dropped: two flags for one figure are refused, and what is read in part comes with notes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from sn_planner.errors import ABSENT, BadInput
from sn_planner.interchange.inputs import (
    STDIN,
    Networks,
    cluster_of,
    networks_meant,
    networks_of,
    profile_of,
    read_pasted,
    read_text,
    shown_path,
)
from sn_planner.model.cidr import Cidr, blocks_of, parse_span
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.fields import whole_from_text

DOCUMENTS = (".yaml", ".yml", ".json")
_COUNTS = ("nodes", "disks", "disks_per_node", "witness", "images", "rwx_volumes")


def cluster_options(command: argparse.ArgumentParser) -> None:
    """Adds the cluster options."""
    group = command.add_argument_group("cluster")
    group.add_argument("--nodes", metavar="N", help="nodes that run Longhorn, all alike")
    disks = group.add_mutually_exclusive_group()
    disks.add_argument("--disks-per-node", metavar="D", help="Longhorn disks of each of them")
    disks.add_argument("--disks", metavar="TOTAL", help="Longhorn disks of all of them together")
    group.add_argument(
        "--node", metavar="DISKS", action="append", help="one node with that many disks; repeat for each (not --nodes)"
    )
    group.add_argument("--witness", metavar="N", help="witness nodes; they take no address")
    group.add_argument("--images", metavar="I", help="image uploads, downloads, exports and clones at once")
    group.add_argument("--rwx-volumes", metavar="R", help="running RWX volumes (32 where they count and none is given)")
    group.add_argument("--v2-data-engine", action="store_true", help="the nodes run the V2 data engine too")
    alone = (
        "a cluster file in YAML or JSON, '-' for stdin; it has every figure: no other flag of this group goes with it"
    )
    group.add_argument("--cluster", metavar="FILE", help=alone)


def profile_options(command: argparse.ArgumentParser) -> None:
    """Adds the profile options."""
    group = command.add_argument_group("formula")
    group.add_argument("--profile", metavar="P", help="classic (default), consolidated, either with +rwx, or a FILE")
    group.add_argument("--harvester", metavar="V", help="choose the profile by Harvester release")


def range_option(command: argparse.ArgumentParser) -> None:
    """Adds the range option."""
    command.add_argument("range", metavar="RANGE", help="the range, like 192.168.0.0/26")
    exclude_option(command)


def exclude_option(command: argparse.ArgumentParser) -> None:
    """Adds the exclude option."""
    given = "not for pods: a CIDR, an address, or a first and a last one (10.0.0.6-10.0.0.254); repeatable"
    command.add_argument("--exclude", metavar="CIDR", action="append", default=[], help=given)


def in_use_options(command: argparse.ArgumentParser) -> None:
    """Adds the in use options."""
    group = command.add_argument_group("networks in use")
    one = "a network in use, or a first and a last address; repeatable"
    group.add_argument("--in-use", metavar="CIDR", action="append", default=[], help=one)
    file = "networks a line each, or CSV or JSON as an IPAM exports it; '-' for stdin; repeatable"
    group.add_argument("--in-use-file", metavar="FILE", action="append", default=[], help=file)
    column = "the CSV column or JSON key with the network (default: the only one that can be meant)"
    group.add_argument("--in-use-column", metavar="NAME", help=column)
    where = "only rows like status=active; repeatable: either value of one column, all of several columns"
    group.add_argument("--in-use-where", metavar="COLUMN=VALUE", action="append", default=[], help=where)


def suggest_options(command: argparse.ArgumentParser) -> None:
    """Adds the suggest options."""
    command.add_argument("--pool", metavar="CIDR", action="append", help="search here; repeatable (default: RFC 1918)")
    command.add_argument("--exclude-first", metavar="K", default="0", help="keep the first K addresses from pods")
    command.add_argument("--exclude-last", metavar="K", default="0", help="keep the last K addresses from pods")
    command.add_argument("--grow-nodes", metavar="N", default="0", help="nodes to come, each like the largest")
    command.add_argument("--grow-disks", metavar="TOTAL", default="0", help="disks to come, over all nodes")
    command.add_argument("--headroom", metavar="PERCENT", default="0", help="addresses on top of the demand")
    command.add_argument("--at-least", metavar="N", default="0", help="never fewer addresses than this")
    command.add_argument("--strategy", default="growth", help="growth (default), first or best-fit")
    command.add_argument("--limit", metavar="N", default="5", help="candidates at most (default: 5)")
    command.add_argument("--vlan", metavar="ID", help="the VLAN of the setting")
    command.add_argument("--cluster-network", metavar="NAME", help="the cluster network of the setting")


def check_options(command: argparse.ArgumentParser) -> None:
    """Adds the check options."""
    command.add_argument("range", metavar="RANGE", nargs="?", help="the range; '-' reads a range or setting from stdin")
    command.add_argument("--setting", metavar="FILE", help="the setting: its JSON value or its manifest")
    command.add_argument("--current", metavar="FILE", help="the setting in force, to compare the text with")
    exclude_option(command)


def simulate_options(command: argparse.ArgumentParser) -> None:
    """Adds the simulate options."""
    command.add_argument(
        "--scenario",
        metavar="NAME|FILE",
        default="worst-case",
        help="worst-case (default), upgrade, growth, year, or a scenario file",
    )
    command.add_argument("--plot", metavar="FILE", help="draw the run into a .png or .svg")


def diagnose_options(command: argparse.ArgumentParser) -> None:
    """Adds the diagnose options."""
    command.add_argument("file", metavar="FILE", nargs="?", default=STDIN, help="the pasted text; stdin by default")


def sweep_options(command: argparse.ArgumentParser) -> None:
    """Adds the axes of a sweep."""
    group = command.add_argument_group("axes", "each 5, 1:100, 0:50:10 (both ends included) or 1,2,8")
    group.add_argument("--nodes", metavar="AXIS", required=True, help="nodes that run Longhorn")
    disks = group.add_mutually_exclusive_group(required=True)
    disks.add_argument("--disks-per-node", metavar="AXIS", help="Longhorn disks of each of them")
    disks.add_argument("--disks", metavar="AXIS", help="Longhorn disks of all of them together")
    group.add_argument("--images", metavar="AXIS", default="0", help="image transfers at once (default: 0)")
    command.add_argument(
        "--rwx-volumes", metavar="R", help="running RWX volumes (32 where they count and none is given)"
    )
    command.add_argument("--range", metavar="CIDR", help="also tell which of the clusters this range holds")


def export_options(command: argparse.ArgumentParser) -> None:
    """Adds the options of export."""
    command.add_argument("reader", metavar="COMMAND", help="what the export is for: preflight, verify or audit")


def export_option(command: argparse.ArgumentParser) -> None:
    """Adds the files of an export."""
    printed = "what kubectl printed, JSON or YAML: files, directories, or '-' for stdin"
    command.add_argument("files", metavar="FILE", nargs="+", help=printed)


def preflight_options(command: argparse.ArgumentParser) -> None:
    """Adds the setting to apply."""
    command.add_argument("--setting", metavar="FILE", help="the setting to apply: its JSON or manifest")
    command.add_argument("--images", metavar="I", help="image transfers to hold (default: those in flight)")


def flag_of(name: str) -> str:
    """The flag of an argument.

    >>> flag_of("grow_nodes")
    '--grow-nodes'
    """
    return f"--{name.replace('_', '-')}"


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


def cluster_from(arguments: argparse.Namespace) -> Cluster | None:
    """The cluster that the flags describe; None where no flag does."""
    if arguments.cluster is not None:
        _alone(arguments, "--cluster", ("node", *_COUNTS, "v2_data_engine"))
        return cluster_of(arguments.cluster, read_text("--cluster", arguments.cluster))
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
    chosen = arguments.profile
    if chosen is not None and chosen.endswith(DOCUMENTS):
        chosen = profile_of(chosen, read_text("--profile", chosen))
    return {"profile": chosen, "harvester": arguments.harvester}


def in_use_from(arguments: argparse.Namespace) -> Networks:
    """The networks that flags and files name, with notes on what was read of the files."""
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
    return Networks(networks, notes)


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
