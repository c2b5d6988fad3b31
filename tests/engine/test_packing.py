"""Packing: equal to trying every placement, and what it promises of reserves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from sn_planner.engine.packing import Item, Packing, pack, place_blocks, reserves
from sn_planner.model.cidr import IPV4_BITS, Cidr, Span, merged

BASE = 0x0A000000
SIZE = 16  # addresses of a pool that is searched exhaustively


def fits_somewhere(free: frozenset[int], lengths: Sequence[int], most: int = 4 * SIZE) -> bool:
    """Whether aligned blocks of these prefix lengths have places in the free addresses: every placement is tried.

    But for one thing: of equal blocks the second lies behind the first, as they could change places.
    """

    def fits(free: frozenset[int], lengths: Sequence[int], before: tuple[int, int]) -> bool:
        if not lengths:
            return True
        size = 1 << (IPV4_BITS - lengths[0])
        first = before[1] + size if before[0] == size else 0
        blocks = (frozenset(range(start, start + size)) for start in range(first, most, size))
        return any(block <= free and fits(free - block, lengths[1:], (size, min(block))) for block in blocks)

    return sum(1 << (IPV4_BITS - length) for length in lengths) <= len(free) and fits(free, lengths, (0, 0))


def addresses_in(spans: Sequence[Span], base: int) -> frozenset[int]:
    """Every address of some spans, counted from a base on."""
    return frozenset(address - base for first, last in spans for address in range(first, last + 1))


def addresses(spans: Sequence[Span]) -> frozenset[int]:
    """Every address of some spans, from BASE on."""
    return addresses_in(spans, BASE)


def span(pair: tuple[int, int]) -> Span:
    """A span from a place and a length."""
    return BASE + pair[0], BASE + pair[0] + pair[1]


pools = st.sampled_from(
    [
        [(BASE, BASE + SIZE - 1)],
        [(BASE + 8, BASE + SIZE - 1), (BASE + 2 * SIZE, BASE + 2 * SIZE + 7)],
        [(BASE + 2 * SIZE, BASE + 3 * SIZE - 1), (BASE, BASE + 3)],
    ]
)
taken_spans = st.lists(st.tuples(st.integers(0, 3 * SIZE), st.integers(0, 4)).map(span), max_size=3)
items_to_place = st.lists(
    st.tuples(st.integers(28, 32), st.integers(0, 3)).map(lambda pair: Item(*pair)), min_size=1, max_size=5
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Span], list[Span], list[Item]]:
    """Pools, taken networks, and items, of which some are where they stay."""
    where, taken, items = draw(pools), draw(taken_spans), draw(items_to_place)
    free = addresses(where) - addresses(taken)
    for place, one in enumerate(items):
        size = 1 << (IPV4_BITS - one.prefix_length)
        starts = [start for start in range(0, 3 * SIZE, size) if frozenset(range(start, start + size)) <= free]
        start = draw(st.sampled_from([None, *starts]))
        if start is not None:
            items[place] = one._replace(address=BASE + start)
            free -= frozenset(range(start, start + size))
    return where, taken, items


def packed(case: tuple[list[Span], list[Span], list[Item]]) -> Packing:
    """The case, packed."""
    where, taken, items = case
    return pack(where, taken, items)


@given(cases())
def test_everything_is_placed_whenever_any_placement_exists(
    case: tuple[list[Span], list[Span], list[Item]],
) -> None:
    """Equal to exhaustive search, ranges that stay included."""
    where, taken, items = case
    stay = [Cidr(one.address, one.prefix_length).span for one in items if one.address is not None]
    free = addresses(where) - addresses(taken) - addresses(stay)
    new = [one.prefix_length for one in items if one.address is None]
    assert (None not in packed(case).blocks) == fits_somewhere(free, new)


@given(cases())
def test_one_doubling_more_would_cost_a_range_its_place(case: tuple[list[Span], list[Span], list[Item]]) -> None:
    """Doublings are granted evenly, the smallest ranges first, and as many as there is room for."""
    where, taken, items = case
    result = packed(case)
    for one, given_ in zip(items, result.granted, strict=True):
        assert given_ <= one.reserve
    asked = [
        (given_, -one.prefix_length, place)
        for place, (one, given_) in enumerate(zip(items, result.granted, strict=True))
        if given_ < one.reserve
    ]
    assert all(given_ <= min(asked)[0] + 1 for given_ in result.granted) if asked else True
    if None in result.blocks or not asked:
        return
    more = list(result.granted)
    more[min(asked)[2]] += 1
    stay = [None if one.address is None else Cidr(one.address, one.prefix_length) for one in items]
    held = [block.span for block in reserves(where, merged(taken), stay, more) if block is not None]
    free = addresses(where) - addresses(taken) - addresses(held)
    wanted = sorted(one.prefix_length - most for one, most in zip(items, more, strict=True) if one.address is None)
    assert not fits_somewhere(free, wanted)


@given(cases())
def test_a_packing_is_sound(case: tuple[list[Span], list[Span], list[Item]]) -> None:
    """Ranges and reserves are aligned, free, in the pools and disjoint; a reserve starts with its range and is due."""
    where, taken, items = case
    result = packed(case)
    free = addresses(where) - addresses(taken)
    holding = []
    for one, block, held, given_ in zip(items, result.blocks, result.held, result.granted, strict=True):
        assert (block is None) == (held is None)
        if block is None or held is None:
            continue
        assert not held.has_host_bits
        assert (block.address, block.prefix_length) == (held.address, one.prefix_length)
        assert block.address == (one.address or block.address)
        assert block.prefix_length - one.reserve <= held.prefix_length <= block.prefix_length
        assert addresses([held.span]) <= free
        if one.address is None:
            assert held.prefix_length <= block.prefix_length - given_
        holding.append(held)
    assert not any(one.overlaps(other) for one, other in combinations(holding, 2))


@given(cases())
def test_packing_again_changes_nothing(case: tuple[list[Span], list[Span], list[Item]]) -> None:
    """With every range where it was placed, ranges and reserves are the same."""
    where, taken, items = case
    first = packed(case)
    there = [
        (one._replace(address=block.address), block, held)
        for one, block, held in zip(items, first.blocks, first.held, strict=True)
        if block is not None
    ]
    again = pack(where, taken, [one for one, _, _ in there])
    assert again.blocks == tuple(block for _, block, _ in there)
    assert again.held == tuple(held for _, _, held in there)


@given(cases(), items_to_place)
def test_more_items_move_nothing(case: tuple[list[Span], list[Span], list[Item]], more: list[Item]) -> None:
    """What stays, stays, whatever comes behind it; the order of the items matters only among equals."""
    where, taken, items = case
    first = packed(case)
    there = [
        one._replace(address=block.address) for one, block in zip(items, first.blocks, strict=True) if block is not None
    ]
    assert pack(where, taken, [*there, *more]).blocks[: len(there)] == tuple(filter(None, first.blocks))
    backwards = pack(where, taken, [*reversed(more), *there])
    forwards = pack(where, taken, [*more, *there])
    sizes = [block and block.prefix_length for block in forwards.blocks]
    assert sorted(map(str, sizes)) == sorted(str(block and block.prefix_length) for block in backwards.blocks)


def test_nothing_to_place_is_no_matter() -> None:
    """No items, no holes, no pools: an answer each."""
    assert pack([], [], []) == Packing((), (), ())
    assert pack([], [], [Item(30)]).blocks == (None,)
    assert place_blocks([(0, (1 << 32) - 1)], [0]) == [Cidr(0, 0)]
    assert place_blocks([], []) == []


def test_the_smallest_hole_is_taken_and_large_holes_stay_large() -> None:
    """1,024 /26 fill one half of a /15; the other is a /16 still."""
    result = pack([(BASE, BASE + (1 << 17) - 1)], [], [Item(26)] * 1024)
    assert max(block.last for block in result.blocks if block) == BASE + (1 << 16) - 1


def test_a_million_doublings_cost_no_more_than_sixteen() -> None:
    """No range grows beyond a /16, so asking for more changes neither the answer nor the time."""
    pool, items = [(BASE, BASE + (1 << 16) - 1)], [Item(20), Item(26), Item(16), Item(12, address=BASE)]
    few = pack(pool, [], [one._replace(reserve=16) for one in items])
    assert pack(pool, [], [one._replace(reserve=10**12) for one in items]) == few
    assert few.granted == (4, 10, 0, 0)
