"""Verification: the documentation's three steps on an export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from netaddr import IPAddress

import sn_planner as sn
from sn_planner.advice.living.verify import verify
from sn_planner.engine.pool.configuration import PoolExhausted
from sn_planner.interchange.kubectl import read_snapshot
from sn_planner.interchange.reports.living import verify_document
from sn_planner.interchange.tables import render
from sn_planner.model.living import resources as kept
from sn_planner.model.living.snapshot import Snapshot

LIVE = Path(__file__).parents[2] / "data" / "live"
SETTING = sn.Setting(vlan=100, cluster_network="storage", range="10.0.0.0/28", exclude=["10.0.0.12/31"])
SCRIPT = "with the script of `sn-planner export verify`"
DONE = kept.Condition("True", "Completed")
STORED = kept.StoredSetting(
    "storage-network", SETTING.value, sn.Written(SETTING.value, hash=SETTING.sha1), configured=DONE
)
SHARED = '{"share-storage-network":true}'
RWX = kept.StoredSetting("rwx-network", SHARED, sn.Written(SHARED, "rwx-network"))
MESSAGE = "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.14 / range: 10.0.0.0/28 / excludeRanges: []"


def pod(
    name: str, *addresses: str, interface: str = "lhnet1", node: str = "n", ready: bool = True, **more: Any
) -> kept.Pod:
    """A pod of Longhorn; without an address it has no network-status."""
    interfaces = (kept.Interface(interface, "", addresses),) if addresses else None
    return kept.Pod(f"longhorn-system/{name}", node=node, ready=ready, **{"interfaces": interfaces, **more})


MANAGER = pod("instance-manager-1", "10.0.0.1")


EVERY_LEASE = kept.IPPool(
    "kube-system/pool", SETTING.address_range.cidr, tuple(kept.Allocation(offset, "", "") for offset in range(16))
)
NONE_ELSE = ("reservations", "nodes", "longhorn_settings", "instance_managers", "backing_image_managers")
WHOLE: dict[str, Any] = dict.fromkeys(NONE_ELSE, ()) | {"pools": (EVERY_LEASE,)}


def cluster(*pods: kept.Pod, **more: Any) -> Snapshot:
    """A cluster with one node, its setting, and these pods, each with its leases."""
    nodes = (kept.LonghornNode("longhorn-system/n", disks=1),)
    return Snapshot(**WHOLE | {"settings": (STORED,), "pods": pods, "longhorn_nodes": nodes} | more)


def step(number: int, snapshot: Snapshot) -> tuple[bool | None, str]:
    """The answer and the words of one step."""
    found = verify(snapshot).steps[number - 1]
    assert found.step == number
    return found.ok, found.detail


def test_the_example() -> None:
    """The example's storage network works; 26 pods have their line."""
    result = verify(read_snapshot(str(LIVE / "living.json")))
    assert result.ok
    assert [one.ok for one in result.steps] == [True, True, True]
    assert len(result.pods) == 26
    assert {(one.interface, one.ok, one.why) for one in result.pods} == {("lhnet1", True, "")}


def test_the_documentations_pod() -> None:
    """The documentation's pod has its address in the documentation's range."""
    setting = sn.Setting(vlan=100, cluster_network="storage", range="192.168.0.0/24")
    (pods,) = (read_snapshot(str(LIVE / "documented.yaml")).pods,)
    stored = kept.StoredSetting("storage-network", setting.value, sn.Written.of(setting), configured=DONE)
    known: dict[str, Any] = dict.fromkeys(("longhorn_nodes", *NONE_ELSE), ())
    lease = kept.Allocation(3, "longhorn-system/instance-manager-e-1c6fb1b8", "")
    pool = kept.IPPool("kube-system/pool", setting.address_range.cidr, (lease,))
    assert verify(Snapshot(settings=(stored,), pods=pods, pools=(pool,), **known)).ok


def test_nothing_exported_is_nothing_known() -> None:
    """Of an empty export every step is unknown, with the command that exports it."""
    result = verify(Snapshot())
    assert not result.ok
    assert [one.detail for one in result.steps] == [
        f"the setting storage-network is unknown: export settings.harvesterhci.io {SCRIPT}",
        f"Longhorn's pods are unknown: export pods {SCRIPT}",
        f"Longhorn's pods are unknown: export pods {SCRIPT}",
    ]


@pytest.mark.parametrize(
    ("changes", "ok", "words"),
    [
        ({}, True, "configured is True, Completed"),
        ({"written": sn.Written(SETTING.value)}, True, "configured is True, Completed"),
        (
            {"configured": kept.Condition("False", "In Progress", "IP allocation failure for Longhorn Pods")},
            False,
            "configured is False, In Progress, IP allocation failure for Longhorn Pods",
        ),
        ({"configured": kept.Condition("Unknown")}, False, "configured is Unknown"),
        (
            {"configured": None},
            False,
            "the setting storage-network has no condition 'configured': Harvester has not acted upon it",
        ),
        (
            {"written": sn.Written(SETTING.value, hash="da39a3ee5e6b4b0d3255bfef95601890afd80709")},
            False,
            "configured is True, Completed; Harvester has not acted upon the text in force: its hash is of another",
        ),
        (
            {"value": "", "written": sn.Written("")},
            True,
            "configured is True, Completed; the setting has no value: the storage network is disabled",
        ),
    ],
)
def test_step_1(changes: dict[str, Any], ok: bool, words: str) -> None:
    """Step 1 is the setting's condition, its reason and message, on the text in force."""
    assert step(1, cluster(settings=(attrs.evolve(STORED, **changes),))) == (ok, words)


def event(name: str, message: str = MESSAGE) -> kept.Event:
    """An event of a pod that got no address."""
    return kept.Event(f"longhorn-system/{name}.17", f"longhorn-system/{name}" if name else "", message)


ONE_RIGHT = "1 of 1 pod with an address in 10.0.0.0/28"
WAITS = (
    "longhorn-system/instance-manager-2 waits: 10.0.0.0/28 has no free address; while it waits, an upgrade of Longhorn "
    "does not go on and its node serves no new volume; its 14 addresses are enough for the cluster (4 at the peak): "
    "look for stale leases"
)
STEPS_2: list[tuple[Snapshot, bool | None, str]] = [
    (cluster(MANAGER), True, "1 manager ready"),
    (
        cluster(MANAGER, longhorn_nodes=None),
        None,
        f"1 manager ready; whether those are all is unknown: export nodes.longhorn.io {SCRIPT}",
    ),
    (cluster(), False, "no instance manager on: n; no pod of an instance manager; 0 managers ready"),
    (
        cluster(MANAGER, nodes=None, longhorn_nodes=(kept.LonghornNode("l/witness", disks=0),)),
        None,
        f"1 manager ready; whether those are all is unknown: export nodes {SCRIPT}",
    ),
    (
        cluster(MANAGER, pod("backing-image-manager-1", ready=False)),
        False,
        "not ready: longhorn-system/backing-image-manager-1; 1 manager ready",
    ),
    (
        cluster(
            MANAGER,
            instance_managers=(kept.InstanceManager("longhorn-system/instance-manager-1"),),
            backing_image_managers=(
                kept.BackingImageManager("longhorn-system/backing-image-manager-9", "running"),
                kept.BackingImageManager("longhorn-system/backing-image-manager-8", "stopped"),
            ),
        ),
        False,
        "without a pod: longhorn-system/backing-image-manager-9; 1 manager ready",
    ),
    (
        cluster(MANAGER, longhorn_nodes=tuple(kept.LonghornNode(f"longhorn-system/{name}", 1) for name in ("n", "m"))),
        False,
        "no instance manager on: m; 1 manager ready",
    ),
    (
        cluster(pod("longhorn-manager-1"), longhorn_nodes=None),
        False,
        "no pod of an instance manager; 0 managers ready",
    ),
    (
        cluster(kept.Pod("default/web")),
        None,
        f"Longhorn's pods are unknown: export pods {SCRIPT}",
    ),
    (
        cluster(
            MANAGER,
            pod("instance-manager-2", ready=False),
            events=(event("instance-manager-2", f'sandbox "a": {MESSAGE}'), event("instance-manager-2", MESSAGE)),
        ),
        False,
        f"not ready: longhorn-system/instance-manager-2; {WAITS}; 1 manager ready",
    ),
    (
        cluster(MANAGER, events=(event("instance-manager-1"), event("gone"))),
        True,
        "1 manager ready; events of 2 pods that got an address since, or are gone",
    ),
    (
        cluster(MANAGER, events=(event("", MESSAGE),), longhorn_nodes=None),
        False,
        "a pod waits: 10.0.0.0/28 has no free address; describe the cluster to learn which prefix would do; "
        "1 manager ready",
    ),
]


@pytest.mark.parametrize(("snapshot", "ok", "words"), STEPS_2)
def test_step_2(snapshot: Snapshot, ok: bool | None, words: str) -> None:
    """Step 2 is every manager ready, on every node, and no pod waiting for an address."""
    assert step(2, snapshot) == (ok, words)


def test_other_causes_are_named() -> None:
    """A manager that waits for something else than an address is told with its cause and cure."""
    message = "error at storage engine: k8s get error: Unauthorized"
    waiting = pod("instance-manager-2", ready=False)
    result = verify(cluster(MANAGER, waiting, events=(event("instance-manager-2", message),)))
    assert [(one.cause, one.pods) for one in result.events] == [("unauthorized", (waiting.ref,))]
    assert f"{waiting.ref} waits: unauthorized; no range ran dry: the token of Whereabouts" in result.steps[1].detail
    assert result.steps[1].ok is False


def test_events_are_decoded() -> None:
    """The events' messages are told with their range and what the cluster would need."""
    (found,) = verify(cluster(MANAGER, events=(event("instance-manager-2"),))).events
    assert (found.range, found.usable, found.pod) == ("10.0.0.0/28", 14, "longhorn-system/instance-manager-2")
    first, last = IPAddress("10.0.0.1"), IPAddress("10.0.0.6")
    full = PoolExhausted(first, last, "10.0.0.0/29", whereabouts="0.6.2")
    (found,) = verify(cluster(events=(event("instance-manager-2", str(full)),))).events
    assert (found.range, found.usable) == ("10.0.0.0/29", 6)


PODS: list[tuple[tuple[kept.Pod, ...], dict[str, tuple[str | None, str | None, bool | None, str]]]] = [
    ((MANAGER,), {"instance-manager-1": ("lhnet1", "10.0.0.1", True, "")}),
    (
        (pod("backing-image-ds-1", "fd00::1", "10.0.0.2"),),
        {"backing-image-ds-1": ("lhnet1", "10.0.0.2", True, "")},
    ),
    (
        (pod("backing-image-manager-1"),),
        {"backing-image-manager-1": (None, None, False, "it has no network-status: Multus has attached nothing")},
    ),
    (
        (pod("instance-manager-1", "10.0.0.1", interface="lhnet2"),),
        {"instance-manager-1": (None, None, False, "it has no interface lhnet1")},
    ),
    (
        (pod("instance-manager-1", "fd00::1"),),
        {"instance-manager-1": ("lhnet1", None, False, "its interface has no IPv4 address")},
    ),
    (
        (pod("instance-manager-1", "10.0.1.1"),),
        {"instance-manager-1": ("lhnet1", "10.0.1.1", False, "it lies outside 10.0.0.0/28")},
    ),
    (
        (pod("instance-manager-1", "10.0.0.13"),),
        {"instance-manager-1": ("lhnet1", "10.0.0.13", False, "it lies in an exclude")},
    ),
    (
        (MANAGER, pod("backing-image-manager-1", "10.0.0.1")),
        dict.fromkeys(
            ("instance-manager-1", "backing-image-manager-1"),
            ("lhnet1", "10.0.0.1", False, "another pod has the same address"),
        ),
    ),
    ((pod("longhorn-manager-1", "10.0.0.1"), pod("instance-manager-1", "10.0.0.1", phase="Failed")), {}),
    (
        (
            pod("share-manager-1", "10.0.0.2", interface="lhnet2"),
            pod("longhorn-csi-plugin-1", "172.16.0.1", interface="lhnet2"),
            pod("longhorn-csi-plugin-2"),
        ),
        {"share-manager-1": ("lhnet2", "10.0.0.2", True, "")},
    ),
]


@pytest.mark.parametrize(("pods", "expected"), PODS)
def test_a_line_a_pod(pods: tuple[kept.Pod, ...], expected: dict[str, object]) -> None:
    """Every pod that belongs on the storage network, or is on it, has a line that says what is wrong."""
    lines = {one.pod: (one.interface, one.address, one.ok, one.why) for one in verify(cluster(*pods)).pods}
    assert lines == {f"longhorn-system/{name}": line for name, line in expected.items()}


def test_rwx_pods_belong_where_they_share() -> None:
    """Where RWX volumes share the storage network, each of their pods has its line; the address inside it counts."""
    both = (kept.Interface("lhnet1", "", ("172.16.0.1",)), kept.Interface("lhnet2", "", ("10.0.0.3",)))
    snapshot = cluster(pod("share-manager-1", interfaces=both), pod("longhorn-csi-plugin-1"), settings=(STORED, RWX))
    lines = [(one.interface, one.address, one.why) for one in verify(snapshot).pods]
    assert lines == [
        ("lhnet2", "10.0.0.3", ""),
        (None, None, "it has no network-status: Multus has attached nothing"),
    ]
    bare = cluster(pod("share-manager-1", interfaces=()), settings=(STORED, RWX))
    assert verify(bare).pods[0].why == "it has no interface lhnet1 or lhnet2"


@pytest.mark.parametrize(
    ("snapshot", "ok", "words"),
    [
        (cluster(MANAGER), True, "1 of 1 pod with an address in 10.0.0.0/28"),
        (
            cluster(MANAGER, pod("backing-image-manager-1")),
            False,
            "1 of 2 pods with an address in 10.0.0.0/28; not so: longhorn-system/backing-image-manager-1",
        ),
        (cluster(pods=None), None, f"Longhorn's pods are unknown: export pods {SCRIPT}"),
        (cluster(), False, "there is no pod of the storage network"),
        (
            cluster(MANAGER, pools=None),
            None,
            f"{ONE_RIGHT}; whether they are leased, and all, is unknown: export ippools.whereabouts.cni.cncf.io "
            f"{SCRIPT}",
        ),
        (
            cluster(MANAGER, pod("share-manager-a"), longhorn_settings=None),
            None,
            f"{ONE_RIGHT}; whether they are leased, and all, is unknown: export settings.longhorn.io {SCRIPT}",
        ),
        (cluster(MANAGER, pools=()), False, f"0 of 1 pod with an address in 10.0.0.0/28; not so: {MANAGER.ref}"),
        (
            cluster(MANAGER, settings=None, pools=None),
            None,
            f"the range is unknown: export settings.harvesterhci.io {SCRIPT}",
        ),
        (
            cluster(MANAGER, settings=(kept.StoredSetting("storage-network"),)),
            False,
            "the storage network is disabled: no pod has an address of it",
        ),
    ],
)
def test_step_3(snapshot: Snapshot, ok: bool | None, words: str) -> None:
    """Step 3 is every pod with its address; unknown without pods or range."""
    assert step(3, snapshot) == (ok, words)


def test_without_a_range_addresses_are_unknown() -> None:
    """A pod's address is neither right nor wrong where the range was not exported."""
    (line,) = verify(cluster(MANAGER, settings=None, pools=None)).pods
    assert (line.ok, line.why[:12]) == (None, "the range is")


def test_verifications_are_plain_data_and_print_well() -> None:
    """A verification has the contract's keys in their order, and escaped names."""
    result = verify(cluster(pod("instance-manager-<1>\x1b", ready=False)))
    data = result.to_dict()
    assert list(data) == ["ok", "steps", "pods"]
    assert list(data["steps"][0]) == ["step", "ok", "detail"]
    assert list(data["pods"][0]) == ["pod", "interface", "address", "ok", "why"]
    assert json.loads(json.dumps(data)) == data
    assert data["pods"][0]["pod"] == "longhorn-system/instance-manager-<1>\\x1b"


@pytest.mark.parametrize(
    ("snapshot", "verdict"),
    [
        (cluster(MANAGER), "The storage network works: start the VMs."),
        (cluster(pod("instance-manager-1", ready=False)), "The storage network does not work: step 2, 3 is not done."),
        (Snapshot(settings=(STORED,)), "Not known to work: export what step 2, 3 asks for."),
    ],
)
def test_the_document(snapshot: Snapshot, verdict: str) -> None:
    """People read the verdict and the steps; CSV has a row a step, or a pod where that is asked for."""
    result = verify(snapshot)
    document = verify_document(result)
    assert render(document, "table").startswith(verdict)
    assert len(render(document, "csv").splitlines()) == 3 + 1
    assert len(render(document.explain(), "csv").splitlines()) == len(result.pods) + 1
    assert document.command == "verify"


def test_a_pod_without_a_lease_is_wrong() -> None:
    """An address that a pod has and nobody leased goes to the next pod: step 3 names it; a reservation is enough."""
    pool = kept.IPPool("kube-system/10.0.0.0-28", sn.AddressRange("10.0.0.0/28").cidr, ())
    result = verify(cluster(MANAGER, pools=(pool,)))
    assert result.steps[2].ok is False
    assert result.pods[0].why == (
        "its address has no lease: Whereabouts gives it to the next pod, too; restart this one first"
    )
    leased = attrs.evolve(pool, allocations=(kept.Allocation(1, MANAGER.ref, ""), kept.Allocation(2**33, "x/y", "")))
    assert verify(cluster(MANAGER, pools=(leased,))).ok
    reserved = (kept.Reservation("kube-system/10.0.0.1", MANAGER.ref),)
    assert verify(cluster(MANAGER, pools=(pool,), reservations=reserved)).ok
    assert verify(cluster(MANAGER)).ok


def test_notes_on_the_export_are_told() -> None:
    """What was left out of the export stands with the answer."""
    left = (kept.LeftOut("pods", "default/x", "odd"),)
    assert verify(cluster(MANAGER, left_out=left)).notes == ("left out, for it cannot be read: default/x (odd)",)
    assert verify(cluster(MANAGER), harvester="1.6.x").notes == (
        "Harvester 1.6.x is a line of releases: planned as 1.6.1, its last",
    )
