"""The lesson of wrong-password: refused on sending, the user is told at once; refused on fetching, the mail lies unread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why


def test_a_wrong_password_on_sending_is_told_after_535_and_nothing_enters_a_queue(
    play: Callable[..., Any], exact: Callable[..., Any]
) -> None:
    played = play(exact("wrong-password"))
    mail = played.mails[1]
    # 4200 s: both answers are known from Ann's mail, 2 x 1 ms; connection, TLS, greeting, EHLO, AUTH: 5 x 40 ms; the server
    # waits 2 s before it says 535
    assert (mail.sender, mail.state, mail.code, mail.why) == ("amy@example.org", State.REJECTED, 535, Why.AUTH_FAILED)
    assert (mail.accepted_us, mail.ended_us) == (-1, 4202_202_000)
    assert not played.rows(Event.ACCEPTED, Event.TRIED, Event.BOUNCED, Event.STORED, message=1)
    (rejected,) = played.rows(Event.REJECTED)
    assert (rejected.node, rejected.extra) == ("amy", "auth|535 5.7.8 Error: authentication failed")
    assert len(played.mails) == 3  # no report: three mails were sent and no fourth was made


def test_a_wrong_password_on_fetching_leaves_the_mail_stored_and_unread(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    played = play(exact("wrong-password"))
    mail = played.mails[2]
    # 4800 s: submission 362 ms, 2 x 1 ms, session 400 ms, LMTP 180 ms
    assert (mail.rcpt, mail.state, mail.stored_us, mail.fetched_us) == ("ben@example.com", State.STORED, 4800_944_000, -1)
    (failed,) = played.rows(Event.LOGIN_FAILED, node="ben")
    # the program opens a session when it starts (look-up 101 ms, 4 x 40 ms to the reply, 2 s of the server's), then asks Ben
    assert (failed.t_us, failed.extra.partition("|")[0]) == (2_261_000, "auth")


def test_with_the_right_passwords_all_three_mails_are_read(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("wrong-password")
    values["nodes"]["amy"]["password"] = "password"
    values["nodes"]["ben"]["password"] = "hunter3"
    played = play(values)
    assert [m.fetched_us > 0 for m in played.mails] == [True] * 3
    assert not played.rows(Event.LOGIN_FAILED)


@pytest.mark.parametrize("seed", [1, 5])
def test_as_shipped_one_mail_is_read_one_refused_and_one_unread(play: Callable[..., Any], seed: int) -> None:
    mails = play("wrong-password", seed=seed).mails
    assert [m.state for m in mails] == [State.STORED, State.REJECTED, State.STORED]
    assert [m.fetched_us >= 0 for m in mails] == [True, False, False]
