"""Password checks and penalties as Dovecot 2.3 has them, step by step by its source and by recordings of 2.3.19."""

from __future__ import annotations

import pytest

from mailsim.flavours import store_figures
from mailsim.rules.auth import NOBODY, LoginRules, Suspicion, level_at, refused_us, rejected, reset, wait_us

S = 1_000_000
DOVECOT = store_figures("dovecot").rules()
BAD, WORSE, OTHER = ("alice", "bad"), ("alice", "worse"), ("nobody", "x")


def test_a_check_waits_4_8_15_and_15_seconds_at_levels_1_to_4() -> None:
    """auth_penalty_to_secs: 2 s doubled once a level, at most 15 s; nothing at level 0 (auth_penalty_callback)."""
    assert [wait_us(DOVECOT, level) for level in range(5)] == [0, 4 * S, 8 * S, 15 * S, 15 * S]


def test_each_new_guess_raises_the_level_and_the_fourth_level_is_the_last() -> None:
    known, seen = NOBODY, []
    for k in range(6):
        seen.append(level_at(DOVECOT, known, k * S))
        known = rejected(DOVECOT, known, seen[-1], ("alice", f"guess {k}"), k * S)
    assert seen == [0, 1, 2, 3, 4, 4]


def test_the_same_password_again_raises_nothing_and_renews_no_rise() -> None:
    """penalty_bump_checksum finds it: the level stays what the check saw, and so does the instant of the last rise."""
    once = rejected(DOVECOT, NOBODY, 0, BAD, 0)
    again = rejected(DOVECOT, once, 1, BAD, 6 * S)
    assert (again.level, again.raised_s, again.changed_s) == (1, 0, 6)


def test_a_guess_is_forgotten_when_ten_others_came_after_it() -> None:
    known = NOBODY
    for k in range(11):
        known = rejected(DOVECOT, known, 0, ("alice", str(k)), k * S)
    assert len(known.guesses) == 10
    assert rejected(DOVECOT, known, 1, ("alice", "1"), 12 * S).level == 1
    assert rejected(DOVECOT, known, 1, ("alice", "0"), 12 * S).level == 2


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_fifteen_whole_seconds_after_the_last_rise_nothing_is_left_of_any_level(level: int) -> None:
    """auth_penalty_anvil_callback drops from level 4 downwards: 15, 15, 8, 4 s, so whoever waited for the first drop gets all."""
    known = Suspicion(level, raised_s=10, changed_s=20)
    assert level_at(DOVECOT, known, 24_999_999) == level
    assert level_at(DOVECOT, known, 25 * S) == 0


def test_an_address_is_forgotten_29_seconds_after_its_last_change_with_all_its_guesses() -> None:
    """AUTH_PENALTY_TIMEOUT: anvil drops the record; the same password then counts as a new guess."""
    known = rejected(DOVECOT, NOBODY, 0, BAD, 0)
    assert rejected(DOVECOT, known, 0, BAD, 28 * S).level == 0
    assert rejected(DOVECOT, known, 0, BAD, 29 * S).level == 1


def test_a_right_password_clears_the_level_but_not_the_guesses() -> None:
    known = reset(rejected(DOVECOT, NOBODY, 0, BAD, 0), 5 * S)
    assert (level_at(DOVECOT, known, 5 * S), known.guesses) == (0, (BAD,))
    assert rejected(DOVECOT, known, 0, BAD, 6 * S).level == 0


@pytest.mark.parametrize(
    ("wrong_ms", "said_ms"),
    [(0, 2000), (1, 2001), (499, 2499), (500, 2000), (501, 2001), (900, 2400), (999, 2499)],
)
def test_a_refusal_is_kept_back_until_a_check_sees_two_whole_seconds_more(wrong_ms: int, said_ms: int) -> None:
    """auth_request_handler_flush_failures, every 500 ms: ioloop_time (whole seconds) - last_access >= failure_delay (2).

    Recorded: 1.50 to 1.51 s and 2.00 to 2.06 s, nothing between (cases fetch_clients and auth_submission).
    """
    assert refused_us(DOVECOT, wrong_ms * 1000) == said_ms * 1000


def test_a_program_without_penalties_only_pauses() -> None:
    rules = LoginRules(failure_delay_us=3 * S)
    assert refused_us(rules, 700_000) == 3_700_000
    assert rejected(rules, NOBODY, 0, BAD, 0) == NOBODY


def test_the_recorded_submissions_follow_step_by_step() -> None:
    """Case auth_submission: waits before the checks of 0, 4, 4 and 8 s.

    The second wrong password is the first one again, so the third attempt waits no longer; the unknown user is a new guess.
    """
    known, waits = NOBODY, []
    for t_s, guess in ((0, BAD), (2, BAD), (8, OTHER), (14, BAD)):
        level = level_at(DOVECOT, known, t_s * S)
        waits.append(wait_us(DOVECOT, level) // S)
        known = rejected(DOVECOT, known, level, guess, t_s * S + wait_us(DOVECOT, level))
    assert waits == [0, 4, 4, 8]
    # 8 s and 2.0 s more are too late for Postfix's 10 s (recorded once), 8 s and 1.5 s are not (recorded twice)


def test_the_recorded_fetches_follow_step_by_step() -> None:
    """Case fetch_clients, repeat 1, instants of the logins: IMAP 2.3, 3.8, 9.8, 15.8, 21.9 (right), then POP3 30.0, 32.0, 34.0, 36.1.

    POP3 seems to have no penalty only because its wrong passwords were those of IMAP: known guesses at level 0 raise nothing.
    """
    known, waits = NOBODY, []
    tries = [(2.27, BAD), (3.78, BAD), (9.8, BAD), (15.83, OTHER), (21.87, None), (29.98, BAD), (32.05, BAD), (34.05, BAD), (36.06, OTHER)]
    for t_s, guess in tries:
        t_us = round(t_s * S)
        level = level_at(DOVECOT, known, t_us)
        begun = t_us + wait_us(DOVECOT, level)
        waits.append(wait_us(DOVECOT, level) // S)
        known = rejected(DOVECOT, known, level, guess, begun) if guess is not None else reset(known, begun)
    assert waits == [0, 4, 4, 4, 8, 0, 0, 0, 0]
