"""Findings as a verdict: how grave they are, and what is left when some are not to count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice.findings import CODES, SEVERITIES, Finding, Findings

codes = st.sampled_from(sorted(CODES))
findings = st.lists(codes).map(lambda found: Findings.sorted(Finding(code, "what", "fix") for code in found))


@given(findings, st.lists(codes), st.lists(codes), st.sampled_from(SEVERITIES))
def test_ignoring_more_never_makes_it_worse(found: Findings, some: list[str], more: list[str], severity: str) -> None:
    """What is left without some codes is left in its order, and leaving out more codes adds nothing."""
    left = found.without(some)
    assert left == tuple(one for one in found if one.code not in some)
    assert left.without(more) == found.without(more + some)
    assert set(left.without(more).at_least(severity)) <= set(left.at_least(severity))
    assert found.without([]) == found
    assert found.without(list(CODES)) == ()


@given(findings)
def test_info_is_the_strictest(found: Findings) -> None:
    """Each severity takes in all that a graver one does, and info everything."""
    errors, warnings, infos = (found.at_least(severity) for severity in SEVERITIES)
    assert errors == found.errors
    assert infos == found
    assert errors == infos[: len(errors)]
    assert warnings == infos[: len(warnings)]
    assert {one.severity for one in warnings[len(errors) :]} <= {"warning"}


def test_unknown_names_are_refused() -> None:
    """A code or a severity that is none is answered with the nearest."""
    with pytest.raises(sn.BadInput, match="code 'untaged' is unknown; did you mean 'untagged'?"):
        Findings().without(["untaged"])
    with pytest.raises(sn.BadInput, match="codes 'untagged' is not a list"):
        Findings().without("untagged")
    with pytest.raises(sn.BadInput, match="severity 'warn' is unknown; did you mean 'warning'?"):
        Findings().at_least("warn")
