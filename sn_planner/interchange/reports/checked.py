"""What check says of several targets, and what explain says of a code.

Rules: one target is answered as ever; of several each has its place before its answer, and the verdict is that of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sn_planner.errors import printable
from sn_planner.interchange.reports.planning import check_document
from sn_planner.interchange.tables import Document, Table
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.advice.explanations import Explanation
    from sn_planner.interchange.targets import Checked


def checked_document(results: Sequence[Checked], severity: str, *, alone: bool, text: str = "") -> Document:
    """The answer of one target (`alone`), or of however many; `text` is it in a format of its own.

    A target is `ok` where no finding of it is of that severity or graver.
    """
    ok = [not report.findings.at_least(severity) for _, report in results]
    documents = [check_document(report) for _, report in results]
    if alone:
        (document,) = documents
        strict = (f"It fails by --fail-on {severity}.",) if document.data["ok"] and not ok[0] else ()
        data = {**document.data, "ok": ok[0]}
        return document._replace(data=data, parts=(*document.parts, *strict), text=text)
    rows: list[Sequence[object]] = []
    parts: list[str | Table] = []
    for (target, _), document in zip(results, documents, strict=True):
        line = None if target.path is None else target.line
        parts += [f"== {printable(target.name)}{'' if line is None else f', line {line}'}", *document.parts]
        rows += ([target.name, line, *row] for row in document.main.rows)
    main = Table(("target", "line", "code", "severity", "message", "fix"), rows)
    failing = ok.count(False) or "none"
    total = f"{counted(len(results), 'target')} checked, {failing} of them failing by --fail-on {severity}."
    targets = [
        {"target": target.name, "line": None if target.path is None else target.line, **report.to_dict(), "ok": one}
        for (target, report), one in zip(results, ok, strict=True)
    ]
    notes = tuple(dict.fromkeys(note for document in documents for note in document.notes))
    return Document("check", {"ok": all(ok), "targets": targets}, main, (*parts, total), notes, text)


def explain_document(told: Explanation) -> Document:
    """The code, what it means, why it matters, how to mend it, and the command that shows it."""
    title = f"{told.code}{f' ({told.severity})' if told.severity else ''}: {told.meaning}."
    example = (f"Example: {told.example}",) if told.example else ()
    parts = (title, f"Why: {told.why}", f"Fix: {told.fix}", *example)
    return Document("explain", told._asdict(), Table(told._fields, [told]), parts)
