"""Values that once broke the library, one promise each; `test_fuzz_library.py` looks for more."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import netaddr
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.errors import shown
from sn_planner.model.fields import integer, list_of

CLUSTER = sn.Cluster.uniform(nodes=3, disks_per_node=2)
GRID = sn.sweep(nodes=[1, 2], disks=3)
MASKED: Any = np.ma.array(5, mask=True)


class Rude:
    """An object that answers nothing it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError("no answer")

    __index__ = __iter__ = __array__ = __repr__


@pytest.mark.parametrize("value", [np.True_, np.array(True), np.ma.array(True), True])
def test_a_boolean_of_numpy_is_no_count(value: Any) -> None:
    """NumPy's booleans, which its older versions take for 0 and 1, are refused as Python's are."""
    assert integer(value) is None
    with pytest.raises(sn.BadInput, match="disks .* is a boolean"):
        sn.Node(disks=value)
    with pytest.raises(sn.BadInput, match="setting vlan .* is not a whole number"):
        sn.Setting(vlan=value, cluster_network="storage", range="10.0.0.0/24")


@pytest.mark.parametrize("value", [MASKED, np.ma.masked, np.ma.array(5)])
def test_what_a_mask_hides_is_no_count(value: Any) -> None:
    """A masked value is refused as a count, as an axis and on an axis."""
    with pytest.raises(sn.BadInput, match="disks .* is masked; give a whole number, 0 or more"):
        sn.Node(disks=value)
    with pytest.raises(sn.BadInput, match="nodes is a masked array; give an array of whole numbers"):
        sn.sweep(nodes=value, disks=2)
    with pytest.raises(sn.BadInput, match="nodes .* is masked"):
        sn.sweep(nodes=[value], disks=2)


LISTS: dict[str, Callable[[Any], object]] = {
    "nodes": sn.Cluster,
    "exclude": lambda value: sn.webhook.refusal(range="10.0.0.0/24", exclude=value),
    "others": lambda value: sn.webhook.refusal(range="10.0.0.0/24", others=value),
    "in_use": lambda value: sn.suggest(CLUSTER, in_use=value),
    "pools": lambda value: sn.suggest(CLUSTER, pools=value),
    "limits": GRID.counts_at_most,
    "steps": lambda value: sn.Scenario(steps=value),
    "consumers": lambda value: sn.Profile("own", value),
    "leases": lambda value: sn.Pool.resumed(sn.Pool("10.0.0.0/24").configuration, value),
}


@pytest.mark.parametrize("value", [np.array(5), 5, Rude(), range(10**30), netaddr.IPNetwork("10.0.0.0/8")])
@pytest.mark.parametrize("field", LISTS)
def test_what_is_no_list_is_refused_by_name(field: str, value: object) -> None:
    """An array without a dimension, an iterator that fails, a range without a length, a network are no lists."""
    with pytest.raises(sn.BadInput, match=f"^{field} .* is not a list") as refusal:
        LISTS[field](value)
    assert str(refusal.value).isprintable()


def test_a_list_has_an_end() -> None:
    """An iterator without an end is refused in bounded time and memory."""
    with pytest.raises(sn.BadInput, match="pools has too many items; give at most 10,000,000") as refusal:
        list_of("pools", itertools.count())
    assert refusal.value.code == "too-many"


ENTRIES: dict[str, Callable[[Any], object]] = {
    "exclude of a range": lambda value: sn.AddressRange("10.0.0.0/24", [value]),
    "exclude of a pool": lambda value: sn.Pool("10.0.0.0/24", [value]),
    "exclude of a check": lambda value: sn.check("10.0.0.0/24", exclude=[value]),
    "exclude of another network": lambda value: sn.webhook.collides(
        "10.0.0.0/24", {"range": "::/0", "exclude": [value]}
    ),
    "range of another network": lambda value: sn.webhook.collides("10.0.0.0/24", {"range": value}),
    "another network": lambda value: sn.webhook.collides("10.0.0.0/24", value),
    "range to ask for": lambda value: sn.Snapshot().pool_for(value),
}


@pytest.mark.parametrize(
    "value", [5, 10**5000, Rude(), [], np.array(5), CLUSTER], ids=lambda value: type(value).__name__
)
@pytest.mark.parametrize("call", ENTRIES.values(), ids=ENTRIES)
def test_what_is_no_network_is_refused(call: Callable[[Any], object], value: object) -> None:
    """Where a network or an address is meant, anything else is refused in a line, also what has no text."""
    with pytest.raises(sn.BadInput, match=r"is not a network; give CIDR text") as refusal:
        call(value)
    assert refusal.value.code == "not-a-cidr"


@pytest.mark.parametrize(
    ("q", "answer"),
    [
        (Decimal("1e-999999999"), 10),
        (Decimal("0e999999999"), 10),
        (Decimal("0e-999999999"), 10),
        (5e-324, 10),
        (Fraction(1, 10**5000), 10),
        (np.float32(0.5), 10),
        (Decimal("0.51"), 14),
        (np.int64(1), 14),
    ],
)
def test_a_share_of_any_size_is_answered(q: Any, answer: int) -> None:
    """However small a share is written, the answer is exact and comes at once."""
    assert GRID.quantile(q) == answer


@pytest.mark.parametrize(
    ("q", "problem"),
    [
        (Decimal("1e999999999"), "is not a share"),
        (Decimal("-1e-999999999"), "is not a share"),
        pytest.param(10**5000, "is not a share", id="large"),
        (Decimal("sNaN"), "is not finite"),
        (np.timedelta64(1, "D"), "is not a number"),
        (np.array([0.5, 0.6]), "is not a number"),
        (MASKED, "is not a number"),
        (1j, "is not a number"),
    ],
)
def test_what_is_no_share_is_refused_at_once(q: Any, problem: str) -> None:
    """A number beyond 0 and 1, however it is written, and what is no number."""
    with pytest.raises(sn.BadInput, match=f"^q .* {problem}; give a share from 0 to 1$"):
        GRID.quantile(q)


@pytest.mark.parametrize("where", [None, 0, 2**70, slice("a"), slice(0, 1, 0), Rude(), [MASKED]])
def test_a_part_is_a_slice(where: Any) -> None:
    """A part of a sweep is cut by slices; whatever else is given is refused by the axis' name."""
    for grid in (GRID, sn.sweep(nodes=[1, 2, 5], disks=3)):
        with pytest.raises(sn.BadInput, match=r"^nodes .* is no slice; write slice\(0, 5\)$"):
            grid.part(where, slice(None), slice(None))


def test_what_calls_itself_an_array() -> None:
    """An object that has an array's method and gives none, or is the class of such objects, is no axis."""
    with pytest.raises(sn.BadInput, match="nodes a Rude is not an array; give an array of whole numbers"):
        sn.sweep(nodes=Rude(), disks=1)  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput, match="nodes <class .* is not a whole number"):
        sn.sweep(nodes=Rude, disks=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("chunks", ["1e999", Rude(), Decimal("sNaN"), [[]], -2])
def test_chunks_that_cut_nothing(chunks: Any) -> None:
    """Whatever dask makes of what it is given, it is refused as chunks."""
    with pytest.raises(sn.BadInput, match=r"^chunks .* cannot cut the axes"):
        GRID.to_xarray(chunks)


def test_a_pool_goes_on_from_leases_only() -> None:
    """What is no configuration, no lease, or a lease of wrong parts is refused, and a pool's own is taken."""
    pool = sn.Pool("10.0.0.0/24")
    pool.assign("default/a", "c1")
    assert sn.Pool.resumed(pool.configuration, iter(pool.leases)).leases == pool.leases
    address, wrong = netaddr.IPAddress("10.0.0.1"), [5, None, b"c", Rude()]
    with pytest.raises(sn.BadInput, match="configuration '10.0.0.0/24' is no RangeConfiguration"):
        sn.Pool.resumed("10.0.0.0/24")  # type: ignore[arg-type]
    for value in (*wrong, "10.0.0.1", address):
        with pytest.raises(sn.BadInput, match="leases .* is not a Lease"):
            sn.Pool.resumed(pool.configuration, [value])  # type: ignore[list-item]
    for value in wrong:
        for lease in ((value, "a", "c"), (address, value, "c"), (address, "a", value), (address, "a", "c", value)):
            with pytest.raises(sn.BadInput, match="^leases"):
                sn.Pool.resumed(pool.configuration, [sn.Lease(*lease)])


@pytest.mark.parametrize("value", [5, b"x", Rude(), np.array([1, 2]), []], ids=lambda value: type(value).__name__)
def test_names_are_text(value: Any) -> None:
    """A network's name, a hash, a setting's name, a release, a path of a picture: what is no text is refused."""
    text = '{"vlan":5,"clusterNetwork":"a","range":"10.0.0.0/24"}'
    for call in (
        lambda: sn.Written(text, value),
        lambda: sn.Written(text, hash=value),
        lambda: sn.Written.read(text, value),
        lambda: sn.Snapshot().stored(value),
        lambda: sn.audit(sn.Snapshot(), harvester=value),
        lambda: sn.plots.format_of(value),
        lambda: sn.read_cluster(value),
        lambda: sn.read_profile(value),
        lambda: sn.read_scenario(value),
        lambda: sn.read_networks(value),
        lambda: sn.read_snapshot(value),
    ):
        with pytest.raises(sn.BadInput) as refusal:
            call()
        assert str(refusal.value).isprintable()


@pytest.mark.parametrize("value", [5, Rude(), np.array([1, 2]), CLUSTER], ids=lambda value: type(value).__name__)
def test_pictures_are_made_of_runs_and_sweeps(value: Any) -> None:
    """A picture of anything else, or on anything but Axes, is refused by its name."""
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: sn.plots.timeline(value), "run .* is no Simulation; give what simulate answers"),
        (lambda: sn.plots.heatmap(value, 0), "grid .* is no Sweep; give what sweep answers"),
        (lambda: sn.plots.frontier(value), "grid .* is no Sweep"),
        (lambda: sn.plots.frontier(GRID, value), "ax .* is no Axes of matplotlib's; leave it out for a new figure"),
    ]
    for call, complaint in calls:
        with pytest.raises(sn.BadInput, match=complaint):
            call()


def test_text_that_nobody_can_show() -> None:
    """An object without a text, and a very long one, are named in proportion."""
    assert shown(Rude()) == "a Rude"
    assert shown([Rude()]) == "a list"
    start = time.process_time()
    assert len(shown(list(range(10**6)))) == 60
    assert time.process_time() - start < 5


@given(st.text(max_size=3000), st.text(max_size=3000), st.text(max_size=3000), st.text(max_size=30))
def test_a_refusal_is_a_line_that_shows_its_fix(field: str, problem: str, fix: str, start: str) -> None:
    """However long its parts, a refusal is one line in bounds, and it says how the fix begins."""
    refusal = sn.BadInput(field, 5, problem, start + fix, "conflict")
    assert str(refusal).isprintable()
    assert len(str(refusal)) <= 1300
    assert f"; {sn.BadInput('', '', '', start, 'conflict').to_dict()['fix']}" in str(refusal)
    assert str(refusal) == "{message}; {fix}".format(**refusal.to_dict())


def test_a_range_of_many_columns_is_refused_in_a_line(tmp_path: Path) -> None:
    """A table of hundreds of columns is refused in a short line that tells what to do."""
    path = tmp_path / "plan.csv"
    path.write_text(",".join(f"{'x' * 90}{number}" for number in range(300)) + "\na,b\n", encoding="utf-8")
    with pytest.raises(sn.BadInput, match="column with the networks is not clear; name it: there are xxx") as refusal:
        sn.read_networks(path)
    assert len(str(refusal.value)) < 1000


@pytest.mark.parametrize("name", ["a\U0001f600b", "\ud83d", "\x85\u2028\x7f", "'\"\\", "\U000e0001"])
def test_a_manifest_reads_back_as_it_was(name: str) -> None:
    """A setting with any character in it is the same after its manifest was written and read, by any YAML."""
    setting = sn.Setting(vlan=5, cluster_network=name, range="10.0.0.0/24")
    assert sn.Setting.parse(setting.manifest()) == setting
    assert yaml.safe_load(setting.manifest())["value"] == setting.value


def test_a_file_that_vanishes_while_a_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between listing and reading anything may go: it is refused by its name."""
    gone = tmp_path / "pods.json"
    gone.write_text("{}", encoding="utf-8")

    def walk(*_: object, **__: object) -> list[tuple[str, list[str], list[str]]]:
        monkeypatch.setattr(os.path, "isfile", lambda _: True)
        gone.unlink()
        return [(".", [], [gone.name])]

    monkeypatch.setattr(os, "walk", walk)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sn.BadInput, match=r"pods.json' cannot be read: No such file or directory; name a readable"):
        sn.read_snapshot(".")


@pytest.mark.parametrize("path", ["x.json", "x.zip", ".", "..", "yamls/cluster/v1/nodes.yaml"])
def test_a_working_directory_that_is_gone(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the working directory was removed, a relative path is refused as any that is not there."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(sn.BadInput, match="FILE '.*' (cannot be read: No such file|holds no export)"):
        sn.read_snapshot(path)


def test_a_device_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no file of a size is read up to a bound."""
    monkeypatch.setattr("sn_planner.interchange.texts.LONGEST_STREAM", 3 << 20)
    for read in (sn.read_snapshot, sn.read_networks, sn.read_cluster):
        with pytest.raises(sn.BadInput, match="cannot be read: it goes on after 3 MiB; name a readable file"):
            read("/dev/zero")


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    """A named pipe is read as the file it stands for."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    text = Path(__file__).with_name("data").joinpath("cluster.yaml").read_bytes()
    writer = threading.Thread(target=path.write_bytes, args=(text,))
    writer.start()
    assert sn.read_cluster(path).storage_nodes > 0
    writer.join()
