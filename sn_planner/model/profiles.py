"""The formulas, as tables: which kinds of pod a network's size is made of.

Rules: a profile is a name for some of the consumers in `pods`, and everything computed from it goes through
`Profile.weights`, so code, documentation and tests read the same table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

import attrs

from sn_planner.errors import BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.fields import LABEL, NAME, checked, known_key, list_of
from sn_planner.model.networks import ASSUMED_RWX_VOLUMES, NETWORKS, STORAGE
from sn_planner.model.pods import PER, Consumer, consumers_of

Moment = Literal["steady", "floor", "versions"]
SHARED = "+rwx"  # behind a profile's name: RWX volumes share the network
_LETTERS = {"node": "N", "disk": "D", "image": "I", "v2-node": "V", "rwx-volume": "R", "cluster": ""}


def _consumers(value: Iterable[Consumer]) -> tuple[Consumer, ...]:
    consumers = tuple(list_of("consumers", value))
    for consumer in consumers:
        if not isinstance(consumer, Consumer):
            raise BadInput("consumers", consumer, "is not a Consumer", "write Consumer(pod, per, …)", "wrong-type")
    return consumers


def _setting(setting: str) -> str:
    return known_key("setting", setting, NETWORKS)


@attrs.frozen(field_transformer=checked)
class Profile:
    """A named table of consumers; `setting` is the Harvester setting whose range it sizes.

    Raises BadInput for anything but Consumers and for an unknown setting.

    >>> profile("classic").formula, profile("consolidated+rwx").formula
    ('4N + 2D + I', '3N + 2D + I + R')
    """

    name: str = attrs.field(metadata=LABEL)
    consumers: tuple[Consumer, ...] = attrs.field(converter=_consumers)
    source: str = attrs.field(default="-", metadata=NAME)
    setting: str = attrs.field(default=STORAGE.setting, converter=_setting)

    def weights(self, moment: Moment) -> dict[str, int]:
        """Addresses for each thing of a kind at a moment ("versions" is the peak) [addresses]."""
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
        """This profile on a storage network that RWX volumes share (Longhorn >= 1.7).

        Raises BadInput where it sizes another network.
        """
        if self.setting != STORAGE.setting:
            problem = f"sizes the {self.setting}, which nothing shares"
            raise BadInput("profile", self.name, problem, f"leave {SHARED} out", "conflict")
        if self.shares_rwx:
            return self
        consumers = (*self.consumers, *consumers_of("rwx"))
        return Profile(f"{self.name}{SHARED}", consumers, f"{self.source} + [D 1.8] shared RWX", self.setting)

    def running_v2(self, *, doubled: bool = False) -> Profile:
        """This profile with the instance managers of the V2 data engine, which an upgrade once doubled like V1's."""
        if self.weights("versions")["v2-node"]:
            return self
        return attrs.evolve(self, consumers=(*self.consumers, *consumers_of("v2-doubled" if doubled else "v2")))

    @property
    def with_upgrade_repository(self) -> Profile:
        """This profile of a network that serves RWX volumes, with the one that an upgrade of Harvester makes."""
        added = consumers_of("upgrade-repository")
        return attrs.evolve(self, consumers=tuple(dict.fromkeys((*self.consumers, *added))))

    @property
    def formula(self) -> str:
        """The peak as text: N nodes, D disks in total, I images, V nodes with V2, R RWX volumes."""
        weights = self.weights("versions")
        terms = [
            f"{weights[per] if weights[per] > 1 or not letter else ''}{letter}"
            for per, letter in _LETTERS.items()
            if weights[per]
        ]
        return " + ".join(terms) or "0"


_CONSOLIDATED = Profile(
    "consolidated",
    consumers_of("consolidated"),
    "[D 1.3-1.8] one instance manager a node, Longhorn >= 1.5; harvester#6457",
)
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        one.name: one
        for network in NETWORKS.values()
        for one in (
            Profile(network.formula, consumers_of(network.counted), network.formula_source, network.setting),
            *((_CONSOLIDATED,) if network is STORAGE else ()),
        )
    }
)


def profile(chosen: str | Profile) -> Profile:
    """The profile of a name in `PROFILES`, with "+rwx" behind it for one that RWX volumes share.

    Raises BadInput, with the nearest name, for an unknown one.
    """
    if isinstance(chosen, Profile):
        return chosen
    base = chosen.removesuffix(SHARED) if isinstance(chosen, str) else chosen
    found = PROFILES[known_key("profile", base, PROFILES)]
    return found if base == chosen else found.sharing_rwx


def things_of(cluster: Cluster) -> dict[str, int]:
    """How many things of each kind of `PER` a cluster has, for the formula [things]."""
    return {
        "node": cluster.storage_nodes,
        "disk": cluster.disks,
        "image": cluster.images,
        "v2-node": cluster.v2_nodes,
        "rwx-volume": rwx_volumes_or_assumed(cluster.rwx_volumes),
        "cluster": 1,
    }


def rwx_volumes_or_assumed(volumes: int | None) -> int:
    """Running RWX volumes; as many as the documentation reserves where the number is not known [volumes]."""
    return ASSUMED_RWX_VOLUMES if volumes is None else volumes
