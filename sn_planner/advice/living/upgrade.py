"""What the next upgrade of a living cluster needs of a network on top of the leases there are.

Rules: it is counted kind by kind: what the formula wants of a kind of pod at the peak, less the leases it has that are
not stale; a kind that has more than that gives nothing to the others. What is doubled is what there is: only the disks
that hold a backing image have a manager to double, where a plan counts every disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from sn_planner.model.demand import Demand
from sn_planner.model.limits import max_nodes
from sn_planner.model.living.resources import name_of
from sn_planner.model.pods import STORAGE_PODS, PodKind, pod_kind

OTHER = "other"
_MANAGERS = tuple(kind.name for kind in STORAGE_PODS if kind.is_manager)
_TRANSFER = "backing-image-ds"


@attrs.frozen
class Room:
    """What can still be added, each with the rest as it is [nodes, disks, images]; None: without limit."""

    nodes: int | None
    disks: int | None
    images: int | None


@attrs.frozen(kw_only=True)
class NextUpgrade:
    """What the next upgrade of Longhorn needs on top of the leases there are [addresses].

    `required` so that it never waits, `floor` so that it does not stall, `rule_of_thumb` by the documentation: one more
    for each instance manager and each backing-image-manager there is now. `transfers` are what image transfers in
    flight hold or still ask for. `doubtful` and `doubtful_floor` are wanted on top of `required` and `floor` where no
    lease is in use whose pod may live or not, for all the export tells.
    """

    demand: Demand
    required: int
    doubtful: int
    floor: int
    doubtful_floor: int
    rule_of_thumb: int
    transfers: int

    @property
    def saving(self) -> int:
        """The fewest addresses with which it does not wait for ever [addresses]."""
        return self.floor if self.demand.can_stall else 0

    @property
    def saving_at_most(self) -> int:
        """The same where no doubtful lease is in use [addresses]."""
        return self.floor + self.doubtful_floor if self.demand.can_stall else 0


def by_kind(podrefs: Iterable[str], kinds: Iterable[PodKind] = STORAGE_PODS) -> dict[str, int]:
    """How many of the pods are of each of some kinds, in the order of the table, those of no kind last.

    >>> by_kind(["longhorn-system/instance-manager-1", "default/web"])
    {'instance-manager': 1, 'other': 1}
    """
    names = [kind.name for kind in kinds]
    counts = Counter(name if (name := kind_of(podref)) in names else OTHER for podref in podrefs)
    return {name: counts[name] for name in (*names, OTHER) if counts[name]}


def kind_of(podref: str) -> str:
    """The kind of a pod by its name; "other" where it is none of the table's."""
    kind = pod_kind(name_of(podref))
    return OTHER if kind is None else kind.name


def next_upgrade(need: Demand, living: Mapping[str, int], certain: Mapping[str, int] | None = None) -> NextUpgrade:
    """What a demand wants on top of the living leases of each kind; `certain` are those that are known to live."""
    peak: Counter[str] = Counter()
    floor: Counter[str] = Counter()
    for consumer, line in zip(need.profile.consumers, need.lines, strict=True):
        row = pod_kind(consumer.pod)
        kind = OTHER if row is None else row.name
        peak[kind] += line.addresses
        floor[kind] += line.count * line.addresses_each * consumer.floor
    required, least = _on_top(peak, living), _on_top(floor, living)
    certain = living if certain is None else certain
    return NextUpgrade(
        demand=need,
        required=required,
        doubtful=_on_top(peak, certain) - required,
        floor=least,
        doubtful_floor=_on_top(floor, certain) - least,
        rule_of_thumb=sum(living.get(kind, 0) for kind in _MANAGERS),
        transfers=max(peak[_TRANSFER], living.get(_TRANSFER, 0)),
    )


def _on_top(wanted: Mapping[str, int], living: Mapping[str, int]) -> int:
    """The addresses wanted beyond the leases of each kind [addresses]."""
    return sum(max(count - living.get(kind, 0), 0) for kind, count in wanted.items())


def room_in(usable: int, need: Demand) -> Room:
    """What fits beside the cluster as it is, at the peak of an upgrade."""
    weights = need.profile.weights("versions")
    spare = max(usable - need.required, 0)
    nodes = max_nodes(max(usable, need.required), need)
    return Room(
        None if nodes is None else nodes - need.cluster.storage_nodes,
        *(spare // weights[per] if weights[per] else None for per in ("disk", "image")),
    )
