"""Answers for a page that draws them itself: a command line in, plain data out, nothing printed.

Rules: those of `program`, without a screen. The data has what a person reads part by part, and beside it the JSON that
the command line prints, to the letter. A refusal has the field it is about, by which a page finds the place to show it.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from sn_planner.cli import program
from sn_planner.errors import NoAnswer, SnPlannerError
from sn_planner.interchange.networks_in_use import columns_of
from sn_planner.interchange.tables import Document, plain, render


def shown(argv: Sequence[str]) -> dict[str, Any]:
    """What a command line answers.

    `exit_code` is that of the program; `document` its parts as `tables.plain` has them and `json` what --format json
    prints, or `text` where that is the whole answer; `refusal` the field, the line and its code, where there is one.

    >>> shown(["suggest", "--nodes", "five"])["refusal"]["line"]
    "--nodes 'five' is not a whole number; write it in decimal digits, 0 or more"
    """
    arguments = program.blank()
    try:
        with program.circumstances():
            answer = program.answered(argv, arguments)
            if not isinstance(answer, Document):
                return {"exit_code": program.YES, "text": answer}
            code = program.YES if answer.ok else program.NO
            return {"exit_code": code, "document": plain(answer), "json": _json(answer, arguments)}
    except NoAnswer as error:
        no = program.refusal(error, arguments)
        return {"exit_code": program.NO, "refusal": _refusal(error), "json": _json(no, arguments)}
    except SnPlannerError as error:
        return {"exit_code": program.BAD_INPUT, "refusal": _refusal(error)}


def columns(path: str) -> dict[str, Any]:
    """The names of the columns of a file with networks, to choose from; or the refusal, as in `shown`."""
    try:
        return {"exit_code": program.YES, "columns": columns_of(path)}
    except SnPlannerError as error:
        return {"exit_code": program.BAD_INPUT, "refusal": _refusal(error)}


def _json(document: Document, arguments: Namespace) -> str:
    return render(document, "json", None, arguments.given)


def _refusal(error: SnPlannerError) -> dict[str, str]:
    return {"field": error.field, "line": str(error), "code": error.code}
