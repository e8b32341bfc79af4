"""Sessions with a destination: Postfix's window, when it declares a destination dead, and what that means for mail that waits."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

import mailsim
from checkers import check
from mailsim.events import Event, State
from mailsim.flavours.models import Concurrency
from mailsim.nodes.mta.queue import Destination
from mailsim.rules.reasons import Why
from record import Record

SECOND_US = 1_000_000
RULE = Concurrency(initial=5, limit=20, feedback=True, dead_for="300s")


class StillWorld:
    """A world in which nothing happens by itself."""

    now = 0

    def line(self) -> deque[Any]:
        return deque()


def destination() -> Destination:
    return Destination(StillWorld(), RULE, 1)  # type: ignore[arg-type]


def after(destination: Destination, t_us: int, outcomes: str) -> Destination:
    """Sessions that were open together and ended one after the other from ``t_us`` on: ``f`` failed, ``s`` succeeded."""
    for _ in outcomes:
        assert destination.enter(t_us) is True
    for k, outcome in enumerate(outcomes, 1):
        destination.leave(t_us + k * SECOND_US, failed=outcome == "f")
    return destination


@pytest.mark.parametrize(
    ("outcomes", "dead_until_s"),
    [
        ("f", None),  # 1/5
        ("ff", None),  # 1/5 + 1/3
        ("fff", 3 + 300),  # 1/5 + 1/3 + 1/2: dead from the third failure on
        ("ffff", 3 + 300),  # a further failure changes nothing
        ("fsf", None),  # a success forgets the sum
        ("ffsff", 5 + 300),  # a success with a window of 2 makes it 3: 1/3, then 1/1
    ],
)
def test_the_third_failure_one_after_another_kills(outcomes: str, dead_until_s: int | None) -> None:
    """qmgr_queue.c; Postfix 3.7.11 observed in burst_refused (rest put off before the fourth failure ended) and e2e_all_down."""
    known = after(destination(), 0, outcomes)
    assert known.is_dead(9 * SECOND_US) == (dead_until_s is not None)
    if dead_until_s is not None:
        assert known.is_dead(dead_until_s * SECOND_US - 1)
        assert not known.is_dead(dead_until_s * SECOND_US)


def test_failures_are_forgotten_when_nothing_is_open() -> None:
    known = after(destination(), 0, "ff")
    known = after(known, 10 * SECOND_US, "ff")
    assert not known.is_dead(20 * SECOND_US)
    assert known.window == 5


def test_mail_that_is_put_off_untried_still_comes_back_when_its_lifetime_is_over() -> None:
    """Postfix looks at the age whenever a round leaves recipients deferred (qmgr_active.c), tried or not."""
    zone = "$ORIGIN example.com.\n@ 3600 IN MX 10 mx1\nmx1 3600 IN A 192.0.2.10\nmail 3600 IN A 203.0.113.25\n"
    figures = {"queue_lifetime": "1h", "server_time": "0s"}
    nodes = {
        "ann": {"kind": "client", "address": "ann@example.org", "submission": {"discover": "mail.example.com"}},
        "isp": {"kind": "mta", "host": "mail.example.com", "submission": True, "final_for": ["example.org"], "scan_phase": "0s",
                "accounts": {"ann@example.org": {}}, "parameters": figures},
        "mx1": {"kind": "mta", "final_for": ["example.com"]},
        "dns": {"kind": "resolver"},
    }  # fmt: skip
    traffic = [{"kind": "periodic", "from": "ann@example.org", "to": "bob@example.com", "every": "20s", "until": "20m", "size": "1 kB"}]
    faults = [{"kind": "outage", "target": "mx1", "length": "1d"}]
    world = {"name": "dead", "zones": [zone], "nodes": nodes, "traffic": traffic, "faults": faults}
    result = mailsim.load(world).run()
    check(result)
    record = Record(result.log, result.scenario)
    mails = [m for m in record.deliveries if m.parent < 0]
    assert {m.state for m in mails} == {State.BOUNCED}
    # 60 mails for one dead host: most of the last rounds are untried.  After 1 h the next round comes within 3600 s of age,
    # a queue scan of 300 s and an attempt of 30 s
    expired = [row for row in record.rows if row.kind == Event.EXPIRED]
    assert {Why(row.why) for row in expired} == {Why.SILENT, Why.DESTINATION_DEAD}
    assert all(row.value < (3600 + 3600 + 300 + 30 + 30) * SECOND_US for row in expired)
