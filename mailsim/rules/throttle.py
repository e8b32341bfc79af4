"""What a client meets whose SMTP server can't start, because its password checker does not run: a pure rule.

Postfix 3.7 (``smtpd_sasl_glue.c``, ``msg.c``, ``master_spawn.c``; recorded of 3.7.11): an smtpd that finds no SASL back end ends with
"fatal: no SASL authentication mechanisms" before its greeting, a second later; the master then starts no other for
``service_throttle_time``.  Connections made meanwhile stand in the listen queue, with no greeting, until it does.
"""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.conditions import Timeline
from mailsim.rules.reasons import Why

__all__ = ["Start", "Startup", "start"]


class Startup(NamedTuple):
    """Figures: how long a server that can't start lives, and for how long none is started then (microseconds)."""

    lives_us: int
    throttled_us: int


class Start(NamedTuple):
    """When a server takes up a connection, and when it dies instead of greeting (-1: it greets)."""

    taken_us: int
    dies_us: int


def start(figures: Startup, back_end: Timeline, rests: tuple[tuple[int, int], ...], t_us: int) -> tuple[Start, tuple[tuple[int, int], ...]]:
    """What a connection made at ``t_us`` meets, and the stretches (start, end) in which no server is started, after it.

    Parameters
    ----------
    back_end : Timeline
        What is wrong with the password checker: where it is ``REFUSED``, servers can't start.
    rests : tuple of (int, int)
        The stretches so far, in order.
    """
    taken = t_us
    for begin, end in rests:
        if begin <= taken < end:
            taken = end
    if back_end.at(taken).reach != Why.REFUSED:
        return Start(taken, -1), rests
    dies = taken + figures.lives_us
    if not any(begin <= dies < end for begin, end in rests):
        rests = tuple(sorted((*rests, (dies, dies + figures.throttled_us))))[-8:]
    return Start(taken, dies), rests
