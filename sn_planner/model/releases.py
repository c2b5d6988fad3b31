"""Which Harvester release brings which Longhorn and Whereabouts, and what each version changed: two tables.

Rules: a release is known by its own row, never by its neighbours'. What is not in the table and could be meant (a line,
a candidate, a later patch, a later line) is planned as the row that comes closest, with a note that says so. What a
version changed is one row of `CHANGES`, asked for as `release.has(row)`, so a border stands in one place, whoever reads
it.

Source of the releases: image tags in each release's chart values [C harvester deploy/charts]; the sub-charts' own
defaults are overridden there.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from sn_planner.errors import BadInput
from sn_planner.model.durations import HOUR, MINUTE
from sn_planner.model.profiles import PROFILES, Profile

Version = tuple[int, ...]
_WRITTEN = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}|x))?(-[0-9A-Za-z.+-]{1,40})?")
RECONCILED_AT = 4 * HOUR + 30 * MINUTE  # of every day, UTC: frees leases without a pod [C whereabouts] [seconds]
EXHAUSTION = "Could not allocate IP in range"  # how every release begins to say so [C whereabouts]
NEWEST_WHEREABOUTS = "0.9.4"  # the newest whose answers are recorded in the tests


class Change(NamedTuple):
    """What a system (a field of Release) does since a version of it."""

    system: str
    since: str
    what: str
    source: str

    def applies_to(self, text: str) -> bool:
        """Whether that version of the system has it."""
        return version(text) >= version(self.since)


ONE_INSTANCE_MANAGER = Change(
    "longhorn",
    "1.5",
    "one instance manager a node, not an engine's and a replica's",
    "[C longhorn-manager controller/instance_manager_controller.go]",
)
RUNS_V2 = Change("longhorn", "1.6", "there is a V2 data engine", "[C longhorn-manager types InstanceManager]")
KEEPS_V2_SINGLE = Change(
    "longhorn",
    "1.7",
    "an upgrade does not double the V2 data engine's managers",
    "[C longhorn-manager controller/instance_manager_controller.go]",
)
SHARES_RWX = Change(
    "longhorn",
    "1.7",
    "RWX volumes may share the storage network",
    "[C longhorn-manager controller/share_manager_controller.go]",
)
RECONCILES = Change("whereabouts", "0.6", "leases without a pod are freed daily", "[C whereabouts cmd/reconciler]")
PRINTS_CIDR = Change(
    "whereabouts",
    "0.6.3",
    "a full range is printed as a CIDR with its excludes, not in Go syntax; an exclude may be a bare address",
    "[C whereabouts pkg/allocate/allocate.go]",
)
RENEWS_LEASES = Change(
    "whereabouts",
    "0.8.0",
    "a pod that is added again keeps its address",
    "[C whereabouts pkg/allocate/allocate.go]",
)
RELEASES_BY_INTERFACE = Change(
    "whereabouts",
    "0.9.0",
    "Del frees the lease of that container id and interface, not the first of the container id",
    "[C whereabouts pkg/allocate/allocate.go]",
)
FREES_EVICTED = Change(
    "whereabouts",
    "0.8.0",
    "a pod that its node's taint deletes counts as gone",
    "[C whereabouts pkg/reconciler]",
)
_GATE = "[C harvester package/upgrade/upgrade_manifests.sh wait_longhorn_upgrade]"
GATE_LOOKS_AT_ALL = Change(
    "harvester", "1.2.2", "the upgrade waits for every instance manager, not for instance-manager-r alone", _GATE
)
GATE_LOOKS_AT_TWO = Change(
    "harvester", "1.4.0", "the upgrade of two nodes waits, too: only one node alone is passed over", _GATE
)
GATE_LOOKS_AT_V2 = Change("harvester", "1.6.0", "the upgrade waits for the V2 data engine's managers, too", _GATE)
UPGRADE_REPOSITORY = Change(
    "harvester",
    "1.7.0",
    "the upgrade repository is an RWX volume",
    "[C harvester pkg/controller/master/upgrade]",
)
CHANGES = (
    ONE_INSTANCE_MANAGER,
    RUNS_V2,
    KEEPS_V2_SINGLE,
    SHARES_RWX,
    RECONCILES,
    PRINTS_CIDR,
    RENEWS_LEASES,
    RELEASES_BY_INTERFACE,
    FREES_EVICTED,
    GATE_LOOKS_AT_ALL,
    GATE_LOOKS_AT_TWO,
    GATE_LOOKS_AT_V2,
    UPGRADE_REPOSITORY,
)


class Release(NamedTuple):
    """A Harvester release with the Longhorn and the Whereabouts it ships.

    `candidate` names the one that was read, where the release itself is not out yet.
    """

    harvester: str
    longhorn: str
    whereabouts: str
    candidate: str = ""

    @property
    def profile(self) -> Profile:
        """The profile that this release's Longhorn needs."""
        return PROFILES["consolidated" if self.has(ONE_INSTANCE_MANAGER) else "classic"]

    def has(self, change: Change) -> bool:
        """Whether this release has what a row of `CHANGES` says."""
        return change.applies_to(getattr(self, change.system))


RELEASES = (
    Release("1.1.0", "1.3.2", "0.5.4"),
    Release("1.1.1", "1.3.2", "0.5.4"),
    Release("1.1.2", "1.3.2", "0.6.1"),
    Release("1.1.3", "1.3.3", "0.6.2"),
    Release("1.2.0", "1.4.3", "0.6.2"),
    Release("1.2.1", "1.4.3", "0.6.2"),
    Release("1.2.2", "1.5.5", "0.6.3"),
    Release("1.3.0", "1.6.0", "0.6.3"),
    Release("1.3.1", "1.6.2", "0.6.3"),
    Release("1.3.2", "1.6.2", "0.6.3"),
    Release("1.4.0", "1.7.2", "0.6.3"),
    Release("1.4.1", "1.7.2", "0.7.0"),
    Release("1.4.2", "1.7.2", "0.7.0"),
    Release("1.4.3", "1.7.3", "0.7.0"),
    Release("1.5.0", "1.8.1", "0.8.0"),
    Release("1.5.1", "1.8.2", "0.8.0"),
    Release("1.5.2", "1.8.2", "0.8.0"),
    Release("1.6.0", "1.9.1", "0.8.0"),
    Release("1.6.1", "1.9.2", "0.8.0"),
    Release("1.7.0", "1.10.1", "0.9.2"),
    Release("1.7.1", "1.10.2", "0.9.2"),
    Release("1.7.2", "1.10.2", "0.9.2"),
    Release("1.7.3", "1.10.2", "0.9.3"),
    Release("1.8.0", "1.11.1", "0.9.3"),
    Release("1.8.1", "1.11.2", "0.9.3"),
    Release("1.8.2", "1.11.2", "0.9.3"),
    Release("1.9.0", "1.12.1", "0.9.3", candidate="1.9.0-rc6"),
)
"""Oldest first."""


def applies(change: Change, release: Release | None) -> bool:
    """Whether a release has what a row of `CHANGES` says; one that is not known is taken for the newest."""
    return release is None or release.has(change)


def waits_for_managers(nodes: int, release: Release | None) -> bool:
    """Whether the upgrade of that many Longhorn nodes [nodes] has a gate, where it can wait for ever.

    The smallest clusters are passed over: two nodes and fewer up to Harvester 1.3, one node since.

    >>> waits_for_managers(2, None), waits_for_managers(1, None)
    (True, False)
    """
    return nodes > (1 if applies(GATE_LOOKS_AT_TWO, release) else 2)


@cache
def version(text: str) -> Version:
    """The numbers of a dotted version.

    >>> version("1.10.2") > version("1.9.1")
    True
    """
    return tuple(int(part) for part in text.split("."))


def release(harvester: str) -> tuple[Release, tuple[str, ...]]:
    """The release that is meant, and notes on the choice.

    A release is written like "1.6.1" or "v1.6.1", a line of releases like "1.6" or "1.6.x", a candidate or a build
    like "v1.7.0-rc3" or "v1.8.2-head". A line means its last release known, a candidate the release it is for; a patch
    later than the last one known of its line is planned as that one, and a line later than all as the newest release,
    each with a note. Raises BadInput, listing what is known, for what is no release.

    >>> release("v1.6.1")[0].longhorn, release("1.5")[0].harvester, release("1.7.9-rc1")[0].harvester
    ('1.9.2', '1.5.2', '1.7.3')
    """
    written = _WRITTEN.fullmatch(harvester) if isinstance(harvester, str) else None
    if written is None:
        raise _unknown(harvester)
    line, build = (int(written[1]), int(written[2])), written[4] or ""
    patch = int(written[3]) if (written[3] or "x").isdigit() else None
    of_line = [one for one in RELEASES if version(one.harvester)[:2] == line]
    if not of_line and line < version(RELEASES[-1].harvester):
        raise _unknown(harvester)
    meant = next((one for one in of_line if version(one.harvester)[2] == patch), (of_line or RELEASES)[-1])
    why = _difference(meant, of_line, patch, build)
    return meant, (f"Harvester {harvester} {why}",) if why else ()


def _difference(meant: Release, of_line: list[Release], patch: int | None, build: str) -> str:
    """What the release that is meant has to do with what was written; nothing where it is that very release."""
    known = meant.candidate or meant.harvester
    if not of_line:
        return f"is newer than this table: planned as {known}, the newest known"
    if patch is None:
        return f"is a line of releases: planned as {known}, its last"
    if version(meant.harvester)[2] != patch:
        return f"is not in this table: planned as {known}, the last of its line"
    return f"is planned as the release {known}" if f"{meant.harvester}{build}" != known else ""


def _unknown(harvester: object) -> BadInput:
    fix = f"known are {', '.join(one.harvester for one in RELEASES)}"
    return BadInput("harvester", harvester, "is not a known release", fix, "unknown-name")


def whereabouts_version(value: str) -> str:
    """A version of Whereabouts as it is written ("0.9.4" or "v0.9.4"); raises BadInput for text that is none."""
    text = value.removeprefix("v") if isinstance(value, str) else ""
    if _is_version(text):
        return text
    known = ", ".join(sorted({one.whereabouts for one in RELEASES}, key=version))
    fix = f"write it like {NEWEST_WHEREABOUTS}; Harvester ships {known}"
    raise BadInput("whereabouts", value, "is not a version", fix, "unknown-name")


def _is_version(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4}){2}", text) is not None
