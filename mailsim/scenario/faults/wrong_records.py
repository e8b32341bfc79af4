"""A zone with wrong records: an edit by mistake, a hijack, a provider's accident; what was right comes back when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from mailsim.errors import did_you_mean
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, ZoneEdit, fault_kind
from mailsim.scenario.faults.change import check_records, check_removed
from mailsim.scenario.faults.targets import is_one_of
from mailsim.scenario.zones import read_records, rrset_key

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["WrongRecords"]


@fault_kind("wrong_records")
class WrongRecords(FaultDeclaration):
    """All servers of ``zone`` hand out other records while it lasts; caches keep them for their TTL after that.

    Parameters
    ----------
    zone : str
        The zone.
    records : str
        Lines of a zone file; each RRset replaces the one of that name and type.
    remove : tuple of str
        RRsets (``name TYPE``) that are missing meanwhile.
    """

    kind: Literal["wrong_records"]
    zone: str
    records: str = ""
    remove: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> WrongRecords:
        if not self.records and not self.remove:
            raise ValueError("nothing is wrong with the records; give records or remove")
        return self

    @property
    def where(self) -> str:
        """The zone."""
        return self.zone

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return f"wrong records in {self.zone}"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """An edit of the zone."""
        origin = self.zone.rstrip(".").lower()
        records = read_records(self.records, origin) if self.records else ()
        edit = ZoneEdit(records, tuple(rrset_key(entry) for entry in self.remove))
        yield Effect(Place("zone", origin), edit, "dns", self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The zone exists, the records can be read, and what is missing was there."""
        if "zones" in sight.unsure:
            return
        zones = {zone.origin: set(zone.rrsets) for zone in sight.scenario.parsed_zones()}
        origin = self.zone.rstrip(".").lower()
        if origin not in zones:
            yield (*at, "zone"), f"there is no zone {self.zone[:60]!r}{did_you_mean(origin, zones) or is_one_of(list(zones))}", 0
            return
        yield from check_records(self.records, origin, at, zones[origin])
        yield from check_removed(self.remove, at, zones[origin])
