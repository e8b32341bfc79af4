"""The outcome bars are the shares of the cohorts, and the title tells all of them."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.plots.outcomes import describe_outcomes, outcomes
from mailsim.results import Result
from mailsim.results.metrics import cohorts, shares
from mailsim.scenario import load
from small_logs import outage_log, small_result, small_scenario


def bars(ax: Any) -> list[tuple[str, float, float]]:
    """Outcome, left end and length of each bar, row after row."""
    return [
        (str(one.get_label()).removeprefix("_"), round(one.patches[0].get_x(), 9), round(one.patches[0].get_width(), 9))
        for one in ax.containers
    ]


def test_the_bars_are_shares_that_fill_the_row() -> None:
    """Sent during the fault: one late, one returned, one rejected, one under way; with 0 and 5, in time, two of six more."""
    during = [("late", 0, 0.25), ("returned", 0.25, 0.25), ("rejected", 0.5, 0.25), ("under way", 0.75, 0.25)]
    sixth = 1 / 6
    every = [(word, round((k + 2) * sixth, 9), round(sixth, 9)) for k, (word, _, _) in enumerate(during)]
    assert bars(outcomes(small_result())) == [*during, ("in time", 0, round(2 * sixth, 9)), *every]


def test_the_bars_agree_with_the_shares_of_the_summary() -> None:
    result = load("backup-spool-48h").run(seed=7)
    found = shares(result.log, cohorts(result.log)[0].mask)
    assert bars(outcomes(result)) == [("late", 0, found.delivered), ("returned", found.delivered, found.bounced)]


def test_each_row_tells_its_counts_inside_or_below_the_bar() -> None:
    texts = [text.get_text().replace("\n", " ") for text in outcomes(small_result(), style="slide").texts]
    assert "returned 25 % (1)" in texts
    assert "in time 33.3 % (2)" in texts
    assert "late 16.7 % (1) · returned 16.7 % (1) · rejected 16.7 % (1) · under way 16.7 % (1)" in texts
    assert {"1 of 4 in the mailbox", "3 of 6 in the mailbox"} <= set(texts)


def test_the_legend_has_a_colour_and_a_hatch_for_each_outcome_that_occurs() -> None:
    legend = outcomes(small_result()).get_legend()
    assert legend is not None
    assert [text.get_text().partition(":")[0] for text in legend.get_texts()] == ["in time", "late", "returned", "rejected", "under way"]
    assert len({(patch.get_facecolor(), patch.get_hatch()) for patch in legend.get_patches()}) == 5


def test_title_and_description_tell_all_outcomes() -> None:
    title = (
        "Of the mail sent during the fault, 0 % was in the mailbox within 1 h, 25 % later, 25 % came back, "
        "25 % was refused at once and 25 % was still under way."
    )
    assert outcomes(small_result()).get_title().replace("\n", " ") == title
    assert describe_outcomes(small_result()) == (
        f"Stacked bars of what became of the mail, in shares of the mail sent. {title} "
        "Mail sent while a fault was active (4): late 25 % (1), returned 25 % (1), rejected 25 % (1), under way 25 % (1). "
        "All mail (6): in time 33.3 % (2), late 16.7 % (1), returned 16.7 % (1), rejected 16.7 % (1), under way 16.7 % (1)."
    )


@pytest.mark.parametrize("level", ["events", "messages"])
def test_a_window_counts_the_mail_sent_in_it_at_every_level(level: str) -> None:
    """Before 10 min only mail 0 is sent."""
    ax = outcomes(small_result(level=level), window=(0, "10m"))
    assert bars(ax) == [("in time", 0, 1)]
    assert ax.get_title() == "The one mail was in the mailbox within 1 h."
    assert "only mail sent from 0 to 10 min after the start" in ax.figure.get_supxlabel()


def test_an_empty_run_has_an_empty_picture() -> None:
    log = outage_log()
    for row in range(len(log.messages["state"])):
        log.messages["state"][row] = 0
    assert outcomes(Result(small_scenario(), 7, log)).get_title() == "Nobody sent anything."


def test_in_german_every_word_is_german_and_every_figure_is_the_same() -> None:
    """Of the four mails sent during the fault one each was late, returned, rejected, under way; of all six, two came in time: 33,3 %."""
    ax = outcomes(small_result(), language="de")
    title = (
        "Von der während der Störung abgeschickten Mail waren 0 % binnen 1 h im Postfach, 25 % kamen später, 25 % kamen zurück, "
        "25 % wurden gleich abgewiesen und 25 % waren noch unterwegs."
    )
    assert ax.get_title().replace("\n", " ") == title
    assert ax.get_xlabel() == "Anteil der abgeschickten Mail"
    assert [length for _, _, length in bars(ax)] == [length for _, _, length in bars(outcomes(small_result()))]
    said = describe_outcomes(small_result(), language="de")
    assert title in said
    assert "Alle Mail (6): rechtzeitig 33,3 % (2), spät 16,7 % (1)" in said
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text().partition(":")[0] for text in legend.get_texts()] == [
        "rechtzeitig",
        "spät",
        "zurück",
        "abgewiesen",
        "unterwegs",
    ]


def test_where_all_mail_came_in_time_the_title_says_just_that() -> None:
    """Before the outage and after it: mails 0 and 5, each 3 s."""
    log = outage_log()
    for row in (1, 2, 3, 4):
        log.messages["state"][row] = 0
    log.conditions.clear()
    result = Result(small_scenario(), 7, log)
    assert outcomes(result).get_title() == "All mail was in the mailbox within 1 h."
    assert outcomes(result, language="de").get_title() == "Alle Mail war binnen 1 h im Postfach."
