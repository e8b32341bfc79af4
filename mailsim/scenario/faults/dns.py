"""A fault of a DNS server's service while its machine is up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from mailsim.declared import Duration
from mailsim.errors import did_you_mean
from mailsim.rules.conditions import Condition
from mailsim.rules.dns import Rcode
from mailsim.rules.reasons import Why
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import is_one_of
from mailsim.scenario.places import places
from mailsim.scenario.zones import record_types
from mailsim.units import duration

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["DnsFault"]

_REACH = {"silent": Why.SILENT, "closed": Why.REFUSED}
_RCODE = {"servfail": Rcode.SERVFAIL, "refused": Rcode.REFUSED}


@fault_kind("dns")
class DnsFault(FaultDeclaration):
    """The DNS service of a server fails while its machine is up: from ``start`` for ``length``, or until ``until``.

    Parameters
    ----------
    target : str
        A node of kind nameserver or resolver, or its address.
    how : str
        ``silent`` questions are read and never answered · ``closed`` no process: ICMP port unreachable, TCP reset ·
        ``servfail`` / ``refused`` that response code · ``slow`` answers come ``delay`` later · ``lossy`` questions are lost
        with ``probability`` · ``truncated`` over UDP only the TC bit, so that TCP has to follow.
    delay : duration, optional
        Of ``slow``.
    probability : float, optional
        Of ``lossy``.
    proto : str, optional
        Only questions over ``udp`` or ``tcp``.
    rtype : str, optional
        Only questions for this record type.
    """

    kind: Literal["dns"]
    target: str
    how: Literal["silent", "closed", "servfail", "refused", "slow", "lossy", "truncated"] = "silent"
    delay: Duration | None = Field(default=None, gt=0)
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    proto: Literal["udp", "tcp"] | None = None
    rtype: str | None = None

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
        return " ".join(["DNS", extra.get(self.how, self.how), *filter(None, only)])

    @property
    def lane(self) -> tuple[str, ...]:
        """What a DNS server does wrong may add up: slow and lossy, over TCP and for MX."""
        return (self.kind, self.target, self.how, self.proto or "", self.rtype or "")

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """At the service of each server that the target means."""
        condition = Condition(
            _REACH.get(self.how, Why.OK),
            rcode=_RCODE.get(self.how, -1),
            delay_us=self.delay or 0,
            loss=self.probability or 0.0,
            truncated=self.how == "truncated",
        )
        for node in ground.targets(self.target):
            yield Effect(Place("dns", (node, self.proto or "", (self.rtype or "").upper())), condition, node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is a DNS server, and the record type exists."""
        nodes = sight.scenario.nodes
        servers = [name for name, node in nodes.items() if node.kind in ("nameserver", "resolver")]
        if self.target in nodes and self.target not in servers:
            what = f"{self.target} is a node of kind {nodes[self.target].kind}; a fault of kind dns needs a nameserver or resolver"
            yield (*at, "target"), f"{what}{is_one_of(servers)}", 0
        elif self.target not in servers and self.target not in sight.ghosts:
            at_address = [] if "zones" in sight.unsure else places(sight.scenario).nodes_at.get(self.target, ())
            if not any(name in servers for name in at_address) and not sight.ghosts:
                near = did_you_mean(self.target, servers) or is_one_of(servers)
                yield (*at, "target"), f"there is no DNS server {self.target[:60]!r}{near}", 0
        if self.rtype is not None and self.rtype.upper() not in record_types():
            yield (*at, "rtype"), f"unknown record type {self.rtype[:60]!r}{did_you_mean(self.rtype.upper(), record_types())}", 0
