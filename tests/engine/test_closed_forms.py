"""Closed forms of queueing, retrying and caching, met by simulated mail."""

from __future__ import annotations

from math import log as ln
from typing import Any

import pytest

import mailsim
from mailsim.events import Event
from mailsim.rules.reasons import Why
from mailsim.rules.retry import ExponentialPolicy, QuadraticPolicy, RootPolicy
from small_worlds import MTA, com, run, world

S = 1_000_000
MINUTE = 60 * S
HOUR = 3600 * S
ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")


def stored_and_sent(values: dict[str, Any], *, seed: int = 1) -> list[tuple[int, int]]:
    """(stored, sent) of each mail of a run."""
    messages = mailsim.load(values).run(seed=seed, level="messages").log.messages
    rows = zip(messages["stored_us"], messages["sent_us"], messages["parent"], strict=True)
    return [(stored, sent) for stored, sent, parent in rows if parent < 0]


def of_population(mix: dict[str, float], traffic: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A world in which a population writes to one server."""
    server = more.pop("server", {**MTA, "final_for": ["example.com"]})
    values = world(ZONE, {"mx1": server, "them": {"kind": "senders", "mix": mix}}, **more)
    return {**values, "traffic": [{"from": "them", "to": "bob@example.com", "size": "1 kB", **traffic}]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("servers", "work", "waits"),
    [
        # mean wait in units of the work, at a load of 0.8: M/D/1 = 2, M/M/1 = 4; Erlang C for two, four and eight servers
        (1, {"kind": "constant", "value": "2s"}, 2.0),
        (1, {"kind": "exponential", "mean": "2s"}, 4.0),
        (2, {"kind": "exponential", "mean": "2s"}, 1.7778),
        (4, {"kind": "exponential", "mean": "2s"}, 0.7455),
        (8, {"kind": "exponential", "mean": "2s"}, 0.2860),
    ],
)
def test_a_server_with_few_sessions_is_the_textbook_s_queue(servers: int, work: dict[str, str], waits: float) -> None:
    """A session costs its server the work and 8 round trips of 1 ms, so the wait is what a mail takes more than alone.

    The mean of n waits of M/M/1 has the variance 1976 / n at this load (Whitt 1989, in units of the work), less for the others: for
    60,000 mails one deviation is 0.18, and 4.5 of them pass by chance once in 150,000.
    """
    n, load = 60_000, 0.8
    server = {**MTA, "final_for": ["example.com"], "max_sessions": servers, "parameters": {"server_time": work, "starttls": False}}
    traffic = {"kind": "poisson", "rate": f"{load * servers / 2}/s", "until": f"{n * 2 / (load * servers):.0f}s"}
    busy = {"links": {"default": {"rtt": "1ms", "bandwidth": None}}, "server": server}
    alone = {**busy, "server": {**server, "max_sessions": 100_000}}
    together = [sum(late - sent for late, sent in stored_and_sent(of_population({"postfix": 1}, traffic, **way))) for way in (busy, alone)]
    found = (together[0] - together[1]) / n / (2 * S)
    assert abs(found - waits) < 4.5 * (1976 / n) ** 0.5 * (waits / 4)


def test_a_fixed_retry_period_costs_half_of_it_whatever_the_outage() -> None:
    """Queue runs every 30 min at a phase of their own: the wait after the return is even over (0, 30 min), its mean 15 min.

    400 such waits: one deviation of the mean is 30 / sqrt(12 x 400) = 0.43 min, 4.5 of them pass by chance once in 150,000.
    """
    for hours in (3, 11):
        down = {"kind": "outage", "target": "mx1", "length": f"{hours}h", "how": "refused"}
        traffic = {"kind": "spread", "count": 400, "until": f"{hours}h"}
        found = stored_and_sent(of_population({"sendmail": 1}, traffic, faults=(down,)))
        waits = [(stored - hours * HOUR) / MINUTE for stored, _ in found]
        assert min(waits) > 0
        assert max(waits) < 31
        assert abs(sum(waits) / 400 - 15) < 4.5 * 0.44


@pytest.mark.parametrize(("ratio", "expected"), [(1.25, 0.120), (1.3, 0.143), (1.5, 0.233), (2.0, 0.443)])
def test_a_growing_back_off_costs_its_share_of_the_age(ratio: float, expected: float) -> None:
    """Each wait r times the one before: over ages that are even on a scale of ratios the mean of (wait / age) is (r - 1) / ln r - 1.

    Late enough two attempts lie a ratio of r apart; 400 ages stand in the middles of equal ratios between two of them.
    """
    assert expected == pytest.approx((ratio - 1) / ln(ratio) - 1, abs=0.001)
    policy, ages, attempt = ExponentialPolicy(base_us=S, factor=ratio), [0], 0
    while len(ages) < 2 or ages[-1] / max(ages[-2], 1) > ratio * 1.0005:
        attempt += 1
        ages.append(policy.next(0, ages[-1], attempt=attempt))
    before = ages[-1]
    after = policy.next(0, before, attempt=attempt + 1)
    needed = [before * (after / before) ** ((k + 0.5) / 400) for k in range(400)]
    assert sum(after / age - 1 for age in needed) / 400 == pytest.approx(expected, abs=0.0015)


def test_the_gap_of_the_quadratic_schedule_at_an_age() -> None:
    """400 k^2 s (qmail, OpenSMTPD): at age t the next attempt is 40 sqrt(t) + 400 s away."""
    for policy in (QuadraticPolicy(400 * S), RootPolicy(20)):
        age = 400
        while age < 600_000:
            gap = (policy.next(0, age * S, started_us=age * S) - age * S) / S
            assert gap == pytest.approx(40 * age**0.5 + 400)
            age += round(gap)


def test_a_cache_answers_the_share_that_renewal_theory_says() -> None:
    """Asked l times a second at random, with a TTL of T: hits are l T / (1 + l T).

    Between two misses lie T (and what is left of unbound's second) and a gap of 1 / l: in 400 h about 400 h / (1 h + 30 min) = 267
    misses, whose number has the deviation sqrt(H s^2 / m^3) = 5.4; five of them are 27.
    """
    ttl_s, gap_s, hours = 3600.0, 1800.0, 400
    values = world(ZONE, {"mx1": {**MTA, "final_for": ["example.com"]}})
    values["traffic"] = [{"kind": "poisson", "from": "ann@example.org", "to": "bob@example.com", "rate": "2/h", "until": f"{hours}h"}]
    asked = [row.why for row in run(values).of(Event.LOOKED_UP, node="isp") if row.peer == "example.com"]
    mean = ttl_s + gap_s
    misses = asked.count(Why.FROM_SERVER)
    expected = hours * 3600 / mean
    deviation = (hours * 3600 * gap_s**2 / mean**3) ** 0.5
    assert abs(misses - expected) < 5 * deviation
    assert 1 - misses / len(asked) == pytest.approx((ttl_s / gap_s) / (1 + ttl_s / gap_s), abs=0.06)
