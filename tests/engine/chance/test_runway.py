"""Runways: against stepping through every day, and against sampled years."""

from __future__ import annotations

import math
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sn_planner.engine.chance.runway import YEAR, Growth, Runway, runway
from sn_planner.errors import BadInput
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.demand import demand

START = date(2026, 12, 1)
EXAMPLE = Cluster.uniform(nodes=5, disks_per_node=2, images=10)
rates = st.builds(
    Growth, nodes=st.integers(0, 4), disks=st.fractions(0, 6, max_denominator=4), images=st.integers(0, 3)
)
clusters = st.builds(
    Cluster.uniform, nodes=st.integers(1, 6), disks_per_node=st.integers(0, 3), images=st.integers(0, 9)
)


def way(cluster: Cluster = EXAMPLE, grow: Growth | None = None, **given: Any) -> Runway:
    """A runway of two years in a /26, unless it is said otherwise."""
    wanted: dict[str, Any] = {"start": START, "years": 2} | given
    return runway("192.168.50.0/26", cluster, grow or Growth(nodes=2), **wanted)


def grown(cluster: Cluster, grow: Growth, days: int) -> int:
    """The demand after some days of regular growth, of a cluster that is built anew."""
    nodes, disks, images = (math.floor(rate * days / YEAR) for rate in (grow.nodes, grow.disks, grow.images))
    largest = max(node.disks for node in cluster.storage)
    total = cluster.disks + nodes * largest + disks
    more = Cluster.uniform(nodes=cluster.storage_nodes + nodes, disks=total, images=cluster.images + images)
    return demand(more).required


@settings(max_examples=settings().max_examples // 2)  # each steps through a year
@given(clusters, rates)
def test_regular_growth_is_stepped_through(cluster: Cluster, grow: Growth) -> None:
    """The first day is the one that stepping day by day finds; before it the chance is 0, from it on 1."""
    found = way(cluster, grow, years=1)
    full = [day for day in range((found.end - START).days + 1) if grown(cluster, grow, day) > 62]
    assert found.full_on == (START + timedelta(full[0]) if full else None)
    if found.full_on is not None:
        assert found.chance(found.full_on) == 1
        assert found.full_on == START or found.chance(found.full_on - timedelta(1)) == 0
    assert found.date(0.01) == found.date(1) == found.full_on
    assert found.date(0) == START


@given(clusters, rates, st.floats(0.01, 0.99))
def test_the_day_of_a_chance_is_its_first(cluster: Cluster, grow: Growth, probability: float) -> None:
    """On that day the chance is reached, the day before it is not; chances never fall."""
    found = way(cluster, grow, random=True)
    day = found.date(probability)
    chances = [chance if chance > 1e-30 else 0 for _, chance in found.chances]
    assert chances == sorted(chances)
    if day is None:
        assert found.chance(found.end) < probability
    else:
        assert found.chance(day) >= probability
        assert day == START or found.chance(day - timedelta(1)) < probability


def test_random_growth_is_what_sampling_gives() -> None:
    """With 10^5 sampled years the chance is that of the folded distributions, within what sampling leaves open."""
    grow = Growth(nodes=2, disks=4, images=1)
    found = way(grow=grow, random=True)
    rng, samples = np.random.default_rng(1), 10**5
    nodes, disks, images = (rng.poisson(rate, samples) for rate in (2, 4, 1))
    sampled = float((50 + 8 * nodes + 2 * disks + images > 62).mean())
    year = START + timedelta(365)
    assert math.isclose(found.chance(year), sampled, abs_tol=0.006)
    assert math.isclose(found.growth_by(year).mean, 25, rel_tol=1e-3)


def test_a_chance_far_out_has_its_digits() -> None:
    """One node in a thousand years: the chance of two in a day."""
    found = way(Cluster.uniform(nodes=5, disks_per_node=2, images=4), Growth(nodes=0.001), random=True)
    mean = Fraction(1, 1000) / YEAR
    tail = sum((-1) ** k * mean ** (k + 3) / (math.factorial(k) * (k + 3)) for k in range(6)) / 2  # of three or more
    assert math.isclose(found.chance(START + timedelta(1)), tail, rel_tol=1e-9)


def test_wider_ranges_last_longer() -> None:
    """Each shorter prefix at the address, down to a /16, and none that would begin before it."""
    asked = way(grow=Growth(nodes=8), years=20)
    assert [str(one.range) for one in asked.wider] == [f"192.168.50.0/{length}" for length in (25, 24, 23)]
    days = [one.full_on for one in (asked, *asked.wider)]
    assert days == sorted(days, key=str)
    assert [one.usable for one in asked.wider] == [126, 254, 510]


def test_what_a_new_thing_takes_is_the_demands() -> None:
    """A node those of one like the largest, with its disks; of what does not grow nothing is asked."""
    mixed = Cluster([Node(disks=1), Node(disks=4)], images=2)
    found = way(mixed, Growth(nodes=1, disks=0.5, images=2), harvester="1.8.2")
    weights = found.demand.profile.weights("versions")
    assert dict(found.takes) == {
        "nodes": weights["node"] + 4 * weights["disk"],
        "disks": weights["disk"],
        "images": weights["image"],
    }
    assert found.a_year == {name: each * {"nodes": 1, "disks": 0.5, "images": 2}[name] for name, each in found.takes}
    assert dict(way(Cluster([]), Growth(images=1)).takes) == {"images": 1}


def test_a_range_that_is_too_small_already() -> None:
    """It is full on the first day, whatever comes."""
    found = way(Cluster.uniform(nodes=20, disks_per_node=2), random=True)
    assert (found.full_on, found.chance("2026-12-01"), found.spare) == (START, 1.0, -98)


def test_a_runway_tells_of_itself() -> None:
    """As text and as data."""
    found = way(grow=Growth(nodes=2, disks=0.5))
    assert repr(found) == "Runway('192.168.50.0/26', required=50, full_on='2027-12-02')"
    assert str(found.growth) == "2 nodes, 0.5 disks a year"
    data = found.to_dict()
    assert (data["full_on"], data["chances"][0], len(data["chances"])) == ("2027-12-02", ["2026-12-01", 0.0], 9)
    assert data["wider"][0] == {"range": "192.168.50.0/25", "full_on": None}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Growth(nodes=-1), "nodes -1 is negative"),
        (lambda: Growth(disks=float("nan")), "disks nan is not finite"),
        (lambda: Growth(images="2"), "images '2' is not a number"),  # type: ignore[arg-type]
        (lambda: Growth(images=10**7), "images 10000000 is too many a year"),
        (lambda: way(start="2026-13-01"), "start '2026-13-01' is no day; write it like 2026-12-01"),
        (lambda: way(start="20261201"), "start '20261201' is no day"),
        (lambda: way(start=5), "start 5 is no day"),
        (lambda: way(years=10**6), "years 1000000 is too far ahead; give at most 100"),
        (lambda: way(years=1, start="9999-12-31"), "years 1 is too far ahead"),
        (lambda: way(years=0), "years is 0"),
        (lambda: way(years=True), "years True is not a number"),
        (lambda: way(random=1), "random 1 is neither true nor false"),
        (lambda: way(grow=5), "grow 5 is no Growth"),  # type: ignore[arg-type]
        (lambda: way(Cluster([])), "grow_nodes 1 has no node to copy"),
        (
            lambda: way().chance("2026-11-30"),
            "by '2026-11-30' is not looked at; name one from 2026-12-01 to 2028-11-30",
        ),
        (lambda: way().date(1.5), "probability 1.5 is not a share"),
        (lambda: way().growth_by("x"), "by 'x' is no day"),
        (lambda: way(random=True).growth_by("2020-01-01"), "by '2020-01-01' is not looked at"),
    ],
)
def test_runways_are_refused_by_name(make: Any, message: str) -> None:
    """What is no growth, no day, no horizon."""
    with pytest.raises(BadInput, match=message):
        make()
