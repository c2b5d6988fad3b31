"""JSON Schemas of what the commands answer with `--format json`: one a command, from one table.

Rules: a schema is made of the table below, a line for each key with what it means and its unit, so none is undescribed.
The promise: within `/1` keys may be added, and words to a list of words; no key is removed or renamed, none changes its
type, its unit or its meaning, and none that is always there becomes optional. What breaks that is `/2`. So whoever
reads an answer passes over keys that are not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sn_planner.advice.findings import SEVERITIES
from sn_planner.advice.site_plan import STATUSES
from sn_planner.errors import REFUSALS
from sn_planner.model.fields import known_key
from sn_planner.model.networks import NETWORKS
from sn_planner.model.pods import PER

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(command: str) -> Schema:
    """The JSON Schema of a command's answer, by the 2020-12 draft; raises BadInput for another command.

    >>> schema("limits")["properties"]["usable"]["type"]
    'integer'
    """
    row = ANSWERS[known_key("command", command, ANSWERS)]
    name = f"sn-planner/{command}/1"
    head = {
        "schema": {"const": name},
        "ok": _flag("whether the answer is yes: the exit code is 0"),
        "notes": _list("what was assumed, read in part, or given and not used", _text("a sentence")),
        "inputs": {"type": "object", "description": "what was asked, option by option, as it was typed"},
    }
    refused = _record("why there is no answer", **_REFUSAL)
    whole = _record(f"What sn-planner {command} answers. Within /1 keys may be added, and none changes.", **head | row)
    whole["required"] = list(head)
    whole["anyOf"] = [{"required": list(one)} for one in (*_ways(command, row), ("no_answer",))]
    whole["properties"]["no_answer"] = refused
    return {"$schema": DIALECT, "$id": name, "title": name} | whole


def _ways(command: str, row: Mapping[str, Schema]) -> tuple[tuple[str, ...], ...]:
    """The keys that are there together: those of one target, or the list of several."""
    if command == "check":
        return tuple(name for name in row if name != "targets"), ("targets",)
    return (tuple(row),)


def _text(about: str, *among: str, null: bool = False) -> Schema:
    known = {"enum": [*among, *([None] if null else [])]} if among else {}
    return {"type": ["string", "null"] if null else "string", "description": about} | known


def _whole(about: str, *, null: bool = False, least: int | None = 0) -> Schema:
    bound = {} if least is None else {"minimum": least}
    return {"type": ["integer", "null"] if null else "integer", "description": about} | bound


def _number(about: str, *, null: bool = False) -> Schema:
    return {"type": ["number", "null"] if null else "number", "description": about, "minimum": 0}


def _flag(about: str, *, null: bool = False) -> Schema:
    return {"type": ["boolean", "null"] if null else "boolean", "description": about}


def _list(about: str, item: Schema) -> Schema:
    return {"type": "array", "description": about, "items": item}


def _record(about: str, **keys: Schema) -> Schema:
    return {"type": "object", "description": about, "properties": keys, "required": list(keys)}


def _or_null(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def _counts(about: str, names: str) -> Schema:
    counts = {"type": "integer", "minimum": 0}
    return {"type": "object", "description": about, "propertyNames": {"pattern": names}, "additionalProperties": counts}


def _chances(about: str, names: str, kind: str = "number") -> Schema:
    return _counts(about, names) | {"additionalProperties": {"type": kind, "minimum": 0}}


_REFUSAL = {
    "code": _text("the code of the refusal", *REFUSALS),
    "message": _text("what has no answer, and why"),
    "fix": _text("what to do instead"),
}
_FINDING = {
    "code": _text("the finding's code, as `explain` knows it; null for advice that has none", null=True),
    "severity": _text("how grave it is", *SEVERITIES),
    "message": _text("what is wrong here"),
    "fix": _text("how to mend it"),
}
_CLUSTER = _record(
    "the cluster that was asked about",
    storage_nodes=_whole("nodes that run Longhorn [nodes]"),
    witness_nodes=_whole("nodes that take no address [nodes]"),
    v2_nodes=_whole("nodes with the V2 data engine [nodes]"),
    disks=_whole("Longhorn disks over all nodes [disks]"),
    images=_whole("image transfers at once [transfers]"),
    rwx_volumes=_whole("running RWX volumes; null where not known [volumes]", null=True),
)
_LINE = _record(
    "a kind of pod",
    pod=_text("the kind of pod"),
    per=_text("the thing that each is there for", *PER),
    count=_whole("how many things there are"),
    addresses_each=_whole("what each pod takes [addresses]"),
    versions=_whole("versions alive at the peak of an upgrade [pods]"),
    addresses=_whole("what all of them take at the peak [addresses]"),
)
_USABLE = _whole("addresses that Whereabouts can hand out [addresses]")
_REQUIRED = _whole("what the cluster needs at an upgrade's peak [addresses]")
_SPARE = _whole("usable addresses beyond those needed, negative where too few [addresses]", least=None)
_RANGE = _text("the range, as CIDR")
_DAY_AND_CHANCE = {
    "type": "array",
    "description": "a day and a chance",
    "prefixItems": [_text("the day, like 2026-12-01"), _number("the chance")],
}
_DEMAND = {
    "profile": _text("the profile that counts the pods"),
    "required": _REQUIRED,
    "steady": _whole("when nothing happens [addresses]"),
    "stall_floor": _whole("the fewest with which no upgrade stalls [addresses]"),
    "prefix_length": _whole("the longest prefix that holds what is required; null: none [bits]", null=True),
    "lines": _list("the demand, a kind of pod each", _LINE),
}
_CANDIDATE = {
    "range": _RANGE,
    "usable": _USABLE,
    "spare": _SPARE,
    "max_nodes": _whole("nodes it holds at most; null: no limit [nodes]", null=True),
    "widens_to": _whole("the shortest prefix it can be widened to in place [bits]"),
    "exclude": _list("what of it is kept from pods", _text("a CIDR")),
    "setting": _text("the setting's value; null without a VLAN and a cluster network", null=True),
    "network": _text("the network's setting", *NETWORKS),
    "required": _REQUIRED,
}
_YES_NO = _flag("yes, no, or null: the export does not tell", null=True)
_OF_A_CLUSTER = {"cluster": _text("the cluster's name"), "network": _text("the network's setting", *NETWORKS)}
_STEP = {"ok": _YES_NO, "detail": _text("what the export shows")}
_UPGRADE = _whole("what the next upgrade needs on top of the leases; null: not known [addresses]", null=True)


def _target() -> dict[str, Schema]:
    return {
        "network": _text("the setting that is judged", *NETWORKS),
        "range": _text("the range as it is written, empty where none is configured"),
        "usable": _or_null(_USABLE),
        "webhook_usable": _whole(
            "addresses as Harvester's webhook counts them; null: it cannot [addresses]", null=True
        ),
        "required": _or_null(_REQUIRED),
        "spare": _or_null(_SPARE),
        "fits": _flag("whether the range holds the cluster; null without one", null=True),
        "admitted": _flag("whether Harvester's webhook would accept it"),
        "findings": _list("what was found, errors first", _record("a finding", **_FINDING)),
    }


ANSWERS: Mapping[str, dict[str, Schema]] = {
    "suggest": {
        "cluster": _CLUSTER,
        **_DEMAND,
        "candidates": _list(
            "the ranges to configure, best first",
            _record(
                "a range",
                **_CANDIDATE,
                block=_text("what to reserve: the range, or the block that holds those of several networks"),
                networks=_list(
                    "the ranges of all networks that are planned, this one first", _record("a range", **_CANDIDATE)
                ),
            ),
        ),
        "rejected": _list(
            "what of the pools was not considered", _record("a network", range=_RANGE, reason=_text("why not"))
        ),
        "networks": _list(
            "the demand of each network", _record("a network", network=_text("its setting", *NETWORKS), **_DEMAND)
        ),
    },
    "check": _target()
    | {
        "targets": _list(
            "several targets, each as one alone, with its own ok",
            _record(
                "a target",
                target=_text("the file or the range"),
                line=_whole("the line of its value in the file; null: it is in none", null=True, least=1),
                ok=_flag("no finding is as grave as --fail-on says"),
                **_target(),
            ),
        )
    },
    "explain": {
        "code": _text("the code"),
        "severity": _text("how grave it is; null: it refuses what was given", *SEVERITIES, null=True),
        "meaning": _text("what it means"),
        "why": _text("why it matters"),
        "fix": _text("how to mend it"),
        "example": _text("a command that shows it; empty: none does"),
    },
    "limits": {
        "cluster": _CLUSTER,
        "profile": _text("the profile that counts the pods"),
        "range": _RANGE,
        "usable": _USABLE,
        "required": _REQUIRED,
        "spare": _SPARE,
        "fits": _flag("whether the range holds the cluster as it is"),
        "max_nodes": _whole("null: no limit where it fits, no such number where it does not [nodes]", null=True),
        "max_disks_per_node": _whole("disks on every node; null as for max_nodes [disks]", null=True),
        "max_images": _whole("transfers at once; null as for max_nodes [transfers]", null=True),
    },
    "simulate": {
        "cluster": _CLUSTER,
        "range": _RANGE,
        "usable": _USABLE,
        "peak": _whole("addresses in use at most [addresses]"),
        "exhausted": _flag("whether a pod was refused an address"),
        "stalled": _flag("whether an upgrade waits for ever"),
        "first_failure": _or_null(
            _record(
                "the first pod that was refused; null: none was",
                at=_whole("when [seconds]"),
                pod=_text("namespace/name"),
                message=_text("what Whereabouts said"),
            )
        ),
        "timeline": _list(
            "every moment at which something changed",
            _list("time [seconds], addresses in use, pods waiting", {"type": "integer", "minimum": 0})
            | {"minItems": 3, "maxItems": 3},
        ),
        "spare": _whole("usable addresses that were never used [addresses]"),
        "waiting": _whole("pods that wait at the end [pods]"),
        "missing": _list("the pods that a stalled upgrade waits for", _text("namespace/name")),
    },
    "sweep": {
        "points": _whole("how many clusters were asked about"),
        "by_prefix": _counts("how many of them need which prefix; none: no IPv4 range", "^([0-9]|[12][0-9]|30|none)$"),
        "range": _text("the range that was asked about; null without one", null=True),
        "fits": _whole("how many clusters the range holds; null without one", null=True),
        "profile": _text("the profile that counts the pods"),
        "smallest": _whole("the least that one of them needs [addresses]"),
        "largest": _whole("the most that one of them needs [addresses]"),
    },
    "risk": {
        "profile": _text("the profile that counts the pods"),
        "mean": _number("the demand on average [addresses]"),
        "std": _number("its standard deviation [addresses]"),
        "quantiles": _chances(
            "for each confidence the addresses that are enough [addresses]", r"^0\.[0-9]+$", "integer"
        ),
        "by_prefix": _chances("how likely each prefix is the longest that holds the demand", r"^([0-9]+|none)$"),
        "range": _text("the range that was asked about; null without one", null=True),
        "holds": _number("how likely the range holds the demand; null without one", null=True),
        "exceeds": _number("how likely it does not, exact however small; null without one", null=True),
        "drivers": _chances("whose uncertainty the spread comes from: shares of the variance", "."),
        "left_out": _number("what was cut off the figures: a bound of its chance, which is in `exceeds`"),
    },
    "transfers": {
        "load": _number("transfers that run at once, on average [erlangs]"),
        "places": _whole("addresses for transfers"),
        "refused": _number("the share that would be refused if those without an address gave up"),
        "waiting": _number("the share that waits for an address"),
        "mean_wait_seconds": _number("how long, on average over all transfers [seconds]"),
    },
    "runway": {
        "profile": _text("the profile that counts the pods"),
        "range": _RANGE,
        "usable": _USABLE,
        "required": _REQUIRED,
        "a_year": _chances("addresses that the growth of each thing takes a year [addresses]", "."),
        "full_on": _text("the first day on which the range is too small; null: not by the end", null=True),
        "chances": _list("each quarter of a year, and the chance that the range is too small", _DAY_AND_CHANCE),
        "wider": _list(
            "each shorter prefix at the range's address",
            _record("one of them", range=_RANGE, full_on=_text("as above", null=True)),
        ),
    },
    "diagnose": {
        "events": _list(
            "the causes that were found",
            _record(
                "a cause",
                cause=_text("its code"),
                network=_text("the network it is about; null: none", null=True),
                range=_text("the range it is about; null: none told", null=True),
                first=_text("the first address to hand out; null: not told", null=True),
                last=_text("the last address to hand out; null: not told", null=True),
                usable=_whole("addresses to hand out; null: not told [addresses]", null=True),
                pod=_text("the first pod that waits; null: not told", null=True),
                pods=_whole("how many pods wait"),
                exhausted=_flag("whether addresses ran out"),
                advice=_text("what mends it"),
            ),
        )
    },
    "site": {
        "networks": _list(
            "the networks that have a place",
            _record(
                "a network of a cluster",
                **_OF_A_CLUSTER,
                range=_RANGE,
                exclude=_list("what of it is kept from pods", _text("a CIDR")),
                usable=_USABLE,
                required=_REQUIRED,
                spare=_SPARE,
                reserved=_text("the block that is kept free for it, the range included"),
                status=_text("what becomes of it", *STATUSES),
                setting=_text("the setting's value; null without a VLAN and a cluster network", null=True),
                before=_text("the range that it leaves; null: none", null=True),
                options=_list("where it outgrew its range: the choice, and the cost", _text("one of them")),
            ),
        ),
        "unplaced": _list(
            "the networks without a place",
            _record(
                "a network of a cluster",
                **_OF_A_CLUSTER,
                prefix_length=_whole("the prefix it needs; null: no range is large enough [bits]", null=True),
                reason=_text("why"),
                fix=_text("what would help"),
                range=_text("the range it has, which is too small; null: none", null=True),
                exclude=_list("what of that is kept from pods", _text("a CIDR")),
            ),
        ),
        "free": _list("the blocks of the pools that are left", _text("a CIDR")),
        "changes": _record(
            "how many networks have each status", **{status: _whole(about) for status, about in STATUSES.items()}
        ),
    },
    "preflight": {
        "checks": _list("the prerequisites", _record("one of them", name=_text("its name"), **_STEP)),
    },
    "verify": {
        "steps": _list(
            "the steps of the documentation", _record("a step", step=_whole("its number", least=1), **_STEP)
        ),
        "pods": _list(
            "the pods on the storage network",
            _record(
                "a pod",
                pod=_text("namespace/name"),
                interface=_text("its interface there; null: none", null=True),
                address=_text("its address there; null: none", null=True),
                ok=_YES_NO,
                why=_text("what is wrong; empty where nothing is"),
            ),
        ),
    },
    "audit": {
        "range": _RANGE,
        "usable": _USABLE,
        "leases": _whole("leases of any kind"),
        "by_kind": _counts("leases by kind of pod", "."),
        "stale": _list(
            "leases of pods that are gone",
            _record("a lease", address=_text("its address"), podref=_text("its pod"), why=_text("how that is known")),
        ),
        "free": _whole("addresses to hand out now [addresses]"),
        "upgrade_required": _UPGRADE,
        "upgrade_fits": _YES_NO,
        "findings": _list("findings, and advice without a code", _record("one", **_FINDING)),
        "precheck": _record(
            "Harvester's own check before an upgrade",
            verdict=_text("what it says; null: not known", "pass", "fail", "skipped", null=True),
            required=_whole("addresses it wants; null: not known [addresses]", null=True),
            free=_whole("addresses it counts as free; null: not known [addresses]", null=True),
            why=_text("why"),
        ),
        "networks": _list(
            "the other networks that are configured",
            _record(
                "a network",
                network=_text("its setting", *NETWORKS),
                range=_RANGE,
                usable=_USABLE,
                leases=_whole("null: not known", null=True),
                free=_whole("null: not known [addresses]", null=True),
                upgrade_required=_UPGRADE,
                fits=_YES_NO,
            ),
        ),
    },
    "profiles": {
        "profiles": _list(
            "the formulas",
            _record(
                "a profile",
                name=_text("its name"),
                formula=_text("the addresses required"),
                setting=_text("the setting it sizes"),
                source=_text("where that is read"),
            ),
        ),
        "consumers": _list(
            "who takes addresses",
            _record(
                "a kind of pod",
                profile=_text("the profile that counts it"),
                pod=_text("the kind of pod"),
                per=_text("the thing that each is there for", *PER),
                addresses_each=_whole("what each takes [addresses]"),
                steady=_whole("how many for each thing when nothing happens [pods]"),
                floor=_whole("at the stall floor [pods]"),
                versions=_whole("at the peak of an upgrade [pods]"),
                source=_text("where that is read"),
            ),
        ),
        "releases": _list(
            "the releases, oldest first",
            _record(
                "a release",
                harvester=_text("its version"),
                longhorn=_text("the Longhorn in it"),
                whereabouts=_text("the Whereabouts in it"),
                profile=_text("the profile it is planned by"),
            ),
        ),
    },
}
