"""What-if sweeps: every cluster one might have, in one call.

Rules: a sweep holds its axes and its profile, and computes nothing until asked. Its points are all combinations of a
number of nodes, of disks and of image transfers, in the order of the axes; arrays are shaped (nodes, disks, images) and
made afresh at each access. The formula is the one of a single cluster (`model.demand`), applied to vectors.

Reductions never build the grid: they count on the axes' histograms. Each is a sum over blocks of the sweep, so any pool
of workers can share it: hand a `dask.distributed.Client` or a `concurrent.futures.Executor` as `client`.

A total of `disks` is an axis of its own, not tied to nodes: disks without a node follow the formula too. Nodes run no
V2 data engine; RWX volumes that are not given are as many as a single cluster is planned with.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep import frames, reductions
from sn_planner.engine.sweep.arrays import Grid, too_many
from sn_planner.engine.sweep.axes import INT64_MAX, Axis, cuts, dtype_for
from sn_planner.engine.sweep.counting import Sums, histogram, quotient
from sn_planner.engine.sweep.reductions import ByPrefix, Workers
from sn_planner.engine.sweep.terms import Formula
from sn_planner.errors import ABSENT, SnPlannerError
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand, choose_profile, demand
from sn_planner.model.fields import whole
from sn_planner.model.jupyter import html_table
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, list_of

_FIELDS = ("nodes", "disks", "images")
_SHARES = 64  # blocks a reduction is cut into for workers, at least
_WAYS = 8  # parts that workers cut an interval into at once: asking them costs more than counting


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Sweep:
    """All clusters over three axes: nodes [nodes], disks on each node or in total [disks], transfers [images].

    >>> grid = sweep(nodes=range(1, 101), disks_per_node=range(1, 13), images=range(0, 51))
    >>> grid.shape, grid.points, grid.smallest, grid.largest
    ((100, 12, 51), 61200, 6, 2850)
    >>> int(grid.required[4, 1, 10]), int(grid.prefix_length[4, 1, 10])  # 5 nodes, 2 disks each, 10 images
    (50, 26)
    """

    nodes: Axis
    disks: Axis
    images: Axis
    profile: Profile
    rwx_volumes: int | None = None
    notes: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        largest = max(self.largest, self._formula.greatest_term(self.disks.largest))
        if largest > INT64_MAX:
            problem = "is beyond 64-bit integers, as the most that a cluster of this sweep requires"
            raise SnPlannerError("required", largest, problem, "make the axes smaller")

    @property
    def axes(self) -> tuple[Axis, Axis, Axis]:
        """The three axes in the order of every array's shape."""
        return self.nodes, self.disks, self.images

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nodes, disks, images): the lengths of the axes."""
        return len(self.nodes), len(self.disks), len(self.images)

    @property
    def points(self) -> int:
        """How many clusters there are, repeated ones counted again [points]."""
        nodes, disks, images = self.shape
        return nodes * disks * images

    @property
    def smallest(self) -> int:
        """The least that a cluster of the sweep requires [addresses]."""
        return int(self._formula.required(*(axis.smallest for axis in self.axes)))

    @property
    def largest(self) -> int:
        """The most that a cluster of the sweep requires [addresses]."""
        return int(self._formula.required(*(axis.largest for axis in self.axes)))

    @property
    def dtype(self) -> np.dtype[np.signedinteger[Any]]:
        """The type of `required`: int32 where every value fits it, else int64."""
        return dtype_for(self.largest)

    # Arrays

    @property
    def required(self) -> NDArray[np.signedinteger[Any]]:
        """The addresses each cluster requires at its peak [addresses], shaped (nodes, disks, images).

        Of the type `dtype`. Raises SnPlannerError where memory cannot hold the array.
        """
        return self._grid.required()

    @property
    def prefix_length(self) -> NDArray[np.uint8]:
        """The longest prefix that holds each cluster [bits], as uint8 shaped (nodes, disks, images).

        `arrays.NO_PREFIX` (255) where no IPv4 range does. Raises SnPlannerError where memory cannot hold the array.
        """
        return self._grid.prefix_lengths()

    def fits(self, range: object) -> NDArray[np.bool_]:
        """Whether a range, with its excludes, holds each cluster, shaped (nodes, disks, images)."""
        return self._grid.fits(AddressRange(range).usable)

    def spare(self, range: object) -> NDArray[np.signedinteger[Any]]:
        """What each cluster would leave of a range, negative where it is too small [addresses], shaped likewise."""
        return self._grid.spare(AddressRange(range).usable)

    def columns(self) -> dict[str, NDArray[Any]]:
        """The points as columns of a table: a value of each axis, `required` [addresses], `prefix_length` [bits].

        >>> {name: column.tolist() for name, column in sweep(nodes=[1, 2], disks=8, images=3).columns().items()}
        {'nodes': [1, 2], 'disks': [8, 8], 'images': [3, 3], 'required': [23, 27], 'prefix_length': [27, 27]}
        """
        computed = {"required": self.required.ravel(), "prefix_length": self.prefix_length.ravel()}
        try:
            values = np.meshgrid(*(axis.array() for axis in self.axes), indexing="ij")
            return {axis.name: one.ravel() for axis, one in zip(self.axes, values, strict=True)} | computed
        except (MemoryError, ValueError):
            raise too_many(self.shape) from None

    # Reductions

    def by_prefix(self, client: Workers | None = None) -> ByPrefix:
        """How many clusters have each prefix length, longest first; None stands for no IPv4 range [points].

        >>> sweep(nodes=range(1, 101), disks_per_node=range(1, 13), images=range(0, 51)).by_prefix()[26]
        1115
        """
        return reductions.by_prefix(self.counts_at_most(reductions.CAPACITIES, client), self.points)

    def count_fitting(self, range: object, client: Workers | None = None) -> int:
        """How many clusters a range holds [points]."""
        return self.counts_at_most([AddressRange(range).usable], client)[0]

    def quantile(self, q: float | Fraction | Decimal, client: Workers | None = None) -> int:
        """The smallest requirement that at least a share `q` of the clusters stays within [addresses].

        Exact: a float means the decimal number it prints as. Raises SnPlannerError unless 0 <= q <= 1.

        >>> grid = sweep(nodes=range(1, 101), disks_per_node=range(1, 13), images=range(0, 51))
        >>> grid.quantile(0.5), grid.quantile(1)
        (738, 2850)
        """
        wanted = reductions.share(q) * self.points
        ways = 2 if client is None else _WAYS
        low, high = self.smallest, self.largest
        while low < high:
            limits = [low + (high - low) * way // ways for way in range(1, ways)]
            enough = bisect_left(self.counts_at_most(limits, client), wanted)
            low, high = ([low - 1, *limits][enough] + 1, [*limits, high][enough])
        return low

    def counts_at_most(self, limits: Iterable[int], client: Workers | None = None) -> list[int]:
        """How many clusters require at most so many addresses, limit by limit [points].

        What every other reduction is made of. Counts of blocks add up to the count of the whole.
        """
        limits = [whole("limits", limit) for limit in list_of("limits", limits)]
        if client is None:
            return [self._count_at_most(limit) for limit in limits]
        return reductions.counted_by(client, self.blocks(-(-self.points // _SHARES)), limits)

    def max_nodes(self, range: object) -> NDArray[np.signedinteger[Any]]:
        """The most nodes of the axis that a range holds [nodes], shaped (disks, images); 0 where none fits.

        >>> sweep(nodes=range(1, 101), disks_per_node=[2, 8], images=[0, 10]).max_nodes("10.0.0.0/25").tolist()
        [[15, 14], [6, 5]]
        """
        return self._frontier("nodes", range)

    def max_disks_per_node(self, range: object) -> NDArray[np.signedinteger[Any]]:
        """The most disks a node of the axis that a range holds [disks], shaped (nodes, images); 0 where none fits."""
        return self._frontier("disks", range, "disks_per_node")

    def max_disks(self, range: object) -> NDArray[np.signedinteger[Any]]:
        """The most disks in total of the axis that a range holds [disks], shaped (nodes, images); 0 where none fits."""
        return self._frontier("disks", range, "disks")

    def max_images(self, range: object) -> NDArray[np.signedinteger[Any]]:
        """The most transfers of the axis that a range holds [images], shaped (nodes, disks); 0 where none fits."""
        return self._frontier("images", range)

    # Parts and comparisons

    def at(
        self,
        *,
        nodes: int | None = None,
        disks_per_node: int | None = None,
        disks: int | None = None,
        images: int | None = None,
    ) -> Demand:
        """One cluster of the sweep with its demand, line by line; an axis of a single value may be left out.

        Raises SnPlannerError, by the axis' name, for a value that is not on the axis.

        >>> sweep(nodes=range(1, 101), disks_per_node=range(1, 13)).at(nodes=5, disks_per_node=2).required
        40
        """
        given = {"nodes": nodes, "disks_per_node": disks_per_node, "disks": disks, "images": images}
        point: dict[str, Any] = {axis.name: axis.only(given.pop(axis.name)) for axis in self.axes}
        for name, value in given.items():
            if value is not None:
                raise SnPlannerError(name, value, "is no axis of this sweep", f"give {self.disks.name}")
        cluster = Cluster.uniform(**point, rwx_volumes=self.rwx_volumes)
        return attrs.evolve(demand(cluster, self.profile), notes=self.notes)

    def blocks(self, points: int = 1 << 20) -> Iterator[Sweep]:
        """The sweep as smaller sweeps of at most so many points each, in the order of the points.

        The flattened arrays of the blocks, one behind the other, are those of the whole; the reductions' counts add up.

        >>> [block.shape for block in sweep(nodes=[1, 2, 3], disks=[4, 5], images=6).blocks(points=4)]
        [(2, 2, 1), (1, 2, 1)]
        """
        most = whole("points", points, least=1)
        nodes, disks, images = self.shape
        for node_part in cuts(nodes, most // (disks * images)):
            for disk_part in cuts(disks, most // images):
                for image_part in cuts(images, most):
                    yield self.part(node_part, disk_part, image_part)

    def part(self, nodes: slice, disks: slice, images: slice) -> Sweep:
        """The clusters at slices of the axes."""
        return attrs.evolve(
            self, nodes=self.nodes.part(nodes), disks=self.disks.part(disks), images=self.images.part(images)
        )

    def with_profile(self, profile: str | Profile | None = None, *, harvester: str | None = None) -> Sweep:
        """The same clusters under another profile, or that of another Harvester release."""
        chosen, _, notes = choose_profile(profile, harvester)
        return attrs.evolve(self, profile=chosen, notes=notes)

    def compare(self, *, profiles: object = (), ranges: object = ()) -> list[dict[str, object]]:
        """Profiles (by default the sweep's own) and ranges side by side: a row of plain data for each pair.

        Each is a list, or one alone.

        >>> for row in sweep(nodes=range(1, 11), disks_per_node=2).compare(
        ...     profiles=["classic", "consolidated"], ranges=["10.0.0.0/26"]
        ... ):
        ...     print(row["formula"], row["largest"], row["by_prefix"], row["range"], row["fits"])
        4N + 2D + I 80 {'28': 1, '27': 2, '26': 4, '25': 3} 10.0.0.0/26 7
        2N + 2D + I 60 {'29': 1, '28': 1, '27': 3, '26': 5} 10.0.0.0/26 10
        """
        sweeps = [self.with_profile(profile) for profile in _listed(profiles)] or [self]
        choices: list[AddressRange | None] = [AddressRange(one) for one in _listed(ranges)] or [None]
        return [row for each in sweeps for row in each._rows(choices)]

    # Forms

    def to_dict(self, range: object = None) -> dict[str, Any]:
        """Plain data for JSON: points, counts by prefix ("none": no IPv4 range), and how many fit a range, if given."""
        return {
            "points": self.points,
            "by_prefix": reductions.named(self.by_prefix()),
            "range": None if range is None else str(AddressRange(range)),
            "fits": None if range is None else self.count_fitting(range),
        }

    def to_dataframe(self) -> Any:
        """A pandas DataFrame, a row for each point, with the columns of `columns`.

        Raises MissingExtraError where pandas is not installed.
        """
        return frames.dataframe(self.columns())

    def to_xarray(self, chunks: Any = None) -> Any:
        """An xarray Dataset of `required` and `prefix_length` over the named axes, units as attributes.

        With `chunks`, as dask takes them or as sizes by the axes' names, the arrays are dask's: nothing is computed
        now, and any dask scheduler computes them block by block. Raises MissingExtraError where a package is missing.
        """
        return frames.dataset(self, chunks)

    def __repr__(self) -> str:
        axes = ", ".join(f"{axis.name}={axis!r}" for axis in self.axes)
        return f"Sweep({axes}, points={self.points}, profile={self.profile.name!r})"

    def _repr_html_(self) -> str:
        shape = " × ".join(f"{len(axis):,} {axis.name} ({axis!r})" for axis in self.axes)
        caption = f"{shape}: {self.points:,} clusters need {self.smallest:,} to {self.largest:,} addresses"
        rows = [
            (f"/{prefix}" if isinstance(prefix, int) else "none", f"{count:,}", f"{100 * count / self.points:.1f} %")
            for prefix, count in self.by_prefix().items()
        ]
        return html_table(f"{caption} ({self.profile.name}: {self.profile.formula})", ("prefix", "clusters", ""), rows)

    @property
    def _formula(self) -> Formula:
        return Formula.of(self.profile, self.rwx_volumes, per_node=self.disks.name == "disks_per_node")

    @property
    def _grid(self) -> Grid:
        return self._formula.grid(*self.axes)

    @cached_property
    def _sums(self) -> Sums:
        return self._formula.sums(self._grid)

    def _count_at_most(self, limit: int) -> int:
        if limit < self.smallest:
            return 0
        return self.points if limit >= self.largest else self._sums.at_most(limit)

    def _frontier(self, field: str, range: object, name: str | None = None) -> NDArray[np.signedinteger[Any]]:
        """The largest value of an axis that a range holds beside each pair of values of the other two."""
        axis: Axis = getattr(self, field)
        if name not in {None, axis.name}:
            raise SnPlannerError(name or field, ABSENT, "is no axis of this sweep", f"ask for max_{axis.name}()")
        others = [other for other in _FIELDS if other != field]
        point: dict[str, Any] = dict(
            zip(others, np.ix_(*(getattr(self, other).array() for other in others)), strict=True)
        )
        usable, values = AddressRange(range).usable, histogram(axis.values)
        try:
            with_none, with_one = (self._formula.required(**point, **{field: count}) for count in (0, 1))
            rank = values.rank(quotient(usable - with_none, with_one - with_none))
            return np.where(rank > 0, values.value(rank - 1), 0).astype(dtype_for(axis.largest))
        except MemoryError:
            raise too_many(tuple(len(getattr(self, other)) for other in others)) from None

    def _rows(self, ranges: Sequence[AddressRange | None]) -> Iterator[dict[str, object]]:
        summary = {
            "profile": self.profile.name,
            "formula": self.profile.formula,
            "points": self.points,
            "smallest": self.smallest,
            "largest": self.largest,
            "by_prefix": reductions.named(self.by_prefix()),
        }
        for one in ranges:
            yield summary | {
                "range": None if one is None else str(one),
                "usable": None if one is None else one.usable,
                "fits": None if one is None else self.count_fitting(one),
            }


def sweep(
    *,
    nodes: object,
    disks_per_node: object = None,
    disks: object = None,
    images: object = 0,
    profile: str | Profile | None = None,
    harvester: str | None = None,
    rwx_volumes: int | None = None,
) -> Sweep:
    """Every cluster with these numbers of nodes [nodes], disks [disks] and image transfers at once [images].

    Each axis is a range, a list, a one-dimensional integer array or a whole number, in any order and with repetitions;
    of `disks_per_node` and `disks` (the total) give one. `profile` and `harvester` choose the formula as in `demand`;
    `rwx_volumes` [volumes] are the running ones, 32 where not given [D 1.8]. Raises SnPlannerError, by the axis' name,
    for anything else, and where a cluster would require more addresses than 64-bit integers count.

    >>> sweep(nodes=range(1, 101), disks_per_node=range(1, 13), images=range(0, 51)).by_prefix()
    {29: 1, 28: 27, 27: 224, 26: 1115, 25: 2858, 24: 5718, 23: 11439, 22: 18263, 21: 17676, 20: 3879}
    """
    if (disks_per_node is None) == (disks is None):
        problem = "is missing" if disks is None else "and disks_per_node are both given"
        raise SnPlannerError("disks", ABSENT, problem, "give either disks_per_node or disks (the total)")
    chosen, _, notes = choose_profile(profile, harvester)
    disk_axis = ("disks", disks) if disks_per_node is None else ("disks_per_node", disks_per_node)
    return Sweep(
        nodes=Axis.of("nodes", "nodes", nodes),
        disks=Axis.of(disk_axis[0], "disks", disk_axis[1]),
        images=Axis.of("images", "images", images),
        profile=chosen,
        rwx_volumes=None if rwx_volumes is None else whole("rwx_volumes", rwx_volumes),
        notes=notes,
    )


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]
