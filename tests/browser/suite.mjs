// The suite on the page's own Python, in Node: `node tests/browser/suite.mjs ENGINE SITE [ARGUMENTS OF PYTEST]`.
//
// ENGINE is the folder of Pyodide, SITE one with pure packages. There is no numpy, and there are no processes,
// pipes and threads: what asks for one of them is skipped, by name; whatever else fails, fails.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [engine, site, ...given] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(engine, "pyodide.mjs")).href);
const python = await loadPyodide({ indexURL: resolve(engine) });
for (const [at, root] of [["/project", process.cwd()], ["/site", resolve(site)]]) {
  python.FS.mkdir(at);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, at);
}
python.FS.chdir("/project");
python.globals.set("given", python.toPy(given));
process.exitCode = python.runPython(`
import errno
import os
import re
import shutil
import sys
import sysconfig
import traceback

sys.dont_write_bytecode = True
shutil.copytree("/site", sysconfig.get_path("purelib"), dirs_exist_ok=True)  # many small reads are slow over a mount
sys.path.insert(0, "/project")

import pytest

LACKING = ("numpy", "pandas", "matplotlib", "xarray", "dask", "distributed", "ipywidgets", "jsonschema", "resource")
NONE = re.compile(rf"No module named '(?:{'|'.join(LACKING)})'")


class Lacking:
    """Leaves out what takes a package, a process, a pipe or a thread, none of which is there."""

    def __init__(self):
        self.left_out = []
        self.asked = False

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        report = yield
        if report.failed and NONE.search(str(report.longrepr)):
            self.left_out.append(collector.name)
            report.outcome, report.longrepr = "passed", None
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        error = call.excinfo and call.excinfo.value
        why = (
            self.asked
            or (isinstance(error, OSError) and error.errno == errno.ENOTSUP)
            or (isinstance(error, AttributeError) and error.obj is os)
            or (isinstance(error, RuntimeError) and "can't start new thread" in str(error))
        )
        if report.failed and why:
            report.outcome, report.longrepr = "skipped", (str(item.path), None, "Skipped: it is not there")
        if call.when == "teardown":
            self.asked = False
        return report

    def pytest_terminal_summary(self, terminalreporter):
        terminalreporter.line(f"left out, for want of packages: {', '.join(sorted(self.left_out))}")


from sn_planner.model import extras

lacking = Lacking()
missing = extras._missing


# The rooms that compute with arrays; a package that any other module comes to need is a fault.
ARRAYS = re.compile(r"/sn_planner/(?:engine/(?:sweep|chance)|interchange/plots|engine/simulation/random_steps|advice/ensemble)")


def noted(*told):
    codes = [frame.f_code for frame, _ in traceback.walk_tb(sys.exc_info()[2])]
    lacking.asked = any(ARRAYS.search(one.co_filename) or one.co_name == "extra" for one in codes)
    return missing(*told)


extras._missing = noted
options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "-rs"]
int(pytest.main([*options, *given], plugins=[lacking]))
`);
