"""In which order a scan or queue run takes the messages that are due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mailsim.draws import Draws
from mailsim.nodes.attempt import Item

__all__ = ["Rank", "rank_of"]

SECOND_US = 1_000_000

#: the place of an item among those of its instant, when it is put into the queue: any values that compare
Rank: TypeAlias = Callable[[Item], Any]


def rank_of(word: str, name: str, draws: Draws, origin_us: int) -> Rank:
    """The order that a flavour's ``queue_order`` names.

    ``arrival``, ``directories`` (Postfix), ``random`` (Exim), ``least_tried`` (sendmail) or ``latest`` (Courier).
    """
    if word == "directories":
        return _Directories(origin_us)
    if word == "random":
        drawn = draws.uniforms(f"queue order {name}").at
        return lambda item: drawn(item.ticket)
    if word == "least_tried":
        # equals as the file system lists the queue, the file written last first: so the order of equals turns round each run
        # (sendmail 8.17.1.9 observed: after a burst the newest message is tried, in the next run the oldest, and so on)
        return lambda item: (item.attempt, -item.ticket)
    if word == "latest":
        return lambda item: -item.ticket
    return lambda item: item.number


class _Directories:
    """As the file system lists Postfix's deferred queue: newest directory first, newest file in it first.

    A queue file lies in the directory of the first digit of its name, which is that of the microseconds of its arrival in five
    hexadecimal digits (postconf(5) ``hash_queue_depth`` 1, ``enable_long_queue_ids`` no; mail_queue.h), and directories are made
    when they are first needed.  A memory file system lists what was put there last first (Postfix 3.7.11 observed: the next wave
    of a burst is another one than the first); an ext4 directory would have an arbitrary order of its own.
    """

    def __init__(self, origin_us: int) -> None:
        self._origin_us = origin_us
        self._made: dict[int, int] = {}

    def __call__(self, item: Item) -> tuple[int, int]:
        digit = ((item.arrived_us - self._origin_us) % SECOND_US) >> 16
        return -self._made.setdefault(digit, len(self._made)), -item.ticket
