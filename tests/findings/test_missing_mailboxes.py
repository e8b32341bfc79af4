"""Recipients without a mailbox: a few are named one by one, the members of a mailing list together."""

from __future__ import annotations

from typing import Any

from mailsim.scenario import load
from traffic_worlds import values


def missing(line: dict[str, Any], **more: Any) -> list[str]:
    """What is found of mailboxes that are not there: the store has bob's."""
    made = values({"kind": "burst", "at": 0, **line})
    made["nodes"]["mx1"] = {**made["nodes"]["mx1"], "store": "boxes", **more}
    made["nodes"]["boxes"] = {"kind": "mailstore", "mailboxes": {"bob@example.com": {"password": "x"}}}
    return [finding.what for finding in load(made).findings() if "no mailbox" in finding.what]


def test_one_recipient_without_a_mailbox_is_named() -> None:
    found = missing({"to": {"bob@example.com": 9, "eve@example.com": 1}})
    assert found == ["boxes has no mailbox eve@example.com: the mail is refused (550) and returned"]


def test_many_members_without_mailboxes_are_one_finding() -> None:
    found = missing({"to": "m{n}@example.com", "members": 300})
    assert found == ["boxes has no mailbox m1@example.com and 299 more: their mail is refused (550) and returned"]


def test_a_recipient_with_a_mailbox_is_no_finding() -> None:
    assert missing({"to": "bob@example.com"}) == []


def test_an_alias_needs_no_mailbox() -> None:
    assert missing({"to": "Info@example.com"}, aliases={"info@example.com": ["bob@example.com", "ann@example.net"]}) == []


def test_an_address_that_an_alias_stands_for_needs_one() -> None:
    found = missing({"to": "info@example.com"}, aliases={"info@example.com": ["bop@example.com"]})
    assert found == ["boxes has no mailbox bop@example.com: the mail is refused (550) and returned"]


def test_an_alias_that_is_in_its_own_list_has_a_mailbox_as_well() -> None:
    found = missing({"to": "info@example.com"}, aliases={"info@example.com": ["info@example.com", "bob@example.com"]})
    assert found == ["boxes has no mailbox info@example.com: the mail is refused (550) and returned"]
