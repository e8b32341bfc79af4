"""Logins in a running world: penalties for an address, checkers that are slow, hang or do not run, and who is hurt by that."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")


def sending(*faults: dict[str, Any], times: tuple[str, ...] = ("0s",), password: str = "secret", **more: Any) -> Run:
    """ann submits to ``isp``; AUTH is there 350 ms after she presses send (connect, greeting, EHLO, half a round trip)."""
    values = world(ONE, {"mx1": FINAL}, faults=faults, times=times, **more)
    values["nodes"]["ann"]["password"] = password
    return run(values)


def ended(result: Run) -> list[tuple[int, int, Why]]:
    """(time from send to end in milliseconds, code, why) of each submission that was refused."""
    return [((d.ended_us - d.sent_us) // 1000, d.code, Why(d.why)) for d in result.deliveries if d.state == State.REJECTED]


def test_wrong_passwords_of_one_program_wait_before_the_check_from_the_second_on() -> None:
    """No wait, then 4 s; it is the same password, so no more: the answer comes after 0.4 s and 2 s, or 4 s and 2 s."""
    assert ended(sending(times=("0s", "3s", "10s"), password="a guess")) == [
        (2_400, 535, Why.AUTH_FAILED),
        (6_400, 535, Why.AUTH_FAILED),
        (6_400, 535, Why.AUTH_FAILED),
    ]


def test_after_15_seconds_without_a_new_guess_a_wrong_password_waits_no_more() -> None:
    """The first one is found wrong at 0.35 s, in second 0: the penalty is gone in second 15."""
    assert [ms for ms, _, _ in ended(sending(times=("0s", "14s"), password="a guess"))] == [2_400, 6_400]
    assert [ms for ms, _, _ in ended(sending(times=("0s", "15s"), password="a guess"))] == [2_400, 2_400]


def test_the_pause_of_a_refusal_goes_by_whole_seconds_of_the_clock() -> None:
    """A password found wrong 0.5 s or more into a second is refused after 1.5 s."""
    assert [ms for ms, _, _ in ended(sending(times=("0.149999s",), password="a guess"))] == [2_400]
    assert [ms for ms, _, _ in ended(sending(times=("0.15s",), password="a guess"))] == [1_900]


def test_the_store_of_an_mta_checks_its_logins_and_remembers_for_both() -> None:
    """ann's program looks with a wrong password at 1 s; so the right one for her mail at 4 s is checked 4 s later."""
    values = world(
        ONE, {"mx1": FINAL, "home": {"kind": "mailstore", "mailboxes": {"ann@example.org": {"password": "secret"}}}}, times=("4s",)
    )
    values["nodes"]["isp"] |= {"accounts": {}, "store": "home"}
    values["nodes"]["ann"]["fetch"] = {"host": "home.test", "idle": False, "password": "a guess", "phase": "1s"}
    values["zones"].append("$ORIGIN test.\n@ 3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300\nhome 3600 IN A 203.0.113.77\n")
    result = run(values)
    assert [row.t_us for row in result.of(Event.LOGIN_FAILED)] == [1_400_000 + 2_000_000]
    assert result.of(Event.ACCEPTED, number=0)[0].t_us == 4_550_000 + 4 * S
    values["nodes"]["isp"] |= {"accounts": {"ann@example.org": {"password": "secret"}}, "store": None}
    assert run(values).of(Event.ACCEPTED, number=0)[0].t_us == 4_550_000


@pytest.mark.parametrize("level", ["events", "messages"])
def test_what_one_address_does_wrong_another_does_not_feel(level: str) -> None:
    values = world(ONE, {"mx1": FINAL}, times=("10s",))
    values["nodes"]["desk"] = {**values["nodes"]["ann"], "address": "amy@example.org", "password": "a guess"}
    values["traffic"].append({**values["traffic"][0], "from": "amy@example.org", "times": ["8s"]})
    result = run(values, level=level)
    mail = next(d for d in result.deliveries if d.sender == "ann@example.org")
    assert mail.accepted_us == 10_550_000


@pytest.mark.parametrize("times", [("0s", "3s", "9s"), ("0s", "0.1s", "0.2s")])
def test_penalties_give_the_same_messages_at_each_level(times: tuple[str, ...]) -> None:
    values = world(ONE, {"mx1": FINAL}, times=times, faults=(outage("auth of isp", "5s", length="3s"),))
    values["nodes"]["ann"]["password"] = "a guess"
    assert run(values).log.trace_hash() == run(values, level="messages").log.trace_hash()
    values["nodes"]["ann"]["password"] = "secret"
    assert run(values).log.trace_hash() == run(values, level="messages").log.trace_hash()


# -- a checker that does not answer ------------------------------------------------------------------------------------


def test_a_checker_that_hangs_is_given_up_after_10_seconds_with_454() -> None:
    """xsasl_dovecot_server.c AUTH_TIMEOUT: 454 4.7.0 instead of an answer; the user is told, with 0.4 s of the session."""
    result = sending(outage("auth of isp", "0s", length="1m"))
    assert ended(result) == [(10_400, 454, Why.AUTH_UNAVAILABLE)]
    (row,) = result.of(Event.REJECTED)
    assert row.extra.startswith("auth|454 4.7.0 Temporary authentication failure")


def test_a_checker_that_is_back_in_time_answers_then() -> None:
    result = sending(outage("auth of isp", "0s", length="7s"))
    assert result.of(Event.ACCEPTED, number=0)[0].t_us == 550_000 + 6_650_000


def test_without_its_checker_the_server_does_not_greet_and_is_not_started_for_a_minute() -> None:
    """The first connection is closed a second after it stands (connect 100 ms, then a round trip for what would be the greeting);
    the second one, 10 s later, gets its greeting when the minute since that death is over and the checker is back.
    """
    result = sending(outage("auth of isp", "0s", length="20s", how="refused"), times=("0s", "10s"))
    (first,) = result.of(Event.REJECTED)
    assert (first.t_us, Why(first.why), first.extra) == (1_200_000, Why.CLOSED, "greeting|")
    # connection at the server at 0.05 s, taken up at once; dies at 1.15 s; none is started before 61.15 s
    taken = result.of(Event.ACCEPTED, number=1)[0].t_us
    assert taken == 61_150_000 + 400_000


def test_mail_from_other_servers_is_taken_while_nobody_can_log_in() -> None:
    """Port 25 offers no login, so its servers need no checker."""
    values = world(ONE, {"mx1": {**FINAL, "submission": True, "accounts": {"bob@example.com": {"password": "x"}}}})
    values["faults"] = [outage("auth of mx1", "0s", length="1h", how="refused")]
    assert run(values).state() == State.STORED
    values["nodes"]["mx1"]["login_on_smtp"] = True
    result = run(values)
    assert result.tries(number=0)[0][1:] == ("mx1", Why.CLOSED)


def test_a_reader_can_not_log_in_while_the_checker_of_its_store_is_down_but_mail_is_stored() -> None:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
    boxes = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2"}}}
    fetch = {"host": "imap.example.com", "idle": False, "every": "1m", "phase": "30s", "timeout": "20s"}
    bob = {"kind": "client", "address": "bob@example.com", "password": "hunter2", "fetch": fetch}
    fault = outage("auth of boxes", "10s", length="100s")
    result = run(world(zone, {"mx1": {**FINAL, "store": "boxes"}, "boxes": boxes, "bob": bob}, times=("20s",), faults=(fault,)))
    mail = result.delivery()
    assert mail.stored_us == 21_450_000
    # looks of 30 s and 90 s: 350 ms to the login, then 20 s of patience for the first; the second is answered when the checker is back
    assert [(row.t_us, Why(row.why)) for row in result.of(Event.FETCH_FAILED)] == [(50_350_000, Why.REPLY_TIMEOUT)]
    assert mail.fetched_us == 110 * S + 250_000
