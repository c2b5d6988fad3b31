"""Pasted events: found however they are wrapped, decoded, and answered."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice.diagnose import diagnose
from sn_planner.engine.pool.configuration import PoolExhausted
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.model.cidr import Cidr
from sn_planner.model.pods import STORAGE_PODS
from tests import strategies

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
# The documentation's event, [D 1.1 Storage Network]: a release up to 0.7, six usable addresses.
DOCUMENTED = (Path(__file__).parents[1] / "data" / "event.txt").read_text(encoding="utf-8")


def test_the_documentations_event() -> None:
    """The documentation's event is about 172.16.0.0/29, six usable addresses, and a pod that brings an image."""
    (event,) = diagnose(DOCUMENTED, EXAMPLE).events
    assert (event.range, event.first, event.last, event.usable) == ("172.16.0.0/29", "172.16.0.1", "172.16.0.6", 6)
    assert (event.pod, event.kind) == ("longhorn-system/backing-image-ds-default-image-lxq7r", "backing-image-ds")
    assert event.exhausted
    assert event.advice == (
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
        (event,) = diagnose(str(refusal.value)).events
        assert (event.range, event.usable, event.pod) == ("172.16.0.0/29", 6, None)


def event_text(network: Cidr, excludes: list[str], legacy: bool, kind: str) -> str:
    """A kubelet event in which a full range refuses a pod of that kind."""
    full = Pool(str(network), ["0.0.0.0/0"])
    with pytest.raises(PoolExhausted) as refusal:
        full.assign("a/b", "c")
    bounds = refusal.value.first, refusal.value.last
    message = PoolExhausted(*bounds, str(network), () if legacy else tuple(excludes), "0.6.2" if legacy else "0.9.4")
    return f"[longhorn-system/{kind}-a1b2/7d6995ee-60a6-4f67-b9ea-246a73a4df54:net]: {message}"


CASES = strategies.ranges_with_excludes(shortest=22).filter(lambda case: case[0].prefix_length <= 30)


@given(
    CASES,
    st.booleans(),
    st.sampled_from([kind.name for kind in STORAGE_PODS]),
    st.integers(20, 90),
    st.sampled_from(["\n", "\r\n", "\n      "]),
)
def test_wrapping_loses_nothing(
    case: tuple[Cidr, list[str]], legacy: bool, kind: str, width: int, line_break: str
) -> None:
    """An event wrapped at any column, hard or at words, says what it says in one line."""
    network, excludes = case
    text = event_text(network, excludes, legacy, kind)
    straight = diagnose(text)
    (event,) = straight.events
    assert (event.range, event.excludes) == (str(network), () if legacy else tuple(excludes))
    assert event.usable == Pool(str(network), event.excludes).capacity
    assert event.exhausted == (event.usable > 0)
    assert (event.pod, event.kind) == (f"longhorn-system/{kind}-a1b2", kind)
    assert diagnose(line_break.join(text[at : at + width] for at in range(0, len(text), width))) == straight
    assert diagnose(line_break.join(textwrap.wrap(text, width, break_on_hyphens=False))) == straight


def test_narrow_columns() -> None:
    """Even columns of eight characters lose no exclude."""
    excludes = ["10.0.0.1", "10.0.0.2", "10.0.0.64/26", "10.0.0.128/30", "10.0.0.9/32"]
    text = event_text(Cidr(0x0A000000, 24), excludes, False, "share-manager")
    for width in range(8, 20):
        assert diagnose("\n".join(text[at : at + width] for at in range(0, len(text), width))) == diagnose(text)


def test_several_events_in_one_paste() -> None:
    """Each message is an event with its own pod; the same one is told once."""
    first = event_text(Cidr(0x0A000000, 28), [], False, "instance-manager")
    second = event_text(Cidr(0x0A000100, 28), [], True, "backing-image-manager")
    found = diagnose(f"{first}\n{second}\n{first}\n").events
    assert [(event.range, event.kind) for event in found] == [
        ("10.0.0.0/28", "instance-manager"),
        ("10.0.1.0/28", "backing-image-manager"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "pod"),
    [
        ("", ' pod="longhorn-system/share-manager-pvc-1" podUID="x"', "longhorn-system/share-manager-pvc-1"),
        ("", ' pod=\\"longhorn-system/share-manager-pvc-1\\"', "longhorn-system/share-manager-pvc-1"),
        (
            "Name:  instance-manager-7\nNamespace:  longhorn-system\nPriority: 0\n",
            "",
            "longhorn-system/instance-manager-7",
        ),
        ("Name:  pod-7\nNamespace:  apps\nService Account: x\n", "", "apps/pod-7"),
        ("[default/web-1/7d6995ee-60a6-4f67-b9ea-246a73a4df54:net]: ", "", "default/web-1"),
        ("", "", None),
    ],
)
def test_the_pod_is_found_where_tools_put_it(before: str, after: str, pod: str | None) -> None:
    """Multus names the pod before the message, the kubelet's log behind it, kubectl describe in its head."""
    message = "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/29 / excludeRanges: []"
    assert diagnose(before + message + after).events[0].pod == pod


def test_a_range_with_nothing_to_hand_out() -> None:
    """An exclude that swallowed the range is not exhaustion, and is said to be the cause (harvester#6256)."""
    (event,) = diagnose(event_text(Cidr(0x0A000000, 24), ["10.0.0.1/24"], False, "instance-manager"), EXAMPLE).events
    assert (event.usable, event.exhausted) == (0, False)
    assert "10.0.0.0/24 has no address to hand out: its excludes or bounds leave none" in event.advice


def test_bounds_narrow_the_range() -> None:
    """The message's own bounds count."""
    text = "Could not allocate IP in range: ip: 10.0.0.5 / - 10.0.0.7 / range: 10.0.0.0/24 / excludeRanges: [10.0.0.6]"
    assert diagnose(text).events[0].usable == 2


def test_advice_depends_on_the_cluster() -> None:
    """Enough addresses point at stale leases; too many wanted addresses at a smaller cluster."""
    text = event_text(Cidr(0x0A000000, 24), [], False, "instance-manager")
    huge = sn.Cluster.uniform(nodes=10_000, disks_per_node=10)
    advice = [diagnose(text, cluster).events[0].advice for cluster in (EXAMPLE, huge, None)]
    assert advice[0].endswith("its 254 addresses are enough for the cluster (50 at the peak): look for stale leases")
    assert advice[1].endswith("the cluster needs 240000 at the peak (classic): no range up to a /16 would do")
    assert advice[2].endswith("describe the cluster to learn which prefix would do")


@pytest.mark.parametrize(
    "message",
    [
        "ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/29 / excludeRanges: []",
        "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/29",
        "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/99 / excludeRanges: []",
        "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/32 / excludeRanges: []",
        "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: net.IPNet{IP:net.IP{}, Mask:net.IPMask{}}",
    ],
)
def test_other_texts_have_no_events(message: str) -> None:
    """What is no message of a range that Whereabouts could serve is passed over."""
    assert diagnose(message).events == ()


def test_unreadable_excludes_do_not_hide_the_event() -> None:
    """An exclude that cannot be read is left out; the event stays."""
    text = (
        "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6 / range: 10.0.0.0/29 / excludeRanges: [x 10.0.0.2]"
    )
    (event,) = diagnose(text).events
    assert (event.excludes, event.usable) == (("10.0.0.2",), 5)


def test_diagnoses_are_plain_data_and_print_well() -> None:
    """A diagnosis has the contract's keys and an escaped HTML table."""
    diagnosis = diagnose(DOCUMENTED)
    assert list(diagnosis.to_dict()["events"][0]) == ["range", "first", "last", "usable", "pod", "exhausted", "advice"]
    assert "<td>172.16.0.0/29</td>" in diagnosis._repr_html_()


@pytest.mark.parametrize("text", [None, 5, b"Could not allocate"])
def test_only_text_is_diagnosed(text: object) -> None:
    """What is no text is refused by name."""
    with pytest.raises(sn.SnPlannerError, match="text .* is not text; paste the event as it is"):
        diagnose(text)  # type: ignore[arg-type]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No text is an error."""
    assert isinstance(diagnose(text).events, tuple)
