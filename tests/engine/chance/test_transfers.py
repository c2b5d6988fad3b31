"""Transfers at random: the textbook's sums in exact fractions, laws, and a queue of its own."""

from __future__ import annotations

import heapq
import math
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sn_planner.engine.chance.transfers import LARGEST_LOAD, MOST_PLACES, Transfers, Waiting
from sn_planner.engine.chance.uncertain import Uncertain
from sn_planner.errors import BadInput, NoAnswer

eighths = st.integers(0, 160).map(lambda number: number / 8)  # loads that a float holds exactly [erlangs]
shares = st.floats(1e-12, 1, exclude_max=True)


def of_load(load: float) -> Transfers:
    """Transfers of an hour each: the load is how many come in an hour."""
    return Transfers(per_hour=load, minutes=60)


def erlang_b(load: Fraction, places: int) -> Fraction:
    """The textbook's sum."""
    terms = [load**number / math.factorial(number) for number in range(places + 1)]
    return terms[-1] / sum(terms)


def erlang_c(load: Fraction, places: int) -> Fraction:
    """The textbook's sum for a queue."""
    terms = [load**number / math.factorial(number) for number in range(places)]
    last = load**places / math.factorial(places) * places / (places - load)
    return last / (sum(terms) + last)


def digits(answer: float, exact: Fraction) -> bool:
    """Whether a figure is right to twelve digits of its own, however small it is."""
    return abs(Fraction(answer) - exact) <= exact / 10**12


@given(eighths, st.integers(0, 120))
def test_the_refused_are_the_textbooks(load: float, places: int) -> None:
    """Erlang B is the textbook's sum in exact fractions, to twelve digits however small it is."""
    assert digits(of_load(load).refused(places), erlang_b(Fraction(load), places))


@given(eighths, st.integers(1, 100))
def test_the_waiting_are_the_textbooks(load: float, more: int) -> None:
    """Erlang C, and the mean wait, are the textbook's in exact fractions, to twelve digits however small they are."""
    places = int(load) + more
    exact = erlang_c(Fraction(load), places)
    answer = of_load(load).waiting(places)
    assert digits(answer.probability, exact)
    assert digits(answer.mean_wait, exact * 3600 / (places - Fraction(load)))


def test_far_in_the_tail_no_digit_is_lost() -> None:
    """Where one in 10^12 is refused, or waits, that one is told to twelve digits."""
    places = next(number for number in range(200) if erlang_c(Fraction(20), number + 21) < Fraction(1, 10**12)) + 21
    assert digits(of_load(20).refused(places), erlang_b(Fraction(20), places))
    assert digits(of_load(20).waiting(places).probability, erlang_c(Fraction(20), places))
    assert 1e-14 < of_load(20).waiting(places).probability < 1e-12


@given(eighths, st.integers(0, 60))
def test_more_addresses_refuse_fewer(load: float, places: int) -> None:
    """Each address more refuses less, and lets fewer wait, as long as anyone does."""
    transfers = of_load(load)
    now, then = transfers.refused(places), transfers.refused(places + 1)
    assert then < now or now == 0
    if places > load:
        waits, fewer = transfers.waiting(places), transfers.waiting(places + 1)
        assert fewer.probability < waits.probability or waits.probability == 0
        assert fewer.mean_wait < waits.mean_wait or waits.mean_wait == 0


@given(eighths, eighths, st.integers(0, 60))
def test_more_load_refuses_more(one: float, other: float, places: int) -> None:
    """The larger load has the larger shares of those that are refused, and of those that wait."""
    less, more = of_load(min(one, other)), of_load(max(one, other))
    assert less.refused(places) <= more.refused(places)
    if places > more.load:
        assert less.waiting(places).probability <= more.waiting(places).probability


@given(eighths, st.integers(0, 60))
def test_who_would_be_refused_would_wait(load: float, places: int) -> None:
    """No smaller share waits than is refused of as many addresses."""
    transfers = of_load(load)
    if places > load:
        assert transfers.refused(places) <= transfers.waiting(places).probability <= 1 + 1e-12


@given(eighths, shares)
def test_places_are_the_fewest(load: float, share: float) -> None:
    """`places` keeps the share, and one address less does not."""
    transfers = of_load(load)
    places = transfers.places(refused=share)
    assert transfers.refused(places) <= share < transfers.refused(places - 1)
    places = transfers.places(waiting=share)
    assert transfers.waiting(places).probability <= share
    assert places - 1 <= load or transfers.waiting(places - 1).probability > share


@given(eighths.filter(bool), st.integers(0, 60))
def test_places_undo_the_shares(load: float, places: int) -> None:
    """The addresses for the very share of some addresses are these."""
    transfers = of_load(load)
    assert transfers.places(refused=transfers.refused(places)) == places
    if places > load:
        assert transfers.places(waiting=transfers.waiting(places).probability) == places


def test_a_share_of_all_takes_no_address() -> None:
    """All may be refused without an address; all may wait as soon as the queue comes to an end."""
    assert of_load(10).places(refused=1) == 0
    assert of_load(10).places(waiting=1) == 11
    assert of_load(10).refused(0) == 1


def test_nothing_to_transfer() -> None:
    """Where none comes, or none lasts, nobody is refused an address and nobody waits."""
    for none in (Transfers(per_hour=0, minutes=15), Transfers(per_hour=40, minutes=0)):
        assert none.load == 0
        assert none.at_once == Uncertain({0: 1})
        assert (none.refused(0), none.refused(1), none.waiting(1)) == (1, 0, Waiting(0, 0))
        assert (none.places(refused=0.01), none.places(waiting=0.01)) == (1, 1)


@given(st.integers(0, 10**5), st.floats(0, 2000))
def test_how_many_run_at_once(per_hour: int, minutes: float) -> None:
    """Where none waits, as many run at once as a Poisson figure of the load says; too large a load is refused."""
    if per_hour * minutes / 60 > LARGEST_LOAD:
        with pytest.raises(BadInput, match="load .* is too large") as refusal:
            Transfers(per_hour=per_hour, minutes=minutes)
        assert refusal.value.code == "out-of-bounds"
    else:
        transfers = Transfers(per_hour=per_hour, minutes=minutes)
        assert transfers.at_once == Uncertain.poisson(transfers.load)
        assert transfers.load == float(per_hour * Fraction(str(minutes)) / 60)


def test_the_largest_loads_are_answered() -> None:
    """Large loads have finite answers that agree with each other, however many the addresses."""
    assert of_load(LARGEST_LOAD).load == LARGEST_LOAD
    load = 50_000
    large = of_load(load)
    places = large.places(waiting=0.01)
    assert load < large.places(refused=1e-3) < places < 1.02 * load
    assert large.waiting(places).probability <= 0.01 < large.waiting(places - 1).probability
    assert large.refused(MOST_PLACES) == 0.0
    assert large.waiting(MOST_PLACES) == Waiting(0, 0)
    assert large.refused(load) == pytest.approx(math.sqrt(2 / math.pi / load), rel=1e-2)


def test_shares_below_any_float_are_none() -> None:
    """What is less than 1e-300 is 0, and shares as small as that are reached."""
    transfers = of_load(1)
    none = next(places for places in range(1000) if not transfers.refused(places))
    assert 0 < transfers.refused(none - 1) < 1e-295
    assert transfers.places(refused=sys.float_info.min) == none
    assert transfers.places(refused=Fraction(1, 10**1000)) == none  # any exact number does
    assert transfers.waiting(none) == Waiting(0, 0)


def queue(load: float, places: int, arrivals: int, seed: int) -> tuple[float, float]:
    """Transfers of an hour on average that come one after the other: the share that waits, and the mean wait [h]."""
    draw = np.random.default_rng(seed)
    comes = np.cumsum(draw.exponential(1 / load, arrivals))
    lasts = draw.exponential(1, arrivals)
    free_from, waits = [0.0] * places, []
    for at, length in zip(comes.tolist(), lasts.tolist(), strict=True):
        begins = max(at, heapq.heappop(free_from))
        waits.append(begins - at)
        heapq.heappush(free_from, begins + length)
    return sum(wait > 0 for wait in waits) / arrivals, sum(waits) / arrivals


@pytest.mark.parametrize(("load", "places"), [(0.5, 1), (2.0, 4), (8.0, 10)])
def test_a_queue_that_is_played_waits_as_long(load: float, places: int) -> None:
    """200,000 transfers played one by one wait as often and as long as Erlang C says, to a twelfth."""
    share, wait = queue(load, places, 200_000, seed=7)
    said = of_load(load).waiting(places)
    assert said.probability == pytest.approx(share, rel=1 / 12)
    assert said.mean_wait == pytest.approx(wait * 3600, rel=1 / 12)


@pytest.mark.parametrize("places", [0, 9, 10])
def test_a_queue_without_an_end_has_no_answer(places: int) -> None:
    """With no more addresses than the load the queue grows for ever, and no share is told."""
    with pytest.raises(NoAnswer, match="places .* are no more than the load: the queue grows; give more than 10") as no:
        of_load(10).waiting(places)
    assert no.value.code == "demand-too-large"


BAD: list[Any] = [-1, -0.5, math.nan, math.inf, -math.inf, True, np.True_, "40", None, [40], 1j, 10**2500]


@pytest.mark.parametrize("value", [*BAD, 10**12], ids=str)
@pytest.mark.parametrize("field", ["per_hour", "minutes"])
def test_what_is_no_figure_is_refused(field: str, value: Any) -> None:
    """Negative figures, NaN, infinite ones, booleans, text and what is beyond all bounds are refused by their field."""
    with pytest.raises(BadInput) as refusal:
        Transfers(**{"per_hour": 1, "minutes": 1, field: value})
    assert refusal.value.field == field
    assert refusal.value.code in {"out-of-bounds", "wrong-type"}


@pytest.mark.parametrize("value", [*BAD, 1.5, MOST_PLACES + 1], ids=str)
@pytest.mark.parametrize("ask", [of_load(1).refused, of_load(1).waiting], ids=["refused", "waiting"])
def test_places_are_counts(ask: Any, value: Any) -> None:
    """Addresses are a whole number up to 10^7; everything else is refused by name."""
    with pytest.raises(BadInput) as refusal:
        ask(value)
    assert refusal.value.field == "places"
    assert refusal.value.code in {"out-of-bounds", "wrong-type"}


@pytest.mark.parametrize("value", [*(bad for bad in BAD if bad is not None and bad is not True), 0, 1.01], ids=str)
@pytest.mark.parametrize("field", ["refused", "waiting"])
def test_shares_are_above_nothing(field: str, value: Any) -> None:
    """A share is above 0 and at most 1; everything else is refused by name."""
    with pytest.raises(BadInput) as refusal:
        of_load(1).places(**{field: value})
    assert refusal.value.field == field
    assert refusal.value.code in {"out-of-bounds", "wrong-type"}


def test_one_share_is_asked_for() -> None:
    """Without a share, and with both, there is no question."""
    with pytest.raises(BadInput, match="waiting is missing; give either waiting or refused"):
        of_load(1).places()
    with pytest.raises(BadInput, match="waiting and refused are both given"):
        of_load(1).places(refused=0.1, waiting=0.1)


def test_equal_figures_are_equal() -> None:
    """A figure is the same in whatever kind of number it is written."""
    written: Any = Decimal("0.5")
    assert Transfers(per_hour=40, minutes=0.5) == Transfers(per_hour=40.0, minutes=written)
    assert repr(Transfers(per_hour=40, minutes=15)) == "Transfers(per_hour=40.0, minutes=15.0)"


def test_a_load_is_exact_where_the_queue_begins_to_grow() -> None:
    """40.8 an hour of 25 minutes are 17 at once, and 17 addresses are too few, whatever floats make of the product."""
    work = Transfers(per_hour=40.8, minutes=25)
    assert work.load == 17
    assert work.places(waiting=1) == 18
    with pytest.raises(NoAnswer, match="places 17 are no more than the load"):
        work.waiting(17)


def test_a_load_that_nobody_has_is_refused() -> None:
    """The largest is a million erlangs."""
    with pytest.raises(BadInput, match="load 1666666.6.* is too large; let per_hour"):
        Transfers(per_hour=10**6, minutes=100)
