"""Many ranges into the free space of some pools, each with room behind it to widen in place.

Theory. A range is an aligned block: its size is a power of two and its address a multiple of that. Of two such blocks
one holds the other, or they share nothing. So free space is a set of largest aligned blocks, the *holes*, and every
block that can be placed lies in one of them. Blocks are placed largest first: what is left of a hole then is always a
multiple of the size in hand, whichever hole each block went to, so a block stays unplaced only where no order and no
choice of holes had placed them all. That the smallest hole is taken first changes nothing about that: it keeps the
large holes whole. Of equal holes the lowest is taken.

A *reserve* of k doublings is the block k prefix bits shorter with the range at its start. A range that is there already
stays where it is: its reserve is what is free behind it. Which ranges have a place is found without any reserve. Then
doublings are granted one by one, the first to every range before the second to any, and among them to the smallest
ranges first, as long as all those ranges still have a place, each with what it was granted. What is granted only grows
and a smaller block fits wherever a larger one does, so the number of grants is found by bisection.

Once all ranges stand, the reserve of each is the widest block up to what it asks for that holds no other range and
nothing taken. Two reserves never overlap: of two that did, one would hold the other, and with it the other's range. So
reserves follow from the ranges alone, and planning the same again changes none.

Time O((n + m) log (n + m)) a try for n ranges and m taken networks, whatever their sizes; the first try, with all that
is asked for, mostly does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from sn_planner.engine.space import alignment, free_space
from sn_planner.model.cidr import IPV4_BITS, Cidr, Span, cidrs, merged
from sn_planner.model.ranges import SHORTEST_PREFIX


class Item(NamedTuple):
    """A range to place, or one that stays where it is: its prefix length, and the doublings it asks for behind it."""

    prefix_length: int
    reserve: int = 0
    address: int | None = None


class Packing(NamedTuple):
    """Where each item lies (None: nowhere), the block that it holds with its reserve, and the doublings it was granted.

    What an item holds is never less than what it was granted while all were placed, where it is a new one.
    """

    blocks: tuple[Cidr | None, ...]
    held: tuple[Cidr | None, ...]
    granted: tuple[int, ...]


def pack(pools: Sequence[Span], taken: Iterable[Span], items: Sequence[Item]) -> Packing:
    """The items in the pools, which do not overlap; those with an address stay, the others avoid them and `taken`.

    >>> packing = pack([(0, 255)], [(64, 127)], [Item(26), Item(27, 1), Item(28, address=240)])
    >>> [str(block) for block in packing.blocks], [str(block) for block in packing.held]
    (['0.0.0.0/26', '0.0.0.128/27', '0.0.0.240/28'], ['0.0.0.0/26', '0.0.0.128/26', '0.0.0.240/28'])
    """
    others = merged(taken)
    # no more doublings than a range can have: whoever asks for a million of them costs neither time nor memory
    most = [min(one.reserve, max(one.prefix_length - SHORTEST_PREFIX, 0)) for one in items]
    asked = most
    grants = sorted(
        ((doubling, -one.prefix_length, place) for place, one in enumerate(items) for doubling in range(most[place])),
        key=lambda grant: (grant[0], grant[1]),
    )

    def granted(count: int) -> list[int]:
        given = [0] * len(items)
        for _, _, place in grants[:count]:
            given[place] += 1
        return given

    blocks = _placed(pools, others, items, asked)
    if None in blocks:
        without = _placed(pools, others, items, [0] * len(items))
        able = [one if block is not None else None for one, block in zip(items, without, strict=True)]
        # the first number of grants with which one of those that have a place loses it
        count = bisect_left(
            range(1, len(grants) + 1),
            1,
            key=lambda tried: int(_placed(pools, others, able, granted(tried)).count(None) > able.count(None)),
        )
        asked = granted(count)
        blocks = _placed(pools, others, able, asked)
    held = reserves(pools, others, blocks, most)
    return Packing(tuple(blocks), tuple(held), tuple(asked))


def _placed(
    pools: Sequence[Span], taken: Sequence[Span], items: Sequence[Item | None], doublings: Sequence[int]
) -> list[Cidr | None]:
    """The items, each where it is or where it finds a place with so many doublings; None is no item."""
    blocks = [None if one is None or one.address is None else Cidr(one.address, one.prefix_length) for one in items]
    holding = [block.span for block in reserves(pools, taken, blocks, doublings) if block is not None]
    free = (span for pool in pools for span in free_space(pool, merged([*taken, *holding])))
    new = [(place, one.prefix_length) for place, one in enumerate(items) if one is not None and one.address is None]
    found = place_blocks(free, [max(length - doublings[place], SHORTEST_PREFIX) for place, length in new])
    for (place, length), block in zip(new, found, strict=True):
        blocks[place] = block and Cidr(block.address, length)
    return blocks


def place_blocks(free: Iterable[Span], prefix_lengths: Sequence[int]) -> list[Cidr | None]:
    """An aligned block of each prefix length, largest first, each in the smallest hole that has room; None: no room.

    >>> [str(block) for block in place_blocks([(0, 255), (512, 575)], [26, 25, 26, 24])]
    ['0.0.2.0/26', 'None', 'None', '0.0.0.0/24']
    """
    holes: list[list[int]] = [[] for _ in range(IPV4_BITS + 1)]
    smallest = max(prefix_lengths, default=0)
    for span in free:
        for hole in cidrs(span, smallest):
            holes[hole.prefix_length].append(hole.address)
    for of_one_size in holes:
        heapify(of_one_size)
    placed: list[Cidr | None] = [None] * len(prefix_lengths)
    for place in sorted(range(len(prefix_lengths)), key=prefix_lengths.__getitem__):
        wanted = prefix_lengths[place]
        size = next((size for size in range(wanted, -1, -1) if holes[size]), None)
        if size is None:
            continue
        address = heappop(holes[size])
        placed[place] = Cidr(address, wanted)
        for half in range(size + 1, wanted + 1):  # the hole is halved down to the block; the upper halves are holes
            heappush(holes[half], address + (1 << (IPV4_BITS - half)))
    return placed


def reserves(
    pools: Sequence[Span], taken: Sequence[Span], blocks: Sequence[Cidr | None], doublings: Sequence[int]
) -> list[Cidr | None]:
    """For each block the widest that starts where it does, in its pool, free of all others; at most so many doublings.

    `taken` is `merged`; a block is its own reserve where nothing is free behind it.
    """
    starts = sorted([*(first for first, _ in taken), *(block.address for block in blocks if block is not None)])
    ends = sorted(pools)
    held: list[Cidr | None] = []
    for block, most in zip(blocks, doublings, strict=True):
        if block is None:
            held.append(None)
            continue
        place = bisect_left(ends, (block.address + 1, 0)) - 1  # the pool that begins at or before the block
        limit = ends[place][1] + 1
        behind = bisect_left(starts, block.address + 1)
        room = min([limit, *starts[behind : behind + 1]]) - block.address
        shortest = max(block.prefix_length - most, SHORTEST_PREFIX, alignment(block.address))
        held.append(Cidr(block.address, min(block.prefix_length, max(shortest, IPV4_BITS + 1 - room.bit_length()))))
    return held
