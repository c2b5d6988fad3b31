"""Answers as plain data, for a page that draws them itself."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import sn_planner as sn
from sn_planner.cli import main
from sn_planner.cli.pages import columns, shown
from sn_planner.cli.program import NO, YES

TESTS = Path(__file__).parents[1]
EXAMPLE = ["--nodes", "5", "--disks-per-node", "2", "--images", "10"]
COMMANDS = {
    "suggest": ["suggest", *EXAMPLE, "--vlan", "100", "--cluster-network", "mgmt"],
    "suggest three": ["suggest", *EXAMPLE, "--network", "storage-network", "--network", "rwx-network"],
    "no free range": ["suggest", *EXAMPLE, "--pool", "10.0.0.0/24", "--in-use", "10.0.0.0/25", "--at-least", "200"],
    "demand too large": ["suggest", "--nodes", "20000", "--disks-per-node", "1"],
    "check": ["check", "10.52.3.0/26", *EXAMPLE],
    "check files": ["check", str(TESTS / "data" / "setting.yaml"), str(TESTS / "data" / "disabled.yaml")],
    "diagnose": ["diagnose", str(TESTS / "data" / "event.txt"), *EXAMPLE],
    "audit": ["audit", str(TESTS / "data" / "live" / "living.json")],
    "explain": ["explain", "overlaps-reserved"],
    "limits of many digits": ["limits", "10.0.0.0/16", "--nodes", "1", "--disks-per-node", "0", "--images", "9" * 900],
}


def printed(capsys: pytest.CaptureFixture[str], argv: list[str]) -> tuple[int, str, str]:
    """The exit code of a command line, what it prints, and its last line on stderr."""
    code = main(argv)
    out, err = capsys.readouterr()
    return code, out, err.rstrip("\n").rpartition("\n")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_data_is_what_the_command_prints(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code and JSON are the command's to the letter."""
    told = shown(COMMANDS[name])
    code, out, line = printed(capsys, [*COMMANDS[name], "--format", "json"])
    assert (told["exit_code"], told["json"]) == (code, out)
    if "refusal" in told:
        assert line == f"sn-planner: error: {told['refusal']['line']}"
        assert code == NO


def words(value: Any) -> list[str]:
    """Every word in plain data."""
    if isinstance(value, str):
        return value.split()
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [word for part in parts for word in words(part)]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "demand too large"])
def test_nothing_that_a_person_reads_is_missing(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts together have the words that the command prints with --explain, and no others."""
    monkeypatch.setenv("COLUMNS", "5000")
    _, out, _ = printed(capsys, [*COMMANDS[name], "--explain"])
    document = shown(COMMANDS[name])["document"]
    parts = [
        {key: value for key, value in part.items() if key != "right"}
        for part in [*document["parts"], *document["explained"]]
    ]
    drawn = re.sub(r"^-[- ]+-$|^- ", "", out, flags=re.MULTILINE)
    assert sorted(words([document["answer"], parts, document["notes"]])) == sorted(drawn.split())


def test_a_refusal_has_its_field(capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be used has no document: the line of the command, and the flag that it is about."""
    argv = ["suggest", "--nodes", "five"]
    told = shown(argv)
    code, _, line = printed(capsys, argv)
    assert told["exit_code"] == code
    assert told["refusal"].pop("line") == line.removeprefix("sn-planner: error: ")
    assert told == {"exit_code": 2, "refusal": {"field": "--nodes", "code": "wrong-type"}}


def test_a_bare_text_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A script, or help, is no document."""
    for argv in (["export", "audit"], ["suggest", "--help"]):
        _, out, _ = printed(capsys, argv)
        assert shown(argv) == {"exit_code": YES, "text": out}


def test_numbers_stand_to_the_right() -> None:
    """A column of numbers is told from one of texts."""
    ranges = shown(COMMANDS["suggest"])["document"]["parts"][0]
    assert dict(zip(ranges["headers"], ranges["right"], strict=True)) == {
        "range": False,
        "usable": True,
        "spare": True,
        "nodes at most": True,
        "widens to": False,
    }


def test_nothing_can_steer_what_shows_it(tmp_path: Path) -> None:
    """Control characters in foreign text are escaped in the data, too."""
    path = tmp_path / "event.txt"
    path.write_text("Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/29\x1b[2J\x07 \u202e")
    document = shown(["diagnose", str(path)])["document"]
    assert document["parts"]
    assert all(one.isprintable() or one == "\n" for text in words(document) for one in text)


def test_the_columns_to_choose_from(tmp_path: Path) -> None:
    """As the file writes them; a list has none, and what cannot be read is refused."""
    assert columns(str(TESTS / "data" / "plan.csv")) == {"exit_code": YES, "columns": ("site", "prefix", "use")}
    (tmp_path / "list").write_text("10.0.0.0/8\n")
    assert columns(str(tmp_path / "list")) == {"exit_code": YES, "columns": ()}
    refused = columns(str(tmp_path / "none"))
    assert refused["exit_code"] == 2
    assert "No such file" in refused["refusal"]["line"]


def test_the_data_is_json() -> None:
    """A page gets it as text."""
    for argv in COMMANDS.values():
        assert json.loads(json.dumps(shown(argv))) == shown(argv)


def test_a_missing_package_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a browser there is no numpy: a sweep says so, and the library as well, without a traceback."""
    monkeypatch.setitem(sys.modules, "numpy", None)
    for name in [one for one in sys.modules if one.startswith("sn_planner.engine.sweep")]:
        monkeypatch.delitem(sys.modules, name)
    told = shown(["sweep", "10.0.0.0/24", "--nodes", "1:3", "--disks-per-node", "1", "--images", "1"])
    line = "numpy is not installed; run: python -m pip install numpy"
    assert told == {"exit_code": 2, "refusal": {"field": "numpy", "line": line, "code": "missing-extra"}}
    monkeypatch.delitem(vars(sn), "sweep", raising=False)
    with pytest.raises(sn.MissingExtraError, match="numpy is not installed"):
        sn.sweep  # noqa: B018  # the access is the test


def test_a_module_of_our_own_that_is_missing_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a fault of the package, and says so."""
    monkeypatch.setitem(sys.modules, "sn_planner.advice.suggest", None)
    with pytest.raises(ModuleNotFoundError, match=r"sn_planner\.advice\.suggest"):
        shown(COMMANDS["suggest"])
