"""Figures, shares and growth as people type them: every form, and what is said of those that are none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sn_planner.engine.chance.runway import Growth
from sn_planner.engine.chance.uncertain import Uncertain
from sn_planner.errors import BadInput
from sn_planner.interchange.figures import figure_from, growth_from, number_from, share_from


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5", Uncertain({5: 1})),
        (" 5 ", Uncertain({5: 1})),
        ("2..4", Uncertain.between(2, 4)),
        ("between( 2, 4 )", Uncertain.between(2, 4)),
        ("5=0.5,6=0.3,8=0.2", Uncertain({5: 0.5, 6: 0.3, 8: 0.2})),
        ("5=50%, 6=30%, 8=20 %", Uncertain({5: 0.5, 6: 0.3, 8: 0.2})),
        ("5=5,6=3,8=2", Uncertain({5: 5, 6: 3, 8: 2})),
        ("5=1e-3,6=0.999", Uncertain({5: 0.001, 6: 0.999})),
        ("poisson(4)", Uncertain.poisson(4)),
        ("poisson(0.5)", Uncertain.poisson(0.5)),
        ("binomial(10,0.3)", Uncertain.binomial(10, 0.3)),
        ("binomial(10,30%)", Uncertain.binomial(10, 0.3)),
        ("triangular(2,3,6)", Uncertain.triangular(2, 3, 6)),
        ("samples(3,4,4,7)", Uncertain.of_samples([3, 4, 4, 7])),
    ],
)
def test_every_form_of_a_figure(text: str, meant: Uncertain) -> None:
    """What is typed is the figure that the library makes."""
    assert figure_from("--nodes", text) == meant


@given(st.dictionaries(st.integers(0, 99), st.integers(1, 9), min_size=1, max_size=5))
def test_weights_are_read_as_they_are_written(weights: dict[int, int]) -> None:
    """Any counts with any weights."""
    assert figure_from("x", ",".join(f"{value}={weight}" for value, weight in weights.items())) == Uncertain(weights)


def test_shares_and_growth() -> None:
    """A share in percent or not; rates a year or a month."""
    assert share_from("x", "99.9%") == Decimal("0.999") == number_from("x", "0.999")
    assert growth_from("--grow", "nodes=2/y, disks=0.5/m,images=1/y") == Growth(nodes=2, disks=6, images=1)


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (figure_from, "", "x: figure '' is none; write it like 5, 2..4, 5=0.5"),
        (figure_from, "2-4", "x: figure '2-4' is none"),
        (figure_from, "-1", "x: value -1 is negative"),
        (figure_from, "2.5", "x: figure '2.5' is none"),
        (figure_from, "4..2", "x: low 4 is more than high, 2"),
        (figure_from, "1..2..3", r"x: value '2\.\.3' is not a whole number"),
        (figure_from, "5=0.5,6", "x: figure '6' has no probability; write it like 5, 2..4, 5=0.5"),
        (figure_from, "5=0.5,5=0.5", "x: value 5 is there twice"),
        (figure_from, "5=half", "x: probability 'half' is no number; write it like 40 or 0.5"),
        (figure_from, "5=nan", "x: probability 'nan' is no number"),
        (figure_from, "5=0.5", "x: probabilities 0.5 is their sum"),
        (figure_from, "5=-0.5,6=1.5", "x: probability of 5 .* is negative"),
        (figure_from, "poison(4)", "x: distribution 'poison' is unknown; did you mean 'poisson'"),
        (figure_from, "poisson()", "x: value '' is no number"),
        (figure_from, "triangular(2,3)", "x: triangular '2,3' has 2 numbers, not 3"),
        (figure_from, "binomial(2.5,0.1)", "x: value '2.5' is not a whole number"),
        (figure_from, "5" * 200_000, "x .* is too long; round the values"),
        (figure_from, "0..2000000", "x: values 2000001 is too many"),
        (share_from, "150%", "x '150%' is not a share; give 0 to 1, or 0% to 100%"),
        (share_from, "1e999", "x .* is not a share"),
        (share_from, "", "x '' is no number"),
        (number_from, "40%", "x '40%' is no number; write it like 40 or 0.5"),
        (growth_from, "", "x: thing '' is unknown"),
        (growth_from, "nodes", "x: nodes '' has no unit; write nodes=2/y for two a year"),
        (growth_from, "node=2/y", "x: thing 'node' is unknown; did you mean 'nodes'"),
        (growth_from, "nodes=2/y,nodes=3/y", "x: nodes '3/y' is there twice"),
        (growth_from, "nodes=2/week", "x: nodes '2/week' has no unit"),
        (growth_from, "nodes=-2/y", "x: nodes .* is negative"),
        (growth_from, "nodes=two/y", "x: nodes 'two' is no number"),
    ],
)
def test_what_is_no_figure_is_refused_by_name(read: Any, text: str, message: str) -> None:
    """With the flag, the part that is wrong, and a form that is right."""
    with pytest.raises(BadInput, match=message):
        read("x", text)
