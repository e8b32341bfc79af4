"""The report as a harmless text, and the shortest outage that returns mail."""

from __future__ import annotations

import pytest

import mailsim
from mailsim import teaching
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.rules.dsn import parse_dsn
from mailsim.teaching import Letter


@pytest.fixture(scope="module")
def spool() -> mailsim.Result:
    return mailsim.load("backup-spool-48h").run()


def test_the_report_about_a_mail_is_the_message_that_travelled(spool: mailsim.Result) -> None:
    letter = teaching.report_about(spool, 0)
    assert letter.encode("ascii") == spool.dsn(2)
    (about,) = parse_dsn(letter.encode("ascii")).recipients
    assert (about.action, about.final) == ("failed", "bob@example.com")
    assert repr(letter).splitlines() == letter.splitlines()


def test_of_several_reports_it_is_the_last() -> None:
    assert "Action: failed" in teaching.report_about(mailsim.load("when-the-sender-hears").run(), 1)


def test_a_mail_without_a_report_is_told_with_those_that_have_one(spool: mailsim.Result) -> None:
    with pytest.raises(UnknownNameError, match="message with a report 1; there is: 0"):
        teaching.report_about(spool, 1)


def test_the_text_of_a_report_has_no_power_over_what_shows_it() -> None:
    letter = Letter("a <b>\x1b[2J\nc & d")
    assert repr(letter) == "a <b>\\x1b[2J\nc & d"
    assert letter._repr_html_() == '<pre class="mailsim">a &lt;b&gt;\\x1b[2J\nc &amp; d</pre>'


def test_the_shortest_outage_that_returns_mail_outlasts_its_last_attempt() -> None:
    """The outage begins at 01:00 on Monday, the last attempt is on Wednesday at 02:35: a minute step after 49 h 35 min."""
    scenario = mailsim.load("backup-spool-48h")
    assert teaching.shortest_return(scenario) == 49 * 3_600 + 36 * 60
    for length, states in (("49h35m", ["stored", "stored"]), ("49h36m", ["bounced", "stored"])):
        messages = scenario.replace("faults[0].length", length).run().messages
        assert messages["state"].tolist()[:2] == states
    assert teaching.shortest_return("backup-spool-48h", step="1h") == 50 * 3_600


@pytest.mark.parametrize(
    ("scenario", "options", "words"),
    [
        ("first-mail", {}, "no outage"),
        ("backup-spool-48h", {"longest": "24h"}, "an outage of 24h returns no mail"),
        ("backup-spool-48h", {"longest": "soon"}, "longest='soon'"),
        ("backup-spool-48h", {"step": "0s"}, "step='0s'"),
    ],
)
def test_a_search_that_can_find_nothing_is_refused(scenario: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        teaching.shortest_return(scenario, **options)
