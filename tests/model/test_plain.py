"""Plain data from JSON and YAML: the same whichever parser reads it, and refused by the same rules."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.model.plain import Part, decode_document, decode_json, decode_parts, refuse_deep_json

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
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
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
        ("[true, false, null, -5, 0, 1.5, -1.e3, 1E2]", [True, False, None, -5, 0, 1.5, -1000.0, 100.0]),
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
        ("a: *b", "line 1, column 4: it has an alias"),
        ("*a : 1", "line 1, column 1: a key is not text"),
        ("- &a [*a]", "line 1, column 7: it has an alias"),
        ("!!python/name:os.system ''", "line 1, column 1: it has a tag"),
        ("a:\n- !!map {}", "line 2, column 3: it has a tag"),
        ("{1: 2}", "line 1, column 2: a key is not text"),
        ("{[a]: 2}", "line 1, column 2: a key is not text"),
        ("{a: 1,\n  a: 2}", "line 2, column 3: the key 'a' is there twice"),
        ("- " * 101, "line 1, column 201: it is nested more than 100 deep"),
        ("{a: " * 101, "it is nested too deeply"),
        ("--- 1\n--- 2", "line 2, column 1: another document begins"),
        ("a: b: c", "line 1, column "),
        ("'\\", "line 1, column "),
        ("\x00", "unacceptable character|control characters"),
        ("9" * 2001, "line 1, column 1: a number has 2001 digits"),
        ("a: 1e999", "line 1, column 4: '1e999' is no finite number"),
    ],
)
def test_what_is_no_plain_data_is_refused(parser: str, text: str, problem: str) -> None:
    """Both parsers refuse what grows, recurses, constructs, repeats or is no YAML: one line says where or why."""
    with pytest.raises(sn.BadInput, match=problem) as refusal:
        decode_document("text", text)
    assert refusal.value.code == "unreadable"
    assert str(refusal.value).isprintable()


jsons = st.recursive(
    st.text(alphabet='"\\\\[]{}a\u00e9', max_size=6) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='"\\\\[{', max_size=3), inner, max_size=3)
    ),
)


def depth_of(value: Any) -> int:
    """How deep plain data is nested, counted naively."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@given(jsons, st.integers(90, 110), st.booleans(), st.integers(1, 9))
def test_json_is_refused_where_it_is_too_deep(value: Any, around: int, is_ascii: bool, at_once: int) -> None:
    """JSON is nested more than 100 deep or is read, whatever its texts hold, and wherever it is cut in pieces."""
    text = "[" * around + json.dumps(value, ensure_ascii=is_ascii) + "]" * around
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sn_planner.model.plain._AT_ONCE", at_once)
        if around + depth_of(value) <= 100:
            refuse_deep_json(f"[[{text}", 2)
            assert decode_json("text", text) == json.loads(text)
        else:
            with pytest.raises(sn.BadInput, match="it is nested too deeply"):
                decode_json("text", text)


@given(st.lists(plain, max_size=3))
def test_parts_are_the_documents(documents: list[Any]) -> None:
    """The parts of a text are its documents, each after the items that its list has, in their order."""
    text = "".join(f"---\n{block(one)}...\n" for one in documents)
    whole: list[Any] = []
    items: list[Any] = []
    for part in decode_parts("text", text, "items"):
        if part.head is not None:
            items.append(part.value)
            continue
        document = part.value
        if isinstance(document, dict) and isinstance(document.get("items"), list):
            document = {**document, "items": items or document["items"]}
        elif document == []:
            document = items
        whole.append(document)
        items = []
    assert whole == documents


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("# nothing\n---\n", [Part(None, None, 3)]),
        ("- 1\n- [2]\n", [Part(1, {}, 1), Part([2], {}, 2), Part([], None, 1)]),
        ("a: 1\nitems: 5\n", [Part({"a": 1, "items": 5}, None, 1)]),
        ("--- {items: []}\n--- a", [Part({"items": []}, None, 1), Part("a", None, 2)]),
        ("a: {items: [1]}", [Part({"a": {"items": [1]}}, None, 1)]),
        (
            "items:\r\n- a: |\r\n    x\r\n# z\r\nb: 2\r\n",
            [Part({"a": "x\n"}, {}, 2), Part({"items": [], "b": 2}, None, 1)],
        ),
        (
            "items:\n  -\n    a: '\t#'\n  - b\n",
            [Part({"a": "\t#"}, {}, 3), Part("b", {}, 4), Part({"items": []}, None, 1)],
        ),
    ],
)
def test_parts(parser: str, text: str, parts: list[Part]) -> None:
    """Both parsers give the items of a list one by one, in block and in flow style, and then the document."""
    found = [part._replace(head=part.head and {}) for part in decode_parts("text", text, "items")]
    assert found == [part._replace(head=part.head and {}) for part in parts]


def test_what_is_around_an_item_is_told_as_far_as_it_was_read(parser: str) -> None:
    """With an item comes what was read of its document before it."""
    seen = [dict(part.head or {}) for part in decode_parts("text", "a: 1\nitems: [2]\nb: 3\n", "items")]
    assert seen == [{"a": 1, "items": []}, {}]


def test_parts_come_before_a_fault(parser: str) -> None:
    """What is whole is handed on before a fault behind it is found, which is told by its line in the whole text."""
    parts = decode_parts("text", "- not this\n- nor this\nitems:\n- 1\na: 2\na: 3\n", "items", 22)
    assert next(parts).value == 1
    with pytest.raises(sn.BadInput, match=r"text is not plain YAML \(line 6, column 1: the key 'a' is there twice\)"):
        list(parts)


def test_a_text_is_not_there_twice(parser: str) -> None:
    """Memory is that of an item, not of the text."""
    text = "items:\n" + "- a: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'\n" * 1_000
    tracemalloc.start()
    assert sum(1 for _ in decode_parts("text", text, "items")) == 1_001
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(text)
