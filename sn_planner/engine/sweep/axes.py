"""The axes of a sweep: whole numbers, checked by name and kept in the order given.

Rules: the values of an axis are a `range`, kept as it is, or a frozen copy as an int64 array. They may repeat and come
in any order. Nothing that grows with an axis is made before its length is known to be reasonable, and what can be told
from the two ends of a range is told from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.errors import ABSENT, SnPlannerError
from sn_planner.model.fields import whole

MAX_VALUES = 10**8
INT32_MAX = int(np.iinfo(np.int32).max)
INT64_MAX = int(np.iinfo(np.int64).max)
EVERY = slice(None)

Integers = NDArray[np.int64]
Values = range | Integers

_KINDS = {"b": "holds booleans", "f": "holds floating-point numbers", "O": "holds objects"}


@attrs.frozen(eq=False, repr=False)
class Axis:
    """One axis: its name, the unit of its values, the values as given, and the extremes among them.

    >>> Axis.of("nodes", "nodes", range(1, 101)), Axis.of("images", "images", [10, 0, 5]).array()
    (1…100, array([10,  0,  5]))
    """

    name: str
    unit: str
    values: Values
    smallest: int = attrs.field(init=False)
    largest: int = attrs.field(init=False)

    @smallest.default
    def _smallest(self) -> int:
        return int(min(_ends(self.values)))

    @largest.default
    def _largest(self) -> int:
        return int(max(_ends(self.values)))

    @classmethod
    def of(cls, name: str, unit: str, given: object) -> Axis:
        """The axis that a range, list, tuple, one-dimensional array or whole number means.

        Raises SnPlannerError, by the axis' name, where it is empty, has more than `MAX_VALUES` values, or holds
        anything but whole numbers from 0 to the largest 64-bit integer.
        """
        return cls(name, unit, _read(name, given))

    def part(self, where: slice) -> Axis:
        """The same axis with a slice of its values; raises SnPlannerError for an empty one."""
        values = self.values[where]
        if len(values) == 0:
            raise _empty(self.name)
        return Axis(self.name, self.unit, values)

    def array(self) -> Integers:
        """The values as an array."""
        return array_of(self.values)

    def only(self, value: object) -> int:
        """A value of the axis by itself; None stands for the value of an axis that has one only.

        Raises SnPlannerError, by the axis' name, where the axis does not have it.
        """
        if value is None and self.smallest != self.largest:
            raise SnPlannerError(self.name, ABSENT, "is missing", f"give one of {self!r}")
        number = self.smallest if value is None else whole(self.name, value)
        if number not in self.values:
            raise SnPlannerError(self.name, number, "is not on its axis", f"the axis holds {self!r}")
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


def mapped(values: Values, function: Callable[[Any], Any]) -> Values:
    """The values under a linear function, a range staying a range; values that become all equal take no memory."""
    if not isinstance(values, range):
        return np.asarray(function(values), dtype=np.int64)
    first = function(values[0])
    step = function(values[1]) - first if len(values) > 1 else 0
    return range(first, first + step * len(values), step) if step else constant(first, len(values))


def constant(value: int, length: int) -> Integers:
    """So many times the same value, in the memory of one.

    >>> constant(7, 3)
    array([7, 7, 7])
    """
    return np.broadcast_to(np.int64(value), (length,))


def step_of(values: Values) -> int | None:
    """The step from each value to the next, where it is always the same; 0 for a single value."""
    if isinstance(values, range):
        return values.step if len(values) > 1 else 0
    if values.strides == (0,) or len(values) == 1:
        return 0
    steps = np.diff(values)
    return int(steps[0]) if (steps == steps[0]).all() else None


def cuts(length: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` (at least 1) that make up `length`, in order.

    >>> list(cuts(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    size = max(size, 1)
    return (slice(start, min(start + size, length)) for start in range(0, length, size))


def _ends(values: Values) -> tuple[int, int]:
    return (values[0], values[-1]) if isinstance(values, range) else (values.min(), values.max())


def _read(name: str, given: Any) -> Values:
    if isinstance(given, range):
        return _from_range(name, given)
    if isinstance(given, list | tuple):
        return _from_list(name, given)
    if hasattr(given, "__array__"):
        return _from_array(name, given)
    return range(number := _bounded(name, whole(name, given)), number + 1)


def _from_range(name: str, given: range) -> range:
    if not given:
        raise _empty(name)
    first, last = given[0], given[-1]
    whole(name, min(first, last))
    _bounded(name, max(first, last))
    _not_too_many(name, (last - first) // given.step + 1)  # len() refuses a range beyond 64 bits
    return given


def _from_list(name: str, given: list[Any] | tuple[Any, ...]) -> Integers:
    _not_too_many(name, len(given))
    exact = set(map(type, given)) == {int}
    numbers = given if exact else [whole(name, value) for value in given]
    whole(name, min(numbers))
    _bounded(name, max(numbers))
    return _frozen(np.array(numbers, dtype=np.int64))


def _from_array(name: str, given: Any) -> Values:
    array = np.asarray(given)
    if array.ndim == 0:
        return _read(name, array.item())
    if array.ndim > 1:
        raise SnPlannerError(name, ABSENT, f"has {array.ndim} dimensions", "give an array with one dimension")
    _not_too_many(name, len(array))
    if array.dtype.kind not in "iu" or isinstance(given, np.ma.MaskedArray):
        raise SnPlannerError(name, ABSENT, _problem_of(given, array), "give an array of whole numbers")
    whole(name, int(array.min()))
    _bounded(name, int(array.max()))
    return _frozen(np.array(array, dtype=np.int64))


def _problem_of(given: object, array: NDArray[Any]) -> str:
    if isinstance(given, np.ma.MaskedArray):
        return "is a masked array"
    if array.dtype.kind == "f" and np.isnan(array).any():
        return "holds NaN"
    return _KINDS.get(array.dtype.kind, f"holds {array.dtype}")


def _bounded(name: str, value: int) -> int:
    if value > INT64_MAX:
        raise SnPlannerError(name, value, "is beyond 64-bit integers", f"give at most {INT64_MAX:,}")
    return value


def _not_too_many(name: str, count: int) -> None:
    if count < 1:
        raise _empty(name)
    if count > MAX_VALUES:
        raise SnPlannerError(name, ABSENT, f"has {count:,} values", f"give at most {MAX_VALUES:,}")


def _empty(name: str) -> SnPlannerError:
    return SnPlannerError(name, ABSENT, "is empty", "give at least one value")


def _frozen(array: Integers) -> Integers:
    array.flags.writeable = False
    return array
