"""The range of a storage network, and the networks it must stay out of.

Rules: one meaning has one representation. A range is its network address and prefix length; its excludes are masked,
clipped to the range, merged, and kept as the fewest CIDRs. Usable are the addresses Whereabouts can hand out: neither
the network nor the broadcast address nor an excluded one, and none at all in a /31 or /32
[C whereabouts pkg/iphelpers/iphelpers.go].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Union

import attrs
import netaddr

from sn_planner.model.cidr import (
    IPV4_BITS,
    Cidr,
    Span,
    block_of,
    blocks_of,
    cidrs,
    clipped,
    gaps,
    merged,
    network_of,
    size,
)
from sn_planner.model.fields import list_of

if TYPE_CHECKING:
    import ipaddress

_Ip = Union["ipaddress.IPv4Network", "ipaddress.IPv6Network"]  # what ipaddress.ip_network may give
RangeLike = Union[str, "AddressRange", Cidr, netaddr.IPNetwork, _Ip]  # one name is text yet
"""What a range may be given as: CIDR text, an AddressRange, or a network object of netaddr or ipaddress."""
ExcludeLike = Union[RangeLike, netaddr.IPAddress, "ipaddress.IPv4Address", "ipaddress.IPv6Address"]
"""What an exclude may be given as: also a bare address, and as text a first and a last one with a dash between."""

SHORTEST_PREFIX = 16  # [C harvester pkg/webhook/resources/setting/validator.go]
LONGEST_PREFIX = 30  # /31 and /32 have no usable address [C whereabouts pkg/iphelpers/iphelpers.go]
_SHOWN_EXCLUDES = 3
LARGEST_CAPACITY = (1 << (IPV4_BITS - SHORTEST_PREFIX)) - 2


@attrs.frozen
class KeptNetwork:
    """A network that others already use, and who says so."""

    cidr: str
    use: str
    source: str

    @property
    def span(self) -> Span:
        """First and last address."""
        return network_of("network", self.cidr).span

    def overlaps(self, span: Span) -> bool:
        """Whether any address of `span` belongs to the network."""
        return any(True for _ in clipped((span,), self.span))


RESERVED = (
    KeptNetwork("10.52.0.0/16", "pods of the Harvester cluster", "[D 1.1-1.8] Storage Network"),
    KeptNetwork("10.53.0.0/16", "services of the Harvester cluster", "[D 1.1-1.8] Storage Network"),
    KeptNetwork("10.54.0.0/16", "kept free by this planner beside the pods and services", "the planner's own rule"),
)
DOCUMENTED = (
    KeptNetwork("10.42.0.0/16", "pods of guest clusters, by default", "[D 1.1-1.8] Storage Network"),
    KeptNetwork("10.43.0.0/16", "services of guest clusters, by default", "[D 1.1-1.8] Storage Network"),
)
PRIVATE = tuple(
    KeptNetwork(cidr, "private addresses", "RFC 1918") for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
NO_HOSTS = tuple(
    KeptNetwork(cidr, use, source)
    for cidr, use, source in (
        ("0.0.0.0/8", "this network", "RFC 6890, table 1"),
        ("127.0.0.0/8", "loopback", "RFC 6890, table 4"),
        ("224.0.0.0/3", "multicast and reserved", "RFC 5771; RFC 6890, table 15"),
    )
)
LINK_LOCAL = KeptNetwork("169.254.0.0/16", "link-local addresses", "RFC 6890, table 5")


def capacity(prefix_length: int) -> int:
    """Addresses Whereabouts can assign in a range of this prefix length without excludes [addresses].

    >>> capacity(26), capacity(31)
    (62, 0)
    """
    return max((1 << (IPV4_BITS - prefix_length)) - 2, 0)


def prefix_for(addresses: int) -> int | None:
    """The longest prefix whose capacity holds that many addresses; None when no IPv4 range does.

    >>> prefix_for(62), prefix_for(63), prefix_for(0), prefix_for(2**32)
    (26, 25, 30, None)
    """
    host_bits = max((addresses + 1).bit_length(), IPV4_BITS - LONGEST_PREFIX)
    return IPV4_BITS - host_bits if host_bits <= IPV4_BITS else None


def set_aside(block: Cidr, first: int, last: int) -> Iterator[Cidr]:
    """The first and the last usable addresses of a range, as CIDRs; all of them where it has no more [addresses].

    >>> [str(one) for one in set_aside(network_of("range", "10.0.0.0/29"), 1, 2)]
    ['10.0.0.1/32', '10.0.0.5/32', '10.0.0.6/32']
    """
    usable = capacity(block.prefix_length)
    yield from cidrs((block.first + 1, block.first + min(first, usable)))
    yield from cidrs((block.last - min(last, usable), block.last - 1))


@attrs.frozen(init=False, repr=False)
class AddressRange:
    """An IPv4 range with excludes, as Whereabouts understands them.

    `range` is CIDR text, a network object of netaddr or ipaddress, or an AddressRange, whose excludes count too;
    `exclude` are CIDRs (host bits are masked away), bare addresses, or a first and a last one ("10.0.0.6-10.0.0.9"),
    which may overlap, lie outside or cover the range. Its text tells both: "192.168.1.0/26 without 192.168.1.1/32";
    `cidr` is the range alone. Raises BadInput for host bits, IPv6, netmask and bare forms.

    >>> rng = AddressRange("192.168.1.0/26", exclude=["192.168.1.1"])
    >>> rng, rng.usable, rng.overlaps("192.168.1.32/27")
    (AddressRange('192.168.1.0/26', exclude=['192.168.1.1/32']), 61, True)
    """

    cidr: Cidr = attrs.field(alias="range")
    exclude: tuple[str, ...]
    _excluded: tuple[Span, ...] = attrs.field(init=False, eq=False)

    def __init__(self, range: RangeLike, exclude: Iterable[ExcludeLike] = ()) -> None:
        entries = list_of("exclude", exclude)
        if isinstance(range, AddressRange):
            network, entries = range.cidr, [*range.exclude, *entries]
        else:
            network = network_of("range", range)
        spans = (block.span for entry in entries for block in blocks_of("exclude", entry))
        excluded = merged(clipped(spans, network.span))
        self.__attrs_init__(network, tuple(str(block) for span in excluded for block in cidrs(span)))

    @_excluded.default
    def _spans(self) -> tuple[Span, ...]:
        return tuple(merged(block_of("exclude", entry).span for entry in self.exclude))

    @property
    def prefix_length(self) -> int:
        """The prefix length [bits]."""
        return self.cidr.prefix_length

    @property
    def network(self) -> netaddr.IPNetwork:
        """The range, without its excludes, as a netaddr object."""
        return netaddr.IPNetwork(str(self.cidr))

    @property
    def usable(self) -> int:
        """Addresses Whereabouts can hand out [addresses]."""
        return size(self.usable_spans)

    @property
    def usable_spans(self) -> tuple[Span, ...]:
        """The usable addresses as spans of ints, in order."""
        first, last = self.cidr.span
        if self.prefix_length > LONGEST_PREFIX:
            return ()
        return tuple(gaps((first + 1, last - 1), self._excluded))

    def excludes(self, address: int) -> bool:
        """Whether an address, as an int, lies in an exclude."""
        return any(first <= address <= last for first, last in self._excluded)

    def overlaps(self, other: RangeLike) -> bool:
        """Whether any address, usable or not, belongs to both ranges."""
        return self.cidr.overlaps(AddressRange(other).cidr)

    def __str__(self) -> str:
        return f"{self.cidr} without {', '.join(self.exclude)}" if self.exclude else str(self.cidr)

    def __repr__(self) -> str:
        shown = [*self.exclude[:_SHOWN_EXCLUDES], *(["…"] if len(self.exclude) > _SHOWN_EXCLUDES else [])]
        exclude = f", exclude={shown}" if shown else ""
        return f"AddressRange({str(self.cidr)!r}{exclude})"


def room_words(usable: int, required: int | None) -> str:
    """A range's addresses beside those a cluster needs [addresses].

    >>> room_words(62, 50), room_words(30, 50)
    ("62 usable, 50 needed at an upgrade's peak, 12 spare", "30 usable, 50 needed at an upgrade's peak, 20 too few")
    """
    if required is None:
        return f"{usable} usable"
    room = f"{usable - required} spare" if usable >= required else f"{required - usable} too few"
    return f"{usable} usable, {required} needed at an upgrade's peak, {room}"
