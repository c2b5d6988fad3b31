"""The formula of `model.demand`, applied to the axes of a sweep.

Rules: whatever a sweep computes comes from `addresses`, the formula of a single cluster. It is linear, so it can be
taken apart: what nodes take, what disks take, and what transfers take together with all that is the same everywhere.
Taken apart it is applied to three vectors; the points of the grid are sums and products of their entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from sn_planner.engine.sweep.arrays import Grid
from sn_planner.engine.sweep.axes import Axis, constant, mapped
from sn_planner.engine.sweep.counting import Sums, histogram
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import addresses
from sn_planner.model.profiles import Profile, counts


@attrs.frozen(eq=False)
class Formula:
    """A profile's peak for clusters of equal nodes.

    `weights` [addresses] for each thing of a kind; `same` [things] the counts that all clusters have in common;
    `per_node`: disks are counted on each node, not in total.

    >>> from sn_planner.model.profiles import PROFILES
    >>> Formula.of(PROFILES["classic"], None, per_node=True).required(5, 2, 10)
    50
    """

    weights: Mapping[str, int]
    same: dict[str, int]
    per_node: bool

    @classmethod
    def of(cls, profile: Profile, rwx_volumes: int | None, *, per_node: bool) -> Formula:
        """The formula of a profile, for so many running RWX volumes (None: not known)."""
        return cls(profile.weights("versions"), counts(Cluster((), rwx_volumes=rwx_volumes)), per_node)

    def required(self, nodes: Any, disks: Any, images: Any) -> Any:
        """The addresses required [addresses], for whole numbers or for arrays that broadcast."""
        total = nodes * disks if self.per_node else disks
        return addresses(self.weights, self.same | {"node": nodes, "disk": total, "image": images})

    def greatest_term(self, disks: int) -> int:
        """The greatest number that taking the formula apart can give beside its result [addresses]."""
        return max(int(self._disk_term(disks)), *self.weights.values())

    def grid(self, nodes: Axis, disks: Axis, images: Axis) -> Grid:
        """The vectors of equation (2): nodes·(what one takes) + images, or what nodes take + disks + images."""
        smallest, largest = (
            int(self.required(*(getattr(axis, end) for axis in (nodes, disks, images))))
            for end in ("smallest", "largest")
        )
        return Grid(
            base=constant(0, len(nodes)) if self.per_node else mapped(nodes.values, self._node_term),
            slope=nodes.values if self.per_node else constant(1, len(nodes)),
            disks=mapped(disks.values, self._disk_term),
            images=mapped(images.values, self._image_term),
            smallest=smallest,
            largest=largest,
        )

    def sums(self, grid: Grid) -> Sums:
        """The points of a grid as sums of its vectors' values, equation (3)."""
        outer = grid.slope if self.per_node else grid.base
        return Sums.of(*map(histogram, (outer, grid.disks, grid.images)), scaled=self.per_node)

    def _node_term(self, nodes: Any) -> Any:
        """What so many nodes take, without their disks."""
        return self._alone(node=nodes)

    def _disk_term(self, disks: Any) -> Any:
        """What a node with so many disks takes; or so many disks, where they are a total."""
        return self._alone(node=1, disk=disks) if self.per_node else self._alone(disk=disks)

    def _image_term(self, images: Any) -> Any:
        """What so many transfers take, and all that is the same everywhere."""
        return addresses(self.weights, self.same | {"image": images})

    def _alone(self, **things: Any) -> Any:
        return addresses(self.weights, dict.fromkeys(self.weights, 0) | things)
