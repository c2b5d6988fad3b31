"""The networks of a Harvester cluster that Whereabouts serves: one row each.

Rules: a network is known by its setting. The row says since when there is one, how its setting is written, how its
NetworkAttachmentDefinition is called, which formula sizes it, and what Harvester's webhook wants of its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

HARVESTER_NAMESPACE = "harvester-system"
ASSUMED_RWX_VOLUMES = 32  # [D 1.8] reserved where the number of RWX volumes is not known


class Network(NamedTuple):
    """One of Harvester's own networks.

    `setting` is its name everywhere; `since` the release of Harvester that has it. `wrapper` is the key under which an
    object of its own holds the network (None: the value is the network itself), `shares` the key beside it that puts
    it on the storage network. `attachment` is what the name of its NetworkAttachmentDefinition starts with.

    `formula` is the profile that sizes it by default, `counted` the key of `pods.PODS` for what that profile counts,
    `formula_source` where it is read. `size_rule` is what the webhook wants: addresses for each thing
    of a kind (RWX volumes are always 32 to it, images none), from Harvester `size_rule_since` on. `outage` is what
    another range costs once one is in force.
    """

    setting: str
    since: str
    attachment: str
    formula: str
    counted: str
    formula_source: str
    size_rule: Mapping[str, int]
    size_rule_since: str
    source: str
    outage: str
    wrapper: str | None = None
    shares: str | None = None

    def attaches(self, ref: str) -> bool:
        """Whether Harvester made the NetworkAttachmentDefinition "namespace/name" for this network."""
        return ref.startswith(f"{HARVESTER_NAMESPACE}/{self.attachment}")


STORAGE = Network(
    setting="storage-network",
    since="1.1.0",
    attachment="storagenetwork-",
    formula="classic",
    counted="classic",
    formula_source="[D 1.1, 1.2, 1.4-dev] two instance managers a node",
    size_rule={"node": 2, "disk": 2},
    size_rule_since="1.5",
    source="[C harvester pkg/util/network/common.go, pkg/webhook/resources/setting/validator.go]",
    outage=(  # [D 1.1-1.8 Storage Network]
        "every VM is stopped, every volume detached, image transfers finished; "
        "the instance managers and backing image managers start anew"
    ),
)
RWX = Network(
    setting="rwx-network",
    since="1.8.0",
    attachment="rwx-network-",
    formula="rwx-network",
    counted="rwx",
    formula_source="[D 1.8] a dedicated network for RWX volumes",
    size_rule={"node": 1, "rwx-volume": 1},
    size_rule_since="1.8",
    source="[C harvester pkg/settings RWXNetworkConfig, pkg/webhook/resources/setting/validator.go]",
    outage="workloads with RWX volumes wait while longhorn-csi-plugin and the share managers start anew",  # [I]
    wrapper="network",
    shares="share-storage-network",
)
VM_MIGRATION = Network(
    setting="vm-migration-network",
    since="1.6.0",
    attachment="vm-migration-network-",
    formula="vm-migration-network",
    counted="vm-migration-network",
    formula_source="[D 1.8] a dedicated network for VM migration",
    size_rule={"node": 1},
    size_rule_since="1.6",
    source="[C harvester pkg/controller/master/vmmigrationnetwork, pkg/webhook/resources/setting/validator.go]",
    outage="no VM migrates while virt-handler starts anew on every node; VMs run on",  # [I]
)
NETWORKS = {one.setting: one for one in (STORAGE, RWX, VM_MIGRATION)}
