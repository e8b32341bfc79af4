"""What lessons ask of a run, against its tables."""

from __future__ import annotations

import pytest

import mailsim
from mailsim import teaching
from mailsim.errors import UnknownNameError, UnsupportedError


@pytest.fixture(scope="module")
def result() -> mailsim.Result:
    return mailsim.load("primary-outage").run()


def test_the_first_mail_after_an_instant_is_the_first(result: mailsim.Result) -> None:
    number = teaching.first_sent(result, "1h10m")
    sent = result.messages.set_index("message")["sent_s"]
    assert sent[number] >= 4200 > sent[number - 1]
    with pytest.raises(UnknownNameError, match="sent at or after"):
        teaching.first_sent(result, "30h")
    with pytest.raises(UnsupportedError, match="after"):
        teaching.first_sent(result, "noon")


def test_who_took_a_mail_and_how_long_it_took(result: mailsim.Result) -> None:
    assert teaching.taken_by(result, 0) == "mx1"
    number = teaching.first_sent(result, "2h")
    assert teaching.taken_by(result, number) == "mx2"
    assert teaching.delay_of(result, number) == result.messages["latency_stored_s"][number]
    with pytest.raises(UnknownNameError, match="message 99999"):
        teaching.delay_of(result, 99_999)
    cut = mailsim.load("primary-outage").replace("run_until", "2h").run()
    with pytest.raises(UnsupportedError, match="queued"):
        teaching.delay_of(cut, teaching.first_sent(cut, "90m"))


def test_the_slowest_part_and_the_questions_of_a_mail() -> None:
    result = mailsim.load("first-mail").run()
    budget = result.latency_budget().iloc[0].drop(["message", "recipient", "total_s"]).astype(float)
    assert f"{teaching.slowest_part(result, 0)}_s" == budget.idxmax()
    assert teaching.lookups_of(result, 0)["type"].tolist() == ["SRV", "A", "MX", "A"]
