"""The site command, and --site of the others."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

import sn_planner as sn
from sn_planner.cli import main

DATA = Path(__file__).parents[1] / "data"
EXAMPLE = "--nodes 5 --disks-per-node 2 --images 10"


@pytest.fixture(autouse=True)
def _in_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("site.yaml", "site-grown.yaml", "own-profile.yaml"):
        shutil.copy(DATA / name, tmp_path)
    monkeypatch.chdir(tmp_path)


def answer(command: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    """What a command prints."""
    assert main(command.split()) == code
    return capsys.readouterr().out


def refusal(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The line that refuses a command."""
    assert main(command.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.removeprefix("sn-planner: error: ").rstrip("\n")


def data(command: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, object]:
    """A command's JSON."""
    found: dict[str, object] = json.loads(answer(f"{command} --format json", capsys, code))
    return found


def test_a_plan_that_is_kept_and_written_again_is_the_same_file(capsys: pytest.CaptureFixture[str]) -> None:
    """`git diff --exit-code plan.json` is a check: the file changes only where a range does."""
    for site, code in (("site.yaml", 0), ("site-grown.yaml", 1)):
        answer(f"site {site} --write plan.json", capsys, code)
        first = Path("plan.json").read_text()
        kept = data(f"site {site} --keep plan.json --write plan.json", capsys, code)
        assert Path("plan.json").read_text() == first
        as_json = json.dumps({"schema": "sn-planner/site/1"} | kept)
        Path("answer.json").write_text(as_json)
        again = data(f"site {site} --keep answer.json", capsys, code)
        names = ("networks", "unplaced", "free", "changes")
        assert [again[name] for name in names] == [kept[name] for name in names]


def test_one_clusters_part_of_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """--only plans the whole site and prints one cluster: its manifests can be applied to it."""
    printed = answer("site site.yaml --only fra1 --format manifest", capsys)
    names = [one["metadata"]["name"] for one in yaml.safe_load_all(printed)]
    assert names == ["storage-network", "rwx-network", "vm-migration-network"]
    whole = data("site site.yaml", capsys)["networks"]
    part = data("site site.yaml --only ber2", capsys)["networks"]
    assert isinstance(whole, list)
    assert part == [one for one in whole if one["cluster"] == "ber2"]
    assert refusal("site site.yaml --only fra", capsys).startswith("--only 'fra' is unknown; did you mean 'fra1'")


def test_settings_want_a_vlan_and_a_cluster_network(capsys: pytest.CaptureFixture[str]) -> None:
    """A network without them is named; one that is in force needs none, and has no manifest."""
    text = Path("site.yaml").read_text()
    Path("site.yaml").write_text(text.replace("{vlan: 101, cluster_network: storage}", "{vlan: 101}"))
    assert refusal("site site.yaml --format manifest", capsys) == (
        "fra1 rwx-network has no setting to print; give its vlan and its cluster_network in the site's file"
    )
    assert "4 networks of 2 clusters" in answer("site site.yaml", capsys)


def test_terraform_wants_a_name_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Clusters that it cannot tell apart are printed one by one; a VLAN is judged without its cluster network, too."""
    alike = {"nodes": 3, "disks": 3, "networks": {"storage-network": {"vlan": 7}}}
    clusters = [{"name": name} | alike for name in ("a b", "a_b")]
    site = {"pools": ["172.20.0.0/24"], "defaults": {"cluster_network": "x"}, "clusters": clusters}
    Path("two.yaml").write_text(json.dumps(site))
    assert refusal("site two.yaml --format terraform", capsys).startswith(
        "a_b storage-network and a b storage-network are both a_b_storage_network to Terraform"
    )
    assert answer("site two.yaml --only a_b --format terraform", capsys).count("resource") == 1
    assert answer("site two.yaml --format manifest", capsys).count("kind: Setting") == 2
    Path("two.yaml").write_text(json.dumps(site | {"defaults": {}}).replace('"vlan": 7', '"vlan": 5000'))
    assert refusal("site two.yaml", capsys).startswith("a b storage-network: vlan 5000 is refused by Harvester")


def test_nothing_to_apply_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Where every range is in force there is no manifest, and standard output stays empty."""
    assert main(["site", "site.yaml", "--only", "ber2", "--format", "manifest"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1 network of 1 cluster planned: 1 kept." in captured.err


def test_a_map_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """--plot writes it; a name that is no picture is refused before anything else."""
    answer("site site.yaml --plot map.svg", capsys)
    assert Path("map.svg").read_text().startswith("<?xml")
    assert refusal("site no.yaml --plot map.txt", capsys).startswith("--plot 'map.txt' is no picture")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("site no.yaml", "FILE 'no.yaml' cannot be read"),
        ("site site.yaml --keep site.yaml", "--keep site.yaml: document"),
        ("site site.yaml --keep no.json", "--keep 'no.json' cannot be read"),
        ("site site.yaml --write no/plan.json", "--write 'no/plan.json' cannot be written"),
        ("site - --keep -", "--keep '-' is already read for FILE"),
        ("check --site site.yaml --nodes 5", "--nodes does not go with --site alone; name a TARGET"),
        ("suggest --keep plan.json", "--keep has no site; add --site"),
        ("suggest --site no.yaml", "--site 'no.yaml' cannot be read"),
        ("check --site bare.yaml", "--site has no range in force to check"),
    ],
)
def test_bad_input_is_named_by_its_flag(command: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line that names the flag and the fix."""
    Path("bare.yaml").write_text("{pools: [10.9.0.0/16], clusters: [{name: a, nodes: 3, disks: 3}]}")
    assert refusal(command, capsys).startswith(message)


def test_a_target_is_checked_against_its_site(capsys: pytest.CaptureFixture[str]) -> None:
    """The range in force itself is well; another over it, one in use, and one outside of the pools are not."""
    listed = Path("site.yaml").read_text().replace("[172.20.0.0/24]", "[172.20.0.0/24, 172.20.4.0/25]")
    Path("site.yaml").write_text(listed)

    def codes(target: str, code: int) -> list[str]:
        found = data(f"check {target} --site site.yaml --ignore no-gateway-excluded", capsys, code)["findings"]
        assert isinstance(found, list)
        return [one["code"] for one in found]

    assert codes("172.20.4.0/25", 0) == []
    assert codes("172.20.4.0/26", 1) == ["overlaps-in-use"]
    assert codes("172.20.0.0/26", 1) == ["overlaps-in-use"]
    assert codes("172.21.0.0/26", 1) == ["outside-pools"]


def test_a_sites_defaults_stand_for_what_is_not_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """Release, excludes, headroom and cluster network are the site's, unless a flag says otherwise."""
    defaults = "{harvester: 1.8.2, exclude_first: 2, headroom: 10, cluster_network: data, reserve: 1}"
    text = Path("site.yaml").read_text().replace("{harvester: 1.8.2, reserve: 1}", defaults)
    Path("site.yaml").write_text(text)
    best = data(f"suggest {EXAMPLE} --site site.yaml --vlan 7", capsys)
    assert best["profile"] == "consolidated"
    candidates = best["candidates"]
    assert isinstance(candidates, list)
    assert candidates[0]["exclude"] == [f"172.20.1.{host}/32" for host in (1, 2)]
    assert '"clusterNetwork":"data"' in candidates[0]["setting"]
    own = data(f"suggest {EXAMPLE} --site site.yaml --profile classic --exclude-first 0 --pool 172.21.0.0/16", capsys)
    assert own["profile"] == "classic"
    others = own["candidates"]
    assert isinstance(others, list)
    assert (others[0]["range"], others[0]["exclude"], others[0]["setting"]) == ("172.21.0.0/26", [], None)
    note = f"suggest {EXAMPLE} --site site.yaml --cluster-network x"
    assert "--cluster-network x is not used: add --vlan for the setting" in answer(note, capsys)


def test_suggest_stays_out_of_what_a_plan_keeps(capsys: pytest.CaptureFixture[str]) -> None:
    """With --keep no range that is only planned is suggested, nor the room behind it."""
    answer("site site.yaml --write plan.json", capsys)
    planned = sn.plan_site(sn.read_site("site.yaml"), keep=sn.read_site_plan("plan.json"))
    found = data(f"suggest {EXAMPLE} --site site.yaml --keep plan.json --limit 50", capsys)["candidates"]
    assert isinstance(found, list)
    ranges = [sn.AddressRange(one["range"]).cidr for one in found]
    assert not any(one.reserved.overlaps(cidr) for one in planned.networks for cidr in ranges)


def test_preflight_stays_out_of_the_other_clusters(capsys: pytest.CaptureFixture[str]) -> None:
    """A setting over another cluster's range is not ready; the cluster's own range in force does not count."""
    living = DATA / "live"

    def told(network: str) -> str:
        cluster = {"name": "a", "nodes": 3, "disks": 3, "networks": {"storage-network": {"range": network}}}
        Path("one.yaml").write_text(json.dumps({"pools": ["172.16.0.0/12"], "clusters": [cluster]}))
        command = f"preflight {living / 'living.json'} --setting {living / 'new-setting.yaml'} --site one.yaml"
        main(command.split())
        return capsys.readouterr().out

    assert "172.16.0.0/25, the a storage-network" in told("172.16.0.0/25")
    assert "the a storage-network" not in told("172.16.0.0/26")  # the new setting's own
    assert main(f"preflight {living / 'before'} --site one.yaml".split()) == 0


def test_isolated_clusters_do_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    """Where clusters may share addresses, check, preflight and suggest count none of another's; they say so."""
    export, setting = DATA / "live" / "living.json", DATA / "live" / "new-setting.yaml"
    commands = {
        "check 172.16.0.0/25 --site one.yaml": "the a storage-network",
        f"preflight {export} --setting {setting} --site one.yaml": "the a storage-network",
        "suggest --site one.yaml --pool 172.16.0.0/24 --limit 1": " 172.16.0.128/26",
    }
    for isolated in (False, True):
        cluster = {"name": "a", "nodes": 3, "disks": 3, "networks": {"storage-network": {"range": "172.16.0.0/27"}}}
        site = {"pools": ["172.16.0.0/12"], "clusters": [cluster], "isolated": isolated}
        Path("one.yaml").write_text(json.dumps(site))
        for command, told in commands.items():
            main(command.split())
            output = " ".join(capsys.readouterr().out.split())
            assert (told in output) is not isolated, command
            assert ("do not count: its clusters are isolated" in output) is isolated, command
    with_plan = "suggest --site one.yaml --keep plan.json --pool 172.16.0.0/24 --limit 1"
    answer("site one.yaml --write plan.json", capsys)
    assert main(with_plan.split()) == 0
    assert capsys.readouterr().out.startswith("172.16.0.0/26: ")


def test_a_profile_may_be_a_file_beside_the_site(capsys: pytest.CaptureFixture[str]) -> None:
    """As --profile takes one."""
    os.mkdir("sub")
    shutil.move("own-profile.yaml", "sub/own-profile.yaml")
    Path("sub/site.yaml").write_text(
        "{pools: [172.20.0.0/24], clusters: [{name: a, nodes: 3, disks: 3, "
        "networks: {storage-network: {profile: own-profile.yaml}}}]}"
    )
    networks = data("site sub/site.yaml", capsys)["networks"]
    assert isinstance(networks, list)
    own = sn.demand(sn.Cluster.uniform(nodes=3, disks=3), sn.read_profile("sub/own-profile.yaml"))
    assert networks[0]["required"] == own.required


def test_what_is_assumed_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """The formula, the RWX volumes and an empty site; a pool that is reserved."""
    Path("bare.yaml").write_text(
        "{pools: [10.52.0.0/16], clusters: [{name: a, nodes: 3, disks: 3}, "
        "{name: b, nodes: 3, disks: 3, networks: {rwx-network: {}}}]}"
    )
    told = " ".join(answer("site bare.yaml", capsys, 1).split())
    assert "Nothing is planned in 10.52.0.0/16: reserved: pods of the Harvester cluster" in told
    assert "Left free: nothing." in told
    Path("bare.yaml").write_text(Path("bare.yaml").read_text().replace("10.52", "10.55"))
    told = " ".join(answer("site bare.yaml", capsys).split())
    assert (
        "classic, 4N + 2D + I, where no release is given (harvester): a; 32 running RWX volumes (rwx_volumes): b;"
        in told
    )
    assert "no network in use was given (in_use)." in told


def some_site(nodes: dict[str, int], place: str) -> Path:
    """A file of a site: clusters with so many nodes, the first with its range in force."""
    setting = {"vlan": 1, "cluster_network": "a"}
    clusters = [
        {"name": name, "nodes": count, "disks": 3, "networks": {"storage-network": setting | at}}
        for (name, count), at in zip(nodes.items(), ({"range": place}, {}), strict=False)
    ]
    path = Path("some.json")
    path.write_text(json.dumps({"pools": ["10.0.0.0/24"], "clusters": clusters}))
    return path


@pytest.mark.parametrize("style", ["csv", "manifest", "terraform", "netbox", "range"])
def test_rows_and_settings_come_with_what_is_missing_and_what_they_cost(
    style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever pastes them reads on standard error that a network has no place, and that VMs stop."""
    for nodes, code, said in (
        ({"a": 5, "b": 99}, 1, "note: 1 network without a place. 1 network of 2 clusters planned: 1 outgrown. 1 range"),
        ({"a": 5}, 0, "note: 1 network of 1 cluster planned: 1 outgrown. 1 range in force changed: an outage.\n"),
        ({"a": 1, "b": 1}, 0, ""),
    ):
        path = some_site(nodes, "10.0.0.0/28")
        assert main(["site", str(path), "--format", style]) == code
        captured = capsys.readouterr()
        assert said in captured.err
        assert (" planned: " in captured.err) is bool(said)
        assert "10.0.0." in captured.out


def test_a_single_smaller_size_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """What is left free is told in good English."""
    Path("some.json").write_text('{"pools": ["10.0.0.0/21"], "clusters": [{"name": "a", "nodes": 1, "disks": 0}]}')
    assert " and 1 smaller size." in " ".join(answer("site some.json", capsys).split())
