"""The formula: how many addresses a cluster takes.

Rules: the demand is linear. At each moment it is the sum over the kinds of things (nodes, disks in total, image
transfers, …) of weight times count, the weights coming from the profile. Three moments matter
[C longhorn-manager; harvester#10231]:

- steady: no transfer, no upgrade;
- stall floor: every instance manager twice, backing-image-managers once, transfers included. A range with fewer usable
  addresses can stall an upgrade for ever, one with as many cannot; of a single node no upgrade stalls at all;
- required: the peak, which the range must hold:

    (1)  required = 4·nodes + 2·disks + images    with the profile "classic"

Worked example: 5 nodes with 2 disks each and 10 transfers need 5·4 + 10·2 + 10 = 50 addresses, so a /26
[D 1.1 Storage Network].
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.cluster import Cluster
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.networks import NETWORKS, RWX
from sn_planner.model.pods import is_waited_for, sources_of
from sn_planner.model.profiles import PROFILES, SHARED, Moment, Profile, things_of
from sn_planner.model.profiles import profile as named
from sn_planner.model.ranges import prefix_for
from sn_planner.model.releases import (
    KEEPS_V2_SINGLE,
    RELEASES,
    RUNS_V2,
    SHARES_RWX,
    UPGRADE_REPOSITORY,
    Release,
    applies,
    release,
    waits_for_managers,
)
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

DEFAULT_PROFILE = "classic"  # the formula of the mission: 4N + 2D + I


class Choice(NamedTuple):
    """A profile, the Harvester release it was chosen by (None: it was not), and notes on the choice.

    `asked` is whether somebody asked for this very profile.
    """

    profile: Profile
    release: Release | None = None
    notes: tuple[str, ...] = ()
    asked: bool = False

    def on(self, network: str) -> Choice:
        """This choice for the network of that name: the profile that sizes it, for the same release.

        Raises BadInput where another network's profile was asked for.
        """
        if self.profile.setting == network:
            return self
        if self.asked:
            problem = f"sizes the {self.profile.setting}, not the {network}"
            raise BadInput("profile", self.profile.name, problem, f"choose a profile of the {network}", "conflict")
        return self._replace(profile=PROFILES[NETWORKS[network].formula])


@attrs.frozen
class DemandLine:
    """One kind of pod in a demand.

    `count` things [things] of the kind `per` (a key of `PER`), each with `addresses_each` [addresses] for each of
    `versions` pods at the peak of an upgrade [pods]; `source` says where that is read.
    """

    pod: str
    per: str
    count: int
    addresses_each: int
    versions: int
    source: str

    @property
    def addresses(self) -> int:
        """What they take at the peak [addresses]."""
        return self.count * self.addresses_each * self.versions

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without the source."""
        figures = ("pod", "per", "count", "addresses_each", "versions", "addresses")
        return {name: getattr(self, name) for name in figures}


@attrs.frozen(repr=False, slots=False)  # with cached properties, slots break help() on Python 3.13
class Demand:
    """The addresses a cluster takes, by a profile [addresses], with a line for each kind of pod.

    `profile` counts what this cluster has (the V2 data engine too, where a node runs it); `release` is the Harvester
    release that chose it, None where none was given; `notes` are those on the choice.
    """

    cluster: Cluster
    profile: Profile
    release: Release | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def required(self) -> int:
        """At the peak of a Longhorn upgrade: what the range must hold [addresses]."""
        return self._at("versions")

    @property
    def steady(self) -> int:
        """When nothing happens [addresses]."""
        return self._at("steady")

    @property
    def stall_floor(self) -> int:
        """The fewest with which no upgrade stalls [addresses]; the smallest clusters never do (`can_stall`)."""
        return self._at("floor")

    @property
    def can_stall(self) -> bool:
        """Whether an upgrade of this cluster can wait for ever; where it cannot, its pods still wait for addresses."""
        waits = any(map(is_waited_for, self.profile.consumers))
        return waits and waits_for_managers(self.cluster.storage_nodes, self.release)

    @property
    def prefix_length(self) -> int | None:
        """The longest prefix whose usable addresses hold `required`; None where no IPv4 range does [bits]."""
        return prefix_for(self.required)

    @property
    def lines(self) -> tuple[DemandLine, ...]:
        """What each kind of pod takes at the peak, in the order of the profile."""
        things = things_of(self.cluster)
        return tuple(
            DemandLine(
                consumer.pod,
                consumer.per,
                things[consumer.per],
                consumer.addresses_each,
                consumer.versions,
                consumer.source,
            )
            for consumer in self.profile.consumers
        )

    def _at(self, moment: Moment) -> int:
        return int(addresses(self.profile.weights(moment), things_of(self.cluster)))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "profile": self.profile.name,
            "required": self.required,
            "steady": self.steady,
            "stall_floor": self.stall_floor,
            "prefix_length": self.prefix_length,
            "lines": [line.to_dict() for line in self.lines],
        }

    def __repr__(self) -> str:
        return (
            f"Demand(required={self.required}, steady={self.steady}, stall_floor={self.stall_floor}, "
            f"prefix_length={self.prefix_length}, profile={self.profile.name!r})"
        )

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each kind of pod; raises MissingExtraError where pandas is not installed."""
        return self._rows.frame()

    def _repr_html_(self) -> str:
        what = "more than IPv4 has" if self.prefix_length is None else f"a /{self.prefix_length}"
        floor = f"{self.stall_floor} so that no upgrade stalls" if self.can_stall else "no upgrade stalls"
        others = f"{floor}, {self.steady} when nothing happens"
        peak = f"{counted(self.required, 'address')} at the peak of an upgrade, {what}; {others}"
        lines = self._rows.without("source")
        sources = Rows(("pod", "source"), sources_of(self.profile.consumers), "Sources")
        return html(f"{peak} ({self.profile.name}: {self.profile.formula})", lines, folded=[sources], notes=self.notes)

    @property
    def _rows(self) -> Rows:
        columns = ("pod", "per", "count", "addresses_each [addresses]", "versions", "addresses [addresses]", "source")
        return Rows(columns, [[*line.to_dict().values(), line.source] for line in self.lines])


def choose(profile: str | Profile | None = None, harvester: str | None = None) -> Choice:
    """The profile that a name, an object or a Harvester release means; without any, the default.

    Raises BadInput for an unknown name or release, and where both are given.
    """
    if harvester is None:
        return Choice(named(DEFAULT_PROFILE if profile is None else profile), asked=profile is not None)
    if profile is not None:
        fix = "give one: each chooses the profile"
        raise BadInput("profile", ABSENT, "and harvester are both given", fix, "conflict")
    shared = isinstance(harvester, str) and harvester.endswith(SHARED)
    found, notes = release(harvester.removesuffix(SHARED) if shared else harvester)
    if shared and not found.has(SHARES_RWX):
        sentence = f"RWX volumes share no storage network before Longhorn {SHARES_RWX.since}"
        notes = (*notes, f"{sentence}: Harvester {found.harvester} has {found.longhorn}")
    return Choice(found.profile.sharing_rwx if shared else found.profile, found, notes)


def demand(cluster: Cluster, profile: str | Profile | None = None, *, harvester: str | None = None) -> Demand:
    """The addresses that `cluster` takes from its storage network [addresses].

    `profile` is a name of PROFILES (default "classic": 4N + 2D + I), with "+rwx" behind it where RWX volumes share the
    network, or a Profile; `harvester` chooses by release instead, again with "+rwx" for a shared network. Raises
    BadInput for an unknown one.
    Source: [D 1.1-1.8] Storage Network; the source of each figure stands in its line.

    >>> need = demand(Cluster.uniform(nodes=5, disks_per_node=2, images=10))
    >>> need.required, need.steady, need.stall_floor, need.prefix_length
    (50, 20, 40, 26)
    """
    return demand_of(require_cluster(cluster), choose(profile, harvester))


def demand_of(cluster: Cluster, choice: Choice) -> Demand:
    """`demand` where the profile is chosen already [addresses]."""
    profile = with_repository(choice.profile, choice.release, cluster.rwx_volumes)
    notes = choice.notes
    if cluster.v2_nodes:
        profile = with_v2(profile, choice.release)
        if choice.release is not None and not choice.release.has(RUNS_V2):
            sentence = f"the V2 data engine comes with Longhorn {RUNS_V2.since}"
            notes = (*notes, f"{sentence}: Harvester {choice.release.harvester} has {choice.release.longhorn}")
    return Demand(cluster, profile, choice.release, notes)


def with_v2(profile: Profile, release: Release | None) -> Profile:
    """The profile with the V2 data engine's managers, which an upgrade doubles before Longhorn 1.7."""
    return profile.running_v2(doubled=not applies(KEEPS_V2_SINGLE, release))


def with_repository(profile: Profile, release: Release | None, rwx_volumes: int | None) -> Profile:
    """The profile, with one RWX volume more while Harvester is upgraded: its upgrade repository, since Harvester 1.7.

    It counts on the network that serves RWX volumes, where their number is known; the 32 that are assumed otherwise
    hold it. A profile of an unknown release leaves it out, but for the rwx-network, which is younger.
    """
    is_young = profile.setting == RWX.setting if release is None else release.has(UPGRADE_REPOSITORY)
    return profile.with_upgrade_repository if profile.shares_rwx and rwx_volumes is not None and is_young else profile


def addresses(weights: Mapping[str, int], things: Mapping[str, Any]) -> Any:
    """Equation (1) at one moment: weight times count, summed over the kinds of things [addresses].

    The counts may be arrays: one cluster and a grid of clusters go through this one formula.

    >>> addresses({"node": 4, "disk": 2, "image": 1}, {"node": 5, "disk": 10, "image": 10})
    50
    """
    return sum(weight * things[per] for per, weight in weights.items())


_LATER = next(one for one in RELEASES if one.profile.name != DEFAULT_PROFILE)
LATER_FORMULA = f"Harvester {_LATER.harvester} and later need {_LATER.profile.formula}"


def on_later_releases(need: Demand) -> str:
    """What a demand by the default profile would be on the releases that have another one.

    >>> on_later_releases(demand(Cluster.uniform(nodes=5, disks_per_node=2, images=10)))
    'Harvester 1.2.2 and later need 40, a /26'
    """
    later = demand(need.cluster, harvester=_LATER.harvester)
    prefix = "more than any range has" if later.prefix_length is None else f"a /{later.prefix_length}"
    return f"Harvester {_LATER.harvester} and later need {later.required}, {prefix}"


def require_cluster(cluster: object) -> Cluster:
    """The cluster, if it is one; raises BadInput for everything else."""
    if not isinstance(cluster, Cluster):
        fix = "build one, e.g. Cluster.uniform(nodes=5, …)"
        raise BadInput("cluster", cluster, "is not a Cluster", fix, "wrong-type")
    return cluster
