"""Queue depth over time, its peak and its drain, by hand."""

from __future__ import annotations

import pytest

from mailsim.events import ConditionSpan, Event, EventLog, State
from mailsim.results.queues import WAITS, queue_by_reason, queue_changes, queue_peaks, queue_total
from mailsim.rules.reasons import Why
from small_logs import S, Written, outage_log


def at(log: EventLog, node: str) -> list[tuple[float, int, int, int]]:
    one = queue_changes(log).at_node(log.names.index(node))
    columns = (one.t_us.tolist(), one.depth.tolist(), one.deferred.tolist(), one.octets.tolist())
    return [(t / S, *rest) for t, *rest in zip(*columns, strict=True)]


def test_the_queue_of_the_backup_fills_during_the_outage_and_drains_after_it() -> None:
    assert at(outage_log(), "mx2") == [
        (732, 1, 0, 1000), (762, 1, 1, 1000), (1032, 2, 0 + 1, 2000), (1062, 2, 2, 2000), (2032, 3, 2, 7000), (2062, 3, 3, 7000),
        (3970, 3, 2, 7000),  # message 2 is tried a last time; at 4000 it leaves and its report enters
        (4002, 2, 2, 6000), (4500, 2, 1, 6000), (4501, 1, 1, 5000),
    ]  # fmt: skip


def test_a_message_that_two_nodes_hold_during_a_handover_counts_once_in_the_total() -> None:
    written = Written()
    written.message(message=0, sent_us=0, accepted_us=1, stored_us=9, state=State.STORED, copies=1)
    written.event(1, Event.ACCEPTED, message=0, node="a")
    written.event(4, Event.ACCEPTED, message=0, node="b")
    written.event(5, Event.DELIVERED, message=0, node="a", peer="b")
    written.event(9, Event.DELIVERED, message=0, node="b", peer="store")
    total = queue_total(written.log(end_s=20, conditions=[]))
    assert list(zip((total.t_us // S).tolist(), total.depth.tolist(), strict=True)) == [(1, 1), (9, 0)]


def test_a_message_to_two_recipients_stays_until_the_last_one_is_done() -> None:
    written = Written()
    for rcpt in ("x", "y"):
        written.message(message=0, sent_us=0, accepted_us=1, rcpt=rcpt, stored_us=11, state=State.STORED, copies=1)
    written.event(1, Event.ACCEPTED, message=0, node="a")
    written.event(2, Event.DELIVERED, message=0, node="a", peer="b", rcpt="x")
    written.event(2, Event.DEFERRED, message=0, node="a", rcpt="y", due=10)
    written.event(10, Event.ACTIVATED, message=0, node="a", rcpt="y")
    written.event(11, Event.DELIVERED, message=0, node="a", peer="b", rcpt="y")
    assert at(written.log(end_s=20, conditions=[]), "a") == [(1, 1, 0, 1000), (2, 1, 1, 1000), (10, 1, 0, 1000), (11, 0, 0, 0)]


def test_a_recipient_that_is_still_queued_at_the_end_keeps_the_message_in_the_queue() -> None:
    written = Written()
    written.message(message=0, sent_us=0, accepted_us=1, rcpt="x", stored_us=5, state=State.STORED, copies=1)
    written.message(message=0, sent_us=0, accepted_us=1, rcpt="y", holder="a", state=State.QUEUED)
    written.event(1, Event.ACCEPTED, message=0, node="a")
    written.event(2, Event.DEFERRED, message=0, node="a", rcpt="y", due=100)
    written.event(3, Event.DELIVERED, message=0, node="a", peer="b", rcpt="x")
    assert at(written.log(end_s=20, conditions=[]), "a")[-1][1] == 1


def test_a_message_that_comes_back_to_a_node_is_in_its_queue_again() -> None:
    written = Written()
    written.message(message=0, sent_us=0, accepted_us=1, stored_us=9, state=State.STORED, copies=1)
    for t, kind in ((1, Event.ACCEPTED), (2, Event.DELIVERED), (5, Event.ACCEPTED), (6, Event.DELIVERED)):
        written.event(t, kind, message=0, node="a")
    assert [row[:2] for row in at(written.log(end_s=20, conditions=[]), "a")] == [(1, 1), (2, 0), (5, 1), (6, 0)]


def test_peak_and_drain_are_told_against_the_usual_depth_before_the_first_fault() -> None:
    total, *each = queue_peaks(outage_log())
    assert (total.node, total.peak, total.peak_us, total.level, total.drained_us) == ("", 3, 2001 * S, 1, 4502 * S)
    mx2 = next(peak for peak in each if peak.node == "mx2")
    assert (mx2.peak, mx2.peak_octets, mx2.peak_us, mx2.level, mx2.drained_us) == (3, 7000, 2032 * S, 0, None)
    isp = next(peak for peak in each if peak.node == "isp")
    assert isp.drained_us == 4200 * S  # as usual at the very end of the outage


@pytest.mark.parametrize("end_s", [8000, 9000])
def test_a_fault_that_does_not_end_in_the_run_leaves_no_drain_time(end_s: int) -> None:
    log = outage_log()
    log.conditions[:] = [ConditionSpan("mx1", "mx1", "silent", 600 * S, end_s * S)]
    assert [peak.drained_us for peak in queue_peaks(log)] == [None] * 4


def test_without_a_fault_there_is_a_peak_and_nothing_to_drain_after() -> None:
    log = outage_log()
    log.conditions.clear()
    assert (queue_peaks(log)[0].peak, queue_peaks(log)[0].drained_us) == (3, None)


def test_an_empty_log_has_an_empty_queue() -> None:
    log = Written().log(end_s=10, conditions=[])
    assert len(queue_changes(log).t_us) == 0
    assert [peak.peak for peak in queue_peaks(log)] == [0]


def test_a_message_is_counted_by_what_its_last_attempt_came_to_and_at_work_while_it_is_tried_again() -> None:
    """Deferred at 5 s since nobody answered, at 12 s since the server said 4xx, gone at 22 s; another waits from 7 s: a policy."""
    written = Written()
    for message, size in ((0, 1000), (1, 500)):
        written.message(message=message, sent_us=0, accepted_us=1, state=State.STORED, stored_us=22, copies=1, size=size)
    written.event(1, Event.ACCEPTED, message=0, node="a")
    written.event(5, Event.DEFERRED, message=0, node="a", why=Why.SILENT, due=10)
    written.event(10, Event.ACTIVATED, message=0, node="a")
    written.event(12, Event.DEFERRED, message=0, node="a", why=Why.GREYLISTED, due=20)
    written.event(20, Event.ACTIVATED, message=0, node="a")
    written.event(22, Event.DELIVERED, message=0, node="a", peer="b")
    written.event(6, Event.ACCEPTED, message=1, node="b")
    written.event(7, Event.DEFERRED, message=1, node="b", why=Why.STS_MISMATCH, due=99)
    found = queue_by_reason(written.log(end_s=30, conditions=[]))
    by_key = {key: found.at_node(place) for place, key in enumerate(WAITS)}
    told = {key: list(zip((one.t_us // S).tolist(), one.depth.tolist(), one.octets.tolist(), strict=True)) for key, one in by_key.items()}
    assert told == {
        "at_work": [(1, 1, 1000), (5, 0, 0), (6, 1, 500), (7, 0, 0), (10, 1, 1000), (12, 0, 0), (20, 1, 1000), (22, 0, 0)],
        "silence": [(5, 1, 1000), (10, 0, 0)],
        "refused": [],
        "tempfail": [(12, 1, 1000), (20, 0, 0)],
        "dns": [],
        "left_alone": [],
        "policy": [(7, 1, 500)],
        "other": [],
    }


def test_no_reason_for_waiting_is_counted_twice() -> None:
    whys = [why for group in WAITS.values() for why in group]
    assert len(whys) == len(set(whys))


def test_the_reasons_together_are_the_queues_together() -> None:
    log = outage_log()
    by_reason, total = queue_by_reason(log), queue_total(log)
    for t_us, depth in zip(total.t_us, total.depth, strict=True):
        here = [by_reason.at_node(place) for place in range(len(WAITS))]
        assert sum(int(one.depth[one.t_us <= t_us][-1]) for one in here if (one.t_us <= t_us).any()) == depth
