"""The page that plans, in a real browser: its answers are those of the command line, and nothing leaves it.

Run it by its name, with a Chromium and npm on PATH: `python -m pytest --no-cov tests/browser/real_planner.py`. With
SCREENSHOTS=folder it leaves pictures there. The policy of the page lets no test run a text in it: what is waited for is
a locator's state.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.browser.lab import browser_page

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator, Page

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
MOST_ON_THE_WIRE = 7_500_000  # of a first visit [bytes]
TYPES = {".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}
TYPES |= {".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json"}
SEEN = Path(__file__).with_name("seen.js").read_text(encoding="utf-8")
EXAMPLE = {"--nodes": "5", "--disks-per-node": "2", "--images": "10"}
HOSTILE = "<img src=x onerror='document.title=1'><script>document.title=2</script>"


class Host(ThreadingHTTPServer):
    """A host of files as they are: it compresses texts, and lets what is named by its content be kept."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sent = folder, 0
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Answers)
        self.address = f"http://127.0.0.1:{self.server_port}/"


class _Answers(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        path = self.server.folder / (self.path.partition("?")[0].lstrip("/") or "index.html")
        if not path.is_file():
            self.send_error(404)
            return
        content, kind = path.read_bytes(), TYPES.get(path.suffix, "application/octet-stream")
        self.send_response(200)
        if path.suffix in TYPES:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        lasting = "max-age=31536000, immutable" if "engine-" in self.path else "no-cache"
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(content))), ("Cache-Control", lasting)):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.server.sent += len(content) + 250  # with its head, about

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def hosted(folder: Path) -> Iterator[Host]:
    """A host of a folder, which ends with the block."""
    with Host(folder) as host:
        Thread(target=host.serve_forever, daemon=True).start()
        yield host
        host.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as the command of its how-to builds it."""
    made = tmp_path_factory.mktemp("planner") / "site"
    how_to = (ROOT / "docs" / "how-to" / "browser.md").read_text(encoding="utf-8")
    build = re.findall(r"^python (docs/planner/build\.py) site/planner$", how_to, re.MULTILINE)
    subprocess.run([sys.executable, *build, str(made)], check=True, cwd=ROOT)
    return made


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[Host]:
    """Its host."""
    with hosted(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Another host, which nobody should ask."""
    with hosted(tmp_path_factory.mktemp("elsewhere")) as opened:
        yield opened


class Visit(NamedTuple):
    """The page, open; what it asked for, and what went wrong in it."""

    page: Page
    requests: list[str]
    complaints: list[str]

    def field(self, section: str, flag: str) -> Locator:
        """The field of a flag; opens what it is folded into."""
        found = self.page.locator(f"#{section} [data-flag='{flag}']")
        folded = self.page.locator(f"#{section} details:has([data-flag='{flag}']) > summary")
        if folded.count() and found.first.is_hidden():
            folded.click()
        return found

    def fill(self, section: str, **values: str) -> None:
        """Shows a question, empties its form, and fills fields by their flags."""
        self.page.locator(f"nav a[data-to='{section}']").click()
        self.page.locator(f"#{section} form").evaluate("form => form.reset()")
        for name, value in values.items():
            self.field(section, f"--{name.replace('_', '-')}").first.fill(value)

    def ask(self, section: str) -> Locator:
        """Asks, and waits for the answer."""
        self.page.locator(f"#{section} button[type=submit]").click()
        self.page.locator("#stop").wait_for(state="hidden")
        return self.page.locator(f"#{section} .answer")


@pytest.fixture(scope="module")
def visit(host: Host) -> Iterator[Visit]:
    """One visit for all tests here: a process has one browser at a time."""
    with browser_page() as page:
        opened = Visit(page, [], [])
        page.context.on("request", lambda request: opened.requests.append(request.url))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("console", lambda said: opened.complaints.append(said.text) if said.type == "error" else None)
        began = time.monotonic()
        page.goto(host.address)
        opened.fill("find", nodes="5", disks_per_node="2", images="10")
        opened.ask("find")
        print(f"\nfirst answer after {time.monotonic() - began:.1f} s, {host.sent / 1e6:.2f} MB", file=sys.stderr)
        yield opened


def command(argv: list[str], folder: Path) -> tuple[int, str, str]:
    """What a command line answers in a folder: exit code, stdout, the last line of stderr."""
    environment = {**os.environ, "COLUMNS": "5000", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, *argv], check=False, cwd=folder, env=environment, capture_output=True, encoding="utf-8"
    )
    return ran.returncode, ran.stdout, ran.stderr.rstrip("\n").rpartition("\n")[2]


def told(answer: Locator) -> tuple[list[str], str]:
    """The command line that the page shows, as words, and its JSON."""
    line = answer.locator("h3:has-text('The same on the command line') + .code pre").text_content()
    found = answer.locator("details:has(> summary:text-is('The answer as JSON')) pre").text_content()
    python, *argv = shlex.split(line or "")
    assert python == "python"
    return argv, found or ""


def is_as_the_command_line_has_it(answer: Locator, folder: Path) -> None:
    """The page's JSON is that of the command it shows, and every word for a person is on the page."""
    assert answer.is_visible()
    argv, found = told(answer)
    _, out, _ = command([*argv, "--format", "json"], folder)
    assert found == out
    _, read, _ = command([*argv, "--explain"], folder)
    shown = "".join((answer.text_content() or "").split())
    drawn = re.compile(r"-[- ]+-|Why it matters: .*")
    lines = [re.sub(r"^(- |== )|\s", "", line) for line in read.splitlines() if not drawn.fullmatch(line)]
    assert [line for line in lines if line not in shown] == []


def test_the_first_visit(visit: Visit, host: Host) -> None:
    """It is as small as promised, what was asked meanwhile is answered; the second visit loads nothing anew."""
    assert host.sent <= MOST_ON_THE_WIRE
    assert visit.page.locator("#find .title").inner_text() == "192.168.0.0/26"
    before = host.sent
    visit.page.reload()
    visit.page.locator("#find .title").wait_for()  # what the address says is asked again
    assert host.sent - before < 100_000


def drop(visit: Visit, section: str, name: str, content: bytes) -> None:
    """Puts a file into a form, under a name that no disk need take."""
    files: list[FilePayload] = [{"name": name, "mimeType": "", "buffer": content}]
    visit.page.locator(f"#{section} [type=file]").set_input_files(files)


SITE = {"--vlan": "100", "--cluster-network": "mgmt", "--harvester": "1.8"}
MORE = {"--grow-nodes": "2", "--grow-disks": "4", "--headroom": "10", "--at-least": "20", "--rwx-volumes": "7"}
PLANS: dict[str, dict[str, str]] = {
    "plain": EXAMPLE,
    "with all figures": {**EXAMPLE, **MORE, **SITE, "--witness": "1", "--exclude-first": "1", "--exclude-last": "2"},
    "mixed nodes": {
        "--node": "4, 4 2",
        "--images": "3",
        "--pool": "10.0.0.0/16 172.20.0.0/16",
        "--profile": "classic+rwx",
    },
    "too large": {"--nodes": "20000", "--disks-per-node": "1"},
    "nothing": {},
}


def put(visit: Visit, section: str, values: dict[str, str]) -> None:
    """Fills a form, by flags as they are typed."""
    visit.fill(section)
    for flag, value in values.items():
        field = visit.field(section, flag)
        if flag == "--profile":
            field.select_option(value)
        else:
            field.fill(value)


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_the_commands(name: str, visit: Visit, tmp_path: Path) -> None:
    """Whatever is filled in, the answer is that of the command line shown with it."""
    put(visit, "find", PLANS[name])
    is_as_the_command_line_has_it(visit.ask("find"), tmp_path)


def test_three_networks(visit: Visit, tmp_path: Path) -> None:
    """Side by side, each with its setting to copy; the block stands large."""
    put(visit, "find", {**EXAMPLE, **SITE, "--vlan": "100 101 102"})
    networks = visit.field("find", "--network")
    for place in range(networks.count()):
        networks.nth(place).check()
    answer = visit.ask("find")
    is_as_the_command_line_has_it(answer, tmp_path)
    data = json.loads(told(answer)[1])
    assert answer.locator(".title").inner_text() == data["candidates"][0]["block"]
    shown = answer.locator(".code pre").all_text_contents()
    assert [one["setting"] in shown for one in data["candidates"][0]["networks"]] == [True] * 3


def test_networks_in_use(visit: Visit, tmp_path: Path) -> None:
    """Lines that are pasted, a file with its column chosen: as the command line with the same files."""
    put(visit, "find", EXAMPLE)
    (tmp_path / "in-use.txt").write_text("10.0.0.0/8\n192.168.0.0 - 192.168.0.255\n", encoding="utf-8")
    visit.page.locator("#find textarea").fill((tmp_path / "in-use.txt").read_text(encoding="utf-8"))
    is_as_the_command_line_has_it(visit.ask("find"), tmp_path)
    for path in (DATA / "plan.csv",):
        (tmp_path / path.name).write_bytes(path.read_bytes())
        visit.page.locator("#find [type=file]").set_input_files(path)
    column = visit.field("find", "--in-use-column")
    column.wait_for()
    assert column.locator("option").all_text_contents() == ["found by itself", "site", "prefix", "use"]
    column.select_option("prefix")
    visit.field("find", "--in-use-where").fill("site=lab")
    is_as_the_command_line_has_it(visit.ask("find"), tmp_path)
    assert "10.0.0.0" not in visit.page.url
    assert "without=networks-in-use" in visit.page.url


def test_files_fall_where_they_are_dropped(visit: Visit, tmp_path: Path) -> None:
    """A file dropped on a form is in its field."""
    visit.fill("find", nodes="5", disks_per_node="2")
    drop = """(form) => {
        const dropped = new DataTransfer();
        dropped.items.add(new File(["Netz;Ort\\n10.0.0.0/8;x\\n"], "plan.csv"));
        form.dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true}));
    }"""
    visit.page.locator("#find form").evaluate(drop)
    (tmp_path / "plan.csv").write_text("Netz;Ort\n10.0.0.0/8;x\n", encoding="utf-8")
    is_as_the_command_line_has_it(visit.ask("find"), tmp_path)


CHECKED = {
    "a range": "10.52.3.0/26",
    "a setting": '{"vlan":100,"clusterNetwork":"mgmt","range":"172.16.0.0/27","exclude":["172.16.0.1"]}',
    "a manifest": (DATA / "setting.yaml").read_text(encoding="utf-8"),
    "no range": "172.16.0.0",
    "an IPv4 address inside": "::ffff:10.0.0.0/120",
    "IPv6": "fd00::/64",
    "a comment": "10.0.0.0/24 # lab",
}


@pytest.mark.parametrize("name", CHECKED)
def test_a_check_is_the_commands(name: str, visit: Visit, tmp_path: Path) -> None:
    """A range, a setting, a manifest, and what is none of them."""
    put(visit, "check", EXAMPLE)
    visit.page.locator("#check textarea").first.fill(CHECKED[name])
    (tmp_path / "setting.yaml").write_text(CHECKED[name], encoding="utf-8")
    answer = visit.ask("check")
    is_as_the_command_line_has_it(answer, tmp_path)
    why = answer.locator("summary:has-text('matters')")
    if why.count():
        why.click()
        answer.locator("details:has(> summary:has-text('matters')) p").first.wait_for()


def test_a_change_is_checked(visit: Visit, tmp_path: Path) -> None:
    """Against the setting in force, with files of settings chosen and networks in use."""
    visit.fill("check")
    text = CHECKED["a manifest"]
    for name in ("current.yaml", "in-use.txt", "disabled.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "in-use.txt").write_text("172.16.0.0/12\n", encoding="utf-8")
    visit.field("check", "--current").first.fill(text)
    visit.page.locator("#check [type=file]").first.set_input_files(tmp_path / "disabled.yaml")
    visit.page.locator("#check [data-in-use] textarea").fill("172.16.0.0/12\n")
    is_as_the_command_line_has_it(visit.ask("check"), tmp_path)


def test_an_event_is_read(visit: Visit, tmp_path: Path) -> None:
    """As the command reads it."""
    put(visit, "diagnose", EXAMPLE)
    text = (DATA / "event.txt").read_text(encoding="utf-8")
    (tmp_path / "event.txt").write_text(text, encoding="utf-8")
    visit.page.locator("#diagnose textarea").fill(text)
    is_as_the_command_line_has_it(visit.ask("diagnose"), tmp_path)


@pytest.mark.parametrize("name", ["living.json", "bundle.zip"])
def test_an_export_is_audited(name: str, visit: Visit, tmp_path: Path) -> None:
    """An export, or a support bundle: as the command audits it."""
    path = tmp_path / name
    if name == "bundle.zip":
        unzipped = DATA / "field" / "exports" / "bundle"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in sorted(unzipped.rglob("*.yaml")):
                archive.write(one, one.relative_to(unzipped))
    else:
        path.write_bytes((DATA / "live" / name).read_bytes())
    visit.fill("audit", harvester="1.8")
    visit.page.locator("#audit [type=file]").set_input_files(path)
    is_as_the_command_line_has_it(visit.ask("audit"), tmp_path)


def test_how_to_export_is_told(visit: Visit) -> None:
    """Who cannot install the program gets its script from the page."""
    visit.fill("audit")
    visit.page.locator("#audit [data-ask] > summary").click()
    shown = visit.page.locator("#audit [data-ask] pre")
    shown.wait_for()
    _, script, _ = command(["-m", "sn_planner", "export", "audit"], ROOT)
    assert shown.text_content() == script


REFUSED: dict[str, tuple[str, dict[str, str], str]] = {
    "no number": ("find", {"--nodes": "five"}, "--nodes"),
    "negative": ("find", {**EXAMPLE, "--images": "-1"}, "--images"),
    "without disks": ("find", {"--nodes": "5"}, "--disks-per-node"),
    "two figures for one": ("find", {**EXAMPLE, "--disks": "10"}, "--disks"),
    "no release": ("find", {**EXAMPLE, "--harvester": "0.3"}, "--harvester"),
    "two formulas": ("find", {**EXAMPLE, "--harvester": "1.8", "--profile": "classic"}, "--profile"),
    "no network": ("find", {**EXAMPLE, "--pool": "10.0.0.0/33"}, "--pool"),
    "no VLAN": ("find", {**EXAMPLE, "--vlan": "5000", "--cluster-network": "x"}, "--vlan"),
    "no nodes to check for": ("check", {"--disks": "4"}, "--nodes"),
    "many digits": ("find", {**EXAMPLE, "--nodes": "9" * 3000}, "--nodes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_stands_beside_its_field(name: str, visit: Visit, tmp_path: Path) -> None:
    """In the words of the command line, said aloud, and the field has the focus."""
    section, values, flag = REFUSED[name]
    put(visit, section, values)
    argv = ["suggest" if section == "find" else "check"]
    if section == "check":
        visit.page.locator("#check textarea").first.fill("10.0.0.0/24")
        argv.append("10.0.0.0/24")
    visit.ask(section)
    words = [f"{one}={value}" for one, value in values.items()]
    code, _, line = command(["-m", "sn_planner", *argv, *words], tmp_path)
    said = line.removeprefix("sn-planner: error: ")
    assert code == 2
    field = visit.field(section, flag)
    assert visit.page.locator(f"#{section} form .error").all_text_contents() == [said]
    assert field.get_attribute("aria-invalid") == "true"
    assert visit.page.locator(f"#{field.get_attribute('aria-describedby')}").text_content() == said
    assert field.evaluate("field => field === document.activeElement")
    assert visit.page.locator("[role=status]").text_content() == said
    assert visit.page.locator(f"#{section} .answer").is_hidden()
    put(visit, "find", EXAMPLE)
    visit.ask("find")
    assert visit.page.locator("#find form .error").count() == 0


def test_a_bad_line_of_networks_is_named(visit: Visit) -> None:
    """A refusal of a pasted line, and of a file, stands beside where it came from."""
    put(visit, "find", EXAMPLE)
    visit.page.locator("#find textarea").fill("10.0.0.0/8\n10.0.0.0/33\n")
    visit.ask("find")
    beside = visit.page.locator("#find label:has(textarea) + .error")
    assert "in-use.txt line 2 '10.0.0.0/33' is not a network" in beside.inner_text()
    put(visit, "find", EXAMPLE)
    drop(visit, "find", "plan.csv", b"a,b\n1,2\n")
    visit.ask("find")
    assert "plan.csv" in visit.page.locator("#find label:has([type=file]) + .error").inner_text()


def test_what_is_nested_too_deeply(visit: Visit, tmp_path: Path) -> None:
    """It is refused as on the command line, though a browser's interpreter does not survive it."""
    text = '{"range": ' + "[" * 100_000
    (tmp_path / "setting.yaml").write_text(text, encoding="utf-8")
    visit.fill("check")
    visit.page.locator("#check textarea").first.fill(text)
    visit.ask("check")
    _, _, line = command(["-m", "sn_planner", "check", "setting.yaml"], tmp_path)
    assert line == f"sn-planner: error: {visit.page.locator('#check label:has(textarea) + .error').first.inner_text()}"


def test_a_drop_that_is_too_large(visit: Visit, tmp_path: Path) -> None:
    """Its size alone refuses it, before a byte is read, with the command that takes it."""
    path = tmp_path / "sn-export.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    visit.fill("audit")
    visit.page.evaluate("""() => {
        const read = Blob.prototype.arrayBuffer;
        window.reads = 0;
        Blob.prototype.arrayBuffer = function () { window.reads += 1; return read.call(this); };
    }""")
    visit.page.locator("#audit [type=file]").set_input_files(path)
    visit.ask("audit")
    assert visit.page.locator("#audit form .error").inner_text() == (
        "sn-export.json has 47.7 MiB, this page takes 32 MiB; run: python -m sn_planner audit sn-export.json"
    )
    assert visit.page.evaluate("window.reads") == 0


def test_hostile_text_stays_text(visit: Visit, host: Host) -> None:
    """What is pasted, dropped, or in an address is shown as it is, and makes no element of its own."""
    export = (DATA / "live" / "living.json").read_text(encoding="utf-8")
    export = export.replace("instance-manager-2ef0ab", json.dumps(HOSTILE)[1:-1])
    visit.fill("audit")
    drop(visit, "audit", f"{HOSTILE.replace('/', '_')}.json", export.encode())
    answer = visit.ask("audit")
    assert "<img src=x" in answer.inner_text()
    visit.fill("diagnose")
    visit.page.locator("#diagnose textarea").fill(HOSTILE)
    visit.ask("diagnose")
    visit.fill("check")
    visit.page.locator("#check textarea").first.fill(json.dumps({HOSTILE: HOSTILE, "range": HOSTILE}))
    assert "<img src=x" in visit.ask("check").inner_text()
    visit.fill("find")
    visit.page.goto(f"{host.address}#find?nodes=5&disks-per-node=2&{HOSTILE}=1&profile={HOSTILE}&network=none")
    said = visit.page.locator("#find .said").inner_text()
    assert f"profile={HOSTILE}" in said
    assert "network=none, which this page does not know" in said
    assert visit.page.locator("img, main script, [onerror]").count() == 0
    assert visit.page.title() == "Find a range – Storage network planner"


def test_a_plan_can_be_sent(visit: Visit, host: Host) -> None:
    """Its address has what was typed, and opens with the answer; that the networks in use are not in it is said."""
    put(visit, "find", {**EXAMPLE, **SITE, "--node": ""})
    visit.page.locator("#find textarea").fill("192.168.0.0/16")
    visit.field("find", "--network").first.check()
    first = visit.ask("find").locator(".title").inner_text()
    address = visit.page.locator("h3:has-text('A link to this plan') ~ .code pre").inner_text()
    assert address == visit.page.url
    visit.page.goto("about:blank")
    visit.page.goto(address)
    visit.page.locator("#find .title").wait_for()
    assert visit.field("find", "--cluster-network").input_value() == "mgmt"
    assert visit.field("find", "--network").first.is_checked()
    assert "add yours" in visit.page.locator("#find .said").inner_text()
    assert visit.page.locator("#find .title").inner_text() != first


def test_an_answer_that_comes_late(visit: Visit) -> None:
    """What was changed meanwhile is not answered, which is said; who types keeps the focus; a drop is a change, too."""
    put(visit, "find", EXAMPLE)
    nodes = visit.field("find", "--nodes")
    ask = "form => { form.requestSubmit(); }"
    visit.page.locator("#find form").evaluate(ask)
    nodes.fill("50")
    visit.page.locator("#stop").wait_for(state="hidden")
    answer = visit.page.locator("#find .answer")
    assert "old" in (answer.get_attribute("class") or "").split()
    assert nodes.evaluate("field => field === document.activeElement")
    assert "old" not in (visit.ask("find").get_attribute("class") or "").split()
    visit.field("find", "--images").fill("ten")
    visit.page.locator("#find form").evaluate(ask)
    nodes.fill("5")
    visit.page.locator("#stop").wait_for(state="hidden")
    assert visit.page.locator("#find form .error").count() == 1
    assert nodes.evaluate("field => field === document.activeElement")
    put(visit, "find", EXAMPLE)
    visit.ask("find")
    drop(visit, "find", "plan.csv", b"10.0.0.0/8\n")
    assert "old" in (answer.get_attribute("class") or "").split()


def test_a_file_that_cannot_be_read(visit: Visit, tmp_path: Path) -> None:
    """A file that was changed after it was chosen is said to be, beside its field, and the page goes on."""
    path = tmp_path / "plan.csv"
    path.write_text("10.0.0.0/8\n", encoding="utf-8")
    put(visit, "find", EXAMPLE)
    visit.page.locator("#find [type=file]").set_input_files(path)
    visit.ask("find")
    path.write_text("10.0.0.0/8\n172.16.0.0/12\n", encoding="utf-8")
    os.utime(path, (1, 1))
    visit.ask("find")
    assert "choose it again" in visit.page.locator("#find label:has([type=file]) + .error").inner_text()
    put(visit, "find", EXAMPLE)
    assert visit.ask("find").locator(".title").inner_text() == "192.168.0.0/26"


def test_excludes_as_people_write_them(visit: Visit, tmp_path: Path) -> None:
    """A first and a last address stay together, whatever stands around their dash."""
    put(visit, "check", {**EXAMPLE, "--exclude": "172.16.0.1 - 172.16.0.10, 172.16.0.20/32 172.16.0.30"})
    visit.page.locator("#check textarea").first.fill("172.16.0.0/24")
    answer = visit.ask("check")
    assert "--exclude '172.16.0.1 - 172.16.0.10' --exclude 172.16.0.20/32 --exclude 172.16.0.30" in answer.inner_text()
    is_as_the_command_line_has_it(answer, tmp_path)


def test_a_pasted_list_beside_a_file_with_columns(visit: Visit, tmp_path: Path) -> None:
    """The column is the file's: the lines are given one by one, without their comments."""
    put(visit, "find", EXAMPLE)
    (tmp_path / "in-use.txt").write_text("# office\n10.0.0.0/8 # here\n", encoding="utf-8")
    visit.page.locator("#find textarea").fill("# office\n10.0.0.0/8 # here\n")
    (tmp_path / "plan.csv").write_bytes((DATA / "plan.csv").read_bytes())
    visit.page.locator("#find [type=file]").set_input_files(tmp_path / "plan.csv")
    visit.field("find", "--in-use-column").select_option("prefix")
    answer = visit.ask("find")
    assert "--in-use 10.0.0.0/8 --in-use-file plan.csv --in-use-column prefix" in answer.inner_text()
    is_as_the_command_line_has_it(answer, tmp_path)
    visit.page.locator("#find [type=file]").set_input_files([])
    visit.field("find", "--in-use-where").wait_for(state="hidden")
    is_as_the_command_line_has_it(visit.ask("find"), tmp_path)


@pytest.mark.parametrize("section", ["check", "diagnose", "audit"])
def test_nothing_to_read(section: str, visit: Visit) -> None:
    """A question without its text or file says so beside the field, in words that know no command line."""
    visit.fill(section)
    visit.ask(section)
    field = visit.page.locator(f"#{section} [data-place]").first
    assert field.get_attribute("aria-invalid") == "true"
    assert visit.page.locator("[role=status]").text_content() == "there is nothing to read; paste it, or choose a file"


def test_a_long_computation_is_stopped(visit: Visit) -> None:
    """Whoever does not want to wait goes on at once, with the next question."""
    visit.fill("diagnose")
    lines = b"Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/29\n" * 50_000
    drop(visit, "diagnose", "log.txt", lines)
    visit.page.locator("#diagnose button[type=submit]").click()
    visit.page.locator("#stop").click()
    visit.page.locator("#stop").wait_for(state="hidden")
    put(visit, "find", EXAMPLE)
    assert visit.ask("find").locator(".title").inner_text() == "192.168.0.0/26"


def test_what_breaks_the_engine_is_told(visit: Visit) -> None:
    """The command line is given instead, and a new engine answers the next question."""
    visit.fill("audit")
    drop(visit, "audit", ".", b"{}")  # a name that no file has
    answer = visit.ask("audit")
    assert answer.locator(".title").inner_text() == "The page could not compute this"
    assert "python -m sn_planner audit ./." in answer.inner_text()
    put(visit, "find", EXAMPLE)
    assert visit.ask("find").locator(".title").inner_text() == "192.168.0.0/26"


def test_it_is_used_by_keys_alone(visit: Visit) -> None:
    """Tab leads from field to field by its name, Enter asks, and the answer has the focus."""
    visit.fill("find")
    visit.page.get_by_role("textbox", name="Nodes --nodes").focus()
    for text in ("5", "2", "10"):
        visit.page.keyboard.type(text)
        visit.page.keyboard.press("Tab")
    visit.page.get_by_role("textbox", name="Nodes --nodes").focus()
    visit.page.keyboard.press("Enter")
    visit.page.locator("#stop").wait_for(state="hidden")
    assert visit.page.evaluate("() => document.activeElement.className") == "title range"
    assert visit.page.get_by_role("table").first.get_by_role("columnheader").all_text_contents()[0] == "range"
    visit.page.get_by_role("button", name="--exclude-first").click()
    assert visit.page.evaluate("() => document.activeElement.dataset.flag") == "--exclude-first"


SECTIONS = ("find", "check", "diagnose", "audit")


WIDTHS = (1280, 390, 320)


def answers_everywhere(visit: Visit) -> None:
    """Puts an answer into each section: three networks, findings, an event, stale leases."""
    put(visit, "find", {**EXAMPLE, **SITE, "--vlan": "100 101 102"})
    for place in range(3):
        visit.field("find", "--network").nth(place).check()
    visit.ask("find")
    put(visit, "check", EXAMPLE)
    visit.page.locator("#check textarea").first.fill(CHECKED["a setting"])
    visit.ask("check")
    put(visit, "diagnose", EXAMPLE)
    visit.page.locator("#diagnose textarea").fill((DATA / "event.txt").read_text(encoding="utf-8"))
    visit.ask("diagnose")
    visit.fill("audit")
    visit.page.locator("#audit [type=file]").set_input_files(DATA / "live" / "living.json")
    visit.ask("audit")


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_readable(width: int, visit: Visit, tmp_path: Path) -> None:
    """Nothing is wider than the screen, on a desk or a phone, and text stands out in both schemes."""
    pictures = Path(os.environ.get("SCREENSHOTS", tmp_path))
    pictures.mkdir(parents=True, exist_ok=True)
    visit.page.set_viewport_size({"width": width, "height": 900})
    if width == WIDTHS[0]:
        answers_everywhere(visit)
    for section in SECTIONS:
        visit.page.locator(f"nav a[data-to='{section}']").click()
        for scheme in ("light", "dark"):
            visit.page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            assert visit.page.evaluate(SEEN)["faint"] == [], f"{section} {scheme}"
            visit.page.screenshot(path=pictures / f"planner-{section}-{width}-{scheme}.png", full_page=True)
        visit.page.locator(f"#{section} details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        visit.page.locator("#stop").wait_for(state="hidden")
        wide = visit.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{section} is {wide} pixels too wide"
        assert visit.page.evaluate(SEEN)["cut"] == [], section
    visit.page.set_viewport_size({"width": 1280, "height": 900})


def test_nothing_leaves_the_page(visit: Visit, host: Host, elsewhere: Host) -> None:
    """All that was loaded so far are the page's own files; neither page nor worker can ask another host."""
    assert {url for url in visit.requests if not url.startswith((host.address, "blob:", "about:"))} == set()
    assert {path.partition("#")[0] for path in host.asked if "?" in path} == set()
    reach = f"() => fetch('{elsewhere.address}').then(() => 'reached', () => 'refused')"
    assert visit.page.evaluate(reach) == "refused"
    assert [worker.evaluate(reach) for worker in visit.page.workers] == ["refused"]
    assert elsewhere.asked == []


def test_nothing_went_wrong_on_the_way(visit: Visit) -> None:
    """No script failed and no file was missing, but for what the last test had refused."""
    refused = ("Content Security Policy", "Failed to fetch")
    assert [one for one in visit.complaints if not any(words in one for words in refused)] == []


@contextmanager
def opened(visit: Visit) -> Iterator[Page]:
    """Another page in the same browser, which knows nothing of the first."""
    browser = visit.page.context.browser
    assert browser is not None
    page = browser.new_page()
    yield page
    page.close()


LACKING: dict[str, tuple[str, str]] = {
    "WebAssembly": ("delete window.WebAssembly", "no WebAssembly"),
    "workers": ("delete window.Worker", "no workers"),
    "DecompressionStream": ("delete window.DecompressionStream", "no DecompressionStream"),
    "modules": ("delete HTMLScriptElement.prototype.noModule", "no JavaScript modules"),
}


@pytest.mark.parametrize("what", LACKING)
def test_what_a_browser_lacks_is_said(what: str, visit: Visit, host: Host) -> None:
    """In place of forms that would never answer."""
    script, said = LACKING[what]
    with opened(visit) as page:
        page.add_init_script(script)
        page.goto(host.address)
        assert said in page.locator("#state").inner_text()
        assert page.locator("form:visible").count() == 0


def test_opened_as_a_file_it_says_what_to_do(visit: Visit, folder: Path) -> None:
    """A browser starts no engine from a file."""
    with opened(visit) as page:
        page.goto((folder / "index.html").as_uri())
        assert "python -m http.server" in page.locator("#state").inner_text()
        assert page.locator("form:visible").count() == 0


@pytest.mark.parametrize("missing", ["pyodide.asm.wasm.packed", "python.zip", "pyodide.mjs"])
def test_a_missing_file_is_said(missing: str, visit: Visit, host: Host) -> None:
    """Whatever cannot be loaded, the page does not wait for ever."""
    with opened(visit) as page:
        page.route(f"**/{missing}", lambda route: route.abort())
        page.goto(host.address)
        page.locator("#state:has-text('cannot be loaded')").wait_for()
        assert page.locator("#progress").is_hidden()
