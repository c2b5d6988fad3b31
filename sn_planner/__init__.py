"""Sizes and plans the IPv4 range of a Harvester storage network, before anyone applies it.

Rules: this module holds the public names and nothing else. A name loads its module when it is first used, so importing
the package costs neither numpy nor tabulate nor yaml nor matplotlib.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sn_planner.advice.check import check
    from sn_planner.advice.diagnose import Diagnosis, diagnose
    from sn_planner.advice.findings import Finding
    from sn_planner.advice.living.audit import audit
    from sn_planner.advice.living.preflight import preflight
    from sn_planner.advice.living.verify import verify
    from sn_planner.advice.suggest import Plan, suggest
    from sn_planner.engine.pool.leases import Lease
    from sn_planner.engine.pool.whereabouts import Pool, PoolExhausted
    from sn_planner.engine.simulation.simulation import Simulation, simulate
    from sn_planner.engine.simulation.steps import Scenario
    from sn_planner.engine.sweep.sweep import Sweep, sweep
    from sn_planner.errors import SnPlannerError
    from sn_planner.model.cluster import Cluster, Node
    from sn_planner.model.demand import Demand, Limits, demand, limits
    from sn_planner.model.living.snapshot import Snapshot
    from sn_planner.model.profiles import Consumer, Profile
    from sn_planner.model.ranges import AddressRange
    from sn_planner.model.setting import Setting

_HOMES = {
    "sn_planner.advice.living.audit": ("audit",),
    "sn_planner.advice.check": ("check",),
    "sn_planner.advice.diagnose": ("Diagnosis", "diagnose"),
    "sn_planner.advice.findings": ("Finding",),
    "sn_planner.advice.living.preflight": ("preflight",),
    "sn_planner.advice.suggest": ("Plan", "suggest"),
    "sn_planner.advice.living.verify": ("verify",),
    "sn_planner.engine.simulation.simulation": ("Simulation", "simulate"),
    "sn_planner.engine.simulation.steps": ("Scenario",),
    "sn_planner.engine.sweep.sweep": ("Sweep", "sweep"),
    "sn_planner.engine.pool.leases": ("Lease",),
    "sn_planner.engine.pool.whereabouts": ("Pool", "PoolExhausted"),
    "sn_planner.errors": ("SnPlannerError",),
    "sn_planner.model.cluster": ("Cluster", "Node"),
    "sn_planner.model.demand": ("Demand", "Limits", "demand", "limits"),
    "sn_planner.model.profiles": ("Consumer", "Profile"),
    "sn_planner.model.ranges": ("AddressRange",),
    "sn_planner.model.setting": ("Setting",),
    "sn_planner.model.living.snapshot": ("Snapshot",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AddressRange",
    "Cluster",
    "Consumer",
    "Demand",
    "Diagnosis",
    "Finding",
    "Lease",
    "Limits",
    "Node",
    "Plan",
    "Pool",
    "PoolExhausted",
    "Profile",
    "Scenario",
    "Setting",
    "Simulation",
    "SnPlannerError",
    "Snapshot",
    "Sweep",
    "audit",
    "check",
    "demand",
    "diagnose",
    "limits",
    "preflight",
    "simulate",
    "suggest",
    "sweep",
    "verify",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
