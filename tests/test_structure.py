"""The house: who may import whom, and what an import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import sn_planner
from sn_planner.advice.findings import CODES
from sn_planner.errors import REFUSALS

PACKAGE = Path(sn_planner.__file__).parent
TESTS = Path(__file__).parent
FLOORS = ("errors", "model", "engine", "advice", "interchange", "cli")
SOLE_IMPORTERS = {"tabulate": "interchange/tables.py", "matplotlib": "interchange/plots"}
PICTURES = "sn_planner.interchange.plots."  # what `plot()` of a result imports when it is called
MODULES = sorted(PACKAGE.rglob("*.py"))


@cache
def imports(path: Path) -> list[str]:
    """The dotted names a module imports, wherever in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def room(path: Path) -> tuple[str, str]:
    """The floor and the wing of a module; no wing is empty text."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py"), parts[1] if len(parts) > 2 else ""


def rooms_imported(path: Path) -> Iterator[tuple[str, str]]:
    """The floor and the wing of every module of the package that a module imports."""
    for name in imports(path):
        if name.startswith(PICTURES) and room(path)[0] not in {"interchange", "cli"}:
            continue
        package, _, inside = name.partition(".")
        if package == "sn_planner":
            parts = inside.split(".")
            is_wing = len(parts) > 1 and (PACKAGE / parts[0] / parts[1]).is_dir()
            yield parts[0], parts[1] if is_wing else ""


# From a wing to the other wings of its floor that it may import; rooms without a wing are open to all wings.
WINGS: dict[tuple[str, str], set[str]] = {
    ("model", "living"): set(),
    ("engine", "chance"): set(),
    ("engine", "pool"): set(),
    ("engine", "simulation"): {"pool"},
    ("engine", "sweep"): set(),
    ("advice", "living"): set(),
    ("interchange", "plots"): set(),
    ("interchange", "reports"): set(),
    ("interchange", "explorer"): {"plots"},  # whose colours it has
}


def test_imports_point_downward() -> None:
    """A module imports its own floor or a lower one, never a higher one: but for a result's way to its picture."""
    for path in MODULES:
        if path.name in {"__init__.py", "__main__.py"} and path.parent == PACKAGE:
            continue
        for floor, _ in rooms_imported(path):
            assert FLOORS.index(floor) <= FLOORS.index(room(path)[0]), f"{path} imports {floor}"


def test_wings_keep_to_themselves() -> None:
    """Sweep and simulation know nothing of each other, and what has no wing imports none of its own floor."""
    for path in MODULES:
        if path.parent == PACKAGE:
            continue
        floor, wing = room(path)
        allowed = {"", wing} | WINGS.get((floor, wing), set())
        for other_floor, other_wing in rooms_imported(path):
            assert other_floor != floor or other_wing in allowed, f"{path} imports {other_floor}/{other_wing}"


def test_every_wing_is_known() -> None:
    """A new wing says which others it may import."""
    found = {room(path) for path in MODULES if room(path)[1]}
    assert found == set(WINGS)


def test_no_module_takes_a_private_name_of_another() -> None:
    """A name with an underscore is its module's own."""
    for path in MODULES:
        ours = [name for name in imports(path) if name.startswith("sn_planner")]
        assert not [name for name in ours if name.rpartition(".")[2].startswith("_")], path


REFUSING = {"BadInput", "NoAnswer", "MissingExtraError"}


def test_every_refusal_has_a_known_code() -> None:
    """A refusal names field, value, problem, fix and a code of a table, in one sentence; never the base class."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "SnPlannerError", f"{path}:{node.lineno}"
                if node.func.id in REFUSING:
                    code = node.args[-1]
                    known, place = {*REFUSALS, *CODES}, f"{path}:{node.lineno}"
                    assert not isinstance(code, ast.Constant) or code.value in known, place
                    for told in node.args[-3:-1]:  # "…; give a range" goes on in the sentence of the problem
                        assert not isinstance(told, ast.Constant) or str(told.value)[0].islower(), place


def test_the_codes_of_refusals_and_findings_are_apart() -> None:
    """A code stands in one table."""
    assert not REFUSALS.keys() & CODES.keys()


@pytest.mark.parametrize(("package", "home"), SOLE_IMPORTERS.items())
def test_sole_importers(package: str, home: str) -> None:
    """tabulate has one importer, and matplotlib one wing of them."""
    importers = {
        str(path.relative_to(PACKAGE)) for path in MODULES for name in imports(path) if name.split(".")[0] == package
    }
    assert all(one.startswith(home) for one in importers)


def test_core_does_no_io() -> None:
    """Below the interchange nothing opens a file, asks a clock or a process."""
    for path in MODULES:
        if path.relative_to(PACKAGE).parts[0] in {"model", "engine", "advice", "errors.py"}:
            arithmetic = {"datetime.date", "datetime.timedelta"}  # with days that are given; nothing asks for today
            names = {name.split(".")[0] for name in set(imports(path)) - arithmetic}
            assert ".today(" not in path.read_text(encoding="utf-8"), path
            assert not names & {
                "io",
                "os",
                "pathlib",
                "subprocess",
                "socket",
                "time",
                "datetime",
                "random",
                "logging",
            }, path


def test_modules_stay_small() -> None:
    """No module grows past 400 lines; the house gets another room first."""
    for path in MODULES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def modules_after(code: str) -> set[str]:
    """The top-level modules a fresh interpreter has loaded after running code."""
    script = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}}, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


HEAVY = {"numpy", "tabulate", "yaml", "matplotlib", "xarray", "dask", "pandas", "ipywidgets"}


def test_importing_the_package_is_light() -> None:
    """`import sn_planner` loads none of the heavy packages."""
    assert not modules_after("import sn_planner") & HEAVY


PLANNING = (
    "suggest",
    "check 10.0.0.0/24",
    "limits 10.0.0.0/24 --nodes 3 --disks 3",
    "profiles",
    "explain overlaps-reserved",
)
READING = (
    "diagnose data/event.txt",
    "site data/site.yaml",
    "simulate 172.16.0.0/27 --nodes 3 --disks-per-node 2",
    "preflight data/live/before --setting data/live/new-setting.yaml",
    "verify data/live/documented.yaml",
    "audit data/live/living.json",
)


@pytest.mark.parametrize(("commands", "not_loaded"), [(PLANNING, HEAVY), (READING, HEAVY - {"yaml"})])
def test_what_has_no_arrays_never_loads_numpy(commands: tuple[str, ...], not_loaded: set[str]) -> None:
    """All but sweep, risk, transfers and runway do without numpy, so that a browser can run them; none draws."""
    lines = [f"main({(command + ' --format json').split()!r})" for command in commands]
    script = "\n".join(("import os", f"os.chdir({str(TESTS)!r})", "from sn_planner.cli import main", *lines))
    assert not modules_after(script) & {*not_loaded, "tqdm"}


def test_public_names_resolve() -> None:
    """Every public name is there, listed, and lives where the package says."""
    assert sorted(sn_planner.__all__) == sorted([*sn_planner._HOME, *sn_planner._MODULES])
    assert set(sn_planner.__all__) <= set(dir(sn_planner))
    for name in sn_planner.__all__:
        value = getattr(sn_planner, name)
        assert not isinstance(value, type) or value.__name__ == name


def test_unknown_names_are_no_attributes() -> None:
    """A name the package does not have is an AttributeError."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sn_planner.nonsense  # noqa: B018  # the access is the test
