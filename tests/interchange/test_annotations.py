"""Findings beside lines: GitHub reads them as it documents, and SARIF is valid by its schema."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import attrs
import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice.check import Report, examine
from sn_planner.advice.findings import CODES, Finding, Findings
from sn_planner.errors import printable
from sn_planner.interchange.annotations import github_text, sarif_text
from sn_planner.interchange.targets import Checked, Target

SCHEMA = Path(__file__).parents[1] / "data" / "sarif-schema-2.1.0.json"
BAD = '{"vlan":1,"clusterNetwork":"mgmt","range":"10.52.3.0/26"}'
IN_FILE = Checked(Target("a.yaml", BAD, "net/a.yaml", 7), examine(BAD))
A_RANGE = Checked(Target("10.0.0.0/31", "10.0.0.0/31"), examine("10.0.0.0/31"))


def report(*findings: Finding) -> Report:
    """A report with just these findings."""
    return attrs.evolve(A_RANGE.report, findings=Findings.sorted(findings))


names = st.text(st.characters(exclude_characters="\0"), min_size=1).filter(lambda name: name not in {".", ".."})
paths = names.map(
    lambda name: name.replace("/", "_").encode(errors="surrogateescape" if name.isascii() else "replace").decode()
)
results = st.lists(
    st.builds(
        Checked,
        st.builds(Target, paths, st.just(""), st.none() | paths, st.integers(1, 10**6)),
        st.lists(st.builds(Finding, st.sampled_from(sorted(CODES)), st.text(), st.text()), max_size=4).map(
            lambda findings: report(*findings)
        ),
    ),
    max_size=3,
)


@cache
def validator() -> Any:
    """The schema of SARIF 2.1.0 with errata 01, by OASIS, minified: docs.oasis-open.org/sarif/sarif/v2.1.0/errata01."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, format_checker=jsonschema.FormatChecker())


def as_github_reads(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands in an output, as the runner parses them: its escapes undone, the percent sign last."""

    def undone(value: str, *escapes: str) -> str:
        for escape in (*escapes, "%0D", "%0A", "%25"):
            value = value.replace(escape, chr(int(escape[1:], 16)))
        return value

    commands = []
    for line in re.split(r"\r\n|\r|\n", text)[:-1]:
        match = re.fullmatch(r"::(error|warning|notice) (.*?)::(.*)", line)
        assert match is not None, line
        pairs = [pair.partition("=") for pair in match[2].split(",")]
        properties = {key: undone(value, "%3A", "%2C") for key, _, value in pairs}
        commands.append((match[1], properties, undone(match[3])))
    return commands


def test_a_command_a_finding() -> None:
    """Each finding is a command with its level, file, line and code; the message ends in the fix."""
    first, *_ = github_text([IN_FILE]).splitlines()
    assert first == (
        "::error file=net/a.yaml,line=7,title=vlan-not-allowed-on-mgmt::VLAN 1 on mgmt would carry storage untagged "
        "among management (refused since Harvester 1.5.0); use a VLAN of 2 or more, or another cluster network"
    )
    levels = {title["title"]: command for command, title, _ in as_github_reads(github_text([IN_FILE, A_RANGE]))}
    assert levels["no-gateway-excluded"] == "notice"
    assert levels["no-usable-addresses"] == "error"
    assert github_text([Checked(A_RANGE.target, report())]) == github_text([]) == ""


def test_a_range_has_no_file() -> None:
    """What was asked on the command line is named in the message instead."""
    (_, properties, message), *_ = as_github_reads(github_text([A_RANGE]))
    assert properties == {"title": "no-usable-addresses"}
    assert message.startswith("10.0.0.0/31: Whereabouts can assign no address")
    (run,) = json.loads(sarif_text([A_RANGE], "1"))["runs"]
    assert run["results"][0]["locations"] == [{"logicalLocations": [{"name": "10.0.0.0/31"}]}]


@given(results)
def test_nothing_breaks_out_of_a_command(checked: list[Checked]) -> None:
    """Whatever a file is called and a finding says, GitHub reads one command a finding, and reads it right."""
    read = as_github_reads(github_text(checked))
    wanted = [(one.target, finding) for one in checked for finding in one.report.findings]
    assert len(read) == len(wanted)
    for (_, properties, message), (target, finding) in zip(read, wanted, strict=True):
        assert properties["title"] == finding.code
        assert properties.get("file") == (None if target.path is None else printable(target.path))
        assert message.endswith(f"{finding.message}; {finding.fix}")


@given(results)
@example([Checked(Target("a", BAD, "..a:b", 1), IN_FILE.report)])
def test_sarif_is_valid(checked: list[Checked]) -> None:
    """Any result is valid by the schema; each points to its rule, and its address gives the file back."""
    text = sarif_text(checked, "1.2.3")
    log = json.loads(text)
    validator().validate(log)
    assert sarif_text(checked, "1.2.3") == text
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    wanted = [(one.target, finding) for one in checked for finding in one.report.findings]
    assert {rule["id"] for rule in rules} == {finding.code for _, finding in wanted}
    assert len(run["results"]) == len(wanted)
    for result, (target, finding) in zip(run["results"], wanted, strict=True):
        assert result["ruleId"] == rules[result["ruleIndex"]]["id"] == finding.code
        assert result["level"] == rules[result["ruleIndex"]]["defaultConfiguration"]["level"]
        (location,) = result["locations"]
        if target.path is not None:
            place = location["physicalLocation"]
            assert unquote_to_bytes(place["artifactLocation"]["uri"]).decode(errors="surrogateescape") == target.path
            assert re.fullmatch(r"[\w.~%/-]+", place["artifactLocation"]["uri"], re.ASCII)
            assert place["region"] == {"startLine": target.line}


def test_rules_are_explained() -> None:
    """A rule says what its code means, why it matters and how to mend it, so that a scanner can show it."""
    (run,) = json.loads(sarif_text([IN_FILE], "1.2.3"))["runs"]
    assert run["tool"]["driver"]["version"] == "1.2.3"
    rule = next(one for one in run["tool"]["driver"]["rules"] if one["id"] == "overlaps-reserved")
    assert rule["shortDescription"]["text"] == CODES["overlaps-reserved"][1]
    assert rule["help"]["text"].endswith("Example: sn-planner check 10.52.3.0/26")
    assert rule["defaultConfiguration"] == {"level": "error"}


@pytest.mark.parametrize("path", ["./net/a.yaml", "net//a.yaml", "{here}/net/a.yaml"])
def test_paths_begin_in_the_current_directory(path: str) -> None:
    """However a file was named, both formats call it as GitHub does: from the top of the repository."""
    checked = Checked(Target("a", BAD, path.format(here=Path.cwd()), 7), IN_FILE.report)
    assert github_text([checked]) == github_text([IN_FILE])
    assert sarif_text([checked], "1") == sarif_text([IN_FILE], "1")


def test_a_file_elsewhere_has_its_whole_address(tmp_path: Path) -> None:
    """A file outside the current directory is a file: address, and its whole path for GitHub."""
    path = tmp_path / "a b.yaml"
    checked = Checked(Target("a", BAD, str(path), 7), IN_FILE.report)
    assert f"file={path}," in github_text([checked])
    log = json.loads(sarif_text([checked], sn.__version__))
    validator().validate(log)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == path.as_uri()
