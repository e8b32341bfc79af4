"""What a relay knows of a recipient, and for how long: Postfix verify(8)."""

from __future__ import annotations

import pytest

from mailsim.rules.reasons import Why
from mailsim.rules.session import Contact
from mailsim.rules.smtp import Reply, Stage
from mailsim.rules.verify import Entry, Found, Probing, learned, looked_up, poll_us, probe_result, said_of

S = 1_000_000
HOUR, DAY = 3600 * S, 86_400 * S
RULES = Probing(31 * DAY, 7 * DAY, 3 * DAY, 3 * HOUR, 3, 3 * S, 450)
GOOD, BAD, UNSURE = Entry(Found.GOOD, 0, -1), Entry(Found.BAD, 0, -1), Entry(Found.UNSURE, 0, -1)


def test_an_unknown_address_is_asked_for_once() -> None:
    found, sent = looked_up(RULES, None, 5 * S)
    assert (found, sent) == (Found.NOTHING, Entry(Found.NOTHING, -1, 5 * S))
    assert looked_up(RULES, sent, 6 * S) == (Found.NOTHING, None)


def test_a_probe_without_a_result_is_sent_again_after_a_thousand_seconds() -> None:
    sent = Entry(Found.NOTHING, -1, 0)
    assert looked_up(RULES, sent, 1000 * S)[1] is None
    assert looked_up(RULES, sent, 1000 * S + 1)[1] == Entry(Found.NOTHING, -1, 1000 * S + 1)


@pytest.mark.parametrize(("entry", "refresh", "expire"), [(GOOD, 7 * DAY, 31 * DAY), (BAD, 3 * HOUR, 3 * DAY), (UNSURE, 3 * HOUR, 3 * DAY)])
def test_an_old_answer_is_asked_for_anew_and_counts_until_it_expires(entry: Entry, refresh: int, expire: int) -> None:
    assert looked_up(RULES, entry, refresh) == (entry.found, None)
    assert looked_up(RULES, entry, refresh + 1) == (entry.found, entry._replace(probed_us=refresh + 1))
    assert looked_up(RULES, entry, expire) == (entry.found, entry._replace(probed_us=expire))
    assert looked_up(RULES, entry, expire + 1) == (Found.NOTHING, Entry(Found.NOTHING, -1, expire + 1))


def test_a_failed_probe_does_not_take_the_place_of_a_good_answer() -> None:
    waiting = GOOD._replace(probed_us=8 * DAY)
    assert learned(waiting, Found.UNSURE, 9 * DAY) == learned(waiting, Found.BAD, 9 * DAY) == waiting
    assert learned(waiting, Found.GOOD, 9 * DAY) == Entry(Found.GOOD, 9 * DAY, -1)
    assert learned(BAD, Found.UNSURE, DAY) == Entry(Found.UNSURE, DAY, -1)


def test_a_client_waits_for_three_looks_at_the_memory() -> None:
    # asked at 10 s: the memory is looked at at 10, 13 and 16 s
    assert [poll_us(RULES, 10 * S, t * S) for t in (5, 10, 11, 13, 14, 16)] == [10 * S, 10 * S, 13 * S, 13 * S, 16 * S, 16 * S]
    assert poll_us(RULES, 10 * S, 16 * S + 1) is None


def test_only_what_was_refused_for_good_is_refused_with_the_code_for_that() -> None:
    assert said_of(RULES, "bob@example.com", Found.GOOD) is None
    strict = RULES._replace(reject_code=550)
    said = [str(said_of(strict, "bob@example.com", found))[:9] for found in (Found.BAD, Found.UNSURE, Found.NOTHING)]
    assert said == ["550 5.1.1", "450 4.1.1", "450 4.1.1"]
    mild = str(said_of(RULES, "bob@example.com", Found.BAD))
    assert mild.startswith("450 4.1.1 <bob@example.com>: Recipient address rejected: unverified address: ")


@pytest.mark.parametrize(
    ("why", "stage", "found"),
    [
        (Why.OK, Stage.EOD, Found.GOOD),
        (Why.PERMFAIL, Stage.RCPT, Found.BAD),
        (Why.PERMFAIL, Stage.GREETING, Found.UNSURE),
        (Why.TEMPFAIL, Stage.RCPT, Found.UNSURE),
        (Why.SILENT, Stage.CONNECT, Found.UNSURE),
    ],
)
def test_what_a_probe_says(why: Why, stage: Stage, found: Found) -> None:
    assert probe_result(Contact(why, stage, Reply(550) if why == Why.PERMFAIL else None, 0, -1)) == found
