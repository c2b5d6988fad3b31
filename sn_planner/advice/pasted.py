"""A pasted text without what screens, pagers, chats and terminals put between its words.

Rules: what is left is ASCII, in the order of the text. White space tells what stood there, and a reader that skips it
skips all of them:

- a line break is a line break, and BROKEN one that was written as an escape, inside a string;
- LOGGED stands where a line of a log begins: its time, host and program are left out, so that a message goes on where
  the next line repeats them; likewise who speaks in a chat, and what a pager asks. Where a program's own head says
  that another message begins, BEGUN does;
- EDGE is all that is no word: box lines, quote marks, symbols, letters beyond ASCII.

Colours, hyperlinks, invisible characters and backslashes leave nothing: escaped quotes are quotes, however deep.

The text is taken in blocks, each by passes of compiled patterns, so memory stays near the size of the text itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

BEGUN, BROKEN, LOGGED, EDGE = "\x1c", "\x1d", "\x1e", "\x1f"  # all of them white space, to str and to patterns

_BLOCK = 1 << 20  # [characters]
_LINE_ENDS = (("\r\n", "\n"), ("\r", "\n"))
_LOOKALIKES = (  # what chats and word processors make of ASCII
    *((quote, '"') for quote in "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"),
    *((hyphen, "-") for hyphen in "\u2010\u2011\u2012\u2013\u2014\u2212"),
    *((line_break, "\n") for line_break in "\x85\u2028\u2029"),
    ("\x9b", "\x1b["),
)
_INVISIBLE = re.compile(
    "[\x80-\x9f\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_ASCII = {
    **{number: "" for number in (*range(32), 127) if chr(number) not in f"\t\n\x07\x1b{EDGE}"},
    **{ord(one): EDGE for one in "|>`*~"},
    ord("'"): '"',
}

_COLOUR = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\?)|\x1b[()*+][0-9A-Za-z]"
)
_SHOWN_COLOUR = re.compile(r"(?:\^\[|ESC)?\[[0-9;:]{0,40}m")  # as pagers show it, or without its first character
_SPLIT_COLOUR = re.compile(r"\x07|\x1b(?:\s*+\[[\s0-9;:?]*+[@-~]?)?")  # one that a line break went through
_RSYSLOG = (("#033", "\x1b"), ("#011", " "), ("#012", BROKEN))
_ESCAPES = (("\\n", BROKEN), ("\\r", " "), ("\\t", " "))
_GAP = rf"[ \t{BEGUN}{LOGGED}{EDGE}]{{0,400}}+"
_SPLIT = rf"(?<!\\)\\++{_GAP}\n{_GAP}"  # the line break of a terminal, behind a backslash
_SPLIT_BREAK = re.compile(rf"{_SPLIT}[nrt]")
_CODE = re.compile(
    rf"(?:{_SPLIT}|(?<!\\)\\++)u((?:\s*+[0-9a-fA-F]){{4}})|(?<!\\)\\++(?:x([0-9a-fA-F]{{2}})|033|e(?=\[))"
)

_TIME = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_STAMP = rf"\d{{4}}-\d\d-\d\d[T ]{_TIME}(?:Z|[+-]\d\d:?\d\d)?"
_LINE_HEADS = "|".join(
    (
        rf"(?:[A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} {_TIME}|{_STAMP}) [\w.-]{{1,253}} [\w./@-]{{1,64}}(?:\[\d{{1,10}}\])?:",
        rf"{_STAMP}(?:[ \t]+(?:stdout|stderr)[ \t]+[FP])?",
        r"\[pod/[\w./-]{1,400}\]",  # kubectl logs --prefix
        rf"(?:\[?\d\d?:\d\d(?::\d\d)?\]?[ \t]+)?<[@+]?[\w.-]{{1,32}}{EDGE}",  # who says it, in a chat
        r"--More--(?:\(\d{1,3}%\))?|lines \d{1,9}-\d{1,9}(?:/\d{1,9})?(?: \(END\))?",  # what pagers ask
    )
)
_MESSAGE_HEADS = "|".join(
    (
        rf"[IWEF]\d{{4}} {_TIME}[ \t]+\d{{1,10}} [\w.-]{{1,100}}:\d{{1,6}}\]",
        r"\[(?:panic|error|warning|info|verbose|debug)\]|(?:ERROR|WARN|INFO|DEBUG)(?=[ \t])",
        r'time="[^"\n]{1,40}" level=[a-z]{1,9}',
    )
)
_AT_LINE = rf"[ \t{EDGE}]*+(?=[0-9A-Zlt[<-])"
_HEADS = [
    (re.compile(rf"\n{_AT_LINE}(?:(?:{_LINE_HEADS})[ \t]*+)*(?:(?:{_MESSAGE_HEADS})[ \t]*+)+"), f"\n{BEGUN}"),
    (re.compile(rf"\n{_AT_LINE}(?:(?:{_LINE_HEADS})[ \t]*+)+"), f"\n{LOGGED}"),
    (re.compile(rf"{BROKEN}{_AT_LINE}(?:(?:{_LINE_HEADS}|{_MESSAGE_HEADS})[ \t]*+)+"), f"{BROKEN}{LOGGED}"),
]


def plain(text: str) -> str:
    """What the text says, in ASCII, by the rules above. O(n) time and memory.

    >>> plain("> ip: \\x1b[36m172.16.0.1\\x1b[0m\\u200b \\u2502")
    '\\n\\x1f ip: 172.16.0.1 \\x1f'
    """
    return "".join(map(_plain, _blocks(text)))


def _blocks(text: str) -> Iterator[str]:
    """The text in pieces that begin with a line break, or, within long lines, anywhere a space stands before."""
    start, before = 0, "\n"
    while start < len(text):
        end = min(start + _BLOCK, len(text))
        if end < len(text):
            cut = max(text.rfind("\n", start + 1, end), 0) or text.rfind(" ", start + 1, end)
            end = cut if cut > start else end
        yield before + text[start:end]
        start, before = end, ""


def _plain(block: str) -> str:
    block = _uncoloured(_ascii(block))
    if "#0" in block:
        block = _replaced(block, _RSYSLOG)
    if "\\" in block:
        block = _unescaped(_unlogged(block))
    block = _uncoloured(block)
    if "[0m" in block or "[m" in block:
        block = _SHOWN_COLOUR.sub("", block)
    block = _unlogged(block)
    return _SPLIT_COLOUR.sub("", block) if "\x1b" in block or "\x07" in block else block


def _uncoloured(block: str) -> str:
    return _COLOUR.sub("", block) if "\x1b" in block else block


def _ascii(text: str) -> str:
    """The text in ASCII: EDGE for what has no meaning, nothing for what nobody sees."""
    if not text.isascii():
        text = _FOREIGN.sub(EDGE, _INVISIBLE.sub("", _replaced(text, _LOOKALIKES)))
    return _replaced(text, _LINE_ENDS).translate(_ASCII)


def _unlogged(block: str) -> str:
    """The block with LOGGED or BEGUN for the head of each line of a log."""
    for head, instead in _HEADS:
        block = head.sub(instead, block)
    return block


def _unescaped(block: str) -> str:
    """The block without backslashes, however many stand before a character, or what they stand for."""
    block = _CODE.sub(_character, _replaced(block, _ESCAPES))
    return _SPLIT_BREAK.sub(BROKEN, block).replace("\\", "")


def _character(code: re.Match[str]) -> str:
    return _written("".join((code[1] or code[2] or "1b").split()))


@cache
def _written(number: str) -> str:
    return BROKEN if int(number, 16) == ord("\n") else _ascii(chr(int(number, 16)))


def _replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text
