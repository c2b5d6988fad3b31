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
from sn_planner.errors import MissingExtraError, shown, within
from sn_planner.model.fields import whole, whole_from_text
from sn_planner.model.profiles import profile
from sn_planner.model.tally import Tally
from sn_planner.model.words import counted, some

REFUSED: list[tuple[object, str]] = [
    (True, "is a boolean"),
    (np.True_, "is a boolean"),
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
    "grow_disks": lambda value: sn.Cluster([sn.Node(disks=1)]).grown(disks=value),
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
    wrong: list[Any] = [5, "nodes", sn.Node(disks=1)]
    for nodes in wrong:
        with pytest.raises(sn.SnPlannerError, match="nodes .* is not a list; give a list of Node"):
            sn.Cluster(nodes)
    with pytest.raises(sn.SnPlannerError, match="nodes 5 is not a Node"):
        sn.Cluster([5])  # type: ignore[list-item]
    with pytest.raises(sn.SnPlannerError, match="nodes 'a' is there twice"):
        sn.Cluster([sn.Node(disks=1, name="a"), sn.Node(disks=2, name="a")])
    with pytest.raises(sn.SnPlannerError, match="count 2 does not go with a name"):
        sn.Node(disks=1, name="a", count=2)
    with pytest.raises(sn.SnPlannerError, match="name '' is no text"):
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
    by_release = sn.demand(cluster, harvester="1.8.1+rwx")
    assert (by_release.profile, by_release.required) == (shared, sn.demand(cluster, shared).required)
    assert by_release.release is not None
    assert by_release.release.harvester == "1.8.1"


def test_errors_carry_their_fields() -> None:
    """An error has its parts as attributes, survives pickling, and prints as one short line."""
    error = sn.BadInput("range", "x\n" * 500, "is wrong", "mend it", "not-a-cidr")
    again = pickle.loads(pickle.dumps(error))
    assert (again.field, again.value, again.problem, again.fix, again.code) == error.args
    assert str(again) == str(error)
    assert len(str(error)) < 100
    assert issubclass(MissingExtraError, ImportError)
    nested = sn.BadInput("nodes", [10**5000], "is wrong", "mend it", "wrong-type")
    assert str(nested) == "nodes a list is wrong; mend it"


@given(st.text() | st.integers() | st.binary() | st.floats() | st.lists(st.text()))
def test_any_value_is_shown_in_one_short_line(value: object) -> None:
    """Whatever the value, what is shown of it is printable and short."""
    assert shown(value).isprintable()
    assert len(shown(value)) <= 60


def test_the_two_kinds_of_refusal() -> None:
    """Bad input and "no" are caught apart, and together; each says what its code means."""
    full = sn.Cluster.uniform(nodes=20_000, disks_per_node=8)
    with pytest.raises(sn.NoAnswer) as no:
        sn.suggest(full)
    assert (no.value.code, isinstance(no.value, sn.BadInput)) == ("demand-too-large", False)
    with pytest.raises(sn.NoAnswer) as nothing_free:
        _ = sn.suggest(sn.Cluster.uniform(nodes=3, disks=3), pools=["10.52.0.0/16"]).best
    assert nothing_free.value.code == "no-free-range"
    with pytest.raises(sn.BadInput) as bad:
        sn.demand(5)  # type: ignore[arg-type]
    assert (bad.value.code, isinstance(bad.value, sn.NoAnswer)) == ("wrong-type", False)
    assert {no.value.code, bad.value.code, nothing_free.value.code} <= set(sn.REFUSALS)


def test_a_place_stands_before_every_field() -> None:
    """`within` puts the place first and keeps kind, value, problem, fix and code."""
    with pytest.raises(sn.NoAnswer) as refusal, within("file"), within("line 3"):
        raise sn.NoAnswer("pools", 5, "have no room", "add one", "no-free-range")
    assert refusal.value.args == ("file: line 3: pools", 5, "have no room", "add one", "no-free-range")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.integers(0, 30))
def test_disks_to_come_are_spread_evenly(disks: list[int], more: int) -> None:
    """Growing by disks adds exactly so many, and no node gets two more than another."""
    cluster = sn.Cluster([sn.Node(disks=each, name=f"n{place}") for place, each in enumerate(disks)])
    grown = cluster.grown(disks=more)
    added = [after.disks - before for before, after in zip(disks, grown.nodes, strict=True)]
    assert grown.disks == cluster.disks + more
    assert max(added) - min(added) <= 1


def test_growth_needs_a_node() -> None:
    """Without a storage node there is nothing to copy and no place for a disk."""
    alone = sn.Cluster([sn.Node(witness=True)])
    assert alone.grown() == alone
    with pytest.raises(sn.BadInput, match="grow_nodes 1 has no node to copy"):
        alone.grown(1)
    with pytest.raises(sn.BadInput, match="grow_disks 1 has no node to sit in"):
        alone.grown(disks=1)


def test_a_tally_is_a_frozen_mapping() -> None:
    """A tally equals any mapping that is alike, is hashable, and cannot be changed."""
    tally = Tally({"a": 1, "b": 2})
    assert (len(tally), list(tally), tally["b"], repr(tally)) == (2, ["a", "b"], 2, "Tally({'a': 1, 'b': 2})")
    assert tally == {"b": 2, "a": 1}
    assert hash(tally) == hash(Tally({"b": 2, "a": 1}))
    with pytest.raises(TypeError):
        tally["a"] = 2  # type: ignore[index]


def test_names_are_shortened_and_counted() -> None:
    """Many names are cut to the first ones and a number, printable."""
    assert some(["a\n", "b", "c", "d", "e"]) == "a\\n, b, c and 2 more"
    assert counted(1, "address") == "1 address"


@pytest.mark.parametrize("name", ["a\nb", "x\n\n::error::pwn", "a\x1b[31m", "a\u202eb"])
def test_a_name_that_stands_in_sentences_is_one_line(name: str) -> None:
    """A profile's name with what cannot be shown on a line is refused: it would write lines of its own."""
    with pytest.raises(sn.BadInput, match="name .* cannot be shown on a line; write it in printable characters"):
        sn.Profile(name, [])
