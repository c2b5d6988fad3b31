"""What a sweep needs: the prefix of each of its clusters, and the largest cluster that each prefix holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep.sweep import Sweep
from sn_planner.errors import ABSENT, NoAnswer
from sn_planner.interchange.plots.picture import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    SIZE,
    drawn_on,
    literal,
    require,
    whole_ticks,
)
from sn_planner.model.cidr import IPV4_BITS, Cidr
from sn_planner.model.extras import extra
from sn_planner.model.ranges import SHORTEST_PREFIX, capacity
from sn_planner.model.words import FIGURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_REFUSED = SHORTEST_PREFIX - 1  # stands for every prefix that Harvester refuses
_DARK = 1.5  # a sum of red, green and blue on which white letters are legible
_MOST_LABELS = 12
_SIDE_BY_SIDE = -0.25  # where the first value stands that has no place of its own: where no whole number is
_MOST_NUMBERED = 200  # cells with a prefix in each
_MOST_PLACES = 600  # of an axis: more than a picture has columns for
_LINES = (BLUE, ORANGE, GREEN, PINK, BLACK)


def sweep_picture(grid: Sweep, ax: Axes | None = None) -> Axes:
    """The heatmap at the most images; without `ax` the frontier stands below it, where there is one."""
    require("grid", grid, Sweep, "sweep")
    if ax is not None or not _accepted(grid):
        return heatmap(grid, ax=ax)
    figure = extra("matplotlib.figure").Figure(figsize=(SIZE[0], 2 * SIZE[1]), layout="constrained")
    above, below = figure.subplots(2, 1)
    frontier(grid, below)
    return heatmap(grid, ax=above)


def heatmap(grid: Sweep, images: int | None = None, ax: Axes | None = None) -> Axes:
    """The prefix each cluster needs, over nodes and disks, at one number of image transfers (the most of the sweep).

    One colour a prefix, lines between them, and the prefix in each cell of a small sweep; of long axes evenly spread
    values. Raises BadInput for a number of images that is not on the axis.

    >>> from sn_planner import sweep
    >>> heatmap(sweep(nodes=range(1, 9), disks_per_node=range(1, 5), images=[0, 10]), images=10).get_ylabel()
    'disks on each node'
    """
    require("grid", grid, Sweep, "sweep")
    images = grid.images.largest if images is None else grid.images.only(images)
    ax = drawn_on(ax)
    chosen = int((grid.images.array() == images).argmax())
    every = [slice(None, None, -(-len(axis) // _MOST_PLACES)) for axis in (grid.nodes, grid.disks)]
    seen = grid.part(every[0], every[1], slice(chosen, chosen + 1))
    across, along = _Scale.of(seen.nodes.array()), _Scale.of(seen.disks.array())
    _paint(ax, seen.prefix_length[:, :, 0].T, across, along)
    across.label(ax.xaxis)
    along.label(ax.yaxis)
    ax.set_xlabel(FIGURES["nodes"])
    ax.set_ylabel(FIGURES[grid.disks.name])
    ax.set_title(f"Prefix needed with {images:,} image transfers at once ({literal(grid.profile.name)})", fontsize=11)
    return ax


def _paint(ax: Axes, prefixes: NDArray[np.uint8], across: _Scale, along: _Scale) -> None:
    """A colour for each kind of prefix, with its borders, its numbers where there is room, and its legend."""
    kinds = np.maximum(prefixes, _REFUSED)
    found = np.unique(kinds).tolist()
    shades = extra("matplotlib").colormaps["cividis"](np.linspace(0, 1, len(found)))
    shades[[kind > IPV4_BITS for kind in found]] = 1  # white
    ranks = np.searchsorted(found, kinds)
    ax.imshow(shades[ranks], origin="lower", aspect="auto", extent=(*across.ends, *along.ends))
    lines = extra("matplotlib.collections").LineCollection(_borders(kinds, across, along), color="white", linewidth=1.2)
    ax.add_collection(lines, autolim=False)
    if prefixes.size <= _MOST_NUMBERED:
        for (row, column), prefix in np.ndenumerate(prefixes):
            colour = "white" if shades[ranks[row, column]][:3].sum() < _DARK else BLACK
            text = "none" if prefix > IPV4_BITS else f"/{prefix}"
            ax.text(across.at(column), along.at(row), text, ha="center", va="center", color=colour, fontsize=8)
    patch = extra("matplotlib.patches").Patch
    named = zip(found, shades, strict=True)
    handles = [patch(facecolor=shade, edgecolor="0.4", label=_held(kind)) for kind, shade in named]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=9, title="needs at least")


def frontier(grid: Sweep, ax: Axes | None = None) -> Axes:
    """The largest number of nodes that each prefix holds, a line for some numbers of disks, at the most images.

    Prefixes Harvester refuses, and those that hold none of the sweep's clusters, are left out; NoAnswer where none is
    left.

    >>> from sn_planner import sweep
    >>> frontier(sweep(nodes=range(1, 200), disks_per_node=[1, 4, 8])).get_ylabel()
    'nodes at most'
    """
    require("grid", grid, Sweep, "sweep")
    prefixes = _accepted(grid)
    if not prefixes:
        problem = "has no cluster in a range that Harvester accepts"
        raise NoAnswer("sweep", ABSENT, problem, "make its axes smaller", "demand-too-large")
    ax = drawn_on(ax)
    lines = _largest(grid, prefixes)
    shown = [prefix for prefix, held in zip(prefixes, zip(*lines.values(), strict=True), strict=True) if any(held)]
    for (count, held), marker, colour in zip(lines.items(), "osD^v", _LINES, strict=False):
        points = [nodes or np.nan for prefix, nodes in zip(prefixes, held, strict=True) if prefix in shown]
        ax.plot(shown, points, marker=marker, color=colour, label=f"{count:,}")
    ax.set_xticks(shown, [f"/{prefix}" for prefix in shown])
    ax.set_yscale("log")
    ticks = extra("matplotlib.ticker")
    ax.yaxis.set_major_locator(ticks.LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_minor_locator(ticks.NullLocator())
    ax.yaxis.set_major_formatter(ticks.StrMethodFormatter("{x:,.0f}"))
    ax.set_ylim(bottom=0.8)
    ax.set_xlabel("prefix")
    ax.set_ylabel("nodes at most")
    images, name = grid.images.largest, literal(grid.profile.name)
    ax.set_title(f"Largest cluster of the sweep in each prefix, {images:,} transfers ({name})", fontsize=11)
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=9, title=FIGURES[grid.disks.name])
    ax.grid(axis="y", color="0.9")
    return ax


def _largest(grid: Sweep, prefixes: list[int]) -> dict[int, list[int]]:
    """For some numbers of disks, the first and the last among them, the most nodes in each prefix."""
    disks, most_images = grid.disks.array(), int(grid.images.array().argmax())
    places = sorted({round(share * (len(disks) - 1) / (len(_LINES) - 1)) for share in range(len(_LINES))})
    return {
        int(disks[place]): [int(part.max_nodes(Cidr(0, prefix))[0, 0]) for prefix in prefixes]
        for place in places
        for part in (grid.part(slice(None), slice(place, place + 1), slice(most_images, most_images + 1)),)
    }


def _accepted(grid: Sweep) -> list[int]:
    """The prefixes that clusters of the sweep need and Harvester accepts."""
    return sorted(prefix for prefix in grid.by_prefix() if prefix is not None and prefix >= SHORTEST_PREFIX)


def _held(prefix: int) -> str:
    """What a prefix holds, for the legend."""
    if prefix > IPV4_BITS:
        return "no IPv4 range"
    return "more than a /16" if prefix == _REFUSED else f"/{prefix}, {capacity(prefix):,}"


class _Scale(NamedTuple):
    """Where the values of an axis stand: at themselves where they are evenly spaced, side by side where not."""

    values: list[int]
    first: float
    step: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> _Scale:
        steps = np.diff(values)
        is_even = len(steps) > 0 and steps[0] > 0 and bool((steps == steps[0]).all())
        return cls(values.tolist(), *((float(values[0]), float(steps[0])) if is_even else (_SIDE_BY_SIDE, 1.0)))

    @property
    def ends(self) -> tuple[float, float]:
        """The outer sides of the first and the last value."""
        return self.at(-0.5), self.at(len(self.values) - 0.5)

    def at(self, place: float) -> float:
        """Where the value of a place stands."""
        return self.first + self.step * place

    def label(self, axis: Any) -> None:
        """Ticks at round values; at most a dozen of those that stand side by side."""
        if self.first != _SIDE_BY_SIDE:
            whole_ticks(axis)
            return
        some = range(0, len(self.values), -(-len(self.values) // _MOST_LABELS))
        axis.set_ticks([self.at(place) for place in some], [f"{self.values[place]:,}" for place in some])


def _borders(kinds: NDArray[Any], across: _Scale, along: _Scale) -> list[list[tuple[float, float]]]:
    """The sides between cells of different kinds, as lines."""
    upright = np.argwhere(kinds[:, 1:] != kinds[:, :-1]).tolist()
    lying = np.argwhere(kinds[1:] != kinds[:-1]).tolist()
    places = [[(column + 0.5, row - 0.5), (column + 0.5, row + 0.5)] for row, column in upright]
    places += [[(column - 0.5, row + 0.5), (column + 0.5, row + 0.5)] for row, column in lying]
    return [[(across.at(column), along.at(row)) for column, row in line] for line in places]
