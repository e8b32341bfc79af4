"""A link, or all the network of a node, that loses packets by chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mailsim.rules.conditions import Condition
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import check_target, link_of

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Lossy"]


@fault_kind("lossy")
class Lossy(FaultDeclaration):
    """Each packet is lost with ``probability``, independently; TCP sends it again (:mod:`mailsim.rules.tcp`), DNS over UDP does not.

    Parameters
    ----------
    target : str
        ``link a-b``; or a node, an address, ``site:x`` or ``group:x``: all that its machines send to others or get from them.
    probability : float
        Of the loss of one packet, in either direction; 1 is silence.
    """

    kind: Literal["lossy"]
    target: str
    probability: Annotated[float, Field(gt=0, le=1)]

    @property
    def words(self) -> str:
        """What is wrong, for people: ``loses 5 % of packets``."""
        return f"loses {100 * self.probability:g} % of packets"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """At the link, or between each node and all others."""
        condition = Condition(packet_loss=self.probability)
        if self.target.startswith("link "):
            a, b = link_of(self.target, ground.names)
            yield Effect(Place("link", (a, b)), condition, f"{a}-{b}", self.words)
            return
        machines = ground.machines(self.target)
        others = [name for name in ground.names if name not in machines]
        for k, node in enumerate(machines):  # what passes between two of them is lost once
            rest = tuple(others + machines[k + 1 :])
            if rest:
                yield Effect(Place("between", ((node,), rest)), condition, node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is a link or means nodes."""
        if self.target.partition(" ")[0] in ("dns", "auth") and self.target not in sight.names:
            says = f"{self.target[:60]!r} sends no packets; write link a-b, a node, an address, site:x or group:x"
            yield (*at, "target"), says, 0
        else:
            yield from check_target(sight, (*at, "target"), self.target)
