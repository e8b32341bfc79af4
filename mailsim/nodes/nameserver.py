"""Authoritative name server: serves the zones whose NS records name it, and may check the health of hosts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mailsim.declared import Declared, Duration, HostName
from mailsim.flavours import default
from mailsim.nodes.base import HostDeclaration, node_kind

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
    """A name server; it serves every declared zone that has an NS record with its host name."""

    kind: Literal["nameserver"] = "nameserver"
    health_checks: tuple[HealthCheck, ...] = ()
