"""The networks that a range must stay out of, each with the reason: reserved ones, documented ones, those in use.

Rules: of two CIDRs one holds the other, or they share nothing. So what overlaps a network is around it, and there are
at most 32 of these, or inside it, and these stand one after the other among all in order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sn_planner.model.cidr import IPV4_BITS, Cidr, holding, network_of
from sn_planner.model.fields import list_of
from sn_planner.model.ranges import DOCUMENTED, RESERVED

Taken = tuple[Cidr, str]
"""A network nobody may plan in, and the reason."""


def taken_networks(in_use: Iterable[object]) -> list[Taken]:
    """Every network a range must stay out of, once, with the reason."""
    taken = {network_of("network", one.cidr): f"reserved: {one.use}, {one.source}" for one in (*RESERVED, *DOCUMENTED)}
    for one in list_of("in_use", in_use):
        taken.setdefault(network_of("in_use", one), "in use")
    return list(taken.items())


def overlapping(taken: Mapping[Cidr, str], in_order: Sequence[Cidr], cidr: Cidr) -> Iterator[Taken]:
    """What is taken around a network, and inside it; `in_order` are the sorted keys of `taken`."""
    inside = in_order[bisect_left(in_order, cidr) : bisect_right(in_order, Cidr(cidr.last, IPV4_BITS))]
    around = (one for one in holding(cidr, taken) if one != cidr)
    return ((one, taken[one]) for one in dict.fromkeys((*around, *inside)))
