"""What people really pasted: each restated from a public thread, with the right answer."""

from __future__ import annotations

from pathlib import Path

import sn_planner as sn
from sn_planner.advice.diagnose import DiagnosedEvent

FIELD = Path(__file__).parents[1] / "data" / "field" / "diagnose"
WAITS = "while it waits, an upgrade of Longhorn does not go on and its node serves no new volume"
MANAGER = "longhorn-system/instance-manager-77aa"


def events(
    name: str, nodes: int = 0, disks: int = 0, images: int = 0, harvester: str | None = None
) -> list[DiagnosedEvent]:
    """The events of a field case, held against a cluster where it has nodes."""
    (path,) = FIELD.glob(f"{name}-*.txt")
    data = path.read_bytes()
    text = data.decode("utf-16" if data.startswith(b"\xff\xfe") else "utf-8")
    cluster = sn.Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images) if nodes else None
    return list(sn.diagnose(text, cluster, harvester=harvester).events)


def is_full(event: DiagnosedEvent, range: str, usable: int, pod: str | None) -> bool:
    """Whether one pod waits for a full range of the storage network."""
    found = (event.cause, event.network, event.range, event.usable, event.pods)
    return found == ("exhausted", "storage-network", range, usable, () if pod is None else (pod,))


def test_a_bracket_without_uid() -> None:
    """dockershim names the pod three times, and its bracket has no uid: kubernetes#96200."""
    (event,) = events("01")
    assert (event.pod, event.network, event.usable) == ("payments/billing-5c5c5c-x1x1x", "appnet", 4)


def test_another_line_is_never_blamed() -> None:
    """The pod of the message's own line waits, not the one of an unrelated crash below: multus-cni#1448."""
    (event,) = events("02")
    assert is_full(event, "172.16.0.0/29", 6, MANAGER)


def test_crio_names_namespace_and_pod_with_an_underscore() -> None:
    """CRI-O's wrapper and a bracket without uid: openshift/origin#26966."""
    (event,) = events("04")
    assert is_full(event, "192.168.2.224/29", 6, "longhorn-system/instance-manager-r-1c2d")


def test_columns_of_a_table_of_events() -> None:
    """Where the message names no pod, the columns NAMESPACE and OBJECT do: cilium#10627."""
    (event,) = events("05")
    assert is_full(event, "172.16.0.0/29", 6, "longhorn-system/instance-manager-r-1c2d")


def test_bounds_in_a_large_range_of_somebody_elses() -> None:
    """A /23 with four addresses between its bounds needs wider bounds; no formula sizes it: kubernetes#96200."""
    (event,) = events("07", 3, 2, 2)
    assert event.advice == (
        "range_start to range_end (172.24.1.120 to 172.24.1.123) leave 4 of its 510 addresses: widen the bounds; "
        "appnet is none of Harvester's networks: the cluster's 26 are not held against it"
    )


def test_bounds_in_a_range_that_is_large_enough() -> None:
    """A /27 that is large enough is not to become a /27: whereabouts#275. What else its log tells comes behind."""
    full, leak = events("08", 3, 1)
    assert (full.cause, full.network, full.range, full.usable) == ("exhausted", None, "10.20.0.128/27", 4)
    assert full.advice == (
        "the /27 is large enough for the 18 at the peak, but range_start to range_end (10.20.0.151 to 10.20.0.154) "
        "leave 4 of its 30 addresses: widen the bounds"
    )
    assert (leak.cause, leak.exhausted, leak.range) == ("leak", False, None)


def test_each_network_has_its_own_formula() -> None:
    """The migration network needs an address a node, the storage network what its formula says: harvester#8174."""
    migration, storage = events("10", 3, 2, harvester="1.6.1")
    assert (migration.network, migration.pod) == ("vm-migration-network", "harvester-system/virt-handler-x1")
    assert migration.advice.endswith("the cluster needs 3 at the peak (vm-migration-network): a /29 would do")
    assert is_full(storage, "172.16.0.0/29", 6, MANAGER)
    assert storage.advice.endswith("the cluster needs 18 at the peak (consolidated): a /27 would do")


def test_a_share_manager_proves_that_rwx_shares_the_range() -> None:
    """A share-manager on the storage network is counted with its kind: harvester#10082."""
    (event,) = events("11", 3, 2, harvester="1.8.1")
    assert event.network == "storage-network"
    assert event.advice.endswith("the cluster needs 53 at the peak (consolidated+rwx): a /26 would do")


def test_a_paste_out_of_k9s() -> None:
    """The box around every line means nothing: whereabouts#243."""
    (event,) = events("14")
    assert is_full(event, "172.16.0.0/29", 6, MANAGER)


def test_a_quoted_mail() -> None:
    """Neither do the marks of a quotation."""
    (event,) = events("16")
    assert is_full(event, "172.16.0.0/29", 6, MANAGER)


def test_colours_kept_in_a_file() -> None:
    """Nor do colours within addresses: kubecolor#51, stern#195."""
    (event,) = events("17")
    assert is_full(event, "172.16.0.0/29", 6, MANAGER)


def test_a_message_cut_off_by_a_pager() -> None:
    """A cut message tells what can be read, and how to get the rest: sriov-network-device-plugin#555."""
    (event,) = events("20")
    assert (event.cause, event.first, event.last) == ("cut-off", "172.16.0.1", "172.16.0.6")
    assert (event.range, event.usable, event.exhausted, event.pod) == (None, None, False, MANAGER)
    assert "journalctl --no-pager -l" in event.advice
    assert "kubectl describe" in event.advice


def test_what_powershell_writes() -> None:
    """The same text in UTF-16, decoded, is the same event: kubernetes#39007."""
    (event,) = events("22")
    assert is_full(event, "172.16.0.0/29", 6, MANAGER)


def test_an_ipv6_range() -> None:
    """An exhausted IPv6 range is told, and not planned: whereabouts#507."""
    (event,) = events("25")
    assert is_full(event, "fd00:16::/124", 14, MANAGER)
    assert event.advice == f"{WAITS}; IPv6 is not planned here: give its definition a shorter IPv6 prefix"


def test_the_pod_network_is_another() -> None:
    """A node's own pod network ran dry, which no wider storage network mends: harvester#7471."""
    (event,) = events("27", 3, 2, harvester="1.4.1")
    assert (event.cause, event.network, event.exhausted) == ("pod-network-exhausted", "pod-network", True)
    assert (event.first, event.last, event.usable) == ("10.52.0.1", "10.52.0.254", 254)
    assert event.pod == "longhorn-system/backing-image-manager-aaaa-bbbb"
    assert "a wider storage network does not help" in event.advice
    assert "/var/lib/cni/networks" in event.advice


def test_no_lock() -> None:
    """Whereabouts that does not become leader is no exhaustion: whereabouts#401."""
    (event,) = events("29")
    assert (event.cause, event.exhausted, event.pod) == ("no-lock", False, MANAGER)
    assert event.advice.startswith(
        "no range ran dry: Whereabouts did not get its lock in time; a larger range does not"
    )
    assert event.advice.endswith(WAITS)


def test_a_range_of_two_addresses() -> None:
    """A /31 has no address to hand out; with a cluster, the prefix that would do is told."""
    (event,) = events("30", 3, 2)
    assert (event.cause, event.range, event.usable) == ("no-usable-addresses", "192.168.205.0/31", 0)
    assert not event.exhausted
    assert event.advice.endswith("the cluster needs 24 at the peak (classic): a /27 would do")


def test_a_definition_that_is_not_there() -> None:
    """The missing definition is named once, with its namespace: harvester#3867."""
    (event,) = events("31")
    assert (event.cause, event.network, event.pod) == ("missing-definition", "storage-network", MANAGER)
    assert "the NetworkAttachmentDefinition harvester-system/storagenetwork-abcde does not exist" in event.advice


def test_a_definition_without_a_range() -> None:
    """An empty CIDR is a definition's fault: whereabouts#243."""
    (event,) = events("33")
    assert (event.cause, event.network, event.pods) == ("bad-definition", "macvlan-conf", ("default/ubuntu",))
    assert 'it has no "range"' in event.advice


def test_volumes_still_attached() -> None:
    """Harvester's own log says which volumes the setting waits for: harvester/docs#807."""
    (event,) = events("36")
    assert (event.cause, event.network, event.pods) == ("waiting-for-volumes", "storage-network", ())
    assert "waits for 2 volumes (pvc-11111111, pvc-22222222)" in event.advice
    assert "preflight" in event.advice


def test_a_token_that_expired() -> None:
    """An expired token is mended by a restart: whereabouts#401."""
    (event,) = events("37")
    assert (event.cause, event.pod) == ("unauthorized", MANAGER)
    assert "restart its DaemonSet" in event.advice


def test_twelve_pods_of_one_range() -> None:
    """Twelve pods that wait for one range are one event."""
    (event,) = events("38", 4, 2, harvester="1.6.1")
    assert (len(event.pods), event.to_dict()["pods"]) == (12, 12)
    assert "12 pods wait (instance-manager: 12), longhorn-system/instance-manager-0000 first" in event.headline
    assert event.advice == f"{WAITS}; the cluster needs 24 at the peak (consolidated): a /27 would do"
