"""Laws: random worlds whose faults come again and again, at random, or from a log, under all checkers and at both levels."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mailsim
from strategies import worlds

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
SETTINGS = settings(deadline=None, derandomize=True, max_examples=30, suppress_health_check=SLOW)


def span(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda n: f"{n}m")


def spells(low: int, high: int) -> st.SearchStrategy[Any]:
    """How long something is up or down, of any kind."""
    mean = span(low, high)
    return st.one_of(
        st.fixed_dictionaries({"kind": st.just("exponential"), "mean": mean}),
        st.fixed_dictionaries({"kind": st.just("weibull"), "mean": mean, "shape": st.sampled_from([0.7, 2.0])}),
        st.fixed_dictionaries({"kind": st.just("lognormal"), "median": mean, "sigma": st.just(1.0)}),
        mean,
    )


WHEN: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"period": span(61, 300), "length": span(1, 60), "start": span(0, 400), "until": span(500, 1500)}).map(
        lambda every: {"every": every}
    ),
    st.fixed_dictionaries({"up": spells(30, 400), "down": spells(5, 200), "until": span(600, 1500), "fresh": st.booleans()}).map(
        lambda drawn: {"drawn": drawn}
    ),
    st.lists(st.integers(1, 60), min_size=2, max_size=12).map(
        lambda gaps: {"log": "start,end\n" + "".join(f"{sum(gaps[:k])}m,{sum(gaps[:k + 1])}m\n" for k in range(1, len(gaps), 2))}
    ),
)


@SETTINGS
@given(worlds(), st.data())
def test_faults_at_any_times_pass_every_checker_and_both_levels_agree(world: dict[str, Any], data: st.DataObject) -> None:
    faults = []
    for k, fault in enumerate(world["faults"]):
        what = {key: value for key, value in fault.items() if key not in ("start", "length")}
        faults.append({**what, **data.draw(WHEN), "name": f"cause {k}"})
    scenario = mailsim.load({**world, "faults": faults})
    result = scenario.run()
    assert result.conservation.ok, result.conservation.problems
    assert scenario.run(level="messages").trace_hash == result.trace_hash
    assert mailsim.load(scenario.values(given=True)).digest() == scenario.digest()
