"""Proves that a report is a message that others can read, and that nothing in it can break out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy

import pytest
from flufl.bounce import all_failures
from hypothesis import given
from hypothesis import strategies as st

from mailsim.errors import ScenarioError
from mailsim.rules.dsn import REPORT_OCTETS, RecipientReport, Report, build_dsn, parse_dsn, report_size
from mailsim.rules.reasons import Why

BOB = RecipientReport(
    final="bob@example.com",
    original="bob@example.com",
    action="failed",
    status="4.4.1",
    last_attempt=datetime(2026, 1, 7, 1, 5, tzinfo=UTC),
    why=Why.LIFETIME_OVER,
)
REPORT = Report(
    reporting_mta="mx2.example.com",
    received_from="mail.example.org",
    sender="ann@example.org",
    arrival=datetime(2026, 1, 5, 1, 0, tzinfo=UTC),
    made=datetime(2026, 1, 7, 1, 5, tzinfo=UTC),
    recipients=(BOB,),
    headers=(("From", "ann@example.org"), ("To", "bob@example.com"), ("Message-ID", "<17@mail.example.org>")),
)
REFUSED = replace(BOB, status="5.1.1", remote_mta="mx1.example.com", diagnostic="550 5.1.1 no such user", why=Why.PERMFAIL)


def blocks_of(octets):
    parts = list(message_from_bytes(octets, policy=policy.default).iter_parts())
    return [part.get_content_type() for part in parts], parts[1].get_payload()


def test_a_report_has_the_three_parts_of_rfc_6522_and_the_fields_of_rfc_3464():
    types, (head, bob) = blocks_of(build_dsn(REPORT))
    assert types == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    assert dict(head.items()) == {
        "Reporting-MTA": "dns; mx2.example.com",
        "Received-From-MTA": "dns; mail.example.org",
        "Arrival-Date": "Mon, 05 Jan 2026 01:00:00 +0000",
    }
    assert dict(bob.items()) == {
        "Original-Recipient": "rfc822; bob@example.com",
        "Final-Recipient": "rfc822; bob@example.com",
        "Action": "failed",
        "Status": "4.4.1",
        "Last-Attempt-Date": "Wed, 07 Jan 2026 01:05:00 +0000",
        "X-Mailsim-Reason": "67 lifetime over",
    }


def test_the_header_says_where_it_goes_and_that_a_machine_wrote_it():
    message = message_from_bytes(build_dsn(REPORT), policy=policy.default)
    assert message["From"].addresses[0].addr_spec == "MAILER-DAEMON@mx2.example.com"
    assert message["To"] == "ann@example.org"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Date"].datetime == REPORT.made
    assert message.get_content_type() == "multipart/report"
    assert message["Content-Type"].params["report-type"] == "delivery-status"
    assert "Return-Path" not in message


def test_every_line_ends_with_crlf_and_fits_rfc_5322():
    octets = build_dsn(replace(REPORT, recipients=(replace(REFUSED, diagnostic="450 4.2.0 " + "busy " * 300 + "x"),)))
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    status = octets.split(b"message/delivery-status")[1].split(b"text/rfc822-headers")[0]
    assert max(map(len, status.split(b"\r\n"))) <= 78


def test_the_text_for_people_names_recipient_reply_and_reason():
    text = message_from_bytes(build_dsn(replace(REPORT, recipients=(REFUSED,))), policy=policy.default).get_body().get_content()
    assert "<bob@example.com>" in text
    assert "mx1.example.com said: 550 5.1.1 no such user" in text
    assert "the server said: no (5yz) (RFC 5321 section 4.2.1)" in text


def test_equal_reports_are_equal_octets_and_others_differ():
    again = replace(REPORT, headers=tuple(REPORT.headers))
    assert build_dsn(REPORT) == build_dsn(again)
    other = build_dsn(replace(REPORT, made=REPORT.made + timedelta(seconds=1)))
    ids = [message_from_bytes(octets)["Message-ID"] for octets in (build_dsn(REPORT), other)]
    assert ids[0] != ids[1]


def test_a_report_with_everything_is_read_back():
    report = replace(
        REPORT,
        recipients=(
            BOB,
            replace(REFUSED, final="eve@example.com"),
            RecipientReport(
                "carl@example.com",
                "delayed",
                "4.4.1",
                remote_mta="mx1.example.com",
                diagnostic="450 4.2.0 busy,  try again",
                will_retry_until=datetime(2026, 1, 10, 2, 0, tzinfo=timezone(timedelta(hours=1))),
                why=Why.SILENT,
            ),
            RecipientReport("dora@example.com", "relayed", "2.0.0"),
            RecipientReport("emil@example.com", "delivered", "2.0.0"),
        ),
    )
    assert parse_dsn(build_dsn(report)) == report


def test_letters_outside_ascii_are_read_back():
    report = replace(
        REPORT,
        sender="änn@exämple.org",
        recipients=(replace(REFUSED, final="bö\U0001f600b@exämple.com", diagnostic="550 5.1.1 kein Empfänger " * 9 + "=?"),),
        headers=(("Subject", "Grüße  " * 40 + "=?utf-8?q?x?="),),
    )
    report = replace(report, headers=(("Subject", report.headers[0][1].strip()),))
    octets = build_dsn(report)
    _, (_, bob) = blocks_of(octets)
    assert bob["Final-Recipient"] == r"utf-8; b\x{F6}\x{1F600}b@ex\x{E4}mple.com"
    assert parse_dsn(octets) == report


def test_an_independent_reader_takes_failed_as_permanent_and_delayed_as_temporary():
    temporary, permanent = all_failures(message_from_bytes(build_dsn(REPORT)))
    assert (temporary, permanent) == (set(), {b"bob@example.com"})
    waiting = replace(REPORT, recipients=(replace(BOB, action="delayed"),))
    temporary, permanent = all_failures(message_from_bytes(build_dsn(waiting)))
    assert (temporary, permanent) == ({b"bob@example.com"}, set())


BREAKERS = ["a\r\nBcc: eve@example.net", "a\nb", "a\rb", "a\x00b", "a\x1b[31m", "a\x85b", "a\u2028b", " a", "a\udc80"]


@pytest.mark.parametrize("text", BREAKERS)
@pytest.mark.parametrize("place", ["reporting_mta", "sender", "received_from", "headers", "final", "original", "remote_mta", "diagnostic"])
def test_a_line_break_or_control_character_is_refused_wherever_it_stands(place, text):
    changes = {place: (("Subject", text),) if place == "headers" else text}
    if not hasattr(REPORT, place):
        changes = {"recipients": (RecipientReport(**{**vars(BOB), place: text}),)}
    with pytest.raises(ScenarioError) as caught:
        replace(REPORT, **changes)
    assert all("\n" not in str(problem) and "\x1b" not in str(problem) for problem in caught.value.problems)


@pytest.mark.parametrize("address", ["a,b@example.org", "a b@example.org", "<a@example.org>", "a@b@example.org", "group: a@example.org;"])
def test_what_would_be_read_as_other_addresses_is_refused(address):
    with pytest.raises(ScenarioError, match="not an address"):
        replace(REPORT, sender=address)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ScenarioError) as caught:
        Report("mx2 example", "", datetime(2026, 1, 5), REPORT.made, (replace(BOB, status="9.9", action="lost"),), headers=(("a b", "c"),))
    assert [problem.path for problem in caught.value.problems] == [
        "report.sender",
        "report.reporting_mta",
        "report.headers.0",
        "report.recipients.0.action",
        "report.recipients.0.status",
        "report.arrival",
    ]


@pytest.mark.parametrize(
    "octets", [b"", b"Subject: hi\r\n\r\nhello", b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n", b"\xff" * 50]
)
def test_what_is_no_report_is_refused(octets):
    with pytest.raises(ScenarioError, match="no delivery report"):
        parse_dsn(octets)


def test_the_report_of_another_program_is_read():
    octets = b"""From: MAILER-DAEMON@mta.test (Mail Delivery System)
To: ann@example.org
Date: Mon, 23 Nov 2026 03:47:27 +0000 (UTC)
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="x"

--x
Content-Description: Notification

This is the mail system at host mta.test.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mta.test
X-Postfix-Queue-ID: 4C1
Arrival-Date: Mon, 23 Nov 2026 03:46:47 +0000 (UTC)

Final-Recipient: rfc822;bob@example.com
Action: Failed
Status: 4.4.1
Diagnostic-Code: X-Postfix; connect to mx1.example.com[192.0.2.10]:25:
    Connection refused

--x--
""".replace(b"\n", b"\r\n")
    report = parse_dsn(octets)
    assert (report.reporting_mta, report.sender, report.headers) == ("mta.test", "ann@example.org", ())
    assert report.arrival == datetime(2026, 11, 23, 3, 46, 47, tzinfo=UTC)
    (bob,) = report.recipients
    assert (bob.final, bob.action, bob.status) == ("bob@example.com", "failed", "4.4.1")
    assert bob.diagnostic.startswith("connect to mx1.example.com[192.0.2.10]:25:")


def test_the_size_that_is_used_before_the_text_exists_is_right_within_a_tenth():
    returned = sum(len(f"{name}: {value}\r\n") for name, value in REPORT.headers)
    for recipient in (BOB, REFUSED):
        octets = build_dsn(replace(REPORT, recipients=(recipient,)))
        assert len(octets) == pytest.approx(report_size(returned), rel=0.1)
    assert report_size(1000) - report_size(0) == 1000
    assert report_size(0) == REPORT_OCTETS


words = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=120).filter(lambda text: text == text.strip())


@given(diagnostic=words, subject=words, local=st.from_regex(r"\A[a-zäöü!#$%&'*+/=?^_`{|}~-]{1,80}\Z"), second=st.integers(0, 10**9))
def test_whatever_may_stand_in_a_report_comes_back(diagnostic, subject, local, second):
    moment = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=second)
    recipient = replace(BOB, final=f"{local}@example.com", diagnostic=diagnostic, last_attempt=moment)
    report = replace(REPORT, sender=f"{local}@example.org", recipients=(recipient,), headers=(("Subject", subject),))
    assert parse_dsn(build_dsn(report)) == report
