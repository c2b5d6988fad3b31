"""What Harvester's webhook says of a storage-network setting, and how it counts.

Rules: this module predicts, it does not judge. The rules run in the webhook's own order and the first one broken is the
answer, with the code of the finding. Its usable count starts at the address as written, host bits and all, where
Whereabouts masks them away. Source: [C harvester pkg/webhook/resources/setting/validator.go, pkg/webhook/util/ip.go].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sn_planner.errors import BadInput
from sn_planner.model.cidr import Cidr, Span, clipped, gaps, merged, parse_cidr, size
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, require_cluster
from sn_planner.model.fields import list_of
from sn_planner.model.networks import ASSUMED_RWX_VOLUMES, NETWORKS, RWX, STORAGE, Network
from sn_planner.model.profiles import things_of
from sn_planner.model.ranges import SHORTEST_PREFIX, AddressRange
from sn_planner.model.releases import version
from sn_planner.model.setting import Setting

LARGEST_VLAN = 4094
MANAGEMENT_NETWORK = "mgmt"
Config = Setting | AddressRange | str | Mapping[str, object]
"""What another network may be given as: a Setting, a range, CIDR text, or a mapping with "range" and "exclude"."""


def refusal(
    *,
    cluster_network: str = "",
    vlan: int = 0,
    range: str = "",
    exclude: Iterable[str] | None = None,
    cluster: Cluster | None = None,
    shared_rwx: bool = False,
    others: Iterable[Config | None] = (),
) -> str | None:
    """The code of the first rule that refuses the setting, or None where the webhook admits it.

    With `cluster`, the size rule of Harvester >= 1.5 runs too (`shared_rwx` where RWX volumes share the network); with
    `others`, the rwx-network and vm-migration-network in use, the rule against shared addresses ("overlaps-in-use").
    Raises BadInput for values of the wrong kind.

    >>> refusal(cluster_network="mgmt", vlan=1, range="10.0.0.0/24"), refusal(vlan=100, range="10.0.0.0/24")
    ('vlan-not-allowed-on-mgmt', None)
    """
    setting = Setting(vlan=vlan, cluster_network=cluster_network, range=range, exclude=exclude or ())
    wanted = 0 if cluster is None else minimum(require_cluster(cluster), shared_rwx)
    configured = list_of("others", others)
    return vlan_refusal(setting.cluster_network, setting.vlan) or first_refusal(
        setting.range, setting.exclude, wanted, configured
    )


def first_refusal(
    range: str, exclude: tuple[str, ...] = (), minimum: int = 0, others: Iterable[Config | None] = ()
) -> str | None:
    """The code of the first of rules 2 to 5 that refuses a range; rule 4 wants `minimum` addresses [addresses]."""
    excluded = (code for _, code in exclude_refusals(range, exclude))
    if early := range_refusal(range, exclude) or next(excluded, None):
        return early
    if usable_count(range, exclude) < minimum:
        return "webhook-size"
    ours = {"range": range, "exclude": exclude}
    return "overlaps-in-use" if any(collides(ours, other) for other in others) else None


def vlan_refusal(cluster_network: str, vlan: int) -> str | None:
    """Rule 1: the VLAN, and the untagged one on the management network."""
    if not 0 <= vlan <= LARGEST_VLAN:
        return "vlan-out-of-range"
    return "vlan-not-allowed-on-mgmt" if vlan <= 1 and cluster_network == MANAGEMENT_NETWORK else None


def range_refusal(range: str, exclude: Iterable[str] = ()) -> str | None:
    """Rule 2: the range; where there is an exclude it is parsed once more, by a parser that refuses a padded prefix."""
    cidr = parse_cidr(range)
    if cidr is None:
        return "not-a-cidr"
    if cidr.has_host_bits:
        return "host-bits-set"
    if not cidr.is_ipv4:
        return "not-ipv4"
    if cidr.prefix_length < SHORTEST_PREFIX:
        return "prefix-too-short"
    return "not-a-cidr" if is_padded(range) and any(True for _ in exclude) else None


def is_padded(text: str) -> bool:
    """Whether a CIDR's prefix length has a leading zero: Go's net reads /024, its net/netip does not."""
    _, _, digits = text.partition("/")
    return len(digits) > 1 and digits.startswith("0")


def exclude_refusals(range: str, exclude: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Rule 3: each exclude that is refused, with the code of the first rule it breaks, in the list's order.

    `range` is one that rule 2 admits. Only an exclude and the one just before it are compared.
    """
    network = parse_cidr(range)
    before: Cidr | None = None
    for entry in exclude:
        block = None if is_padded(entry) else parse_cidr(entry)
        if code := _exclude_refusal(network, block, before):
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


def minimum(cluster: Cluster, shared_rwx: bool = False, network: Network = STORAGE) -> int:
    """Rule 4: the fewest usable addresses that Harvester's newest release accepts for the cluster [addresses].

    `shared_rwx`: RWX volumes share the network. Images are not counted, and RWX volumes are always 32.
    """
    things = things_of(cluster) | {"rwx-volume": ASSUMED_RWX_VOLUMES}
    rules = (network.size_rule, RWX.size_rule) if shared_rwx and network is STORAGE else (network.size_rule,)
    return sum(weight * things[per] for rule in rules for per, weight in rule.items())


def minimum_for(cluster: Cluster, choice: Choice) -> int:
    """`minimum` for the network that a profile sizes, by the rules of the release that chose it [addresses].

    0 where that release does not check the size.
    """
    network = NETWORKS[choice.profile.setting]
    if choice.release is None:
        return minimum(cluster, choice.profile.shares_rwx, network)
    release = version(choice.release.harvester)
    if release < version(network.size_rule_since):
        return 0
    return minimum(cluster, choice.profile.shares_rwx and release >= version(RWX.size_rule_since), network)


def usable_count(range: str, exclude: Iterable[str] = ()) -> int:
    """The usable addresses as the webhook counts them: from each address as written up to the block's end [addresses].

    Raises BadInput where range or an exclude is no CIDR.

    >>> usable_count("10.0.0.0/24", ["10.0.0.130/25"]), AddressRange("10.0.0.0/24", ["10.0.0.130/25"]).usable
    (129, 127)
    """
    return size(_usable_spans(range, exclude))


def collides(a: Config | None, b: Config | None) -> bool:
    """Rule 5: whether two networks share an address that is usable in both, as the webhook counts.

    Each is a Setting, an AddressRange, CIDR text, or a mapping with "range" and "exclude"; None is not configured and
    collides with nothing. Raises BadInput where a range or an exclude is no CIDR.

    >>> collides("10.0.0.0/24", "10.0.0.128/25"), collides("10.0.0.0/30", "10.0.0.2/31")
    (True, False)
    """
    if a is None or b is None:
        return False
    ours, theirs = _usable_spans(*_parts(a)), _usable_spans(*_parts(b))
    return any(True for span in ours for _ in clipped(theirs, span))


def _parts(config: Config) -> tuple[str, Iterable[str]]:
    if isinstance(config, Mapping):
        entries: Any = config.get("exclude") or ()
        return str(config.get("range", "")), [str(entry) for entry in list_of("exclude", entries)]
    if isinstance(config, Setting):
        return config.range, config.exclude
    return (str(config.cidr), config.exclude) if isinstance(config, AddressRange) else (str(config), ())


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
