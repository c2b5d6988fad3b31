"""The manners of the command line: help, names that are nearly right, a terminal that waits, output into a file."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sn_planner.cli import main
from sn_planner.cli.commands import COMMANDS
from sn_planner.cli.completion import answers, for_kubectl
from sn_planner.cli.parser import parser_of

EXAMPLE = "--nodes 5 --disks-per-node 2 --images 10"


def test_a_bare_call_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a word, and with `help` alone, every command is told; `help COMMAND` tells one."""
    assert main([]) == 0
    bare = capsys.readouterr().out
    assert all(f"\n    {name} " in bare for name in COMMANDS)
    assert main(["help"]) == main(["--help"]) == 0
    assert capsys.readouterr().out == bare * 2
    assert main(["help", "audit"]) == main(["audit", "--help"]) == 0
    told = capsys.readouterr().out
    assert told[: len(told) // 2] == told[len(told) // 2 :]
    assert told.startswith("usage: sn-planner audit ")
    assert main(["help", "audti"]) == 2
    assert "COMMAND 'audti' is unknown; did you mean 'audit'?" in capsys.readouterr().err


def test_an_option_has_one_spelling() -> None:
    """The same thing is asked for by the same option on every command."""
    meanings: dict[str, set[str | None]] = {}
    for name in COMMANDS:
        for action in parser_of(name).actions:
            for option in action.option_strings:
                meanings.setdefault(option, set()).add(action.dest)
    assert {option: dests for option, dests in meanings.items() if len(dests) != 1} == {}
    ranged = ("limits", "simulate", "sweep")
    for option in ("--exclude", "--exclude-first", "--exclude-last"):
        assert all(
            option in [name for one in parser_of(command).actions for name in one.option_strings] for command in ranged
        )
    assert all("range" in [one.dest for one in parser_of(command).actions] for command in ranged)


def test_whoever_is_to_type_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that reads the standard input says so where that is a terminal, and only there."""
    stdin = io.TextIOWrapper(io.BytesIO(b"nothing\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main(["diagnose"]) == 1
    assert capsys.readouterr().err == ""
    stdin.seek(0)
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    assert main(["diagnose"]) == 1
    assert capsys.readouterr().err == ("sn-planner: reading FILE from the terminal; an end of file (Ctrl-D) ends it\n")


@pytest.mark.parametrize("style", ["table", "json", "csv", "range"])
def test_the_answer_into_a_file(style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`-o FILE` holds what would be printed, in UTF-8, and nothing is printed; "-" is the standard output."""
    command = f"suggest {EXAMPLE} --profile classic --format {style}".split()
    path = tmp_path / "answer"
    assert main([*command, "--output", "-"]) == main(command) == 0
    printed = capsys.readouterr().out
    assert main([*command, "-o", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert path.read_text(encoding="utf-8") * 2 == printed


@pytest.mark.parametrize(
    ("isatty", "environment", "coloured"),
    [(True, {}, True), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False), (False, {}, False)],
)
def test_colours_are_for_terminals(
    isatty: bool,
    environment: dict[str, str],
    coloured: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Severities have colours on a terminal, unless NO_COLOR or a dumb terminal says otherwise."""
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: isatty)
    assert main(["check", "10.52.0.0/24"]) == 1
    assert ("\x1b[31;1merror\x1b[0m" in capsys.readouterr().out) == coloured


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each script knows every command and option, and its shell can read it."""
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in COMMANDS)
    assert "disks-per-node" in script
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        ([], [*COMMANDS, ":4"]),
        (["pre"], ["preflight", ":4"]),
        (["nothing", ""], [":4"]),
        (["audit", "--form"], ["--format", ":0"]),
        (["suggest", "--format", "t"], ["table", "terraform", ":4"]),
        (["suggest", "--nodes", ""], [":4"]),
        (["suggest", "--cluster", ""], [":0"]),
        (["completion", "z"], ["zsh", ":4"]),
    ],
)
def test_kubectl_is_told_the_candidates(
    words: list[str], candidates: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A candidate a line, then whether files may follow, too: what kubectl's plugin completion reads."""
    assert list(answers(words)) == candidates
    monkeypatch.setattr(sys, "argv", ["kubectl_complete-sn_planner", *words])
    assert for_kubectl() == 0
    assert capsys.readouterr().out.split() == candidates


def test_help_names_no_option_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """No option stands in two groups of a command's help."""
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        options = re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)
        assert len(options) == len(set(options))


def test_ctrl_c_is_silence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it comes, an interrupt ends a command without a word, with a shell's exit code for SIGINT."""

    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("sn_planner.cli.program.run", interrupted)
    assert main(["profiles"]) == 130
    assert capsys.readouterr() == ("", "")
