"""Reading what a pupil writes: ``90 s``, ``1,5 min``, ``25 %``, ``20 kB``, ``yes``, ``half true``, ``mx1``; every meaning it may have.

More forgiving than :mod:`mailsim.units`, which reads scenarios and must not guess: here ``1,385`` may be 1385 (English) or
1.385 (German), and an answer counts if one of its meanings fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from math import isfinite
from typing import Literal, NamedTuple, SupportsFloat

from mailsim.language import numeral, speaking
from mailsim.stories.sentences import rough

__all__ = ["VERDICTS", "Figure", "Kind", "is_empty", "kind_of", "readings", "shown"]

#: what an answer can be
Kind = Literal["time", "size", "share", "number", "word", "flag", "verdict"]

#: what a claim can be; in a question that has the unit ``verdict`` nothing else is read
VERDICTS = ("true", "half true", "false")


class Figure(NamedTuple):
    """One meaning of an answer: its kind, and its value in seconds, octets, parts of one, as a number, text, truth or one of `VERDICTS`."""

    kind: Kind
    value: float | str | bool
    #: False where the kind was guessed because no unit was written
    sure: bool = True


_TIME: dict[float, str] = {
    1e-6: "us µs μs",
    1e-3: "ms millisecond milliseconds millisekunde millisekunden",
    1.0: "s sec secs second seconds sek sekunde sekunden",
    60.0: "m min mins minute minutes minuten",
    3_600.0: "h hr hrs hour hours std stunde stunden",
    86_400.0: "d day days tag tage tagen",
    604_800.0: "w week weeks woche wochen",
}
_SIZE: dict[float, str] = {
    1.0: "b byte bytes octet octets",
    1e3: "kb",
    1e6: "mb",
    1e9: "gb",
    2.0**10: "kib",
    2.0**20: "mib",
    2.0**30: "gib",
}
_UNITS: dict[str, tuple[Kind, float]] = {
    **{unit: ("time", size) for size, units in _TIME.items() for unit in units.split()},
    **{unit: ("size", size) for size, units in _SIZE.items() for unit in units.split()},
    **dict.fromkeys(("%", "percent", "prozent"), ("share", 0.01)),
    "share": ("share", 1.0),
}
_FLAGS = {"yes": True, "true": True, "ja": True, "wahr": True, "no": False, "false": False, "nein": False, "falsch": False}
_SAYINGS: dict[str, str] = {
    VERDICTS[0]: "true, wahr, right, richtig, stimmt",
    VERDICTS[1]: "half true, half-true, half, partly true, halb wahr, halbwahr, halb, teils, teils wahr, teilweise wahr",
    VERDICTS[2]: "false, falsch, wrong, untrue, unwahr, nicht wahr, stimmt nicht",
}
_VERDICTS = {saying: verdict for verdict, sayings in _SAYINGS.items() for saying in sayings.split(", ")}
_PART = re.compile(r"\s*([0-9][0-9.,]*)\s*([^\W\d_]+\.?|%)?\s*(?:,|and\b|und\b)?")
_LONGEST = 200


def is_empty(answer: object) -> bool:
    """Whether nothing was answered: None, ``...`` or an empty text."""
    return answer is None or answer is ... or (isinstance(answer, str) and not answer.strip(" .?_"))


def readings(answer: object, unit: str = "") -> tuple[Figure, ...]:
    """Every meaning of an answer, the likeliest first; empty where it has none.

    Parameters
    ----------
    answer : object
        Text, number (also of numpy) or truth value.
    unit : str
        Unit of a number that has none of its own, such as ``s``; ``share`` for parts of one; ``verdict`` where only
        true, half true and false are answers.

    Examples
    --------
    >>> readings("1.5 min"), readings(90, "s")
    ((Figure(kind='time', value=90.0, sure=True),), (Figure(kind='time', value=90.0, sure=True),))
    """
    answer = answer.item() if hasattr(answer, "item") else answer
    if is_empty(answer):
        return ()
    if unit == "verdict":
        return _verdict(answer)
    if isinstance(answer, bool):
        return (Figure("flag", answer), *_verdict(answer))
    if isinstance(answer, str):
        return tuple(dict.fromkeys(_of_text(answer.strip(), unit)))
    if isinstance(answer, SupportsFloat) and isfinite(float(answer)):
        return _measured(float(answer), unit)
    return ()


def _verdict(answer: object) -> tuple[Figure, ...]:
    """What somebody says of a claim, in either language, or nothing."""
    said = _VERDICTS.get(" ".join(str(answer).casefold().strip(" .!").split()))
    return () if said is None else (Figure("verdict", said),)


def _measured(value: float, unit: str) -> tuple[Figure, ...]:
    """A number with the unit given beside it, or with none."""
    if unit:
        if unit.lower() not in _UNITS:
            raise ValueError(f"unknown unit {unit!r}; for example s, min, h, kB, % or share")
        kind, size = _UNITS[unit.lower()]
        return (Figure(kind, value * size),)
    return (Figure("number", value), *([Figure("share", value, sure=False)] if 0 <= value <= 1 else []))


def _of_text(text: str, unit: str) -> Iterator[Figure]:
    if len(text) > _LONGEST:
        return
    word = text.casefold()
    if word in _FLAGS:
        yield Figure("flag", _FLAGS[word])
    if hours := re.fullmatch(r"(\d{1,4}):([0-5]\d):([0-5]\d)", text):
        yield Figure("time", int(hours[1]) * 3_600.0 + int(hours[2]) * 60.0 + int(hours[3]))
        return
    parts = _parts(re.sub(r"^(about|circa|ca\.?|etwa|~|≈)\s*", "", word))
    if parts:
        yield from _of_parts(parts, unit)
    elif not re.match(r"[-+]?[\d.,:]", text):
        yield Figure("word", word)
    yield from _verdict(text)


def _parts(text: str) -> list[tuple[str, str]]:
    """Numbers with their units, or nothing if the text is not made of such."""
    found, at = [], 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            return []
        found.append((part[1].rstrip(".,"), (part[2] or "").rstrip(".")))
        at = part.end()
    return found


def _of_parts(parts: list[tuple[str, str]], unit: str) -> Iterator[Figure]:
    for numbers in product(*(_numbers(number) for number, _ in parts)):
        if len(parts) == 1 and parts[0][1] not in _UNITS:  # bare, or counted things: 3 mails
            yield from _measured(numbers[0], unit)
            continue
        known = [_UNITS.get(name) for _, name in parts]
        if known[-1] is None and parts[-1][1] == "" and known[-2] in (("time", 3_600.0), ("time", 60.0)):
            known[-1] = ("time", known[-2][1] / 60)  # 1 h 30
        if all(known) and len({one[0] for one in known if one}) == 1 and known[0]:
            yield Figure(known[0][0], sum(number * one[1] for number, one in zip(numbers, known, strict=True) if one))


def _numbers(text: str) -> tuple[float, ...]:
    """A number as English and as German write it."""
    english, german = text.replace(",", ""), text.replace(".", "").replace(",", ".")
    grouped = r"\d{1,3}(?:\%s\d{3})+(?:\%s\d+)?|\d+(?:\%s\d+)?"
    found = []
    if re.fullmatch(grouped % (",", ".", "."), text):
        found.append(float(english))
    if re.fullmatch(grouped % (".", ",", ","), text):
        found.append(float(german))
    return tuple(dict.fromkeys(found))


def kind_of(figures: tuple[Figure, ...]) -> Kind:
    """The kind of the likeliest meaning."""
    return figures[0].kind


def shown(figure: Figure, language: str = "en") -> str:
    """A figure for people.

    Examples
    --------
    >>> shown(Figure("time", 90.0)), shown(Figure("share", 0.25)), shown(Figure("size", 20_000))
    ('1m 30s', '25 %', '20 kB')
    """
    from mailsim.teaching.sentences import tell

    kind, value, _ = figure
    if kind == "flag":
        return tell("yes" if value else "no", language)
    if kind == "verdict":
        return tell(f"is_{value}".replace(" ", "_"), language)
    if isinstance(value, str):
        return value
    with speaking(language):
        return _written(kind, value)


def _written(kind: Kind, value: float) -> str:
    """A number with its unit, in the language spoken."""
    from mailsim.results.summary import percent

    if kind == "time":
        return rough(round(value * 1e6))
    if kind == "share":
        return percent(value)
    if kind == "size":
        power = next((power for power in (9, 6, 3) if value >= 10**power), 0)
        return numeral(f"{value / 10**power:.4g} {({9: 'GB', 6: 'MB', 3: 'kB', 0: 'B'})[power]}")
    return numeral(f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}")
