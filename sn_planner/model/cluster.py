"""The cluster: nodes, their disks, and the image transfers that may run at once.

Rules: a cluster is compact, whatever its size: equal nameless nodes are one `Node` with a `count`, in the order they
first came. Witness nodes run no Longhorn and take no address [D Storage Network; harvester#9325]: nothing of theirs is
counted.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from sn_planner.errors import ABSENT, SnPlannerError
from sn_planner.model.fields import count_field, flag_field, optional_count_field, whole


@attrs.frozen(kw_only=True)
class Node:
    """`count` equal nodes [nodes], each with `disks` Longhorn disks [disks].

    `name` names one node; `witness` marks nodes without Longhorn; `v2_data_engine` marks nodes that run Longhorn's
    V2 data engine beside V1. Raises SnPlannerError for anything but whole counts and booleans, and for a node that is
    no witness and says nothing of its disks.

    >>> Node(disks=2), Node(witness=True, count=2)
    (Node(disks=2), Node(disks=0, witness=True, count=2))
    """

    witness: bool = attrs.field(default=False, validator=flag_field)
    disks: int = attrs.field(validator=count_field)
    name: str | None = None
    v2_data_engine: bool = attrs.field(default=False, validator=flag_field)
    count: int = attrs.field(default=1, validator=count_field)

    @disks.default
    def _no_disks(self) -> int:
        if not self.witness:
            raise SnPlannerError("disks", ABSENT, "is missing", "give the node's disks, or witness=True")
        return 0

    def __attrs_post_init__(self) -> None:
        if self.name is not None and not (isinstance(self.name, str) and self.name):
            raise SnPlannerError("name", self.name, "is no name", "give text, or leave it out")
        if self.name is not None and self.count != 1:
            raise SnPlannerError("count", self.count, "does not go with a name", "name one node, or leave the name out")

    def __repr__(self) -> str:
        others = ("name", None), ("witness", False), ("v2_data_engine", False), ("count", 1)
        told = [f", {name}={value!r}" for name, default in others if (value := getattr(self, name)) != default]
        return f"Node(disks={self.disks}{''.join(told)})"


def _compact(nodes: object) -> tuple[Node, ...]:
    if isinstance(nodes, Node | str | bytes) or not isinstance(nodes, Iterable):
        raise SnPlannerError("nodes", nodes, "is not a list of nodes", "give a list of Node, or use Cluster.uniform")
    counts: dict[Node, int] = {}
    for node in nodes:
        if not isinstance(node, Node):
            raise SnPlannerError("nodes", node, "is not a Node", "write Node(disks=…)")
        single = attrs.evolve(node, count=1)
        if node.name is not None and single in counts:
            raise SnPlannerError("nodes", node.name, "is there twice", "give every named node a name of its own")
        counts[single] = counts.get(single, 0) + node.count
    return tuple(attrs.evolve(node, count=count) for node, count in counts.items())


@attrs.frozen
class Cluster:
    """Nodes, image transfers running at once [images], and running RWX volumes [volumes] (None: not known).

    >>> cluster = Cluster(nodes=[Node(disks=2), Node(disks=8), Node(witness=True)], images=10)
    >>> cluster.storage_nodes, cluster.disks, cluster.witness_nodes
    (2, 10, 1)
    """

    nodes: tuple[Node, ...] = attrs.field(converter=_compact)
    images: int = attrs.field(default=0, kw_only=True, validator=count_field)
    rwx_volumes: int | None = attrs.field(default=None, kw_only=True, validator=optional_count_field)

    @classmethod
    def uniform(
        cls,
        *,
        nodes: int,
        disks_per_node: int | None = None,
        disks: int | None = None,
        images: int = 0,
        witnesses: int = 0,
        rwx_volumes: int | None = None,
        v2_data_engine: bool = False,
    ) -> Cluster:
        """A cluster of equal nodes: give `disks_per_node`, or `disks` in total, spread as evenly as they go.

        >>> Cluster.uniform(nodes=5, disks_per_node=2, images=10)
        Cluster(nodes=(Node(disks=2, count=5),), images=10, rwx_volumes=None)
        """
        count = whole("nodes", nodes)
        groups = []
        if (disks_per_node is None) == (disks is None):
            problem = "is missing" if disks is None else "and disks_per_node are both given"
            raise SnPlannerError("disks", ABSENT, problem, "give either disks_per_node or disks (the total)")
        if disks_per_node is not None:
            groups = [(whole("disks_per_node", disks_per_node), count)]
        else:
            groups = _spread(whole("disks", disks), count)
        members = [Node(disks=each, count=times, v2_data_engine=v2_data_engine) for each, times in groups]
        if whole("witnesses", witnesses):
            members.append(Node(witness=True, count=witnesses))
        return cls(members, images=images, rwx_volumes=rwx_volumes)

    @property
    def storage(self) -> tuple[Node, ...]:
        """The nodes that run Longhorn."""
        return tuple(node for node in self.nodes if not node.witness)

    @property
    def storage_nodes(self) -> int:
        """How many nodes run Longhorn [nodes]."""
        return sum(node.count for node in self.storage)

    @property
    def witness_nodes(self) -> int:
        """How many nodes are witnesses [nodes]."""
        return sum(node.count for node in self.nodes if node.witness)

    @property
    def disks(self) -> int:
        """Longhorn disks of all nodes together [disks]."""
        return sum(node.disks * node.count for node in self.storage)

    @property
    def v2_nodes(self) -> int:
        """How many nodes run the V2 data engine [nodes]."""
        return sum(node.count for node in self.storage if node.v2_data_engine)

    @property
    def largest_node(self) -> Node | None:
        """A single nameless node like the one with most disks: what growth is planned with. None without nodes."""
        nodes = self.storage
        if not nodes:
            return None
        v2_data_engine = any(node.v2_data_engine for node in nodes)
        return Node(disks=max(node.disks for node in nodes), v2_data_engine=v2_data_engine)

    def grown(self, nodes: int) -> Cluster:
        """This cluster with so many more nodes like its largest one.

        >>> Cluster([Node(disks=2), Node(disks=8)]).grown(3).disks
        34
        """
        more = whole("grow_nodes", nodes)
        if not more:
            return self
        if self.largest_node is None:
            raise SnPlannerError(
                "grow_nodes", more, "has no node to copy", "give the cluster at least one storage node"
            )
        return attrs.evolve(self, nodes=[*self.nodes, attrs.evolve(self.largest_node, count=more)])


def _spread(disks: int, nodes: int) -> list[tuple[int, int]]:
    """(disks of a node, how many such nodes), at most two kinds."""
    if not nodes:
        if disks:
            raise SnPlannerError("disks", disks, "has no node to sit in", "give at least one node")
        return []
    each, left_over = divmod(disks, nodes)
    return [(each + extra, count) for extra, count in ((1, left_over), (0, nodes - left_over)) if count]
