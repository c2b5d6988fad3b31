"""What is asked of all points at once, as counts that add up.

Rules: every reduction is made of counts of points at or below a limit. The counts of the blocks of a sweep add up to
those of the whole, so blocks may be counted anywhere and in any order: here, or by a pool of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise
from numbers import Real
from typing import Any, Protocol

from sn_planner.errors import SnPlannerError
from sn_planner.model.ranges import LONGEST_PREFIX, capacity

ByPrefix = dict[int | None, int]
PREFIXES: tuple[int | None, ...] = (*range(LONGEST_PREFIX, -1, -1), None)
CAPACITIES = tuple(capacity(prefix) for prefix in PREFIXES if prefix is not None)


class Countable(Protocol):
    """A block of points."""

    def counts_at_most(self, limits: Iterable[int]) -> list[int]:
        """How many points lie at or below each limit [points]."""


class Workers(Protocol):
    """What a reduction needs of a dask.distributed.Client or a concurrent.futures.Executor."""

    def map(self, function: Callable[[Any], list[int]], blocks: Any, /) -> Any:
        """The function of each block, or futures that a method `gather` turns into it."""


def counted_by(client: Workers, blocks: Iterable[Countable], limits: list[int]) -> list[int]:
    """How many points of all blocks lie at or below each limit, each block counted by a worker [points]."""
    results = client.map(partial(_counts, limits), list(blocks))
    gather: Callable[[Any], Iterable[list[int]]] = getattr(client, "gather", list)
    return [sum(counts) for counts in zip(*gather(results), strict=True)]


def by_prefix(fitting: Sequence[int], points: int) -> ByPrefix:
    """Points by their prefix length, from how many are within each of `CAPACITIES`; those without points left out."""
    counts = (more - less for less, more in pairwise([0, *fitting, points]))
    return {prefix: count for prefix, count in zip(PREFIXES, counts, strict=True) if count}


def merged(parts: Iterable[Mapping[int | None, int]]) -> ByPrefix:
    """The counts by prefix of a whole from those of its parts.

    >>> merged([{30: 1, 26: 2}, {28: 5, 26: 3}])
    {30: 1, 28: 5, 26: 5}
    """
    totals: ByPrefix = {}
    for part in parts:
        for prefix, count in part.items():
            totals[prefix] = totals.get(prefix, 0) + count
    return {prefix: totals[prefix] for prefix in PREFIXES if prefix in totals}


def named(counts: Mapping[int | None, int]) -> dict[str, int]:
    """Counts by prefix with text for keys, as JSON has them: "none" stands for no IPv4 range."""
    return {"none" if prefix is None else str(prefix): count for prefix, count in counts.items()}


def share(q: object) -> Fraction:
    """A number from 0 to 1, exactly: a float means the decimal number it prints as.

    >>> share(0.1)
    Fraction(1, 10)
    """
    fix = "give a share from 0 to 1"
    if isinstance(q, bool) or not isinstance(q, Real | Decimal):
        raise SnPlannerError("q", q, "is not a number", fix)
    try:
        exact = Fraction(str(q))
    except ValueError:
        raise SnPlannerError("q", q, "is not finite", fix) from None
    if not 0 <= exact <= 1:
        raise SnPlannerError("q", q, "is not a share", fix)
    return exact


def _counts(limits: list[int], block: Countable) -> list[int]:
    return block.counts_at_most(limits)
