"""BIND's smoothed round-trip times by hand."""

from __future__ import annotations

from mailsim.rules.dns.bind.addresses import Addresses

A, B = "192.0.2.1", "192.0.2.2"


def known(draw: float = 0.5, *, edns_seen: bool = False) -> Addresses:
    return Addresses(lambda purpose: draw, edns_seen=edns_seen, longest_us=9_000_000)


def test_a_new_server_begins_at_a_few_microseconds_so_that_it_is_tried_soon() -> None:
    assert known().srtt_us(A) == 17
    assert known(0.0).srtt_us(A) == 1


def test_a_reply_counts_for_three_tenths() -> None:
    """17 us, then 10 ms: 17/10*7 + 10000/10*3 = 7 + 3000, in whole tenths."""
    addresses = known()
    addresses.answered(A, 10_000)
    assert addresses.srtt_us(A) == 3_007
    addresses.answered(A, 10_000)
    assert addresses.srtt_us(A) == 5_100


def test_the_quickest_server_comes_first() -> None:
    addresses = known()
    addresses.answered(A, 80_000)
    addresses.answered(B, 10_000)
    assert addresses.order([A, B]) == [B, A]


def test_silence_adds_up_to_262_ms_to_a_quick_server_and_less_to_a_slow_one() -> None:
    """resolver.c fctx_cancelquery: mask 0xfffff below 25 ms, 0x3fff above 800 ms, a quarter of that until EDNS was seen."""
    addresses = known()
    addresses.lost(A)
    assert addresses.srtt_us(A) == (17 + 0x40000 // 2) // 10 * 10
    seen = known(edns_seen=True)
    seen.lost(A)
    assert seen.srtt_us(A) == (17 + 0x100000 // 2) // 10 * 10
    for _ in range(300):
        addresses.lost(A)
    before = addresses.srtt_us(A)
    assert before > 800_000
    addresses.lost(A)
    assert addresses.srtt_us(A) - before <= 0x3FFF // 4 + 10


def test_an_untried_server_forgets_two_per_cent_a_second() -> None:
    addresses = known()
    for _ in range(100):
        addresses.answered(A, 100_000)
    srtt = addresses.srtt_us(A)
    addresses.age([A], 5)
    addresses.age([A], 5)
    assert addresses.srtt_us(A) == srtt * 98 // 100
    addresses.age([A], 6)
    assert addresses.srtt_us(A) == srtt * 98 // 100 * 98 // 100
