"""Laws of pasted text: what a screen, a pager, a chat or a terminal does to an event changes nothing about it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sn_planner.advice.diagnose import diagnose
from sn_planner.model.cidr import Cidr
from sn_planner.model.failures import FAILURES, tells_failure
from tests import strategies
from tests.advice.pasted_events import ADDING, OTHER_LINE, POD, SANDBOX, TAIL, UID, WHOLE, wrapped

Step = Callable[[str], str]

NETWORKS = strategies.ranges_with_excludes(shortest=22).filter(lambda case: case[0].prefix_length <= 30)
KNOWN = {
    "bad-definition": "invalid CIDR 172.16.0.0: invalid CIDR address: 172.16.0.0, failed",
    "missing-crd": "the server could not find the requested resource (get ippools.whereabouts.cni.cncf.io)",
    "no-lock": "time limit exceeded while waiting to become leader",
    "missing-plugin": 'delegateAdd: failed to find plugin "whereabouts" in path [/opt/cni/bin]',
    "no-usable-addresses": "net mask is too short, subnet {192.168.205.0 fffffffe} has no usable IP addresses",
    "unauthorized": "k8s get error: Unauthorized",
    "missing-definition": "cannot find a network-attachment-definition (storagenetwork-abcde) in namespace (x-y): none",
    "leak": "did not find reserved IP for container 5b1e",
}


def in_go(network: Cidr) -> str:
    """The range in Go syntax."""
    mask = (1 << 32) - (1 << (32 - network.prefix_length))
    ip, ones = (", ".join(map(hex, number.to_bytes(4, "big"))) for number in (network.first, mask))
    return f"net.IPNet{{IP:net.IP{{{ip}}}, Mask:net.IPMask{{{ones}}}}}"


@st.composite
def messages(draw: st.DrawFn) -> str:
    """A message of a known failure, with the pod and the definition that Multus names."""
    name = draw(st.sampled_from(["instance-manager-77aa", "backing-image-ds-a-1", "share-manager-pvc-12", "web-1"]))
    namespace = "apps" if name == "web-1" else "longhorn-system"
    uid = draw(st.sampled_from([f"/{UID}", "/", ""]))
    attachment = draw(st.sampled_from(["storagenetwork-abcde", "rwx-network-abcde", "appnet"]))
    network, excludes = draw(NETWORKS)
    first, last = (str(Cidr(address, 32)).partition("/")[0] for address in (network.first + 1, network.last - 1))
    told = in_go(network) if draw(st.booleans()) else f"{network} / excludeRanges: [{' '.join(excludes)}]"
    full = f"Could not allocate IP in range: ip: {first} / - {last} / range: {told}"
    tail = draw(st.just(full) | st.sampled_from(sorted(KNOWN.values())))
    adding = f'error adding container to network "{attachment}": error at storage engine: '
    return f"{SANDBOX}[{namespace}/{name}{uid}:{attachment}]: {adding}{tail}"


def colours(places: list[tuple[float, str]]) -> Step:
    """Puts what nobody sees at some places, each a share of the text's length; none within another."""

    def step(text: str) -> str:
        length = len(text)
        for place, mark in sorted(places, reverse=True):
            text = text[: round(place * length)] + mark + text[round(place * length) :]
        return text

    return step


def lines(width: int, by_words: bool, before: str, behind: str, line_break: str) -> Step:
    """Wraps, hard or at words, and puts something before and behind each line."""

    def step(text: str) -> str:
        parts = [part for line in text.split("\n") for part in wrap(line)]
        return line_break.join(f"{before}{part.ljust(width) if behind else part}{behind}" for part in parts)

    def wrap(line: str) -> list[str]:
        return textwrap.wrap(line, width, break_on_hyphens=False) if by_words else wrapped(line, width)

    return step


UNSEEN = ["\x1b[36m", "\x1b[0m", "\x1b[1;31m", "\x1b[K", "\u200b", "\u00ad", "\ufeff", "\u202a", "\x00"]
unseen = st.builds(colours, st.lists(st.tuples(st.floats(0, 1), st.sampled_from(UNSEEN)), max_size=8))
layouts = st.builds(
    lines,
    st.integers(12, 200),
    st.booleans(),
    st.sampled_from(["", "│ ", "┃", "| ", "> ", ">> ", "> > ", "      "]),
    st.sampled_from(["", " │", "┃", " |"]),
    st.sampled_from(["\n", "\r\n"]),
)
escapes: st.SearchStrategy[Step] = st.sampled_from(
    [json.dumps, lambda text: json.dumps(json.dumps(text)), lambda text: json.dumps({"log": text}, ensure_ascii=False)]
)
prefixes: st.SearchStrategy[Step] = st.sampled_from(
    [
        "Jul 24 03:21:09 node1 k3s[1844]: ",
        "2024-07-24T03:21:09.123456+00:00 node-1 kubelet[5]: ",
        "2024-07-24T03:21:09Z stderr P ",
    ]
).map(lambda prefix: lambda text: "\n".join(prefix + line for line in text.splitlines()))
steps = st.tuples(
    st.lists(unseen, max_size=1),
    st.lists(layouts, max_size=1),
    st.lists(escapes, max_size=1),
    st.lists(layouts, max_size=1),
    st.lists(prefixes, max_size=1),
).map(lambda each: [step for some in each for step in some])


def after(text: str, done: list[Step]) -> str:
    """The text after some steps."""
    for step in done:
        text = step(text)
    return text


@given(messages(), steps)
@example(WHOLE, [lines(12, False, "│ ", " │", "\n"), json.dumps, lines(13, False, "> ", "", "\n")])
def test_an_event_stays_the_same_event(message: str, done: list[Step]) -> None:
    """However an event is coloured, wrapped, framed, quoted, escaped and logged, it says what it says in one line."""
    straight = diagnose(message)
    assert len(straight.events) == 1
    assert len(straight.events[0].pods) == 1
    assert diagnose(after(message, done)) == straight


def each_line(head: str, width: int = 60) -> str:
    """The message wrapped, with something before each line."""
    return "\n".join(head + line for line in wrapped(WHOLE, width))


FORMS = {
    "a mail's reply": each_line("> > "),
    "a chat": each_line("03:21 <ann> "),
    "a chat, quoted": "```\n" + each_line("> ") + "\n```",
    "a pager's question": WHOLE[:90] + "\n--More--(12%)\n" + WHOLE[90:-40] + "\nlines 1-23/40 (END)\n" + WHOLE[-40:],
    "kubectl logs": f"[pod/kube-multus-x2x4/kube-multus] 2024-07-24T03:21:09Z [error] {WHOLE}",
    "a structured log": f"2023-01-04T22:37:04.504Z        ERROR   {WHOLE}",
    "rsyslog": f"Jul 24 03:21:09 node1 k3s: #033[36m{WHOLE.replace('172', '#033[0m172')}#011#012",
    "colours as a pager shows them": WHOLE.replace("172.16", "ESC[36m172.16ESC[0m").replace("long", "^[[1mlong^[[0m"),
    "colours without their first character": WHOLE.replace("172.16", "[36m172.16[0m"),
    "colours of grep": WHOLE.replace("range", "\x1b[01;31m\x1b[Krange\x1b[m\x1b[K"),
    "colours that a line break went through": WHOLE.replace("172.16", "\x1b[3\n6m172.16\x1b[0\nm"),
    "a terminal's links": WHOLE.replace("172.16.0.0", "\x1b]8;;http://a/b\x1b\\172.16.0.0\x1b]8;;\x07"),
    "a terminal's title": f"\x1b]0;k9s\x07{WHOLE}",
    "escaped colours": json.dumps(WHOLE.replace("172.16", "\x1b[36m172.16\x1b[0m")),
    "escaped quotes as codes": json.dumps(WHOLE).replace('\\"', "\\u0022"),
    "shell escapes": WHOLE.replace("172.16", "\\033[36m172.16\\e[0m").replace('"', "\\x22"),
    "a word processor": WHOLE.replace('"', "\u201d").replace("-", "\u2011"),
    "hard spaces": WHOLE.replace(" ", "\u00a0"),
    "the direction of writing": "\u202a" + WHOLE.replace("172", "\u2066172\u2069"),
    "UTF-16 taken for ASCII": "\x00".join(WHOLE),
    "a box with its title": "\u256d\u2500 Events \u2500\u256e\n" + each_line("\u2503"),
    "other line ends": each_line("").replace("\n", "\r"),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_what_tools_put_between_words_means_nothing(text: str) -> None:
    """Every way in which tools print an event leaves it the same event."""
    assert diagnose(text) == diagnose(WHOLE)


@given(st.lists(messages(), min_size=2, max_size=3), layouts, st.lists(prefixes, max_size=1))
def test_several_messages_stay_apart(texts: list[str], layout: Step, prefix: list[Step]) -> None:
    """Several messages in one text, each wrapped for itself, are the events that they are in one line each."""
    assert diagnose(after("\n".join(map(layout, texts)), prefix)) == diagnose("\n".join(texts))


@given(
    messages(), st.lists(st.sampled_from([OTHER_LINE, "", "and then", "kube-system  1m  Normal  Pulled  pod/x  ok"]))
)
def test_other_lines_change_nothing(message: str, around: list[str]) -> None:
    """Lines around a message that name other pods, and none of its own, are never taken for its."""
    nameless = message.partition("[")[0] + message.partition("]: ")[2]
    for text in (message, nameless):
        alone = diagnose(text)
        assert diagnose("\n".join([*around, text, *around])) == alone
        assert [event.pods for event in alone.events] == [() if text is nameless else alone.events[0].pods]


@given(st.integers(0, len(TAIL)), st.sampled_from([">", "…", "", "...\n"]))
def test_a_cut_message_tells_no_more_than_it_holds(length: int, mark: str) -> None:
    """Wherever a message is cut off, what is told of it is what the whole message tells, or nothing."""
    (whole,) = diagnose(WHOLE).events
    cut = f"{SANDBOX}[{POD}/{UID}:storagenetwork-abcde]: {ADDING}{TAIL[:length]}{mark}\n{OTHER_LINE}"
    for event in diagnose(cut).events:
        assert event == whole if length == len(TAIL) else event.cause == "cut-off"
        assert event.pods == (POD,)
        assert event.range in {None, whole.range}
        assert (event.first, event.last) in {(None, None), (whole.first, None), (whole.first, whole.last)}
    assert len(diagnose(cut).events) == (length >= len("Could"))


@given(messages())
def test_what_is_diagnosed_is_worth_keeping(message: str) -> None:
    """Every message that has a diagnosis tells a failure, so readers of events keep it."""
    assert diagnose(message).events
    assert tells_failure(message)


@given(st.text() | st.lists(st.sampled_from([mark for row in FAILURES for mark in row.marks])).map(" ".join))
def test_any_text_is_read(text: str) -> None:
    """No text is an error, and what is said of it is printable."""
    for event in diagnose(text).events:
        assert f"{event.headline}{event.advice}".isprintable()
