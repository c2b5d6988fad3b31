"""Everything that is wrong with a range or a setting, all at once, each fault with its fix.

Rules: the text is judged as the webhook would (`webhook`), the addresses as Whereabouts would hand them out
(`AddressRange`), the size against the cluster's demand. Findings come errors first, and within a severity in the order
of the parts: setting, range, networks, excludes, size.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict, Unpack

import attrs

from sn_planner.advice import rules, webhook
from sn_planner.advice.findings import SEVERITIES, Finding, finding_of, has_errors
from sn_planner.errors import SnPlannerError, shown
from sn_planner.model.cidr import IPV4_BITS, network_of, parse_cidr
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Demand, choose_profile, demand
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, KeptNetwork, list_of
from sn_planner.model.setting import Setting


@attrs.frozen
class Report:
    """A range or setting as checked.

    `usable` addresses as Whereabouts assigns them, `webhook_usable` as Harvester counts them (None where one of them
    cannot read the text), `required` by the cluster (None without one) [addresses]; `admitted`: whether the webhook
    would accept it.
    """

    range: str
    usable: int | None
    webhook_usable: int | None
    required: int | None
    admitted: bool
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return not has_errors(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        figures = attrs.asdict(self, recurse=False)
        del figures["notes"]
        return figures | {"ok": self.ok, "findings": [finding.to_dict() for finding in figures.pop("findings")]}


class Circumstances(TypedDict, total=False):
    """What a target is checked against; every key may be left out."""

    exclude: Iterable[object]
    in_use: Iterable[object]
    others: Iterable[webhook.Config | None]
    current: Setting | None
    profile: str | Profile | None
    harvester: str | None


def check(
    target: object, cluster: Cluster | None = None, **circumstances: Unpack[Circumstances]
) -> tuple[Finding, ...]:
    """Every finding about `target`: CIDR text, an AddressRange, a Setting, or the text of a setting or its manifest.

    `exclude` adds excludes; `in_use` are networks the range must stay out of; `others` the rwx-network and
    vm-migration-network as configured; `current` the setting in force. With a `cluster`, the range is held against its
    demand. Raises SnPlannerError for unusable arguments; a faulty target is no error, its faults are the answer.

    >>> [finding.code for finding in check("10.52.3.0/26", Cluster.uniform(nodes=5, disks_per_node=2, images=10))]
    ['overlaps-reserved', 'no-gateway-excluded']
    """
    return examine(target, cluster, **circumstances).findings


def examine(
    target: object,
    cluster: Cluster | None = None,
    *,
    exclude: Iterable[object] = (),
    in_use: Iterable[object] = (),
    others: Iterable[webhook.Config | None] = (),
    current: Setting | None = None,
    profile: str | Profile | None = None,
    harvester: str | None = None,
) -> Report:
    """`check` with the figures behind the findings."""
    networks = [KeptNetwork(str(network_of("in_use", one)), "in use", "given") for one in list_of("in_use", in_use)]
    if not isinstance(current, Setting | None):
        raise SnPlannerError("current", current, "is no Setting", "parse it with Setting.parse")
    configured = list_of("others", others)
    chosen, release, notes = choose_profile(profile, harvester)
    need = None if cluster is None else demand(cluster, chosen)
    required = None if need is None else need.required
    least = 0 if cluster is None else webhook.minimum_for(cluster, chosen, release)
    added = list_of("exclude", exclude)
    try:
        setting, faults = _setting_of(target)
    except SnPlannerError as error:
        return Report(shown(target), None, None, required, False, (finding_of(error),), notes)
    case = _case(setting, added, need, least)
    findings = [
        *map(finding_of, faults),
        *rules.setting_findings(case.setting, current),
        *rules.range_findings(case),
        *rules.network_findings(case, networks),
        *rules.other_findings(case, configured),
        *rules.exclude_findings(case),
        *rules.size_findings(case),
    ]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Report(
        range=case.setting.range,
        usable=None if case.address_range is None else case.address_range.usable,
        webhook_usable=rules.webhook_usable(case.setting),
        required=required,
        admitted=not faults and webhook.first_refusal(case.setting, least, configured) is None,
        findings=tuple(findings),
        notes=notes,
    )


def _case(setting: Setting, added: list[object], need: Demand | None, least: int) -> rules.Case:
    if added:
        setting = attrs.evolve(setting, exclude=(*setting.exclude, *added))
        setting = attrs.evolve(setting, text=setting.value)
    cidr = parse_cidr(setting.range)
    network = cidr.network if cidr is not None and cidr.bits == IPV4_BITS else None
    readable = [entry for entry in setting.exclude if rules.readable_block(entry) is not None]
    return rules.Case(setting, network, network and AddressRange(str(network), readable), need, least)


def _setting_of(target: object) -> tuple[Setting, tuple[SnPlannerError, ...]]:
    """The setting to check, and its faults; a bare range gets a VLAN and a cluster network that no rule minds."""
    if isinstance(target, Setting):
        return target, ()
    if isinstance(target, str) and ("{" in target or "\n" in target.strip()):
        return Setting.read(target)
    exclude = target.exclude if isinstance(target, AddressRange) else ()
    text = target if isinstance(target, str) else str(network_of("range", target))
    return Setting(vlan=100, cluster_network="storage", range=text, exclude=exclude), ()
