"""The checkers judge the engine: it is broken on purpose, one way at a time, and each time somebody must notice.

Noticed counts: a checker's complaint, mail that does not add up, the same seed giving another run, or the recording levels
disagreeing.  The unbroken engine passes in the same world.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import mailsim
from checkers import violations
from mailsim.draws import Draws
from mailsim.engine import simulate
from mailsim.engine.recorder import Recorder
from mailsim.engine.world import RunningWorld
from mailsim.errors import LimitError
from mailsim.events import Event, State
from mailsim.nodes import attempt as attempts
from mailsim.nodes import contact as contacts
from mailsim.nodes.client import ClientActor
from mailsim.nodes.mailstore import MailstoreActor
from mailsim.nodes.memory import RetryMemory
from mailsim.nodes.mta import life, returning
from mailsim.nodes.mta.actor import MtaActor
from mailsim.nodes.mta.queue import Deferred
from mailsim.nodes.plan import Leg
from mailsim.nodes.reader import Reader
from mailsim.results.conservation import conservation
from mailsim.rules.conditions import NORMAL, QUIET
from mailsim.rules.reasons import Why
from mailsim.rules.session import Contact
from mailsim.rules.smtp import Stage
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, com, outage, world

Patch = pytest.MonkeyPatch
Break = Callable[[Patch], None]

#: every way in which the engine is broken here, by its name
BREAKS: dict[str, Break] = {}


def breaks(function: Break) -> Break:
    """Put a way of breaking the engine on the list."""
    BREAKS[function.__name__] = function
    return function


def everything() -> dict[str, Any]:
    """A primary that is down for 40 min and then for 3 h, a backup that keeps mail for an hour, a reader, a wrong password, an unknown
    recipient: mail arrives at once, late, by the backup, or comes back; one sender gets nothing through.
    """
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.10", "mx2 A 198.51.100.20", "imap A 192.0.2.30", ttl=300)
    nodes: dict[str, Any] = {
        "mx1": {**MTA, "final_for": ["example.com"], "store": "boxes"},
        "mx2": {**MTA, "relays_for": ["example.com"], "queue_lifetime": "1h"},
        "boxes": {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2"}}},
        "bob": {
            "kind": "client", "address": "bob@example.com", "password": "hunter2",
            "fetch": {"host": "imap.example.com", "protocol": "pop3", "idle": False, "every": "7m"},
        },
        "mallory": {
            "kind": "client", "address": "mallory@example.org", "password": "a guess", "submission": {"discover": "mail.example.org"},
        },
    }  # fmt: skip
    faults = (
        outage("mx1", "10m", length="40m"),
        outage("mx1", "90m", length="3h", how="refused"),
        outage("link isp-mx1", "5h", length="20m"),
    )
    times = ("0s", "5m", "12m", "20m", "30m", "55m", "80m", "95m", "100m", "2h", "250m", "305m")
    values = world(zone, nodes, times=times, faults=faults)
    values["traffic"] += [
        {"kind": "at", "from": "ann@example.org", "to": "nobody@example.com", "times": ["3m", "96m"], "size": "10 kB"},
        {"kind": "at", "from": "mallory@example.org", "to": "bob@example.com", "times": ["4m"], "size": "10 kB"},
    ]
    # a report from this one can't be delivered: nobody takes mail for example.net
    values["zones"].append("$ORIGIN example.net.\n@ 300 IN SOA ns1 h 1 7200 900 1209600 300\n@ 300 IN NS ns1\nns1 300 IN A 203.0.113.99\n")
    values["nodes"]["stray"] = {
        "kind": "client", "address": "stray@example.net", "password": "secret", "submission": {"discover": "mail.example.org"},
    }  # fmt: skip
    values["nodes"]["isp"]["accounts"]["stray@example.net"] = {"password": "secret"}
    values["traffic"].append({"kind": "at", "from": "stray@example.net", "to": "nobody@example.com", "times": ["6m"], "size": "10 kB"})
    return values


def complaints() -> list[str]:
    """What anybody has to say about a run."""
    scenario = mailsim.load(everything())
    ready = compiled(scenario)
    try:
        log = simulate(ready, 1, "events", max_steps=200_000)
        again = simulate(compiled(scenario), 1, "events", max_steps=200_000)
        brief = simulate(compiled(scenario), 1, "messages", max_steps=200_000)
    except (LimitError, AssertionError) as error:
        return [f"the engine itself: {error!r}"]
    found = violations(log, scenario)
    found += [f"conservation: {text}" for text in conservation(log).problems]
    if again.trace_hash() != log.trace_hash():
        found.append("the same seed gave another run")
    if brief.trace_hash() != log.trace_hash():
        found.append("the recording levels disagree")
    if log.end_reason != "settled":
        found.append("mail is under way when all of it should be settled")
    return found


# -- responsibility ----------------------------------------------------------------------------------------------------


@breaks
def the_sender_is_not_told(patch: Patch) -> None:
    patch.setattr(returning, "send_report", lambda *given, **named: -1)


@breaks
def the_report_goes_to_somebody_else(patch: Patch) -> None:
    real = Recorder.add_message

    def misdirected(log: Any, parent: int, sender: str, recipients: Any, *rest: Any) -> Any:
        return real(log, parent, sender, ("eve@example.org",), *rest)

    patch.setattr(Recorder, "add_message", misdirected)


@breaks
def a_report_begets_a_report(patch: Patch) -> None:
    def bounce_all(mta: Any, failures: Any, t_us: int) -> None:
        for failed in failures:
            returning.returned(mta, failed, failed.deliveries, t_us, returning.send_report(mta, failed.item, failed.deliveries, t_us))

    for room in (life, returning):
        patch.setattr(room, "bounce_all", bounce_all)


@breaks
def the_row_names_another_report(patch: Patch) -> None:
    real = returning.returned

    def returned(*given: Any) -> None:
        *most, number = given
        real(*most, number + 1 if number >= 0 else number)

    patch.setattr(returning, "returned", returned)


@breaks
def mail_with_a_sender_is_discarded(patch: Patch) -> None:
    real = returning.returned
    patch.setattr(returning, "returned", lambda *given: real(*given[:-1], -1))


@breaks
def a_server_forgets_what_it_took(patch: Patch) -> None:
    """It says 250 and drops the mail."""
    real = MtaActor.take
    forgotten = []

    def take(mta: Any, number: int, deliveries: Any, hops: int, t_us: int, giver: int) -> Any:
        if mta.name == "mx2" and not forgotten:
            forgotten.append(number)
            mta.world.settled(len(deliveries))
            return None
        return real(mta, number, deliveries, hops, t_us, giver)

    patch.setattr(MtaActor, "take", take)


@breaks
def the_giver_keeps_trying_what_it_handed_over(patch: Patch) -> None:
    real = life.pass_on

    def pass_on(mta: Any, item: Any, handover: Any) -> Any:
        going_on = real(mta, item, handover)
        if mta.name == "mx2":
            mta.world.opened(len(item.deliveries))
            life.defer(mta, item, item.deliveries, handover.end_us, Why.TEMPFAIL, (handover.target.address,))
        return going_on

    patch.setattr(life, "pass_on", pass_on)


@breaks
def mail_is_stored_twice(patch: Patch) -> None:
    real = MailstoreActor.take

    def take(store: Any, number: int, deliveries: Any, hops: int, t_us: int, giver: int) -> None:
        real(store, number, deliveries, hops, t_us, giver)
        for d in deliveries:
            store.log.copies[d] += 1

    patch.setattr(MailstoreActor, "take", take)


@breaks
def a_bounced_message_is_also_in_the_mailbox(patch: Patch) -> None:
    real = returning.returned

    def returned(mta: Any, item: Any, left: Any, t_us: int, *rest: Any) -> None:
        real(mta, item, left, t_us, *rest)
        for d in left:
            mta.log.stored_us[d] = t_us

    patch.setattr(returning, "returned", returned)


# -- time ------------------------------------------------------------------------------------------------------------------


@breaks
def mail_is_read_before_it_is_there(patch: Patch) -> None:
    real = Reader._fetched
    patch.setattr(Reader, "_fetched", lambda reader, d, t_us, why: real(reader, d, t_us - 3_600_000_000, why))


@breaks
def deferred_mail_comes_back_at_half_its_time(patch: Patch) -> None:
    real = Deferred.put
    patch.setattr(Deferred, "put", lambda queue, item, due_us: real(queue, item, (item.started_us + due_us) // 2 + 1))


@breaks
def the_next_attempt_is_off_the_grid_of_scans(patch: Patch) -> None:
    real = RetryMemory.next_attempt

    def next_attempt(memory: Any, *given: Any, **named: Any) -> Any:
        due = real(memory, *given, **named)
        return None if due is None else due + 1_000_000 * named.get("number", 0)

    patch.setattr(RetryMemory, "next_attempt", next_attempt)


@breaks
def mail_never_gets_too_old(patch: Patch) -> None:
    real = life.dates
    patch.setattr(life, "dates", lambda *given: (real(*given)[0], None))


@breaks
def mail_gets_too_old_too_early(patch: Patch) -> None:
    real = life.dates
    patch.setattr(life, "dates", lambda mta, item, t_us, hosts, lifetime_us: real(mta, item, t_us, hosts, lifetime_us // 4))


@breaks
def attempts_are_not_counted(patch: Patch) -> None:
    real = life.attempt

    def attempt(mta: Any, item: Any, t_us: int, **named: Any) -> Any:
        outcome = yield from real(mta, item, t_us, **named)
        item.attempt = max(item.attempt, 5) + 3
        return outcome

    patch.setattr(life, "attempt", attempt)


@breaks
def the_run_ends_while_mail_is_under_way(patch: Patch) -> None:
    real = RunningWorld.settled
    patch.setattr(RunningWorld, "settled", lambda world, deliveries: real(world, 2 * deliveries))


# -- what the network and the rules allow -----------------------------------------------------------------------------------


@breaks
def a_dead_server_takes_mail(patch: Patch) -> None:
    patch.setattr(contacts, "way", lambda *given: QUIET)


@breaks
def a_server_is_silent_for_no_reason(patch: Patch) -> None:
    real = contacts.contact

    def contact(steps: Any, path: Any, *, start_us: int, **named: Any) -> Contact:
        if path.at(start_us) is NORMAL and (start_us // 60_000_000) % 5 == 0:
            return Contact(Why.SILENT, Stage.CONNECT, None, start_us + 30_000_000, -1)
        return real(steps, path, start_us=start_us, **named)

    patch.setattr(contacts, "contact", contact)


@breaks
def the_worst_server_is_tried_first(patch: Patch) -> None:
    patch.setattr(attempts, "ordered", lambda route, order, figures: tuple(sorted(route, key=lambda t: -t.preference)))


@breaks
def the_cache_keeps_answers_for_a_day(patch: Patch) -> None:
    from mailsim.rules.dns.unbound.store import Store

    real = Store.hit

    def hit(store: Any, question: Any, t_us: int) -> Any:
        found = real(store, question, t_us)
        return found if found is not None else kept.get(question)

    kept: dict[Any, Any] = {}
    patch.setattr(Store, "hit", lambda store, question, t_us: (found := hit(store, question, t_us)) and kept.setdefault(question, found))


@breaks
def any_password_opens(patch: Patch) -> None:
    real = MtaActor._door

    def door(mta: Any) -> Any:
        made = real(mta)
        made.policy = made.policy._replace(login_ok=lambda user, password: True)
        return made

    patch.setattr(MtaActor, "_door", door)


@breaks
def chance_is_not_addressed(patch: Patch) -> None:
    generator = random.Random(5)
    patch.setattr(Draws, "uniform", lambda draws, stream, item, turn=0: generator.random())


@breaks
def the_quick_way_forgets_outages(patch: Patch) -> None:
    """Plans go on as if nothing was ever wrong: the two recording levels must disagree."""
    real = Leg.play
    patch.setattr(Leg, "play", lambda leg, *given: real(leg._replace(path=QUIET), *given))


@breaks
def a_refused_login_is_taken_for_accepted(patch: Patch) -> None:
    real = ClientActor.send

    def send(client: Any, number: int, deliveries: Any, t_us: int) -> Any:
        for d in deliveries:
            if client.name == "mallory":
                client.log.accepted_us[d] = t_us
        return real(client, number, deliveries, t_us)

    patch.setattr(ClientActor, "send", send)


@breaks
def rows_are_missing(patch: Patch) -> None:
    """Nobody writes down that mail was stored."""
    real = Recorder.log

    def log(recorder: Any, **named: Any) -> Any:
        made = real(recorder, **named)
        kinds = made.events["kind"]
        keep = [k for k, kind in enumerate(kinds) if kind != Event.STORED]
        made.events = {name: type(column)(column.typecode, [column[k] for k in keep]) for name, column in made.events.items()}
        return made

    patch.setattr(Recorder, "log", log)


@breaks
def a_queued_message_is_said_to_be_stored(patch: Patch) -> None:
    real = life.defer

    def defer(mta: Any, item: Any, left: Any, *rest: Any) -> None:
        real(mta, item, left, *rest)
        for d in left:
            mta.log.state[d] = State.STORED

    patch.setattr(life, "defer", defer)


def test_the_unbroken_engine_gives_no_cause_for_complaint() -> None:
    assert complaints() == []


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_engine_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BREAKS[name](monkeypatch)
    assert complaints(), "nobody noticed"


def test_the_engine_is_broken_in_at_least_twenty_ways() -> None:
    assert len(BREAKS) >= 20
