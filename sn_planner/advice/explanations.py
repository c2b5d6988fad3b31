"""What each code means, for whoever reads it in a log: why it matters, how to mend it, and an example that has it.

Rules: one row a finding code, beside `CODES`, which has its severity and its meaning. The example is what stands
behind `sn-planner check`; a test runs every one of them and finds the code. The facts are those of the rules that they
explain, whose tables have the sources. A refusal names its field and its fix itself: of its code the meaning is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sn_planner.advice.findings import CODES
from sn_planner.errors import REFUSALS
from sn_planner.model.fields import known_key
from sn_planner.model.setting import Setting
from sn_planner.model.written import hash_annotation


class Explanation(NamedTuple):
    """A code explained: `severity` is None for a code of a refusal, `example` a command that shows it, or empty."""

    code: str
    severity: str | None
    meaning: str
    why: str
    fix: str
    example: str


def explain(code: str) -> Explanation:
    """What the code of a finding or of a refusal means; raises BadInput for any other.

    >>> explain("overlaps-reserved").example
    'sn-planner check 10.52.3.0/26'
    """
    if known_key("code", code, [*CODES, *REFUSALS]) in REFUSALS:
        why = "What was asked cannot be answered: the command stops with one line, which names the value and the fix."
        return Explanation(code, None, REFUSALS[code], why, "Do what that line says behind the semicolon.", "")
    why, fix, example = EXPLANATIONS[code]
    return Explanation(code, *CODES[code], why, fix, f"sn-planner check {example}")


def _setting(**parts: object) -> str:
    """A setting for a shell, right but for the given parts."""
    value = Setting(**({"vlan": 100, "cluster_network": "storage", "range": "172.16.0.0/24"} | parts)).value  # type: ignore[arg-type]
    return f"'{value}'"


def _in_force() -> str:
    setting = Setting(vlan=100, cluster_network="storage", range="172.16.0.0/24")
    name = "storage-network"
    metadata = {"name": name, "annotations": {hash_annotation(name): setting.sha1}}
    return f"'{json.dumps({'kind': 'Setting', 'metadata': metadata, 'value': setting.value})}'"


_CLUSTER = "--nodes 5 --disks-per-node 2 --images 10"
_REFUSES = "Harvester's webhook refuses the setting"

EXPLANATIONS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "not-a-cidr": (
            f"{_REFUSES}. A range is four decimal octets without leading zeros, a slash and a prefix length.",
            "Write the network's address and its prefix length, like 172.16.0.0/24.",
            "172.16.0.0",
        ),
        "not-ipv4": (
            "Harvester's storage network is IPv4: the webhook refuses any other range since 1.9.",
            "Choose an IPv4 range.",
            "fd00::/64",
        ),
        "host-bits-set": (
            f"{_REFUSES}: an address inside the network stands where the network's own, its first, belongs.",
            "Write the first address of the network before the slash.",
            "172.16.0.5/24",
        ),
        "prefix-too-short": (
            f"{_REFUSES} since 1.5. A /16 has 65,534 usable addresses.",
            "Use a /16 or a longer prefix; `suggest` says which one the cluster needs.",
            "172.16.0.0/15",
        ),
        "overlaps-reserved": (
            "Harvester's own pods and services have addresses there, and the webhook does not look: the setting is "
            "accepted, and the addresses collide. Changing a range later stops every VM.",
            "Choose a range outside 10.52.0.0/16, 10.53.0.0/16 and 10.54.0.0/16; `suggest` finds a free one.",
            "10.52.3.0/26",
        ),
        "overlaps-in-use": (
            "Two networks with the same addresses disturb each other, and Harvester's own three networks may not share "
            "any: the webhook refuses that since 1.6.",
            "Choose a range that is free; give every network in use with --in-use or --in-use-file.",
            "172.16.0.0/24 --in-use 172.16.0.128/25",
        ),
        "outside-pools": (
            "A site's ranges are handed out from its pools. One that lies elsewhere is in no address plan, and another "
            "network may be given the same addresses.",
            "Add the network that it lies in to the pools of the site.",
            "--site '{pools: [172.20.0.0/16], clusters: [{name: fra1, nodes: 5, disks_per_node: 2, networks: "
            "{storage-network: {range: 172.16.0.0/24}}}]}'",
        ),
        "range-too-small": (
            "While Longhorn is upgraded old and new managers run side by side, and image transfers take addresses too. "
            "At that peak some pods get none and wait.",
            "Use the shorter prefix that the finding names. Changing a range later stops every VM.",
            f"172.16.0.0/27 {_CLUSTER}",
        ),
        "exclude-not-a-cidr": (
            f"{_REFUSES} since 1.5; a bare address is no CIDR to it. Before 1.5 it passes, and where Whereabouts "
            "cannot read it no pod gets an address any more.",
            "Write a single address with /32, and a first and a last one as the CIDRs between them.",
            _setting(exclude=["172.16.0.1"]),
        ),
        "exclude-prefix-too-short": (
            f"{_REFUSES} since 1.5, as for a range of that size.",
            "Exclude a /16 or a smaller network.",
            _setting(exclude=["172.16.0.0/8"]),
        ),
        "exclude-outside-range": (
            f"{_REFUSES} since 1.5: an exclude that keeps no address from pods is most likely a slip.",
            "Leave it out, or name addresses inside the range.",
            _setting(exclude=["172.17.0.0/28"]),
        ),
        "exclude-covers-range": (
            f"{_REFUSES} since 1.5: no address would be left for pods.",
            "Exclude less than the whole range.",
            _setting(exclude=["172.16.0.0/24"]),
        ),
        "excludes-overlap": (
            f"{_REFUSES} since 1.5. It compares each exclude with the one just before it.",
            "Keep one of the two.",
            _setting(exclude=["172.16.0.0/28", "172.16.0.4/30"]),
        ),
        "no-usable-addresses": (
            "Whereabouts never assigns the network's first address, its last one, or an excluded one. None is left, so "
            "no pod starts on this network.",
            "Use a /30 or a larger range, and exclude less of it.",
            "172.16.0.0/31",
        ),
        "no-host-range": (
            "No host can have an address in 0.0.0.0/8, 127.0.0.0/8, or from 224.0.0.0 on (RFC 6890): no traffic flows.",
            "Choose a range in a private network of RFC 1918.",
            "127.0.0.0/24",
        ),
        "vlan-out-of-range": (
            f"{_REFUSES}. Before 1.5 it refuses VLAN 0, and a setting without one, too.",
            "Use a VLAN from 1 to 4094; 0 is an untagged network from 1.5 on.",
            _setting(vlan=4095),
        ),
        "vlan-not-allowed-on-mgmt": (
            f"{_REFUSES} since 1.5: storage traffic would run untagged among that of management.",
            "Use a VLAN of 2 or more, or another cluster network.",
            _setting(vlan=1, cluster_network="mgmt"),
        ),
        "exclusive-vlan-untagged": (
            f"{_REFUSES} since 1.9: a VLAN that is the storage network's alone has to be tagged.",
            "Use a VLAN of 2 or more, or leave exclusiveVlan out.",
            _setting(vlan=1, exclusive_vlan=True),
        ),
        "setting-not-json": (
            "Harvester reads the value as JSON text with keys of fixed kinds. What it cannot read it refuses.",
            "Write the value as one JSON object; `suggest --format manifest` prints one.",
            """'{"vlan":"100","clusterNetwork":"storage","range":"172.16.0.0/24"}'""",
        ),
        "setting-missing-key": (
            "Without clusterNetwork or range there is no network to make.",
            "Add the key that the finding names.",
            """'{"vlan":100,"range":"172.16.0.0/24"}'""",
        ),
        "webhook-size": (
            f"{_REFUSES} since 1.5: it wants two addresses for each node that runs Longhorn and two for each disk.",
            "Use the shorter prefix that the finding names: it holds image transfers too, which the webhook ignores.",
            f"172.16.0.0/28 {_CLUSTER}",
        ),
        "documented-reserved": (
            "Harvester's documentation reserves the network for guest clusters, whose pods and services use it by "
            "default. Nothing refuses it, and guest clusters may not reach what lies there.",
            "Choose a range outside 10.42.0.0/16 and 10.43.0.0/16.",
            "10.42.0.0/24",
        ),
        "upgrade-would-stall": (
            "An upgrade waits until the new instance manager runs on every node. Where addresses run out it waits for "
            "ever, without a clear error (harvester#10231).",
            "Use the shorter prefix that the finding names, before the next upgrade.",
            f"172.16.0.0/27 {_CLUSTER}",
        ),
        "excludes-overlap-unnoticed": (
            "Harvester compares an exclude with the one just before it only: these pass, and are refused as soon as "
            "they stand side by side.",
            "Keep one of them.",
            _setting(exclude=["172.16.0.0/28", "172.16.0.64/28", "172.16.0.4/30"]),
        ),
        "webhook-counts-differ": (
            "Harvester counts an exclude from the address as it is written, Whereabouts takes the whole block around "
            "it: the setting can pass and still have too few addresses (harvester#6256).",
            "Write each exclude from the first address of its block.",
            _setting(exclude=["172.16.0.130/25"]),
        ),
        "not-private": (
            "Addresses outside 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 belong to others; a slip of the hand like "
            "172.168 ends there.",
            "Choose a private range, unless the addresses are yours.",
            "172.168.0.0/24",
        ),
        "link-local": (
            "Hosts on one link give themselves addresses in 169.254.0.0/16 (RFC 6890): routers do not forward it.",
            "Choose a range in a private network of RFC 1918.",
            "169.254.10.0/24",
        ),
        "insignificant-characters": (
            "Harvester compares the value as text. Spaces, key order and escapes change nothing but the text, and a "
            "later rewrite of them is a change with the whole outage: every VM stopped.",
            "Write the canonical text from the start; keep the text that is in force to the letter.",
            """'{"vlan": 100, "clusterNetwork": "storage", "range": "172.16.0.0/24"}'""",
        ),
        "unknown-key": (
            "Before 1.9 Harvester ignores a key that it does not know: what it was meant for does not happen.",
            "Mend the spelling, or leave the key out.",
            """'{"vlan":100,"clusterNetwork":"storage","range":"172.16.0.0/24","gateway":"172.16.0.1"}'""",
        ),
        "key-of-later-release": (
            "The release that was named does not read the key or the setting: what it says does not happen there.",
            "Leave it out, or upgrade first.",
            f"{_setting(exclusive_vlan=True)} --harvester 1.8.2",
        ),
        "no-gateway-excluded": (
            "Most gateways have the first or the last address of their network. Harvester excludes none by itself, so "
            "that a pod can be given the gateway's (harvester#3478, #6600).",
            "If the network has a gateway, exclude it; if it has none, --ignore no-gateway-excluded.",
            "172.16.0.0/24",
        ),
        "untagged": (
            "Without a VLAN of 2 or more the network is whatever the uplink carries without a tag. That is allowed "
            "since 1.5.",
            "Give a VLAN of 2 or more to keep storage traffic apart.",
            _setting(vlan=0),
        ),
        "disabled": (
            "A setting without a value configures no network. That is valid, and told in case it was not meant.",
            "Give it a value to configure the network.",
            """'{"kind":"Setting","metadata":{"name":"storage-network"}}'""",
        ),
        "text-in-force": (
            "The annotation holds the SHA-1 of the text that Harvester last acted upon, and it is this one. Any other "
            "text, though it means the same, is a change with the whole outage.",
            "Keep it to the letter, unless the network is to change.",
            _in_force(),
        ),
        "profile-assumed": (
            "Longhorn runs two instance managers a node before 1.5 and one since, so the release decides how many "
            "addresses a cluster needs. Without it the older, larger figure is taken.",
            "Name the release that you run, or will run, with --harvester.",
            "172.16.0.0/24 --nodes 5 --disks-per-node 2",
        ),
    }
)
"""For each code of `CODES`: why it matters, how to mend it, and the arguments of a `check` that finds it."""
