"""The command line, `python -m sn_planner`: a thin edge of arguments, printing and exit codes."""

from __future__ import annotations

from collections.abc import Sequence

INTERRUPTED = 130  # as shells count the signal SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line, prints its answer, returns its exit code; an interrupted one ends without a word."""
    try:
        from sn_planner.cli.program import run

        return run(argv)
    except KeyboardInterrupt:  # even while the first modules are read
        return INTERRUPTED
