"""SMTP replies, stages of a session, and the one table of what a failure means for the client.

The table answers, for every program and with no simulator in sight: given what a contact came to, what happens to the
message next?  Shape after Postfix ``smtp_trouble.c``: scope x kind x last target.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple, Protocol

from mailsim.rules.reasons import Why

__all__ = ["ACCEPTED", "Action", "Reply", "Stage", "Verdict", "parse_reply", "verdict"]


class Stage(IntEnum):
    """How far a session came; the order is that of the session (RFC 5321 section 3)."""

    CONNECT = 0
    GREETING = 1
    EHLO = 2
    TLS = 3
    AUTH = 4
    MAIL = 5
    RCPT = 6
    DATA = 7
    EOD = 8


class Reply(NamedTuple):
    """A server's reply: code, enhanced code (RFC 3463) or "", text.

    >>> str(Reply(451, "4.3.0", "try again later"))
    '451 4.3.0 try again later'
    """

    code: int
    enhanced: str = ""
    text: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)

    @property
    def kind(self) -> Why:
        """``OK``, ``TEMPFAIL`` or ``PERMFAIL`` by the first digit (RFC 5321 section 4.2.1)."""
        return Why.OK if self.code < 400 else Why.TEMPFAIL if self.code < 500 else Why.PERMFAIL


#: the reply with which a server takes responsibility
ACCEPTED = Reply(250, "2.0.0", "Ok: queued")


def parse_reply(text: str) -> Reply:
    """``"451 4.3.0 try again later"`` as a :class:`Reply`; raises ValueError for what is no reply of RFC 5321."""
    head, _, rest = text.strip().partition(" ")
    if len(head) != 3 or not head.isascii() or not head.isdigit() or head[0] not in "2345":
        raise ValueError(f"{text!r} is no SMTP reply; write such as '451 4.3.0 try again later'")
    first, _, tail = rest.partition(" ")
    parts = first.split(".")
    if len(parts) == 3 and all(p.isascii() and p.isdigit() and len(p) <= 3 for p in parts):
        if parts[0] != head[0]:
            raise ValueError(f"{text!r}: the enhanced code's class must be the reply's, {head[0]} (RFC 2034 section 4)")
        return Reply(int(head), first, tail)
    return Reply(int(head), "", rest)


class Action(Enum):
    """What the client does with the message next."""

    DONE = "done"
    NEXT = "next"
    DEFER = "defer"
    BOUNCE = "bounce"


class Verdict(NamedTuple):
    """What a failure means: the action and the reason for it."""

    action: Action
    why: Why


class _Figures(Protocol):
    @property
    def greeting_5xx(self) -> str: ...


_NEXT = Verdict(Action.NEXT, Why.NEXT_TARGET)
_DEFER = Verdict(Action.DEFER, Why.RETRY_LATER)
_BOUNCE = Verdict(Action.BOUNCE, Why.PERMANENT)
_DONE = Verdict(Action.DONE, Why.OK)


def verdict(outcome: Why, stage: Stage, *, last: bool, figures: _Figures) -> Verdict:
    """What becomes of the message (or of one recipient) after a contact.

    Parameters
    ----------
    outcome : Why
        What the contact came to.
    stage : Stage
        Where it ended.
    last : bool
        No further target is left in this attempt.
    figures : MtaFigures
        ``greeting_5xx`` is what a 5yz greeting or EHLO means when it is the last target.

    Notes
    -----
    ========================= ============ =============================================
    outcome                   not last     last
    ========================= ============ =============================================
    taken                     done         done
    no connection             next         defer
    connection or reply lost  next         defer
    4yz at any stage          next         defer
    5yz at greeting or EHLO   next         ``greeting_5xx``: defer (Postfix), bounce (Exim)
    5yz at MAIL and later     bounce       bounce: another MX of the domain is not asked
    ========================= ============ =============================================

    RFC 5321 sections 4.2.1 and 5.1; recorded of Postfix 3.7.11 and Exim 4.96 alike.
    """
    if outcome == Why.OK:
        return _DONE
    if outcome == Why.PERMFAIL:
        if stage > Stage.TLS:
            return _BOUNCE
        if not last:
            return _NEXT
        return _DEFER if figures.greeting_5xx == "next_then_defer" else _BOUNCE
    return _DEFER if last else _NEXT
