"""Harvester's support bundle: which of its files are read, what they tell, and what its kit changed in them.

Rules: a bundle is a zip, or the folder unzipped, and foreign. A file in it is known by its path, as the kit makes it:
`yamls/cluster/<group>/<version>/<resource>.yaml` or `yamls/namespaced/<namespace>/<group>/…`, without a group for
Kubernetes' own kinds. Only files of kinds that the planner reads are opened. Nothing is written to disk, and what is
unpacked is counted as it comes, whatever the archive says of itself.

*What there is none of.* The kit writes a list of each resource that the cluster serves, an empty one, too, once for
the cluster or once for each namespace it was told of [C support-bundle-kit pkg/manager/client/discovery.go]. So an
empty list says that there is none there, and none at all where such objects live nowhere else (`_HOMES`). Where a
namespace has no file of a whole API group, the cluster does not serve it. One file that is missing among others of its
group says nothing: the kit goes on where a request fails.

*What the kit changes.* It edits the JSON that the API gave as text [C pkg/manager/collectors/common.go]: `:null,`
becomes `:"null",`, inside a JSON text, too, and `""` becomes `"null"`, by which a text that ends in a quotation mark
ends in `"null`. All three are undone.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from os.path import isfile
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from sn_planner.errors import ABSENT, BadInput, SnPlannerError
from sn_planner.model.living.readers import KINDS, Kind
from sn_planner.model.networks import HARVESTER_NAMESPACE
from sn_planner.model.plain import decode_utf8
from sn_planner.model.pods import LONGHORN_NAMESPACE

LARGEST_FILE = 256 << 20  # [bytes] unpacked: some 30,000 pods
LARGEST_IN_ALL = 1 << 30  # [bytes] unpacked, all files that are read
# Of each API group the namespace whose list tells whether there is one: the only one that objects of it live in, or, of
# pods, events and definitions, the one whose objects count.
_HOMES = {
    "": LONGHORN_NAMESPACE,
    "longhorn.io": LONGHORN_NAMESPACE,
    "whereabouts.cni.cncf.io": "kube-system",
    "k8s.cni.cncf.io": HARVESTER_NAMESPACE,
}
_RESOURCES = {(row.group, row.plural): row for row in KINDS.values()}
_PATH = re.compile(
    r"(?P<root>(?:.*/)?)yamls/(?:cluster|namespaced/(?P<namespace>[^/]+))"
    r"/(?:(?P<group>[^/]+)/)?v\d[^/]*/(?P<resource>[^/]+)\.yaml"
)
_OTHER = re.compile(r"(?:yamls|logs|nodes|external)/|metadata\.yaml$")
_LEADS_OUT = re.compile(r"/|[A-Za-z]:|(?:.*/)?\.\.(?:/|$)")
_ARCHIVES = {
    "zip": b"PK\3\4",
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ",
    "7-Zip": b"7z\xbc\xaf",
    "Zstandard": b"\x28\xb5\x2f\xfd",
}
_ENCRYPTED = 0x1
_BROKEN = (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, ArithmeticError)
_UNPACK = "unpack it and name the folder"
_INNER_NULL = re.compile(r'(":\s*)"null"(?=\s*[,}\]])')


class Place(NamedTuple):
    """Where a file of a bundle lies, and the kind of object in it; None where that is not read.

    `root` is the path of the bundle; `namespace` is empty for what has none.
    """

    root: str
    namespace: str
    group: str
    kind: Kind | None

    @property
    def folder(self) -> str:
        """The path of the namespace's folder."""
        return f"{self.root}yamls/namespaced/{self.namespace}/"


def place_of(path: str) -> Place | None:
    """The place that a path with slashes tells; None where it is none of a bundle's lists.

    >>> place = place_of("sb/yamls/namespaced/kube-system/whereabouts.cni.cncf.io/v1alpha1/ippools.yaml")
    >>> place.root, place.namespace, place.kind.field
    ('sb/', 'kube-system', 'pools')
    >>> place_of("sb/metadata.yaml") is None
    True
    """
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    group = match["group"] or ""
    return Place(match["root"], match["namespace"] or "", group, _RESOURCES.get((group, match["resource"])))


def is_beside(path: str, roots: Collection[str]) -> bool:
    """Whether a path is something else that the kit puts into a bundle with one of those roots.

    >>> is_beside("sb/metadata.yaml", {"sb/"}), is_beside("sb/export.json", {"sb/"})
    (True, False)
    """
    return any(path.startswith(root) and _OTHER.match(path, len(root)) is not None for root in roots)


def known_fields(places: Iterable[Place], entire: Collection[str]) -> Iterator[str]:
    """The Snapshot's fields of which it is known what there is, if only that there is none.

    `entire` are the namespaces of which every file of the bundle is among the places.
    """
    seen = {(one.kind.field, one.namespace) for one in places if one.kind is not None}
    groups = {one.group for one in places}
    for row in KINDS.values():
        home = _HOMES.get(row.group)
        is_unserved = row.group != "" and home in entire and row.group not in groups
        if is_unserved or not seen.isdisjoint({(row.field, ""), (row.field, home)}):
            yield row.field


def restored(value: Any) -> Any:
    """Plain data as it was before the kit wrote it; what was empty text may be None.

    >>> restored({"value": "null", "text": '{"a":"null"}', "message": 'no "x"null', "list": ["null", 1]})
    {'value': None, 'text': '{"a":null}', 'message': 'no "x"', 'list': ['', 1]}
    """
    if isinstance(value, dict):
        return {key: None if one == "null" else restored(one) for key, one in value.items()}
    if isinstance(value, list):
        return ["" if one == "null" else restored(one) for one in value]
    if not isinstance(value, str) or '"null' not in value:
        return value
    text = value.removesuffix("null") if value.endswith('"null') else value
    return _INNER_NULL.sub(r"\1null", text) if text.startswith(("{", "[")) else text


def is_zip(path: str | Path) -> bool:
    """Whether a file is a zip, by its name or its first bytes; raises BadInput for an archive of another kind.

    >>> is_zip("nowhere.zip")
    False
    """
    if not isfile(path):
        return False  # a pipe must not be read twice
    try:
        with open(path, "rb") as file:
            head = file.read(512)
    except OSError:
        return False  # reading it then says why
    kind = next((name for name, begin in _ARCHIVES.items() if head.startswith(begin)), "")
    kind = "tar" if head[257:262] == b"ustar" else kind
    if kind not in {"", "zip"}:
        raise BadInput("FILE", path, f"is an archive that is not read ({kind})", _UNPACK, "unreadable")
    return kind == "zip" or str(path).lower().endswith(".zip")


def unzipped(path: str | Path) -> Iterator[tuple[str, Place, str]]:
    """The lists in a zip: what each is called, its place, and its text where its kind is read.

    Raises BadInput for what is no bundle, is broken, encrypted, not safe to read, or larger than the bounds above.
    """
    try:
        with ZipFile(path) as archive:
            left = LARGEST_IN_ALL
            for name, place, info in _members(path, archive.infolist()):
                data = b"" if place.kind is None else _unpacked(path, archive, info, left)
                left -= len(data)
                yield f"{path}: {name}", place, decode_utf8(f"{path}: {name}", data)
    except SnPlannerError:
        raise
    except _BROKEN as error:
        problem = f"is no zip, or a broken one ({error or type(error).__name__})"
        raise BadInput("FILE", path, problem, "download it again", "unreadable") from None


def _members(path: str | Path, infos: Iterable[ZipInfo]) -> list[tuple[str, Place, ZipInfo]]:
    """The lists in a zip, in the order of their names."""
    found: list[tuple[str, Place, ZipInfo]] = []
    for info in infos:
        name = info.filename.replace("\\", "/")  # as some packers write
        if _LEADS_OUT.match(name):
            raise _unsafe(path, info, "leads out of the archive")
        if (place := place_of(name)) is not None:
            found.append((name, place, info))
    if not any(place.kind for _, place, _ in found):
        fix = "name the zip that Harvester makes, or the exports themselves"
        raise BadInput("FILE", path, "holds no yamls/ of a support bundle", fix, "unreadable")
    (most, count), *_ = Counter(name for name, _, _ in found).most_common(1)
    if count > 1:
        raise BadInput("FILE", path, f"holds {most} twice", "download it again", "unreadable")
    return sorted(found)


def _unpacked(path: str | Path, archive: ZipFile, info: ZipInfo, left: int) -> bytes:
    """The bytes of a file in a zip."""
    if info.flag_bits & _ENCRYPTED:
        raise _unsafe(path, info, "is encrypted")
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:  # of the others a few bytes can become gigabytes at once
        raise _unsafe(path, info, "is packed in a way that is not read")
    most = min(LARGEST_FILE, left)
    with archive.open(info) as file:
        data = file.read(most + 1)
    if len(data) > most:
        problem = f"holds more than {most >> 20} MiB of what is read"
        raise BadInput(f"{path}: {info.filename}", ABSENT, problem, "export the kinds one by one", "too-many")
    return data


def _unsafe(path: str | Path, info: ZipInfo, problem: str) -> BadInput:
    return BadInput(f"{path}: {info.filename}", ABSENT, problem, _UNPACK, "unreadable")
