"""Text out of files and the standard input, in whatever encoding it was saved.

Rules: a file is read whole, in UTF-8, UTF-16 or UTF-32 as its bytes tell (`model.plain.decode_utf8`). What a person
pasted or a spreadsheet saved may be in the code page of an old editor too: it is then read as Windows-1252, which gets
digits and separators right in any of them, and that is noted. Documents and exports are not: a wrong byte in them is
refused with its place, and so is whatever is no text at all. "-" is the standard input.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, NamedTuple

from sn_planner.errors import ABSENT, BadInput, printable

STDIN = "-"
SUFFIXES = (".json", ".yaml", ".yml")  # of documents
_CODE_PAGE = ("cp1252", "Windows-1252")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # tab, line breaks and ESC are text
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls
LONGEST_STREAM = 1 << 30  # [bytes]
_AT_ONCE = 1 << 20  # [bytes]
_LINE_END = re.compile(r"\r\n?")


class Text(NamedTuple):
    """A text with its lines ended by a newline each, and notes on how it was read."""

    text: str
    notes: tuple[str, ...] = ()


def read_text(field: str, path: str | Path) -> str:
    """The text of a file, or of the standard input for "-", to the letter; raises BadInput where it cannot be read."""
    from sn_planner.model.plain import decode_utf8

    data = _bytes(field, path)
    return decode_utf8(f"{field} {path}", data)


def read_pasted(field: str, path: str | Path) -> Text:
    """The text of a file or of the standard input, in any encoding; raises BadInput where it is no text."""
    data, place = _bytes(field, path), f"{field} {path}"
    if data.startswith(_WORKBOOKS):
        raise BadInput(place, ABSENT, "is a workbook or an archive", "save it as text, like CSV UTF-8", "unreadable")
    from sn_planner.model.plain import decode_utf8

    notes: tuple[str, ...] = ()
    try:
        text = decode_utf8(place, data)
    except BadInput:
        is_document = data.lstrip()[:1] in {b"{", b"["}
        if is_document or _NO_TEXT.search(data) or json.detect_encoding(data) != "utf-8":
            raise
        codec, name = _CODE_PAGE
        text = data.decode(codec, errors="replace")
        notes = (printable(f"{shown_path(path)} is no UTF-8: read as {name}"),)
    return Text(_LINE_END.sub("\n", text), notes)


def shown_path(path: str | Path) -> str:
    """What a note calls a file.

    >>> shown_path("plan.csv"), shown_path("-")
    ('plan.csv', 'the standard input')
    """
    return "the standard input" if str(path) == STDIN else str(path)


def _bytes(field: str, path: str | Path) -> bytes:
    if not isinstance(path, str | Path) or not str(path):
        raise BadInput(field, path, "is no path", "name a file", "wrong-type")
    try:
        return _stdin() if str(path) == STDIN else _file(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BadInput(field, path, f"cannot be read: {reason}", "name a readable file", "unreadable") from None


def _file(path: str | Path) -> bytes:
    with open(path, "rb") as file:
        return file.read() if S_ISREG(os.fstat(file.fileno()).st_mode) else _bounded(file)


def _stdin() -> bytes:
    if sys.stdin is None:
        raise ValueError("it is closed")
    return _bounded(sys.stdin.buffer)


def _bounded(file: BinaryIO) -> bytes:
    """What a pipe or a device gives, which may have no end."""
    parts: list[bytes] = []
    left = LONGEST_STREAM
    while part := file.read(_AT_ONCE):
        parts.append(part)
        left -= len(part)
        if left < 0:
            raise ValueError(f"it goes on after {LONGEST_STREAM >> 20} MiB")
    return b"".join(parts)
