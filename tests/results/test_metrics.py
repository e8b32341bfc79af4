"""Figures with censored and returned mail, against values worked by hand and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from mailsim.events import ConditionSpan, EventLog, State
from mailsim.results.metrics import arrival_curve, cohorts, fault_spans, ordinary, sent_during_faults, shares
from small_logs import S, Written, outage_log


def log_of(lives: list[tuple[str, float]], *, end_s: float = 1000) -> EventLog:
    """Deliveries sent so that each is watched for its time: ``("stored", 3)``, ``("bounced", 2)``, ``("queued", 5)``."""
    written = Written()
    for number, (what, time_s) in enumerate(lives):
        sent = end_s - time_s if what == "queued" else 0
        ends = {"stored": {"stored_us": time_s, "copies": 1}, "bounced": {"ended_us": time_s}, "queued": {}}[what]
        written.message(message=number, sent_us=sent, accepted_us=sent, state=State[what.upper()], **ends)
    return written.log(end_s=end_s, conditions=[])


def test_returned_mail_never_arrives_and_censored_mail_counts_while_it_was_watched() -> None:
    # by hand: 7 at risk, 1 of 7 arrives at 1; 2 of 6 at 2; at 2.5 one of 4 is returned, so 3/7 are left to come;
    # two are watched no longer at 3 and 4; the last one arrives at 5 for all 3/7
    lives = [("stored", 1), ("stored", 2), ("stored", 2), ("bounced", 2.5), ("queued", 3), ("queued", 4), ("stored", 5)]
    curve = arrival_curve(log_of(lives))
    assert curve.t_us.tolist() == [1 * S, 2 * S, 5 * S]
    assert curve.share == pytest.approx([1 / 7, 3 / 7, 6 / 7])
    assert curve.at_risk.tolist() == [7, 6, 1]
    assert (curve.total, curve.censored, curve.never) == (7, 2, 1)
    assert curve.quantile_us(0.4) == 2 * S
    assert curve.quantile_us(0.9) is None
    assert curve.share_within(4 * S) == pytest.approx(3 / 7)
    assert [curve.at_risk_after(t * S) for t in (0, 2, 3, 5)] == [7, 4, 2, 0]


def test_without_censored_mail_the_curve_is_the_plain_share_to_the_last_digit() -> None:
    curve = arrival_curve(log_of([("stored", t) for t in (1, 2, 3)] + [("bounced", 0.5)]))
    assert curve.share.tolist() == [0.25, 0.5, 0.75]
    assert curve.quantile_us(0.5) == 2 * S
    assert curve.quantile_us(0.75) == 3 * S
    assert curve.quantile_us(0.76) is None
    assert curve.max_us == 3 * S


def test_beyond_the_last_mail_that_was_watched_nothing_is_known() -> None:
    curve = arrival_curve(log_of([("stored", 1), ("queued", 10)]))
    assert curve.share_within(10 * S) == 0.5
    assert curve.share_within(11 * S) is None
    assert arrival_curve(log_of([("queued", 10), ("stored", 20)])).share_within(10**12) == 1


def test_an_empty_cohort_has_no_share_and_no_quantile() -> None:
    curve = arrival_curve(log_of([]))
    assert (curve.total, curve.share_within(S), curve.quantile_us(0.5), curve.max_us, curve.last_us) == (0, None, None, None, 0)
    assert shares(log_of([])).delivered is None


@given(st.lists(st.tuples(st.sampled_from(["stored", "queued"]), st.integers(1, 30)), min_size=1, max_size=40))
def test_without_returned_mail_the_curve_is_scipys_kaplan_meier_estimate(lives: list[tuple[str, float]]) -> None:
    curve = arrival_curve(log_of(lives))
    times = np.array([t for _, t in lives], dtype=float)
    known = ecdf(CensoredData.right_censored(times, np.array([what == "queued" for what, _ in lives]))).cdf
    for t_us, share in zip(curve.t_us, curve.share, strict=True):
        assert share == pytest.approx(known.evaluate(t_us / S), abs=1e-9)


@given(st.lists(st.tuples(st.sampled_from(["stored", "queued", "bounced"]), st.integers(1, 30)), max_size=40))
def test_a_curve_never_falls_never_exceeds_one_and_ends_below_what_was_returned(lives: list[tuple[str, float]]) -> None:
    curve = arrival_curve(log_of(lives))
    assert (np.diff(curve.share) >= 0).all()
    assert (np.diff(curve.at_risk) <= 0).all()
    assert curve.share[-1:].sum() <= 1 + 1e-9
    if not curve.censored and curve.total:
        assert curve.share[-1:].sum() == pytest.approx(1 - curve.never / curve.total)


def test_cohorts_are_the_mail_sent_during_faults_first_and_then_all_mail() -> None:
    during, every = cohorts(outage_log())
    assert (during.key, len(during), every.key, len(every)) == ("during_faults", 4, "all", 6)
    assert np.flatnonzero(during.mask).tolist() == [1, 2, 3, 4]  # the report is no ordinary mail


def test_without_a_fault_there_is_only_the_cohort_of_all_mail() -> None:
    log = outage_log()
    log.conditions.clear()
    assert [one.key for one in cohorts(log)] == ["all"]
    assert not sent_during_faults(log).any()


def test_a_fault_includes_its_start_and_excludes_its_end() -> None:
    log = outage_log()
    log.conditions[:] = [ConditionSpan("mx1", "mx1", "silent", 700 * S, 1000 * S)]
    assert np.flatnonzero(sent_during_faults(log)).tolist() == [1]


def test_faults_that_overlap_or_touch_are_one_stretch() -> None:
    log = outage_log()
    log.conditions[:] = [ConditionSpan("a", "a", "silent", start, end) for start, end in ((50, 60), (0, 10), (10, 20), (15, 18))]
    assert fault_spans(log) == [(0, 20), (50, 60)]


def test_shares_of_a_cohort_add_up_to_one() -> None:
    log = outage_log()
    found = shares(log, cohorts(log)[0].mask)
    assert (found.total, found.delivered, found.bounced, found.rejected, found.censored, found.lost) == (4, 0.25, 0.25, 0.25, 0.25, 0)


def test_time_to_the_reader_is_censored_for_mail_that_is_stored_and_not_read() -> None:
    curve = arrival_curve(outage_log(), to="read")
    # read after 10 s and 3,900 s; in the mailbox unread since 3,000 s (5), queued for 6,000 s (4); never: 2 and 3
    assert curve.t_us.tolist() == [10 * S, 3900 * S]
    assert (curve.censored, curve.never) == (2, 2)


def test_mail_that_was_not_sent_before_the_end_is_in_no_cohort() -> None:
    log = outage_log()
    log.messages["state"][5] = State.UNSENT
    assert int(ordinary(log).sum()) == 5
