"""An explorer for Jupyter: sliders for a cluster, and a picture that is drawn anew with every move.

Rules: the controls are ipywidgets' own, and whatever they say is a cluster, a release and a range, which are asked as
anyone asks them: `demand`, `max_nodes`, the course of the worst case. Nothing is kept but the controls and the ranges
that the prefixes mean. A move costs a few milliseconds for any cluster that sliders can say.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Any

from sn_planner.engine.simulation.course import Course
from sn_planner.errors import ABSENT, BadInput
from sn_planner.interchange.explorer.drawing import picture
from sn_planner.model.cidr import Cidr
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import DEFAULT_PROFILE, Choice, Demand, choose, demand_of, require_cluster
from sn_planner.model.extras import extra
from sn_planner.model.limits import max_nodes
from sn_planner.model.profiles import SHARED
from sn_planner.model.ranges import LONGEST_PREFIX, SHORTEST_PREFIX, AddressRange, RangeLike
from sn_planner.model.releases import RELEASES
from sn_planner.model.words import FIGURES, counted

_PREFIXES = range(SHORTEST_PREFIX, LONGEST_PREFIX + 1)
_ANYWHERE = "172.16.0.0"  # where a range stands that was not given: its figures are the same wherever
_MOST = 10**6  # of a figure that is given; more are no steps of a slider
_SPAN = 4  # a slider goes that many times beyond what is given
_ENDS = {"nodes": 16, "disks_per_node": 12, "images": 50}  # and at least as far as this
_CLASSIC = f"{DEFAULT_PROFILE} (no release given)"


class Explorer:
    """A cluster and a range behind sliders: the controls, what they mean, and a picture that follows them.

    `nodes`, `disks`, `images`, `release` ("" stands for the classic formula) and `prefix` are widgets of ipywidgets:
    their `value` moves them. `cluster`, `demand`, `range` and `text` are what they mean; `picture` holds the SVG. A
    notebook shows all of it, a viewer without widgets the picture.
    """

    def __init__(self, cluster: Cluster, range: RangeLike | None = None, *, harvester: str | None = None) -> None:
        """As `explore`, and without asking for a kernel."""
        nodes, disks, images = _figures(require_cluster(cluster))
        self._given, self._first = cluster, choose(None, harvester)
        kinds = {(node.disks, node.v2_data_engine) for node in cluster.storage if node.count}
        self._began = counted(disks, "disk") if len(kinds) > 1 else ""
        self._is_placed = range is not None
        start = _start(range, demand_of(_equal(cluster, nodes, disks, images), self._first))
        self._ranges = {one: AddressRange(Cidr(start.cidr.address, one).network, start.exclude) for one in _PREFIXES}
        widgets = extra("ipywidgets")
        self.nodes = _slider(widgets, "nodes", nodes, least=1)
        self.disks = _slider(widgets, "disks_per_node", disks)
        self.images = _slider(widgets, "images", images)
        releases = [(_CLASSIC, ""), *((one.harvester, one.harvester) for one in RELEASES)]
        self.release = widgets.Dropdown(options=releases, value=_name(self._first), **_look("Harvester release"))
        prefixes = [(f"/{one}", one) for one in _PREFIXES]
        self.prefix = widgets.SelectionSlider(options=prefixes, value=start.prefix_length, **_look("prefix"))
        self.picture = widgets.HTML()
        controls = (self.nodes, self.disks, self.images, self.release, self.prefix)
        self._box = widgets.VBox((*controls, self.picture))
        for control in controls:
            control.observe(self._redraw, "value")
        self._redraw()

    @property
    def cluster(self) -> Cluster:
        """Equal nodes as the sliders say, with the witnesses and RWX volumes of the cluster given."""
        return _equal(self._given, self.nodes.value, self.disks.value, self.images.value)

    @property
    def demand(self) -> Demand:
        """What the cluster needs on the chosen release [addresses]."""
        name, shared = self.release.value, SHARED if self._first.profile.shares_rwx else ""
        if name == _name(self._first):
            return demand_of(self.cluster, self._first)  # with the notes on what was asked for
        return demand_of(self.cluster, choose(None, name + shared) if name else choose(DEFAULT_PROFILE + shared))

    @property
    def range(self) -> AddressRange:
        """The range of the chosen prefix, around the address of the one given and with its excludes."""
        return self._ranges[self.prefix.value]

    @property
    def text(self) -> str:
        """What the picture says in words, a line each; the first is the verdict."""
        return "\n".join(self._sentences(self.demand))

    def _sentences(self, need: Demand) -> Iterator[str]:
        spare = self.range.usable - need.required
        room = f"{spare} spare" if spare >= 0 else f"{-spare} too few"
        place = str(self.range.cidr) if self._is_placed else f"a /{self.prefix.value}"
        peak = f"{counted(need.required, 'address')} at the peak of an upgrade"
        yield f"{peak}; {place} has {self.range.usable} usable, {room}."
        floor = f"an upgrade can stall with fewer than {need.stall_floor}" if need.can_stall else "no upgrade stalls"
        is_held = need.prefix_length is not None and need.prefix_length >= SHORTEST_PREFIX
        least = f"a /{need.prefix_length} is enough" if is_held else "no range that Harvester accepts is enough"
        yield f"{need.steady} when nothing happens; {floor}; {least}."
        yield f"For {need.cluster} ({need.profile.name}: {need.profile.formula})."
        if self._began:
            yield f"The nodes given differ: the sliders began with equal ones of {self._began}, the mean rounded up."
        yield from (f"{note}." for note in need.notes)

    def _redraw(self, _: object = None) -> None:
        need = self.demand
        held = {prefix: max_nodes(one.usable, need) or 0 for prefix, one in self._ranges.items()}
        run = Course.of(need, self.range.usable)
        self.picture.value = picture(self._sentences(need), run, held, self.nodes.value, self.prefix.value)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        shown: dict[str, Any] = self._box._repr_mimebundle_()
        # JupyterLab draws no SVG of a notebook that it does not trust, but a picture that has one as its data
        data = b64encode(self.picture.value.encode()).decode()
        page = f'<img alt="{escape(repr(self))}" src="data:image/svg+xml;base64,{data}">'
        return shown | {"text/plain": repr(self), "image/svg+xml": self.picture.value, "text/html": page}

    def __repr__(self) -> str:
        return f"Explorer({self.cluster}: {next(self._sentences(self.demand))})"


def explore(cluster: Cluster, range: RangeLike | None = None, *, harvester: str | None = None) -> Explorer:
    """Sliders for nodes, disks, transfers, release and prefix, in Jupyter; every move draws anew what it changes.

    A cluster of different nodes starts as equal ones with the mean of its disks, rounded up. `range` gives the address,
    the excludes and the first prefix (None: the prefix that `cluster` needs); `harvester` the first release, with
    "+rwx" behind it where RWX volumes share the network, on whatever release.

    Raises BadInput for what is no cluster or has no node that runs Longhorn, for a figure above a million, for a range
    that is no /16 to /30, for an unknown release, and where there is no Jupyter kernel; MissingExtraError where
    ipywidgets is not installed. Sources: those of `demand` and `simulate`.

    >>> explore(Cluster.uniform(nodes=5, disks_per_node=2, images=10))
    Traceback (most recent call last):
    sn_planner.errors.BadInput: Jupyter kernel is missing; call explore in a notebook, elsewhere demand and simulate
    """
    require_cluster(cluster)
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()  # whoever runs a kernel has imported it
    if getattr(shell, "kernel", None) is None:
        fix = "call explore in a notebook, elsewhere demand and simulate"
        raise BadInput("Jupyter kernel", ABSENT, "is missing", fix, "missing")
    return Explorer(cluster, range, harvester=harvester)


def _figures(cluster: Cluster) -> tuple[int, int, int]:
    """Nodes, the mean of their disks, rounded up, and images; raises BadInput for those that no slider can say."""
    nodes = cluster.storage_nodes
    if not nodes:
        fix = "give it at least one storage node"
        raise BadInput("cluster", ABSENT, "has no node that runs Longhorn", fix, "missing")
    figures = nodes, -(-cluster.disks // nodes), cluster.images
    others = cluster.witness_nodes, cluster.rwx_volumes or 0
    for name, figure in zip((*_ENDS, "witnesses", "rwx_volumes"), (*figures, *others), strict=True):
        if figure > _MOST:
            raise BadInput(name, figure, "is too many to explore", f"give at most {_MOST:,}", "too-many")
    return figures


def _equal(like: Cluster, nodes: int, disks: int, images: int) -> Cluster:
    """A cluster of equal nodes; all else is as another has it."""
    return Cluster.uniform(
        nodes=nodes,
        disks_per_node=disks,
        images=images,
        witnesses=like.witness_nodes,
        rwx_volumes=like.rwx_volumes,
        v2_data_engine=like.v2_nodes > 0,
    )


def _start(range: RangeLike | None, need: Demand) -> AddressRange:
    """The range given, or else the first of the prefix that is needed; raises BadInput for one that no slider has."""
    if range is None:
        return AddressRange(f"{_ANYWHERE}/{max(need.prefix_length or 0, SHORTEST_PREFIX)}")
    given = AddressRange(range)
    if given.prefix_length not in _PREFIXES:
        fix = f"give one from /{SHORTEST_PREFIX}, the largest that Harvester accepts, to /{LONGEST_PREFIX}"
        raise BadInput("range", str(given.cidr), "is too large or too small to explore", fix, "out-of-bounds")
    return given


def _name(choice: Choice) -> str:
    return "" if choice.release is None else choice.release.harvester


def _look(description: str) -> dict[str, Any]:
    return {"description": description, "style": {"description_width": "170px"}, "layout": {"width": "520px"}}


def _slider(widgets: Any, figure: str, value: int, least: int = 0) -> Any:
    most = max(_ENDS[figure], _SPAN * value)
    return widgets.IntSlider(value=value, min=least, max=most, **_look(FIGURES[figure]))
