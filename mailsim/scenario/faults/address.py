"""One address of a machine is cut off while its others work: an IPv6 path that is broken, one of two network cards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mailsim.rules.conditions import Condition
from mailsim.rules.reasons import Why
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.places import places

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["AddressFault"]

_REACH = {"silent": Why.SILENT, "refused": Why.REFUSED, "unreachable": Why.UNREACHABLE}


@fault_kind("address")
class AddressFault(FaultDeclaration):
    """Only the address ``target`` of a machine fails for SMTP; an ``outage`` of an address hits the whole machine.

    Parameters
    ----------
    target : str
        An IPv4 or IPv6 address that a node has.
    how : str
        ``silent``, ``refused`` or ``unreachable``.
    """

    kind: Literal["address"]
    target: str
    how: Literal["silent", "refused", "unreachable"] = "silent"

    @property
    def words(self) -> str:
        """What is wrong, for people: ``2001:db8::25 silent``."""
        return f"{self.target} {self.how}"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """At the address, whichever node listens there."""
        for node in ground.nodes_at.get(self.target, ())[:1]:
            yield Effect(Place("address", self.target), Condition(_REACH[self.how]), node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """Some node has the address."""
        if "zones" not in sight.unsure and not sight.ghosts and self.target not in places(sight.scenario).nodes_at:
            yield (*at, "target"), f"no node has the address {self.target[:60]}", 0
