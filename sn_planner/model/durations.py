"""Times and durations in whole seconds, and their text.

Rules: inside, a time is an int of seconds [seconds] from the start of a run, which is a midnight. Text is numbers with
the units d, h, m and s, largest first, like "1d12h" or "90s".
"""

from __future__ import annotations

import re

from sn_planner.errors import SnPlannerError
from sn_planner.model.fields import whole

MINUTE, HOUR, DAY = 60, 3600, 86_400
LONGEST = 36_500 * DAY
_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": 1}
_TEXT = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")


def seconds(field: str, value: object, *, least: int = 0) -> int:
    """A time or duration, given in whole seconds or as text [seconds].

    >>> seconds("at", "1d12h"), seconds("at", 90)
    (129600, 90)
    """
    if not isinstance(value, str):
        return _bounded(field, whole(field, value, least=least))
    match = _TEXT.fullmatch(value)
    if match is None or not value:
        raise SnPlannerError(field, value, "is no duration", "write it like 30d, 12h, 45m, 90s or 1d12h")
    parts = zip(match.groups(default="0"), _UNITS.values(), strict=True)
    return _bounded(field, whole(field, sum(int(number) * unit for number, unit in parts), least=least))


def _bounded(field: str, at: int) -> int:
    if at > LONGEST:
        raise SnPlannerError(field, at, "is more than a century", f"give at most {LONGEST // DAY}d")
    return at


def time_text(at: int) -> str:
    """A time as a day and a clock.

    >>> time_text(0), time_text(90_061)
    ('day 0 00:00:00', 'day 1 01:01:01')
    """
    days, rest = divmod(at, DAY)
    hours, rest = divmod(rest, HOUR)
    return f"day {days} {hours:02}:{rest // MINUTE:02}:{rest % MINUTE:02}"
