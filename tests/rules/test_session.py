"""How long a session takes and what becomes of it when the world changes under way.

With a round trip of 100 ms a plain pipelined session that starts at 0 runs so (milliseconds):

======================= ====== =================
command                  sent   at the server
======================= ====== =================
SYN                         0     50
(greeting)                100    150
EHLO                      200    250
MAIL, RCPT, DATA          300    350
body and final dot        400    450, reply here at 500
======================= ====== =================
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsim.rules.conditions import FOREVER, QUIET, Condition, Span, Timeline
from mailsim.rules.reasons import Why
from mailsim.rules.session import SYN_RESENT_US, Contact, Script, Timeouts, contact, script
from mailsim.rules.smtp import ACCEPTED, Reply, Stage

MS = 1000
S = 1_000_000
RTT = 100 * MS

#: the minimum of RFC 5321 section 4.5.3.2, with Postfix's 30 s for the connection
PATIENCE = Timeouts(30 * S, 300 * S, 300 * S, 300 * S, 300 * S, 120 * S, 600 * S, 180 * S)
PLAIN = script(PATIENCE)
NOT_NOW = Reply(451, "4.3.0", "not now")
NEVER = Reply(550, "5.3.0", "never")


def during(start_ms: float, end_ms: float, reach: Why) -> Timeline:
    return Timeline([Span(int(start_ms * MS), FOREVER if end_ms == float("inf") else int(end_ms * MS), Condition(reach))])


def from_(start_ms: float, reach: Why) -> Timeline:
    return during(start_ms, float("inf"), reach)


def session(path: Timeline = QUIET, plan: Script = PLAIN, *, body_us: int = 0, work_us: int = 0) -> Contact:
    return contact(plan, path, start_us=0, rtt_us=RTT, body_us=body_us, work_us=work_us)


# -- round trips -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extensions", "round_trips"),
    [
        ({}, 5),
        ({"starttls": True}, 8),
        ({"starttls": True, "tls": "1.2"}, 9),
        ({"pipelining": False}, 7),
        ({"pipelining": False, "starttls": True}, 10),
        ({"pipelining": False, "recipients": 3}, 9),
        ({"recipients": 3}, 5),
        ({"starttls": True, "auth": True}, 9),  # submission on port 587
        ({"implicit_tls": True, "auth": True}, 7),  # submission on port 465: connect, TLS, greeting, EHLO, AUTH, envelope, body
        ({"implicit_tls": True, "auth": True, "tls": "1.2"}, 8),
        ({"implicit_tls": True}, 6),
    ],
)
def test_a_session_costs_its_true_number_of_round_trips(extensions: dict[str, object], round_trips: int) -> None:
    plan = script(PATIENCE, **extensions)  # type: ignore[arg-type]
    assert plan.rtts == round_trips
    done = round_trips * RTT
    assert session(plan=plan) == Contact(Why.OK, Stage.EOD, ACCEPTED, done, done - RTT // 2)


def test_transfer_and_server_time_are_added_to_the_round_trips() -> None:
    assert session(body_us=70 * MS, work_us=200 * MS) == Contact(Why.OK, Stage.EOD, ACCEPTED, 770 * MS, 720 * MS)


def test_a_pause_before_the_greeting_is_waited_for() -> None:
    result = contact(PLAIN, QUIET, start_us=0, rtt_us=RTT, body_us=0, pause_us=6 * S)
    assert result == Contact(Why.OK, Stage.EOD, ACCEPTED, 6500 * MS, 6450 * MS)


# -- no connection -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", [Why.REFUSED, Why.UNREACHABLE])
def test_a_refused_or_unreachable_host_costs_one_round_trip(why: Why) -> None:
    assert session(from_(0, why)) == Contact(why, Stage.CONNECT, None, RTT, -1)


def test_a_silent_host_costs_the_connect_timeout() -> None:
    assert session(from_(0, Why.SILENT)) == Contact(Why.SILENT, Stage.CONNECT, None, 30 * S, -1)


def test_a_syn_is_sent_again_when_linux_does() -> None:
    """Recorded at about 1, 2, 3, 4, 5, 7, 11 s."""
    assert SYN_RESENT_US[:7] == (1 * S, 2 * S, 3 * S, 4 * S, 5 * S, 7 * S, 11 * S)


@pytest.mark.parametrize(
    ("outage_ends_ms", "syn_s"),
    [
        (40, 0),  # the first SYN is at the server at 50 ms
        (51, 1),
        (1050, 1),  # an outage excludes its end
        (1051, 2),
        (2500, 3),
        (3500, 4),
        (4999, 5),
        (5100, 7),
        (6500, 7),
        (7051, 11),
        (11_051, 19),
        (19_050, 19),
    ],
)
def test_an_outage_that_ends_between_two_syns_is_over_for_the_client_at_the_next_one(outage_ends_ms: int, syn_s: int) -> None:
    result = session(during(0, outage_ends_ms, Why.SILENT))
    assert (result.why, result.end_us) == (Why.OK, syn_s * S + 5 * RTT)


def test_an_outage_that_ends_after_the_last_syn_before_the_timeout_is_not_noticed() -> None:
    assert session(during(0, 19_051, Why.SILENT)) == Contact(Why.SILENT, Stage.CONNECT, None, 30 * S, -1)


def test_a_longer_patience_sees_the_next_syn_through() -> None:
    patient = PATIENCE._replace(connect_us=300 * S)
    assert session(during(0, 19_051, Why.SILENT), script(patient)).end_us == 35 * S + 5 * RTT


def test_a_host_that_comes_back_without_its_service_refuses_the_next_syn() -> None:
    path = Timeline([Span(0, 2500 * MS, Condition(Why.SILENT)), Span(2500 * MS, FOREVER, Condition(Why.REFUSED))])
    assert session(path) == Contact(Why.REFUSED, Stage.CONNECT, None, 3 * S + RTT, -1)


# -- cut in mid-session ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_ms", "stage", "end_ms"),
    [
        (51, Stage.GREETING, 200),
        (150, Stage.GREETING, 200),  # an outage includes its start
        (151, Stage.EHLO, 300),
        (250, Stage.EHLO, 300),
        (251, Stage.MAIL, 400),
        (350, Stage.MAIL, 400),
        (351, Stage.EOD, 500),
        (450, Stage.EOD, 500),
    ],
)
def test_a_service_that_stops_resets_the_session_at_its_next_command(from_ms: int, stage: Stage, end_ms: int) -> None:
    assert session(from_(from_ms, Why.REFUSED)) == Contact(Why.CLOSED, stage, None, end_ms * MS, -1)


def test_a_service_that_stops_while_it_works_on_the_message_resets_the_session_at_once() -> None:
    result = session(from_(1000, Why.REFUSED), work_us=2 * S)
    assert result == Contact(Why.CLOSED, Stage.EOD, None, 1050 * MS, -1)


def test_a_service_that_stops_at_the_very_instant_at_which_it_would_answer_does_not_answer() -> None:
    """Intervals include their start: it has the message at 0.45 s and would have taken it at 2.45 s."""
    assert session(from_(2450, Why.REFUSED), work_us=2 * S) == Contact(Why.CLOSED, Stage.EOD, None, 2500 * MS, -1)
    assert session(from_(2451, Why.REFUSED), work_us=2 * S) == Contact(Why.OK, Stage.EOD, ACCEPTED, 2500 * MS, 2450 * MS)


def test_a_service_that_stops_and_starts_again_has_forgotten_the_session() -> None:
    result = session(during(1000, 1100, Why.REFUSED), work_us=2 * S)
    assert result == Contact(Why.CLOSED, Stage.EOD, None, 1050 * MS, -1)


def test_a_reply_that_left_before_the_service_stopped_arrives() -> None:
    assert session(from_(451, Why.REFUSED)) == Contact(Why.OK, Stage.EOD, ACCEPTED, 500 * MS, 450 * MS)


@pytest.mark.parametrize("reach", [Why.SILENT, Why.UNREACHABLE])
@pytest.mark.parametrize(
    ("from_ms", "stage", "end_ms"),
    [
        (51, Stage.GREETING, 100 + 300_000),
        (150, Stage.GREETING, 100 + 300_000),
        (160, Stage.GREETING, 100 + 300_000),  # the greeting is under way and never arrives
        (250, Stage.EHLO, 200 + 300_000),
        (350, Stage.MAIL, 300 + 300_000),
        (450, Stage.EOD, 400 + 600_000),
    ],
)
def test_silence_in_mid_session_costs_the_patience_of_that_stage(reach: Why, from_ms: int, stage: Stage, end_ms: int) -> None:
    """An ICMP error on an open connection is a passing one (RFC 1122 section 4.2.3.9)."""
    assert session(from_(from_ms, reach)) == Contact(Why.REPLY_TIMEOUT, stage, None, end_ms * MS, -1)


@pytest.mark.parametrize("reach", [Why.SILENT, Why.UNREACHABLE])
@pytest.mark.parametrize(
    ("start_ms", "end_ms", "late_ms"),
    [
        (240, 300, 200),  # EHLO lost at 250, sent again after 0.2 s
        (240, 450, 200),
        (240, 451, 600),  # 0.2 + 0.4 s
        (240, 800, 600),
        (240, 851, 1400),  # 0.2 + 0.4 + 0.8 s
        (340, 400, 200),  # MAIL, RCPT and DATA travel together and are late together
        (440, 500, 200),  # the final dot
        (290, 310, 200),  # EHLO's reply
        (490, 510, 200),  # the last reply; the message was taken before
    ],
)
def test_a_short_silence_in_mid_session_is_survived_by_tcp(reach: Why, start_ms: int, end_ms: int, late_ms: int) -> None:
    result = session(during(start_ms, end_ms, reach))
    assert (result.why, result.end_us) == (Why.OK, (500 + late_ms) * MS)
    assert result.taken_us == (450 if start_ms == 490 else 450 + late_ms) * MS


def test_a_silence_of_which_no_packet_knows_changes_nothing() -> None:
    assert session(during(260, 290, Why.SILENT)) == session()


# -- the 250 is lost ---------------------------------------------------------------------------------------------------


def test_a_lost_250_leaves_the_message_with_the_server_and_the_client_without_knowing() -> None:
    """RFC 1047: the client waits for its patience at the final dot, then sends the message again."""
    lost = Contact(Why.REPLY_LOST, Stage.EOD, None, 400 * MS + 600 * S, 450 * MS)
    assert session(from_(451, Why.SILENT)) == lost
    assert session(from_(500, Why.SILENT)) == lost
    assert session(from_(501, Why.SILENT)).why == Why.OK


def test_a_server_that_dies_while_its_reply_is_sent_again_has_taken_the_message() -> None:
    path = Timeline([Span(480 * MS, 600 * MS, Condition(Why.SILENT)), Span(600 * MS, FOREVER, Condition(Why.REFUSED))])
    assert session(path) == Contact(Why.REPLY_LOST, Stage.EOD, None, 700 * MS, 450 * MS)


def test_a_server_that_takes_longer_than_the_client_waits_takes_the_message_all_the_same() -> None:
    """RFC 5321 section 4.5.3.2.6: too short a time-out at the final dot makes duplicates."""
    result = session(work_us=700 * S)
    assert result == Contact(Why.REPLY_LOST, Stage.EOD, None, 400 * MS + 600 * S, 450 * MS + 700 * S)
    assert session(work_us=600 * S - RTT).why == Why.OK


def test_a_greeting_later_than_the_client_waits_ends_the_session() -> None:
    result = contact(PLAIN, QUIET, start_us=0, rtt_us=RTT, body_us=0, pause_us=300 * S)
    assert result == Contact(Why.REPLY_TIMEOUT, Stage.GREETING, None, 100 * MS + 300 * S, -1)


# -- long bodies -------------------------------------------------------------------------------------------------------


def test_a_transfer_goes_on_where_a_silence_stopped_it() -> None:
    """The body needs 2 s from 0.45 s on; 0.55 s are there when silence falls at 1 s; sent again at 1.2, 1.6, 2.4, 4.0, 7.2, 13.6."""
    result = session(during(1000, 10_000, Why.SILENT), body_us=2 * S)
    assert result == Contact(Why.OK, Stage.EOD, ACCEPTED, 15_100 * MS, 15_050 * MS)


def test_a_transfer_that_stalls_for_good_is_given_up_and_nothing_was_taken() -> None:
    result = session(from_(1000, Why.SILENT), body_us=2 * S)
    assert result == Contact(Why.REPLY_TIMEOUT, Stage.EOD, None, 950 * MS + 180 * S, -1)


def test_silence_at_the_very_instant_of_the_last_octet_swallows_it() -> None:
    """It would be at the server at 2.45 s; one millisecond later the server has the message, and only its reply is lost."""
    swallowed = Contact(Why.REPLY_TIMEOUT, Stage.EOD, None, 2400 * MS + 180 * S, -1)
    assert session(from_(2450, Why.SILENT), body_us=2 * S) == swallowed
    assert session(from_(2451, Why.SILENT), body_us=2 * S) == Contact(Why.REPLY_LOST, Stage.EOD, None, 2400 * MS + 600 * S, 2450 * MS)


def test_a_service_that_stops_during_a_transfer_resets_it() -> None:
    assert session(from_(1000, Why.REFUSED), body_us=2 * S) == Contact(Why.CLOSED, Stage.EOD, None, 1050 * MS, -1)


# -- the server says no ------------------------------------------------------------------------------------------------

PIPELINED = [(Stage.GREETING, 200), (Stage.EHLO, 300), (Stage.MAIL, 400), (Stage.RCPT, 400), (Stage.DATA, 400), (Stage.EOD, 500)]
ONE_BY_ONE = [(Stage.GREETING, 200), (Stage.EHLO, 300), (Stage.MAIL, 400), (Stage.RCPT, 500), (Stage.DATA, 600), (Stage.EOD, 700)]


@pytest.mark.parametrize(("reply", "why"), [(NOT_NOW, Why.TEMPFAIL), (NEVER, Why.PERMFAIL)])
@pytest.mark.parametrize(("pipelining", "stage", "end_ms"), [(True, *row) for row in PIPELINED] + [(False, *row) for row in ONE_BY_ONE])
def test_a_refusal_ends_the_session_with_its_reply(reply: Reply, why: Why, pipelining: bool, stage: Stage, end_ms: int) -> None:
    plan = script(PATIENCE, pipelining=pipelining)
    expected = Contact(why, stage, reply, end_ms * MS, -1)
    forced = Timeline([Span(0, FOREVER, Condition(Why.OK, reply, stage))])
    assert session(forced, plan) == expected
    assert contact(plan, QUIET, start_us=0, rtt_us=RTT, body_us=0, refusal=(stage, reply)) == expected


def test_a_forced_reply_comes_only_while_it_holds() -> None:
    at_rcpt = Condition(Why.OK, NOT_NOW, Stage.RCPT)
    assert session(Timeline([Span(0, 350 * MS, at_rcpt)])).why == Why.OK
    assert session(Timeline([Span(350 * MS, 351 * MS, at_rcpt)])).why == Why.TEMPFAIL
    assert session(Timeline([Span(351 * MS, FOREVER, at_rcpt)])).why == Why.OK


def test_a_forced_reply_goes_before_the_servers_own() -> None:
    forced = Timeline([Span(0, FOREVER, Condition(Why.OK, NOT_NOW, Stage.RCPT))])
    result = contact(PLAIN, forced, start_us=0, rtt_us=RTT, body_us=0, refusal=(Stage.RCPT, NEVER))
    assert result.reply == NOT_NOW


def test_a_server_that_was_cut_off_while_it_worked_still_says_what_it_would_have_said() -> None:
    """It has the whole message at 0.45 s and works until 2.45 s; the way is cut at 1 s.  Its 451 is lost, the message not taken."""
    path = Timeline([Span(0, FOREVER, Condition(Why.OK, NOT_NOW, Stage.EOD)), Span(1 * S, FOREVER, Condition(Why.SILENT))])
    assert session(path, work_us=2 * S) == Contact(Why.REPLY_TIMEOUT, Stage.EOD, None, 400 * MS + 600 * S, -1)


def test_a_refusal_that_never_arrives_is_a_timeout() -> None:
    result = contact(PLAIN, from_(360, Why.SILENT), start_us=0, rtt_us=RTT, body_us=0, refusal=(Stage.RCPT, NEVER))
    assert (result.why, result.taken_us) == (Why.REPLY_TIMEOUT, -1)


def test_a_wrong_password_costs_the_servers_pause_and_the_way_to_auth() -> None:
    """Port 465: connect, TLS, greeting, EHLO, AUTH are five round trips, then the server hesitates for 2 s."""
    plan = script(PATIENCE, implicit_tls=True, auth=True)
    no = Reply(535, "5.7.8", "Error: authentication failed")
    result = contact(plan, QUIET, start_us=0, rtt_us=RTT, body_us=0, refusal=(Stage.AUTH, no), refusal_pause_us=2 * S)
    assert result == Contact(Why.PERMFAIL, Stage.AUTH, no, 2500 * MS, -1)


# -- laws --------------------------------------------------------------------------------------------------------------

CONDITIONS = st.sampled_from(
    [Condition(reach) for reach in (Why.REFUSED, Why.SILENT, Why.UNREACHABLE)]
    + [Condition(Why.OK, reply, stage) for reply in (NOT_NOW, NEVER) for stage in Stage]
)
INSTANTS = st.integers(0, 20_000).map(lambda ms: ms * MS) | st.integers(0, 2_000_000)
SPANS = st.lists(st.builds(lambda a, d, c: Span(a, a + 1 + d, c), INSTANTS, INSTANTS, CONDITIONS), max_size=5)
PLANS = st.builds(
    lambda **extensions: script(PATIENCE, **extensions),
    starttls=st.booleans(),
    tls=st.sampled_from(["1.2", "1.3"]),
    auth=st.booleans(),
    pipelining=st.booleans(),
    recipients=st.integers(1, 4),
)
RTTS = st.integers(0, 500 * MS)
WORK = st.sampled_from([0, 1, 200 * MS, 5 * S])
#: a condition that no session ever notices, so that its edges send the arithmetic the long way round
UNNOTICED = Condition(Why.OK, NOT_NOW, Stage.CONNECT)


@given(PLANS, SPANS, INSTANTS, RTTS, WORK, WORK)
def test_nothing_happens_before_the_session_starts(plan: Script, spans: list[Span], start: int, rtt: int, body: int, work: int) -> None:
    result = contact(plan, Timeline(spans), start_us=start, rtt_us=rtt, body_us=body, work_us=work)
    assert start <= result.end_us
    assert result.taken_us == -1 or start <= result.taken_us
    assert result.taken_us <= result.end_us or result.why == Why.REPLY_LOST
    assert (result.taken_us >= 0) == (result.why in (Why.OK, Why.REPLY_LOST))


@given(PLANS, st.lists(INSTANTS, min_size=2, max_size=8), INSTANTS, RTTS, WORK, WORK)
def test_the_long_way_round_gives_the_undisturbed_session(
    plan: Script, edges: list[int], start: int, rtt: int, body: int, work: int
) -> None:
    edges = sorted({*edges, start, start + 1})
    noise = Timeline(Span(a, b, UNNOTICED) for a, b in zip(edges[::2], edges[1::2], strict=False))
    one = contact(plan, QUIET, start_us=start, rtt_us=rtt, body_us=body, work_us=work)
    other = contact(plan, noise, start_us=start, rtt_us=rtt, body_us=body, work_us=work)
    assert one == other


@settings(max_examples=300)
@given(PLANS, SPANS, INSTANTS, INSTANTS, RTTS, WORK)
def test_shifting_everything_shifts_the_result(plan: Script, spans: list[Span], start: int, shift: int, rtt: int, work: int) -> None:
    one = contact(plan, Timeline(spans), start_us=start, rtt_us=rtt, body_us=work, work_us=work)
    later = Timeline(Span(a + shift, b + shift, c) for a, b, c in spans)
    other = contact(plan, later, start_us=start + shift, rtt_us=rtt, body_us=work, work_us=work)
    assert other.end_us == one.end_us + shift
    assert other._replace(end_us=0, taken_us=0) == one._replace(end_us=0, taken_us=0)
    assert other.taken_us == (one.taken_us + shift if one.taken_us >= 0 else -1)


@settings(max_examples=300)
@given(PLANS, SPANS, INSTANTS, RTTS, WORK)
def test_nothing_is_taken_or_answered_across_a_cut(plan: Script, spans: list[Span], start: int, rtt: int, work: int) -> None:
    path = Timeline(spans)
    result = contact(plan, path, start_us=start, rtt_us=rtt, body_us=work, work_us=work)
    if result.taken_us >= 0:
        assert path.at(result.taken_us).reach != Why.REFUSED
    if result.reply is not None:
        assert path.at(result.end_us).reach not in (Why.SILENT, Why.UNREACHABLE)
