"""The engine as a whole: one result whatever is recorded, whoever hashes strings and whether or not numpy is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mailsim
from mailsim.engine import simulate
from mailsim.errors import LimitError, UnsupportedError
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, S, com, outage, run, world

ROOT = Path(__file__).resolve().parents[2]
FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
BACKUP: dict[str, Any] = {**MTA, "relays_for": ["example.com"]}
PAIR = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", "imap A 192.0.2.3", ttl=300)
EQUAL = PAIR.replace("MX 20", "MX 10")
BOXES = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2", "quota": "1 MB"}}}
BOB = {"kind": "client", "address": "bob@example.com", "password": "hunter2", "fetch": {"host": "imap.example.com"}}
#: real figures: server time, TLS and DNS delays are drawn
DRAWN: dict[str, Any] = {"mx1": {"kind": "mta", "final_for": ["example.com"]}, "mx2": {"kind": "mta", "relays_for": ["example.com"]}}


def traffic(count: int, *, to: str = "bob@example.com", until: str = "3h") -> list[dict[str, Any]]:
    return [{"kind": "spread", "from": "ann@example.org", "to": to, "count": count, "until": until}]


def both(flavour: str, *faults: dict[str, Any], zone: str = PAIR, **more: Any) -> dict[str, Any]:
    """A primary with a mail store and a reader, a backup, and everything drawn."""
    nodes = {**DRAWN, "mx1": {**DRAWN["mx1"], "store": "boxes", **more.pop("mx1", {})}, "boxes": BOXES, "bob": {**BOB}}
    values = world(zone, nodes, faults=faults, isp={"flavour": flavour, "parameters": {"server_time": "200ms"}}, **more)
    for name in ("mx1", "mx2"):
        values["nodes"][name] = {**values["nodes"][name], "flavour": flavour}
    values["links"] = {"default": {"rtt": {"kind": "lognormal", "median": "40ms", "sigma": 0.4}}}
    values["nodes"]["dns"] = {"kind": "resolver"}
    return {**values, "traffic": traffic(60)}


def worlds() -> dict[str, dict[str, Any]]:
    """Worlds that between them use every part of the nodes."""
    found: dict[str, dict[str, Any]] = {}
    for flavour in ("postfix", "exim"):
        found[f"{flavour}, silent primary"] = both(flavour, outage("mx1", "30m", length="50m"))
        found[f"{flavour}, refusing primary"] = both(flavour, outage("mx1", "30m", how="refused", length="5h"))
        found[f"{flavour}, both down"] = both(flavour, outage("mx1", "30m", length="5h"), outage("mx2", "1h", how="refused", length="90m"))
        found[f"{flavour}, greylisting of a kind"] = both(
            flavour, outage("mx1", "10m", how="4xx", length="20m"), outage("mx1", "40m", how="5xx", length="5m")
        )
        found[f"{flavour}, mail store down"] = both(flavour, outage("boxes", "20m", how="refused", length="100m"))
        found[f"{flavour}, equal servers"] = both(flavour, outage("mx2", "30m", length="30m"), zone=EQUAL, mx1={"max_sessions": 1})
        found[f"{flavour}, names fail"] = both(
            flavour,
            outage("dns example.com/MX", "30m", how="servfail", length="40m"),
            outage("dns mx1.example.com/A", "2h", how="silent", length="20m"),
        )
        found[f"{flavour}, ends in the middle"] = both(flavour, outage("mx1", "30m", length="50m"), run_until="100m")
        found[f"{flavour}, nothing fails"] = both(flavour)
        found[f"{flavour}, a cut every minute"] = both(flavour, *(outage("mx1", f"{60 * k + 7}s", length="3s") for k in range(180)))
    several = both("postfix", outage("mx1", "20m", length="30m"))
    several["traffic"] = [
        {
            "kind": "spread",
            "from": "ann@example.org",
            "to": ["bob@example.com", "nobody@example.com", "ann@example.org"],
            "count": 20,
            "until": "1h",
        }
    ]
    found["several recipients"] = several
    found["a change of the zone"] = {
        **both("postfix"),
        "changes": [{"at": "1h", "zone": "example.com", "records": "@ 300 IN MX 10 mx2\n@ 300 IN MX 20 mx1"}],
    }
    return found


WORLDS = worlds()


@pytest.mark.parametrize("name", WORLDS)
def test_every_recording_level_gives_the_same_messages(name: str) -> None:
    hashes = {level: run(WORLDS[name], level=level).log.trace_hash() for level in ("events", "messages", "counts")}
    assert len(set(hashes.values())) == 1, hashes


@pytest.mark.parametrize("name", ["postfix, both down", "exim, both down"])
def test_the_same_seed_gives_the_same_rows_and_another_seed_others(name: str) -> None:
    one, again, other = run(WORLDS[name]), run(WORLDS[name]), run(WORLDS[name], seed=2)
    assert one.rows == again.rows
    assert one.log.trace_hash() == again.log.trace_hash() != other.log.trace_hash()


SCRIPT = """
import json, os, sys
if not os.environ.get("MAILSIM_NO_NUMPY"):
    import numpy  # once it is there, whatever is drawn often is drawn by the block
import mailsim
from mailsim.draws import numpy_present
from mailsim.engine import simulate
from mailsim.scenario.compiled import compiled
for values in json.load(sys.stdin):
    print(simulate(compiled(mailsim.load(values)), 3, "messages").trace_hash())
print(numpy_present())
"""


def hashes_elsewhere(**environment: str) -> tuple[list[str], str]:
    """Hashes of three worlds in another process, and whether numpy could be used there."""
    names = ("postfix, both down", "exim, equal servers", "postfix, a cut every minute")
    chosen = [{**WORLDS[name], "traffic": traffic(200)} for name in names]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(chosen), capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *hashes, with_numpy = done.stdout.split()
    return hashes, with_numpy


def test_neither_the_hash_seed_nor_numpy_decides_anything() -> None:
    one, with_numpy = hashes_elsewhere(PYTHONHASHSEED="1")
    assert (len(set(one)), with_numpy) == (3, "True")
    assert hashes_elsewhere(PYTHONHASHSEED="2") == (one, "True")
    assert hashes_elsewhere(PYTHONHASHSEED="3", MAILSIM_NO_NUMPY="1") == (one, "False")


# -- how a run ends ----------------------------------------------------------------------------------------------------

ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")


def test_a_run_without_mail_is_over_at_once() -> None:
    values = world(ONE, {"mx1": FINAL})
    result = run({**values, "traffic": []})
    assert (result.deliveries, result.log.end_reason) == ([], "settled")


def test_a_settled_run_ends_when_the_last_message_is_where_it_stays() -> None:
    result = run(world(ONE, {"mx1": FINAL}, times=("0s", "1h")))
    assert result.log.end_reason == "settled"
    assert 3601 * S < result.log.end_us <= 3661 * S


def test_a_given_end_leaves_what_is_under_way_as_it_is() -> None:
    """At 0.3 s the message is on its way to isp, at 0.8 s in isp's queue, at 1.2 s stored."""
    for end, state in (("300ms", State.SUBMITTING), ("800ms", State.QUEUED), ("1200ms", State.STORED)):
        result = run(world(ONE, {"mx1": FINAL}, run_until=end))
        assert (result.state(), result.log.end_reason) == (state, "given")


def test_nothing_is_recorded_at_or_after_the_end() -> None:
    """Taken by isp at exactly 0.55 s."""
    assert run(world(ONE, {"mx1": FINAL}, run_until="550ms")).state() == State.SUBMITTING
    assert run(world(ONE, {"mx1": FINAL}, run_until="551ms")).delivery().accepted_us == 550_000


@pytest.mark.parametrize("level", ["events", "messages"])
def test_what_lies_beyond_the_end_was_never_sent(level: str) -> None:
    result = run(world(ONE, {"mx1": FINAL}, times=("0s", "2h"), run_until="1h"), level=level)
    assert [d.state for d in result.deliveries] == [State.STORED, State.UNSENT]


@pytest.mark.parametrize("end_ms", [999, 1000, 1100, 1449, 1450, 1451, 1500, 1599, 1600, 1601])
def test_an_end_between_any_two_instants_is_the_same_for_every_level(end_ms: int) -> None:
    """Relayed at 1.0 s, stored at 1.45 s, read at 1.6 s: at no end does working ahead of the clock show."""
    nodes = {"mx1": {**FINAL, "store": "boxes"}, "boxes": BOXES, "bob": BOB}
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
    values = world(zone, nodes, times=("0s", "0s"), run_until=f"{end_ms}ms")
    one, other = run(values, level="events"), run(values, level="messages")
    assert one.deliveries == other.deliveries
    expected = State.STORED if end_ms > 1450 else State.QUEUED
    assert {d.state for d in one.deliveries} == {expected}


def test_a_run_that_never_settles_ends_at_its_cap_and_says_so() -> None:
    """isp's service never runs again: its queue stands still."""
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused"), outage("isp", "1s", how="refused"))))
    assert result.log.end_reason == "capped"
    assert result.state() == State.QUEUED
    assert any("cap" in note for note in result.log.notes)


def test_too_many_steps_stop_the_run() -> None:
    scenario = mailsim.load(WORLDS["postfix, both down"])
    with pytest.raises(LimitError):
        simulate(compiled(scenario), 1, "events", max_steps=50)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="everything"):
        simulate(compiled(mailsim.load(world(ONE, {"mx1": FINAL}))), 1, "everything")


# -- what is written ---------------------------------------------------------------------------------------------------


def test_faults_and_changes_are_rows_and_spans() -> None:
    changes = [{"at": "5m", "zone": "example.com", "records": "@ 300 IN MX 10 mx1"}]
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "1m", length="2m"),), changes=changes, run_until="10m"))
    assert [(row.t_us, row.node, row.peer, row.value) for row in result.of(Event.CONDITION)] == [(60 * S, "mx1", "silent", 180 * S)]
    assert [(span.node, span.start_us, span.end_us) for span in result.log.conditions] == [("mx1", 60 * S, 180 * S)]
    assert result.at(Event.ZONE_CHANGED) == [300.0]


def test_messages_are_numbered_by_instant_and_reports_come_after_them() -> None:
    values = world(ONE, {"mx1": FINAL}, to="bob@nowhere.test", times=("5s", "0s", "3s"))
    result = run(values)
    assert [d.sent_us / S for d in result.deliveries[:3]] == [0.0, 3.0, 5.0]
    assert [d.parent for d in result.deliveries] == [-1, -1, -1, 0, 1, 2]


def test_rows_of_one_instant_stand_in_the_order_of_the_messages() -> None:
    result = run(world(ONE, {"mx1": FINAL}, times=("0s",) * 5))
    for kind in (Event.SENT, Event.ACCEPTED, Event.STORED):
        numbers = [row.message for row in result.of(kind, node="ann" if kind == Event.SENT else "mx1")]
        assert numbers == sorted(numbers)


def test_below_level_events_there_are_no_rows() -> None:
    assert run(world(ONE, {"mx1": FINAL}), level="messages").rows == []


def test_two_runs_with_and_without_an_outage_share_their_draws() -> None:
    """Messages that met no outage have the same instants in both runs, to the microsecond."""
    without = run(WORLDS["postfix, nothing fails"])
    with_outage = run(WORLDS["postfix, silent primary"])
    before = [number for number in range(60) if without.delivery(number).sent_us < 29 * 60 * S]
    assert len(before) > 5
    for number in before:
        assert without.delivery(number)[:16] == with_outage.delivery(number)[:16]


def test_why_a_message_failed_is_kept_in_every_level() -> None:
    for level in ("events", "messages"):
        assert run(world(com("@ MX 0 ."), {}), level=level).delivery().why == Why.NULL_MX
