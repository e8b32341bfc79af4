"""What a story says: its chapters, its sentences (``stories.toml`` of each language) and durations as one says them."""

from __future__ import annotations

from mailsim.language import say as spoken_sentence
from mailsim.language import speaking
from mailsim.units import clock

__all__ = ["CHAPTERS", "rough", "say"]

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
    "report",
    "store",
    "fetch",
)


def say(key: str, /, *, language: str | None = None, **facts: object) -> str:
    """The sentence ``key`` of stories with its facts filled in; every fact is made printable.

    Raises
    ------
    UnknownNameError
        There is no such language.

    Examples
    --------
    >>> say("deferred", who="isp", wait="5m")
    'isp keeps it and will try again in 5m'
    """
    with speaking(language):
        return spoken_sentence(f"stories.{key}", **facts)


def rough(us: int) -> str:
    """A duration as one says it: no more digits than one can feel.

    Examples
    --------
    >>> [rough(us) for us in (600_400, 31_001_000, 59_980_000, 3_723_000_000)]
    ['600ms', '31s', '1m', '1h 02m 03s']
    """
    step = 1_000 if us < 1_000_000 else 100_000
    return clock(round(us / step) * step if us < 60_000_000 else us)
