"""What can go wrong, as data.

Rules: every refusal is a `SnPlannerError`; it says which field, which value, what is wrong with it and what to do
instead, and carries each of the four as an attribute. Its text is always one printable line.
"""

from __future__ import annotations

import enum

_SHOWN_CHARACTERS = 60
_SHOWN_BITS = 200


class Absent(enum.Enum):
    """The value of a field that was not given at all."""

    ABSENT = enum.auto()


ABSENT = Absent.ABSENT


def shown(value: object) -> str:
    """`value` as one short printable line, whatever it is.

    >>> shown("10.0.0.0/24\\n"), shown(10**300)
    ("'10.0.0.0/24\\\\n'", 'an integer of 997 bits')
    """
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return f"an integer of {value.bit_length()} bits"
    try:
        text = printable(repr(value[: _SHOWN_CHARACTERS + 1] if isinstance(value, str | bytes) else value))
    except (ValueError, RecursionError):  # a number of very many digits, or a cycle, somewhere inside
        text = f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def printable(text: str) -> str:
    """The text with everything unprintable escaped: it stays on its line and cannot steer a terminal."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class SnPlannerError(ValueError):
    """An input that cannot be used: `field`, `value`, `problem`, `fix`, and a finding `code` where one fits."""

    def __init__(self, field: str, value: object, problem: str, fix: str, code: str | None = None) -> None:
        super().__init__(field, value, problem, fix, code)
        self.field = field
        self.value = value
        self.problem = problem
        self.fix = fix
        self.code = code

    @property
    def message(self) -> str:
        """Field, value and problem, without the fix."""
        subject = self.field if self.value is ABSENT else f"{self.field} {shown(self.value)}"
        return f"{subject} {self.problem}"

    def __str__(self) -> str:
        return printable(f"{self.message}; {self.fix}")


class MissingExtraError(SnPlannerError, ImportError):
    """An optional package is not installed; `fix` names the extra that brings it."""
