"""What tells two runs apart, in a sentence from their figures: what a failed attempt costs, what came back, how long the slowest took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mailsim.events import Event, EventLog
from mailsim.language import say
from mailsim.plots.style import look_of
from mailsim.plots.tale import Tale
from mailsim.plots.timeaxis import duration_text
from mailsim.results.columns import view
from mailsim.rules.reasons import REASONS, Why

if TYPE_CHECKING:
    from mailsim.results import Result

__all__ = ["Cost", "contrast", "cost_of", "kind_of"]

#: how attempts fail, as keys of ``side_by_side.toml``; any other reason by its look
_KINDS: dict[Why, str] = {
    Why.SILENT: "silence",
    Why.REFUSED: "refused",
    Why.NO_SERVICE: "refused",
    Why.UNREACHABLE: "unreachable",
    Why.CLOSED: "closed",
}

#: medians that differ by less than this share are told as the same
_SAME = 0.05


class Cost(NamedTuple):
    """What attempts that failed cost: how most of them failed, their number, the median time that each of these took."""

    kind: str
    number: int
    median_us: float


def cost_of(log: EventLog) -> Cost | None:
    """The cost of the attempts that failed, by the way in which most did; None where none failed (or none are recorded)."""
    rows = (view(log.events, "kind") == Event.TRIED) & (view(log.events, "why") != Why.OK)
    why, took = view(log.events, "why")[rows], view(log.events, "value")[rows]
    if not len(why):
        return None
    kinds = np.array([kind_of(Why(one)) for one in why.tolist()])
    names, counts = np.unique(kinds, return_counts=True)
    most = str(names[int(np.argmax(counts))])
    return Cost(most, int(counts.max()), float(np.median(took[kinds == most])))


def kind_of(why: Why) -> str:
    """How an attempt failed, as a key of ``side_by_side.toml``."""
    return _KINDS.get(why) or look_of(REASONS[why].key)


def contrast(runs: Sequence[tuple[Result, Tale, str]]) -> str:
    """The first of these that tells the runs apart: what a failed attempt costs, mail returned, mail that arrived, slowest, failures."""
    (one, tale, first), (two, other_tale, second) = runs
    costs = cost_of(one.log), cost_of(two.log)
    names = {"first": first, "second": second}
    if costs[0] and costs[1] and (said := _costs(costs[0], costs[1], first, second)):
        return said
    mail, others = one.conservation.mail, two.conservation.mail
    if (mail.bounced, mail.sent) != (others.bounced, others.sent) and mail.bounced + others.bounced:
        return say("side_by_side.returned", count=mail.bounced, total=mail.sent, other=others.bounced, others=others.sent, **names)
    if (tale.latency_s is None) != (other_tale.latency_s is None):
        return say("side_by_side.arrived", count=mail.stored, total=mail.sent, other=others.stored, others=others.sent, **names)
    if tale.latency_s is not None and other_tale.latency_s is not None:
        took, other = duration_text(tale.latency_s), duration_text(other_tale.latency_s)
        if took != other:
            return say("side_by_side.slowest", took=took, other=other, **names)
    failed = [cost.number if cost else 0 for cost in costs]
    if failed[0] != failed[1]:
        return say("side_by_side.attempts", count=failed[0], other=failed[1], **names)
    if tale.latency_s is None:
        key = "side_by_side.alike_returned" if mail.bounced else "side_by_side.nothing"
        return say(key, count=mail.bounced, total=mail.sent)
    return say("side_by_side.alike", took=duration_text(tale.latency_s))


def _costs(one: Cost, two: Cost, first: str, second: str) -> str:
    """What an attempt costs here and there; nothing where it costs about the same in the same way."""
    cost, other = (_cost_text(part) for part in (one, two))
    if one.kind != two.kind:
        known = [say(f"side_by_side.{one.kind}_first"), say(f"side_by_side.{two.kind}")]
        return say("side_by_side.costs", first=known[0], cost=cost, second=known[1], other=other)
    if abs(one.median_us - two.median_us) > _SAME * max(one.median_us, two.median_us):
        cost, other = duration_text(one.median_us / 1e6), duration_text(two.median_us / 1e6)
        return say("side_by_side.costs_same", cost=cost, first=first, other=other, second=second)
    return ""


def _cost_text(cost: Cost) -> str:
    """A refusal comes back after one round trip, whatever that takes (RFC 9293 section 3.10.7.1: a closed port answers a SYN by RST)."""
    text = duration_text(cost.median_us / 1e6)
    return say("side_by_side.round_trip", cost=text) if cost.kind == "refused" else text
