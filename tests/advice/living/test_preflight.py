"""Preflight: each prerequisite is met, not met, or unknown; what was not exported is never met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice.living.preflight import Preflight, preflight
from sn_planner.interchange.kubectl import read_snapshot
from sn_planner.interchange.reports.living import preflight_document
from sn_planner.interchange.tables import render
from sn_planner.model.living import resources as kept
from sn_planner.model.living.snapshot import Snapshot

LIVE = Path(__file__).parents[2] / "data" / "live"
READY = read_snapshot(str(LIVE / "before"))
NEW = (LIVE / "new-setting.yaml").read_text(encoding="utf-8")
SETTING = sn.Setting.parse(NEW)
WRITTEN = sn.Written.read(NEW)
NAMES = [
    "virtual-machines-stopped",
    "volumes-detached",
    "image-transfers-finished",
    "whereabouts-installed",
    "vlan-configs-cover-nodes",
    "setting-passes-check",
    "no-network-collides",
    "text-changes-something",
]
# What each check rests on: without one of these, it cannot be met.
NEEDS = {
    "virtual-machines-stopped": {"machines"},
    "volumes-detached": {"volumes"},
    "image-transfers-finished": {"data_sources", "images"},
    "whereabouts-installed": {"definitions"},
    "vlan-configs-cover-nodes": {"vlan_configs", "nodes"},
    "setting-passes-check": {"longhorn_nodes"},
    "no-network-collides": {"settings"},
    "text-changes-something": {"settings"},
}
FIELDS = [field.name for field in attrs.fields(Snapshot) if field.name != "skipped"]


def answers(result: Preflight) -> dict[str, bool | None]:
    """Each check with its answer."""
    return {check.name: check.ok for check in result.checks}


def detail(name: str, snapshot: Snapshot, setting: sn.SettingLike = WRITTEN, **more: Any) -> tuple[bool | None, str]:
    """The answer and the words of one check."""
    return next((one.ok, one.detail) for one in preflight(snapshot, setting, **more).checks if one.name == name)


def changed(**more: Any) -> Snapshot:
    """The ready cluster with something else in it."""
    return attrs.evolve(READY, **more)


def test_a_cluster_that_is_ready() -> None:
    """The example export meets every prerequisite; Harvester's own Prometheus does not stand in the way."""
    result = preflight(READY, NEW, images=10)
    assert answers(result) == dict.fromkeys(NAMES, True)
    assert result.ok
    assert detail("volumes-detached", READY) == (
        True,
        "no volume is in use but 1 of monitoring or VM import, which Harvester detaches itself",
    )
    assert detail("setting-passes-check", READY, images=10) == (
        True,
        "62 usable addresses, 21 required (consolidated, 10 image transfers at once)",
    )


def test_nothing_exported_is_nothing_known() -> None:
    """Of an empty export everything is unknown, with the command that exports it."""
    result = preflight(Snapshot(), SETTING, images=3)
    assert answers(result) == dict.fromkeys(NAMES)
    assert all("export it with `kubectl get --raw /api" in check.detail for check in result.checks)


@given(st.sets(st.sampled_from(FIELDS)))
def test_never_met_for_what_is_not_exported(missing: set[str]) -> None:
    """Whatever is left out of an export, no check that rests on it is met."""
    result = preflight(changed(**dict.fromkeys(missing)), SETTING)
    for name, ok in answers(result).items():
        assert ok is (None if NEEDS[name] & missing else True), name
    assert result.ok is not any(needed & missing for needed in NEEDS.values())


def machine(name: str, phase: str = "Running") -> kept.Machine:
    """A VirtualMachineInstance."""
    return kept.Machine(f"default/{name}", phase)


ONE_NODE = (kept.ClusterNode("harvester-1"),)
CONFIG = kept.VlanConfig("a", "storage", frozenset({"harvester-1"}))
CASES = [
    (
        "virtual-machines-stopped",
        {"machines": (machine("a"), machine("b", "Succeeded"), machine("c"), machine("d"), machine("e", "Pending"))},
        False,
        "running: default/a, default/c, default/d and 1 more; stop them: Harvester does not start them again",
    ),
    ("virtual-machines-stopped", {"machines": (machine("a", "Failed"),)}, True, "no virtual machine runs"),
    (
        "volumes-detached",
        {"volumes": (kept.Volume("l/pvc-1", "attached", "default/db"), kept.Volume("l/pvc-2", "attaching"))},
        False,
        "not detached: l/pvc-1 (default/db), l/pvc-2 (attaching); stop what uses them",
    ),
    ("volumes-detached", {"volumes": ()}, True, "no volume is in use"),
    (
        "volumes-detached",
        {"volumes": (kept.Volume("l/pvc-1", "attached", "harvester-system/other"),)},
        False,
        "not detached: l/pvc-1 (harvester-system/other); stop what uses them",
    ),
    (
        "image-transfers-finished",
        {"data_sources": (kept.DataSource("l/a", "ready"), kept.DataSource("l/b", "in-progress")), "images": None},
        False,
        "under way: l/b; wait until they end",
    ),
    (
        "image-transfers-finished",
        {"images": (kept.Image("d/a"), kept.Image("d/b", "False"))},
        False,
        "under way: d/a; wait until they end",
    ),
    (
        "image-transfers-finished",
        {"data_sources": None, "images": None},
        None,
        "unknown: export it with `kubectl get --raw /apis/longhorn.io/v1beta2/backingimagedatasources` and "
        "`kubectl get --raw /apis/harvesterhci.io/v1beta1/virtualmachineimages`",
    ),
    (
        "whereabouts-installed",
        {"definitions": (kept.Definition("ippools.whereabouts.cni.cncf.io"),)},
        False,
        "not there: overlappingrangeipreservations.whereabouts.cni.cncf.io; add them from Harvester's chart "
        "[D 1.1, harvester#3168]",
    ),
    (
        "vlan-configs-cover-nodes",
        {"cluster_networks": (kept.ClusterNetwork("mgmt"),)},
        False,
        "there is no cluster network storage",
    ),
    (
        "vlan-configs-cover-nodes",
        {"vlan_configs": (CONFIG,), "cluster_networks": None},
        False,
        "no VLAN config of storage on harvester-2; add one",
    ),
    (
        "vlan-configs-cover-nodes",
        {"vlan_configs": (attrs.evolve(CONFIG, cluster_network="other"),)},
        False,
        "no VLAN config of storage on harvester-1, harvester-2; add one",
    ),
    (
        "vlan-configs-cover-nodes",
        {"nodes": ONE_NODE},
        None,
        "unknown: export it with `kubectl get --raw /api/v1/nodes`",
    ),
    (
        "vlan-configs-cover-nodes",
        {"nodes": ONE_NODE, "longhorn_nodes": None, "vlan_configs": (kept.VlanConfig("all", "storage"),)},
        True,
        "1 VLAN config for 1 node, witnesses left out",
    ),
    (
        "setting-passes-check",
        {"longhorn_nodes": None},
        None,
        "it has no error; whether it is large enough is unknown: export it with "
        "`kubectl get --raw /apis/longhorn.io/v1beta2/nodes`",
    ),
    (
        "no-network-collides",
        {"attachments": (kept.Attachment("default/guests", "172.16.0.0/28"), kept.Attachment("default/v", "x-y/24"))},
        False,
        "shares usable addresses with default/guests",
    ),
    (
        "no-network-collides",
        {"settings": (kept.StoredSetting("storage-network"),)},
        None,
        "unknown: export it with `kubectl get --raw /apis/harvesterhci.io/v1beta1/settings`",
    ),
    (
        "no-network-collides",
        {"settings": (kept.StoredSetting("storage-network"), kept.StoredSetting("overcommit-config"))},
        True,
        "no other configured network has its addresses",
    ),
    (
        "text-changes-something",
        {"settings": (kept.StoredSetting("storage-network", WRITTEN.text, WRITTEN),)},
        False,
        "it is the text in force: there is nothing to apply",
    ),
    (
        "text-changes-something",
        {"settings": (kept.StoredSetting("storage-network", "", sn.Written(WRITTEN.text.replace(",", ", "))),)},
        False,
        "it means what is in force, in another text: Harvester would reconfigure, with the whole outage",
    ),
    (
        "text-changes-something",
        {"settings": (kept.StoredSetting("storage-network", "", sn.Written.of(attrs.evolve(SETTING, vlan=7))),)},
        True,
        "it configures the storage network anew",
    ),
]


@pytest.mark.parametrize(("name", "more", "ok", "words"), CASES)
def test_each_check(name: str, more: dict[str, Any], ok: bool | None, words: str) -> None:
    """Each check says what it saw, and what to do about it."""
    assert detail(name, changed(**more)) == (ok, words)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (
            sn.Setting(vlan=100, cluster_network="storage", range="10.52.0.0/30"),
            "overlaps-reserved: 10.52.0.0/30 overlaps 10.52.0.0/16: pods of the Harvester cluster, "
            "[D 1.1-1.8] Storage Network; choose a range outside it · range-too-small: ",
        ),
        (
            sn.Setting(vlan=100, cluster_network="storage", range="172.16.0.1/26"),
            "host-bits-set: range '172.16.0.1/26' has host bits set; use its network address, 172.16.0.0/26",
        ),
    ],
)
def test_a_setting_with_errors(setting: sn.Setting, words: str) -> None:
    """Every error of `check` against this very cluster is told, with its fix."""
    ok, text = detail("setting-passes-check", READY, setting)
    assert ok is False
    assert text.startswith(words)


def test_warnings_are_told() -> None:
    """Warnings do not stand in the way, and are named."""
    setting = sn.Setting(vlan=100, cluster_network="storage", range="203.0.113.0/24")
    assert detail("setting-passes-check", READY, setting)[1].endswith("; warnings: not-private")


def test_planned_transfers_count() -> None:
    """The range shall hold the transfers that are planned for, not only those in flight."""
    assert detail("setting-passes-check", READY, images=100)[0] is False
    with pytest.raises(sn.SnPlannerError, match="images -1 is negative"):
        preflight(READY, SETTING, images=-1)


def test_other_networks_of_harvester() -> None:
    """The rwx-network and the vm-migration-network keep their addresses."""
    setting = attrs.evolve(SETTING, range="172.20.0.0/26")
    assert detail("no-network-collides", READY, setting) == (False, "shares usable addresses with rwx-network")
    unreadable = attrs.evolve(SETTING, range="x")
    assert detail("no-network-collides", READY, unreadable) == (
        False,
        "range 'x' is not a CIDR; write it like 192.168.0.0/26",
    )


def test_the_management_network_needs_no_vlan_config() -> None:
    """The cluster network mgmt is on every node."""
    setting = attrs.evolve(SETTING, cluster_network="mgmt")
    assert detail("vlan-configs-cover-nodes", Snapshot(), setting) == (True, "mgmt is on every node")


def test_names_cannot_steer_a_terminal() -> None:
    """Control characters in an export's names are escaped."""
    assert "\\x1b[2J" in detail("virtual-machines-stopped", changed(machines=(machine("\x1b[2J"),)))[1]


def test_a_setting_that_cannot_be_read() -> None:
    """A text that is no setting is refused."""
    with pytest.raises(sn.SnPlannerError, match="setting"):
        preflight(READY, "{")


def test_preflights_are_plain_data_and_print_well() -> None:
    """A preflight has the contract's keys in their order, and an escaped table."""
    result = preflight(changed(machines=(machine("<a>"),)), SETTING)
    data = result.to_dict()
    assert (list(data), list(data["checks"][0])) == (["ok", "checks"], ["name", "ok", "detail"])
    assert [check["name"] for check in data["checks"]] == NAMES
    assert json.loads(json.dumps(data)) == data
    assert repr(result).startswith("Preflight(ok=False, checks={'virtual-machines-stopped': False, ")
    assert "default/&lt;a&gt;" in result._repr_html_()


@pytest.mark.parametrize(
    ("snapshot", "verdict"),
    [
        (READY, "Ready: apply it, and expect the outage."),
        (changed(machines=(machine("a"),), volumes=None), "Not ready: 1 prerequisite not met."),
        (changed(machines=None, volumes=None), "Not known to be ready: export what is unknown, 2 prerequisites."),
    ],
)
def test_the_document(snapshot: Snapshot, verdict: str) -> None:
    """People read each prerequisite and the verdict; CSV has a row for each."""
    document = preflight_document(preflight(snapshot, SETTING))
    assert render(document, "table").rstrip().endswith(verdict)
    assert len(render(document, "csv").splitlines()) == len(NAMES) + 1
    assert document.command == "preflight"


def test_a_setting_with_a_key_of_the_wrong_kind() -> None:
    """A setting that Harvester could not read is refused, not checked."""
    with pytest.raises(sn.BadInput, match="setting vlan '1' is not a whole number"):
        sn.preflight(Snapshot(), '{"vlan": "1"}')
