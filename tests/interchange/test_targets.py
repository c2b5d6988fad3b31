"""What `check` is asked about: every setting is found, with its line, and nothing of a foreign file is shown."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice.check import examine
from sn_planner.interchange import targets
from sn_planner.interchange.targets import Target, read_settings, read_targets
from sn_planner.model.written import Written

VALUE = '{"vlan":100,"clusterNetwork":"storage","range":"172.16.0.0/26"}'
WRAPPED = '{"share-storage-network":false,"network":{"vlan":7,"clusterNetwork":"a","range":"10.2.0.0/26"}}'
STORAGE, RWX = (
    f"apiVersion: harvesterhci.io/v1beta1\nkind: Setting\nmetadata:\n  name: {name}\nvalue: '{value}'\n"
    for name, value in (("storage-network", VALUE), ("rwx-network", WRAPPED))
)
OTHER = STORAGE.replace("storage-network", "overcommit-config")
CONFIG_MAP = "kind: ConfigMap\nmetadata:\n  name: a\ndata: {range: hunter2, value: 'secret-network'}\n"
SECRET = "hunter2"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named as a person would name them."""
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str | bytes) -> str:
    """A file in the current directory."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def lines(found: tuple[Target, ...]) -> list[int]:
    """The lines of some targets."""
    return [one.line for one in found]


def codes(target: Target) -> set[str]:
    """What is found in a target."""
    return {finding.code for finding in examine(target.given).findings}


@pytest.mark.parametrize("text", ["10.0.0.0/24", "not a range", "\x1b[31m", VALUE, "10.0.0.0\0/24", "x" * 9999])
def test_what_names_no_file_is_taken_to_the_letter(text: str) -> None:
    """A range, a setting's own text, and whatever else is typed is a target of its own."""
    assert read_targets("TARGET", text) == ((Target(text, text),), ())


@pytest.mark.parametrize("text", ["missing.yaml", "./missing", "/missing/24", "../missing", "~/x.json"])
def test_a_file_that_is_missing_is_no_range(text: str) -> None:
    """What looks like a file and is not there is refused, not judged as a range."""
    with pytest.raises(sn.BadInput, match="cannot be read: No such file") as refused:
        read_targets("TARGET", text)
    assert refused.value.code == "unreadable"


def test_each_document_is_a_target() -> None:
    """Settings of several networks in one file are found with the lines of their values; the rest is counted."""
    found, notes = read_targets(
        "TARGET", write("a.yaml", f"# all\n{STORAGE}---\n{CONFIG_MAP}---\n{RWX}---\n{OTHER}---\n")
    )
    assert [(one.name, one.path, one.line) for one in found] == [("a.yaml", "a.yaml", 6), ("a.yaml", "a.yaml", 17)]
    assert [Written.read(one.given) for one in found] == [Written(VALUE), Written(WRAPPED, "rwx-network")]
    assert notes == ("2 documents of other kinds left out of a.yaml",)


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_lists_as_kubectl_prints_them(indent: int | None) -> None:
    """The settings of a List are targets each, in JSON of any layout, with the lines where a line holds one value."""
    items = [Written.read(text).text for text in (STORAGE, RWX)]
    listed = [
        {"apiVersion": "harvesterhci.io/v1beta1", "kind": "Setting", "metadata": {"name": name}, "value": value}
        for name, value in zip(("storage-network", "rwx-network"), items, strict=True)
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [*listed, {"kind": "Pod"}]}, indent=indent)
    found, notes = read_targets("TARGET", write("list.json", text))
    assert lines(found) == [1 + text[: text.index(json.dumps(value))].count("\n") for value in items]
    assert [Written.read(one.given).text for one in found] == items
    assert notes == ("1 document of other kinds left out of list.json",)


@pytest.mark.parametrize("indent", [None, 1])
def test_lists_in_lists(indent: int | None) -> None:
    """Lists that somebody put together in a list lose nothing, however many stand in each other."""
    data: object = {"kind": "Setting", "metadata": {"name": "storage-network"}, "value": VALUE}
    for _ in range(40):
        data = {"kind": "List", "items": [{"kind": "Pod"}, data, [1]]}
    found, notes = read_targets("TARGET", write("list.json", json.dumps(data, indent=indent)))
    assert [Written.read(one.given).text for one in found] == [VALUE]
    assert notes == ("80 documents of other kinds left out of list.json",)


def test_bare_values_to_the_letter() -> None:
    """A value without a manifest is checked as the text that it is, also where several stand in one file."""
    spaced = VALUE.replace(":", ": ")
    for text in (f"{spaced}\n---\n{WRAPPED}\n", f"--- {spaced}\n...\n---\n{WRAPPED}"):
        found, notes = read_targets("TARGET", write("a.json", text))
        assert [one.given for one in found] == [spaced, WRAPPED]
        assert notes == ()
    assert codes(found[0]) >= {"insignificant-characters"}
    assert [one.given for one in read_targets("TARGET", write("b.json", "\n\n{}\n")).found] == ["{}"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"op": "add", "path": "/value", "value": VALUE}]),
        f"- op: replace\n  path: /value\n  value: '{VALUE}'\n",
        f"value: '{VALUE}'",
        f"default: ''\nvalue: '{VALUE}'\n",
    ],
)
def test_value_lines_and_patches(text: str) -> None:
    """What people keep in a repository to patch a setting with is checked, in a file named and below a directory."""
    write("d/a.yaml", text)
    for found, notes in (read_targets("T", "d/a.yaml"), read_targets("T", "d")):
        assert [one.given for one in found] == [VALUE]
        assert lines(found) == [1 + text.count("\n", 0, max(text.find("value:"), 0))]
        assert notes == ()


def test_the_hash_in_force_goes_with_the_setting() -> None:
    """Among several documents a text is still known to be the one in force."""
    in_force = STORAGE.replace(
        "name:", f"annotations: {{storage-network.settings.harvesterhci.io/hash: {Written(VALUE).sha1}}}\n  name:"
    )
    found, _ = read_targets("T", write("a.yaml", f"{in_force}---\n{STORAGE}---\n{in_force.replace('vlan', 'VLAN')}"))
    assert ["text-in-force" in codes(one) for one in found] == [True, False, False]


def test_the_standard_input_may_be_a_range(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "-" reads a range or settings, and has no file to point to."""
    for text, given_ in (("172.16.0.0/26\n", "172.16.0.0/26"), (STORAGE, None)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        (target,) = read_targets("T", "-").found
        assert (target.name, target.path) == ("the standard input", None)
        assert given_ is None or target.given == given_


FOREIGN = {
    "secret": CONFIG_MAP,
    "values": f"image: {SECRET}\nrange_of: 5\n",
    "text": f"{SECRET}\n",
    "range": "10.0.0.0/24\n",
    "list": f"- {SECRET}\n- [1]\n",
    "value": f"value: {SECRET}\n",
    "broken value": f"value: '{{{SECRET}'\n",
    "comment": f"# {SECRET}\n",
    "twice": f"{SECRET}: 1\n{SECRET}: 2\n",
    "twice in JSON": f'{{"{SECRET}": 1, "{SECRET}": 2}}',
    "null": "null",
    "nothing": "[]",
    "lists": "[" * 900 + "]" * 900,
    "empty list": "kind: List\nitems: null\n# network\n",
    "json": json.dumps({"password": SECRET}),
    "longhorn": STORAGE.replace("harvesterhci", "longhorn").replace(VALUE, SECRET),
    "other setting": OTHER.replace(VALUE, SECRET),
    "template": f"a: {{{{ .Values.{SECRET} }}}}\n",
    "python": f"import os\n\nprint('{SECRET}')\n",
    "empty": " \n",
    "not UTF-8": b"network \xff\xfe" + SECRET.encode(),
    "braces": "{" * 100_000,
    "brackets": '{"a": ' + "[" * 100_000,
    "deep": f"network: {'[' * 5_000}{']' * 5_000}",
    "cycle": "network: &a [*a]",
    "tag": "network: !!python/object/apply:os.system [id]",
    "laughs": "a: &a [network]\nb: &b [*a,*a]\n",
}


def test_a_fault_in_a_setting_is_placed() -> None:
    """A file that names a network and cannot be read is told where."""
    with pytest.raises(sn.BadInput, match="TARGET a.yaml is not YAML .line 6, column 5"):
        read_targets("TARGET", write("a.yaml", f"{STORAGE}a: b: c"))


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_a_file_without_a_setting(text: str | bytes) -> None:
    """Named, it is refused and nothing of it is shown; below a directory it is left out and counted."""
    write("d/foreign.yaml", text)
    with pytest.raises(sn.BadInput) as refused:
        read_targets("TARGET", "d/foreign.yaml")
    assert str(refused.value).startswith("TARGET d/foreign.yaml ")
    assert str(refused.value).isprintable()
    assert SECRET not in str(refused.value)
    found, notes = read_targets("TARGET", "d")
    assert found == ()
    assert len(notes) == 2
    assert "1 file" in notes[0]
    assert notes[1] == "there is no setting of storage-network, rwx-network, vm-migration-network below d"
    assert SECRET not in str(notes)


@pytest.mark.parametrize(
    ("value", "code"), [("5", "setting-missing-key"), ("'{\"vlan\":'", "setting-not-json"), ("'5'", "setting-not-json")]
)
def test_a_faulty_value_is_a_finding(value: str, code: str) -> None:
    """A manifest is a setting whatever its value is: the fault is found, in a file and below a directory."""
    write("d/a.yaml", STORAGE.replace(f"'{VALUE}'", value))
    for place in ("d", "d/a.yaml"):
        (target,) = read_targets("TARGET", place).found
        assert code in codes(target)


@pytest.mark.parametrize("value", ["''", "'null'", "null", "''\ndefault: ''"])
def test_a_network_that_is_not_configured(value: str) -> None:
    """A setting without a value is disabled, also as a support bundle writes it."""
    (target,) = read_targets("TARGET", write("a.yaml", STORAGE.replace(f"'{VALUE}'", value))).found
    assert codes(target) == {"disabled"}


def test_a_directory_is_searched() -> None:
    """Settings below a directory come folder by folder, by name; hidden folders and linked ones are not entered."""
    for name in ("b/z.yml", "b/a.json", ".git/a.yaml", "elsewhere/a.yaml", "b/.hidden/a.yaml", "b/readme.md", "a.yaml"):
        write(f"{'' if name.startswith('else') else 'repo/'}{name}", STORAGE)
    Path("repo/link").symlink_to("../elsewhere")
    Path("repo/gone.yaml").symlink_to("nowhere")
    os.mkfifo("repo/pipe.yaml")
    assert [one.name for one in read_targets("T", "repo").found] == ["repo/a.yaml", "repo/b/a.json", "repo/b/z.yml"]
    os.chdir("repo")
    assert [one.name for one in read_targets("T", ".").found] == ["a.yaml", "b/a.json", "b/z.yml"]


def test_what_a_directory_leaves_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other documents, other files and files that nobody can read are counted, those by name."""
    write("d/a.yaml", f"{STORAGE}---\n{CONFIG_MAP}")
    write("d/chart\n/b.yaml", "network: {{ .Values.x }}")
    write("d/package.json", '{"name": "network", "range": "1"}')
    write("d/tsconfig.json", '{"exclude": ["a"]}')
    monkeypatch.setattr(targets, "_LARGEST", 400)
    write("d/large.json", STORAGE + "#" * 400)
    assert read_targets("T", "d").notes == (
        "1 document of other kinds left out of d",
        "2 files without a setting left out of d",
        "2 files that cannot be read as YAML or JSON: d/large.json, d/chart\\n/b.yaml",
    )


def test_a_folder_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder below a directory is not left out in silence."""
    write("d/a.yaml", STORAGE)

    def walk(path: str, onerror: object) -> object:
        onerror(PermissionError(13, "Permission denied", f"{path}/locked"))  # type: ignore[operator]
        return iter([(path, [], ["a.yaml"])])

    monkeypatch.setattr(os, "walk", walk)
    found, notes = read_targets("T", "d")
    assert len(found) == 1
    assert notes == ("1 file that cannot be read as YAML or JSON: d/locked",)


def test_a_file_is_no_directory_and_no_range() -> None:
    """A flag for files reads a file, whatever its name looks like."""
    write("10.0.0.0", STORAGE)
    assert read_settings("--setting", "10.0.0.0").found[0].path == "10.0.0.0"
    with pytest.raises(sn.BadInput, match="--setting '10.0.0.0/24' cannot be read"):
        read_settings("--setting", "10.0.0.0/24")


@given(
    st.lists(st.sampled_from([STORAGE, RWX, CONFIG_MAP, OTHER, f"{VALUE}\n", "# nothing\n"]), min_size=1, max_size=6)
)
def test_nothing_is_lost_among_documents(documents: list[str]) -> None:
    """Of any documents in one file every setting is found at its line, and every other one is counted."""
    text = "---\n".join(documents)
    expected = [one for one in documents if one in {STORAGE, RWX, f"{VALUE}\n"}]
    Path("a.yaml").write_text(text, encoding="utf-8")
    if not expected:
        with pytest.raises(sn.BadInput, match="holds no setting"):
            read_targets("T", "a.yaml")
        return
    found, notes = read_targets("T", "a.yaml")
    assert [Written.read(one.given).text for one in found] == [Written.read(one.strip()).text for one in expected]
    assert all('"vlan"' in text.split("\n")[line - 1] for line in lines(found))
    others = sum(one in {CONFIG_MAP, OTHER} for one in documents)
    assert [note.split()[0] for note in notes] == ([str(others)] if others else [])


@given(st.text())
def test_any_text_is_a_target_or_a_refusal(text: str) -> None:
    """Whatever a file holds, it is settings or one printable line."""
    Path("a.yaml").write_bytes(text.encode(errors="surrogatepass"))
    refused = ""
    try:
        found, _ = read_targets("T", "a.yaml")
    except sn.BadInput as error:
        refused, found = str(error), ()
    assert refused.isprintable()
    assert bool(refused) != bool(found)
