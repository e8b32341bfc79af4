"""What tells two runs apart is said from their figures, the most telling first."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.events import Event, EventLog, State
from mailsim.language import languages, sentences, speaking
from mailsim.plots.contrast import Cost, contrast, cost_of, kind_of
from mailsim.plots.tale import tale_of
from mailsim.results import Result
from mailsim.rules.reasons import Why
from small_logs import S, outage_log, small_result, small_scenario


def changed(**columns: int) -> Result:
    """:func:`small_result` with columns of its attempts that failed changed."""
    log = outage_log()
    for k, kind in enumerate(log.events["kind"]):
        if kind == Event.TRIED and log.events["why"][k] == Why.SILENT:
            for name, value in columns.items():
                log.events[name][k] = value
    return Result(small_scenario(), 7, log)


def said(one: Result, two: Result, language: str | None = None) -> str:
    with speaking(language):
        return contrast([(one, tale_of(one), "first"), (two, tale_of(two), "second")])


def without_bounce() -> Result:
    result = small_result()
    messages = result.log.messages
    messages["state"][2], messages["ended_us"][2], messages["holder"][2] = State.QUEUED, -1, result.log.names.index("mx2")
    return result


def test_the_cost_is_the_median_of_the_attempts_that_failed_in_the_usual_way() -> None:
    log = outage_log()
    assert cost_of(log) == Cost("silence", 7, 30 * S)
    rows = [k for k, why in enumerate(log.events["why"]) if why == Why.SILENT and log.events["kind"][k] == Event.TRIED]
    for k, took in zip(rows, (1, 2, 9), strict=False):
        log.events["why"][k], log.events["value"][k] = Why.TEMPFAIL, took
    assert cost_of(log) == Cost("silence", 4, 30 * S)
    log.events["why"][rows[3]], log.events["value"][rows[3]] = Why.TEMPFAIL, 4
    assert cost_of(log) == Cost("tempfail", 4, 3)
    assert cost_of(EventLog([], log.messages, {name: column[:0] for name, column in log.events.items()}, "messages", 0, "given")) is None


@pytest.mark.parametrize(
    ("why", "english", "german"),
    [
        (Why.REFUSED, "refusal one round trip (40 ms).", "eine Ablehnung einen Hin- und Rückweg (40 ms)."),
        (Why.UNREACHABLE, "“unreachable” 40 ms.", "„unerreichbar“ 40 ms."),
        (Why.TEMPFAIL, "a “not now” (4xx) 40 ms.", "ein „jetzt nicht“ (4xx) 40 ms."),
        (Why.GREYLISTED, "a “no” (5xx) 40 ms.", "ein „Nein“ (5xx) 40 ms."),
    ],
)
def test_attempts_that_fail_in_other_ways_are_told_by_their_cost(why: Why, english: str, german: str) -> None:
    two = changed(why=why, value=40_000)
    assert said(small_result(), two) == f"Silence costs 30 s per attempt, {english}"
    assert said(small_result(), two, "de") == f"Schweigen kostet je Versuch 30 s, {german}"


def test_attempts_that_fail_alike_but_cost_more_are_told_by_the_names_of_the_runs() -> None:
    assert said(small_result(), changed(value=300 * S)) == "An attempt that fails costs 30 s (first) and 5 min (second)."
    german = said(small_result(), changed(value=300 * S), "de")
    assert german == "Ein gescheiterter Versuch kostet 30 s (first) und 5 min (second)."


def test_else_what_was_returned_and_else_the_slowest_mail() -> None:
    assert said(small_result(), without_bounce()) == "Returned as undeliverable: 1 of 6 mails (first), 0 of 6 (second)."
    later = small_result()
    later.log.messages["stored_us"][1] += 2 * 3600 * S
    assert said(small_result(), later) == "The slowest mail was in the mailbox after 63 min (first) and 3.1 h (second)."
    assert said(small_result(), later, "de") == "Die langsamste Mail war nach 63 min (first) und nach 3,1 h (second) im Postfach."


def test_runs_that_went_alike_are_said_to() -> None:
    assert said(small_result(), small_result(), "de") == "Beide Läufe verliefen gleich: Die langsamste Mail war nach 63 min im Postfach."


def test_a_refusal_takes_the_engine_one_round_trip_as_the_sentence_says() -> None:
    """A SYN there, a RST back: the 70 ms of the link."""
    one: Any = {"kind": "at", "from": "ann@example.org", "to": "bob@example.com", "times": ["2h"]}
    outage: Any = {"kind": "outage", "target": "mx1", "start": "1h", "length": "4h", "how": "refused"}
    world = mailsim.load("primary-outage").replace("traffic", [one]).replace("faults", [outage])
    cost = cost_of(world.replace("links", {"default": {"rtt": "70ms"}}).run().log)
    assert cost is not None
    assert (cost.kind, cost.median_us) == ("refused", 70_000)


@pytest.mark.parametrize("language", languages())
def test_every_way_to_fail_has_a_word_at_the_beginning_of_a_sentence_and_inside(language: str) -> None:
    kinds = {kind_of(why) for why in Why if why not in (Why.OK, Why.NONE)}
    assert kinds >= {"silence", "refused", "unreachable", "closed", "tempfail", "permfail", "lost_reply"}
    assert {f"{kind}{end}" for kind in kinds for end in ("", "_first")} <= set(sentences(language, "side_by_side"))


def test_where_mail_arrived_in_one_run_only_they_are_not_told_to_be_alike() -> None:
    """Without event rows there is no attempt to tell; where nothing is returned either, what arrived tells the runs apart."""
    one, two = without_events(), without_events(State.LOST)
    assert said(one, two) == "In the mailbox: 4 of 6 mails (first), 0 of 6 (second)."
    assert said(two, one, "de") == "Im Postfach: 0 von 6 Mails (first), 4 von 6 (second)."


def test_runs_in_which_all_mail_was_returned_are_not_told_to_have_returned_none() -> None:
    all_back = without_events(State.BOUNCED)
    assert said(all_back, all_back) == "Both runs went alike: 4 of 6 mails came back as undeliverable."
    lost = without_events(State.LOST)
    assert said(lost, lost) == "In neither run did any mail arrive or come back."


def without_events(fate: State = State.STORED) -> Result:
    """The log at level ``messages``; all but the rejected mail and the one still queued came to this end."""
    log = outage_log(level="messages")
    for k in (0, 1, 2, 5):
        log.messages["state"][k] = fate
        log.messages["stored_us"][k], log.messages["ended_us"][k] = (4502 * S, -1) if fate == State.STORED else (-1, 4502 * S)
        if fate == State.STORED and k == 5:
            log.messages["stored_us"][k] = 5003 * S
    return Result(small_scenario(), 7, log)
