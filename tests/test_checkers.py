"""The checkers judged: a clean log passes, and each of many seeded faults is caught by the checker that it is meant for."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace

import pytest

from checkers import CHECKS, check, violations
from log_drafts import SCENARIO, Draft
from mailsim.events import ConditionSpan, Event, State
from mailsim.rules.reasons import Why
from small_logs import S, outage_log

Fault = Callable[[Draft], None]
FAULTS: list[tuple[str, Fault]] = []


def caught_by(name: str) -> Callable[[Fault], Fault]:
    """This fault must be caught by that checker."""

    def put(fault: Fault) -> Fault:
        FAULTS.append((name, fault))
        return fault

    return put


@caught_by("numbers_run_in_order")
def a_message_number_is_missing(d: Draft) -> None:
    d.mail[6]["message"] = 7


@caught_by("numbers_run_in_order")
def a_later_number_was_sent_earlier(d: Draft) -> None:
    d.mail[4]["sent_us"] = 1_200 * S


@caught_by("each_delivery_is_in_exactly_one_state")
def stored_without_an_instant(d: Draft) -> None:
    d.mail[0]["stored_us"] = -1


@caught_by("each_delivery_is_in_exactly_one_state")
def both_stored_and_bounced(d: Draft) -> None:
    d.mail[2]["stored_us"] = 3_000 * S


@caught_by("each_delivery_is_in_exactly_one_state")
def queued_but_ended(d: Draft) -> None:
    d.mail[4]["ended_us"] = 5_000 * S


@caught_by("each_delivery_is_in_exactly_one_state")
def stored_without_a_copy(d: Draft) -> None:
    d.mail[0]["copies"] = 0


@caught_by("each_delivery_is_in_exactly_one_state")
def rejected_after_acceptance(d: Draft) -> None:
    d.mail[3]["accepted_us"] = 1_500 * S


@caught_by("accepted_mail_never_vanishes")
def lost_without_a_fault_that_loses(d: Draft) -> None:
    d.mail[4].update(state=State.LOST, ended_us=3_000 * S)


@caught_by("accepted_mail_never_vanishes")
def lost_at_another_instant_than_the_crash(d: Draft) -> None:
    d.conditions.append(ConditionSpan("mx2", "mx2", "down, queue lost", 2_900 * S, 3_100 * S))
    d.mail[4].update(state=State.LOST, ended_us=3_000 * S)


@caught_by("who_is_down_does_nothing")
def worked_on_while_the_machine_was_off(d: Draft) -> None:
    t_us = d.row(4, Event.DEFERRED, "mx2")["t_us"]
    d.conditions.append(ConditionSpan("mx2", "mx2", "down, queue kept", t_us - S, t_us + S))


@caught_by("who_is_stuck_begins_nothing")
def tried_while_it_was_stuck(d: Draft) -> None:
    t_us = d.row(0, Event.TRIED, "isp")["t_us"]
    d.conditions.append(ConditionSpan("isp", "isp", "takes mail and keeps it", t_us, t_us + S))


@caught_by("accepted_mail_never_vanishes")
def queued_at_a_mail_program(d: Draft) -> None:
    d.mail[4]["holder"] = "ann"


@caught_by("accepted_mail_never_vanishes")
def stored_but_never_accepted(d: Draft) -> None:
    d.mail[0]["accepted_us"] = -1


@caught_by("instants_are_in_order")
def stored_before_it_was_accepted(d: Draft) -> None:
    d.mail[0]["accepted_us"] = 104 * S


@caught_by("instants_are_in_order")
def fetched_before_it_was_stored(d: Draft) -> None:
    d.mail[1]["fetched_us"] = 4_400 * S


@caught_by("instants_are_in_order")
def something_after_the_end(d: Draft) -> None:
    d.mail[5]["fetched_us"] = 8_000 * S


@caught_by("reports_go_to_the_sender_and_beget_none")
def a_report_with_a_sender(d: Draft) -> None:
    d.mail[6]["sender"] = "postmaster@example.com"


@caught_by("reports_go_to_the_sender_and_beget_none")
def mail_from_nobody_that_nobody_sends(d: Draft) -> None:
    d.mail[0]["sender"] = ""


@caught_by("reports_go_to_the_sender_and_beget_none")
def a_report_about_a_report(d: Draft) -> None:
    d.mail.append(deepcopy(d.mail[6]) | {"message": 7, "parent": 6})


@caught_by("reports_go_to_the_sender_and_beget_none")
def a_report_to_a_stranger(d: Draft) -> None:
    d.mail[6]["rcpt"] = "eve@example.org"


@caught_by("a_copy_has_the_sender_of_its_message")
def a_copy_from_somebody_else(d: Draft) -> None:
    d.mail[6].update(parent=-2 - 2, sender="eve@example.org", size=d.mail[2]["size"])


@caught_by("a_copy_has_the_sender_of_its_message")
def a_copy_that_no_alias_made(d: Draft) -> None:
    d.mail[6].update(parent=-2 - 2, sender=d.mail[2]["sender"], size=d.mail[2]["size"])


@caught_by("a_copy_has_the_sender_of_its_message")
def a_copy_of_what_comes_later(d: Draft) -> None:
    d.mail[6].update(parent=-2 - 6, sender=d.mail[6]["sender"])


@caught_by("whoever_bounces_tells_the_sender")
def bounced_and_nobody_told(d: Draft) -> None:
    del d.mail[6]
    d.rows = [r for r in d.rows if r["message"] != 6]
    d.row(2, Event.BOUNCED, "mx2")["value"] = -1


@caught_by("whoever_bounces_tells_the_sender")
def mail_with_a_sender_dropped(d: Draft) -> None:
    d.mail[2]["state"] = State.DISCARDED


@caught_by("a_settled_run_has_nothing_under_way")
def settled_with_mail_in_a_queue(d: Draft) -> None:
    d.end_reason = "settled"


@caught_by("a_wrong_password_opens_nothing")
def a_stranger_sends(d: Draft) -> None:
    d.mail[0]["origin"] = "eve"


@caught_by("time_never_runs_back")
def rows_out_of_order(d: Draft) -> None:
    d.rows[3], d.rows[9] = d.rows[9], d.rows[3]


@caught_by("time_never_runs_back")
def a_row_after_the_end(d: Draft) -> None:
    d.add(d.row(0, Event.FETCHED, "bob"), t_us=8_000 * S)


@caught_by("no_device_fetches_a_message_twice")
def fetched_again(d: Draft) -> None:
    d.add(d.row(0, Event.FETCHED, "bob"), t_us=7_000 * S)


@caught_by("nothing_succeeds_at_a_host_that_is_down")
def taken_by_a_silent_host(d: Draft) -> None:
    d.conditions = [ConditionSpan("mx1", "mx1", "silent", 90 * S, 4_200 * S)]


@caught_by("nothing_succeeds_at_a_host_that_is_down")
def stored_in_a_store_that_refuses(d: Draft) -> None:
    d.conditions.append(ConditionSpan("boxes", "boxes", "refused", 4_400 * S, 4_600 * S))


@caught_by("nothing_succeeds_at_a_host_that_is_down")
def taken_over_a_dead_link(d: Draft) -> None:
    d.conditions.append(ConditionSpan("link mx1-isp", "mx1-isp", "unreachable", 90 * S, 120 * S))


@caught_by("nothing_succeeds_at_a_host_that_is_down")
def taken_while_the_server_said_451(d: Draft) -> None:
    d.conditions.append(ConditionSpan("mx2", "mx2", "451 4.3.0 later at rcpt", 500 * S, 1_500 * S))


@caught_by("only_a_holder_acts")
def tried_by_who_never_had_it(d: Draft) -> None:
    d.row(0, Event.TRIED, "isp")["node"] = "mx2"


@caught_by("only_a_holder_acts")
def deferred_after_it_was_handed_over(d: Draft) -> None:
    d.add(d.row(1, Event.DEFERRED, "mx2"), t_us=4_600 * S, value=5_000 * S)


@caught_by("only_a_holder_acts")
def tried_after_the_bounce(d: Draft) -> None:
    d.add(d.row(2, Event.TRIED, "mx2", 1), t_us=4_300 * S, attempt=3)


@caught_by("attempts_are_counted")
def an_attempt_is_skipped(d: Draft) -> None:
    d.row(1, Event.TRIED, "mx2", 1)["attempt"] = 3


@caught_by("attempts_are_counted")
def an_attempt_is_numbered_backwards(d: Draft) -> None:
    d.row(1, Event.TRIED, "mx2", 0)["attempt"] = 2


@caught_by("attempts_are_counted")
def due_in_the_past(d: Draft) -> None:
    d.row(4, Event.DEFERRED, "mx2")["value"] = 2_000 * S


@caught_by("attempts_are_counted")
def active_before_it_was_due(d: Draft) -> None:
    d.row(1, Event.DEFERRED, "mx2")["value"] = 4_501 * S


@caught_by("rows_and_table_tell_the_same")
def stored_twice_but_one_copy(d: Draft) -> None:
    d.add(d.row(0, Event.STORED, "boxes"), t_us=105 * S)


@caught_by("rows_and_table_tell_the_same")
def fetched_in_the_table_only(d: Draft) -> None:
    d.mail[5]["fetched_us"] = 6_000 * S


@caught_by("rows_and_table_tell_the_same")
def rejected_in_the_table_only(d: Draft) -> None:
    d.rows.remove(d.row(3, Event.REJECTED, "ann"))


@caught_by("a_bounce_row_names_its_report")
def a_bounce_names_another_message(d: Draft) -> None:
    d.row(2, Event.BOUNCED, "mx2")["value"] = 5


@caught_by("a_bounce_row_names_its_report")
def a_report_is_returned(d: Draft) -> None:
    d.add(d.row(2, Event.BOUNCED, "mx2"), message=6, t_us=4_001 * S, value=-1)


@caught_by("who_hands_over_is_taken_from")
def handed_over_to_nobody(d: Draft) -> None:
    d.rows.remove(d.row(0, Event.ACCEPTED, "mx1"))


@caught_by("a_cached_answer_ends_with_its_ttl")
def a_cached_answer_outlives_its_ttl(d: Draft) -> None:
    first, second = d.row(0, Event.LOOKED_UP, "isp"), d.row(5, Event.LOOKED_UP, "isp")
    first.update(why=Why.FROM_SERVER, extra="10 mx1 (TTL 3600)")
    second.update(why=Why.FROM_CACHE, extra="10 mx1 (TTL 3600)")


@caught_by("better_hosts_are_tried_first")
def the_backup_is_tried_first(d: Draft) -> None:
    d.row(0, Event.LOOKED_UP, "isp")["attempt"] = 1
    tried = d.row(0, Event.TRIED, "isp")
    tried["peer"] = "mx2.example.com"
    d.add(tried, peer="mx1.example.com", t_us=101_500_000)


@caught_by("better_hosts_are_tried_first")
def the_primary_is_left_out(d: Draft) -> None:
    looked_up = d.row(0, Event.LOOKED_UP, "isp")
    looked_up["attempt"] = 1
    d.row(0, Event.TRIED, "isp").update(t_us=101_500_000, peer="mx2.example.com")
    d.add(looked_up, peer="mx1.example.com", detail=1, extra="192.0.2.10 (TTL 3600)")
    d.rows.sort(key=lambda r: r["t_us"])


@caught_by("queue_scans_keep_their_phase")
def a_date_off_the_grid(d: Draft) -> None:
    d.row(4, Event.DEFERRED, "mx2")["value"] += S


@caught_by("mail_expires_when_it_is_too_old")
def deferred_beyond_the_lifetime(d: Draft) -> None:
    d.row(2, Event.EXPIRED, "mx2")["kind"] = Event.DEFERRED


@caught_by("mail_expires_when_it_is_too_old")
def expired_too_early(d: Draft) -> None:
    d.row(2, Event.EXPIRED, "mx2")["t_us"] = 3_400 * S


@caught_by("no_contact_fails_without_a_cause")
def silent_for_no_reason(d: Draft) -> None:
    d.conditions = []


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=[fault.__name__ for _, fault in FAULTS])
def test_a_seeded_fault_is_caught_by_the_checker_meant_for_it(name: str, fault: Fault) -> None:
    draft = Draft()
    fault(draft)
    found = violations(draft.log(), SCENARIO)
    assert [text for text in found if text.startswith(name + ": ")], f"not caught; others said: {found}"


def test_a_clean_log_passes_every_checker() -> None:
    assert violations(Draft().log(), SCENARIO) == []


def test_a_log_without_event_rows_passes_every_checker() -> None:
    assert violations(outage_log(level="messages"), SCENARIO) == []


def test_mail_from_the_null_sender_is_no_report_where_somebody_sends_it() -> None:
    draft = Draft()
    mail_from_nobody_that_nobody_sends(draft)
    answering = SimpleNamespace(**{**vars(SCENARIO), "traffic": (SimpleNamespace(null_sender=True),)})
    assert not [text for text in violations(draft.log(), answering) if text.startswith("reports_go_to")]


def test_every_checker_has_caught_a_seeded_fault() -> None:
    here = {checker.__name__ for checker in CHECKS if checker.__module__ != "report_checkers"}  # those: test_report_checkers
    assert here == {name for name, _ in FAULTS}


def test_check_raises_with_the_violations() -> None:
    draft = Draft()
    both_stored_and_bounced(draft)
    with pytest.raises(AssertionError, match=r"each_delivery_is_in_exactly_one_state: message 2 to bob@example\.com: BOUNCED"):
        check(SimpleNamespace(log=draft.log(), scenario=SCENARIO))
    check(SimpleNamespace(log=Draft().log(), scenario=SCENARIO))
