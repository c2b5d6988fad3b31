"""The command line: arguments in, a document out.

Rules: a command is parsed, computed whole, and only then printed, so nothing is half-printed. A flag is written out and
given once, unless it may be repeated: no guess at a shortened one, no second value over a first. The exit code is 0 for
yes, 1 for no (it does not fit, or an error was found), 2 for input that cannot be used: then one line on stderr names
the argument, the value and the fix. An interrupted run ends with 130, one whose reader is gone with 141, both silent.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sn_planner.cli.arguments import flag_of
from sn_planner.cli.commands import COMMANDS
from sn_planner.cli.parser import WholeAnswer, parse
from sn_planner.errors import BadInput, NoAnswer, SnPlannerError, printable
from sn_planner.interchange.outputs import written_whole
from sn_planner.interchange.tables import Document, Screen, Table, render
from sn_planner.interchange.texts import STDIN
from sn_planner.model.extras import installed

YES, NO, BAD_INPUT = 0, 1, 2
_MOST_DIGITS = 20_000
READER_GONE = 141  # as shells count the signal SIGPIPE


def run(argv: Sequence[str] | None = None) -> int:
    """Runs a command line, prints its answer, returns its exit code."""
    arguments = blank()
    try:
        with circumstances():
            answer = answered(sys.argv[1:] if argv is None else argv, arguments)
            if isinstance(answer, Document):
                return _write_document(answer, arguments)
            return _write((answer,), YES, arguments.output)
    except SnPlannerError as error:
        return _refuse(error, arguments)
    except BrokenPipeError:
        sys.stdout = None  # or Python fails once more when it flushes at exit
        return READER_GONE


@contextlib.contextmanager
def circumstances() -> Iterator[None]:
    """Those of a command: a package that is missing is a refusal, and numbers of many digits are printed.

    Counts of 2,000 digits each multiply; their number is bounded, and so is the time.
    """
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(_MOST_DIGITS)
    try:
        with installed():
            yield
    finally:
        sys.set_int_max_str_digits(limit)


def blank() -> argparse.Namespace:
    """Arguments of which none is read yet."""
    return argparse.Namespace(command=None, format="table", explain=False, output=None)


def answered(argv: Sequence[str], arguments: argparse.Namespace) -> Document | str:
    """What a command line answers, a text where that is all there is to say; `arguments` are filled on the way.

    Raises SnPlannerError under the name of the flag that gave the value.
    """
    try:
        parse(argv, arguments)
        _stdin_is_read_once(arguments)
        drawn = _picture_file(arguments)
        answer = COMMANDS[arguments.command].run(arguments)
    except WholeAnswer as told:
        arguments.output = None
        return str(told)
    except SnPlannerError as error:
        raise _by_flag(error, arguments) from None
    return _with_picture(answer, drawn) if isinstance(answer, Document) else answer


def refusal(error: SnPlannerError, arguments: argparse.Namespace) -> Document:
    """A no in place of an answer, as JSON has it."""
    return Document(arguments.command, False, {"no_answer": error.to_dict()}, Table((), ()), "")


def _picture_file(arguments: argparse.Namespace) -> str | None:
    """Where --plot draws; a name that is none of a picture, or of another output, is refused before the work."""
    path: str | None = getattr(arguments, "plot", None)
    if path is not None:
        from sn_planner.interchange.plots import format_of

        format_of(path)
        for name in ("output", "write"):
            other = getattr(arguments, name, None)
            if other is not None and os.path.realpath(other) == os.path.realpath(path):
                raise BadInput("plot", path, f"is written for --{name}, too", "name two files", "conflict")
    return path


def _with_picture(document: Document, path: str | None) -> Document:
    """Draws what --plot asks for; where there is nothing to draw, the answer is told with a note."""
    if path is None or document.picture is None:
        return document
    try:
        document.picture().save(path)
    except NoAnswer as error:
        return document.noted(f"No picture is drawn: {error}.")
    return document


def _write_document(document: Document, arguments: argparse.Namespace) -> int:
    style, code = arguments.format, YES if document.ok else NO
    if arguments.explain:
        document = document.explain()
    if style in document.forms:
        code = _write((document.forms[style],), code, arguments.output)
    elif style in COMMANDS[arguments.command].forms:  # a form that this answer does not have: nothing to paste
        _say(f"sn-planner: {printable(document.answer)}")
    else:
        lines = document.lines if style == "csv" else ()
        screen = _screen(arguments.output)
        code = _write(lines or (render(document, style, screen, arguments.given),), code, arguments.output)
    if style not in {"table", "markdown", "json"}:
        for note in document.notes:
            _say(f"note: {printable(note)}")
    return code


def _screen(output: str | None) -> Screen:
    """What the answer is read on; COLUMNS counts more than the terminal's own word [columns]."""
    width = shutil.get_terminal_size().columns
    is_terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Screen(width, is_terminal and not plain)


def _stdin_is_read_once(arguments: argparse.Namespace) -> None:
    """The standard input can be read once; whoever is to type into it is told so."""
    given = [(name, value) for name, values in vars(arguments).items() for value in _each(values)]
    readers = [name for name, value in given if value == STDIN and name != "output"]
    if len(readers) > 1:
        problem = f"is already read for {flag_of(readers[0])}"
        raise BadInput(readers[1], STDIN, problem, "put one of them into a file", "conflict")
    if readers and sys.stdin is not None and sys.stdin.isatty():
        _say(f"sn-planner: reading {flag_of(readers[0])} from the terminal; an end of file (Ctrl-D) ends it")


def _each(values: object) -> Sequence[object]:
    return values if isinstance(values, list) else [values]


def _by_flag(error: SnPlannerError, arguments: argparse.Namespace) -> SnPlannerError:
    """The error under the name of the flag that gave the value."""
    return error if getattr(arguments, error.field, None) is None else error.renamed(flag_of(error.field))


def _refuse(error: SnPlannerError, arguments: argparse.Namespace) -> int:
    """Bad input is a line on stderr; so is a no, and to who reads JSON it is JSON, too."""
    _complain(error)
    if not isinstance(error, NoAnswer):
        return BAD_INPUT
    if arguments.format == "json":
        answer = render(refusal(error, arguments), "json", None, arguments.given)
        return _write((answer,), NO, arguments.output)
    return NO


def _write(texts: Iterable[str], code: int, output: str | None = None) -> int:
    """Prints the texts, or writes them into a file; a stream or a file that takes none is bad input."""
    try:
        with _opened(output) as stream:
            for text in texts:
                print(text, end="", flush=True, file=stream)
    except BrokenPipeError:
        raise
    except OSError as error:
        if output is None:
            sys.stdout = None  # or Python fails once more when it flushes at exit
        name = "stdout" if output is None else f"-o {output!r}"
        return _complain(f"{name} cannot be written: {error.strerror}; give the output somewhere to go")
    return code


@contextlib.contextmanager
def _opened(output: str | None) -> Iterator[Any]:
    if output is not None and output != STDIN:
        with written_whole(output) as path, open(path, "w", encoding="utf-8") as stream:
            yield stream
        return
    if sys.stdout is None:
        raise OSError(0, "it is closed")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    yield sys.stdout


def _complain(message: object) -> int:
    _say(f"sn-planner: error: {printable(str(message))}")
    return BAD_INPUT


def _say(line: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # nobody is left to tell
            print(line, file=sys.stderr, flush=True)
