"""From a Kubernetes object's plain data to the value that the planner keeps of it: one row for each kind.

Rules: a kind is known by its API group and its name, whatever the version: there are Nodes, Settings and Volumes of
several groups. A missing field and a null one are the same, as in Go. A field of the wrong kind, or a text inside that
is not what it should be, is refused under the object's kind, its name and the path of the field. Fields that no advice
uses are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sn_planner.errors import ABSENT, BadInput, shown, within
from sn_planner.model.cidr import parse_cidr
from sn_planner.model.fields import whole_from_text
from sn_planner.model.living import resources as kept
from sn_planner.model.networks import NETWORKS
from sn_planner.model.plain import as_go_reads, decode_json
from sn_planner.model.releases import EXHAUSTION
from sn_planner.model.written import Written, hash_annotation

SANDBOX_ANNOTATION = "cni.projectcalico.org/containerID"  # Canal writes the sandbox's id there [D 1.1 Storage Network]
STATUS_ANNOTATIONS = ("k8s.v1.cni.cncf.io/network-status", "k8s.v1.cni.cncf.io/networks-status")  # newer, older Multus
WITNESS_LABEL = "node-role.harvesterhci.io/witness"
MATCHED_NODES_ANNOTATION = "network.harvesterhci.io/matched-nodes"  # [C network-controller-harvester pkg/utils]
_NODE_ADDRESSES = ("InternalIP", "ExternalIP")
_EVICTED = "DeletionByTaintManager"  # [C kubernetes pkg/controller/tainteviction]
_AGAIN = "export the object again"
_LONGEST_NAME = 320  # a namespace and a name have at most 63 and 253 characters
_WORDS = {str: "text", dict: "a mapping", list: "a list", bool: "true or false", int: "a whole number"}

Object = dict[str, Any]


class Kind(NamedTuple):
    """A kind of object: its API group and version, its names, the field of a Snapshot that keeps it, and its reader.

    `read` gives None for an object that nothing is kept of; `plural` is the kind's name in the API's addresses.
    """

    group: str
    kind: str
    field: str
    read: Callable[[str, Object], Any]
    version: str = "v1"
    irregular_plural: str = ""

    @property
    def plural(self) -> str:
        """The kind's name in the API's addresses."""
        return self.irregular_plural or f"{self.kind.lower()}s"


def read_object(kind: str, group: str, data: Object) -> tuple[str, str, Any] | None:
    """The Snapshot's field, the ref and the value of an object; None for a kind that is not in `KINDS`.

    Raises BadInput, naming kind, name and field, for a broken object.

    >>> read_object("ShareManager", "longhorn.io", {"metadata": {"name": "pvc-1"}, "status": {"state": "running"}})
    ('share_managers', 'pvc-1', ShareManager(ref='pvc-1', state='running'))
    """
    row = KINDS.get((group, kind))
    if row is None:
        return None
    with within(kind):
        name = _at(data, "metadata", "name")
        namespace = _at(data, "metadata", "namespace", default="")
    ref = f"{namespace}/{name}" if namespace else name
    with within(f"{kind} {ref[:_LONGEST_NAME]}"):
        return row.field, ref, row.read(ref, data)


def field_of_list(kind: str, group: str) -> str | None:
    """The Snapshot's field that a list of one kind fills; None for any other list.

    >>> field_of_list("PodList", ""), field_of_list("List", "")
    ('pods', None)
    """
    row = KINDS.get((group, kind.removesuffix("List"))) if kind.endswith("List") else None
    return None if row is None else row.field


def _at(data: Any, *path: str, kind: type = str, default: Any = ABSENT) -> Any:
    """The value at a path of keys, of one kind; the default where it is missing or null."""
    for depth, key in enumerate(path):
        if not isinstance(data, dict):
            raise _not_a("a mapping", path[:depth], data)
        data = data.get(key)
        if data is None:
            if default is ABSENT:
                raise BadInput(_path(path), ABSENT, "is missing", _AGAIN, "unreadable")
            return default
    if type(data) is not kind:
        raise _not_a(_WORDS[kind], path, data)
    return data


def _not_a(words: str, path: tuple[str, ...], value: object) -> BadInput:
    return BadInput(_path(path), value, f"is not {words}", _AGAIN, "unreadable")


def _path(keys: tuple[str, ...]) -> str:
    """The keys as `kubectl -o jsonpath` writes them, nearly."""
    texts = (f"[{shown(key)}]" if "." in key else f".{key}" for key in keys)
    return "".join(texts).removeprefix(".") or "object"


def _texts(data: Any, *path: str) -> dict[str, str]:
    """A mapping from text to text, empty where it is missing."""
    found: dict[str, str] = _at(data, *path, kind=dict, default={})
    for key, value in found.items():
        if type(value) is not str:
            raise _not_a("text", (*path, key), value)
    return found


def _json(place: str, text: str, kind: type) -> Any:
    """The plain data of a JSON text that an object carries."""
    value = decode_json(place, text)
    if type(value) is not kind:
        raise BadInput(place, value, f"is not {_WORDS[kind]}", _AGAIN, "unreadable")
    return value


def _mapping(value: Any) -> Object:
    """The value if it is a mapping."""
    found: Object = _at(value, kind=dict)
    return found


def _list_of_texts(place: str, values: list[Any]) -> list[str]:
    for value in values:
        if type(value) is not str:
            raise BadInput(place, value, "is not text", _AGAIN, "unreadable")
    return values


def _condition(data: Object, kind: str) -> kept.Condition | None:
    """The condition of that type."""
    conditions = _at(data, "status", "conditions", kind=list, default=[])
    with within("status.conditions"):
        for one in conditions:
            if _at(one, "type", default="") == kind:
                texts = (_at(one, key, default="") for key in ("status", "reason", "message"))
                return kept.Condition(*texts)
    return None


def _setting(ref: str, data: Object) -> kept.StoredSetting:
    if ref not in kept.READ_SETTINGS:
        return kept.StoredSetting(ref)
    value, configured = _at(data, "value", default=""), _condition(data, "configured")
    if ref not in NETWORKS:
        return kept.StoredSetting(ref, value, configured=configured)
    annotations = _texts(data, "metadata", "annotations")
    text = value or _at(data, "default", default="")
    written = Written(text, ref, annotations.get(hash_annotation(ref)))
    for fault in written.faults:
        raise fault
    return kept.StoredSetting(ref, value, written, configured)


def _longhorn_setting(ref: str, data: Object) -> kept.LonghornSetting:
    is_kept = kept.name_of(ref) in {kept.SHARES_RWX_SETTING, kept.LONGHORN_NETWORK_SETTING}
    return kept.LonghornSetting(ref, _at(data, "value", default="") if is_kept else "")


def _attachment(ref: str, data: Object) -> kept.Attachment:
    text = _at(data, "spec", "config", default="")
    config = as_go_reads(_json("spec.config", text, dict)) if text else {}
    ipam = as_go_reads(_at(config, "ipam", kind=dict, default={}))
    exclude = _list_of_texts("spec.config ipam.exclude", _at(ipam, "exclude", kind=list, default=[]))
    bridge = config.get("bridge")
    return kept.Attachment(
        ref,
        _at(ipam, "range", default=""),
        tuple(exclude),
        range_start=_at(ipam, "range_start", default=""),
        range_end=_at(ipam, "range_end", default=""),
        bridge=bridge if isinstance(bridge, str) else "",
        vlans=tuple(_vlans(config.get("vlan"), config.get("vlantrunk"))),
    )


def _vlans(vlan: object, trunk: object) -> Iterator[tuple[int, int]]:
    """The rows of VLANs that a bridge carries [C plugins main/bridge]; another plugin's keys may hold anything."""
    if type(vlan) is int:
        yield vlan, vlan
    for entry in trunk if isinstance(trunk, list) else ():
        row = as_go_reads(entry) if isinstance(entry, dict) else {}
        first, last = row.get("minid", row.get("id")), row.get("maxid", row.get("id"))
        if type(first) is int and type(last) is int:
            yield first, last


def _pool(ref: str, data: Object) -> kept.IPPool:
    text = _at(data, "spec", "range")
    network = parse_cidr(text)
    if network is None:
        raise BadInput("spec.range", text, "is not a CIDR", _AGAIN, "unreadable")
    allocations = _at(data, "spec", "allocations", kind=dict, default={})
    found = {one.offset: one for one in (_allocation(key, data) for key in allocations)}
    if len(found) < len(allocations):
        raise BadInput("spec.allocations", ABSENT, "has two keys for one offset", _AGAIN, "unreadable")
    return kept.IPPool(ref, network.network, tuple(found[offset] for offset in sorted(found)))


def _allocation(key: str, data: Object) -> kept.Allocation:
    place = "spec", "allocations", key
    texts = (_at(data, *place, name, default="") for name in ("podref", "id", "ifname"))
    return kept.Allocation(whole_from_text(_path(place), key), *texts)


def _reservation(ref: str, data: Object) -> kept.Reservation:
    return kept.Reservation(ref, _at(data, "spec", "podref", default=""))


def _longhorn_node(ref: str, data: Object) -> kept.LonghornNode:
    disks = _at(data, "spec", "disks", kind=dict, default={})
    blocks = sum(_at(data, "spec", "disks", name, "diskType", default="filesystem") == "block" for name in disks)
    status = _at(data, "status", "diskStatus", kind=dict, default=None)
    return kept.LonghornNode(ref, len(disks), blocks, None if status is None else tuple(_image_disks(data, status)))


def _image_disks(data: Object, status: Object) -> Iterator[str]:
    """The disks that hold a backing image."""
    for name in status:
        place = "status", "diskStatus", name
        if _at(data, *place, "scheduledBackingImage", kind=dict, default={}):
            yield _at(data, *place, "diskUUID", default="")


def _instance_manager(ref: str, data: Object) -> kept.InstanceManager:
    spec = [_at(data, "spec", key, default="") for key in ("nodeID", "type", "dataEngine", "image")]
    return kept.InstanceManager(ref, _at(data, "status", "currentState", default=""), *spec)


def _backing_image_manager(ref: str, data: Object) -> kept.BackingImageManager:
    spec = [_at(data, "spec", key, default="") for key in ("nodeID", "diskUUID", "image")]
    return kept.BackingImageManager(ref, _at(data, "status", "currentState", default=""), *spec)


def _data_source(ref: str, data: Object) -> kept.DataSource:
    transferred = _at(data, "spec", "fileTransferred", kind=bool, default=False)
    return kept.DataSource(ref, _at(data, "status", "currentState", default=""), transferred)


def _share_manager(ref: str, data: Object) -> kept.ShareManager:
    return kept.ShareManager(ref, _at(data, "status", "state", default=""))


def _volume(ref: str, data: Object) -> kept.Volume:
    namespace, claim = (_at(data, "status", "kubernetesStatus", key, default="") for key in ("namespace", "pvcName"))
    return kept.Volume(ref, _at(data, "status", "state", default=""), f"{namespace}/{claim}" if claim else "")


def _pod(ref: str, data: Object) -> kept.Pod:
    annotations = _texts(data, "metadata", "annotations")
    ready, disruption = _condition(data, "Ready"), _condition(data, "DisruptionTarget")
    return kept.Pod(
        ref,
        _at(data, "spec", "nodeName", default=""),
        _at(data, "status", "phase", default=""),
        ready is not None and ready.status == "True",
        annotations.get(SANDBOX_ANNOTATION, ""),
        _interfaces(annotations),
        disruption is not None and (disruption.status, disruption.reason) == ("True", _EVICTED),
        _at(data, "metadata", "deletionTimestamp", default="") != "",
    )


def _interfaces(annotations: dict[str, str]) -> tuple[kept.Interface, ...] | None:
    """The interfaces besides the default one, which older releases of Multus do not even name."""
    name = next((name for name in STATUS_ANNOTATIONS if name in annotations), None)
    if name is None:
        return None
    place = _path(("metadata", "annotations", name))
    entries = _json(place, annotations[name], list)
    with within(place):
        found = [as_go_reads(_mapping(entry)) for entry in entries]
        return tuple(_interface(entry) for entry in found if not _at(entry, "default", kind=bool, default=False))


def _interface(entry: Object) -> kept.Interface:
    addresses = _list_of_texts("ips", _at(entry, "ips", kind=list, default=[]))
    return kept.Interface(_at(entry, "interface", default=""), _at(entry, "name", default=""), tuple(addresses))


def _node(ref: str, data: Object) -> kept.ClusterNode:
    witness = WITNESS_LABEL in _texts(data, "metadata", "labels")
    with within("status.addresses"):
        addresses = [
            _at(one, "address", default="")
            for one in _at(data, "status", "addresses", kind=list, default=[])
            if _at(one, "type", default="") in _NODE_ADDRESSES
        ]
    pod_cidrs = _list_of_texts("spec.podCIDRs", _at(data, "spec", "podCIDRs", kind=list, default=[]))
    pod_networks = dict.fromkeys([*pod_cidrs, _at(data, "spec", "podCIDR", default="")])
    seen = _condition(data, "Ready")
    ready = None if seen is None else seen.status == "True"
    return kept.ClusterNode(ref, witness, tuple(addresses), tuple(one for one in pod_networks if one), ready)


def _machine(ref: str, data: Object) -> kept.Machine:
    return kept.Machine(ref, _at(data, "status", "phase", default=""))


def _image(ref: str, data: Object) -> kept.Image:
    imported = _condition(data, "Imported")
    return kept.Image(ref, "Unknown" if imported is None else imported.status)


def _vlan_config(ref: str, data: Object) -> kept.VlanConfig:
    text = _texts(data, "metadata", "annotations").get(MATCHED_NODES_ANNOTATION)
    place = _path(("metadata", "annotations", MATCHED_NODES_ANNOTATION))
    nodes = _list_of_texts(place, _json(place, text, list)) if text else []
    return kept.VlanConfig(ref, _at(data, "spec", "clusterNetwork"), frozenset(nodes))


def _event(ref: str, data: Object) -> kept.Event | None:
    """An event of either API; only those that tell of an exhausted range are kept."""
    message = _at(data, "message", default="") or _at(data, "note", default="")
    if EXHAUSTION not in message:
        return None
    about = _at(data, "involvedObject", kind=dict, default=None) or _at(data, "regarding", kind=dict, default={})
    namespace, name = (_at(about, key, default="") for key in ("namespace", "name"))
    return kept.Event(ref, f"{namespace}/{name}" if namespace and name else "", message)


def _named(make: Callable[[str], Any]) -> Callable[[str, Object], Any]:
    return lambda ref, _: make(ref)


_HARVESTER, _NETWORK, _LONGHORN = "harvesterhci.io", "network.harvesterhci.io", "longhorn.io"
_WHEREABOUTS = "whereabouts.cni.cncf.io"
_ATTACHMENTS = "network-attachment-definitions"
KINDS = {
    (row.group, row.kind): row
    for row in (
        Kind("", "Pod", "pods", _pod),
        Kind("", "Node", "nodes", _node),
        Kind("", "Event", "events", _event),
        Kind("events.k8s.io", "Event", "events", _event),
        Kind(_HARVESTER, "Setting", "settings", _setting, "v1beta1"),
        Kind(_HARVESTER, "VirtualMachineImage", "images", _image, "v1beta1"),
        Kind(_NETWORK, "ClusterNetwork", "cluster_networks", _named(kept.ClusterNetwork), "v1beta1"),
        Kind(_NETWORK, "VlanConfig", "vlan_configs", _vlan_config, "v1beta1"),
        Kind(_WHEREABOUTS, "IPPool", "pools", _pool, "v1alpha1"),
        Kind(_WHEREABOUTS, "OverlappingRangeIPReservation", "reservations", _reservation, "v1alpha1"),
        Kind("k8s.cni.cncf.io", "NetworkAttachmentDefinition", "attachments", _attachment, "v1", _ATTACHMENTS),
        Kind(_LONGHORN, "Setting", "longhorn_settings", _longhorn_setting, "v1beta2"),
        Kind(_LONGHORN, "Node", "longhorn_nodes", _longhorn_node, "v1beta2"),
        Kind(_LONGHORN, "InstanceManager", "instance_managers", _instance_manager, "v1beta2"),
        Kind(_LONGHORN, "BackingImageManager", "backing_image_managers", _backing_image_manager, "v1beta2"),
        Kind(_LONGHORN, "BackingImageDataSource", "data_sources", _data_source, "v1beta2"),
        Kind(_LONGHORN, "ShareManager", "share_managers", _share_manager, "v1beta2"),
        Kind(_LONGHORN, "Volume", "volumes", _volume, "v1beta2"),
        Kind("kubevirt.io", "VirtualMachineInstance", "machines", _machine),
        Kind("apiextensions.k8s.io", "CustomResourceDefinition", "definitions", _named(kept.Definition)),
    )
}
"""Every kind that is read, by API group and kind."""
