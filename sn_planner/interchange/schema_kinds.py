"""The kinds of values that an answer's schema is made of, each with what it means, and those that several have.

Rule: what may be null says so.
"""

from __future__ import annotations

from typing import Any

from sn_planner.advice.findings import SEVERITIES
from sn_planner.errors import REFUSALS
from sn_planner.model.networks import NETWORKS
from sn_planner.model.pods import PER

Schema = dict[str, Any]


def text(about: str, *among: str, null: bool = False) -> Schema:
    """Text, one of some words where they are given."""
    known = {"enum": [*among, *([None] if null else [])]} if among else {}
    return {"type": ["string", "null"] if null else "string", "description": about} | known


def whole(about: str, *, null: bool = False, least: int | None = 0) -> Schema:
    """A whole number, `least` or more."""
    bound = {} if least is None else {"minimum": least}
    return {"type": ["integer", "null"] if null else "integer", "description": about} | bound


def number(about: str, *, null: bool = False) -> Schema:
    """A number, 0 or more."""
    return {"type": ["number", "null"] if null else "number", "description": about, "minimum": 0}


def flag(about: str, *, null: bool = False) -> Schema:
    """True or false."""
    return {"type": ["boolean", "null"] if null else "boolean", "description": about}


def listed(about: str, item: Schema) -> Schema:
    """A list of items of one kind."""
    return {"type": "array", "description": about, "items": item}


def record(about: str, **keys: Schema) -> Schema:
    """An object whose keys are all there."""
    return {"type": "object", "description": about, "properties": keys, "required": list(keys)}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return schema | {"type": [schema["type"], "null"]}


def counts(about: str, names: str) -> Schema:
    """An object of counts by names like a pattern."""
    counts = {"type": "integer", "minimum": 0}
    return {"type": "object", "description": about, "propertyNames": {"pattern": names}, "additionalProperties": counts}


def chances(about: str, names: str, kind: str = "number") -> Schema:
    """An object of numbers by names like a pattern."""
    return counts(about, names) | {"additionalProperties": {"type": kind, "minimum": 0}}


REFUSAL = {
    "code": text("the code of the refusal", *REFUSALS),
    "message": text("what has no answer, and why"),
    "fix": text("what to do instead"),
}
FINDING = {
    "code": text("the finding's code, as `explain` knows it; null for advice that has none", null=True),
    "severity": text("how grave it is", *SEVERITIES),
    "message": text("what is wrong here"),
    "fix": text("how to mend it"),
}
CLUSTER = record(
    "the cluster that was asked about",
    storage_nodes=whole("nodes that run Longhorn [nodes]"),
    witness_nodes=whole("nodes that take no address [nodes]"),
    v2_nodes=whole("nodes with the V2 data engine [nodes]"),
    disks=whole("Longhorn disks over all nodes [disks]"),
    images=whole("image transfers at once [transfers]"),
    rwx_volumes=whole("running RWX volumes; null where not known [volumes]", null=True),
)
LINE = record(
    "a kind of pod",
    pod=text("the kind of pod"),
    per=text("the thing that each is there for", *PER),
    count=whole("how many things there are"),
    addresses_each=whole("what each pod takes [addresses]"),
    versions=whole("versions alive at the peak of an upgrade [pods]"),
    addresses=whole("what all of them take at the peak [addresses]"),
)
USABLE = whole("addresses that Whereabouts can hand out [addresses]")
REQUIRED = whole("what the cluster needs at an upgrade's peak [addresses]")
SPARE = whole("usable addresses beyond those needed, negative where too few [addresses]", least=None)
RANGE = text("the range, as CIDR")
DAY_AND_CHANCE = {
    "type": "array",
    "description": "a day and a chance",
    "prefixItems": [text("the day, like 2026-12-01"), number("the chance")],
}
DEMAND = {
    "profile": text("the profile that counts the pods"),
    "required": REQUIRED,
    "steady": whole("when nothing happens [addresses]"),
    "stall_floor": whole("the fewest with which no upgrade stalls [addresses]"),
    "prefix_length": whole("the longest prefix that holds what is required; null: none [bits]", null=True),
    "lines": listed("the demand, a kind of pod each", LINE),
}
CANDIDATE = {
    "range": RANGE,
    "usable": USABLE,
    "spare": SPARE,
    "max_nodes": whole("nodes it holds at most; null: no limit [nodes]", null=True),
    "widens_to": whole("the shortest prefix it can be widened to in place [bits]"),
    "exclude": listed("what of it is kept from pods", text("a CIDR")),
    "setting": text("the setting's value; null without a VLAN and a cluster network", null=True),
    "network": text("the network's setting", *NETWORKS),
    "required": REQUIRED,
}
YES_NO = flag("yes, no, or null: the export does not tell", null=True)
OF_A_CLUSTER = {"cluster": text("the cluster's name"), "network": text("the network's setting", *NETWORKS)}
STEP = {"ok": YES_NO, "detail": text("what the export shows")}
UPGRADE = whole("what the next upgrade needs on top of the leases; null: not known [addresses]", null=True)


def target() -> dict[str, Schema]:
    """What is said of a range or a setting that was checked."""
    return {
        "network": text("the setting that is judged", *NETWORKS),
        "range": text("the range as it is written, empty where none is configured"),
        "usable": or_null(USABLE),
        "webhook_usable": whole("addresses as Harvester's webhook counts them; null: it cannot [addresses]", null=True),
        "required": or_null(REQUIRED),
        "spare": or_null(SPARE),
        "fits": flag("whether the range holds the cluster; null without one", null=True),
        "admitted": flag("whether Harvester's webhook would accept it"),
        "findings": listed("what was found, errors first", record("a finding", **FINDING)),
    }
