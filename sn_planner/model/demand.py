"""The formula: how many addresses a cluster takes, and its exact inverse.

Rules: the demand is linear. At each moment it is the sum over the kinds of things (nodes, disks in total, image
transfers, …) of weight times count, the weights coming from the profile. Three moments matter
[C longhorn-manager; harvester#10231]:

- steady: no transfer, no upgrade;
- stall floor: every instance manager twice, backing-image-managers once, transfers included. A range with fewer usable
  addresses can stall an upgrade for ever, one with as many cannot;
- required: the peak, which the range must hold:

    (1)  required = 4·nodes + 2·disks + images    with the profile "classic"

Worked example: 5 nodes with 2 disks each and 10 transfers need 5·4 + 10·2 + 10 = 50 addresses, so a /26
[D 1.1 Storage Network].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from sn_planner.errors import ABSENT, SnPlannerError
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.jupyter import html_table
from sn_planner.model.profiles import Consumer, Profile, counts, profile
from sn_planner.model.ranges import AddressRange, prefix_for
from sn_planner.model.releases import Release, release

DEFAULT_PROFILE = "classic"  # the formula of the mission: 4N + 2D + I


@attrs.frozen
class DemandLine:
    """One kind of pod in a demand: `count` things of kind `per`, `versions` pods each at the peak of an upgrade."""

    pod: str
    per: str
    count: int
    addresses_each: int
    versions: int
    addresses: int
    source: str


@attrs.frozen
class Demand:
    """The addresses a cluster takes [addresses], with a line for each kind of pod.

    `steady` when nothing happens, `stall_floor` so that no upgrade stalls, `required` at the peak; `prefix_length` is
    the longest prefix that holds `required` (None: no IPv4 range does).
    """

    profile: Profile
    required: int
    steady: int
    stall_floor: int
    lines: tuple[DemandLine, ...]
    notes: tuple[str, ...] = ()

    @property
    def prefix_length(self) -> int | None:
        """The longest prefix whose usable addresses hold `required` [bits]."""
        return prefix_for(self.required)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "profile": self.profile.name,
            "required": self.required,
            "steady": self.steady,
            "stall_floor": self.stall_floor,
            "prefix_length": self.prefix_length,
            "lines": [_without(attrs.asdict(line), "source") for line in self.lines],
        }

    def __repr__(self) -> str:
        return (
            f"Demand(required={self.required}, steady={self.steady}, stall_floor={self.stall_floor}, "
            f"prefix_length={self.prefix_length}, profile={self.profile.name!r})"
        )

    def _repr_html_(self) -> str:
        caption = f"{self.required} addresses at the peak: a /{self.prefix_length} ({self.profile.name})"
        headers = [field.name.replace("_", " ") for field in attrs.fields(DemandLine)]
        return html_table(caption, headers, (attrs.astuple(line) for line in self.lines))


@attrs.frozen
class Limits:
    """What a range holds at most, each figure with the other two held as they are in the cluster.

    `max_nodes` [nodes] counts the cluster's own nodes in their order, then more like the largest one;
    `max_disks_per_node` [disks] is the same for every node; `max_images` [images]. None: without limit. 0 also where
    not even none fits.
    """

    range: AddressRange
    required: int
    max_nodes: int | None
    max_disks_per_node: int | None
    max_images: int | None
    notes: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the range holds the cluster as it is."""
        return self.required <= self.range.usable

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "range": str(self.range),
            "usable": self.range.usable,
            "max_nodes": self.max_nodes,
            "max_disks_per_node": self.max_disks_per_node,
            "max_images": self.max_images,
        }

    def _repr_html_(self) -> str:
        return html_table(f"What {self.range} holds", ("figure", "value"), self.to_dict().items())


def choose_profile(
    chosen: str | Profile | None, harvester: str | None
) -> tuple[Profile, Release | None, tuple[str, ...]]:
    """The profile asked for by name, as an object, or by Harvester release; the release; and notes on the choice."""
    if harvester is None:
        return profile(DEFAULT_PROFILE if chosen is None else chosen), None, ()
    if chosen is not None:
        raise SnPlannerError("profile", ABSENT, "and harvester are both given", "give one: each chooses the profile")
    shared = isinstance(harvester, str) and harvester.endswith("+rwx")
    found, notes = release(harvester.removesuffix("+rwx") if shared else harvester)
    return found.profile.sharing_rwx if shared else found.profile, found, notes


def demand(cluster: Cluster, profile: str | Profile | None = None, *, harvester: str | None = None) -> Demand:
    """The addresses that `cluster` takes from its storage network [addresses].

    `profile` is a name of PROFILES (default "classic": 4N + 2D + I), with "+rwx" behind it where RWX volumes share the
    network, or a Profile; `harvester` chooses by release instead, again with "+rwx" for a shared network. Raises
    SnPlannerError for an unknown one.
    Source: [D 1.1-1.8] Storage Network; the source of each figure stands in its line.

    >>> need = demand(Cluster.uniform(nodes=5, disks_per_node=2, images=10))
    >>> need.required, need.steady, need.stall_floor, need.prefix_length
    (50, 20, 40, 26)
    """
    require_cluster(cluster)
    chosen, _, notes = choose_profile(profile, harvester)
    chosen = chosen.for_cluster(cluster)
    things = counts(cluster)
    lines = tuple(_line(consumer, things[consumer.per]) for consumer in chosen.consumers)
    peak, steady, floor = (addresses(chosen.weights(moment), things) for moment in ("versions", "steady", "floor"))
    return Demand(chosen, peak, steady, floor, lines, notes)


def addresses(weights: Mapping[str, int], things: Mapping[str, Any]) -> Any:
    """Equation (1) at one moment: weight times count, summed over the kinds of things [addresses].

    The counts may be arrays: one cluster and a grid of clusters go through this one formula.

    >>> addresses({"node": 4, "disk": 2, "image": 1}, {"node": 5, "disk": 10, "image": 10})
    50
    """
    return sum(weight * things[per] for per, weight in weights.items())


def limits(
    range: object, cluster: Cluster, profile: str | Profile | None = None, *, harvester: str | None = None
) -> Limits:
    """How far `cluster` can grow within `range`: the exact inverse of `demand` [nodes, disks, images].

    Raises SnPlannerError for an unusable range, cluster or profile. Sources: those of `demand`.

    >>> limits("192.168.1.0/26", Cluster.uniform(nodes=5, disks_per_node=2, images=10)).to_dict()["max_nodes"]
    6
    """
    address_range = AddressRange(range)
    need = demand(cluster, profile, harvester=harvester)
    weights = need.profile.weights("versions")
    usable = address_range.usable
    nodes_at_most = max_nodes(usable, cluster, need)
    disk_addresses, image_addresses = (weights[per] * counts(cluster)[per] for per in ("disk", "image"))
    return Limits(
        range=address_range,
        required=need.required,
        max_nodes=nodes_at_most,
        max_disks_per_node=_share(usable - need.required + disk_addresses, weights["disk"] * cluster.storage_nodes),
        max_images=_share(usable - need.required + image_addresses, weights["image"]),
        notes=need.notes,
    )


def max_nodes(usable: int, cluster: Cluster, need: Demand) -> int | None:
    """How many storage nodes `usable` addresses hold: the cluster's own in their order, then more like its largest."""
    weights = need.profile.weights("versions")
    left = usable - need.required + sum(_node_addresses(weights, node) * node.count for node in cluster.storage)
    if left < 0:
        return 0
    nodes = 0
    for node in cluster.storage:
        fitting = _share(left, _node_addresses(weights, node))
        if fitting is not None and fitting < node.count:
            return nodes + fitting
        nodes += node.count
        left -= _node_addresses(weights, node) * node.count
    more = _share(left, _node_addresses(weights, cluster.largest_node or Node(disks=0)))
    return None if more is None else nodes + more


def require_cluster(cluster: object) -> None:
    """Refuses everything but a Cluster."""
    if not isinstance(cluster, Cluster):
        raise SnPlannerError("cluster", cluster, "is not a Cluster", "build one, e.g. Cluster.uniform(nodes=5, …)")


def _line(consumer: Consumer, count: int) -> DemandLine:
    addresses = count * consumer.addresses_each * consumer.versions
    return DemandLine(
        consumer.pod,
        consumer.per,
        count,
        consumer.addresses_each,
        consumer.versions,
        addresses,
        consumer.source,
    )


def _node_addresses(weights: dict[str, int], node: Node) -> int:
    return weights["node"] + weights["disk"] * node.disks + weights["v2-node"] * node.v2_data_engine


def _share(addresses: int, each: int) -> int | None:
    """How many things of so many addresses each fit; None where they take none."""
    if addresses < 0:
        return 0
    return addresses // each if each else None


def _without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}
