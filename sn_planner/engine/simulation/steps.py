"""Steps: what an operator or a machine does to a storage network, on a time axis in whole seconds.

Rules: a step is frozen, has a time, and names nodes by their names ("node-1", "node-2", … where they have none). Times
and durations are whole seconds or text ("30d", "12h"), and kept in seconds. `STEPS` is the vocabulary of scenario
files. Every step and every scenario raises BadInput, by the name of the field, for what the field cannot hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import attrs

from sn_planner.errors import BadInput
from sn_planner.model.durations import MINUTE, Duration, duration_words, seconds
from sn_planner.model.fields import COUNT, FLAG, MAYBE_COUNT, MAYBE_NAME, NAME, checked, known_key, list_of, texts
from sn_planner.model.pods import STORAGE_PODS
from sn_planner.model.words import counted, some

NODE_UPGRADE = 30 * MINUTE  # [I] draining, upgrading and rebooting one node [seconds]
IMAGE_TRANSFER = 20 * MINUTE  # [I] one image of a few GiB [seconds]
Retry = Literal["fifo", "worst"]
"""Who gets a freed address first: whoever waits longest, or instance managers last of all."""
RETRIES: tuple[Retry, ...] = get_args(Retry)


# A type checker reads what a field may be given from its converter, if that is a function with a name of its own.
def _at(value: Duration) -> int:
    return seconds("at", value)


def _duration(value: Duration | None) -> int | None:
    return None if value is None else seconds("duration", value)


def _spacing(value: Duration) -> int:
    return seconds("spacing", value)


def _node_duration(value: Duration) -> int:
    return seconds("node_duration", value)


def _pause(value: Duration) -> int:
    return seconds("pause", value)


def _horizon(value: Duration | None) -> int | None:
    return None if value is None else seconds("horizon", value)


def _nodes(value: Iterable[str]) -> tuple[str, ...]:
    return texts("nodes", value)


def _nodes_or_all(value: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if value is None else texts("nodes", value)


def _kind(value: str | None) -> str | None:
    return None if value is None else known_key("kind", value, [kind.name for kind in STORAGE_PODS])


def _retry(value: Retry) -> Retry:
    known_key("retry", value, RETRIES)
    return value


@attrs.frozen(kw_only=True)
class Apply:
    """The setting is applied `at` a time [seconds]: every pod of the cluster gets its storage interface."""

    at: int = attrs.field(default=0, converter=_at)

    @property
    def sentence(self) -> str:
        """The step in words."""
        return "the setting is applied"


@attrs.frozen(kw_only=True, field_transformer=checked)
class TransferImages:
    """`count` images [images] are uploaded, downloaded or exported, each for `duration` once it has its address.

    They start `spacing` apart; a duration of None lasts to the end of the run [seconds].

    >>> TransferImages(at="9h", count=2, spacing="1m")
    TransferImages(at=32400, count=2, duration=1200, spacing=60)
    """

    at: int = attrs.field(converter=_at)
    count: int = attrs.field(metadata=COUNT)
    duration: int | None = attrs.field(default=IMAGE_TRANSFER, converter=_duration)
    spacing: int = attrs.field(default=0, converter=_spacing)

    @property
    def sentence(self) -> str:
        """The step in words."""
        together = f", {duration_words(self.spacing)} apart" if self.spacing else " at once"
        return f"{counted(self.count, 'image transfer')}{'' if self.count == 1 else together}"


@attrs.frozen(kw_only=True, field_transformer=checked)
class AddNodes:
    """`count` nodes [nodes] with `disks` each [disks] join (None: as many as the cluster's largest node has)."""

    at: int = attrs.field(converter=_at)
    count: int = attrs.field(default=1, metadata=COUNT)
    disks: int | None = attrs.field(default=None, metadata=MAYBE_COUNT)
    v2_data_engine: bool = attrs.field(default=False, metadata=FLAG)

    @property
    def sentence(self) -> str:
        """The step in words."""
        return "a node joins" if self.count == 1 else f"{counted(self.count, 'node')} join"


@attrs.frozen(kw_only=True)
class RemoveNodes:
    """The nodes of those names leave for good, drained: their pods give their addresses back."""

    at: int = attrs.field(converter=_at)
    nodes: tuple[str, ...] = attrs.field(converter=_nodes)

    @property
    def sentence(self) -> str:
        """The step in words."""
        return f"{some(self.nodes)} {'leaves' if len(self.nodes) == 1 else 'leave'}"


@attrs.frozen(kw_only=True, field_transformer=checked)
class AddDisks:
    """`disks` more [disks] on each of the nodes of those names (None: on every node)."""

    at: int = attrs.field(converter=_at)
    disks: int = attrs.field(default=1, metadata=COUNT)
    nodes: tuple[str, ...] | None = attrs.field(default=None, converter=_nodes_or_all)

    @property
    def sentence(self) -> str:
        """The step in words."""
        return f"{counted(self.disks, 'disk')} more on {'every node' if self.nodes is None else some(self.nodes)}"


@attrs.frozen(kw_only=True, field_transformer=checked)
class Upgrade:
    """Harvester is upgraded, `to` a release or with the same formula (None), node after node.

    A node's turn takes `node_duration`; after it comes a `pause` [seconds]. The new release brings its Longhorn and its
    Whereabouts: from then on addresses are handed out as that one does.
    """

    at: int = attrs.field(converter=_at)
    to: str | None = attrs.field(default=None, metadata=MAYBE_NAME)
    node_duration: int = attrs.field(default=NODE_UPGRADE, converter=_node_duration)
    pause: int = attrs.field(default=0, converter=_pause)

    @property
    def sentence(self) -> str:
        """The step in words."""
        return f"an upgrade to {self.to} begins" if self.to else "an upgrade begins"


@attrs.frozen(kw_only=True, field_transformer=checked)
class LoseNode:
    """A node is lost without notice: its pods are gone, their leases stay."""

    at: int = attrs.field(converter=_at)
    node: str = attrs.field(metadata=NAME)

    @property
    def sentence(self) -> str:
        """The step in words."""
        return f"{self.node} is lost"


@attrs.frozen(kw_only=True, field_transformer=checked)
class RecoverNode:
    """A lost node is back: its pods start again, in new sandboxes."""

    at: int = attrs.field(converter=_at)
    node: str = attrs.field(metadata=NAME)

    @property
    def sentence(self) -> str:
        """The step in words."""
        return f"{self.node} is back"


@attrs.frozen(kw_only=True)
class RestartPods:
    """Every running pod of a kind (None: of every kind) gets a new sandbox before its old one is cleaned up."""

    at: int = attrs.field(converter=_at)
    kind: str | None = attrs.field(default=None, converter=_kind)

    @property
    def sentence(self) -> str:
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
            raise BadInput(f"step {number}", step, "is no step", f"use one of {', '.join(STEPS)}", "wrong-type")
    return steps


@attrs.frozen(kw_only=True, field_transformer=checked)
class Scenario:
    """Steps, in any order, with the rules they are run by.

    `retry` says who gets a freed address first: "fifo", or "worst", which serves instance managers last, the order that
    hurts an upgrade most. `reconciler`: leases without a pod are freed daily at 04:30. `horizon` is the end of the run
    (None: a day after the last step is done) [seconds].
    """

    name: str = attrs.field(default="steps", metadata=NAME)
    steps: tuple[Step, ...] = attrs.field(converter=_steps)
    retry: Retry = attrs.field(default="fifo", converter=_retry)
    reconciler: bool = attrs.field(default=True, metadata=FLAG)
    horizon: int | None = attrs.field(default=None, converter=_horizon)
