"""Messages as Kubernetes writes them, for the tests of diagnose: from the pod's name to Whereabouts' own words."""

from __future__ import annotations

UID = "0d1f7c3a-52b1-4c0b-9f0e-3b6d1b7a9c11"
POD = "longhorn-system/instance-manager-77aa"
ATTACHMENT = "storagenetwork-abcde"
TAIL = "Could not allocate IP in range: ip: 172.16.0.1 / - 172.16.0.6 / range: 172.16.0.0/29 / excludeRanges: []"
SANDBOX = (
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "5b1e": '
    'plugin type="multus" name="multus-cni-network" failed (add): '
)
ADDING = f'error adding container to network "{ATTACHMENT}": error at storage engine: '
NAMELESS = f"{SANDBOX}{ADDING}{TAIL}"
"""The message where its bracket, and with it the pod, is missing."""
WHOLE = f"{SANDBOX}[{POD}/{UID}:{ATTACHMENT}]: {ADDING}{TAIL}"
OTHER_LINE = (
    'Jul 24 03:21:10 node1 k3s[1844]: E0724 03:21:10.1 1844 pod_workers.go:1298] "Error syncing pod, skipping" '
    'err="failed to start container: CrashLoopBackOff" pod="kube-system/coredns-5d78" podUID=1'
)


def wrapped(text: str, width: int) -> list[str]:
    """The text as a terminal of that width shows it."""
    return [text[at : at + width] for at in range(0, len(text), width)]
