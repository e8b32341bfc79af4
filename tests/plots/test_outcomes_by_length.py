"""The outcome bars against the length of the outage: the shares, where the lifetimes stand, and what the sentences say."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mailsim.errors import UnknownNameError
from mailsim.plots.outcomes_by_length import describe_outcomes_by_length, outcomes_by_length
from mailsim.plots.picture import describe
from mailsim.results.outcomes import OUTCOMES

HOUR, DAY = 3600.0, 86_400.0


def table(*cells: tuple[str, float, dict[str, int]]) -> pd.DataFrame:
    rows = [(layout, length, outcome, counts.get(outcome, 0)) for layout, length, counts in cells for outcome in OUTCOMES]
    return pd.DataFrame(rows, columns=["layout", "length_s", "outcome", "messages"])


ONE = table(
    ("mx1", 6 * DAY, {"late": 6, "bounced": 2}),
    ("mx1", HOUR, {"in_time": 6, "late": 2}),
    ("mx1", 4 * DAY, {"late": 8}),
)
TWO = table(
    ("short", DAY, {"late": 4}),
    ("patient", DAY, {"late": 4}),
    ("short", 6 * DAY, {"late": 1, "bounced": 3}),
    ("patient", 6 * DAY, {"late": 4}),
)
SOME = table(("a", HOUR, {"bounced": 1}), ("a", DAY, {"bounced": 2, "late": 1}))
LONG = TWO[TWO["length_s"] > DAY]
KEPT = {"Postfix": 5 * DAY, "Exim": 4 * DAY}


def bars(ax: Any) -> list[tuple[str, float, float]]:
    """Outcome, left end and length of each bar, row after row."""
    return [
        (str(one.get_label()).removeprefix("_"), round(one.patches[0].get_x(), 9), round(one.patches[0].get_width(), 9))
        for one in ax.containers
    ]


def rows(ax: Any) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def marks(ax: Any) -> dict[str, tuple[str, str]]:
    """What each dashed line says, and the rows above and below it."""
    names, places = ["", *rows(ax), ""], [-99.0, *ax.get_yticks(), 99.0]
    found = {}
    for line in ax.lines:
        y = line.get_ydata()[0]
        (text,) = (one.get_text() for one in ax.texts if getattr(one, "xy", None) == (1, y))
        below = next(k for k, place in enumerate(places) if place > y)
        found[text] = (names[below - 1], names[below])
    return found


def test_each_length_has_one_bar_of_shares_from_the_shortest_to_the_longest() -> None:
    ax = outcomes_by_length(ONE)
    assert rows(ax) == ["1 h", "4 d", "6 d"]
    assert bars(ax) == [("in time", 0, 0.75), ("late", 0.75, 0.25), ("late", 0, 1), ("late", 0, 0.75), ("returned", 0.75, 0.25)]


def test_the_figures_stand_in_the_bars_or_below_them() -> None:
    texts = [text.get_text() for text in outcomes_by_length(ONE).texts]
    assert {"in time 75 %", "late 25 %", "late 100 %", "late 75 %", "returned 25 %"} <= set(texts)


def test_a_lifetime_stands_below_the_longest_outage_that_can_not_outlast_it() -> None:
    """Exim's 4 days are not outlasted by an outage of just 4 days; several lifetimes between two bars share a line."""
    assert marks(outcomes_by_length(ONE, lifetimes=KEPT)) == {"Exim gives up after 4 d, Postfix gives up after 5 d": ("4 d", "6 d")}
    apart = {"mx2": 2 * DAY, "Exim": 4 * DAY, "qmail": 7 * DAY, "James": 600.0}
    assert marks(outcomes_by_length(ONE, lifetimes=apart)) == {
        "James gives up after 10 min": ("", "1 h"),
        "mx2 gives up after 2 d": ("1 h", "4 d"),
        "Exim gives up after 4 d": ("4 d", "6 d"),
        "qmail gives up after 7 d": ("6 d", ""),
    }


def test_without_lifetimes_there_is_no_line() -> None:
    assert len(outcomes_by_length(ONE).lines) == 0


def test_layouts_of_one_length_stand_together_in_the_order_of_the_table() -> None:
    ax = outcomes_by_length(TWO, lifetimes={"mx2": 2 * DAY})
    assert rows(ax) == ["1 d\nshort", "1 d\npatient", "6 d\nshort", "6 d\npatient"]
    assert marks(ax) == {"mx2 gives up after 2 d": ("1 d\npatient", "6 d\nshort")}


@pytest.mark.parametrize(
    ("data", "language", "title"),
    [
        (ONE, "en", "No mail came back up to an outage of 4 d; at 6 d it was 25 %."),
        (ONE, "de", "Bis zu einem Ausfall von 4 d kam keine Mail zurück; bei 6 d waren es 25 %."),
        (ONE[ONE["length_s"] < 6 * DAY], "en", "No mail came back, up to an outage of 4 d."),
        (ONE[ONE["length_s"] < 6 * DAY], "de", "Keine Mail kam zurück, bis zu einem Ausfall von 4 d."),
        (SOME, "en", "Some mail came back at every length; at 1 d it was 66.7 %."),
        (SOME, "de", "Bei jeder Dauer kam Mail zurück; bei 1 d waren es 66,7 %."),
        (TWO, "en", "short: no mail came back up to 1 d, 75 % at 6 d; patient: no mail came back up to 6 d."),
        (TWO, "de", "short: bis 1 d kam keine Mail zurück, bei 6 d waren es 75 %; patient: bis 6 d kam keine Mail zurück."),
        (LONG, "en", "Of the mail sent during an outage of 6 d, 75 % with short and 0 % with patient came back."),
        (LONG, "de", "Von der während eines Ausfalls von 6 d abgeschickten Mail "
         "kamen 75 % mit short und 0 % mit patient zurück."),
        (ONE[ONE["length_s"] > 5 * DAY], "en", "Of the mail sent during an outage of 6 d, 25 % came back."),
        (ONE[:0], "en", "The study is empty."),
        (ONE[:0], "de", "Die Studie ist leer."),
    ],
)  # fmt: skip
def test_the_title_says_from_which_length_on_mail_comes_back(data: pd.DataFrame, language: str, title: str) -> None:
    assert outcomes_by_length(data, language=language).get_title().replace("\n", " ") == title


def test_the_description_tells_every_bar_and_every_lifetime_in_both_languages() -> None:
    assert describe(outcomes_by_length(ONE, lifetimes=KEPT)) == describe_outcomes_by_length(ONE, lifetimes=KEPT)
    assert describe_outcomes_by_length(ONE, lifetimes=KEPT) == (
        "Stacked bars of what became of the mail sent during an outage, one for each length of it. "
        "No mail came back up to an outage of 4 d; at 6 d it was 25 %. "
        "1 h: in time 75 % (6), late 25 % (2). 4 d: late 100 % (8). 6 d: late 75 % (6), returned 25 % (2). "
        "Exim gives up after 4 d, Postfix gives up after 5 d."
    )
    assert describe_outcomes_by_length(ONE, lifetimes=KEPT, language="de") == (
        "Gestapelte Balken: was aus der während eines Ausfalls abgeschickten Mail wurde; ein Balken für jede Dauer. "
        "Bis zu einem Ausfall von 4 d kam keine Mail zurück; bei 6 d waren es 25 %. "
        "1 h: rechtzeitig 75 % (6), spät 25 % (2). 4 d: spät 100 % (8). 6 d: spät 75 % (6), zurück 25 % (2). "
        "Exim gibt nach 4 d auf, Postfix gibt nach 5 d auf."
    )


def test_a_window_shows_only_its_lengths() -> None:
    assert rows(outcomes_by_length(ONE, window=("1d", "5d"))) == ["4 d"]


def test_there_is_one_entry_of_the_legend_for_each_outcome_with_a_hatch_of_its_own() -> None:
    every = table(("a", HOUR, dict.fromkeys(OUTCOMES, 1)))
    for language in ("en", "de"):
        legend = outcomes_by_length(every, language=language).get_legend()
        assert legend is not None
        words = [text.get_text().partition(":")[0] for text in legend.get_texts()]
        assert len(set(words)) == len(OUTCOMES) == len({(one.get_facecolor(), one.get_hatch()) for one in legend.get_patches()})
    assert words == ["rechtzeitig", "spät", "zurück", "abgewiesen", "verloren", "verworfen", "unbekannt", "unterwegs"]


def test_names_have_no_power_over_what_shows_them() -> None:
    evil = table(("\x1b[2J<b>", HOUR, {"late": 1}), ("b", HOUR, {"late": 1}))
    ax = outcomes_by_length(evil, lifetimes={"\x1b[2J": DAY})
    assert rows(ax)[0] == "1 h\n\\x1b[2J<b>"
    assert "\x1b" not in describe(ax)


def test_a_language_without_a_table_is_told() -> None:
    with pytest.raises(UnknownNameError, match="language"):
        outcomes_by_length(ONE, language="fr")
