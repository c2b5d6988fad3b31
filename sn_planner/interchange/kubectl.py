"""What `kubectl get … -o json` or `-o yaml` printed, as a Snapshot: one list, single objects, several files together.

Rules: an export is large and foreign. JSON is read object by object and of each only what the planner uses is kept, so
memory is the text and little more. It is decoded without a hook on every mapping, which would cost more than the rest:
of a repeated key the last value counts, as in kubectl. YAML goes through the model's plain decoder, one document and
one item after the other; it takes six times as long. A list of one kind (`PodList`, as `kubectl get --raw` prints
it) says that its kind was exported even where it is empty; the mixed `List` of `kubectl get -o json` cannot say that.
The same object may be there twice if both say the same.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from itertools import pairwise
from os.path import isdir
from pathlib import Path
from typing import Any, NoReturn

import attrs

from sn_planner.errors import ABSENT, BadInput, SnPlannerError, shown, within
from sn_planner.interchange.inputs import STDIN, mapping, read_text
from sn_planner.model.fields import known_key
from sn_planner.model.fields import text as text_field
from sn_planner.model.living.exports import export_command, export_together
from sn_planner.model.living.readers import field_of_list, read_object
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.plain import decode_document

_ALWAYS = ("settings", "attachments", "longhorn_settings", "longhorn_nodes", "instance_managers", "nodes")
# For each command, the kinds of which there always is one, and those of which it must be known that there is none.
EXPORTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "preflight": (
        (*_ALWAYS, "cluster_networks", "vlan_configs"),
        ("machines", "volumes", "data_sources", "images", "share_managers", "definitions", "pools"),
    ),
    "verify": ((*_ALWAYS, "backing_image_managers", "pools", "pods", "events"), ()),
    "audit": (
        (
            *(*_ALWAYS, "backing_image_managers", "pools", "reservations"),
            *("data_sources", "images", "share_managers", "pods"),
        ),
        (),
    ),
}
SUFFIXES = (".json", ".yaml", ".yml")
_AGAIN = "make the export again: kubectl get … -o json"
_LIST = "List"
_ITEMS = "items"
_space = re.compile(r"[ \t\r\n]*").match  # what JSON calls white space
_YAML_ITEMS = re.compile(r"^items:[ \t]*\r?\n(?:[ \t]*(?:#.*)?\r?\n)*( *)-(?=\s)", re.MULTILINE)
_YAML_KEY = re.compile(r"^[^\s#-]", re.MULTILINE)
_YAML_MARK = re.compile(r"^(?:---|\.\.\.)(?=\s|$)", re.MULTILINE)


def read_snapshot(*paths: str | Path) -> Snapshot:
    """The Snapshot in files, in the .json, .yaml and .yml files below a directory, or in the standard input ("-").

    Raises BadInput for a file that cannot be read or is no export, and for an object of a known kind with a
    broken field: by file, kind, name and field.
    """
    if not paths:
        raise BadInput("paths", ABSENT, "are missing", "name the files of an export", "missing")
    export = _Export()
    for path in _files(paths):
        export.add(str(path), read_text("FILE", path))
    return export.snapshot()


def snapshot_of(text: str, name: str = "export") -> Snapshot:
    """The Snapshot in one text, which refusals call `name`; raises BadInput as `read_snapshot` does.

    >>> snapshot = snapshot_of('{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}')
    >>> snapshot.nodes[0].witness, snapshot.pods
    (False, None)
    """
    export = _Export()
    export.add(name, text_field("text", text, empty=True))
    return export.snapshot()


def export_line(command: str) -> str:
    """The line of shell that prints what a command ("preflight", "verify" or "audit") wants to know.

    Raises BadInput for another command.

    >>> export_line("verify").startswith("kubectl get settings.harvesterhci.io,network-attachment-definitions.")
    True
    """
    together, each = EXPORTS[known_key("command", command, EXPORTS)]
    lines = [export_together(*together), *(export_command(field) for field in each)]
    return f"({'; '.join(lines)})" if each else lines[0]


@attrs.define
class _Export:
    """What has been read so far: for each field of a Snapshot, the values by the names of their objects."""

    fields: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    skipped: Counter[str] = attrs.field(factory=Counter)

    def add(self, name: str, text: str) -> None:
        """Takes in a text: objects, and the ends of lists."""
        empty = True
        with within(name):
            for data in _objects(text):
                empty = False
                self._take(data)
            if empty:
                raise BadInput("export", ABSENT, "is empty", "make it again: kubectl get … -o json", "unreadable")

    def snapshot(self) -> Snapshot:
        """Everything together."""
        fields: dict[str, Any] = {name: tuple(one.values()) for name, one in self.fields.items()}
        return Snapshot(skipped=dict(self.skipped), **fields)

    def _take(self, data: Any) -> None:
        if isinstance(data, _ListEnd):
            if (field := field_of_list(str(data.get("kind")), _group_of(str(data.get("apiVersion"))))) is not None:
                self.fields.setdefault(field, {})
            return
        kind, group = _type_of(data)
        read = read_object(kind, group, data)
        if read is None:
            self.skipped[kind] += 1
            return
        field, ref, value = read
        known = self.fields.setdefault(field, {})
        if value is not None and known.setdefault(ref, value) != value:
            fix = "make the export again, in one go"
            raise BadInput(f"{kind} {ref}", ABSENT, "is there twice, and differs", fix, "duplicate")


class _ListEnd(dict[str, Any]):
    """A list without its items, after the last of them."""


def _type_of(data: Any) -> tuple[str, str]:
    """Kind and API group of an object."""
    if not isinstance(data, dict):
        raise BadInput("object", data, "is not a mapping", _AGAIN, "unreadable")
    for key in ("kind", "apiVersion"):
        if not isinstance(data.get(key), str):
            fix = "give objects as kubectl prints them"
            raise BadInput(f"object {key}", data.get(key, ABSENT), "is not text", fix, "unreadable")
    return data["kind"], _group_of(data["apiVersion"])


def _group_of(api_version: str) -> str:
    """The API group: "longhorn.io" of "longhorn.io/v1beta2", nothing of "v1"."""
    return api_version.rpartition("/")[0]


def _files(paths: Iterable[str | Path]) -> Iterator[str | Path]:
    """The paths, and instead of a directory the exports below it, in the order of their names."""
    for path in paths:
        # isdir, unlike Path.is_dir, says no to what no file system knows; reading it then says why
        if not isinstance(path, str | Path) or path in {"", STDIN} or not isdir(path):
            yield path
            continue
        found = sorted(str(one) for one in Path(path).rglob("*") if one.suffix in SUFFIXES and one.is_file())
        if not found:
            fix = f"name a directory with {', '.join(SUFFIXES)} files"
            raise BadInput("FILE", path, "holds no export", fix, "missing")
        yield from found


def _objects(text: str) -> Iterator[Any]:
    """The objects in a text, and the end of each list: JSON values one after the other, or YAML documents."""
    start = _skip(text, 0)
    if text.startswith(("{", "["), start):
        yield from _json_objects(text, start)
        return
    for number, document in enumerate(_YAML_MARK.split(text)):
        yield from _yaml_objects(f"document {number}" if number else "export", document)


def _yaml_objects(place: str, document: str) -> Iterator[Any]:
    """The objects of a YAML document, and its end where it is a list.

    The items of a list in block style begin at one column, and nothing else in it does: they are decoded one by one.
    """
    match = _YAML_ITEMS.search(document)
    if match is None:
        data = decode_document(place, document)
        yield from () if data is None else _unpacked(data)
        return
    key = _YAML_KEY.search(document, match.start(1))
    end = len(document) if key is None else key.start()
    head = decode_document(place, document[: match.start()] + document[end:])
    head = {} if head is None else mapping(head)
    begins = re.compile(rf"^{match[1]}-(?=\s)", re.MULTILINE).finditer(document, match.start(1), end)
    for number, (begin, after) in enumerate(pairwise([*(one.start() for one in begins), end])):
        for item in decode_document(f"{place} item {number}", document[begin:after]):
            yield _with_kind(item, head)
    yield _end_of(head)


def _unpacked(data: Any) -> Iterator[Any]:
    """The objects of a document, and its end where it is a list."""
    if isinstance(data, list):
        yield from data
        return
    items = data.pop(_ITEMS, ABSENT) if isinstance(data, dict) else ABSENT
    if items is ABSENT and not _is_list(data):
        yield data
        return
    yield from (_with_kind(item, data) for item in _items(items))
    yield _end_of(data)


def _is_list(data: Any) -> bool:
    return isinstance(data, dict) and str(data.get("kind")).endswith(_LIST)


def _items(value: Any) -> list[Any]:
    """The items of a list; Go writes an empty one as null, too."""
    if value is None or value is ABSENT:
        return []
    if not isinstance(value, list):
        raise BadInput(_ITEMS, value, "is not a list", _AGAIN, "unreadable")
    return value


def _with_kind(item: Any, head: dict[str, Any]) -> Any:
    """An item of a list of one kind, which says its kind only once."""
    kind = str(head.get("kind"))
    if not isinstance(item, dict) or "kind" in item or not kind.endswith(_LIST) or kind == _LIST:
        return item
    return {"kind": kind.removesuffix(_LIST), "apiVersion": head.get("apiVersion"), **item}


def _end_of(head: dict[str, Any]) -> _ListEnd:
    """The list without its items; raises BadInput for one page of a longer list."""
    metadata = head.get("metadata")
    if isinstance(metadata, dict) and metadata.get("continue"):
        place = f"{head.get('kind')} metadata.continue"
        raise BadInput(place, ABSENT, "tells of more", "export without a limit", "not-exported")
    return _ListEnd(head)


def _json_objects(text: str, at: int) -> Iterator[Any]:
    """The objects in JSON values that follow each other, and the end of each list."""
    try:
        while at < len(text):
            at = yield from _json_object(text, at) if text[at] == "{" else _json_items(text, at, {"kind": None}, [])
            at = _skip(text, at)
        return
    except SnPlannerError:
        raise
    except json.JSONDecodeError as error:
        problem = f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError as error:  # a number of thousands of digits
        problem = f"is not plain JSON ({error})"
    raise BadInput("export", ABSENT, problem, _AGAIN, "unreadable")


def _json_object(text: str, at: int) -> Generator[Any, None, int]:
    """The object that begins here, or its items and its end where it is a list; returns the place behind it."""
    members: dict[str, Any] = {}
    waiting: list[Any] = []
    listed = False
    at, more = _opened(text, at, "{", "}")
    while more:
        if not text.startswith('"', at):
            raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        key, at = _decoder.raw_decode(text, at)
        at = _skip(text, _expect(text, at, ":"))
        if key == _ITEMS and text.startswith("[", at):
            # the one large member: its items are handed on one by one, so that the list is never whole in memory
            listed = True
            at = yield from _json_items(text, at, members, waiting)
        else:
            members[key], at = _decoder.raw_decode(text, at)
        at, more = _separated(text, at, "}")
    if listed:
        yield from (_with_kind(item, members) for item in waiting)
        yield _end_of(members)
    else:
        yield from _unpacked(members)
    return at


def _json_items(text: str, at: int, head: dict[str, Any], waiting: list[Any]) -> Generator[Any, None, int]:
    """The items of the array that begins here; those without a kind wait for the list's, where it comes later."""
    at, more = _opened(text, at, "[", "]")
    while more:
        item, at = _decoder.raw_decode(text, at)
        if "kind" in head or not isinstance(item, dict) or "kind" in item:
            yield _with_kind(item, head)
        else:  # keys come in any order: the list may say its kind behind its items
            waiting.append(item)
        at, more = _separated(text, at, "]")
    return at


def _skip(text: str, at: int) -> int:
    """The place of the next thing that is no white space."""
    return _space(text, at).end()  # type: ignore[union-attr]  # it matches everywhere


def _expect(text: str, at: int, mark: str) -> int:
    """The place behind a mark."""
    at = _skip(text, at)
    if not text.startswith(mark, at):
        raise json.JSONDecodeError(f"Expecting {mark!r}", text, at)
    return at + 1


def _opened(text: str, at: int, begin: str, end: str) -> tuple[int, bool]:
    """The place of the first member and True, or the place behind the end and False."""
    at = _skip(text, _expect(text, at, begin))
    return (at + 1, False) if text.startswith(end, at) else (at, True)


def _separated(text: str, at: int, end: str) -> tuple[int, bool]:
    """The same for the member that may follow one."""
    at = _skip(text, at)
    return (at + 1, False) if text.startswith(end, at) else (_skip(text, _expect(text, at, ",")), True)


def _refuse_constant(name: str) -> NoReturn:
    raise BadInput("export", ABSENT, f"is not plain JSON ({shown(name)} is no number)", _AGAIN, "unreadable")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
