"""Gaps: what an export lacks makes an answer unknown, never better, and never another."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.interchange.reports.living import audit_document, preflight_document, verify_document
from sn_planner.interchange.tables import Document, render
from sn_planner.model.living import resources as kept
from sn_planner.model.living.exports import EXPORTS, kinds_for, resource_of
from sn_planner.model.living.snapshot import Snapshot

LIVE = Path(__file__).parents[2] / "data" / "live"
EXAMPLE = sn.read_snapshot(LIVE / "living.json")
BEFORE = sn.read_snapshot(LIVE / "before")
SETTING = sn.Setting(vlan=100, cluster_network="storage", range="172.16.0.0/26")
DOCUMENTS: dict[str, Callable[[Snapshot], Document]] = {
    "audit": lambda snapshot: audit_document(sn.audit(snapshot)),
    "verify": lambda snapshot: verify_document(sn.verify(snapshot)),
    "preflight": lambda snapshot: preflight_document(sn.preflight(snapshot, SETTING)),
}


def evicted(pod: kept.Pod) -> kept.Pod:
    """The pod, on a node whose taint deletes it."""
    return attrs.evolve(pod, evicted=True)


def state_of(ref: str, pods: list[kept.Pod]) -> str:
    """The state of a manager, by its pod."""
    return "running" if ref in {one.ref for one in pods} else "error"


@st.composite
def clusters(draw: st.DrawFn) -> Snapshot:
    """A cluster of which everything is known, some of it bad: leases, pods, transfers and managers come and go."""
    every = {field for fields in EXPORTS.values() for field in fields}
    none: dict[str, Any] = {field: () for field in every if getattr(EXAMPLE, field) is None}
    whole = attrs.evolve(EXAMPLE, **none)
    (pool,) = whole.pools or ()
    some = st.sampled_from([0, 1, 13, 22, 26])
    pods = [one for one in whole.pods or () if draw(st.integers(0, 20))]
    pods = [evicted(one) if not draw(st.integers(0, 20)) else one for one in pods]
    running = "in-progress" if draw(st.booleans()) else "ready"
    version = draw(st.sampled_from(["v1.4.3", "v1.6.1", "v1.8.1"]))
    version_setting = kept.StoredSetting("server-version", version)
    settings = tuple(one for one in whole.settings or () if one.ref != "server-version")
    return attrs.evolve(
        whole,
        settings=(*settings, version_setting),
        pools=(attrs.evolve(pool, allocations=pool.allocations[draw(some) :]),),
        pods=tuple(pods),
        data_sources=tuple(attrs.evolve(one, state=running) for one in whole.data_sources or ()),
        images=(kept.Image("default/i", draw(st.sampled_from(["True", "Unknown"]))),),
        reservations=(whole.reservations or ())[: draw(some)],
        longhorn_settings=tuple(
            kept.LonghornSetting(f"longhorn-system/{kept.SHARES_RWX_SETTING}", value)
            for value in draw(st.sampled_from([(), ("true",), ("false",)]))
        ),
        # made in one go: no manager runs whose pod is missing
        instance_managers=tuple(
            attrs.evolve(one, data_engine=draw(st.sampled_from(["v1", "v2"])), state=state_of(one.ref, pods))
            for one in whole.instance_managers or ()
        ),
        backing_image_managers=tuple(
            attrs.evolve(one, state=state_of(one.ref, pods)) for one in whole.backing_image_managers or ()
        ),
        volumes=(kept.Volume("longhorn-system/v", draw(st.sampled_from(["attached", "detached"]))),),
        definitions=BEFORE.definitions,
        vlan_configs=draw(st.sampled_from([(), BEFORE.vlan_configs])),
        cluster_networks=BEFORE.cluster_networks,
    )


def without(snapshot: Snapshot, fields: set[str]) -> Snapshot:
    """The same export with kinds missing."""
    nothing: dict[str, Any] = dict.fromkeys(fields)
    return attrs.evolve(snapshot, is_mixed=False, **nothing)


# The kinds that an answer may do without, as it says itself: events are looked at, not asked for; and without
# Kubernetes' nodes every node of Longhorn's counts, witnesses, too, which is never too few.
MISSING = {command: st.sets(st.sampled_from(sorted({*fields} - {"events"}))) for command, fields in EXPORTS.items()}


@given(clusters(), MISSING["audit"])
def test_an_audit_gets_no_better_for_want_of_data(whole: Snapshot, missing: set[str]) -> None:
    """Nothing fits, passes, or is stale but what is so in the whole export; what would stall is not said to wait."""
    known = sn.audit(whole)
    if "pools" in missing:
        with pytest.raises(sn.BadInput, match="export ippools|export settings"):
            sn.audit(without(whole, missing))
        return
    seen = sn.audit(without(whole, missing))
    assert seen.upgrade_fits in {None, False, known.upgrade_fits}
    assert known.ok or not seen.ok
    assert "No stale lease found." not in render(audit_document(seen), "table") or not known.stale
    assert {one.address for one in seen.stale} <= {one.address for one in known.stale}
    assert seen.precheck.verdict in {None, known.precheck.verdict}
    assert seen.precheck.is_refuted <= known.precheck.is_refuted
    assert not (says(seen, "but not stall") and says(known, "it would stall"))


def says(result: sn.Audit, words: str) -> bool:
    """Whether the advice has these words."""
    return any(words in one.message for one in result.advice)


@given(clusters(), MISSING["verify"])
def test_a_verification_gets_no_better_for_want_of_data(whole: Snapshot, missing: set[str]) -> None:
    """Each step, and each pod's line, is what it is in the whole export, or unknown."""
    known, seen = sn.verify(whole), sn.verify(without(whole, missing))
    for step, same in zip(known.steps, seen.steps, strict=True):
        assert same.ok in {None, step.ok}, (step, same)
    lines = {one.pod: one.ok for one in known.pods}
    assert all(one.ok in {None, lines.get(one.pod, False)} for one in seen.pods)


@given(clusters(), MISSING["preflight"], st.sampled_from([SETTING, None]))
def test_a_preflight_gets_no_better_for_want_of_data(
    whole: Snapshot, missing: set[str], setting: sn.Setting | None
) -> None:
    """Each prerequisite is what it is in the whole export, or unknown."""
    known, seen = sn.preflight(whole, setting), sn.preflight(without(whole, missing), setting)
    for check, same in zip(known.checks, seen.checks, strict=True):
        assert same.ok in {None, check.ok}, (check, same)


def test_a_pod_whose_release_is_not_known_is_not_gone() -> None:
    """Without the settings no release is known, and a lease of an evicted pod is stale in some releases only."""
    (pool,) = EXAMPLE.pools or ()
    snapshot = attrs.evolve(EXAMPLE, pods=tuple(map(evicted, EXAMPLE.pods or ())), settings=None)
    assert len(sn.audit(snapshot).stale) == 1
    assert len(pool.allocations) == 27


def test_a_network_that_is_not_configured_is_not_asked_for() -> None:
    """Where all settings were exported and none is the storage network's, that is the answer."""
    snapshot = Snapshot(settings=(kept.StoredSetting(kept.COMMON_SETTING),), pools=())
    with pytest.raises(sn.BadInput, match="says that the storage network is disabled"):
        sn.audit(snapshot)
    assert [(one.ok, one.detail) for one in sn.verify(snapshot).steps][::2] == [
        (False, "there is no setting storage-network"),
        (False, "the storage network is disabled: no pod has an address of it"),
    ]
    for setting, words in ((SETTING, "no storage network is configured yet"), ("", "there is nothing to apply")):
        assert sn.preflight(snapshot, setting).checks[-1].detail.endswith(words)


@pytest.mark.parametrize(("command", "fields"), EXPORTS.items())
def test_what_an_answer_asks_for_is_exported(command: str, fields: tuple[str, ...]) -> None:
    """Where an export has nothing, an answer names the script of its command, which has each kind once."""
    blind = Snapshot(pools=EXAMPLE.pools) if command == "audit" else Snapshot()
    document = DOCUMENTS[command](blind)
    named = re.findall(r"export ([a-z0-9., -]+?) with the script of `sn-planner export ([a-z]+)`", str(document.parts))
    scripts = {resource_of(row) for row, _ in kinds_for(command)}
    assert named
    assert {one for _, one in named} == {command}
    assert {name for names, _ in named for name in re.split(", | and ", names)} <= {
        name.removesuffix(".apiextensions.k8s.io") for name in scripts
    }
    assert len(scripts) == len(fields)
