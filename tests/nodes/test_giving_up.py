"""How an MTA of each way of giving up ends its mail: at which instant, with how many attempts, and with what report.

Every round trip is 100 ms; the message enters the queue of isp at 0.55 s; a refused attempt takes 0.1 s.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, com, outage, run, world

ZONE = com("@ MX 10 mx", "mx A 192.0.2.1")
ARRIVED = 0.55


def refused(give_up: dict[str, Any], *, lifetime: str = "35s", waits: tuple[str, ...] = ("10s",)) -> Run:
    """mx refuses for ever; every wait is 10 s, so attempts begin at 0.55, 10.65, 20.75, 30.85, 40.95 s."""
    ours = {"inherits": "rfc5321", "retry": {"kind": "ladder", "waits": list(waits)}, "give_up": give_up, "queue_lifetime": lifetime}
    nodes = {"mx": {**MTA, "final_for": ["example.com"]}}
    values = world(ZONE, nodes, faults=(outage("mx", "0s", how="refused"),), isp={"flavour": "ours"})
    return run({**values, "flavours": {"ours": ours}})


@pytest.mark.parametrize(
    ("way", "attempts", "ended"),
    [
        ("after_attempt", 5, 41.05),  # the fifth ends at the age of 40.5 s
        ("begun_too_late", 5, 41.05),  # it began at the age of 40.4 s
        ("timer", 4, 35.55),  # at the age of 35 s
        ("before_wait", 4, 30.95),  # the fifth would come at the age of 40.4 s
        ("at_wake", 4, 40.95),  # when the fifth would begin
    ],
)
def test_the_lifetime_ends_as_the_program_has_it(way: str, attempts: int, ended: float) -> None:
    result = refused({"way": way})
    assert len(result.tries(number=0)) == attempts
    assert (result.state(), result.delivery().ended_us / 1e6) == (State.BOUNCED, pytest.approx(ended))
    assert Why(result.delivery().why) == Why.LIFETIME_OVER
    assert result.at(Event.EXPIRED) == [pytest.approx(ended)]
    assert len(result.reports()) == 1


@pytest.mark.parametrize(("way", "ended"), [("after_attempt", 20.85), ("at_wake", 30.85)])
def test_a_number_of_attempts_ends_it_before_the_lifetime(way: str, ended: float) -> None:
    result = refused({"way": way, "attempts": 3})
    assert len(result.tries(number=0)) == 3
    assert (result.state(), result.delivery().ended_us / 1e6) == (State.BOUNCED, pytest.approx(ended))
    assert Why(result.delivery().why) == Why.ATTEMPTS_OVER


def test_a_timer_waits_for_an_attempt_that_is_under_way() -> None:
    """OpenSMTPD 6.8.0p2 observed: no expiry while an attempt is under way.  The connect time-out is 127 s."""
    ours = {"inherits": "rfc5321", "give_up": {"way": "timer"}, "queue_lifetime": "35s"}
    nodes = {"mx": {**MTA, "final_for": ["example.com"]}}
    values = world(ZONE, nodes, faults=(outage("mx", "0s", how="silent"),), isp={"flavour": "ours"})
    result = run({**values, "flavours": {"ours": ours}})
    assert result.delivery().ended_us / 1e6 == pytest.approx(ARRIVED + 127)
