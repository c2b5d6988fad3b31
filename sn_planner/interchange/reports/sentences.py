"""Sentences that several documents say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sn_planner.interchange.tables import Table
from sn_planner.model.cluster import Cluster
from sn_planner.model.pods import Consumer, sources_of


def cluster_line(cluster: Cluster, to_come: int = 0) -> str:
    """What the cluster has; `to_come` are the nodes of it that are planned only [nodes].

    >>> cluster_line(Cluster.uniform(nodes=1, disks_per_node=2), to_come=1)
    'For 1 node, 2 disks, 0 image transfers at once (1 of the nodes to come).'
    """
    growth = f" ({to_come} of the nodes to come)" if to_come else ""
    return f"For {cluster}{growth}."


def cluster_data(cluster: Cluster) -> dict[str, Any]:
    """What the cluster has, as plain data for JSON; None where the RWX volumes are not known.

    >>> cluster_data(Cluster.uniform(nodes=3, disks_per_node=2, witnesses=1))["witness_nodes"]
    1
    """
    names = ("storage_nodes", "witness_nodes", "v2_nodes", "disks", "images", "rwx_volumes")
    return {name: getattr(cluster, name) for name in names}


def sources_table(consumers: Iterable[Consumer]) -> Table:
    """Where the numbers of some kinds of pods are read."""
    return Table(("pod", "source"), sources_of(consumers))


def and_more(rows: int, shown: int, where: str, what: str = "") -> str:
    """What a table leaves out, and where all of it is; nothing where it shows every row.

    >>> and_more(15, 12, "--format json lists all"), and_more(12, 12, "--format json lists all")
    ('and 3 more: --format json lists all.', '')
    """
    return f"and {rows - shown} more{what}: {where}." if rows > shown else ""
