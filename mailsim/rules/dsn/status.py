"""When a report is due, which status it gives and how large it is: known before any text exists.

Sources: RFC 5321 section 4.5.5 (null sender), RFC 3461 section 4.1 (NOTIFY), RFC 3463 (status codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from mailsim.rules.dsn.report import Action
from mailsim.rules.reasons import Why

__all__ = ["REPORT_OCTETS", "Wording", "report_due", "report_size", "reported", "status_for", "success_status"]

#: Size of a report with one recipient, without the headers that it returns: what :func:`build_dsn` makes for
#: names of the length of the examples (``mx2.example.com``, ``bob@example.com``); a test keeps it true within 10 %.
REPORT_OCTETS = 1450

#: Status of a failure that brought no enhanced code (RFC 3463 sections 3.2-3.8; expiry: X.4.7).
_STATUS_OF: dict[Why, str] = {
    Why.REFUSED: "4.4.1",
    Why.SILENT: "4.4.1",
    Why.UNREACHABLE: "4.4.1",
    Why.NO_SERVICE: "4.4.1",
    Why.DESTINATION_DEAD: "4.4.1",
    Why.HOST_RETRY_TIME: "4.4.1",
    Why.CLOSED: "4.4.2",
    Why.REPLY_TIMEOUT: "4.4.2",
    Why.REPLY_LOST: "4.4.2",
    Why.DNS_TIMEOUT: "4.4.3",
    Why.DNS_SERVFAIL: "4.4.3",
    Why.DNS_REFUSED: "4.4.3",
    Why.STS_MISMATCH: "4.7.5",
    Why.STS_UNTRUSTED: "4.7.5",
    Why.DANE_LOOKUP: "4.7.5",
    Why.DANE_FAILED: "4.7.5",
    Why.LIFETIME_OVER: "4.4.7",
    Why.ATTEMPTS_OVER: "4.4.7",
    Why.HOST_CUTOFF: "4.4.7",
    Why.HOST_LONG_DEAD: "4.4.7",
    Why.DNS_NXDOMAIN: "5.1.2",
    Why.DOMAIN_MISSING: "5.1.2",
    Why.NULL_MX: "5.1.10",
    Why.MX_SELF: "5.4.6",
    Why.HOP_LIMIT: "5.4.6",
    Why.MX_UNUSABLE: "5.4.4",
    Why.NO_MX_NO_ADDRESS: "5.4.4",
    Why.NO_SUCH_MAILBOX: "5.1.1",
    Why.MAILBOX_FULL: "4.2.2",
    Why.TOO_BIG: "5.3.4",
    Why.RELAY_DENIED: "5.7.1",
    Why.AUTH_REQUIRED: "5.7.0",
    Why.AUTH_FAILED: "5.7.8",
    Why.PERMANENT: "5.0.0",
    Why.PERMFAIL: "5.0.0",
    Why.UNWELCOME: "5.3.2",
}


def report_due(sender: str, action: Action, *, notify: Iterable[str] = ("FAILURE", "DELAY")) -> bool:
    """Is a report on ``action`` due to ``sender``?

    Never to the null sender (RFC 5321 section 4.5.5); of success only when it was asked for.  Without a NOTIFY
    parameter a failure is reported and a delay may be (RFC 3461 section 4.1).
    """
    wanted = {"failed": "FAILURE", "delayed": "DELAY", "delivered": "SUCCESS", "relayed": "SUCCESS"}[action]
    return sender != "" and wanted in {word.upper() for word in notify}


def status_for(code: int, enhanced: str, why: Why) -> str:
    """The Status of a report: the last reply's enhanced code, else its class, else what the reason stands for.

    Parameters
    ----------
    code : int
        Last reply code, -1 for none.
    enhanced : str
        Enhanced code of the last reply (``5.1.1``), or a reply text that begins with one; may be empty.
    why : Why
        Reason of the last failure.

    Notes
    -----
    A message that expired keeps the status of its last failure, 4yz included, as Postfix 3.7.11 does (observed, cases
    ``single_refused_expire``: 4.4.1, ``three_pref_450``: 4.2.0, ``dns_servfail_expire``: 4.4.3).
    """
    found = re.match(r"(?:[245]\d\d[ -])?([245]\.\d{1,3}\.\d{1,3})(?:\s|$)", enhanced)
    if found:
        return found[1]
    if code >= 400:
        specific = _STATUS_OF.get(why, "")
        return specific if specific.startswith(f"{code // 100}.") and why >= Why.AUTH_FAILED else f"{code // 100}.0.0"
    return _STATUS_OF.get(why, "4.0.0")


class Wording(Protocol):
    """What a program puts into its reports in place of what is known."""

    @property
    def status_expired(self) -> str | None:
        """Of a message that was kept too long; None: that of its last failure."""
        ...

    @property
    def status_failed(self) -> str | None:
        """Of every other failure for good; None: the reply's."""
        ...

    @property
    def status_delayed(self) -> str | None:
        """Of a delay; None: that of the last failure."""
        ...

    @property
    def status_unwelcome(self) -> str | None:
        """Where the greeting was a 5yz; None: the reply's."""
        ...

    @property
    def action_expired(self) -> Action:
        """``failed`` (RFC 3464 section 2.3.3), or ``delayed`` (OpenSMTPD 6.8 observed)."""
        ...


def reported(code: int, reply: str, why: Why, *, of: Why = Why.NONE, delayed: bool = False, wording: Wording) -> tuple[Action, str]:
    """Action and Status of a report as the program words it.

    Parameters
    ----------
    code, reply : int, str
        Last reply code (-1 for none) and its text.
    why : Why
        Why it is reported.
    of : Why
        For a message that was kept too long: its last failure.
    delayed : bool
        The mail is only late.
    wording : Wording
        What the program puts in place.
    """
    if delayed:
        return "delayed", wording.status_delayed or status_for(code, reply, why)
    if why in (Why.LIFETIME_OVER, Why.ATTEMPTS_OVER, Why.HOST_CUTOFF, Why.HOST_LONG_DEAD):
        return wording.action_expired, wording.status_expired or status_for(code, reply, of or why)
    if why == Why.UNWELCOME and wording.status_unwelcome:
        return "failed", wording.status_unwelcome
    return "failed", wording.status_failed or status_for(code, reply, why)


def success_status(reply: str) -> str:
    """Status of mail that was delivered or passed on: that of the last reply, else 2.0.0 (RFC 3463 section 2, class 2)."""
    found = re.match(r"(?:2\d\d[ -])?(2\.\d{1,3}\.\d{1,3})(?:\s|$)", reply)
    return found[1] if found else "2.0.0"


def report_size(headers_octets: int) -> int:
    """Octets of a report that returns ``headers_octets`` (of headers, or of the whole message): an estimate, made before the text.

    Names and addresses of other lengths than those of the examples make some tens of octets of difference, which at
    10 Mbit/s are some tens of microseconds.
    """
    return REPORT_OCTETS + headers_octets
