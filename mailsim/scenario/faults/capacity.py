"""A server that serves fewer sessions at a time than ever, or needs more time for each message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from mailsim.rules.conditions import Condition
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import check_kinds

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Capacity"]


@fault_kind("capacity")
class Capacity(FaultDeclaration):
    """An MTA loses capacity: so many ``sessions`` at a time are left, or each message costs it ``slower`` times its time.

    Sessions that are open when it begins go on.  Who comes when all are taken is connected by the kernel and waits for the
    greeting, first come, first served, as long as its patience lasts (RFC 5321 section 4.5.3.2.1).

    Parameters
    ----------
    target : str
        An MTA, its address, ``site:x`` or ``group:x``.
    sessions : int, optional
        SMTP sessions that it serves at a time; more than it ever serves (``max_sessions``) change nothing.
    slower : float, optional
        Its time to take a message (``server_time``) is multiplied by this.
    """

    kind: Literal["capacity"]
    target: str
    sessions: Annotated[int, Field(ge=1)] | None = None
    slower: Annotated[float, Field(gt=1, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Capacity:
        if self.sessions is None and self.slower is None:
            raise ValueError("give sessions (so many are left), slower (so many times its time), or both")
        return self

    @property
    def words(self) -> str:
        """What is wrong, for people: ``at most 2 sessions, work takes 3 times as long``."""
        few = "" if self.sessions is None else f"at most {self.sessions} session{'s' * (self.sessions > 1)}"
        return ", ".join(filter(None, [few, "" if self.slower is None else f"work takes {self.slower:g} times as long"]))

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """At each MTA."""
        condition = Condition(sessions=-1 if self.sessions is None else self.sessions, slower=self.slower or 1.0)
        for node in ground.of_kind(self.target, "mta"):
            yield Effect(Place("node", node), condition, node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is an MTA."""
        yield from check_kinds(sight, (*at, "target"), self.target, ("mta",), "a fault of kind capacity")
