"""The commands that plan: suggest, limits, profiles.

Rules: those of `commands`.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sn_planner.cli import arguments as flags
from sn_planner.errors import ABSENT, BadInput
from sn_planner.interchange.reports import planning as reports
from sn_planner.interchange.reports.pasting import SETTING_FORMS
from sn_planner.interchange.tables import Document
from sn_planner.model.cidr import Cidr, holding
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, choose
from sn_planner.model.fields import whole_from_text
from sn_planner.model.limits import limits
from sn_planner.model.profiles import PROFILES
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.advice.plan import Plan
    from sn_planner.model.sites import Site

_EXAMPLE_NOTE = "No cluster given: this plans the documentation's example, 5 nodes with 2 disks each and 10 images."
_CLUSTER_FLAGS = {"cluster", "nodes", "node", "witness", "images", "rwx_volumes", "v2_data_engine"}
_SUGGEST_COUNTS = ("exclude_first", "exclude_last", "grow_nodes", "grow_disks", "headroom", "at_least")


def suggest(arguments: argparse.Namespace) -> Document:
    """The ranges to configure for a cluster."""
    site, from_site = flags.site_from(arguments)
    in_use, read = flags.in_use_from(arguments)
    in_use += _held(arguments, site)
    plan = _plan(arguments, site, in_use)
    vlan, names = _wiring(arguments, site)
    notes = _notes(arguments, plan, in_use, names)
    return reports.suggest_document(plan, vlan, names).noted(*from_site, *read, *notes)


def _plan(arguments: argparse.Namespace, site: Site | None, in_use: list[Cidr]) -> Plan:
    from sn_planner.advice.suggest import DEFAULT_POOLS, suggest

    chosen = flags.profile_from(arguments)
    cluster = flags.cluster_from(arguments, needs_disks=_needs_disks(arguments.network, choose(**chosen)))
    counts: dict[str, Any] = {
        name: whole_from_text(flags.flag_of(name), getattr(arguments, name)) for name in _SUGGEST_COUNTS
    }
    return suggest(
        cluster or Cluster.uniform(nodes=5, disks_per_node=2, images=10),  # [D 1.1], the worked example
        pools=arguments.pool or (DEFAULT_POOLS if site is None else site.pools),
        in_use=in_use,
        networks=arguments.network or None,
        **counts,
        limit=whole_from_text("--limit", arguments.limit, minimum=1),
        strategy=arguments.strategy,
        **chosen,
    )


def _wiring(arguments: argparse.Namespace, site: Site | None) -> tuple[list[int] | None, list[str] | None]:
    """The VLANs and the cluster networks of the settings; None where they are not given."""
    vlan = [whole_from_text("--vlan", text) for text in arguments.vlan] or None
    names = arguments.cluster_network or None
    if vlan is not None and names is None and site is not None and site.defaults.cluster_network is not None:
        names = [site.defaults.cluster_network]
    if arguments.format in SETTING_FORMS and (vlan is None or names is None):
        problem = f"{arguments.format} needs a VLAN and a cluster network"
        raise BadInput("--format", ABSENT, problem, "add --vlan and --cluster-network", "missing")
    return vlan, names


def _notes(
    arguments: argparse.Namespace, plan: Plan, in_use: Collection[Cidr], names: list[str] | None
) -> Iterator[str]:
    """What was assumed, what of the input is odd, and what was given and not used."""
    from sn_planner.advice.suggest import MOST_CANDIDATES

    if not arguments.given.keys() & _CLUSTER_FLAGS:
        yield _EXAMPLE_NOTE
    yield from _covering(in_use, plan.pools)
    yield from flags.uncounted(arguments, *(size.demand.profile for size in plan.sizes))
    yield from _half_a_setting(arguments, names)
    if len(plan.candidates) == MOST_CANDIDATES:
        yield f"{MOST_CANDIDATES} candidates, and no more are kept"
    if assumed := reports.assumptions(plan, chosen=flags.is_chosen(arguments), in_use=bool(in_use)):
        yield assumed


def _needs_disks(networks: list[str], choice: Choice) -> bool:
    """Whether a network that is planned counts disks; the others are sized by nodes and volumes."""
    from sn_planner.advice.sizing import choices_on

    return any(one.profile.weights("versions")["disk"] for one in choices_on(networks or None, choice))


def _held(arguments: argparse.Namespace, site: Site | None) -> Iterator[Cidr]:
    """What of a site is taken: networks in use, and the blocks of ranges in force, or of all that a plan keeps."""
    if site is None:
        if arguments.keep is not None:
            raise BadInput("--keep", ABSENT, "has no site", "add --site", "missing")
        return
    from sn_planner.advice.site import blocks_in_force, plan_site
    from sn_planner.cli.sites import kept_in

    yield from site.in_use
    plan = None if arguments.keep is None else plan_site(site, keep=kept_in(arguments.keep))
    if not site.isolated:  # then a range may share the addresses of other clusters
        yield from blocks_in_force(site) if plan is None else (one.reserved for one in plan.networks)


def _covering(networks: Collection[Cidr], pools: Iterable[Cidr]) -> Iterator[str]:
    """A note for each network that covers a whole pool and holds others of the list: a container, most likely."""
    known = set(networks)
    for pool in pools:
        for around in holding(pool, known):
            inside = sum(around.overlaps(one) and one.prefix_length > around.prefix_length for one in networks)
            if inside:
                what = f"covers the whole pool {pool} and holds {counted(inside, 'network')} of the list"
                yield f"{around} {what}: if it is a container, choose rows with --in-use-where"


def _half_a_setting(arguments: argparse.Namespace, names: list[str] | None) -> tuple[str, ...]:
    """A note where of a VLAN and a cluster network only one is given."""
    given = {"--vlan": arguments.vlan, "--cluster-network": names}
    missing = [flag for flag, values in given.items() if not values]
    used = [f"{flag} {' '.join(values)}" for flag, values in given.items() if values]
    return (f"{used[0]} is not used: add {missing[0]} for the setting",) if used and missing else ()


def limits_of(arguments: argparse.Namespace) -> Document:
    """How far a cluster can grow in a range."""
    cluster = flags.required_cluster(arguments)
    place, written_as = flags.range_from(arguments)
    found = limits(place, cluster, **flags.profile_from(arguments))
    need = found.demand
    notes = (*written_as, *flags.uncounted(arguments, need.profile), *flags.range_faults(place, need))
    return reports.limits_document(found).noted(*notes, *flags.assumed(arguments, need.profile, need))


def profiles(arguments: argparse.Namespace) -> Document:
    """The tables behind the formulas."""
    from sn_planner.interchange.reports.profiles import profiles_document

    if not flags.is_chosen(arguments):
        return profiles_document(PROFILES.values())
    choice = choose(**flags.profile_from(arguments))
    return profiles_document([choice.profile], choice.notes)
