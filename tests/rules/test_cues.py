"""Which line of a script decides: stage, span of time and recipient; the first that fits."""

from __future__ import annotations

import pytest

from mailsim.rules.cues import NOTHING, Cue, Said, said
from mailsim.rules.smtp import Reply, Stage

BUSY = Reply(450, "4.2.0", "busy")
GONE = Reply(550, "5.1.1", "gone")


def test_without_a_line_for_the_stage_the_server_follows_its_own_rules() -> None:
    cues = [Cue(Stage.RCPT, BUSY)]
    assert [said(cues, stage, 5) == NOTHING for stage in Stage] == [stage != Stage.RCPT for stage in Stage]
    assert said([], Stage.RCPT, 5) is NOTHING


@pytest.mark.parametrize(("t_us", "fits"), [(9, False), (10, True), (19, True), (20, False)])
def test_a_line_holds_from_its_start_until_before_its_end(t_us: int, fits: bool) -> None:
    cue = Cue(Stage.MAIL, BUSY, start_us=10, end_us=20)
    assert (said([cue], Stage.MAIL, t_us) != NOTHING) is fits


def test_a_line_with_a_match_speaks_of_the_recipients_that_contain_it_only() -> None:
    cues = [Cue(Stage.RCPT, BUSY, match="ann@")]
    assert said(cues, Stage.RCPT, 0, "ann@example.org").reply == BUSY
    assert said(cues, Stage.RCPT, 0, "joann@example.org").reply == BUSY  # contains it
    assert said(cues, Stage.RCPT, 0, "bob@example.org") is NOTHING


def test_the_first_line_that_fits_decides_alone() -> None:
    cues = [Cue(Stage.RCPT, BUSY, delay_us=7, match="ann"), Cue(Stage.RCPT, GONE, close=True)]
    assert said(cues, Stage.RCPT, 0, "ann@example.org") == Said(BUSY, 7, close=False)
    assert said(cues, Stage.RCPT, 0, "bob@example.org") == Said(GONE, 0, close=True)
