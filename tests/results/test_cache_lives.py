"""What caches held is read off the answers: begins, ends and kinds by hand, and on real runs against the lookups table."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mailsim.events import Event, EventLog
from mailsim.results.cache_lives import CacheLane, Life, cache_lanes, forgotten, lanes_of
from mailsim.rules.reasons import Why
from mailsim.scenario import load
from small_logs import S, Written

MX = {"peer": "example.com", "detail": 15, "code": 0}
OLD, NEW = "10 old.example.com (TTL 600)", "10 new.example.com (TTL 600)"


def look(w: Written, t_s: float, extra: str, why: Why = Why.FROM_SERVER, **more: Any) -> None:
    """A question of isp that takes a second where a server is asked, and nothing else."""
    asked = why in (Why.FROM_SERVER, Why.JOINED)
    w.event(t_s, Event.LOOKED_UP, message=0, node="isp", why=why, extra=extra, took=1 if asked else 0, **MX | more)


def ask(w: Written, t_s: float, reach: Why = Why.OK) -> None:
    """The resolver asks a server for the MX."""
    w.event(t_s, Event.ASKED, node="dns", peer="192.0.2.53", detail=15, code=17, why=reach, extra="example.com")


def finished(w: Written) -> EventLog:
    return w.log(end_s=8000, conditions=[])


def lane(w: Written, **more: Any) -> CacheLane:
    (only,) = cache_lanes(finished(w), {"isp": "dns"}, **more)
    return only


def lives(found: CacheLane) -> list[tuple[float, float, str]]:
    return [(life.begin_us / S, life.end_us / S, life.records) for life in found.lives]


def kinds(found: CacheLane) -> dict[str, list[float]]:
    return {kind: [t / S for t in instants] for kind, instants in found.asked_us.items() if instants}


def test_a_life_begins_when_the_answer_arrives_and_lasts_its_ttl() -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, OLD)
    look(w, 200, OLD, Why.FROM_CACHE)
    ask(w, 900)
    look(w, 900, OLD)
    found = lane(w)
    assert (found.resolver, found.name, found.rtype, found.questions) == ("dns", "example.com", "MX", 3)
    assert lives(found) == [(101, 701, "10 old.example.com"), (901, 1501, "10 old.example.com")]
    assert kinds(found) == {"asked": [100, 900], "hit": [200]}


def test_an_answer_with_what_is_left_of_its_ttl_is_the_same_life() -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, OLD)
    ask(w, 300)
    look(w, 300, "10 old.example.com (TTL 400)")
    assert lives(lane(w)) == [(101, 701, "10 old.example.com")]


def test_new_records_end_the_life_of_the_old_ones_and_the_order_of_records_is_none() -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, "20 b.example.com, 10 a.example.com (TTL 600)")
    look(w, 150, "10 a.example.com, 20 b.example.com (TTL 600)", Why.FROM_CACHE)
    ask(w, 300)
    look(w, 300, NEW)
    assert lives(lane(w)) == [(101, 301, "10 a.example.com, 20 b.example.com"), (301, 901, "10 new.example.com")]


def test_a_hit_behind_the_end_shows_a_life_that_the_resolver_renewed_by_itself() -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, OLD)
    ask(w, 680)
    look(w, 1000, OLD, Why.FROM_CACHE)
    assert lives(lane(w)) == [(101, 680, "10 old.example.com"), (680, 1280, "10 old.example.com")]


def test_a_hit_within_the_last_second_of_a_ttl_is_no_renewal() -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, OLD)
    look(w, 701.9, OLD, Why.FROM_CACHE)
    assert lives(lane(w)) == [(101, 701, "10 old.example.com")]


def test_where_nothing_shows_when_a_life_began_none_is_told() -> None:
    w = Written()
    look(w, 1000, OLD, Why.FROM_CACHE)
    found = lane(w)
    assert lives(found) == []
    assert kinds(found) == {"hit": [1000]}


@pytest.mark.parametrize(("rcode", "text"), [(3, "NXDOMAIN"), (0, "no such record")])
def test_that_there_is_nothing_is_held_as_far_as_it_is_proved(rcode: int, text: str) -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, text, code=rcode)
    look(w, 200, text, Why.NEGATIVE_CACHE, code=rcode)
    look(w, 300, text, Why.NEGATIVE_CACHE, code=rcode)
    found = lane(w)
    assert found.lives == (Life(101 * S, 300 * S, text, negative=True),)
    assert kinds(found) == {"negative": [100, 200, 300]}


def test_servfail_and_silence_are_no_answer_and_live_nowhere() -> None:
    w = Written()
    look(w, 100, "SERVFAIL", code=2)
    look(w, 200, "SERVFAIL", Why.NEGATIVE_CACHE, code=2)
    look(w, 300, "no answer", Why.DNS_TIMEOUT, code=99)
    found = lane(w)
    assert (lives(found), kinds(found)) == ([], {"failed": [100, 200, 300]})


def test_an_answer_that_nobody_was_asked_for_came_from_the_cache_whatever_the_log_calls_it() -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, OLD)
    look(w, 200, "example.com. 500 MX 10 old.example.com.")
    assert kinds(lane(w)) == {"asked": [100], "hit": [200]}


def test_lines_of_a_zone_file_have_their_ttls_too() -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, "example.com. 500 MX 10 a.example.com.\nexample.com. 400 MX 20 b.example.com.")
    assert lives(lane(w)) == [(101, 501, "MX 10 a.example.com., MX 20 b.example.com.")]


def test_stale_is_an_answer_after_its_life_that_no_server_gave_where_the_resolver_serves_such() -> None:
    w = Written()
    ask(w, 100)
    look(w, 100, OLD)
    ask(w, 800, Why.SILENT)
    look(w, 800, "10 old.example.com (TTL 30)")  # the server is silent
    ask(w, 900)
    look(w, 900, "10 old.example.com (TTL 30)")  # the server was heard too late, the TTL shows it
    ask(w, 950)
    look(w, 950, OLD)
    log = finished(w)
    (served,) = cache_lanes(log, {"isp": "dns"}, serve_stale=frozenset({"dns"}))
    (plain,) = cache_lanes(log, {"isp": "dns"})
    assert kinds(served) == {"asked": [100, 950], "stale": [800, 900]}
    assert kinds(plain) == {"asked": [100, 800, 900, 950]}


def test_each_resolver_has_its_own_lane_and_who_asks_none_has_none() -> None:
    w = Written()
    look(w, 100, OLD)
    w.event(200, Event.LOOKED_UP, message=1, node="mx2", why=Why.FROM_CACHE, extra=OLD, took=0, **MX)
    w.event(300, Event.LOOKED_UP, message=1, node="lonely", why=Why.DNS_SERVFAIL, extra="SERVFAIL", took=0, **MX | {"code": 2})
    found = cache_lanes(finished(w), {"isp": "dns", "mx2": "dns2"})
    assert [(one.resolver, one.questions) for one in found] == [("dns", 1), ("dns2", 1)]


def moved(w: Written, *edits_s: float) -> None:
    """The MX moves between two answers; edits of the zone at these instants."""
    ask(w, 100)
    look(w, 100, OLD)
    for t_s in edits_s:
        w.event(t_s, Event.ZONE_CHANGED, peer="example.com")
    ask(w, 900)
    look(w, 900, NEW)


def test_the_old_record_is_forgotten_at_the_end_of_its_ttl() -> None:
    w = Written()
    moved(w, 400)
    log = finished(w)
    found = forgotten(log, cache_lanes(log, {"isp": "dns"}))
    assert found is not None
    assert (found.rtype, found.changed_us, found.until_us) == ("MX", 400 * S, 701 * S)


@pytest.mark.parametrize("edits_s", [(), (800,), (300, 400)], ids=["no change", "after the TTL", "which of the two?"])
def test_nothing_is_said_of_a_change_that_no_cache_missed_or_that_is_not_certain(edits_s: tuple[float, ...]) -> None:
    w = Written()
    moved(w, *edits_s)
    log = finished(w)
    assert forgotten(log, cache_lanes(log, {"isp": "dns"})) is None


def test_a_stale_answer_prolongs_the_memory() -> None:
    w = Written()
    moved(w, 400)
    look(w, 800, "10 old.example.com (TTL 30)")
    log = finished(w)
    found = forgotten(log, cache_lanes(log, {"isp": "dns"}, serve_stale=frozenset({"dns"})))
    assert found is not None
    assert found.until_us == 801 * S


@pytest.mark.parametrize("name", ["moving-the-mx", "dns-outage", "health-checked-dns"])
def test_every_question_of_a_run_stands_in_a_lane_once_and_no_hit_outside_a_life(name: str) -> None:
    result = load(name).run(level="events")
    table = result.lookups
    found = lanes_of(result.log, result.scenario)
    told = Counter({(lane.name, lane.rtype): lane.questions for lane in found})
    assert told == Counter(zip(table["name"], table["type"], strict=True))
    for one in found:
        rows = table[(table["name"] == one.name) & (table["type"] == one.rtype)]
        assert len(one.asked_us["failed"]) == int((rows["rcode"] != "NOERROR").sum())
        for t_us in one.asked_us["hit"]:
            assert any(life.begin_us <= t_us < life.end_us + S for life in one.lives)
        ends = [life.end_us for life in one.lives]
        assert all(end <= life.begin_us for end, life in zip(ends, one.lives[1:], strict=False))


def test_the_move_of_the_mx_is_forgotten_within_its_ttl_as_the_scenario_says() -> None:
    """The change is at 24 h and the TTL is 4 h; the last mail to old was looked up in that time."""
    result = load("moving-the-mx").run(level="events")
    found = forgotten(result.log, lanes_of(result.log, result.scenario))
    assert found is not None
    assert (found.name, found.rtype, found.changed_us) == ("example.com", "MX", 24 * 3600 * S)
    assert found.changed_us < found.until_us <= 28 * 3600 * S
    to_old = result.attempts[result.attempts["host"] == "old.example.com"]["start_s"].max()
    assert to_old < found.until_us / S


def test_a_resolver_that_serves_stale_answers_through_the_outage() -> None:
    result = load("dns-outage").replace("nodes.dns.parameters", {"serve_expired": True}).run(level="events")
    (found,) = [one for one in lanes_of(result.log, result.scenario) if one.rtype == "MX"]
    within = [t for t in found.asked_us["stale"] if 7_900 * S < t < 6 * 3600 * S]
    assert len(within) == int(((result.lookups["type"] == "MX") & result.lookups["start_s"].between(7_900, 6 * 3600)).sum())
    assert not found.asked_us["failed"]
