"""A simulation: the life of a storage network in a range, and what came of it.

Rules: the same question gives the same run, second for second. The steps say what happens (`steps`), `lifecycle` which
pods that means, `timeline` who gets an address; a Simulation holds what came of it and explains itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, NamedTuple

import attrs
from netaddr import IPAddress

from sn_planner.engine.pool.leases import Lease
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.engine.simulation.lifecycle import expand
from sn_planner.engine.simulation.scenarios import ready
from sn_planner.engine.simulation.steps import Scenario, Step
from sn_planner.engine.simulation.timeline import Failure, Timeline, UpgradeRun
from sn_planner.errors import SnPlannerError
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import choose_profile, require_cluster
from sn_planner.model.jupyter import html_table
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, list_of
from sn_planner.model.releases import Release, version

_WITHOUT_RECONCILER = "0.5.4"  # Whereabouts; where a release's charts name it among others, none is counted on
_ONE_LEASE_A_POD_SINCE = (0, 8)  # Whereabouts; before, a pod that is added again takes another address


class LogEntry(NamedTuple):
    """At a time [seconds] something happened to a pod or a node, with the address concerned."""

    at: int
    verb: str
    subject: str
    address: IPAddress | None = None


@attrs.frozen(kw_only=True, repr=False)
class Simulation:
    """A run: what was used, who waited, and how it ended.

    `times` [seconds], `used` [addresses] and `waiting` [pods] have one entry for each moment one of them changed;
    `capacity` and `peak` [addresses]; `failures` are every pod's first refusal of each wait, `recovered` counts those
    that got their address later; `leaked` are the leases at the end whose pod is gone; `log` is everything that
    happened; `pool` is the pool at the end.
    """

    scenario: Scenario
    range: str
    capacity: int
    times: tuple[int, ...]
    used: tuple[int, ...]
    waiting: tuple[int, ...]
    peak: int
    failures: tuple[Failure, ...]
    recovered: int
    upgrades: tuple[UpgradeRun, ...]
    leaked: tuple[Lease, ...]
    horizon: int
    pool: Pool
    _log: list[tuple[int, str, str, int | None]]

    @property
    def log(self) -> tuple[LogEntry, ...]:
        """Everything that happened, in order."""
        return tuple(
            LogEntry(at, verb, subject, None if address is None else IPAddress(address, 4))
            for at, verb, subject, address in self._log
        )

    @property
    def exhausted(self) -> bool:
        """Whether any pod was refused."""
        return bool(self.failures)

    @property
    def first_failure(self) -> Failure | None:
        """The first refusal; None where every pod got its address at once."""
        return self.failures[0] if self.failures else None

    @property
    def stalled(self) -> bool:
        """Whether an upgrade never passed its gate within the horizon."""
        return any(upgrade.opened is None for upgrade in self.upgrades)

    @property
    def missing(self) -> tuple[str, ...]:
        """The pods that stalled upgrades still wait for."""
        return tuple(pod for upgrade in self.upgrades for pod in upgrade.missing)

    @property
    def spare(self) -> int:
        """What was left on the worst day [addresses]."""
        return self.capacity - self.peak

    def story(self) -> list[tuple[int, str, int, int]]:
        """What happened when: time [seconds], words, then addresses in use and pods waiting after it."""
        told = [(step.at, step.told) for step in self.scenario.steps]
        for upgrade in self.upgrades:
            if upgrade.opened is not None and upgrade.done is not None:
                told += [(upgrade.opened, "the upgrade's gate opens"), (upgrade.done, "the last node is upgraded")]
        if self.first_failure is not None:
            told.append((self.first_failure.at, f"{self.first_failure.pod} is refused"))
        told.append((self.horizon, "the run ends"))
        moments = [
            (max(bisect_right(self.times, at) - 1, 0), at, words) for at, words in sorted(told, key=itemgetter(0))
        ]
        return [(at, words, self.used[place], self.waiting[place]) for place, at, words in moments]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        first = self.first_failure
        return {
            "range": self.range,
            "usable": self.capacity,
            "peak": self.peak,
            "exhausted": self.exhausted,
            "stalled": self.stalled,
            "first_failure": first and first._asdict(),
            "timeline": [list(moment) for moment in zip(self.times, self.used, self.waiting, strict=True)],
        }

    def __repr__(self) -> str:
        flags = "".join(f", {name}" for name in ("exhausted", "stalled") if getattr(self, name))
        return f"Simulation({self.range}, peak={self.peak} of {self.capacity}{flags})"

    def _repr_html_(self) -> str:
        facts = (("peak", self.peak), ("capacity", self.capacity), ("spare", self.spare))
        verdicts = (("first failure", self.first_failure and self.first_failure.pod), ("stalled", self.stalled))
        return html_table(f"Simulation of {self.range}", ("figure", "value"), (*facts, *verdicts))


def simulate(
    cluster: Cluster,
    range: object,
    steps: Scenario | str | Iterable[Step] = "worst-case",
    *,
    exclude: Iterable[object] = (),
    retry: str | None = None,
    horizon: int | None = None,
    profile: str | Profile | None = None,
    harvester: str | None = None,
    pool: Pool | None = None,
) -> Simulation:
    """Runs a storage network through `steps` and tells when, and for whom, `range` runs dry.

    `steps` are a Scenario, the name of a ready one, or steps in any order; `retry` ("fifo" or "worst") and `horizon`
    [seconds] replace the scenario's own. `pool` starts from leases there are: pods that start at 0 take them over by
    kind. Raises SnPlannerError for steps that cannot follow each other, by their number, and for an unusable range,
    cluster or profile.

    >>> run = simulate(Cluster.uniform(nodes=5, disks_per_node=2, images=10), "172.16.0.0/27")
    >>> run.stalled, run.first_failure.at, run.peak, run.capacity
    (True, 3600, 30, 30)
    """
    require_cluster(cluster)
    scenario = _scenario(steps, cluster, {"retry": retry, "horizon": horizon})
    chosen, release, _ = choose_profile(profile, harvester)
    events, end = expand(scenario, cluster, chosen, release)
    start = _pool(range, exclude, release) if pool is None else _started(pool, range, exclude)
    reconciler = scenario.reconciler and (release is None or not release.whereabouts.startswith(_WITHOUT_RECONCILER))
    run = Timeline(start, retry=scenario.retry, reconciler=reconciler, adopt=pool is not None)
    run.run(events, end)
    times, used, waiting = zip(*run.moments, strict=True)
    return Simulation(
        scenario=scenario,
        range=str(start.range),
        capacity=start.capacity,
        times=times,
        used=used,
        waiting=waiting,
        peak=run.peak,
        failures=tuple(run.failures),
        recovered=run.recovered,
        upgrades=tuple(run.upgrades),
        leaked=run.leaked,
        horizon=end,
        pool=start,
        log=run.log,
    )


def _scenario(steps: Scenario | str | Iterable[Step], cluster: Cluster, rules: dict[str, Any]) -> Scenario:
    """The scenario that `steps` means, with the rules that are given in place of its own."""
    given = {name: value for name, value in rules.items() if value is not None}
    if isinstance(steps, str):
        return attrs.evolve(ready(steps, cluster), **given)
    return attrs.evolve(steps, **given) if isinstance(steps, Scenario) else Scenario(steps=steps, **given)


def _started(pool: Pool, range: object, exclude: Iterable[object]) -> Pool:
    """The pool to start from, which has its own range and excludes."""
    if not isinstance(pool, Pool):
        raise SnPlannerError("pool", pool, "is no Pool", "give a Pool, or a range")
    if range is not None and AddressRange(range).cidr != pool.range.cidr:
        raise SnPlannerError("range", range, f"is not the pool's, {pool.range}", "give one of the two")
    if list_of("exclude", exclude):
        raise SnPlannerError("exclude", exclude, "does not go with a pool", "exclude when the pool is made")
    return pool


def _pool(range: object, exclude: Iterable[object], release: Release | None) -> Pool:
    """An empty pool that behaves like the release's Whereabouts."""
    legacy = release is not None and version(release.whereabouts.partition("/")[0]) < _ONE_LEASE_A_POD_SINCE
    return Pool(range, exclude, legacy=legacy)
