"""Counts: exact whole numbers, or a refusal by name."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.errors import MissingExtraError, shown
from sn_planner.model.fields import whole, whole_from_text
from sn_planner.model.profiles import profile

REFUSED: list[tuple[object, str]] = [
    (True, "is a boolean"),
    (np.True_, "is not a whole number"),
    (-1, "is negative"),
    (2.0, "is a fraction"),
    (float("nan"), "is not a number"),
    (float("inf"), "is a fraction"),
    (np.float64(3), "is a fraction"),
    (Decimal(3), "is not a whole number"),
    (Fraction(3), "is not a whole number"),
    ("3", "is not a whole number"),
    (None, "is not a whole number"),
    ([3], "is not a whole number"),
    (np.array([1, 2]), "is not a whole number"),
    (10**2000, "is too large"),
    (-(10**5000), "is negative"),
]


TAKERS: dict[str, Callable[[Any], object]] = {
    "nodes": lambda value: sn.Cluster.uniform(nodes=value, disks_per_node=2),
    "disks_per_node": lambda value: sn.Cluster.uniform(nodes=3, disks_per_node=value),
    "disks": lambda value: sn.Cluster.uniform(nodes=3, disks=value),
    "images": lambda value: sn.Cluster.uniform(nodes=3, disks=3, images=value),
    "witnesses": lambda value: sn.Cluster.uniform(nodes=3, disks=3, witnesses=value),
    "rwx_volumes": lambda value: sn.Cluster.uniform(nodes=3, disks=3, rwx_volumes=value),
    "count": lambda value: sn.Node(disks=1, count=value),
    "grow_nodes": lambda value: sn.Cluster([sn.Node(disks=1)]).grown(value),
}
LEFT_OUT_BY_NONE = {"disks_per_node", "disks", "rwx_volumes"}
CASES = [
    (field, value, problem)
    for field in TAKERS
    for value, problem in REFUSED
    if value is not None or field not in LEFT_OUT_BY_NONE
]


@pytest.mark.parametrize(("field", "value", "problem"), CASES, ids=[f"{a}-{type(b).__name__}-{c}" for a, b, c in CASES])
def test_what_is_no_count_is_refused_by_name(field: str, value: object, problem: str) -> None:
    """Every count of a cluster is refused under its own name, in one printable line, value included."""
    with pytest.raises(sn.SnPlannerError, match=problem) as refusal:
        TAKERS[field](value)
    assert refusal.value.field == field
    assert str(refusal.value).isprintable()


@given(st.integers(0, 10**30))
def test_text_and_numbers_agree(number: int) -> None:
    """A count is the same in digits and as a number, numpy's integers included."""
    assert whole_from_text("count", str(number)) == whole("count", number) == number
    if number < 2**63:
        assert type(whole("count", np.int64(number))) is int


def test_clusters_are_made_of_nodes() -> None:
    """A Cluster takes a list of Node and nothing else, a Node one name."""
    for nodes in (5, "nodes", sn.Node(disks=1)):
        with pytest.raises(sn.SnPlannerError, match="nodes .* is not a list of nodes"):
            sn.Cluster(nodes)
    with pytest.raises(sn.SnPlannerError, match="nodes 5 is not a Node"):
        sn.Cluster([5])
    with pytest.raises(sn.SnPlannerError, match="name '' is no name"):
        sn.Node(disks=1, name="")
    with pytest.raises(sn.SnPlannerError, match="witness 1 is neither true nor false"):
        sn.Node(witness=1)  # type: ignore[arg-type]


def test_witnesses_of_a_uniform_cluster() -> None:
    """A uniform cluster may have witnesses beside its nodes."""
    cluster = sn.Cluster.uniform(nodes=2, disks_per_node=4, witnesses=1)
    assert cluster.nodes == (sn.Node(disks=4, count=2), sn.Node(witness=True))
    assert (cluster.storage_nodes, cluster.witness_nodes) == (2, 1)


def test_sharing_rwx_twice_is_sharing_it() -> None:
    """A profile that counts RWX volumes already stays as it is."""
    shared = profile("consolidated+rwx")
    assert shared.sharing_rwx is shared
    with pytest.raises(sn.SnPlannerError, match="profile 'rwx-network' sizes the rwx-network, which nothing shares"):
        profile("rwx-network+rwx")
    cluster = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    assert sn.demand(cluster, harvester="1.8.1+rwx") == sn.demand(cluster, shared)


def test_errors_carry_their_fields() -> None:
    """An error has its parts as attributes, survives pickling, and prints as one short line."""
    error = sn.SnPlannerError("range", "x\n" * 500, "is wrong", "mend it", "not-a-cidr")
    again = pickle.loads(pickle.dumps(error))
    assert (again.field, again.value, again.problem, again.fix, again.code) == error.args
    assert str(again) == str(error)
    assert len(str(error)) < 100
    assert issubclass(MissingExtraError, ImportError)
    nested = sn.SnPlannerError("nodes", [10**5000], "is wrong", "mend it")
    assert str(nested) == "nodes a list is wrong; mend it"


@given(st.text() | st.integers() | st.binary() | st.floats() | st.lists(st.text()))
def test_any_value_is_shown_in_one_short_line(value: object) -> None:
    """Whatever the value, what is shown of it is printable and short."""
    assert shown(value).isprintable()
    assert len(shown(value)) <= 60
