"""Outages at random: alternating renewal processes, and groups of them that fail together for a part.

Draws are addressed by a label (what fails), the number of the outage, and what is drawn; so they depend neither on the
horizon nor on anything else in the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailsim.draws import Distribution, Draws, Exponential

__all__ = ["SETTLING_CYCLES", "Service", "alternating", "with_common_causes"]

#: A service that is not fresh began between so many and one more mean cycles before the time that is looked at.  The random
#: part makes even strictly periodic outages fall evenly; the whole cycles let the state at the beginning be forgotten (for
#: exponential times, what is left of it is below e ** -80).
SETTLING_CYCLES = 20

_UP, _DOWN = 0, 1


class Service(NamedTuple):
    """How something fails: times up and down, and the stretch of time that is looked at."""

    up: Distribution
    down: Distribution
    start_us: int
    until_us: int
    fresh: bool

    def begin_us(self, draws: Draws, label: str) -> int:
        """The instant at which it was new."""
        if self.fresh:
            return self.start_us
        cycle = self.up.mean + self.down.mean
        return self.start_us - int((SETTLING_CYCLES + draws.uniform(f"service {label}", 0)) * cycle)

    def cut(self, start_us: int, end_us: int) -> tuple[int, int] | None:
        """What of an outage lies in the time that is looked at."""
        start, end = max(start_us, self.start_us), min(end_us, self.until_us)
        return (start, end) if start < end else None


def alternating(draws: Draws, label: str, service: Service) -> list[tuple[int, int]]:
    """The outages of one service: up for a time, down for a time, all independent of each other.

    In the long run, and at every instant if it is not fresh, it is up with the probability E[up] / (E[up] + E[down]) (renewal
    reward theorem: Ross, Introduction to Probability Models, section 7.4).
    """
    found = []
    t = service.begin_us(draws, label)
    stream, outage = f"outages {label}", 0
    while t < service.until_us:
        fails = t + service.up.sample(draws.uniform(stream, outage, _UP))
        t = fails + service.down.sample(draws.uniform(stream, outage, _DOWN))
        outage += 1
        seen = service.cut(fails, t)
        if seen is not None:
            found.append(seen)
    return found


def with_common_causes(
    draws: Draws, label: str, members: Sequence[str], service: Service, together: float
) -> list[list[tuple[int, int]]]:
    """The outages of each member of a group whose members fail for causes of their own and for common ones.

    Times up are exponential with mean m.  Causes come as Poisson processes: common ones at the rate ``together`` / m, which
    strike all members that are up at that instant, with one time down for all of them; own ones of each member at the rate
    (1 - ``together``) / m (Marshall and Olkin, J. Amer. Statist. Assoc. 62 (1967) 30; the beta factor of reliability
    engineering, IEC 61508-6 annex D).  What is down is not struck again.

    So a member that is up fails at the rate ``together`` / m + (1 - ``together``) / m = 1 / m, whatever the others do, and then
    has a time down of the given distribution: by itself each member is the alternating renewal process that it would be
    alone, whatever ``together`` is.  Two members with exponential times down and r = MTTR / MTBF are both down for the share
    (together r + (1 - together) r^2) / ((1 + r) (1 + (1 - together) r)) of the time, by the balance of the chain of their
    states: (1 - a)^2 at 0, 1 - a at 1.
    """
    assert isinstance(service.up, Exponential), "only what forgets its age keeps its own MTBF in a group"
    assert 0 < together < 1, together
    begin = service.begin_us(draws, label)
    common = list(_causes(draws, f"common outages {label}", service, begin, service.up.mean / together))
    found = []
    for member in members:
        own = _causes(draws, f"own outages {member}", service, begin, service.up.mean / (1 - together))
        up_again, outages = begin, []
        for strikes, lasts in sorted([*common, *own]):
            if strikes >= up_again and lasts:
                up_again = strikes + lasts
                seen = service.cut(strikes, up_again)
                if seen is not None:
                    outages.append(seen)
        found.append(outages)
    return found


def _causes(draws: Draws, stream: str, service: Service, begin_us: int, mean_us: float) -> Iterator[tuple[int, int]]:
    """Instants of a Poisson process, each with how long what it strikes is down."""
    gaps, t, number = Exponential(mean_us), begin_us, 0
    while True:
        t += gaps.sample(draws.uniform(stream, number, _UP))
        if t >= service.until_us:
            return
        yield t, service.down.sample(draws.uniform(stream, number, _DOWN))
        number += 1
