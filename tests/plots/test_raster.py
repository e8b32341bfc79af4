"""The raster: ticks at the attempts of each schedule, the fate as a mark, rows in the order of the fate."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.figure import Figure

from mailsim.errors import UnknownNameError
from mailsim.flavours import Schedule, mta_flavours
from mailsim.plots.fates import Fate, fate_of, senders_of
from mailsim.plots.picture import describe
from mailsim.plots.raster import describe_raster, raster
from mailsim.scenario import load
from small_logs import small_result, small_scenario

MIN = 60_000_000

#: tries at 0, 10, 30, 70 min, gives up at 2 h | gives up after 20 min | seen for 25 min, its attempt at 10 min is inferred
PATIENT = Schedule("patient", "", (0, 10 * MIN, 30 * MIN, 70 * MIN), 120 * MIN)
HASTY = Schedule("hasty", "", (0, 10 * MIN), 20 * MIN)
SEEN = Schedule("seen", "measured", (0, 10 * MIN, 25 * MIN), None, frozenset({10 * MIN}))


def marks(ax: Any) -> list[tuple[int, str, list[float]]]:
    """Row, kind and minutes of the marks, row after row."""
    found = []
    for collection in ax.collections:
        at = collection.get_offsets()
        found.append((int(at[0][1]), str(collection.get_label()).removeprefix("_"), [float(x) / 60 for x, _ in at]))
    return sorted(found, key=lambda one: one[0])


def test_the_fate_of_a_message_in_an_outage() -> None:
    """40 min: the attempt at 70 min delivers, three were in vain.  An attempt at the very end of the outage delivers: 30 min."""
    assert fate_of(PATIENT, 40 * MIN) == Fate("delivered", 70 * MIN, 3)
    assert fate_of(PATIENT, 30 * MIN) == Fate("delivered", 30 * MIN, 2)
    assert fate_of(PATIENT, 71 * MIN) == Fate("returned", 120 * MIN, 4)
    assert fate_of(HASTY, 40 * MIN) == Fate("returned", 20 * MIN, 2)
    assert fate_of(SEEN, 40 * MIN) == Fate("unknown", 25 * MIN, 3)


def test_a_row_has_its_attempts_in_vain_and_the_mark_of_its_fate() -> None:
    ax = raster([SEEN, HASTY, PATIENT], outage="40m")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["patient", "hasty", "seen"]  # delivered, returned, unknown
    assert marks(ax) == [
        (0, "attempt", [0, 10, 30]),
        (0, "delivered", [70]),
        (1, "attempt", [0, 10]),
        (1, "returned", [20]),
        (2, "guessed", [10]),
        (2, "attempt", [0, 25]),
        (2, "unknown", [25]),
    ]
    low, high = ax.get_ylim()
    assert low > high


def test_fates_stand_in_words_at_the_right_and_the_outage_is_a_band() -> None:
    ax = raster([SEEN, HASTY, PATIENT], outage="40m")
    assert [text.get_text() for text in ax.texts] == ["outage, 40 min", "30 min after it", "returned at 20 min", "unknown after 25 min"]
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == (0, 2400)
    assert band.get_hatch()


def test_the_legend_has_the_marks_that_occur() -> None:
    def words(ax: Any) -> list[str]:
        return [text.get_text() for text in ax.get_legend().get_texts()]

    assert words(raster([PATIENT], outage="40m")) == ["attempt in vain", "delivered"]
    assert words(raster([SEEN], outage="40m")) == ["attempt in vain", "inferred between measured ones", "last attempt ever seen"]
    assert words(raster([SEEN], outage="5m")) == ["attempt in vain", "delivered"]  # the inferred one, at 10 min, delivers


def test_the_title_tells_first_and_last_and_who_gave_up() -> None:
    def title(*lanes: Schedule, outage: str) -> str:
        return raster(lanes, outage=outage).get_title().replace("\n", " ")

    other = PATIENT._replace(name="other", ages_us=(0, 45 * MIN))
    assert title(PATIENT, other, HASTY, SEEN, outage="40m") == (
        "After an outage of 40 min, the first program delivers after 5 min more (other), the last after 30 min (patient); "
        "1 has returned it; of 1 nobody knows."
    )
    assert title(PATIENT, HASTY, outage="30m") == "After an outage of 30 min, only patient delivers, at once; 1 has returned it."
    assert title(PATIENT, PATIENT._replace(name="twin"), HASTY, outage="40m") == (
        "After an outage of 40 min, 2 of 3 programs deliver after 30 min more; 1 has returned it."
    )
    assert title(PATIENT, outage="40m") == "patient tries 3 times in vain in an outage of 40 min and delivers after 30 min more."
    assert title(HASTY, SEEN, outage="40m") == (
        "No program delivers the message after an outage of 40 min; 1 has returned it; of 1 nobody knows."
    )
    assert title(outage="40m") == "No program was named."


def test_postfix_and_exim_as_they_ship() -> None:
    """Postfix tries at 4 h 50 min and 6 h; Exim, every 2 h after 2 h growing by half, at 5 h and 7 h 30 min."""
    said = describe_raster(["exim", "postfix"])
    assert "After an outage of 6 h, the first program delivers at once (postfix), the last after 90 min (exim)." in said
    assert "postfix: 9 attempts in vain, delivered at the age of 6h." in said
    assert describe(raster(["exim", "postfix"])) == said


def test_a_delivery_beyond_a_window_is_pointed_at() -> None:
    ax = raster([PATIENT], outage="40m", window=(0, "1h"))
    assert marks(ax)[-1] == (0, "beyond", [60])
    assert ax.get_xlim() == (0, 3600)


def test_an_outage_of_no_length_is_no_obstacle() -> None:
    assert raster([PATIENT], outage="0s").get_title() == "patient tries 0 times in vain in an outage of 0 ms and delivers at once."


def test_by_default_every_flavour_has_a_row() -> None:
    assert sorted(label.get_text() for label in raster().get_yticklabels()) == sorted(mta_flavours())


def test_it_draws_on_axes_of_the_user_and_refuses_unknown_flavours() -> None:
    ax = Figure().add_subplot()
    assert raster(["postfix"], ax=ax) is ax
    with pytest.raises(UnknownNameError, match="postfixx"):
        raster(["postfixx"])


def test_a_result_shows_who_passes_mail_on_with_the_figures_of_the_scenario() -> None:
    """The longest fault of the small log is an hour; mx1 only keeps mail; mx2 is told to keep mail for 30 min."""
    assert [one.name for one in senders_of(small_scenario())] == ["mx2 (postfix)", "isp (postfix)"]
    short = small_scenario().replace("nodes.mx2.queue_lifetime", "30m")
    assert {one.name: one.given_up_us for one in senders_of(short)}["mx2 (postfix)"] < 60 * MIN
    ax = small_result().plot.raster()
    assert "outage, 1 h" in [text.get_text() for text in ax.texts]
    assert sorted(label.get_text() for label in ax.get_yticklabels()) == ["isp (postfix)", "mx2 (postfix)"]
    assert [label.get_text() for label in small_result().plot.raster(["exim"], outage="2h").get_yticklabels()] == ["exim"]


def test_a_population_shows_each_of_its_programs() -> None:
    nodes = small_scenario().model_dump(mode="json")["nodes"]
    world = small_scenario(nodes=nodes | {"crowd": {"kind": "senders", "mix": {"exim": 1, "qmail": 1}}})
    assert [one.name for one in senders_of(world)][-2:] == ["exim", "qmail"]


def test_in_german_the_words_are_german_and_the_marks_are_the_same() -> None:
    ax = raster([SEEN, HASTY, PATIENT], outage="40m", language="de")
    assert ax.get_title().replace("\n", " ") == (
        "Nach einem Ausfall von 40 min stellt nur patient die Nachricht zu, 30 min später; "
        "1 hat sie zurückgegeben; bei 1 weiß es niemand."
    )
    assert [text.get_text() for text in ax.texts] == ["Ausfall, 40 min", "30 min danach", "zurück nach 20 min", "unbekannt ab 25 min"]
    assert marks(ax) == marks(raster([SEEN, HASTY, PATIENT], outage="40m"))
    assert "abgeschickt im Augenblick des Ausfalls" in ax.figure.get_supxlabel()
    said = describe_raster(["exim", "postfix"], language="de")
    assert "stellt das erste Programm die Nachricht sofort zu (postfix), das letzte 90 min später (exim)." in said
    assert "postfix: 9 vergebliche Versuche, zugestellt im Alter von 6h." in said
    assert "hasty: 1 vergeblicher Versuch" in describe_raster([HASTY._replace(ages_us=(0,))], outage="40m", language="de")


def test_many_programs_stand_in_two_columns_on_a_slide_and_none_is_left_out() -> None:
    ax = raster(style="slide")
    left, right = ax.figure.axes
    assert left is ax
    rows = [[label.get_text() for label in column.get_yticklabels()] for column in (left, right)]
    in_one = [label.get_text() for label in raster().get_yticklabels()]
    assert rows[0] + rows[1] == in_one
    assert len(rows[0]) - len(rows[1]) in (0, 1)
    assert left.get_xlim() == right.get_xlim()
    assert left.get_ylim() == right.get_ylim()
    explained = [text.get_text() for column in (left, right) for text in column.get_legend().get_texts()]
    assert explained == [text.get_text() for text in raster().get_legend().get_texts()]


def test_few_programs_and_axes_of_the_user_keep_one_column() -> None:
    assert len(raster(["postfix", "exim"], style="slide").figure.axes) == 1
    figure = Figure()
    assert len(raster(ax=figure.add_subplot(), style="slide").figure.axes) == 1


def test_a_program_of_the_scenario_s_own_is_told_to_be_so_in_german() -> None:
    result = load("greylisting-two-mx").run(level="counts")
    figure: Any = result.plot.raster(language="de").figure
    assert "patient: im Szenario angegeben" in figure.get_supxlabel().replace("\n", " ")


def test_a_fault_that_begins_after_the_end_of_the_run_has_no_length_below_nothing() -> None:
    figure: Any = load("primary-outage").replace("traffic", []).run().plot.raster().figure
    assert "outage, 6 h" in [text.get_text() for ax in figure.axes for text in ax.texts]
