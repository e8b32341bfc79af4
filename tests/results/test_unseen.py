"""Mail that a backup stored where nobody looks is counted, and with mail that is read it adds up to what was stored."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.language import speaking
from mailsim.results.unseen import Unseen, unseen
from reading_worlds import device, reading
from small_logs import outage_log
from small_worlds import MTA, com, outage

ZONE = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 198.51.100.2", "imap A 192.0.2.3", "old A 198.51.100.3")
SPARE = {"kind": "mailstore", "host": "old.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2"}}}
MX2 = {**MTA, "final_for": ["example.com"], "store": "spare"}


def split(devices: dict[str, Any], *, spare_first: bool = False) -> Any:
    """mx1 is down from 10 s to 100 s; of the mail of 0, 20, 40 and 120 s the second and third go to mx2, which keeps them."""
    values = reading(
        devices, outage("mx1", "10s", length="90s", how="refused"), zone=ZONE, nodes={"spare": SPARE, "mx2": MX2},
        times=("0s", "20s", "40s", "120s"),
    )  # fmt: skip
    if spare_first:
        values["nodes"] = {"spare": SPARE, **values["nodes"]}
    return mailsim.load(values).run()


@pytest.mark.parametrize("spare_first", [False, True])
def test_what_the_backup_stored_in_its_own_mailboxes_is_never_seen(spare_first: bool) -> None:
    """Whichever store stands first in the file: the reader looks where its host leads."""
    result = split({"desk": device()}, spare_first=spare_first)
    assert [fetched >= 0 for fetched in result.log.messages["fetched_us"]] == [True, False, False, True]
    assert result.unseen() == Unseen(stored=4, count=2, places={"spare": 2})
    assert result.unseen().share == 0.5
    assert result.summary().as_dict()["unseen"] == {"stored": 4, "count": 2, "share": 0.5, "places": {"spare": 2}}
    assert "stored where the reader doesn't look: 2 of 4 deliveries for people who fetch (spare 2)" in repr(result)
    with speaking("de"):
        assert "liegt, wo niemand nachsieht: 2 von 4 Zustellungen an Leute, die abholen (spare 2)" in repr(result)


def test_who_looks_into_both_misses_nothing() -> None:
    result = split({"desk": device(), "other": device(host="old.example.com")})
    assert result.unseen() == Unseen(stored=4, count=0, places={})
    assert min(result.log.messages["fetched_us"]) >= 0
    assert "doesn't look" not in repr(result)


def test_mail_that_only_waits_for_its_reader_is_not_unseen() -> None:
    """Stored where bob looks, but his program has a wrong password: a matter of the login, not of the place."""
    result = split({"desk": {**device(), "password": "a guess"}})
    assert result.unseen() == Unseen(stored=4, count=2, places={"spare": 2})


def test_nobody_who_reads_is_no_cohort() -> None:
    result = split({})
    assert (result.unseen(), result.unseen().share) == (Unseen(0, 0, {}), None)


def test_it_is_counted_from_the_log_and_where_readers_look() -> None:
    """0, 1 and 5 are in bob's mailbox, and 5 is not read (see small_logs); all three are held by its store."""
    log = outage_log()
    holder = log.names[log.messages["holder"][5]]
    assert unseen(log, {"bob@example.com": frozenset({holder})}).count == 0
    assert unseen(log, {"bob@example.com": frozenset({"elsewhere"})}) == Unseen(3, 1, {holder: 1})
    assert unseen(log, {"bob@example.com": frozenset()}) == Unseen(0, 0, {})
