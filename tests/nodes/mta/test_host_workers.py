"""Courier's deliveries by hand.  Every round trip is 0.1 s, mail enters the queue at 0.55 s; formulas: cdmsgq3.C, libesmtp.c, recordings.

A refused connection ends 0.1 s after its beginning.  A wait counts from the second in which the attempt ended; the daemon wakes as
far into the second as it last woke.  A session that is kept open costs RSET (0.1 s), MAIL to DATA (0.1 s) and the data (0.1 s).
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, NET, Run, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
TWO = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
#: as in the recordings: alpha 4 s, beta 3, gamma 4 s, maxdelta 2, esmtpdelay 4 s
QUICK = {"retry": {"alpha": "4s", "gamma": "4s", "maxdelta": 2}, "workers": {"down_for": "4s"}, "connect_timeout": "3s"}


def courier(zone: str, nodes: dict[str, Any], *, quick: bool = False, parameters: dict[str, Any] | None = None, **more: Any) -> Run:
    figures = {**(QUICK if quick else {}), **(parameters or {})}
    level = more.pop("level", "events")
    return run(world(zone, nodes, isp={"flavour": "courier", "parameters": figures}, **more), level=level)


def scripted(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**FINAL, "script": list(lines), **more}


def put_off(result: Run) -> list[tuple[float, int, Why]]:
    """(second, message, reason) of each deferral."""
    return [(r.t_us / S, r.message, Why(r.why)) for r in result.of(Event.DEFERRED, node="isp")]


# -- when a message is tried ---------------------------------------------------------------------------------------------


def test_bursts_of_three_count_from_the_second_in_which_the_attempt_ended() -> None:
    """retryalpha 5 min, and after the third attempt retrygamma * 2 = 30 min: 0.65 -> 300 + 0.65, 300.75 -> 600 + 0.75 ..."""
    result = courier(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="41m"),))
    assert [t for t, _, _ in result.tries()] == [0.55, 300.65, 600.75, 2400.85, 2700.95]
    assert result.delivery().stored_us == 2_701_400_000


def test_mail_expires_at_the_first_failed_attempt_beyond_its_lifetime() -> None:
    """0, 5, 10, 40, 45, 50 min, then 60 min more: 1 h is over only at 110 min."""
    result = courier(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused"),), parameters={"queue_lifetime": "1h"})
    assert [round(t / 60) for t, _, _ in result.tries()] == [0, 5, 10, 40, 45, 50, 110]
    assert (result.state(), result.delivery().why) == (State.BOUNCED, Why.LIFETIME_OVER)
    assert [r.state for r in result.reports()] == [State.STORED]


def test_a_delay_report_counts_as_a_round_of_its_own() -> None:
    """The third attempt, at 10 min, is late: reported, it counts as the fourth, so the next one comes after 5 and not 30 min."""
    figures = {"delay_notice": "8m"}
    result = courier(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="3h"),), parameters=figures)
    assert result.at(Event.DELAY_NOTICED) == [600.85]
    assert [round(t / 60) for t, _, _ in result.tries()][:7] == [0, 5, 10, 15, 20, 25, 85]


def test_the_daemon_wakes_as_far_into_the_second_as_it_last_did() -> None:
    """A message at 200.25 s enters the queue at 200.80 s and is under way until 200.90 s: the first one goes at 300.90 s."""
    result = courier(ONE, {"mx1": FINAL}, times=("0s", "200.25s"), faults=(outage("mx1", "0s", how="refused", length="4m"),))
    assert [t for t, _, _ in result.tries(number=0)] == [0.55, 300.9]


# -- sessions that are kept ----------------------------------------------------------------------------------------------

BUSY = {"stage": "rcpt", "reply": "450 4.2.0 busy", "until": "6s"}


def test_the_session_stays_open_after_a_failure_and_serves_the_next_tries() -> None:
    """450 at 0.95 s; RSET at 4.95 s, so MAIL at 5.05 s; 450 at 5.15 s; RSET at 9.15 s, taken half a round trip before 9.45 s."""
    result = courier(TWO, {"mx1": scripted(BUSY), "mx2": FINAL}, quick=True)
    assert result.tries() == [(0.55, "mx1", Why.TEMPFAIL), (5.05, "mx1", Why.TEMPFAIL), (9.25, "mx1", Why.OK)]
    assert {r.attempt for r in result.of(Event.LOOKED_UP, node="isp")} == {1}
    assert result.delivery().stored_us == 9_400_000


def test_mail_moves_on_over_an_open_session_while_names_cant_be_looked_up() -> None:
    """RSET at 20.55 s, the data are taken at 20.80 s.  60 s later the session is closed: the name server is asked at 100.55,
    105.55 and 130.55 s, and is back then.
    """
    nodes = {"mx1": FINAL, "own": {"kind": "resolver", "parameters": {"stub_delay": "0s", "miss_delay": "0s"}}}
    values = world(ONE, nodes, isp={"flavour": "courier", "resolver": "own"}, times=("0s", "20s", "100s"))
    result = run({**values, "defaults": {"resolver": "dns"}, "faults": [outage("own", "10s", length="100s")]})
    assert [result.delivery(k).stored_us for k in range(3)] == [1_000_000, 20_800_000, 131_000_000]


def test_a_changed_zone_is_not_seen_while_the_session_is_open() -> None:
    moved = {"at": "10s", "zone": "example.com", "records": "example.com. 3600 IN MX 10 mx2.example.com."}
    values = world(TWO, {"mx1": FINAL, "mx2": FINAL}, isp={"flavour": "courier"}, times=("0s", "20s", "2h"), changes=[moved])
    result = run(values)
    assert [host for _, host, _ in result.tries()] == ["mx1", "mx1", "mx2"]


def test_a_session_that_got_silent_is_noticed_at_rset_and_the_message_waits_without_a_contact() -> None:
    """esmtptimeoutconnect 60 s from 20.55 s on; then five minutes, and a connection (recorded: down_mid_session)."""
    result = courier(ONE, {"mx1": FINAL}, times=("0s", "20s"), faults=(outage("mx1", "10s", length="2m"),))
    assert put_off(result) == [(80.55, 1, Why.REPLY_TIMEOUT)]
    assert [t for t, _, _ in result.tries()] == [0.55, 380.55]


def test_a_server_that_was_started_again_meanwhile_knows_nothing_of_the_session() -> None:
    """The reset comes at 20.65 s."""
    result = courier(ONE, {"mx1": FINAL}, times=("0s", "20s"), faults=(outage("mx1", "5s", how="refused", length="5s"),))
    assert put_off(result) == [(20.65, 1, Why.CLOSED)]
    assert [t for t, _, _ in result.tries()] == [0.55, 320.65]


@pytest.mark.parametrize(
    ("stage", "contacts"),
    [
        ("mail", [0.55, 9.05]),  # noticed only at RSET, from 4.95 to 5.05 s
        ("rcpt", [0.55, 4.95]),  # noticed at once, since DATA was sent with RCPT
    ],
)
def test_a_server_that_hangs_up_after_its_reply_is_noticed_when_something_is_read(stage: str, contacts: list[float]) -> None:
    bye = {"stage": stage, "reply": "421 4.3.2 bye", "close": True, "until": "3s"}
    result = courier(ONE, {"mx1": scripted(bye)}, quick=True)
    assert [t for t, _, _ in result.tries()] == contacts


def test_a_failure_at_the_greeting_keeps_no_session() -> None:
    late = {"stage": "greeting", "reply": "421 4.3.2 no", "until": "3s"}
    result = courier(TWO, {"mx1": scripted(late), "mx2": FINAL}, quick=True)
    assert [(host, why) for _, host, why in result.tries()] == [("mx1", Why.TEMPFAIL), ("mx1", Why.OK)]
    assert {r.attempt for r in result.of(Event.LOOKED_UP, node="isp")} == {1, 2}


def test_a_connection_lost_at_ehlo_goes_on_to_the_next_mx() -> None:
    """libesmtp.c: hello fails without a reply; a reply ends the attempt."""
    result = courier(TWO, {"mx1": scripted({"stage": "ehlo", "close": True}), "mx2": FINAL})
    assert [(host, why) for _, host, why in result.tries()] == [("mx1", Why.CLOSED), ("mx2", Why.OK)]


# -- several messages ----------------------------------------------------------------------------------------------------


def test_a_burst_has_four_processes_and_each_goes_on_over_its_session() -> None:
    """Four sessions from 0.55 to 1.05 s; then RSET, so MAIL at 1.15 s, until 1.35 s: MAIL at 1.45 s."""
    result = courier(ONE, {"mx1": FINAL}, times=("0s",) * 10)
    assert [t for t, _, _ in result.tries()] == [0.55] * 4 + [1.15] * 4 + [1.45] * 2
    assert len({r.message for r in result.of(Event.LOOKED_UP, node="isp")}) == 4


def test_after_a_failed_connection_a_process_turns_others_away_for_a_while() -> None:
    """Four connections time out at 60.55 s; then the others are turned away, the first four 0.2 ms later.

    The next wave is another one, since the latest in the queue go first (recorded: burst_down).
    """
    result = courier(ONE, {"mx1": FINAL}, times=("0s",) * 10, faults=(outage("mx1", "0s"),), parameters={"queue_lifetime": "6m"})
    waves = {round(t): sorted(r.message for r in result.of(Event.TRIED) if abs(r.t_us / S - t) < 1) for t in (0.55, 360.55)}
    assert waves == {1: [0, 1, 2, 3], 361: [6, 7, 8, 9]}
    unsent = [(t, number) for t, number, why in put_off(result) if why == Why.DESTINATION_DEAD]
    assert unsent[:6] == [(60.5502, 4), (60.5502, 5), (60.5502, 6), (60.5502, 7), (60.5504, 8), (60.5504, 9)]


def test_a_process_that_has_gone_has_forgotten_that_its_host_was_down() -> None:
    """esmtpdelay is 5 min, but the process ends after 60 s without work: the message at 30 s is turned away, that at 100 s not."""
    result = courier(ONE, {"mx1": FINAL}, times=("0s", "30s", "100s"), faults=(outage("mx1", "0s", how="refused", length="10s"),))
    assert [(round(t), number, why) for t, number, why in put_off(result)] == [(1, 0, Why.REFUSED), (31, 1, Why.DESTINATION_DEAD)]
    assert result.tries(number=2) == [(100.55, "mx1", Why.OK)]


def test_a_healthy_host_of_another_domain_does_not_wait_for_a_silent_one() -> None:
    nodes = {"mx1": FINAL, "mx": {**MTA, "final_for": ["example.net"]}}
    values = world(ONE, nodes, isp={"flavour": "courier"}, times=("0s",) * 6, faults=(outage("mx1", "0s"),), run_until="30s")
    values["zones"].append(NET)
    values["traffic"].append({**values["traffic"][0], "to": "eve@example.net", "times": ["1s"]})
    result = run(values)
    assert result.delivery(6).stored_us == 2_000_000


# -- a message as a whole ------------------------------------------------------------------------------------------------


def test_all_parts_of_a_message_wait_for_the_one_that_took_longest() -> None:
    """example.com refuses at 0.65 s, example.net is silent until 60.55 s: both are tried again at 360.55 s."""
    nodes = {"mx1": FINAL, "mx": {**MTA, "final_for": ["example.net"]}}
    faults = (outage("mx1", "0s", how="refused", length="2m"), outage("mx", "0s", length="2m"))
    values = world(ONE, nodes, isp={"flavour": "courier"}, to=["bob@example.com", "eve@example.net"], faults=faults)
    values["zones"].append(NET)
    result = run(values)
    assert sorted(result.tries()) == [
        (0.55, "mx", Why.SILENT), (0.55, "mx1", Why.REFUSED), (360.55, "mx", Why.OK), (360.55, "mx1", Why.OK),
    ]  # fmt: skip


def test_what_failed_for_good_is_reported_when_nothing_else_is_left_of_the_message() -> None:
    """cdmsgq3.C done(): bob's 550 of 0.95 s is reported when eve's copy has been taken; the client knows at 9.45 s."""
    refused = {"stage": "rcpt", "reply": "550 5.1.1 no", "match": "bob@"}
    result = courier(ONE, {"mx1": scripted(refused, BUSY)}, quick=True, to=["bob@example.com", "eve@example.com"])
    assert (result.state(0, "bob@example.com"), result.state(0, "eve@example.com")) == (State.BOUNCED, State.STORED)
    assert [r.t_us / S for r in result.of(Event.BOUNCED)] == [9.45]
    assert len(result.reports()) == 1


def test_the_recipient_put_off_waits_though_a_backup_would_take_it() -> None:
    """Recorded: two_rcpt_one_450_backup."""
    busy = {**BUSY, "match": "bob@"}
    result = courier(TWO, {"mx1": scripted(busy), "mx2": FINAL}, quick=True, to=["bob@example.com", "eve@example.com"])
    assert {host for _, host, _ in result.tries()} == {"mx1"}
    assert result.delivery(0, "eve@example.com").stored_us == 1_000_000
    assert result.delivery(0, "bob@example.com").stored_us > 9 * S


@pytest.mark.parametrize(
    ("zone", "state", "why"),
    [
        (com("@ MX 0 ."), State.QUEUED, Why.NULL_MX),
        (com("@ MX 10 192.0.2.1.", "@ MX 20 mx1", "mx1 A 192.0.2.1"), State.BOUNCED, Why.MX_UNUSABLE),
        (com("@ MX 10 lo", "@ MX 20 mx1", "lo A 127.0.0.1", "mx1 A 192.0.2.1"), State.BOUNCED, Why.MX_SELF),
    ],
    ids=["null MX waits", "an address among the MX bounces the domain", "loopback is a loop"],
)
def test_odd_mail_exchangers(zone: str, state: State, why: Why) -> None:
    result = courier(zone, {"mx1": FINAL}, run_until="1h")
    assert (result.state(), result.delivery().why) == (state, why)


@pytest.mark.parametrize(
    ("flavour", "enforced", "state"), [("courier", False, "STORED"), ("courier", True, "BOUNCED"), ("postfix", False, "BOUNCED")]
)
def test_a_message_bigger_than_the_announced_size_is_sent_all_the_same(flavour: str, enforced: bool, state: str) -> None:
    """Recorded of Exim, sendmail and Courier with a server that takes it; Postfix returns it."""
    figures = {**FINAL["parameters"], "size_announced": "5 kB", "size_limit": "5 kB" if enforced else None}
    result = run(world(ONE, {"mx1": {**FINAL, "parameters": figures}}, isp={"flavour": flavour}))
    assert result.state() == State[state]


# -- levels and populations ----------------------------------------------------------------------------------------------


def test_recording_less_changes_nothing() -> None:
    faults = (outage("mx1", "30s", length="40m"), outage("mx1", "50m", how="refused", length="3h"))
    times = tuple(f"{k * 37}s" for k in range(120))

    def rows(level: str) -> list[tuple[Any, ...]]:
        result = courier(TWO, {"mx1": FINAL, "mx2": {**FINAL, "greylist": "7m"}}, times=times, faults=faults, level=level)
        return [(d.message, d.stored_us, d.ended_us, d.state, d.tries, d.via) for d in result.deliveries]

    assert rows("messages") == rows("events")


def test_a_population_of_couriers_delivers_by_the_same_schedule_and_ends() -> None:
    values = world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="7m"),))
    values["nodes"]["crowd"] = {"kind": "senders", "mix": {"courier": 1}}
    values["traffic"] = [{"kind": "at", "from": "crowd", "to": "bob@example.com", "times": ["0s", "1s"]}]
    result = run(values)
    assert result.log.end_reason == "settled"
    assert [round(d.stored_us / S / 60) for d in result.deliveries] == [10, 10]
