"""The worst case of equal nodes, without its events: how many addresses are wanted at each moment.

Theory: all transfers run throughout and nobody gives an address back early, so what is wanted is known: the formula's
own at the start and at the peak, the stall floor when the short overlaps have ended, then a step down with each node's
turn, once the gate is open. Who waits is served as soon as an address is free, so as many as are wanted are in use, up
to the limit, and the rest are pods that wait. The gate opens at once where all pods that it looks at come before the
range is full; else when the overlaps have ended and nobody waits; else never. `lifecycle` has the sources; a test holds
this against `simulate`, moment by moment, with every release.

Cost: O(MOST_TURNS) for any cluster, a fraction of a millisecond, so that pictures can follow a hand; a simulation's
grows with the pods, 40 ms for 50 nodes with 12 disks each.
"""

from __future__ import annotations

from typing import NamedTuple

from sn_planner.engine.simulation.lifecycle import OVERLAP
from sn_planner.engine.simulation.steps import NODE_UPGRADE
from sn_planner.engine.simulation.timeline import Moment
from sn_planner.model.demand import Demand
from sn_planner.model.durations import HOUR
from sn_planner.model.pods import Consumer, is_waited_for
from sn_planner.model.profiles import things_of
from sn_planner.model.releases import GATE_LOOKS_AT_ALL, GATE_LOOKS_AT_V2, Release, applies

MOST_TURNS = 300  # more are finer than a picture


class Course(NamedTuple):
    """What is wanted from each time on [seconds, addresses], of so many usable ones, and whether the upgrade stalls.

    `end` is half an hour after the last turn [seconds].
    """

    wanted: tuple[tuple[int, int], ...]
    usable: int
    end: int
    stalls: bool

    @classmethod
    def of(cls, need: Demand, usable: int) -> Course:
        """That of a cluster of equal nodes, by a profile of `PROFILES` for the storage network; an address at least.

        Of more than MOST_TURNS nodes only so many turns are told, evenly spread.

        >>> from sn_planner import Cluster, demand
        >>> need = demand(Cluster.uniform(nodes=2, disks_per_node=2, images=10))
        >>> Course.of(need, 30).wanted
        ((0, 18), (3600, 26), (3630, 22), (5400, 20), (7200, 18))
        >>> Course.of(need, 14).stalls
        True
        """
        nodes, floor, steady = need.cluster.storage_nodes, need.profile.weights("floor"), need.profile.weights("steady")
        before, low = need.steady + floor["image"] * need.cluster.images, need.stall_floor
        wanted = ((0, before), (HOUR, need.required), (HOUR + OVERLAP, low))
        end = HOUR + (nodes + 1) * NODE_UPGRADE
        until_gate = before + _started_until_gate(need)
        if need.can_stall and usable < min(until_gate, low):
            return cls(wanted, usable, end, stalls=True)
        opens = HOUR + OVERLAP if need.can_stall and usable < until_gate else HOUR
        each = floor["node"] - steady["node"]
        if need.cluster.v2_nodes:
            each += floor["v2-node"] - steady["v2-node"]
        every = -(-nodes // MOST_TURNS)
        turns = ((opens + turn * NODE_UPGRADE, low - turn * each) for turn in range(every, nodes, every))
        return cls((*wanted, *turns, (opens + nodes * NODE_UPGRADE, before)), usable, end, stalls=False)

    @property
    def peak(self) -> int:
        """The most that is wanted [addresses]."""
        return max(wanted for _, wanted in self.wanted)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Addresses in use and pods waiting, whenever they change."""
        moments: list[Moment] = []
        for at, wanted in self.wanted:
            moment = Moment(at, min(wanted, self.usable), max(wanted - self.usable, 0))
            if not moments or moment[1:] != moments[-1][1:]:
                moments.append(moment)
        return tuple(moments)


def _started_until_gate(need: Demand) -> int:
    """What an upgrade starts up to the last pod that its gate looks at [addresses]; transfers run already."""
    consumers, things = need.profile.consumers, things_of(need.cluster)
    last = max(place for place, one in enumerate(consumers, 1) if _is_looked_at(one, need.release))
    started = (one for one in consumers[:last] if one.per != "image")
    return sum((one.versions - one.steady) * one.addresses_each * things[one.per] for one in started)


def _is_looked_at(consumer: Consumer, release: Release | None) -> bool:
    """Whether the gate of a release looks at pods of this kind; of the oldest the last started decides, and it does."""
    if not is_waited_for(consumer):
        return False
    is_doubled = consumer.floor > consumer.steady
    return consumer.per == "node" or applies(GATE_LOOKS_AT_ALL if is_doubled else GATE_LOOKS_AT_V2, release)
