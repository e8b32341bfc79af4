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


def test_a_share_is_of_the_mail_sent_in_the_window_and_counts_by_node(result: mailsim.Result) -> None:
    mail = result.messages[result.messages["parent"].isna()]
    sent = mail[(mail["sent_s"] >= 3_600) & (mail["sent_s"] < 5 * 3_600)]
    by_hand = (sent["via"] == "mx2.example.com").sum() / len(sent)
    assert teaching.share_of(result, "mx2", window=("1h", "5h")) == by_hand > 0.9
    assert teaching.share_of(result, "mx1") + teaching.share_of(result, "mx2") == pytest.approx(1)
    assert teaching.share_of(result, "boxes") == 0
    with pytest.raises(UnknownNameError, match=r"mx3.*did you mean 'mx"):
        teaching.share_of(result, "mx3")
    with pytest.raises(UnsupportedError, match="no mail was sent"):
        teaching.share_of(result, "mx1", window=("20h", "21h"))
    with pytest.raises(UnsupportedError, match="window"):
        teaching.share_of(result, "mx1", window=("noon", "21h"))


def test_a_share_is_of_the_mail_that_people_sent_and_reports_do_not_count() -> None:
    closed = teaching.with_mx(mailsim.load("three-servers").replace("traffic[0].count", 5), "example.com", "0 .").run()
    assert len(closed.messages) == 10  # five mails and a report for each
    assert teaching.share_of(closed, "mx1") == 0
    with pytest.raises(UnsupportedError, match="no server took it"):
        teaching.taken_by(closed, 0)


def test_who_takes_mail_at_the_domains_own_address_is_told_by_the_name_of_its_node() -> None:
    bare = teaching.with_mx(mailsim.load("three-servers").replace("traffic[0].count", 5), "example.com").run()
    assert teaching.taken_by(bare, 0) == "web"
    assert teaching.share_of(bare, "web") == 1
    with pytest.raises(UnsupportedError, match="not returned"):
        teaching.returned_after(bare, 0)


def test_the_answers_to_a_question_are_one_row_for_each_stretch_that_they_stay_the_same() -> None:
    result = mailsim.load("moving-the-mx").run()
    table = teaching.answers_given(result, "Example.com.", "mx")
    assert len(table) == 2  # the old server, then the new one
    assert table["answer"][0] != table["answer"][1]
    assert table["last"][0] < table["first"][1]
    asked = result.lookups.query("name == 'example.com' and type == 'MX'")
    assert table["times"].sum() == len(asked) > 2
    assert "TTL" not in "".join(table["answer"])
    with pytest.raises(UnknownNameError, match=r"example\.net MX"):
        teaching.answers_given(result, "example.net", "MX")


def test_records_in_another_order_are_the_same_answer() -> None:
    result = mailsim.load("client-side-fallback").run()
    assert result.lookups.query("type == 'MX'")["answer"].nunique() > 1  # the resolver turns them round
    assert len(teaching.answers_given(result, "example.com", "MX")) == 1
