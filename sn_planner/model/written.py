"""A network's setting as somebody wrote it: the text of its value, and what Harvester reads there.

Rules: Harvester compares the value as text, so the text is kept to the letter and what it says is read from it. An
empty text configures no network, and that is valid. The rwx-network's value wraps its network in an object of its own
(`networks.wrapper`), beside a key that puts it on the storage network. Keys are read in any letter case, the last of
two wins, and null is as good as absent: so does Go [C encoding/json]. A value comes bare, in a manifest, or in the
patch that sets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import attrs

from sn_planner.errors import ABSENT, BadInput, SnPlannerError
from sn_planner.model.fields import known_key, maybe_text
from sn_planner.model.fields import text as text_field
from sn_planner.model.networks import NETWORKS, RWX, STORAGE, Network
from sn_planner.model.plain import Part, as_go_reads, decode_document, decode_json, decode_parts
from sn_planner.model.setting import KEYS, Setting, compact, sha1_of, typed

HARVESTER_GROUP = "harvesterhci.io"
REQUIRED_KEYS = ("clusterNetwork", "range")  # without vlan the network is untagged [C networkutil.Config, omitempty]
_LONGHORN_GROUP = "longhorn.io"
_VALUE_PATH = "/value"
_NEXT_DOCUMENT = "\n---"
_ITEMS = "items"

Change = Literal["none", "text", "meaning"]


def hash_annotation(network: str) -> str:
    """The annotation in which Harvester keeps the SHA-1 of the text it last acted upon.

    >>> hash_annotation("rwx-network")
    'rwx-network.settings.harvesterhci.io/hash'
    """
    return f"{network}.settings.{HARVESTER_GROUP}/hash"


class _Reading(NamedTuple):
    """What a text says: the setting, the keys it lacks, has, and has beyond the known ones, its faults, normal form.

    `setting` is None where it configures no network of its own, `shares` whether it names the storage network instead.
    """

    setting: Setting | None
    shares: bool = False
    missing: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    faults: tuple[SnPlannerError, ...] = ()
    canonical: str = ""


def _network(name: str) -> str:
    return known_key("network", name, NETWORKS)


def _hash(value: str | None) -> str | None:
    return maybe_text("hash", value)


@attrs.frozen(repr=False)
class Written:
    """A setting's value as somebody wrote it: the JSON text, and what it says.

    `network` is the name of the setting; `hash` the SHA-1 of the text that Harvester last acted upon, None where that
    is not known. Raises BadInput, with the code "setting-not-json", for text that is no JSON object and not empty, and
    for an unknown network.

    >>> Written('{"vlan": 5, "mtu": 9000}').missing, Written('{"vlan": 5, "mtu": 9000}').unknown
    (('clusterNetwork', 'range'), ('mtu',))
    >>> Written("").is_disabled
    True
    """

    text: str
    network: str = attrs.field(default=STORAGE.setting, converter=_network)
    hash: str | None = attrs.field(default=None, converter=_hash)
    _reading: _Reading = attrs.field(init=False, eq=False)

    @_reading.default
    def _read(self) -> _Reading:
        return _reading_of(self.text, NETWORKS[self.network])

    @classmethod
    def read(cls, document: str, network: str | None = None) -> Written:
        """The value in a text: its own JSON, manifests or a `value:` line that have it, or the JSON patch that sets it.

        A bare value does not say whose it is: it is the rwx-network's where it is wrapped like that one's, and else
        that of `network`, by default the storage network. Raises BadInput where it is no setting of a network, or of
        another network.
        """
        if not isinstance(document, str):
            fix = "give the setting's JSON or manifest as text"
            raise BadInput("setting", document, "is not text", fix, "wrong-type")
        if network is not None:
            _network(network)
        documents = [part.value for part in documents_of(document)]
        if any(isinstance(one, dict) and "kind" in one for one in documents):
            return _of_manifest(documents, network)
        value = next((value for one in documents if (value := lone_value(one)) is not None), document)
        keys = decode_json("setting", value, "setting-not-json") if value else {}
        wrapped = isinstance(keys, dict) and _is_wrapped(keys)
        return cls(value, RWX.setting if wrapped else STORAGE.setting if network is None else network)

    @classmethod
    def of(cls, given: SettingLike, network: str | None = None) -> Written:
        """A value that was given as a Setting (then its canonical text), or as a text that `read` reads.

        A Setting of the storage network, as it is by default, is taken for one of `network`.
        """
        if isinstance(given, Written):
            return given
        if not isinstance(given, Setting):
            return cls.read(given, network)
        if given.network == STORAGE.setting and network is not None:
            given = attrs.evolve(given, network=network)
        return cls(given.value, given.network)

    @property
    def setting(self) -> Setting | None:
        """What it configures; a key of the wrong kind counts as missing. None where it configures no network."""
        return self._reading.setting

    @property
    def is_disabled(self) -> bool:
        """Whether it configures no network of its own."""
        return self.setting is None

    @property
    def shares_storage(self) -> bool:
        """Whether it puts its network on the storage network."""
        return self._reading.shares

    @property
    def missing(self) -> tuple[str, ...]:
        """The required keys it lacks."""
        return self._reading.missing

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys that are known, in the documentation's order and case."""
        return self._reading.keys

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
        """The SHA-1 of the text in hex, as Harvester keeps it in the annotation `hash_annotation`."""
        return sha1_of(self.text)

    @property
    def is_in_force(self) -> bool:
        """Whether it is the very text that Harvester last acted upon."""
        return self.hash == self.sha1

    def require_setting(self) -> Setting:
        """What it configures; raises BadInput for a key of the wrong kind, and where it configures no network."""
        for fault in self.faults:
            raise fault
        if self.setting is None:
            problem = "shares the storage network" if self.shares_storage else "has no value: the network is disabled"
            raise BadInput(self.network, ABSENT, problem, "give the value that configures it", "setting-missing-key")
        return self.setting

    def change_from(self, current: SettingLike) -> Change:
        """What Harvester would do on changing `current` to this: "none", "text" or "meaning".

        "none": the same text. "text": the same meaning in another text, and Harvester still reconfigures, with the
        whole outage. "meaning": another configuration.
        """
        in_force = Written.of(current)
        if self.text == in_force.text:
            return "none"
        same = (self.setting, self.shares_storage) == (in_force.setting, in_force.shares_storage)
        return "text" if same else "meaning"

    def __repr__(self) -> str:
        network = "" if self.network == STORAGE.setting else f", {self.network!r}"
        return f"Written({self.text!r}{network})"


SettingLike = Setting | Written | str
"""What a setting may be given as: its parts, its value as written, or the text of a value or a manifest."""


def _reading_of(text: str, row: Network) -> _Reading:
    if not text_field("setting", text, empty=True):
        return _Reading(None)
    keys = decode_json("setting", text, "setting-not-json")
    if not isinstance(keys, dict):
        raise BadInput("setting", ABSENT, "is not a JSON object", "write {…}", "setting-not-json")
    if row.wrapper is None or not (_is_wrapped(keys) or not _has_range(keys)):
        return _parts_of(keys, row)
    return _unwrapped(keys, row, row.wrapper, row.shares or "")


def _is_wrapped(keys: dict[str, Any]) -> bool:
    return not as_go_reads(keys).keys().isdisjoint({RWX.wrapper, RWX.shares})


def _has_range(keys: dict[str, Any]) -> bool:
    return "range" in as_go_reads(keys)


def _unwrapped(keys: dict[str, Any], row: Network, wrapper: str, shares: str) -> _Reading:
    """The reading of a value that holds its network in an object of its own."""
    given = as_go_reads(keys)
    inner, shared = given.get(wrapper), given.get(shares)
    unknown = tuple(key for key in keys if key.casefold() not in {wrapper, shares})
    faults: list[SnPlannerError] = []
    for key, value, kind, words in ((wrapper, inner, dict, "an object"), (shares, shared, bool, "true or false")):
        if value is not None and type(value) is not kind:
            faults.append(BadInput(f"setting {key}", value, f"is not {words}", f"write {words}", "setting-not-json"))
    reading = _parts_of(inner, row) if type(inner) is dict else _Reading(None)
    ordered = {shares: shared, wrapper: reading.setting and decode_json(wrapper, reading.canonical)}
    known = {key: value for key, value in ordered.items() if value is not None}
    return reading._replace(
        setting=None if shared is True else reading.setting,
        shares=shared is True,
        missing=() if shared is True else reading.missing,
        unknown=(*unknown, *reading.unknown),
        faults=(*faults, *reading.faults),
        canonical=compact(known | {key: keys[key] for key in unknown}),
    )


def _parts_of(keys: dict[str, Any], row: Network) -> _Reading:
    """The reading of a network's own keys."""
    given = as_go_reads(keys)
    known: dict[str, Any] = {}
    faults: list[SnPlannerError] = []
    for key in KEYS:
        if (value := given.get(key.casefold())) is not None:
            try:
                known[key] = typed(key, value)
            except SnPlannerError as fault:
                faults.append(fault)
    setting = Setting(
        vlan=known.get("vlan", 0),
        cluster_network=known.get("clusterNetwork", ""),
        range=known.get("range", ""),
        exclude=known.get("exclude", ()),
        exclusive_vlan=known.get("exclusiveVlan"),
        network=row.setting,
    )
    folded = {key.casefold() for key in KEYS}
    unknown = tuple(key for key in keys if key.casefold() not in folded)
    ordered = {key: given[key.casefold()] for key in KEYS if key.casefold() in given}
    return _Reading(
        setting,
        keys=tuple(ordered),
        missing=tuple(key for key in REQUIRED_KEYS if given.get(key.casefold()) is None),
        unknown=unknown,
        faults=tuple(faults),
        canonical=compact(ordered | {key: keys[key] for key in unknown}),
    )


def documents_of(text: str, field: str = "setting", code: str = "setting-not-json") -> list[Part]:
    """The documents of a JSON or YAML text, before each the items of its list, with the lines on which they begin.

    Raises BadInput, with that field and code, for a text that is neither.
    """
    if "\n" in text.strip():
        try:
            return list(decode_parts(field, text, _ITEMS, code=code))
        except SnPlannerError:
            # JSON that YAML does not read, or its fault: as JSON it is named better
            if text.lstrip()[:1] not in {"{", "["} or _NEXT_DOCUMENT in text:
                raise
    whole = decode_document(field, text, code)
    listed = whole.get(_ITEMS) if isinstance(whole, dict) else whole
    if not isinstance(listed, list):
        return [Part(whole, None, 1)]
    rest = {**whole, _ITEMS: []} if isinstance(whole, dict) else []
    return [*(Part(item, {}, 1) for item in listed), Part(rest, None, 1)]


def lone_value(document: Any) -> str | None:
    """The text of a `value:` line alone, or of the JSON patch [RFC 6902] that puts it; None where it is neither."""
    if not isinstance(document, dict) or not (
        document.keys() <= {"value", "default"} or document.get("path") == _VALUE_PATH
    ):
        return None
    return document["value"] if isinstance(document.get("value"), str) else None


def _of_manifest(documents: list[Any], network: str | None) -> Written:
    """The value of the network's setting among some documents.

    Without a `network` it is the one there is, or the storage network's where there are several.
    """
    found = {str(item["metadata"]["name"]): item for item in settings_among(documents)}
    names = [network] if network is not None else [STORAGE.setting, *NETWORKS]
    name = next((name for name in names if name in found), None)
    if name is None and len(documents) == 1 and _is_longhorns(documents[0]):
        problem = "is Longhorn's, which names a network and holds none"
        fix = f"export Harvester's: kubectl get settings.{HARVESTER_GROUP} {STORAGE.setting} -o yaml"
        raise BadInput("setting", ABSENT, problem, fix, "unknown-name")
    if name is None:
        wanted = network or ", ".join(NETWORKS)
        what = ", ".join(found) or next(one["kind"] for one in documents if isinstance(one, dict) and "kind" in one)
        fix = f"export it: kubectl get settings.{HARVESTER_GROUP} {network or STORAGE.setting} -o yaml"
        raise BadInput("manifest", what, f"holds no Setting named {wanted}", fix, "unknown-name")
    item = found[name]
    value, default = item.get("value"), item.get("default")
    if not isinstance(value, str | None):
        fix = "write the JSON text in quotes"
        raise BadInput("setting", ABSENT, "has a value that is no text", fix, "setting-missing-key")
    annotations = item["metadata"].get("annotations")
    hashes = annotations if isinstance(annotations, Mapping) else {}
    kept = hashes.get(hash_annotation(name))
    text = value or (default if isinstance(default, str) else "")
    return Written(text, name, kept if isinstance(kept, str) else None)


def settings_among(documents: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Harvester's settings among some documents; Longhorn's only name a network and are none."""
    for item in documents:
        metadata = item.get("metadata") if _is_setting(item) and not _is_longhorns(item) else None
        if isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
            yield item


def _is_setting(item: Any) -> bool:
    return isinstance(item, dict) and item.get("kind") == "Setting"


def _is_longhorns(item: Any) -> bool:
    return _is_setting(item) and str(item.get("apiVersion")).startswith(f"{_LONGHORN_GROUP}/")
