"""Files of sites and of the plans that were written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.interchange.reports.site import plan_text
from sn_planner.interchange.site_files import site_of, site_plan_of
from tests.advice.test_site import FEWER, places, sites

DATA = Path(__file__).parents[1] / "data"


def test_the_documented_site_is_read() -> None:
    """Defaults stand for what a network leaves out; what is in force has its range."""
    site = sn.read_site(DATA / "site.yaml")
    assert [str(pool) for pool in site.pools] == ["172.20.0.0/16"]
    fra1, ber2 = site.clusters
    assert (fra1.cluster, fra1.harvester) == (
        sn.Cluster([sn.Node(disks=2, count=5)], images=10),
        "1.8.2",
    )
    assert fra1.networks[0] == sn.SiteNetwork(vlan=100, cluster_network="storage", exclude_first=1)
    assert ber2.networks == (sn.SiteNetwork(range="172.20.4.0/25"),)


def test_networks_in_use_come_from_files_beside_the_site(tmp_path: Path) -> None:
    """A file of an address plan, its column and the rows that count, and what is written as first and last address."""
    (tmp_path / "plan.csv").write_text("prefix,status\n10.9.0.0/24,active\n10.9.1.0/24,free\n")
    text = """
        pools: [10.9.0.0/16]
        in_use: [10.9.8.0-10.9.8.127, {file: plan.csv, column: prefix, where: {status: active}}]
        clusters: []
    """
    (tmp_path / "site.yaml").write_text(text)
    site = sn.read_site(tmp_path / "site.yaml")
    assert [str(one) for one in site.in_use] == ["10.9.8.0/25", "10.9.0.0/24"]
    assert site.notes[0].startswith(f"1 network read from {tmp_path / 'plan.csv'}, 1 ")
    alone = site_of("x", text.replace("[10.9.8.0-10.9.8.127, ", "").replace("}}]", "}}"), tmp_path)
    assert [str(one) for one in alone.in_use] == ["10.9.0.0/24"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "site.yaml: document is empty"),
        ("[]", "site.yaml: document .* is not a mapping"),
        ("{clusters: []}", "site.yaml: pools is missing"),
        ("{pools: [10.0.0.0/8]}", "site.yaml: clusters is missing"),
        ("{pools: 10.0.0.0/8, clusters: []}", "site.yaml: pools '10.0.0.0/8' is not a list"),
        ("{pools: [10.0.0.0/8], clusters: {}}", "site.yaml: clusters {} is not a list"),
        ("{pools: [10.0.0.0/8], clusters: [], pool: 1}", "site.yaml: key 'pool' is unknown; did you mean 'pools'"),
        ("{pools: [10.0.0.0/8], clusters: [], defaults: 0}", "site.yaml: defaults: value 0 is not a mapping"),
        ("{pools: [10.0.0.0/8], clusters: [], in_use: false}", "site.yaml: in_use False is not a list"),
        (
            "{pools: [10.0.0.0/8], clusters: [], in_use: {file: no.csv, where: 0}}",
            "site.yaml: in_use: where 0 is not a mapping",
        ),
        ("{pools: [10.0.0.0/8], clusters: [5]}", r"site.yaml: clusters\[0\]: document 5 is not a mapping"),
        ("{pools: [10.0.0.0/8], clusters: [{nodes: 3}]}", r"site.yaml: clusters\[0\]: name is missing"),
        ("{pools: [10.0.0.0/8], clusters: [{name: a}]}", "site.yaml: cluster a: nodes is missing"),
        (
            "{pools: [10.0.0.0/8], clusters: [{name: a, nodes: [{disks: -1}]}]}",
            r"site.yaml: cluster a: nodes\[0\]: disks -1 is negative",
        ),
        (
            "{pools: [10.0.0.0/8], clusters: [{name: a, nodes: 3, disks: 3, networks: [storage-network]}]}",
            "site.yaml: cluster a: networks .* is not a mapping",
        ),
        (
            "{pools: [10.0.0.0/8], clusters: [{name: a, nodes: 3, disks: 3, networks: {storage: {}}}]}",
            "site.yaml: cluster a: storage: network 'storage' is unknown; did you mean 'storage-network'",
        ),
        (
            "{pools: [10.0.0.0/8], clusters: [{name: a, nodes: 3, disks: 3, networks: {rwx-network: {vlam: 3}}}]}",
            "site.yaml: cluster a: rwx-network: key 'vlam' is unknown; did you mean 'vlan'",
        ),
        (
            "{pools: [10.0.0.0/8], clusters: [{name: a, nodes: 3, disks: 3, networks: {rwx-network: {exclude: []}}}]}",
            "site.yaml: cluster a: rwx-network: exclude is of no range; for a range to be planned give exclude_first",
        ),
        (
            "{pools: [10.0.0.0/8], clusters: [{name: a, nodes: 3, disks: 3, networks: {rwx-network: {range: 5}}}]}",
            "site.yaml: cluster a: rwx-network: range 5 is not a network",
        ),
        ("{pools: [10.0.0.0/8], clusters: [], defaults: {vlan: 3}}", "site.yaml: defaults: key 'vlan' is unknown"),
        ("{pools: [10.0.0.0/8], clusters: [], defaults: {reserve: x}}", "site.yaml: defaults: reserve 'x' is not a"),
        ("{pools: [10.0.0.0/8], clusters: [], in_use: [5]}", "site.yaml: in_use 5 is not a network"),
        ("{pools: [10.0.0.0/8], clusters: [], in_use: {files: x}}", "site.yaml: in_use: key 'files' is unknown"),
        ("{pools: [10.0.0.0/8], clusters: [], in_use: {file: no.csv}}", "site.yaml: in_use: path .* cannot be read"),
        ("{pools: [10.0.0.0/8], pools: [10.0.0.0/8]}", "the key 'pools' is there twice"),
    ],
)
def test_what_is_no_site_is_refused_where_it_stands(document: str, message: str) -> None:
    """The file, the cluster, the network and the field are named."""
    with pytest.raises(sn.BadInput, match=message):
        site_of("site.yaml", document)


@FEWER
@given(sites())
def test_a_plan_that_is_written_is_read_again(site: sn.Site) -> None:
    """What --write keeps is what the plan keeps, and planning with it changes nothing."""
    plan = sn.plan_site(site)
    kept = site_plan_of("plan.json", plan_text(plan))
    assert kept == plan.kept
    assert places(sn.plan_site(site, keep=kept)) == places(plan)


PLAN = {"schema": "sn-planner/site/1", "networks": [{"cluster": "a", "network": "rwx-network", "range": "10.0.0.0/26"}]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "sn-planner/suggest/1"}, "plan.json: schema 'sn-planner/suggest/1' is not sn-planner/site/1"),
        ({"networks": 5}, "plan.json: networks 5 is not a list"),
        ({"unplaced": [5]}, r"plan.json: unplaced\[0\]: document 5 is not a mapping"),
        ({"networks": [5]}, r"plan.json: networks\[0\]: document 5 is not a mapping"),
        ({"networks": [{}]}, r"plan.json: networks\[0\]: cluster None is no text"),
        ({"networks": [{"cluster": "a", "network": "b"}]}, "plan.json: a b: range None is no text"),
        (
            {"networks": [{"cluster": "a", "network": "b", "range": "10.0.0.1/24"}]},
            "plan.json: a b: range '10.0.0.1/24' has host bits set",
        ),
    ],
)
def test_what_is_no_plan_is_refused(change: dict[str, object], message: str, tmp_path: Path) -> None:
    """The file and the place in it are named."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN | change))
    with pytest.raises(sn.BadInput, match=message.replace("plan.json", ".*plan.json")):
        sn.read_site_plan(path)
    path.write_text(json.dumps(PLAN))
    assert sn.read_site_plan(path) == (sn.Kept("a", "rwx-network", sn.AddressRange("10.0.0.0/26")),)
    with pytest.raises(sn.BadInput, match="path 'no.json' cannot be read"):
        sn.read_site_plan("no.json")


@given(st.text(max_size=60))
def test_any_text_is_a_site_or_refused(text: str) -> None:
    """Nothing else comes of it."""
    try:
        site_of("any", text)
    except sn.SnPlannerError as error:
        assert str(error).isprintable()  # noqa: PT017  # an answer would do as well
