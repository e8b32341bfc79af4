"""The queue picture writes peak and drain out."""

from __future__ import annotations

import numpy as np
import pytest

from mailsim.errors import UnsupportedError
from mailsim.events import ConditionSpan
from mailsim.plots.bands import bands, joined
from mailsim.plots.queues import _thinned, describe_queues, queues
from mailsim.scenario import load
from small_logs import S, small_result


def test_the_fullest_queue_lies_lowest_and_each_area_is_named() -> None:
    legend = queues(small_result()).get_legend()
    assert legend is not None
    words = [text.get_text() for text in legend.get_texts()]
    assert words[0] == "queue of mx2"
    assert sorted(words) == ["all queues", "queue of isp", "queue of mx1", "queue of mx2"]


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
    assert describe_queues(small_result()).endswith("The peak is at 00:33. By node: mx1 at most 1, mx2 at most 3, isp at most 1.")


def test_a_run_without_event_rows_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="run again with level='events'"):
        queues(small_result(level="messages"))


def test_thinning_keeps_every_peak() -> None:
    depth = np.zeros((1, 100_000), dtype=np.int64)
    depth[0, 77_777] = 9
    _, t_s, thin = _thinned([0], np.arange(100_000.0), depth)
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
