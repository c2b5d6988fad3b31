"""Harvester's setting of a network: what it configures, its text, its hash, its manifest and the network it makes.

Rules: a `Setting` is what is configured, and nothing else: everything else about it is computed from its parts. What
somebody *wrote* is another value, `Written`: Harvester compares the value as text, so two texts of one meaning are two
configurations. The canonical text of a Setting has the documentation's key order and no spaces [D 1.4 Storage Network].
Both hold what is written, right or wrong: judging it is the advice's part.
"""

from __future__ import annotations

import contextlib
import json
import operator
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import attrs

from sn_planner.errors import ABSENT, BadInput, SnPlannerError
from sn_planner.model.cidr import block_of, network_of
from sn_planner.model.fields import MAX_DIGITS, list_of
from sn_planner.model.fields import text as text_field
from sn_planner.model.networks import STORAGE
from sn_planner.model.plain import decode_document, decode_json
from sn_planner.model.ranges import AddressRange, ExcludeLike, RangeLike

API_VERSION = "harvesterhci.io/v1beta1"
HASH_ANNOTATION = "storage-network.settings.harvesterhci.io/hash"
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

Change = Literal["none", "text", "meaning"]


def _typed(key: str, value: object) -> Any:
    """`value` if it is of the kind that Harvester reads under that key, integers of every kind as int."""
    kind, words = _KINDS[key]
    if kind is int and not isinstance(value, bool):
        with contextlib.suppress(TypeError):
            value = operator.index(value)  # type: ignore[arg-type]  # the TypeError leaves it as it is
    entries_fit = not isinstance(value, list) or all(isinstance(entry, str) for entry in value)
    too_large = isinstance(value, int) and abs(value) >= _TOO_LARGE
    if type(value) is not kind or not entries_fit or too_large:
        raise BadInput(f"setting {key}", value, f"is not {words}", f"write {words}", "setting-not-json")
    return value


def _vlan(value: int) -> int:
    return int(_typed("vlan", value))


def _cluster_network(value: str) -> str:
    return str(_typed("clusterNetwork", value))


def _network(value: RangeLike) -> str:
    """Text as it is written, right or wrong; a network object as text."""
    if isinstance(value, AddressRange) and value.exclude:
        fix = "give its cidr as range and its exclude as exclude"
        raise BadInput("range", value, "has excludes, which are another key of a setting", fix, "conflict")
    return value if isinstance(value, str) else str(network_of("range", value))


def _excludes(value: Iterable[ExcludeLike]) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else str(block_of("exclude", one)) for one in list_of("exclude", value))


def _exclusive(value: bool | None) -> bool | None:
    return None if value is None else bool(_typed("exclusiveVlan", value))


@attrs.frozen(kw_only=True)
class Setting:
    """What a network's setting configures, as written.

    `vlan` [VLAN id]; `cluster_network`, `range` and the entries of `exclude` as text; `exclusive_vlan` where it is
    written. Raises BadInput for a part of the wrong kind, and for a range that brings excludes of its own.

    >>> Setting(vlan=100, cluster_network="storage", range="172.16.1.0/26").value
    '{"vlan":100,"clusterNetwork":"storage","range":"172.16.1.0/26"}'
    """

    vlan: int = attrs.field(converter=_vlan)
    cluster_network: str = attrs.field(converter=_cluster_network)
    range: str = attrs.field(converter=_network)
    exclude: tuple[str, ...] = attrs.field(default=(), converter=_excludes)
    exclusive_vlan: bool | None = attrs.field(default=None, converter=_exclusive)

    @classmethod
    def parse(cls, text: str) -> Setting:
        """The setting in a value's JSON text, or in a manifest (JSON or YAML, or as `kubectl get -o yaml` prints it).

        Raises BadInput for text that is neither, with the code "setting-not-json" where the value is at fault.

        >>> Setting.parse('{"vlan": 100, "clusterNetwork": "storage", "range": "172.16.1.0/26"}').cluster_network
        'storage'
        """
        written = Written.read(text)
        for fault in written.faults:
            raise fault
        return written.setting

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
        """The SHA-1 of `value` in hex, as Harvester keeps it in the annotation `HASH_ANNOTATION`."""
        return _sha1(self.value)

    @property
    def address_range(self) -> AddressRange:
        """Range and excludes as Whereabouts understands them; raises BadInput where they are not readable."""
        return AddressRange(self.range, self.exclude)

    def manifest(self) -> str:
        """The manifest of the storage-network setting for `kubectl apply -f -`, in YAML."""
        plain = self.value.isascii() and self.value.isprintable()
        quoted = "'" + self.value.replace("'", "''") + "'" if plain else json.dumps(self.value)
        return f"apiVersion: {API_VERSION}\nkind: Setting\nmetadata:\n  name: {STORAGE.setting}\nvalue: {quoted}\n"

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


class _Reading(NamedTuple):
    """What a text says: the setting, the keys it lacks and has beyond the known ones, and its faults."""

    setting: Setting
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    faults: tuple[SnPlannerError, ...]
    canonical: str


@attrs.frozen(repr=False)
class Written:
    """A setting's value as somebody wrote it: the JSON text, and what it says.

    Raises BadInput, with the code "setting-not-json", for text that is no JSON object.

    >>> Written('{"vlan": 5, "mtu": 9000}').missing, Written('{"vlan": 5, "mtu": 9000}').unknown
    (('clusterNetwork', 'range'), ('mtu',))
    """

    text: str
    _reading: _Reading = attrs.field(init=False, eq=False)

    @_reading.default
    def _read(self) -> _Reading:
        return _reading_of(self.text)

    @classmethod
    def read(cls, document: str) -> Written:
        """The value in a text: the value's own JSON, or a manifest that has it; raises BadInput where there is none."""
        if not isinstance(document, str):
            fix = "give the setting's JSON or manifest as text"
            raise BadInput("setting", document, "is not text", fix, "wrong-type")
        keys = decode_document("setting", document, "setting-not-json")
        return cls(_value_of(keys) if isinstance(keys, dict) and "kind" in keys else document)

    @classmethod
    def of(cls, given: SettingLike) -> Written:
        """A value that was given as a Setting (then its canonical text), or as a text that `read` reads."""
        if isinstance(given, Written):
            return given
        return cls(given.value) if isinstance(given, Setting) else cls.read(given)

    @property
    def setting(self) -> Setting:
        """What it configures; a key of the wrong kind counts as missing."""
        return self._reading.setting

    @property
    def missing(self) -> tuple[str, ...]:
        """The required keys it lacks."""
        return self._reading.missing

    @property
    def unknown(self) -> tuple[str, ...]:
        """Its keys beyond the known ones."""
        return self._reading.unknown

    @property
    def faults(self) -> tuple[SnPlannerError, ...]:
        """A refusal for each key of the wrong kind."""
        return self._reading.faults

    @property
    def is_compact(self) -> bool:
        """Whether spaces, key order and escapes are those of the canonical text."""
        return self.text == self.canonical

    @property
    def canonical(self) -> str:
        """The same keys and values in the documentation's order without spaces, keys that are not known behind."""
        return self._reading.canonical

    @property
    def sha1(self) -> str:
        """The SHA-1 of the text in hex, as Harvester keeps it in the annotation `HASH_ANNOTATION`."""
        return _sha1(self.text)

    def change_from(self, current: SettingLike) -> Change:
        """What Harvester would do on changing `current` to this: "none", "text" or "meaning".

        "none": the same text. "text": the same meaning in another text, and Harvester still reconfigures, with the
        whole outage. "meaning": another configuration.
        """
        in_force = Written.of(current)
        if self.text == in_force.text:
            return "none"
        return "text" if self.setting == in_force.setting else "meaning"

    def __repr__(self) -> str:
        return f"Written({self.text!r})"


SettingLike = Setting | Written | str
"""What a setting may be given as: its parts, its value as written, or the text of a value or a manifest."""


def _reading_of(text: str) -> _Reading:
    keys = decode_json("setting", text_field("setting", text, empty=True), "setting-not-json")
    if not isinstance(keys, dict):
        raise BadInput("setting", keys, "is not a JSON object", "write {…}", "setting-not-json")
    known, faults = _known(keys)
    setting = Setting(
        vlan=known.get("vlan", 0),
        cluster_network=known.get("clusterNetwork", ""),
        range=known.get("range", ""),
        exclude=known.get("exclude", ()),
        exclusive_vlan=known.get("exclusiveVlan"),
    )
    return _Reading(
        setting,
        missing=tuple(key for key in REQUIRED_KEYS if keys.get(key) is None),
        unknown=tuple(key for key in keys if key not in _KINDS),
        faults=faults,
        canonical=_compact({key: keys[key] for key in _KINDS if key in keys} | keys),
    )


def _known(keys: dict[str, Any]) -> tuple[dict[str, Any], tuple[SnPlannerError, ...]]:
    """The known keys of the right kind, and the faults of the others."""
    known: dict[str, Any] = {}
    faults: list[SnPlannerError] = []
    for key, value in keys.items():
        if key in _KINDS and value is not None:  # Go reads null as if the key were not there
            try:
                known[key] = _typed(key, value)
            except SnPlannerError as fault:
                faults.append(fault)
    return known, tuple(faults)


def _compact(keys: dict[str, Any]) -> str:
    return json.dumps(keys, separators=(",", ":"))


def _sha1(text: str) -> str:
    import hashlib

    return hashlib.sha1(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


def _value_of(manifest: dict[str, Any]) -> str:
    """The value in a Setting manifest, or in a List that has one."""
    name = STORAGE.setting
    items = manifest.get("items") if str(manifest["kind"]).endswith("List") else [manifest]
    for item in items if isinstance(items, list) else []:
        metadata = item.get("metadata") if isinstance(item, dict) else None
        if isinstance(metadata, dict) and item.get("kind") == "Setting" and metadata.get("name") == name:
            value = item.get("value")
            if isinstance(value, str) and value:
                return value
            problem = "has no value" if not value else "has a value that is no text"
            raise BadInput("setting", ABSENT, problem, "write the JSON text in quotes", "setting-missing-key")
    fix = f"export it: kubectl get setting {name}"
    raise BadInput("manifest", manifest["kind"], f"holds no Setting named {name}", fix, "unknown-name")
