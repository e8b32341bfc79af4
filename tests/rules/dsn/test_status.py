"""Proves when a report is due and which status it gives."""

import pytest

from mailsim.flavours import mta_figures
from mailsim.rules.dsn import report_due, reported, status_for
from mailsim.rules.reasons import Why


@pytest.mark.parametrize(
    ("sender", "action", "due"),
    [
        ("ann@example.org", "failed", True),
        ("ann@example.org", "delayed", True),
        ("ann@example.org", "delivered", False),
        ("ann@example.org", "relayed", False),
        ("", "failed", False),
        ("", "delayed", False),
    ],
)
def test_failures_and_delays_are_reported_but_never_to_the_null_sender(sender, action, due):
    assert report_due(sender, action) is due


def test_success_is_reported_when_asked_for_and_never_silences_everything():
    assert report_due("ann@example.org", "delivered", notify=("success",))
    assert not report_due("ann@example.org", "failed", notify=("NEVER",))
    assert not report_due("", "delivered", notify=("SUCCESS",))


@pytest.mark.parametrize(
    ("code", "enhanced", "why", "status"),
    [
        (550, "5.1.1", Why.PERMFAIL, "5.1.1"),  # the reply's own enhanced code wins
        (450, "4.2.0 busy", Why.LIFETIME_OVER, "4.2.0"),  # recorded: Postfix 3.7.11, three_pref_450, expired
        (554, "554 5.6.0 content rejected", Why.PERMFAIL, "5.6.0"),
        (550, "5.1.1.1 is no code", Why.PERMFAIL, "5.0.0"),
        (550, "no such user", Why.PERMFAIL, "5.0.0"),  # only the class is known
        (550, "", Why.NO_SUCH_MAILBOX, "5.1.1"),
        (451, "", Why.TEMPFAIL, "4.0.0"),
        (452, "", Why.MAILBOX_FULL, "4.2.2"),
        (552, "", Why.MAILBOX_FULL, "5.0.0"),  # never a 4.x status for a 5yz reply
        (-1, "", Why.REFUSED, "4.4.1"),  # recorded: Postfix 3.7.11, single_refused_expire
        (-1, "", Why.SILENT, "4.4.1"),
        (-1, "", Why.REPLY_TIMEOUT, "4.4.2"),
        (-1, "", Why.DNS_SERVFAIL, "4.4.3"),  # recorded: Postfix 3.7.11, dns_servfail_expire
        (-1, "", Why.LIFETIME_OVER, "4.4.7"),  # recorded: sendmail 8.17.1.9, single_refused_expire
        (-1, "", Why.NULL_MX, "5.1.10"),  # RFC 7505
        (-1, "", Why.MX_SELF, "5.4.6"),  # recorded: Postfix 3.7.11, best_mx_is_self
        (-1, "", Why.NONE, "4.0.0"),
    ],
)
def test_the_status_is_that_of_the_last_reply_or_of_the_reason(code, enhanced, why, status):
    assert status_for(code, enhanced, why) == status


USER = "550 5.1.1 no such user"
BUSY = "450 4.2.0 busy"


@pytest.mark.parametrize(
    ("program", "case", "said"),
    [
        # Action and Status of the reports that the recordings hold, by program; none of these is our own idea
        ("postfix", {"code": 550, "reply": USER, "why": Why.PERMFAIL}, ("failed", "5.1.1")),  # bounce_sender_down
        ("postfix", {"code": -1, "reply": "", "why": Why.LIFETIME_OVER, "of": Why.REFUSED}, ("failed", "4.4.1")),  # all_refused_expire
        ("exim", {"code": 550, "reply": USER, "why": Why.PERMFAIL}, ("failed", "5.0.0")),
        ("exim", {"code": -1, "reply": "", "why": Why.HOST_CUTOFF, "of": Why.REFUSED}, ("failed", "5.0.0")),
        ("sendmail", {"code": 550, "reply": USER, "why": Why.PERMFAIL}, ("failed", "5.1.1")),
        ("sendmail", {"code": -1, "reply": "", "why": Why.LIFETIME_OVER, "of": Why.REFUSED}, ("failed", "4.4.7")),
        ("sendmail", {"code": 554, "reply": "554 5.3.2 no", "why": Why.UNWELCOME}, ("failed", "5.5.0")),  # 554 greeting, no backup
        ("courier", {"code": 550, "reply": USER, "why": Why.PERMFAIL}, ("failed", "5.0.0")),
        ("courier", {"code": 450, "reply": BUSY, "why": Why.LIFETIME_OVER, "of": Why.TEMPFAIL}, ("failed", "5.0.0")),
        ("opensmtpd", {"code": 550, "reply": USER, "why": Why.PERMFAIL}, ("failed", "5.0.0")),
        ("opensmtpd", {"code": -1, "reply": "", "why": Why.LIFETIME_OVER, "of": Why.REFUSED}, ("delayed", "4.4.7")),
    ],
)
def test_each_program_words_its_reports_as_recorded(program, case, said):
    assert reported(**case, wording=mta_figures(program)) == said


class Plain:
    """A program that puts nothing in place."""

    status_expired = status_failed = status_delayed = status_unwelcome = None
    action_expired = "failed"


def test_a_program_that_puts_nothing_in_place_reports_what_it_knows():
    # an expired message has the status of its last failure, where there was one
    assert reported(-1, "", Why.LIFETIME_OVER, of=Why.DNS_SERVFAIL, wording=Plain()) == ("failed", "4.4.3")
    assert reported(-1, "", Why.LIFETIME_OVER, wording=Plain()) == ("failed", "4.4.7")
    assert reported(450, BUSY, Why.TEMPFAIL, delayed=True, wording=Plain()) == ("delayed", "4.2.0")
    assert reported(554, "554 5.3.2 no", Why.UNWELCOME, wording=Plain()) == ("failed", "5.3.2")


def test_each_word_speaks_of_its_own_kind_of_report():
    class Worded(Plain):
        status_expired, status_failed, status_delayed, status_unwelcome, action_expired = "4.4.7", "5.0.0", "4.0.0", "5.5.0", "delayed"

    assert reported(550, USER, Why.PERMFAIL, wording=Worded()) == ("failed", "5.0.0")
    assert reported(554, "554 no", Why.UNWELCOME, wording=Worded()) == ("failed", "5.5.0")
    assert reported(450, BUSY, Why.TEMPFAIL, delayed=True, wording=Worded()) == ("delayed", "4.0.0")
    for why in (Why.LIFETIME_OVER, Why.ATTEMPTS_OVER, Why.HOST_CUTOFF, Why.HOST_LONG_DEAD):
        assert reported(450, BUSY, why, of=Why.TEMPFAIL, wording=Worded()) == ("delayed", "4.4.7")
