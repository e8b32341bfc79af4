"""Incidents and test servers by name: each compiles, runs, and does what happened then."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.errors import ScenarioError
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from mailsim.scenario.faults import chaos_tools, incidents
from small_worlds import MTA, com, run, world

HOUR = 3_600_000_000
ZONE = com("@ MX 10 mx1", "@ MX 10 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", "store A 192.0.2.3")
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "store A 192.0.2.3")
STORE: dict[str, Any] = {"kind": "mailstore", "mailboxes": {"bob@example.com": {}, "450-bob@example.com": {}, "tempfail@example.com": {}}}
MX: dict[str, Any] = {**MTA, "final_for": ["example.com"]}


def one_server(*faults: dict[str, Any], **more: Any) -> dict[str, Any]:
    return world(ONE, {"mx1": {**MX, "store": "store"}, "store": STORE}, faults=faults, **more)


def incident(name: str, target: str = "mx1", **more: Any) -> dict[str, Any]:
    return {"kind": "incident", "name": name, "target": target, **more}


@pytest.mark.parametrize("name", incidents())
def test_each_incident_lasts_as_long_as_it_did_and_all_mail_is_accounted_for(name: str) -> None:
    target = "store" if name in ("gatech-2008", "michigan-power") else "mx1"
    values = one_server(incident(name, target, start="1h"), times=tuple(f"{k * 3}h" for k in range(12)))
    told = run(values)  # under all checkers
    preset = incidents()[name]
    assert {(span.start_us - HOUR, span.end_us - HOUR) for span in told.log.conditions} == set(preset.windows)
    assert all(told.state(k) in (State.STORED, State.BOUNCED) for k in range(12))
    assert run(values, level="messages").log.trace_hash() == told.log.trace_hash()


@pytest.mark.parametrize("name", chaos_tools())
def test_each_test_server_runs_and_all_mail_is_accounted_for(name: str) -> None:
    needs = {"probability": 0.3} if "probability" in chaos_tools()[name].needs else {}
    fault = {"kind": "chaos", "name": name, "target": "mx1", "length": "12h", **needs}
    values = one_server(fault, times=tuple(f"{k * 25}m" for k in range(30)))
    told = run(values)
    assert all(told.state(k) in (State.STORED, State.BOUNCED) for k in range(30))
    assert run(values, level="messages").log.trace_hash() == told.log.trace_hash()


def test_the_lengths_are_those_that_were_published() -> None:
    hours = {name: sum(end - start for start, end in one.windows) / HOUR for name, one in incidents().items()}
    assert hours == pytest.approx(
        {
            "utexas-2013": 1.3,
            "gmail-2020a": 2 + 22 / 60,
            "gmail-2020b": 4 + 19 / 60,
            "gmail-2020": 6 + 41 / 60,  # "totaling 6 hours 41 minutes" (rightwave.com)
            "michigan-power": 3.25,
            "ryerson-2014": 4 + 20 / 60,
            "o365-2013": 8 + 1 / 60,
            "y2k22": 30,
            "gatech-2008": 34,
            "nottingham-2019": 48,
            "tasmania-2003": 84,
            "gatech-2016": 168 + 40 / 60,
        }
    )


def test_the_two_windows_of_gmail_lie_as_far_apart_as_they_did() -> None:
    # 2020-12-14 22:16 to 00:38 and 2020-12-15 19:38 to 23:57 (UTC): the second begins 21 h 22 min after the first.
    scenario = mailsim.load(one_server(incident("gmail-2020"), starts="2020-12-14T22:16:00Z"))
    minutes = sorted({(span.start_us // 60_000_000, span.end_us // 60_000_000) for span in compiled(scenario).conditions.spans})
    assert minutes == [(0, 142), (21 * 60 + 22, 21 * 60 + 22 + 259)]
    assert scenario.faults[0].end_us == minutes[-1][1] * 60_000_000


def test_gmail_bounces_mail_for_valid_users_and_puts_some_off() -> None:
    told = run(one_server(incident("gmail-2020a"), times=tuple(f"{k}m" for k in range(140))))
    bounced = [k for k in range(140) if told.state(k) == State.BOUNCED]
    # Half of the first sessions get the 550; those with a 421 try again.  Five standard deviations of 140 tosses are 30.
    assert 40 <= len(bounced) <= 100
    assert {row.code for row in told.of(Event.TRIED, node="isp")} >= {550, 421}


def test_one_of_two_equal_heads_keeps_what_it_takes_and_nobody_is_told() -> None:
    # gatech-2016: both heads answer 250; what the stuck one takes stays there until it is mended after 7 d 40 min.
    nodes = {"mx1": {**MX, "store": "store"}, "mx2": {**MX, "store": "store"}, "store": STORE}
    told = run(world(ZONE, nodes, faults=(incident("gatech-2016", "mx2"),), times=tuple(f"{k}h" for k in range(1, 41))))
    late = [one for one in told.deliveries if one.stored_us >= 168 * HOUR]
    assert 8 <= len(late) <= 32  # half of 40, at random
    # in the queue for longer than Postfix keeps a message (5 d), yet none was tried and so none was returned
    assert all(State(one.state) == State.STORED for one in told.deliveries)
    assert not told.of(Event.BOUNCED)
    assert all(why == Why.OK for _, _, why in told.tries())


def test_a_store_that_is_down_for_34_hours_makes_senders_wait_and_lose_nothing() -> None:
    told = run(one_server(incident("gatech-2008", "store"), times=("1h",)))
    assert told.delivery().accepted_us < 2 * HOUR  # the mail server is up
    assert 34 * HOUR <= told.delivery().stored_us < 34 * HOUR + 4000 * 1_000_000 + 2 * 300 * 1_000_000


def test_the_smart_sink_answers_by_the_name_of_the_recipient() -> None:
    fault = {"kind": "chaos", "name": "kumomta-sink", "target": "mx1", "length": "1h"}
    for mailbox, code in (("bob", 250), ("450-bob", 450), ("tempfail", 400), ("permfail", 500)):
        values = one_server(fault, to=f"{mailbox}@example.com")
        values["nodes"]["store"] = {"kind": "mailstore", "mailboxes": {f"{mailbox}@example.com": {}}}
        told = run(values)
        first = told.of(Event.TRIED, node="isp")[0]
        assert first.code == code, mailbox


def test_a_length_of_ones_own_replaces_the_one_that_was() -> None:
    scenario = mailsim.load(one_server(incident("y2k22", start="2h", length="3h")))
    assert [(span.start_us, span.end_us) for span in compiled(scenario).conditions.spans] == [(2 * HOUR, 5 * HOUR)]
    assert "y2k22" in str(scenario)
    rows = {row.path: row for row in scenario.assumptions()}
    assert "faults[0].length" not in rows
    rows = {row.path: row for row in mailsim.load(one_server(incident("gmail-2020a"))).assumptions()}
    assert rows["faults[0].length"].value == "2h22m"
    assert "assumed: half of the sessions" in rows["faults[0].name"].source
    assert rows["faults[0].name"].status == "unverified"


def test_an_incident_may_come_again_at_random() -> None:
    again = {"up": {"kind": "exponential", "mean": "10d"}, "down": "2h", "until": "365d"}
    scenario = mailsim.load(one_server(incident("o365-2013", drawn=again)))
    assert len({span.start_us for span in compiled(scenario, 3).conditions.spans}) > 10


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (incident("gmial-2020"), "no incident is called 'gmial-2020'; did you mean 'gmail-2020'?"),
        ({"kind": "chaos", "name": "jimm", "target": "mx1", "length": "1h"}, "no test server is called 'jimm'; did you mean 'jim'?"),
        (incident("gmail-2020", length="1h"), "gmail-2020 holds 2 times; take length and until out"),
        (incident("gmail-2020", every={"period": "9d", "length": "1h", "until": "30d"}), "gmail-2020 holds 2 times itself"),
        ({"kind": "chaos", "name": "jim", "target": "mx1"}, "give either length or until"),
        ({"kind": "chaos", "name": "mailpit", "target": "mx1", "length": "1h"}, "mailpit needs probability"),
        ({"kind": "chaos", "name": "jim", "target": "mx1", "length": "1h", "stage": "rcpt"}, "jim has its own figures; take stage out"),
        (incident("y2k22", "store"), "store is a node of kind mailstore"),
        (incident("o365-2013", "mx7"), "there is no node 'mx7'"),
    ],
)
def test_what_does_not_fit_is_refused_with_how_to_mend_it(fault: dict[str, Any], told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        mailsim.load(one_server(fault))
    assert told in str(caught.value)


def test_every_preset_has_a_source_and_says_what_it_fills_in() -> None:
    for preset in (*incidents().values(), *chaos_tools().values()):
        assert preset.what
        assert preset.source
        assert preset.faults
        # a share of the sessions is never in the reports
        if any("probability" in part for part in preset.faults) and preset.name in incidents():
            assert preset.assumed


def test_drawn_incidents_of_one_name_at_two_targets_have_outages_of_their_own() -> None:
    drawn = {"up": {"kind": "exponential", "mean": "2d"}, "down": "1h", "until": "60d"}
    faults = [incident("y2k22", target, drawn=drawn) for target in ("mx1", "mx2")]
    spans = compiled(mailsim.load(world(ZONE, {"mx1": MX, "mx2": MX}, faults=faults))).conditions.spans
    one, other = ([span.start_us for span in spans if span.node == node] for node in ("mx1", "mx2"))
    assert one
    assert other
    assert one != other
    with pytest.raises(ScenarioError, match="draws the same outages as"):
        mailsim.load(world(ZONE, {"mx1": MX, "mx2": MX}, faults=(faults[0], {**faults[0], "drawn": {**drawn, "until": "9d"}})))


def test_a_drawn_incident_does_not_last_as_long_as_it_did() -> None:
    drawn = {"up": {"kind": "exponential", "mean": "2d"}, "down": "1h", "until": "60d"}
    once, often = (mailsim.load(one_server(incident("y2k22", **when))) for when in ({"start": "1h"}, {"drawn": drawn}))
    assert "faults[0].length" in {one.path for one in once.assumptions()}
    assert "faults[0].length" not in {one.path for one in often.assumptions()}
