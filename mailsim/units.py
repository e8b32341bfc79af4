"""Durations, sizes, rates and calendar instants as people write them, to integers and back.

Inside mailsim an instant or a duration is an integer number of microseconds (``_us``), a size a number of octets, a rate
events per second.  Text such as ``5m`` lives only at the edges, and this is the edge.  Every function raises
``ValueError`` with a sentence that says how to write it right.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from typing import NamedTuple

__all__ = [
    "LONGEST_US",
    "Instant",
    "calendar",
    "clock",
    "duration",
    "instant",
    "micros",
    "octets",
    "per_second",
    "rate",
]

_MS, _S = 1_000, 1_000_000
_MIN, _HOUR, _DAY = 60 * _S, 3_600 * _S, 86_400 * _S

#: no duration may be longer: a hundred years of 365.25 days; mail is not tried for longer, and a typing slip is likelier
LONGEST_US = 36_525 * _DAY

#: spellings of a unit, longest unit first; the first spelling of each is the one that :func:`duration` writes
_UNITS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (7 * _DAY, ("w", "week", "weeks")),
    (_DAY, ("d", "day", "days")),
    (_HOUR, ("h", "hour", "hours")),
    (_MIN, ("m", "min", "minute", "minutes")),
    (_S, ("s", "sec", "second", "seconds")),
    (_MS, ("ms",)),
    (1, ("us", "µs", "μs")),
)
_UNIT_US = {spelling: size for size, spellings in _UNITS for spelling in spellings}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([^\W\d_]+)\s*")
_ISO = re.compile(
    r"P(?:(?P<w>\d+)W)?(?:(?P<d>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<m>\d+(?:\.\d+)?)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_ISO_US = {"w": 7 * _DAY, "d": _DAY, "h": _HOUR, "m": _MIN, "s": _S}
_LONGEST_TEXT = 64


def _shown(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 200:  # repr of a huge integer is refused by Python itself
        return "a number of more than 60 digits"
    text = repr(value)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."


def _number_without_unit(value: int | float) -> ValueError:
    if isinstance(value, float) and value != value:
        return ValueError("nan is not a duration; write for example 5m or 300s")
    if value < 0:
        return ValueError(f"{_shown(value)} is negative; a duration is zero or longer, such as 5m or 300s")
    return ValueError(f"{_shown(value)} has no unit; write for example 5m or 300s")


def micros(value: object) -> int:
    """A duration in microseconds: ``5m``, ``48h``, ``1h30m``, ``500ms``, ``1.5h``, ``1w2d``, or ISO 8601 ``PT5M``.

    Parameters
    ----------
    value : object
        Text with units ``w d h m s ms us`` (``min``, ``hours`` ... too), the longest first; or ISO 8601 without months
        and years; or a zero.  A bare number has no unit and is refused.

    Returns
    -------
    int
        Microseconds, from 0 to :data:`LONGEST_US`.

    Examples
    --------
    >>> micros("1h30m"), micros("PT5M"), micros(0)
    (5400000000, 300000000, 0)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{_shown(value)} is not a duration; write for example 5m or 300s")
    if not isinstance(value, str):
        if value == 0:
            return 0
        raise _number_without_unit(value)
    text = value.strip()
    if text == "0":
        return 0
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"{_shown(text)} is too long for a duration; write for example 5m or 300s")
    exact = _iso(text) if text[:1] == "P" else _with_units(text)
    if exact.denominator != 1:
        raise ValueError(f"{text!r} is no whole number of microseconds, the shortest step of the clock")
    if exact > LONGEST_US:
        raise ValueError(f"{text!r} is longer than a hundred years, the longest duration there is")
    return int(exact)


def _with_units(text: str) -> Fraction:
    total, at, last = Fraction(0), 0, None
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise _unreadable(text)
        number, unit = part.groups()
        if unit not in _UNIT_US:
            raise _unknown_unit(text, unit)
        if last is not None and _UNIT_US[unit] >= last:
            raise ValueError(f"{text!r} names its units out of order; write the longest first, such as 1h30m")
        last = _UNIT_US[unit]
        total += Fraction(number) * last
        at = part.end()
    if last is None:
        raise ValueError("an empty text is not a duration; write for example 5m or 300s")
    return total


def _unreadable(text: str) -> ValueError:
    if re.match(r"-\s*([0-9]|P)", text):
        return ValueError(f"{text!r} is negative; a duration is zero or longer, such as 5m or 300s")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?\s*", text):
        return ValueError(f"{text!r} has no unit; write for example 5m or 300s")
    if re.fullmatch(r"[0-9]+(:[0-9]+)+", text):
        return ValueError(f"{text!r} may mean minutes or hours; write for example 1h30m or 90s")
    return ValueError(f"{text!r} is not a duration; write for example 5m, 1h30m or PT5M")


def _unknown_unit(text: str, unit: str) -> ValueError:
    if unit.lower() in {"mo", "mon", "month", "months", "y", "yr", "year", "years"}:
        return ValueError(f"{text!r}: months and years have no fixed length; write days, such as 30d")
    if unit.lower() in _UNIT_US:
        return ValueError(f"{text!r}: units are written in small letters; write {text.lower()!r}")
    return ValueError(f"{text!r} has an unknown unit {unit!r}; the units are w, d, h, m, s, ms and us")


def _iso(text: str) -> Fraction:
    found = _ISO.fullmatch(text)
    if found is None or not any(found.groupdict().values()) or text.endswith("T"):
        if re.fullmatch(r"P[0-9.WD]*[0-9](\.[0-9]+)?[YM].*", text):
            raise ValueError(f"{text!r}: months and years have no fixed length; write days, such as P30D")
        raise ValueError(f"{text!r} is not an ISO 8601 duration; write for example PT5M, P1D or 5m")
    return sum((Fraction(number) * _ISO_US[unit] for unit, number in found.groupdict().items() if number), Fraction(0))


def duration(us: int) -> str:
    """A duration as exact text that :func:`micros` reads back: ``1h30m``, ``29s500ms``, ``0s``.

    Examples
    --------
    >>> duration(5400000000), duration(29500000)
    ('1h30m', '29s500ms')
    """
    if us < 0:
        raise ValueError(f"{us} is negative; a duration is zero or longer")
    text = ""
    for size, spellings in _UNITS[1:]:
        count, us = divmod(us, size)
        if count:
            text += f"{count}{spellings[0]}"
    return text or "0s"


def clock(us: int) -> str:
    """A duration for reading: ``1h 02m 03s``, ``2d 06h``, ``5m``, ``29.5s``, ``40ms``; rounded to what one can feel.

    From a minute on, to the second; from a second on, to the millisecond.  It can't be read back: see :func:`duration`.

    Examples
    --------
    >>> clock(3723000000), clock(14400000000), clock(376000), clock(29500000)
    ('1h 02m 03s', '4h', '376ms', '29.5s')
    """
    if us < 0:
        return "-" + clock(-us)
    if us < _MS:
        return f"{us}us" if us else "0s"
    if us < _S:
        return f"{us / _MS:.3f}".rstrip("0").rstrip(".") + "ms"
    if us < _MIN - _MS // 2:
        return f"{(us + _MS // 2) // _MS / _MS:.3f}".rstrip("0").rstrip(".") + "s"
    seconds = (us + _S // 2) // _S
    parts = [(seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    while parts[0][0] == 0:
        parts.pop(0)
    while parts[-1][0] == 0:
        parts.pop()
    first, *rest = parts
    return " ".join([f"{first[0]}{first[1]}", *(f"{count:02d}{unit}" for count, unit in rest)])


_OCTETS = {
    "": 1, "B": 1, "octet": 1, "octets": 1, "byte": 1, "bytes": 1,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "kiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_MOST_OCTETS = 2**50


def octets(value: object) -> int:
    """A size in octets: ``20 kB`` (1000), ``10 MiB`` (1024 squared), ``1 GB``, or a whole number of octets.

    Examples
    --------
    >>> octets("20 kB"), octets("10 MiB"), octets(512)
    (20000, 10485760, 512)
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{_shown(value)} is not a size; write for example 20 kB or 1 GB")
    if isinstance(value, str):
        text = value.strip()
        found = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([A-Za-z]*)", text)
        if found is None:
            hint = "; a size is zero or more" if text.startswith("-") else ""
            raise ValueError(f"{_shown(text)} is not a size{hint}; write for example 20 kB or 1 GB")
        number, unit = found.groups()
        if unit not in _OCTETS:
            near = next((known for known in _OCTETS if known.lower() == unit.lower()), None)
            hint = f"; did you mean {near!r}?" if near else "; the units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB"
            raise ValueError(f"{text!r} has an unknown unit {unit!r}{hint}")
        exact = Fraction(number) * _OCTETS[unit]
        if exact.denominator != 1:
            raise ValueError(f"{text!r} is no whole number of octets")
        value = int(exact)
    if value < 0:
        raise ValueError(f"{_shown(value)} is negative; a size is zero or more, such as 20 kB")
    if value > _MOST_OCTETS:
        raise ValueError(f"{_shown(value)} is more than 1024 TiB, the largest size there is")
    return value


_PER_S = {spelling: Fraction(size, _S) for size, spellings in _UNITS if size >= _S for spelling in spellings}
_MOST_PER_S = 1e6
_RATE = re.compile(r"(\d{1,18}(?:\.\d{1,30})?(?:e-?\d{1,2})?)\s*/\s*([a-z]+)", re.ASCII)


def per_second(value: object) -> float:
    """A rate in events per second: ``2/min``, ``1000/day``, ``0.5/s``.

    Examples
    --------
    >>> per_second("30/min"), per_second("0.5/s")
    (0.5, 0.5)
    """
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        has_unit = isinstance(value, str | int | float) and not isinstance(value, bool)
        hint = " (a rate needs a number and a unit of time)" if has_unit else ""
        raise ValueError(f"{_shown(value)} is not a rate{hint}; write for example 2/min or 1000/day")
    number, unit = found.groups()
    if unit not in _PER_S:
        raise ValueError(f"{value!r} has an unknown unit {unit!r}; write for example 2/min, 0.5/s, 100/h or 1000/day")
    result = float(Fraction(number) / _PER_S[unit])
    if result <= 0:
        raise ValueError(f"{value!r}: a rate is more than zero; leave the traffic out to send nothing")
    if result > _MOST_PER_S:
        raise ValueError(f"{value!r} is more than a million a second, the highest rate there is")
    return result


def rate(per_s: float) -> str:
    """A rate as exact text that :func:`per_second` reads back: ``0.5/s``."""
    return f"{per_s!r}/s"


class Instant(NamedTuple):
    """A point on the calendar.

    Attributes
    ----------
    epoch_us : int
        Microseconds since 1970-01-01T00:00:00Z.
    zone : str
        ``UTC``, an IANA name such as ``Europe/Berlin``, or an offset such as ``+02:00``.
    """

    epoch_us: int
    zone: str


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?"
    r"\s*(Z|UTC|[+-]\d\d:?\d\d|[A-Za-z][\w+-]*(?:/[\w+-]+)*)?",
    re.ASCII,
)


@cache
def _zone(name: str) -> tzinfo:
    if name in {"Z", "UTC"}:
        return UTC
    if name[0] in "+-":
        hours, minutes = int(name[1:3]), int(name[-2:])
        if hours > 23 or minutes > 59:
            raise ValueError(f"{name!r} is not an offset from UTC; write for example +02:00")
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if name[0] == "-" else offset)
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, sorted(zoneinfo.available_timezones()), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "; write for example Europe/Berlin or +02:00"
        raise ValueError(f"no time zone {name!r}{hint}") from None


def instant(text: object, *, zone: str = "UTC") -> Instant:
    """A calendar instant: ``2026-01-05 00:00 Europe/Berlin``, ``2026-01-05T00:00:00Z``, ``2026-01-05``.

    Parameters
    ----------
    text : object
        Date, optional time of day, optional zone (``Z``, an offset, an IANA name).
    zone : str
        The zone where the text names none.

    Returns
    -------
    Instant
        Epoch microseconds and the zone's name.  A local time that the change of clocks skips or repeats is refused.
    """
    found = _INSTANT.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{_shown(text)} is not an instant; write for example 2026-01-05 00:00 Europe/Berlin or 2026-01-05T00:00:00Z")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int((found[7] or "0").ljust(6, "0"))
    name = found[8] or zone
    there = _zone(name)
    if not 1970 < year < 2200:
        raise ValueError(f"{text!r}: the year must lie between 1971 and 2199")
    try:
        local = datetime(year, month, day, hour, minute, second, micro)
    except ValueError as error:
        raise ValueError(f"{text!r} is not on the calendar: {error}") from None
    early, late = (local.replace(tzinfo=there, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        exists = early.astimezone(UTC).astimezone(there).replace(tzinfo=None) == local
        what = "happens twice" if exists else "does not exist"
        raise ValueError(f"{text!r}: this local time {what} (the clocks change); write it with an offset, such as +01:00")
    since = early - _EPOCH
    return Instant((since.days * 86_400 + since.seconds) * _S + since.microseconds, "UTC" if name == "Z" else name)


def calendar(starts: str | Instant, us: int) -> datetime:
    """The calendar instant (with zone) that lies ``us`` microseconds after ``starts``.

    Examples
    --------
    >>> calendar("2026-01-05T00:00:00Z", 3_600_000_000).isoformat()
    '2026-01-05T01:00:00+00:00'
    """
    origin = starts if isinstance(starts, Instant) else instant(starts)
    return (_EPOCH + timedelta(microseconds=origin.epoch_us + us)).astimezone(_zone(origin.zone))
