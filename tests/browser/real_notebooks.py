"""The notebooks in JupyterLab, in a real browser: what a person would look for, wide and narrow, in light and in dark.

Run it by its name, with a Chromium on PATH: `python -m pytest --no-cov tests/browser/real_*.py`. With
SCREENSHOTS=folder it leaves a picture there of every notebook from top to bottom, in each view. The committed notebooks
and the golden tables are not trusted, as wherever somebody opens what another has made: JupyterLab then leaves out of
their HTML what it does not know. Two notebooks are run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import THEMES, Lab, View, browsed, served

ROOT = Path(__file__).parents[2]
COMMITTED = sorted((ROOT / "notebooks").glob("*.ipynb"))
TABLES = sorted((ROOT / "tests" / "golden" / "html").glob("*.html"))
LIVING = ROOT / "tests" / "data" / "live" / "living.json"
GOLDEN, LIVE, EXPLORER = "golden", "live", "explorer"  # the tests' own notebooks; the last two are run
CLUSTER = "import sn_planner as sn\n\ncluster = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)\n"
CELLS = (
    f"{CLUSTER}sn.demand(cluster)",
    'sn.suggest(cluster, in_use=["192.168.0.0/17"], exclude_first=1)',
    'sn.audit(sn.read_snapshot("living.json"))',
    'run = sn.simulate("172.16.0.0/27", cluster)\nrun',
    "run.plot()",
)
VIEWS = tuple(View(width, theme) for theme in THEMES for width in (1200, 800))
NUMBER = re.compile(r"[-−]?[\d,]+(\.\d+)?(e[+-]?\d+)?|((\d[\d,]* (days?|h|min|s)) ?)+")
PREFIX = re.compile(r"/\d+")
READABLE = 4.5  # the contrast that WCAG 2 wants of text

Seen = dict[str, Any]


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go."""
    named = os.environ.get("SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebooks, one with every golden table, and two to run."""
    made = tmp_path_factory.mktemp("notebooks")
    for path in (*COMMITTED, LIVING):
        shutil.copy(path, made)
    golden = [_cell(path.stem, {"text/html": path.read_text(encoding="utf-8"), "text/plain": ""}) for path in TABLES]
    own = {GOLDEN: golden, LIVE: list(map(_cell, CELLS)), EXPLORER: [_cell(f"{CLUSTER}sn.explore(cluster)")]}
    for name, cells in own.items():
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
        (made / f"{name}.ipynb").write_text(json.dumps(document), encoding="utf-8")
    return made


def _cell(source: str, *shown: dict[str, str]) -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "data": data, "metadata": {}} for data in shown]
    return {"cell_type": "code", "source": source, "outputs": outputs, "execution_count": None, "metadata": {}}


@pytest.fixture(scope="module")
def lab(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One server and one browser for all."""
    with served(folder, tmp_path_factory.mktemp("jupyter")) as address, browsed(address) as opened:
        yield opened


@pytest.fixture(scope="module", params=[*(path.stem for path in COMMITTED), GOLDEN, LIVE])
def notebook(request: pytest.FixtureRequest, lab: Lab, folder: Path, screenshots: Path) -> dict[View, Seen]:
    """What there is to be seen of a notebook in each view, with everything unfolded, and what was folded at first."""
    name: str = request.param
    lab.open(folder / f"{name}.ipynb")
    if name == LIVE:
        lab.run_all()
    at_first = lab.unfolded()
    lab.unfold()
    told = {"unfolded at first": at_first, "unfolded": lab.unfolded(), "drawn": _drawn(folder / f"{name}.ipynb")}
    views = sorted(VIEWS, key=lambda view: view.theme != lab.theme)  # to change the theme takes a second
    return {view: _seen(lab, view, screenshots / f"{name}-{view}.png") | told for view in views}


def _seen(lab: Lab, view: View, picture: Path) -> Seen:
    lab.turn(view)
    lab.page.screenshot(path=picture)
    return lab.look()


def _drawn(path: Path) -> int:
    """How many outputs of a notebook are pictures."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    kinds = [output.get("data", ()) for cell in cells for output in cell.get("outputs", ())]
    return sum(any(kind.startswith("image/") for kind in data) for data in kinds)


@pytest.fixture(params=VIEWS, ids=str)
def view(request: pytest.FixtureRequest) -> View:
    """A view."""
    found: View = request.param
    return found


@pytest.fixture
def seen(notebook: dict[View, Seen], view: View) -> Seen:
    """A notebook in a view."""
    return notebook[view]


def ours(seen: Seen) -> list[Seen]:
    """The library's own tables."""
    return [table for table in seen["tables"] if table["ours"]]


def test_the_view_is_the_one_that_was_asked_for(seen: Seen, view: View) -> None:
    """The window is as wide as it should be, in the theme that it should have; what is dark is dark."""
    assert (seen["width"], seen["theme"]) == (view.width, THEMES[view.theme])
    assert (seen["light"] < 0.2) is (view.theme == "dark")


def test_nothing_complains(seen: Seen) -> None:
    """No output is an error or a warning."""
    assert seen["complaints"] == []


def test_words_stand_left_and_numbers_right(seen: Seen) -> None:
    """In a table of the library a column of numbers stands right and one of words left, each with its heading."""
    for table in ours(seen):
        for column, sides in zip(zip(*table["rows"], strict=True), zip(*table["sides"], strict=True), strict=True):
            cells = [cell for cell in column[1:] if cell]
            if cells and not all(map(PREFIX.fullmatch, cells)):  # "/26" may be the name of a row as well as a number
                side = "right" if all(map(NUMBER.fullmatch, cells)) else "left"
                assert set(sides) == {side}, (table["name"], column, sides)


def test_every_table_says_what_it_is(seen: Seen) -> None:
    """A table of the library has a caption above it, on the left, or is folded away under its title."""
    for table in ours(seen):
        assert table["name"], table["rows"]
        assert not table["caption"] or (table["caption"]["above"], table["caption"]["side"]) == (True, "left"), table


def test_captions_have_room(seen: Seen) -> None:
    """A caption of several lines uses half of the width that there is, or more, however narrow its table is."""
    for table in ours(seen):
        caption = table["caption"]
        assert not caption or caption["lines"] == 1 or caption["part"] >= 0.5, (table["name"], caption)


def test_text_can_be_read(seen: Seen) -> None:
    """Text in tables and around them has the contrast with what is behind it that WCAG wants."""
    assert bool(seen["texts"]) is bool(seen["tables"])
    assert [(text, contrast) for text, contrast in seen["texts"] if contrast < READABLE] == []


def test_names_ranges_and_numbers_are_whole(seen: Seen) -> None:
    """No name of a pod, no range and no number in a table of the library is broken over two lines."""
    assert seen["broken"] == []


def test_tables_fit_or_scroll(seen: Seen, view: View) -> None:
    """A table is no wider than its output at 1200 pixels; where there is less room it scrolls and is not cut off."""
    for table in seen["tables"]:
        fits = not table["beyond"]
        assert fits or (view.width < 1200 and table["overflow"] in {"auto", "scroll"}), (table["name"], table["beyond"])


def test_pictures_are_there_and_fit(seen: Seen) -> None:
    """Every picture that a notebook holds is shown, and none is wider than its output."""
    assert all(picture["natural"] > 0 for picture in seen["pictures"])
    assert not any(picture["beyond"] for picture in seen["pictures"])
    assert len(seen["pictures"]) >= seen["drawn"]


def test_what_explains_is_folded_away(seen: Seen) -> None:
    """What is folded away is closed at first, and opens on a click."""
    assert not any(seen["unfolded at first"])
    assert all(seen["unfolded"])


@pytest.mark.parametrize("notebook", [LIVE], indirect=True)
def test_results_show_themselves(seen: Seen) -> None:
    """Run in JupyterLab, a demand, a plan, an audit and a simulation are tables, and a plot is a picture."""
    captions = [table["name"] for table in ours(seen) if table["caption"]]
    for verdict in ("50 addresses at", "192.168.128.0/26: ", "192.168.50.0/27: ", "172.16.0.0/27 "):
        assert any(caption.startswith(verdict) for caption in captions), (verdict, captions)
    assert len(seen["pictures"]) == 1


def test_the_explorer_follows_the_keyboard(lab: Lab, folder: Path, screenshots: Path) -> None:
    """An arrow key moves a slider by one, and the picture is another within two seconds."""
    lab.open(folder / f"{EXPLORER}.ipynb")
    lab.run_all()
    picture, nodes = lab.page.locator("svg[role=img]"), lab.page.locator(".widget-slider").first
    picture.wait_for()
    for view in VIEWS:
        lab.turn(view)
        lab.page.screenshot(path=screenshots / f"{EXPLORER}-{view}.png")
    before = picture.inner_html()
    assert nodes.locator(".widget-readout").inner_text() == "5"
    nodes.locator("[role=slider]").focus()
    lab.page.keyboard.press("ArrowRight")
    another = "before => document.querySelector('svg[role=img]').innerHTML !== before"
    lab.page.wait_for_function(another, arg=before, timeout=2000)
    assert nodes.locator(".widget-readout").inner_text() == "6"
    lab.page.screenshot(path=screenshots / f"{EXPLORER}-moved.png")
