"""What profiles says, as a document: who takes addresses, per Harvester release."""

from __future__ import annotations

from collections.abc import Collection

from sn_planner.interchange.reports.sentences import sources_table
from sn_planner.interchange.tables import Document, Table
from sn_planner.model.pods import PER
from sn_planner.model.profiles import Profile
from sn_planner.model.releases import RELEASES


def profiles_document(profiles: Collection[Profile], notes: tuple[str, ...] = ()) -> Document:
    """The tables behind the formulas: profiles, their consumers, and the releases."""
    consumers = [
        [profile.name, one.pod, one.per, one.addresses_each, one.steady, one.floor, one.versions, one.source]
        for profile in profiles
        for one in profile.consumers
    ]
    headers = ("profile", "pod", "per", "addresses_each", "steady", "floor", "versions", "source")
    names = ("name", "formula", "setting", "source")
    rows = [[getattr(profile, name) for name in names] for profile in profiles]
    shown = ("harvester", "longhorn", "whereabouts", "profile")
    releases = Table(shown, [[one.harvester, one.longhorn, one.whereabouts, one.profile.name] for one in RELEASES])
    newest_first = releases._replace(rows=releases.rows[::-1])
    data = {
        "profiles": [dict(zip(names, row, strict=True)) for row in rows],
        "consumers": [dict(zip(headers, row, strict=True)) for row in consumers],
        "releases": [dict(zip(releases.headers, row, strict=True)) for row in releases.rows],
    }
    letters = "N nodes that run Longhorn, D disks over all nodes, I image transfers at once, R running RWX volumes (32)"
    formulas = ", ".join(f"{profile.name} {profile.formula}" for profile in profiles)
    pods = Table(
        ("profile", "pod", "one per", "steady", "at the floor", "at the peak"),
        [[row[0], row[1], PER[str(row[2])], *row[4:7]] for row in consumers],
    )
    sizes = Table(("profile", "sizes the setting", "source"), [[row[0], *row[2:]] for row in rows])
    sources = sources_table([one for profile in profiles for one in profile.consumers])
    return Document(
        "profiles",
        True,
        data,
        Table(names, rows),
        f"Addresses required: {formulas}.\n{letters}. Behind a name, +rwx shares the network with RWX volumes.",
        (newest_first,),
        notes,
        (sizes, pods, sources),
        Table(headers, consumers),
    )
