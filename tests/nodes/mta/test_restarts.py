"""Crashes and restarts of an MTA: what is under way, what is due, what is lost; instants in seconds, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import mailsim
from checkers import violations
from mailsim.engine import simulate
from mailsim.events import Event, State
from mailsim.nodes.mta.restarts import turns
from mailsim.results.queues import queue_changes
from mailsim.rules.conditions import Condition, Span, Timeline
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, ORG, S, com, outage, run, world
from strategies import failing_servers

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
TWO = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
BACKUP: dict[str, Any] = {**MTA, "relays_for": ["example.com"]}
FLAVOURS = ("postfix", "exim", "sendmail", "opensmtpd", "courier")


def crash(target: str, start: str, length: str, queue: str = "kept") -> dict[str, Any]:
    """A crash."""
    return {"kind": "crash", "target": target, "start": start, "length": length, "queue": queue}


def restart(target: str, start: str, length: str = "5s") -> dict[str, Any]:
    """A restart of the service."""
    return {"kind": "restart", "target": target, "start": start, "length": length}


# -- when a machine goes down and comes up -----------------------------------------------------------------------------


def test_faults_that_touch_are_one_time_down_and_a_queue_is_lost_where_that_is_said() -> None:
    kept, lost = Condition(restarts=True), Condition(restarts=True, loses_queue=True)
    assert turns(Timeline([Span(5, 9, kept), Span(9, 12, lost), Span(20, 30, lost), Span(40, 50, Condition(idle=True))])) == [
        (5, True, False, 12), (9, True, True, 12), (12, False, False, 12), (20, True, True, 30), (30, False, False, 30),
    ]  # fmt: skip
    assert turns(Timeline()) == []


# -- a sender's MTA that goes down -------------------------------------------------------------------------------------


def test_postfix_tries_what_became_due_at_once_and_scans_each_300_s_from_its_start_on() -> None:
    """Due at 600 s, down from 360 s to 3977 s.  Then 3976.5 s old, so due at 7953.6 s: scans at 3977 + 300 k, first 8177 s."""
    faults = (outage("mx1", "0s", how="refused", length="2h"), crash("isp", "360s", "3617s"))
    result = run(world(ONE, {"mx1": FINAL}, faults=faults))
    assert [t for t, _, _ in result.tries()] == [0.55, 300, 3977, 8177]
    assert result.delivery().stored_us == 8_177_450_000


def test_mail_that_is_not_due_at_the_start_waits_for_its_time() -> None:
    """Tried at 0.55, 300, 600, 1200 s, so due at 2400 s; a crash from 1300 s to 1310 s moves that to 1310 + 4 x 300 = 2510 s."""
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="40m"), crash("isp", "1300s", "10s"))))
    assert [t for t, _, _ in result.tries()] == [0.55, 300, 600, 1200, 2510]


@pytest.mark.parametrize(
    ("flavour", "instants"),
    [
        # a record is due 900 s after the failure at 0.65 s; the queue run at the start, 1450 s, finds it so; then 2350 s: run at 3250 s
        ("exim", [0.55, 1450, 3250]),
        # each queue run takes all: at the start, then each 30 min from there
        ("sendmail", [0.55, 1450, 3250]),
        # due 400 s after it was taken, that was missed; then 1600 s after it was taken
        ("opensmtpd", [0.55, 400.55, 1600.55]),
    ],
)
def test_each_program_runs_its_queue_when_it_starts(flavour: str, instants: list[float]) -> None:
    """Down from 1200 s to 1450 s, the next server from 0 s to 3000 s (OpenSMTPD: 1000 s)."""
    down = "1000s" if flavour == "opensmtpd" else "3000s"
    faults = (outage("mx1", "0s", how="refused", length=down), crash("isp", "1200s", "250s"))
    result = run(world(ONE, {"mx1": FINAL}, faults=faults, isp={"flavour": flavour}))
    assert [round(t, 2) for t, _, _ in result.tries()] == pytest.approx(instants, abs=1.0)
    assert result.state() == State.STORED


@pytest.mark.parametrize(("flavour", "due"), [("opensmtpd", 400), ("courier", 300)])
def test_programs_without_queue_runs_try_what_became_due_when_they_start(flavour: str, due: int) -> None:
    """Due at some 300 or 400 s, down from 290 s to 500 s; the next server is back at 450 s."""
    faults = (outage("mx1", "0s", how="refused", length="450s"), crash("isp", "290s", "210s"))
    result = run(world(ONE, {"mx1": FINAL}, faults=faults, isp={"flavour": flavour}))
    first, second = (t for t, _, _ in result.tries())
    assert first < 2
    assert 500 <= second < 501
    without = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="250s"),), isp={"flavour": flavour}))
    assert without.tries()[1][0] == pytest.approx(due, abs=3)


def test_a_session_of_its_own_ends_where_it_goes_down_and_begins_again_at_the_start() -> None:
    """The attempt of 600 s would time out at 630 s; down from 610 s to 670 s.  Tried at 670 s, over at 700 s, then 699.45 s old: due
    at 1399.45 s, scanned at 670 + 3 x 300 = 1570 s."""
    faults = (outage("mx1", "0s", length="1500s"), crash("isp", "610s", "60s"))
    result = run(world(ONE, {"mx1": FINAL}, faults=faults))
    assert result.tries() == [
        (0.55, "mx1", Why.SILENT), (600, "mx1", Why.WENT_DOWN), (670, "mx1", Why.SILENT), (1570, "mx1", Why.OK),
    ]  # fmt: skip
    assert [row.value for row in result.of(Event.TRIED)][:2] == [30 * S, 10 * S]
    assert [(row.t_us, row.why, row.value) for row in result.of(Event.DEFERRED)][1] == (610 * S, Why.WENT_DOWN, 670 * S)


@pytest.mark.parametrize(
    ("instant", "queue", "stored", "copies"),
    [
        ("990ms", "kept", 61.44, 1),  # the message would be there at 1.00 s: nobody has it, sent again at 60.99 s
        ("1020ms", "kept", 1.0, 2),  # taken at 1.00 s; its 250 would be here at 1.05 s: sent again at 61.02 s
        ("1020ms", "lost", 1.0, 1),  # taken there, lost here
        ("1060ms", "lost", 1.0, 1),  # the 250 is here: nothing left to lose
    ],
)
def test_what_the_next_hop_has_taken_survives(instant: str, queue: str, stored: float, copies: int) -> None:
    result = run(world(ONE, {"mx1": FINAL}, faults=(crash("isp", instant, "60s", queue),)))
    assert (result.state(), result.delivery().stored_us / S, result.delivery().copies) == (State.STORED, stored, copies)
    assert result.at(Event.LOST) == ([1.02] if (instant, queue) == ("1020ms", "lost") else [])
    if copies == 2:
        assert result.at(Event.STORED) == [1.0, 61.47]


def test_what_nobody_else_has_is_lost_with_the_queue_and_nobody_is_told() -> None:
    result = run(world(ONE, {"mx1": FINAL}, faults=(crash("isp", "990ms", "60s", "lost"),)))
    assert (result.state(), result.delivery().ended_us, result.delivery().why) == (State.LOST, 990_000, Why.QUEUE_LOST)
    assert result.reports() == []


# -- a backup that goes down ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("queue", ["kept", "lost"])
def test_a_backup_that_crashes_keeps_or_loses_what_it_held_for_the_primary(queue: str) -> None:
    """The primary is away until 2 h, the backup from 1 h to 1 h 10 min; mail of 10 s is with the backup, mail of 65 min with nobody.

    The backup has the mail at 41 s (10.55 s, 30 s for the dead primary, 0.45 s) and tries in vain at 41, 600, 1500, 3300 s, each for
    30 s.  Then it is 3289 s old and due at 3330 + 3289 - 1 = 6618 s: at the scan of 4200 + 9 x 300 = 6900 s after its start.  The next
    one is due 4000 s after 6930 s, so at 4200 + 23 x 300 = 11100 s.
    """
    faults = (outage("mx1", "0s", length="2h"), crash("mx2", "1h", "10m", queue))
    result = run(world(TWO, {"mx1": FINAL, "mx2": BACKUP}, times=("10s", "65m"), faults=faults))
    first, second = result.delivery(0), result.delivery(1)
    if queue == "lost":
        assert (first.state, first.ended_us, first.holder) == (State.LOST, 3600 * S, "mx2")
        assert (first.relayed_us, result.reports(0)) == (41_000_000, [])  # 10.55 + 30 + 0.45
    else:
        assert (first.state, first.stored_us) == (State.STORED, 11_100_450_000)
        assert [t for t, _, _ in result.tries("mx2", 0)] == [41, 600, 1500, 3300, 6900, 11100]
    assert second.state == State.STORED


@pytest.mark.parametrize(("queue", "depths"), [("kept", [1, 1, 1]), ("lost", [1, 0, 0])])
def test_the_depth_of_a_queue_tells_what_the_machine_holds(queue: str, depths: list[int]) -> None:
    """One message with the backup from 41 s on; before, during and after its time down, from 1 h to 1 h 10 min."""
    faults = (outage("mx1", "0s", length="2h"), crash("mx2", "1h", "10m", queue))
    log = run(world(TWO, {"mx1": FINAL, "mx2": BACKUP}, times=("10s",), faults=faults)).log
    changes = queue_changes(log).at_node(log.names.index("mx2"))
    at = [int(changes.depth[changes.t_us <= second * S][-1]) for second in (3599, 3601, 4201)]
    assert at == depths


def test_a_report_that_is_still_in_the_queue_is_lost_as_well() -> None:
    """No server takes mail for example.com, so the mail is returned; ann's own server is away, the report waits at isp."""
    away = ORG.replace("@    3600 IN MX  10 mail", "@    3600 IN MX  10 home\nhome 3600 IN A 203.0.113.26")
    home = {**MTA, "host": "home.example.org", "final_for": ["example.org"]}
    values = world(com("@ MX 0 ."), {"home": home}, isp={"final_for": []}, faults=(outage("home", "0s"), crash("isp", "1h", "10m", "lost")))
    result = run({**values, "zones": [values["zones"][0], away]})
    (report,) = result.reports()
    assert result.state() == State.BOUNCED
    assert (report.state, report.ended_us) == (State.LOST, 3600 * S)


# -- a server that goes down while others send -----------------------------------------------------------------------------


def test_a_crashed_server_knows_nothing_of_its_old_connections_and_a_cut_off_one_does() -> None:
    """MAIL, RCPT and DATA are at mx1 at 0.90 s, when it goes away for 10 s; they are sent again 0.2, 0.6, ... 6.2, 12.6 s later.

    Cut off: the session goes on at 13.5 s, its end is there at 13.6 s.  Crashed: a reset at 13.5 s, seen at 13.55 s; tried again at the
    scan of 600 s.
    """
    cut_off = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "900ms", length="10s"),)))
    assert cut_off.delivery().stored_us == 13_600_000
    crashed = run(world(ONE, {"mx1": FINAL}, faults=(crash("mx1", "900ms", "10s"),)))
    assert crashed.tries() == [(0.55, "mx1", Why.CLOSED), (600, "mx1", Why.OK)]
    assert crashed.of(Event.TRIED)[0].value == 13_000_000


def test_a_server_that_goes_down_before_it_is_done_with_a_message_has_not_taken_it() -> None:
    """The body is there at 1.00 s, taking it costs 5 s; down from 3 s for 20 s: the client waits 600 s for the reply to its dot, sent
    at 0.95 s, and has heard nothing at 600.95 s; 600 s old, so due at 600 + 600 - 1 = 1199 s, at the scan of 1200 s."""
    slow = {**FINAL, "parameters": {**MTA["parameters"], "server_time": "5s"}}
    result = run(world(ONE, {"mx1": slow}, faults=(crash("mx1", "3s", "20s"),)))
    assert result.tries() == [(0.55, "mx1", Why.REPLY_TIMEOUT), (1200, "mx1", Why.OK)]
    assert result.delivery().copies == 1


def test_all_nodes_of_a_crashed_machine_are_off_even_for_each_other() -> None:
    """The store is on the machine of mx1: a crash of the store from 0.5 s to 10 min 0.5 s takes both away."""
    boxes = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {}}}
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.1")
    nodes = {"mx1": {**FINAL, "store": "boxes"}, "boxes": boxes}
    faults = (crash("boxes", "500ms", "10m"),)
    result = run(world(zone, nodes, faults=faults))
    assert {span.node for span in result.log.conditions} == {"mx1", "boxes"}
    assert result.delivery().stored_us > 600 * S


# -- a service that is stopped and started ------------------------------------------------------------------------------------


def test_a_stopped_service_ends_its_sessions_and_refuses_new_ones() -> None:
    """The end of the data is there at 1.00 s, in the 5 s from 0.92 s: reset at 1.05 s, due at 1 + 300 - 1 s, at the scan of 300 s.
    Mail of 2 s is refused at 2.65 s, due at 2 + 300 - 1 s, at the scan of 600 s."""
    result = run(world(ONE, {"mx1": FINAL}, times=("0s", "2s"), faults=(restart("mx1", "920ms"),)))
    assert result.tries(number=0) == [(0.55, "mx1", Why.CLOSED), (300, "mx1", Why.OK)]
    assert result.tries(number=1) == [(2.55, "mx1", Why.REFUSED), (600, "mx1", Why.OK)]


def test_a_start_of_the_service_is_a_queue_run() -> None:
    """Refused at 10.65 s, due at 10 + 300 - 1 = 309 s, scanned at 600 s by the old queue manager; the new one starts at 315 s."""
    down = outage("mx1", "0s", how="refused", length="2m")
    assert [t for t, _, _ in run(world(ONE, {"mx1": FINAL}, times=("10s",), faults=(down,))).tries()] == [10.55, 600]
    result = run(world(ONE, {"mx1": FINAL}, times=("10s",), faults=(down, restart("isp", "310s"))))
    assert [t for t, _, _ in result.tries()] == [10.55, 315]


@pytest.mark.parametrize("queue", ["kept", "lost"])
def test_what_an_alias_sent_on_before_its_server_went_down_is_sent_on_once(queue: str) -> None:
    """mx1 has the mail and its copy at 1.00 s; down from 1 h to 1 h 10 min.  The second message, at 2 h, is as the first."""
    mx1 = {**FINAL, "aliases": {"info@example.com": ["bob@example.com"]}}
    values = world(ONE, {"mx1": mx1}, to="info@example.com", times=("0s", "2h"), faults=(crash("mx1", "1h", "10m", queue),))
    result = run(values)
    assert [(d.rcpt[:4], d.copies, d.stored_us) for d in result.deliveries] == [
        ("info", 1, 1 * S), ("info", 1, 7201 * S), ("bob@", 1, 1 * S), ("bob@", 1, 7201 * S),
    ]  # fmt: skip
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()


def test_a_server_that_comes_up_counts_no_connection_from_before() -> None:
    """One connection a client: isp waits for the reply to the first message from 0.95 s until 600.95 s, as mx1 went down at 2 s.

    mx1 is up at 12 s; at 20.55 s isp still has the dead connection, which is none for mx1.
    """
    limited = {**FINAL, "client_limits": {"connections": 1}, "parameters": {**MTA["parameters"], "server_time": "30s"}}
    links = {"ann-isp": {"rtt": "100ms", "bandwidth": None}, "default": {"rtt": "100ms", "bandwidth": None}}
    result = run(world(ONE, {"mx1": limited}, times=("0s", "20s"), links=links, faults=(crash("mx1", "2s", "10s"),), run_until="15m"))
    assert result.at(Event.DEFERRED, number=0) == [600.95]
    assert result.tries(number=1) == [(20.55, "mx1", Why.OK)]


# -- every program, both levels -----------------------------------------------------------------------------------------------


def busy(flavour: str, queue: str, fault: str = "crash") -> dict[str, Any]:
    """20 messages in 50 minutes through isp and the backup, the primary away until 38 min; both go down in the middle of it."""
    times = tuple(f"{150 * k + 1}s" for k in range(20))
    to = ["bob@example.com", "eve@example.com", "sue@example.com"]
    faults = [outage("mx1", "0s", length="2290s")]
    for target, start in (("isp", "1203s"), ("mx2", "1800s")):
        faults.append(crash(target, start, "8m", queue) if fault == "crash" else restart(target, start))
    backup = {**BACKUP, "flavour": flavour}
    return world(TWO, {"mx1": FINAL, "mx2": backup}, to=to, times=times, faults=tuple(faults), isp={"flavour": flavour})


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(("queue", "fault"), [("kept", "crash"), ("lost", "crash"), ("kept", "restart")])
def test_nothing_vanishes_but_what_a_crash_destroys_and_both_levels_agree(flavour: str, queue: str, fault: str) -> None:
    """Under all checkers; every delivery ends, and the run with it."""
    values = busy(flavour, queue, fault)
    events = run(values)
    scenario = mailsim.load(values)
    assert simulate(compiled(scenario), scenario.seed, "messages").trace_hash() == events.log.trace_hash()
    assert events.log.end_reason == "settled"
    states = {d.state for d in events.deliveries}
    assert states <= {State.STORED, State.LOST, State.REJECTED}
    assert (State.LOST in states) == (queue == "lost")
    assert all(d.ended_us in (1203 * S, 1800 * S) for d in events.deliveries if d.state == State.LOST)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_crash_that_keeps_the_queue_of_an_idle_mta_changes_nothing_for_its_mail(flavour: str) -> None:
    """Everything was delivered long before the machine goes down."""
    calm = run(world(ONE, {"mx1": FINAL}, isp={"flavour": flavour}))
    crashed = run(world(ONE, {"mx1": FINAL}, isp={"flavour": flavour}, faults=(crash("isp", "1h", "1h"),)))
    assert crashed.delivery() == calm.delivery()


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(failing_servers())
def test_random_worlds_of_failing_servers_pass_every_checker_and_both_levels_agree(values: dict[str, Any]) -> None:
    """Crashes, restarts, stuck servers, requests to flush, full disks and mailboxes among outages, with every program."""
    scenario = mailsim.load(values)
    events, messages = (simulate(compiled(scenario), scenario.seed, level) for level in ("events", "messages"))
    assert violations(events, scenario) == []
    assert messages.trace_hash() == events.trace_hash()
