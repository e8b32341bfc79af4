"""What a lesson asks of a run: which mail was the first after an instant, how late it was, who took it, what the DNS said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.plots.lanes import node_by_host
from mailsim.units import micros

if TYPE_CHECKING:
    import pandas as pd

    from mailsim.results.result import Result

__all__ = ["answers_given", "delay_of", "first_sent", "lookups_of", "returned_after", "share_of", "slowest_part", "taken_by"]


def first_sent(result: Result, after: str) -> int:
    """The number of the first message sent at or after ``after``, a time since the start of the run such as ``90m``.

    Raises
    ------
    UnsupportedError
        The time can't be read.
    UnknownNameError
        No message was sent so late.
    """
    instant_s = _seconds("after", after)
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
    """The server that first took a message from the sending side, by the name of its node, such as ``mx2``.

    Raises
    ------
    UnsupportedError
        No server took it.
    """
    via = _rows(result.messages, message)["via"].iloc[0]
    if not isinstance(via, str) or not via:
        raise UnsupportedError(f"message {message}: no server took it")
    return _nodes(result).get(via, via.split(".")[0])


def share_of(result: Result, server: str, *, window: tuple[str, str] | None = None) -> float:
    """Which part of the mail a server was the first to take, from 0 to 1.

    Parameters
    ----------
    result : Result
        A run.
    server : str
        A node, such as ``mx1``.
    window : pair of str, optional
        Of the mail sent in this stretch only: since the start of the run, its end excluded, such as ``("1h", "5h")``.

    Raises
    ------
    UnknownNameError
        There is no such node.
    UnsupportedError
        A time can't be read, or no mail was sent in the stretch.
    """
    if server not in result.scenario.nodes:
        raise UnknownNameError("node", server, result.scenario.nodes)
    mail = result.messages[result.messages["parent"].isna()]
    if window is not None:
        low, high = (_seconds("window", edge) for edge in window)
        mail = mail[(mail["sent_s"] >= low) & (mail["sent_s"] < high)]
    if mail.empty:
        raise UnsupportedError("no mail was sent in this time")
    return float((mail["via"].map(_nodes(result)) == server).mean())


def returned_after(result: Result, message: int) -> float:
    """Seconds from send until the report that it can't be delivered is in the writer's mailbox.

    Raises
    ------
    UnsupportedError
        It was not returned.
    """
    sent_s = float(_rows(result.messages, message)["sent_s"].iloc[0])
    reports = result.bounces
    stored_s = reports.loc[reports["message"] == message, "report_stored_s"].dropna()
    if stored_s.empty:
        raise UnsupportedError(f"message {message} was not returned to its sender")
    return float(stored_s.iloc[0]) - sent_s


def slowest_part(result: Result, message: int) -> str:
    """What took a message longest: ``submit``, ``queue``, ``resolve``, ``relay``, ``onward``, ``store`` or ``fetch``."""
    row = _rows(result.latency_budget(), message).iloc[0]
    parts = {str(name).removesuffix("_s"): float(row[name]) for name in row.index if str(name).endswith("_s") and name != "total_s"}
    return max((part for part in parts if parts[part] == parts[part]), key=lambda part: parts[part])


def lookups_of(result: Result, message: int) -> pd.DataFrame:
    """The questions to the resolver for the sake of a message: who asked, for what, whether the cache knew, how long it took."""
    rows = result.lookups
    return rows.loc[rows["message"] == message, ["node", "name", "type", "source", "duration_s"]].reset_index(drop=True)


def answers_given(result: Result, name: str, kind: str) -> pd.DataFrame:
    """What the resolver answered to one question, from the first to the last time it was asked.

    Parameters
    ----------
    result : Result
        A run.
    name, kind : str
        Of the records asked for, such as ``example.com`` and ``MX``.

    Returns
    -------
    DataFrame
        One row for each stretch in which the answer stayed the same: ``answer`` (its records in one order, because the DNS
        promises none, without their TTL; where there are none, the response code), instants ``first`` and ``last`` at which
        it was given, to the second, and ``times`` that it was.

    Raises
    ------
    UnknownNameError
        Nobody asked that.
    """
    rows = result.lookups
    rows = rows[(rows["name"] == name.lower().rstrip(".")) & (rows["type"] == kind.upper())].sort_values("start_s", kind="stable")
    if rows.empty:
        raise UnknownNameError("question", f"{name} {kind}", sorted(set(result.lookups["name"] + " " + result.lookups["type"])))
    records = rows["answer"].str.replace(r" \(TTL \d+\)$", "", regex=True).str.split(", ")
    said = records.map(lambda found: ", ".join(sorted(found)), na_action="ignore").fillna(rows["rcode"])
    stretch = (said != said.shift()).cumsum()
    table = rows.assign(answer=said, at=rows["at"].dt.floor("s")).groupby(stretch)
    found = table.agg(answer=("answer", "first"), first=("at", "first"), last=("at", "last"), times=("at", "size"))
    return found.reset_index(drop=True)


def _rows(table: pd.DataFrame, message: int) -> pd.DataFrame:
    rows = table[table["message"] == message]
    if rows.empty:
        raise UnknownNameError("message", message, ())
    return rows


def _nodes(result: Result) -> dict[str, str]:
    """Node of each host name."""
    return node_by_host(result.scenario)


def _seconds(name: str, instant: str) -> float:
    try:
        return micros(instant) / 1e6
    except ValueError as error:
        raise UnsupportedError(f"{name}: {error}") from None
