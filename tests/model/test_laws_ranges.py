"""Laws of ranges, of their usable addresses, and of spans."""

from __future__ import annotations

import ipaddress
import itertools

import netaddr
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.engine.space import free_space
from sn_planner.model.cidr import (
    IPV4_BITS,
    Cidr,
    address_text,
    block_of,
    blocks_of,
    cidrs,
    merged,
    parse_address,
    parse_cidr,
    parse_span,
    size,
)
from sn_planner.model.ranges import AddressRange, RangeLike
from tests import strategies

spans = st.tuples(st.integers(0, 300), st.integers(0, 60)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def enumerated(network: Cidr, excludes: list[str]) -> set[int]:
    """The addresses Whereabouts can hand out, one by one, by another library."""
    hosts = {int(host) for host in ipaddress.ip_network(str(network)).hosts()} if network.prefix_length < 31 else set()
    return hosts - {
        int(ip) for entry in excludes for ip in ipaddress.ip_network(entry, strict=False) if int(ip) in hosts
    }


@given(strategies.ranges_with_excludes(shortest=24))
def test_usable_equals_enumeration(case: tuple[Cidr, list[str]]) -> None:
    """Interval arithmetic counts what enumeration counts, excludes of every kind included."""
    network, excludes = case
    rng = AddressRange(str(network), excludes)
    hosts = enumerated(network, excludes)
    assert rng.usable == len(hosts)
    assert {address for first, last in rng.usable_spans for address in range(first, last + 1)} == hosts
    inside = range(network.first, network.last + 1)
    assert all(rng.excludes(one) or one in hosts or one in network.span for one in inside)


@given(strategies.ranges_with_excludes())
def test_a_range_is_its_normal_form(case: tuple[Cidr, list[str]]) -> None:
    """The normalised excludes mean the same range again, in any order."""
    network, excludes = case
    rng = AddressRange(str(network), excludes)
    assert AddressRange(rng.cidr, rng.exclude) == rng == AddressRange(rng) == AddressRange(str(network), excludes[::-1])
    assert AddressRange(AddressRange(str(network)), excludes) == rng
    assert hash(AddressRange(rng.cidr, rng.exclude)) == hash(rng)
    assert str(rng) == " without ".join(filter(None, [str(network), ", ".join(rng.exclude)]))


@given(
    strategies.cidrs(shortest=22),
    st.lists(st.tuples(st.integers(-300, 1300), st.integers(0, 600)), max_size=4),
    st.sampled_from(["-", " - ", "–", " — ", "‑"]),
)
def test_a_first_and_a_last_address_exclude_what_is_between(
    network: Cidr, offsets: list[tuple[int, int]], dash: str
) -> None:
    """An exclude may name its first and its last address: it means each address between, wherever the range lies."""
    last = 2**IPV4_BITS - 1
    ends = [
        (min(max(network.first + start, 0), last), min(max(network.first + start, 0) + length, last))
        for start, length in offsets
    ]
    rng = AddressRange(network, [f"{address_text(first)}{dash}{address_text(end)}" for first, end in ends])
    excluded = {one for first, end in ends for one in range(first, end + 1)}
    inside = range(network.first, network.last + 1)
    assert {one for one in inside if rng.excludes(one)} == excluded & set(inside)
    assert rng.usable == len(enumerated(network, []) - excluded)
    assert AddressRange(network, rng.exclude) == rng
    for first, end in ends:
        blocks = blocks_of("exclude", f"{address_text(first)}-{address_text(end)}")
        assert list(blocks) == list(cidrs((first, end)))


def test_the_last_address_may_be_its_last_octet() -> None:
    """As Infoblox writes the range of a DHCP server: 10.176.90.4-126."""
    assert AddressRange("10.176.90.0/25", ["10.176.90.4-126"]).usable == 3
    short = AddressRange("192.168.205.0/24", ["192.168.205.6-192.168.205.254"])
    assert short.exclude[:3] == ("192.168.205.6/31", "192.168.205.8/29", "192.168.205.16/28")
    assert (len(short.exclude), short.usable) == (12, 5)


@pytest.mark.parametrize("exclude", ["10.0.0.9-10.0.0.6", "10.0.0.6-", "10.0.0.6-256", "10.0.0.6-10.0.1", "1-2-3"])
def test_other_spans_are_no_excludes(exclude: str) -> None:
    """A span that ends before it begins, or without an address, is refused."""
    assert parse_span(exclude) is None
    with pytest.raises(sn.SnPlannerError, match="exclude .* is no IPv4 CIDR and no IPv4 address"):
        AddressRange("10.0.0.0/24", [exclude])


def test_where_whereabouts_reads_a_span_is_refused_with_its_cidrs() -> None:
    """A pool and a setting take CIDRs only: the fix names those that the span stands for."""
    with pytest.raises(
        sn.SnPlannerError, match=r"'10.0.0.6-10.0.0.9' is no IPv4 CIDR .*; write it as 10.0.0.6/31, 10.0.0.8/31"
    ):
        block_of("exclude", "10.0.0.6-10.0.0.9")


@given(st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}", fullmatch=True))
def test_cidr_text_is_read_as_ipaddress_reads_it(text: str) -> None:
    """The quick way of reading an ordinary CIDR accepts and refuses what another library does."""
    try:
        other = ipaddress.ip_interface(text)
    except ValueError:
        assert parse_cidr(text) is None
    else:
        assert parse_cidr(text) == Cidr(int(other.ip), other.network.prefixlen)


@given(strategies.cidrs(), strategies.cidrs())
def test_overlap_is_symmetric_and_as_netaddr_says(a: Cidr, b: Cidr) -> None:
    """Two ranges overlap exactly when netaddr's sets share an address."""
    ours, theirs = AddressRange(str(a)), AddressRange(str(b))
    shared = netaddr.IPNetwork(str(a)) in netaddr.IPNetwork(str(b)) or netaddr.IPNetwork(str(b)) in netaddr.IPNetwork(
        str(a)
    )
    assert ours.overlaps(theirs) == theirs.overlaps(str(a)) == shared


@given(st.integers(0, 2**IPV4_BITS - 1), st.integers(0, IPV4_BITS))
def test_text_and_numbers_are_inverse(address: int, prefix_length: int) -> None:
    """Writing a CIDR and reading it again changes nothing, host bits included."""
    cidr = Cidr(address, prefix_length)
    assert parse_cidr(str(cidr)) == cidr
    assert cidr.first <= address <= cidr.last


@given(st.lists(spans), spans)
def test_free_and_taken_are_the_whole(taken: list[tuple[int, int]], pool: tuple[int, int]) -> None:
    """What is free and what is taken share nothing and make up the pool."""
    free = list(free_space(pool, merged(taken)))
    free_addresses = {one for first, last in free for one in range(first, last + 1)}
    taken_addresses = {one for first, last in taken for one in range(first, last + 1)}
    assert free_addresses == set(range(pool[0], pool[1] + 1)) - taken_addresses
    assert merged(free) == free


@given(st.lists(spans))
def test_merging_is_idempotent_and_keeps_the_addresses(some: list[tuple[int, int]]) -> None:
    """Merged spans hold the same addresses, apart from each other, and merging again changes nothing."""
    result = merged(some)
    assert size(result) == len({one for first, last in some for one in range(first, last + 1)})
    assert merged(result) == result
    assert all(after[0] > before[1] + 1 for before, after in itertools.pairwise(result))


@given(st.integers(0, 2**IPV4_BITS - 1), st.integers(0, 2**20), st.integers(20, IPV4_BITS))
def test_blocks_are_the_fewest(first: int, length: int, longest: int) -> None:
    """A span is cut into the fewest aligned blocks; with a longest prefix, the smaller ones are left out."""
    last = min(first + length, 2**IPV4_BITS - 1)
    blocks = [(block.first, block.prefix_length) for block in cidrs((first, last))]
    assert blocks == [
        (int(one.first), one.prefixlen)
        for one in netaddr.iprange_to_cidrs(netaddr.IPAddress(first), netaddr.IPAddress(last))
    ]
    kept = [(block.first, block.prefix_length) for block in cidrs((first, last), longest)]
    assert kept == [block for block in blocks if block[1] <= longest]


def test_every_address_is_one_block() -> None:
    """The whole of IPv4 is a single /0."""
    assert list(cidrs((0, 2**IPV4_BITS - 1))) == [Cidr(0, 0)]
    assert AddressRange("0.0.0.0/0").usable == 2**32 - 2


@pytest.mark.parametrize(
    "network",
    [
        "192.168.1.0/26",
        netaddr.IPNetwork("192.168.1.0/26"),
        ipaddress.ip_network("192.168.1.0/26"),
        AddressRange("192.168.1.0/26"),
        Cidr(0xC0A80100, 26),
    ],
)
def test_range_takes_text_and_objects(network: RangeLike) -> None:
    """A range may be text, or a network of netaddr, ipaddress or this package."""
    rng = AddressRange(network, exclude=[netaddr.IPAddress("192.168.1.1"), ipaddress.ip_address("192.168.1.2")])
    assert str(rng) == "192.168.1.0/26 without 192.168.1.1/32, 192.168.1.2/32"
    assert (str(rng.cidr), rng.usable, rng.prefix_length) == ("192.168.1.0/26", 60, 26)
    assert rng.network == netaddr.IPNetwork("192.168.1.0/26")
    assert repr(rng) == "AddressRange('192.168.1.0/26', exclude=['192.168.1.1/32', '192.168.1.2/32'])"
    assert repr(AddressRange(network)) == "AddressRange('192.168.1.0/26')"
    many = AddressRange(network, exclude=[f"192.168.1.{2 * number}" for number in range(5)])
    assert repr(many).endswith("'192.168.1.2/32', '192.168.1.4/32', '…'])")


@pytest.mark.parametrize(
    ("network", "code", "fix"),
    [
        ("192.168.1.5/26", "host-bits-set", "use its network address, 192.168.1.0/26"),
        ("192.168.1.0", "not-a-cidr", "write it behind the address, as in 192.168.0.0/26"),
        ("192.168.1.2-192.168.1.5", "not-a-cidr", "write it as 192.168.1.2/31, 192.168.1.4/31"),
        ("192.168.1.0/255.255.255.0", "not-a-cidr", "write the prefix length, 192.168.1.0/24"),
        ("192.168.1.0/0.0.0.255", "not-a-cidr", "write the prefix length, 192.168.1.0/24"),
        ("192.168.1.0/255.0.255.0", "not-a-cidr", "write the prefix length, like 192.168.0.0/26"),
        (" 192.168.1.0/26", "not-a-cidr", "write '192.168.1.0/26'"),
        ("192.168.1.0/33", "not-a-cidr", "like 192.168.0.0/26"),
        ("192.168.01.0/24", "not-a-cidr", "like 192.168.0.0/26"),
        ("１92.168.1.0/24", "not-a-cidr", "like 192.168.0.0/26"),
        ("192.168.1.0/２４", "not-a-cidr", "like 192.168.0.0/26"),
        ("192.168.1.0/" + "9" * 5000, "not-a-cidr", "like 192.168.0.0/26"),
        ("", "not-a-cidr", "like 192.168.0.0/26"),
        ("192.168.1.0\0/24", "not-a-cidr", "like 192.168.0.0/26"),
        ("fd00::/64", "not-ipv4", "give an IPv4 network"),
        (None, "not-a-cidr", "give CIDR text"),
        (3232235776, "not-a-cidr", "give CIDR text"),
        (float("nan"), "not-a-cidr", "give CIDR text"),
        (b"192.168.1.0/26", "not-a-cidr", "give CIDR text"),
    ],
)
def test_other_ranges_are_refused(network: object, code: str, fix: str) -> None:
    """A refused range names its code and the fix, in one printable line."""
    with pytest.raises(sn.SnPlannerError) as refusal:
        AddressRange(network)  # type: ignore[arg-type]
    assert (refusal.value.field, refusal.value.value, refusal.value.code) == ("range", network, code)
    assert fix in refusal.value.fix
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("exclude", ["fd00::1", "10.0.0.0/33", "bad", "", 5, None])
def test_other_excludes_are_refused(exclude: object) -> None:
    """An exclude is an IPv4 CIDR or address."""
    with pytest.raises(sn.SnPlannerError, match="exclude"):
        AddressRange("10.0.0.0/24", [exclude])  # type: ignore[list-item]


@pytest.mark.parametrize("excludes", ["10.0.0.1", b"10.0.0.1", 5, None])
def test_excludes_are_a_list(excludes: object) -> None:
    """Excludes come as a list, never as one text."""
    with pytest.raises(sn.SnPlannerError, match="exclude .* is not a list"):
        AddressRange("10.0.0.0/24", excludes)  # type: ignore[arg-type]


@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 0xFFFF << 32]), st.integers(2**48, 2**128 - 1))
def test_ipv6_is_written_as_systems_write_it(inside: int, head: int, other: int) -> None:
    """An IPv4 address inside is written as one, as inet_ntop does, anything else as ipaddress has it."""
    mapped = ipaddress.IPv4Address(inside)
    expected = f"::ffff:{mapped}" if head else f"::{mapped}" if inside > 0xFFFF else str(ipaddress.IPv6Address(inside))
    for address, text in ((head + inside, expected), (other, str(ipaddress.IPv6Address(other)))):
        written = str(Cidr(address, 128, 128))
        assert written == f"{text}/128"
        assert parse_cidr(written) == Cidr(address, 128, 128)


@pytest.mark.parametrize("text", ["ffd00::", "fe80::1%eth0", "::1::", ":", "1:2:3:4:5:6:7", "::10.0.0.256", "::٣"])
def test_what_is_no_ipv6(text: str) -> None:
    """Neither a group that is too large, a zone, nor another script's digits."""
    assert parse_cidr(f"{text}/64") is None


def test_ipv4_mapped_networks_are_read_as_go_reads_them() -> None:
    """::ffff:a.b.c.d is IPv4 to Go, and yet never overlaps the network it stands for."""
    mapped, plain = parse_cidr("::ffff:10.0.0.0/120"), parse_cidr("10.0.0.0/24")
    assert mapped is not None
    assert plain is not None
    assert mapped.is_ipv4
    assert mapped.unmapped == plain
    assert not mapped.overlaps(plain)
    assert str(mapped) == "::ffff:10.0.0.0/120"
    beyond = parse_cidr("fd00::/8")
    assert beyond is not None
    assert not beyond.is_ipv4
    assert beyond.unmapped == beyond


def test_address_text() -> None:
    """Four decimal octets are an address, anything else is none."""
    assert parse_address("10.0.0.1") == 0x0A000001
    assert parse_address("10.0.1") is None
