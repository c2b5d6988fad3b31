"""Files a planner writes: clusters and profiles in YAML or JSON, and beside them the lists of networks in use.

Rules: a document is read whole and decoded to plain data by the model's own reader (`model.plain`). Every key is known,
or refused with the nearest known one; every refusal names the file and the place in it. This is the door of the room:
how text is read is in `texts`, networks in use in `networks_in_use`, `network_texts` and `rows`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.interchange.network_texts import networks_meant
from sn_planner.interchange.networks_in_use import Networks, networks_of, read_networks
from sn_planner.interchange.texts import STDIN, read_pasted, read_text, shown_path
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.fields import known_key
from sn_planner.model.plain import decode_document
from sn_planner.model.pods import Consumer
from sn_planner.model.profiles import Profile

__all__ = [
    "CLUSTER_KEYS",
    "STDIN",
    "Networks",
    "cluster_in",
    "cluster_of",
    "known_keys",
    "mapping",
    "networks_meant",
    "networks_of",
    "profile_of",
    "read_cluster",
    "read_networks",
    "read_pasted",
    "read_profile",
    "read_text",
    "shown_path",
]

_NODE_KEYS = ("disks", "name", "witness", "v2_data_engine", "count")
_CLUSTER_KEYS = ("nodes", "images", "rwx_volumes")
CLUSTER_KEYS = (*_CLUSTER_KEYS, "disks_per_node", "disks", "witnesses", "v2_data_engine")
_PROFILE_KEYS = ("name", "consumers", "source", "setting")
_CONSUMER_KEYS = ("pod", "per", "versions", "floor", "steady", "addresses_each", "source")


def read_cluster(path: str | Path) -> Cluster:
    """The cluster in a file, YAML or JSON, or in the standard input ("-"), as `cluster_of` reads it.

    Raises BadInput, with the file and the place in it, for a file that cannot be read and for what is no cluster.
    """
    text = read_text("path", path)
    return cluster_of(str(path), text)


def read_profile(path: str | Path) -> Profile:
    """The profile in a file, YAML or JSON, or in the standard input ("-"), as `profile_of` reads it.

    Raises BadInput, with the file and the place in it, for a file that cannot be read and for what is no profile.
    """
    text = read_text("path", path)
    return profile_of(str(path), text)


def cluster_of(name: str, text: str) -> Cluster:
    """The cluster a document describes: `nodes` as a list of nodes, or as a number beside `disks_per_node`.

    >>> cluster_of("lab.yaml", "{nodes: [{disks: 2, count: 3}, {witness: true}], images: 4}").storage_nodes
    3
    """
    with within(name):
        return cluster_in(mapping(decode_document("document", text)))


def cluster_in(document: dict[str, Any]) -> Cluster:
    """The cluster that the keys of a document describe."""
    if not isinstance(document.get("nodes"), list):
        known_keys(document, CLUSTER_KEYS, required=("nodes",))
        return Cluster.uniform(**document)
    known_keys(document, _CLUSTER_KEYS)
    nodes = _each("nodes", document["nodes"], _node)
    return Cluster(nodes, **{key: value for key, value in document.items() if key != "nodes"})


def profile_of(name: str, text: str) -> Profile:
    """The profile a document describes: `name` and `consumers`, each with pod, per and versions.

    Where they are left out, `floor` is `versions` and `steady` is 1, or 0 for a transfer's pods; `source` is the
    document's name.
    """
    with within(name):
        document = mapping(decode_document("document", text))
        known_keys(document, _PROFILE_KEYS, required=("name", "consumers"))
        consumers = document.pop("consumers")
        if not isinstance(consumers, list):
            raise BadInput("consumers", consumers, "is not a list", "write one item for each kind of pod", "wrong-type")
        if not consumers:
            raise BadInput("consumers", ABSENT, "is empty", "write one item for each kind of pod", "missing")
    members = _each(f"{name}: consumers", consumers, lambda item: _consumer(item, name))
    with within(name):
        return Profile(consumers=members, **({"source": name} | document))


def _node(item: Any) -> Node:
    return Node(**known_keys(mapping(item), _NODE_KEYS))


def _consumer(item: Any, source: str) -> Consumer:
    keys = known_keys(mapping(item), _CONSUMER_KEYS, required=("pod", "per", "versions"))
    steady = 0 if keys["per"] == "image" else 1
    return Consumer(**({"floor": keys["versions"], "steady": steady, "source": source} | keys))


def mapping(document: Any, field: str = "document") -> dict[str, Any]:
    """The document, or what a field of it has, if that has keys and values."""
    if not isinstance(document, dict):
        problem = "is empty" if document is None else "is not a mapping"
        given = ABSENT if document is None else document
        raise BadInput(field, given, problem, "write keys and values", "wrong-type")
    return document


def known_keys(document: dict[str, Any], keys: tuple[str, ...], *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The document if it has no key beyond `keys` and all of `required`."""
    for key in document:
        known_key("key", key, keys)
    for key in required:
        if key not in document:
            raise BadInput(key, ABSENT, "is missing", f"write {key}: …", "missing")
    return document


def _each(place: str, items: list[Any], make: Callable[[Any], Any]) -> list[Any]:
    made = []
    for number, item in enumerate(items):
        with within(f"{place}[{number}]"):
            made.append(make(item))
    return made
