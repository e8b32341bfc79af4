"""When faults hold: again and again, on the calendar, as logged; windows worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import mailsim
from mailsim.errors import ScenarioError
from mailsim.rules.conditions import FOREVER, NORMAL, Condition, Span, Timeline
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from mailsim.scenario.faults import Every
from mailsim.scenario.faults.uptime import read_log
from mailsim.units import micros
from small_worlds import MTA, Run, S, com, outage, run, world

ZONE = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
NODES: dict[str, Any] = {"mx1": {**MTA, "final_for": ["example.com"]}, "mx2": {**MTA, "relays_for": ["example.com"]}}
BERLIN_SPRING = "2026-03-23 00:00 Europe/Berlin"  # a Monday; the clocks go from 02:00 to 03:00 on Sunday the 29th
BERLIN_AUTUMN = "2026-10-19 00:00 Europe/Berlin"  # a Monday; the clocks go from 03:00 to 02:00 on Sunday the 25th


def two_servers(*faults: dict[str, Any], **more: Any) -> dict[str, Any]:
    return world(ZONE, NODES, faults=faults, groups={"both": ["mx1", "mx2"]}, **more)


def windows(every: dict[str, Any], starts: str = "2026-01-05T00:00:00Z") -> list[tuple[str, str]]:
    from mailsim.units import duration

    return [(duration(start), duration(end)) for start, end in Every.model_validate(every).windows(starts)]


def spans(scenario: mailsim.Scenario, seed: int | None = None) -> list[tuple[str, str, int, int]]:
    return [(one.target, one.node, one.start_us, one.end_us) for one in compiled(scenario, seed).conditions.spans]


def test_a_period_counts_from_the_start_and_ends_at_until() -> None:
    # 2h, 9d 2h would be the next week but 23h later: 7d + 2h = 7d2h, 14d2h, 21d2h; 28d2h lies after until.
    assert windows({"period": "7d", "length": "30m", "start": "2h", "until": "28d"}) == [
        ("2h", "2h30m"),
        ("7d2h", "7d2h30m"),
        ("14d2h", "14d2h30m"),
        ("21d2h", "21d2h30m"),
    ]
    # what is under way at until is cut there
    assert windows({"period": "1d", "length": "2h", "until": "1d1h"}) == [("0s", "2h"), ("1d", "1d1h")]


def test_a_day_of_the_week_is_that_of_the_calendar_in_the_scenarios_zone() -> None:
    # 2026-01-05 is a Monday, so Sunday is six days on.
    assert windows({"weekly": "Sunday 02:00", "length": "30m", "until": "14d"}) == [("6d2h", "6d2h30m"), ("13d2h", "13d2h30m")]
    # At 00:00 UTC it is 19:00 of the day before in New York (UTC-5): Monday 02:00 there is 07:00 UTC, 7 h on.
    assert windows({"weekly": "Monday 02:00", "length": "30m", "until": "2d"}, "2026-01-04 19:00 America/New_York") == [("7h", "7h30m")]


def test_what_began_before_the_start_is_cut_there() -> None:
    # Sunday 2026-01-04 02:10: that day's maintenance of 30 min has 20 min left; the next begins in 7 d less 10 min.
    assert windows({"weekly": "Sunday 02:00", "length": "30m", "until": "8d"}, "2026-01-04T02:10:00Z") == [
        ("0s", "20m"),
        ("6d23h50m", "7d20m"),
    ]


def test_the_local_time_stays_when_the_clocks_go_forward() -> None:
    # Saturday 04:00 CET is 5 d 4 h after Monday 00:00 CET; Sunday 04:00 CEST an hour less than a day later.
    found = windows({"daily": "04:00", "length": "1h", "start": "5d", "until": "7d"}, BERLIN_SPRING)
    assert found == [("5d4h", "5d5h"), ("6d3h", "6d4h")]


def test_a_time_that_the_clocks_skip_is_taken_with_the_offset_from_before() -> None:
    # 02:30 of the 29th does not exist; with +01:00 it is 01:30 UTC, shown as 03:30.  Monday 00:00 CET is 23:00 UTC of the
    # 22nd, so 6 d 2 h 30 min lie between.  A week later 02:30 CEST is 00:30 UTC: 7 d less an hour on.
    found = windows({"weekly": "Sunday 02:30", "length": "1h", "until": "14d"}, BERLIN_SPRING)
    assert found == [("6d2h30m", "6d3h30m"), ("13d1h30m", "13d2h30m")]


def test_a_time_that_comes_twice_is_taken_the_first_time_and_lasts_for_real_time() -> None:
    # Monday 00:00 CEST is 22:00 UTC of the 18th; Sunday 02:30 CEST is 00:30 UTC of the 25th: 6 d 2 h 30 min.  It lasts for
    # 2 h whatever the clocks show (until 03:30 CET).  On November 1st 02:30 CET is 01:30 UTC: 7 d and an hour on.
    found = windows({"weekly": "sunday 02:30", "length": "2h", "until": "14d"}, BERLIN_AUTUMN)
    assert found == [("6d2h30m", "6d4h30m"), ("13d3h30m", "13d5h30m")]


def test_mail_meets_each_maintenance_and_waits_for_its_end() -> None:
    # Down for 10 min from 30 min on, each hour.  Sent at 35 min, it is at isp 0.55 s later, and mx1 and mx2 refuse.  It is due
    # 300 s after it came, in whole seconds (35 min 0 s + 5 min), and the scan of 40 min finds it: at that very instant the
    # maintenance is over, as its end is excluded.  Sent at 31 min: due at 36 min, the scan of 40 min.
    each = {"every": {"period": "1h", "length": "10m", "start": "30m", "until": "4h"}, "how": "refused"}
    faults = [{"kind": "outage", "target": mx, **each} for mx in ("mx1", "mx2")]
    told = run(two_servers(*faults, times=("35m", "50m", "1h31m", "3h35m")))
    assert [row[2] for row in told.tries(number=0)] == [Why.REFUSED, Why.REFUSED, Why.OK]
    assert [told.tries(number=k)[-1][0] for k in (0, 2, 3)] == [2400.0, 6000.0, 13200.0]
    assert len(told.tries(number=1)) == 1  # in between all is well


def test_an_address_a_link_a_name_and_a_stuck_queue_may_all_be_planned() -> None:
    each = {"every": {"period": "1d", "length": "1h", "start": "2h", "until": "2d"}}
    kinds = [
        {"kind": "outage", "target": "link isp-mx1"},
        {"kind": "outage", "target": "dns example.com/MX", "how": "servfail"},
        {"kind": "stuck", "target": "mx2"},
        {"kind": "address", "target": "192.0.2.1"},
        {"kind": "dns", "target": "dns", "how": "silent"},
        {"kind": "outage", "target": "mx1", "how": "4xx", "recipients": "bob"},
    ]
    for kind in kinds:
        found = spans(mailsim.load(two_servers({**kind, **each})))
        assert [(start / 3600e6, end / 3600e6) for _, _, start, end in found] == [(2, 3), (26, 27)], kind


def test_a_table_of_outages_is_read_with_its_targets() -> None:
    text = "start,end,target\n1d,1d2h,\n2026-01-05 03:00,2026-01-05 04:00,mx2\n5d,6d,mx1\n# a comment\n1d3h,1d4h,mx2"
    scenario = mailsim.load(two_servers({"kind": "outage", "target": "group:both", "how": "refused", "log": text}))
    hour = 3600 * S
    assert spans(scenario) == [
        ("group:both", "mx1", 24 * hour, 26 * hour),
        ("group:both", "mx2", 24 * hour, 26 * hour),
        ("mx2", "mx2", 3 * hour, 4 * hour),
        ("mx2", "mx2", 27 * hour, 28 * hour),
        ("mx1", "mx1", 120 * hour, 144 * hour),
    ]
    assert "as logged" in str(scenario)


def test_an_uptime_log_is_down_from_the_first_sample_that_says_so_to_the_next_that_says_up() -> None:
    # The scenario starts at 1767571200 (2026-01-05 00:00 UTC).  Down since 10 min before it: cut at 0.
    text = "timestamp,status\n1767570600,DOWN\n1767571500,down\n1767571800,up\n2026-01-05T01:00:00Z,up\n2h,0\n2h30m,1"
    reading = read_log(text, "2026-01-05T00:00:00Z")
    assert reading.problems == ()
    assert reading.windows == {"": ((0, 600 * S), (7200 * S, 9000 * S))}


def test_a_log_in_local_time_follows_the_clocks() -> None:
    # 04:00 on the day of the change is 02:00 UTC, 6 d 3 h after Monday 00:00 CET.
    reading = read_log("start,end\n2026-03-29 04:00,2026-03-29 05:00", BERLIN_SPRING)
    assert reading.windows[""] == ((micros("6d3h"), micros("6d4h")),)


def write(folder: Path, log: str, *, name: str = "outages.csv", text: str | None = None) -> Path:
    values = two_servers({"kind": "outage", "target": "mx1", "log": log})
    file = folder / "world.yaml"
    file.write_text(yaml.safe_dump(values))
    if text is not None:
        (folder / name).write_text(text)
    return file


def test_a_log_is_found_beside_the_scenario_and_its_content_counts_for_the_digest(tmp_path: Path) -> None:
    one = mailsim.load(write(tmp_path, "outages.csv", text="start,end\n1h,2h\n"))
    assert [(start, end) for _, _, start, end in spans(one)] == [(3600 * S, 7200 * S)]
    again = mailsim.load(one.values())  # it stands alone now
    assert again.digest() == one.digest()
    other = mailsim.load(write(tmp_path, "outages.csv", text="start,end\n1h,3h\n"))
    assert other.digest() != one.digest()


def test_bad_rows_of_a_log_are_told_with_the_file_and_line(tmp_path: Path) -> None:
    bad = "\n\nstart,end,target\n1h,2h,\n3h,2h,\n90m,3h,\n4h,5x,\n6h,7h,mx3\n8h,9h\n"
    with pytest.raises(ScenarioError) as caught:
        mailsim.load(write(tmp_path, "outages.csv", text=bad))
    assert [(one.file.rpartition("/")[2], one.line, one.what) for one in caught.value.problems] == [
        ("outages.csv", 5, "end (2h) must lie after start (3h)"),
        ("outages.csv", 6, "overlaps line 4 (1h to 2h); let one begin where the other ends"),
        ("outages.csv", 7, "'5x' has an unknown unit 'x'; the units are w, d, h, m, s, ms and us"),
        ("outages.csv", 8, "there is no node 'mx3'; did you mean 'mx2'?"),
        ("outages.csv", 9, "2 columns here, 3 in the first line"),
    ]


@pytest.mark.parametrize(
    ("log", "text", "told"),
    [
        ("../outages.csv", None, "lies outside the scenario's folder; it lies beside the scenario or below it"),
        ("/etc/passwd", None, "lies outside the scenario's folder"),
        ("nowhere.csv", None, "no log 'nowhere.csv' beside the scenario"),
        ("outages.csv", "start,end\n", "a log has a line of headings and at least one row"),
        ("outages.csv", "from,to\n1h,2h\n", "unknown column 'from'; the first line names the columns: start,end or time,state"),
        ("outages.csv", "start,state\n1h,up\n", "these columns are no log"),
        ("outages.csv", "time,state\n1h,down\n", "the log ends without being up again; add a row that says when it was"),
        ("outages.csv", "time,state\n2h,down\n1h,up\n", "sort the rows by time"),
        ("outages.csv", "start,end\n2025-01-01,2025-01-02\n", "no outage of this log ends after the scenario starts"),
        ("outages.csv", 'start,end\n"1h,2h\n', "close each quote in its own line"),
    ],
)
def test_what_is_no_log_is_refused_with_how_to_mend_it(tmp_path: Path, log: str, text: str | None, told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        mailsim.load(write(tmp_path, log, text=text))
    assert told in str(caught.value)


def test_keys_that_are_not_used_do_not_count_for_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = outage("mx1", "1h", length="1h")
    scenario = mailsim.load(two_servers(plain))
    nothing = dict.fromkeys(("every", "drawn", "log", "name", "together"))
    assert mailsim.load(two_servers({**plain, **nothing})).digest() == scenario.digest()
    assert mailsim.load(two_servers({**plain, "name": "power"})).digest() != scenario.digest()
    before = scenario.digest()
    monkeypatch.setattr("mailsim.scenario.digest._FAULTS", {})
    assert scenario.digest() != before  # with them it would be another one than it was before there were these keys


@pytest.mark.parametrize("level", ["messages"])
def test_both_recording_levels_see_the_same_world(level: str) -> None:
    at_random = {"up": {"kind": "exponential", "mean": "4h"}, "down": {"kind": "lognormal", "median": "20m", "sigma": 1}, "until": "3d"}
    faults = (
        {"kind": "outage", "target": "group:both", "together": 0.4, "drawn": at_random},
        {"kind": "outage", "target": "mx1", "how": "4xx", "every": {"period": "5h", "length": "20m", "until": "3d"}},
        {"kind": "stuck", "target": "mx2", "log": "start,end\n10h,11h\n30h,33h"},
        {"kind": "incident", "name": "gmail-2020a", "target": "mx1", "start": "20h"},
    )
    times = tuple(f"{k * 41}m" for k in range(100))
    values = two_servers(*faults, times=times)
    whole: Run = run(values, seed=5)
    assert whole.log.trace_hash() == run(values, seed=5, level=level).log.trace_hash()
    assert any(row[2] != Why.OK for row in whole.tries())


def test_a_timeline_of_many_spans_sees_the_worst_at_each_instant() -> None:
    # Against the definition, instant by instant: spans that begin at 7k and last for 3k mod 23.
    reach = (Why.REFUSED, Why.UNREACHABLE, Why.SILENT)
    many = [Span(7 * k, 7 * k + 3 * k % 23, Condition(reach[k % 3])) for k in range(60)] + [Span(350, FOREVER, Condition(delay_us=5))]
    timeline = Timeline(many)
    for t in range(450):
        seen = NORMAL
        for span in sorted(many, key=lambda s: (s.start_us, s.end_us)):
            if span.start_us <= t < span.end_us:
                seen = seen.with_worse(span.condition)
        assert timeline.at(t) == seen, t


def test_the_check_for_overlaps_looks_at_every_window() -> None:
    nightly = {"kind": "outage", "target": "mx1", "every": {"period": "1d", "length": "1h", "until": "10d"}}
    mailsim.load(two_servers(nightly, outage("mx1", "8d1h", length="23h")))  # ends as the next begins
    with pytest.raises(ScenarioError, match=r"faults\[1\]: overlaps faults\[0\] on mx1 \(9d to 9d 01h\)"):
        mailsim.load(two_servers(nightly, outage("mx1", "8d1h", length="1d")))
