"""Words that many messages share: numbers of things, some of many names, the nearest known name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from sn_planner.errors import printable

FIGURES = {
    "nodes": "nodes",
    "disks_per_node": "disks on each node",
    "disks": "disks in total",
    "images": "image transfers at once",
    "rwx_volumes": "running RWX volumes",
}
"""What a figure of a cluster is called where people read it."""

_SHOWN_NAMES = 3


def counted(count: int, thing: str, which: str = "") -> str:
    """A number of things in words; `which` tells them apart and stays as it is.

    >>> counted(1, "lease"), counted(0, "address"), counted(2, "node", "with the V2 data engine")
    ('1 lease', '0 addresses', '2 nodes with the V2 data engine')
    """
    plural = f"{thing}es" if thing.endswith("s") else f"{thing}s"
    return f"{count} {thing if count == 1 else plural}{' ' if which else ''}{which}"


def some(names: Collection[str], most: int = _SHOWN_NAMES) -> str:
    """The first of some names, printable, and how many more there are.

    >>> some(["a", "b", "c", "d"]), some(["a", "b"])
    ('a, b, c and 1 more', 'a, b')
    """
    text = ", ".join(printable(name) for name in islice(names, most))
    return f"{text} and {len(names) - most} more" if len(names) > most else text


def nearest(name: object, known: Iterable[str]) -> str:
    """What to write instead of an unknown name: the nearest known one, or else all of them.

    >>> nearest("clasic", ["classic", "consolidated"]), nearest(5, ["b", "a"])
    ("did you mean 'classic'?", 'known are a, b')
    """
    from difflib import get_close_matches

    names = sorted(known)
    near = get_close_matches(name, names, n=1) if isinstance(name, str) else []
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
