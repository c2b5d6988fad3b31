"""A client of the one door: right types pass mypy --strict and run, wrong ones are refused by both.

Every line that hands over a wrong type carries the error that mypy must find there; under --strict an ignore that
ignores nothing is an error itself, so the type check of this file is a test in both directions.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import ipaddress
import pydoc
from pathlib import Path
from typing import Any

import netaddr
import numpy as np
import pytest

import sn_planner as sn

ROOT = Path(__file__).parents[1]
CLUSTER = sn.Cluster(nodes=[sn.Node(disks=2), sn.Node(disks=8), sn.Node(witness=True)], images=10, rwx_volumes=None)


def test_planning() -> None:
    """Ranges are text or objects of netaddr and ipaddress; answers have public types."""
    rng: sn.AddressRange = sn.AddressRange("192.168.1.0/26", exclude=["192.168.1.1"])
    plan: sn.Plan = sn.suggest(
        CLUSTER.grown(nodes=3, disks=6),
        pools=[rng, netaddr.IPNetwork("172.16.0.0/12"), ipaddress.ip_network("10.0.0.0/8")],
        in_use=["10.0.0.0/9"],
        exclude_first=1,
        exclude_last=1,
        grow_nodes=1,
        grow_disks=2,
        headroom=10,
        at_least=100,
        limit=2,
        strategy="growth",
        harvester="1.6.1",
    )
    best: sn.Candidate = plan.best
    setting: sn.Setting = best.setting(vlan=100, cluster_network="storage")
    findings: sn.Findings = sn.check(setting, CLUSTER, in_use=(), others=(), current=setting.value, harvester="1.6.1")
    limits: sn.Limits = sn.limits(best.range, CLUSTER)
    need: sn.Demand = sn.demand(CLUSTER, sn.PROFILES["consolidated"])
    release: sn.Release | None = sn.demand(CLUSTER, harvester="1.6.1").release
    assert best.usable >= 100
    assert findings.ok
    assert len(findings.errors) == 0
    assert limits.fits
    assert (need.required, need.release, release in sn.RELEASES) == (34, None, True)


def test_trying() -> None:
    """Simulations, sweeps and pools take ranges first, and say what they are."""
    run: sn.Simulation = sn.simulate("172.16.0.0/27", CLUSTER, [sn.steps.Apply(), sn.steps.Upgrade(at="1d")])
    pool: sn.Pool = sn.Pool("172.16.0.0/29", exclude=["172.16.0.1"], whereabouts="0.7.0")
    grid: sn.Sweep = sn.sweep(nodes=range(1, 10), disks_per_node=[1, 2], images=np.array([0, 10]))
    out = grid.compute("required", out=np.empty(grid.shape, grid.dtype))
    diagnosis: sn.Diagnosis = sn.diagnose("nothing", CLUSTER)
    assert (run.range.usable, pool.free, out.shape, diagnosis.events) == (30, 5, (9, 2, 2), ())


def test_a_living_cluster() -> None:
    """An export is read, asked, and simulated from."""
    snapshot: sn.Snapshot = sn.read_snapshot(ROOT / "tests/data/live/living.json")
    audit: sn.Audit = sn.audit(snapshot)
    verification: sn.Verification = sn.verify(snapshot)
    preflight: sn.Preflight = sn.preflight(snapshot, '{"vlan":1,"clusterNetwork":"a","range":"172.16.0.0/24"}')
    assert snapshot.cluster is not None
    run = sn.simulate(None, snapshot.cluster, "upgrade", pool=sn.pool_of(snapshot), harvester="1.6.1")
    assert (audit.ok, verification.ok, preflight.ok, run.exhausted) == (False, True, False, True)


def test_files() -> None:
    """What a planner writes is read through the door, from paths as text or as Path."""
    data = ROOT / "tests" / "data"
    cluster: sn.Cluster = sn.read_cluster(data / "cluster.yaml")
    profile: sn.Profile = sn.read_profile(str(data / "own-profile.yaml"))
    scenario: sn.Scenario = sn.read_scenario(data / "move.yaml")
    networks = sn.read_networks(data / "plan.csv", column="prefix")
    assert sn.suggest(cluster, profile=profile, in_use=networks).candidates
    assert scenario.steps


def test_wrong_types_are_refused() -> None:
    """A wrong type is an error to mypy, and BadInput with a code to those who run it all the same."""
    with pytest.raises(sn.BadInput):
        sn.Cluster.uniform(nodes="5", disks_per_node=2)  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput):
        sn.Cluster([sn.Node(disks=2.5)])  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput):
        sn.Cluster([2, 3])  # type: ignore[list-item]
    with pytest.raises(sn.BadInput):
        sn.AddressRange(26)  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput):
        sn.demand("cluster")  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput):
        sn.limits(CLUSTER, "10.0.0.0/24")  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput):
        sn.suggest(CLUSTER, strategy="fastest")  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput):
        sn.check("10.0.0.0/24", CLUSTER, current=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        sn.check("10.0.0.0/24", CLUSTER, in_uses=[])  # type: ignore[call-arg]
    with pytest.raises(sn.BadInput):
        sn.simulate(CLUSTER, "172.16.0.0/27")  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput):
        sn.Pool("172.16.0.0/29", whereabouts=9)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        sn.Pool("172.16.0.0/29", legacy=True)  # type: ignore[call-arg]
    with pytest.raises(sn.BadInput):
        sn.sweep(nodes="1:5", disks_per_node=2)  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput):
        sn.preflight(sn.Snapshot(), 5)  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput, match="text b'' is no text"):
        sn.snapshot_of(b"")  # type: ignore[arg-type]
    with pytest.raises(sn.BadInput, match="setting b'{}' is no text"):
        sn.Written(b"{}")  # type: ignore[arg-type]


EXPORT = "tests/data/live/living.json"
VALUE = '{"vlan":1,"clusterNetwork":"a","range":"172.16.0.0/24"}'


@pytest.mark.parametrize(
    "verb",
    [sn.audit, sn.verify, sn.pool_of, lambda given: sn.preflight(given, VALUE)],
    ids=["audit", "verify", "pool_of", "preflight"],
)
@pytest.mark.parametrize("given", [EXPORT, None, [], b"{}"])
def test_a_file_name_is_no_snapshot(verb: Any, given: Any) -> None:
    """Who hands over a file's name instead of what is in it is told how to read it."""
    with pytest.raises(sn.BadInput, match="is not a Snapshot; read the export with read_snapshot") as refusal:
        verb(given)
    assert refusal.value.code == "wrong-type"


@pytest.mark.parametrize(
    "read", [sn.read_cluster, sn.read_profile, sn.read_networks, sn.read_scenario, sn.read_snapshot]
)
@pytest.mark.parametrize("path", [None, True, b"x", [], "", "a" * 300, "a\0b"])
def test_what_is_no_file_is_refused_by_name(read: Any, path: Any) -> None:
    """No reader answers what is no path, or no file, with anything but BadInput; nothing is read instead."""
    with pytest.raises(sn.BadInput, match="is no path|cannot be read"):
        read(path)


def test_an_export_has_files() -> None:
    """Reading no file at all is a mistake, not an export that says nothing."""
    with pytest.raises(sn.BadInput, match="paths are missing"):
        sn.read_snapshot()
    with pytest.raises(sn.BadInput, match="command 'suggest' is unknown"):
        sn.export_script("suggest")


def test_excludes_are_never_lost() -> None:
    """A range that brings excludes is refused where the excludes are a key of their own."""
    rng = sn.AddressRange("10.0.0.0/24", exclude=["10.0.0.1"])
    with pytest.raises(sn.BadInput, match="has excludes, which are another key of a setting"):
        sn.Setting(vlan=1, cluster_network="a", range=rng)
    assert sn.Setting(vlan=1, cluster_network="a", range=rng.cidr, exclude=rng.exclude).address_range == rng


def test_another_networks_profile_does_not_judge_the_storage_network() -> None:
    """Leases and prerequisites of the storage network are held against a profile of it, or against none."""
    snapshot = sn.read_snapshot(ROOT / EXPORT)
    for ask in (sn.audit, sn.verify):
        with pytest.raises(sn.BadInput, match="sizes the rwx-network, not the storage-network"):
            ask(snapshot, profile="rwx-network")
    with pytest.raises(sn.BadInput, match="sizes the rwx-network, not the storage-network"):
        sn.preflight(snapshot, VALUE, profile="rwx-network")


def test_a_profile_is_judged_even_where_it_is_not_needed() -> None:
    """An unknown profile is refused with or without a cluster, and none at all where one must be chosen."""
    with pytest.raises(sn.BadInput, match="profile 'nope' is unknown"):
        sn.diagnose("nothing", profile="nope")
    with pytest.raises(sn.BadInput, match="profile is missing"):
        sn.sweep(nodes=1, disks=3).with_profile()
    assert sn.demand(CLUSTER, harvester="1.1.0+rwx").notes == (
        "RWX volumes share no storage network before Longhorn 1.7: Harvester 1.1.0 has 1.3.2",
    )


def test_facts_cannot_be_changed() -> None:
    """The tables that everyone reads are read-only."""
    for table in (sn.PROFILES, sn.CODES, sn.REFUSALS):
        with pytest.raises(TypeError):
            table["x"] = 1  # type: ignore[index]


def test_help_opens_with_how_to_use_it() -> None:
    """`help(sn_planner)` begins with an example and names every verb."""
    text = pydoc.plain(pydoc.render_doc(sn))
    head = text[: text.index("PACKAGE CONTENTS")]
    assert "sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)" in head
    verbs = [name for name in sn.__all__ if name.islower() and callable(getattr(sn, name))]
    assert [name for name in verbs if f"`{name}`" not in head] == ["export_script"]


def test_every_public_name_says_what_it_is() -> None:
    """Every public class and function has a docstring of its own."""
    for name in sn.__all__:
        value = getattr(sn, name)
        if isinstance(value, type) or inspect.isfunction(value):
            assert (value.__doc__ or "").strip(), name


def test_the_version_is_that_of_the_package() -> None:
    """The version is a dotted one where the package is installed."""
    assert sn.__version__.count(".") == 2


def test_a_checkout_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an installed package the version is said to be unknown."""

    def not_there(_: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", not_there)
    monkeypatch.delitem(vars(sn), "__version__", raising=False)
    assert sn.__version__ == "unknown"
    monkeypatch.delitem(vars(sn), "__version__")
