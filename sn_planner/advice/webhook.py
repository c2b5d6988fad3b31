"""What Harvester's webhook says of a network's setting, release by release, and how it counts.

Rules: this module predicts, it does not judge. The rules run in the webhook's own order and the first one broken is the
answer, with the code of the finding. A rule has a release: `RULES` says since when each is there, and where no release
is given the newest rules count. Up to Harvester 1.4 the webhook looks at the VLAN, which must be 1 or more, and at
the form of the range; everything else came later. Its usable count starts at the address as written, host bits and all,
where Whereabouts masks them away. Source: [C harvester pkg/webhook/resources/setting/validator.go,
pkg/webhook/util/ip.go].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from sn_planner.errors import BadInput
from sn_planner.model.cidr import Cidr, Span, clipped, gaps, merged, parse_cidr, size, text_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, choose, require_cluster
from sn_planner.model.fields import flag, known_key, list_of
from sn_planner.model.networks import ASSUMED_RWX_VOLUMES, NETWORKS, RWX, STORAGE, Network
from sn_planner.model.profiles import things_of
from sn_planner.model.ranges import SHORTEST_PREFIX, AddressRange
from sn_planner.model.releases import Change, Release, applies, version
from sn_planner.model.setting import Setting
from sn_planner.model.written import Written

LARGEST_VLAN = 4094
MANAGEMENT_NETWORK = "mgmt"
Config = Setting | Written | AddressRange | str | Mapping[str, object]
"""What another network may be given as: a Setting, a range, CIDR text, or a mapping with "range" and "exclude"."""

_SOURCE = "[C harvester pkg/webhook/resources/setting/validator.go]"
RULES: Mapping[str, Change] = MappingProxyType(
    {
        code: Change("harvester", since, what, _SOURCE)
        for code, since, what in (
            ("vlan-out-of-range", "1.1.0", "a VLAN is at most 4094"),
            ("vlan-not-allowed-on-mgmt", "1.5.0", "VLAN 0 and 1 are not for mgmt"),
            ("exclusive-vlan-untagged", "1.9.0", "an exclusive VLAN is tagged"),
            ("not-a-cidr", "1.1.0", "the range is a CIDR"),
            ("host-bits-set", "1.1.0", "the range is written from its network address"),
            ("not-ipv4", "1.9.0", "the range is IPv4"),
            ("prefix-too-short", "1.5.0", "the range is a /16 or smaller"),
            ("exclude-not-a-cidr", "1.5.0", "an exclude is a CIDR"),
            ("exclude-prefix-too-short", "1.5.0", "an exclude is a /16 or smaller"),
            ("exclude-outside-range", "1.5.0", "an exclude overlaps the range"),
            ("exclude-covers-range", "1.5.0", "an exclude is smaller than the range"),
            ("excludes-overlap", "1.5.0", "neighbouring excludes do not overlap"),
            ("webhook-size", "1.5.0", "the range holds the cluster's managers"),
            ("overlaps-in-use", "1.6.0", "the networks of a cluster share no address"),
        )
    }
)
"""For each code, the rule behind it and the release of Harvester that brought it."""
UNTAGGED = Change("harvester", "1.5.0", "VLAN 0, or none, is accepted", _SOURCE)
_REFUSES_MANAGEMENT = "1.4.0"  # every setting on mgmt, whatever its VLAN; 1.4.1 mended it


def refusal(
    *,
    cluster_network: str = "",
    vlan: int = 0,
    range: str = "",
    exclude: Iterable[str] | None = None,
    exclusive_vlan: bool = False,
    cluster: Cluster | None = None,
    shared_rwx: bool = False,
    others: Iterable[Config | None] = (),
    network: str = STORAGE.setting,
    harvester: str | None = None,
) -> str | None:
    """The code of the first rule that refuses the setting, or None where the webhook admits it.

    `network` is the setting's name, "storage-network", "rwx-network" or "vm-migration-network"; `harvester` the release
    whose rules count, by default the newest. With `cluster`, the size rule runs too (`shared_rwx` where RWX volumes
    share the network); with `others`, the cluster's other networks in use, the rule against shared addresses
    ("overlaps-in-use"). Raises BadInput for values of the wrong kind, an unknown network or an unknown release.

    >>> refusal(cluster_network="mgmt", vlan=1, range="10.0.0.0/24"), refusal(vlan=100, range="10.0.0.0/24")
    ('vlan-not-allowed-on-mgmt', None)
    >>> refusal(vlan=0, range="10.0.0.0/24", harvester="1.4.1")
    'vlan-out-of-range'
    """
    excluded = () if exclude is None else exclude
    setting = Setting(
        vlan=vlan, cluster_network=cluster_network, range=range, exclude=excluded, exclusive_vlan=exclusive_vlan
    )
    row, choice = NETWORKS[known_key("network", network, NETWORKS)], choose(harvester=harvester)
    shared = flag("shared_rwx", shared_rwx) or choice.profile.shares_rwx
    wanted = 0 if cluster is None else minimum(require_cluster(cluster), shared, row, choice.release)
    configured = list_of("others", others)
    return vlan_refusal(setting, choice.release) or first_refusal(
        setting.range, setting.exclude, wanted, configured, choice.release
    )


def first_refusal(
    range: str,
    exclude: tuple[str, ...] = (),
    minimum: int = 0,
    others: Iterable[Config | None] = (),
    release: Release | None = None,
) -> str | None:
    """The code of the first of rules 2 to 5 that refuses a range; rule 4 wants `minimum` addresses [addresses]."""
    excluded = (code for _, code in exclude_refusals(range, exclude, release))
    if early := range_refusal(range, exclude, release) or next(excluded, None):
        return early
    if minimum and usable_count(range, exclude) < minimum:
        return "webhook-size"
    ours = {"range": range, "exclude": exclude}
    if applies(RULES["overlaps-in-use"], release) and any(collides(ours, other) for other in others):
        return "overlaps-in-use"
    return None


def vlan_refusal(setting: Setting, release: Release | None = None) -> str | None:
    """Rule 1: the VLAN, the untagged one on the management network, and the exclusive one."""
    vlan, on_management = setting.vlan, setting.cluster_network == MANAGEMENT_NETWORK
    if not smallest_vlan(release) <= vlan <= LARGEST_VLAN:
        return "vlan-out-of-range"
    if on_management and release is not None and release.harvester == _REFUSES_MANAGEMENT:
        return "vlan-not-allowed-on-mgmt"
    broken = {
        "vlan-not-allowed-on-mgmt": vlan <= 1 and on_management,
        "exclusive-vlan-untagged": vlan <= 1 and setting.exclusive_vlan is True,
    }
    return next((code for code, is_broken in broken.items() if is_broken and applies(RULES[code], release)), None)


def smallest_vlan(release: Release | None = None) -> int:
    """The smallest VLAN that a release accepts [VLAN id]."""
    return 0 if applies(UNTAGGED, release) else 1


def range_refusal(range: str, exclude: Iterable[str] = (), release: Release | None = None) -> str | None:
    """Rule 2: the range; where there is an exclude it is parsed once more, by a parser that refuses a padded prefix."""
    cidr = parse_cidr(range)
    if cidr is None:
        return "not-a-cidr"
    if cidr.has_host_bits:
        return "host-bits-set"
    if not cidr.is_ipv4 and applies(RULES["not-ipv4"], release):
        return "not-ipv4"
    if cidr.prefix_length < SHORTEST_PREFIX and applies(RULES["prefix-too-short"], release):
        return "prefix-too-short"
    is_read_again = any(True for _ in exclude) and applies(RULES["exclude-not-a-cidr"], release)
    return "not-a-cidr" if is_padded(range) and is_read_again else None


def is_padded(text: str) -> bool:
    """Whether a CIDR's prefix length has a leading zero: Go's net reads /024, its net/netip does not."""
    _, _, digits = text.partition("/")
    return len(digits) > 1 and digits.startswith("0")


def exclude_refusals(range: str, exclude: Iterable[str], release: Release | None = None) -> Iterator[tuple[str, str]]:
    """Rule 3: each exclude that is refused, with the code of the first rule it breaks, in the list's order.

    `range` is one that rule 2 admits. Only an exclude and the one just before it are compared.
    """
    network = parse_cidr(range)
    before: Cidr | None = None
    for entry in exclude:
        block = None if is_padded(entry) else parse_cidr(entry)
        code = _exclude_refusal(network, block, before)
        if code is not None and applies(RULES[code], release):
            yield entry, code
        before = block


def _exclude_refusal(network: Cidr | None, block: Cidr | None, before: Cidr | None) -> str | None:
    if block is None:
        return "exclude-not-a-cidr"
    if block.prefix_length < SHORTEST_PREFIX:
        return "exclude-prefix-too-short"
    if network is None or not block.overlaps(network):
        return "exclude-outside-range"
    if block.prefix_length <= network.prefix_length:
        return "exclude-covers-range"
    return "excludes-overlap" if before is not None and block.overlaps(before) else None


def minimum(
    cluster: Cluster, shared_rwx: bool = False, network: Network = STORAGE, release: Release | None = None
) -> int:
    """Rule 4: the fewest usable addresses that a release of Harvester accepts for the cluster [addresses].

    `shared_rwx`: RWX volumes share the network. Images are not counted, and RWX volumes are always 32. 0 where the
    release does not check the size; None is the newest.
    """
    things = things_of(cluster) | {"rwx-volume": ASSUMED_RWX_VOLUMES}
    rules = [network, RWX] if shared_rwx and network is STORAGE else [network]
    if not _checks_size(network, release):
        return 0
    return sum(
        weight * things[per] for row in rules if _checks_size(row, release) for per, weight in row.size_rule.items()
    )


def _checks_size(network: Network, release: Release | None) -> bool:
    return release is None or version(release.harvester) >= version(network.size_rule_since)


def minimum_for(cluster: Cluster, choice: Choice) -> int:
    """`minimum` for the network that a profile sizes, by the rules of the release that chose it [addresses]."""
    return minimum(cluster, choice.profile.shares_rwx, NETWORKS[choice.profile.setting], choice.release)


def usable_count(range: str, exclude: Iterable[str] = ()) -> int:
    """The usable addresses as the webhook counts them: from each address as written up to the block's end [addresses].

    Raises BadInput where range or an exclude is no CIDR.

    >>> usable_count("10.0.0.0/24", ["10.0.0.130/25"]), AddressRange("10.0.0.0/24", ["10.0.0.130/25"]).usable
    (129, 127)
    """
    return size(_usable_spans(range, list_of("exclude", exclude)))


def collides(a: Config | None, b: Config | None) -> bool:
    """Rule 5: whether two networks share an address that is usable in both, as the webhook counts.

    Each is a Setting, a Written, an AddressRange, CIDR text, or a mapping with "range" and "exclude"; None is not
    configured and collides with nothing, nor does a Written without a network. Raises BadInput where a range or an
    exclude is no CIDR.

    >>> collides("10.0.0.0/24", "10.0.0.128/25"), collides("10.0.0.0/30", "10.0.0.2/31")
    (True, False)
    """
    ours, theirs = (one.setting if isinstance(one, Written) else one for one in (a, b))
    if ours is None or theirs is None:
        return False
    spans = _usable_spans(*_parts(theirs))
    return any(True for span in _usable_spans(*_parts(ours)) for _ in clipped(spans, span))


def _parts(config: Setting | AddressRange | str | Mapping[str, object]) -> tuple[str, Iterable[str]]:
    if isinstance(config, Mapping):
        entries: Any = config.get("exclude")
        listed = list_of("exclude", () if entries is None else entries)
        return text_of("range", config.get("range", "")), [text_of("exclude", entry) for entry in listed]
    if isinstance(config, Setting):
        return config.range, config.exclude
    return text_of("range", config), config.exclude if isinstance(config, AddressRange) else ()


def _usable_spans(range: str, exclude: Iterable[str]) -> list[Span]:
    network = _read("range", range)
    first = max(network.address, network.first + 1)
    last = network.last - 1 if network.is_ipv4 else network.last
    blocks = [block for entry in exclude if (block := _read("exclude", entry)).bits == network.bits]
    removed = merged((block.address, block.last) for block in blocks)
    return list(gaps((first, last), removed)) if first <= last else []


def _read(field: str, text: str) -> Cidr:
    cidr = parse_cidr(text) if isinstance(text, str) else None
    if cidr is None:
        raise BadInput(field, text, "is not a CIDR", "write it like 192.168.0.0/26", "not-a-cidr")
    return cidr.unmapped
