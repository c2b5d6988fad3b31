"""The messages of known failures in a text: what each tells, and the pod that the same message names.

Rules: a name belongs to a message if it stands on its line, or if nothing but the clauses of one error stand between
them ("error adding container to network …: error at storage engine: …"), however many lines those are wrapped on. A
name on another line of a log, or in another object of a list, is never taken. Where the message itself names no pod,
what surrounds it may, in this order:

- pod="…" of the kubelet, behind the error on its line;
- the columns NAMESPACE and OBJECT of its row in `kubectl get events`;
- `involvedObject` or `regarding` of its event in JSON or YAML;
- the head of `kubectl describe`, down to the next line of a log, and past an empty line only to its events.

Forms: Multus [C multus-cni pkg/multus/multus.go, pkg/server/api/shim.go], containerd, CRI-O and dockershim
(openshift/origin#26966, kubernetes#96200), the kubelet's logs (multus-cni#1448), k9s (harvester#4359).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sn_planner.advice.pasted import BEGUN, BROKEN, EDGE, LOGGED, plain
from sn_planner.advice.told_ranges import ToldRange, told_ends, told_range, told_subnet
from sn_planner.model.failures import (
    EXHAUSTED,
    MARKING,
    MISSING_DEFINITION,
    NO_USABLE,
    POD_NETWORK,
    KnownFailure,
    marked,
    packed,
)
from sn_planner.model.networks import HARVESTER_NAMESPACE
from sn_planner.model.pods import LONGHORN_NAMESPACE, MIGRATION_INTERFACE, pod_kind

_WINDOW = 8_000  # how far from its message a name may stand [characters]
_NAMES_WITHIN = (1_000, 8_000)  # how far behind its mark it may name things, and a long list of them [characters]
_BESIDE = 800  # around a mark, where the word may stand that makes it count [characters]
_NEAR = (400, 60)  # of those that are no white space, before the mark and behind it [characters]
_LINE_BREAKS = f"\n{BEGUN}{BROKEN}{LOGGED}"
_EDGES = rf"[ \t{EDGE}]*"
_NS, _NAME = r"(?P<ns>[a-z0-9][a-z0-9-]{0,62})", r"(?P<name>[a-z0-9][a-z0-9.-]{0,252})"

_SCAN = re.compile(
    rf"{MARKING}|E(?P<events>vents:)|D(?P<title>escribe\([a-z0-9-]+/[a-z0-9.-]+\))|"
    rf"N(?P<head>ame:{_EDGES}{_NAME}\s+Namespace:{_EDGES}{_NS}\s)"
)
_OF_LOG = re.compile(f"[{BEGUN}{LOGGED}]")
_EMPTY_LINE = re.compile(rf"{_OF_LOG.pattern}|\n{_EDGES}\n")

# The patterns from here to _AFTER are for packed text, which has no white space. A name whose pattern has a second one
# may stand on a line before its message, if that follows the name and then nothing but clauses of the error.
_NAMED = tuple(
    (re.compile(pattern), re.compile(link))
    for pattern, link in (
        (rf"\[{_NS}/{_NAME}(?:/[0-9a-f-]{{0,40}})?(?::(?P<net>[\w./-]{{0,253}}))?\]", ":"),
        (rf"addingpod{_NS}_{_NAME.replace('252}', '252}?')}to(?:CNI)?network", '"'),
        (rf'(?<=pod|for)"{_NAME}_{_NS}(?:\([0-9a-f-]{{0,40}}\))?"', "network:|with|:"),
        (rf"k8s_{_NAME}_{_NS}_[0-9a-f-]{{36}}_", r"\d+\("),
        (rf"PodSandboxMetadata{{Name:{_NAME},Uid:[^,]{{0,40}},Namespace:{_NS},", "Attempt"),
        (rf"K8S_POD_NAMESPACE={_NS};(?:[^;]{{0,80}};)?K8S_POD_NAME={_NAME}[;\"]", "$"),
        (rf'(?:pod|[Pp]od[Rr]ef)"?[:=]"{_NS}/{_NAME}"', ',?"?err(?:or)?"?[=:]'),
        (rf'"pod":{{"name":"{_NAME}","namespace":"{_NS}"', '},"err'),
    )
)
_KUBELET = [pattern for pattern, _ in _NAMED[-2:]]
_TRIED = 5  # names before a message, the nearest first
_ONLY_NAMED = re.compile(rf'forpod"{_NAME}"'), re.compile(":")
_ATTACHED = re.compile(r'(?:containertonetwork|syncing)"(?P<net>[\w./-]{1,253})"'), re.compile(":")
_CLAUSE = (
    r"(?:(?:[Ee]rr|[Ff]ail|rpc|code=|desc=|plugin|net|Multus|TryLoad|[Gg]et|delegate|CmdAdd|CNI|with|k8s|IPAM|ERRORED|"
    r"LoadIPAM|\(combined|to(?:CNI)?network)[^:{}]*+:+\"?)"
)
_LAST_WORDS = r"(?:[Ee]rror(?:at|getting|waitingfor)?|[Nn]et)?"  # of a clause that goes on with a mark
_CLAUSES = re.compile(rf'["\])}},:;]*{_CLAUSE}*{_LAST_WORDS}')
_LAST_CLAUSES = re.compile(rf"{_CLAUSE}+{_LAST_WORDS}$")
_OTHER_OBJECT = re.compile(r"\}\]*,?\{")
_OBJECT = re.compile(r'"(?:involvedObject|regarding)":\{((?:[^{}]|\{[^{}]*\})*)\}')
_OTHERS = re.compile(rf'{_OTHER_OBJECT.pattern}|"(?:message|note)":')
_AFTER = re.compile(rf'[}}\],]*"["}}\],]*pod"?[:=]"{_NS}/{_NAME}"')  # the error's own quote ends before it

_PODREF = re.compile(rf"[Pp]od[Rr]ef\"?[ \t]*[:=][ \t]*\"?{_NS}/{_NAME}(?=[\s\",}}]|$)")
_ROW = re.compile(rf"(?:\A|\n){_EDGES}(?:{_NS}[ \t{EDGE}]+)?(?=\d+[smhdy]|<unknown|<invalid)")
_COLUMNS = re.compile(
    rf"[^\n]{{0,80}}?(?:Warning|Normal)\s+[A-Z]\w+\s+[Pp]od/{_NAME}"
    rf"(?:{_EDGES}\n{_EDGES}(?P<rest>[a-z0-9.-]+)(?=[ \t]{{2}}))?(?=\s)"
)
_PACKED_COLUMNS = re.compile(rf"[^A-Z]{{0,80}}(?:Warning|Normal)[A-Z][A-Za-z]+?[Pp]od/{_NAME}(?=[A-Z(])")
_YAML_OBJECT = re.compile(
    rf"\n(?P<in>{_EDGES})(?:- )?(?:involvedObject|regarding):{_EDGES}(?P<of>(?:\n(?P=in)[ \t]+\S[^\n]*)+)"
)
_YAML_OTHER_ITEM = re.compile(rf"\n{_EDGES}(?:- \w|---|apiVersion:)")
_YAML_OTHERS = re.compile(rf"{_YAML_OTHER_ITEM.pattern}|\n{_EDGES}(?:message|note):")
_YAML_FIELD = {key: re.compile(rf"\b{key}:[ \t]*\"?([a-zA-Z0-9.-]+)") for key in ("kind", "namespace", "name")}
_FIELD = {key: re.compile(rf'"{key}":"([^"]*)"') for key in _YAML_FIELD}
_REF = re.compile(rf"{_NS}/{_NAME}")


class Message(NamedTuple):
    """A message of a known failure, and what it tells.

    `pod` is "namespace/name", or the name alone where its namespace is not told; `attachment` the definition of the
    network, or Harvester's setting of it; `names` what is missing or wrong. What is not told is None or empty.
    """

    failure: KnownFailure
    pod: str | None
    attachment: str | None
    told: ToldRange
    names: tuple[str, ...]


class _Place(NamedTuple):
    """What stands around a message: before its mark, behind all that it tells, and the pod that a head above names."""

    before: str
    after: str
    head: str | None


def messages(text: str) -> Iterator[Message]:
    """The messages of known failures, in the order of the text. O(n) time.

    >>> text = "[longhorn-system/im-1/0:net]: error at storage engine: Could not allocate IP in range: ip: 10.0.0.1 / -"
    >>> [(found.failure.cause, found.pod, found.told.first) for found in messages(text)]
    [('exhausted', 'longhorn-system/im-1', '10.0.0.1')]
    """
    says, end, head, head_end = plain(text), 0, None, 0
    found = _SCAN.finditer(says)
    following = next(found, None)
    while match := following:
        following = next(found, None)
        at = match.start()
        if match.lastgroup == "events":
            head, head_end = None if _OF_LOG.search(says, head_end, at) else head, match.end()
        elif match.lastgroup == "head":
            head, head_end = f"{match['ns']}/{match['name']}", match.end()
        elif match.lastgroup == "title":
            head, head_end = match["title"].partition("(")[2].rstrip(")"), match.end()
        elif _counts(says, match, end):
            failure, _ = marked(match)
            head = None if head is None or _EMPTY_LINE.search(says, head_end, at) else head
            before = says[max(end, at - _WINDOW) : at].rpartition(BEGUN)[2]
            told, end = _READERS.get(failure.cause, _nothing)(says, match.end())
            head_end = end
            limit = end + _WINDOW if following is None else min(following.start(), end + _WINDOW)
            names = _names(failure.names, says, end) if failure.names else ()
            yield _message(failure, told, names, _Place(before, says[end:limit], head))


def _counts(says: str, match: re.Match[str], end: int) -> bool:
    """Whether the mark counts: it needs no other word, or one of its words stands beside it in the same message."""
    _, words = marked(match)
    if not words:
        return True
    before = says[max(end, match.start() - _BESIDE) : match.start()].rpartition(BEGUN)[2]
    after = packed(_OF_LOG.split(says[match.end() : match.end() + _BESIDE], 1)[0])
    behind = packed(match[0]) + after[: _NEAR[1]]
    if any(word in behind for word in words):
        return True
    whole = packed(before)[-_NEAR[0] :]
    if not any(word in whole for word in words):
        return False
    clauses = _LAST_CLAUSES.search(whole)
    near = packed(before.rpartition(LOGGED)[2])[-_NEAR[0] :] + (clauses[0] if clauses else "")
    return any(word in near for word in words)


def _nothing(_: str, at: int) -> tuple[ToldRange, int]:
    return ToldRange(), at


_READERS = {EXHAUSTED: told_range, NO_USABLE: told_subnet, POD_NETWORK: told_ends}


def _message(failure: KnownFailure, told: ToldRange, names: tuple[str, ...], place: _Place) -> Message:
    pod, attachment = _pod(place)
    if failure.cause == MISSING_DEFINITION and names:
        attachment = names[0]
    elif not attachment:
        found = _nearest(*_ATTACHED, place.before)
        attachment = found and found["net"]
    return Message(failure, pod, attachment, told, names)


def _names(pattern: str, says: str, at: int) -> tuple[str, ...]:
    """What a message names behind its mark, one after the other."""
    names: list[str] = []
    for size in _NAMES_WITHIN:
        names, behind, end = [], packed(says[at : at + size]), 0
        while found := re.compile(pattern).match(behind, end):
            names.append("/".join(reversed([one for one in found.groups() if one])))
            end = found.end()
        if end < len(behind) and len(behind) > _NEAR[1]:
            break
    return tuple(names)


def _pod(place: _Place) -> tuple[str | None, str | None]:
    """The pod that waits, and its attachment where the two are named together."""
    for patterns in _NAMED:
        if found := _nearest(*patterns, place.before):
            return f"{found['ns']}/{found['name']}", found.groupdict().get("net")
    line = place.before[_line_start(place.before) :]
    podref = [*_PODREF.finditer(line)]
    if podref:
        return f"{podref[-1]['ns']}/{podref[-1]['name']}", None
    bare = _nearest(*_ONLY_NAMED, place.before)
    name = None if bare is None else bare["name"]
    for pod in (_behind(place.after), _in_row(place.before), _in_object(place), place.head):
        if pod is not None and name in {None, pod.rpartition("/")[2]}:
            return pod if "/" in pod else _with_namespace(pod), None
    return name and _with_namespace(name), None


def _with_namespace(name: str) -> str:
    """A pod whose namespace is not told: those that Harvester's networks are for have theirs."""
    kind = pod_kind(name)
    if kind is None:
        return name
    return f"{HARVESTER_NAMESPACE if MIGRATION_INTERFACE in kind.interfaces else LONGHORN_NAMESPACE}/{name}"


def _line_start(before: str) -> int:
    return max(map(before.rfind, _LINE_BREAKS)) + 1


def _nearest(pattern: re.Pattern[str], link: re.Pattern[str], before: str) -> re.Match[str] | None:
    """The last match of a pattern for packed text that belongs to the message behind it."""
    whole = packed(before)
    line = len(whole) - len(packed(before[_line_start(before) :]))
    logged_line = len(whole) - len(packed(before[before.rfind("\n") + 1 :]))
    for match in reversed([*pattern.finditer(whole)][-_TRIED:]):
        between = whole[match.end() :]
        on_line = match.start() >= line and not _OTHER_OBJECT.search(between)
        # a plugin's own log, several lines in one string, stands in the error of the pod that it ran for
        in_log = match.start() >= logged_line and "netpluginfailed" in between
        if on_line or in_log or (link.match(between) and _CLAUSES.fullmatch(between)):
            return match
    return None


def _behind(after: str) -> str | None:
    """The pod in what the kubelet writes behind an error, on the same line or right behind it."""
    line = packed(re.split(f"[{_LINE_BREAKS}]", after, maxsplit=1)[0])
    on_line = (pattern.search(line) for pattern in _KUBELET)
    own = (one for one in on_line if one is not None and not _OTHER_OBJECT.search(line, 0, one.start()))
    found = next(own, None) or _AFTER.match(packed(after.partition(BEGUN)[0]))
    return found and f"{found['ns']}/{found['name']}"


def _in_row(before: str) -> str | None:
    """The pod in the columns of a table of events, the name alone where it has no column NAMESPACE."""
    rows = [*_ROW.finditer(before)]
    row = before[rows[-1].end() :] if rows else ""
    found, rest = _COLUMNS.match(row), row
    if found is None:
        rest = packed(row)
        found = _PACKED_COLUMNS.match(rest)
    if found is None or ("\n" in rest[found.end() :] and not _CLAUSES.fullmatch(packed(rest[found.end() :]))):
        return None
    name = found["name"] + (found.groupdict().get("rest") or "")
    return f"{rows[-1]['ns']}/{name}" if rows[-1]["ns"] else name


def _in_object(place: _Place) -> str | None:
    """The pod of the event that the message is in, in JSON or YAML."""
    before, after = packed(place.before), packed(place.after)
    earlier, later = [*_OBJECT.finditer(before)], _OBJECT.search(after)
    if earlier and not _OTHER_OBJECT.search(before, earlier[-1].end()):
        return _referred(earlier[-1][1], _FIELD)
    if later and not _OTHERS.search(after, 0, later.start()):
        return _referred(later[1], _FIELD)
    above, below = [*_YAML_OBJECT.finditer(place.before)], _YAML_OBJECT.search(place.after)
    if above and not _YAML_OTHER_ITEM.search(place.before, above[-1].end()):
        return _referred(above[-1]["of"], _YAML_FIELD)
    if below and not _YAML_OTHERS.search(place.after, 0, below.start()):
        return _referred(below["of"], _YAML_FIELD)
    return None


def _referred(text: str, fields: dict[str, re.Pattern[str]]) -> str | None:
    """The pod that an object reference means; None for another kind of object."""
    kind, namespace, name = (found and found[1] for found in (field.search(text) for field in fields.values()))
    ref = f"{namespace}/{name}"
    return ref if kind in {None, "Pod"} and _REF.fullmatch(ref) else None
