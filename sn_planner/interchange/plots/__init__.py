"""Pictures for studies and reports: the only importers of matplotlib.

Rules: a plot draws on the Axes it is given, or on a figure of its own, and returns the Axes; no global state of
matplotlib is touched, and pyplot is not needed. Labels are words with their units, ticks are whole where only whole
numbers are, and colour alone means nothing: a print and the colour-blind read the same. A result's own `plot()` wraps
the Axes in a `Picture`, which shows itself in a notebook and saves itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sn_planner.interchange.plots.chances import distribution, runway_fan
from sn_planner.interchange.plots.maps import address_map, lease_map
from sn_planner.interchange.plots.picture import Picture, format_of, save
from sn_planner.interchange.plots.sweeps import frontier, heatmap, sweep_picture
from sn_planner.interchange.plots.timeline import timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes

__all__ = [
    "Picture",
    "address_map",
    "distribution",
    "format_of",
    "frontier",
    "heatmap",
    "lease_map",
    "runway_fan",
    "save",
    "sweep_picture",
    "timeline",
]
