"""What preflight, verify and audit of a living cluster share: its formula, its leases, and the words for not knowing.

Rules: a Snapshot is what was exported. What it does not hold is unknown, never well; the words name the command that
exports it. What an export names is printable before it stands in any text.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import attrs

from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.errors import ABSENT, SnPlannerError, printable
from sn_planner.model.cidr import IPV4_BITS
from sn_planner.model.demand import DEFAULT_PROFILE, choose_profile
from sn_planner.model.living.readers import export_command
from sn_planner.model.living.resources import IPPool, name_of
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import Release, version

_TYPES = {
    "aio": "consolidated",
    "engine": "classic",
    "replica": "classic",
}  # [C longhorn-manager types InstanceManager]
_CLASSIC_PODS = ("instance-manager-e-", "instance-manager-r-")
_RENEWS_SINCE = (0, 8)  # Whereabouts that gives a restarted pod its lease again [C whereabouts pkg/allocate]
_SHARED = "+rwx"
_NAMED = 3


@attrs.frozen
class Choice:
    """The formula that a cluster is held against: profile, release where it is known, and notes on the choice.

    `circumstances` is the same choice in the words of `check`, `demand` and `limits`.
    """

    profile: Profile
    release: Release | None
    notes: tuple[str, ...]
    circumstances: dict[str, Any]

    @property
    def renews_leases(self) -> bool:
        """Whether its Whereabouts gives a restarted pod its lease again; taken as given where it is not known."""
        return self.release is None or version(self.release.whereabouts.partition("/")[0]) >= _RENEWS_SINCE


def choose(snapshot: Snapshot, profile: str | Profile | None = None, harvester: str | None = None) -> Choice:
    """The formula of this cluster, where neither profile nor release is given: as its server-version says.

    Without that, or where it is in no table, the instance managers tell. Where RWX volumes share the storage network,
    so does the profile. Raises SnPlannerError for an unknown profile or release.

    >>> choose(Snapshot(), harvester="1.6.1").profile.name
    'consolidated'
    """
    if profile is not None:
        return _choice(profile, harvester, ())
    shared = _SHARED if snapshot.shares_rwx else ""
    seen = f"{_by_managers(snapshot)}{shared}"
    wanted = snapshot.harvester if harvester is None else harvester
    if wanted is None:
        return _choice(seen, None, ())
    try:
        return _choice(None, wanted if str(wanted).endswith(_SHARED) else f"{wanted}{shared}", ())
    except SnPlannerError:
        if harvester is not None:
            raise
    return _choice(seen, None, (f"Harvester {wanted} is in no table: planned by its pods, as {seen}",))


def _choice(profile: str | Profile | None, harvester: str | None, notes: tuple[str, ...]) -> Choice:
    chosen, release, more = choose_profile(profile, harvester)
    return Choice(chosen, release, (*notes, *more), {"profile": profile, "harvester": harvester})


def _by_managers(snapshot: Snapshot) -> str:
    """The name of the profile that the instance managers show."""
    types = {_TYPES[one.type] for one in snapshot.instance_managers or () if one.type in _TYPES}
    if types:
        return "classic" if "classic" in types else "consolidated"
    refs = [one.ref for one in snapshot.pods or ()]
    refs += [one.podref for one in (snapshot.pool.allocations if snapshot.pool else ())]
    managers = [name for ref in refs if (name := name_of(ref)).startswith("instance-manager-")]
    if not managers or any(name.startswith(_CLASSIC_PODS) for name in managers):
        return DEFAULT_PROFILE
    return "consolidated"


def leases(snapshot: Snapshot) -> IPPool:
    """The storage network's IPPool; raises SnPlannerError where the export has none."""
    network, pool = snapshot.address_range, snapshot.pool
    if network is None:
        problem = "does not tell the storage network's range"
        raise SnPlannerError("export", ABSENT, problem, f"add it with `{export_command('settings')}`")
    if pool is None:
        raise SnPlannerError(
            "export", ABSENT, f"has no IPPool of {network}", f"add it with `{export_command('pools')}`"
        )
    return pool


def pool_of(snapshot: Snapshot, harvester: str | None = None) -> Pool:
    """The storage network's leases as a Pool that hands out the next address as Whereabouts there would.

    Leases so far outside that they have no address are left out. Raises SnPlannerError where the export has no IPPool
    of the range, or tells no range.
    """
    found, network = leases(snapshot), snapshot.address_range
    room = (1 << IPV4_BITS) - found.range.address
    held = {
        one.offset: {"id": one.container_id, "podref": one.podref, "ifname": one.ifname}
        for one in found.allocations
        if one.offset < room
    }
    return Pool(network, legacy=not choose(snapshot, harvester=harvester).renews_leases, leases=held)


def unknown(*fields: str) -> str:
    """What a check says of what was not exported."""
    commands = " and ".join(f"`{export_command(field)}`" for field in fields)
    return f"unknown: export it with {commands}"


def named(refs: Iterable[str], count: int) -> str:
    """The first of some names from an export, and how many more there are."""
    shown = ", ".join(printable(ref) for ref in islice(refs, _NAMED))
    return f"{shown} and {count - _NAMED} more" if count > _NAMED else shown


def counted(count: int, name: str) -> str:
    """A number of things, in words.

    >>> counted(1, "lease"), counted(0, "address")
    ('1 lease', '0 addresses')
    """
    plural = f"{name}es" if name.endswith("s") else f"{name}s"
    return f"{count} {name if count == 1 else plural}"


def misplaced(address: int, network: AddressRange) -> str | None:
    """Why Whereabouts would not assign the address, as an int; None for one that it would."""
    first, last = network.cidr.span
    if not first <= address <= last:
        return f"it lies outside {network}"
    if address in {first, last}:
        return "it is the network or the broadcast address, which Whereabouts never assigns"
    return "it lies in an exclude" if network.excludes(address) else None
