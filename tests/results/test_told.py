"""Who was told what became of a mail, against what the scenarios' first comments say."""

from __future__ import annotations

import pytest

import mailsim
from mailsim.results.told import told

COLUMNS = ["message", "sender", "told", "after_h", "by", "program", "arrived"]


@pytest.fixture(scope="module")
def spool() -> mailsim.Result:
    return mailsim.load("backup-spool-48h").run()


def test_a_final_report_is_told_when_it_arrives_by_whoever_had_the_mail(spool: mailsim.Result) -> None:
    """Sent on Monday at 02:00, last attempt on Wednesday at 02:35, as the scenario's first comment says: 48 h 35 min."""
    news = told(spool)
    assert list(news.columns) == COLUMNS
    assert news.values.tolist() == [[0, "ann@example.org", "failed", 48.6, "mx2", "postfix", True]]


def test_a_rejection_is_told_by_the_users_own_program() -> None:
    news = told(mailsim.load("first-mail").replace("traffic[0].to", "annn@example.org").run())
    assert news.values.tolist() == [[0, "ann@example.org", "rejected", 0.0, "ann", "", True]]


def test_notices_and_reports_stand_in_the_order_of_time() -> None:
    news = told(mailsim.load("when-the-sender-hears").run())
    assert news["after_h"].is_monotonic_increasing
    assert news[news["told"] == "failed"]["sender"].nunique() == 4
    assert set(news[news["told"] == "delayed"]["program"]) == {"exim", "opensmtpd", "sendmail"}


def test_a_report_that_never_arrived_says_so() -> None:
    lonely = mailsim.load("backup-spool-48h").with_outage("isp", start="36h", length="30d").run()
    assert told(lonely)[["told", "after_h", "arrived"]].values.tolist() == [["failed", 48.6, False]]


def test_where_nobody_is_told_the_table_is_empty() -> None:
    news = told(mailsim.load("first-mail").run())
    assert news.empty
    assert list(news.columns) == COLUMNS
