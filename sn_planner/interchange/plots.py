"""Pictures for studies and reports: the only importer of matplotlib.

Rules: a plot draws on the Axes it is given, or on a figure of its own, and returns the Axes; no global state of
matplotlib is touched. Axes are labelled with their units, and colour alone means nothing, so that a print is
legible.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sn_planner.engine.simulation.simulation import Simulation
from sn_planner.engine.sweep.frames import extra
from sn_planner.engine.sweep.sweep import Sweep
from sn_planner.errors import ABSENT, BadInput, NoAnswer
from sn_planner.interchange.outputs import written_whole
from sn_planner.model.cidr import IPV4_BITS, Cidr
from sn_planner.model.durations import DAY, HOUR
from sn_planner.model.ranges import SHORTEST_PREFIX

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (8.0, 4.5)  # inches: legible at the width of a page
_FORMATS = (".png", ".svg")
_DARKEST, _LIGHTEST = SHORTEST_PREFIX, 30  # the prefixes Harvester accepts
_MOST_CELLS = 200  # with a number in each
_MOST_LINES = 5
_MOST_TICKS = 12


def timeline(run: Simulation, ax: Axes | None = None) -> Axes:
    """Addresses in use and pods waiting over time, against the capacity; upgrades shaded, the first failure marked.

    >>> from sn_planner import Cluster, simulate
    >>> timeline(simulate("172.16.0.0/27", Cluster.uniform(nodes=3, disks_per_node=2))).get_ylabel()
    'addresses, pods'
    """
    _require("run", run, Simulation, "simulate")
    ax = _on(ax)
    unit, name = (DAY, "days") if run.horizon > 3 * DAY else (HOUR, "hours")
    times = [at / unit for at in (*run.times, run.horizon)]
    for upgrade in run.upgrades:
        end = run.horizon if upgrade.done is None else upgrade.done
        ax.axvspan(upgrade.began / unit, end / unit, color="0.88", label="upgrade")
    ax.step(times, (*run.used, run.used[-1]), where="post", color="C0", label="addresses in use")
    ax.step(times, (*run.waiting, run.waiting[-1]), where="post", color="C3", linestyle="--", label="pods waiting")
    ax.axhline(run.capacity, color="black", linestyle=":", label=f"usable ({run.capacity})")
    if run.first_failure is not None:
        ax.plot([run.first_failure.at / unit], [run.capacity], "kx", markersize=10, label="first refusal")
    ax.set_xlabel(f"time [{name}]")
    ax.set_ylabel("addresses, pods")
    ax.set_title(f"{run.range.cidr}: peak {run.peak} of {run.capacity}{', upgrade stalls' if run.stalled else ''}")
    ax.set_ylim(0, 1.08 * max(run.capacity, *run.waiting))
    named = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))  # several upgrades, one entry
    ax.legend(named.values(), named.keys(), loc="best")
    return ax


def heatmap(grid: Sweep, images: int, ax: Axes | None = None) -> Axes:
    """The prefix each cluster needs, over nodes and disks, at one number of image transfers; written in each cell.

    Raises BadInput for a number of images that is not on the axis.

    >>> from sn_planner import sweep
    >>> heatmap(sweep(nodes=range(1, 9), disks_per_node=range(1, 5), images=[0, 10]), images=10).get_xlabel()
    'nodes [nodes]'
    """
    _require("grid", grid, Sweep, "sweep")
    images = grid.images.only(images)
    ax = _on(ax)
    nodes, disks = grid.nodes.array(), grid.disks.array()
    chosen = int((grid.images.array() == images).argmax())
    prefixes = grid.part(slice(None), slice(None), slice(chosen, chosen + 1)).prefix_length[:, :, 0].T
    none = prefixes > IPV4_BITS
    picture = ax.imshow(
        np.where(none, 0, prefixes), origin="lower", aspect="auto", cmap="Greys_r", vmin=_DARKEST, vmax=_LIGHTEST
    )
    if prefixes.size <= _MOST_CELLS:
        for (row, column), prefix in np.ndenumerate(prefixes):
            shade = "white" if none[row, column] or prefix < (_DARKEST + _LIGHTEST) / 2 else "black"
            text = "none" if none[row, column] else f"/{prefix}"
            ax.text(column, row, text, ha="center", va="center", color=shade, fontsize=8)
    figure: Any = ax.get_figure(root=True)
    figure.colorbar(picture, ax=ax, label="prefix length [bits]")
    _ticks(ax.set_xticks, nodes.tolist())
    _ticks(ax.set_yticks, disks.tolist())
    ax.set_xlabel("nodes [nodes]")
    ax.set_ylabel(f"{grid.disks.name.replace('_', ' ')} [disks]")
    ax.set_title(f"Prefix needed with {images} image transfers ({grid.profile.name})")
    return ax


def frontier(grid: Sweep, ax: Axes | None = None) -> Axes:
    """The largest number of nodes that each prefix holds, a line for some numbers of disks, at the most images.

    Prefixes Harvester refuses, and those that hold none of the sweep's clusters, are left out.

    >>> from sn_planner import sweep
    >>> frontier(sweep(nodes=range(1, 200), disks_per_node=[1, 4, 8])).get_ylabel()
    'nodes at most [nodes]'
    """
    _require("grid", grid, Sweep, "sweep")
    ax = _on(ax)
    prefixes = sorted(prefix for prefix in grid.by_prefix() if prefix is not None and prefix >= SHORTEST_PREFIX)
    disks, most_images = grid.disks.array(), int(grid.images.array().argmax())
    if not prefixes:
        problem = "has no cluster in a range that Harvester accepts"
        raise NoAnswer("sweep", ABSENT, problem, "make its axes smaller", "demand-too-large")
    places = sorted({round(share * (len(disks) - 1) / (_MOST_LINES - 1)) for share in range(_MOST_LINES)})
    for place, marker in zip(places, "osD^v", strict=False):
        part = grid.part(slice(None), slice(place, place + 1), slice(most_images, most_images + 1))
        held = np.array([int(part.max_nodes(Cidr(0, prefix))[0, 0]) for prefix in prefixes], dtype=float)
        held[held == 0] = np.nan  # a logarithm has no place for it
        ax.plot(prefixes, held, marker=marker, label=f"{grid.disks.name.replace('_', ' ')}: {disks[place]}")
    ax.set_xticks(prefixes, [f"/{prefix}" for prefix in prefixes])
    ax.set_xlabel("prefix length [bits]")
    ax.set_ylabel("nodes at most [nodes]")
    ax.set_title(f"Largest cluster of the sweep per prefix, {grid.images.largest} transfers ({grid.profile.name})")
    ax.set_yscale("log")
    ax.legend()
    return ax


def _ticks(setter: Callable[..., object], values: list[int]) -> None:
    """At most a dozen labels, the first value among them."""
    step = -(-len(values) // _MOST_TICKS)
    setter(range(0, len(values), step), [str(value) for value in values[::step]])


def format_of(path: str) -> str:
    """The format that a file's name asks for; raises BadInput for a name that asks for none of them."""
    suffix = Path(path).suffix.lower() if isinstance(path, str | Path) else ""
    if suffix not in _FORMATS:
        fix = f"name a file that ends in {' or '.join(_FORMATS)}"
        raise BadInput("plot", path, "is no picture", fix, "unknown-name")
    return suffix[1:]


def save(ax: Axes, path: str) -> None:
    """Writes the figure of `ax` as PNG or SVG, by the file's name; raises BadInput where that is not possible."""
    style = format_of(path)
    figure: Any = ax.get_figure(root=True)
    try:
        with written_whole(path) as beside:
            figure.savefig(beside, format=style, dpi=150, bbox_inches="tight")
    except OSError as error:
        problem = f"cannot be written: {error.strerror}"
        raise BadInput("plot", path, problem, "name a file that can be written", "unwritable") from None


def _require(field: str, value: object, kind: type, maker: str) -> None:
    if not isinstance(value, kind):
        raise BadInput(field, value, f"is no {kind.__name__}", f"give what {maker} answers", "wrong-type")


def _on(ax: Axes | None) -> Axes:
    """The Axes to draw on: those given, or those of a figure of its own."""
    if ax is None:
        axes: Axes = extra("matplotlib.figure").Figure(figsize=_SIZE).subplots()
        return axes
    kind: type = extra("matplotlib.axes").Axes
    if not isinstance(ax, kind):
        raise BadInput("ax", ax, "is no Axes of matplotlib's", "leave it out for a new figure", "wrong-type")
    return ax
