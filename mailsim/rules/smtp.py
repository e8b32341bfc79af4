"""SMTP replies, stages of a session, and the one table of what a failure means for the client.

The table answers, for every program and with no simulator in sight: given what a contact came to, what happens to the
message next?  Shape after Postfix ``smtp_trouble.c``: scope x kind x last target; what each cell says is the flavour's.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple, Protocol

from mailsim.rules.reasons import Why

__all__ = ["ACCEPTED", "MEANINGS", "Action", "Failures", "Reply", "Stage", "Verdict", "parse_reply", "verdict"]


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


#: what a failure may mean, by what is left to try: ``next_then_defer`` goes on to the next target and, at the last one, waits
MEANINGS: dict[str, tuple[Action, Action]] = {
    "next_then_defer": (Action.NEXT, Action.DEFER),
    "next_then_bounce": (Action.NEXT, Action.BOUNCE),
    "defer": (Action.DEFER, Action.DEFER),
    "bounce": (Action.BOUNCE, Action.BOUNCE),
}


class Failures(Protocol):
    """What each failure means to a program: a key of :data:`MEANINGS` for each row of the table in :func:`verdict`."""

    @property
    def no_connection(self) -> str:
        """Refused, silent or unreachable."""
        ...

    @property
    def greeting_lost(self) -> str:
        """Closed or silent before the banner."""
        ...

    @property
    def greeting_4xx(self) -> str:
        """A 4yz greeting."""
        ...

    @property
    def greeting_5xx(self) -> str:
        """A 5yz greeting."""
        ...

    @property
    def ehlo_4xx(self) -> str:
        """4yz to EHLO and HELO (and to STARTTLS and AUTH)."""
        ...

    @property
    def ehlo_5xx(self) -> str:
        """5yz to EHLO and HELO."""
        ...

    @property
    def ehlo_lost(self) -> str | None:
        """Closed or silent at EHLO (and STARTTLS and AUTH); None: as ``session_lost``."""
        ...

    @property
    def session_lost(self) -> str:
        """Closed or silent after the greeting, a lost reply to the data included."""
        ...

    @property
    def transaction_4xx(self) -> str:
        """4yz at MAIL or later."""
        ...

    @property
    def transaction_5xx(self) -> str:
        """5yz at MAIL or later."""
        ...


_WHY = {Action.NEXT: Why.NEXT_TARGET, Action.DEFER: Why.RETRY_LATER, Action.BOUNCE: Why.PERMANENT}
_VERDICTS = {action: Verdict(action, why) for action, why in _WHY.items()}
#: the client left since a policy of the domain forbids the host: the next one, or later, in every program that heeds policies
_UNSAFE = (Why.STS_MISMATCH, Why.STS_UNTRUSTED, Why.DANE_LOOKUP, Why.DANE_FAILED)
_DONE = Verdict(Action.DONE, Why.OK)


def verdict(outcome: Why, stage: Stage, *, last: bool, failures: Failures) -> Verdict:
    """What becomes of the message (or of one recipient) after a contact.

    Parameters
    ----------
    outcome : Why
        What the contact came to.
    stage : Stage
        Where it ended.
    last : bool
        No further target is left in this attempt.
    failures : Failures
        What each failure means to the program.

    Notes
    -----
    ============================== =================== ====================================================
    outcome                        ``failures``        RFC 5321 sections 4.2.1 and 5.1
    ============================== =================== ====================================================
    taken                                              done
    no connection                  ``no_connection``   next target, at the last one wait
    lost before the greeting       ``greeting_lost``   next, then wait
    4yz, 5yz greeting              ``greeting_*``      next; at the last one wait (Postfix) or bounce (Exim)
    4yz, 5yz at EHLO               ``ehlo_*``          next, then wait; 5yz bounce
    lost at EHLO                   ``ehlo_lost``       next, then wait
    lost later                     ``session_lost``    next, then wait
    4yz at MAIL and later          ``transaction_4xx`` next, then wait (OpenSMTPD, Courier, qmail: wait at once)
    5yz at MAIL and later          ``transaction_5xx`` bounce: another MX of the domain is not asked
    forbidden by a policy                              next, then wait (RFC 8461 section 5, RFC 7672 section 2.2)
    ============================== =================== ====================================================
    """
    if outcome == Why.OK:
        return _DONE
    if outcome in _UNSAFE:
        return _VERDICTS[MEANINGS["next_then_defer"][last]]
    if outcome in (Why.TEMPFAIL, Why.PERMFAIL):
        part = "greeting" if stage <= Stage.GREETING else "ehlo" if stage < Stage.MAIL else "transaction"
        key = f"{part}_{'4xx' if outcome == Why.TEMPFAIL else '5xx'}"
    else:
        key = "no_connection" if stage == Stage.CONNECT else "greeting_lost" if stage == Stage.GREETING else "session_lost"
        if Stage.GREETING < stage < Stage.MAIL and failures.ehlo_lost is not None:
            key = "ehlo_lost"
    return _VERDICTS[MEANINGS[getattr(failures, key)][last]]
