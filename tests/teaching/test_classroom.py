"""The class as one experiment: points, their lines, and what is on the Axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mailsim
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.language import speaking
from mailsim.plots.classroom import describe_class
from mailsim.plots.picture import describe
from mailsim.teaching import ClassPoint, class_plot, class_point, own_length
from mailsim.teaching.classroom import read_line
from mailsim.units import micros

POINTS = [
    ClassPoint("Ben", 6 * 86_400.0, 200, 0.25, 3 * 86_400.0),
    ClassPoint("Ada", 3_600.0, 200, 0.0, 1_800.0),
    ClassPoint("Cem", 10 * 86_400.0, 200, 0.55, None),
]


def lines_of(ax: Any) -> list[tuple[list[float], list[float]]]:
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in ax.get_lines()]


def test_the_curve_joins_the_points_in_order_of_length_and_never_hides_one() -> None:
    above = class_plot(POINTS)
    figure: Any = above.figure
    below = figure.axes[1]
    assert lines_of(above) == [([3_600.0, 518_400.0, 864_000.0], [0.0, 0.25, 0.55])]
    assert lines_of(below)[0] == ([3_600.0, 518_400.0], [1_800.0, 259_200.0])
    assert lines_of(below)[1][0] == [864_000.0]  # Cem's: half of it never arrived
    assert [text.get_text() for text in below.texts] == ["never"]
    assert above.get_title() == "No mail came back up to 1 h; at 10 d it was 55 %."
    assert describe(above) == describe_class(POINTS)
    assert "Cem: outage of 10 d, returned 55 %, half is never there." in describe(above)


def test_the_curve_speaks_german_and_points_out_a_pupil() -> None:
    above = class_plot(POINTS, student=" ben", language="de")
    assert above.get_title() == "Bis 1 h kam keine Mail zurück; bei 10 d waren es 55 %."
    assert above.get_ylabel() == "an den Absender zurück"
    assert [text.get_text() for text in above.texts] == ["Ben"]
    with pytest.raises(UnknownNameError, match="language"):
        class_plot(POINTS, language="fr")


def test_other_findings_have_other_titles() -> None:
    assert class_plot(POINTS[1:2]).get_title() == "No mail came back, up to an outage of 1 h."
    assert class_plot([POINTS[0]]).get_title() == "Some mail came back at every length; at 6 d it was 25 %."


def test_a_line_gives_the_point_back_and_no_name_breaks_it() -> None:
    for student in ("Ada", 'a"b\n<img src=x>', "=1+1", "Ünal\x1b[2J"):
        point = POINTS[2]._replace(student=student)
        assert "\n" not in point.line
        assert read_line(point.line) == point
        assert "\x1b" not in repr(point)
        assert "<img" not in point._repr_html_()


@pytest.mark.parametrize(
    "line",
    ["", "Ada", "[]", "{}", "{" * 50_000, POINTS[0].line.replace("0.25", "2"), POINTS[0].line.replace("518400.0", "-1"), '{"student": 1}'],
)
def test_a_wrong_line_is_refused_with_a_reason(line: str) -> None:
    with pytest.raises(UnsupportedError, match=r"not the line of a class point|can't be"):
        read_line(line)


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(UnsupportedError, match="empty"):
        class_plot([])
    with pytest.raises(UnsupportedError, match="not int"):
        class_plot([3])  # type: ignore[list-item]
    with pytest.raises(UnsupportedError, match="one outage, this one has 0"):
        class_plot([mailsim.load("first-mail").run()])


def test_runs_of_pupils_become_points_too() -> None:
    result = mailsim.load("single-mx").run()
    above = class_plot({"Ada": result})
    (x, y), *_ = lines_of(above)
    assert (x, y) == ([12 * 3_600.0], [0.0])  # the scenario's outage: 12 h, in which nobody gives up
    during = result.messages[result.messages["during_fault"]]
    figure: Any = above.figure
    delay = lines_of(figure.axes[1])[0][1][0]
    assert delay == pytest.approx(np.quantile(during["latency_stored_s"], 0.5, method="inverted_cdf"))


def test_returned_mail_follows_from_the_days_that_senders_wait() -> None:
    # with Postfix alone nothing comes back from an outage shorter than five days; of one of D days (D - 5) / D does.
    # Ada's length decides; the study's senders are a mix of Exim (4 d) and Postfix (5 d), so her share lies between
    point = class_point("Ada", lengths=("10d", "12d"))
    days = point.length_s / 86_400
    assert 10 <= days <= 12
    assert (days - 5) / days - 0.03 < point.bounced_share < (days - 4) / days + 0.03


def test_lengths_of_a_class_lie_in_their_range_and_spread_over_it() -> None:
    found = sorted(micros(own_length(f"pupil {k}", lengths=("1h", "16h"))) for k in range(200))
    assert micros("1h") <= found[0] < micros("1h15m")
    assert micros("13h") < found[-1] <= micros("16h")
    assert micros("3h30m") < found[100] < micros("4h35m")  # half lie below 4 h, the middle of 1 h and 16 h on a log axis
    for lengths in (("2h", "1h"), ("1h", "soon")):
        with pytest.raises(UnsupportedError, match="lengths"):
            own_length("Ada", lengths=lengths)


def test_a_window_is_about_lengths_and_so_is_the_title() -> None:
    above = class_plot(POINTS, window=("1d", "8d"))
    assert above.get_xlim() == (86_400, 8 * 86_400)
    assert above.get_title() == "Some mail came back at every length; at 6 d it was 25 %."
    assert describe(above).count("outage of") == 1
    with pytest.raises(UnsupportedError, match="holds no point"):
        class_plot(POINTS, window=("1m", "5m"))


def test_a_point_speaks_the_language_of_the_session_or_its_own() -> None:
    point = POINTS[0]._replace(bounced_share=0.125)
    assert repr(point) == "Ben: outage of 6 d, returned 12.5 %, half is there after 3 d"
    german = "Ben: Ausfall von 6 d, zurück 12,5 %, die Hälfte ist da nach 3 d"
    assert repr(point._replace(language="de")) == german
    with speaking("de"):
        assert repr(point) == german
        assert repr(point._replace(language="en")).startswith("Ben: outage of 6 d")
    assert "Cem: Ausfall von 10 d, zurück 55 %, die Hälfte ist nie da." in describe_class(POINTS, language="de")


def test_in_german_all_of_the_curve_is_german() -> None:
    above = class_plot(POINTS, language="de")
    figure: Any = above.figure
    below = figure.axes[1]
    assert (below.get_ylabel(), below.get_xlabel()) == ("die Hälfte ist da nach", "Dauer des Ausfalls")
    assert [text.get_text() for text in below.texts] == ["nie"]
    assert figure.get_supxlabel().endswith("3 Ausfälle verschiedener Dauer, einer je Schüler, je 200 Mails")
