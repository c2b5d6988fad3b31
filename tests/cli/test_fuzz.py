"""Whatever is typed, pasted or exported: an answer, a no, or one line that refuses it; nothing else, ever.

A few hundred inputs in the suite; `FUZZ=100000 pytest --no-cov tests/cli/test_fuzz.py` tries as many.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sn_planner.cli import main

DATA = Path(__file__).parents[1] / "data"
SITE = os.path.relpath(DATA / "site.yaml")  # without the folders above, whose names may have spaces
EXAMPLES = max(int(os.environ.get("FUZZ", "450")) // 3, 1)
STYLES = ("table", "json", "csv", "markdown")
ODD = st.sampled_from(
    [
        *("", "-1", "0", "1", "3", "007", "1e9", "nan", "inf", "True", "None", "９", "1_0", "9" * 60, "0x10", " 3"),
        *("10.0.0.0/24", "10.52.3.0/26", "172.16.0.0/33", "fd00::/64", "0.0.0.0/0", "10.0.0.1/24", "10.0.0.9-10.0.0.2"),
        *("1:9", "1,2,8", "9:1", "1:2:0", "classic", "consolidated+rwx", "1.8.2", "v1.7.0-rc3", "worst-case", "year"),
        *("2..4", "5=0.5,6=0.5", "5=1,6=3", "poisson(4)", "poisson(1e9)", "binomial(9,0.3)", "samples(1,2)", "99%"),
        *("0..999999", "3=50%", "nodes=1/m,disks=2/y", "images=1e9/y", "2026-12-01", "9999-12-31", "together", "()"),
        *("=1+1", "@x", "<script>", "a|b\\|c", "\x1b[31m", "a\nb", "\u202eabc", "🙂" * 9, "/dev/null", "no/such.json"),
    ]
)
FLAGS = {
    "suggest": "nodes disks-per-node disks images node witness rwx-volumes pool in-use exclude-first grow-nodes "
    "grow-disks headroom at-least limit strategy vlan cluster-network profile harvester cluster in-use-file "
    "in-use-where network site",
    "check": "nodes disks images exclude in-use current setting fail-on ignore profile harvester exclude-last site",
    "limits": "nodes disks-per-node images exclude profile harvester rwx-volumes exclude-first",
    "simulate": "nodes disks-per-node images exclude scenario profile harvester",
    "sweep": "nodes disks-per-node disks images exclude profile rwx-volumes",
    "profiles": "profile harvester",
    "explain": "",
    "schema": "",
    "export": "",
    "site": "only keep",
    "risk": "nodes disks-per-node images rwx-volumes disks-vary confidence exclude-first profile harvester",
    "transfers": "per-hour minutes places waiting",
    "runway": "nodes disks-per-node images exclude-last grow start years chance profile harvester",
}
GOOD = {"nodes": "3", "disks-per-node": "2", "images": "1", "grow": "nodes=2/y", "per-hour": "9", "minutes": "5"}
PLACES = {
    **dict.fromkeys(
        ("check", "limits", "risk", "runway", "simulate", "sweep"), ("10.0.0.0/26", "10.52.0.0/28", "0.0.0.0/0")
    ),
    "explain": ("untagged", "conflict"),
    "schema": ("suggest", "audit"),
    "export": ("audit", "verify"),
    "site": (SITE,),
}


def judge(arguments: list[str], style: str) -> None:
    """Runs a command line, and holds its answer against everything that is promised of any."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    printed, said = out.getvalue(), err.getvalue()
    assert code in {0, 1, 2}, (arguments, code)
    assert all(line.isprintable() for line in (printed + said).split("\n")), arguments
    assert len(printed) < 5_000_000, arguments
    if code == 2:
        assert (printed, said.count("\n")) == ("", 1), (arguments, printed, said)
        assert said.startswith("sn-planner: error: ")
    elif style == "json" and printed:
        assert json.loads(printed)["ok"] is (code == 0), arguments
    elif style == "csv":
        cells = [cell for row in csv.reader(io.StringIO(printed)) for cell in row]
        assert not any(re.match(r"[=+@]|-\D", cell) for cell in cells), arguments
    elif style == "markdown":
        assert "<" not in printed, arguments


@st.composite
def command_lines(draw: st.DrawFn) -> tuple[list[str], str]:
    """A command with some flags, sensible and odd, and a format."""
    command, style = draw(st.sampled_from(sorted(FLAGS))), draw(st.sampled_from(STYLES))
    flags = FLAGS[command].split()
    likely = [st.just(one) for one in PLACES.get(command, ())] * 3
    arguments = [command, *draw(st.lists(st.one_of(*likely, ODD), min_size=1, max_size=1) if likely else st.just([]))]
    given = {flag: value for flag, value in GOOD.items() if flag in flags}
    count = draw(st.sampled_from([0, 1, 1, 2, 4])) if flags else 0
    for flag in draw(st.lists(st.sampled_from(flags), min_size=count, max_size=count)) if flags else ():
        given[flag] = draw(ODD)
    for flag, value in given.items():
        arguments.append(f"--{flag}={value}")
    if command in {"schema", "export"}:
        return arguments, "text"
    return [*arguments, "--format", style, *draw(st.sampled_from([[], ["--explain"]]))], style


@settings(max_examples=EXAMPLES)
@given(command_lines())
def test_any_command_line(made: tuple[list[str], str]) -> None:
    """Any flags with any values."""
    judge(*made)


FILES = [
    (path, command)
    for pattern, command in (
        ("live/living.json", "audit"),
        ("live/living.json", "verify"),
        ("live/before/*.*", "preflight"),
        ("setting.yaml", "check"),
        ("rwx-network.yaml", "check"),
        ("cluster.yaml", "suggest --cluster"),
        ("own-profile.yaml", "limits 10.0.0.0/24 --nodes 3 --disks 3 --profile"),
        ("move.yaml", "simulate 10.0.0.0/24 --nodes 3 --disks 3 --scenario"),
        ("plan.csv", "suggest --nodes 3 --disks 3 --in-use-file"),
        ("field/in_use/*.*", "suggest --nodes 3 --disks 3 --in-use-file"),
        ("field/diagnose/*.*", "diagnose"),
        ("event.txt", "diagnose"),
        ("site.yaml", "site"),
        ("site.yaml", "check --site"),
        ("site.yaml", "suggest --nodes 3 --disks 3 --site"),
        ("site-plan.json", f"site {SITE} --keep"),
    )
    for path in sorted(DATA.glob(pattern))
    if path.stat().st_size < 200_000
]
PIECES = st.sampled_from(
    [b"", b"\x00", b"\xff", b"\n", b'"', b"{", b"]", b"- ", b": ", b"&a *a", b"\xe2\x80\xae", b"=1", b"<b>", b"9" * 40]
)


@st.composite
def broken_files(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A file of the examples with a few places cut, doubled or overwritten, its suffix, and who reads it."""
    path, command = draw(st.sampled_from(FILES))
    data = path.read_bytes()
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3]))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        end = start + draw(st.sampled_from([0, 1, 7, 60, 4000]))
        data = data[:start] + draw(st.one_of(PIECES, st.just(data[start:end] * 2))) + data[end:]
    return command, path.suffix, data


@settings(max_examples=EXAMPLES)
@given(broken_files(), st.sampled_from(STYLES))
def test_any_file(made: tuple[str, str, bytes], style: str) -> None:
    """Any file that an editor, a pager or a network has damaged."""
    command, suffix, data = made
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        path.write_bytes(data)
        judge([*command.split(), str(path), "--format", style], style)


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from(["diagnose", "check", "audit", "suggest --in-use-file", "site", f"site {SITE} --keep"]),
    st.text(max_size=300),
    st.sampled_from(STYLES),
)
def test_any_text(command: str, text: str, style: str) -> None:
    """Any text at all, in place of an event, a setting, an export, a list of networks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.txt"
        path.write_bytes(text.encode(errors="surrogatepass"))
        judge([*command.split(), str(path), "--format", style], style)
