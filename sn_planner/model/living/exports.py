"""How an export is made: the kubectl lines that print what a field of a Snapshot keeps.

Rules: every line is made from the table of `readers`, so what can be read can be exported.
"""

from __future__ import annotations

from sn_planner.model.living.readers import KINDS, Kind


def export_command(field: str) -> str:
    """The command that exports everything a field of a Snapshot keeps, and that there is nothing, too.

    >>> export_command("machines")
    'kubectl get --raw /apis/kubevirt.io/v1/virtualmachineinstances'
    """
    row = _kind_of(field)
    api = f"/apis/{row.group}/{row.version}" if row.group else f"/api/{row.version}"
    return f"kubectl get --raw {api}/{row.plural}"


def export_together(*fields: str) -> str:
    """The command that exports several fields in one list; it does not tell that there is nothing of a kind.

    >>> export_together("pods", "pools")
    'kubectl get pods,ippools.whereabouts.cni.cncf.io -A -o json'
    """
    rows = map(_kind_of, fields)
    names = (f"{row.plural}.{row.group}" if row.group else row.plural for row in rows)
    return f"kubectl get {','.join(names)} -A -o json"


def _kind_of(field: str) -> Kind:
    return next(row for row in KINDS.values() if row.field == field)
