"""Sweeps as tables, and as pandas, xarray and dask know them.

Rules: each of the three packages is optional (the extra `studies`) and imported where it is needed; without it the
error says what to install. Arrays made with dask hold no values: each chunk is a part of the grid that computes itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sn_planner.engine.sweep.arrays import NO_PREFIX, Grid, What, too_many
from sn_planner.engine.sweep.axes import Axis
from sn_planner.errors import BadInput
from sn_planner.model.extras import extra
from sn_planner.model.fields import known_key
from sn_planner.model.profiles import Profile

if TYPE_CHECKING:
    import pandas

_ARRAYS: dict[What, dict[str, Any]] = {
    "required": {"units": "addresses", "long_name": "addresses required at the peak"},
    "prefix_length": {"units": "bits", "long_name": "longest prefix that holds them", "no_ipv4_range": NO_PREFIX},
}


def columns(grid: Grid, axes: Sequence[Axis]) -> dict[str, NDArray[Any]]:
    """The points of a grid as columns of a table."""
    computed = {what: grid.compute(what).ravel() for what in _ARRAYS}
    try:
        values = np.meshgrid(*(axis.array() for axis in axes), indexing="ij")
        return {axis.name: one.ravel() for axis, one in zip(axes, values, strict=True)} | computed
    except (MemoryError, ValueError):
        raise too_many(grid.shape) from None


def dataframe(grid: Grid, axes: Sequence[Axis]) -> pandas.DataFrame:
    """A pandas DataFrame of these columns, with their units in `attrs["units"]`; NA where no prefix holds a point."""
    frame: pandas.DataFrame = extra("pandas").DataFrame(columns(grid, axes))
    lengths = frame["prefix_length"].astype("Int16")  # signed, so that differences are
    frame["prefix_length"] = lengths.mask(lengths == NO_PREFIX)
    units = {axis.name: axis.unit for axis in axes}
    frame.attrs["units"] = units | {name: about["units"] for name, about in _ARRAYS.items()}
    return frame


def dataset(grid: Grid, axes: Sequence[Axis], profile: Profile, chunks: Any) -> Any:
    """An xarray Dataset of a grid's arrays over its axes; with `chunks`, dask's.

    Raises BadInput for chunks that dask does not take, and for an axis that is not there.
    """
    xarray = extra("xarray")
    names = [axis.name for axis in axes]
    return xarray.Dataset(
        {what: (names, _array(grid, what, names, chunks), about) for what, about in _ARRAYS.items()},
        coords={axis.name: (axis.name, axis.array(), {"units": axis.unit}) for axis in axes},
        attrs={"profile": profile.name, "formula": profile.formula},
    )


def _array(grid: Grid, what: What, names: list[str], chunks: Any) -> Any:
    if chunks is None:
        return grid.compute(what)
    dask = extra("dask.array")
    dtype = grid.dtype if what == "required" else np.dtype(np.uint8)
    sizes = _sizes(dask, grid.shape, dtype, _along(names, chunks))
    return dask.map_blocks(
        _chunk,
        chunks=sizes,
        dtype=dtype,
        meta=np.empty((0, 0, 0), dtype),  # without it dask would call `_chunk` to see what it makes
        grid=grid,
        what=what,
        name=f"{what}-{dask.core.tokenize(grid, what, sizes)}",
    )


def _along(names: list[str], chunks: Any) -> Any:
    """`chunks` with sizes given by name put in the order of the axes; an axis not named stays whole."""
    if not isinstance(chunks, Mapping):
        return chunks
    sizes = {known_key("chunks", name, names): size for name, size in chunks.items()}
    return tuple(sizes.get(name, -1) for name in names)


def _sizes(dask: Any, shape: tuple[int, ...], dtype: np.dtype[Any], chunks: Any) -> Any:
    """The sizes of all chunks."""
    try:
        if isinstance(chunks, bool):
            raise TypeError
        sizes = dask.core.normalize_chunks(chunks, shape, dtype=dtype)
        if min(map(min, sizes)) < 1:
            raise ValueError
        return sizes
    except Exception:  # dask asks whatever it is given, which may answer with any error
        fix = 'give sizes by axis, like {"nodes": 20}, or "auto"'
        raise BadInput("chunks", chunks, "cannot cut the axes", fix, "conflict") from None


def _chunk(*, block_info: Any, grid: Grid, what: What) -> NDArray[Any]:
    """The part of an array at the place dask names."""
    nodes, disks, images = (slice(*ends) for ends in block_info[None]["array-location"])
    return grid.part((nodes, disks, images)).compute(what)
