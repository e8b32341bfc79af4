"""Zones written as text inside a test, made into the plain values that the rules of DNS work on."""

from __future__ import annotations

from mailsim.rules.dns import RRset, Zone

__all__ = ["zone"]


def _absolute(name: str, origin: str) -> str:
    if name == "@":
        return origin
    return name[:-1] if name.endswith(".") else f"{name}.{origin}"


def zone(origin: str, text: str) -> Zone:
    """A zone from lines ``name TTL TYPE rdata``; names without a final dot are relative to ``origin``.

    Parameters
    ----------
    origin : str
        Such as ``example.com``.
    text : str
        One record a line; blank lines are skipped.
    """
    found: dict[tuple[str, str], tuple[int, list[object]]] = {}
    for line in text.strip().splitlines():
        if not line.strip():
            continue
        owner, ttl, rtype, *rdata = line.split()
        name = _absolute(owner, origin)
        value: object
        if rtype == "SOA":
            value = (_absolute(rdata[0], origin), _absolute(rdata[1], origin), *map(int, rdata[2:]))
        elif rtype == "MX":
            value = (int(rdata[0]), "" if rdata[1] == "." else _absolute(rdata[1], origin))
        elif rtype == "SRV":
            value = (*map(int, rdata[:3]), "" if rdata[3] == "." else _absolute(rdata[3], origin))
        elif rtype in ("NS", "CNAME", "PTR"):
            value = _absolute(rdata[0], origin)
        else:
            value = " ".join(rdata)
        found.setdefault((name, rtype), (int(ttl), []))[1].append(value)
    return Zone(origin, {(name, rtype): RRset(name, rtype, ttl, tuple(rdatas)) for (name, rtype), (ttl, rdatas) in found.items()})
