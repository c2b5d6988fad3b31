"""The table of known failures: its marks tell them, and nothing else."""

from __future__ import annotations

import re

import pytest

from sn_planner.model.failures import FAILURES, KnownFailure, spaced, tells_failure

CAUSES = {
    "exhausted",
    "no-usable-addresses",
    "cut-off",
    "pod-network-exhausted",
    "no-lock",
    "missing-definition",
    "missing-crd",
    "missing-plugin",
    "bad-definition",
    "leak",
    "waiting-for-volumes",
    "unauthorized",
}


def test_every_cause_of_the_contract_has_its_row() -> None:
    """The causes are those of the contract."""
    assert {failure.cause for failure in FAILURES} == CAUSES


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: f"{failure.cause}: {failure.means}")
def test_a_row_says_what_to_know(failure: KnownFailure) -> None:
    """Every row has marks, a meaning, a cure and a source, and reads well whether messages name things or not."""
    assert failure.marks or failure.shared
    assert failure.means
    assert failure.cure
    assert "#" in failure.source or "[C " in failure.source
    assert re.compile(failure.names).pattern == failure.names
    assert ("{what}" in failure.means) is bool(failure.names) is bool(failure.unnamed)
    assert "{" not in failure.meaning(()) + failure.meaning(("a", "b"))


@pytest.mark.parametrize("mark", [mark for failure in FAILURES for mark in failure.marks])
def test_a_mark_says_it_alone(mark: str) -> None:
    """A mark tells its failure, wrapped anywhere, and not without its last letter."""
    assert tells_failure(mark)
    assert tells_failure("\n ".join(mark))
    assert not tells_failure(mark[:-1])


@pytest.mark.parametrize(("mark", "words"), [(mark, words) for row in FAILURES for mark, *words in row.shared])
def test_a_shared_mark_needs_a_word_beside_it(mark: str, words: list[str]) -> None:
    """A mark that other programs write too counts beside each of its words, and never alone."""
    assert not tells_failure(f"something else: {mark}")
    assert all(tells_failure(f"{word}: {mark}") for word in words)


def test_a_whole_message_is_no_cut_one() -> None:
    """The mark of a cut message is not found in a whole one."""
    mark = spaced("storage engine: Could")
    assert re.search(mark, "error at storage engine: Could no")
    assert tells_failure("error at storage engine: Could")
    assert not tells_failure("storage engine: Coul")


def test_numbers_are_told_of_things_that_have_one() -> None:
    """Volumes are counted; of many, the first are named."""
    (waiting,) = (failure for failure in FAILURES if failure.cause == "waiting-for-volumes")
    assert waiting.meaning(("pvc-1", "pvc-2")).endswith("waits for 2 volumes (pvc-1, pvc-2)")
    assert waiting.meaning(tuple("abcde")).endswith("waits for 5 volumes (a, b, c and 2 more)")
    assert waiting.meaning(()).endswith("waits for some")
