"""The commands about the planner itself: schema, completion.

Rules: those of `commands`; they answer with a bare text.
"""

from __future__ import annotations

import argparse
import json


def schema(arguments: argparse.Namespace) -> str:
    """The JSON Schema of what a command answers."""
    from sn_planner.interchange.schemas import schema

    return json.dumps(schema(arguments.of), indent=2) + "\n"
