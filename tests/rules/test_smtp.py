"""What a failure means for the message, and how replies are read and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import ACCEPTED, Action, Reply, Stage, Verdict, parse_reply, verdict

POSTFIX, EXIM = mta_figures("postfix").failures, mta_figures("exim").failures

NEXT, DEFER, BOUNCE = Action.NEXT, Action.DEFER, Action.BOUNCE

#: (what happened, where, with another target: Postfix, Exim, on the last target: Postfix, Exim)
#: recorded of Postfix 3.7.11 and Exim 4.96; where both agree with RFC 5321 sections 4.2.1 and 5.1
RECORDED = [
    (Why.REFUSED, Stage.CONNECT, NEXT, NEXT, DEFER, DEFER),
    (Why.SILENT, Stage.CONNECT, NEXT, NEXT, DEFER, DEFER),
    (Why.UNREACHABLE, Stage.CONNECT, NEXT, NEXT, DEFER, DEFER),
    (Why.NO_SERVICE, Stage.CONNECT, NEXT, NEXT, DEFER, DEFER),
    (Why.CLOSED, Stage.GREETING, NEXT, NEXT, DEFER, DEFER),
    (Why.REPLY_TIMEOUT, Stage.GREETING, NEXT, NEXT, DEFER, DEFER),
    (Why.TEMPFAIL, Stage.GREETING, NEXT, NEXT, DEFER, DEFER),  # 421 greeting
    (Why.PERMFAIL, Stage.GREETING, NEXT, NEXT, DEFER, BOUNCE),  # 554 greeting
    (Why.PERMFAIL, Stage.EHLO, BOUNCE, NEXT, BOUNCE, BOUNCE),  # Postfix: smtp_trouble.c, only soft errors go on
    (Why.TEMPFAIL, Stage.EHLO, NEXT, NEXT, DEFER, DEFER),  # 450 at EHLO and HELO
    (Why.TEMPFAIL, Stage.MAIL, NEXT, NEXT, DEFER, DEFER),
    (Why.TEMPFAIL, Stage.RCPT, NEXT, NEXT, DEFER, DEFER),
    (Why.CLOSED, Stage.RCPT, NEXT, NEXT, DEFER, DEFER),
    (Why.REPLY_TIMEOUT, Stage.RCPT, NEXT, NEXT, DEFER, DEFER),
    (Why.TEMPFAIL, Stage.EOD, NEXT, NEXT, DEFER, DEFER),  # 451 after end of data
    (Why.REPLY_LOST, Stage.EOD, NEXT, NEXT, DEFER, DEFER),  # and a second copy
    (Why.PERMFAIL, Stage.MAIL, BOUNCE, BOUNCE, BOUNCE, BOUNCE),
    (Why.PERMFAIL, Stage.RCPT, BOUNCE, BOUNCE, BOUNCE, BOUNCE),  # 550, 552
    (Why.PERMFAIL, Stage.DATA, BOUNCE, BOUNCE, BOUNCE, BOUNCE),
    (Why.PERMFAIL, Stage.EOD, BOUNCE, BOUNCE, BOUNCE, BOUNCE),  # 554 after data
]


@pytest.mark.parametrize(("outcome", "stage", "postfix", "exim", "postfix_last", "exim_last"), RECORDED)
def test_a_failure_means_what_the_programs_were_recorded_to_do(
    outcome: Why, stage: Stage, postfix: Action, exim: Action, postfix_last: Action, exim_last: Action
) -> None:
    assert verdict(outcome, stage, last=False, failures=POSTFIX).action == postfix
    assert verdict(outcome, stage, last=False, failures=EXIM).action == exim
    assert verdict(outcome, stage, last=True, failures=POSTFIX).action == postfix_last
    assert verdict(outcome, stage, last=True, failures=EXIM).action == exim_last


def test_taken_mail_is_done_whether_or_not_targets_are_left() -> None:
    assert verdict(Why.OK, Stage.EOD, last=False, failures=POSTFIX) == Verdict(Action.DONE, Why.OK)
    assert verdict(Why.OK, Stage.EOD, last=True, failures=EXIM) == Verdict(Action.DONE, Why.OK)


def test_a_verdict_names_its_reason() -> None:
    assert verdict(Why.SILENT, Stage.CONNECT, last=False, failures=POSTFIX).why == Why.NEXT_TARGET
    assert verdict(Why.SILENT, Stage.CONNECT, last=True, failures=POSTFIX).why == Why.RETRY_LATER
    assert verdict(Why.PERMFAIL, Stage.RCPT, last=False, failures=POSTFIX).why == Why.PERMANENT


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("451 4.3.0 try again later", Reply(451, "4.3.0", "try again later")),
        ("550 5.1.1", Reply(550, "5.1.1", "")),
        ("421 closing", Reply(421, "", "closing")),
        ("250", Reply(250, "", "")),
        ("  354 End data with a dot ", Reply(354, "", "End data with a dot")),
        ("450 4.7.1234 no enhanced code: four digits", Reply(450, "", "4.7.1234 no enhanced code: four digits")),
        ("450 4.7 no enhanced code: two numbers", Reply(450, "", "4.7 no enhanced code: two numbers")),
        ("550 5.1.² no digits", Reply(550, "", "5.1.² no digits")),
    ],
)
def test_a_reply_is_read_as_code_enhanced_code_and_text(text: str, reply: Reply) -> None:
    assert parse_reply(text) == reply


@pytest.mark.parametrize(
    "text", ["", "45", "4510", "199 no", "650 no", "abc", "4x1 no", "-451", "٤٥١ later", "451-4.3.0 first of several lines"]
)
def test_what_is_no_reply_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no SMTP reply"):
        parse_reply(text)


def test_the_class_of_the_enhanced_code_is_that_of_the_reply() -> None:
    """RFC 2034 section 4."""
    with pytest.raises(ValueError, match="RFC 2034"):
        parse_reply("451 5.3.0 never")


@given(st.integers(200, 599), st.tuples(st.integers(0, 999), st.integers(0, 999)), st.text("abc XYZ!", max_size=12))
def test_a_written_reply_reads_back(code: int, numbers: tuple[int, int], text: str) -> None:
    reply = Reply(code, f"{code // 100}.{numbers[0]}.{numbers[1]}", text.strip())
    assert parse_reply(str(reply)) == reply


@pytest.mark.parametrize(("code", "kind"), [(220, Why.OK), (354, Why.OK), (400, Why.TEMPFAIL), (499, Why.TEMPFAIL), (500, Why.PERMFAIL)])
def test_the_first_digit_decides(code: int, kind: Why) -> None:
    """RFC 5321 section 4.2.1."""
    assert Reply(code).kind == kind


def test_the_final_reply_accepts() -> None:
    assert ACCEPTED.code == 250
    assert ACCEPTED.kind == Why.OK


def test_stages_stand_in_the_order_of_the_session() -> None:
    """RFC 5321 section 3; STARTTLS after EHLO (RFC 3207), AUTH before MAIL (RFC 4954)."""
    assert sorted(Stage) == [
        Stage.CONNECT, Stage.GREETING, Stage.EHLO, Stage.TLS, Stage.AUTH, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.EOD,
    ]  # fmt: skip
