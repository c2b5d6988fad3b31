"""The command line: arguments in, a document out.

Rules: a command is parsed, computed whole, and only then printed, so nothing is half-printed. A flag is written out and
given once, unless it may be repeated: no guess at a shortened one, no second value over a first. The exit code is 0 for
yes, 1 for no (it does not fit, or an error was found), 2 for input that cannot be used: then one line on stderr names
the argument, the value and the fix.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from sn_planner.cli.arguments import flag_of
from sn_planner.cli.commands import COMMANDS, MANIFEST, NO, YES
from sn_planner.errors import ABSENT, BadInput, NoAnswer, SnPlannerError, printable
from sn_planner.interchange.inputs import STDIN
from sn_planner.interchange.tables import FORMATS, Document, render

BAD_INPUT = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line, prints its answer, returns its exit code."""
    arguments = argparse.Namespace(format="table")
    try:
        _parser().parse_args(argv, arguments)
        _one_stdin(arguments)
        code, answer = arguments.run(arguments)
    except SnPlannerError as error:
        return _complain(_by_flag(error, arguments), NO if isinstance(error, NoAnswer) else BAD_INPUT)
    except _WholeAnswer as answered:
        code, answer = YES, str(answered)
    if isinstance(answer, Document):
        if arguments.format not in {"table", "markdown"}:
            _note(answer.notes)
        if arguments.format == "csv" and answer.lines:
            return _print(answer.lines, code)
        answer = answer.text if arguments.format == MANIFEST else render(answer, arguments.format)
    return _print((answer,), code)


def _one_stdin(arguments: argparse.Namespace) -> None:
    """The standard input can be read once."""
    given = [(name, value) for name, values in vars(arguments).items() for value in _each(values)]
    readers = [name for name, value in given if value == STDIN]
    if len(readers) > 1:
        problem = f"is already read for {readers[0]}"
        raise BadInput(readers[1], STDIN, problem, "put one of them into a file", "conflict")


def _each(values: object) -> Sequence[object]:
    return values if isinstance(values, list) else [values]


def _by_flag(error: SnPlannerError, arguments: argparse.Namespace) -> SnPlannerError:
    """The error under the name of the flag that gave the value."""
    if error.field in {"range", "file"} or getattr(arguments, error.field, None) is None:
        return error
    return error.renamed(flag_of(error.field))


def _print(texts: Iterable[str], code: int) -> int:
    if sys.stdout is None:
        return _complain("stdout is closed; give the output somewhere to go")
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        for text in texts:
            print(text, end="", flush=True)
    except OSError as error:
        sys.stdout = None  # or Python fails once more when it flushes at exit
        return _complain(f"stdout cannot be written: {error.strerror}; give the output somewhere to go")
    return code


def _complain(message: object, code: int = BAD_INPUT) -> int:
    _say(f"sn-planner: error: {printable(str(message))}")
    return code


def _note(notes: Sequence[str]) -> None:
    for note in notes:
        _say(f"note: {printable(note)}")


def _say(line: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # nobody is left to tell
            print(line, file=sys.stderr, flush=True)


class _WholeAnswer(Exception):  # noqa: N818  # no error: the answer to --help and --version
    """A text that is the whole answer."""


class _Once(argparse.Action):
    """Keeps the value of a flag; refuses a second one, over which the first would be forgotten."""

    given = False

    def __call__(self, _: object, arguments: argparse.Namespace, value: object, flag: str | None = None) -> None:
        if flag is not None and self.given:
            raise BadInput(flag, value, "is given twice", "give it once", "duplicate")
        self.given = True
        setattr(arguments, self.dest, value)


class _Parser(argparse.ArgumentParser):
    """ArgumentParser whose complaint is one line, and whose flags are given once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)
        self.register("action", None, _Once)

    def error(self, message: str) -> NoReturn:
        raise BadInput("arguments", ABSENT, f"cannot be used: {message}", f"see {self.prog} --help", "unknown-name")

    def print_help(self, file: object = None) -> NoReturn:
        raise _WholeAnswer(self.format_help() + _export_help(self.prog.rpartition(" ")[2]))


def _export_help(command: str) -> str:
    """How to make the export that a command reads, where it reads one."""
    from sn_planner.model.living.exports import EXPORTS

    how = f"sn-planner export {command} > sn-export.sh; sh sn-export.sh > export.json"
    return f"\nexport:  {how}\n" if command in EXPORTS else ""


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            raise _WholeAnswer(f"sn-planner {version('sn-planner')}\n")
        except PackageNotFoundError:
            raise _WholeAnswer("sn-planner, not installed\n") from None


def _parser() -> argparse.ArgumentParser:
    description = "Sizes and plans the IPv4 range of a Harvester storage network, before anyone applies it."
    parser = _Parser(prog="sn-planner", description=description)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for name, (run, options, purpose, example) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            epilog=f"example: sn-planner {name} {example}",
        )
        for add in options:
            add(command)
        if name != "export":  # a script has one format
            formats = (*FORMATS, MANIFEST) if name == "suggest" else FORMATS
            command.add_argument("--format", choices=formats, default="table", help="how to print the answer")
        command.set_defaults(run=run)
    return parser
