"""Replayed traffic: recorded arrivals from a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from mailsim.language import say
from mailsim.scenario.document import Path
from mailsim.scenario.traffic.line import Origins, Recipients, Source, TrafficBase
from mailsim.scenario.traffic.recorded import Recorded, recorded
from mailsim.units import Instant

__all__ = ["Replay"]


class Replay(TrafficBase):
    """One message for each row of a CSV: ``file: arrivals.csv`` beside the scenario, or its text as ``csv``.

    The first line names the columns: ``instant`` (seconds, a duration, or a calendar instant) and, as far as recorded, ``from``,
    ``to`` (several recipients of one message with spaces between) and ``size``.  What a row leaves out is as the line of traffic
    says.  The text is part of the scenario and of its digest.
    """

    from_: Origins = Field(default="", alias="from")
    to: Recipients = Field(default=(), validate_default=False)
    kind: Literal["replay"]
    file: str | None = None
    csv: Annotated[str, StringConstraints(strip_whitespace=False)] | None = None  # line numbers count from its first

    @model_validator(mode="after")
    def _given(self) -> Replay:
        if (self.file is None) == (self.csv is None):
            raise ValueError("a replay has one source: file: arrivals.csv, or csv with the text itself")
        return self

    def _read(self, starts: Instant | None = None) -> Recorded:
        return recorded(self.csv or "", starts)

    @property
    def origins(self) -> tuple[str, ...]:
        """What ``from`` names, here and in the rows."""
        return tuple(dict.fromkeys((*super().origins, *(row.sender for row in self._read().rows if row.sender))))

    @cached_property
    def recipients(self) -> tuple[str, ...]:
        """Every address that mail may go to, from here and from the rows."""
        return tuple(dict.fromkeys((*self.listed, *(to for row in self._read().rows for to in row.recipients))))

    @property
    def alike(self) -> bool:
        """Rows may differ."""
        return False

    def named(self, starts: Instant) -> Iterator[tuple[Path, str, int]]:
        """What ``from`` names here, and what each row that is the first to name it does."""
        yield from super().named(starts)
        told: set[str] = set()
        for row in sorted(self._read(starts).rows):
            if row.sender and row.sender not in told:
                told.add(row.sender)
                yield ("csv",), row.sender, row.line

    def wrong(self, starts: Instant) -> Iterator[tuple[Path, str, int]]:
        """Every row that can't be used; and who sends to whom is said there or here."""
        if self.csv is None:
            yield ("file",), "the file was not read; load the scenario from a file, or give the text as csv", 0
            return
        found = self._read(starts)
        yield from ((("csv",), what, line) for line, what in found.problems)
        for name, here, missing in (("from", self.from_, "sender"), ("to", self.to, "recipients")):
            if here or not found.columns:
                continue
            if name not in found.columns:
                yield (), f"the file has no column {name}; give {name} here or in the file", 0
                continue
            for row in found.rows:
                if not getattr(row, missing):
                    yield ("csv",), f"{name}: the cell is empty, and the line of traffic says nothing of it", row.line
                    break

    def instants(self, source: Source) -> Iterator[int]:
        """Those of the rows."""
        return (row.at_us for row in self._read(source.starts).rows)

    def senders(self, source: Source, *, early: bool = False) -> Callable[[int], str]:
        """The row's, else one of those named here."""
        rows, here = self._read(source.starts).rows, super().senders(source)
        return lambda k: rows[k].sender or here(k)

    def envelopes(self, source: Source, *, early: bool = False) -> Callable[[int], list[tuple[str, ...]]]:
        """The row's recipients, together unless ``fan_out`` is ``each``; else as this line of traffic says."""
        rows, here, each = self._read(source.starts).rows, super().envelopes(source), self.fan_out == "each"

        def of(k: int) -> list[tuple[str, ...]]:
            own = rows[k].recipients
            return here(k) if not own else [(one,) for one in own] if each else [own]

        return of

    def octets(self, source: Source, *, early: bool = False) -> Callable[[int], int]:
        """The row's size, else a drawn one."""
        rows, here = self._read(source.starts).rows, super().octets(source)

        def of(k: int) -> int:
            size = rows[k].octets
            return here(k) if size is None else size

        return of

    def times_sent(self, starts: Instant) -> float:
        """The number of rows."""
        return len(self._read(starts).rows)

    def messages(self, starts: Instant) -> float:
        """Rows, or with ``fan_out: each`` their recipients."""
        return self.deliveries(starts) if self.spread == "each" else self.times_sent(starts)

    def deliveries(self, starts: Instant) -> float:
        """The recipients of all rows."""
        here = 1 if self.spread == "one" else len(self.listed)
        return sum(len(row.recipients) or here for row in self._read(starts).rows)

    def said(self) -> str:
        """Number of rows and where they come from."""
        return say("portrait.replay", count=len(self._read().rows))

    def said_to(self) -> str:
        """To whom, in words."""
        return super().said_to() or say("portrait.recorded")
