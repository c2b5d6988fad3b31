"""What people read fits their terminal."""

from __future__ import annotations

import re
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sn_planner.interchange.layout import filled, grid, width_of, wrapped
from sn_planner.interchange.tables import Document, Later, Remark, Screen, Table, render

LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
WORDS = st.text(LETTERS, min_size=1, max_size=14)
CELLS = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
WIDTHS = st.integers(1, 60)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]], list[bool]]:
    """Headers, rows and alignments of a table of some columns."""
    columns = draw(st.integers(1, 5))
    headers = draw(st.lists(WORDS, min_size=columns, max_size=columns))
    rows = draw(st.lists(st.lists(CELLS, min_size=columns, max_size=columns), min_size=1, max_size=5))
    return headers, rows, draw(st.lists(st.booleans(), min_size=columns, max_size=columns))


@given(tables(), WIDTHS)
def test_no_line_of_a_table_is_wider_than_the_terminal(
    table: tuple[list[str], list[list[str]], list[bool]], width: int
) -> None:
    """Every line fits, however narrow: but a single character that is wider than the whole terminal."""
    for line in grid(*table, width).split("\n"):
        assert width_of(line) <= max(width, 2)


@given(tables(), WIDTHS)
def test_no_word_is_broken_that_fits(table: tuple[list[str], list[list[str]], list[bool]], width: int) -> None:
    """Each word of the table that is no wider than the terminal stands in one piece."""
    headers, rows, _ = table
    shown = grid(*table, width).split()
    for word in (word for cell in (*headers, *(cell for row in rows for cell in row)) for word in cell.split()):
        assert word in shown or width_of(word) > width


@given(tables(), WIDTHS)
def test_nothing_of_a_table_is_lost(table: tuple[list[str], list[list[str]], list[bool]], width: int) -> None:
    """Each cell's characters are there in their order, however it is laid out."""
    headers, rows, right = table
    for row in rows:
        shown = grid(headers, [row], right, width)
        for cell in row:
            pattern = ".*?".join(re.escape(one) for one in cell.replace(" ", ""))
            assert re.search(pattern, shown, re.DOTALL)


@given(st.lists(WORDS, max_size=20), WIDTHS)
def test_a_paragraph_breaks_between_words(words: list[str], width: int) -> None:
    """Filled lines hold the same words; each fits, or is one word."""
    lines = list(filled(" ".join(words), width))
    assert " ".join(lines).split(" ") == " ".join(words).split(" ")
    assert all(width_of(line) <= width or " " not in line for line in lines)


def test_what_is_to_be_copied_stays_as_it_is() -> None:
    """A line behind four spaces is a command or a setting: breaking it would spoil it."""
    text = "a word and\n    kubectl get pods -A -o json --ignore-not-found"
    assert wrapped(text, 10) == text


def test_wide_characters_count_double() -> None:
    """Columns stand below each other on a terminal that shows a wide character in two columns."""
    lines = grid(["name", "n"], [["範囲", "1"], ["ab", "2"]], [False, True], 80).split("\n")
    assert {width_of(line) for line in lines} == {7}


DOCUMENT = Document(
    "check",
    False,
    {},
    Table(("a",), [["=1+1"], ["-x"], [-1], ["text"]]),
    "No.",
    (Remark("error", "not-a-cidr: it is none", "fix: an error is mended"), Remark("", "more", "do"), Table(("a",), ())),
)


def test_severities_have_colours_on_a_screen_that_shows_them() -> None:
    """The severity alone is coloured, once; without colours, and in Markdown, no escape is written."""
    assert render(DOCUMENT, "table", Screen(80, colours=True)) == (
        "No.\n\n- \x1b[31;1merror\x1b[0m not-a-cidr: it is none\n  fix: an error is mended\n\n- more\n  do\n"
    )
    assert "\x1b" not in render(DOCUMENT, "table") + render(DOCUMENT, "markdown")


def test_no_cell_of_csv_is_a_formula() -> None:
    """A text that a spreadsheet would run stands behind an apostrophe; numbers stay numbers."""
    assert render(DOCUMENT, "csv") == "a\n'=1+1\n'-x\n-1\ntext\n"


@pytest.mark.parametrize("headers", [("a|b",), ("plain",)])
def test_markdown_keeps_its_columns(headers: tuple[str, ...]) -> None:
    """A bar inside a header or a cell does not end its column, a backslash before it escapes nothing, HTML is text."""
    shown = render(DOCUMENT._replace(answer="<b>", parts=(Table(headers, [["x|y"], ["a\\|b <script>"]]),)), "markdown")
    assert "x\\|y" in shown
    assert "a\\\\\\|b &lt;script>" in shown
    assert shown.startswith("&lt;b>\n")
    assert headers[0].replace("|", "\\|") in shown


def test_data_is_made_when_it_is_first_read() -> None:
    """And once."""
    numbers = count()
    later = Later(lambda: {"first": next(numbers)})
    assert next(numbers) == 0
    assert (len(later), list(later), later["first"], later["first"]) == (1, ["first"], 1, 1)
