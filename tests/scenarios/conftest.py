"""Shipped scenarios played with every figure fixed, so that a test can work out each instant by hand.

In an exact world a round trip takes 40 ms (2 ms within a site, nothing within a machine), links have no limit of bandwidth, a
server needs 100 ms to take a message, queues are looked through at full multiples of 5 minutes, and the resolver answers after
1 ms what it knows, 100 ms later for each question that it has to ask a name server.  How many questions that are follows from
how unbound shows a zone's servers one label of a name after the other, asking for A (RFC 9156 section 2.3; the recordings: two
questions for an uncached MX below a zone's apex):

* MX of a domain that is a zone, A of a name one label below it: nothing to hide, one question: 101 ms;
* SRV of ``_submissions._tcp`` below the domain: A of ``_tcp...``, A of the full name, SRV of the full name: 301 ms;
* the same where no name ends in ``_tcp...``: A of ``_tcp...`` does not exist, then SRV of the full name: 201 ms.  Answers to
  questions of another type than the client's are not kept, so ``_submission._tcp`` costs as much again.

The first mail of a program that looks for SRV records is with its provider after 301 + 101 ms of look-ups and 360 ms, that is
762 ms, each further one within the hour after 2 x 1 ms and 360 ms: 362 ms.

So, with sessions as ``mailsim.rules.session`` counts them,

* submission on port 465 costs 7 round trips and 100 ms: 380 ms for the client, taken half a round trip earlier: after 360 ms;
* relaying with STARTTLS costs 8 round trips and 100 ms: 420 ms for the sender, taken after 400 ms;
* handing over to the mail store by LMTP costs 5 round trips: taken after 180 ms (9 ms within a site, at once within a machine);
* IMAP IDLE tells a client after half a round trip, and fetching takes one more: 60 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import mailsim
from checkers import check
from mailsim.events import Event
from mailsim.rules.reasons import Why
from record import Delivery, Record, Row


class Played:
    """A run that passed every checker, with what lessons ask of it."""

    def __init__(self, result: Any) -> None:
        check(result)
        assert result.conservation.ok, result.conservation.problems
        self.result = result
        self.record = Record(result.log, result.scenario)

    @property
    def mails(self) -> list[Delivery]:
        """The rows of the message table, reports included."""
        return self.record.deliveries

    def rows(self, *kinds: Event, message: int | None = None, node: str | None = None) -> list[Row]:
        """Event rows of these kinds, in order of time."""
        return [
            row
            for row in self.record.rows
            if row.kind in kinds and (message is None or row.message == message) and (node is None or row.node == node)
        ]

    def tries(self, message: int, node: str) -> list[tuple[int, str, Why]]:
        """Each address that a node tried for a message: instant, host without its domain, outcome."""
        found = self.rows(Event.TRIED, message=message, node=node)
        return [(row.t_us, row.peer.partition(".")[0], Why(row.why)) for row in found]


#: runs of shipped scenarios, which several tests look at
PLAYED: dict[tuple[str, int | None], Played] = {}


def fixed(values: dict[str, Any]) -> dict[str, Any]:
    """The same world with every drawn figure replaced by a constant one."""
    values["links"] = {"default": {"rtt": "40ms", "bandwidth": None}, "local": {"rtt": "2ms", "bandwidth": None}}
    for node in values["nodes"].values():
        if node["kind"] == "mta":
            node["scan_phase"] = "0s"
            node["parameters"] = {**node.get("parameters", {}), "server_time": "100ms"}
        elif node["kind"] == "resolver":
            node["parameters"] = {**node.get("parameters", {}), "stub_delay": "1ms", "miss_delay": "100ms"}
    return values


@pytest.fixture
def play() -> Callable[..., Played]:
    """Run a scenario (its name, values or itself) and check it; a shipped one only once."""

    def run(scenario: Any, seed: int | None = None) -> Played:
        if not isinstance(scenario, str):
            return Played(mailsim.load(scenario).run(seed=seed))
        if (scenario, seed) not in PLAYED:
            PLAYED[scenario, seed] = Played(mailsim.load(scenario).run(seed=seed))
        return PLAYED[scenario, seed]

    return run


@pytest.fixture
def exact() -> Callable[..., dict[str, Any]]:
    """The values of a shipped scenario in the exact world, with mail ``at`` these instants from its first sender to its first recipient."""

    def build(name: str, *, at: list[str] | None = None, **edits: Any) -> dict[str, Any]:
        values = fixed(mailsim.load(name).values(given=True))
        if at is not None:
            first = values["traffic"][0]
            values["traffic"] = [{"kind": "at", "from": first["from"], "to": first["to"], "times": at, "size": "20 kB"}]
        values.update(edits)
        return values

    return build
