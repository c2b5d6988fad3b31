"""The objects of a living cluster, as far as the planner reads them: one frozen value for each kind.

Rules: every value has `ref`, "namespace/name", or the name alone where the kind has no namespaces; two values with one
ref are the same object. What an object does not say is empty text, or None where empty would be an answer. Nothing here
is checked: `model/living/readers` reads objects, and refuses broken ones.
"""

from __future__ import annotations

import attrs

from sn_planner.model.cidr import Cidr
from sn_planner.model.networks import NETWORKS, STORAGE
from sn_planner.model.setting import Written

SERVER_VERSION = "server-version"
READ_SETTINGS = (*NETWORKS, SERVER_VERSION)
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

    `network` is what a network's setting says of its network; `shares_storage` that the rwx-network is the storage
    network; `configured` is the condition of that name; `hash` the SHA-1 of the text Harvester last acted upon.
    """

    ref: str
    value: str = ""
    network: Written | None = None
    shares_storage: bool = False
    configured: Condition | None = None
    hash: str | None = None


@attrs.frozen
class Attachment:
    """A NetworkAttachmentDefinition: range and excludes that its IPAM hands out; empty where it has none."""

    ref: str
    range: str = ""
    exclude: tuple[str, ...] = ()

    @property
    def is_storage_network(self) -> bool:
        """Whether Harvester made it for the storage network."""
        return STORAGE.attaches(self.ref)


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
    """A node that runs Longhorn: its disks, how many are block devices, and how many hold a backing image [disks]."""

    ref: str
    disks: int
    block_disks: int = 0
    image_disks: int = 0


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
    """A pod; `sandbox` is its sandbox's container id, `interfaces` those besides eth0, None where it names none yet."""

    ref: str
    node: str = ""
    phase: str = ""
    ready: bool = False
    sandbox: str = ""
    interfaces: tuple[Interface, ...] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it will never run again."""
        return self.phase in _ENDED


@attrs.frozen
class ClusterNode:
    """A node of Kubernetes, and whether it is a witness."""

    ref: str
    witness: bool = False
    labels: frozenset[tuple[str, str]] = frozenset()


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
    """The uplinks of a cluster network on some nodes: those it lists, or else those its `selector` fits."""

    ref: str
    cluster_network: str
    nodes: frozenset[str] | None = None
    selector: frozenset[tuple[str, str]] = frozenset()

    def covers(self, node: ClusterNode) -> bool:
        """Whether it configures the node."""
        return self.selector <= node.labels if self.nodes is None else node.ref in self.nodes


@attrs.frozen
class Event:
    """An event that tells of an exhausted range, and the pod it is about."""

    ref: str
    pod: str
    message: str
