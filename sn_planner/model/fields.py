"""Whole numbers of things.

Rules: a count is an exact integer; booleans, fractions, NaN, text and negative numbers are refused by the name of their
field. A count has at most 2,000 digits, so that every sum and product of the formulas still prints.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import attrs

from sn_planner.errors import SnPlannerError

MAX_DIGITS = 2000
_MAX_COUNT = 10**MAX_DIGITS


def whole(field: str, value: object, *, least: int = 0) -> int:
    """`value` as an int, `least` or more; refuses everything that is not a whole number.

    >>> whole("nodes", 5)
    5
    >>> whole("nodes", True)
    Traceback (most recent call last):
    sn_planner.errors.SnPlannerError: nodes True is a boolean; give a whole number, 0 or more
    """
    wanted = f"give a whole number, {least} or more"
    if isinstance(value, bool):
        raise SnPlannerError(field, value, "is a boolean", wanted)
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # the TypeError is the question asked
    except TypeError:
        raise SnPlannerError(field, value, _not_whole(value), wanted) from None
    if number < least:
        problem = "is negative" if number < 0 else "is too small"
        raise SnPlannerError(field, number, problem, wanted)
    if number >= _MAX_COUNT:
        raise SnPlannerError(field, number, "is too large", f"give a whole number of at most {MAX_DIGITS} digits")
    return number


def whole_from_text(field: str, text: str, *, least: int = 0) -> int:
    """The count written in decimal digits in `text`; no sign but '-', no separators, no exponent."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise SnPlannerError(field, text, "is not a whole number", f"write it in decimal digits, {least} or more")
    if len(digits) > MAX_DIGITS:
        raise SnPlannerError(field, text, f"has {len(digits)} digits", f"write at most {MAX_DIGITS}")
    return whole(field, int(text), least=least)


def known_key(field: str, key: object, known: Iterable[str]) -> str:
    """`key` if it is one of `known`; otherwise the nearest known one is suggested."""
    names = sorted(known)
    if isinstance(key, str) and key in names:
        return key
    from difflib import get_close_matches

    near = get_close_matches(key, names, n=1) if isinstance(key, str) else []
    fix = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
    raise SnPlannerError(field, key, "is unknown", fix)


def count_field(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """An attrs validator: the field is a count, kept as an exact int."""
    object.__setattr__(instance, attribute.name, whole(attribute.name, value))


def optional_count_field(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """An attrs validator: the field is a count, or None where it is not known."""
    if value is not None:
        count_field(instance, attribute, value)


def flag_field(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """An attrs validator: the field is True or False, not merely truthy or falsy."""
    if not isinstance(value, bool):
        raise SnPlannerError(attribute.name, value, "is neither true nor false", "write true or false")


def text_field(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """An attrs validator: the field is text, and not empty."""
    if not (isinstance(value, str) and value):
        raise SnPlannerError(attribute.name, value, "is no text", "write a word or more")


def _not_whole(value: object) -> str:
    if isinstance(value, float):
        return "is not a number" if value != value else "is a fraction"  # noqa: PLR0124  # NaN alone is unequal to itself
    return f"is not a whole number ({type(value).__name__})"
