"""The pool: exactly Whereabouts, in its addresses and in its words."""

from __future__ import annotations

import copy
import ipaddress
import json
import pickle
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import netaddr
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sn_planner.engine.pool.configuration import PoolExhausted, RangeConfiguration
from sn_planner.engine.pool.leases import Lease
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.errors import BadInput, NoAnswer, SnPlannerError, within
from sn_planner.model.cidr import Cidr, address_text
from sn_planner.model.ranges import AddressRange
from tests.engine.pool.naive_whereabouts import NaiveExhausted, NaivePool, Reservation
from tests.strategies import ranges_with_excludes

RECORDED = Path(__file__).parents[2] / "data" / "recorded"
MOST_ADDRESSES = 2**32
BORDERS = ["0.5.4", "0.6.2", "0.6.3", "0.7.0", "0.8.0", "0.9.0", "0.9.4"]

# Few names on small ranges, so that re-adds, shared container ids and full pools come up all the time.
podrefs = st.sampled_from(["", *(f"longhorn-system/instance-manager-{number}" for number in range(8))])
container_ids = st.sampled_from(["", *(f"container-{number}" for number in range(8))])
ifnames = st.sampled_from(["lhnet1", "lhnet2", ""])
excluded_ranges = ranges_with_excludes(shortest=22).filter(lambda one: one[0].prefix_length <= 30)


def ip(text: str) -> netaddr.IPAddress:
    """An address, to compare with."""
    return netaddr.IPAddress(text)


def filled(pool: Pool) -> list[int]:
    """Every address the pool hands out until it is exhausted, in that order."""
    given_out: list[int] = []
    while pool.free:
        given_out.append(int(pool.assign(f"default/pod-{len(given_out)}", f"container-{len(given_out)}")))
    with pytest.raises(PoolExhausted):
        pool.assign("default/one-too-many", "container")
    return given_out


def outcome(call: Callable[..., object], *names: str) -> str | None:
    """The address a pool answers with, as text, or the line in which it refuses; None when it frees nothing."""
    try:
        address = call(*names)
    except (PoolExhausted, NaiveExhausted) as refusal:
        return str(refusal)
    return None if address is None else str(address)


# The oracle


@st.composite
def bounds_near(draw: st.DrawFn, network: Cidr) -> str | None:
    """A range_start or range_end in, around or beside a network, or none."""
    lowest, highest = max(network.first - 2, 0), min(network.last + 2, MOST_ADDRESSES - 1)
    return draw(st.none() | st.integers(lowest, highest).map(address_text))


class PoolAgainstOracle(RuleBasedStateMachine):
    """Every sequence of events gets the oracle's answers, and leaves the oracle's leases behind."""

    @initialize(data=st.data(), whereabouts=st.sampled_from(BORDERS))
    def start(self, data: st.DataObject, whereabouts: str) -> None:
        network, exclude = data.draw(ranges_with_excludes(shortest=26).filter(lambda one: one[0].prefix_length <= 30))
        start, end = data.draw(bounds_near(network)), data.draw(bounds_near(network))
        if whereabouts in {"0.5.4", "0.6.2"}:  # which read CIDRs alone
            exclude = [entry if "/" in entry else f"{entry}/32" for entry in exclude]
        self.arguments: dict[str, Any] = {
            "exclude": exclude,
            "range_start": start,
            "range_end": end,
            "whereabouts": whereabouts,
        }
        self.range = str(network)
        self.oracle = NaivePool(self.range, **self.arguments)
        offsets = st.integers(0, min(network.last + 9, MOST_ADDRESSES - 1) - network.first)
        for offset in data.draw(st.sets(offsets, max_size=6)):
            names = data.draw(podrefs), data.draw(container_ids), data.draw(ifnames)
            self.oracle.reservations.append(Reservation(network.first + offset, *names))
        allocations = {
            str(one.address - network.first): {"id": one.container_id, "podref": one.podref, "ifname": one.ifname}
            for one in self.oracle.reservations
        }
        self.pool = Pool(self.range, **self.arguments, leases=allocations)

    @rule(podref=podrefs, container_id=container_ids, ifname=ifnames)
    def add(self, podref: str, container_id: str, ifname: str) -> None:
        names = podref, container_id, ifname
        assert outcome(self.pool.assign, *names) == outcome(self.oracle.add, *names)

    @rule(container_id=container_ids, ifname=ifnames)
    def delete(self, container_id: str, ifname: str) -> None:
        assert outcome(self.pool.release, container_id, ifname) == outcome(self.oracle.delete, container_id, ifname)

    @precondition(lambda self: self.oracle.reservations)
    @rule(data=st.data())
    def delete_a_lease(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.oracle.reservations))
        self.delete(one.container_id, one.ifname)

    @rule()
    def fill(self) -> None:
        for number in range(self.pool.free):
            names = f"default/filler-{number}", f"filler-{number}", "lhnet1"
            assert str(self.pool.assign(*names)) == self.oracle.add(*names)

    @rule(bad=st.sampled_from([(b"p", "c", "i"), ("p", 7, "i"), ("p", "c", None)]))
    def add_nonsense(self, bad: tuple[Any, Any, Any]) -> None:
        with pytest.raises(SnPlannerError):
            self.pool.assign(*bad)

    @rule()
    def restart_from_the_allocations(self) -> None:
        self.pool = Pool(self.range, **self.arguments, leases=self.pool.allocations)

    @precondition(lambda self: self.oracle.reservations)
    @rule(data=st.data())
    def reclaim_a_lease(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.oracle.reservations))
        self.oracle.reservations.remove(one)
        freed = self.pool.reclaim(netaddr.IPAddress(one.address, 4))
        assert freed is not None
        assert Reservation(int(freed.address), freed.podref, freed.container_id, freed.ifname) == one

    @rule()
    def resume(self) -> None:
        self.pool = Pool.resumed(self.pool.configuration, self.pool.leases)

    @rule()
    def go_on_with_a_copy(self) -> None:
        self.pool = pickle.loads(pickle.dumps(self.pool))

    @invariant()
    def the_leases_are_the_oracles(self) -> None:
        leases = [(int(one.address), one.podref, one.container_id, one.ifname) for one in self.pool.leases]
        assert leases == sorted(self.oracle.reservations)
        for one in self.pool.leases:
            assert self.pool.holder(one.address) == one

    @invariant()
    def the_figures_are_the_oracles(self) -> None:
        used = [one.address for one in self.oracle.reservations if self.oracle.assignable(one.address)]
        assert self.pool.used == len(used)
        assert self.pool.highest_used == (netaddr.IPAddress(max(used), 4) if used else None)
        assert self.pool.used + self.pool.free == self.pool.capacity


TestPoolAgainstOracle = PoolAgainstOracle.TestCase


# The recorded answers


def recorded(name: str) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Input and results of every recorded history of a file."""
    with (RECORDED / f"{name}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            vector = json.loads(line)
            yield vector["in"], vector["out"]["results"]


def refuses_every_add(results: list[Any]) -> bool:
    """Whether the real system refused this range or these excludes, whatever the pod: `Pool` refuses them at once."""
    errors = [result["err"] for result in results if isinstance(result, dict)]
    return any(not error.startswith("Could not allocate IP in range: ") for error in errors)


def pool_for(given_: dict[str, Any]) -> Pool:
    """The pool of a recorded history; the newest release where the record names none."""
    arguments: dict[str, Any] = {key: given_.get(key) for key in ("exclude", "range_start", "range_end")}
    return Pool(given_["range"], **arguments, whereabouts=given_.get("whereabouts", "0.9.4"))


@pytest.mark.parametrize("name", ["simulate", "simulate-by-release"])
def test_every_recorded_answer_to_the_letter(name: str) -> None:
    """Each recorded event gets the recorded address or line; what fails every add there is refused by Pool here."""
    for given_, results in recorded(name):
        if refuses_every_add(results):
            assert not any(isinstance(result, str) for result in results)
            with pytest.raises(BadInput, match="range|exclude"):
                pool_for(given_)
        else:
            pool = pool_for(given_)
            calls: dict[str, Callable[..., object]] = {"add": pool.assign, "del": pool.release}
            answers = [outcome(calls[kind], *names) for kind, *names in given_["events"]]
            assert answers == [result["err"] if isinstance(result, dict) else result for result in results], given_


def test_the_records_cover_every_release() -> None:
    """There are 30 recorded histories of a release on each side of every border, and 270 of the newest."""
    releases = [given_["whereabouts"] for given_, _ in recorded("simulate-by-release")]
    assert releases == [release for release in ("0.6.2", "0.7.0", "0.8.0", "0.9.4") for _ in range(30)]
    assert len(list(recorded("simulate"))) == 270


# The documentation's own event

DOCUMENTED_LINE = (
    "Could not allocate IP in range: ip: 172.16.0.1 / - 172.16.0.6 / range: "
    "net.IPNet{IP:net.IP{0xac, 0x10, 0x0, 0x0}, Mask:net.IPMask{0xff, 0xff, 0xff, 0xf8}}"
)


NEWER_LINE = "Could not allocate IP in range: ip: 172.16.0.1 / - 172.16.0.6 / range: 172.16.0.0/29 / excludeRanges: []"


@pytest.mark.parametrize(
    ("whereabouts", "line"),
    [("0.5.4", DOCUMENTED_LINE), ("0.6.2", DOCUMENTED_LINE), ("0.6.3", NEWER_LINE), ("v0.9.4", NEWER_LINE)],
)
def test_the_documented_event(whereabouts: str, line: str) -> None:
    """172.16.0.0/29 has six usable addresses; the seventh pod reads the documentation's line, in the release's form."""
    pool = Pool("172.16.0.0/29", whereabouts=whereabouts)
    given_out = [str(pool.assign(f"longhorn-system/instance-manager-{n}", f"c{n}")) for n in range(6)]
    assert given_out == [f"172.16.0.{n}" for n in range(1, 7)]
    with pytest.raises(PoolExhausted) as caught:
        pool.assign("longhorn-system/backing-image-ds-default-image-lxq7r", "c6")
    assert str(caught.value) == line
    assert caught.value.whereabouts == pool.whereabouts == whereabouts.removeprefix("v")


def test_an_exhausted_pool_carries_its_facts() -> None:
    """PoolExhausted has the effective bounds, the range and the excludes as given, and survives pickling."""
    pool = Pool("10.0.0.9/29", ["10.0.0.8/30", "10.0.0.12"], "10.0.0.12", "10.0.0.12")
    with pytest.raises(PoolExhausted) as caught:
        pool.assign("default/a", "c")
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert (error.first, error.last, error.range) == (ip("10.0.0.12"), ip("10.0.0.12"), "10.0.0.8/29")
        assert error.excludes == ("10.0.0.8/30", "10.0.0.12")
        assert str(error).endswith("range: 10.0.0.8/29 / excludeRanges: [10.0.0.8/30 10.0.0.12]")
    assert isinstance(caught.value, NoAnswer)
    assert (caught.value.field, caught.value.code, caught.value.whereabouts) == ("range", "pool-exhausted", "0.9.4")


def test_a_place_before_an_exhausted_pool_keeps_its_words() -> None:
    """PoolExhausted under another field is still one, and still Whereabouts' own line, pickled too."""
    line = str(RangeConfiguration("10.0.0.0/30").refusal)
    with pytest.raises(PoolExhausted) as caught, within("cluster fra1"):
        raise RangeConfiguration("10.0.0.0/30").refusal
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.field == caught.value.field == "cluster fra1: range"
    assert str(again) == str(caught.value) == line


# Laws


@given(excluded_ranges)
def test_capacity_is_what_the_range_calls_usable(given_: tuple[Cidr, list[str]]) -> None:
    """Without bounds a pool holds exactly AddressRange.usable leases, given as text or as AddressRange."""
    network, exclude = given_
    address_range = AddressRange(network, exclude)
    assert Pool(str(network), exclude).capacity == Pool(address_range).capacity == address_range.usable
    assert Pool(address_range).range == address_range


@given(excluded_ranges)
def test_a_fill_hands_out_exactly_the_assignable_addresses(given_: tuple[Cidr, list[str]]) -> None:
    """A fill gives every usable address once, upwards: never the network, the broadcast or an excluded address."""
    network, exclude = given_
    excluded = [ipaddress.IPv4Network(entry, strict=False) for entry in exclude]
    expected = [
        address
        for address in range(network.first + 1, network.last)
        if not any(int(block[0]) <= address <= int(block[-1]) for block in excluded)
    ]
    assert filled(Pool(str(network), exclude)) == expected


@given(st.permutations(range(30)), st.integers(1, 30))
def test_a_released_address_comes_back_before_any_higher_one(order: list[int], count: int) -> None:
    """Whatever the order of release, the released addresses are handed out again upwards, before any other."""
    pool = Pool("10.0.0.0/26")
    addresses = [pool.assign(f"default/{n}", f"c{n}") for n in range(30)]
    freed = [pool.release(f"c{n}") for n in order[:count]]
    again = [pool.assign(f"default/again-{n}", f"again-{n}") for n in range(count + 1)]
    assert again == [*sorted(addresses[n] for n in order[:count]), addresses[-1] + 1]
    assert sorted(address for address in freed if address) == again[:-1]


@given(st.integers(0, 32), st.integers(0, MOST_ADDRESSES - 1))
def test_the_first_address_of_any_range(prefix_length: int, address: int) -> None:
    """A range of any size up to 0.0.0.0/0 hands out the address after the network address; a /31 or /32 is refused."""
    network = Cidr(address, prefix_length).network
    if prefix_length > 30:
        with pytest.raises(SnPlannerError, match="has no usable addresses") as caught:
            Pool(str(network), exclude=["not even read"])
        assert caught.value.code == "no-usable-addresses"
    else:
        pool = Pool(str(network))
        assert pool.capacity == 2 ** (32 - prefix_length) - 2
        assert int(pool.assign("default/a", "c")) == network.first + 1


@pytest.mark.parametrize("range", ["10.0.0.0/8", "0.0.0.0/0"])
def test_a_pool_costs_what_its_leases_cost(range: str) -> None:
    """The largest pools start in less than 100 KiB."""
    tracemalloc.start()
    pool = Pool(range)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pool.used == 0
    assert peak < 100 * 1024


# Adding and releasing


def test_a_pod_keeps_its_address() -> None:
    """The same podref and ifname gets the same address, even from a full pool; then only the new container id frees."""
    pool = Pool("10.0.0.0/30")
    first, _ = pool.assign("default/a", "old"), pool.assign("default/b", "b")
    assert pool.free == 0
    assert pool.assign("default/a", "new") == first
    assert pool.release("old") is None
    assert pool.release("new") == first


def test_a_second_interface_gets_a_second_address() -> None:
    """The same podref with another ifname is another lease, and is released by that ifname."""
    pool = Pool("10.0.0.0/29")
    assert [pool.assign("default/a", "c", name) for name in ("lhnet1", "lhnet2")] == [ip("10.0.0.1"), ip("10.0.0.2")]
    assert pool.release("c", "lhnet2") == ip("10.0.0.2")
    assert pool.leases == (Lease(ip("10.0.0.1"), "default/a", "c", "lhnet1"),)


def test_before_0_8_a_pod_added_again_takes_another_address() -> None:
    """Up to 0.7 a restarted pod leaks its old lease until the old container id is released; 0.8.0 gives it its own."""
    pool = Pool("10.0.0.0/30", whereabouts="0.7.0")
    assert pool.assign("default/a", "old") == ip("10.0.0.1")
    assert pool.assign("default/a", "new") == ip("10.0.0.2")
    with pytest.raises(PoolExhausted):
        pool.assign("default/a", "newer")
    assert pool.release("old") == ip("10.0.0.1")
    assert pool.holder("10.0.0.2") == Lease(ip("10.0.0.2"), "default/a", "new")
    renewing = Pool("10.0.0.0/30", whereabouts="0.8.0")
    assert renewing.assign("default/a", "old") == renewing.assign("default/a", "new") == ip("10.0.0.1")


def test_before_0_9_the_container_id_alone_frees() -> None:
    """Up to 0.8 a release under any interface frees the lowest lease of the container id; 0.9.0 wants the interface."""
    for whereabouts, freed in (("0.8.0", [ip("10.0.0.1"), ip("10.0.0.2"), None]), ("0.9.0", [None, None, None])):
        pool = Pool("10.0.0.0/29", whereabouts=whereabouts)
        pool.assign("default/a", "c", "lhnet1")
        pool.assign("default/a", "c", "lhnet2")
        assert [pool.release("c", "eth9") for _ in range(3)] == freed
    pool = Pool("10.0.0.0/29", whereabouts="0.8.0", leases={1: {"id": "c", "podref": "default/a", "ifname": "lhnet2"}})
    assert pool.leases == (Lease(ip("10.0.0.1"), "default/a", "c", "lhnet2"),)
    assert pool.release("c", "lhnet1") == ip("10.0.0.1")


@pytest.mark.parametrize("exclude", ["10.0.0.1", "10.0.0", "", "10.0.0.0/33", netaddr.IPAddress("10.0.0.1")])
def test_before_0_6_3_an_exclude_is_a_cidr(exclude: Any) -> None:
    """Up to 0.6.2 any other exclude crashes the plugin on every add, so the pool refuses it and names the release."""
    with pytest.raises(
        BadInput, match=r"^exclude .* crashes Whereabouts 0\.6\.2 on every add; write it as a CIDR"
    ) as caught:
        Pool("10.0.0.0/29", [exclude], whereabouts="0.6.2")
    assert caught.value.code == "exclude-not-a-cidr"
    assert Pool("10.0.0.0/29", ["10.0.0.1/32"], whereabouts="0.6.2").capacity == 5
    assert Pool("10.0.0.0/29", ["10.0.0.1"], whereabouts="0.6.3").capacity == 5


def test_reclaiming_frees_the_lease_on_an_address() -> None:
    """`reclaim` frees one lease, whoever else has its container id, and nothing where there is none."""
    pool = Pool("10.0.0.0/29", whereabouts="0.8.0")
    pool.assign("default/a", "c", "lhnet1")
    pool.assign("default/a", "c", "lhnet2")
    assert pool.reclaim("10.0.0.2") == Lease(ip("10.0.0.2"), "default/a", "c", "lhnet2")
    assert pool.reclaim("10.0.0.2") is None
    assert [lease.ifname for lease in pool.leases] == ["lhnet1"]


# The configuration


def test_a_configuration_tells_no_lie_after_evolve() -> None:
    """Everything derived follows: another range, other bounds, other excludes, another release."""
    one = RangeConfiguration("10.0.0.9/28", ["10.0.0.1"], "10.0.0.3", "not an address")
    assert (one.range_start, one.range_end, one.capacity) == ("10.0.0.3", None, 12)
    assert attrs.evolve(one, range="10.0.0.0/24").capacity == 252
    assert attrs.evolve(one, range_start=None).capacity == 13
    assert attrs.evolve(one, range_start=None, exclude=["10.0.0.0/29"]).range.exclude == ("10.0.0.0/29",)
    older = attrs.evolve(one, exclude=(), whereabouts="0.6.2")
    assert "net.IPNet" in str(older.refusal)
    with pytest.raises(BadInput, match="crashes Whereabouts 0.6.2"):
        attrs.evolve(one, whereabouts="0.6.2")


def test_equal_configurations_are_one() -> None:
    """A configuration is a value: equal and hashed by what it says."""
    pair = RangeConfiguration("10.0.0.9/28", whereabouts="v0.9.4"), RangeConfiguration("10.0.0.0/28")
    assert pair[0] == pair[1] == Pool("10.0.0.0/28").configuration
    assert len({*pair}) == 1


def test_a_shared_container_id_frees_one_lease_at_a_time() -> None:
    """Where several leases have the container id and ifname, each release frees the lowest address."""
    pool = Pool("10.0.0.0/29")
    for pod in "abc":
        pool.assign(f"default/{pod}", "c")
    assert [pool.release("c") for _ in range(4)] == [ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.3"), None]


def test_a_handed_out_address_is_the_callers() -> None:
    """Changing an address that the pool returned changes nothing in the pool."""
    pool = Pool("10.0.0.0/29")
    address = pool.assign("default/a", "c")
    address += 3
    assert pool.leases[0].address == ip("10.0.0.1")
    assert pool.release("c") == ip("10.0.0.1")


def test_a_copy_goes_its_own_way() -> None:
    """What happens in a deep copy does not happen in the pool it was made from."""
    pool = Pool("10.0.0.0/29")
    pool.assign("default/a", "c")
    copy.deepcopy(pool).release("c")
    assert pool.used == 1
    assert repr(pool) == "Pool('10.0.0.0/29', used=1, free=5)"


# What Whereabouts is lenient about


@pytest.mark.parametrize(
    "range",
    [
        "172.16.0.0/29",
        "172.16.0.5/29",
        netaddr.IPNetwork("172.16.0.5/29"),
        ipaddress.IPv4Network("172.16.0.0/29"),
        ipaddress.IPv4Interface("172.16.0.5/29"),
        AddressRange("172.16.0.0/29"),
    ],
)
def test_a_range_in_any_form(range: Any) -> None:
    """A range is text or an object, and its host bits are masked away."""
    pool = Pool(range)
    assert (str(pool.range), pool.capacity) == ("172.16.0.0/29", 6)


@pytest.mark.parametrize(
    ("exclude", "capacity"),
    [
        (["10.0.0.0/30"], 11),
        (["10.0.0.3/30"], 11),
        (["10.0.0.1"], 13),
        (["10.0.0.0/30", "10.0.0.2/31", "10.0.0.0/30"], 11),
        (["10.0.0.15", "10.0.0.0"], 14),
        (["192.168.0.0/24", "10.0.0.16/28"], 14),
        (["10.0.0.0/8"], 0),
        ([netaddr.IPNetwork("10.0.0.1/30"), ipaddress.IPv4Address("10.0.0.8")], 10),
    ],
)
def test_excludes_in_any_form(exclude: list[Any], capacity: int) -> None:
    """Excludes may have host bits, be bare, repeat, overlap, lie outside or reach past the ends."""
    assert len(filled(Pool("10.0.0.0/28", exclude))) == capacity


def test_excludes_are_printed_as_given() -> None:
    """The line of a full pool shows the excludes as they were written: an AddressRange's own first."""
    pool = Pool(AddressRange("10.0.0.0/29", ["10.0.0.0/30"]), ["10.0.0.7/30", "1.2.3.4"])
    with pytest.raises(PoolExhausted, match=r"excludeRanges: \[10.0.0.0/30 10.0.0.7/30 1.2.3.4\]$"):
        pool.assign("default/a", "c")


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("10.0.0.5", "10.0.0.9", 5, 9),
        ("10.0.0.0", "10.0.0.15", 1, 14),
        ("10.0.0.14", None, 14, 14),
        (None, "10.0.0.1", 1, 1),
        ("10.0.0.9", "10.0.0.5", 9, 14),
        ("9.9.9.9", "11.0.0.1", 1, 14),
        ("garbage", "fd00::1", 1, 14),
        (netaddr.IPAddress("10.0.0.5"), ipaddress.IPv4Address("10.0.0.6"), 5, 6),
    ],
)
def test_bounds_count_only_where_they_narrow(start: Any, end: Any, first: int, last: int) -> None:
    """A bound among the addresses it narrows is kept; any other, and text that is no address, is silently ignored."""
    addresses = filled(Pool("10.0.0.0/28", range_start=start, range_end=end))
    assert [address - int(ip("10.0.0.0")) for address in addresses] == list(range(first, last + 1))


# Starting from leases


def test_leases_by_offset_or_by_address() -> None:
    """An allocation's key is an offset, as number or text, or an address, as text or object; they mean the same."""
    record = {"id": "c", "podref": "default/a", "ifname": "lhnet1"}
    keys: list[Any] = [5, "5", "10.0.0.5", ip("10.0.0.5"), ipaddress.IPv4Address("10.0.0.5")]
    for key in keys:
        pool = Pool("10.0.0.0/28", leases={key: record})
        assert pool.leases == (Lease(ip("10.0.0.5"), "default/a", "c"),)
        assert pool.allocations == {"5": record}


def test_old_leases_name_no_interface() -> None:
    """A lease without ifname stays so, answers to no interface's name, and is released by an empty one."""
    allocations = {"1": {"id": "c", "podref": "default/a"}}
    pool = Pool("10.0.0.0/28", leases=allocations)
    assert pool.allocations == allocations
    assert pool.assign("default/a", "c") == ip("10.0.0.2")
    assert pool.release("c", "") == ip("10.0.0.1")


def test_leases_the_pool_would_not_give_are_kept_apart() -> None:
    """A lease outside bounds, excludes or range is kept and released, but is neither used nor free nor given again."""
    stray = {offset: {"id": f"c{offset}", "podref": f"default/{offset}"} for offset in (0, 2, 4, 14, 15, 400)}
    pool = Pool("10.0.0.0/28", ["10.0.0.4/30"], "10.0.0.3", "10.0.0.12", leases=stray)
    assert (pool.capacity, pool.used, pool.free, len(pool.leases), pool.highest_used) == (6, 0, 6, 6, None)
    assert pool.holder("10.0.1.144") == Lease(ip("10.0.1.144"), "default/400", "c400", "")
    assert [pool.release(f"c{offset}", "") for offset in stray] == [ip("10.0.0.0") + offset for offset in stray]
    assert [address & 15 for address in filled(pool)] == [3, 8, 9, 10, 11, 12]


def test_a_pod_with_a_stray_lease_keeps_it() -> None:
    """Add looks for the pod first: a lease that would not be given today is given again to its own pod."""
    pool = Pool("10.0.0.0/28", ["10.0.0.4/30"], leases={5: {"id": "c", "podref": "default/a", "ifname": "lhnet1"}})
    assert pool.assign("default/a", "new") == ip("10.0.0.5")


def test_leases_ahead_are_skipped_until_they_end() -> None:
    """A pool that starts with gaps fills them upwards, also those that open above the addresses given so far."""
    leases = {offset: {"id": f"c{offset}", "podref": f"default/{offset}", "ifname": "lhnet1"} for offset in (2, 4, 5)}
    pool = Pool("10.0.0.0/29", leases=leases)
    assert pool.assign("default/a", "a") == ip("10.0.0.1")
    assert pool.release("c4") == ip("10.0.0.4")
    assert [address & 7 for address in filled(pool)] == [3, 4, 6]


def test_leases_across_an_exclude_hide_no_address() -> None:
    """A row of leases that runs from one assignable span through an exclude into the next is skipped, and no more."""
    leases = {offset: {"id": "c", "podref": "default/a"} for offset in (3, 4, 5)}
    assert [address & 7 for address in filled(Pool("10.0.0.0/29", ["10.0.0.4"], leases=leases))] == [1, 2, 6]


def test_a_pod_found_with_two_leases_answers_with_the_lowest() -> None:
    """Leases that an old release leaked: add gives the lowest, and after its release the next one."""
    record = {"podref": "default/a", "ifname": "lhnet1"}
    pool = Pool("10.0.0.0/29", leases={4: {"id": "c4", **record}, 2: {"id": "c2", **record}, 3: {"id": "c3", **record}})
    assert pool.assign("default/a", "c2") == ip("10.0.0.2")
    assert pool.release("c2") == ip("10.0.0.2")
    assert pool.assign("default/a", "c3") == ip("10.0.0.3")
    assert pool.release("c4") == ip("10.0.0.4")
    assert pool.assign("default/a", "new") == ip("10.0.0.3")


# Bad input

PLAIN = {"id": "c", "podref": "default/a"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"range": "10.0.0.0"}, "range '10.0.0.0' has no prefix length"),
        ({"range": "fd00::/64"}, "range 'fd00::/64' is IPv6"),
        ({"range": "10.0.0.0/255.255.255.0"}, "has a netmask"),
        ({"range": 10**5000}, "range an integer of"),
        ({"range": None}, "range None is not a network"),
        ({"range": "10.0.0.0/32"}, "range '10.0.0.0/32' has no usable addresses; give a range of prefix length 30"),
        ({"range": AddressRange("10.0.0.0/31")}, "has no usable addresses"),
        ({"exclude": ["10.0.0"]}, "exclude '10.0.0' is no IPv4 CIDR and no IPv4 address"),
        ({"exclude": ["10.0.0.1", ""]}, "exclude '' is no IPv4 CIDR"),
        ({"exclude": ["10.0.0.0/-1"]}, "exclude '10.0.0.0/-1' is no IPv4 CIDR"),
        ({"exclude": ["fd00::1"]}, "exclude 'fd00::1' is no IPv4 CIDR"),
        ({"exclude": "10.0.0.1"}, "exclude '10.0.0.1' is not a list"),
        ({"exclude": [7]}, "exclude 7 is not a network"),
        ({"range_start": 7}, "range_start 7 is not an address; give one like"),
        ({"range_end": True}, "range_end True is not an address"),
        ({"whereabouts": "0.9"}, "whereabouts '0.9' is not a version; write it like 0.9.4; Harvester ships 0.5.4"),
        ({"whereabouts": None}, "whereabouts None is not a version"),
        ({"whereabouts": True}, "whereabouts True is not a version"),
        ({"leases": [1]}, r"leases \[1\] is not a mapping"),
        ({"leases": {"1": "c"}}, "leases '1' 'c' is not a mapping; give id, podref and ifname"),
        ({"leases": {"1": {"podref": "default/a"}}}, "leases '1' id is no text"),
        ({"leases": {"1": {"id": "c"}}}, "leases '1' podref is no text"),
        ({"leases": {"1": {**PLAIN, "ifname": None}}}, "leases '1' ifname None is no text"),
        ({"leases": {"one": PLAIN}}, "leases 'one' is not a whole number"),
        ({"leases": {"-1": PLAIN}}, "leases -1 is negative"),
        ({"leases": {True: PLAIN}}, "leases True is a boolean"),
        ({"leases": {1.5: PLAIN}}, "leases 1.5 is a fraction"),
        ({"leases": {"9" * 3000: PLAIN}}, "has 3000 digits"),
        ({"leases": {str(2**32): PLAIN}}, "leases '4294967296' is no address from the range on"),
        ({"leases": {"9.255.255.255": PLAIN}}, "leases '9.255.255.255' is no address from the range on"),
        ({"leases": {"10.0.0.256": PLAIN}}, "leases '10.0.0.256' is no IPv4 address"),
        ({"leases": {ip("fd00::1"): PLAIN}}, "is no IPv4 address"),
        ({"leases": {1: PLAIN, "01": PLAIN}}, "leases '10.0.0.1' is leased twice"),
    ],
)
def test_a_pool_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    """Bad input to Pool is refused with its field, its value and a fix."""
    with pytest.raises(BadInput, match=message) as caught:
        Pool(**{"range": "10.0.0.0/28", **arguments})
    assert caught.value.code


@pytest.mark.parametrize("bad", [None, 7, b"text", ["text"]])
@pytest.mark.parametrize("field", ["podref", "container_id", "ifname"])
def test_names_are_text(field: str, bad: Any) -> None:
    """Names that are not text are refused by name, and nothing changes."""
    names = {"podref": "default/b", "container_id": "c", "ifname": "lhnet1"}
    pool = Pool("10.0.0.0/28", leases={1: {"id": "c", "podref": "default/a", "ifname": "lhnet1"}})
    before = pool.allocations
    with pytest.raises(SnPlannerError, match=f"^{field} .*is no text; give a word or more"):
        pool.assign(**{**names, field: bad})
    if field != "podref":
        with pytest.raises(SnPlannerError, match=f"^{field} .*is no text; give a word or more"):
            pool.release(**{"container_id": "c", field: bad})
    assert pool.allocations == before
    assert pool.assign("default/b", "c2") == ip("10.0.0.2")


def test_an_empty_name_is_a_name() -> None:
    """Whereabouts asks nothing of its names: empty ones hold, keep and release leases like any other."""
    pool = Pool("10.0.0.0/28")
    assert pool.assign("", "", "") == pool.assign("", "c", "") == ip("10.0.0.1")
    assert pool.release("", "") is None
    assert pool.release("c", "") == ip("10.0.0.1")


def test_names_may_be_a_kind_of_text() -> None:
    """A subclass of str is text."""

    class Name(str):
        __slots__ = ()

    pool = Pool("10.0.0.0/28")
    assert pool.assign(Name("default/a"), Name("c")) == ip("10.0.0.1")
    assert pool.release(Name("c")) == ip("10.0.0.1")


@pytest.mark.parametrize("bad", ["10.0.0.256", "fd00::1", "", 7, None, "10.0.0.0/28"])
def test_holder_wants_an_address(bad: Any) -> None:
    """`holder` refuses what is no IPv4 address, and knows nothing of addresses without a lease."""
    pool = Pool("10.0.0.0/28")
    assert pool.holder("10.0.0.1") is pool.holder(ip("192.168.0.1")) is None
    with pytest.raises(SnPlannerError, match="^address "):
        pool.holder(bad)


def test_threads_may_share_a_pool() -> None:
    """Each call is one step: no address is held by two, and none is lost, whoever is interrupted where."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    pool = Pool("10.0.0.0/20")
    held: list[list[int]] = [[] for _ in range(4)]

    def work(me: int) -> None:
        for number in range(250):
            held[me].append(int(pool.assign(f"n/{me}-{number}", f"c{me}-{number}")))
            if number % 3 == 0:
                pool.release(f"c{me}-{number}")
                held[me].pop()
                assert pool.holder(f"10.0.0.{me + 1}") is None or pool.leases

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))
    sys.setswitchinterval(before)
    addresses = [address for one in held for address in one]
    assert len(addresses) == len(set(addresses)) == pool.used


def test_a_copied_pool_has_a_lock_of_its_own() -> None:
    """A copy is used while the original is in use: neither waits for the other."""
    pool = Pool("10.0.0.0/29")
    with pool._lock:
        assert copy.deepcopy(pool).assign("a/b", "c") == pickle.loads(pickle.dumps(pool)).assign("a/b", "c")
