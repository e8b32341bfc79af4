"""PB6 on ``mailsim.engine``: a generator for each message, too, but absolute instants, look-ahead stations, columns.

The differences to the plain script are the ones that the kernel is for: one event for waiting and service together, no
event where nothing is waited for (cache hits, the reader's polls), and results by message number instead of a log of dicts.
"""

from __future__ import annotations

from path import (
    BOUNCED,
    CONNECT_TIMEOUT_US,
    DIRECT,
    DOMAINS,
    LIFETIME_US,
    OUTBOUND_SESSIONS,
    ROUND_TRIP_US,
    SILENT,
    SPOOL_SESSIONS,
    SUBMISSION_SESSIONS,
    TTL_US,
    UP,
    VIA_BACKUP,
    Outcome,
)

from mailsim.engine.kernel import MESSAGE, SOURCE, Clock, Flow
from mailsim.engine.stations import Station


class Cache:
    """What a resolver remembers: a question that is known takes no time."""

    def __init__(self):
        self.known_until = [-1] * DOMAINS

    def latency_us(self, domain, t, asking_us):
        """0 on a hit; else ``asking_us``, after which the answer is known."""
        if t < self.known_until[domain]:
            return 0
        self.known_until[domain] = t + asking_us + TTL_US
        return asking_us


def simulate(path):
    """Run all messages; gives the outcome and the clock."""
    env, found = Clock(), Outcome.empty(path.n)
    submission, outbound, spool = Station(SUBMISSION_SESSIONS), Station(OUTBOUND_SESSIONS), Station(SPOOL_SESSIONS)
    hosts, mxs = Cache(), Cache()
    domain, ask_host_us, submit_us, ask_mx_us = path.domain, path.ask_host_us, path.submit_us, path.ask_mx_us
    relay_us, spool_us, hand_over_us = path.relay_us, path.spool_us, path.hand_over_us
    primary_at, retry_wait_us, next_poll = path.primary, path.retry_wait_us, path.next_poll
    submitted, stored, fetched, attempts_of, route_of = (found.submitted, found.stored, found.fetched, found.attempts, found.route)

    def message(i, t):
        latency_us = hosts.latency_us(domain[i], t, ask_host_us[i])
        if latency_us:
            t = yield t + latency_us
        t = yield submission.serve(t, submit_us[i])
        submitted[i] = t
        latency_us = mxs.latency_us(domain[i], t, ask_mx_us[i])
        if latency_us:
            t = yield t + latency_us
        attempts, route = 1, DIRECT
        primary = primary_at(outbound.start(t))
        if primary == UP:
            t = outbound.serve(t, relay_us[i])
        else:
            route = VIA_BACKUP
            t = spooled = outbound.serve(t, (CONNECT_TIMEOUT_US if primary == SILENT else ROUND_TRIP_US) + spool_us[i])
            while primary != UP:
                t = yield t + retry_wait_us(i, attempts - 1)
                attempts += 1
                primary = primary_at(spool.start(t))
                if primary == UP:
                    t = spool.serve(t, hand_over_us[i])
                else:
                    t = spool.serve(t, CONNECT_TIMEOUT_US if primary == SILENT else ROUND_TRIP_US)
                    if t - spooled > LIFETIME_US:
                        attempts_of[i], route_of[i] = attempts, BOUNCED
                        return
        stored[i], attempts_of[i], route_of[i] = t, attempts, route
        fetched[i] = next_poll(i, t)

    def source():
        for i, arrival in enumerate(path.arrival_us):
            t = yield arrival
            Flow(env, message(i, t), MESSAGE + i)

    Flow(env, source(), SOURCE)
    env.run()
    return found, env
