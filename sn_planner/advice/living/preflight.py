"""Is a living cluster ready for a storage-network setting? The documentation's prerequisites, checked on an export.

Rules: each check asks one question and answers true, false or None. None is what the export does not tell, and names
the command that would; never true. A fault that is seen is false, whatever else is not known. All checks are made:
those of the cluster alone, and where there is a setting those that hold it against the cluster.
Sources: [D 1.1-1.8] Storage Network, Prerequisites; [C harvester pkg/webhook/resources/setting/validator.go].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from sn_planner.advice import webhook
from sn_planner.advice.check import examine
from sn_planner.advice.living.choice import choice_for, missing, notes_on, unknown
from sn_planner.advice.living.evidence import Evidence
from sn_planner.advice.living.readiness import Check, Preflight
from sn_planner.errors import BadInput, SnPlannerError
from sn_planner.model.cidr import Span, clipped, parse_address, parse_cidr
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice
from sn_planner.model.fields import list_of, whole
from sn_planner.model.living.resources import Volume, name_of
from sn_planner.model.living.snapshot import Snapshot, require_snapshot
from sn_planner.model.networks import HARVESTER_NAMESPACE, NETWORKS, RWX, STORAGE
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import KeptNetwork, RangeLike
from sn_planner.model.releases import version
from sn_planner.model.setting import Setting
from sn_planner.model.words import counted, some
from sn_planner.model.written import SettingLike, Written

_COMMAND = "preflight"
_DETACHED = "detached"
_EXCLUSIVE_SINCE = webhook.RULES["exclusive-vlan-untagged"].since
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
_OVERCOUNTED = {"settings", "nodes", "share_managers"}  # without one of these more is counted than there may be
_TAKEN_AWAY = "the network is taken away"
Answer = tuple[bool | None, str]


@attrs.frozen
class _Question:
    """What the checks look at: the cluster as exported, as planned for, and what it shall be given.

    `written` is the value as text, `setting` what it configures: None where it takes the storage network away.
    """

    snapshot: Snapshot
    written: Written
    setting: Setting | None
    choice: Choice
    cluster: Cluster | None
    in_use: list[RangeLike | KeptNetwork]
    has_images: bool

    @property
    def span(self) -> Span | None:
        """The first and the last address of the range; None where it is none."""
        cidr = None if self.setting is None else parse_cidr(self.setting.range)
        return cidr.span if cidr is not None and cidr.is_ipv4 else None


def preflight(
    snapshot: Snapshot,
    setting: SettingLike | None = None,
    *,
    images: int | None = None,
    in_use: Iterable[RangeLike | KeptNetwork] = (),
    profile: str | Profile | None = None,
    harvester: str | None = None,
) -> Preflight:
    """Whether the cluster in `snapshot` is ready for `setting`: a Setting, or the text of a value or of a manifest.

    Without a setting, whether it is ready for any. The range shall hold `images` transfers at once [images], without
    them those in flight, and stay out of the networks `in_use`. Without `profile` and `harvester` the cluster's own
    release decides. Raises BadInput for a setting that cannot be parsed or is another network's, for no count of
    images, and for an unknown profile or release.

    >>> from sn_planner.model.setting import Setting
    >>> setting = Setting(vlan=100, cluster_network="storage", range="172.16.0.0/26")
    >>> checks = preflight(Snapshot(), setting).checks
    >>> checks[0].name, checks[0].ok
    ('virtual-machines-stopped', None)
    """
    require_snapshot(snapshot)
    written = None if setting is None else _wanted(setting)
    count = None if images is None else whole("images", images)
    networks = list_of("in_use", in_use)
    choice, cluster = choice_for(snapshot, profile, harvester), snapshot.cluster
    answers = {name: answer(snapshot) for name, answer in _OF_THE_CLUSTER.items()}
    if written is not None:
        if cluster is not None and count is not None:
            cluster = attrs.evolve(cluster, images=count)
        question = _Question(snapshot, written, written.setting, choice, cluster, networks, count is not None)
        answers |= {name: check(question) for name, check in _OF_THE_SETTING.items()}
    checks = tuple(Check(name, *answer) for name, answer in answers.items())
    return Preflight(written, checks, (*choice.notes, *notes_on(snapshot)))


def _wanted(setting: SettingLike) -> Written:
    written = Written.of(setting)
    for fault in written.faults:
        raise fault
    if written.network != STORAGE.setting:
        fix = f"give the {STORAGE.setting}; check judges the others"
        raise BadInput("setting", written.network, "is another network's", fix, "conflict")
    return written


def _machines(snapshot: Snapshot) -> Answer:
    running = [machine.ref for machine in snapshot.machines or () if machine.runs]
    if running:
        return False, f"running: {some(running)}; stop them: Harvester does not start them again"
    return (None, unknown(_COMMAND, "machines")) if snapshot.machines is None else (True, "no virtual machine runs")


def _volumes(snapshot: Snapshot) -> Answer:
    attached = [volume for volume in snapshot.volumes or () if volume.state != _DETACHED]
    blocking = [f"{one.ref} ({one.claim or one.state})" for one in attached if not _stopped_by_harvester(one)]
    if blocking:
        return False, f"not detached: {some(blocking)}; stop what uses them"
    if snapshot.volumes is None:
        return None, unknown(_COMMAND, "volumes")
    own = f" but {len(attached)} of monitoring or VM import, which Harvester detaches itself" if attached else ""
    return True, f"no volume is in use{own}"


def _stopped_by_harvester(volume: Volume) -> bool:
    namespace, _, claim = volume.claim.partition("/")
    return any(word in claim for word in _STOPPED_BY_HARVESTER.get(namespace, ()))


def _transfers(snapshot: Snapshot) -> Answer:
    kinds = {"data_sources": snapshot.data_sources, "images": snapshot.images}
    running = [one.ref for found in kinds.values() for one in found or () if one.under_way]
    if running:
        return False, f"under way: {some(running)}; wait until they end"
    unseen = missing(snapshot, *kinds)
    return (None, unknown(_COMMAND, *unseen)) if unseen else (True, "no image is being transferred")


def _whereabouts(snapshot: Snapshot) -> Answer:
    definitions = snapshot.definitions
    if definitions is None:
        return None, unknown(_COMMAND, "definitions")
    lacking = [name for name in _DEFINITIONS if name not in {definition.ref for definition in definitions}]
    if lacking:
        return False, f"not there: {', '.join(lacking)}; add them from Harvester's chart [D 1.1, harvester#3168]"
    return True, "the definitions of Whereabouts are there"


def _at_rest(snapshot: Snapshot) -> Answer:
    """Harvester refuses a change, since 1.8, while it works on the one before; earlier releases would mix them up."""
    changing = [one.ref for one in snapshot.settings or () if one.ref in NETWORKS and one.is_changing]
    if changing:
        return False, f"Harvester still configures {some(changing)}: wait until the condition 'configured' is True"
    if not snapshot.has_every_setting and any(snapshot.stored(name) is None for name in NETWORKS):
        return None, unknown(_COMMAND, "settings")
    return True, "Harvester configures no network at the moment"


def _uplinks(question: _Question) -> Answer:
    if question.setting is None:
        return True, _TAKEN_AWAY
    network = question.setting.cluster_network
    if network == webhook.MANAGEMENT_NETWORK:
        return True, f"{network} is on every node"
    return _covered(question.snapshot, network)


def _covered(snapshot: Snapshot, network: str) -> Answer:
    """The webhook goes by the annotation of matched nodes alone: it does not look at a node selector."""
    if snapshot.cluster_networks is not None and network not in {one.ref for one in snapshot.cluster_networks}:
        return False, f"there is no cluster network {network}"
    known = {one.ref for one in snapshot.nodes or ()}
    if not known or any(name_of(one.ref) not in known for one in snapshot.longhorn_nodes or ()):
        return None, unknown(_COMMAND, "nodes")
    if snapshot.vlan_configs is None:
        return None, unknown(_COMMAND, "vlan_configs")
    configs = [one for one in snapshot.vlan_configs if one.cluster_network == network]
    nodes = [one for one in snapshot.nodes or () if not one.witness]
    bare = [node.ref for node in nodes if not any(node.ref in config.nodes for config in configs)]
    if bare:
        fix = "add one, or wait until its annotation matched-nodes names the node"
        return False, f"no VLAN config of {network} on {some(bare)}; {fix}"
    return True, f"{counted(len(configs), 'VLAN config')} for {counted(len(nodes), 'node')}, witnesses left out"


def _exclusive(question: _Question) -> Answer:
    """An exclusive VLAN is refused where a VM network or a trunk carries it [C harvester, since 1.9]."""
    setting, snapshot, release = question.setting, question.snapshot, question.choice.release
    if setting is None or not setting.exclusive_vlan:
        return True, "the setting asks for no VLAN of its own"
    if release is not None and version(release.harvester) < version(_EXCLUSIVE_SINCE):
        return True, f"Harvester {release.harvester} does not read exclusiveVlan: it comes with {_EXCLUSIVE_SINCE}"
    bridge = f"{setting.cluster_network}-br"
    carrying = [
        one.ref
        for one in snapshot.attachments or ()
        if one.network is None and one.bridge == bridge and any(low <= setting.vlan <= high for low, high in one.vlans)
    ]
    if carrying:
        return False, f"VLAN {setting.vlan} of {setting.cluster_network} is used by {some(carrying)}; choose another"
    if snapshot.attachments is None or snapshot.is_partial:
        return None, unknown(_COMMAND, "attachments")
    return True, f"no VM network has VLAN {setting.vlan} of {setting.cluster_network}"


def _passes(question: _Question) -> Answer:
    if question.setting is None:
        return _may_go(question.snapshot)
    choice, unseen = question.choice, _unseen(question)
    cluster = question.cluster if _OVERCOUNTED.isdisjoint(unseen) else None
    report = examine(question.written, cluster, choice, in_use=question.in_use)
    errors = [f"{error.code}: {error.message}; {error.fix}" for error in report.findings.errors]
    if errors:
        return False, " · ".join(errors)
    if cluster is None or unseen:
        return None, f"it has no error; whether it is large enough is {unknown(_COMMAND, *unseen)}"
    warnings = ", ".join(finding.code for finding in report.findings if finding.severity == "warning")
    detail = (
        f"{report.usable} usable addresses, {report.required} required ({choice.profile.name}, "
        f"{counted(cluster.images, 'image transfer')} at once)"
    )
    return True, f"{detail}; warnings: {warnings}" if warnings else detail


def _unseen(question: _Question) -> tuple[str, ...]:
    """The kinds that were not exported and without which the range may have to be larger than is seen."""
    snapshot, choice = question.snapshot, question.choice
    unseen: tuple[str, ...] = () if snapshot.longhorn_nodes else ("longhorn_nodes",)
    unseen += missing(snapshot, "nodes", "instance_managers")
    unseen += () if question.has_images else missing(snapshot, "data_sources", "images")
    unseen += missing(snapshot, "settings") if choice.release is None else ()
    unseen += ("longhorn_settings",) if snapshot.says_shared is None else ()
    return unseen + (missing(snapshot, "share_managers") if choice.profile.shares_rwx else ())


def _may_go(snapshot: Snapshot) -> Answer:
    """Whether the storage network may be taken away: not while the rwx-network is on it [C harvester, since 1.8]."""
    stored = snapshot.stored(RWX.setting)
    if stored is not None and stored.written is not None and stored.written.shares_storage:
        return False, f"the {RWX.setting} shares it: Harvester refuses to take it away; change that one first"
    if stored is None and not snapshot.has_every_setting:
        return None, f"whether the {RWX.setting} shares it is {unknown(_COMMAND, 'settings')}"
    return True, "an empty value takes the storage network away"


def _collisions(question: _Question) -> Answer:
    snapshot, ours = question.snapshot, question.setting
    if ours is None:
        return True, _TAKEN_AWAY
    others: list[tuple[str, webhook.Config | None]] = [
        (one.ref, one.setting) for one in snapshot.settings or () if one.ref != STORAGE.setting
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
        return None, unknown(_COMMAND, "settings")
    if snapshot.attachments is None or snapshot.is_partial:
        return None, f"whether networks of other namespaces have its addresses is {unknown(_COMMAND, 'attachments')}"
    return True, "no other configured network has its addresses"


def _node_addresses(question: _Question) -> Answer:
    nodes = question.snapshot.nodes
    addresses = [(text, node.ref) for node in nodes or () for text in node.addresses]
    hit = [f"{text} of {ref}" for text, ref in addresses if _lies_in(text, question.span)]
    if hit:
        return False, f"inside: {some(hit)}; choose a range that no node has an address in"
    if not addresses:
        return None, f"the nodes' addresses are {unknown(_COMMAND, 'nodes')}"
    return True, f"no address of a node in the export lies inside ({counted(len(addresses), 'address')})"


def _lies_in(text: str, span: Span | None) -> bool:
    address = parse_address(text)
    return address is not None and span is not None and span[0] <= address <= span[1]


def _pod_networks(question: _Question) -> Answer:
    nodes, span = question.snapshot.nodes, question.span
    networks = [(text, node.ref) for node in nodes or () for text in node.pod_networks]
    cidrs = [(f"{text} of {ref}", cidr) for text, ref in networks if (cidr := parse_cidr(text)) is not None]
    hit = [name for name, cidr in cidrs if span and cidr.is_ipv4 and any(True for _ in clipped((cidr.span,), span))]
    if hit:
        return False, f"overlaps {some(hit)}: pods have their own addresses from there; choose another range"
    if not networks:
        return None, f"the nodes' pod networks are {unknown(_COMMAND, 'nodes')}"
    return True, f"it overlaps no pod network of a node in the export ({counted(len(cidrs), 'network')})"


def _leftovers(question: _Question) -> Answer:
    """Leases of a range used before are not freed: Whereabouts goes on with the IPPool it finds."""
    snapshot, setting = question.snapshot, question.setting
    network = None if setting is None else parse_cidr(setting.range)
    pools = [one for one in snapshot.pools or () if network is not None and one.range == network.network]
    held = [allocation for pool in pools for allocation in pool.allocations]
    in_force = snapshot.setting
    if held and in_force is not None and setting is not None and in_force.range == setting.range:
        return True, f"{counted(len(held), 'lease')}, of the network in force"
    if held:
        seen = Evidence(snapshot)
        gone = sum(seen.is_gone(one.podref) for one in held) if snapshot.pods is not None else None
        whose = f", {gone} of them of pods that are gone" if gone is not None else ""
        fix = "delete that IPPool, and its reservations, first"
        return False, f"the IPPool {pools[0].ref} has {counted(len(held), 'lease')} already{whose}; {fix}"
    return (None, unknown(_COMMAND, "pools")) if snapshot.pools is None else (True, "the range has no leases yet")


def _changes(question: _Question) -> Answer:
    stored, is_disabled = question.snapshot.stored(STORAGE.setting), question.snapshot.is_disabled
    if stored is None and not is_disabled:
        return None, unknown(_COMMAND, "settings")
    if is_disabled and question.setting is not None:
        return True, "no storage network is configured yet"
    if not is_disabled and question.setting is None:
        return True, "it takes the storage network away"
    in_force = None if stored is None else stored.written
    return _CHANGES[question.written.change_from(in_force or Written(""))]


_OF_THE_CLUSTER: dict[str, Callable[[Snapshot], Answer]] = {
    "virtual-machines-stopped": _machines,
    "volumes-detached": _volumes,
    "image-transfers-finished": _transfers,
    "whereabouts-installed": _whereabouts,
    "no-change-in-progress": _at_rest,
}
_OF_THE_SETTING: dict[str, Callable[[_Question], Answer]] = {
    "vlan-configs-cover-nodes": _uplinks,
    "vlan-exclusive": _exclusive,
    "setting-passes-check": _passes,
    "no-network-collides": _collisions,
    "no-node-address-inside": _node_addresses,
    "no-pod-network-inside": _pod_networks,
    "no-leftover-leases": _leftovers,
    "text-changes-something": _changes,
}
