"""The rules a range or a setting is held against: each looks at one part and yields its findings.

Rules of the rules: a fault in one part never hides a fault in another; every finding says what would mend it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import attrs

from sn_planner.advice import webhook
from sn_planner.advice.findings import CODES, Finding, finding_of
from sn_planner.errors import SnPlannerError, shown
from sn_planner.model.cidr import Cidr, address_text, block_of, network_of, parse_address, parse_cidr
from sn_planner.model.demand import Demand
from sn_planner.model.ranges import (
    DOCUMENTED,
    LONGEST_PREFIX,
    PRIVATE,
    RESERVED,
    SHORTEST_PREFIX,
    AddressRange,
    KeptNetwork,
)
from sn_planner.model.setting import KNOWN_KEYS, Setting

_ELSEWHERE = "choose a range outside it"
_NAMED_NETWORKS = 3


@attrs.frozen
class Case:
    """What is checked, as far as it can be read: the part of the input each rule below looks at."""

    setting: Setting
    network: Cidr | None
    address_range: AddressRange | None
    need: Demand | None
    least: int


def setting_findings(setting: Setting, current: Setting | None) -> Iterator[Finding]:
    for key in setting.missing:
        yield Finding("setting-missing-key", f"the setting has no {key}", f"add {key}")
    for key in setting.unknown:
        near = get_close_matches(key, KNOWN_KEYS, n=1)
        fix = f"did you mean {near[0]}?" if near else f"use only {', '.join(KNOWN_KEYS)}"
        yield Finding("unknown-key", f"the setting has the key {shown(key)}", fix)
    if not setting.is_compact:
        message = "the text has other spaces, key order or escapes than the canonical one"
        yield Finding("insignificant-characters", message, f"write {setting.value}")
    if current is not None and setting.change_from(current) == "text":
        message = "means the same as the setting in force in another text: Harvester would reconfigure, with the outage"
        yield Finding("insignificant-characters", message, f"keep {current.text}")
    code = webhook.vlan_refusal(setting.cluster_network, setting.vlan)
    if code == "vlan-out-of-range":
        yield Finding(code, f"VLAN {shown(setting.vlan)} does not exist", f"use 0 to {webhook.LARGEST_VLAN}")
    if code == "vlan-not-allowed-on-mgmt":
        message = f"VLAN {setting.vlan} on {webhook.MANAGEMENT_NETWORK} would carry storage untagged among management"
        yield Finding(code, message, "use a VLAN of 2 or more, or another cluster network")


def range_findings(case: Case) -> Iterator[Finding]:
    try:
        network_of("range", case.setting.range)
    except SnPlannerError as error:
        yield finding_of(error)
    if case.network is None:
        return
    if case.network.prefix_length < SHORTEST_PREFIX:
        fix = f"use a /{SHORTEST_PREFIX} or smaller"
        yield Finding("prefix-too-short", f"a /{case.network.prefix_length} is larger than Harvester accepts", fix)
    if case.address_range is not None and case.address_range.usable == 0:
        message = "Whereabouts can assign no address of this range"
        yield Finding("no-usable-addresses", message, "use a /30 or larger, and exclude less than all of it")


def network_findings(case: Case, in_use: list[KeptNetwork]) -> Iterator[Finding]:
    if case.network is None:
        return
    first, last = case.network.span
    for code, networks in (("overlaps-reserved", RESERVED), ("documented-reserved", DOCUMENTED)):
        for one in networks:
            if one.overlaps((first, last)):
                yield Finding(code, f"{case.network} overlaps {one.cidr}: {one.use}, {one.source}", _ELSEWHERE)
    hit = [one.cidr for one in in_use if one.overlaps((first, last))]
    if hit:
        more = f" and {len(hit) - _NAMED_NETWORKS} more" if len(hit) > _NAMED_NETWORKS else ""
        named = f"{', '.join(hit[:_NAMED_NETWORKS])}{more}"
        yield Finding("overlaps-in-use", f"{case.network} overlaps {named}, in use", "choose a range that is free")
    if not any(one.span[0] <= first and last <= one.span[1] for one in PRIVATE):
        names = ", ".join(one.cidr for one in PRIVATE)
        yield Finding("not-private", f"{case.network} is not private", f"choose a range in {names}")


def other_findings(case: Case, others: Iterable[webhook.Config | None]) -> Iterator[Finding]:
    if case.address_range is None:
        return
    for other in others:
        if webhook.collides(case.address_range, other):
            message = f"{case.network} shares usable addresses with another configured network"
            yield Finding("overlaps-in-use", message, "choose a range that no other Harvester network uses")


def exclude_findings(case: Case) -> Iterator[Finding]:
    if case.network is None or case.address_range is None:
        return
    for entry, code in webhook.exclude_refusals(str(case.network), case.setting.exclude):
        yield Finding(code, f"exclude {shown(entry)}: {CODES[code][1]}", _exclude_fix(code, entry, case.network))
    for block in _unnoticed_overlaps([readable_block(entry) for entry in case.setting.exclude]):
        message = f"exclude {block} overlaps another that does not stand beside it"
        yield Finding("excludes-overlap-unnoticed", message, "keep one of them")
    counted = webhook_usable(case.setting)
    if counted is not None and counted != case.address_range.usable and case.network == parse_cidr(case.setting.range):
        message = f"Harvester counts {counted} usable addresses, Whereabouts can assign {case.address_range.usable}"
        exact = ", ".join(case.address_range.exclude)
        yield Finding("webhook-counts-differ", message, f"write the excludes as {exact}")
    ends = case.network.first + 1, case.network.last - 1
    if case.address_range.usable and not any(case.address_range.excludes(address) for address in ends):
        message = f"pods can get {address_text(ends[0])} and {address_text(ends[1])}: is one of them the gateway?"
        yield Finding("no-gateway-excluded", message, f"if so, exclude it, like {address_text(ends[0])}/32")


def _exclude_fix(code: str, entry: str, network: Cidr) -> str:
    if code == "exclude-not-a-cidr" and parse_address(entry) is not None:
        return f"write {entry}/32"
    return {
        "exclude-not-a-cidr": "write it like 192.168.0.0/28",
        "exclude-prefix-too-short": f"use a /{SHORTEST_PREFIX} or smaller",
        "exclude-outside-range": f"leave it out, or name addresses in {network}",
        "exclude-covers-range": f"use a prefix beyond /{network.prefix_length}",
        "excludes-overlap": "keep one of the two",
    }[code]


def _unnoticed_overlaps(blocks: list[Cidr | None]) -> Iterator[Cidr]:
    """The blocks that lie in another one not beside them in the list: the webhook compares neighbours only."""
    places: dict[Cidr, tuple[int, int]] = {}
    for place, block in enumerate(blocks):
        if block is not None:
            places[block] = (places.get(block, (place,))[0], place)
    for block, (first, last) in places.items():
        around = [Cidr(block.address, shorter).network for shorter in range(block.prefix_length + 1)]
        if any(last - places[one][0] > 1 or places[one][1] - first > 1 for one in around if one in places):
            yield block


def size_findings(case: Case) -> Iterator[Finding]:
    """What the range lacks for the cluster, with one fix that mends all of it."""
    if case.network is None or case.address_range is None or case.need is None:
        return
    usable, need, counted = case.address_range.usable, case.need, webhook_usable(case.setting)
    readable = [entry for entry in case.setting.exclude if readable_block(entry) is not None]
    fix = _larger(case.network, readable, max(need.required, case.least))
    if usable < need.required:
        message = f"{usable} usable addresses, {need.required} needed at the peak ({need.profile.name})"
        yield Finding("range-too-small", message, fix)
    if usable < need.stall_floor:
        message = f"{usable} usable addresses, and below {need.stall_floor} a Longhorn upgrade can wait for ever"
        yield Finding("upgrade-would-stall", message, fix)
    if counted is not None and counted < case.least:
        message = f"Harvester counts {counted} usable addresses and wants {case.least} for this cluster"
        yield Finding("webhook-size", message, fix)


def _larger(network: Cidr, exclude: Iterable[str], addresses: int) -> str:
    """The fix for a range that is too small: the prefix that would do, with the same excludes."""
    for prefix_length in range(min(network.prefix_length, LONGEST_PREFIX + 1) - 1, SHORTEST_PREFIX - 1, -1):
        wider = Cidr(network.address, prefix_length).network
        if AddressRange(wider, exclude).usable >= addresses:
            return f"use a /{prefix_length}, like {wider} where that is free"
    return f"no range up to a /{SHORTEST_PREFIX} holds that: plan a smaller cluster"


def readable_block(entry: str) -> Cidr | None:
    try:
        return block_of("exclude", entry)
    except SnPlannerError:
        return None


def webhook_usable(setting: Setting) -> int | None:
    try:
        return webhook.usable_count(setting.range, setting.exclude)
    except SnPlannerError:
        return None
