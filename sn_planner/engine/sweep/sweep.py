"""What-if sweeps: every cluster one might have, in one call.

Rules: a sweep holds its axes and its profile, and computes nothing until asked. Its points are all combinations of a
number of nodes, of disks and of image transfers, in the order of the axes; arrays are shaped (nodes, disks, images) and
computed afresh at each access. The formula is the one of a single cluster (`model.demand`), applied to vectors.

Reductions (counts, quantiles, frontiers) never build the grid: they count on the axes' histograms. A total of `disks`
is an axis of its own, not tied to nodes: disks without a node follow the formula too. Nodes run no V2 data engine; RWX
volumes that are not given are as many as a single cluster is planned with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep import frames
from sn_planner.engine.sweep.arrays import Grid, What
from sn_planner.engine.sweep.axes import INT64_MAX, Axis, AxisLike, cuts
from sn_planner.engine.sweep.comparison import Comparison, compared, each_of
from sn_planner.engine.sweep.counting import ByPrefix, Sums
from sn_planner.engine.sweep.terms import Terms
from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, Demand, choose, demand_of, with_repository
from sn_planner.model.fields import list_of, maybe_whole, share, whole
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, RangeLike
from sn_planner.model.releases import Release
from sn_planner.model.words import FIGURES

if TYPE_CHECKING:
    import pandas

    from sn_planner.interchange.plots import Axes, Picture


@attrs.frozen(repr=False, kw_only=True, slots=False)  # with cached properties, slots break help() on Python 3.13
class Sweep:
    """All clusters over three axes: nodes [nodes], disks on each node or in total [disks], transfers [images].

    Made by `sweep`. `profile`, `release` and `notes` are as in `Demand`; `rwx_volumes` [volumes] may be None: not
    known. Equal by what it sweeps, in whatever form the axes were given. Raises BadInput where a cluster requires more
    addresses than 64-bit integers count.

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
    release: Release | None = None
    notes: tuple[str, ...] = ()
    rwx_volumes: int | None = None
    _terms: Terms = attrs.field(init=False, eq=False)

    @_terms.default
    def _its_terms(self) -> Terms:
        return Terms.of(self.profile, self.rwx_volumes, per_node=self.disks.name == "disks_per_node")

    def __attrs_post_init__(self) -> None:
        largest = max(self.largest, self._terms.largest_term(self.disks.largest))
        if largest > INT64_MAX:
            problem = "is beyond 64-bit integers, as the most that a cluster of this sweep requires"
            raise BadInput("required", largest, problem, "make the axes smaller", "out-of-bounds")

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
        """The fewest addresses that a cluster of the sweep requires [addresses]."""
        return int(self._terms.required(*(axis.smallest for axis in self.axes)))

    @property
    def largest(self) -> int:
        """The most addresses that a cluster of the sweep requires [addresses]."""
        return int(self._terms.required(*(axis.largest for axis in self.axes)))

    @property
    def dtype(self) -> np.dtype[np.signedinteger[Any]]:
        """The type of `required`: int32 where every value fits it, else int64."""
        return self._grid.dtype

    # Arrays

    def compute(self, what: What, range: RangeLike | None = None, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """One array over all clusters, shaped (nodes, disks, images), made afresh or written into `out`.

        - "required": what each requires at its peak [addresses], of the type `dtype`;
        - "prefix_length": the longest prefix that holds each [bits], uint8, 255 where no IPv4 range does;
        - "fits": whether `range`, with its excludes, holds each, bool;
        - "spare": what each would leave of `range`, negative where it is too small [addresses], of the type `dtype`,
          but int64 where the range has more usable addresses than int32 counts.

        `out` is an array of that shape and type, to be written to and returned: memory used again is faster than fresh
        memory. Raises BadInput for an unknown `what`, a range that is missing, unusable or of no use, an `out` that
        does not take the result, and where memory cannot hold it.

        >>> grid = sweep(nodes=[5, 6], disks_per_node=2, images=10)
        >>> again = np.empty(grid.shape, grid.dtype)
        >>> grid.compute("spare", "192.168.0.0/26", out=again) is again, again.ravel().tolist()
        (True, [12, 4])
        """
        return self._grid.compute(what, None if range is None else AddressRange(range).usable, out)

    @property
    def required(self) -> NDArray[np.signedinteger[Any]]:
        """`compute("required")`: what each cluster requires [addresses], shaped (nodes, disks, images)."""
        return self.compute("required")

    @property
    def prefix_length(self) -> NDArray[np.uint8]:
        """`compute("prefix_length")`: the prefix each cluster needs [bits], shaped (nodes, disks, images)."""
        return self.compute("prefix_length")

    def fits(self, range: RangeLike) -> NDArray[np.bool_]:
        """`compute("fits", range)`: whether the range holds each cluster, shaped (nodes, disks, images)."""
        return self.compute("fits", range)

    def spare(self, range: RangeLike) -> NDArray[np.signedinteger[Any]]:
        """`compute("spare", range)`: what each leaves of the range [addresses], shaped (nodes, disks, images)."""
        return self.compute("spare", range)

    def columns(self) -> dict[str, NDArray[Any]]:
        """The points as columns of a table: a value of each axis, `required` [addresses], `prefix_length` [bits].

        Each has the shape (points,). Raises BadInput where memory cannot hold them.

        >>> {name: column.tolist() for name, column in sweep(nodes=[1, 2], disks=8, images=3).columns().items()}
        {'nodes': [1, 2], 'disks': [8, 8], 'images': [3, 3], 'required': [23, 27], 'prefix_length': [27, 27]}
        """
        return frames.columns(self._grid, self.axes)

    # Reductions

    def by_prefix(self) -> ByPrefix:
        """How many clusters have each prefix length, longest first; None stands for no IPv4 range [points].

        >>> sweep(nodes=range(1, 101), disks_per_node=range(1, 13), images=range(0, 51)).by_prefix()[26]
        1115
        """
        return self._sums.by_prefix()

    def count_fitting(self, range: RangeLike) -> int:
        """How many clusters a range, with its excludes, holds [points]; raises BadInput for an unusable range."""
        return self._sums.at_most(AddressRange(range).usable)

    def quantile(self, q: float | Fraction | Decimal) -> int:
        """The smallest requirement that at least a share `q` of the clusters stays within [addresses].

        Exact: a float means the decimal number it prints as. Raises BadInput unless 0 <= q <= 1.

        >>> grid = sweep(nodes=range(1, 101), disks_per_node=range(1, 13), images=range(0, 51))
        >>> grid.quantile(0.5), grid.quantile(1)
        (738, 2850)
        """
        return self._sums.quantile(share("q", q))

    def counts_at_most(self, limits: Iterable[int]) -> list[int]:
        """How many clusters require at most each of `limits` [addresses], in their order [points].

        Counts of blocks add up to the count of the whole. Raises BadInput for anything but a list of whole numbers.

        >>> sweep(nodes=range(1, 11), disks_per_node=2).counts_at_most([7, 62, 126])
        [0, 7, 10]
        """
        return [self._sums.at_most(whole("limits", limit)) for limit in list_of("limits", limits)]

    def max_nodes(self, range: RangeLike) -> NDArray[np.signedinteger[Any]]:
        """The most nodes of the axis that a range holds [nodes], shaped (disks, images); 0 where none fits.

        This frontier and the others raise BadInput for an unusable range, for an axis that this sweep does not have,
        and where memory cannot hold the array.

        >>> sweep(nodes=range(1, 101), disks_per_node=[2, 8], images=[0, 10]).max_nodes("10.0.0.0/25").tolist()
        [[15, 14], [6, 5]]
        """
        return self._frontier("nodes", range)

    def max_disks_per_node(self, range: RangeLike) -> NDArray[np.signedinteger[Any]]:
        """The most disks a node of the axis that a range holds [disks], shaped (nodes, images); 0 where none fits."""
        return self._frontier("disks_per_node", range)

    def max_disks(self, range: RangeLike) -> NDArray[np.signedinteger[Any]]:
        """The most disks in total of the axis that a range holds [disks], shaped (nodes, images); 0 where none fits."""
        return self._frontier("disks", range)

    def max_images(self, range: RangeLike) -> NDArray[np.signedinteger[Any]]:
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
        """The demand of one cluster of the sweep, line by line; an axis of a single value may be left out.

        Raises BadInput, by the axis' name, for a value that is not on the axis.

        >>> sweep(nodes=range(1, 101), disks_per_node=range(1, 13)).at(nodes=5, disks_per_node=2).required
        40
        """
        given = {"nodes": nodes, "disks_per_node": disks_per_node, "disks": disks, "images": images}
        point: dict[str, Any] = {axis.name: axis.only(given.pop(axis.name)) for axis in self.axes}
        for name, value in given.items():
            if value is not None:
                fix = f"give {self.disks.name}"
                raise BadInput(name, value, "is no axis of this sweep", fix, "unknown-name")
        cluster = Cluster.uniform(**point, rwx_volumes=self.rwx_volumes)
        return demand_of(cluster, Choice(self.profile, self.release, self.notes))

    def blocks(self, points: int = 1 << 20) -> Iterator[Sweep]:
        """The sweep as smaller sweeps of at most `points` points each, in the order of the points.

        The flattened arrays of the blocks, one behind the other, are those of the whole; the reductions' counts add up.
        Raises BadInput for anything but a whole number from 1.

        >>> [block.shape for block in sweep(nodes=[1, 2, 3], disks=[4, 5], images=6).blocks(points=4)]
        [(2, 2, 1), (1, 2, 1)]
        """
        most = whole("points", points, minimum=1)
        nodes, disks, images = self.shape
        for node_part in cuts(nodes, most // (disks * images)):
            for disk_part in cuts(disks, most // images):
                for image_part in cuts(images, most):
                    yield self.part(node_part, disk_part, image_part)

    def part(self, nodes: slice, disks: slice, images: slice) -> Sweep:
        """The clusters at slices of the axes; raises BadInput, by the axis' name, for an empty slice."""
        return attrs.evolve(
            self, nodes=self.nodes.part(nodes), disks=self.disks.part(disks), images=self.images.part(images)
        )

    def with_profile(self, profile: str | Profile | None = None, *, harvester: str | None = None) -> Sweep:
        """The same clusters under another profile, or that of another Harvester release, chosen as in `demand`.

        Raises BadInput where neither is given, and for an unknown one.
        """
        if profile is None and harvester is None:
            raise BadInput("profile", ABSENT, "is missing", "give a profile, or harvester", "missing")
        return attrs.evolve(self, **_chosen(profile, harvester, self.rwx_volumes))

    def compare(
        self,
        *,
        profiles: str | Profile | Sequence[str | Profile] | None = None,
        ranges: RangeLike | Sequence[RangeLike] | None = None,
    ) -> Comparison:
        """Profiles (by default the sweep's own) and ranges side by side: a row of plain data for each pair.

        Each is a list, or one alone. Raises BadInput for an unknown profile and an unusable range.

        >>> for row in sweep(nodes=range(1, 11), disks_per_node=2).compare(
        ...     profiles=["classic", "consolidated"], ranges=["10.0.0.0/26"]
        ... ):
        ...     print(row["formula"], row["largest"], row["by_prefix"], row["range"], row["fits"])
        4N + 2D + I 80 {'28': 1, '27': 2, '26': 4, '25': 3} 10.0.0.0/26 7
        2N + 2D + I 60 {'29': 1, '28': 1, '27': 3, '26': 5} 10.0.0.0/26 10
        """
        return compared([self.with_profile(profile) for profile in each_of(profiles)] or [self], each_of(ranges))

    # Forms

    def to_dict(self, range: RangeLike | None = None) -> dict[str, Any]:
        """Plain data for JSON: points, counts by prefix ("none": no IPv4 range), and how many fit a range, if given."""
        return {
            "points": self.points,
            "by_prefix": {"none" if prefix is None else str(prefix): one for prefix, one in self.by_prefix().items()},
            "range": None if range is None else str(AddressRange(range).cidr),
            "fits": None if range is None else self.count_fitting(range),
        }

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each point, with the columns of `columns`.

        Raises MissingExtraError where pandas is not installed.
        """
        return frames.dataframe(self._grid, self.axes)

    def to_xarray(self, chunks: Any = None) -> Any:
        """An xarray Dataset of `required` and `prefix_length` over the named axes, units as attributes.

        With `chunks`, as dask takes them or as sizes by the axes' names, the arrays are dask's: nothing is computed
        now, and any dask scheduler computes them block by block. Raises MissingExtraError where a package is missing,
        and BadInput for chunks that cannot be.
        """
        return frames.dataset(self._grid, self.axes, self.profile, chunks)

    def __repr__(self) -> str:
        axes = ", ".join(f"{axis.name}={axis!r}" for axis in self.axes)
        return f"Sweep({axes}, points={self.points}, profile={self.profile.name!r})"

    def plot(self, ax: Axes | None = None) -> Picture:
        """The prefix of each cluster at the most images, as `sn_planner.plots.heatmap` draws it.

        Without `ax`, the frontier (`sn_planner.plots.frontier`) stands below it. It shows itself in a notebook.
        """
        from sn_planner.interchange.plots import Picture, sweep_picture

        return Picture(sweep_picture(self, ax))

    def _repr_html_(self) -> str:
        shape = ", ".join(f"{FIGURES[axis.name]} {axis!r}" for axis in self.axes)
        verdict = f"{self.points:,} clusters need {self.smallest:,} to {self.largest:,} addresses: {shape}"
        rows = [
            ("none" if prefix is None else f"/{prefix}", count, 100 * count / self.points)
            for prefix, count in self.by_prefix().items()
        ]
        columns = ("prefix", "clusters", "share [%]")
        return html(f"{verdict} ({self.profile.name}: {self.profile.formula})", Rows(columns, rows), notes=self.notes)

    @cached_property
    def _grid(self) -> Grid:
        return self._terms.grid(*self.axes)

    @cached_property
    def _sums(self) -> Sums:
        return self._terms.sums(self._grid)

    def _frontier(self, name: str, range: RangeLike) -> NDArray[np.signedinteger[Any]]:
        names = [axis.name for axis in self.axes]
        if name not in names:
            fix = f"ask for max_{self.disks.name}()"
            raise BadInput(name, ABSENT, "is no axis of this sweep", fix, "unknown-name")
        return self._terms.frontier(self.axes, names.index(name), AddressRange(range).usable)


def sweep(
    *,
    nodes: AxisLike,
    disks_per_node: AxisLike | None = None,
    disks: AxisLike | None = None,
    images: AxisLike = 0,
    profile: str | Profile | None = None,
    harvester: str | None = None,
    rwx_volumes: int | None = None,
) -> Sweep:
    """Every cluster with these numbers of nodes [nodes], disks [disks] and image transfers at once [images].

    Each axis is a range, a list, a one-dimensional integer array or a whole number, in any order and with repetitions;
    of `disks_per_node` and `disks` (the total) give one. `profile` and `harvester` choose the formula as in `demand`;
    `rwx_volumes` [volumes] are the running ones, 32 where not given [D 1.8]. Raises BadInput, by the axis' name, for
    anything else, and where a cluster requires more addresses than 64-bit integers count. Sources: those of `demand`.

    >>> sweep(nodes=range(1, 101), disks_per_node=range(1, 13), images=range(0, 51)).by_prefix()
    {29: 1, 28: 27, 27: 224, 26: 1115, 25: 2858, 24: 5718, 23: 11439, 22: 18263, 21: 17676, 20: 3879}
    >>> sweep(nodes=[1, 2, 3], disks=0) == sweep(nodes=range(1, 4), disks=range(1))
    True
    """
    given = {"disks_per_node": disks_per_node, "disks": disks}
    disk_axes = [Axis(name, "disks", values) for name, values in given.items() if values is not None]
    if len(disk_axes) != 1:
        problem, code = ("and disks_per_node are both given", "conflict") if disk_axes else ("is missing", "missing")
        raise BadInput("disks", ABSENT, problem, "give either disks_per_node or disks (the total)", code)
    nodes_, images_ = Axis("nodes", "nodes", nodes), Axis("images", "images", images)
    chosen = _chosen(profile, harvester, maybe_whole("rwx_volumes", rwx_volumes))
    return Sweep(nodes=nodes_, disks=disk_axes[0], images=images_, **chosen)


def _chosen(profile: str | Profile | None, harvester: str | None, rwx_volumes: int | None) -> dict[str, Any]:
    """The fields of a Sweep beside its axes, chosen as `demand` chooses for each of its clusters."""
    chosen, release, notes, _ = choose(profile, harvester)
    chosen = with_repository(chosen, release, rwx_volumes)
    return {"profile": chosen, "release": release, "notes": notes, "rwx_volumes": rwx_volumes}
