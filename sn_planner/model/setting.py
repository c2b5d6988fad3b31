"""What Harvester's setting of a network configures: its parts, its text, its manifest and the network it makes.

Rules: a `Setting` is what is configured, and nothing else: everything else about it is computed from its parts. What
somebody *wrote* is another value (`model.written`): Harvester compares the value as text, so two texts of one meaning
are two configurations. The canonical text of a Setting has the documentation's key order and no spaces
[D 1.4 Storage Network]. It holds what is written, right or wrong: judging it is the advice's part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs

from sn_planner.errors import BadInput
from sn_planner.model.cidr import block_of, network_of
from sn_planner.model.fields import MAX_DIGITS, integer, known_key, list_of
from sn_planner.model.networks import NETWORKS, STORAGE
from sn_planner.model.ranges import AddressRange, ExcludeLike, RangeLike

API_VERSION = "harvesterhci.io/v1beta1"
_TOO_LARGE = 10**MAX_DIGITS


class Key(NamedTuple):
    """A key of a network's JSON: the kind of its value, in words too, and since which Harvester it is read.

    `since` is None for a key that is announced and read by no release yet.
    """

    kind: type
    words: str
    since: str | None


KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "vlan": Key(int, "a whole number", "1.1.0"),
        "clusterNetwork": Key(str, "text", "1.1.0"),
        "range": Key(str, "text", "1.1.0"),
        "exclude": Key(list, "a list of texts", "1.1.0"),
        "exclusiveVlan": Key(bool, "true or false", "1.9.0"),
        "rangeV6": Key(str, "text", None),
        "excludeV6": Key(list, "a list of texts", None),
    }
)
"""Every key, in the documentation's order. Source: [C harvester pkg/util/network/common.go Config]."""


def typed(key: str, value: object) -> Any:
    """`value` if it is of the kind that Harvester reads under that key, integers of every kind as int."""
    kind, words, _ = KEYS[key]
    if kind is int and (number := integer(value)) is not None:
        value = number
    entries_fit = not isinstance(value, list) or all(isinstance(entry, str) for entry in value)
    too_large = isinstance(value, int) and abs(value) >= _TOO_LARGE
    if type(value) is not kind or not entries_fit or too_large:
        raise BadInput(f"setting {key}", value, f"is not {words}", f"write {words}", "setting-not-json")
    return value


def _vlan(value: int) -> int:
    return int(typed("vlan", value))


def _cluster_network(value: str) -> str:
    return str(typed("clusterNetwork", value))


def _network(value: RangeLike) -> str:
    """Text as it is written, right or wrong; a network object as text."""
    if isinstance(value, AddressRange) and value.exclude:
        fix = "give its cidr as range and its exclude as exclude"
        raise BadInput("range", value, "has excludes, which are another key of a setting", fix, "conflict")
    return value if isinstance(value, str) else str(network_of("range", value))


def _excludes(value: Iterable[ExcludeLike]) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else str(block_of("exclude", one)) for one in list_of("exclude", value))


def _of_network(value: str) -> str:
    return known_key("network", value, NETWORKS)


def _exclusive(value: bool | None) -> bool | None:
    return None if value is None else bool(typed("exclusiveVlan", value))


@attrs.frozen(kw_only=True)
class Setting:
    """What a network's setting configures, as written.

    `vlan` [VLAN id]; `cluster_network`, `range` and the entries of `exclude` as text; `exclusive_vlan` where it is
    written; `network` is the setting's name, of which the rwx-network's value wraps its network in an object of its
    own. Raises BadInput for a part of the wrong kind, and for a range that brings excludes of its own.

    >>> Setting(vlan=100, cluster_network="storage", range="172.16.1.0/26").value
    '{"vlan":100,"clusterNetwork":"storage","range":"172.16.1.0/26"}'
    """

    vlan: int = attrs.field(converter=_vlan)
    cluster_network: str = attrs.field(converter=_cluster_network)
    range: str = attrs.field(converter=_network)
    exclude: tuple[str, ...] = attrs.field(default=(), converter=_excludes)
    exclusive_vlan: bool | None = attrs.field(default=None, converter=_exclusive)
    network: str = attrs.field(default=STORAGE.setting, converter=_of_network)

    @classmethod
    def parse(cls, text: str) -> Setting:
        """The setting in a value's JSON text, or in a manifest (JSON or YAML, or as `kubectl get -o yaml` prints it).

        Raises BadInput for text that is neither, with the code "setting-not-json" where the value is at fault.

        >>> Setting.parse('{"vlan": 100, "clusterNetwork": "storage", "range": "172.16.1.0/26"}').cluster_network
        'storage'
        """
        from sn_planner.model.written import Written  # reads what this module defines

        return Written.read(text).require_setting()

    @property
    def value(self) -> str:
        """The canonical text: the documentation's key order, no spaces."""
        keys: dict[str, object] = {"vlan": self.vlan, "clusterNetwork": self.cluster_network, "range": self.range}
        if self.exclude:
            keys["exclude"] = list(self.exclude)
        if self.exclusive_vlan is not None:
            keys["exclusiveVlan"] = self.exclusive_vlan
        row = NETWORKS[self.network]
        return compact(keys if row.wrapper is None else {row.shares or "": False, row.wrapper: keys})

    @property
    def sha1(self) -> str:
        """The SHA-1 of `value` in hex, as Harvester keeps it in an annotation."""
        return sha1_of(self.value)

    @property
    def address_range(self) -> AddressRange:
        """Range and excludes as Whereabouts understands them; raises BadInput where they are not readable."""
        return AddressRange(self.range, self.exclude)

    def manifest(self) -> str:
        """The manifest of the setting for `kubectl apply -f -`, in YAML."""
        plain = self.value.isascii() and self.value.isprintable()
        quoted = "'" + self.value.replace("'", "''") + "'" if plain else json.dumps(self.value)
        return f"apiVersion: {API_VERSION}\nkind: Setting\nmetadata:\n  name: {self.network}\nvalue: {quoted}\n"

    def nad_config(self) -> dict[str, object]:
        """The CNI configuration Harvester writes into the NetworkAttachmentDefinition.

        Source: [C harvester pkg/util/network/common.go]; VLAN 0 becomes 1.
        """
        ipam: dict[str, object] = {"type": "whereabouts", "range": self.range}
        if self.exclude:
            ipam["exclude"] = list(self.exclude)
        return {
            "cniVersion": "0.3.1",
            "type": "bridge",
            "bridge": f"{self.cluster_network}-br",
            "promiscMode": True,
            "vlan": self.vlan or 1,
            "ipam": ipam,
        }


def compact(keys: Mapping[str, object]) -> str:
    """JSON without spaces, as Harvester's own interface writes it."""
    return json.dumps(keys, separators=(",", ":"))


def sha1_of(text: str) -> str:
    """The SHA-1 of a setting's text in hex: what Harvester compares."""
    import hashlib

    return hashlib.sha1(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()
