"""Records that do not say what was meant, or say it for too long: missing final dots, TTLs, and what reading the zones added."""

from __future__ import annotations

from collections.abc import Iterator

from mailsim.findings.view import Finding, View
from mailsim.units import clock

__all__ = ["RECORDS", "a_change_meets_a_long_ttl", "a_final_dot_is_missing", "a_long_negative_ttl", "a_long_ttl", "what_reading_added"]

#: RFC 1912 section 2.2 recommends TTLs of a day or more for what is stable; MX and address records of a mail server that may
#: move are slow to follow beyond a day
_LONG_TTL_S = 86_400

#: RFC 2308 section 5: one to three hours work well, more than a day is problematic
_LONG_NEGATIVE_S = 3 * 3_600

_S = 1_000_000


def a_final_dot_is_missing(view: View) -> Iterator[Finding]:
    """``mx1.example.com`` without its final dot becomes ``mx1.example.com.example.com``."""
    for (name, rtype), rrset in view.rrsets.items():
        zone = view.zone_of(name)
        if zone is None:
            continue
        doubled = f".{zone}.{zone}"
        for rdata in rrset.rdatas:
            target = {"MX": 1, "SRV": 3}.get(rtype)
            host = rdata[target] if target is not None else rdata if rtype in ("NS", "CNAME") else ""
            if host.endswith(doubled):
                meant = host.removesuffix(f".{zone}")
                yield Finding(
                    "error",
                    f"{name} {rtype}",
                    f"the target is read as {host}",
                    f"write {meant}. with its final dot",
                    "RFC 1035 section 5.1",
                )


def a_long_ttl(view: View) -> Iterator[Finding]:
    """MX and address records that caches keep for more than a day."""
    for domain, exchangers in view.domains.items():
        mx = view.rrsets.get((domain, "MX"))
        found = [mx] if mx is not None else []
        found += [view.rrsets[key] for e in exchangers or () for key in ((e.host, "A"), (e.host, "AAAA")) if key in view.rrsets]
        for rrset in found:
            if rrset.ttl > _LONG_TTL_S:
                what = f"TTL {rrset.ttl} s: after a change, caches hand out the old record for up to {clock(rrset.ttl * _S)}"
                mend = "lower it before a planned change, by at least its old value"
                yield Finding("note", f"{rrset.name} {rrset.rtype}", what, mend, "RFC 1912 section 2.2; RFC 1035 section 3.2.1", rrset.ttl)


def a_change_meets_a_long_ttl(view: View) -> Iterator[Finding]:
    """A planned change of a record that caches may still hold for hours."""
    from mailsim.scenario.zones import read_records

    for k, change in enumerate(view.scenario.changes):
        origin = change.zone.rstrip(".").lower()
        for new in read_records(change.records, origin) if change.records else ():
            old = view.rrsets.get((new.name, new.rtype))
            if old is not None and set(old.rdatas) != set(new.rdatas) and old.ttl > 300:
                what = f"{new.name} {new.rtype} changes, and caches may keep the old record (TTL {old.ttl} s) for {clock(old.ttl * _S)}"
                mend = f"lower the TTL {clock(old.ttl * _S)} before the change, or keep the old server that long"
                yield Finding("note", f"changes[{k}]", what, mend, "RFC 1035 section 3.2.1", old.ttl)


def a_long_negative_ttl(view: View) -> Iterator[Finding]:
    """A name that was missing once stays missing in caches for long."""
    for zone in view.zones:
        soa = view.rrsets.get((zone.origin, "SOA"))
        if soa is None:
            continue
        negative = min(soa.ttl, soa.rdatas[0][6])
        if negative > _LONG_NEGATIVE_S:
            what = f"negative TTL {negative} s: a name that was missing for a moment stays missing for up to {clock(negative * _S)}"
            yield Finding("note", f"{zone.origin} SOA", what, "an SOA minimum of 3600 or less", "RFC 2308 section 5", negative)


def what_reading_added(view: View) -> Iterator[Finding]:
    """What the zones and nodes leave open, and what was put there."""
    for note in view.scenario.notes():
        where, _, what = note.partition(": ")
        yield Finding("note", where, what, "write it into the file if it should be otherwise", "the rule for what a file leaves open")


#: the checks of this file, in order
RECORDS = (a_final_dot_is_missing, a_change_meets_a_long_ttl, a_long_ttl, a_long_negative_ttl, what_reading_added)
