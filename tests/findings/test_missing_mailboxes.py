"""Recipients without a mailbox: a few are named one by one, the members of a mailing list together."""

from __future__ import annotations

from typing import Any

from mailsim.scenario import load
from traffic_worlds import values


def missing(line: dict[str, Any]) -> list[str]:
    """What is found of mailboxes that are not there: the store has bob's."""
    made = values({"kind": "burst", "at": 0, **line})
    made["nodes"]["mx1"] = {**made["nodes"]["mx1"], "store": "boxes"}
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
