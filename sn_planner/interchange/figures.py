"""Uncertain figures, shares and growth as people type them.

Rules: a figure is a count (`5`), any of some (`2..4`), counts with their probabilities or whole-number weights
(`5=0.5,6=0.3,8=20%`), or a distribution by name (`poisson(4)`, `binomial(10,0.3)`, `triangular(2,3,6)`,
`samples(3,4,4,7)`). Numbers are decimal, or in percent. What cannot be read is refused with the forms that can.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sn_planner.errors import BadInput, within
from sn_planner.model.fields import known_key, whole_from_text

if TYPE_CHECKING:
    from sn_planner.engine.chance.runway import Growth
    from sn_planner.engine.chance.uncertain import Uncertain

FORMS = "write it like 5, 2..4, 5=0.5,6=0.3,8=0.2 or poisson(4)"
_CALL = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?(e-?[0-9]{1,3})?")
_LONGEST = 100_000  # of a figure's text [characters]
_A_YEAR = {"y": 1, "m": 12}  # how often a year the unit of a rate comes


def number_from(field: str, text: str) -> Decimal:
    """The decimal number in a text."""
    if not _NUMBER.fullmatch(text.strip()):
        raise BadInput(field, text, "is no number", "write it like 40 or 0.5", "wrong-type")
    return Decimal(text.strip())


def _part_from(field: str, text: str) -> Decimal:
    """The number in a text, in percent where it ends so."""
    plain = text.strip()
    return number_from(field, plain.removesuffix("%").rstrip()) / (100 if plain.endswith("%") else 1)


DISTRIBUTIONS: dict[str, tuple[Callable[[str, str], Any], ...]] = {
    "poisson": (number_from,),
    "binomial": (whole_from_text, _part_from),
    "between": (whole_from_text, whole_from_text),
    "triangular": (whole_from_text, whole_from_text, whole_from_text),
    "samples": (),  # as many counts as there are
}
"""The distributions that have a name, each with how its numbers are read."""


def share_from(field: str, text: str) -> Decimal:
    """A share from 0 to 1, or in percent.

    >>> share_from("--confidence", "99.9%")
    Decimal('0.999')
    """
    number = _part_from(field, text)
    if not 0 <= number <= 1:
        raise BadInput(field, text, "is not a share", "give 0 to 1, or 0% to 100%", "out-of-bounds")
    return number


def figure_from(field: str, text: str) -> Uncertain:
    """The figure that a text means.

    >>> figure_from("--nodes", "2..4").mean, figure_from("--nodes", "5=50%,6=50%").quantile(1)
    (3.0, 6)
    """
    from sn_planner.engine.chance.uncertain import Uncertain, figure

    if len(text) > _LONGEST:
        raise BadInput(field, text, "is too long", "round the values, or give weights to some", "too-many")
    with within(field):
        if call := _CALL.fullmatch(text):
            return _named(call[1], [part.strip() for part in call[2].split(",")])
        if ".." in text:
            low, high = (whole_from_text("value", part.strip()) for part in text.split("..", 1))
            return Uncertain.between(low, high)
        if "=" in text:
            return Uncertain(_chances(text))
        if not text.strip().lstrip("-").isdecimal():
            raise BadInput("figure", text, "is none", FORMS, "unreadable")
        return figure("value", whole_from_text("value", text.strip()))


def _chances(text: str) -> dict[int, Any]:
    chances: dict[int, Any] = {}
    for part in text.split(","):
        value, sign, weight = part.partition("=")
        if not sign:
            raise BadInput("figure", part, "has no probability", FORMS, "unreadable")
        count = whole_from_text("value", value.strip())
        if count in chances:
            raise BadInput("value", count, "is there twice", "give every value one probability", "duplicate")
        is_weight = weight.strip().isdecimal()
        chances[count] = whole_from_text("weight", weight.strip()) if is_weight else _part_from("probability", weight)
    return chances


def _named(name: str, given: list[str]) -> Uncertain:
    from sn_planner.engine.chance.uncertain import Uncertain

    readers = DISTRIBUTIONS[known_key("distribution", name, DISTRIBUTIONS)] or (whole_from_text,) * len(given)
    if len(given) != len(readers):
        problem = f"has {len(given)} numbers, not {len(readers)}"
        raise BadInput(name, ",".join(given), problem, "write it like poisson(4) or triangular(2,3,6)", "unreadable")
    numbers = [read("value", text) for read, text in zip(readers, given, strict=True)]
    return Uncertain.of_samples(numbers) if name == "samples" else getattr(Uncertain, name)(*numbers)


def growth_from(field: str, text: str) -> Growth:
    """What comes in a year, like nodes=2/y,disks=4/y or images=1/m: a year or a month.

    >>> str(growth_from("--grow", "nodes=2/y,images=1/m"))
    '2 nodes, 12 images a year'
    """
    from sn_planner.engine.chance.runway import Growth

    rates: dict[str, Any] = {}
    with within(field):
        for part in text.split(","):
            name, _, rate = part.partition("=")
            name = known_key("thing", name.strip(), ("nodes", "disks", "images"))
            number, _, unit = rate.strip().partition("/")
            if name in rates:
                raise BadInput(name, rate, "is there twice", "give one rate", "duplicate")
            if unit not in _A_YEAR:
                raise BadInput(
                    name, rate, "has no unit", f"write {name}=2/y for two a year, or /m for a month", "unreadable"
                )
            rates[name] = number_from(name, number) * _A_YEAR[unit]
        return Growth(**rates)
