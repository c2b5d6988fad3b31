"""JSON keeps its contract: every answer by its schema, and every schema strict."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sn_planner.cli import main
from sn_planner.cli.commands import COMMANDS
from sn_planner.interchange.schemas import schema

HERE = Path(__file__).parents[1]
EXAMPLE = "--nodes 5 --disks-per-node 2 --images 10"
ANSWERS = {
    "suggest": f"suggest {EXAMPLE} --exclude-first 1 --vlan 100 --cluster-network storage",
    "suggest without a range": f"suggest {EXAMPLE} --pool 10.52.0.0/16",
    "suggest without an answer": "suggest --nodes 99999 --disks 1",
    "check": f"check 172.16.0.0/27 {EXAMPLE}",
    "check of nothing readable": "check 172.16.0.0",
    "check of several": f"check data/setting.yaml 172.16.0.0/26 {EXAMPLE}",
    "check of a directory": "check data/live",
    "explain": "explain overlaps-reserved",
    "explain a refusal": "explain conflict",
    "limits": f"limits 192.168.1.0/26 {EXAMPLE}",
    "limits that it is beyond": f"limits 192.168.1.0/30 {EXAMPLE}",
    "site": "site data/site.yaml",
    "site without room": "site data/site-grown.yaml",
    "simulate": f"simulate 172.16.0.0/27 {EXAMPLE}",
    "simulate without a failure": "simulate 172.16.0.0/26 --nodes 3 --disks-per-node 1",
    "sweep": "sweep 172.16.0.0/26 --nodes 1:100 --disks-per-node 1:999999 --images 0:50",
    "sweep without a range": "sweep --nodes 1:9 --disks 20",
    "diagnose": "diagnose data/event.txt",
    "diagnose of a missing plugin": "diagnose data/field/diagnose/27-pod-network-10.52.txt",
    "preflight": "preflight data/live/living.json --setting data/live/new-setting.yaml",
    "verify": "verify data/live/living.json",
    "audit": "audit data/live/living.json",
    "profiles": "profiles",
}
ORDER = {
    "suggest": "cluster profile required steady stall_floor prefix_length lines candidates rejected networks",
    "check": "network range usable webhook_usable required spare fits admitted findings",
    "explain": "code severity meaning why fix example",
    "limits": "cluster profile range usable required spare fits max_nodes max_disks_per_node max_images",
    "site": "networks unplaced free changes",
    "simulate": "cluster range usable peak exhausted stalled first_failure timeline spare waiting missing",
    "sweep": "points by_prefix range fits profile smallest largest",
    "diagnose": "events",
    "preflight": "checks",
    "verify": "steps pods",
    "audit": "range usable leases by_kind stale free upgrade_required upgrade_fits findings precheck networks",
    "profiles": "profiles consumers releases",
}


@pytest.fixture(autouse=True)
def _in_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)


def answer(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """The exit code and the JSON of a command."""
    code = main([*command.split(), "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def validator(command: str) -> jsonschema.Draft202012Validator:
    """What judges the answers of a command."""
    jsonschema.Draft202012Validator.check_schema(schema(command))
    return jsonschema.Draft202012Validator(schema(command))


@pytest.mark.parametrize("command", ANSWERS.values(), ids=ANSWERS)
def test_answers_keep_to_their_schema(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every answer validates; first come its schema, its verdict, which is the exit code, its notes and its inputs."""
    code, data = answer(command, capsys)
    name = command.partition(" ")[0]
    validator(name).validate(data)
    assert list(data)[:4] == ["schema", "ok", "notes", "inputs"]
    assert (data["schema"], data["ok"]) == (f"sn-planner/{name}/1", code == 0)
    ways = ([ORDER[name].split()], [["no_answer"], ["targets"]])
    assert list(data)[4:] in ways["no_answer" in data or "targets" in data]
    assert undescribed(data, schema(name)) == []


def undescribed(data: Any, known: dict[str, Any], place: str = "") -> list[str]:
    """The keys of an answer that its schema says nothing of."""
    if isinstance(data, list):
        return [one for item in data[:50] for one in undescribed(item, known["items"], f"{place}[]")]
    if not isinstance(data, dict) or "properties" not in known:
        return []
    keys = known["properties"]
    return [f"{place}.{key}" for key in data if key not in keys] + [
        one for key in data if key in keys for one in undescribed(data[key], keys[key], f"{place}.{key}")
    ]


def broken(data: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The answer with one thing wrong each: a key left out, or a value of another kind."""
    for way in places(data):
        for without in (True, False):
            changed = holder = copy.deepcopy(data)
            for step in way[:-1]:
                holder = holder[step]
            if without:
                del holder[way[-1]]
            else:
                holder[way[-1]] = [[]]
            yield way, changed


def places(data: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each key of an answer; of a list to its first item's."""
    if isinstance(data, dict) and way != ("inputs",):
        for key, value in data.items():
            if way[-1:] not in {("by_prefix",), ("by_kind",)}:
                yield (*way, key)
            yield from places(value, (*way, key))
    elif isinstance(data, list) and data:
        yield from places(data[0], (*way, 0))


@pytest.mark.parametrize("name", ORDER)
def test_each_schema_refuses_a_broken_answer(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever key is left out, or holds a value of another kind, the answer is refused."""
    _, data = answer(ANSWERS[name], capsys)
    judge = validator(name)
    changes = list(broken(data))
    assert len(changes) > 10
    for path, changed in changes:
        assert not judge.is_valid(changed), path


def test_the_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """`schema COMMAND` prints what `schemas.schema` gives, for each command that answers with JSON."""
    for name in (name for name, command in COMMANDS.items() if command.is_document):
        assert main(["schema", name]) == 0
        assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(schema(name)))


def test_every_key_is_described() -> None:
    """No schema has a key without a sentence on what it means."""

    def bare(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.get("properties", {}).items():
                if "description" not in value and "const" not in value:
                    yield key
            for value in node.values():
                yield from bare(value)

    assert [key for name in ORDER for key in bare(schema(name))] == []
