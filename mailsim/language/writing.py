"""How a language writes figures, days and lists; and the one place where texts are made harmless to show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

__all__ = ["begun", "counted", "day_text", "listed", "numeral", "printable"]

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_MARK = re.compile(r"(?<=\d)[.,](?=\d)")


def printable(text: str) -> str:
    """Text without power over a terminal: control characters, direction marks and half characters are written out.

    Examples
    --------
    >>> printable("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def numeral(text: str) -> str:
    """A figure written the English way (``1,234.5 h``) as the language spoken writes it.

    Examples
    --------
    >>> from mailsim.language import speaking
    >>> with speaking("de"):
    ...     numeral("12.5 %"), numeral("1,234.5 h")
    ('12,5 %', '1.234,5 h')
    """
    from mailsim.language.speech import say

    marks = {".": say("calendar.decimal_mark"), ",": say("calendar.thousands_mark")}
    return _MARK.sub(lambda found: marks[found[0]], text)


def counted(number: int) -> str:
    """A count with its thousands set apart: ``12,345``; in German ``12.345``."""
    return numeral(f"{number:,}")


def day_text(at: datetime) -> str:
    """A day as people say it: ``Mon 5 Jan``; in German ``Mo 5. Jan``.

    Examples
    --------
    >>> day_text(datetime(2026, 1, 5))
    'Mon 5 Jan'
    """
    from mailsim.language.speech import say

    weekday, month = say(f"calendar.weekdays_{at.weekday()}"), say(f"calendar.months_{at.month - 1}")
    return say("calendar.day", weekday=weekday, day=at.day, month=month)


def begun(words: str) -> str:
    """Words as they begin a sentence; the rest stays as it is.

    Examples
    --------
    >>> begun("mail from mx1")
    'Mail from mx1'
    """
    return words[:1].upper() + words[1:]


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    from mailsim.language.speech import say

    return say("calendar.and").join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)
