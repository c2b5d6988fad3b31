"""The parser of the command line: flags written out, given once, and the nearest known name for an unknown one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from sn_planner.cli.commands import COMMANDS, Command
from sn_planner.errors import ABSENT, BadInput
from sn_planner.interchange.tables import FORMATS
from sn_planner.model.words import nearest

_NOT_INPUTS = {"command", "format", "explain", "output", "typed"}  # what says how to answer, not what is asked


def parse(argv: Sequence[str], arguments: argparse.Namespace) -> None:
    """Reads a command line into `arguments`, with what was typed as `given`, and the names of its flags as `typed`.

    Raises BadInput, or the WholeAnswer to a question for help.
    """
    first, *rest = argv or ("--help",)
    if first == "help":
        first, rest = (rest[0], ["--help"]) if rest and rest[0] != "help" else ("--help", [])
    if first not in COMMANDS and not first.startswith("-"):
        raise BadInput("COMMAND", first, "is unknown", nearest(first, COMMANDS), "unknown-name")
    arguments.typed = set()
    parser = whole_parser(*([first] if first in COMMANDS else ()))
    _, unknown = parser.parse_known_args([first, *rest], arguments)
    if unknown:
        raise _unknown(unknown[0], arguments.command)
    default = parser.commands[arguments.command].get_default
    given = {name: value for name, value in vars(arguments).items() if name not in _NOT_INPUTS}
    arguments.given = {name: value for name, value in given.items() if value != default(name)}


def _unknown(text: str, command: str) -> BadInput:
    flag = text.partition("=")[0]
    if not flag.startswith("-"):
        return BadInput("argument", text, "is one too many", f"see sn-planner {command} --help", "unknown-name")
    known = [name for action in parser_of(command).actions for name in action.option_strings]
    return BadInput(flag, ABSENT, "is unknown", nearest(flag, known), "unknown-name")


class WholeAnswer(Exception):  # noqa: N818  # no error: the answer to --help and --version
    """A text that is the whole answer."""


class _Once(argparse.Action):
    """Keeps the value of a flag; refuses a second one, over which the first would be forgotten."""

    given = False

    def __call__(self, _: object, arguments: argparse.Namespace, value: object, flag: str | None = None) -> None:
        if flag is not None and self.given:
            raise BadInput(flag, value, "is given twice", "give it once", "duplicate")
        self.given = True
        arguments.typed = {*getattr(arguments, "typed", ()), self.dest}
        setattr(arguments, self.dest, value)


class Parser(argparse.ArgumentParser):
    """ArgumentParser whose complaint is one line, and whose flags are given once; `commands` are the parsers in it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)
        self.register("action", None, _Once)
        self.commands: dict[str, Parser] = {}

    @property
    def actions(self) -> list[argparse.Action]:
        """What it takes, option by option."""
        return self._actions

    def error(self, message: str) -> NoReturn:
        raise BadInput("arguments", ABSENT, f"cannot be used: {message}", f"see {self.prog} --help", "unknown-name")

    def print_help(self, file: object = None) -> NoReturn:
        raise WholeAnswer(self.format_help() + _export_help(self.prog.rpartition(" ")[2]))


def _export_help(command: str) -> str:
    """How to make the export that a command reads, where it reads one."""
    from sn_planner.model.living.exports import EXPORTS

    how = f"sn-planner export {command} > sn-export.sh; sh sn-export.sh > export.json"
    return f"\nexport:  {how}\n" if command in EXPORTS else ""


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, *_: object, **__: object) -> NoReturn:
        from sn_planner.interchange.installed import installed_version

        raise WholeAnswer(f"sn-planner {installed_version()}\n")


def parser_of(command: str) -> Parser:
    """The parser of one command."""
    return whole_parser(command).commands[command]


def whole_parser(*names: str) -> Parser:
    """The parser of every command, or of some."""
    description = "Sizes and plans the IPv4 range of a Harvester storage network, before anyone applies it."
    parser = Parser(prog="sn-planner", description=description, epilog="sn-planner help COMMAND tells its options.")
    parser.add_argument("-V", "--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name in names or COMMANDS:
        row = COMMANDS[name]
        command = commands.add_parser(
            name,
            help=row.purpose,
            description=f"{row.purpose[0].upper()}{row.purpose[1:]}.",
            epilog=f"example: sn-planner {name} {row.example}",
        )
        _add(command, name, row)
        parser.commands[name] = command
    return parser


def _add(parser: argparse.ArgumentParser, name: str, row: Command) -> None:
    """Adds what a command takes."""
    for add in row.options:
        add(parser)
    parser.set_defaults(command=name)
    if row.is_document:
        parser.add_argument("--format", choices=(*FORMATS, *row.forms), default="table", help="how to print the answer")
        parser.add_argument("--explain", action="store_true", help="tell all that is behind the answer")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the answer into a file")
