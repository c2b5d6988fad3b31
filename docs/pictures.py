"""The pictures of the pages: drawn by the planner's own plots, or in their style, from the planner's own answers.

Rules: `python docs/pictures.py` writes them into `docs/pictures`, and `python docs/pictures.py FOLDER` elsewhere. What
a picture shows is computed, never typed. The same Matplotlib writes the same bytes: no date, no random name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import sn_planner as sn
from sn_planner.interchange.plots.picture import (
    BLACK,
    BLUE,
    GREEN,
    RED,
    SIZE,
    SKY,
    drawn_on,
    whole_ticks,
)
from sn_planner.model.ranges import capacity

HERE = Path(__file__).parent / "pictures"
CLUSTER = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)  # the documentation's example [D 1.1]
RELEASE = "1.8.2"
_NOBODYS, _FREE = "0.6", "0.97"  # colours of addresses: as in the planner's maps


def formula() -> Axes:
    """Three moments of the documentation's example, by both formulas, each split by kind of pod."""
    ax = drawn_on(None, (SIZE[0], 3.4))
    kinds = {
        "instance managers": ("instance-manager", BLUE, ""),
        "backing-image-managers": ("backing-image-manager", SKY, "///"),
        "image transfers": ("backing-image-ds", GREEN, "\\\\"),
    }
    moments = {"steady": "steady", "floor": "stall floor", "versions": "peak"}
    bars = [(name, moment) for name in ("classic", "consolidated") for moment in moments]
    places = [place + 0.6 * (place >= len(moments)) for place in range(len(bars))]
    counts = {"node": CLUSTER.storage_nodes, "disk": CLUSTER.disks, "image": CLUSTER.images}
    starts = [0] * len(bars)
    for label, (kind, colour, hatch) in kinds.items():
        widths = [
            sum(
                counts[one.per] * getattr(one, moment)
                for one in sn.PROFILES[name].consumers
                if one.pod.startswith(kind)
            )
            for name, moment in bars
        ]
        ax.barh(places, widths, left=starts, color=colour, edgecolor="white", hatch=hatch, label=label, height=0.8)
        starts = [start + width for start, width in zip(starts, widths, strict=True)]
    for place, total in zip(places, starts, strict=True):
        ax.text(total + 0.6, place, str(total), va="center")
    for length in (27, 26):
        ax.axvline(capacity(length), color=RED, linestyle=":")
        ax.text(capacity(length), -0.9, f"/{length}: {capacity(length)}", ha="center", fontsize=8)
    ax.set_yticks(places, [f"{name}, {moments[moment]}" for name, moment in bars])
    ax.invert_yaxis()
    whole_ticks(ax.xaxis)
    ax.set_xlim(0, capacity(26) + 3)
    ax.set_xlabel("addresses")
    nodes, disks, images = counts.values()
    ax.set_title(f"{nodes} nodes, {disks} disks, {images} image transfers at once", loc="left", fontsize=11, pad=42)
    where: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.09), "ncols": 3, "frameon": False}
    ax.legend(fontsize=9, borderaxespad=0.2, **where)
    return ax


def upgrade() -> Axes:
    """The same upgrade in a range that holds its peak, and in one that is an address below its stall floor."""
    figure = Figure(figsize=(SIZE[0], 2.3 * SIZE[1]))
    ranges = sn.AddressRange("172.16.0.0/26"), sn.AddressRange("172.16.0.0/27", ["172.16.0.1"])
    axes: list[Axes] = list(figure.subplots(2, 1, gridspec_kw={"hspace": 1.05}))
    for ax, network in zip(axes, ranges, strict=True):
        sn.plots.timeline(sn.simulate(network, CLUSTER, _worst(), harvester=RELEASE), ax)
    return axes[0]


def _worst() -> sn.Scenario:
    """The ready worst case, but for its end, which is nearer."""
    transfers = sn.steps.TransferImages(at=0, count=CLUSTER.images, duration=None)
    return sn.Scenario(steps=(sn.steps.Apply(), transfers, sn.steps.Upgrade(at="1h")), retry="worst", horizon="5h")


def _style(face: str, edge: str, hatch: str = "") -> dict[str, Any]:
    return {"facecolor": face, "edgecolor": edge, "hatch": hatch}


class _Scene(NamedTuple):
    """What has just happened, who holds which address then, and the addresses whose pod is gone."""

    what: str
    held: Mapping[str, str]
    gone: frozenset[str] = frozenset()


def whereabouts() -> Axes:
    """A small pool, step by step: first fit, the same pod, a lease that stays, a full range, the reconciler."""
    pool = sn.Pool("172.16.0.0/29", exclude=["172.16.0.1"])
    scenes = list(_scenes(pool))
    network = pool.range.network
    addresses = [str(one) for one in network]
    assignable = {str(one) for one in network if any(low <= int(one) <= high for low, high in pool.range.usable_spans)}
    ax = drawn_on(None, (SIZE[0], 0.42 * len(scenes) + 1.2))
    never, free, lease = _style(_NOBODYS, "0.7"), _style(_FREE, "0.7"), _style(SKY, BLACK)
    for row, scene in enumerate(scenes):
        kinds = [lease if one in scene.held else free if one in assignable else never for one in addresses]
        for style in (never, free, lease):
            cells = [(column, 0.94) for column, kind in enumerate(kinds) if kind is style]
            ax.broken_barh(cells, (row - 0.4, 0.8), **style)
        for column, address in enumerate(addresses):
            ax.text(column + 0.47, row, scene.held.get(address, ""), ha="center", va="center", fontsize=10)
        lost = [addresses.index(one) + 0.75 for one in scene.gone]
        ax.plot(lost, [row] * len(lost), "X", color=RED, markeredgecolor="white", markersize=9)
    ax.set_yticks(range(len(scenes)), [scene.what for scene in scenes])
    ax.set_xticks([column + 0.47 for column in range(len(addresses))], [f".{one.rsplit('.')[-1]}" for one in addresses])
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    ax.set_xlim(0, len(addresses))
    ax.set_ylim(len(scenes) - 0.5, -0.5)
    ax.spines[:].set_visible(False)
    handles = [Patch(label="never handed out", **never), Patch(label="free", **free), Patch(label="leased", **lease)]
    mark = Line2D([], [], color=RED, marker="X", linestyle="", markeredgecolor="white", label="its pod is gone")
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.3, 0), "ncols": 4, "frameon": False}
    ax.legend(handles=[*handles, mark], fontsize=9, **place)
    ax.set_title(f"{network}, with {', '.join(pool.range.exclude)} excluded", fontsize=11)
    return ax


def _scenes(pool: sn.Pool) -> Iterator[_Scene]:
    """What happens to the pool, and what it holds then."""
    gone: set[str] = set()

    def scene(what: str) -> _Scene:
        held = {str(one.address): one.podref.partition("/")[2] for one in pool.leases}
        return _Scene(what, held, frozenset(gone))

    for name in "abc":
        pool.assign(f"pods/{name}", f"{name}-1")
    yield scene("a, b and c start: the lowest free address each")
    pool.release("b-1")
    yield scene("b ends: its lease is freed")
    pool.assign("pods/d", "d-1")
    yield scene("d starts: the lowest free address again")
    pool.assign("pods/a", "a-2")
    yield scene("a restarts: the same pod, the same address")
    gone.add(next(str(one.address) for one in pool.leases if one.podref == "pods/c"))
    yield scene("c is lost with its node: its lease stays")
    for name in "ef":
        pool.assign(f"pods/{name}", f"{name}-1")
    yield scene("e and f start: the range is full")
    try:
        pool.assign("pods/g", "g-1")
    except sn.PoolExhausted:
        yield scene("g starts: refused, and asks again")
    pool.reclaim(gone.pop())
    yield scene("04:30 UTC: the reconciler frees c's lease")
    pool.assign("pods/g", "g-1")
    yield scene("g asks again")


def webhook() -> Axes:
    """One setting, counted by the webhook and by Whereabouts: an exclude with host bits takes more than it says."""
    text, excludes = "172.16.0.0/26", ["172.16.0.48/27"]
    network, addresses = sn.AddressRange(text).network, range(64)
    counted = sn.webhook.usable_count(text, excludes)
    without = [sn.webhook.usable_count(text, [*excludes, f"{network[offset]}/32"]) for offset in addresses]
    told = {offset for offset in addresses if without[offset] < counted}
    spans = sn.AddressRange(text, excludes).usable_spans
    given = {offset for offset in addresses if any(low <= network.first + offset <= high for low, high in spans)}
    rows = {f"Harvester's webhook\ncounts {len(told)}": told, f"Whereabouts\nhands out {len(given)}": given}
    ax = drawn_on(None, (SIZE[0], 2.2))
    yes, no = _style(SKY, "white"), _style(_NOBODYS, "white", "///")
    for row, usable in enumerate(rows.values()):
        ax.broken_barh([(offset, 1) for offset in addresses if offset in usable], (row - 0.35, 0.7), **yes)
        ax.broken_barh([(offset, 1) for offset in addresses if offset not in usable], (row - 0.35, 0.7), **no)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(1.5, -0.5)
    ax.set_xticks(addresses[::16], [f".{offset}" for offset in addresses[::16]])
    ax.set_xlim(0, len(addresses))
    ax.set_xlabel(f"addresses of {text}")
    ax.set_title(f"{text} with the exclude {excludes[0]}", loc="left", fontsize=11)
    handles = [Patch(label="usable", **yes), Patch(label="not usable", **no)]
    ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=9)
    return ax


def why_once() -> Axes:
    """A range with room to widen, among networks in use."""
    plan = sn.suggest(
        CLUSTER,
        harvester=RELEASE,
        pools=["172.20.0.0/22"],
        in_use=["172.20.0.0/25", "172.20.1.64/26", "172.20.2.128/25"],
        limit=3,
    )
    return sn.plots.address_map(plan)


PICTURES: Mapping[str, Callable[[], Axes]] = {
    "formula": formula,
    "upgrade": upgrade,
    "whereabouts": whereabouts,
    "webhook": webhook,
    "why-once": why_once,
}


def drawn(name: str) -> bytes:
    """The picture of that name, as SVG."""
    data = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "sn_planner", "svg.fonttype": "path"}):
        figure: Any = PICTURES[name]().get_figure(root=True)
        none: Any = {"Date": None, "Creator": None}
        figure.savefig(data, format="svg", bbox_inches="tight", facecolor="white", metadata=none)
    return _short(data.getvalue().decode()).encode()


def _short(text: str) -> str:
    """The same picture in fewer characters: whole font units, hundredths of a point, short names, no indentation."""
    text = re.sub(r'(?<=<path id="DejaVuSans-)([^"]*" d="[^"]*)', lambda match: _rounded(match[0], 0), text)
    text = re.sub(r'\b[dxy]="[^"]*"|translate\([^)]*\)', lambda match: _rounded(match[0], 2), text)
    text = re.sub(r'<!-- .* -->|(?<=<g) id="\w+"', "", text.replace("DejaVuSans-", "g"))
    return re.sub(r"\n\s*", "\n", text)


def _rounded(text: str, places: int) -> str:
    numbers = re.sub(r"-?\d+\.\d+", lambda match: f"{round(float(match[0]), places):g}", text)
    return re.sub(r"\s+", " ", numbers)


def main(arguments: Iterable[str]) -> None:
    """Writes every picture into the folder that is named, or into `docs/pictures`."""
    folder = next((Path(one) for one in arguments), HERE)
    folder.mkdir(exist_ok=True)
    for name in PICTURES:
        (folder / f"{name}.svg").write_bytes(drawn(name))


if __name__ == "__main__":
    main(sys.argv[1:])
