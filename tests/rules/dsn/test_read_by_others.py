"""Any report is read by an independent parser (flufl.bounce) as it is meant, whatever the addresses look like."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes

from flufl.bounce import all_failures, scan_message
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsim.rules.dsn import RecipientReport, Report, build_dsn

MADE = datetime(2026, 1, 7, 1, 5, tzinfo=UTC)
REPORT = Report("mx2.example.com", "ann@example.org", MADE, MADE, (RecipientReport("bob@example.com", "failed", "5.1.1"),))

#: no "=": flufl.bounce 6.0 takes the address for parameters of a header and cuts there (RFC 3464 section 2.1.2: it is text)
LETTERS = "abcXYZ0189!#$%&'*+/?^_`{|}~-"
DOMAINS = ["example.com", "a.example.net", "xn--bcher-kva.example.com"]
plain = st.builds(lambda local, domain: f"{local}@{domain}", st.text(LETTERS, min_size=1, max_size=30), st.sampled_from(DOMAINS))
ABROAD = [*DOMAINS, "bücher.example"]
foreign = st.builds(lambda local, domain: f"{local}ö@{domain}", st.text("aäöß中😀", max_size=12), st.sampled_from(ABROAD))
actions = st.sampled_from(["failed", "delayed", "delivered", "relayed"])
recipients = st.builds(
    lambda address, action, diagnostic, same: RecipientReport(
        address, action, "5.1.1" if action == "failed" else "2.0.0", original=address if same else None, diagnostic=diagnostic
    ),
    st.one_of(plain, plain, foreign),
    actions,
    st.sampled_from([None, "550 5.1.1 <eve@example.com> unknown", "450 4.2.0 Final-Recipient: rfc822; eve@example.com", "250 2.0.0 Ok"]),
    st.booleans(),
)


def of(report: Report, action: str) -> set[bytes]:
    return {one.final.encode() for one in report.recipients if one.action == action and one.final.isascii()}


@settings(max_examples=50, deadline=None, derandomize=True)
@given(some=st.lists(recipients, min_size=1, max_size=5, unique_by=lambda one: one.final), whole=st.sampled_from([None, 4_000]))
def test_failed_is_permanent_delayed_is_temporary_and_success_is_no_failure(some: list[RecipientReport], whole: int | None) -> None:
    report = replace(REPORT, recipients=tuple(some), returned_octets=whole, headers=(("To", ", ".join(one.final for one in some)),))
    message = message_from_bytes(build_dsn(report))
    temporary, permanent = all_failures(message)
    assert (set(temporary), set(permanent)) == (of(report, "delayed"), of(report, "failed"))
    assert set(scan_message(message)) == of(report, "failed")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(address=foreign, action=st.sampled_from(["failed", "delayed"]))
def test_an_address_that_the_parser_can_not_know_is_none_to_it_and_stands_there_in_7_bits(address: str, action: str) -> None:
    """flufl.bounce 6.0 has no address type but rfc822; RFC 6533 section 3 gives others, read here by its grammar and nothing of ours."""
    octets = build_dsn(replace(REPORT, recipients=(RecipientReport(address, action, "5.1.1"),)))  # type: ignore[arg-type]
    assert all_failures(message_from_bytes(octets)) == (set(), set())
    found = re.search(rb"Final-Recipient: utf-8;\s*([!-~]+)\r\n", octets.replace(b"\r\n ", b" "))
    assert found is not None
    assert re.sub(r"\\x\{([0-9A-F]+)\}", lambda one: chr(int(one[1], 16)), found[1].decode()) == address
