"""Steps that come at random: image transfers, and nodes that are lost and come back.

Rules: whoever draws gives the generator, so that the same seed draws the same steps. Transfers come each by itself, as
many an hour on average (Poisson), from the second in which the setting is applied to the end of the run; each lasts as
long as an exponential draw says, to the nearest second. A node is lost so many times a year on average while it is
there, and comes back a fixed while later.

Every step that is drawn can follow those of the scenario, and none moves the end of the run. A loss is left out where
the node is lost already, by the scenario or by chance, and where it would not be back before the scenario itself loses
or removes it; where it would be back only after the run, it stays lost.

Theory. That so many come by chance is a draw of its own (Poisson); when they come, once that is known, is equally
likely anywhere (the order statistics of a Poisson process). So nothing is drawn one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

import attrs
import numpy as np

from sn_planner.engine.simulation.site import Site
from sn_planner.engine.simulation.steps import (
    AddNodes,
    Apply,
    LoseNode,
    RecoverNode,
    RemoveNodes,
    Scenario,
    Step,
    TransferImages,
)
from sn_planner.errors import BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import choose
from sn_planner.model.durations import HOUR, YEAR

MOST_RANDOM_STEPS = 10**6  # a run keeps them, and what comes of them, in memory


class Stay(NamedTuple):
    """A node is there, and not lost, from a time on and up to another [seconds]; `last` is None to the run's end."""

    node: str
    first: int
    last: int | None


@attrs.frozen(kw_only=True)
class RandomSteps:
    """What may come at random between `begin` and `end` [seconds].

    `per_hour` transfers, each `lasts` on average [seconds]; each node of `stays` is lost `losses_per_year` times a year
    and is `away` [seconds] then. Raises BadInput where that would be more than 10^6 steps on average.
    """

    begin: int
    end: int
    per_hour: float = 0.0
    lasts: float = 0.0
    losses_per_year: float = 0.0
    away: int = HOUR
    stays: tuple[Stay, ...] = ()

    def __attrs_post_init__(self) -> None:
        _few("transfers", self._transfers_expected)
        _few("losses_per_year", 2 * sum(self._losses_expected))

    @property
    def _transfers_expected(self) -> float:
        return self.per_hour * max(self.end - self.begin, 0) / HOUR

    @property
    def _losses_expected(self) -> list[float]:
        return [self.losses_per_year * (self._until(stay) - stay.first) / YEAR for stay in self.stays]

    def _until(self, stay: Stay) -> int:
        return self.end if stay.last is None else stay.last

    def draw(self, generator: np.random.Generator) -> list[Step]:
        """The steps of one run; its transfers are the same whatever the losses."""
        return [*self._transfers(generator), *self._losses(generator)]

    def _transfers(self, generator: np.random.Generator) -> Iterator[Step]:
        count = int(generator.poisson(self._transfers_expected))
        if not count:
            return
        starts = np.sort(generator.integers(self.begin, self.end, count))
        lengths = np.rint(generator.exponential(self.lasts, count))
        # one that would outlast the run is cut off there: a step that is done later would move the run's end
        for at, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            yield TransferImages(at=at, count=1, duration=int(length) if at + length <= self.end else None)

    def _losses(self, generator: np.random.Generator) -> Iterator[Step]:
        counts = generator.poisson(self._losses_expected)
        for stay, count in zip(self.stays, counts.tolist(), strict=True):
            if count:
                until = self._until(stay)
                yield from self._losses_of(stay, np.sort(generator.integers(stay.first, until, count)).tolist())

    def _losses_of(self, stay: Stay, times: list[int]) -> Iterator[Step]:
        back = stay.first
        for at in times:
            if at < back or (stay.last is not None and at + self.away >= stay.last):
                continue
            back = at + self.away
            yield LoseNode(at=at, node=stay.node)
            if back > self.end:
                return
            yield RecoverNode(at=back, node=stay.node)


def applied_at(scenario: Scenario) -> int:
    """When the setting is applied, before which nothing has a storage interface; 0 where no step says [seconds]."""
    return min((step.at for step in scenario.steps if isinstance(step, Apply)), default=0)


def stays(scenario: Scenario, cluster: Cluster) -> tuple[Stay, ...]:
    """When which node is there and not lost, in a scenario that can be simulated."""
    site = Site(choose().profile, None, cluster)  # it names the nodes, and no profile changes a name
    for node in cluster.storage:
        site.join(node.count, node.disks, node.v2_data_engine, node.name)
    there = dict.fromkeys(site.nodes, 0)
    found: list[Stay] = []
    for step in sorted(scenario.steps, key=attrgetter("at")):
        match step:
            case AddNodes():
                there |= dict.fromkeys(site.join(step.count, 0, False), step.at)
            case RecoverNode():
                there[step.node] = step.at
            case LoseNode():
                found.append(Stay(step.node, there.pop(step.node), step.at))
            case RemoveNodes():
                found += [Stay(name, there.pop(name), step.at) for name in step.nodes if name in there]
    return (*found, *(Stay(name, first, None) for name, first in there.items()))


def _few(field: str, steps: float) -> None:
    if steps > MOST_RANDOM_STEPS:
        fix = f"let at most {MOST_RANDOM_STEPS:,} come in a run, or shorten it"
        raise BadInput(field, round(steps), "are too many random steps for a run", fix, "too-many")
