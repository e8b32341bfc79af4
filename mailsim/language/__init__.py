"""What mailsim says to people, in their language: one folder of tables per language, and the way to look a sentence up.

``en/`` and ``de/`` hold one TOML file for each topic (``timeline.toml``, ``stories.toml`` ...); a key is ``topic.name``.  To add a
language, copy ``en/`` to a folder of its name and translate: no code knows which languages there are.  Only sentences change with the
language, never a figure, a table, a file for machines or a trace hash.

>>> from mailsim.language import say, speaking
>>> say("calendar.weekdays_0")
'Mon'
>>> with speaking("de"):
...     say("calendar.weekdays_0")
'Mo'
"""

from __future__ import annotations

from mailsim.language.phrases import phrased
from mailsim.language.speech import in_words, say, speak, speaking, spoken, worded
from mailsim.language.tables import SOURCE, languages, sentences
from mailsim.language.writing import begun, counted, day_text, listed, numeral, printable

__all__ = [
    "SOURCE",
    "begun",
    "counted",
    "day_text",
    "in_words",
    "languages",
    "listed",
    "numeral",
    "phrased",
    "printable",
    "say",
    "sentences",
    "speak",
    "speaking",
    "spoken",
    "worded",
]
