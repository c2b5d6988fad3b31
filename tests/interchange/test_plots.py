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
from sn_planner.model.networks import NETWORKS

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


def test_an_address_map_shows_every_range_with_its_reserve() -> None:
    """A row a /24, labelled by its first address; ranges named and coloured by network; a legend of what is drawn."""
    site = sn.read_site(Path(__file__).parents[1] / "data" / "site.yaml")
    picture = sn.plan_site(site).plot()
    ax = picture.axes
    assert [text.get_text() for text in ax.get_yticklabels()] == ["172.20.1.0", "172.20.4.0", "172.20.5.0"]
    told = sorted(text.get_text() for text in ax.texts if text.get_text())
    assert told == ["/29", "ber2 /25", "fra1 /26", "fra1 /26"]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["free", "reserve", *NETWORKS]
    assert (ax.get_xlabel(), ax.get_title()) == ("address in the row [addresses]", "4 ranges in 172.20.0.0/16")
    assert ax.get_xlim() == (0, 256)
    bars = [path for one in ax.collections for path in one.get_paths()]
    widths = sorted(int(bar.get_extents().width) for bar in bars)
    assert widths == [8, 16, 64, 64, 128, 128, 128, 256, 256, 256, 256]
    assert len(ax.lines) == 1  # rows are left out between 172.20.1.0 and 172.20.4.0


def test_an_address_map_tells_what_is_left_and_what_is_in_use() -> None:
    """A range that is left and a network in use have their own look, and long ranges make larger rows."""
    cluster = sn.Cluster.uniform(nodes=30, disks_per_node=1)
    old = sn.SiteNetwork(range="172.20.0.64/26")
    clusters = [sn.SiteCluster(name="a", cluster=cluster, networks=[old])]
    clusters.append(sn.SiteCluster(name="big", cluster=cluster.grown(5000)))
    site = sn.Site(pools=["172.20.0.0/15", "172.31.0.0/16"], in_use=["172.20.0.0/26", "10.0.0.0/8"], clusters=clusters)
    ax = plots.address_map(sn.plan_site(site), Figure().subplots())
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["free", "in use", "reserve", "left", "storage-network"]
    assert ax.get_xlim()[1] > 256
    assert len(ax.get_yticks()) <= 48


def test_a_picture_shows_itself_and_is_saved(tmp_path: Path) -> None:
    """In a notebook as a PNG, in a file as its name says; a plan without a range has none."""
    site = sn.read_site(Path(__file__).parents[1] / "data" / "site.yaml")
    picture = sn.plan_site(site).plot()
    assert picture._repr_png_().startswith(b"\x89PNG")
    picture.save(str(tmp_path / "map.svg"))
    assert (tmp_path / "map.svg").read_text().startswith("<?xml")
    with pytest.raises(sn.NoAnswer, match="site has no planned range to draw"):
        sn.plan_site(sn.Site(pools=["172.20.0.0/16"], clusters=[])).plot()
    with pytest.raises(sn.BadInput, match="plan 5 is no SitePlan"):
        plots.address_map(5)  # type: ignore[arg-type]


def test_a_distribution_shows_where_the_prefixes_end() -> None:
    """A line for each demand that can be seen, the average, and each prefix with its chance; units in the labels."""
    asked = sn.risk({5: 0.5, 6: 0.3, 8: 0.2}, sn.Uncertain.between(2, 4), sn.Uncertain.poisson(4))
    ax = asked.plot().axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("demand [addresses]", "probability")
    assert ax.get_title() == "102 addresses are enough with 99 % confidence (classic)"
    assert [text.get_text() for text in ax.texts] == [
        "/26 holds 62:\nthe longest with 49.7 %",
        "/25 holds 126:\nthe longest with 50.3 %",
    ]
    assert 50 < len(ax.collections[0].get_paths()) < len(asked.values)
    assert len(plots.distribution(sn.risk(2**31)).texts) == 0


def test_a_runway_shows_its_fan_and_its_ranges() -> None:
    """Of random growth the bands, the median and the days of 5 and 50 %; of regular growth the day alone."""
    cluster = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    way = {"grow": sn.Growth(nodes=2), "start": "2026-12-01", "years": 3}
    for random, told in (
        (True, ["5 to 95 %", "25 to 75 %", "as likely as not", "too small with 5 %: 2027-02-04"]),
        (False, ["demand", "too small: 2027-12-02"]),
    ):
        ax = sn.runway("192.168.50.0/26", cluster, random=random, **way).plot().axes  # type: ignore[arg-type]
        legend = ax.get_legend()
        assert legend is not None
        assert [text.get_text() for text in legend.get_texts()][: len(told)] == told
        assert ax.texts[0].get_text() == "/26: 62"
        assert ax.get_title() == "192.168.50.0/26 with 2 nodes a year"
    lasting = sn.runway("192.168.50.0/26", cluster, sn.Growth(images=1), start="2026-12-01", years=1).plot().axes
    assert len(lasting.get_legend_handles_labels()[1]) == 1
    with pytest.raises(sn.BadInput, match="way 5 is no Runway"):
        plots.runway_fan(5)  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput, match="risk 5 is no Risk"):
        plots.distribution(5)  # type: ignore[arg-type]


def test_a_distribution_of_very_many_values_is_drawn_in_bars() -> None:
    """More lines than a screen has columns are no picture: each bar then stands for several addresses, and says so."""
    ax = sn.risk(sn.Uncertain.between(0, 300), sn.Uncertain.between(0, 30)).plot().axes
    assert len(ax.collections[0].get_paths()) <= 500
    assert ax.get_ylabel() == "probability of 39 addresses together"
