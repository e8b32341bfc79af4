"""The picture of an outage study: its sentence, its lines, what never arrives."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mailsim.errors import UnsupportedError
from mailsim.plots.impact import describe_impact, impact

HOUR, DAY = 3600.0, 86_400.0
COLUMNS = ["layout", "length_s", "run", "bounced_share", "late_1h_share", "delay_p50_s", "delay_p95_s", "censored_share"]


def study(cells: dict[tuple[str, float], list[float]], *, delay_s: float = 600, censored: float = 0) -> pd.DataFrame:
    rows = [
        (layout, length, run, share, 0.5, math.nan if share > 0.5 else delay_s, delay_s * 2, censored)
        for (layout, length), shares in cells.items()
        for run, share in enumerate(shares)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


TWO = study(
    {
        ("no backup", HOUR): [0, 0], ("backup MX", HOUR): [0, 0], ("no backup", DAY): [0.005, 0], ("backup MX", DAY): [0, 0],
        ("no backup", 5 * DAY): [0.30, 0.40], ("backup MX", 5 * DAY): [0.10, 0.10],
    }
)  # fmt: skip


def test_the_title_tells_up_to_where_it_makes_no_difference_and_how_much_it_makes_then() -> None:
    said = impact(TWO).get_title().replace("\n", " ")
    assert said == "Up to 1 d backup MX saves under 1 mail in 100; at 5 d it saves 25 of 100 (range 20-30)."


def test_a_layout_that_loses_more_is_told_to_cost() -> None:
    turned = study({("a", HOUR): [0, 0], ("b", HOUR): [0, 0], ("a", DAY): [0.1, 0.1], ("b", DAY): [0.3, 0.3]})
    assert impact(turned).get_title() == "Up to 1 h b costs under 1 mail in 100; at 1 d it costs 20 of 100."


def test_layouts_that_do_the_same_are_told_to_do_the_same() -> None:
    same = study({("a", HOUR): [0.1], ("b", HOUR): [0.105]})
    assert (
        impact(same).get_title().replace("\n", " ") == "B and a return the same mail: they differ by less than 1 mail in 100 at any length."
    )


def test_one_layout_is_told_by_its_worst_length() -> None:
    said = impact(study({("only", HOUR): [0], ("only", DAY): [0.25]})).get_title().replace("\n", " ")
    assert said == "Of the mail sent while the target was down, 25 % came back after an outage of 1 d."


def test_there_is_one_line_per_layout_with_the_mean_over_runs_at_the_lengths_of_the_study() -> None:
    ax = impact(TWO)
    lines = {str(line.get_label()): line for line in ax.get_lines() if not str(line.get_label()).startswith("_")}
    assert list(lines) == ["no backup", "backup MX"]
    assert np.asarray(lines["no backup"].get_xdata()).tolist() == [HOUR, DAY, 5 * DAY]
    assert np.asarray(lines["no backup"].get_ydata()) == pytest.approx([0, 0.0025, 0.35])
    assert lines["no backup"].get_linestyle() != lines["backup MX"].get_linestyle()
    assert lines["no backup"].get_marker() != lines["backup MX"].get_marker()
    assert ax.get_xscale() == "log"


def test_the_delay_stands_below_on_an_axis_of_its_own() -> None:
    figure = impact(TWO).figure
    below = figure.axes[1]
    assert [label.get_text() for label in below.get_xticklabels()] == ["1 h", "1 d", "5 d"]
    assert below.get_yscale() == "log"
    assert np.asarray(below.get_lines()[0].get_ydata()).tolist() == [600, 600, 600]


def test_where_half_of_the_mail_never_arrives_the_picture_says_so() -> None:
    below = impact(study({("a", HOUR): [0, 0], ("a", DAY): [0.9, 0.9]})).figure.axes[1]
    assert np.isnan(np.asarray(below.get_lines()[0].get_ydata())).tolist() == [False, True]
    assert "half never arrives" in [text.get_text() for text in below.texts]


def test_the_caption_says_how_many_runs_stand_behind_a_point() -> None:
    assert impact(TWO, caption="seed 7").figure.get_supxlabel() == "seed 7 · 2 runs per point, band: 95 % of them"


def test_on_axes_of_the_user_one_quantity_is_drawn() -> None:
    ax = Figure().add_subplot()
    assert impact(TWO, ax=ax, of="late") is ax
    assert len(ax.figure.axes) == 1
    assert np.asarray(ax.get_lines()[0].get_ydata()) == pytest.approx([0.5, 0.5, 0.5])


def test_the_description_tells_every_point_and_what_was_censored() -> None:
    text = describe_impact(study({("only", HOUR): [0], ("only", DAY): [0.25]}, censored=0.02))
    assert "Only: returned 0 % at 1 h, 25 % at 1 d." in text
    assert text.endswith("Up to 2 % was still under way when a run ended.")


def test_an_empty_study_is_an_empty_picture() -> None:
    assert impact(pd.DataFrame(columns=COLUMNS)).get_title() == "The study is empty."


def test_the_title_of_lateness_or_delay_is_about_that() -> None:
    late = TWO.assign(late_1h_share=[0.1, 0.1, 0.2, 0.2, 0.9, 0.9, 0.4, 0.4, 1, 1, 1, 1])
    said = impact(late, of="late").get_title().replace("\n", " ")
    assert said == "Not there after 1 h, of the mail sent during an outage of 1 d: 90 % with no backup, 40 % with backup MX."
    never = study({("a", HOUR): [0, 0], ("a", DAY): [0.9, 0.9], ("b", HOUR): [0, 0], ("b", DAY): [0, 0]})
    said = impact(never, of="delay").get_title().replace("\n", " ")
    assert said == "Half of the mail sent during an outage of 1 d is there after: never with a, 10 min with b."


def test_where_it_makes_a_difference_at_every_length_the_sentence_is_whole_too() -> None:
    one = study({("a", HOUR): [0.1, 0.1], ("b", HOUR): [0.3, 0.3]})
    assert impact(one).get_title() == "B costs most at 1 h: 20 of 100."


def test_a_window_is_about_lengths_and_so_are_title_and_description() -> None:
    """Up to a day both layouts do the same within half a mail in 100."""
    ax = impact(TWO, window=("30m", "2d"))
    assert ax.get_xlim() == (HOUR / 2, 2 * DAY)
    assert [label.get_text() for label in ax.figure.axes[1].get_xticklabels()] == ["1 h", "1 d"]
    assert ax.get_title().replace("\n", " ").startswith("Backup MX and no backup return the same mail")
    assert "5 d" not in ax.description  # type: ignore[attr-defined]
    with pytest.raises(UnsupportedError, match="holds none of the lengths studied: they go from 1 h to 5 d"):
        impact(TWO, window=("2h", "3h"))


def test_in_german_the_words_are_german_and_the_lines_are_the_same() -> None:
    ax = impact(TWO, language="de")
    assert ax.get_title().replace("\n", " ") == ("Bis 1 d rettet backup MX weniger als 1 von 100 Mails, bei 5 d sind es 25 (Spanne 20-30).")
    below = ax.figure.axes[1]
    assert (ax.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == (
        "an den Absender zurück",
        "die Hälfte ist da nach",
        "Dauer des Ausfalls",
    )
    assert np.asarray(ax.get_lines()[0].get_ydata()) == pytest.approx([0, 0.0025, 0.35])
    assert ax.figure.get_supxlabel() == "2 Läufe je Punkt, Band: 95 % davon"
    said = describe_impact(study({("only", HOUR): [0], ("only", DAY): [0.125]}, censored=0.025), language="de")
    assert "Von der während des Ausfalls abgeschickten Mail kamen 12,5 % zurück, wenn er 1 d dauerte." in said
    assert said.endswith("Only: zurück 0 % bei 1 h, 12,5 % bei 1 d. Bis zu 2,5 % waren am Ende eines Laufs noch unterwegs.")
    never = study({("a", HOUR): [0, 0], ("a", DAY): [0.9, 0.9]})
    assert "die Hälfte kommt nie an" in [text.get_text() for text in impact(never, language="de").figure.axes[1].texts]
    late = impact(never, of="late", language="de").get_title().replace("\n", " ")
    assert late == "Von der während eines Ausfalls von 1 d abgeschickten Mail war nach 1 h nicht da: 50 % mit a."
    delay = impact(never, of="delay", language="de").get_title().replace("\n", " ")
    assert delay == "Die Hälfte der während eines Ausfalls von 1 h abgeschickten Mail ist da nach: 10 min mit a."


def test_a_run_in_which_it_goes_the_other_way_is_told_in_the_range() -> None:
    mixed = study({("a", DAY): [0.10, 0.10], ("b", DAY): [0.00, 0.12]})
    assert impact(mixed).get_title().replace("\n", " ") == "B saves most at 1 d: 4 of 100 (range −2 to 10)."
