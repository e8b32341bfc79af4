"""Laws of the policies at the receiving side: random small worlds with random policies, under all checkers, alike at both levels."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mailsim
from strategies import worlds

EXAMPLES = int(os.environ.get("MAILSIM_EXAMPLES", "25"))
TOLERANT = [HealthCheck.too_slow, HealthCheck.data_too_large]
SETTINGS = settings(deadline=None, derandomize=EXAMPLES == 25, max_examples=EXAMPLES, suppress_health_check=TOLERANT)

GREYLIST = st.one_of(
    st.sampled_from(["1m", "5m", "1h"]),
    st.fixed_dictionaries(
        {
            "delay": st.sampled_from(["1m", "300s", "1h"]),
            "retry_window": st.sampled_from(["2h", "2d"]),
            "max_age": st.sampled_from(["3h", "35d"]),
            "auto_whitelist": st.integers(0, 2),
            "network": st.sampled_from([0, 24, 32]),
            "memory": st.sampled_from([None, "shared"]),
        }
    ),
)
LIMITS = st.fixed_dictionaries(
    {
        "connections": st.sampled_from([None, 1, 2]),
        "connection_rate": st.sampled_from([None, 1, 3]),
        "message_rate": st.sampled_from([None, 1, 3]),
        "unit": st.sampled_from(["10s", "60s", "1h"]),
    }
)
VERIFICATION = st.fixed_dictionaries(
    {
        "poll_count": st.integers(1, 3),
        "poll_delay": st.sampled_from(["0s", "3s", "20s"]),
        "positive_refresh": st.sampled_from(["10m", "7d"]),
        "positive_expire": st.sampled_from(["1h", "31d"]),
        "negative_refresh": st.sampled_from(["10m", "3h"]),
        "negative_expire": st.sampled_from(["1h", "3d"]),
        "reject_code": st.sampled_from([450, 550]),
    }
)
ALIASES = st.sampled_from(
    [
        {},
        {"bob@example.com": ["bob@example.com", "eve@example.net"]},
        {"bob@example.com": ["team@example.com"], "team@example.com": ["bob@example.com", "ann@example.org", "nobody@example.com"]},
    ]
)


@st.composite
def policed(draw: st.DrawFn) -> dict[str, Any]:
    """A random small world whose servers have policies."""
    world = draw(worlds())
    for node in world["nodes"].values():
        if node["kind"] != "mta":
            continue
        if draw(st.booleans()):
            node["greylist"] = draw(GREYLIST)
        if draw(st.booleans()):
            node["client_limits"] = draw(LIMITS)
        if node.get("relays_for"):
            node["recipients"] = draw(st.sampled_from(["none", "list", "probe", "probe"]))
            node["verification"] = draw(VERIFICATION)
        elif "example.com" in node["final_for"]:
            node["aliases"] = draw(ALIASES)
        if draw(st.booleans()):
            node["parameters"] = {**node.get("parameters", {}), "over_limit": draw(st.sampled_from(["wait", "421"]))}
    return world


@SETTINGS
@given(policed())
def test_random_worlds_with_policies_pass_every_checker_and_are_alike_at_both_levels(world: dict[str, Any]) -> None:
    result = mailsim.load(world).run()
    assert result.conservation.ok, result.conservation.problems
    assert mailsim.load(world).run(level="messages").trace_hash == result.trace_hash
