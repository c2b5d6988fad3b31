"""Large and hostile texts: answered, printable, and with little memory."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from sn_planner.advice.diagnose import diagnose
from sn_planner.advice.pasted import plain
from tests.advice.pasted_events import OTHER_LINE, POD, TAIL, WHOLE

MANY = 200_000
FULL = "Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.254 / range: 10.0.0.0/24 / excludeRanges: "


def journal(size: int) -> str:
    """A journal of that many characters or more, in which every 200th line is an event."""
    lines: list[str] = []
    length = 0
    while length < size:
        number = len(lines)
        line = f"Jul 24 03:21:09 node1 k3s[1844]: I0724 03:21:09.311518    1844 reconciler.go:{number}] volume attached"
        lines.append(line if number % 200 else f"Jul 24 03:21:09 node1 k3s[1844]: {WHOLE}")
        length += len(lines[-1]) + 1
    return "\n".join(lines)


def test_a_journal_costs_little_more_than_its_own_size() -> None:
    """A journal is one event, and costs less than five bytes of memory for each of its own."""
    text = journal(3_000_000)
    tracemalloc.start()
    (event,) = diagnose(text).events
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert event.pods == (POD,)
    assert peak < 5 * len(text)


def test_what_stands_across_blocks_is_read() -> None:
    """Texts longer than a block are read as one, with lines or without, from the first character to the last."""
    padding = "x" * 1_048_000
    spaced = "x " * 524_000
    for text in (
        f"{WHOLE}\n{padding}\n{WHOLE}\n{padding}",
        f"{padding}\n{spaced}{WHOLE}",
        f"{spaced}{WHOLE} {spaced}",
        f"{padding}{padding}{WHOLE}",
    ):
        assert [event.pods for event in diagnose(text).events] == [(POD,)]


@pytest.mark.parametrize(
    "separator",
    [" ", "\n", "\n  ", " │\n│ "],
    ids=["in one line", "a line each", "indented", "in a box"],
)
def test_many_excludes(separator: str) -> None:
    """Many excludes, on one line or one a line, are all read."""
    excludes = [f"10.0.0.{number % 250 + 1}" for number in range(20_000)]
    (event,) = diagnose(f"{FULL}[{separator.join(excludes)}]").events
    assert (event.told.excludes, event.usable) == (tuple(excludes), 4)


HOSTILE = {
    "brackets": "[" * MANY,
    "names that never end": "[a/b" * MANY,
    "names that never end, and a message": ("[a/b" * 1000 + TAIL) * 20,
    "slashes": "/" * MANY,
    "spaces": " " * MANY,
    "line breaks": "\n" * MANY,
    "backslashes": "\\" * MANY,
    "backslashes and line breaks": "\\\n" * MANY,
    "colours": "\x1b[36m" * MANY,
    "colours that never end": "\x1b[" * MANY,
    "links that never end": "\x1b]8;;" * MANY,
    "lone surrogates": "\ud800" * MANY,
    "zeros": "\0" * MANY,
    "escapes": "\\u001b" * MANY,
    "letters beyond ASCII": "é " * MANY,
    "the first letter of marks": "C c e f i " * MANY,
    "a message that never goes on": "Could not allocate IP " * 2_000,
    "a message that never ends": f"{FULL}[{'1.1.1.1 ' * 2_000}" * 3,
    "excludes that are none": f"{FULL}[{'1. ' * MANY}]",
    "excludes in pieces": FULL + "[" + "1.\n" * 20_000 + "]",
    "bytes that never end": FULL.replace("10.0.0.0/24 /", "net.IPNet{IP:net.IP{") + "0x1," * MANY,
    "addresses that never end": FULL[:36] + "1" * MANY,
    "heads": "Name: a\nNamespace: b\n" * 20_000 + TAIL,
    "rows": "a 3m Warning Failed pod/x y\n" * 20_000 + TAIL,
    "objects": '"regarding":{"a":"b"},' * 20_000 + TAIL,
    "objects in YAML": "\n  regarding:\n    a: b" * 20_000 + TAIL,
    "lists": json.dumps([{"message": TAIL}] * 500),
    "volumes": "waiting for all volumes detached: " + "pvc-1," * MANY,
    "words that other programs write": "context deadline exceeded " * 2_000,
    "log heads": "\nJul 24 03:21:09 node1 k3s[1844]: " * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts(text: str) -> None:
    """No text takes long, and whatever is said of it is printable."""
    assert plain(text).isascii()
    for event in diagnose(f"{text}\n{OTHER_LINE}").events:
        assert f"{event.headline}{event.advice}{event.network}".isprintable()


def test_what_is_named_is_printable() -> None:
    """Nothing steers a terminal: names and networks are taken where they are names, and as they are printed."""
    for mark in ("\x1b[2J", "\u202e", "\n", "\x00", "\u2028"):
        text = WHOLE.replace("instance", f"inst{mark}ance").replace("storagenetwork-", f"storage{mark}network-")
        assert [event.headline for event in diagnose(text).events] == [
            event.headline for event in diagnose(WHOLE).events
        ]
