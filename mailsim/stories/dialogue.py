"""What was said on the wire: the SMTP dialogue of one contact and the question and answer of one look-up, as lines.

A log keeps how far a session came, how it ended and the last reply.  The lines before that are those of any session
that came so far (RFC 5321 section 4.1.1, RFC 3207, RFC 4954, RFC 2920); their reply texts are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mailsim.language import SOURCE, numeral, printable, say, sentences
from mailsim.rules.dns.records import Rcode
from mailsim.rules.reasons import Why
from mailsim.stories.sentences import exact, reason_text

__all__ = ["STAGES", "Line", "Session", "dialogue", "lookup_lines", "size_text"]

#: the stages of a session in order, as the log names them
STAGES: tuple[str, ...] = ("connect", "greeting", "ehlo", "tls", "auth", "mail", "rcpt", "data", "eod")

#: codes of record types that stories show (RFC 1035 section 3.2.2; RFC 3596; RFC 2782; RFC 6698), and what is fetched over HTTPS
RECORD_TYPES: dict[int, str] = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 52: "TLSA", 65280: "policy (HTTPS)",
}  # fmt: skip

#: commands that one packet can carry (RFC 2920)
_BATCH = ("mail", "rcpt", "data")
#: the client does not call, or leaves, since a policy forbids the host
_FORBIDDEN = frozenset({Why.STS_MISMATCH, Why.STS_UNTRUSTED, Why.DANE_LOOKUP, Why.DANE_FAILED})
_NO_CONNECTION = frozenset({Why.SILENT, Why.REFUSED, Why.UNREACHABLE, Why.NO_SERVICE})


class Line(NamedTuple):
    """One line: the client's (``->``), the server's (``<-``) or a note of what happened (``==``).

    ``key`` says what it stands for where another form of the story words it anew: a note by its sentence (``connect``, ``tls``),
    ``recorded`` a reply that the log has; a reply without it is that of any session that came so far.
    """

    side: Literal["->", "<-", "=="]
    text: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.side} {printable(self.text)}"


@dataclass(frozen=True)
class Session:
    """Who talks to whom and with which extensions.

    Parameters
    ----------
    client, server : str
        Host names.
    address : str
        The address that is tried; may be empty.
    mail_from : str
        Envelope sender, empty for a report.
    rcpt_to : tuple of str
        Envelope recipients.
    size_octets : int
        Size of the message.
    port : int
        25 to relay (RFC 5321), 587 (RFC 6409) or 465 (RFC 8314) to submit, 24 for LMTP.
    tls : {"none", "starttls", "implicit"}
        How the session is encrypted, if it is.
    tls_version : str
        ``1.2`` or ``1.3``.
    user : str
        Who logs in, or empty.
    pipelining : bool
        MAIL, RCPT and DATA are sent at once (RFC 2920).
    greeting : {"EHLO", "LHLO"}
        LHLO to a mail store (LMTP, RFC 2033).
    refusals : tuple of (str, str)
        Recipients that the server refused in a session that it took for others, each with the reply.
    """

    client: str
    server: str
    address: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    size_octets: int
    port: int = 25
    tls: Literal["none", "starttls", "implicit"] = "none"
    tls_version: str = "1.3"
    user: str = ""
    pipelining: bool = True
    greeting: Literal["EHLO", "LHLO"] = "EHLO"
    refusals: tuple[tuple[str, str], ...] = ()


class _Exchange(NamedTuple):
    stage: str
    command: str
    reply: str
    note: str = ""
    key: str = ""


def size_text(octets: int) -> str:
    """A size for reading: ``20 kB``.

    Examples
    --------
    >>> [size_text(n) for n in (512, 20_000, 1_500_000)]
    ['512 B', '20 kB', '1.5 MB']
    """
    value: float = octets
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    return numeral(f"{value:.3g} {unit}")


def dialogue(session: Session, stage: str, *, outcome: Why, code: int = -1, text: str = "", cost_us: int = -1) -> tuple[Line, ...]:
    """The lines of one contact, up to where it ended.

    Parameters
    ----------
    session : Session
        Who and how.
    stage : str
        The last stage that was reached, one of :data:`STAGES`.
    outcome : Why
        What it came to (``Why.OK``, ``Why.SILENT``, ``Why.TEMPFAIL`` ...).
    code, text : int, str
        The last reply; -1 for none.
    cost_us : int
        What the contact took, -1 where it is not known.

    Examples
    --------
    >>> contact = Session("mail.example.org", "mx1.example.com", "192.0.2.10", "", ("bob@example.com",), 900)
    >>> for line in dialogue(contact, "connect", outcome=Why.REFUSED):
    ...     print(line)
    == connect to mx1.example.com [192.0.2.10] port 25
    == the connection was refused: the machine is up, nothing listens
    """
    reached = stage if stage in STAGES else "connect"
    return tuple(_lines(session, reached, outcome, _reply(code, text), exact(cost_us) if cost_us >= 0 else "?"))


def _reply(code: int, text: str) -> str:
    return text if code <= 0 or text.startswith(str(code)) else f"{code} {text}".rstrip()


def _lines(session: Session, stage: str, outcome: Why, reply: str, cost: str) -> Iterator[Line]:
    if outcome in _FORBIDDEN and stage == "connect":  # nobody is called
        yield Line("==", reason_text(outcome), "forbidden")
        return
    key = "connect" if session.address else "connect_name"
    yield Line("==", say(f"stories.{key}", server=session.server, address=session.address, port=session.port), "connect")
    if outcome in _NO_CONNECTION or stage == "connect":
        yield Line("==", say("stories.no_answer", cost=cost) if outcome == Why.SILENT else reason_text(outcome), "unconnected")
        return
    exchanges = list(_exchanges(session))
    reached = STAGES.index("eod" if outcome == Why.OK else stage)
    last = next(i for i, step in enumerate(exchanges) if STAGES.index(step.stage) >= reached)
    yield from _said(session, exchanges, last, outcome, reply)
    if outcome in _FORBIDDEN:
        yield Line("->", "QUIT")
    elif outcome in (Why.TEMPFAIL, Why.PERMFAIL, Why.OK):
        if session.pipelining and exchanges[last].stage in _BATCH[:-1]:
            yield Line("==", say("stories.with_it"), "with_it")
        yield Line("->", "QUIT")
        yield Line("<-", "221 2.0.0 Bye")
    elif outcome == Why.CLOSED:
        yield Line("==", say("stories.closed"), "closed")
    else:
        key = "reply_lost" if outcome == Why.REPLY_LOST else "no_reply"
        yield Line("==", say(f"stories.{key}", cost=cost), key)


def _said(session: Session, exchanges: Sequence[_Exchange], last: int, outcome: Why, reply: str) -> Iterator[Line]:
    """Commands and replies up to the exchange that was the last."""
    batch = [step.command for step in exchanges if session.pipelining and step.stage in _BATCH]
    for i, step in enumerate(exchanges[: last + 1]):
        if step.command in batch:  # all of them go out at once, before the first reply (RFC 2920 section 3.1)
            yield from (Line("->", command) for command in batch)
            batch = []
        elif step.command and not (session.pipelining and step.stage in _BATCH):
            yield Line("->", step.command, step.key)
        note = Line("==", step.note, "tls")
        if i < last or outcome == Why.OK:
            ours = Line("<-", step.reply, step.key if step.key == "recorded" else "")
            said = Line("<-", reply, "recorded") if i == last and reply else ours
            yield from (line for line in (said, note) if line.text)
        elif reply:
            yield Line("<-", reply, "recorded")
        elif outcome in _FORBIDDEN:  # seen in a reply that was good, or in the handshake after it
            yield from (line for line in (Line("<-", step.reply), Line("==", reason_text(outcome), "forbidden")) if line.text)


def _exchanges(session: Session) -> Iterator[_Exchange]:
    """The commands of the undisturbed session with the replies of success."""
    secure = say("stories.tls", version=session.tls_version)
    protocol = "ESMTP" if session.greeting == "EHLO" else "LMTP"
    if session.tls == "implicit":
        yield _Exchange("tls", "", "", secure)
    yield _Exchange("greeting", "", f"220 {session.server} {protocol}")
    can = ", PIPELINING" if session.pipelining else ""
    tls = ", STARTTLS" if session.tls == "starttls" else ""
    yield _Exchange("ehlo", f"{session.greeting} {session.client}", f"250 {session.server}{can}{tls}")
    if session.tls == "starttls":
        yield _Exchange("tls", "STARTTLS", "220 2.0.0 Ready to start TLS", secure)
        yield _Exchange("ehlo", f"{session.greeting} {session.client}", f"250 {session.server}{can}")
    if session.user:
        yield _Exchange("auth", say("stories.login", user=session.user), "235 2.7.0 Authentication successful", key="login")
    yield _Exchange("mail", f"MAIL FROM:<{session.mail_from}>", "250 2.1.0 Ok")
    refused = dict(session.refusals)
    for rcpt in session.rcpt_to:
        yield _Exchange("rcpt", f"RCPT TO:<{rcpt}>", refused.get(rcpt, "250 2.1.5 Ok"), key="recorded" if rcpt in refused else "")
    yield _Exchange("data", "DATA", "354 End data with <CR><LF>.<CR><LF>")
    yield _Exchange("eod", say("stories.message_body", size=size_text(session.size_octets)), "250 2.0.0 Ok: queued", key="message")


def lookup_lines(name: str, rtype: int, *, rcode: int, answer: str) -> tuple[Line, ...]:
    """Question and answer of a look-up.

    Examples
    --------
    >>> for line in lookup_lines("example.com", 15, rcode=0, answer="10 mx1.example.com, 20 mx2.example.com (TTL 3600)"):
    ...     print(line)
    -> example.com MX?
    <- 10 mx1.example.com, 20 mx2.example.com (TTL 3600)
    """
    question = Line("->", f"{name} {RECORD_TYPES.get(rtype, f'TYPE{rtype}')}?")
    if rcode == Rcode.NOERROR and answer:
        return (question, Line("<-", answer))
    outcome = say(f"stories.dns_{rcode}") if f"dns_{rcode}" in sentences(SOURCE, "stories") else f"RCODE {rcode}"
    return (question, Line("==" if rcode == Rcode.TIMEOUT else "<-", outcome))
