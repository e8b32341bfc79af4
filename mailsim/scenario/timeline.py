"""Faults compiled to one timeline of conditions per node, link and name: the closed, documented set of what can be wrong.

========================= ======================= ==========================================================
condition                 acts on                 meaning
========================= ======================= ==========================================================
``reach: SILENT``         node, link              nothing comes back; what it sends itself gets nowhere either
``reach: UNREACHABLE``    node, link              a router says so; likewise
``reach: REFUSED``        node                    the machine answers, the service does not run and does no work
``reply`` at ``stage``    node                    the server gives this reply instead of its own
``manner`` at ``stage``   node                    it closes the connection, hangs, or loses its 250 there
``idle``                  node                    it takes mail and does nothing with it
``restarts``              node                    it begins anew when this is over; its connections are forgotten
``loses_queue``           node                    the mail that an MTA has at the beginning is destroyed
a request to flush        node                    an MTA tries its deferred mail (for some domains) at that instant
any of these              part of the sessions    each session meets it by chance
``reach``                 address                 only this address of a machine fails, for SMTP
a line of a script        node                    a reply to some recipients only
``reach`` / ``rcode``     name/TYPE               no answer, or this response code, to such questions
``reach: SILENT``         auth of a node          who checks passwords there does not answer
``reach: REFUSED``        auth of a node          who checks passwords there does not run
``reach``                 policy of a domain      the host of its MTA-STS policy does not answer, or does not run
``reach`` / ``rcode``     DNS server              no answer (SILENT), ICMP port unreachable (REFUSED), this response code
``direction``             between groups          ``reach`` concerns one direction only
``delay_us``              node, DNS server        its replies come so much later
``lag_us``                link                    each round trip takes so much longer
``packet_loss``           link, between groups    each packet is lost with this probability
``sessions`` / ``slower`` node                    it serves so many sessions at a time; it needs so many times its time
``loss``                  DNS server              this share of the questions is lost
``truncated``             DNS server              over UDP only the TC bit comes back
``as_of_us``              DNS server              it serves its zones as they were then
an edit                   zone                    other records while it lasts
========================= ======================= ==========================================================

A fault kind (:mod:`mailsim.scenario.faults`) compiles to these; a new condition is a change of the house.  ``silent`` and
``unreachable`` of a node or address hit the whole machine (all nodes with that address); ``refused`` and replies hit the named
node alone.  Conditions of a DNS server may hold for one transport, record type or zone only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mailsim.events import ConditionSpan
from mailsim.rules.conditions import SINCE, Span, Timeline
from mailsim.rules.cues import Cue
from mailsim.scenario.faults.base import Effect, FaultDeclaration, FlushRequest, Ground, ZoneEdit, flush_words

__all__ = ["Conditions", "Divide", "NameFault", "Part", "ServerFault", "ZoneFault", "compile_faults", "link_key"]


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
    """What is wrong with the DNS service of a node, for one transport, record type and zone or ("") for all."""

    node: str
    proto: str
    rtype: str
    zone: str
    timeline: Timeline

    def concerns(self, proto: str, rtype: str, name: str) -> bool:
        """Whether a question falls under it."""
        inside = self.zone in ("", name) or name.endswith("." + self.zone)
        return inside and self.proto in ("", proto) and self.rtype in ("", rtype)


class ZoneFault(NamedTuple):
    """A zone has other records for a while: from ``start_us`` on the engine's clock until ``end_us``."""

    start_us: int
    end_us: int
    zone: str
    edit: ZoneEdit


class Part(NamedTuple):
    """What a share of the sessions with a node meets; ``number`` tells it from others."""

    number: int
    share: float
    timeline: Timeline


class Divide(NamedTuple):
    """What is wrong between two groups of nodes, as the first one sees it."""

    a: frozenset[str]
    b: frozenset[str]
    timeline: Timeline

    def between(self, client: str, server: str) -> Timeline | None:
        """What ``client`` meets on the way to ``server``; None where they are not on two sides."""
        if client in self.a and server in self.b:
            return self.timeline
        if client in self.b and server in self.a:
            return self.timeline.seen_from_there()
        return None


class Conditions(NamedTuple):
    """Everything that is wrong in a run: by node, link (see :func:`link_key`), name and DNS server; the list for people; logins."""

    nodes: dict[str, Timeline]
    links: dict[tuple[str, str], Timeline]
    names: tuple[NameFault, ...]
    spans: list[ConditionSpan]
    #: by node: what is wrong with who checks passwords there
    logins: dict[str, Timeline]
    servers: tuple[ServerFault, ...] = ()
    #: by node: what a share of its sessions meets
    parts: dict[str, tuple[Part, ...]] = {}
    #: by address: what is wrong with it alone
    addresses: dict[str, Timeline] = {}
    #: by node: what it says to some recipients
    cues: dict[str, tuple[Cue, ...]] = {}
    #: zones with other records than their own
    zones: tuple[ZoneFault, ...] = ()
    #: by domain: what is wrong with the host of its MTA-STS policy
    policies: dict[str, Timeline] = {}
    #: by node: when it is asked to try its deferred mail, in order of time
    flushes: dict[str, tuple[FlushRequest, ...]] = {}
    #: between groups of nodes
    divides: tuple[Divide, ...] = ()


def link_key(a: str, b: str) -> tuple[str, str]:
    """One key for both directions of a link."""
    return (a, b) if a <= b else (b, a)


class _Gathered:
    """Effects by the place at which they act, each place as its timeline."""

    def __init__(self) -> None:
        self._spans: dict[str, dict[Any, list[Span]]] = {}
        self.cues: dict[str, list[Cue]] = {}
        self.zones: list[ZoneFault] = []
        self.flushes: dict[str, list[FlushRequest]] = {}

    def add(self, what: str, key: Any, span: Span) -> None:
        self._spans.setdefault(what, {}).setdefault(key, []).append(span)

    def take(self, effect: Effect, start_us: int, end_us: int) -> None:
        """One window of an effect, on the engine's clock."""
        what, key = effect.place
        if isinstance(effect.condition, FlushRequest):
            self.flushes.setdefault(key, []).append(effect.condition._replace(at_us=start_us))
        elif isinstance(effect.condition, Cue):
            self.cues.setdefault(key, []).append(effect.condition._replace(start_us=start_us, end_us=end_us))
        elif isinstance(effect.condition, ZoneEdit):
            self.zones.append(ZoneFault(start_us, end_us, key, effect.condition))
        else:
            condition = effect.condition
            if condition.as_of_us == SINCE:
                condition = condition._replace(as_of_us=start_us)
            self.add(what, link_key(*key) if what == "link" else key, Span(start_us, end_us, condition))

    def of(self, what: str) -> dict[Any, Timeline]:
        return {key: Timeline(spans) for key, spans in self._spans.get(what, {}).items()}


def compile_faults(faults: Sequence[FaultDeclaration], ground: Ground, *, offset_us: int = 0) -> Conditions:
    """Compile declared faults; targets are known to exist (the scenario was validated).

    Timelines are on the engine's clock, which shows ``offset_us`` when the scenario starts; the spans for people are not.
    """
    found, told = _Gathered(), []
    for number, fault in enumerate(faults):
        for struck, windows in fault.strikes(ground):
            for effect in struck.effects(ground, number):
                for start, end in windows:
                    told.append(ConditionSpan(struck.where, effect.node, effect.words, start, end))
                    found.take(effect, start + offset_us, end + offset_us)
            for node in fault.then_flush:
                domains = ground.domains(struck.where)
                for _, end in windows:
                    told.append(ConditionSpan(node, node, flush_words(domains), end, end))
                    found.flushes.setdefault(node, []).append(FlushRequest(end + offset_us, domains))
    return _conditions(found, told)


def _conditions(found: _Gathered, told: list[ConditionSpan]) -> Conditions:
    parts: dict[str, list[Part]] = {}
    for (node, number, share), timeline in found.of("part").items():
        parts.setdefault(node, []).append(Part(number, share, timeline))
    return Conditions(
        found.of("node"),
        found.of("link"),
        tuple(NameFault(name, rtype, timeline) for (name, rtype), timeline in found.of("name").items()),
        told,
        found.of("auth"),
        tuple(ServerFault(node, proto, rtype, zone, line) for (node, proto, rtype, zone), line in found.of("dns").items()),
        {node: tuple(several) for node, several in parts.items()},
        found.of("address"),
        {node: tuple(lines) for node, lines in found.cues.items()},
        tuple(found.zones),
        found.of("policy"),
        {node: tuple(sorted(some)) for node, some in found.flushes.items()},
        tuple(Divide(frozenset(a), frozenset(b), timeline) for (a, b), timeline in found.of("between").items()),
    )
