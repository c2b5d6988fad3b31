"""The page that plans in a browser: what its sources promise, and its build. What it does is in `tests/browser`."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import re
import shutil
import sys
import tarfile
import zipfile
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

from sn_planner.cli.parser import parser_of

PLANNER = Path(__file__).parents[1] / "docs" / "planner"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in sorted(PLANNER.glob("*.[chjs]*"))}
SCRIPTS = [text for name, text in SOURCES.items() if name.endswith(".js")]
FIELDS = {"input", "select", "textarea"}
LOADED = {"pyodide.mjs": b"mjs", "pyodide.asm.mjs": b"asm", "pyodide.asm.wasm": b"\0asm", "python_stdlib.zip": b"PK"}


class _Page(HTMLParser):
    """The fields of each form and template, and whether each field is in a label."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[dict[str, str | None]]] = {}
        self.used: dict[str, list[str]] = {}
        self.unlabelled: list[str] = []
        self._place = ""
        self._labels = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = dict(attributes)
        if tag == "form":
            self._place = str(of["data-command"])
        elif tag == "template":
            self._place = str(of["id"])
        elif tag == "label":
            self._labels += 1
        elif "data-part" in of:
            self.used.setdefault(self._place, []).append(str(of["data-part"]))
        elif tag in FIELDS:
            self.fields.setdefault(self._place, []).append(of)
            if not self._labels:
                self.unlabelled.append(str(of))

    def handle_endtag(self, tag: str) -> None:
        self._labels -= tag == "label"


@pytest.fixture(scope="module")
def page() -> _Page:
    """The page, read."""
    read = _Page()
    read.feed(SOURCES["index.html"])
    return read


def test_every_field_is_an_option_of_its_command(page: _Page) -> None:
    """Nothing can be filled in that the command line has no word for; what is chosen from is what it knows."""
    assert set(page.used) == {"suggest", "check", "diagnose", "audit"}
    for command, templates in page.used.items():
        actions = {flag: action for action in parser_of(command).actions for flag in action.option_strings}
        for field in [field for place in (command, *templates) for field in page.fields.get(place, ())]:
            if "data-place" in field:
                continue
            flag = str(field["data-flag"])
            assert flag in actions, f"{command} {flag}"
            is_several = "data-split" in field or "multiple" in field
            assert not is_several or "Append" in type(actions[flag]).__name__, flag


def test_every_field_has_a_label(page: _Page) -> None:
    """Who does not see the page is told what each field is."""
    assert sum(map(len, page.fields.values())) > 30
    assert page.unlabelled == []


def test_the_policy_is_strict() -> None:
    """Nothing but the page's own files is loaded, and no text is taken for code."""
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', SOURCES["index.html"])
    rules = dict(rule.strip().split(" ", 1) for rule in policy[0].split(";"))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("script-src") == "'self' 'wasm-unsafe-eval'"
    assert rules.pop("worker-src") == "'self' blob:"
    assert set(rules.values()) == {"'self'", "'none'"}


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_comes_from_elsewhere(name: str) -> None:
    """No source names another host, but the one it is tried on and the namespace of SVG."""
    hosts = set(re.findall(r"https?://([^/\s<>\"'`:]+)", SOURCES[name]))
    assert hosts <= {"localhost", "www.w3.org"}


def test_foreign_text_is_never_html() -> None:
    """No script writes HTML or runs a text."""
    writes = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b")
    assert [found for text in SCRIPTS for found in writes.findall(text)] == []


def test_its_how_to_tells_the_bounds() -> None:
    """How much it takes, and in which browsers it runs, is said on its page as it is in the sources."""
    told = " ".join((PLANNER.parent / "how-to" / "browser.md").read_text(encoding="utf-8").split())
    assert "MOST_BYTES = 32 * 2 ** 20" in SOURCES["forms.js"]
    assert "Files of more than 32 MiB in all are refused" in told
    browsers = "Firefox 114, Chrome or Edge 113, Safari 16.4"
    assert browsers in told
    assert browsers in SOURCES["start.js"]


def test_scripts_import_their_own_kind() -> None:
    """Each import is a file that is there, or that the build writes."""
    for text in SCRIPTS:
        for name in re.findall(r'from "([^"]+)"', text):
            assert name.removeprefix("./") in {*SOURCES, "built.js"}


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The build, which takes the archive of `pyodide` for the true one."""
    spec = importlib.util.spec_from_file_location("planner_build", PLANNER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    digest = b64encode(hashlib.sha512(pyodide()).digest()).decode()
    monkeypatch.setattr(module, "INTEGRITY", f"sha512-{digest}")
    return module


def pyodide() -> bytes:
    """An archive as npm has it, with little in it."""
    lock = {"info": {"python": "3.14.0"}, "packages": {"numpy": {"file_name": "numpy.whl"}}}
    contents = {**LOADED, "pyodide-lock.json": json.dumps(lock).encode()}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def built(folder: Path) -> dict[str, object]:
    """What the build tells the page."""
    text = (folder / "built.js").read_text(encoding="utf-8")
    told: dict[str, object] = json.loads(text.removeprefix("export const BUILT = ").rstrip(";\n"))
    return told


def test_the_build_is_whole(build: ModuleType, tmp_path: Path) -> None:
    """The folder has the page, the engine, the library with what it takes and no more, and who wrote it."""
    build.build(tmp_path / "site", pyodide())
    told = built(tmp_path / "site")
    engine = tmp_path / "site" / str(told["folder"])
    assert {path.name for path in (tmp_path / "site").iterdir()} == {
        *SOURCES,
        *("built.js", "licences.txt", engine.name),
    }
    assert {path.name for path in engine.iterdir()} == {
        *LOADED.keys() - {"pyodide.asm.wasm"},
        *("pyodide.asm.wasm.packed", "python.zip", "lock.json"),
    }
    assert told["bytes"] == sum(path.stat().st_size for path in engine.iterdir() if path.suffix != ".mjs")
    assert json.loads((engine / "lock.json").read_text())["packages"] == {}
    with zipfile.ZipFile(engine / "python.zip") as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {"sn_planner", "attr", "attrs", "netaddr", "yaml", "_yaml"}
    assert "sn_planner/cli/pages.py" in names
    licences = (tmp_path / "site" / "licences.txt").read_text(encoding="utf-8")
    assert all(f"== {name}" in licences for name in build.PURE)


def test_the_same_content_has_the_same_address(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept by a browser stays right: the engine's folder is named by what is in it, and by nothing else."""
    for name in ("one", "other"):
        build.build(tmp_path / name, pyodide())
    assert built(tmp_path / "one") == built(tmp_path / "other")
    monkeypatch.setattr(build, "PURE", ("attrs",))
    build.build(tmp_path / "other", pyodide())
    assert built(tmp_path / "one")["folder"] != built(tmp_path / "other")["folder"]
    assert len([path for path in (tmp_path / "other").iterdir() if path.is_dir()]) == 1


def test_another_archive_is_refused(build: ModuleType, tmp_path: Path) -> None:
    """Not a byte of what npm gives is taken where its checksum is another; nothing is written then."""
    with pytest.raises(SystemExit, match="is not pyodide"):
        build.build(tmp_path / "site", pyodide() + b"\0")
    assert list(tmp_path.iterdir()) == []


def test_the_command(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One argument; a folder with other files is left alone, an earlier build is replaced; without npm it says so."""
    archive = tmp_path / "pyodide.tgz"
    archive.write_bytes(pyodide())
    fetched = build.fetched
    monkeypatch.setattr(build, "fetched", lambda _: archive)
    site = tmp_path / "site"
    for argv, refusal in ((["x"], "usage: python"), (["x", str(tmp_path)], "has other files in it")):
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit, match=refusal):
            build.main()
    monkeypatch.setattr(sys, "argv", ["x", str(site)])
    for _ in range(2):
        build.main()
        assert capsys.readouterr().out.startswith(f"{site} has the page, ")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match="npm is not installed"):
        fetched(tmp_path)


def test_the_releases_to_choose_from(build: ModuleType) -> None:
    """Each is a short label that the command line knows, the latest first."""
    from sn_planner.model.releases import RELEASES, release

    lines = build.lines_of_releases()
    assert [release(one)[0].harvester.rpartition(".")[0] for one in lines] == lines
    assert RELEASES[-1].harvester.startswith(f"{lines[0]}.")
    assert lines == sorted(lines, key=lambda one: [int(part) for part in one.split(".")], reverse=True)
