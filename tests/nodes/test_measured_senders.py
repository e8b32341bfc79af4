"""A1: six hours of 4xx against the measured senders: their listed instants, delivery by eight, giving up by two, unknown beyond.

Expected instants: Pagani et al., DSN 2016 (``tests/measured.py``).
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.flavours import schedule
from mailsim.rules.reasons import Why
from measured import MEASURED, printed
from small_worlds import MTA, Run, S, com, outage, run, world

ZONE = com("@ MX 10 mx", "mx A 192.0.2.1")
SERVER = {"mx": {**MTA, "final_for": ["example.com"]}}


def against(name: str, *, length: str = "6h", level: str = "events") -> Run:
    """One message through an MTA of that flavour while mx answers 451 at RCPT; names and sessions cost the same each time."""
    faults = (outage("mx", "0s", length=length, how="4xx", stage="rcpt"),)
    return run(world(ZONE, SERVER, faults=faults, isp={"flavour": name}), level=level)


def population(name: str, *, length: str = "6h", level: str = "events", count: int = 3) -> Run:
    """A few messages from a population of that flavour, the first when the outage begins."""
    values: dict[str, Any] = {
        "name": "measured",
        "zones": [ZONE],
        "nodes": {"world": {"kind": "senders", "mix": {name: 1}}, **SERVER, "dns": {"kind": "resolver"}},
        "traffic": [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": count, "until": "1m", "size": "10 kB"}],
        "faults": [outage("mx", "0s", length=length, how="4xx", stage="rcpt")],
    }
    return run(values, level=level)


@pytest.mark.parametrize("name", MEASURED)
def test_against_six_hours_of_4xx_every_listed_instant_comes_out_exactly(name: str) -> None:
    result = against(name)
    tried = [row.t_us for row in result.of(Event.TRIED, node="isp", number=0)]
    since = [t - tried[0] for t in tried]
    assert since == list(schedule(name).ages_us)
    assert set(printed(MEASURED[name][0])) <= set(since)
    assert len(since) == MEASURED[name][1]


@pytest.mark.parametrize("name", MEASURED)
def test_eight_deliver_with_the_last_attempt_and_two_have_given_up(name: str) -> None:
    result = against(name)
    gave_up = MEASURED[name][2]
    assert result.state() == (State.BOUNCED if gave_up else State.STORED)
    if gave_up:
        assert result.delivery().why == Why.ATTEMPTS_OVER
        assert len(result.reports()) == 1


@pytest.mark.parametrize("name", ["gmail-2016", "hotmail-2016", "aol-2016"])
def test_a_population_of_them_keeps_the_same_instants(name: str) -> None:
    """Each message is put back until its own arrival and the listed age."""
    result = population(name)
    ages = list(schedule(name).ages_us)
    for number in range(3):
        arrived = result.delivery(number).sent_us
        due = [row.value - arrived for row in result.of(Event.DEFERRED, node="world", number=number)]
        assert due == ages[1:]
        assert result.state(number) == (State.BOUNCED if name == "aol-2016" else State.STORED)


def test_mail_that_outlives_what_was_measured_is_unknown_and_nothing_is_made_up() -> None:
    """Gmail was last seen at 434:46; an outage of 8 h ends later."""
    result = against("gmail-2016", length="8h")
    delivery = result.delivery()
    assert (result.state(), Why(delivery.why)) == (State.UNKNOWN, Why.SCHEDULE_UNKNOWN)
    tried = result.of(Event.TRIED, node="isp", number=0)
    assert len(tried) == 9
    assert tried[-1].t_us <= delivery.ended_us < tried[-1].t_us + S
    assert [row.t_us for row in result.of(Event.UNKNOWN)] == [delivery.ended_us]
    assert result.reports() == []


@pytest.mark.parametrize("level", ["events", "messages"])
def test_a_population_ends_as_unknown_too_at_every_level(level: str) -> None:
    result = population("gmail-2016", length="8h", level=level)
    assert [result.state(number) for number in range(3)] == [State.UNKNOWN] * 3
    assert result.log.trace_hash() == population("gmail-2016", length="8h").log.trace_hash()


@pytest.mark.parametrize("name", ["aol-2016", "kumomta", "mox", "chasquid", "opensmtpd", "courier", "qmail", "sendmail", "hotmail-2016"])
def test_every_level_gives_the_same_messages(name: str) -> None:
    """Attempts under unchanged conditions are counted without being walked below level events."""
    one, other = (population(name, length="26h", level=level) for level in ("events", "messages"))
    assert one.log.trace_hash() == other.log.trace_hash()
