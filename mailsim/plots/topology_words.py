"""What a topology says: its title, its description, what is wrong where, and at which instant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mailsim.events import EventLog
from mailsim.language import listed, say
from mailsim.plots.bands import bands, wrong_at
from mailsim.plots.lanes import LAYERS, Place, layer_word, path_order
from mailsim.plots.timeaxis import clock_text
from mailsim.plots.ways import Moment, Way, by_mx, waiting
from mailsim.results.summary import percent
from mailsim.units import Instant

if TYPE_CHECKING:
    from mailsim.scenario import Scenario

__all__ = ["Scene", "clock_of", "described", "title_of", "wrong_of"]


#: faults of a node that are told one by one
_TOLD = 3


class Scene(NamedTuple):
    """What is shown: a scenario, or what a run of it did, all of it or up to a moment."""

    scenario: Scenario
    log: EventLog | None
    starts: Instant | None
    moment: Moment | None


def clock_of(scene: Scene, t_us: int) -> str:
    """An instant of the run in a sentence."""
    assert scene.log is not None
    assert scene.starts is not None
    return clock_text(scene.starts, t_us / 1e6, span_s=scene.log.end_us / 1e6)


def wrong_of(scene: Scene) -> list[tuple[str, str]]:
    """Where something was wrong, and what: over the run with its length, at a moment as it is."""
    log, moment = scene.log, scene.moment
    if log is None:
        return []
    if moment is None:
        return [(band.node, band.label) for band in bands(log.conditions, end_s=log.end_us / 1e6)]
    return list(wrong_at(log.conditions, moment.at_us))


def title_of(scene: Scene) -> str:
    """The finding in a sentence; at a moment what is wrong and where mail went since."""
    if scene.log is None:
        return _possible(scene.scenario)
    if scene.moment is not None:
        return f"{_state(scene)} {_since(scene)}"
    by = by_mx(scene.scenario, scene.log)
    if not by:
        return say("topology.none")
    if len(by) == 1:
        ((node, share),) = by.items()
        return say("topology.all_that_got_in" if share < 1 else "topology.all", node=node)
    return say("topology.shares", shares=_shares(by))


def _possible(scenario: Scenario) -> str:
    """Where mail can go, by the MX records."""
    mx = [place for place in path_order(scenario) if place.layer == "MX" and place.preference >= 0]
    if not mx:
        return say("topology.nodes", count=len(scenario.nodes))
    if len(mx) == 1:
        return say("topology.one_way", mx=mx[0].node)
    best = [place.node for place in mx if place.preference == mx[0].preference]
    others = [place.node for place in mx if place.preference != mx[0].preference]
    if len(best) == 1:
        return say("topology.goes_to", first=best[0], others=listed(others), count=len(others))
    if others:
        return say("topology.by_chance_then", first=listed(best), others=listed(others))
    return say("topology.by_chance", first=listed(best))


def _state(scene: Scene) -> str:
    assert scene.moment is not None
    at, wrong = clock_of(scene, scene.moment.at_us), wrong_of(scene)
    if not wrong:
        return say("topology.at_fine", at=at)
    return say("topology.at_wrong", at=at, wrong=listed([say("topology.fault_at", node=node, how=how) for node, how in wrong]))


def _since(scene: Scene) -> str:
    assert scene.moment is not None
    assert scene.log is not None
    since, by = clock_of(scene, scene.moment.since_us), by_mx(scene.scenario, scene.log, scene.moment)
    if not by:
        return say("topology.since_none", since=since)
    if len(by) == 1:
        return say("topology.since_all", since=since, node=next(iter(by)))
    return say("topology.since_shares", since=since, shares=_shares(by))


def _shares(by: dict[str, float]) -> str:
    return listed([say("topology.share", share=percent(share), node=node) for node, share in by.items()])


def described(scene: Scene, order: Sequence[Place], found: Sequence[Way]) -> str:
    """The topology in words."""
    layers = [(layer_word(layer), ", ".join(place.node for place in order if place.layer == layer)) for layer in LAYERS]
    told = [say("topology.layer", layer=layer, nodes=nodes) for layer, nodes in layers if nodes]
    parts = [say("topology.described", layers="; ".join(told)), title_of(scene)]
    took = [
        say("topology.told_fallback" if way.fallback else "topology.told_way", start=way.start, end=way.end, share=percent(way.share))
        for way in found
        if way.share
    ]
    if took and scene.moment is not None:
        parts.append(say("topology.told_ways_since", since=clock_of(scene, scene.moment.since_us), ways=", ".join(took)))
    elif took:
        parts.append(say("topology.told_ways", ways=", ".join(took)))
    failed = [
        say("topology.told_failed_way", start=way.start, end=way.end, failed=way.failed, total=way.contacts) for way in found if way.failed
    ]
    parts += [say("topology.told_failed", ways=", ".join(failed))] if failed else []
    if scene.moment is not None and scene.log is not None and (queues := waiting(scene.log, scene.moment)):
        parts.append(say("topology.told_queues", queues=", ".join(_queue(node, depth) for node, depth in queues.items())))
    parts += [say("topology.told_wrong", wrong="; ".join(wrong))] if (wrong := _wrong(scene)) else []
    return " ".join(parts)


def _wrong(scene: Scene) -> list[str]:
    """What was wrong in words, counted at a node where it was more than a few things."""
    at: dict[str, list[str]] = {}
    for node, how in wrong_of(scene):
        at.setdefault(node, []).append(how)
    return [
        say("topology.fault_at", node=node, how=how)
        for node, hows in at.items()
        for how in (hows if len(hows) <= _TOLD else [say("topology.faults", count=len(hows))])
    ]


def _queue(node: str, depth: int) -> str:
    return say("topology.told_queue", depth=depth, node=node)
