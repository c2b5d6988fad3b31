"""Who takes addresses: one row for each kind of pod, read by formulas, simulations, audits and diagnoses alike.

Rules: a kind of pod is known by what its pods' names start with. Its row says on which interface it has the address,
what hangs while it waits for one, and how often each formula counts it: addresses for each thing (a node, a disk, …),
times how many versions of the pod live at once: in the steady state, at the stall floor (the fewest with which a
Longhorn upgrade cannot stall), and at the peak of an upgrade.

[D x] is Harvester's documentation of release x, page "Storage Network"; [C] is public source code; [I] is inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import attrs

from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.fields import COUNT, NAME, checked, known_key

LONGHORN_NAMESPACE = "longhorn-system"
INTERFACE = "lhnet1"  # Longhorn's storage interface [D 1.1-1.8 Storage Network, verification steps]
RWX_INTERFACE = "lhnet2"  # Longhorn >= 1.11 gives RWX pods a second one [C longhorn-manager types]
MIGRATION_INTERFACE = "migration0"  # [C harvester pkg/controller/master/vmmigrationnetwork]

UPGRADE_REPOSITORY = "share-manager (upgrade repository)"

PER = {
    "node": "node that runs Longhorn",
    "disk": "disk, over all nodes",
    "image": "image transfer running at once",
    "v2-node": "node with the V2 data engine",
    "rwx-volume": "running RWX volume",
    "cluster": "cluster",
}

_STORAGE_FORMULAS = {"classic", "consolidated", "v2", "rwx"}
_MANAGERS = "longhorn-manager controller/instance_manager_controller.go"
_BACKING_IMAGES = "longhorn-manager controller/backing_image_manager_controller.go"
_TRANSFERS = "longhorn-manager controller/backing_image_data_source_controller.go"
_SHARES = "longhorn-manager controller/share_manager_controller.go"
_UPGRADE = "harvester pkg/controller/master/upgrade"


def _per(per: str) -> str:
    return known_key("per", per, PER)


@attrs.frozen(field_transformer=checked)
class Consumer:
    """A kind of pod as a formula counts it.

    `addresses_each` [addresses] a pod, one pod for each `per` (a key of `PER`), in `versions` versions at the peak of a
    Longhorn upgrade, `floor` versions at the stall floor, `steady` versions when nothing happens [pods]. Raises
    BadInput for anything but whole counts that do not decrease from `steady` to `versions`.

    >>> Consumer("gateway", "cluster", versions=1, floor=1, steady=1, source="our own").addresses_each
    1
    """

    pod: str = attrs.field(metadata=NAME)
    per: str = attrs.field(converter=_per)
    versions: int = attrs.field(kw_only=True, metadata=COUNT)
    floor: int = attrs.field(kw_only=True, metadata=COUNT)
    steady: int = attrs.field(kw_only=True, metadata=COUNT)
    source: str = attrs.field(kw_only=True, metadata=NAME)
    addresses_each: int = attrs.field(default=1, kw_only=True, metadata=COUNT)

    def __attrs_post_init__(self) -> None:
        if not self.steady <= self.floor <= self.versions:
            problem = f"has steady={self.steady}, floor={self.floor}, versions={self.versions}"
            fix = "they must not decrease in this order"
            raise BadInput(f"consumer {self.pod}", ABSENT, problem, fix, "conflict")


def is_waited_for(consumer: Consumer) -> bool:
    """Whether an upgrade waits for a consumer's pods: they live twice until their node's turn, or are V2's managers.

    Neither transfers nor the upgrade's own repository are looked at.
    """
    lives_twice = consumer.floor > consumer.steady and consumer.per != "image"
    return consumer.per == "v2-node" or (lives_twice and consumer.pod != UPGRADE_REPOSITORY)


class PodKind(NamedTuple):
    """A kind of pod that takes addresses of one of Harvester's networks.

    `counted` has its consumers for each formula that counts it: "classic" and "consolidated" (the profiles of those
    names), "v2" and "v2-doubled" (where nodes run the V2 data engine, since Longhorn 1.7 and in 1.6), "rwx" (a network
    that serves RWX volumes, shared or its own), "upgrade-repository" (such a network while Harvester is upgraded),
    "vm-migration-network". `interfaces` are the names of the one it has its address on; `waits` is what hangs while it
    has none; `is_manager` marks those that the documentation's verification looks at.
    """

    name: str
    counted: Mapping[str, tuple[Consumer, ...]]
    interfaces: tuple[str, ...]
    waits: str
    is_manager: bool = False

    @property
    def on_storage_network(self) -> bool:
        """Whether its pods are on the storage network, always or where RWX volumes share it."""
        return not _STORAGE_FORMULAS.isdisjoint(self.counted)

    @property
    def serves_rwx(self) -> bool:
        """Whether its pods are there for RWX volumes."""
        return "rwx" in self.counted

    @property
    def serves_transfer(self) -> bool:
        """Whether each of its pods is there for one image transfer."""
        return any(consumer.per == "image" for formula in self.counted.values() for consumer in formula)

    @property
    def serves_volume(self) -> bool:
        """Whether each of its pods is there for one RWX volume."""
        return any(consumer.per == "rwx-volume" for consumer in self.counted.get("rwx", ()))


def _twice(pod: str, source: str) -> Consumer:
    """An instance manager: the old one stays until its node's turn in the upgrade."""
    return Consumer(pod, "node", versions=2, floor=2, steady=1, source=source)


def _always(pod: str, per: str, source: str) -> Consumer:
    return Consumer(pod, per, versions=1, floor=1, steady=1, source=source)


_BACKING_IMAGE_MANAGER = Consumer(
    "backing-image-manager", "disk", versions=2, floor=1, steady=1, source=f"[D 1.1-1.8; C {_BACKING_IMAGES}]"
)
_TRANSFER = Consumer("backing-image-ds", "image", versions=1, floor=1, steady=0, source=f"[D 1.1-1.8; C {_TRANSFERS}]")

PODS = (
    PodKind(
        "instance-manager",
        {
            "classic": (
                _twice("instance-manager-e", f"[D 1.1; C {_MANAGERS}, Longhorn < 1.5]"),
                _twice("instance-manager-r", f"[D 1.1; C {_MANAGERS}, Longhorn < 1.5]"),
            ),
            "consolidated": (_twice("instance-manager", f"[D 1.3-1.8; C {_MANAGERS}, Longhorn >= 1.5]"),),
            "v2": (_always("instance-manager (V2)", "v2-node", f"[C {_MANAGERS}, Longhorn >= 1.7]"),),
            "v2-doubled": (
                Consumer(
                    "instance-manager (V2)",
                    "v2-node",
                    versions=2,
                    floor=2,
                    steady=1,
                    source=f"[I; C {_MANAGERS}, Longhorn 1.6]",
                ),
            ),
        },
        (INTERFACE,),
        "while it waits, an upgrade of Longhorn does not go on and its node serves no new volume",
        is_manager=True,
    ),
    PodKind(
        "backing-image-manager",
        {"classic": (_BACKING_IMAGE_MANAGER,), "consolidated": (_BACKING_IMAGE_MANAGER,)},
        (INTERFACE,),
        "while it waits, backing images of its disk are not served",
        is_manager=True,
    ),
    PodKind(
        "backing-image-ds",
        {"classic": (_TRANSFER,), "consolidated": (_TRANSFER,)},
        (INTERFACE,),
        "while it waits, the image is not uploaded, downloaded or exported",
    ),
    PodKind(
        "longhorn-csi-plugin",
        {"rwx": (_always("longhorn-csi-plugin", "node", "[D 1.8]"),)},
        (INTERFACE, RWX_INTERFACE),
        "while it waits, its node mounts no volume",
    ),
    PodKind(
        "share-manager",
        {
            "rwx": (_always("share-manager", "rwx-volume", f"[D 1.8; C {_SHARES}]"),),
            "upgrade-repository": (
                Consumer(
                    UPGRADE_REPOSITORY,
                    "cluster",
                    versions=1,
                    floor=1,
                    steady=0,
                    source=f"[C {_UPGRADE}, Harvester >= 1.7]",
                ),
            ),
        },
        (INTERFACE, RWX_INTERFACE),
        "while it waits, its RWX volume cannot be mounted",
    ),
    PodKind(
        "virt-handler",
        {"vm-migration-network": (_always("virt-handler", "node", "[D 1.8] one a node, no witness"),)},
        (MIGRATION_INTERFACE,),
        "while it waits, its node takes part in no live migration",
    ),
)
"""Every kind of pod, in the order in which answers list them."""

STORAGE_PODS = tuple(kind for kind in PODS if kind.on_storage_network)


def consumers_of(formula: str) -> Iterator[Consumer]:
    """What a formula counts, in the order of the table."""
    return (consumer for kind in PODS for consumer in kind.counted.get(formula, ()))


def sources_of(consumers: Iterable[Consumer]) -> list[tuple[str, str]]:
    """Where the numbers of some kinds of pods are read, each once: the pod and the source."""
    return list(dict.fromkeys((one.pod, one.source) for one in consumers))


def pod_kind(name: str) -> PodKind | None:
    """The kind that a pod's name, or a consumer's, starts with; None for any other pod.

    >>> pod_kind("backing-image-manager-d00f-1f2e").name, pod_kind("longhorn-manager-x2x4z")
    ('backing-image-manager', None)
    """
    return next(
        (kind for kind in PODS if name == kind.name or name.startswith((f"{kind.name}-", f"{kind.name} "))), None
    )
