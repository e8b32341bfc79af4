"""Closed forms about outages, met by simulated mail: how long a backlog takes to drain, and which share of the mail comes back."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from checkers import violations
from mailsim.engine import simulate
from mailsim.events import State
from mailsim.scenario.compiled import compiled
from record import Record
from small_worlds import MTA, com, world

S = 1_000_000
HOUR = 3600 * S
ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")

#: an outage of the small receiver
D_US = 12 * HOUR
#: one session with it: 0.5 s of round trips (see small_worlds) and 99.5 s of work; one at a time
SESSION_US = 100 * S


def drained_us(ratio: float) -> int:
    """How long after the outage the mail for a receiver is still waiting whose capacity is ``ratio`` times the arrivals."""
    every_us = int(ratio * SESSION_US)
    horizon = D_US + int(1.25 * D_US / (ratio - 1)) + 2 * HOUR
    nodes = {"mx1": {**MTA, "final_for": ["example.com"], "parameters": {"server_time": "99s500ms", "starttls": False}}}
    one = {"concurrency": {"initial": 1, "limit": 1, "feedback": False, "dead_for": 0}}
    fault = {"kind": "incident", "name": "nottingham-2019", "target": "mx1", "start": "1h", "length": "12h"}
    values = world(ZONE, nodes, isp={"parameters": one}, faults=(fault,), run_until=f"{(horizon + HOUR) // S}s")
    mail = {"kind": "periodic", "from": "ann@example.org", "to": "bob@example.com", "every": f"{every_us}us", "until": f"{horizon // S}s"}
    scenario = mailsim.load({**values, "traffic": [{**mail, "size": "1 kB"}]})
    log = simulate(compiled(scenario), 1, "messages")
    record = Record(log, scenario)
    over = HOUR + D_US
    came = [(one.sent_us, 1) for one in record.deliveries if one.sent_us >= 0]
    went = [(one.stored_us, -1) for one in record.deliveries if one.stored_us >= 0]
    waiting = 0
    for t, change in sorted(came + went):
        waiting += change
        if t >= over and waiting <= 1:
            return t - over
    raise AssertionError("it never drains")


@pytest.mark.parametrize("ratio", [1.18, 1.5])
def test_a_backlog_drains_in_arrivals_times_outage_by_spare_capacity(ratio: float) -> None:
    """Nottingham 2019: 200,000 messages in 2 d, clear 11 d later, so the capacity was 1.18 times the arrivals: 2 d / 0.18 = 11.1 d.

    Here 12 h in place of 2 d: l D / (m - l) = D / (m/l - 1), 66 h 40 min for 1.18.  The receiver is idle for at most a queue
    scan (300 s) and a session after the outage, which costs m / (m - l) times as long at the end; messages come whole: one more or
    less is 1 / (m - l).
    """
    expected = D_US / (ratio - 1)
    assert expected == pytest.approx({1.18: 66 * HOUR + 40 * 60 * S, 1.5: 24 * HOUR}[ratio])
    a_message = SESSION_US * ratio / (ratio - 1)
    idle = (300 * S + SESSION_US) * ratio / (ratio - 1)
    assert expected - 2 * a_message <= drained_us(ratio) <= expected + idle + 2 * a_message


@pytest.mark.parametrize(("outage", "share"), [("24h", 0.75), ("8h", 0.25), ("5h30m", 0.0)])
def test_the_share_that_comes_back_is_what_of_the_outage_exceeds_the_last_attempt(outage: str, share: float) -> None:
    """Mail evenly over an outage D, last attempt at age L: max(0, (D - L) / D).  Here every 30 min, 13 attempts: L = 6 h."""
    exact: dict[str, Any] = {
        "inherits": "rfc5321",
        "retry": {"kind": "exponential", "base": "30m", "factor": 1.0, "from_start": True},
        "give_up": {"way": "after_attempt", "attempts": 13},
    }
    nodes = {"mx1": {**MTA, "final_for": ["example.com"]}, "them": {"kind": "senders", "mix": {"exact": 1}}}
    down = {"kind": "outage", "target": "mx1", "length": outage, "how": "refused"}
    values = world(ZONE, nodes, flavours={"exact": exact}, faults=(down,))
    values["traffic"] = [{"kind": "spread", "from": "them", "to": "bob@example.com", "count": 400, "until": outage, "size": "1 kB"}]
    scenario = mailsim.load(values)
    log = simulate(compiled(scenario), 1, "messages")
    assert not violations(log, scenario)
    states = [State(one.state) for one in Record(log, scenario).deliveries if one.parent < 0]
    assert len(states) == 400
    # one message in each of 400 equal parts: only that part in which the bound lies is open
    assert abs(states.count(State.BOUNCED) - 400 * share) <= 1
    assert states.count(State.STORED) == 400 - states.count(State.BOUNCED)
