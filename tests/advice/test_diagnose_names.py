"""Whose message it is: every form in which tools name the pod, and names that belong to something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from sn_planner.advice.diagnose import diagnose
from tests.advice.pasted_events import ADDING, ATTACHMENT, NAMELESS, OTHER_LINE, POD, SANDBOX, TAIL, UID, WHOLE, wrapped

NAMESPACE, _, NAME = POD.partition("/")
LOGGED = "2024-11-27T05:09:21+09:00"
ROW = f"{NAMESPACE}   3m (x118 over 27h)   Warning   FailedCreatePodSandBox   pod/{NAME}              "
HEADERS = "NAMESPACE         LAST SEEN   TYPE      REASON   OBJECT                                   MESSAGE\n"
OTHER_ROW = (
    "kube-system   4m          Warning   BackOff   pod/coredns-5d78              Back-off restarting container\n"
)
DESCRIBED = f"Name:             {NAME}\nNamespace:        {NAMESPACE}\nPriority:         0\n"
OTHER_DESCRIBED = DESCRIBED.replace(NAME, "coredns-5d78")
EVENTS = "Events:\n  Type     Reason  Age  From  Message\n  ----     ------  ---  ----  -------\n"
FROM_KUBELET = "  Warning  FailedCreatePodSandBox  2m58s (x3 over 5m)  kubelet  "
SYNCING = (
    'E0724 03:21:09.3 1844 pod_workers.go:1298] "Error syncing pod" err="failed to \\"CreatePodSandbox\\" for '
    f'\\"{NAME}_{NAMESPACE}({UID})\\" with CreatePodSandboxError: \\"Failed to create sandbox for pod: rpc error: '
)

TOOLS = {
    "Multus": WHOLE,
    "Multus without uid": WHOLE.replace(f"/{UID}", ""),
    "Multus with an empty uid": WHOLE.replace(UID, ""),
    "Multus before it knows the network": f"{SANDBOX}Multus: [{POD}/{UID}]: {ADDING}{TAIL}",
    "the thick plugin": f"ERRORED: error configuring pod [{POD}] networking: {ADDING}{TAIL}\n': StdinData: {{}}",
    "the thick plugin's arguments": f'"K8S_POD_NAMESPACE={NAMESPACE};IgnoreUnknown=1;K8S_POD_NAME={NAME};" {NAMELESS}',
    "the log of a plugin in its error": (
        f'[{POD}/{UID}:{ATTACHMENT}]: error adding container to network "{ATTACHMENT}": netplugin failed: '
        f'"{LOGGED} [debug] ADD - read: [kube-system/coredns-5d78]\\n{LOGGED} [error] Error: {TAIL}\\n"'
    ),
    "CRI-O": f'{SANDBOX}error adding pod {NAMESPACE}_{NAME} to CNI network "multus-cni-network": {ADDING}{TAIL}',
    "CRI-O's sandbox": f"failed to create pod network sandbox k8s_{NAME}_{NAMESPACE}_{UID}_0(5b1e): {ADDING}{TAIL}",
    "dockershim": f'networkPlugin cni failed to set up pod "{NAME}_{NAMESPACE}" network: {ADDING}{TAIL}',
    "dockershim, the name alone": f'failed to set up sandbox container "5b" network for pod "{NAME}": {ADDING}{TAIL}',
    "containerd": (
        f'msg="RunPodSandbox for &PodSandboxMetadata{{Name:{NAME},Uid:{UID},Namespace:{NAMESPACE},Attempt:0,}} failed, '
        f'error" error="{NAMELESS}"\n'
    ),
    "the kubelet, before": f'"Failed to create sandbox for pod" pod="{POD}" err="{NAMELESS}"',
    "the kubelet, behind": f'{OTHER_LINE}\n"Failed to create sandbox" err="{NAMELESS}" pod="{POD}"\n{OTHER_LINE}',
    "the kubelet, behind, on the next line": f'"Failed to create sandbox for pod" err="{NAMELESS}"\npod="{POD}"',
    "the kubelet, syncing": f"{SYNCING}{ADDING}{TAIL}\\n",
    "the kubelet in JSON": json.dumps(
        {"msg": "Failed", "pod": {"name": NAME, "namespace": NAMESPACE}, "err": NAMELESS}
    ),
    "the kubelet in JSON, behind": json.dumps({"err": NAMELESS, "pod": {"name": NAME, "namespace": NAMESPACE}}),
    "Whereabouts": f"[error] podRef: {POD} {ADDING}{TAIL}",
    "Whereabouts in JSON": json.dumps({"podref": POD, "error": NAMELESS}),
    "kubectl describe pod": f"{DESCRIBED}{EVENTS}{FROM_KUBELET}{NAMELESS}",
    "kubectl describe pod, with an empty line": f"{DESCRIBED}\n{EVENTS}{FROM_KUBELET}{NAMELESS}",
    "kubectl describe of two pods": f"{OTHER_DESCRIBED}{EVENTS}\n\n{DESCRIBED}{EVENTS}{FROM_KUBELET}{NAMELESS}",
    "kubectl describe event": f"{OTHER_DESCRIBED}Involved Object:\n  {DESCRIBED}Message: {NAMELESS}",
    "k9s": f"┌──── Describe({POD}) ────┐\n" + "\n".join(f"│ {line} │" for line in wrapped(NAMELESS, 80)),
    "kubectl get events -A": f"{HEADERS}{OTHER_ROW}{ROW}{NAMELESS}\n{OTHER_ROW}",
    "kubectl get events -A, wrapped": "\n".join(wrapped(f"{ROW}{NAMELESS}", 100)),
    "kubectl get events -A, in a narrow window": "\n".join(wrapped(f"{ROW}{NAMELESS}", 48)),
    "kubectl get events -A, the name wrapped": "\n".join(wrapped(f"{ROW}{NAMELESS}", len(ROW) - 20)),
    "kubectl get events -n": f"{ROW.removeprefix(NAMESPACE)}{NAMELESS}",
    "kubectl events": f"{ROW.replace('pod/', 'Pod/')}{NAMELESS}",
}


@pytest.mark.parametrize("text", TOOLS.values(), ids=TOOLS)
def test_the_pod_is_found_where_tools_put_it(text: str) -> None:
    """The pod is named as every tool names it, and the network with it."""
    (event,) = diagnose(text).events
    assert (event.range, event.pods, event.network) == ("172.16.0.0/29", (POD,), "storage-network")


def core(pod: str, message: str) -> dict[str, Any]:
    """An event of the core API, its keys in the order of kubectl."""
    namespace, name = pod.split("/")
    owned = {"name": f"{name}.17", "namespace": namespace, "managedFields": [{"manager": "a"}, {"manager": "b"}]}
    about = {"apiVersion": "v1", "fieldPath": "spec.containers{a}", "kind": "Pod", "name": name, "namespace": namespace}
    return {"apiVersion": "v1", "involvedObject": about, "kind": "Event", "message": message, "metadata": owned}


def newer(pod: str, message: str) -> dict[str, Any]:
    """An event of events.k8s.io: its object stands behind its text."""
    event = core(pod, message)
    about = event.pop("involvedObject")
    return {"apiVersion": "events.k8s.io/v1", "metadata": event["metadata"], "note": message, "regarding": about}


@pytest.mark.parametrize("event", [core, newer])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_event_in_json_or_yaml_names_its_own_object(event: Any, place: int) -> None:
    """Of many events in one text, each is about its own object, however the list is written."""
    items = [event("kube-system/coredns-5d78", "Back-off restarting container") for _ in range(3)]
    items[place] = event(POD, NAMELESS)
    listed = {"apiVersion": "v1", "items": items, "kind": "List"}
    texts = [
        json.dumps(listed),
        json.dumps(listed, indent=4),
        json.dumps(json.dumps(listed)),
        "\n".join(map(json.dumps, items)),
        "\n".join(wrapped(json.dumps(listed), 80)),
        yaml.safe_dump(listed, sort_keys=False),
        yaml.safe_dump(listed, sort_keys=False, width=8000),
        yaml.safe_dump_all(items, sort_keys=False),
    ]
    assert [[found.pods for found in diagnose(text).events] for text in texts] == [[(POD,)]] * len(texts)


def test_an_event_about_something_else_names_no_pod() -> None:
    """An event about a node is nobody's wait."""
    event = core("default/node-1", NAMELESS)
    event["involvedObject"]["kind"] = "Node"
    assert [found.pods for found in diagnose(json.dumps(event)).events] == [()]


OTHERS = {
    "a bracket on the line above": f"[kube-system/coredns-5d78/{UID}:cbr0]: it failed\n{ADDING}{TAIL}",
    "a log's bracket above": f"{LOGGED} [error] [kube-system/coredns-5d78:x]: failed\n{LOGGED} [error] Error: {TAIL}",
    "a kubelet's line above": f"{OTHER_LINE}\n{ADDING}{TAIL}",
    "a kubelet's line below": f"{ADDING}{TAIL}\n{OTHER_LINE}",
    "a line above without a head": f'"Error syncing pod" pod="kube-system/coredns-5d78"\n{ADDING}{TAIL}',
    "a line below without a head": f'{ADDING}{TAIL}\n"Error syncing pod" pod="kube-system/coredns-5d78"',
    "a line below that begins with a pod": f'{ADDING}{TAIL}\npod="kube-system/coredns-5d78" is gone',
    "a message's head between": f'err="{ADDING}{TAIL}\n{LOGGED} [error] " pod="kube-system/coredns-5d78"',
    "a row above": f"{OTHER_ROW}{ADDING}{TAIL}",
    "a row below": f"{ADDING}{TAIL}\n{OTHER_ROW}",
    "another object of a list": json.dumps(
        [{"message": f"[kube-system/coredns-5d78/{UID}:x]: failed"}, {"message": NAMELESS}]
    ),
    "an object behind": json.dumps(
        [{"message": NAMELESS}, {"pod": {"name": "coredns-5d78", "namespace": "kube-system"}}]
    ),
    "a pod described above a log": f"{DESCRIBED}Events: <none>\n\nJul 24 03:21:09 node1 k3s[1844]: {ADDING}{TAIL}",
    "a pod described above another text": f"{DESCRIBED}Events: <none>\n\nand then:\n{ADDING}{TAIL}",
    "a log between a head and its events": f"{DESCRIBED}{OTHER_LINE}\n{EVENTS}{FROM_KUBELET}{ADDING}{TAIL}",
    "a setting of that name": f"Name: a\nNamespace:\n{ADDING}{TAIL}",
    "a message behind another's": f"{ADDING}{TAIL.replace('172.16', '172.17')}\n{WHOLE.replace(TAIL, 'x')}",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_what_is_named_elsewhere_does_not_wait(text: str) -> None:
    """A pod on another line, in another object, or above a text of its own is never blamed."""
    assert [event.pods for event in diagnose(text).events] == [()]


def test_a_name_without_namespace() -> None:
    """A pod of no network of Harvester's keeps the name that the text tells; JSON has no half names."""
    (event,) = diagnose(f'failed to set up sandbox container "5b" network for pod "web-1": {ADDING}{TAIL}').events
    assert (event.pods, event.pod) == (("web-1",), None)
    assert "web-1 waits" in event.headline
    (event,) = diagnose(f'sandbox container "5b" network for pod "virt-handler-x1": error: {TAIL}').events
    assert (event.pod, event.network) == ("harvester-system/virt-handler-x1", "vm-migration-network")


def test_the_rest_of_a_name_is_found_around_it() -> None:
    """A bare name in the message and its namespace in the row belong together; another pod's row does not."""
    bare = f'network for pod "web-1": {ADDING}{TAIL}'
    row = "apps   3m   Warning   FailedCreatePodSandBox   pod/{}   "
    assert [event.pods for event in diagnose(row.format("web-1") + bare).events] == [("apps/web-1",)]
    assert [event.pods for event in diagnose(row.format("web-2") + bare).events] == [("web-1",)]
