"""Exports: every shape that kubectl prints is read, and every broken one is refused by kind, name and field."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import textwrap
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.interchange.kubectl import EXPORTS, export_line, read_snapshot, snapshot_of
from sn_planner.model.cidr import Cidr
from sn_planner.model.living import resources as kept
from sn_planner.model.living.readers import KINDS
from sn_planner.model.living.snapshot import Snapshot

LIVE = Path(__file__).parents[1] / "data" / "live"
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
        an("BackingImageManager", LONGHORN, spec={"image": "i", "nodeID": "n", "diskUUID": "u", "backingImages": {}}),
        kept.BackingImageManager("one", "", "n", "u", "i"),
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
    assert "<td>pods</td><td>1</td>" in snapshot._repr_html_()


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
]


@pytest.mark.parametrize("form", FORMS)
def test_the_form_means_nothing(form: Callable[[list[Object]], str]) -> None:
    """One list, objects one after the other, an array, YAML or JSON: the same objects are the same Snapshot."""
    assert snapshot_of(form(OBJECTS)) == read(*OBJECTS)


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


@pytest.mark.parametrize("items", ["[]", "null"])
@pytest.mark.parametrize(
    ("kind", "machines"), [("VirtualMachineInstanceList", ()), ("List", None), ("OtherList", None)]
)
def test_empty_lists(items: str, kind: str, machines: object) -> None:
    """An empty list of one kind says that there is none; a mixed one, or one of another kind, says nothing."""
    text = f'{{"apiVersion":"kubevirt.io/v1","kind":"{kind}","items":{items}}}'
    assert snapshot_of(text).machines == machines
    assert snapshot_of(f"---\n{text}").machines == machines
    assert snapshot_of(f'{{"kind":"{kind}","apiVersion":"kubevirt.io/v1"}}').machines == machines


def test_several_files_and_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and the standard input add up; the same object twice counts once."""
    for name, data in (("a.json", NODE), ("b.yml", POD)):
        (tmp_path / name).write_text(json.dumps(data), encoding="utf-8-sig")
    (tmp_path / "notes.txt").write_text("not an export", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps([NODE, POOL]).encode())))
    snapshot = read_snapshot(str(tmp_path), str(tmp_path / "a.json"), "-")
    assert snapshot == read(NODE, POD, POOL)


def test_the_lines_that_export() -> None:
    """Each command's line of shell names every kind once; preflight asks the API where there may be none."""
    assert export_line("preflight").startswith(
        "(kubectl get settings.harvesterhci.io,network-attachment-definitions.k8s"
    )
    assert export_line("preflight").endswith("; kubectl get --raw /apis/whereabouts.cni.cncf.io/v1alpha1/ippools)")
    assert export_line("audit").endswith(",sharemanagers.longhorn.io,pods -A -o json")
    asked = {field for together, each in EXPORTS.values() for field in (*together, *each)}
    assert asked == {row.field for row in KINDS.values()}


def test_a_directory_without_exports(tmp_path: Path) -> None:
    """A directory in which there is nothing to read is refused by its name."""
    with pytest.raises(sn.SnPlannerError, match="FILE '.* holds no export; name a directory with .json, .yaml, .yml"):
        read_snapshot(str(tmp_path))


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
        ("kind: List\n---\na: [", "document 1 is not YAML"),
        ("a: &a [x]\nb: *a", "is not plain YAML .*alias"),
        ('{"kind":"List","items":5}', "items 5 is not a list"),
        ('{"kind":"List","items":{}}', "items {} is not a list"),
        ('{"items":[5]}', "object 5 is not a mapping"),
        ("items:\n- {kind: A, apiVersion: v1}\n- b: [\nkind: List", "export item 1 is not YAML"),
        ("items:\n- kind: Pod\n  apiVersion: v1\nfoo", "export: document 'foo' is not a mapping"),
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
        ('{"kind":"Pod","apiVersion":"v1"}', "Pod: metadata.name is missing"),
        ('{"kind":"Pod","apiVersion":"v1","metadata":5}', "Pod: metadata 5 is not a mapping"),
        (
            '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a\\u001b[2J","namespace":5}}',
            "Pod: metadata.namespace 5",
        ),
    ],
)
def test_texts_that_are_no_exports(text: str, message: str) -> None:
    """A text that is no export is refused in one line that says where and what to do."""
    with pytest.raises(sn.SnPlannerError, match=message) as refusal:
        snapshot_of(text)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            with_status("{"),
            r"Pod longhorn-system/instance-manager-1: metadata.annotations\['k8s.*status'\] is not JSON",
        ),
        (with_status("{}"), r"metadata.annotations\['k8s.*'\] {} is not a list"),
        (with_status("[5]"), r"network-status'\]: object 5 is not a mapping"),
        (with_status('[{"ips":"x"}]'), r"network-status'\]: ips 'x' is not a list"),
        (with_status('[{"ips":[5]}]'), r"network-status'\]: ips 5 is not text"),
        (with_status('[{"default":"yes"}]'), "default 'yes' is not true or false"),
        (with_status(5), r"metadata.annotations\['k8s.v1.cni.cncf.io/network-status'\] 5 is not text"),
        ({**POD, "status": {"conditions": {}}}, "status.conditions {} is not a list"),
        ({**POD, "status": {"conditions": [5]}}, "status.conditions: object 5 is not a mapping"),
        (with_allocations([]), r"IPPool kube-system/10.0.0.0-24: spec.allocations \[\] is not a mapping"),
        (with_allocations({"x": {}}), "spec.allocations.x 'x' is not a whole number"),
        (with_allocations({"-1": {"id": "", "podref": ""}}), "spec.allocations.-1 -1 is negative"),
        (with_allocations({"9" * 2001: {}}), "has 2001 digits"),
        (with_allocations({"1": {}, "01": {}}), "spec.allocations has two keys for one offset"),
        (with_allocations({"1": 5}), "spec.allocations.1 5 is not a mapping"),
        (with_allocations({"1": {"id": 5}}), "spec.allocations.1.id 5 is not text"),
        ({**POOL, "spec": {"range": "10.0.0.0"}}, "spec.range '10.0.0.0' is not a CIDR"),
        ({**POOL, "spec": {}}, "IPPool kube-system/10.0.0.0-24: spec.range is missing"),
        (
            an("Setting", "harvesterhci.io/v1beta1", "storage-network", value="{"),
            "Setting storage-network: setting is not",
        ),
        (
            an("Setting", "harvesterhci.io/v1beta1", "rwx-network", value="[]"),
            r"Setting rwx-network: setting \[\] is not a JSON object",
        ),
        (
            an("NetworkAttachmentDefinition", "k8s.cni.cncf.io/v1", spec={"config": "x"}),
            "NetworkAttachmentDefinition one: spec.config is not JSON",
        ),
        (an("Node", LONGHORN, spec={"disks": []}), r"Node one: spec.disks \[\] is not a mapping"),
        (an("Node", LONGHORN, spec={"disks": {"a": 5}}), "Node one: spec.disks.a 5 is not a mapping"),
        (an("BackingImageDataSource", LONGHORN, spec={"fileTransferred": "no"}), "fileTransferred 'no' is not true or"),
        (an("VlanConfig", "network.harvesterhci.io/v1beta1"), "VlanConfig one: spec.clusterNetwork is missing"),
    ],
)
def test_broken_fields(data: Object, message: str) -> None:
    """A known kind with a broken field is refused by kind, name and field."""
    with pytest.raises(sn.SnPlannerError, match=message) as refusal:
        read(NODE, data)
    assert str(refusal.value).startswith(f"export: {data['kind']} ")


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
    """Control characters in names and kinds are escaped in every refusal."""
    broken = an("Pod", "v1", "\x1b[2J\n", spec={"nodeName": 5})
    with pytest.raises(sn.SnPlannerError) as refusal:
        read(broken)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(("count", "write"), [(3_000, json.dumps), (60, yaml.safe_dump)])
def test_memory_is_linear_in_the_text(count: int, write: Callable[[object], str]) -> None:
    """Reading many pods takes less memory than their text does, in JSON and in YAML."""
    pad = {f"label-{number}": "x" * 40 for number in range(60)}
    items = [an("Pod", "v1", f"pod-{number}", "default", metadata={"labels": dict(pad)}) for number in range(count)]
    text = write({"kind": "List", "items": items})
    del items
    tracemalloc.start()
    snapshot_of(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(text)


def test_many_pods() -> None:
    """A hundred thousand pods are read."""
    pods = ",".join(
        f'{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p{number}","namespace":"n"}}}}'
        for number in range(100_000)
    )
    assert len(snapshot_of(f'{{"items":[{pods}],"kind":"List"}}').pods or ()) == 100_000


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
