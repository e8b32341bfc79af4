"""The server's side of SMTP as a pure step: state and command in, reply and new state out.

The engine plays whole sessions through this once per kind of message and remembers the outcome; tests and real sockets
may call the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mailsim.rules.reasons import Why
from mailsim.rules.smtp import ACCEPTED, Reply, Stage

__all__ = ["Command", "ReceiverPolicy", "Refusal", "SessionState", "judge_recipients", "policy_reason", "receive", "refusal_reason"]


class ReceiverPolicy(NamedTuple):
    """What a server is responsible for and whom it trusts.

    ``mailbox_known(address)`` is asked for domains in ``final_for``; ``login_ok(user, password)`` for AUTH; ``submission``
    sessions must log in before MAIL and may then send anywhere (RFC 6409).
    """

    host: str
    final_for: frozenset[str]
    relays_for: frozenset[str]
    mailbox_known: Callable[[str], bool]
    login_ok: Callable[[str, str], bool]
    size_limit: int | None
    submission: bool = False
    #: what is said to a recipient that is none of its business (Postfix 3.7: 454 4.7.1)
    relay_denied: tuple[int, str] = (554, "5.7.1")
    #: ``relay_knows(address)``, for domains in ``relays_for``; None: every recipient is taken there
    relay_knows: Callable[[str], bool] | None = None


class SessionState(NamedTuple):
    """How far the session is."""

    stage: Stage = Stage.GREETING
    user: str = ""
    sender: str | None = None
    recipients: tuple[str, ...] = ()


class Command(NamedTuple):
    """A command: verb, argument, and for MAIL the announced size."""

    verb: str
    argument: str = ""
    second: str = ""
    size: int = 0


_BAD_SEQUENCE = Reply(503, "5.5.1", "Error: bad sequence of commands")


def receive(state: SessionState, policy: ReceiverPolicy, command: Command) -> tuple[Reply, SessionState]:
    """The server's reply to one command, and the session after it (RFC 5321 section 4.3.2)."""
    verb = command.verb
    if verb == "CONNECT":
        return Reply(220, "", f"{policy.host} ESMTP"), SessionState(Stage.GREETING)
    if verb == "EHLO":
        return Reply(250, "", policy.host), SessionState(Stage.EHLO, state.user)
    if verb == "AUTH":
        if policy.login_ok(command.argument, command.second):
            return Reply(235, "2.7.0", "Authentication successful"), state._replace(stage=Stage.AUTH, user=command.argument)
        return Reply(535, "5.7.8", "Error: authentication failed"), state
    if verb == "MAIL":
        return _mail(state, policy, command)
    if verb == "RCPT":
        return _rcpt(state, policy, command.argument)
    if verb == "DATA":
        if not state.recipients:
            return Reply(554, "5.5.1", "Error: no valid recipients"), state
        return Reply(354, "", "End data with <CR><LF>.<CR><LF>"), state._replace(stage=Stage.DATA)
    if verb == ".":
        if state.stage != Stage.DATA:
            return _BAD_SEQUENCE, state
        return ACCEPTED, SessionState(Stage.EHLO, state.user)
    return Reply(502, "5.5.2", "Error: command not recognized"), state


def _mail(state: SessionState, policy: ReceiverPolicy, command: Command) -> tuple[Reply, SessionState]:
    if not Stage.EHLO <= state.stage < Stage.MAIL:  # nor while a transaction is open (RFC 5321 section 4.1.4)
        return _BAD_SEQUENCE, state
    if policy.submission and not state.user:
        return Reply(530, "5.7.0", "Authentication required"), state
    if policy.size_limit is not None and command.size > policy.size_limit:
        return Reply(552, "5.3.4", "Message size exceeds fixed limit"), state
    return Reply(250, "2.1.0", "Ok"), state._replace(stage=Stage.MAIL, sender=command.argument)


def _rcpt(state: SessionState, policy: ReceiverPolicy, address: str) -> tuple[Reply, SessionState]:
    if state.stage not in (Stage.MAIL, Stage.RCPT):
        return _BAD_SEQUENCE, state
    domain = address.rpartition("@")[2].lower()
    if domain in policy.final_for:
        if not policy.mailbox_known(address.lower()):
            return Reply(550, "5.1.1", f"<{address}>: Recipient address rejected: User unknown"), state
    elif domain not in policy.relays_for and not state.user:
        return Reply(*policy.relay_denied, f"<{address}>: Relay access denied"), state
    elif policy.relay_knows is not None and domain in policy.relays_for and not policy.relay_knows(address.lower()):
        return Reply(550, "5.1.1", f"<{address}>: Recipient address rejected: User unknown in relay recipient table"), state
    return Reply(250, "2.1.5", "Ok"), state._replace(stage=Stage.RCPT, recipients=(*state.recipients, address))


class Refusal(NamedTuple):
    """Where and how a server says no, and why."""

    stage: Stage
    reply: Reply
    why: Why


#: why a server of ours refuses, by code and enhanced code of its reply
_REASONS = {
    (535, "5.7.8"): Why.AUTH_FAILED,
    (454, "4.7.0"): Why.AUTH_UNAVAILABLE,
    (530, "5.7.0"): Why.AUTH_REQUIRED,
    (552, "5.3.4"): Why.TOO_BIG,
    (550, "5.1.1"): Why.NO_SUCH_MAILBOX,
    (554, "5.7.1"): Why.RELAY_DENIED,
    (454, "4.7.1"): Why.RELAY_DENIED,
}


#: why a server of ours refuses by policy, by words that only such a reply has
_WORDS = (
    ("Recipient address rejected: Greylisted", Why.GREYLISTED),
    ("Recipient address rejected: unverified address", Why.UNVERIFIED_RECIPIENT),
    ("User unknown in relay recipient table", Why.NOT_A_RECIPIENT),
    ("Error: too many connections from", Why.TOO_MANY_CONNECTIONS),
    ("Error: too much mail from", Why.RATE_LIMITED),
    ("Too many concurrent SMTP connections", Why.TOO_MANY_SESSIONS),
)


def policy_reason(reply: Reply | None, why: Why) -> Why:
    """The policy of the receiving side that a reply speaks of, or ``why``.

    >>> policy_reason(Reply(450, "4.7.1", "Error: too much mail from 192.0.2.1"), Why.TEMPFAIL).name
    'RATE_LIMITED'
    """
    if reply is None or why not in (Why.TEMPFAIL, Why.PERMFAIL):
        return why
    return next((reason for words, reason in _WORDS if words in reply.text), why)


def refusal_reason(reply: Reply) -> Why:
    """Why a server of ours gives this reply, as far as the reply says it; else its kind.

    >>> refusal_reason(Reply(535, "5.7.8", "authentication failed")).name, refusal_reason(Reply(451, "4.3.0", "later")).name
    ('AUTH_FAILED', 'TEMPFAIL')
    """
    by_policy = policy_reason(reply, reply.kind)
    if by_policy != reply.kind:
        return by_policy
    return _REASONS.get((reply.code, reply.enhanced), reply.kind)


def judge_recipients(
    policy: ReceiverPolicy, sender: str, recipients: tuple[str, ...], size: int, login: tuple[str, str] | None = None
) -> tuple[Refusal | None, tuple[Refusal | None, ...]]:
    """Play a whole session: what refuses the session as a whole, and what refuses each recipient.

    Parameters
    ----------
    policy : ReceiverPolicy
        The server.
    sender : str
        Envelope sender, ``""`` for a report.
    recipients : tuple of str
        Envelope recipients, in order.
    size : int
        Announced size in octets.
    login : (str, str), optional
        User and password for AUTH.

    Returns
    -------
    (Refusal or None, tuple of (Refusal or None))
        For the session; for each recipient.
    """

    def refused(stage: Stage, reply: Reply) -> Refusal:
        return Refusal(stage, reply, refusal_reason(reply))

    state = SessionState()
    for verb in ("CONNECT", "EHLO"):
        _, state = receive(state, policy, Command(verb))
    if login is not None:
        reply, state = receive(state, policy, Command("AUTH", *login))
        if reply.code >= 400:
            return refused(Stage.AUTH, reply), (None,) * len(recipients)
    reply, state = receive(state, policy, Command("MAIL", sender, size=size))
    if reply.code >= 400:
        return refused(Stage.MAIL, reply), (None,) * len(recipients)
    verdicts: list[Refusal | None] = []
    for address in recipients:
        reply, state = receive(state, policy, Command("RCPT", address))
        verdicts.append(refused(Stage.RCPT, reply) if reply.code >= 400 else None)
    return None, tuple(verdicts)
