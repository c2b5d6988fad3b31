"""What profiles says, as a document: who takes addresses, per Harvester release."""

from __future__ import annotations

from collections.abc import Collection

from sn_planner.interchange.reports.sentences import sources_table
from sn_planner.interchange.tables import Document, Table
from sn_planner.model.pods import PER
from sn_planner.model.profiles import Profile
from sn_planner.model.releases import RELEASES

_LETTERS = "N nodes that run Longhorn, D disks over all nodes, I image transfers at once, R running RWX volumes (32)"
_PROFILE = ("name", "formula", "setting", "source")
_CONSUMER = ("profile", "pod", "per", "addresses_each", "steady", "floor", "versions", "source")


def profiles_document(profiles: Collection[Profile], notes: tuple[str, ...] = ()) -> Document:
    """The tables behind the formulas: profiles, their consumers, and the releases."""
    names = Table(_PROFILE, [[getattr(profile, name) for name in _PROFILE] for profile in profiles])
    consumers = Table(
        _CONSUMER,
        [
            [profile.name, *(getattr(one, name) for name in _CONSUMER[1:])]
            for profile in profiles
            for one in profile.consumers
        ],
    )
    releases = Table(
        ("harvester", "longhorn", "whereabouts", "profile"),
        [[one.harvester, one.longhorn, one.whereabouts, one.profile.name] for one in RELEASES],
    )
    formulas = ", ".join(f"{profile.name} {profile.formula}" for profile in profiles)
    tables = {"profiles": names, "consumers": consumers, "releases": releases}
    return Document(
        "profiles",
        True,
        {key: [dict(zip(table.headers, row, strict=True)) for row in table.rows] for key, table in tables.items()},
        names,
        f"Addresses required: {formulas}.\n{_LETTERS}. Behind a name, +rwx shares the network with RWX volumes.",
        (releases._replace(rows=releases.rows[::-1]),),  # the newest first
        notes,
        lambda: _explained(profiles),
        consumers,
    )


def _explained(profiles: Collection[Profile]) -> tuple[Table, ...]:
    """What each profile sizes, which pods it counts when, and where that is read."""
    consumers = [(profile, one) for profile in profiles for one in profile.consumers]
    return (
        Table(("profile", "sizes the setting", "source"), [[one.name, one.setting, one.source] for one in profiles]),
        Table(
            ("profile", "pod", "one per", "steady", "at the floor", "at the peak"),
            [[profile.name, one.pod, PER[one.per], one.steady, one.floor, one.versions] for profile, one in consumers],
        ),
        sources_table([one for _, one in consumers]),
    )
