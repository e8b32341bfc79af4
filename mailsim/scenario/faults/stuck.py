"""A grey failure: the server says 250 and keeps the mail; nobody falls back, nobody is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mailsim.rules.conditions import Condition
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import check_kinds

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Stuck"]


@fault_kind("stuck")
class Stuck(FaultDeclaration):
    """An MTA takes mail and does nothing with it until the fault is over (its content filter hangs, its queue manager is dead).

    Parameters
    ----------
    target : str
        An MTA, its address, ``site:x`` or ``group:x``.
    """

    kind: Literal["stuck"]
    target: str

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return "takes mail and keeps it"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """The MTA does no work."""
        for node in ground.of_kind(self.target, "mta"):
            yield Effect(Place("node", node), Condition(idle=True), node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is an MTA."""
        yield from check_kinds(sight, (*at, "target"), self.target, ("mta",), "a fault of kind stuck")
