"""The shares of the servers: as bars for a few mails, as steps over time for many, with the outages above."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import mailsim
from mailsim.events import ConditionSpan, State
from mailsim.plots.mx_share import describe_mx_share, mx_share
from mailsim.results import Result
from small_logs import Written, outage_log, small_result, small_scenario

S = 1_000_000


@cache
def many() -> Result:
    """Eighty mails, taken 1 s after they were sent: every 90 s from 0 to 3510 s (40) and from 7200 s to 10710 s (40).

    Of those of the first hour mx1 takes three, mx2 one of four; in the third hour, while mx1 is silent, mx2 takes all.
    """
    w = Written()
    for k in range(80):
        sent = 90 * k if k < 40 else 7200 + 90 * (k - 40)
        via = "mx2" if k >= 40 or k % 4 == 3 else "mx1"
        w.message(message=k, sender="ann@example.org", rcpt="bob@example.com", sent_us=sent, accepted_us=sent, relayed_us=sent + 1,
                  stored_us=sent + 2, via=via, holder="boxes", state=State.STORED, copies=1, tries=1)  # fmt: skip
    return Result(small_scenario(), 7, w.log(end_s=10_800, conditions=[ConditionSpan("mx1", "mx1", "silent", 7200 * S, 10_800 * S)]))


def areas(ax: Any) -> dict[str, list[tuple[float, float, float, float]]]:
    """For each server the rectangles (left, right, bottom, top) around its areas."""
    return {
        str(area.get_label()): [tuple(np.round(path.get_extents().extents[[0, 2, 1, 3]], 6).tolist()) for path in area.get_paths()]
        for area in ax.collections
    }


def test_a_few_mails_are_bars_for_the_fault_and_for_all() -> None:
    """During the fault mx2 took three of three; in all three of five."""
    ax = mx_share(small_result())
    found = [(one.get_label(), round(one.patches[0].get_x(), 9), round(one.patches[0].get_width(), 9)) for one in ax.containers]
    assert found == [("_mx2", 0, 1), ("_mx2", 0, 0.6), ("_mx1", 0.6, 0.4)]
    names = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    assert names == ["mail taken while a fault was active (3)", "all mail (5)"]


def test_many_mails_are_steps_that_add_up_and_a_time_without_mail_stays_blank() -> None:
    """80 mails make at most 10 steps: 10,800 s in steps of half an hour.  Each of the first two holds 20 mails, 5 of them mx2's."""
    found = areas(mx_share(many()))
    assert found == {
        "mx2: 62.5 % in all (50)": [(0, 3600, 0, 0.25), (7200, 10_800, 0, 1)],
        "mx1: 37.5 % in all (30)": [(0, 3600, 0.25, 1), (7200, 10_800, 1, 1)],
    }


def test_the_outage_stands_in_a_strip_above_with_lines_down_at_its_ends() -> None:
    ax = mx_share(many())
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == (7200, 3600)
    assert band.get_y() > 1
    assert band.get_hatch()
    assert "mx1 silent, 1 h" in [text.get_text() for text in ax.texts]
    edges = {tuple(line.get_xdata()) for line in ax.get_lines() if min(line.get_ydata()) == 0}
    assert edges == {(7200, 7200), (10_800, 10_800)}


def test_the_title_compares_the_time_of_the_fault_with_the_rest() -> None:
    said = mx_share(many()).get_title().replace("\n", " ")
    assert said == "While a fault was active mx2 was the first to take all mail; otherwise mx1 took 75 %."
    assert "steps of 30 min, blank: no mail was taken" in mx_share(many()).figure.get_supxlabel()


def test_a_window_shows_and_counts_only_its_mail() -> None:
    ax = mx_share(many(), window=(0, "1h"))
    assert ax.get_xlim() == (0, 3600)
    assert ax.get_title() == "mx1 was the first to take 75 % of the mail."
    assert len(ax.get_yticklabels()) == 5  # still 40 mails: over time


def test_the_description_tells_servers_counts_and_what_none_took() -> None:
    said = describe_mx_share(small_result())
    assert said == (
        "Shares of the servers that were the first to take the mail. "
        "While a fault was active mx2 was the first to take all mail; otherwise mx1 took all. "
        "Mail taken while a fault was active (3): mx2 100 % (3). All mail (5): mx2 60 % (3), mx1 40 % (2). 1 mail was taken by no server."
    )


def test_more_servers_than_can_be_told_apart_share_an_area() -> None:
    w = Written()
    for k in range(9):
        w.message(message=k, sender="a@example.org", rcpt="b@example.com", sent_us=k, relayed_us=k + 1, stored_us=k + 2, via=f"mx{k}",
                  state=State.STORED, copies=1)  # fmt: skip
    said = describe_mx_share(Result(small_scenario(), 7, w.log(end_s=60, conditions=[])))
    assert "All mail (9): mx0 11.1 % (1), mx1 11.1 % (1), mx2 11.1 % (1), mx3 11.1 % (1), mx4 11.1 % (1), 4 others 44.4 % (4)." in said


def test_a_run_of_a_packaged_scenario_agrees_with_its_table() -> None:
    result = mailsim.load("primary-outage").run(seed=7, level="messages")
    counts = result.messages["via"].value_counts()
    labels = list(areas(mx_share(result)))
    assert sorted(label.rpartition("(")[2].rstrip(")") for label in labels) == sorted(str(count) for count in counts)


def test_an_empty_run_has_an_empty_picture() -> None:
    log = outage_log()
    for row in range(len(log.messages["state"])):
        log.messages["state"][row] = 0
    assert mx_share(Result(small_scenario(), 7, log)).get_title() == "No server took any mail."


def test_in_german_the_title_the_axis_the_legend_and_the_description_are_german() -> None:
    ax = mx_share(many(), language="de")
    said = ax.get_title().replace("\n", " ")
    assert said == "Während einer Störung nahm mx2 alle Mail als erster Server an; sonst nahm mx1 75 % an."
    assert ax.get_ylabel() == "Anteil der angenommenen Mail"
    assert list(areas(ax)) == ["mx2: 62,5 % insgesamt (50)", "mx1: 37,5 % insgesamt (30)"]
    assert "Schritte von 30 min, leer: keine Mail angenommen" in ax.figure.get_supxlabel()
    assert describe_mx_share(small_result(), language="de") == (
        "Anteile der Server, die die Mail als erste annahmen. "
        "Während einer Störung nahm mx2 alle Mail als erster Server an; sonst nahm mx1 alle an. "
        "Während einer Störung angenommen (3): mx2 100 % (3). Alle Mail (5): mx2 60 % (3), mx1 40 % (2). 1 Mail nahm kein Server an."
    )
