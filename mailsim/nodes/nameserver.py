"""Authoritative name server: serves the zones whose NS records name it, and may check the health of hosts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mailsim.declared import Declared, DrawnDuration, Duration, HostName
from mailsim.flavours import default
from mailsim.flavours.models import Drawn
from mailsim.flavours.stubs import nameserver_figures
from mailsim.nodes.base import HostDeclaration, node_kind
from mailsim.rules.dns import Manner

__all__ = ["HealthCheck", "Nameserver"]


class HealthCheck(Declared):
    """Failover DNS: ``name`` answers with the address of the first of ``hosts`` that the last checks reached.

    The server connects to port 25 of each host every ``every``; ``fall`` failures in a row take a host out, ``rise``
    successes bring it back.  With no host up, the first one is handed out.  The record's TTL is ``ttl``.
    """

    name: HostName
    hosts: tuple[HostName, ...] = Field(min_length=1)
    every: Duration = Field(default_factory=lambda: default("health_check.every"), gt=0)
    fall: int = Field(default_factory=lambda: default("health_check.fall"), ge=1)
    rise: int = Field(default_factory=lambda: default("health_check.rise"), ge=1)
    ttl: Duration = Field(default_factory=lambda: default("health_check.ttl"))


@node_kind("nameserver")
class Nameserver(HostDeclaration):
    """A name server; it serves every declared zone that has an NS record with its host name.

    Parameters
    ----------
    flavour : str, optional
        The program whose habits it has (``auth-bind``, ``auth-nsd``); by default records come in the order of the zone.
    parameters : dict
        Overrides of the flavour's figures.
    zones : tuple of str
        Serve these zones instead.
    recursive : bool
        Answer for every declared zone and through aliases: a recursive server that knows everything, to forward to.
    additional : bool
        Put the addresses of mail and name servers into the additional section, as real servers do.
    follow_aliases : bool
        Answer a chain of aliases inside a zone as a whole, as real servers do; else only its first link.
    negative_soa : str
        The SOA of a "no" carries ``minimum`` = min(TTL, MINIMUM) as TTL, as real servers do; its TTL ``as-is``; or ``none``.
    answer_time : duration or distribution
        What the server needs for an answer, besides the way there and back.
    """

    kind: Literal["nameserver"] = "nameserver"
    flavour: str | None = None
    parameters: dict[str, Any] = {}
    health_checks: tuple[HealthCheck, ...] = ()
    zones: tuple[str, ...] = ()
    recursive: bool = False
    additional: bool = True
    follow_aliases: bool = True
    negative_soa: Literal["minimum", "as-is", "none"] = "minimum"
    answer_time: Drawn = DrawnDuration(kind="constant", value=0)

    @property
    def manner(self) -> Manner:
        """How it writes its answers."""
        soa = self.negative_soa
        plain = Manner(self.additional, self.follow_aliases, soa != "none", soa == "as-is", self.recursive)
        if self.flavour is None:
            return plain
        figures = nameserver_figures(self.flavour, self.parameters)
        more = self.additional and figures.additional
        return plain._replace(additional=more, permuted=figures.permutes, order_us=figures.order_life)
