"""An ensemble: a scenario simulated many times, each time with other steps that come at random.

Rules: it is for what has no closed form; for how many transfers run at a moment `Transfers` is exact. Each run draws
from a generator of its own, made of the seed and the run's number, so that the answer is the same whoever makes which
runs, and in which order. Work goes out in chunks of runs, and a chunk answers counts alone: memory grows with the
distinct peaks, neither with the range nor with what happens in a run.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import attrs
import numpy as np

from sn_planner.engine.chance.transfers import Transfers
from sn_planner.engine.chance.uncertain import Uncertain
from sn_planner.engine.simulation.random_steps import RandomSteps, applied_at, stays
from sn_planner.engine.simulation.simulation import Simulation, simulate
from sn_planner.engine.simulation.steps import Scenario, Step
from sn_planner.errors import BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.durations import MINUTE, Duration, seconds
from sn_planner.model.fields import amount, whole
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, RangeLike

if TYPE_CHECKING:
    import pandas

MOST_RUNS = 10**6
_MOST_LOSSES = 10**6  # of a node in a year
_CHUNKS, _LARGEST_CHUNK = 256, 64  # several for each of 64 workers; and never minutes without a word of progress
_Z = 1.959963984540054  # the normal distribution's 97.5 %: 95 % lie between both ends

Progress = Callable[[int, int], object]
"""Told how many runs are done, and of how many."""


class Client(Protocol):
    """Who makes runs elsewhere: an Executor of concurrent.futures, a Client of dask.distributed."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """A future of the function's answer."""


@attrs.frozen(kw_only=True, repr=False)
class Ensemble:
    """What came of many runs of a scenario, each with other random steps.

    `peaks` are the most addresses in use in a run, each as likely as it was frequent [addresses]; `exhausted` is the
    share of the runs in which a pod was refused, `stalled` that in which an upgrade never passed its gate, `waiting`
    that in which a pod still waited at the end; `usable` is what can be leased at once [addresses].
    """

    scenario: str
    range: AddressRange
    usable: int
    runs: int
    seed: int
    peaks: Uncertain
    exhausted: float
    stalled: float
    waiting: float

    @property
    def exhausted_between(self) -> tuple[float, float]:
        """Where the probability of `exhausted` lies, with 95 % confidence (Wilson): never nothing for lack of runs."""
        return _wilson(self.exhausted, self.runs)

    @property
    def stalled_between(self) -> tuple[float, float]:
        """Where the probability of `stalled` lies, with 95 % confidence (Wilson)."""
        return _wilson(self.stalled, self.runs)

    @property
    def waiting_between(self) -> tuple[float, float]:
        """Where the probability of `waiting` lies, with 95 % confidence (Wilson)."""
        return _wilson(self.waiting, self.runs)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `peaks` are pairs of a peak and its share of the runs."""
        return {
            "scenario": self.scenario,
            "range": str(self.range.cidr),
            "usable": self.usable,
            "runs": self.runs,
            "seed": self.seed,
            "peaks": [list(pair) for pair in self.peaks.to_dict().items()],
            "exhausted": self.exhausted,
            "exhausted_between": list(self.exhausted_between),
            "stalled": self.stalled,
            "stalled_between": list(self.stalled_between),
            "waiting": self.waiting,
            "waiting_between": list(self.waiting_between),
        }

    def __repr__(self) -> str:
        peaks = f"peaks={self.peaks.values[0]}..{self.peaks.values[-1]} of {self.usable}"
        shares = "".join(f", {name}={part:g}" for name in ("exhausted", "stalled") if (part := getattr(self, name)))
        return f"Ensemble({self.range.cidr}, runs={self.runs}, {peaks}{shares})"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each thing that may happen; raises MissingExtraError without pandas."""
        return self._rows.frame()

    def _repr_html_(self) -> str:
        peaks = [(f"{100 * part:g} % of the runs", self.peaks.quantile(part)) for part in (0.5, 0.95, 0.99)]
        return html(
            f"{self.range.cidr}, {self.usable} usable: {self.runs} runs of {self.scenario}, seed {self.seed}",
            self._rows,
            Rows(("in", "peak_at_most [addresses]"), peaks, f"The peak: {self.peaks.mean:.1f} on average"),
        )

    @property
    def _rows(self) -> Rows:
        """How often each thing happened, and where its probability lies with 95 % confidence."""
        told = (
            ("a pod is refused", self.exhausted, self.exhausted_between),
            ("an upgrade stalls", self.stalled, self.stalled_between),
            ("a pod waits at the end", self.waiting, self.waiting_between),
        )
        rows = [(what, 100 * share, *(100 * end for end in ends)) for what, share, ends in told]
        return Rows(("in_how_many_runs", "share [%]", "at_least [%]", "at_most [%]"), rows)


class _Question(NamedTuple):
    """All that a worker needs to make any of the runs."""

    range: AddressRange
    cluster: Cluster
    scenario: Scenario
    profile: str | Profile | None
    harvester: str | None
    random: RandomSteps
    seed: int


class _Counts(NamedTuple):
    """What came of some runs."""

    runs: int
    peaks: Counter[int]
    exhausted: int
    stalled: int
    waiting: int

    def plus(self, other: _Counts) -> _Counts:
        """These and others."""
        return _Counts(
            self.runs + other.runs,
            self.peaks + other.peaks,
            self.exhausted + other.exhausted,
            self.stalled + other.stalled,
            self.waiting + other.waiting,
        )


_NONE = _Counts(0, Counter(), 0, 0, 0)


def ensemble(
    range: RangeLike,
    cluster: Cluster,
    scenario: Scenario | str | Iterable[Step] = "upgrade",
    *,
    runs: int = 1000,
    seed: int = 0,
    transfers: Transfers | None = None,
    losses_per_year: float = 0,
    away: Duration = "1h",
    profile: str | Profile | None = None,
    harvester: str | None = None,
    client: Client | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Simulates a scenario `runs` times in `range`, each time with other steps that come at random.

    `transfers` start from when the setting is applied to the scenario's end, beside the scenario's own, and last
    exponentially long. Each node is lost `losses_per_year` times a year on average, in the midst of an upgrade too, and
    is `away` [seconds] then; a loss is left out where the node is lost already, and where it would not be back before
    the scenario itself loses or removes it. The other arguments are those of `simulate`.

    The same `seed` gives the same answer, with any `client`, which makes the runs elsewhere: an Executor of
    concurrent.futures, or a Client of dask.distributed; None makes them here. `progress` is told (runs done, runs).

    Raises BadInput, by name, for what is none of these, for more than 10^6 runs, and for more than 10^6 random steps in
    a run on average. Time: `runs` simulations, however large the range; memory: the peaks.

    >>> cluster = Cluster.uniform(nodes=3, disks_per_node=2)
    >>> answer = ensemble("10.0.0.0/27", cluster, runs=20, transfers=Transfers(per_hour=4, minutes=15))
    >>> answer.runs, answer.usable, answer.exhausted, answer.peaks.quantile(0.5)
    (20, 30, 0.0, 25)
    """
    count = _runs(runs)
    number = whole("seed", seed)
    whose = _client(client)
    tell = _progress(progress)
    losses = _losses(losses_per_year)
    back = seconds("away", away)
    coming = _transfers(transfers)
    alone = simulate(range, cluster, scenario, profile=profile, harvester=harvester)
    random = RandomSteps(
        begin=applied_at(alone.scenario),
        end=alone.horizon,
        per_hour=coming.per_hour,
        lasts=coming.minutes * MINUTE,
        losses_per_year=losses,
        away=back,
        stays=stays(alone.scenario, cluster) if losses else (),
    )
    pinned = attrs.evolve(alone.scenario, horizon=alone.horizon)
    question = _Question(alone.range, cluster, pinned, profile, harvester, random, number)
    return _answer(alone, number, _together(_counted(question, _chunks(count), whose), count, tell))


def _answer(alone: Simulation, seed: int, counts: _Counts) -> Ensemble:
    return Ensemble(
        scenario=alone.scenario.name,
        range=alone.range,
        usable=alone.capacity,
        runs=counts.runs,
        seed=seed,
        peaks=Uncertain(counts.peaks),
        exhausted=counts.exhausted / counts.runs,
        stalled=counts.stalled / counts.runs,
        waiting=counts.waiting / counts.runs,
    )


def _together(parts: Iterable[_Counts], runs: int, progress: Progress | None) -> _Counts:
    """The counts of all runs, with a word of progress after each chunk."""
    total = _NONE
    for part in parts:
        total = total.plus(part)
        if progress is not None:
            progress(total.runs, runs)
    return total


def _counted(question: _Question, chunks: list[tuple[int, int]], client: Client | None) -> Iterator[_Counts]:
    """The counts of each chunk, in order; where anything goes wrong, what has not begun elsewhere never does."""
    if client is None:
        yield from (_count(question, first, end) for first, end in chunks)
        return
    futures = [client.submit(_count, question, first, end) for first, end in chunks]
    try:
        for future in futures:
            yield future.result()
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _chunks(runs: int) -> list[tuple[int, int]]:
    """The runs' numbers in chunks: the first, and the one after the last."""
    size = min(-(-runs // _CHUNKS), _LARGEST_CHUNK)
    return [(first, min(first + size, runs)) for first in range(0, runs, size)]


def _count(question: _Question, first: int, end: int) -> _Counts:
    """Makes the runs from the one of that number up to another, one after the other."""
    total = _NONE
    for number in range(first, end):
        run = _run(question, number)
        waits = run.moments[-1].waiting > 0
        total = total.plus(_Counts(1, Counter([run.peak]), int(run.exhausted), int(run.stalled), int(waits)))
    return total


def _run(question: _Question, number: int) -> Simulation:
    """The run of that number: the scenario, and what its own generator draws."""
    generator = np.random.default_rng(np.random.SeedSequence(question.seed, spawn_key=(number,)))
    steps = (*question.scenario.steps, *question.random.draw(generator))
    scenario = attrs.evolve(question.scenario, steps=steps)
    return simulate(question.range, question.cluster, scenario, profile=question.profile, harvester=question.harvester)


def _wilson(share: float, runs: int) -> tuple[float, float]:
    """The interval of a probability that a share of some runs tells, with 95 % confidence (Wilson's score)."""
    spread = _Z**2 / runs
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    # at either end one side of the interval is the end itself, which rounding must not miss
    return (max(middle - half, 0.0) if share else 0.0), (min(middle + half, 1.0) if share < 1 else 1.0)


def _runs(value: object) -> int:
    count = whole("runs", value, minimum=1)
    if count > MOST_RUNS:
        raise BadInput("runs", count, "are too many", f"make at most {MOST_RUNS:,}", "out-of-bounds")
    return count


def _transfers(value: object) -> Transfers:
    if value is None:
        return Transfers(per_hour=0, minutes=0)
    if not isinstance(value, Transfers):
        fix = "write Transfers(per_hour=…, minutes=…), or leave them out"
        raise BadInput("transfers", value, "are no Transfers", fix, "wrong-type")
    return value


def _losses(value: object) -> float:
    exact = amount("losses_per_year", value)
    if exact > _MOST_LOSSES:
        fix = f"give at most {_MOST_LOSSES:,} a year"
        raise BadInput("losses_per_year", value, "is too large", fix, "out-of-bounds")
    return float(exact)


def _client(value: Client | None) -> Client | None:
    submits = None
    with suppress(Exception):  # whatever an object does when it is asked
        submits = getattr(value, "submit", None)
    if value is not None and (isinstance(value, type) or not callable(submits)):
        fix = "give an Executor of concurrent.futures, or a Client of dask.distributed"
        raise BadInput("client", value, "takes no work", fix, "wrong-type")
    return value


def _progress(value: Progress | None) -> Progress | None:
    if value is not None and (isinstance(value, type) or not callable(value)):
        fix = "give a function of the runs done and all runs"
        raise BadInput("progress", value, "cannot be called", fix, "wrong-type")
    return value
