"""Leases as values and as an IPPool writes them.

Rules: inside, a lease is an address as an int, (podref, ifname) and (container id, ifname). Outside, it is a Lease, or
an entry of an IPPool's `allocations`, whose key is the offset from the network address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs
from netaddr import IPAddress

from sn_planner.errors import ABSENT, SnPlannerError, shown
from sn_planner.model.cidr import IPV4_BITS, parse_address
from sn_planner.model.fields import whole, whole_from_text

INTERFACE = "lhnet1"  # Longhorn's storage interface [D 1.1-1.8 Storage Network, verification steps]
LAST_ADDRESS = (1 << IPV4_BITS) - 1

Key = tuple[str, str]
"""(podref, ifname) or (container id, ifname)."""


@attrs.frozen
class Lease:
    """An address, the pod that holds it ("namespace/name"), its sandbox's container id and its interface.

    `ifname` is empty in leases that old releases of Whereabouts wrote; the name of no interface finds those.
    """

    address: IPAddress
    podref: str
    container_id: str
    ifname: str = INTERFACE


def ip(address: int) -> IPAddress:
    """What `netaddr.IPAddress(address, 4)` is, made the way unpickling makes it: in a third of the time."""
    result = IPAddress.__new__(IPAddress)
    result.__setstate__((address, 4))  # type: ignore[attr-defined]  # the stubs leave pickling out
    return result


def written_address(field: str, value: object) -> int | None:
    """The IPv4 address in text or in an address object of netaddr or ipaddress; None for text that is none."""
    if isinstance(value, str) or _is_address_object(value):
        return parse_address(str(value))
    raise SnPlannerError(field, value, "is not an address", "give one like 192.168.0.10")


def address_of(field: str, value: object) -> int:
    """The IPv4 address in text or in an address object; raises SnPlannerError for text that is none."""
    address = written_address(field, value)
    if address is None:
        raise SnPlannerError(field, value, "is no IPv4 address", "give one like 192.168.0.10")
    return address


def _is_address_object(value: object) -> bool:
    return type(value).__module__.partition(".")[0] in {"netaddr", "ipaddress"}


def leases_of(leases: object, network: int) -> Iterator[tuple[int, Key, Key]]:
    """Address, (podref, ifname) and (container id, ifname) of every allocation."""
    if not isinstance(leases, Mapping):
        raise SnPlannerError("leases", leases, "is not a mapping", "give an IPPool's allocations")
    for key, record in leases.items():
        field = f"leases {shown(key)}"
        if not isinstance(record, Mapping):
            raise SnPlannerError(field, record, "is not a mapping", "give id, podref and ifname")
        container_id = text_of(f"{field} id", record.get("id", ABSENT))
        podref = text_of(f"{field} podref", record.get("podref", ABSENT))
        ifname = text_of(f"{field} ifname", record.get("ifname", ""))
        yield _leased_address(key, network), (podref, ifname), (container_id, ifname)


def _leased_address(key: object, network: int) -> int:
    """The address that an allocation's key means: an offset from the network address, or an address."""
    if _is_address_object(key) or (isinstance(key, str) and "." in key):
        address = address_of("leases", key)
    else:
        address = network + (whole_from_text("leases", key) if isinstance(key, str) else whole("leases", key))
    if not network <= address <= LAST_ADDRESS:
        fix = "give offsets from the network address, or addresses not below it"
        raise SnPlannerError("leases", key, "is no address from the range on", fix)
    return address


def allocation(pod: Key, sandbox: Key) -> dict[str, str]:
    """A lease as an IPPool writes it; one without an interface has no such key."""
    podref, ifname = pod
    named = {"id": sandbox[0], "podref": podref}
    return {**named, "ifname": ifname} if ifname else named


def text_of(field: str, value: object) -> str:
    """`value` if it is text, even the empty one."""
    if not isinstance(value, str):
        raise SnPlannerError(field, value, "is not text", "give a name")
    return value
