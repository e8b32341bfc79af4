"""The server's side of a session: RFC 5321 section 4.3.2, RFC 6409, RFC 1870, RFC 4954."""

from __future__ import annotations

import pytest

from mailsim.rules.reasons import Why
from mailsim.rules.receive import Command, ReceiverPolicy, Refusal, SessionState, judge_recipients, receive
from mailsim.rules.smtp import Stage

POLICY = ReceiverPolicy(
    host="mx1.example.com",
    final_for=frozenset({"example.com"}),
    relays_for=frozenset({"customer.example"}),
    mailbox_known=frozenset({"bob@example.com", "eve@example.com"}).__contains__,
    login_ok=lambda user, password: (user, password) == ("bob@example.com", "hunter2"),
    size_limit=1000,
)
SUBMISSION = POLICY._replace(submission=True)
GOOD, BAD = ("bob@example.com", "hunter2"), ("bob@example.com", "guess")


def talk(policy: ReceiverPolicy, *lines: str, size: int = 0) -> list[str]:
    """Code and enhanced code of each reply; the connection and its greeting are ``CONNECT``."""
    state, said = SessionState(), []
    for line in lines:
        verb, _, rest = line.partition(" ")
        argument, _, second = rest.partition(" ")
        reply, state = receive(state, policy, Command(verb, argument, second, size if verb == "MAIL" else 0))
        said.append(f"{reply.code} {reply.enhanced}".strip())
    return said


def test_a_whole_session_is_accepted_and_leaves_room_for_the_next_one() -> None:
    first = ["MAIL ann@example.org", "RCPT bob@example.com", "DATA", "."]
    assert talk(POLICY, "CONNECT", "EHLO mail.example.org", *first, *first) == [
        "220", "250", *(2 * ["250 2.1.0", "250 2.1.5", "354", "250 2.0.0"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "lines",
    [
        ("CONNECT", "MAIL ann@example.org"),
        ("CONNECT", "EHLO x", "RCPT bob@example.com"),
        ("CONNECT", "EHLO x", "."),
        ("CONNECT", "EHLO x", "MAIL ann@example.org", "."),
        ("CONNECT", "EHLO x", "MAIL ann@example.org", "MAIL ann@example.org"),
        ("CONNECT", "EHLO x", "MAIL ann@example.org", "RCPT bob@example.com", "DATA", "RCPT eve@example.com"),
        ("CONNECT", "EHLO x", "MAIL ann@example.org", "EHLO again", "RCPT bob@example.com"),
    ],
)
def test_a_command_out_of_turn_gets_503(lines: tuple[str, ...]) -> None:
    """RFC 5321 section 4.1.4; a new EHLO ends the transaction that was open."""
    assert talk(POLICY, *lines)[-1] == "503 5.5.1"


def test_data_without_a_valid_recipient_is_refused() -> None:
    """RFC 5321 section 3.3."""
    assert talk(POLICY, "CONNECT", "EHLO x", "MAIL a@b.test", "RCPT nobody@example.com", "DATA")[-2:] == ["550 5.1.1", "554 5.5.1"]


def test_an_unknown_verb_gets_502() -> None:
    assert talk(POLICY, "CONNECT", "EHLO x", "TURN")[-1] == "502 5.5.2"


@pytest.mark.parametrize(
    ("address", "reply"),
    [
        ("bob@example.com", "250 2.1.5"),
        ("Bob@Example.COM", "250 2.1.5"),
        ("nobody@example.com", "550 5.1.1"),
        ("anybody@customer.example", "250 2.1.5"),
        ("anybody@CUSTOMER.example", "250 2.1.5"),
        ("x@elsewhere.test", "554 5.7.1"),
        ("x@sub.example.com", "554 5.7.1"),
    ],
)
def test_a_recipient_is_taken_where_the_server_is_responsible(address: str, reply: str) -> None:
    assert talk(POLICY, "CONNECT", "EHLO x", "MAIL a@b.test", f"RCPT {address}")[-1] == reply


def test_one_refused_recipient_does_not_harm_the_others() -> None:
    said = talk(POLICY, "CONNECT", "EHLO x", "MAIL a@b.test", "RCPT nobody@example.com", "RCPT bob@example.com", "DATA", ".")
    assert said[3:] == ["550 5.1.1", "250 2.1.5", "354", "250 2.0.0"]


@pytest.mark.parametrize(("size", "reply"), [(1000, "250 2.1.0"), (1001, "552 5.3.4")])
def test_more_octets_than_announced_as_limit_are_refused_at_mail(size: int, reply: str) -> None:
    """RFC 1870 section 6.1."""
    assert talk(POLICY, "CONNECT", "EHLO x", "MAIL a@b.test", size=size)[-1] == reply


def test_a_server_without_a_limit_takes_any_size() -> None:
    assert talk(POLICY._replace(size_limit=None), "CONNECT", "EHLO x", "MAIL a@b.test", size=10**12)[-1] == "250 2.1.0"


def test_a_submission_server_wants_a_login_before_mail() -> None:
    """RFC 6409 section 4.3."""
    assert talk(SUBMISSION, "CONNECT", "EHLO x", "MAIL bob@example.com")[-1] == "530 5.7.0"


def test_who_is_logged_in_may_send_anywhere_but_not_to_mailboxes_that_do_not_exist() -> None:
    said = talk(
        SUBMISSION, "CONNECT", "EHLO x", "AUTH bob@example.com hunter2", "MAIL bob@example.com",
        "RCPT x@elsewhere.test", "RCPT nobody@example.com",
    )  # fmt: skip
    assert said[2:] == ["235 2.7.0", "250 2.1.0", "250 2.1.5", "550 5.1.1"]


def test_a_wrong_password_gets_535_and_leaves_the_user_out() -> None:
    """RFC 4954 section 6."""
    assert talk(SUBMISSION, "CONNECT", "EHLO x", "AUTH bob@example.com guess", "MAIL bob@example.com")[2:] == ["535 5.7.8", "530 5.7.0"]


def test_a_state_is_a_value_and_is_never_changed() -> None:
    state = SessionState(Stage.EHLO)
    receive(state, POLICY, Command("MAIL", "a@b.test"))
    assert state == SessionState(Stage.EHLO)


def refusal(result: Refusal | None) -> tuple[int, int, Why] | None:
    return None if result is None else (result.stage, result.reply.code, result.why)


@pytest.mark.parametrize(
    ("policy", "login", "size", "recipients", "session", "each"),
    [
        (POLICY, None, 1000, ("bob@example.com",), None, [None]),
        (POLICY, None, 1001, ("bob@example.com", "eve@example.com"), (Stage.MAIL, 552, Why.TOO_BIG), [None, None]),
        (
            POLICY, None, 1, ("nobody@example.com", "eve@example.com", "x@elsewhere.test"), None,
            [(Stage.RCPT, 550, Why.NO_SUCH_MAILBOX), None, (Stage.RCPT, 554, Why.RELAY_DENIED)],
        ),
        (SUBMISSION, GOOD, 1, ("x@elsewhere.test",), None, [None]),
        (SUBMISSION, BAD, 1, ("x@elsewhere.test",), (Stage.AUTH, 535, Why.AUTH_FAILED), [None]),
        (SUBMISSION, None, 1, ("bob@example.com",), (Stage.MAIL, 530, Why.AUTH_REQUIRED), [None]),
    ],
)  # fmt: skip
def test_a_session_is_judged_as_a_whole_and_recipient_by_recipient(
    policy: ReceiverPolicy, login: tuple[str, str] | None, size: int, recipients: tuple[str, ...], session: object, each: list[object]
) -> None:
    whole, one_by_one = judge_recipients(policy, "ann@example.org", recipients, size, login)
    assert refusal(whole) == session
    assert [refusal(one) for one in one_by_one] == each


def test_the_null_sender_is_taken() -> None:
    """RFC 5321 section 4.5.5: a server must not refuse it as such."""
    assert judge_recipients(POLICY, "", ("bob@example.com",), 100) == (None, (None,))
