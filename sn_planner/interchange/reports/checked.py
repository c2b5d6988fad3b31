"""What check says of several targets, and what explain says of a code.

Rules: those of `tables`. One target is answered as `planning` does; of several each has its place before its answer,
those that fail first, and the verdict is that of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sn_planner.errors import printable
from sn_planner.interchange.reports.planning import check_document
from sn_planner.interchange.tables import Document, Part, Table
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.advice.explanations import Explanation
    from sn_planner.interchange.targets import Checked


def checked_document(results: Sequence[Checked], severity: str, *, alone: bool) -> Document:
    """The answer of one target (`alone`), or of however many.

    A target is `ok` where no finding of it is of that severity or graver.
    """
    documents = [check_document(report, severity) for _, report in results]
    if alone:
        return documents[0]
    ok = [document.ok for document in documents]
    rows: list[Sequence[object]] = []
    parts: list[Part] = []
    lines = [None if target.path is None else target.line for target, _ in results]
    for (target, _), line, document in sorted(zip(results, lines, documents, strict=True), key=lambda one: one[2].ok):
        place = f"== {printable(target.name)}{'' if line is None else f', line {line}'}"
        parts += [f"{place}\n{document.answer}", *document.parts]
    for (target, _), line, document in zip(results, lines, documents, strict=True):
        rows += ([target.name, line, *row] for row in document.main.rows)
    main = Table(("target", "line", *documents[0].main.headers) if documents else ("target", "line"), rows)
    failing = ok.count(False) or "none"
    total = f"{counted(len(results), 'target')} checked, {failing} of them failing by --fail-on {severity}."
    targets = [
        {"target": target.name, "line": line, **report.to_dict(), "ok": one}
        for (target, report), line, one in zip(results, lines, ok, strict=True)
    ]
    notes = tuple(dict.fromkeys(note for document in documents for note in document.notes))
    return Document("check", all(ok), {"targets": targets}, main, total, tuple(parts), notes)


def explain_document(told: Explanation) -> Document:
    """The code, what it means, why it matters, how to mend it, and the command that shows it."""
    title = f"{told.code}{f' ({told.severity})' if told.severity else ''}: {told.meaning}."
    example = (f"Example:\n    {told.example}",) if told.example else ()
    parts = (f"Why: {told.why}", f"Fix: {told.fix}", *example, f"All codes: docs/reference/codes.md#{told.code}")
    return Document("explain", True, told._asdict(), Table(told._fields, [told]), title, parts)
