"""What a simulation says, as a document: its story, how full the range was, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sn_planner.interchange.reports.sentences import and_more, cluster_line
from sn_planner.interchange.tables import Document, Table
from sn_planner.model.cluster import Cluster
from sn_planner.model.durations import time_text
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.engine.simulation.simulation import Simulation

_SHOWN_STORY = 25


def simulate_document(run: Simulation, cluster: Cluster) -> Document:
    """The story of a run: what happened when, how full the range was, and the verdict."""
    main = Table(("at", "used", "waiting"), list(zip(run.times, run.used, run.waiting, strict=True)))
    story = run.story()
    rows = [[time_text(at), what, used, waiting] for at, what, used, waiting in story[:_SHOWN_STORY]]
    parts: list[str | Table] = [
        cluster_line(cluster),
        Table(("time", f"what happens ({run.scenario.name})", "in use", "waiting"), rows),
        and_more(len(story), _SHOWN_STORY, "--format csv has every moment", " steps"),
        f"Peak {run.peak} of {run.capacity} usable addresses, {run.spare} spare.",
        _verdict(run),
    ]
    return Document("simulate", run.to_dict(), main, tuple(parts), run.notes)


def _verdict(run: Simulation) -> str:
    if run.first_failure is None:
        return _stall(run) if run.stalled else "Nobody waits."
    later = f"{run.recovered} of {len(run.failures)} refused pods get an address later."
    at, pod, message = run.first_failure
    return f"First refused, on {time_text(at)}: {pod}\n  {message}\n{_stall(run) if run.stalled else later}"


def _stall(run: Simulation) -> str:
    gate = f"The upgrade stalls: its gate waits for {counted(len(run.missing), 'pod')}, {run.missing[0]} among them"
    return f"{gate}; {run.waiting[-1]} wait in all."
