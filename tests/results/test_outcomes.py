"""Outcomes are counted once each and add up to the cohort; an hour to the microsecond is still in time."""

from __future__ import annotations

import pytest

from mailsim.results.metrics import cohorts
from mailsim.results.outcomes import OUTCOMES, outcome_counts
from small_logs import S, outage_log

NONE = dict.fromkeys(OUTCOMES, 0)


def test_each_mail_of_the_small_log_has_its_outcome_and_reports_have_none() -> None:
    """Mail 0 took 3 s, 5 took 3 s; 1 took 3802 s; 2 returned, 3 rejected, 4 under way; 6 is a report."""
    during, every = cohorts(outage_log())
    log = outage_log()
    assert outcome_counts(log) == NONE | {"in_time": 2, "late": 1, "bounced": 1, "rejected": 1, "under_way": 1}
    assert outcome_counts(log, during.mask) == NONE | {"late": 1, "bounced": 1, "rejected": 1, "under_way": 1}
    assert sum(outcome_counts(log, every.mask).values()) == len(every)


@pytest.mark.parametrize(("us", "late"), [(3600 * S, 0), (3600 * S + 1, 1)])
def test_an_hour_to_the_microsecond_is_in_time(us: int, late: int) -> None:
    log = outage_log()
    log.messages["stored_us"][1] = log.messages["sent_us"][1] + us
    assert outcome_counts(log)["late"] == late


def test_another_limit_moves_the_border() -> None:
    assert outcome_counts(outage_log(), late_us=3 * S)["in_time"] == 2
    assert outcome_counts(outage_log(), late_us=3 * S - 1)["in_time"] == 0
