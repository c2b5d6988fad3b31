"""What Whereabouts is told of a range, what it makes of it, and the line in which it says that the range is full.

Rules: a range is one network, host bits masked away. `range_start` counts only among the usable addresses, `range_end`
only from the effective start on; anywhere else, and where they are no address, they are ignored without a word. An
exclude is masked too; it may overlap another, lie outside or reach past the ends. A /31 or /32 has nothing to hand out
and is refused before an exclude is even read. Releases before `PRINTS_CIDR` crash on an exclude that is not a CIDR.
Source: [C whereabouts pkg/types RangeConfiguration, pkg/iphelpers/iphelpers.go, pkg/allocate/allocate.go].
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from netaddr import IPAddress

from sn_planner.engine.pool.leases import AddressLike, ip, written_address
from sn_planner.errors import BadInput, NoAnswer
from sn_planner.model.cidr import (
    LAST_ADDRESS,
    Cidr,
    Span,
    address_text,
    block_of,
    clipped,
    network_of,
    parse_cidr,
    size,
    text_of,
)
from sn_planner.model.fields import list_of
from sn_planner.model.ranges import LONGEST_PREFIX, AddressRange, ExcludeLike, RangeLike
from sn_planner.model.releases import EXHAUSTION, NEWEST_WHEREABOUTS, PRINTS_CIDR, whereabouts_version


class PoolExhausted(NoAnswer):
    """No address is left: its text is Whereabouts' own line, its parts are the attributes.

    `first` and `last` are the effective bounds, `range` is the CIDR in text, `excludes` are the excludes as they were
    given; `whereabouts` is the release whose words it speaks: before 0.6.3 the range is printed in Go syntax, and no
    excludes [C whereabouts pkg/allocate/allocate.go].

    >>> print(PoolExhausted(IPAddress("172.16.0.1"), IPAddress("172.16.0.6"), "172.16.0.0/29"))
    Could not allocate IP in range: ip: 172.16.0.1 / - 172.16.0.6 / range: 172.16.0.0/29 / excludeRanges: []
    """

    def __init__(
        self,
        first: IPAddress,
        last: IPAddress,
        range: str,
        excludes: tuple[str, ...] = (),
        whereabouts: str = NEWEST_WHEREABOUTS,
    ) -> None:
        fix = "release a lease or plan a larger range"
        super().__init__("range", range, "has no free address", fix, "pool-exhausted")
        self.args = (first, last, range, excludes, whereabouts)  # what pickle and copy call the class with
        self.first = first
        self.last = last
        self.range = range
        self.excludes = excludes
        self.whereabouts = whereabouts

    def renamed(self, field: str) -> PoolExhausted:
        """The same refusal under another name of its field; its line stays Whereabouts' own."""
        again = PoolExhausted(*self.args)
        again.field = field
        return again

    def __str__(self) -> str:
        bounds = f"{EXHAUSTION}: ip: {self.first} / - {self.last} / range: "
        if PRINTS_CIDR.applies_to(self.whereabouts):
            return f"{bounds}{self.range} / excludeRanges: [{' '.join(self.excludes)}]"
        return bounds + _go_syntax(network_of("range", self.range))


@attrs.frozen(init=False)
class RangeConfiguration:
    """A range as a release of Whereabouts is told it, with what that release makes of it.

    `range` has its excludes, `exclude` tells them as they were written. `range_start` and `range_end` are the bounds,
    None where there is none or it is no IPv4 address. Raises BadInput for a range or an exclude that is not IPv4 or not
    readable, for a /31 or /32, for an exclude that crashes the release, and for text that is no release of Whereabouts.

    >>> configuration = RangeConfiguration("172.16.0.0/29", ["172.16.0.1"], range_end="172.16.0.4")
    >>> configuration.capacity, configuration.range
    (3, AddressRange('172.16.0.0/29', exclude=['172.16.0.1/32']))
    """

    cidr: Cidr = attrs.field(alias="range")
    exclude: tuple[str, ...]
    range_start: str | None
    range_end: str | None
    whereabouts: str
    range: AddressRange = attrs.field(
        init=False, eq=False, default=attrs.Factory(lambda self: AddressRange(self.cidr, self.exclude), takes_self=True)
    )

    def __init__(
        self,
        range: RangeLike,
        exclude: Iterable[ExcludeLike] | None = (),
        range_start: AddressLike | None = None,
        range_end: AddressLike | None = None,
        whereabouts: str = NEWEST_WHEREABOUTS,
    ) -> None:
        release = whereabouts_version(whereabouts)
        cidr, own = (range.cidr, range.exclude) if isinstance(range, AddressRange) else (_network_of(range), ())
        if cidr.prefix_length > LONGEST_PREFIX:
            fix = f"give a range of prefix length {LONGEST_PREFIX} or less"
            raise BadInput("range", str(cidr), "has no usable addresses", fix, "no-usable-addresses")
        given = list_of("exclude", () if exclude is None else exclude)
        entries = [*own, *(text_of("exclude", one) for one in given)]
        if not PRINTS_CIDR.applies_to(release):
            _refuse_what_crashes(entries, release)
        for entry in entries:  # Whereabouts reads no first and last address, as AddressRange does
            block_of("exclude", entry)
        start, end = _bound("range_start", range_start), _bound("range_end", range_end)
        self.__attrs_init__(cidr, tuple(entries), start, end, release)

    @property
    def bounds(self) -> Span:
        """The effective first and last address: a bound counts only among the addresses that it narrows."""
        first, last = self.cidr.first + 1, self.cidr.last - 1
        start = first if self.range_start is None else int(IPAddress(self.range_start))
        first = start if first <= start <= last else first
        end = last if self.range_end is None else int(IPAddress(self.range_end))
        return first, end if first <= end <= last else last

    @property
    def spans(self) -> tuple[Span, ...]:
        """The addresses that may be handed out, in order."""
        return tuple(clipped(self.range.usable_spans, self.bounds))

    @property
    def capacity(self) -> int:
        """Addresses that can be leased at once [addresses]."""
        return size(self.spans)

    @property
    def refusal(self) -> PoolExhausted:
        """What a pod is told when all of them are leased."""
        first, last = self.bounds
        return PoolExhausted(ip(first), ip(last), str(self.cidr), self.exclude, self.whereabouts)


def _network_of(range: object) -> Cidr:
    """The network that `range` means, host bits masked away."""
    try:
        return network_of("range", range)
    except BadInput as refusal:
        if refusal.code != "host-bits-set":
            raise
    return block_of("range", range)


def _bound(field: str, value: object) -> str | None:
    """The dotted form of a bound; None where it is none that Whereabouts reads."""
    address = None if value is None else written_address(field, value)
    return None if address is None else address_text(address)


def _refuse_what_crashes(entries: Iterable[str], release: str) -> None:
    """Refuses every exclude that is not a CIDR: a release before PRINTS_CIDR uses what it did not read."""
    for entry in entries:
        if parse_cidr(entry) is None:
            problem = f"crashes Whereabouts {release} on every add"
            fix = f"write it as a CIDR, like 10.0.0.1/32, or plan for Whereabouts {PRINTS_CIDR.since} or later"
            raise BadInput("exclude", entry, problem, fix, "exclude-not-a-cidr")


def _go_syntax(network: Cidr) -> str:
    """The network as Go's `%#v` prints it."""
    mask = LAST_ADDRESS ^ (network.last - network.first)
    octets = (", ".join(map(hex, value.to_bytes(4, "big"))) for value in (network.first, mask))
    return "net.IPNet{{IP:net.IP{{{}}}, Mask:net.IPMask{{{}}}}}".format(*octets)
