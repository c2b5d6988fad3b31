"""A pasted event says "Could not allocate IP in range": which range, how large, for whom, and what would do.

Rules: the text may be wrapped at any column, so white space means nothing, except between excludes: there a space
separates, and a line break may or may not; the reading is taken in which every piece belongs to an exclude. Both forms
of Whereabouts' line are read; releases up to 0.7 print the range in Go syntax
[C whereabouts pkg/allocate/allocate.go].
"""

from __future__ import annotations

import re
from typing import Any

import attrs

from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.errors import SnPlannerError
from sn_planner.model.cidr import block_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand, demand
from sn_planner.model.jupyter import html_table
from sn_planner.model.profiles import Profile, pod_kind
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
_CONSEQUENCE = {
    "instance-manager": "while it waits, an upgrade of Longhorn does not go on and its node serves no new volume",
    "backing-image-manager": "while it waits, backing images of its disk are not served",
    "backing-image-ds": "while it waits, the image is not uploaded, downloaded or exported",
    "share-manager": "while it waits, its RWX volume cannot be mounted",
    "longhorn-csi-plugin": "while it waits, its node mounts no volume",
}


@attrs.frozen
class Exhaustion:
    """One message of Whereabouts: its range, effective bounds and excludes, as text, and the pod that waits.

    `usable` addresses lie between the bounds and in no exclude [addresses]; `pod` is "namespace/name" or None; `kind`
    the kind of pod on the storage network, or None; `advice` says what would mend it.
    """

    range: str
    first: str
    last: str
    excludes: tuple[str, ...]
    usable: int
    pod: str | None
    kind: str | None
    advice: str

    @property
    def exhausted(self) -> bool:
        """Whether the range had addresses and all were taken; otherwise it has none to hand out at all."""
        return self.usable > 0

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

    With a `cluster`, the advice says what it needs and which prefix would do. Raises SnPlannerError for what is no
    text and for an unusable cluster or profile; a text without such a message has no events.

    >>> event = diagnose('''error at storage engine: Could not allocate IP in range: ip: 172.16.0.1 / -
    ... 172.16.0.6 / range: 172.16.0.0/29 / excludeRanges: []''').events[0]
    >>> event.range, event.usable, event.exhausted
    ('172.16.0.0/29', 6, True)
    """
    if not isinstance(text, str):
        raise SnPlannerError("text", text, "is not text", "paste the event as it is")
    need = None if cluster is None else demand(cluster, profile, harvester=harvester)
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
    return Diagnosis(tuple(dict.fromkeys(events)))


def _event(match: re.Match[str], excludes: tuple[str, ...], pod: str | None, need: Demand | None) -> Exhaustion | None:
    """The event of a match; None where its addresses are none."""
    first, last, cidr, _, ip, mask = match.groups()
    try:
        text = cidr or f"{_go_address(ip)}/{_go_prefix(mask)}"
        pool = Pool(text, excludes, range_start=first, range_end=last)
    except SnPlannerError:
        return None
    kind = None if pod is None else pod_kind(pod.partition("/")[2])
    advice = _advice(pool.capacity, text, kind, need)
    return Exhaustion(text, first, last, excludes, pool.capacity, pod, kind, advice)


def _excludes(text: str, places: list[int], match: re.Match[str]) -> tuple[str, ...]:
    """The excludes between the brackets, read where white space still stands."""
    start, end = match.span("excludes")
    if start == end:
        return ()
    between = text[places[start] : places[end - 1] + 1]
    return tuple(exclude for words in _SURE_SPACE.split(between) for exclude in _rejoined(words.split()))


def _rejoined(pieces: list[str]) -> tuple[str, ...]:
    """The excludes in pieces that line breaks made: every piece is used, and every exclude reads as one."""
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


def _advice(usable: int, cidr: str, kind: str | None, need: Demand | None) -> str:
    parts = [_CONSEQUENCE[kind]] if kind else []
    if not usable:
        parts.append(f"{cidr} has no address to hand out: its excludes or bounds leave none")
    if need is None:
        parts.append("describe the cluster to learn which prefix would do")
    elif usable >= need.required:
        parts.append(
            f"its {usable} addresses are enough for the cluster ({need.required} at the peak): look for stale leases"
        )
    else:
        parts.append(f"the cluster needs {need.required} at the peak ({need.profile.name}): {_would_do(need)}")
    return "; ".join(parts)


def _would_do(need: Demand) -> str:
    prefix = prefix_for(need.required)
    if prefix is None or prefix < SHORTEST_PREFIX:
        return f"no range up to a /{SHORTEST_PREFIX} would do"
    return f"a /{prefix} would do"
