"""What is remembered with the instant from which on it holds, and read as of an instant.

Sessions are worked out when they begin, ahead of the clock; so what one of them leaves behind may be written before another
one reads, though it comes later.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import Generic, TypeVar

__all__ = ["Notes"]

T = TypeVar("T")

_INSTANT = itemgetter(0)
#: so many of a key are kept: more than sessions can overlap with each other about one key
_KEPT = 64


class Notes(Generic[T]):
    """Values by key and instant."""

    __slots__ = ("_notes",)

    def __init__(self) -> None:
        self._notes: dict[str, list[tuple[int, T]]] = {}

    def as_of(self, key: str, t_us: int) -> T | None:
        """The value that holds at an instant."""
        notes = self._notes.get(key)
        k = bisect_right(notes, t_us, key=_INSTANT) if notes else 0
        return notes[k - 1][1] if notes and k else None

    def after(self, key: str, t_us: int) -> list[tuple[int, T]]:
        """What is known already to hold from later instants on."""
        notes = self._notes.get(key, [])
        return notes[bisect_right(notes, t_us, key=_INSTANT) :]

    def write(self, key: str, t_us: int, value: T) -> None:
        """The value holds from ``t_us`` on."""
        notes = self._notes.setdefault(key, [])
        notes.insert(bisect_right(notes, t_us, key=_INSTANT), (t_us, value))
        del notes[:-_KEPT]
