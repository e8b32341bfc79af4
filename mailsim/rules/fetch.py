"""What fetching costs: round trips of IMAP and POP3 sessions over TLS, and when a client looks.

======== ================================================= =====
protocol round trips before the first message               RTT
======== ================================================= =====
IMAPS    connect, TLS 1.3, greeting, LOGIN, SELECT, FETCH     6   all new messages in one FETCH (RFC 9051)
POP3S    connect, TLS 1.3, greeting, USER, PASS, LIST         6   then one RETR a message (RFC 1939)
IDLE     half a trip for EXISTS, one for FETCH                1.5 on the open connection (RFC 2177)
======== ================================================= =====

Once a connection stands, silence does not end it: TCP repeats what is lost until its own patience ends.  Who waits on IDLE
notices a dead connection by a TCP keepalive, or because the IDLE that it begins again every 29 minutes gets no answer; only a
machine that is there and knows nothing of the connection says so at once (RST, RFC 9293 section 3.5.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mailsim.rules.conditions import FOREVER, Condition, Timeline
from mailsim.rules.exchange import Contact, Step, connected, exchange
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Stage
from mailsim.rules.tcp import DATA_RESENT_US, SYN_RESENT_US, Passage

__all__ = [
    "LOGIN_RTTS",
    "SESSION_RTTS",
    "IdlePatience",
    "SessionCost",
    "connection",
    "idle_ends",
    "idle_since",
    "lost",
    "next_poll",
    "pushed_us",
    "session_cost",
    "slow_connection",
    "slow_cost",
    "slow_trips",
    "slows",
]

#: round trips until the first message can come
SESSION_RTTS = 6
#: round trips until the reply to the login is here: connect, TLS, greeting, login (POP3 one more: USER and PASS)
LOGIN_RTTS = {"imap": 4, "pop3": 5}


class IdlePatience(NamedTuple):
    """How a client notices that its open connection is dead, microseconds.

    Parameters
    ----------
    keepalive_us : int
        From the cut until its TCP gives the connection up.
    reissue_us : int
        How often it ends IDLE and begins it again (RFC 2177 section 3).
    reply_us : int
        How long it waits for the answer to that.
    """

    keepalive_us: int
    reissue_us: int
    reply_us: int


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


def slows(condition: Condition, patience_us: int) -> bool:
    """Whether each reply is later than the client's patience."""
    return condition.delay_us + condition.lag_us > patience_us or condition.packet_loss >= 1.0


def slow_trips(
    path: Timeline, syn_us: int, rtt_us: int, trips: int, patience_us: int, chance: Callable[[int], float] | None
) -> list[int] | tuple[int, Why]:
    """Where exchanges cost more than round trips: the instant at which each is over, or when and how the session is lost.

    The first one connects; ``syn_us`` is when its SYN is sent.
    """
    passage = Passage(path, rtt_us, chance)
    there = connected(passage, syn_us, patience_us)
    if isinstance(there, Contact):
        return there.end_us, there.why
    found = [there]
    for _ in range(trips - 1):
        outcome = exchange(passage, found[-1], Step(Stage.CONNECT, 1, patience_us), 0, None)  # no rule of SMTP speaks of it
        if isinstance(outcome, Contact):
            return outcome.end_us, outcome.why
        found.append(outcome[0])
    return found


def slow_connection(path: Timeline, start_us: int, rtt_us: int, patience_us: int) -> tuple[int, Why, int]:
    """Where exchanges cost more than round trips: as :func:`connection`, and what each later round trip takes.

    The instant given is the one from which all round trips, the connection too, would take that long; losses by chance are not drawn.
    """
    found = slow_trips(path, start_us, rtt_us, 1, patience_us, None)
    if isinstance(found, tuple):
        return *found, rtt_us
    condition = path.at(found[0])
    paid = rtt_us + condition.lag_us + condition.delay_us
    return found[0] - paid, Why.OK, paid


def slow_cost(protocol: str, trips: list[int], start_us: int, transfers_us: list[int]) -> SessionCost:
    """What a session costs whose round trips are over at these instants; POP3 needs one more for each message."""
    found, extra = [], 0
    for k, transfer in enumerate(transfers_us):
        extra += transfer
        found.append(trips[SESSION_RTTS - 1 + (k + 1 if protocol == "pop3" else 0)] - start_us + extra)
    return SessionCost(trips[LOGIN_RTTS[protocol] - 1] - start_us, tuple(found))


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


def idle_ends(path: Timeline, opened_us: int, patience: IdlePatience) -> tuple[int, int]:
    """When a connection that was opened at ``opened_us`` is cut for good, and when its client notices; FOREVER for never.

    Silence that is over before the client notices does it no harm.  A service that stops resets its connections at once.
    """
    cut = ends = noticed = -1
    for start, end, condition in path.spans():
        if end <= opened_us or condition.reach == Why.OK:
            continue
        start = max(start, opened_us)
        if cut >= 0 and ends < start:
            cut = -1  # that silence was over in time
        if cut < 0:
            cut = start
            again = opened_us + -(-(cut - opened_us) // patience.reissue_us) * patience.reissue_us
            noticed = min(cut + patience.keepalive_us, max(again, opened_us + patience.reissue_us) + patience.reply_us)
        if condition.reach == Why.REFUSED:
            return cut, min(start, noticed)
        ends = end
        if noticed <= end:
            return cut, noticed
    return FOREVER, FOREVER


def _through(path: Timeline, t_us: int) -> int:
    """When what is sent at ``t_us`` gets through: at once, or when TCP sends it again to a way that is open."""
    return next((t_us + resent for resent in (0, *DATA_RESENT_US) if path.at(t_us + resent).reach == Why.OK), FOREVER)


def pushed_us(path: Timeline, t_us: int, rtt_us: int, transfer_us: int, cut_us: int) -> int:
    """When a message that is stored at ``t_us`` is with a client on IDLE, or FOREVER where its connection is cut before.

    Half a round trip for EXISTS, one for FETCH, and the message; what falls into silence is sent again.
    """
    at = _through(path, t_us)
    if at >= FOREVER:
        return FOREVER
    at = _through(path, at + (rtt_us >> 1))
    while at < FOREVER and path.next_edge(at) < at + rtt_us + transfer_us and path.at(path.next_edge(at)).reach != Why.OK:
        at = _through(path, path.next_edge(at))
    done = at + rtt_us + transfer_us
    return done if at < FOREVER and done < cut_us else FOREVER
