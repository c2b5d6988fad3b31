"""Uncertain figures: what makes them, what is refused, and how many digits of a tail are right."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sn_planner.engine.chance.uncertain import LARGEST_VALUE, Uncertain, figure
from sn_planner.errors import BadInput, NoAnswer

weights = st.dictionaries(st.integers(0, 40), st.integers(0, 9), min_size=1, max_size=6).filter(
    lambda chances: any(chances.values())
)
DIGITS = 1e-12  # relative


def close(found: float, exact: Fraction | Decimal | float) -> bool:
    """Whether twelve digits are right, however small the number."""
    return math.isclose(found, float(exact), rel_tol=DIGITS, abs_tol=0)


@given(weights, st.integers(0, 50))
def test_weights_are_shares_of_their_sum(chances: dict[int, int], count: int) -> None:
    """Each value has its weight's share; what is more than a count and what is at most that make up everything."""
    one, total = Uncertain(chances), sum(chances.values())
    assert one.to_dict() == {value: weight / total for value, weight in sorted(chances.items()) if weight}
    assert close(one.exceeds(count), Fraction(sum(weight for v, weight in chances.items() if v > count), total))
    assert close(one.at_most(count), Fraction(sum(weight for v, weight in chances.items() if v <= count), total))
    assert close(one.mean, Fraction(sum(v * weight for v, weight in chances.items()), total))
    again = Uncertain({value: weight / total for value, weight in chances.items()})
    assert all(map(close, again.probabilities.tolist(), one.probabilities.tolist()))
    assert one == Uncertain(chances)
    assert hash(one) == hash(Uncertain(chances))
    assert one != chances


@given(weights, st.fractions(0, 1, max_denominator=100))
def test_a_quantile_is_the_smallest_count_that_is_enough(chances: dict[int, int], confidence: Fraction) -> None:
    """With the quantile the confidence is reached, with the next smaller value it is not."""
    total, found = sum(chances.values()), Uncertain(chances).quantile(confidence)
    reached = [
        v
        for v in sorted(chances)
        if chances[v] and Fraction(sum(chances[w] for w in chances if w <= v), total) >= confidence
    ]
    assert found == reached[0]


@pytest.mark.parametrize(("mean", "count"), [(4, 10), (4, 40), (0.01, 6), (30.5, 90), (1000, 1300), (250_000, 254_000)])
def test_a_poisson_tail_has_twelve_digits(mean: float, count: int) -> None:
    """As summed with fifty digits, down to chances of 1e-30."""
    with localcontext(prec=60):
        rate = Decimal(str(mean))
        term = (-rate).exp()
        for k in range(1, count + 2):
            term = term * rate / k
        exact, k = Decimal(0), count + 1
        while term > exact * Decimal("1e-40"):
            exact += term
            k += 1
            term = term * rate / k
    assert close(Uncertain.poisson(mean).exceeds(count), exact)
    assert Uncertain.poisson(mean).left_out < 1e-36


@pytest.mark.parametrize(("trials", "chance", "count"), [(10, 0.3, 4), (60, 0.5, 55), (200, 0.01, 30), (12, 0.9, 11)])
def test_a_binomial_tail_has_twelve_digits(trials: int, chance: float, count: int) -> None:
    """As summed with fractions."""
    happens = Fraction(str(chance))
    exact = sum(math.comb(trials, k) * happens**k * (1 - happens) ** (trials - k) for k in range(count + 1, trials + 1))
    assert close(Uncertain.binomial(trials, chance).exceeds(count), exact)


def test_figures_that_are_certain() -> None:
    """Without a choice there is one value; a count and a figure of that count alone are the same."""
    for one, count in ((Uncertain.poisson(0), 0), (Uncertain.binomial(5, 1), 5), (Uncertain.binomial(5, 0), 0)):
        assert one.is_certain
        assert one.to_dict() == {count: 1.0}
    assert Uncertain.binomial(5, 1e-310).left_out == 5e-310
    assert figure("nodes", 3) == Uncertain({3: 1.0}) == Uncertain.between(3, 3) == Uncertain.triangular(3, 3, 3)
    assert figure("nodes", Uncertain({3: 1})).std == 0


def test_a_figure_tells_of_itself() -> None:
    """Few values are written out, many by their ends."""
    assert repr(Uncertain({5: 1, 6: 3})) == "Uncertain({5: 0.25, 6: 0.75})"
    assert repr(Uncertain.between(1, 100)) == "Uncertain(100 values in 1..100, mean=50.5, std=28.8661)"


def test_certainty_is_no_answer_of_a_distribution_without_an_end() -> None:
    """No count is enough for certain; with what is left out a chance is reached, or it is said which is the last."""
    with pytest.raises(NoAnswer, match="confidence 1 is reached by no count; ask for at most 1 - "):
        Uncertain.poisson(4).quantile(1)
    assert Uncertain.binomial(4, 0.5).quantile(1) == 4
    assert Uncertain.poisson(4).quantile(Fraction(10**30 - 1, 10**30)) > 40


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Uncertain({5: 0.5, 6: 0.4}),
            "probabilities 0.9 is their sum; let them sum to 1, or give whole-number",
        ),
        (lambda: Uncertain({5: 0.5, 6: 0.5 + 2e-9}), "probabilities 1.000000002 is their sum"),
        (lambda: Uncertain({5: -0.5, 6: 1.5}), "probability of 5 -0.5 is negative"),
        (lambda: Uncertain({5: float("nan")}), "probability of 5 nan is not finite"),
        (lambda: Uncertain({5: float("inf")}), "probability of 5 inf is not finite"),
        (lambda: Uncertain({5: True}), "probability of 5 True is not a number"),
        (lambda: Uncertain({5: "1"}), "probability of 5 '1' is not a number"),  # type: ignore[arg-type]
        (lambda: Uncertain({5: 10**2001}), "probability of 5 an integer of 6648 bits is too large"),
        (lambda: Uncertain({5.5: 1}), "value 5.5 is a fraction"),  # type: ignore[arg-type]
        (lambda: Uncertain({-1: 1}), "value -1 is negative"),
        (lambda: Uncertain({LARGEST_VALUE: 1}), f"value {LARGEST_VALUE} is too large; give a count below"),
        (lambda: Uncertain({}), "chances is empty"),
        (lambda: Uncertain({5: 0, 6: 0}), "probabilities are all 0"),
        (lambda: Uncertain({5: 0.0}), "probabilities 0.0 is their sum"),
        (lambda: Uncertain([5, 6]), r"chances \[5, 6\] is no mapping; write a probability for each value"),  # type: ignore[arg-type]
        (lambda: Uncertain(dict.fromkeys(range(10**6 + 1), 1)), "values 1000001 is too many; give at most 1,000,000"),
        (lambda: Uncertain.poisson(-1), "mean -1 is negative"),
        (lambda: Uncertain.poisson(10**10), "mean .* is too large; give at most 1,000,000,000"),
        (lambda: Uncertain.binomial(5, 1.5), "probability 1.5 is not a share"),
        (lambda: Uncertain.binomial(5.0, 0.5), "trials 5.0 is a fraction"),  # type: ignore[arg-type]
        (lambda: Uncertain.between(5, 4), "low 5 is more than high, 4"),
        (lambda: Uncertain.between(0, 10**6), "values 1000001 is too many"),
        (lambda: Uncertain.triangular(2, 7, 6), "mode 7 is not between 2 and 6"),
        (lambda: Uncertain.of_samples([]), "values is empty"),
        (lambda: Uncertain.of_samples([1, True]), "values True is a boolean"),
        (lambda: Uncertain({5: 1}).quantile(1.1), "confidence 1.1 is not a share"),
        (lambda: Uncertain({5: 1}).exceeds(-1), "count -1 is negative"),
        (lambda: figure("nodes", 2.5), "nodes: count 2.5 is a fraction"),  # type: ignore[arg-type]
        (lambda: figure("nodes", {2: 0.5}), "nodes: probabilities 0.5 is their sum"),
    ],
)
def test_figures_are_refused_by_name(make: Any, message: str) -> None:
    """What is no figure says which part of it is wrong."""
    with pytest.raises(BadInput, match=message):
        make()


def test_a_value_is_there_once() -> None:
    """Also where a mapping of another kind has two keys that are one number."""

    class Twice(dict[Any, Any]):
        def items(self) -> Any:
            return [(5, 1), (5, 1)]

    with pytest.raises(BadInput, match="value 5 is there twice"):
        Uncertain(Twice())
