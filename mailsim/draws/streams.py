"""Streams of addressed draws: how (seed, stream, item, turn) becomes a number, one at a time or by the block.

Each stream has a 64-bit key (SHA-256 of seed and name).  The draw for ``(item, turn)`` is the finaliser of splitmix64
applied to the lattice point ``key + (item + 1) * GOLDEN + turn * SILVER``, so turn 0 of a stream is exactly the output
of splitmix64 seeded with its key (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014;
constants of Vigna's public-domain splitmix64.c).  The finaliser is one to one and ``SILVER`` keeps the turns of a stream
more than 2**47 items apart (turns below 65,536), so no draw of a stream repeats another one.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast, overload

from mailsim.draws.distributions import Constant, Distribution

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["BLOCK", "Draws", "Stream", "numpy_present"]

BLOCK = 4096  #: items in a cached block of a stream
HOT = 64  #: single draws from a block before the whole block is made: by then they have cost about half of it
KEPT = 4  #: blocks that one stream holds
PATIENCE = 20_000  #: single draws before numpy is imported for their sake alone: about what the import costs

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15  # step of splitmix64
_SILVER = 0xD1B54A32D192ED03  # odd; a test shows how far apart it keeps the turns
_MIX_1, _MIX_2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB  # finaliser of splitmix64 (Stafford's mix 13)
_UNIT = 2.0**-53

T = TypeVar("T", int, float)


def numpy_present() -> bool:
    """Whether numpy can be used here; the environment variable ``MAILSIM_NO_NUMPY=1`` says no."""
    return os.environ.get("MAILSIM_NO_NUMPY", "") in ("", "0") and find_spec("numpy") is not None


def _bits(key: int, item: int, turn: int) -> int:
    """64 well-mixed bits for one address: a lattice point through the finaliser of splitmix64."""
    z = (key + (item + 1) * _GOLDEN + turn * _SILVER) & _MASK
    z = ((z ^ (z >> 30)) * _MIX_1) & _MASK
    z = ((z ^ (z >> 27)) * _MIX_2) & _MASK
    return z ^ (z >> 31)


def _uniform(key: int, item: int, turn: int) -> float:
    return (_bits(key, item, turn) >> 11) * _UNIT


def _uniforms(key: int, first: int, n: int, turn: int) -> Floats:
    """:func:`_uniform` of the items first .. first + n - 1, in numpy."""
    import numpy as np

    start = (key + (first + 1) * _GOLDEN + turn * _SILVER) & _MASK
    z = np.arange(n, dtype=np.uint64) * np.uint64(_GOLDEN) + np.uint64(start)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX_2)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * _UNIT


def _column(key: int, first: int, n: int, turn: int, distribution: Distribution | None) -> array[int] | array[float]:
    """Draws of n items from ``first`` on, by numpy, as a stdlib array (compact, and indexing gives Python numbers)."""
    u = _uniforms(key, first, n, turn)
    if distribution is None:
        return array("d", u.tobytes())
    return array("q", distribution.samples(u).tobytes())


class Stream(Generic[T]):
    """One named source of draws; :meth:`at` is for the hot path.

    A draw costs about 1 us by itself and a tenth of that from a block.  Blocks are made of what is asked for often,
    so a stream that is used rarely, or on a machine without numpy, makes none.  The values are the same either way.
    """

    __slots__ = ("_asked", "_blocks", "_distribution", "_draws", "_key")

    def __init__(self, draws: Draws, key: int, distribution: Distribution | None) -> None:
        self._draws = draws
        self._key = key
        self._distribution = distribution
        self._blocks: dict[int, array[T]] = {}
        self._asked: dict[int, int] = {}

    def at(self, item: int, turn: int = 0) -> T:
        """The draw for ``item`` (say, the message's number) at ``turn`` (say, its attempt)."""
        block = self._blocks.get((item >> 12) + (turn << 52))
        if block is not None:
            return block[item & 4095]
        return self._single(item, turn)

    def _single(self, item: int, turn: int) -> T:
        draws = self._draws
        if draws._numpy:
            draws._singles += 1
            name = (item >> 12) + (turn << 52)
            asked = self._asked.get(name, 0) + 1
            if asked > HOT and draws._may_use_numpy():
                self._asked.pop(name, None)
                return self._fill(name, item, turn)
            if len(self._asked) > 256:
                self._asked.clear()
            self._asked[name] = asked
        u = _uniform(self._key, item, turn)
        return cast(T, u if self._distribution is None else self._distribution.sample(u))

    def _fill(self, name: int, item: int, turn: int) -> T:
        blocks = self._blocks
        if len(blocks) >= KEPT:
            del blocks[next(iter(blocks))]
        block = blocks[name] = cast("array[T]", _column(self._key, item & ~4095, BLOCK, turn, self._distribution))
        return block[item & 4095]


class _ConstantStream(Stream[int]):
    """A stream that always gives the same: no key, no block."""

    __slots__ = ("_us",)

    def __init__(self, us: int) -> None:
        self._us = us

    def at(self, item: int, turn: int = 0) -> int:
        return self._us


class Draws:
    """All randomness of one run.

    Parameters
    ----------
    seed : int
        Any integer.  Neighbouring seeds have nothing in common.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._keys: dict[str, int] = {}
        self._numpy = numpy_present()
        self._singles = 0

    def __repr__(self) -> str:
        return f"Draws({self.seed})"

    def _may_use_numpy(self) -> bool:
        return "numpy" in sys.modules or self._singles > PATIENCE

    def key(self, stream: str) -> int:
        """The 64-bit key of a stream: the first eight bytes (big-endian) of SHA-256 of seed and name."""
        key = self._keys.get(stream)
        if key is None:
            text = f"mailsim draws 1\n{self.seed}\n{stream}"
            key = self._keys[stream] = int.from_bytes(sha256(text.encode()).digest()[:8], "big")
        return key

    def bits(self, stream: str, item: int, turn: int = 0) -> int:
        """64 random bits, as an integer from 0 to 2**64 - 1."""
        return _bits(self.key(stream), item, turn)

    def uniform(self, stream: str, item: int, turn: int = 0) -> float:
        """A number in [0, 1): a multiple of 2**-53, each equally likely."""
        return _uniform(self.key(stream), item, turn)

    def stream(self, name: str, distribution: Distribution) -> Stream[int]:
        """Durations in microseconds by address, for the hot path."""
        if isinstance(distribution, Constant):
            return _ConstantStream(distribution.us)
        return Stream[int](self, self.key(name), distribution)

    def uniforms(self, name: str) -> Stream[float]:
        """Numbers in [0, 1) by address, for the hot path; the same as :meth:`uniform`."""
        return Stream[float](self, self.key(name), None)

    def sequence(self, stream: str, item: int, turn: int = 0) -> Callable[[int], float]:
        """Numbers in [0, 1) to draw one after the other, by their place: those of a splitmix64 seeded at (stream, item, turn)."""
        key = self.bits(stream, item, turn)
        return lambda k: _uniform(key, k, 0)

    def order(self, stream: str, item: int, turn: int, n: int) -> tuple[int, ...]:
        """A random order of ``range(n)``, each equally likely (Fisher and Yates).

        Its draws are those of a splitmix64 seeded with the bits at (stream, item, turn); a number below k is taken from
        64 bits by multiplication (Lemire 2019), which is even to within k / 2**64.
        """
        order = list(range(n))
        key = self.bits(stream, item, turn)
        for last in range(n - 1, 0, -1):
            chosen = _bits(key, last, 0) * (last + 1) >> 64
            order[last], order[chosen] = order[chosen], order[last]
        return tuple(order)

    @overload
    def column(self, stream: str, n: int, distribution: Distribution) -> array[int]: ...
    @overload
    def column(self, stream: str, n: int, distribution: None = None) -> array[float]: ...
    def column(self, stream: str, n: int, distribution: Distribution | None = None) -> array[int] | array[float]:
        """The draws of items 0 .. n - 1 at turn 0: numbers in [0, 1), or microseconds of ``distribution``."""
        key = self.key(stream)
        if self._numpy and ("numpy" in sys.modules or n > PATIENCE):
            return _column(key, 0, n, 0, distribution)
        u = (_uniform(key, item, 0) for item in range(n))
        return array("d", u) if distribution is None else array("q", map(distribution.sample, u))
