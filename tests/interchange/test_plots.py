"""Pictures: labelled, legible in print, written where they can be."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import sn_planner as sn
from sn_planner.cli import main
from sn_planner.errors import MissingExtraError
from sn_planner.interchange import plots

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)


@pytest.mark.parametrize(
    ("network", "scenario", "unit"), [("172.16.0.0/27", "worst-case", "hours"), ("172.16.0.0/25", "year", "days")]
)
def test_a_timeline_is_labelled(network: str, scenario: str, unit: str) -> None:
    """Axes have units; use, waiting, capacity, upgrades and the first refusal each have an entry in the legend."""
    run = sn.simulate(network, EXAMPLE, scenario)
    ax = plots.timeline(run)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (f"time [{unit}]", "addresses, pods")
    legend = ax.get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["upgrade", "addresses in use", "pods waiting", f"usable ({run.capacity})"] + (
        ["first refusal"] if run.exhausted else []
    )
    assert ("upgrade stalls" in ax.get_title()) == run.stalled


def test_a_plot_draws_where_it_is_told() -> None:
    """Given Axes are used and returned."""
    ax = Figure().subplots()
    assert plots.timeline(sn.simulate("172.16.0.0/26", EXAMPLE), ax) is ax


GRID = sn.sweep(nodes=range(1, 13), disks_per_node=range(1, 9), images=[0, 20])


def test_a_heatmap_tells_the_prefix_of_every_cluster() -> None:
    """Small grids have a number in each cell; large ones a scale; axes have units."""
    ax = plots.heatmap(GRID, images=20)
    assert len(ax.texts) == 12 * 8
    assert ax.texts[0].get_text() == f"/{sn.demand(sn.Cluster.uniform(nodes=1, disks=1, images=20)).prefix_length}"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("nodes [nodes]", "disks per node [disks]")
    large = plots.heatmap(sn.sweep(nodes=range(1, 101), disks=range(1, 50), images=5), images=5, ax=Figure().subplots())
    assert len(large.texts) == 0
    assert len(large.get_xticks()) <= 12
    with pytest.raises(sn.SnPlannerError, match="images 5 is not on its axis"):
        plots.heatmap(GRID, images=5)


def test_what_no_range_holds_is_said() -> None:
    """A cluster beyond IPv4 is "none" in a heatmap; a sweep beyond Harvester's ranges has no frontier."""
    assert [text.get_text() for text in plots.heatmap(sn.sweep(nodes=2**31, disks=0), images=0).texts] == ["none"]
    with pytest.raises(sn.SnPlannerError, match="sweep has no cluster in a range that Harvester accepts"):
        plots.frontier(sn.sweep(nodes=20_000, disks_per_node=2))


def test_a_frontier_tells_the_largest_cluster_per_prefix() -> None:
    """Each line is a number of disks, each point what `max_nodes` says."""
    ax = plots.frontier(GRID)
    prefixes = sorted(prefix for prefix in GRID.by_prefix() if prefix is not None)
    assert [text.get_text() for text in ax.get_xticklabels()] == [f"/{prefix}" for prefix in prefixes]
    held = [int(GRID.max_nodes(f"0.0.0.0/{prefix}")[0, 1]) for prefix in prefixes]
    assert np.nan_to_num(np.asarray(ax.lines[0].get_ydata(), dtype=float)).tolist() == held
    assert 0 in [int(GRID.max_nodes(f"0.0.0.0/{prefix}")[-1, 1]) for prefix in prefixes]
    assert min(np.nan_to_num(np.asarray(ax.lines[-1].get_ydata(), dtype=float), nan=1)) >= 1
    assert len(ax.lines) == 5
    assert len(plots.frontier(sn.sweep(nodes=[1, 2], disks=3), Figure().subplots()).lines) == 1


@pytest.mark.parametrize("suffix", ["png", "svg", "PNG"])
def test_pictures_are_written(suffix: str, tmp_path: Path) -> None:
    """--plot writes a PNG or an SVG."""
    path = tmp_path / f"run.{suffix}"
    assert main(f"simulate 172.16.0.0/26 --nodes 2 --disks-per-node 1 --plot {path}".split()) == 0
    assert path.stat().st_size > 1000


def test_pictures_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    """Another kind of file and a missing folder are refused by name."""
    ax = plots.timeline(sn.simulate("172.16.0.0/26", EXAMPLE))
    with pytest.raises(sn.SnPlannerError, match="plot 'x.pdf' is no picture; name a file that ends in .png or .svg"):
        plots.save(ax, "x.pdf")
    with pytest.raises(sn.SnPlannerError, match="plot .* cannot be written: No such file or directory"):
        plots.save(ax, str(tmp_path / "missing" / "x.png"))


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where matplotlib is not installed the error says what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="run: python -m pip install matplotlib, one of"):
        plots.timeline(sn.simulate("172.16.0.0/26", EXAMPLE))
