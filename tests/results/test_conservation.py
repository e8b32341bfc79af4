"""The check that nothing vanishes finds every kind of broken row."""

from __future__ import annotations

import pytest

from mailsim.events import Event, State
from mailsim.language import speaking
from mailsim.results.conservation import Conservation, conservation
from small_logs import S, outage_log


@pytest.mark.parametrize("level", ["events", "messages"])
def test_every_delivery_is_in_one_state_and_the_states_add_up(level: str) -> None:
    found = conservation(outage_log(level=level))
    assert found.ok, found.problems
    mail = found.mail
    assert (mail.sent, mail.stored, mail.bounced, mail.rejected, mail.queued, mail.discarded, mail.lost) == (6, 3, 1, 1, 1, 0, 0)
    assert mail.fetched == 2
    assert (found.reports.sent, found.reports.stored, found.reports.fetched) == (1, 1, 1)
    assert repr(found) == "6 sent = 3 stored + 1 bounced + 1 rejected + 1 under way"


@pytest.mark.parametrize(
    ("row", "column", "value", "what"),
    [
        (0, "state", 9, "is in no known state"),
        (0, "stored_us", -1, "is stored without an instant or a copy"),
        (0, "copies", 0, "is stored without an instant or a copy"),
        (1, "relayed_us", 600 * S, "was relayed before it was accepted"),
        (1, "stored_us", 600 * S, "was stored before it was accepted"),
        (1, "fetched_us", 4501 * S, "was fetched before it was stored"),
        (1, "fetched_us", 8000 * S, "was fetched at or after the end of the run"),
        (2, "ended_us", -1, "has ended without an instant"),
        (2, "ended_us", 999 * S, "was ended before it was sent"),
        (3, "accepted_us", 1500 * S, "was rejected after it had been accepted"),
        (4, "stored_us", 3000 * S, "is said to be under way but has an end"),
        (4, "accepted_us", -1, "is queued though no server accepted it"),
        (4, "state", State.UNSENT, "is unsent though its instant lies before the end"),
        (5, "sent_us", 8000 * S, "was sent at or after the end of the run"),
        (5, "state", State.LOST, "is lost but no event says so"),
        (6, "state", State.BOUNCED, "is a report that caused a report"),
    ],
)
def test_a_broken_row_is_found_and_told(row: int, column: str, value: int, what: str) -> None:
    log = outage_log()
    log.messages[column][row] = value
    found = conservation(log)
    assert not found.ok
    assert any(f"message {row} {what}" == problem for problem in found.problems), found.problems
    assert "BROKEN" in repr(found)


def test_mail_that_is_stored_without_an_event_is_found_at_level_events() -> None:
    log = outage_log()
    for k, kind in enumerate(log.events["kind"]):
        if kind == Event.STORED and log.events["message"][k] == 0:
            log.events["kind"][k] = Event.ACTIVATED
    assert conservation(log).problems == ("message 0 is stored but no event says so",)


def test_many_culprits_are_told_by_the_first_three() -> None:
    log = outage_log(level="messages")
    for row in range(7):
        log.messages["state"][row] = 9
    assert conservation(log).problems[0] == "message 0, 1, 2 ... is in no known state"


def test_it_is_told_in_either_language_and_its_values_stay() -> None:
    found = conservation(outage_log())
    with speaking("de"):
        assert repr(found) == "6 abgeschickt = 3 im Postfach + 1 zurückgegeben + 1 abgewiesen + 1 unterwegs"
        assert found.as_dict() == conservation(outage_log()).as_dict()
        assert repr(Conservation(False, found.mail, found.reports, ("message 1 is lost",))).endswith("; VERLETZT: message 1 is lost")
    assert set(found.as_dict()) == {"ok", "problems", "mail", "reports"}
