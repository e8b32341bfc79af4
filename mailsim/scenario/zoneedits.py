"""Zones over time: planned changes, and wrong data that comes and goes, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mailsim.rules.dns import RRset
from mailsim.scenario.faults.change import Change
from mailsim.scenario.timeline import ZoneFault
from mailsim.scenario.zones import read_records, rrset_key

if TYPE_CHECKING:
    from mailsim.scenario.compiled import ZoneTimeline

__all__ = ["edit_zones"]

RRsets = dict[tuple[str, str], RRset]


class _Step(NamedTuple):
    """At an instant a planned change is made, or wrong data comes or goes."""

    at_us: int
    change: Change | None
    begins: ZoneFault | None
    ends: ZoneFault | None


def edit_zones(zones: Mapping[str, ZoneTimeline], changes: Iterable[Change], wrong: Iterable[ZoneFault], offset_us: int) -> None:
    """Give each zone its versions.

    A planned change that comes while data is wrong is made to the zone as it should be, and is seen when the wrong data goes.
    """
    steps = [_Step(change.at + offset_us, change, None, None) for change in changes]
    for fault in wrong:
        steps += [_Step(fault.start_us, None, fault, None), _Step(fault.end_us, None, None, fault)]
    right: dict[str, RRsets] = {}
    active: dict[str, list[ZoneFault]] = {}
    for step in sorted(steps, key=lambda step: step.at_us):
        if step.change is not None:
            origin, serial = step.change.zone.rstrip(".").lower(), step.change.serial
        else:
            origin, serial = (step.begins or step.ends).zone, None  # type: ignore[union-attr]
        should = right.setdefault(origin, dict(zones[origin].versions[-1].zone.rrsets))
        faults = active.setdefault(origin, [])
        if step.change is not None:
            _make(should, step.change, origin)
        elif step.begins is not None:
            faults.append(step.begins)
        elif step.ends is not None:
            faults.remove(step.ends)

        def edit(rrsets: RRsets, should: RRsets = should, faults: list[ZoneFault] = faults, origin: str = origin) -> None:
            soa = rrsets.get((origin, "SOA"))
            rrsets.clear()
            rrsets.update(should)
            if soa is not None and (origin, "SOA") in should:
                rrsets[(origin, "SOA")] = soa._replace(ttl=should[(origin, "SOA")].ttl)
            for fault in faults:
                for key in fault.edit.remove:
                    rrsets.pop(key, None)
                for rrset in fault.edit.records:
                    rrsets[(rrset.name, rrset.rtype)] = rrset

        zones[origin].edit(step.at_us, edit, serial)


def _make(rrsets: RRsets, change: Change, origin: str) -> None:
    """Make a planned change."""
    for entry in change.remove:
        rrsets.pop(rrset_key(entry), None)
    for rrset in read_records(change.records, origin) if change.records else ():
        rrsets[(rrset.name, rrset.rtype)] = rrset
    if change.ttl is not None:
        ttl = change.ttl // 1_000_000
        rrsets.update({key: rrset._replace(ttl=ttl) for key, rrset in rrsets.items()})
