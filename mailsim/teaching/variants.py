"""A variant of a scenario for each pupil: the same lesson with figures of one's own, so that neighbours can't copy.

Changed are the start and length of outages, the MX preference numbers (their order, and so the lesson, stays) and the seed.
All draws are addressed by the pupil's name and the scenario's, so a pupil gets the same figures on every machine, and what a
later version changes besides disturbs none of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from hashlib import sha256
from math import exp, log
from pathlib import Path
from typing import Any

from mailsim.draws import Draws
from mailsim.errors import UnsupportedError
from mailsim.scenario.doors import load
from mailsim.scenario.scenario import Scenario
from mailsim.units import duration, micros

__all__ = ["length_between", "seed_of", "variant"]

_MIN_US, _HOUR_US = 60_000_000, 3_600_000_000
#: a start lies between half and one and a half of the scenario's, a length between half and twice
_START, _LENGTH = (0.5, 1.5), (0.5, 2.0)
#: steps between neighbouring preference numbers of a variant: from 1 to this
_STEP = 15
#: the record type and preference of an MX line of a zone; the null MX (a dot for a host) is left alone
_MX = re.compile(r"(?P<type>\sMX\s+)(?P<number>\d+)(?=\s+[^\s.;])", re.IGNORECASE)


def seed_of(student: str, scenario: str) -> int:
    """The seed of a pupil's draws for a scenario; the case of letters and spaces around and within the name do not matter.

    Raises
    ------
    UnsupportedError
        The name is empty.
    """
    name = " ".join(unicodedata.normalize("NFKC", str(student)).casefold().split())
    if not name:
        raise UnsupportedError("student='': write your name, so that you get figures of your own")
    return int.from_bytes(sha256(f"mailsim variant 1\n{scenario}\n{name}".encode("utf-8", "replace")).digest()[:4], "big")


def variant(name: str | Path | Mapping[str, Any] | Scenario, *, student: str) -> Scenario:
    """The scenario with figures of the pupil's own; see the first lines of this file for what changes.

    Parameters
    ----------
    name : str, Path, dict or Scenario
        As for :func:`mailsim.load`.
    student : str
        The pupil's name.

    Examples
    --------
    >>> ours = variant("primary-outage", student="Ada")
    >>> ours == variant("primary-outage", student=" ada "), ours == variant("primary-outage", student="Ben")
    (True, False)
    """
    scenario = load(name)
    seed = seed_of(student, scenario.name)
    draws = Draws(seed)
    values = {**scenario.values(given=True), "seed": seed}
    if values.get("faults"):
        values["faults"] = [_fault(draws, k, fault) for k, fault in enumerate(values["faults"])]
    if values.get("zones") and not values.get("changes"):  # planned changes of a zone name its present records
        values["zones"] = [_renumbered(draws, k, zone) for k, zone in enumerate(values["zones"])]
    return load(values)


def _fault(draws: Draws, item: int, fault: dict[str, Any]) -> dict[str, Any]:
    """An outage with another start and length, where it has one of each."""
    if fault.get("kind") != "outage":
        return fault
    changed = dict(fault)
    if (start := _time(fault.get("start"))) and "every" not in fault:
        low, high = _START
        changed["start"] = duration(_round(start * (low + (high - low) * draws.uniform("teaching/outage start", item))))
    if (length := _time(fault.get("length"))) and "every" not in fault:
        low, high = _LENGTH
        changed["length"] = duration(length_between(draws, item, round(length * low), round(length * high)))
    return changed


def _time(value: object) -> int:
    """A duration in microseconds, or 0 where it is none (a calendar instant, nothing)."""
    try:
        return micros(value)
    except ValueError:
        return 0


def length_between(draws: Draws, item: int, shortest_us: int, longest_us: int) -> int:
    """A length from a range, each doubling equally likely, rounded to what one says."""
    share = draws.uniform("teaching/outage length", item)
    return min(max(_round(exp(log(shortest_us) + share * log(longest_us / shortest_us))), shortest_us), longest_us)


def _round(us: float) -> int:
    """To an hour from a day on, to five minutes from an hour on, to a minute from ten on, else to a second; never to nothing."""
    steps = ((24 * _HOUR_US, _HOUR_US), (_HOUR_US, 5 * _MIN_US), (10 * _MIN_US, _MIN_US))
    step = next((step for least, step in steps if us >= least), 1_000_000)
    return max(round(us / step), 1) * step


def _renumbered(draws: Draws, item: int, zone: Any) -> Any:
    """A zone with other preference numbers in the same order; equal ones stay equal."""
    if not isinstance(zone, str):
        return zone
    lines = [line.partition(";") for line in zone.split("\n")]
    numbers = sorted({int(found["number"]) for code, _, _ in lines for found in _MX.finditer(code)})
    fresh, last = {}, 0
    for turn, number in enumerate(numbers):
        last += 1 + int(draws.uniform("teaching/preference", item, turn) * _STEP)
        fresh[number] = last
    written = (_MX.sub(lambda found: f"{found['type']}{fresh[int(found['number'])]}", code) + mark + rest for code, mark, rest in lines)
    return "\n".join(written)
