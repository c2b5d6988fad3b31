"""The site as the steps of a scenario make it: nodes, and what each of their things runs.

Rules: a unit is one thing (a node, a disk, a volume, the cluster) with its pods of one consumer, oldest first. Pods are
named here and nowhere else: by kind, thing and number, so that a name is never used twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

import attrs

from sn_planner.errors import BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.pods import INTERFACE, LONGHORN_NAMESPACE, Consumer, is_waited_for
from sn_planner.model.profiles import Profile
from sn_planner.model.releases import Release
from sn_planner.model.words import some

_SHOWN_NODES = 5
MOST_PODS = 1_000_000  # a run keeps its pods and their events in memory: about a gigabyte


def afford(field: str, pods: int) -> None:
    """Refuses what would make more pods than can be kept in memory."""
    if pods > MOST_PODS:
        raise BadInput(field, pods, "makes too many pods to follow", f"simulate at most {MOST_PODS}", "too-many")


@attrs.frozen(eq=False)
class SimulatedPod:
    """A pod that asks for an address: its name ("namespace/name"), node ("" where none matters) and interface.

    A pod with two interfaces is two of these. Each is itself and no other, whatever it says: pods are kept by identity.
    `lasts` is how long it runs once it has its address (None: until it is stopped) [seconds]; `gated` marks the pods an
    upgrade waits for, which are served last by retry "worst".
    """

    name: str
    node: str = ""
    ifname: str = INTERFACE
    lasts: int | None = None
    gated: bool = False


@attrs.define
class Unit:
    """The pods that one thing (a node, a disk, a volume, the cluster) has of one consumer, oldest first."""

    consumer: Consumer
    thing: str
    node: str
    pods: list[SimulatedPod] = attrs.field(factory=list)
    made: int = 0

    @property
    def gated(self) -> bool:
        """Whether an upgrade waits for its pods: they live twice until their node's turn, or are V2's managers."""
        return is_waited_for(self.consumer)

    def more(self, count: int, lasts: int | None = None) -> list[SimulatedPod]:
        """As many new pods [pods], with an interface for each of their addresses; none where they take none."""
        fresh: list[SimulatedPod] = []
        if not self.consumer.addresses_each:
            return fresh
        for number in range(self.made + 1, self.made + count + 1):
            parts = (slug(self.consumer.pod), self.thing, str(number))
            name = f"{LONGHORN_NAMESPACE}/{'-'.join(part for part in parts if part)}"
            interfaces = range(1, self.consumer.addresses_each + 1)
            fresh += [SimulatedPod(name, self.node, f"lhnet{place}", lasts, self.gated) for place in interfaces]
        self.made += count
        self.pods += fresh
        return fresh

    def oldest(self, count: int) -> list[SimulatedPod]:
        """The oldest `count` pods [pods], all their interfaces; the unit forgets them."""
        interfaces = count * self.consumer.addresses_each
        gone, self.pods = self.pods[:interfaces], self.pods[interfaces:]
        return gone


@attrs.define
class SiteNode:
    """A node that runs Longhorn."""

    disks: int
    v2_data_engine: bool
    lost: bool = False


@attrs.define
class Site:
    """The cluster as the steps so far have made it."""

    profile: Profile
    release: Release | None
    cluster: Cluster
    nodes: dict[str, SiteNode] = attrs.field(factory=dict)
    units: list[Unit] = attrs.field(factory=list)
    named: int = 0
    transfers: int = 0
    pods: int = 0
    applied: bool = False
    upgrading_until: int = -1
    notes: list[str] = attrs.field(factory=list)
    end: int = 0

    def join(self, count: int, disks: int, v2_data_engine: bool, name: str | None = None) -> list[str]:
        """Adds nodes; the names they got: their own, or the next that no node has."""
        names = []
        for _ in range(count):
            names.append(name or self._free_name())
            self.nodes[names[-1]] = SiteNode(disks, v2_data_engine)
        return names

    def _free_name(self) -> str:
        own = {node.name for node in self.cluster.nodes}
        while True:
            self.named += 1
            if (name := f"node-{self.named}") not in own:
                return name

    def node(self, name: str) -> SiteNode:
        """The node of that name; raises BadInput for one that is not there."""
        if name not in self.nodes:
            fix = f"there are {some(self.nodes, _SHOWN_NODES)}" if self.nodes else "there is none"
            raise BadInput("node", name, "is not in the cluster", fix, "unknown-name")
        return self.nodes[name]

    def settle(self, consumers: Iterable[Consumer], nodes: Iterable[str]) -> Iterator[Unit]:
        """New units for the things of those nodes, consumer by consumer."""
        names = list(nodes)
        for consumer in consumers:
            for name in names:
                for thing in _things(consumer, name, self.nodes[name]):
                    yield self.unit(consumer, thing, name)

    def units_there(self) -> list[Unit]:
        """The units of the nodes that are still there, and of no node; the others are forgotten."""
        self.units = [unit for unit in self.units if not unit.node or unit.node in self.nodes]
        return self.units

    def more(self, unit: Unit, count: int, lasts: int | None = None) -> list[SimulatedPod]:
        """As many new pods of a unit [pods]; raises BadInput where the run would have more than MOST_PODS."""
        self.pods += count * unit.consumer.addresses_each
        afford("run", self.pods)
        return unit.more(count, lasts)

    def unit(self, consumer: Consumer, thing: str, node: str = "") -> Unit:
        """A new unit, noted."""
        unit = Unit(consumer, thing, node)
        self.units.append(unit)
        return unit


def _things(consumer: Consumer, name: str, node: SiteNode) -> list[str]:
    """What a node has of the kind that a consumer counts, by name."""
    if consumer.per == "disk":
        return [f"{name}-{number}" for number in range(1, node.disks + 1)]
    return [name] if consumer.per == "node" or (consumer.per == "v2-node" and node.v2_data_engine) else []


@functools.cache
def slug(pod: str) -> str:
    """A consumer's name as a pod's name starts with it."""
    return "-".join(re.findall(r"[a-z0-9]+", pod.lower()))
