"""Reading 1.5 MB of YAML: pods with annotations, as `kubectl get pods -A -o yaml` prints them.

Beside it `yaml.load` on libyaml makes plain data of the same text, and nothing else. The promise is at most 0.3 of its
time, for reading the text *and* making a Snapshot of it; most of that is libyaml's, and PyYAML's for each event.
"""

from __future__ import annotations

import gc
import json
import statistics
from collections.abc import Callable
from functools import partial
from time import process_time
from typing import Any

import pytest
import yaml
from pytest_benchmark.fixture import BenchmarkFixture

import sn_planner as sn

PODS, MOST, ROUNDS = 420, 0.3, 7
HOST = "k8s.v1.cni.cncf.io"


def pod(number: int) -> dict[str, Any]:
    """A pod as kubectl prints it, with what a real one has around the few fields that count."""
    status = [
        {"name": "k8s-pod-network", "ips": [f"10.52.0.{number % 250}"], "default": True, "dns": {}},
        {"name": "harvester-system/storagenetwork-x", "interface": "lhnet1", "ips": ["172.16.0.9"], "dns": {}},
    ]
    annotations = {
        "cni.projectcalico.org/containerID": f"{number:064x}",
        "cni.projectcalico.org/podIP": f"10.52.0.{number % 250}/32",
        f"{HOST}/network-status": json.dumps(status, indent=4),
        f"{HOST}/networks": '[{"namespace":"harvester-system","name":"storagenetwork-x","interface":"lhnet1"}]',
    }
    labels = {
        f"longhorn.io/{key}": "longhorn" for key in ("component", "data-engine", "image", "managed-by", "node", "type")
    }
    container = {
        "image": "longhornio/longhorn-instance-manager:v1.9.2",
        "name": "instance-manager",
        "env": [{"name": f"VARIABLE_{index}", "value": "true"} for index in range(8)],
        "livenessProbe": {"failureThreshold": 3, "periodSeconds": 5, "tcpSocket": {"port": 8500}, "timeoutSeconds": 4},
        "resources": {"requests": {"cpu": "1920m"}},
        "volumeMounts": [{"mountPath": f"/host/{index}", "name": f"volume-{index}"} for index in range(6)],
    }
    conditions = [
        {"lastProbeTime": None, "lastTransitionTime": "2025-11-14T14:14:46Z", "status": "True", "type": kind}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    owner = {
        "apiVersion": "longhorn.io/v1beta2",
        "controller": True,
        "kind": "InstanceManager",
        "name": "a",
        "uid": "b",
    }
    metadata = {
        "annotations": annotations,
        "creationTimestamp": "2025-11-14T14:14:46Z",
        "labels": labels,
        "name": f"instance-manager-{number:032x}",
        "namespace": "longhorn-system",
        "ownerReferences": [owner],
        "resourceVersion": "154638",
        "uid": "5d8f1a2b-0000-4000-8000-000000000000",
    }
    spec = {
        "containers": [container],
        "nodeName": f"node-{number % 40}",
        "tolerations": [{"effect": "NoExecute", "key": key, "operator": "Exists"} for key in ("a", "b", "c")],
        "volumes": [{"hostPath": {"path": f"/host/{index}", "type": ""}, "name": f"v{index}"} for index in range(6)],
    }
    status_of_pod = {"conditions": conditions, "phase": "Running", "podIP": "10.52.0.9", "qosClass": "Burstable"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status_of_pod}


class _Dumper(yaml.CSafeDumper):
    """Texts of several lines in literal style, as Go writes them."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


@pytest.fixture(scope="module")
def export() -> str:
    """The text."""
    items = [pod(number) for number in range(PODS)]
    listed = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
    text: str = yaml.dump(listed, Dumper=_Dumper, width=10_000)
    return text


PEERS: dict[str, Callable[[str], object]] = {
    "yaml.load, CSafeLoader": partial(yaml.load, Loader=yaml.CSafeLoader),
    "sn.snapshot_of": sn.snapshot_of,
}


@pytest.mark.benchmark(group="1.5 MB of YAML")
@pytest.mark.parametrize("peer", PEERS)
def test_read(benchmark: BenchmarkFixture, export: str, peer: str) -> None:
    """The text read."""
    benchmark.extra_info["text [MB]"] = round(len(export) / 1e6, 2)
    benchmark.pedantic(PEERS[peer], args=(export,), rounds=5, warmup_rounds=1)


def test_the_ratio(export: str) -> None:
    """In one run, turn by turn, the median of our share of the loader's processor time is at most the promise."""
    assert len(sn.snapshot_of(export).pods or ()) == PODS
    ratios = []
    for _ in range(ROUNDS):
        theirs, ours = (_seconds(read, export) for read in PEERS.values())
        ratios.append(ours / theirs)
    ratio = statistics.median(ratios)
    print(
        f"{len(export) / 1e6:.2f} MB of YAML: {ratio:.2f} of yaml.load's time ({min(ratios):.2f} to {max(ratios):.2f})"
    )
    assert ratio <= MOST


def _seconds(read: Callable[[str], object], text: str) -> float:
    """The processor time that reading the text takes [seconds]."""
    gc.collect()
    begin = process_time()
    read(text)
    return process_time() - begin
