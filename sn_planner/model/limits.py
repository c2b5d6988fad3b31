"""The exact inverse of the formula: how far a cluster can grow in a range.

Rules: each figure holds with the other two as they are in the cluster. What no node takes is spoken for first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.demand import Demand, demand
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, RangeLike, room_words

if TYPE_CHECKING:
    import pandas


@attrs.frozen(repr=False)
class Limits:
    """What a range holds at most, each figure with the other two held as they are in the cluster.

    0: none of them fits, and the rest does. None: there is no such figure, since the rest alone does not fit, or, where
    the cluster fits, since however many fit.
    """

    range: AddressRange
    demand: Demand

    @property
    def required(self) -> int:
        """What the cluster needs as it is [addresses]."""
        return self.demand.required

    @property
    def fits(self) -> bool:
        """Whether the range holds the cluster as it is."""
        return self.spare >= 0

    @property
    def spare(self) -> int:
        """Usable addresses beyond the demand; negative where the cluster does not fit [addresses]."""
        return self.range.usable - self.required

    @property
    def max_nodes(self) -> int | None:
        """The cluster's own nodes in their order, then more like the largest one [nodes]."""
        return max_nodes(self.range.usable, self.demand)

    @property
    def max_disks_per_node(self) -> int | None:
        """The same number on every node [disks]."""
        cluster, weight = self.demand.cluster, self._weights["disk"]
        return _share(self.spare + weight * cluster.disks, weight * cluster.storage_nodes)

    @property
    def max_images(self) -> int | None:
        """Transfers at once [images]."""
        weight = self._weights["image"]
        return _share(self.spare + weight * self.demand.cluster.images, weight)

    @property
    def _weights(self) -> dict[str, int]:
        return self.demand.profile.weights("versions")

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "range": str(self.range.cidr),
            "usable": self.range.usable,
            "required": self.required,
            "spare": self.spare,
            "fits": self.fits,
            "max_nodes": self.max_nodes,
            "max_disks_per_node": self.max_disks_per_node,
            "max_images": self.max_images,
        }

    def __repr__(self) -> str:
        figures = ", ".join(f"{name}={value}" for name, value in self.to_dict().items() if name.startswith("max_"))
        return f"Limits({str(self.range)!r}, required={self.required}, {figures})"

    @property
    def verdict(self) -> str:
        """Whether the range holds the cluster, and how well."""
        verdict = "holds the cluster" if self.fits else "is too small"
        return f"{self.range} {verdict}: {room_words(self.range.usable, self.required)}"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each figure; raises MissingExtraError where pandas is not installed."""
        return self._rows.frame()

    def _repr_html_(self) -> str:
        return html(self.verdict, self._rows)

    @property
    def _rows(self) -> Rows:
        has, storage = self.demand.cluster, {node.disks for node in self.demand.cluster.storage}
        rows: list[list[object]] = [
            ["nodes that run Longhorn", has.storage_nodes, self.max_nodes],
            ["disks on every node", storage.pop() if len(storage) == 1 else None, self.max_disks_per_node],
            ["image transfers at once", has.images, self.max_images],
        ]
        return Rows(("figure", "of_the_cluster", "at_most_with_the_rest_as_it_is"), rows)


def limits(
    range: RangeLike, cluster: Cluster, profile: str | Profile | None = None, *, harvester: str | None = None
) -> Limits:
    """How far `cluster` can grow within `range`: the exact inverse of `demand` [nodes, disks, images].

    Raises BadInput for an unusable range, cluster or profile. Sources: those of `demand`.

    >>> limits("192.168.1.0/26", Cluster.uniform(nodes=5, disks_per_node=2, images=10)).to_dict()["max_nodes"]
    6
    """
    return Limits(AddressRange(range), demand(cluster, profile, harvester=harvester))


def max_nodes(usable: int, need: Demand) -> int | None:
    """How many storage nodes usable addresses hold [nodes]: the cluster's own, then more like its largest.

    None where what no node takes does not fit, and where nodes take nothing.
    """
    cluster, weights = need.cluster, need.profile.weights("versions")
    # what no node takes (transfers, volumes, the cluster's own) is spoken for; the rest goes to nodes, in their order
    left = usable - need.required + sum(_node_addresses(weights, node) * node.count for node in cluster.storage)
    if left < 0:
        return None
    nodes = 0
    for node in cluster.storage:
        fitting = _share(left, _node_addresses(weights, node))
        if fitting is not None and fitting < node.count:
            return nodes + fitting
        nodes += node.count
        left -= _node_addresses(weights, node) * node.count
    largest = cluster.largest_node
    more = _share(left, weights["node"] if largest is None else _node_addresses(weights, largest))
    return None if more is None else nodes + more


def _node_addresses(weights: dict[str, int], node: Node) -> int:
    return weights["node"] + weights["disk"] * node.disks + weights["v2-node"] * node.v2_data_engine


def _share(addresses: int, each: int) -> int | None:
    """How many things fit that take `each` addresses; None where even none has room, or they take none [things]."""
    return addresses // each if each and addresses >= 0 else None
