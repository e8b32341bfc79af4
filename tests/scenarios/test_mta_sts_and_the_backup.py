"""The lesson of mta-sts-and-the-backup: who heeds the policy does not use a backup that the policy forgot (RFC 8461 section 5)."""

from __future__ import annotations

from typing import Any

import mailsim

MINUTE_US = 60_000_000
BACK_US = 8 * 60 * MINUTE_US


def fates(*names: str) -> dict[str, tuple[set[str], int, int]]:
    """By sender: which servers took the mail, and the shortest and longest time that took (us)."""
    scenario = mailsim.load("mta-sts-and-the-backup").replace("policies[example.com].mx", list(names))
    log: Any = scenario.run(level="messages").log
    found: dict[str, list[tuple[str, int, int]]] = {}
    for origin, via, sent, stored in zip(*(log.messages[c] for c in ("origin", "via", "sent_us", "stored_us")), strict=True):
        found.setdefault(log.names[origin], []).append((log.names[via].partition(".")[0], stored - sent, stored))
    return {
        origin: ({via for via, _, _ in rows}, max(late for _, late, _ in rows), min(at for *_, at in rows))
        for origin, rows in found.items()
    }


def test_a_backup_that_is_missing_from_the_policy_is_no_backup_for_who_heeds_it() -> None:
    found = fates("mx1.example.com")
    assert found["plain"][0] == {"mx2"}
    assert found["plain"][1] < 2 * MINUTE_US
    assert found["careful"][0] == {"mx1"}
    assert found["careful"][2] >= BACK_US


def test_a_policy_that_names_it_makes_it_one_again() -> None:
    for used, late, _ in fates("mx1.example.com", "mx2.example.com").values():
        assert used == {"mx2"}
        assert late < 2 * MINUTE_US


def test_the_check_finds_it() -> None:
    assert any("mx2" in str(finding) and "policy" in str(finding) for finding in mailsim.load("mta-sts-and-the-backup").findings())
