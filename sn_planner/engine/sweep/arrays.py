"""The points of a sweep as arrays.

Rules: every value of a grid is

    (2)  required[n, d, i] = base[n] + slope[n]·disks[d] + images[i]

with four vectors that the formula gives. It is computed block by block, each small enough to stay in the processor's
cache while it is made into prefix lengths or compared with a range, so nothing but the array asked for grows with the
grid. Integer arithmetic is modular: a product that fits its type is exact whatever its factors were cut to.

A block is the block before it plus a constant vector wherever the nodes are evenly spaced.

So many addresses need as many host bits as the next greater number, their successor, has binary digits: the exponent of
that number as a float. Floats are exact up to 2^24 in single and 2^53 in double precision, and no number beyond is
rounded below it. The one successor that overflows its type becomes the type's smallest number, -2^31 or -2^63, which
has the exponent of 2^31 or 2^63.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import DTypeLike, NDArray

from sn_planner.engine.sweep.axes import EVERY, Values, array_of, cuts, dtype_for, step_of
from sn_planner.errors import SnPlannerError
from sn_planner.model.cidr import IPV4_BITS
from sn_planner.model.ranges import LONGEST_PREFIX, capacity

NO_PREFIX = 255  # stands in arrays of prefix lengths where no IPv4 range holds the demand
_BLOCK = 1 << 16  # points; a block and what is made of it fit the second-level cache
_LONG = 256  # images from which a row is long enough to be written straight into the result
_EXACT_IN_SINGLE = 1 << 24

Where = tuple[slice, slice, slice]


@attrs.frozen(eq=False)
class Grid:
    """The vectors of equation (2), and the extremes of its values [addresses]."""

    base: Values
    slope: Values
    disks: Values
    images: Values
    smallest: int
    largest: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nodes, disks, images)."""
        return len(self.slope), len(self.disks), len(self.images)

    @property
    def dtype(self) -> np.dtype[np.signedinteger[Any]]:
        """The integer type in which no value overflows."""
        return dtype_for(self.largest)

    @property
    def _steps(self) -> tuple[int, int] | None:
        """The steps of base and slope from node to node, where they are always the same."""
        base, slope = step_of(self.base), step_of(self.slope)
        return None if base is None or slope is None else (base, slope)

    def required(self) -> NDArray[np.signedinteger[Any]]:
        """The values [addresses], shaped (nodes, disks, images)."""
        nodes, disks, images = self.shape
        if images < _LONG and self._steps is not None:
            return self._each_block(self.dtype, lambda block, part: np.copyto(part, block))
        result = _new(self.shape, self.dtype)
        vectors = self._typed(self.disks, EVERY), self._typed(self.images, EVERY)
        for rows in cuts(nodes, _BLOCK // disks):
            self._write(rows, *vectors, out=result[rows])
        return result

    def prefix_lengths(self) -> NDArray[np.uint8]:
        """The longest prefix that holds each value [bits], or NO_PREFIX, shaped (nodes, disks, images)."""
        floats = np.empty(_BLOCK, np.float32 if self.largest < _EXACT_IN_SINGLE else np.float64)
        exponents = np.empty(_BLOCK, np.int32)
        longest = np.full(_BLOCK, LONGEST_PREFIX, np.uint8)  # an array: numpy is slow with a lesser scalar

        def write(successor: NDArray[Any], part: NDArray[Any]) -> None:
            shape, size = successor.shape, successor.size
            number, bits = floats[:size].reshape(shape), exponents[:size].reshape(shape)
            np.copyto(number, successor)
            np.frexp(number, number, bits)
            np.copyto(part, bits, casting="unsafe")
            np.subtract(IPV4_BITS, part, out=part)
            np.minimum(part, longest[:size].reshape(shape), out=part)
            if self.largest > capacity(0):
                np.copyto(part, NO_PREFIX, where=bits > IPV4_BITS)

        return self._each_block(np.uint8, write, successors=True)

    def fits(self, usable: int) -> NDArray[np.bool_]:
        """Whether so many usable addresses hold each value, shaped (nodes, disks, images)."""
        most = min(usable, self.largest)
        return self._each_block(np.bool_, lambda block, part: np.less_equal(block, most, out=part))

    def spare(self, usable: int) -> NDArray[np.signedinteger[Any]]:
        """What is left of so many usable addresses, negative where they are too few [addresses], shaped likewise."""
        dtype = dtype_for(max(usable, self.largest))
        return self._each_block(dtype, lambda block, part: np.subtract(usable, block, out=part, dtype=dtype))

    def blocks(self, *, successors: bool = False) -> Iterator[tuple[Where, NDArray[Any]]]:
        """Where each block lies, and its values, or the numbers one greater, which the next block overwrites."""
        nodes, disks, images = self.shape
        for image_part in cuts(images, _BLOCK):
            image_vector = self._typed(self.images, image_part) + self.dtype.type(successors)
            for disk_part in cuts(disks, _BLOCK // len(image_vector)):
                disk_vector = self._typed(self.disks, disk_part)
                rows = min(max(_BLOCK // (len(disk_vector) * len(image_vector)), 1), nodes)
                for node_part, block in self._down(rows, disk_vector, image_vector):
                    yield (node_part, disk_part, image_part), block

    def _down(self, rows: int, disks: NDArray[Any], images: NDArray[Any]) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Blocks of so many rows, from the first node to the last, for the same disks and images."""
        block = np.empty((rows, len(disks), len(images)), self.dtype)
        change = self._change(rows, disks, block.shape) if rows < self.shape[0] else None
        for part in cuts(self.shape[0], rows):
            filled = block[: part.stop - part.start]
            if part.start == 0 or change is None:
                self._write(part, disks, images, out=filled)
            else:
                np.add(block, change, out=block)
            yield part, filled

    def _change(self, rows: int, disks: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any] | None:
        """What a block has more than the block so many rows before it, where it is always the same."""
        if self._steps is None:
            return None
        base_step, slope_step = self._steps
        change = np.int64(rows * base_step) + np.int64(rows * slope_step) * disks
        return np.array(np.broadcast_to(change[:, None], shape), self.dtype, order="C")

    def _write(self, rows: slice, disks: NDArray[Any], images: NDArray[Any], *, out: NDArray[Any]) -> None:
        """Equation (2) for some rows."""
        base, slope = (self._typed(values, rows)[:, None] for values in (self.base, self.slope))
        np.add((base + slope * disks)[:, :, None], images, out=out)

    def _typed(self, values: Values, where: slice) -> NDArray[Any]:
        return array_of(values, where).astype(self.dtype)

    def _each_block(
        self, dtype: DTypeLike, write: Callable[[NDArray[Any], NDArray[Any]], object], *, successors: bool = False
    ) -> NDArray[Any]:
        result = _new(self.shape, dtype)
        for where, block in self.blocks(successors=successors):
            write(block, result[where])
        return result


def _new(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError):
        raise too_many(shape) from None


def too_many(shape: tuple[int, ...]) -> SnPlannerError:
    """The refusal of an array that memory cannot hold."""
    points = math.prod(int(length) for length in shape)
    fix = "use by_prefix(), quantile() or blocks()"
    return SnPlannerError("points", points, "are too many for an array in memory", fix)
