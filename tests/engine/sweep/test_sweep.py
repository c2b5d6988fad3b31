"""Sweeps: every array and every reduction is what one cluster after the other would have given."""

from __future__ import annotations

import itertools
import math
import pickle
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sn_planner.engine.sweep import arrays, axes, counting
from sn_planner.engine.sweep.arrays import NO_PREFIX, What
from sn_planner.engine.sweep.axes import Axis, AxisLike, step_of
from sn_planner.engine.sweep.counting import Listed, floor_sum, folded, histogram
from sn_planner.engine.sweep.sweep import Sweep, sweep
from sn_planner.errors import REFUSALS, BadInput, MissingExtraError
from sn_planner.model.cidr import Cidr
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import demand
from sn_planner.model.pods import Consumer
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, capacity, prefix_for
from tests.strategies import profiles

RANGE = AddressRange("10.0.0.0/25", exclude=["10.0.0.1"])
INT64_MAX = 2**63 - 1


# Sweeps with all their points


def given_as(numbers: list[int]) -> st.SearchStrategy[AxisLike]:
    """An axis as a list, a tuple, an array of a type that holds it, or a number where there is only one."""
    forms: list[Any] = [numbers, tuple(numbers), np.array(numbers), np.array(numbers, np.uint64)]
    if max(numbers) < 2**15:
        forms.append(np.array(numbers, np.int16))
    if len(numbers) == 1:
        forms += [numbers[0], np.int64(numbers[0]), np.array(numbers[0])]
    return st.sampled_from(forms)


def axes_of(most: int, minimum: int = 0) -> st.SearchStrategy[AxisLike]:
    """An axis of at most six numbers, in any order and with repetitions; or a range, upward or downward."""
    some = st.lists(st.integers(minimum, most), min_size=1, max_size=6).flatmap(given_as)
    steps = st.tuples(st.integers(minimum, most), st.integers(1, most // 4), st.integers(1, 6))
    upward = steps.map(lambda one: range(one[0], one[0] + one[1] * one[2], one[1]))
    return some | upward | upward.map(lambda values: values[::-1])


@attrs.frozen
class Case:
    """A sweep, the numbers on its axes, and what each of its points requires by the formula of one cluster."""

    sweep: Sweep
    numbers: list[list[int]]
    required: list[int]

    @property
    def array(self) -> NDArray[Any]:
        """`required` in the shape of the sweep."""
        return np.array(self.required, dtype=object).reshape(self.sweep.shape)


def case_of(grid: Sweep) -> Case:
    """The points of a sweep, each by the demand of its own cluster."""
    names = [axis.name for axis in grid.axes]
    numbers = [axis.array().tolist() for axis in grid.axes]
    points: list[dict[str, Any]] = [dict(zip(names, point, strict=True)) for point in itertools.product(*numbers)]
    clusters = (Cluster.uniform(**point, rwx_volumes=grid.rwx_volumes) for point in points)
    return Case(grid, numbers, [demand(cluster, grid.profile).required for cluster in clusters])


small_sweeps = st.builds(
    sweep,
    nodes=axes_of(40),
    disks_per_node=axes_of(12),
    images=axes_of(60),
    profile=profiles,
    rwx_volumes=st.none() | st.integers(0, 60),
) | st.builds(sweep, nodes=axes_of(40, minimum=1), disks=axes_of(300), images=axes_of(60), profile=profiles)
cases = small_sweeps.map(case_of)
wide_sweeps = st.builds(
    sweep, nodes=axes_of(10**6), disks_per_node=axes_of(10**6), images=axes_of(10**12), profile=profiles
) | st.builds(sweep, nodes=axes_of(10**9, minimum=1), disks=axes_of(10**9), images=axes_of(10**12), profile=profiles)
wide_cases = wide_sweeps.map(case_of)
block_sizes = st.integers(1, 50)
few_examples = settings(max_examples=15)


@pytest.fixture(params=[1, 7, 1 << 16], ids="blocks of {}".format)
def block_points(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Computation in blocks, lanes and edges of this many points."""
    for module, name in ((arrays, "_BLOCK"), (counting, "_LANES"), (counting, "_EDGE")):
        monkeypatch.setattr(module, name, request.param)


# Equality


@given(numbers=st.lists(st.integers(0, 40), min_size=1, max_size=6), data=st.data())
def test_the_form_of_an_axis_does_not_matter(numbers: list[int], data: st.DataObject) -> None:
    """Sweeps over the same numbers are equal and have the same hash, and so is all that is made of them."""
    one, other = (sweep(nodes=data.draw(given_as(numbers)), disks=2, images=[3, 9, 4]) for _ in range(2))
    for left, right in ((one, other), (one.nodes, other.nodes), (one._grid, other._grid), (one._sums, other._sums)):
        assert left == right
        assert hash(left) == hash(right)


def test_uneven_values_between_even_ends_have_no_step() -> None:
    """The ends and the first step alone do not tell: what lies between is looked at."""
    assert step_of(np.array([1, 2, 9, 4])) is None
    assert step_of(np.array([1, 2, 3, 4])) == 1
    assert sweep(nodes=[1, 2, 9, 4], disks=0).required[:, 0, 0].tolist() == [4, 8, 36, 16]


@given(start=st.integers(0, 10**12), step=st.integers(-(10**9), 10**9).filter(bool), length=st.integers(1, 40))
def test_an_evenly_spaced_axis_is_a_range(start: int, step: int, length: int) -> None:
    """Evenly spaced numbers are the range of them, in whatever form they are given."""
    values = range(start, start + step * length, step)
    assume(min(values) >= 0)
    for given_values in (values, list(values), tuple(values), np.array(values)):
        assert Axis("nodes", "nodes", given_values).values == values


@given(
    one=st.lists(st.integers(0, 3), min_size=1, max_size=4), other=st.lists(st.integers(0, 3), min_size=1, max_size=4)
)
def test_axes_are_equal_where_their_numbers_are(one: list[int], other: list[int]) -> None:
    """Two axes are equal if and only if they hold the same numbers in the same order; a slice is an axis like any."""
    left, right = (Axis("images", "images", numbers) for numbers in (one, other))
    assert (left == right) == (one == other)
    assert left.part(slice(1)) == Axis("images", "images", one[:1])
    assert left.part(slice(None, None, -1)) == Axis("images", "images", one[::-1])


def test_sweeps_differ_by_all_they_are_made_of() -> None:
    """Other axes, names of axes, profiles, releases and RWX volumes make other sweeps; a set keeps each once."""
    different = [
        sweep(nodes=[5, 6], disks=2),
        sweep(nodes=[6, 5], disks=2),
        sweep(nodes=[5, 6], disks_per_node=2),
        sweep(nodes=[5, 6], disks=2, images=1),
        sweep(nodes=[5, 6], disks=2, profile="consolidated"),
        sweep(nodes=[5, 6], disks=2, harvester="1.6.1"),
        sweep(nodes=[5, 6], disks=2, harvester="1.7.1"),
        sweep(nodes=[5, 6], disks=2, rwx_volumes=3),
        sweep(nodes=[5, 6, 9], disks=2),
        sweep(nodes=[5, 6, 8], disks=2),
    ]
    assert len({*different, *(attrs.evolve(grid) for grid in different)}) == len(different)
    assert different[0] not in different[1:]


def test_a_long_axis_is_compared_without_a_copy() -> None:
    """Comparing and hashing 10^6 uneven numbers takes less memory than the numbers."""
    numbers = np.arange(10**6) ** 2 % 1009
    one, other = (sweep(nodes=numbers, disks=1) for _ in range(2))
    tracemalloc.start()
    assert (one, hash(one)) == (other, hash(other))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < numbers.nbytes / 4


# Arrays


@given(case=cases)
def test_required_is_the_demand_of_each_cluster(case: Case) -> None:
    """`required` holds the demand of each point's own cluster, in the order of the axes."""
    assert case.sweep.required.dtype == np.int32
    assert case.sweep.required.tolist() == case.array.tolist()


@given(case=cases | wide_cases)
def test_prefix_length_is_that_of_each_demand(case: Case) -> None:
    """`prefix_length` holds the prefix of each point's demand, and NO_PREFIX where there is none."""
    assert case.sweep.prefix_length.dtype == np.uint8
    expected = [NO_PREFIX if prefix_for(one) is None else prefix_for(one) for one in case.required]
    assert case.sweep.prefix_length.ravel().tolist() == expected


@given(case=cases | wide_cases, size=block_sizes)
def test_blocks_of_any_size_compute_the_same(case: Case, size: int) -> None:
    """Arrays do not depend on the size of the blocks they are computed in."""
    prefixes = case.sweep.prefix_length
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_BLOCK", size)
        assert (case.sweep.required == case.array).all()
        assert (case.sweep.prefix_length == prefixes).all()


@pytest.mark.parametrize("images", [1, 255, 256, 300])
@pytest.mark.parametrize("nodes", [range(1, 300), range(300, 1, -7), [5, 1, 1, 9] * 50], ids=["up", "down", "uneven"])
def test_rows_of_any_length_agree(nodes: range | list[int], images: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short and long rows of transfers, with even and uneven nodes, have the values of the formula in every block."""
    grid = sweep(nodes=nodes, disks_per_node=[3, 0, 8], images=range(images))
    n, d, i = np.ix_(np.array(nodes), np.array([3, 0, 8]), np.arange(images))
    assert (grid.required == 4 * n + 2 * n * d + i).all()
    prefixes = np.vectorize(lambda one: prefix_for(int(one)))(grid.required)
    assert np.array_equal(grid.prefix_length, prefixes)
    monkeypatch.setattr(arrays, "_BLOCK", 400)
    assert (grid.required == 4 * n + 2 * n * d + i).all()
    assert np.array_equal(grid.prefix_length, prefixes)


@given(case=cases | wide_cases, usable_prefix=st.integers(0, 32))
def test_fits_and_spare_compare_with_what_a_range_can_hand_out(case: Case, usable_prefix: int) -> None:
    """`fits` and `spare` compare each demand with the usable addresses, without overflow."""
    usable = capacity(usable_prefix)
    assert (case.sweep.fits(f"0.0.0.0/{usable_prefix}") == (case.array <= usable)).all()
    assert (case.sweep.spare(f"0.0.0.0/{usable_prefix}") == usable - case.array).all()
    assert (case.sweep.spare(RANGE) == 125 - case.array).all()


@given(case=cases)
def test_columns_have_a_row_for_each_point(case: Case) -> None:
    """`columns` lists the points in order, with their axes' values."""
    columns = case.sweep.columns()
    assert list(columns) == [*(axis.name for axis in case.sweep.axes), "required", "prefix_length"]
    rows = zip(*(columns[axis.name].tolist() for axis in case.sweep.axes), strict=True)
    assert list(rows) == list(itertools.product(*case.numbers))
    assert columns["required"].tolist() == case.required


WHATS: tuple[tuple[What, bool], ...] = (
    ("required", False),
    ("prefix_length", False),
    ("fits", True),
    ("spare", True),
)
"""What a sweep computes, and whether it needs a range."""


@given(case=cases | wide_cases, prefix=st.integers(0, 32), forward=st.booleans())
def test_compute_writes_what_it_returns_otherwise(case: Case, prefix: int, forward: bool) -> None:
    """`compute` fills the array it is given, contiguous or not, with what it makes afresh, and returns that array."""
    for what, of_a_range in WHATS:
        place = f"0.0.0.0/{prefix}" if of_a_range else None
        fresh = case.sweep.compute(what, place)
        out = np.zeros(fresh.shape[::-1], fresh.dtype).T if forward else np.zeros_like(fresh)[::-1, :, ::-1]
        assert case.sweep.compute(what, range=place, out=out) is out
        assert np.array_equal(out, fresh)


def test_compute_is_what_the_properties_give() -> None:
    """`required`, `prefix_length`, `fits` and `spare` are `compute` by other names."""
    grid = sweep(nodes=[5, 6, 9], disks_per_node=2, images=10)
    assert np.array_equal(grid.compute("required"), grid.required)
    assert np.array_equal(grid.compute("prefix_length"), grid.prefix_length)
    assert np.array_equal(grid.compute("fits", RANGE), grid.fits(RANGE))
    assert np.array_equal(grid.compute("spare", RANGE), grid.spare(RANGE))


@pytest.mark.parametrize("images", [range(10), range(1000)], ids=["short rows", "long rows"])
@pytest.mark.parametrize(("what", "of_a_range"), WHATS)
def test_memory_given_is_the_memory_used(what: What, of_a_range: bool, images: range) -> None:
    """With `out`, computing 10^7 points takes a few blocks of memory and nothing that grows with the points."""
    grid = sweep(nodes=range(1, 10**7 // (100 * len(images)) + 1), disks_per_node=range(100), images=images)
    place = RANGE if of_a_range else None
    out = grid.compute(what, place)
    tracemalloc.start()
    grid.compute(what, place, out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 2**20 < out.nbytes


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The array, no longer writeable."""
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("what", "out", "message"),
    [
        ("required", [[[0, 0]]], "out [[[0, 0]]] is not a NumPy array; give a writeable int32 array shaped (2, 1, 1)"),
        (
            "required",
            np.empty((2, 1, 1), np.int64),
            "out is int64 shaped (2, 1, 1); give a writeable int32 array shaped (2, 1, 1)",
        ),
        (
            "prefix_length",
            np.empty(2, np.uint8),
            "out is uint8 shaped (2,); give a writeable uint8 array shaped (2, 1, 1)",
        ),
        (
            "fits",
            np.empty((2, 1, 1), np.uint8),
            "out is uint8 shaped (2, 1, 1); give a writeable bool array shaped (2, 1, 1)",
        ),
        (
            "spare",
            read_only(np.empty((2, 1, 1), np.int64)),
            "out is read-only; give a writeable int64 array shaped (2, 1, 1)",
        ),
    ],
)
def test_an_out_that_does_not_take_the_result_is_refused(what: What, out: Any, message: str) -> None:
    """What is no writeable array of the right shape and type is refused with the array it must be."""
    with pytest.raises(BadInput) as refusal:
        sweep(nodes=[1, 2], disks=3).compute(what, "0.0.0.0/0" if what in {"fits", "spare"} else None, out)
    assert (str(refusal.value), refusal.value.code) == (message, "wrong-type")


def test_an_array_beyond_memory_is_refused() -> None:
    """A grid that no memory holds is an error that names the reductions, and the reductions still count it."""
    grid = sweep(nodes=range(1, 1001), disks=range(10**8), images=range(10**8))
    with pytest.raises(BadInput, match=r"points 10000000000000000000 are too many .* by_prefix"):
        grid.required  # noqa: B018  # the access is the test
    assert sum(grid.by_prefix().values()) == grid.points == 10**19


# Reductions


@given(case=cases | wide_cases)
def test_by_prefix_counts_every_point(case: Case) -> None:
    """`by_prefix` is the histogram of the points' prefix lengths, longest first, as Python integers."""
    counted = case.sweep.by_prefix()
    assert counted == Counter(map(prefix_for, case.required))
    assert list(counted) == sorted(counted, key=lambda prefix: -1 if prefix is None else prefix, reverse=True)
    assert all(type(count) is int for count in counted.values())


@given(case=cases | wide_cases, data=st.data())
def test_counts_at_most_is_the_cumulated_histogram(case: Case, data: st.DataObject) -> None:
    """`counts_at_most` counts the points at, just below and just above any of them."""
    some = data.draw(st.lists(st.sampled_from(case.required), min_size=1, max_size=4))
    limits = [max(one + shift, 0) for one in some for shift in (-1, 0, 1)]
    expected = [sum(one <= limit for one in case.required) for limit in limits]
    assert case.sweep.counts_at_most(limits) == expected


@pytest.mark.usefixtures("block_points")
@pytest.mark.parametrize("total", ["disks", "disks_per_node"])
@pytest.mark.parametrize("seed", range(12))
def test_counts_do_not_depend_on_how_they_are_made(total: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progressions, looked-up edges and folded counting, in small and large batches, count the same."""
    random = np.random.default_rng(seed)
    lists = {name: random.integers(1, 60, random.integers(1, 12)) for name in ("nodes", total, "images")}
    steps = {name: range(1, 60, int(random.integers(1, 20))) for name in lists}
    chosen: dict[str, Any] = {name: (lists if random.integers(2) else steps)[name] for name in lists}
    grid = sweep(**chosen)
    required = grid.required
    limits = [0, *random.integers(0, required.max() + 2, 30).tolist()]
    expected = [int((required <= limit).sum()) for limit in limits]
    assert grid.counts_at_most(limits) == expected
    monkeypatch.setattr(counting, "_FOLDING", 0)
    assert sweep(**chosen).counts_at_most(limits) == expected


@given(case=cases | wide_cases, q=st.fractions(0, 1) | st.sampled_from([0, 1, 0.1, 0.5, 0.9, Decimal("0.35")]))
def test_quantile_is_the_smallest_value_that_covers_the_share(case: Case, q: float | Fraction | Decimal) -> None:
    """`quantile` is exact: at least a share q of the points stays within it, and less than that below it."""
    wanted = Fraction(str(q)) * len(case.required)
    expected = sorted(case.required)[max(math.ceil(wanted), 1) - 1]
    assert case.sweep.quantile(q) == expected


def test_a_float_share_means_the_number_it_prints_as() -> None:
    """A tenth of ten clusters is one cluster, though 0.1 is a little more than a tenth in binary."""
    assert sweep(nodes=range(1, 11), disks_per_node=0).quantile(0.1) == 4


@given(case=cases | wide_cases)
def test_count_fitting_counts_what_fits(case: Case) -> None:
    """`count_fitting` is the number of points that `fits` marks."""
    assert case.sweep.count_fitting(RANGE) == int(case.sweep.fits(RANGE).sum())


@given(case=cases | wide_cases, prefix=st.integers(0, 32))
def test_frontiers_are_the_largest_values_that_fit(case: Case, prefix: int) -> None:
    """Each frontier holds, beside each pair of the other axes, the axis' largest value that fits; 0 where none does."""
    usable = capacity(prefix)
    verbs = ("max_nodes", f"max_{case.sweep.disks.name}", "max_images")
    for place, (verb, numbers) in enumerate(zip(verbs, case.numbers, strict=True)):
        along = np.moveaxis(case.array, place, -1)
        expected = [
            max((number for number, one in zip(numbers, row, strict=True) if one <= usable), default=0)
            for row in along.reshape(-1, len(numbers))
        ]
        frontier = getattr(case.sweep, verb)(f"0.0.0.0/{prefix}")
        assert frontier.shape == along.shape[:-1]
        assert frontier.ravel().tolist() == expected


def test_a_frontier_is_named_after_its_axis() -> None:
    """The frontier of disks per node is no answer for a total of disks, nor the other way round."""
    with pytest.raises(BadInput, match=r"^disks_per_node is no axis of this sweep; ask for max_disks\(\)$"):
        sweep(nodes=3, disks=9).max_disks_per_node(RANGE)
    with pytest.raises(BadInput, match=r"^disks is no axis of this sweep; ask for max_disks_per_node\(\)$"):
        sweep(nodes=3, disks_per_node=9).max_disks(RANGE)


@given(case=cases, points=st.integers(1, 200))
def test_blocks_make_up_the_grid(case: Case, points: int) -> None:
    """Blocks are no larger than asked, in the order of the points, and their counts add up."""
    blocks = list(case.sweep.blocks(points))
    assert all(block.points <= points for block in blocks)
    assert np.concatenate([block.required.ravel() for block in blocks]).tolist() == case.required
    assert added(block.by_prefix() for block in blocks) == case.sweep.by_prefix()


@pytest.mark.parametrize("disks", ["disks", "disks_per_node"])
def test_a_trillion_points_count_like_their_halves(disks: str) -> None:
    """A trillion points are counted alike along ranges, along shuffled lists and in two uneven halves."""
    values = range(1, 10**4 + 1)
    ranges: dict[str, Any] = {"nodes": values, disks: values, "images": values}
    whole = sweep(**ranges)
    shuffled = np.random.default_rng(5).permutation(values)
    assert whole.points == sum(whole.by_prefix().values()) == 10**12
    shuffles: dict[str, Any] = dict.fromkeys(ranges, shuffled)
    assert sweep(**shuffles).by_prefix() == whole.by_prefix()
    for axis in ranges:
        halves = [sweep(**(ranges | {axis: part})) for part in uneven(shuffled)]
        assert added(half.by_prefix() for half in halves) == whole.by_prefix()


def added(parts: Iterable[Mapping[int | None, int]]) -> Counter[int | None]:
    """Counts by prefix added up."""
    return sum(map(Counter, parts), Counter())


def uneven(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """An array in two parts without any regularity."""
    chosen = np.random.default_rng(6).random(len(values)) < 0.3
    return values[chosen], values[~chosen]


# Histograms


@given(lanes=st.lists(st.tuples(*[st.integers(0, 40), st.integers(1, 50), st.integers(0, 99), st.integers(0, 99)])))
def test_floor_sum_is_the_sum_of_floors(lanes: list[tuple[int, int, int, int]]) -> None:
    """The closed form is the sum written out."""
    vectors = np.array(lanes, np.uint64).reshape(-1, 4).T
    expected = [sum((offset + slope * k) // modulus for k in range(count)) for count, modulus, slope, offset in lanes]
    assert floor_sum(*vectors).tolist() == expected


@given(one=axes_of(500), other=axes_of(500))
def test_folding_lists_all_sums(one: AxisLike, other: AxisLike) -> None:
    """A folded histogram has the sums of all pairs, each as often as it occurs; it is refused where it is too wide."""
    left, right = (Axis("nodes", "nodes", given) for given in (one, other))
    both = folded(histogram(left.values), histogram(right.values))
    assert isinstance(both, Listed)
    sums = Counter(a + b for a in left.array().tolist() for b in right.array().tolist())
    assert dict(zip(both.values.tolist(), np.diff(both.counts).tolist(), strict=True)) == sums
    assert folded(histogram(range(0, 10**9, 10**8)), histogram(left.values)) is None


def test_counts_beyond_64_bits_are_exact() -> None:
    """Repeated values on all axes multiply to counts that 64 bits do not hold."""
    often = np.repeat(np.array([1, 2, 4], np.int8), [3 * 10**6, 10**6, 2 * 10**6])
    grid = sweep(nodes=often, disks=often, images=often)
    weighted = itertools.product(*[[(1, 3), (2, 1), (4, 2)]] * 3)
    few = [4 * n + 2 * d + i for (n, _), (d, _), (i, _) in weighted]
    weights = [a * b * c * 10**18 for a, b, c in itertools.product([3, 1, 2], repeat=3)]
    for limit in range(7, 29):
        expected = sum(weight for weight, one in zip(weights, few, strict=True) if one <= limit)
        assert grid.counts_at_most([limit]) == [expected]


# Boundaries


@pytest.mark.parametrize("k", range(2, 33))
def test_prefixes_turn_exactly_at_two_to_the_k_minus_two(k: int) -> None:
    """2^k - 2 addresses fit a prefix of 32 - k, and one more does not, in arrays as in counts."""
    images = [2**k - 3, 2**k - 2, 2**k - 1]
    grid = sweep(nodes=0, disks_per_node=0, images=images)
    expected = [prefix_for(one) for one in images]
    assert grid.required.ravel().tolist() == images
    assert grid.prefix_length.ravel().tolist() == [NO_PREFIX if one is None else one for one in expected]
    assert grid.by_prefix() == Counter(expected)
    assert grid.count_fitting(f"0.0.0.0/{32 - k}") == 2
    assert grid.fits(f"0.0.0.0/{32 - k}").ravel().tolist() == [True, True, False]


@pytest.mark.parametrize("boundary", [2**15, 2**16, 2**24, 2**31, 2**32, 2**53, 2**62])
@pytest.mark.parametrize("nodes", [0, 3, [0, 3], [7, 0, 3]])
def test_values_near_the_limits_of_types_are_exact(boundary: int, nodes: int | list[int]) -> None:
    """Just below, at and above the limits of every type of number used, values and counts are exact."""
    images = [boundary + 1, boundary - 1, boundary - 2, 0, boundary]
    case = case_of(sweep(nodes=nodes, disks_per_node=[1, 0], images=images))
    assert case.sweep.required.tolist() == case.array.tolist()
    prefixes = [NO_PREFIX if prefix_for(one) is None else prefix_for(one) for one in case.required]
    assert case.sweep.prefix_length.ravel().tolist() == prefixes
    for limit in case.required:
        assert case.sweep.counts_at_most([limit]) == [sum(one <= limit for one in case.required)]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.uint64])
def test_narrow_arrays_do_not_overflow(dtype: Any) -> None:
    """The values of an axis count for what they are, however narrow their array: 65,535 among them."""
    most = min(np.iinfo(dtype).max, 65_535)
    grid = sweep(nodes=np.array([most, 1], dtype), disks_per_node=np.array([most], dtype), images=0)
    assert grid.required.ravel().tolist() == [most * (4 + 2 * most), 4 + 2 * most]


@pytest.mark.parametrize(
    ("largest", "dtype"), [(2**31 - 1, np.int32), (2**31, np.int64), (INT64_MAX, np.int64)], ids=str
)
def test_the_type_follows_from_the_largest_value(largest: int, dtype: Any) -> None:
    """int32 up to 2^31 - 1, int64 up to 2^63 - 1, exactly."""
    for grid in (sweep(nodes=0, disks=0, images=[1, largest]), sweep(nodes=[0, 1], disks=0, images=largest - 4)):
        assert grid.dtype == grid.required.dtype == dtype
        assert grid.required.max() == largest
        assert grid.spare("0.0.0.0/0").min() == capacity(0) - largest
        assert grid.quantile(1) == largest
    assert sweep(nodes=INT64_MAX // 4, disks_per_node=0).required.tolist() == [[[INT64_MAX // 4 * 4]]]


@pytest.mark.parametrize(
    "too_much",
    [
        {"nodes": 2**61, "disks_per_node": 0},
        {"nodes": 0, "disks_per_node": 2**62},
        {"nodes": 2**32, "disks_per_node": range(0, 2**31, 2**20)},
        {"nodes": 1, "disks": 0, "images": INT64_MAX},
        {
            "nodes": 0,
            "disks": 0,
            "profile": Profile("own", [Consumer("p", "image", versions=2**63, floor=0, steady=0, source="own")]),
        },
    ],
)
def test_demands_beyond_64_bits_are_refused(too_much: dict[str, Any]) -> None:
    """A sweep whose largest demand 64-bit integers do not hold is refused, not computed wrongly."""
    with pytest.raises(BadInput, match=r"^required .* is beyond 64-bit integers.*; make the axes smaller$"):
        sweep(**too_much)


@pytest.mark.parametrize("nodes", [range(2**40, 2**40 - 300, -1), range(2**62, 0, -(2**40)), [2**55, 0, 1]])
def test_falling_axes_of_huge_values_keep_their_small_ones(nodes: range | list[int]) -> None:
    """Prefixes of small demands are right beside huge ones, whatever the order."""
    grid = sweep(nodes=nodes[:2000], disks_per_node=0, images=0, profile="vm-migration-network")
    expected = [prefix_for(one) for one in nodes[:2000]]
    assert grid.prefix_length.ravel().tolist() == [NO_PREFIX if one is None else one for one in expected]


def test_disks_without_nodes_follow_the_formula() -> None:
    """A total of disks is an axis of its own, even where no node holds them."""
    assert sweep(nodes=[0, 1], disks=[0, 5], images=1).required.tolist() == [[[1], [11]], [[5], [15]]]


def test_equal_terms_need_no_memory_of_their_own() -> None:
    """A profile that some axes do not matter to counts and computes like any other."""
    grid = sweep(nodes=range(1, 4), disks_per_node=[2, 9], images=range(5), profile="vm-migration-network")
    assert grid.required.tolist() == [[[nodes] * 5] * 2 for nodes in (1, 2, 3)]
    assert grid.by_prefix() == {30: 20, 29: 10}
    assert grid.max_images("10.0.0.0/30").tolist() == [[4, 4], [4, 4], [0, 0]]
    nothing = sweep(nodes=[1, 2], disks_per_node=3, images=7, profile=Profile("nothing", ()))
    assert (nothing.largest, nothing.by_prefix(), nothing.quantile(0.5)) == (0, {30: 2}, 0)


# One point, and comparisons


@given(case=cases, data=st.data())
def test_at_is_the_demand_of_one_cluster(case: Case, data: st.DataObject) -> None:
    """`at` gives the demand of a point with its lines."""
    axes_and_numbers = zip(case.sweep.axes, case.numbers, strict=True)
    point: dict[str, Any] = {axis.name: data.draw(st.sampled_from(numbers)) for axis, numbers in axes_and_numbers}
    cluster = Cluster.uniform(**point, rwx_volumes=case.sweep.rwx_volumes)
    assert case.sweep.at(**point) == demand(cluster, case.sweep.profile)


def test_at_needs_no_value_of_an_axis_that_has_one() -> None:
    """An axis with a single value, repeated or not, may be left out."""
    assert sweep(nodes=[5, 6], disks=[10, 10], images=10).at(nodes=5).required == 50


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({}, "nodes is missing; give one of 5…6"),
        ({"nodes": 7}, "nodes 7 is not on its axis; the axis holds 5…6"),
        ({"nodes": 5.0}, "nodes 5.0 is a fraction; give a whole number, 0 or more"),
        ({"nodes": 5, "disks": 10}, "disks 10 is no axis of this sweep; give disks_per_node"),
        ({"nodes": 5, "images": 3}, "images 3 is not on its axis; the axis holds 10"),
    ],
)
def test_points_off_the_axes_are_refused_by_name(point: dict[str, Any], message: str) -> None:
    """`at` names the axis that does not have the value."""
    with pytest.raises(BadInput) as refusal:
        sweep(nodes=[5, 6], disks_per_node=2, images=10).at(**point)
    assert str(refusal.value) == message


def test_a_release_chooses_the_profile_and_its_notes_stay() -> None:
    """`harvester` chooses as in `demand`; what it notes about the choice reaches every point."""
    grid = sweep(nodes=5, disks_per_node=2, images=10, harvester="9.9.9")
    assert grid.profile.name == "consolidated"
    assert grid.at().notes == grid.notes != ()
    assert grid.with_profile(harvester="1.1.0").at().required == 50
    cluster = Cluster.uniform(nodes=5, disks_per_node=2, images=10)
    assert grid.with_profile(harvester="1.6.1").at() == demand(cluster, harvester="1.6.1")
    assert grid.with_profile("classic").notes == ()


def test_compare_has_a_row_for_each_profile_and_range() -> None:
    """Rows pair profiles with ranges, in the order given; without ranges nothing is said of fitting."""
    grid = sweep(nodes=range(1, 11), disks_per_node=2)
    rows = grid.compare(profiles=["classic", "consolidated"], ranges=["10.0.0.0/26", RANGE])
    assert [(row["profile"], row["range"], row["usable"], row["fits"]) for row in rows] == [
        ("classic", "10.0.0.0/26", 62, 7),
        ("classic", "10.0.0.0/25", 125, 10),
        ("consolidated", "10.0.0.0/26", 62, 10),
        ("consolidated", "10.0.0.0/25", 125, 10),
    ]
    assert list(grid.compare(profiles="consolidated")) == [
        {
            "profile": "consolidated",
            "formula": "2N + 2D + I",
            "points": 10,
            "smallest": 6,
            "largest": 60,
            "by_prefix": {"29": 1, "28": 1, "27": 3, "26": 5},
            "range": None,
            "usable": None,
            "fits": None,
        }
    ]
    assert grid.compare(ranges=RANGE) == rows[1:2]
    assert grid.compare(ranges=Cidr(10 << 24, 26)) == rows[:1]


# Forms


def test_to_dict_is_plain_data() -> None:
    """`to_dict` has the documented keys; range and fits are null where no range is given."""
    grid = sweep(nodes=[1, 2**40], disks_per_node=2)
    plain = {"points": 2, "by_prefix": {"28": 1, "none": 1}, "range": None, "fits": None}
    assert grid.to_dict() == plain
    assert grid.to_dict("10.0.0.0/26") == plain | {"range": "10.0.0.0/26", "fits": 1}
    assert grid.to_dict(RANGE)["range"] == "10.0.0.0/25"


def test_a_sweep_prints_shortly() -> None:
    """repr gives the axes' extremes."""
    grid = sweep(nodes=range(1, 101), disks_per_node=[3, 1], profile=Profile("<own>", ()))
    assert repr(grid) == "Sweep(nodes=1…100, disks_per_node=1…3, images=0, points=200, profile='<own>')"


def test_a_dataframe_has_the_columns() -> None:
    """`to_dataframe` is a row for each point."""
    frame = sweep(nodes=[5, 6], disks_per_node=2, images=10).to_dataframe()
    assert frame.to_dict("list") == {
        "nodes": [5, 6],
        "disks_per_node": [2, 2],
        "images": [10, 10],
        "required": [50, 58],
        "prefix_length": [26, 26],
    }


@few_examples
@given(case=cases | wide_cases, chunk=st.integers(1, 4))
def test_chunked_arrays_equal_those_in_memory(case: Case, chunk: int) -> None:
    """dask's arrays have the type and the values of the arrays in memory, however they are chunked."""
    here = case.sweep.to_xarray()
    for chunks in (chunk, {"nodes": chunk, "images": chunk}, "auto"):
        there = case.sweep.to_xarray(chunks=chunks)
        assert there.required.data.dask
        assert there.required.dtype == here.required.dtype == case.sweep.dtype
        assert there.compute(scheduler="synchronous").identical(here)


def test_a_dataset_names_its_axes_and_units() -> None:
    """`to_xarray` carries names, units and the profile."""
    data = sweep(nodes=[5, 6], disks=20, images=[10]).to_xarray()
    assert data.required.dims == ("nodes", "disks", "images")
    assert {name: one.attrs["units"] for name, one in data.variables.items()} == {
        "nodes": "nodes",
        "disks": "disks",
        "images": "images",
        "required": "addresses",
        "prefix_length": "bits",
    }
    assert data.attrs == {"profile": "classic", "formula": "4N + 2D + I"}
    assert data.required.sel(nodes=5, disks=20, images=10) == 70


@pytest.mark.parametrize(
    ("missing", "ask"),
    [
        ("pandas", lambda grid: grid.to_dataframe()),
        ("xarray", lambda grid: grid.to_xarray()),
        ("dask", lambda grid: grid.to_xarray(chunks=1)),
    ],
)
def test_a_missing_extra_says_what_to_install(
    missing: str, ask: Callable[[Sweep], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an optional package the error names it and the extra that brings it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError) as refusal:
        ask(sweep(nodes=5, disks=10))
    told = f"run: python -m pip install {missing}, one of the extra 'studies'"
    assert str(refusal.value) == f"{missing} is not installed; {told}"
    assert refusal.value.code == "missing-extra"


def test_a_sweep_travels() -> None:
    """A sweep can be sent to another process, before and after it has counted."""
    grid = sweep(nodes=range(1, 9), disks_per_node=[3, 1], images=np.array([2, 2]))
    for one in (grid, grid.with_profile("consolidated")):
        expected = one.by_prefix()
        travelled = pickle.loads(pickle.dumps(one))
        assert travelled.by_prefix() == expected
        assert (travelled, hash(travelled)) == (one, hash(one))


def test_a_sweep_keeps_its_own_axes() -> None:
    """What happens to an array after the sweep was made does not reach it, and its axes cannot be written to."""
    nodes = np.array([1, 2, 5])
    grid = sweep(nodes=nodes, disks_per_node=0)
    nodes[:] = 9
    assert grid.required.ravel().tolist() == [4, 8, 20]
    with pytest.raises(ValueError, match="read-only"):
        grid.nodes.array()[0] = 9


# Refusals


@pytest.mark.parametrize("axis", ["nodes", "disks_per_node", "disks", "images"])
@pytest.mark.parametrize(
    ("given_value", "complaint"),
    [
        ([], "is empty; give at least one value"),
        (range(0), "is empty; give at least one value"),
        (np.array([]), "is empty; give at least one value"),
        (-1, "-1 is negative; give a whole number, 0 or more"),
        ([3, -1], "-1 is negative; give a whole number, 0 or more"),
        (range(3, -2, -1), "-1 is negative; give a whole number, 0 or more"),
        (np.array([3, -1]), "-1 is negative; give a whole number, 0 or more"),
        (2.5, "2.5 is a fraction; give a whole number, 0 or more"),
        ([1, 2.0], "2.0 is a fraction; give a whole number, 0 or more"),
        (np.array(2.5), "2.5 is a fraction; give a whole number, 0 or more"),
        (np.array([1.0]), "holds floating-point numbers; give an array of whole numbers"),
        (math.nan, "nan is not a number; give a whole number, 0 or more"),
        (np.array([1, math.nan]), "holds NaN; give an array of whole numbers"),
        (True, "True is a boolean; give a whole number, 0 or more"),
        ([1, True], "True is a boolean; give a whole number, 0 or more"),
        (np.bool_(True), "True is a boolean; give a whole number, 0 or more"),
        (np.array([True]), "holds booleans; give an array of whole numbers"),
        (np.array([1], object), "holds objects; give an array of whole numbers"),
        (np.array(["1"]), "holds <U1; give an array of whole numbers"),
        (np.ma.array([1, 2], mask=[True, False]), "is a masked array; give an array of whole numbers"),
        (np.ones((2, 2), int), "has 2 dimensions; give an array with one dimension"),
        ("1:5", "'1:5' is not a whole number (str); give a whole number, 0 or more"),
        ({1, 2}, "{1, 2} is not a whole number (set); give a whole number, 0 or more"),
        (range(10**12), "has 1,000,000,000,000 values; give at most 100,000,000"),
        (range(2**63, 10**30), "999999999999999999999999999999 is beyond 64-bit integers; give at most"),
        (2**63, "9223372036854775808 is beyond 64-bit integers; give at most"),
        (range(2**63 - 5, 2**63 + 1), "9223372036854775808 is beyond 64-bit integers; give at most"),
        (range(2**63, 2**63 - 6, -1), "9223372036854775808 is beyond 64-bit integers; give at most"),
        ([5, 2**63, 7], "9223372036854775808 is beyond 64-bit integers; give at most"),
        (np.array([5, 2**63, 7], np.uint64), "9223372036854775808 is beyond 64-bit integers; give at most"),
        ([10**300], "an integer of 997 bits is beyond 64-bit integers; give at most"),
        ([10**3000], "an integer of 9966 bits is too large; give a whole number of at most 2000 digits"),
    ],
    ids=lambda value: None if isinstance(value, str) else repr(value)[:30],
)
def test_unusable_axes_are_refused_by_name(axis: str, given_value: object, complaint: str) -> None:
    """An axis that is not whole numbers is refused with its name, the problem and what to give."""
    axes_given: dict[str, Any] = {"nodes": 1, "disks": 1, axis: given_value}
    if axis == "disks_per_node":
        del axes_given["disks"]
    with pytest.raises(BadInput) as refusal:
        sweep(**axes_given)
    assert refusal.value.field == axis
    assert refusal.value.code in REFUSALS
    assert str(refusal.value).startswith(f"{axis} {complaint}")


def test_a_long_list_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists and arrays obey the same limit as ranges."""
    monkeypatch.setattr(axes, "MAX_VALUES", 3)
    assert sweep(nodes=[1, 2, 3], disks=0).points == 3
    for too_many in ([1, 2, 3, 4], np.arange(4), range(4)):
        with pytest.raises(BadInput, match=r"^nodes has 4 values; give at most 3$"):
            sweep(nodes=too_many, disks=0)


def test_disks_are_given_once() -> None:
    """Disks are given on each node or in total: not both, not neither."""
    with pytest.raises(BadInput, match=r"^disks is missing; give either disks_per_node or disks \(the total\)$"):
        sweep(nodes=1)
    with pytest.raises(BadInput, match=r"^disks and disks_per_node are both given; give either"):
        sweep(nodes=1, disks=1, disks_per_node=1)


@pytest.mark.parametrize(
    ("q", "complaint"),
    [
        (1.5, "q 1.5 is not a share; give a share from 0 to 1"),
        (-0.1, "q -0.1 is not a share; give a share from 0 to 1"),
        (math.nan, "q nan is not finite; give a share from 0 to 1"),
        (Decimal("Infinity"), "q Infinity is not finite; give a share from 0 to 1"),
        (True, "q True is not a number; give a share from 0 to 1"),
        ("0.5", "q '0.5' is not a number; give a share from 0 to 1"),
    ],
)
def test_shares_are_numbers_from_0_to_1(q: Any, complaint: str) -> None:
    """`quantile` refuses what is no share."""
    with pytest.raises(BadInput) as refusal:
        sweep(nodes=1, disks=1).quantile(q)
    assert str(refusal.value) == complaint


@pytest.mark.parametrize(
    ("ask", "field", "code"),
    [
        (lambda: sweep(nodes=1, disks=1, profile="clasic"), "profile", "unknown-name"),
        (lambda: sweep(nodes=1, disks=1, profile="classic", harvester="1.6.1"), "profile", "conflict"),
        (lambda: sweep(nodes=1, disks=1, rwx_volumes=-1), "rwx_volumes", "out-of-bounds"),
        (lambda: sweep(nodes=[], disks=1), "nodes", "missing"),
        (lambda: sweep(nodes="5", disks=1), "nodes", "wrong-type"),  # type: ignore[arg-type]
        (lambda: sweep(nodes=range(10**9), disks=1), "nodes", "too-many"),
        (lambda: sweep(nodes=2**63, disks=1), "nodes", "out-of-bounds"),
        (lambda: sweep(nodes=2**62, disks=1), "required", "out-of-bounds"),
        (lambda: sweep(nodes=1), "disks", "missing"),
        (lambda: sweep(nodes=1, disks=1, disks_per_node=1), "disks", "conflict"),
        (lambda: sweep(nodes=1, disks=1).fits("10.0.0.1/24"), "range", "host-bits-set"),
        (lambda: sweep(nodes=1, disks=1).fits(5), "range", "not-a-cidr"),  # type: ignore[arg-type]
        (lambda: sweep(nodes=1, disks=1).compute("fitz"), "what", "unknown-name"),  # type: ignore[arg-type]
        (lambda: sweep(nodes=1, disks=1).compute("spare"), "range", "missing"),
        (lambda: sweep(nodes=1, disks=1).compute("required", RANGE), "range", "conflict"),
        (lambda: sweep(nodes=1, disks=1).counts_at_most([1.5]), "limits", "wrong-type"),  # type: ignore[list-item]
        (lambda: sweep(nodes=1, disks=1).quantile(2), "q", "out-of-bounds"),
        (lambda: sweep(nodes=1, disks=1).max_disks_per_node(RANGE), "disks_per_node", "unknown-name"),
        (lambda: sweep(nodes=1, disks=1).at(disks_per_node=1), "disks_per_node", "unknown-name"),
        (lambda: sweep(nodes=1, disks=1).at(nodes=2), "nodes", "out-of-bounds"),
        (lambda: sweep(nodes=1, disks=1).to_xarray(chunks=0), "chunks", "conflict"),
        (lambda: list(sweep(nodes=1, disks=1).blocks(points=0)), "points", "out-of-bounds"),
    ],
)
def test_unusable_input_is_refused_by_name_and_code(ask: Callable[[], object], field: str, code: str) -> None:
    """Axes, profiles, ranges, limits and sizes are checked like everywhere else; programs can tell why by the code."""
    with pytest.raises(BadInput) as refusal:
        ask()
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_tables_and_frontiers_beyond_memory_are_refused() -> None:
    """What memory cannot hold is refused like any array, by the number of points."""
    huge = sweep(nodes=range(10**6), disks_per_node=range(10**6), images=range(10**6))
    for ask in (huge.columns, huge.to_dataframe, lambda: huge.max_nodes("10.0.0.0/8")):
        with pytest.raises(BadInput, match="points .* are too many for an array in memory"):
            ask()


def test_columns_that_do_not_fit_beside_the_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are wider than what they tell; where only they do not fit, it is said the same way."""

    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "meshgrid", full)
    with pytest.raises(BadInput, match="points 2 are too many for an array in memory"):
        sweep(nodes=[1, 2], disks=3).columns()


def test_empty_parts_and_odd_limits_are_refused() -> None:
    """A part without points and limits that are no list are refused by name."""
    grid = sweep(nodes=[1, 2], disks=3)
    with pytest.raises(BadInput, match="nodes is empty"):
        grid.part(slice(0, 0), slice(None), slice(None))
    with pytest.raises(BadInput, match="limits 5 is not a list"):
        grid.counts_at_most(5)  # type: ignore[arg-type]
    assert grid.compare(profiles=None, ranges=None) == grid.compare()


@pytest.mark.parametrize("chunks", [0, {"images": 0}, -5, "bogus", (1, 2), 2.5, True, {"nodez": 1}])
def test_chunks_that_cannot_be_are_refused(chunks: object) -> None:
    """Sizes dask does not take, and axes the sweep does not have, are refused by name."""
    with pytest.raises(BadInput, match="^chunks "):
        sweep(nodes=range(1, 10), disks=3).to_xarray(chunks=chunks)
