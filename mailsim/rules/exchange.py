"""One command and its reply over a way that may fail in between: when the client knows, and what the server did."""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.conditions import CUT, FOREVER, Condition, Direction, Manner, Timeline
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply, Stage
from mailsim.rules.tcp import SYN_RESENT_US, Passage, resent_us

__all__ = ["Contact", "Load", "Step", "connected", "exchange"]


class Step(NamedTuple):
    """One command and its reply: stage, round trips until the reply is here, and the client's patience."""

    stage: Stage
    rtts: int
    timeout_us: int


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


class Load(NamedTuple):
    """The body before the final dot: its transfer when nothing is wrong, its octets, the client's patience with a stalled block."""

    body_us: int
    octets: int
    patience_us: int


def connected(passage: Passage, start_us: int, timeout_us: int) -> int | Contact:
    """The instant at which the connection stands for the client, or what came instead.

    A SYN, or the answer to it, that is lost costs the time until the next SYN.
    """
    for resent in (0, *SYN_RESENT_US):
        if resent >= timeout_us:
            break
        there_us, back_us = passage.trip(start_us + resent)
        at_server = start_us + resent + there_us
        here = at_server + back_us
        condition = passage.path.at(at_server)
        if condition.reach == Why.UNREACHABLE and condition.direction != Direction.BACK:
            return Contact(Why.UNREACHABLE, Stage.CONNECT, None, here, -1)
        met = passage.meets(at_server)
        if condition.unsteady and here > start_us + timeout_us:
            break
        if met == Why.SILENT or condition.loses_back or (condition.packet_loss and not passage.comes_back(at_server, at_server)):
            continue
        return here if met == Why.OK else Contact(met, Stage.CONNECT, None, here, -1)
    return Contact(Why.SILENT, Stage.CONNECT, None, start_us + timeout_us, -1)


def exchange(
    passage: Passage,
    sent_us: int,
    step: Step,
    work_us: int,
    refusal: tuple[Stage, Reply] | None,
    *,
    load: Load | None = None,
    hangs_up: bool = False,
    piped: bool = False,
) -> tuple[int, int] | Contact:
    """When the client has the good reply to a command and when the server gave it, or what came instead.

    Parameters
    ----------
    passage : Passage
        The way of the session.
    sent_us : int
        When the client sends the command.
    step : Step
        The command.
    work_us : int
        What the server needs for its reply when nothing is wrong.
    refusal : (Stage, Reply) or None
        Where the server says no by its own rules.
    load : Load, optional
        The body, for the final dot.
    hangs_up : bool
        The server drops the connection where its reply would come.
    piped : bool
        The command travels in the packet of the one before.
    """
    stage, path = step.stage, passage.path
    there_us, back_us = passage.trip(sent_us)
    first = sent_us + there_us
    heavy = load is not None and (load.body_us > 0 or passage.whole_us(path.at(first), 0, load.octets, there_us + back_us) > 0)
    patience = load.patience_us if load is not None and heavy else step.timeout_us
    if load is not None and heavy:
        met, here = _body_there(passage, first, load, there_us + back_us)
    else:
        met, here = _command_there(passage, first, patience, there_us + back_us, drawn=not piped)
    if met == Why.REFUSED:
        return _reset(path.at(here), stage, here + back_us, here - there_us + patience)
    if met != Why.OK:
        return Contact(Why.REPLY_TIMEOUT, stage, None, here - there_us + patience, -1)
    if path.unsteady and stage == Stage.EOD:
        work_us = int(work_us * path.at(here).slower)
    done = here + max(step.rtts - 1, 0) * (there_us + back_us) + work_us
    if path.unsteady:
        done += path.at(done).delay_us * max(step.rtts, 1)
        back_us = passage.trip(done)[1]
    limit = (here - there_us if heavy else sent_us) + step.timeout_us
    edge = path.next_edge(here)
    while edge <= done:
        if path.at(edge).down:
            return _reset(path.at(edge), stage, edge + back_us, limit)
        edge = path.next_edge(edge)
    if path.next_crash(here) <= done:
        return Contact(Why.REPLY_TIMEOUT, stage, None, limit, -1)
    return _answered(passage, step, done, back_us, limit, None if hangs_up else refusal, hangs_up=hangs_up)


def _answered(
    passage: Passage, step: Step, done_us: int, back_us: int, limit_us: int, refusal: tuple[Stage, Reply] | None, *, hangs_up: bool
) -> tuple[int, int] | Contact:
    """What the server says or does when it has done its work, and how the client gets to know."""
    condition, stage = passage.path.at(done_us), step.stage
    manner = condition.manner if condition.stage == stage else Manner.REPLY
    if hangs_up or manner == Manner.DROP:
        return _back(passage, step, done_us, back_us, limit_us, Contact(Why.CLOSED, stage, None, 0, -1))
    if manner in (Manner.HANG, Manner.LOSE):
        taken = done_us if manner == Manner.LOSE and stage == Stage.EOD else -1
        return Contact(Why.REPLY_TIMEOUT if taken < 0 else Why.REPLY_LOST, stage, None, limit_us, taken)
    said = condition.reply if condition.stage == stage else None
    said = said or (refusal[1] if refusal is not None and refusal[0] == stage else None)
    if said is not None and said.code >= 400:
        return _back(passage, step, done_us, back_us, limit_us, Contact(said.kind, stage, said, 0, -1))
    return _back(passage, step, done_us, back_us, limit_us, None)


def _reset(condition: Condition, stage: Stage, here_us: int, limit_us: int) -> Contact:
    """The service is gone: its machine resets the connection, if the network lets it and the client still waits."""
    if here_us > limit_us or condition.loses_back:
        return Contact(Why.REPLY_TIMEOUT, stage, None, limit_us, -1)
    return Contact(Why.CLOSED, stage, None, here_us, -1)


def _back(passage: Passage, step: Step, done_us: int, back_us: int, limit_us: int, said: Contact | None) -> tuple[int, int] | Contact:
    """The reply on its way back, sent again until it is here or the client waits no longer; ``said`` is None for a good one."""
    taken = done_us if step.stage == Stage.EOD and said is None else -1
    forgets = passage.path.next_crash(done_us)  # then nobody is there to send it again
    for resent in (0, *resent_us(2 * back_us if passage.path.unsteady else 0)):
        arrives = done_us + resent + back_us
        if arrives > limit_us or done_us + resent >= forgets:
            break
        if resent and passage.path.at(done_us + resent).reach == Why.REFUSED:
            return Contact(Why.CLOSED if taken < 0 else Why.REPLY_LOST, step.stage, None, arrives, taken)
        if passage.comes_back(done_us + resent, min(arrives, forgets - 1)):  # what is under way arrives without its sender
            return (arrives, done_us) if said is None else said._replace(end_us=arrives)
    return Contact(Why.REPLY_TIMEOUT if taken < 0 else Why.REPLY_LOST, step.stage, None, limit_us, taken)


def _command_there(passage: Passage, first_us: int, patience_us: int, rtt_us: int, *, drawn: bool) -> tuple[Why, int]:
    """What a command meets: ``OK`` and when it is at the server; ``REFUSED`` and when it is thrown away; ``SILENT``."""
    for resent in (0, *resent_us(rtt_us if passage.path.unsteady else 0)):
        if resent > patience_us:
            break
        met = passage.meets(first_us + resent, drawn=drawn)
        if met != Why.SILENT:
            return (Why.REFUSED if resent and _forgotten(passage.path, first_us, first_us + resent) else met), first_us + resent
    return Why.SILENT, first_us


def _forgotten(path: Timeline, since_us: int, t_us: int) -> bool:
    """Whether a machine that was off meanwhile knows nothing of the connection (RFC 9293 section 3.5.2)."""
    return path.at(since_us).restarts or path.next_crash(since_us) <= t_us


def _body_there(passage: Passage, first_us: int, load: Load, rtt_us: int) -> tuple[Why, int]:
    """What the last octet of a body meets; for ``SILENT``: since when nothing got through for longer than the client's patience.

    Where only the way back is cut, what was under way still arrives: the client sends no more than the acknowledgements
    that it gets allow, which end one round trip later (RFC 9293 section 3.8.6).
    """
    path, t, left, whole = passage.path, first_us, load.body_us, load.body_us
    while True:
        condition, edge = path.stretch(t)
        if condition.reach == Why.REFUSED:
            return Why.REFUSED, t
        now = passage.whole_us(condition, load.body_us, load.octets, rtt_us)
        if now != whole:
            left, whole = left * now // whole if whole else now, now
        if not (condition.loses_there or condition.loses_back):
            if edge > t + left:
                return Why.OK, t + left
            t, left = edge, left - (edge - t)
            continue
        if not (condition.loses_there or condition.stopped):
            if left <= rtt_us:
                return Why.OK, t + left
            moved = min(rtt_us, edge - t)
            t, left = t + moved, left - moved
            if t == edge:
                continue
        resent = next((r for r in resent_us(0) if not _stalls(path.at(t + r))), FOREVER)
        if resent > load.patience_us:
            return Why.SILENT, t
        if _forgotten(path, t, t + resent):
            return Why.REFUSED, t + resent
        t += resent


def _stalls(condition: Condition) -> bool:
    """Whether data that is sent again brings no acknowledgement."""
    return condition.packet_loss >= 1.0 or condition.reach in CUT
