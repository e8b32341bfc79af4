"""The fetching half of a client: looks at its intervals or is told by IDLE, logs in, fetches everything.

Looks that fetch nothing and fail nothing are not simulated; those that fail are, and are written down.
"""

from __future__ import annotations

from typing import Any

from mailsim.events import Event
from mailsim.nodes.lookups import asked
from mailsim.nodes.maildrop import IN_USE
from mailsim.nodes.ways import packets
from mailsim.nodes.world import Life
from mailsim.rules.conditions import FOREVER, Condition, merged
from mailsim.rules.dns import Question
from mailsim.rules.fetch import (
    SESSION_RTTS,
    SessionCost,
    connection,
    idle_since,
    lost,
    next_poll,
    session_cost,
    slow_cost,
    slow_trips,
    slows,
)
from mailsim.rules.mx import is_address
from mailsim.rules.reasons import Why
from mailsim.rules.tcp import Passage

__all__ = ["Reader"]

READER_ORDER = 1


class Reader:
    """Fetches one mailbox.

    By POP3 it deletes what it has, unless it is to leave it; the rest of its user's devices do not see that any more.  It knows
    what it has by its unique id (RFC 1939 section 7), so what a broken session could not delete goes with the next one.

    ``client`` has ``world``, ``log``, ``name``, ``number``, ``domain``, ``resolver`` and ``patience``.
    """

    def __init__(self, client: Any, declaration: Any) -> None:
        self.client = client
        self.address = declaration.address.lower()
        self.fetch = declaration.fetch
        self.password = declaration.password if self.fetch.password is None else self.fetch.password
        world = client.world
        self.every = self.fetch.every
        drawn = int(world.draws.uniform(f"poll phase {client.name}", 0) * self.every)
        self.phase = world.origin_us + (drawn if self.fetch.phase is None else self.fetch.phase)
        self.pending: list[int] = []
        self.bell = world.line()
        self.store: Any = None
        self.turn = 0
        #: logins rejected in a row
        self.rejections = 0
        self.pushes = False
        #: waits on IDLE for what comes, where the server has it
        self.idles = self.fetch.idle and self.fetch.protocol == "imap"
        self.deletes = self.fetch.protocol == "pop3" and not self.fetch.leave_on_server
        self.drop: Any = None
        #: fetched, and not yet deleted on the server
        self.marked: list[int] = []
        #: in a session (or not begun yet): what it does with an arrival is decided at its own instants
        self.busy = True

    def begin(self, store: Any) -> None:
        """Start with the store that holds the mailbox (None: no such mailbox anywhere)."""
        self.store = store
        world = self.client.world
        if store is not None:
            self.drop = store.drops[self.address]
            self.drop.readers.append(self)
            self.drop.begun += 1
            self.drop.emptied = self.drop.emptied or self.deletes
            self.idles = self.idles and store.figures.idle
            self.wire = world.wire(self.client.name, store.name)
            self.path = self.wire.path
            #: what can make a look fail: an open connection needs no login
            self.troubles = self.path if self.idles else merged([self.path, store.desk.outages])
        world.spawn(self._live(), READER_ORDER)

    def arrived(self, delivery: int, t_us: int) -> None:
        """The store has something new at ``t_us`` (the clock)."""
        if self.pushes and idle_since(self.path, t_us, self.every, self.phase) is not None:
            number = self.client.log.message[delivery]
            rtt = self.wire.rtt_us(number, 1000)
            rtt, late, transfer = self._as_it_is(t_us, rtt, delivery)
            done = t_us + late + (rtt >> 1) + rtt + late + transfer
            if self.path.next_edge(t_us) > done and not slows(self.path.at(t_us), self.fetch.timeout):
                self._fetched(delivery, done, Why.PUSHED)
                return
        self.pending.append(delivery)
        if self.bell:
            self.client.world.wake_one(self.bell, True)

    def _live(self) -> Life:
        """Open the first session when the program starts; then look whenever there is something to fetch or to fail."""
        world = self.client.world
        now = yield (self.client.world.origin_us if self.idles else self.phase)
        while True:
            self.busy = True
            good = yield from self._session(now)
            self.busy = False
            if not good and self.rejections == self.fetch.login_tries:
                return self._give_up()
            self.pushes = good and self.idles
            due = self._next_look(world.now, failing=not good)
            while due >= FOREVER:
                yield self.bell
                due = self._next_look(world.now, failing=False)
            woken = None
            while due > world.now:
                if not self.bell and not self.pending:
                    woken = yield self.bell, due
                else:
                    yield due
                if woken:
                    due, woken = min(due, self._next_look(world.now, failing=False)), None
            now = world.now

    def _next_look(self, now_us: int, *, failing: bool) -> int:
        """The next look that fetches or fails something, FOREVER for none."""
        poll = next_poll(now_us + 1, self.every, self.phase)
        if failing or self.store is None:
            return poll
        if self.pending:
            poll = next_poll(max(now_us + 1, min(self.client.log.stored_us[d] for d in self.pending)), self.every, self.phase)
        bad = next((s for s in self.troubles.spans() if s.end_us > poll and self._fails(s.condition)), None)
        if self.pending:
            return (
                poll
                if bad is None
                else min(poll, max(next_poll(now_us + 1, self.every, self.phase), next_poll(bad.start_us, self.every, self.phase)))
            )
        if bad is None:
            return FOREVER
        return max(poll, next_poll(bad.start_us, self.every, self.phase))

    def _session(self, t_us: int) -> Life:
        """One look: resolve, connect, log in, fetch.  Gives whether it worked."""
        client, world = self.client, self.client.world
        self.turn += 1
        host = self.fetch.host
        if host is None:
            label = "_imaps" if self.fetch.protocol == "imap" else "_pop3s"
            t_us, answer = yield from asked(client, -1, Question(f"{label}._tcp.{client.domain}", "SRV"), t_us, 0)
            if not answer.rdatas:
                return self._failed(t_us, Why.NO_SERVICE, "")
            host = sorted(answer.rdatas)[0][3]
        address = host
        if not is_address(host):
            t_us, answer = yield from asked(client, -1, Question(host, "A"), t_us, 0)
            if not answer.rdatas:
                return self._failed(t_us, Why.DNS_SERVFAIL if answer.rcode else Why.DNS_NODATA, host)
            address = answer.rdatas[0]
        server = world.server_at(address, self.fetch.protocol)
        if server is None or server is not self.store:
            silent = world.machine_at(address) is None
            t_us = yield t_us + (self.fetch.timeout if silent else 0)
            if server is not None and server.mailboxes:
                return self._login_failed(t_us, host)
            return self._failed(t_us, Why.SILENT if silent else Why.NO_SERVICE, host)
        rtt = self.wire.rtt_us(client.number, self.turn)
        if not self.path.unsteady:
            t_us, why = connection(self.path, t_us, rtt, self.fetch.timeout)
            if why != Why.OK:
                yield t_us
                return self._failed(t_us, why, host)
        cost = self._cost(t_us, rtt, [])
        if not isinstance(cost, SessionCost):
            yield cost[0]
            return self._failed(*cost, host)
        right = server.login_ok(self.address, self.password)
        late = 0
        if not right or not server.desk.calm(client.home):
            put = yield t_us + cost.login_us - (rtt >> 1)
            late = server.desk.check(client.home, (self.address, self.password), right, put).answered_us - put
            end = lost(self.path, put, late, self.fetch.timeout)
            if end is not None:
                yield end[0]
                return self._failed(*end, host)
        if not right:
            t_us = yield t_us + cost.login_us + late
            return self._login_failed(t_us, host)
        self.rejections = 0
        if self.fetch.protocol == "pop3" and self.drop.locks:
            return (yield from self._alone(t_us, late, cost.login_us, rtt, host))
        return (yield from self._fetch_all(t_us, late, cost.login_us, rtt, host))

    def _alone(self, began_us: int, late_us: int, login_us: int, rtt_us: int, host: str) -> Life:
        """A POP3 session of which there may be one at a time: wait for its turn, or be told that the maildrop is in use."""
        put = yield began_us + late_us + login_us - (rtt_us >> 1)
        if not (yield from self.drop.enter(put)):
            end = yield self.client.world.now + (rtt_us >> 1)
            return self._failed(end, Why.MAILDROP_LOCKED, host, IN_USE)
        waited = self.client.world.now - put
        end = lost(self.path, put, waited, self.fetch.timeout)
        if end is not None:
            yield end[0]
            self._cut(self.client.world.now)
            return self._failed(*end, host)
        return (yield from self._fetch_all(began_us, late_us + waited, login_us, rtt_us, host))

    def _cut(self, t_us: int) -> None:
        """A session with the maildrop ended without QUIT (now): a server that stops ends it too, another one hears nothing of it."""
        gone = self.path.at(t_us).reach == Why.REFUSED
        if self.fetch.protocol == "pop3" and self.drop.locks:
            self.drop.leave_later(t_us if gone else t_us + self.store.figures.pop3_autologout)

    def taken_away(self, gone: set[int]) -> None:
        """Another program has deleted these from the mailbox (the clock)."""
        self.pending = [d for d in self.pending if d not in gone]

    def _fetch_all(self, began_us: int, late_us: int, login_us: int, rtt_us: int, host: str) -> Life:
        """Log in and fetch what is there when the list is read."""
        client, t_us = self.client, began_us + late_us
        t_list = yield t_us + login_us
        stored = client.log.stored_us
        batch = sorted([d for d in self.pending if stored[d] <= t_list], key=lambda d: (stored[d], d))
        quits = self.fetch.protocol == "pop3" and (self.drop.locks or (self.deletes and self.drop.deletions_matter))
        self.pending = [d for d in self.pending if stored[d] > t_list]
        cost = self._cost(began_us, rtt_us, batch)
        if not isinstance(cost, SessionCost):
            self.pending += batch
            end = yield max(cost[0], t_list)
            if quits:
                self._cut(end)
                self.taken_away(self.drop.gone)
            return self._failed(end, cost[1], host)
        end = t_us + (cost.messages_us[-1] if cost.messages_us else cost.login_us + rtt_us)
        edge = self._cut_after(t_list)
        for d, offset in zip(batch, cost.messages_us, strict=True):
            if t_us + offset < edge:
                self._fetched(d, t_us + offset, Why.POLLED)
                if quits and self.deletes:
                    self.marked.append(d)
            else:
                self.pending.append(d)
        if quits:
            end += rtt_us >> 1  # DELE and QUIT are at the server
        if edge <= end:
            yield edge
            if quits:
                self._cut(edge)
                self.taken_away(self.drop.gone)
            return self._failed(edge, Why.CLOSED, host)
        yield end
        if quits:
            done, self.marked = self.marked, []
            self.drop.delete(done)
            if self.drop.locks:
                self.drop.leave()
        return True

    def _cost(self, start_us: int, rtt_us: int, batch: list[int]) -> SessionCost | tuple[int, Why]:
        """What the session costs that begins at an instant and fetches these, or when and how it is lost to a slow or lossy way."""
        path, protocol, size = self.path, self.fetch.protocol, self.client.log.size
        if not path.unsteady:
            return session_cost(protocol, rtt_us, [self.wire.transfer_us(size[d]) for d in batch])
        trips = SESSION_RTTS + (len(batch) if protocol == "pop3" else 0)
        chance = packets(self.client.world, self.client.name, self.store.name, path, -self.turn, start_us)
        found = slow_trips(path, start_us, rtt_us, trips, self.fetch.timeout, chance)
        if isinstance(found, tuple):
            return found
        return slow_cost(protocol, found, start_us, [self._as_it_is(found[-1], rtt_us, d)[2] for d in batch])

    def _as_it_is(self, t_us: int, rtt_us: int, delivery: int) -> tuple[int, int, int]:
        """Round trip, lateness of each reply, and transfer of a message, as the way is at an instant."""
        transfer, path = self.wire.transfer_us(self.client.log.size[delivery]), self.path
        if not path.unsteady:
            return rtt_us, 0, transfer
        condition, rtt, size = path.at(t_us), sum(Passage(path, rtt_us).trip(t_us)), self.client.log.size[delivery]
        return rtt, condition.delay_us, Passage(path, rtt).whole_us(condition, transfer, size, rtt)

    def _fails(self, condition: Condition) -> bool:
        """Whether a look fails in such a condition."""
        return condition.reach != Why.OK or slows(condition, self.fetch.timeout)

    def _cut_after(self, t_us: int) -> int:
        """When an open session is cut next."""
        edge: int = self.path.next_edge(t_us)
        while self.path.unsteady and edge < FOREVER and not self._fails(self.path.at(edge)):
            edge = self.path.next_edge(edge)
        return edge

    def _fetched(self, delivery: int, t_us: int, why: Why) -> None:
        log = self.client.log
        before = log.fetched_us[delivery]  # another program of the same user may have it already
        log.fetched_us[delivery] = t_us if before < 0 else min(before, t_us)
        if log.rows is not None:
            peer = log.name(self.store.name)
            log.rows.extend(
                (t_us, log.message[delivery], log.rcpt[delivery], Event.FETCHED, self.client.number, peer, -1, 0, -1, why, 0, -1)
            )
        if before < 0:
            self.client.world.settled(1)

    def _failed(self, t_us: int, why: Why, host: str, said: str = "") -> bool:
        log = self.client.log
        if log.rows is not None:
            text = log.name(said) if said else -1
            log.rows.extend((t_us, -1, -1, Event.FETCH_FAILED, self.client.number, log.name(host), -1, self.turn, -1, why, 0, text))
        return False

    def _give_up(self) -> None:
        """The program asks its user for the password and looks no more until it has one, which is not within this run.

        Mail that only it would have fetched stays unread.
        """
        if self.store is None:
            return
        left, log, world = self.drop.readers, self.client.log, self.client.world
        left.remove(self)
        if not left and self.pending:
            fetched = log.fetched_us
            log.last_us = max(log.last_us, world.now)  # until now the mail was waited for
            world.settled(sum(fetched[d] < 0 for d in self.pending))

    def _login_failed(self, t_us: int, host: str) -> bool:
        self.rejections += 1
        log = self.client.log
        if log.rows is not None:
            text = log.name("auth|AUTHENTICATIONFAILED Authentication failed.")
            log.rows.extend(
                (t_us, -1, -1, Event.LOGIN_FAILED, self.client.number, log.name(host), -1, self.turn, -1, Why.AUTH_FAILED, 0, text)
            )
        return False
