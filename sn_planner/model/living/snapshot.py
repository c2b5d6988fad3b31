"""A living cluster at one moment, as an export shows it.

Rules: None is not an empty tuple. A field that is None was not exported, and nothing follows from it; an empty one was,
and there is none of its kind. What several kinds tell is put together here, once: the cluster, its ranges, its leases.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from sn_planner.errors import BadInput
from sn_planner.model.cidr import IPV4_BITS, cidrs, network_of, parse_address
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.fields import text
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.living import resources as kept
from sn_planner.model.living.resources import name_of
from sn_planner.model.networks import RWX, STORAGE
from sn_planner.model.pods import PodKind, pod_kind
from sn_planner.model.ranges import AddressRange
from sn_planner.model.setting import Setting
from sn_planner.model.tally import Tally

if TYPE_CHECKING:
    import pandas

V2 = "v2"
RUNNING = "running"


def require_snapshot(snapshot: object) -> Snapshot:
    """The snapshot, if it is one; raises BadInput for everything else."""
    if not isinstance(snapshot, Snapshot):
        fix = "read the export with read_snapshot or snapshot_of"
        raise BadInput("snapshot", snapshot, "is not a Snapshot", fix, "wrong-type")
    return snapshot


@attrs.frozen(kw_only=True, slots=False)  # with cached properties, slots break help() on Python 3.13
class Snapshot:
    """What an export holds, kind by kind; None: the export does not say.

    `skipped` counts objects of other kinds, `left_out` are those that could not be read and that no answer may need,
    `pod_namespaces` the namespaces whose pods were exported to the last one. `notes` are on the files themselves.
    `is_mixed` is whether kinds were exported in one list, or a bundle: those leave out what is empty.

    `sn_planner.interchange.kubectl` makes one from files; every field may be given by hand, too.

    >>> snapshot = Snapshot(longhorn_nodes=(kept.LonghornNode("longhorn-system/node-1", disks=2),))
    >>> snapshot.cluster.disks, snapshot.setting
    (2, None)
    >>> snapshot
    Snapshot(longhorn_nodes=1, skipped=0)
    """

    settings: tuple[kept.StoredSetting, ...] | None = None
    attachments: tuple[kept.Attachment, ...] | None = None
    pools: tuple[kept.IPPool, ...] | None = None
    reservations: tuple[kept.Reservation, ...] | None = None
    longhorn_settings: tuple[kept.LonghornSetting, ...] | None = None
    longhorn_nodes: tuple[kept.LonghornNode, ...] | None = None
    instance_managers: tuple[kept.InstanceManager, ...] | None = None
    backing_image_managers: tuple[kept.BackingImageManager, ...] | None = None
    data_sources: tuple[kept.DataSource, ...] | None = None
    share_managers: tuple[kept.ShareManager, ...] | None = None
    volumes: tuple[kept.Volume, ...] | None = None
    pods: tuple[kept.Pod, ...] | None = None
    nodes: tuple[kept.ClusterNode, ...] | None = None
    machines: tuple[kept.Machine, ...] | None = None
    images: tuple[kept.Image, ...] | None = None
    definitions: tuple[kept.Definition, ...] | None = None
    cluster_networks: tuple[kept.ClusterNetwork, ...] | None = None
    vlan_configs: tuple[kept.VlanConfig, ...] | None = None
    events: tuple[kept.Event, ...] | None = None
    skipped: Tally = attrs.field(factory=lambda: Tally({}), converter=Tally)
    left_out: tuple[kept.LeftOut, ...] = ()
    pod_namespaces: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    is_mixed: bool = False

    def __repr__(self) -> str:
        return f"Snapshot({', '.join(f'{name}={count}' for name, count in self._counts)})"

    def _repr_html_(self) -> str:
        return html("What the export holds", self._rows)

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each kind of object; raises MissingExtraError where there is no pandas."""
        return self._rows.frame()

    @property
    def _rows(self) -> Rows:
        return Rows(("kind", "objects"), self._counts)

    @property
    def _counts(self) -> list[tuple[str, int]]:
        """How many objects of each kind were exported."""
        kinds = ((field.name, getattr(self, field.name)) for field in attrs.fields(Snapshot))
        others = {"left_out", "pod_namespaces", "notes", "is_mixed"}
        return [(name, len(objects)) for name, objects in kinds if objects is not None and name not in others]

    def stored(self, name: str) -> kept.StoredSetting | None:
        """The setting of that name; raises BadInput for what is no name."""
        ref = text("name", name)
        return next((one for one in self.settings or () if one.ref == ref), None)

    @property
    def is_partial(self) -> bool:
        """Whether of kinds in namespaces the export has some namespaces only, as a support bundle has."""
        return bool(self.pod_namespaces)

    @property
    def has_every_setting(self) -> bool:
        """Whether all settings were exported, not some by name: then one that is not here does not exist."""
        return self.settings == () or any(one.ref not in kept.READ_SETTINGS for one in self.settings or ())

    @property
    def is_disabled(self) -> bool:
        """Whether the export says that no storage network is configured."""
        stored = self.stored(STORAGE.setting)
        return self.has_every_setting if stored is None else stored.setting is None

    @property
    def setting(self) -> Setting | None:
        """The storage network as configured; None where it is not, or not exported."""
        stored = self.stored(STORAGE.setting)
        return None if stored is None else stored.setting

    @property
    def harvester(self) -> str | None:
        """The release of Harvester that the setting server-version names, without its build."""
        return None if self.server_version is None else self.server_version.partition("-")[0]

    @property
    def server_version(self) -> str | None:
        """The release of Harvester that the setting server-version names, with its build."""
        stored = self.stored(kept.SERVER_VERSION)
        return None if stored is None else stored.value.removeprefix("v") or None

    def has_pods_of(self, namespace: str) -> bool:
        """Whether the export tells of the pods of a namespace, if only that there is none."""
        return namespace in self._namespaces or (self.pods == () and not self.is_partial)

    @cached_property
    def _namespaces(self) -> frozenset[str]:
        return self.pod_namespaces.union(ref.partition("/")[0] for ref in self.pods_by_ref)

    @cached_property
    def pods_by_ref(self) -> dict[str, kept.Pod]:
        """The pods by "namespace/name"."""
        return {pod.ref: pod for pod in self.pods or ()}

    @cached_property
    def cluster(self) -> Cluster | None:
        """The cluster with its real nodes and disks, and the transfers in flight; None without Longhorn's nodes.

        Longhorn says who runs it, and Kubernetes who is a witness: a witness counts for nothing, whatever Longhorn says
        [harvester#9325]. The V2 data engine runs on a node that has an instance manager of it, or a block disk. RWX
        volumes are those whose share-manager runs. Raises BadInput for two nodes of one name.
        """
        return self._cluster_of({node.ref: node.disks for node in self.longhorn_nodes or ()})

    @cached_property
    def cluster_in_use(self) -> Cluster | None:
        """The cluster with those disks alone that hold a backing image: what the next upgrade doubles.

        A disk holds one where its node or a backing-image-manager says so; without either, every disk but a block disk
        may. RWX volumes that are not known are as many as have leases. None without Longhorn's nodes.
        """
        found = self._cluster_of({node.ref: self._image_disks(node) for node in self.longhorn_nodes or ()})
        if found is None:
            return None
        volumes = found.rwx_volumes
        if volumes is None:
            volumes = sum(kind.serves_volume for kind in self._holders)
        return attrs.evolve(found, rwx_volumes=volumes)

    @cached_property
    def _holders(self) -> list[PodKind]:
        """The kinds of the pods that have leases, as far as they may live."""
        held = [one.podref for pool in self.pools or () for one in pool.allocations]
        kinds = (pod_kind(name_of(ref)) for ref in held if self.pods is None or ref in self.pods_by_ref)
        return [kind for kind in kinds if kind is not None]

    def _cluster_of(self, disks: dict[str, int]) -> Cluster | None:
        """The cluster where each of Longhorn's nodes has that many disks [disks]."""
        if not self.longhorn_nodes:
            return None
        witnesses = {node.ref for node in self.nodes or () if node.witness}
        v2 = {manager.node for manager in self.instance_managers or () if manager.data_engine == V2}
        nodes = [
            Node(disks=disks[one.ref], name=name, v2_data_engine=one.block_disks > 0 or name in v2)
            for one in self.longhorn_nodes
            if (name := name_of(one.ref)) not in witnesses
        ]
        nodes += [Node(witness=True, name=name) for name in sorted(witnesses)]
        shares = self.share_managers
        rwx_volumes = None if shares is None else sum(share.state == RUNNING for share in shares)
        return Cluster(nodes, images=self.transfers, rwx_volumes=rwx_volumes)

    def _image_disks(self, node: kept.LonghornNode) -> int:
        """The disks of a node that hold a backing image, as far as that is told [disks]."""
        managed = self._managed_disks.get(name_of(node.ref), set())
        if node.image_disks is None:
            return node.disks - node.block_disks if self.backing_image_managers is None else len(managed)
        told = {uuid for uuid in node.image_disks if uuid}
        return max(len(node.image_disks), len(told | managed))

    @cached_property
    def _managed_disks(self) -> dict[str, set[str]]:
        """Of each node, the disks that have a backing-image-manager; while an upgrade runs they have two."""
        disks: dict[str, set[str]] = {}
        for manager in self.backing_image_managers or ():
            disks.setdefault(manager.node, set()).add(manager.disk or manager.ref)
        return disks

    @property
    def transfers(self) -> int:
        """Image transfers in flight [images]: every image in transfer has a data source, before long.

        Those that are not known are as many as have leases.
        """
        if self.data_sources is None:
            sources = sum(kind.serves_transfer for kind in self._holders)
        else:
            sources = sum(source.under_way for source in self.data_sources)
        return max(sources, sum(image.under_way for image in self.images or ()))

    @cached_property
    def address_range(self) -> AddressRange | None:
        """The storage network's range: by the setting, else by its NetworkAttachmentDefinition, else by its leases.

        The definition is the one that Harvester made, or else the one that Longhorn's own setting names; where it has
        bounds, what is beyond them is excluded. Leases tell no excludes. None where nothing tells it, or several may be
        meant.
        """
        if self.setting is not None:
            return self.setting.address_range
        if self._definitions:
            return _range_of(self._definitions[0]) if len(self._definitions) == 1 else None
        pool = self._longhorns_pool
        return None if pool is None else AddressRange(pool.range)

    @property
    def bounds(self) -> kept.Attachment | None:
        """The definition whose range_start or range_end bounds the storage network; None where none does."""
        found = self._definitions[0] if self.setting is None and len(self._definitions) == 1 else None
        return found if found is not None and (found.range_start or found.range_end) else None

    @property
    def tells_excludes(self) -> bool:
        """Whether something in the export tells the range's excludes, not only its leases."""
        return self.setting is not None or len(self._definitions) == 1

    @property
    def is_range_guessed(self) -> bool:
        """Whether the range is that of an IPPool alone, for the pods that have leases of it."""
        return self.setting is None and not self._definitions and self._longhorns_pool is not None

    @cached_property
    def _definitions(self) -> list[kept.Attachment]:
        """The definitions that may be the storage network's: of several none is known to be the one in force."""
        named = {one.value for one in self.longhorn_settings or () if name_of(one.ref) == kept.LONGHORN_NETWORK_SETTING}
        made = [one for one in self.attachments or () if one.is_storage_network and one.range]
        return made or [one for one in self.attachments or () if one.ref in named and one.range]

    @cached_property
    def _longhorns_pool(self) -> kept.IPPool | None:
        """The IPPool that may be the storage network's, judging by its leases: the only one, or the managers'."""
        pools = [pool for pool in self.pools or () if pool.range.bits == IPV4_BITS]
        managers = [pool for pool in pools if any(_is_managers(one.podref) for one in pool.allocations)]
        found = managers if len(pools) > 1 else pools
        return found[0] if len(found) == 1 else None

    @cached_property
    def pool(self) -> kept.IPPool | None:
        """The IPPool of the storage network's range."""
        return None if self.address_range is None else self.pool_for(self.address_range)

    @property
    def says_shared(self) -> bool | None:
        """Whether RWX volumes share the storage network, by the settings; None where none of them tells.

        The rwx-network says so, since there is one (Harvester 1.8); before, a setting of Longhorn's.
        """
        stored = self.stored(RWX.setting)
        if stored is not None:
            return stored.written is not None and stored.written.shares_storage
        for one in self.longhorn_settings or ():
            if name_of(one.ref) == kept.SHARES_RWX_SETTING:
                return one.value == "true"
        return None if self.longhorn_settings is None else False

    @cached_property
    def shares_rwx(self) -> bool:
        """Whether RWX volumes take addresses of the storage network: by the settings, or because some have leases."""
        if self.says_shared:
            return True
        holders = (pod_kind(name_of(one.podref)) for one in (self.pool.allocations if self.pool else ()))
        return any(kind is not None and kind.serves_rwx for kind in holders)

    @property
    def has_no_pool(self) -> bool:
        """Whether the export says that there is no IPPool at all, not only none that could be read."""
        return self.pools == () and all(one.field != "pools" for one in self.left_out)

    def pool_for(self, network: AddressRange) -> kept.IPPool | None:
        """The IPPool of a range; raises BadInput for what is none."""
        cidr = network.cidr if isinstance(network, AddressRange) else network_of("network", network)
        found = [one for one in self.pools or () if one.range == cidr]
        return max(found, key=lambda one: len(one.allocations), default=None)


def _is_managers(podref: str) -> bool:
    """Whether a pod is one of the managers that only the storage network has."""
    kind = pod_kind(name_of(podref))
    return kind is not None and kind.is_manager


def _range_of(attachment: kept.Attachment) -> AddressRange:
    """The range of a definition, without what is beyond its bounds; bounds that make no sense are not looked at."""
    network = AddressRange(attachment.range).cidr
    first, last = network.first + 1, network.last - 1
    start, end = parse_address(attachment.range_start), parse_address(attachment.range_end)
    low = start if start is not None and first <= start <= last else first
    high = end if end is not None and low <= end <= last else last
    beyond = [str(block) for span in ((network.first, low - 1), (high + 1, network.last)) for block in cidrs(span)]
    return AddressRange(attachment.range, [*attachment.exclude, *(beyond if (low, high) != (first, last) else ())])
