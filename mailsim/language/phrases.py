"""Texts that a log carries in English (what was wrong with a server), said in another language by the pattern that made them."""

from __future__ import annotations

import re
from functools import cache

from mailsim.language.speech import spoken
from mailsim.language.tables import SOURCE, sentences
from mailsim.language.writing import numeral

__all__ = ["phrased"]

#: facts that are figures
_FIGURES = ("share", "times", "delay", "count")

_FACT = re.compile(r"\{(\w+)\}")


def phrased(topic: str, text: str) -> str:
    """The text in the language spoken: the first pattern of its table that fits the whole text, else the text as it is.

    A log is the same in every language, so what it says of faults is English.  The table of another language has those patterns as keys:
    ``"slow by {delay}" = "um {delay} verzögert"``.  A fact named ``how`` is a phrase again.

    Examples
    --------
    >>> from mailsim.language import speaking
    >>> with speaking("de"):
    ...     phrased("faults", "slow by 2s")
    'um 2s verzögert'
    """
    if spoken() == SOURCE:
        return text
    for pattern, said in _patterns(spoken(), topic):
        if found := pattern.fullmatch(text):
            return said.format(**{fact: _fact(topic, fact, part) for fact, part in found.groupdict().items()})
    return text


def _fact(topic: str, fact: str, text: str) -> str:
    return phrased(topic, text) if fact == "how" else numeral(text) if fact in _FIGURES else text


@cache
def _patterns(language: str, topic: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(english), said) for english, said in sentences(language, topic).items())


def _pattern(english: str) -> re.Pattern[str]:
    parts = _FACT.split(english)
    return re.compile("".join(f"(?P<{part}>.+?)" if k % 2 else re.escape(part) for k, part in enumerate(parts)), re.DOTALL)
