"""A story as a transcript: each session in the manner of swaks, each look-up in the manner of dig.

Only what the log has or what follows from it is there.  A reply whose text no log keeps is its code alone, since a session that went
on got that code; ids, flags, ciphers and sizes of answers, which nobody recorded, are left out.  The lines of the two programs are in
their English; what stands behind ``#`` is ours and in the story's language.

The hints are those of swaks (``ptrans`` in swaks 20240103): ``===`` what happens, ``***`` an error, `` ->`` and ``<- `` what client
and server say, `` ~>`` and ``<~ `` the same encrypted, ``<**`` and ``<~*`` a reply of another kind than the client hoped for.  The
sections are those of dig (BIND 9.18, dig(1)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from mailsim.language import printable, say
from mailsim.rules.dns.records import Rcode
from mailsim.rules.reasons import Why
from mailsim.stories.dialogue import Line, Session
from mailsim.stories.sentences import rough, voice

if TYPE_CHECKING:
    from mailsim.stories.story import Step, Story

__all__ = ["transcript"]

_ANSWER = re.compile(r"(?P<records>.*?) \(TTL (?P<ttl>\d+)\)", re.DOTALL)
_ALIAS = re.compile(r"(?P<name>[^ ;]+) is an alias of (?P<target>[^ ;]+)(?:; |$)")
#: records whose last word is a host name
_NAMING = frozenset({"MX", "NS", "CNAME", "PTR", "SRV"})
#: what connect(2) says
_ERRNO = {
    Why.SILENT: "Connection timed out",
    Why.REFUSED: "Connection refused",
    Why.NO_SERVICE: "Connection refused",
    Why.UNREACHABLE: "No route to host",
}
#: RFC 1035 section 4.1.1, as dig calls them
_STATUS = {Rcode.NOERROR: "NOERROR", Rcode.SERVFAIL: "SERVFAIL", Rcode.NXDOMAIN: "NXDOMAIN", Rcode.REFUSED: "REFUSED"}
#: dig sets its columns by tabs; a terminal is shown spaces only
_COLUMN, _NUMBER = 32, 8
#: RFC 5322 section 3.3, whatever the locale
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def transcript(story: Story) -> str:
    """The story as text in the manner of swaks and dig; every line is harmless to a terminal."""
    with voice(story.language, story.words):
        return "\n".join(printable(line) for line in _lines(story)) + "\n"


def _lines(story: Story) -> Iterator[str]:
    yield "# " + say("stories.headline", number=story.number, title=story.title)
    yield "# " + story.facts
    for step in story.shown:
        yield ""
        yield f"# +{rough(step.since_sent_us)}  {step.when:%Y-%m-%d %H:%M:%S}  {step.text}"
        if step.session is not None:
            yield from _swaks(step, step.session)
        elif step.stage == "dns" and not step.reply.endswith(" policy (HTTPS)"):
            yield from _dig(step)
        else:
            yield from (f"{_HINTS[line.side]} {line.text}" for line in step.lines)


_HINTS = {"->": " ->", "<-": "<- ", "==": "==="}


# -- sessions -----------------------------------------------------------------------------------------------------------


def _swaks(step: Step, session: Session) -> Iterator[str]:
    where = session.address or session.server
    secure, connected = session.tls == "implicit", False
    for line in step.lines:
        if line.key == "connect":
            yield f"=== Trying {where}:{session.port}..."
            continue
        if line.key == "unconnected":
            yield f"*** Error connecting to {where}:{session.port}:"
            yield f"***   {_ERRNO.get(step.why, step.reason.sentence)}"
            return
        if not connected and line.key != "forbidden":
            yield f"=== Connected to {where}."
            connected = True
        if line.key == "tls":
            secure = True
            yield f"=== TLS started with TLSv{session.tls_version}"
        else:
            yield from _one(line, session, secure=secure)
    if step.lines and step.lines[-1].side != "==":
        yield "=== Connection closed with remote host."


def _one(line: Line, session: Session, *, secure: bool) -> Iterator[str]:
    """A line of a session that is going on."""
    if line.side == "->":
        said = {"login": f"AUTH PLAIN ({session.user})", "message": f"{session.size_octets} octets sent"}.get(line.key, line.text)
        yield f"{' ~>' if secure else ' ->'} {said}"
    elif line.side == "<-":
        recorded = line.key == "recorded"
        good, bad = ("<~ ", "<~*") if secure else ("<- ", "<**")
        yield f"{bad if recorded and line.text[:1] in ('4', '5') else good} {line.text if recorded else line.text[:3]}"
    elif line.key == "closed":
        yield "*** Remote host closed connection unexpectedly."
    elif line.key in ("no_reply", "reply_lost"):
        yield f"{'<~*' if secure else '<**'} Timeout waiting for server response"
    elif line.key != "with_it":
        yield f"# {line.text}"


# -- look-ups -----------------------------------------------------------------------------------------------------------


def _dig(step: Step) -> Iterator[str]:
    name, _, rtype = step.reply.rpartition(" ")
    yield f"; <<>> mailsim <<>> {name} {rtype}"
    if step.code == Rcode.TIMEOUT:
        yield f";; communications error to {step.peer}: timed out"
        yield ";; no servers could be reached"
        return
    answers = list(_answers(name, rtype, step.lines[-1].text)) if step.code == Rcode.NOERROR and step.lines else []
    yield ";; Got answer:"
    yield f";; ->>HEADER<<- opcode: QUERY, status: {_status(step.code)}"
    yield f";; QUERY: 1, ANSWER: {len(answers)}"
    yield ""
    yield ";; QUESTION SECTION:"
    yield _row(f";{_absolute(name)}", "", rtype)
    if answers:
        yield ""
        yield ";; ANSWER SECTION:"
        yield from answers
    yield ""
    if step.cost_us >= 0:
        yield f";; Query time: {round(step.cost_us / 1000)} msec"
    yield f";; SERVER: {step.peer}"
    yield f";; WHEN: {_when(step.when)}"


def _answers(name: str, rtype: str, text: str) -> Iterator[str]:
    """Lines of the answer section from the text that the log keeps: ``10 mx1.example.com, 20 mx2.example.com (TTL 3600)``."""
    at = 0
    while alias := _ALIAS.match(text, at):
        yield _row(_absolute(alias["name"]), "", "CNAME", _absolute(alias["target"]))
        name, at = alias["target"], alias.end()
    found = _ANSWER.fullmatch(text, at)
    if found is None:
        return
    for record in [found["records"]] if rtype == "TXT" else found["records"].split(", "):
        head, _, last = record.rpartition(" ")
        shown = f"{head} {_absolute(last)}".strip() if rtype in _NAMING else record
        yield _row(_absolute(name), found["ttl"], rtype, shown)


def _row(name: str, ttl: str, rtype: str, record: str = "") -> str:
    return f"{name:<{_COLUMN - _NUMBER}}{' ' if len(name) >= _COLUMN - _NUMBER else ''}{ttl:<{_NUMBER}}IN  {rtype:<8}{record}".rstrip()


def _absolute(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _status(code: int) -> str:
    return _STATUS.get(code, f"RESERVED{code}")


def _when(at: datetime) -> str:
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S} {at.tzname()} {at.year}"
