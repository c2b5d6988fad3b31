"""Findings: what is wrong with a range or a setting, how bad it is, and what to do about it.

Rules: every code stands once in `CODES`, with its severity and its meaning; code, documentation and tests read it.
"error" means Harvester refuses the setting or the cluster will not work; "warning" means it may not; "info" is worth
knowing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast

import attrs

from sn_planner.errors import SnPlannerError, printable
from sn_planner.model.fields import known_key, list_of
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.words import counted

if TYPE_CHECKING:
    import pandas

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

CODES: Mapping[str, tuple[Severity, str]] = MappingProxyType(
    {
        "not-a-cidr": ("error", "the range is no CIDR"),
        "not-ipv4": ("error", "the range is not IPv4"),
        "host-bits-set": ("error", "the range is not written from its network address"),
        "prefix-too-short": ("error", "the range is larger than a /16"),
        "overlaps-reserved": ("error", "the range overlaps a network Harvester itself uses"),
        "overlaps-in-use": ("error", "the range overlaps a network that is in use"),
        "outside-pools": ("error", "the range lies in no pool of its site"),
        "range-too-small": ("error", "the range has fewer usable addresses than the cluster needs at its peak"),
        "exclude-not-a-cidr": ("error", "an exclude is no CIDR"),
        "exclude-prefix-too-short": ("error", "an exclude is larger than a /16"),
        "exclude-outside-range": ("error", "an exclude does not overlap the range"),
        "exclude-covers-range": ("error", "an exclude is as large as the range or larger"),
        "excludes-overlap": ("error", "an exclude overlaps the one before it"),
        "no-usable-addresses": ("error", "the range has no usable address"),
        "no-host-range": ("error", "the range lies where no host can have an address"),
        "vlan-out-of-range": ("error", "the VLAN is not in 0..4094 (1..4094 before Harvester 1.5)"),
        "vlan-not-allowed-on-mgmt": ("error", "VLAN 0 or 1 on the cluster network mgmt"),
        "exclusive-vlan-untagged": ("error", "an exclusive VLAN that is untagged: VLAN 0 or 1"),
        "setting-not-json": ("error", "the setting's value is not the JSON that Harvester reads"),
        "setting-missing-key": ("error", "the setting lacks a key"),
        "webhook-size": ("error", "the range is below the minimum of Harvester's webhook"),
        "documented-reserved": ("warning", "the range overlaps a network that Harvester's documentation reserves"),
        "upgrade-would-stall": ("warning", "the range can stall an upgrade for ever"),
        "excludes-overlap-unnoticed": ("warning", "two excludes overlap and Harvester does not notice"),
        "webhook-counts-differ": ("warning", "Harvester counts more usable addresses than Whereabouts can assign"),
        "not-private": ("warning", "the range lies outside the private networks of RFC 1918"),
        "link-local": ("warning", "the range is link-local: routers do not forward it"),
        "insignificant-characters": ("warning", "the setting's text differs from the canonical one"),
        "unknown-key": ("warning", "the setting has a key Harvester does not know"),
        "key-of-later-release": ("warning", "the setting has a key, or is one, that the release does not read"),
        "no-gateway-excluded": ("info", "neither the first nor the last usable address is excluded"),
        "untagged": ("info", "the network is untagged"),
        "disabled": ("info", "the setting configures no network"),
        "text-in-force": ("info", "the text is the one in force"),
        "profile-assumed": ("info", "the cluster is sized by the default formula, as no release was given"),
    }
)


@attrs.frozen
class Finding:
    """One fault: its `code` (a key of `CODES`), what it is here, and the fix."""

    code: str
    message: str = attrs.field(converter=printable)
    fix: str = attrs.field(converter=printable)

    @property
    def severity(self) -> Severity:
        """ "error", "warning" or "info"."""
        return CODES[self.code][0]

    def to_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return {"code": self.code, "severity": self.severity, "message": self.message, "fix": self.fix}


class Findings(tuple[Finding, ...]):
    """Findings, errors first; a tuple that shows as a table in Jupyter.

    >>> found = Findings.sorted([Finding("unknown-key", "the setting has the key mtu", "leave it out")])
    >>> found.ok, found.errors
    (True, ())
    """

    __slots__ = ()

    @classmethod
    def sorted(cls, findings: Iterable[Finding]) -> Findings:
        """The findings, errors before warnings before infos, within a severity in the order given."""
        return cls(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))

    @property
    def ok(self) -> bool:
        """Whether none is an error."""
        return not self.errors

    @property
    def errors(self) -> Findings:
        """Those that are errors."""
        return self.at_least("error")

    def at_least(self, severity: str) -> Findings:
        """Those of a severity or a graver one; raises BadInput for a severity that is none."""
        graver = SEVERITIES[: SEVERITIES.index(cast(Severity, known_key("severity", severity, SEVERITIES))) + 1]
        return Findings(finding for finding in self if finding.severity in graver)

    def without(self, codes: Iterable[str]) -> Findings:
        """Those of other codes; raises BadInput for a code that is none of `CODES`."""
        left_out = {known_key("code", code, CODES) for code in list_of("codes", codes)}
        return Findings(finding for finding in self if finding.code not in left_out)

    def to_dict(self) -> list[dict[str, str]]:
        """Plain data for JSON: a list."""
        return [finding.to_dict() for finding in self]

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each finding; raises MissingExtraError where pandas is not installed."""
        return self.rows.frame()

    def _repr_html_(self) -> str:
        return html(self.counts, self.rows)

    @property
    def counts(self) -> str:
        """How many findings there are of each severity."""
        counts = {one: sum(found.severity == one for found in self) for one in SEVERITIES}
        return ", ".join(counted(count, one) for one, count in counts.items() if count) or "no finding"

    @property
    def rows(self) -> Rows:
        """The findings as rows of a table."""
        return Rows(("severity", "code", "message", "fix"), [(f.severity, f.code, f.message, f.fix) for f in self])


def finding_of(error: SnPlannerError) -> Finding:
    """The finding that a refusal of a setting or a range stands for: its own code, or that the text is not readable."""
    code = error.code if error.code in CODES else "setting-not-json"
    return Finding(code, error.message, error.fix)
