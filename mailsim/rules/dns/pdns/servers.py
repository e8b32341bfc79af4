"""Which server PowerDNS Recursor asks next: speeds that fade, servers and questions that are left alone for a while."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Protocol, TypeVar

from mailsim.rules.dns.machine import Chance
from mailsim.rules.dns.records import Question

__all__ = ["Servers", "ThrottleFigures", "shuffled"]

SECOND_US = 1_000_000
_T = TypeVar("_T")

#: microseconds that count for a server which did not answer (PowerDNS 4.8 syncres.cc doResolveAtThisIP: "1 sec")
_FAILED_US = 1_000_000
#: over which time a speed that is only read fades by e, seconds (syncres.hh DecayingEwmaCollection::get)
_FADE_S = 60.0


class ThrottleFigures(Protocol):
    """How long PowerDNS leaves a server alone."""

    server_down_max_fails: int
    server_down_throttle_time: int
    timeout_throttle_time: int
    timeout_throttle_tries: int
    unreachable_throttle_time: int
    unreachable_throttle_tries: int
    failure_throttle_time: int
    failure_throttle_tries: int


def shuffled(things: Sequence[_T], chance: Chance, purpose: str) -> list[_T]:
    """A random order (Fisher and Yates)."""
    found = list(things)
    for i in range(len(found) - 1, 0, -1):
        j = int(chance(purpose) * (i + 1))
        found[i], found[j] = found[j], found[i]
    return found


class _Speed:
    """The speeds of one name server's addresses, microseconds: a moving average that also fades by being read."""

    def __init__(self) -> None:
        self.read_us = 0
        self.values: dict[str, float] = {}

    def submit(self, address: str, usecs: int, t_us: int) -> None:
        old = self.values.get(address, 0.0)
        if old == 0.0:
            self.values[address] = float(usecs)
        else:
            factor = exp((self.read_us - t_us) / SECOND_US) / 2
            self.values[address] = (1 - factor) * usecs + factor * old

    def get(self, t_us: int) -> float:
        factor = exp((self.read_us - t_us) / SECOND_US / _FADE_S)
        self.read_us = t_us
        for address in self.values:
            self.values[address] *= factor
        return min(self.values.values(), default=0.0)


class Servers:
    """Memory of the servers: a host (or forwarder's address) has a speed, an address can be throttled, wholly or for a question."""

    def __init__(self, figures: ThrottleFigures, chance: Chance) -> None:
        self._figures = figures
        self._chance = chance
        self._speeds: dict[str, _Speed] = {}
        self._fails: dict[str, int] = {}
        self._throttled: dict[tuple[str, Question | None], list[int]] = {}

    def in_order(self, hosts: Sequence[str], t_us: int) -> list[str]:
        """Hosts by speed, unknown ones first, equal ones by chance (syncres.cc shuffleInSpeedOrder)."""
        speeds = {host: self._speeds.setdefault(host, _Speed()).get(t_us) for host in hosts}
        return sorted(shuffled(hosts, self._chance, "servers"), key=speeds.__getitem__)

    def answered(self, host: str, address: str, usecs: int, t_us: int) -> None:
        """A server gave a proper answer."""
        self._speeds.setdefault(host, _Speed()).submit(address, usecs, t_us)
        self._fails.pop(address, None)

    def failed(self, host: str, address: str, t_us: int) -> None:
        """Count a server as one that took a second."""
        self._speeds.setdefault(host, _Speed()).submit(address, _FAILED_US, t_us)

    def silent(self, host: str, address: str, question: Question, t_us: int, *, closed: bool, at_root: bool) -> None:
        """A server gave no answer; after ``server_down_max_fails`` of these in a row it is left alone altogether."""
        figures = self._figures
        self.failed(host, address, t_us)
        if figures.server_down_max_fails > 0 and not at_root:
            self._fails[address] = self._fails.get(address, 0) + 1
            if self._fails[address] >= figures.server_down_max_fails:
                self._throttle(address, None, figures.server_down_throttle_time, 10_000, t_us)
                return
        if closed:
            self._throttle(address, question, figures.unreachable_throttle_time, figures.unreachable_throttle_tries, t_us)
        else:
            self._throttle(address, question, figures.timeout_throttle_time, figures.timeout_throttle_tries, t_us)

    def refused(self, address: str, question: Question, t_us: int) -> None:
        """A server answered SERVFAIL or REFUSED, or could not be used otherwise."""
        self._throttle(address, question, self._figures.failure_throttle_time, self._figures.failure_throttle_tries, t_us)

    def left_alone(self, address: str, question: Question, t_us: int) -> bool:
        """Whether a server must not be asked this; each refusal uses up one of the throttle's tries (syncres.hh Throttle)."""
        for key in ((address, None), (address, question)):
            entry = self._throttled.get(key)
            if entry is None:
                continue
            if t_us // SECOND_US > entry[0] or entry[1] == 0:
                del self._throttled[key]
                continue
            entry[1] -= 1
            return True
        return False

    def _throttle(self, address: str, question: Question | None, time_us: int, tries: int, t_us: int) -> None:
        until_s = (t_us + time_us) // SECOND_US
        entry = self._throttled.get((address, question))
        if entry is None or entry[0] > until_s or entry[1] < tries:
            self._throttled[address, question] = [until_s, tries]
