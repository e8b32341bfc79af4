"""A signed zone is bogus: its signatures do not hold, so validating resolvers give no answer from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mailsim.declared import HostName
from mailsim.rules.conditions import Condition
from mailsim.rules.dns import Rcode
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import is_one_of

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["BogusZone"]


@fault_kind("bogus")
class BogusZone(FaultDeclaration):
    """Signatures of the zone ``target`` have expired, or do not fit its keys: SERVFAIL for every name in it (RFC 4035 section 5.5).

    No resolver here validates anything: all of them are taken to do so.

    Parameters
    ----------
    target : str
        A zone of ``signed_zones``.
    """

    kind: Literal["bogus"]
    target: HostName

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """At all names of the zone."""
        yield Effect(Place("name", (self.target, "")), Condition(rcode=Rcode.SERVFAIL), "dns", self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """Only what is signed can be bogus (RFC 4035 section 4.3)."""
        signed = sight.scenario.signed_zones
        if self.target not in signed and "signed_zones" not in sight.unsure:
            hint = is_one_of(list(signed)) or f"; write signed_zones: [{self.target[:60]}]"
            yield (*at, "target"), f"{self.target[:60]} is no signed zone, so it can't be bogus{hint}", 0
