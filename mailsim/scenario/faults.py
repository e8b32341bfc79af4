"""Faults and planned changes as declared; :mod:`mailsim.scenario.timeline` compiles them to conditions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mailsim.declared import Declared, Duration

__all__ = ["Change", "Fault", "Outage"]


class Outage(Declared):
    """``target`` fails from ``start`` (included) for ``length`` (its end excluded), or until ``until``.

    Parameters
    ----------
    target : str
        A node, an address, ``link a-b``, ``site:x``, ``dns name/TYPE``, or ``auth of a`` (who checks the passwords of node a).
    how : str
        ``silent`` nothing comes back (host or network down) · ``refused`` the machine is up, the service is not ·
        ``unreachable`` a router says so · ``4xx`` / ``5xx`` the server answers with ``reply`` at ``stage`` ·
        for ``dns`` targets: ``silent``, ``servfail``, ``refused``, ``nxdomain``; for ``auth of`` targets: ``refused`` the checker
        does not run, ``silent`` it does not answer.
    reply : str, optional
        The reply of ``4xx`` and ``5xx``, such as ``451 4.3.0 try again later``.
    stage : str
        Where the reply comes: ``greeting``, ``ehlo``, ``mail``, ``rcpt``, ``data`` or ``eod`` (end of data).
    """

    kind: Literal["outage"]
    target: str
    start: Duration = 0
    length: Duration | None = Field(default=None, gt=0)
    until: Duration | None = None
    how: Literal["silent", "refused", "unreachable", "4xx", "5xx", "servfail", "nxdomain"] = "silent"
    reply: str | None = None
    stage: Literal["greeting", "ehlo", "mail", "rcpt", "data", "eod"] = "rcpt"

    @model_validator(mode="after")
    def _one_end(self) -> Outage:
        if (self.length is None) == (self.until is None):
            raise ValueError("give either length or until")
        if self.until is not None and self.until <= self.start:
            raise ValueError("until must lie after start")
        return self

    @property
    def end_us(self) -> int:
        """The first instant at which it is over."""
        return self.until if self.until is not None else self.start + (self.length or 0)


#: any fault, told apart by ``kind``
Fault = Annotated[Outage, Field()]


class Change(Declared):
    """A planned edit of a zone at ``at``: each RRset in ``records`` replaces the one of that name and type.

    ``remove`` lists RRsets (``name TYPE``) to take away; the serial goes up by one.
    """

    at: Duration
    zone: str
    records: str = ""
    remove: tuple[str, ...] = ()
