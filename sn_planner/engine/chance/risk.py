"""How likely a range holds a cluster whose figures nobody knows for certain.

Theory. The demand is linear: with N nodes, D disks of all nodes together, I transfers and R RWX volumes,

    (1)  required = a·N + b·D + c·I + r·R + k

with the weights of a profile. Its distribution is found by *folding*: of two figures that know nothing of each other
the sum is s with the probability of all pairs that make up s. Disks are counted on each node. Either every node has the
same unknown number d of them ("together": the machines are of one kind, which one is open), then D = N·d; or every node
has its own ("apart"), then D is the sum of N numbers drawn alike, and with h the distribution of a + b·d the part of
the nodes is the mixture, over the values n of N, of h folded n times.

Folding adds and multiplies numbers that are not negative, so each probability is right to about twelve digits, however
small (see `uncertain`). A fast Fourier transform would be right to twelve digits of the largest of them only.

Variance. Whose uncertainty the spread comes from follows from the moments, means m and variances v, alone. Together,

    (2)  V = (a + b·m_d)²·v_N + (b·m_N)²·v_d + b²·v_N·v_d + c²·v_I + r²·v_R

where the third term is what nodes and disks do only both at once. Apart, the disks of the j-th node count where there
are j nodes: with P_j = P(N >= j) the second and the third term are b²·v_d·ΣP_j² and b²·v_d·Σ(P_j - P_j²).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import gcd
from typing import TYPE_CHECKING, Any, Literal, get_args

import attrs
import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.chance.uncertain import LARGEST_VALUE, Chances, Number, Uncertain, figure
from sn_planner.errors import ABSENT, BadInput
from sn_planner.model.demand import choose, with_repository
from sn_planner.model.fields import known_key
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.profiles import Profile, rwx_volumes_or_assumed
from sn_planner.model.ranges import AddressRange, RangeLike, prefix_for
from sn_planner.model.releases import Release
from sn_planner.model.words import FIGURES

if TYPE_CHECKING:
    import pandas

    from sn_planner.interchange.plots import Axes, Picture

Vary = Literal["together", "apart"]
VARY: tuple[Vary, ...] = get_args(Vary)
CONFIDENCES = (0.5, 0.9, 0.95, 0.99, 0.999)
_MOST_PAIRS = 10**7  # of values, written out one by one
_MOST_CELLS = 2 * 10**7  # of an array with a place for every sum
_MOST_PRODUCTS = 2 * 10**9  # multiplied in one question: a second or two
_FEW_PAIRS = 4096
_LOST = 1e-300  # far more than all products together that are too small for a float


@attrs.frozen(repr=False, slots=False)  # with cached properties, slots break help() on Python 3.13
class Risk:
    """The demand of a cluster whose figures are uncertain, and how likely ranges hold it.

    `required` is the distribution of the demand at an upgrade's peak [addresses], by `profile`.
    """

    nodes: Uncertain
    disks_per_node: Uncertain
    images: Uncertain
    rwx_volumes: Uncertain
    profile: Profile
    release: Release | None
    disks_vary: Vary
    required: Uncertain
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> NDArray[np.int64]:
        """Every demand that can be, in order [addresses]."""
        return self.required.values

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The probability of each of `values`."""
        return self.required.probabilities

    @property
    def left_out(self) -> float:
        """A bound of the probability of all that was cut off; it counts against every range."""
        return self.required.left_out

    @property
    def mean(self) -> float:
        """The demand on average [addresses]."""
        return self.required.mean

    @property
    def std(self) -> float:
        """The standard deviation of the demand [addresses]."""
        return self.required.std

    def holds(self, range: RangeLike) -> float:
        """The probability that a range, with its excludes, holds the demand; raises BadInput for an unusable range."""
        return self.required.at_most(AddressRange(range).usable)

    def exceeds(self, range: RangeLike) -> float:
        """The probability that the demand exceeds a range, to twelve digits however small it is."""
        return self.required.exceeds(AddressRange(range).usable)

    def quantile(self, confidence: Number) -> int:
        """The addresses that are enough with that probability [addresses].

        Raises BadInput unless 0 <= confidence <= 1, NoAnswer where only a demand without bound would do.
        """
        return self.required.quantile(confidence)

    def prefix_length(self, confidence: Number) -> int | None:
        """The longest prefix that holds the demand with that probability; None where no IPv4 range does [bits]."""
        return prefix_for(self.quantile(confidence))

    def by_prefix(self) -> dict[int | None, float]:
        """How likely each prefix is the longest that holds the demand; None stands for no IPv4 range."""
        chances: dict[int | None, float] = {}
        start, values = 0, self.required.values
        while start < len(values):
            length = prefix_for(int(values[start]))
            most = np.iinfo(np.int64).max if length is None else (1 << (32 - length)) - 2
            end = int(np.searchsorted(values, most, "right"))
            chances[length] = min(float(self.required.probabilities[start:end].sum()), 1.0)
            start = end
        return chances

    def drivers(self) -> dict[str, float]:
        """Whose uncertainty the spread comes from: shares of the variance, by equation (2), which sum to 1.

        `together` is what nodes and disks do only both at once. All are 0 where nothing is uncertain.
        """
        parts = self._variances
        total = sum(parts.values())
        return {name: part / total if total else 0.0 for name, part in parts.items()}

    @cached_property
    def _variances(self) -> dict[str, float]:
        """The terms of equation (2) [addresses squared]."""
        weights, nodes, disks = self.profile.weights("versions"), self.nodes, self.disks_per_node
        a, b = weights["node"], weights["disk"]
        if self.disks_vary == "together":
            alone, both = nodes.mean**2, nodes.variance
        else:
            there = np.cumsum(nodes.probabilities[::-1])[::-1]  # the chance of as many nodes as each value, or more
            steps = np.diff(nodes.values, prepend=0)
            alone = float(there**2 @ steps)
            both = float(there * _fewer(nodes.probabilities) @ steps)
        parts = {
            "nodes": (a + b * disks.mean) ** 2 * nodes.variance,
            "disks_per_node": b * b * disks.variance * alone,
            "images": weights["image"] ** 2 * self.images.variance,
            "rwx_volumes": weights["rwx-volume"] ** 2 * self.rwx_volumes.variance,
            "together": b * b * disks.variance * both,
        }
        if not weights["rwx-volume"]:
            del parts["rwx_volumes"]
        return parts

    def plot(self, ax: Axes | None = None) -> Picture:
        """The distribution, as `sn_planner.plots.distribution` draws it; it shows itself in a notebook."""
        from sn_planner.interchange.plots import Picture, distribution

        return Picture(distribution(self, ax))

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame of the demands [addresses] and their probabilities; MissingExtraError without pandas."""
        rows = zip(self.values.tolist(), self.probabilities.tolist(), strict=True)
        return Rows(("required [addresses]", "probability"), list(rows)).frame()

    def to_dict(self, range: RangeLike | None = None) -> dict[str, Any]:
        """Plain data for JSON, with the chances of a range where one is given."""
        return {
            "profile": self.profile.name,
            "mean": self.mean,
            "std": self.std,
            "quantiles": {str(one): self.quantile(one) for one in CONFIDENCES},
            "by_prefix": {"none" if one is None else str(one): chance for one, chance in self.by_prefix().items()},
            "range": None if range is None else str(AddressRange(range).cidr),
            "holds": None if range is None else self.holds(range),
            "exceeds": None if range is None else self.exceeds(range),
            "drivers": self.drivers(),
            "left_out": self.left_out,
        }

    def __repr__(self) -> str:
        enough = self.quantile(0.99)
        return f"Risk(mean={self.mean:g}, std={self.std:g}, enough for 99 %: {enough}, profile={self.profile.name!r})"

    def _repr_html_(self) -> str:
        enough = [(f"{100 * one:g} %", self.quantile(one), self.prefix_length(one)) for one in CONFIDENCES]
        sources = [(FIGURES.get(name, name), 100 * share) for name, share in self.drivers().items() if share]
        spread = f"{self.mean:.4g} on average, {self.std:.3g} up or down ({self.profile.name}: {self.profile.formula})"
        return html(
            f"{self.quantile(0.99)} addresses are enough with 99 % confidence; {spread}",
            Rows(("confidence", "required [addresses]", "prefix_length [bits]"), enough),
            folded=[Rows(("figure", "share_of_the_variance [%]"), sources, "Whose uncertainty the spread comes from")],
            notes=self.notes,
        )


def risk(
    nodes: int | Chances | Uncertain,
    disks_per_node: int | Chances | Uncertain = 0,
    images: int | Chances | Uncertain = 0,
    *,
    rwx_volumes: int | Chances | Uncertain | None = None,
    disks_vary: Vary = "together",
    profile: str | Profile | None = None,
    harvester: str | None = None,
) -> Risk:
    """The demand of a cluster with uncertain figures: exact, by folding their distributions [addresses].

    Each figure is a count, chances for counts, or Uncertain: nodes that run Longhorn [nodes], Longhorn disks on each
    [disks], transfers at once [images] and running RWX volumes [volumes] (None: not known). They know nothing of each
    other. `disks_vary` "together": all nodes have the same unknown number of disks; "apart": each has its own. The
    profile is chosen as by `demand`. Raises BadInput for figures that are none, and where there would be too many sums.
    Source: that of `demand`, whose formula this is.

    >>> asked = risk({5: 0.5, 6: 0.3, 8: 0.2}, {2: 0.6, 3: 0.3, 4: 0.1}, Uncertain.poisson(4))
    >>> asked.quantile(0.99), asked.prefix_length(0.99), round(asked.holds("172.16.0.0/26"), 4)
    (100, 25, 0.6633)
    >>> {name: round(share, 3) for name, share in asked.drivers().items()}
    {'nodes': 0.602, 'disks_per_node': 0.361, 'images': 0.023, 'together': 0.013}
    """
    known_key("disks_vary", disks_vary, VARY)
    choice = choose(profile, harvester)
    volumes = rwx_volumes_or_assumed(None) if rwx_volumes is None else rwx_volumes
    given = {"nodes": nodes, "disks_per_node": disks_per_node, "images": images, "rwx_volumes": volumes}
    figures = {name: figure(name, value) for name, value in given.items()}
    counted = with_repository(choice.profile, choice.release, None if rwx_volumes is None else 1)
    required = _required(counted, figures, disks_vary)
    return Risk(
        **figures,
        profile=counted,
        release=choice.release,
        disks_vary=disks_vary,
        required=required,
        notes=choice.notes,
    )


def _required(profile: Profile, figures: Mapping[str, Uncertain], disks_vary: Vary) -> Uncertain:
    """Equation (1) for figures that are distributions."""
    weights = profile.weights("versions")
    nodes, disks = figures["nodes"], figures["disks_per_node"]
    a, b = weights["node"], weights["disk"]
    largest = {name: int(one.values[-1]) for name, one in figures.items()}
    most = largest["nodes"] * (a + b * largest["disks_per_node"]) + weights["image"] * largest["images"]
    if (most := most + weights["rwx-volume"] * largest["rwx_volumes"]) >= LARGEST_VALUE:
        raise BadInput("figures", ABSENT, f"would take {most:.1e} addresses", "give smaller ones", "too-many")
    is_one = disks_vary == "together" or disks.is_certain or not b
    parts = [_together(nodes, disks, a, b) if is_one else _apart(nodes, disks, a, b)]
    parts += [
        Uncertain.unchecked(weight * one.values, one.probabilities, one.left_out)
        for weight, one in ((weights["image"], figures["images"]), (weights["rwx-volume"], figures["rwx_volumes"]))
        if weight
    ]
    total, *others = sorted(parts, key=lambda one: int(one.values[-1] - one.values[0]))
    for one in others:
        total = folded(total, one)
    return Uncertain.unchecked(total.values + weights["cluster"], total.probabilities, total.left_out)


def _together(nodes: Uncertain, disks: Uncertain, a: int, b: int) -> Uncertain:
    """n·(a + b·d) for every pair."""
    _bounded(len(nodes.values) * len(disks.values), _MOST_PAIRS)
    sums = np.multiply.outer(nodes.values, a + b * disks.values)
    chances = np.multiply.outer(nodes.probabilities, disks.probabilities)
    return _gathered(sums.ravel(), chances.ravel(), nodes.left_out + disks.left_out)


def _apart(nodes: Uncertain, disks: Uncertain, a: int, b: int) -> Uncertain:
    """The sum of a + b·d over the nodes, each with a d of its own: the mixture of the powers of one node's."""
    step, most = b * _grain(disks), int(nodes.values[-1])
    least, width = a + b * int(disks.values[0]), b * int(disks.values[-1] - disks.values[0]) // step + 1
    length = most * (width - 1) + 1
    _bounded(length * most // 2 * width, _MOST_PRODUCTS)
    grain = gcd(step, least)
    cells = most * least // grain + (length - 1) * (step // grain) + 1
    _bounded(cells, _MOST_CELLS)
    chances, power, one = np.zeros(cells), np.ones(1), _dense(disks, _grain(disks), width)
    asked = nodes.to_dict()
    for count in range(most + 1):
        if count in asked:
            start = count * least // grain
            chances[start : start + (len(power) - 1) * (step // grain) + 1 : step // grain] += asked[count] * power
        if count < most:
            power = np.convolve(power, one)
    found = np.flatnonzero(chances)
    left_out = nodes.left_out + most * disks.left_out
    return _complete(found * grain, chances[found], left_out, most * (a + b * int(disks.values[-1])))


def folded(one: Uncertain, other: Uncertain) -> Uncertain:
    """The sum of two figures that know nothing of each other.

    >>> coin = Uncertain({0: 1, 1: 1})
    >>> folded(coin, coin)
    Uncertain({0: 0.25, 1: 0.5, 2: 0.25})
    """
    left_out = one.left_out + other.left_out
    if one.is_certain or other.is_certain:
        known, open_ = (one, other) if one.is_certain else (other, one)
        return Uncertain.unchecked(open_.values + known.values[0], open_.probabilities, left_out)
    pairs = len(one.values) * len(other.values)
    if pairs > _FEW_PAIRS and (found := _folded_dense(one, other, 64 * pairs)) is not None:
        return _complete(*found, left_out, int(one.values[-1] + other.values[-1]))
    _bounded(pairs, _MOST_PAIRS)
    sums = np.add.outer(one.values, other.values)
    return _gathered(sums.ravel(), np.multiply.outer(one.probabilities, other.probabilities).ravel(), left_out)


def _folded_dense(one: Uncertain, other: Uncertain, most: int) -> tuple[Any, Any] | None:
    """Sums and their chances, by arrays with a place for every sum; None where most of the places would be empty.

    The values of one figure lie on a grid `coarse` steps wide, those of the other on its points and between: each of
    the `coarse` interleaved parts of the finer one is folded by itself, and no product with an empty place is made.
    """
    wide, narrow = sorted((one, other), key=_grain, reverse=True)
    grain = gcd(_grain(wide), _grain(narrow))
    coarse = _grain(wide) // grain
    left = int(wide.values[-1] - wide.values[0]) // _grain(wide) + 1
    right = int(narrow.values[-1] - narrow.values[0]) // grain + 1
    if left * right > min(most, _MOST_PRODUCTS) or left * coarse + right > _MOST_CELLS or coarse > right:
        return None
    first, second = _dense(wide, _grain(wide), left), _dense(narrow, grain, right)
    chances = np.zeros((left - 1) * coarse + right)
    for start in range(coarse):
        part = np.convolve(first, second[start::coarse])
        chances[start : start + len(part) * coarse : coarse] = part
    found = np.flatnonzero(chances)
    return found * grain + (wide.values[0] + narrow.values[0]), chances[found]


def _gathered(sums: NDArray[np.int64], chances: NDArray[np.float64], left_out: float) -> Uncertain:
    """The sums in order, each once, with the chances of all that make it up; the first is least, the last largest."""
    least, span = sums[0], int(sums[-1] - sums[0])
    if span < max(8 * len(sums), 1024):
        total = np.bincount(sums - least, chances)
        found = np.flatnonzero(total)
        return _complete(found + least, total[found], left_out, int(sums[-1]))
    values, place = np.unique(sums, return_inverse=True)
    total = np.bincount(place, chances)
    return _complete(values[total > 0], total[total > 0], left_out, int(sums[-1]))


def _complete(values: Any, chances: Any, left_out: float, most: int) -> Uncertain:
    """The sums that floats hold; where the largest there can be is too unlikely for one, it is left out, and counts."""
    return Uncertain.unchecked(values, chances, left_out + (_LOST if values[-1] < most else 0.0))


def _grain(one: Uncertain) -> int:
    """The widest step that leads from the least of the values to each other; there are two at least."""
    return int(np.gcd.reduce(np.diff(one.values)))


def _dense(one: Uncertain, grain: int, length: int) -> NDArray[np.float64]:
    chances = np.zeros(length)
    chances[(one.values - one.values[0]) // grain] = one.probabilities
    return chances


def _fewer(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance of fewer than each value, summed and not subtracted from 1."""
    return np.concatenate(([0.0], np.cumsum(probabilities)[:-1]))


def _bounded(count: int, most: int) -> None:
    if count > most:
        fix = "give fewer values, rounded or weighted by hand"
        raise BadInput("figures", ABSENT, f"would make up {count:,} sums", fix, "too-many")
