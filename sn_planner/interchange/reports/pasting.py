"""What people paste elsewhere: a range alone, a manifest, Terraform's resource, a row for NetBox, Prometheus' gauges.

Rules: each is complete and ends in a line break. A setting's text is Harvester's own, character by character: Harvester
compares texts, and the same keys in another order reconfigure the storage network, with the whole outage.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sn_planner.model.networks import STORAGE
from sn_planner.model.setting import Setting

if TYPE_CHECKING:
    from sn_planner.advice.suggest import Candidate

FORMS = ("manifest", "terraform", "netbox", "range")
SETTING_FORMS = ("manifest", "terraform")
METRICS = "openmetrics"


def forms(best: Candidate, vlan: int | None, cluster_network: str | None) -> dict[str, str]:
    """The forms that a range has; those of its setting where a VLAN and a cluster network are given."""
    found = {"netbox": netbox(best), "range": f"{best.range.cidr}\n"}
    if vlan is not None and cluster_network is not None:
        setting = best.setting(vlan=vlan, cluster_network=cluster_network)
        found |= {"manifest": setting.manifest(), "terraform": terraform(setting)}
    return found


def terraform(setting: Setting) -> str:
    """The setting as a resource of Harvester's Terraform provider.

    `value` is a plain string: jsonencode would sort its keys, and a text that differs reconfigures the cluster.

    >>> print(terraform(Setting(vlan=1, cluster_network="a", range="10.0.0.0/24")), end="")
    resource "harvester_setting" "storage_network" {
      name  = "storage-network"
      value = "{\\"vlan\\":1,\\"clusterNetwork\\":\\"a\\",\\"range\\":\\"10.0.0.0/24\\"}"
    }
    """
    # to Terraform ${ and %{ begin a template; its other escapes are JSON's
    value = json.dumps(setting.value).replace("${", "$${").replace("%{", "%%{")
    name = STORAGE.setting
    return f'resource "harvester_setting" "{name.replace("-", "_")}" {{\n  name  = "{name}"\n  value = {value}\n}}\n'


def netbox(best: Candidate) -> str:
    """The range as a row of NetBox's import of prefixes: reserved until it is applied."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    network = best.demand.profile.setting
    what = f"Harvester {network}, {best.demand.required} of {best.usable} addresses needed"
    writer.writerow(("prefix", "status", "description"))
    writer.writerow((best.range.cidr, "reserved", what))
    return text.getvalue()


_GAUGES = {
    "addresses": "Addresses of the range: usable ones, leases, those free to hand out, leases that are stale.",
    "upgrade_required": "Addresses that the next Longhorn upgrade needs on top of the leases.",
    "upgrade_fits": "Whether the next Longhorn upgrade fits: 1 or 0.",
    "stale": "Leases of pods that are gone.",
}


def openmetrics(networks: Iterable[Mapping[str, Any]]) -> str:
    """An audit's figures, network by network, as gauges of OpenMetrics; what is not known has no sample.

    Source: the OpenMetrics 1.0 text format.
    """
    samples: dict[str, list[tuple[str, int | None]]] = {name: [] for name in _GAUGES}
    for one in networks:
        labels = f'network="{one["network"]}",range="{one["range"]}"'
        states = ("usable", "leases", "free", "stale")
        samples["addresses"] += [(f'{labels},state="{state}"', one[state]) for state in states]
        for name in ("upgrade_required", "upgrade_fits", "stale"):
            samples[name].append((labels, one[name]))
    lines = [line for name, rows in samples.items() for line in _family(name, rows)]
    return "\n".join((*lines, "# EOF\n"))


def _family(name: str, rows: list[tuple[str, int | None]]) -> list[str]:
    full = f"sn_planner_{name}"
    values = [f"{full}{{{labels}}} {int(value)}" for labels, value in rows if value is not None]
    return [f"# TYPE {full} gauge", f"# HELP {full} {_GAUGES[name]}", *values]
