"""What senders asked of reports, and which MTAs have heard of it: a request goes no further than the extension DSN does (RFC 3461).

Nothing of this is kept where no line of traffic asks anything.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Protocol

from mailsim.rules.dsn import NOTHING_ASKED, Action, Request, report_due

__all__ = ["AskingLine", "Requests", "asks", "wanting"]


class AskingLine(Protocol):
    """A line of traffic that may ask something of reports."""

    @property
    def asks(self) -> bool:
        """Whether anything is asked."""
        ...

    def request(self, recipient: str) -> Request:
        """What is asked for a recipient."""
        ...


class Requests:
    """The requests of a run.

    Parameters
    ----------
    line_of : array
        Line of traffic of each message that traffic sends.
    lines : sequence of AskingLine
        The lines.
    """

    def __init__(self, line_of: array[int], lines: Sequence[AskingLine]) -> None:
        self._line_of = line_of
        self._lines = lines
        self._asks = [line.asks for line in lines]
        #: (node, delivery): the node has the delivery from somebody who could not say what was asked
        self._unheard: set[tuple[int, int]] = set()

    def asked(self, number: int) -> bool:
        """Whether the sender of message ``number`` asked anything; nobody asks anything for a report."""
        return number < len(self._line_of) and self._asks[self._line_of[number]]

    def heard(self, agent: Any, number: int, delivery: int) -> Request:
        """What an MTA knows of what was asked for a delivery."""
        if not self.asked(number) or not agent.figures.dsn or (agent.number, delivery) in self._unheard:
            return NOTHING_ASKED
        return self._lines[self._line_of[number]].request(agent.log.names[agent.log.rcpt[delivery]])

    def go_along(self, agent: Any, server: Any, deliveries: Sequence[int]) -> bool:
        """A server takes deliveries from an MTA: does the request go along?  Where not, it is lost for good."""
        speaks: bool = server.door.figures.dsn
        for d in deliveries:
            if not speaks or not agent.figures.dsn or (agent.number, d) in self._unheard:
                self._unheard.add((server.number, d))
        return speaks


def asks(log: Any, number: int) -> bool:
    """Whether anything was asked of reports on message ``number``."""
    return log.requests is not None and log.requests.asked(number)


def wanting(agent: Any, number: int, deliveries: tuple[int, ...], action: Action) -> tuple[int, ...]:
    """Of which of these deliveries a report is due, as far as the MTA knows."""
    log = agent.log
    sender = log.names[log.sender[deliveries[0]]] if deliveries else ""
    if not asks(log, number):
        return deliveries if report_due(sender, action) else ()
    return tuple(d for d in deliveries if report_due(sender, action, notify=log.requests.heard(agent, number, d).words))
