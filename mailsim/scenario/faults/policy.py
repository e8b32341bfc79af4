"""The host of a domain's MTA-STS policy fails: who holds no policy sends as if there were none, who holds one goes on with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mailsim.declared import HostName
from mailsim.errors import did_you_mean
from mailsim.rules.conditions import Condition
from mailsim.rules.reasons import Why
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import is_one_of

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["PolicyFault"]

_REACH = {"silent": Why.SILENT, "refused": Why.REFUSED, "unreachable": Why.UNREACHABLE}


@fault_kind("policy")
class PolicyFault(FaultDeclaration):
    """Nobody can fetch the MTA-STS policy of the domain ``target`` (RFC 8461 section 3.3).

    Parameters
    ----------
    target : str
        A domain that has a policy.
    how : str
        ``silent``: senders wait for their ``sts_timeout`` · ``refused`` · ``unreachable``.
    """

    kind: Literal["policy"]
    target: HostName
    how: Literal["silent", "refused", "unreachable"] = "silent"

    @property
    def words(self) -> str:
        """What is wrong, for people: ``no policy (silent)``."""
        return f"no policy ({self.how})"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """At the policy host of the domain."""
        yield Effect(Place("policy", self.target), Condition(_REACH[self.how]), f"mta-sts.{self.target}", self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The domain has a policy."""
        known = [name.rstrip(".").lower() for name in sight.scenario.policies]
        if self.target not in known and "policies" not in sight.unsure:
            hint = did_you_mean(self.target, known) or is_one_of(known) or "; there are none: see policies"
            yield (*at, "target"), f"{self.target[:60]} has no MTA-STS policy{hint}", 0
