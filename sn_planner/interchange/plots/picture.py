"""What every picture shares: where it is drawn, how it shows itself, and how it is saved."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sn_planner.errors import BadInput, printable
from sn_planner.interchange.outputs import written_whole
from sn_planner.model.durations import DAY, HOUR
from sn_planner.model.extras import extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (8.0, 4.5)  # inches: legible at the width of a page
FORMATS = (".png", ".svg", ".pdf")
# colours that the colour-blind tell apart, Okabe and Ito 2008
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PINK = (
    *("#000000", "#e69f00", "#56b4e9", "#009e73"),
    *("#f0e442", "#0072b2", "#d55e00", "#cc79a7"),
)
FLAT = 5  # a limit that many times above the peak would press all of it to the ground
_LONG = 3 * DAY  # from here on time is told in days
_MOST_TICKS = 12


class Picture:
    """A picture that shows itself in a notebook: its `axes`, and `save` into a file."""

    def __init__(self, axes: Axes) -> None:
        """Keeps the Axes that were drawn on."""
        self.axes = axes

    def save(self, path: str | Path) -> None:
        """Writes it as PNG, SVG or PDF, by the file's name; raises BadInput where that is not possible."""
        save(self.axes, path)

    def __repr__(self) -> str:
        title = self.axes.get_title(loc="left") or self.axes.get_title()
        return f"Picture({title.partition(chr(10))[0]!r})"

    def _repr_png_(self) -> bytes:
        data = BytesIO()
        figure: Any = self.axes.get_figure(root=True)
        with _any_letter():
            figure.savefig(data, format="png", dpi=100, bbox_inches="tight", facecolor="white")
        return data.getvalue()


def format_of(path: str | Path) -> str:
    """The format that a file's name asks for; raises BadInput for a name that asks for none of them."""
    suffix = Path(path).suffix.lower() if isinstance(path, str | Path) else ""
    if suffix not in FORMATS:
        *others, last = FORMATS
        fix = f"name a file that ends in {', '.join(others)} or {last}"
        raise BadInput("plot", path, "is no picture", fix, "unknown-name")
    return suffix[1:]


def save(ax: Axes, path: str | Path) -> None:
    """Writes the figure of `ax` as PNG, SVG or PDF, by the file's name; raises BadInput where that is not possible."""
    style = format_of(path)
    figure: Any = ax.get_figure(root=True)
    try:
        with written_whole(path) as beside, _any_letter():
            figure.savefig(beside, format=style, dpi=150, bbox_inches="tight", facecolor="white")
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        problem = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        raise BadInput("plot", path, problem, "name a file that can be written", "unwritable") from None


@contextmanager
def _any_letter() -> Iterator[None]:
    """Names may have letters that the font lacks: they become boxes, and nobody is warned."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def require(field: str, value: object, kinds: type | tuple[type, ...], maker: str) -> None:
    """Raises BadInput for what is no result of the kind that a plot draws."""
    if not isinstance(value, kinds):
        names = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
        raise BadInput(field, value, f"is no {names}", f"give what {maker} answers", "wrong-type")


def drawn_on(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """The Axes to draw on: those given, or those of a figure of its own."""
    if ax is None:
        axes: Axes = extra("matplotlib.figure").Figure(figsize=size).subplots()
        return axes
    kind: type = extra("matplotlib.axes").Axes
    if not isinstance(ax, kind):
        raise BadInput("ax", ax, "is no Axes of matplotlib's", "leave it out for a new figure", "wrong-type")
    return ax


def time_unit(end: int) -> tuple[int, str]:
    """What time is told in, up to an end [seconds]: the length of a unit, and its name."""
    return (DAY, "days") if end > _LONG else (HOUR, "hours")


def literal(text: object) -> str:
    """Foreign text for a picture: on one line, and no formula of matplotlib's."""
    return printable(str(text)).replace("$", r"\$")


def whole_ticks(axis: Any, most: int = _MOST_TICKS) -> None:
    """Ticks at whole numbers only, and at round ones, on an axis that counts."""
    ticks = extra("matplotlib.ticker")
    axis.set_major_locator(ticks.MaxNLocator(integer=True, nbins=most, steps=(1, 2, 5, 10)))
    axis.set_major_formatter(ticks.StrMethodFormatter("{x:,.0f}"))


def titled(ax: Axes, lines: Iterable[str], columns: int = 4, labels: int = 0) -> None:
    """A title of some lines, and below it, in columns, what is drawn: several of a kind have one entry.

    `labels` are the lines of text that stand on the picture's upper side, which the legend leaves free.
    """
    named = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1 + 0.04 * labels), "ncols": columns}
    look: dict[str, Any] = {"frameon": False, "borderaxespad": 0.2, "handlelength": 1.6, "columnspacing": 1.4}
    ax.legend(named.values(), named.keys(), fontsize=9, **place, **look)
    rows = -(-len(named) // columns)
    ax.set_title("\n".join(lines), loc="left", fontsize=11, pad=8 + 16 * rows + 13 * labels)
