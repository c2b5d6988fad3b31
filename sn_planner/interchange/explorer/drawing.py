"""What an explorer draws: an SVG with sentences, a worst-case upgrade, and the largest cluster that each prefix holds.

Rules: it is written here, since a picture that follows a hand has no time for matplotlib (a fifth of a second for each
move). It keeps the rules of `plots`: the same colours on a white ground, so light and dark themes read the same; labels
in words; ticks at whole numbers; what colour says, a sign or a place says too. All text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import count
from math import log10
from textwrap import wrap
from typing import NamedTuple

from sn_planner.engine.simulation.course import Course
from sn_planner.errors import printable
from sn_planner.interchange.plots.picture import BLACK, BLUE, FLAT, GREEN, RED, time_unit
from sn_planner.model.words import counted

_GREY, _PALE = "#555555", "#e5e5e5"
_WIDTH, _MARGIN, _LINE, _LETTERS = 900, 16, 20, 125  # [pixels], and the longest line of text [letters]
_ACROSS, _UP, _LEFTS = 380, 220, (60, 505)  # a panel, and where each of the two begins [pixels]
_ABOVE, _BELOW = 95, 50  # what stands around the panels [pixels]
_MOST_TICKS, _MOST_MARKS = 6, 15  # of an axis, and of one in powers of ten
_GAP = "\u2003"  # between the signs of a legend
_Sign = tuple[str, str, str]  # of a legend: its colour, itself, what it means


def picture(sentences: Iterable[str], run: Course, held: Mapping[int, int], nodes: int, prefix: int) -> str:
    """The SVG: the sentences, of which the first is the verdict; the run; the frontier, with the cluster in its prefix.

    `held` is the most nodes that each prefix holds [nodes], `nodes` are the cluster's own [nodes].
    """
    lines = [line for sentence in sentences for line in wrap(printable(sentence), _LETTERS)]
    words = [_text(_MARGIN, _LINE * place, line, bold=place == 1) for place, line in enumerate(lines, 1)]
    top = _LINE * len(lines) + _ABOVE
    height = top + _UP + _BELOW
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" style="max-width:100%;height:auto"'
    font = 'font-family="system-ui, sans-serif" font-size="13"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(lines[0])}" {size} {font}>'
    ground = f'<rect width="{_WIDTH}" height="{height}" fill="white"/>'
    return "".join([opening, ground, *words, *_timeline(run, top), *_frontier(held, nodes, prefix, top), "</svg>"])


class _Panel(NamedTuple):
    """A part of the picture: where it begins [pixels], and the least and the greatest value across and up."""

    left: int
    top: int
    across: tuple[float, float]
    up: tuple[float, float]

    def x(self, value: float) -> float:
        """Where a value stands across [pixels]."""
        low, high = self.across
        return round(self.left + _ACROSS * (value - low) / (high - low), 1)

    def y(self, value: float) -> float:
        """Where a value stands up [pixels]."""
        low, high = self.up
        return round(self.top + _UP * (high - value) / (high - low), 1)

    def around(self, title: str, legend: Iterable[_Sign], across: str, up: str) -> Iterator[str]:
        """A title, a legend, what the axes count, and their lines."""
        yield _text(self.left, self.top - 58, title, bold=True)
        signs = (f'<tspan fill="{colour}">{sign}</tspan> {escape(words)}' for colour, sign, words in legend)
        yield f'<text x="{self.left}" y="{self.top - 36}">{_GAP.join(signs)}</text>'
        yield _text(self.left, self.top - 10, up, colour=_GREY)
        yield _text(self.left + _ACROSS / 2, self.top + _UP + 38, across, "middle", colour=_GREY)
        yield f'<path d="M{self.left} {self.top}v{_UP}h{_ACROSS}" stroke="{_GREY}" fill="none"/>'

    def ticks(self, across: Mapping[float, str], up: Mapping[float, str]) -> Iterator[str]:
        """Values and how they are written, along both axes."""
        for value, name in across.items():
            yield _text(self.x(value), self.top + _UP + 18, name, "middle")
        for value, name in up.items():
            yield f'<path d="M{self.left} {self.y(value)}h{_ACROSS}" stroke="{_PALE}"/>'
            yield _text(self.left - 6, self.y(value) + 4, name, "end")

    def steps(self, levels: Iterable[tuple[float, float]]) -> str:
        """The line of what stays as it is until it changes, up to the right side."""
        (_, first), *others = levels
        corners = "".join(f"H{self.x(at)}V{self.y(level)}" for at, level in others)
        return f"M{self.left} {self.y(first)}{corners}H{self.left + _ACROSS}"


def _timeline(run: Course, top: int) -> Iterator[str]:
    """Addresses in use up to the limit, and on top of them the pods that wait for one."""
    unit, name = time_unit(run.end)
    is_far = run.usable > FLAT * run.peak
    most = 1.15 * (run.peak if is_far else max(run.peak, run.usable))
    panel = _Panel(_LEFTS[0], top, (0, run.end / unit), (0, most))
    limit = f"{run.usable:,} usable{', far above' if is_far else ''}"
    waiting = [(RED, "■", "pods waiting")] if run.peak > run.usable else []
    legend = (BLUE, "■", "addresses in use"), *waiting, (BLACK, "– –", limit)
    yield from panel.around(f"Worst case: {_ending(run)}", legend, f"{name} since the start", "addresses")
    yield from panel.ticks(_whole(run.end / unit), _whole(most))
    if not is_far:
        yield f'<path d="M{panel.left} {panel.y(run.usable)}h{_ACROSS}" stroke="{BLACK}" stroke-dasharray="6 4"/>'
    levels = [(at / unit, level) for at, level in run.wanted]
    wanted, in_use = panel.steps(levels), panel.steps((at, min(level, run.usable)) for at, level in levels)
    beyond = panel.steps((at, max(level, run.usable)) for at, level in levels)
    for line, foot, colour in ((beyond, run.usable, RED), (in_use, 0, BLUE)):
        yield f'<path d="{line}V{panel.y(foot)}H{panel.left}Z" fill="{colour}" fill-opacity="0.35"/>'
    for line, colour, width in ((wanted, RED, 1.5), (in_use, BLUE, 2.5)):  # nobody waits where only the second is seen
        yield f'<path d="{line}" stroke="{colour}" stroke-width="{width}" fill="none"/>'


def _ending(run: Course) -> str:
    refused, left = max(run.peak - run.usable, 0), max(run.wanted[-1][1] - run.usable, 0)
    if run.stalls:
        return f"the upgrade stalls, {counted(left, 'pod')} left waiting"
    if left:
        return f"{counted(left, 'pod')} left waiting"
    return f"{counted(refused, 'pod')} waiting for a while" if refused else "nobody waits"


def _frontier(held: Mapping[int, int], nodes: int, chosen: int, top: int) -> Iterator[str]:
    """The most nodes that each prefix holds, in powers of ten, and the cluster in the chosen prefix."""
    highest, (first, *_, last) = max(nodes, *held.values()), held
    panel = _Panel(_LEFTS[1], top, (first - 0.5, last + 0.5), (log10(0.8), log10(1.5 * highest)))
    fits = nodes <= held[chosen]
    cluster = (GREEN, "◆", "this cluster, which fits") if fits else (RED, "✖", "this cluster, too large")
    title = f"A /{chosen} holds {counted(held[chosen], 'such node')} at most"
    yield from panel.around(title, [(BLUE, "●", "nodes at most"), cluster], "prefix", "nodes")
    marks = [digit * 10**ten for ten in range(len(str(highest))) for digit in (1, 2, 5) if digit * 10**ten <= highest]
    up = {log10(mark): f"{mark:,}" for mark in marks[:: 1 if len(marks) <= _MOST_MARKS else 3]}
    yield from panel.ticks({prefix: f"/{prefix}" for prefix in [*held][::2]}, up)
    dots = [(panel.x(prefix), panel.y(log10(most)), f"/{prefix}: {most:,}") for prefix, most in held.items() if most]
    yield f'<polyline points="{" ".join(f"{x},{y}" for x, y, _ in dots)}" stroke="{BLUE}" fill="none"/>'
    for x, y, name in dots:
        yield f'<circle cx="{x}" cy="{y}" r="3.5" fill="{BLUE}"><title>{name}</title></circle>'
    shape = "m0-7l7 7-7 7-7-7Z" if fits else "m-6-6 12 12m0-12-12 12"
    place = f"M{panel.x(chosen)} {panel.y(log10(nodes))}"
    yield f'<path d="{place}{shape}" stroke="{cluster[0]}" stroke-width="3" fill="{cluster[0]}"/>'


def _whole(most: float) -> dict[float, str]:
    """Whole and round numbers up to the greatest value of an axis, and how they are written."""
    sizes = (digit * 10**ten for ten in count() for digit in (1, 2, 5))
    step = next(size for size in sizes if most <= _MOST_TICKS * size)
    return {value: f"{value:,}" for value in range(0, int(most) + 1, step)}


def _text(x: float, y: float, words: str, anchor: str = "start", *, bold: bool = False, colour: str = BLACK) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(words)}</text>'
