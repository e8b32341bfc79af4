"""An MTA is asked to try its deferred mail now: ETRN, ``postqueue -s``, ``exim -R``, ``sendmail -qR``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from mailsim.declared import HostName
from mailsim.errors import did_you_mean
from mailsim.scenario.faults.base import Effect, FaultDeclaration, FlushRequest, Ground, Place, fault_kind, flush_words
from mailsim.scenario.faults.targets import check_kinds, is_one_of

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Flush"]


@fault_kind("flush")
class Flush(FaultDeclaration):
    """At ``start`` an MTA is asked to try what it has deferred for a domain, whenever it is due; RFC 1985 (ETRN).

    What is tried in vain waits again by the program's own schedule.  Postfix forgets that the destination was dead (flush.c,
    ``UNTHROTTLE_AFTER``; qmgr.h ``QMGR_FLUSH_EACH``).  Exim disregards the retry times of the hosts until they fail again (spec,
    ``-R``: forced for the first message selected; a success removes the hint for the others).  An MTA that is down, or stuck, hears
    nothing of it.

    Parameters
    ----------
    target : str
        An MTA, its address, ``site:x`` or ``group:x``.
    domain : str, optional
        Only mail to this domain; by default all of it.
    """

    instant: ClassVar[bool] = True

    kind: Literal["flush"]
    target: str
    domain: HostName | None = None

    @property
    def words(self) -> str:
        """What is asked, for people: ``flushed for example.com``."""
        return flush_words(self._domains)

    @property
    def lane(self) -> tuple[str, ...]:
        """Requests do not disturb each other."""
        return (*super().lane, str(self.start), *self._domains)

    @property
    def _domains(self) -> tuple[str, ...]:
        return () if self.domain is None else (self.domain.rstrip(".").lower(),)

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """A request to each MTA."""
        for node in ground.of_kind(self.target, "mta"):
            yield Effect(Place("flush", node), FlushRequest(0, self._domains), node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target is an MTA, and somebody may take mail for the domain."""
        yield from check_kinds(sight, (*at, "target"), self.target, ("mta",), "a flush")
        if self.domain is None or "zones" in sight.unsure or sight.ghosts:
            return
        nodes = sight.scenario.nodes
        mtas = [node for node in nodes.values() if node.kind == "mta"]
        known = {domain.rstrip(".").lower() for mta in mtas for domain in (*mta.final_for, *mta.relays_for)}
        known |= {zone.origin for zone in sight.scenario.parsed_zones()}
        known |= {f"{name}.test" for name, node in nodes.items() if node.kind == "senders"}  # where reports to a population go
        domain = self._domains[0]
        if not any(domain == one or domain.endswith("." + one) for one in known):
            yield (*at, "domain"), f"there is no mail to {domain[:60]}{did_you_mean(domain, known) or is_one_of(sorted(known))}", 0
