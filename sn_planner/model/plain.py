"""JSON and YAML text to plain data: dicts, lists, text, numbers, booleans, None.

Rules: foreign text is hostile. Nothing is constructed but plain data; tags, anchors and aliases, duplicate keys,
non-finite numbers and deep nesting are refused, so that work and memory stay linear in the text. YAML scalars are read
by the YAML 1.2 core rules: `no` is text, `010` is text, a date is text.
"""

from __future__ import annotations

import functools
import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from sn_planner.errors import ABSENT, BadInput, shown
from sn_planner.model.fields import MAX_DIGITS

if TYPE_CHECKING:
    import yaml

_DEEPEST = 100
# YAML 1.2, section 10.3: pattern, and the characters it may begin with; everything else is text.
_CORE_SCALARS = {
    "null": ("~|null|", ["~", "n", ""]),
    "bool": ("true|false", ["t", "f"]),
    "int": ("-?(0|[1-9][0-9]*)", list("-0123456789")),
    "float": (r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?", list("-0123456789")),
}


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

    try:
        return yaml.load(text, Loader=_loader())  # a loader that constructs plain data only
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _NotYamlError(f"{place}{error.problem}") from None
    except _NotPlainError:
        raise
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # an escape beyond Unicode is a ValueError
        raise _NotYamlError(str(error).splitlines()[0]) from None


@functools.cache
def _loader() -> type[yaml.SafeLoader]:
    import re

    import yaml

    class PlainLoader(yaml.SafeLoader):
        """SafeLoader without what makes documents grow or recurse, and with the YAML 1.2 core scalars."""

        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own protocol
        depth = 0

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise _NotPlainError("it has an alias; write the value out")
            tag = getattr(self.peek_event(), "tag", None)  # type: ignore[no-untyped-call]  # the stubs leave it untyped
            if tag is not None and tag != "!":
                raise _NotPlainError("it has a tag; leave it out")
            self.depth += 1
            if self.depth > _DEEPEST:
                raise _NotPlainError(f"it is nested more than {_DEEPEST} deep")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            if any(not isinstance(key, str) for key in keys):
                raise _NotPlainError("a key is not text")
            _without_duplicates([(key, None) for key in keys])
            return super().construct_mapping(node, deep)

    for tag, (pattern, first) in _CORE_SCALARS.items():
        PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)
    PlainLoader.add_constructor("tag:yaml.org,2002:int", lambda _, node: _bounded_int(node.value))
    PlainLoader.add_constructor("tag:yaml.org,2002:float", lambda _, node: _finite(node.value))
    return PlainLoader


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
