"""A site: pools of addresses, and the clusters that share them, each with the networks it wants.

Rules: a cluster is known by its name, a network of it by its setting. A network that has a `range` is in force and
stays where it is; one without is to be planned. What defaults a file may give is resolved when it is read: here every
value is its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar

import attrs

from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.model.cidr import Cidr, network_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import require_cluster
from sn_planner.model.fields import COUNT, FLAG, LABEL, MAYBE_COUNT, MAYBE_NAME, checked, known_key, list_of, texts
from sn_planner.model.networks import NETWORKS, STORAGE
from sn_planner.model.profiles import Profile, profile
from sn_planner.model.ranges import AddressRange, KeptNetwork, RangeLike, set_aside

_Kind = TypeVar("_Kind")
RESERVE = 1  # doublings kept free behind a range where nobody says how many: growth doubles sooner or later


def _network(value: str) -> str:
    return known_key("network", value, NETWORKS)


def _range(value: RangeLike | None) -> AddressRange | None:
    return None if value is None else AddressRange(value)


def _profile(value: str | Profile | None) -> Profile | None:
    return None if value is None else profile(value)


@attrs.frozen(kw_only=True, field_transformer=checked)
class SiteNetwork:
    """A network that a cluster of a site has or wants.

    `network` is its setting's name, `range` the one in force, None where it is to be planned. `exclude_first` and
    `exclude_last` usable addresses are set aside [addresses], `headroom` is on top of the demand [percent], `reserve`
    kept free behind the range, to widen it in place [doublings]. `vlan` and `cluster_network` are its setting's,
    `profile` the formula, by default that of the network and of the cluster's release.
    """

    network: str = attrs.field(default=STORAGE.setting, converter=_network)
    range: AddressRange | None = attrs.field(default=None, converter=_range)
    vlan: int | None = attrs.field(default=None, metadata=MAYBE_COUNT)
    cluster_network: str | None = attrs.field(default=None, metadata=MAYBE_NAME)
    exclude_first: int = attrs.field(default=0, metadata=COUNT)
    exclude_last: int = attrs.field(default=0, metadata=COUNT)
    headroom: int = attrs.field(default=0, metadata=COUNT)
    reserve: int = attrs.field(default=RESERVE, metadata=COUNT)
    profile: Profile | None = attrs.field(default=None, converter=_profile)

    @property
    def aside(self) -> int:
        """How many addresses are set aside [addresses]."""
        return self.exclude_first + self.exclude_last

    def range_at(self, block: Cidr) -> AddressRange:
        """The range of a block, with what is set aside of it."""
        return AddressRange(block, set_aside(block, self.exclude_first, self.exclude_last))


def _cluster(value: Cluster) -> Cluster:
    return require_cluster(value)


def _networks(value: Iterable[SiteNetwork]) -> tuple[SiteNetwork, ...]:
    networks = _each("networks", value, SiteNetwork)
    _once("networks", (one.network for one in networks), "give each network once")
    if not networks:
        raise BadInput("networks", ABSENT, "is empty", f"name one of {', '.join(NETWORKS)}", "missing")
    return networks


@attrs.frozen(kw_only=True, field_transformer=checked)
class SiteCluster:
    """A cluster of a site by its name, with the networks it has or wants; `harvester` is its release, where known."""

    name: str = attrs.field(metadata=LABEL)
    cluster: Cluster = attrs.field(converter=_cluster)
    networks: tuple[SiteNetwork, ...] = attrs.field(default=(SiteNetwork(),), converter=_networks)
    harvester: str | None = attrs.field(default=None, metadata=MAYBE_NAME)


def _pools(value: Iterable[RangeLike]) -> tuple[Cidr, ...]:
    pools = tuple(network_of("pools", one) for one in list_of("pools", value))
    if not pools:
        raise BadInput("pools", ABSENT, "is empty", "name a network to plan in", "missing")
    for one, other in pairwise(sorted(pools)):
        if one.overlaps(other):
            raise BadInput("pools", str(other), f"overlaps {one}", "leave one of them out", "conflict")
    return pools


def _in_use(value: Iterable[RangeLike]) -> tuple[Cidr, ...]:
    return tuple(network_of("in_use", one) for one in list_of("in_use", value))


def _clusters(value: Iterable[SiteCluster]) -> tuple[SiteCluster, ...]:
    clusters = _each("clusters", value, SiteCluster)
    _once("clusters", (one.name for one in clusters), "give every cluster a name of its own")
    return clusters


def _defaults(value: SiteNetwork) -> SiteNetwork:
    return _each("defaults", [value], SiteNetwork)[0]


def _notes(value: Iterable[str]) -> tuple[str, ...]:
    return texts("notes", value)


@attrs.frozen(kw_only=True, field_transformer=checked)
class Site:
    """Pools, what of them is `in_use` by others, and the clusters, in the order that ties go by.

    `isolated`: each cluster has a layer 2 of its own, so that the ranges of two clusters may share addresses.
    `harvester` and `defaults` are the release and the figures that a cluster to come starts from. `notes` say what was
    read and left out. Raises BadInput for pools that overlap, and for two clusters of one name.

    >>> fra1 = SiteCluster(name="fra1", cluster=Cluster.uniform(nodes=5, disks_per_node=2, images=10))
    >>> [str(pool) for pool in Site(pools=["172.20.0.0/16"], clusters=[fra1]).pools]
    ['172.20.0.0/16']
    """

    pools: tuple[Cidr, ...] = attrs.field(converter=_pools)
    clusters: tuple[SiteCluster, ...] = attrs.field(converter=_clusters)
    in_use: tuple[Cidr, ...] = attrs.field(default=(), converter=_in_use)
    isolated: bool = attrs.field(default=False, metadata=FLAG)
    harvester: str | None = attrs.field(default=None, metadata=MAYBE_NAME)
    defaults: SiteNetwork = attrs.field(factory=SiteNetwork, converter=_defaults)
    notes: tuple[str, ...] = attrs.field(default=(), converter=_notes)

    @property
    def networks(self) -> tuple[tuple[SiteCluster, SiteNetwork], ...]:
        """Every network with its cluster, in order."""
        return tuple((cluster, network) for cluster in self.clusters for network in cluster.networks)

    @property
    def ranges_in_force(self) -> tuple[Cidr, ...]:
        """The ranges that its clusters have."""
        return tuple(network.range.cidr for _, network in self.networks if network.range is not None)

    def claimed(self, *own: str) -> list[KeptNetwork]:
        """What a range of no cluster in particular must stay out of: all but the texts of its `own`.

        Networks in use, and the ranges of the clusters, unless these are isolated: then they may be shared.
        """
        taken = {str(cidr): "in use" for cidr in self.in_use}
        for cluster, network in () if self.isolated else self.networks:
            if network.range is not None:
                taken[str(network.range.cidr)] = f"the {place_of(cluster.name, network.network)}"
        return [KeptNetwork(cidr, use, "the site") for cidr, use in taken.items() if cidr not in own]


def place_of(cluster: str, network: str) -> str:
    """How a message names a network of a cluster.

    >>> place_of("fra1", "rwx-network")
    'fra1 rwx-network'
    """
    return f"{cluster} {network}"


def _each(field: str, value: Iterable[_Kind], kind: type[_Kind]) -> tuple[_Kind, ...]:
    items = list_of(field, value)
    for one in items:
        if not isinstance(one, kind):
            name = kind.__name__
            raise BadInput(field, one, f"is not a {name}", f"write {name}(…)", "wrong-type")
    return tuple(items)


def _once(field: str, names: Iterable[str], fix: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            with within(field):
                raise BadInput("name", name, "is there twice", fix, "duplicate")
        seen.add(name)
