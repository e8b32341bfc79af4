"""How a story speaks: its chapters, whose words it uses, durations as one says them, and reasons in words.

The sentences themselves are in ``stories.toml`` of each language; ``stories_pupil.toml`` has those that pupils are told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from mailsim.errors import UnknownNameError
from mailsim.language import in_words, numeral, speaking, worded
from mailsim.rules.reasons import REASONS, Why
from mailsim.units import clock

__all__ = ["CHAPTERS", "WORDS", "Words", "exact", "reason_name", "reason_text", "rough", "voice"]

#: the chapters of a story in the order of a message's life
CHAPTERS: tuple[str, ...] = (
    "discover",
    "submit",
    "accept",
    "queue",
    "resolve",
    "choose",
    "relay",
    "defer",
    "lost",
    "report",
    "store",
    "fetch",
)

#: whose words: those of the field (deferred, bounced), or those of pupils with the field's in brackets
Words = Literal["field", "pupil"]
WORDS: tuple[Words, ...] = ("field", "pupil")


@contextmanager
def voice(language: str | None, words: str) -> Iterator[str]:
    """Speak a language in these words inside the ``with`` block; gives the language.

    Raises
    ------
    UnknownNameError
        There is no such language, or nobody speaks in such words.
    """
    if words not in WORDS:
        raise UnknownNameError("words", words, WORDS)
    with speaking(language) as spoken, worded("" if words == "field" else words):
        yield spoken


def rough(us: int) -> str:
    """A duration as one says it: no more digits than one can feel.

    Examples
    --------
    >>> [rough(us) for us in (600_400, 31_001_000, 59_980_000, 3_723_000_000)]
    ['600ms', '31s', '1m', '1h 02m 03s']
    >>> with voice("de", "field"):
    ...     rough(30_600_000)
    '30,6s'
    """
    step = 1_000 if us < 1_000_000 else 100_000
    return exact(round(us / step) * step if us < 60_000_000 else us)


def exact(us: int) -> str:
    """A duration to the millisecond, as the language spoken writes it."""
    return numeral(clock(us))


def reason_text(why: Why) -> str:
    """A reason as a sentence, in the language spoken; empty where there is none.

    Examples
    --------
    >>> reason_text(Why.DNS_NXDOMAIN)
    'the name does not exist'
    """
    return in_words(f"reasons.{REASONS[why].key}", REASONS[why].sentence)


def reason_name(why: Why) -> str:
    """A reason in a word or two, in the language spoken.

    Examples
    --------
    >>> with voice("de", "field"):
    ...     reason_name(Why.UNREACHABLE)
    'unerreichbar'
    """
    return in_words(f"reason_names.{REASONS[why].key}", REASONS[why].key)
