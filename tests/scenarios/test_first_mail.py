"""The lesson of first-mail: one message needs two look-ups, a login, a delivery and a fetch before it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailsim.events import Event


def test_every_step_from_send_to_inbox_happens_once_and_at_its_instant(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    played = play(exact("first-mail"))
    (mail,) = played.mails
    # 60.000 s send; SRV of the submission service, three questions, 301 ms, and the address of its server, 101 ms: 60.402 s
    # session of 380 ms, taken after 360 ms: 60.762 s; MX and address of mx1: 2 x 101 ms = 60.964 s
    # session of 420 ms, taken after 400 ms: 61.364 s; LMTP, taken after 180 ms: 61.544 s; IDLE, 60 ms: 61.604 s
    assert (mail.sent_us, mail.accepted_us, mail.relayed_us) == (60_000_000, 60_762_000, 61_364_000)
    assert (mail.stored_us, mail.fetched_us) == (61_544_000, 61_604_000)
    assert (mail.tries, mail.via, mail.copies) == (1, "mx1.example.com", 1)
    asked = [(row.node, row.peer, row.t_us) for row in played.rows(Event.LOOKED_UP, message=0)]
    assert asked == [
        ("ann", "_submissions._tcp.example.org", 60_000_000),
        ("ann", "mail.example.org", 60_301_000),
        ("isp", "example.com", 60_762_000),
        ("isp", "mx1.example.com", 60_863_000),
    ]


def test_a_second_mail_finds_all_four_answers_in_the_cache(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("first-mail", at=["1m", "2m"])
    first, second = play(values).mails
    # 301 + 3 x 101 ms the first time, 4 x 1 ms the second time: 600 ms less; sessions 360 + 400 + 180 ms both times
    assert (first.stored_us - first.sent_us, second.stored_us - second.sent_us) == (1_544_000, 944_000)


def test_two_answers_are_needed_before_the_mail_can_leave_its_sender(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("first-mail")
    zone = values["zones"][1]
    values["zones"][1] = "\n".join(line for line in zone.splitlines() if "SRV" not in line)
    (mail,) = play(values).mails
    # neither _submissions nor _submission, nor anything else in _tcp: the program asked for both, 2 x 201 ms, and tells Ann
    assert (mail.accepted_us, mail.ended_us) == (-1, 60_402_000)
