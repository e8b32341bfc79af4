"""Faults and planned changes as declared; :mod:`mailsim.scenario.timeline` compiles them to conditions."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import Field, model_validator

from mailsim.declared import Declared, Duration
from mailsim.units import duration

__all__ = ["Change", "DnsFault", "Fault", "Outage"]


class _Window(Protocol):
    """What has a start and one of two ends."""

    @property
    def start(self) -> int: ...
    @property
    def length(self) -> int | None: ...
    @property
    def until(self) -> int | None: ...


def _check_end(fault: _Window) -> None:
    if (fault.length is None) == (fault.until is None):
        raise ValueError("give either length or until")
    if fault.until is not None and fault.until <= fault.start:
        raise ValueError("until must lie after start")


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
        _check_end(self)
        return self

    @property
    def end_us(self) -> int:
        """The first instant at which it is over."""
        return self.until if self.until is not None else self.start + (self.length or 0)


class DnsFault(Declared):
    """The DNS service of a server fails while its machine is up: from ``start`` for ``length``, or until ``until``.

    Parameters
    ----------
    target : str
        A node of kind nameserver or resolver, or its address.
    how : str
        ``silent`` questions are read and never answered · ``closed`` no process: ICMP port unreachable, TCP reset ·
        ``servfail`` / ``refused`` that response code · ``slow`` answers come ``delay`` later · ``lossy`` questions are lost
        with ``probability`` · ``truncated`` over UDP only the TC bit, so that TCP has to follow.
    delay : duration, optional
        Of ``slow``.
    probability : float, optional
        Of ``lossy``.
    proto : str, optional
        Only questions over ``udp`` or ``tcp``.
    rtype : str, optional
        Only questions for this record type.
    """

    kind: Literal["dns"]
    target: str
    start: Duration = 0
    length: Duration | None = Field(default=None, gt=0)
    until: Duration | None = None
    how: Literal["silent", "closed", "servfail", "refused", "slow", "lossy", "truncated"] = "silent"
    delay: Duration | None = Field(default=None, gt=0)
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    proto: Literal["udp", "tcp"] | None = None
    rtype: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> DnsFault:
        _check_end(self)
        if (self.delay is not None) != (self.how == "slow"):
            raise ValueError("delay goes with how: slow, and slow needs it")
        if (self.probability is not None) != (self.how == "lossy"):
            raise ValueError("probability goes with how: lossy, and lossy needs it")
        if self.how == "truncated" and self.proto == "tcp":
            raise ValueError("only answers over UDP are truncated (RFC 7766 section 5)")
        return self

    @property
    def end_us(self) -> int:
        """The first instant at which it is over."""
        return self.until if self.until is not None else self.start + (self.length or 0)

    @property
    def words(self) -> str:
        """What is wrong, for people: ``slow by 2s for MX``."""
        extra = {"slow": f"slow by {duration(self.delay or 0)}", "lossy": f"lossy ({100 * (self.probability or 0):g} %)"}
        only = [f"over {self.proto}" if self.proto else "", f"for {self.rtype.upper()}" if self.rtype else ""]
        return " ".join(["DNS", extra.get(self.how, self.how), *filter(None, only)])


#: any fault, told apart by ``kind``
Fault = Annotated[Outage | DnsFault, Field(discriminator="kind")]


class Change(Declared):
    """A planned edit of a zone at ``at``: each RRset in ``records`` replaces the one of that name and type.

    ``remove`` lists RRsets (``name TYPE``) to take away; the serial goes up by one.
    """

    at: Duration
    zone: str
    records: str = ""
    remove: tuple[str, ...] = ()
