"""The command line: golden answers, exit codes, and one line for every bad input."""

from __future__ import annotations

import importlib.metadata
import io
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sn_planner.cli import main
from sn_planner.cli.commands import COMMANDS
from sn_planner.interchange.layout import width_of
from sn_planner.model.setting import Setting

HERE = Path(__file__).parents[1]
EXAMPLE = "--nodes 5 --disks-per-node 2 --images 10"

GOLDEN = {
    "suggest.txt": ("suggest", 0),
    "suggest.json": (f"suggest {EXAMPLE} --format json", 0),
    "suggest.csv": (f"suggest {EXAMPLE} --exclude-first 1 --vlan 100 --cluster-network storage --format csv", 0),
    "suggest.md": (f"suggest {EXAMPLE} --limit 2 --format markdown", 0),
    "suggest.yaml": (f"suggest {EXAMPLE} --vlan 100 --cluster-network storage --format manifest", 0),
    "suggest-site.txt": (
        "suggest --cluster data/cluster.yaml --in-use-file data/plan.csv --in-use-column prefix --grow-nodes 3 "
        "--harvester 1.6.1 --exclude-first 2 --headroom 10 --pool 192.168.0.0/16 --vlan 100 --cluster-network storage",
        0,
    ),
    "suggest-none.txt": (f"suggest {EXAMPLE} --pool 10.52.0.0/16", 1),
    "suggest-many.txt": (
        f"suggest {EXAMPLE} --pool 10.0.0.0/23 {' '.join(f'--in-use 10.0.0.{n}/32' for n in range(0, 60, 2))}",
        0,
    ),
    "suggest-empty-plan.txt": (f"suggest {EXAMPLE} --pool 172.16.0.0/12 --limit 1", 0),
    "check.txt": (f"check 10.52.3.0/26 {EXAMPLE}", 1),
    "check.json": (f"check 172.16.0.0/27 {EXAMPLE} --format json", 1),
    "check-setting.txt": ("check --setting data/setting.yaml --node 2 --node 3 --witness 1", 1),
    "check-setting.csv": ("check --setting data/setting.yaml --format csv", 1),
    "check-current.txt": ("check --setting data/setting.yaml --current data/setting.yaml", 1),
    "check-good.txt": ("check 172.16.0.0/26 --exclude 172.16.0.1/32 --in-use 172.17.0.0/16", 0),
    "check-unreadable.txt": ("check 172.16.0.0", 1),
    "check-old.txt": ("check --setting data/setting.yaml --nodes 3 --disks-per-node 1 --harvester 1.4.1", 0),
    "check-rwx.txt": ("check --setting data/rwx-network.yaml --nodes 3 --disks-per-node 1", 1),
    "check-disabled.txt": ("check --setting data/disabled.yaml --nodes 3 --disks-per-node 1", 0),
    "check-several.txt": ("check data/live/before 172.16.0.0/24 --ignore insignificant-characters --fail-on info", 1),
    "check-several.csv": ("check data/live/before 172.16.0.0/24 --format csv", 0),
    "check-several.json": ("check data/setting.yaml 172.16.0.0/24 --format json", 1),
    "check-github.txt": (
        "check data/setting.yaml data/live/before 10.0.0.0/31 --ignore no-gateway-excluded --format github",
        1,
    ),
    "risk.txt": ("risk 172.16.0.0/26 --nodes 5=0.5,6=0.3,8=0.2 --disks-per-node 2..4 --images poisson(4)", 1),
    "risk.json": ("risk --nodes 5=5,6=3,8=2 --disks-per-node 2 --harvester 1.8.2 --confidence 95% --format json", 0),
    "risk.csv": ("risk 172.16.0.0/25 --nodes 5..9 --disks-per-node 2 --confidence 97.5% --format csv", 0),
    "transfers.txt": ("transfers --per-hour 40 --minutes 15", 0),
    "transfers.csv": ("transfers --per-hour 40 --minutes 15 --places 12 --format csv", 0),
    "runway.txt": (f"runway 192.168.50.0/26 {EXAMPLE} --grow nodes=2/y,disks=4/y --start 2026-12-01", 1),
    "runway-random.txt": (f"runway 192.168.50.0/26 {EXAMPLE} --grow nodes=2/y --start 2026-12-01 --random", 1),
    "runway.json": (f"runway 192.168.50.0/25 {EXAMPLE} --grow nodes=1/y --start 2026-12-01 --years 1 --format json", 0),
    "explain.txt": ("explain overlaps-reserved", 0),
    "explain.json": ("explain upgrade-would-stall --format json", 0),
    "explain-refusal.txt": ("explain out-of-bounds", 0),
    "limits.txt": (f"limits 192.168.1.0/26 --exclude 192.168.1.1 {EXAMPLE}", 0),
    "limits.json": (f"limits 192.168.1.0/27 {EXAMPLE} --v2-data-engine --profile consolidated+rwx --format json", 1),
    "limits.csv": ("limits 192.168.1.0/27 --nodes 3 --disks 7 --rwx-volumes 4 --format csv", 0),
    "limits-unbounded.txt": ("limits 192.168.1.0/27 --nodes 3 --disks 7 --profile data/own-profile.yaml", 0),
    "simulate.txt": (f"simulate 172.16.0.0/27 {EXAMPLE}", 1),
    "simulate.json": ("simulate 172.16.0.0/28 --nodes 2 --disks-per-node 1 --images 1 --format json", 0),
    "simulate.csv": ("simulate 172.16.0.0/28 --nodes 2 --disks-per-node 1 --scenario upgrade --format csv", 0),
    "simulate-file.txt": (f"simulate 172.16.0.0/26 --scenario data/move.yaml --exclude 172.16.0.1 {EXAMPLE}", 0),
    "simulate-heals.txt": (f"simulate 172.16.0.0/27 --scenario upgrade --exclude 172.16.0.1 {EXAMPLE}", 1),
    "simulate-lost.txt": ("simulate 172.16.0.0/26 --scenario data/lost.yaml --nodes 3 --disks-per-node 2", 1),
    "simulate-year.txt": (f"simulate 172.16.0.0/25 --scenario year --harvester 1.6.1 {EXAMPLE}", 0),
    "site.txt": ("site data/site.yaml", 0),
    "site.json": ("site data/site.yaml --format json", 0),
    "site.csv": ("site data/site.yaml --format csv", 0),
    "site.tf": ("site data/site.yaml --format terraform", 0),
    "site.yaml": ("site data/site.yaml --format manifest", 0),
    "site-netbox.csv": ("site data/site.yaml --format netbox", 0),
    "site-range.txt": ("site data/site.yaml --format range", 0),
    "site-grown.txt": ("site data/site-grown.yaml", 1),
    "check-site.txt": ("check --site data/site-grown.yaml", 1),
    "check-site.json": ("check --site data/site.yaml --format json", 0),
    "suggest-at-a-site.txt": (f"suggest {EXAMPLE} --site data/site.yaml --vlan 7 --limit 2", 0),
    "sweep.txt": ("sweep --nodes 1:100 --disks-per-node 1:12 --images 0:50", 0),
    "sweep.json": ("sweep 172.16.0.0/24 --nodes 1:100 --disks-per-node 1:12 --images 0:50 --format json", 0),
    "sweep.csv": ("sweep --nodes 1,5 --disks 0:10:5 --images 3 --format csv", 0),
    "sweep-range.csv": ("sweep 172.16.0.0/28 --nodes 1,5 --disks 0:10:5 --images 3 --format csv", 0),
    "suggest-networks.txt": (
        f"suggest {EXAMPLE} --harvester 1.8.2 --exclude-first 1 --network storage-network --network rwx-network "
        "--network vm-migration-network --vlan 100 --vlan 101 --vlan 102 --cluster-network storage",
        0,
    ),
    "suggest-explained.csv": (f"suggest {EXAMPLE} --harvester 1.8.2 --explain --format csv", 0),
    "suggest-explained.txt": (f"suggest {EXAMPLE} --harvester 1.8.2 --exclude-first 1 --explain", 0),
    "sweep-range.txt": ("sweep 172.16.0.0/26 --nodes 3:9 --disks-per-node 2,4 --images 0:20:10", 0),
    "sweep-rwx.txt": ("sweep --nodes 3:6 --disks 4 --rwx-volumes 5 --harvester 1.8+rwx", 0),
    "sweep-none.txt": ("sweep 172.16.0.0/26 --nodes 100:99999999 --disks-per-node 100 --harvester 9.9.9", 1),
    "diagnose.txt": (f"diagnose data/event.txt {EXAMPLE}", 0),
    "diagnose.json": ("diagnose data/event.txt --format json", 0),
    "diagnose-none.txt": ("diagnose data/plan.csv", 1),
    "audit.txt": ("audit data/live/living.json", 1),
    "audit.json": ("audit data/live/living.json --format json", 1),
    "verify.txt": ("verify data/live/living.json", 0),
    "verify.csv": ("verify data/live/living.json --format csv", 0),
    "preflight.txt": ("preflight data/live/living.json --setting data/live/new-setting.yaml --images 4", 1),
    "preflight-cluster.txt": ("preflight data/live/before", 0),
    "preflight.json": ("preflight data/live/before --setting data/live/new-setting.yaml --format json", 0),
    "export-preflight.sh": ("export preflight", 0),
    "export-verify.sh": ("export verify", 0),
    "export-audit.sh": ("export audit", 0),
    "profiles.txt": ("profiles", 0),
    "profiles.json": ("profiles --harvester 9.9.9 --format json", 0),
    "profiles.csv": ("profiles --profile consolidated+rwx --format csv", 0),
}


@pytest.mark.parametrize(("name", "command", "code"), [(name, *rest) for name, rest in GOLDEN.items()])
def test_golden(
    name: str, command: str, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command prints the same answer as ever and exits with the same code."""
    monkeypatch.chdir(HERE)
    path = HERE / "golden" / name
    assert main(command.split()) == code
    printed = capsys.readouterr().out
    if "UPDATE_GOLDEN" in os.environ:
        path.parent.mkdir(exist_ok=True)
        path.write_text(printed, encoding="utf-8")
    assert printed == path.read_text(encoding="utf-8")
    if path.suffix == ".txt" and "--format" not in command:
        assert all(fits(line, int(os.environ["COLUMNS"])) for line in printed.split("\n"))


def fits(line: str, width: int) -> bool:
    """Whether a line fits a terminal, or is one word, or is there to be copied."""
    return width_of(line) <= width or line.startswith("    ") or " " not in line.strip()


NARROW_AND_WIDE = (
    "suggest",
    "suggest-none",
    "check",
    "simulate",
    "sweep-range",
    "verify",
    "audit",
    "preflight",
    "profiles",
    "site",
    "site-grown",
)


@pytest.mark.parametrize("name", NARROW_AND_WIDE)
@pytest.mark.parametrize("columns", [60, 120])
def test_golden_at_other_widths(
    name: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers on a narrow and on a wide terminal."""
    monkeypatch.setenv("COLUMNS", str(columns))
    command, code = GOLDEN[f"{name}.txt"]
    test_golden(f"{columns}/{name}.txt", f"{command} --explain", code, capsys, monkeypatch)


def test_the_manifest_is_ready_to_apply(capsys: pytest.CaptureFixture[str]) -> None:
    """The manifest is a Setting whose value parses to the best candidate."""
    assert main(f"suggest {EXAMPLE} --vlan 7 --cluster-network data --format manifest".split()) == 0
    manifest = capsys.readouterr().out
    assert yaml.safe_load(manifest)["kind"] == "Setting"
    assert Setting.parse(manifest).range == "192.168.0.0/26"


def test_notes_stay_out_of_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read data on stdout; notes go to stderr."""
    main(["suggest", "--format", "csv"])
    captured = capsys.readouterr()
    first, assumed = captured.err.splitlines()
    assert (
        first
        == "note: No cluster given: this plans the documentation's example, 5 nodes with 2 disks each and 10 images."
    )
    assert assumed.startswith("note: Assumed: classic, 4N + 2D + I (")
    assert captured.out.startswith("range,usable,")


def test_notes_on_a_manifest_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest of the documentation's example says so, and there is none where no range is free."""
    ready = ["--vlan", "7", "--cluster-network", "data", "--format", "manifest"]
    assert main(["suggest", *ready]) == 0
    assert capsys.readouterr().err.startswith("note: No cluster given")
    assert main([*f"suggest {EXAMPLE} --pool 10.52.0.0/16".split(), *ready]) == 1
    assert capsys.readouterr().out == ""


def test_points_stream_with_a_progress_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal the stream of points shows how far it is; elsewhere nothing but points."""
    command = ["sweep", "--nodes", "1:300", "--disks-per-node", "1:300", "--format", "csv", "--profile", "classic"]
    assert main(command) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.count("\n") == 90_001
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(command) == 0
    assert "clusters" in capsys.readouterr().err


def test_a_broken_stderr_keeps_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be told, the exit code still tells."""
    stream = io.TextIOWrapper(io.BytesIO())

    def broken(_: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(stream, "write", broken)
    monkeypatch.setattr(sys, "stderr", stream)
    assert main(["frob"]) == 2


def test_any_width_of_a_sweep_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A table of a trillion clusters and more costs no more than it shows."""
    assert main(["sweep", "--nodes", "1:1000000", "--disks-per-node", "1:1000000", "--images", "0:1000000"]) == 0
    assert "1000001000000000000 clusters" in capsys.readouterr().out


def test_closed_streams(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without stdout there is one line and exit 2; without stderr nothing goes elsewhere."""
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", None)
        assert main(["profiles"]) == 2
    assert (
        capsys.readouterr().err
        == "sn-planner: error: stdout cannot be written: it is closed; give the output somewhere to go\n"
    )
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["frob"]) == 2
    assert capsys.readouterr().out == ""


def test_stdin_is_read(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`check -` reads a range or a setting, `--in-use-file -` a list of networks."""
    for text, code in ((b"172.16.0.0/26\n", 0), ((HERE / "data" / "setting.yaml").read_bytes(), 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert main(["check", "-"]) == code
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"192.168.0.0/16\n172.16.0.0/12")))
    assert main(["suggest", "--in-use-file", "-", "--format", "csv"]) == 0
    assert "10.55.0.0/26" in capsys.readouterr().out


BAD = {
    "suggest --nodes -3 --disks-per-node 2": "--nodes -3 is negative; give a whole number, 0 or more",
    "suggest --nodes 2.5 --disks-per-node 2": "--nodes '2.5' is not a whole number; write it in decimal digits",
    "suggest --nodes nan --disks-per-node 2": "--nodes 'nan' is not a whole number",
    "suggest --nodes True --disks-per-node 2": "--nodes 'True' is not a whole number",
    "suggest --nodes 1_000 --disks-per-node 2": "--nodes '1_000' is not a whole number",
    "suggest --nodes ٣ --disks-per-node 2": "--nodes '٣' is not a whole number",
    f"suggest --nodes {'9' * 5000} --disks-per-node 2": "has 5000 digits; write at most 2000",
    "suggest --nodes 5 --disks-per-node 2 --disks 10": "argument --disks: not allowed with argument --disks-per-node",
    "suggest --nodes 5": "--disks-per-node is missing; add it, or --disks for the total",
    "suggest --disks 5": "--nodes is missing; say how many nodes run Longhorn",
    "suggest --v2-data-engine": "--nodes is missing",
    "suggest --nodes 0 --disks 5": "--disks 5 has no node to sit in; give at least one node",
    "suggest --node 5 --nodes 5": "--nodes does not go with --node; leave one of them out",
    "suggest --cluster data/cluster.yaml --images 5": "--images does not go with --cluster",
    "suggest --cluster missing.yaml": "--cluster 'missing.yaml' cannot be read: No such file or directory",
    "suggest --cluster data": "--cluster 'data' cannot be read: Is a directory",
    "suggest --profile data/setting.yaml": "data/setting.yaml: key 'apiVersion' is unknown",
    "suggest --profile clasic": "--profile 'clasic' is unknown; did you mean 'classic'?",
    "suggest --profile classic --harvester 1.6.1": "--profile does not go with --harvester; give one",
    "suggest --harvester 0.3.0": "--harvester '0.3.0' is not a known release; known are 1.1.0,",
    "suggest --pool 10.0.0.1/8": "--pool '10.0.0.1/8' has host bits set; use its network address, 10.0.0.0/8",
    "suggest --in-use fd00::/64": "--in-use 'fd00::/64' is IPv6",
    "suggest --in-use-column prefix": "--in-use-column has no file; add --in-use-file",
    "suggest --in-use-file data/plan.csv --in-use-column site": "data/plan.csv line 2 'lab' is not a network",
    "suggest --strategy wide": "--strategy 'wide' is unknown; known are best-fit, first, growth",
    "suggest --limit 0": "--limit 0 is too small; give a whole number, 1 or more",
    "suggest --grow-nodes x": "--grow-nodes 'x' is not a whole number",
    "suggest --vlan 5000 --cluster-network x": "--vlan 5000 is refused by Harvester; use 0 to 4094",
    "suggest --format manifest": "needs a VLAN and a cluster network; add --vlan and --cluster-network",
    "suggest --cluster - --in-use-file -": "--in-use-file '-' is already read for --cluster; put",
    "check - --current -": "--current '-' is already read for TARGET",
    "suggest --cluster data/cluster.yaml --v2-data-engine": "--v2-data-engine does not go with --cluster",
    "check 172.16.0.0/24 --current data/event.txt": "--current data/event.txt: setting is not",
    "suggest --frob": "--frob is unknown; known are --at-least,",
    "suggest --form json": "--form is unknown; did you mean '--format'?",
    "suggest --format xml": "argument --format: invalid choice: 'xml'",
    "sugest": "COMMAND 'sugest' is unknown; did you mean 'suggest'?",
    "suggest 10.0.0.0/8": "argument '10.0.0.0/8' is one too many; see sn-planner suggest --help",
    "sweep --nodes 5 --disks 5 --exclude 10.0.0.1": "--exclude has no range; add RANGE",
    "sweep --nodes 5 --disks 5 --exclude-last 1": "--exclude-last has no range; add RANGE",
    "check 10.0.0.0/33 --exclude-first 1": "TARGET '10.0.0.0/33' is no",
    "suggest -o missing/answer": "-o 'missing/answer' cannot be written: No such file or directory",
    "check": "TARGET is missing; name a range, a file or a directory",
    "check 10.0.0.0/24 --setting x": "--setting 'x' cannot be read",
    "simulate 10.0.0.0/24": "arguments describe no cluster",
    f"simulate 10.0.0.0/31 {EXAMPLE}": "RANGE '10.0.0.0/31' has no usable addresses",
    f"simulate 10.0.0.0/24 --scenario yeer {EXAMPLE}": "--scenario 'yeer' is unknown; did you mean 'year'?",
    f"simulate 10.0.0.0/24 --scenario data/plan.yaml {EXAMPLE}": "--scenario 'data/plan.yaml' cannot be read",
    f"simulate 10.0.0.0/24 --plot data/x.gif {EXAMPLE}": "--plot 'data/x.gif' is no picture; name a file",
    "sweep --nodes 5": "one of the arguments --disks-per-node --disks is required",
    "sweep --disks 5": "the following arguments are required: --nodes",
    "sweep --nodes 5:1 --disks 5": "--nodes '5:1' is empty; write the smaller end first",
    "sweep --nodes 1:5:0 --disks 5": "--nodes '1:5:0' is empty",
    "sweep --nodes 1:2:3:4 --disks 5": "--nodes '1:2:3:4' is no axis; write it like 5, 1:100, 0:50:10 or 1,2,8",
    "sweep --nodes 1:x --disks 5": "--nodes 'x' is not a whole number",
    "sweep --nodes 1,, --disks 5": "--nodes '' is not a whole number",
    "sweep --nodes 0:999999999999 --disks 5": "--nodes ",
    "sweep x --nodes 5 --disks 5": "RANGE 'x' is not a CIDR",
    "audit": "the following arguments are required: FILE",
    "audit missing.json": "FILE 'missing.json' cannot be read",
    "audit data/setting.yaml": "",
    "verify - -": "FILE '-' is already read for FILE",
    "preflight data/live/living.json --images 3": "--setting is missing; add it: without one only the cluster is asked",
    "preflight data/live/living.json --in-use 10.0.0.0/8": "--setting is missing; add it",
    "check 172.16.0.0/24 --harvester 0.9": "--harvester '0.9' is not a known release; known are 1.1.0",
    "check --setting data/live/new-setting.yaml --profile rwx-network": "holds no Setting named rwx-network",
    "preflight - --setting -": "already read for FILE",
    "diagnose missing": "FILE 'missing' cannot be read",
    "check --setting missing": "--setting 'missing' cannot be read",
    "check --setting golden/suggest-none.txt": "--setting golden/suggest-none.txt is not",
    "check 10.0.0.0/24 --current data/cluster.yaml": "--current data/cluster.yaml: setting is not JSON",
    "limits 10.0.0.0/24": "arguments describe no cluster; add --nodes, --node or --cluster",
    f"limits 10.0.0.0 {EXAMPLE}": "RANGE '10.0.0.0' has no prefix length",
    f"limits 10.0.0.0/24 --exclude x {EXAMPLE}": "--exclude 'x' is no IPv4 CIDR and no IPv4 address",
    "check 10.0.0.0/24 --fail-on warn": "--fail-on 'warn' is unknown; did you mean 'warning'?",
    "check 10.0.0.0/24 --ignore untaged": "--ignore 'untaged' is unknown; did you mean 'untagged'?",
    "check data/plan.yaml": "TARGET 'data/plan.yaml' cannot be read: No such file or directory",
    "check data/cluster.yaml": "TARGET data/cluster.yaml holds no setting of storage-network, rwx-network,",
    "check data/plan.csv": "TARGET data/plan.csv ",
    "explain": "the following arguments are required: CODE",
    "explain overlap-reserved": "CODE 'overlap-reserved' is unknown; did you mean 'overlaps-reserved'?",
    "profiles --harvester 1": "--harvester '1' is not a known release",
}


@pytest.mark.parametrize(("command", "message"), BAD.items(), ids=[command[:60] for command in BAD])
def test_bad_input_is_one_line_and_exit_2(
    command: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad input prints nothing but one line on stderr that names the argument and the fix, and exits with 2."""
    monkeypatch.chdir(HERE)
    assert main(command.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("sn-planner: error: ")
    assert captured.err.endswith("\n")
    assert message in captured.err
    assert captured.err[:-1].isprintable()


@pytest.mark.parametrize(("nodes", "demand"), [("99999", "399998 addresses"), ("9" * 2000, "an integer of ")])
def test_a_demand_beyond_every_range_is_a_no(nodes: str, demand: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no range holds the demand the answer is no: one line on stderr, and exit code 1."""
    assert main(["suggest", "--nodes", nodes, "--disks", "1"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"sn-planner: error: demand is {demand}")
    assert captured.err.count("\n") == 1


HOSTILE = {
    "braces": b"{" * 100_000,
    "brackets": b"[" * 100_000,
    "list": b"- 1",
    "empty": b"",
    "not UTF-8": b"\xff\xfe",
    "cycle": b"nodes: &a [*a]",
    "tag": b"nodes: !!python/object/apply:os.system [id]",
    "billion laughs": b"a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
}


@pytest.mark.parametrize("option", ["--cluster", "--setting"])
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files(option: str, data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A hostile file is one line on stderr and exit 2."""
    path = tmp_path / "file"
    path.write_bytes(data)
    assert main(["check", *(["10.0.0.0/24"] if option == "--cluster" else []), option, str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_escapes_in_arguments_stay_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """No argument can send control characters to the terminal."""
    assert main(["check", "\x1b[31m10.0.0.0/24\n"]) == 1
    assert main(["suggest", "--\x1b[31m"]) == 2
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert captured.err.count("\n") == 1


def test_main_module_exits_with_the_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The module hands the exit code on."""
    monkeypatch.setattr(sys, "argv", ["sn_planner", "check", "10.52.0.0/24"])
    with pytest.raises(SystemExit) as done:
        runpy.run_module("sn_planner", run_name="__main__")
    assert done.value.code == 1
    assert "overlaps-reserved" in capsys.readouterr().out


def test_any_text_stream_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program may call main with a stdout of its own."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main(["check", "172.16.0.0/24"]) == 0


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """The command line as its own process."""
    command = [sys.executable, "-m", "sn_planner", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_as_a_module() -> None:
    """`python -m sn_planner suggest` is the command line."""
    ran = run("suggest", "--format", "csv", stdout=subprocess.PIPE)
    assert ran.returncode == 0
    assert "192.168.0.0/26" in ran.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_device_is_bad_input() -> None:
    """Output that cannot be written is one line and exit 2."""
    with Path("/dev/full").open("w") as full:
        ran = run("suggest", stdout=full)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "stdout cannot be written" in ran.stderr


def test_a_reader_that_is_gone_is_silence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed pipe is no fault: nothing is said, and the exit code is a shell's for SIGPIPE."""

    def broken(_: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(stdout, "write", broken)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stdout)
        assert main(["profiles"]) == 141
    assert capsys.readouterr().err == ""
    read, write = os.pipe()
    os.close(read)
    ran = run("suggest", stdout=write)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_narrow_encodings_are_no_obstacle() -> None:
    """A terminal that knows ASCII only still gets an answer."""
    ran = run("profiles", stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert ran.returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_works(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command's help ends with an example, and the example runs."""
    piped = HERE / "data" / ("event.txt" if command == "diagnose" else "live/living.json")
    monkeypatch.chdir(HERE / "data" if command == "site" else HERE / "data" / "live")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped.read_bytes())))
    assert main([command, "--help"]) == 0
    told = re.search(r"example: sn-planner (.*?)(?: export: .*)?\Z", " ".join(capsys.readouterr().out.split()))
    assert told is not None
    assert main(told[1].split()) in {0, 1}


def test_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """--version prints the version, or that there is none to know."""
    assert main(["--version"]) == 0
    assert re.fullmatch(r"sn-planner \d+\.\d+\.\d+\n", capsys.readouterr().out)

    def unknown(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", unknown)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "sn-planner unknown\n"


def test_a_setting_in_force_with_a_key_of_the_wrong_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting that is only compared with must be one: otherwise it is named, in one line."""
    monkeypatch.chdir(tmp_path)
    Path("old.json").write_text('{"vlan": "1"}', encoding="utf-8")
    assert main(["check", "10.0.0.0/24", "--current", "old.json"]) == 2
    assert capsys.readouterr().err.startswith("sn-planner: error: --current old.json: setting vlan '1' is not a whole")
