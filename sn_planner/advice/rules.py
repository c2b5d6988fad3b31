"""The rules a range or a setting is held against: each looks at one part and yields its findings.

Rules of the rules: a fault in one part never hides a fault in another; every finding says what would mend it. What
several rules look at is read once, in a `Case`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import attrs

from sn_planner.advice import webhook
from sn_planner.advice.findings import CODES, Finding, finding_of
from sn_planner.errors import SnPlannerError, shown
from sn_planner.model.cidr import (
    IPV4_BITS,
    Cidr,
    address_text,
    block_of,
    blocks_of,
    network_of,
    parse_address,
    parse_cidr,
    parse_span,
)
from sn_planner.model.demand import Demand
from sn_planner.model.networks import NETWORKS, STORAGE
from sn_planner.model.profiles import SHARED
from sn_planner.model.ranges import (
    DOCUMENTED,
    LINK_LOCAL,
    LONGEST_PREFIX,
    NO_HOSTS,
    PRIVATE,
    RESERVED,
    SHORTEST_PREFIX,
    AddressRange,
    KeptNetwork,
)
from sn_planner.model.releases import PRINTS_CIDR, Release, applies, version
from sn_planner.model.setting import KEYS, Setting
from sn_planner.model.words import nearest, some
from sn_planner.model.written import Written

_NO_CIDR = "not-a-cidr"
_ELSEWHERE = "choose a range outside it"
_PRIVATE = f"choose a range in {', '.join(one.cidr for one in PRIVATE)}"


@attrs.frozen(slots=False)  # with cached properties, slots break help() on Python 3.13
class Case:
    """A range to judge: its text and its excludes as they are written, and what it shall hold.

    `need` is the cluster's demand, None without a cluster; `minimum` what Harvester's webhook wants [addresses];
    `release` is the one whose rules count, None for the newest.
    """

    range: str
    exclude: tuple[str, ...] = ()
    need: Demand | None = None
    minimum: int = 0
    release: Release | None = None

    @cached_property
    def network(self) -> Cidr | None:
        """The IPv4 network that the range means, host bits masked away; None where it means none."""
        cidr = parse_cidr(self.range)
        return cidr.network if cidr is not None and cidr.bits == IPV4_BITS else None

    @cached_property
    def readable_excludes(self) -> tuple[str, ...]:
        """The excludes that Whereabouts can read."""
        return tuple(entry for entry in self.exclude if readable_block(entry) is not None)

    @cached_property
    def address_range(self) -> AddressRange | None:
        """The range as Whereabouts understands it."""
        return None if self.network is None else AddressRange(self.network, self.readable_excludes)

    @cached_property
    def webhook_usable(self) -> int | None:
        """The usable addresses as Harvester counts them; None where it cannot read the text [addresses]."""
        try:
            return webhook.usable_count(self.range, self.exclude)
        except SnPlannerError:
            return None


def text_findings(written: Written, current: Written | None) -> Iterator[Finding]:
    """What is wrong with the text of a setting, whatever its range; what is in force must stay as it is."""
    for key in written.missing:
        yield Finding("setting-missing-key", f"the setting has no {key}", f"add {key}")
    if written.is_disabled:
        yield _no_network(written)
    elif written.is_in_force:
        message = "it is the very text in force: any other one, though it means the same, is a change with the outage"
        yield Finding("text-in-force", message, "keep it to the letter, unless the network is to change")
    elif not written.is_compact and (current is None or written.text != current.text):
        message = "the text has other spaces, key order or escapes than the canonical one"
        yield Finding("insignificant-characters", message, f"write {written.canonical}")
    if current is not None and written.change_from(current) == "text":
        message = "means the same as the setting in force in another text: Harvester would reconfigure, with the outage"
        yield Finding("insignificant-characters", message, f"keep {current.text}")


def _no_network(written: Written) -> Finding:
    if written.shares_storage:
        message = f"RWX volumes share the {STORAGE.setting}: the {written.network} has no range of its own"
        return Finding("disabled", message, f"check the {STORAGE.setting}, with a profile that ends in {SHARED}")
    return Finding("disabled", f"the {written.network} has no value: it is disabled", "give it one to configure it")


def key_findings(written: Written, release: Release | None) -> Iterator[Finding]:
    """What a release does not read of a setting: keys that nobody knows, and those that came later."""
    row = NETWORKS[written.network]
    if release is not None and version(release.harvester) < version(row.since):
        message = f"the setting {row.setting} comes with Harvester {row.since}, later than {release.harvester}"
        yield Finding("key-of-later-release", message, "plan for that release, or leave the setting out")
    for key in written.unknown:
        message = f"the setting has the key {shown(key)}, which no release reads"
        yield Finding("unknown-key", message, nearest(key, KEYS))
    for key in written.keys:
        since = KEYS[key].since
        if since is None:
            message = f"the key {key} is announced for dual-stack networks, and no release known here reads it"
            yield Finding("key-of-later-release", message, "keep it if your release's documentation names it")
        elif release is not None and version(release.harvester) < version(since):
            message = f"Harvester reads the key {key} from {since} on: {release.harvester} ignores it"
            yield Finding("key-of-later-release", message, "leave it out, or upgrade first")


def vlan_findings(setting: Setting, release: Release | None) -> Iterator[Finding]:
    """What is wrong with a VLAN on a cluster network."""
    vlan, smallest = setting.vlan, webhook.smallest_vlan(release)
    code = webhook.vlan_refusal(setting, release)
    if code == "vlan-out-of-range":
        message = f"VLAN {shown(vlan)} is not in {smallest}..{webhook.LARGEST_VLAN}"
        if vlan == 0 and release is not None:
            refuses = f"Harvester {release.harvester} refuses VLAN 0, or none"
            message = f"{refuses}: untagged networks came with {webhook.UNTAGGED.since}"
        yield Finding(code, message, f"use {smallest} to {webhook.LARGEST_VLAN}")
    elif code == "vlan-not-allowed-on-mgmt" and vlan > 1 and release is not None:
        message = f"Harvester {release.harvester} refuses every VLAN on {webhook.MANAGEMENT_NETWORK}, by a fault"
        yield Finding(code, message, "use another cluster network, or upgrade first: 1.4.1 mended it")
    elif code == "vlan-not-allowed-on-mgmt":
        message = f"VLAN {vlan} on {webhook.MANAGEMENT_NETWORK} would carry storage untagged among management"
        yield Finding(code, _since(code, message), "use a VLAN of 2 or more, or another cluster network")
    elif code == "exclusive-vlan-untagged":
        message = f"an exclusive VLAN is tagged, and VLAN {vlan} is not"
        yield Finding(code, _since(code, message), "use a VLAN of 2 or more, or leave exclusiveVlan out")
    elif vlan <= 1:
        message = f"VLAN {vlan} is untagged: the network is whatever the uplink carries without a tag"
        yield Finding("untagged", message, "give a VLAN of 2 or more to keep storage traffic apart")


def _since(code: str, message: str) -> str:
    """The message of a rule of the webhook, with the release that brought the rule."""
    return f"{message} (refused since Harvester {webhook.RULES[code].since})"


def range_findings(case: Case) -> Iterator[Finding]:
    """What is wrong with the range itself."""
    try:
        network_of("range", case.range)
    except SnPlannerError as error:
        found = finding_of(error)
        is_refused = found.code == "not-ipv4" and applies(webhook.RULES["not-ipv4"], case.release)
        yield attrs.evolve(found, message=_since(found.code, found.message)) if is_refused else found
    if case.network is None:
        return
    if case.network.prefix_length < SHORTEST_PREFIX and applies(webhook.RULES["prefix-too-short"], case.release):
        message = f"a /{case.network.prefix_length} is larger than a /{SHORTEST_PREFIX}"
        yield Finding("prefix-too-short", _since("prefix-too-short", message), f"use a /{SHORTEST_PREFIX} or smaller")
    elif webhook.is_padded(case.range) and webhook.range_refusal(case.range, case.exclude, case.release) == _NO_CIDR:
        message = f"range {shown(case.range)} has a padded prefix length beside an exclude"
        yield Finding(_NO_CIDR, _since("exclude-not-a-cidr", message), f"write {case.network}")
    if case.address_range is not None and case.address_range.usable == 0:
        message = "Whereabouts can assign no address of this range"
        yield Finding("no-usable-addresses", message, "use a /30 or larger, and exclude less than all of it")


def network_findings(case: Case, in_use: list[KeptNetwork]) -> Iterator[Finding]:
    """Which networks the range must stay out of."""
    if case.network is None:
        return
    first, last = case.network.span
    for code, networks in (("overlaps-reserved", RESERVED), ("documented-reserved", DOCUMENTED)):
        for one in networks:
            if one.overlaps((first, last)):
                yield Finding(code, f"{case.network} overlaps {one.cidr}: {one.use}, {one.source}", _ELSEWHERE)
    hit = [one for one in in_use if one.overlaps((first, last))]
    for use in dict.fromkeys(one.use for one in hit):
        cidrs = some([one.cidr for one in hit if one.use == use])
        yield Finding("overlaps-in-use", f"{case.network} overlaps {cidrs}, {use}", "choose a range that is free")
    for code, kept in (("no-host-range", NO_HOSTS), ("link-local", (LINK_LOCAL,))):
        for one in kept:
            if one.overlaps((first, last)):
                yield Finding(code, f"{case.network} overlaps {one.cidr}: {one.use}, {one.source}", _PRIVATE)
    special = any(one.overlaps((first, last)) for one in (*NO_HOSTS, LINK_LOCAL))
    if not special and not any(one.span[0] <= first and last <= one.span[1] for one in PRIVATE):
        yield Finding("not-private", f"{case.network} is not private", _PRIVATE)


def other_findings(case: Case, others: Iterable[webhook.Config | None]) -> Iterator[Finding]:
    """Which of Harvester's other networks share usable addresses with the range."""
    if case.address_range is None:
        return
    for other in others:
        if webhook.collides(case.address_range, other):
            message = f"{case.network} shares usable addresses with another configured network"
            fix = "choose a range that no other Harvester network uses"
            yield Finding("overlaps-in-use", _since("overlaps-in-use", message), fix)


def exclude_findings(case: Case) -> Iterator[Finding]:
    """What is wrong with the excludes, and whether the gateway is among them."""
    if case.network is None or case.address_range is None:
        return
    yield from _exclude_faults(case, case.network)
    for block in _unnoticed_overlaps([readable_block(entry) for entry in case.exclude]):
        message = f"exclude {block} overlaps another that does not stand beside it"
        yield Finding("excludes-overlap-unnoticed", message, "keep one of them")
    counted = case.webhook_usable
    if counted is not None and counted != case.address_range.usable and case.network == parse_cidr(case.range):
        message = f"Harvester counts {counted} usable addresses, Whereabouts can assign {case.address_range.usable}"
        exact = ", ".join(case.address_range.exclude)
        yield Finding("webhook-counts-differ", message, f"write the excludes as {exact}")
    ends = case.network.first + 1, case.network.last - 1
    if case.address_range.usable and not any(case.address_range.excludes(address) for address in ends):
        message = f"pods can get {address_text(ends[0])} and {address_text(ends[1])}: is one of them the gateway?"
        yield Finding("no-gateway-excluded", message, f"if so, exclude it, like {address_text(ends[0])}/32")


def _exclude_faults(case: Case, network: Cidr) -> Iterator[Finding]:
    """The excludes that Harvester refuses; before it looked, those that Whereabouts cannot read."""
    if not applies(webhook.RULES["exclude-not-a-cidr"], case.release):
        yield from crashing_excludes(case, network)
        return
    for entry, code in webhook.exclude_refusals(str(network), case.exclude, case.release):
        message = _since(code, f"exclude {shown(entry)}: {CODES[code][1]}")
        yield Finding(code, message, _exclude_fix(code, entry, network))


def crashing_excludes(case: Case, network: Cidr) -> Iterator[Finding]:
    """The excludes that the release's Whereabouts cannot read: then no pod gets an address any more."""
    reads_addresses = applies(PRINTS_CIDR, case.release)
    for entry in case.exclude:
        if readable_block(entry) is None or not (reads_addresses or parse_cidr(entry)):
            message = f"exclude {shown(entry)}: Whereabouts cannot read it, and no pod gets an address"
            yield Finding("exclude-not-a-cidr", message, _exclude_fix("exclude-not-a-cidr", entry, network))


def _exclude_fix(code: str, entry: str, network: Cidr) -> str:
    block = readable_block(entry)
    if code == "exclude-not-a-cidr" and parse_span(entry) is not None:
        return f"write {', '.join(map(str, blocks_of('exclude', entry)))}"
    if code == "exclude-not-a-cidr" and block is not None:
        return f"write {entry}/32" if parse_address(entry) is not None else f"write {block}"
    return {
        "exclude-not-a-cidr": "write it like 192.168.0.0/28",
        "exclude-prefix-too-short": f"use a /{SHORTEST_PREFIX} or smaller",
        "exclude-outside-range": f"leave it out, or name addresses in {network}",
        "exclude-covers-range": f"use a prefix beyond /{network.prefix_length}",
        "excludes-overlap": "keep one of the two",
    }[code]


def _unnoticed_overlaps(blocks: list[Cidr | None]) -> Iterator[Cidr]:
    """The blocks that lie in another one not beside them in the list: the webhook compares neighbours only."""
    places: dict[Cidr, tuple[int, int]] = {}  # of each distinct block, the first and the last place in the list
    for place, block in enumerate(blocks):
        if block is not None:
            places[block] = (places.get(block, (place,))[0], place)
    for block, (first, last) in places.items():
        # two CIDRs overlap only where one holds the other: 33 look-ups find every block around this one
        around = [Cidr(block.address, shorter).network for shorter in range(block.prefix_length + 1)]
        if any(last - places[one][0] > 1 or places[one][1] - first > 1 for one in around if one in places):
            yield block


def size_findings(case: Case) -> Iterator[Finding]:
    """What the range lacks for the cluster, with one fix that mends all of it."""
    if case.network is None or case.address_range is None or case.need is None:
        return
    usable, need, counted = case.address_range.usable, case.need, case.webhook_usable
    fix = _larger(case.network, case.readable_excludes, max(need.required, case.minimum))
    if usable < need.required:
        message = f"{usable} usable addresses, {need.required} needed at the peak ({need.profile.name})"
        yield Finding("range-too-small", message, fix)
    if need.can_stall and usable < need.stall_floor:
        message = f"{usable} usable addresses, and below {need.stall_floor} a Longhorn upgrade can wait for ever"
        yield Finding("upgrade-would-stall", message, fix)
    if counted is not None and counted < case.minimum:
        message = f"Harvester counts {counted} usable addresses and wants {case.minimum} for this cluster"
        since = NETWORKS[need.profile.setting].size_rule_since
        yield Finding("webhook-size", f"{message} (refused since Harvester {since})", fix)


def _larger(network: Cidr, exclude: Iterable[str], addresses: int) -> str:
    """The fix for a range that is too small: the prefix that would do, with the same excludes."""
    for prefix_length in range(min(network.prefix_length, LONGEST_PREFIX + 1) - 1, SHORTEST_PREFIX - 1, -1):
        wider = Cidr(network.address, prefix_length).network
        if AddressRange(wider, exclude).usable >= addresses:
            return f"use a /{prefix_length}, like {wider} where that is free"
    return f"no range up to a /{SHORTEST_PREFIX} holds that: plan a smaller cluster"


def readable_block(entry: str) -> Cidr | None:
    """The block that an exclude means to Whereabouts; None where it cannot read it."""
    try:
        return block_of("exclude", entry)
    except SnPlannerError:
        return None
