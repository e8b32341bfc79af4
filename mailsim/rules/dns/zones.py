"""What an authoritative server answers: the algorithm of RFC 1034 section 4.3.2 on one zone."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any, NamedTuple

from mailsim.rules.dns.records import Question, Rcode, RRset, Zone

__all__ = ["Answer", "ZoneIndex", "zone_of"]

#: CNAME links followed inside one zone, then the chain so far is given (PowerDNS stops at 15, NSD and BIND later; observed)
LONGEST_CHAIN = 16

_CODE_WORDS = {Rcode.SERVFAIL: "SERVFAIL", Rcode.NXDOMAIN: "NXDOMAIN", Rcode.REFUSED: "REFUSED", Rcode.TIMEOUT: "no answer"}


class Answer(NamedTuple):
    """A response: code, CNAME links and final RRset in order, and the negative TTL in seconds (-1: no SOA given).

    ``rdatas`` are the final RRset's; ``()`` for NODATA, NXDOMAIN and errors.
    """

    rcode: int
    chain: tuple[RRset, ...] = ()
    rdatas: tuple[Any, ...] = ()
    ttl: int = 0
    negative_ttl: int = -1
    #: the name at which the chain ended outside the zone, "" when it is complete
    onward: str = ""
    #: what the authority section holds: the SOA of a negative answer with the TTL that it really carries, NS of a referral
    authority: tuple[RRset, ...] = ()
    #: what the additional section holds: addresses of name servers and mail servers
    additional: tuple[RRset, ...] = ()

    @property
    def soa(self) -> RRset | None:
        """The SOA of a negative answer, or None."""
        return next((rrset for rrset in self.authority if rrset.rtype == "SOA"), None)

    @property
    def delegation(self) -> RRset | None:
        """The NS records of a referral, which says neither yes nor no (RFC 1034 section 4.3.2 step 3b), or None."""
        if self.rcode != Rcode.NOERROR or self.chain:
            return None
        return next((rrset for rrset in self.authority if rrset.rtype == "NS"), None)

    @property
    def records(self) -> str:
        """The answer section as lines of a zone file (``mx1.example.com. 300 A 192.0.2.10``), in order."""
        return "\n".join(line for rrset in self.chain for line in rrset.lines)

    @property
    def text(self) -> str:
        """The answer as people read it: ``10 mx1.example.com, 20 mx2.example.com (TTL 3600)``."""
        if self.rcode != Rcode.NOERROR:
            return _CODE_WORDS[self.rcode]
        links = [f"{rrset.name} is an alias of {rrset.rdatas[0]}" for rrset in self.chain if rrset.rtype == "CNAME"]
        shown = [" ".join(str(part) if part != "" else "." for part in r) if isinstance(r, tuple) else str(r) for r in self.rdatas]
        return "; ".join([*links, ", ".join(shown) or "no such record"]) + (f" (TTL {self.ttl})" if self.rdatas else "")


class ZoneIndex:
    """A zone made ready for questions; answers are remembered, so equal questions get the same object."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.origin = zone.origin
        self._answers: dict[Question, Answer] = {}

    @cached_property
    def _names(self) -> frozenset[str]:
        return self.zone.names

    @cached_property
    def name_servers(self) -> tuple[str, ...]:
        """Hosts of the zone's NS records, in their order."""
        rrset = self.zone.rrsets.get((self.origin, "NS"))
        return tuple(rrset.rdatas) if rrset else ()

    @cached_property
    def negative_ttl(self) -> int:
        """min(SOA TTL, SOA minimum) (RFC 2308 section 5), -1 without SOA."""
        soa = self.zone.rrsets.get((self.origin, "SOA"))
        return min(soa.ttl, soa.rdatas[0][6]) if soa else -1

    def answer(self, question: Question) -> Answer:
        """The authoritative answer, CNAMEs inside the zone followed (RFC 1034 section 4.3.2 step 3a)."""
        known = self._answers.get(question)
        if known is None:
            known = self._answers[question] = self._answer(question)
        return known

    def _answer(self, question: Question) -> Answer:
        chain: list[RRset] = []
        name = question.name
        for _ in range(LONGEST_CHAIN):
            rrset = self._find(name, question.rtype)
            if rrset is not None:
                chain.append(rrset)
                return Answer(Rcode.NOERROR, tuple(chain), rrset.rdatas, min(r.ttl for r in chain))
            alias = self._find(name, "CNAME")
            if alias is None:
                # the code is that of the last name, also behind an alias (RFC 6604 section 3; BIND, NSD, Knot, PowerDNS observed)
                rcode = Rcode.NOERROR if self._exists(name) else Rcode.NXDOMAIN
                return Answer(rcode, tuple(chain), (), 0, self.negative_ttl)
            chain.append(alias)
            name = alias.rdatas[0]
            if not _inside(name, self.origin):
                return Answer(Rcode.NOERROR, tuple(chain), (), min(r.ttl for r in chain), self.negative_ttl, name)
        if name in {rrset.name for rrset in chain}:
            return Answer(Rcode.SERVFAIL)
        return Answer(Rcode.NOERROR, tuple(chain), (), min(r.ttl for r in chain), self.negative_ttl, name)

    def _exists(self, name: str) -> bool:
        return name in self._names or self._wildcard(name) is not None

    def _find(self, name: str, rtype: str) -> RRset | None:
        rrset = self.zone.rrsets.get((name, rtype))
        if rrset is not None or name in self._names:
            return rrset
        source = self._wildcard(name)
        wild = self.zone.rrsets.get((source, rtype)) if source else None
        return wild._replace(name=name) if wild else None

    def _wildcard(self, name: str) -> str | None:
        """The source of synthesis: ``*.`` at the closest encloser (RFC 4592 section 3.3.1)."""
        while name != self.origin and "." in name:
            name = name.partition(".")[2]
            if name in self._names:
                return f"*.{name}" if f"*.{name}" in self._names else None
        return None


def _inside(name: str, origin: str) -> bool:
    return name == origin or name.endswith("." + origin) or origin == ""


def zone_of(name: str, origins: Collection[str]) -> str | None:
    """The origin of the closest enclosing zone among ``origins``, or None."""
    while True:
        if name in origins:
            return name
        if "." not in name:
            return "" if "" in origins else None
        name = name.partition(".")[2]
