"""The formula of `model.demand`, taken apart into terms for the axes of a sweep.

Rules: whatever a sweep computes comes from `addresses`, equation (1), the formula of a single cluster. It is linear in
each of nodes, disks and transfers, so it falls apart into what nodes take, what disks take, and what transfers take
together with all that every cluster has alike. Each term is applied to one axis; the points of the grid are sums and
products of the results, equation (2) in `arrays`.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep.arrays import Grid, too_many
from sn_planner.engine.sweep.axes import Axis, Integers, constant, dtype_for, mapped
from sn_planner.engine.sweep.counting import Sums, histogram, quotient
from sn_planner.model.demand import addresses
from sn_planner.model.profiles import Profile, rwx_volumes_or_assumed
from sn_planner.model.tally import Tally

Axes = tuple[Axis, Axis, Axis]
Count = int | Integers


@attrs.frozen
class Terms:
    """A profile's peak for clusters of equal nodes.

    `weights` [addresses] for each thing of a kind; `same` [things] is what all clusters have alike; `per_node`: disks
    are counted on each node, not in total.

    >>> from sn_planner.model.profiles import PROFILES
    >>> Terms.of(PROFILES["classic"], None, per_node=True).required(5, 2, 10)
    50
    """

    weights: Tally
    same: Tally
    per_node: bool

    @classmethod
    def of(cls, profile: Profile, rwx_volumes: int | None, *, per_node: bool) -> Terms:
        """The terms of a profile, where that many RWX volumes run [volumes] (None: not known)."""
        same = {"v2-node": 0, "rwx-volume": rwx_volumes_or_assumed(rwx_volumes), "cluster": 1}
        return cls(Tally(profile.weights("versions")), Tally(same), per_node)

    def required(self, nodes: Count, disks: Count, images: Count) -> Any:
        """The addresses required [addresses], for whole numbers or for arrays that broadcast."""
        total = nodes * disks if self.per_node else disks
        return addresses(self.weights, {**self.same, "node": nodes, "disk": total, "image": images})

    def largest_term(self, disks: int) -> int:
        """The largest number that comes up beside the requirements when the formula is taken apart [addresses]."""
        return max(self._disk_term(disks), *self.weights.values())

    def grid(self, nodes: Axis, disks: Axis, images: Axis) -> Grid:
        """The vectors of equation (2): nodes·(what one takes) + images, or what nodes take + disks + images."""
        return Grid(
            base=constant(0, len(nodes)) if self.per_node else mapped(nodes.values, self._node_term),
            slope=nodes.values if self.per_node else constant(1, len(nodes)),
            disks=mapped(disks.values, self._disk_term),
            images=mapped(images.values, self._image_term),
            largest=self.required(nodes.largest, disks.largest, images.largest),
        )

    def sums(self, grid: Grid) -> Sums:
        """The points of a grid as sums of its vectors' values, equation (5)."""
        outer = grid.slope if self.per_node else grid.base
        return Sums.of(*map(histogram, (outer, grid.disks, grid.images)), scaled=self.per_node)

    def frontier(self, axes: Axes, place: int, usable: int) -> NDArray[np.signedinteger[Any]]:
        """The largest values of one axis that `usable` addresses hold, shaped as the other two; 0 where none does."""
        axis, others = axes[place], axes[:place] + axes[place + 1 :]
        counts = np.ix_(*(other.array() for other in others))
        values = histogram(axis.values)
        try:
            # linear in each count: what one more takes is the difference between any two neighbours
            points = ((*counts[:place], count, *counts[place:]) for count in (0, 1))
            with_none, with_one = (self.required(*point) for point in points)
            rank = values.rank(quotient(usable - with_none, with_one - with_none))
            return np.where(rank > 0, values.value(rank - 1), 0).astype(dtype_for(axis.largest))
        except MemoryError:
            raise too_many(tuple(map(len, others))) from None

    def _node_term(self, nodes: int) -> int:
        """What nodes take without their disks."""
        return self._alone(node=nodes)

    def _disk_term(self, disks: int) -> int:
        """What one node with these disks takes; or only the disks, where they are a total."""
        return self._alone(node=1, disk=disks) if self.per_node else self._alone(disk=disks)

    def _image_term(self, images: int) -> int:
        """What transfers take, and all that every cluster has alike."""
        return self._alone(**self.same, image=images)

    def _alone(self, **things: int) -> int:
        return int(addresses(self.weights, dict.fromkeys(self.weights, 0) | things))
