"""Addressed draws: the published bits, even, independent of their neighbours, and the same with and without numpy."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from itertools import permutations

import pytest

from mailsim.draws import BLOCK, Constant, Draws, Empirical, Exponential, LogNormal, Shifted, Uniform, numpy_present

DISTRIBUTIONS = [
    Exponential(400_000),
    Uniform(3, 10**9),
    LogNormal(1_000_000, 1.3),
    Empirical([5, 1, 9, 9]),
    Shifted(5_000, Exponential(30_000)),
    Constant(77),
]


class WithKey(Draws):
    """Draws whose streams all have the key 1234567."""

    def key(self, stream):
        return 1234567


def test_turn_0_of_a_stream_is_splitmix64_as_published():
    # the reference outputs for the seed 1234567, as printed by Vigna's splitmix64.c
    wanted = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
    assert [WithKey(0).bits("any", item) for item in range(5)] == wanted


def test_the_key_of_a_stream_is_the_beginning_of_a_sha_256():
    # printf 'mailsim draws 1\n7\narrivals' | sha256sum
    assert Draws(7).key("arrivals") == 0xBA64F054D82865AC
    assert Draws(-1).key("mx1 service") == 0xB9942E9FDED1FFF9


def test_a_uniform_is_the_upper_53_bits():
    draws = Draws(5)
    for item in range(100):
        assert draws.uniform("x", item, 2) * 2**53 == draws.bits("x", item, 2) >> 11


def test_the_turns_of_a_stream_never_meet():
    # turn k is turn 0 moved by k * distance items (modulo 2**64): the distances of all pairs of 65,536 turns are these
    from mailsim.draws.streams import _GOLDEN, _SILVER

    distance = _SILVER * pow(_GOLDEN, -1, 2**64) % 2**64
    moved, nearest = 0, 2**64
    for _ in range(65_535):
        moved = (moved + distance) % 2**64
        nearest = min(nearest, moved, 2**64 - moved)
    assert nearest > 2**47


# ----------------------------------------------------------------------------------------------------- how even it is
def chi_square(counts):
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 for count in counts) / expected


def cells(values, n):
    counts = [0] * n
    for value in values:
        counts[int(value * n)] += 1
    return counts


# chi-square with k - 1 degrees of freedom has mean k - 1 and deviation sqrt(2 (k - 1)): five deviations to each side
@pytest.mark.parametrize("turn", [0, 1, 17])
def test_uniforms_fill_256_cells_evenly(turn):
    draws = Draws(1)
    found = chi_square(cells((draws.uniform("even", item, turn) for item in range(50_000)), 256))
    assert 255 - 5 * 22.6 < found < 255 + 5 * 22.6


def test_the_low_bits_are_as_even_as_the_high_ones():
    draws, counts = Draws(2), [0] * 256
    for item in range(50_000):
        counts[draws.bits("low", item) >> 11 & 255] += 1
    assert 255 - 5 * 22.6 < chi_square(counts) < 255 + 5 * 22.6


def test_turns_of_one_item_fill_the_unit_interval_evenly():
    draws = Draws(3)
    found = chi_square(cells((draws.uniform("turns", 12, turn) for turn in range(50_000)), 256))
    assert 255 - 5 * 22.6 < found < 255 + 5 * 22.6


def test_uniforms_follow_the_straight_line():
    n, draws = 50_000, Draws(4)
    ordered = sorted(draws.column("line", n))
    gap = max(max((i + 1) / n - u, u - i / n) for i, u in enumerate(ordered))
    assert gap < 1.95 / n**0.5  # Kolmogorov and Smirnov, one in a thousand


NEIGHBOURS = {
    "item": lambda i: (Draws(1).uniform("a", i), Draws(1).uniform("a", i + 1)),
    "turn": lambda i: (Draws(1).uniform("a", i, 0), Draws(1).uniform("a", i, 1)),
    "item and turn": lambda i: (Draws(1).uniform("a", i, 1), Draws(1).uniform("a", i + 1, 0)),
    "stream": lambda i: (Draws(1).uniform("a", i), Draws(1).uniform("b", i)),
    "seed": lambda i: (Draws(1).uniform("a", i), Draws(2).uniform("a", i)),
}


@pytest.mark.parametrize("which", NEIGHBOURS)
def test_neighbours_know_nothing_of_each_other(which):
    n = 10_000
    pairs = [NEIGHBOURS[which](i) for i in range(n)]
    correlation = sum((x - 0.5) * (y - 0.5) for x, y in pairs) / n * 12
    assert abs(correlation) < 4 / n**0.5
    found = chi_square(cells(((int(x * 16) + y) / 16 for x, y in pairs), 256))  # the plane in 16 x 16 cells
    assert 255 - 5 * 22.6 < found < 255 + 5 * 22.6


@pytest.mark.parametrize(("item", "turn"), [(1, 0), (0, 1)])
def test_a_step_to_the_next_address_flips_half_of_the_64_bits(item, turn):
    draws, n = Draws(9), 5_000
    flips = [(draws.bits("x", i, 3) ^ draws.bits("x", i + item, 3 + turn)).bit_count() for i in range(n)]
    assert abs(sum(flips) / n - 32) < 5 * 4 / n**0.5  # binomial: mean 32, deviation 4


def test_all_orders_of_three_are_equally_likely():
    draws, n = Draws(6), 6_000
    found = [draws.order("mx", item, 0, 3) for item in range(n)]
    counts = [found.count(order) for order in permutations(range(3))]
    assert sum(counts) == n
    assert chi_square(counts) < 20.5  # 5 degrees of freedom, one in a thousand


def test_an_order_holds_each_number_once_and_differs_from_turn_to_turn():
    draws = Draws(6)
    assert sorted(draws.order("mx", 4, 0, 50)) == list(range(50))
    assert draws.order("mx", 4, 0, 50) == Draws(6).order("mx", 4, 0, 50)
    assert draws.order("mx", 4, 0, 50) != draws.order("mx", 4, 1, 50)
    assert (draws.order("mx", 4, 0, 0), draws.order("mx", 4, 0, 1)) == ((), (0,))


# -------------------------------------------------------------------------------------------- one by one or by blocks
@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, None], ids=repr)
def test_streams_columns_and_single_draws_agree_to_the_last_bit(distribution):
    pytest.importorskip("numpy")
    n, draws = 60_000, Draws(8)
    single = [draws.uniform("x", item) for item in range(n)]
    if distribution is not None:
        single = [distribution.sample(u) for u in single]
    stream = draws.uniforms("x") if distribution is None else draws.stream("x", distribution)
    assert [stream.at(item) for item in range(n)] == single
    assert draws.column("x", n, distribution).tolist() == single


@pytest.mark.parametrize("turn", [0, 1, 40])
def test_blocks_hold_what_single_draws_give_at_every_turn_and_in_any_order(turn):
    pytest.importorskip("numpy")
    draws = Draws(8)
    stream = draws.uniforms("x")
    items = [(i * 7_919) % (6 * BLOCK) for i in range(6 * BLOCK)]  # hops over all of six blocks
    assert [stream.at(item, turn) for item in items] == [draws.uniform("x", item, turn) for item in items]


def test_a_hot_stream_gives_plain_python_numbers():
    draws = Draws(8)
    durations, uniforms = draws.stream("x", Exponential(5)), draws.uniforms("y")
    assert {type(durations.at(item)) for item in range(500)} == {int}
    assert {type(uniforms.at(item)) for item in range(500)} == {float}


def test_a_stream_forgets_old_blocks():
    pytest.importorskip("numpy")
    stream = Draws(8).stream("x", Exponential(400_000))
    stream.at(0)
    tracemalloc.start()
    for item in range(40 * BLOCK):
        stream.at(item)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 10 * 8 * BLOCK  # 40 blocks were made


def test_a_column_of_few_and_a_column_of_many_begin_alike():
    draws = Draws(3)
    assert draws.column("x", 25_000)[:50] == draws.column("x", 50)
    assert draws.column("x", 0).tolist() == []


SCRIPT = """
import hashlib, sys
from mailsim.draws import *
draws = Draws(11)
distributions = [Exponential(400_000), Uniform(3, 10**9), LogNormal(1_000_000, 1.3), Empirical([5, 1, 9, 9]), Constant(77)]
out = [draws.column("u", 30_000).tolist(), draws.order("o", 1, 2, 9)]
for number, distribution in enumerate(distributions):
    stream = draws.stream(str(number), distribution)
    out.append([stream.at(item, turn) for turn in (0, 3) for item in range(9_000)])
    out.append(draws.column(str(number), 3_000, distribution).tolist())
print(hashlib.sha256(repr(out).encode()).hexdigest(), "numpy" in sys.modules, numpy_present())
"""


def run_script(**environment):
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env={**os.environ, "PYTHONPATH": path, **environment}, capture_output=True, text=True, check=True
    )
    digest, *flags = done.stdout.split()
    return digest, flags


def test_draws_are_the_same_without_numpy_and_for_every_hash_seed():
    plain, flags = run_script(MAILSIM_NO_NUMPY="1", PYTHONHASHSEED="1")
    assert flags == ["False", "False"]
    other, flags = run_script(PYTHONHASHSEED="2", MAILSIM_NO_NUMPY="")
    assert other == plain
    if numpy_present():
        assert flags == ["True", "True"]


def test_a_sequence_is_numbers_by_their_place_and_another_one_at_each_address():
    draws = Draws(5)
    one, again, other = draws.sequence("packets", 3, 7), draws.sequence("packets", 3, 7), draws.sequence("packets", 3, 8)
    numbers = [one(k) for k in range(1000)]
    assert numbers == [again(k) for k in range(1000)]
    assert numbers != [other(k) for k in range(1000)]
    assert all(0 <= number < 1 for number in numbers)
    assert abs(sum(numbers) / 1000 - 0.5) < 0.05
