"""Support bundles: what the kit writes is read as the export it was, and what an archive may hide does no harm."""

from __future__ import annotations

import contextlib
import io
import json
import re
import struct
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.interchange import bundle
from sn_planner.interchange.kubectl import read_snapshot, snapshot_of
from sn_planner.model.living import resources as kept
from sn_planner.model.living.readers import KINDS
from sn_planner.model.living.snapshot import Snapshot

FIELD = Path(__file__).parents[1] / "data" / "field" / "exports"
Object = dict[str, Any]
Files = Mapping[str, str | bytes]
ROOT = "supportbundle_5d8f1a2b_2025-11-14T15-00-00Z/"
HOMES = "harvester-system, kube-system, longhorn-system"
SETTINGS = "yamls/cluster/harvesterhci.io/v1beta1/settings.yaml"
PODS = "yamls/namespaced/longhorn-system/v1/pods.yaml"
EMPTY = yaml.safe_dump({"apiVersion": "v1", "items": [], "kind": "List", "metadata": {"continue": "null"}})


def zip_of(files: Files, **options: Any) -> bytes:
    """A zip with those files."""
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w", **{"compression": zipfile.ZIP_DEFLATED} | options) as to:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, text in files.items():
            to.writestr(zipfile.ZipInfo(name), text, to.compression)  # a time of its own, whenever it is made
    return data.getvalue()


def read_zip(folder: Path, data: bytes, name: str = "sb.zip") -> Snapshot:
    """The Snapshot in a zip."""
    (folder / name).write_bytes(data)
    return read_snapshot(folder / name)


def read_folder(folder: Path, files: Files) -> Snapshot:
    """The Snapshot in a folder with those files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_snapshot(folder)


def files_below(folder: Path) -> dict[str, str | bytes]:
    """The files of a bundle by their names in its zip."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {f"{ROOT}{path.relative_to(folder).as_posix()}": path.read_text("utf-8") for path in paths}


def without_notes(snapshot: Snapshot) -> Snapshot:
    """What a Snapshot says of the cluster."""
    return attrs.evolve(snapshot, notes=(), pod_namespaces=frozenset())


def as_exported(folder: Path) -> Snapshot:
    """The Snapshot of a bundle's lists as a plain export, where their texts allow it."""
    lists = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((folder / "yamls").rglob("*.yaml"))]
    return snapshot_of(json.dumps({"kind": "List", "items": [item for one in lists for item in one["items"]]}))


@pytest.mark.parametrize("name", ["bundle", "bundle-null"])
def test_a_bundle_unzipped(name: str) -> None:
    """A bundle's folder, its yamls/ and its zip say what the plain export says, and which namespaces they hold."""
    folder = FIELD / name
    snapshot = read_snapshot(folder)
    assert without_notes(snapshot) == as_exported(folder)
    assert snapshot.pool is not None
    assert len(snapshot.pool.allocations) == 3
    assert snapshot.setting == sn.Setting(vlan=100, cluster_network="storage", range="172.16.0.0/28")
    assert snapshot.pod_namespaces == {"longhorn-system"}
    assert snapshot.notes == (f"{folder}: a support bundle, which tells of no namespace but {HOMES}",)
    assert attrs.evolve(read_snapshot(folder / "yamls"), notes=snapshot.notes) == snapshot


@pytest.mark.parametrize("name", ["bundle", "bundle-null"])
@pytest.mark.parametrize("root", [ROOT, "", "a/b/", "./"])
def test_a_bundle_zipped(tmp_path: Path, name: str, root: str) -> None:
    """The zip says what the folder says, however deep it was packed, and by whatever name it goes."""
    files = {file.replace(ROOT, root): text for file, text in files_below(FIELD / name).items()}
    expected = attrs.evolve(read_snapshot(FIELD / name), notes=())
    for written, packed in (("sb.zip", files), ("sb", {file.replace("/", "\\"): text for file, text in files.items()})):
        snapshot = read_zip(tmp_path, zip_of(packed), written)
        assert attrs.evolve(snapshot, notes=()) == expected


def test_settings_without_a_value() -> None:
    """In a bundle "null" stands for an empty value: that network is not configured, or as its default says."""
    snapshot = read_snapshot(FIELD / "bundle-null")
    values = {one.ref: (one.value, one.written.text if one.written else None) for one in snapshot.settings or ()}
    assert values["vm-migration-network"] == ("", "")
    assert values["rwx-network"] == ("", '{"share-storage-network":false}')


def test_a_part_of_a_bundle(tmp_path: Path) -> None:
    """A namespace's folder, or one file, is read as of a bundle, and says nothing of what was not named."""
    folder = FIELD / "bundle"
    inside = read_snapshot(folder / "yamls/namespaced/longhorn-system")
    assert inside.pod_namespaces == {"longhorn-system"}
    assert (inside.settings, inside.pools) == (None, None)
    one = read_snapshot(folder / PODS)
    assert one.pods is not None
    assert (len(one.pods), set(one.pod_namespaces)) == (3, {"longhorn-system"})
    assert one.longhorn_nodes is None
    cluster = read_snapshot(folder / SETTINGS)
    assert (cluster.notes, cluster.setting) == ((), inside.setting or read_snapshot(folder).setting)
    with pytest.raises(sn.BadInput, match="object kind is not text"):
        read_snapshot(folder / "metadata.yaml")
    read_folder(tmp_path, {"yamls/namespaced/a/v1/configmaps.yaml": EMPTY, PODS: EMPTY})
    assert read_snapshot(tmp_path / "yamls/namespaced/a/v1/configmaps.yaml").notes == ()


def test_files_that_are_not_read(tmp_path: Path) -> None:
    """Whatever else is in a bundle is not opened; an export beside it is read, and a file of another kind is named."""
    files = files_below(FIELD / "bundle") | {
        f"{ROOT}{name}": b"\xff\0{{{"
        for name in (
            "logs/longhorn-system/a/a.yaml",
            "nodes/node-1.zip",
            "nodes/node-1/config.yaml",
            "external/longhorn.json",
            "metadata.yaml",
            "yamls/cluster/v1/namespaces.yaml",
            "yamls/namespaced/kube-system/apps/v1/deployments.yaml",
            "yamls/cluster/metrics.k8s.io/v1beta1/nodes.yaml",
            "yamls/namespaced/longhorn-system/metrics.k8s.io/v1beta1/pods.yaml",
            "yamls/odd.yaml",
            "bundleGenerationError.log",
        )
    }
    expected = attrs.evolve(read_snapshot(FIELD / "bundle"), notes=())
    assert attrs.evolve(read_zip(tmp_path, zip_of(files), "a"), notes=()) == expected
    (tmp_path / "a").unlink()
    assert attrs.evolve(read_folder(tmp_path, files), notes=()) == expected
    (tmp_path / ROOT / "vms.json").write_text('{"kind":"VirtualMachineInstanceList","apiVersion":"kubevirt.io/v1"}')
    (tmp_path / ROOT / "values.yaml").write_text("a: 1")
    snapshot = read_snapshot(tmp_path)
    assert attrs.evolve(snapshot, notes=()) == attrs.evolve(expected, machines=())
    assert snapshot.notes[1:] == (f"what is no Kubernetes object was left out of {tmp_path / ROOT}/values.yaml",)


def listed(kind: str, api: str, *items: Object) -> str:
    """A list as the kit writes it."""
    return yaml.safe_dump(
        {"apiVersion": "v1", "kind": "List", "items": [{"kind": kind, "apiVersion": api, **item} for item in items]}
    )


LONGHORN = "yamls/namespaced/longhorn-system/longhorn.io/v1beta2/"
WHEREABOUTS = "yamls/namespaced/kube-system/whereabouts.cni.cncf.io/v1alpha1/"
ANY = "yamls/namespaced/default/"


@pytest.mark.parametrize(
    ("files", "field", "expected"),
    [
        ({f"{LONGHORN}volumes.yaml": EMPTY}, "volumes", ()),
        ({f"{LONGHORN}volumes.yaml": EMPTY}, "share_managers", None),
        ({f"{ANY}longhorn.io/v1beta2/volumes.yaml": EMPTY}, "volumes", None),
        ({"yamls/namespaced/longhorn-system/v1/pods.yaml": EMPTY}, "volumes", ()),
        ({f"{WHEREABOUTS}ippools.yaml": EMPTY}, "pools", ()),
        ({f"{WHEREABOUTS}ippools.yaml": EMPTY}, "reservations", None),
        ({"yamls/namespaced/kube-system/v1/pods.yaml": EMPTY}, "pools", ()),
        ({f"{ANY}v1/pods.yaml": EMPTY}, "pools", None),
        ({f"{WHEREABOUTS}ippools.yaml": "# nothing\n", PODS: EMPTY}, "pools", None),
        ({"yamls/cluster/network.harvesterhci.io/v1beta1/vlanconfigs.yaml": EMPTY}, "vlan_configs", ()),
        ({"yamls/cluster/network.harvesterhci.io/v1beta1/vlanconfigs.yaml": EMPTY}, "cluster_networks", None),
        ({"yamls/cluster/v1/nodes.yaml": EMPTY}, "nodes", ()),
        ({"yamls/cluster/apiextensions.k8s.io/v1/customresourcedefinitions.yaml": EMPTY}, "definitions", ()),
        ({f"{ANY}kubevirt.io/v1/virtualmachineinstances.yaml": EMPTY}, "machines", None),
        ({f"{ANY}harvesterhci.io/v1beta1/virtualmachineimages.yaml": EMPTY}, "images", None),
        ({f"{ANY}k8s.cni.cncf.io/v1/network-attachment-definitions.yaml": EMPTY}, "attachments", None),
        (
            {"yamls/namespaced/harvester-system/k8s.cni.cncf.io/v1/network-attachment-definitions.yaml": EMPTY},
            "attachments",
            (),
        ),
        ({PODS: EMPTY}, "pods", ()),
        ({f"{ANY}v1/pods.yaml": EMPTY}, "pods", None),
        ({"yamls/namespaced/longhorn-system/v1/events.yaml": EMPTY}, "events", ()),
        ({"yamls/namespaced/longhorn-system/v1/events.yaml": EMPTY}, "pods", None),
        ({f"{LONGHORN}volumes.yaml": EMPTY}, "pods", None),
        (
            {
                f"{ANY}kubevirt.io/v1/virtualmachineinstances.yaml": listed(
                    "VirtualMachineInstance",
                    "kubevirt.io/v1",
                    {"metadata": {"name": "a"}, "status": {"phase": "Running"}},
                    {"metadata": {"name": "b"}, "status": {"phase": "Succeeded"}},
                )
            },
            "machines",
            (kept.Machine("a", "Running"),),
        ),
        (
            {
                f"{ANY}kubevirt.io/v1/virtualmachineinstances.yaml": listed(
                    "VirtualMachineInstance",
                    "kubevirt.io/v1",
                    {"metadata": {"name": "b"}, "status": {"phase": "Failed"}},
                )
            },
            "machines",
            None,
        ),
        (
            {
                f"{ANY}harvesterhci.io/v1beta1/virtualmachineimages.yaml": listed(
                    "VirtualMachineImage", "harvesterhci.io/v1beta1", {"metadata": {"name": "a"}}
                )
            },
            "images",
            (kept.Image("a"),),
        ),
    ],
)
def test_what_a_bundle_knows_there_is_none_of(tmp_path: Path, files: Files, field: str, expected: object) -> None:
    """An empty list says that there is none of what can only be there; a group without a file is not served.

    What may be in a namespace that the bundle does not hold stays unknown, and so does a kind without a file whose
    group has others.
    """
    files = {**files, f"{ANY}v1/pods.yaml": EMPTY}
    assert getattr(read_zip(tmp_path, zip_of(files)), field) == expected
    (tmp_path / "folder").mkdir()
    assert getattr(read_folder(tmp_path / "folder", files), field) == expected


def test_pods_are_always_served(tmp_path: Path) -> None:
    """A bundle out of which the files of Kubernetes' own kinds were taken does not say that there are no pods."""
    snapshot = read_zip(tmp_path, zip_of({f"{LONGHORN}volumes.yaml": EMPTY}))
    assert (snapshot.pods, snapshot.events, snapshot.volumes) == (None, None, ())


def test_every_kind_has_its_file() -> None:
    """Each kind that is read is known by the name that the API gives its resource."""
    for row in KINDS.values():
        place = bundle.place_of(f"yamls/cluster/{row.group and row.group + '/'}{row.version}/{row.plural}.yaml")
        assert place is not None
        assert place.kind == row


def test_an_event_is_there_once_for_each_of_its_apis(tmp_path: Path) -> None:
    """The kit lists an event twice, and it may go on in between."""
    message = "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/29 / excludeRanges: []"
    metadata = {"name": "e", "namespace": "longhorn-system"}
    about = {"namespace": "longhorn-system", "name": "p"}
    folder = "yamls/namespaced/longhorn-system/"
    events = {
        f"{folder}v1/events.yaml": listed(
            "Event", "v1", {"metadata": metadata, "involvedObject": about, "message": message}
        ),
        f"{folder}events.k8s.io/v1/events.yaml": listed(
            "Event", "events.k8s.io/v1", {"metadata": metadata, "regarding": about, "note": f"{message} (twice)"}
        ),
    }
    snapshot = read_zip(tmp_path, zip_of(events))
    assert snapshot.events == (kept.Event("longhorn-system/e", "longhorn-system/p", f"{message} (twice)"),)


def rewritten(data: Object) -> Object:
    """An API's list as the kit writes it: its JSON changed as text, its kind and those of its items set."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    text = re.sub(r'("[a-zA-Z]+":)(null,)', r'\1"null",', text)
    text = re.sub(r'(\\"[a-zA-Z]+\\":)(null,)', r'\1\\"null\\",', text)
    changed: Object = json.loads(text.replace('""', '"null"'))
    return {**changed, "kind": "List", "apiVersion": "v1"}


def bundled(objects: list[Object]) -> dict[str, str | bytes]:
    """The files of a bundle that holds those objects."""
    files: dict[str, list[Object]] = defaultdict(list)
    for one in objects:
        group = one["apiVersion"].rpartition("/")[0]
        row = KINDS[group, one["kind"]]
        namespace = one["metadata"].get("namespace")
        folder = f"namespaced/{namespace}" if namespace else "cluster"
        files[f"{ROOT}yamls/{folder}/{one['apiVersion']}/{row.plural}.yaml"].append(one)
    metadata = {"continue": "", "resourceVersion": "99", "selfLink": None}
    return {
        name: yaml.safe_dump(rewritten({"items": items, "metadata": metadata}), allow_unicode=True)
        for name, items in files.items()
    }


words = st.sampled_from(["", "a", "lhnet1", "10.0.0.1", 'say "hi"', '"', "null", "ü\n☃", "{}"]) | st.text(
    st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_categories=["Cc"]), max_size=6
)
said = st.none() | words.filter(lambda text: not text.endswith('"null') and text != "null")
names = st.from_regex(r"[a-z][a-z0-9.-]{0,5}", fullmatch=True)


def made(
    kind: str, api: str, namespace: str | None = None, **parts: st.SearchStrategy[Any]
) -> st.SearchStrategy[Object]:
    """Objects of a kind, some of their fields missing, null or empty."""
    metadata = {"name": names} | ({"namespace": st.just(namespace)} if namespace else {})
    fixed = {"kind": st.just(kind), "apiVersion": st.just(api), "metadata": st.fixed_dictionaries(metadata)}
    return st.fixed_dictionaries(fixed, optional=parts)


def fields(*keys: str) -> st.SearchStrategy[Object | None]:
    """A mapping with some of those keys, their values texts, empty or null."""
    return st.none() | st.fixed_dictionaries({}, optional=dict.fromkeys(keys, said))


INNER = st.fixed_dictionaries({}, optional={"name": said, "interface": said, "ips": st.none() | st.lists(words)})
STATUS = "k8s.v1.cni.cncf.io/network-status"
pods = st.builds(
    lambda pod, status, sandbox: {
        **pod,
        "metadata": {
            **pod["metadata"],
            "annotations": {
                STATUS: json.dumps(status, separators=(",", ":")),
                "cni.projectcalico.org/containerID": sandbox,
            },
        },
    },
    made("Pod", "v1", "longhorn-system", spec=fields("nodeName"), status=fields("phase")),
    st.lists(INNER, max_size=2) | st.none(),
    said,
)
network: st.SearchStrategy[Object] = st.fixed_dictionaries(
    {"range": st.just("10.0.0.0/24")},
    optional={"clusterNetwork": st.none() | names, "exclude": st.none() | st.just([])},
)
value = st.none() | st.just("") | network.map(lambda keys: json.dumps(keys, separators=(",", ":")))
allocations = st.dictionaries(st.integers(1, 250).map(str), fields("id", "podref", "ifname").filter(bool), max_size=3)
objects = st.lists(
    pods
    | made("Setting", "harvesterhci.io/v1beta1", value=value, default=value).map(
        lambda one: {**one, "metadata": {"name": "storage-network"}}
    )
    | made("Setting", "longhorn.io/v1beta2", "longhorn-system", value=said)
    | made("InstanceManager", "longhorn.io/v1beta2", "longhorn-system", spec=fields("nodeID", "image"))
    | made("Volume", "longhorn.io/v1beta2", "longhorn-system", status=fields("state"))
    | made("Event", "v1", "default", message=said, involvedObject=fields("name", "namespace"))
    | made(
        "VirtualMachineImage", "harvesterhci.io/v1beta1", "default", status=st.none() | st.just({"conditions": None})
    )
    | made(
        "IPPool",
        "whereabouts.cni.cncf.io/v1alpha1",
        "kube-system",
        spec=st.fixed_dictionaries(
            {"range": st.just("10.0.0.0/24")}, optional={"allocations": st.none() | allocations}
        ),
    ),
    max_size=6,
    unique_by=lambda one: (one["apiVersion"], one["kind"], one["metadata"]["name"]),
).map(lambda found: sorted(found, key=lambda one: (one["apiVersion"], one["kind"])))


def told(snapshot: Snapshot) -> dict[str, Any]:
    """What a Snapshot has of each kind, in no order; nothing of a kind is as good as not knowing it."""
    every = {row.field: getattr(snapshot, row.field) for row in KINDS.values()}
    return {name: set(values) for name, values in every.items() if values} | {"left_out": set(snapshot.left_out)}


@settings(max_examples=30)  # each writes nine files
@given(objects.filter(bool))
def test_one_export_in_every_form(exported: list[Object]) -> None:
    """Objects say the same as JSON, as YAML, in every encoding, and as a bundle, zipped or not, that the kit wrote."""
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": exported}, ensure_ascii=False)
    assume(not re.search(r'"[-+]?[0-9.]+[eE][-+]?[0-9]+"', text))  # YAML 1.1, which is dumped, does not quote 0E0
    expected = snapshot_of(text)
    written = yaml.safe_dump(json.loads(text), allow_unicode=True)  # read back: what is there twice is no alias
    assert snapshot_of(written) == snapshot_of(f"---\n{text}") == expected
    with TemporaryDirectory() as name:
        folder = Path(name)
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"):
            (folder / "export").write_text(written, encoding=encoding)
            assert read_snapshot(folder / "export") == expected
        (folder / "export").unlink()
        files = bundled(exported)
        assert told(read_zip(folder, zip_of(files))) == told(expected)
        assert told(read_folder(folder, files)) == told(expected)


@given(words)
def test_texts_are_as_before(text: str) -> None:
    """What the kit did to a text, in an object or at the end of one, is undone."""
    if text == "null" or text.endswith('"null'):
        return
    found = bundle.restored(rewritten({"a": text, "list": [text], "inner": {"b": text, "c": None, "d": 1}}))
    expected = {"a": text or None, "list": [text], "inner": {"b": text or None, "c": None, "d": 1}}
    assert found == {**expected, "kind": "List", "apiVersion": "v1"}


PLAIN = {SETTINGS: EMPTY}
LARGE = {SETTINGS: EMPTY, PODS: "#" * 5_000_000}


def with_flag(data: bytes) -> bytes:
    """The zip with every member called encrypted."""
    local, central = b"PK\3\4", b"PK\1\2"
    for mark, offset in ((local, 6), (central, 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data = data[: at + offset] + struct.pack("<H", 1) + data[at + offset + 2 :]
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"is no zip, or a broken one \(File is not a zip file\); download it again"),
        (b"kind: List", "is no zip, or a broken one"),
        (zip_of(LARGE)[:-30], "is no zip, or a broken one"),
        (zip_of(LARGE).replace(b"PK\3\4", b"PK\3\5"), r"is no zip, or a broken one \(Bad magic number"),
        (
            zip_of(PLAIN, compression=zipfile.ZIP_STORED).replace(b"items: []", b"items: {}", 1),
            "Bad CRC-32",
        ),
        (with_flag(zip_of(PLAIN)), "settings.yaml is encrypted; unpack it and name the folder"),
        (zip_of(PLAIN, compression=zipfile.ZIP_LZMA), "is packed in a way that is not read"),
        (zip_of({}), "holds no yamls/ of a support bundle"),
        (zip_of({"app/package.json": "{}", "yamls/x.yaml": ""}), "holds no yamls/ of a support bundle"),
        (zip_of({"sb.zip": zip_of(PLAIN)}), "holds no yamls/ of a support bundle"),
        (zip_of({"yamls/cluster/v1/namespaces.yaml": EMPTY}), "holds no yamls/ of a support bundle"),
        (zip_of({f"../{SETTINGS}": EMPTY}), "leads out of the archive"),
        (zip_of({f"a/../../{SETTINGS}": EMPTY}), "leads out of the archive"),
        (zip_of({**PLAIN, "/etc/passwd": ""}), "/etc/passwd leads out of the archive"),
        (zip_of({**PLAIN, "C:\\x": ""}), "leads out of the archive"),
        (zip_of({**PLAIN, "..\\x": ""}), "leads out of the archive"),
        (zip_of({f"a/{SETTINGS}": EMPTY, f"a\\{SETTINGS}": EMPTY}), "settings.yaml twice"),
        (zip_of({SETTINGS: b"\xff\xfe\xff"}), "settings.yaml is not UTF-16"),
        (zip_of({SETTINGS: "a: ["}), "settings.yaml: export is not YAML"),
        (zip_of({SETTINGS: '{"a":' + "[" * 100_000}), "is nested too deeply"),
        (zip_of({SETTINGS: '{"a": 1}'}), "holds no export"),
        (zip_of({SETTINGS: '{"a":' + "[" * 700 + "]" * 700 + "}"}), "holds no|nested too deeply"),
    ],
)
def test_archives_that_are_no_bundles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, message: str
) -> None:
    """A zip that is none, is broken, locked, of another project or not safe is refused in one line, by its name."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sn.BadInput, match=message) as refusal:
        read_zip(Path(), data)
    assert refusal.value.code == "unreadable"
    assert "sb.zip" in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_an_archive_that_is_not_there() -> None:
    """A zip that is missing is refused as any file is."""
    with pytest.raises(sn.BadInput, match="FILE 'nowhere.zip' cannot be read: No such file"):
        read_snapshot("nowhere.zip")


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"\x1f\x8b\x08", "gzip"), (b"BZh9", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"a" * 257 + b"ustar\0", "tar")],
)
def test_archives_of_other_kinds(tmp_path: Path, head: bytes, kind: str) -> None:
    """An archive that is no zip is named by its kind, with what to do."""
    with pytest.raises(sn.BadInput, match=rf"is an archive that is not read \({kind}\); unpack it and name the folder"):
        read_zip(tmp_path, head + b"\0" * 100, "supportbundle.tar.gz")


def test_a_file_that_may_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot even be looked into is refused when it is read."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.zip").write_bytes(b"PK")
    monkeypatch.setattr("builtins.open", refuse)
    assert not bundle.is_zip(tmp_path / "a.zip")


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is unpacked is counted as it comes, in each file and in all, whatever sizes the archive names."""
    monkeypatch.setattr(bundle, "LARGEST_FILE", 3 << 20)
    monkeypatch.setattr(bundle, "LARGEST_IN_ALL", 4 << 20)
    large = f"# {'x' * (2 << 20)}\n{EMPTY}"
    assert read_zip(tmp_path, zip_of({SETTINGS: large})).settings == ()
    for files, message in (
        ({SETTINGS: large * 2}, "settings.yaml holds more than 3 MiB of what is read"),
        ({SETTINGS: large, PODS: large}, "pods.yaml holds more than 1 MiB of what is read"),
    ):
        with pytest.raises(sn.BadInput, match=message) as refusal:
            read_zip(tmp_path, zip_of(files))
        assert refusal.value.code == "too-many"
    data, size = zip_of({SETTINGS: large * 2}), struct.pack("<L", len(large * 2))
    with pytest.raises(sn.BadInput, match="broken"):
        read_zip(tmp_path, data.replace(size, struct.pack("<L", 10)))
    assert read_zip(tmp_path, zip_of({SETTINGS: EMPTY, "logs/a.log": "x" * (8 << 20)})).settings == ()


@given(st.data())
def test_any_zip_is_read_or_refused(data: st.DataObject) -> None:
    """No archive, whatever is changed in it, does anything but be read or refused by SnPlannerError."""
    archive = bytearray(zip_of({SETTINGS: EMPTY, PODS: listed("Pod", "v1", {"metadata": {"name": "a"}})}))
    for _ in range(data.draw(st.integers(1, 6))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as name, contextlib.suppress(sn.SnPlannerError):
        read_zip(Path(name), bytes(archive[data.draw(st.integers(0, 50)) :]))
