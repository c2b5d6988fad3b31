"""What people paste elsewhere: a range alone, a manifest, Terraform's resource, a row for NetBox, Prometheus' gauges.

Rules: each is complete and ends in a line break. A setting's text is Harvester's own, character by character: Harvester
compares texts, and the same keys in another order reconfigure the storage network, with the whole outage.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sn_planner.errors import printable
from sn_planner.model.setting import Setting

if TYPE_CHECKING:
    from sn_planner.advice.plan import Candidate
    from sn_planner.model.cidr import Cidr

SETTING_FORMS = MANIFEST, TERRAFORM = "manifest", "terraform"
FORMS = *_, NETBOX, RANGE = *SETTING_FORMS, "netbox", "range"
METRICS = "openmetrics"


def forms(places: Iterable[Candidate], settings: Iterable[Setting]) -> dict[str, str]:
    """The forms that ranges have, and those of their settings where there are some."""
    rows = [(one.network, one.range.cidr, one.demand.required, one.usable, "") for one in places]
    found = {NETBOX: netbox(rows), RANGE: "".join(f"{cidr}\n" for _, cidr, *_ in rows)}
    return found | setting_forms([("", one) for one in settings])


def setting_forms(settings: Iterable[tuple[str, Setting]]) -> dict[str, str]:
    """Manifests as documents of one YAML text, Terraform's resources one after the other.

    Each setting comes with the name of its cluster, empty where there is but one.
    """
    given = list(settings)
    if not given:
        return {}
    manifests = [f"{_heading(cluster)}{one.manifest()}" for cluster, one in given]
    resources = [f"{_heading(cluster)}{terraform(one, cluster)}" for cluster, one in given]
    return {MANIFEST: "---\n".join(manifests), TERRAFORM: "\n".join(resources)}


def _heading(cluster: str) -> str:
    return f"# cluster {cluster}\n" if cluster else ""


def terraform(setting: Setting, cluster: str = "") -> str:
    """The setting as a resource of Harvester's Terraform provider, its name with that of the cluster before.

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
    label = resource_name(name, cluster)
    return f'resource "harvester_setting" "{label}" {{\n  name  = "{name}"\n  value = {value}\n}}\n'


def resource_name(network: str, cluster: str = "") -> str:
    """What Terraform's resource is called: an identifier, which has no dashes and does not begin with a digit."""
    label = re.sub(r"\W", "_", f"{cluster}_{network}" if cluster else network, flags=re.ASCII)
    return f"_{label}" if label[0].isdigit() else label


def netbox(ranges: Iterable[tuple[str, Cidr, int, int, str]]) -> str:
    """Ranges as rows of NetBox's import of prefixes: reserved until they are applied.

    Each is the network it is for, the range, the addresses needed and those usable [addresses], and the name of the
    cluster, empty where there is but one.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("prefix", "status", "description"))
    for network, cidr, required, usable, cluster in ranges:
        whose = f" of {printable(cluster)}" if cluster else ""
        writer.writerow((cidr, "reserved", f"Harvester {network}{whose}, {required} of {usable} addresses needed"))
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
