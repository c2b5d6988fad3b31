"""Audits: stale leases and nothing else, what an upgrade needs on top, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice.living.audit import Audit, audit
from sn_planner.advice.living.choice import choice_for, pool_of
from sn_planner.advice.living.guidance import Advice
from sn_planner.engine.pool.whereabouts import Pool
from sn_planner.interchange.kubectl import read_snapshot
from sn_planner.interchange.reports.living import audit_document
from sn_planner.interchange.tables import render
from sn_planner.model.cidr import address_text
from sn_planner.model.living import resources as kept
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.pods import STORAGE_PODS
from tests import strategies

LIVE = Path(__file__).parents[2] / "data" / "live"
NETWORK = sn.AddressRange("10.0.0.0/28", exclude=["10.0.0.12/31"])
SETTING = sn.Setting(vlan=100, cluster_network="storage", range=NETWORK.cidr, exclude=NETWORK.exclude)
STORED = kept.StoredSetting("storage-network", SETTING.value, sn.Written.of(SETTING))
SHARED = kept.StoredSetting("rwx-network", written=sn.Written('{"share-storage-network":true}', "rwx-network"))
OWN = '{"share-storage-network":false,"network":{"vlan":7,"clusterNetwork":"storage","range":"10.7.0.0/28"}}'
DEDICATED = kept.StoredSetting("rwx-network", OWN, sn.Written(OWN, "rwx-network"))
IN_LONGHORN = kept.LonghornSetting("longhorn-system/storage-network-for-rwx-volume-enabled", "true")
FIRST = NETWORK.cidr.first


def pod(name: str, *addresses: str, sandbox: str = "", interface: str = "lhnet1", **more: Any) -> kept.Pod:
    """A pod of Longhorn with these addresses on its storage interface."""
    interfaces = (kept.Interface(interface, "", addresses),) if addresses else None
    return kept.Pod(f"longhorn-system/{name}", sandbox=sandbox, interfaces=interfaces, **more)


def lease(offset: int, name: str, container_id: str = "", ifname: str = "lhnet1") -> kept.Allocation:
    """A lease of a pod of Longhorn."""
    return kept.Allocation(offset, f"longhorn-system/{name}", container_id, ifname)


NONE_ELSE = ("reservations", "instance_managers", "backing_image_managers", "data_sources", "images")


def node(name: str, disks: int = 2, images: tuple[str, ...] | None = None, blocks: int = 0) -> kept.LonghornNode:
    """A node of Longhorn, with the disks that hold an image."""
    return kept.LonghornNode(f"longhorn-system/{name}", disks, blocks, images)


def living(leases: Iterable[kept.Allocation], pods: Iterable[kept.Pod] | None = None, **more: Any) -> Snapshot:
    """A cluster with these leases and nothing else; where pods are exported, Longhorn's own manager is among them."""
    pool = kept.IPPool("kube-system/10.0.0.0-28", NETWORK.cidr, tuple(leases))
    seen = None if pods is None else (*pods, pod("longhorn-manager-1"))
    none: dict[str, Any] = dict.fromkeys((*NONE_ELSE, "longhorn_settings", "share_managers"), ())
    return Snapshot(**none | {"settings": (STORED,), "pools": (pool,), "pods": seen, **more})


def whys(snapshot: Snapshot) -> dict[str, str]:
    """The stale leases: address and why."""
    return {one.address: one.why for one in audit(snapshot).stale}


CLEAN = pod("instance-manager-1", "10.0.0.1", sandbox="c1")


def test_a_lease_of_a_living_pod_is_not_stale() -> None:
    """A lease whose pod shows its address under its container id is none of the stale ones."""
    assert whys(living([lease(1, "instance-manager-1", "c1")], [CLEAN])) == {}


def test_a_second_interface_has_a_lease_of_its_own() -> None:
    """The same pod under another interface has its second lease by right."""
    both = attrs.evolve(CLEAN, interfaces=(*(CLEAN.interfaces or ()), kept.Interface("lhnet2", "", ("10.0.0.2",))))
    leases = [lease(1, "instance-manager-1", "c1"), lease(2, "instance-manager-1", "c1", "lhnet2")]
    assert whys(living(leases, [both])) == {}


def test_leases_of_old_releases_name_no_interface() -> None:
    """A lease without an interface is for any of the pod's."""
    assert whys(living([lease(1, "instance-manager-1", "c1", "")], [CLEAN])) == {}
    assert whys(living([lease(2, "instance-manager-1", "c1", "")], [CLEAN])) == {
        "10.0.0.2": "a lease of another sandbox: it has 10.0.0.1 on its further interface"
    }


STALE = [
    ([lease(3, "instance-manager-2")], [CLEAN], {"10.0.0.3": "its pod is gone"}),
    (
        [lease(3, "a", "c")],
        [pod("a", "10.0.0.3", phase="Failed")],
        {"10.0.0.3": "its pod has ended (Failed)"},
    ),
    ([lease(3, "a")], [pod("a", phase="Succeeded")], {"10.0.0.3": "its pod has ended (Succeeded)"}),
    (
        [lease(1, "instance-manager-1", "c0")],
        [CLEAN],
        {
            "10.0.0.1": "container id of another sandbox: its pod's is c1; "
            "the pod still uses it: restart the pod rather than delete the lease"
        },
    ),
    (
        [lease(2, "instance-manager-1", "c0")],
        [CLEAN],
        {"10.0.0.2": "a lease of another sandbox: it has 10.0.0.1 on its lhnet1"},
    ),
    (
        [lease(2, "instance-manager-1", "c0"), lease(1, "instance-manager-1", "c1")],
        [CLEAN],
        {"10.0.0.2": "two leases of one pod: it has 10.0.0.1 on its lhnet1"},
    ),
    (
        [lease(2, "instance-manager-1", "c1", "lhnet2")],
        [CLEAN],
        {"10.0.0.2": "a lease of another sandbox: its pod has no lhnet2"},
    ),
    (
        [lease(1, "a", "c1"), lease(2, "a", "c2")],
        [pod("a", sandbox="c2")],
        {"10.0.0.1": "container id of another sandbox: its pod's is c2"},
    ),
    (
        [lease(1, "a"), lease(2, "a")],
        [pod("a")],
        {
            "10.0.0.2": "two leases of one pod: look up whether it uses this one or 10.0.0.1, and delete the other",
        },
    ),
    (
        [lease(1, "a"), lease(2, "a")],
        None,
        {
            "10.0.0.2": "two leases of one pod: look up whether it uses this one or 10.0.0.1, and delete the other",
        },
    ),
    (
        [lease(12, "instance-manager-1", "c1")],
        [pod("instance-manager-1", "10.0.0.12")],
        {
            "10.0.0.12": "it lies in an exclude; the pod still uses it: restart the pod rather than delete the lease",
        },
    ),
    ([lease(16, "a")], None, {"10.0.0.16": "it lies outside 10.0.0.0/28"}),
    ([lease(2**33, "a")], None, {f"offset {2**33}": "it lies outside 10.0.0.0/28"}),
    (
        [lease(0, "a"), lease(15, "b")],
        None,
        dict.fromkeys(
            ("10.0.0.0", "10.0.0.15"),
            "it is the network or the broadcast address, which Whereabouts never assigns",
        ),
    ),
]


@pytest.mark.parametrize(("leases", "pods", "expected"), STALE)
def test_stale_leases(leases: list[kept.Allocation], pods: list[kept.Pod] | None, expected: dict[str, str]) -> None:
    """Every kind of stale lease is found, with the evidence, and the others are left alone."""
    assert whys(living(leases, pods)) == expected


def test_deleting_a_stale_lease_frees_what_can_be_assigned() -> None:
    """A stale lease frees its address, unless a pod uses that, or Whereabouts would never assign it."""
    leases = [lease(3, "gone"), lease(4, "gone"), *(lease(offset, "gone") for offset in (0, 12, 15, 16))]
    found = audit(living(leases, [pod("a", "10.0.0.4")])).stale
    assert [one.address for one in found if one.frees] == ["10.0.0.3"]
    assert len(found) == len(leases)


UNKNOWN = [
    ([lease(1, "a")], None),
    ([kept.Allocation(1, "elsewhere/a", "c")], [CLEAN]),
    ([kept.Allocation(1, "", "c")], [CLEAN]),
    ([lease(1, "a", "c1")], [pod("a")]),
    ([lease(1, "a", "c1")], [pod("a", "fd00::1")]),
    ([lease(1, "a")], [pod("a", sandbox="c2")]),
    ([lease(1, "a", "c1"), lease(2, "a", "c1")], [pod("a", sandbox="c1")]),
]


@pytest.mark.parametrize(("leases", "pods"), UNKNOWN)
def test_without_evidence_nothing_is_stale(leases: list[kept.Allocation], pods: list[kept.Pod] | None) -> None:
    """A lease is not stale for what the export does not tell."""
    assert whys(living(leases, pods)) == {}


def test_an_export_that_has_no_pods_at_all() -> None:
    """Where pods were exported and there are none, every pod is gone; a lease that names none is not."""
    snapshot = attrs.evolve(living([lease(1, "a"), kept.Allocation(2, "", "c")]), pods=())
    assert whys(snapshot) == {"10.0.0.1": "its pod is gone"}


def test_leases_that_cannot_be_judged_are_told() -> None:
    """Leases of pods in namespaces that were not exported are counted, with the command that exports them."""
    advice = audit(living([lease(1, "a"), kept.Allocation(2, "x/b", "c")], [])).advice
    assert advice[0].message == "the pods of 1 lease are not in the export: whether they live is unknown"
    assert advice[0].fix == "export pods with the script of `sn-planner export audit`"


def test_reservations_without_a_lease_block_their_addresses() -> None:
    """A reservation whose lease is gone is stale, and its address not free; those elsewhere do not matter."""
    texts = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.12", "10.0.1.1", "fd00--1", "other-10.0.0.4")
    reservations = tuple(kept.Reservation(f"kube-system/{text}", "longhorn-system/a") for text in texts)
    result = audit(living([lease(1, "a")], [pod("a", "10.0.0.1", "10.0.0.3")], reservations=reservations))
    assert {one.address: (one.why, one.frees) for one in result.stale} == {
        "10.0.0.2": ("a reservation without a lease", True),
        "10.0.0.3": (
            "a reservation without a lease; the pod still uses it: restart the pod rather than delete the lease",
            False,
        ),
    }
    assert (result.usable, result.leases, result.free) == (12, 1, 9)


def test_what_an_export_names_cannot_steer_a_terminal() -> None:
    """Control characters in a podref are escaped."""
    (stale,) = audit(living([kept.Allocation(3, "longhorn-system/\x1b[2J\n", "c")], [])).stale
    assert stale.podref == "longhorn-system/\\x1b[2J\\n"


PODREFS = st.builds(
    "longhorn-system/{}-{}".format,
    st.sampled_from([kind.name for kind in STORAGE_PODS]),
    st.integers(0, 20).map("{:04x}".format),
)


@st.composite
def simulated(draw: st.DrawFn) -> Snapshot:
    """A cluster after pods have come, restarted and gone: its leases from a real Pool, and the pods that hold them."""
    network, excludes = draw(
        strategies.ranges_with_excludes(shortest=24).filter(lambda case: case[0].prefix_length <= 30)
    )
    pool = Pool(str(network), excludes)
    interfaces = st.sampled_from(["lhnet1", "lhnet2"])
    running: dict[str, str] = {}
    for number, (podref, ifname) in enumerate(draw(st.lists(st.tuples(PODREFS, interfaces), max_size=40))):
        if pool.free:
            running.setdefault(podref, f"sandbox-{number}")
            pool.assign(podref, running[podref], ifname)
    held = {podref: [one for one in pool.leases if one.podref == podref] for podref in running}
    pods = tuple(
        kept.Pod(
            podref,
            phase="Running",
            sandbox=running[podref],
            interfaces=tuple(kept.Interface(one.ifname, "", (str(one.address),)) for one in leases),
        )
        for podref, leases in held.items()
    )
    allocations = tuple(
        kept.Allocation(int(offset), one["podref"], one["id"], one["ifname"])
        for offset, one in pool.allocations.items()
    )
    setting = sn.Setting(vlan=1, cluster_network="a", range=network, exclude=excludes)
    return Snapshot(
        settings=(kept.StoredSetting("storage-network", setting.value, sn.Written.of(setting)),),
        pools=(kept.IPPool("kube-system/pool", network, allocations),),
        pods=(*pods, pod("longhorn-manager-1")),
        longhorn_nodes=(kept.LonghornNode("longhorn-system/node-1", disks=2),),
    )


@given(simulated())
def test_a_simulated_pool_audits_clean(snapshot: Snapshot) -> None:
    """The leases that a Pool gave to living pods are all right, and add up."""
    result = audit(snapshot)
    assert result.stale == ()
    assert sum(result.by_kind.values()) == result.leases == result.usable - result.free
    assert pool_of(snapshot).used == result.leases


@given(simulated(), st.data())
def test_every_pod_that_goes_leaves_stale_leases_and_no_others(snapshot: Snapshot, data: st.DataObject) -> None:
    """The stale leases are exactly those of the pods that were removed."""
    pods = snapshot.pods or ()
    removed = data.draw(st.sets(st.sampled_from([one.ref for one in pods[:-1]] or [""])))
    pool = snapshot.pool
    assert pool is not None
    expected = {
        (address_text(pool.range.address + one.offset), one.podref) for one in pool.allocations if one.podref in removed
    }
    result = audit(attrs.evolve(snapshot, pods=tuple(one for one in pods if one.ref not in removed)))
    assert {(one.address, one.podref) for one in result.stale} == expected
    assert {one.why for one in result.stale} <= {"its pod is gone"}


@given(simulated())
def test_without_pods_nothing_is_said_to_be_stale(snapshot: Snapshot) -> None:
    """Where pods were not exported, leases that Whereabouts may have given are not stale."""
    assert audit(attrs.evolve(snapshot, pods=None)).stale == ()


def manager(number: int) -> str:
    """The name of an instance manager."""
    return f"instance-manager-{number}"


def cluster(nodes: int, disks: int = 0, **more: Any) -> dict[str, Any]:
    """So many nodes, each with so many disks, each with its instance manager's lease and pod."""
    names = [manager(number) for number in range(1, nodes + 1)]
    pods = [pod(name, f"10.0.0.{number}") for number, name in enumerate(names, 1)]
    uuids = tuple(f"uuid-{number}" for number in range(disks))
    nodes_ = tuple(node(f"node-{number}", disks, uuids) for number in range(nodes))
    leases = [lease(number, name) for number, name in enumerate(names, 1)]
    return {"leases": leases, "pods": pods, "longhorn_nodes": nodes_, **more}


def last_fix(result: Audit) -> tuple[str, str]:
    """The verdict on the upgrade, and what to do."""
    advice = next(one for one in result.advice if "the next upgrade needs" in one.message)
    return advice.message.rpartition(": ")[2], advice.fix


def test_an_upgrade_that_fits() -> None:
    """Four managers of 12 addresses need four more, and fit."""
    result = audit(living(**cluster(4)))
    assert (result.usable, result.leases, result.free, result.upgrade_required) == (12, 4, 8, 4)
    assert (result.upgrade_fits, result.ok, result.findings) == (True, True, ())
    assert last_fix(result) == ("it fits", "nothing is to be done for it")
    assert result.upgrade is not None
    assert result.upgrade.rule_of_thumb == 4
    assert result.room == sn_room(2, 2, 4)


def test_what_can_be_added_leaves_other_pods_their_addresses() -> None:
    """Two addresses that pods of no formula hold are not there for more nodes, disks or images."""
    parts = cluster(4)
    parts["leases"] += [kept.Allocation(offset, f"default/{offset}", "", "net1") for offset in (9, 10)]
    parts["pods"] += [kept.Pod(f"default/{offset}") for offset in (9, 10)]
    assert audit(living(**parts)).room == sn_room(1, 1, 2)


def sn_room(nodes: int | None, disks: int | None, images: int | None) -> object:
    """What can be added."""
    from sn_planner.advice.living.upgrade import Room

    return Room(nodes, disks, images)


def test_advice_stays_on_its_line() -> None:
    """Whatever names an export holds, no control character of them reaches a terminal."""
    advice = Advice("a\x1b[31m", "b\nc")
    assert (advice.message + advice.fix).isprintable()


def test_stale_leases_in_the_way() -> None:
    """Where deleting stale leases is enough, that is the advice, with the other way: to wait for the reconciler."""
    parts = cluster(6)
    parts["leases"] += [lease(offset, f"gone-{offset}") for offset in (8, 9)]
    result = audit(living(**parts))
    assert (result.free, result.upgrade_required, result.upgrade_fits, result.ok) == (4, 6, False, False)
    assert last_fix(result) == ("it would stall", "delete the stale leases before it")
    assert result.advice[0].message == "2 stale leases would free 2 addresses"
    assert result.advice[0].fix == (
        "delete those that no pod uses from the IPPool kube-system/10.0.0.0-28, or wait for the reconciler, 04:30 UTC"
    )


def test_releases_without_a_reconciler() -> None:
    """Whereabouts 0.5.4 has no reconciler to wait for."""
    result = audit(living([lease(1, "a")], []), harvester="1.1.1")
    assert result.advice[1].fix.endswith("10.0.0.0-28; this release has no reconciler to wait for")


def transferring(count: int, offset: int) -> dict[str, Any]:
    """So many image transfers in flight, with leases and pods."""
    names = [f"backing-image-ds-{number}" for number in range(count)]
    return {
        "leases": [lease(offset + number, name) for number, name in enumerate(names)],
        "pods": [pod(name, f"10.0.0.{offset + number}") for number, name in enumerate(names)],
        "data_sources": tuple(kept.DataSource(f"longhorn-system/{number}", "in-progress") for number in range(count)),
    }


def together(*parts: dict[str, Any]) -> dict[str, Any]:
    """Parts of a cluster, their leases and pods joined."""
    merged = {key: value for part in parts for key, value in part.items()}
    return merged | {key: [one for part in parts for one in part[key]] for key in ("leases", "pods")}


def test_transfers_in_the_way() -> None:
    """Where the addresses of image transfers are enough, the advice is to finish them."""
    result = audit(living(**together(cluster(6), transferring(2, 7))))
    assert (result.free, result.upgrade_required) == (4, 6)
    assert last_fix(result) == ("it would stall", "finish the image transfers before it")
    with_stale = together(cluster(6), transferring(1, 7), {"leases": [lease(9, "gone")], "pods": []})
    assert last_fix(audit(living(**with_stale))) == (
        "it would stall",
        "finish the image transfers before it, and delete the stale leases",
    )


def test_a_range_that_is_too_small() -> None:
    """Where nothing else helps, the range is to be widened, and the finding says to what."""
    result = audit(living(**cluster(6, disks=1)))
    assert [one.code for one in result.findings] == ["range-too-small", "upgrade-would-stall"]
    assert last_fix(result) == (
        "it would stall",
        "widen the range: use a /27, like 10.0.0.0/27 where that is free",
    )
    assert result.room == sn_room(0, 0, 0)


def test_an_upgrade_that_only_waits() -> None:
    """At or above the stall floor an upgrade that does not fit waits, but does not stall."""
    result = audit(living(**cluster(4, disks=1)))
    assert (result.free, result.upgrade_required) == (8, 12)
    assert last_fix(result)[0] == "it would wait, but not stall"


def test_pods_of_other_kinds_in_the_way() -> None:
    """Leases of pods that the formula does not know stand in the way of an upgrade, too."""
    others = {"leases": [lease(offset, f"guest-{offset}") for offset in (8, 9, 10)]}
    others["pods"] = [pod(f"guest-{offset}", f"10.0.0.{offset}") for offset in (8, 9, 10)]  # type: ignore[misc]
    result = audit(living(**together(cluster(6), others)))
    assert result.by_kind == {"instance-manager": 6, "other": 3}
    assert result.findings == ()
    assert last_fix(result) == ("it would stall", "free the addresses that pods of other kinds hold")


def test_profiles_without_a_limit() -> None:
    """A profile that counts no disks and no images sets no limit to them."""
    own = sn.Profile("own", (sn.Consumer("manager", "node", versions=2, floor=2, steady=1, source="-"),))
    result = audit(living(**cluster(2)), profile=own)
    assert result.room == sn_room(4, None, None)
    assert "any number of disks, or any number of image transfers" in result.advice[-1].message
    flat = sn.Profile("flat", (sn.Consumer("gate", "cluster", versions=1, floor=1, steady=1, source="-"),))
    assert audit(living(**cluster(2)), profile=flat).room == sn_room(None, None, None)


def test_the_example() -> None:
    """The example: a nearly full /27 with one stale lease; deleting that keeps the upgrade from stalling."""
    snapshot = read_snapshot(str(LIVE / "living.json"))
    result = audit(snapshot)
    assert repr(result) == (
        "Audit('192.168.50.0/27', usable=30, leases=27, stale=1, free=3, upgrade_required=24, upgrade_fits=False)"
    )
    assert last_fix(result) == (
        "it would stall",
        "delete the stale leases, so that it does not stall; to do it without waiting, "
        "widen the range: use a /26, like 192.168.50.0/26 where that is free",
    )
    assert result.upgrade is not None
    assert (result.upgrade.required, result.upgrade.floor, result.upgrade.rule_of_thumb) == (24, 4, 24)
    assert str(result.stale[0].address) == "192.168.50.25"


def test_audits_are_plain_data_and_print_well() -> None:
    """An audit has the contract's keys in their order, and advice in the shape of findings."""
    data = audit(living(**together(cluster(6, disks=1), {"leases": [lease(9, "<gone>")], "pods": []}))).to_dict()
    keys = "range usable leases by_kind stale free upgrade_required upgrade_fits findings precheck networks"
    assert " ".join(data) == keys
    assert list(data["stale"][0]) == ["address", "podref", "why"]
    assert {tuple(one) for one in data["findings"]} == {("code", "severity", "message", "fix")}
    assert json.loads(json.dumps(data)) == data


def test_the_document() -> None:
    """People read the verdict, the figures, the stale leases and the advice; CSV has the figures."""
    snapshot = read_snapshot(str(LIVE / "living.json"))
    document = audit_document(audit(snapshot))
    text = render(document, "table")
    assert text.startswith(
        "192.168.50.0/27: the next upgrade does not fit.\n30 usable addresses, 27 leases, 3 free; 1 stale.\n"
    )
    assert render(document, "csv") == (
        "network,range,usable,leases,free,upgrade_required,upgrade_fits,stale\n"
        "storage-network,192.168.50.0/27,30,27,3,24,False,1\n"
    )
    assert render(document.explain(), "csv").splitlines()[0] == "address,podref,why"
    assert document.command == "audit"


@pytest.mark.parametrize(
    ("snapshot", "verdict"),
    [
        (living(**cluster(4)), "the next upgrade fits."),
        (living([]), "whether the next upgrade fits is unknown."),
    ],
)
def test_verdicts(snapshot: Snapshot, verdict: str) -> None:
    """The first line is the verdict; without stale leases that is said, too."""
    text = render(audit_document(audit(snapshot)), "table")
    assert text.split("\n")[0].endswith(verdict)
    assert "no stale lease found." in text


def test_many_stale_leases_are_not_all_shown() -> None:
    """A long list of stale leases is cut for people; JSON has all."""
    network = sn.AddressRange("10.0.0.0/24")
    pool = kept.IPPool(
        "kube-system/p", network.cidr, tuple(lease(offset, f"gone-{offset}") for offset in range(1, 101))
    )
    document = audit_document(audit(Snapshot(pools=(pool,), pods=(CLEAN,))))
    assert "and 60 more: --format json lists all." in render(document, "table")
    assert len(document.data["stale"]) == 100


def test_a_fit_beside_an_error() -> None:
    """Where a pod sits in an exclude, an upgrade may fit today in a range that is too small."""
    offsets = range(1, 13)
    leases = [lease(offset, f"backing-image-manager-{offset}") for offset in offsets]
    pods = [pod(f"backing-image-manager-{offset}", f"10.0.0.{offset}") for offset in offsets]
    nodes = (node("a", 13, tuple(f"uuid-{number}" for number in range(13))),)
    own = sn.Profile("own", (sn.Consumer("backing-image-manager", "disk", versions=1, floor=1, steady=1, source="-"),))
    result = audit(living(leases, pods, longhorn_nodes=nodes), profile=own)
    assert (result.usable, result.free, result.upgrade_required, result.upgrade_fits, result.ok) == (
        12,
        1,
        1,
        True,
        False,
    )
    assert "the next upgrade fits, but see the errors." in render(audit_document(result), "table")


def test_what_is_not_exported_is_unknown() -> None:
    """Without Longhorn's nodes the upgrade is unknown; without the setting, the excludes are."""
    pools = living([lease(1, "a")]).pools
    result = audit(Snapshot(pools=pools))
    assert (result.usable, result.upgrade_required, result.upgrade_fits, result.ok) == (14, None, None, False)
    assert [one.fix for one in result.advice] == [
        "export pods with the script of `sn-planner export audit`",
        "export settings.harvesterhci.io with the script of `sn-planner export audit`",
        "export nodes.longhorn.io with the script of `sn-planner export audit`",
        "export them to know its verdict, or run it",
    ]
    assert (result.cluster, result.upgrade, result.room) == (None, None, None)


OTHER_POOL = kept.IPPool("kube-system/a", sn.AddressRange("10.1.0.0/28").cidr)


@pytest.mark.parametrize(
    ("snapshot", "message"),
    [
        (Snapshot(), "export does not tell the storage network's range; export settings.harvesterhci.io with"),
        (
            Snapshot(settings=(STORED,)),
            "export has no IPPool of 10.0.0.0/28; export ippools.whereabouts.cni.cncf.io with",
        ),
        (attrs.evolve(living([]), pools=(OTHER_POOL,)), "export has no IPPool of 10.0.0.0/28"),
        (
            attrs.evolve(
                living([]), pools=(), left_out=(kept.LeftOut("pools", "kube-system/10.0.0.0-28", "no range"),)
            ),
            "export has no IPPool of 10.0.0.0/28; kube-system/10.0.0.0-28 cannot be read: no range",
        ),
        (
            Snapshot(settings=(attrs.evolve(STORED, written=sn.Written("")),)),
            "export says that the storage network is disabled; there is nothing to ask about",
        ),
        (
            Snapshot(pools=(OTHER_POOL, attrs.evolve(OTHER_POOL, ref="kube-system/b"))),
            r"which is the storage network's: kube-system/a \(no lease\), kube-system/b \(no lease\); export settings",
        ),
    ],
)
def test_without_leases_there_is_no_audit(snapshot: Snapshot, message: str) -> None:
    """An export without the range or without its leases is refused, with what to add."""
    with pytest.raises(sn.SnPlannerError, match=message):
        audit(snapshot)


def test_the_range_comes_from_the_network_where_there_is_no_setting() -> None:
    """The NetworkAttachmentDefinition tells range and excludes; two of them tell nothing."""
    one = kept.Attachment("harvester-system/storagenetwork-a", "10.0.0.0/28", ("10.0.0.12/31",))
    beside = kept.Attachment("default/vlan", "10.9.0.0/24")
    pools = living([lease(1, "a")]).pools
    snapshot = Snapshot(attachments=(beside, one), pools=pools)
    assert snapshot.address_range == NETWORK
    assert pool_of(snapshot).capacity == 12
    assert [one.message for one in audit(snapshot).advice if "excludes" in one.message] == []
    two = attrs.evolve(one, ref="harvester-system/storagenetwork-b")
    assert Snapshot(attachments=(one, two), pools=pools).address_range is None


def test_a_pool_goes_on_from_the_leases() -> None:
    """The Pool of an export holds its leases, and hands out what Whereabouts there would hand out next."""
    snapshot = living([lease(1, "a", "c1"), lease(3, "b", "c2"), lease(20, "c"), lease(2**40, "d")])
    pool = pool_of(snapshot)
    assert (pool.used, pool.capacity) == (2, 12)
    assert str(pool.assign("longhorn-system/a", "c9")) == "10.0.0.1"
    assert str(pool.assign("longhorn-system/e", "c5")) == "10.0.0.2"


@pytest.mark.parametrize(
    ("harvester", "address"), [("1.4.0", "10.0.0.2"), ("1.5.0", "10.0.0.1"), ("1.1.0", "10.0.0.2")]
)
def test_old_releases_leak_leases(harvester: str, address: str) -> None:
    """Whereabouts up to 0.7 gives a restarted pod another address."""
    assert str(pool_of(living([lease(1, "a", "c1")]), harvester).assign("longhorn-system/a", "c2")) == address


def stored(name: str, value: str, **more: Any) -> kept.StoredSetting:
    """A setting of Harvester."""
    return kept.StoredSetting(name, value, **more)


@pytest.mark.parametrize(
    ("more", "chosen"),
    [
        ({}, "classic"),
        ({"settings": (STORED, stored("server-version", "v1.6.1"))}, "consolidated"),
        ({"settings": (STORED, stored("server-version", "v1.2.1-rc3"))}, "classic"),
        ({"settings": (STORED, stored("server-version", "master-head"))}, "classic"),
        ({"settings": (STORED, stored("server-version", ""))}, "classic"),
        ({"settings": (STORED, SHARED)}, "classic+rwx"),
        ({"longhorn_settings": (IN_LONGHORN,)}, "classic+rwx"),
        ({"longhorn_settings": (attrs.evolve(IN_LONGHORN, value="false"),)}, "classic"),
        ({"longhorn_settings": (kept.LonghornSetting("longhorn-system/storage-network", "true"),)}, "classic"),
        ({"settings": (STORED, DEDICATED), "longhorn_settings": (IN_LONGHORN,)}, "classic"),
        ({"settings": (STORED, stored("rwx-network", ""))}, "classic"),
        ({"instance_managers": (kept.InstanceManager("a", type="aio"), kept.InstanceManager("b"))}, "consolidated"),
        ({"instance_managers": (kept.InstanceManager("a", type="replica"),)}, "classic"),
        ({"pods": (pod("instance-manager-0a"),)}, "consolidated"),
        ({"pods": (pod("instance-manager-0a"), pod("instance-manager-e-0a"))}, "classic"),
        ({"pools": living([lease(1, "instance-manager-0a"), lease(2, "share-manager-x")]).pools}, "consolidated+rwx"),
        ({"pools": None}, "classic"),
    ],
)
def test_the_cluster_chooses_its_formula(more: dict[str, Any], chosen: str) -> None:
    """The release decides, or else the managers; RWX volumes on the network count where something shows them."""
    assert choice_for(living([], **more)).profile.name == chosen


def test_the_formula_may_be_given() -> None:
    """A release or a profile that is given counts; sharing is seen beside a release, and left alone in a profile."""
    shared = living([lease(1, "share-manager-x")])
    assert choice_for(shared, harvester="1.8.0").profile.name == "consolidated+rwx"
    assert choice_for(shared, harvester="1.8.0+rwx").profile.name == "consolidated+rwx"
    assert choice_for(shared, profile="classic").profile.name == "classic"
    note = choice_for(living([], settings=(STORED, stored("server-version", "v0.3.0")))).notes
    assert note == ("Harvester 0.3.0 is in no table: planned by its pods, as classic",)
    with pytest.raises(sn.SnPlannerError, match="harvester '0.3.0' is not a known release"):
        choice_for(shared, harvester="0.3.0")
    with pytest.raises(sn.SnPlannerError, match="and harvester are both given"):
        choice_for(shared, profile="classic", harvester="1.8.0")


def test_a_simulation_starts_from_this_state() -> None:
    """The worst case, simulated from the example's leases, runs dry as the audit says."""
    snapshot = read_snapshot(str(LIVE / "living.json"))
    assert snapshot.cluster is not None
    run = sn.simulate(None, snapshot.cluster, "upgrade", pool=pool_of(snapshot), harvester="1.6.1")
    assert run.exhausted


def images_on(node_name: str, *disks: str) -> tuple[kept.BackingImageManager, ...]:
    """A backing-image-manager for each of some disks."""
    return tuple(kept.BackingImageManager(f"l/{node_name}-{disk}", node=node_name, disk=disk) for disk in disks)


@pytest.mark.parametrize(
    ("nodes", "managers", "disks"),
    [
        ((node("a"), node("b")), None, 4),
        ((node("a", blocks=1), node("b")), None, 3),
        ((node("a"), node("b")), (), 0),
        ((node("a", images=("u1",)), node("b", images=())), None, 1),
        ((node("a", images=("u1",)), node("b")), None, 3),
        ((node("a", images=("u1",)), node("b")), images_on("a", "u1"), 1),
        ((node("a", images=("u1",)), node("b", images=())), images_on("a", "u2") + images_on("b", "u3"), 3),
        ((node("a", images=("", "")), node("b", images=())), images_on("a", "u1"), 2),
        ((node("a"), node("b")), (*images_on("a", "u1"), kept.BackingImageManager("l/again", node="a", disk="u1")), 1),
        ((node("a"), node("b")), (kept.BackingImageManager("l/x", node="a"),), 1),
    ],
)
def test_an_upgrade_doubles_what_there_is(
    nodes: tuple[kept.LonghornNode, ...], managers: tuple[kept.BackingImageManager, ...] | None, disks: int
) -> None:
    """Only disks that hold an image, by their node or a manager, are doubled; the plan still counts every disk."""
    snapshot = living([], [], longhorn_nodes=nodes, backing_image_managers=managers)
    assert (snapshot.cluster_in_use and snapshot.cluster_in_use.disks, snapshot.cluster and snapshot.cluster.disks) == (
        disks,
        4,
    )
    result = audit(snapshot, profile="consolidated")
    v2 = any(one.block_disks for one in nodes)
    assert result.upgrade_required == 2 * 2 + 2 * disks + v2
    assert result.cluster is not None
    assert result.cluster.disks == 4


def test_a_plan_for_every_disk_is_told() -> None:
    """An upgrade that fits with the images there are is said not to fit with an image on every disk."""
    parts = cluster(2) | {"longhorn_nodes": (node("node-0", 4, ("u1",)), node("node-1", 4, ()))}
    result = audit(living(**parts), profile="consolidated")
    assert (result.upgrade_required, result.upgrade_fits, result.ok) == (4, True, True)
    assert result.advice[-1].message == "with a backing image on every disk it would need 20 at the peak, and has 12"
    assert result.room == sn_room(0, 0, 0)


def test_one_node_never_stalls() -> None:
    """What an upgrade of a single node lacks makes its pods wait, not the upgrade."""
    parts = together(cluster(1, disks=9), transferring(2, 2))
    result = audit(living(**parts), profile="consolidated")
    assert last_fix(result)[0] == "it would wait, but not stall"
    assert "upgrade-would-stall" not in {one.code for one in result.findings}


def own_network(name: str, network: str) -> kept.StoredSetting:
    """The setting of another network."""
    value = f'{{"vlan":7,"clusterNetwork":"storage","range":"{network}"}}'
    return kept.StoredSetting(name, value, sn.Written(value, name))


def test_the_other_networks_are_audited_beside() -> None:
    """The rwx-network wants one more while 1.7 and later upgrade, the migration network one a node."""
    settings = (
        STORED,
        stored("server-version", "v1.8.1"),
        own_network("rwx-network", "10.7.0.0/29"),
        own_network("vm-migration-network", "10.8.0.0/29"),
    )
    parts = cluster(3)
    storage = kept.IPPool("kube-system/10.0.0.0-28", NETWORK.cidr, tuple(parts.pop("leases")))
    names = [f"longhorn-csi-plugin-{number}" for number in range(3)]
    rwx = [lease(number, name, ifname="lhnet2") for number, name in enumerate([*names, "share-manager-a"], 1)]
    handlers = [kept.Allocation(n, f"harvester-system/virt-handler-{n}", "", "migration0") for n in (1, 2)]
    pools = (
        storage,
        kept.IPPool("kube-system/10.7.0.0-29", sn.AddressRange("10.7.0.0/29").cidr, tuple(rwx)),
        kept.IPPool("kube-system/10.8.0.0-29", sn.AddressRange("10.8.0.0/29").cidr, tuple(handlers)),
    )
    running = [pod("longhorn-manager-1"), *parts.pop("pods"), *(pod(name) for name in (*names, "share-manager-a"))]
    running += [kept.Pod(one.podref) for one in handlers]
    more = {"settings": settings, "pools": pools, "pods": tuple(running), **parts}
    managers = (kept.ShareManager("longhorn-system/a", "running"), kept.ShareManager("longhorn-system/b", "stopped"))
    known: dict[str, Any] = dict.fromkeys((*NONE_ELSE, "longhorn_settings"), ()) | more
    result = audit(Snapshot(**known, share_managers=managers))
    assert [one.to_dict() for one in result.networks] == [
        {
            "network": "rwx-network",
            "range": "10.7.0.0/29",
            "usable": 6,
            "leases": 4,
            "free": 2,
            "upgrade_required": 1,
            "fits": True,
        },
        {
            "network": "vm-migration-network",
            "range": "10.8.0.0/29",
            "usable": 6,
            "leases": 2,
            "free": 4,
            "upgrade_required": 1,
            "fits": True,
        },
    ]
    assert result.ok
    assert "rwx-network           10.7.0.0/29" in render(audit_document(result), "table")
    unknown = audit(Snapshot(**more))
    assert unknown.networks[0].upgrade_required == 1
    unseen = audit(Snapshot(**known | {"share_managers": managers, "pods": None}))
    assert [one.missing for one in unseen.networks] == [("pods",), ("pods",)]  # whose leases may be stale
    left = (kept.Reservation("kube-system/10.7.0.5", "longhorn-system/gone"),)
    assert audit(Snapshot(**known | {"reservations": left})).networks[0].free == 1  # of 2: nobody gets the reserved one
    full = attrs.evolve(pools[1], allocations=(*rwx, lease(5, "x"), lease(6, "y")))
    tight = audit(Snapshot(**known | {"share_managers": managers, "pools": (pools[0], full, pools[2])}))
    assert (tight.networks[0].fits, tight.ok) == (False, False)
    assert tight.advice[-1].message == (
        "the next upgrade needs 1 address more of the rwx-network, 10.7.0.0/29, and 0 are free"
    )
    assert ": the next upgrade does not fit.\n" in render(audit_document(tight), "table")  # so the pre-check


def test_networks_of_which_something_is_not_known() -> None:
    """A network without Longhorn's nodes is unknown; one without an IPPool has no lease yet."""
    settings = (STORED, own_network("vm-migration-network", "10.8.0.0/29"))
    result = audit(living([lease(1, "a")], [], settings=settings))
    assert [(one.leases, one.free, one.upgrade_required, one.fits) for one in result.networks] == [(0, 6, None, None)]
    assert result.advice[-1].fix == "export nodes.longhorn.io with the script of `sn-planner export audit`"
    assert "unknown" in render(audit_document(result), "table")
    fits = audit(living(**cluster(4), settings=(STORED, own_network("vm-migration-network", "10.8.0.0/30"))))
    assert (fits.upgrade_fits, fits.networks[0].fits, fits.ok) == (True, False, False)
    told = "the next upgrade fits the storage-network, but see the vm-migration-network."
    assert told in " ".join(render(audit_document(fits), "table").split())


def overlapping(pods: Iterable[kept.Pod], **more: Any) -> Audit:
    """The audit beside a guest's network that overlaps: one lease of its own and one in our range."""
    ours = living([lease(1, "a")], [pod("a"), *pods], **{"reservations": None, **more})
    guest = (kept.Allocation(17, "default/vm", "", "net1"), kept.Allocation(2, "default/vm", "", "net1"))
    guests = kept.IPPool("kube-system/10.0.0.0-27", sn.AddressRange("10.0.0.0/27").cidr, guest)
    return audit(attrs.evolve(ours, pools=(*(ours.pools or ()), guests)))


VM = kept.Pod("default/vm")


def test_reservations_of_other_pools_that_live_are_not_stale() -> None:
    """A lease of an overlapping network takes our address, and its reservation is no stale one of ours."""
    reservations = tuple(kept.Reservation(f"kube-system/10.0.0.{last}", "default/vm") for last in (2, 17))
    result = overlapping([VM], reservations=reservations)
    assert (result.stale, result.usable, result.leases, result.free) == ((), 12, 1, 10)
    assert "other networks hold 1 address of the range" in [one.message for one in result.advice]
    assert overlapping([VM]).free == 10
    assert overlapping([VM], reservations=()).free == 11


def test_reservations_of_other_pools_that_are_dead_are_stale() -> None:
    """Where the pod of the other pool's lease is gone, its reservation still takes our address, and is stale."""
    reservations = (kept.Reservation("kube-system/10.0.0.2", "default/vm"),)
    result = overlapping([kept.Pod("default/other")], reservations=reservations)
    assert [(one.address, one.why) for one in result.stale] == [
        ("10.0.0.2", "a reservation of another pool's lease, whose pod is gone")
    ]
    assert result.free == 10


@pytest.mark.parametrize(
    ("version", "stale"),
    [
        ("v1.4.3", {}),
        ("v1.5.0", {"10.0.0.1": "gone to the reconciler"}),
        (None, {"10.0.0.1": "gone to the reconciler"}),
    ],
)
def test_a_pod_that_its_nodes_taint_deletes(version: str | None, stale: dict[str, str]) -> None:
    """Since Whereabouts 0.8 a pod with DisruptionTarget is gone to the reconciler, though its object is there."""
    settings = (STORED,) if version is None else (STORED, stored("server-version", version))
    evicted = attrs.evolve(CLEAN, evicted=True)
    found = whys(living([lease(1, "instance-manager-1", "c1")], [evicted], settings=settings))
    assert {address: why.rpartition(": ")[2] for address, why in found.items()} == stale


def nameless(*sandboxes: str) -> list[kept.Allocation]:
    """Leases of old releases: a container id and nothing else."""
    return [kept.Allocation(offset, "", sandbox) for offset, sandbox in enumerate(sandboxes, 1)]


def test_leases_that_name_no_pod_are_never_stale_without_evidence() -> None:
    """Several leases without a podref are not of one pod; the advice says how to find whose they are."""
    result = audit(living(nameless("a", "b", "c"), [pod("instance-manager-1", "10.0.0.3", sandbox="x")]))
    assert result.stale == ()
    assert result.undecided == 2  # the third is the pod's, by its address
    assert result.advice[0].message == "2 leases name no pod: whose they are is unknown"
    assert "crictl pods" in result.advice[0].fix
    (one,) = audit(living(nameless("a"), None)).advice[:1]
    assert one.message == "1 lease names no pod: whose they are is unknown"


def test_a_lease_without_a_name_is_matched_by_its_sandbox() -> None:
    """A nameless lease of a sandbox that has another address, or whose pod has ended, is stale on that evidence."""
    found = whys(living(nameless("c1"), [pod("instance-manager-1", "10.0.0.9", sandbox="c1")]))
    assert found == {"10.0.0.1": "a lease of another sandbox: it has 10.0.0.9 on its further interface"}
    ended = pod("instance-manager-1", "10.0.0.1", sandbox="c1", phase="Failed")
    assert whys(living(nameless("c1"), [ended])) == {"10.0.0.1": "its pod has ended (Failed)"}
    assert audit(living(nameless("c1"), [CLEAN])).undecided == 0


def test_a_living_pod_without_a_lease_is_named() -> None:
    """Its address is not free, though Whereabouts would give it away; pods that are no ours do not matter."""
    guest = kept.Pod("default/vm", interfaces=(kept.Interface("net1", "default/x", ("10.0.0.5",)),))
    result = audit(
        living([lease(1, "instance-manager-1", "c1")], [CLEAN, pod("instance-manager-2", "10.0.0.2"), guest])
    )
    assert (result.leases, result.free, result.stale) == (1, 10, ())
    (told,) = [one for one in result.advice if "without a lease" in one.message]
    assert told.message == (
        "longhorn-system/instance-manager-2 has 10.0.0.2 without a lease: Whereabouts gives it to the next pod, too"
    )
    assert told.fix == "restart that pod before any other starts"


def test_a_stale_lease_of_an_address_in_use_frees_nothing() -> None:
    """Where another pod has the address of a dead one's lease, deleting the lease would give it away twice."""
    result = audit(living([lease(2, "gone")], [pod("instance-manager-2", "10.0.0.2")]))
    (stale,) = result.stale
    assert stale.why == (
        "its pod is gone; longhorn-system/instance-manager-2 has the address without a lease: restart that pod first"
    )
    assert (stale.used, stale.frees, result.free) == (True, False, 11)


@pytest.mark.parametrize(("ready", "told"), [(False, True), (True, False), (None, False)])
def test_pods_that_end_on_a_lost_node(ready: bool | None, told: bool) -> None:
    """A pod Terminating on a node that is not ready keeps its lease: it is told apart, and is not stale."""
    ending = attrs.evolve(CLEAN, node="node-2", terminating=True)
    nodes = (kept.ClusterNode("node-2", ready=ready),)
    result = audit(living([lease(1, "instance-manager-1", "c1")], [ending], nodes=nodes))
    assert result.stale == ()
    words = "longhorn-system/instance-manager-1, which is Terminating on node-2, a node that is not ready"
    messages = [one.message for one in result.advice if "Terminating" in one.message]
    assert messages == [f"10.0.0.1 is held by {words}"] * int(told)


def test_a_pod_that_is_missing_while_its_manager_runs_is_not_gone() -> None:
    """An export that was not made in one go is no evidence: the lease is taken to be in use, and that is said."""
    managers = (
        kept.InstanceManager("longhorn-system/instance-manager-1", "running"),
        kept.InstanceManager("longhorn-system/instance-manager-2", "stopped"),
    )
    others = (kept.BackingImageManager("longhorn-system/backing-image-manager-1", "running"),)
    leases = [lease(1, "instance-manager-1"), lease(2, "instance-manager-2"), lease(3, "backing-image-manager-1")]
    result = audit(living(leases, [], instance_managers=managers, backing_image_managers=others))
    assert {one.address for one in result.stale} == {"10.0.0.2"}
    assert result.undecided == 0
    assert result.advice[0].message == (
        "the export was not made in one go: it has no pod longhorn-system/instance-manager-1, "
        "longhorn-system/backing-image-manager-1, whose manager runs"
    )


def test_namespaces_that_were_exported_whole() -> None:
    """A pod of a namespace that is known to the last one, and empty, is gone."""
    snapshot = living([kept.Allocation(1, "default/vm", "c")], [])
    assert audit(snapshot).undecided == 1
    assert whys(attrs.evolve(snapshot, pod_namespaces=frozenset({"default"}))) == {"10.0.0.1": "its pod is gone"}


def test_a_verdict_gets_no_better_for_want_of_pods() -> None:
    """Without the pods a lease may be stale and its pod ask anew: what fits only if none is, is unknown."""
    parts = cluster(4)
    known = audit(living(**parts))
    assert (known.upgrade_fits, known.undecided) == (True, 0)
    blind = audit(living(**parts | {"pods": None}))
    assert (blind.upgrade_required, blind.upgrade_fits, blind.undecided) == (4, True, 4)
    five = audit(living(**cluster(5) | {"pods": None}))
    assert (five.upgrade_required, five.free, five.upgrade_fits, five.ok) == (5, 7, None, False)
    verdict = next(one for one in five.advice if "the next upgrade needs" in one.message)
    assert verdict.message.endswith(
        "7 are free, but 5 more where none of the 5 undecided leases is in use: whether it fits is unknown"
    )
    text = render(audit_document(five), "table")
    assert "whether 5 of them are stale is unknown." in " ".join(text.split())
    assert "whether the next upgrade fits is unknown.\n" in text
    assert audit(living(**cluster(7) | {"pods": None})).upgrade_fits is False


def test_transfers_that_were_not_exported_are_counted_by_their_leases() -> None:
    """Where data sources are unknown, the figures all count the transfers that have leases."""
    parts = together(cluster(4), transferring(2, 5))
    blind = audit(living(**parts | {"data_sources": None}))
    assert blind.upgrade is not None
    assert (blind.upgrade.transfers, blind.upgrade.demand.cluster.images, blind.upgrade_required) == (2, 2, 4)


def test_no_pool_at_all_is_no_lease_yet() -> None:
    """An export that says that there is no IPPool says that nothing was leased."""
    result = audit(attrs.evolve(living([]), pools=()))
    assert (result.leases, result.free, result.usable) == (0, 12, 12)


BOUNDED = kept.Attachment("default/longhorn", "10.0.0.0/28", range_start="10.0.0.10")
NAMES_IT = kept.LonghornSetting("longhorn-system/storage-network", "default/longhorn")


@pytest.mark.parametrize(
    ("start", "end", "usable"),
    [
        ("10.0.0.10", "", 5),
        ("", "10.0.0.4", 4),
        ("10.0.0.3", "10.0.0.4", 2),
        ("10.0.0.9", "10.0.0.4", 6),
        ("10.0.0.0", "10.0.0.15", 14),
        ("x", "10.1.0.4", 14),
    ],
)
def test_a_definition_without_harvester_has_bounds(start: str, end: str, usable: int) -> None:
    """The definition that Longhorn's setting names counts with its bounds, as far as Whereabouts heeds them."""
    attachment = attrs.evolve(BOUNDED, range_start=start, range_end=end)
    snapshot = Snapshot(attachments=(attachment,), longhorn_settings=(NAMES_IT,), pools=living([]).pools)
    result = audit(snapshot)
    assert result.usable == result.free == usable
    if start != "x":
        assert Pool("10.0.0.0/28", range_start=start or None, range_end=end or None).capacity == usable
    assert [one.message for one in result.advice if "excludes" in one.message] == []
    assert Snapshot(attachments=(attachment,)).address_range is None


def test_of_several_pools_the_one_that_managers_lease_from() -> None:
    """Without a setting the IPPool is meant whose leases are Longhorn's managers', and that is said."""
    (ours,) = living([lease(1, "instance-manager-1")]).pools or ()
    guests = attrs.evolve(OTHER_POOL, allocations=(kept.Allocation(1, "harvester-system/virt-handler-1", ""),))
    result = audit(Snapshot(pools=(guests, ours)))
    assert result.range == sn.AddressRange("10.0.0.0/28")
    assert result.notes == ("of 2 IPPools the one is meant whose leases are Longhorn's",)
    assert Snapshot(pools=(ours, attrs.evolve(ours, range=OTHER_POOL.range))).address_range is None


def test_of_a_part_of_the_namespaces_none_is_empty() -> None:
    """Where the export has some namespaces only, a pod of another one is not known to be gone."""
    leases = [lease(1, "instance-manager-1"), attrs.evolve(lease(2, "x"), podref="default/x")]
    result = audit(living(leases, [], pod_namespaces=frozenset({"longhorn-system"})))
    assert {one.address for one in result.stale} == {"10.0.0.1"}
    assert result.undecided == 1


def test_what_was_left_out_is_told() -> None:
    """Objects that could not be read, and notes on the files, stand with the answer."""
    left = kept.LeftOut("attachments", "default/macvlan", "spec.config is not JSON")
    result = audit(living([], [], left_out=(left,), notes=("export.json: a line was skipped",)))
    assert result.notes == (
        "export.json: a line was skipped",
        "left out, for it cannot be read: default/macvlan (spec.config is not JSON)",
    )


def test_bounds_are_told_apart_from_the_prefix() -> None:
    """Where the range would hold the cluster and its bounds do not, the bounds are to be widened, not the range."""
    parts = cluster(2) | {"settings": None}
    (pool,) = living(parts.pop("leases")).pools or ()
    snapshot = Snapshot(attachments=(BOUNDED,), longhorn_settings=(NAMES_IT,), pools=(pool,), **parts)
    result = audit(snapshot, profile="classic")
    fix = "widen the bounds: range_start and range_end of default/longhorn leave 5 of its 14 addresses"
    assert [one.fix for one in result.findings] == [fix, fix]
    assert last_fix(result)[1] == fix
    more = attrs.evolve(snapshot, longhorn_nodes=tuple(node(f"n-{number}") for number in range(9)))
    assert audit(more).findings[0].fix.startswith("use a /")


def test_an_exclude_that_crashes_old_whereabouts() -> None:
    """A bare exclude is read since Whereabouts 0.6.3; before, no pod gets an address, and no upgrade fits."""
    setting = sn.Setting(vlan=100, cluster_network="storage", range="10.0.0.0/28", exclude=["10.0.0.14"])
    written = kept.StoredSetting("storage-network", setting.value, sn.Written.of(setting))
    old = living(**cluster(2), settings=(written, stored("server-version", "v1.2.1")))
    result = audit(old)
    assert [one.code for one in result.findings] == ["exclude-not-a-cidr"]
    assert (result.upgrade_fits, result.ok) == (False, False)
    with pytest.raises(sn.BadInput, match=r"exclude '10\.0\.0\.14'"):
        pool_of(old)
    new = living(**cluster(2), settings=(written, stored("server-version", "v1.3.0")))
    assert (audit(new).findings, audit(new).upgrade_fits, pool_of(new).capacity) == ((), True, 13)


def test_the_reconciler_frees_only_leases_of_pods_that_are_gone() -> None:
    """The advice does not promise what the reconciler leaves: leases of pods whose object is still there."""
    parts = cluster(3)
    parts["leases"] += [lease(8, "gone"), lease(9, "ended")]
    parts["pods"].append(pod("ended", phase="Failed"))
    some_gone = audit(living(**parts))
    assert some_gone.advice[0].fix.endswith(
        "; the reconciler, 04:30 UTC, frees 1 of them: only those whose pod is gone"
    )
    none_gone = audit(living([lease(9, "ended")], [pod("ended", phase="Failed")]))
    assert none_gone.advice[1].fix.endswith("frees none of them: only those whose pod is gone")


def test_stale_leases_of_another_network_are_named() -> None:
    """Where leases of gone pods fill the rwx-network, they are what is to be deleted; they are no volumes either."""
    settings = (STORED, stored("server-version", "v1.8.1"), own_network("rwx-network", "10.7.0.0/29"))
    parts = cluster(2)
    storage = kept.IPPool("kube-system/10.0.0.0-28", NETWORK.cidr, tuple(parts.pop("leases")))
    names = ["longhorn-csi-plugin-0", "longhorn-csi-plugin-1"]
    held = [
        lease(n, name, ifname="lhnet2") for n, name in enumerate([*names, *(f"share-manager-{n}" for n in "abcd")], 1)
    ]
    rwx = kept.IPPool("kube-system/10.7.0.0-29", sn.AddressRange("10.7.0.0/29").cidr, tuple(held))
    running = (pod("longhorn-manager-1"), *parts.pop("pods"), *(pod(name) for name in names))
    result = audit(Snapshot(settings=settings, pools=(storage, rwx), pods=running, **parts))
    (network,) = result.networks
    assert (network.upgrade_required, network.free, len(network.stale)) == (1, 0, 4)
    assert result.advice[-1].fix == "delete its 4 stale leases: 10.7.0.3, 10.7.0.4, 10.7.0.5 and 1 more"


def test_addresses_held_without_a_lease_are_named_beside_the_pre_check() -> None:
    """The pre-check does not know addresses that other networks or leaseless pods hold."""
    managers = tuple(kept.InstanceManager(f"longhorn-system/{manager(n)}", "running") for n in (1, 2))
    parts = cluster(2) | {"instance_managers": managers, "backing_image_managers": ()}
    parts["pods"] = [*parts["pods"], pod("backing-image-manager-x", "10.0.0.9")]
    (sentence,) = [one.message for one in audit(living(**parts)).advice if one.message.startswith("Harvester's pre")]
    assert sentence.endswith("Ours differs: it knows nothing of 1 address held without a lease")
    idle = parts | {"instance_managers": (*managers, kept.InstanceManager("longhorn-system/old", "stopped"))}
    (sentence,) = [one.message for one in audit(living(**idle)).advice if one.message.startswith("Harvester's pre")]
    assert sentence.endswith("it counts 1 manager without a running pod")


def test_a_pre_check_that_must_fail_is_known_to() -> None:
    """Where the managers that were exported do not fit already, the verdict is a no, whatever else there is."""
    managers = tuple(kept.InstanceManager(f"longhorn-system/{manager(n)}", "running") for n in range(1, 13))
    result = audit(living(**cluster(1), instance_managers=managers, backing_image_managers=None))
    assert (result.precheck.verdict, result.precheck.required, result.upgrade_fits) == ("fail", None, False)
    assert result.precheck.why.startswith("it wants 12 at least; what else it counts is unknown: ")
    (sentence,) = [one.message for one in result.advice if one.message.startswith("Harvester's pre-check fails")]
    assert "it counts 11 free" in sentence
