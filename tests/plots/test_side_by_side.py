"""Two timelines share lanes and scale, and the title tells what tells the runs apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from mailsim.errors import UnsupportedError
from mailsim.events import ConditionSpan, Event
from mailsim.plots.picture import describe
from mailsim.plots.side_by_side import describe_timelines, timelines
from mailsim.results import Result
from mailsim.rules.reasons import Why
from small_logs import S, outage_log, small_result, small_scenario


def refused_result(**changes: Any) -> Result:
    """As :func:`small_result`, but mx1 refuses, which takes 40 ms where silence took 30 s."""
    log = outage_log()
    log.conditions[:] = [span._replace(how="refused") for span in log.conditions]
    for k, kind in enumerate(log.events["kind"]):
        if kind == Event.TRIED and log.events["why"][k] == Why.SILENT:
            log.events["why"][k], log.events["value"][k] = Why.REFUSED, 40_000
    return Result(small_scenario(**changes), 8, log)


def panels(ax: Any) -> tuple[Any, Any]:
    first, second = ax.figure.axes
    assert first is ax
    return first, second


def lane_names(ax: Any) -> list[str]:
    return [label.get_text().partition("\n")[0] for label in ax.get_yticklabels()]


def marks_in_lane(ax: Any, number: int) -> int:
    points = [np.asarray(marks.get_offsets()) for marks in ax.collections if isinstance(marks, PathCollection)]
    return sum(int(((at[:, 1] > number) & (at[:, 1] < number + 1)).sum()) for at in points)


def test_silence_beside_refusal_is_told_by_what_an_attempt_costs() -> None:
    first, second = small_result(), refused_result()
    assert timelines([first, second]).get_title() == "Silence costs 30 s per attempt, refusal one round trip (40 ms)."
    assert timelines([second, first]).get_title().replace("\n", " ") == "Refusal costs one round trip (40 ms) per attempt, silence 30 s."
    said = timelines([first, second], language="de").get_title().replace("\n", " ")
    assert said == "Schweigen kostet je Versuch 30 s, eine Ablehnung einen Hin- und Rückweg (40 ms)."


@pytest.mark.parametrize("style", ["print", "slide"])
def test_both_have_the_same_lanes_the_same_stretch_and_their_own_marks(style: Any) -> None:
    first, second = panels(timelines([small_result(), refused_result()], style=style))
    assert lane_names(first) == ["ann", "isp", "mx1", "mx2", "boxes", "bob"]
    assert first.get_xlim() == second.get_xlim()
    assert first.get_ylim() == second.get_ylim()
    assert [marks_in_lane(ax, 2) for ax in (first, second)] == [10, 10]  # 2 + 3 from isp, 1 + 4 from mx2


def test_each_is_named_by_what_was_wrong_in_it_or_as_it_is_asked() -> None:
    runs = [small_result(), refused_result()]
    assert {"mx1 silent"} <= shown(panels(timelines(runs))[0])
    assert {"mx1 refused"} <= shown(panels(timelines(runs))[1])
    assert {"mx1 schweigt"} <= shown(panels(timelines(runs, language="de"))[0])
    assert {"A"} <= shown(panels(timelines(dict(zip("AB", runs, strict=True))))[0])
    assert {"still"} <= shown(panels(timelines(runs, titles=["loud", "still"]))[1])


def shown(ax: Any) -> set[str]:
    return {text.get_text() for text in ax.texts}


def test_runs_with_the_same_faults_are_named_by_scenario_or_seed_or_number() -> None:
    one, other = small_result(), Result(small_scenario(name="other"), 7, outage_log())
    assert {"small", "silent, 1 h"} <= shown(panels(timelines([one, other]))[0])
    assert {"seed 7"} <= shown(panels(timelines([one, Result(small_scenario(), 8, outage_log())]))[0])
    ax = timelines([one, one])
    assert {"run 2"} <= shown(panels(ax)[1])
    assert ax.get_title() == "Both runs went alike: the slowest mail was in the mailbox after 63 min."


def test_a_lane_that_only_the_second_needs_stands_in_both_where_it_stands_there() -> None:
    second = refused_result()
    second.log.conditions.append(ConditionSpan("link isp-mx1", "isp-mx1", "silent", 0, 10 * S))
    for ax in panels(timelines([small_result(), second])):
        assert lane_names(ax) == ["ann", "isp", "isp-mx1", "mx1", "mx2", "boxes", "bob"]


def test_the_outage_of_each_is_hatched_in_its_own_lane() -> None:
    calm = Result(small_scenario(), 7, outage_log())
    calm.log.conditions.clear()
    first, second = panels(timelines([small_result(), calm]))
    (band,) = [patch for patch in first.patches if patch.get_hatch() == "////"]
    assert (band.get_x(), band.get_x() + band.get_width()) == (600, 4200)
    assert [patch for patch in second.patches if patch.get_hatch()] == []
    assert {"nothing wrong"} <= shown(second)


def test_the_description_tells_the_difference_and_then_each() -> None:
    runs = [small_result(), refused_result()]
    said = describe_timelines(runs)
    assert said.startswith("Two timelines with one scale of time. Silence costs 30 s")
    assert "mx1 refused: Timeline with a lane for each of ann, isp, mx1" in said
    assert describe(timelines(runs)) == said
    assert describe_timelines(runs, language="de").startswith("Zwei Zeitleisten mit gleicher Zeitachse. Schweigen kostet")


def test_the_caption_replays_both() -> None:
    caption = timelines([small_result(), refused_result()]).figure.get_supxlabel().replace("\n", " ")
    assert "seed 7 · second: small, digest" in caption
    assert caption.endswith("seed 8")


def test_a_result_draws_another_beside_it_in_a_window_and_on_given_axes() -> None:
    ax = Figure().add_subplot()
    assert small_result().plot.timeline(beside=refused_result(), window=("10m", "20m"), ax=ax) is ax
    assert [one.get_xlim() for one in panels(ax)] == [(600, 1200), (600, 1200)]


def test_without_event_rows_there_are_still_two_pictures() -> None:
    ax = timelines([small_result(level="messages"), small_result(level="messages")])
    assert "level messages: no attempts, no queues" in ax.figure.get_supxlabel().replace("\n", " ")


def test_what_can_not_be_compared_is_refused() -> None:
    one = small_result()
    with pytest.raises(UnsupportedError, match="3 runs"):
        timelines([one, one, one])
    with pytest.raises(UnsupportedError, match="titles= has 1"):
        timelines([one, one], titles=["a"])
    with pytest.raises(UnsupportedError, match="different instants"):
        timelines([one, refused_result(starts="2026-01-06 00:00 UTC")])
