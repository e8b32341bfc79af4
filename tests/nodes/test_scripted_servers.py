"""Servers that follow a script, greylisting, mail by way of a relay, mail from the null sender, programs that count whole seconds.

In these small worlds (``small_worlds``) a session that starts at 0.55 s has RCPT at the server at 0.90 s and its reply at
0.95 s; the mail is taken at 1.00 s.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, NET, ORG, Run, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
PAIR = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
BOTH = ["bob@example.com", "cas@example.com"]


def one(*script: dict[str, Any], isp: dict[str, Any] | None = None, greylist: str | None = None, **more: Any) -> Run:
    """One server with a script."""
    mx1 = {**FINAL, "script": list(script), **({"greylist": greylist} if greylist else {})}
    return run(world(ONE, {"mx1": mx1}, isp=isp, **{"run_until": "4m", **more}))


def pair(*script: dict[str, Any], isp: dict[str, Any] | None = None, **more: Any) -> Run:
    """Two servers, the better one with a script."""
    return run(world(PAIR, {"mx1": {**FINAL, "script": list(script)}, "mx2": FINAL}, isp=isp, run_until="4m", **more))


# -- the script --------------------------------------------------------------------------------------------------------


def test_a_scripted_reply_takes_the_place_of_the_server_s_own() -> None:
    result = pair({"stage": "rcpt", "reply": "450 4.2.0 busy"})
    assert result.tries() == [(0.55, "mx1", Why.TEMPFAIL), (0.95, "mx2", Why.OK)]
    assert [row.extra for row in result.of(Event.TRIED)] == ["rcpt|450 4.2.0 busy", "eod|250 2.0.0 Ok: queued"]
    assert result.at(Event.STORED) == [1.4]  # 0.95 + 0.45


@pytest.mark.parametrize(
    ("stage", "heard"), [("greeting", 0.75), ("ehlo", 0.85), ("mail", 0.95), ("rcpt", 0.95), ("data", 0.95), ("eod", 1.05)]
)
def test_a_server_that_drops_the_connection_is_left_when_that_is_seen(stage: str, heard: float) -> None:
    assert pair({"stage": stage, "close": True}).tries() == [(0.55, "mx1", Why.CLOSED), (pytest.approx(heard), "mx2", Why.OK)]


def test_hesitation_adds_up() -> None:
    result = one({"stage": "greeting", "delay": "2s"}, {"stage": "rcpt", "delay": "3s"}, {"stage": "eod", "delay": "4s"})
    assert result.at(Event.STORED) == [10.0]  # 1.00 + 2 + 3 + 4


def test_a_line_with_an_end_is_over_then() -> None:
    # refused at 0.95; Postfix: floor(0.95) + 300 - 1 = 299, the scan at 300; taken 0.45 after that
    result = one({"stage": "rcpt", "reply": "450 4.2.0 busy", "until": "100s"}, run_until="10m")
    assert result.tries() == [(0.55, "mx1", Why.TEMPFAIL), (300.0, "mx1", Why.OK)]
    assert result.at(Event.STORED) == [300.45]
    # RCPT is at the server at 0.90: a line that ends just then says nothing any more, one that begins just then speaks
    assert one({"stage": "rcpt", "reply": "450", "until": "900ms"}).at(Event.STORED) == [1.0]
    assert one({"stage": "rcpt", "reply": "450", "start": "900ms"}).at(Event.STORED) == []


# -- recipient by recipient --------------------------------------------------------------------------------------------


def test_one_of_two_recipients_is_refused_for_good_and_each_has_a_row_of_its_own() -> None:
    result = one({"stage": "rcpt", "reply": "550 5.1.1 no such user", "match": "bob@"}, to=BOTH)
    assert [result.state(0, rcpt) for rcpt in BOTH] == [State.BOUNCED, State.STORED]
    (tried,) = result.of(Event.TRIED, node="isp", number=0)
    assert (tried.why, tried.t_us) == (Why.OK, 550_000)
    answered = result.of(Event.ANSWERED, node="isp", number=0)
    assert [(row.rcpt, row.t_us, Why(row.why), row.code, row.extra) for row in answered] == [
        ("bob@example.com", 550_000, Why.NO_SUCH_MAILBOX, 550, "rcpt|550 5.1.1 no such user"),
        ("cas@example.com", 550_000, Why.OK, 250, "eod|250 2.0.0 Ok: queued"),
    ]
    assert [report.rcpt for report in result.reports()] == ["ann@example.org"]


def test_who_is_put_off_goes_to_the_next_server_in_the_same_attempt() -> None:
    """Recorded: Postfix 3.7.11, two recipients, 450 for one."""
    result = pair({"stage": "rcpt", "reply": "450 4.2.0 busy", "match": "bob@"}, to=BOTH)
    # the session for Cas ends at 1.05; then one for Bob with mx2, taken at 1.50
    assert result.tries() == [(0.55, "mx1", Why.OK), (1.05, "mx2", Why.OK)]
    assert {d.rcpt: (d.stored_us, d.via) for d in result.deliveries} == {
        "cas@example.com": (1_000_000, "mx1.example.com"),
        "bob@example.com": (1_500_000, "mx2.example.com"),
    }
    rows = [(row.t_us, row.rcpt[:3], Why(row.why)) for row in result.of(Event.ANSWERED)]
    assert rows == [(550_000, "bob", Why.TEMPFAIL), (550_000, "cas", Why.OK), (1_050_000, "bob", Why.OK)]


def test_a_session_that_never_stood_answers_all_recipients_alike() -> None:
    result = run(world(ONE, {"mx1": FINAL}, to=BOTH, faults=(outage("mx1", "0s", how="refused"),), run_until="4m"))
    rows = [(row.rcpt[:3], Why(row.why), row.code, row.extra) for row in result.of(Event.ANSWERED)]
    assert rows == [("bob", Why.REFUSED, -1, "connect|"), ("cas", Why.REFUSED, -1, "connect|")]


def test_a_message_with_one_recipient_has_no_such_rows() -> None:
    assert one({"stage": "rcpt", "reply": "450 4.2.0 busy"}).of(Event.ANSWERED) == []


# -- greylisting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("greylist", "tries", "stored"), [("4m", [0.55, 300.0], 300.45), ("5m", [0.55, 300.0, 600.0], 600.45)])
def test_a_stranger_comes_back_until_its_first_visit_is_long_enough_ago(greylist: str, tries: list[float], stored: float) -> None:
    """First seen at 0.90: after 4 min the visit of 300.35 counts, after 5 min only that of 600.35.

    Postfix's next attempts: 0 + 300 - 1, the scan at 300; end 300.40, age 300: 300 + 300 - 1, the scan at 600.
    """
    result = one(greylist=greylist, run_until="20m")
    assert [t for t, _, _ in result.tries()] == tries
    assert result.at(Event.STORED) == [stored]
    assert result.of(Event.TRIED)[0].extra == "rcpt|450 4.7.1 Greylisted, please come back later"


def test_who_was_let_in_once_is_known() -> None:
    assert one(greylist="4m", times=("0s", "10m"), run_until="20m").at(Event.STORED) == [300.45, 601.0]


def test_another_recipient_is_another_stranger() -> None:
    values = world(ONE, {"mx1": {**FINAL, "greylist": "4m"}}, run_until="20m")
    values["traffic"].append({**values["traffic"][0], "to": ["cas@example.com"], "times": ["8m"]})
    # 480 s: submission 0.55; put off at 480.95; 480 + 299 = 779, the scan at 900
    assert run(values).at(Event.STORED) == [300.45, 900.45]


# -- relays ------------------------------------------------------------------------------------------------------------


def test_a_smarthost_in_brackets_gets_all_mail_and_no_mx_is_asked_for() -> None:
    result = pair(isp={"parameters": {"smarthost": "[mx2.example.com]"}})
    assert result.tries() == [(0.55, "mx2", Why.OK)]
    assert [row.peer for row in result.of(Event.LOOKED_UP, node="isp")] == ["mx2.example.com"]


def test_a_smarthost_without_brackets_is_a_domain_with_mx_records() -> None:
    nodes = {"mx1": {**MTA, "final_for": ["example.net"]}, "mx2": {**MTA, "final_for": ["example.net"]}}
    isp = {"parameters": {"smarthost": "example.com"}}
    values = world(PAIR, nodes, to="bob@example.net", isp=isp, zones=[PAIR, ORG, NET], faults=[outage("mx1", "0s", how="refused")])
    result = run({**values, "run_until": "4m"})
    assert result.tries() == [(0.55, "mx1", Why.REFUSED), (pytest.approx(0.65), "mx2", Why.OK)]
    asked = [row.peer for row in result.of(Event.LOOKED_UP, node="isp")]
    assert asked[0] == "example.com"
    assert sorted(asked[1:]) == ["mx1.example.com", "mx2.example.com"]


def test_a_fallback_relay_comes_after_all_servers_of_the_domain() -> None:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    isp = {"parameters": {"fallback_relay": "[mx2.example.com]"}}
    up = run(world(zone, {"mx1": FINAL, "mx2": FINAL}, isp=isp, run_until="4m"))
    assert up.tries() == [(0.55, "mx1", Why.OK)]
    down = run(world(zone, {"mx1": FINAL, "mx2": FINAL}, isp=isp, run_until="4m", faults=(outage("mx1", "0s", how="refused"),)))
    assert down.tries() == [(0.55, "mx1", Why.REFUSED), (pytest.approx(0.65), "mx2", Why.OK)]


def test_a_fallback_relay_gets_mail_for_a_domain_that_does_not_exist() -> None:
    """postconf(5) smtp_fallback_relay: when a destination is not found."""
    zone = com("mx2 A 192.0.2.2")
    mx2 = {**MTA, "final_for": ["gone.example.com"]}
    isp = {"parameters": {"fallback_relay": "[mx2.example.com]"}}
    assert run(world(zone, {"mx2": mx2}, to="bob@gone.example.com", isp=isp, run_until="4m")).tries() == [(0.55, "mx2", Why.OK)]


# -- the null sender ---------------------------------------------------------------------------------------------------


def test_mail_from_the_null_sender_that_fails_is_discarded_and_nobody_is_told() -> None:
    """RFC 5321 section 4.5.5."""
    values = world(ONE, {"mx1": {**FINAL, "script": [{"stage": "rcpt", "reply": "550 5.1.1 no such user"}]}}, run_until="4m")
    values["traffic"][0]["null_sender"] = True
    result = run(values)
    assert (result.delivery().sender, result.reports()) == ("", [])
    assert [(row.t_us, Why(row.why), row.value) for row in result.of(Event.DISCARDED)] == [(950_000, Why.NULL_SENDER, Why.PERMFAIL)]
    assert result.of(Event.BOUNCED) == []


def test_mail_from_the_null_sender_is_delivered_like_any_other() -> None:
    values = world(ONE, {"mx1": FINAL}, run_until="4m")
    values["traffic"][0]["null_sender"] = True
    assert run(values).at(Event.STORED) == [1.0]


# -- whole seconds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("phase", "again"), [("0s", 3.0), ("300ms", 3.0), ("500ms", 4.0), ("900ms", 4.0)])
def test_the_phase_of_the_wall_clock_s_second_moves_the_retry_of_a_program_that_counts_whole_seconds(phase: str, again: float) -> None:
    """The connection is refused at 0.65; Postfix: the second in which that was + 4 - 1, then the scan, here every second.

    With the wall clock 500 ms into its second at 0, that second began at 0.5: 3.5, the scan at 4; with 900 ms at 0.1: 3.1; with
    300 ms, at -0.3 ... 0.7: 2.7, the scan at 3.
    """
    isp = {"second_phase": phase, "parameters": {"retry": {"minimum": "4s", "maximum": "16s", "scan": "1s"}}}
    result = run(world(ONE, {"mx1": FINAL}, isp=isp, run_until="10s", faults=(outage("mx1", "0s", how="refused"),)))
    assert [t for t, _, _ in result.tries()][:2] == [0.55, again]
