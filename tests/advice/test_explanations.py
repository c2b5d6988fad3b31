"""Every code is explained, and its example has it."""

from __future__ import annotations

import json
import shlex

import pytest

import sn_planner as sn
from sn_planner.advice.explanations import EXPLANATIONS, Explanation, explain
from sn_planner.advice.findings import CODES
from sn_planner.cli import main
from sn_planner.errors import REFUSALS


def test_the_tables_have_the_same_codes_in_the_same_order() -> None:
    """Each finding code has one row in both tables."""
    assert list(EXPLANATIONS) == list(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_example_has_its_finding(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The example's command, run as it is shown, finds the code."""
    program, *arguments = shlex.split(explain(code).example)
    assert program == "sn-planner"
    main([*arguments, "--format", "json"])
    answer = json.loads(capsys.readouterr().out)
    targets = answer.get("targets", [answer])
    assert code in {finding["code"] for target in targets for finding in target["findings"]}


@pytest.mark.parametrize("code", [*CODES, *REFUSALS])
def test_explanations_are_sentences(code: str) -> None:
    """Every part is printable and ends as a sentence does; the example is one line."""
    told = explain(code)
    assert told.code == code
    for sentence in (told.why, told.fix):
        assert sentence[0].isupper()
        assert not sentence.isupper()
        assert sentence.endswith(".")
    assert all((part or "").isprintable() for part in told)
    assert bool(told.example) == (code in CODES)
    assert told[1:3] == (CODES[code] if code in CODES else (None, REFUSALS[code]))


def test_an_unknown_code_is_refused() -> None:
    """A code that is none is answered with the nearest of both tables."""
    with pytest.raises(sn.BadInput, match="code 'overlap-reserved' is unknown; did you mean 'overlaps-reserved'?"):
        explain("overlap-reserved")
    with pytest.raises(sn.BadInput, match="did you mean 'no-free-range'?"):
        explain("no-free-ranges")
    assert isinstance(explain("missing"), Explanation)
