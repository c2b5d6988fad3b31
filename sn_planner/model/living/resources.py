"""The objects of a living cluster, as far as the planner reads them: one frozen value for each kind.

Rules: every value has `ref`, "namespace/name", or the name alone where the kind has no namespaces; two values with one
ref are the same object. What an object does not say is empty text, or None where empty would be an answer. Nothing here
is checked: `model/living/readers` reads objects, and refuses broken ones.
"""

from __future__ import annotations

import attrs

from sn_planner.model.cidr import Cidr
from sn_planner.model.networks import NETWORKS, STORAGE, Network
from sn_planner.model.setting import Setting
from sn_planner.model.written import Written

SERVER_VERSION = "server-version"
READ_SETTINGS = (*NETWORKS, SERVER_VERSION)
COMMON_SETTING = "overcommit-config"  # of every Harvester, and none of those: who has it asked for more than one by one
IN_PROGRESS = "In Progress"  # [C harvester pkg/controller/master/storagenetwork]
LONGHORN_NETWORK_SETTING = "storage-network"  # of Longhorn's own: names a NetworkAttachmentDefinition
SHARES_RWX_SETTING = "storage-network-for-rwx-volume-enabled"  # of Longhorn 1.7 to 1.10 [C longhorn-manager types]
READ_LONGHORN_SETTINGS = (LONGHORN_NETWORK_SETTING, SHARES_RWX_SETTING)
_FINISHED_TRANSFERS = ("ready", "failed", "failed-and-cleanup")
_ENDED = ("Succeeded", "Failed")


def name_of(ref: str) -> str:
    """The name without its namespace.

    >>> name_of("longhorn-system/node-1"), name_of("node-1")
    ('node-1', 'node-1')
    """
    return ref.rpartition("/")[2]


@attrs.frozen
class Condition:
    """One of an object's conditions: `status` is "True", "False" or "Unknown"."""

    status: str
    reason: str = ""
    message: str = ""


@attrs.frozen
class StoredSetting:
    """A Harvester setting. Only those in `READ_SETTINGS` keep their `value`: others may hold credentials.

    `written` is what a network's setting says, None for another setting; `configured` is the condition of that name.
    """

    ref: str
    value: str = ""
    written: Written | None = None
    configured: Condition | None = None

    @property
    def setting(self) -> Setting | None:
        """The network it configures; None where it configures none of its own."""
        return None if self.written is None else self.written.setting

    @property
    def is_changing(self) -> bool:
        """Whether Harvester is still at work on it; it then refuses every change."""
        seen = self.configured
        return seen is not None and seen.status != "True" and seen.reason == IN_PROGRESS


@attrs.frozen
class LonghornSetting:
    """A setting of Longhorn's own; only those in `READ_LONGHORN_SETTINGS` keep their value."""

    ref: str
    value: str = ""


@attrs.frozen
class Attachment:
    """A NetworkAttachmentDefinition: range and excludes that its IPAM hands out; empty where it has none.

    `range_start` and `range_end` bound what is handed out, where they are written. `bridge` is the Linux bridge it is
    on, `vlans` the first and the last of each row of VLANs it carries [VLAN id].
    """

    ref: str
    range: str = ""
    exclude: tuple[str, ...] = ()
    range_start: str = ""
    range_end: str = ""
    bridge: str = ""
    vlans: tuple[tuple[int, int], ...] = ()

    @property
    def network(self) -> Network | None:
        """The network of Harvester's own that it was made for; None for anybody else's."""
        return next((row for row in NETWORKS.values() if row.attaches(self.ref)), None)

    @property
    def is_storage_network(self) -> bool:
        """Whether Harvester made it for the storage network."""
        return self.network is STORAGE


@attrs.frozen
class Allocation:
    """A lease in an IPPool: the offset from the network address [addresses], who holds it, and for which sandbox."""

    offset: int
    podref: str
    container_id: str
    ifname: str = ""


@attrs.frozen
class IPPool:
    """Whereabouts' leases of one range, IPv4 or IPv6."""

    ref: str
    range: Cidr
    allocations: tuple[Allocation, ...] = ()


@attrs.frozen
class Reservation:
    """An OverlappingRangeIPReservation: Whereabouts gives its address (its name) to no pod but `podref`."""

    ref: str
    podref: str


@attrs.frozen
class LonghornNode:
    """A node that runs Longhorn: its disks, and how many of them are block devices [disks].

    `image_disks` are the UUIDs of those that hold a backing image, empty where one has none yet; None where the node
    does not say.
    """

    ref: str
    disks: int
    block_disks: int = 0
    image_disks: tuple[str, ...] | None = None


@attrs.frozen
class InstanceManager:
    """An instance manager: `type` is "engine", "replica" or "aio" (both in one); `data_engine` is "v1" or "v2"."""

    ref: str
    state: str = ""
    node: str = ""
    type: str = ""
    data_engine: str = ""
    image: str = ""


@attrs.frozen
class BackingImageManager:
    """A backing-image-manager and the disk it serves."""

    ref: str
    state: str = ""
    node: str = ""
    disk: str = ""
    image: str = ""


@attrs.frozen
class DataSource:
    """A BackingImageDataSource: an image on its way into Longhorn."""

    ref: str
    state: str = ""
    transferred: bool = False

    @property
    def under_way(self) -> bool:
        """Whether its pod still works, and so holds an address [C longhorn-manager types BackingImageState]."""
        return not self.transferred and self.state not in _FINISHED_TRANSFERS


@attrs.frozen
class ShareManager:
    """The NFS server of one RWX volume."""

    ref: str
    state: str = ""


@attrs.frozen
class Volume:
    """A Longhorn volume and the claim that uses it ("namespace/name", or empty)."""

    ref: str
    state: str = ""
    claim: str = ""


@attrs.frozen
class Interface:
    """A pod's further interface, the network it is on ("namespace/name") and its addresses."""

    name: str
    network: str = ""
    addresses: tuple[str, ...] = ()


@attrs.frozen
class Pod:
    """A pod; `sandbox` is its sandbox's container id, `interfaces` those besides eth0, None where it names none yet.

    `evicted` is whether its node's taint deletes it: it has the condition DisruptionTarget for that reason;
    `terminating` whether it is being deleted.
    """

    ref: str
    node: str = ""
    phase: str = ""
    ready: bool = False
    sandbox: str = ""
    interfaces: tuple[Interface, ...] | None = None
    evicted: bool = False
    terminating: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether it will never run again."""
        return self.phase in _ENDED


@attrs.frozen
class ClusterNode:
    """A node of Kubernetes: whether it is a witness, its own addresses, and the networks its pods have theirs from.

    `ready` is None where it does not say.
    """

    ref: str
    witness: bool = False
    addresses: tuple[str, ...] = ()
    pod_networks: tuple[str, ...] = ()
    ready: bool | None = None


@attrs.frozen
class Machine:
    """A VirtualMachineInstance: it exists while its VM runs."""

    ref: str
    phase: str = ""

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.phase not in _ENDED


@attrs.frozen
class Image:
    """A VirtualMachineImage; `imported` is "True", "False" (it failed) or "Unknown" (under way)."""

    ref: str
    imported: str = "Unknown"

    @property
    def under_way(self) -> bool:
        """Whether it is being uploaded, downloaded, exported, cloned or restored."""
        return self.imported not in {"True", "False"}


@attrs.frozen
class Definition:
    """A CustomResourceDefinition."""

    ref: str


@attrs.frozen
class ClusterNetwork:
    """A cluster network of Harvester."""

    ref: str


@attrs.frozen
class VlanConfig:
    """The uplinks of a cluster network on some nodes: those that its annotation names, and no others."""

    ref: str
    cluster_network: str
    nodes: frozenset[str] = frozenset()


@attrs.frozen
class Event:
    """An event that tells why a pod waits, by a known cause (`model.failures`), and the pod it is about."""

    ref: str
    pod: str
    message: str


@attrs.frozen
class LeftOut:
    """An object that could not be read and was left out: the Snapshot's field it would be in, its ref, and why."""

    field: str
    ref: str
    why: str
