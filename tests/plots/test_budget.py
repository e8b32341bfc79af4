"""The budget's bars are the means, part by part; what they leave out is said."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.patches import Rectangle

from mailsim.errors import UnsupportedError
from mailsim.plots.budget import budget, describe_budget
from mailsim.results import Result
from mailsim.scenario import load
from reading_worlds import device, reading
from small_logs import outage_log, small_result, small_scenario


def bars(ax: Any) -> list[tuple[str, float, float]]:
    """Part, left end and length of each bar in seconds, row after row."""
    found = []
    for container in ax.containers:
        (patch,) = container.patches
        assert isinstance(patch, Rectangle)
        found.append((str(container.get_label()).removeprefix("_"), round(patch.get_x(), 6), round(patch.get_width(), 6)))
    return found


def test_the_parts_lie_side_by_side_as_long_as_their_means() -> None:
    """As worked out in tests/results/test_budget.py; parts of no length have no bar."""
    during = [("submit", 0, 1), ("relay", 1, 31), ("onward", 32, 3769), ("store", 3801, 1), ("fetch", 3802, 98)]
    third = round(3769 / 3, 6)
    every = [("submit", 0, 1), ("relay", 1, 11), ("onward", 12, third), ("store", 12 + third, 1), ("fetch", 13 + third, 52.5)]
    assert bars(budget(small_result())) == [*during, *every]


def test_an_undisturbed_message_by_hand() -> None:
    """Submission 0.55 s, relay 0.45 s, LMTP 0.45 s, push 0.15 s: 1.6 s in all, of which submission is 34.4 %."""
    ax = budget(load(reading({"desk": device()})).run())
    assert bars(ax) == [("submit", 0, 0.55), ("relay", 0.55, 0.45), ("store", 1, 0.45), ("fetch", 1.45, 0.15)]
    assert ax.get_title().replace("\n", " ") == "The mail took 1.6 s to its reader; 34.4 % of that: handing it to the provider."


def test_rows_are_named_with_the_mail_that_they_are_about() -> None:
    ax = budget(small_result())
    names = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    assert names == ["mail sent while a fault was active (1)", "all mail (3)"]
    low, high = ax.get_ylim()
    assert low > high  # the first one on top


def test_every_figure_stands_in_a_part_or_below_it_and_mean_and_median_are_told_apart() -> None:
    texts = [text.get_text() for text in budget(small_result()).texts]
    assert {"onward 63 min", "onward 21 min"} <= set(texts)
    assert {"submit 1 s · relay 31 s · store 1 s · fetch 98 s", "submit 1 s · relay 11 s · store 1 s · fetch 52 s"} <= set(texts)
    assert "in the mailbox after 21 min on average (mean); half within 3 s (median)" in texts
    assert "in the mailbox after 63 min" in texts


def test_the_legend_explains_the_parts_that_occur_each_with_a_hatch_of_its_own() -> None:
    legend = budget(small_result()).get_legend()
    assert legend is not None
    assert [text.get_text().partition(":")[0] for text in legend.get_texts()] == ["submit", "relay", "onward", "store", "fetch"]
    hatches = [patch.get_hatch() for patch in legend.get_patches()]
    assert len(set(hatches)) == len(hatches)


def test_title_and_caption_say_what_is_left_out() -> None:
    """3802 s and 98 s are 65 min, of which 3769 s are 96.6 %; of four mails one arrived, of six three, of which two were read."""
    ax = budget(small_result())
    assert ax.get_title().replace("\n", " ") == (
        "What arrived of the mail sent during the fault (1 of 4) took 65 min to its reader on average; "
        "96.6 % of that: waiting at a backup MX."
    )
    caption = ax.figure.get_supxlabel().replace("\n", " ")
    assert "not counted: 3 of 4, 3 of 6" in caption
    assert "fetch: mean over the mail that was read, 1, 2" in caption


def test_a_window_counts_the_mail_sent_in_it() -> None:
    """After 4200 s only mail 5 is sent: 1 s each for submit, relay and store, not read."""
    ax = budget(small_result(), window=("70m", "2h"))
    assert bars(ax) == [("submit", 0, 1), ("relay", 1, 1), ("store", 2, 1)]
    assert "only mail sent from 70 min to 2 h after the start" in ax.figure.get_supxlabel()
    assert ax.get_title().startswith("The mail took 3 s to the mailbox;")


def test_the_description_tells_every_figure() -> None:
    said = describe_budget(small_result())
    assert "Mail sent while a fault was active (1), in the mailbox after 63 min: submit 1 s, queue 0, resolve 0, relay 31 s" in said
    assert said.endswith("submit 1 s, queue 0, resolve 0, relay 11 s, onward 21 min, store 1 s, fetch 52 s.")


def test_where_nothing_arrived_the_picture_is_empty_and_without_event_rows_it_is_refused() -> None:
    log = outage_log()
    for row in range(len(log.messages["state"])):
        log.messages["state"][row] = 0
    assert budget(Result(small_scenario(), 7, log)).get_title() == "No mail was in the mailbox when the run ended."
    with pytest.raises(UnsupportedError, match="latency_budget"):
        budget(small_result(level="messages"))
