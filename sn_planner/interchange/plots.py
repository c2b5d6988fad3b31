"""Pictures for studies and reports: the only importer of matplotlib.

Rules: a plot draws on the Axes it is given, or on a figure of its own, and returns the Axes; no global state of
matplotlib is touched. Axes are labelled with their units, and nothing is told by colour alone, so that a print is
legible.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sn_planner.errors import MissingExtraError, SnPlannerError
from sn_planner.model.durations import DAY, HOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sn_planner.engine.simulation import Simulation

_SIZE = (8.0, 4.5)  # inches: legible at the width of a page
_FORMATS = (".png", ".svg")


def timeline(run: Simulation, ax: Axes | None = None) -> Axes:
    """Addresses in use and pods waiting over time, against the capacity; upgrades shaded, the first failure marked.

    >>> from sn_planner import Cluster, simulate
    >>> timeline(simulate(Cluster.uniform(nodes=3, disks_per_node=2), "172.16.0.0/27")).get_ylabel()
    'addresses, pods'
    """
    ax = _axes() if ax is None else ax
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
    ax.set_title(f"{run.range}: peak {run.peak} of {run.capacity}{', upgrade stalls' if run.stalled else ''}")
    ax.set_ylim(0, 1.08 * max(run.capacity, *run.waiting))
    named = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))  # several upgrades, one entry
    ax.legend(named.values(), named.keys(), loc="best")
    return ax


def save(ax: Axes, path: str) -> None:
    """Writes the figure of `ax` as PNG or SVG, by the file's name; raises SnPlannerError where that is not possible."""
    if Path(path).suffix.lower() not in _FORMATS:
        raise SnPlannerError("plot", path, "is no picture", f"name a file that ends in {' or '.join(_FORMATS)}")
    figure: Any = ax.get_figure(root=True)
    try:
        figure.savefig(path, dpi=150, bbox_inches="tight")
    except OSError as error:
        problem = f"cannot be written: {error.strerror}"
        raise SnPlannerError("plot", path, problem, "name a file that can be written") from None


def _axes() -> Axes:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        fix = "install the extra: pip install 'sn-planner[studies]'"
        raise MissingExtraError("plot", "matplotlib", "is not installed", fix) from None
    axes: Axes = Figure(figsize=_SIZE).subplots()
    return axes
