"""sendmail's queue runs by hand.  Every round trip is 0.1 s, mail enters the queue at 0.55 s, runs come at multiples of 4 s.

Formulas: deliver.c, queue.c, mci.c, domain.c and daemon.c of sendmail 8.17; recordings of sendmail 8.17.1.9.  A refused connection
ends 0.1 s after its beginning, a silent one after 3 s.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.nodes.mta.queue_runs import HostStatus
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
TWO = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
#: as in the recordings
QUICK: dict[str, Any] = {
    "retry": {"scan": "4s"},
    "queue_lifetime": "40s",
    "bounce_lifetime": "40s",
    "connect_timeout": "3s",
    "host_status": "1s",
    "dns_timeout": "1s",
    "dns_tries": 2,
}
#: a name server that is asked directly, so that a question takes 0.1 s
DIRECT = {"kind": "nameserver", "host": "ns1.example.com", "recursive": True}
SEARCHED = "example.com.example.org"
R, N, OK = Why.REFUSED, Why.SILENT, Why.OK


def sendmail(zone: str, nodes: dict[str, Any], *, direct: bool = False, parameters: dict[str, Any] | None = None, **more: Any) -> Run:
    level = more.pop("level", "events")
    if direct:
        nodes, more = {**nodes, "dns": DIRECT}, {**more, "defaults": {"resolver": "dns"}}
    return run(world(zone, nodes, isp={"flavour": "sendmail", "parameters": {**QUICK, **(parameters or {})}}, **more), level=level)


def contacts(result: Run) -> list[tuple[float, int, str]]:
    """(second, message, host) of each contact of the mail, reports aside."""
    rows = [r for r in result.of(Event.TRIED, node="isp") if r.peer.startswith("mx")]
    return [(r.t_us / S, r.message, r.peer.partition(".")[0]) for r in sorted(rows, key=lambda r: r.t_us)]


def asked(result: Run) -> list[tuple[str, int]]:
    """(name, type) of each question of the MTA about example.com."""
    return [(r.peer, r.detail) for r in result.of(Event.LOOKED_UP, node="isp") if "example.com" in r.peer]


def refused(length: str | None = None) -> tuple[dict[str, Any], ...]:
    return (outage("mx1", "0s", how="refused", length=length),)


def unanswered(length: str, *names: str) -> tuple[dict[str, Any], ...]:
    return tuple(outage(f"dns {name}", "0s", length=length) for name in names)


# -- when a message is tried ---------------------------------------------------------------------------------------------


def test_every_run_tries_the_message_with_no_back_off() -> None:
    result = sendmail(ONE, {"mx1": FINAL}, faults=refused("10s"))
    assert result.tries() == [(0.55, "mx1", R), (4.0, "mx1", R), (8.0, "mx1", R), (12.0, "mx1", OK)]
    assert result.delivery().stored_us == 12_450_000


def test_mail_expires_at_the_first_failed_attempt_of_its_age_in_whole_seconds() -> None:
    """Arrived in second 0, so 40 s old in second 40, though only 39.55 s have passed (recorded: 41.94 s for runs at 1.94 + 4k)."""
    result = sendmail(ONE, {"mx1": FINAL}, faults=refused())
    assert [t for t, _, _ in contacts(result)] == [0.55, *range(4, 41, 4)]
    assert (result.state(), result.delivery().why, result.delivery().ended_us) == (State.BOUNCED, Why.LIFETIME_OVER, 40_100_000)
    assert [r.state for r in result.reports()] == [State.STORED]


def test_a_message_that_a_process_holds_is_skipped_by_the_runs() -> None:
    """Two silent hosts take 6 s: 0.55 to 6.55, so the run at 4 s passes it over; 8 to 14, then 16."""
    result = sendmail(TWO, {"mx1": FINAL, "mx2": FINAL}, faults=(outage("mx1", "0s", length="20s"), outage("mx2", "0s", length="20s")))
    assert contacts(result)[:6] == [
        (0.55, 0, "mx1"),
        (3.55, 0, "mx2"),
        (8.0, 0, "mx1"),
        (11.0, 0, "mx2"),
        (16.0, 0, "mx1"),
        (19.0, 0, "mx2"),
    ]


# -- bursts --------------------------------------------------------------------------------------------------------------


def test_after_a_burst_each_run_calls_a_dead_host_once_and_the_order_turns_round() -> None:
    """All four on arrival; then one a run, by turns the newest and the oldest; the run that gets through takes all (recorded)."""
    result = sendmail(ONE, {"mx1": FINAL}, times=("0s",) * 4, faults=refused("10s"))
    first = [(0.55, number, "mx1") for number in range(4)]
    alone = [(4.0, 3, "mx1"), (8.0, 0, "mx1")]
    assert contacts(result) == [*first, *alone, *((12.0 + k / 2, 3 - k, "mx1") for k in range(4))]
    put_off = [(r.t_us / S, r.message) for r in result.of(Event.DEFERRED, node="isp") if Why(r.why) == Why.DESTINATION_DEAD]
    assert sorted(put_off) == [(4.1, 0), (4.1, 1), (4.1, 2), (8.1, 1), (8.1, 2), (8.1, 3)]


def test_a_slow_run_does_not_keep_the_next_one_waiting() -> None:
    """The run at 8 s holds message 1 until 14 s; the run at 12 s finds message 0 free, and knows of no dead host."""
    faults = (outage("mx1", "0s", length="60s"), outage("mx2", "0s", length="60s"))
    result = sendmail(TWO, {"mx1": FINAL, "mx2": FINAL}, times=("0s", "0s"), faults=faults)
    firsts = [(t, number) for t, number, host in contacts(result) if host == "mx1" and t < 24]
    assert firsts == [(0.55, 0), (0.55, 1), (8.0, 1), (12.0, 0), (16.0, 1), (20.0, 0)]


def test_the_host_status_of_a_run_lasts_for_its_time_in_whole_seconds() -> None:
    """mci.c: stale when the second of the failure and the time have passed."""
    status = HostStatus(2_000_000, origin_us=-300_000)
    status.note(["192.0.2.1"], 4_900_000)  # the wall clock shows 5.2 s
    assert status.dead(6_699_999) == {"192.0.2.1"}
    assert not status.dead(6_700_000)


# -- names ---------------------------------------------------------------------------------------------------------------


def test_an_unanswered_mx_question_is_forgotten_and_the_domain_itself_called_where_the_host_status_is_short() -> None:
    """MX 2 s, then AAAA and A of the domain at 0.1 s each."""
    zone = com("@ MX 10 mx2", "@ A 192.0.2.1", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    result = sendmail(zone, {"mx1": FINAL, "mx2": FINAL}, direct=True, faults=unanswered("60s", "example.com/MX"))
    arrived = result.at(Event.ACCEPTED, node="isp", number=0)[0]
    assert result.tries(number=0) == [(pytest.approx(arrived + 2.2), "example", OK)]


def test_with_the_default_host_status_of_half_an_hour_it_is_put_off() -> None:
    zone = com("@ MX 10 mx1", "@ A 192.0.2.1", "mx1 A 192.0.2.1")
    result = sendmail(zone, {"mx1": FINAL}, direct=True, faults=unanswered("10s", "example.com/MX"), parameters={"host_status": "30m"})
    assert [why for _, _, why in result.tries(number=0)] == [OK]
    assert result.tries(number=0)[0][0] == pytest.approx(12.3)  # MX, AAAA and A of mx1
    assert ("example.com", 1) not in asked(result)


def test_a_servfail_for_mx_comes_too_fast_to_be_forgotten() -> None:
    zone = com("@ MX 10 mx1", "@ A 192.0.2.1", "mx1 A 192.0.2.1")
    faults = (outage("dns example.com/MX", "0s", length="6s", how="servfail"),)
    result = sendmail(zone, {"mx1": FINAL}, direct=True, faults=faults)
    assert [(round(t), why) for t, _, why in result.tries(number=0)] == [(8, OK)]
    assert ("example.com", 1) not in asked(result)


def test_dns_that_comes_back_between_the_questions_returns_the_mail_though_there_is_an_mx() -> None:
    """Each silent question takes 2 s: MX; AAAA as it stands, again, with the search domain, again; A twice; the one with the search
    domain, sent 14 s after the arrival, is sent again after 15 s and answered, and the last one says that there is no A (recorded).
    """
    names = [f"{name}/{rtype}" for name in ("example.com", SEARCHED) for rtype in ("MX", "AAAA", "A")]
    result = sendmail(ONE, {"mx1": FINAL}, direct=True, faults=unanswered("15s", *names))
    arrived = result.at(Event.ACCEPTED, node="isp", number=0)[0]
    four = ["example.com", "example.com", SEARCHED, "example.com"]
    assert asked(result) == [("example.com", 15), *((name, 28) for name in four), *((name, 1) for name in four)]
    assert (result.state(), result.delivery().why) == (State.BOUNCED, Why.NO_MX_NO_ADDRESS)
    assert result.delivery().ended_us / S == pytest.approx(arrived + 15.2)


def test_a_run_that_could_not_look_up_a_domain_puts_off_the_others_for_it() -> None:
    """Three ask on arrival; then one a run asks for 2 s, from 4 and 8 s on."""
    figures = {"host_status": "30m"}
    result = sendmail(ONE, {"mx1": FINAL}, direct=True, times=("0s",) * 3, faults=unanswered("9s", "example.com/MX"), parameters=figures)
    mx = [r.t_us / S for r in result.of(Event.LOOKED_UP, node="isp") if (r.peer, r.detail) == ("example.com", 15)]
    assert [round(t) for t in mx if t < 9] == [1, 1, 1, 4, 8]
    assert [result.state(number) for number in range(3)] == [State.STORED] * 3


# -- the other level -----------------------------------------------------------------------------------------------------


def test_without_rows_the_same_happens() -> None:
    for faults in (refused("10s"), unanswered("9s", "example.com/MX")):
        stored = [
            [result.delivery(number).stored_us for number in range(5)]
            for level in ("events", "messages")
            for result in [sendmail(ONE, {"mx1": FINAL}, times=("0s",) * 5, faults=faults, level=level, parameters={"host_status": "30m"})]
        ]
        assert stored[0] == stored[1]
        assert min(stored[0]) > 9_000_000
