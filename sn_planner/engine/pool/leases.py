"""Leases as values and as an IPPool writes them.

Rules: inside a pool, a lease is an address as an int, (podref, ifname) and (container id, ifname). Outside, it is a
Lease, or an entry of an IPPool's `allocations`, whose key is the offset from the network address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Union

import attrs
from netaddr import IPAddress

from sn_planner.errors import ABSENT, BadInput, shown
from sn_planner.model.cidr import LAST_ADDRESS, parse_address
from sn_planner.model.fields import list_of, text, whole, whole_from_text
from sn_planner.model.pods import INTERFACE

if TYPE_CHECKING:
    import ipaddress

AddressLike = Union[str, IPAddress, "ipaddress.IPv4Address"]
"""What an address may be given as."""
Key = tuple[str, str]
"""(podref, ifname) or (container id, ifname)."""

Allocation = Mapping[str, str]
"""A lease as an IPPool writes it: `id`, `podref`, `ifname`."""
Allocations = Mapping[str, Allocation] | Mapping[int, Allocation] | Mapping[IPAddress, Allocation]
"""An IPPool's `spec.allocations`: by offset from the network address, or by address."""


@attrs.frozen
class Lease:
    """An address, the pod that holds it ("namespace/name"), its sandbox's container id and its interface.

    `ifname` is empty in leases that old releases of Whereabouts wrote; the name of no interface finds those.
    """

    address: IPAddress
    podref: str
    container_id: str
    ifname: str = INTERFACE

    @property
    def allocation(self) -> dict[str, str]:
        """The lease as an IPPool writes it; one without an interface has no such key."""
        named = {"id": self.container_id, "podref": self.podref}
        return {**named, "ifname": self.ifname} if self.ifname else named


def ip(address: int) -> IPAddress:
    """What `netaddr.IPAddress(address, 4)` is, made the way unpickling makes it: in half the time."""
    result = IPAddress.__new__(IPAddress)
    result.__setstate__((address, 4))  # type: ignore[attr-defined]  # the stubs leave pickling out
    return result


def written_address(field: str, value: object) -> int | None:
    """The IPv4 address in text or in an address object of netaddr or ipaddress; None for text that is none.

    Raises BadInput for what is neither text nor an address object.
    """
    if isinstance(value, str) or _is_address_object(value):
        return parse_address(str(value))
    raise BadInput(field, value, "is not an address", "give one like 192.168.0.10", "wrong-type")


def address_of(field: str, value: object) -> int:
    """The IPv4 address in text or in an address object; raises BadInput for what is none."""
    address = written_address(field, value)
    if address is None:
        raise BadInput(field, value, "is no IPv4 address", "give one like 192.168.0.10", "unreadable")
    return address


def held_by(leases: Iterable[Lease]) -> Iterator[tuple[int, Key, Key]]:
    """As `leases_of`, of Leases; raises BadInput for what is none, and for one that holds what a lease does not."""
    for one in list_of("leases", leases, "give a list of Lease"):
        if not isinstance(one, Lease):
            raise BadInput("leases", one, "is not a Lease", "write Lease(address, podref, container_id)", "wrong-type")
        podref, container_id, ifname = (
            text(f"leases {name}", getattr(one, name), empty=True) for name in ("podref", "container_id", "ifname")
        )
        yield address_of("leases", one.address), (podref, ifname), (container_id, ifname)


def leases_of(leases: object, network: int) -> Iterator[tuple[int, Key, Key]]:
    """Address, (podref, ifname) and (container id, ifname) of every allocation.

    Raises BadInput, with the allocation's key, for one that is incomplete or below the network address.
    """
    if not isinstance(leases, Mapping):
        raise BadInput("leases", leases, "is not a mapping", "give an IPPool's allocations", "wrong-type")
    for key, record in leases.items():
        field = f"leases {shown(key)}"
        if not isinstance(record, Mapping):
            raise BadInput(field, record, "is not a mapping", "give id, podref and ifname", "wrong-type")
        container_id = text(f"{field} id", record.get("id", ABSENT), empty=True)
        podref = text(f"{field} podref", record.get("podref", ABSENT), empty=True)
        ifname = text(f"{field} ifname", record.get("ifname", ""), empty=True)
        yield _leased_address(key, network), (podref, ifname), (container_id, ifname)


def _leased_address(key: object, network: int) -> int:
    """The address that an allocation's key means: an offset from the network address, or an address."""
    if _is_address_object(key) or (isinstance(key, str) and "." in key):
        address = address_of("leases", key)
    else:
        address = network + (whole_from_text("leases", key) if isinstance(key, str) else whole("leases", key))
    if not network <= address <= LAST_ADDRESS:
        fix = "give offsets from the network address, or addresses not below it"
        raise BadInput("leases", key, "is no address from the range on", fix, "out-of-bounds")
    return address


def _is_address_object(value: object) -> bool:
    return type(value).__module__.partition(".")[0] in {"netaddr", "ipaddress"}
