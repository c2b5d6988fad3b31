"""The house: who may import whom, and what an import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sn_planner

PACKAGE = Path(sn_planner.__file__).parent
FLOORS = ("errors", "model", "engine", "advice", "interchange", "cli")
SOLE_IMPORTERS = {"tabulate": "interchange/tables.py", "matplotlib": "interchange/plots.py"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The dotted names a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def floor(path: Path) -> int:
    """How high in the house a module lives."""
    return FLOORS.index(path.relative_to(PACKAGE).parts[0].removesuffix(".py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path: Path) -> None:
    """A module imports its own floor or a lower one, never a higher one."""
    if path.name in {"__init__.py", "__main__.py"} and path.parent == PACKAGE:
        return
    for name in imports(path):
        package, _, inside = name.partition(".")
        if package == "sn_planner":
            assert FLOORS.index(inside.split(".")[0]) <= floor(path), f"{path} imports {name}"


@pytest.mark.parametrize(("package", "home"), SOLE_IMPORTERS.items())
def test_sole_importers(package: str, home: str) -> None:
    """tabulate and matplotlib have one importer each."""
    importers = {
        str(path.relative_to(PACKAGE)) for path in MODULES for name in imports(path) if name.split(".")[0] == package
    }
    assert importers <= {home}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_core_does_no_io(path: Path) -> None:
    """Below the interchange nothing opens a file, asks a clock or a process."""
    if path.relative_to(PACKAGE).parts[0] in {"model", "engine", "advice", "errors.py"}:
        names = {name.split(".")[0] for name in imports(path)}
        assert not names & {"io", "os", "pathlib", "subprocess", "socket", "time", "datetime", "random", "logging"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_small(path: Path) -> None:
    """No module grows past 400 lines; the house gets another room first."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def modules_after(code: str) -> set[str]:
    """The top-level modules a fresh interpreter has loaded after running code."""
    script = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}}, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


HEAVY = {"numpy", "tabulate", "yaml", "matplotlib", "xarray", "dask", "pandas"}


def test_importing_the_package_is_light() -> None:
    """`import sn_planner` loads none of the heavy packages."""
    assert not modules_after("import sn_planner") & HEAVY


@pytest.mark.parametrize(
    "command", ["suggest", "check 10.0.0.0/24", "limits 10.0.0.0/24 --nodes 3 --disks 3", "profiles"]
)
def test_planning_never_loads_numpy(command: str) -> None:
    """The commands without arrays do without numpy, and their JSON without tabulate."""
    run = f"from sn_planner.cli import main\nmain({(command + ' --format json').split()!r})"
    assert not modules_after(run) & HEAVY


def test_public_names_resolve() -> None:
    """Every public name is there, listed, and lives where the package says."""
    for name in sn_planner.__all__:
        assert getattr(sn_planner, name).__name__ == name
    assert set(sn_planner.__all__) <= set(dir(sn_planner))
    assert sorted(sn_planner.__all__) == sorted(sn_planner._HOME)


def test_unknown_names_are_no_attributes() -> None:
    """A name the package does not have is an AttributeError."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sn_planner.nonsense  # noqa: B018  # the access is the test
