"""A message's life in an MTA: deferral, expiry, reports, copies, final delivery; Exim's host records in queue runs."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
EXIM: dict[str, Any] = {"flavour": "exim", "scan_phase": "0s"}
BOXES = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {}, "eve@example.com": {}}}
STORED = {"mx1": {**FINAL, "store": "boxes"}, "boxes": BOXES}
WITH_STORE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
MIN, HOUR, DAY = 60, 3600, 86400


# -- deferral and expiry -----------------------------------------------------------------------------------------------


def test_postfix_retries_at_the_scans_after_the_age_has_doubled() -> None:
    """0 5 10 20 40 80 150 220 min: taken by the server at the first scan after an outage of 3 h."""
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="3h"),)))
    assert [t for t, _, _ in result.tries()] == [0.55, *(minutes * MIN for minutes in (5, 10, 20, 40, 80, 150, 220))]
    assert result.delivery().stored_us == 220 * MIN * S + 450_000
    assert result.delivery().tries == 8


def test_an_outage_that_ends_at_the_very_instant_of_a_retry_is_over() -> None:
    """The SYN is at the server 0.05 s after the scan at 10 min; intervals exclude their end."""
    on_time = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="600050ms"),)))
    assert on_time.delivery().stored_us == 600_450_000
    late = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="600051ms"),)))
    assert late.delivery().stored_us == 1_200_450_000


def test_mail_expires_at_the_first_failed_attempt_beyond_its_lifetime_and_its_sender_is_told() -> None:
    """Lifetime 1 h: the attempt at 40 min is too early, that at 80 min is the last one."""
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused"),), isp={"queue_lifetime": "1h"}))
    message, report = result.delivery(), result.reports()[0]
    assert (message.state, message.why, message.ended_us) == (State.BOUNCED, Why.LIFETIME_OVER, 80 * MIN * S + 100_000)
    assert (report.sender, report.rcpt, report.state, report.stored_us) == ("", "ann@example.org", State.STORED, message.ended_us)
    assert [row.why for row in result.of(Event.EXPIRED)] == [Why.REFUSED]


def test_an_outage_that_ends_before_the_last_attempt_bounces_nothing() -> None:
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="79m"),), isp={"queue_lifetime": "1h"}))
    assert result.state() == State.STORED
    assert result.reports() == []


def test_a_delay_notice_goes_out_at_the_first_failure_after_its_time_and_only_once() -> None:
    figures = {"delay_notice": "15m"}
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="2h"),), isp={"parameters": figures}))
    assert result.at(Event.DELAY_NOTICED) == [1200.1]  # tried at 0, 5, 10, 20 min
    assert [report.state for report in result.reports()] == [State.STORED]
    assert result.state() == State.STORED


# -- reports -----------------------------------------------------------------------------------------------------------

AWAY = """$ORIGIN example.org.
@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@    3600 IN NS  ns1
@    3600 IN MX  10 home
ns1  3600 IN A   203.0.113.53
home 3600 IN A   203.0.113.26
mail 3600 IN A   203.0.113.25
"""


def returning(*faults: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Mail to a domain that takes none; the report has to travel from ``isp`` to another server of ann's own domain."""
    home = {**MTA, "host": "home.example.org", "final_for": ["example.org"]}
    values = world(com("@ MX 0 ."), {"home": home}, faults=faults, isp={"final_for": []}, **more)
    return {**values, "zones": [values["zones"][0], AWAY]}


def test_a_report_travels_through_the_same_network() -> None:
    result = run(returning())
    report = result.reports()[0]
    assert (report.sent_us, report.accepted_us, report.stored_us) == (550_000, 550_000, 1_000_000)
    assert (report.origin, report.sender, report.rcpt) == ("isp", "", "ann@example.org")


def test_a_report_waits_for_a_server_that_is_down() -> None:
    result = run(returning(outage("home", "0s", how="refused", length="7m")))
    assert result.reports()[0].stored_us == 600_450_000


def test_no_report_is_made_about_a_report() -> None:
    """RFC 5321 section 4.5.5: refused for good, it is dropped."""
    result = run(returning(outage("home", "0s", how="5xx")))
    report = result.reports()[0]
    assert (report.state, report.ended_us) == (State.DISCARDED, 950_000)
    assert len(result.deliveries) == 2
    assert [row.why for row in result.of(Event.DISCARDED)] == [Why.NULL_SENDER]


def test_a_report_has_a_lifetime_of_its_own() -> None:
    """bounce_queue_lifetime 30 min: dropped at the attempt at 40 min."""
    values = returning(outage("home", "0s", how="refused"))
    values["nodes"]["isp"]["parameters"]["bounce_lifetime"] = "30m"
    result = run(values)
    assert result.reports()[0].ended_us == 40 * MIN * S + 100_000
    assert result.log.end_reason == "settled"


# -- copies ------------------------------------------------------------------------------------------------------------


def test_a_lost_250_makes_a_second_copy_after_the_normal_retry_time() -> None:
    """Recorded of all MTAs.  Taken at 1.0 s; the host is silent from 1.01 s on, so the reply never arrives.

    The client waits 600 s for it, sent at 0.95 s, until 600.95 s; the message is 600 s old then and waits 600 s more, for
    the scan at 1200 s.
    """
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "1010ms", length="15m"),)))
    message = result.delivery()
    assert (message.state, message.copies, message.stored_us, message.relayed_us) == (State.STORED, 2, 1_000_000, 1_000_000)
    assert result.tries() == [(0.55, "mx1", Why.REPLY_LOST), (1200.0, "mx1", Why.OK)]
    assert result.at(Event.STORED) == [1.0, 1200.45]
    assert result.log.end_reason == "settled"


def test_a_copy_that_can_no_longer_be_delivered_bounces_though_the_first_one_arrived() -> None:
    """What the sender is told is wrong, but no MTA can know it (RFC 1047): stored, and a report about it."""
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "1010ms"),), isp={"queue_lifetime": "1h"}))
    message = result.delivery()
    assert (message.state, message.copies) == (State.STORED, 1)
    assert [report.state for report in result.reports()] == [State.STORED]


@pytest.mark.parametrize("store", [{}, {"store": "boxes"}])
def test_a_copy_that_arrives_after_the_other_one_bounced_is_stored_all_the_same(store: dict[str, str]) -> None:
    """isp gives its copy up after an hour; the backup has the other one since 1.1 s and keeps to its own schedule.

    mx1 refuses until 3 h; the link between isp and mx2 is cut from 1.12 s on, before the 250 is back.  The backup's attempts
    fall on 5 10 20 40 80 150 220 min.
    """
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    boxes = {"kind": "mailstore", "host": "mx1.example.com", "mailboxes": {"bob@example.com": {}}}
    nodes = {"mx1": {**FINAL, **store}, "boxes": boxes, "mx2": {**MTA, "relays_for": ["example.com"]}}
    faults = (outage("mx1", "0s", how="refused", length="3h"), outage("link isp-mx2", "1120ms"))
    result = run(world(zone, nodes, faults=faults, isp={"queue_lifetime": "1h"}))
    message = result.delivery()
    assert (message.state, message.copies, message.ended_us) == (State.STORED, 1, -1)
    assert message.stored_us == 220 * MIN * S + 450_000
    assert [report.state for report in result.reports()] == [State.STORED]
    assert result.log.end_reason == "settled"


def test_a_message_that_bounced_stays_bounced_while_another_copy_of_it_is_still_under_way() -> None:
    """As above, but at 4 h the copy lies in mx1, whose mail store is down: its sender was told, its reader has nothing."""
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", "imap A 192.0.2.3")
    nodes = {**STORED, "mx2": {**MTA, "relays_for": ["example.com"]}}
    faults = (
        outage("mx1", "0s", how="refused", length="3h"),
        outage("boxes", "0s", how="refused", length="5h"),
        outage("link isp-mx2", "1120ms"),
    )
    result = run(world(zone, nodes, faults=faults, isp={"queue_lifetime": "1h"}, run_until="4h"))
    assert result.of(Event.ACCEPTED, node="mx1") != []
    assert result.state() == State.BOUNCED
    assert run(world(zone, nodes, faults=faults, isp={"queue_lifetime": "1h"})).state() == State.STORED


# -- a service that does not run ---------------------------------------------------------------------------------------


def test_a_stopped_service_does_no_queue_work() -> None:
    """The backup spools; it is stopped from 4 to 17 min and misses the scans at 5, 10 and 15; it goes on when it runs again."""
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    nodes = {"mx1": FINAL, "mx2": {**MTA, "relays_for": ["example.com"]}}
    faults = (outage("mx1", "0s", how="refused", length="8m"), outage("mx2", "4m", how="refused", length="13m"))
    result = run(world(zone, nodes, faults=faults))
    assert [t for t, _, _ in result.tries("mx2")] == [1.1, 1020.0]
    assert result.delivery().stored_us == 1_020_450_000


def test_a_silent_host_goes_on_working_and_finds_everybody_silent() -> None:
    """Its cable is out: from 4 to 17 min each of its attempts costs a connect timeout of 30 s."""
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    nodes = {"mx1": FINAL, "mx2": {**MTA, "relays_for": ["example.com"], "resolver": "near"}, "near": {"kind": "resolver"}}
    values = world(zone, nodes, faults=(outage("mx1", "0s", how="refused", length="8m"), outage("mx2", "4m", length="13m")))
    values["defaults"] = {"resolver": "dns"}
    result = run(values)
    during = [why for t, _, why in result.tries("mx2") if 240 <= t < 1020]
    assert during == [] or set(during) == {Why.SILENT}
    assert result.state() == State.STORED


# -- final delivery ----------------------------------------------------------------------------------------------------


def test_a_working_mx_takes_mail_for_a_mail_store_that_is_down_and_tries_on_its_own_schedule() -> None:
    """Accepted at 1.0 s; the store refuses until 12 min: tried at 1.0 s and at the scans of 5, 10 and 20 min.

    LMTP costs five round trips too, so it is stored 0.45 s later.
    """
    result = run(world(WITH_STORE, STORED, faults=(outage("boxes", "0s", how="refused", length="12m"),)))
    assert [(t, why) for t, _, why in result.tries("mx1")] == [
        (1.0, Why.REFUSED), (300.0, Why.REFUSED), (600.0, Why.REFUSED), (1200.0, Why.OK),
    ]  # fmt: skip
    assert result.delivery().relayed_us == 1_000_000
    assert result.delivery().stored_us == 1_200_450_000
    assert result.reports() == []


def test_a_store_that_stays_down_makes_the_mx_return_the_mail() -> None:
    nodes = {**STORED, "mx1": {**STORED["mx1"], "queue_lifetime": "15m"}}
    result = run(world(WITH_STORE, nodes, faults=(outage("boxes", "0s", how="refused"),)))
    assert (result.state(), result.delivery().ended_us) == (State.BOUNCED, 1_200_100_000)
    assert [report.origin for report in result.reports()] == ["mx1"]


def test_a_full_mailbox_refuses_for_good() -> None:
    boxes = {**BOXES, "mailboxes": {"bob@example.com": {"quota": "25 kB"}}}
    result = run(world(WITH_STORE, {**STORED, "boxes": boxes}, times=("0s", "1m", "2m")))
    assert [result.state(k) for k in range(3)] == [State.STORED, State.STORED, State.BOUNCED]


def test_exim_forgets_the_failures_of_a_mail_store_that_took_mail_again() -> None:
    """Down for 10 min, then, three days later, again: the second time counts from its own beginning, every 30 min at first."""
    nodes = {**STORED, "mx1": {**STORED["mx1"], **EXIM}}
    faults = (outage("boxes", "0s", how="refused", length="10m"), outage("boxes", "72h", how="refused", length="100m"))
    result = run(world(WITH_STORE, nodes, times=("0s", "73h"), faults=faults))
    assert [t for t, _, _ in result.tries("mx1", number=0)] == [1.0, 1800.0]
    assert [t - 73 * HOUR for t, _, _ in result.tries("mx1", number=1)] == [1.0, 1800.0, 3600.0]


# -- Exim's host records -----------------------------------------------------------------------------------------------


def test_exims_messages_share_the_record_of_a_dead_host_and_one_run_carries_them_all_afterwards() -> None:
    """mx1 refuses until 40 min; queue runs at 30 and 60 min, in a random order.

    Three messages at 0, 1 and 2 min: the first one fails at 0.65 s, so the others are deferred without a connection (retry
    time 15 min).  At 30 min one fails again and those after it wait; at 60 min all go, one after the other.
    """
    result = run(world(ONE, {"mx1": FINAL}, times=("0s", "1m", "2m"), isp=EXIM, faults=(outage("mx1", "0s", how="refused", length="40m"),)))
    assert [t for t, _, _ in result.tries()] == [0.55, 1800.0, 3600.0, 3600.45, 3600.9]
    reasons = [row.why for row in result.of(Event.DEFERRED)]
    assert reasons[:3] == [Why.REFUSED, Why.HOST_RETRY_TIME, Why.HOST_RETRY_TIME]
    assert sorted(reasons[3:]) == [Why.REFUSED, Why.HOST_RETRY_TIME, Why.HOST_RETRY_TIME]
    assert sorted(result.delivery(k).stored_us / S for k in range(3)) == [3600.45, 3600.9, 3601.35]


def test_a_burst_of_exim_tries_once_with_each_message_and_then_once_a_run() -> None:
    """Recorded: every message tries once in parallel, afterwards one try per interval."""
    result = run(world(ONE, {"mx1": FINAL}, times=("0s",) * 20, isp=EXIM, faults=(outage("mx1", "0s", how="refused", length="40m"),)))
    times = [t for t, _, _ in result.tries()]
    assert times[:20] == [0.55] * 20
    assert times[20:22] == [1800.0, 3600.0]
    assert {d.state for d in result.deliveries} == {State.STORED}


def test_new_mail_through_a_host_that_came_back_takes_along_what_waited() -> None:
    """Two old messages wait for the run at 30 min; at 20 min the host is back and a new message gets through."""
    faults = (outage("mx1", "0s", how="refused", length="19m"),)
    result = run(world(ONE, {"mx1": FINAL}, times=("0s", "1m", "20m"), isp=EXIM, faults=faults))
    assert result.tries(number=2) == [(1200.55, "mx1", Why.OK)]
    assert result.delivery(2).stored_us == 1_201_000_000
    assert [result.delivery(k).stored_us / S for k in range(2)] == [1201.5, 1201.95]


def test_what_waited_goes_along_even_where_one_recipient_of_the_new_mail_is_refused() -> None:
    values = world(WITH_STORE, STORED, times=("0s",), isp=EXIM, faults=(outage("mx1", "0s", how="refused", length="19m"),))
    new = {"kind": "at", "from": "ann@example.org", "to": ["bob@example.com", "nobody@example.com"], "times": ["20m"], "size": "10 kB"}
    result = run({**values, "traffic": [*values["traffic"], new]})
    assert result.state(0) == State.STORED
    assert result.delivery(0).stored_us < 1300 * S
    assert result.log.end_reason == "settled"


def test_exim_returns_new_mail_at_once_to_a_host_that_failed_for_longer_than_the_rule() -> None:
    """Recorded: bounced without connecting.

    The first message fails for good at the first queue run after four days (it was taken at 0.55 s, so 96.5 h); the host
    rests for 6 h more, in which the second message (97 h) comes.
    """
    result = run(world(ONE, {"mx1": FINAL}, times=("0s", "97h"), isp=EXIM, faults=(outage("mx1", "0s", how="refused"),)))
    assert (result.state(0), result.delivery(0).ended_us) == (State.BOUNCED, int(96.5 * HOUR) * S + 100_000)
    assert result.tries(number=1) == []
    assert (result.state(1), result.delivery(1).why) == (State.BOUNCED, Why.HOST_LONG_DEAD)
    assert result.delivery(1).ended_us == 97 * HOUR * S + 550_000


def test_a_4xx_to_a_recipient_puts_off_only_that_message() -> None:
    """Exim keeps such failures per message and address: the second message tries by itself."""
    fault = outage("mx1", "0s", how="4xx", stage="rcpt", length="10m")
    result = run(world(ONE, {"mx1": FINAL}, times=("0s", "1m"), isp=EXIM, faults=(fault,)))
    first, second = ([t for t, _, _ in result.tries(number=k)] for k in (0, 1))
    assert (first[0], second[0]) == (0.55, 60.55)
    assert sorted([*first[1:], *second[1:]]) == [1800.0, 1800.45]  # in one queue run, in a random order


@pytest.mark.parametrize("flavour", ["postfix", "exim"])
def test_the_number_of_tries_is_that_of_the_attempts_that_called_somebody(flavour: str) -> None:
    faults = (outage("mx1", "0s", how="refused", length="40m"),)
    result = run(world(ONE, {"mx1": FINAL}, times=("0s",) * 12, isp={"flavour": flavour, "scan_phase": "0s"}, faults=faults))
    for number in range(12):
        assert result.delivery(number).tries == len(result.tries(number=number))


def test_what_exim_freezes_is_left_alone_until_it_is_returned_after_7_days() -> None:
    """configure.default ``timeout_frozen_after = 7d``; in the queue since 0.55 s, so at the queue run half an hour after the 7 d."""
    result = run(world(com("@ MX 10 mail.example.org."), {}, isp=EXIM, run_until="8d"))
    assert result.at(Event.DEFERRED, node="isp", number=0) == [0.55]
    assert (result.state(), result.delivery().ended_us) == (State.BOUNCED, (7 * 86400 + 1800) * S)
    early = run(world(com("@ MX 10 mail.example.org."), {}, isp=EXIM, run_until="6d"))
    assert (early.state(), early.delivery().why) == (State.QUEUED, Why.MX_SELF)
