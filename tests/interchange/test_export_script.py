"""The script that exports: what it asks, what it writes down, and what it leaves unknown.

A kubectl that answers from files stands in for the real one, which `tests/kubectl` has.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import attrs
import pytest

import sn_planner as sn
from sn_planner.interchange.export_script import export_script
from sn_planner.model.living import resources as kept
from sn_planner.model.living.exports import EXPORTS, kinds_for, resource_of
from sn_planner.model.living.readers import KINDS
from sn_planner.model.living.snapshot import Snapshot

KUBECTL = """#!/bin/sh
printf '%s|' "$@" >> asked; echo >> asked
case $1 in get) name=$2 ;; *) name=$1 ;; esac
case $name in customresourcedefinitions.*) name=crd-$3 ;; esac
[ ! -f "$name.out" ] || cat "$name.out"
[ ! -f "$name.err" ] || cat "$name.err" >&2
[ ! -f "$name.run" ] || . "./$name.run"
[ -f "$name.rc" ] || exit 0
exit "$(cat "$name.rc")"
"""
SHELLS: dict[str, list[str]] = {"sh": [], "dash": [], "bash": ["--posix"], "ksh": [], "busybox": ["sh"], "yash": []}
DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
SERVED = sorted({resource_of(row) for row in KINDS.values()})
NODE = '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}]}'


@attrs.frozen
class Cluster:
    """A folder with a kubectl that answers from the files in it."""

    folder: Path

    def says(self, name: str, out: str = "", err: str = "", code: int = 0) -> None:
        """What kubectl answers to a question: api-resources, a resource, or the definition of one ("crd-…")."""
        for suffix, text in (("out", out), ("err", err), ("rc", str(code))):
            (self.folder / f"{name}.{suffix}").write_text(text, encoding="utf-8")

    def serves(self, *gone: str, problem: str = "") -> None:
        """The cluster serves everything but that, and has a problem with discovery."""
        served = "\n".join(name for name in SERVED if name not in gone)
        self.says("api-resources", f"{served}\n", problem, int(bool(problem)))
        for name in gone:
            self.says(name, err=f'error: the server doesn\'t have a resource type "{name}"', code=1)

    def export(
        self, command: str = "audit", *flags: str, path: str | None = None, shell: str = "sh"
    ) -> tuple[int, str, str]:
        """Exit code, export and complaints of the script."""
        (self.folder / "sn-export.sh").write_text(export_script(command), encoding="utf-8")
        env = {"PATH": f"{self.folder}:{os.environ['PATH']}" if path is None else path, "TMPDIR": "nowhere"}
        run = subprocess.run(
            [shutil.which(shell) or shell, *SHELLS[shell], "sn-export.sh", *flags],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode, run.stdout, run.stderr

    @property
    def asked(self) -> list[str]:
        """Every call of kubectl, its words ended by bars."""
        return (self.folder / "asked").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    """A cluster that serves everything and has nothing."""
    (tmp_path / "kubectl").write_text(KUBECTL, encoding="utf-8")
    (tmp_path / "kubectl").chmod(0o755)
    found = Cluster(tmp_path)
    found.serves()
    return found


def known(snapshot: Snapshot) -> set[str]:
    """The fields of which is known what there is."""
    return {row.field for row in KINDS.values() if getattr(snapshot, row.field) is not None}


@pytest.mark.parametrize("command", EXPORTS)
def test_the_script_is_one_for_every_shell(command: str) -> None:
    """It is read without complaint, has no address of the API in it, and goes to no namespace but Longhorn's."""
    script = export_script(command)
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    assert "--raw" not in script
    assert script.count("-n longhorn-system") == 1
    assert max(map(len, script.splitlines())) < 150


def test_every_shell_exports_the_same(cluster: Cluster) -> None:
    """Whatever shell there is, and however strict, the export and what is said of it are the same."""
    cluster.serves(POOLS, problem=METRICS)
    cluster.says("pods", NODE, FORBIDDEN, 1)
    found = [shell for shell in SHELLS if shutil.which(shell)]
    assert {cluster.export("preflight", shell=shell) for shell in found} == {cluster.export("preflight")}


@pytest.mark.parametrize("command", EXPORTS)
def test_an_empty_cluster_is_known_to_be_empty(cluster: Cluster, command: str) -> None:
    """Each kind that the command reads is asked for once, alone; where there is none of it, that is written down."""
    code, out, err = cluster.export(command)
    assert (code, err) == (0, "")
    assert known(sn.snapshot_of(out)) == set(EXPORTS[command])
    asked = [one.split("|") for one in cluster.asked if one.startswith("get|")]
    expected = [resource_of(row) for row, _ in kinds_for(command) if row.field != "definitions"]
    assert [words[1] for words in asked] == expected
    assert all({"-o", "json", "--ignore-not-found"} < set(words) for words in asked)


def test_no_setting_is_asked_for_that_is_not_read(cluster: Cluster) -> None:
    """Settings are asked for by name, the certificates among them never; that is enough to know of the others."""
    cluster.export()
    (ours,) = [one for one in cluster.asked if "settings.harvesterhci.io" in one]
    assert set(ours.split("|")) >= {*kept.READ_SETTINGS, kept.COMMON_SETTING}
    assert "-A|" not in ours
    settings = (kept.StoredSetting("storage-network"), kept.StoredSetting(kept.COMMON_SETTING))
    assert Snapshot(settings=settings).has_every_setting


def test_what_kubectl_prints_is_the_export(cluster: Cluster) -> None:
    """A list is handed on as it is, beside the others."""
    cluster.says("nodes", NODE)
    code, out, _ = cluster.export()
    assert code == 0
    assert sn.snapshot_of(out).nodes == (kept.ClusterNode("n"),)
    assert NODE in out


def test_a_page_that_fails_loses_the_list(cluster: Cluster) -> None:
    """What kubectl printed before it failed is not used: it looks like a whole list."""
    cluster.says("nodes", NODE, "warning: x\nError from server (Expired): too old\n", 1)
    code, out, err = cluster.export()
    assert (code, err) == (1, "sn-export: nodes stays unknown: Error from server (Expired): too old\n")
    assert sn.snapshot_of(out).nodes is None
    assert known(sn.snapshot_of(out)) == {*EXPORTS["audit"]} - {"nodes"}


def test_a_kubectl_that_says_nothing(cluster: Cluster) -> None:
    """Where kubectl fails without a word, its exit code is told."""
    cluster.says("pods", code=137)
    assert cluster.export()[2] == "sn-export: pods stays unknown: kubectl ended with 137\n"


POOLS = "ippools.whereabouts.cni.cncf.io"
FORBIDDEN = "Error from server (Forbidden): x is forbidden"
COMPLETE = "error: unable to retrieve the complete list of server APIs"
METRICS = f"{COMPLETE}: metrics.k8s.io/v1beta1: the server is currently unable to handle the request"


@pytest.mark.parametrize(
    ("definition", "problem", "is_none"),
    [
        (("", "", 0), "", True),
        (("", "", 0), METRICS, True),
        ((f"{DEFINITIONS}/{POOLS}", "", 0), "", False),
        (("", FORBIDDEN, 1), "", True),
        (("", FORBIDDEN, 1), METRICS, True),
        (("", FORBIDDEN, 1), f"{COMPLETE}: whereabouts.cni.cncf.io/v1alpha1: Gone", False),
        (("", FORBIDDEN, 1), "error: the connection was refused", False),
    ],
)
def test_a_kind_that_is_not_served(
    cluster: Cluster, definition: tuple[str, str, int], problem: str, is_none: bool
) -> None:
    """It has no objects where its definition is not there, or, unread, where the cluster told of all its kinds."""
    cluster.serves(POOLS, problem=problem)
    cluster.says(f"crd-{POOLS}", *definition)
    code, out, err = cluster.export()
    assert (code, sn.snapshot_of(out).pools) == ((0, ()) if is_none else (1, None))
    assert err == ("" if is_none else f"sn-export: {POOLS} stays unknown: {cluster_error(cluster)}\n")


def cluster_error(cluster: Cluster) -> str:
    """What kubectl says of the missing kind."""
    return (cluster.folder / f"{POOLS}.err").read_text(encoding="utf-8")


def test_a_kind_that_is_served_and_fails_is_unknown(cluster: Cluster) -> None:
    """That a kind has no definition means nothing where it is served."""
    cluster.says(POOLS, err=FORBIDDEN, code=1)
    assert cluster.export()[0] == 1
    assert not [one for one in cluster.asked if DEFINITIONS in one]


def test_a_cluster_that_tells_only_of_its_own_kinds(cluster: Cluster) -> None:
    """Where no API group is told, none is known to be missing, and no definition to be absent."""
    cluster.serves(*(name for name in SERVED if "." in name))
    for name in SERVED:
        cluster.says(f"crd-{name}", err=FORBIDDEN, code=1)
    code, out, err = cluster.export("preflight")
    assert (code, known(sn.snapshot_of(out))) == (1, {"nodes"})
    assert err.endswith("sn-export: customresourcedefinitions.apiextensions.k8s.io stays unknown: \n")


@pytest.mark.parametrize(("gone", "ok"), [((), True), ((POOLS,), False)])
def test_definitions_are_those_that_are_served(cluster: Cluster, gone: tuple[str, ...], ok: bool) -> None:
    """Preflight knows whether Whereabouts is there without the right to read a definition."""
    cluster.serves(*gone)
    snapshot = sn.snapshot_of(cluster.export("preflight")[1])
    assert {check.name: check.ok for check in sn.preflight(snapshot).checks}["whereabouts-installed"] is ok


def test_flags_go_to_every_question(cluster: Cluster) -> None:
    """The flags of the script are those of kubectl, spaces and all, and cannot change what is asked."""
    cluster.serves(POOLS)
    cluster.export("audit", "--context", "my cluster", "-n", "elsewhere")
    assert all("|--context|my cluster|-n|elsewhere|" in one for one in cluster.asked)
    (longhorns,) = [one for one in cluster.asked if "settings.longhorn.io" in one]
    assert longhorns.index("-n|elsewhere") < longhorns.index("-n|longhorn-system")


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("error: unknown shorthand flag: 'l' in -l", "unknown shorthand flag"),
        ("The connection to the server localhost:8080 was refused", "localhost:8080"),
    ],
)
def test_a_cluster_that_cannot_be_asked(cluster: Cluster, problem: str, words: str) -> None:
    """Where the cluster does not say what it serves, nothing is exported, and the exit code is 2."""
    cluster.says("api-resources", "", problem, 1)
    code, out, err = cluster.export("audit", "-l", "app=x")
    assert (code, out) == (2, "")
    assert words in err
    assert "the cluster does not say what it serves" in err
    assert len(cluster.asked) == 1


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_is_no_export(cluster: Cluster, flag: str) -> None:
    """A question for help is answered beside the export, before kubectl prints its own into it."""
    assert cluster.export("audit", flag) == (
        2,
        "",
        "sn-export: usage: sh sn-export.sh [KUBECTL-FLAG]... > export.json\n",
    )


def test_without_kubectl(cluster: Cluster) -> None:
    """A machine without kubectl is told so."""
    (cluster.folder / "kubectl").unlink()
    assert cluster.export(path=str(cluster.folder)) == (2, "", "sn-export: kubectl is not on the PATH\n")


def test_a_script_that_is_stopped(cluster: Cluster) -> None:
    """Stopped by Ctrl-C it ends with 2, leaves no file behind, and what it printed is whole lists."""
    (cluster.folder / "nodes.run").write_text("kill -INT 0\n", encoding="utf-8")
    (cluster.folder / "sn-export.sh").write_text(export_script("audit"), encoding="utf-8")
    (cluster.folder / "tmp").mkdir()
    env = {"PATH": f"{cluster.folder}:{os.environ['PATH']}", "TMPDIR": str(cluster.folder / "tmp")}
    run = subprocess.Popen(
        ["sh", "sn-export.sh"], cwd=cluster.folder, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    out, _ = run.communicate(timeout=30)
    assert run.returncode in {2, -signal.SIGINT}
    assert list((cluster.folder / "tmp").iterdir()) == []
    assert known(sn.snapshot_of(out)) < set(EXPORTS["audit"])


def test_a_full_disk_is_no_success(cluster: Cluster) -> None:
    """What cannot be written ends the script with 2."""
    (cluster.folder / "sn-export.sh").write_text(export_script("audit"), encoding="utf-8")
    env = {"PATH": f"{cluster.folder}:{os.environ['PATH']}"}
    with open("/dev/full", "w", encoding="utf-8") as full:
        run = subprocess.run(["sh", "sn-export.sh"], cwd=cluster.folder, env=env, stdout=full, check=False)
    assert run.returncode == 2
