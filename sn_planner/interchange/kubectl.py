"""What `kubectl get … -o json` or `-o yaml` printed, or a support bundle holds, as a Snapshot.

Rules: an export is large and foreign: one list, single objects, several files together, a folder of them. It is read
object by object (`objects`), and of each only what the planner uses is kept, so memory is the text and little more. A
list of one kind (`PodList`) says that its kind was exported even where it is empty; the mixed `List` of `kubectl get
-o json` cannot say that. The same object may be there twice if both say the same. What is left out is told: an object
in `left_out`, a line or a file in `notes`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NoReturn

import attrs

from sn_planner.errors import ABSENT, BadInput, printable, within
from sn_planner.interchange import bundle
from sn_planner.interchange.inputs import STDIN, read_text
from sn_planner.interchange.objects import AGAIN, ListEnd, group_of, is_object, objects_of, type_of
from sn_planner.interchange.printed import Lines
from sn_planner.interchange.texts import SUFFIXES
from sn_planner.model.fields import text as text_field
from sn_planner.model.living.readers import field_of_list, read_object
from sn_planner.model.living.resources import LeftOut, Machine
from sn_planner.model.living.snapshot import Snapshot
from sn_planner.model.words import some

_LONGEST_MESSAGE = 300


def read_snapshot(*paths: str | Path) -> Snapshot:
    """The Snapshot in files, in the .json, .yaml and .yml files below a directory, or in the standard input ("-").

    A support bundle of Harvester's is read from its zip, or from the folder unzipped, and of it what is needed only.
    Raises BadInput for a file that cannot be read or is no export, and for a broken object that is needed: by file,
    kind, name and field.
    """
    if not paths:
        raise BadInput("paths", ABSENT, "are missing", "name the files of an export", "missing")
    export = _Export()
    for path in paths:
        export.read(path)
    return export.snapshot()


def snapshot_of(text: str, name: str = "export") -> Snapshot:
    """The Snapshot in one text, which refusals call `name`; raises BadInput as `read_snapshot` does.

    >>> snapshot = snapshot_of('{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}')
    >>> snapshot.nodes[0].witness, snapshot.pods
    (False, None)
    """
    export = _Export()
    export.add(name, text_field("text", text, empty=True))
    return export.snapshot()


@attrs.define
class _Export:
    """What has been read so far: for each field of a Snapshot, the values by the refs of their objects."""

    fields: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    skipped: Counter[str] = attrs.field(factory=Counter)
    left_out: dict[LeftOut, None] = attrs.field(factory=dict)
    pod_namespaces: set[str] = attrs.field(factory=set)
    notes: list[str] = attrs.field(factory=list)
    odd_files: list[str] = attrs.field(factory=list)
    is_mixed: bool = False
    _listed: set[str] = attrs.field(factory=set)  # the kinds since the last list ended

    def snapshot(self) -> Snapshot:
        """Everything together."""
        fields: dict[str, Any] = {name: tuple(one.values()) for name, one in self.fields.items()}
        odd = [f"what is no Kubernetes object was left out of {some(self.odd_files)}"] if self.odd_files else []
        return Snapshot(
            skipped=dict(self.skipped),
            left_out=tuple(self.left_out),
            pod_namespaces=frozenset(self.pod_namespaces),
            is_mixed=self.is_mixed,
            notes=tuple(map(printable, [*self.notes, *odd])),
            **fields,
        )

    def read(self, path: str | Path) -> None:
        """Takes in a file, a folder or a bundle."""
        # isdir and isfile, unlike Path's methods, say no to what no file system knows; reading it then says why
        if not isinstance(path, str | Path) or path in {"", STDIN}:
            text = read_text("FILE", path)
            self.add(str(path), text)
        elif os.path.isdir(path):
            self._folder(path)
        elif bundle.is_zip(path):
            if not self._bundle(path, bundle.unzipped(path)):
                raise _holds_none(path, "unreadable")
        elif (place := _place_of(path)) is not None and place.kind is not None:
            self._bundle(path, [(str(path), place, read_text("FILE", path))], ())
        else:
            self.add(str(path), read_text("FILE", path))

    def add(self, name: str, text: str, *, alone: bool = True, from_kit: bool = False) -> bool:
        """Takes in a text: objects, and the ends of lists; returns whether there were any.

        Beside others (not `alone`) it may hold none. `from_kit`: the kit of support bundles wrote it.
        """
        lines, holds, holds_other = Lines(text), False, False
        with within(name):
            try:
                for data in objects_of(text, lines, bundle.restored if from_kit else None):
                    if alone or is_object(data):
                        holds = True
                        self._take(data, from_kit)
                    else:
                        holds_other = holds_other or not isinstance(data, ListEnd)
            except RecursionError:
                raise BadInput("export", ABSENT, "is nested too deeply", AGAIN, "unreadable") from None
            if alone and not holds:
                raise BadInput("export", ABSENT, "is empty", AGAIN, "unreadable")
        self.notes += [f"{name}: {note}" for note in lines.notes]
        if holds_other or not holds:
            self.odd_files.append(name)
        return holds

    def _folder(self, path: str | Path) -> None:
        """Takes in what is below a folder: bundles, and other exports."""
        files = {file: _place_of(file) for file in _below(path)}
        roots = {place.root for place in files.values() if place is not None}
        base = f"{_absolute(path)}/"
        found = False
        for root in sorted(roots):
            inside = [(file, place) for file, place in files.items() if place is not None and place.root == root]
            texts = ((file, place, read_text("FILE", file) if place.kind else "") for file, place in inside)
            found |= self._bundle(
                path, texts, {place.namespace for _, place in inside if place.folder.startswith(base)}
            )
        for file, place in files.items():
            if place is None and not bundle.is_beside(_absolute(file), roots):
                found |= self.add(file, read_text("FILE", file), alone=False)
        if not found:
            raise _holds_none(path, "missing")

    def _bundle(
        self,
        path: str | Path,
        files: Iterable[tuple[str, bundle.Place, str]],
        entire: Collection[str] | None = None,
    ) -> bool:
        """Takes in files of a bundle and what they tell together; `entire` as for `bundle.known_fields`."""
        places = []
        for name, place, text in files:
            holds = place.kind is not None and self.add(name, text, alone=False, from_kit=True)
            places.append(place if holds else place._replace(kind=None))
        self.is_mixed |= any(place.kind is not None for place in places)  # it has no file of what is empty
        namespaces = {place.namespace for place in places} - {""}
        for field in bundle.known_fields(places, namespaces if entire is None else entire):
            self.fields.setdefault(field, {})
        self.pod_namespaces |= {one.namespace for one in places if one.kind is not None and one.kind.field == "pods"}
        if namespaces and len(places) > 1:
            self.notes.append(
                f"{path}: a support bundle, which tells of no namespace but {', '.join(sorted(namespaces))}"
            )
        return any(place.kind is not None for place in places)

    def _take(self, data: Any, from_kit: bool) -> None:
        if isinstance(data, ListEnd):
            self.is_mixed |= len(self._listed) > 1
            self._listed.clear()
            if (field := field_of_list(str(data.get("kind")), group_of(str(data.get("apiVersion"))))) is not None:
                self.fields.setdefault(field, {})
            return
        kind, group = type_of(data)
        self._listed.add(kind)
        if (kind, data.get("status")) == ("Status", "Failure"):
            problem = f"is an error of the API: {str(data.get('message'))[:_LONGEST_MESSAGE]}"
            raise BadInput("export", ABSENT, problem, "mend that and export again", "not-exported")
        read = read_object(kind, group, data)
        if read is None:
            self.skipped[kind] += 1
            return
        if from_kit and isinstance(read.value, Machine) and not read.value.runs:
            return  # says nothing of those in namespaces that the bundle does not hold
        known = self.fields.setdefault(read.field, {})
        if read.left_out is not None:
            self.left_out[read.left_out] = None
        # an event goes on between the two readings of it, one by each of its API groups
        if read.value is not None and known.setdefault(read.ref, read.value) != read.value and read.field != "events":
            fix = "make the export again, in one go"
            raise BadInput(f"{kind} {read.ref}", ABSENT, "is there twice, and differs", fix, "duplicate")


def _holds_none(path: str | Path, code: str) -> BadInput:
    fix = f"name a directory with {', '.join(SUFFIXES)} files, or a support bundle's zip itself"
    return BadInput("FILE", path, "holds no export", fix, code)


def _absolute(path: str | Path) -> str:
    try:
        return Path(path).absolute().as_posix()
    except FileNotFoundError:  # the working directory is gone
        return Path(path).as_posix()


def _place_of(path: str | Path) -> bundle.Place | None:
    return bundle.place_of(_absolute(path))


def _below(path: str | Path) -> list[str]:
    """The files below a folder that may be exports, in the order of their names."""
    found = []
    for folder, _, names in os.walk(path, onerror=_refuse_folder):
        paths = (os.path.join(folder, name) for name in names if name.endswith(SUFFIXES))
        found += [file for file in paths if os.path.isfile(file)]
    return sorted(found)


def _refuse_folder(error: OSError) -> NoReturn:
    raise BadInput("FILE", error.filename, f"cannot be read: {error.strerror}", "name a readable folder", "unreadable")
