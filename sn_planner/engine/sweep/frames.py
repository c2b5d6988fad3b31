"""Sweeps as pandas, xarray and dask know them.

Rules: each of these packages is optional (the extra `studies`) and imported where it is needed; without it the error
says what to install. Arrays made with dask hold no values: each chunk is a smaller sweep that computes itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep.arrays import NO_PREFIX
from sn_planner.errors import ABSENT, MissingExtraError, SnPlannerError
from sn_planner.model.fields import known_key

if TYPE_CHECKING:
    from sn_planner.engine.sweep.sweep import Sweep


def extra(module: str) -> Any:
    """An optional module; raises MissingExtraError where its package is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        fix = "run: pip install 'sn-planner[studies]'"
        raise MissingExtraError(package, ABSENT, "is not installed", fix) from error


def dataframe(columns: Mapping[str, NDArray[Any]]) -> Any:
    """A pandas DataFrame of these columns."""
    return extra("pandas").DataFrame(columns)


def dataset(sweep: Sweep, chunks: Any) -> Any:
    """An xarray Dataset of a sweep's arrays; with `chunks`, dask's."""
    xarray = extra("xarray")
    names = [axis.name for axis in sweep.axes]
    attributes = {
        "required": {"units": "addresses", "long_name": "addresses required at the peak"},
        "prefix_length": {"units": "bits", "long_name": "longest prefix that holds them", "no_ipv4_range": NO_PREFIX},
    }
    return xarray.Dataset(
        {what: (names, _array(sweep, what, chunks), about) for what, about in attributes.items()},
        coords={axis.name: (axis.name, axis.array(), {"units": axis.unit}) for axis in sweep.axes},
        attrs={"profile": sweep.profile.name, "formula": sweep.profile.formula},
    )


def _array(sweep: Sweep, what: str, chunks: Any) -> Any:
    if chunks is None:
        return getattr(sweep, what)
    dask = extra("dask.array")
    dtype = sweep.dtype if what == "required" else np.dtype(np.uint8)
    sizes = _chunks(dask, sweep, chunks, dtype)
    return dask.map_blocks(
        _chunk,
        chunks=sizes,
        dtype=dtype,
        meta=np.empty((0, 0, 0), dtype),
        sweep=sweep,
        what=what,
        name=f"{what}-{dask.core.tokenize(sweep, what, sizes)}",
    )


def _chunks(dask: Any, sweep: Sweep, chunks: Any, dtype: Any) -> Any:
    """The sizes of all chunks; raises SnPlannerError for what dask does not take, and for an axis that is not there."""
    names = [axis.name for axis in sweep.axes]
    if isinstance(chunks, Mapping):
        sizes = {known_key("chunks", name, names): size for name, size in chunks.items()}
        chunks = tuple(sizes.get(name, -1) for name in names)
    try:
        if isinstance(chunks, bool):
            raise TypeError
        cut = dask.core.normalize_chunks(chunks, sweep.shape, dtype=dtype)
        if min(size for sizes_of_axis in cut for size in sizes_of_axis) < 1:
            raise ValueError
        return cut
    except (ValueError, TypeError, ZeroDivisionError):
        fix = 'give sizes by axis, like {"nodes": 20}, or "auto"'
        raise SnPlannerError("chunks", chunks, "cannot cut the axes", fix) from None


def _chunk(*, block_info: Any, sweep: Sweep, what: str) -> NDArray[Any]:
    """The part of an array at the place dask names."""
    place = block_info[None]
    part = sweep.part(*(slice(*ends) for ends in place["array-location"]))
    return np.asarray(getattr(part, what), dtype=place["dtype"])
