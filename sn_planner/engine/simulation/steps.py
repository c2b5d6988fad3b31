"""Steps: what an operator or a machine does to a storage network, on a time axis in whole seconds.

Rules: a step is frozen, has a time, and names nodes by their names ("node-1", "node-2", … where they have none). Times
and durations may be given as text ("30d", "12h"). `STEPS` is the vocabulary of scenario files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from sn_planner.errors import SnPlannerError
from sn_planner.model.durations import MINUTE, seconds
from sn_planner.model.fields import count_field, flag_field, known_key
from sn_planner.model.profiles import POD_KINDS
from sn_planner.model.ranges import list_of

NODE_UPGRADE = 30 * MINUTE  # [I] draining, upgrading and rebooting one node [seconds]
IMAGE_TRANSFER = 20 * MINUTE  # [I] one image of a few GiB [seconds]
RETRIES = ("fifo", "worst")


def _time(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """An attrs validator: the field is a time or duration, kept in seconds."""
    object.__setattr__(instance, attribute.name, seconds(attribute.name, value))


def _time_or_never(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None:
        _time(instance, attribute, value)


def _name(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not (isinstance(value, str) and value):
        raise SnPlannerError(attribute.name, value, "is no name", "give text")


def _names(value: Iterable[str]) -> tuple[str, ...]:
    names = tuple(list_of("nodes", value))
    for name in names:
        if not (isinstance(name, str) and name):
            raise SnPlannerError("nodes", name, "is no name", "give the names of nodes")
    return names


def _names_or_all(value: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if value is None else _names(value)


def _kind(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None:
        known_key(attribute.name, value, POD_KINDS)


@attrs.frozen(kw_only=True)
class Apply:
    """The setting is applied: every pod of the cluster gets its storage interface."""

    at: int = attrs.field(default=0, validator=_time)

    @property
    def told(self) -> str:
        """The step in words."""
        return "the setting is applied"


@attrs.frozen(kw_only=True)
class TransferImages:
    """`count` images [images] are uploaded, downloaded or exported, each for `duration` once it has its address.

    They start `spacing` apart; a duration of None lasts to the end of the run [seconds].
    """

    at: int = attrs.field(validator=_time)
    count: int = attrs.field(validator=count_field)
    duration: int | None = attrs.field(default=IMAGE_TRANSFER, validator=_time_or_never)
    spacing: int = attrs.field(default=0, validator=_time)

    @property
    def told(self) -> str:
        """The step in words."""
        return f"{self.count} image transfers, {self.spacing} s apart"


@attrs.frozen(kw_only=True)
class AddNodes:
    """`count` nodes [nodes] with `disks` each [disks] join (None: as many as the cluster's largest node has)."""

    at: int = attrs.field(validator=_time)
    count: int = attrs.field(default=1, validator=count_field)
    disks: int | None = attrs.field(default=None)
    v2_data_engine: bool = attrs.field(default=False, validator=flag_field)

    def __attrs_post_init__(self) -> None:
        if self.disks is not None:
            count_field(self, attrs.fields(AddNodes).disks, self.disks)

    @property
    def told(self) -> str:
        """The step in words."""
        return "a node joins" if self.count == 1 else f"{self.count} nodes join"


@attrs.frozen(kw_only=True)
class RemoveNodes:
    """The nodes of those names leave for good, drained: their pods give their addresses back."""

    at: int = attrs.field(validator=_time)
    nodes: tuple[str, ...] = attrs.field(converter=_names)

    @property
    def told(self) -> str:
        """The step in words."""
        return f"{', '.join(self.nodes)} leave"


@attrs.frozen(kw_only=True)
class AddDisks:
    """`disks` more [disks] on each of the nodes of those names (None: on every node)."""

    at: int = attrs.field(validator=_time)
    disks: int = attrs.field(default=1, validator=count_field)
    nodes: tuple[str, ...] | None = attrs.field(default=None, converter=_names_or_all)

    @property
    def told(self) -> str:
        """The step in words."""
        return f"{self.disks} disks more on {'every node' if self.nodes is None else ', '.join(self.nodes)}"


@attrs.frozen(kw_only=True)
class Upgrade:
    """Harvester is upgraded, `to` a release or with the same formula (None), node after node.

    A node's turn takes `node_duration`; after it comes a `pause` [seconds].
    """

    at: int = attrs.field(validator=_time)
    to: str | None = None
    node_duration: int = attrs.field(default=NODE_UPGRADE, validator=_time)
    pause: int = attrs.field(default=0, validator=_time)

    @property
    def told(self) -> str:
        """The step in words."""
        return f"an upgrade to {self.to} begins" if self.to else "an upgrade begins"


@attrs.frozen(kw_only=True)
class LoseNode:
    """A node is lost without a word: its pods are gone, their leases stay."""

    at: int = attrs.field(validator=_time)
    node: str = attrs.field(validator=_name)

    @property
    def told(self) -> str:
        """The step in words."""
        return f"{self.node} is lost"


@attrs.frozen(kw_only=True)
class RecoverNode:
    """A lost node is back: its pods start again, in new sandboxes."""

    at: int = attrs.field(validator=_time)
    node: str = attrs.field(validator=_name)

    @property
    def told(self) -> str:
        """The step in words."""
        return f"{self.node} is back"


@attrs.frozen(kw_only=True)
class RestartPods:
    """Every running pod of a kind (None: of every kind) gets a new sandbox before its old one is cleaned up."""

    at: int = attrs.field(validator=_time)
    kind: str | None = attrs.field(default=None, validator=_kind)

    @property
    def told(self) -> str:
        """The step in words."""
        return f"{self.kind or 'all'} pods restart"


Step = Apply | TransferImages | AddNodes | RemoveNodes | AddDisks | Upgrade | LoseNode | RecoverNode | RestartPods
STEPS: dict[str, type[Step]] = {
    "apply": Apply,
    "transfer-images": TransferImages,
    "add-nodes": AddNodes,
    "remove-nodes": RemoveNodes,
    "add-disks": AddDisks,
    "upgrade": Upgrade,
    "lose-node": LoseNode,
    "recover-node": RecoverNode,
    "restart-pods": RestartPods,
}
STEP_NAMES = {kind: name for name, kind in STEPS.items()}


def _steps(value: Iterable[Step]) -> tuple[Step, ...]:
    steps = tuple(list_of("steps", value))
    for number, step in enumerate(steps, 1):
        if type(step) not in STEP_NAMES:
            raise SnPlannerError(f"step {number}", step, "is no step", f"use one of {', '.join(STEPS)}")
    return steps


@attrs.frozen(kw_only=True)
class Scenario:
    """Steps with the rules they are run by.

    `retry` says who gets a freed address first: "fifo", or "worst", which serves instance managers last, the order that
    hurts an upgrade most. `reconciler`: leases without a pod are freed daily at 04:30. `horizon` is the end of the run
    (None: a day after the last step is done) [seconds].
    """

    name: str = attrs.field(default="steps", validator=_name)
    steps: tuple[Step, ...] = attrs.field(converter=_steps)
    retry: str = attrs.field(default="fifo")
    reconciler: bool = attrs.field(default=True, validator=flag_field)
    horizon: int | None = attrs.field(default=None, validator=_time_or_never)

    @retry.validator
    def _is_known(self, attribute: attrs.Attribute[str], value: object) -> None:
        known_key(attribute.name, value, RETRIES)
