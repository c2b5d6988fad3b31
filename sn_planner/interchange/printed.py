"""What a terminal prints around an export, or instead of one: warnings, prompts, errors, tables, descriptions.

Rules: `kubectl … > file 2>&1` and copies of a screen put lines around the JSON or YAML. Warnings and prompts are left
out, and that is said; an error of kubectl stops, for what follows it may be a part only. What kubectl prints for people
is named, with what to do instead.
"""

from __future__ import annotations

import re

from sn_planner.errors import ABSENT, BadInput, printable

_LONGEST_LINE = 300  # of a line no more is looked at
_NOTED_LINES = 3
_COLUMNS = 3
_AGAIN = "export it with kubectl get … -o json"
_gap = re.compile(r"\s{2,}|\t")
_blank_lines = re.compile(r"(?:[ \t\r]*\n)*").match
_line = re.compile(rf"[^\n]{{0,{_LONGEST_LINE}}}").match
_ERROR = re.compile(
    r"(?:Error from server|[Ee]rror: |Unable to connect to the server|The connection to the server|No resources found)"
)
_SIDE_LINE = re.compile(
    r"(?i:warning: )"
    r"|[IWE]\d{4} \d\d:\d\d:\d\d"  # a log line of kubectl itself
    r"|[^{}\"']*?[$#%>+]\s*(?:sudo\s+)?kubectl\s"  # a prompt and a command
)
_PROMPT = re.compile(r"[\w.@:~/\\()\[\] -]*[$#%>]\s*")
_FOR_PEOPLE = {
    "what kubectl describe prints": re.compile(r"Name:\s+\S"),
    "a list of names (-o name)": re.compile(r"[a-z][a-z0-9.-]*/[a-z0-9][a-z0-9.-]*\s*$"),
    "a table for people": re.compile(r"(?:NAME|NAMESPACE|LAST SEEN)(?:\s|$)|[┌╭│|+]"),
    "a web page": re.compile(r"<[!?A-Za-z]"),
}


class Lines:
    """The lines of a text that are none of the export's.

    >>> lines = Lines("Warning: v1 ComponentStatus is deprecated\\n{}")
    >>> lines.begin(), lines.notes
    (42, ('line 1 was left out: Warning: v1 ComponentStatus is deprecated',))
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._number, self._at = 1, 0  # a line, and where it begins or goes on
        self._left_out: list[str] = []
        self._count = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out."""
        more = self._count - len(self._left_out)
        return (*self._left_out, *([f"{more} more such lines were left out"] if more else ()))

    def begin(self) -> int:
        """The place at which the export begins; raises BadInput for an error of kubectl, and for what is no export."""
        at = self.past(0, between=False)
        line = self._line_at(at)
        for name, pattern in _FOR_PEOPLE.items():
            if pattern.match(line):
                raise BadInput("export", ABSENT, f"is {name}", _AGAIN, "unreadable")
        columns = len(_gap.split(line)) if ":" not in line and line[:1] not in {"#", "-", "{", "["} else 0
        if columns >= _COLUMNS:
            raise BadInput("export", ABSENT, "is a table for people", _AGAIN, "unreadable")
        return at

    def past(self, at: int, *, between: bool = True) -> int:
        """The place behind the warnings and prompts at a place, which only grows; raises BadInput for an error.

        `between` is whether the place is behind an object: a prompt may stand there alone.
        """
        while True:
            at = _blank_lines(self._text, at).end()  # type: ignore[union-attr]  # it matches everywhere
            line = self._line_at(at)
            if _ERROR.match(line):
                place, problem = f"export line {self._number_at(at)}", f"is an error of kubectl: {line}"
                raise BadInput(place, ABSENT, problem, "mend that and export again", "unreadable")
            if not (_SIDE_LINE.match(line) or (between and line and _PROMPT.fullmatch(line))):
                return at
            self._count += 1
            if self._count <= _NOTED_LINES:
                self._left_out.append(f"line {self._number_at(at)} was left out: {printable(line)}")
            end = self._text.find("\n", at)
            at = len(self._text) if end < 0 else end

    def before_prompt(self) -> str:
        """The text without a prompt that stands alone behind it, as in a copy of a screen."""
        tail = self._text[-_LONGEST_LINE:].rstrip()
        before, _, line = tail.rpartition("\n")
        if not before or ": " in line or line[:1] in {" ", "-", "#"} or not _PROMPT.fullmatch(line):
            return self._text
        self._count += 1
        self._left_out.append(f"the last line was left out: {printable(line)}")
        return self._text[:-_LONGEST_LINE] + before

    def _line_at(self, at: int) -> str:
        return _line(self._text, at)[0].strip()  # type: ignore[index]  # it matches everywhere

    def _number_at(self, at: int) -> int:
        self._number += self._text.count("\n", self._at, at)
        self._at = at
        return self._number
