"""Numbers by name, as a frozen value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Tally(Mapping[str, int]):
    """A mapping from names to whole numbers that cannot change: hashable, and equal to any mapping that is alike.

    >>> Tally({"a": 1}) == {"a": 1}, hash(Tally({"a": 1, "b": 2})) == hash(Tally({"b": 2, "a": 1}))
    (True, True)
    """

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = dict(numbers)

    def __getitem__(self, name: str) -> int:
        return self._numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __hash__(self) -> int:
        return hash(frozenset(self._numbers.items()))

    def __repr__(self) -> str:
        return f"Tally({self._numbers})"
