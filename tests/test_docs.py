"""The documentation holds together: links, anchors, the way back, the spelling of flags and codes, tables of facts."""

from __future__ import annotations

import difflib
import importlib.util
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

import sn_planner as sn
from sn_planner.cli.parser import whole_parser
from sn_planner.errors import REFUSALS
from sn_planner.interchange.bundle import LARGEST_FILE, LARGEST_IN_ALL
from sn_planner.interchange.texts import LONGEST_STREAM

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md", *DOCS.rglob("*.md")])
    if not {"_build", "notebooks"} & set(path.relative_to(ROOT).parts)
}
BUILT = {name: page for name, page in PAGES.items() if name.startswith("docs/") and name != "docs/index.md"}
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# Flags of programs that are not ours, on the pages that name them.
FOREIGN = {
    *("--editable", "--quiet", "--no-cov", "--context", "--check", "--raw", "--ignore-not-found"),
    *("--hypothesis-profile", "--exit-code", "--no-pager", "--format", "--directory"),
}


def slugs(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and MyST make them."""
    heads = re.findall(r"^#+ (.+)$", FENCED.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """Every link to a file leads to one, every anchor to a heading of it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", PAGES[name])):
        if target.startswith(("http:", "https:")):
            continue
        link, _, anchor = target.partition("#")
        path = (ROOT / name).parent / link if link else ROOT / name
        assert path.resolve().exists(), target
        if anchor:
            assert anchor in slugs(path.resolve().read_text(encoding="utf-8")), target


@pytest.mark.parametrize("name", BUILT)
def test_every_page_is_in_the_contents_and_leads_back(name: str) -> None:
    """No page is an island: the contents name it, and its head leads there."""
    back = "[Contents](index.md)" if name.count("/") == 1 else "[Contents](../index.md)"
    assert BUILT[name].split("\n\n")[1].strip() == back
    assert name.removeprefix("docs/").removesuffix(".md") in PAGES["docs/index.md"].split()


def test_every_notebook_is_in_the_contents() -> None:
    """The studies are rendered with the pages."""
    contents = PAGES["docs/index.md"].split()
    assert all(f"notebooks/{path.stem}" in contents for path in (ROOT / "notebooks").glob("*.ipynb"))


@cache
def known_flags() -> set[str]:
    """Every option of every command."""
    parser = whole_parser()
    every = [parser, *parser.commands.values()]
    return {flag for one in every for action in one._actions for flag in action.option_strings}


@pytest.mark.parametrize("name", PAGES)
def test_flags_are_spelt_as_the_parser_spells_them(name: str) -> None:
    """A flag on a page is one that a command takes, or a known one of another program."""
    if name == "CHANGELOG.md":  # tells of flags that were
        return
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*\b", PAGES[name]))
    assert told <= known_flags() | FOREIGN


@pytest.mark.parametrize("name", PAGES)
def test_codes_are_spelt_as_the_tables_spell_them(name: str) -> None:
    """What looks almost like a code, in code letters, is a misspelt one."""
    codes = {*sn.CODES, *REFUSALS}
    words = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", PAGES[name])) - codes
    for word in words:
        near = difflib.get_close_matches(word, codes, n=1, cutoff=0.85)
        assert not near, f"{word}: {near}"


@cache
def facts() -> dict[str, str]:
    """The pages that are made of tables, as they would be made now."""
    spec = importlib.util.spec_from_file_location("facts", DOCS / "facts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {f"docs/reference/{name}.md": "".join(make()) for name, make in module.PAGES.items()}


def test_the_reference_is_made_of_the_tables() -> None:
    """`python docs/facts.py` would write what is there: options, codes, keys, releases."""
    assert {name: PAGES[name] for name in facts()} == facts()


def test_every_picture_is_shown() -> None:
    """Each picture is on a page, each page's is there, and none is large."""
    there = {path.name: path.stat().st_size for path in (DOCS / "pictures").glob("*.svg")}
    shown = {name for page in BUILT.values() for name in re.findall(r"\]\([./]*pictures/(\S+\.svg)\)", page)}
    assert there.keys() == shown
    assert max(there.values()) < 60_000


def test_every_public_name_is_in_the_reference() -> None:
    """The page on Python has each name of the package once."""
    page = PAGES["docs/reference/python.md"]
    named = re.findall(
        r"^\.\. auto(?:function|class|exception|data|module|attribute):: sn_planner\.(\w+)", page, re.MULTILINE
    )
    once = [name for name in dict.fromkeys(named) if name in sn.__all__]
    assert sorted(once) == sorted(sn.__all__)


def test_the_readme_is_one_screen() -> None:
    """At most 7 kB, and the question before anything else."""
    assert len(PAGES["README.md"].encode()) <= 7_000
    assert PAGES["README.md"].split("\n")[2].endswith("?**")


def test_the_readme_counts_what_it_was_measured_against() -> None:
    """The figures of the README are those of the recorded answers and of the field's texts."""
    lines = {
        path.stem: len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "tests/data/recorded").glob("*.jsonl")
    }
    histories = lines["simulate"] + lines["simulate-by-release"]
    answers = lines["usable"] + lines["validate"] + lines["overlap"]
    inputs = len(list((ROOT / "tests" / "data" / "field").glob("*/*")))  # an export may be a folder
    page = " ".join(PAGES["README.md"].split())
    assert f"{histories} recorded histories of Whereabouts' own code" in page
    assert f"{answers} answers of the functions of Harvester's webhook" in page
    assert f"{inputs} inputs as people paste, export and save them" in page
    mutants = re.search(r"(\d+) of the first (\d+) of a sample", PAGES["CONTRIBUTING.md"])
    assert mutants is not None
    assert (
        f"Of a sample of {mutants[2]} mutants the tests killed {round(100 * int(mutants[1]) / int(mutants[2]))} %"
        in page
    )


def test_security_promises_the_bounds_there_are() -> None:
    """The bounds of what is read are those of the code."""
    page = " ".join(PAGES["SECURITY.md"].split())
    assert (LARGEST_FILE >> 20, LARGEST_IN_ALL >> 30, LONGEST_STREAM >> 30) == (256, 1, 1)
    assert "up to 256 MiB unpacked and all of them together up to 1 GiB" in page
    assert "a stream up to 1 GiB" in page


def test_the_version_is_the_newest_in_the_changelog() -> None:
    """A release is a version with a date, and the package has that version."""
    releases = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", PAGES["CHANGELOG.md"], re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == releases[0][0]
    assert [date for _, date in releases] == sorted((date for _, date in releases), reverse=True)
