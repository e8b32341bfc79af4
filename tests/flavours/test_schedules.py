"""A flavour's schedule as a table: what it counts, what it says, and that it never says what nobody knows."""

from __future__ import annotations

import pytest

from mailsim.errors import UnknownNameError
from mailsim.flavours import OwnFlavour, Schedule, schedule

S = 1_000_000
SMALL = Schedule("small", "", (0, 60 * S, 300 * S), 300 * S)
OPEN = Schedule("open", "seen once", (0, 60 * S, 90 * S), None, frozenset({60 * S}))


def test_attempts_at_just_that_age_count() -> None:
    assert [SMALL.within(age) for age in ("59s", "1m", "5m", "1d")] == [1, 2, 3, 3]


def test_mail_is_delivered_by_the_first_attempt_at_or_after_the_end_of_the_outage() -> None:
    assert [SMALL.delivered_after(age) for age in (0, "1s", "1m", "61s", "301s")] == [0, 60 * S, 60 * S, 300 * S, None]


def test_beyond_what_is_known_nothing_is_made_up() -> None:
    assert (OPEN.known_until_us, SMALL.known_until_us) == (90 * S, None)
    assert (OPEN.fate("1m"), OPEN.fate("2m"), SMALL.fate("6m")) == ("1m", "unknown", "returned")
    assert (OPEN.end, SMALL.end) == ("unknown", "5m")
    assert dict(OPEN.rows())["attempts within 1h"] == "3 seen, then unknown"
    assert OPEN.first() == ("0", "~1m", "1m 30s")


def test_it_prints_as_a_small_table_with_its_label() -> None:
    text = str(OPEN)
    assert text.startswith("open (seen once)\n")
    assert [" ".join(line.split()) for line in text.splitlines()][5:7] == [
        "last attempt 1m 30s (attempt 3)",
        "returned at the age of unknown",
    ]


def test_a_phase_moves_the_queue_runs() -> None:
    """Half of 300 s after the first attempt: runs at 150, 450, 750, 1050 ... s; waits 300, then the age: 450, 1050 (899 + 1), ..."""
    assert schedule("postfix", phase=0.5).ages_us[:4] == (0, 450 * S, 1050 * S, 2250 * S)


def test_figures_can_be_overridden_and_own_flavours_be_named() -> None:
    assert schedule("kumomta", overrides={"retry": {"cap": "1h"}}).ages_us[:5] == (0, 1200 * S, 3600 * S, 7200 * S, 10800 * S)
    own = {"ours": OwnFlavour.model_validate({"inherits": "haraka", "give_up": {"attempts": 3}})}
    assert len(schedule("ours", own=own).ages_us) == 3


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'postfix'"):
        schedule("postfx")
