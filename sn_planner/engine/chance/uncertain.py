"""A figure that nobody knows for certain: whole numbers, each with a probability.

Theory. Probabilities far out in a tail are what a planner asks for, and there they are lost first: 1 - p of a p near 1
has no more digits than the rounding left. So nothing here subtracts. Every probability is a sum of products of numbers
that are not negative, and each sum and product keeps all but the last digit or two: a chance of 1e-12 is right to
twelve digits, like one of a half. The chance to exceed a figure is the sum of the tail itself.

Distributions without a largest value are cut off where what is beyond can be neglected, but is not: `left_out` bounds
it, and whoever asks how likely a figure is exceeded gets it on top. Their probabilities grow from the most likely value
outwards, each from its neighbour: p(k + 1) = p(k) · mean / (k + 1) of a Poisson distribution, which keeps the digits
that exp and the logarithm of a factorial would cancel.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.errors import ABSENT, BadInput, NoAnswer, within
from sn_planner.model.fields import amount, integer, list_of, share, whole
from sn_planner.model.jupyter import Rows, html

if TYPE_CHECKING:
    import pandas

MOST_VALUES = 10**6
LARGEST_VALUE = 1 << 53  # values and their sums stay whole numbers wherever they are multiplied with probabilities
SUM_TOLERANCE = 1e-9  # how far probabilities that somebody typed may be from 1 together
_NEGLIGIBLE = 1e-40  # of the most likely value: where a distribution without an end is cut off
_NEVER = 1e-300
_ROUNDING = 1e-12  # relative: how close a probability has to come to one that is asked for

Number = float | Fraction | Decimal
"""A float means the decimal number it prints as."""
Chances = Mapping[int, float] | Mapping[int, int]
"""A probability for each value, or whole-number weights."""


class Held(NamedTuple):
    """Values in order, their probabilities, none of them 0, and a bound of the probability of what was cut off."""

    values: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    left_out: float = 0.0


def _held(chances: Chances | Held) -> Held:
    """Chances as they are kept."""
    if isinstance(chances, Held):
        return chances
    if not isinstance(chances, Mapping):
        fix = "write a probability for each value, like {5: 0.5, 6: 0.5}"
        raise BadInput("chances", chances, "is no mapping", fix, "wrong-type")
    pairs = _items(chances)
    counts = [_value(value) for value, _ in pairs]
    weights = [amount(f"probability of {count}", one) for count, (_, one) in zip(counts, pairs, strict=True)]
    total = sum(weights)
    if any(integer(one) is None for _, one in pairs) and abs(float(total) - 1) > SUM_TOLERANCE:
        fix = "let them sum to 1, or give whole-number weights"
        raise BadInput("probabilities", float(total), "is their sum", fix, "out-of-bounds")
    if not total:
        raise BadInput("probabilities", ABSENT, "are all 0", "give one at least to a value", "missing")
    shares: dict[int, float] = {}
    for count, weight in sorted(zip(counts, weights, strict=True)):
        if count in shares:
            raise BadInput("value", count, "is there twice", "give every value one probability", "duplicate")
        shares[count] = float(weight / total)
    return _arrays([count for count, one in shares.items() if one], [one for one in shares.values() if one])


def _arrays(values: Any, probabilities: Any, left_out: float = 0.0) -> Held:
    counts, chances = np.array(values, np.int64), np.array(probabilities, np.float64)
    counts.flags.writeable = chances.flags.writeable = False
    return Held(counts, chances, left_out)


@attrs.frozen(eq=False, repr=False)
class Uncertain:
    """Whole numbers and their probabilities: {5: 0.5, 6: 0.3, 8: 0.2}, or whole-number weights: {5: 5, 6: 3, 8: 2}.

    Raises BadInput for values that are no counts, for probabilities
    that are negative, no numbers or not 1 together, and for more than 10^6 values.

    >>> nodes = Uncertain({5: 0.5, 6: 0.3, 8: 0.2})
    >>> nodes.mean, nodes.quantile(0.9), nodes.exceeds(5)
    (5.9, 8, 0.5)
    >>> nodes == Uncertain({5: 5, 6: 3, 8: 2})
    True
    """

    chances: Held = attrs.field(converter=_held)

    @classmethod
    def unchecked(cls, values: Any, probabilities: Any, left_out: float = 0.0) -> Uncertain:
        """The figure of values in order, as a computation gives them, and their probabilities: none is 0."""
        return cls(_arrays(values, probabilities, left_out))

    @classmethod
    def poisson(cls, mean: Number) -> Uncertain:
        """How many of many things that happen each by itself, `mean` on average, happen at once.

        What is cut off at either end is less than 1e-38.

        >>> f"{Uncertain.poisson(4).exceeds(10):.12g}"
        '0.00283976612051'
        """
        rate = float(_moderate("mean", amount("mean", mean)))
        return _outwards(int(rate), lambda k: rate / (k + 1), lambda k: k / rate if rate else 0.0)

    @classmethod
    def binomial(cls, trials: int, probability: Number) -> Uncertain:
        """How many of `trials` things happen, where each does with the same `probability`, each by itself.

        >>> Uncertain.binomial(2, 0.5).probabilities.tolist()
        [0.25, 0.5, 0.25]
        """
        count = int(_moderate("trials", Fraction(whole("trials", trials))))
        happens = share("probability", probability)
        for unlikely, certain in ((happens, 0), (1 - happens, count)):
            if unlikely < _NEVER:  # no float holds what such odds come to
                return cls.unchecked([certain], [1.0], float(unlikely * count))
        odds = float(happens / (1 - happens))
        return _outwards(
            int(count * happens),
            lambda k: (count - k) / (k + 1) * odds,
            lambda k: k / (count - k + 1) / odds,
        )

    @classmethod
    def between(cls, low: int, high: int) -> Uncertain:
        """Any whole number from `low` to `high`, all alike.

        >>> Uncertain.between(2, 4).mean
        3.0
        """
        first, last = _ends(low, high)
        return cls.unchecked(np.arange(first, last + 1), np.full(last - first + 1, 1 / (last - first + 1)))

    @classmethod
    def triangular(cls, low: int, mode: int, high: int) -> Uncertain:
        """Whole numbers from `low` to `high`, most likely `mode`, and in proportion less so towards either end.

        The weight falls from 1 at the mode to nothing one beyond either end.

        >>> Uncertain.triangular(2, 3, 6) == Uncertain({2: 2, 3: 4, 4: 3, 5: 2, 6: 1})
        True
        """
        first, last = _ends(low, high)
        most_likely = _value(mode, "mode")
        if not first <= most_likely <= last:
            raise BadInput("mode", most_likely, f"is not between {first} and {last}", "move it there", "out-of-bounds")
        counts = np.arange(first, last + 1)
        up = (counts - (first - 1)) / (most_likely - (first - 1))
        down = ((last + 1) - counts) / ((last + 1) - most_likely)
        weights = np.minimum(up, down)
        return cls.unchecked(counts, weights / weights.sum())

    @classmethod
    def of_samples(cls, values: Iterable[int]) -> Uncertain:
        """What was counted before, each count as likely as it was frequent.

        >>> Uncertain.of_samples([3, 4, 4, 7]) == Uncertain({3: 0.25, 4: 0.5, 7: 0.25})
        True
        """
        counts = Counter(_value(one, "values") for one in list_of("values", values))
        if not counts:
            raise BadInput("values", ABSENT, "is empty", "give what was counted", "missing")
        return cls(counts)

    @property
    def values(self) -> NDArray[np.int64]:
        """The values, in order."""
        return self.chances.values

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The probability of each value."""
        return self.chances.probabilities

    @property
    def left_out(self) -> float:
        """A bound of the probability of all values that were cut off a distribution without an end."""
        return self.chances.left_out

    @property
    def _above(self) -> NDArray[np.int64]:
        """How far the values are above the least: of large values that are close a mean has no digits for it."""
        above: NDArray[np.int64] = self.values - self.values[0]
        return above

    @property
    def mean(self) -> float:
        """The average."""
        return int(self.values[0]) + float(self._above @ self.probabilities)

    @property
    def variance(self) -> float:
        """The mean square of the distance from the average."""
        return float((self._above - self._above @ self.probabilities) ** 2 @ self.probabilities)

    @property
    def std(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.variance)

    @property
    def is_certain(self) -> bool:
        """Whether there is one value alone."""
        return len(self.values) == 1

    def at_most(self, count: int) -> float:
        """The probability of `count` or less; what was left out does not count as that."""
        return min(float(self.probabilities[: self._place(count)].sum()), 1.0)

    def exceeds(self, count: int) -> float:
        """The probability of more than `count`, with what was left out on top: never too small."""
        return min(float(self.probabilities[self._place(count) :].sum()) + self.left_out, 1.0)

    def quantile(self, confidence: Number) -> int:
        """The smallest count that is not exceeded with that probability, to within 1e-12 of it.

        Raises BadInput unless 0 <= confidence <= 1, NoAnswer where only a count without bound would do.
        """
        wanted = share("confidence", confidence)
        if wanted <= Fraction(1, 2):
            below = np.cumsum(self.probabilities)
            return int(self.values[min(int(np.searchsorted(below, float(wanted) * (1 - _ROUNDING))), len(below) - 1)])
        risk = float(1 - wanted) * (1 + _ROUNDING)
        if self.left_out > risk:
            fix = f"ask for at most 1 - {self.left_out:.1g}"
            raise NoAnswer("confidence", confidence, "is reached by no count", fix, "demand-too-large")
        above = np.cumsum(self.probabilities[::-1])  # above[k]: the chance of one of the k + 1 largest values
        return int(self.values[len(above) - 1 - int(np.searchsorted(above, risk - self.left_out, "right"))])

    def _place(self, count: int) -> int:
        exact = whole("count", count)
        return int(np.searchsorted(self.values, min(exact, LARGEST_VALUE), "right"))

    def to_dict(self) -> dict[int, float]:
        """Each value with its probability."""
        return dict(zip(self.values.tolist(), self.probabilities.tolist(), strict=True))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Uncertain):
            return NotImplemented
        return self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[bytes, bytes, float]:
        return self.values.tobytes(), self.probabilities.tobytes(), self.left_out

    def __repr__(self) -> str:
        if len(self.values) <= 8:
            return f"Uncertain({self.to_dict()})"
        ends = f"{self.values[0]}..{self.values[-1]}"
        return f"Uncertain({len(self.values)} values in {ends}, mean={self.mean:g}, std={self.std:g})"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame of the values and their probabilities; raises MissingExtraError without pandas."""
        return Rows(("value", "probability"), list(self.to_dict().items())).frame()

    def _repr_html_(self) -> str:
        marks = [("smallest", int(self.values[0])), ("largest", int(self.values[-1]))]
        parts = [(f"{100 * part:g} % have at most", self.quantile(part)) for part in (0.05, 0.5, 0.95, 0.99)]
        rows = Rows(("share", "count"), [marks[0], *parts, marks[1]])
        return html(f"{self.mean:.4g} on average, {self.std:.3g} up or down", rows)


def figure(field: str, value: int | Chances | Uncertain) -> Uncertain:
    """A figure that is known, given by chances, or uncertain already."""
    if isinstance(value, Uncertain):
        return value
    with within(field):
        return Uncertain(value) if isinstance(value, Mapping) else Uncertain.unchecked([_value(value, "count")], [1.0])


def _items(chances: Chances) -> list[tuple[object, object]]:
    pairs = list_of("chances", chances.items(), "give a mapping of values to probabilities")
    if not pairs:
        raise BadInput("chances", ABSENT, "is empty", "give a value", "missing")
    _few(len(pairs))
    return [*pairs]


def _value(value: object, field: str = "value") -> int:
    count = whole(field, value)
    if count >= LARGEST_VALUE:
        raise BadInput(field, count, "is too large", f"give a count below {LARGEST_VALUE}", "out-of-bounds")
    return count


def _ends(low: int, high: int) -> tuple[int, int]:
    first, last = _value(low, "low"), _value(high, "high")
    if first > last:
        raise BadInput("low", first, f"is more than high, {last}", "give the smaller one first", "conflict")
    _few(last - first + 1)
    return first, last


def _few(count: int) -> None:
    if count > MOST_VALUES:
        fix = f"give at most {MOST_VALUES:,}; round the values, or give weights to some"
        raise BadInput("values", count, "is too many", fix, "too-many")


def _moderate(field: str, number: Fraction) -> Fraction:
    """A mean, or a number of trials, whose likely values are not too many."""
    most = 10**9
    if number > most:
        raise BadInput(field, number, "is too large", f"give at most {most:,}", "out-of-bounds")
    return number


def _outwards(mode: int, up: Callable[[int], float], down: Callable[[int], float]) -> Uncertain:
    """The values from the most likely one outwards: p(k + 1) = p(k) · up(k) and p(k - 1) = p(k) · down(k)."""
    right, beyond = _tail(mode, up, 1)
    left, before = _tail(mode, down, -1)
    weights = [*reversed(left), 1.0, *right]
    total = math.fsum(weights)
    first = mode - len(left)
    return Uncertain.unchecked(range(first, first + len(weights)), np.array(weights) / total, (beyond + before) / total)


def _tail(place: int, ratio: Callable[[int], float], step: int) -> tuple[list[float], float]:
    """What follows the most likely value on one side, in parts of it, and a bound of the rest, which is negligible."""
    weights: list[float] = []
    weight = 1.0
    while (weight := weight * ratio(place)) > _NEGLIGIBLE:
        weights.append(weight)
        place += step
    # the ratios fall from here on, so that what is left is less than a geometric series
    following = ratio(place + step) if weight else 0.0
    return weights, weight / (1 - following)
