"""What `preflight` answers: the prerequisites of a change, each met, not met or not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from sn_planner.errors import printable
from sn_planner.model.jupyter import Rows, html
from sn_planner.model.words import counted
from sn_planner.model.written import Written

if TYPE_CHECKING:
    import pandas


@attrs.frozen
class Check:
    """One prerequisite: its name, whether it is met (None: not known), and what was seen."""

    name: str
    ok: bool | None
    detail: str = attrs.field(converter=printable)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return attrs.asdict(self)


@attrs.frozen
class Preflight:
    """The prerequisites of a setting, each with its answer; without a `setting`, those of any change."""

    setting: Written | None
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every prerequisite is met; what is not known is not met."""
        return all(check.ok is True for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"ok": self.ok, "checks": [check.to_dict() for check in self.checks]}

    def __repr__(self) -> str:
        return f"Preflight(ok={self.ok}, checks={ {check.name: check.ok for check in self.checks} })"

    @property
    def verdict(self) -> str:
        """Whether the cluster is ready, or what is not met, or not known."""
        if self.ok:
            return "Ready: apply it, and expect the outage" if self.setting else "Ready for a change of the network"
        unmet = [check.name for check in self.checks if check.ok is False]
        if unmet:
            return f"Not ready: {counted(len(unmet), 'prerequisite')} not met, {', '.join(unmet)}"
        unknown = [check.name for check in self.checks if check.ok is None]
        return f"Not known to be ready: export what is unknown, {', '.join(unknown)}"

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame, a row for each prerequisite; raises MissingExtraError where pandas is not installed."""
        return self._rows.frame()

    def _repr_html_(self) -> str:
        return html(self.verdict, self._rows, notes=self.notes)

    @property
    def _rows(self) -> Rows:
        return Rows(("check", "ok", "detail"), [(check.name, check.ok, check.detail) for check in self.checks])
