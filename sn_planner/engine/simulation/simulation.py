"""A simulation: the life of a storage network in a range, and what came of it.

Rules: the same question gives the same run, second for second. The steps say what happens (`steps`), `lifecycle` which
pods that means, `timeline` who gets an address; a Simulation holds what came of it and explains itself. It is a value:
it holds no pool, and what can be read from its log is not kept beside it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs
from netaddr import IPAddress

from sn_planner.engine.pool.configuration import RangeConfiguration
from sn_planner.engine.pool.leases import Lease, ip
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.engine.simulation.lifecycle import expand
from sn_planner.engine.simulation.scenarios import ready
from sn_planner.engine.simulation.steps import Retry, Scenario, Step, TransferImages
from sn_planner.engine.simulation.timeline import Moment, RawEntry, Timeline, UpgradeRun
from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import choose, require_cluster, with_repository
from sn_planner.model.durations import Duration
from sn_planner.model.fields import list_of
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, ExcludeLike, RangeLike
from sn_planner.model.releases import NEWEST_WHEREABOUTS, Release
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

    from sn_planner.interchange.plots import Axes, Picture


class LogEntry(NamedTuple):
    """At a time [seconds] something happened to a pod or a node, with the address and the interface concerned."""

    at: int
    verb: str
    subject: str
    address: IPAddress | None = None
    ifname: str = ""


class Failure(NamedTuple):
    """At a time [seconds] a pod was refused, in Whereabouts' words."""

    at: int
    pod: str
    message: str


@attrs.frozen(kw_only=True, repr=False, slots=False)  # with cached properties, slots break help() on Python 3.13
class Simulation:
    """A run: what was used, who waited, and how it ended.

    `configuration` is the range as Whereabouts was told it at the start, and the release; `changes` are those that
    upgrades of Harvester brought, from a time on [seconds]. `moments` has one entry for each second in which use or
    waiting changed; `peak` is the most within any second [addresses]; `leases` are those at the end, `leaked` those of
    them whose pod is gone; `horizon` is the end of the run [seconds]; `notes` are those on the choice of the releases.
    """

    scenario: Scenario
    configuration: RangeConfiguration
    changes: tuple[tuple[int, RangeConfiguration], ...] = ()
    moments: tuple[Moment, ...]
    peak: int
    upgrades: tuple[UpgradeRun, ...]
    leases: tuple[Lease, ...]
    leaked: tuple[Lease, ...]
    horizon: int
    notes: tuple[str, ...] = ()
    _log: tuple[RawEntry, ...]  # as it came: objects for each entry would double the time of a run

    @property
    def range(self) -> AddressRange:
        """The range with its excludes."""
        return self.configuration.range

    @property
    def capacity(self) -> int:
        """Addresses that can be leased at once [addresses]."""
        return self.configuration.capacity

    @property
    def times(self) -> tuple[int, ...]:
        """When use or waiting changed [seconds]."""
        return tuple(moment.at for moment in self.moments)

    @property
    def used(self) -> tuple[int, ...]:
        """Addresses in use from each of `times` on [addresses]."""
        return tuple(moment.used for moment in self.moments)

    @property
    def waiting(self) -> tuple[int, ...]:
        """Pods that wait for an address from each of `times` on [pods]."""
        return tuple(moment.waiting for moment in self.moments)

    @property
    def pool(self) -> Pool:
        """A pool as it was at the end: a new one each time, the caller's own."""
        return Pool.resumed(self.changes[-1][1] if self.changes else self.configuration, self.leases)

    @property
    def log(self) -> tuple[LogEntry, ...]:
        """Everything that happened, in order."""
        return tuple(
            LogEntry(at, verb, subject, None if address is None else ip(address), ifname)
            for at, verb, subject, address, ifname in self._log
        )

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """Every refusal, once for each wait."""
        since = [at for at, _ in self.changes]
        words = [str(one.refusal) for one in (self.configuration, *(one for _, one in self.changes))]
        refused = ((at, subject) for at, verb, subject, *_ in self._log if verb == "refused")
        return tuple(Failure(at, subject, words[bisect_right(since, at)]) for at, subject in refused)

    @property
    def recovered(self) -> int:
        """How many of the refused got their address later [pods]."""
        refused: set[tuple[str, str]] = set()
        served = 0
        for _, verb, pod, _, ifname in self._log:
            if verb == "refused":
                refused.add((pod, ifname))
            elif verb == "assigned" and (pod, ifname) in refused:
                refused.remove((pod, ifname))
                served += 1
        return served

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
        """What was left at the peak [addresses]."""
        return self.capacity - self.peak

    def story(self) -> list[tuple[int, str, int, int]]:
        """What happened when: time [seconds], words, then addresses in use and pods waiting after it."""
        steps = (one for one in self.scenario.steps if not isinstance(one, TransferImages) or one.count)
        said = [(step.at, step.sentence) for step in steps]
        for upgrade in self.upgrades:
            if upgrade.opened is not None and upgrade.done is not None:
                said += [(upgrade.opened, "the upgrade's gate opens"), (upgrade.done, "the last node is upgraded")]
        if self.first_failure is not None:
            said.append((self.first_failure.at, f"{self.first_failure.pod} is refused"))
            served = (one.at for one in self.moments if one.at > said[-1][0] and not one.waiting)
            said += [(at, "nobody waits any more") for at in islice(served, 1)]
        said.append((self.horizon, "the run ends"))
        times = self.times
        then = ((at, words, self.moments[max(bisect_right(times, at) - 1, 0)]) for at, words in said)
        return [(at, words, moment.used, moment.waiting) for at, words, moment in sorted(then, key=itemgetter(0))]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        first = self.first_failure
        return {
            "range": str(self.range.cidr),
            "usable": self.capacity,
            "peak": self.peak,
            "exhausted": self.exhausted,
            "stalled": self.stalled,
            "first_failure": first and first._asdict(),
            "timeline": [list(moment) for moment in self.moments],
        }

    def __repr__(self) -> str:
        flags = "".join(f", {name}" for name in ("exhausted", "stalled") if getattr(self, name))
        return f"Simulation({self.range.cidr}, peak={self.peak} of {self.capacity}{flags})"

    @property
    def verdict(self) -> str:
        """Whether the range will do, or who waits."""
        if self.stalled:
            first, *others = self.missing
            gate = f"{len(self.missing)} pods, {first} among them" if others else first
            all_of_them = f"; {self.waiting[-1]} wait in all" if self.waiting[-1] > 1 else ""
            return f"{self.range.cidr} is too small: the upgrade stalls, its gate waits for {gate}{all_of_them}"
        if self.first_failure is None:
            return f"{self.range.cidr} will do: nobody waits"
        left = len(self.failures) - self.recovered
        later = f"{self.recovered} get an address later, {left} do not" if left else "each gets an address later"
        return f"{self.range.cidr} is too small: {counted(len(self.failures), 'pod')} refused, {later}"

    @property
    def use(self) -> str:
        """The most addresses in use, of those that can be leased, and what was spare."""
        return f"{self.peak} of {self.capacity} usable addresses in use at most, {self.spare} spare"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each of `moments`, its time as a Timedelta.

        Raises MissingExtraError where pandas is not installed.
        """
        return Rows(("at [time]", "used [addresses]", "waiting [pods]"), self.moments).frame()

    def plot(self, ax: Axes | None = None) -> Picture:
        """Use and waiting over time, as `sn_planner.plots.timeline` draws them; it shows itself in a notebook."""
        from sn_planner.interchange.plots import Picture, timeline

        return Picture(timeline(self, ax))

    def _repr_html_(self) -> str:
        story = Rows(("after [time]", "what_happens", "used [addresses]", "waiting [pods]"), self.story())
        refused = Rows(("after [time]", "pod", "message"), [*filter(None, [self.first_failure])], "First refused")
        return html(f"{self.verdict}. {self.use}.", story, folded=[refused], notes=self.notes)


def simulate(
    range: RangeLike | None,
    cluster: Cluster,
    steps: Scenario | str | Iterable[Step] = "worst-case",
    *,
    exclude: Iterable[ExcludeLike] = (),
    retry: Retry | None = None,
    horizon: Duration | None = None,
    profile: str | Profile | None = None,
    harvester: str | None = None,
    pool: Pool | None = None,
) -> Simulation:
    """Runs a storage network through `steps` and tells when, and for whom, `range` runs dry.

    `steps` are a Scenario, the name of a ready one (`SCENARIOS`), or steps in any order; `retry` ("fifo" or "worst")
    and `horizon` [seconds] replace the scenario's own. `profile` or `harvester` choose what runs, as in `demand`.

    `pool` starts from leases there are, in place of `range` and `exclude`: pods that start at 0 take them over by kind.
    The run has a copy of it; the caller's is left as it is. Addresses are handed out as the Whereabouts of the
    `harvester` release does; without one, as the pool's own or else the newest.

    Raises BadInput for steps that cannot follow each other, by their number, and for an unusable range, cluster or
    profile. A range that runs dry is no error: the run tells it.
    Source: [C longhorn-manager controllers, whereabouts pkg/allocate]; durations are inferred.

    >>> run = simulate("172.16.0.0/27", Cluster.uniform(nodes=5, disks_per_node=2, images=10))
    >>> run.stalled, run.first_failure.at, run.peak, run.capacity
    (True, 3600, 30, 30)
    """
    require_cluster(cluster)
    scenario = _scenario(steps, cluster, {"retry": retry, "horizon": horizon})
    choice = choose(profile, harvester)
    profile_then = with_repository(choice.profile, choice.release, cluster.rwx_volumes)
    events, end, notes = expand(scenario, cluster, profile_then, choice.release)
    start = _empty(range, exclude, choice.release) if pool is None else _copy(pool, range, exclude, choice.release)
    run = Timeline(start, retry=scenario.retry, reconciler=scenario.reconciler, adopt=pool is not None)
    run.run(events, end)
    return Simulation(
        scenario=scenario,
        configuration=start.configuration,
        changes=tuple(run.changes),
        moments=tuple(run.moments),
        peak=run.peak,
        upgrades=run.upgrades,
        leases=run.pool.leases,
        leaked=run.leaked,
        horizon=end,
        notes=(*choice.notes, *notes),
        log=tuple(run.log),
    )


def _scenario(steps: Scenario | str | Iterable[Step], cluster: Cluster, rules: dict[str, Any]) -> Scenario:
    """The scenario that `steps` means, with the rules that are given in place of its own."""
    given = {name: value for name, value in rules.items() if value is not None}
    if isinstance(steps, str):
        return attrs.evolve(ready(steps, cluster), **given)
    return attrs.evolve(steps, **given) if isinstance(steps, Scenario) else Scenario(steps=steps, **given)


def _empty(range: RangeLike | None, exclude: Iterable[ExcludeLike], release: Release | None) -> Pool:
    """A pool without a lease that behaves like the release's Whereabouts."""
    if range is None:
        raise BadInput("range", ABSENT, "is missing", "give a range, or a pool", "missing")
    return Pool(range, exclude, whereabouts=NEWEST_WHEREABOUTS if release is None else release.whereabouts)


def _copy(pool: Pool, range: RangeLike | None, exclude: Iterable[ExcludeLike], release: Release | None) -> Pool:
    """A pool that goes on from the leases of another, which has its own range and excludes."""
    if not isinstance(pool, Pool):
        raise BadInput("pool", pool, "is no Pool", "give a Pool, or a range", "wrong-type")
    if range is not None and AddressRange(range).cidr != pool.range.cidr:
        raise BadInput("range", range, f"is not the pool's, {pool.range.cidr}", "give one of the two", "conflict")
    if list_of("exclude", exclude):
        raise BadInput("exclude", exclude, "does not go with a pool", "exclude when the pool is made", "conflict")
    own = pool.configuration
    configuration = own if release is None else attrs.evolve(own, whereabouts=release.whereabouts)
    return Pool.resumed(configuration, pool.leases)
