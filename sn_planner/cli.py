"""The command line: arguments in, a document out.

Rules: a command is parsed, computed whole, and only then printed, so nothing is half-printed. The exit code is 0 for
yes, 1 for no (it does not fit, or an error was found), 2 for input that cannot be used: then one line on stderr names
the argument, the value and the fix.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from sn_planner.errors import ABSENT, SnPlannerError, printable
from sn_planner.interchange.documents import STDIN, cluster_of, networks_of, profile_of, read_text, within
from sn_planner.interchange.tables import FORMATS, Document, render
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.counts import whole_from_text
from sn_planner.model.decode import decode_document
from sn_planner.model.demand import choose_profile, limits
from sn_planner.model.profiles import PROFILES
from sn_planner.model.ranges import AddressRange
from sn_planner.model.setting import Setting

YES, NO, BAD_INPUT = 0, 1, 2
MANIFEST = "manifest"
_EXAMPLE_NOTE = "No cluster given: this plans the documentation's example, 5 nodes with 2 disks each and 10 images."
_COUNTS = ("nodes", "disks", "disks_per_node", "witness", "images", "rwx_volumes")
_PROFILE_FILES = (".yaml", ".yml", ".json")
Answer = tuple[int, Document | str]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line, prints its answer, returns its exit code."""
    arguments = argparse.Namespace(format="table")
    try:
        _parser().parse_args(argv, arguments)
        _one_stdin(arguments)
        code, answer = arguments.run(arguments)
    except SnPlannerError as error:
        return _complain(_by_flag(error, arguments))
    except _Told as told:
        code, answer = YES, str(told)
    if isinstance(answer, Document):
        if arguments.format not in {"table", "markdown"}:
            _note(answer.notes)
        answer = answer.text if arguments.format == MANIFEST else render(answer, arguments.format)
    return _print(answer, code)


def _one_stdin(arguments: argparse.Namespace) -> None:
    """The standard input can be read once."""
    readers = [name for name, value in vars(arguments).items() if value == STDIN]
    if len(readers) > 1:
        raise SnPlannerError(readers[1], STDIN, f"is already read for {readers[0]}", "put one of them into a file")


def _by_flag(error: SnPlannerError, arguments: argparse.Namespace) -> SnPlannerError:
    """The error under the name of the flag that gave the value."""
    if error.field in {"range", "file"} or getattr(arguments, error.field, None) is None:
        return error
    flag = f"--{error.field.replace('_', '-')}"
    return SnPlannerError(flag, error.value, error.problem, error.fix, error.code)


def _print(text: str, code: int) -> int:
    if sys.stdout is None:
        return _complain("stdout is closed; give the output somewhere to go")
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        print(text, end="", flush=True)
    except OSError as error:
        sys.stdout = None  # or Python fails once more when it flushes at exit
        return _complain(f"stdout cannot be written: {error.strerror}; give the output somewhere to go")
    return code


def _complain(message: object) -> int:
    _tell(f"sn-planner: error: {printable(str(message))}")
    return BAD_INPUT


def _note(notes: Sequence[str]) -> None:
    for note in notes:
        _tell(f"note: {printable(note)}")


def _tell(line: str) -> None:
    if sys.stderr is not None:
        print(line, file=sys.stderr)


class _Told(Exception):  # noqa: N818  # no error: the answer to --help and --version
    """A text that is the whole answer."""


class _Parser(argparse.ArgumentParser):
    """ArgumentParser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        raise SnPlannerError("arguments", ABSENT, f"cannot be used: {message}", f"see {self.prog} --help")

    def print_help(self, file: object = None) -> NoReturn:
        raise _Told(self.format_help())


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            raise _Told(f"sn-planner {version('sn-planner')}\n")
        except PackageNotFoundError:
            raise _Told("sn-planner, not installed\n") from None


def _parser() -> argparse.ArgumentParser:
    description = "Sizes and plans the IPv4 range of a Harvester storage network, before anyone applies it."
    parser = _Parser(prog="sn-planner", description=description, allow_abbrev=False)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for name, (run, options, purpose, example) in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            epilog=f"example: sn-planner {name} {example}",
            allow_abbrev=False,
        )
        for add in options:
            add(command)
        formats = (*FORMATS, MANIFEST) if run is _suggest else FORMATS
        command.add_argument("--format", choices=formats, default="table", help="how to print the answer")
        command.set_defaults(run=run)
    return parser


def _cluster_options(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("cluster")
    group.add_argument("--nodes", metavar="N", help="nodes that run Longhorn, all alike")
    disks = group.add_mutually_exclusive_group()
    disks.add_argument("--disks-per-node", metavar="D", help="Longhorn disks of each of them")
    disks.add_argument("--disks", metavar="TOTAL", help="Longhorn disks of all of them together")
    group.add_argument("--node", metavar="DISKS", action="append", help="one node with so many disks; repeat for each")
    group.add_argument("--witness", metavar="N", help="witness nodes; they take no address")
    group.add_argument("--images", metavar="I", help="image uploads, downloads, exports and clones at once")
    group.add_argument("--rwx-volumes", metavar="R", help="running RWX volumes (32 where they count and none is given)")
    group.add_argument("--v2-data-engine", action="store_true", help="the nodes run the V2 data engine too")
    group.add_argument("--cluster", metavar="FILE", help="a cluster file in YAML or JSON, '-' for stdin")


def _profile_options(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("formula")
    group.add_argument("--profile", metavar="P", help="classic (default), consolidated, either with +rwx, or a FILE")
    group.add_argument("--harvester", metavar="V", help="choose the profile by Harvester release")


def _range_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("range", metavar="RANGE", help="the range, like 192.168.0.0/26")
    _exclude_option(command)


def _exclude_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--exclude", metavar="CIDR", action="append", default=[], help="not for pods; repeatable")


def _in_use_options(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("networks in use")
    group.add_argument("--in-use", metavar="CIDR", action="append", default=[], help="a network in use; repeatable")
    group.add_argument("--in-use-file", metavar="FILE", help="one CIDR a line, or CSV or JSON; '-' for stdin")
    group.add_argument("--in-use-column", metavar="NAME", help="the CSV column or JSON key with the network")


def _suggest_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pool", metavar="CIDR", action="append", help="search here; repeatable (default: RFC 1918)")
    command.add_argument("--exclude-first", metavar="K", default="0", help="keep the first K addresses from pods")
    command.add_argument("--grow-nodes", metavar="N", default="0", help="nodes to come, each like the largest")
    command.add_argument("--headroom", metavar="PERCENT", default="0", help="addresses on top of the demand")
    command.add_argument("--strategy", default="growth", help="growth (default), first or best-fit")
    command.add_argument("--limit", metavar="N", default="5", help="candidates at most (default: 5)")
    command.add_argument("--vlan", metavar="ID", help="the VLAN of the setting")
    command.add_argument("--cluster-network", metavar="NAME", help="the cluster network of the setting")


def _check_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("range", metavar="RANGE", nargs="?", help="the range; '-' reads a range or setting from stdin")
    command.add_argument("--setting", metavar="FILE", help="the setting: its JSON value or its manifest")
    command.add_argument("--current", metavar="FILE", help="the setting in force, to compare the text with")
    _exclude_option(command)


def _diagnose_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", nargs="?", default=STDIN, help="the pasted text; stdin by default")


def _suggest(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.suggest import DEFAULT_POOLS, suggest
    from sn_planner.interchange.reports import suggest_document

    cluster = _cluster(arguments)
    plan = suggest(
        cluster or Cluster.uniform(nodes=5, disks_per_node=2, images=10),  # [D 1.1], the worked example
        pools=arguments.pool or DEFAULT_POOLS,
        in_use=_in_use(arguments),
        exclude_first=whole_from_text("--exclude-first", arguments.exclude_first),
        grow_nodes=whole_from_text("--grow-nodes", arguments.grow_nodes),
        headroom=whole_from_text("--headroom", arguments.headroom),
        limit=whole_from_text("--limit", arguments.limit, least=1),
        strategy=arguments.strategy,
        **_profile(arguments),
    )
    vlan = None if arguments.vlan is None else whole_from_text("--vlan", arguments.vlan)
    if arguments.format == MANIFEST and (vlan is None or arguments.cluster_network is None):
        problem = "manifest needs a VLAN and a cluster network"
        raise SnPlannerError("--format", ABSENT, problem, "add --vlan and --cluster-network")
    notes = plan.demand.notes if cluster else (_EXAMPLE_NOTE, *plan.demand.notes)
    return YES if plan.candidates else NO, suggest_document(plan, vlan, arguments.cluster_network, notes)


def _check(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.check import examine
    from sn_planner.interchange.reports import check_document

    current = None
    if arguments.current is not None:
        with within(f"--current {arguments.current}"):
            current = Setting.parse(read_text("--current", arguments.current))
    report = examine(
        _target(arguments),
        _cluster(arguments),
        exclude=arguments.exclude,
        in_use=_in_use(arguments),
        current=current,
        **_profile(arguments),
    )
    return YES if report.ok else NO, check_document(report)


def _target(arguments: argparse.Namespace) -> str:
    """The range, or the text of the setting; a text that is no document at all is refused here."""
    if (arguments.range is None) == (arguments.setting is None):
        raise SnPlannerError("arguments", ABSENT, "cannot be used", "give either RANGE or --setting FILE")
    if arguments.setting is None and arguments.range != STDIN:
        return str(arguments.range)
    flag, path = ("RANGE", STDIN) if arguments.setting is None else ("--setting", arguments.setting)
    name = f"{flag} {path}"
    text = read_text(flag, path).strip()
    if not isinstance(decode_document(name, text), dict | str):
        problem = "is not a mapping" if text else "is empty"
        raise SnPlannerError(name, ABSENT, problem, "write the setting's JSON, or its manifest")
    return text


def _limits(arguments: argparse.Namespace) -> Answer:
    from sn_planner.interchange.reports import limits_document

    cluster = _cluster(arguments)
    if cluster is None:
        raise SnPlannerError("arguments", ABSENT, "describe no cluster", "add --nodes, --node or --cluster")
    found = limits(AddressRange(arguments.range, arguments.exclude), cluster, **_profile(arguments))
    return YES if found.fits else NO, limits_document(found, cluster)


def _diagnose(arguments: argparse.Namespace) -> Answer:
    from sn_planner.advice.diagnose import diagnose
    from sn_planner.interchange.reports import diagnose_document

    text = read_text("FILE", arguments.file)
    diagnosis = diagnose(text, _cluster(arguments), **_profile(arguments))
    return YES if diagnosis.events else NO, diagnose_document(diagnosis)


def _profiles(arguments: argparse.Namespace) -> Answer:
    from sn_planner.interchange.reports import profiles_document

    choice = _profile(arguments)
    if set(choice.values()) == {None}:
        return YES, profiles_document(PROFILES.values())
    chosen, _, notes = choose_profile(choice["profile"], choice["harvester"])
    return YES, profiles_document([chosen], notes)


def _cluster(arguments: argparse.Namespace) -> Cluster | None:
    """The cluster that the flags describe; None where no flag does."""
    if arguments.cluster is not None:
        _alone(arguments, "--cluster", ("node", *_COUNTS, "v2_data_engine"))
        return cluster_of(arguments.cluster, read_text("--cluster", arguments.cluster))
    given = {
        name: whole_from_text(f"--{name.replace('_', '-')}", text)
        for name in _COUNTS
        if (text := getattr(arguments, name)) is not None
    }
    if arguments.node is not None:
        _alone(arguments, "--node", ("nodes", "disks", "disks_per_node"))
        disks = [whole_from_text("--node", text) for text in arguments.node]
        nodes = [Node(disks=each, v2_data_engine=arguments.v2_data_engine) for each in disks]
        nodes.append(Node(witness=True, count=given.pop("witness", 0)))
        return Cluster(nodes, **given)
    if not given and not arguments.v2_data_engine:
        return None
    if "nodes" not in given:
        raise SnPlannerError("--nodes", ABSENT, "is missing", "say how many nodes run Longhorn")
    if not given.keys() & {"disks", "disks_per_node"}:
        raise SnPlannerError("--disks-per-node", ABSENT, "is missing", "add it, or --disks for the total")
    return Cluster.uniform(witnesses=given.pop("witness", 0), v2_data_engine=arguments.v2_data_engine, **given)


def _alone(arguments: argparse.Namespace, flag: str, others: Sequence[str]) -> None:
    for name in others:
        if getattr(arguments, name):
            other = f"--{name.replace('_', '-')}"
            raise SnPlannerError(other, ABSENT, f"does not go with {flag}", "leave one of them out")


def _profile(arguments: argparse.Namespace) -> dict[str, Any]:
    chosen = arguments.profile
    if chosen is not None and chosen.endswith(_PROFILE_FILES):
        chosen = profile_of(chosen, read_text("--profile", chosen))
    return {"profile": chosen, "harvester": arguments.harvester}


def _in_use(arguments: argparse.Namespace) -> list[object]:
    networks: list[object] = list(arguments.in_use)
    if arguments.in_use_file is not None:
        text = read_text("--in-use-file", arguments.in_use_file)
        networks += networks_of(arguments.in_use_file, text, arguments.in_use_column)
    elif arguments.in_use_column is not None:
        raise SnPlannerError("--in-use-column", ABSENT, "has no file", "add --in-use-file")
    return networks


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], Answer], tuple[Any, ...], str, str]] = {
    "suggest": (
        _suggest,
        (_cluster_options, _profile_options, _in_use_options, _suggest_options),
        "find the range to configure for a cluster, with the reasons",
        "--nodes 5 --disks-per-node 2 --images 10 --in-use 192.168.0.0/24",
    ),
    "check": (
        _check,
        (_check_options, _cluster_options, _profile_options, _in_use_options),
        "find everything that is wrong with a range or a setting",
        "10.52.3.0/26 --nodes 5 --disks-per-node 2 --images 10",
    ),
    "limits": (
        _limits,
        (_range_option, _cluster_options, _profile_options),
        "tell how far a cluster can grow in a range",
        "192.168.0.0/26 --nodes 5 --disks-per-node 2 --images 10",
    ),
    "diagnose": (
        _diagnose,
        (_diagnose_options, _cluster_options, _profile_options),
        "read pasted events: which range ran dry, and what would do",
        "- --nodes 5 --disks-per-node 2 --images 10",
    ),
    "profiles": (
        _profiles,
        (_profile_options,),
        "show who takes addresses, per Harvester release, with sources",
        "--harvester 1.6.1",
    ),
}
