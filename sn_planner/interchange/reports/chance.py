"""What risk, transfers and runway say, as documents.

Rules: those of `tables`. A chance is told in percent where it can be read so, and as a number where it is tiny: what is
nearly certain is told by how unlikely the contrary is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from sn_planner.engine.chance.risk import CONFIDENCES, Risk
from sn_planner.engine.chance.transfers import MOST_PLACES
from sn_planner.interchange.reports.sentences import cluster_line, sources_table
from sn_planner.interchange.tables import Document, Part, Table
from sn_planner.model.ranges import SHORTEST_PREFIX, AddressRange, capacity, room_words
from sn_planner.model.words import FIGURES, counted

if TYPE_CHECKING:
    from sn_planner.engine.chance.runway import Runway
    from sn_planner.engine.chance.transfers import Transfers

_FIGURES = FIGURES | {"together": "nodes and disks only together"}
_TINY, _UNSEEN = 5e-4, 1e-9
Share = Fraction | Decimal


def chance_text(chance: float) -> str:
    """A probability to read.

    >>> chance_text(0.6633), chance_text(3.2e-12), chance_text(0.99999), chance_text(0.0)
    ('66.3 %', '3.2e-12', '> 99.9 %', '0')
    """
    if 0 < chance < _TINY:
        return f"{chance:.2g}"
    if 1 - _TINY < chance < 1:
        return "> 99.9 %"
    return f"{100 * chance:.3g} %" if chance else "0"


def percent(share: Share) -> str:
    """A share that somebody gave, in percent, digit by digit.

    >>> percent(Decimal("0.975")), percent(Fraction(9999999, 10000000)), percent(Decimal(1))
    ('97.5 %', '99.99999 %', '100 %')
    """
    return f"{_plain(Fraction(share) * 100)} %"


def _plain(number: Fraction) -> str:
    """A decimal number without an exponent."""
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def risk_document(risk: Risk, confidence: Share, place: AddressRange | None) -> Document:
    """How likely the range holds the demand, or which prefix does with the confidence that is asked for."""
    enough, length = risk.quantile(confidence), _accepted(risk.prefix_length(confidence))
    ok = length is not None if place is None else place.usable >= enough
    levels = sorted({*(Fraction(str(one)) for one in CONFIDENCES), Fraction(confidence)})
    rows = [(one, risk.quantile(one), risk.prefix_length(one)) for one in levels]
    shares = sorted(risk.drivers().items(), key=lambda one: -one[1])
    drivers = [[_FIGURES[name], chance_text(part)] for name, part in shares if part]
    by_confidence = [[percent(one), count, _slash(prefix)] for one, count, prefix in rows]
    parts: list[Part] = [
        f"On average {risk.mean:.4g} addresses are needed, {risk.std:.3g} up or down, by {risk.profile.name}.",
        Table(("confidence", "addresses", "prefix"), by_confidence),
        Table(("prefix, whole", "is the longest that holds", "is too small"), list(_prefixes(risk))),
    ]
    if drivers:
        parts.append(Table(("whose uncertainty the spread comes from", "share"), drivers))
    if length is not None:
        parts.append(f"To plan with it: suggest --at-least {enough}")
    cut = f"What was cut off the figures has a chance of less than {risk.left_out:.1g}, and counts as too large."
    asked = ["", "", ""] if place is None else [str(place.cidr), risk.holds(place), risk.exceeds(place)]
    headers = ("confidence", "addresses", "prefix_length", "range", "holds", "exceeds")
    quantiles = {_plain(one): count for one, count, _ in rows}
    return Document(
        "risk",
        ok,
        risk.to_dict(place) | {"usable": place and place.usable, "quantiles": quantiles},
        Table(headers, [[float(one), count, prefix, *asked] for one, count, prefix in rows]),
        _risk_answer(risk, confidence, place),
        tuple(parts),
        (*risk.notes, *([cut] if risk.left_out else [])),
        lambda: (sources_table(risk.profile.consumers),),
        picture=risk.plot,
    )


def _risk_answer(risk: Risk, confidence: Share, place: AddressRange | None) -> str:
    """The verdict: of the range, or of the longest prefix that Harvester accepts."""
    enough, wanted, length = risk.quantile(confidence), percent(confidence), _accepted(risk.prefix_length(confidence))
    holder = "which no range that Harvester accepts has" if length is None else f"a /{length}"
    if place is None:
        return f"{enough} addresses, {holder}, are enough with {wanted} confidence."
    needed = f"{enough} addresses are needed" + ("" if place.exclude else f", {holder},")
    verdict = "is enough" if place.usable >= enough else f"is too small: {needed}"
    return (
        f"{place.cidr}, {place.usable} usable, {verdict} for {wanted} confidence.\nIt holds the demand with a "
        f"chance of {chance_text(risk.holds(place))}, and is too small with {chance_text(risk.exceeds(place))}."
    )


def _prefixes(risk: Risk) -> Iterator[list[str]]:
    """Each prefix that may be needed: how likely it is the longest that holds, and how likely it is too small."""
    for length, chance in risk.by_prefix().items():
        if chance < _UNSEEN:  # JSON has it
            continue
        above = 0.0 if length is None else risk.required.exceeds(capacity(length))
        yield [_slash(length) or "none", chance_text(chance), chance_text(above)]


def transfers_document(work: Transfers, places: int, wanted: Share | None) -> Document:
    """How many image transfers run at once, and how long those wait that find no address."""
    load, waiting = work.load, work.waiting(places)
    ok = wanted is None or waiting.probability <= wanted
    told = "" if wanted is None else f", {percent(wanted)} allowed"
    would = places if wanted is None or ok else work.places(waiting=wanted)
    told += "" if ok else f": {would} addresses would do"
    answer = (
        f"With {counted(places, 'address')} {chance_text(waiting.probability)} of the image transfers wait{told}.\n"
        f"The wait is {waiting.mean_wait:.3g} s on average over all. "
        f"{load:g} run at once on average: {float(work.per_hour):g} an hour of {float(work.minutes):g} minutes each."
    )
    about = sorted({*range(max(places - 3, int(load) + 1, 1), min(places + 3, MOST_PLACES) + 1), places})
    rows = [[one, work.refused(one), *work.waiting(one)] for one in about]
    people = Table(
        ("addresses", "wait", "mean wait", "would be refused", "more run at once, if none waits"),
        [
            [one, chance_text(wait), f"{mean:.3g} s", chance_text(refused), chance_text(work.at_once.exceeds(one))]
            for one, refused, wait, mean in rows
        ],
    )
    data = {
        "load": load,
        "places": places,
        "refused": work.refused(places),
        "waiting": waiting.probability,
        "mean_wait_seconds": waiting.mean_wait,
        "enough": would,
    }
    why = "A pod without an address waits (Erlang C); refused were those that would give up at once (Erlang B)."
    main = Table(("places", "refused", "waiting", "mean_wait_seconds"), rows)
    return Document("transfers", ok, data, main, answer, (people, why, f"To plan with it: suggest --images {would}"))


def runway_document(way: Runway, chances: Sequence[Share]) -> Document:
    """When the range is too small, and each wider one at its address."""
    last, reached = f"by {way.end}", {percent(one): way.date(one) for one in chances}
    if way.random:
        ok = reached[percent(chances[0])] is None
        likely = "" if way.full_on is None else f", and as likely as not from {way.full_on} on"
        verdict = f"is too small {last} with a chance of {chance_text(way.chance(way.end))}{likely}"
    else:
        ok = way.full_on is None
        verdict = f"is not too small {last}" if ok else f"is too small from {way.full_on} on"
    takes = ", ".join(f"{each:g} by {name}" for name, each in way.a_year.items())
    answer = (
        f"{way.range.cidr} {verdict}.\n{cluster_line(way.demand.cluster)} "
        f"{room_words(way.usable, way.required)}; from {way.start} on {way.growth}."
    )
    parts: list[Part] = [
        _ranges(way, chances if way.random else (), f"not {last}"),
        f"The growth takes {sum(way.a_year.values()):g} addresses a year: {takes}." if takes else "Nothing grows.",
    ]
    if way.random:
        shown = dict((*way.chances[::4], way.chances[-1]))
        yearly = [[day, chance_text(chance)] for day, chance in shown.items()]
        parts.append(Table(("by", "too small with a chance of"), yearly))
    ranges = (way, *way.wider)
    rows = [[str(one.range.cidr), one.usable, one.full_on, *map(one.date, chances)] for one in ranges]
    by_chance = {_plain(Fraction(one)): day and str(day) for one, day in zip(chances, reached.values(), strict=True)}
    data = {"profile": way.demand.profile.name} | way.to_dict() | {"by_chance": by_chance}
    main = Table(("range", "usable", "full_on", *(f"with_{_plain(Fraction(one))}" for one in chances)), rows)
    return Document(
        "runway",
        ok,
        data,
        main,
        answer,
        tuple(parts),
        way.demand.notes,
        lambda: (sources_table(way.demand.profile.consumers),),
        picture=way.plot,
    )


def _ranges(way: Runway, chances: Sequence[Share], never: str) -> Table:
    """The range and each wider one, with the days by which some chances are reached."""
    headers = ("range", "usable", "too small on", *(f"with {percent(one)} by" for one in chances))
    rows = [
        [str(one.range.cidr), one.usable, one.full_on or never, *(one.date(share) or never for share in chances)]
        for one in (way, *way.wider)
    ]
    return Table(headers, rows)


def _accepted(prefix_length: int | None) -> int | None:
    """A prefix that Harvester accepts, or None [bits]."""
    return None if prefix_length is None or prefix_length < SHORTEST_PREFIX else prefix_length


def _slash(prefix_length: int | None) -> str | None:
    return None if prefix_length is None else f"/{prefix_length}"
