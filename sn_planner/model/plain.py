"""JSON and YAML text to plain data: dicts, lists, text, numbers, booleans, None.

Rules: foreign text is hostile. Nothing is constructed but plain data; tags, anchors and aliases, duplicate keys,
non-finite numbers and deep nesting are refused, so that work and memory stay linear in the text. YAML scalars are read
by the YAML 1.2 core rules: `no` is text, `010` is text, a date is text. YAML is put together from the parser's events
(libyaml's where it is there), some 15 times as fast as by a loader in Python; nothing is made and then thrown away.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sn_planner.errors import ABSENT, BadInput, shown
from sn_planner.model.fields import MAX_DIGITS

_DEEPEST = 100
_WORDS = {"~": None, "null": None, "": None, "true": True, "false": False}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_FIRST = {"", *"~ntf-0123456789"}  # what begins otherwise is text at a glance
_NO_KEY = object()  # a mapping waits for its next key


class _NotPlainError(ValueError):
    """Text that is well-formed but says something no plain document says."""


class _NotYamlError(ValueError):
    """Text that is no YAML."""


def decode_utf8(field: str, data: bytes) -> str:
    """The text of UTF-8 bytes, with or without a byte order mark; raises BadInput for any other bytes."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 (byte {error.start})"
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
    begins_like_json = text.lstrip()[:1] in {"{", "["}
    try:
        return _json(text) if begins_like_json else _yaml(text)
    except _NotYamlError as error:
        raise _unreadable(field, f"is not YAML ({error})", code) from None
    except _NotPlainError as error:
        raise _unreadable(field, f"is not plain {'JSON' if begins_like_json else 'YAML'} ({error})", code) from None
    except json.JSONDecodeError as not_json:
        try:
            return _yaml(text)
        except _NotPlainError as error:
            raise _unreadable(field, f"is not plain YAML ({error})", code) from None
        except _NotYamlError:
            raise _not_json(field, not_json, code) from None


def as_go_reads(keys: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object with its keys in small letters, as Go matches them to fields: in any case, the last of two wins.

    A null does not undo what was said before it [C encoding/json].

    >>> as_go_reads({"vlan": 1, "VLAN": 2, "Vlan": None})
    {'vlan': 2}
    """
    read: dict[str, Any] = {}
    for key, value in keys.items():
        if value is not None or key.casefold() not in read:
            read[key.casefold()] = value
    return read


def _json(text: str) -> Any:
    """The data of a JSON text; JSONDecodeError where it is none, _NotPlainError where it says more than plain data."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            parse_float=_finite,
        )
    except RecursionError:
        raise _NotPlainError("it is nested too deeply") from None


def _not_json(field: str, error: json.JSONDecodeError, code: str = "unreadable") -> BadInput:
    return _unreadable(field, f"is not JSON (line {error.lineno}, column {error.colno}: {error.msg})", code)


def _unreadable(field: str, problem: str, code: str = "unreadable") -> BadInput:
    return BadInput(field, ABSENT, problem, "mend the text", code)


def _yaml(text: str) -> Any:
    """The data of a YAML text; _NotYamlError where it is none, _NotPlainError where it says more than plain data."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where PyYAML was built with it
    try:
        return _built(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        raise _NotYamlError(_placed(error.problem_mark or error.context_mark, str(error.problem))) from None
    except _NotPlainError:
        raise
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # an escape beyond Unicode is a ValueError
        raise _NotYamlError(str(error).splitlines()[0]) from None


def _built(events: Iterable[Any]) -> Any:
    """The data of the one document in YAML's events, put together as they come: work and memory linear in the text."""
    import yaml

    result, documents = None, 0
    open_ones: list[Any] = []  # the lists and mappings that are not closed yet, innermost last
    keys: list[Any] = []  # of each of them the key whose value comes next
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = _scalar(event)
        elif kind in {yaml.SequenceStartEvent, yaml.MappingStartEvent}:
            _refuse_tag(event)
            value = [] if kind is yaml.SequenceStartEvent else {}
        elif kind in {yaml.SequenceEndEvent, yaml.MappingEndEvent}:
            open_ones.pop(), keys.pop()
            continue
        elif kind is yaml.AliasEvent:
            raise _NotPlainError("it has an alias; write the value out")
        else:
            documents += kind is yaml.DocumentStartEvent
            if documents > 1:
                raise _NotYamlError(_placed(event.start_mark, "another document begins"))
            continue
        if open_ones:
            _put(value, open_ones[-1], keys)
        else:
            result = value
        if kind is not yaml.ScalarEvent:
            open_ones.append(value)
            keys.append(_NO_KEY)
            if len(open_ones) > _DEEPEST:
                raise _NotPlainError(f"it is nested more than {_DEEPEST} deep")
    return result


def _put(value: Any, into: Any, keys: list[Any]) -> None:
    """Puts a value into the innermost list or mapping; the first of every two in a mapping is a key."""
    if isinstance(into, list):
        into.append(value)
    elif keys[-1] is not _NO_KEY:
        into[keys[-1]], keys[-1] = value, _NO_KEY
    elif not isinstance(value, str):
        raise _NotPlainError("a key is not text")
    elif value in into:
        raise _NotPlainError(f"the key {shown(value)} is there twice")
    else:
        keys[-1] = value


def _scalar(event: Any) -> Any:
    """A scalar by the core rules of YAML 1.2, section 10.3: null, true or a number where it is plain, or else text."""
    _refuse_tag(event)
    text: str = event.value
    if not event.implicit[0] or text[:1] not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return _bounded_int(text) if number[1] is None and number[2] is None else _finite(text)


def _refuse_tag(event: Any) -> None:
    if event.tag not in {None, "!"}:
        raise _NotPlainError("it has a tag; leave it out")


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
