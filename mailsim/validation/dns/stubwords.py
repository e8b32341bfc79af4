"""What a stub's answer is called by the program that got it: status words, records as its library or command prints them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mailsim.flavours.stubs import DighostFigures, StubFigures, stub_figures
from mailsim.rules.dns import Rcode
from mailsim.rules.dns.stubs import CLOSED, CUT
from mailsim.rules.reasons import Why

__all__ = ["Told", "in_words"]

_NAMES = {Rcode.NOERROR: "NOERROR", Rcode.SERVFAIL: "SERVFAIL", Rcode.NXDOMAIN: "NXDOMAIN", Rcode.REFUSED: "REFUSED"}
_NOTHING = (Rcode.TIMEOUT, CLOSED)


class Told(NamedTuple):
    """A call with what came of it: records as lines of a zone file, and the questions (instant, server, by TCP, why) that it took."""

    function: str
    name: str
    rtype: str
    rcode: int
    records: str
    asked: tuple[tuple[int, str, bool, int], ...]
    end_us: int

    def section(self, *, authority: bool = False) -> list[list[str]]:
        """Records as (owner, TTL, type, rdata) of the answer or the authority section."""
        lines = [line for line in self.records.split("\n") if line and line.startswith(";") == authority]
        return [line.removeprefix(";").split(" ", 3) for line in lines]

    def rdatas(self, *types: str) -> list[str]:
        """The rdata of records of these types."""
        return [rdata for _, _, rtype, rdata in self.section() if rtype in types]


def in_words(flavour: str, told: Told, figures: StubFigures | None = None) -> tuple[str, list[str]]:
    """Status and records as the recorder wrote them down; ``figures`` are those of the run (None: the flavour's)."""
    if flavour in _BY_WAITS:
        return _BY_WAITS[flavour](told, figures or stub_figures(flavour))
    return _WORDS[flavour](told)


def _wanted(told: Told) -> list[str]:
    return told.rdatas("A", "AAAA") if told.rtype == "ANY" else told.rdatas(told.rtype)


#: ECONNREFUSED; a connection that is closed sets no errno; all else is ETIMEDOUT
_ERRNO = {CLOSED: 111, CUT: 0}


def _glibc(told: Told) -> tuple[str, list[str]]:
    """gai_strerror(3) and h_errno with errno."""
    found = _wanted(told)
    if found:
        return "OK", found
    by_address = told.function == "getaddrinfo"
    if told.section() and not by_address and told.rcode == Rcode.NOERROR:
        return "OK", []  # aliases alone are an answer to res_query (res_query.c: ancount)
    if told.rcode == Rcode.NXDOMAIN:
        return "EAI_NONAME" if by_address else "HOST_NOT_FOUND/errno=0", []
    if told.rcode == Rcode.NOERROR:
        return "EAI_NODATA" if by_address else "NO_DATA/errno=0", []
    return "EAI_AGAIN" if by_address else f"TRY_AGAIN/errno={_ERRNO.get(told.rcode, 110)}", []


def _dnspython(told: Told) -> tuple[str, list[str]]:
    """Exceptions of dns.resolver."""
    found = _wanted(told)
    if found:
        return "OK", found
    words = {Rcode.NXDOMAIN: "NXDOMAIN", Rcode.NOERROR: "NoAnswer", Rcode.TIMEOUT: "LifetimeTimeout"}
    return words.get(told.rcode, "NoNameservers"), []


_ARES = {
    Rcode.NOERROR: "ARES_ENODATA",
    Rcode.NXDOMAIN: "ARES_ENOTFOUND",
    Rcode.SERVFAIL: "ARES_ESERVFAIL",
    Rcode.REFUSED: "ARES_EREFUSED",
    Rcode.TIMEOUT: "ARES_ETIMEOUT",
    CLOSED: "ARES_ECONNREFUSED",
}


def _cares(told: Told) -> tuple[str, list[str]]:
    """Status codes of ares.h, records as pycares shows them."""
    found = _wanted(told)
    if told.function == "getaddrinfo":
        return ("OK", found) if found else (_ARES[told.rcode], [])
    if told.rcode != Rcode.NOERROR or not told.section():
        return _ARES[told.rcode], []
    return "OK", [_ares_record(rtype, rdata) for _, _, rtype, rdata in told.section()]


def _ares_record(rtype: str, rdata: str) -> str:
    if rtype == "MX":
        preference, host = rdata.split()
        return f"MXRecordData(priority={preference}, exchange='{host.rstrip('.')}')"
    if rtype == "CNAME":
        return f"CNAMERecordData(cname='{rdata.rstrip('.')}')"
    return f"{rtype}RecordData(addr='{rdata}')"


def _complaints(told: Told, figures: StubFigures) -> list[str]:
    """``communications error`` for each question that was in vain: a closed port, or no answer before the next step."""
    assert isinstance(figures, DighostFigures)
    later = [*(t for t, *_ in told.asked[1:]), told.end_us]
    said = []
    for (t, server, by_tcp, why), after in zip(told.asked, later, strict=True):
        if why in (Why.REFUSED, Why.UNREACHABLE):
            said.append(f"communications error to {server}#53: connection refused")
        elif after - t >= (figures.tcp_timeout if by_tcp else figures.timeout):
            said.append(f"communications error to {server}#53: timed out")
    return [*said, "no servers could be reached"] if told.rcode in _NOTHING else said


def _dig(told: Told, figures: StubFigures) -> tuple[str, list[str]]:
    """Exit status, complaints, status; the lines of the answer or, without one, of the authority section."""
    said = _complaints(told, figures)
    if told.rcode in _NOTHING:
        return " | ".join(["exit=9", *said]), []
    status = " | ".join(["exit=0", *said]) + f" {_NAMES[told.rcode]}"
    if told.rcode == Rcode.SERVFAIL:
        status += " | ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 0"
    lines = told.section() or told.section(authority=True)
    return status, [_master_line(name, ttl, rtype, rdata) for name, ttl, rtype, rdata in lines]


def _master_line(name: str, ttl: str, rtype: str, rdata: str) -> str:
    """A record in columns: the TTL at 24, the class at 32, the type at 40, the data at 48 (lib/dns/masterdump.c, style of dig)."""
    line = name
    for column, text in ((24, ttl), (32, "IN"), (40, rtype), (48, rdata)):
        width = len(line.expandtabs())
        line += ("\t" * max(-(-(column - width) // 8), 0) or " ") + text
    return line


_HOST_WORDS = {"A": "has address", "AAAA": "has IPv6 address", "CNAME": "is an alias for", "MX": "mail is handled by", "NS": "name server"}


def _host(told: Told, figures: StubFigures) -> tuple[str, list[str]]:
    """Exit status and complaints; sentences."""
    said = _complaints(told, figures)
    name = told.name.rstrip(".")
    if told.rcode in _NOTHING:
        return " | ".join(["exit=1", *said]), []
    if told.rcode != Rcode.NOERROR:
        # of a name that does not exist host speaks as it was written, else without the final dot (bin/dig/host.c)
        shown = told.name if told.rcode == Rcode.NXDOMAIN else name
        line = f"Host {shown} not found: {told.rcode}({_NAMES[told.rcode]})"
        # the recorder took such lines for errors; REFUSED it did not know
        return " | ".join(["exit=1", *said, *([line] if told.rcode != Rcode.REFUSED else [])]), [line]
    lines = [f"{owner.rstrip('.')} {_HOST_WORDS.get(rtype, f'has {rtype} record')} {rdata}" for owner, _, rtype, rdata in told.section()]
    return " | ".join(["exit=0", *said]), lines or [f"{name} has no {told.rtype} record"]


_WORDS: dict[str, Callable[[Told], tuple[str, list[str]]]] = {
    "glibc": _glibc,
    "dnspython": _dnspython,
    "cares": _cares,
}
_BY_WAITS: dict[str, Callable[[Told, StubFigures], tuple[str, list[str]]]] = {"dig": _dig, "host": _host}
