"""An address plan for a whole site: the ranges of all networks of all clusters, in pools that they share.

Rules: what is in force or was planned before stays where it is as long as it holds what its cluster needs. Where it no
longer does it is widened in place, if what is behind it is free, and moved otherwise: either costs an outage, which is
told. New ranges are placed by `engine.packing`: all of them, whenever any placement exists. No two ranges of a cluster
share an address [C harvester pkg/webhook/resources/setting/validator.go], nor do those of two clusters, unless the site
is isolated. A range that is left stays taken until the site says that its successor is in force. So planning a plan
again changes nothing, and neither more clusters nor their order move what stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from sn_planner.advice.site_faults import Stand, require_sound, taken_by_others
from sn_planner.advice.site_plan import Kept, PlannedNetwork, SitePlan, Status, Unplaced
from sn_planner.advice.sizing import Size, known_to_its_release, setting_for, size_of
from sn_planner.advice.taken import holding, taken_networks
from sn_planner.engine.packing import Item, pack, reserves
from sn_planner.engine.space import free_space
from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.model.cidr import Cidr, Span, address_text, cidrs, merged
from sn_planner.model.demand import Choice, choose
from sn_planner.model.fields import list_of
from sn_planner.model.networks import NETWORKS, RWX
from sn_planner.model.ranges import SHORTEST_PREFIX, AddressRange, prefix_for
from sn_planner.model.sites import Site, SiteCluster, SiteNetwork, place_of
from sn_planner.model.words import counted, some


class _Case(NamedTuple):
    """A network to plan: what it needs, where it stands, and where it goes as far as that is clear.

    `target` is None where a place is to be found; `before` is the range that it leaves, `obstacle` why that cannot be
    widened in place.
    """

    cluster: SiteCluster
    asked: SiteNetwork
    choice: Choice
    size: Size
    stand: Stand
    target: AddressRange | None = None
    before: AddressRange | None = None
    obstacle: str = "a move was planned before"

    @property
    def prefix_length(self) -> int | None:
        """That of a new range; None where no range is large enough [bits]."""
        length = prefix_for(self.size.wanted)
        return None if length is None or length < SHORTEST_PREFIX else length

    @property
    def item(self) -> Item:
        """What is packed; it has a prefix length."""
        if self.target is not None:
            return Item(self.target.prefix_length, self.asked.reserve, self.target.cidr.address)
        return Item(self.prefix_length or SHORTEST_PREFIX, self.asked.reserve)

    def fits(self, place: AddressRange | None) -> bool:
        """Whether a range that is there holds what the cluster takes; small headroom is no reason to move."""
        return place is not None and place.usable >= self.size.least


def plan_site(site: Site, *, keep: SitePlan | Iterable[Kept] = ()) -> SitePlan:
    """The ranges of every network of every cluster of a site; `keep` is an earlier plan, of which nothing moves.

    Each network is sized by its own formula for its cluster's release, with its headroom, what is set aside, and
    Harvester's minimum [addresses], and has room behind it to widen in place, where there is room. Raises BadInput, by
    cluster and network, for what is in force or kept and lies outside of the pools, or over another range, a reserved
    network or one in use, and for a `keep` of another site; what has no place is told in `unplaced`.
    Sources: those of `demand`; the rule of addresses shared by no two networks in `advice.webhook`.

    >>> from sn_planner.model.cluster import Cluster
    >>> fra1 = SiteCluster(name="fra1", cluster=Cluster.uniform(nodes=5, disks_per_node=2, images=10))
    >>> plan = plan_site(Site(pools=["172.20.0.0/16"], clusters=[fra1]))
    >>> [(one.cluster, str(one.range), str(one.reserved)) for one in plan.networks]
    [('fra1', '172.20.0.0/26', '172.20.0.0/25')]
    """
    earlier, notes = _earlier(site, keep)
    cases = [_case(cluster, asked, earlier.get((cluster.name, asked.network))) for cluster, asked in site.networks]
    stands = [case.stand for case in cases]
    require_sound(site, stands)
    others = taken_by_others(site, stands)
    groups = [list(group) for _, group in groupby(cases, lambda case: case.cluster.name)] if site.isolated else [cases]
    parts = [_planned(site, group, others) for group in groups]
    networks = tuple(one for planned, _ in parts for one in planned)
    unplaced = tuple(one for _, left in parts for one in left)
    held = [one.reserved.span for one in networks] + [span for stand in stands for span in stand.spans]
    free = tuple(_free(site, merged([*others, *held])))
    return SitePlan(site, networks, unplaced, free, (*site.notes, *notes, *_notes(site, cases, networks)))


def blocks_in_force(site: Site) -> list[Cidr]:
    """The ranges that a site has in force, each with the reserve behind it as far as that is free."""
    pools = [pool.span for pool in site.pools]
    stands = [(asked.range.cidr, asked.reserve) for _, asked in site.networks if asked.range is not None]
    inside = [(one, reserve) for one, reserve in stands if any(pool.overlaps(one) for pool in site.pools)]
    taken = taken_by_others(site, [Stand("", "", AddressRange(one)) for one, _ in inside])
    held = reserves(pools, taken, [one for one, _ in inside], [reserve for _, reserve in inside])
    return [*filter(None, held), *(one for one, _ in stands)]


def _earlier(site: Site, keep: SitePlan | Iterable[Kept]) -> tuple[dict[tuple[str, str], Kept], tuple[str, ...]]:
    """What was planned before, and a note on what of it the site no longer has."""
    if not isinstance(site, Site):
        raise BadInput("site", site, "is not a Site", "write Site(…), or read_site(path)", "wrong-type")
    what = "give a SitePlan, or its kept ranges"
    known = {(cluster.name, asked.network) for cluster, asked in site.networks}
    found: dict[tuple[str, str], Kept] = {}
    for one in keep.kept if isinstance(keep, SitePlan) else list_of("keep", keep, what):
        if not isinstance(one, Kept):
            raise BadInput("keep", one, "is not a kept range", what, "wrong-type")
        if (one.cluster, one.network) in found:
            place = place_of(one.cluster, one.network)
            raise BadInput("keep", place, "is there twice", "leave one of them out", "duplicate")
        found[one.cluster, one.network] = one
    gone = [place_of(*key) for key in found if key not in known]
    if found and len(gone) == len(found):
        problem = f"plans {some(gone)}, and nothing of this site"
        raise BadInput("keep", ABSENT, problem, "give the plan of this site", "conflict")
    return found, (f"No longer in the site, and free again: {some(gone)}",) if gone else ()


def _case(cluster: SiteCluster, asked: SiteNetwork, kept: Kept | None) -> _Case:
    """The network with its size, and where it goes: where it is, or was to be, as long as it fits there."""
    place = place_of(cluster.name, asked.network)
    with within(place):
        choice = choice_of(cluster, asked)
        size = size_of(cluster.cluster, choice, asked.aside, headroom=asked.headroom)
    planned, left = (kept.range, kept.before) if kept else (None, None)
    case = _Case(cluster, asked, choice, size, Stand(place, cluster.name, asked.range))
    if case.fits(asked.range):
        return case._replace(target=asked.range)
    if case.fits(planned):
        stand = case.stand._replace(planned=planned, before=None if asked.range else left)
        return case._replace(stand=stand, target=planned, before=asked.range or left)
    stand = case.stand._replace(before=None if asked.range else planned)
    return case._replace(stand=stand, before=asked.range or planned)


def choice_of(cluster: SiteCluster, asked: SiteNetwork) -> Choice:
    """The formula of a network: the one asked for, or that of the network and of the cluster's release."""
    choice = choose(harvester=cluster.harvester)
    if asked.profile is not None:
        choice = choose(asked.profile)._replace(release=choice.release, notes=choice.notes)
    is_served = any(one.network == RWX.setting for one in cluster.networks)
    if is_served and asked.network != RWX.setting and choice.profile.shares_rwx:
        fix = f"leave out the {RWX.setting}, or the +rwx of the profile"
        raise BadInput("profile", choice.profile.name, f"shares what the {RWX.setting} is there for", fix, "conflict")
    return known_to_its_release(choice.on(asked.network))


def _planned(site: Site, group: Sequence[_Case], others: Sequence[Span]) -> tuple[list[PlannedNetwork], list[Unplaced]]:
    """The networks that share no address, placed, and those without a place."""
    cases = list(_widened(site, group, others))
    sized = [case for case in cases if case.target is not None or case.prefix_length is not None]
    left = [case.before.cidr.span for case in cases if case.before is not None and not _is_wider(case)]
    packing = pack([pool.span for pool in site.pools], [*others, *left], [case.item for case in sized])
    networks = []
    without = [case for case in cases if case.target is None and case.prefix_length is None]
    for case, block, held in zip(sized, packing.blocks, packing.held, strict=True):
        if block is None or held is None:
            without.append(case)
        else:
            networks.append(_network(case, block, held))
    spent = [one.range.cidr.span for one in networks]
    return networks, list(_unplaced(without, _largest(site, merged([*others, *left, *spent])) if without else None))


def _is_wider(case: _Case) -> bool:
    """Whether the range that a case goes to holds the one it leaves."""
    old, new = case.before, case.target
    return old is not None and new is not None and old.cidr.address == new.cidr.address


def _widened(site: Site, cases: Sequence[_Case], others: Sequence[Span]) -> Iterator[_Case]:
    """The cases; one that outgrew its range goes to a wider one at its address, where what is behind it is free."""
    starts = sorted([*(first for first, _ in others), *(span[0] for case in cases for span in case.stand.spans)])
    for case in cases:
        if case.before is None or case.prefix_length is None:
            yield case
            continue
        if not _is_wider(case):
            wider = _wider(site, case, case.before, starts)
            if isinstance(wider, str):
                case = case._replace(obstacle=wider)  # noqa: PLW2901  # the same case, with why it moves
            elif case.target is None:
                case = case._replace(target=wider)  # noqa: PLW2901  # the same case, with its place
        yield case


def _wider(site: Site, case: _Case, before: AddressRange, starts: Sequence[int]) -> AddressRange | str:
    """The narrowest range at the same address that fits, if all of it is free; otherwise what stands in its way.

    The first address of whatever is taken behind the old range tells: no block that starts before it reaches into what
    is behind, or it would hold the old range. What the old one excludes by hand stays excluded: it is another's.
    """
    old = before.cidr
    set_aside = case.asked.range_at(old).exclude
    by_hand = [one for one in before.exclude if one not in set_aside]
    pool = next(pool for pool in site.pools if pool.overlaps(old))
    behind = bisect_right(starts, old.last)
    nearest = starts[behind] if behind < len(starts) else pool.last + 1
    for length in range(old.prefix_length - 1, SHORTEST_PREFIX - 1, -1):
        block = Cidr(old.address, length)
        if block.has_host_bits:
            return f"a /{length} would begin before it"
        if block.last > pool.last:
            return f"its pool, {pool}, ends"
        if nearest <= block.last:
            return f"{address_text(nearest)} behind it is taken"
        place = AddressRange(case.asked.range_at(block), by_hand)
        if place.usable >= case.size.needed:
            return place
    return f"it would be larger than a /{SHORTEST_PREFIX}"


def _network(case: _Case, block: Cidr, held: Cidr) -> PlannedNetwork:
    place, asked = case.target or case.asked.range_at(block), case.asked
    setting = None
    if asked.vlan is not None:
        with within(case.stand.place):
            any_name = asked.cluster_network or "any"  # a VLAN that Harvester refuses is refused without one, too
            setting = setting_for(place, case.size.demand, asked.vlan, any_name)
    return PlannedNetwork(
        cluster=case.cluster.name,
        network=asked.network,
        range=place,
        size=case.size,
        reserved=held,
        status=_status(case),
        before=case.before,
        options=_options(case, place),
        is_in_force=asked.range == place,
        costs_outage=case.before is not None and asked.range is not None,
        setting=setting if asked.cluster_network is not None else None,
    )


def _options(case: _Case, place: AddressRange) -> tuple[str, ...]:
    """What there is to choose for a network that outgrew its range, and what it costs."""
    if case.before is None:
        return ()
    old, outage = case.before.cidr, NETWORKS[case.asked.network].outage
    if case.asked.range is None:
        outage = f"if it is in force already, {outage}"
    if _is_wider(case):
        other = f"or it moves to another free /{case.prefix_length}: the same, and every pod has another address"
        return f"{old} is widened in place to {place.cidr}: {outage}", other
    return f"{old} cannot be widened in place: {case.obstacle}", f"it moves to {place.cidr}: {outage}"


def _status(case: _Case) -> Status:
    if case.before is not None:
        return "outgrown" if _is_wider(case) else "moved"
    return "new" if case.target is None else "kept"


def _free(site: Site, taken: Sequence[Span]) -> Iterator[Span]:
    return (span for pool in site.pools for span in free_space(pool.span, taken))


def _largest(site: Site, taken: Sequence[Span]) -> int | None:
    """The prefix length of the largest free block; None where nothing is free [bits]."""
    return min((block.prefix_length for span in _free(site, taken) for block in cidrs(span)), default=None)


def _unplaced(cases: Iterable[_Case], largest: int | None) -> Iterator[Unplaced]:
    """Why the cases have no place; `largest` is the prefix length of the largest block that is left [bits]."""
    room = "nothing is free" if largest is None else f"the largest free block is a /{largest}"
    for case in cases:
        length, name, network = case.prefix_length, case.cluster.name, case.asked.network
        stays = f"; it stays in {case.before.cidr}, which is too small" if case.before else ""
        if length is None:
            reason = f"it needs {case.size.wanted} addresses, and a /{SHORTEST_PREFIX} has fewer{stays}"
            yield Unplaced(name, network, None, reason, "plan for less, or for several clusters", case.before)
        else:
            fix = f"add a pool with a free /{length}, or free a network of that size"
            yield Unplaced(name, network, length, f"no /{length} is left: {room}{stays}", fix, case.before)


def _notes(site: Site, cases: Sequence[_Case], networks: Sequence[PlannedNetwork]) -> Iterator[str]:
    """What is to be said of the whole plan: releases, pools without use, and reserves that are smaller than asked."""
    yield from dict.fromkeys(note for case in cases for note in case.choice.notes)
    reserved = dict(taken_networks(()))
    for pool in site.pools:
        yield from (f"Nothing is planned in {pool}: {reserved[one]}" for one in holding(pool) if one in reserved)
    asked: Mapping[str, int] = {case.stand.place: case.asked.reserve for case in cases}
    short = [
        place
        for one in networks
        for place, length in ((place_of(one.cluster, one.network), one.range.prefix_length),)
        if length - one.reserved.prefix_length < min(asked[place], length - SHORTEST_PREFIX)
    ]
    if short:
        yield f"{counted(len(short), 'network')} with a smaller reserve than asked for, for lack of room: {some(short)}"
