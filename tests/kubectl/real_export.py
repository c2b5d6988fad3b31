"""The script with the real kubectl, against a cluster of each scenario: the answers of the whole export, or unknown.

What is exported is held against the very objects that the stub API has. Run it by its name, with kubectl on PATH:
`python -m pytest --no-cov tests/kubectl/real_*.py`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import sn_planner as sn
from sn_planner.interchange.reports.living import audit_document
from sn_planner.interchange.tables import render
from sn_planner.model.living.exports import EXPORTS, kinds_for, resource_of
from tests.kubectl.stub_api import SCENARIOS, Scenario, lists, served

LIVING = Path(__file__).parents[1] / "data" / "live" / "living.json"
SECRET = {
    "apiVersion": "harvesterhci.io/v1beta1",
    "kind": "Setting",
    "metadata": {"name": "ssl-certificates"},
    "value": '{"privateKey":"-----BEGIN"}',
}
EXPORT = [*json.loads(LIVING.read_text(encoding="utf-8"))["items"], SECRET]
SETTING = sn.Setting(vlan=100, cluster_network="storage", range="172.16.0.0/26")
NAMED = {scenario.name: scenario for scenario in SCENARIOS}
# Where the script knows that it does not know all, and where it cannot ask at all; everywhere else it knows all.
PARTIAL = {
    *("forbidden-pods", "forbidden-pools", "forbidden-settings", "forbidden-attachments", "all-forbidden"),
    *("page-expires", "page-expires-amid", "broken-data-sources", "broken-pages"),
    *("undiscovered-whereabouts", "undiscovered-longhorn"),
}
CLOSED = {"logged-out"}
CHEAP = {"GOMAXPROCS": "1", "GOGC": "off"}  # hundreds of short runs: kubectl need not tidy up
EITHER = {"forbidden-discovery"}  # kubectl 1.20 goes on without the API groups, later ones end


class Exported(NamedTuple):
    """What a run of the script gave."""

    code: int
    text: str
    complaints: str


def run(script: str, scenario: str, folder: Path, *flags: str) -> Exported:
    """The script run by sh with the kubeconfig of a scenario."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "KUBECONFIG": str(folder / scenario), **CHEAP}
    words = ["sh", "-s", "--", "--context", "the context", *flags]
    done = subprocess.run(words, input=script, env=env, capture_output=True, text=True, check=False)
    return Exported(done.returncode, done.stdout, done.stderr)


def together() -> str:
    """One script that asks for the kinds of all three, to run it once a scenario."""
    scripts = [sn.export_script(command) for command in EXPORTS]
    head, rows, tail = re.fullmatch(r"(.*<< 'END'\n)(.*)(END\n.*)", scripts[0], re.DOTALL).groups()  # type: ignore[union-attr]
    more = "".join(re.findall(r"<< 'END'\n(.*)END\n", script, re.DOTALL)[0] for script in scripts[1:])
    return f"{head}{''.join(dict.fromkeys(f'{rows}{more}'.splitlines(keepends=True)))}{tail}"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the kubeconfig of each scenario, whose cluster is there to be asked."""
    subprocess.run(["kubectl", "version", "--client"], check=True, capture_output=True)
    found = tmp_path_factory.mktemp("clusters")
    with served(EXPORT, found):
        yield found


@pytest.fixture(scope="session")
def exported(folder: Path) -> dict[str, Exported]:
    """What the script exports of each scenario's cluster."""
    script = together()
    with ThreadPoolExecutor(4) as pool:
        runs = pool.map(lambda name: run(script, name, folder), NAMED)
        return dict(zip(NAMED, runs, strict=True))


def asked(ask: Callable[[], Any]) -> Any:
    """An answer, or the refusal in its place."""
    try:
        return ask()
    except sn.BadInput as refused:
        return refused


def audited(snapshot: sn.Snapshot) -> Any:
    """The audit, or its refusal."""
    return asked(lambda: sn.audit(snapshot))


def whole(scenario: Scenario) -> sn.Snapshot:
    """Everything there is in the cluster."""
    return sn.snapshot_of(lists(scenario, EXPORT))


def told(answer: Any) -> object:
    """An answer as plain data, a refusal as its text."""
    return str(answer) if isinstance(answer, sn.BadInput) else answer.to_dict()


@pytest.mark.parametrize("name", NAMED)
def test_the_exit_code_says_whether_all_is_known(name: str, exported: dict[str, Exported]) -> None:
    """0 where everything is known, 1 where not all is, 2 where the cluster cannot be asked."""
    code = exported[name].code
    assert code in {1, 2} if name in EITHER else code == (1 if name in PARTIAL else 2 if name in CLOSED else 0)


@pytest.mark.parametrize("name", sorted(NAMED.keys() - CLOSED - EITHER))
def test_what_stays_unknown_is_named(name: str, exported: dict[str, Exported]) -> None:
    """The kinds that the export does not tell are those that standard error names, and no others."""
    snapshot = sn.snapshot_of(exported[name].text) if exported[name].text else sn.Snapshot()
    rows = [row for command in EXPORTS for row, _ in kinds_for(command)]
    unknown = {resource_of(row) for row in rows if getattr(snapshot, row.field) is None}
    named = re.findall(r"^sn-export: (\S+) stays unknown: ", exported[name].complaints, re.MULTILINE)
    assert sorted(named) == sorted(unknown)


@pytest.mark.parametrize("name", sorted(NAMED.keys() - PARTIAL - CLOSED - EITHER))
def test_a_whole_export_gives_the_whole_answers(name: str, exported: dict[str, Exported]) -> None:
    """Where the script says that everything is known, all three commands answer as for the objects themselves."""
    snapshot, known = sn.snapshot_of(exported[name].text), whole(NAMED[name])
    assert told(audited(snapshot)) == told(audited(known))
    assert sn.verify(snapshot).to_dict() == sn.verify(known).to_dict()
    for setting in (SETTING, None):
        assert sn.preflight(snapshot, setting).to_dict() == sn.preflight(known, setting).to_dict()


@pytest.mark.parametrize("name", sorted(PARTIAL))
def test_a_partial_export_gives_those_answers_or_unknown(name: str, exported: dict[str, Exported]) -> None:
    """Where not all is known, each answer is that of the whole cluster, or unknown."""
    text, known = exported[name].text, whole(NAMED[name])
    snapshot = sn.snapshot_of(text) if text else sn.Snapshot()
    for step, same in zip(sn.verify(known).steps, sn.verify(snapshot).steps, strict=True):
        assert same.ok in {None, step.ok}, (step, same)
    for setting in (SETTING, None):
        checks = sn.preflight(known, setting).checks
        for check, seen in zip(checks, sn.preflight(snapshot, setting).checks, strict=True):
            assert seen.ok in {None, check.ok}, (check, seen)
    of_whole, of_part = audited(known), audited(snapshot)
    if isinstance(of_part, sn.BadInput):
        assert of_part.code == "not-exported"
        assert "with the script of `sn-planner export audit`" in str(of_part)
        return
    assert of_part.upgrade_fits in {None, of_whole.upgrade_fits}
    assert {one.address for one in of_part.stale} <= {one.address for one in of_whole.stale}
    assert of_part.upgrade is None or of_part.upgrade.transfers == of_whole.upgrade.transfers
    page = render(audit_document(of_part), "table")
    assert "No stale lease found." not in page or not of_whole.stale
    assert "it would wait, but not stall" not in page
    assert "it fits" not in page


@pytest.mark.parametrize("command", EXPORTS)
def test_each_commands_script_is_enough_for_it(command: str, folder: Path) -> None:
    """Audit, verify and preflight answer of their own script's export as of the whole cluster, and see no secret."""
    answers: dict[str, Callable[[sn.Snapshot], Any]] = {
        "audit": sn.audit,
        "verify": sn.verify,
        "preflight": lambda snapshot: sn.preflight(snapshot, SETTING),
    }
    done = run(sn.export_script(command), "old-longhorn", folder)
    assert (done.code, done.complaints) == (0, "")
    assert (
        answers[command](sn.snapshot_of(done.text)).to_dict()
        == answers[command](whole(NAMED["old-longhorn"])).to_dict()
    )
    assert "BEGIN" not in done.text


@pytest.mark.parametrize("flag", ["-l=app=x", "--field-selector=metadata.name=x", "-A", "--raw=/api", "x"])
def test_flags_that_choose_objects_are_refused(flag: str, folder: Path) -> None:
    """What would leave objects out, or ask for something else, is no export at all."""
    done = run(sn.export_script("audit"), "whole", folder, flag)
    assert (done.code, done.text) == (2, "")
