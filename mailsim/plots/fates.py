"""What becomes of a message sent when an outage begins, by program, and how that is said; the raster draws it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mailsim.flavours import Schedule
from mailsim.flavours import schedule as flavour_schedule
from mailsim.flavours.schedules import schedule_of
from mailsim.language import numeral, phrased, say
from mailsim.plots.timeaxis import duration_text
from mailsim.units import clock

if TYPE_CHECKING:
    from mailsim.scenario import Scenario

__all__ = ["Fate", "Lane", "by_fate", "describe_fates", "fate_of", "fate_words", "headline_of", "senders_of"]

_KINDS = ("delivered", "returned", "unknown")


class Fate(NamedTuple):
    """What becomes of a message sent when an outage begins.

    Attributes
    ----------
    kind : str
        ``delivered``, ``returned`` or ``unknown``.
    at_us : int
        Its age then; for ``unknown`` the age of the last attempt that anybody has seen.
    tries : int
        Attempts that failed.
    """

    kind: str
    at_us: int
    tries: int


#: a program with the fate of its message
Lane = tuple[Schedule, Fate]


def fate_of(lane: Schedule, outage_us: int) -> Fate:
    """The fate of a message sent with that schedule when an outage of that length begins."""
    came = lane.delivered_after(outage_us)
    if came is not None:
        return Fate("delivered", came, sum(age < came for age in lane.ages_us))
    if lane.given_up_us is None:
        return Fate("unknown", lane.ages_us[-1], len(lane.ages_us))
    return Fate("returned", lane.given_up_us, len(lane.ages_us))


def senders_of(scenario: Scenario) -> list[Schedule]:
    """The schedules of the MTAs of a scenario that pass mail on, and of the flavours of its populations of senders.

    An MTA has what the scenario says instead of its flavour's figures.
    """
    found: dict[str, Schedule] = {}
    passing = {name for name, node in scenario.nodes.items() if node.kind == "mta" and (node.submission or node.relays_for)}
    for name, node in scenario.nodes.items():
        if node.kind == "mta" and (name in passing or not passing):
            found[name] = schedule_of(f"{name} ({node.flavour})", "", node.figures(scenario.flavours))
        elif node.kind == "senders":
            found |= {f"/{flavour}": flavour_schedule(flavour, own=scenario.flavours) for flavour in node.mix}
    return list(found.values())


def by_fate(lanes: Sequence[Schedule], outage_us: int) -> list[Lane]:
    """The programs with their fates: delivered first, then returned, then unknown; each kind by time, then by name."""
    pairs = [(lane, fate_of(lane, outage_us)) for lane in lanes]
    return sorted(pairs, key=lambda pair: (_KINDS.index(pair[1].kind), pair[1].at_us, pair[0].name))


def fate_words(fate: Fate, outage_us: int) -> str:
    """What becomes of the message, in a few words beside its row."""
    if fate.kind == "delivered":
        after = fate.at_us - outage_us
        return say("raster.fate_delivered", after=duration_text(after / 1e6)) if after else say("raster.fate_at_once")
    return say(f"raster.fate_{fate.kind}", at=duration_text(fate.at_us / 1e6))


def headline_of(lanes: Sequence[Lane], outage_us: int) -> str:
    """Who delivers first and last, how many have returned the message, and of how many nobody knows."""
    if not lanes:
        return say("raster.nothing")
    span = duration_text(outage_us / 1e6)
    came = [(fate.at_us, lane.name) for lane, fate in lanes if fate.kind == "delivered"]
    gone, lost = (sum(fate.kind == kind for _, fate in lanes) for kind in ("returned", "unknown"))
    ends = (say("raster.returned_by", count=gone) if gone else "") + (say("raster.lost_by", count=lost) if lost else "")
    if not came:
        return say("raster.title_none", span=span, ends=ends)
    (first_us, soonest), (last_us, last) = min(came), max(came)
    wait, longest = (duration_text((at_us - outage_us) / 1e6) for at_us in (first_us, last_us))
    when = say("raster.when_after", after=wait) if first_us > outage_us else say("raster.when_at_once")
    if len(lanes) == 1:
        return say("raster.title_lone", name=soonest, tries=lanes[0][1].tries, span=span, when=when)
    if len(came) == 1:
        return say("raster.title_only", span=span, name=soonest, when=when, ends=ends)
    if wait == longest:
        return say("raster.title_alike", span=span, count=len(came), total=len(lanes), when=when, ends=ends)
    return say("raster.title", span=span, when=when, name=soonest, last=longest, other=last, ends=ends)


def describe_fates(lanes: Sequence[Lane], outage_us: int) -> str:
    """The headline, and each program with its attempts and its fate."""
    parts = [say("raster.described", length=numeral(clock(outage_us))), headline_of(lanes, outage_us)]
    for lane, fate in lanes:
        who = f"{lane.name} ({phrased('labels', lane.label)})" if lane.label else lane.name
        parts.append(say(f"raster.lane_{fate.kind}", who=who, count=fate.tries, at=numeral(clock(fate.at_us))))
    return " ".join(parts)
