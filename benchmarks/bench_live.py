"""An export of 1,000 nodes and 20,000 pods: audited, against `json.load` of the same file and nothing else.

The pods are as large as Longhorn's own: about 8 kB each as `kubectl get -o json` prints them, so the file has about
170 MB. The promise is twice the time of `json.load` plus one second. Each row's extra information has the peak memory
of a fresh process that does the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

NODES, DISKS, PODS = 1_000, 9, 20_000
NETWORK = "10.0.0.0/17"
COMMANDS = {
    "json.load": "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))",
    "read and audited": ("import sys; import sn_planner as sn; sn.audit(sn.read_snapshot(*sys.argv[1:]))"),
}
_PEAK = "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def metadata(name: str, **more: Any) -> dict[str, Any]:
    """The metadata of an object of Longhorn."""
    return {"name": name, "namespace": "longhorn-system", "resourceVersion": "154638", "uid": "u" * 36, **more}


def longhorn_nodes() -> Iterator[dict[str, Any]]:
    """Longhorn's nodes with their disks."""
    for number in range(NODES):
        disks = {
            f"disk-{disk}": {"diskType": "filesystem", "path": f"/disks/{disk}", "allowScheduling": True}
            for disk in range(DISKS)
        }
        name = f"node-{number:04}"
        yield {
            "apiVersion": "longhorn.io/v1beta2",
            "kind": "Node",
            "metadata": metadata(name),
            "spec": {"disks": disks},
        }


def storage_pods() -> Iterator[str]:
    """The names of the pods on the storage network: the managers of every node and disk."""
    for number in range(NODES):
        yield f"instance-manager-{number:032x}"
        yield from (f"backing-image-manager-{disk}-{number:08x}" for disk in range(DISKS))


def pod(number: int, name: str, address: str | None) -> dict[str, Any]:
    """A pod as kubectl prints it, with what a real one has around the few fields that count."""
    status: list[dict[str, Any]] = [{"name": "k8s-pod-network", "ips": ["10.52.0.9"], "default": True, "dns": {}}]
    if address is not None:
        status.append({"name": "harvester-system/storagenetwork-x", "interface": "lhnet1", "ips": [address], "dns": {}})
    annotations = {
        "cni.projectcalico.org/containerID": f"{number:064x}",
        "k8s.v1.cni.cncf.io/network-status": json.dumps(status, indent=4),
    }
    variables = [{"name": f"VARIABLE_{index}", "value": "x" * 24} for index in range(24)]
    mounts = [{"mountPath": f"/var/lib/{index}", "name": f"volume-{index}"} for index in range(8)]
    container = {"name": "main", "image": "longhornio/longhorn-instance-manager:v1.9.2", "env": variables}
    conditions = [
        {"lastTransitionTime": "2025-11-14T14:14:46Z", "status": "True", "type": kind}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(name, annotations=annotations, labels={f"label-{index}": "x" * 24 for index in range(12)}),
        "spec": {"containers": [{**container, "volumeMounts": mounts}], "nodeName": f"node-{number % NODES:04}"},
        "status": {"conditions": conditions, "phase": "Running"},
    }


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file, as `kubectl get … -A -o json` would make it."""
    network = 10 << 24
    allocations, pods = {}, []
    names = list(storage_pods())
    for number in range(PODS):
        offset = number + 1
        address = ".".join(map(str, (network + offset).to_bytes(4, "big"))) if number < len(names) else None
        name = names[number] if number < len(names) else f"guest-{number}"
        pods.append(pod(number, name, address))
        if address is not None:
            podref = f"longhorn-system/{name}"
            allocations[str(offset)] = {"id": f"{number:064x}", "podref": podref, "ifname": "lhnet1"}
    value = json.dumps({"vlan": 100, "clusterNetwork": "storage", "range": NETWORK})
    items = [
        {
            "apiVersion": "harvesterhci.io/v1beta1",
            "kind": "Setting",
            "metadata": {"name": "storage-network"},
            "value": value,
        },
        {
            "apiVersion": "whereabouts.cni.cncf.io/v1alpha1",
            "kind": "IPPool",
            "metadata": metadata("10.0.0.0-17"),
            "spec": {"range": NETWORK, "allocations": allocations},
        },
        *longhorn_nodes(),
        *pods,
    ]
    path = tmp_path_factory.mktemp("live") / "export.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(
            {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}, file, indent=4
        )
    return path


@pytest.mark.benchmark(group="an export of 1,000 nodes and 20,000 pods, a whole process")
@pytest.mark.parametrize("command", COMMANDS)
def test_export(benchmark: BenchmarkFixture, export: Path, command: str) -> None:
    """The process from start to end."""

    def run() -> str:
        arguments = [sys.executable, "-c", COMMANDS[command] + _PEAK, str(export)]
        return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout

    peak = benchmark.pedantic(run, rounds=3)
    benchmark.extra_info["file [MiB]"] = export.stat().st_size >> 20
    benchmark.extra_info["peak memory [MiB]"] = int(peak) >> 10
    print(f"{command}: {benchmark.extra_info}")
