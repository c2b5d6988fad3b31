"""Pictures: their words, ticks, panels and what is drawn in them; written where they can be."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import sn_planner as sn
from sn_planner.cli import main
from sn_planner.errors import MissingExtraError
from sn_planner.interchange import plots
from sn_planner.model.networks import NETWORKS

TESTS = Path(__file__).parents[1]
EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
GRID = sn.sweep(nodes=range(1, 13), disks_per_node=range(1, 9), images=[0, 20])


def legend(ax: Axes) -> list[str]:
    """The entries of a legend."""
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def whole(axis: Any) -> bool:
    """Whether every tick of an axis is at a whole number."""
    return all(float(tick).is_integer() for tick in axis.get_majorticklocs())


def living() -> sn.Audit:
    """The audit of an export with one stale lease."""
    return sn.audit(sn.read_snapshot(TESTS / "data" / "live" / "living.json"))


def site() -> sn.SitePlan:
    """A plan with four ranges in three rows."""
    return sn.plan_site(sn.read_site(TESTS / "data" / "site.yaml"))


# A run


def test_a_timeline_has_a_panel_for_use_and_one_for_waiting() -> None:
    """Both share the time; each has words and whole ticks; the legend holds what is drawn, and nothing else."""
    ax = sn.simulate("172.16.0.0/27", EXAMPLE).plot().axes
    (below,) = ax.child_axes
    assert (ax.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == (
        *("addresses in use", "pods waiting"),
        "hours since the start",
    )
    assert legend(ax) == ["upgrade", "addresses in use", "30 usable", "first refusal"]
    assert ax.get_xlim() == below.get_xlim()
    assert all(map(whole, (ax.xaxis, ax.yaxis, below.xaxis, below.yaxis)))
    assert below.get_xlabel() == "hours since the start"
    assert len(below.patches) == 1  # the upgrade is shaded in both


def test_a_timeline_tells_who_never_got_an_address() -> None:
    """The title says what stalls, how many never got an address, and when the first was refused, in words."""
    run = sn.simulate("172.16.0.0/27", EXAMPLE)
    refused = "first refused after 1 h: instance-manager-e-node-1-2"
    told = "172.16.0.0/27: the upgrade stalls, 10 pods never got an address"
    assert run.plot().axes.get_title(loc="left") == f"{told}\n{refused}"
    assert sn.simulate("172.16.0.0/26", EXAMPLE).plot().axes.get_title(loc="left") == "172.16.0.0/26: nobody waits"
    exclude = [f"172.16.0.{host}" for host in range(46, 63)]
    tight = sn.simulate("172.16.0.0/26", EXAMPLE, exclude=exclude)
    first, second = tight.plot().axes.get_title(loc="left").split("\n")
    assert (first, second[:20]) == ("172.16.0.0/26: each of those refused got an address later", "first refused after ")


def test_a_timeline_marks_the_peak_and_the_limit_does_not_hide_the_line() -> None:
    """A mark with words stands at the peak, however short it is; the line of use lies over that of the limit."""
    for prefix, text in ((26, "50 of 62, 12 spare"), (27, "30 of 30, 0 spare"), (16, "50 of 65,534, 65,484 spare")):
        run = sn.simulate(f"172.16.0.0/{prefix}", EXAMPLE)
        ax = run.plot().axes
        assert [one.get_text() for one in ax.texts] == [text]
        marks = [line for line in ax.lines if line.get_marker() == "o"]
        assert [list(line.get_ydata()) for line in marks] == [[run.peak]]  # type: ignore[arg-type]
        lines = {str(line.get_label()): line for line in ax.lines}
        limit = lines.get(f"{run.capacity} usable")
        assert (limit is None) == (prefix == 16)  # a limit a thousand times above would press the line to the ground
        assert limit is None or limit.get_zorder() < lines["addresses in use"].get_zorder()
        assert run.peak < ax.get_ylim()[1] <= 1.2 * max(run.peak, run.capacity if limit else 0)


def test_a_year_is_told_in_days() -> None:
    """Long runs have days, and every upgrade of it is shaded with one entry in the legend."""
    ax = sn.simulate("172.16.0.0/25", EXAMPLE, "year").plot().axes
    assert ax.child_axes[0].get_xlabel() == "days since the start"
    assert (legend(ax).count("upgrade"), len([one for one in ax.patches if one.get_label() == "upgrade"])) == (1, 2)
    assert [text.get_text() for text in ax.child_axes[0].texts] == ["nobody waits"]


def test_a_plot_draws_where_it_is_told() -> None:
    """Given Axes are used and returned."""
    for draw in (
        sn.simulate("172.16.0.0/26", EXAMPLE).plot,
        GRID.plot,
        living().plot,
        site().plot,
        sn.suggest(EXAMPLE).plot,
        sn.risk({5: 1, 6: 1}).plot,
    ):
        ax = Figure().subplots()
        assert draw(ax).axes is ax


# Sweeps


def test_a_heatmap_tells_the_prefix_of_every_cluster() -> None:
    """Small sweeps have a prefix in each cell; every prefix has a colour, a border, and what it holds in the legend."""
    ax = plots.heatmap(GRID, images=20)
    assert len(ax.texts) == 12 * 8
    need = sn.demand(sn.Cluster.uniform(nodes=1, disks=1, images=20))
    assert ax.texts[0].get_text() == f"/{need.prefix_length}"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("nodes", "disks on each node")
    found = [prefix for prefix in sorted(prefix or 0 for prefix in GRID.by_prefix()) if prefix < 27]
    assert [entry.split(",")[0] for entry in legend(ax)] == [*(f"/{prefix}" for prefix in found), "/27"]
    shades = [to_rgba(patch.get_facecolor()) for patch in ax.get_legend().get_patches()]  # type: ignore[union-attr]
    assert len(set(shades)) == len(shades)
    light = [sum(shade[:3]) for shade in shades]
    assert light == sorted(light)  # a print in grey tells them apart, too
    assert len(ax.collections[0].get_paths()) > 10
    assert whole(ax.xaxis)
    with pytest.raises(sn.SnPlannerError, match="images 5 is not on its axis"):
        plots.heatmap(GRID, images=5)


def test_a_heatmap_of_a_large_sweep_stays_a_picture() -> None:
    """No numbers, round ticks, and no more places of an axis than a picture has columns for."""
    large = plots.heatmap(sn.sweep(nodes=range(1, 100_001), disks=range(1, 50), images=5))
    assert len(large.texts) == 0
    assert len(large.get_xticks()) <= 14
    assert max(large.images[0].get_array().shape) <= 600  # type: ignore[union-attr]
    assert legend(large)[0] == "more than a /16"


def test_a_heatmap_of_uneven_axes_has_its_values_side_by_side() -> None:
    """Values in any order and with gaps are labelled one by one."""
    ax = plots.heatmap(sn.sweep(nodes=[9, 1, 4], disks_per_node=[2, 8, 9]))
    assert [text.get_text() for text in ax.get_xticklabels()] == ["9", "1", "4"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["2", "8", "9"]


def test_what_no_range_holds_is_said() -> None:
    """A cluster beyond IPv4 is "none" in a heatmap; a sweep beyond Harvester's ranges has no frontier."""
    beyond = sn.sweep(nodes=2**31, disks=0)
    ax = beyond.plot().axes
    assert ([text.get_text() for text in ax.texts], legend(ax)) == (["none"], ["no IPv4 range"])
    with pytest.raises(sn.NoAnswer, match="sweep has no cluster in a range that Harvester accepts"):
        plots.frontier(sn.sweep(nodes=20_000, disks_per_node=2))


def test_a_frontier_tells_the_largest_cluster_per_prefix() -> None:
    """Each line is a number of disks, each point what `max_nodes` says; prefixes that hold none are left out."""
    ax = plots.frontier(GRID)
    prefixes = [
        prefix
        for prefix in sorted(prefix for prefix in GRID.by_prefix() if prefix is not None)
        if int(GRID.max_nodes(f"0.0.0.0/{prefix}")[0, 1])
    ]
    assert [text.get_text() for text in ax.get_xticklabels()] == [f"/{prefix}" for prefix in prefixes]
    held = [int(GRID.max_nodes(f"0.0.0.0/{prefix}")[0, 1]) for prefix in prefixes]
    assert np.nan_to_num(np.asarray(ax.lines[0].get_ydata(), dtype=float)).tolist() == held
    assert 0 in [int(GRID.max_nodes(f"0.0.0.0/{prefix}")[-1, 1]) for prefix in prefixes]
    assert min(np.nan_to_num(np.asarray(ax.lines[-1].get_ydata(), dtype=float), nan=1)) >= 1
    assert legend(ax) == ["1", "3", "5", "6", "8"]
    assert len({line.get_marker() for line in ax.lines}) == 5
    assert ax.get_ylabel() == "nodes at most"
    assert len(plots.frontier(sn.sweep(nodes=[1, 2], disks=3), Figure().subplots()).lines) == 1


def test_a_sweep_is_drawn_as_heatmap_and_frontier() -> None:
    """Its picture has both, at the most images of the sweep."""
    above, below = GRID.plot().axes.figure.axes
    assert above.get_title() == "Prefix needed with 20 image transfers at once (classic)"
    assert below.get_title() == "Largest cluster of the sweep in each prefix, 20 transfers (classic)"


# Addresses


def test_an_address_map_shows_every_range_with_its_reserve() -> None:
    """A row a /24, labelled by its first address; ranges named and coloured by network; a legend of what is drawn."""
    ax = site().plot().axes
    assert [text.get_text() for text in ax.get_yticklabels()] == ["172.20.1.0", "172.20.4.0", "172.20.5.0"]
    told = sorted(text.get_text() for text in ax.texts if text.get_text())
    assert told == ["/29", "ber2 /25", "fra1 /26", "fra1 /26"]
    assert legend(ax) == ["free", "reserve", *NETWORKS]
    assert (ax.get_xlabel(), ax.get_title()) == ("addresses from the first of the row", "4 ranges in 172.20.0.0/16")
    assert ax.get_xlim() == (0, 256)
    bars = [path for one in ax.collections for path in one.get_paths()]
    widths = sorted(int(bar.get_extents().width) for bar in bars)
    assert widths == [8, 16, 64, 64, 128, 128, 128, 256, 256, 256, 256]
    assert len(ax.lines) == 1  # rows are left out between 172.20.1.0 and 172.20.4.0


def test_an_address_map_of_one_cluster_shows_the_others_as_in_use() -> None:
    """What another cluster has is not free."""
    clusters = [sn.SiteCluster(name=name, cluster=EXAMPLE) for name in ("fra1", "fra2")]
    plan = sn.plan_site(sn.Site(pools=["172.20.0.0/24"], clusters=clusters))
    assert legend(plan.plot().axes) == ["free", "reserve", "storage-network"]
    assert legend(plan.only("fra2").plot().axes) == ["free", "in use", "reserve", "storage-network"]


def test_an_address_map_tells_what_is_left_and_what_is_in_use() -> None:
    """A range that is left and a network in use have their own look, and long ranges make larger rows."""
    cluster = sn.Cluster.uniform(nodes=30, disks_per_node=1)
    old = sn.SiteNetwork(range="172.20.0.64/26")
    clusters = [sn.SiteCluster(name="a", cluster=cluster, networks=[old])]
    clusters.append(sn.SiteCluster(name="big", cluster=cluster.grown(5000)))
    wide = sn.Site(pools=["172.20.0.0/15", "172.31.0.0/16"], in_use=["172.20.0.0/26", "10.0.0.0/8"], clusters=clusters)
    ax = plots.address_map(sn.plan_site(wide), Figure().subplots())
    assert legend(ax) == ["free", "in use", "reserve", "left", "storage-network"]
    assert ax.get_xlim()[1] > 256
    assert len(ax.get_yticks()) <= 48


def test_an_address_map_of_a_plan_shows_the_candidates_by_rank() -> None:
    """The first with its room to widen and the networks beside it, the others as outlines; a plan without: no map."""
    plan = sn.suggest(EXAMPLE, pools=["172.20.0.0/16"], in_use=["172.20.0.0/27"], limit=3)
    ax = plan.plot().axes
    assert ax.get_title() == "3 candidates, 172.20.0.128/26 is the first\nin 172.20.0.0/16"
    assert legend(ax) == ["free", "in use", "room to widen", "another candidate", "storage-network"]
    assert sorted(text.get_text()[:2] for text in ax.texts) == ["1.", "2.", "3."]
    both = sn.suggest(EXAMPLE, networks=["storage-network", "rwx-network"], harvester="1.8.1", limit=1)
    assert legend(both.plot().axes)[-2:] == ["storage-network", "rwx-network"]
    many = sn.suggest(EXAMPLE, pools=[f"10.{net}.0.0/24" for net in range(7)])
    assert many.plot().axes.get_title().endswith("10.3.0.0/24, 10.4.0.0/24 and 2 more")
    with pytest.raises(sn.NoAnswer, match="plan has no planned range to draw"):
        sn.suggest(EXAMPLE, pools=["172.20.0.0/27"]).plot()


def test_a_lease_map_tells_who_holds_what() -> None:
    """A cell an address, coloured by the kind of its pod, with stale leases crossed out."""
    found = living()
    ax = found.plot().axes
    assert legend(ax) == [
        *("excluded, or no host's", "free", "instance-manager", "backing-image-manager", "backing-image-ds", "stale")
    ]
    cells = {str(one.get_facecolor()): len(one.get_paths()) for one in ax.collections}
    assert sum(cells.values()) == found.leases + 2  # and the whole range, and what of it can be assigned
    crosses = [line for line in ax.lines if line.get_label() == "stale"]
    assert [len(line.get_xdata()) for line in crosses] == [len(found.stale)]  # type: ignore[arg-type]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["192.168.50.0"]
    assert ax.get_title() == "192.168.50.0/27: 27 leases, 3 free"


def test_a_lease_map_of_a_long_range_shows_the_rows_with_a_lease() -> None:
    """The picture stays small whatever the range; without a lease it shows the range; strays are left out."""
    found = living()
    wide = attrs.evolve(found, range=sn.AddressRange("192.168.0.0/16"))
    assert [text.get_text() for text in wide.plot().axes.get_yticklabels()] == ["192.168.50.0"]
    empty = attrs.evolve(wide, held=(), stale=())
    ax = empty.plot().axes
    assert (len(ax.get_yticks()) <= 48, legend(ax)) == (True, ["excluded, or no host's", "free"])
    elsewhere = attrs.evolve(found, range=sn.AddressRange("10.0.0.0/28"))
    assert legend(elsewhere.plot().axes) == ["excluded, or no host's", "free"]


# How sure


def test_a_distribution_shows_where_the_prefixes_end() -> None:
    """A line for each demand that can be seen, the average, and each prefix with its chance; units in the labels."""
    asked = sn.risk({5: 0.5, 6: 0.3, 8: 0.2}, sn.Uncertain.between(2, 4), sn.Uncertain.poisson(4))
    ax = asked.plot().axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("addresses needed", "probability")
    assert ax.get_title(loc="left") == "102 addresses are enough with 99 % confidence (classic)"
    assert [text.get_text() for text in ax.texts] == ["/26: 62\n49.7 %", "/25: 126\n50.3 %"]
    assert legend(ax) == ["on average 63", "a prefix: what it holds, and how likely it is the one to take"]
    assert 50 < len(ax.collections[0].get_paths()) < len(asked.values)
    assert len(plots.distribution(sn.risk(2**31)).texts) == 0
    assert whole(ax.xaxis)


def test_a_distribution_of_very_many_values_is_drawn_in_bars() -> None:
    """More lines than a screen has columns are no picture: each bar then stands for several addresses, and says so."""
    ax = sn.risk(sn.Uncertain.between(0, 300), sn.Uncertain.between(0, 30)).plot().axes
    assert len(ax.collections[0].get_paths()) <= 500
    assert ax.get_ylabel() == "probability of 39 addresses together"


def test_a_runway_shows_its_fan_and_its_ranges() -> None:
    """Of random growth the bands, the median and the days of 5 and 50 %; of regular growth the day alone."""
    way: dict[str, Any] = {"grow": sn.Growth(nodes=2), "start": "2026-12-01", "years": 3}
    for random, told in (
        (True, ["5 to 95 %", "25 to 75 %", "as likely as not", "too small with 5 %: 2027-02-04"]),
        (False, ["demand", "too small: 2027-12-02"]),
    ):
        ax = sn.runway("192.168.50.0/26", EXAMPLE, random=random, **way).plot().axes
        assert legend(ax)[: len(told)] == told
        assert ax.texts[0].get_text() == "/26: 62"
        assert ax.get_title(loc="left").split("\n") == [
            "192.168.50.0/26 with 2 nodes a year",
            "from 5 nodes, 10 disks, 10 image transfers at once",
        ]
        assert ax.get_ylabel() == "addresses needed"
    lasting = sn.runway("192.168.50.0/26", EXAMPLE, sn.Growth(images=1), start="2026-12-01", years=1).plot().axes
    assert legend(lasting) == ["demand"]


# Showing and saving


def test_a_picture_shows_itself_and_is_saved(tmp_path: Path) -> None:
    """In a notebook as a PNG, in a file as its name says, whatever letters are in its names."""
    picture = site().plot()
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert repr(picture) == "Picture('4 ranges in 172.20.0.0/16')"
    for name, start in (("map.svg", b"<?xml"), ("map.pdf", b"%PDF"), ("map.PNG", b"\x89PNG")):
        picture.save(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)


def test_foreign_text_is_no_formula_and_needs_no_font(tmp_path: Path) -> None:
    """Dollars and letters that no font has are drawn as they are, without a warning."""
    names = ["$x^{$", "a\\nb", "\U0001f9ea"]
    clusters = [sn.SiteCluster(name=name, cluster=sn.Cluster.uniform(nodes=20, disks_per_node=4)) for name in names]
    picture = sn.plan_site(sn.Site(pools=["172.20.0.0/16"], clusters=clusters)).plot()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture.save(tmp_path / "map.png")
        picture._repr_png_()
    grid = sn.sweep(nodes=[1, 2], disks=1, profile=sn.Profile("$\\frac{", ()))
    grid.plot().save(tmp_path / "sweep.svg")
    assert "a\\nb /24" in [text.get_text() for text in picture.axes.texts]


def test_pictures_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    """Another kind of file and a missing folder are refused by name."""
    ax = plots.timeline(sn.simulate("172.16.0.0/26", EXAMPLE))
    with pytest.raises(sn.BadInput, match=r"plot 'x.gif' is no picture; name a file that ends in .png, .svg or .pdf"):
        plots.save(ax, "x.gif")
    with pytest.raises(sn.BadInput, match="plot .* cannot be written: No such file or directory"):
        plots.save(ax, str(tmp_path / "missing" / "x.png"))
    with pytest.raises(sn.BadInput, match="plot .* cannot be written: .*embedded null"):
        plots.save(ax, "x\0.png")


def test_a_picture_and_another_output_are_two_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One file for both would lose the picture: refused before the work."""
    path = str(tmp_path / "x.png")
    command = ["suggest", "--nodes", "5", "--disks-per-node", "2", "--plot"]
    assert main([*command, path, "-o", str(tmp_path / "." / "x.png")]) == 2
    assert "is written for --output, too; name two files" in capsys.readouterr().err
    assert main(["site", str(TESTS / "data" / "site.yaml"), "--plot", path, "--write", path]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("draw", "maker"),
    [
        (plots.timeline, "is no Simulation; give what simulate answers"),
        (plots.heatmap, "is no Sweep; give what sweep answers"),
        (plots.frontier, "is no Sweep; give what sweep answers"),
        (plots.sweep_picture, "is no Sweep; give what sweep answers"),
        (plots.distribution, "is no Risk; give what risk answers"),
        (plots.runway_fan, "is no Runway; give what runway answers"),
        (plots.address_map, "is no Plan or SitePlan; give what suggest or plan_site answers"),
        (plots.lease_map, "is no Audit; give what audit answers"),
    ],
)
def test_what_is_no_result_is_refused(draw: Any, maker: str) -> None:
    """Every plot says what it draws."""
    with pytest.raises(sn.BadInput, match=f" 5 {maker}"):
        draw(5)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where matplotlib is not installed the error says what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="run: python -m pip install matplotlib, one of"):
        plots.timeline(sn.simulate("172.16.0.0/26", EXAMPLE))


@pytest.mark.parametrize(
    "command",
    [
        "suggest --nodes 5 --disks-per-node 2",
        "sweep --nodes 1:9 --disks-per-node 1:3",
        "simulate 172.16.0.0/26 --nodes 2 --disks-per-node 1",
        f"audit {TESTS}/data/live/living.json",
        f"site {TESTS}/data/site.yaml",
        "risk --nodes 5..6 --disks-per-node 2",
        "runway 192.168.50.0/26 --nodes 5 --disks-per-node 2 --grow nodes=2/y",
    ],
)
def test_every_command_with_a_picture_draws_it(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--plot writes the picture and changes nothing of the answer; another suffix is refused before the work."""
    code = main(command.split())
    plain = capsys.readouterr()
    path = tmp_path / "picture.pdf"
    assert main([*command.split(), "--plot", str(path)]) == code
    assert capsys.readouterr() == plain
    assert path.read_bytes().startswith(b"%PDF")
    assert main([*command.split(), "--plot", "x.gif"]) == 2
    assert "--plot 'x.gif' is no picture; name a file that ends in .png, .svg or .pdf" in capsys.readouterr().err


def test_where_there_is_nothing_to_draw_the_answer_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan without a range has no map: the answer stands, with a note."""
    path = tmp_path / "map.png"
    assert (
        main(["suggest", "--nodes", "5", "--disks-per-node", "2", "--pool", "172.20.0.0/28", "--plot", str(path)]) == 1
    )
    assert "No picture is drawn: plan has no planned range to draw" in " ".join(capsys.readouterr().out.split())
    assert not path.exists()
