"""Limits on what one client may do at a server: connections at a time, connections and messages in a while (Postfix anvil(8))."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailsim.rules.smtp import Reply

__all__ = ["TOO_MANY_SESSIONS", "ClientLimits", "Deed", "counted", "judged", "too_many_connections", "too_much_mail"]

#: what a server says that is busy with as many sessions as it may have (Exim smtp_in.c, smtp_accept_max; RFC 5321 section 3.8)
TOO_MANY_SESSIONS = Reply(421, "4.3.2", "Too many concurrent SMTP connections; please try again later.")


class ClientLimits(NamedTuple):
    """The limits; None: no limit.  Rates are counted over ``unit_us``."""

    connections: int | None
    connection_rate: int | None
    message_rate: int | None
    unit_us: int


class Deed(NamedTuple):
    """Something that a client did: when, and whether it was a message (else a connection)."""

    t_us: int
    message: bool


def counted(deeds: Sequence[Deed], t_us: int, unit_us: int) -> tuple[int, int, int]:
    """(begin of the unit that runs at ``t_us``, connections, messages in it so far), from a client's deeds in order of time.

    A unit begins with a deed and is over after ``unit_us``; the next deed begins the next: no moving average
    (anvil.c ``ANVIL_REMOTE_INCR_RATE``).

    >>> counted([Deed(0, False), Deed(60, True), Deed(61, False)], 60, 60), counted([Deed(0, False), Deed(61, False)], 61, 60)
    ((0, 1, 1), (61, 1, 0))
    """
    begin = deeds[0].t_us if deeds else t_us
    connections = messages = 0
    for deed in deeds:
        if deed.t_us > t_us:
            break
        if begin + unit_us < deed.t_us:
            begin, connections, messages = deed.t_us, 0, 0
        if deed.message:
            messages += 1
        else:
            connections += 1
    return begin, connections, messages


def judged(limits: ClientLimits, client: str, *, message: bool, at_once: int, connections: int, messages: int) -> Reply | None:
    """What refuses a connection or a message, itself counted already: smtpd.c ``smtpd_proto`` and ``mail_cmd``.

    >>> str(judged(ClientLimits(2, None, None, 60), "192.0.2.1", message=False, at_once=3, connections=3, messages=0))
    '421 4.7.0 Error: too many connections from 192.0.2.1'
    """
    if message:
        return too_much_mail(client) if limits.message_rate is not None and messages > limits.message_rate else None
    over = limits.connections is not None and at_once > limits.connections
    over = over or (limits.connection_rate is not None and connections > limits.connection_rate)
    return too_many_connections(client) if over else None


def too_many_connections(client: str) -> Reply:
    """Postfix smtpd.c; the connection ends with it."""
    return Reply(421, "4.7.0", f"Error: too many connections from {client}")


def too_much_mail(client: str) -> Reply:
    """Postfix smtpd.c, at MAIL; the session goes on."""
    return Reply(450, "4.7.1", f"Error: too much mail from {client}")
