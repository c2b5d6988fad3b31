"""How far a long question is, for whoever waits for it.

Rule: a bar is shown where stderr is a terminal, and nowhere else: no file and no pipe has one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sn_planner.model.fields import label

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@contextmanager
def progress_bar(unit: str = "runs") -> Iterator[Progress]:
    """A progress bar for `ensemble(…, progress=)`, on stderr where that is a terminal.

    >>> from sn_planner import Cluster, ensemble
    >>> with progress_bar() as bar:
    ...     ensemble("10.0.0.0/27", Cluster.uniform(nodes=3, disks_per_node=2), runs=2, progress=bar).runs
    2
    """
    from tqdm import tqdm

    unit = label("unit", unit)
    hidden = sys.stderr is None or not sys.stderr.isatty()
    with tqdm(unit=f" {unit}", disable=hidden) as bar:

        def told(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield told
