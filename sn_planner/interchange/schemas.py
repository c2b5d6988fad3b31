"""JSON Schemas of what the commands answer with `--format json`: one a command, from one table.

Rules: a schema is made of the table below, a line for each key with what it means and its unit, so none is undescribed.
The promise: within `/1` keys may be added, and words to a list of words; no key is removed or renamed, none changes its
type, its unit or its meaning, and none that is always there becomes optional. What breaks that is `/2`. So whoever
reads an answer passes over keys that are not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from sn_planner.advice.findings import SEVERITIES
from sn_planner.advice.site_plan import STATUSES
from sn_planner.interchange.schema_kinds import (
    CANDIDATE,
    CLUSTER,
    DAY_AND_CHANCE,
    DEMAND,
    FINDING,
    OF_A_CLUSTER,
    RANGE,
    REFUSAL,
    REQUIRED,
    SPARE,
    STEP,
    UPGRADE,
    USABLE,
    YES_NO,
    Schema,
    chances,
    counts,
    flag,
    listed,
    number,
    or_null,
    record,
    target,
    text,
    whole,
)
from sn_planner.model.fields import known_key
from sn_planner.model.networks import NETWORKS
from sn_planner.model.pods import PER

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
        "ok": flag("whether the answer is yes: the exit code is 0"),
        "notes": listed("what was assumed, read in part, or given and not used", text("a sentence")),
        "inputs": {"type": "object", "description": "what was asked, option by option, as it was typed"},
    }
    refused = record("why there is no answer", **REFUSAL)
    answer = record(f"What sn-planner {command} answers. Within /1 keys may be added, and none changes.", **head | row)
    answer["required"] = list(head)
    answer["anyOf"] = [{"required": list(one)} for one in (*_ways(command, row), ("no_answer",))]
    answer["properties"]["no_answer"] = refused
    return {"$schema": DIALECT, "$id": name, "title": name} | answer


def _ways(command: str, row: Mapping[str, Schema]) -> tuple[tuple[str, ...], ...]:
    """The keys that are there together: those of one target, or the list of several."""
    if command == "check":
        return tuple(name for name in row if name != "targets"), ("targets",)
    return (tuple(row),)


ANSWERS: Mapping[str, dict[str, Schema]] = {
    "suggest": {
        "cluster": CLUSTER,
        **DEMAND,
        "candidates": listed(
            "the ranges to configure, best first",
            record(
                "a range",
                **CANDIDATE,
                block=text("what to reserve: the range, or the block that holds those of several networks"),
                networks=listed(
                    "the ranges of all networks that are planned, this one first", record("a range", **CANDIDATE)
                ),
            ),
        ),
        "rejected": listed(
            "what of the pools was not considered",
            record("a network", range=RANGE, reason=text("why not")),
        ),
        "networks": listed(
            "the demand of each network",
            record("a network", network=text("its setting", *NETWORKS), **DEMAND),
        ),
    },
    "check": target()
    | {
        "targets": listed(
            "several targets, each as one alone, with its own ok",
            record(
                "a target",
                target=text("the file or the range"),
                line=whole("the line of its value in the file; null: it is in none", null=True, least=1),
                ok=flag("no finding is as grave as --fail-on says"),
                **target(),
            ),
        )
    },
    "explain": {
        "code": text("the code"),
        "severity": text("how grave it is; null: it refuses what was given", *SEVERITIES, null=True),
        "meaning": text("what it means"),
        "why": text("why it matters"),
        "fix": text("how to mend it"),
        "example": text("a command that shows it; empty: none does"),
    },
    "limits": {
        "cluster": CLUSTER,
        "profile": text("the profile that counts the pods"),
        "range": RANGE,
        "usable": USABLE,
        "required": REQUIRED,
        "spare": SPARE,
        "fits": flag("whether the range holds the cluster as it is"),
        "max_nodes": whole("null: no limit where it fits, no such number where it does not [nodes]", null=True),
        "max_disks_per_node": whole("disks on every node; null as for max_nodes [disks]", null=True),
        "max_images": whole("transfers at once; null as for max_nodes [transfers]", null=True),
    },
    "simulate": {
        "cluster": CLUSTER,
        "range": RANGE,
        "usable": USABLE,
        "peak": whole("addresses in use at most [addresses]"),
        "exhausted": flag("whether a pod was refused an address"),
        "stalled": flag("whether an upgrade waits for ever"),
        "first_failure": or_null(
            record(
                "the first pod that was refused; null: none was",
                at=whole("when [seconds]"),
                pod=text("namespace/name"),
                message=text("what Whereabouts said"),
            )
        ),
        "timeline": listed(
            "every moment at which something changed",
            listed("time [seconds], addresses in use, pods waiting", {"type": "integer", "minimum": 0})
            | {"minItems": 3, "maxItems": 3},
        ),
        "spare": whole("usable addresses that were never used [addresses]"),
        "waiting": whole("pods that wait at the end [pods]"),
        "missing": listed("the pods that a stalled upgrade waits for", text("namespace/name")),
    },
    "sweep": {
        "points": whole("how many clusters were asked about"),
        "by_prefix": counts("how many of them need which prefix; none: no IPv4 range", "^([0-9]|[12][0-9]|30|none)$"),
        "range": text("the range that was asked about; null without one", null=True),
        "fits": whole("how many clusters the range holds; null without one", null=True),
        "profile": text("the profile that counts the pods"),
        "smallest": whole("the least that one of them needs [addresses]"),
        "largest": whole("the most that one of them needs [addresses]"),
    },
    "risk": {
        "profile": text("the profile that counts the pods"),
        "mean": number("the demand on average [addresses]"),
        "std": number("its standard deviation [addresses]"),
        "quantiles": chances("for each confidence the addresses that are enough [addresses]", r"^[0-9.]+$", "integer"),
        "by_prefix": chances("how likely each prefix is the longest that holds the demand", r"^([0-9]+|none)$"),
        "range": text("the range that was asked about; null without one", null=True),
        "usable": whole("addresses it can hand out, its excludes left out; null without one [addresses]", null=True),
        "holds": number("how likely the range holds the demand; null without one", null=True),
        "exceeds": number("how likely it does not, exact however small; null without one", null=True),
        "drivers": chances("whose uncertainty the spread comes from: shares of the variance", "."),
        "left_out": number("what was cut off the figures: a bound of its chance, which is in `exceeds`"),
    },
    "transfers": {
        "load": number("transfers that run at once, on average [erlangs]"),
        "places": whole("addresses for transfers"),
        "refused": number("the share that would be refused if those without an address gave up"),
        "waiting": number("the share that waits for an address"),
        "mean_wait_seconds": number("how long, on average over all transfers [seconds]"),
        "enough": whole("the addresses with which no more wait than may; those asked about where that is not said"),
    },
    "runway": {
        "profile": text("the profile that counts the pods"),
        "range": RANGE,
        "usable": USABLE,
        "required": REQUIRED,
        "a_year": chances("addresses that the growth of each thing takes a year [addresses]", "."),
        "start": text("the day of the cluster as it is"),
        "end": text("the last day that is looked at"),
        "random": flag("whether each thing comes by itself"),
        "full_on": text("the first day on which the range is too small, or as likely as not; null: none", null=True),
        "by_chance": {
            "type": "object",
            "description": "for each chance the first day by which it is reached; null: not by the end",
            "additionalProperties": {"type": ["string", "null"]},
        },
        "chances": listed("each quarter of a year, and the chance that the range is too small", DAY_AND_CHANCE),
        "wider": listed(
            "each shorter prefix at the range's address",
            record("one of them", range=RANGE, full_on=text("as above", null=True)),
        ),
    },
    "diagnose": {
        "events": listed(
            "the causes that were found",
            record(
                "a cause",
                cause=text("its code"),
                network=text("the network it is about; null: none", null=True),
                range=text("the range it is about; null: none told", null=True),
                first=text("the first address to hand out; null: not told", null=True),
                last=text("the last address to hand out; null: not told", null=True),
                usable=whole("addresses to hand out; null: not told [addresses]", null=True),
                pod=text("the first pod that waits; null: not told", null=True),
                pods=whole("how many pods wait"),
                exhausted=flag("whether addresses ran out"),
                advice=text("what mends it"),
            ),
        )
    },
    "site": {
        "networks": listed(
            "the networks that have a place",
            record(
                "a network of a cluster",
                **OF_A_CLUSTER,
                range=RANGE,
                exclude=listed("what of it is kept from pods", text("a CIDR")),
                usable=USABLE,
                required=REQUIRED,
                spare=SPARE,
                reserved=text("the block that is kept free for it, the range included"),
                status=text("what becomes of it", *STATUSES),
                setting=text("the setting's value; null without a VLAN and a cluster network", null=True),
                before=text("the range that it leaves; null: none", null=True),
                options=listed("where it outgrew its range: the choice, and the cost", text("one of them")),
            ),
        ),
        "unplaced": listed(
            "the networks without a place",
            record(
                "a network of a cluster",
                **OF_A_CLUSTER,
                prefix_length=whole("the prefix it needs; null: no range is large enough [bits]", null=True),
                reason=text("why"),
                fix=text("what would help"),
                range=text("the range it has, which is too small; null: none", null=True),
                exclude=listed("what of that is kept from pods", text("a CIDR")),
            ),
        ),
        "free": listed("the blocks of the pools that are left", text("a CIDR")),
        "changes": record(
            "how many networks have each status", **{status: whole(about) for status, about in STATUSES.items()}
        ),
    },
    "preflight": {
        "checks": listed("the prerequisites", record("one of them", name=text("its name"), **STEP)),
    },
    "verify": {
        "steps": listed("the steps of the documentation", record("a step", step=whole("its number", least=1), **STEP)),
        "pods": listed(
            "the pods on the storage network",
            record(
                "a pod",
                pod=text("namespace/name"),
                interface=text("its interface there; null: none", null=True),
                address=text("its address there; null: none", null=True),
                ok=YES_NO,
                why=text("what is wrong; empty where nothing is"),
            ),
        ),
    },
    "audit": {
        "range": RANGE,
        "usable": USABLE,
        "leases": whole("leases of any kind"),
        "by_kind": counts("leases by kind of pod", "."),
        "stale": listed(
            "leases of pods that are gone",
            record(
                "a lease",
                address=text("its address"),
                podref=text("its pod"),
                why=text("how that is known"),
            ),
        ),
        "free": whole("addresses to hand out now [addresses]"),
        "upgrade_required": UPGRADE,
        "upgrade_fits": YES_NO,
        "findings": listed("findings, and advice without a code", record("one", **FINDING)),
        "precheck": record(
            "Harvester's own check before an upgrade",
            verdict=text("what it says; null: not known", "pass", "fail", "skipped", null=True),
            required=whole("addresses it wants; null: not known [addresses]", null=True),
            free=whole("addresses it counts as free; null: not known [addresses]", null=True),
            why=text("why"),
        ),
        "networks": listed(
            "the other networks that are configured",
            record(
                "a network",
                network=text("its setting", *NETWORKS),
                range=RANGE,
                usable=USABLE,
                leases=whole("null: not known", null=True),
                free=whole("null: not known [addresses]", null=True),
                upgrade_required=UPGRADE,
                fits=YES_NO,
            ),
        ),
    },
    "profiles": {
        "profiles": listed(
            "the formulas",
            record(
                "a profile",
                name=text("its name"),
                formula=text("the addresses required"),
                setting=text("the setting it sizes"),
                source=text("where that is read"),
            ),
        ),
        "consumers": listed(
            "who takes addresses",
            record(
                "a kind of pod",
                profile=text("the profile that counts it"),
                pod=text("the kind of pod"),
                per=text("the thing that each is there for", *PER),
                addresses_each=whole("what each takes [addresses]"),
                steady=whole("how many for each thing when nothing happens [pods]"),
                floor=whole("at the stall floor [pods]"),
                versions=whole("at the peak of an upgrade [pods]"),
                source=text("where that is read"),
            ),
        ),
        "releases": listed(
            "the releases, oldest first",
            record(
                "a release",
                harvester=text("its version"),
                longhorn=text("the Longhorn in it"),
                whereabouts=text("the Whereabouts in it"),
                profile=text("the profile it is planned by"),
            ),
        ),
    },
}
