"""Grey failures: a server that takes mail and keeps it, and one at which a share of the sessions fails; by hand."""

from __future__ import annotations

from math import comb
from typing import Any

import pytest

import mailsim
from mailsim.engine import simulate
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
BACKUP: dict[str, Any] = {**MTA, "relays_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
TWO = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
FLAVOURS = ("postfix", "exim", "sendmail", "opensmtpd", "courier")


def stuck(target: str, start: str, length: str) -> dict[str, Any]:
    """A server that says 250 and does nothing."""
    return {"kind": "stuck", "target": target, "start": start, "length": length}


def levels_agree(values: dict[str, Any], events: Any) -> bool:
    """Whether both recording levels tell the same."""
    scenario = mailsim.load(values)
    return bool(simulate(compiled(scenario), scenario.seed, "messages").trace_hash() == events.log.trace_hash())


# -- stuck -----------------------------------------------------------------------------------------------------------------


def test_who_is_stuck_says_250_and_nobody_falls_back_and_nobody_is_told() -> None:
    """mx1 takes the mail at 1.00 s and has it in its mailbox when it works again, at 2 h; the backup sees none of it."""
    isp = {"parameters": {"delay_notice": "15m"}}
    values = world(TWO, {"mx1": FINAL, "mx2": BACKUP}, faults=(stuck("mx1", "0s", "2h"),), isp=isp)
    result = run(values)
    message = result.delivery()
    assert (message.relayed_us, message.stored_us, message.via) == (1_000_000, 7200 * S, "mx1.example.com")
    assert result.tries() == [(0.55, "mx1", Why.OK)]
    assert (result.of(Event.ACCEPTED, node="mx2"), result.reports()) == ([], [])
    assert levels_agree(values, result)


def test_a_stuck_backup_keeps_what_it_took_while_the_primary_is_long_back() -> None:
    """The primary is away until 10 min; the backup has the mail at 31.00 s and is stuck until 5 h."""
    values = world(TWO, {"mx1": FINAL, "mx2": BACKUP}, faults=(outage("mx1", "0s", length="10m"), stuck("mx2", "10s", "17990s")))
    result = run(values)
    assert (result.delivery().relayed_us, result.delivery().stored_us) == (31_000_000, 18_000_450_000)
    assert levels_agree(values, result)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_stuck_program_of_any_kind_tries_nothing_and_tells_nobody_until_it_works_again(flavour: str) -> None:
    """The next server refuses until 2 h; isp is stuck from 10 s to 3 h, has a notice to send after 15 min and a lifetime of 100 min.

    One attempt before, none meanwhile, no notice, no return; the next attempt, which is the first after the end, finds the server up.
    """
    isp = {"flavour": flavour, "parameters": {"delay_notice": "15m", "queue_lifetime": "100m"}}
    faults = (outage("mx1", "0s", how="refused", length="2h"), stuck("isp", "10s", "10790s"))
    values = world(ONE, {"mx1": FINAL}, faults=faults, isp=isp)
    result = run(values)
    first, second = (t for t, _, _ in result.tries())
    assert first < 2
    assert 3 * 3600 <= second < 3 * 3600 + 2
    assert (result.state(), result.at(Event.DELAY_NOTICED), result.reports()) == (State.STORED, [], [])
    assert levels_agree(values, result)


def test_what_a_stuck_server_holds_is_lost_with_its_queue_where_it_crashes() -> None:
    """Taken at 1.00 s, stuck until 2 h, crashed at 1 h: the worst of both, and the sender's log says delivered."""
    crash = {"kind": "crash", "target": "mx1", "start": "1h", "length": "10m", "queue": "lost"}
    result = run(world(ONE, {"mx1": FINAL}, faults=(stuck("mx1", "0s", "2h"), crash)))
    assert (result.state(), result.delivery().ended_us, result.reports()) == (State.LOST, 3600 * S, [])


# -- a share of the sessions -------------------------------------------------------------------------------------------------


def within(hits: int, of: int, share: float, false_alarm: float = 1e-6) -> bool:
    """Whether so many hits are no surprise: both tails of the binomial distribution beyond ``false_alarm`` / 2."""
    weights = [comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(of + 1)]
    return sum(weights[: hits + 1]) > false_alarm / 2 and sum(weights[hits:]) > false_alarm / 2


def partial(share: float, how: str = "refused", length: str = "20h") -> dict[str, Any]:
    """A share of the sessions with mx1 fails."""
    return outage("mx1", "0s", how=how, length=length, probability=share)


def test_the_share_is_met_within_a_bound_that_fails_one_time_in_a_million() -> None:
    """120 messages, one a minute, 30 % of the sessions refused; first attempts only."""
    values = world(ONE, {"mx1": FINAL}, times=tuple(f"{k}m" for k in range(120)), faults=(partial(0.3),))
    result = run(values)
    refused = sum(row.why == Why.REFUSED for row in result.of(Event.TRIED, node="isp") if row.attempt == 1)
    assert within(refused, 120, 0.3)
    assert not within(refused, 120, 0.6), "the bound tells 30 % from 60 %"
    assert levels_agree(values, result)


def test_each_retry_is_drawn_anew() -> None:
    """Of 120 messages 60 % fail at the first attempt and 36 % at the first two: some 72 and 43, not 72 and 72."""
    values = world(ONE, {"mx1": FINAL}, times=tuple(f"{k}m" for k in range(120)), faults=(partial(0.6),))
    rows = [row for row in run(values).of(Event.TRIED, node="isp") if row.why == Why.REFUSED]
    once, twice = (sum(row.attempt == n for row in rows) for n in (1, 2))
    assert within(once, 120, 0.6)
    assert within(twice, once, 0.6)


@pytest.mark.parametrize("how", ["silent", "4xx", "drop", "lost_reply"])
def test_a_population_draws_by_message_and_instant_and_both_levels_agree(how: str) -> None:
    """100 messages of independent senders at a server that fails half of the sessions for 5 h."""
    values = world(ONE, {"mx1": FINAL, "crowd": {"kind": "senders", "mix": {"postfix": 1, "exim": 1}}}, faults=(partial(0.5, how, "5h"),))
    values["traffic"] = [{"kind": "periodic", "from": "crowd", "to": ["bob@example.com"], "start": "0s", "until": "100m", "every": "1m"}]
    result = run(values)
    firsts = [row for row in result.of(Event.TRIED, node="crowd") if row.attempt == 1]
    assert within(sum(row.why != Why.OK for row in firsts), len(firsts), 0.5)
    assert levels_agree(values, result)
