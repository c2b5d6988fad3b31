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

from sn_planner.model.setting import Setting

if TYPE_CHECKING:
    from sn_planner.advice.suggest import Candidate
    from sn_planner.model.cidr import Cidr

FORMS = ("manifest", "terraform", "netbox", "range")
SETTING_FORMS = ("manifest", "terraform")
METRICS = "openmetrics"


def forms(places: Iterable[Candidate], settings: Iterable[Setting]) -> dict[str, str]:
    """The forms that ranges have, and those of their settings where there are some."""
    rows = [(one.network, one.range.cidr, one.demand.required, one.usable) for one in places]
    found = {"netbox": netbox(rows), "range": "".join(f"{cidr}\n" for _, cidr, _, _ in rows)}
    return found | setting_forms(settings)


def setting_forms(settings: Iterable[Setting]) -> dict[str, str]:
    """Manifests as documents of one YAML text, Terraform's resources one after the other."""
    given = list(settings)
    if not given:
        return {}
    manifests, resources = (one.manifest() for one in given), map(terraform, given)
    return {"manifest": "---\n".join(manifests), "terraform": "\n".join(resources)}


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
    name = setting.network
    return f'resource "harvester_setting" "{name.replace("-", "_")}" {{\n  name  = "{name}"\n  value = {value}\n}}\n'


def netbox(ranges: Iterable[tuple[str, Cidr, int, int]]) -> str:
    """Ranges as rows of NetBox's import of prefixes: reserved until they are applied.

    Each is the network it is for, the range, the addresses needed and those usable [addresses].
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("prefix", "status", "description"))
    for network, cidr, required, usable in ranges:
        writer.writerow((cidr, "reserved", f"Harvester {network}, {required} of {usable} addresses needed"))
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
