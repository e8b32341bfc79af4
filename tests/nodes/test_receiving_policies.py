"""Greylisting, limits for clients and busy servers, by hand.

In these small worlds (``small_worlds``) a session that starts at 0.55 s is greeted at 0.75 s, has RCPT at the server at 0.90 s and
its reply at 0.95 s; the mail is taken at 1.00 s and the session ends at 1.05 s.  Postfix tries again in the scan at 300 s.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.engine import simulate
from mailsim.errors import ScenarioError
from mailsim.events import Event, State
from mailsim.nodes.greylists import Greylist, GreylistMemory
from mailsim.rules.greylist import Greylisting
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, Run, S, com, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
EQUALS = com("@ MX 10 mx1", "@ MX 10 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")


def one(policy: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One server with a policy."""
    return world(ONE, {"mx1": {**FINAL, **policy}}, **{"run_until": "20m", **more})


def same_at_both_levels(values: dict[str, Any]) -> Run:
    """The run, after the level ``messages`` was seen to come to the same."""
    found = run(values)
    assert run(values, level="messages").log.trace_hash() == found.log.trace_hash()
    return found


# -- greylisting -------------------------------------------------------------------------------------------------------


def test_greylisting_as_postgrey_has_it_says_so_and_lets_in_who_comes_back() -> None:
    result = same_at_both_levels(one({"greylist": {"delay": "4m"}}))
    assert [t for t, _, _ in result.tries()] == [0.55, 300.0]  # first seen at 0.90; 300.35 is more than 240 s later
    assert result.at(Event.STORED) == [300.45]
    assert result.of(Event.TRIED)[0].extra.startswith("rcpt|450 4.2.0 <bob@example.com>: Recipient address rejected: Greylisted")
    assert [Why(row.why) for row in result.of(Event.DEFERRED)] == [Why.GREYLISTED]


def test_who_comes_back_after_the_retry_window_is_a_stranger_again() -> None:
    # put off at 0.95, again 600 s later: RCPT at 601.30, 600.4 s after the first and so later than 590 s: a first visit; put off at
    # 601.35, again 300 s later: RCPT at 901.70, 300.4 s after that
    isp = {"parameters": {"retry": {"kind": "ladder", "waits": ["10m", "5m"]}}}
    result = same_at_both_levels(one({"greylist": {"delay": "300s", "retry_window": "590s"}}, isp=isp))
    assert [t for t, _, _ in result.tries()] == [0.55, 600.95, 901.35]
    assert result.at(Event.STORED) == [901.8]


@pytest.mark.parametrize(("successes", "stored"), [(1, [300.45, 601.0]), (2, [300.45, 900.45])])
def test_a_client_that_came_back_often_enough_is_no_stranger_with_other_mail(successes: int, stored: list[float]) -> None:
    """Another recipient at 600 s: RCPT at 600.90; put off, it is tried again in the scan at 900 s."""
    values = one({"greylist": {"delay": "4m", "auto_whitelist": successes}})
    values["traffic"].append({**values["traffic"][0], "to": "cas@example.com", "times": ["10m"]})
    assert same_at_both_levels(values).at(Event.STORED) == stored


def test_clients_of_one_network_are_one_client_for_the_triplet_but_not_for_the_whitelist() -> None:
    rules = Greylisting(300 * S, 10_000 * S, 10_000 * S, 1, 24, 64)
    grey = Greylist(rules, GreylistMemory())
    pair = ("ann@example.org", "bob@example.com")
    assert grey.says("203.0.113.1", *pair, 0) is not None
    assert grey.says("203.0.113.2", *pair, 300 * S) is None  # from the pool of one provider
    assert grey.says("203.0.114.2", *pair, 300 * S) is not None
    assert grey.says("203.0.113.2", "ann@example.org", "cas@example.com", 400 * S) is None  # it had a success
    assert grey.says("203.0.113.1", "ann@example.org", "cas@example.com", 400 * S) is not None  # it had none


def test_what_a_later_session_leaves_behind_is_not_seen_by_an_earlier_one() -> None:
    grey = Greylist(Greylisting(300 * S), GreylistMemory())
    pair = ("ann@example.org", "bob@example.com")
    assert grey.says("203.0.113.1", *pair, 0) is not None
    assert grey.says("203.0.113.1", *pair, 400 * S) is None  # worked out ahead of the clock
    assert grey.says("203.0.113.1", *pair, 299 * S) is not None


QUARTERS = {"retry": {"kind": "ladder", "waits": ["15m"]}, "failures": {"transaction_4xx": "defer"}}


@pytest.mark.parametrize("seed", range(1, 7))
def test_two_servers_that_do_not_share_their_memory_delay_a_client_twice(seed: int) -> None:
    """A sender that tries one of two equal servers every 15 minutes was delayed by 30 minutes (RFC 6647 section 5, item 4).

    Put off at 0.95, it comes at 900.95.  With one memory it is let in then, wherever it goes: stored at 901.40.  With two it is let
    in where it came first and put off at the other one, at 901.35; at 1801.35 both servers know it: stored at 1801.80.
    """

    def greylisted(**policy: Any) -> Run:
        nodes = {mx: {**FINAL, "greylist": {"delay": "300s", **policy}} for mx in ("mx1", "mx2")}
        return same_at_both_levels({**world(EQUALS, nodes, isp={"parameters": QUARTERS}, run_until="2h"), "seed": seed})

    shared, apart = greylisted(memory="border"), greylisted()
    first, second = [host for _, host, _ in apart.tries()][:2]
    assert shared.at(Event.STORED) == [901.4]
    assert apart.at(Event.STORED) == [901.4 if first == second else 1801.8]
    assert (first == second) == (seed in (4, 5))  # both cases are among the seeds


def crowd(policy: dict[str, Any], domains: int, **more: Any) -> dict[str, Any]:
    """A population that sends 40 messages to two recipients."""
    values = one(policy, **{"run_until": "12h", **more})
    values["nodes"]["crowd"] = {"kind": "senders", "mix": {"postfix": 1, "exim": 1}, "domains": domains}
    lines = [{"kind": "spread", "from": "crowd", "to": to, "count": 20, "until": "3h"} for to in ("bob@example.com", "cas@example.com")]
    return {**values, "traffic": lines}


def test_a_population_is_as_many_clients_as_it_has_domains() -> None:
    # in a large one nobody is met twice, so every message is put off once at least
    strangers = same_at_both_levels(crowd({"greylist": {"delay": "5m"}}, 1_000_000))
    assert all(len(strangers.tries("crowd", number)) >= 2 for number in range(40))
    # in one of a single domain the first message to each recipient is put off, and those that come before it was let in
    one_domain = same_at_both_levels(crowd({"greylist": {"delay": "5m", "auto_whitelist": 0}}, 1))
    first = min(one_domain.at(Event.STORED))
    late = [d for d in one_domain.deliveries if d.sent_us > (first + 3600) * S]
    assert late
    assert all(len(one_domain.tries("crowd", d.message)) == 1 for d in late)


def test_a_triplet_with_an_unknown_recipient_is_refused_for_good() -> None:
    """DEFER_IF_PERMIT: what is refused anyway is not put off."""
    boxes = {"kind": "mailstore", "host": "boxes.example.com", "mailboxes": {"bob@example.com": {}}}
    mx1 = {**FINAL, "store": "boxes", "greylist": {"delay": "4m"}}
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "boxes A 192.0.2.9")
    result = same_at_both_levels(world(zone, {"mx1": mx1, "boxes": boxes}, to=["bob@example.com", "no@example.com"], run_until="20m"))
    assert result.at(Event.BOUNCED) == [0.95]
    assert [d.state for d in result.deliveries[:2]] == [State.STORED, State.BOUNCED]


def test_users_who_log_in_are_no_strangers() -> None:
    assert run(one({}, isp={"greylist": "5m", "client_limits": {"message_rate": 1}}, times=("0s", "1s"))).at(Event.STORED) == [1.0, 2.0]


# -- limits for clients ------------------------------------------------------------------------------------------------


def test_one_connection_more_than_a_client_may_have_is_told_421() -> None:
    result = same_at_both_levels(one({"client_limits": {"connections": 1}}, times=("0s", "0s")))
    # both connections are made at 0.55; the second is greeted with 421 at 0.75
    assert [(t, Why(why)) for t, _, why in result.tries()] == [(0.55, Why.OK), (0.55, Why.TEMPFAIL), (300.0, Why.OK)]
    row = result.of(Event.TRIED, number=1)[0]
    assert row.extra == "greeting|421 4.7.0 Error: too many connections from 203.0.113.25"
    assert row.t_us + row.value == 750_000
    assert [(row.t_us, Why(row.why)) for row in result.of(Event.DEFERRED)] == [(750_000, Why.TOO_MANY_CONNECTIONS)]
    assert result.at(Event.STORED) == [1.0, 300.45]


def test_the_next_connection_is_fine_when_the_last_one_is_over() -> None:
    # the first session ends at 1.05; one that is made at 1.05 (sent at 0.50) is the only one then
    assert run(one({"client_limits": {"connections": 1}}, times=("0s", "500ms"))).at(Event.STORED) == [1.0, 1.5]


def test_connections_in_a_unit_are_counted_from_its_first_one_on() -> None:
    policy = {"client_limits": {"connection_rate": 2, "unit": "60s"}}
    result = same_at_both_levels(one(policy, times=("0s", "10s", "20s", "61s")))
    # the unit begins at 0.70, where the first connection is there, and is over after 60.70; the third of it is turned away at 20.75
    # and comes back in the first scan after 20 + 300 - 1; the fourth is there at 61.70
    assert result.at(Event.STORED) == [1.0, 11.0, 62.0, 600.45]


def test_too_much_mail_is_put_off_at_mail() -> None:
    result = same_at_both_levels(one({"client_limits": {"message_rate": 1}}, times=("0s", "10s")))
    assert result.of(Event.TRIED, number=1)[0].extra == "mail|450 4.7.1 Error: too much mail from 203.0.113.25"
    assert [(row.t_us, Why(row.why)) for row in result.of(Event.DEFERRED)] == [(10_950_000, Why.RATE_LIMITED)]
    assert result.at(Event.STORED) == [1.0, 600.45]  # the first scan after 10 + 300 - 1


def test_who_is_exempt_may_do_what_it_likes() -> None:
    policy = {"client_limits": {"connections": 1, "connection_rate": 1, "message_rate": 1, "exempt": ["isp"]}}
    assert run(one(policy, times=("0s", "0s", "1s"))).at(Event.STORED) == [1.0, 1.0, 2.0]


def test_each_client_of_a_population_has_limits_of_its_own() -> None:
    policy = {"client_limits": {"connection_rate": 1, "message_rate": 1}}
    result = same_at_both_levels(crowd(policy, 1_000_000))
    assert all(len(result.tries("crowd", number)) == 1 for number in range(40))
    assert any(len(run(crowd(policy, 1)).tries("crowd", number)) > 1 for number in range(40))


# -- busy servers ------------------------------------------------------------------------------------------------------


def test_exim_turns_away_who_comes_when_it_is_busy_and_postfix_lets_it_wait() -> None:
    busy = {"flavour": "exim", "max_sessions": 1}
    result = same_at_both_levels(one(busy, times=("0s", "0s")))
    assert result.of(Event.TRIED, number=1)[0].extra.startswith("greeting|421 4.3.2 Too many concurrent SMTP connections")
    assert [(row.t_us, Why(row.why)) for row in result.of(Event.DEFERRED)] == [(750_000, Why.TOO_MANY_SESSIONS)]
    assert result.at(Event.STORED) == [1.0, 300.45]
    # the first session ends at 1.05: 0.5 s later than the connection was made, so all of the second one is 0.5 s later
    waiting = {**busy, "parameters": {**MTA["parameters"], "over_limit": "wait"}}
    assert same_at_both_levels(one(waiting, times=("0s", "0s"))).at(Event.STORED) == [1.0, 1.5]
    assert same_at_both_levels(one({"max_sessions": 1}, times=("0s", "0s"))).at(Event.STORED) == [1.0, 1.5]


# -- declarations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "heard"),
    [
        ({"greylist": {"dely": "5m"}}, "delay"),
        ({"greylist": {"delay": "5m", "retry_window": "1m"}}, "retry_window"),
        ({"greylist": {"network": 33}}, "network"),
        ({"greylist": "soon"}, "soon"),
        ({"client_limits": {"exempt": ["ips"]}}, "isp"),
        ({"client_limits": {"connections": 0}}, "connections"),
        ({"recipients": "probe"}, "relays_for"),
        ({"recipients": "guess"}, "probe"),
        ({"relays_for": ["example.net"], "recipients": {"example.ner": "list"}}, "example.net"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(policy: dict[str, Any], heard: str) -> None:
    import mailsim

    with pytest.raises(ScenarioError) as caught:
        mailsim.load(one(policy))
    text = str(caught.value)
    assert next(iter(policy)) in text or "recipients" in text
    assert heard in text


def test_the_figures_of_a_policy_are_among_the_assumptions() -> None:
    import mailsim

    scenario = mailsim.load(one({"greylist": {"delay": "4m"}, "client_limits": {}}))
    found = {row.path: (row.value, row.status) for row in scenario.assumptions()}
    assert found["nodes.mx1.greylist.delay"] == ("4m", "given")
    assert found["nodes.mx1.greylist.retry_window"] == ("2d", "default")
    assert found["nodes.mx1.client_limits.connections"] == ("50", "default")
    assert simulate(compiled(scenario), 1).end_reason == "given"
