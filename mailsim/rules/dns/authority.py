"""What an authoritative server puts on the wire: answers, referrals, the SOA of a "no", addresses of mail servers; and its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.zones import Answer, ZoneIndex, zone_of

__all__ = ["REFUSED", "Manner", "answer_octets", "respond"]

REFUSED = Answer(Rcode.REFUSED)  #: what a server says about names that it does not serve (BIND, NSD, Knot, PowerDNS observed)


class Manner(NamedTuple):
    """How a server writes its answers.

    Parameters
    ----------
    additional : bool
        Answers to MX, SRV and NS questions carry the addresses of the hosts (RFC 1035 section 3.3.9; BIND, NSD, Knot and
        PowerDNS observed).
    follow_aliases : bool
        A chain of aliases inside the zone is answered as a whole (RFC 1034 section 4.3.2 step 3a), else its first link.
    soa : bool
        A "no" carries the SOA, as RFC 2308 section 3 demands.
    soa_ttl_as_is : bool
        That SOA has its own TTL; real servers write min(TTL, MINIMUM) there (RFC 2308 section 3; the four observed).
    recursive : bool
        Answers for every zone and follows aliases from zone to zone: stands for a recursive resolver that knows everything.
    permuted : bool
        The records of an answer come in a drawn order.
    order_us : int
        How long such an order stays; 0: each answer has its own.
    """

    additional: bool = True
    follow_aliases: bool = True
    soa: bool = True
    soa_ttl_as_is: bool = False
    recursive: bool = False
    permuted: bool = False
    order_us: int = 0


def respond(zones: dict[str, ZoneIndex], question: Question, manner: Manner) -> Answer:
    """What a server of these zones (by origin) answers to a question."""
    origin = zone_of(question.name, zones)
    if origin is None:
        return REFUSED
    index = zones[origin]
    referral = None if manner.recursive else _referral(index, question)
    if referral is not None:
        return referral
    alias = None if manner.follow_aliases else index.answer(Question(question.name, "CNAME"))
    if alias is not None and alias.rdatas and question.rtype != "CNAME":
        answer = alias._replace(rdatas=(), onward=alias.rdatas[0])
    else:
        answer = _left_zone(zones, origin, index.answer(question))
    if manner.recursive:
        answer = _followed(zones, answer, question)
    if answer.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
        return answer
    if not answer.rdatas and not answer.onward:
        soa = _soa(zones[zone_of(answer.chain[-1].rdatas[0] if answer.chain else question.name, zones) or origin], manner)
        return answer._replace(authority=() if soa is None else (soa,))
    if answer.rdatas and manner.additional:
        return answer._replace(additional=_addresses(zones, answer.chain[-1]))
    return answer


def _referral(index: ZoneIndex, question: Question) -> Answer | None:
    """The uppermost delegation between the zone's origin and the name (RFC 1034 section 4.3.2 step 3b)."""
    labels = question.name.split(".")
    own = len(index.origin.split(".")) if index.origin else 0
    for k in range(len(labels) - own - 1, -1, -1):
        ns = index.zone.rrsets.get((".".join(labels[k:]), "NS"))
        if ns is not None and not (k == 0 and question.rtype == "DS"):
            return Answer(Rcode.NOERROR, authority=(ns,), additional=_addresses({index.origin: index}, ns))
    return None


def _soa(index: ZoneIndex, manner: Manner) -> RRset | None:
    soa = index.zone.rrsets.get((index.origin, "SOA")) if manner.soa else None
    if soa is None or manner.soa_ttl_as_is:
        return soa
    return soa._replace(ttl=min(soa.ttl, soa.rdatas[0][6]))


def _hosts(rrset: RRset) -> list[str]:
    if rrset.rtype in ("MX", "SRV"):
        return [rdata[-1] for rdata in rrset.rdatas]
    return list(rrset.rdatas) if rrset.rtype == "NS" else []


def _addresses(zones: dict[str, ZoneIndex], rrset: RRset) -> tuple[RRset, ...]:
    """The addresses of the hosts that an RRset names, as far as the server's own zones know them (glue included)."""
    found = []
    for host in _hosts(rrset):
        origin = zone_of(host, zones)
        for rtype in ("A", "AAAA"):
            address = None if origin is None else zones[origin].zone.rrsets.get((host, rtype))
            if address is not None:
                found.append(address)
    return tuple(found)


def _left_zone(zones: dict[str, ZoneIndex], origin: str, answer: Answer) -> Answer:
    """An alias whose target lies in another zone of the server, be it below this one, is looked up there (RFC 1034 section 4.3.2
    step 3a: the search for the nearest zone starts again).
    """
    if answer.rdatas or answer.onward or not answer.chain:
        return answer
    target = answer.chain[-1].rdatas[0]
    if zone_of(target, zones) == origin:
        return answer
    return answer._replace(rcode=Rcode.NOERROR, ttl=min(rrset.ttl for rrset in answer.chain), onward=target)


def _followed(zones: dict[str, ZoneIndex], answer: Answer, question: Question) -> Answer:
    """The chain of an answer through all zones, as far as 16 of them."""
    chain, onward = answer.chain, answer.onward
    for _ in range(16):
        origin = zone_of(onward, zones) if onward else None
        if origin is None:
            break
        answer = zones[origin].answer(Question(onward, question.rtype))
        chain, onward = (*chain, *answer.chain), answer.onward
    ttl = min((rrset.ttl for rrset in chain), default=answer.ttl)
    return answer._replace(chain=chain, ttl=ttl)


#: octets of a header, of a question behind its name, of a record behind its (compressed) owner (RFC 1035 section 4.1), of OPT
_HEADER, _ASKED, _RECORD, _OPT = 12, 4, 12, 11
_FIXED = {"A": 4, "AAAA": 16}


def answer_octets(question: Question, answer: Answer) -> int:
    """About how long an answer is on the wire: names in records count one new label and a pointer (RFC 1035 section 4.1.4)."""
    return (
        _HEADER
        + len(question.name)
        + 2
        + _ASKED
        + _OPT
        + sum(_rrset_octets(rrset) for part in (answer.chain, answer.authority, answer.additional) for rrset in part)
    )


def _rrset_octets(rrset: RRset) -> int:
    return sum(_RECORD + _rdata_octets(rrset.rtype, rdata) for rdata in rrset.rdatas)


def _rdata_octets(rtype: str, rdata: object) -> int:
    if rtype in _FIXED:
        return _FIXED[rtype]
    texts: Sequence[object] = rdata if isinstance(rdata, tuple) else (rdata,)
    if rtype in ("TXT", "SPF"):
        return len(str(rdata)) - 1
    return sum(len(text.partition(".")[0]) + 3 if isinstance(text, str) else 2 for text in texts)
