"""Proves what stands at the arrows of a diagram."""

from datetime import UTC, datetime

import pytest

from mailsim.events import Event
from mailsim.rules.reasons import Why
from mailsim.stories.labels import asked_label, contact_label, shortened
from mailsim.stories.sentences import voice
from mailsim.stories.story import Step


def contact(event=Event.TRIED, **more):
    return Step("relay", event, 0, 0, datetime(2026, 1, 5, tzinfo=UTC), "isp", "mx1", "", **more)


@pytest.mark.parametrize(
    ("step", "english", "german"),
    [
        (contact(why=Why.OK, code=250, stage="eod"), "message → 250", "Nachricht → 250"),
        (contact(why=Why.SILENT, stage="connect", cost_us=30_500_000), "connect → no answer, 30.5s", "connect → keine Antwort, 30,5s"),
        (contact(why=Why.REFUSED, stage="connect"), "connect → refused", "connect → abgelehnt"),
        (contact(why=Why.CLOSED, stage="mail"), "MAIL → cut off", "MAIL → abgebrochen"),
        (contact(why=Why.TEMPFAIL, code=451, stage="rcpt", reply="451 later"), "RCPT → 451 later", "RCPT → 451 later"),
        (contact(Event.FETCH_FAILED, why=Why.UNREACHABLE), "looks for mail → unreachable", "sieht nach Mail → unerreichbar"),
        (contact(Event.FETCH_FAILED, why=Why.MAILDROP_LOCKED), "looks for mail → maildrop locked", "sieht nach Mail → Postfach belegt"),
        (contact(Event.LOGIN_FAILED, why=Why.AUTH_FAILED, reply="-ERR no"), "-ERR no", "-ERR no"),
    ],
)
def test_a_contact_is_told_by_its_last_command_and_what_came_back(step, english, german):
    assert contact_label(step) == english
    with voice("de", "field"):
        assert contact_label(step) == german


def test_a_long_reply_is_cut_to_the_room_that_there_is():
    step = contact(why=Why.TEMPFAIL, code=451, stage="rcpt", reply="451 4.3.0 Temporary failure, try again later")
    assert contact_label(step, most=12) == "RCPT → 451 4.3.0 T…"
    assert shortened("451 4.3.0 T", 11) == "451 4.3.0 T"


def test_look_ups_are_told_by_the_one_that_failed_and_by_what_they_cost():
    good = contact(Event.LOOKED_UP, code=0, reply="example.com MX", cost_us=400_000)
    bad = contact(Event.LOOKED_UP, code=2, reply="mx1.example.com A", cost_us=600_000)
    assert asked_label([good]) == "example.com MX"
    assert asked_label([good, good]) == "example.com MX + 1 more"
    assert asked_label([contact(Event.LOOKED_UP, code=0)]) == "the same questions, the same answers"
    assert asked_label([good, bad]) == "mx1.example.com A → 2, 1s"
