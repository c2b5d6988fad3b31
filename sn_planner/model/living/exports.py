"""What each command needs of a cluster, and the words that send somebody for what an export lacks.

Rules: what is asked for is made from the table of `readers`, so what can be read can be exported.
"""

from __future__ import annotations

from sn_planner.model.living import resources as kept
from sn_planner.model.living.readers import KINDS, Kind
from sn_planner.model.pods import LONGHORN_NAMESPACE

_BUILT_IN = ".apiextensions.k8s.io"  # no other group has a kind of these names
# A pod that starts between two questions must not look like a lease without a pod: so leases come before pods.
_LEASES = ("pools", "reservations", "pods", "backing_image_managers")
_ALWAYS = ("settings", "attachments", "longhorn_settings", "nodes", "longhorn_nodes", "instance_managers")
_TRANSFERS = ("data_sources", "images", "share_managers")
# For each command the Snapshot's fields that it reads, in the order to ask for them.
EXPORTS: dict[str, tuple[str, ...]] = {
    "preflight": (
        *("pools", *_ALWAYS, *_TRANSFERS),
        *("cluster_networks", "vlan_configs", "machines", "volumes", "definitions"),
    ),
    "verify": (*_LEASES, *_ALWAYS, *_TRANSFERS, "events"),
    "audit": (*_LEASES, *_ALWAYS, *_TRANSFERS),
}
# The settings that are asked for by name, for others may hold credentials: how to ask.
_BY_NAME = {
    "settings": " ".join((*kept.READ_SETTINGS, kept.COMMON_SETTING)),
    "longhorn_settings": f"-n {LONGHORN_NAMESPACE} {' '.join(kept.READ_LONGHORN_SETTINGS)}",
}


def kinds_for(command: str) -> list[tuple[Kind, str]]:
    """Every kind that a command reads, and which objects of it, in the words of `kubectl get`.

    >>> [(resource_of(row), which) for row, which in kinds_for("audit")][:3:2]
    [('ippools.whereabouts.cni.cncf.io', '-A'), ('pods', '-A')]
    """
    return [(_kind_of(field), _BY_NAME.get(field, "-A")) for field in EXPORTS[command]]


def resource_of(row: Kind) -> str:
    """The kind's name in full, as kubectl takes it."""
    return f"{row.plural}.{row.group}" if row.group else row.plural


def export_with(command: str, *fields: str) -> str:
    """What to do where an export lacks what those fields of a Snapshot keep.

    >>> export_with("audit", "pods", "pools")
    'export pods and ippools.whereabouts.cni.cncf.io with the script of `sn-planner export audit`'
    """
    *names, last = (resource_of(_kind_of(field)).removesuffix(_BUILT_IN) for field in fields)
    return f"export {', '.join(names)}{' and ' if names else ''}{last} with the script of `sn-planner export {command}`"


def _kind_of(field: str) -> Kind:
    return next(row for row in KINDS.values() if row.field == field)
