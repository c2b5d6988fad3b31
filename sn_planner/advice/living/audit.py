"""The leases of a living storage network: whose they are, which are stale, and whether the next upgrade fits.

Rules: addresses are free where Whereabouts can assign them now. The answer stands beside Harvester's own pre-check
(`precheck`): it never says that an upgrade fits where the pre-check fails for a reason that is not refuted by name.
What is not a finding of `findings.CODES` is advice: what to know, and what to do. What the export does not tell stays
unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.advice import rules
from sn_planner.advice.findings import Finding, Findings
from sn_planner.advice.living.choice import choice_for, leases, notes_on, pool_from, unasked
from sn_planner.advice.living.guidance import Advice, advice_on
from sn_planner.advice.living.precheck import PreCheck, pre_check
from sn_planner.advice.living.stale import Held, Stale, Verdicts, judge
from sn_planner.advice.living.upgrade import OTHER, NextUpgrade, Room, by_kind, kind_of, next_upgrade, room_in
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, Demand, demand_of
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.living.resources import IPPool
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.networks import RWX, VM_MIGRATION
from sn_planner.model.pods import PODS, STORAGE_PODS, PodKind
from sn_planner.model.profiles import PROFILES, Profile
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import Release
from sn_planner.model.tally import Tally
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

    from sn_planner.interchange.plots import Axes, Picture

_VERDICT_RESTS_ON = (
    *("settings", "reservations", "instance_managers", "backing_image_managers", "data_sources", "images"),
)


@attrs.frozen(kw_only=True)
class NetworkAudit:
    """Another of Harvester's networks, as exported: its leases, and what the next upgrade needs on top [addresses].

    `free` to assign now; `leases` and `free` are None where the IPPools were not exported, `upgrade_required` where the
    cluster was not. `stale` are those of the leases that nobody needs, `missing` what else would have to be known.
    """

    network: str
    range: AddressRange
    leases: int | None
    free: int | None
    upgrade_required: int | None
    stale: tuple[Stale, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def usable(self) -> int:
        """Addresses of the range that Whereabouts can assign [addresses]."""
        return self.range.usable

    @property
    def fits(self) -> bool | None:
        """Whether what the upgrade needs is free now; None: not known."""
        if self.free is None or self.upgrade_required is None:
            return None
        fits = self.upgrade_required <= self.free
        return None if fits and self.missing else fits

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        figures = ("usable", "leases", "free", "upgrade_required", "fits")
        return {"network": self.network, "range": str(self.range.cidr)} | {
            name: getattr(self, name) for name in figures
        }


@attrs.frozen(kw_only=True)
class Audit:
    """A storage network's leases, as exported.

    `leases` of any kind, `by_kind` of pod, `free` to assign now [addresses]; `held` are the addresses of leases, and of
    reservations without one, each with its pod; of `undecided` leases the export does not
    tell whether their pods live; `upgrade` and `room` are None where it does not tell the cluster, and `missing` are
    the kinds it lacks without which nothing is said to fit. `precheck` is what Harvester's own check says, `networks`
    are the cluster's other networks that are configured.
    """

    range: AddressRange
    leases: int
    by_kind: Tally = attrs.field(converter=Tally)
    held: tuple[Held, ...]
    stale: tuple[Stale, ...]
    undecided: int
    free: int
    cluster: Cluster | None
    upgrade: NextUpgrade | None
    room: Room | None
    precheck: PreCheck
    networks: tuple[NetworkAudit, ...]
    missing: tuple[str, ...] = ()
    findings: Findings
    advice: tuple[Advice, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def usable(self) -> int:
        """Addresses of the range that Whereabouts can assign [addresses]."""
        return self.range.usable

    @property
    def upgrade_required(self) -> int | None:
        """What the next upgrade needs on top of the leases there are [addresses]; None: not known."""
        return None if self.upgrade is None else self.upgrade.required

    @property
    def upgrade_fits(self) -> bool | None:
        """Whether that many are free now, and Harvester's pre-check agrees or is refuted; None: not known.

        Not known is it also where that rests on leases whose pods may live or not, or on what was not exported.
        """
        if self.upgrade is None:
            return None
        crashes = any(finding.code == "exclude-not-a-cidr" for finding in self.findings)
        if self.upgrade.required > self.free or self.is_stopped or crashes:
            return False
        return True if self.upgrade.required + self.upgrade.doubtful <= self.free and not self.missing else None

    @property
    def is_stopped(self) -> bool:
        """Whether Harvester's pre-check fails for a reason that is not refuted."""
        return self.precheck.verdict == "fail" and not self.precheck.is_refuted

    @property
    def ok(self) -> bool:
        """Whether the next upgrade fits each network and no finding is an error; what is not known is not well."""
        fits = (self.upgrade_fits, *(one.fits for one in self.networks))
        return all(one is True for one in fits) and self.findings.ok

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "range": str(self.range.cidr),
            "usable": self.usable,
            "leases": self.leases,
            "by_kind": dict(self.by_kind),
            "stale": [one.to_dict() for one in self.stale],
            "free": self.free,
            "upgrade_required": self.upgrade_required,
            "upgrade_fits": self.upgrade_fits,
            "findings": [*self.findings.to_dict(), *(one.to_dict() for one in self.advice)],
            "precheck": self.precheck.to_dict(),
            "networks": [one.to_dict() for one in self.networks],
        }

    def __repr__(self) -> str:
        return (
            f"Audit({str(self.range.cidr)!r}, usable={self.usable}, leases={self.leases}, stale={len(self.stale)}, "
            f"free={self.free}, upgrade_required={self.upgrade_required}, upgrade_fits={self.upgrade_fits})"
        )

    @property
    def verdict(self) -> str:
        """Whether the next upgrade fits the network, and the cluster's others."""
        return f"{self.range.cidr}: {self._outlook}"

    @property
    def _outlook(self) -> str:
        if self.upgrade_fits is None:
            return "whether the next upgrade fits is unknown"
        if not self.upgrade_fits:
            return "the next upgrade does not fit"
        tight = [one.network for one in self.networks if one.fits is not True]
        if tight:
            return f"the next upgrade fits the storage-network, but see the {' and the '.join(tight)}"
        return "the next upgrade fits" if self.ok else "the next upgrade fits, but see the errors"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each lease and each reservation without one; needs pandas.

        Raises MissingExtraError where it is not installed.
        """
        return self._holders.frame()

    def plot(self, ax: Axes | None = None) -> Picture:
        """Who holds what, as `sn_planner.plots.lease_map` draws it; it shows itself in a notebook."""
        from sn_planner.interchange.plots import Picture, lease_map

        return Picture(lease_map(self, ax))

    def _repr_html_(self) -> str:
        figures = f"{self.usable} usable addresses, {counted(self.leases, 'lease')}, {self.free} free"
        stale = Rows(("address", "podref", "why"), [attrs.astuple(one)[:3] for one in self.stale], "Stale leases")
        found: list[tuple[str, str, str]] = [
            (one.severity, f"{one.code}: {one.message}", one.fix) for one in self.findings
        ]
        found += [("advice", one.message, one.fix) for one in self.advice]
        counted_in = ("usable", "leases", "free", "upgrade_required")
        others = ("network", "range", *(f"{name} [addresses]" for name in counted_in), "fits")
        return html(
            f"{self.verdict} ({figures})",
            Rows(("pod", "leases [addresses]"), list(self.by_kind.items())),
            stale,
            Rows(("severity", "what", "fix"), found, "What to know, and what to do"),
            Rows(others, [list(one.to_dict().values()) for one in self.networks], "Other networks"),
            folded=[self._holders._replace(title="Every lease")],
            notes=self.notes,
        )

    @property
    def _holders(self) -> Rows:
        rows = [(one.address, one.pod, kind_of(one.pod), one.stale, one.why) for one in self.held]
        return Rows(("address", "podref", "kind", "stale", "why"), rows)


def audit(snapshot: Snapshot, *, profile: str | Profile | None = None, harvester: str | None = None) -> Audit:
    """The leases of the storage network in `snapshot`, and what the next upgrade of Longhorn needs on top.

    Without `profile` and `harvester` the cluster's own release decides. Raises BadInput where the export tells no
    range or has no IPPool of it, and for an unknown profile or release. Sources: those of `demand`; the rule of thumb
    is [D 1.1-1.8] Storage Network.

    >>> from sn_planner.model.living.resources import Allocation, IPPool, LonghornNode, Pod
    >>> network, manager = AddressRange("10.0.0.0/29"), "longhorn-system/instance-manager-1"
    >>> snapshot = Snapshot(
    ...     pools=(IPPool("kube-system/10.0.0.0-29", network.cidr, (Allocation(1, manager, "c1"),)),),
    ...     pods=(Pod(manager),),
    ...     longhorn_nodes=(LonghornNode("longhorn-system/node-1", disks=1),),
    ... )
    >>> audit(snapshot).upgrade_required, audit(snapshot).upgrade_fits
    (3, None)
    """
    choice = choice_for(snapshot, profile, harvester)
    network, found = leases(snapshot)
    pool, verdicts = pool_from(network, found, choice), judge(snapshot, found, network, choice.release)
    living = _living(pool, verdicts)
    certain = _living(pool, verdicts, without={one.address for one in verdicts.undecided})
    in_use, planned = (_demand(cluster, choice) for cluster in (snapshot.cluster_in_use, snapshot.cluster))
    lacking = _lacking(snapshot, choice)
    result = Audit(
        range=network,
        leases=len(found.allocations),
        by_kind=by_kind(allocation.podref for allocation in found.allocations),
        held=verdicts.held,
        stale=(*verdicts.stale, *verdicts.orphans),
        undecided=len(verdicts.undecided),
        free=pool.free - verdicts.blocked,
        cluster=snapshot.cluster,
        upgrade=None if in_use is None else next_upgrade(in_use, living, certain),
        room=None if planned is None or lacking else room_in(pool.capacity - living.get(OTHER, 0), planned),
        precheck=pre_check(snapshot, network, found, choice.release),
        networks=tuple(_other_networks(snapshot, choice, lacking)),
        missing=lacking,
        findings=Findings.sorted(_findings(snapshot, network, in_use, choice.release)),
        notes=(*choice.notes, *notes_on(snapshot)),
    )
    return attrs.evolve(result, advice=tuple(advice_on(result, snapshot, choice, found, verdicts, planned)))


def _lacking(snapshot: Snapshot, choice: Choice) -> tuple[str, ...]:
    """The kinds that were not exported and without which an upgrade may need more, or have less, than is seen."""
    shares = ("share_managers",) if choice.profile.shares_rwx else ()
    tells = ("longhorn_settings",) if snapshot.says_shared is None else ()
    return unasked(snapshot, *_VERDICT_RESTS_ON, *tells, *shares)


def _demand(cluster: Cluster | None, choice: Choice) -> Demand | None:
    return None if cluster is None else demand_of(cluster, choice)


def _living(
    pool: Pool, verdicts: Verdicts, kinds: Iterable[PodKind] = STORAGE_PODS, without: Collection[str] = ()
) -> dict[str, int]:
    """The leases of each kind that serve a pod: one that is stale does not, and the pod must ask anew."""
    dead = {one.address for one in verdicts.stale if not one.used}.union(without)
    return by_kind((lease.podref for lease in pool.leases if str(lease.address) not in dead), kinds)


def _other_networks(snapshot: Snapshot, choice: Choice, lacking: tuple[str, ...]) -> Iterator[NetworkAudit]:
    """The rwx-network and the vm-migration-network, where they are configured; one without an IPPool has no lease."""
    for row in (RWX, VM_MIGRATION):
        stored = snapshot.stored(row.setting)
        if stored is None or stored.setting is None:
            continue
        network = stored.setting.address_range
        own = Choice(PROFILES[row.formula], choice.release)
        found = snapshot.pool_for(network) or IPPool("", network.cidr)
        verdicts, pool = judge(snapshot, found, network, choice.release), pool_from(network, found, own)
        need, known = _demand(snapshot.cluster_in_use, own), snapshot.pools is not None
        kinds = [kind for kind in PODS if row.counted in kind.counted]
        doubtful = {one.address for one in verdicts.undecided}
        living, certain = (_living(pool, verdicts, kinds, without) for without in ((), doubtful))
        upgrade = None if need is None or not known else next_upgrade(need, living, certain)
        yield NetworkAudit(
            network=row.setting,
            range=network,
            leases=len(found.allocations) if known else None,
            free=pool.free - verdicts.blocked if known else None,
            upgrade_required=None if upgrade is None else upgrade.required,
            stale=(*verdicts.stale, *verdicts.orphans),
            missing=(
                *unasked(snapshot, "pools", "longhorn_nodes", "share_managers"),
                *lacking,
                *(("pods",) if upgrade is not None and upgrade.doubtful else ()),
            ),
        )


def _findings(
    snapshot: Snapshot, network: AddressRange, need: Demand | None, release: Release | None
) -> Iterator[Finding]:
    """What the range lacks for the cluster, whatever is leased now, and what keeps all of it from the pods."""
    setting = snapshot.setting
    written = (str(network.cidr), network.exclude) if setting is None else (setting.range, setting.exclude)
    bounds, whole = snapshot.bounds, AddressRange(network.cidr).usable
    case = rules.Case(*written, need, release=release)
    yield from rules.crashing_excludes(case, network.cidr)
    for finding in rules.size_findings(case):
        if bounds is None or need is None or whole < need.required:
            yield finding
        else:
            left = f"range_start and range_end of {bounds.ref} leave {network.usable} of its {whole} addresses"
            yield attrs.evolve(finding, fix=f"widen the bounds: {left}")
