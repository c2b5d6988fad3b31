"""Whereabouts as its rules read, one line after the other: slow, and nothing to get wrong.

Rules: a list of reservations and nothing else. Every add looks through the whole list for the pod, gathers all taken
addresses and walks from the first address; every del looks through the whole list. O(n) an event, O(n^2) a fill, like
the real allocator. Where several reservations answer, the lowest address counts, which is the planner's own choice.
Each release is told apart by its number alone: 0.6.3, 0.8.0 and 0.9.0 are the borders.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple


class Reservation(NamedTuple):
    """One line of the list; `address` is an int, so that the list sorts by it."""

    address: int
    podref: str
    container_id: str
    ifname: str


class NaiveExhausted(Exception):  # noqa: N818  # the counterpart of PoolExhausted
    """The line in which Whereabouts refuses."""


class NaivePool:
    """The oracle: the same questions as Pool, answered with text and None."""

    def __init__(
        self,
        range: str,
        exclude: Iterable[str] = (),
        range_start: str | None = None,
        range_end: str | None = None,
        *,
        whereabouts: str = "0.9.4",
    ) -> None:
        self.network = ipaddress.IPv4Network(range, strict=False)
        self.exclude = list(exclude)
        self.excluded = [ipaddress.IPv4Network(entry, strict=False) for entry in self.exclude]
        self.release = tuple(map(int, whereabouts.split(".")))
        self.reservations: list[Reservation] = []
        self.first, self.last = int(self.network[1]), int(self.network[-2])
        if range_start is not None and self.first <= int(ipaddress.IPv4Address(range_start)) <= self.last:
            self.first = int(ipaddress.IPv4Address(range_start))
        if range_end is not None and self.first <= int(ipaddress.IPv4Address(range_end)) <= self.last:
            self.last = int(ipaddress.IPv4Address(range_end))

    def add(self, podref: str, container_id: str, ifname: str) -> str:
        """The address the interface gets."""
        if self.release >= (0, 8, 0):
            own = [one for one in self.reservations if one.podref == podref and one.ifname == ifname]
            if own:
                self.reservations.remove(min(own))
                self.reservations.append(min(own)._replace(container_id=container_id))
                return text(min(own).address)
        taken = {one.address for one in self.reservations}
        for address in range(self.first, self.last + 1):
            if address not in taken and self.assignable(address):
                self.reservations.append(Reservation(address, podref, container_id, ifname))
                return text(address)
        raise NaiveExhausted(self.refusal())

    def delete(self, container_id: str, ifname: str) -> str | None:
        """The address freed."""
        found = [one for one in self.reservations if one.container_id == container_id]
        if self.release >= (0, 9, 0):
            found = [one for one in found if one.ifname == ifname]
        if not found:
            return None
        self.reservations.remove(min(found))
        return text(min(found).address)

    def assignable(self, address: int) -> bool:
        """Whether an address may ever be handed out."""
        inside = self.first <= address <= self.last
        return inside and not any(ipaddress.IPv4Address(address) in block for block in self.excluded)

    def refusal(self) -> str:
        """The line for a full pool."""
        start = f"Could not allocate IP in range: ip: {text(self.first)} / - {text(self.last)} / range: "
        if self.release >= (0, 6, 3):
            return f"{start}{self.network} / excludeRanges: [{' '.join(self.exclude)}]"
        ip, mask = (
            ", ".join(f"{octet:#x}" for octet in address.packed)
            for address in (self.network.network_address, self.network.netmask)
        )
        return f"{start}net.IPNet{{IP:net.IP{{{ip}}}, Mask:net.IPMask{{{mask}}}}}"


def text(address: int) -> str:
    """The dotted form."""
    return str(ipaddress.IPv4Address(address))
