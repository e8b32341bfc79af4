"""Faults compiled to one timeline of conditions per node, link and name: the closed, documented set of what can be wrong.

========================= ======================= ==========================================================
condition                 acts on                 meaning
========================= ======================= ==========================================================
``reach: SILENT``         node, link              nothing comes back; what it sends itself gets nowhere either
``reach: UNREACHABLE``    node, link              a router says so; likewise
``reach: REFUSED``        node                    the machine answers, the service does not run and does no work
``reply`` at ``stage``    node                    the server gives this reply instead of its own
``reach`` / ``rcode``     name/TYPE               no answer, or this response code, to such questions
``reach: SILENT``         auth of a node          who checks passwords there does not answer
``reach: REFUSED``        auth of a node          who checks passwords there does not run
``reach`` / ``rcode``     DNS server              no answer (SILENT), ICMP port unreachable (REFUSED), this response code
``delay_us``              DNS server              its answers come so much later
``loss``                  DNS server              this share of the questions is lost
``truncated``             DNS server              over UDP only the TC bit comes back
========================= ======================= ==========================================================

A fault kind compiles to these; a new condition is a change of the house.  ``silent`` and ``unreachable`` of a node or
address hit the whole machine (all nodes with that address); ``refused`` and replies hit the named node alone.  Conditions of a
DNS server may hold for one transport or one record type only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mailsim.events import ConditionSpan
from mailsim.rules.conditions import Condition, Span, Timeline
from mailsim.rules.dns import Rcode
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply, Stage, parse_reply
from mailsim.scenario.faults import DnsFault, Outage

__all__ = ["AUTH_OF", "Conditions", "NameFault", "ServerFault", "compile_faults", "link_key", "targets_of"]

#: how a target begins that means who checks the passwords of a node
AUTH_OF = "auth of "

_REACH = {"silent": Why.SILENT, "refused": Why.REFUSED, "unreachable": Why.UNREACHABLE}
_RCODE = {"servfail": Rcode.SERVFAIL, "refused": Rcode.REFUSED, "nxdomain": Rcode.NXDOMAIN}
_REPLY = {"4xx": Reply(451, "4.3.0", "Temporary failure, try again later"), "5xx": Reply(550, "5.3.0", "Mail system refuses")}
_STAGE = {"greeting": Stage.GREETING, "ehlo": Stage.EHLO, "mail": Stage.MAIL, "rcpt": Stage.RCPT, "data": Stage.DATA, "eod": Stage.EOD}


class NameFault(NamedTuple):
    """What is wrong with questions for a name (and all below it where no type is named)."""

    name: str
    rtype: str
    timeline: Timeline

    def concerns(self, name: str, rtype: str) -> bool:
        """Whether a question falls under it."""
        if self.rtype:
            return name == self.name and rtype == self.rtype
        return self.name in ("", name) or name.endswith("." + self.name)


class ServerFault(NamedTuple):
    """What is wrong with the DNS service of a node, for one transport and record type or ("") for all."""

    node: str
    proto: str
    rtype: str
    timeline: Timeline

    def concerns(self, proto: str, rtype: str) -> bool:
        """Whether a question falls under it."""
        return self.proto in ("", proto) and self.rtype in ("", rtype)


class Conditions(NamedTuple):
    """Everything that is wrong in a run: by node, link (see :func:`link_key`), name and DNS server; the list for people; logins."""

    nodes: dict[str, Timeline]
    links: dict[tuple[str, str], Timeline]
    names: tuple[NameFault, ...]
    spans: list[ConditionSpan]
    #: by node: what is wrong with who checks passwords there
    logins: dict[str, Timeline]
    servers: tuple[ServerFault, ...] = ()


def link_key(a: str, b: str) -> tuple[str, str]:
    """One key for both directions of a link."""
    return (a, b) if a <= b else (b, a)


def targets_of(target: str, sites: Mapping[str, Sequence[str]], nodes_at: Mapping[str, Sequence[str]], names: Sequence[str]) -> list[str]:
    """The nodes that a fault's target means: a node, an address or ``site:x``; empty if it means none."""
    if target.startswith("site:"):
        return list(sites.get(target[5:], ()))
    if target in names:
        return [target]
    return list(nodes_at.get(target, ()))


def _condition(fault: Outage) -> tuple[Condition, str]:
    if fault.target.startswith("dns "):
        if fault.how == "silent":
            return Condition(Why.SILENT), "silent"
        return Condition(rcode=_RCODE[fault.how]), fault.how
    if fault.how in _REACH:
        return Condition(_REACH[fault.how]), fault.how
    reply = parse_reply(fault.reply) if fault.reply else _REPLY[fault.how]
    return Condition(Why.OK, reply, _STAGE[fault.stage]), f"{reply} at {fault.stage}"


def _service_condition(fault: DnsFault) -> Condition:
    reach = {"silent": Why.SILENT, "closed": Why.REFUSED}.get(fault.how, Why.OK)
    return Condition(
        reach,
        rcode=_RCODE.get(fault.how, -1),
        delay_us=fault.delay or 0,
        loss=fault.probability or 0.0,
        truncated=fault.how == "truncated",
    )


def compile_faults(
    faults: Sequence[Outage | DnsFault],
    *,
    names: Sequence[str],
    sites: Mapping[str, Sequence[str]],
    nodes_at: Mapping[str, Sequence[str]],
    addresses: Mapping[str, Sequence[str]],
    offset_us: int = 0,
) -> Conditions:
    """Compile declared faults; targets are known to exist (the scenario was validated).

    Timelines are on the engine's clock, which shows ``offset_us`` when the scenario starts; the spans for people are not.
    """
    nodes: dict[str, list[Span]] = {}
    links: dict[tuple[str, str], list[Span]] = {}
    by_name: dict[tuple[str, str], list[Span]] = {}
    logins: dict[str, list[Span]] = {}
    services: dict[tuple[str, str, str], list[Span]] = {}
    told: list[ConditionSpan] = []
    for fault in faults:
        if isinstance(fault, DnsFault):
            span = Span(fault.start + offset_us, fault.end_us + offset_us, _service_condition(fault))
            for node in targets_of(fault.target, sites, nodes_at, names):
                services.setdefault((node, fault.proto or "", (fault.rtype or "").upper()), []).append(span)
                told.append(ConditionSpan(fault.target, node, fault.words, fault.start, fault.end_us))
            continue
        condition, how = _condition(fault)
        span = Span(fault.start + offset_us, fault.end_us + offset_us, condition)
        if fault.target.startswith("dns "):
            name, _, rtype = fault.target[4:].strip().partition("/")
            by_name.setdefault((name.rstrip(".").lower(), rtype.upper()), []).append(span)
            told.append(ConditionSpan(fault.target, "dns", how, fault.start, fault.end_us))
            continue
        if fault.target.startswith(AUTH_OF):
            node = fault.target.removeprefix(AUTH_OF).strip()
            logins.setdefault(node, []).append(span)
            told.append(ConditionSpan(fault.target, node, f"no logins ({how})", fault.start, fault.end_us))
            continue
        if fault.target.startswith("link "):
            a, b = _ends(fault.target[5:].strip(), names)
            links.setdefault(link_key(a, b), []).append(span)
            told.append(ConditionSpan(fault.target, f"{a}-{b}", how, fault.start, fault.end_us))
            continue
        hit = targets_of(fault.target, sites, nodes_at, names)
        if condition.reach in (Why.SILENT, Why.UNREACHABLE):
            machine = {a for node in hit for a in addresses.get(node, ())}
            hit = [n for n in names if n in hit or machine.intersection(addresses.get(n, ()))]
        for node in hit:
            nodes.setdefault(node, []).append(span)
            told.append(ConditionSpan(fault.target, node, how, fault.start, fault.end_us))
    return Conditions(
        {node: Timeline(spans) for node, spans in nodes.items()},
        {key: Timeline(spans) for key, spans in links.items()},
        tuple(NameFault(name, rtype, Timeline(spans)) for (name, rtype), spans in by_name.items()),
        told,
        {node: Timeline(spans) for node, spans in logins.items()},
        tuple(ServerFault(*key, Timeline(spans)) for key, spans in services.items()),
    )


def _ends(text: str, names: Sequence[str]) -> tuple[str, str]:
    """The two nodes of ``a-b``; node names may contain hyphens themselves."""
    for k, character in enumerate(text):
        if character == "-" and text[:k] in names and text[k + 1 :] in names:
            return text[:k], text[k + 1 :]
    raise AssertionError(f"link {text!r} was validated")
