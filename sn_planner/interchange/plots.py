"""Pictures for studies and reports: the only importer of matplotlib.

Rules: a plot draws on the Axes it is given, or on a figure of its own, and returns the Axes; no global state of
matplotlib is touched. Axes are labelled with their units, and colour alone means nothing, so that a print is
legible.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sn_planner.advice.site_plan import SitePlan
from sn_planner.engine.chance.risk import Risk
from sn_planner.engine.chance.runway import Runway
from sn_planner.engine.simulation.simulation import Simulation
from sn_planner.engine.sweep.frames import extra
from sn_planner.engine.sweep.sweep import Sweep
from sn_planner.errors import ABSENT, BadInput, NoAnswer
from sn_planner.interchange.outputs import written_whole
from sn_planner.model.cidr import IPV4_BITS, Cidr, Span, address_text, clipped, merged
from sn_planner.model.durations import DAY, HOUR
from sn_planner.model.ranges import SHORTEST_PREFIX, capacity
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (8.0, 4.5)  # inches: legible at the width of a page
_FORMATS = (".png", ".svg")
_DARKEST, _LIGHTEST = SHORTEST_PREFIX, 30  # the prefixes Harvester accepts
_MOST_CELLS = 200  # with a number in each
_MOST_LINES = 5
_MOST_TICKS = 12
_ROW, _MOST_ROWS = 24, 48  # of an address map: the prefix length of a row, and how many rows are legible
_LABEL_SHARES = 9, 36  # a cluster's name needs a ninth of a row, a prefix alone much less
_BACKGROUND = {"free", "in use"}
# colours that the colour-blind tell apart (Okabe and Ito 2008), and hatches for a print without any
_MOST_BARS = 500
_UNSEEN = 1e-6  # of the most likely demand: what is less would be no line
_MAP_STYLES: dict[str, dict[str, Any]] = {
    "free": {"facecolor": "0.97", "edgecolor": "0.85"},
    "in use": {"facecolor": "0.75", "edgecolor": "0.5", "hatch": "///"},
    "reserve": {"facecolor": "#f5e9c8", "edgecolor": "0.6"},
    "left": {"facecolor": "white", "edgecolor": "0.3", "hatch": "xxx"},
    "storage-network": {"facecolor": "#56b4e9", "edgecolor": "black"},
    "rwx-network": {"facecolor": "#e69f00", "edgecolor": "black"},
    "vm-migration-network": {"facecolor": "#009e73", "edgecolor": "black"},
}


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


def distribution(risk: Risk, ax: Axes | None = None) -> Axes:
    """How likely each demand is, and where the prefixes end that hold it.

    >>> from sn_planner import risk
    >>> distribution(risk({5: 0.5, 6: 0.5}, 2)).get_xlabel()
    'demand [addresses]'
    """
    _require("risk", risk, Risk, "risk")
    ax = _on(ax)
    likely = risk.probabilities > _UNSEEN * risk.probabilities.max()
    values, chances = risk.values[likely], risk.probabilities[likely]
    width = -(-int(values[-1] - values[0] + 1) // _MOST_BARS)  # more bars than that are no picture
    bars = np.bincount((values - values[0]) // width, chances)
    ax.vlines(values[0] + width * np.arange(len(bars)), 0, bars, color="C0", linewidth=1 if len(bars) > 120 else 2)
    ax.axvline(risk.mean, color="black", linestyle="--", label=f"on average {risk.mean:.4g}")
    for length, chance in risk.by_prefix().items():
        if length is not None and capacity(length) <= 2 * values[-1]:
            ax.axvline(capacity(length), color="C3", linestyle=":")
            text = f"/{length} holds {capacity(length)}:\nthe longest with {100 * chance:.3g} %"
            ax.text(capacity(length), 1.01, text, transform=ax.get_xaxis_transform(), ha="center", fontsize=8)
    ax.set_xlabel("demand [addresses]")
    ax.set_ylabel("probability" if width == 1 else f"probability of {width} addresses together")
    ax.set_ylim(bottom=0)
    ax.set_title(f"{risk.quantile(0.99)} addresses are enough with 99 % confidence ({risk.profile.name})", pad=30)
    ax.legend()
    return ax


def runway_fan(way: Runway, ax: Axes | None = None) -> Axes:
    """The demand of a growing cluster over the years, with what ranges hold; of random growth its fan of chances.

    >>> from sn_planner import Cluster, Growth, runway
    >>> cluster = Cluster.uniform(nodes=5, disks_per_node=2)
    >>> runway_fan(runway("10.0.0.0/26", cluster, Growth(nodes=2), start="2026-12-01")).get_ylabel()
    'demand [addresses]'
    """
    _require("way", way, Runway, "runway")
    ax = _on(ax)
    days: list[Any] = [day for day, _ in way.chances]  # Matplotlib takes dates, and does not say so
    fans = [way.growth_by(day) for day in days]

    def needed(confidence: float) -> list[int]:
        return [way.required + fan.quantile(confidence) for fan in fans]

    if way.random:
        for low, high, shade in ((0.05, 0.95, 0.2), (0.25, 0.75, 0.35)):
            label = f"{100 * low:.0f} to {100 * high:.0f} %"
            band: dict[str, Any] = {"color": "C0", "alpha": shade, "linewidth": 0, "step": "post", "label": label}
            ax.fill_between(days, needed(low), needed(high), **band)
    ax.step(days, needed(0.5), where="post", color="C0", label="as likely as not" if way.random else "demand")
    top = max(needed(0.95))
    for one in (way, *way.wider):
        if one is way or one.usable <= 1.2 * top:
            ax.axhline(one.usable, color="C3" if one is way else "0.5", linestyle=":")
            text, beside = f"/{one.range.prefix_length}: {one.usable}", ax.get_yaxis_transform()
            ax.text(1.01, one.usable, text, transform=beside, va="center", fontsize=8)
    marks = {"5 %": way.date(0.05), "50 %": way.full_on} if way.random else {"": way.full_on}
    for (chance, day), style in zip(marks.items(), ("-.", "--"), strict=False):
        if day is not None:
            when: Any = day
            ax.axvline(when, color="C3", linestyle=style, label=f"too small{chance and f' with {chance}'}: {day}")
    ax.set_xlabel("day")
    ax.set_ylabel("demand [addresses]")
    ax.set_ylim(bottom=0)
    ax.set_title(f"{way.range.cidr} with {way.growth}")
    ax.legend(loc="upper left", bbox_to_anchor=(1.08, 1), fontsize=8)
    return ax


def address_map(plan: SitePlan, ax: Axes | None = None) -> Axes:
    """The part of the pools where ranges are planned, a row a /24 or what fits: ranges, their reserves, what is taken.

    Rows without a planned range are left out, which a line between two rows shows.

    >>> from sn_planner import Cluster, Site, SiteCluster, plan_site
    >>> fra1 = SiteCluster(name="fra1", cluster=Cluster.uniform(nodes=5, disks_per_node=2))
    >>> address_map(plan_site(Site(pools=["172.20.0.0/16"], clusters=[fra1]))).get_xlabel()
    'address in the row [addresses]'
    """
    _require("plan", plan, SitePlan, "plan_site")
    blocks = _map_blocks(plan)
    size, rows = _map_rows([span for span, kind, _ in blocks if kind not in _BACKGROUND])
    ax = _on(ax, (_SIZE[0], 1.5 + 0.28 * len(rows)))
    bars: dict[tuple[str, int], list[tuple[int, int]]] = {}  # by kind and row: starts and widths, drawn at once
    for (first, last), kind, label in blocks:
        for place in range(bisect_left(rows, first // size), bisect_right(rows, last // size)):
            start, end = max(first - rows[place] * size, 0), min(last - rows[place] * size + 1, size)
            bars.setdefault((kind, place), []).append((start, end - start))
            fitting = (one for one, share in zip(label, _LABEL_SHARES, strict=False) if (end - start) * share >= size)
            if text := next(fitting, ""):
                ax.text((start + end) / 2, place, text, ha="center", va="center", fontsize=7, clip_on=True)
    kinds = list(_MAP_STYLES)
    for kind, place in sorted(bars, key=lambda one: kinds.index(one[0])):  # the background first
        ax.broken_barh(bars[kind, place], (place - 0.4, 0.8), **_MAP_STYLES[kind])
    drawn = {kind for kind, _ in bars}
    for place, (before, row) in enumerate(pairwise(rows)):
        if row > before + 1:
            ax.axhline(place + 0.5, color="0.6", linewidth=0.8, linestyle=":")
    patch = extra("matplotlib.patches").Patch
    handles = [patch(label=kind, **style) for kind, style in _MAP_STYLES.items() if kind in drawn]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8)
    ax.set_yticks(range(len(rows)), [address_text(row * size) for row in rows], fontsize=8)
    ax.set_xticks([size * quarter // 4 for quarter in range(5)])
    ax.set_xlim(0, size)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("address in the row [addresses]")
    ax.set_title(f"{counted(len(plan.networks), 'range')} in {', '.join(map(str, plan.site.pools[:_MOST_LINES]))}")
    return ax


def _map_blocks(plan: SitePlan) -> list[tuple[Span, str, tuple[str, ...]]]:
    """What is drawn, the background first: the addresses, what they are, and labels, the longest first."""
    if not plan.networks:
        fix = "add a cluster, or a pool with room"
        raise NoAnswer("site", ABSENT, "has no planned range to draw", fix, "no-free-range")
    free = [pool.span for pool in plan.site.pools]
    taken = merged(one.span for one in plan.site.in_use)
    in_use = [span for pool in free for span in clipped(taken, pool)]
    left = [one.before.cidr for one in plan.networks if one.before is not None]
    return [
        *((span, "free", ()) for span in free),
        *((span, "in use", ()) for span in in_use),
        *((one.reserved.span, "reserve", ()) for one in plan.networks if one.reserved != one.range.cidr),
        *((cidr.span, "left", (f"/{cidr.prefix_length}",)) for cidr in left),
        *(
            (one.range.cidr.span, one.network, (f"{one.cluster} /{length}", f"/{length}"))
            for one in plan.networks
            for length in (one.range.prefix_length,)
        ),
    ]


def _map_rows(spans: Sequence[Span]) -> tuple[int, list[int]]:
    """The size of a row, a /24 or the smallest with which they are few enough [addresses], and the rows with a span."""
    size = 1 << (IPV4_BITS - _ROW)
    while True:
        parts = [range(first // size, last // size + 1) for first, last in spans]
        if max(map(len, parts)) <= _MOST_ROWS and len(rows := set().union(*parts)) <= _MOST_ROWS:
            return size, sorted(rows)
        size *= 2


class Picture:
    """A picture that shows itself in a notebook: its `axes`, and `save` into a file."""

    def __init__(self, axes: Axes) -> None:
        """Keeps the Axes that were drawn on."""
        self.axes = axes

    def save(self, path: str) -> None:
        """Writes it as PNG or SVG, by the file's name; raises BadInput where that is not possible."""
        save(self.axes, path)

    def _repr_png_(self) -> bytes:
        data = BytesIO()
        figure: Any = self.axes.get_figure(root=True)
        figure.savefig(data, format="png", dpi=100, bbox_inches="tight")
        return data.getvalue()


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


def _on(ax: Axes | None, size: tuple[float, float] = _SIZE) -> Axes:
    """The Axes to draw on: those given, or those of a figure of its own."""
    if ax is None:
        axes: Axes = extra("matplotlib.figure").Figure(figsize=size).subplots()
        return axes
    kind: type = extra("matplotlib.axes").Axes
    if not isinstance(ax, kind):
        raise BadInput("ax", ax, "is no Axes of matplotlib's", "leave it out for a new figure", "wrong-type")
    return ax
