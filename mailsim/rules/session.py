"""How long an SMTP session takes and what becomes of it when the world changes in mid-session: pure arithmetic.

Round trips until the final 250, with t = 0 at the first SYN:

======================================== ====== =======================================================
part                                      RTT    why
======================================== ====== =======================================================
connect and greeting                      2      SYN/SYN-ACK, then the banner (RFC 9293; RFC 5321 3.1)
implicit TLS before the greeting          +1     TLS 1.3 (RFC 8446); +1 more for TLS 1.2 (RFC 5246)
EHLO                                      1      RFC 5321 section 3.2
STARTTLS, handshake, EHLO again           +3     RFC 3207; TLS 1.2 +1 more
AUTH PLAIN with initial response          +1     RFC 4954 section 4
MAIL, RCPT..., DATA                       1      pipelined (RFC 2920); else one each: 3 and one more per further RCPT
body and final dot                        1      RFC 5321 section 3.3, plus transfer and server time
======================================== ====== =======================================================

So a plain pipelined session costs 5, with STARTTLS and TLS 1.3 8, with TLS 1.2 9, and 2 more without pipelining.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from mailsim.rules.conditions import NORMAL, Timeline
from mailsim.rules.cues import NOTHING, Said
from mailsim.rules.exchange import Contact, Load, Step, connected, exchange
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import ACCEPTED, Reply, Stage
from mailsim.rules.tcp import SYN_RESENT_US, Passage

__all__ = ["SYN_RESENT_US", "Contact", "Script", "Step", "Timeouts", "contact", "probe", "script", "scripted_contact"]


class Timeouts(NamedTuple):
    """The client's patience at each stage (RFC 5321 section 4.5.3.2), microseconds; ``body_us`` for a stalled data block."""

    connect_us: int
    greeting_us: int
    ehlo_us: int
    mail_us: int
    rcpt_us: int
    data_us: int
    eod_us: int
    body_us: int = 180_000_000


class Script(NamedTuple):
    """An undisturbed session: its steps and their sum of round trips up to the final reply."""

    steps: tuple[Step, ...]
    rtts: int
    #: round trips before the step at each index begins
    before: tuple[int, ...]
    timeouts: Timeouts


@cache
def script(
    timeouts: Timeouts,
    *,
    starttls: bool = False,
    implicit_tls: bool = False,
    tls: str = "1.3",
    auth: bool = False,
    pipelining: bool = True,
    recipients: int = 1,
    kept: bool = False,
) -> Script:
    """The steps of a session with these extensions in use; ``kept``: of a further message in one that was kept open.

    >>> patient = Timeouts(*(300_000_000,) * 7)
    >>> [script(patient).rtts, script(patient, starttls=True).rtts, script(patient, pipelining=False).rtts]
    [5, 8, 7]
    """
    handshake = 1 if tls == "1.3" else 2
    if kept:
        return _planned(_transaction(timeouts, pipelining, recipients), timeouts)
    steps = [Step(Stage.CONNECT, 1, timeouts.connect_us)]
    if implicit_tls:
        steps.append(Step(Stage.TLS, handshake, timeouts.greeting_us))
    steps.append(Step(Stage.GREETING, 1, timeouts.greeting_us))
    steps.append(Step(Stage.EHLO, 1, timeouts.ehlo_us))
    if starttls:
        steps.append(Step(Stage.TLS, 1 + handshake, timeouts.ehlo_us))
        steps.append(Step(Stage.EHLO, 1, timeouts.ehlo_us))
    if auth:
        steps.append(Step(Stage.AUTH, 1, timeouts.ehlo_us))
    return _planned(steps + _transaction(timeouts, pipelining, recipients), timeouts)


def _transaction(timeouts: Timeouts, pipelining: bool, recipients: int) -> list[Step]:
    """From MAIL to the end of the data."""
    mail, rcpt, data, eod = timeouts.mail_us, timeouts.rcpt_us, timeouts.data_us, timeouts.eod_us
    if pipelining:
        return [Step(Stage.MAIL, 0, mail), Step(Stage.RCPT, 0, rcpt), Step(Stage.DATA, 1, data), Step(Stage.EOD, 1, eod)]
    return [Step(Stage.MAIL, 1, mail), Step(Stage.RCPT, recipients, rcpt), Step(Stage.DATA, 1, data), Step(Stage.EOD, 1, eod)]


def _planned(steps: list[Step], timeouts: Timeouts) -> Script:
    before = tuple(sum(step.rtts for step in steps[:k]) for k in range(len(steps)))
    return Script(tuple(steps), sum(step.rtts for step in steps), before, timeouts)


def contact(
    plan: Script,
    path: Timeline,
    *,
    start_us: int,
    rtt_us: int,
    body_us: int,
    work_us: int = 0,
    pause_us: int = 0,
    refusal: tuple[Stage, Reply] | None = None,
    refusal_pause_us: int = 0,
    reply: Reply = ACCEPTED,
    octets: int = 0,
    chance: Callable[[int], float] | None = None,
) -> Contact:
    """What a session that starts at ``start_us`` comes to.

    Parameters
    ----------
    plan : Script
        The steps of the undisturbed session.
    path : Timeline
        What is wrong between client and server, as the client sees it.
    start_us, rtt_us : int
        When the first SYN leaves; round-trip time of this session.
    body_us, work_us : int
        Transfer of the body; then the server's time until it has taken the message.
    pause_us : int
        What the server waits before its greeting.
    refusal, refusal_pause_us : (Stage, Reply) or None, int
        Where the server says no by its own rules, and how long it hesitates before that.
    reply : Reply
        The final reply when all goes well.
    octets, chance : int, callable
        Where packets are lost: how large the body is, and ``chance(k)`` for the k-th packet of the session.

    Notes
    -----
    A condition is looked at where the server is: half a round trip after the command left.  ``REFUSED`` in mid-session
    resets the connection; ``SILENT`` and ``UNREACHABLE`` in mid-session mean silence (TCP takes an ICMP error on an
    open connection as a passing one, RFC 1122 section 4.2.3.9) until data sent again gets through or the client's
    patience ends.  A body that is held up goes on where it was.  A server that answers the final dot later than the client
    waits has taken the message all the same, so the client sends it again (RFC 1047).
    """
    condition, edge = path.stretch(start_us)
    undisturbed = start_us + plan.rtts * rtt_us + pause_us + body_us + work_us
    in_time = pause_us + rtt_us <= plan.timeouts.greeting_us and work_us + rtt_us <= plan.timeouts.eod_us
    if condition is NORMAL and edge > undisturbed and refusal is None and in_time:
        return Contact(Why.OK, Stage.EOD, reply, undisturbed, undisturbed - (rtt_us >> 1))
    if path.unsteady:
        load = Load(body_us, octets, 0)
        return _each_by_itself(plan, path, start_us, rtt_us, load, work_us, pause_us, refusal, refusal_pause_us, reply, chance)
    work = {Stage.GREETING: pause_us, Stage.EOD: work_us}
    if refusal is not None:
        work[refusal[0]] = work.get(refusal[0], 0) + refusal_pause_us
    return _all_together(plan, Passage(path, rtt_us), start_us, Load(body_us, 0, plan.timeouts.body_us), work, refusal, reply)


def _all_together(
    plan: Script,
    passage: Passage,
    start_us: int,
    load: Load,
    work: dict[Stage, int],
    refusal: tuple[Stage, Reply] | None,
    reply: Reply,
) -> Contact:
    """Step by step; what is pipelined comes to the same for all of it."""
    t, steps = _connected(plan, passage, start_us)
    if isinstance(t, Contact):
        return t
    done = t
    for step in steps:
        outcome = exchange(passage, t, step, work.get(step.stage, 0), refusal, load=load if step.stage == Stage.EOD else None)
        if isinstance(outcome, Contact):
            return outcome
        if step.rtts:  # what is pipelined travels with the next command that waits for its reply
            t, done = outcome
    return Contact(Why.OK, Stage.EOD, reply, t, done)


def _each_by_itself(
    plan: Script,
    path: Timeline,
    start_us: int,
    rtt_us: int,
    load: Load,
    work_us: int,
    pause_us: int,
    refusal: tuple[Stage, Reply] | None,
    refusal_pause_us: int,
    reply: Reply,
    chance: Callable[[int], float] | None,
) -> Contact:
    """Where exchanges cost more than their round trips, each command is looked at by itself."""
    no = NOTHING if refusal is None else Said(refusal[1], refusal_pause_us)
    result, _ = scripted_contact(
        plan,
        path,
        lambda stage, t_us, recipient: no if refusal is not None and stage == refusal[0] else NOTHING,
        start_us=start_us,
        rtt_us=rtt_us,
        body_us=load.body_us,
        work_us=work_us,
        pause_us=pause_us,
        recipients=("",) * max(next((step.rtts for step in plan.steps if step.stage == Stage.RCPT), 1), 1),
        octets=load.octets,
        chance=chance,
    )
    return result._replace(reply=reply) if result.why == Why.OK else result


def scripted_contact(
    plan: Script,
    path: Timeline,
    said: Callable[[Stage, int, str], Said],
    *,
    start_us: int,
    rtt_us: int,
    body_us: int,
    work_us: int,
    pause_us: int,
    recipients: Sequence[str],
    octets: int = 0,
    chance: Callable[[int], float] | None = None,
) -> tuple[Contact, tuple[tuple[int, Reply] | None, ...]]:
    """What a session with a server that follows a script comes to: each command, and each recipient, by itself.

    What is pipelined arrives together and is answered one after the other.

    Parameters
    ----------
    said : callable
        ``said(stage, t_us, recipient)``: what the script has for a command that is at the server at ``t_us``.
    recipients : sequence of str
        Envelope recipients, in order.
    octets, chance : int, callable
        As for :func:`contact`.

    Returns
    -------
    (Contact, tuple of ((int, Reply) or None))
        The session's outcome; each recipient's refusal.  A session in which all are refused ends with the last reply to RCPT.
    """
    refused: list[tuple[int, Reply] | None] = [None] * len(recipients)
    passage = Passage(path, rtt_us, chance)
    t, steps = _connected(plan, passage, start_us)
    if isinstance(t, Contact):
        return t, tuple(refused)
    work, load = {Stage.GREETING: pause_us, Stage.EOD: work_us}, Load(body_us, octets, plan.timeouts.body_us)
    result = _commands(passage, steps, t, said, work, load, recipients, refused)
    return result, tuple(refused)


def _commands(
    passage: Passage,
    steps: Sequence[Step],
    t: int,
    said: Callable[[Stage, int, str], Said],
    work: dict[Stage, int],
    load: Load,
    recipients: Sequence[str],
    refused: list[tuple[int, Reply] | None],
) -> Contact:
    """Command after command from ``t`` on, when the connection stands; writes down who is ``refused``."""
    done, piped, hung_up, arrives, together = t, 0, False, t, False
    for step in steps:
        there_us, back_us = passage.trip(t)
        piped = max(piped, t + there_us)
        for k in range(len(recipients) if step.stage == Stage.RCPT else 1):
            if hung_up:  # a good reply, and the connection ended with it
                return Contact(Why.CLOSED, step.stage, None, arrives, -1)
            sent = max(t, piped - there_us)
            line = said(step.stage, sent + there_us, recipients[k] if step.stage == Stage.RCPT else "")
            outcome = _by_script(passage, sent, step, load, work.get(step.stage, 0), line, piped=together)
            hung_up = line.close and line.reply is not None
            if isinstance(outcome, Contact):
                turned_away = step.stage == Stage.RCPT and outcome.reply is not None
                if not turned_away or line.close:
                    return outcome._replace(hung_up=hung_up and outcome.reply is not None)
                refused[k] = (outcome.end_us, outcome.reply)  # type: ignore[assignment]
                arrives, done = outcome.end_us, outcome.end_us - back_us
            else:
                arrives, done = outcome
            piped = done
            together = not step.rtts
            if step.rtts:
                t = arrives
        if step.stage == Stage.RCPT and None not in refused:
            return _none_left(refused)
    return Contact(Why.OK, Stage.EOD, ACCEPTED, t, done, hung_up)


def _none_left(refused: Sequence[tuple[int, Reply] | None]) -> Contact:
    """All recipients were refused: the session ends with the last of these replies."""
    end, reply = max((r for r in refused if r is not None), key=lambda r: r[0])
    return Contact(reply.kind, Stage.RCPT, reply, end, -1)


def _by_script(
    passage: Passage, sent_us: int, step: Step, load: Load, work_us: int, line: Said, *, piped: bool
) -> tuple[int, int] | Contact:
    """One command and what the script has for it."""
    answer = (step.stage, line.reply) if line.reply is not None else None
    each = step._replace(rtts=1) if step.stage in _ONE_BY_ONE else step
    dropped = line.close and line.reply is None
    body = load if step.stage == Stage.EOD else None
    return exchange(passage, sent_us, each, work_us + line.delay_us, answer, load=body, hangs_up=dropped, piped=piped)


#: each of these commands has its own reply, though they may travel together
_ONE_BY_ONE = (Stage.MAIL, Stage.RCPT, Stage.DATA)


def _connected(plan: Script, passage: Passage, start_us: int) -> tuple[Contact | int, tuple[Step, ...]]:
    """The instant at which the connection stands, or what came instead; and the steps from there on."""
    if plan.steps[0].stage != Stage.CONNECT:  # it stands already
        return start_us, plan.steps
    return connected(passage, start_us, plan.timeouts.connect_us), plan.steps[1:]


def probe(
    path: Timeline, since_us: int, sent_us: int, rtt_us: int, timeout_us: int, *, chance: Callable[[int], float] | None = None
) -> tuple[bool, int]:
    """RSET on a connection that was last used at ``since_us``: whether it still works, and when the client knows.

    A server that was stopped meanwhile knows nothing of the connection and resets it (RFC 9293 section 3.5.2, half-open).
    """
    if path.quiet and rtt_us <= timeout_us:
        return True, sent_us + rtt_us
    step = Step(Stage.CONNECT, 1, timeout_us)  # no rule speaks of RSET
    outcome = exchange(Passage(path, rtt_us, chance), sent_us, step, 0, None)
    if isinstance(outcome, Contact):
        return False, outcome.end_us
    edge = path.next_edge(since_us)
    while edge <= sent_us:
        if path.at(edge).down or path.at(edge).restarts:
            return False, outcome[0]
        edge = path.next_edge(edge)
    return True, outcome[0]
