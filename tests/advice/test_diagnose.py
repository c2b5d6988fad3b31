"""Pasted events: found, decoded, put together, and answered."""

from __future__ import annotations

from pathlib import Path

import pytest

import sn_planner as sn
from sn_planner.advice.diagnose import DiagnosedEvent, diagnose, events_of
from sn_planner.engine.pool.configuration import PoolExhausted
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.model.demand import choose
from tests.advice.pasted_events import ATTACHMENT, OTHER_LINE, POD, SANDBOX, TAIL, UID, WHOLE, wrapped

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
# The documentation's event, [D 1.1 Storage Network]: a release up to 0.7, six usable addresses.
DOCUMENTED = (Path(__file__).parents[1] / "data" / "event.txt").read_text(encoding="utf-8")


def event(tail: str, pod: str = POD, attachment: str = ATTACHMENT) -> str:
    """The message of a pod."""
    adding = f'error adding container to network "{attachment}": error at storage engine: '
    return f"{SANDBOX}[{pod}/{UID}:{attachment}]: {adding}{tail}"


def full(range: str, first: str, last: str, excludes: str = "") -> str:
    """What Whereabouts says of a full range."""
    return f"Could not allocate IP in range: ip: {first} / - {last} / range: {range} / excludeRanges: [{excludes}]"


def only(text: str, cluster: sn.Cluster | None = None, harvester: str | None = None) -> DiagnosedEvent:
    """The one event of a text."""
    (found,) = diagnose(text, cluster, harvester=harvester).events
    return found


def test_the_documentations_event() -> None:
    """The documentation's event is about 172.16.0.0/29, six usable addresses, and a pod that brings an image."""
    found = only(DOCUMENTED, EXAMPLE)
    assert (found.range, found.first, found.last, found.usable) == ("172.16.0.0/29", "172.16.0.1", "172.16.0.6", 6)
    assert (found.cause, found.network, found.exhausted) == ("exhausted", "storage-network", True)
    assert (found.pod, [kind.name for kind in found.kinds]) == (
        "longhorn-system/backing-image-ds-default-image-lxq7r",
        ["backing-image-ds"],
    )
    assert found.advice == (
        "while it waits, the image is not uploaded, downloaded or exported; "
        "the cluster needs 50 at the peak (classic): a /26 would do"
    )


def test_simulated_and_diagnosed() -> None:
    """The simulator refuses the seventh pod in the documentation's words, and those are decoded again."""
    for whereabouts in ("0.9.4", "0.6.2"):
        pool = Pool("172.16.0.0/29", whereabouts=whereabouts)
        for number in range(6):
            pool.assign(f"longhorn-system/instance-manager-{number}", f"container-{number}")
        with pytest.raises(PoolExhausted) as refusal:
            pool.assign("longhorn-system/backing-image-ds-default-image-lxq7r", "container-7")
        if whereabouts == "0.6.2":
            assert str(refusal.value) in DOCUMENTED
        found = only(str(refusal.value))
        assert (found.range, found.usable, found.pod) == ("172.16.0.0/29", 6, None)


def test_narrow_columns() -> None:
    """Even columns of eight characters lose no exclude, in a box or not."""
    excludes = "10.0.0.1 10.0.0.2 10.0.0.64/26 10.0.0.128/30 10.0.0.9/32"
    text = event(full("10.0.0.0/24", "10.0.0.1", "10.0.0.254", excludes))
    assert only(text).told.excludes == tuple(excludes.split())
    for width in range(8, 20):
        assert diagnose("\n".join(wrapped(text, width))) == diagnose(text)
        assert diagnose("\n".join(f"│ {line.ljust(width)} │" for line in wrapped(text, width))) == diagnose(text)


def test_messages_of_one_range_are_one_event() -> None:
    """Pods of several kinds that wait for one range are one event; another range is another one."""
    here, there = full("10.0.0.0/28", "10.0.0.1", "10.0.0.14"), full("10.0.1.0/28", "10.0.1.1", "10.0.1.14")
    pods = ("longhorn-system/instance-manager-1", "longhorn-system/backing-image-manager-a-1", "default/web-1")
    texts = [event(here, pod) for pod in pods] + [event(there, pods[1]), event(here, pods[0])]
    first, other, second = diagnose("\n".join([*texts, event(here, pods[2], "net")])).events
    assert (first.range, first.pods) == ("10.0.0.0/28", pods)
    assert (other.range, other.pods, second.network, second.pods) == ("10.0.1.0/28", pods[1:2], "net", pods[2:])
    assert "3 pods wait (instance-manager: 1, backing-image-manager: 1, other: 1)" in first.headline
    assert "instance-manager: while it waits, an upgrade" in first.advice
    assert "backing-image-manager: while it waits, backing images" in first.advice


def test_what_one_message_leaves_out_another_tells() -> None:
    """A plugin's own log has no network; with the kubelet's message of the same range it is one event."""
    nameless = f"2024-07-24T03:21:09Z [error] Error assigning IP: {TAIL}"
    for text in (f"{WHOLE}\n{nameless}", f"{nameless}\n{WHOLE}", f"{nameless}\n{WHOLE}\n{nameless}"):
        assert diagnose(text) == diagnose(WHOLE)


def test_a_cut_message_joins_the_whole_one() -> None:
    """A message that is cut off behind the bounds of one that is not is the same event, with its pod."""
    other = "longhorn-system/instance-manager-88bb"
    cut = event(TAIL, other)[: -len("0.0/29 / excludeRanges: []")]
    assert only(f"{cut}>\n{OTHER_LINE}\n{WHOLE}").pods == (POD, other)
    alone = only(f"{cut}>\n{OTHER_LINE}")
    assert (alone.cause, alone.first, alone.last, alone.range) == ("cut-off", "172.16.0.1", "172.16.0.6", None)
    assert "172.16.0.1 to 172.16.0.6 can be read" in alone.headline


def test_ranges_come_first() -> None:
    """What ran dry comes before other causes, each in the text's order."""
    unauthorized = event("k8s get error: Unauthorized")
    found = diagnose("\n".join([unauthorized, WHOLE, event("invalid CIDR : invalid CIDR address: ")])).events
    assert [one.cause for one in found] == ["exhausted", "unauthorized", "bad-definition"]


def test_a_range_with_nothing_to_hand_out() -> None:
    """An exclude that swallowed the range is not exhaustion, and is said to be the cause (harvester#6256)."""
    found = only(event(full("10.0.0.0/24", "10.0.0.1", "10.0.0.254", "10.0.0.1/24")), EXAMPLE)
    assert (found.cause, found.usable, found.exhausted) == ("no-usable-addresses", 0, False)
    assert found.advice.endswith(
        "10.0.0.0/24 has no address to hand out: its excludes or bounds leave none; the /24 is large enough for the 50 "
        "at the peak, but its excludes leave 0 of 254 addresses: exclude fewer"
    )


NARROWED = {
    "the bounds count": (
        full("10.0.0.0/24", "10.0.0.5", "10.0.0.7", "10.0.0.6"),
        2,
        "the /24 is large enough for the 50 at the peak, but range_start to range_end (10.0.0.5 to 10.0.0.7) leave 3 "
        "of its 254 addresses, and its excludes leave 2 of 3 addresses: widen the bounds, exclude fewer",
    ),
    "the excludes count": (
        full("10.0.0.0/24", "10.0.0.1", "10.0.0.254", "10.0.0.128/25 10.0.0.0/26 10.0.0.64/27"),
        32,
        "the /24 is large enough for the 50 at the peak, but its excludes leave 32 of 254 addresses: exclude fewer",
    ),
    "excludes that leave enough are told": (
        full("10.0.0.0/24", "10.0.0.1", "10.0.0.254", "10.0.0.128/25"),
        127,
        "its excludes leave 127 of 254 addresses; its 127 addresses are enough for the cluster (50 at the peak)",
    ),
    "a range too small as well is to become larger": (
        full("10.0.0.0/28", "10.0.0.1", "10.0.0.14", "10.0.0.1"),
        13,
        "its excludes leave 13 of 14 addresses; the cluster needs 50 at the peak (classic): a /26 would do",
    ),
    "a lease may be stale": (
        full("10.0.0.0/24", "10.0.0.1", "10.0.0.254"),
        254,
        "its 254 addresses are enough for the cluster (50 at the peak): look for stale leases",
    ),
}


@pytest.mark.parametrize(("tail", "usable", "words"), NARROWED.values(), ids=NARROWED)
def test_bounds_and_excludes_are_told_apart_from_the_range(tail: str, usable: int, words: str) -> None:
    """Where a range is large enough, what narrows it is to change; where it is not, the range is."""
    found = only(event(tail), EXAMPLE)
    assert found.usable == usable
    assert words in found.advice


def test_advice_without_and_with_a_huge_cluster() -> None:
    """Without a cluster one is asked for; no range holds a huge one."""
    huge = sn.Cluster.uniform(nodes=10_000, disks_per_node=10)
    assert only(WHOLE).advice.endswith("describe the cluster to learn which prefix would do")
    assert only(WHOLE, huge).advice.endswith("240000 at the peak (classic): no range up to a /16 would do")


@pytest.mark.parametrize(
    ("attachment", "pod", "network", "words"),
    [
        (
            "rwx-network-abcde",
            "longhorn-system/share-manager-pvc-1",
            "rwx-network",
            "needs 37 at the peak (rwx-network)",
        ),
        (ATTACHMENT, "longhorn-system/longhorn-csi-plugin-1", "storage-network", "at the peak (consolidated+rwx)"),
        (
            "vm-migration-network-abcde",
            "harvester-system/virt-handler-1",
            "vm-migration-network",
            "(5 at the peak)",
        ),
        (
            "longhorn-net",
            "longhorn-system/instance-manager-1",
            "storage-network",
            "needs 40 at the peak (consolidated)",
        ),
        ("longhorn-net", "longhorn-system/share-manager-pvc-1", "longhorn-net", "the cluster's 40 are not held"),
        ("longhorn-net", "apps/instance-manager-1", "longhorn-net", "is none of Harvester's networks"),
        ("", "longhorn-system/share-manager-pvc-1", None, "the storage-network or the rwx-network"),
        ("", "apps/web-1", None, "the network is none of Harvester's networks"),
        ("k8s-pod-network", "longhorn-system/instance-manager-1", "pod-network", "none of Harvester's networks"),
    ],
)
def test_each_network_is_held_against_its_own_formula(
    attachment: str, pod: str, network: str | None, words: str
) -> None:
    """The definition tells the network, or else the kind of pod; somebody's own is held against nothing."""
    found = only(event(TAIL, pod, attachment), EXAMPLE, "1.8.1")
    assert found.network == network
    assert words in found.advice


def test_somebody_elses_network_without_a_cluster() -> None:
    """Nobody is asked to describe the cluster for a network that its figures do not size."""
    advice = only(event(TAIL, "apps/web-1", "appnet")).advice
    assert advice == "appnet is none of Harvester's networks: whoever made its definition sizes it"


def test_a_profile_of_another_network_sizes_its_own_only() -> None:
    """A profile asked for by name sizes its own network; the others keep their formulas."""
    text = f"{WHOLE}\n{event(TAIL, 'harvester-system/virt-handler-1', 'vm-migration-network-a')}"
    found = diagnose(text, EXAMPLE, profile="consolidated+rwx").events
    assert [one.need and one.need.profile.name for one in found] == ["consolidated+rwx", "vm-migration-network"]


IN_GO = (
    "Could not allocate IP in range: ip: fd00:16::1 / - fd00:16::e / range: "
    "net.IPNet{{IP:net.IP{{{}}}, Mask:net.IPMask{{{}}}}}"
)
SIXTEEN = ", ".join(["0xfd", "0x0", "0x0", "0x16", *["0x0"] * 12])
MAPPED = ", ".join([*["0x0"] * 10, "0xff", "0xff", "0xac", "0x10", "0x0", "0x0"])


@pytest.mark.parametrize(
    ("tail", "range", "usable"),
    [
        (full("fd00:16::/124", "fd00:16::1", "fd00:16::e", "fd00:16::8/125 fd00:16::1"), "fd00:16::/124", 6),
        (IN_GO.format(SIXTEEN, ", ".join([*["0xff"] * 15, "0xf0"])), "fd00:16::/124", 14),
        (
            IN_GO.replace("fd00:16::", "172.16.0.").replace(".e", ".6").format(MAPPED, "0xff, 0xff, 0xff, 0xf8"),
            "172.16.0.0/29",
            6,
        ),
        ("net mask is too short, subnet {192.168.205.0 ffffffff} has no usable IP addresses", "192.168.205.0/32", 0),
        ("Net mask is too short, must be 2 or more: 1", None, 0),
        ("net mask is too short, subnet {x fffffffe} has none", None, 0),
        ("net mask is too short, subnet {fd00:: fffffffffffffffffffffffffffffffe} has none", "fd00::/127", 0),
        (full("10.0.0.0/31", "10.0.0.0", "10.0.0.1"), "10.0.0.0/31", 0),
        (full("10.0.0.0/24", "10.0.0.1", "10.0.0.254", "x 10.0.0.2"), "10.0.0.0/24", 253),
        (full("10.0.0.0/24", "10.0.0.1", "10.0.0.254", "10.0.0.\n3/"), "10.0.0.0/24", 254),
        (full("10.0.0.0/99", "10.0.0.1", "10.0.0.254"), None, None),
        (full("10.0.0.0/24", "10.0.0.999", "10.0.0.254"), "10.0.0.0/24", 254),
        (IN_GO.format("", ""), None, None),
        (IN_GO.format("0xac, 0x100x0, 0x0", "0xff, 0xff, 0xff, 0xf8"), None, None),
        (IN_GO.format("0xac, 0x10, 0x0", "0xff, 0xff, 0xff, 0xf8"), None, None),
        (IN_GO.format("0xac, 0x10, 0x0, 0x0", ", ".join(["0xff"] * 16)), None, None),
    ],
)
def test_every_form_of_a_range(tail: str, range: str | None, usable: int | None) -> None:
    """Both forms and both versions of IP are read; a range that is none makes a message that tells none."""
    found = only(event(tail))
    assert (found.range, found.usable) == (range, usable)
    assert (found.cause == "cut-off") is (usable is None)


POD_NETWORK = "failed to allocate for range 0: no IP addresses available in "


@pytest.mark.parametrize(
    ("attachment", "tail", "network", "cause", "ends"),
    [
        ("k8s-pod-network", "range set: 10.52.0.1-10.52.0.254", "pod-network", "pod-network-exhausted", 254),
        ("cbr0", "range set: 10.52.0.1-10.52.\n0.254", "pod-network", "pod-network-exhausted", 254),
        ("", "range set: 10.52.0.1-10.52.0.25\n  4m Warning", "pod-network", "pod-network-exhausted", 25),
        ("", "range set: fd00::1-fd00::ff,fd01::1-fd01::ff", "pod-network", "pod-network-exhausted", 255),
        ("", "network: cbr0", "pod-network", "pod-network-exhausted", None),
        ("", "range set: a-b", "pod-network", "pod-network-exhausted", None),
        ("ipvlan", "range set: 10.1.0.9-10.1.0.9", "ipvlan", "exhausted", 1),
    ],
)
def test_host_local(attachment: str, tail: str, network: str, cause: str, ends: int | None) -> None:
    """A node's pod network is told by its ends; another network of host-local is somebody's own."""
    found = only(f"[default/web-1/{UID}:{attachment}]: error adding container to network: {POD_NETWORK}{tail}")
    assert (found.network, found.cause, found.usable, found.range) == (network, cause, ends, None)
    assert found.exhausted


KNOWN = {
    "context deadline exceeded": "no-lock",
    'k8s get error: Get "https://10.53.0.1/apis/whereabouts.cni.cncf.io": context deadline exceeded': "no-lock",
    "the server could not find the requested resource (get ippools.whereabouts.cni.cncf.io)": "missing-crd",
    'no matches for kind "IPPool" in version "whereabouts.cni.cncf.io/v1alpha1"': "missing-crd",
    'overlappingrangeipreservations.whereabouts.cni.cncf.io "172.16.0.1" not found': "missing-crd",
    'failed to find plugin "whereabouts" in path [/opt/cni/bin]': "missing-plugin",
    "could not parse exclude range, err: invalid": "bad-definition",
    "LoadDelegateNetConf: error unmarshalling delegate config: unexpected end of JSON input": "bad-definition",
    "did not find reserved IP for container 5b1e": "leak",
}


@pytest.mark.parametrize(("words", "cause"), KNOWN.items())
def test_causes_that_are_no_exhaustion(words: str, cause: str) -> None:
    """A known failure that is no exhaustion is named, with its pod, and no range is said to have run dry."""
    found = only(event(words))
    assert (found.cause, found.pod, found.network) == (cause, POD, "storage-network")
    assert (found.range, found.first, found.last, found.usable, found.exhausted) == (None, None, None, None, False)
    assert found.advice.startswith("no range ran dry: ")


def test_what_is_missing_is_named() -> None:
    """Plugins, definitions and volumes are named once each, however often the text names them."""
    plugins = "\n".join(event(f'failed to find plugin "{name}" in path [/opt]') for name in ("bridge", "tap", "bridge"))
    assert "the CNI plugin bridge, tap is not on the node" in only(plugins).advice
    volumes = ",".join(f"pvc-2bdb794c-9652-4495-a633-ecbd1366fb{number:02}" for number in range(60))
    waiting = only(f"error syncing 'rwx-network': waiting for all volumes detached: {volumes}, requeuing")
    assert (waiting.network, len(waiting.names)) == ("rwx-network", 60)
    assert "waits for 60 volumes (pvc-2bdb794c-9652-4495-a633-ecbd1366fb00, " in waiting.advice
    assert "waits for some; stop" in only("waiting for all volumes detached").advice


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/29 / excludeRanges: []",
        "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        "error: the server could not find the requested resource (get deployments.apps)",
        "2024-07-24T03:21:09Z [error] storage engine\n2024-07-24T03:21:10Z [error] context deadline exceeded",
        f"storage engine {'x' * 500} context deadline exceeded",
        "Jul 24 03:21:09 node1 a[1]: whereabouts said\nJul 24 03:21:10 node1 b[2]: context deadline exceeded",
        'plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
        "Could not allocate memory",
    ],
)
def test_other_texts_have_no_events(text: str) -> None:
    """What other programs say of other things is passed over."""
    assert diagnose(text).events == ()


def test_events_that_know_their_pod() -> None:
    """Of several texts, each may come with its pod, which counts where the text names none."""
    texts = [(TAIL, "longhorn-system/instance-manager-1"), (WHOLE, "apps/other"), (TAIL, None)]
    (found,) = events_of(texts, None, choose())
    assert (found.pods, found.network) == (("longhorn-system/instance-manager-1", POD), "storage-network")
    (held,) = events_of([(WHOLE, None)], EXAMPLE, choose(harvester="1.6.1"))
    assert held.advice.endswith("the cluster needs 40 at the peak (consolidated): a /26 would do")


def test_diagnoses_are_plain_data_and_print_well() -> None:
    """A diagnosis has the contract's keys, a short repr, and is a value."""
    diagnosis = diagnose(DOCUMENTED)
    keys = ["cause", "network", "range", "first", "last", "usable", "pod", "pods", "exhausted", "advice"]
    assert list(diagnosis.to_dict()["events"][0]) == keys
    assert diagnosis.to_dict()["events"][0]["pods"] == 1
    assert repr(diagnosis.events[0]).startswith("DiagnosedEvent(failure='exhausted', network='storage-network', told=")
    assert hash(diagnosis) == hash(diagnose(DOCUMENTED))


def test_a_headline_tells_what_is_known() -> None:
    """Cause, network, range, addresses and who waits stand in one line; what is not told is left out."""
    assert only(DOCUMENTED).headline == (
        "exhausted, storage-network 172.16.0.0/29, 6 addresses to hand out (172.16.0.1 to 172.16.0.6), "
        "longhorn-system/backing-image-ds-default-image-lxq7r waits"
    )
    assert only(TAIL).headline.endswith("for a pod that the text does not name")
    assert only("did not find reserved IP for container a").headline == "leak"


@pytest.mark.parametrize("text", [None, 5, b"Could not allocate"])
def test_only_text_is_diagnosed(text: object) -> None:
    """What is no text is refused by name."""
    with pytest.raises(sn.BadInput, match="text .* is not text; paste the event as it is"):
        diagnose(text)  # type: ignore[arg-type]
