"""Nothing that a user says is dropped in silence: it counts, or it is refused, or the answer says that it does not."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from sn_planner.cli import main

DATA = Path(__file__).parents[1] / "data"
FIELD = DATA / "field" / "in_use"
EXAMPLE = "--nodes 5 --disks-per-node 2 --images 10"
SMALL = "--nodes 3 --disks-per-node 2 --images 2"


@pytest.fixture(autouse=True)
def _in_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DATA)


def refusal(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that refuses a command."""
    assert main(command.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("sn-planner: error: ").rstrip("\n")


def answer(command: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    """What a command prints."""
    assert main(command.split()) == code
    return capsys.readouterr().out


def notes(command: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> list[str]:
    """The notes in a command's JSON, which are those of its table."""
    data = json.loads(answer(f"{command} --format json", capsys, code))
    told: list[str] = data["notes"]
    assert " ".join(answer(command, capsys, code).split()).endswith(" ".join(told))
    return [note for note in told if not note.startswith("Assumed: ")]


# Flags


@pytest.mark.parametrize("command", ["suggest", "check", "limits", "simulate", "sweep", "diagnose", "preflight"])
def test_a_flag_with_one_value_is_given_once(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A second value would silently win over the first: it is refused by the name of its flag."""
    assert main([command, "--help"]) == 0
    usage = capsys.readouterr().out.partition("\n\n")[0]
    repeatable = {"--node", "--ignore", "--pool", "--exclude", "--in-use", "--in-use-file", "--in-use-where"}
    if command == "suggest":  # one for each of several networks
        repeatable |= {"--network", "--vlan", "--cluster-network"}
        for flag in ("--vlan", "--cluster-network"):
            both = f"suggest {SMALL} --vlan 7 --cluster-network x {flag} 8"
            assert refusal(both, capsys) == f"{flag} is given 2 times for 1 network; give one, or one for each network"
    flags = set(re.findall(r"(--[a-z-]+) [A-Z{]", usage)) - repeatable
    assert len(flags) > 4
    for flag in flags:
        value = "json" if flag == "--format" else "1"
        assert (
            refusal(f"{command} {flag} {value} {flag} {value}", capsys)
            == f"{flag} '{value}' is given twice; give it once"
        )


@pytest.mark.parametrize("flag", ["--image", "--disks-per", "--nod", "--in-use-fil", "--harv", "--cluster-net"])
def test_flags_are_written_out(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A shortened flag is no guess at a longer one."""
    assert f"{flag} is unknown; did you mean '{flag}" in refusal(f"suggest {flag} 5", capsys)


@pytest.mark.parametrize("others", ["--disks-per-node 2", "--disks 10", "--nodes 5"])
def test_one_node_is_not_taken_for_many(others: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--node 5` is one node with 5 disks: beside figures of many nodes it is refused, with what was meant."""
    flag = others.split(maxsplit=1)[0]
    assert refusal(f"suggest --node 5 {others}", capsys) == (
        f"{flag} does not go with --node; leave one of them out: "
        "--node 5 is one node with 5 disks, 5 nodes are --nodes 5"
    )


@pytest.mark.parametrize(
    "figure",
    ["--images 20", "--rwx-volumes 3", "--witness 1", "--nodes 5", "--node 2", "--disks 5", "--disks-per-node 1"],
)
def test_figures_do_not_go_with_a_cluster_file(figure: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster file has every figure: another one beside it is refused by name, an empty one too; --help says so."""
    flag = figure.split(maxsplit=1)[0]
    expected = f"{flag} does not go with --cluster; leave one of them out"
    assert refusal(f"suggest --cluster cluster.yaml {figure}", capsys) == expected
    assert refusal(f"suggest --cluster cluster.yaml {flag}=", capsys) == expected
    told = " ".join(answer("suggest --help", capsys).split())
    assert "it has every figure: no other flag of this group goes with it" in told


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"suggest {EXAMPLE}", 0),
        (f"check 172.16.0.0/26 {EXAMPLE}", 0),
        (f"limits 172.16.0.0/26 {EXAMPLE}", 0),
        (f"simulate 172.16.0.0/26 {EXAMPLE}", 0),
        (f"diagnose event.txt {EXAMPLE}", 0),
        ("sweep --nodes 3:5 --disks 5", 0),
    ],
)
def test_volumes_that_nothing_counts_are_said(command: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the profile has no pod for RWX volumes their number changes nothing, and that is said."""
    assert notes(f"{command} --rwx-volumes 5", capsys, code)[-1] == (
        "--rwx-volumes 5 changes nothing: classic counts no RWX volume; a profile that ends in +rwx does"
    )
    smaller = command.replace(EXAMPLE, SMALL)
    assert notes(f"{smaller} --rwx-volumes 5 --profile classic+rwx", capsys, code) == []


def test_volumes_count_for_the_network_that_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """The rwx-network's own formula counts RWX volumes, whatever the profile of the storage network."""
    assert notes("check --setting rwx-network.yaml --nodes 3 --disks-per-node 1 --rwx-volumes 5", capsys, 1) == []


def test_half_a_setting_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A VLAN without a cluster network makes no setting, nor the other way round."""
    told = "--vlan 7 is not used: add --cluster-network for the setting"
    assert notes(f"suggest {EXAMPLE} --vlan 7", capsys) == [told]
    told = "--cluster-network mgmt is not used: add --vlan for the setting"
    assert notes(f"suggest {EXAMPLE} --cluster-network mgmt", capsys) == [told]


def test_a_setting_in_force_beside_a_bare_range_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """The text of a setting is compared with another text, and a range has none."""
    told = "--current is not used: a range alone has no text to compare it with"
    assert notes("check 172.16.0.0/24 --current setting.yaml", capsys) == [told]
    assert notes("check --setting setting.yaml --current setting.yaml", capsys, 1) == []


def test_a_gateway_beside_a_setting_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A setting has excludes of its own; of a range beside it the first addresses are kept all the same."""
    told = "--exclude-first is not used for settings: each has excludes of its own"
    assert notes("check setting.yaml --exclude-first 1", capsys, 1) == [told]
    assert notes("check setting.yaml 10.0.0.0/24 --exclude-first 1", capsys, 1) == [told]
    assert notes("check 10.0.0.0/24 --exclude-first 1", capsys) == []


def test_what_is_assumed_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """The formula, an empty site and a missing gateway are assumptions; so is that nothing more will be needed."""

    def assumed(command: str) -> list[str]:
        told: list[str] = json.loads(answer(f"{command} --format json", capsys))["notes"]
        return told

    empty = "no network in use was given (--in-use)"
    gateway = "no gateway set aside (--exclude-first 1)"
    assert assumed("suggest --nodes 3 --disks-per-node 3 --harvester 1.8.2") == [f"Assumed: {empty}; {gateway}."]
    assert assumed("suggest --nodes 3 --disks-per-node 4 --harvester 1.8.2") == [
        f"Assumed: {empty}; 0 spare and {gateway}: one address more needs a /26."
    ]
    assert assumed("suggest --nodes 3 --disks-per-node 3 --profile classic --exclude-first 1") == [f"Assumed: {empty}."]
    command = "suggest --nodes 3 --disks-per-node 3 --profile classic --exclude-first 1"
    assert assumed(f"{command} --in-use 10.0.0.0/8") == []
    shared = "suggest --nodes 3 --disks-per-node 3 --harvester 1.8.2+rwx --exclude-first 1"
    assert assumed(shared) == [f"Assumed: 32 running RWX volumes (--rwx-volumes); {empty}."]
    assert assumed("limits 10.0.0.0/24 --nodes 3 --disks-per-node 3") == [
        "Assumed: classic, 4N + 2D + I (Harvester 1.2.2 and later need 24, a /27: --harvester)."
    ]
    assert assumed("sweep --nodes 3 --disks 3") == [
        "Assumed: classic, 4N + 2D + I (Harvester 1.2.2 and later need 2N + 2D + I: --harvester)."
    ]
    assert assumed("check 10.0.0.0/24 --in-use 10.1.0.0/24") == [
        "Assumed: no cluster was given (--nodes), its size is not judged."
    ]


def test_what_check_would_say_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A range that holds the cluster and that Harvester refuses, or pods cannot use, is not called good in silence."""
    told = notes("limits 10.52.0.0/24 --nodes 3 --disks-per-node 2", capsys)
    assert told == ["check finds more against 10.52.0.0/24: overlaps-reserved"]
    shared = "10.0.0.0/27 --nodes 5 --disks 5 --harvester 1.8.1+rwx --rwx-volumes 0"
    for command in ("limits", "simulate"):
        assert notes(f"{command} {shared}", capsys) == ["check finds more against 10.0.0.0/27: webhook-size"]


def test_candidates_beyond_what_is_kept_are_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No limit asks for more candidates than are kept, and where they are cut off that is said."""
    monkeypatch.setattr("sn_planner.advice.suggest.MOST_CANDIDATES", 50)
    data = json.loads(answer(f"suggest {SMALL} --limit 99999999 --profile classic --format json", capsys))
    assert len(data["candidates"]) == 50
    assert "50 candidates, and no more are kept" in data["notes"]


def test_points_of_a_sweep_have_no_prefix_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster that no range holds has an empty cell."""
    rows = answer("sweep --nodes 99999999999 --disks 1 --profile classic --format csv", capsys).splitlines()
    assert rows == ["nodes,disks,images,required,prefix_length", "99999999999,1,0,399999999998,"]


def test_networks_that_count_no_disk_want_none(capsys: pytest.CaptureFixture[str]) -> None:
    """The rwx-network and the vm-migration-network are planned by nodes; with the storage network disks are due."""
    both = "--network rwx-network --network vm-migration-network"
    assert "holds 2 networks" in answer(f"suggest --nodes 5 {both}", capsys)
    assert "For 5 nodes, 7 disks" in answer(f"suggest --nodes 5 --disks 7 {both}", capsys)
    assert "--disks-per-node is missing" in refusal(f"suggest --nodes 5 {both} --network storage-network", capsys)


def test_nothing_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Where every part of the pools was considered there is no table of the others."""
    assert "not considered" not in answer(f"suggest {SMALL} --pool 172.16.0.0/24 --explain", capsys)


# Networks in use


def test_files_of_networks_repeat(capsys: pytest.CaptureFixture[str]) -> None:
    """Every file counts, each is said, and column and choice of rows are those of each."""
    files = "--in-use-file plan.csv --in-use-file field/in_use/netbox-ipv6.csv --in-use 192.168.9.1/24"
    command = f"suggest {SMALL} {files} --in-use-column prefix"
    assert notes(command, capsys) == [
        "3 networks read from plan.csv",
        "2 networks read from field/in_use/netbox-ipv6.csv, 2 IPv6 left out",
    ]
    rejected = json.loads(answer(f"{command} --format json", capsys))["rejected"]
    in_use = {one["range"] for one in rejected if one["reason"] == "in use"}
    assert in_use == {
        *("192.168.0.0/24", "192.168.1.0/25", "172.16.0.0/13"),
        *("10.0.0.0/24", "172.16.0.0/24", "192.168.9.0/24"),
    }
    assert refusal(f"{command} --in-use-where status=active", capsys) == (
        "plan.csv column 'status' is not there; there are site, prefix, use"
    )
    chosen = (
        "suggest --in-use-file plan.csv --in-use-where site=lab --in-use-where use=servers --in-use-where use=desks"
    )
    assert notes(f"{chosen} {SMALL}", capsys) == [
        "1 network read from plan.csv, column prefix, 2 rows without site=lab, use=desks or servers"
    ]


def test_what_was_read_is_said_on_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads networks says how many, in the table and in JSON; beside CSV and a manifest on stderr."""
    read = ["2 networks read from field/in_use/host-bits.txt"]
    file = "--in-use-file field/in_use/host-bits.txt"
    assert notes(f"suggest {SMALL} {file}", capsys) == read
    assert notes(f"check 192.168.205.0/26 {file}", capsys, 1) == read
    told = notes(f"preflight live/living.json --setting live/new-setting.yaml {file}", capsys, 1)
    assert told[0] == read[0]
    for style in ("csv", "manifest --vlan 5 --cluster-network a"):
        assert main(f"suggest {SMALL} {file} --format {style}".split()) == 0
        captured = capsys.readouterr()
        assert captured.err.startswith(f"note: {read[0]}\nnote: Assumed: ")
        assert "networks read" not in captured.out
    assert notes(f"suggest {SMALL}", capsys) == []


def test_a_network_around_a_whole_pool_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a status nobody can tell a container from a use: where one covers a pool and holds others, it is said."""
    plan = tmp_path / "plan.csv"
    plan.write_text("prefix\n10.0.0.0/22\n10.0.0.0/24\n10.0.1.0/24\n10.9.0.0/16\n", encoding="utf-8")
    command = f"suggest {SMALL} --in-use-file {plan}"
    assert notes(f"{command} --pool 10.0.0.0/22 --pool 10.9.0.0/24", capsys, 1)[1:] == [
        "10.0.0.0/22 covers the whole pool 10.0.0.0/22 and holds 2 networks of the list: if it is a container, "
        "choose rows with --in-use-where"
    ]
    assert len(notes(f"{command} --pool 10.0.0.0/21", capsys)) == 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--in-use-column prefix", "--in-use-column has no file; add --in-use-file"),
        ("--in-use-column=", "--in-use-column has no file; add --in-use-file"),
        ("--in-use-where a=b", "--in-use-where has no file; add --in-use-file"),
        (
            "--in-use-file plan.csv --in-use-where site",
            "--in-use-where 'site' names no column and value; write it like st",
        ),
        ("--in-use-file plan.csv --in-use-where =lab", "--in-use-where '=lab' names no column and value"),
        (
            "--in-use-file plan.csv --in-use-where site=none",
            "plan.csv holds no IPv4 network (3 rows without site=none)",
        ),
        ("--in-use-file /dev/null", "/dev/null holds no IPv4 network; leave it out if nothing is in use"),
        ("--in-use-file - --in-use-file -", "--in-use-file '-' is already read for --in-use-file"),
        ("--in-use 10.10.239.0", "--in-use '10.10.239.0' has no prefix length"),
        ("--in-use fd00::/64", "--in-use 'fd00::/64' is IPv6"),
        ("--in-use=-", "--in-use '-' is not a CIDR"),
        (
            "--pool 10.0.0.0-10.0.3.255",
            "--pool '10.0.0.0-10.0.3.255' is a first and a last address; write it as 10.0.0.0/22",
        ),
    ],
)
def test_other_networks_in_use_are_refused(flags: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be used of the networks in use is refused by its flag, or by its file and place."""
    assert refusal(f"suggest {SMALL} {flags}", capsys).startswith(message)


def test_networks_in_use_are_piped(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard input is read in any encoding, and called by its name."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Büro;Netz\r\na;10.0.0.0/8\r\n".encode("cp850"))))
    told = (
        "the standard input is no UTF-8: read as Windows-1252\n\n1 network read from the standard input, column Netz\n"
    )
    assert told in answer(f"suggest {SMALL} --in-use-file - --limit 1", capsys)


# Excludes from a first to a last address


def test_a_dhcp_range_is_excluded(capsys: pytest.CaptureFixture[str]) -> None:
    """A /24 shared with DHCP from .6 to .254 has five addresses left; the CIDRs to write are said."""
    command = "check 192.168.205.0/24 --exclude 192.168.205.6-192.168.205.254 --nodes 3 --disks-per-node 1"
    (told,) = notes(command, capsys, 1)
    blocks = (
        "192.168.205.6/31, 192.168.205.8/29, 192.168.205.16/28, 192.168.205.32/27, 192.168.205.64/26, "
        "192.168.205.128/26, 192.168.205.192/27, 192.168.205.224/28, 192.168.205.240/29, "
        "192.168.205.248/30, 192.168.205.252/31, 192.168.205.254/32"
    )
    assert told == f"--exclude 192.168.205.6-192.168.205.254 is written as {blocks}"
    data = json.loads(answer(f"{command} --format json", capsys, 1))
    assert (data["usable"], data["required"]) == (5, 18)
    assert "range-too-small" in [one["code"] for one in data["findings"]]


@pytest.mark.parametrize(("command", "code"), [("limits", 0), ("simulate", 0)])
def test_every_command_with_excludes_reads_spans(command: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A span and its CIDRs are the same answer, on every command that takes excludes."""
    others = f"--exclude 172.16.0.1 {EXAMPLE} --profile classic --format json"
    span = json.loads(answer(f"{command} 172.16.0.0/24 --exclude 172.16.0.6-172.16.0.9 {others}", capsys, code))
    assert span["notes"] == ["--exclude 172.16.0.6-172.16.0.9 is written as 172.16.0.6/31, 172.16.0.8/31"]
    blocks = "--exclude 172.16.0.6/31 --exclude 172.16.0.8/31"
    written = json.loads(answer(f"{command} 172.16.0.0/24 {blocks} {others}", capsys, code))
    assert span | {"notes": [], "inputs": {}} == written | {"inputs": {}}


@pytest.mark.parametrize("command", ["check", "limits", "simulate", "suggest", "sweep"])
def test_a_gateway_is_kept_on_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The first and the last addresses are kept from pods by the same flags wherever there is a range."""
    cluster = "--nodes 3 --disks-per-node 2 --profile classic"
    place = "" if command == "suggest" else "192.168.0.0/28"
    kept = json.loads(
        answer(f"{command} {place} {cluster} --exclude-first 1 --format json", capsys, command != "suggest")
    )
    if command == "suggest":
        assert kept["candidates"][0]["exclude"] == ["192.168.0.1/32"]
    elif command == "sweep":
        assert kept["fits"] == 0
    else:
        assert kept["usable"] == 13


# Words people use


def test_an_event_of_powershell_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """`kubectl describe … > event.txt` in PowerShell 5 is UTF-16 with a byte order mark."""
    data = json.loads(answer("diagnose field/in_use/utf16-event.txt --format json", capsys))
    assert [event["range"] for event in data["events"]] == ["172.16.0.0/29"]


def test_an_event_in_an_old_code_page_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A paste that was saved as Windows-1252 is read, and that is said."""
    path = tmp_path / "event.txt"
    text = (FIELD / "utf16-event.txt").read_text(encoding="utf-16")
    path.write_bytes(f"Büro: {text}".encode("cp1252"))
    assert notes(f"diagnose {path}", capsys) == [f"{path} is no UTF-8: read as Windows-1252"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            "--nodes 3 --disks-per-node 2 --grow-disks 6",
            "36 addresses at the peak of an upgrade (classic: 4N + 2D + I)",
        ),
        ("--nodes 3 --disks-per-node 2 --harvester v1.7.0-rc3", "Harvester v1.7.0-rc3 is planned as the release 1.7.0"),
        ("--nodes 3 --disks-per-node 2 --harvester 1.8.1 --v2-data-engine", "3 nodes with the V2 data engine"),
    ],
)
def test_the_words_of_planners(command: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Disks to come, a release candidate and nodes with the V2 data engine are said and answered as people say them."""
    assert told in " ".join(answer(f"suggest {command}", capsys).split())
