"""The latency picture draws both cohorts and says what never arrives and what is censored."""

from __future__ import annotations

import numpy as np
import pytest

from mailsim.errors import UnsupportedError
from mailsim.events import State
from mailsim.plots.latency import describe_latency, latency
from mailsim.results import Result
from mailsim.scenario import load
from small_logs import outage_log, small_result, small_scenario


def lines_of(result: Result) -> dict[str, list[tuple[float, float]]]:
    return {
        str(line.get_label()): list(zip(*(np.asarray(part).tolist() for part in line.get_data()), strict=True))
        for line in latency(result).get_lines()
        if not str(line.get_label()).startswith("_")
    }


def test_both_cohorts_are_drawn_to_the_mailbox_and_to_the_reader_with_their_sizes() -> None:
    assert list(lines_of(small_result())) == [
        "mail sent while a fault was active (4): in the mailbox",
        "mail sent while a fault was active (4): read",
        "all mail (6): in the mailbox",
        "all mail (6): read",
    ]


def test_a_curve_steps_where_mail_arrives_and_stops_where_nothing_more_is_known() -> None:
    points = lines_of(small_result())["mail sent while a fault was active (4): in the mailbox"]
    assert points[1:] == [(3802, 0.25), (6000, 0.25)]


def test_what_never_arrives_and_what_is_censored_is_said_at_the_right_edge() -> None:
    texts = [text.get_text() for text in latency(small_result()).texts]
    assert "50 % never arrives, 25 % still under way at the end (censored)" in texts
    assert "33.3 % never arrives, 16.7 % still under way at the end (censored)" in texts


def test_a_row_below_tells_how_many_were_still_under_way() -> None:
    ax = latency(small_result())
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    row = [text.get_text() for text in ax.texts]
    start = row.index("under way, fault:")
    counts = dict(zip(ticks, row[start + 1 : start + 1 + len(ticks)], strict=True))
    assert counts["1 h"] == "2"  # of four: one rejected after a second, one returned after 50 minutes
    assert counts["10 s"] == "3"


def test_the_title_tells_the_half_and_what_is_open() -> None:
    said = latency(small_result()).get_title().replace("\n", " ")
    assert said == "Of the mail sent during the fault, 25 % arrived; 25 % returned, 25 % rejected, 25 % still under way (censored)."


def test_the_description_tells_the_slowest_of_each_cohort() -> None:
    text = describe_latency(small_result())
    assert "Mail sent while a fault was active (4): slowest in the mailbox after 63 min, slowest read after 65 min." in text


def test_an_empty_run_has_an_empty_picture() -> None:
    log = outage_log()
    for row in range(len(log.messages["state"])):
        log.messages["state"][row] = 0
    assert latency(Result(small_scenario(), 7, log)).get_title() == "Nobody sent anything."


def test_where_every_mail_was_sent_during_the_fault_one_pair_of_curves_says_it_all() -> None:
    result = load("backup-spool-48h").run(seed=7)
    assert list(lines_of(result)) == [
        "mail sent while a fault was active (2): in the mailbox",
        "mail sent while a fault was active (2): read",
    ]


def test_in_german_the_words_are_german_and_the_curves_are_the_same() -> None:
    ax = latency(small_result(), language="de")
    said = ax.get_title().replace("\n", " ")
    assert said == (
        "Von der während der Störung abgeschickten Mail kamen 25 % an; "
        "25 % kamen zurück, 25 % wurden abgewiesen, 25 % noch unterwegs (zensiert)."
    )
    assert ax.get_ylabel() == "Anteil, der angekommen ist"
    lines = {str(line.get_label()): line for line in ax.get_lines() if not str(line.get_label()).startswith("_")}
    assert next(iter(lines)) == "während einer Störung abgeschickt (4): im Postfach"
    ages, shares = (np.asarray(part).tolist() for part in next(iter(lines.values())).get_data())
    assert (ages[1], shares[1]) == (3802, 0.25)
    texts = [text.get_text() for text in ax.texts]
    assert {"unterwegs, Störung:", "unterwegs, alle:", "33,3 % kommen nie an, 16,7 % am Ende noch unterwegs (zensiert)"} <= set(texts)
    assert describe_latency(small_result(), language="de").endswith("Alle Mail (6): die langsamste nach 63 min im Postfach, "
                                                                   "die langsamste nach 65 min gelesen.")  # fmt: skip


def test_what_was_taken_and_thrown_away_is_said_too() -> None:
    log = outage_log()
    log.messages["state"][2] = State.DISCARDED
    title = latency(Result(small_scenario(), 7, log)).get_title().replace("\n", " ")
    assert "25 % rejected, 25 % thrown away, 25 % still under way (censored)" in title


def test_a_window_is_of_durations_and_may_begin_at_nothing() -> None:
    assert latency(small_result(), window=("1m", "2h")).get_xlim() == (60, 7200)
    low, high = latency(small_result(), window=(0, "2h")).get_xlim()
    assert 0 < low < 2  # just below the first arrival, since a logarithmic axis has no 0
    assert high == 7200
    with pytest.raises(UnsupportedError, match="ends at 0"):
        latency(small_result(), window=(-5, 0))
