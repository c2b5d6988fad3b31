"""The built documentation in a real browser: on a desk and on a phone, in light and in dark.

Run it by its name, with a Chromium on PATH and the extra `docs`: `python -m pytest --no-cov tests/browser/real_*.py`.
With SCREENSHOTS=folder it leaves a picture there of some pages in each view.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.lab import browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
PICTURED = ("index", "start", "how-to/size", "understand/upgrade", "reference/codes", "notebooks/04_living_cluster")
WIDTHS = {"desk": 1280, "phone": 390}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, built with warnings as errors."""
    made = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-q", str(ROOT / "docs"), str(made)]
    subprocess.run(command, check=True)
    return made


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """One page for all here: a process has one browser at a time."""
    with browser_page() as opened:
        yield opened


def names(built: Path) -> list[str]:
    """Every page, as its address begins."""
    return sorted(str(path.relative_to(built).with_suffix("")) for path in built.rglob("*.html"))


def test_every_page_is_built(built: Path) -> None:
    """What the contents list is there."""
    assert {*PICTURED, "reference/python", "why-not", "studies"} <= {*names(built)}


def test_the_pictures_are_those_of_the_script(tmp_path: Path) -> None:
    """`python docs/pictures.py` makes the pictures that are there."""
    subprocess.run([sys.executable, str(ROOT / "docs" / "pictures.py"), str(tmp_path)], check=True)
    made, there = ({path.name for path in folder.glob("*.svg")} for folder in (tmp_path, ROOT / "docs" / "pictures"))
    assert made == there


@pytest.mark.parametrize("view", WIDTHS)
def test_pages_are_readable(view: str, built: Path, page: Page) -> None:
    """No page scrolls sideways, none asks for what is not there, and each has one title."""
    missing: list[str] = []
    page.on("requestfailed", lambda request: missing.append(request.url))
    page.set_viewport_size({"width": WIDTHS[view], "height": 900})
    for name in names(built):
        page.goto((built / f"{name}.html").as_uri(), wait_until="domcontentloaded")
        wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} pixels too wide"
        if name not in {"genindex", "search", "py-modindex"}:
            assert page.locator("article h1").count() == 1, name
    assert missing == []


@pytest.mark.parametrize("view", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(view: str, scheme: str, built: Path, page: Page, tmp_path: Path) -> None:
    """In both schemes text has another colour than its ground; a picture of some pages is left."""
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.set_viewport_size({"width": WIDTHS[view], "height": 900})
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    for name in PICTURED:
        page.goto((built / f"{name}.html").as_uri())
        seen = page.evaluate(
            "() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        text, ground = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in seen)
        assert abs(text - ground) > 400, name
        assert (ground < text) == (scheme == "dark"), name
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"docs-{name.replace('/', '-')}-{view}-{scheme}.png", full_page=True)
