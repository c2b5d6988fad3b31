"""How sure a range is: the distribution of an uncertain demand, and a growing demand over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sn_planner.engine.chance.risk import Risk
from sn_planner.engine.chance.runway import Runway
from sn_planner.interchange.plots.picture import (
    BLACK,
    BLUE,
    RED,
    drawn_on,
    literal,
    require,
    titled,
    whole_ticks,
)
from sn_planner.model.ranges import capacity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_BARS = 500
_UNSEEN = 1e-6  # of the most likely demand: what is less would be no line


def distribution(risk: Risk, ax: Axes | None = None) -> Axes:
    """How likely each demand is, and where the prefixes end that hold it.

    >>> from sn_planner import risk
    >>> distribution(risk({5: 0.5, 6: 0.5}, 2)).get_xlabel()
    'addresses needed'
    """
    require("risk", risk, Risk, "risk")
    ax = drawn_on(ax)
    likely = risk.probabilities > _UNSEEN * risk.probabilities.max()
    values, chances = risk.values[likely], risk.probabilities[likely]
    width = -(-int(values[-1] - values[0] + 1) // _MOST_BARS)  # more bars than that are no picture
    bars = np.bincount((values - values[0]) // width, chances)
    ax.vlines(values[0] + width * np.arange(len(bars)), 0, bars, color=BLUE, linewidth=1 if len(bars) > 120 else 2)
    ax.axvline(risk.mean, color=BLACK, linestyle="--", label=f"on average {risk.mean:.4g}")
    for length, chance in risk.by_prefix().items():
        if length is not None and capacity(length) <= 2 * values[-1]:
            ax.axvline(capacity(length), color=RED, linestyle=":")
            text = f"/{length}: {capacity(length):,}\n{100 * chance:.3g} %"
            ax.text(capacity(length), 1.01, text, transform=ax.get_xaxis_transform(), ha="center", fontsize=8)
    whole_ticks(ax.xaxis)
    ax.set_xlabel("addresses needed")
    ax.set_ylabel("probability" if width == 1 else f"probability of {width} addresses together")
    ax.set_ylim(bottom=0)
    prefix = "a prefix: what it holds, and how likely it is the one to take"
    ax.plot([], [], color=RED, linestyle=":", label=prefix)
    enough = f"{risk.quantile(0.99):,} addresses are enough with 99 % confidence"
    titled(ax, [f"{enough} ({literal(risk.profile.name)})"], columns=2, labels=2)
    return ax


def runway_fan(way: Runway, ax: Axes | None = None) -> Axes:
    """The demand of a growing cluster over the years, with what ranges hold; of random growth its fan of chances.

    >>> from sn_planner import Cluster, Growth, runway
    >>> cluster = Cluster.uniform(nodes=5, disks_per_node=2)
    >>> runway_fan(runway("10.0.0.0/26", cluster, Growth(nodes=2), start="2026-12-01")).get_ylabel()
    'addresses needed'
    """
    require("way", way, Runway, "runway")
    ax = drawn_on(ax)
    days: list[Any] = [day for day, _ in way.chances]  # Matplotlib takes dates, and does not say so
    fans = [way.growth_by(day) for day in days]

    def needed(confidence: float) -> list[int]:
        return [way.required + fan.quantile(confidence) for fan in fans]

    if way.random:
        for low, high, shade in ((0.05, 0.95, 0.2), (0.25, 0.75, 0.35)):
            label = f"{100 * low:.0f} to {100 * high:.0f} %"
            band: dict[str, Any] = {"color": BLUE, "alpha": shade, "linewidth": 0, "step": "post", "label": label}
            ax.fill_between(days, needed(low), needed(high), **band)
    ax.step(days, needed(0.5), where="post", color=BLUE, label="as likely as not" if way.random else "demand")
    top = max(needed(0.95))
    for one in (way, *way.wider):
        if one is way or one.usable <= 1.2 * top:
            ax.axhline(one.usable, color=RED if one is way else "0.5", linestyle=":")
            text, beside = f"/{one.range.prefix_length}: {one.usable}", ax.get_yaxis_transform()
            ax.text(1.01, one.usable, text, transform=beside, va="center", fontsize=8)
    marks = {"5 %": way.date(0.05), "50 %": way.full_on} if way.random else {"": way.full_on}
    for (chance, day), style in zip(marks.items(), ("-.", "--"), strict=False):
        if day is not None:
            when: Any = day
            ax.axvline(when, color=RED, linestyle=style, label=f"too small{chance and f' with {chance}'}: {day}")
    ax.margins(x=0)
    whole_ticks(ax.yaxis)
    ax.set_xlabel("day")
    ax.set_ylabel("addresses needed")
    ax.set_ylim(bottom=0)
    titled(ax, [f"{way.range.cidr} with {way.growth}", f"from {way.demand.cluster}"], columns=3)
    return ax
