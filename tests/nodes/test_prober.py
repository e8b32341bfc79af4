"""A prober calls servers one after the other; every round trip is 100 ms."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, com, outage, run, world

ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
BOX: dict[str, Any] = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2"}}}


def calling(*calls: dict[str, Any], faults: tuple[dict[str, Any], ...] = (), mx: dict[str, Any] | None = None, **more: Any) -> Run:
    nodes = {"mx1": {**MTA, "final_for": ["example.com"], "store": "boxes", **(mx or {})}, "boxes": BOX}
    prober = {key: more.pop(key) for key in ("start", "every") if key in more}
    values = world(ZONE, {**nodes, "check": {"kind": "prober", "calls": list(calls), **prober}}, faults=faults, **more)
    values["traffic"] = []
    return run(values)


def steps(result: Run) -> list[tuple[int, str, Why, int]]:
    """(instant in milliseconds, step, why, code)"""
    rows = result.of(Event.PROBED)
    return [(row.t_us // 1000, row.extra.partition("|")[0], Why(row.why), row.code) for row in rows]


def smtp(**more: Any) -> dict[str, Any]:
    return {"service": "smtp", "host": "mx1.example.com", "tls": False, "sender": "ann@example.org", "timeout": "20s", **more}


def imap(**more: Any) -> dict[str, Any]:
    return {"service": "imap", "host": "imap.example.com", "user": "bob@example.com", "password": "hunter2", "timeout": "20s", **more}


def test_a_recipient_is_asked_for_and_no_mail_is_sent() -> None:
    """Connect, greeting, EHLO, MAIL, RCPT: five round trips, one after the other."""
    result = calling(smtp(recipient="bob@example.com", name="bob"))
    assert steps(result) == [(200, "greeting", Why.OK, -1), (500, "done", Why.OK, -1)]
    assert result.of(Event.ACCEPTED) == []
    assert result.log.end_reason == "settled"


def test_the_reply_to_a_recipient_is_heard() -> None:
    unknown, foreign = smtp(recipient="nobody@example.com"), smtp(recipient="x@example.net")
    assert steps(calling(unknown))[1:] == [(500, "rcpt", Why.NO_SUCH_MAILBOX, 550), (500, "done", Why.NO_SUCH_MAILBOX, 550)]
    # Postfix 3.7.11 recorded without a login (auth_submission, no_auth): 454 4.7.1 Relay access denied
    assert steps(calling(foreign))[1:] == [(500, "rcpt", Why.RELAY_DENIED, 454), (500, "done", Why.RELAY_DENIED, 454)]


def test_calls_are_made_one_after_the_other_and_a_wrong_password_is_felt_by_the_next() -> None:
    """LOGIN is there after 350 ms (connect, TLS, greeting, half a trip); penalties of 4 s, then 8 s for the right one after two guesses."""
    result = calling(imap(password="one"), imap(password="two"), imap())
    done = [at for at, step, _, _ in steps(result) if step == "done"]
    first = 400 + 2000
    # the second is found wrong at 2400 + 350 + 4000 = 6750 ms: 1.5 s
    second = first + 400 + 4000 + 1500
    assert done == [first, second, second + 400 + 8000 + 200]


def test_after_a_failed_login_it_may_ask_all_the_same() -> None:
    login = {"login_on_smtp": True, "accounts": {"ann": {"password": "secret"}}}
    call = smtp(user="ann", password="a guess", recipient="x@example.net")
    assert [step[1:] for step in steps(calling(call, mx=login))] == [
        ("greeting", Why.OK, -1),
        ("auth", Why.AUTH_FAILED, 535),
        ("done", Why.AUTH_FAILED, 535),
    ]
    assert [step[1:] for step in steps(calling({**call, "anyway": True}, mx=login))] == [
        ("greeting", Why.OK, -1),
        ("auth", Why.AUTH_FAILED, 535),
        ("rcpt", Why.RELAY_DENIED, 454),
        ("done", Why.AUTH_FAILED, 535),
    ]
    right = steps(calling({**call, "password": "secret"}, mx=login))
    assert [step[1:] for step in right] == [("greeting", Why.OK, -1), ("auth", Why.OK, 235), ("done", Why.OK, -1)]


@pytest.mark.parametrize(
    ("host", "faults", "end"),
    [
        ("imap.example.com", [("boxes", "refused")], (100, "connect", Why.REFUSED, -1)),
        ("imap.example.com", [("boxes", "silent")], (20_000, "connect", Why.SILENT, -1)),
        ("imap.example.com", [("boxes", "unreachable")], (100, "connect", Why.UNREACHABLE, -1)),
        ("192.0.2.1", [], (100, "connect", Why.NO_SERVICE, -1)),  # the MX has no IMAP
        ("192.0.2.99", [], (20_000, "connect", Why.SILENT, -1)),  # nobody has this address
        ("nowhere.example.com", [], (0, "done", Why.DNS_NXDOMAIN, -1)),
    ],
)
def test_a_server_that_can_not_be_reached_is_told_like_any_other_client(host: str, faults: list[tuple[str, str]], end: Any) -> None:
    result = calling(imap(host=host), faults=tuple(outage(target, "0s", how=how) for target, how in faults))
    assert steps(result)[0] == end


def test_a_server_without_its_password_checker_is_told_by_what_the_client_sees() -> None:
    """Recorded (auth_backend_down): closed after a second; the next call hears nothing for 20 s, says QUIT and waits as long again."""
    login = {"login_on_smtp": True, "accounts": {"ann": {"password": "secret"}}}
    call = smtp(user="ann", password="secret")
    result = calling(call, call, mx=login, faults=(outage("auth of mx1", "0s", how="refused"),))
    assert steps(result) == [
        (1_200, "greeting", Why.CLOSED, -1),
        (1_200, "done", Why.CLOSED, -1),
        (21_300, "greeting", Why.REPLY_TIMEOUT, -1),
        (41_300, "done", Why.REPLY_TIMEOUT, -1),
    ]


def test_a_prober_with_an_interval_calls_again_and_again() -> None:
    result = calling(imap(), every="1m", start="5s", run_until="3m")
    begun = [row.t_us - row.value for row in result.of(Event.PROBED) if row.extra.startswith("done")]
    assert begun == [5_000_000, 65_000_000, 125_000_000]


@pytest.mark.parametrize(("target", "greeted_ms", "login_ms"), [("boxes", 4300, 6400), ("link check-boxes", 6300, 8400)])
def test_a_slow_store_or_link_is_measured(target: str, greeted_ms: int, login_ms: int) -> None:
    """Each round trip takes 2.1 s, of the connection to a slow store 0.1 s: connect, TLS, greeting; then LOGIN."""
    slow = {"kind": "slow", "target": target, "delay": "2s", "start": "0s", "length": "1h"}
    found = {step: at for at, step, _, _ in steps(calling(imap(), faults=(slow,)))}
    assert (found["greeting"], found["login"]) == (greeted_ms, login_ms)


def test_a_store_that_is_slower_than_the_callers_patience_is_found_out() -> None:
    slow = {"kind": "slow", "target": "boxes", "delay": "61s", "start": "0s", "length": "1h"}
    assert steps(calling(imap(), faults=(slow,)))[0][1:3] == ("greeting", Why.REPLY_TIMEOUT)
