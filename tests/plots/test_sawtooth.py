"""The sawtooth: every mail above the instant at which it was sent, as high as it took, with what became of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mailsim.events import State
from mailsim.plots.picture import describe
from mailsim.plots.sawtooth import describe_sawtooth, sawtooth, sent_mail
from mailsim.results import Result
from mailsim.scenario import load
from small_logs import outage_log, small_result, small_scenario


def marks(ax: Any) -> dict[str, list[tuple[float, float]]]:
    """Sent and took, by what the legend says of the mark."""
    return {str(one.get_label()): [tuple(pair) for pair in one.get_offsets().tolist()] for one in ax.collections}


def test_each_mail_stands_at_its_send_instant_as_high_as_it_took() -> None:
    """The small log: 0 and 5 took 3 s, 1 took 3802 s, 2 was returned after 3000 s, 3 refused after 1 s, 4 watched for 6000 s."""
    assert marks(sawtooth(small_result())) == {
        "in the mailbox within 1 h: 2": [(100, 3), (5000, 3)],
        "later: 1": [(700, 3802)],
        "returned at that age: 1": [(1000, 3000)],
        "refused at once: 1": [(1500, 1)],
        "longer: still under way: 1": [(2000, 6000)],
    }


def test_the_axes_are_clock_and_logarithmic_duration_with_the_outage_behind() -> None:
    ax = sawtooth(small_result())
    assert ax.get_yscale() == "log"
    assert "1 h" in [label.get_text() for label in ax.get_yticklabels()]
    assert ax.get_xticklabels()[0].get_text().endswith("Mon 5 Jan")
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == (600, 3600)
    assert "mx1 silent, 1 h" in [text.get_text() for text in ax.texts]


def test_the_title_tells_who_waited_longest_and_how_long_after_the_outage() -> None:
    """Mail 1, sent at 700 s, was in the mailbox at 4502 s; the outage was over at 4200 s: 302 s before."""
    said = "Mail sent at 00:11 took longest: 63 min; it was in the mailbox 5 min after the fault was over."
    assert sawtooth(small_result()).get_title().replace("\n", " ") == said
    undisturbed = sawtooth(small_result(), window=("80m", "2h"))
    assert undisturbed.get_title() == "Mail sent at 01:23 took longest: 3 s."


def test_a_window_is_of_send_instants() -> None:
    ax = sawtooth(small_result(), window=("10m", "20m"))
    assert ax.get_xlim() == (600, 1200)
    assert marks(ax) == {"later: 1": [(700, 3802)], "returned at that age: 1": [(1000, 3000)]}
    assert describe(ax) == describe_sawtooth(small_result(), window=("10m", "20m"))


def test_the_description_counts_every_fate() -> None:
    said = describe_sawtooth(small_result())
    assert said.endswith(
        "Of 6 mails: in the mailbox within 1 h: 2 (33.3 %), later: 1 (16.7 %), returned at that age: 1 (16.7 %), "
        "refused at once: 1 (16.7 %), longer: still under way: 1 (16.7 %)."
    )


def test_in_german_the_words_are_german_and_the_marks_are_the_same() -> None:
    ax = sawtooth(small_result(), language="de")
    assert ax.get_title().replace("\n", " ") == (
        "Am längsten brauchte die um 00:11 abgeschickte Mail: 63 min; im Postfach war sie 5 min nach dem Ende der Störung."
    )
    assert ax.get_ylabel() == "Zeit bis ins Postfach"
    assert list(marks(ax).values()) == list(marks(sawtooth(small_result())).values())
    assert list(marks(ax))[1] == "später: 1"
    assert "Von 6 Mails: binnen 1 h im Postfach: 2 (33,3 %)" in describe_sawtooth(small_result(), language="de")


@pytest.mark.parametrize("level", ["events", "messages"])
def test_the_marks_agree_with_the_message_table(level: Any) -> None:
    result = load("backup-spool-48h").run(seed=7, level=level)
    table = result.messages[result.messages["parent"].isna()]
    found = sent_mail(result.log)
    stored = np.isin(found.fate, ("in_time", "late"))
    assert found.took_s[stored] == pytest.approx(table["latency_stored_s"].dropna().to_numpy(dtype=float))
    assert int((found.fate == "bounced").sum()) == int((table["state"] == "bounced").sum()) > 0


def test_mail_that_is_gone_without_a_word_is_marked_as_lost() -> None:
    log = outage_log()
    log.messages["state"][2] = State.DISCARDED
    assert marks(sawtooth(Result(small_scenario(), 7, log)))["lost or thrown away: 1"] == [(1000, 3000)]


def test_without_mail_or_arrivals_the_picture_says_so() -> None:
    log = outage_log()
    for row in range(len(log.messages["state"])):
        log.messages["state"][row] = 0
    assert sawtooth(Result(small_scenario(), 7, log)).get_title() == "Nobody sent anything."
    assert sawtooth(small_result(), window=("15m", "40m")).get_title() == "No mail reached a mailbox."
