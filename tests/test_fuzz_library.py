"""Whatever is given to the library: an answer, or a refusal of one short line; nothing else, ever.

A few hundred calls in the suite; `FUZZ=100000 pytest --no-cov tests/test_fuzz_library.py` tries as many, and every odd
value in every argument.
"""

from __future__ import annotations

import importlib
import ipaddress
import itertools
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, NoReturn
from unittest.mock import patch

import netaddr
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.errors import shown

DATA = Path(__file__).parent / "data"
EXAMPLES = max(int(os.environ.get("FUZZ", "600")) // 3, 1)
STRIDE = 1 if "FUZZ" in os.environ else 67  # a prime, so that in a few arguments every odd value has its turn
LONGEST_REFUSAL = 1300  # [characters]: field, value, problem and fix
LONGEST_CALL = 30  # [seconds] on a busy machine
MOST_MEMORY = 8 << 30  # [bytes] of addresses, the interpreter's and its libraries' own among them


class Rude:
    """An object that answers nothing it is asked."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise RuntimeError("no\nanswer\x1b[31m")

    __str__ = __repr__ = __iter__ = __index__ = __len__ = __bool__ = __eq__ = __hash__ = _refuse
    __int__ = __float__ = __lt__ = __getitem__ = __array__ = __fspath__ = keys = _refuse


class Painted:
    """An object whose text steers a terminal."""

    def __repr__(self) -> str:
        return "\x1b[31m\n" * 500


def failing() -> Iterator[str]:
    """A generator that fails on the way."""
    yield "10.0.0.0/24"
    raise KeyError("gone")


def cyclic() -> list[Any]:
    """A list that holds itself."""
    one: list[Any] = []
    one.append(one)
    return one


def deep() -> list[Any]:
    """Lists in lists, deeper than Python recurses."""
    one: list[Any] = []
    for _ in range(5000):
        one = [one]
    return one


def boxed(value: Any) -> Any:
    """An array of objects with the value in it."""
    array = np.empty(1, object)
    array[0] = value
    return array


def the(value: Any) -> Any:
    """The value itself, for the list of those that are made each time."""
    return value


TEXTS = [
    *("", " ", "\x00", "a\nb", "\x1b[31m", "\ud800", "\u202e", "🙂" * 9, "９", "x" * 3000, "10.0.0.0/24\n"),
    *("10.0.0.0/24", "10.0.0.1/24", "0.0.0.0/0", "255.255.255.255/32", "::/0", "::ffff:10.0.0.0/120"),
    *("fe80::1%eth0/64", "10.0.0.0/024", "10.0.0.9-10.0.0.2", "0.0.0.0-255.255.255.254", "1.8.2", "1.8.2+rwx"),
    *("classic+rwx", "classic+rwx+rwx", "9" * 5000, '{"vlan":1}', "{" * 3000, "[" * 3000, "value: {", "- &a [*a]"),
    *("kind: Setting", "/proc/self/mem", "/", "-0", "1e999"),
]
PLAIN: list[Any] = [
    *(None, True, False, 0, 1, -1, 7, 2**31, 2**63, 2**64, 10**1999, 10**2000, -(10**5000), 1 << 200_000, 1j, ...),
    *(
        0.0,
        -0.0,
        0.5,
        float("nan"),
        float("inf"),
        1e308,
        5e-324,
        b"",
        b"10.0.0.0/24",
        bytearray(b"x"),
        memoryview(b"1"),
    ),
    *((), [], {}, set(), frozenset({1}), {"10.0.0.0/24"}, {"range": "x"}, {1: 2}, [[]], [[[["a"]]]], [None], [1, "a"]),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1e-999999999"), Decimal("1e999999"), Decimal(1)),
    *(Fraction(1, 3), Fraction(7), Fraction(1, 10**3000), slice(None), slice(0, 1, 0), slice("a"), slice(10**30)),
    *(range(0), range(3), range(-1, 5), range(10**30), int, str, len, np, object(), NotImplemented, Path("no/such")),
    *(Path("/"), Rude, Rude(), Painted(), [Rude()], {"range": Rude()}, {Rude: Rude()}, cyclic(), deep()),
]
NUMPY: list[Any] = [
    *(np.True_, np.int8(-1), np.uint64(2**64 - 1), np.float32(2), np.float64("nan"), np.str_("x"), np.bytes_(b"x")),
    *(np.datetime64("NaT", "s"), np.timedelta64(1, "D"), np.complex128(1), np.void(b"xx"), np.ma.masked),
    *(np.array(5), np.array(True), np.array(None), np.array("10.0.0.0/24"), np.array([[1, 2], [3, 4]])),
    *(np.array([1, 2], dtype=">u2"), np.array([1.5, np.nan]), np.array([], dtype=int), np.array(["10.0.0.0/24", ""])),
    *(np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]), np.array(["2020-01-01", "NaT"], dtype="datetime64[D]")),
    *(np.ma.array(5, mask=True), np.ma.array([5, 6], mask=[True, False]), np.ma.array([5, 6])),
    [np.ma.array(5, mask=True)],
]
ADDRESSES: list[Any] = [
    *(netaddr.IPAddress("10.0.0.1"), netaddr.IPAddress("::1"), netaddr.IPNetwork("10.0.0.1/24")),
    *(netaddr.IPNetwork("fd00::/64"), netaddr.IPRange("10.0.0.1", "10.0.0.9"), netaddr.IPSet(["10.0.0.0/24"])),
    *(netaddr.EUI("00-1B-77-49-54-FD"), ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00::/64")),
    *(ipaddress.ip_address("::1"), ipaddress.ip_address("10.0.0.1"), ipaddress.ip_interface("10.0.0.1/24")),
]
OURS: list[Any] = [
    *(sn.Node(disks=1), sn.Cluster([]), sn.AddressRange("10.0.0.0/24"), sn.PROFILES, sn.PROFILES["rwx-network"]),
    *(sn.RELEASES[0], sn.Lease(None, 5, b"c"), sn.Pool("10.0.0.0/30"), sn.steps.Apply(at=3), sn.Snapshot()),  # type: ignore[arg-type]
]
ONCE: list[Callable[[], Any]] = [lambda: iter(["10.0.0.0/24"]), lambda: (one for one in ("10.0.0.0/24", 5)), failing]
ODD: list[Callable[[], Any]] = [
    *(partial(the, one) for one in (*TEXTS, *PLAIN, *NUMPY, *ADDRESSES, *OURS)),
    *ONCE,
    lambda: itertools.count(1),
]


def cluster() -> sn.Cluster:
    """A small cluster with a name in it."""
    return sn.Cluster([sn.Node(disks=2, name="a"), sn.Node(disks=3, count=2), sn.Node(witness=True)], images=2)


def pool() -> sn.Pool:
    """A pool with a lease."""
    made = sn.Pool("172.16.0.0/29", ["172.16.0.1"])
    made.assign("default/a", "c1")
    return made


def explored(**given: Any) -> sn.Explorer:
    """`explore` as a kernel of Jupyter would call it."""
    importlib.import_module("ipywidgets")  # which asks the real IPython
    kernel = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    with patch.dict(sys.modules, IPython=kernel):
        return sn.explore(**given)


GRID = sn.sweep(nodes=range(1, 9), disks_per_node=[1, 2, 8], images=[0, 3])
VALUE = '{"vlan":100,"clusterNetwork":"storage","range":"172.16.1.0/26","exclude":["172.16.1.1/32"]}'
LIVING = (DATA / "live" / "living.json").read_text(encoding="utf-8")
SNAPSHOT = sn.snapshot_of(LIVING)
EVENT = (DATA / "event.txt").read_text(encoding="utf-8")
HOME = sn.SiteCluster(name="a", cluster=cluster())
SITE = sn.Site(pools=["172.20.0.0/16"], clusters=[HOME])
PLAN_FILE = DATA / "site-plan.json"
SETTING = {"vlan": 100, "cluster_network": "storage", "range": "172.16.1.0/26", "exclude": ["172.16.1.1"]}
CHOSEN = {"profile": None, "harvester": None}
WAY = sn.runway("10.0.0.0/26", cluster(), sn.Growth(nodes=2), start="2026-12-01", years=1, random=True)
GIVEN: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Node": (sn.Node, {"disks": 2, "witness": False, "name": None, "v2_data_engine": False, "count": 1}),
    "Cluster": (sn.Cluster, {"nodes": [sn.Node(disks=2)], "images": 1, "rwx_volumes": None}),
    "Cluster.uniform": (
        sn.Cluster.uniform,
        {"nodes": 3, "disks_per_node": 2, "images": 1, "witnesses": 0, "rwx_volumes": 2, "v2_data_engine": False},
    ),
    "Cluster.uniform of disks": (sn.Cluster.uniform, {"nodes": 3, "disks": 7}),
    "Cluster.grown": (lambda **given: cluster().grown(**given), {"nodes": 1, "disks": 2}),
    "AddressRange": (sn.AddressRange, {"range": "10.0.0.0/24", "exclude": ["10.0.0.1", "10.0.0.6-10.0.0.9"]}),
    "AddressRange.overlaps": (lambda other: sn.AddressRange("10.0.0.0/24").overlaps(other), {"other": "10.0.0.0/25"}),
    "AddressRange.excludes": (lambda address: sn.AddressRange("10.0.0.0/24").excludes(address), {"address": 167772161}),
    "RangeConfiguration": (
        sn.RangeConfiguration,
        {"range": "10.0.0.0/24", "exclude": ["10.0.0.1"], "range_start": None, "range_end": "10.0.0.9"}
        | {"whereabouts": "0.9.4"},
    ),
    "Consumer": (
        sn.Consumer,
        {"pod": "gateway", "per": "node", "versions": 2, "floor": 1, "steady": 1, "source": "own", "addresses_each": 1},
    ),
    "Profile": (
        sn.Profile,
        {"name": "own", "consumers": list(sn.PROFILES["classic"].consumers), "source": "-"}
        | {"setting": "storage-network"},
    ),
    "Setting": (sn.Setting, SETTING | {"exclusive_vlan": True}),
    "Setting.parse": (sn.Setting.parse, {"text": VALUE}),
    "Written": (sn.Written, {"text": VALUE, "network": "storage-network", "hash": None}),
    "Written.read": (sn.Written.read, {"document": VALUE, "network": None}),
    "Written.change_from": (lambda current: sn.Written(VALUE).change_from(current), {"current": VALUE}),
    "Pool": (
        sn.Pool,
        {"range": "10.0.0.0/28", "exclude": ["10.0.0.1"], "range_start": None, "range_end": "10.0.0.9"}
        | {"whereabouts": "0.9.4", "leases": {"3": {"id": "c1", "podref": "default/a", "ifname": "lhnet1"}}},
    ),
    "Pool.resumed": (sn.Pool.resumed, {"configuration": pool().configuration, "leases": pool().leases}),
    "Pool.assign": (
        lambda **given: pool().assign(**given),
        {"podref": "default/b", "container_id": "c2", "ifname": "lhnet1"},
    ),
    "Pool.release": (lambda **given: pool().release(**given), {"container_id": "c1", "ifname": "lhnet1"}),
    "Pool.reclaim": (lambda **given: pool().reclaim(**given), {"address": "172.16.0.2"}),
    "Pool.holder": (lambda **given: pool().holder(**given), {"address": "172.16.0.2"}),
    "Scenario": (
        sn.Scenario,
        {"name": "x", "steps": [sn.steps.Apply()], "retry": "fifo", "reconciler": True, "horizon": "30d"},
    ),
    "demand": (sn.demand, {"cluster": cluster(), **CHOSEN}),
    "limits": (sn.limits, {"range": "10.0.0.0/24", "cluster": cluster(), **CHOSEN}),
    "suggest": (
        sn.suggest,
        {"cluster": cluster(), "pools": ["10.0.0.0/8"], "in_use": ["10.0.0.0/16"], "networks": None, "exclude_first": 1}
        | {"exclude_last": 0, "grow_nodes": 1, "grow_disks": 0, "headroom": 10, "at_least": 0, "limit": 3}
        | {"strategy": "growth", **CHOSEN},
    ),
    "SiteNetwork": (
        sn.SiteNetwork,
        {"network": "rwx-network", "range": "172.20.0.0/26", "vlan": 7, "cluster_network": "x", "exclude_first": 1}
        | {"exclude_last": 0, "headroom": 0, "reserve": 1, "profile": None},
    ),
    "SiteCluster": (
        sn.SiteCluster,
        {"name": "a", "cluster": cluster(), "networks": [sn.SiteNetwork()], "harvester": "1.8.2"},
    ),
    "Site": (
        sn.Site,
        {"pools": ["172.20.0.0/16"], "clusters": [HOME], "in_use": ["172.20.0.0/24"], "isolated": False}
        | {"harvester": None, "defaults": sn.SiteNetwork(), "notes": ()},
    ),
    "Kept": (
        sn.Kept,
        {"cluster": "a", "network": "rwx-network", "range": sn.AddressRange("172.20.0.0/26"), "before": None},
    ),
    "Uncertain": (sn.Uncertain, {"chances": {5: 0.5, 6: 0.5}}),
    "Uncertain.poisson": (sn.Uncertain.poisson, {"mean": 4}),
    "Uncertain.binomial": (sn.Uncertain.binomial, {"trials": 9, "probability": 0.3}),
    "Uncertain.between": (sn.Uncertain.between, {"low": 2, "high": 4}),
    "Uncertain.triangular": (sn.Uncertain.triangular, {"low": 2, "mode": 3, "high": 6}),
    "Uncertain.of_samples": (sn.Uncertain.of_samples, {"values": [3, 4, 4]}),
    "Uncertain.exceeds": (sn.Uncertain.poisson(3).exceeds, {"count": 5}),
    "Uncertain.quantile": (sn.Uncertain.poisson(3).quantile, {"confidence": 0.9}),
    "risk": (
        sn.risk,
        {"nodes": {5: 1, 6: 1}, "disks_per_node": sn.Uncertain.between(1, 3), "images": 4, "rwx_volumes": None}
        | {"disks_vary": "apart", **CHOSEN},
    ),
    "Risk.exceeds": (sn.risk({5: 1, 6: 1}).exceeds, {"range": "10.0.0.0/27"}),
    "Transfers": (sn.Transfers, {"per_hour": 40, "minutes": 15}),
    "Transfers.waiting": (sn.Transfers(per_hour=40, minutes=15).waiting, {"places": 12}),
    "Transfers.refused": (sn.Transfers(per_hour=40, minutes=15).refused, {"places": 12}),
    "Transfers.places": (sn.Transfers(per_hour=40, minutes=15).places, {"waiting": 0.1, "refused": None}),
    "Growth": (sn.Growth, {"nodes": 2, "disks": 0.5, "images": 0}),
    "runway": (
        sn.runway,
        {"range": "10.0.0.0/26", "cluster": cluster(), "grow": sn.Growth(nodes=2), "start": "2026-12-01", "years": 2}
        | {"random": True, **CHOSEN},
    ),
    "Runway.chance": (WAY.chance, {"by": "2027-01-01"}),
    "Runway.date": (WAY.date, {"probability": 0.1}),
    "ensemble": (
        sn.ensemble,
        {"range": "10.0.0.0/26", "cluster": cluster(), "scenario": "upgrade", "runs": 2, "seed": 1, "away": "1h"}
        | {
            "transfers": sn.Transfers(per_hour=1, minutes=5),
            "losses_per_year": 0,
            "client": None,
        }  # what `progress` raises is its caller's own
        | CHOSEN,
    ),
    "explore": (explored, {"cluster": cluster(), "range": "10.0.0.0/26", "harvester": "1.8.2"}),
    "Explorer": (sn.Explorer, {"cluster": cluster(), "range": None, "harvester": "1.6+rwx"}),
    "progress_bar": (lambda unit: sn.progress_bar(unit).__enter__(), {"unit": "runs"}),
    "plots.distribution": (sn.plots.distribution, {"risk": sn.risk({5: 1, 6: 1}), "ax": None}),
    "plots.address_map": (sn.plots.address_map, {"plan": sn.plan_site(SITE), "ax": None}),
    "plots.lease_map": (sn.plots.lease_map, {"found": sn.audit(SNAPSHOT), "ax": None}),
    "plots.sweep_picture": (sn.plots.sweep_picture, {"grid": GRID, "ax": None}),
    "plots.runway_fan": (sn.plots.runway_fan, {"way": WAY, "ax": None}),
    "plan_site": (sn.plan_site, {"site": SITE, "keep": sn.plan_site(SITE).kept}),
    "SitePlan.only": (sn.plan_site(SITE).only, {"cluster": "a"}),
    "read_site": (sn.read_site, {"path": DATA / "site.yaml"}),
    "read_site_plan": (sn.read_site_plan, {"path": PLAN_FILE}),
    "Plan.to_dict": (
        lambda **given: sn.suggest(cluster(), limit=2).to_dict(**given),
        {"vlan": 100, "cluster_network": "storage"},
    ),
    "Candidate.setting": (
        sn.suggest(cluster(), limit=1).best.setting,
        {"vlan": 100, "cluster_network": "storage"},
    ),
    "check": (
        sn.check,
        {"range": "10.0.0.0/24", "cluster": cluster(), "exclude": ["10.0.0.1"], "in_use": ["10.0.0.0/16"]}
        | {"others": ["10.9.0.0/24"], "current": VALUE, **CHOSEN},
    ),
    "Findings.at_least": (lambda severity: sn.check("10.52.0.0/24").at_least(severity), {"severity": "error"}),
    "Findings.without": (lambda codes: sn.check("10.52.0.0/24").without(codes), {"codes": ["overlaps-reserved"]}),
    "diagnose": (sn.diagnose, {"text": EVENT, "cluster": cluster(), **CHOSEN}),
    "simulate": (
        sn.simulate,
        {"range": "10.0.0.0/27", "cluster": cluster(), "steps": [sn.steps.Apply(), sn.steps.Upgrade(at="1h")]}
        | {"exclude": ["10.0.0.1"], "retry": None, "horizon": None, "pool": None, **CHOSEN},
    ),
    "simulate from a pool": (
        sn.simulate,
        {"range": None, "cluster": cluster(), "steps": "upgrade", "pool": pool(), "harvester": "1.8.2"},
    ),
    "sweep": (
        sn.sweep,
        {"nodes": range(1, 5), "disks_per_node": [1, 2], "images": 3, "rwx_volumes": None, **CHOSEN},
    ),
    "sweep of disks": (sn.sweep, {"nodes": [1, 2, 9], "disks": np.array([3, 4])}),
    "Sweep.compute": (GRID.compute, {"what": "spare", "range": "10.0.0.0/24", "out": None}),
    "Sweep.fits": (GRID.fits, {"range": "10.0.0.0/24"}),
    "Sweep.count_fitting": (GRID.count_fitting, {"range": "10.0.0.0/24"}),
    "Sweep.quantile": (GRID.quantile, {"q": 0.5}),
    "Sweep.counts_at_most": (GRID.counts_at_most, {"limits": [1, 62]}),
    "Sweep.max_nodes": (GRID.max_nodes, {"range": "10.0.0.0/24"}),
    "Sweep.max_disks_per_node": (GRID.max_disks_per_node, {"range": "10.0.0.0/24"}),
    "Sweep.at": (GRID.at, {"nodes": 1, "disks_per_node": 2, "disks": None, "images": 3}),
    "Sweep.blocks": (lambda points: list(GRID.blocks(points)), {"points": 7}),
    "Sweep.part": (GRID.part, {"nodes": slice(2), "disks": slice(None), "images": slice(1)}),
    "Sweep.with_profile": (GRID.with_profile, {"profile": "consolidated", "harvester": None}),
    "Sweep.compare": (GRID.compare, {"profiles": ["classic"], "ranges": ["10.0.0.0/24"]}),
    "Sweep.to_dict": (GRID.to_dict, {"range": "10.0.0.0/24"}),
    "Sweep.to_xarray": (GRID.to_xarray, {"chunks": None}),
    "snapshot_of": (sn.snapshot_of, {"text": LIVING, "name": "export"}),
    "audit": (sn.audit, {"snapshot": SNAPSHOT, **CHOSEN}),
    "verify": (sn.verify, {"snapshot": SNAPSHOT, **CHOSEN}),
    "preflight": (
        sn.preflight,
        {"snapshot": SNAPSHOT, "setting": VALUE, "images": 2, "in_use": ["10.0.0.0/24"], **CHOSEN},
    ),
    "pool_of": (sn.pool_of, {"snapshot": SNAPSHOT, "harvester": None}),
    "Snapshot.stored": (SNAPSHOT.stored, {"name": "storage-network"}),
    "Snapshot.pool_for": (SNAPSHOT.pool_for, {"network": sn.AddressRange("10.0.0.0/24")}),
    "read_cluster": (sn.read_cluster, {"path": DATA / "cluster.yaml"}),
    "read_profile": (sn.read_profile, {"path": DATA / "own-profile.yaml"}),
    "read_scenario": (sn.read_scenario, {"path": DATA / "move.yaml"}),
    "read_networks": (sn.read_networks, {"path": DATA / "plan.csv", "column": None, "where": None}),
    "read_snapshot": (
        lambda path: sn.read_snapshot(path, DATA / "live" / "living.json"),
        {"path": DATA / "live" / "living.json"},
    ),
    "export_script": (sn.export_script, {"command": "audit"}),
    "webhook.refusal": (
        sn.webhook.refusal,
        {"cluster_network": "storage", "vlan": 5, "range": "10.0.0.0/24", "exclude": ["10.0.0.0/28"]}
        | {"exclusive_vlan": False, "cluster": cluster(), "shared_rwx": False, "others": ["10.0.0.0/25"]}
        | {"network": "storage-network", "harvester": None},
    ),
    "webhook.collides": (sn.webhook.collides, {"a": "10.0.0.0/24", "b": {"range": "10.0.0.0/25", "exclude": []}}),
    "webhook.usable_count": (sn.webhook.usable_count, {"range": "10.0.0.0/24", "exclude": ["10.0.0.0/28"]}),
    "plots.timeline": (sn.plots.timeline, {"run": sn.simulate("10.0.0.0/27", cluster()), "ax": None}),
    "plots.heatmap": (sn.plots.heatmap, {"grid": GRID, "images": 3, "ax": None}),
    "plots.frontier": (sn.plots.frontier, {"grid": GRID, "ax": None}),
    "plots.format_of": (sn.plots.format_of, {"path": "x.png"}),
}
STEPS: dict[str, dict[str, Any]] = {
    "Apply": {"at": "1d"},
    "TransferImages": {"at": 5, "count": 2, "duration": "1h", "spacing": 3},
    "AddNodes": {"at": 5, "count": 2, "disks": None, "v2_data_engine": False},
    "RemoveNodes": {"at": 5, "nodes": ["a"]},
    "AddDisks": {"at": 5, "disks": 2, "nodes": ["a"]},
    "Upgrade": {"at": 5, "to": "1.8.2", "node_duration": "1h", "pause": 0},
    "LoseNode": {"at": 5, "node": "a"},
    "RecoverNode": {"at": 5, "node": "a"},
    "RestartPods": {"at": 5, "kind": None},
}
CALLS = GIVEN | {f"steps.{name}": (getattr(sn.steps, name), valid) for name, valid in STEPS.items()}
# What the library answers with, or is told by name alone: nobody has to be refused who makes one by hand.
ANSWERS = {
    *("Audit", "BadInput", "Candidate", "Demand", "DemandLine", "DiagnosedEvent", "Diagnosis", "Failure", "Finding"),
    *("Findings", "Lease", "Limits", "LogEntry", "MissingExtraError", "NetworkAudit", "Networks", "NoAnswer", "Plan"),
    *(
        "PlannedNetwork",
        "PoolExhausted",
        "PreCheck",
        "Preflight",
        "RangeLike",
        "Rejection",
        "Release",
        "Report",
        "SettingLike",
    ),
    *("Comparison", "Ensemble", "Risk", "Runway"),
    *("Simulation", "SitePlan", "SnPlannerError", "Snapshot", "Sweep", "Unplaced", "Verification"),
}


def mutated(valid: Any, draw: st.DrawFn) -> Any:
    """A valid value with something odd in it or around it."""
    odd = draw(st.sampled_from(ODD))
    if isinstance(valid, str) and draw(st.booleans()):
        place = draw(st.integers(0, len(valid)))
        return valid[:place] + draw(st.sampled_from(TEXTS)) + valid[place + draw(st.sampled_from([0, 1, 9])) :]
    if isinstance(valid, list | tuple) and valid and draw(st.booleans()):
        return [*valid, draw(st.sampled_from([odd, lambda: mutated(valid[0], draw)]))()]
    if isinstance(valid, dict) and draw(st.booleans()):
        key = draw(st.sampled_from([*valid, 5, "", "-1", "10.0.0.1", None]))
        return valid | {key: mutated(valid.get(key), draw)}
    return draw(st.sampled_from([odd, odd, odd, lambda: [valid], lambda: [valid, odd()], lambda: boxed(valid)]))()


class Call:
    """A call of the library, which can be shown whatever its arguments are."""

    def __init__(self, name: str, arguments: Mapping[str, Any]) -> None:
        self.name, self.arguments = name, arguments

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{field}={shown(value)}' for field, value in self.arguments.items())})"


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """A call of the library with one argument or two that are odd."""
    name = draw(st.sampled_from(sorted(CALLS)))
    arguments = dict(CALLS[name][1])
    for field in draw(st.lists(st.sampled_from(sorted(arguments)), min_size=1, max_size=2)):
        arguments[field] = mutated(arguments[field], draw)
    return Call(name, arguments)


def shows(answer: Any) -> None:
    """Asks an answer for everything that it tells of itself."""
    if answer is not None and type(answer).__module__.startswith("sn_planner"):
        repr(answer), str(answer)
        for name in dir(type(answer)):
            if isinstance(getattr(type(answer), name, None), property) and not name.startswith("_"):
                getattr(answer, name)
        for name in ("_repr_html_", "to_dict", "manifest", "nad_config"):
            if hasattr(type(answer), name):
                getattr(answer, name)()


def _too_long(_: int, __: FrameType | None) -> NoReturn:
    raise TimeoutError(f"no answer in {LONGEST_CALL} s")


def judge(made: Call) -> None:
    """Makes a call, and holds what comes of it against everything that is promised of any."""
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LONGEST_CALL)
    try:
        shows(CALLS[made.name][0](**made.arguments))
    except (sn.BadInput, sn.NoAnswer) as refusal:
        for text in (str(refusal), *refusal.to_dict().values()):
            assert text.isprintable()
            assert len(text) <= LONGEST_REFUSAL
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module", autouse=True)
def _in_bounded_memory() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_every_public_name_is_called() -> None:
    """What is public and can be called is among the calls below, unless it is an answer."""
    callable_names = {name for name in sn.__all__ if callable(getattr(sn, name))}
    assert callable_names <= CALLS.keys() | ANSWERS
    assert set(sn.__all__) >= ANSWERS
    assert set(STEPS) == {kind.__name__ for kind in sn.steps.STEPS.values()}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_has_an_answer(name: str) -> None:
    """With the arguments that are then made odd, each call gives an answer and no refusal."""
    call, arguments = CALLS[name]
    shows(call(**arguments))


@pytest.mark.parametrize("name", CALLS)
def test_every_odd_value(name: str) -> None:
    """Each argument of each call with each odd value; in the suite with every 67th of them."""
    valid = CALLS[name][1]
    for field, odd in itertools.islice(itertools.product(valid, ODD), list(CALLS).index(name) % STRIDE, None, STRIDE):
        judge(Call(name, valid | {field: odd()}))


@settings(max_examples=EXAMPLES)
@given(calls())
def test_any_call(made: Call) -> None:
    """Any public function, class or method with values of any kind."""
    judge(made)
