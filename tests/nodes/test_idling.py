"""A connection on IDLE that is kept open: what outages do to it, when that is noticed, and what waited then."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event
from mailsim.rules.reasons import Why
from reading_worlds import device, reading
from small_worlds import Run, S, outage, run


def pushed(*faults: dict[str, Any], times: tuple[str, ...] = ("70s",), **fetch: Any) -> Run:
    """bob's phone, which keeps its connection (open from 0.5 s on: 5 RTT) and tries again 30 s after a try in vain."""
    return run(reading({"phone": device(reconnect="30s", **fetch)}, *faults, times=times, run_until="3h"))


def cut(start: str, length: str, how: str = "silent") -> dict[str, Any]:
    """The phone's way to the store is cut; mail is stored all the same."""
    return outage("link boxes-phone", start, length=length, how=how)


def failures(result: Run) -> list[tuple[float, Why]]:
    return [(row.t_us / S, Why(row.why)) for row in result.of(Event.FETCH_FAILED)]


def test_an_undisturbed_connection_tells_at_once() -> None:
    """Half a trip for EXISTS and one for FETCH."""
    assert pushed().delivery().fetched_us == 71_450_000 + 150_000


def test_a_connection_outlives_a_short_silence_and_what_was_said_meanwhile_is_sent_again() -> None:
    """Silent from 60 s to 100 s.  EXISTS of 71.45 s is sent again after 0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4 s (96.85 s) and 51 s."""
    result = pushed(cut("60s", "40s"))
    assert result.delivery().fetched_us == 71_450_000 + 51_000_000 + 150_000
    assert failures(result) == []


def test_a_dead_connection_is_noticed_by_keepalive_and_the_next_one_fetches_what_waited() -> None:
    """Cut at 60 s, noticed 2 min later.  Tries of 180, 310, 440 s end after their 100 s; the one of 570 s gets through with its SYN of
    605 s (the outage ends at 600 s; SYNs after 1, 2, 3, 4, 5, 7, 11, 19, 35 s), and 6 RTT later the message is there.
    """
    result = pushed(cut("60s", "540s"))
    assert failures(result) == [(180, Why.CONNECTION_LOST), (280, Why.SILENT), (410, Why.SILENT), (540, Why.SILENT)]
    assert result.delivery().fetched_us == 605_600_000


def test_a_router_that_says_no_does_not_end_a_connection_but_every_new_one() -> None:
    """RFC 1122 section 4.2.3.9.  Tries of 180 s + 30.1 s * k: the 15th, of 601.4 s, is the first after 600 s."""
    result = pushed(cut("60s", "540s", "unreachable"))
    assert failures(result)[0] == (180, Why.CONNECTION_LOST)
    assert [why for _, why in failures(result)[1:]] == [Why.UNREACHABLE] * 14
    assert result.delivery().fetched_us == 601_400_000 + 600_000


def test_a_server_that_stops_says_so_at_once() -> None:
    """The store does not run from 60 s to 5 min; tries of 60 s + 30.1 s * k.  Mail of 250 s is stored at mx1's scan of 10 min."""
    result = pushed(outage("boxes", "60s", length="4m", how="refused"), times=("250s",))
    assert failures(result) == [(60, Why.CONNECTION_LOST), *((round(60.1 + 30.1 * k, 1), Why.REFUSED) for k in range(8))]
    assert (result.delivery().stored_us, result.delivery().fetched_us) == (600_450_000, 600_600_000)


def test_without_keepalive_the_idle_that_is_begun_again_finds_out() -> None:
    """RFC 2177: 29 min after 0.5 s, and 100 s of waiting for the answer."""
    assert failures(pushed(cut("60s", "1h"), keepalive="2h"))[0] == (1740.5 + 100, Why.CONNECTION_LOST)


def test_what_comes_while_a_new_connection_is_being_opened_is_told_when_it_stands() -> None:
    """The try of 601.4 s lists at 601.8 s and waits on IDLE from 601.9 s on; the message is stored at 601.85 s."""
    result = pushed(cut("60s", "540s", "unreachable"), times=("600.4s",))
    assert result.delivery().stored_us == 601_850_000
    assert result.delivery().fetched_us == 601_900_000 + 150_000


def test_without_reconnect_the_next_look_finds_out() -> None:
    """Looks of 7 and 17 min; the outage ends at 10 min."""
    result = run(reading({"phone": device(phase="7m")}, cut("60s", "540s"), times=("70s",)))
    assert result.delivery().fetched_us == 1_020_600_000


def test_a_wrong_password_ends_the_trying() -> None:
    result = run(reading({"phone": {**device(reconnect="30s"), "password": "a guess"}}))
    assert (result.log.end_reason, len(result.of(Event.LOGIN_FAILED)), result.delivery().fetched_us) == ("settled", 1, -1)


@pytest.mark.parametrize("fault", [cut("60s", "40s"), cut("60s", "540s"), outage("boxes", "60s", length="4m", how="refused")])
def test_levels_agree_on_kept_connections(fault: dict[str, Any]) -> None:
    times = tuple(f"{t}s" for t in (0, 58, 59, 70, 98, 250, 599, 600, 601))
    values = reading({"phone": device(reconnect="30s"), "desk": device()}, fault, times=times)
    assert run(values).log.trace_hash() == run(values, level="messages").log.trace_hash()


# -- the closed forms -----------------------------------------------------------------------------------------------------------


def waits(fetch: dict[str, Any], login_us: int) -> list[int]:
    """Microseconds from mailbox to reader of forty messages, spread evenly over two intervals of 10 min as the server lists them."""
    stored = [600 * S + login_us + (2 * k + 1) * 15 * S for k in range(40)]
    times = tuple(f"{t - 1_450_000}us" for t in stored)
    deliveries = run(reading({"desk": device(**fetch, phase="0s")}, times=times)).deliveries
    assert [d.stored_us for d in deliveries] == stored
    return [d.fetched_us - d.stored_us for d in deliveries]


def test_polling_costs_half_its_interval_on_average() -> None:
    """Listed 0.4 s after a look began, here 0.2 s after that: P / 2 + 0.2 s, exactly."""
    found = waits({"idle": False}, 400_000)
    assert sum(found) == 40 * (300 * S + 200_000)
    assert (min(found), max(found)) == (15 * S + 200_000, 585 * S + 200_000)


def test_pop3_costs_half_its_interval_and_a_round_trip_a_message_before_it() -> None:
    """Listed after 0.5 s; the k-th of 20 messages is here 0.1 s + 0.1 s * k later, on average 1.15 s."""
    assert sum(waits({"protocol": "pop3"}, 500_000)) == 40 * (300 * S + 1_150_000)


def test_idle_costs_one_and_a_half_round_trips() -> None:
    assert set(waits({}, 400_000)) == {150_000}
    assert set(waits({"reconnect": "30s"}, 400_000)) == {150_000}
