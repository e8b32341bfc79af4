"""Proves that a dialogue shows exactly what a session that came so far consists of."""

from dataclasses import replace

import pytest

from mailsim.rules.reasons import Why
from mailsim.stories.dialogue import STAGES, Session, dialogue, lookup_lines, size_text

PLAIN = Session("mail.example.org", "mx1.example.com", "192.0.2.10", "ann@example.org", ("bob@example.com",), 20_000, pipelining=False)


def lines(session, stage, outcome, **more):
    return [str(line) for line in dialogue(session, stage, outcome=outcome, **more)]


def test_a_whole_plain_session_is_that_of_rfc_5321_with_the_recorded_last_reply():
    assert lines(PLAIN, "eod", Why.OK, code=250, text="250 2.0.0 Ok: queued as 17") == [
        "== connect to mx1.example.com [192.0.2.10] port 25",
        "<- 220 mx1.example.com ESMTP",
        "-> EHLO mail.example.org",
        "<- 250 mx1.example.com",
        "-> MAIL FROM:<ann@example.org>",
        "<- 250 2.1.0 Ok",
        "-> RCPT TO:<bob@example.com>",
        "<- 250 2.1.5 Ok",
        "-> DATA",
        "<- 354 End data with <CR><LF>.<CR><LF>",
        "-> (the message, 20 kB) .",
        "<- 250 2.0.0 Ok: queued as 17",
        "-> QUIT",
        "<- 221 2.0.0 Bye",
    ]


def test_with_pipelining_three_commands_go_out_before_the_first_reply():
    told = lines(replace(PLAIN, pipelining=True), "eod", Why.OK)
    start = told.index("-> MAIL FROM:<ann@example.org>")
    assert [line[:2] for line in told[start : start + 6]] == ["->", "->", "->", "<-", "<-", "<-"]


def test_starttls_greets_twice_and_the_second_greeting_is_encrypted():
    told = lines(replace(PLAIN, tls="starttls", tls_version="1.2"), "eod", Why.OK)
    greetings = [k for k, line in enumerate(told) if line.startswith("-> EHLO")]
    secure = told.index("== TLS 1.2: from here on encrypted")
    assert told[secure - 2] == "-> STARTTLS"
    assert greetings[0] < secure < greetings[1]


def test_implicit_tls_comes_before_the_banner_and_the_login_before_mail():
    told = lines(replace(PLAIN, tls="implicit", user="ann@example.org", port=465), "eod", Why.OK)
    assert told[1] == "== TLS 1.3: from here on encrypted"
    assert told[2] == "<- 220 mx1.example.com ESMTP"
    assert told.index("-> AUTH PLAIN (password of ann@example.org)") < told.index("-> MAIL FROM:<ann@example.org>")


def test_a_mail_store_is_greeted_by_lhlo():
    told = lines(replace(PLAIN, greeting="LHLO", port=24), "eod", Why.OK)
    assert told[1:3] == ["<- 220 mx1.example.com LMTP", "-> LHLO mail.example.org"]


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        (Why.SILENT, "== no answer: the client gives up after 30s"),
        (Why.REFUSED, "== the connection was refused: the machine is up, nothing listens"),
        (Why.UNREACHABLE, "== a router said that the host can't be reached"),
    ],
)
def test_without_a_connection_nothing_is_said(outcome, last):
    assert lines(PLAIN, "connect", outcome, cost_us=30_000_000) == ["== connect to mx1.example.com [192.0.2.10] port 25", last]


@pytest.mark.parametrize(
    ("stage", "command"),
    [("greeting", None), ("ehlo", "-> EHLO"), ("mail", "-> MAIL"), ("rcpt", "-> RCPT"), ("data", "-> DATA"), ("eod", "-> (the message")],
)
def test_a_refusal_follows_the_command_that_it_answers_and_ends_the_session(stage, command):
    told = lines(PLAIN, stage, Why.PERMFAIL, code=550, text="5.7.1 not here")
    assert told[-3:] == ["<- 550 5.7.1 not here", "-> QUIT", "<- 221 2.0.0 Bye"]
    assert command is None or told[-4].startswith(command)
    assert sum(line.startswith("<- 5") for line in told) == 1


def test_a_refused_recipient_of_a_pipelined_session_takes_data_down_with_it():
    told = lines(replace(PLAIN, pipelining=True), "rcpt", Why.TEMPFAIL, code=451, text="451 4.3.0 later")
    assert told[-4:] == ["<- 451 4.3.0 later", "== (the commands sent along with it are refused too)", "-> QUIT", "<- 221 2.0.0 Bye"]
    assert not any("354" in line for line in told)


@pytest.mark.parametrize("stage", STAGES[1:])
@pytest.mark.parametrize(
    ("outcome", "words"),
    [(Why.CLOSED, "the connection is gone"), (Why.REPLY_TIMEOUT, "no reply"), (Why.REPLY_LOST, "the server took it, but its reply")],
)
def test_a_session_that_breaks_off_ends_with_what_happened_and_without_goodbye(stage, outcome, words):
    session = replace(PLAIN, tls="starttls", user="ann@example.org", port=587)
    told = lines(session, stage, outcome, cost_us=5_000_000)
    assert words in told[-1]
    assert "-> QUIT" not in told
    assert not told[-2].startswith("<- 354") or stage == "eod"


def test_several_recipients_are_all_named():
    told = lines(replace(PLAIN, rcpt_to=("bob@example.com", "eve@example.com")), "eod", Why.OK)
    assert [line for line in told if "RCPT" in line] == ["-> RCPT TO:<bob@example.com>", "-> RCPT TO:<eve@example.com>"]


def test_a_hostile_reply_can_t_move_the_cursor():
    told = lines(PLAIN, "rcpt", Why.PERMFAIL, code=550, text="550 \x1b[2J\r\n250 Ok")
    assert "<- 550 \\x1b[2J\\r\\n250 Ok" in told


@pytest.mark.parametrize(
    ("rcode", "answer", "said"),
    [
        (0, "10 mx1.example.com (TTL 60)", "<- 10 mx1.example.com (TTL 60)"),
        (0, "", "<- no such record"),
        (2, "SERVFAIL", "<- SERVFAIL: the resolver could not get an answer"),
        (3, "NXDOMAIN", "<- NXDOMAIN: no such name"),
        (99, "no answer", "== no answer in time"),
        (4, "", "<- RCODE 4"),
    ],
)
def test_a_look_up_shows_question_and_outcome(rcode, answer, said):
    assert [str(line) for line in lookup_lines("example.com", 15, rcode=rcode, answer=answer)] == ["-> example.com MX?", said]


def test_sizes_are_written_with_the_unit_that_fits():
    assert [size_text(n) for n in (0, 999, 1000, 999_600, 47_300, 2_500_000_000)] == ["0 B", "999 B", "1 kB", "1 MB", "47.3 kB", "2.5 GB"]
