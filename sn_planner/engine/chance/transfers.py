"""Image transfers that come at random: how many run at once, how many of them would wait, how many be refused.

Theory. Transfers come each by itself, `per_hour` on average (Poisson), and each holds an address for `minutes` on
average. What they ask for is the load, a = per_hour · minutes / 60 [erlangs]. Three questions, three classical models:

  nobody ever waits (M/G/infinity)   how many run at once is a Poisson figure of mean a, whatever the durations'
                                     distribution
  who finds no address waits         C(c) = c·B(c) / (c - a·(1 - B(c))), Erlang C (M/M/c), for durations that are
                                     exponential; the mean wait over all transfers is C(c) · duration / (c - a)
  who finds no address gives up      B(c) = (a^c / c!) / Σ a^k / k!, k = 0 … c, Erlang B (M/G/c/c), whatever the
                                     durations' distribution

On a storage network a pod without an address waits: it stays in ContainerCreating and asks again. So Erlang C is the
rule, and Erlang B the bound for clients that give up; of as many addresses, C is never below B.

B is not summed but grown, B(0) = 1 and B(k) = a·B(k - 1) / (k + a·B(k - 1)): nothing is subtracted, errors of earlier
terms shrink, and neither a power nor a factorial overflows. In C the 1 - B is multiplied out: c - a + a·B. Both keep
their digits into the tail; below 1e-300, where floats run out of them, they are 0. Time: O(load) at most, for beyond
the load B soon is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

import attrs

from sn_planner.engine.chance.uncertain import Number, Uncertain
from sn_planner.errors import ABSENT, BadInput, NoAnswer
from sn_planner.model.durations import LONGEST, MINUTE
from sn_planner.model.fields import amount, share, whole

LARGEST_LOAD = 10**6  # [erlangs]
MOST_PLACES = 10**7  # [addresses]
_MOST_PER_HOUR = 10**9
_LONGEST = LONGEST // MINUTE  # a century, as for every duration [minutes]
_NOTHING = 1e-300  # smaller floats soon have no digits left


class Waiting(NamedTuple):
    """How likely a transfer waits for an address, and how long on average over all transfers [seconds]."""

    probability: float
    mean_wait: float


def _per_hour(value: Number) -> float:
    return _up_to(_MOST_PER_HOUR, "per_hour", value)


def _minutes(value: Number) -> float:
    return _up_to(_LONGEST, "minutes", value)


@attrs.frozen(kw_only=True)
class Transfers:
    """Image transfers that come at random: `per_hour` on average [1/h], each `minutes` long on average [min].

    `at_once` tells how many run at once where none ever waits, whatever the durations' distribution. On a storage
    network a pod without an address waits: `waiting` (Erlang C) says how likely and how long, and `places(waiting=…)`
    how many addresses that takes. `refused` (Erlang B) is for clients that give up instead. Raises BadInput for what is
    negative or no number, and for a load of more than 10^6 erlangs.

    >>> transfers = Transfers(per_hour=40, minutes=15)
    >>> transfers.load, transfers.at_once.quantile(0.99), transfers.places(waiting=0.01)
    (10.0, 18, 19)
    """

    per_hour: float = attrs.field(converter=_per_hour)
    minutes: float = attrs.field(converter=_minutes)

    def __attrs_post_init__(self) -> None:
        if self.load > LARGEST_LOAD:
            fix = f"let per_hour · minutes / 60 be at most {LARGEST_LOAD:,}"
            raise BadInput("load", self.load, "is too large", fix, "out-of-bounds")

    @property
    def load(self) -> float:
        """How many run at once on average, where none ever waits [erlangs]."""
        return float(self._exact_load)

    @property
    def _exact_load(self) -> Fraction:
        """As the figures are written: 40.8 an hour of 25 minutes are 17, and no bit less."""
        return amount("per_hour", self.per_hour) * amount("minutes", self.minutes) / 60

    @property
    def at_once(self) -> Uncertain:
        """How many run at once where none ever waits, true for durations of any distribution [transfers]."""
        return Uncertain.poisson(self.load)

    def refused(self, places: int) -> float:
        """The share of the transfers that is refused, with so many addresses [addresses], where whoever is gives up.

        Erlang B, true for durations of any distribution. On a storage network pods wait: there it is a lower bound of
        the share that waits, and `waiting` is the rule.

        >>> f"{Transfers(per_hour=40, minutes=15).refused(18):.6f}"
        '0.007142'
        """
        wanted = _places(places)
        return next(blocked for number, blocked in _refused(self.load) if number == wanted or not blocked)

    def waiting(self, places: int) -> Waiting:
        """How likely a transfer waits, with so many addresses [addresses], and how long on average [seconds].

        Erlang C: the rule on a storage network, where a pod without an address waits for it; for exponential durations.
        Raises NoAnswer where the load is not below the addresses: then the queue grows for ever.

        >>> probability, mean_wait = Transfers(per_hour=40, minutes=15).waiting(11)
        >>> f"{probability:.4f} wait, {mean_wait:.1f} s on average"
        '0.6821 wait, 613.9 s on average'
        """
        given = _places(places)
        if self._exact_load >= given:
            fix = f"give more than {self.load:g}"
            raise NoAnswer("places", given, "are no more than the load: the queue grows", fix, "demand-too-large")
        probability = _waiting(self.load, given, self.refused(given))
        return Waiting(probability, probability * self.minutes * MINUTE / (given - self.load))

    def places(self, *, refused: Number | None = None, waiting: Number | None = None) -> int:
        """The fewest addresses with which at most that share of the transfers waits, or is refused [addresses].

        Give exactly one. `waiting` is the rule on a storage network; `refused` is for clients that give up. Raises
        BadInput for a share that is not above 0 and at most 1.

        >>> Transfers(per_hour=40, minutes=15).places(refused=0.01)
        18
        """
        if (refused is None) == (waiting is None):
            problem, code = ("is missing", "missing") if waiting is None else ("and refused are both given", "conflict")
            raise BadInput("waiting", ABSENT, problem, "give either waiting or refused", code)
        if refused is not None:
            most = _positive("refused", refused)
            return next(number for number, blocked in _refused(self.load) if blocked <= most)
        most, load = _positive("waiting", waiting), self.load
        beyond = islice(_refused(load), int(load) + 1, None)
        return next(number for number, blocked in beyond if _waiting(load, number, blocked) <= most)


def _refused(load: float) -> Iterator[tuple[int, float]]:
    """Erlang B of 0, 1, 2, … addresses; from the first that is less than 1e-300 on it is 0."""
    number, blocked = 0, 1.0
    while True:
        yield number, blocked
        number += 1
        asked = load * blocked
        blocked = asked / (number + asked)
        if blocked < _NOTHING:
            blocked = 0.0


def _waiting(load: float, places: int, blocked: float) -> float:
    """Erlang C of more addresses than the load, from their Erlang B."""
    return places * blocked / (places - load + load * blocked)


def _up_to(most: int, field: str, value: object) -> float:
    exact = amount(field, value)
    if exact > most:
        raise BadInput(field, value, "is too large", f"give at most {most:,}", "out-of-bounds")
    return float(exact)


def _places(places: object) -> int:
    number = whole("places", places)
    if number > MOST_PLACES:
        raise BadInput("places", number, "is too large", f"give at most {MOST_PLACES:,}", "out-of-bounds")
    return number


def _positive(field: str, value: object) -> float:
    exact = share(field, value)
    if not exact:
        raise BadInput(field, value, "is reached by no number of addresses", "give a share above 0", "out-of-bounds")
    return float(exact)
