"""A machine goes down with everything on it and comes back; the queue of an MTA there survives or does not."""

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

__all__ = ["Crash"]


@fault_kind("crash")
class Crash(FaultDeclaration):
    """The machine of ``target`` is off: silent to others, and it does no work itself.

    Its sessions are gone: who sends something to the machine once it is back is told that there is no such connection (RST, RFC
    9293 section 3.5.2).  When it is back, an MTA works on what was under way and on what became due meanwhile, and its queue runs
    begin anew at that instant (Postfix qmgr.c ``qmgr_post_init``; Exim daemon.c, ``-q`` with a time; sendmail main.c likewise).

    Parameters
    ----------
    target : str
        A node, an address, ``site:x`` or ``group:x``; all nodes of the same machines are off.
    queue : str
        ``kept``: what an MTA had taken is on its disk; ``lost``: all mail that it holds at the beginning is destroyed, and nobody is
        told.  What another server has taken survives, also where the MTA did not live to see its 250.
    """

    kind: Literal["crash"]
    target: str
    queue: Literal["kept", "lost"] = "kept"

    @property
    def words(self) -> str:
        """What is wrong, for people: ``down, queue lost``."""
        return f"down, queue {self.queue}"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """Every node of the machines is off."""
        condition = Condition(Why.SILENT, idle=True, restarts=True, loses_queue=self.queue == "lost")
        for node in ground.machines(self.target):
            yield Effect(Place("node", node), condition, node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is a server."""
        yield from check_kinds(sight, (*at, "target"), self.target, ("mta", "mailstore", "resolver", "nameserver"), "a crash")
