"""The lessons of single-mx and backup-mx, the pair that studies compare: mail waits at its senders, or at the backup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailsim import load
from mailsim.events import Event, State

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DOWN_US, BACK_US = 6 * HOUR_US, 18 * HOUR_US

#: Exim's longest gap of a host that has failed for 12 h: 1 h x 1.5^4; then its next queue run, every 30 min, and time-outs of 5 min
EXIM_LATEST_US = 5.0625 * HOUR_US + 1800 * SECOND_US + 600 * SECOND_US
#: Postfix: 4000 s, the next queue scan within 300 s, a time-out of 30 s, and the session
POSTFIX_LATEST_US = 4000 * SECOND_US + 300 * SECOND_US + 60 * SECOND_US


def test_the_pair_is_one_world_but_for_the_backup() -> None:
    single, backup = (load(name).values(given=True) for name in ("single-mx", "backup-mx"))
    for values in (single, backup):
        for key in ("name", "lesson", "question", "study"):
            values.pop(key, None)
    assert backup["nodes"].pop("mx2")["relays_for"] == ["example.com"]
    backup["zones"] = ["\n".join(line for line in zone.split("\n") if "mx2" not in line) for zone in backup["zones"]]
    assert single == backup


def during(mails: list[Any]) -> list[Any]:
    """Mail sent while mx1 was down, but for the last six minutes, in which an attempt may outlast the outage."""
    return [m for m in mails if m.parent < 0 and DOWN_US <= m.sent_us < BACK_US - 360 * SECOND_US]


def test_with_one_mail_server_the_mail_waits_at_its_senders_and_comes_late(play: Callable[..., Any]) -> None:
    played = play("single-mx")
    waited = during(played.mails)
    assert len(waited) > 450
    assert {m.state for m in played.mails} == {State.STORED}
    assert {m.via for m in played.mails} == {"mx1.example.com"}
    assert all(m.tries > 1 and m.relayed_us >= BACK_US for m in waited)
    latest = {"postfix": BACK_US + POSTFIX_LATEST_US, "exim": BACK_US + EXIM_LATEST_US}
    assert [m for m in waited if m.stored_us > latest[m.flavour]] == []
    assert {row.node for row in played.rows(Event.DEFERRED)} == {"world"}


def test_with_a_backup_no_sender_tries_twice_and_the_mail_waits_there(play: Callable[..., Any]) -> None:
    played = play("backup-mx")
    waited = during(played.mails)
    assert {m.state for m in played.mails} == {State.STORED}
    assert {m.via for m in waited} == {"mx2.example.com"}
    # at mx2 at the latest after Exim's time-out of 5 min for mx1; there until mx1 is back, on Postfix's schedule
    assert all(m.relayed_us - m.sent_us < 330 * SECOND_US for m in waited)
    assert all(BACK_US <= m.stored_us <= BACK_US + POSTFIX_LATEST_US for m in waited)
    assert {row.node for row in played.rows(Event.DEFERRED)} == {"mx2"}
    assert {m.via for m in played.mails if m.sent_us < DOWN_US - 30 * SECOND_US or m.sent_us >= BACK_US} == {"mx1.example.com"}


@pytest.mark.parametrize(("length", "returned"), [("4d12h", {"exim"}), ("6d", {"exim", "postfix"})])
def test_what_the_pair_differs_in_is_who_gives_up_and_when(play: Callable[..., Any], length: str, returned: set[str]) -> None:
    """Exim senders give up after 4 days, Postfix senders after 5 days, and so does the backup."""
    worlds = {name: load(name).replace("faults[0].length", length).replace("traffic[0].count", 20) for name in ("single-mx", "backup-mx")}
    single, backup = (play(world).mails for world in worlds.values())
    assert {m.flavour for m in single if m.state == State.BOUNCED} == returned
    if length == "4d12h":  # before the five days of the backup are over
        assert [m for m in backup if m.state == State.BOUNCED] == []
    else:
        assert {m.holder for m in backup if m.state == State.BOUNCED} == {"mx2"}
        ages = [m.ended_us - m.relayed_us for m in backup if m.state == State.BOUNCED]
        assert all(120 * HOUR_US <= age < 120 * HOUR_US + POSTFIX_LATEST_US for age in ages)
    reports = [m for m in (*single, *backup) if m.parent >= 0]
    assert {m.state for m in reports} == {State.STORED}
    assert len(reports) == len([m for m in (*single, *backup) if m.state == State.BOUNCED])
