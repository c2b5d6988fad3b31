"""The pages of the reference that are tables: made of the planner's own, never typed.

Rules: `python docs/facts.py` writes the pages into `docs/reference`, and a test holds them against what is there. A
page is Markdown that GitHub shows as well as Sphinx; a code has an anchor of its own name.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sn_planner.advice.explanations import explain
from sn_planner.advice.findings import CODES
from sn_planner.advice.webhook import RULES
from sn_planner.cli.commands import COMMANDS
from sn_planner.cli.parser import parser_of
from sn_planner.errors import REFUSALS
from sn_planner.interchange.schemas import ANSWERS, schema
from sn_planner.model.pods import PER
from sn_planner.model.profiles import PROFILES
from sn_planner.model.releases import CHANGES, RELEASES

HERE = Path(__file__).parent / "reference"
BACK = "[Contents](../index.md)"


def table(headers: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    """A Markdown table; a bar in a cell is no border."""
    lines = [headers, ("---",) * len(headers), *rows]
    return "".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def command_line() -> Iterator[str]:
    """Every command with what it takes, from the parser."""
    yield f"# Command line\n\n{BACK}\n\n"
    yield (
        "`python -m sn_planner COMMAND`, `sn-planner COMMAND`, or as kubectl's plugin `kubectl sn-planner COMMAND`.\n"
        "Exit codes: 0 yes, 1 no, 2 input that cannot be used, 130 interrupted, 141 the reader is gone.\n"
    )
    for name, row in COMMANDS.items():
        yield f"\n## {name}\n\n{row.purpose[0].upper()}{row.purpose[1:]}.\n\n"
        yield f"```text\nsn-planner {name} {row.example}\n```\n\n"
        yield table(("takes", "what it is"), [*_options(parser_of(name))])


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:  # argparse has no other list of them
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._HelpAction):
            continue
        value = action.metavar or ("" if action.nargs == 0 else action.dest.upper())
        choices = " or ".join(f"`{one}`" for one in action.choices or ())
        names = ", ".join(f"`{one}{value and f' {value}'}`" for one in action.option_strings)
        about = (action.help or "") % {"default": action.default}
        yield names or f"`{value}`", f"{about}: {choices}" if choices else about


def codes() -> Iterator[str]:
    """Every code of a finding and of a refusal, with an anchor each."""
    yield f"# Codes\n\n{BACK}\n\n"
    yield (
        "What `check` finds has a code, and so has every refusal; `sn-planner explain CODE` tells the same.\n"
        "An error makes a range unfit, a warning is to be decided, an info is to be known.\n\n"
    )
    yield table(
        ("code", "severity", "meaning"),
        [(f"[`{code}`](#{code})", severity, meaning) for code, (severity, meaning) in CODES.items()],
    )
    yield "\n## Findings\n"
    for code in CODES:
        one = explain(code)
        since = f" Harvester refuses it since {RULES[code].since}." if code in RULES else ""
        yield f"\n### {code}\n\n**{one.severity}**: {one.meaning}. {one.why}{since}\n\n"
        yield f"*Fix:* {one.fix}\n\n```text\n{one.example}\n```\n"
    yield "\n## Refusals\n\nWhat cannot be used, and a question whose answer is no:\n\n"
    yield from (f"### {code}\n\n{meaning[0].upper()}{meaning[1:]}.\n\n" for code, meaning in REFUSALS.items())


def json_answers() -> Iterator[str]:
    """What `--format json` answers, key by key, from the schemas."""
    yield f"# JSON\n\n{BACK}\n\n"
    yield (
        "`--format json` answers under a schema that `sn-planner schema COMMAND` prints. Within `/1` keys may be\n"
        "added, and none is removed or changes its meaning. Each answer begins with `schema`, then `ok` (whether the\n"
        "exit code is 0), `notes` (what was assumed, read in part, or not used) and `inputs` (what was asked).\n"
    )
    for name in ANSWERS:
        keys: Mapping[str, Any] = schema(name)["properties"]
        own = [(key, about) for key, about in keys.items() if key not in {"schema", "ok", "notes", "inputs"}]
        yield f"\n## {name}\n\n"
        yield table(("key", "kind", "what it is"), [row for key, about in own for row in _keys(f"`{key}`", about)])


def _keys(name: str, about: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    kinds = about.get("type", "")
    kind = " or ".join(kinds) if isinstance(kinds, list) else kinds
    yield name, kind, about.get("description", "")
    inner = about.get("items", about)
    for key, part in inner.get("properties", {}).items():
        yield from _keys(f"{name}.`{key}`", part)


def releases() -> Iterator[str]:
    """The releases, what each border changes, and who takes addresses by which formula."""
    yield f"# Releases and formulas\n\n{BACK}\n\n"
    yield '[D x] is Harvester\'s documentation of release x, page "Storage Network"; '
    yield "[C …] is public source code; [I] is inferred.\n\n## Harvester releases\n\n"
    yield table(
        ("Harvester", "Longhorn", "Whereabouts", "formula"),
        [(one.candidate or one.harvester, one.longhorn, one.whereabouts, one.profile.name) for one in RELEASES],
    )
    yield "\n## What a release changes\n\n"
    yield table(("since", "what", "source"), [(f"{one.system} {one.since}", one.what, one.source) for one in CHANGES])
    yield "\n## What Harvester's webhook refuses\n\n"
    rules = [(f"[`{code}`](codes.md#{code})", rule.what, rule.since) for code, rule in RULES.items()]
    yield table(("code", "rule", "since Harvester"), rules)
    for profile in PROFILES.values():
        yield f"\n## {profile.name}\n\n{profile.formula}, for the {profile.setting}.\n\n"
        pods = [
            (f"`{one.pod}`", PER[one.per], one.steady, one.floor, one.versions, one.source) for one in profile.consumers
        ]
        yield table(("pod", "one per", "steady", "stall floor", "peak", "source"), pods)


PAGES = {"command-line": command_line, "codes": codes, "json": json_answers, "releases": releases}


def main() -> None:
    """Writes the pages."""
    for name, make in PAGES.items():
        (HERE / f"{name}.md").write_text("".join(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
