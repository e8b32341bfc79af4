"""The queue picture writes peak and drain out."""

from __future__ import annotations

import numpy as np
import pytest

from mailsim.errors import UnsupportedError
from mailsim.plots.queues import _thinned, describe_queues, queues
from mailsim.scenario import load
from small_logs import small_result


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
