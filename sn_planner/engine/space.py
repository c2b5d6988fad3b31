"""Free space in address plans of any size.

Rules: networks are spans of plain ints, sorted once; what is free is what no span covers. Free space is cut into its
largest aligned blocks, and smaller blocks are generated out of those in the order asked for: a caller pays for the ones
it takes. Time O(n log n) and memory O(n) in the number of networks, whatever their size.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from sn_planner.model.cidr import IPV4_BITS, Cidr, Span, gaps
from sn_planner.model.ranges import SHORTEST_PREFIX


class FreeBlock(NamedTuple):
    """A block cut out of `whole`, the largest aligned free block around it, in the pool of that place in the list."""

    block: Cidr
    whole: Cidr
    pool: int

    @property
    def widens_to(self) -> int:
        """The shortest prefix length, not below /16, with the same network address that is free [bits]."""
        return widens_to(self.block, self.whole)


def widens_to(block: Cidr, whole: Cidr, others: Iterable[Cidr] = ()) -> int:
    """The shortest prefix length, not below /16, of a block that starts where `block` does and holds none of `others`.

    `whole` is the largest aligned free block around it, in which the others lie too [bits].
    """
    at_its_start = block.address == whole.address
    widest = max(whole.prefix_length if at_its_start else alignment(block.address), SHORTEST_PREFIX)
    beyond = [one.address - block.address for one in others if one.address > block.address]
    room = IPV4_BITS + 1 - min(beyond).bit_length() if beyond else 0  # up to the nearest of those behind it
    return min(max(widest, room), block.prefix_length)


def side_by_side(address: int, prefix_lengths: Sequence[int]) -> list[Cidr]:
    """A block of each prefix length, in their order, packed from an address on that all of them are aligned to.

    The largest comes first: what lies before a block is then a multiple of its size, and so is its address.

    >>> [str(one) for one in side_by_side(0x0A000000, [28, 26, 27])]
    ['10.0.0.96/28', '10.0.0.0/26', '10.0.0.64/27']
    """
    blocks = {}
    for place in sorted(range(len(prefix_lengths)), key=prefix_lengths.__getitem__):
        blocks[place] = Cidr(address, prefix_lengths[place])
        address = blocks[place].last + 1
    return [blocks[place] for place in range(len(prefix_lengths))]


def free_space(pool: Span, taken: Sequence[Span]) -> Iterator[Span]:
    """The spans of `pool` that no span of `taken` covers, in order; `taken` is `merged`. O(log n + what is inside).

    >>> list(free_space((0, 255), [(0, 15), (64, 127)]))
    [(16, 63), (128, 255)]
    """
    before = max(bisect_right(taken, pool) - 1, 0)  # may reach into the pool
    return gaps(pool, (taken[place] for place in range(before, len(taken))))


Order = Callable[[Sequence[Iterable[Cidr]], int], Iterator[FreeBlock]]
"""Pools, each as its largest free blocks by address, and a prefix length of 16 or more -> blocks of that length."""


def pool_order(pools: Sequence[Iterable[Cidr]], prefix_length: int) -> Iterator[FreeBlock]:
    """Free blocks pool by pool, by address."""
    for place, pool in enumerate(pools):
        for whole in pool:
            yield from _cut(whole, place, prefix_length, prefix_length)


def smallest_first(pools: Sequence[Iterable[Cidr]], prefix_length: int) -> Iterator[FreeBlock]:
    """Free blocks out of the smallest whole first; then pool by pool, by address."""
    for whole, place in _by_size(pools):
        yield from _cut(whole, place, prefix_length, prefix_length)


def room_to_double_first(pools: Sequence[Iterable[Cidr]], prefix_length: int) -> Iterator[FreeBlock]:
    """Free blocks that can double where they are first, then the others; each out of the smallest whole first.

    Whoever takes the first one, again and again, keeps the large wholes whole: as long as one can double, no more than
    two blocks' worth of the smallest whole that has them is spent.
    """
    wholes = _by_size(pools)
    if prefix_length > SHORTEST_PREFIX:
        for whole, place in wholes:
            if whole.prefix_length < prefix_length:  # every other block: the one beside it is the room to double
                yield from _cut(whole, place, prefix_length, prefix_length - 1)
    for whole, place in wholes:
        has_brought_half = SHORTEST_PREFIX < prefix_length > whole.prefix_length
        yield from _cut(whole, place, prefix_length, prefix_length, odd_only=has_brought_half)


def _by_size(pools: Sequence[Iterable[Cidr]]) -> list[tuple[Cidr, int]]:
    """Every whole with the place of its pool, the smallest first, then pool by pool, by address."""
    wholes = [(whole, place) for place, pool in enumerate(pools) for whole in pool]
    return sorted(wholes, key=lambda one: -one[0].prefix_length)


def _cut(whole: Cidr, place: int, prefix_length: int, aligned: int, *, odd_only: bool = False) -> Iterator[FreeBlock]:
    """The blocks at every multiple of the aligned size in `whole`, or at every odd one."""
    step = 1 << (IPV4_BITS - aligned)
    for address in range(whole.first + step * odd_only, whole.last + 1, step << odd_only):
        yield FreeBlock(Cidr(address, prefix_length), whole, place)


def alignment(address: int) -> int:
    """The shortest prefix length of a block that starts at an address [bits]."""
    # address & -address is its lowest one-bit; 0.0.0.0 is aligned to every size
    return IPV4_BITS + 1 - (address & -address).bit_length() if address else 0
