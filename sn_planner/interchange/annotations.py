"""Findings as others show them beside a line of a file: GitHub's annotations, and SARIF 2.1.0 for every code scanner.

Rules: a finding is one annotation, at the line where its setting's value stands; what was asked on the command line has
no file and no line. Nothing foreign can end a command or begin one: GitHub's runner reads every line of the output.
Sources: [GitHub, workflow commands: setting an error message; escapes of actions/toolkit core/src/command.ts],
[OASIS, SARIF 2.1.0, 3.4 artifactLocation, 3.27 result, 3.49 reportingDescriptor].
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sn_planner.advice.explanations import explain
from sn_planner.advice.findings import CODES, Finding
from sn_planner.errors import printable
from sn_planner.interchange.targets import Checked, Target

GITHUB, SARIF = "github", "sarif"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_escape_data = str.maketrans(_DATA)
_escape_property = str.maketrans(_DATA | {":": "%3A", ",": "%2C"})


def github_text(results: Iterable[Checked]) -> str:
    """A workflow command a finding, each on its line; empty where nothing was found."""
    return "".join(f"{_github(target, finding)}\n" for target, report in results for finding in report.findings)


def _github(target: Target, finding: Finding) -> str:
    place = {} if target.path is None else {"file": printable(_relative(target.path)), "line": str(target.line)}
    properties = ",".join(
        f"{key}={value.translate(_escape_property)}" for key, value in (place | {"title": finding.code}).items()
    )
    return f"::{_COMMANDS[finding.severity]} {properties}::{_message(target, finding).translate(_escape_data)}"


def _message(target: Target, finding: Finding) -> str:
    about = "" if target.path is not None else f"{printable(target.name)}: "
    return f"{about}{finding.message}; {finding.fix}"


def sarif_text(results: Iterable[Checked], version: str) -> str:
    """The log of one run of this program's `version`, as indented JSON; the rules are those that were broken."""
    kept = list(results)
    codes = [code for code in CODES if any(one.code == code for _, report in kept for one in report.findings)]
    driver = {"name": "sn-planner", "version": version, "rules": [_rule(code) for code in codes]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": list(_results(kept, codes))}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    told = explain(code)
    return {
        "id": code,
        "shortDescription": {"text": told.meaning},
        "fullDescription": {"text": told.why},
        "help": {"text": f"{told.fix}\n\nExample: {told.example}"},
        "defaultConfiguration": {"level": _LEVELS[CODES[code][0]]},
    }


def _results(results: Iterable[Checked], codes: list[str]) -> Iterator[dict[str, Any]]:
    for target, report in results:
        for finding in report.findings:
            yield {
                "ruleId": finding.code,
                "ruleIndex": codes.index(finding.code),
                "level": _LEVELS[finding.severity],
                "message": {"text": _message(target, finding)},
                "locations": [_location(target)],
            }


def _location(target: Target) -> dict[str, Any]:
    if target.path is None:
        return {"logicalLocations": [{"name": printable(target.name)}]}
    path = _relative(target.path)
    uri = Path(path).as_uri() if os.path.isabs(path) else quote(os.fsencode(path.replace(os.sep, "/")))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": target.line}}}


def _relative(path: str) -> str:
    """A path as seen from the current directory, where GitHub wants it to begin; one outside of it in full."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.split(os.sep)[0] == os.pardir else relative
