"""A simulation over time: addresses in use above, the pods that wait for one below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sn_planner.engine.simulation.simulation import Simulation
from sn_planner.interchange.plots.picture import (
    BLACK,
    BLUE,
    FLAT,
    GREEN,
    RED,
    drawn_on,
    literal,
    require,
    time_unit,
    titled,
    whole_ticks,
)
from sn_planner.model.durations import duration_words
from sn_planner.model.living.resources import name_of
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 1.18  # above the limit, for what is written there
_HIGH = 0.8  # of the picture's height: a peak above it has its words below


def timeline(run: Simulation, ax: Axes | None = None) -> Axes:
    """Addresses in use over time, with the limit and the peak; in a panel below, the pods that wait.

    Upgrades are shaded. The title tells who never got an address, and when the first was refused.

    >>> from sn_planner import Cluster, simulate
    >>> timeline(simulate("172.16.0.0/27", Cluster.uniform(nodes=3, disks_per_node=2))).get_ylabel()
    'addresses in use'
    """
    require("run", run, Simulation, "simulate")
    ax = drawn_on(ax)
    below = ax.inset_axes((0, -0.42, 1, 0.34), sharex=ax)
    unit, name = time_unit(run.horizon)
    _panel(run, ax, run.used, "addresses in use", BLUE, unit)
    _panel(run, below, run.waiting, "pods waiting", RED, unit, ticks=4)
    if not run.exhausted:
        below.text(0.5, 0.5, "nobody waits", transform=below.transAxes, ha="center", va="center", color="0.4")
    _limit(run, ax)
    _peak(run, ax, unit)
    if run.first_failure is not None:
        at = run.first_failure.at / unit
        ax.plot([at], [run.peak], "x", color=RED, markersize=9, markeredgewidth=2, label="first refusal", zorder=4)
    ax.tick_params(labelbottom=False)
    below.set_xlabel(f"{name} since the start")
    titled(ax, _title(run), columns=3)
    return ax


def _panel(
    run: Simulation, ax: Axes, values: Sequence[int], name: str, colour: str, unit: int, ticks: int = 12
) -> None:
    """One figure over time, with the upgrades shaded behind it."""
    for upgrade in run.upgrades:
        end = run.horizon if upgrade.done is None else upgrade.done
        ax.axvspan(upgrade.began / unit, end / unit, facecolor="0.87", edgecolor="0.87", label="upgrade")
        if upgrade.opened is not None:
            ax.axvline(upgrade.opened / unit, color=GREEN, linewidth=1, linestyle="-.", label="its gate opens")
    times, steps = [at / unit for at in (*run.times, run.horizon)], (*values, values[-1])
    ax.fill_between(times, steps, step="post", color=colour, alpha=0.25, linewidth=0)
    ax.step(times, steps, where="post", color=colour, label=name, zorder=3)
    ax.set_ylim(0, max(*values, 1) * _ROOM)
    ax.margins(x=0)
    whole_ticks(ax.xaxis)
    whole_ticks(ax.yaxis, ticks)
    ax.set_ylabel(name)


def _limit(run: Simulation, ax: Axes) -> None:
    """The usable addresses, behind the line of those in use, with what lies beyond hatched."""
    if run.capacity > FLAT * max(run.peak, 1):
        return
    top = max(run.capacity, run.peak, 1) * _ROOM
    ax.set_ylim(0, top)
    ax.axhspan(run.capacity, top, facecolor="none", edgecolor="0.8", hatch="///", linewidth=0, zorder=0)
    ax.axhline(run.capacity, color=BLACK, linewidth=1, linestyle="--", zorder=1, label=f"{run.capacity:,} usable")


def _peak(run: Simulation, ax: Axes, unit: int) -> None:
    """A mark at the first time of the peak, however short it is."""
    moment = max(run.moments, key=lambda one: one.used)
    left = moment.at > run.horizon / 2
    text = f"{run.peak:,} of {run.capacity:,}, {run.spare:,} spare"
    above = run.peak < _HIGH * ax.get_ylim()[1]
    ax.plot([moment.at / unit], [run.peak], "o", color=BLUE, zorder=4)
    ax.annotate(
        text,
        (moment.at / unit, run.peak),
        (-8 if left else 8, 6 if above else -12),
        textcoords="offset points",
        ha="right" if left else "left",
        va="bottom" if above else "top",
        zorder=5,
        bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )


def _title(run: Simulation) -> Iterator[str]:
    left = run.waiting[-1]
    verdicts = ["the upgrade stalls"] if run.stalled else []
    verdicts += [f"{counted(left, 'pod')} never got an address"] if left else []
    if run.exhausted and not left:
        verdicts.append("each of those refused got an address later")
    yield f"{run.range.cidr}: {', '.join(verdicts) or 'nobody waits'}"
    if run.first_failure is not None:
        yield f"first refused after {duration_words(run.first_failure.at)}: {literal(name_of(run.first_failure.pod))}"
