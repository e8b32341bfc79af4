"""The shipped scenario ``primary-outage`` as a plain SimPy script, written as a good SimPy user writes it.  Frozen.

It knows nothing of mailsim.  One process per message; the places that are shared are ``Resource``s taken with ``with``;
times are float seconds; draws come from ``random.Random`` as they are needed; each message writes one row at its end.

The world: Ann's program finds its server by SRV, logs in (implicit TLS) and hands its message to her provider.  The
provider asks its caching resolver, tries mx1 and, when that is silent for 30 s, mx2.  mx2 keeps the mail, tries mx1 on
the schedule of Postfix (age clamped, scans every 300 s), and gives up after 48 hours.  mx1 stores by LMTP; Bob's program
holds an IMAP connection (IDLE).  mx1 is silent from hour 1 to hour 5.  Round trips, server times, sizes and DNS times are
drawn; session and destination limits are those of Postfix, with its feedback and its mark for dead destinations.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from math import floor, log

import simpy

HOUR = 3600.0
DOWN_FROM, DOWN_UNTIL = 1 * HOUR, 5 * HOUR
TRAFFIC_UNTIL = 12 * HOUR

RTT_MU, RTT_SIGMA = log(0.040), 0.4
LOCAL_RTT = 0.001
SERVER_MU, SERVER_SIGMA = log(0.2), 1.225
SIZE_MU, SIZE_SIGMA = log(10_000.0), 1.9
SIZE_LIMIT = 10_240_000
BITS_PER_SECOND = 100e6

STUB_DELAY = 0.001
MISS_MU, MISS_SIGMA = log(0.127), 0.6
TTL = 3600

CONNECT_TIMEOUT = 30.0
SYN_RESENT = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 11.0, 19.0)
REPLY_TIMEOUT = 300.0
SUBMISSION_RTTS = 7  # connect, TLS, greeting, EHLO, AUTH, MAIL/RCPT/DATA, body
RELAY_RTTS = 8  # connect, greeting, EHLO, STARTTLS, TLS, EHLO, MAIL/RCPT/DATA, body
LMTP_RTTS = 5
IDLE_RTTS = 1.5

PROCESS_LIMIT = 100
WINDOW_START, WINDOW_LIMIT = 5, 20
DEAD_FOR = 300.0
BACKOFF_MIN, BACKOFF_MAX, SCAN = 300.0, 4000.0, 300.0
PROVIDER_LIFETIME, BACKUP_LIFETIME = 5 * 24 * HOUR, 48 * HOUR

Steps = Generator[simpy.Event, object, object]


@dataclass(slots=True)
class Message:
    """What is known of one message; times in seconds, -1 for what did not happen."""

    number: int
    size: float
    sent: float
    accepted: float = -1.0
    relayed: float = -1.0
    stored: float = -1.0
    fetched: float = -1.0
    ended: float = -1.0
    tries: int = 0
    via: str = ""
    state: str = "sent"


class Resolver:
    """A cache with the TTL of every record; who asks for a name that is being asked for waits for the same answer."""

    def __init__(self, env: simpy.Environment, rng: random.Random) -> None:
        self.env = env
        self.rng = rng
        self.until: dict[str, float] = {}
        self.asking: dict[str, simpy.Event] = {}

    def ask(self, name: str) -> Steps:
        if name in self.asking:
            yield self.asking[name]
        elif self.env.now >= self.until.get(name, -1.0):
            answered = self.asking[name] = self.env.event()
            yield self.env.timeout(self.rng.lognormvariate(MISS_MU, MISS_SIGMA))
            self.until[name] = floor(self.env.now) + TTL + 1
            del self.asking[name]
            answered.succeed()
        yield self.env.timeout(STUB_DELAY)


class Destination:
    """Concurrent sessions to one destination: Postfix's window with feedback, and its mark for a dead destination."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.window = WINDOW_START
        self.active = 0
        self.failures = 0.0
        self.fresh = True
        self.dead_until = -1.0
        self.waiting: deque[simpy.Event] = deque()

    def enter(self) -> Steps:
        """Wait for a session; gives False when the destination is dead."""
        if self.env.now < self.dead_until:
            return False
        if self.active >= self.window or self.waiting:
            turn = self.env.event()
            self.waiting.append(turn)
            return (yield turn)
        self.active += 1
        return True

    def leave(self, delivered: bool) -> None:
        self.active -= 1
        if delivered:
            self.dead_until, self.failures = -1.0, 0.0
            if self.window < WINDOW_LIMIT:
                self.window, self.fresh = self.window + 1, True
        elif self.env.now >= self.dead_until:
            self.failures += 1 / self.window
            if self.failures >= 1:
                self.dead_until = self.env.now + DEAD_FOR
                self.window, self.failures, self.fresh = WINDOW_START, 0.0, True
            else:  # the first failure narrows by two: 5, 3, 2
                self.window, self.fresh = max(self.window - (2 if self.fresh else 1), 1), False
        if self.env.now < self.dead_until:
            while self.waiting:
                self.waiting.popleft().succeed(False)
        while self.waiting and self.active < self.window:
            self.active += 1
            self.waiting.popleft().succeed(True)
        if not self.active and not self.waiting:
            self.window, self.failures, self.fresh = WINDOW_START, 0.0, True


class Simulation:
    """One run of the world."""

    def __init__(self, seed: int, messages: int) -> None:
        self.rng = random.Random(seed)
        self.env = simpy.Environment()
        self.rate = messages / TRAFFIC_UNTIL
        self.resolver = Resolver(self.env, self.rng)
        self.servers = {name: simpy.Resource(self.env, PROCESS_LIMIT) for name in ("provider", "mx1", "mx2")}
        self.from_provider = Destination(self.env)
        self.from_backup = Destination(self.env)
        self.provider_phase = self.rng.random() * SCAN
        self.backup_phase = self.rng.random() * SCAN
        self.log: list[Message] = []

    def rtt(self) -> float:
        return self.rng.lognormvariate(RTT_MU, RTT_SIGMA)

    def server_time(self) -> float:
        return self.rng.lognormvariate(SERVER_MU, SERVER_SIGMA)

    def is_down(self, name: str, t: float) -> bool:
        return name == "mx1" and DOWN_FROM <= t < DOWN_UNTIL

    def source(self) -> Steps:
        number = 0
        while True:
            yield self.env.timeout(self.rng.expovariate(self.rate))
            if self.env.now >= TRAFFIC_UNTIL:
                return
            size = self.rng.lognormvariate(SIZE_MU, SIZE_SIGMA)
            self.env.process(self.message(Message(number, size, self.env.now)))
            number += 1

    def message(self, m: Message) -> Steps:
        """The life of a message from send to fetch."""
        yield from self.submit(m)
        if m.state == "accepted":
            yield from self.relay(m, self.from_provider, ("mx1", "mx2"), self.provider_phase, PROVIDER_LIFETIME)
        if m.via == "mx2" and m.state == "accepted":
            yield from self.relay(m, self.from_backup, ("mx1",), self.backup_phase, BACKUP_LIFETIME)
        if m.state == "accepted":
            yield from self.store_and_fetch(m)
        self.log.append(m)

    def submit(self, m: Message) -> Steps:
        """Find the submission server, log in, hand over."""
        yield from self.resolver.ask("_submissions._tcp.example.org SRV")
        yield from self.resolver.ask("mail.example.org A")
        rtt = self.rtt()
        with self.servers["provider"].request() as process:
            yield process
            if m.size > SIZE_LIMIT:
                yield self.env.timeout((SUBMISSION_RTTS - 1) * rtt)
                m.state, m.ended = "rejected", self.env.now
                return
            yield self.env.timeout((SUBMISSION_RTTS - 0.5) * rtt + self.server_time() + 8 * m.size / BITS_PER_SECOND)
            m.state, m.accepted = "accepted", self.env.now

    def relay(self, m: Message, destination: Destination, targets: tuple[str, ...], phase: float, lifetime: float) -> Steps:
        """Attempt after attempt until a server has the message or it is too old."""
        arrived = self.env.now
        while True:
            if (yield from destination.enter()):
                for name in ("example.com MX", "mx1.example.com A", "mx2.example.com A"):
                    yield from self.resolver.ask(name)
                m.tries += 1
                taken = yield from self.attempt(m, targets)
                destination.leave(taken)
                if taken:
                    return
                if self.env.now - arrived >= lifetime:
                    m.state, m.ended = "bounced", self.env.now
                    return
            age = floor(self.env.now) - floor(arrived)
            due = max(floor(self.env.now) + min(max(age, BACKOFF_MIN), BACKOFF_MAX) - 1, self.env.now)
            due += (phase - due) % SCAN
            yield self.env.timeout(due - self.env.now)

    def attempt(self, m: Message, targets: tuple[str, ...]) -> Steps:
        """Target after target; gives whether one of them took the message."""
        for target in targets:
            if (yield from self.session(m, target)):
                m.via = m.via or target
                m.relayed = m.relayed if m.relayed >= 0 else self.env.now
                return True
        return False

    def session(self, m: Message, target: str) -> Steps:
        """One SMTP session; gives whether the server took the message."""
        rtt = self.rtt()
        start = self.env.now
        answered = next((s for s in SYN_RESENT if not self.is_down(target, start + s + rtt / 2)), None)
        if answered is None:
            yield self.env.timeout(CONNECT_TIMEOUT)
            return False
        if answered:
            yield self.env.timeout(answered)
        with self.servers[target].request() as process:
            yield process
            duration = (RELAY_RTTS - 0.5) * rtt + self.server_time() + 8 * m.size / BITS_PER_SECOND
            if self.is_down(target, self.env.now + duration):
                yield self.env.timeout(REPLY_TIMEOUT)
                return False
            yield self.env.timeout(duration)
        return True

    def store_and_fetch(self, m: Message) -> Steps:
        """LMTP on the spot, then over the open IMAP connection."""
        yield self.env.timeout((LMTP_RTTS - 0.5) * LOCAL_RTT + 8 * m.size / BITS_PER_SECOND)
        m.state, m.stored = "stored", self.env.now
        yield self.env.timeout(IDLE_RTTS * self.rtt() + 8 * m.size / BITS_PER_SECOND)
        m.fetched = self.env.now


def run(seed: int, messages: int) -> list[Message]:
    """Simulate until all mail is settled; gives a row per message in the order of their ends."""
    simulation = Simulation(seed, messages)
    simulation.env.process(simulation.source())
    simulation.env.run()
    return simulation.log
