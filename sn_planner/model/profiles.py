"""Who takes addresses from a storage network, per Harvester release: tables, each row with its source.

Rules: a profile is a list of consumers. A consumer is a kind of pod: so many addresses for each thing of one kind (a
node, a disk, …), times how many versions of the pod live at once: in the steady state, at the stall floor (the least
with which a Longhorn upgrade cannot stall), and at the peak of an upgrade. Everything computed from a profile goes
through `Profile.weights`, so code, documentation and tests read the same table.

[D x] is Harvester's documentation of release x, page "Storage Network"; [C] is public source code; [I] is inferred.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from sn_planner.errors import ABSENT, SnPlannerError
from sn_planner.model.cluster import Cluster
from sn_planner.model.fields import count_field, known_key, text_field
from sn_planner.model.ranges import list_of

PER = {
    "node": "node that runs Longhorn",
    "disk": "disk, over all nodes",
    "image": "image transfer running at once",
    "v2-node": "node with the V2 data engine",
    "rwx-volume": "running RWX volume",
    "cluster": "cluster",
}
SETTINGS = ("storage-network", "rwx-network", "vm-migration-network")
"""The settings of Harvester whose ranges Whereabouts serves."""
POD_KINDS = ("instance-manager", "backing-image-manager", "backing-image-ds", "share-manager", "longhorn-csi-plugin")
ASSUMED_RWX_VOLUMES = 32  # [D 1.8] reserved where the number of RWX volumes is not known

_MANAGERS = "longhorn-manager controller/instance_manager_controller.go"
_BACKING_IMAGES = "longhorn-manager controller/backing_image_manager_controller.go"
_TRANSFERS = "longhorn-manager controller/backing_image_data_source_controller.go"
_SHARES = "longhorn-manager controller/share_manager_controller.go"


@attrs.frozen
class Consumer:
    """A kind of pod on the storage network.

    `addresses_each` [addresses] a pod, one pod for each `per` (a key of `PER`), in `versions` versions at the peak of a
    Longhorn upgrade, `floor` versions at the stall floor, `steady` versions when nothing happens [pods].
    """

    pod: str = attrs.field(validator=text_field)
    per: str = attrs.field()
    versions: int = attrs.field(kw_only=True, validator=count_field)
    floor: int = attrs.field(kw_only=True, validator=count_field)
    steady: int = attrs.field(kw_only=True, validator=count_field)
    source: str = attrs.field(kw_only=True, validator=text_field)
    addresses_each: int = attrs.field(default=1, kw_only=True, validator=count_field)

    @per.validator
    def _is_known(self, attribute: attrs.Attribute[str], value: object) -> None:
        known_key(attribute.name, value, PER)

    def __attrs_post_init__(self) -> None:
        if not self.steady <= self.floor <= self.versions:
            raise SnPlannerError(
                f"consumer {self.pod}",
                ABSENT,
                f"has steady={self.steady}, floor={self.floor}, versions={self.versions}",
                "they must not decrease in this order",
            )


def _managers(pod: str, source: str) -> Consumer:
    return Consumer(pod, "node", versions=2, floor=2, steady=1, source=source)


_BACKING_IMAGE_MANAGER = Consumer(
    "backing-image-manager", "disk", versions=2, floor=1, steady=1, source=f"[D 1.1-1.8; C {_BACKING_IMAGES}]"
)
_TRANSFER = Consumer("backing-image-ds", "image", versions=1, floor=1, steady=0, source=f"[D 1.1-1.8; C {_TRANSFERS}]")
_V2_MANAGER = Consumer(
    "instance-manager (V2)", "v2-node", versions=1, floor=1, steady=1, source=f"[C {_MANAGERS}, Longhorn >= 1.7]"
)
_RWX = (
    Consumer("longhorn-csi-plugin", "node", versions=1, floor=1, steady=1, source="[D 1.8]"),
    Consumer("share-manager", "rwx-volume", versions=1, floor=1, steady=1, source=f"[D 1.8; C {_SHARES}]"),
)
_SUMMARY_LETTERS = {"node": "N", "disk": "D", "image": "I", "v2-node": "V", "rwx-volume": "R", "cluster": ""}


def _consumers(value: Iterable[Consumer]) -> tuple[Any, ...]:
    consumers = tuple(list_of("consumers", value))
    for consumer in consumers:
        if not isinstance(consumer, Consumer):
            raise SnPlannerError("consumers", consumer, "is not a Consumer", "write Consumer(pod, per, …)")
    return consumers


@attrs.frozen
class Profile:
    """A named table of consumers; `setting` is the Harvester setting whose range it sizes.

    >>> profile("classic").formula, profile("consolidated+rwx").formula
    ('4N + 2D + I', '3N + 2D + I + R')
    """

    name: str = attrs.field(validator=text_field)
    consumers: tuple[Consumer, ...] = attrs.field(converter=_consumers)
    source: str = attrs.field(default="-", validator=text_field)
    setting: str = attrs.field(default=SETTINGS[0])

    @setting.validator
    def _is_known(self, attribute: attrs.Attribute[str], value: object) -> None:
        known_key(attribute.name, value, SETTINGS)

    def weights(self, moment: str) -> dict[str, int]:
        """Addresses for each thing of a kind at a moment ('steady', 'floor' or 'versions' for the peak) [addresses]."""
        weights = dict.fromkeys(PER, 0)
        for consumer in self.consumers:
            weights[consumer.per] += consumer.addresses_each * int(getattr(consumer, moment))
        return weights

    @property
    def shares_rwx(self) -> bool:
        """Whether RWX volumes take addresses of this network."""
        return any(consumer.per == "rwx-volume" for consumer in self.consumers)

    @property
    def sharing_rwx(self) -> Profile:
        """This profile on a storage network that RWX volumes share (Longhorn >= 1.7)."""
        if self.setting != SETTINGS[0]:
            problem = f"sizes the {self.setting}, which nothing shares"
            raise SnPlannerError("profile", self.name, problem, "leave +rwx out")
        if self.shares_rwx:
            return self
        return Profile(f"{self.name}+rwx", self.consumers + _RWX, f"{self.source} + [D 1.8] shared RWX", self.setting)

    @property
    def running_v2(self) -> Profile:
        """This profile with the instance managers of the V2 data engine."""
        counts_v2 = self.weights("versions")["v2-node"]
        return self if counts_v2 else attrs.evolve(self, consumers=(*self.consumers, _V2_MANAGER))

    def for_cluster(self, cluster: Cluster) -> Profile:
        """This profile, `running_v2` where the cluster has nodes that run it."""
        return self.running_v2 if any(node.v2_data_engine for node in cluster.storage) else self

    @property
    def formula(self) -> str:
        """The peak as text: N nodes, D disks in total, I images, V nodes with V2, R RWX volumes."""
        terms = [
            f"{weight if weight > 1 or not letter else ''}{letter}"
            for per, letter in _SUMMARY_LETTERS.items()
            if (weight := self.weights("versions")[per])
        ]
        return " + ".join(terms) or "0"


PROFILES = {
    one.name: one
    for one in (
        Profile(
            "classic",
            (
                _managers("instance-manager-e", f"[D 1.1; C {_MANAGERS}, Longhorn < 1.5]"),
                _managers("instance-manager-r", f"[D 1.1; C {_MANAGERS}, Longhorn < 1.5]"),
                _BACKING_IMAGE_MANAGER,
                _TRANSFER,
            ),
            "[D 1.1, 1.2, 1.4-dev] two instance managers a node",
        ),
        Profile(
            "consolidated",
            (
                _managers("instance-manager", f"[D 1.3-1.8; C {_MANAGERS}, Longhorn >= 1.5]"),
                _BACKING_IMAGE_MANAGER,
                _TRANSFER,
            ),
            "[D 1.3-1.8] one instance manager a node, Longhorn >= 1.5; harvester#6457",
        ),
        Profile("rwx-network", _RWX, "[D 1.8] a dedicated network for RWX volumes", "rwx-network"),
        Profile(
            "vm-migration-network",
            (Consumer("virt-handler", "node", versions=1, floor=1, steady=1, source="[D 1.8] one a node, no witness"),),
            "[D 1.8] a dedicated network for VM migration",
            "vm-migration-network",
        ),
    )
}


def profile(chosen: str | Profile) -> Profile:
    """The profile of a name in `PROFILES`, with '+rwx' behind it for one that RWX volumes share."""
    if isinstance(chosen, Profile):
        return chosen
    base = chosen.removesuffix("+rwx") if isinstance(chosen, str) else chosen
    found = PROFILES[known_key("profile", base, PROFILES)]
    return found if base == chosen else found.sharing_rwx


def pod_kind(name: str) -> str | None:
    """The kind of pod on the storage network that a pod's name starts with; None for any other pod.

    >>> pod_kind("backing-image-manager-d00f-1f2e"), pod_kind("longhorn-manager-x2x4z")
    ('backing-image-manager', None)
    """
    return next((kind for kind in POD_KINDS if name.startswith(f"{kind}-")), None)


def counts(cluster: Cluster) -> dict[str, int]:
    """How many things of each kind of `PER` a cluster has, for the formula [things]."""
    rwx_volumes = ASSUMED_RWX_VOLUMES if cluster.rwx_volumes is None else cluster.rwx_volumes
    return {
        "node": cluster.storage_nodes,
        "disk": cluster.disks,
        "image": cluster.images,
        "v2-node": cluster.v2_nodes,
        "rwx-volume": rwx_volumes,
        "cluster": 1,
    }
