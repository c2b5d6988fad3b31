"""Times and durations in whole seconds, and their text.

Rules: inside, a time is an int of seconds [seconds] from the start of a run, which is a midnight. Text is numbers with
the units d, h, m and s, largest first, like "1d12h" or "90s".
"""

from __future__ import annotations

import re

from sn_planner.errors import BadInput
from sn_planner.model.fields import whole

MINUTE, HOUR, DAY = 60, 3600, 86_400
YEAR = 365 * DAY
LONGEST = 36_500 * DAY
_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": 1}
_TEXT = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")


Duration = int | str
"""Whole seconds, or text like "1d12h"."""


def seconds(field: str, value: object, *, minimum: int = 0) -> int:
    """A time or duration, given in whole seconds or as text [seconds].

    >>> seconds("at", "1d12h"), seconds("at", 90)
    (129600, 90)
    """
    if not isinstance(value, str):
        return _bounded(field, whole(field, value, minimum=minimum))
    match = _TEXT.fullmatch(value)
    if match is None or not value:
        raise BadInput(field, value, "is no duration", "write it like 30d, 12h, 45m, 90s or 1d12h", "wrong-type")
    parts = zip(match.groups(default="0"), _UNITS.values(), strict=True)
    return _bounded(field, whole(field, sum(int(number) * unit for number, unit in parts), minimum=minimum))


def _bounded(field: str, at: int) -> int:
    if at > LONGEST:
        raise BadInput(field, at, "is more than a century", f"give at most {LONGEST // DAY}d", "out-of-bounds")
    return at


def time_text(at: int) -> str:
    """A time as a day and a clock.

    >>> time_text(0), time_text(90_061)
    ('day 0 00:00:00', 'day 1 01:01:01')
    """
    return f"day {at // DAY} {clock_text(at)}:{at % MINUTE:02}"


def clock_text(at: int) -> str:
    """The hours and minutes of a time.

    >>> clock_text(16_200)
    '04:30'
    """
    return f"{at % DAY // HOUR:02}:{at % HOUR // MINUTE:02}"


def duration_words(length: int) -> str:
    """A duration as people say it.

    >>> duration_words(99_000), duration_words(150), duration_words(0)
    ('1 day 3 h 30 min', '2 min 30 s', '0 s')
    """
    days, rest = divmod(length, DAY)
    parts = [(days, "day" if days == 1 else "days"), (rest // HOUR, "h"), (rest % HOUR // MINUTE, "min")]
    parts.append((rest % MINUTE, "s"))
    return " ".join(f"{count:,} {unit}" for count, unit in parts if count) or "0 s"
