"""Files a planner writes: clusters, profiles and lists of networks, in YAML, JSON, CSV or plain lines.

Rules: a file is read whole, as UTF-8, and decoded to plain data by the model's own reader (`model.plain`). Every key is
known, or refused with the nearest known one; every refusal names the file and the place in it. "-" is stdin.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sn_planner.errors import ABSENT, BadInput, within
from sn_planner.model.cidr import Cidr, network_of
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.fields import known_key
from sn_planner.model.plain import decode_document, decode_json, decode_utf8
from sn_planner.model.pods import Consumer
from sn_planner.model.profiles import Profile

STDIN = "-"
_NODE_KEYS = ("disks", "name", "witness", "v2_data_engine", "count")
_CLUSTER_KEYS = ("nodes", "images", "rwx_volumes")
_UNIFORM_KEYS = (*_CLUSTER_KEYS, "disks_per_node", "disks", "witnesses", "v2_data_engine")
_PROFILE_KEYS = ("name", "consumers", "source", "setting")
_CONSUMER_KEYS = ("pod", "per", "versions", "floor", "steady", "addresses_each", "source")


def read_cluster(path: str | Path) -> Cluster:
    """The cluster in a file, YAML or JSON, or in the standard input ("-"), as `cluster_of` reads it.

    Raises BadInput, with the file and the place in it, for a file that cannot be read and for what is no cluster.
    """
    return cluster_of(str(path), read_text("path", path))


def read_profile(path: str | Path) -> Profile:
    """The profile in a file, YAML or JSON, or in the standard input ("-"), as `profile_of` reads it.

    Raises BadInput, with the file and the place in it, for a file that cannot be read and for what is no profile.
    """
    return profile_of(str(path), read_text("path", path))


def read_networks(path: str | Path, column: str | None = None) -> list[Cidr]:
    """The networks in a file, or in the standard input ("-"): a CIDR a line, a CSV column or a JSON key of that name.

    Raises BadInput, with the file and the place in it, for a file that cannot be read and for what is no IPv4 network.
    """
    return networks_of(str(path), read_text("path", path), column)


def read_text(field: str, path: str | Path) -> str:
    """The text of a file, or of the standard input for "-"; raises BadInput where it cannot be read."""
    if not isinstance(path, str | Path) or not str(path):
        raise BadInput(field, path, "is no path", "name a file", "wrong-type")
    try:
        data = _stdin() if str(path) == STDIN else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BadInput(field, path, f"cannot be read: {reason}", "name a readable file", "unreadable") from None
    return decode_utf8(f"{field} {path}", data)


def _stdin() -> bytes:
    if sys.stdin is None:
        raise ValueError("it is closed")
    return sys.stdin.buffer.read()


def cluster_of(name: str, text: str) -> Cluster:
    """The cluster a document describes: `nodes` as a list of nodes, or as a number beside `disks_per_node`.

    >>> cluster_of("lab.yaml", "{nodes: [{disks: 2, count: 3}, {witness: true}], images: 4}").storage_nodes
    3
    """
    with within(name):
        document = mapping(decode_document("document", text))
        if not isinstance(document.get("nodes"), list):
            known_keys(document, _UNIFORM_KEYS, required=("nodes",))
            return Cluster.uniform(**document)
        known_keys(document, _CLUSTER_KEYS)
    nodes = _each(f"{name}: nodes", document.pop("nodes"), _node)
    with within(name):
        return Cluster(nodes, **document)


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


def networks_of(name: str, text: str, column: str | None = None) -> list[Cidr]:
    """The networks of a list: one CIDR a line ('#' comments), or a CSV column or JSON key of that name.

    A JSON document is a list of CIDRs or of objects, or an object with such a list under "results", as an IPAM's
    interface gives it.

    >>> [str(one) for one in networks_of("plan.csv", "site,prefix\\nlab,10.1.0.0/16\\n", "prefix")]
    ['10.1.0.0/16']
    """
    if text.lstrip()[:1] in {"[", "{"}:
        values = _json_column(name, text, column)
    elif column is not None:
        values = _csv_column(name, text, column)
    else:
        lines = ((f"line {number}", line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1))
        values = ((place, line) for place, line in lines if line)
    return [network_of(f"{name} {place}", value) for place, value in values]


def _csv_column(name: str, text: str, column: str) -> Iterator[tuple[str, object]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = reader.fieldnames or ()
        if column not in header:
            fix = f"there are {', '.join(header) or 'none'}"
            raise BadInput(f"{name} column", column, "is not there", fix, "unknown-name")
        for row in reader:
            yield f"line {reader.line_num}", row[column] or ""
    except csv.Error as error:
        place = f"{name} after line {reader.line_num}"
        raise BadInput(place, ABSENT, f"is not CSV: {error}", "mend the row", "unreadable") from None


def _json_column(name: str, text: str, column: str | None) -> Iterator[tuple[str, object]]:
    document = decode_json(name, text)
    items = document.get("results") if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise BadInput(name, ABSENT, "is not a list of networks", 'write […], or {"results": […]}', "wrong-type")
    for place, item in enumerate(items):
        value = item
        if isinstance(item, dict):
            if column is None:
                fix = "name the key of its network"
                raise BadInput(f"{name} item {place}", ABSENT, "is an object", fix, "missing")
            if column not in item:
                fix = f"it has {', '.join(item)}"
                raise BadInput(f"{name} item {place}", ABSENT, f"has no key {column}", fix, "unknown-name")
            value = item[column]
        yield f"item {place}", value


def _node(item: Any) -> Node:
    return Node(**known_keys(mapping(item), _NODE_KEYS))


def _consumer(item: Any, source: str) -> Consumer:
    keys = known_keys(mapping(item), _CONSUMER_KEYS, required=("pod", "per", "versions"))
    steady = 0 if keys["per"] == "image" else 1
    return Consumer(**({"floor": keys["versions"], "steady": steady, "source": source} | keys))


def mapping(document: Any) -> dict[str, Any]:
    """The document if it has keys and values."""
    if not isinstance(document, dict):
        problem = "is empty" if document is None else "is not a mapping"
        given = ABSENT if document is None else document
        raise BadInput("document", given, problem, "write keys and values", "wrong-type")
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
