"""What a lesson on returned mail asks: the report as a text, the shortest outage that returns mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.language import printable
from mailsim.markup import tag
from mailsim.scenario.doors import load
from mailsim.scenario.faults import Outage
from mailsim.units import duration, micros

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from mailsim.results.result import Result
    from mailsim.scenario.scenario import Scenario

__all__ = ["Letter", "report_about", "shortest_return"]


class Letter(str):
    """The text of a mail, shown line by line; nothing in it has power over a page or a terminal."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(printable(line) for line in self.splitlines())

    def _repr_html_(self) -> str:
        return str(tag("pre", repr(self), class_="mailsim"))


def report_about(result: Result, message: int) -> Letter:
    """The last report about a message, as the text (RFC 3464) that its sender was sent.

    Raises
    ------
    UnknownNameError
        There is no such message, or none about it: the error names the messages with a report.
    """
    reports = result.reports
    rows = reports[reports["message"] == message]
    if rows.empty:
        raise UnknownNameError("message with a report", message, [str(one) for one in sorted(set(reports["message"]))])
    return Letter(result.dsn(int(rows.sort_values(["t_s", "report"])["report"].iloc[-1])).decode("ascii", "backslashreplace"))


def shortest_return(scenario: Scenario | str | Path | Mapping[str, Any], *, longest: str = "14d", step: str = "1m") -> float:
    """Seconds that the scenario's outage must last, from its start, until a mail is returned to its sender.

    Found by halving: it takes that a longer outage never returns less.

    Parameters
    ----------
    scenario : Scenario, str, Path or dict
        As for :func:`mailsim.load`; its first fault is an outage with a length.
    longest, step : str
        Lengths up to ``longest`` are looked at, in steps of ``step``.

    Raises
    ------
    UnsupportedError
        There is no such outage, the lengths can't be read, or not even the longest returns a mail.
    """
    base = load(scenario)
    first = base.faults[0] if base.faults else None
    if not isinstance(first, Outage) or first.length is None:
        raise UnsupportedError(f"{base.name}: its first fault is no outage with a length, so there is nothing to make longer")
    try:
        step_us = micros(step)
        most = micros(longest) // step_us
    except (ValueError, ZeroDivisionError) as error:
        raise UnsupportedError(f"longest={longest!r}, step={step!r}: {error}") from None

    def returns(steps: int) -> bool:
        rows = base.replace("faults[0].length", duration(steps * step_us)).run(level="messages", progress=False).messages
        return bool(((rows["state"] == "bounced") & rows["parent"].isna()).any())

    if most < 1 or not returns(most):
        raise UnsupportedError(f"{base.name}: an outage of {longest} returns no mail")
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if returns(middle) else (middle, high)
    return high * step_us / 1e6
