"""PB6, the mail path that both scripts of this benchmark simulate: its parameters, its draws, its results.

client -> resolver (TTL cache) -> submission (6 sessions) -> MX lookup (TTL cache) -> outbound (12 sessions): the primary,
or, while that is down (refused: one round trip; silent: 10 s), the backup in the same session -> the backup's spool with
a retry schedule and jitter (4 sessions) -> mailbox -> the reader's next poll.

All draws are columns by message number in whole microseconds.  Both scripts see the same ones and only add integers, so
their results have to be equal message by message, exactly.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass

from mailsim.draws import Draws, Exponential, Shifted, Uniform

S = 1_000_000
RETRY_US = tuple(seconds * S for seconds in (300, 600, 1_200, 2_400, 3_600, 7_200, 14_400))
LIFETIME_US = 5 * 86_400 * S
POLL_US = 300 * S
TTL_US = 3_600 * S
CONNECT_TIMEOUT_US = 10 * S
ROUND_TRIP_US = 50_000
GAP_US = 604_800  # a million messages a week
DOMAINS = 200
SUBMISSION_SESSIONS, OUTBOUND_SESSIONS, SPOOL_SESSIONS = 6, 12, 4
UP_US, DOWN_US = 6 * 3_600 * S, 1_200 * S  # mean time between outages of the primary, and their mean length

UP, REFUSED, SILENT = -1, 0, 1
DIRECT, VIA_BACKUP, BOUNCED = 0, 1, 2


class Path:
    """The world of one run: n messages with ``gap_us`` between them on average, the outages, and every draw."""

    def __init__(self, n: int, seed: int, *, gap_us: int = GAP_US) -> None:
        draws = Draws(seed)
        self.n = n
        self.arrival_us = array("q", draws.column("gap", n, Exponential(gap_us)))
        for i in range(1, n):
            self.arrival_us[i] += self.arrival_us[i - 1]
        lookup, session = Shifted(5_000, Exponential(30_000)), Shifted(100_000, Exponential(900_000))
        self.ask_host_us = draws.column("ask host", n, lookup)
        self.submit_us = draws.column("submit", n, Shifted(200_000, Exponential(1_500_000)))
        self.ask_mx_us = draws.column("ask mx", n, lookup)
        self.relay_us = draws.column("relay", n, session)
        self.spool_us = draws.column("spool", n, session)
        self.hand_over_us = draws.column("hand over", n, session)
        self.jitter = draws.column("jitter", n)
        self.poll_phase_us = draws.column("poll phase", n, Uniform(0, POLL_US - 1))
        self.domain = array("q", (int(DOMAINS * u * u) for u in draws.column("domain", n)))
        self._outages(draws, (self.arrival_us[-1] if n else 0) + 30 * 86_400 * S)

    def _outages(self, draws: Draws, horizon_us: int) -> None:
        up, down = draws.stream("up", Exponential(UP_US)), draws.stream("down", Exponential(DOWN_US))
        self.starts, self.ends, t = [], [], 0
        while t < horizon_us:
            number = len(self.starts)
            self.starts.append(t + up.at(number))
            t = self.starts[-1] + down.at(number)
            self.ends.append(t)

    def primary(self, t: int) -> int:
        """UP, REFUSED or SILENT: how the primary is at t; outages are refused and silent in turn."""
        number = bisect_right(self.starts, t) - 1
        return number & 1 if number >= 0 and t < self.ends[number] else UP

    def retry_wait_us(self, i: int, k: int) -> int:
        """How long the backup waits before its attempt k (0, 1, ...) for message i: the schedule, 10 % up or down."""
        base = RETRY_US[k] if k < len(RETRY_US) else RETRY_US[-1]
        return int(base * (0.9 + 0.2 * self.jitter[(i * 31 + k * 7_919) % self.n]))

    def next_poll(self, i: int, t: int) -> int:
        """The first poll of the reader of message i at or after t."""
        return t + (self.poll_phase_us[i] - t) % POLL_US


@dataclass
class Outcome:
    """What became of each message; 0 where nothing did."""

    submitted: array[int]
    stored: array[int]
    fetched: array[int]
    attempts: array[int]
    route: array[int]

    @classmethod
    def empty(cls, n: int) -> Outcome:
        """Room for n messages."""
        zeros = array("q", bytes(8 * n))
        return cls(zeros, zeros[:], zeros[:], array("h", bytes(2 * n)), array("b", bytes(n)))

    def differing(self, other: Outcome) -> list[int]:
        """Numbers of the messages that did not fare the same in both."""
        mine, theirs = (list(zip(*vars(outcome).values(), strict=True)) for outcome in (self, other))
        assert len(mine) == len(theirs)
        return [i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
