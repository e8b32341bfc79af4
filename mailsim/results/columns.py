"""Columns between log and table: the log's arrays as numpy views, and each schema dtype as a pandas array."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mailsim.events import EventLog
from mailsim.results.schema import table
from mailsim.rules.reasons import REASONS, Why
from mailsim.units import Instant, calendar

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Ints",
    "by_message",
    "chosen_words",
    "frame",
    "instants",
    "listed_words",
    "named_words",
    "numbers",
    "reason_words",
    "seconds",
    "view",
]

#: a column of whole numbers as numpy sees it
Ints = npt.NDArray[np.int64]


def view(columns: dict[str, array[int]], name: str) -> Ints:
    """The column as a numpy array without a copy (its own integer width)."""
    return np.asarray(columns[name])


def seconds(us: Ints) -> npt.NDArray[np.float64]:
    """Instants or durations in microseconds as seconds; a negative one ("did not happen") becomes NaN."""
    return np.where(us < 0, np.nan, us / 1e6)


def instants(us: Ints, starts: Instant) -> Any:
    """Instants of the run as calendar time in the zone of ``starts``; a negative one becomes NaT."""
    import pandas as pd

    epoch = us.astype(np.int64) + starts.epoch_us
    utc = np.where(us < 0, np.datetime64("NaT"), epoch.astype("datetime64[us]"))
    return pd.DatetimeIndex(utc).tz_localize("UTC").tz_convert(calendar(starts, 0).tzinfo)


def numbers(values: Ints) -> Any:
    """Whole numbers of which the negative ones mean "none"."""
    import pandas as pd

    return pd.arrays.IntegerArray(values.astype(np.int64), np.asarray(values < 0))


def chosen_words(values: Ints, words: Sequence[str]) -> Any:
    """Number ``i`` becomes the text ``words[i]``; a negative number or an empty word is missing.

    Each text exists once in memory, however many rows have it.
    """
    import pandas as pd

    counts = np.bincount(values.astype(np.int64) + 1, minlength=len(words) + 1)[1:]
    used = [i for i in np.flatnonzero(counts).tolist() if words[i] != ""]
    places = np.full(len(words) + 1, -1, dtype=np.int64)
    places[used] = np.arange(len(used))
    texts = pd.Series([*(words[i] for i in used), "-"]).array  # the last one only makes the dtype that of text
    return texts.take(places[values], allow_fill=True)


def named_words(values: Ints, names: Sequence[str]) -> Any:
    """Name numbers of the log as words; the name '' (the null sender) and -1 are missing."""
    return chosen_words(values, names)


def listed_words(words: Sequence[str]) -> Any:
    """One word per row, as given."""
    return chosen_words(np.arange(len(words)), words)


def reason_words(values: Ints) -> Any:
    """Reason numbers as their keys (``refused``, ``lifetime over``)."""
    words = [""] * (max(Why) + 1)
    for why, reason in REASONS.items():
        words[why] = reason.key
    return chosen_words(np.where(values > max(Why), -1, values), words)


def frame(name: str, columns: dict[str, Any]) -> pd.DataFrame:
    """The table ``name`` from its columns, which must be exactly those of the schema."""
    import pandas as pd

    assert set(columns) == set(table(name).names), f"{name}: {set(columns) ^ set(table(name).names)}"
    return pd.DataFrame({column: columns[column] for column in table(name).names}, copy=False)


def by_message(log: EventLog, name: str) -> Ints:
    """A column of the message table by message number: of several deliveries the first; -1 where there is none."""
    number = view(log.messages, "message")
    found: Ints = np.full(int(number.max(initial=-1)) + 2, -1, dtype=np.int64)
    found[number[::-1]] = view(log.messages, name)[::-1]
    return found
