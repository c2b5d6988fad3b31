"""Harvester's own pre-check: restated naively from plain objects, and held against ours on generated exports."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice.living.audit import Audit, audit
from sn_planner.interchange.kubectl import snapshot_of
from sn_planner.model.living.readers import KINDS

Object = dict[str, Any]
RANGE = "172.16.0.0/27"


def naive(items: list[Object]) -> tuple[str, int | None, int | None]:
    """The script, line by line, on the objects that `kubectl get` would give it: verdict, required, free."""

    def listed(kind: str, group: str) -> list[Object]:
        return [one for one in items if one["kind"] == kind and one["apiVersion"].startswith(group)]

    def value(name: str) -> str:
        found = [one for one in listed("Setting", "harvesterhci.io") if one["metadata"]["name"] == name]
        return str(found[0].get("value") or found[0].get("default") or "") if found else ""

    def free_of(network: Object) -> int:
        block = ipaddress.ip_network(network["range"])
        usable = {int(one) for one in block.hosts()}
        for exclude in network.get("exclude", []):
            usable -= {int(one) for one in ipaddress.ip_network(exclude, strict=False)}
        name = network["range"].replace("/", "-")
        pools = [one for one in listed("IPPool", "whereabouts") if one["metadata"]["name"] == name]
        return len(usable) - (len(pools[0]["spec"]["allocations"]) if pools else 0)

    storage, rwx = value("storage-network"), value("rwx-network")
    if not storage:
        return "skipped", None, None
    shares = bool(json.loads(rwx).get("share-storage-network")) if rwx else False
    if not rwx:
        names = {one["metadata"]["name"]: one["value"] for one in listed("Setting", "longhorn.io")}
        shares = names.get("storage-network-for-rwx-volume-enabled") == "true"
    managers = len(listed("InstanceManager", "longhorn.io")) + len(listed("BackingImageManager", "longhorn.io"))
    required, free = managers + shares, free_of(json.loads(storage))
    failed = free < required
    if rwx and not shares and json.loads(rwx).get("network"):
        failed = failed or free_of(json.loads(rwx)["network"]) < 1
    return "fail" if failed else "pass", required, free


def an(kind: str, api: str, name: str, namespace: str = "longhorn-system", **more: Any) -> Object:
    """An object as kubectl prints it."""
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **more}


LONGHORN, WHEREABOUTS, HARVESTER = "longhorn.io/v1beta2", "whereabouts.cni.cncf.io/v1alpha1", "harvesterhci.io/v1beta1"


def pool(network: str, allocations: dict[str, str]) -> Object:
    """An IPPool: pods by offset."""
    held = {
        offset: {"id": f"c{offset}", "podref": f"longhorn-system/{name}", "ifname": "lhnet1"}
        for offset, name in allocations.items()
    }
    name = network.replace("/", "-")
    return an("IPPool", WHEREABOUTS, name, "kube-system", spec={"range": network, "allocations": held})


def pod(name: str) -> Object:
    """A pod that runs."""
    return an("Pod", "v1", name, status={"phase": "Running"})


@st.composite
def exports(draw: st.DrawFn) -> list[Object]:
    """A cluster as exported: nodes, disks, managers of both engines, leases of pods that live or are gone."""
    nodes = draw(st.integers(1, 4))
    disks = draw(st.integers(0, 2))
    v2 = draw(st.integers(0, nodes))
    images = draw(st.integers(0, disks))
    items: list[Object] = []
    pods: list[str] = []
    for node in range(nodes):
        uuids = [f"uuid-{node}-{disk}" for disk in range(disks)]
        status = {uuid: {"diskUUID": uuid, "scheduledBackingImage": {"i": 1}} for uuid in uuids[:images]}
        held = {"disks": {uuid: {"diskType": "filesystem"} for uuid in uuids}}
        items.append(an("Node", LONGHORN, f"node-{node}", spec=held, status={"diskStatus": status}))
        for engine in ("v1", "v2")[: 1 + (node < v2)]:
            pods.append(f"instance-manager-{node}-{engine}")
            spec = {"nodeID": f"node-{node}", "type": "aio", "dataEngine": engine}
            items.append(an("InstanceManager", LONGHORN, pods[-1], spec=spec, status={"currentState": "running"}))
        for uuid in uuids[:images]:
            pods.append(f"backing-image-manager-{uuid}")
            items.append(
                an("BackingImageManager", LONGHORN, pods[-1], spec={"nodeID": f"node-{node}", "diskUUID": uuid})
            )
    transfers = draw(st.integers(0, 2))
    for number in range(transfers):
        pods.append(f"backing-image-ds-{number}")
        items.append(an("BackingImageDataSource", LONGHORN, f"i{number}", status={"currentState": "in-progress"}))
    gone = [f"instance-manager-gone-{number}" for number in range(draw(st.integers(0, 3)))]
    items += [pod(name) for name in (*pods, "longhorn-manager-1")]
    leases = {str(offset): name for offset, name in enumerate([*pods, *gone], 1) if offset <= 30}
    outside = draw(st.sampled_from([(), ("31",), ("0", "31"), ("40", "41", "42")]))
    leases |= {offset: f"outside-{offset}" for offset in outside}
    items.append(pool(RANGE, leases))
    exclude = draw(st.sampled_from([[], [f"172.16.0.{30 - spare}/32" for spare in range(5)], ["172.16.0.28/30"]]))
    network: Object = {"vlan": 100, "clusterNetwork": "storage", "range": RANGE}
    if exclude and len(leases) < 26:
        network["exclude"] = exclude
    items.append(an("Setting", HARVESTER, "storage-network", "", value=json.dumps(network)))
    items.append(an("Setting", HARVESTER, "server-version", "", value=draw(st.sampled_from(["v1.6.1", "v1.8.1"]))))
    if not draw(st.integers(0, 3)):
        items.append(an("BackingImageManager", LONGHORN, "idle", spec={"nodeID": "node-0", "diskUUID": "elsewhere"}))
    return items + draw(rwx_modes())


@st.composite
def rwx_modes(draw: st.DrawFn) -> list[Object]:
    """How RWX volumes are served: not at all, on the storage network by either setting, or on one of their own."""
    mode = draw(st.sampled_from(["none", "longhorn", "shared", "own", "own-full"]))
    manager = an("ShareManager", LONGHORN, "pvc-1", status={"state": "running"})
    if mode == "longhorn":
        name = "storage-network-for-rwx-volume-enabled"
        return [an("Setting", LONGHORN, name, value="true"), manager]
    if mode == "shared":
        return [an("Setting", HARVESTER, "rwx-network", "", value='{"share-storage-network":true}'), manager]
    if mode.startswith("own"):
        own = {"share-storage-network": False, "network": {"vlan": 7, "clusterNetwork": "s", "range": "10.9.0.0/29"}}
        held = {str(offset): f"longhorn-csi-plugin-{offset}" for offset in range(1, 7 if mode == "own-full" else 3)}
        setting = an("Setting", HARVESTER, "rwx-network", "", value=json.dumps(own))
        return [setting, manager, pool("10.9.0.0/29", held)]
    return [manager] if draw(st.booleans()) else []


def audited(items: list[Object]) -> Audit:
    """The audit of an export."""
    kinds = [row for row in KINDS.values() if row.group in {"longhorn.io", "harvesterhci.io"} or "IP" in row.kind]
    with_none = [{"apiVersion": f"{row.group}/{row.version}", "kind": f"{row.kind}List", "items": []} for row in kinds]
    return audit(snapshot_of("\n".join(map(json.dumps, [*items, *with_none]))))


@given(exports())
def test_the_pre_check_is_restated_exactly(items: list[Object]) -> None:
    """Verdict, required and free are the script's, whatever the cluster."""
    check = audited(items).precheck
    assert (check.verdict, check.required, check.free) == naive(items)


NAMED = (
    "managers of the V2",
    "leases of addresses that are none",
    "upgrade repository, which",
    "image transfer",
    "stale lease",
)


@given(exports())
def test_ours_differs_by_name_only(items: list[Object]) -> None:
    """Where our figures are not the script's, the one sentence names why; where it fails unrefuted, nothing fits."""
    result = audited(items)
    check, upgrade = result.precheck, result.upgrade
    assert upgrade is not None
    (sentence,) = [one.message for one in result.advice if one.message.startswith("Harvester's pre-check")]
    if check.verdict == "fail" and not check.is_refuted:
        assert result.upgrade_fits is False
    if check.is_refuted:
        assert check.excess
        assert result.upgrade_fits is (upgrade.required <= result.free)
    named = [name for name in NAMED if name in sentence]
    if (check.required, check.free) == (upgrade.required, result.free):
        assert "Ours differs" not in sentence
    else:
        assert named or "it goes by the formula" in sentence
    if not named and "it goes by the formula" not in sentence:
        assert result.upgrade_fits is (check.verdict == "pass")


def cluster(managers: int, v2: int = 0, **leases: str) -> list[Object]:
    """So many nodes without disks in a /29, each with its manager; some with one of the V2 data engine too."""
    items = []
    names = []
    for node in range(managers):
        items.append(an("Node", LONGHORN, f"node-{node}", spec={"disks": {}}))
        for engine in ("v1", "v2")[: 1 + (node < v2)]:
            names.append(f"instance-manager-{node}-{engine}")
            spec = {"nodeID": f"node-{node}", "type": "aio", "dataEngine": engine}
            items.append(an("InstanceManager", LONGHORN, names[-1], spec=spec, status={"currentState": "running"}))
    held = {str(offset): name for offset, name in enumerate(names, 1)}
    network = {"vlan": 100, "clusterNetwork": "storage", "range": "10.0.0.0/29"}
    items += [pod(name) for name in names]
    items.append(pool("10.0.0.0/29", held | {offset.removeprefix("at"): name for offset, name in leases.items()}))
    return [*items, an("Setting", HARVESTER, "storage-network", "", value=json.dumps(network))]


def said(items: list[Object]) -> tuple[str | None, bool, bool | None, str]:
    """Verdict, refuted, fits, and the sentence's end."""
    result = audited(items)
    (advice,) = [one for one in result.advice if one.message.startswith("Harvester's pre-check")]
    return result.precheck.verdict, result.precheck.is_refuted, result.upgrade_fits, advice.message


def test_v2_managers_are_refuted() -> None:
    """Two nodes with both engines want two addresses, of which two are free; the script wants four."""
    verdict, refuted, fits, sentence = said(cluster(2, v2=2))
    assert (verdict, refuted, fits) == ("fail", True, True)
    assert sentence == (
        "Harvester's pre-check fails: it wants one more for each of 4 instance managers and 0 backing-image-managers, "
        "4 in all; it counts 2 free. Ours differs: 2 of its addresses are for managers of the V2 data "
        "engine, which are not doubled"
    )


def test_leases_outside_are_refuted() -> None:
    """A lease of the broadcast address takes none of the range's, and the script counts it."""
    verdict, refuted, fits, sentence = said(cluster(3, at7="gone", at8="gone"))
    assert (verdict, refuted, fits) == ("fail", True, True)
    assert "2 of its addresses are for leases of addresses that are none of the range's" in sentence


def test_a_stale_lease_is_not_refuted() -> None:
    """A lease of a pod that is gone still takes an address: the script's no is a no, though the reconciler may come."""
    verdict, refuted, fits, sentence = said(cluster(3, at6="instance-manager-gone"))
    assert (verdict, refuted, fits) == ("fail", False, False)
    assert sentence.endswith("Ours differs: it knows nothing of 1 stale lease") or "Ours differs" not in sentence


def test_a_manager_without_a_node_is_not_refuted() -> None:
    """What we do not know the reason of is not refuted: the upgrade does not fit where the script says so."""
    extra = [an("InstanceManager", LONGHORN, f"old-{n}", spec={"nodeID": "away", "type": "aio"}) for n in range(3)]
    verdict, refuted, fits, sentence = said([*cluster(2), *extra])
    assert (verdict, refuted, fits) == ("fail", False, False)
    assert sentence.endswith("Ours differs: it goes by the formula")
    result = audited([*cluster(2), *extra])
    assert not result.ok
    (verdict_line,) = [one for one in result.advice if "the next upgrade needs" in one.message]
    assert verdict_line.message.endswith("it would fit, but for Harvester's own pre-check")


def test_a_full_rwx_network_is_never_refuted() -> None:
    """Where the rwx-network has no free address the pre-check is right, though it counts too many managers."""
    items = cluster(2, v2=2)
    assert audited(items).precheck.is_refuted
    own = {"share-storage-network": False, "network": {"vlan": 7, "clusterNetwork": "storage", "range": "10.7.0.0/30"}}
    items.append(an("Setting", HARVESTER, "rwx-network", "", value=json.dumps(own)))
    check = audited([*items, pool("10.7.0.0/30", {"1": "a", "2": "b"})]).precheck
    assert (check.verdict, check.is_refuted, check.excess) == ("fail", False, ())


@pytest.mark.parametrize(("version", "excess"), [("v1.6.1", 1), ("v1.7.0", 0)])
def test_the_repository_is_no_volume_before_1_7(version: str, excess: int) -> None:
    """The script asks for the repository's address of every release that shares; before 1.7 there is none."""
    shares = an("Setting", LONGHORN, "storage-network-for-rwx-volume-enabled", value="true")
    release = an("Setting", HARVESTER, "server-version", "", value=version)
    check = audited([*cluster(2), shares, release]).precheck
    assert (check.required, sum(count for _, count in check.excess)) == (3, excess)


def test_skipped_and_unknown() -> None:
    """Without a value it is skipped; without the managers its verdict is unknown, and the command is named."""
    items = cluster(2)
    disabled = [*items[:-1], an("Setting", HARVESTER, "storage-network", "", value="")]
    assert said(disabled)[:1] == ("skipped",)
    assert audited(disabled).precheck.to_dict() == {
        "verdict": "skipped",
        "required": None,
        "free": None,
        "why": "the storage-network has no value",
    }
    bare = snapshot_of("\n".join(json.dumps(one) for one in items if one["kind"] != "InstanceManager"))
    check = audit(bare).precheck
    assert (check.verdict, check.required, check.free, check.is_refuted) == (None, None, 4, False)
    assert check.why.startswith(
        "what else it counts is unknown: export instancemanagers.longhorn.io, backingimagemanagers.longhorn.io and "
    )


def test_a_full_rwx_network_fails_it() -> None:
    """An rwx-network of its own must have an address for the upgrade repository."""
    own = {"network": {"vlan": 7, "clusterNetwork": "s", "range": "10.9.0.0/30"}}
    setting = an("Setting", HARVESTER, "rwx-network", "", value=json.dumps(own))
    held = {"1": "longhorn-csi-plugin-1", "2": "longhorn-csi-plugin-2"}
    full = audited([*cluster(2), setting, pool("10.9.0.0/30", held)])
    assert (full.precheck.verdict, full.precheck.is_refuted, full.upgrade_fits) == ("fail", False, False)
    assert full.precheck.why.endswith("; the rwx-network has no free address for the upgrade repository")
    free = audited([*cluster(2), setting, pool("10.9.0.0/30", {"1": "longhorn-csi-plugin-1"})])
    assert (free.precheck.verdict, free.upgrade_fits) == ("pass", True)


def test_the_pre_check_is_a_public_name() -> None:
    """What an audit holds has its name at the door."""
    result = audited(cluster(2))
    assert isinstance(result.precheck, sn.PreCheck)
    assert result.to_dict()["precheck"] == result.precheck.to_dict()
