"""What is wrong with the ranges that a site has already, in force or kept from an earlier plan.

Rules: every range lies in one pool, clear of every other, of the reserved networks and of those in use. A network in
use that is the range itself, or lies in what is excluded of it, is that range's own: address plans list it too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from sn_planner.advice.taken import overlapping, taken_networks
from sn_planner.errors import BadInput
from sn_planner.model.cidr import LAST_ADDRESS, Cidr, Span, clipped, merged, network_of
from sn_planner.model.ranges import DOCUMENTED, AddressRange
from sn_planner.model.sites import Site
from sn_planner.model.words import some


class Stand(NamedTuple):
    """Where a network of a cluster stands: its range in force, the one planned for it, the one it leaves for that."""

    place: str
    cluster: str
    in_force: AddressRange | None
    planned: AddressRange | None = None
    before: AddressRange | None = None

    @property
    def ranges(self) -> dict[str, AddressRange]:
        """Each range that it has, by the field that says so."""
        named = {"range": self.in_force, "kept range": self.planned, "range before": self.before}
        return {f"{self.place}: {field}": one for field, one in named.items() if one is not None}

    @property
    def spans(self) -> list[Span]:
        """The addresses of its ranges."""
        return [one.cidr.span for one in self.ranges.values()]


def require_sound(site: Site, stands: Sequence[Stand]) -> None:
    """Raises the first fault there is."""
    for fault in faults(site, stands):
        raise fault


def faults(site: Site, stands: Sequence[Stand]) -> Iterator[BadInput]:
    """Every fault, by cluster, network and field."""
    if not any(stand.ranges for stand in stands):  # and a long address plan need not be looked at
        return
    taken = _taken(site)
    for documented in DOCUMENTED:  # check warns of these
        del taken[network_of("network", documented.cidr)]
    in_order, pools = sorted(taken), sorted(pool.span for pool in site.pools)
    for stand in stands:
        own = {one.cidr for one in stand.ranges.values()}
        for field, one in stand.ranges.items():
            if not _holds(pools, one.cidr.span):
                problem = f"lies outside of the pools, {some(list(map(str, site.pools)))}"
                yield BadInput(field, str(one.cidr), problem, "add its network to the pools", "conflict")
            if one is stand.before and one is not stand.planned:  # it is left: no pod is to have its addresses
                continue
            for cidr, reason in overlapping(taken, in_order, one.cidr):
                if cidr not in own and not is_its_own(cidr, one):
                    fix = "give it another range, or leave that network out"
                    yield BadInput(field, str(one.cidr), f"overlaps {cidr}, {reason}", fix, "conflict")
    together = [list(group) for _, group in groupby(stands, lambda one: one.cluster)] if site.isolated else [stands]
    for group in together:
        yield from _of_two(group)


def is_its_own(cidr: Cidr, one: AddressRange) -> bool:
    """Whether a network in use is a range itself, or lies in what is excluded of it."""
    is_inside = cidr.prefix_length > one.prefix_length
    return cidr == one.cidr or (is_inside and not any(True for _ in clipped(one.usable_spans, cidr.span)))


def _of_two(stands: Iterable[Stand]) -> Iterator[BadInput]:
    """Ranges that share addresses; those of one network are its own way from one to the next."""
    named = [(one.cidr, field, stand.place) for stand in stands for field, one in stand.ranges.items()]
    around: list[tuple[Cidr, str]] = []  # CIDRs that overlap hold each other: these hold the one in hand
    for cidr, field, place in sorted(named):
        while around and around[-1][0].last < cidr.first:
            around.pop()
        for other, whose in around:
            if whose != place:
                fix = "give one of them another range"
                yield BadInput(field, str(cidr), f"overlaps {other}, the {whose}", fix, "conflict")
        around.append((cidr, place))


def taken_by_others(site: Site, stands: Iterable[Stand]) -> list[Span]:
    """What is reserved, documented or in use, and no range of the site's own, merged."""
    own = merged(span for stand in stands for span in stand.spans)
    spans = (cidr.span for cidr in _taken(site))
    return merged(span for span in spans if not _holds(own, span))


def _taken(site: Site) -> dict[Cidr, str]:
    return dict.fromkeys(site.in_use, "in use") | dict(taken_networks(()))


def _holds(spans: Sequence[Span], inner: Span) -> bool:
    place = bisect_right(spans, (inner[0], LAST_ADDRESS)) - 1
    return place >= 0 and inner[1] <= spans[place][1]
