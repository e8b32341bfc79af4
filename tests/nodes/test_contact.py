"""Trying one address: servers with few sessions, links, what counts as a session."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.engine import simulate
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")


def slow(seconds: int, **more: Any) -> dict[str, Any]:
    """A server that needs so long to take a message."""
    return {**FINAL, "parameters": {**MTA["parameters"], "server_time": f"{seconds}s"}, **more}


def stored(values: dict[str, Any]) -> list[float]:
    return sorted(d.stored_us / S for d in run(values).deliveries)


def test_without_a_limit_sessions_do_not_wait_for_each_other() -> None:
    assert stored(world(ONE, {"mx1": slow(10, max_sessions=100)}, times=("0s", "0s"))) == [11.0] * 2


def test_a_server_with_one_session_makes_the_others_wait_for_their_greeting() -> None:
    """Each session lasts 0.5 s and 10 s of work; the next one gets its greeting when it has ended.

    All connect at 0.55 s.  The first is taken at 11.0 and ends at 11.05; the second would have got its greeting at 0.75 and
    gets it 10.5 s later.
    """
    assert stored(world(ONE, {"mx1": slow(10, max_sessions=1)}, times=("0s", "0s"))) == [11.0, 21.5]


def test_two_sessions_serve_two_at_a_time() -> None:
    assert stored(world(ONE, {"mx1": slow(10, max_sessions=2)}, times=("0s",) * 4)) == [11.0, 11.0, 21.5, 21.5]


def test_who_waits_longer_for_the_greeting_than_its_patience_gives_up() -> None:
    """smtp_helo_timeout 300 s: the server is busy with the first message for 400 s; the second one gives up at 300.65 s."""
    result = run(world(ONE, {"mx1": slow(400, max_sessions=1)}, times=("0s", "0s")))
    assert result.tries(number=1)[0] == (0.55, "mx1", Why.REPLY_TIMEOUT)
    deferred = result.of(Event.DEFERRED, number=1)
    assert deferred[0].t_us == 300_650_000
    assert {d.state for d in result.deliveries} == {State.STORED}


def test_who_gave_up_waiting_frees_nobodys_session() -> None:
    """As above; a third message, at 310 s, still waits for the end of the first one's session at 401.05 s.

    It calls at 310.55 s, gets its greeting 90.5 s late, and is taken 0.45 + 400 s after that.
    """
    result = run(world(ONE, {"mx1": slow(400, max_sessions=1)}, times=("0s", "0s", "310s")))
    assert result.delivery(2).stored_us == int((310.55 + 90.5 + 400.45) * S)


@pytest.mark.parametrize(("work", "copies"), [(599, 1), (700, 2)])
def test_a_server_slower_than_the_clients_patience_takes_two_copies_at_every_level(work: int, copies: int) -> None:
    """smtp_data_done_timeout 600 s.  The first message teaches the engine the way, the others could go by plan.

    The checkers want a fault behind every failure, so the log is taken as it is.
    """
    hashes = set()
    for level in ("events", "messages"):
        scenario = mailsim.load(world(ONE, {"mx1": slow(work)}, times=("0s", "1m", "2m"), run_until="40m"))
        log = simulate(compiled(scenario), 1, level)
        assert list(log.messages["copies"])[:3] == [copies] * 3
        hashes.add(log.trace_hash())
    assert len(hashes) == 1


@pytest.mark.parametrize("level", ["events", "messages"])
@pytest.mark.parametrize(("pause", "state"), [("299s", State.STORED), ("310s", State.QUEUED)])
def test_a_pause_longer_than_the_clients_patience_lets_nothing_through_at_any_level(pause: str, state: State, level: str) -> None:
    """smtp_helo_timeout 300 s."""
    patient = {**FINAL, "parameters": {**MTA["parameters"], "greeting_pause": pause}}
    scenario = mailsim.load(world(ONE, {"mx1": patient}, times=("0s", "1m", "2m"), run_until="40m"))
    assert set(simulate(compiled(scenario), 1, level).messages["state"]) == {state}


def test_a_dead_server_keeps_nobodys_session() -> None:
    """Silent until 10 s: those who tried in vain hold no session, so the first one after it is served at once."""
    values = world(ONE, {"mx1": slow(0, max_sessions=1)}, times=("0s", "0s", "0s"), faults=(outage("mx1", "0s", length="10s"),))
    assert min(stored(values)) == pytest.approx(11 + 0.55 + 0.45)  # the SYN after 11 s gets through


def test_a_connection_that_never_stood_takes_no_session() -> None:
    """The way is cut until 20 s: the first message calls until 30.55 s in vain; the second one, at 25 s, is served at once."""
    fault = outage("link isp-mx1", "0s", length="20s")
    result = run(world(ONE, {"mx1": slow(0, max_sessions=1)}, times=("0s", "25s"), faults=(fault,)))
    assert result.tries(number=0)[0] == (0.55, "mx1", Why.SILENT)
    assert result.delivery(1).stored_us == 26 * S


@pytest.mark.parametrize("limit", ["max_sessions", "capacity"])
def test_whose_connection_is_lost_while_it_would_wait_frees_nobodys_session(limit: str) -> None:
    """All packets are lost from 5 s to 60 s: the second message calls from 6.55 s to 36.55 s in vain, and is nobody's guest.

    So the third, at 70.55 s, waits for the first one's end at 121.05 s: its greeting comes 50.5 s late, and it is taken 120.45 s later.
    """
    faults = [{"kind": "lossy", "target": "link isp-mx1", "probability": 1.0, "start": "5s", "length": "55s"}]
    if limit == "capacity":
        faults.append({"kind": "capacity", "target": "mx1", "sessions": 1, "start": "0s", "length": "1h"})
    mx1 = slow(120, **({"max_sessions": 1} if limit == "max_sessions" else {}))
    links = {"ann-isp": {"rtt": "100ms", "bandwidth": None}, "default": {"rtt": "100ms", "bandwidth": None}}
    result = run(world(ONE, {"mx1": mx1}, times=("0s", "6s", "70s"), faults=tuple(faults), links=links))
    assert result.tries(number=1)[0] == (6.55, "mx1", Why.SILENT)
    assert result.delivery(2).stored_us == int((70.55 + 50.5 + 120.45) * S)


def test_a_pause_before_the_greeting_is_charged() -> None:
    patient = {**FINAL, "parameters": {**MTA["parameters"], "greeting_pause": "6s"}}
    assert stored(world(ONE, {"mx1": patient})) == [7.0]


@pytest.mark.parametrize(
    ("isp", "mx1", "round_trips"),
    [
        ({}, {}, 5),
        ({"starttls": True}, {}, 5),  # both have to offer it
        ({"starttls": True}, {"starttls": True}, 8),
        ({"starttls": True, "tls": "1.2"}, {"starttls": True}, 9),
        ({"pipelining": False}, {}, 7),
        ({}, {"pipelining": False}, 7),
    ],
)
def test_the_extensions_that_both_sides_have_decide_the_round_trips(isp: dict[str, Any], mx1: dict[str, Any], round_trips: int) -> None:
    """The server has the message half a round trip before the last one ends."""
    receiver = {**FINAL, "parameters": {**MTA["parameters"], **mx1}}
    result = run(world(ONE, {"mx1": receiver}, isp={"parameters": isp}))
    message = result.delivery()
    assert message.stored_us - message.accepted_us == round_trips * 100_000 - 50_000


def test_bandwidth_is_charged_for_the_body() -> None:
    """100 kB over 1 Mbit/s is 0.8 s, once from ann and once from isp."""
    values = world(ONE, {"mx1": FINAL}, size="100 kB")
    values["links"] = {"default": {"rtt": "100ms", "bandwidth": 1_000_000}}
    assert stored(values) == [pytest.approx(1.0 + 1.6)]


def test_a_message_is_not_taken_by_a_server_that_fell_silent_during_the_transfer() -> None:
    """The body needs 8 s from 1.8 s on (1 MB over 1 Mbit/s, from isp); the server is silent from 5 s to 1 h."""
    values = world(ONE, {"mx1": FINAL}, size="1 MB", faults=(outage("mx1", "12s", length="1h"),))
    values["links"] = {"default": {"rtt": "100ms", "bandwidth": 1_000_000}}
    result = run(values)
    assert result.tries()[0][2] == Why.REPLY_TIMEOUT
    assert result.delivery().copies == 1
    assert result.delivery().stored_us > 3600 * S


def test_a_cut_link_is_silent_for_those_two_alone() -> None:
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    nodes = {"mx1": FINAL, "mx2": {**MTA, "relays_for": ["example.com"]}}
    result = run(world(zone, nodes, faults=(outage("link isp-mx1", "0s"),)))
    assert result.tries() == [(0.55, "mx1", Why.SILENT), (30.55, "mx2", Why.OK)]
    assert result.tries("mx2") == [(31.0, "mx1", Why.OK)]


def test_nodes_on_one_machine_need_no_network() -> None:
    """The mailboxes are on the MX's own machine: stored at the very instant at which the MX has the message."""
    boxes = {"kind": "mailstore", "host": "mx1.example.com", "mailboxes": {"bob@example.com": {}}}
    result = run(world(ONE, {"mx1": {**FINAL, "store": "boxes"}, "boxes": boxes}))
    assert (result.delivery().relayed_us, result.delivery().stored_us) == (1_000_000, 1_000_000)


def test_a_machine_off_the_network_still_stores_what_it_has() -> None:
    """Taken at 1.0 s, silent a millisecond later: the network is gone, the disk is not."""
    boxes = {"kind": "mailstore", "host": "mx1.example.com", "mailboxes": {"bob@example.com": {}}}
    result = run(world(ONE, {"mx1": {**FINAL, "store": "boxes"}, "boxes": boxes}, faults=(outage("mx1", "1001ms", length="5m"),)))
    assert result.delivery().stored_us == 1_000_000
