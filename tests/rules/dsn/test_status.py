"""Proves when a report is due and which status it gives."""

import pytest

from mailsim.rules.dsn import report_due, status_for
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
