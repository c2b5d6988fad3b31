"""CIDR text and integers: the one place where addresses are read and written.

Rules: an address is a plain int, a span is a pair (first, last) with both ends included. The text form is the one
Harvester's webhook reads (Go's net.ParseCIDR): four decimal octets without leading zeros or an IPv6 address, a slash,
a decimal prefix length. No netmask form, no bare address, no zone, no spaces. What people write besides, a first and a
last address with a dash between, is a span and no CIDR: it is read where addresses are meant and not a setting's text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from typing import Literal, NamedTuple

import netaddr

from sn_planner.errors import BadInput, shown

IPV4_BITS = 32
_IPV6_BITS = 128
_PREFIX_DIGITS = 9  # more are no prefix length, and need not be read
LAST_ADDRESS = (1 << IPV4_BITS) - 1
_MAPPED_BITS = _IPV6_BITS - IPV4_BITS
_MAPPED_PREFIX = 0xFFFF << IPV4_BITS
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ORDINARY = re.compile(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}/(3[0-2]|[12]?[0-9])")
_FIRST_LAST = re.compile(r"\s*([0-9.]+)\s*[-\u2010-\u2015\u2212]\s*([0-9.]+)\s*")  # hyphens, dashes, the minus sign

Span = tuple[int, int]
Version = Literal[4, 6]


class Cidr(NamedTuple):
    """A CIDR as written: its address may have host bits set. `bits` is 32 for IPv4 and 128 for IPv6."""

    address: int
    prefix_length: int
    bits: int = IPV4_BITS

    @property
    def first(self) -> int:
        """The network address."""
        host_bits = self.bits - self.prefix_length
        return self.address >> host_bits << host_bits

    @property
    def last(self) -> int:
        """The last address of the block (the broadcast address in IPv4)."""
        return self.first + (1 << (self.bits - self.prefix_length)) - 1

    @property
    def span(self) -> Span:
        """The network address and the last address."""
        return self.first, self.last

    @property
    def has_host_bits(self) -> bool:
        """Whether the address as written is not the network address."""
        return self.address != self.first

    @property
    def is_ipv4(self) -> bool:
        """Whether Go calls the network IPv4: an IPv4-mapped IPv6 network (::ffff:a.b.c.d) counts."""
        return self.bits == IPV4_BITS or self.first >> IPV4_BITS == _MAPPED_PREFIX >> IPV4_BITS

    @property
    def unmapped(self) -> Cidr:
        """The IPv4 network that an IPv4-mapped one stands for; any other network itself."""
        if self.bits == IPV4_BITS or not self.is_ipv4:
            return self
        return Cidr(self.address - _MAPPED_PREFIX, self.prefix_length - _MAPPED_BITS)

    @property
    def network(self) -> Cidr:
        """The same block written from its network address."""
        return Cidr(self.first, self.prefix_length, self.bits)

    def overlaps(self, other: Cidr) -> bool:
        """Whether an address belongs to both; never across IP versions."""
        return self.bits == other.bits and self.first <= other.last and other.first <= self.last

    def __repr__(self) -> str:
        return f"Cidr({str(self)!r})"

    def __str__(self) -> str:
        text = address_text(self.address) if self.bits == IPV4_BITS else _ipv6_text(self.address)
        return f"{text}/{self.prefix_length}"


def _ipv6_text(address: int) -> str:
    """As `inet_ntop` writes it, in every Python, an IPv4 address inside as one."""
    from ipaddress import IPv6Address

    head, tail = divmod(address, 1 << IPV4_BITS)
    if head == _MAPPED_PREFIX >> IPV4_BITS or (not head and tail >= 1 << 16):
        return f"::{'ffff:' if head else ''}{address_text(tail)}"
    return str(IPv6Address(address))


def parse_cidr(text: str) -> Cidr | None:
    """The CIDR that `text` writes, or None where the webhook would not read one.

    >>> parse_cidr("10.0.0.5/24")
    Cidr('10.0.0.5/24')
    >>> parse_cidr("010.0.0.0/24") is parse_cidr("10.0.0.0") is parse_cidr("10.0.0.0/255.255.255.0") is None
    True
    """
    if ordinary := _ORDINARY.fullmatch(text):  # what a list of thousands of networks is made of
        a, b, c, d, length = map(int, ordinary.groups())
        return Cidr(a << 24 | b << 16 | c << 8 | d, length)
    host, _, prefix = text.partition("/")
    version: Version = 6 if ":" in host else 4
    bits = _IPV6_BITS if version == 6 else IPV4_BITS
    if not (prefix.isascii() and prefix.isdigit() and len(prefix) <= _PREFIX_DIGITS and int(prefix) <= bits):
        return None
    address = _parse_host(host, version)
    return None if address is None else Cidr(address, int(prefix), bits)


def parse_address(text: str) -> int | None:
    """The IPv4 address that `text` writes in four decimal octets, or None."""
    return _parse_host(text, 4)


def parse_span(text: str) -> Span | None:
    """The first and the last address in a text like "10.0.0.6-10.0.0.9", or None; the last may be its last octet alone.

    >>> parse_span("10.0.0.6 - 10.0.0.9") == parse_span("10.0.0.6-9") == (0x0A000006, 0x0A000009)
    True
    >>> parse_span("10.0.0.9-10.0.0.6") is parse_span("10.0.0.0/24") is None
    True
    """
    match = _FIRST_LAST.fullmatch(text)
    if match is None:
        return None
    before = "" if "." in match[2] else f"{match[1].rpartition('.')[0]}."
    first, last = parse_address(match[1]), parse_address(f"{before}{match[2]}")
    return None if first is None or last is None or last < first else (first, last)


def address_text(address: int) -> str:
    """The dotted form of an IPv4 address."""
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"  # plans hold many thousands


def network_of(field: str, value: object) -> Cidr:
    """The IPv4 network that `value` means: CIDR text, or an object of netaddr or ipaddress that prints as one.

    Raises BadInput, with the finding code, for anything else: IPv6, host bits, netmasks, bare addresses.
    """
    cidr, text = (value, "") if isinstance(value, Cidr) else _read(field, value)
    if cidr is None:
        raise BadInput(field, value, *_why_not_a_cidr(text), "not-a-cidr")
    if cidr.bits != IPV4_BITS:
        raise BadInput(field, value, "is IPv6", "a storage network is IPv4: give an IPv4 network", "not-ipv4")
    if cidr.has_host_bits:
        raise BadInput(field, value, "has host bits set", f"use its network address, {cidr.network}", "host-bits-set")
    return cidr


def block_of(field: str, value: object) -> Cidr:
    """The IPv4 block that Whereabouts reads from an exclude: a CIDR, host bits masked away, or a bare address."""
    text = text_of(field, value)
    cidr = parse_cidr(text) or parse_cidr(f"{text}/{IPV4_BITS}")
    if cidr is None or cidr.bits != IPV4_BITS:
        problem = "is no IPv4 CIDR and no IPv4 address"
        fix = _from_span(text) or "write it like 10.0.0.0/28 or 10.0.0.1"
        raise BadInput(field, value, problem, fix, "exclude-not-a-cidr")
    return cidr.network


def blocks_of(field: str, value: object) -> tuple[Cidr, ...]:
    """The IPv4 blocks that an exclude means outside of a setting: `block_of`, or the fewest from a first to a last one.

    >>> [str(block) for block in blocks_of("exclude", "10.0.0.6-10.0.0.9")]
    ['10.0.0.6/31', '10.0.0.8/31']
    """
    span = parse_span(value) if isinstance(value, str) else None
    return (block_of(field, value),) if span is None else tuple(cidrs(span))


def holding(cidr: Cidr, known: Container[Cidr]) -> Iterator[Cidr]:
    """Those of some known networks that hold a CIDR, the widest first, itself last; in as many steps as it has bits.

    >>> pools = {Cidr(10 << 24, 8), Cidr(10 << 24, 16)}
    >>> list(holding(Cidr(10 << 24 | 5, 32), pools)), list(holding(Cidr(11 << 24, 8), pools))
    ([Cidr('10.0.0.0/8'), Cidr('10.0.0.0/16')], [])
    """
    around = (Cidr(cidr.address, length, cidr.bits).network for length in range(cidr.prefix_length + 1))
    return (one for one in around if one in known)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same addresses as the fewest spans, in order: overlapping and touching ones become one. O(n log n)."""
    result: list[Span] = []
    end = -2
    for first, last in sorted(spans):
        if first > end + 1:  # a gap of one address at least; touching spans become one
            result.append((first, last))
            end = last
        elif last > end:
            result[-1] = (result[-1][0], last)
            end = last
    return result


def gaps(whole: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """The parts of `whole` that no span of `taken` covers, in order; `taken` is in order and does not overlap."""
    start, end = whole
    for first, last in taken:
        if last < start:
            continue
        if first > end:
            break
        if first > start:
            yield start, first - 1
        start = last + 1
    if start <= end:
        yield start, end


def clipped(spans: Iterable[Span], whole: Span) -> Iterator[Span]:
    """The parts of `spans` inside `whole`, in the order given."""
    start, end = whole
    return ((max(first, start), min(last, end)) for first, last in spans if first <= end and last >= start)


def size(spans: Iterable[Span]) -> int:
    """How many addresses the spans hold, if none overlap [addresses]."""
    return sum(last - first + 1 for first, last in spans)


def cidrs(span: Span, longest: int = IPV4_BITS) -> Iterator[Cidr]:
    """The fewest aligned IPv4 blocks that make up `span`, in order; those with a prefix beyond `longest` left out."""
    start, end = span
    smallest = 1 << (IPV4_BITS - longest)
    start = -(-start // smallest) * smallest
    stop = (end + 1) // smallest * smallest
    while start < stop:
        # the largest block that fits what is left and that its address is aligned to: its lowest one-bit says how far
        host_bits = min((stop - start).bit_length() - 1, (start & -start).bit_length() - 1 if start else IPV4_BITS)
        yield Cidr(start, IPV4_BITS - host_bits)
        start += 1 << host_bits


def _parse_host(text: str, version: Version) -> int | None:
    """The address that `text` writes, or None.

    IPv6 is read by the standard library: where a system has no IPv6, as in a browser, netaddr's own reader fails.
    """
    try:
        if version == 4:
            return int(netaddr.IPAddress(text, 4, flags=netaddr.INET_PTON))
        from ipaddress import IPv6Address

        return None if "%" in text else int(IPv6Address(text))  # a zone is no part of an address
    except (netaddr.AddrFormatError, ValueError):
        return None


def _read(field: str, value: object) -> tuple[Cidr | None, str]:
    text = text_of(field, value)
    return parse_cidr(text), text


def text_of(field: str, value: object) -> str:
    """Text as it is, of a network or address object its text, of an AddressRange that without its excludes.

    Raises BadInput for what is neither.
    """
    if isinstance(value, str):
        return value
    home = type(value).__module__.partition(".")[0]
    if home == "sn_planner":
        value = getattr(value, "cidr", value)
    if home in {"netaddr", "ipaddress"} or isinstance(value, str | Cidr):
        return str(value)
    raise BadInput(field, value, "is not a network", "give CIDR text like 192.168.0.0/26", "not-a-cidr")


def _from_netmask(text: str) -> str:
    """The CIDR of an address and a netmask or hostmask."""
    try:
        return str(netaddr.IPNetwork(text).cidr)
    except netaddr.AddrFormatError:
        return "like 192.168.0.0/26"


def _from_span(text: str) -> str:
    """The fix for a first and a last address: the CIDRs that they stand for; nothing for any other text."""
    span = parse_span(text)
    return "" if span is None else f"write it as {', '.join(map(str, cidrs(span)))}"


def _why_not_a_cidr(text: str) -> tuple[str, str]:
    """Problem and fix for text that `parse_cidr` does not read."""
    host, slash, mask = text.strip().partition("/")
    address = parse_address(host)
    if not slash and address is not None:
        return "has no prefix length", "write it behind the address, as in 192.168.0.0/26"
    if address is not None and parse_address(mask) is not None:
        return "has a netmask", f"write the prefix length, {_from_netmask(text.strip())}"
    if parse_cidr(text.strip()):
        return "has white space around it", f"write {shown(text.strip())}"
    if blocks := _from_span(text):
        return "is a first and a last address", blocks
    return "is not a CIDR", "write four decimal octets, a slash and a prefix length, like 192.168.0.0/26"
