"""The cluster: nodes, their disks, and the image transfers that may run at once.

Rules: a cluster is compact, whatever its size: equal nameless nodes are one `Node` with a `count`, in the order they
first came. Witness nodes run no Longhorn and take no address [D Storage Network; harvester#9325]: nothing of theirs is
counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import attrs

from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.fields import COUNT, FLAG, MAYBE_COUNT, MAYBE_NAME, checked, list_of, whole
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas


@attrs.frozen(kw_only=True, field_transformer=checked)
class Node:
    """`count` equal nodes [nodes], each with `disks` Longhorn disks [disks].

    `name` names one node; `witness` marks nodes without Longhorn; `v2_data_engine` marks nodes that run Longhorn's
    V2 data engine beside V1. Raises BadInput for anything but whole counts and booleans, and for a node that is
    no witness and says nothing of its disks.

    >>> Node(disks=2), Node(witness=True, count=2)
    (Node(disks=2), Node(disks=0, witness=True, count=2))
    """

    witness: bool = attrs.field(default=False, metadata=FLAG)
    disks: int = attrs.field(metadata=COUNT)
    name: str | None = attrs.field(default=None, metadata=MAYBE_NAME)
    v2_data_engine: bool = attrs.field(default=False, metadata=FLAG)
    count: int = attrs.field(default=1, metadata=COUNT)

    @disks.default
    def _no_disks(self) -> int:
        if not self.witness:
            raise BadInput("disks", ABSENT, "is missing", "give the node's disks, or witness=True", "missing")
        return 0

    def __attrs_post_init__(self) -> None:
        if self.name is not None and self.count != 1:
            fix = "name one node, or leave the name out"
            raise BadInput("count", self.count, "does not go with a name", fix, "conflict")

    def __repr__(self) -> str:
        others = ("name", None), ("witness", False), ("v2_data_engine", False), ("count", 1)
        differing = [f", {name}={value!r}" for name, default in others if (value := getattr(self, name)) != default]
        return f"Node(disks={self.disks}{''.join(differing)})"


def _compact(nodes: Iterable[Node]) -> tuple[Node, ...]:
    counts: dict[Node, int] = {}
    names: set[str] = set()
    for node in list_of("nodes", nodes, "give a list of Node, or use Cluster.uniform"):
        if not isinstance(node, Node):
            raise BadInput("nodes", node, "is not a Node", "write Node(disks=…)", "wrong-type")
        if node.name in names:
            raise BadInput("nodes", node.name, "is there twice", "give every named node a name of its own", "duplicate")
        if node.name is not None:
            names.add(node.name)
        single = attrs.evolve(node, count=1)
        counts[single] = counts.get(single, 0) + node.count
    return tuple(attrs.evolve(node, count=count) for node, count in counts.items())


@attrs.frozen(field_transformer=checked)
class Cluster:
    """Nodes, image transfers running at once [images], and running RWX volumes [volumes] (None: not known).

    >>> cluster = Cluster(nodes=[Node(disks=2), Node(disks=8), Node(witness=True)], images=10)
    >>> cluster.storage_nodes, cluster.disks, cluster.witness_nodes
    (2, 10, 1)
    """

    nodes: tuple[Node, ...] = attrs.field(converter=_compact)
    images: int = attrs.field(default=0, kw_only=True, metadata=COUNT)
    rwx_volumes: int | None = attrs.field(default=None, kw_only=True, metadata=MAYBE_COUNT)

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
        """A cluster of equal nodes: give `disks_per_node`, or `disks` in total, spread as evenly as they go [disks].

        `images` are the transfers at once [images], `witnesses` nodes that take no address [nodes], `rwx_volumes` the
        running RWX volumes [volumes] (None: not known); `v2_data_engine`: the nodes run Longhorn's V2 data engine too.
        Raises BadInput for anything but whole counts and booleans, and unless just one of the two disks is given.

        >>> Cluster.uniform(nodes=5, disks_per_node=2, images=10)
        Cluster(nodes=(Node(disks=2, count=5),), images=10, rwx_volumes=None)
        """
        count = whole("nodes", nodes)
        groups = []
        if (disks_per_node is None) == (disks is None):
            problem = "is missing" if disks is None else "and disks_per_node are both given"
            code = "missing" if disks is None else "conflict"
            raise BadInput("disks", ABSENT, problem, "give either disks_per_node or disks (the total)", code)
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
        return Node(disks=max(node.disks for node in nodes), v2_data_engine=self.v2_nodes > 0)

    def grown(self, nodes: int = 0, disks: int = 0) -> Cluster:
        """This cluster with more nodes like its largest one [nodes] and more disks in total [disks].

        The disks are spread over the nodes there are now, as evenly as they go. Raises BadInput for what is no count,
        and where there is no node to copy or to hold a disk.

        >>> Cluster([Node(disks=2), Node(disks=8)]).grown(3).disks
        34
        >>> Cluster.uniform(nodes=3, disks_per_node=2).grown(disks=7)
        Cluster(nodes=(Node(disks=5), Node(disks=4, count=2)), images=0, rwx_volumes=None)
        """
        more, more_disks = whole("grow_nodes", nodes), whole("grow_disks", disks)
        fix = "give the cluster at least one storage node"
        if more_disks and not self.storage_nodes:
            raise BadInput("grow_disks", more_disks, "has no node to sit in", fix, "missing")
        grown = list(self._with_disks(more_disks)) if more_disks else list(self.nodes)
        if more:
            if self.largest_node is None:
                raise BadInput("grow_nodes", more, "has no node to copy", fix, "missing")
            grown.append(attrs.evolve(self.largest_node, count=more))
        return attrs.evolve(self, nodes=grown)

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each kind of node; raises MissingExtraError where pandas is not installed."""
        return self._rows.frame()

    def __str__(self) -> str:
        parts = [counted(self.storage_nodes, "node"), counted(self.disks, "disk")]
        parts.append(counted(self.images, "image transfer", "at once"))
        if self.witness_nodes:
            parts.append(counted(self.witness_nodes, "witness node"))
        if self.v2_nodes:
            parts.append(counted(self.v2_nodes, "node", "with the V2 data engine"))
        return ", ".join(parts)

    def _repr_html_(self) -> str:
        return html(str(self), self._rows)

    @property
    def _rows(self) -> Rows:
        columns = ("name", "count [nodes]", "disks [disks each]", "witness", "v2_data_engine")
        return Rows(columns, [[getattr(node, name.split(" ")[0]) for name in columns] for node in self.nodes])

    def _with_disks(self, disks: int) -> Iterator[Node]:
        """The nodes with more disks in total; the first ones get what does not go evenly."""
        each, left_over = divmod(disks, self.storage_nodes)
        for node in self.nodes:
            if node.witness:
                yield node
                continue
            fuller = min(node.count, left_over)
            left_over -= fuller
            for extra, count in ((1, fuller), (0, node.count - fuller)):
                if count:
                    yield attrs.evolve(node, disks=node.disks + each + extra, count=count)


def _spread(disks: int, nodes: int) -> list[tuple[int, int]]:
    """(disks of a node, how many such nodes), at most two kinds."""
    if not nodes:
        if disks:
            raise BadInput("disks", disks, "has no node to sit in", "give at least one node", "missing")
        return []
    each, left_over = divmod(disks, nodes)
    return [(each + extra, count) for extra, count in ((1, left_over), (0, nodes - left_over)) if count]
