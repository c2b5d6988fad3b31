"""The axes of a sweep: whole numbers, checked by name and kept in the order given.

Rules: one meaning has one representation. Evenly spaced values are a `range`, however they were given; any others are a
read-only copy as an int64 array, in which they may repeat and come in any order. Vectors made from an axis keep to the
same rule. Nothing that grows with an axis is made before its length is known to be reasonable, and whatever the two
ends of a range say is not looked up in its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.fields import whole

MAX_VALUES = 10**8
INT32_MAX = int(np.iinfo(np.int32).max)
INT64_MAX = int(np.iinfo(np.int64).max)
EVERY = slice(None)
_AT_ONCE = 1 << 16  # steps compared at once: their differences stay in the cache
_HASHED = 8  # entries of an array that its hash looks at, about

Integers = NDArray[np.int64]
Values = range | Integers
AxisLike = int | range | Sequence[int] | NDArray[np.integer[Any]]
"""What an axis may be given as: a whole number, a range, a list or tuple of them, a one-dimensional integer array."""

_WANTED_ARRAY = "give an array of whole numbers"
_KINDS = {"b": "holds booleans", "f": "holds floating-point numbers", "O": "holds objects"}


class Content:
    """An array as it is compared: equal by its entries, hashed by a few of them, and never copied."""

    __slots__ = ("_array",)

    def __init__(self, array: Integers) -> None:
        self._array = array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Content) and np.array_equal(self._array, other._array)

    def __hash__(self) -> int:
        return hash(self._array[:: len(self._array) // _HASHED + 1].tobytes())


def content(values: Values) -> range | Content:
    """What stands for a vector where frozen values are compared: `attrs.field(eq=content)`."""
    return values if isinstance(values, range) else Content(values)


@attrs.frozen(init=False, repr=False)
class Axis:
    """One axis: its name, the unit of its values, the values, and the extremes among them.

    `values` are an `AxisLike`. Raises BadInput, by the axis' name, where they are none, more than `MAX_VALUES`, or
    anything but whole numbers from 0 to the largest 64-bit integer.

    >>> Axis("nodes", "nodes", range(1, 101)), Axis("images", "images", [10, 0, 5]).array()
    (1…100, array([10,  0,  5]))
    >>> Axis("nodes", "nodes", [1, 2, 3]) == Axis("nodes", "nodes", range(1, 4))
    True
    """

    name: str
    unit: str
    values: Values = attrs.field(eq=content)
    smallest: int = attrs.field(init=False, eq=False)
    largest: int = attrs.field(init=False, eq=False)

    def __init__(self, name: str, unit: str, values: AxisLike) -> None:
        self.__attrs_init__(name, unit, _read(name, values))

    @smallest.default
    def _smallest(self) -> int:
        return int(min(_ends(self.values)))

    @largest.default
    def _largest(self) -> int:
        return int(max(_ends(self.values)))

    def part(self, where: slice) -> Axis:
        """The same axis with a slice of its values; raises BadInput, by its name, for an empty one and for no slice."""
        try:
            part = self.values[where] if isinstance(where, slice) else None
        except Exception:  # ends that are no whole numbers, a step of 0
            part = None
        if part is None:
            raise BadInput(self.name, where, "is no slice", "write slice(0, 5)", "wrong-type")
        return Axis(self.name, self.unit, part)

    def array(self) -> Integers:
        """The values as an array."""
        return array_of(self.values)

    def only(self, value: int | None) -> int:
        """A value of the axis by itself; None stands for the value of an axis that has one only.

        Raises BadInput, by the axis' name, where the axis does not have it.
        """
        if value is None and self.smallest != self.largest:
            raise BadInput(self.name, ABSENT, "is missing", f"give one of {self!r}", "missing")
        number = self.smallest if value is None else whole(self.name, value)
        if number not in self.values:
            raise BadInput(self.name, number, "is not on its axis", f"the axis holds {self!r}", "out-of-bounds")
        return number

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return str(self.smallest) if self.smallest == self.largest else f"{self.smallest}…{self.largest}"


def dtype_for(largest: int) -> np.dtype[np.signedinteger[Any]]:
    """int32 where no value is beyond it, else int64."""
    return np.dtype(np.int32 if largest <= INT32_MAX else np.int64)


def array_of(values: Values, where: slice = EVERY) -> Integers:
    """A slice of the values as an array."""
    part = values[where]
    if not isinstance(part, range):
        return part
    return part.start + (step_of(part) or 0) * np.arange(len(part), dtype=np.int64)


def evenly(values: Values) -> Values:
    """Evenly spaced values as a range, any others as they are.

    >>> evenly(np.array([8, 6, 4])), evenly(np.array([7])), evenly(np.array([7, 7]))
    (range(8, 2, -2), range(7, 8), array([7, 7]))
    """
    step = 1 if len(values) == 1 else step_of(values)
    if isinstance(values, range) or not step:
        return values
    first = int(values[0])
    return range(first, first + step * len(values), step)


def mapped(values: Values, function: Callable[[int], int]) -> Values:
    """The values under a linear function, a range staying a range; values that become all equal take no memory."""
    offset = function(0)
    slope = function(1) - offset
    if not slope:
        return constant(offset, len(values))
    if not isinstance(values, range):
        return offset + slope * values
    first, step = offset + slope * values[0], slope * (step_of(values) or 1)
    return range(first, first + step * len(values), step)


def constant(value: int, length: int) -> Values:
    """The same value `length` times, in the memory of one.

    >>> constant(7, 3)
    array([7, 7, 7])
    """
    return evenly(np.broadcast_to(np.int64(value), (length,)))


def step_of(values: Values) -> int | None:
    """The step from each value to the next, where it is always the same; 0 for a single value."""
    if isinstance(values, range):
        return values.step if len(values) > 1 else 0
    if values.strides == (0,) or len(values) == 1:
        return 0
    first, second, last = (int(values[place]) for place in (0, 1, -1))
    step, steps = second - first, len(values) - 1
    if last != first + step * steps:  # tells most uneven values, however many there are
        return None
    parts = (values[part.start : part.stop + 1] for part in cuts(steps, _AT_ONCE))
    return step if all((np.diff(part) == step).all() for part in parts) else None


def cuts(length: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` (at least 1) that make up `length`, in order.

    >>> list(cuts(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    size = max(size, 1)
    return (slice(start, min(start + size, length)) for start in range(0, length, size))


def _ends(values: Values) -> tuple[int, int]:
    return (values[0], values[-1]) if isinstance(values, range) else (int(values.min()), int(values.max()))


def _read(name: str, given: AxisLike) -> Values:
    if isinstance(given, range):
        return _from_range(name, given)
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return _from_sequence(name, given)
    if hasattr(given, "__array__"):
        return _from_array(name, given)
    return _from_number(name, given)


def _from_number(name: str, given: object) -> range:
    return range(number := _bounded(name, whole(name, given)), number + 1)


def _from_range(name: str, given: range) -> range:
    if not given:
        raise _empty(name)
    first, last = given[0], given[-1]
    whole(name, min(first, last))
    _bounded(name, max(first, last))
    _not_too_many(name, (last - first) // given.step + 1)  # len() refuses a range beyond 64 bits
    return given


def _from_sequence(name: str, given: Sequence[int]) -> Values:
    _not_too_many(name, len(given))
    exact = set(map(type, given)) == {int}
    numbers = given if exact else [whole(name, value) for value in given]
    whole(name, min(numbers))
    _bounded(name, max(numbers))
    return _frozen(np.array(numbers, dtype=np.int64))


def _from_array(name: str, given: Any) -> Values:
    if isinstance(given, np.ma.MaskedArray):
        raise BadInput(name, ABSENT, "is a masked array", _WANTED_ARRAY, "wrong-type")
    try:
        array = np.asarray(given)
    except Exception:  # an object that calls itself an array and is none
        raise BadInput(name, given, "is not an array", _WANTED_ARRAY, "wrong-type") from None
    if array.ndim == 0:
        return _from_number(name, array.item())
    if array.ndim > 1:
        fix = "give an array with one dimension"
        raise BadInput(name, ABSENT, f"has {array.ndim} dimensions", fix, "wrong-type")
    _not_too_many(name, len(array))
    if array.dtype.kind not in "iu":
        raise BadInput(name, ABSENT, _problem_of(array), _WANTED_ARRAY, "wrong-type")
    whole(name, int(array.min()))
    _bounded(name, int(array.max()))
    return _frozen(np.array(array, dtype=np.int64))


def _problem_of(array: NDArray[Any]) -> str:
    if array.dtype.kind == "f" and np.isnan(array).any():
        return "holds NaN"
    return _KINDS.get(array.dtype.kind, f"holds {array.dtype}")


def _bounded(name: str, value: int) -> int:
    if value > INT64_MAX:
        raise BadInput(name, value, "is beyond 64-bit integers", f"give at most {INT64_MAX:,}", "out-of-bounds")
    return value


def _not_too_many(name: str, count: int) -> None:
    if count < 1:
        raise _empty(name)
    if count > MAX_VALUES:
        raise BadInput(name, ABSENT, f"has {count:,} values", f"give at most {MAX_VALUES:,}", "too-many")


def _empty(name: str) -> BadInput:
    return BadInput(name, ABSENT, "is empty", "give at least one value", "missing")


def _frozen(array: Integers) -> Values:
    array.flags.writeable = False
    return evenly(array)
