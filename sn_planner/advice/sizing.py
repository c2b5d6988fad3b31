"""How large the range of each network is made: what `suggest` and `plan_site` have in common.

Rules: a range holds the demand with headroom, never fewer addresses than Harvester's webhook wants nor than were asked
for, and those set aside on top. Each network is sized by the profile of its own, for the same release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sn_planner.advice import webhook
from sn_planner.errors import ABSENT, BadInput, NoAnswer, shown
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, Demand, demand_of
from sn_planner.model.fields import known_key, list_of
from sn_planner.model.networks import NETWORKS, RWX
from sn_planner.model.ranges import LARGEST_CAPACITY, SHORTEST_PREFIX, AddressRange, prefix_for
from sn_planner.model.releases import version
from sn_planner.model.setting import Setting
from sn_planner.model.words import counted


class Size(NamedTuple):
    """The demand of one network, the usable addresses a new range shall have, and those set aside of it [addresses].

    `least` is what a range needs to be of use: the demand and Harvester's minimum, without headroom.
    """

    demand: Demand
    needed: int
    aside: int = 0
    least: int = 1

    @property
    def wanted(self) -> int:
        """What the range shall hold with those set aside [addresses]."""
        return self.needed + self.aside

    @property
    def network(self) -> str:
        """The name of the network's setting."""
        return self.demand.profile.setting

    @property
    def longest_prefix(self) -> int | None:
        """The longest prefix that holds what is wanted; None where even a /16 does not [bits]."""
        length = prefix_for(self.wanted)
        return None if length is None or length < SHORTEST_PREFIX else length

    @property
    def prefix_length(self) -> int:
        """`longest_prefix`, or NoAnswer where there is none [bits]."""
        if (prefix_length := self.longest_prefix) is None:
            required = self.demand.required
            more = f", {shown(self.wanted)} with headroom and those set aside" if self.wanted > required else ""
            problem = f"is {shown(required)} addresses{more}; the largest range, a /16, has {LARGEST_CAPACITY}"
            raise NoAnswer("demand", ABSENT, problem, "plan for less, or for several clusters", "demand-too-large")
        return prefix_length


def size_of(cluster: Cluster, choice: Choice, aside: int = 0, *, headroom: int = 0, at_least: int = 0) -> Size:
    """What the cluster asks of the network that the choice is on; `headroom` [percent], the others [addresses]."""
    need = demand_of(cluster, choice)
    grown = -(-need.required * (100 + headroom) // 100)  # rounded up, in whole numbers
    least = max(need.required, webhook.minimum_for(cluster, choice), 1)
    return Size(need, max(grown, least, at_least), aside, least)


def choices_on(networks: Iterable[str] | None, choice: Choice) -> Iterator[Choice]:
    """The choice for each network that is named, by default for the one that its profile sizes.

    Raises BadInput for an unknown network, one that is named twice, a profile of a network that is not named, and for
    the rwx-network beside a profile that puts RWX volumes on the storage network.
    """
    known = ", ".join(NETWORKS)
    names = [choice.profile.setting] if networks is None else list_of("networks", networks, f"give a list of {known}")
    for place, name in enumerate(names):
        if known_key("networks", name, NETWORKS) in names[:place]:
            raise BadInput("networks", name, "is there twice", "name each network once", "duplicate")
    if not names:
        raise BadInput("networks", ABSENT, "is empty", f"name one of {known}", "missing")
    if choice.profile.setting not in names:
        choice = choice.on(names[0])  # refused where that profile was asked for
    if RWX.setting in names and choice.profile.shares_rwx and choice.profile.setting != RWX.setting:
        problem = f"is not needed: by {choice.profile.name} RWX volumes share the storage network"
        raise BadInput("networks", RWX.setting, problem, "leave out the network, or the +rwx", "conflict")
    return (known_to_its_release(choice._replace(asked=False).on(name)) for name in names)


def known_to_its_release(choice: Choice) -> Choice:
    """The choice, with a note where its release has no such network."""
    name = choice.profile.setting
    if choice.release is None or version(choice.release.harvester) >= version(NETWORKS[name].since):
        return choice
    sentence = f"Harvester {choice.release.harvester} has no {name}, which comes with {NETWORKS[name].since}"
    return choice._replace(notes=(*choice.notes, sentence))


def each_of(field: str, given: Any, count: int) -> list[Any]:
    """As many values as there are networks: one that is given for all of them, or those that are given.

    >>> each_of("vlan", 7, 3), each_of("vlan", [7, 8], 2)
    ([7, 7, 7], [7, 8])
    """
    if not isinstance(given, list | tuple):
        return [given] * count
    if len(given) not in {1, count}:
        fix = "give one, or one for each network"
        raise BadInput(field, ABSENT, f"is given {len(given)} times for {counted(count, 'network')}", fix, "conflict")
    return list(given) * (count if len(given) == 1 else 1)


def setting_for(place: AddressRange, need: Demand, vlan: int, cluster_network: str) -> Setting:
    """The setting of a range for the network that a demand is of; raises BadInput where Harvester would refuse it."""
    if not (isinstance(cluster_network, str) and cluster_network.strip() and cluster_network.isprintable()):
        raise BadInput("cluster_network", cluster_network, "is no name", "name the cluster network", "wrong-type")
    setting = Setting(
        vlan=vlan,
        cluster_network=cluster_network,
        range=place.cidr,
        exclude=place.exclude,
        network=need.profile.setting,
    )
    if code := webhook.vlan_refusal(setting, need.release):
        smallest = webhook.smallest_vlan(need.release)
        fix = f"use {smallest} to {webhook.LARGEST_VLAN}, and 2 or more on {webhook.MANAGEMENT_NETWORK}"
        raise BadInput("vlan", vlan, "is refused by Harvester", fix, code)
    return setting
