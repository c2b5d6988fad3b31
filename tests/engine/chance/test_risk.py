"""Risk against a naive enumeration with fractions, and what ranges, quantiles and drivers say of it."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sn_planner.engine.chance.risk import Vary, folded, risk
from sn_planner.engine.chance.uncertain import Uncertain
from sn_planner.errors import BadInput, NoAnswer
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import demand
from sn_planner.model.profiles import PROFILES
from sn_planner.model.ranges import AddressRange, prefix_for
from tests.engine.chance.test_uncertain import close

Shares = dict[int, Fraction]
few = st.dictionaries(st.integers(0, 5), st.integers(1, 9), min_size=1, max_size=3)
profiles = st.sampled_from(["classic", "consolidated+rwx", "rwx-network", "vm-migration-network"])
vary = st.sampled_from(["together", "apart"])


def shares(weights: dict[int, int]) -> Shares:
    """Exact probabilities."""
    return {value: Fraction(weight, sum(weights.values())) for value, weight in weights.items()}


def outcomes(nodes: Shares, disks: Shares, images: Shares, vary: Vary) -> list[tuple[Fraction, int, int, int]]:
    """Every outcome: its probability, the nodes, the disks of all nodes, the transfers."""
    found = []
    for (n, p), (i, q) in product(nodes.items(), images.items()):
        draws = [(Fraction(1), (d,) * n, r) for d, r in disks.items()] if vary == "together" else []
        if vary == "apart":
            draws = [
                (Fraction(1), each, math.prod((disks[d] for d in each), start=Fraction(1)))
                for each in product(disks, repeat=n)
            ]
        found += [(p * q * Fraction(r), n, sum(each), i) for _, each, r in draws]
    return found


@given(few, few, few, profiles, vary)
def test_a_risk_is_what_enumerating_gives(
    nodes: dict[int, int], disks: dict[int, int], images: dict[int, int], name: str, vary: Vary
) -> None:
    """Every demand has the probability of all outcomes that lead to it, to twelve digits."""
    found = risk(nodes, disks, images, rwx_volumes={7: 1}, disks_vary=vary, profile=name)
    weights = found.profile.weights("versions")
    expected: dict[int, Fraction] = defaultdict(Fraction)
    for chance, n, d, i in outcomes(shares(nodes), shares(disks), shares(images), vary):
        fixed = weights["cluster"] + weights["rwx-volume"] * 7
        expected[weights["node"] * n + weights["disk"] * d + weights["image"] * i + fixed] += chance
    assert found.values.tolist() == sorted(expected)
    assert all(map(close, found.probabilities.tolist(), (expected[value] for value in sorted(expected))))
    for usable in range(0, max(expected) + 2, 5):
        assert close(found.required.exceeds(usable), sum(p for value, p in expected.items() if value > usable))


@given(few, few, few, vary)
def test_drivers_are_shares_of_the_variance(
    nodes: dict[int, int], disks: dict[int, int], images: dict[int, int], vary: Vary
) -> None:
    """The variance of what each figure alone makes one expect, and what is left of the whole for both at once."""
    p, q, r = shares(nodes), shares(disks), shares(images)
    asked = risk(nodes, disks, images, disks_vary=vary)
    mean = {
        each: sum(value * chance for value, chance in each_shares.items()) for each, each_shares in (("n", p), ("d", q))
    }
    of_nodes = [(chance, (4 + 2 * mean["d"]) * n) for n, chance in p.items()]
    if vary == "together":
        of_disks: list[Any] = [(chance, 2 * mean["n"] * d) for d, chance in q.items()]
    else:  # the j-th node's disks count where there are j nodes
        reach = [sum(chance for n, chance in p.items() if n >= j) for j in range(1, max(p) + 1)]
        of_disks = [
            (math.prod(q[d] for d in each), 2 * sum(map(math.prod, zip(reach, each, strict=True))))
            for each in product(q, repeat=max(p))
        ]
    of_images = [(chance, Fraction(i)) for i, chance in r.items()]
    everything = [(chance, Fraction(4 * n + 2 * d + i)) for chance, n, d, i in outcomes(p, q, r, vary)]

    def variance(of: list[Any]) -> Fraction:
        average = sum((chance * value for chance, value in of), Fraction(0))
        return sum((chance * (value - average) ** 2 for chance, value in of), Fraction(0))

    total = variance(everything)
    parts = {"nodes": variance(of_nodes), "disks_per_node": variance(of_disks), "images": variance(of_images)}
    parts["together"] = total - sum(parts.values())
    drivers = asked.drivers()
    assert drivers.keys() == parts.keys()
    if total:
        assert all(math.isclose(drivers[name], parts[name] / total, abs_tol=1e-12) for name in parts)
        assert math.isclose(sum(drivers.values()), 1)
        assert math.isclose(asked.std**2, total, rel_tol=1e-9)
    else:
        assert set(drivers.values()) == {0.0}


@given(st.integers(0, 50), st.integers(0, 20), st.integers(0, 50), profiles, vary)
def test_certain_figures_have_the_demand(nodes: int, disks: int, images: int, name: str, vary: Vary) -> None:
    """Where nothing is uncertain there is one demand: that of the cluster."""
    found = risk(nodes, disks, images, profile=name, disks_vary=vary)
    cluster = Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images)
    assert found.values.tolist() == [demand(cluster, name).required]


def test_the_chance_of_a_range_is_right_far_out() -> None:
    """A chance of 1e-12 has twelve digits, where 1 - p has three."""
    found = risk(5, 2, Uncertain.binomial(60, 0.02))
    exact = sum(math.comb(60, k) * Fraction(1, 50) ** k * Fraction(49, 50) ** (60 - k) for k in range(14, 61))
    place = AddressRange("10.0.0.0/26", ["10.0.0.1-10.0.0.9"])
    assert place.usable == 40 + 13
    assert 1e-13 < exact < 1e-9
    assert close(found.exceeds(place), exact)
    assert close(found.holds(place), 1 - exact)


@given(few, few, vary, st.integers(0, 32))
def test_prefixes_have_the_chances_of_their_demands(
    nodes: dict[int, int], disks: dict[int, int], vary: Vary, length: int
) -> None:
    """Each prefix has the chance of the demands whose prefix it is, and the quantile's is that of the quantile."""
    found = risk(nodes, disks, disks_vary=vary)
    expected: dict[int | None, float] = defaultdict(float)
    for value, chance in found.required.to_dict().items():
        expected[prefix_for(value)] += chance
    by_prefix = found.by_prefix()
    assert list(by_prefix) == sorted(expected, key=lambda one: -1 if one is None else one, reverse=True)
    assert all(close(by_prefix[one], expected[one]) for one in expected)
    assert found.prefix_length(0.9) == prefix_for(found.quantile(0.9))
    assert math.isclose(found.holds(f"0.0.0.0/{length}") + found.exceeds(f"0.0.0.0/{length}"), 1)


@given(few, few, st.integers(1, 3), st.integers(1, 60))
def test_folding_is_the_sum_of_pairs(one: dict[int, int], other: dict[int, int], step: int, times: int) -> None:
    """Whatever the steps between the values, in small and in long arrays."""
    left = Uncertain({value * step * times: weight for value, weight in one.items()} | {0: 3, 300 * step: 2})
    right = Uncertain(other | dict.fromkeys(range(0, 60 * times, step), 1))
    expected: dict[int, float] = defaultdict(float)
    for (a, p), (b, q) in product(left.to_dict().items(), right.to_dict().items()):
        expected[a + b] += p * q
    found = folded(left, right)
    assert found == folded(right, left) or found.values.tolist() == folded(right, left).values.tolist()
    assert found.values.tolist() == sorted(expected)
    assert all(map(close, found.probabilities.tolist(), (expected[value] for value in sorted(expected))))


def test_values_far_apart_are_folded_in_pairs() -> None:
    """Without an array that has a place for every sum; chances that no float holds are left out."""
    far = Uncertain.unchecked(np.arange(80) ** 7, np.full(80, 1 / 80))
    found = folded(far, far)
    assert len(found.values) == 80 * 81 // 2
    assert math.isclose(found.probabilities.sum(), 1)
    tiny = Uncertain.unchecked([0, 10**9], [1.0, 1e-300])
    assert folded(tiny, tiny).values.tolist() == [0, 10**9]


def test_what_is_cut_off_counts_against_every_range() -> None:
    """A Poisson distribution has no end: what is beyond the last value is in `exceeds`, and said."""
    found = risk(Uncertain.poisson(3), Uncertain.poisson(1), Uncertain.poisson(4), disks_vary="apart")
    assert 0 < found.left_out < 1e-30
    assert found.exceeds("10.0.0.0/8") == found.left_out
    assert found.holds("10.0.0.0/8") <= 1 + 1e-12


def test_a_risk_tells_of_itself() -> None:
    """As text and as data, with a range and without."""
    found = risk({5: 0.5, 6: 0.3, 8: 0.2}, 2, Uncertain.poisson(4), profile="consolidated")
    assert repr(found) == "Risk(mean=39.4, std=7.10211, enough for 99 %: 56, profile='consolidated')"
    data = found.to_dict("10.0.0.0/26")
    assert (data["range"], data["by_prefix"].keys(), data["quantiles"]["0.5"]) == (
        "10.0.0.0/26",
        {"25", "26", "27"},
        37,
    )
    assert math.isclose(data["holds"] + data["exceeds"], 1)
    assert found.to_dict()["holds"] is None
    assert "none" in risk(2**31).to_dict()["by_prefix"]
    assert risk(5, rwx_volumes={3: 1, 9: 1}, profile="classic+rwx").drivers()["rwx_volumes"] == 1
    assert "rwx_volumes" not in found.drivers()


def test_the_release_chooses_the_formula() -> None:
    """As by demand: with the upgrade's own volume, where the number of RWX volumes is known."""
    cluster = Cluster.uniform(nodes=3, disks_per_node=2, rwx_volumes=4)
    for name in ("1.8.2+rwx", "1.5.0+rwx", "1.8.2"):
        known = risk(3, 2, rwx_volumes=4, harvester=name)
        assert known.values.tolist() == [demand(cluster, harvester=name).required]
        assert known.notes == demand(cluster, harvester=name).notes
    assumed = demand(Cluster.uniform(nodes=3, disks_per_node=2), "classic+rwx").required
    assert risk(3, 2, profile="classic+rwx").values.tolist() == [assumed]
    assert set(PROFILES) >= {"classic", "consolidated"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: risk({5: 0.4}), "nodes: probabilities 0.4 is their sum"),
        (lambda: risk(5, images=-1), "images: count -1 is negative"),
        (lambda: risk(5, disks_vary="each"), "disks_vary 'each' is unknown"),  # type: ignore[arg-type]
        (lambda: risk(5, profile="classical"), "profile 'classical' is unknown; did you mean 'classic'"),
        (lambda: risk(3 * 10**15), "figures would take 1.2e.16 addresses; give smaller ones"),
        (lambda: risk(1, images=2**53 - 1), "figures would take .* addresses; give smaller ones"),
        (
            lambda: risk(Uncertain.between(0, 10**5), Uncertain.between(0, 10**5)),
            "figures would make up 10,000,200,001 sums; give fewer values",
        ),
        (
            lambda: risk(10**6, Uncertain.between(0, 100), disks_vary="apart"),
            "figures would make up .* sums; give fewer values",
        ),
        (
            lambda: risk(Uncertain({10**9: 1, 5: 1}), {0: 1, 1: 1}, disks_vary="apart"),
            "figures would make up .* sums",
        ),
        (lambda: risk({5: 1}).holds("10.0.0.0"), "range '10.0.0.0' has no prefix length"),
    ],
)
def test_risks_are_refused_by_name(make: Any, message: str) -> None:
    """What is wrong with a figure, or that there is too much of them."""
    with pytest.raises(BadInput, match=message):
        make()


def test_what_no_float_holds_is_left_out_and_counts() -> None:
    """The largest demand there can be is too unlikely for a float: then no demand is enough for certain."""
    for asked in (
        risk(11, {2: 1, 9: Fraction(1, 10**30)}, disks_vary="apart"),  # type: ignore[arg-type]
        risk(1500, {2: 0.5, 3: 0.5}, disks_vary="apart"),
    ):
        assert 0 < asked.left_out < 1e-200
        with pytest.raises(NoAnswer, match="confidence 1 is reached by no count"):
            asked.quantile(1)


@given(few, few, few, vary)
def test_no_chance_is_above_one(
    nodes: dict[int, int], disks: dict[int, int], images: dict[int, int], vary: Vary
) -> None:
    """However the sums of probabilities are rounded."""
    found = risk(nodes, disks, images, disks_vary=vary)
    chances = [found.holds("10.0.0.0/8"), found.exceeds("10.0.0.0/31"), *found.by_prefix().values()]
    assert max(chances) <= 1


def test_large_values_that_are_close_have_a_variance() -> None:
    """Which the mean, rounded, would take from them."""
    near = Uncertain({10**15: 1, 10**15 + 1: 2})
    assert math.isclose(near.variance, 2 / 9)
    assert near.mean == 10**15 + 0.625  # to the float there is
