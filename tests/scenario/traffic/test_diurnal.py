"""Diurnal traffic and presets: hourly counts against the exact integral, days of changing clocks, warm-up, laws."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from scipy.stats import chi2

from mailsim.draws import Draws
from mailsim.flavours import default
from mailsim.scenario.arrivals import expected_messages
from mailsim.scenario.compiled import compiled
from mailsim.scenario.traffic import Source
from mailsim.units import instant
from traffic_worlds import declared, sent

H = 3_600_000_000
DAY = 24 * H

#: probability of a false alarm of each statistical test here (two-sided: half of it on either side)
ALARM = 1e-4


def diurnal(**more: Any) -> dict[str, Any]:
    return {"kind": "diurnal", "rate": "20000/day", "shape": "office", "until": "7d", **more}


def statistic(counts: Counter[int], expected: list[float]) -> float:
    return sum((counts[k] - wanted) ** 2 / wanted for k, wanted in enumerate(expected))


def test_hourly_counts_are_poisson_about_the_exact_integral() -> None:
    # starts on a Monday at 0:00; 140,000 messages a week over 168 hours: the weight of an hour over the sum of all
    office = default("shape.office")
    weights = [day * hour for day in office["days"] for hour in office["hours"]]
    expected = [140_000 * weight / sum(weights) for weight in weights]
    counts = Counter(t // H for t in sent(diurnal()).sent_us)
    # the expectations are not fitted, so the sum has 168 degrees of freedom; too small a sum would be too even to be Poisson
    assert chi2.ppf(ALARM / 2, 168) < statistic(counts, expected) < chi2.isf(ALARM / 2, 168)
    assert statistic(counts, [140_000 / 168] * 168) > 10 * chi2.isf(ALARM / 2, 168)  # a flat rate would be told apart


def test_within_an_hour_arrivals_lie_evenly() -> None:
    counts = Counter((t % H) * 60 // H for t in sent(diurnal()).sent_us)
    total = sum(counts.values())
    assert statistic(counts, [total / 60] * 60) < chi2.isf(ALARM, 59)


def test_the_hours_are_those_of_the_zone() -> None:
    # New York is 5 hours behind UTC in January: its 10 o'clock is 15:00 UTC
    shape = {"hours": [float(hour == 10) for hour in range(24)]}
    mail = sent(diurnal(shape=shape, zone="America/New_York", until="1d", rate="500/day"))
    assert {t // H for t in mail.sent_us} == {15}


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", []), ("2026-03-30", [2]), ("2026-10-25", [2, 3])])
def test_on_days_of_changing_clocks_the_hour_from_two_comes_never_once_or_twice(day: str, hours: list[int]) -> None:
    # all mail of a day, 240, between 2:00 and 3:00 on the wall: 240 an hour
    line = diurnal(shape={"hours": [float(hour == 2) for hour in range(24)]}, rate="240/day", until="20h")
    starts = f"{day} 00:00 Europe/Berlin"
    scenario = declared(line, starts=starts)
    assert expected_messages(compiled(scenario)) == 240 * len(hours)
    counts = Counter(t // H for t in sent(line, starts=starts).sent_us)
    assert sorted(counts) == hours
    assert all(abs(count - 240) < 4 * 240**0.5 for count in counts.values())  # four standard deviations: 6 in 100,000


def test_with_a_flat_shape_it_is_poisson_traffic_to_the_microsecond() -> None:
    # both take the same gaps; one a minute has a mean of whole microseconds, which Poisson traffic rounds to
    flat = sent(diurnal(shape="flat", rate="1/min", start="1h", until="2d"))
    even = sent({"kind": "poisson", "rate": "1/min", "start": "1h", "until": "2d"})
    assert flat.sent_us == even.sent_us
    assert len(flat.sent_us) > 2_000


def test_a_longer_window_changes_nothing_in_the_shorter_one() -> None:
    short, long = sent(diurnal(until="1d")).sent_us, sent(diurnal(until="3d")).sent_us
    assert long[: len(short)] == short
    assert long[len(short)] >= DAY


def test_what_flowed_before_the_start_follows_the_calendar_backwards() -> None:
    line = declared(diurnal(), starts="2026-01-12T00:00:00Z").traffic[0]
    source = Source(Draws(5), 0, instant("2026-01-12T00:00:00Z"))
    week, day = line.earlier(source, 7 * DAY), line.earlier(source, DAY)
    assert week[: len(day)] == day  # a longer warm-up only adds to it
    assert [k for k, _ in week] == list(range(-1, -len(week) - 1, -1))
    assert all(-7 * DAY <= t <= 0 for _, t in week)
    office = default("shape.office")
    weights = [day * hour for day in office["days"] for hour in office["hours"]]
    expected = [140_000 * weight / sum(weights) for weight in weights]
    counts = Counter((t + 7 * DAY) // H for _, t in week if t < 0)  # the week before the start: Monday to Sunday too
    assert chi2.ppf(ALARM / 2, 168) < statistic(counts, expected) < chi2.isf(ALARM / 2, 168)


def test_a_warm_up_sends_earlier_mail_and_leaves_the_counted_mail_as_it_is() -> None:
    line = diurnal(rate="2000/day", until="1d")
    warm, cold = sent(line, warm_up="1d"), sent(line)
    counted = len(warm.sent_us) - warm.warming
    assert [t - DAY for t in warm.sent_us[:counted]] == list(cold.sent_us)
    # Sunday before a Monday: 0.3 of a working day, 7/5.6 of the mean: 2000 * 0.3 * 7 / 5.6 = 750
    assert abs(warm.warming - 750) < 4 * 750**0.5
    assert sent(diurnal(start="1h"), warm_up="1d").warming == 0  # what begins later had not been flowing


def test_a_run_with_a_warm_up_has_the_same_mail_at_every_level() -> None:
    scenario = declared(diurnal(rate="300/day", until="1d"), {"kind": "burst", "at": "2h", "count": 5}, warm_up="1d")
    events, messages = scenario.run(level="events"), scenario.run(level="messages")
    assert events.trace_hash == messages.trace_hash
    assert min(events.log.messages["sent_us"]) >= 0


def test_a_preset_stands_for_its_rate_shape_and_sizes() -> None:
    # department: 16,000 a day on the mean of a week
    line: dict[str, Any] = {"kind": "preset", "name": "department", "until": "7d"}
    named = declared({**line, "size": "mail"})
    written = declared({"kind": "diurnal", "rate": "16000/day", "shape": "office", "size": "mail", "until": "7d"})
    assert expected_messages(compiled(named)) == 112_000
    assert sent({**line, "size": "mail"}).sent_us == sent({**written.values(given=True)["traffic"][0]}).sent_us
    rows = {row.path: row for row in named.assumptions()}
    assert (rows["traffic[0].rate"].value, rows["traffic[0].rate"].status) == ("16000/day", "default")
    assert (rows["traffic[0].shape"].value, rows["traffic[0].shape"].status) == ("office", "unverified")
    assert (rows["traffic[0].size"].value, rows["traffic[0].size"].status) == ("mail", "unverified")


def test_a_preset_can_be_changed_by_its_name_and_its_rate() -> None:
    scenario = declared({"kind": "preset", "name": "department", "until": "1d"})
    assert scenario.replace("traffic[0].name", "university").traffic[0].times_sent(instant("2026-01-05")) == pytest.approx(125_000, 1e-6)
    assert scenario.replace("traffic[0].rate", "100/day").traffic[0].times_sent(instant("2026-01-05")) == pytest.approx(125, 1e-6)
    assert scenario.replace("traffic[0].shape", "flat").traffic[0].times_sent(instant("2026-01-05")) == pytest.approx(16_000, 1e-6)
