"""The README and the pages of docs/ keep their word: every command, example and table in them is run or read here."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
import yaml

import sn_planner as sn
from sn_planner.advice.findings import CODES
from sn_planner.advice.site_plan import STATUSES
from sn_planner.cli import main
from sn_planner.engine.simulation.steps import STEPS
from sn_planner.interchange import inputs, site_files
from sn_planner.interchange.figures import DISTRIBUTIONS, figure_from
from sn_planner.model.living.exports import EXPORTS
from sn_planner.model.profiles import PROFILES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if not {"_build", "notebooks"} & set(path.relative_to(ROOT).parts)
}


def blocks(language: str, page: str = README) -> list[str]:
    """The fenced blocks of a language, with the name of a file or without."""
    return re.findall(rf"^```{language}(?: \S+)?\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def files(page: str) -> dict[str, str]:
    """The blocks that stand for a file, by its name."""
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL))


def require_printed(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command in a block prints the very output below it."""
    command, _, expected = block.partition("\n")
    assert command.startswith("$ python -m sn_planner ")
    assert main(shlex.split(command)[4:]) in {0, 1}
    assert capsys.readouterr().out == expected, command


SESSIONS = [
    block for name, page in {"": README, **PAGES}.items() if name != "site" for block in blocks("console", page)
]


@pytest.mark.parametrize("block", SESSIONS, ids=lambda block: block.split("\n")[0][:60])
def test_commands_print_what_the_readme_says(
    block: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command in the README, or on a page, prints the very output below it."""
    monkeypatch.chdir(ROOT)
    require_printed(block, capsys)


def test_the_page_on_sites_can_be_followed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From top to bottom: with the files that the page on sites shows, each command prints the output below it."""
    monkeypatch.chdir(tmp_path)
    for language, name, block in re.findall(
        r"^```(\w+)(?: (\S+))?\n(.*?)^```", PAGES["site"], re.MULTILINE | re.DOTALL
    ):
        if name:
            Path(name).write_text(block, encoding="utf-8")
        elif language == "console":
            require_printed(block, capsys)
    assert {"site.yaml", "plan.json"} <= {path.name for path in tmp_path.iterdir()}


PLACES = {
    "the file": site_files._SITE_KEYS,
    "`in_use`": site_files._FILE_KEYS,
    "`defaults`": site_files._DEFAULTS,
    "a cluster": {*site_files._OWN_KEYS, *inputs.CLUSTER_KEYS, *inputs._CLUSTER_KEYS},
    "a node": inputs._NODE_KEYS,
    "a network": site_files._NETWORK_KEYS,
}


def test_the_table_of_keys_has_every_key_of_a_site() -> None:
    """The page on sites lists each key that site.yaml may have where it may stand, once, and the figures' defaults."""
    rows = re.findall(r"^\| ([^|]+) \| `(\w+)` \|.*\| ([^|]*) \|$", PAGES["files"], re.MULTILINE)
    told = sorted((place, key) for places, key, _ in rows for place in places.split(", "))
    assert told == sorted((place, key) for place, keys in PLACES.items() for key in keys)
    defaults = {key: default for places, key, default in rows if "a network" in places}
    for field in (one for one in attrs.fields(sn.SiteNetwork) if type(one.default) is int):
        assert defaults[field.name] == str(field.default)


def test_the_table_of_statuses_is_the_table() -> None:
    """The page on sites says of every status what the plan's own table says."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$", PAGES["site"], re.MULTILINE)
    assert rows == list(STATUSES.items())


PYTHON = [block for page in (README, *PAGES.values()) for block in blocks("python", page)]


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.split("\n")[0][:60])
def test_sessions_answer_what_the_readme_says(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python session in the README, or on a page, gives the very answers it shows."""
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)  # sessions write files, too
    test = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_the_table_of_figures_is_read() -> None:
    """Every form of an uncertain figure that its page shows is one that is read, and none is left out."""
    forms = re.findall(r"^\| `([^`]+)` \| [^|]+ \|$", PAGES["uncertain"], re.MULTILINE)
    assert all(figure_from("figure", form).mean > 0 for form in forms)
    named = {form.partition("(")[0] for form in forms if "(" in form}
    assert named | {"between"} == set(DISTRIBUTIONS)


def test_every_file_shown_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example on the page of files is one that the planner reads, as the page says."""
    monkeypatch.chdir(tmp_path)
    shown = files(PAGES["files"])
    for name, text in shown.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert sn.read_cluster("cluster.yaml").disks == 18
    assert sn.read_profile("own.yaml").formula == "2N + 1"
    steps = sn.read_scenario("move.yaml")
    assert not sn.simulate("10.0.0.0/24", sn.Cluster.uniform(nodes=3, disks_per_node=2), steps).exhausted
    assert sn.plan_site(sn.read_site("site.yaml"), keep=sn.read_site_plan("plan.json")).ok
    assert all(len(sn.read_networks(name)) for name in ("networks.txt", "plan.csv", "networks.json"))
    settings = ("value.json", "manifest.yaml", "patch.json", "rwx-network.yaml")
    assert all(sn.check(sn.Written.read(shown[name])).ok for name in settings)
    assert sn.audit(sn.read_snapshot("export.json")).leases
    assert sn.diagnose(shown["event.txt"]).events


def test_files_shown_elsewhere_are_those_of_the_tests() -> None:
    """A cluster and a scenario that a how-to shows are the files its commands read."""
    for page, path in (("size", "cluster.yaml"), ("upgrade-day", "move.yaml")):
        assert blocks("yaml", PAGES[page])[0] == (ROOT / "tests" / "data" / path).read_text(encoding="utf-8")


def test_the_hook_and_the_action_are_the_ones_shown() -> None:
    """The page on repositories names the hook by its id, and gives the action inputs that it has."""
    hooks, workflow = map(yaml.safe_load, blocks("yaml", PAGES["repository"]))
    known = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hooks["repos"][0]["hooks"] == [{"id": one["id"]} for one in known]
    given = workflow["jobs"]["networks"]["steps"][1]["with"]
    assert given.keys() == yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"].keys()
    assert set(given["ignore"].split()) <= set(CODES)


def test_alerts_ask_for_gauges_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Every gauge in the rules for Prometheus is one that an audit prints."""
    main(["audit", str(ROOT / "tests/data/live/living.json"), "--format", "openmetrics"])
    printed = set(re.findall(r"^# TYPE (\S+) gauge$", capsys.readouterr().out, re.MULTILINE))
    (group,) = yaml.safe_load(blocks("yaml", PAGES["prometheus"])[0])["groups"]
    asked = [re.findall(r"sn_planner_\w+", rule["expr"]) for rule in group["rules"]]
    assert all(asked)
    assert {name for names in asked for name in names} <= printed


CHECKS = [
    shlex.split(command)
    for page in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")
    for command in re.findall(
        r"`(?:FUZZ=\d+ )?[\w./]*python (-m pytest [^`]+)`", (ROOT / page).read_text(encoding="utf-8")
    )
]


@pytest.mark.parametrize("command", CHECKS, ids=" ".join)
def test_the_checks_named_have_something_to_check(command: list[str]) -> None:
    """Every pytest command that the pages name names files with tests, or a folder whose files pytest finds."""
    for name in (one for one in command[2:] if "/" in one or one in {"notebooks", "benchmarks"}):
        paths = sorted(ROOT.glob(name if "*" in name or name.endswith(".py") else f"{name}/test_*.py"))
        assert paths, name
        assert all("\ndef test_" in path.read_text(encoding="utf-8") for path in paths), name


def test_the_scripts_named_are_there() -> None:
    """Every module of the tests that CONTRIBUTING runs as a command is a script."""
    named = re.findall(r"python -m (tests[\w.]+)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert named
    for name in named:
        script = ROOT / f"{name.replace('.', '/')}.py"
        assert '\nif __name__ == "__main__":\n' in script.read_text(encoding="utf-8")


def test_the_monitoring_job_writes_the_gauges(tmp_path: Path) -> None:
    """The job on the page writes whole gauges, though an upgrade does not fit and not everything could be asked."""
    (job,) = blocks("sh", PAGES["prometheus"])
    assert job.splitlines()[0] == "sn-planner export audit > sn-export.sh"
    (tmp_path / "sn-planner").write_text(f'#!/bin/sh\nexec {sys.executable} -m sn_planner "$@"\n', encoding="utf-8")
    (tmp_path / "sn-planner").chmod(0o755)
    asked = f"cat {ROOT}/tests/data/live/living.json; exit 1\n"
    (tmp_path / "sn-export.sh").write_text(asked, encoding="utf-8")
    script = "".join(job.splitlines(keepends=True)[1:]).replace("/var/lib/node_exporter/textfile", str(tmp_path))
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, check=False)
    _, _, gauges = blocks("console", PAGES["prometheus"])[0].partition("\n")
    assert (tmp_path / "sn_planner.prom").read_text(encoding="utf-8") == gauges


def test_the_table_of_profiles_is_the_table() -> None:
    """The page on the formula gives every profile its own."""
    for profile in PROFILES.values():
        assert re.search(rf"\| `{profile.name}`[^|]*\| {re.escape(profile.formula)} \|", PAGES["formula"])


@pytest.mark.parametrize("command", EXPORTS)
def test_the_way_to_export_is_the_one_that_help_tells(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command that reads an export tells how to make it, as the page on audits does, without the API's address."""
    assert main([command, "--help"]) == 0
    (way,) = re.findall(r"^export:  (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert way.replace(command, "audit") in [block.strip() for block in blocks("shell", PAGES["audit"])]
    for path in (
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "notebooks").glob("*.ipynb"),
        *(ROOT / "sn_planner").rglob("*.py"),
    ):
        assert "get --raw" not in path.read_text(encoding="utf-8"), path


def test_the_steps_named_are_the_steps() -> None:
    """The page of files names every step of a scenario file."""
    assert f"The steps are {', '.join(f'`{name}`' for name in STEPS)}." in PAGES["files"]


def test_the_set_up_is_two_one_line_commands() -> None:
    """One command ends in a suggestion, one in the test suite; both start from Python and pip alone."""
    suggest, test = (block.strip() for block in blocks("sh"))
    assert suggest.endswith("python -m sn_planner suggest --nodes 5 --disks-per-node 2 --images 10")
    assert test.endswith("python -m pytest -n 2")
    assert all(one.startswith("python3 -m venv .venv && ") and "\n" not in one for one in (suggest, test))


def test_files_named_in_the_readme_are_there() -> None:
    """Every file and folder the README names exists."""
    for name in re.findall(r"`([A-Za-z]+\.md|[a-z]+/(?:[A-Za-z]+\.md)?)`", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"^- `([a-z0-9_]+)`: ", PAGES["studies"], re.MULTILINE):
        assert (ROOT / "notebooks" / f"{name}.ipynb").exists(), name
