"""Ready scenarios: lives of a storage network that are worth a simulation before anyone applies anything.

Rules: a scenario is made for a cluster, from steps alone, so each can be written down as a file too. Time 0 is a
midnight; the setting is applied then.
"""

from __future__ import annotations

from collections.abc import Callable

from sn_planner.engine.simulation.steps import (
    NODE_UPGRADE,
    AddNodes,
    Apply,
    LoseNode,
    RecoverNode,
    Scenario,
    Step,
    TransferImages,
    Upgrade,
)
from sn_planner.model.cluster import Cluster
from sn_planner.model.durations import DAY, HOUR, MINUTE, YEAR, Duration, seconds
from sn_planner.model.fields import known_key, whole

_MONTH = 30 * DAY


def worst_case(cluster: Cluster) -> Scenario:
    """All transfers in flight throughout, an upgrade among them, and instance managers served last."""
    steps = (Apply(), TransferImages(at=0, count=cluster.images, duration=None), Upgrade(at=HOUR))
    return Scenario(name="worst-case", steps=steps, retry="worst")


def upgrade(cluster: Cluster) -> Scenario:
    """A quiet day with its transfers, then an upgrade the next morning."""
    steps = (
        Apply(),
        TransferImages(at=9 * HOUR, count=cluster.images, spacing=MINUTE),
        Upgrade(at=DAY + 9 * HOUR),
        TransferImages(at=DAY + 9 * HOUR, count=cluster.images, spacing=MINUTE),
    )
    return Scenario(name="upgrade", steps=steps)


def growth(cluster: Cluster, *, nodes: int = 12, until: Duration = YEAR) -> Scenario:
    """All transfers in flight; `nodes` more like the largest one [nodes] join one by one up to `until` [seconds].

    An upgrade begins the day after. Raises BadInput for what is no count and no duration.
    """
    count, end = whole("nodes", nodes), seconds("until", until)
    joins = [AddNodes(at=end * number // count) for number in range(1, count + 1)]
    transfers = TransferImages(at=0, count=cluster.images, duration=None)
    return Scenario(name="growth", steps=(Apply(), transfers, *joins, Upgrade(at=end + DAY)))


def year(cluster: Cluster) -> Scenario:
    """A node more each month, a batch of images each week, two upgrades, and a node lost for two days."""
    steps: list[Step] = [Apply()]
    steps += [AddNodes(at=month * _MONTH) for month in range(1, 13)]
    steps += [TransferImages(at=week * 7 * DAY + 10 * HOUR, count=cluster.images) for week in range(52)]
    turn = min(NODE_UPGRADE, 90 * DAY // (cluster.storage_nodes + 12))  # done before the other begins, however large
    steps += [Upgrade(at=half * YEAR // 2 - 60 * DAY, node_duration=turn) for half in (1, 2)]
    if node := next((one for one in cluster.storage if one.count), None):
        name = node.name or "node-1"
        steps += [LoseNode(at=200 * DAY, node=name), RecoverNode(at=202 * DAY, node=name)]
    return Scenario(name="year", steps=steps)


SCENARIOS: dict[str, Callable[[Cluster], Scenario]] = {
    "worst-case": worst_case,
    "upgrade": upgrade,
    "growth": growth,
    "year": year,
}


def ready(name: str, cluster: Cluster) -> Scenario:
    """The ready scenario of that name for a cluster; raises BadInput, with the nearest name, for another."""
    return SCENARIOS[known_key("scenario", name, SCENARIOS)](cluster)
