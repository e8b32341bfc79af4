"""What a report says, before it is a message: frozen values that can't hold what a report can't carry.

Fields of RFC 3464 sections 2.2 and 2.3; addresses with non-ASCII letters after RFC 6533.  What can't be put into a
header without harm (a line break in an address) is refused with all problems at once, never cleaned in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal, get_args

from mailsim.errors import Problem, ScenarioError
from mailsim.rules.reasons import Why

__all__ = ["Action", "RecipientReport", "Report", "texts"]

#: What happened to a recipient (RFC 3464 section 2.3.3; ``expanded`` needs lists, which are not modelled).
Action = Literal["failed", "delayed", "delivered", "relayed"]

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\\\"@]+(@([^\s<>()\[\]:;,\\\"@]+|\[[0-9A-Za-z:.]+\]))?")
_HOST = re.compile(r"[0-9A-Za-z._:-]+|\[[0-9A-Za-z:.]+\]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class RecipientReport:
    """What happened to one recipient: the per-recipient fields of RFC 3464 section 2.3.

    Parameters
    ----------
    final : str
        Final-Recipient: the address as the reporting MTA had it.
    action : {"failed", "delayed", "delivered", "relayed"}
        Action.
    status : str
        Status, such as ``4.4.1``.
    original : str, optional
        Original-Recipient, where it is known.
    remote_mta : str, optional
        Remote-MTA: the host that gave the last reply.
    diagnostic : str, optional
        Diagnostic-Code of type ``smtp``: the last reply as it came, such as ``450 4.2.0 busy``.
    last_attempt, will_retry_until : datetime, optional
        With a time zone, to the second (fractions are cut).
    why : Why
        Reason of the last failure; its sentence goes into the text for people and its number into an ``X-`` field.
    log_id : str, optional
        Final-Log-Id: what the last MTA calls the message in its log.
    """

    final: str
    action: Action
    status: str
    original: str | None = None
    remote_mta: str | None = None
    diagnostic: str | None = None
    last_attempt: datetime | None = None
    will_retry_until: datetime | None = None
    why: Why = Why.NONE
    log_id: str | None = None

    def __post_init__(self) -> None:
        _cut_fractions(self)


@dataclass(frozen=True)
class Report:
    """A delivery report before it is a message.

    Parameters
    ----------
    reporting_mta : str
        Host that reports (Reporting-MTA).
    sender : str
        Envelope sender of the message in question: the report goes there.
    arrival : datetime
        When the message came to the reporting MTA (Arrival-Date).
    made : datetime
        When the report was made (Date).
    recipients : tuple of RecipientReport
        At least one.
    received_from : str, optional
        Host that handed the message over (Received-From-MTA).
    headers : tuple of (str, str)
        Headers of the message in question, returned in the last part.
    envelope_id : str, optional
        Original-Envelope-Id: what the sender knows the message by (ENVID of RFC 3461).
    returned_octets : int, optional
        The message is returned whole and has so many octets (RET=FULL); what its body says is not known and padded.

    Raises
    ------
    ScenarioError
        On construction: something can't stand in a report; all problems at once.
    """

    reporting_mta: str
    sender: str
    arrival: datetime
    made: datetime
    recipients: tuple[RecipientReport, ...]
    received_from: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    envelope_id: str | None = None
    returned_octets: int | None = None

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ScenarioError(problems)
        _cut_fractions(self)


def _cut_fractions(report: Report | RecipientReport) -> None:
    for item in fields(report):
        value = getattr(report, item.name)
        if isinstance(value, datetime):
            object.__setattr__(report, item.name, value.replace(microsecond=0))


def _problems(report: Report) -> Iterator[Problem]:
    """Everything that keeps a report from being written."""
    if not report.recipients:
        yield Problem("", 0, 0, "report.recipients", "a report is about at least one recipient")
    if not report.sender:
        yield Problem("", 0, 0, "report.sender", "there is no report to the null sender (RFC 5321 section 4.5.5)")
    for path, value in texts(report):
        if _UNPRINTABLE.search(value):
            yield Problem("", 0, 0, path, f"control characters and line breaks can't stand in a report: {value!r}")
        elif value != value.strip():
            yield Problem("", 0, 0, path, f"spaces at the ends would be lost: {value!r}")
        elif path.endswith(("_mta", "received_from")) and not _HOST.fullmatch(value):
            yield Problem("", 0, 0, path, f"not a host name (ASCII; other letters as xn--...): {value!r}")
        elif path.endswith(("sender", "final", "original")) and value and not _ADDRESS.fullmatch(value):
            yield Problem("", 0, 0, path, f"not an address: {value!r}")
    for number, (name, _) in enumerate(report.headers):
        if not re.fullmatch(r"[!-9;-~]+", name):
            yield Problem("", 0, 0, f"report.headers.{number}", f"not a header's name: {name!r}")
    for number, one in enumerate(report.recipients):
        path = f"report.recipients.{number}"
        if one.action not in get_args(Action):
            yield Problem("", 0, 0, f"{path}.action", f"{one.action!r} is none of {', '.join(get_args(Action))}")
        if not _STATUS.fullmatch(one.status):
            yield Problem("", 0, 0, f"{path}.status", f"{one.status!r} is no status such as 4.4.1 (RFC 3463 section 2)")
    for path, moment in _dates(report):
        if moment.tzinfo is None:
            yield Problem("", 0, 0, path, "the instant needs a time zone")


def texts(report: Report) -> Iterator[tuple[str, str]]:
    """Every text in a report with its path, such as ``report.recipients.0.final``."""
    for path, part in _parts(report):
        for item in fields(part):
            value = getattr(part, item.name)
            if isinstance(value, str):
                yield f"{path}.{item.name}", value
    for number, (name, value) in enumerate(report.headers):
        yield f"report.headers.{number}.{name!a}", value


def _dates(report: Report) -> Iterator[tuple[str, datetime]]:
    for path, part in _parts(report):
        for item in fields(part):
            value = getattr(part, item.name)
            if isinstance(value, datetime):
                yield f"{path}.{item.name}", value


def _parts(report: Report) -> Iterator[tuple[str, Report | RecipientReport]]:
    yield "report", report
    for number, one in enumerate(report.recipients):
        yield f"report.recipients.{number}", one
