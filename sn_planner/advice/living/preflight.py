"""Is a living cluster ready for a storage-network setting? The documentation's prerequisites, checked on an export.

Rules: each check asks one question and answers true, false or None. None is what the export does not tell, and names
the command that would; never true. A fault that is seen is false, whatever else is not known. All checks are made.
Sources: [D 1.1-1.8] Storage Network, Prerequisites; [C harvester pkg/webhook/resources/setting/validator.go].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from sn_planner.advice import webhook
from sn_planner.advice.check import examine
from sn_planner.advice.living.choice import choice_for, unknown
from sn_planner.errors import SnPlannerError, printable
from sn_planner.model.cidr import parse_cidr
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice
from sn_planner.model.fields import whole
from sn_planner.model.jupyter import html_table
from sn_planner.model.living.resources import Volume, name_of
from sn_planner.model.living.snapshot import Snapshot, require_snapshot
from sn_planner.model.networks import HARVESTER_NAMESPACE, NETWORKS, STORAGE
from sn_planner.model.profiles import Profile
from sn_planner.model.setting import SettingLike, Written
from sn_planner.model.words import counted, some

_DETACHED = "detached"
# What Harvester stops by itself before it changes the network [C harvester pkg/controller/master/storagenetwork].
_STOPPED_BY_HARVESTER = {
    "cattle-monitoring-system": ("prometheus", "alertmanager", "grafana"),
    HARVESTER_NAMESPACE: ("vm-import-controller",),
}
_DEFINITIONS = ("ippools.whereabouts.cni.cncf.io", "overlappingrangeipreservations.whereabouts.cni.cncf.io")
_CHANGES = {
    "meaning": (True, "it configures the storage network anew"),
    "text": (False, "it means what is in force, in another text: Harvester would reconfigure, with the whole outage"),
    "none": (False, "it is the text in force: there is nothing to apply"),
}

Answer = tuple[bool | None, str]


@attrs.frozen
class Check:
    """One prerequisite: its name, whether it is met (None: not known), and what was seen."""

    name: str
    ok: bool | None
    detail: str = attrs.field(converter=printable)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return attrs.asdict(self)


@attrs.frozen
class Preflight:
    """The prerequisites of a setting, each with its answer."""

    setting: Written
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every prerequisite is met; what is not known is not met."""
        return all(check.ok is True for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"ok": self.ok, "checks": [check.to_dict() for check in self.checks]}

    def __repr__(self) -> str:
        return f"Preflight(ok={self.ok}, checks={ {check.name: check.ok for check in self.checks} })"

    def _repr_html_(self) -> str:
        rows = ((check.name, check.ok, check.detail) for check in self.checks)
        return html_table("Before the storage network is applied", ("check", "ok", "detail"), rows)


@attrs.frozen
class _Question:
    """What the checks look at: the cluster as exported, as planned for, and what it shall be given."""

    snapshot: Snapshot
    written: Written
    choice: Choice
    cluster: Cluster | None


def preflight(
    snapshot: Snapshot,
    setting: SettingLike,
    *,
    images: int | None = None,
    profile: str | Profile | None = None,
    harvester: str | None = None,
) -> Preflight:
    """Whether the cluster in `snapshot` is ready for `setting`: a Setting, or the text of a value or of a manifest.

    The range shall hold `images` transfers at once [images]; without them, those in flight. Without `profile` and
    `harvester` the cluster's own release decides. Raises BadInput for a setting that cannot be parsed, for no
    count of images, and for an unknown profile or release.

    >>> from sn_planner.model.setting import Setting
    >>> setting = Setting(vlan=100, cluster_network="storage", range="172.16.0.0/26")
    >>> checks = preflight(Snapshot(), setting).checks
    >>> checks[0].name, checks[0].ok
    ('virtual-machines-stopped', None)
    """
    require_snapshot(snapshot)
    wanted = Written.of(setting)
    for fault in wanted.faults:
        raise fault
    cluster = snapshot.cluster
    if images is not None:
        cluster = _with_images(cluster, whole("images", images))
    question = _Question(snapshot, wanted, choice_for(snapshot, profile, harvester), cluster)
    checks = tuple(Check(name, *answer(question)) for name, answer in _CHECKS.items())
    return Preflight(wanted, checks, question.choice.notes)


def _with_images(cluster: Cluster | None, images: int) -> Cluster | None:
    return None if cluster is None else attrs.evolve(cluster, images=images)


def _machines(question: _Question) -> Answer:
    machines = question.snapshot.machines
    running = [machine.ref for machine in machines or () if machine.runs]
    if running:
        return False, f"running: {some(running)}; stop them: Harvester does not start them again"
    return (None, unknown("machines")) if machines is None else (True, "no virtual machine runs")


def _volumes(question: _Question) -> Answer:
    volumes = question.snapshot.volumes
    attached = [volume for volume in volumes or () if volume.state != _DETACHED]
    blocking = [f"{one.ref} ({one.claim or one.state})" for one in attached if not _stopped_by_harvester(one)]
    if blocking:
        return False, f"not detached: {some(blocking)}; stop what uses them"
    if volumes is None:
        return None, unknown("volumes")
    own = f" but {len(attached)} of monitoring or VM import, which Harvester detaches itself" if attached else ""
    return True, f"no volume is in use{own}"


def _stopped_by_harvester(volume: Volume) -> bool:
    namespace, _, claim = volume.claim.partition("/")
    return any(word in claim for word in _STOPPED_BY_HARVESTER.get(namespace, ()))


def _transfers(question: _Question) -> Answer:
    snapshot = question.snapshot
    kinds = {"data_sources": snapshot.data_sources, "images": snapshot.images}
    running = [one.ref for found in kinds.values() for one in found or () if one.under_way]
    if running:
        return False, f"under way: {some(running)}; wait until they end"
    missing = [field for field, found in kinds.items() if found is None]
    return (None, unknown(*missing)) if missing else (True, "no image is being transferred")


def _whereabouts(question: _Question) -> Answer:
    definitions = question.snapshot.definitions
    if definitions is None:
        return None, unknown("definitions")
    missing = [name for name in _DEFINITIONS if name not in {definition.ref for definition in definitions}]
    if missing:
        return False, f"not there: {', '.join(missing)}; add them from Harvester's chart [D 1.1, harvester#3168]"
    return True, "the definitions of Whereabouts are there"


def _uplinks(question: _Question) -> Answer:
    snapshot, network = question.snapshot, question.written.setting.cluster_network
    if network == webhook.MANAGEMENT_NETWORK:
        return True, f"{network} is on every node"
    if snapshot.cluster_networks is not None and network not in {one.ref for one in snapshot.cluster_networks}:
        return False, f"there is no cluster network {network}"
    known = {one.ref for one in snapshot.nodes or ()}
    if not known or any(name_of(one.ref) not in known for one in snapshot.longhorn_nodes or ()):
        return None, unknown("nodes")
    if snapshot.vlan_configs is None:
        return None, unknown("vlan_configs")
    configs = [one for one in snapshot.vlan_configs if one.cluster_network == network]
    nodes = [one for one in snapshot.nodes or () if not one.witness]
    bare = [node.ref for node in nodes if not any(config.covers(node) for config in configs)]
    if bare:
        return False, f"no VLAN config of {network} on {some(bare)}; add one"
    return True, f"{counted(len(configs), 'VLAN config')} for {counted(len(nodes), 'node')}, witnesses left out"


def _passes(question: _Question) -> Answer:
    cluster, choice = question.cluster, question.choice
    report = examine(question.written, cluster, choice)
    errors = [f"{error.code}: {error.message}; {error.fix}" for error in report.findings.errors]
    if errors:
        return False, " · ".join(errors)
    if cluster is None:
        return None, f"it has no error; whether it is large enough is {unknown('longhorn_nodes')}"
    warnings = ", ".join(finding.code for finding in report.findings if finding.severity == "warning")
    detail = (
        f"{report.usable} usable addresses, {report.required} required ({choice.profile.name}, "
        f"{counted(cluster.images, 'image transfer')} at once)"
    )
    return True, f"{detail}; warnings: {warnings}" if warnings else detail


def _collisions(question: _Question) -> Answer:
    snapshot, ours = question.snapshot, question.written.setting
    others: list[tuple[str, webhook.Config | None]] = [
        (one.ref, one.network.setting)
        for one in snapshot.settings or ()
        if one.ref != STORAGE.setting and one.network is not None
    ]
    others += [
        (attachment.ref, attachment.range)  # an IPAM may write other things there than a CIDR
        for attachment in snapshot.attachments or ()
        if not attachment.is_storage_network and parse_cidr(attachment.range) is not None
    ]
    try:
        hit = [name for name, other in others if webhook.collides(ours, other)]
    except SnPlannerError as error:
        return False, str(error)
    if hit:
        return False, f"shares usable addresses with {some(hit)}"
    if not snapshot.has_every_setting and any(snapshot.stored(name) is None for name in NETWORKS):
        return None, unknown("settings")
    return True, "no other configured network has its addresses"


def _changes(question: _Question) -> Answer:
    stored = question.snapshot.stored(STORAGE.setting)
    if stored is None:
        return None, unknown("settings")
    if stored.network is None:
        return True, "no storage network is configured yet"
    return _CHANGES[question.written.change_from(stored.network)]


_CHECKS: dict[str, Callable[[_Question], Answer]] = {
    "virtual-machines-stopped": _machines,
    "volumes-detached": _volumes,
    "image-transfers-finished": _transfers,
    "whereabouts-installed": _whereabouts,
    "vlan-configs-cover-nodes": _uplinks,
    "setting-passes-check": _passes,
    "no-network-collides": _collisions,
    "text-changes-something": _changes,
}
