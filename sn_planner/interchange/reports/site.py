"""What site says, as a document.

Rules: those of `tables`. The verdict counts what is kept, new and moved; whatever costs an outage follows at once, then
the ranges, then what is left free. A manifest or Terraform's resource is printed for what is to be applied: a range
that is in force stays as it is written there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sn_planner.errors import ABSENT, BadInput
from sn_planner.interchange.reports import pasting
from sn_planner.interchange.reports.planning import assumed_volumes
from sn_planner.interchange.tables import Document, Part, Remark, Table
from sn_planner.model.demand import DEFAULT_PROFILE
from sn_planner.model.profiles import rwx_volumes_or_assumed
from sn_planner.model.sites import place_of
from sn_planner.model.words import counted, some

if TYPE_CHECKING:
    from sn_planner.advice.site_plan import PlannedNetwork, SitePlan

_ROW = ("cluster", "network", "range", "exclude", "usable", "required", "spare", "reserved", "status", "setting")
_SHOWN_FREE = 6


def site_document(plan: SitePlan) -> Document:
    """The plan: the verdict, what changes at a cost, every range, and what is left."""
    data = plan.to_dict()
    rows = [[one[name] if name != "exclude" else " ".join(one["exclude"]) for name in _ROW] for one in data["networks"]]
    left = [
        Remark("error", f"{place_of(one.cluster, one.network)} has no place: {one.reason}", f"fix: {one.fix}")
        for one in plan.unplaced
    ]
    moving = [
        Remark("warning", f"{place_of(one.cluster, one.network)}: {one.options[0]}", one.options[1])
        for one in plan.networks
        if one.options
    ]
    notes = (*plan.notes, *_assumed(plan))
    parts: tuple[Part, ...] = (*left, *moving, *_ranges(plan.networks), *_free(plan))
    return Document("site", plan.ok, data, Table(_ROW, rows), plan.verdict, parts, notes, forms=_forms(plan))


_KEPT = ("cluster", "network", "range", "exclude", "before", "reserved")


def plan_text(plan: SitePlan) -> str:
    """The plan as `site --write` keeps it: the ranges, and nothing that changes as long as they do not."""
    data = plan.to_dict()
    networks = [{name: one[name] for name in _KEPT} for one in data["networks"]]
    stay = [{name: one[name] for name in _KEPT[:4]} for one in data["unplaced"] if one["range"] is not None]
    return json.dumps({"schema": "sn-planner/site/1", "networks": networks, "unplaced": stay}, indent=2) + "\n"


def _ranges(networks: Sequence[PlannedNetwork]) -> tuple[Part, ...]:
    headers = ("cluster", "network", "range", "needed", "spare", "reserved", "status")
    rows = [
        [
            one.cluster,
            one.network.removesuffix("-network"),
            one.range.cidr,
            one.required,
            one.spare,
            f"/{one.reserved.prefix_length}",
            one.status,
        ]
        for one in networks
    ]
    return (Table(headers, rows),) if rows else ()


def _free(plan: SitePlan) -> tuple[str, ...]:
    """How many blocks of each size are left, the largest first, each with the first of them."""
    counts = Counter(block.prefix_length for block in plan.free)
    largest = [
        str(block) if counts[length] == 1 else f"{counts[length]} /{length} (first {block})"
        for length, block in plan.largest_free.items()
    ]
    smaller = len(largest) - _SHOWN_FREE
    more = f", and {counted(smaller, 'smaller size')}" if smaller > 0 else ""
    return (f"Left free: {', '.join(largest[:_SHOWN_FREE]) or 'nothing'}{more}.",)


def _assumed(plan: SitePlan) -> tuple[str, ...]:
    """What is taken for granted where the site does not say it."""
    said = []
    needs = [(one.cluster, one.size.demand) for one in plan.networks]
    if default := [name for name, need in needs if need.profile.name == DEFAULT_PROFILE and need.release is None]:
        formula = "classic, 4N + 2D + I, where no release is given (harvester)"
        said.append(f"{formula}: {_clusters(default)}")
    volumes = [one.cluster for one in plan.networks if assumed_volumes(one.size.demand)]
    if volumes:
        said.append(f"{rwx_volumes_or_assumed(None)} running RWX volumes (rwx_volumes): {_clusters(volumes)}")
    if not plan.site.in_use:
        said.append("no network in use was given (in_use)")
    return (f"Assumed: {'; '.join(said)}.",) if said else ()


def _clusters(names: list[str]) -> str:
    return some(list(dict.fromkeys(names)))


def _forms(plan: SitePlan) -> dict[str, str]:
    due = [one for one in plan.networks if not one.is_in_force]
    rows = [(one.network, one.range.cidr, one.required, one.usable, one.cluster) for one in due]
    ranges = "".join(f"{one.range.cidr}\n" for one in plan.networks)
    found = {pasting.NETBOX: pasting.netbox(rows), pasting.RANGE: ranges}
    settings = [(one.cluster, one.setting) for one in due if one.setting is not None]
    return found | (pasting.setting_forms(settings) if len(settings) == len(due) else {})


def require_settings(plan: SitePlan, style: str) -> None:
    """Raises BadInput where a setting is to be printed that has no VLAN or cluster network, or no name of its own."""
    named: dict[str, str] = {}
    for one in plan.networks:
        place = place_of(one.cluster, one.network)
        if one.setting is None and not one.is_in_force:
            problem, fix = "has no setting to print", "give its vlan and its cluster_network in the site's file"
            raise BadInput(place, ABSENT, problem, fix, "missing")
        name = pasting.resource_name(one.network, one.cluster) if style == pasting.TERRAFORM else place
        if name in named:
            problem = f"and {named[name]} are both {name} to Terraform"
            raise BadInput(place, ABSENT, problem, "print them one by one, with --only", "duplicate")
        named[name] = place
