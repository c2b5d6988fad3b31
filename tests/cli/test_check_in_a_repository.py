"""Check in a repository: many targets, a verdict that fits it, annotations, and the files that run it there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import sn_planner as sn
from sn_planner.advice.findings import CODES
from sn_planner.cli import main
from tests.interchange.test_annotations import validator

ROOT = Path(__file__).parents[2]
GOOD = '{"vlan":100,"clusterNetwork":"storage","range":"172.16.0.0/26","exclude":["172.16.0.1/32"]}'
SETTING = f"kind: Setting\nmetadata:\n  name: storage-network\nvalue: '{GOOD}'\n"
RESERVED = SETTING.replace("172.16.0", "10.52.3")
UNTAGGED = SETTING.replace('"vlan":100,', "")


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory is a repository with what repositories hold."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "templates.yaml").write_text("{{ if network }}", encoding="utf-8")
    (tmp_path / "package.json").write_text('{"name": "network"}', encoding="utf-8")
    return tmp_path


def write(name: str, *documents: str) -> str:
    """A file of several documents."""
    Path(name).write_text("---\n".join(documents), encoding="utf-8")
    return name


def answer(command: str, code: int, capsys: pytest.CaptureFixture[str]) -> Any:
    """The JSON of a command, without the note on what is assumed, or its text."""
    assert main(shlex.split(command)) == code
    text = capsys.readouterr().out
    if "--format json" not in command and "--format sarif" not in command:
        return text
    data = json.loads(text)
    return data | {"notes": [one for one in data["notes"] if "Assumed" not in one]} if "notes" in data else data


def test_each_target_has_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    """Ranges and files are answered in their order, each with its place, and one error makes the answer no."""
    write("a.yaml", SETTING, "kind: ConfigMap\n", RESERVED)
    data = answer("check 172.17.0.0/26 a.yaml --setting a.yaml --format json", 1, capsys)
    assert [(one["target"], one["line"], one["range"], one["ok"]) for one in data["targets"]] == [
        ("172.17.0.0/26", None, "172.17.0.0/26", True),
        *[("a.yaml", 4, "172.16.0.0/26", True), ("a.yaml", 11, "10.52.3.0/26", False)] * 2,
    ]
    assert data["ok"] is False
    assert data["notes"] == ["1 document of other kinds left out of a.yaml"] * 2
    text = answer("check 172.17.0.0/26 a.yaml", 1, capsys)
    assert "== a.yaml, line 11\n10.52.3.0/26 is not fit for use: 1 error.\n61 usable; " in text
    assert text.startswith("3 targets checked, 1 of them failing by --fail-on error.\n\n")


def test_one_target_is_answered_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    """A file of one setting has the answer of that setting; a directory is answered by a list, whatever it holds."""
    write("a.yaml", SETTING)
    alone = answer("check a.yaml --format json", 0, capsys)
    assert alone.pop("inputs")["targets"] == ["a.yaml"]
    other = answer("check --setting a.yaml --format json", 0, capsys)
    assert other.pop("inputs")["setting"] == "a.yaml"
    assert alone == other
    assert alone["ok"] is True
    (listed,) = answer("check . --format json", 0, capsys)["targets"]
    assert {key: value for key, value in listed.items() if key not in {"target", "line"}} == {
        key: value for key, value in alone.items() if key not in {"schema", "notes"}
    }


def test_a_repository_without_a_setting_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A hook runs everywhere: where there is nothing to check, that is said."""
    data = answer("check . --format json", 0, capsys)
    assert data["targets"] == []
    assert data["notes"] == [
        "1 file without a setting left out of .",
        "1 file that cannot be read as YAML or JSON: chart/templates.yaml",
        "there is no setting of storage-network, rwx-network, vm-migration-network below .",
    ]


@pytest.mark.parametrize(("severity", "codes"), [("error", (0, 0, 1)), ("warning", (0, 0, 1)), ("info", (0, 1, 1))])
def test_the_verdict_can_be_stricter(severity: str, codes: tuple[int, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """--fail-on names the mildest severity that is a no, and the answer says which verdict it is."""
    for text, code in zip((SETTING, UNTAGGED, RESERVED), codes, strict=True):
        write("a.yaml", text)
        assert answer(f"check a.yaml --fail-on {severity} --format json", code, capsys)["ok"] is not bool(code)
        said = answer(f"check a.yaml --fail-on {severity}", code, capsys)
        first = said.partition("\n")[0]
        assert ("is not fit for use" in first) == (code == 1)
        assert (f"by --fail-on {severity}" in first) == (severity != "error")


def test_what_is_ignored_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    """A code that is ignored is in neither the answer nor the verdict, and a note says how many findings it was."""
    write("a.yaml", RESERVED, UNTAGGED)
    command = "check a.yaml --ignore overlaps-reserved --ignore untagged --fail-on info --format json"
    data = answer(command, 0, capsys)
    assert [one["findings"] for one in data["targets"]] == [[], []]
    assert data["notes"] == ["2 findings left out by --ignore overlaps-reserved, untagged"]
    assert answer("check a.yaml --ignore link-local --format json", 1, capsys)["notes"] == [
        "0 findings left out by --ignore link-local"
    ]


def test_the_setting_in_force_is_compared_with_each(capsys: pytest.CaptureFixture[str]) -> None:
    """--current is held against every setting that is checked, and is said to be of no use for ranges."""
    write("new.yaml", SETTING.replace('":', '": '), SETTING)
    data = answer(f"check new.yaml --current {write('old.yaml', SETTING)} --format json", 0, capsys)
    assert [[finding["code"] for finding in one["findings"]] for one in data["targets"]] == [
        ["insignificant-characters"] * 2,
        [],
    ]
    (note,) = answer("check 172.16.0.0/26 172.17.0.0/26 --current old.yaml --format json", 0, capsys)["notes"]
    assert note.startswith("--current is not used")


def test_a_file_of_another_network_than_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a profile sizes another network than the setting's, the file is named."""
    assert main(["check", write("a.yaml", SETTING), "--profile", "rwx-network"]) == 2
    assert capsys.readouterr().err.startswith("sn-planner: error: a.yaml: manifest 'storage-network' holds no Setting")


def test_annotations(capsys: pytest.CaptureFixture[str]) -> None:
    """GitHub's form has a line a finding, and notes stay out of it."""
    write("a.yaml", SETTING, "kind: ConfigMap\n", RESERVED)
    assert main(["check", "a.yaml", "--format", "github"]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("::error file=a.yaml,line=11,title=overlaps-reserved::10.52.3.0/26 overlaps ")
    assert captured.out.count("\n") == 1
    assert captured.err.startswith("note: 1 document of other kinds left out of a.yaml\nnote: Assumed: ")


def test_sarif(capsys: pytest.CaptureFixture[str]) -> None:
    """The log is valid, with this program's version, also where nothing was found."""
    for text, code, count in ((RESERVED, 1, 1), (SETTING, 0, 0)):
        log = answer(f"check {write('a.yaml', text)} --format sarif", code, capsys)
        validator().validate(log)
        assert log["runs"][0]["tool"]["driver"]["version"] == sn.__version__
        assert len(log["runs"][0]["results"]) == count
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(log | {"version": "2"})


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`explain` tells what a code means, why it matters, how to mend it, the command that shows it, and its page."""
    title, why, fix, example, page = answer(f"explain {code}", 0, capsys).rstrip("\n").split("\n\n")
    assert " ".join(title.split()) == f"{code} ({CODES[code][0]}): {CODES[code][1]}."
    assert (why[:5], fix[:5], example[:30]) == ("Why: ", "Fix: ", "Example:\n    sn-planner check ")
    assert page == f"All codes: docs/reference/codes.md#{code}"


# What a repository runs


def programs(folder: Path) -> dict[str, str]:
    """The environment in which the program of this checkout is found."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}


def test_the_hook_checks_the_repository(repository: Path) -> None:
    """The pre-commit hook's own command, run in a repository, finds its settings."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("sn-planner-check", "python", False)
    for text, code in ((SETTING, 0), (RESERVED, 1)):
        write("a.yaml", text)
        ran = subprocess.run(
            shlex.split(hook["entry"]), env=programs(repository), capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr) == (code, "")
        assert "== a.yaml, line 4" in ran.stdout


ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, CHECK = ACTION["runs"]["steps"]


def action(folder: Path, step: dict[str, Any], **given: str) -> subprocess.CompletedProcess[str]:
    """A step of the action, run as GitHub's runner does, with the inputs given and the defaults of the others."""
    inputs = {name: one["default"] for name, one in ACTION["inputs"].items()} | given
    values = {f"${{{{ inputs.{name} }}}}": value for name, value in inputs.items()}
    values["${{ github.action_path }}"] = str(ROOT)
    environment = {name: values[value] for name, value in step["env"].items()}
    script = folder / "step.sh"
    script.write_text(step["run"], encoding="utf-8")
    home = folder / "sn-planner" / "bin"
    home.mkdir(parents=True, exist_ok=True)
    (home / "sn-planner").unlink(missing_ok=True)
    (home / "sn-planner").symlink_to(Path(sys.executable).parent / "sn-planner")
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        env={**programs(folder), "RUNNER_TEMP": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_annotates(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The action's own script checks what its inputs name, with their options, and fails as check does."""
    folder = tmp_path_factory.mktemp("runner")
    write("a b.yaml", RESERVED)
    ran = action(folder, CHECK)
    assert ran.returncode == 1
    assert ran.stdout.startswith("::error file=a b.yaml,line=4,title=overlaps-reserved::")
    ran = action(
        folder,
        CHECK,
        path="a b.yaml\n172.16.0.0/24\n",
        ignore="overlaps-reserved untagged",
        arguments="--harvester 1.8.2",
    )
    assert (ran.returncode, ran.stdout.count("::notice title=no-gateway-excluded::")) == (0, 1)
    assert action(folder, CHECK, path="172.16.0.0/24", **{"fail-on": "info"}).returncode == 1
    assert action(folder, CHECK, path="").returncode == 2


@pytest.mark.parametrize("name", ["path", "ignore", "arguments", "fail-on"])
@pytest.mark.parametrize("hostile", ["$(touch owned)", "`touch owned`", "; touch owned", '" ; touch owned #', "*"])
def test_inputs_are_no_script(name: str, hostile: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever an input says, it is text: no part of it is run, and no pattern in it names files."""
    write("a.yaml", RESERVED)
    ran = action(tmp_path_factory.mktemp("runner"), CHECK, **{name: hostile})
    assert not Path("owned").exists()
    assert ran.returncode in {1, 2}
    assert all("${{" not in step["run"] for step in ACTION["runs"]["steps"])


def test_the_action_installs_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is installed is the folder that the action stands in, into an environment of its own."""
    folder = tmp_path_factory.mktemp("runner")
    log = folder / "log"
    python = folder / "python3"
    fake = f'#!/bin/bash\nprintf "%s\\n" "$*" >> {log}\nmkdir -p "$3/bin" && ln -sf {python} "$3/bin/python" || true\n'
    python.write_text(fake, encoding="utf-8")
    python.chmod(0o755)
    step = INSTALL | {"run": f'PATH="{folder}:$PATH"\n{INSTALL["run"]}'}
    assert action(folder, step).returncode == 0
    assert log.read_text(encoding="utf-8").splitlines() == [
        f"-m venv {folder}/sn-planner",
        f"-m pip install --quiet {ROOT}",
    ]
