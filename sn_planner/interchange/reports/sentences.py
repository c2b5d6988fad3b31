"""Sentences that several documents open with."""

from __future__ import annotations

from sn_planner.model.cluster import Cluster
from sn_planner.model.words import counted


def cluster_line(cluster: Cluster, to_come: int = 0) -> str:
    """What the cluster has; `to_come` are the nodes of it that are planned only [nodes].

    >>> cluster_line(Cluster.uniform(nodes=1, disks_per_node=2), to_come=1)
    'Cluster: 1 node, 2 disks, 0 concurrent image transfers (1 of the nodes to come).'
    """
    parts = [
        counted(cluster.storage_nodes, "node"),
        counted(cluster.disks, "disk"),
        counted(cluster.images, "concurrent image transfer"),
    ]
    if cluster.witness_nodes:
        parts.append(counted(cluster.witness_nodes, "witness node"))
    if cluster.v2_nodes:
        parts.append(counted(cluster.v2_nodes, "node", "with the V2 data engine"))
    growth = f" ({to_come} of the nodes to come)" if to_come else ""
    return f"Cluster: {', '.join(parts)}{growth}."


def and_more(rows: int, shown: int, where: str, what: str = "") -> str:
    """What a table leaves out, and where all of it is; nothing where it shows every row.

    >>> and_more(15, 12, "--format json lists all"), and_more(12, 12, "--format json lists all")
    ('and 3 more: --format json lists all.', '')
    """
    return f"and {rows - shown} more{what}: {where}." if rows > shown else ""
