"""Harvester's own pre-check before an upgrade, restated: does it let the storage network pass, and is it right?

Rules: the script counts what there is, and nothing else [C harvester/upgrade-helpers pre-check/v1.x/check.sh,
check_storage_network_ip_availability, 2026-07]:

    required = InstanceManagers of every state and engine + BackingImageManagers + 1 if RWX volumes share the network
    free     = usable addresses - all allocations of the IPPool

It fails where free < required, or where an rwx-network of its own has no free address, and is skipped where the
storage network is not configured. So it doubles the V2 data engine's managers, which are not doubled; it holds leases
against the range that take none of its addresses; and it knows no transfers, no growth and no stale lease. Where it
fails for one of the first two reasons alone it is refuted, by name; otherwise its no is a no.
"""

from __future__ import annotations

from typing import Any, Literal

import attrs

from sn_planner.advice.living.choice import misplaced, missing, unknown
from sn_planner.errors import printable
from sn_planner.model.living.resources import IPPool
from sn_planner.model.living.snapshot import RUNNING, V2, Snapshot
from sn_planner.model.networks import RWX, STORAGE
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import UPGRADE_REPOSITORY, Release, applies
from sn_planner.model.words import counted

Verdict = Literal["pass", "fail", "skipped"]


@attrs.frozen(kw_only=True)
class PreCheck:
    """What the pre-check says: its `verdict` (None: not known), and its two figures [addresses].

    `why` tells what it counted. `excess` are the addresses it asks for or takes for leased that an upgrade does not
    need, by what they are [addresses]; where they are the whole of what it lacks, it `is_refuted`. `idle` are managers
    it counts that do not run [managers]: what they are there for is not known, so they refute nothing.
    """

    verdict: Verdict | None
    required: int | None = None
    free: int | None = None
    why: str = attrs.field(converter=printable)
    excess: tuple[tuple[str, int], ...] = ()
    idle: int = 0

    @property
    def is_refuted(self) -> bool:
        """Whether it fails, and would pass without what it counts too much."""
        if self.verdict != "fail" or self.required is None or self.free is None:
            return False
        return 0 < self.required - self.free <= sum(count for _, count in self.excess)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"verdict": self.verdict, "required": self.required, "free": self.free, "why": self.why}


def pre_check(snapshot: Snapshot, network: AddressRange, pool: IPPool, release: Release | None) -> PreCheck:
    """The pre-check of the storage network's range and its IPPool; `release` is the cluster's, None where not known.

    Where not all that it counts was exported, it is known to fail at most: of each manager more it asks for one
    address, and could be refuted by no more than that.

    >>> from sn_planner.model.living.resources import BackingImageManager, InstanceManager
    >>> snapshot = Snapshot(
    ...     instance_managers=(InstanceManager("im-1"),), backing_image_managers=(), settings=(), longhorn_settings=()
    ... )
    >>> network = AddressRange("10.0.0.0/29")
    >>> pre_check(snapshot, network, IPPool("kube-system/10.0.0.0-29", network.cidr), None).to_dict()["verdict"]
    'pass'
    """
    stored = snapshot.stored(STORAGE.setting)
    if stored is not None and (stored.written is None or not stored.written.text):
        return PreCheck(verdict="skipped", why=f"the {STORAGE.setting} has no value")
    free = network.usable - len(pool.allocations)
    shares = snapshot.shares_rwx if snapshot.says_shared is None else snapshot.says_shared
    unseen = missing(snapshot, "instance_managers", "backing_image_managers", "settings")
    if snapshot.says_shared is None:
        unseen = (*unseen, "longhorn_settings")
    managers, others = snapshot.instance_managers or (), snapshot.backing_image_managers or ()
    required = len(managers) + len(others) + shares
    why = f"it wants one more for each of {counted(len(managers), 'instance manager')} and "
    why += counted(len(others), "backing-image-manager") + (", and one for the upgrade repository" if shares else "")
    if unseen:
        why = (
            f"{f'it wants {required} at least; ' if required else ''}what else it counts is {unknown('audit', *unseen)}"
        )
    failed = _rwx_is_full(snapshot)
    outside = sum(misplaced(pool.range.address + one.offset, network) is not None for one in pool.allocations)
    excess = {
        "managers of the V2 data engine, which are not doubled": sum(one.data_engine == V2 for one in managers),
        "leases of addresses that are none of the range's": outside,
        "an upgrade repository, which is no volume in this release": int(
            shares and not applies(UPGRADE_REPOSITORY, release)
        ),
    }
    if unseen and not failed and required - free <= sum(excess.values()):
        return PreCheck(verdict=None, free=free, why=why)
    return PreCheck(
        verdict="fail" if free < required or failed else "pass",
        required=None if unseen else required,
        free=free,
        why=f"{why}; {failed}" if failed else why,
        idle=sum(one.state not in {"", RUNNING} for one in managers),
        excess=() if failed else tuple((what, count) for what, count in excess.items() if count),
    )


def _rwx_is_full(snapshot: Snapshot) -> str:
    """What the pre-check says of an rwx-network of its own that has no free address; nothing otherwise."""
    stored = snapshot.stored(RWX.setting)
    setting = None if stored is None else stored.setting
    if setting is None or snapshot.pools is None:
        return ""
    network = setting.address_range
    pool = snapshot.pool_for(network)
    full = network.usable - len(pool.allocations if pool is not None else ()) < 1
    return f"the {RWX.setting} has no free address for the upgrade repository" if full else ""
