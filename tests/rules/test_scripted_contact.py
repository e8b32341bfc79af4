"""A session with a server that follows a script: replies, hesitation, dropped connections, recipient by recipient.

With a round trip of 100 ms the commands are at the server at these instants (milliseconds), each reply is at the client 50 later:

==================== ========== =====================================
command              pipelined  one after the other, two recipients
==================== ========== =====================================
(greeting)           150        150
EHLO                 250        250
MAIL                 350        350
RCPT                 350        450, 550
DATA                 350        650
body and final dot   450        750
==================== ========== =====================================
"""

from __future__ import annotations

import pytest

from mailsim.rules.conditions import FOREVER, QUIET, Condition, Span, Timeline
from mailsim.rules.cues import Cue, said
from mailsim.rules.reasons import Why
from mailsim.rules.session import Contact, Script, Timeouts, script, scripted_contact
from mailsim.rules.smtp import ACCEPTED, Reply, Stage

MS = 1000
S = 1_000_000
RTT = 100 * MS

PATIENCE = Timeouts(30 * S, 300 * S, 300 * S, 300 * S, 300 * S, 120 * S, 600 * S, 180 * S)
PIPED = script(PATIENCE)
SLOW = script(PATIENCE, pipelining=False, recipients=2)
NOT_NOW = Reply(451, "4.3.0", "not now")
BUSY = Reply(450, "4.2.0", "busy")
GONE = Reply(550, "5.1.1", "gone")
LEAVING = Reply(421, "4.3.2", "shutting down")
FINE = Reply(250, "2.0.0", "fine")

#: what came of the session, and for each recipient when and how it was refused
Found = tuple[Contact, tuple[tuple[int, Reply] | None, ...]]


def session(
    *cues: Cue, plan: Script = PIPED, to: tuple[str, ...] = ("ann@x",), path: Timeline = QUIET, work_us: int = 0, pause_us: int = 0
) -> Found:
    return scripted_contact(
        plan,
        path,
        lambda stage, t, rcpt: said(cues, stage, t, rcpt),
        start_us=0,
        rtt_us=RTT,
        body_us=0,
        work_us=work_us,
        pause_us=pause_us,
        recipients=to,
    )


def test_a_script_that_says_nothing_changes_nothing() -> None:
    assert session() == (Contact(Why.OK, Stage.EOD, ACCEPTED, 500 * MS, 450 * MS), (None,))
    # 7 ms before the greeting move everything, 3 ms after the final dot its reply
    assert session(work_us=3 * MS, pause_us=7 * MS)[0] == Contact(Why.OK, Stage.EOD, ACCEPTED, 510 * MS, 460 * MS)


AT = [(Stage.GREETING, 200), (Stage.EHLO, 300), (Stage.MAIL, 400), (Stage.RCPT, 400), (Stage.DATA, 400), (Stage.EOD, 500)]


@pytest.mark.parametrize(("stage", "end_ms"), AT)
@pytest.mark.parametrize(("reply", "why"), [(NOT_NOW, Why.TEMPFAIL), (GONE, Why.PERMFAIL)])
def test_a_refusal_ends_the_session_at_its_stage_when_its_reply_is_here(stage: Stage, end_ms: int, reply: Reply, why: Why) -> None:
    found, refused = session(Cue(stage, reply))
    assert found == Contact(why, stage, reply, end_ms * MS, -1)
    assert refused == ((end_ms * MS, reply) if stage == Stage.RCPT else None,)


@pytest.mark.parametrize(("stage", "end_ms"), AT)
def test_a_dropped_connection_is_seen_where_the_reply_would_have_come(stage: Stage, end_ms: int) -> None:
    assert session(Cue(stage, close=True))[0] == Contact(Why.CLOSED, stage, None, end_ms * MS, -1)
    # it hesitates for 2 s first
    assert session(Cue(stage, delay_us=2 * S, close=True))[0].end_us == 2 * S + end_ms * MS


@pytest.mark.parametrize(("stage", "end_ms"), AT)
def test_a_refusal_that_also_closes_is_heard_and_there_is_nobody_left_to_say_quit_to(stage: Stage, end_ms: int) -> None:
    found, refused = session(Cue(stage, LEAVING, close=True))
    assert found == Contact(Why.TEMPFAIL, stage, LEAVING, end_ms * MS, -1, hung_up=True)
    assert refused == (None,)  # the session is over for all, not for this recipient


def test_a_final_reply_that_also_closes_leaves_the_mail_taken() -> None:
    found, _ = session(Cue(Stage.EOD, FINE, close=True))
    assert found == Contact(Why.OK, Stage.EOD, ACCEPTED, 500 * MS, 450 * MS, hung_up=True)


@pytest.mark.parametrize(
    ("stage", "after", "end_ms"),
    [(Stage.GREETING, Stage.EHLO, 200), (Stage.EHLO, Stage.MAIL, 300), (Stage.MAIL, Stage.RCPT, 400), (Stage.DATA, Stage.EOD, 400)],
)
def test_a_good_reply_that_also_closes_is_followed_by_nothing(stage: Stage, after: Stage, end_ms: int) -> None:
    """The end of the connection is there with the reply, so the next reply is not waited for."""
    assert session(Cue(stage, FINE, close=True))[0] == Contact(Why.CLOSED, after, None, end_ms * MS, -1)


def test_replies_in_a_pipelined_group_wait_for_the_ones_before() -> None:
    # MAIL is at the server at 350 and answered 1 s later, RCPT 2 s after that, DATA 4 s after that: 7350, here at 7400
    hesitant = [Cue(Stage.MAIL, delay_us=1 * S), Cue(Stage.RCPT, delay_us=2 * S), Cue(Stage.DATA, delay_us=4 * S)]
    assert session(*hesitant)[0] == Contact(Why.OK, Stage.EOD, ACCEPTED, 7500 * MS, 7450 * MS)
    assert session(hesitant[0], Cue(Stage.RCPT, BUSY)) == (Contact(Why.TEMPFAIL, Stage.RCPT, BUSY, 1400 * MS, -1), ((1400 * MS, BUSY),))


def test_one_after_the_other_costs_a_round_trip_for_each_recipient() -> None:
    found, refused = session(Cue(Stage.RCPT, BUSY, match="bob"), plan=SLOW, to=("ann@x", "bob@x"))
    # the second RCPT is refused at 550, heard at 600; the mail for Ann goes on
    assert found == Contact(Why.OK, Stage.EOD, ACCEPTED, 800 * MS, 750 * MS)
    assert refused == (None, (600 * MS, BUSY))


def test_who_is_refused_does_not_hold_up_who_is_not() -> None:
    cues = [Cue(Stage.RCPT, BUSY, match="ann"), Cue(Stage.RCPT, GONE, match="cas")]
    found, refused = session(*cues, to=("ann@x", "bob@x", "cas@x"))
    assert found == Contact(Why.OK, Stage.EOD, ACCEPTED, 500 * MS, 450 * MS)
    assert refused == ((400 * MS, BUSY), None, (400 * MS, GONE))


def test_when_all_are_refused_no_data_is_sent_and_the_last_reply_stands_for_the_session() -> None:
    cues = [Cue(Stage.RCPT, BUSY, match="ann"), Cue(Stage.RCPT, GONE, delay_us=1 * S, match="bob")]
    found, refused = session(*cues, to=("ann@x", "bob@x"))
    assert found == Contact(Why.PERMFAIL, Stage.RCPT, GONE, 1400 * MS, -1)
    assert refused == ((400 * MS, BUSY), (1400 * MS, GONE))


def test_a_connection_that_is_closed_at_one_recipient_is_closed_for_all() -> None:
    cues = [Cue(Stage.RCPT, BUSY, match="ann"), Cue(Stage.RCPT, LEAVING, close=True, match="bob")]
    found, refused = session(*cues, to=("ann@x", "bob@x", "cas@x"))
    assert found == Contact(Why.TEMPFAIL, Stage.RCPT, LEAVING, 400 * MS, -1, hung_up=True)
    assert refused == ((400 * MS, BUSY), None, None)


def test_who_hesitates_longer_than_the_client_waits_is_left() -> None:
    # the greeting is waited for from 100 ms on, for 300 s
    assert session(Cue(Stage.GREETING, delay_us=301 * S))[0] == Contact(Why.REPLY_TIMEOUT, Stage.GREETING, None, 300_100 * MS, -1)
    # the reply to the final dot, sent at 400 ms, for 600 s; the server takes the mail 601 s after the dot is there, unheard
    lost = session(Cue(Stage.EOD, delay_us=601 * S))[0]
    assert lost == Contact(Why.REPLY_LOST, Stage.EOD, None, 600_400 * MS, 601_450 * MS)


@pytest.mark.parametrize(("start_ms", "end_ms", "refused"), [(351, 500, False), (350, 351, True), (300, 350, False)])
def test_what_counts_is_the_instant_at_which_the_command_is_at_the_server(start_ms: int, end_ms: int, refused: bool) -> None:
    found, _ = session(Cue(Stage.MAIL, NOT_NOW, start_us=start_ms * MS, end_us=end_ms * MS))
    assert (found.stage, found.why) == ((Stage.MAIL, Why.TEMPFAIL) if refused else (Stage.EOD, Why.OK))


def test_a_dead_server_says_nothing_of_its_script() -> None:
    refusing = Timeline([Span(0, FOREVER, Condition(Why.REFUSED))])
    assert session(Cue(Stage.GREETING, NOT_NOW), path=refusing)[0] == Contact(Why.REFUSED, Stage.CONNECT, None, 100 * MS, -1)
