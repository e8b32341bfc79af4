"""The queue picture writes peak and drain out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import ConditionSpan, Event
from mailsim.plots.bands import bands, joined
from mailsim.plots.depths import thinned
from mailsim.plots.queues import describe_queues, queues
from mailsim.results import Result
from mailsim.rules.reasons import Why
from mailsim.scenario import load
from small_logs import S, outage_log, small_result, small_scenario


def test_the_fullest_queue_lies_lowest_and_each_area_is_named() -> None:
    legend = queues(small_result(), by="node").get_legend()
    assert legend is not None
    words = [text.get_text() for text in legend.get_texts()]
    assert words[0] == "queue of mx2"
    assert sorted(words) == ["all queues", "queue of isp", "queue of mx1", "queue of mx2", "size of all, in kB (right)"]


def test_peak_and_drain_are_written_into_the_picture() -> None:
    texts = [text.get_text() for text in queues(small_result()).texts]
    assert "3 at 00:33" in texts
    assert "back to usual 01:15" in texts
    assert "mx1 silent, 1 h" in texts


def test_the_title_tells_peak_and_drain() -> None:
    assert (
        queues(small_result()).get_title().replace("\n", " ")
        == "3 messages waited at the peak; the queue drained 5 min after the last fault was over."
    )


def test_a_request_to_flush_is_no_fault_that_a_queue_drains_after() -> None:
    """mx1 is out from 600 s to 4200 s; a request of 4500 s, which is when mx2 hands on its last mail, changes nothing in the title."""
    result = small_result()
    result.log.conditions.append(ConditionSpan("mx2", "mx2", "flushed", 4500 * S, 4500 * S))
    ax = queues(result)
    assert ax.get_title().replace("\n", " ").endswith("the queue drained 5 min after the last fault was over.")
    assert "back to usual 01:15" in [text.get_text() for text in ax.texts]


def test_nodes_that_suffer_different_things_at_a_time_keep_their_own_words() -> None:
    sides = [("isp", "cut off from mx1, mx2"), ("mx1", "cut off from isp"), ("mx2", "cut off from isp")]
    found = joined(bands([ConditionSpan("isp | mx", node, how, 600 * S, 4200 * S) for node, how in sides], end_s=8000))
    assert [band.label for band in found] == ["isp cut off from mx1, mx2, 1 h; mx1, mx2 cut off from isp, 1 h"]


def test_the_description_tells_each_node() -> None:
    assert "By node: mx1 at most 1, mx2 at most 3, isp at most 1." in describe_queues(small_result())


def test_a_run_without_event_rows_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="run again with level='events'"):
        queues(small_result(level="messages"))


def test_thinning_keeps_every_peak() -> None:
    depth = np.zeros((1, 100_000), dtype=np.int64)
    depth[0, 77_777] = 9
    _, t_s, thin = thinned([0], np.arange(100_000.0), depth)
    assert len(t_s) == thin.shape[1] <= 4001
    assert thin.max() == 9


def test_what_two_nodes_hold_for_the_moment_of_a_handover_is_drawn_once() -> None:
    ax = queues(load("first-mail").run(seed=7))
    assert ax.get_title() == "No more than 1 message was under way at a time."
    tops = [path.vertices[:, 1].max() for area in ax.collections for path in area.get_paths() if len(path.vertices)]
    assert max(tops) == 1


def test_what_waits_too_briefly_for_an_area_is_shown_by_a_line() -> None:
    ax = queues(load("wrong-password").run(seed=7))
    (line,) = [line for line in ax.get_lines() if line.get_label() == "all queues"]
    depth = np.asarray(line.get_ydata())
    assert int((np.diff(depth) > 0).sum() + (depth[0] > 0)) == 2  # two mails were accepted, twenty minutes apart
    assert depth.max() == 1


def waiting() -> Result:
    """The small log, in which mail 1 waits since nobody answered (762 to 4500 s), 2 and 4 since the server said 4xx (from 1062, 2062 s)."""
    log = outage_log()
    for row, kind in enumerate(log.events["kind"]):
        if kind == Event.DEFERRED:
            log.events["why"][row] = Why.SILENT if log.events["message"][row] == 1 else Why.GREYLISTED
    return Result(small_scenario(), 7, log)


def stack_at(ax: Any, t_s: float) -> dict[str, float]:
    """Height of each area at an instant, from points close above each other that lie in it."""
    column = [(t_s, (k + 0.5) / 20) for k in range(100)]
    return {str(area.get_label()): area.get_paths()[0].contains_points(column).sum() / 20 for area in ax.collections}


def test_messages_are_stacked_by_the_reason_for_which_they_wait() -> None:
    """From 2062 s mail 4 waits like mail 2, and mail 1 still waits."""
    ax = queues(waiting())
    legend = ax.get_legend()
    assert legend is not None
    words = [text.get_text() for text in legend.get_texts()]
    assert words == ["waits: not now (4xx)", "at work", "waits: no answer", "all queues", "size of all, in kB (right)"]
    assert stack_at(ax, 3000) == {"waits: not now (4xx)": 2, "at work": 0, "waits: no answer": 1}
    assert describe_queues(waiting()).endswith("By reason: at work at most 1, waits: no answer at most 1, waits: not now (4xx) at most 2.")


def test_each_reason_has_a_colour_and_a_hatch_of_its_own() -> None:
    from mailsim.plots.queues import _LOOKS
    from mailsim.results.queues import WAITS

    assert list(_LOOKS) == list(WAITS)
    assert len({colour for colour, _ in _LOOKS.values()}) == len({hatch for _, hatch in _LOOKS.values()}) == len(WAITS)


def test_the_size_of_what_waits_stands_at_the_right() -> None:
    """Mails 1 and 2 have 1000 octets, 4 has 5000: 2 kB until mail 4 comes to isp at 2001 s, then 7 kB."""
    ax = queues(small_result())
    right = next(one for one in ax.figure.axes if one is not ax)
    assert right.get_ylabel() == "their size in kB"
    (line,) = right.get_lines()
    steps = dict(zip(np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist(), strict=True))
    assert (steps[701], steps[1001], steps[2001]) == (1000, 2000, 7000)
    assert max(steps.values()) == 7000
    places = dict(zip((label.get_text() for label in right.get_yticklabels()), right.get_yticks(), strict=True))
    assert places["2"] == 2000
    assert "together they are never larger than 7 kB" in describe_queues(small_result())


def test_where_all_mails_are_of_one_size_both_axes_belong_to_the_stack() -> None:
    log = outage_log()
    log.messages["size"][4] = 1000
    ax = queues(Result(small_scenario(), 7, log))
    right = next(one for one in ax.figure.axes if one is not ax)
    assert not right.get_lines()
    assert right.get_ylim()[1] == pytest.approx(ax.get_ylim()[1] * 1000)


def test_in_german_the_words_are_german() -> None:
    ax = queues(waiting(), language="de")
    assert ax.get_title().replace("\n", " ") == (
        "Auf dem Höhepunkt warteten 3 Nachrichten; 5 min nach dem Ende der letzten Störung war die Warteschlange abgebaut."
    )
    assert {"3 um 00:33", "wieder wie üblich 01:15", "mx1 schweigt, 1 h"} <= {text.get_text() for text in ax.texts}
    assert ax.get_ylabel() == "Nachrichten in Warteschlangen"
    assert set(stack_at(ax, 3000)) == {"wartet: jetzt nicht (4xx)", "in Arbeit", "wartet: keine Antwort"}
    assert "zusammen sind sie nie größer als 7 kB" in describe_queues(waiting(), language="de")
    alone = queues(load("first-mail").run(seed=7), language="de")
    assert alone.get_title() == "Nie war mehr als 1 Nachricht zugleich unterwegs."


def test_a_window_shows_its_stretch_and_points_at_nothing_outside() -> None:
    ax = queues(small_result(), window=("1h", "2h"))
    assert ax.get_xlim() == (3600, 7200)
    texts = [text.get_text() for text in ax.texts]
    assert "back to usual 01:15" in texts
    assert "3 at 00:33" not in texts


def test_a_stack_by_something_else_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="reason"):
        queues(small_result(), by="reson")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="reason"):
        describe_queues(small_result(), by="reson")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("begin_s", "said"),
    [
        (50, "3 messages waited at the peak, and the queue had not drained when the run ended."),
        (600, "3 messages waited at the peak; when the run ended the queue was as usual, and a fault went on."),
    ],
)
def test_a_queue_that_is_as_usual_while_a_fault_goes_on_is_not_told_to_be_full(begin_s: int, said: str) -> None:
    """One mail is left in the end: as many as before 600 s, and one more than before 50 s."""
    log = outage_log()
    log.conditions[0] = ConditionSpan("mx1", "mx1", "silent", begin_s * S, 9000 * S)
    assert queues(Result(small_scenario(), 7, log)).get_title().replace("\n", " ") == said
