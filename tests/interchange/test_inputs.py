"""Files a planner writes: what they may say, and how they are refused."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.interchange.inputs import cluster_of, profile_of, read_text
from sn_planner.model.plain import decode_document, decode_json

CLUSTER = """\
# three nodes with two disks, a large one, a witness
nodes:
  - {disks: 2, count: 3}
  - name: large
    disks: 8
    v2_data_engine: true
  - witness: true
images: 4
rwx_volumes: 2
"""


def test_a_cluster_file() -> None:
    """A cluster file lists nodes, or counts equal ones."""
    cluster = cluster_of("lab.yaml", CLUSTER)
    assert cluster == sn.Cluster(
        [
            sn.Node(disks=2, count=3),
            sn.Node(disks=8, name="large", v2_data_engine=True),
            sn.Node(witness=True),
        ],
        images=4,
        rwx_volumes=2,
    )
    assert cluster_of("lab.yaml", "nodes: 5\ndisks_per_node: 2\nimages: 10\n") == cluster_of(
        "lab.json", '{"nodes": 5, "disks": 10, "images": 10}'
    )


def test_a_profile_file() -> None:
    """A profile file lists consumers; what it leaves out has stated defaults."""
    manager, gate = "{pod: manager, per: node, versions: 2}", "{pod: gate, per: cluster, versions: 1, steady: 0}"
    text = f"name: own\nconsumers: [{manager}, {gate}]\n"
    profile = profile_of("own.yaml", text)
    assert (profile.name, profile.formula, profile.source) == ("own", "2N + 1", "own.yaml")
    assert [(one.floor, one.steady, one.addresses_each, one.source) for one in profile.consumers] == [
        (2, 1, 1, "own.yaml"),
        (1, 0, 1, "own.yaml"),
    ]
    assert sn.demand(sn.Cluster.uniform(nodes=3, disks_per_node=1), profile).required == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lab: document is empty; write keys and values"),
        ("- a", r"lab: document \['a'\] is not a mapping"),
        ("five nodes", "lab: document 'five nodes' is not a mapping"),
        ("images: 5", "lab: nodes is missing"),
        ("nods: 5", "lab: key 'nods' is unknown; did you mean 'nodes'"),
        ("nodes: [{disk: 5}]", r"lab: nodes\[0\]: key 'disk' is unknown; did you mean 'disks'"),
        ("nodes: [{disks: 2}, {disks: -1}]", r"lab: nodes\[1\]: disks -1 is negative"),
        ("nodes: [{disks: 2.5}]", r"lab: nodes\[0\]: disks 2.5 is a fraction"),
        ("nodes: [{disks: true}]", r"lab: nodes\[0\]: disks True is a boolean"),
        ("nodes: [{disks: .nan}]", r"lab: nodes\[0\]: disks '.nan' is not a whole number"),
        ("nodes: [{disks: 010}]", r"lab: nodes\[0\]: disks '010' is not a whole number"),
        ("nodes: [{disks: 1, witness: yes}]", r"lab: nodes\[0\]: witness 'yes' is neither true nor false"),
        ("nodes: [{}]", r"lab: nodes\[0\]: disks is missing; give the node's disks, or witness=True"),
        ("nodes: [{disks: 1, name: 5}]", r"lab: nodes\[0\]: name 5 is no text"),
        ("nodes: [{disks: 1, name: a, count: 2}]", r"lab: nodes\[0\]: count 2 does not go with a name"),
        ("nodes: [{disks: 1, name: a}, {disks: 1, name: a}]", "lab: nodes 'a' is there twice"),
        ("nodes: [5]", r"lab: nodes\[0\]: document 5 is not a mapping"),
        ("nodes: [{disks: 1}]\nimages: -1", "lab: images -1 is negative"),
        ("nodes: [{disks: 1}]\ndisks: 1", "lab: key 'disks' is unknown"),
        ("nodes: 5", "lab: disks is missing; give either disks_per_node or disks"),
        ("nodes: 5\ndisks: 5\ndisks_per_node: 1", "lab: disks and disks_per_node are both given"),
        ("nodes: 5\nnodes: 6", "lab: document is not plain YAML .*the key 'nodes' is there twice."),
        ("5: 5", "lab: document is not plain YAML .*a key is not text."),
        ("nodes: &a [*a]", "lab: document is not plain YAML .*it has an alias"),
        ("nodes: !!python/object/apply:os.system [id]", "lab: document is not plain YAML .*it has a tag"),
        ("nodes: [", "lab: document is not YAML .line "),
        ("nodes: \0", "lab: document is not YAML .unacceptable character"),
        ("nodes: " + "9" * 3000, "lab: document is not plain YAML .*a number has 3000 digits"),
        ("{" * 100_000, "lab: document is not plain JSON .it is nested too deeply"),
        ("[" * 100_000, "lab: document is not plain JSON .it is nested too deeply"),
        ("- " * 100_000, "lab: document is not plain YAML .*it is nested more than 100 deep"),
        ('{"nodes": Infinity}', "lab: document is not plain JSON .Infinity is no number"),
        ('{"nodes": 1e999}', "lab: document is not plain JSON .'1e999' is no finite number"),
        ("nodes: 1e999", "lab: document is not plain YAML .*'1e999' is no finite number"),
        ('nodes: "\\UFFFFFFFF"', "lab: document is not YAML"),
        ('{"nodes": 5,, }', "lab: document is not JSON .line 1, column 13"),
    ],
)
def test_other_cluster_files_are_refused(text: str, message: str) -> None:
    """A refusal names the file, the place, the value and the fix, in one line."""
    with pytest.raises(sn.SnPlannerError, match=message) as refusal:
        cluster_of("lab", text)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: own", "own: consumers is missing"),
        ("name: own\nconsumers: 5", "own: consumers 5 is not a list"),
        ("name: own\nconsumers: []", "own: consumers is empty"),
        ("name: [1]\nconsumers: [{pod: a, per: node, versions: 1}]", r"own: name \[1\] is no text"),
        ("name: own\nsetting: rwx\nconsumers: [{pod: a, per: node, versions: 1}]", "own: setting 'rwx' is unknown"),
        ("name: own\nconsumers: [{pod: {}, per: node, versions: 1}]", r"own: consumers\[0\]: pod {} is no text"),
        ("name: own\nconsumers: [{pod: a}]", r"own: consumers\[0\]: per is missing"),
        ("name: own\nconsumers: [{pod: a, per: rack, versions: 1}]", r"own: consumers\[0\]: per 'rack' is unknown"),
        (
            "name: own\nconsumers: [{pod: a, per: node, versions: 1, floor: 2}]",
            r"own: consumers\[0\]: consumer a has steady=1, floor=2, versions=1; they must not decrease",
        ),
        ("name: own\nconsumer: []", "own: key 'consumer' is unknown; did you mean 'consumers'"),
    ],
)
def test_other_profile_files_are_refused(text: str, message: str) -> None:
    """A profile file is held to the same rules."""
    with pytest.raises(sn.SnPlannerError, match=message):
        profile_of("own", text)


def test_profiles_hold_consumers_only() -> None:
    """A Profile of anything else is refused."""
    with pytest.raises(sn.SnPlannerError, match="consumers 5 is not a Consumer"):
        sn.Profile("own", [5])  # type: ignore[list-item]


def test_files_and_the_standard_input_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file or the standard input is text, with or without a byte order mark; a wrong byte is refused by its place."""
    path = tmp_path / "lab.yaml"
    path.write_bytes(b"\xef\xbb\xbfnodes: 5")
    assert read_text("--cluster", str(path)) == "nodes: 5"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"nodes: 6")))
    assert read_text("--cluster", "-") == "nodes: 6"
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(sn.SnPlannerError, match="--cluster '-' cannot be read: it is closed"):
        read_text("--cluster", "-")
    path.write_bytes(b"# a lab\nnodes: \xff")
    with pytest.raises(
        sn.SnPlannerError, match="--cluster .*lab.yaml is not UTF-8 .byte 15, line 2.; save it as UTF-8"
    ):
        read_text("--cluster", str(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_a_document_is_the_same_in_every_unicode_encoding(encoding: str, tmp_path: Path) -> None:
    """PowerShell writes UTF-16, others UTF-32, with a mark or without: the bytes tell, and nothing else changes."""
    path = tmp_path / "lab.yaml"
    path.write_bytes("nodes: [{disks: 2, name: bür}]\r\nimages: 4\r\n".encode(encoding))
    assert sn.read_cluster(path) == sn.Cluster([sn.Node(disks=2, name="bür")], images=4)
    path.write_bytes("nodes: 5".encode("utf-16")[:-1])
    with pytest.raises(sn.SnPlannerError, match="lab.yaml is not UTF-16 .byte"):
        sn.read_cluster(path)


@pytest.mark.parametrize("code_page", ["cp1252", "latin-1", "cp850"])
def test_documents_stay_strict(code_page: str, tmp_path: Path) -> None:
    """In YAML and JSON a byte of an old code page is refused: a name must not become another one."""
    path = tmp_path / "lab.yaml"
    path.write_bytes("nodes: [{disks: 2, name: bür}]".encode(code_page))
    with pytest.raises(sn.SnPlannerError, match="is not UTF-8 .byte 26, line 1."):
        sn.read_cluster(path)
    with pytest.raises(sn.SnPlannerError, match="is not UTF-8"):
        sn.read_networks(_saved(tmp_path, '[{"prefix": "10.0.0.0/8", "site": "bür"}]'.encode(code_page)))


def _saved(folder: Path, data: bytes) -> Path:
    path = folder / "plan"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["missing", "", "nul\0"])
def test_unreadable_files_are_refused(tmp_path: Path, name: str) -> None:
    """A missing file, a directory and an impossible name are refused alike."""
    with pytest.raises(sn.SnPlannerError, match="--cluster .* cannot be read: .*; name a readable file"):
        read_text("--cluster", f"{tmp_path}/{name}")


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_json_is_read_as_json(data: object) -> None:
    """Decoding is the inverse of writing JSON, and a document in JSON is the same as JSON."""
    text = json.dumps(data)
    assert decode_json("text", text) == data
    if isinstance(data, list | dict):
        assert decode_document("text", text) == data


@given(st.text())
def test_any_text_is_decoded_or_refused(text: str) -> None:
    """Whatever the text, there is plain data or a SnPlannerError, nothing else."""
    with contextlib.suppress(sn.SnPlannerError):
        decode_document("text", text)


def test_yaml_scalars_are_those_of_yaml_1_2() -> None:
    """Words, dates, octal and sexagesimal numbers are text; a decimal number is a number."""
    text = "{a: yes, b: 2024-01-01, c: 010, d: 1:30, e: -7, f: 1.5, g: null, h: true, i: '5', j: 1e3, k: -, l: ~}"
    assert decode_document("text", text) == {
        "a": "yes",
        "b": "2024-01-01",
        "c": "010",
        "d": "1:30",
        "e": -7,
        "f": 1.5,
        "g": None,
        "h": True,
        "i": "5",
        "j": 1000.0,
        "k": "-",
        "l": None,
    }
