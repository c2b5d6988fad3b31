"""Exports: every shape that kubectl prints is read; what is broken is refused, or left out and named."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import textwrap
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.interchange.kubectl import read_snapshot, snapshot_of
from sn_planner.model.cidr import Cidr
from sn_planner.model.living import resources as kept
from sn_planner.model.living.exports import resource_of
from sn_planner.model.living.readers import KINDS, Kind
from sn_planner.model.living.snapshot import Snapshot

LIVE = Path(__file__).parents[1] / "data" / "live"
FIELD = Path(__file__).parents[1] / "data" / "field" / "exports"
Object = dict[str, Any]


def an(kind: str, api: str, name: str = "one", namespace: str | None = None, **rest: Any) -> Object:
    """An object as kubectl prints it."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **rest.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def read(*objects: Object) -> Snapshot:
    """The Snapshot of a mixed list."""
    return snapshot_of(json.dumps({"apiVersion": "v1", "items": list(objects), "kind": "List", "metadata": {}}))


POD = an("Pod", "v1", "instance-manager-1", "longhorn-system")
STATUS = "k8s.v1.cni.cncf.io/network-status"
POOL = an("IPPool", "whereabouts.cni.cncf.io/v1alpha1", "10.0.0.0-24", "kube-system", spec={"range": "10.0.0.0/24"})
LONGHORN = "longhorn.io/v1beta2"


def with_status(text: object) -> Object:
    """A pod with that network-status."""
    return {**POD, "metadata": {**POD["metadata"], "annotations": {STATUS: text}}}


def with_allocations(allocations: object) -> Object:
    """An IPPool with those allocations."""
    return {**POOL, "spec": {"range": "10.0.0.0/24", "allocations": allocations}}


def test_the_example_of_a_living_cluster() -> None:
    """The example export holds a cluster of four nodes and a witness, its setting and its 27 leases."""
    snapshot = read_snapshot(str(LIVE / "living.json"))
    cluster = snapshot.cluster
    assert cluster is not None
    assert (cluster.storage_nodes, cluster.disks, cluster.witness_nodes, cluster.images) == (4, 20, 1, 2)
    assert snapshot.setting == sn.Setting(vlan=100, cluster_network="storage", range="192.168.50.0/27")
    assert snapshot.pool is not None
    assert len(snapshot.pool.allocations) == 27
    assert (snapshot.harvester, snapshot.has_every_setting, dict(snapshot.skipped)) == ("1.6.1", True, {"ConfigMap": 1})


def test_the_documentations_pod() -> None:
    """The documentation's instance manager, in YAML and with the older annotation, has its address on lhnet1."""
    (pod,) = read_snapshot(str(LIVE / "documented.yaml")).pods or ()
    assert pod == kept.Pod(
        "longhorn-system/instance-manager-e-1c6fb1b8",
        node="node-1",
        phase="Running",
        ready=True,
        sandbox="2518b0696f6635896645b5546417447843e14208525d3c19d7ec6d7296cc13cd",
        interfaces=(kept.Interface("lhnet1", "harvester-system/storagenetwork-95bj4", ("192.168.0.3",)),),
    )


def test_a_directory_of_exports() -> None:
    """A directory is read whole: YAML and JSON, many documents, lists of one kind that may be empty."""
    snapshot = read_snapshot(str(LIVE / "before"))
    assert snapshot.machines == ()
    assert snapshot.cluster == sn.Cluster(
        [
            sn.Node(disks=2, name="harvester-1", v2_data_engine=True),
            sn.Node(disks=1, name="harvester-2"),
            sn.Node(witness=True, name="harvester-3"),
        ]
    )
    assert snapshot.longhorn_nodes is not None
    assert [one.image_disks for one in snapshot.longhorn_nodes] == [("7a156f1f-a859-4fbf-bd1b-1d0d1235f7e1",), None]
    assert (snapshot.pods, snapshot.pools) == (None, ())


# One object of each kind and what is kept of it; the shapes are those of the APIs named in model/kinds.
SHAPES: list[tuple[str, Object, object]] = [
    (
        "settings",
        an(
            "Setting",
            "harvesterhci.io/v1beta1",
            "storage-network",
            metadata={"annotations": {"storage-network.settings.harvesterhci.io/hash": "abc"}},
            status={
                "conditions": [{"type": "other"}, {"type": "configured", "status": "False", "reason": "In Progress"}]
            },
            value='{"vlan":1,"clusterNetwork":"a","range":"10.0.0.0/24"}',
        ),
        kept.StoredSetting(
            "storage-network",
            '{"vlan":1,"clusterNetwork":"a","range":"10.0.0.0/24"}',
            sn.Written('{"vlan":1,"clusterNetwork":"a","range":"10.0.0.0/24"}', hash="abc"),
            configured=kept.Condition("False", "In Progress"),
        ),
    ),
    (
        "settings",
        an("Setting", "harvesterhci.io/v1beta1", "rwx-network", value='{"share-storage-network":true}'),
        kept.StoredSetting(
            "rwx-network",
            '{"share-storage-network":true}',
            sn.Written('{"share-storage-network":true}', "rwx-network"),
        ),
    ),
    (
        "settings",
        an(
            "Setting",
            "harvesterhci.io/v1beta1",
            "rwx-network",
            value='{"vlan":2,"clusterNetwork":"a","range":"10.1.0.0/24"}',
        ),
        kept.StoredSetting(
            "rwx-network",
            '{"vlan":2,"clusterNetwork":"a","range":"10.1.0.0/24"}',
            sn.Written('{"vlan":2,"clusterNetwork":"a","range":"10.1.0.0/24"}', "rwx-network"),
        ),
    ),
    (
        "settings",
        an("Setting", "harvesterhci.io/v1beta1", "ssl-certificates", value="secret"),
        kept.StoredSetting("ssl-certificates"),
    ),
    (
        "attachments",
        an(
            "NetworkAttachmentDefinition",
            "k8s.cni.cncf.io/v1",
            "storagenetwork-x",
            "harvester-system",
            spec={
                "config": '{"IPAM":{"type":"whereabouts","Range":"10.0.0.0/24","exclude":["10.0.0.1/32"],'
                '"range_start":"10.0.0.9","range_end":"10.0.0.12"}}'
            },
        ),
        kept.Attachment("harvester-system/storagenetwork-x", "10.0.0.0/24", ("10.0.0.1/32",), "10.0.0.9", "10.0.0.12"),
    ),
    (
        "attachments",
        an(
            "NetworkAttachmentDefinition",
            "k8s.cni.cncf.io/v1",
            "trunk",
            "default",
            spec={
                "config": '{"type":"bridge","bridge":"storage-br","vlan":5,"vlanTrunk":'
                '[{"minID":10,"maxID":20},{"ID":30},{"minID":"x"},7]}'
            },
        ),
        kept.Attachment("default/trunk", bridge="storage-br", vlans=((5, 5), (10, 20), (30, 30))),
    ),
    (
        "attachments",
        an("NetworkAttachmentDefinition", "k8s.cni.cncf.io/v1", "own", "x", spec={"config": '{"bridge":1,"vlan":"a"}'}),
        kept.Attachment("x/own"),
    ),
    (
        "attachments",
        an("NetworkAttachmentDefinition", "k8s.cni.cncf.io/v1", "vlan", "default", spec={}),
        kept.Attachment("default/vlan"),
    ),
    (
        "pools",
        with_allocations(
            {"10": {"id": "c", "podref": "longhorn-system/a"}, "2": {"id": "d", "podref": "n/b", "ifname": "lhnet1"}}
        ),
        kept.IPPool(
            "kube-system/10.0.0.0-24",
            Cidr(0x0A000000, 24),
            (kept.Allocation(2, "n/b", "d", "lhnet1"), kept.Allocation(10, "longhorn-system/a", "c")),
        ),
    ),
    (
        "reservations",
        an(
            "OverlappingRangeIPReservation",
            "whereabouts.cni.cncf.io/v1alpha1",
            "10.0.0.2",
            "kube-system",
            spec={"podref": "n/b"},
        ),
        kept.Reservation("kube-system/10.0.0.2", "n/b"),
    ),
    (
        "instance_managers",
        an(
            "InstanceManager",
            LONGHORN,
            spec={"image": "i", "nodeID": "n", "type": "aio", "dataEngine": "v2"},
            status={"currentState": "running"},
        ),
        kept.InstanceManager("one", "running", "n", "aio", "v2", "i"),
    ),
    (
        "backing_image_managers",
        an(
            "BackingImageManager",
            LONGHORN,
            spec={"image": "i", "nodeID": "n", "diskUUID": "u", "backingImages": {}},
            status={"currentState": "stopped"},
        ),
        kept.BackingImageManager("one", "stopped", "n", "u", "i"),
    ),
    (
        "data_sources",
        an("BackingImageDataSource", LONGHORN, spec={"fileTransferred": False}, status={"currentState": "in-progress"}),
        kept.DataSource("one", "in-progress"),
    ),
    ("share_managers", an("ShareManager", LONGHORN, status={"state": "running"}), kept.ShareManager("one", "running")),
    (
        "volumes",
        an(
            "Volume",
            LONGHORN,
            "pvc-1",
            "longhorn-system",
            status={"state": "attached", "kubernetesStatus": {"namespace": "a", "pvcName": "b"}},
        ),
        kept.Volume("longhorn-system/pvc-1", "attached", "a/b"),
    ),
    ("pods", POD, kept.Pod("longhorn-system/instance-manager-1")),
    (
        "pods",
        with_status('[{"name":"n/a","interface":"lhnet2","ips":["10.0.0.1","fd00::1"]},{"name":"m","default":true}]'),
        kept.Pod(
            "longhorn-system/instance-manager-1",
            interfaces=(kept.Interface("lhnet2", "n/a", ("10.0.0.1", "fd00::1")),),
        ),
    ),
    (
        "nodes",
        an("Node", "v1", metadata={"labels": {"node-role.harvesterhci.io/witness": "true"}}),
        kept.ClusterNode("one", True),
    ),
    (
        "nodes",
        an(
            "Node",
            "v1",
            spec={"podCIDR": "10.52.0.0/24", "podCIDRs": ["10.52.0.0/24", "fd00::/64"]},
            status={
                "addresses": [{"type": "InternalIP", "address": "10.1.0.4"}, {"type": "Hostname", "address": "a"}],
                "conditions": [{"type": "Ready", "status": "Unknown"}],
            },
        ),
        kept.ClusterNode("one", False, ("10.1.0.4",), ("10.52.0.0/24", "fd00::/64"), ready=False),
    ),
    (
        "nodes",
        an(
            "Node", "v1", spec={"podCIDR": "10.52.0.0/24"}, status={"conditions": [{"type": "Ready", "status": "True"}]}
        ),
        kept.ClusterNode("one", False, (), ("10.52.0.0/24",), ready=True),
    ),
    (
        "longhorn_settings",
        an("Setting", LONGHORN, "storage-network-for-rwx-volume-enabled", "longhorn-system", value="true"),
        kept.LonghornSetting("longhorn-system/storage-network-for-rwx-volume-enabled", "true"),
    ),
    ("longhorn_settings", an("Setting", LONGHORN, "x", value=5), kept.LonghornSetting("x")),
    (
        "pods",
        an(
            "Pod",
            "v1",
            "a",
            "longhorn-system",
            status={"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}]},
        ),
        kept.Pod("longhorn-system/a", evicted=True),
    ),
    (
        "pods",
        an(
            "Pod",
            "v1",
            "a",
            "longhorn-system",
            status={"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]},
        ),
        kept.Pod("longhorn-system/a"),
    ),
    (
        "machines",
        an("VirtualMachineInstance", "kubevirt.io/v1", "db", "default", status={"phase": "Running"}),
        kept.Machine("default/db", "Running"),
    ),
    ("images", an("VirtualMachineImage", "harvesterhci.io/v1beta1", "i", "default"), kept.Image("default/i")),
    ("definitions", an("CustomResourceDefinition", "apiextensions.k8s.io/v1", "x.y"), kept.Definition("x.y")),
    ("cluster_networks", an("ClusterNetwork", "network.harvesterhci.io/v1beta1"), kept.ClusterNetwork("one")),
    (
        "vlan_configs",
        an(
            "VlanConfig",
            "network.harvesterhci.io/v1beta1",
            metadata={"annotations": {"network.harvesterhci.io/matched-nodes": '["a","b"]'}},
            spec={"clusterNetwork": "storage", "nodeSelector": {"rack": "1"}},
        ),
        kept.VlanConfig("one", "storage", frozenset({"a", "b"})),
    ),
    (
        "vlan_configs",
        an("VlanConfig", "network.harvesterhci.io/v1beta1", spec={"clusterNetwork": "storage", "nodeSelector": {}}),
        kept.VlanConfig("one", "storage"),
    ),
    (
        "events",
        an(
            "Event",
            "v1",
            "e",
            "longhorn-system",
            involvedObject={"namespace": "longhorn-system", "name": "p"},
            message="x: Could not allocate IP in range: y",
        ),
        kept.Event("longhorn-system/e", "longhorn-system/p", "x: Could not allocate IP in range: y"),
    ),
    (
        "events",
        an("Event", "events.k8s.io/v1", "e", "default", note="Could not allocate IP in range"),
        kept.Event("default/e", "", "Could not allocate IP in range"),
    ),
]


@pytest.mark.parametrize(("field", "data", "value"), SHAPES)
def test_shapes(field: str, data: Object, value: object) -> None:
    """Each kind is read from the shape its API has, and no other field is said to be exported."""
    snapshot = read(data)
    assert getattr(snapshot, field) == (value,)
    others = {row.field for row in KINDS.values()} - {field}
    assert {getattr(snapshot, other) for other in others} == {None}


def test_every_kind_has_a_shape() -> None:
    """The table of kinds and the shapes above cover each other; longhorn's nodes are in the examples."""
    assert {row.field for row in KINDS.values()} == {field for field, _, _ in SHAPES} | {"longhorn_nodes"}


def test_events_of_other_failures() -> None:
    """An event that tells of any known failure is kept, not only one of an exhausted range."""
    message = "error at storage engine: k8s get error: Unauthorized"
    assert read(an("Event", "v1", message=message)).events == (kept.Event("one", "", message),)


def test_other_events_are_exported_and_not_kept() -> None:
    """Events about other things say that events were exported, and nothing else."""
    assert read(an("Event", "v1", message="Pulled")).events == ()


def test_the_default_of_a_setting_counts_where_it_has_no_value() -> None:
    """Harvester reads a setting's default where its value is empty."""
    text = '{"vlan":1,"clusterNetwork":"a","range":"10.0.0.0/24"}'
    stored = read(an("Setting", "harvesterhci.io/v1beta1", "storage-network", default=text, value="")).settings
    assert stored is not None
    assert (stored[0].value, stored[0].written) == ("", sn.Written(text))


def test_snapshots_print_well() -> None:
    """A Snapshot shows how much there is of what was exported, not the objects."""
    snapshot = read(POD, NODE, an("Secret", "v1"))
    assert repr(snapshot) == "Snapshot(pods=1, nodes=1, skipped=1)"


def test_kinds_of_one_name_are_told_apart_by_their_group() -> None:
    """A Setting of Longhorn is none of Harvester's, and an IPPool of the load balancer is counted and skipped."""
    snapshot = read(
        an("Setting", LONGHORN, "storage-network", value="a/b"),
        an("IPPool", "loadbalancer.harvesterhci.io/v1beta1", spec={"ranges": []}),
        an("IPPool", "loadbalancer.harvesterhci.io/v1beta1", "two"),
    )
    assert (snapshot.settings, snapshot.pools) == (None, None)
    assert snapshot.longhorn_settings == (kept.LonghornSetting("storage-network", "a/b"),)
    assert snapshot.skipped == {"IPPool": 2}


OBJECTS = list({(one["kind"], one["apiVersion"], one["metadata"]["name"]): one for _, one, _ in SHAPES}.values())
NODE = an("Node", "v1", "node-1")
FORMS: list[Callable[[list[Object]], str]] = [
    lambda objects: json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=4),
    lambda objects: "\n".join(map(json.dumps, objects)),
    json.dumps,
    yaml.safe_dump,
    lambda objects: f" {json.dumps({'items': objects})}\r\n\t{json.dumps({'kind': 'PodList', 'apiVersion': 'v1'})}",
    lambda objects: yaml.safe_dump({"apiVersion": "v1", "items": objects, "kind": "List"}),
    lambda objects: yaml.safe_dump({"apiVersion": "v1", "items": objects, "kind": "List"}).replace("\n", "\r\n"),
    lambda objects: "items:\n\n  # indented\n" + textwrap.indent(yaml.safe_dump(objects), "  "),
    lambda objects: "kind: List\nitems: " + json.dumps(objects),
    lambda objects: yaml.safe_dump_all(objects, explicit_start=True),
    lambda objects: "# a comment\n---\n" + "\n...\n---\n".join(map(json.dumps, objects)),
    lambda objects: json.dumps([{"kind": "List", "apiVersion": "v1", "items": [one]} for one in objects]),
    lambda objects: yaml.safe_dump({"kind": "List", "apiVersion": "v1", "items": [{"kind": "List", "items": objects}]}),
    lambda objects: json.dumps({"items": objects, "kind": "List", "metadata": {"continue": "null"}}),
]


@pytest.mark.parametrize("form", FORMS)
def test_the_form_means_nothing(form: Callable[[list[Object]], str]) -> None:
    """One list, objects one after the other, an array, YAML or JSON: the same objects are told the same of."""
    assert attrs.evolve(snapshot_of(form(OBJECTS)), is_mixed=True) == read(*OBJECTS)


@pytest.mark.parametrize(
    "text",
    [
        '{"kind":"NodeList","apiVersion":"v1","items":[{"metadata":{"name":"node-1"}}]}',
        '{"apiVersion":"v1","items":[{"metadata":{"name":"node-1"}}],"kind":"NodeList"}',
        "apiVersion: v1\nitems:\n- metadata:\n    name: node-1\nkind: NodeList\n",
    ],
)
def test_lists_of_one_kind(text: str) -> None:
    """The items of a list of one kind need no kind of their own, wherever the list says its kind."""
    assert snapshot_of(text).nodes == (kept.ClusterNode("node-1"),)


@pytest.mark.parametrize("items", ["[]", "null", '"null"'])
@pytest.mark.parametrize(
    ("kind", "machines"), [("VirtualMachineInstanceList", ()), ("List", None), ("OtherList", None)]
)
def test_empty_lists(items: str, kind: str, machines: object) -> None:
    """An empty list of one kind says that there is none; a mixed one, or one of another kind, says nothing."""
    text = f'{{"apiVersion":"kubevirt.io/v1","kind":"{kind}","items":{items}}}'
    assert snapshot_of(text).machines == machines
    assert snapshot_of(f"---\n{text}").machines == machines
    assert snapshot_of(f'{{"kind":"{kind}","apiVersion":"kubevirt.io/v1"}}').machines == machines


@pytest.mark.parametrize("row", KINDS.values(), ids=resource_of)
def test_a_typed_empty_list_of_each_kind(row: Kind) -> None:
    """Of every kind that is read, an empty list says that there is none, in whatever version and beside other lists."""
    for version in (row.version, "v9"):
        api = f"{row.group}/{version}" if row.group else version
        text = f'{{"apiVersion":"{api}","kind":"{row.kind}List","items":[]}}\n'
        assert getattr(snapshot_of(json.dumps(NODE) + text + json.dumps(POOL) + text), row.field) is not None
        assert getattr(snapshot_of(text), row.field) == ()


def test_several_files_and_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and the standard input add up; the same object twice counts once."""
    for name, data in (("a.json", NODE), ("b.yml", POD)):
        (tmp_path / name).write_text(json.dumps(data), encoding="utf-8-sig")
    (tmp_path / "notes.txt").write_text("not an export", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps([NODE, POOL]).encode())))
    snapshot = read_snapshot(str(tmp_path), str(tmp_path / "a.json"), "-")
    assert attrs.evolve(snapshot, is_mixed=True) == read(NODE, POD, POOL)


def test_a_directory_without_exports(tmp_path: Path) -> None:
    """A directory in which there is nothing to read is refused by its name."""
    (tmp_path / "values.yaml").write_text("replicas: 2\nitems: [{a: 1}]\n", encoding="utf-8")
    with pytest.raises(sn.SnPlannerError, match="FILE '.* holds no export; name a directory with .json, .yaml, .yml"):
        read_snapshot(str(tmp_path))


def test_a_directory_with_other_files(tmp_path: Path) -> None:
    """Beside exports, a file that holds no Kubernetes object, or nothing, is left out of a directory, and named."""
    (tmp_path / "pods.json").write_text(json.dumps(POD), encoding="utf-8")
    for name, text in (("values.yaml", "a: 1\n---\nitems: [{b: 2}]"), ("empty.yaml", ""), ("list.json", "[1, null]")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    snapshot = read_snapshot(tmp_path)
    assert attrs.evolve(snapshot, notes=()) == read(POD)
    names = ", ".join(f"{tmp_path}/{name}" for name in ("empty.yaml", "list.json", "values.yaml"))
    assert snapshot.notes == (f"what is no Kubernetes object was left out of {names}",)
    with pytest.raises(sn.BadInput, match="values.yaml: object kind is not text"):
        read_snapshot(tmp_path, tmp_path / "values.yaml")


def test_a_directory_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that goes away, or may not be looked into, is refused in one line."""

    def walk(path: str, onerror: Callable[[OSError], None]) -> None:
        onerror(FileNotFoundError(2, "No such file or directory", f"{path}/gone"))

    monkeypatch.setattr(os, "walk", walk)
    with pytest.raises(sn.BadInput, match="FILE '.* cannot be read: No such file or directory"):
        read_snapshot(tmp_path)


WARNING = "Warning: v1 ComponentStatus is deprecated in v1.19+"
LOG_LINE = "E1114 15:00:00.123456   12345 memcache.go:265] couldn't get current server API group list"


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
@pytest.mark.parametrize(
    "line",
    [WARNING, LOG_LINE, "node-0:~ # kubectl get pods -o json", "PS C:\\> kubectl get -o json", "+ kubectl get x"],
)
def test_lines_of_the_terminal_before_an_export(line: str, write: Callable[[object], str]) -> None:
    """Warnings, log lines and commands before an export are left out, and that is noted."""
    snapshot = snapshot_of(f"\n{line}\r\n{line}\n\n{write(POD)}", "a.json")
    assert attrs.evolve(snapshot, notes=()) == read(POD)
    assert snapshot.notes == tuple(f"a.json: line {number} was left out: {line}" for number in (2, 3))


def test_lines_of_the_terminal_between_objects() -> None:
    """What kubectl and the shell print between JSON objects and behind them is left out, and some of it is told."""
    text = "\n".join([json.dumps(POD), WARNING, json.dumps(NODE), "rancher@node-0:~>", *[WARNING] * 5])
    snapshot = snapshot_of(text)
    assert attrs.evolve(snapshot, notes=(), is_mixed=True) == read(POD, NODE)
    assert [note.partition(":")[2][:24] for note in snapshot.notes] == [
        " line 2 was left out: Wa",
        " line 4 was left out: ra",
        " line 5 was left out: Wa",
        " 4 more such lines were ",
    ]


@pytest.mark.parametrize("prompt", ["rancher@node-0:~>", "[root@node ~]# ", "PS C:\\Users\\a>", "node-0:~ # \n\n"])
@pytest.mark.parametrize("size", [1, 400])
def test_a_copy_of_a_screen(prompt: str, size: int) -> None:
    """YAML between a command and the next prompt is read, and both lines are named."""
    copy = f"$ kubectl get pods -o yaml\n{yaml.safe_dump({**POD, 'extra': 'x' * size})}{prompt}"
    snapshot = snapshot_of(copy, "a")
    assert attrs.evolve(snapshot, notes=()) == read(POD)
    assert snapshot.notes[1:] == (f"a: the last line was left out: {prompt.strip()}",)


@pytest.mark.parametrize("end", ["value: 50%", "value: >", "# >", "value:\n  50%", "value:\n- 50%"])
def test_what_ends_otherwise_is_no_prompt(end: str) -> None:
    """A last line that is YAML stays."""
    assert snapshot_of(f"apiVersion: v1\nkind: Secret\n{end}\n").notes == ()


def test_a_warning_in_the_same_file() -> None:
    """An export with kubectl's warning before it, by 2>&1, is read."""
    snapshot = read_snapshot(FIELD / "warning-line.json")
    assert [note.split(": ")[1:3] for note in snapshot.notes] == [["line 1 was left out", "Warning"]]
    assert snapshot.pool is not None


def test_lines_are_numbered_as_in_the_file() -> None:
    """A fault behind lines left out is at the line at which an editor shows it."""
    with pytest.raises(sn.BadInput, match=r"line 4, column 1: the key 'a' is there twice"):
        snapshot_of(f"{WARNING}\n{WARNING}\na: 1\na: 2\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nName:         a\nNamespace:    b\n", "is what kubectl describe prints; export it with kubectl get"),
        (f"{WARNING}\nName: a\nLabels: <none>\n", "is what kubectl describe prints; export it with kubectl get"),
        ("NAME   AGE\na      5d\n", "is a table for people; export it with kubectl get"),
        ("NAMESPACE     NAME   READY   STATUS\na   b   1/1   Running\n", "is a table for people"),
        ("LAST SEEN   TYPE   REASON   OBJECT   MESSAGE\n", "is a table for people"),
        ("kube-system   coredns-a   1/1   Running   0   5d\n", "is a table for people"),
        ("┌──────── Pods(all)[12] ────────┐\n", "is a table for people"),
        ("pod/a\npod/b\n", r"is a list of names \(-o name\)"),
        ("ippool.whereabouts.cni.cncf.io/192.168.0.0-24", r"is a list of names \(-o name\)"),
        ("<!DOCTYPE html>\n<html>", "is a web page"),
        (
            'Error from server (NotFound): pods "a" not found\n',
            "export line 1 is an error of kubectl: Error from server .* not found; mend that and export again",
        ),
        ('error: the server doesn\'t have a resource type "ippools"', "is an error of kubectl: error: the server"),
        ("No resources found in default namespace.", "is an error of kubectl: No resources found"),
        (f"{json.dumps(NODE)}\nError from server (Expired): continue", "export line 2 is an error of kubectl: Error"),
        (WARNING, "export is empty"),
    ],
)
def test_what_kubectl_prints_for_people(text: str, message: str) -> None:
    """What kubectl prints instead of an export is named in one line, with what to do."""
    with pytest.raises(sn.BadInput, match=message) as refusal:
        snapshot_of(text)
    assert refusal.value.code == "unreadable"
    assert str(refusal.value).isprintable()


def test_a_description_of_a_pool() -> None:
    """The description of an IPPool is named as what it is."""
    with pytest.raises(sn.BadInput, match="describe-ippool.txt: export is what kubectl describe prints"):
        read_snapshot(FIELD / "describe-ippool.txt")


@pytest.mark.parametrize("begin", ["key: >", "# only a comment", "#", "a: b", "-  - a   b   c   d", "{a   b   c}"])
def test_what_begins_otherwise_is_no_line_of_the_terminal(begin: str) -> None:
    """A first line that may be YAML is read as YAML."""
    with pytest.raises(sn.BadInput, match="export is not|object|export is empty") as refusal:
        snapshot_of(f"{begin}\n")
    assert "people" not in refusal.value.problem


def test_a_file_that_is_not_there() -> None:
    """A missing file is refused by its name."""
    with pytest.raises(sn.SnPlannerError, match="FILE 'nowhere.json' cannot be read"):
        read_snapshot("nowhere.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "export: export is empty"),
        ("# nothing\n---\n", "export: export is empty"),
        ("[]", "export: export is empty"),
        ("{", r"export is not JSON \(line 1, column 2: Expecting property name enclosed in double quotes\)"),
        ('{"a"', "is not JSON .*Expecting ':'"),
        ('{"a":', "is not JSON .*Expecting value"),
        ('{"a":1', "is not JSON .*Expecting ','"),
        ('{"a":1,}', "is not JSON .*Expecting property name"),
        ('{"items":[', "is not JSON .*Expecting value"),
        ('{"items":[{}', "is not JSON .*Expecting ','"),
        ('{"items":[{"kind":"A","apiVersion":"v1"} 2]}', "is not JSON .*Expecting ','"),
        ('{"kind":"List"} x', r"is not JSON .*column 17: Expecting '\['"),
        ('{"kind":"List"} x]', r"is not JSON .*column 17: Expecting '\['"),
        ('{"kind":"List","x":NaN}', "is not plain JSON \\('NaN' is no number\\)"),
        ('{"x":' + "9" * 5000 + "}", "is not plain JSON \\(Exceeds the limit"),
        ('{"x":' + "[" * 100_000 + "}", "is nested too deeply"),
        ("a: b: c", "export is not YAML"),
        ("kind: List\n---\na: [", r"export is not YAML \(line [34], column "),
        ("a: &a [x]\nb: *a", r"is not plain YAML \(line 2, column 4: it has an alias"),
        ("kind: List\nitems:\n- a: 1\n  a: 2", r"line 4, column 3: the key 'a' is there twice"),
        ('{"kind":"List","items":5}', "items 5 is not a list"),
        ('{"kind":"List","items":{}}', "items {} is not a list"),
        ('{"items":[5]}', "object 5 is not a mapping"),
        ("items:\n- {kind: A, apiVersion: v1}\n- b: [\nkind: List", r"export is not YAML \(line [45], column "),
        ("items:\n- kind: Pod\n  apiVersion: v1\nfoo", "export is not YAML \\(line "),
        ("foo", "object 'foo' is not a mapping"),
        ("- null", "object None is not a mapping"),
        ("- a", "object 'a' is not a mapping"),
        ("[[]]", r"object \[\] is not a mapping"),
        ('{"a":1}', "object kind is not text"),
        ('[{"metadata":{}}]', "object kind is not text"),
        ('{"items":[{"metadata":{}}]}', "object kind is not text"),
        ('{"items":[{"metadata":{}}],"kind":"List"}', "object kind is not text"),
        ('{"kind":"Pod"}', "object apiVersion is not text"),
        ('{"kind":5,"apiVersion":"v1"}', "object kind 5 is not text"),
        (
            '{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"x"},"items":[]}',
            "PodList metadata.continue tells",
        ),
        ('{"kind":"Volume","apiVersion":"longhorn.io/v1"}', "Volume: metadata.name is missing"),
        ('{"kind":"Volume","apiVersion":"longhorn.io/v1","metadata":5}', "Volume: metadata 5 is not a mapping"),
        (
            '{"kind":"Setting","apiVersion":"harvesterhci.io/v1","metadata":{"name":"a\\u001b[2J","namespace":5}}',
            "Setting: metadata.namespace 5",
        ),
        (
            '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods is forbidden"}',
            "is an error of the API: pods is forbidden; mend that and export again",
        ),
    ],
)
def test_texts_that_are_no_exports(text: str, message: str) -> None:
    """A text that is no export is refused in one line that says where and what to do."""
    with pytest.raises(sn.SnPlannerError, match=message) as refusal:
        snapshot_of(text)
    assert str(refusal.value).isprintable()


MADE = an("NetworkAttachmentDefinition", "k8s.cni.cncf.io/v1", "storagenetwork-x", "harvester-system")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            an("Setting", "harvesterhci.io/v1beta1", "storage-network", value="{"),
            "Setting storage-network: setting is not",
        ),
        (
            an("Setting", "harvesterhci.io/v1beta1", "rwx-network", value="[]"),
            "Setting rwx-network: setting .*is not a JSON object",
        ),
        (
            an("Setting", "harvesterhci.io/v1beta1", "storage-network", status={"conditions": {}}),
            "Setting storage-network: status.conditions {} is not a list",
        ),
        (
            an(
                "Setting",
                "harvesterhci.io/v1beta1",
                "storage-network",
                status={"conditions": [5, {"type": "configured", "status": 5}]},
            ),
            "Setting storage-network: status.conditions: status 5 is not text",
        ),
        (
            {**MADE, "spec": {"config": "x"}},
            "NetworkAttachmentDefinition harvester-system/storagenetwork-x: spec.config is not JSON",
        ),
        (an("Node", LONGHORN, spec={"disks": []}), r"Node one: spec.disks \[\] is not a mapping"),
        (an("Node", LONGHORN, spec={"disks": {"a": 5}}), "Node one: spec.disks.a 5 is not a mapping"),
        (an("BackingImageDataSource", LONGHORN, spec={"fileTransferred": "no"}), "fileTransferred 'no' is not true or"),
    ],
)
def test_what_every_answer_needs(data: Object, message: str) -> None:
    """A broken object of Longhorn's, setting, or definition that Harvester made is refused by kind, name and field."""
    with pytest.raises(sn.SnPlannerError, match=message) as refusal:
        read(NODE, data)
    assert str(refusal.value).startswith(f"export: {data['kind']} ")


@pytest.mark.parametrize(
    ("data", "field", "why"),
    [
        ({**POD, "status": {"conditions": {}}}, "pods", "status.conditions {} is not a list"),
        ({**POD, "spec": {"nodeName": 5}}, "pods", "spec.nodeName 5 is not text"),
        (with_allocations([]), "pools", "spec.allocations [] is not a mapping"),
        (with_allocations({"x": {}}), "pools", "spec.allocations.x 'x' is not a whole number"),
        (with_allocations({"-1": {"id": "", "podref": ""}}), "pools", "spec.allocations.-1 -1 is negative"),
        (with_allocations({"1": {}, "01": {}}), "pools", "spec.allocations has two keys for one offset"),
        (with_allocations({"1": 5}), "pools", "spec.allocations.1 5 is not a mapping"),
        (with_allocations({"1": {"id": 5}}), "pools", "spec.allocations.1.id 5 is not text"),
        ({**POOL, "spec": {"range": "10.0.0.0"}}, "pools", "spec.range '10.0.0.0' is not a CIDR"),
        ({**POOL, "spec": {}}, "pools", "spec.range is missing"),
        (
            an("NetworkAttachmentDefinition", "k8s.cni.cncf.io/v1", spec={"config": "x"}),
            "attachments",
            "spec.config is not JSON (line 1, column 1: Expecting value)",
        ),
        (
            an("NetworkAttachmentDefinition", "k8s.cni.cncf.io/v1", spec={"config": "[]"}),
            "attachments",
            "spec.config [] is not a mapping",
        ),
        (an("VlanConfig", "network.harvesterhci.io/v1beta1"), "vlan_configs", "spec.clusterNetwork is missing"),
        (an("Event", "v1", message=5), "events", "message 5 is not text"),
        (an("VirtualMachineImage", "harvesterhci.io/v1beta1", status=5), "images", "status 5 is not a mapping"),
        (an("VirtualMachineInstance", "kubevirt.io/v1", status=5), "machines", "status 5 is not a mapping"),
        (an("Node", "v1", status={"addresses": [5]}), "nodes", "status.addresses: object 5 is not a mapping"),
        (an("Node", "v1", metadata={"labels": 5}), "nodes", "metadata.labels 5 is not a mapping"),
        ({"kind": "Pod", "apiVersion": "v1"}, "pods", "metadata.name is missing"),
    ],
)
def test_an_odd_object_of_somebody_else(data: Object, field: str, why: str) -> None:
    """A broken object that no answer needs is left out by its kind, name and field; the others are read."""
    snapshot = read(an("Secret", "v1"), data)
    metadata = data.get("metadata", {"name": data["kind"]})
    ref = "/".join(metadata[key] for key in ("namespace", "name") if key in metadata)
    assert snapshot.left_out == (kept.LeftOut(field, ref, why),)
    assert getattr(snapshot, field) is not None
    assert snapshot.skipped == {"Secret": 1}


def test_what_is_broken_is_there_all_the_same() -> None:
    """A pod, a VM and a node that cannot be read are there: no lease is stale for it, and a witness stays one."""
    broken_pod = {**POD, "spec": {"nodeName": 5}}
    machine = an("VirtualMachineInstance", "kubevirt.io/v1", status={"phase": 5})
    node = an(
        "Node",
        "v1",
        metadata={"labels": {"node-role.harvesterhci.io/witness": "true"}},
        spec={"podCIDRs": 5},
    )
    snapshot = read(broken_pod, broken_pod, machine, node)
    assert snapshot.pods == (kept.Pod("longhorn-system/instance-manager-1"),)
    assert snapshot.machines == (kept.Machine("one"),)
    assert snapshot.machines[0].runs
    assert snapshot.nodes == (kept.ClusterNode("one", witness=True),)
    assert [one.field for one in snapshot.left_out] == ["pods", "machines", "nodes"]


def test_a_broken_definition_elsewhere() -> None:
    """A hand-written definition of another namespace stops nothing: everything else of the export is read."""
    snapshot = read_snapshot(FIELD / "broken-definition-elsewhere.json")
    assert [one.ref for one in snapshot.left_out] == ["default/macvlan-conf"]
    assert snapshot.pool is not None
    assert len(snapshot.pool.allocations) == 3
    assert [one.ref for one in snapshot.attachments or ()] == ["harvester-system/storagenetwork-abcde"]


@pytest.mark.parametrize(
    "status", ["", "null", None, "{", "{}", "[5]", '[{"ips":"x"}]', '[{"ips":[5]}]', '[{"default":"yes"}]', 5, [], {}]
)
def test_a_network_status_that_tells_nothing(status: object) -> None:
    """A network-status that is empty, null or broken means that no address is known, as to Whereabouts."""
    snapshot = read(with_status(status))
    assert snapshot.pods == (kept.Pod("longhorn-system/instance-manager-1"),)
    assert snapshot.left_out == ()


def test_the_older_network_status_counts_where_the_newer_tells_nothing() -> None:
    """Of the two annotations of Multus the one that can be read is read."""
    older = {"k8s.v1.cni.cncf.io/networks-status": '[{"interface":"lhnet1"}]', STATUS: ""}
    (pod,) = read({**POD, "metadata": {**POD["metadata"], "annotations": older}}).pods or ()
    assert pod.interfaces == (kept.Interface("lhnet1"),)


def test_an_empty_network_status_elsewhere() -> None:
    """A pod of another namespace with an empty network-status stops nothing, and nothing is left out for it."""
    snapshot = read_snapshot(FIELD / "empty-network-status.json")
    assert snapshot.left_out == ()
    assert snapshot.pods_by_ref["cattle-monitoring-system/node-exporter-x"].interfaces is None


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (an("Setting", "harvesterhci.io/v1beta1", "storage-network", value="null", default="null"), ""),
        (an("Setting", "harvesterhci.io/v1beta1", "server-version", value="null"), ""),
        (an("Node", LONGHORN, spec={"disks": "null"}), 0),
        (an("ClusterNetwork", "network.harvesterhci.io/v1beta1", "null"), "null"),
    ],
)
def test_the_text_null(data: Object, value: object) -> None:
    """The text "null", which files out of a support bundle have, is as good as nothing, but for a name."""
    snapshot = read(data)
    found = [
        *(one.value for one in snapshot.settings or ()),
        *(one.disks for one in snapshot.longhorn_nodes or ()),
        *(one.ref for one in snapshot.cluster_networks or ()),
    ]
    assert found == [value]


def test_an_object_that_changed() -> None:
    """Two exports of different moments are refused by the object that differs."""
    changed = {**POD, "status": {"phase": "Failed"}}
    with pytest.raises(sn.SnPlannerError, match="Pod longhorn-system/instance-manager-1 is there twice, and differs"):
        read(POD, changed)


def test_an_ipv6_pool_beside() -> None:
    """An IPv6 pool is read, and is not the storage network's."""
    beside = an("IPPool", "whereabouts.cni.cncf.io/v1alpha1", "fd00---64", "kube-system", spec={"range": "fd00::/64"})
    snapshot = read(POOL, beside)
    assert snapshot.pools is not None
    assert [one.range.bits for one in snapshot.pools] == [32, 128]
    assert snapshot.pool == snapshot.pools[0]


def test_refusals_cannot_steer_a_terminal() -> None:
    """Control characters in names and kinds are escaped in every refusal, and in what is said of objects left out."""
    with pytest.raises(sn.SnPlannerError) as refusal:
        read(an("Volume", LONGHORN, "\x1b[2J\n", status=5))
    assert str(refusal.value).isprintable()
    (left_out,) = read(an("Pod", "v1", "\x1b[2J\n", spec={"\x1b": 5, "nodeName": {"\x1b": 5}})).left_out
    assert (left_out.ref + left_out.why).isprintable()


@pytest.mark.parametrize(("count", "write"), [(600, json.dumps), (60, yaml.safe_dump)])
def test_memory_is_linear_in_the_text(count: int, write: Callable[[object], str]) -> None:
    """Reading many pods takes less memory than their text does, in JSON and in YAML."""
    pad = {f"label-{number}": "x" * 40 for number in range(60)}
    items = [an("Pod", "v1", f"pod-{number}", "default", metadata={"labels": dict(pad)}) for number in range(count)]
    text = write({"kind": "List", "items": items})
    del items
    tracemalloc.start()
    assert len(snapshot_of(text).pods or ()) == count
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BRANCHES = ("metadata", "spec", "status", "value", "message")


@given(st.sampled_from(sorted(KINDS)), st.fixed_dictionaries({}, optional=dict.fromkeys(BRANCHES, JSON)))
def test_any_object_is_read_or_refused(kind: tuple[str, str], data: Object) -> None:
    """No object of a known kind, whatever is in it, does anything but be read or refused by SnPlannerError."""
    group, name = kind
    with contextlib.suppress(sn.SnPlannerError):
        read({"apiVersion": f"{group}/v1" if group else "v1", "kind": name, **data})


@given(st.text(st.sampled_from('{}[]:,"ax1 \n-'), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text does anything but be read or refused by SnPlannerError."""
    with contextlib.suppress(sn.SnPlannerError):
        snapshot_of(text)


LINES = [WARNING, LOG_LINE, "$ kubectl get x", "node:~>", "Error from server", "Name: a", "NAME  AGE  B", "a/b", "<a>"]
LINES += ["", "#", "---", "...", "items:", "- kind: Pod", "  apiVersion: v1", "kind: List", "{", "}", json.dumps(POD)]


@given(st.lists(st.sampled_from(LINES), max_size=6))
def test_any_copy_of_a_screen_is_read_or_refused(lines: list[str]) -> None:
    """No lines do anything but be read or refused by SnPlannerError; nothing that is noted leaves its line."""
    with contextlib.suppress(sn.SnPlannerError):
        assert all(note.isprintable() for note in snapshot_of("\n".join(lines)).notes)


@given(JSON)
def test_json_means_what_json_loads_means(value: object) -> None:
    """The values of an object are those that json.loads gives, however it is indented."""
    data = an("Setting", "harvesterhci.io/v1beta1", "server-version", value="v1.6.1", extra=value)
    for indent in (None, 0, 3):
        stored = snapshot_of(json.dumps(data, indent=indent)).settings
        assert stored == (kept.StoredSetting("server-version", "v1.6.1"),)


def test_a_setting_with_a_key_of_the_wrong_kind() -> None:
    """A stored setting that cannot be read is refused by its kind and name."""
    with pytest.raises(sn.BadInput, match="Setting storage-network: setting vlan '1' is not a whole number"):
        read(an("Setting", "harvesterhci.io/v1beta1", "storage-network", value='{"vlan": "1"}'))


def test_a_setting_that_says_more_than_plain_json() -> None:
    """A key that is there twice is refused, in an object's own JSON too."""
    twice = '{"share-storage-network": true, "share-storage-network": false}'
    with pytest.raises(sn.BadInput, match="Setting rwx-network: setting is not plain JSON"):
        read(an("Setting", "harvesterhci.io/v1beta1", "rwx-network", value=twice))


def test_a_list_of_several_kinds_leaves_out_what_is_empty() -> None:
    """What a mixed list lacks of kinds that need not be there is none; an export made kind by kind would say so."""
    mixed = read_snapshot(str(LIVE / "living.json"))
    assert mixed.is_mixed
    lacking = attrs.evolve(mixed, reservations=None, backing_image_managers=None, data_sources=None)
    assert [sn.verify(lacking).ok, sn.verify(attrs.evolve(lacking, is_mixed=False)).ok] == [True, False]
    assert sn.audit(lacking).missing == ()
    assert sn.audit(attrs.evolve(lacking, is_mixed=False)).missing
    assert sn.audit(attrs.evolve(mixed, instance_managers=None)).missing == ("instance_managers",)
