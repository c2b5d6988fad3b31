"""Completion of what is typed: scripts for shells, and candidates for kubectl, which asks a program of its own.

Source: kubectl's documentation of plugins: an executable `kubectl_complete-sn_planner` prints a candidate a line for
the words it is given, the last of which is unfinished, and then a directive of Cobra's: 4, no files, or 0, files too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from sn_planner.cli.commands import COMMANDS
from sn_planner.cli.parser import parser_of, whole_parser

_FILES = {"FILE", "NAME|FILE", "TARGET"}


def completion(arguments: argparse.Namespace) -> str:
    """The script that makes a shell complete sn-planner."""
    import shtab

    parser = whole_parser()
    for command in parser.commands.values():
        for action in command.actions:
            if action.metavar in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab looks for it there
    return f"{shtab.complete(parser, shell=arguments.shell)}\n"


def for_kubectl() -> int:
    """Prints the candidates for the words on the command line, as kubectl asks for them."""
    print(*answers(sys.argv[1:]), sep="\n")
    return 0


def answers(words: Sequence[str]) -> Iterator[str]:
    """The candidates for the last word, and Cobra's directive.

    >>> list(answers(["pref"])), list(answers(["limits", "--harv"]))
    (['preflight', ':4'], ['--harvester', ':4'])
    """
    *before, unfinished = words or ("",)
    found, directive = _candidates(before)
    yield from (one for one in found if one.startswith(unfinished))
    yield f":{directive}"


def _candidates(before: Sequence[str]) -> tuple[Sequence[str], int]:
    if not before:
        return tuple(COMMANDS), 4
    if before[0] not in COMMANDS:
        return (), 4
    actions = parser_of(before[0]).actions
    asked = next((one for one in actions if before[-1] in one.option_strings and one.nargs != 0), None)
    if asked is None:
        asked = next((one for one in actions if not one.option_strings), None)
        options = tuple(name for one in actions for name in one.option_strings)
    else:
        options = ()
    choices = () if asked is None or asked.choices is None else tuple(asked.choices)
    return (*choices, *options), 0 if asked is not None and asked.metavar in _FILES else 4
