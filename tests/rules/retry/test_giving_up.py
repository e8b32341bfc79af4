"""The five ways to give a message up, and the limit on attempts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.retry import GivingUp

S = 1_000_000
H = 3600 * S


def given_up(way: GivingUp, failed: int, due: int | None, *, attempt: int = 1, started: int = -1) -> int | None:
    """For a message that arrived at 10 h with a lifetime of 100 h; instants in hours."""
    found = way.given_up_us(
        10 * H,
        (10 + failed) * H,
        None if due is None else (10 + due) * H,
        attempt=attempt,
        lifetime_us=100 * H,
        started_us=-1 if started < 0 else (10 + started) * H,
    )
    return None if found is None else found // H - 10


@pytest.mark.parametrize(
    ("way", "failed", "due", "wanted"),
    [
        ("after_attempt", 99, 120, None),  # Postfix, sendmail, Courier: recorded, only after a failed attempt
        ("after_attempt", 100, 120, 100),
        ("after_attempt", 117, 120, 117),
        ("timer", 99, 100, 100),  # OpenSMTPD: recorded, at arrival + ttl exactly
        ("timer", 60, 120, 100),
        ("timer", 60, 99, None),
        ("timer", 117, 120, 117),  # an attempt was under way when the time came
        ("before_wait", 60, 100, None),  # KumoMTA: delayed_age > max_age
        ("before_wait", 60, 101, 60),
        ("at_wake", 99, 119, 119),  # chasquid: the loop looks at the age before an attempt
        ("at_wake", 60, 99, None),
    ],
)
def test_each_way_has_its_own_instant(way: str, failed: int, due: int, wanted: int | None) -> None:
    assert given_up(GivingUp(way), failed, due) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(("started", "failed", "wanted"), [(100, 101, None), (101, 102, 102), (90, 105, None)])
def test_qmail_gives_up_after_an_attempt_that_began_beyond_the_lifetime(started: int, failed: int, wanted: int | None) -> None:
    """qmail-send.c flagdying: recent > birth + lifetime when the pass begins."""
    assert given_up(GivingUp("begun_too_late"), failed, 130, started=started) == wanted


def test_a_limit_on_attempts_is_noticed_at_the_attempt_or_at_the_next_wake_up() -> None:
    assert given_up(GivingUp("after_attempt", 8), 5, 9, attempt=7) is None
    assert given_up(GivingUp("after_attempt", 8), 5, 9, attempt=8) == 5  # mox, Haraka, maddy, James, ZoneMTA
    assert given_up(GivingUp("at_wake", 8), 5, 9, attempt=8) == 9  # Postal
    assert [GivingUp("timer", 3).by_count(k) for k in (2, 3)] == [False, True]
    assert not GivingUp().by_count(10**6)


@pytest.mark.parametrize("way", ["after_attempt", "begun_too_late", "timer", "before_wait", "at_wake"])
def test_where_nobody_knows_the_next_attempt_only_what_is_known_counts(way: str) -> None:
    assert given_up(GivingUp(way), 60, None) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("flavour", "way", "attempts"),
    [
        ("postfix", "after_attempt", 0),
        ("sendmail", "after_attempt", 0),
        ("courier", "after_attempt", 0),
        ("opensmtpd", "timer", 0),
        ("qmail", "begun_too_late", 0),
        ("kumomta", "before_wait", 0),
        ("chasquid", "at_wake", 0),
        ("postal", "at_wake", 18),
        ("mox", "after_attempt", 8),
        ("haraka", "after_attempt", 13),
        ("maddy", "after_attempt", 20),
        ("zonemta", "after_attempt", 18),
        ("james-sample", "after_attempt", 4),
        ("aol-2016", "after_attempt", 5),
        ("qq-2016", "after_attempt", 12),
    ],
)
def test_the_flavour_files_say_how_each_program_gives_up(flavour: str, way: str, attempts: int) -> None:
    rule = mta_figures(flavour).give_up.rule()
    assert (rule.way, rule.attempts) == (way, attempts)


@given(st.sampled_from(["after_attempt", "begun_too_late", "timer", "before_wait", "at_wake"]), st.integers(0, 300), st.integers(0, 300))
def test_a_message_is_never_given_up_before_the_attempt_has_failed(way: str, failed: int, wait: int) -> None:
    found = given_up(GivingUp(way), failed, failed + wait)  # type: ignore[arg-type]
    assert found is None or found >= failed
