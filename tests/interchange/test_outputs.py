"""A file is written whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sn_planner.cli import main
from sn_planner.interchange.outputs import written_whole


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Whatever interrupts it, the old text stays, and nothing is left beside it."""
    path = tmp_path / "answer.txt"
    path.write_text("old", encoding="utf-8")

    def interrupted() -> None:
        with written_whole(path) as beside:
            Path(beside).write_text("ne", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_written_file_takes_the_place_and_the_rights(tmp_path: Path) -> None:
    """The new text is there, behind a link too, with the rights that the file had."""
    path, link = tmp_path / "answer.txt", tmp_path / "link"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    with written_whole(link) as beside:
        Path(beside).write_text("new", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "new"
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == [path, link]


def test_what_is_no_plain_file_is_written_to(capsys: pytest.CaptureFixture[str]) -> None:
    """A device is no file to replace."""
    assert main(["profiles", "-o", "/dev/null"]) == 0
    assert not Path("/dev/null").is_file()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("output", [True, False])
def test_an_interrupted_command_is_silent(output: bool, tmp_path: Path) -> None:
    """Ctrl-C in the midst of a long answer: exit code 130, no traceback, no half-written file."""
    path = tmp_path / "points.csv"
    command = [
        "sweep",
        "--nodes",
        "1:2000",
        "--disks-per-node",
        "1:2000",
        "--images",
        "0:100",
        "--profile",
        "classic",
        "--format",
        "csv",
    ]
    # where the tests run in the background an interrupt is ignored, and what they start inherits that
    listening = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{listening}; from sn_planner.cli import main; sys.exit(main(sys.argv[1:]))"
    with (tmp_path / "printed").open("w", encoding="utf-8") as printed:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *command, *(["-o", str(path)] if output else [])],
            stdout=printed,
            stderr=subprocess.PIPE,
            text=True,
        )
        watched = [tmp_path / f".points.csv.{process.pid}", tmp_path / "printed"]
        while not any(one.exists() and one.stat().st_size for one in watched):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said) == (130, "")
    assert os.listdir(tmp_path) == ["printed"]
