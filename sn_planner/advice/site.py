"""An address plan for a whole site: the ranges of all networks of all clusters, in pools that they share.

Rules: what is in force or was planned before stays where it is as long as it holds what its cluster needs. Where it no
longer does it is widened in place, if what is behind it is free, and moved otherwise: either costs an outage, which is
told. New ranges are placed by `engine.packing`: all of them, whenever any placement exists. No two ranges of a cluster
share an address [C harvester pkg/webhook/resources/setting/validator.go], nor do those of two clusters, unless the site
is isolated. A range that is left stays taken until the site says that its successor is in force. So planning a plan
again changes nothing, and neither more clusters nor their order move what stands.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from sn_planner.advice.site_faults import Stand, is_its_own, require_sound, taken_by_others
from sn_planner.advice.site_plan import Kept, PlannedNetwork, SitePlan, Status, Unplaced
from sn_planner.advice.sizing import Size, known_to_its_release, setting_for, size_of
from sn_planner.advice.taken import taken_networks
from sn_planner.engine.packing import Item, pack, reserves
from sn_planner.engine.space import free_space
from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.model.cidr import IPV4_BITS, LAST_ADDRESS, Cidr, Span, address_text, cidrs, holding, merged
from sn_planner.model.demand import Choice, choose
from sn_planner.model.fields import list_of
from sn_planner.model.networks import NETWORKS, RWX
from sn_planner.model.ranges import SHORTEST_PREFIX, AddressRange
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
    def item(self) -> Item | None:
        """What is packed; None where no range is large enough."""
        if self.target is not None:
            return Item(self.target.prefix_length, self.asked.reserve, self.target.cidr.address)
        length = self.size.longest_prefix
        return None if length is None else Item(length, self.asked.reserve)

    @property
    def is_wider(self) -> bool:
        """Whether the range that it goes to holds the one it leaves."""
        old, new = self.before, self.target
        return old is not None and new is not None and old.cidr.address == new.cidr.address

    def fits(self, place: AddressRange | None) -> bool:
        """Whether a range that is there holds what the cluster takes; small headroom is no reason to move."""
        return place is not None and place.usable >= self.size.least


class _Ground(NamedTuple):
    """The pools of a site, what of them others have, in order, and the networks in use, in order."""

    pools: frozenset[Cidr]
    others: Sequence[Span]
    in_use: Sequence[Cidr]


class _Lot(NamedTuple):
    """Networks that share no address, and where they are placed: in the pools, out of what is taken."""

    cases: Sequence[_Case]
    pools: Sequence[Span]
    taken: Sequence[Span]


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
    pools = [pool.span for pool in site.pools]
    lots = _apart(cases, pools, others) if site.isolated else [_Lot(cases, pools, others)]
    # in order for those that look behind them, and a long address plan need not be sorted for the others
    in_use = sorted(site.in_use) if any(case.before for case in cases) else []
    ground = _Ground(frozenset(site.pools), others, in_use)
    parts = [_planned(lot, ground) for lot in lots]
    networks = tuple(one for planned, _ in parts for one in planned)
    unplaced = tuple(one for _, left in parts for one in left)
    held = [one.reserved.span for one in networks] + [span for stand in stands for span in stand.spans]
    free = tuple(_free(pools, merged([*others, *held])))
    return SitePlan(site, networks, unplaced, free, (*site.notes, *notes, *_notes(site, cases, networks)))


def blocks_in_force(site: Site) -> list[Cidr]:
    """The ranges that a site has in force, each with the reserve behind it as far as that is free."""
    pools = [pool.span for pool in site.pools]
    stands = [(asked.range.cidr, asked.reserve) for _, asked in site.networks if asked.range is not None]
    known = frozenset(site.pools)
    inside = [(one, reserve) for one, reserve in stands if any(holding(one, known))]
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


def _apart(cases: Iterable[_Case], pools: Iterable[Span], others: Sequence[Span]) -> Iterator[_Lot]:
    """A lot for each cluster, with the few holes it can have a part in: not each of them reads the whole site.

    Those are the holes around its ranges, and of each size the first ones, as many as it has networks.
    """
    holes = [hole for span in _free(sorted(pools), others) for hole in cidrs(span)]
    by_size: defaultdict[int, list[Cidr]] = defaultdict(list)
    for hole in holes:
        by_size[hole.prefix_length].append(hole)
    for _, group in groupby(cases, lambda case: case.cluster.name):
        lot = list(group)
        there = [span for case in lot for span in case.stand.spans]
        nearby = {hole for of_one_size in by_size.values() for hole in of_one_size[: len(lot) + len(there)]}
        for first, last in there:
            start = max(bisect_right(holes, (first, IPV4_BITS)) - 1, 0)  # the hole that holds the range, if one does
            nearby.update(holes[start : bisect_right(holes, (last, IPV4_BITS))])
        yield _Lot(lot, [hole.span for hole in nearby], [])


def _planned(lot: _Lot, ground: _Ground) -> tuple[list[PlannedNetwork], list[Unplaced]]:
    """The networks of a lot, placed, and those without a place."""
    cases = list(_widened(lot.cases, ground))
    items = {place: case.item for place, case in enumerate(cases)}
    left = [case.before.cidr.span for case in cases if case.before is not None and not case.is_wider]
    packing = pack(lot.pools, [*lot.taken, *left], [item for item in items.values() if item is not None])
    found = iter(zip(packing.blocks, packing.held, strict=True))
    networks, without = [], []
    for place, case in enumerate(cases):
        block, held = (None, None) if items[place] is None else next(found)
        if block is None or held is None:
            without.append(case)
        else:
            networks.append(_network(case, block, held))
    spent = [one.range.cidr.span for one in networks]
    largest = _largest(lot.pools, merged([*lot.taken, *left, *spent])) if without else None
    return networks, list(_unplaced(without, largest))


def _widened(cases: Sequence[_Case], ground: _Ground) -> Iterator[_Case]:
    """The cases; one that outgrew its range goes to a wider one at its address, where what is behind it is free."""
    starts = sorted(first for case in cases for first, _ in case.stand.spans)
    for case in cases:
        if case.before is None or case.size.longest_prefix is None or case.is_wider:
            yield case
            continue
        wider = _wider(case, case.before, ground, starts)
        if isinstance(wider, str):
            yield case._replace(obstacle=wider)
        else:
            yield case if case.target is not None else case._replace(target=wider)


def _wider(case: _Case, before: AddressRange, ground: _Ground, starts: Sequence[int]) -> AddressRange | str:
    """The narrowest range at the same address that fits, if all of it is free; otherwise what stands in its way.

    The first address of whatever is taken behind the old range tells: no block that starts before it reaches into what
    is behind, or it would hold the old range. What the old one excludes by hand stays excluded, it is another's; and so
    does what others have of its last address, which no pod could have.
    """
    old = before.cidr
    set_aside = case.asked.range_at(old).exclude
    by_hand = [one for one in before.exclude if one not in set_aside]
    pool = next(holding(old, ground.pools))
    own, other = bisect_right(starts, old.last), bisect_right(ground.others, (old.last, LAST_ADDRESS))
    behind = [*starts[own : own + 1], *(first for first, _ in ground.others[other : other + 1])]
    nearest = min(behind, default=LAST_ADDRESS + 1)
    for length in range(old.prefix_length - 1, SHORTEST_PREFIX - 1, -1):
        block = Cidr(old.address, length)
        if block.has_host_bits:
            return f"a /{length} would begin before it"
        if block.last > pool.last:
            return f"its pool, {pool}, ends"
        if nearest <= block.last:
            return f"{address_text(nearest)} behind it is taken"
        place = AddressRange(case.asked.range_at(block), [*by_hand, *_of_others(old, block, ground)])
        if place.usable >= case.size.needed:
            return place
    return f"it would be larger than a /{SHORTEST_PREFIX}"


def _of_others(old: Cidr, block: Cidr, ground: _Ground) -> Iterator[str]:
    """The networks in use within an old range that pods of the wider block could have addresses of."""
    inside = ground.in_use[bisect_left(ground.in_use, old) : bisect_right(ground.in_use, Cidr(old.last, IPV4_BITS))]
    return (str(one) for one in inside if one != old and not is_its_own(one, AddressRange(block)))


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
    if case.is_wider:
        other = f"or it moves to another free /{case.size.longest_prefix}: the same, and every pod has another address"
        return f"{old} is widened in place to {place.cidr}: {outage}", other
    return f"{old} cannot be widened in place: {case.obstacle}", f"it moves to {place.cidr}: {outage}"


def _status(case: _Case) -> Status:
    if case.before is not None:
        return "outgrown" if case.is_wider else "moved"
    return "new" if case.target is None else "kept"


def _free(pools: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    return (span for pool in pools for span in free_space(pool, taken))


def _largest(pools: Iterable[Span], taken: Sequence[Span]) -> int | None:
    """The prefix length of the largest free block; None where nothing is free [bits]."""
    return min((block.prefix_length for span in _free(pools, taken) for block in cidrs(span)), default=None)


def _unplaced(cases: Iterable[_Case], largest: int | None) -> Iterator[Unplaced]:
    """Why the cases have no place; `largest` is the prefix length of the largest block that is left [bits]."""
    room = "nothing is free" if largest is None else f"the largest free block is a /{largest}"
    for case in cases:
        length, name, network = case.size.longest_prefix, case.cluster.name, case.asked.network
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
    counting = {case.cluster.name for case in cases if case.size.demand.profile.shares_rwx}
    given = [one.name for one in site.clusters if one.cluster.rwx_volumes is not None]
    if idle := [name for name in given if name not in counting]:
        yield f"rwx_volumes changes nothing in {some(idle)}: no network of theirs counts them"
    reserved = dict(taken_networks(()))
    for pool in site.pools:
        yield from (f"Nothing is planned in {pool}: {reserved[one]}" for one in holding(pool, reserved))
    asked: Mapping[str, int] = {case.stand.place: case.asked.reserve for case in cases}
    short = [
        place
        for one in networks
        for place, length in ((place_of(one.cluster, one.network), one.range.prefix_length),)
        if length - one.reserved.prefix_length < min(asked[place], length - SHORTEST_PREFIX)
    ]
    if short:
        yield f"{counted(len(short), 'network')} with a smaller reserve than asked for, for lack of room: {some(short)}"
