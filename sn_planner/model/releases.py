"""Which Harvester release brings which Longhorn and Whereabouts: one table, oldest first.

Rules: a release is known by its own row, never by its neighbours'. A release newer than every row is planned as the
newest one, with a note that says so. Source: chart dependencies of each Harvester release
[C harvester deploy/charts, package versions].
"""

from __future__ import annotations

import re

import attrs

from sn_planner.errors import SnPlannerError
from sn_planner.model.profiles import PROFILES, Profile

Version = tuple[int, ...]
_CONSOLIDATED_SINCE = (1, 5)  # Longhorn [C longhorn-manager controller/instance_manager_controller.go]
WEBHOOK_SIZE_SINCE = (1, 5)  # Harvester [C harvester pkg/webhook/resources/setting/validator.go]


@attrs.frozen
class Release:
    """A Harvester release with the Longhorn and the Whereabouts it ships."""

    harvester: str
    longhorn: str
    whereabouts: str

    @property
    def profile(self) -> Profile:
        """The profile that this release's Longhorn needs."""
        return PROFILES["consolidated" if version(self.longhorn) >= _CONSOLIDATED_SINCE else "classic"]

    @property
    def checks_size(self) -> bool:
        """Whether this release's webhook refuses a range that is too small for the cluster."""
        return version(self.harvester) >= WEBHOOK_SIZE_SINCE


RELEASES = tuple(
    Release(*row)
    for row in (
        ("1.1.0", "1.3.2", "0.5.4/0.6.2"),  # the charts of 1.1 name both versions
        ("1.1.1", "1.3.2", "0.5.4/0.6.2"),
        ("1.1.2", "1.3.2", "0.5.4/0.6.2"),
        ("1.1.3", "1.3.3", "0.5.4/0.6.2"),
        ("1.2.0", "1.4.3", "0.6.3"),
        ("1.2.1", "1.4.3", "0.6.3"),
        ("1.2.2", "1.5.5", "0.6.3"),
        ("1.3.0", "1.6.0", "0.6.3"),
        ("1.3.1", "1.6.2", "0.6.3"),
        ("1.3.2", "1.6.2", "0.6.3"),
        ("1.4.0", "1.7.2", "0.7.0"),
        ("1.4.1", "1.7.2", "0.7.0"),
        ("1.4.2", "1.7.2", "0.7.0"),
        ("1.4.3", "1.7.3", "0.7.0"),
        ("1.5.0", "1.8.1", "0.8.0"),
        ("1.5.1", "1.8.2", "0.8.0"),
        ("1.5.2", "1.8.2", "0.8.0"),
        ("1.6.0", "1.9.1", "0.8.0"),
        ("1.6.1", "1.9.2", "0.8.0"),
        ("1.7.0", "1.10.1", "0.9.2"),
        ("1.7.1", "1.10.2", "0.9.2"),
        ("1.7.2", "1.10.2", "0.9.2"),
        ("1.8.0", "1.11.1", "0.9.3"),
        ("1.8.1", "1.11.2", "0.9.3"),
        ("1.8.2", "1.11.2", "0.9.3"),
    )
)


def version(text: str) -> Version:
    """The numbers of a dotted version.

    >>> version("1.10.2") > version("1.9.1")
    True
    """
    return tuple(int(part) for part in text.split("."))


def release(harvester: str) -> tuple[Release, tuple[str, ...]]:
    """The release of that version ("1.6.1" or "v1.6.1") and notes on the choice.

    Raises SnPlannerError, listing what is known, for a version that is neither in the table nor newer than all of it.
    """
    by_version = {one.harvester: one for one in RELEASES}
    newest = RELEASES[-1]
    text = harvester.removeprefix("v") if isinstance(harvester, str) else ""
    if text in by_version:
        return by_version[text], ()
    if _is_version(text) and version(text) > version(newest.harvester):
        note = f"Harvester {text} is newer than this table: planned as {newest.harvester}, the newest known"
        return newest, (note,)
    raise SnPlannerError("harvester", harvester, "is not a known release", f"known are {', '.join(by_version)}")


def _is_version(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4}){2}", text) is not None
