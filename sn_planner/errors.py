"""What can go wrong, as data.

Rules: every refusal is a `SnPlannerError`; it says which field, which value, what is wrong with it and what to do
instead, and carries each of the four as an attribute, with a `code` that programs can tell it by: a key of `REFUSALS`
below, or the code of the finding that it stands for (`advice.findings.CODES`). Its text is always one printable line,
and never a long one: the attributes have what is cut out of it.

There are two kinds to catch. `BadInput`: what was given cannot be used. `NoAnswer`: it can, and the answer is no.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "something that is needed was not given",
        "wrong-type": "the value is of another kind than the field holds",
        "out-of-bounds": "the number is smaller or larger than the field allows",
        "unknown-name": "the name is none of those known",
        "duplicate": "the same thing is there twice",
        "conflict": "two things were given that do not go together",
        "unreadable": "the text or file cannot be read as what it should be",
        "unwritable": "the output cannot be written",
        "impossible-step": "the step cannot follow those before it",
        "too-many": "there would be more than can be computed or kept in memory",
        "not-exported": "the export does not tell what the question needs",
        "missing-extra": "a package that this takes is not installed",
        "no-free-range": "no pool has room for the range",
        "demand-too-large": "no range that Harvester accepts holds the demand",
        "pool-exhausted": "every address of the range is leased",
    }
)
"""What each code of a refusal means; the last three are the codes of `NoAnswer`."""

_SHOWN_CHARACTERS = 60
_LONGEST_PART = 400  # of a refusal: whatever the others are, the fix is seen
_KEPT_END = 100
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
        if isinstance(value, str | bytes):
            text = repr(value[: _SHOWN_CHARACTERS + 1])
        else:
            is_exact_number = type(value).__module__ in {"decimal", "fractions"}
            text = str(value) if is_exact_number else repr(value)
    except Exception:  # a number of very many digits or a cycle inside, or an object that has no text
        text = f"a {type(value).__name__}"
    text = printable(text[: _SHOWN_CHARACTERS + 1])
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def printable(text: str) -> str:
    """The text with everything unprintable escaped: it stays on its line and cannot steer a terminal."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _line(text: str) -> str:
    """A part of a refusal as one printable line; of a long one the beginning and the end."""
    line = printable(text)
    return line if len(line) <= _LONGEST_PART else f"{line[: _LONGEST_PART - _KEPT_END - 1]}…{line[-_KEPT_END:]}"


class SnPlannerError(ValueError):
    """A refusal: `field`, `value` (ABSENT where none was given), `problem`, `fix` and `code`.

    Raised as one of its two kinds, `BadInput` and `NoAnswer`; catch it to catch both.
    """

    def __init__(self, field: str, value: object, problem: str, fix: str, code: str) -> None:
        super().__init__(field, value, problem, fix, code)
        self.field = field
        self.value = value
        self.problem = problem
        self.fix = fix
        self.code = code

    @property
    def message(self) -> str:
        """Field, value and problem, without the fix."""
        subject = _line(self.field) if self.value is ABSENT else f"{_line(self.field)} {shown(self.value)}"
        return f"{subject} {_line(self.problem)}"

    def to_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return {"code": self.code, "message": self.message, "fix": _line(self.fix)}

    def renamed(self, field: str) -> SnPlannerError:
        """The same refusal under another name of its field."""
        return type(self)(field, self.value, self.problem, self.fix, self.code)

    def __str__(self) -> str:
        return f"{self.message}; {_line(self.fix)}"


class BadInput(SnPlannerError):  # noqa: N818  # the public name: it says whose fault it is
    """What was given cannot be used."""


class NoAnswer(SnPlannerError):  # noqa: N818  # the public name: it says what the caller gets
    """What was given can be used, and the answer is no: no free range, a demand that no range holds."""


class MissingExtraError(BadInput, ImportError):
    """A package that this takes is not installed; `fix` says how to install it."""


@contextmanager
def within(place: str) -> Iterator[None]:
    """Puts a place (a file, an item of a list, an object) in front of the field of every refusal.

    >>> with within("plan.csv"):
    ...     raise BadInput("line 3", "10.0.0", "is not a CIDR", "mend it", "not-a-cidr")
    Traceback (most recent call last):
    sn_planner.errors.BadInput: plan.csv: line 3 '10.0.0' is not a CIDR; mend it
    """
    try:
        yield
    except SnPlannerError as error:
        raise error.renamed(f"{place}: {error.field}") from None
