"""What people paste elsewhere is read there as it was meant."""

from __future__ import annotations

import json
import re
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import sn_planner as sn
from sn_planner.cli import main
from sn_planner.interchange.inputs import networks_of
from sn_planner.interchange.reports.living import audit_document
from sn_planner.interchange.reports.pasting import terraform
from sn_planner.interchange.tables import render
from sn_planner.model.setting import Setting

DATA = Path(__file__).parents[1] / "data"
EXAMPLE = "suggest --nodes 5 --disks-per-node 2 --images 10 --exclude-first 1"
NAMES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)


def printed(command: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    """What a command prints."""
    assert main(command.split()) == code
    return capsys.readouterr().out


def value_of(resource: str) -> str:
    """The value in a resource as Terraform reads a quoted string: its escapes are JSON's, but those of templates."""
    found = re.search(r"^  value = (\".*\")$", resource, re.MULTILINE)
    assert found is not None
    assert not re.search(r"(?<![$%])(\$\$)*[$%]\{", found[1].replace("$${", "").replace("%%{", ""))
    text: str = json.loads(found[1].replace("$${", "${").replace("%%{", "%{"))
    return text


@given(NAMES)
def test_terraform_has_the_canonical_text(name: str) -> None:
    """The value is the setting's own text, character by character, whatever the cluster network is called."""
    setting = Setting(vlan=5, cluster_network=name, range="10.0.0.0/24", exclude=["10.0.0.1/32"])
    assert value_of(terraform(setting)) == setting.value


@pytest.mark.parametrize("name", ["${file(1)}", "%{if x}", 'a"b', "a\\b", "é"])
def test_no_name_is_a_template_to_terraform(name: str) -> None:
    """What Terraform would evaluate is written so that it does not."""
    setting = Setting(vlan=5, cluster_network=name, range="10.0.0.0/24")
    assert value_of(terraform(setting)) == setting.value


def test_netbox_reads_what_we_read(capsys: pytest.CaptureFixture[str]) -> None:
    """The CSV for NetBox is a list of networks in use to the planner itself."""
    text = printed(f"{EXAMPLE} --format netbox", capsys)
    assert text.startswith("prefix,status,description\n192.168.0.0/26,reserved,")
    assert [str(one) for one in networks_of("plan.csv", text)] == ["192.168.0.0/26"]


def test_the_bare_range_is_a_range(capsys: pytest.CaptureFixture[str]) -> None:
    """`RANGE=$(… --format range)` holds the range and nothing else, or nothing where there is none."""
    assert printed(f"{EXAMPLE} --format range", capsys) == "192.168.0.0/26\n"
    assert main(f"{EXAMPLE} --pool 10.52.0.0/16 --format range".split()) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("sn-planner: No free /26 in these pools: add a pool, or free a network.\n")


@pytest.mark.parametrize("style", ["manifest", "terraform"])
def test_a_setting_needs_its_network(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a VLAN and a cluster network there is no setting, in no form."""
    assert main(f"{EXAMPLE} --format {style} --vlan 5".split()) == 2
    assert f"--format {style} needs a VLAN and a cluster network; add --vlan and --cluster-network" in (
        capsys.readouterr().err
    )
    assert "192.168.0.0/26" in printed(f"{EXAMPLE} --format {style} --vlan 5 --cluster-network a", capsys)


def test_prometheus_reads_an_audit(capsys: pytest.CaptureFixture[str]) -> None:
    """The gauges are OpenMetrics to Prometheus' own parser, and say what the audit says."""
    text = printed(f"audit {DATA}/live/living.json --format openmetrics", capsys, 1)
    labels = {"network": "storage-network", "range": "192.168.50.0/27"}
    families = {one.name: one for one in text_string_to_metric_families(text)}
    assert {name: one.type for name, one in families.items()} == {
        f"sn_planner_{name}": "gauge" for name in ("addresses", "upgrade_required", "upgrade_fits", "stale")
    }
    states = {one.labels["state"]: one.value for one in families["sn_planner_addresses"].samples}
    assert states == {"usable": 30, "leases": 27, "free": 3, "stale": 1}
    for name, value in (("upgrade_required", 24), ("upgrade_fits", 0), ("stale", 1)):
        (sample,) = families[f"sn_planner_{name}"].samples
        assert (sample.labels, sample.value) == (labels, value)


def test_what_is_not_known_has_no_sample() -> None:
    """A gauge that would say 0 for want of data is left out: its absence can be told from none."""
    snapshot = sn.read_snapshot(str(DATA / "live" / "living.json"))
    blind = audit_document(sn.audit(attrs.evolve(snapshot, pods=None, longhorn_nodes=None)))
    names = {one.name: one.samples for one in text_string_to_metric_families(blind.forms["openmetrics"])}
    assert names["sn_planner_upgrade_required"] == names["sn_planner_stale"] == []
    assert "stale" not in {one.labels["state"] for one in names["sn_planner_addresses"]}
    assert "unknown" in render(blind, "table")
