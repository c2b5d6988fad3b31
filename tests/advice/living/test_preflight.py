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
from sn_planner.advice.living.preflight import preflight
from sn_planner.advice.living.readiness import Preflight
from sn_planner.interchange.kubectl import read_snapshot
from sn_planner.interchange.reports.living import preflight_document
from sn_planner.interchange.tables import render
from sn_planner.model.cidr import Cidr
from sn_planner.model.living import resources as kept
from sn_planner.model.living.readers import KINDS
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
    "no-change-in-progress",
    "vlan-configs-cover-nodes",
    "vlan-exclusive",
    "setting-passes-check",
    "no-network-collides",
    "no-node-address-inside",
    "no-pod-network-inside",
    "no-leftover-leases",
    "text-changes-something",
]
# What each check rests on: without one of these, it cannot be met.
NEEDS = {
    "virtual-machines-stopped": {"machines"},
    "volumes-detached": {"volumes"},
    "image-transfers-finished": {"data_sources", "images"},
    "whereabouts-installed": {"definitions"},
    "no-change-in-progress": {"settings"},
    "vlan-configs-cover-nodes": {"vlan_configs", "nodes"},
    "vlan-exclusive": set(),
    "setting-passes-check": {"longhorn_nodes", "nodes", "instance_managers", "settings", "data_sources", "images"},
    "no-network-collides": {"settings", "attachments"},
    "no-node-address-inside": {"nodes"},
    "no-pod-network-inside": {"nodes"},
    "no-leftover-leases": {"pools"},
    "text-changes-something": {"settings"},
}
KINDS_OF = {row.field for row in KINDS.values()}
FIELDS = [field.name for field in attrs.fields(Snapshot) if field.name in KINDS_OF]


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
    assert answers(result) == dict.fromkeys(NAMES) | {"vlan-exclusive": True}
    assert all(
        "with the script of `sn-planner export preflight`" in one.detail for one in result.checks if one.ok is None
    )


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
OTHER = kept.StoredSetting("overcommit-config")  # where it was exported, all settings were
MATCHED = "add one, or wait until its annotation matched-nodes names the node"
POOL = kept.IPPool("kube-system/172.16.0.0-26", Cidr(0xAC100000, 26), (kept.Allocation(1, "longhorn-system/a", "c"),))
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
        "unknown: export backingimagedatasources.longhorn.io and virtualmachineimages.harvesterhci.io "
        "with the script of `sn-planner export preflight`",
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
        f"no VLAN config of storage on harvester-2; {MATCHED}",
    ),
    (
        "vlan-configs-cover-nodes",
        {"vlan_configs": (attrs.evolve(CONFIG, cluster_network="other"),)},
        False,
        f"no VLAN config of storage on harvester-1, harvester-2; {MATCHED}",
    ),
    (
        "vlan-configs-cover-nodes",
        {"nodes": ONE_NODE, "longhorn_nodes": None, "vlan_configs": (kept.VlanConfig("all", "storage"),)},
        False,
        f"no VLAN config of storage on harvester-1; {MATCHED}",
    ),
    (
        "vlan-configs-cover-nodes",
        {"nodes": ONE_NODE},
        None,
        "unknown: export nodes with the script of `sn-planner export preflight`",
    ),
    (
        "vlan-configs-cover-nodes",
        {"nodes": ONE_NODE, "longhorn_nodes": None, "vlan_configs": (CONFIG,)},
        True,
        "1 VLAN config for 1 node, witnesses left out",
    ),
    (
        "setting-passes-check",
        {"longhorn_nodes": None},
        None,
        "it has no error; whether it is large enough is unknown: export nodes.longhorn.io "
        "with the script of `sn-planner export preflight`",
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
        "unknown: export settings.harvesterhci.io with the script of `sn-planner export preflight`",
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
    (
        "no-change-in-progress",
        {
            "settings": (
                kept.StoredSetting("rwx-network", configured=kept.Condition("False", "In Progress")),
                kept.StoredSetting("storage-network", configured=kept.Condition("False", "In Progress")),
            )
        },
        False,
        "Harvester still configures rwx-network, storage-network: wait until the condition 'configured' is True",
    ),
    (
        "no-change-in-progress",
        {"settings": (kept.StoredSetting("storage-network", configured=kept.Condition("False", "Error")), OTHER)},
        True,
        "Harvester configures no network at the moment",
    ),
    (
        "no-change-in-progress",
        {"settings": (kept.StoredSetting("storage-network", configured=kept.Condition("True", "In Progress")), OTHER)},
        True,
        "Harvester configures no network at the moment",
    ),
    (
        "no-node-address-inside",
        {"nodes": (kept.ClusterNode("a", addresses=("fd00::1", "172.16.0.62")), kept.ClusterNode("b"))},
        False,
        "inside: 172.16.0.62 of a; choose a range that no node has an address in",
    ),
    (
        "no-node-address-inside",
        {"nodes": (kept.ClusterNode("a", addresses=("172.16.0.64", "172.15.255.255")),)},
        True,
        "no address of a node in the export lies inside (2 addresses)",
    ),
    (
        "no-pod-network-inside",
        {"nodes": (kept.ClusterNode("a", pod_networks=("fd00::/64", "172.16.0.0/16")),)},
        False,
        "overlaps 172.16.0.0/16 of a: pods have their own addresses from there; choose another range",
    ),
    (
        "no-pod-network-inside",
        {"nodes": (kept.ClusterNode("a", pod_networks=("x", "172.17.0.0/16")),)},
        True,
        "it overlaps no pod network of a node in the export (1 network)",
    ),
    (
        "no-leftover-leases",
        {"pools": (POOL,)},
        False,
        "the IPPool kube-system/172.16.0.0-26 has 1 lease already; delete that IPPool, and its reservations, first",
    ),
    (
        "no-leftover-leases",
        {"pools": (POOL,), "pods": ()},
        False,
        "the IPPool kube-system/172.16.0.0-26 has 1 lease already, 1 of them of pods that are gone; "
        "delete that IPPool, and its reservations, first",
    ),
    (
        "no-leftover-leases",
        {"pools": (attrs.evolve(POOL, range=Cidr(0xAC100000, 25)),)},
        True,
        "the range has no leases yet",
    ),
    (
        "no-leftover-leases",
        {"pools": (POOL,), "settings": (kept.StoredSetting("storage-network", "", WRITTEN),)},
        True,
        "1 lease, of the network in force",
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
    """A preflight has the contract's keys in their order, and a short repr."""
    result = preflight(changed(machines=(machine("<a>"),)), SETTING)
    data = result.to_dict()
    assert (list(data), list(data["checks"][0])) == (["ok", "checks"], ["name", "ok", "detail"])
    assert [check["name"] for check in data["checks"]] == NAMES
    assert json.loads(json.dumps(data)) == data
    assert repr(result).startswith("Preflight(ok=False, checks={'virtual-machines-stopped': False, ")


@pytest.mark.parametrize(
    ("snapshot", "verdict"),
    [
        (READY, "Ready: apply it, and expect the outage."),
        (
            changed(machines=(machine("a"),), volumes=None),
            "Not ready: 1 prerequisite not met, virtual-machines-stopped.",
        ),
        (
            changed(machines=None, volumes=None),
            "Not known to be ready: export what is unknown, virtual-machines-stopped, volumes-detached.",
        ),
    ],
)
def test_the_document(snapshot: Snapshot, verdict: str) -> None:
    """People read the verdict and each prerequisite; CSV has a row for each."""
    document = preflight_document(preflight(snapshot, SETTING))
    assert " ".join(render(document, "table").split()).startswith(verdict)
    assert len(render(document, "csv").splitlines()) == len(NAMES) + 1
    assert document.command == "preflight"


def test_a_setting_with_a_key_of_the_wrong_kind() -> None:
    """A setting that Harvester could not read is refused, not checked."""
    with pytest.raises(sn.BadInput, match="setting vlan '1' is not a whole number"):
        sn.preflight(Snapshot(), '{"vlan": "1"}')


EXCLUSIVE = attrs.evolve(SETTING, exclusive_vlan=True)


@pytest.mark.parametrize(
    ("attachment", "ok"),
    [
        (kept.Attachment("default/vms", bridge="storage-br", vlans=((100, 100),)), False),
        (kept.Attachment("default/trunk", bridge="storage-br", vlans=((1, 99), (100, 200))), False),
        (kept.Attachment("default/trunk", bridge="storage-br", vlans=((1, 99), (101, 200))), True),
        (kept.Attachment("default/vms", bridge="other-br", vlans=((100, 100),)), True),
        (kept.Attachment("harvester-system/storagenetwork-a", bridge="storage-br", vlans=((100, 100),)), True),
    ],
)
def test_an_exclusive_vlan(attachment: kept.Attachment, ok: bool) -> None:
    """A VLAN that shall be exclusive is refused where a VM network or a trunk of the cluster network carries it."""
    snapshot = changed(attachments=(attachment,))
    seen, words = detail("vlan-exclusive", snapshot, EXCLUSIVE, harvester="1.9")
    assert seen is ok
    assert detail("vlan-exclusive", snapshot, EXCLUSIVE, harvester="1.8.2") == (
        True,
        "Harvester 1.8.2 does not read exclusiveVlan: it comes with 1.9.0",
    )
    assert ok or words == f"VLAN 100 of storage is used by {attachment.ref}; choose another"
    assert detail("vlan-exclusive", snapshot)[0] is True
    assert detail("vlan-exclusive", changed(attachments=None), EXCLUSIVE, harvester="1.9")[0] is None


def test_a_part_of_the_namespaces_is_no_proof() -> None:
    """A support bundle has some namespaces only: of networks in others nothing is known, and what is seen counts."""
    partial = attrs.evolve(READY, pod_namespaces=frozenset({"longhorn-system"}))
    assert detail("vlan-exclusive", partial, EXCLUSIVE, harvester="1.9")[0] is None
    assert detail("no-network-collides", partial)[0] is None
    taken = kept.Attachment("default/vms", bridge="storage-br", vlans=((100, 100),))
    assert detail("vlan-exclusive", attrs.evolve(partial, attachments=(taken,)), EXCLUSIVE, harvester="1.9")[0] is False


def test_networks_in_use_count() -> None:
    """The site's networks that are in use stand in the way."""
    ok, words = detail("setting-passes-check", READY, in_use=["172.16.0.32/27"])
    assert (ok, words.partition(":")[0]) == (False, "overlaps-in-use")


def test_without_a_setting_the_cluster_alone_is_asked_about() -> None:
    """The prerequisites that hold for any change are answered without one."""
    result = preflight(READY)
    assert answers(result) == dict.fromkeys(NAMES[:5], True)
    assert result.setting is None
    text = render(preflight_document(result), "table")
    assert "The setting:" not in text
    assert text.startswith("Ready for a change of the network.\n")


def test_taking_the_network_away() -> None:
    """An empty value disables the network: nothing to cover, and refused while the rwx-network shares it."""
    nothing = sn.Written("")
    configured = changed(settings=(kept.StoredSetting("storage-network", "", WRITTEN), OTHER))
    assert answers(preflight(configured, nothing)) == dict.fromkeys(NAMES, True)
    alone = changed(settings=(kept.StoredSetting("storage-network", "", WRITTEN),))
    unknown = {"no-change-in-progress": None, "setting-passes-check": None}
    assert answers(preflight(alone, nothing)) == dict.fromkeys(NAMES, True) | unknown
    shared = sn.Written('{"share-storage-network":true}', "rwx-network")
    settings = (kept.StoredSetting("storage-network", "", WRITTEN), kept.StoredSetting("rwx-network", written=shared))
    ok, words = detail("setting-passes-check", changed(settings=settings), nothing)
    assert (ok, words.partition(":")[0]) == (False, "the rwx-network shares it")
    assert detail("text-changes-something", changed(settings=(kept.StoredSetting("storage-network"),)), nothing) == (
        False,
        "it is the text in force: there is nothing to apply",
    )
    text = render(preflight_document(preflight(READY, nothing)), "table")
    assert text.endswith("The setting: no value, which disables the network\n")


def test_only_the_storage_network_is_asked_about() -> None:
    """A setting of another network is refused: check judges those."""
    with pytest.raises(sn.BadInput, match="setting 'rwx-network' is another network's; give the storage-network"):
        preflight(READY, '{"share-storage-network":true}')


def test_nodes_that_tell_no_address_are_unknown() -> None:
    """Nodes without addresses and pod networks in the export say nothing of the range."""
    bare = changed(nodes=(kept.ClusterNode("harvester-1"), kept.ClusterNode("harvester-2")))
    assert detail("no-node-address-inside", bare)[0] is None
    assert detail("no-pod-network-inside", bare)[0] is None
