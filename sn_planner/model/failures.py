"""What messages say while a pod waits for its network, or a setting for its volumes: one row for each known cause.

Rules: a cause is known by its marks, words that its messages hold in every release. White space means nothing between
their letters, for messages are wrapped at any column. A mark that other programs write too counts only where one of its
words, white space left out, stands beside it in the message. `diagnose` reads messages by these rows, and
`tells_failure` tells the reader of exported events which to keep.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sn_planner.model.releases import EXHAUSTION
from sn_planner.model.words import counted, some

EXHAUSTED, CUT_OFF, NO_USABLE, POD_NETWORK = "exhausted", "cut-off", "no-usable-addresses", "pod-network-exhausted"
MISSING_DEFINITION = "missing-definition"


class KnownFailure(NamedTuple):
    """A cause, what it means, what mends it, where that is known from, and what marks its messages.

    `marks` say it alone; each of `shared` is a mark and the words of which one stands beside it. `names` is a pattern
    for what stands behind a mark, white space left out: its groups are what is missing or wrong, and take the place of
    {what} in `means`; where it names nothing, `unnamed` does.
    """

    cause: str
    means: str
    cure: str
    source: str
    marks: tuple[str, ...] = ()
    shared: tuple[tuple[str, ...], ...] = ()
    names: str = ""
    unnamed: str = ""
    thing: str = ""

    def meaning(self, names: tuple[str, ...]) -> str:
        """What it means, where messages named that much; `thing` is what there is a number of."""
        what = some(names) if names else self.unnamed
        return self.means.format(what=f"{counted(len(names), self.thing)} ({what})" if self.thing and names else what)

    @property
    def is_of_range(self) -> bool:
        """Whether a range has no address left, or never had one."""
        return self.cause in {EXHAUSTED, CUT_OFF, NO_USABLE, POD_NETWORK}


_IPAM = ("storageengine", "whereabouts", "IPAM", "ippools", "IPpools")
_CNI = (*_IPAM, "Multus", "multus", "delegate", "sandbox", "containertonetwork")
_CRDS = (*_IPAM, "Multus", "multus", "IPPool", "OverlappingRange", "NetworkAttachmentDefinition", "network-attachment")
_UNREADABLE = "the NetworkAttachmentDefinition cannot be used"
_STORE = "[C whereabouts pkg/storage/kubernetes/ipam.go]"
_CONFIG = "[C whereabouts pkg/config/config.go, multus-cni pkg/types/conf.go]"

FAILURES = (
    KnownFailure(
        EXHAUSTED,
        "every address of the range is taken",
        "free stale leases, or make the range larger",
        "[C whereabouts pkg/allocate/allocate.go]",
        marks=(EXHAUSTION.removesuffix(" in range"),),  # a message may be cut off behind it
    ),
    KnownFailure(
        CUT_OFF,
        "a message of an exhausted range begins here and is cut off",
        "paste it whole: journalctl --no-pager -l, kubectl describe or kubectl get events -o yaml show the rest",
        "sriov-network-device-plugin#555; events keep 1,024 bytes [C kubernetes pkg/apis/core/validation/events.go]",
        marks=("storage engine: Could",),
    ),
    KnownFailure(
        NO_USABLE,
        "a /31 or /32 is its two ends, or one",
        "give the network a shorter prefix",
        "harvester#6256; [C whereabouts pkg/iphelpers/iphelpers.go]",
        marks=("mask is too short",),
    ),
    KnownFailure(
        POD_NETWORK,
        "the node's own pod network (host-local) ran dry: a wider storage network does not help",
        "after a hard reboot, files of pods that are gone stay on the node in /var/lib/cni/networks (k8s-pod-network, "
        "cbr0): drain it, remove them, and reboot",
        "harvester#7471, #4359, #7992; [C containernetworking/plugins plugins/ipam/host-local]",
        marks=("no IP addresses available in",),
    ),
    KnownFailure(
        "no-lock",
        "Whereabouts did not get its lock in time",
        "a larger range does not help: see whether the API server is slow, and restart the DaemonSet whereabouts, "
        "whose lease or token may be stale",
        f"whereabouts#401, #303, #558; {_STORE}",
        marks=("time limit exceeded while waiting to become leader",),
        shared=(("context deadline exceeded", *_IPAM), ("error retrieving resource lock", "whereabouts")),
    ),
    KnownFailure(
        MISSING_DEFINITION,
        "the NetworkAttachmentDefinition {what} does not exist",
        "Longhorn's setting storage-network, or the pod's annotation k8s.v1.cni.cncf.io/networks, names it: apply "
        "Harvester's setting again, or mend the name",
        "harvester#3867, longhorn#4937; [C multus-cni pkg/k8sclient/k8sclient.go]",
        marks=("cannot find a network-attachment-definition",),
        shared=(("network-attachment-definitions.k8s.cni.cncf.io", "notfound"),),
        names=r'\(([\w.-]+)\)innamespace\(([\w.-]+)\)|"([\w.-]+)"notfound',
        unnamed="that the pod asks for",
    ),
    KnownFailure(
        "missing-crd",
        "a CustomResourceDefinition of Whereabouts or Multus is missing",
        "kubectl get crd shows which there are: apply those of the release (ippools, overlappingrangeipreservations, "
        "network-attachment-definitions)",
        f"whereabouts#507; {_STORE}",
        shared=(
            ("the server could not find the requested resource", *_CRDS),
            ("no matches for kind", *_CRDS),
            ("overlappingrangeipreservations", "notfound"),
            ("customresourcedefinitions.apiextensions.k8s.io", "whereabouts", "k8s.cni.cncf.io"),
        ),
    ),
    KnownFailure(
        "missing-plugin",
        "the CNI plugin {what} is not on the node",
        "restart the DaemonSet that installs it, and see that it writes where the container runtime looks",
        "whereabouts#384; [C containernetworking/cni pkg/invoke/find.go]",
        marks=("failed to find plugin",),
        names=r'"([\w.-]+)"inpath',
        unnamed="that the network asks for",
    ),
    KnownFailure(
        "bad-definition",
        f"{_UNREADABLE}: {{what}} is no CIDR",
        "write the range into its ipam, as Harvester's setting does",
        f"whereabouts#243; {_CONFIG}",
        shared=(("invalid CIDR", *_CNI),),
        names=r"[^,]{0,120}?:invalidCIDRaddress:([0-9a-f.:/]+)",
        unnamed='it has no "range", or one that',
    ),
    KnownFailure(
        "bad-definition",
        f"{_UNREADABLE}: its configuration cannot be read",
        "compare its spec.config with the message: it is JSON, with ipam of type whereabouts and a range",
        _CONFIG,
        marks=(
            "IPAM config missing",
            "IPAM configuration load failed",
            "getCNIConfigFromSpec",
            "could not parse exclude range",
            "parse gateway IP",
            "you have not configured the storage engine",
        ),
        shared=(
            ("LoadIPAMConfig", "Error", "error"),
            ("LoadDelegateNetConf", "error", "failed"),
            ("error parsing configuration", *_CNI),
            ("invalid range start", *_CNI),
        ),
    ),
    KnownFailure(
        "leak",
        "Whereabouts was to free an address and found no lease of that container",
        "after a start that failed it means nothing; otherwise leases may stay behind: audit names the stale ones",
        "whereabouts#275, #546, #409; [C whereabouts pkg/allocate/allocate.go]",
        marks=("did not find reserved IP for container",),
    ),
    KnownFailure(
        "waiting-for-volumes",
        "the setting is applied when every volume is detached, and waits for {what}",
        "stop the VMs and workloads that hold them: preflight names what stands in the way",
        "harvester/docs#807; [C harvester pkg/controller/master/storagenetwork]",
        marks=("for all volumes detached",),
        names=r"[:,]?(pvc-(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f-]{1,36}))",
        unnamed="some",
        thing="volume",
    ),
    KnownFailure(
        "unauthorized",
        "the token of Whereabouts, or of Multus, is no longer valid",
        "restart its DaemonSet, which writes a new one",
        f"whereabouts#401; multus-cni#1094; {_STORE}",
        marks=("k8s get error: Unauthorized", "storage engine: Unauthorized", "pod: Unauthorized"),
        shared=(("Unauthorized", "storageengine", "whereabouts", "IPAM", "Multus"),),
    ),
)
"""Every known cause; of two rows with one cause, each has its own marks and cure."""

_SPACE = re.compile(r"\s+")
_MARKS = [(row, mark, words) for row in FAILURES for mark, *words in (*((one,) for one in row.marks), *row.shared)]


def spaced(words: str) -> str:
    """A pattern for these words, with white space between their letters or without.

    >>> bool(re.fullmatch(spaced("no IP"), "noI\\n P"))
    True
    """
    return r"\s*+".join(re.escape(one) for one in words if not one.isspace())


def _marking(number: int, mark: str) -> str:
    # the first letter stands before the group: so the search passes over letters that begin no mark without trying
    pattern = rf"{mark[0]}(?P<mark{number}>\s*+{spaced(mark[1:])})"
    # what is whole is no cut message
    return rf"{pattern}(?!\s*+{spaced('not allocate IP')})" if mark == "storage engine: Could" else pattern


MARKING = "|".join(_marking(number, mark) for number, (_, mark, _) in enumerate(_MARKS))
"""A pattern for every mark; `marked` tells whose it is."""
_MARKING = re.compile(MARKING)


def marked(match: re.Match[str]) -> tuple[KnownFailure, list[str]]:
    """The row of the mark that matched, and the words of which one stands beside it (none: it needs none)."""
    row, _, words = _MARKS[int(str(match.lastgroup).removeprefix("mark"))]
    return row, words


def packed(text: str) -> str:
    """The text without its white space."""
    return _SPACE.sub("", text)


def tells_failure(message: str) -> bool:
    """Whether a message, such as an event's, tells of a known cause.

    >>> tells_failure("k8s get error: Unauthorized"), tells_failure("desc = context deadline exceeded")
    (True, False)
    """
    whole = packed(message)
    found = (marked(match) for match in _MARKING.finditer(message))
    return any(not words or any(word in whole for word in words) for _, words in found)
