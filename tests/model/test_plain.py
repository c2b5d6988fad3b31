"""Plain data from JSON and YAML: the same whichever parser reads it, and refused by the same rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.model.plain import decode_document, decode_json

words = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f\x85\xa0"), max_size=8)
plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9).map(lambda one: round(one, 3)) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture(params=["libyaml", "pure Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two parsers in turn."""
    if request.param == "pure Python":
        monkeypatch.delattr(yaml, "CSafeLoader")
    return str(request.param)


def block(value: Any, indent: str = "") -> str:
    """Plain data as YAML in block style, its scalars as JSON writes them."""
    if isinstance(value, dict) and value:
        return "".join(f"{indent}{json.dumps(key)}:\n{block(one, indent + ' ')}" for key, one in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{indent}-\n{block(one, indent + ' ')}" for one in value)
    return f"{indent}{json.dumps(value)}\n"


@given(plain)
def test_yaml_and_json_say_the_same(value: Any) -> None:
    """Data written as YAML in block style is what its JSON says."""
    assert decode_document("text", block(value)) == decode_json("text", json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing", None),
        ("~", None),
        ("a:", {"a": None}),
        ("[no, yes, on, 010, 0x1f, 1_000, 2024-01-01, Null, .inf, 'null']", None),
        ("[true, false, null, -5, 0, 1.5, -1.e3, 1e2]", [True, False, None, -5, 0, 1.5, -1000.0, 100.0]),
        ("a: &anchor 5", {"a": 5}),
        ("--- 5\n...", 5),
        ("{a: [1, {b: }], c: {}}", {"a": [1, {"b": None}], "c": {}}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
    ],
)
def test_scalars_are_read_by_the_core_rules(parser: str, text: str, value: object) -> None:
    """Words of YAML 1.1, octal numbers and dates are text; null, true, false and numbers are what they are."""
    if value is None and text.startswith("[no"):
        value = ["no", "yes", "on", "010", "0x1f", "1_000", "2024-01-01", "Null", ".inf", "null"]
    assert decode_document("text", text) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: *b", "it has an alias|undefined alias"),
        ("- &a [*a]", "it has an alias"),
        ("!!python/name:os.system ''", "it has a tag"),
        ("!!map {}", "it has a tag"),
        ("{1: 2}", "a key is not text"),
        ("{[a]: 2}", "a key is not text"),
        ("{a: 1, a: 2}", "the key 'a' is there twice"),
        ("- " * 101, "nested more than 100 deep"),
        ("--- 1\n--- 2", "another document begins"),
        ("a: b: c", "line 1, column "),
        ("'\\", "line 1, column "),
        ("\x00", "unacceptable character|control characters"),
        ("9" * 2001, "a number has 2001 digits"),
        ("1e999", "no finite number"),
    ],
)
def test_what_is_no_plain_data_is_refused(parser: str, text: str, problem: str) -> None:
    """Both parsers refuse what grows, recurses, constructs, repeats or is no YAML: one line says where or why."""
    with pytest.raises(sn.BadInput, match=problem) as refusal:
        decode_document("text", text)
    assert refusal.value.code == "unreadable"
    assert str(refusal.value).isprintable()
