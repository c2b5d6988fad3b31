"""What a field may be: a count, text, a flag, a list, one of some known names.

Rules: a count is an exact integer; booleans, fractions, NaN, text and negative numbers are refused by the name of their
field. A count has at most 2,000 digits, so that every sum and product of the formulas still prints. Whatever a value
does when it is asked (it may be of any class), it is refused and no error of its own comes through.

A frozen value normalises its fields as it is made: `attrs.frozen(field_transformer=checked)` runs each field that has
one of `COUNT`, `FLAG`, `NAME`, … below as metadata through that function, which gets the field's name and value
and returns what is kept. (A converter would do the same; type checkers then lose the type of the argument.)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.words import nearest

if TYPE_CHECKING:
    from fractions import Fraction

MAX_DIGITS = 2000
_MAX_COUNT = 10**MAX_DIGITS
_MAX_ITEMS = 10**7
_CHECK = "sn_planner.check"
_Item = TypeVar("_Item")


def whole(field: str, value: object, *, minimum: int = 0) -> int:
    """`value` as an int, `minimum` or more; refuses everything that is not a whole number.

    >>> whole("nodes", 5)
    5
    >>> whole("nodes", True)
    Traceback (most recent call last):
    sn_planner.errors.BadInput: nodes True is a boolean; give a whole number, 0 or more
    """
    wanted = f"give a whole number, {minimum} or more"
    number = integer(value)
    if number is None:
        raise BadInput(field, value, _not_whole(value), wanted, "wrong-type")
    if number < minimum:
        problem = "is negative" if number < 0 else "is too small"
        raise BadInput(field, number, problem, wanted, "out-of-bounds")
    if number >= _MAX_COUNT:
        fix = f"give a whole number of at most {MAX_DIGITS} digits"
        raise BadInput(field, number, "is too large", fix, "out-of-bounds")
    return number


def integer(value: object) -> int | None:
    """The integer that a value is, numpy's included; None for everything else, booleans and masked values too.

    >>> integer(5), integer(5.0), integer(True)
    (5, None, None)
    """
    if type(value) is int:
        return value
    # NumPy below 2.3 lets its booleans pass for integers, and every NumPy the values that a mask hides
    if _is_boolean(value) or hasattr(value, "mask"):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # the error is the question asked
    except Exception:
        return None


def whole_from_text(field: str, text: str, *, minimum: int = 0) -> int:
    """The count written in decimal digits in `text`; no sign but '-', no separators, no exponent."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        fix = f"write it in decimal digits, {minimum} or more"
        raise BadInput(field, text, "is not a whole number", fix, "wrong-type")
    if len(digits) > MAX_DIGITS:
        raise BadInput(field, text, f"has {len(digits)} digits", f"write at most {MAX_DIGITS}", "out-of-bounds")
    return whole(field, int(text), minimum=minimum)


def maybe_whole(field: str, value: object) -> int | None:
    """A count, or None where it is not known."""
    return None if value is None else whole(field, value)


def share(field: str, value: object) -> Fraction:
    """A number from 0 to 1, exactly: a float means the decimal number it prints as.

    The least beyond 0 is 10 to the power of -2,000, which is less than a share of anything that can be counted here.

    >>> share("q", 0.1)
    Fraction(1, 10)
    """
    fix = "give a share from 0 to 1"
    exact = _exact(field, value, fix)
    if not 0 <= exact <= 1:
        raise BadInput(field, value, "is not a share", fix, "out-of-bounds")
    return exact


def _exact(field: str, value: object, fix: str) -> Fraction:
    from decimal import Decimal
    from fractions import Fraction
    from numbers import Integral, Real

    if (exact := value if isinstance(value, Fraction) else integer(value)) is None:
        # NumPy's spans of time call themselves integral, and are no numbers
        if isinstance(value, Integral) or not isinstance(value, Real | Decimal):
            raise BadInput(field, value, "is not a number", fix, "wrong-type")
        number = Decimal(str(value))
        if not number.is_finite():
            raise BadInput(field, value, "is not finite", fix, "out-of-bounds")
        if abs(places := number.adjusted()) > MAX_DIGITS and number:  # written out, 1e-999999999 has a billion digits
            number = Decimal((number.is_signed(), (1,), MAX_DIGITS if places > 0 else -MAX_DIGITS))
        exact = Fraction(number)
    return Fraction(exact)


def amount(field: str, value: object) -> Fraction:
    """A number that is not negative, exactly: a float means the decimal number it prints as.

    >>> amount("mean", 0.1), amount("mean", 4)
    (Fraction(1, 10), Fraction(4, 1))
    """
    fix = "give a number, 0 or more"
    exact = _exact(field, value, fix)
    if exact < 0:
        raise BadInput(field, value, "is negative", fix, "out-of-bounds")
    if exact >= _MAX_COUNT:
        raise BadInput(field, value, "is too large", f"give a number below 10^{MAX_DIGITS}", "out-of-bounds")
    return exact


def flag(field: str, value: object) -> bool:
    """True or False, not merely truthy or falsy."""
    if not isinstance(value, bool):
        raise BadInput(field, value, "is neither true nor false", "write true or false", "wrong-type")
    return value


def text(field: str, value: object, *, empty: bool = False) -> str:
    """`value` if it is text; the empty one only where that is a name like any other."""
    if not isinstance(value, str) or not (value or empty):
        raise BadInput(field, value, "is no text", "give a word or more", "wrong-type")
    return value


def label(field: str, value: object) -> str:
    """Text that stands in sentences: none that cannot be shown on a line."""
    if not text(field, value).isprintable():
        raise BadInput(field, value, "cannot be shown on a line", "write it in printable characters", "wrong-type")
    return str(value)


def known_key(field: str, key: object, known: Iterable[str]) -> str:
    """`key` if it is one of `known`; otherwise the nearest known one is suggested."""
    names = list(known)
    if isinstance(key, str) and key in names:
        return key
    raise BadInput(field, key, "is unknown", nearest(key, names), "unknown-name")


def list_of(field: str, value: Iterable[_Item], fix: str = "give a list") -> list[_Item]:
    """The items of any iterable but text, mappings, and a network, which would be a list of all its addresses."""
    is_network = type(value).__module__.partition(".")[0] in {"netaddr", "ipaddress"}
    items: list[_Item] | None = None
    if not is_network and not isinstance(value, str | bytes | Mapping):
        with suppress(Exception):  # whatever a caller's iterator raises; a range beyond 64 bits has no length
            operator.length_hint(value)
            items = list(islice(value, _MAX_ITEMS + 1))
    if items is None:
        raise BadInput(field, value, "is not a list", fix, "wrong-type")
    if len(items) > _MAX_ITEMS:
        raise BadInput(field, ABSENT, "has too many items", f"give at most {_MAX_ITEMS:,}", "too-many")
    return items


def maybe_text(field: str, value: object) -> str | None:
    """Text, or None where there is none."""
    return None if value is None else text(field, value)


def texts(field: str, value: Iterable[str]) -> tuple[str, ...]:
    """Some texts, none of them empty."""
    return tuple(text(field, one) for one in list_of(field, value))


def checked(_: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """For `attrs.frozen(field_transformer=…)`: fields are kept as the function in their metadata returns them."""
    return [
        field.evolve(converter=_converter(field.name, field.metadata[_CHECK])) if _CHECK in field.metadata else field
        for field in fields
    ]


def _converter(name: str, check: Callable[[str, Any], Any]) -> Callable[[Any], Any]:
    return lambda value: check(name, value)


COUNT = {_CHECK: whole}
MAYBE_COUNT = {_CHECK: maybe_whole}
FLAG = {_CHECK: flag}
NAME = {_CHECK: text}
LABEL = {_CHECK: label}
MAYBE_NAME = {_CHECK: maybe_text}


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "") == "b"


def _not_whole(value: object) -> str:
    if _is_boolean(value):
        return "is a boolean"
    if hasattr(value, "mask"):
        return "is masked"
    if isinstance(value, float):
        return "is not a number" if value != value else "is a fraction"  # noqa: PLR0124  # NaN alone is unequal to itself
    return f"is not a whole number ({type(value).__name__})"
