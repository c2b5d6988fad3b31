"""JSON and YAML text to plain data: dicts, lists, text, numbers, booleans, None.

Rules: foreign text is hostile. Nothing is constructed but plain data; tags, anchors and aliases, duplicate keys,
non-finite numbers and deep nesting are refused, so that work and memory stay linear in the text. YAML scalars are read
by the YAML 1.2 core rules: `no` is text, `010` is text, a date is text. YAML is put together from the parser's events
(libyaml's where it is there), in a fifth of the time that PyYAML's own loader on libyaml takes; nothing is made and
then thrown away. A long text is handed on part by part: each document, and before it each item of its list.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, NamedTuple

from sn_planner.errors import ABSENT, BadInput, shown
from sn_planner.model.fields import MAX_DIGITS

_DEEPEST = 100
_AT_ONCE = 1 << 16  # of a text [characters]
_NO_MARKS = bytes(set(range(256)) - set(b'"[]{}'))
_QUOTED = re.compile(rb'"[^"]*"')
_STEPS = [(mark in b"[{") - (mark in b"]}") for mark in range(256)]
_WORDS = {"~": None, "null": None, "": None, "true": True, "false": False}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_FIRST = {"", *"~ntf-0123456789"}  # what begins otherwise is text at a glance


class _NotPlainError(ValueError):
    """Text that is well-formed but says something no plain document says."""


class _NotYamlError(ValueError):
    """Text that is no YAML."""


def decode_utf8(field: str, data: bytes) -> str:
    """The text of bytes in UTF-8, or in UTF-16 or UTF-32 where they tell, with or without a byte order mark.

    Without a mark the zeros between the letters of plain text tell, as for `json.loads`. Raises BadInput, with the
    place of the first wrong byte, for any other bytes.

    >>> decode_utf8("file", "10.0.0.0/24".encode("utf-16"))
    '10.0.0.0/24'
    """
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        name = "-".join(encoding.upper().split("-")[:2])
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"is not {name} (byte {error.start}, line {line})"
        raise BadInput(field, ABSENT, problem, "save it as UTF-8 text", "unreadable") from None


def decode_json(field: str, text: str, code: str = "unreadable") -> Any:
    """The plain data of a JSON text; raises BadInput, with that code and the place of the first fault."""
    try:
        return _json(text)
    except json.JSONDecodeError as error:
        raise _not_json(field, error, code) from None
    except _NotPlainError as error:
        raise _unreadable(field, f"is not plain JSON ({error})", code) from None


def decode_document(field: str, text: str, code: str = "unreadable") -> Any:
    """The plain data of a JSON or YAML text; raises BadInput, with that code and the place of the first fault.

    For text that begins like JSON and is neither, the fault named is the one it has as JSON.
    """
    not_json: json.JSONDecodeError | None = None
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return _json(text)
        except json.JSONDecodeError as error:
            not_json = error
        except _NotPlainError as error:
            raise _unreadable(field, f"is not plain JSON ({error})", code) from None
    try:
        return _yaml(text)
    except _NotPlainError as error:
        raise _unreadable(field, f"is not plain YAML ({error})", code) from None
    except _NotYamlError as error:
        fault = _unreadable(field, f"is not YAML ({error})", code)
        raise fault if not_json is None else _not_json(field, not_json, code) from None


def as_go_reads(keys: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object with its keys in small letters, as Go matches them to fields: in any case, the last of two wins.

    A null does not undo what was said before it [C encoding/json].

    >>> as_go_reads({"vlan": 1, "VLAN": 2, "Vlan": None})
    {'vlan': 2}
    """
    read: dict[str, Any] = {}
    for key, value in keys.items():
        small = key.casefold()
        if value is not None or small not in read:
            read[small] = value
    return read


def _json(text: str) -> Any:
    """The data of a JSON text; JSONDecodeError where it is none, _NotPlainError where it says more than plain data."""
    try:
        refuse_deep_json(text)
    except RecursionError:
        raise _NotPlainError("it is nested too deeply") from None
    return _plain_json.decode(text)


def refuse_deep_json(text: str, start: int = 0) -> None:
    """Raises RecursionError where JSON, from a place on, is nested more than 100 deep, as no plain document is.

    How deep `json` goes before it does so itself is another depth in each Python, and in a browser it never does:
    there the interpreter ends. Of a long text little is left to count: the brackets that are in no quotation marks.
    """
    marks = b"".join(_marks(text, start)).replace(b'""', b"")
    depths = accumulate(map(_STEPS.__getitem__, _QUOTED.sub(b"", marks)))
    if max(depths, default=0) > _DEEPEST:
        raise RecursionError


def _marks(text: str, start: int) -> Iterator[bytes]:
    """The brackets and the quotation marks, piece by piece, without those that a backslash escapes."""
    while start < len(text):
        end = start + _AT_ONCE
        while text[end - 1 : end] == "\\":  # what it escapes is in the piece, too
            end += 1
        piece = text[start:end].encode("ascii", "replace")
        yield piece.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_MARKS)
        start = end


def _not_json(field: str, error: json.JSONDecodeError, code: str = "unreadable") -> BadInput:
    return _unreadable(field, f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})", code)


def _unreadable(field: str, problem: str, code: str = "unreadable") -> BadInput:
    return BadInput(field, ABSENT, problem, "mend the text", code)


class Part(NamedTuple):
    """A document; or, where there is a `head`, one item of the document's list, and what was read around it so far.

    `line` is the one on which it begins, 0 where nobody counted.
    """

    value: Any
    head: dict[str, Any] | None = None
    line: int = 0


def decode_parts(field: str, text: str, key: str, start: int = 0, code: str = "unreadable") -> Iterator[Part]:
    """The documents of a YAML text, from the place `start` on, each after the items of its list.

    That list is the document itself, or what a mapping has under `key`. Its items come one by one, each as soon as it
    is complete, and are not in the document again: memory is the text and the largest item. Raises BadInput, with that
    code, line and column, for what is no plain YAML, when it comes to it.

    >>> [(part.value, part.line) for part in decode_parts("export", "kind: List\\nitems: [5, 6]", "items")]
    [(5, 2), (6, 2), ({'kind': 'List', 'items': []}, 1)]
    """
    try:
        with _yaml_faults():
            yield from _YamlText(text, start).parts(key)
    except _NotYamlError as error:
        raise _unreadable(field, f"is not YAML ({error})", code) from None
    except _NotPlainError as error:
        raise _unreadable(field, f"is not plain YAML ({error})", code) from None


def _yaml(text: str) -> Any:
    """The data of a YAML text; _NotYamlError where it is none, _NotPlainError where it says more than plain data."""
    with _yaml_faults():
        return _YamlText(text).document()


@contextmanager
def _yaml_faults() -> Iterator[None]:
    """Turns whatever the parser raises for a text that is no YAML into _NotYamlError, with line and column."""
    import yaml

    try:
        yield
    except yaml.MarkedYAMLError as error:
        raise _NotYamlError(_placed(error.problem_mark or error.context_mark, str(error.problem))) from None
    except (_NotPlainError, _NotYamlError):
        raise
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # an escape beyond Unicode is a ValueError
        raise _NotYamlError(str(error).splitlines()[0]) from None


class _Stream:
    """A text from a place on as the file that the parsers read: piece by piece, so that it is not there twice."""

    name = "text"

    def __init__(self, text: str, start: int) -> None:
        self._text, self._at = text, start
        self._before = "\n" * text.count("\n", 0, start)  # lines are numbered as in the whole text

    def read(self, size: int = 1 << 14) -> str:
        piece, self._before = self._before, ""
        if not piece:
            piece = self._text[self._at : self._at + size]
            self._at += size
        return piece


class _YamlText:
    """A YAML text's events, and the data that they make: work and memory linear in the text."""

    def __init__(self, text: str, start: int = 0) -> None:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where PyYAML was built with it
        self._take = loader(_Stream(text, start)).get_event  # None at the end
        self._document, self._scalar = yaml.DocumentStartEvent, yaml.ScalarEvent
        self._list, self._list_end = yaml.SequenceStartEvent, yaml.SequenceEndEvent
        self._mapping, self._mapping_end = yaml.MappingStartEvent, yaml.MappingEndEvent

    def document(self) -> Any:
        """The only document; None where there is none."""
        begin = self._next_document()
        result = None if begin is None else self._value(self._take(), 0)
        if (another := self._next_document()) is not None:
            raise _NotYamlError(_placed(another.start_mark, "another document begins"))
        return result

    def parts(self, key: str) -> Iterator[Part]:
        """Every document, each after the items of its list."""
        while self._next_document() is not None:
            event = self._take()
            if type(event) is self._mapping:
                yield from self._mapping_parts(event, key)
            elif type(event) is self._list:
                yield from self._item_parts(event, 0, {})
                yield Part([], None, _line(event))
            else:
                yield Part(self._value(event, 0), None, _line(event))

    def _next_document(self) -> Any:
        """The event that begins the next document; None at the end."""
        event = self._take()
        while event is not None and type(event) is not self._document:
            event = self._take()
        return event

    def _mapping_parts(self, begin: Any, key: str) -> Iterator[Part]:
        _refuse_form(begin, 0)
        head: dict[str, Any] = {}
        while (listed := self._fill(head, 1, key)) is not None:
            yield from self._item_parts(listed, 1, head)
        yield Part(head, None, _line(begin))

    def _item_parts(self, begin: Any, depth: int, head: dict[str, Any]) -> Iterator[Part]:
        _refuse_form(begin, depth)
        while type(event := self._take()) is not self._list_end:
            yield Part(self._value(event, depth + 1), head, _line(event))

    def _value(self, event: Any, depth: int) -> Any:
        """The data that begins with an event, inside so many lists and mappings."""
        kind = type(event)
        if kind is self._scalar:
            return _scalar(event)
        if kind is self._mapping:
            _refuse_form(event, depth)
            made: dict[str, Any] = {}
            self._fill(made, depth + 1)
            return made
        if kind is self._list:
            return list(self._items(event, depth))
        raise _not_plain(event, "it has an alias; write the value out")

    def _items(self, begin: Any, depth: int) -> Iterator[Any]:
        """The items of the list that begins with an event."""
        _refuse_form(begin, depth)
        while type(event := self._take()) is not self._list_end:
            yield self._value(event, depth + 1)

    def _fill(self, mapping: dict[str, Any], depth: int, key: str | None = None) -> Any:
        """Puts what follows into a mapping: to its end, or to the list under `key`, whose event is then returned."""
        take, scalar = self._take, self._scalar  # looked up once: here most of the time goes
        while type(event := take()) is scalar:
            name = _scalar(event)
            if type(name) is not str:
                break
            if name in mapping:
                raise _not_plain(event, f"the key {shown(name)} is there twice")
            event = take()
            if type(event) is scalar:
                mapping[name] = _scalar(event)
            elif name == key and type(event) is self._list:
                mapping[name] = []
                return event
            else:
                mapping[name] = self._value(event, depth)
        if type(event) is not self._mapping_end:
            raise _not_plain(event, "a key is not text")
        return None


def _scalar(event: Any) -> Any:
    """A scalar by the core rules of YAML 1.2, section 10.3: null, true or a number where it is plain, or else text."""
    if event.tag is not None:
        _refuse_tag(event)
    text: str = event.value
    if text[:1] not in _FIRST or not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    try:
        return _bounded_int(text) if number[1] is None and number[2] is None else _finite(text)
    except _NotPlainError as error:
        raise _not_plain(event, str(error)) from None


def _refuse_form(event: Any, depth: int) -> None:
    """Refuses a list or a mapping that has a tag or is in too many others."""
    _refuse_tag(event)
    if depth >= _DEEPEST:
        raise _not_plain(event, f"it is nested more than {_DEEPEST} deep")


def _refuse_tag(event: Any) -> None:
    if event.tag not in {None, "!"}:
        raise _not_plain(event, "it has a tag; leave it out")


def _not_plain(event: Any, problem: str) -> _NotPlainError:
    return _NotPlainError(_placed(event.start_mark, problem))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _placed(mark: Any, problem: str) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _NotPlainError(f"the key {shown(repeated)} is there twice")
    return result


def _refuse_constant(name: str) -> None:
    raise _NotPlainError(f"{name} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _NotPlainError(f"{shown(digits)} is no finite number")
    return number


def _bounded_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _NotPlainError(f"a number has {len(digits)} digits")
    return int(digits)


_plain_json = json.JSONDecoder(
    object_pairs_hook=_without_duplicates,
    parse_constant=_refuse_constant,
    parse_int=_bounded_int,
    parse_float=_finite,
)
