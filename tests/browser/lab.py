"""JupyterLab in a browser: a server that leaves nothing behind, and a page on which one notebook is open at a time.

It takes jupyterlab and playwright, and a Chromium on PATH: no browser is downloaded. JupyterLab itself is asked to open
a notebook or to change its theme (`jupyterapp` is its own object), since that spares a load of the page.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SETTINGS: dict[str, dict[str, Any]] = {
    "notebook-extension:tracker": {"windowingMode": "none", "scrollPastEnd": False, "kernelShutdown": True},
    "apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension:plugin": {"autosave": False},
}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
HEIGHT, TALLEST = 900, 16_000  # of the window, and of the highest that a picture is made of [pixels]
PATIENCE = 60  # that a busy machine may take for anything [seconds]
LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
# Whoever started the server holds its standard input; when that is closed, even by a sudden death, the server ends.
WHILE_ASKED = 'exec 3<&0; "$@" & server=$!; { cat <&3 > /dev/null; kill $server; } & wait $server'
FOLDED = ".jp-OutputArea-output details"
SCROLLED = ".jp-NotebookPanel .jp-WindowedPanel-outer"
SHOWN = """wanted => Object.entries(wanted).every(
    ([selector, count]) => document.querySelectorAll(`.jp-Notebook ${selector}`).length >= count)"""
READY = """async () => {
    const context = jupyterapp.shell.currentWidget.sessionContext;
    await context.ready;
    await context.session?.kernel?.info;
    const {status, connectionStatus} = context.session?.kernel ?? {};
    return status === "idle" && connectionStatus === "connected";
}"""
RUN = """() => [...document.querySelectorAll(".jp-CodeCell")].every((cell) =>
    /[0-9]/.test(cell.querySelector(".jp-InputPrompt").innerText) && cell.querySelector(".jp-OutputArea-output"))"""
SETTLED = """([scrolled, width, height]) => {
    const {right, bottom} = document.querySelector(scrolled).getBoundingClientRect();
    const isThere = (edge, end) => edge <= end && edge > end - 100;  // bars stand beside it
    const pictures = [...document.querySelectorAll(".jp-Notebook img")];
    return isThere(right, width) && isThere(bottom, height) && pictures.every((one) => one.complete);
}"""


class View(NamedTuple):
    """How wide the window is [pixels], and its theme."""

    width: int
    theme: str

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}"


@contextmanager
def served(folder: Path, work: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves a folder to whoever has the token in it, and ends with the block.

    Whatever it keeps it keeps in `work`; the settings of whoever runs it are not asked.
    """
    for name, values in SETTINGS.items():
        path = work / "settings" / "@jupyterlab" / f"{name.replace(':', '/')}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # should another take it meanwhile, the server takes the next
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(work / "config"),
        "JUPYTER_DATA_DIR": str(work / "data"),
        "JUPYTER_RUNTIME_DIR": str(work / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(work / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(work / "workspaces"),
        "IPYTHONDIR": str(work / "ipython"),
        "JUPYTER_TOKEN": secrets.token_hex(),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.extension_manager=readonly"]
    log = work / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            ["sh", "-c", WHILE_ASKED, "sh", *command],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with server:
        try:
            yield _address(server, work / "runtime", log)
        finally:
            try:
                server.communicate(timeout=PATIENCE)  # it ends its kernels
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


def _address(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """What the server says of itself as soon as it listens; with one document at a time, without sidebars."""
    end = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < end:
        for path in runtime.glob("jpserver-*.json"):
            try:
                told = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:  # half written
                continue
            return f"{told['url']}doc?token={told['token']}"
        time.sleep(0.05)
    raise AssertionError(f"JupyterLab does not start:\n{log.read_text(encoding='utf-8', errors='replace')}")


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page in a browser of its own, which ends with the block."""
    from playwright.sync_api import sync_playwright

    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert browser, f"there is no browser on PATH: install one of {', '.join(BROWSERS)}"
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=browser, args=FLAGS) as chromium:
        page = chromium.new_page(viewport={"width": 1200, "height": HEIGHT})
        page.set_default_timeout(PATIENCE * 1000)
        yield page


@contextmanager
def browsed(address: str) -> Iterator[Lab]:
    """The lab at an address in a browser of its own, which ends with the block."""
    with browser_page() as page:
        page.goto(address)
        page.wait_for_function("() => window.jupyterapp && jupyterapp.restored.then(() => true)")
        page.evaluate("() => jupyterapp.shell.collapseLeft()")
        yield Lab(page)


class Lab:
    """JupyterLab on a page, with one notebook open, or none."""

    def __init__(self, page: Page) -> None:
        """Takes the page over."""
        self.page = page
        self.theme = "light"

    def open(self, path: Path) -> None:
        """Closes what is open without saving, opens a notebook of the folder served, and waits until all is shown."""
        self.page.evaluate("() => { jupyterapp.shell.currentWidget?.dispose(); }")
        self.page.wait_for_selector(".jp-NotebookPanel", state="detached")
        self.page.set_viewport_size({"width": 1200, "height": HEIGHT})  # a click in a high window takes its time
        self._command("docmanager:open", path=path.name)
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        wanted = {
            ".jp-Cell": len(cells),
            ".jp-MarkdownOutput": sum(cell["cell_type"] == "markdown" for cell in cells),
            ".jp-OutputArea-output": sum(len(cell.get("outputs", ())) for cell in cells),
        }
        self.page.wait_for_function(SHOWN, arg=wanted)

    def run_all(self) -> None:
        """Runs every cell, by the menu, and waits until each has shown something."""
        self.page.wait_for_function(READY)  # before that it would forget them
        self.page.locator(".lm-MenuBar-itemLabel:text-is('Run')").click()
        self.page.locator(".lm-Menu-itemLabel:text-is('Run All Cells')").click()
        self.page.wait_for_function(RUN)

    def unfold(self) -> None:
        """A click on every part of the outputs that is folded away."""
        for summary in self.page.locator(f"{FOLDED} > summary").all():
            summary.click()

    def unfolded(self) -> list[bool]:
        """Of each of them, whether it is open."""
        found: list[bool] = self.page.locator(FOLDED).evaluate_all("all => all.map(one => one.open)")
        return found

    def turn(self, view: View) -> None:
        """The window as wide as the view, in its theme, and as high as the notebook."""
        if view.theme != self.theme:
            self.theme = view.theme
            self._command("apputils:change-theme", theme=THEMES[view.theme])
        self.page.wait_for_selector(f"body[data-jp-theme-name='{THEMES[view.theme]}']", state="attached")
        self._size(view.width, HEIGHT)
        hidden: int = self.page.locator(SCROLLED).evaluate("one => one.scrollHeight - one.clientHeight")
        self._size(view.width, min(HEIGHT + hidden, TALLEST))
        self.page.mouse.move(0, 0)  # a row under the mouse has a colour of its own

    def look(self) -> dict[str, Any]:
        """What there is to be seen, as `look.js` tells it."""
        seen: dict[str, Any] = self.page.evaluate(LOOK)
        return seen

    def _size(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function(SETTLED, arg=[SCROLLED, width, height])

    def _command(self, name: str, **words: str) -> None:
        """A command of JupyterLab's; what comes of it has to be waited for."""
        self.page.evaluate("([name, words]) => { jupyterapp.commands.execute(name, words); }", [name, words])
