"""Harvester's `storage-network` setting: its text, its hash, its manifest and the network it makes.

Rules: Harvester compares the value as text, so the text matters as much as the meaning. The canonical text has the
documentation's key order and no spaces [D 1.4 Storage Network]. A Setting holds what is written, right or wrong:
judging it is the advice's part.
"""

from __future__ import annotations

import contextlib
import json
import operator
from collections.abc import Iterable
from typing import Any

import attrs

from sn_planner.errors import ABSENT, SnPlannerError
from sn_planner.model.cidr import block_of
from sn_planner.model.fields import MAX_DIGITS
from sn_planner.model.plain import decode_document, decode_json
from sn_planner.model.profiles import SETTINGS
from sn_planner.model.ranges import AddressRange, list_of

NAME = SETTINGS[0]
API_VERSION = "harvesterhci.io/v1beta1"
HASH_ANNOTATION = "storage-network.settings.harvesterhci.io/hash"
NAD_NAMESPACE = "harvester-system"
REQUIRED_KEYS = ("vlan", "clusterNetwork", "range")
_KINDS = {
    "vlan": (int, "a whole number"),
    "clusterNetwork": (str, "text"),
    "range": (str, "text"),
    "exclude": (list, "a list of texts"),
    "exclusiveVlan": (bool, "true or false"),
}
KNOWN_KEYS = tuple(_KINDS)
_TOO_LARGE = 10**MAX_DIGITS


def _typed(key: str, value: object) -> Any:
    """`value` if it is of the kind that Harvester reads under that key, integers of every kind as int."""
    kind, words = _KINDS[key]
    if kind is int and not isinstance(value, bool):
        with contextlib.suppress(TypeError):
            value = operator.index(value)  # type: ignore[arg-type]  # the TypeError leaves it as it is
    texts = not isinstance(value, list) or all(isinstance(entry, str) for entry in value)
    too_large = isinstance(value, int) and abs(value) >= _TOO_LARGE
    if type(value) is not kind or not texts or too_large:
        raise SnPlannerError(f"setting {key}", value, f"is not {words}", f"write {words}", "setting-not-json")
    return value


def _vlan(value: object) -> int:
    return int(_typed("vlan", value))


def _cluster_network(value: object) -> str:
    return str(_typed("clusterNetwork", value))


def _network(value: object) -> str:
    """Text as it is written, right or wrong; a network object as text."""
    return value if isinstance(value, str) else str(AddressRange(value))


def _texts(value: Iterable[object]) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else str(block_of("exclude", one)) for one in list_of("exclude", value))


def _exclusive(value: object) -> bool | None:
    return None if value is None else bool(_typed("exclusiveVlan", value))


@attrs.frozen(kw_only=True)
class Setting:
    """The value of the `storage-network` setting, as written.

    `vlan` [VLAN id]; `cluster_network`, `range` and the entries of `exclude` as text; `exclusive_vlan` where it is
    written. `text` is the value that was parsed (the canonical one for a Setting made from its parts), `missing` and
    `unknown` the keys it lacks and has beyond the known ones; `is_compact` is whether only those keep the text from
    being canonical. Raises SnPlannerError for a part of the wrong kind.

    >>> Setting(vlan=100, cluster_network="storage", range="172.16.1.0/26").value
    '{"vlan":100,"clusterNetwork":"storage","range":"172.16.1.0/26"}'
    """

    vlan: int = attrs.field(converter=_vlan)
    cluster_network: str = attrs.field(converter=_cluster_network)
    range: str = attrs.field(converter=_network)
    exclude: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    exclusive_vlan: bool | None = attrs.field(default=None, converter=_exclusive)
    text: str = attrs.field(eq=False, repr=False)
    missing: tuple[str, ...] = attrs.field(default=(), eq=False, repr=False)
    unknown: tuple[str, ...] = attrs.field(default=(), eq=False, repr=False)
    is_compact: bool = attrs.field(default=True, eq=False, repr=False)

    @text.default
    def _canonical(self) -> str:
        return self.value

    @classmethod
    def parse(cls, text: str) -> Setting:
        """The setting in a value's JSON text, or in a manifest (JSON or YAML, or as `kubectl get -o yaml` prints it).

        Raises SnPlannerError for text that is neither, with the code "setting-not-json" where the value is at fault.

        >>> Setting.parse('{"vlan": 100, "clusterNetwork": "storage", "range": "172.16.1.0/26"}').cluster_network
        'storage'
        """
        setting, faults = cls.read(text)
        for fault in faults:
            raise fault
        return setting

    @classmethod
    def read(cls, text: str) -> tuple[Setting, tuple[SnPlannerError, ...]]:
        """`parse` for a value that may have keys of the wrong kind: each is a fault, and read as if it were missing."""
        if not isinstance(text, str):
            raise SnPlannerError("setting", text, "is not text", "give the setting's JSON or manifest as text")
        document = decode_document("setting", text)
        if isinstance(document, dict) and "kind" in document:
            text = _value_of(document)
        keys = decode_json("setting", text)
        if not isinstance(keys, dict):
            raise SnPlannerError("setting", keys, "is not a JSON object", "write {…}", "setting-not-json")
        known, faults = _known(keys)
        setting = cls(
            vlan=known.get("vlan", 0),
            cluster_network=known.get("clusterNetwork", ""),
            range=known.get("range", ""),
            exclude=known.get("exclude", ()),
            exclusive_vlan=known.get("exclusiveVlan"),
            text=text,
            missing=tuple(key for key in REQUIRED_KEYS if keys.get(key) is None),
            unknown=tuple(key for key in keys if key not in _KINDS),
            is_compact=text == _compact({key: keys[key] for key in _KINDS if key in keys} | keys),
        )
        return setting, faults

    @property
    def value(self) -> str:
        """The canonical text: the documentation's key order, no spaces."""
        keys: dict[str, object] = {"vlan": self.vlan, "clusterNetwork": self.cluster_network, "range": self.range}
        if self.exclude:
            keys["exclude"] = list(self.exclude)
        if self.exclusive_vlan is not None:
            keys["exclusiveVlan"] = self.exclusive_vlan
        return _compact(keys)

    @property
    def sha1(self) -> str:
        """The SHA-1 of `text` in hex, as Harvester keeps it in the annotation `HASH_ANNOTATION`."""
        import hashlib

        return hashlib.sha1(self.text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()

    @property
    def address_range(self) -> AddressRange:
        """Range and excludes as Whereabouts understands them; raises SnPlannerError where they are not readable."""
        return AddressRange(self.range, self.exclude)

    def change_from(self, current: Setting) -> str:
        """What Harvester would do on changing `current` to this: "none", "text" or "meaning".

        "none": the same text. "text": the same meaning in another text, and Harvester still reconfigures, with the
        whole outage. "meaning": another configuration.
        """
        if self.text == current.text:
            return "none"
        return "text" if self == current else "meaning"

    def manifest(self) -> str:
        """The manifest for `kubectl apply -f -`, in YAML."""
        plain = self.text.isascii() and self.text.isprintable()
        quoted = "'" + self.text.replace("'", "''") + "'" if plain else json.dumps(self.text)
        return f"apiVersion: {API_VERSION}\nkind: Setting\nmetadata:\n  name: {NAME}\nvalue: {quoted}\n"

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


def _known(keys: dict[str, Any]) -> tuple[dict[str, Any], tuple[SnPlannerError, ...]]:
    """The known keys of the right kind, and the faults of the others."""
    known, faults = {}, []
    for key, value in keys.items():
        if key in _KINDS and value is not None:  # Go reads null as if the key were not there
            try:
                known[key] = _typed(key, value)
            except SnPlannerError as fault:
                faults.append(fault)
    return known, tuple(faults)


def _compact(keys: dict[str, Any]) -> str:
    return json.dumps(keys, separators=(",", ":"))


def _value_of(manifest: dict[str, Any]) -> str:
    """The value in a Setting manifest, or in a List that has one."""
    items = manifest.get("items") if str(manifest["kind"]).endswith("List") else [manifest]
    for item in items if isinstance(items, list) else []:
        metadata = item.get("metadata") if isinstance(item, dict) else None
        if isinstance(metadata, dict) and item.get("kind") == "Setting" and metadata.get("name") == NAME:
            value = item.get("value")
            if isinstance(value, str) and value:
                return value
            problem = "has no value" if not value else "has a value that is no text"
            raise SnPlannerError("setting", ABSENT, problem, "write the JSON text in quotes", "setting-missing-key")
    kind = manifest["kind"]
    raise SnPlannerError("manifest", kind, f"holds no Setting named {NAME}", f"export it: kubectl get setting {NAME}")
