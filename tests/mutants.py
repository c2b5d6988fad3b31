"""Mutation testing by sample: small faults in model, engine and advice, each of which the tests should notice.

    python -m tests.mutants [SAMPLE [SEED]]

The faults are mutmut's operators. Mutmut itself passes over tables and what is decorated, here every property, and
cannot sample: so each mutant drawn is imported in a process of its own, forked where the libraries are loaded. It meets
the tests that run its line, those first that run the fewest lines, for about `ENOUGH` seconds, and those that read its
module's text. A table's line runs when it is imported: it meets the tests that run any other line of its module, and
those that run no line of the package, but may compare the table with something.
"""

from __future__ import annotations

import importlib
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import coverage
import libcst as cst
import pytest
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

FLOORS = ("model", "engine", "advice")
PRELOADED = ("hypothesis", "numpy", "yaml", "xarray", "dask", "tabulate", "netaddr")
PYTEST = [
    *("-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutants"),
    "--ignore=tests/engine/sweep/test_distributed.py",  # its workers are processes of their own, without the fault
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
]
ON_DISK = "tests/test_structure.py"  # reads the modules' files, each with tests of its own
ENOUGH = 20
FIRST = 30


class Mutant(NamedTuple):
    """One fault: its module, the lines that run with it, and the two nodes."""

    path: Path
    lines: range
    module: cst.Module
    old: cst.CSTNode
    new: cst.CSTNode

    def sources(self) -> tuple[str, str]:
        """The module's text without and with the fault."""
        return self.module.code, cst.ensure_type(self.module.deep_replace(self.old, self.new), cst.Module).code


class Finder(cst.CSTVisitor):
    """Every mutant of a module: annotations are not run, without an import or a decorator nothing else runs."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: Path, module: cst.Module) -> None:
        super().__init__()
        self.path, self.module = path, module
        self.found, self.statements = list[Mutant](), list[cst.CSTNode]()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
            return False
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self.statements.append(node)
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                self.found += [Mutant(self.path, self.lines(node), self.module, node, new) for new in operator(node)]
        return True

    def on_leave(self, node: cst.CSTNode) -> None:
        if self.statements and node is self.statements[-1]:
            self.statements.pop()

    def lines(self, node: cst.CSTNode) -> range:
        """The lines of the node's statement; of a compound one its head, as far as the node."""
        statement = self.statements[-1]
        last = statement if isinstance(statement, cst.SimpleStatementLine) else node
        return range(self.place(statement).start.line, self.place(last).end.line + 1)

    def place(self, node: cst.CSTNode) -> CodeRange:
        return self.get_metadata(PositionProvider, node)


class Judge:
    """For pytest: runs some tests only, in their order, until one fails or enough have passed."""

    def __init__(self, tests: list[str]) -> None:
        self.order = {test: at for at, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = [item for item in items if item.nodeid in self.order]
        items[:] = sorted(known, key=lambda item: self.order[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(pytest.ExitCode.TESTS_FAILED)
        if sum(os.times()[:4]) > ENOUGH:
            os._exit(pytest.ExitCode.OK)


def tests_by_line() -> dict[Path, dict[int, set[str]]]:
    """Which tests run each line, of the package and of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "coverage")
        command = [*PYTEST, "--cov=tests", "--cov-context=test", "--cov-report=", "--cov-fail-under=0"]
        subprocess.run(
            [sys.executable, "-m", "pytest", *command], env=os.environ | {"COVERAGE_FILE": str(data)}, check=True
        )
        found = coverage.CoverageData(str(data))
        found.read()
        return {
            Path(path).relative_to(Path.cwd()): {
                line: {test.rpartition("|")[0] for test in contexts if test}
                for line, contexts in found.contexts_by_lineno(path).items()
            }
            for path in found.measured_files()
        }


def survives(path: Path, source: str, tests: list[str]) -> bool:
    """Whether the tests pass with this text as the module's; what ends in another way, or never, is noticed."""
    if not (child := os.fork()):
        try:
            os._exit(judged(path, source, tests))
        finally:
            os._exit(pytest.ExitCode.INTERNAL_ERROR)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}


def judged(path: Path, source: str, tests: list[str]) -> int:
    """The exit code of pytest, in this process, with this text as the module's."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (4 * ENOUGH, 4 * ENOUGH))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    module, original = ".".join(path.with_suffix("").parts), SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        return compile(source, path, "exec") if name == module else original(loader, name)

    def read_text(file: Path, encoding: str | None = None) -> str:
        return source if file == Path.cwd() / path else file.read_bytes().decode(encoding or "utf-8")

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
    Path.read_text = read_text  # type: ignore[method-assign, assignment]
    importlib.import_module(module)  # before pytest's own importer is there
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    options = ["-o", "addopts=--doctest-modules", "-p", "no:cov", "-p", "no:xdist"]
    return pytest.main([*PYTEST, *options, *files], plugins=[Judge(tests)])


def every_mutant() -> Iterator[Mutant]:
    """All mutants of the three floors, in the order of the code."""
    for path in sorted(path for floor in FLOORS for path in Path("sn_planner", floor).rglob("*.py")):
        finder = Finder(path, module := cst.parse_module(path.read_text(encoding="utf-8")))
        MetadataWrapper(module, unsafe_skip_copy=True).visit(finder)
        yield from finder.found


def share_of(part: int, whole: int) -> str:
    """A share with the interval that holds the true one with 95 % certainty (Wilson's)."""
    share, spread = part / whole, 1.96**2 / whole
    half = (spread * (share * (1 - share) + spread / 4)) ** 0.5
    low, high = ((share + spread / 2 + sign * half) / (1 + spread) for sign in (-1, 1))
    return f"{share:.1%}, with 95 % certainty {low:.1%} to {high:.1%}"


def main(sample: int = 600, seed: int = 0) -> None:
    """Draws mutants, lets them meet their tests, and tells which survived and how many were killed."""
    for name in PRELOADED:
        importlib.import_module(name)
    mutants, chance, survived = list(every_mutant()), random.Random(seed), 0
    by_line = tests_by_line()
    package = [lines for path, lines in by_line.items() if path.parts[0] == "sn_planner"]
    reach = Counter(test for lines in package for tests in lines.values() for test in tests)
    every = set().union(*(tests for lines in by_line.values() for tests in lines.values()))
    reading = {test for test in every if test.startswith(ON_DISK)}
    comparing = every - reach.keys() - reading
    for at in range(sample):  # one of each stretch of the code: all stretches hold as many mutants
        mutant = mutants[chance.randrange(len(mutants) * at // sample, len(mutants) * (at + 1) // sample)]
        lines = by_line.get(mutant.path, {})
        tests = set().union(*(lines.get(line, ()) for line in mutant.lines)) or comparing.union(*lines.values())
        tests |= {test for test in reading if test.endswith(f"[{mutant.path.relative_to('sn_planner')}]")}
        before, after = mutant.sources()
        ranked = sorted(tests, key=lambda test: (reach[test], test))
        parts = ranked[:FIRST], ranked[FIRST:]  # most die of the first few, and few are quickly collected
        if all(survives(mutant.path, after, part) for part in parts if part):
            survived += 1
            changes = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
            place = f"{at + 1}/{sample} survived: {mutant.path}:{mutant.lines.start}"
            print(place, *list(changes)[3:], sep="\n    ", flush=True)
    print(f"{sample - survived} of {sample} mutants killed: {share_of(sample - survived, sample)};", end=" ")
    print(f"drawn with seed {seed} from {len(mutants):,}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
