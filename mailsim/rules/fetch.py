"""What fetching costs: round trips of IMAP and POP3 sessions over TLS, and when a client looks.

======== ================================================= =====
protocol round trips before the first message               RTT
======== ================================================= =====
IMAPS    connect, TLS 1.3, greeting, LOGIN, SELECT, FETCH     6   all new messages in one FETCH (RFC 9051)
POP3S    connect, TLS 1.3, greeting, USER, PASS, LIST         6   then one RETR a message (RFC 1939)
IDLE     half a trip for EXISTS, one for FETCH                1.5 on the open connection (RFC 2177)
======== ================================================= =====
"""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.conditions import FOREVER, Timeline
from mailsim.rules.reasons import Why
from mailsim.rules.session import SYN_RESENT_US

__all__ = ["LOGIN_RTTS", "SESSION_RTTS", "SessionCost", "connection", "idle_since", "lost", "next_poll", "session_cost"]

#: round trips until the first message can come
SESSION_RTTS = 6
#: round trips until the reply to the login is here: connect, TLS, greeting, login (POP3 one more: USER and PASS)
LOGIN_RTTS = {"imap": 4, "pop3": 5}


class SessionCost(NamedTuple):
    """Offsets from the first SYN, microseconds: when the login is answered, when each message is here."""

    login_us: int
    messages_us: tuple[int, ...]


def session_cost(protocol: str, rtt_us: int, transfers_us: list[int]) -> SessionCost:
    """What a session costs that fetches messages with these transfer times."""
    at = SESSION_RTTS * rtt_us
    found = []
    for transfer in transfers_us:
        at += transfer + (rtt_us if protocol == "pop3" else 0)
        found.append(at)
    return SessionCost(LOGIN_RTTS[protocol] * rtt_us, tuple(found))


def connection(path: Timeline, start_us: int, rtt_us: int, timeout_us: int) -> tuple[int, Why]:
    """When the first SYN that gets through is sent (``OK``), or when and how connecting failed."""
    for resent in (0, *SYN_RESENT_US):
        if resent >= timeout_us:
            break
        reach = path.at(start_us + resent + (rtt_us >> 1)).reach
        if reach == Why.OK:
            return start_us + resent, Why.OK
        if reach in (Why.REFUSED, Why.UNREACHABLE):
            return start_us + resent + rtt_us, reach
    return start_us + timeout_us, Why.SILENT


def lost(path: Timeline, asked_us: int, late_us: int, patience_us: int) -> tuple[int, Why] | None:
    """When and how a connection is lost while a reply is waited for that comes ``late_us`` after ``asked_us``, or None.

    A server that stops resets the connection; where nothing gets through, or the reply comes too late, the client's patience ends.
    """
    edge = path.next_edge(asked_us)
    reach = path.at(edge).reach
    if edge <= asked_us + min(late_us, patience_us) and reach == Why.REFUSED:
        return edge, Why.CLOSED
    if late_us > patience_us or (edge <= asked_us + late_us and reach != Why.OK):
        return asked_us + patience_us, Why.REPLY_TIMEOUT
    return None


def next_poll(t_us: int, every_us: int, phase_us: int) -> int:
    """The first poll at or after ``t_us``."""
    return t_us + (phase_us - t_us) % every_us


def idle_since(path: Timeline, t_us: int, every_us: int, phase_us: int) -> int | None:
    """Since when an IDLE connection that is up at ``t_us`` has been up, or None if it is down.

    A connection opened at time 0 breaks with anything but a normal path and is opened again at the first poll after that.
    """
    if path.quiet:
        return 0
    if path.at(t_us).reach != Why.OK:
        return None
    since = 0
    for span in path.spans():
        if span.start_us > t_us:
            break
        if span.condition.reach != Why.OK and span.end_us < FOREVER:
            since = span.end_us
    opened = since if since == 0 else next_poll(since, every_us, phase_us)
    return opened if opened <= t_us else None
