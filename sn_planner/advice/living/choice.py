"""What preflight, verify and audit of a living cluster share: its formula, its leases, and the words for not knowing.

Rules: a Snapshot is what was exported. What it does not hold counts as unknown, not as good, and the answer names
it and the command whose script exports it: no verdict is better for want of data. What an export names is printable
before it stands in any text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.errors import ABSENT, BadInput, SnPlannerError
from sn_planner.model.cidr import LAST_ADDRESS
from sn_planner.model.demand import DEFAULT_PROFILE, Choice, choose
from sn_planner.model.fields import text
from sn_planner.model.living.exports import export_with
from sn_planner.model.living.resources import IPPool, name_of
from sn_planner.model.living.snapshot import Snapshot, require_snapshot
from sn_planner.model.networks import STORAGE
from sn_planner.model.profiles import SHARED, Profile
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import NEWEST_WHEREABOUTS
from sn_planner.model.words import counted, some

_TYPES = {  # [C longhorn-manager types InstanceManager]
    "aio": "consolidated",
    "engine": "classic",
    "replica": "classic",
}
_CLASSIC_PODS = ("instance-manager-e-", "instance-manager-r-")
_MAY_BE_NONE = {
    *("reservations", "backing_image_managers", "data_sources", "images", "share_managers", "longhorn_settings"),
}


def choice_for(snapshot: Snapshot, profile: str | Profile | None = None, harvester: str | None = None) -> Choice:
    """The formula of this cluster, where neither profile nor release is given: as its server-version says.

    Without that, or where it is in no table, the instance managers tell. Where RWX volumes share the storage network,
    so does the profile. Raises BadInput for what is no Snapshot, for an unknown profile or release, and for a profile
    of another network.

    >>> choice_for(Snapshot(), harvester="1.6.1").profile.name
    'consolidated'
    """
    require_snapshot(snapshot)
    if profile is not None:
        choice = choose(profile, harvester)
        if choice.profile.setting != STORAGE.setting:
            problem = f"sizes the {choice.profile.setting}, not the {STORAGE.setting}"
            fix = f"choose a profile of the {STORAGE.setting}"
            raise BadInput("profile", choice.profile.name, problem, fix, "conflict")
        return choice
    shared = SHARED if snapshot.shares_rwx else ""
    seen = f"{_by_managers(snapshot)}{shared}"
    wanted = snapshot.server_version if harvester is None else text("harvester", harvester, empty=True)
    if wanted is None:
        return choose(seen)
    try:
        return choose(harvester=wanted if wanted.endswith(SHARED) else f"{wanted}{shared}")
    except SnPlannerError:
        if harvester is not None:
            raise
    note = f"Harvester {wanted} is in no table: planned by its pods, as {seen}"
    return choose(seen)._replace(notes=(note,))


def _by_managers(snapshot: Snapshot) -> str:
    """The name of the profile that the instance managers show."""
    types = {_TYPES[manager.type] for manager in snapshot.instance_managers or () if manager.type in _TYPES}
    if types:
        return "classic" if "classic" in types else "consolidated"
    refs = [pod.ref for pod in snapshot.pods or ()]
    refs += [one.podref for one in (snapshot.pool.allocations if snapshot.pool else ())]
    managers = [name for ref in refs if (name := name_of(ref)).startswith("instance-manager-")]
    if not managers or any(name.startswith(_CLASSIC_PODS) for name in managers):
        return DEFAULT_PROFILE
    return "consolidated"


def leases(snapshot: Snapshot) -> tuple[AddressRange, IPPool]:
    """The storage network's range and its IPPool; raises BadInput where the export does not have both.

    Where it says that there is no IPPool at all, nothing was leased yet.
    """
    network, pool = snapshot.address_range, snapshot.pool
    if network is None:
        raise BadInput("export", ABSENT, *_no_range(snapshot), "not-exported")
    if pool is None and snapshot.has_no_pool:
        return network, IPPool("", network.cidr)
    if pool is None:
        broken = next(
            (f"; {one.ref} cannot be read: {one.why}" for one in snapshot.left_out if one.field == "pools"), ""
        )
        fix = export_with("audit", "pools")
        raise BadInput("export", ABSENT, f"has no IPPool of {network.cidr}{broken}", fix, "not-exported")
    return network, pool


def _no_range(snapshot: Snapshot) -> tuple[str, str]:
    """Why there is no range, and what to do."""
    if snapshot.is_disabled and not snapshot.pools:
        return "says that the storage network is disabled", "there is nothing to ask about before it is configured"
    several = [f"{pool.ref} ({_holders(pool)})" for pool in snapshot.pools or ()]
    if len(several) > 1:
        told = f"has several IPPools and does not tell which is the storage network's: {some(several)}"
        return told, export_with("audit", "settings")
    return "does not tell the storage network's range", export_with("audit", "settings")


def _holders(pool: IPPool) -> str:
    return some(sorted({name_of(one.podref) for one in pool.allocations if one.podref})) or "no lease"


def notes_on(snapshot: Snapshot) -> Iterator[str]:
    """What is to be known of the export itself: what was left out of it, and what was gathered from leases alone."""
    yield from snapshot.notes
    if snapshot.left_out:
        yield f"left out, for it cannot be read: {some([f'{one.ref} ({one.why})' for one in snapshot.left_out])}"
    if snapshot.is_range_guessed and len(snapshot.pools or ()) > 1:
        yield f"of {counted(len(snapshot.pools or ()), 'IPPool')} the one is meant whose leases are Longhorn's"


def pool_of(snapshot: Snapshot, harvester: str | None = None) -> Pool:
    """The storage network's leases as a Pool that hands out the next address as Whereabouts there would.

    Leases so far outside that they have no address are left out. `harvester` is the cluster's release, by default the
    one that the export tells. Raises BadInput where the export has no IPPool of the range, or tells no range.
    """
    network, found = leases(require_snapshot(snapshot))
    choice = choice_for(snapshot, harvester=harvester)
    if snapshot.setting is not None:  # an exclude that crashes the release's Whereabouts is refused as it is written
        Pool(network.cidr, snapshot.setting.exclude, whereabouts=_whereabouts_of(choice))
    return pool_from(network, found, choice)


def pool_from(network: AddressRange, found: IPPool, choice: Choice) -> Pool:
    """`pool_of` where range, leases and release are known already."""
    room = LAST_ADDRESS - found.range.address
    held: dict[Any, dict[str, str]] = {
        allocation.offset: {"id": allocation.container_id, "podref": allocation.podref, "ifname": allocation.ifname}
        for allocation in found.allocations
        if allocation.offset <= room
    }
    return Pool(network, whereabouts=_whereabouts_of(choice), leases=held)


def _whereabouts_of(choice: Choice) -> str:
    return NEWEST_WHEREABOUTS if choice.release is None else choice.release.whereabouts


def missing(snapshot: Snapshot, *fields: str) -> tuple[str, ...]:
    """Those of the fields that were not exported."""
    return tuple(field for field in fields if getattr(snapshot, field) is None)


def unasked(snapshot: Snapshot, *fields: str) -> tuple[str, ...]:
    """Those of the fields that were not exported, and that are not left out just because there is nothing of them.

    The list of several kinds that kubectl prints leaves out what is empty: where an export is one, a kind that need not
    be there is taken for empty. An export made kind by kind writes that down, so there nothing is taken for anything.
    """
    lacking = missing(snapshot, *fields)
    return tuple(field for field in lacking if field not in _MAY_BE_NONE) if snapshot.is_mixed else lacking


def unknown(command: str, *fields: str) -> str:
    """What a command says of what was not exported."""
    return f"unknown: {export_with(command, *fields)}"


def misplaced(address: int, network: AddressRange) -> str | None:
    """Why Whereabouts would not assign the address, as an int; None for one that it would."""
    first, last = network.cidr.span
    if not first <= address <= last:
        return f"it lies outside {network.cidr}"
    if address in {first, last}:
        return "it is the network or the broadcast address, which Whereabouts never assigns"
    return "it lies in an exclude" if network.excludes(address) else None
