"""Outage bands say what was wrong and how long, and end with the run."""

from __future__ import annotations

from mailsim.events import ConditionSpan
from mailsim.plots.bands import bands
from small_logs import S


def test_a_band_says_what_was_wrong_and_how_long() -> None:
    found = bands([ConditionSpan("mx1", "mx1", "silent", 3600 * S, 18_000 * S)], end_s=40_000)
    assert [(band.node, band.start_s, band.end_s, band.label) for band in found] == [("mx1", 3600, 18_000, "silent, 4 h")]


def test_a_band_that_outlives_the_run_ends_with_it() -> None:
    found = bands([ConditionSpan("mx1", "mx1", "refused", 10 * S, 1 << 62)], end_s=100)
    assert (found[0].end_s, found[0].label) == (100, "refused, to the end")


def test_a_fault_after_the_run_has_no_band() -> None:
    assert bands([ConditionSpan("mx1", "mx1", "silent", 100 * S, 200 * S)], end_s=100) == []


def test_a_long_reply_is_cut_so_that_it_stays_a_label() -> None:
    found = bands([ConditionSpan("mx1", "mx1", "451 4.3.0 Temporary failure, try again later at rcpt", 0, 60 * S)], end_s=100)
    assert found[0].label == "451 4.3.0 Temporary failure…, 1 min"
