"""What a lesson asks of a run: the first mail sent after an instant, how long it took, who took it, which part was slowest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.units import micros

if TYPE_CHECKING:
    import pandas as pd

    from mailsim.results.result import Result

__all__ = ["delay_of", "first_sent", "lookups_of", "slowest_part", "taken_by"]


def first_sent(result: Result, after: str) -> int:
    """The number of the first message sent at or after ``after``, a time since the start of the run such as ``90m``.

    Raises
    ------
    UnsupportedError
        The time can't be read.
    UnknownNameError
        No message was sent so late.
    """
    try:
        instant_s = micros(after) / 1e6
    except ValueError as error:
        raise UnsupportedError(f"after: {error}") from None
    sent = result.messages
    sent = sent[(sent["sent_s"] >= instant_s) & sent["parent"].isna()]
    if sent.empty:
        raise UnknownNameError("message sent at or after", after, ())
    return int(sent.sort_values(["sent_s", "message"])["message"].iloc[0])


def delay_of(result: Result, message: int) -> float:
    """Seconds from send to the mailbox; of a message to several recipients, the last mailbox.

    Raises
    ------
    UnsupportedError
        It never reached a mailbox.
    """
    rows = _rows(result.messages, message)
    if rows["latency_stored_s"].isna().any():
        raise UnsupportedError(f"message {message} is not in the mailbox at the end of the run, but {rows['state'].iloc[0]}")
    return float(rows["latency_stored_s"].max())


def taken_by(result: Result, message: int) -> str:
    """The first label of the host that first took a message from the sending side, such as ``mx2``.

    Raises
    ------
    UnsupportedError
        No host took it.
    """
    via = _rows(result.messages, message)["via"].iloc[0]
    if not isinstance(via, str) or not via:
        raise UnsupportedError(f"message {message}: no host took it")
    return via.split(".")[0]


def slowest_part(result: Result, message: int) -> str:
    """What took a message longest: ``submit``, ``queue``, ``resolve``, ``relay``, ``onward``, ``store`` or ``fetch``."""
    row = _rows(result.latency_budget(), message).iloc[0]
    parts = {str(name).removesuffix("_s"): float(row[name]) for name in row.index if str(name).endswith("_s") and name != "total_s"}
    return max((part for part in parts if parts[part] == parts[part]), key=lambda part: parts[part])


def lookups_of(result: Result, message: int) -> pd.DataFrame:
    """The questions to the resolver for the sake of a message: who asked, for what, whether the cache knew, how long it took."""
    rows = result.lookups
    return rows.loc[rows["message"] == message, ["node", "name", "type", "source", "duration_s"]].reset_index(drop=True)


def _rows(table: pd.DataFrame, message: int) -> pd.DataFrame:
    rows = table[table["message"] == message]
    if rows.empty:
        raise UnknownNameError("message", message, ())
    return rows
