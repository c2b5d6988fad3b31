"""Everything that is wrong with a range or a setting, all at once, each fault with its fix.

Rules: the text is judged as the webhook would (`webhook`), the addresses as Whereabouts would hand them out
(`AddressRange`), the size against the cluster's demand. Findings come errors first, and within a severity in the order
of the parts: setting, range, networks, excludes, size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.advice import rules, webhook
from sn_planner.advice.findings import Finding, Findings, finding_of
from sn_planner.errors import SnPlannerError, shown, within
from sn_planner.model.cidr import blocks_of, network_of, parse_span, text_of
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import Choice, Demand, choose, demand_of, on_later_releases, require_cluster
from sn_planner.model.fields import list_of
from sn_planner.model.jupyter import html
from sn_planner.model.networks import STORAGE
from sn_planner.model.profiles import Profile
from sn_planner.model.ranges import AddressRange, ExcludeLike, KeptNetwork, RangeLike, room_words
from sn_planner.model.releases import Release
from sn_planner.model.setting import Setting
from sn_planner.model.written import SettingLike, Written

if TYPE_CHECKING:
    import pandas


@attrs.frozen
class Report:
    """A range or setting as checked.

    `network` is the setting's name, `range` empty where it configures no network; `usable` addresses as Whereabouts
    assigns them, `webhook_usable` as Harvester counts them (None where one of them cannot read the text), `required`
    by the cluster (None without one) [addresses]; `admitted`: whether the webhook would accept it.
    """

    network: str
    range: str
    usable: int | None
    webhook_usable: int | None
    required: int | None
    admitted: bool
    findings: Findings
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return self.findings.ok

    @property
    def spare(self) -> int | None:
        """Usable addresses beyond the demand, negative where it does not fit; None without one [addresses]."""
        return None if self.usable is None or self.required is None else self.usable - self.required

    @property
    def fits(self) -> bool | None:
        """Whether the range holds the demand; None without one."""
        return None if self.spare is None else self.spare >= 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        figures = ("network", "range", "usable", "webhook_usable", "required", "spare", "fits", "admitted", "ok")
        return {name: getattr(self, name) for name in figures} | {"findings": self.findings.to_dict()}

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each finding; raises MissingExtraError where pandas is not installed."""
        return self.findings.to_dataframe()

    def _repr_html_(self) -> str:
        subject = self.range or f"The {self.network}"
        verdict = f"{subject} is {'' if self.ok else 'not '}fit for use: {self.findings.counts}"
        sizes = "" if self.usable is None else f"; {room_words(self.usable, self.required)}"
        return html(verdict + sizes, self.findings.rows, notes=self.notes)


def check(
    range: RangeLike | SettingLike,
    cluster: Cluster | None = None,
    *,
    exclude: Iterable[ExcludeLike] = (),
    in_use: Iterable[RangeLike] = (),
    others: Iterable[webhook.Config | None] = (),
    current: SettingLike | None = None,
    profile: str | Profile | None = None,
    harvester: str | None = None,
) -> Findings:
    """Every finding about a range or a setting: a tuple, errors first, with `.ok` and `.errors`.

    `range` is CIDR text, an AddressRange, a Setting, or the text of a setting or of its manifest. `exclude` adds
    excludes; `in_use` are networks the range must stay out of; `others` the rwx-network and vm-migration-network as
    configured; `current` the setting in force. With a `cluster`, the range is held against its demand by `profile` or
    `harvester` [addresses]; a setting of the rwx-network or the vm-migration-network by that network's own. `harvester`
    also says whose rules Harvester's webhook goes by. Raises BadInput for unusable arguments and for the manifest of
    another setting; a faulty range is no error, its faults are the answer. Sources: those of `demand` and of `webhook`.

    >>> [finding.code for finding in check("10.52.3.0/26", Cluster.uniform(nodes=5, disks_per_node=2, images=10))]
    ['overlaps-reserved', 'no-gateway-excluded', 'profile-assumed']
    """
    choice = choose(profile, harvester)
    return examine(range, cluster, choice, exclude=exclude, in_use=in_use, others=others, current=current).findings


def examine(
    range: RangeLike | SettingLike,
    cluster: Cluster | None = None,
    choice: Choice | None = None,
    *,
    exclude: Iterable[ExcludeLike] = (),
    in_use: Iterable[RangeLike | KeptNetwork] = (),
    others: Iterable[webhook.Config | None] = (),
    current: SettingLike | None = None,
) -> Report:
    """`check` with the figures behind the findings; `choice` is the profile where it is chosen already.

    A KeptNetwork among those `in_use` says whose it is. A setting of another network than the choice's is judged by
    that network's own profile.
    """
    choice = choose() if choice is None else choice
    networks = [
        one if isinstance(one, KeptNetwork) else KeptNetwork(str(network_of("in_use", one)), "in use", "given")
        for one in list_of("in_use", in_use)
    ]
    added = [text for one in list_of("exclude", exclude) for text in _written_out(one)]
    configured = list_of("others", others)
    given = None if cluster is None else require_cluster(cluster)
    with within("current"):
        in_force = None if current is None else Written.of(current, choice.profile.setting)
    try:
        written, text, own = _parts(range, choice)
    except SnPlannerError as error:
        if error.code == "unknown-name":  # not a faulty setting, but something else
            raise
        return _unreadable(range, error, given, choice)
    choice = choice if written is None else choice.on(written.network)
    need = None if given is None else demand_of(given, choice)
    least = 0 if given is None else webhook.minimum_for(given, choice)
    case = rules.Case(text, (*own, *added), need, least, choice.release)
    found = list(_written_findings(written, in_force, choice.release))
    if written is None or not written.is_disabled:
        found += (*_range_findings(case, networks, configured), *_assumption(choice, need))
    return Report(
        network=choice.profile.setting,
        range=text,
        usable=None if case.address_range is None else case.address_range.usable,
        webhook_usable=case.webhook_usable,
        required=None if need is None else need.required,
        admitted=_admits(case, written, configured),
        findings=Findings.sorted(found),
        notes=choice.notes,
    )


def _unreadable(target: object, error: SnPlannerError, cluster: Cluster | None, choice: Choice) -> Report:
    """The report on what is no range and no setting: that alone is found."""
    required = None if cluster is None else demand_of(cluster, choice).required
    findings = Findings([finding_of(error)])
    return Report(choice.profile.setting, shown(target), None, None, required, False, findings, choice.notes)


def _parts(target: RangeLike | SettingLike, choice: Choice) -> tuple[Written | None, str, tuple[str, ...]]:
    """The setting, where one is given, and the range and the excludes in their own text."""
    if isinstance(target, Setting | Written) or (isinstance(target, str) and ("{" in target or "\n" in target.strip())):
        written = _read(target, choice)
        return written, *(("", ()) if written.setting is None else (written.setting.range, written.setting.exclude))
    if isinstance(target, AddressRange):
        return None, str(target.cidr), target.exclude
    return None, target if isinstance(target, str) else str(network_of("range", target)), ()


def _written_out(exclude: ExcludeLike) -> tuple[str, ...]:
    """An exclude as it is written; of a first and a last address the CIDRs that a setting needs."""
    if isinstance(exclude, str) and parse_span(exclude) is not None:
        return tuple(map(str, blocks_of("exclude", exclude)))
    return (text_of("exclude", exclude),)


def _read(target: SettingLike, choice: Choice) -> Written:
    """The setting; a bare value is taken for that of the network whose profile was asked for."""
    network = choice.profile.setting if choice.asked and choice.profile.setting != STORAGE.setting else None
    return Written.of(target, network)


def _written_findings(written: Written | None, current: Written | None, release: Release | None) -> Iterator[Finding]:
    if written is None:
        return
    yield from map(finding_of, written.faults)
    yield from rules.key_findings(written, release)
    yield from rules.text_findings(written, current)
    if written.setting is not None and not any(fault.field == "setting vlan" for fault in written.faults):
        yield from rules.vlan_findings(written.setting, release)


def _range_findings(
    case: rules.Case, in_use: list[KeptNetwork], others: list[webhook.Config | None]
) -> Iterator[Finding]:
    yield from rules.range_findings(case)
    yield from rules.network_findings(case, in_use)
    yield from rules.other_findings(case, others)
    yield from rules.exclude_findings(case)
    yield from rules.size_findings(case)


def _assumption(choice: Choice, need: Demand | None) -> Iterator[Finding]:
    if need is not None and choice == choose():
        message = f"the cluster is sized by {need.profile.name}, {need.profile.formula}; {on_later_releases(need)}"
        yield Finding("profile-assumed", message, "name your release (--harvester)")


def _admits(case: rules.Case, written: Written | None, others: list[webhook.Config | None]) -> bool:
    """Whether the webhook accepts it; a network that is not configured has nothing to refuse."""
    if written is not None:
        if written.faults or written.setting is None:
            return not written.faults
        if webhook.vlan_refusal(written.setting, case.release) is not None:
            return False
    return webhook.first_refusal(case.range, case.exclude, case.minimum, others, case.release) is None
