"""How many points of a sweep need at most a number of addresses, counted from its axes alone.

Theory. A histogram is sorted distinct values and how often each occurs; a progression needs no memory for it. Every
point is the sum of one value from each of three histograms, in one of two forms:

    (5)  outer·middle + inner    or    outer + middle + inner

For one value of `outer`, a limit L leaves the pairs of the other two with

    (6)  scale·middle + inner <= left        scale = outer, left = L;  or scale = 1, left = L - outer

Drawn over the ranks of `middle` they are a staircase that only falls, since all values are >= 0. Beside each `middle`
whose rank is below `whole`, every `inner` fits; from rank `some` on, none does; the ranks between them are the edge. So
whole columns are counted at once and only the edge in detail. The same holds one floor up: for an `outer` of low rank
every pair fits, for one of high rank none, and only those between them are looked at one by one.

Of two progressions, the edge is walked from its end: k columns before it there is room for lowest + scale·step·k, and

    (7)  pairs = sum over k < count of ((lowest + scale·(step of middle)·k) // (step of inner) + 1)

which `floor_sum` has in closed form, by the steps of Euclid's algorithm:

    (8)  S(n, m, a, b)  =  sum over k < n of (b + a·k) // m
                        =  n·(n - 1)/2·(a // m) + n·(b // m) + S(t // m, a', m, t mod m)
         with a' = a mod m, b' = b mod m, t = a'·n + b'

(the last term counts the lattice points under a line by rows instead of columns; it is 0 once t < m). Any other edge is
looked up column by column, in whichever of the two directions has the shorter one. Two histograms that are only added
are folded into one, their convolution, where that is less work than visiting each of their pairs.

Exact: everything is integers. One count is at most MAX_VALUES² = 10^16, which 64 bits hold; sums of counts are added as
Python integers wherever they might not fit. Time: O(distinct values of `outer`) a limit with progressions, times the
logarithm in (8), and the length of the edges where they are listed: short, unless irregular `inner` values spread as
widely as the products do. Memory: that of the histograms, and of `_LANES` outer values or `_EDGE` columns at a time.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left
from fractions import Fraction
from itertools import pairwise

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep.axes import INT64_MAX, Integers, Values, content, cuts, step_of
from sn_planner.model.ranges import LONGEST_PREFIX, capacity

ByPrefix = dict[int | None, int]
"""Points by prefix length, longest first; None: no IPv4 range holds them [points]."""
Unsigned = NDArray[np.uint64]

_PREFIXES = range(LONGEST_PREFIX, -1, -1)
_LANES = 1 << 16  # distinct outer values counted at once
_EDGE = 1 << 20  # columns of edges listed at once
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


@attrs.frozen
class Listed:
    """Any values: `values` in order and distinct, `counts` how many values precede each (and the end)."""

    values: Integers = attrs.field(eq=content)
    counts: Integers = attrs.field(eq=content)

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


@attrs.frozen
class Sums:
    """The points of equation (5); with `scaled`, of its first form."""

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

    @property
    def total(self) -> int:
        """How many points there are [points]."""
        return self.outer.total * self.middle.total * self.inner.total

    @property
    def smallest(self) -> int:
        """The smallest sum."""
        return self._sum(self.outer.smallest, self.middle.smallest, self.inner.smallest)

    @property
    def largest(self) -> int:
        """The largest sum."""
        return self._sum(self.outer.largest, self.middle.largest, self.inner.largest)

    def at_most(self, limit: int) -> int:
        """How many sums are at or below a limit >= 0 [points]."""
        if not self.smallest <= limit < self.largest:  # beyond these a limit may be beyond 64 bits too
            return 0 if limit < self.smallest else self.total
        whole = self._outer_rank(limit, self.middle.largest, self.inner.largest)
        some = self._outer_rank(limit, self.middle.smallest, self.inner.smallest)
        count = int(self.outer.before(np.array([whole]))[0]) * self.middle.total * self.inner.total
        for part in cuts(some - whole, _LANES):
            rank = np.arange(whole + part.start, whole + part.stop)
            value = self.outer.value(rank)
            left, scale = (np.full_like(value, limit), value) if self.scaled else (limit - value, np.ones_like(value))
            count += _dot(self.outer.times(rank), _pairs(left, scale, self.middle, self.inner))
        return count

    def quantile(self, share: Fraction) -> int:
        """The smallest sum that at least a share from 0 to 1 of all sums stays within."""
        wanted = math.ceil(share * self.total)
        return self.smallest + bisect_left(range(self.smallest, self.largest), wanted, key=self.at_most)

    def by_prefix(self) -> ByPrefix:
        """How many points have each prefix length; those without points are left out [points]."""
        fitting = [0, *(self.at_most(capacity(prefix)) for prefix in _PREFIXES), self.total]
        counts = zip((*_PREFIXES, None), pairwise(fitting), strict=True)
        return {prefix: more - fewer for prefix, (fewer, more) in counts if more > fewer}

    def _sum(self, outer: int, middle: int, inner: int) -> int:
        return (outer * middle if self.scaled else outer + middle) + inner

    def _outer_rank(self, limit: int, middle: int, inner: int) -> int:
        """How many distinct outer values stay within the limit beside these two."""
        left = np.array([limit - inner])
        most = quotient(left, np.array([middle])) if self.scaled else left - middle
        return int(self.outer.rank(most)[0])


def folded(one: Histogram, other: Histogram) -> Histogram | None:
    """The histogram of all sums of two values, one from each; None where folding is too much work."""
    rarer, denser = sorted((one, other), key=lambda histogram: histogram.distinct)
    span, reach = (histogram.largest - histogram.smallest + 1 for histogram in (denser, rarer))
    if rarer.distinct * span > _FOLDING or span + reach > _FOLDED:
        return None  # the counts themselves fit: two axes of MAX_VALUES make no more than 10^16 pairs
    # one addition of arrays for each value of the rarer: here much faster than np.convolve
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
    """How many pairs satisfy (6), one count for each entry of `left` and `scale`: a lane."""
    ones = np.ones_like(scale)
    upright = _Staircase.under(left, scale, middle, ones, inner)
    if isinstance(middle, Progression) and isinstance(inner, Progression):
        edge = middle.each * inner.each * _closed_edge(upright, middle, inner)
        return middle.before(upright.whole) * inner.total + edge
    lying = _Staircase.under(left, ones, inner, scale, middle)  # the same pairs, with the columns along `inner`
    stairs = min(upright, lying, key=lambda stairs: int((stairs.some - stairs.whole).sum()))
    return stairs.along.before(stairs.whole) * stairs.up.total + _listed_edge(stairs)


@attrs.frozen
class _Staircase:
    """The pairs with scale·along + rise·up <= left, as columns over the ranks of `along`, lane by lane.

    A column holds every `up` where its rank is below `whole`, some of them from there on, and none from rank `some` on.
    """

    left: Integers = attrs.field(eq=content)
    scale: Integers = attrs.field(eq=content)
    along: Histogram
    rise: Integers = attrs.field(eq=content)
    up: Histogram
    whole: Integers = attrs.field(eq=content)
    some: Integers = attrs.field(eq=content)

    @classmethod
    def under(cls, left: Integers, scale: Integers, along: Histogram, rise: Integers, up: Histogram) -> _Staircase:
        whole, some = (along.rank(quotient(left - rise * end, scale)) for end in (up.largest, up.smallest))
        return cls(left, scale, along, rise, up, whole, some)


def _closed_edge(stairs: _Staircase, along: Progression, up: Progression) -> Integers:
    """How many distinct pairs lie on the edge between two progressions, equation (7)."""
    count = stairs.some - stairs.whole
    lowest = stairs.left - stairs.scale * along.value(stairs.some - 1) - up.smallest
    # where the edge is empty, `lowest` is the room below no column and may be negative
    args = count, np.full_like(count, up.step), stairs.scale * along.step, np.where(count > 0, lowest, 0)
    # unsigned, because t of (8) may pass 2^63 by one step
    return count + floor_sum(*(arg.astype(np.uint64) for arg in args)).astype(np.int64)


def floor_sum(count: Unsigned, modulus: Unsigned, slope: Unsigned, offset: Unsigned) -> Unsigned:
    """The sums of (offset + slope·k) // modulus over k < count, for many at once, in O(log) rounds of (8).

    >>> floor_sum(*np.array([[4], [10], [6], [3]], np.uint64))  # 3//10 + 9//10 + 15//10 + 21//10
    array([3], dtype=uint64)
    """
    one = np.uint64(1)
    total = np.zeros_like(count)
    while True:
        total += count * (count - one) // np.uint64(2) * (slope // modulus) + count * (offset // modulus)
        slope, offset = slope % modulus, offset % modulus
        top = slope * count + offset
        if (top < modulus).all():  # no lattice point is left under any line
            return total
        count, offset = top // modulus, top % modulus
        # a lane that is done goes round with the others: it must neither add anything nor divide by 0
        offset = np.where(count > 0, offset, np.uint64(0))
        modulus, slope = np.maximum(slope, one), modulus


def _listed_edge(stairs: _Staircase) -> Integers:
    """How many pairs lie on the edge of each lane, looked up column by column."""
    counts = np.zeros_like(stairs.left)
    ends = np.cumsum(stairs.some - stairs.whole)  # the columns of all lanes in one row
    for part in cuts(int(ends[-1]), _EDGE):
        place = np.arange(part.start, part.stop)
        lane = np.searchsorted(ends, place, side="right")
        rank = stairs.some[lane] - (ends[lane] - place)
        room = stairs.left[lane] - stairs.scale[lane] * stairs.along.value(rank)
        within = stairs.up.before(stairs.up.rank(quotient(room, stairs.rise[lane])))
        np.add.at(counts, lane, stairs.along.times(rank) * within)  # lanes repeat: `counts[lane] +=` would lose some
    return counts


def _dot(times: Integers, counts: Integers) -> int:
    """The sum of the products, in 64 bits only where no sum of them can overflow."""
    if int(times.max()) * int(counts.max()) * len(counts) <= INT64_MAX:
        return int(times @ counts)
    return sum(map(operator.mul, times.tolist(), counts.tolist()))
