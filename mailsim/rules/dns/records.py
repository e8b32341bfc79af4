"""Zones, RRsets and questions as plain values, ready for answering a million times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["Question", "RRset", "Rcode", "Zone"]


class Rcode:
    """Response codes (RFC 1035 section 4.1.1) and one of ours: no answer at all."""

    NOERROR = 0
    SERVFAIL = 2
    NXDOMAIN = 3
    REFUSED = 5
    TIMEOUT = 99  #: nothing came back in the asker's time


class Question(NamedTuple):
    """A name (lower case, no final dot) and a type (``MX``)."""

    name: str
    rtype: str


class RRset(NamedTuple):
    """Records of one name and type.

    ``rdatas`` holds for A, AAAA, NS, CNAME, PTR a str (names in lower case without final dot, the root as ``""``),
    for MX ``(preference, host)``, for SRV ``(priority, weight, port, target)``, for SOA
    ``(mname, rname, serial, refresh, retry, expire, minimum)``, for all else the presentation text.  ``ttl`` in seconds.
    """

    name: str
    rtype: str
    ttl: int
    rdatas: tuple[Any, ...]

    @property
    def lines(self) -> list[str]:
        """The records as lines of a zone file, names with their final dot."""
        return [f"{self.name}. {self.ttl} {self.rtype} {_presented(self.rtype, rdata)}" for rdata in self.rdatas]


_NAMES_LAST = {"NS", "CNAME", "PTR", "MX", "SRV"}


def _presented(rtype: str, rdata: Any) -> str:
    """An rdata in presentation form (RFC 1035 section 5.1)."""
    if rtype == "SOA":
        mname, rname, *numbers = rdata
        return " ".join([f"{mname}.", f"{rname}.", *map(str, numbers)])
    text = " ".join(map(str, rdata)) if isinstance(rdata, tuple) else str(rdata)
    return f"{text}." if rtype in _NAMES_LAST else text


@dataclass(frozen=True)
class Zone:
    """A zone: its origin and its RRsets by (name, type)."""

    origin: str
    rrsets: dict[tuple[str, str], RRset]

    @property
    def names(self) -> frozenset[str]:
        """Every name that exists, empty non-terminals included (RFC 4592 section 2.2.2)."""
        found = set()
        for name, _ in self.rrsets:
            while name and name != self.origin and name not in found:
                found.add(name)
                name = name.partition(".")[2]
        found.add(self.origin)
        return frozenset(found)
