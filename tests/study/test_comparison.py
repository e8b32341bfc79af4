"""Two worlds compared run by run: shared draws, cohort, intervals, and how it reads."""

from dataclasses import replace
from math import nan
from typing import Any

import pandas as pd
import pytest

from mailsim.errors import UnsupportedError
from mailsim.language import speaking
from mailsim.scenario.compiled import compiled
from mailsim.scenario.doors import load
from mailsim.scenario.scenario import Scenario
from mailsim.study import Comparison, compare
from mailsim.study.comparison import Difference
from mailsim.study.figures import COMPARED
from mailsim.study.intervals import Interval, mean_interval


def world(layouts: Any, *, outage: str | None, count: int = 100) -> Scenario:
    """Two hours of mail from Postfix servers; mx1 refuses from the start for ``outage``."""
    values = layouts.values()
    values["nodes"]["world"] = {"kind": "senders", "mix": {"postfix": 1}}
    values["traffic"] = [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": count, "until": "2h", "size": "20 kB"}]
    if outage is not None:
        values["faults"] = [{"kind": "outage", "target": "mx1", "start": 0, "length": outage, "how": "refused"}]
    return load(values)


@pytest.fixture
def comparison(layouts: Any) -> Comparison:
    return compare(world(layouts, outage=None), world(layouts, outage="1h"), runs=4, seed=9, names=("well", "ill"))


def row(found: Comparison, figure: str) -> pd.Series:
    return found.table.set_index("figure").loc[figure]


def test_a_world_and_itself_differ_in_nothing(layouts: Any) -> None:
    ill = world(layouts, outage="90m")
    table = compare(ill, ill, runs=3).table
    assert table["figure"].tolist() == list(COMPARED)
    known = table[table["pairs"] == 3]
    assert len(known) == len(table)
    assert (known[["difference", "low", "high"]] == 0.0).all(axis=None)


def test_the_cohort_is_the_mail_sent_while_a_fault_was_active_in_either(comparison: Comparison) -> None:
    assert comparison.cohort == "mail sent while a fault was active in either"
    assert comparison.messages == 4 * 50  # of 100 messages evenly over 2 h, half were sent in the hour of the outage


def test_without_a_fault_all_mail_is_the_cohort(layouts: Any) -> None:
    found = compare(world(layouts, outage=None), world(layouts, outage=None), runs=2)
    assert (found.cohort, found.messages) == ("all mail", 200)


def test_an_outage_delays_its_mail_by_what_is_left_of_it_and_more(comparison: Comparison) -> None:
    # Evenly over the hour, the rest of it is half an hour in the mean; Postfix doubles its waits, so at most as much again, and a scan.
    found = row(comparison, "delay_mean_s")
    assert found["mean_a"] < 5
    assert 1800 <= found["low"] <= found["difference"] <= found["high"] <= 2 * 1800 + 300
    assert found["difference"] == pytest.approx(found["mean_b"] - found["mean_a"])
    assert row(comparison, "bounced_share")[["difference", "low", "high"]].tolist() == [0.0, 0.0, 0.0]


def test_intervals_are_those_of_the_paired_differences(comparison: Comparison) -> None:
    by_name = comparison.runs.pivot(index="seed", columns="name", values="delay_p50_s")
    assert by_name.index.tolist() == [9, 10, 11, 12]
    apart = (by_name["ill"] - by_name["well"]).tolist()
    found = row(comparison, "delay_p50_s")
    assert (found["difference"], found["low"], found["high"]) == pytest.approx(tuple(mean_interval(apart)))


def test_exchanging_the_worlds_turns_the_signs(layouts: Any) -> None:
    a, b = world(layouts, outage="30m"), world(layouts, outage="1h")
    there, back = compare(a, b, runs=3).table, compare(b, a, runs=3).table
    assert there["difference"].tolist() == pytest.approx([-value for value in back["difference"]])
    assert there["low"].tolist() == pytest.approx([-value for value in back["high"]])


def test_a_figure_that_one_world_lacks_has_no_difference(layouts: Any) -> None:
    # Of 10 d of outage Postfix returns all mail of these 2 h: nothing arrives, so there is no delay.
    found = compare(world(layouts, outage=None, count=20), world(layouts, outage="10d", count=20), runs=2)
    assert row(found, "bounced_share")["difference"] == 1.0
    assert row(found, "delay_p50_s")[["difference", "low", "high"]].isna().all()
    assert row(found, "delay_p50_s")["pairs"] == 0


def test_one_run_has_no_interval_and_is_refused(layouts: Any) -> None:
    ill = world(layouts, outage="1h")
    with pytest.raises(UnsupportedError, match="runs=1: the least is 2"):
        compare(ill, ill, runs=1)


def test_two_worlds_need_two_names(layouts: Any) -> None:
    ill = world(layouts, outage="1h")
    with pytest.raises(UnsupportedError, match="two different names"):
        compare(ill, ill, runs=2, names=("x", "x"))


def test_the_text_says_what_was_compared_how_and_how_to_repeat_it(comparison: Comparison) -> None:
    lines = repr(comparison).splitlines()
    assert lines[0] == "mail sent while a fault was active in either: 200 in 4 runs"
    assert "ill minus well" in lines[1]
    assert any(line.startswith("returned (bounced)") and line.split()[-1] == "0" for line in lines)
    assert "common random numbers" in lines[-2]
    assert "seeds 9 to 12" in lines[-1]


def test_html_escapes_the_names(layouts: Any) -> None:
    ill = world(layouts, outage="5m", count=5)
    html = compare(ill, ill, runs=2, names=("<i>", "b & c"))._repr_html_()
    assert "<i>" not in html
    assert "&lt;i&gt;" in html
    assert "b &amp; c minus &lt;i&gt;" in html


def test_drawn_outages_are_those_of_each_seed_and_the_cohort_is_the_mail_sent_in_them(layouts: Any) -> None:
    drawn = {"up": {"kind": "exponential", "mean": "2h"}, "down": {"kind": "exponential", "mean": "2h"}, "until": "12h"}
    values = layouts.values()
    values["nodes"]["world"] = {"kind": "senders", "mix": {"postfix": 1}}
    times = [f"{k}m" for k in range(720)]
    values["traffic"] = [{"kind": "at", "from": "world", "to": "bob@example.com", "times": times, "size": "20 kB"}]
    values["faults"] = [{"kind": "outage", "target": "mx1", "how": "refused", "drawn": drawn}]
    one, silent = load(values), load({**values, "faults": [{**values["faults"][0], "how": "silent"}]})
    found = compare(one, silent, runs=3, seed=4)
    minute, sent = 60_000_000, 0
    for seed in (4, 5, 6):
        windows = [(span.start_us, span.end_us) for span in compiled(one, seed).conditions.spans]
        assert windows == [(span.start_us, span.end_us) for span in compiled(silent, seed).conditions.spans]  # both worlds share them
        sent += sum(any(start <= k * minute < end for start, end in windows) for k in range(720))
    assert (found.cohort, found.messages) == ("mail sent while a fault was active in either", sent)
    assert found.trace_hashes[0] == tuple(one.run(seed, level="messages").trace_hash for seed in (4, 5, 6))


def test_in_german_it_says_the_same(comparison: Comparison) -> None:
    with speaking("de"):
        text = repr(comparison)
    assert text.startswith("abgeschickt, während in einer der beiden Welten etwas gestört war: ")
    assert "95-%-Intervall" in text
    assert "die Hälfte da binnen" in text
    assert comparison.cohort == "mail sent while a fault was active in either"
    with speaking("de"):
        lines, page = text.splitlines(), comparison._repr_html_()
    assert lines[-1].endswith("Seeds 9 bis 12")
    assert ">Vergleich<" in page
    for word in ("in the mailbox", "not there after", "how the figures", " runs"):
        assert word not in page + text


def test_a_figure_of_few_runs_says_of_how_many(comparison: Comparison) -> None:
    few = replace(comparison, differences=(Difference("delay_p50_s", nan, 3.0, Interval(nan, nan, nan), 1),))
    assert few.rows()[1][-1] == "in 1 of 4 runs only"
    with speaking("de"):
        assert few.rows()[1][-1] == "nur in 1 von 4 Läufen"
