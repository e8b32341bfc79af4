"""A flavour's schedule as a table: when mail is tried, how often within a time, and when it is given up."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from mailsim.flavours.models import MtaFigures
from mailsim.flavours.retry_models import Listed
from mailsim.rules.retry import AgeClampedPolicy
from mailsim.rules.retry.walk import lone_attempts
from mailsim.units import clock, micros

__all__ = ["Schedule", "schedule_of"]

#: what the table tells of every flavour
WITHIN = ("1h", "6h", "24h")
OUTAGES = ("6h", "24h")


class Schedule(NamedTuple):
    """When a message is tried that fails at once every time, as ages in microseconds.

    Attributes
    ----------
    name, label : str
        The flavour, and what must be said beside its name.
    ages_us : tuple of int
        Every attempt, the first at 0.
    given_up_us : int or None
        When the message is returned; None: unknown, since nobody has seen it tried for longer.
    interpolated : frozenset of int
        The ages that are not measured but evenly spaced between measured ones.
    scan_us : int
        The interval of queue runs, 0 where there are none.
    """

    name: str
    label: str
    ages_us: tuple[int, ...]
    given_up_us: int | None
    interpolated: frozenset[int] = frozenset()
    scan_us: int = 0

    @property
    def known_until_us(self) -> int | None:
        """Beyond this age nothing is known; None where all is."""
        return self.ages_us[-1] if self.given_up_us is None else None

    def within(self, age: str | int) -> int:
        """How many attempts are made until a message is ``age`` old, that age included."""
        return bisect_right(self.ages_us, micros(age) if isinstance(age, str) else age)

    def delivered_after(self, outage: str | int) -> int | None:
        """The age at which a message sent at the start of an outage is delivered, in microseconds; None where it is not.

        It then comes back, unless :attr:`known_until_us` says that nobody knows.
        """
        place = bisect_left(self.ages_us, micros(outage) if isinstance(outage, str) else outage)
        return self.ages_us[place] if place < len(self.ages_us) else None

    def first(self, count: int = 10) -> tuple[str, ...]:
        """The first ages for reading, those that are not measured with a ``~``."""
        return tuple(("~" if age in self.interpolated else "") + (clock(age) if age else "0") for age in self.ages_us[:count])

    def fate(self, outage: str | int) -> str:
        """What becomes of a message sent at the start of an outage: its age on delivery, ``returned``, or ``unknown``."""
        age = self.delivered_after(outage)
        return clock(age) if age is not None else "unknown" if self.given_up_us is None else "returned"

    @property
    def last(self) -> str:
        """The last attempt, for reading."""
        return clock(self.ages_us[-1]) if len(self.ages_us) > 1 else "0"

    @property
    def end(self) -> str:
        """When it is given up, for reading."""
        return "unknown" if self.given_up_us is None else clock(self.given_up_us)

    def rows(self) -> list[tuple[str, str]]:
        """The table: what, and the figure."""
        tries = [(f"attempts within {span}", self._tries(span)) for span in WITHIN]
        after = [(f"outage of {span}: delivered at the age of", self.fate(span)) for span in OUTAGES]
        runs = [("queue run every", f"{clock(self.scan_us)}, the first one with the first attempt")] if self.scan_us else []
        last = [("last attempt", f"{self.last} (attempt {len(self.ages_us)})"), ("returned at the age of", self.end)]
        return [("first attempts", ", ".join(self.first())), *runs, *tries, *last, *after]

    def _tries(self, span: str) -> str:
        beyond = self.known_until_us is not None and self.known_until_us < micros(span)
        return f"{self.within(span)}{' seen, then unknown' if beyond else ''}"

    def __repr__(self) -> str:
        head = f"{self.name} ({self.label})" if self.label else self.name
        wide = max(len(what) for what, _ in self.rows())
        return "\n".join([head, *(f"  {what.ljust(wide)}  {figure}" for what, figure in self.rows())])


def schedule_of(name: str, label: str, figures: MtaFigures, *, phase: float = 0.0, grid: bool = True, draw: float = 0.5) -> Schedule:
    """The schedule of these figures; see :func:`mailsim.flavours.schedule`."""
    retry = figures.retry
    policy = retry.policy()
    scan = retry.grid_us if grid else 0
    if isinstance(policy, AgeClampedPolicy) and not grid:
        policy = policy._replace(scan_us=0)
    found = lone_attempts(
        policy, figures.give_up.rule(), figures.queue_lifetime, scan_us=scan, phase_us=int(phase * retry.grid_us), draw=draw
    )
    guessed = frozenset(age for age, made_up in retry.instants() if made_up) if isinstance(retry, Listed) else frozenset()
    return Schedule(name, label, found.ages_us, found.given_up_us, guessed, retry.grid_us if grid else 0)
