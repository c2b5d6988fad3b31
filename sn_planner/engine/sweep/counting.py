"""How many points of a sweep lie at or below a value, counted from its axes alone.

Rules: a histogram is sorted distinct values and how often each occurs; a progression needs no memory for it. The points
are all sums of one value from each of three histograms,

    (3)  outer·middle + inner    or    outer + middle + inner,

and are never listed. For each distinct value of `outer`, a limit leaves a staircase under which the pairs of the other
two are counted: whole steps at once, and only the edge, where some pairs fit and some do not, in detail. The edge of
two progressions is a sum of floors, which Euclid's algorithm gives in closed form; any other edge is looked up value by
value. Two histograms that are only added are folded into one (the convolution) where that is less work.

Every count is exact: a single one is below MAX_VALUES², which 64 bits hold, and they are added as Python integers
wherever the sum might not fit. Time: O(distinct outer values) a limit, and the length of the edge where it is listed,
which is short unless irregular inner values spread as widely as the products do.
"""

from __future__ import annotations

import operator

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep.axes import INT64_MAX, Integers, Values, cuts, step_of

_LANES = 1 << 16  # distinct outer values counted at once
_EDGE = 1 << 20  # points of an edge listed at once
_FOLDING = 1 << 28  # additions worth making to fold two histograms
_FOLDED = 1 << 22  # values a folded histogram may span


@attrs.frozen
class Progression:
    """Evenly spaced values, each as often as the others."""

    smallest: int
    step: int
    distinct: int
    each: int

    @property
    def largest(self) -> int:
        """The last value."""
        return self.smallest + self.step * (self.distinct - 1)

    @property
    def total(self) -> int:
        """How many values there are, repeated ones counted again."""
        return self.distinct * self.each

    def value(self, rank: Integers) -> Integers:
        """The distinct value of a rank, the smallest having rank 0."""
        return self.smallest + self.step * rank

    def times(self, rank: Integers) -> Integers:
        """How often that value occurs."""
        return np.full_like(rank, self.each)

    def before(self, rank: Integers) -> Integers:
        """How many values are smaller than it."""
        return self.each * rank

    def rank(self, limits: Integers) -> Integers:
        """How many distinct values are at or below each limit."""
        within = np.clip(limits, self.smallest - self.step, self.largest)
        return (within - self.smallest) // self.step + 1


@attrs.frozen(eq=False)
class Listed:
    """Any values: `values` in order and distinct, `counts` how many values precede each (and the end)."""

    values: Integers
    counts: Integers

    @property
    def smallest(self) -> int:
        """The first value."""
        return int(self.values[0])

    @property
    def largest(self) -> int:
        """The last value."""
        return int(self.values[-1])

    @property
    def distinct(self) -> int:
        """How many distinct values there are."""
        return len(self.values)

    @property
    def total(self) -> int:
        """How many values there are, repeated ones counted again."""
        return int(self.counts[-1])

    def value(self, rank: Integers) -> Integers:
        """The distinct value of a rank, the smallest having rank 0."""
        return self.values[rank]

    def times(self, rank: Integers) -> Integers:
        """How often that value occurs."""
        return self.counts[rank + 1] - self.counts[rank]

    def before(self, rank: Integers) -> Integers:
        """How many values are smaller than it."""
        return self.counts[rank]

    def rank(self, limits: Integers) -> Integers:
        """How many distinct values are at or below each limit."""
        return np.searchsorted(self.values, limits, side="right")


Histogram = Progression | Listed
_NOTHING = Progression(0, 1, 1, 1)


def histogram(values: Values) -> Histogram:
    """The histogram of an axis or of a vector.

    >>> histogram(range(10, 0, -3)), histogram(np.array([8, 2, 5, 5, 2, 8]))
    (Progression(smallest=1, step=3, distinct=4, each=1), Progression(smallest=2, step=3, distinct=3, each=2))
    """
    if isinstance(values, range):
        return Progression(min(values[0], values[-1]), abs(step_of(values) or 1), len(values), 1)
    if values.strides == (0,):
        return Progression(int(values[0]), 1, 1, len(values))
    distinct, times = np.unique(values, return_counts=True)
    step = step_of(distinct)
    if step is None or (times != times[0]).any():
        return _listed(distinct, times)
    return Progression(int(distinct[0]), step or 1, len(distinct), int(times[0]))


def quotient(dividend: Integers, divisor: Integers) -> Integers:
    """How many times each divisor goes into its dividend: without limit where it is 0, -1 or less below 0 [times].

    >>> quotient(np.array([7, 7, -1]), np.array([2, 0, 0]))
    array([                  3, 9223372036854775807,                  -1])
    """
    if (divisor > 0).all():
        return dividend // divisor
    limitless = np.where(dividend < 0, -1, INT64_MAX)
    return np.where(divisor > 0, dividend // np.maximum(divisor, 1), limitless)


@attrs.frozen(eq=False)
class Sums:
    """The points of equation (3); with `scaled`, the first form."""

    outer: Histogram
    middle: Histogram
    inner: Histogram
    scaled: bool

    @classmethod
    def of(cls, first: Histogram, second: Histogram, third: Histogram, *, scaled: bool) -> Sums:
        """The sums arranged, or folded, so that counting them is least work. `scaled`: first·second + third.

        >>> tens = Progression(10, 10, 3, 1)
        >>> Sums.of(tens, tens, tens, scaled=False).at_most(40)
        4
        """
        orders = [cls(first, second, third, scaled), cls(second, first, third, scaled)]
        if not scaled:
            orders.append(cls(third, first, second, scaled))
        best = min(orders, key=lambda order: (not order.closed, order.outer.distinct))
        if best.closed or scaled:
            return best
        narrow, wider, widest = sorted((first, second, third), key=lambda one: one.largest - one.smallest)
        both = folded(narrow, wider)
        return best if both is None else cls(widest, both, _NOTHING, scaled)

    @property
    def closed(self) -> bool:
        """Whether every edge is that of two progressions."""
        return isinstance(self.middle, Progression) and isinstance(self.inner, Progression)

    def at_most(self, limit: int) -> int:
        """How many sums are at or below a limit of 64 bits [points]."""
        whole = self._outer_rank(limit, self.middle.largest, self.inner.largest)
        some = self._outer_rank(limit, self.middle.smallest, self.inner.smallest)
        count = int(self.outer.before(np.array([whole]))[0]) * self.middle.total * self.inner.total
        for part in cuts(some - whole, _LANES):
            rank = np.arange(whole + part.start, whole + part.stop)
            value = self.outer.value(rank)
            left, scale = (np.full_like(value, limit), value) if self.scaled else (limit - value, np.ones_like(value))
            count += _dot(self.outer.times(rank), _pairs(left, scale, self.middle, self.inner))
        return count

    def _outer_rank(self, limit: int, middle: int, inner: int) -> int:
        """How many distinct outer values stay within the limit beside these two."""
        left = np.array([limit - inner])
        most = quotient(left, np.array([middle])) if self.scaled else left - middle
        return int(self.outer.rank(most)[0])


def folded(one: Histogram, other: Histogram) -> Histogram | None:
    """The histogram of all sums of two values, one from each; None where folding is too much work."""
    rarer, denser = sorted((one, other), key=lambda histogram: histogram.distinct)
    span, reach = (histogram.largest - histogram.smallest + 1 for histogram in (denser, rarer))
    if rarer.distinct * span > _FOLDING or span + reach > _FOLDED or one.total * other.total > INT64_MAX:
        return None
    every = np.arange(denser.distinct)
    dense = np.zeros(span, np.int64)
    dense[denser.value(every) - denser.smallest] = denser.times(every)
    sums = np.zeros(span + reach - 1, np.int64)
    every = np.arange(rarer.distinct)
    for shift, times in zip((rarer.value(every) - rarer.smallest).tolist(), rarer.times(every).tolist(), strict=True):
        sums[shift : shift + span] += times * dense
    present = np.flatnonzero(sums)
    return _listed(present + (one.smallest + other.smallest), sums[present])


def _listed(distinct: Integers, times: Integers) -> Listed:
    return Listed(distinct, np.concatenate(([0], np.cumsum(times))))


def _pairs(left: Integers, scale: Integers, middle: Histogram, inner: Histogram) -> Integers:
    """How many pairs have scale·middle + inner <= left, lane by lane."""
    ones = np.ones_like(scale)
    upright = _Staircase.under(left, scale, middle, ones, inner)
    if isinstance(middle, Progression) and isinstance(inner, Progression):
        edge = middle.each * inner.each * _closed_edge(upright, middle, inner)
        return middle.before(upright.whole) * inner.total + edge
    lying = _Staircase.under(left, ones, inner, scale, middle)
    stairs = min(upright, lying, key=lambda stairs: int((stairs.some - stairs.whole).sum()))
    return stairs.along.before(stairs.whole) * stairs.up.total + _listed_edge(stairs)


@attrs.frozen(eq=False)
class _Staircase:
    """Pairs with scale·along + rise·up <= left: all of `up` for ranks below `whole`, none from `some`."""

    left: Integers
    scale: Integers
    along: Histogram
    rise: Integers
    up: Histogram
    whole: Integers
    some: Integers

    @classmethod
    def under(cls, left: Integers, scale: Integers, along: Histogram, rise: Integers, up: Histogram) -> _Staircase:
        whole, some = (along.rank(quotient(left - rise * end, scale)) for end in (up.largest, up.smallest))
        return cls(left, scale, along, rise, up, whole, some)


def _closed_edge(stairs: _Staircase, along: Progression, up: Progression) -> Integers:
    """How many distinct pairs lie on the edge between two progressions."""
    count = stairs.some - stairs.whole
    lowest = stairs.left - stairs.scale * along.value(stairs.some - 1) - up.smallest
    args = count, np.full_like(count, up.step), stairs.scale * along.step, np.where(count > 0, lowest, 0)
    # each floor is one less than the pairs it stands for; unsigned, because the last sum may pass 2^63 by one step
    return count + floor_sum(*(arg.astype(np.uint64) for arg in args)).astype(np.int64)


def floor_sum(
    count: NDArray[np.uint64], modulus: NDArray[np.uint64], slope: NDArray[np.uint64], offset: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """The sums of (offset + slope·k) // modulus over k < count, for many at once, in O(log) rounds.

    >>> floor_sum(*np.array([[4], [10], [6], [3]], np.uint64))  # 3//10 + 9//10 + 15//10 + 21//10
    array([3], dtype=uint64)
    """
    one = np.uint64(1)
    total = np.zeros_like(count)
    while True:
        total += count * (count - one) // np.uint64(2) * (slope // modulus) + count * (offset // modulus)
        slope, offset = slope % modulus, offset % modulus
        top = slope * count + offset
        if (top < modulus).all():
            return total
        count, offset = top // modulus, top % modulus
        offset = np.where(count > 0, offset, np.uint64(0))
        modulus, slope = np.maximum(slope, one), modulus


def _listed_edge(stairs: _Staircase) -> Integers:
    """How many pairs lie on an edge, value by value, lane by lane."""
    counts = np.zeros_like(stairs.left)
    ends = np.cumsum(stairs.some - stairs.whole)
    for part in cuts(int(ends[-1]), _EDGE):
        place = np.arange(part.start, part.stop)
        lane = np.searchsorted(ends, place, side="right")
        rank = stairs.some[lane] - (ends[lane] - place)
        room = stairs.left[lane] - stairs.scale[lane] * stairs.along.value(rank)
        within = stairs.up.before(stairs.up.rank(quotient(room, stairs.rise[lane])))
        np.add.at(counts, lane, stairs.along.times(rank) * within)
    return counts


def _dot(times: Integers, counts: Integers) -> int:
    if int(times.max()) * int(counts.max()) * len(counts) <= INT64_MAX:
        return int(times @ counts)
    return sum(map(operator.mul, times.tolist(), counts.tolist()))
