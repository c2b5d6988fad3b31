"""Ensembles: the same whoever makes the runs, and equal to the runs made one by one by hand."""

from __future__ import annotations

import json
import math
import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import attrs
import distributed
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sn_planner.advice.ensemble import Ensemble, ensemble
from sn_planner.engine.chance.transfers import Transfers
from sn_planner.engine.chance.uncertain import Uncertain
from sn_planner.engine.simulation.random_steps import RandomSteps, stays
from sn_planner.engine.simulation.scenarios import upgrade
from sn_planner.engine.simulation.simulation import Simulation, simulate
from sn_planner.engine.simulation.steps import Apply, Scenario, TransferImages, Upgrade
from sn_planner.errors import BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.durations import DAY, HOUR
from sn_planner.model.profiles import PROFILES
from sn_planner.model.ranges import AddressRange

CLUSTER = Cluster.uniform(nodes=3, disks_per_node=1, images=1)
TIGHT = AddressRange("10.0.0.0/27", ["10.0.0.24/29"])
SHORT = Scenario(name="short", steps=[Apply(), Upgrade(at="4h", node_duration="5m")], horizon=6 * HOUR)
FEW = Transfers(per_hour=3, minutes=240)  # long ones: an upgrade stalls now and then


def answer(seed: int = 0, **others: Any) -> Ensemble:
    """Runs that are tight enough to be refused now and then."""
    given: dict[str, Any] = {"runs": 30, "transfers": FEW, "losses_per_year": 500, "away": "20m", **others}
    return ensemble(TIGHT, CLUSTER, SHORT, seed=seed, **given)


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    """Three threads."""
    with ThreadPoolExecutor(3) as pool:
        yield pool


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    """Two processes, each of which imports the library afresh."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def test_any_number_of_workers_says_the_same(threads: Executor, processes: Executor) -> None:
    """The same seed gives the same answer here, with three threads, and with two processes."""
    here = answer(runs=90)
    assert 0 < here.stalled <= here.exhausted < 1
    assert answer(runs=90, client=threads) == here
    assert answer(runs=90, client=processes) == here


def test_workers_of_dask_say_the_same() -> None:
    """A client of dask makes the runs as they are made here, a profile of one's own included."""
    own = PROFILES["consolidated"]
    client: Any = distributed.Client  # it has no types
    with client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=":0") as workers:
        assert answer(client=workers, profile=own) == answer(profile=own)


def test_another_seed_is_another_answer() -> None:
    """Seeds differ in what they draw; the same seed does not."""
    assert answer(1) == answer(1)
    assert answer(1).peaks != answer(2).peaks


def by_hand(number: int, seed: int) -> Simulation:
    """One run, made as the rules say: a generator of its own draws the steps that are added."""
    random = RandomSteps(
        begin=0,
        end=6 * HOUR,
        per_hour=3,
        lasts=14400,
        losses_per_year=500,
        away=1200,
        stays=stays(SHORT, CLUSTER),
    )
    steps = random.draw(np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,))))
    return simulate(TIGHT, CLUSTER, attrs.evolve(SHORT, steps=(*SHORT.steps, *steps)))


@pytest.mark.parametrize("seed", [0, 10**30])
def test_the_shares_are_those_of_the_runs(seed: int) -> None:
    """Peaks and shares are those of the runs made one by one by hand."""
    runs = [by_hand(number, seed) for number in range(30)]
    told = answer(seed)
    assert told.peaks == Uncertain.of_samples(run.peak for run in runs)
    assert told.exhausted == sum(run.exhausted for run in runs) / 30
    assert told.stalled == sum(run.stalled for run in runs) / 30
    assert told.waiting == sum(run.waiting[-1] > 0 for run in runs) / 30
    assert (told.runs, told.seed, told.usable, told.range, told.scenario) == (30, seed, 23, TIGHT, "short")


@given(st.integers(0, 4), st.sampled_from(["10.0.0.0/24", "10.0.0.0/28"]), st.sampled_from(["upgrade", "worst-case"]))
def test_without_chance_every_run_is_the_scenario(nodes: int, range: str, scenario: str) -> None:
    """Where nothing comes at random each run is the simulation itself."""
    cluster = Cluster.uniform(nodes=nodes, disks_per_node=2, images=3)
    run = simulate(range, cluster, scenario, profile="consolidated")
    told = ensemble(range, cluster, scenario, runs=3, profile="consolidated")
    assert told.peaks == Uncertain({run.peak: 1})
    assert (told.exhausted, told.stalled, told.waiting) == (run.exhausted, run.stalled, run.waiting[-1] > 0)
    assert told.scenario == scenario


@settings(max_examples=15)
@given(st.floats(0, 20), st.floats(0, 90), st.sampled_from(["10.0.0.0/24", "10.0.0.0/27"]), st.integers(0, 2**32))
def test_transfers_never_lower_a_peak(per_hour: float, minutes: float, range: str, seed: int) -> None:
    """With transfers beside it no run of a scenario peaks below the scenario alone."""
    alone = simulate(range, CLUSTER, "worst-case")
    transfers = Transfers(per_hour=per_hour, minutes=minutes)
    told = ensemble(range, CLUSTER, "worst-case", runs=3, seed=seed, transfers=transfers)
    assert told.peaks.values[0] >= alone.peak
    assert told.exhausted >= alone.exhausted


def test_transfers_alone_run_at_once_as_the_formula_says() -> None:
    """Long after the start of transfers alone, as many run as the Poisson figure of their load says."""
    transfers = Transfers(per_hour=8, minutes=30)
    nothing = Scenario(steps=[], horizon=8 * HOUR)
    said, runs = transfers.at_once, 120
    used = []
    for number in range(runs):
        random = RandomSteps(begin=0, end=8 * HOUR, per_hour=8, lasts=1800)
        steps = random.draw(np.random.default_rng(np.random.SeedSequence(0, spawn_key=(number,))))
        used.append(simulate("10.0.0.0/24", Cluster([]), attrs.evolve(nothing, steps=steps)).used[-1])
    assert np.mean(used) == pytest.approx(said.mean, rel=0.15)
    assert np.var(used) == pytest.approx(said.variance, rel=0.3)
    told = ensemble("10.0.0.0/24", Cluster([]), nothing, runs=20, transfers=transfers)
    assert told.peaks.mean > said.mean


def test_a_full_range_makes_wait_as_the_formula_says() -> None:
    """In a range of six addresses as many transfers are refused at first, and wait as long, as Erlang C says."""
    end = 60 * DAY
    steps = RandomSteps(begin=0, end=end, per_hour=8, lasts=1800).draw(np.random.default_rng(5))
    run = simulate("10.0.0.0/29", Cluster([]), Scenario(steps=steps, horizon=end))
    said = Transfers(per_hour=8, minutes=30).waiting(run.capacity)
    assert len(run.failures) / len(steps) == pytest.approx(said.probability, rel=1 / 8)
    waited = np.diff([*run.times, end]) @ run.waiting
    assert waited / len(steps) == pytest.approx(said.mean_wait, rel=1 / 4)


def test_the_size_of_the_range_costs_nothing() -> None:
    """The largest range there is answers at once, and as a smaller one that is large enough."""
    large = ensemble("10.0.0.0/8", CLUSTER, SHORT, runs=5, transfers=FEW, harvester="1.6.1")
    assert large.peaks == ensemble("10.0.0.0/24", CLUSTER, SHORT, runs=5, transfers=FEW, harvester="1.6.1").peaks
    assert large.usable == 2**24 - 2


def test_steps_are_a_scenario_too() -> None:
    """Steps in any iterable, consumed once, are a scenario."""
    assert ensemble(TIGHT, CLUSTER, iter(SHORT.steps), runs=2).scenario == "steps"


@pytest.mark.parametrize("runs", [1, 2, 255, 300])
def test_progress_is_told(runs: int, threads: Executor) -> None:
    """Progress is told after each chunk of runs, ever more of them, up to all; with workers as without."""
    for client in (None, threads):
        told: list[tuple[int, int]] = []

        def note(done: int, of: int, told: list[tuple[int, int]] = told) -> None:
            told.append((done, of))

        ensemble("10.0.0.0/24", Cluster([]), [], runs=runs, client=client, progress=note)
        assert [done for done, _ in told] == sorted({done for done, _ in told})
        assert told[-1] == (runs, runs)
        assert {of for _, of in told} == {runs}


class Diligent(Executor):
    """Does at once what it is told, keeps what was asked of it, and fails from some task on."""

    def __init__(self, fails_from: int | None = None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.futures: list[Future[Any]] = []
        self.fails_from = fails_from

    def submit(self, fn: Any, /, *args: Any, **_: Any) -> Future[Any]:
        """A future that is done, that failed, or that nobody has begun."""
        self.asked.append(pickle.loads(pickle.dumps((fn, *args))))
        future: Future[Any] = Future()
        if self.fails_from is None or len(self.asked) < self.fails_from:
            future.set_result(fn(*args))
        elif len(self.asked) == self.fails_from:
            future.set_exception(RuntimeError("the worker is gone"))
        self.futures.append(future)
        return future


def test_work_goes_out_in_small_parcels() -> None:
    """What a worker is given can be pickled and is small, and so is what it answers, whatever the runs."""
    client = Diligent()
    rare = Transfers(per_hour=0.5, minutes=60)
    ensemble("10.0.0.0/24", Cluster([]), [], runs=300, client=client, transfers=rare)
    assert 100 < len(client.asked) <= 256
    assert max(len(pickle.dumps(one)) for one in client.asked) < 2000
    assert max(len(pickle.dumps(one.result())) for one in client.futures) < 500


def test_a_worker_that_fails_stops_the_others() -> None:
    """The error of a worker comes through, and what nobody has begun is never begun."""
    client = Diligent(fails_from=3)
    with pytest.raises(RuntimeError, match="the worker is gone"):
        ensemble("10.0.0.0/24", Cluster([]), [], runs=10, client=client)
    assert [future.cancelled() for future in client.futures] == [False] * 3 + [True] * 7


def test_a_progress_that_fails_stops_the_others() -> None:
    """The error of a progress comes through, and what nobody has begun is never begun."""
    client = Diligent(fails_from=10)

    def stop(done: int, runs: int) -> None:
        raise KeyboardInterrupt(f"{done} of {runs}")

    with pytest.raises(KeyboardInterrupt, match="1 of 12"):
        ensemble("10.0.0.0/24", Cluster([]), [], runs=12, client=client, progress=stop)
    assert [future.cancelled() for future in client.futures][-2:] == [True, True]


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_holds_the_share(some: int, runs: int) -> None:
    """Wilson's interval is where the share lies within 1.96 standard errors of the probability, at both its ends."""
    share = min(some, runs) / runs
    low, high = attrs.evolve(answer_of_nothing(), runs=runs, exhausted=share).exhausted_between
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert abs(share - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / runs), abs=1e-6)
    assert (low == 0) == (share == 0)
    assert (high == 1) == (share == 1)


def answer_of_nothing() -> Ensemble:
    """An ensemble in which nothing happened."""
    return Ensemble(
        scenario="none",
        range=TIGHT,
        usable=29,
        runs=1,
        seed=0,
        peaks=Uncertain({0: 1}),
        exhausted=0.0,
        stalled=0.0,
        waiting=0.0,
    )


def test_an_answer_prints() -> None:
    """As plain data, in a line, and as a table with its confidence."""
    told = attrs.evolve(
        answer_of_nothing(), runs=100, exhausted=0.02, stalled=0.01, peaks=Uncertain({20: 3, 29: 1}), scenario="<a>"
    )
    assert json.loads(json.dumps(told.to_dict())) == {
        "scenario": "<a>",
        "range": "10.0.0.0/27",
        "usable": 29,
        "runs": 100,
        "seed": 0,
        "peaks": [[20, 0.75], [29, 0.25]],
        "exhausted": 0.02,
        "exhausted_between": [pytest.approx(0.00550, abs=1e-5), pytest.approx(0.07001, abs=1e-5)],
        "stalled": 0.01,
        "stalled_between": [pytest.approx(0.00177, abs=1e-5), pytest.approx(0.05449, abs=1e-5)],
        "waiting": 0.0,
        "waiting_between": [0.0, pytest.approx(0.03699, abs=1e-5)],
    }
    assert repr(told) == "Ensemble(10.0.0.0/27, runs=100, peaks=20..29 of 29, exhausted=0.02, stalled=0.01)"
    assert repr(answer_of_nothing()) == "Ensemble(10.0.0.0/27, runs=1, peaks=0..0 of 29)"


class Rude:
    """An object that answers nothing it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


BAD: list[tuple[str, Any, str]] = [
    ("runs", 0, "out-of-bounds"),
    ("runs", -1, "out-of-bounds"),
    ("runs", 10**6 + 1, "out-of-bounds"),
    ("runs", True, "wrong-type"),
    ("runs", 2.0, "wrong-type"),
    ("seed", -1, "out-of-bounds"),
    ("seed", 0.5, "wrong-type"),
    ("seed", None, "wrong-type"),
    ("seed", "0", "wrong-type"),
    ("transfers", 40, "wrong-type"),
    ("transfers", {"per_hour": 40, "minutes": 15}, "wrong-type"),
    ("transfers", Transfers, "wrong-type"),
    ("transfers", Transfers(per_hour=10**7, minutes=0), "too-many"),
    ("losses_per_year", -0.5, "out-of-bounds"),
    ("losses_per_year", math.nan, "out-of-bounds"),
    ("losses_per_year", math.inf, "out-of-bounds"),
    ("losses_per_year", 10**1500, "out-of-bounds"),
    ("losses_per_year", False, "wrong-type"),
    ("losses_per_year", "2", "wrong-type"),
    ("away", "soon", "wrong-type"),
    ("away", -1, "out-of-bounds"),
    ("away", 10**12, "out-of-bounds"),
    ("client", 2, "wrong-type"),
    ("client", "threads", "wrong-type"),
    ("client", ThreadPoolExecutor, "wrong-type"),
    ("client", Rude(), "wrong-type"),
    ("progress", 5, "wrong-type"),
    ("scenario", "upgrades", "unknown-name"),
    ("cluster", 5, "wrong-type"),
    ("profile", "classical", "unknown-name"),
    ("range", "10.0.0.0", "not-a-cidr"),
]


@pytest.mark.parametrize(("field", "value", "code"), BAD, ids=lambda value: str(value)[:20])
def test_bad_input_is_refused_by_name(field: str, value: Any, code: str) -> None:
    """What an argument cannot hold is refused by its name, before a run is made."""
    given: dict[str, Any] = {"range": "10.0.0.0/24", "cluster": CLUSTER, "runs": 1, field: value}
    with pytest.raises(BadInput) as refusal:
        ensemble(**given)
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_exact_figures_are_figures() -> None:
    """A number of losses is the same in whatever kind of number it is written."""
    exact: Any = Fraction(1, 2)
    assert answer(runs=2, losses_per_year=0.5) == answer(runs=2, losses_per_year=exact)


def test_the_worst_scenario_bears_chance_too() -> None:
    """A scenario of a year, with a loss of its own, bears losses beside it."""
    told = ensemble("10.0.0.0/24", CLUSTER, "year", runs=2, losses_per_year=6, away="3d")
    assert told.peaks.values[0] > 0


def test_a_scenario_of_ones_own_keeps_its_rules() -> None:
    """Who is served first, and when the run ends, stay as the scenario says."""
    steps = [*upgrade(CLUSTER).steps, TransferImages(at="1d", count=30, duration=None)]
    own = Scenario(steps=steps, retry="worst", reconciler=False, horizon=2 * DAY)
    run = simulate(TIGHT, CLUSTER, own)
    told = ensemble(TIGHT, CLUSTER, own, runs=1)
    assert run.stalled
    assert (told.stalled, told.waiting, told.peaks.values[0]) == (1, 1, run.peak)
