"""A pasted event says "Could not allocate IP in range": which range, how large, for whom, and what would do.

Rules: the text may be wrapped at any column, so white space means nothing, except between excludes: there a space
separates, and a line break may or may not; the reading is taken in which every piece belongs to an exclude. Both forms
of Whereabouts' line are read; releases up to 0.7 print the range in Go syntax
[C whereabouts pkg/allocate/allocate.go].
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import attrs

from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.errors import BadInput, SnPlannerError
from sn_planner.model.cidr import block_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand, choose, demand_of, require_cluster
from sn_planner.model.jupyter import html_table
from sn_planner.model.pods import PodKind, pod_kind
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import SHORTEST_PREFIX, prefix_for

_GO_BYTES = r"((?:0x[0-9a-f]{1,2},?)+)"
_EVENT = re.compile(
    r"CouldnotallocateIPinrange:ip:(?P<first>[\d.]+)/-(?P<last>[\d.]+)/range:(?:"
    r"(?P<cidr>[\d.]+/\d+)/excludeRanges:\[(?P<excludes>[^\]:]*)\]|"
    rf"net\.IPNet{{IP:net\.IP{{{_GO_BYTES}}},Mask:net\.IPMask{{{_GO_BYTES}}}}})"
)
# A run of white space is a separator if it has no line break, begins before one, or holds a blank line.
_SURE_SPACE = re.compile(r"(?<!\s)[ \t]+(?:\r?\n[ \t]*)*|(?:\r?\n[ \t]+)(?=\r?\n)\s*")
_LONGEST_EXCLUDE = len("255.255.255.255/32")
_NAMES = r"(?P<namespace>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+)"
_PODS = (
    re.compile(rf"\[{_NAMES}/[0-9a-f-]+:"),  # Multus: [namespace/pod/uid:network]
    re.compile(rf'pod=\\?"{_NAMES}\\?"'),  # the kubelet's log: pod="namespace/pod"
    re.compile(r"Name:(?P<name>[a-z0-9.-]+)Namespace:(?P<namespace>[a-z0-9-]+)(?=[A-Z]|$)"),
)


@attrs.frozen
class Exhaustion:
    """One message of Whereabouts: its range, effective bounds and excludes, as text, and the pod that waits.

    `pod` is "namespace/name", None where the text names none; `need` the demand the range is held against, None
    without a cluster.
    """

    range: str
    first: str
    last: str
    excludes: tuple[str, ...]
    pod: str | None
    need: Demand | None = attrs.field(default=None, repr=False)

    @cached_property
    def usable(self) -> int:
        """The addresses between the bounds and in no exclude [addresses]."""
        return Pool(self.range, self.excludes, range_start=self.first, range_end=self.last).capacity

    @property
    def kind(self) -> str | None:
        """The kind of pod that waits; None for one that no network of Harvester is for."""
        return None if self._row is None else self._row.name

    @property
    def _row(self) -> PodKind | None:
        return None if self.pod is None else pod_kind(self.pod.partition("/")[2])

    @property
    def exhausted(self) -> bool:
        """Whether the range had addresses and all were taken; otherwise it has none to hand out at all."""
        return self.usable > 0

    @property
    def advice(self) -> str:
        """What hangs, and what would mend it."""
        parts = [] if self._row is None else [self._row.waits]
        if not self.usable:
            parts.append(f"{self.range} has no address to hand out: its excludes or bounds leave none")
        return "; ".join([*parts, _would_do(self.usable, self.need)])

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        names = ("range", "first", "last", "usable", "pod", "exhausted", "advice")
        return {name: getattr(self, name) for name in names}


@attrs.frozen
class Diagnosis:
    """The exhaustion messages found in a text, in its order, the same one only once."""

    events: tuple[Exhaustion, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"events": [event.to_dict() for event in self.events]}

    def _repr_html_(self) -> str:
        rows = ((event.range, event.usable, event.pod, event.advice) for event in self.events)
        return html_table("Ranges that ran dry", ("range", "usable", "pod", "advice"), rows)


def diagnose(
    text: str, cluster: Cluster | None = None, *, profile: str | Profile | None = None, harvester: str | None = None
) -> Diagnosis:
    """What the messages in `text` say: kubelet events, `kubectl describe` output or logs, however wrapped.

    With a `cluster`, the advice says what it needs and which prefix would do. Raises BadInput for what is no
    text and for an unusable cluster or profile; a text without such a message has no events.

    >>> event = diagnose('''error at storage engine: Could not allocate IP in range: ip: 172.16.0.1 / -
    ... 172.16.0.6 / range: 172.16.0.0/29 / excludeRanges: []''').events[0]
    >>> event.range, event.usable, event.exhausted
    ('172.16.0.0/29', 6, True)
    """
    if not isinstance(text, str):
        raise BadInput("text", text, "is not text", "paste the event as it is", "wrong-type")
    choice = choose(profile, harvester)
    return Diagnosis(exhaustions(text, None if cluster is None else demand_of(require_cluster(cluster), choice)))


def exhaustions(text: str, need: Demand | None) -> tuple[Exhaustion, ...]:
    """The exhaustion messages in a text, in its order, the same one only once, each held against a demand."""
    places = [place for place, one in enumerate(text) if not one.isspace()]
    packed = "".join(text[place] for place in places)
    found = list(_EVENT.finditer(packed))
    starts = [0, *(match.end() for match in found)]
    ends = [match.start() for match in found[1:]] + [len(packed)]
    events = []
    for match, start, end in zip(found, starts, ends, strict=False):
        pod = _pod(packed[start : match.start()], packed[match.end() : end])
        if event := _event(match, _excludes(text, places, match), pod, need):
            events.append(event)
    return tuple(dict.fromkeys(events))


def _event(match: re.Match[str], excludes: tuple[str, ...], pod: str | None, need: Demand | None) -> Exhaustion | None:
    """The event of a match; None where its addresses are none."""
    first, last, cidr, _, ip, mask = match.groups()
    event = Exhaustion(cidr or f"{_go_address(ip)}/{_go_prefix(mask)}", first, last, excludes, pod, need)
    return event if _is_readable(event) else None


def _is_readable(event: Exhaustion) -> bool:
    """Whether the text's range is one."""
    try:
        return event.usable >= 0
    except SnPlannerError:
        return False


def _excludes(text: str, places: list[int], match: re.Match[str]) -> tuple[str, ...]:
    """The excludes between the brackets, read where white space still stands."""
    start, end = match.span("excludes")
    if start == end:
        return ()
    between = text[places[start] : places[end - 1] + 1]
    return tuple(exclude for words in _SURE_SPACE.split(between) for exclude in _rejoined(words.split()))


def _rejoined(pieces: list[str]) -> tuple[str, ...]:
    """The excludes in pieces that line breaks made: every piece is used, and every exclude reads as one."""
    # readings[n] is a reading of the first n pieces, None where there is none: each goes on from a shorter one, the
    # shortest last exclude first, so two complete excludes are never read as one
    readings: list[tuple[str, ...] | None] = [()]
    for end in range(1, len(pieces) + 1):
        starts = range(end - 1, max(end - 1 - _LONGEST_EXCLUDE, -1), -1)
        ways = ((readings[start], "".join(pieces[start:end])) for start in starts)
        reading = next(((before, last) for before, last in ways if before is not None and _is_exclude(last)), None)
        readings.append(reading and (*reading[0], reading[1]))
    return readings[-1] or ()


def _is_exclude(text: str) -> bool:
    try:
        block_of("exclude", text)
    except SnPlannerError:
        return False
    return True


def _pod(before: str, after: str) -> str | None:
    """The pod named nearest before the message, or else nearest after it, in packed text."""
    for one in (before, after):
        named = [match for pattern in _PODS for match in pattern.finditer(one)]
        if named:
            nearest = (max if one is before else min)(named, key=lambda match: match.start())
            return f"{nearest['namespace']}/{nearest['name']}"
    return None


def _go_address(values: str) -> str:
    """The address in Go's bytes: the last four, of a slice of four or of sixteen."""
    return ".".join(str(int(value, 16)) for value in values.strip(",").split(",")[-4:])


def _go_prefix(values: str) -> int:
    """The prefix length of Go's mask bytes."""
    return sum(int(value, 16).bit_count() for value in values.strip(",").split(",")[-4:])


def _would_do(usable: int, need: Demand | None) -> str:
    """What the range is to a demand, and which prefix would do."""
    if need is None:
        return "describe the cluster to learn which prefix would do"
    if usable >= need.required:
        return f"its {usable} addresses are enough for the cluster ({need.required} at the peak): look for stale leases"
    prefix = prefix_for(need.required)
    fits = prefix is not None and prefix >= SHORTEST_PREFIX
    remedy = f"a /{prefix} would do" if fits else f"no range up to a /{SHORTEST_PREFIX} would do"
    return f"the cluster needs {need.required} at the peak ({need.profile.name}): {remedy}"
