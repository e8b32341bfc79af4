"""The shots of a film are what the tables and the conditions say at each instant; what passes between them is counted once."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

import mailsim
from mailsim.errors import UnsupportedError
from mailsim.language import speaking
from mailsim.plots.shots import Passed, Shot, instants_us, shots
from mailsim.results import Result
from small_logs import S, small_result


@cache
def outage() -> Result:
    return mailsim.load("primary-outage").run(seed=7)


def of(result: Result, *seconds: float) -> list[Shot]:
    return shots(result.scenario, result.log, np.array([round(t_s * S) for t_s in seconds]))


def test_instants_lie_at_equal_distances_with_both_ends() -> None:
    assert instants_us(0, 4200, 3).tolist() == [0, 2100 * S, 4200 * S]


def test_mail_waits_where_it_was_put_and_what_is_wrong_is_named() -> None:
    before, during, after = of(small_result(), 500, 2100, 6000)
    assert (before.wrong, before.waiting) == ((), {})
    assert (during.wrong, during.waiting) == ((("mx1", "silent"),), {"mx2": 3})  # messages 1, 2 and 4
    assert (after.wrong, after.waiting) == ((), {"mx2": 1})  # message 4


def test_a_fault_begins_at_its_start_and_is_over_at_its_end() -> None:
    assert [bool(shot.wrong) for shot in of(small_result(), 599.999999, 600, 4199.999999, 4200)] == [False, True, True, False]


def test_what_is_wrong_is_said_in_the_language_spoken() -> None:
    with speaking("de"):
        assert of(small_result(), 0, 2100)[1].wrong == (("mx1", "schweigt"),)


def test_between_two_instants_stands_what_was_handed_over_and_what_failed() -> None:
    shot = of(small_result(), 650, 800)[1]  # message 1: mx1 does not answer isp for 30 s, mx2 takes it and finds mx1 silent too
    assert shot.since_us == 650 * S
    assert shot.passed == {
        ("ann", "isp"): Passed(1, 0),
        ("isp", "mx1"): Passed(0, 1),
        ("isp", "mx2"): Passed(1, 0),
        ("mx2", "mx1"): Passed(0, 1),
    }


def test_a_contact_fails_when_it_is_over_not_when_it_begins() -> None:
    early, late = of(small_result(), 720, 731)
    assert ("isp", "mx1") not in early.passed
    assert late.passed[("isp", "mx1")] == Passed(0, 1)


def test_everything_that_happened_passes_in_one_frame_only() -> None:
    total: Counter[tuple[str, str, str]] = Counter()
    for shot in of(small_result(), *range(0, 8001, 160)):
        for (start, end), went in shot.passed.items():
            total[(start, end, "moved")] += went.moved
            total[(start, end, "failed")] += went.failed
    assert {key: count for key, count in total.items() if count} == {
        ("ann", "isp", "moved"): 5,  # all but message 3, which was rejected, and the report
        ("isp", "mx1", "moved"): 2,
        ("isp", "mx1", "failed"): 3,
        ("isp", "mx2", "moved"): 3,
        ("mx2", "mx1", "moved"): 1,
        ("mx2", "mx1", "failed"): 4,
        ("mx1", "boxes", "moved"): 3,
        ("mx2", "isp", "moved"): 1,  # the report
        ("isp", "home", "moved"): 1,
    }


def test_waiting_mail_is_what_the_queue_table_says() -> None:
    result = outage()
    table = result.queues
    taken = shots(result.scenario, result.log, instants_us(0, 12 * 3600, 25))
    assert max(shot.waiting.get("mx2", 0) for shot in taken) > 100
    for shot in taken:
        known = table[table["t_s"] <= shot.t_us / 1e6].groupby("node", observed=True)["depth"].last()
        assert shot.waiting == {node: depth for node, depth in known.items() if depth}


def test_contacts_of_the_whole_film_are_those_of_the_table() -> None:
    result = outage()
    taken = shots(result.scenario, result.log, instants_us(0, result.log.end_us / 1e6, 40))
    failed = sum(went.failed for shot in taken for pair, went in shot.passed.items() if pair in {("isp", "mx1"), ("mx2", "mx1")})
    table = result.attempts
    assert failed == int((table["outcome"] == "silent").sum())
    assert sum(shot.passed.get(("boxes", "bob"), Passed()).moved for shot in taken) == len(result.messages)


def test_without_event_rows_there_is_no_film() -> None:
    with pytest.raises(UnsupportedError, match='level="events"'):
        of(small_result(level="messages"), 0, 1)
