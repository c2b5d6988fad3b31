"""The points of a sweep as arrays.

Theory. Every value of a grid is

    (2)  required[n, d, i] = base[n] + slope[n]·disks[d] + images[i]

with four vectors of numbers >= 0 that the formula gives. No partial sum or product of (2) exceeds the value itself, so
a type that holds the largest value holds them all. A factor may be too large for that type (many nodes beside no disk);
it is cut, which changes nothing: integer arithmetic is modular, and a product that fits its type is exact.

Where base and slope each grow evenly from node to node, so does the grid:

    (3)  required[n + r, d, i] = required[n, d, i] + r·(step of base + step of slope·disks[d])

`a` addresses fit 2^h - 2 usable ones, h being the host bits, if and only if a + 1 < 2^h, that is, if the successor
a + 1 has at most h binary digits:

    (4)  prefix length = min(32 - (binary digits of a + 1), 30),   none where that is below 0

The number of digits is the exponent of the successor as a float. Floats are exact up to 2^24 in single and 2^53 in
double precision, and no larger number is rounded below these: more digits than 32 stay more than 32. A successor
overflows only where `a` is its type's largest number; it becomes the smallest, -2^31 or -2^63, whose exponent is that
of 2^31 or 2^63.

Time: one addition a point, by (3) without a multiplication; a prefix length takes six passes more, all of them over
a block that stays in the processor's cache. Memory: the array asked for, and a few blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep.axes import EVERY, Values, array_of, content, cuts, dtype_for, evenly, step_of
from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.cidr import IPV4_BITS
from sn_planner.model.fields import known_key
from sn_planner.model.ranges import LONGEST_PREFIX, capacity

What = Literal["required", "prefix_length", "fits", "spare"]
_OF_A_RANGE = {"required": False, "prefix_length": False, "fits": True, "spare": True}
NO_PREFIX = 255  # stands in arrays of prefix lengths where no IPv4 range holds the demand
_BLOCK = 1 << 16  # points; a block and what is made of it fit the second-level cache
_ROW, _LONGEST_ROW = 8, 256  # images: where a row is worth a look at its ends, and where it is cut into several
_LONG = 4096  # images from which a row is long enough to be written straight into the result
_EXACT_IN_SINGLE = 1 << 24

Shape = tuple[int, int, int]
Where = tuple[slice, slice, slice]
_Write = Callable[[NDArray[Any], NDArray[Any]], object]


@attrs.frozen
class Grid:
    """The vectors of equation (2), and a number that no value exceeds [addresses].

    >>> Grid(range(1), range(5, 6), range(8, 9), range(10, 12), largest=51).compute("required").tolist()
    [[[50, 51]]]
    """

    base: Values = attrs.field(converter=evenly, eq=content)
    slope: Values = attrs.field(converter=evenly, eq=content)
    disks: Values = attrs.field(converter=evenly, eq=content)
    images: Values = attrs.field(converter=evenly, eq=content)
    largest: int

    @property
    def shape(self) -> Shape:
        """(nodes, disks, images)."""
        return len(self.slope), len(self.disks), len(self.images)

    @property
    def dtype(self) -> np.dtype[np.signedinteger[Any]]:
        """The integer type in which no value overflows."""
        return dtype_for(self.largest)

    def part(self, where: Where) -> Grid:
        """The grid at slices of its axes; its arrays have the types of the whole's."""
        nodes, disks, images = where
        return Grid(self.base[nodes], self.slope[nodes], self.disks[disks], self.images[images], self.largest)

    def compute(self, what: What, usable: int | None = None, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """An array over all points, shaped (nodes, disks, images), in `out` where that is given.

        "required": the values [addresses]. "prefix_length": the longest prefix that holds each [bits], or NO_PREFIX.
        "fits": whether the `usable` addresses of a range hold it. "spare": what it leaves of them, negative where they
        are too few [addresses]. Raises BadInput for an unknown `what`, for `usable` addresses that are missing or of
        no use, for an `out` that does not take the result, and where memory cannot hold it.
        """
        limit = _limit(what, usable)
        dtype = self._dtype_of(what, limit)
        result = _new(self.shape, dtype) if out is None else _taking(out, self.shape, dtype)
        if what == "required":
            self._write_required(result)
        elif what == "prefix_length":
            self._write_prefix_lengths(result)
        elif what == "fits":
            most = min(limit, self.largest)  # a number of the blocks' own type, or NumPy would widen each of them
            self._each_block(result, lambda block, part: np.less_equal(block, most, out=part))
        else:
            self._each_block(result, lambda block, part: np.subtract(limit, block, out=part, dtype=dtype))
        return result

    def _dtype_of(self, what: What, usable: int) -> np.dtype[Any]:
        if what == "spare":
            return dtype_for(max(usable, self.largest))
        return self.dtype if what == "required" else np.dtype(np.uint8 if what == "prefix_length" else np.bool_)

    def _write_required(self, result: NDArray[Any]) -> None:
        nodes, disks, images = self.shape
        image_vector = self._typed(self.images, EVERY)
        if images < _LONG and self._steps is not None:
            # NumPy's loop over each row costs more than a sum of blocks, of which the one before is in the cache
            for disk_part in cuts(disks, max(2 * _BLOCK // images, 1)):
                self._write_by_steps(result[:, disk_part], self._typed(self.disks, disk_part), image_vector)
            return
        for rows in cuts(nodes, max(_BLOCK // disks, 1)):
            self._write(rows, self._typed(self.disks, EVERY), image_vector, out=result[rows])

    def _write_by_steps(self, result: NDArray[Any], disks: NDArray[Any], images: NDArray[Any]) -> None:
        """Equation (3): each block of nodes is the one before it and what the nodes between them add."""
        first, *others = cuts(len(result), max(_BLOCK // (len(disks) * len(images)), 1))
        self._write(first, disks, images, out=result[first])
        change = self._change(first.stop, disks, result[first].shape) if others else None
        for part in others:
            before = result[part.start - first.stop : part.stop - first.stop]
            np.add(before, change[: len(before)], out=result[part])  # type: ignore[index]  # the nodes are even

    def _write_prefix_lengths(self, result: NDArray[Any]) -> None:
        """Equation (4), row by row where rows are long: most have one prefix from the least image to the greatest."""
        nodes, disks, images = self.shape
        write = self._prefix_writer()
        if images < _ROW or self.largest == np.iinfo(self.dtype).max:
            self._each_block(result, write, successors=True)
            return
        for image_part in cuts(images, _LONGEST_ROW):
            successors = self._typed(self.images, image_part) + self.dtype.type(1)
            for disk_part in cuts(disks, _BLOCK):
                for rows in cuts(nodes, max(_BLOCK // (disk_part.stop - disk_part.start), 1)):
                    starts = self._starts(rows, self._typed(self.disks, disk_part))
                    _write_rows(result[rows, disk_part, image_part], starts, successors, write)

    def _prefix_writer(self) -> _Write:
        """What writes the prefix lengths of successors, at most a block of them."""
        floats = np.empty(_BLOCK, np.float32 if self.largest < _EXACT_IN_SINGLE else np.float64)
        exponents = np.empty(_BLOCK, np.int32)
        longest = np.full(_BLOCK, LONGEST_PREFIX, np.uint8)  # an array: a scalar keeps NumPy off its fastest loop

        def write(successor: NDArray[Any], part: NDArray[Any]) -> None:
            shape, size = successor.shape, successor.size
            number, digits = floats[:size].reshape(shape), exponents[:size].reshape(shape)
            np.copyto(number, successor)
            np.frexp(number, number, digits)
            np.copyto(part, digits, casting="unsafe")  # 64 at most
            np.subtract(IPV4_BITS, part, out=part)  # below 0 it wraps to more than 200, so the next line gives 30 ...
            np.minimum(part, longest[:size].reshape(shape), out=part)
            if self.largest > capacity(0):
                np.copyto(part, NO_PREFIX, where=digits > IPV4_BITS)  # ... which is put right here

        return write

    def _each_block(self, result: NDArray[Any], write: _Write, *, successors: bool = False) -> None:
        for where, block in self._blocks(successors=successors):
            write(block, result[where])

    def _blocks(self, *, successors: bool) -> Iterator[tuple[Where, NDArray[Any]]]:
        """Where each block lies, and its values, or their successors; the next block overwrites them."""
        nodes, disks, images = self.shape
        for image_part in cuts(images, _BLOCK):
            image_vector = self._typed(self.images, image_part) + self.dtype.type(successors)
            for disk_part in cuts(disks, _BLOCK // len(image_vector)):
                disk_vector = self._typed(self.disks, disk_part)
                rows = min(max(_BLOCK // (len(disk_vector) * len(image_vector)), 1), nodes)
                for node_part, block in self._down(rows, disk_vector, image_vector):
                    yield (node_part, disk_part, image_part), block

    def _down(self, rows: int, disks: NDArray[Any], images: NDArray[Any]) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Blocks of `rows` nodes each, from the first node to the last, for the same disks and images."""
        block = np.empty((rows, len(disks), len(images)), self.dtype)
        change = self._change(rows, disks, block.shape) if rows < self.shape[0] else None
        for part in cuts(self.shape[0], rows):
            filled = block[: part.stop - part.start]
            if part.start == 0 or change is None:
                self._write(part, disks, images, out=filled)
            else:
                # the whole block even where only a part of it is left: its last rows wrap unseen
                np.add(block, change, out=block)
            yield part, filled

    def _change(self, rows: int, disks: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any] | None:
        """What equation (3) adds from block to block; None where the nodes are not evenly spaced."""
        if self._steps is None:
            return None
        base_step, slope_step = self._steps
        change = np.int64(rows * base_step) + np.int64(rows * slope_step) * disks
        # written out as a block: adding two equal shapes is faster than broadcasting
        return np.array(np.broadcast_to(change[:, None], shape), self.dtype, order="C")

    def _write(self, rows: slice, disks: NDArray[Any], images: NDArray[Any], *, out: NDArray[Any]) -> None:
        """Equation (2) for some rows."""
        np.add(self._starts(rows, disks)[:, :, None], images, out=out)

    def _starts(self, rows: slice, disks: NDArray[Any]) -> NDArray[Any]:
        """Equation (2) without images."""
        base, slope = (self._typed(values, rows)[:, None] for values in (self.base, self.slope))
        starts: NDArray[Any] = base + slope * disks
        return starts

    def _typed(self, values: Values, where: slice) -> NDArray[Any]:
        return array_of(values, where).astype(self.dtype)

    @property
    def _steps(self) -> tuple[int, int] | None:
        """The steps of base and slope from node to node, where they are always the same."""
        base, slope = step_of(self.base), step_of(self.slope)
        return None if base is None or slope is None else (base, slope)


def _write_rows(result: NDArray[Any], starts: NDArray[Any], images: NDArray[Any], write: _Write) -> None:
    """Prefix lengths of rows, with the successors of the images: one byte a row, where its ends have one prefix.

    The numbers of digits of a <= b are equal if and only if their leading digits cancel: (a ^ b) < a, else > a.
    """
    least, most = starts + images.min(), starts + images.max()
    prefixes = np.empty(starts.shape, np.uint8)
    write(least, prefixes)
    np.copyto(result, prefixes[:, :, None])
    nodes, disks = np.nonzero((least ^ most) > least)
    for part in cuts(len(nodes), _BLOCK // len(images)):
        where = nodes[part], disks[part]
        lengths = np.empty((len(where[0]), len(images)), np.uint8)
        write(starts[where][:, None] + images, lengths)
        result[where] = lengths


def too_many(shape: tuple[int, ...]) -> BadInput:
    """The refusal of an array that memory cannot hold."""
    points = math.prod(map(int, shape))
    fix = "use by_prefix(), quantile() or blocks()"
    return BadInput("points", points, "are too many for an array in memory", fix, "too-many")


def _new(shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError):
        raise too_many(shape) from None


def _limit(what: What, usable: int | None) -> int:
    """The usable addresses that an array is computed of; 0 for one that is not computed of any."""
    needed = _OF_A_RANGE[known_key("what", what, _OF_A_RANGE)]
    if needed and usable is None:
        raise BadInput("range", ABSENT, f"is missing, and {what} is computed of one", "give a range", "missing")
    if usable is not None and not needed:
        raise BadInput("range", ABSENT, f"does not change {what}", "leave the range out", "conflict")
    return usable or 0


def _taking(out: NDArray[Any], shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    """`out`, if the result can be written into it as it is."""
    wanted = f"give a writeable {dtype} array shaped {shape}"
    if not isinstance(out, np.ndarray):
        raise BadInput("out", out, "is not a NumPy array", wanted, "wrong-type")
    if out.dtype != dtype or out.shape != shape:
        raise BadInput("out", ABSENT, f"is {out.dtype} shaped {out.shape}", wanted, "wrong-type")
    if not out.flags.writeable:
        raise BadInput("out", ABSENT, "is read-only", wanted, "wrong-type")
    return out
