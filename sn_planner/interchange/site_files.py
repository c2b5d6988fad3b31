"""Files of a site: the site itself in YAML or JSON, and the plan that an earlier run wrote.

Rules: those of `inputs`: every key is known, every refusal names the file and the place in it. `defaults` stand for the
keys that a cluster or a network leaves out; what a network says counts more. Files that a site names are looked for
beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sn_planner.advice.site_plan import Kept
from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.interchange.inputs import (
    CLUSTER_KEYS,
    cluster_in,
    known_keys,
    mapping,
    networks_meant,
    read_networks,
    read_profile,
    read_text,
)
from sn_planner.interchange.texts import STDIN, SUFFIXES
from sn_planner.model.cidr import Cidr, network_of
from sn_planner.model.fields import text as text_field
from sn_planner.model.networks import STORAGE
from sn_planner.model.plain import decode_document, decode_json
from sn_planner.model.ranges import AddressRange
from sn_planner.model.sites import Site, SiteCluster, SiteNetwork, place_of

_SITE_KEYS = ("pools", "in_use", "defaults", "clusters", "isolated")
_FILE_KEYS = ("file", "column", "where")
_NETWORK_DEFAULTS = ("cluster_network", "exclude_first", "exclude_last", "headroom", "reserve")
_DEFAULTS = ("harvester", *_NETWORK_DEFAULTS)
_NETWORK_KEYS = ("vlan", "range", "exclude", "profile", *_NETWORK_DEFAULTS)
_OWN_KEYS = ("name", "networks", "harvester")
_PLAN = "sn-planner/site/1"


def read_site(path: str | Path) -> Site:
    """The site in a file, YAML or JSON, or in the standard input ("-"), as `site_of` reads it.

    Raises BadInput, with the file and the place in it, for a file that cannot be read and for what is no site.
    """
    text = read_text("path", path)
    return site_of(str(path), text, Path() if str(path) == STDIN else Path(path).parent)


def site_in(field: str, given: str) -> Site:
    """The site in a file, or in a text that is the document itself, as the argument `field` gives it."""
    if given.lstrip().startswith("{"):
        return site_of(field, given)
    beside = Path() if given == STDIN else Path(given).parent
    return site_of(f"{field} {given}", read_text(field, given), beside)


def site_of(name: str, document: str, beside: Path = Path()) -> Site:  # a path is a value
    """The site that a document describes; the files that it names are looked for in `beside`.

    >>> site = site_of("site.yaml", "{pools: [172.20.0.0/16], clusters: [{name: fra1, nodes: 5, disks_per_node: 2}]}")
    >>> [(cluster.name, network.network) for cluster, network in site.networks]
    [('fra1', 'storage-network')]
    """
    with within(name):
        keys = known_keys(mapping(decode_document("document", document)), _SITE_KEYS, required=("pools", "clusters"))
        with within("defaults"):
            defaults = known_keys(mapping(_or_else(keys.get("defaults"), {}), "value"), _DEFAULTS)
            of_a_network = SiteNetwork(**_of_a_network(defaults))
        in_use, notes = _in_use(_or_else(keys.get("in_use"), []), beside)
        clusters = _listed("clusters", keys["clusters"])
        return Site(
            pools=_listed("pools", keys["pools"]),
            in_use=in_use,
            clusters=[_cluster(place, item, defaults, beside) for place, item in enumerate(clusters)],
            isolated=keys.get("isolated", False),
            harvester=defaults.get("harvester"),
            defaults=of_a_network,
            notes=notes,
        )


def _or_else(value: Any, absent: Any) -> Any:
    """What a key has; a key without a value stands for what is absent."""
    return absent if value is None else value


def _listed(field: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(field, value, "is not a list", "write one item for each", "wrong-type")
    return value


def _in_use(given: Any, beside: Path) -> tuple[list[Cidr], tuple[str, ...]]:
    """The networks in use: a list, or an address plan's file, or a list of both."""
    networks: list[Cidr] = []
    notes: list[str] = []
    for item in [given] if isinstance(given, dict) else _listed("in_use", given):
        if isinstance(item, dict):
            with within("in_use"):
                keys = known_keys(item, _FILE_KEYS, required=("file",))
                where = mapping(_or_else(keys.get("where"), {}), "where")
                read = read_networks(str(beside / text_field("file", keys["file"])), keys.get("column"), where)
            networks += read
            notes += read.notes
        else:
            networks += networks_meant("in_use", item) if isinstance(item, str) else [network_of("in_use", item)]
    return networks, tuple(notes)


def _cluster(place: int, item: Any, defaults: dict[str, Any], beside: Path) -> SiteCluster:
    with within(f"clusters[{place}]"):
        keys = known_keys(mapping(item), (*_OWN_KEYS, *CLUSTER_KEYS), required=("name",))
        name = text_field("name", keys["name"])
    with within(f"cluster {name}"):
        cluster = cluster_in({key: value for key, value in keys.items() if key not in _OWN_KEYS})
        wanted = keys.get("networks")
        networks = {STORAGE.setting: None} if wanted is None else mapping(wanted, "networks")
        return SiteCluster(
            name=name,
            cluster=cluster,
            harvester=keys.get("harvester", defaults.get("harvester")),
            networks=[_network(network, given, defaults, beside) for network, given in networks.items()],
        )


def _network(network: str, given: Any, defaults: dict[str, Any], beside: Path) -> SiteNetwork:
    with within(network):
        keys = known_keys(mapping(_or_else(given, {}), "value"), _NETWORK_KEYS)
        excludes = keys.pop("exclude", None)
        if excludes is not None and keys.get("range") is None:
            fix = "for a range to be planned give exclude_first and exclude_last"
            raise BadInput("exclude", ABSENT, "is of no range", fix, "missing")
        if keys.get("range") is not None:
            keys["range"] = AddressRange(keys["range"], _listed("exclude", [] if excludes is None else excludes))
        if isinstance(profile := keys.get("profile"), str) and profile.endswith(SUFFIXES):
            keys["profile"] = read_profile(str(beside / profile))
        return SiteNetwork(network=network, **(_of_a_network(defaults) | keys))


def _of_a_network(defaults: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in defaults.items() if key in _NETWORK_DEFAULTS}


def read_site_plan(path: str | Path) -> tuple[Kept, ...]:
    """The ranges in a plan that `site --write` wrote, for `plan_site(…, keep=)`.

    Raises BadInput, with the file and the place in it, for a file that cannot be read and for what is no such plan.
    """
    text = read_text("path", path)
    return site_plan_of(str(path), text)


def site_plan_of(name: str, text: str) -> tuple[Kept, ...]:
    """The ranges in the text of a plan."""
    with within(name):
        document = mapping(decode_json("document", text, "unreadable"))
        if document.get("schema") != _PLAN:
            fix = "give the file that site --write wrote"
            raise BadInput("schema", document.get("schema", ABSENT), f"is not {_PLAN}", fix, "unreadable")
        networks = _listed("networks", document.get("networks"))
        unplaced = _listed("unplaced", document.get("unplaced", []))
        return (*_kept("networks", networks), *_kept("unplaced", unplaced))


def _kept(field: str, items: list[Any]) -> Iterator[Kept]:
    """The ranges of networks; what has no place may have no range."""
    for place, item in enumerate(items):
        with within(f"{field}[{place}]"):
            keys = mapping(item)
            if field == "unplaced" and keys.get("range") is None:
                continue
            cluster, network = text_field("cluster", keys.get("cluster")), text_field("network", keys.get("network"))
        with within(place_of(cluster, network)):
            excludes = _listed("exclude", keys.get("exclude", []))
            before = keys.get("before")
            old = None if before is None else AddressRange(text_field("before", before))
            yield Kept(cluster, network, AddressRange(text_field("range", keys.get("range")), excludes), old)
