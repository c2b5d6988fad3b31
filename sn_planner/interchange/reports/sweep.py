"""What a sweep says: counts per prefix, the frontier, and every point as CSV.

Rules: the tables come from reductions that never build the grid; the points are streamed block by block, so their
number costs time and no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sn_planner.interchange.progress import progress_bar
from sn_planner.interchange.tables import Document, Table
from sn_planner.model.cidr import Cidr
from sn_planner.model.ranges import SHORTEST_PREFIX, AddressRange, RangeLike
from sn_planner.model.words import counted

if TYPE_CHECKING:
    from sn_planner.engine.sweep.sweep import Sweep

_SHOWN_COLUMNS = 6
_POINTS_A_BLOCK = 1 << 16


def sweep_document(grid: Sweep, range: RangeLike | None = None) -> Document:
    """Counts per prefix [clusters] and the most nodes for each prefix, or in `range` [nodes].

    Raises BadInput for an unusable range.
    """
    data = grid.to_dict(range)
    counts = Table(
        ("prefix", "clusters", "share"),
        [[_prefix(name), count, f"{100 * count / grid.points:.1f} %"] for name, count in data["by_prefix"].items()],
    )
    need = _need(grid)
    answer = f"{counted(grid.points, 'cluster')} {need}."
    place = None if range is None else AddressRange(range)
    if place is None:
        images = counted(grid.images.largest, "image transfer", "at once")
        frontier = (_frontier_line(grid, f"each prefix, with {images}"), _prefix_frontier(grid))
    else:
        answer = f"{place} holds {data['fits']} of {counted(grid.points, 'cluster')}, which {need}."
        frontier = (_frontier_line(grid, str(place)), _frontier(grid, place))
    data |= {"profile": grid.profile.name, "smallest": grid.smallest, "largest": grid.largest}
    parts = (counts, *frontier)
    ok = data["fits"] != 0
    return Document("sweep", ok, data, counts, answer, parts, grid.notes, lines=_points(grid, place), picture=grid.plot)


def _need(grid: Sweep) -> str:
    most = counted(grid.largest, "address")
    figures = most if grid.smallest == grid.largest else f"{grid.smallest} to {most}"
    return f"need{'s' if grid.points == 1 else ''} {figures} ({grid.profile.name}: {grid.profile.formula})"


def _prefix(name: str) -> str:
    if name == "none":
        return name
    return f"/{name}" if int(name) >= SHORTEST_PREFIX else f"/{name}, refused"


def _frontier_line(grid: Sweep, where: str) -> str:
    return f"Nodes at most in {where}, by {grid.disks.name.replace('_', ' ')}:"


def _prefix_frontier(grid: Sweep) -> Table:
    """A row for each prefix that occurs, with as many images as the sweep has at most."""
    most_images = int(grid.images.array().argmax())
    shown = [_at(grid, place, most_images) for place in _spread(len(grid.disks))]
    rows = [
        [f"/{prefix}", *(int(one.max_nodes(Cidr(0, prefix))[0, 0]) for one in shown)]
        for prefix in grid.by_prefix()
        if prefix is not None
    ]
    return Table(("prefix", *_heads(grid)), rows)


def _frontier(grid: Sweep, range: AddressRange) -> Table:
    """A row for each of some numbers of image transfers."""
    images = grid.images.array()
    rows = [
        [int(images[row]), *(int(_at(grid, place, row).max_nodes(range)[0, 0]) for place in _spread(len(grid.disks)))]
        for row in _spread(len(images))
    ]
    return Table(("images", *_heads(grid)), rows)


def _at(grid: Sweep, disks: int, images: int) -> Sweep:
    """The sweep's nodes beside one number of disks and one of images: what is shown is all that is computed."""
    return grid.part(slice(None), slice(disks, disks + 1), slice(images, images + 1))


def _heads(grid: Sweep) -> list[str]:
    disks = grid.disks.array()
    return [counted(int(disks[place]), "disk") for place in _spread(len(disks))]


def _spread(length: int) -> list[int]:
    """A few places of an axis, the first and the last among them."""
    shown = min(length, _SHOWN_COLUMNS)
    return [place * (length - 1) // max(shown - 1, 1) for place in range(shown)]


def _points(grid: Sweep, place: AddressRange | None) -> Iterator[str]:
    """Every point as a line of CSV, block by block, with a progress bar where stderr is a terminal.

    Where a range is given, whether it holds the point, and the usable addresses to spare, or too few.
    """
    from sn_planner.engine.sweep.arrays import NO_PREFIX

    done = 0
    with progress_bar("clusters") as bar:
        held = () if place is None else ("fits", "spare")
        yield ",".join((*(axis.name for axis in grid.axes), "required", "prefix_length", *held)) + "\n"
        for block in grid.blocks(_POINTS_A_BLOCK):
            columns = [column.tolist() for column in block.columns().values()]
            columns[-1] = ["" if one == NO_PREFIX else one for one in columns[-1]]
            if place is not None:
                columns += [block.fits(place).ravel().tolist(), block.spare(place).ravel().tolist()]
            yield "".join(f"{','.join(map(str, row))}\n" for row in zip(*columns, strict=True))
            bar(done := done + block.points, grid.points)
