"""What a recursive program remembers: RRsets by name and type, what does not exist, and the deepest known delegation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailsim.rules.dns.machine import Hint
from mailsim.rules.dns.records import RRset

__all__ = ["Held", "Nothing", "Shelf", "parents"]

SECOND_US = 1_000_000


class Held(NamedTuple):
    """An RRset with the whole second in which it was filled and its time to live, seconds."""

    rrset: RRset
    filled_s: int
    ttl_s: int


class Nothing(NamedTuple):
    """A remembered "no": its rcode, the SOA that came with it (None: none), filled when, and for how long, seconds."""

    rcode: int
    soa: RRset | None
    filled_s: int
    ttl_s: int


def parents(name: str) -> Iterator[str]:
    """The name and everything above it, the root ("") last."""
    while name:
        yield name
        name = name.partition(".")[2]
    yield ""


class Shelf:
    """Records on an explicit clock, aged in whole wall-clock seconds as the programs do.

    Parameters
    ----------
    hit_at_ttl : bool
        Whether an entry still answers when its age equals its TTL (kresd), or no longer (PowerDNS); both recorded in
        ``cache_ttl5`` and ``cache_ttl_small``.
    phase_us : int
        Where in the wall-clock second t = 0 lies.
    """

    def __init__(self, *, hit_at_ttl: bool, phase_us: int = 0) -> None:
        self._grace = 1 if hit_at_ttl else 0
        self._phase_us = phase_us
        self._sets: dict[tuple[str, str], Held] = {}
        self._nothing: dict[tuple[str, str], Nothing] = {}

    def second(self, t_us: int) -> int:
        """The wall-clock second of an instant."""
        return (t_us + self._phase_us) // SECOND_US

    def start_us(self, second: int) -> int:
        """The instant at which a wall-clock second begins."""
        return second * SECOND_US - self._phase_us

    def put(self, rrset: RRset, ttl_s: int, t_us: int) -> None:
        """Keep an RRset for ``ttl_s``; it replaces what was kept under its name and type."""
        key = (rrset.name, rrset.rtype)
        self._sets[key] = Held(rrset, self.second(t_us), ttl_s)
        self._nothing.pop(key, None)

    def put_nothing(self, name: str, rtype: str, found: tuple[int, RRset | None], ttl_s: int, t_us: int) -> None:
        """Keep a "no" ``(rcode, SOA)`` under a name and type (type ``""``: for every type)."""
        self._nothing[name, rtype] = Nothing(*found, self.second(t_us), ttl_s)

    def left_s(self, held: Held | Nothing, t_us: int) -> int:
        """The TTL that is left; negative when it is over."""
        return held.filled_s + held.ttl_s - self.second(t_us)

    def fresh(self, held: Held | Nothing, t_us: int) -> bool:
        """Whether an entry still answers."""
        return self.left_s(held, t_us) + self._grace > 0

    def held(self, name: str, rtype: str) -> Held | None:
        """The entry, also when its life is over."""
        return self._sets.get((name, rtype))

    def get(self, name: str, rtype: str, t_us: int) -> RRset | None:
        """The RRset with the TTL that is left, or None."""
        held = self._sets.get((name, rtype))
        return None if held is None or not self.fresh(held, t_us) else held.rrset._replace(ttl=self.left_s(held, t_us))

    def held_nothing(self, name: str, rtype: str) -> Nothing | None:
        """The "no" for a name and type, also when its life is over."""
        return self._nothing.get((name, rtype))

    def nothing(self, name: str, rtype: str, t_us: int) -> Nothing | None:
        """The fresh "no" for a name and type."""
        found = self._nothing.get((name, rtype))
        return None if found is None or not self.fresh(found, t_us) else found

    def cut(self, name: str, hints: Sequence[Hint], t_us: int) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
        """The deepest known zone at or above a name: its origin and its servers with the addresses that are known."""
        known = {hint.origin: hint.servers for hint in hints}
        for origin in parents(name):
            rrset = self.get(origin, "NS", t_us)
            if rrset is not None:
                return origin, tuple((host, self.addresses(host, t_us)) for host in rrset.rdatas)
            if origin in known:
                return origin, known[origin]
        return "", known.get("", ())

    def addresses(self, host: str, t_us: int) -> tuple[str, ...]:
        """The IPv4 addresses of a host that are known."""
        rrset = self.get(host, "A", t_us)
        return () if rrset is None else tuple(rrset.rdatas)
