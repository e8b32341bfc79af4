"""Exim's retry rules against the spec (chapter 32), the derived table of first attempts, and recordings of Exim 4.96."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.retry import HostRecord, HostRecordPolicy, RuleStep, next_scan

S = 1_000_000
MIN, HOUR, DAY = 60 * S, 3600 * S, 86400 * S

#: ``F,2h,15m; G,16h,1h,1.5; F,4d,6h`` with retry_interval_max 24h
DEFAULT = HostRecordPolicy(
    (RuleStep("F", 2 * HOUR, 15 * MIN, 1.0), RuleStep("G", 16 * HOUR, HOUR, 1.5), RuleStep("F", 4 * DAY, 6 * HOUR, 1.0)), DAY
)


def attempts(policy: HostRecordPolicy, until_us: int, *, runner_us: int = 0, phase_us: int = 0, start_us: int = 0) -> list[int]:
    """Instants of the attempts at a host that fails at once and always, until the failure that is final or ``until_us``."""
    found: list[int] = []
    record: HostRecord | None = None
    t = start_us
    while t <= until_us and not (record is not None and record.expired):
        found.append(t)
        record = policy.failed(record, t)
        t = next_scan(record.next_us, runner_us, phase_us) if runner_us else record.next_us
    return found


def clock(*texts: str) -> list[int]:
    """``7:30`` hours and minutes."""
    return [(int(h) * 60 + int(m)) * MIN for h, m in (text.split(":") for text in texts)]


def test_the_flavour_file_has_these_figures() -> None:
    assert mta_figures("exim").retry.policy() == DEFAULT
    assert DEFAULT.cutoff_us == 4 * DAY


def test_the_first_attempts_are_those_of_the_table() -> None:
    """0 15 30 ... 120 135 min, 3h15 4h45 7h 10h22 15h26 23h01, then every 6 h."""
    table = clock(
        "0:00", "0:15", "0:30", "0:45", "1:00", "1:15", "1:30", "1:45", "2:00", "2:15",
        "3:15", "4:45", "7:00", "10:22", "15:26", "23:01", "29:01", "35:01",
    )  # fmt: skip
    found = attempts(DEFAULT, 36 * HOUR)
    assert [t // MIN * MIN for t in found] == table


def test_the_geometric_gaps_are_exactly_half_as_long_again() -> None:
    found = attempts(DEFAULT, 24 * HOUR)
    gaps = [b - a for a, b in itertools.pairwise(found[9:])]
    assert gaps == [60 * MIN, 90 * MIN, 135 * MIN, 202 * MIN + 30 * S, 303 * MIN + 45 * S, 455 * MIN + 37 * S + S // 2]


def test_the_queue_runner_of_the_sample_configuration_makes_them_half_hours() -> None:
    table = clock("0:00", "0:30", "1:00", "1:30", "2:00", "2:30", "3:30", "5:00", "7:30", "11:00", "16:30")
    assert attempts(DEFAULT, 17 * HOUR, runner_us=30 * MIN) == table


@pytest.mark.parametrize(("runner", "counts"), [(0, (5, 12, 16)), (30 * MIN, (3, 8, 12))])
def test_so_many_attempts_are_made_in_1_6_and_24_hours(runner: int, counts: tuple[int, int, int]) -> None:
    assert tuple(len(attempts(DEFAULT, hours * HOUR, runner_us=runner)) for hours in (1, 6, 24)) == counts


def test_the_failure_after_four_days_is_final() -> None:
    """4d5h in the table: 23h01 and thirteen times 6 h."""
    assert attempts(DEFAULT, 10 * DAY)[-1] // HOUR == 4 * 24 + 5


@pytest.mark.parametrize(
    ("runner", "outage_h", "success"),
    [(0, 6, 7 * HOUR), (30 * MIN, 6, 7 * HOUR + 30 * MIN), (0, 24, 29 * HOUR + MIN)],
)
def test_mail_sent_when_an_outage_begins_succeeds_at_this_age(runner: int, outage_h: int, success: int) -> None:
    found = next(t for t in attempts(DEFAULT, 2 * DAY, runner_us=runner) if t >= outage_h * HOUR)
    assert success <= found < success + MIN


@pytest.mark.parametrize(
    ("scale", "recorded"),
    [
        (1, [0, 5, 9, 13, 17, 21, 27, 37]),  # single_refused_expire: F,20s,4s; G,40s,4s,1.5 with -q2s
        (2, [0, 11, 19, 27, 35, 43, 55, 75]),  # scale2_refused_expire: everything doubled
    ],
)
def test_the_recorded_retries_come_out(scale: int, recorded: list[int]) -> None:
    """Exim 4.96: refused at once, submitted about a second before a queue run; runs fall on odd seconds (modulo 4: 3).

    The last one, by the rule for messages that are too old (41 s, 83 s), is not the host's: see tests/nodes/test_memory.py.
    """
    policy = HostRecordPolicy((RuleStep("F", scale * 20 * S, scale * 4 * S, 1.0), RuleStep("G", scale * 40 * S, scale * 4 * S, 1.5)), DAY)
    phase = (1 if scale == 1 else 3) * S + 10_000
    found = attempts(policy, scale * 40 * S, runner_us=scale * 2 * S, phase_us=phase, start_us=20_000)
    assert [t // S for t in found] == recorded


def test_the_record_counts_in_whole_seconds() -> None:
    """``next_try = floor(e) + interval``."""
    assert DEFAULT.failed(None, 7_900_000) == HostRecord(7 * S, 7 * S, 7 * S + 15 * MIN, False)


def test_the_time_counts_from_the_hosts_first_failure_whoever_sent_the_message() -> None:
    record = DEFAULT.failed(None, 0)
    record = DEFAULT.failed(record, 3 * HOUR)  # no mail came for three hours; the planned gap was 15 min
    assert record == HostRecord(0, 3 * HOUR, 4 * HOUR, False)


def test_an_attempt_before_its_time_shortens_the_geometric_gap() -> None:
    """The smaller of the planned and the real gap counts (retry.c), never less than the step's own interval."""
    planned_two_hours = HostRecord(0, 3 * HOUR, 5 * HOUR, False)
    assert DEFAULT.failed(planned_two_hours, 5 * HOUR).next_us == 5 * HOUR + 3 * HOUR
    assert DEFAULT.failed(planned_two_hours, 4 * HOUR).next_us == 4 * HOUR + 90 * MIN
    assert DEFAULT.failed(planned_two_hours, 3 * HOUR + 10 * MIN).next_us == 4 * HOUR + 10 * MIN


def test_no_gap_exceeds_retry_interval_max() -> None:
    steep = HostRecordPolicy((RuleStep("G", 100 * DAY, HOUR, 10.0),), DAY)
    found = attempts(steep, 10 * DAY)
    assert max(b - a for a, b in itertools.pairwise(found)) == DAY


def test_after_the_last_step_the_failure_is_final_and_the_host_rests_for_its_last_interval() -> None:
    record = DEFAULT.failed(HostRecord(0, 90 * HOUR, 96 * HOUR, False), 4 * DAY)
    assert not record.expired
    record = DEFAULT.failed(record, 4 * DAY + 6 * HOUR)
    assert record == HostRecord(0, 4 * DAY + 6 * HOUR, 4 * DAY + 12 * HOUR, True)


@given(st.integers(0, 40 * DAY), st.integers(0, 30 * MIN - 1))
def test_starting_later_by_whole_seconds_shifts_every_attempt(start: int, phase: int) -> None:
    start = start // S * S
    one = attempts(DEFAULT, 2 * DAY, runner_us=30 * MIN, phase_us=phase)
    other = attempts(DEFAULT, 2 * DAY + start, runner_us=30 * MIN, phase_us=phase + start, start_us=start)
    assert other == [t + start for t in one]
