"""The command line, `python -m sn_planner`: a thin edge of arguments, printing and exit codes."""

from sn_planner.cli.program import main

__all__ = ["main"]
