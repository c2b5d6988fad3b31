"""From a Kubernetes object's plain data to the value that the planner keeps of it: one row for each kind.

Rules: a kind is known by its API group and its name, whatever the version: there are Nodes, Settings and Volumes of
several groups. A missing field and a null one are the same, as in Go; so is the text "null", which support bundles
write for both, but for names. Fields that no advice uses are not looked at. A field of the wrong kind, or a text inside
that is not what it should be, is refused under the object's kind, its name and the path of the field, where every
answer needs the object: Longhorn's, Harvester's settings, the definitions of its networks. Anything else is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from sn_planner.errors import ABSENT, BadInput, SnPlannerError, printable, shown, within
from sn_planner.model.cidr import parse_cidr
from sn_planner.model.failures import tells_failure
from sn_planner.model.fields import whole_from_text
from sn_planner.model.living import resources as kept
from sn_planner.model.networks import NETWORKS
from sn_planner.model.plain import as_go_reads, decode_json
from sn_planner.model.written import Written, hash_annotation

SANDBOX_ANNOTATION = "cni.projectcalico.org/containerID"  # Canal writes the sandbox's id there [D 1.1 Storage Network]
STATUS_ANNOTATIONS = ("k8s.v1.cni.cncf.io/network-status", "k8s.v1.cni.cncf.io/networks-status")  # newer, older Multus
WITNESS_LABEL = "node-role.harvesterhci.io/witness"
MATCHED_NODES_ANNOTATION = "network.harvesterhci.io/matched-nodes"  # [C network-controller-harvester pkg/utils]
_NODE_ADDRESSES = ("InternalIP", "ExternalIP")
_EVICTED = "DeletionByTaintManager"  # [C kubernetes pkg/controller/tainteviction]
_AGAIN = "export the object again"
_NULL = "null"  # [C support-bundle-kit pkg/manager/collectors/common.go]
_IMAGES = "scheduledBackingImage"  # since Longhorn 1.8, and never left out [C longhorn-manager types Node]
_NAMES = ("name", "namespace", "nodeName", "nodeID")  # anything may be called so
_LONGEST_NAME = 320  # a namespace and a name have at most 63 and 253 characters
_WORDS = {str: "text", dict: "a mapping", list: "a list", bool: "true or false", int: "a whole number"}

Object = dict[str, Any]


class Kind(NamedTuple):
    """A kind of object: its API group and version, its names, the field of a Snapshot that keeps it, and its reader.

    `read` gives None for an object that nothing is kept of; `plural` is the kind's name in the API's addresses.
    `rest` is what is kept of a broken object that is not refused: at least that it is there.
    """

    group: str
    kind: str
    field: str
    read: Callable[[str, Object], Any]
    version: str = "v1"
    irregular_plural: str = ""
    rest: Callable[[str, Object], Any] | None = None

    @property
    def plural(self) -> str:
        """The kind's name in the API's addresses."""
        return self.irregular_plural or f"{self.kind.lower()}s"

    def needs(self, ref: str) -> bool:
        """Whether no answer is right without the object of that ref."""
        if self.field == "attachments":
            return any(network.attaches(ref) for network in NETWORKS.values())
        return self.group == _LONGHORN or self.field == "settings"


class Read(NamedTuple):
    """An object as read: the Snapshot's field, its ref, what is kept of it, and, where it is broken, why."""

    field: str
    ref: str
    value: Any = None
    left_out: kept.LeftOut | None = None


def read_object(kind: str, group: str, data: Object) -> Read | None:
    """What the planner keeps of an object; None for a kind that is not in `KINDS`.

    Raises BadInput, naming kind, name and field, for a broken object that is needed; any other one is left out.

    >>> read_object("ShareManager", "longhorn.io", {"metadata": {"name": "a"}, "status": {"state": "running"}}).value
    ShareManager(ref='a', state='running')
    >>> read_object("Event", "", {"metadata": {"name": "a"}, "message": 5}).left_out
    LeftOut(field='events', ref='a', why='message 5 is not text')
    """
    row = KINDS.get((group, kind))
    if row is None:
        return None
    ref = ""
    try:
        ref = _ref(data)
        return Read(row.field, ref, row.read(ref, data))
    except SnPlannerError as fault:
        name = printable(ref[:_LONGEST_NAME])
        if row.needs(ref):
            raise fault.renamed(f"{kind} {name}: {fault.field}" if ref else f"{kind}: {fault.field}") from None
        rest = None
        with suppress(SnPlannerError):
            rest = row.rest(ref, data) if ref and row.rest is not None else None
        return Read(row.field, ref, rest, kept.LeftOut(row.field, name or kind, printable(fault.message)))


def _ref(data: Object) -> str:
    name, namespace = _at(data, "metadata", "name"), _at(data, "metadata", "namespace", default="")
    return f"{namespace}/{name}" if namespace else str(name)


def field_of_list(kind: str, group: str) -> str | None:
    """The Snapshot's field that a list of one kind fills; None for any other list.

    >>> field_of_list("PodList", ""), field_of_list("List", "")
    ('pods', None)
    """
    row = KINDS.get((group, kind.removesuffix("List"))) if kind.endswith("List") else None
    return None if row is None else row.field


def _at(data: Any, *path: str, kind: type = str, default: Any = ABSENT) -> Any:
    """The value at a path of keys, of one kind; the default where it is missing or null."""
    found = data
    for key in path:
        if type(found) is not dict:
            raise _no_mapping(data, path)
        found = found.get(key)
        if found is None or (found == _NULL and key not in _NAMES):
            if default is ABSENT:
                raise BadInput(_path(path), ABSENT, "is missing", _AGAIN, "unreadable")
            return default
    if type(found) is not kind:
        raise _not_a(_WORDS[kind], path, found)
    return found


def _no_mapping(data: Any, path: tuple[str, ...]) -> BadInput:
    depth = 0
    while type(data) is dict:
        data, depth = data[path[depth]], depth + 1
    return _not_a("a mapping", path[:depth], data)


def _not_a(words: str, path: tuple[str, ...], value: object) -> BadInput:
    return BadInput(_path(path), value, f"is not {words}", _AGAIN, "unreadable")


def _path(keys: tuple[str, ...]) -> str:
    """The keys as `kubectl -o jsonpath` writes them, nearly."""
    texts = (f"[{shown(key)}]" if "." in key else f".{key}" for key in keys)
    return "".join(texts).removeprefix(".") or "object"


def _json(place: str, text: str, kind: type) -> Any:
    """The plain data of a JSON text that an object carries."""
    value = decode_json(place, text)
    if type(value) is not kind:
        raise BadInput(place, value, f"is not {_WORDS[kind]}", _AGAIN, "unreadable")
    return value


def _annotation(data: Object, name: str) -> str:
    found: str = _at(data, "metadata", "annotations", name, default="")
    return found


def _list_of_texts(place: str, values: list[Any]) -> list[str]:
    for value in values:
        if type(value) is not str:
            raise BadInput(place, value, "is not text", _AGAIN, "unreadable")
    return values


def _condition(data: Object, kind: str) -> kept.Condition | None:
    """The condition of that type."""
    for one in _at(data, "status", "conditions", kind=list, default=[]):
        if isinstance(one, dict) and one.get("type") == kind:
            with within("status.conditions"):
                return kept.Condition(*(_at(one, key, default="") for key in ("status", "reason", "message")))
    return None


def _setting(ref: str, data: Object) -> kept.StoredSetting:
    if ref not in kept.READ_SETTINGS:
        return kept.StoredSetting(ref)
    value, configured = _at(data, "value", default=""), _condition(data, "configured")
    if ref not in NETWORKS:
        return kept.StoredSetting(ref, value, configured=configured)
    text = value or _at(data, "default", default="")
    written = Written(text, ref, _annotation(data, hash_annotation(ref)) or None)
    for fault in written.faults:
        raise fault
    return kept.StoredSetting(ref, value, written, configured)


def _longhorn_setting(ref: str, data: Object) -> kept.LonghornSetting:
    is_kept = kept.name_of(ref) in kept.READ_LONGHORN_SETTINGS
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
    return kept.LonghornNode(ref, len(disks), blocks, _image_disks(data))


def _image_disks(data: Object) -> tuple[str, ...] | None:
    """The disks that hold a backing image; None where that is not told."""
    place = "status", "diskStatus"
    told = [name for name in _at(data, *place, kind=dict, default={}) if _IMAGES in _at(data, *place, name, kind=dict)]
    held = [name for name in told if _at(data, *place, name, _IMAGES, kind=dict, default={})]
    return tuple(_at(data, *place, name, "diskUUID", default="") for name in held) if told else None


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
    ready, disruption = _condition(data, "Ready"), _condition(data, "DisruptionTarget")
    return kept.Pod(
        ref,
        _at(data, "spec", "nodeName", default=""),
        _at(data, "status", "phase", default=""),
        ready is not None and ready.status == "True",
        _annotation(data, SANDBOX_ANNOTATION),
        _interfaces(data),
        disruption is not None and (disruption.status, disruption.reason) == ("True", _EVICTED),
        _at(data, "metadata", "deletionTimestamp", default="") != "",
    )


def _interfaces(data: Object) -> tuple[kept.Interface, ...] | None:
    """The interfaces besides the default one, which older releases of Multus do not even name.

    An annotation that is empty, null or broken tells of none, as to Whereabouts [C whereabouts pkg/reconciler].
    """
    for name in STATUS_ANNOTATIONS:
        with suppress(SnPlannerError):
            entries = [as_go_reads(_at(entry, kind=dict)) for entry in _json(name, _annotation(data, name), list)]
            return tuple(_interface(entry) for entry in entries if not _at(entry, "default", kind=bool, default=False))
    return None


def _interface(entry: Object) -> kept.Interface:
    addresses = _list_of_texts("ips", _at(entry, "ips", kind=list, default=[]))
    return kept.Interface(_at(entry, "interface", default=""), _at(entry, "name", default=""), tuple(addresses))


def _node(ref: str, data: Object) -> kept.ClusterNode:
    witness = _is_witness(data)
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


def _is_witness(data: Object) -> bool:
    return WITNESS_LABEL in _at(data, "metadata", "labels", kind=dict, default={})


def _bare_node(ref: str, data: Object) -> kept.ClusterNode:
    return kept.ClusterNode(ref, _is_witness(data))


def _machine(ref: str, data: Object) -> kept.Machine:
    return kept.Machine(ref, _at(data, "status", "phase", default=""))


def _image(ref: str, data: Object) -> kept.Image:
    imported = _condition(data, "Imported")
    return kept.Image(ref, "Unknown" if imported is None else imported.status)


def _vlan_config(ref: str, data: Object) -> kept.VlanConfig:
    text = _annotation(data, MATCHED_NODES_ANNOTATION)
    place = _path(("metadata", "annotations", MATCHED_NODES_ANNOTATION))
    nodes = _list_of_texts(place, _json(place, text, list)) if text else []
    return kept.VlanConfig(ref, _at(data, "spec", "clusterNetwork"), frozenset(nodes))


def _event(ref: str, data: Object) -> kept.Event | None:
    """An event of either API; only those that tell of a known failure are kept."""
    message = _at(data, "message", default="") or _at(data, "note", default="")
    if not tells_failure(message):
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
        Kind("", "Pod", "pods", _pod, rest=_named(kept.Pod)),
        Kind("", "Node", "nodes", _node, rest=_bare_node),
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
        Kind("kubevirt.io", "VirtualMachineInstance", "machines", _machine, rest=_named(kept.Machine)),
        Kind("apiextensions.k8s.io", "CustomResourceDefinition", "definitions", _named(kept.Definition)),
    )
}
"""Every kind that is read, by API group and kind."""
