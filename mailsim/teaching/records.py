"""The MX records that a pupil writes, put into a scenario in place of a domain's own; each slip is told with the way to mend it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mailsim.errors import Problem, ScenarioError, UnknownNameError
from mailsim.language import printable
from mailsim.rules.dns.records import RRset, Zone
from mailsim.rules.mx import is_address
from mailsim.scenario.zonetext import DEFAULT_TTL_S
from mailsim.teaching.sentences import tell

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["with_mx"]

#: a preference is 16 bits without a sign (RFC 1035 section 3.3.9)
_LARGEST = 65_535

#: ``10 mx1``, or as zones write it, ``MX 10 mx1``
_RECORD = re.compile(r"(?:(?:IN\s+)?MX\s+)?(?P<number>\d{1,9})\s+(?P<host>\S+)", re.IGNORECASE | re.ASCII)


def with_mx(scenario: Scenario, domain: str, *records: str, language: str = "en") -> Scenario:
    """The same scenario with these MX records for a domain, in place of all that it had; with none, the domain has no MX record.

    Parameters
    ----------
    scenario : Scenario
        A world.
    domain : str
        Whose mail: a domain in one of the scenario's zones, such as ``example.com``.
    *records : str
        Preference number and name of a server each, such as ``"10 mx1"``.  As in a zone (RFC 1035 section 5.1) a name without a
        final dot is relative to the domain, and ``@`` is the domain itself.  The null MX ``"0 ."`` says that the domain takes no
        mail (RFC 7505).
    language : str
        ``en`` or ``de``: what mistakes are told in.

    Raises
    ------
    UnknownNameError
        No zone of the scenario holds the domain.
    ScenarioError
        With one problem for each record that can't be meant so: not a number and a name; a number above 65535; an address in place of
        the name (RFC 1035 section 3.3.9); a server that has no address in the scenario's zones, which real DNS would permit, but which
        here is a slip of the pen; a null MX beside others (RFC 7505 section 3 forbids it).

    Examples
    --------
    >>> import mailsim
    >>> ours = with_mx(mailsim.load("three-servers"), "example.com", "10 mx1", "10 mx2", "20 mx3")
    >>> sorted(ours.parsed_zones()[0].rrsets["example.com", "MX"].rdatas)
    [(10, 'mx1.example.com'), (10, 'mx2.example.com'), (20, 'mx3.example.com')]
    >>> with_mx(ours, "example.com", "10 mx1", "20 192.0.2.20", "mx3")
    Traceback (most recent call last):
    ...
    mailsim.errors.ScenarioError: "20 192.0.2.20": 192.0.2.20 is an address, but an MX record holds the name of a server, such as mx1.
    "mx3": write a number and the name of a server, such as "10 mx1".
    """
    owner = domain.strip().rstrip(".").lower()
    place = _zone_of(scenario, owner)
    written = [_read(record, records, owner, scenario, language) for record in records]
    wrong = [(record, what) for record, what in zip(records, written, strict=True) if isinstance(what, str)]
    if wrong:
        raise ScenarioError([Problem("", 0, 0, f'"{printable(str(record)[:60])}"', what) for record, what in wrong])
    zones = list(scenario.zones)
    zones[place] = _rewritten(scenario.parsed_zones()[place], owner, [one for one in written if isinstance(one, tuple)])
    return scenario.replace("zones", zones)


def _zone_of(scenario: Scenario, owner: str) -> int:
    """The place of the zone that holds a domain: of several, the one with the longest name (RFC 1034 section 4.3.2)."""
    origins = [zone.origin for zone in scenario.parsed_zones()]
    holding = [k for k, origin in enumerate(origins) if owner == origin or owner.endswith("." + origin)]
    if not holding:
        raise UnknownNameError("domain", owner, origins)
    return max(holding, key=lambda k: len(origins[k]))


def _read(record: object, records: tuple[str, ...], owner: str, scenario: Scenario, language: str) -> tuple[int, str] | str:
    """A record as preference and full host name, or what is wrong with it."""
    found = _RECORD.fullmatch(record.strip()) if isinstance(record, str) else None
    if found is None:
        return tell("mx_form", language)
    number, host = int(found["number"]), found["host"].lower()
    if number > _LARGEST:
        return tell("mx_number", language, number=number)
    if host == ".":
        return tell("mx_null", language) if number or len(records) > 1 else (0, "")
    if is_address(host.rstrip(".")) or ":" in host:
        return tell("mx_address", language, host=host)
    name = owner if host == "@" else host.rstrip(".") if host.endswith(".") else f"{host}.{owner}"
    known = {rrset.name for zone in scenario.parsed_zones() for rrset in zone.rrsets.values() if rrset.rtype in ("A", "AAAA", "CNAME")}
    if name not in known and host in known:
        return tell("mx_dot", language, name=host, domain=owner, short="@" if host == owner else host.removesuffix("." + owner))
    if name not in known:
        near = get_close_matches(host.rstrip("."), sorted(one.removesuffix("." + owner) for one in known), n=1)
        return tell("mx_nobody", language, name=name) + (tell("mx_meant", language, name=near[0]) if near else "")
    return number, name


def _rewritten(zone: Zone, owner: str, records: list[tuple[int, str]]) -> str:
    """A zone as text, line by line without its comments, with other MX records of a domain."""
    old = zone.rrsets.get((owner, "MX"))
    fresh = RRset(owner, "MX", old.ttl if old is not None else DEFAULT_TTL_S, tuple(records))
    kept = [rrset for rrset in zone.rrsets.values() if rrset is not old]
    return "\n".join([f"$ORIGIN {zone.origin}.", *(line for rrset in [*kept, fresh] for line in rrset.lines)]) + "\n"
