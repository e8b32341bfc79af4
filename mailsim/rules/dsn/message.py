"""The report as a message, written and read back: multipart/report with message/delivery-status.

Boundary and Message-ID are derived from the report's fields and its dates are given, so equal reports are equal octets.

Sources: RFC 3464 (message/delivery-status), RFC 6522 (multipart/report), RFC 3461 section 6 (what goes into it),
RFC 3834 (Auto-Submitted), RFC 6533 section 3 (addresses with non-ASCII letters), RFC 2047 (other non-ASCII text).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage, Message
from email.utils import format_datetime, parsedate_to_datetime
from typing import get_args

from mailsim.errors import Problem, ScenarioError
from mailsim.rules.dsn.report import Action, RecipientReport, Report, texts
from mailsim.rules.reasons import REASONS, Why

__all__ = ["build_dsn", "parse_dsn"]

_LINE_LIMIT = 76
_FOLDABLE = re.compile(r" (?=[^ ])")
_EMBEDDED = re.compile(r"\\x\{([0-9A-F]{2,6})\}")


def build_dsn(report: Report) -> bytes:
    """The report as an RFC 3464 message with CRLF line ends, to be sent with the null envelope sender.

    Raises nothing: a :class:`Report` that can't be written can't be made.
    """
    stamp = hashlib.sha256(repr(report).encode("utf-8", "backslashreplace")).hexdigest()[:24]
    international = not all(value.isascii() for _, value in texts(report))
    rules = (policy.SMTPUTF8 if international else policy.SMTP).clone(refold_source="none")
    message = EmailMessage(policy=rules)
    message["From"] = f"Mail Delivery System <MAILER-DAEMON@{report.reporting_mta}>"
    message["To"] = report.sender
    message["Subject"] = _SUBJECTS[_worst(report)]
    message["Date"] = format_datetime(report.made)
    message["Message-ID"] = f"<{stamp}@{report.reporting_mta}>"
    message["Auto-Submitted"] = "auto-replied"
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = f'multipart/report; report-type=delivery-status; boundary="=_{stamp}"'
    message.set_payload([_text_part(_words(report), "plain"), _status_part(report), _returned_part(report)])
    return message.as_bytes(policy=rules)


_SUBJECTS = {
    "failed": "Undelivered Mail Returned to Sender",
    "delayed": "Delayed Mail (still being retried)",
    "relayed": "Relayed Mail (no further reports)",
    "delivered": "Successful Mail Delivery Report",
}
#: no phrase that parsers of free text wait for ("not yet been delivered"): the second part says it better
_OUTCOMES = {
    "failed": "could not be delivered to",
    "delayed": "is late and will be tried again for",
    "relayed": "was passed on to a system that may not report, for",
    "delivered": "was delivered to",
}


def _worst(report: Report) -> str:
    present = {one.action for one in report.recipients}
    return next(action for action in _SUBJECTS if action in present)


def _words(report: Report) -> str:
    """The part for people."""
    lines = [f"This is the mail system at host {report.reporting_mta}.", ""]
    for action, outcome in _OUTCOMES.items():
        concerned = [one for one in report.recipients if one.action == action]
        if not concerned:
            continue
        lines += [f"Your message of {format_datetime(report.arrival)} {outcome}:", ""]
        for one in concerned:
            lines.append(f"  <{one.final}>")
            if one.diagnostic is not None:
                lines.append(f"    {one.remote_mta or 'the last server'} said: {one.diagnostic}")
            if one.why:
                lines.append(f"    {REASONS[one.why].sentence} ({REASONS[one.why].source})")
            if one.will_retry_until is not None:
                lines.append(f"    It is tried until {format_datetime(one.will_retry_until)}. You need not send it again.")
            lines.append("")
    third = "the headers of your message" if report.returned_octets is None else "your message"
    lines.append(f"The second part is for programs, the third holds {third}.")
    return "\r\n".join(lines) + "\r\n"


def _returned_part(report: Report) -> Message:
    """The message in question: its headers (text/rfc822-headers), or all of it (RFC 6522 section 3)."""
    # an address by itself on its line: parsers of free text take one between two commas for one that failed
    limits = {"to": 0, "cc": 0}
    headers = "".join(f"{_folded(name, value, limit=limits.get(name.lower(), _LINE_LIMIT))}\r\n" for name, value in report.headers)
    if report.returned_octets is None:
        return _text_part(headers, "rfc822-headers")
    octets = f"{headers}\r\n".encode("utf-8", "backslashreplace")
    part: Message = Message()
    part["Content-Type"] = "message/rfc822"
    whole = octets + _padding(report.returned_octets - len(octets)).encode()
    part.set_payload([message_from_bytes(whole, policy=policy.SMTPUTF8.clone(refold_source="none"))])
    return part


def _padding(octets: int) -> str:
    """So many octets of lines that say nothing: the texts of mail are not simulated."""
    whole, rest = divmod(max(octets, 0), _LINE_LIMIT + 2)
    return ("." * _LINE_LIMIT + "\r\n") * whole + "." * rest


def _text_part(text: str, subtype: str) -> EmailMessage:
    part = EmailMessage(policy=policy.SMTP)
    plain = text.isascii() and max(map(len, text.split("\r\n"))) < 998
    part.set_content(text, subtype=subtype, charset="us-ascii" if text.isascii() else "utf-8", cte="7bit" if plain else "quoted-printable")
    del part["MIME-Version"]
    return part


def _status_part(report: Report) -> Message:
    """The part for programs: blocks of fields, the first for the message, then one for each recipient."""
    part: Message = Message()
    part["Content-Type"] = "message/delivery-status"
    blocks: list[Message | str] = [_block(_message_fields(report)), *(_block(_recipient_fields(one)) for one in report.recipients)]
    part.set_payload(blocks)
    return part


def _message_fields(report: Report) -> Iterator[tuple[str, str]]:
    if report.envelope_id is not None:
        yield "Original-Envelope-Id", _encoded(report.envelope_id)
    yield "Reporting-MTA", f"dns; {report.reporting_mta}"
    if report.received_from is not None:
        yield "Received-From-MTA", f"dns; {report.received_from}"
    yield "Arrival-Date", format_datetime(report.arrival)


def _recipient_fields(one: RecipientReport) -> Iterator[tuple[str, str]]:
    if one.original is not None:
        yield "Original-Recipient", _typed_address(one.original)
    yield "Final-Recipient", _typed_address(one.final)
    yield "Action", one.action
    yield "Status", one.status
    if one.remote_mta is not None:
        yield "Remote-MTA", f"dns; {one.remote_mta}"
    if one.diagnostic is not None:
        yield "Diagnostic-Code", f"smtp; {_encoded(one.diagnostic)}"
    if one.last_attempt is not None:
        yield "Last-Attempt-Date", format_datetime(one.last_attempt)
    if one.log_id is not None:
        yield "Final-Log-Id", _encoded(one.log_id)
    if one.will_retry_until is not None:
        yield "Will-Retry-Until", format_datetime(one.will_retry_until)
    if one.why:
        yield "X-Mailsim-Reason", f"{int(one.why)} {REASONS[one.why].key}"


def _block(lines: Iterable[tuple[str, str]]) -> Message:
    block: Message = Message()
    for name, value in lines:
        block[name] = _folded(name, value)[len(name) + 2 :]
    return block


def _folded(name: str, value: str, *, limit: int = _LINE_LIMIT) -> str:
    """``name: value``, broken before single spaces so that reading it joined gives the same text (RFC 5322 section 2.2.3)."""
    lines, current = [], f"{name}:"
    for word in _FOLDABLE.split(value):
        if len(current) + 1 + len(word) > limit and current.strip() and current != f"{name}:":
            lines.append(current)
            current = f" {word}"
        else:
            current += f" {word}"
    return "\r\n".join([*lines, current])


def _typed_address(address: str) -> str:
    """``rfc822; a@b``, or ``utf-8; \\x{E4}@b`` (RFC 6533 section 3: the form that a 7-bit part can carry)."""
    if address.isascii():
        return f"rfc822; {address}"
    return "utf-8; " + "".join(c if c.isascii() and c != "\\" else f"\\x{{{ord(c):02X}}}" for c in address)


def _encoded(text: str) -> str:
    """Text as encoded words where it is not ASCII, or looks like an encoded word itself (RFC 2047)."""
    return text if text.isascii() and "=?" not in text else Header(text, "utf-8", maxlinelen=75).encode(linesep="", splitchars="")


def parse_dsn(octets: bytes) -> Report:
    """The report that a message is: the inverse of :func:`build_dsn`; reads reports of other programs too.

    Raises
    ------
    ScenarioError
        The message is no delivery report, or one that lacks what RFC 3464 demands.
    """
    message = message_from_bytes(octets, policy=policy.default)
    parts = list(message.iter_parts()) if message.get_content_type() == "multipart/report" else []
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    payload = status.get_payload() if status is not None else []
    blocks = [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []
    if len(blocks) < 2:
        raise _unreadable("no multipart/report with a message/delivery-status part of at least two blocks (RFC 3464 section 2.1)")
    head, made = blocks[0], _date(message.get("Date"))
    arrival = _date(head.get("Arrival-Date")) or made
    if arrival is None:
        raise _unreadable("neither Arrival-Date nor Date can be read")
    returned = next((part for part in parts if part.get_content_type() in ("text/rfc822-headers", "message/rfc822")), None)
    headers, size = _returned(returned)
    to = message["To"]
    return Report(
        reporting_mta=_after_type(head.get("Reporting-MTA")) or "",
        sender=_utf8(to.addresses[0].addr_spec) if to is not None and to.addresses else "",
        arrival=arrival,
        made=made or arrival,
        recipients=tuple(_recipient(block) for block in blocks[1:] if block.keys()),
        received_from=_after_type(head.get("Received-From-MTA")),
        headers=headers,
        envelope_id=_text(head.get("Original-Envelope-Id")),
        returned_octets=size,
    )


def _unreadable(what: str) -> ScenarioError:
    return ScenarioError([Problem("", 0, 0, "report", f"this is no delivery report: {what}")])


def _recipient(block: Message) -> RecipientReport:
    number, _, _ = str(block.get("X-Mailsim-Reason", "0")).partition(" ")
    action = str(block.get("Action", "")).strip().lower()
    if action not in get_args(Action):
        raise _unreadable(f"Action {action!r}")
    found: Action = next(known for known in get_args(Action) if known == action)
    return RecipientReport(
        final=_after_type(block.get("Final-Recipient")) or "",
        action=found,
        status=str(block.get("Status", "")).partition("(")[0].strip(),
        original=_after_type(block.get("Original-Recipient")),
        remote_mta=_after_type(block.get("Remote-MTA")),
        diagnostic=_after_type(block.get("Diagnostic-Code")),
        last_attempt=_date(block.get("Last-Attempt-Date")),
        will_retry_until=_date(block.get("Will-Retry-Until")),
        why=Why(int(number)) if number.isdigit() and int(number) in set(Why) else Why.NONE,
        log_id=_text(block.get("Final-Log-Id")),
    )


def _after_type(value: object) -> str | None:
    """``dns; host`` and its like without the type, with RFC 6533 letters put back."""
    if value is None:
        return None
    kind, _, rest = str(value).partition(";")
    rest = rest.strip()
    return _EMBEDDED.sub(lambda found: chr(int(found[1], 16)), rest) if kind.strip().lower() == "utf-8" else rest


def _utf8(text: str) -> str:
    """Octets that the parser kept as surrogates, read as UTF-8 (RFC 6532)."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _date(value: object) -> datetime | None:
    try:
        return parsedate_to_datetime(str(value)) if value is not None else None
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value).strip()


def _returned(part: Message | None) -> tuple[tuple[tuple[str, str], ...], int | None]:
    """Headers of the message in question and, where it came back whole, its octets."""
    if part is None:
        return (), None
    if part.get_content_type() == "text/rfc822-headers":
        return tuple(_headers(part.get_content())) if isinstance(part, EmailMessage) else (), None
    inner = part.get_payload(0)
    assert isinstance(inner, Message), "the parser gives a message/rfc822 part a message"
    octets = inner.as_bytes(policy=policy.SMTPUTF8.clone(refold_source="none"))
    return tuple(_headers(octets.partition(b"\r\n\r\n")[0].decode("utf-8", "replace"))), len(octets)


def _headers(text: str) -> Iterator[tuple[str, str]]:
    for line in re.sub(r"\r?\n(?=[ \t])", "", text).splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name, value.strip()
