"""The storage-network setting: text, meaning, hash, manifest, network."""

from __future__ import annotations

import hashlib
import json

import netaddr
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.model.setting import KEYS, Setting
from sn_planner.model.written import Written, documents_of

VALUE = '{"vlan":100,"clusterNetwork":"storage","range":"172.16.1.0/26","exclude":["172.16.1.1/32"]}'
settings = st.builds(
    Setting,
    vlan=st.integers(-5, 5000),
    cluster_network=st.text(),
    range=st.text(),
    exclude=st.lists(st.text(), max_size=3),
    exclusive_vlan=st.none() | st.booleans(),
)
AS_KUBECTL_PRINTS = f"""\
apiVersion: harvesterhci.io/v1beta1
default: ""
kind: Setting
metadata:
  annotations:
    storage-network.settings.harvesterhci.io/hash: {hashlib.sha1(VALUE.encode()).hexdigest()}
  creationTimestamp: "2024-01-01T00:00:00Z"
  generation: 4
  name: storage-network
  resourceVersion: "1234"
status:
  conditions:
  - lastUpdateTime: "2024-01-01T00:00:00Z"
    status: "True"
    type: configured
value: '{VALUE}'
"""


@given(settings)
def test_parsing_the_canonical_text_is_the_identity(setting: Setting) -> None:
    """parse(value) is the setting again, and its text is canonical."""
    written = Written.read(setting.value)
    assert written == Written.of(setting) == Written.of(written)
    assert written.setting == Setting.parse(setting.value) == setting
    assert (written.text, written.missing, written.unknown) == (setting.value, (), ())


@given(settings)
def test_the_manifest_carries_the_text(setting: Setting) -> None:
    """The manifest is YAML that kubectl reads, with the very text as its value; parsing it gives the setting again."""
    manifest = yaml.safe_load(setting.manifest())
    assert manifest == {
        "apiVersion": "harvesterhci.io/v1beta1",
        "kind": "Setting",
        "metadata": {"name": "storage-network"},
        "value": setting.value,
    }
    assert Setting.parse(setting.manifest()) == setting == Setting.parse(json.dumps(manifest))


@given(settings)
def test_the_hash_is_the_sha1_of_the_text(setting: Setting) -> None:
    """Harvester remembers the SHA-1 of the text, not of the meaning."""
    spaced = Written.read(json.dumps(json.loads(setting.value), indent=1))
    assert setting.sha1 == hashlib.sha1(setting.value.encode()).hexdigest()
    assert spaced.setting == setting
    assert spaced.sha1 != setting.sha1
    assert spaced.canonical == setting.value


def test_as_kubectl_prints_it() -> None:
    """`kubectl get setting storage-network -o yaml` is read as it is, and a List of settings too."""
    setting = Setting.parse(AS_KUBECTL_PRINTS)
    assert (setting.vlan, setting.cluster_network, setting.range) == (100, "storage", "172.16.1.0/26")
    assert setting.exclude == ("172.16.1.1/32",)
    assert setting.sha1 in AS_KUBECTL_PRINTS
    other = {"kind": "Setting", "metadata": {"name": "log-level"}, "value": "Info"}
    listed = {"kind": "List", "items": [5, other, {"kind": "Setting"}, yaml.safe_load(AS_KUBECTL_PRINTS)]}
    assert Setting.parse(yaml.safe_dump(listed)) == setting


def test_changes_are_judged_by_text_and_by_meaning() -> None:
    """The same text changes nothing; another text of the same meaning still reconfigures."""
    current, spaced = Written(VALUE), Written(VALUE.replace(",", ", "))
    reordered = Written(json.dumps(dict(reversed(json.loads(VALUE).items()))))
    other = Written(VALUE.replace("100", "101"))
    assert current.change_from(current) == "none"
    assert spaced.change_from(current) == reordered.change_from(current) == "text"
    assert other.change_from(current) == "meaning"


def test_what_is_missing_and_unknown_is_kept_apart() -> None:
    """A setting says which keys it lacks and which it has beyond the known ones."""
    written = Written('{"mtu": 9000, "vlan": 1, "clusterNetwrok": "x", "exclusiveVlan": true, "rangeV6": "fd00::/64"}')
    assert written.missing == ("clusterNetwork", "range")
    assert written.unknown == ("mtu", "clusterNetwrok")
    assert written.keys == ("vlan", "exclusiveVlan", "rangeV6")
    assert written.setting is not None
    assert written.setting.exclusive_vlan is True
    kept = '{"vlan":1,"exclusiveVlan":true,"rangeV6":"fd00::/64","mtu":9000,"clusterNetwrok":"x"}'
    assert written.canonical == kept
    assert repr(written) == f"Written({written.text!r})"
    assert [key for key, row in KEYS.items() if row.since is None] == ["rangeV6", "excludeV6"]


def test_keys_are_read_in_any_letter_case() -> None:
    """Go matches keys whatever their case, the last of two wins, and a null undoes nothing."""
    written = Written('{"VLAN":5,"ClusterNetwork":"x","range":"10.0.0.0/24","Range":"10.1.0.0/24","RANGE":null}')
    assert written.setting == Setting(vlan=5, cluster_network="x", range="10.1.0.0/24")
    assert (written.missing, written.unknown) == ((), ())
    assert written.canonical == '{"vlan":5,"clusterNetwork":"x","range":"10.1.0.0/24"}'
    wrapped = Written('{"Network":{"VLAN":7},"Share-Storage-Network":false}', "rwx-network")
    assert wrapped.setting is not None
    assert (wrapped.setting.vlan, wrapped.missing, wrapped.shares_storage) == (7, ("clusterNetwork", "range"), False)


WRAPPED = '{"share-storage-network":false,"network":{"vlan":200,"clusterNetwork":"a","range":"10.2.0.0/28"}}'


def test_the_rwx_network_is_wrapped() -> None:
    """Its value holds the network in an object of its own, and is canonical when that is."""
    written = Written.read(WRAPPED)
    assert (written.network, written.is_compact, written.is_disabled) == ("rwx-network", True, False)
    assert written.require_setting() == Setting(
        vlan=200, cluster_network="a", range="10.2.0.0/28", network="rwx-network"
    )
    assert written.require_setting().value == WRAPPED
    assert repr(written) == f"Written({WRAPPED!r}, 'rwx-network')"
    loose = Written.read('{"x":1,"network":{"range":"10.2.0.0/28","clusterNetwork":"a","vlan":200,"y":2}}')
    assert loose.unknown == ("x", "y")
    assert loose.canonical == '{"network":{"vlan":200,"clusterNetwork":"a","range":"10.2.0.0/28","y":2},"x":1}'
    assert loose.change_from(written) == "text"
    bare = Written('{"vlan":200,"clusterNetwork":"a","range":"10.2.0.0/28"}', "rwx-network")
    assert bare.setting == written.setting


def test_a_shared_network_configures_none_of_its_own() -> None:
    """Where it shares the storage network, whatever it says of a network of its own does not count."""
    written = Written.read(WRAPPED.replace("false", "true"))
    assert (written.shares_storage, written.is_disabled, written.setting, written.missing) == (True, True, None, ())
    assert written.change_from(Written.read(WRAPPED)) == "meaning"
    with pytest.raises(sn.BadInput, match="rwx-network shares the storage network"):
        written.require_setting()
    assert Written('{"share-storage-network":true}', "rwx-network").canonical == '{"share-storage-network":true}'
    faulty = Written('{"share-storage-network":"yes","network":[]}', "rwx-network")
    assert [fault.field for fault in faulty.faults] == ["setting network", "setting share-storage-network"]


def test_an_empty_text_configures_nothing() -> None:
    """No value disables the network, and that is valid."""
    for nothing in (Written(""), Written.read(AS_KUBECTL_PRINTS.replace(f"'{VALUE}'", "''"))):
        assert (nothing.is_disabled, nothing.setting, nothing.faults, nothing.is_compact) == (True, None, (), True)
    assert Written("").sha1 == "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    with pytest.raises(sn.BadInput, match="storage-network has no value: the network is disabled"):
        Setting.parse(AS_KUBECTL_PRINTS.replace(f"'{VALUE}'", "''"))


def test_the_patch_that_sets_a_value() -> None:
    """The JSON patch that people share is read for its value."""
    patch = [{"op": "test", "path": "/kind"}, 5, {"op": "add", "path": "/value", "value": VALUE}]
    assert Written.read(json.dumps(patch)) == Written(VALUE)
    wrapped = [{"op": "replace", "path": "/value", "value": WRAPPED}]
    assert Written.read(json.dumps(wrapped)).network == "rwx-network"
    assert Written.read('[{"op": "replace", "path": "/value", "value": ""}]').is_disabled


def test_a_value_line_alone() -> None:
    """The line that people copy out of a manifest is read for its value."""
    assert Written.read(f"value: '{VALUE}'\n") == Written(VALUE)
    assert Written.read(f'default: ""\nvalue: {json.dumps(WRAPPED)}\n').network == "rwx-network"
    assert Written.read('value: ""').is_disabled


def test_a_list_of_settings() -> None:
    """Of several settings the storage network's is read, or that of the network that is asked for."""
    rwx = {"kind": "Setting", "metadata": {"name": "rwx-network"}, "value": WRAPPED}
    longhorn = {"apiVersion": "longhorn.io/v1beta2", "kind": "Setting", "metadata": {"name": "storage-network"}}
    with pytest.raises(sn.BadInput, match="setting is Longhorn's, which names a network and holds none"):
        Written.read(yaml.safe_dump(longhorn))
    nameless = {"kind": "Setting", "metadata": {"name": 5}}
    listed = yaml.safe_dump({"kind": "List", "items": [longhorn, nameless, rwx, yaml.safe_load(AS_KUBECTL_PRINTS)]})
    assert Written.read(listed).text == VALUE
    assert Written.read(listed, "rwx-network").text == WRAPPED
    assert Written.read(yaml.safe_dump({"kind": "List", "items": [rwx]})).network == "rwx-network"
    documents = yaml.safe_dump_all([None, longhorn, rwx, yaml.safe_load(AS_KUBECTL_PRINTS)], explicit_start=True)
    assert Written.read(documents).text == VALUE
    assert Written.read(documents, "rwx-network").text == WRAPPED
    assert Written.read(f"# one\n---\n{AS_KUBECTL_PRINTS}").text == VALUE
    with pytest.raises(sn.BadInput, match="setting is not YAML") as refusal:
        Written.read("a: 1\n---\nb: [")
    assert refusal.value.code == "setting-not-json"
    with pytest.raises(sn.BadInput, match="manifest 'rwx-network, storage-network' holds no Setting named vm-mig"):
        Written.read(listed, "vm-migration-network")
    with pytest.raises(sn.BadInput, match="network 'x' is unknown"):
        Written("", "x")


def test_the_hash_in_a_manifest_tells_what_is_in_force() -> None:
    """The annotation holds the SHA-1 of the text that Harvester acted upon last."""
    assert Written.read(AS_KUBECTL_PRINTS).is_in_force
    assert not Written.read(AS_KUBECTL_PRINTS.replace('"vlan":100', '"vlan":101')).is_in_force
    assert not Written(VALUE).is_in_force
    manifest = yaml.safe_load(AS_KUBECTL_PRINTS)
    for odd in (None, [1], {"storage-network.settings.harvesterhci.io/hash": 5}):
        manifest["metadata"]["annotations"] = odd
        assert Written.read(yaml.safe_dump(manifest)) == Written(VALUE)


def test_the_network_harvester_makes() -> None:
    """The NAD config is a bridge on the cluster network with Whereabouts; VLAN 0 becomes 1."""
    assert Setting.parse(VALUE).nad_config() == {
        "cniVersion": "0.3.1",
        "type": "bridge",
        "bridge": "storage-br",
        "promiscMode": True,
        "vlan": 100,
        "ipam": {"type": "whereabouts", "range": "172.16.1.0/26", "exclude": ["172.16.1.1/32"]},
    }
    untagged = Setting(vlan=0, cluster_network="data", range="10.0.0.0/24").nad_config()
    assert (untagged["vlan"], untagged["ipam"]) == (1, {"type": "whereabouts", "range": "10.0.0.0/24"})


def test_address_range_is_what_whereabouts_reads() -> None:
    """A setting's range with its excludes is an AddressRange."""
    assert Setting.parse(VALUE).address_range == sn.AddressRange("172.16.1.0/26", ["172.16.1.1"])


@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        ("", "storage-network has no value: the network is disabled", "setting-missing-key"),
        ("vlan: 100", "setting is not JSON", "setting-not-json"),
        ("[1]", "setting is not a JSON object", "setting-not-json"),
        ('"secret"', "setting is not a JSON object", "setting-not-json"),
        ("value: [1]", "setting is not JSON", "setting-not-json"),
        ('{"vlan": "100"}', "setting vlan '100' is not a whole number", "setting-not-json"),
        ('{"vlan": true}', "setting vlan True is not a whole number", "setting-not-json"),
        ('{"vlan": 1.0}', "setting vlan 1.0 is not a whole number", "setting-not-json"),
        ('{"vlan": ' + "9" * 2001 + "}", "a number has 2001 digits", "setting-not-json"),
        ('{"range": {}}', "setting range {} is not text", "setting-not-json"),
        ('{"exclude": "10.0.0.1/32"}', "setting exclude .* is not a list of texts", "setting-not-json"),
        ('{"exclude": [1]}', "setting exclude .* is not a list of texts", "setting-not-json"),
        ('{"exclusiveVlan": 1}', "setting exclusiveVlan 1 is not true or false", "setting-not-json"),
        ('{"vlan": NaN}', "setting is not plain JSON .NaN is no number.", "setting-not-json"),
        ('{"vlan": 1, "vlan": 2}', "the key 'vlan' is there twice", "setting-not-json"),
        ('{"vlan": ' + "9" * 3000 + "}", "a number has 3000 digits", "setting-not-json"),
        ("{" * 100_000, "nested too deeply", "setting-not-json"),
        ("[" * 100_000, "nested too deeply", "setting-not-json"),
        (
            AS_KUBECTL_PRINTS.replace("kind: Setting", "kind: Secret"),
            "manifest 'Secret' holds no Setting",
            "unknown-name",
        ),
        (AS_KUBECTL_PRINTS.replace("name: storage-network", "name: other"), "holds no Setting named", "unknown-name"),
        (AS_KUBECTL_PRINTS.replace(f"'{VALUE}'", "{}"), "has a value that is no text", "setting-missing-key"),
        (AS_KUBECTL_PRINTS.replace(f"'{VALUE}'", "[1]"), "has a value that is no text", "setting-missing-key"),
        ('{"kind": "List", "items": null}', "manifest 'List' holds no Setting", "unknown-name"),
    ],
)
def test_other_texts_are_refused(text: str, message: str, code: str | None) -> None:
    """A text that is no setting is refused with the place and the fix, in one line."""
    with pytest.raises(sn.BadInput, match=message) as refusal:
        Setting.parse(text)
    assert refusal.value.code == code
    assert str(refusal.value).isprintable()


def test_null_is_read_as_go_reads_it() -> None:
    """A key with null is as good as absent."""
    written = Written('{"vlan":5,"clusterNetwork":"x","range":null,"exclude":null}')
    assert written.setting == Setting(vlan=5, cluster_network="x", range="")
    assert written.missing == ("range",)


def test_numbers_and_networks_of_other_libraries() -> None:
    """numpy's integers and netaddr's networks are as good as Python's own."""
    setting = Setting(
        vlan=np.int64(5),  # type: ignore[arg-type]  # an integer all the same
        cluster_network="x",
        range=netaddr.IPNetwork("10.0.0.0/24"),
        exclude=[netaddr.IPAddress("10.0.0.1")],
    )
    assert setting.value == '{"vlan":5,"clusterNetwork":"x","range":"10.0.0.0/24","exclude":["10.0.0.1/32"]}'


def test_a_manifest_keeps_the_text_it_was_given() -> None:
    """A value of several lines in a manifest is read as that very text, and its hash is that text's."""
    spread = json.dumps(json.loads(VALUE), indent=2)
    manifest = {"kind": "Setting", "metadata": {"name": "storage-network"}, "value": spread}
    assert Written.read(yaml.safe_dump(manifest)) == Written(spread)
    assert Written(spread).sha1 == hashlib.sha1(spread.encode()).hexdigest()


@pytest.mark.parametrize("text", [None, 5, b"{}"])
def test_only_text_is_parsed(text: object) -> None:
    """What is no text is refused by name."""
    with pytest.raises(sn.BadInput, match="setting .* is not text"):
        Setting.parse(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "part",
    [
        {"vlan": True},
        {"vlan": 1.5},
        {"vlan": 10**5000},
        {"cluster_network": 5},
        {"exclude": "10.0.0.1/32"},
        {"exclude": [5]},
        {"exclusive_vlan": 1},
        {"range": None},
    ],
)
def test_parts_of_the_wrong_kind_are_refused(part: dict[str, object]) -> None:
    """A Setting made from its parts refuses what JSON would not hold."""
    with pytest.raises(sn.BadInput):
        Setting(**({"vlan": 1, "cluster_network": "x", "range": "10.0.0.0/24"} | part))  # type: ignore[arg-type]


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()), st.sampled_from([None, 1]))
def test_json_is_the_same_document_in_one_line_and_in_many(keys: dict[str, object], indent: int | None) -> None:
    """However JSON is laid out, its data is one; a List's items come one by one before it."""
    text = json.dumps({"kind": "List", "items": [keys]}, indent=indent)
    assert documents_of(text)[0].value == keys
    assert documents_of(f"[\n{json.dumps(keys)}\n]")[0].value == keys


def test_a_document_knows_its_line() -> None:
    """Each document, and each item of a list, says where it begins."""
    text = "# one\na: 1\n---\nitems:\n- b: 2\n- c: 3\n"
    assert [part.line for part in documents_of(text)] == [2, 5, 6, 4]
    assert [part.line for part in documents_of('{"items": [\n{},\n{}]}')] == [2, 3, 1]


def test_faults_of_json_are_named_as_json() -> None:
    """JSON that is broken, or that YAML cannot read, is answered by the rules of JSON."""
    assert documents_of('{\n"a": "\\ud83d\\ude00"}')[0].value == {"a": "😀"}
    with pytest.raises(sn.BadInput, match="is not JSON .line 2, column 8"):
        documents_of('{\n"a": [1}')
