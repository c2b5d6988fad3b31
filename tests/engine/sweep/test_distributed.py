"""Sweeps beyond one process: dask's workers give what is computed here, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dask.array
import distributed
import pytest

from sn_planner.engine.sweep.sweep import sweep

Client: Any = distributed.Client
LocalCluster: Any = distributed.LocalCluster


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A client of two worker processes."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_workers_computing_every_point_agree_with_the_counts(client: Any) -> None:
    """Two worker processes compute each of more than 10^9 prefix lengths; their histogram is the one counted here."""
    grid = sweep(nodes=range(1, 1001), disks_per_node=range(1, 1025), images=range(1000))
    assert grid.points > 10**9
    prefixes = grid.to_xarray(chunks={"nodes": 20}).prefix_length.data
    every_point = client.compute(dask.array.bincount(prefixes.ravel(), minlength=33)).result()
    counted = grid.by_prefix()
    assert {prefix: int(count) for prefix, count in enumerate(every_point) if count} == counted
