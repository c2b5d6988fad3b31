"""What an export tells of pods and the addresses they have: who lives, who is gone, who is not known.

Rules: a pod is gone only where the export would have it: it has the pods of that namespace to the last one, or other
pods of it, or pods and none at all. A pod that is missing while Longhorn's own object of that name runs is no gone pod:
then the export was not made in one go. To the reconciler a pod is gone, too, once its node's taint deletes it. A lease
of old releases may name no pod: then the sandbox tells, or else the address.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import attrs

from sn_planner.model.living.resources import Allocation, Pod, name_of
from sn_planner.model.living.snapshot import RUNNING, Snapshot


@attrs.frozen(slots=False)  # with cached properties, slots break help() on Python 3.13
class Evidence:
    """The pods of an export; `frees_evicted` is whether the release's reconciler takes evicted pods for gone."""

    snapshot: Snapshot
    frees_evicted: bool = True

    def lives(self, pod: Pod) -> bool:
        """Whether it holds what it has: it has not ended, and the reconciler does not take it for gone."""
        return not pod.has_ended and not self.is_evicted(pod)

    def is_evicted(self, pod: Pod) -> bool:
        """Whether the reconciler takes it for gone though its object is there."""
        return self.frees_evicted and pod.evicted

    def is_gone(self, ref: str) -> bool:
        """Whether a pod is not there any more: the export has it not, and would have it."""
        if not ref or ref in self.snapshot.pods_by_ref or self.is_inconsistent(ref):
            return False
        return self.snapshot.has_pods_of(ref.partition("/")[0])

    def is_inconsistent(self, ref: str) -> bool:
        """Whether the export has no such pod, and yet says that its manager runs."""
        return ref not in self.snapshot.pods_by_ref and name_of(ref) in self._running_managers

    def is_stuck(self, pod: Pod) -> bool:
        """Whether it is to be deleted and its node is lost: its object stays, and so does its lease."""
        return pod.terminating and pod.node in self._lost_nodes and not self.is_evicted(pod)

    def holder(self, allocation: Allocation, address: str) -> Pod | None:
        """The pod that a lease is for; None where the export has none."""
        if allocation.podref:
            return self.snapshot.pods_by_ref.get(allocation.podref)
        by_sandbox = self._sandboxes.get(allocation.container_id) if allocation.container_id else None
        users = self.users.get(address, ())
        return by_sandbox or next((self.snapshot.pods_by_ref[ref] for ref in users), None)

    @cached_property
    def users(self) -> dict[str, tuple[str, ...]]:
        """Of each address, the living pods that have it on a further interface."""
        found: dict[str, list[str]] = {}
        for ref, address in self._used():
            found.setdefault(address, []).append(ref)
        return {address: tuple(refs) for address, refs in found.items()}

    def _used(self) -> Iterator[tuple[str, str]]:
        for pod in self.snapshot.pods or ():
            if self.lives(pod):
                yield from ((pod.ref, one) for interface in pod.interfaces or () for one in interface.addresses)

    @cached_property
    def _sandboxes(self) -> dict[str, Pod]:
        return {pod.sandbox: pod for pod in self.snapshot.pods or () if pod.sandbox}

    @cached_property
    def _running_managers(self) -> frozenset[str]:
        managers = [(one.ref, one.state) for one in self.snapshot.instance_managers or ()]
        managers += [(one.ref, one.state) for one in self.snapshot.backing_image_managers or ()]
        return frozenset(name_of(ref) for ref, state in managers if state == RUNNING)

    @cached_property
    def _lost_nodes(self) -> frozenset[str]:
        return frozenset(node.ref for node in self.snapshot.nodes or () if node.ready is False)
