"""The explorer: what its controls say is what it shows, in words and in the picture."""

from __future__ import annotations

import importlib
import re
import sys
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.engine.simulation.course import Course
from sn_planner.errors import MissingExtraError
from sn_planner.interchange.explorer.drawing import picture

FIVE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
SVG = "{http://www.w3.org/2000/svg}"
RELEASES_AND_NONE = ["", *(one.harvester for one in sn.RELEASES)]


def texts(svg: str) -> list[str]:
    """The texts of a picture, in order."""
    return ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def dots(svg: str) -> dict[str, int]:
    """The most nodes that the picture shows for each prefix."""
    titles = [(one.text or "").split(": ") for one in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    return {prefix: int(nodes.replace(",", "")) for prefix, nodes in titles}


def numbers(sentence: str) -> list[int]:
    """The whole numbers in a sentence."""
    return [int(one) for one in re.findall(r"\d+", sentence)]


MOVED = sn.Explorer(FIVE)


@given(
    st.integers(1, 20), st.integers(0, 12), st.integers(0, 50), st.sampled_from(RELEASES_AND_NONE), st.integers(16, 30)
)
def test_the_figures_are_those_of_the_library(nodes: int, disks: int, images: int, release: str, prefix: int) -> None:
    """Whatever the controls say, text and picture have the figures of demand, AddressRange and limits."""
    values = {"nodes": nodes, "disks": disks, "images": images, "release": release, "prefix": prefix}
    for name, value in values.items():
        getattr(MOVED, name).value = value
    cluster = sn.Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images)
    need, usable = sn.demand(cluster, harvester=release or None), sn.AddressRange(f"172.16.0.0/{prefix}").usable
    assert (MOVED.cluster, MOVED.demand, MOVED.range) == (cluster, need, sn.AddressRange(f"172.16.0.0/{prefix}"))
    verdict, at_rest, *_ = lines = MOVED.text.split("\n")
    assert numbers(verdict) == [need.required, prefix, usable, abs(usable - need.required)]
    assert ("spare" in verdict) == (usable >= need.required)
    assert numbers(at_rest) == [need.steady, *([need.stall_floor] if need.can_stall else []), need.prefix_length]
    assert texts(MOVED.picture.value)[: len(lines)] == lines
    held = {one: sn.limits(f"172.16.0.0/{one}", cluster, harvester=release or None).max_nodes for one in range(16, 31)}
    assert dots(MOVED.picture.value) == {f"/{one}": most for one, most in held.items() if most}
    assert f"A /{prefix} holds {held[prefix] or 0} such node" in MOVED.picture.value


def test_every_control_draws_anew() -> None:
    """A move of any control changes the picture before the next line of the program."""
    explorer = sn.Explorer(FIVE)
    for name, value in (("nodes", 6), ("disks", 3), ("images", 11), ("release", "1.8.2"), ("prefix", 25)):
        before = explorer.picture.value
        getattr(explorer, name).value = value
        assert explorer.picture.value != before


def test_two_explorers_have_nothing_in_common() -> None:
    """A move of one leaves the other as it is."""
    one, other = sn.Explorer(FIVE), sn.Explorer(FIVE)
    one.nodes.value = 9
    assert (one.cluster.storage_nodes, other.cluster) == (9, FIVE)


@given(st.integers(1, 3000), st.integers(0, 50), st.integers(0, 3000), st.integers(0, 2), st.booleans())
def test_it_begins_with_what_is_given(nodes: int, disks: int, images: int, volumes: int, v2: bool) -> None:
    """However large the cluster of equal nodes, the sliders hold it, and it is what they say."""
    others: dict[str, Any] = {"rwx_volumes": volumes or None, "v2_data_engine": v2, "witnesses": volumes}
    cluster = sn.Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images, **others)
    explorer = sn.Explorer(cluster)
    assert explorer.cluster == cluster
    assert "The nodes given differ" not in explorer.text
    assert explorer.range.prefix_length == max(sn.demand(cluster).prefix_length or 0, 16)
    assert explorer.nodes.max >= max(4 * nodes, 16)


def test_a_range_keeps_its_address_and_excludes() -> None:
    """The prefix slider grows and shrinks the range around the address given; what is excluded stays so."""
    explorer = sn.Explorer(FIVE, sn.AddressRange("192.168.1.64/26", exclude=["192.168.1.65"]))
    assert explorer.text.startswith("50 addresses at the peak of an upgrade; 192.168.1.64/26 has 61 usable, 11 spare.")
    explorer.prefix.value = 24
    assert explorer.range == sn.AddressRange("192.168.1.0/24", exclude=["192.168.1.65"])
    explorer.prefix.value = 30
    assert explorer.range == sn.AddressRange("192.168.1.64/30", exclude=["192.168.1.65"])


def test_a_mixed_cluster_begins_with_its_mean() -> None:
    """Different nodes become equal ones with the mean of their disks, rounded up, and the text says so."""
    nodes = [sn.Node(disks=2), sn.Node(disks=8, name="a"), sn.Node(disks=9, count=0), sn.Node(witness=True)]
    explorer = sn.Explorer(sn.Cluster([*nodes, sn.Node(disks=6)]))
    assert explorer.cluster == sn.Cluster.uniform(nodes=3, disks_per_node=6, witnesses=1)
    began = "The nodes given differ: the sliders began with equal ones of 6 disks, the mean rounded up."
    assert began in texts(explorer.picture.value)


def test_the_release_asked_for_keeps_its_notes() -> None:
    """A line of releases is the one it is planned as, and says so while that one is chosen."""
    explorer = sn.Explorer(FIVE, harvester="1.6")
    assert (explorer.release.value, explorer.demand) == ("1.6.1", sn.demand(FIVE, harvester="1.6"))
    assert explorer.text.endswith("Harvester 1.6 is a line of releases: planned as 1.6.1, its last.")
    explorer.release.value = "1.8.2"
    assert explorer.demand == sn.demand(FIVE, harvester="1.8.2")


def test_shared_rwx_is_shared_on_every_release() -> None:
    """With +rwx behind the release, RWX volumes share the network whichever is chosen."""
    explorer = sn.Explorer(FIVE, harvester="1.8.2+rwx")
    assert explorer.demand == sn.demand(FIVE, harvester="1.8.2+rwx")
    explorer.release.value = "1.7.3"
    assert explorer.demand == sn.demand(FIVE, harvester="1.7.3+rwx")
    explorer.release.value = ""
    assert explorer.demand == sn.demand(FIVE, "classic+rwx")


def test_a_value_out_of_bounds_goes_to_the_end() -> None:
    """The widgets keep their bounds, and no prefix is there that Harvester refuses."""
    explorer = sn.Explorer(FIVE)
    explorer.nodes.value, explorer.disks.value = 10**9, -5
    assert (explorer.cluster.storage_nodes, explorer.cluster.disks) == (20, 0)
    assert [value for _, value in explorer.prefix.options] == [*range(16, 31)]


def test_what_no_range_holds_is_said() -> None:
    """A cluster beyond every range of Harvester's is drawn all the same, in a /16."""
    explorer = sn.Explorer(sn.Cluster.uniform(nodes=10**6, disks_per_node=12))
    assert "no range that Harvester accepts is enough" in explorer.text
    assert explorer.range.prefix_length == 16
    assert "Worst case: the upgrade stalls, 15934466 pods left waiting" in texts(explorer.picture.value)


@pytest.mark.parametrize(
    ("figures", "prefix", "title", "limit", "unit"),
    [
        ((5, 2, 10), 26, "nobody waits", "– – 62 usable", "hours"),
        ((5, 2, 10), 16, "nobody waits", "– – 65,534 usable, far above", "hours"),
        ((5, 2, 10), 27, "the upgrade stalls, 10 pods left waiting", "– – 30 usable", "hours"),
        ((1, 2, 10), 29, "8 pods left waiting", "– – 6 usable", "hours"),
        ((200, 1, 22), 22, "200 pods waiting for a while", "– – 1,022 usable", "days"),
    ],
)
def test_the_run_is_labelled(figures: tuple[int, int, int], prefix: int, title: str, limit: str, unit: str) -> None:
    """Use, limit and, where there are, pods that wait are named; how it ends is the title; time has its unit."""
    nodes, disks, images = figures
    cluster = sn.Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images)
    shown = texts(sn.Explorer(cluster, f"10.0.0.0/{prefix}").picture.value)
    assert f"Worst case: {title}" in shown
    waiting = "" if title == "nobody waits" else "■ pods waiting\u2003"  # a legend holds what is drawn
    assert f"■ addresses in use\u2003{waiting}{limit}" in shown
    assert {f"{unit} since the start", "addresses", "prefix", "nodes"} <= {*shown}


@pytest.mark.parametrize(("prefix", "sign"), [(26, "◆ this cluster, which fits"), (27, "✖ this cluster, too large")])
def test_the_chosen_cluster_is_marked(prefix: int, sign: str) -> None:
    """Whether it fits is told by the sign, not by its colour alone."""
    explorer = sn.Explorer(FIVE, f"10.0.0.0/{prefix}")
    assert f"● nodes at most\u2003{sign}" in texts(explorer.picture.value)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(16, 30))
def test_ticks_are_whole_and_inside(nodes: int, disks: int, images: int, prefix: int) -> None:
    """Of any cluster the picture is XML on a white ground, and every number along its axes is a whole one in place."""
    explorer = sn.Explorer(sn.Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images), f"10.0.0.0/{prefix}")
    root = ElementTree.fromstring(explorer.picture.value)
    assert root[0].attrib == {"width": "900", "height": root.attrib["height"], "fill": "white"}
    assert root.attrib["aria-label"] == explorer.text.split("\n")[0]
    ticks = [one for one in root.iter(f"{SVG}text") if re.fullmatch(r"/?[\d.,]+", one.text or "")]
    assert 12 < len(ticks) < 40
    for one in ticks:
        assert "." not in (one.text or "")
        assert 0 < float(one.attrib["x"]) < 900
        assert 0 < float(one.attrib["y"]) < float(root.attrib["height"])


def test_words_are_escaped_and_wrapped() -> None:
    """Whatever a sentence says stays text, on lines that fit."""
    run = Course.of(sn.demand(FIVE), 62)
    svg = picture(["a <script> & \x1b[31m 'b'", "word " * 100], run, {16: 9, 17: 0, 18: 0}, 5, 16)
    first, *others = texts(svg)[:5]
    assert first == "a <script> & \\x1b[31m 'b'"
    assert all(len(one) <= 125 for one in others)
    assert others[0].startswith("word word")


def test_a_viewer_without_widgets_has_the_picture() -> None:
    """The bundle is the widget's view, the picture, and a line of text."""
    explorer = sn.Explorer(FIVE)
    bundle = explorer._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"] == explorer.picture.value
    assert bundle["text/plain"] == repr(explorer)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    sentence = "50 addresses at the peak of an upgrade; a /26 has 62 usable, 12 spare."
    assert repr(explorer) == f"Explorer(5 nodes, 10 disks, 10 image transfers at once: {sentence})"


@pytest.mark.parametrize(
    ("ipython", "is_there"),
    [
        (None, False),
        (SimpleNamespace(get_ipython=lambda: None), False),
        (SimpleNamespace(get_ipython=object), False),  # IPython in a terminal
        (SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())), True),
    ],
)
def test_without_a_kernel_there_is_nothing_to_be_a_widget_in(
    ipython: Any, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script and a terminal are told to use a notebook; a kernel of Jupyter gets an explorer."""
    importlib.import_module("ipywidgets")
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    if is_there:
        assert sn.explore(FIVE, "10.0.0.0/25", harvester="1.8.2").range == sn.AddressRange("10.0.0.0/25")
    else:
        with pytest.raises(sn.BadInput, match="Jupyter kernel is missing; call explore in a notebook") as refusal:
            sn.explore(FIVE)
        assert refusal.value.code == "missing"


def test_without_ipywidgets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ipywidgets is not installed the error says what to install."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match="run: python -m pip install ipywidgets, one of the extra 'studies'"):
        sn.Explorer(FIVE)


@pytest.mark.parametrize("make", [sn.explore, sn.Explorer])
def test_what_is_no_cluster_is_refused(make: Any) -> None:
    """With a kernel or without, what is no Cluster is named first."""
    with pytest.raises(sn.BadInput, match="cluster 5 is not a Cluster"):
        make(5)


@pytest.mark.parametrize(
    ("cluster", "given", "message"),
    [
        (sn.Cluster([sn.Node(witness=True)]), {}, "cluster has no node that runs Longhorn; give it at least one"),
        (sn.Cluster([sn.Node(disks=1, count=0)]), {}, "cluster has no node that runs Longhorn"),
        (sn.Cluster.uniform(nodes=10**7, disks_per_node=1), {}, "nodes 10000000 is too many to explore; give at most"),
        (sn.Cluster.uniform(nodes=1, disks=10**7), {}, "disks_per_node 10000000 is too many to explore"),
        (sn.Cluster.uniform(nodes=1, disks=1, images=10**99), {}, "images .* is too many to explore"),
        (sn.Cluster.uniform(nodes=1, disks=1, witnesses=10**99), {}, "witnesses .* is too many to explore"),
        (sn.Cluster.uniform(nodes=1, disks=1, rwx_volumes=10**99), {}, "rwx_volumes .* is too many to explore"),
        (FIVE, {"range": "10.0.0.0/8"}, "range '10.0.0.0/8' is too large or too small to explore; give one from /16"),
        (FIVE, {"range": "10.0.0.0/31"}, "range '10.0.0.0/31' is too large or too small to explore"),
        (FIVE, {"range": "10.0.0.1/24"}, "range '10.0.0.1/24' has host bits set"),
        (FIVE, {"harvester": "0.1"}, "harvester '0.1' is not a known release"),
    ],
)
def test_what_no_slider_can_say_is_refused(cluster: sn.Cluster, given: dict[str, Any], message: str) -> None:
    """Figures beyond a million, ranges that are no /16 to /30, and unknown releases are refused by name."""
    with pytest.raises(sn.BadInput, match=message):
        sn.Explorer(cluster, **given)
