"""A fault of a DNS server's service while its machine is up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from mailsim.declared import Duration, HostName
from mailsim.errors import did_you_mean
from mailsim.rules.conditions import SINCE, Condition
from mailsim.rules.dns import Rcode
from mailsim.rules.reasons import Why
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import check_kinds, is_one_of
from mailsim.scenario.places import places
from mailsim.scenario.zones import record_types
from mailsim.units import duration

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["DnsFault"]

_REACH = {"silent": Why.SILENT, "closed": Why.REFUSED}
_RCODE = {"servfail": Rcode.SERVFAIL, "refused": Rcode.REFUSED, "nxdomain": Rcode.NXDOMAIN, "lame": Rcode.REFUSED}


@fault_kind("dns")
class DnsFault(FaultDeclaration):
    """The DNS service of a server fails while its machine is up: from ``start`` for ``length``, or until ``until``.

    Parameters
    ----------
    target : str
        A node of kind nameserver or resolver, its address, ``site:x`` or ``group:x``.
    how : str
        ``silent`` questions are read and never answered · ``closed`` no process: ICMP port unreachable, TCP reset ·
        ``servfail`` / ``refused`` / ``nxdomain`` that response code · ``lame`` the server does not know the zone that is
        delegated to it and says REFUSED, as BIND, NSD, Knot and PowerDNS do · ``stale`` a secondary that gets no transfers: it
        serves its zones as they were when the fault began · ``slow`` answers come ``delay`` later · ``lossy`` questions are lost
        with ``probability`` · ``truncated`` over UDP only the TC bit, so that TCP has to follow.
    delay : duration, optional
        Of ``slow``.
    probability : float, optional
        Of ``lossy``.
    proto : str, optional
        Only questions over ``udp`` or ``tcp``.
    rtype : str, optional
        Only questions for this record type.
    zone : str, optional
        Only questions for names in this zone.
    """

    kind: Literal["dns"]
    target: str
    how: Literal["silent", "closed", "servfail", "refused", "nxdomain", "lame", "stale", "slow", "lossy", "truncated"] = "silent"
    delay: Duration | None = Field(default=None, gt=0)
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    proto: Literal["udp", "tcp"] | None = None
    rtype: str | None = None
    zone: HostName | None = None

    @model_validator(mode="after")
    def _complete(self) -> DnsFault:
        if (self.delay is not None) != (self.how == "slow"):
            raise ValueError("delay goes with how: slow, and slow needs it")
        if (self.probability is not None) != (self.how == "lossy"):
            raise ValueError("probability goes with how: lossy, and lossy needs it")
        if self.how == "truncated" and self.proto == "tcp":
            raise ValueError("only answers over UDP are truncated (RFC 7766 section 5)")
        return self

    @property
    def words(self) -> str:
        """What is wrong, for people: ``slow by 2s for MX``."""
        extra = {"slow": f"slow by {duration(self.delay or 0)}", "lossy": f"lossy ({100 * (self.probability or 0):g} %)"}
        only = [f"over {self.proto}" if self.proto else "", f"for {self.rtype.upper()}" if self.rtype else ""]
        only.append(f"in {self.zone}" if self.zone else "")
        return " ".join(["DNS", extra.get(self.how, self.how), *filter(None, only)])

    @property
    def lane(self) -> tuple[str, ...]:
        """What a DNS server does wrong may add up: slow and lossy, over TCP and for MX."""
        return (self.kind, self.target, self.how, self.proto or "", self.rtype or "", self.zone or "")

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """At the service of each server that the target means."""
        condition = Condition(
            _REACH.get(self.how, Why.OK),
            rcode=_RCODE.get(self.how, -1),
            delay_us=self.delay or 0,
            loss=self.probability or 0.0,
            truncated=self.how == "truncated",
            as_of_us=SINCE if self.how == "stale" else -1,
        )
        for node in ground.of_kind(self.target, "nameserver", "resolver"):
            yield Effect(Place("dns", (node, self.proto or "", (self.rtype or "").upper(), self.zone or "")), condition, node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is a DNS server, and the record type exists."""
        nodes = sight.scenario.nodes
        servers = [name for name, node in nodes.items() if node.kind in ("nameserver", "resolver")]
        if self.target in nodes and self.target not in servers:
            what = f"{self.target} is a node of kind {nodes[self.target].kind}; a fault of kind dns needs a nameserver or resolver"
            yield (*at, "target"), f"{what}{is_one_of(servers)}", 0
        elif self.target.startswith(("site:", "group:")):
            yield from check_kinds(sight, (*at, "target"), self.target, ("nameserver", "resolver"), "a fault of kind dns")
        elif self.target not in servers and self.target not in sight.ghosts:
            at_address = [] if "zones" in sight.unsure else places(sight.scenario).nodes_at.get(self.target, ())
            if not any(name in servers for name in at_address) and not sight.ghosts:
                near = did_you_mean(self.target, servers) or is_one_of(servers)
                yield (*at, "target"), f"there is no DNS server {self.target[:60]!r}{near}", 0
        if self.how == "stale" and self.target in nodes and nodes[self.target].kind == "resolver":
            yield (*at, "how"), f"{self.target} is a resolver and has no zones that could be stale; name a nameserver", 0
        if self.zone is not None and "zones" not in sight.unsure:
            origins = [zone.origin for zone in sight.scenario.parsed_zones()]
            if self.zone not in origins:
                yield (*at, "zone"), f"there is no zone {self.zone[:60]!r}{did_you_mean(self.zone, origins) or is_one_of(origins)}", 0
        if self.rtype is not None and self.rtype.upper() not in record_types():
            yield (*at, "rtype"), f"unknown record type {self.rtype[:60]!r}{did_you_mean(self.rtype.upper(), record_types())}", 0
