"""Zones from BIND text, through dnspython: each bad line is told with its place, and nothing outside the text is ever read.

Allowed directives are ``$ORIGIN`` and ``$TTL`` (RFC 1035 section 5.1, RFC 2308 section 4).  A zone needs neither SOA nor NS
here; what is added is kept as a note.  The lines that laymen write, ``domain.tld 10 123.123.123.123``, are read too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from mailsim.errors import Problem, ZoneError, did_you_mean
from mailsim.rules.dns.records import RRset, Zone
from mailsim.scenario.zonetext import DEFAULT_TTL_S, Line, ZoneText, scan

__all__ = ["ZoneReading", "read_records", "read_zone", "record_types", "records_reading", "rrset_key", "zone_reading"]

#: serial, refresh, retry, expire and negative TTL of an SOA record that is added; RFC 2308 section 5: one to three hours
#: work well as a negative TTL
_ADDED_SOA = (1, 7200, 900, 1_209_600, DEFAULT_TTL_S)

_MOST_PROBLEMS = 20


class ZoneReading(NamedTuple):
    """What reading a zone gave.

    Attributes
    ----------
    zone : Zone or None
        ``None`` where there are problems.
    notes : tuple of str
        What was added or passed over, for people.
    problems : tuple of (int, str)
        Row in the text, from 1, and what is wrong there.
    """

    zone: Zone | None
    notes: tuple[str, ...]
    problems: tuple[tuple[int, str], ...]


def read_zone(text: str, *, file: str = "", line: int = 1, where: str = "") -> Zone:
    """Read one zone.

    Parameters
    ----------
    text : str
        The zone as BIND reads it, or laymen's lines ``domain.tld 10 address``.
    file, line : str, int
        Where the text stands: its file, and there the line of its first line.
    where : str
        Its path in the scenario, such as ``zones[0]``.

    Raises
    ------
    ZoneError
        With one problem for each bad line.
    """
    reading = zone_reading(text, file=file)
    if reading.zone is None:
        raise ZoneError([Problem(file, line + row - 1, 0, where, what) for row, what in reading.problems])
    return reading.zone


@lru_cache(maxsize=512)
def zone_reading(text: str, *, file: str = "") -> ZoneReading:
    """Read one zone; what is wrong is a value.  ``file`` may name the zone where no ``$ORIGIN`` does (``example.com.zone``)."""
    scanned = scan(text, file)
    if scanned.problems:
        return ZoneReading(None, (), tuple(scanned.problems))
    try:
        rrsets = _rrsets(scanned)
    except Exception as error:
        return ZoneReading(None, (), tuple(_diagnosis(scanned, error)))
    notes = [*scanned.notes]
    origin = scanned.origin
    if (origin, "SOA") not in rrsets:
        ns = rrsets.get((origin, "NS"))
        mname = ns.rdatas[0] if ns else f"ns1.{origin}"
        soa = RRset(origin, "SOA", DEFAULT_TTL_S, ((mname, f"hostmaster.{origin}", *_ADDED_SOA),))
        rrsets = {(origin, "SOA"): soa, **rrsets}
        notes.append(f"zone {origin}: no SOA record; one with a negative TTL of {DEFAULT_TTL_S} s is added")
    if (origin, "NS") not in rrsets:
        notes.append(f"zone {origin}: no NS record; it is served by a name server that is always up")
    return ZoneReading(Zone(origin, rrsets), tuple(notes), ())


def read_records(text: str, origin: str, *, file: str = "", line: int = 1, where: str = "") -> tuple[RRset, ...]:
    """Records of a planned change: lines as in the zone ``origin``, whose names may be relative.

    Raises
    ------
    ZoneError
        With one problem for each bad line.
    """
    found, problems = records_reading(text, origin)
    if problems:
        raise ZoneError([Problem(file, line + row - 1, 0, where, what) for row, what in problems])
    return found


def rrset_key(entry: str) -> tuple[str, str]:
    """The name and type of ``mx1.example.com A``.

    >>> rrset_key("MX1.example.com. a")
    ('mx1.example.com', 'A')
    """
    name, _, rtype = entry.partition(" ")
    return name.rstrip(".").lower(), rtype.strip().upper()


@lru_cache(maxsize=512)
def records_reading(text: str, origin: str) -> tuple[tuple[RRset, ...], tuple[tuple[int, str], ...]]:
    """Records of a planned change, and what is wrong with them as (row, what)."""
    scanned = scan(text, "", origin=origin)
    if not scanned.problems:
        try:
            return tuple(_rrsets(scanned).values()), ()
        except Exception as error:
            return (), tuple(_diagnosis(scanned, error))
    return (), tuple(scanned.problems)


def _rrsets(scanned: ZoneText) -> dict[tuple[str, str], RRset]:
    return _records_from(scanned.as_master_file(), scanned.origin)


def _diagnosis(scanned: ZoneText, error: Exception) -> list[tuple[int, str]]:
    """Every bad line: each is read alone.  What only several lines together get wrong is told at the later one."""
    found: list[tuple[int, str]] = []
    first: dict[str, tuple[bool, int]] = {}
    for line in scanned.lines:
        if len(found) >= _MOST_PROBLEMS:
            found.append((line.row, f"more than {_MOST_PROBLEMS} bad lines; mend these first"))
            break
        try:
            records = _records_from(f"$TTL {DEFAULT_TTL_S}\n{line.owner} {line.rest}\n", scanned.origin)
        except Exception as problem:
            found.append((line.row, _in_words(line, problem)))
            continue
        for name, rtype in records:
            alias = rtype == "CNAME"
            earlier = first.setdefault(name, (alias, line.row))
            if earlier[0] != alias and rtype not in ("RRSIG", "NSEC", "KEY"):
                found.append((line.row, f"{name} is an alias (CNAME) with other records beside; it can have none (RFC 1034 section 3.6.2)"))
    return found or [(_row(scanned, error), f"the zone can't be read: {_bare(error)}")]


def _row(scanned: ZoneText, error: Exception) -> int:
    place = re.match(r"<string>:(\d+): ", str(error))
    return max(1, int(place[1]) - scanned.added_lines) if place else 1


def _bare(error: Exception) -> str:
    return re.sub(r"^<string>:\d+: ", "", str(error)) or type(error).__name__


@lru_cache(maxsize=1)
def record_types() -> frozenset[str]:
    """Names of the record types that dnspython knows."""
    import dns.rdatatype

    return frozenset(dns.rdatatype.RdataType.__members__)


def _in_words(line: Line, error: Exception) -> str:
    """What dnspython says about a line, in the words of someone who wrote it."""
    what = _bare(error)
    words = line.rest.split()
    known = record_types()
    unknown = re.search(r"unknown rdatatype '(.*)'", what)
    if unknown:
        if unknown[1].isdigit():
            return f"the TTL {unknown[1]} is too large; the largest is 2147483647 seconds (RFC 2181 section 8)"
        hint = did_you_mean(unknown[1].upper(), known)
        if line.indented and not hint and any(w.upper() in known for w in words):
            hint = "; a line that begins with a space belongs to the name above it"
        return f"unknown record type {unknown[1]!r}{hint}"
    rtype = next((w.upper() for w in words if w.upper() in known), "")
    fields = words[[w.upper() for w in words].index(rtype) + 1 :] if rtype else []
    if not rtype:
        return "the line has no record type; write for example: mx1 3600 IN A 192.0.2.10"
    if rtype in ("A", "AAAA") and len(fields) == 1:
        return f"{fields[0]!r} is not an {'IPv4' if rtype == 'A' else 'IPv6'} address"
    if rtype == "MX" and not (fields and fields[0].isdigit() and int(fields[0]) < 65_536):
        return "an MX record needs a preference from 0 to 65535 and a host name, such as: MX 10 mx1"
    if what.startswith("expected EOL or EOF"):
        return f"too much on the line for a record of type {rtype}: {what.partition('got')[2].strip().partition(' ')[2]}"
    if "expecting" in what or "unexpected end" in what.lower():
        return f"the {rtype} record ends too early"
    return f"the {rtype} record can't be read: {what}"


def _records_from(text: str, origin: str) -> dict[tuple[str, str], RRset]:
    """The RRsets of a master file, by dnspython; raises what dnspython raises."""
    import dns.zone

    zone = dns.zone.from_text(
        text, origin=origin + ".", relativize=False, check_origin=False, allow_include=False, allow_directives=("ORIGIN", "TTL")
    )
    found: dict[tuple[str, str], RRset] = {}
    for name, rdataset in zone.iterate_rdatasets():
        owner = _dotless(name)
        rtype = rdataset.rdtype.name
        values = tuple(_value(rtype, rdata) for rdata in rdataset)
        earlier = found.get((owner, rtype))
        if earlier is not None:  # signatures of several types
            values = (*earlier.rdatas, *values)
        found[(owner, rtype)] = RRset(owner, rtype, int(rdataset.ttl), values)
    return found


def _dotless(name: Any) -> str:
    text: str = name.canonicalize().to_text(omit_final_dot=True)
    return "" if text == "." else text


def _value(rtype: str, rdata: Any) -> Any:
    """An rdata as :class:`RRset` keeps it."""
    if rtype in ("A", "AAAA"):
        return str(rdata.address)
    if rtype in ("NS", "CNAME", "PTR"):
        return _dotless(rdata.target)
    if rtype == "MX":
        return (int(rdata.preference), _dotless(rdata.exchange))
    if rtype == "SRV":
        return (int(rdata.priority), int(rdata.weight), int(rdata.port), _dotless(rdata.target))
    if rtype == "SOA":
        numbers = (rdata.serial, rdata.refresh, rdata.retry, rdata.expire, rdata.minimum)
        return (_dotless(rdata.mname), _dotless(rdata.rname), *(int(n) for n in numbers))
    return str(rdata.to_text())
