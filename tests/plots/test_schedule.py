"""The picture of schedules: its sentence, its lanes, and what it says of what nobody knows."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from mailsim.flavours import schedule as flavour_schedule
from mailsim.plots.picture import describe, drawn, png
from mailsim.plots.schedule import describe_schedule, schedule

POSTFIX, EXIM, GMAIL, JAMES = (flavour_schedule(name) for name in ("postfix", "exim", "gmail-2016", "james-sample"))


def title(*some, **more) -> str:
    return schedule(some, **more).get_title().replace("\n", " ")


def letters(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_one_program_says_how_often_it_tries_and_when_it_gives_up() -> None:
    assert title(POSTFIX) == "postfix tries 10 times in 6 h and gives up after 5 d."
    assert title(GMAIL) == "gmail-2016 tries 8 times in 6 h; what it does after 7.2 h nobody has seen."


def test_several_say_who_delivers_first_and_last_and_who_has_given_up() -> None:
    said = "Mail sent when an outage of 6 h begins is there after 6 h (postfix) to 7.5 h (exim); james-sample has returned it."
    assert title(POSTFIX, EXIM, JAMES) == said
    assert title(JAMES, JAMES._replace(name="other")) == (
        "Nobody delivers mail sent when an outage of 6 h begins; james-sample, other have returned it."
    )


def test_there_is_a_lane_for_each_in_the_order_given_from_top_to_bottom() -> None:
    ax = schedule([EXIM, POSTFIX])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["exim", "postfix"]
    low, high = ax.get_ylim()
    assert low > high


def test_what_nobody_knows_is_said_in_its_lane_with_the_label_of_the_flavour() -> None:
    said = letters(schedule([GMAIL, JAMES]))
    assert {"unknown", "returned", "7.2 h", "measured 2016 against 4xx", "outage of 6 h"} <= set(said)
    assert "unknown" not in letters(schedule([POSTFIX]))


def test_another_length_of_outage_moves_the_delivery() -> None:
    assert "25 h" in letters(schedule([POSTFIX], outage="24h"))  # 24 h 40 min
    assert "unknown" in letters(schedule([GMAIL], outage="24h"))


def test_it_draws_on_axes_of_the_user() -> None:
    ax = Figure().add_subplot()
    assert schedule(POSTFIX, ax=ax, window=("1m", "1d")) is ax
    assert ax.get_xlim() == (60, 86_400)


def test_the_description_tells_it_in_words() -> None:
    said = describe_schedule([POSTFIX, GMAIL])
    assert (
        "postfix: at 0, 5m, 10m, 20m, 40m, 1h 20m, 2h 30m, 3h 40m ...; returned after 5d 00h 20m; after an outage of 6h: delivered" in said
    )
    assert "gmail-2016 (measured 2016 against 4xx)" in said
    assert "known no further" in said
    assert describe(schedule([POSTFIX, GMAIL])) == said


def test_no_schedules_give_an_empty_picture() -> None:
    assert title() == "No program was named."


def test_it_can_be_written_as_png_and_as_svg_with_its_description_inside() -> None:
    ax = schedule([POSTFIX])
    assert png(ax).startswith(b"\x89PNG")
    svg = drawn(ax, "svg")
    assert b"<svg" in svg
    assert b"Attempts to deliver a message against its age." in svg


@pytest.mark.parametrize("style", ["print", "slide"])
def test_a_picture_of_all_keeps_its_letters_on_the_sheet(style: str) -> None:
    from mailsim.flavours import mta_flavours

    ax = schedule([flavour_schedule(name) for name in mta_flavours()], style=style)
    figure = ax.figure
    figure.draw_without_rendering()
    sheet = figure.bbox
    for text in ax.texts:
        if text.get_text():
            box = text.get_window_extent()
            assert sheet.x0 <= box.x0, text
            assert box.x1 <= sheet.x1, text


def test_in_german_the_words_are_german_and_the_marks_are_the_same() -> None:
    ax = schedule([POSTFIX, EXIM, GMAIL, JAMES], language="de")
    said = (
        "Zu Beginn eines Ausfalls von 6 h abgeschickte Mail ist da nach 6 h (postfix) bis 7,5 h (exim); james-sample hat sie zurückgegeben."
    )
    assert ax.get_title().replace("\n", " ") == said
    assert {"unbekannt", "zurück", "7,2 h", "gemessen 2016 gegen 4xx", "Ausfall von 6 h"} <= set(letters(ax))
    assert ax.get_xlabel().startswith("Alter der Nachricht")
    legend = ax.get_legend()
    assert legend is not None
    assert "zugestellt: der erste Versuch danach" in [text.get_text() for text in legend.get_texts()]
    english = schedule([POSTFIX, EXIM, GMAIL, JAMES])
    places, same = ([one.get_offsets().tolist() for one in each.collections] for each in (ax, english))
    assert places == same
    assert title(GMAIL, language="de") == "gmail-2016 versucht es 8-mal in 6 h; was es nach 7,2 h tut, hat niemand gesehen."
    told = describe_schedule([JAMES], language="de")
    assert told.endswith("zurück nach 10m 05s; nach einem Ausfall von 6h: zurückgegeben.")


def test_a_window_from_nothing_begins_where_the_first_retry_does() -> None:
    assert schedule(POSTFIX, window=(0, "1d")).get_xlim() == pytest.approx((300 / 1.7, 86_400))  # Postfix tries again after 5 min
