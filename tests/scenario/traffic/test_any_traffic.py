"""Laws of all traffic: random lines of every kind are sorted, round-trip, run under all checkers and alike at every level."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mailsim.draws import Draws
from mailsim.scenario import load
from mailsim.scenario.arrivals import arrivals
from mailsim.scenario.compiled import compiled
from mailsim.scenario.timechecks import MOST_MESSAGES
from traffic_worlds import declared

HOURS = st.integers(0, 40).map(lambda n: f"{n}h")
SENDERS = st.sampled_from(["world", "ann@example.org", {"world": 1, "ann@example.org": 0.5}])
SIZES = st.sampled_from(
    [
        "10 kB",
        "mail",
        {"median": "5 kB", "sigma": 1},
        {"kind": "bins", "least": "1 B", "up_to": {"1 kB": 1, "1 MB": 2}},
        {"kind": "pareto", "least": "1 kB", "alpha": 0.5, "most": "1 MB"},
    ]
)
RECIPIENTS = st.sampled_from(
    [
        {"to": "bob@example.com"},
        {"to": ["bob@example.com", "eve@example.com"]},
        {"to": ["bob@example.com", "eve@example.com"], "fan_out": "each"},
        {"to": {"bob@example.com": 3, "eve@example.com": 1}},
        {"to": {"a{n}@example.com": 3, "b{n}@example.com": 1}, "members": 6, "fan_out": "each"},
        {"to": "m{n}@example.com", "members": 6},
        {"to": "m{n}@example.com", "members": 6, "fan_out": "one"},
    ]
)
WINDOW = {"start": st.sampled_from(["0s", "0s", "5h"]), "until": st.integers(6, 40).map(lambda n: f"{n}h")}
KINDS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("poisson"), "rate": st.sampled_from(["1/h", "3/h"]), **WINDOW}),
    st.fixed_dictionaries(
        {
            "kind": st.just("diurnal"),
            "rate": st.sampled_from(["20/day", "50/day"]),
            "shape": st.sampled_from(["office", "flat", {"hours": [0, 1] * 12}]),
            **WINDOW,
        }
    ),
    st.fixed_dictionaries({"kind": st.just("preset"), "name": st.just("university"), "rate": st.just("40/day"), **WINDOW}),
    st.fixed_dictionaries({"kind": st.just("periodic"), "every": st.sampled_from(["1h", "97m"]), **WINDOW}),
    st.fixed_dictionaries({"kind": st.just("spread"), "count": st.integers(1, 20), **WINDOW}),
    st.fixed_dictionaries({"kind": st.just("burst"), "at": HOURS, "count": st.integers(1, 20), "within": st.sampled_from(["0s", "3m"])}),
    st.fixed_dictionaries({"kind": st.just("at"), "times": st.lists(HOURS, min_size=1, max_size=5)}),
    st.fixed_dictionaries(
        {
            "kind": st.just("replay"),
            "csv": st.sampled_from(["instant\n1\n1h\n", "instant,to,from\n3,x@example.com y@example.com,world\n9,,\n"]),
        }
    ),
)
LINE = st.tuples(KINDS, RECIPIENTS, st.fixed_dictionaries({"from": SENDERS, "size": SIZES})).map(
    lambda parts: {**parts[0], **parts[1], **parts[2]}
)


@settings(max_examples=25, deadline=None)
@given(
    lines=st.lists(LINE, min_size=1, max_size=3),
    warm_up=st.sampled_from(["0s", "12h"]),
    starts=st.sampled_from(["2026-01-05T00:00:00Z", "2026-03-28 15:00 Europe/Berlin"]),
    seed=st.integers(0, 5),
)
def test_random_traffic_keeps_the_laws(lines: list[dict[str, Any]], warm_up: str, starts: str, seed: int) -> None:
    scenario = declared(*lines, warm_up=warm_up, starts=starts, seed=seed)
    assert load(scenario.values()).digest() == load(scenario.values(given=True)).digest() == scenario.digest()
    world = compiled(scenario)
    mail = arrivals(world, Draws(seed))
    counted = len(mail.sent_us) - mail.warming
    assert list(mail.sent_us[:counted]) == sorted(mail.sent_us[:counted])
    assert all(world.warm_up_us <= t for t in mail.sent_us[:counted])
    assert all(0 <= t <= world.warm_up_us for t in mail.sent_us[counted:])
    for stream in scenario.traffic:
        assert 0 <= stream.messages(world.starts) <= max(stream.deliveries(world.starts), stream.messages(world.starts)) < MOST_MESSAGES
    addresses = {address for stream in scenario.traffic for address in stream.recipients}
    assert {to for n in mail.line for to in mail.lines[n].recipients} <= addresses
    assert scenario.run(level="events").trace_hash == scenario.run(level="messages").trace_hash
