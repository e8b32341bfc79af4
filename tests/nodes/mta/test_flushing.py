"""Requests to try deferred mail now (ETRN): instants in seconds, by hand."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.engine import simulate
from mailsim.events import State
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, NET, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
TWO = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
BACKUP: dict[str, Any] = {**MTA, "relays_for": ["example.com"]}
FLAVOURS = ("postfix", "exim", "sendmail", "opensmtpd", "courier")


def flush(target: str, start: str, **more: str) -> dict[str, Any]:
    """A request."""
    return {"kind": "flush", "target": target, "start": start, **more}


def test_a_flush_does_not_wait_for_the_schedule() -> None:
    """Tried at 0.55, 300, 600, 1200, 2400 s; the server is back at 3600 s; due at 4800 s."""
    down = outage("mx1", "0s", how="refused", length="1h")
    without = run(world(ONE, {"mx1": FINAL}, faults=(down,)))
    assert without.delivery().stored_us == 4_800_450_000
    flushed = run(world(ONE, {"mx1": FINAL}, faults=(down, flush("isp", "3605s"))))
    assert flushed.delivery().stored_us == 3_605_450_000


def test_only_mail_for_the_domain_is_tried() -> None:
    down = (outage("mx1", "0s", how="refused", length="1h"), outage("mx", "0s", how="refused", length="1h"))
    nodes = {"mx1": FINAL, "mx": {**MTA, "final_for": ["example.net"]}}
    values = world(ONE, nodes, to=["bob@example.com", "joe@example.net"], faults=(*down, flush("isp", "3605s", domain="example.net")))
    result = run({**values, "zones": [*values["zones"], NET]})
    assert result.delivery(rcpt="joe@example.net").stored_us == 3_605_450_000
    assert result.delivery(rcpt="bob@example.com").stored_us == 4_800_450_000


def test_after_a_flush_in_vain_the_schedule_counts_from_that_attempt() -> None:
    """Tried at 3000 s, over at 3000.1 s, 2999.55 s old: due at 5999.65 s instead of 4800 s."""
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="1h"), flush("isp", "50m"))))
    assert [t for t, _, _ in result.tries()] == [0.55, 300, 600, 1200, 2400, 3000, 6000]


def test_a_flush_of_postfix_forgets_that_the_destination_is_dead() -> None:
    """Five of a burst at 0.55 s kill the destination for 300 s; it is back at 10 s.  Without the request they wait for 600 s."""
    down = outage("mx1", "0s", how="refused", length="10s")
    times = ("0s",) * 8
    dead = run(world(ONE, {"mx1": FINAL}, times=times, faults=(down,)))
    assert {d.stored_us // S for d in dead.deliveries} == {600}
    assert Why.DESTINATION_DEAD in {row.why for row in dead.rows}
    flushed = run(world(ONE, {"mx1": FINAL}, times=times, faults=(down, flush("isp", "20s"))))
    assert {d.stored_us // S for d in flushed.deliveries} <= {20, 21}


def test_a_flush_of_postfix_forgets_also_the_failures_that_nobody_has_looked_at_since() -> None:
    """Five of a burst, all silent from 0.55 s to 30.55 s, kill the destination until 330.55 s, and nobody waits; it is back at 60 s."""
    faults = (outage("mx1", "0s", length="1m"), flush("isp", "100s"))
    result = run(world(ONE, {"mx1": FINAL}, times=("0s",) * 5, faults=faults))
    assert {d.stored_us // S for d in result.deliveries} == {100}


def test_a_flush_of_exim_disregards_the_retry_time_of_the_host_for_all_its_messages_until_it_fails() -> None:
    """mx1 is back at 7500 s, the next queue run that is due is that of 9000 s."""
    down = outage("mx1", "0s", how="refused", length="7500s")
    result = run(world(ONE, {"mx1": FINAL}, times=("0s", "10s"), faults=(down, flush("isp", "7505s")), isp={"flavour": "exim"}))
    assert [d.stored_us // S for d in result.deliveries] == [7505, 7505]
    early = run(world(ONE, {"mx1": FINAL}, times=("0s", "10s"), faults=(down, flush("isp", "7000s")), isp={"flavour": "exim"}))
    tried = [t for t, _, _ in early.tries() if 7000 <= t < 7200]
    assert tried == [7000], "the second message is not tried once the first has failed"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_program_empties_its_queue_when_asked(flavour: str) -> None:
    """mx1 is back at 5000 s; the request comes at 5001 s.  Both levels agree."""
    faults = (outage("mx1", "0s", how="refused", length="5000s"), flush("isp", "5001s", domain="example.com"))
    values = world(ONE, {"mx1": FINAL}, times=("0s", "100s", "2000s"), faults=faults, isp={"flavour": flavour})
    result = run(values)
    assert all(5001 * S <= d.stored_us <= 5004 * S for d in result.deliveries)
    scenario = mailsim.load(values)
    assert simulate(compiled(scenario), scenario.seed, "messages").trace_hash() == result.log.trace_hash()


def test_a_backup_is_flushed_when_the_primary_is_back() -> None:
    """The primary is away until 1 h; the backup has the mail at 31 s, tries at 31, 600, 1200, 2400 s and so on."""
    down = {**outage("mx1", "0s", length="1h"), "then_flush": ["mx2"]}
    result = run(world(TWO, {"mx1": FINAL, "mx2": BACKUP}, faults=(down,)))
    assert result.delivery().stored_us == 3_600_450_000
    assert [(span.how, span.start_us) for span in result.log.conditions if span.node == "mx2"] == [("flushed for example.com", 3600 * S)]


@pytest.mark.parametrize("how", [{"kind": "crash"}, {"kind": "stuck"}, {"kind": "restart"}])
def test_who_is_down_or_stuck_hears_no_request(how: dict[str, str]) -> None:
    """The request of 50 min falls into the fault, from 49 to 51 min: the mail goes at the end of it or later, not at 50 min."""
    away = {**how, "target": "isp", "start": "49m", "length": "2m"}
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="45m"), away, flush("isp", "50m"))))
    assert result.state() == State.STORED
    assert 3000 not in [t for t, _, _ in result.tries()]


def test_a_request_after_a_crash_is_heard_and_one_at_the_very_start_too() -> None:
    """isp is down from 49 min to 51 min, mx1 back at 55 min; last tried at 2400 s, due at 2400 + 2400 - 1 s, so not at the start.

    Asked at 56 min: there.  Asked at 51 min: tried in vain at 3060 s, then due at 3060 + 3060 - 1 s, at the scan of 3060 + 11 x 300 s.
    """
    faults = (outage("mx1", "0s", how="refused", length="55m"), {"kind": "crash", "target": "isp", "start": "49m", "length": "2m"})
    later = run(world(ONE, {"mx1": FINAL}, faults=(*faults, flush("isp", "56m"))))
    assert [t for t, _, _ in later.tries()][-2:] == [2400, 3360]
    at_once = run(world(ONE, {"mx1": FINAL}, faults=(*faults, flush("isp", "51m"))))
    assert [t for t, _, _ in at_once.tries()][-3:] == [2400, 3060, 6360]
