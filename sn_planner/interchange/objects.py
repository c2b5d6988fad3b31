"""From the text of an export to its objects, one by one: JSON values one after the other, or YAML documents.

Rules: a list is handed on item by item, so that it is never whole in memory; behind its items comes its end. JSON is
decoded without a hook on every mapping, which would cost more than the rest: of a repeated key the last value counts,
as in kubectl. A list inside a list is unpacked, too. The items of a list of one kind need no kind of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any, NoReturn

from sn_planner.errors import ABSENT, BadInput, SnPlannerError, shown
from sn_planner.interchange.printed import Lines
from sn_planner.model.plain import Part, decode_parts, refuse_deep_json

AGAIN = "make the export again, with the script of `sn-planner export COMMAND`"
_LIST = "List"
_ITEMS = "items"
_NULL = "null"
_space = re.compile(r"[ \t\r\n]*").match  # what JSON calls white space


class ListEnd(dict[str, Any]):
    """A list without its items, after the last of them."""


def is_object(data: Any) -> bool:
    """Whether plain data says its kind and API version, as every object of Kubernetes does."""
    return isinstance(data, dict) and isinstance(data.get("kind"), str) and isinstance(data.get("apiVersion"), str)


def type_of(data: Any) -> tuple[str, str]:
    """Kind and API group of an object; raises BadInput for what is none."""
    if not isinstance(data, dict):
        raise BadInput("object", data, "is not a mapping", AGAIN, "unreadable")
    for key in ("kind", "apiVersion"):
        if not isinstance(data.get(key), str):
            fix = "give objects as kubectl prints them"
            raise BadInput(f"object {key}", data.get(key, ABSENT), "is not text", fix, "unreadable")
    return data["kind"], group_of(data["apiVersion"])


def group_of(api_version: str) -> str:
    """The API group: "longhorn.io" of "longhorn.io/v1beta2", nothing of "v1"."""
    return api_version.rpartition("/")[0]


def objects_of(text: str, lines: Lines, restore: Callable[[Any], Any] | None = None) -> Iterator[Any]:
    """The objects in a text, and the end of each list; `lines` leaves out what is not the export's.

    `restore` changes the data of a document or an item before anything else is read in it. Raises BadInput, with line
    and column, for a text that is no export, when it comes to it.

    >>> text = "kind: NodeList\\napiVersion: v1\\nitems: [{metadata: {name: a}}]"
    >>> [type_of(one) for one in objects_of(text, Lines(text))]
    [('Node', ''), ('NodeList', '')]
    """
    start = lines.begin()
    at = _skip(text, start)
    waiting: list[Any] = []
    if text.startswith(("{", "["), at):
        parts = _json_parts(text, at, lines)
    else:
        parts = decode_parts("export", lines.before_prompt(), _ITEMS, start)
    for part in parts:
        value, head = part.value if restore is None else restore(part.value), part.head
        if head is None:
            around = value if isinstance(value, dict) else {}
            yield from (_with_kind(item, around) for item in waiting)
            waiting.clear()
            yield from () if value in (None, []) else _unpacked(value)
        elif not isinstance(value, dict) or "kind" in value:
            yield from _unpacked(value) if _is_list(value) and _ITEMS in value else (value,)
        elif head.keys() >= {"kind", "apiVersion"}:
            yield _with_kind(value, head)
        else:  # keys come in any order: the list may say its kind behind its items
            waiting.append(value)


def _unpacked(data: Any) -> Iterator[Any]:
    """The objects of a document, or of a list inside a list, and its end where it is a list."""
    items = data.pop(_ITEMS, ABSENT) if isinstance(data, dict) else ABSENT
    if items is ABSENT and not _is_list(data):
        yield data
        return
    for item in _items(items):
        yield from _unpacked(item) if _is_list(item) and _ITEMS in item else (_with_kind(item, data),)
    yield _end_of(data)


def _is_list(data: Any) -> bool:
    return isinstance(data, dict) and str(data.get("kind")).endswith(_LIST)


def _items(value: Any) -> list[Any]:
    """The items of a list; Go writes an empty one as null, too, and support bundles that as text."""
    if value in (None, ABSENT, _NULL):
        return []
    if not isinstance(value, list):
        raise BadInput(_ITEMS, value, "is not a list", AGAIN, "unreadable")
    return value


def _with_kind(item: Any, head: dict[str, Any]) -> Any:
    """An item of a list of one kind, which says its kind only once."""
    kind = str(head.get("kind"))
    if not isinstance(item, dict) or "kind" in item or not kind.endswith(_LIST) or kind == _LIST:
        return item
    return {"kind": kind.removesuffix(_LIST), "apiVersion": head.get("apiVersion"), **item}


def _end_of(head: dict[str, Any]) -> ListEnd:
    """The list without its items; raises BadInput for one page of a longer list."""
    metadata = head.get("metadata")
    if isinstance(metadata, dict) and metadata.get("continue") not in (None, "", _NULL):
        place = f"{head.get('kind')} metadata.continue"
        raise BadInput(place, ABSENT, "tells of more", "export without a limit", "not-exported")
    return ListEnd(head)


def _json_parts(text: str, at: int, lines: Lines) -> Iterator[Part]:
    """The JSON values that follow each other, as `decode_parts` gives YAML documents."""
    refuse_deep_json(text, at)
    try:
        while at < len(text):
            if text[at] == "{":
                at = yield from _json_object(text, at)
            else:
                at = yield from _json_items(text, at, {})
                yield Part([])
            at = _skip(text, lines.past(at))
        return
    except SnPlannerError:
        raise
    except json.JSONDecodeError as error:
        problem = f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
    except ValueError as error:  # a number of thousands of digits
        problem = f"is not plain JSON ({error})"
    raise BadInput("export", ABSENT, problem, AGAIN, "unreadable")


def _json_object(text: str, at: int) -> Generator[Part, None, int]:
    """The object that begins here, after the items that it has where it is a list; returns the place behind it."""
    members: dict[str, Any] = {}
    at, more = _opened(text, at, "{", "}")
    while more:
        if not text.startswith('"', at):
            raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        key, at = _decoder.raw_decode(text, at)
        at = _skip(text, _expect(text, at, ":"))
        if key == _ITEMS and text.startswith("[", at):
            # the one large member: its items are handed on one by one, so that the list is never whole in memory
            members[key] = []
            at = yield from _json_items(text, at, members)
        else:
            members[key], at = _decoder.raw_decode(text, at)
        at, more = _separated(text, at, "}")
    yield Part(members)
    return at


def _json_items(text: str, at: int, head: dict[str, Any]) -> Generator[Part, None, int]:
    """The items of the array that begins here; returns the place behind it."""
    at, more = _opened(text, at, "[", "]")
    while more:
        item, at = _decoder.raw_decode(text, at)
        yield Part(item, head)
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
    raise BadInput("export", ABSENT, f"is not plain JSON ({shown(name)} is no number)", AGAIN, "unreadable")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
