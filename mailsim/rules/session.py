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

from mailsim.rules.conditions import FOREVER, NORMAL, Condition, Manner, Timeline
from mailsim.rules.cues import Said
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import ACCEPTED, Reply, Stage

__all__ = ["SYN_RESENT_US", "Contact", "Script", "Step", "Timeouts", "contact", "probe", "script", "scripted_contact"]

#: a SYN is sent again this long after the first one: Linux 6.5 and later (four linear time-outs, then doubling);
#: recorded at 1, 2, 3, 4, 5, 7, 11 s
SYN_RESENT_US = tuple(s * 1_000_000 for s in (1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131, 259))

#: data is sent again this long after it was first sent: RTO of 0.2 s at least, doubling (RFC 6298 section 5.5; Linux TCP_RTO_MIN)
DATA_RESENT_US = tuple(200_000 * (2**k - 1) for k in range(1, 15))


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


class Step(NamedTuple):
    """One command and its reply: stage, round trips until the reply is here, and the client's patience."""

    stage: Stage
    rtts: int
    timeout_us: int


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


class Contact(NamedTuple):
    """What trying one address came to.

    ``end_us`` is the instant at which the client knows; ``taken_us`` the instant at which the server took the message
    (also when its reply is lost), -1 if it did not.  ``hung_up``: the server closed the connection with its last reply.
    """

    why: Why
    stage: Stage
    reply: Reply | None
    end_us: int
    taken_us: int
    hung_up: bool = False


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
    t, steps = _connected(plan, path, start_us, rtt_us)
    if isinstance(t, Contact):
        return t
    work = {Stage.GREETING: pause_us, Stage.EOD: work_us}
    if refusal is not None:
        work[refusal[0]] = work.get(refusal[0], 0) + refusal_pause_us
    done = t
    for step in steps:
        outcome = _exchange(plan, path, t, rtt_us, step, body_us, work.get(step.stage, 0), refusal)
        if isinstance(outcome, Contact):
            return outcome
        if step.rtts:  # what is pipelined travels with the next command that waits for its reply
            t, done = outcome
    return Contact(Why.OK, Stage.EOD, reply, t, done)


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
) -> tuple[Contact, tuple[tuple[int, Reply] | None, ...]]:
    """What a session with a server that follows a script comes to: each command, and each recipient, by itself.

    What is pipelined arrives together and is answered one after the other.

    Parameters
    ----------
    said : callable
        ``said(stage, t_us, recipient)``: what the script has for a command that is at the server at ``t_us``.
    recipients : sequence of str
        Envelope recipients, in order.

    Returns
    -------
    (Contact, tuple of ((int, Reply) or None))
        The session's outcome; each recipient's refusal.  A session in which all are refused ends with the last reply to RCPT.
    """
    refused: list[tuple[int, Reply] | None] = [None] * len(recipients)
    t, steps = _connected(plan, path, start_us, rtt_us)
    if isinstance(t, Contact):
        return t, tuple(refused)
    work = {Stage.GREETING: pause_us, Stage.EOD: work_us}
    there_us = rtt_us - (rtt_us >> 1)
    done, piped, hung_up, arrives = t, 0, False, t
    for step in steps:
        piped = max(piped, t + there_us)
        for k in range(len(recipients) if step.stage == Stage.RCPT else 1):
            if hung_up:  # a good reply, and the connection ended with it
                return Contact(Why.CLOSED, step.stage, None, arrives, -1), tuple(refused)
            sent = max(t, piped - there_us)
            line = said(step.stage, sent + there_us, recipients[k] if step.stage == Stage.RCPT else "")
            outcome = _by_script(plan, path, sent, rtt_us, step, body_us, work.get(step.stage, 0), line)
            hung_up = line.close and line.reply is not None
            if isinstance(outcome, Contact):
                turned_away = step.stage == Stage.RCPT and outcome.reply is not None
                if not turned_away or line.close:
                    return outcome._replace(hung_up=hung_up and outcome.reply is not None), tuple(refused)
                refused[k] = (outcome.end_us, outcome.reply)  # type: ignore[assignment]
                arrives, done = outcome.end_us, outcome.end_us - (rtt_us >> 1)
            else:
                arrives, done = outcome
            piped = done
            if step.rtts:
                t = arrives
        if step.stage == Stage.RCPT and None not in refused:
            end, reply = max((r for r in refused if r is not None), key=lambda r: r[0])
            return Contact(reply.kind, Stage.RCPT, reply, end, -1), tuple(refused)
    return Contact(Why.OK, Stage.EOD, ACCEPTED, t, done, hung_up), tuple(refused)


def _by_script(
    plan: Script, path: Timeline, sent_us: int, rtt_us: int, step: Step, body_us: int, work_us: int, line: Said
) -> tuple[int, int] | Contact:
    """One command and what the script has for it."""
    answer = (step.stage, line.reply) if line.reply is not None else None
    each = step._replace(rtts=1) if step.stage in _ONE_BY_ONE else step
    dropped = line.close and line.reply is None
    return _exchange(plan, path, sent_us, rtt_us, each, body_us, work_us + line.delay_us, answer, hangs_up=dropped)


#: each of these commands has its own reply, though they may travel together
_ONE_BY_ONE = (Stage.MAIL, Stage.RCPT, Stage.DATA)


def _connected(plan: Script, path: Timeline, start_us: int, rtt_us: int) -> tuple[Contact | int, tuple[Step, ...]]:
    """The instant at which the connection stands, or what came instead; and the steps from there on."""
    if plan.steps[0].stage != Stage.CONNECT:  # it stands already
        return start_us, plan.steps
    there_us, timeout_us = rtt_us - (rtt_us >> 1), plan.timeouts.connect_us
    for resent in (0, *SYN_RESENT_US):
        if resent >= timeout_us:
            break
        reach = path.at(start_us + resent + there_us).reach
        if reach == Why.OK:
            return start_us + resent + rtt_us, plan.steps[1:]
        if reach in (Why.REFUSED, Why.UNREACHABLE):
            return Contact(reach, Stage.CONNECT, None, start_us + resent + rtt_us, -1), ()
    return Contact(Why.SILENT, Stage.CONNECT, None, start_us + timeout_us, -1), ()


def probe(path: Timeline, since_us: int, sent_us: int, rtt_us: int, timeout_us: int) -> tuple[bool, int]:
    """RSET on a connection that was last used at ``since_us``: whether it still works, and when the client knows.

    A server that was stopped meanwhile knows nothing of the connection and resets it (RFC 9293 section 3.5.2, half-open).
    """
    if path.quiet and rtt_us <= timeout_us:
        return True, sent_us + rtt_us
    step = Step(Stage.CONNECT, 1, timeout_us)  # no rule speaks of RSET
    outcome = _exchange(Script((step,), 1, (0,), Timeouts(0, 0, 0, 0, 0, 0, 0)), path, sent_us, rtt_us, step, 0, 0, None)
    if isinstance(outcome, Contact):
        return False, outcome.end_us
    edge = path.next_edge(since_us)
    while edge <= sent_us:
        if path.at(edge).reach == Why.REFUSED or path.at(edge).restarts:
            return False, outcome[0]
        edge = path.next_edge(edge)
    return True, outcome[0]


def _exchange(
    plan: Script,
    path: Timeline,
    sent_us: int,
    rtt_us: int,
    step: Step,
    body_us: int,
    work_us: int,
    refusal: tuple[Stage, Reply] | None,
    *,
    hangs_up: bool = False,
) -> tuple[int, int] | Contact:
    """When the client has the good reply to a command and when the server gave it, or what came instead.

    ``hangs_up``: the server drops the connection where its reply would come.
    """
    stage = step.stage
    body_us = body_us if stage == Stage.EOD else 0
    patience = plan.timeouts.body_us if body_us else step.timeout_us
    back_us = rtt_us >> 1
    there_us = rtt_us - back_us
    reach, here = _arrival(path, sent_us + there_us, body_us, patience)
    if reach == Why.REFUSED:
        return Contact(Why.CLOSED, stage, None, here + back_us, -1)
    if reach != Why.OK:
        return Contact(Why.REPLY_TIMEOUT, stage, None, here - there_us + patience, -1)
    done = here + max(step.rtts - 1, 0) * rtt_us + work_us
    limit = (here - there_us if body_us else sent_us) + step.timeout_us
    edge = path.next_edge(here)
    while edge <= done:
        if path.at(edge).reach == Why.REFUSED:
            closed = edge + back_us
            return Contact(Why.CLOSED if closed <= limit else Why.REPLY_TIMEOUT, stage, None, min(closed, limit), -1)
        edge = path.next_edge(edge)
    if (forgets := path.next_crash(here)) <= done:
        return Contact(Why.REPLY_TIMEOUT, stage, None, limit, -1)
    if hangs_up:
        return Contact(Why.CLOSED if done + back_us <= limit else Why.REPLY_TIMEOUT, stage, None, min(done + back_us, limit), -1)
    condition = path.at(done)
    if condition.stage == stage and condition.manner != Manner.REPLY:
        return _without_reply(condition.manner, stage, done, back_us, limit)
    said = _condition_reply(condition, stage) or (refusal[1] if refusal is not None and refusal[0] == stage else None)
    refused = said is not None and said.code >= 400
    taken = done if stage == Stage.EOD and not refused else -1
    for resent in (0, *DATA_RESENT_US):
        arrives = done + resent + back_us
        if arrives > limit or done + resent >= forgets:
            break
        reach = path.at(done + resent).reach
        if reach == Why.REFUSED and resent:
            return Contact(Why.CLOSED if taken < 0 else Why.REPLY_LOST, stage, None, arrives, taken)
        if reach not in _CUT and (path.at(arrives).reach not in _CUT or forgets <= arrives):
            return (arrives, done) if said is None or not refused else Contact(said.kind, stage, said, arrives, -1)
    return Contact(Why.REPLY_TIMEOUT if taken < 0 else Why.REPLY_LOST, stage, None, limit, taken)


def _without_reply(manner: Manner, stage: Stage, done_us: int, back_us: int, limit_us: int) -> Contact:
    """The server closes the connection at a stage, hangs there, or took the message and its 250 is lost."""
    if manner == Manner.DROP and done_us + back_us <= limit_us:
        return Contact(Why.CLOSED, stage, None, done_us + back_us, -1)
    if manner == Manner.LOSE and stage == Stage.EOD:
        return Contact(Why.REPLY_LOST, stage, None, limit_us, done_us)
    return Contact(Why.REPLY_TIMEOUT, stage, None, limit_us, -1)


#: nothing gets through: data is sent again until it does
_CUT = (Why.SILENT, Why.UNREACHABLE)


def _arrival(path: Timeline, first_us: int, body_us: int, patience_us: int) -> tuple[Why, int]:
    """What the last octet of a command meets: ``OK`` and when it is at the server; ``REFUSED`` and when it is thrown away;
    ``SILENT`` and since when nothing got through for longer than the client's patience.
    """
    t, left = first_us, body_us
    while True:
        condition, edge = path.stretch(t)
        if condition.reach == Why.REFUSED:
            return Why.REFUSED, t
        if condition.reach not in _CUT:
            if edge > t + left:
                return Why.OK, t + left
            t, left = edge, left - (edge - t)
            continue
        resent = next((r for r in DATA_RESENT_US if path.at(t + r).reach not in _CUT), FOREVER)
        if resent > patience_us:
            return Why.SILENT, t
        if condition.restarts or path.next_crash(t) <= t + resent:  # it knows nothing of the connection (RFC 9293 section 3.5.2)
            return Why.REFUSED, t + resent
        t += resent


def _condition_reply(condition: Condition, stage: Stage) -> Reply | None:
    """The reply that a condition forces at a stage, if any."""
    return condition.reply if condition.stage == stage else None
