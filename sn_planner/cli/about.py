"""The commands about the planner itself: export and schema.

Rules: those of `commands`; they answer with a bare text.
"""

from __future__ import annotations

import argparse
import json


def export(arguments: argparse.Namespace) -> str:
    """The script that exports what a command reads."""
    from sn_planner.interchange.export_script import export_script

    return export_script(arguments.of)


def schema(arguments: argparse.Namespace) -> str:
    """The JSON Schema of what a command answers."""
    from sn_planner.interchange.schemas import schema

    return json.dumps(schema(arguments.of), indent=2) + "\n"
