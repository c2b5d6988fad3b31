"""Address space as rows of addresses: the ranges of a plan in their pools, and who holds what in one range.

Rules: what is drawn are spans of addresses, each of a kind; a kind has a colour and, for a print, a hatch. Rows in
which nothing of interest lies are left out, which a dotted line between two rows shows, so that a picture stays small
whatever the size of a pool.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from sn_planner.advice.living.audit import Audit
from sn_planner.advice.living.upgrade import OTHER, kind_of
from sn_planner.advice.plan import Plan
from sn_planner.advice.site_plan import SitePlan
from sn_planner.errors import ABSENT, NoAnswer
from sn_planner.interchange.plots.picture import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    RED,
    SIZE,
    SKY,
    YELLOW,
    drawn_on,
    literal,
    require,
)
from sn_planner.model.cidr import Cidr, Span, address_text, clipped, gaps, merged, parse_address
from sn_planner.model.extras import extra
from sn_planner.model.networks import RWX, STORAGE, VM_MIGRATION
from sn_planner.model.pods import PODS
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHORTEST_ROW, _ROW = 32, 256  # addresses: of a map of cells, and of a map of ranges
_NEIGHBOURS = 4  # times the range: a row that it fills alone would not show what is beside it
_MOST_ROWS = 48  # that are legible
_MOST_POOLS = 5  # named in a title
_LABEL_SHARES = 9, 36  # a cluster's name needs a ninth of a row, a prefix alone much less
_TO_WIDEN = "room to widen"
Style = Mapping[str, Any]

_RANGES: dict[str, Style] = {
    "free": {"facecolor": "0.97", "edgecolor": "0.85"},
    "in use": {"facecolor": "0.75", "edgecolor": "0.5", "hatch": "///"},
    _TO_WIDEN: {"facecolor": "#f5e9c8", "edgecolor": "0.6"},
    "reserve": {"facecolor": "#f5e9c8", "edgecolor": "0.6"},
    "left": {"facecolor": "white", "edgecolor": "0.3", "hatch": "xxx"},
    "another candidate": {"facecolor": "none", "edgecolor": BLUE, "linestyle": "--"},
    STORAGE.setting: {"facecolor": SKY, "edgecolor": BLACK},
    RWX.setting: {"facecolor": ORANGE, "edgecolor": BLACK},
    VM_MIGRATION.setting: {"facecolor": GREEN, "edgecolor": BLACK},
}
_CELLS: dict[str, Style] = {
    "excluded, or no host's": {"facecolor": "0.6", "edgecolor": "0.6"},
    "free": {"facecolor": "0.97", "edgecolor": "0.85"},
    **{
        kind.name: {"facecolor": colour, "edgecolor": "white", "hatch": hatch}
        for kind, colour, hatch in zip(
            PODS, (BLUE, SKY, GREEN, YELLOW, ORANGE, PINK), ("", "///", "...", "xxx", "\\\\\\", "+++"), strict=True
        )
    },
    OTHER: {"facecolor": "0.35", "edgecolor": "white", "hatch": "ooo"},
}


class _Block(NamedTuple):
    """Addresses of a kind, with what is written on them where there is room: the longest first."""

    span: Span
    kind: str
    labels: tuple[str, ...] = ()


def address_map(plan: Plan | SitePlan, ax: Axes | None = None) -> Axes:
    """The part of the pools where ranges are planned, a row a /24 or what fits: ranges, their reserves, what is taken.

    Raises NoAnswer for a plan without a range.

    >>> from sn_planner import Cluster, suggest
    >>> plan = suggest(Cluster.uniform(nodes=5, disks_per_node=2), pools=["172.20.0.0/16"])
    >>> address_map(plan).get_title()
    '5 candidates, 172.20.0.0/26 is the first\\nin 172.20.0.0/16'
    """
    require("plan", plan, (Plan, SitePlan), "suggest or plan_site")
    if isinstance(plan, Plan):
        places, pools, taken = list(_candidates(plan)), plan.pools, [one.span for one in plan.taken]
        first = f", {plan.best.range.cidr} is the first" if plan.candidates else ""
        title = f"{counted(len(plan.candidates), 'candidate')}{first}\nin {_named(pools)}"
    else:
        places, pools, taken = list(_planned(plan)), plan.site.pools, list(_occupied(plan))
        title = f"{counted(len(plan.networks), 'range')} in {_named(pools)}"
    if not places:
        fix = "add a cluster, or a pool with room"
        raise NoAnswer("plan", ABSENT, "has no planned range to draw", fix, "no-free-range")
    free = [pool.span for pool in pools]
    spans = merged(taken)
    in_use = [_Block(span, "in use") for pool in free for span in clipped(spans, pool)]
    longest = max(last - first + 1 for (first, last), kind, _ in places if kind != _TO_WIDEN)
    row = max(_ROW, _NEIGHBOURS * longest) if isinstance(plan, Plan) else _ROW
    size, rows = _rows([block.span for block in places if block.kind != _TO_WIDEN], row)
    ax = _drawn(ax, [*(_Block(span, "free") for span in free), *in_use, *places], size, rows, _RANGES)
    ax.set_title(title, fontsize=11)
    return ax


def lease_map(found: Audit, ax: Axes | None = None) -> Axes:
    """The addresses of a storage network, by the kind of pod that holds each; stale leases are crossed out.

    Those of which the export does not tell have a ring. A row has 32 addresses, or as many as fit; of a long
    range only rows with a lease. Addresses beyond the range are left out.

    Raises BadInput for what is no Audit.
    """
    require("found", found, Audit, "audit")
    whole = found.range.cidr.span
    assigned = merged(found.range.usable_spans)
    held = {address: one for one in found.held if (address := parse_address(one.address)) is not None}
    cells = [_Block((at, at), kind_of(one.pod)) for at, one in held.items() if whole[0] <= at <= whole[1]]
    is_short = whole[1] - whole[0] < _SHORTEST_ROW * _MOST_ROWS
    size, rows = _rows([whole] if is_short or not cells else [cell.span for cell in cells], _SHORTEST_ROW)
    background = [_Block(whole, "excluded, or no host's"), *(_Block(span, "free") for span in assigned)]
    ax = _drawn(ax, [*background, *cells], size, rows, _CELLS)
    signs = {"stale": (True, "X", RED, "white"), "stale or not is unknown": (None, "o", "white", RED)}
    for label, (stale, marker, inside, edge) in signs.items():
        places = [at for at, one in held.items() if one.stale is stale and whole[0] <= at <= whole[1]]
        if places:
            across, rank = [at % size + 0.5 for at in places], [bisect_left(rows, at // size) for at in places]
            look: dict[str, Any] = {"marker": marker, "linestyle": "", "color": inside, "markeredgecolor": edge}
            ax.plot(across, rank, markersize=9, label=label, **look)
    _legend(ax, [*ax.get_legend().legend_handles, *ax.get_legend_handles_labels()[0]])  # type: ignore[union-attr]  # made
    ax.set_title(f"{found.range.cidr}: {counted(found.leases, 'lease')}, {found.free} free", fontsize=11)
    return ax


def _named(pools: Sequence[Cidr]) -> str:
    more = f" and {len(pools) - _MOST_POOLS} more" if len(pools) > _MOST_POOLS else ""
    return f"{', '.join(map(str, pools[:_MOST_POOLS]))}{more}"


def _occupied(plan: SitePlan) -> Iterator[Span]:
    """What of the pools is neither free nor the plan's own: networks in use, and the ranges of other clusters."""
    own = [one.reserved.span for one in plan.networks]
    own += [one.before.cidr.span for one in plan.networks if one.before is not None]
    known = merged([*plan.free_spans, *own])
    return (gap for pool in plan.site.pools for gap in gaps(pool.span, known))


def _planned(plan: SitePlan) -> Iterator[_Block]:
    """The ranges of a site, behind them what they keep free, and those that are left."""
    yield from (_Block(one.reserved.span, "reserve") for one in plan.networks if one.reserved != one.range.cidr)
    for one in plan.networks:
        if one.before is not None:
            yield _Block(one.before.cidr.span, "left", (f"/{one.before.cidr.prefix_length}",))
    for one in plan.networks:
        length = one.range.cidr.prefix_length
        yield _Block(one.range.cidr.span, one.network, (f"{literal(one.cluster)} /{length}", f"/{length}"))


def _candidates(plan: Plan) -> Iterator[_Block]:
    """The best range, or its ranges of several networks, with the room to widen; the others behind."""
    for best in plan.candidates[:1]:
        if best.widens_to < best.range.prefix_length:
            yield _Block(Cidr(best.range.cidr.address, best.widens_to).span, _TO_WIDEN)
    for place, candidate in reversed(list(enumerate(plan.candidates, 1))):
        for one in candidate.networks:
            length = one.range.cidr.prefix_length
            kind = one.network if place == 1 else "another candidate"
            yield _Block(one.range.cidr.span, kind, (f"{place}.  /{length}", f"/{length}"))


def _rows(spans: Sequence[Span], shortest: int) -> tuple[int, list[int]]:
    """The size of a row, the smallest with which they are few enough [addresses], and the rows with a span."""
    size = shortest
    while True:
        parts = [range(first // size, last // size + 1) for first, last in spans]
        if max(map(len, parts)) <= _MOST_ROWS and len(rows := set().union(*parts)) <= _MOST_ROWS:
            return size, sorted(rows)
        size *= 2


def _drawn(ax: Axes | None, blocks: Iterable[_Block], size: int, rows: list[int], styles: Mapping[str, Style]) -> Axes:
    """The blocks in their rows, in the order of the styles, with a legend of what is drawn."""
    ax = drawn_on(ax, (SIZE[0], 1.5 + 0.28 * len(rows)))
    bars: dict[tuple[str, int], list[tuple[int, int]]] = {}  # by kind and row: starts and widths, drawn at once
    for (first, last), kind, labels in blocks:
        for place in range(bisect_left(rows, first // size), bisect_right(rows, last // size)):
            start, end = max(first - rows[place] * size, 0), min(last - rows[place] * size + 1, size)
            bars.setdefault((kind, place), []).append((start, end - start))
            fitting = (one for one, share in zip(labels, _LABEL_SHARES, strict=False) if (end - start) * share >= size)
            if text := next(fitting, ""):
                ax.text((start + end) / 2, place, text, ha="center", va="center", fontsize=7, clip_on=True)
    kinds = list(styles)
    for kind, place in sorted(bars, key=lambda one: kinds.index(one[0])):
        ax.broken_barh(bars[kind, place], (place - 0.4, 0.8), **styles[kind])
    for place, (before, row) in enumerate(pairwise(rows)):
        if row > before + 1:
            ax.axhline(place + 0.5, color="0.6", linewidth=0.8, linestyle=":")
    drawn = {kind for kind, _ in bars}
    patch = extra("matplotlib.patches").Patch
    _legend(ax, [patch(label=kind, **style) for kind, style in styles.items() if kind in drawn])
    ax.set_yticks(range(len(rows)), [address_text(row * size) for row in rows], fontsize=8)
    ax.set_xticks([size * quarter // 4 for quarter in range(5)], [f"+{size * quarter // 4:,}" for quarter in range(5)])
    ax.set_xlim(0, size)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("addresses from the first of the row")
    return ax


def _legend(ax: Axes, handles: Sequence[Any]) -> None:
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8)
