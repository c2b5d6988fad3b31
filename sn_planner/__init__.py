"""Sizes and plans the IPv4 range of a Harvester storage network, before anyone applies it.

    >>> import sn_planner as sn
    >>> cluster = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    >>> sn.demand(cluster).required
    50
    >>> plan = sn.suggest(cluster, in_use=["192.168.0.0/17"])
    >>> str(plan.best.range), plan.best.spare
    ('192.168.128.0/26', 12)

Size and plan: `demand` says how many addresses a cluster takes, `suggest` finds ranges for it, `check` finds what is
wrong with a range or a setting, `limits` says how far a cluster can grow in a range.

Try: `simulate` runs a range through an upgrade or a year, `sweep` asks for every cluster you might have, `Pool` hands
out the addresses of a range as Whereabouts does, `diagnose` reads the events of pods that wait. In a notebook `explore`
puts a cluster and a range behind sliders.

A cluster that runs: `read_snapshot` and `snapshot_of` read what was exported; `preflight` asks whether it is ready for
a setting, `verify` whether the setting works, `audit` whose the leases are; `pool_of` gives the leases as a Pool.

Figures that nobody knows for certain: `Uncertain` says how likely each is, `risk` how likely a range holds them,
`runway` when a growing cluster outgrows its range, `Transfers` how many images move at once, and `ensemble` simulates
many times what has no formula, with a `progress_bar`.

A whole site: `read_site` reads its clusters and pools, `plan_site` gives every network of every cluster a range.

Files: `read_cluster`, `read_profile`, `read_networks`, `read_scenario`, `read_site`, `read_site_plan`.
Facts: `PROFILES`, `RELEASES`, `CODES`.
Modules: `steps` (of a simulation), `webhook` (what Harvester will say), `plots` (pictures).

What cannot be used raises `BadInput`, a question whose answer is no raises `NoAnswer`; both are `SnPlannerError`, with
`field`, `value`, `problem`, `fix` and `code`.

Rules: this module holds the public names and nothing else. A name loads its module when it is first used, so importing
the package costs neither numpy nor tabulate nor yaml nor matplotlib.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sn_planner.advice import webhook
    from sn_planner.advice.check import Report, check
    from sn_planner.advice.diagnose import DiagnosedEvent, Diagnosis, diagnose
    from sn_planner.advice.ensemble import Ensemble, ensemble
    from sn_planner.advice.findings import CODES, Finding, Findings
    from sn_planner.advice.living.audit import Audit, NetworkAudit, audit
    from sn_planner.advice.living.choice import pool_of
    from sn_planner.advice.living.precheck import PreCheck
    from sn_planner.advice.living.preflight import preflight
    from sn_planner.advice.living.readiness import Preflight
    from sn_planner.advice.living.verify import Verification, verify
    from sn_planner.advice.plan import Candidate, Plan, Rejection
    from sn_planner.advice.site import plan_site
    from sn_planner.advice.site_plan import Kept, PlannedNetwork, SitePlan, Unplaced
    from sn_planner.advice.suggest import suggest
    from sn_planner.engine.chance.risk import Risk, risk
    from sn_planner.engine.chance.runway import Growth, Runway, runway
    from sn_planner.engine.chance.transfers import Transfers
    from sn_planner.engine.chance.uncertain import Uncertain
    from sn_planner.engine.pool.configuration import PoolExhausted, RangeConfiguration
    from sn_planner.engine.pool.leases import Lease
    from sn_planner.engine.pool.whereabouts import Pool
    from sn_planner.engine.simulation import steps
    from sn_planner.engine.simulation.simulation import Failure, LogEntry, Simulation, simulate
    from sn_planner.engine.simulation.steps import Scenario
    from sn_planner.engine.sweep.comparison import Comparison
    from sn_planner.engine.sweep.sweep import Sweep, sweep
    from sn_planner.errors import REFUSALS, BadInput, MissingExtraError, NoAnswer, SnPlannerError
    from sn_planner.interchange import plots
    from sn_planner.interchange.explorer.controls import Explorer, explore
    from sn_planner.interchange.export_script import export_script
    from sn_planner.interchange.inputs import read_cluster, read_profile
    from sn_planner.interchange.kubectl import read_snapshot, snapshot_of
    from sn_planner.interchange.networks_in_use import Networks, read_networks
    from sn_planner.interchange.progress import progress_bar
    from sn_planner.interchange.scenario_files import read_scenario
    from sn_planner.interchange.site_files import read_site, read_site_plan
    from sn_planner.model.cluster import Cluster, Node
    from sn_planner.model.demand import Demand, DemandLine, demand
    from sn_planner.model.limits import Limits, limits
    from sn_planner.model.living.snapshot import Snapshot
    from sn_planner.model.pods import Consumer
    from sn_planner.model.profiles import PROFILES, Profile
    from sn_planner.model.ranges import AddressRange, RangeLike
    from sn_planner.model.releases import RELEASES, Release
    from sn_planner.model.setting import Setting
    from sn_planner.model.sites import Site, SiteCluster, SiteNetwork
    from sn_planner.model.written import SettingLike, Written

    __version__: str

_HOMES = {
    "sn_planner.advice.check": ("Report", "check"),
    "sn_planner.advice.diagnose": ("DiagnosedEvent", "Diagnosis", "diagnose"),
    "sn_planner.advice.ensemble": ("Ensemble", "ensemble"),
    "sn_planner.advice.findings": ("CODES", "Finding", "Findings"),
    "sn_planner.advice.living.audit": ("Audit", "NetworkAudit", "audit"),
    "sn_planner.advice.living.choice": ("pool_of",),
    "sn_planner.advice.living.precheck": ("PreCheck",),
    "sn_planner.advice.living.preflight": ("preflight",),
    "sn_planner.advice.living.readiness": ("Preflight",),
    "sn_planner.advice.living.verify": ("Verification", "verify"),
    "sn_planner.advice.plan": ("Candidate", "Plan", "Rejection"),
    "sn_planner.advice.site": ("plan_site",),
    "sn_planner.advice.site_plan": ("Kept", "PlannedNetwork", "SitePlan", "Unplaced"),
    "sn_planner.advice.suggest": ("suggest",),
    "sn_planner.engine.chance.risk": ("Risk", "risk"),
    "sn_planner.engine.chance.runway": ("Growth", "Runway", "runway"),
    "sn_planner.engine.chance.transfers": ("Transfers",),
    "sn_planner.engine.chance.uncertain": ("Uncertain",),
    "sn_planner.engine.pool.leases": ("Lease",),
    "sn_planner.engine.pool.configuration": ("PoolExhausted", "RangeConfiguration"),
    "sn_planner.engine.pool.whereabouts": ("Pool",),
    "sn_planner.engine.simulation.simulation": ("Failure", "LogEntry", "Simulation", "simulate"),
    "sn_planner.engine.simulation.steps": ("Scenario",),
    "sn_planner.engine.sweep.comparison": ("Comparison",),
    "sn_planner.engine.sweep.sweep": ("Sweep", "sweep"),
    "sn_planner.errors": ("BadInput", "MissingExtraError", "NoAnswer", "REFUSALS", "SnPlannerError"),
    "sn_planner.interchange.inputs": ("read_cluster", "read_profile"),
    "sn_planner.interchange.explorer.controls": ("Explorer", "explore"),
    "sn_planner.interchange.export_script": ("export_script",),
    "sn_planner.interchange.kubectl": ("read_snapshot", "snapshot_of"),
    "sn_planner.interchange.networks_in_use": ("Networks", "read_networks"),
    "sn_planner.interchange.progress": ("progress_bar",),
    "sn_planner.interchange.scenario_files": ("read_scenario",),
    "sn_planner.interchange.site_files": ("read_site", "read_site_plan"),
    "sn_planner.model.cluster": ("Cluster", "Node"),
    "sn_planner.model.demand": ("Demand", "DemandLine", "demand"),
    "sn_planner.model.limits": ("Limits", "limits"),
    "sn_planner.model.living.snapshot": ("Snapshot",),
    "sn_planner.model.pods": ("Consumer",),
    "sn_planner.model.profiles": ("PROFILES", "Profile"),
    "sn_planner.model.ranges": ("AddressRange", "RangeLike"),
    "sn_planner.model.releases": ("RELEASES", "Release"),
    "sn_planner.model.setting": ("Setting",),
    "sn_planner.model.sites": ("Site", "SiteCluster", "SiteNetwork"),
    "sn_planner.model.written": ("SettingLike", "Written"),
}
_MODULES = {
    "plots": "sn_planner.interchange.plots",
    "steps": "sn_planner.engine.simulation.steps",
    "webhook": "sn_planner.advice.webhook",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "CODES",
    "PROFILES",
    "REFUSALS",
    "RELEASES",
    "AddressRange",
    "Audit",
    "BadInput",
    "Candidate",
    "Cluster",
    "Comparison",
    "Consumer",
    "Demand",
    "DemandLine",
    "DiagnosedEvent",
    "Diagnosis",
    "Ensemble",
    "Explorer",
    "Failure",
    "Finding",
    "Findings",
    "Growth",
    "Kept",
    "Lease",
    "Limits",
    "LogEntry",
    "MissingExtraError",
    "NetworkAudit",
    "Networks",
    "NoAnswer",
    "Node",
    "Plan",
    "PlannedNetwork",
    "Pool",
    "PoolExhausted",
    "PreCheck",
    "Preflight",
    "Profile",
    "RangeConfiguration",
    "RangeLike",
    "Rejection",
    "Release",
    "Report",
    "Risk",
    "Runway",
    "Scenario",
    "Setting",
    "SettingLike",
    "Simulation",
    "Site",
    "SiteCluster",
    "SiteNetwork",
    "SitePlan",
    "SnPlannerError",
    "Snapshot",
    "Sweep",
    "Transfers",
    "Uncertain",
    "Unplaced",
    "Verification",
    "Written",
    "audit",
    "check",
    "demand",
    "diagnose",
    "ensemble",
    "explore",
    "export_script",
    "limits",
    "plan_site",
    "plots",
    "pool_of",
    "preflight",
    "progress_bar",
    "read_cluster",
    "read_networks",
    "read_profile",
    "read_scenario",
    "read_site",
    "read_site_plan",
    "read_snapshot",
    "risk",
    "runway",
    "simulate",
    "snapshot_of",
    "steps",
    "suggest",
    "sweep",
    "verify",
    "webhook",
]


def __getattr__(name: str) -> object:
    value: object
    if name in _HOME:
        from sn_planner.model.extras import installed

        with installed():
            value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = importlib.import_module(_MODULES[name])
    elif name == "__version__":
        value = importlib.import_module("sn_planner.interchange.installed").installed_version()
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
