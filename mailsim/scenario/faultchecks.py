"""Checks of faults: what each kind asks for, when they hold, and that no two of one lane overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mailsim.scenario.document import Path, path_text
from mailsim.scenario.faults.base import FaultDeclaration, Window
from mailsim.scenario.faults.targets import check_kinds
from mailsim.scenario.faults.uptime import LogReading, read_log
from mailsim.units import clock

if TYPE_CHECKING:
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["check_faults"]

#: how a target begins that may have several members
_OF_SEVERAL = ("group:", "site:")


def check_faults(sight: Sight) -> Iterator[Complaint]:
    """Each kind's own checks; when it holds; no two faults of one lane overlap, and no two share draws by mistake."""
    lanes: dict[tuple[str, ...], list[tuple[Sequence[Window], int]]] = {}
    labels: dict[str, int] = {}
    for k, fault in enumerate(sight.scenario.faults):
        at: Path = ("faults", k)
        yield from fault.check(sight, at)
        for j, node in enumerate(fault.then_flush):
            yield from check_kinds(sight, (*at, "then_flush", j), node, ("mta",), "a flush")
        if fault.log is not None:
            reading = read_log(fault.log, sight.scenario.starts)
            yield from _check_log(sight, at, fault, reading)
            if reading.problems:
                continue
        if fault.drawn is not None:
            yield from _check_drawn(sight, at, fault, labels)
        for target, windows in fault.planned(sight.scenario.starts).items():
            struck = fault.at_target(target)
            yield from _check_overlap(sight, at, struck, windows, lanes.setdefault(struck.lane, []))
            lanes[struck.lane].append((windows, k))


def _check_overlap(
    sight: Sight, at: Path, fault: FaultDeclaration, windows: Sequence[Window], earlier: Sequence[tuple[Sequence[Window], int]]
) -> Iterator[Complaint]:
    """Complain of the first earlier fault of the lane that holds at the same time."""
    for others, number in earlier:
        found = _first_overlap(windows, others)
        if found is not None:
            other = f"{path_text(sight.in_file(('faults', number)))} on {fault.where} ({clock(found.start_us)} to {clock(found.end_us)})"
            yield at, f"overlaps {other}; let one begin where the other ends", 0
            return


def _first_overlap(ones: Sequence[Window], others: Sequence[Window]) -> Window | None:
    """The first of ``others`` during which one of ``ones`` holds too; both are in order."""
    i = k = 0
    while i < len(ones) and k < len(others):
        if ones[i].start_us < others[k].end_us and others[k].start_us < ones[i].end_us:
            return others[k]
        if ones[i].end_us <= others[k].end_us:
            i += 1
        else:
            k += 1
    return None


def _check_log(sight: Sight, at: Path, fault: FaultDeclaration, reading: LogReading) -> Iterator[Complaint]:
    """Bad rows; targets that mean nothing; nothing that the scenario would see."""
    path: Path = (*at, "log")
    for row, what in reading.problems:
        yield path, what, row
    for target, row in reading.rows.items():
        if target and "target" not in type(fault).model_fields:
            yield path, f"a fault of kind {fault.kind} has no target; take the column target out of the log", row
        elif target:
            for _, what, _ in fault.at_target(target).check(sight, at):
                yield path, what, row
    if not reading.problems and not any(reading.windows.values()):
        yield path, f"no outage of this log ends after the scenario starts ({sight.scenario.starts}); set starts to when the log begins", 1


def _check_drawn(sight: Sight, at: Path, fault: FaultDeclaration, labels: dict[str, int]) -> Iterator[Complaint]:
    """A share of outages needs members to share them; draws that nobody named are had once only."""
    members = _members(sight, fault.where)
    if fault.together is not None and not fault.where.startswith(_OF_SEVERAL):
        yield (*at, "together"), f"together is about the members of group:x or site:x; {fault.where[:60]} is one", 0
        return
    if fault.together is not None and len(members) == 1:
        yield (*at, "together"), f"{fault.where[:60]} has one member, which is down together with nobody; leave together out", 0
        return
    if fault.name is not None and fault.label() == fault.name:  # that of an incident says what it is
        return
    own = [fault.label(member) for member in members] if fault.together not in (None, 1) else []
    for label in (fault.label(), *own):
        if label in labels:
            other = path_text(sight.in_file(("faults", labels[label])))
            yield at, f"this draws the same outages as {other}, being of the same kind and target; give one of them a name", 0
            break
    for label in (fault.label(), *own):
        labels.setdefault(label, at[1] if isinstance(at[1], int) else 0)


def _members(sight: Sight, target: str) -> list[str]:
    """The nodes of a group or site; empty for other targets."""
    if target.startswith("group:"):
        return list(sight.scenario.groups.get(target[6:], ()))
    if target.startswith("site:"):
        return [name for name, node in sight.scenario.nodes.items() if node.site == target[5:]]
    return []
