"""risk, transfers and runway as typed: answers, exit codes, notes, and every refusal in one line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import sn_planner as sn
from sn_planner.cli import main

FIGURES = ["--nodes", "5=0.5,6=0.3,8=0.2", "--disks-per-node", "2..4", "--images", "poisson(4)"]
GROWING = ["runway", "192.168.50.0/26", "--nodes", "5", "--disks-per-node", "2", "--images", "10"]
SINCE = ["--start", "2026-12-01"]


def told(command: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    """What a command prints, its answer on one line."""
    assert main(command) == code
    answer, gap, rest = capsys.readouterr().out.partition("\n\n")
    return f"{answer if answer.startswith(('{', 'range')) else ' '.join(answer.split())}{gap}{rest}"


def data(command: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    """What a command answers as JSON."""
    found: dict[str, Any] = json.loads(told([*command, "--format", "json"], capsys, code))
    return found


def test_risk_is_the_librarys(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures are those that the library gives, with a range and without."""
    nodes, disks = sn.Uncertain({5: 0.5, 6: 0.3, 8: 0.2}), sn.Uncertain.between(2, 4)
    asked = sn.risk(nodes, disks, sn.Uncertain.poisson(4))
    found = data(["risk", *FIGURES], capsys)
    assert found["quantiles"]["0.99"] == asked.quantile(0.99) == 102
    assert (found["range"], found["holds"]) == (None, None)
    found = data(["risk", "172.16.0.0/26", "--exclude-first", "2", *FIGURES, "--disks-vary", "apart"], capsys, 1)
    apart = sn.risk(nodes, disks, sn.Uncertain.poisson(4), disks_vary="apart")
    place = sn.AddressRange("172.16.0.0/26", ["172.16.0.1", "172.16.0.2"])
    assert (found["holds"], found["exceeds"]) == (apart.holds(place), apart.exceeds(place))
    assert found["drivers"] == apart.drivers()


def test_risk_says_yes_where_the_confidence_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0 and "is enough", or exit 1 and the addresses that would do; the share asked for has its row."""
    yes = told(["risk", "172.16.0.0/25", *FIGURES, "--confidence", "97.5%"], capsys)
    assert yes.startswith("172.16.0.0/25, 126 usable, is enough for 97.5 % confidence.")
    assert "\n97.5 % " in yes
    no = told(["risk", "172.16.0.0/26", *FIGURES], capsys, 1)
    assert no.startswith(
        "172.16.0.0/26, 62 usable, is too small: 102 addresses are needed, a /25, for 99 % confidence."
    )
    assert "suggest --at-least 102" in no
    for nodes, needed in (("20000", "80000"), ("2000000000", "8000000000")):
        none = told(["risk", "--nodes", nodes, "--disks-per-node", "0", "--confidence", "99.99999%"], capsys, 1)
        assert none.startswith(
            f"{needed} addresses, which no range that Harvester accepts has, are enough with 99.99999 %"
        )
        assert "suggest" not in none
    aside = told(["risk", "172.16.0.0/25", "--exclude-first", "60", *FIGURES], capsys, 1)
    assert aside.startswith("172.16.0.0/25, 66 usable, is too small: 102 addresses are needed for 99 % confidence.")
    public = " ".join(told(["risk", "10.0.0.0/8", *FIGURES], capsys).split())
    assert "check finds more against 10.0.0.0/8: prefix-too-short" in public


def test_risk_tells_what_it_assumed_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """The formula, the cut of a distribution without an end, and a figure that nothing counts."""
    words = " ".join(told(["risk", *FIGURES, "--rwx-volumes", "3"], capsys).split())
    assert "Assumed: classic, 4N + 2D + I" in words
    assert "What was cut off the figures has a chance of less than" in words
    assert "--rwx-volumes 3 changes nothing: classic counts no RWX volume" in words
    known = told(["risk", "--nodes", "5", "--disks-per-node", "2", "--harvester", "1.8.2"], capsys)
    assert "cut off" not in known
    assert "whose uncertainty" not in known
    shared = " ".join(told(["risk", *FIGURES, "--harvester", "1.8.2+rwx"], capsys).split())
    assert "32 running RWX volumes (--rwx-volumes)" in shared


def test_a_prefix_that_is_next_to_impossible_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has it; a table of what cannot be seen helps nobody."""
    assert list(data(["risk", *FIGURES], capsys)["by_prefix"]) == ["26", "25", "24"]
    assert "\n/24 " not in told(["risk", *FIGURES], capsys)


def test_transfers_are_the_librarys(capsys: pytest.CaptureFixture[str]) -> None:
    """The fewest addresses that do, or what so many do; exit 1 where more wait than may."""
    work = sn.Transfers(per_hour=40, minutes=15)
    rate = ["transfers", "--per-hour", "40", "--minutes", "15"]
    found = data(rate, capsys)
    assert (found["load"], found["places"], found["refused"]) == (10, 19, work.refused(19))
    assert (found["waiting"], found["mean_wait_seconds"]) == tuple(work.waiting(19))
    assert data([*rate, "--waiting", "5%"], capsys)["places"] == work.places(waiting=0.05) == 17
    assert data([*rate, "--places", "12"], capsys)["waiting"] == work.waiting(12).probability
    no = told([*rate, "--places", "12", "--waiting", "5%"], capsys, 1)
    assert no.startswith("With 12 addresses 44.9 % of the image transfers wait, 5 % allowed: 17 addresses would do.")
    assert "suggest --images 17" in no
    assert data([*rate, "--places", "12", "--waiting", "5%"], capsys, 1)["enough"] == 17
    assert data([*rate, "--places", "10"], capsys, 1)["no_answer"]["code"] == "demand-too-large"


def test_runway_is_the_librarys(capsys: pytest.CaptureFixture[str]) -> None:
    """The day, the wider ranges and the chances are those that the library gives; exit 0 where the range lasts."""
    cluster = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    for random in (False, True):
        flags = ["--random"] if random else []
        grow = sn.Growth(nodes=2, disks=4)
        way = sn.runway("192.168.50.0/26", cluster, grow, start="2026-12-01", random=random)
        found = data([*GROWING, "--grow", "nodes=2/y,disks=4/y", *SINCE, *flags], capsys, 1)
        assert {key: found[key] for key in way.to_dict()} == json.loads(json.dumps(way.to_dict()))
    asked = [*GROWING, "--grow", "nodes=2/y", *SINCE, "--random", "--chance", "1%"]
    assert "with 1 % by" in told(asked, capsys, 1)
    assert data(asked, capsys, 1)["by_chance"] == {"0.01": "2026-12-29"}
    assert told([*asked, "--format", "csv"], capsys, 1).startswith("range,usable,full_on,with_0.01\n")
    rarely = [*GROWING, "--grow", "nodes=1/y", *SINCE, "--random", "--years", "1.65", "--chance"]
    assert told([*rarely, "60%"], capsys).startswith(
        "192.168.50.0/26 is too small by 2028-07-25 with a chance of 49 %."
    )
    assert told([*rarely, "40%"], capsys, 1).count("2028-07-25") >= 2
    lasting = told([*GROWING, "--grow", "images=1/y", *SINCE, "--years", "3"], capsys)
    assert lasting.startswith("192.168.50.0/26 is not too small by 2029-11-30.")
    assert "The growth takes 1 addresses a year: 1 by images." in lasting
    still = told([*GROWING, "--grow", "nodes=0/y", *SINCE], capsys)
    assert "Nothing grows." in still


def test_runway_counts_from_today(capsys: pytest.CaptureFixture[str]) -> None:
    """Where no day is named, and says so."""
    words = " ".join(told([*GROWING, "--grow", "nodes=2/y"], capsys, 1).split())
    assert f"Growth is counted from today, {date.today()}: --start names another day." in words  # as it does
    assert "check finds more against 10.52.0.0/26: overlaps-reserved" in " ".join(
        told(["runway", "10.52.0.0/26", *GROWING[2:], "--grow", "images=1/y", *SINCE], capsys).split()
    )


def test_sources_stand_behind_explain(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the weights of the formula are read is told where it is asked for."""
    for command in (["risk", *FIGURES], [*GROWING, "--grow", "images=1/y", *SINCE, "--years", "3"]):
        assert "instance_manager_controller.go" not in told(command, capsys)
        assert "instance_manager_controller.go" in told([*command, "--explain"], capsys)


@pytest.mark.parametrize(
    "command", [["risk", *FIGURES], ["risk", "10.0.0.0/26", *FIGURES], [*GROWING, "--grow", "nodes=2/y", "--random"]]
)
def test_pictures_are_drawn(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into a file, whose name is judged before the work."""
    main([*command, "--plot", str(tmp_path / "picture.svg")])
    assert (tmp_path / "picture.svg").read_text().startswith("<?xml")
    capsys.readouterr()
    assert main([*command, "--plot", "picture.doc"]) == 2


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["risk", "--nodes", "5=0.5", "--disks-per-node", "2"], "--nodes: probabilities 0.5 is their sum"),
        (["risk", *FIGURES, "--confidence", "101%"], "--confidence '101%' is not a share; give 0 to 1, or 0% to 100%"),
        (["risk", *FIGURES, "--disks-vary", "each"], "--disks-vary 'each' is unknown; known are apart, together"),
        (["risk", *FIGURES, "--exclude-first", "1"], "--exclude-first has no range; add RANGE"),
        (["transfers", "--per-hour", "x", "--minutes", "5"], "--per-hour 'x' is no number"),
        (["transfers", "--per-hour", "4", "--minutes", "5", "--waiting", "0"], "is reached by no number of addresses"),
        (["transfers", "--per-hour", "4", "--minutes", "5", "--places", "-1"], "--places -1 is negative"),
        ([*GROWING, "--grow", "nodes=2"], "--grow: nodes '2' has no unit"),
        ([*GROWING, "--grow", "nodes=2/y", "--chance", "5%"], "--chance is not used for regular growth; add --random"),
        ([*GROWING, "--grow", "nodes=2/y", "--start", "tomorrow"], "start 'tomorrow' is no day"),
        ([*GROWING, "--grow", "nodes=2/y", "--start", "20280229xx"], "start '20280229xx' is no day"),
        ([*GROWING, "--grow", "nodes=2/y", "--start", ""], "start '' is no day"),
        (
            [*GROWING, "--grow", "nodes=2/y", "--years", "1000000"],
            "years 1000000 is too far ahead; give at most 100",
        ),
        (["runway", "10.0.0.0/26", "--grow", "nodes=2/y"], "arguments describe no cluster"),
    ],
)
def test_every_refusal_is_one_line(command: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and a line on stderr that names the flag, the value and the fix."""
    assert main(command) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
