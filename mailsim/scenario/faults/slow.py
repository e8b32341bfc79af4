"""A host whose replies come late, or a link whose round trips take longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mailsim.declared import Duration
from mailsim.rules.conditions import Condition
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import check_kinds, check_target, link_of
from mailsim.units import duration

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Slow"]

_SERVERS = ("mta", "mailstore", "nameserver", "resolver")


@fault_kind("slow")
class Slow(FaultDeclaration):
    """A server's replies each come ``delay`` later; of a link, each round trip takes ``delay`` longer.

    What counts is the instant at which the reply would come, or a packet is sent (half of a link's delay there, half back).
    A slow host still accepts connections at once (its kernel does); then its greeting and each reply are late, those to
    pipelined commands one after the other.  Over a slow link the connection is late too, while commands that travel together
    pay once.  A client whose patience for a stage is shorter gives up there (RFC 5321 section 4.5.3.2); at the final dot
    the server takes the message all the same, so that it comes twice (RFC 1047).

    Parameters
    ----------
    target : str
        A server (mta, mailstore, nameserver, resolver), its address, ``site:x`` or ``group:x``; or ``link a-b``.
    delay : duration
        How much later.
    """

    kind: Literal["slow"]
    target: str
    delay: Duration = Field(gt=0)

    @property
    def words(self) -> str:
        """What is wrong, for people: ``slow by 2s``."""
        return f"slow by {duration(self.delay)}"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """At the link, or at each node."""
        if self.target.startswith("link "):
            a, b = link_of(self.target, ground.names)
            yield Effect(Place("link", (a, b)), Condition(lag_us=self.delay), f"{a}-{b}", self.words)
            return
        for node in ground.of_kind(self.target, *_SERVERS):
            yield Effect(Place("node", node), Condition(delay_us=self.delay), node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is a link or gives replies."""
        if self.target.startswith("link "):
            yield from check_target(sight, (*at, "target"), self.target)
        else:
            yield from check_kinds(sight, (*at, "target"), self.target, _SERVERS, "a fault of kind slow")
