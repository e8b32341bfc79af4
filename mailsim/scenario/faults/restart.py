"""The service of an MTA is stopped and started again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mailsim.rules.conditions import Condition
from mailsim.rules.reasons import Why
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import check_kinds

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Restart"]


@fault_kind("restart")
class Restart(FaultDeclaration):
    """An MTA is stopped at ``start`` and started when it is over.

    Stopping ends all its processes at once, and with them the connections in both directions, without a word (Postfix: the master
    sends SIGTERM to its process group, master_sig.c ``master_sigdeath``; RFC 5321 section 3.8 would have a 421).  Meanwhile the
    machine refuses connections.  After the start what was under way, and what became due meanwhile, is tried at once, and queue
    runs begin anew at that instant.

    Parameters
    ----------
    target : str
        An MTA, its address, ``site:x`` or ``group:x``.
    """

    kind: Literal["restart"]
    target: str

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return "refused, service restarts"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """The MTA alone."""
        for node in ground.of_kind(self.target, "mta"):
            yield Effect(Place("node", node), Condition(Why.REFUSED, idle=True, restarts=True), node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is an MTA."""
        yield from check_kinds(sight, (*at, "target"), self.target, ("mta",), "a restart")
