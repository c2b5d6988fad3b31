"""The range that a message tells: its bounds, its CIDR or Go's way to print one, its excludes.

Rules: white space means nothing in an address, for a message is wrapped anywhere; where it is cut off, nothing is told.
Between excludes a space separates, and a line break or the edge of a box may or may not: the reading is taken in which
every piece belongs to an exclude, and no two complete ones are read as one.

Source: [C whereabouts pkg/allocate/allocate.go, pkg/iphelpers/iphelpers.go]; releases before PRINTS_CIDR print the
range in Go syntax and no excludes. [C containernetworking/plugins plugins/ipam/host-local] prints the ends alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import attrs

from sn_planner.advice.pasted import BEGUN, BROKEN, EDGE, LOGGED
from sn_planner.model.cidr import IPV4_BITS, Cidr, clipped, gaps, merged, parse_cidr, size
from sn_planner.model.failures import packed, spaced

_ADDRESS = r"[0-9A-Fa-f.:\s]+"
_BYTES = r"[0-9a-fx,\s]*"
_RANGE = re.compile(
    rf"\s*{spaced('in range: ip:')}(?P<first>{_ADDRESS})/(?:\s*-(?P<last>{_ADDRESS})/(?:\s*{spaced('range:')}(?:"
    rf"\s*{spaced('net.IPNet{IP:net.IP{')}(?P<ip>{_BYTES})}}\s*,\s*{spaced('Mask:net.IPMask{')}(?P<mask>{_BYTES})}}|"
    rf"(?P<cidr>{_ADDRESS}/[\d\s]+)/(?:\s*{spaced('excludeRanges:')}\s*\[(?P<excludes>[^\[\]{{}}\"=]*)\])?))?)?"
)
_WRAP = rf"[ \t{EDGE}]{{0,400}}+[\n{BROKEN}][ \t{BEGUN}{LOGGED}{EDGE}]{{0,400}}+"
_ENDS = re.compile(
    rf"\s*{spaced('range set:')}(?P<first>{_ADDRESS})-\s*+(?P<last>[0-9A-Fa-f.:]+(?:{_WRAP}[0-9a-f.:]+(?![\w.:/-]))*)"
)
_SUBNET = re.compile(r",subnet\{([0-9a-f:.]+?)(f{7}[ef]|f{31}[ef])\}")  # a mask that leaves one bit at most
_SUBNET_WINDOW = 2_000  # [characters]
_PIECE = re.compile(r"(\S+)(\s*)")
_SURE = re.compile(r"[ \t]+|[ \t]\n[ \t]*")  # no line break, or a space and then one: two excludes, surely
_BYTE = re.compile(r"0x[0-9a-f]{1,2}")
_EXCLUDE = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9/]+|[0-9A-Fa-f]*:[0-9A-Fa-f.:/]*")  # the shape alone: quick to refuse
_LONGEST_EXCLUDE = len("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128")


@attrs.frozen(slots=False)  # with cached properties, slots break help() on Python 3.13
class ToldRange:
    """What a message tells of its range: a CIDR, the effective bounds and the excludes, as text.

    None is what it does not tell, or what cannot be read there.

    >>> told = ToldRange("172.16.0.0/29", "172.16.0.1", "172.16.0.4", ("172.16.0.2",))
    >>> told.usable, told.whole, told.between
    (3, 6, 4)
    """

    range: str | None = None
    first: str | None = None
    last: str | None = None
    excludes: tuple[str, ...] | None = None

    @cached_property
    def usable(self) -> int | None:
        """The addresses between the bounds and in no exclude [addresses]; None where the message does not tell."""
        if self.between is None or self.excludes is None:
            return None
        first, last = self._ends
        taken = ((one.first, one.last) for one in map(_block, self.excludes) if one is not None)
        return size(gaps((first, last), merged(clipped(taken, (first, last))))) if self.between else 0

    @property
    def whole(self) -> int | None:
        """What the range has without bounds and excludes, neither network nor broadcast address [addresses]."""
        return None if self.range is None else ToldRange(self.range).between

    @property
    def between(self) -> int | None:
        """The addresses between the bounds, excludes included [addresses]."""
        if self.range is None and (self.first is None or self.last is None):
            return None
        first, last = self._ends
        return max(last - first + 1, 0)

    @property
    def prefix_length(self) -> int | None:
        """The prefix length of the range [bits]."""
        cidr = parse_cidr(self.range or "")
        return None if cidr is None else cidr.prefix_length

    @property
    def is_ipv6(self) -> bool:
        """Whether its addresses are of IPv6."""
        return ":" in (self.range or self.first or "")

    @property
    def _ends(self) -> tuple[int, int]:
        """The first and the last address that count, as integers."""
        first, last = (None if one is None else _host(one) for one in (self.first, self.last))
        cidr = parse_cidr(self.range or "")
        if cidr is None:
            return (0, -1) if first is None or last is None else (first.address, last.address)
        start = cidr.first + 1 if first is None else max(cidr.first + 1, first.address)
        return start, cidr.last - 1 if last is None else min(cidr.last - 1, last.address)


def told_range(text: str, at: int) -> tuple[ToldRange, int]:
    """What Whereabouts says in a plain text behind "Could not allocate IP", and where that ends."""
    found = _RANGE.match(text, at)
    if found is None:
        return ToldRange(), at
    cidr = parse_cidr(packed(found["cidr"])) if found["cidr"] else _of_go(found["ip"] or "", found["mask"] or "")
    excludes = () if found["ip"] else None if found["excludes"] is None else tuple(_excludes(found["excludes"]))
    first, last = (one and str(one).partition("/")[0] for one in map(_host, (found["first"], found["last"] or "")))
    told = ToldRange(None if cidr is None else str(cidr.network), first, last, None if cidr is None else excludes)
    return told, found.end()


def told_ends(text: str, at: int) -> tuple[ToldRange, int]:
    """What host-local says behind "no IP addresses available in": the ends of its first range set."""
    found = _ENDS.match(text, at)
    if found is None:
        return ToldRange(), at
    last = _host(found["last"]) or _host(found["last"].split()[0])
    first, last_one = (one and str(one).partition("/")[0] for one in (_host(found["first"]), last))
    return ToldRange(None, first, last_one, ()), found.end()


def told_subnet(text: str, at: int) -> tuple[ToldRange, int]:
    """What Whereabouts says behind "net mask is too short": a subnet, and its mask in hexadecimal digits."""
    found = _SUBNET.match(packed(text[at : at + _SUBNET_WINDOW]))
    host = None if found is None else _host(found[1])
    if found is None or host is None:
        return ToldRange(excludes=()), at
    return ToldRange(str(host._replace(prefix_length=int(found[2], 16).bit_count()).network), excludes=()), at


def _host(text: str) -> Cidr | None:
    """The address that a text means, as its own block; None where it means none."""
    written = packed(text)
    return parse_cidr(f"{written}/{128 if ':' in written else IPV4_BITS}")


def _block(text: str) -> Cidr | None:
    """The block that an exclude means: a CIDR, host bits masked away, or an address."""
    return (parse_cidr(text) or _host(text)) if _EXCLUDE.fullmatch(text) else None


def _of_go(address: str, mask: str) -> Cidr | None:
    """The range in Go's bytes: four, or sixteen, whose last four are the IPv4 address where the mask has four."""
    values, ones = (_bytes(text) for text in (address, mask))
    if len(values) not in {4, 16} or len(ones) not in {4, 16} or len(values) < len(ones):
        return None
    number = int.from_bytes(values[-len(ones) :], "big")
    return Cidr(number, int.from_bytes(ones, "big").bit_count(), 8 * len(ones)).network


def _bytes(text: str) -> bytes:
    """Bytes as Go prints them; none where one of them is none."""
    written = packed(text).strip(",").split(",")
    return bytes(int(one, 16) for one in written) if all(map(_BYTE.fullmatch, written)) else b""


def _excludes(text: str) -> Iterator[str]:
    """The excludes between the brackets, read where white space still stands; what cannot be read is left out."""
    pieces: list[str] = []
    for piece, space in _PIECE.findall(text):
        pieces.append(piece)
        if _SURE.fullmatch(space):
            yield from _rejoined(pieces)
            pieces = []
    yield from _rejoined(pieces)


def _rejoined(pieces: list[str]) -> list[str]:
    """The excludes in pieces that line breaks made: every piece is used, and every exclude reads as one. O(pieces)."""
    # starts[n] is where the last exclude of a reading of the first n pieces begins, -1 where there is no reading: each
    # goes on from a shorter reading, the shortest last exclude first
    starts = [0]
    for end in range(1, len(pieces) + 1):
        start, written, found = end - 1, pieces[end - 1], -1
        while found < 0 and start >= 0 and len(written) <= _LONGEST_EXCLUDE:
            if starts[start] >= 0 and _block(written) is not None:
                found = start
            start -= 1
            written = pieces[start] + written
        starts.append(found)
    read: list[str] = []
    end = len(pieces) if starts[-1] >= 0 else 0
    while end > 0:
        read.append("".join(pieces[starts[end] : end]))
        end = starts[end]
    return read[::-1]
