"""Let a compiled scenario happen: sources send, time passes until all mail is settled, the log is closed."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from itertools import chain

from mailsim.engine.kernel import SOURCE, Flow
from mailsim.engine.world import RunningWorld
from mailsim.errors import UnsupportedError
from mailsim.events import Event, EventLog
from mailsim.nodes.client import ClientActor
from mailsim.nodes.dnsclient import DnsClientActor
from mailsim.nodes.mailstore import MailstoreActor
from mailsim.nodes.mta import MtaActor
from mailsim.nodes.prober import ProberActor
from mailsim.nodes.requests import Requests
from mailsim.nodes.senders import SendersActor
from mailsim.nodes.world import Life
from mailsim.scenario.arrivals import Arrivals, Line, arrivals
from mailsim.scenario.compiled import Compiled

__all__ = ["LEVELS", "simulate"]

#: what a run may record, most first
LEVELS = ("events", "messages", "counts")
DAY_US = 86_400_000_000
FLUSH_ROWS = 12 * 16384
PROBER_ORDER = 1
MESSAGE_ORDER = 2
#: a settled run goes on for so long on paper, so that the last sessions are seen to close
CLOSING_US = 60_000_000


def simulate(
    compiled: Compiled,
    seed: int,
    level: str = "events",
    *,
    max_steps: int = 200_000_000,
    watch: Callable[[int], object] | None = None,
) -> EventLog:
    """Run a compiled scenario once.

    Parameters
    ----------
    compiled : Compiled
        From :func:`mailsim.scenario.compiled.compiled`.
    seed : int
        Seed of every draw.
    level : str
        ``events`` (everything), ``messages`` (one row a delivery) or ``counts``.
    max_steps : int
        Limit of engine events; beyond it :class:`LimitError`.
    watch : callable, optional
        Told now and then how many more messages were sent (for a progress bar).

    Returns
    -------
    EventLog
    """
    if level not in LEVELS:
        raise UnsupportedError(f"no recording level {level!r}; there are {', '.join(LEVELS)}")
    world = RunningWorld(compiled, seed, level, 1 << 61)
    mail = arrivals(compiled, world.draws)
    world.limit_us = _limit(compiled, world, mail)
    _write_down(world, mail)
    stores = world.actors(MailstoreActor)
    for client in world.actors(ClientActor):
        if client.reader is not None:
            holders = [store for store in stores if client.reader.address in store.mailboxes]
            named = compiled.store_of.get(client.name, "")
            client.reader.begin(next((store for store in holders if store.name == named), holders[0] if holders else None))
    for prober in world.actors(ProberActor):
        world.spawn(prober.life(), PROBER_ORDER)
    _note_changes(world)
    for asker in world.actors(DnsClientActor):
        for life in asker.lives():
            Flow(world.clock, life, SOURCE)
    Flow(world.clock, _source(world, mail.line, mail.lines, watch), SOURCE)
    del mail  # its other columns stand in the log now
    end, reason = _pass_time(world, max_steps)
    log = world.log.log(
        origin_us=world.origin_us,
        end_us=end,
        end_reason=reason,
        steps=world.clock.steps,
        conditions=compiled.conditions.spans,
        notes=list(compiled.places.notes),
    )
    if reason == "capped":
        log.notes.append("the run was ended at its cap with mail still under way")
    return log


def _limit(compiled: Compiled, world: RunningWorld, mail: Arrivals) -> int:
    """The instant at which the run ends at the latest: given, or the two longest lifetimes and a day after the last send."""
    if compiled.run_until_us is not None:
        return compiled.run_until_us
    lifetimes: list[int] = [a.figures.queue_lifetime + a.figures.bounce_lifetime for a in world.actors(MtaActor)]
    lifetimes += [k.figures.queue_lifetime + k.figures.bounce_lifetime for a in world.actors(SendersActor) for _, k in a.kin]
    questions: list[int] = [a.last_us for a in world.actors(DnsClientActor)]
    last = max(max(mail.sent_us, default=0), *questions, 0)
    return last + sum(sorted(lifetimes)[-2:]) + DAY_US


def _write_down(world: RunningWorld, mail: Arrivals) -> None:
    """All messages to send get their rows and numbers, in order of time; and what was asked of reports on them is kept."""
    world.log.add_all(mail)
    places = array("B" if len(world.compiled.traffic) <= 256 else "I", [mail.lines[number].place for number in mail.line])
    world.log.lines = places[: len(places) - mail.warming] if mail.warming else places
    if any(stream.asks for stream in world.compiled.traffic):
        world.log.requests = Requests(places, world.compiled.traffic)
    world.log.warming = range(len(mail.sent_us) - mail.warming, len(mail.sent_us))
    world.opened(len(world.log.message))


def _source(world: RunningWorld, line_of: array[int], lines: tuple[Line, ...], watch: Callable[[int], object] | None) -> Life:
    """Start each message's life at its instant, one at a time."""
    first, clock, log = world.log.first, world.clock, world.log
    senders = [world.actor(line.node) for line in lines]
    world.sources += 1
    count = len(line_of)
    for number in chain(log.warming, range(count - len(log.warming))):
        sent = log.sent_us[first[number]]
        if sent > clock.now:
            yield sent
        deliveries = tuple(range(first[number], first[number + 1]))
        world.spawn(senders[line_of[number]].send(number, deliveries, sent), MESSAGE_ORDER + number)
        if log.rows is not None and len(log.rows) > FLUSH_ROWS:
            log.flush()
        if watch is not None and number & 255 == 255:
            watch(256)
    world.sources -= 1
    world.settled(0)


def _note_changes(world: RunningWorld) -> None:
    """Conditions and zone edits as event rows."""
    log, compiled = world.log, world.compiled
    if log.rows is None:
        return
    for span in compiled.conditions.spans:
        log.rows.extend(
            (
                span.start_us + world.origin_us,
                -1,
                -1,
                Event.CONDITION,
                log.name(span.node),
                log.name(span.how),
                -1,
                0,
                -1,
                0,
                span.end_us + world.origin_us,
                log.name(span.target),
            )
        )
    for origin, zone in compiled.zones.items():
        for edge in zone.edges:
            log.rows.extend((edge, -1, -1, Event.ZONE_CHANGED, -1, log.name(origin), -1, 0, -1, 0, 0, -1))


def _pass_time(world: RunningWorld, max_steps: int) -> tuple[int, str]:
    """Run until all mail is settled (or the end that was given): gives the end of the run and why it ended."""
    world.clock.run(world.limit_us, max_steps=max_steps)
    if world.compiled.run_until_us is not None:
        return world.limit_us, "given"
    if world.open == 0 and world.sources == 0:
        return _last_instant(world) + CLOSING_US, "settled"
    return world.limit_us, "capped"


def _last_instant(world: RunningWorld) -> int:
    """The last instant at which anything happened to mail."""
    columns = world.log.columns
    instants = ("sent_us", "accepted_us", "relayed_us", "stored_us", "fetched_us", "ended_us")
    return max(world.log.last_us, *(max(columns[name], default=0) for name in instants))
