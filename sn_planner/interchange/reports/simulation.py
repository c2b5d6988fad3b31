"""What a simulation says, as a document: how full the range was, whether anybody waits, and its story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sn_planner.errors import printable
from sn_planner.interchange.reports.sentences import and_more, cluster_data, cluster_line
from sn_planner.interchange.tables import Document, Table
from sn_planner.model.cluster import Cluster
from sn_planner.model.durations import time_text

if TYPE_CHECKING:
    from sn_planner.engine.simulation.simulation import Simulation

_SHOWN_STORY = 25


def simulate_document(run: Simulation, cluster: Cluster) -> Document:
    """The verdict of a run, the first pod that was refused, and the story: what happened when, and how full it was."""
    main = Table(("at", "used", "waiting"), list(zip(run.times, run.used, run.waiting, strict=True)))
    story = run.story()
    rows = [[time_text(at), what, used, waiting] for at, what, used, waiting in story[:_SHOWN_STORY]]
    parts = (
        Table(("time", "what happens", "in use", "waiting"), rows),
        and_more(len(story), _SHOWN_STORY, "--format csv has every moment", " steps"),
        _first_refused(run),
    )
    about = f"{cluster_line(cluster)} Scenario: {printable(run.scenario.name)}."
    answer = f"{run.verdict}.\n{run.use}.\n{about}"
    data = {"cluster": cluster_data(cluster)} | run.to_dict()
    data |= {"spare": run.spare, "waiting": run.waiting[-1], "missing": list(run.missing)}
    ok = not (run.exhausted or run.stalled)
    return Document("simulate", ok, data, main, answer, parts, run.notes, picture=run.plot)


def _first_refused(run: Simulation) -> str:
    if run.first_failure is None:
        return ""
    at, pod, message = run.first_failure
    return f"First refused, on {time_text(at)}: {pod}\n    {message}"
