"""Frozen values: equal by value, hashable, and nothing they say can be out of date.

The values are not listed: whatever a few questions answer is walked through, and every frozen class of the package must
turn up, so that a new one is held to the laws as soon as it exists.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

import sn_planner as sn
from sn_planner.engine.simulation.site import SimulatedPod
from sn_planner.engine.sweep import counting
from sn_planner.model.living import resources as kept
from sn_planner.model.ranges import KeptNetwork

ROOT = Path(__file__).parents[1]
LIVE = ROOT / "tests" / "data" / "live"
EVENT = (ROOT / "tests" / "data" / "event.txt").read_text(encoding="utf-8")


def is_frozen(kind: type) -> bool:
    """Whether attrs made the class, and made it frozen."""
    return attrs.has(kind) and "frozen" in kind.__setattr__.__name__


@cache
def frozen_classes() -> tuple[type, ...]:
    """Every frozen class of the package that more than its own module knows."""
    names = [one.name for one in pkgutil.walk_packages(sn.__path__, "sn_planner.") if not one.name.endswith("__main__")]
    members = (value for name in names for value in vars(importlib.import_module(name)).values())
    found = {one for one in members if isinstance(one, type) and one.__module__.startswith("sn_planner.")}
    # a simulated pod is itself, whatever its name: a run looks it up by identity, a million times
    found = {one for one in found if not one.__name__.startswith("_")} - {SimulatedPod}
    return tuple(
        sorted((one for one in found if is_frozen(one)), key=lambda kind: f"{kind.__module__}.{kind.__name__}")
    )


def answers() -> Iterator[object]:
    """What many different questions answer."""
    for nodes, images, release in ((5, 10, "1.1.0"), (3, 4, "1.8.1+rwx")):
        cluster = sn.Cluster.uniform(nodes=nodes, disks_per_node=2, images=images, v2_data_engine=nodes == 3)
        plan = sn.suggest(cluster, exclude_first=nodes, in_use=[f"192.168.{nodes}.0/24"], harvester=release)
        setting = plan.best.setting(vlan=nodes, cluster_network="storage")
        yield from (plan, plan.rejected, setting, sn.Written.of(setting), sn.limits(plan.best.range, cluster))
        yield from (plan.demand.lines, sn.PROFILES, sn.check(f"10.5{nodes - 3}.0.0/29", cluster))
        yield importlib.import_module("sn_planner.advice.check").examine(setting, cluster)
        yield importlib.import_module("sn_planner.advice.rules").Case(setting.range, setting.exclude, plan.demand)
        steps: list[sn.steps.Step] = [
            sn.steps.Apply(at=nodes),
            sn.steps.TransferImages(at=nodes, count=1),
            sn.steps.AddNodes(at=nodes),
            sn.steps.AddDisks(at=nodes, disks=nodes),
            sn.steps.LoseNode(at=nodes + 1, node="node-2"),
            sn.steps.RecoverNode(at="1d", node="node-2"),
            sn.steps.RestartPods(at=nodes + 2),
            sn.steps.Upgrade(at=f"{nodes}d"),
            sn.steps.RemoveNodes(at=f"{nodes + 9}d", nodes=[f"node-{nodes}"]),
        ]
        yield sn.simulate(f"172.16.{nodes}.0/27", cluster, steps)
        grid = sn.sweep(nodes=[1, 2, nodes * 7], disks_per_node=range(nodes), images=[0, 5, 1], harvester=release)
        yield from (grid, grid._grid, grid._sums, grid._terms)
        yield from (KeptNetwork(f"10.{nodes}.0.0/16", "lab", "us"), counting.histogram(np.array([1, nodes, 9, 9])))
        yield from (
            kept.Machine(f"default/{nodes}"),
            kept.ShareManager(f"a/{nodes}"),
            kept.Event(f"a/{nodes}", "b", "c"),
        )
        own = sn.SiteNetwork(vlan=nodes, cluster_network="storage", reserve=nodes, range=f"172.2{nodes}.9.0/28")
        both = [sn.SiteNetwork(network="rwx-network"), own]
        alone = release.removesuffix("+rwx")
        home = sn.SiteCluster(name=f"fra{nodes}", cluster=cluster, networks=both, harvester=alone)
        site = sn.Site(
            pools=[f"172.2{nodes}.0.0/16"],
            clusters=[home, sn.SiteCluster(name="far", cluster=cluster.grown(nodes * 9000))],
            in_use=[f"172.2{nodes}.0.0/24"],
            isolated=nodes == 3,
            harvester="1.8.2",
            defaults=own,
            notes=(release,),
        )
        yield (of_a_site := sn.plan_site(site), of_a_site.kept)
        growth = sn.Growth(nodes=nodes, disks=images)
        yield sn.runway(plan.best.range, cluster, growth, start=f"2026-0{nodes}-01", random=nodes == 3)
        yield (sn.risk(nodes, {2: 1, nodes: 1}, harvester=release), sn.Transfers(per_hour=nodes, minutes=images))
        losing = sn.Transfers(per_hour=nodes, minutes=5)
        yield sn.ensemble(f"10.{nodes}.0.0/24", cluster, runs=2, seed=nodes, transfers=losing, losses_per_year=0.1)
        module = importlib.import_module("sn_planner.engine.simulation.random_steps")
        times = {
            "begin": nodes,
            "end": 99 * nodes,
            "per_hour": 1.0,
            "lasts": 1.0,
            "losses_per_year": 0.0,
            "away": nodes,
        }
        yield module.RandomSteps(**times, stays=())
        yield sn.diagnose(EVENT.replace("172.16", f"172.{nodes + 14}"), cluster)
    living = sn.read_snapshot(LIVE / "living.json")
    before = sn.read_snapshot(LIVE / "before")
    documented = sn.read_snapshot(LIVE / "documented.yaml")
    for snapshot in (living, before, documented):
        yield from (snapshot, sn.verify(snapshot), sn.preflight(snapshot, (LIVE / "new-setting.yaml").read_text()))
    yield from (sn.audit(living), sn.audit(attrs.evolve(living, pods=None)))
    for number in range(2):
        yield kept.LeftOut("pods", f"default/{number}", "odd")
        yield importlib.import_module("sn_planner.advice.living.stale").Holding(f"10.0.0.{number}", "a/b", "node")
        yield importlib.import_module("sn_planner.advice.living.evidence").Evidence(living, number == 0)
    for network in ("10.7.0.0/28", "10.8.0.0/27"):
        settings = [
            kept.StoredSetting(name, written=sn.Written(f'{{"vlan":7,"clusterNetwork":"a","range":"{network}"}}', name))
            for name in ("rwx-network", "vm-migration-network")
        ]
        told = kept.LonghornSetting(f"longhorn-system/{network}", "true")
        more = attrs.evolve(living, settings=(*(living.settings or ()), *settings), longhorn_settings=(told,))
        yield from (more, sn.audit(more))


def inside(value: Any, seen: set[int]) -> Iterator[object]:
    """A value and all that it holds."""
    if id(value) in seen or isinstance(value, str | bytes | int | float | None):
        return
    seen.add(id(value))
    yield value
    if attrs.has(type(value)):
        members = [getattr(value, one.name) for one in attrs.fields(type(value))]
    elif isinstance(value, dict):
        members = list(value.values())
    else:
        members = list(value) if isinstance(value, tuple | list) else []
    for member in members:
        yield from inside(member, seen)


@cache
def examples() -> dict[type, list[Any]]:
    """Some values of each frozen class, the most different ones first."""
    kept = list(answers())
    found: dict[type, list[Any]] = {}
    seen: set[int] = set()
    for answer in kept:
        for value in inside(answer, seen):
            same = found.setdefault(type(value), [])
            if len(same) < 12 and not any(value is one for one in same):
                same.append(value)
    return {kind: values for kind, values in found.items() if is_frozen(kind)}


def says(value: object) -> dict[str, object]:
    """Everything a value says of itself: its texts and what its public properties answer."""
    kind = type(value)
    names = [name for name in dir(kind) if not name.startswith("_")]
    computed = [name for name in names if not callable(getattr(kind, name)) or name == "to_dict"]
    said: dict[str, object] = {"str": str(value), "repr": repr(value)}
    for name in computed:
        try:
            answer = getattr(value, name)
            said[name] = repr(answer() if callable(answer) else answer)
        except sn.SnPlannerError as error:
            said[name] = repr(error)
    return said


CLASSES = pytest.mark.parametrize("kind", frozen_classes(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}"[11:])


@CLASSES
def test_every_frozen_class_has_examples(kind: type) -> None:
    """The laws below look at every frozen class there is."""
    assert examples().get(kind), f"let `answers` ask something that makes a {kind.__name__}"


@CLASSES
def test_every_field_counts(kind: type) -> None:
    """What a value is made of decides whether it equals another; what does not is computed from it, never given."""
    hidden = [one.name for one in attrs.fields(kind) if one.init and one.eq is False]
    assert hidden == []


@CLASSES
def test_values_are_equal_by_value_and_hashable(kind: type) -> None:
    """A value made anew from the same parts equals the first, has its hash, and says the same."""
    for value in examples()[kind]:
        again = attrs.evolve(value)
        assert again is not value
        assert again == value
        assert hash(again) == hash(value)
        assert says(again) == says(value)


@CLASSES
def test_evolving_keeps_what_is_said_true(kind: type) -> None:
    """After any one part is replaced, the value says what a value made of those parts says."""
    values = examples()[kind]
    fields = [one for one in attrs.fields(kind) if one.init]
    for value, other in pairwise(values):
        says(value)  # whatever it keeps of what it has computed is kept now
        for field in fields:
            try:
                changed = attrs.evolve(value, **{field.alias: getattr(other, field.name)})
            except sn.SnPlannerError:  # parts that do not go together
                continue
            whole = kind(**{one.alias: getattr(changed, one.name) for one in fields})
            assert changed == whole
            assert says(changed) == says(whole)
            if says(whole) != says(value):
                assert changed != value
