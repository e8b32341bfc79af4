"""A small world for traffic: any lines of it, a user and a population that send, one server that takes example.com."""

from __future__ import annotations

from typing import Any

import mailsim
from mailsim.draws import Draws
from mailsim.scenario import Scenario
from mailsim.scenario.arrivals import Arrivals, arrivals
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, com, world

__all__ = ["declared", "sent", "values"]

ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.10")


def values(*traffic: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The world with these lines of traffic, from ``world`` to bob unless they say otherwise."""
    nodes = {"mx1": {**MTA, "final_for": ["example.com"]}, "world": {"kind": "senders", "mix": {"postfix": 1}}}
    lines = [{"from": "world", "to": "bob@example.com", "size": "10 kB", **line} for line in traffic]
    return {**world(ZONE, nodes), "traffic": lines, **more}


def declared(*traffic: dict[str, Any], **more: Any) -> Scenario:
    """The world loaded."""
    return mailsim.load(values(*traffic, **more))


def sent(*traffic: dict[str, Any], seed: int = 1, **more: Any) -> Arrivals:
    """The mail that these lines send."""
    return arrivals(compiled(declared(*traffic, **more)), Draws(seed))
