"""The quadratic schedules of qmail and OpenSMTPD: alike for attempts that take no time, different for slow ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.retry import GivingUp, QuadraticPolicy, RootPolicy, lone_attempts

S = 1_000_000
DAY = 86400 * S
OPENSMTPD, QMAIL = QuadraticPolicy(400 * S), RootPolicy(20)


def test_the_flavour_files_have_these_figures() -> None:
    assert mta_figures("opensmtpd").retry.policy() == OPENSMTPD
    assert mta_figures("qmail").retry.policy() == QMAIL


def test_the_recorded_retries_come_out() -> None:
    """OpenSMTPD 6.8.0p2, case single_refused_expire: forty times its speed (400 s become 10 s, ttl 60 s): 0, 10, 40 s, expired at 60 s."""
    found = lone_attempts(QuadraticPolicy(10 * S), GivingUp("timer"), 60 * S)
    assert found.ages_us == (0, 10 * S, 40 * S)
    assert found.given_up_us == 60 * S


def test_opensmtpds_retries_do_not_depend_on_the_length_of_the_attempt() -> None:
    policy = QuadraticPolicy(10 * S)
    assert [policy.next(0, t * S) // S for t in (0, 2, 9, 10, 12, 39, 40, 47, 90, 159)] == [10, 10, 10, 40, 40, 40, 90, 90, 160, 160]


def test_both_try_at_400_s_times_1_4_9_16_when_attempts_take_no_time() -> None:
    for k in range(100):
        t = 400 * S * k * k
        assert OPENSMTPD.next(0, t) == QMAIL.next(0, t) == 400 * S * (k + 1) ** 2


def test_qmail_reckons_from_the_beginning_of_the_attempt_with_the_root_rounded_down() -> None:
    """qmail-send.c nextretry: age 150 s, root 12, (12 + 20)^2 = 1,024 s; the attempt may last until then and longer."""
    assert QMAIL.next(0, 900 * S, started_us=150 * S) == 1024 * S
    assert QMAIL.next(0, 1200 * S, started_us=150 * S) == 1200 * S


def test_local_mail_of_qmail_is_tried_four_times_as_often() -> None:
    """(floor(sqrt(age)) + 10)^2: 100 k^2 s."""
    assert [RootPolicy(10).next(0, 100 * S * k * k) // S for k in range(4)] == [100, 400, 900, 1600]


@given(st.integers(0, DAY), st.integers(0, 30 * DAY), st.integers(1, 1000 * S))
def test_opensmtpds_retry_is_the_smallest_square_to_come(arrived: int, age: int, base: int) -> None:
    due = QuadraticPolicy(base).next(arrived, arrived + age)
    k = round(((due - arrived) / base) ** 0.5)
    assert due == arrived + base * k * k
    assert base * (k - 1) ** 2 <= age < base * k * k


@given(st.integers(0, DAY), st.integers(0, 30 * DAY), st.integers(0, 3600 * S))
def test_qmails_retry_never_comes_before_the_attempt_has_ended(arrived: int, age: int, took: int) -> None:
    failed = arrived + age + took
    assert QMAIL.next(arrived, failed, started_us=arrived + age) >= failed
