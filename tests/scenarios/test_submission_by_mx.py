"""The lesson of submission-by-mx: MX records say where mail comes in, SRV records where users hand theirs in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailsim.events import Event, State
from mailsim.rules.reasons import Why


def test_srv_records_lead_to_the_submission_server(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    played = play(exact("submission-by-mx"))
    mail = played.mails[0]
    # 3600 s: SRV and address, 301 + 101 ms; port 465: taken after 360 ms; MX and address 2 x 101 ms; 400 ms; LMTP 180 ms
    asked = [row.peer for row in played.rows(Event.LOOKED_UP, message=0, node="ann")]
    assert asked == ["_submissions._tcp.example.org", "submit.example.org"]
    assert (mail.state, mail.accepted_us, mail.stored_us) == (State.STORED, 3600_762_000, 3601_544_000)


def test_the_mx_of_the_own_domain_takes_no_mail_of_users_and_the_user_is_told_at_once(
    play: Callable[..., Any], exact: Callable[..., Any]
) -> None:
    played = play(exact("submission-by-mx"))
    mail = played.mails[1]
    # 4200 s: MX and address, 2 x 101 ms; the connection is refused after one round trip of 40 ms
    asked = [row.peer for row in played.rows(Event.LOOKED_UP, message=1, node="amy")]
    assert asked == ["example.org", "mx.example.org"]
    assert (mail.state, mail.why, mail.accepted_us, mail.ended_us) == (State.REJECTED, Why.NO_SERVICE, -1, 4200_242_000)


def test_where_one_machine_does_both_the_mx_way_works_too(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("submission-by-mx")
    values["nodes"]["mx"]["submission"] = True
    mail = play(values).mails[1]
    # port 587: connection, greeting, EHLO, STARTTLS 2, EHLO, AUTH, envelope, text: 9 x 40 ms + 100 ms, taken 20 ms before: 440 ms
    assert (mail.state, mail.accepted_us) == (State.STORED, 4200_642_000)


def test_a_domain_without_srv_records_has_no_submission_server_to_be_found(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("submission-by-mx")
    values["zones"][1] = "\n".join(line for line in values["zones"][1].splitlines() if " SRV " not in line)
    mail = play(values).mails[0]
    # _submissions and _submission, and nothing else in _tcp, 2 x 201 ms
    assert (mail.state, mail.why, mail.ended_us) == (State.REJECTED, Why.NO_SUBMISSION_HOST, 3600_402_000)


def test_as_shipped_ann_s_mail_is_read_and_amy_s_is_not_sent(play: Callable[..., Any]) -> None:
    ann, amy = play("submission-by-mx").mails
    assert (ann.state, amy.state) == (State.STORED, State.REJECTED)
    assert ann.fetched_us > 0
