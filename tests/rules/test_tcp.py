"""When lost packets are sent again, and how fast a body passes a lossy way."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.conditions import FOREVER, QUIET, Condition, Span, Timeline
from mailsim.rules.tcp import DATA_RESENT_US, SEGMENT_OCTETS, Passage, lossy_transfer_us, resent_us

MS = 1000


def test_the_time_out_doubles_from_a_fifth_of_a_second() -> None:
    """0.2, 0.2 + 0.4, 0.2 + 0.4 + 0.8 s after the data was first sent (RFC 6298 section 5.5)."""
    assert DATA_RESENT_US[:4] == (200 * MS, 600 * MS, 1400 * MS, 3000 * MS)


def test_a_time_out_is_never_shorter_than_the_round_trip() -> None:
    assert resent_us(200 * MS) == DATA_RESENT_US
    assert resent_us(500 * MS)[:3] == (500 * MS, 1500 * MS, 3500 * MS)


@pytest.mark.parametrize(
    ("loss", "rtt_ms", "ms_per_segment"),
    [
        # sqrt(0.04/3) = 0.115470; 3 sqrt(0.06/8) = 0.259808: 100 * 0.115470 + 200 * 0.259808 * 0.01 * 1.0032
        (0.01, 100, 12.06828),
        # sqrt(0.2/3) = 0.258199; 3 sqrt(0.3/8) = 0.580948: 100 * 0.258199 + 200 * 0.580948 * 0.05 * 1.08
        (0.05, 100, 32.09414),
        # sqrt(2/3) = 0.816497; 3 sqrt(3/8) = 1.837, at most 1: 100 * 0.816497 + 200 * 0.5 * 9
        (0.5, 100, 981.6497),
        # the time-out is the round trip, 400: 400 * 0.115470 + 400 * 0.259808 * 0.01 * 1.0032
        (0.01, 400, 47.23055),
        (0.01, 0, 0.52128),
    ],
)
def test_a_body_passes_at_the_throughput_of_padhye(loss: float, rtt_ms: int, ms_per_segment: float) -> None:
    assert lossy_transfer_us(100 * SEGMENT_OCTETS, loss, rtt_ms * MS) == pytest.approx(100 * ms_per_segment * MS, rel=1e-5, abs=1)


def test_for_rare_losses_it_is_the_square_root_law_of_mathis() -> None:
    """Mathis, Semke, Mahdavi, Ott 1997: MSS / RTT * sqrt(3 / (2 b p))."""
    p = 1e-7
    mathis_us = 1000 * 100 * MS / sqrt(3 / (2 * 2 * p))
    assert lossy_transfer_us(1000 * SEGMENT_OCTETS, p, 100 * MS) == pytest.approx(mathis_us, rel=1e-3)


@given(st.integers(1, 10**8), st.floats(1e-6, 0.99), st.floats(1e-6, 0.99), st.integers(0, 10**6))
def test_more_loss_takes_longer(octets: int, one: float, other: float, rtt: int) -> None:
    low, high = sorted((one, other))
    assert lossy_transfer_us(octets, low, rtt) <= lossy_transfer_us(octets, high, rtt)


def test_half_of_a_links_delay_is_paid_there_and_half_back() -> None:
    path = Timeline([Span(100, FOREVER, Condition(lag_us=1000))])
    assert Passage(path, 101).trip(99) == (51, 50)
    assert Passage(path, 101).trip(100) == (551, 550)
    assert Passage(QUIET, 101).trip(100) == (51, 50)
