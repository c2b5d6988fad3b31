"""What `check` is asked about: a range, or the settings in a file, a directory, the standard input.

Rules: a text that names a file or a directory is that, "-" is the standard input, any other a range or a setting's own
text. Every setting of a network that Whereabouts serves is a target of its own, however many a file holds; what else
the file holds is counted. A file that is named and holds no setting is refused, and nothing of it is shown: what a
foreign file says is nobody's business. Below a directory it is left out and counted, for a repository holds much else.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sn_planner.errors import ABSENT, BadInput, SnPlannerError, printable
from sn_planner.interchange.texts import STDIN, SUFFIXES, read_text, shown_path
from sn_planner.model.networks import NETWORKS, RWX, STORAGE
from sn_planner.model.plain import Part, as_go_reads, decode_json
from sn_planner.model.words import counted, some
from sn_planner.model.written import HARVESTER_GROUP, documents_of, hash_annotation, lone_value, settings_among

if TYPE_CHECKING:
    from sn_planner.advice.check import Report

_LARGEST = 1 << 26  # of a file below a directory [bytes]: settings are small
_PATH_STARTS = (".", "/", "~")
_mentions_one = re.compile("network", re.IGNORECASE).search  # as every setting does, by its name or by a key
_SURE = {"clusternetwork", RWX.shares}  # keys of a setting that few other documents have, in small letters
_LIKELY = {"vlan", "range"}
_value_key = re.compile(r"""([\s{,-]*)["']?value["']?\s*:""").match
_next_document = re.compile(r"\n(?:---|\.\.\.)")


class Target(NamedTuple):
    """One thing to check: what it is called, and the range or the setting's text that `examine` takes.

    `path` is the file that holds it, None for the command line and the standard input; `line` where its value stands.
    """

    name: str
    given: str
    path: str | None = None
    line: int = 1


class Checked(NamedTuple):
    """A target and what was found in it."""

    target: Target
    report: Report


class Targets(NamedTuple):
    """The targets that an argument means, and notes on what was left out."""

    found: tuple[Target, ...]
    notes: tuple[str, ...] = ()


def read_targets(field: str, text: str) -> Targets:
    """The targets that an argument means; `field` is what refusals call it.

    Raises BadInput for a file that cannot be read or holds no setting.

    >>> read_targets("TARGET", "10.52.3.0/26").found
    (Target(name='10.52.3.0/26', given='10.52.3.0/26', path=None, line=1),)
    """
    if os.path.isdir(text):
        return _directory(text)
    if text == STDIN or os.path.exists(text) or text.startswith(_PATH_STARTS) or text.endswith(SUFFIXES):
        return read_settings(field, text)
    return Targets((Target(text, text),))


def read_settings(field: str, path: str) -> Targets:
    """The settings in a file, or in the standard input, which may be a range alone."""
    text, place = read_text(field, path), f"{field} {path}"
    if not text.strip():
        raise BadInput(place, ABSENT, "is empty", "write the setting's JSON, or its manifest", "unreadable")
    documents = _documents(text, place)
    if path == STDIN and documents and isinstance(documents[0].value, str) and "\n" not in text.strip():
        return Targets((Target(shown_path(path), text.strip()),))
    found = tuple(_settings(path, text, documents, named=True))
    if not found:
        problem = f"holds no setting of {', '.join(NETWORKS)}"
        fix = f"export Harvester's: kubectl get settings.{HARVESTER_GROUP} {STORAGE.setting} -o yaml"
        raise BadInput(place, ABSENT, problem, fix, "unreadable")
    return Targets(found, tuple(_left_out(path, len(documents) - len(found))))


def _directory(path: str) -> Targets:
    """The settings in the documents below a directory."""
    found: list[Target] = []
    unreadable: list[str] = []
    other_files, others = 0, 0
    for file in _below(path, unreadable):
        try:
            text = _read_small(file)
            documents = _documents(text, file) if _mentions_one(text) else []
            targets = list(_settings(file, text, documents, named=False))
        except (OSError, SnPlannerError):
            unreadable.append(file)
            continue
        found += targets
        other_files += not targets
        others += len(documents) - len(targets) if targets else 0
    notes = [*_left_out(path, others)]
    if other_files:
        notes.append(f"{counted(other_files, 'file')} without a setting left out of {printable(path)}")
    if unreadable:
        notes.append(f"{counted(len(unreadable), 'file')} that cannot be read as YAML or JSON: {some(unreadable)}")
    if not found:
        notes.append(f"there is no setting of {', '.join(NETWORKS)} below {printable(path)}")
    return Targets(tuple(found), tuple(notes))


def _below(path: str, unreadable: list[str]) -> Iterator[str]:
    """The documents below a directory, folder by folder, by name; not those in hidden folders like .git."""
    for folder, folders, files in os.walk(path, onerror=lambda error: unreadable.append(str(error.filename))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = os.path.normpath(os.path.join(folder, name))
            if name.endswith(SUFFIXES) and os.path.isfile(file):
                yield file


def _read_small(path: str) -> str:
    if os.path.getsize(path) > _LARGEST:
        raise BadInput("file", path, "is too large for settings", "name it alone", "too-many")
    return read_text("file", path)


def _left_out(path: str, others: int) -> Iterator[str]:
    if others:
        yield f"{counted(others, 'document', 'of other kinds')} left out of {printable(shown_path(path))}"


def _documents(text: str, place: str) -> list[Part]:
    """The documents of a text, those of lists one by one, without what is left of the lists and without empty ones."""
    try:
        waiting, found = documents_of(text, place, "unreadable")[::-1], []
    except SnPlannerError:
        if _mentions_one(text):
            raise
        # the fault's words may be the file's own, like a key that is there twice
        problem = "is not a setting's JSON or manifest"
        raise BadInput(place, ABSENT, problem, "name a file that holds one", "unreadable") from None
    while waiting:
        part = waiting.pop()
        if isinstance(part.value, dict) and str(part.value.get("kind")).endswith("List"):
            items = part.value.get("items")
            waiting += [Part(item, {}, part.line) for item in reversed(items if isinstance(items, list) else [])]
        elif part.value not in (None, []):
            found.append(part)
    return found


def _settings(path: str, text: str, documents: list[Part], *, named: bool) -> Iterator[Target]:
    lines = text.split("\n")
    ends = [part.line - 1 for part in documents[1:]] + [len(lines)]
    for part, end in zip(documents, ends, strict=False):
        own = lines[part.line - 1 : max(end, part.line)]
        given = _manifest(part.value) or _bare(part, "\n".join(own), named=named)
        if given is not None:
            where = None if path == STDIN else path
            yield Target(shown_path(path), given, where, part.line + _line_of_value(own))


def _line_of_value(lines: list[str]) -> int:
    """How many lines below the first the key `value` stands, the outermost where there are several."""
    keys = [(len(match[1]), number) for number, line in enumerate(lines) if (match := _value_key(line))]
    return min(keys, default=(0, 0))[1]


def _manifest(document: Any) -> str | None:
    """The manifest of a network's setting, and of it what is read only; None for any other document."""
    for item in settings_among([document]):
        name, annotations = item["metadata"]["name"], item["metadata"].get("annotations")
        if name not in NETWORKS:
            return None
        key = hash_annotation(name)
        kept = (
            {key: annotations[key]} if isinstance(annotations, dict) and isinstance(annotations.get(key), str) else {}
        )
        # no text is as good as any other that is none; a support bundle writes "null" for an empty one
        given = {key: item.get(key) for key in ("value", "default") if item.get(key) not in (None, "", "null")}
        values = {key: value if isinstance(value, str) else 0 for key, value in given.items()}
        return json.dumps({"kind": "Setting", "metadata": {"name": name, "annotations": kept}, **values})
    return None


def _bare(part: Part, text: str, *, named: bool) -> str | None:
    """The text of a setting's value without a manifest: alone, behind `value:`, or in a JSON patch."""
    value = lone_value(part.value)
    try:
        keys = part.value if value is None else decode_json("value", value) if value else {}
    except SnPlannerError:
        return None
    if not isinstance(keys, dict) or "kind" in keys or (value is None and part.head is not None):
        return None
    given = as_go_reads(keys)
    inner = given.get(str(RWX.wrapper))
    known = {*given, *(as_go_reads(inner) if isinstance(inner, dict) else ())}
    own = _next_document.split(text.strip().removeprefix("---"))[0].strip() if value is None else value
    if named:  # somebody says that it is one: then faults are found in it
        return own if not keys or known & _SURE or known & _LIKELY else None
    return own if known & _SURE and own.startswith("{") else None
