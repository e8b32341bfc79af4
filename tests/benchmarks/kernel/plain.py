"""PB6 as a good user of plain SimPy writes it: a process for each message, ``with`` a Resource, a dict for each event.

Frozen: this is the measure.  It may be corrected, not slowed down and not tuned.
"""

from __future__ import annotations

import simpy
from path import (
    BOUNCED,
    CONNECT_TIMEOUT_US,
    DIRECT,
    LIFETIME_US,
    OUTBOUND_SESSIONS,
    REFUSED,
    ROUND_TRIP_US,
    SILENT,
    SPOOL_SESSIONS,
    SUBMISSION_SESSIONS,
    TTL_US,
    UP,
    VIA_BACKUP,
    Outcome,
)


def failed_connect(env, primary):
    """What connecting to the primary costs while it is down."""
    if primary == REFUSED:
        yield env.timeout(ROUND_TRIP_US)
    elif primary == SILENT:
        yield env.timeout(CONNECT_TIMEOUT_US)


def simulate(path):
    """Run all messages; gives the log and SimPy's environment."""
    env = simpy.Environment()
    submission, outbound = simpy.Resource(env, SUBMISSION_SESSIONS), simpy.Resource(env, OUTBOUND_SESSIONS)
    spool = simpy.Resource(env, SPOOL_SESSIONS)
    host_known_until, mx_known_until, log = {}, {}, []

    def record(i, event, **more):
        log.append({"message": i, "event": event, "time": env.now, **more})

    def message(i):
        record(i, "sent")
        domain = path.domain[i]
        if env.now >= host_known_until.get(domain, -1):
            host_known_until[domain] = env.now + path.ask_host_us[i] + TTL_US
            yield env.timeout(path.ask_host_us[i])
            record(i, "host resolved")
        with submission.request() as session:
            yield session
            yield env.timeout(path.submit_us[i])
        record(i, "submitted")
        if env.now >= mx_known_until.get(domain, -1):
            mx_known_until[domain] = env.now + path.ask_mx_us[i] + TTL_US
            yield env.timeout(path.ask_mx_us[i])
            record(i, "mx resolved")
        attempts, route = 1, DIRECT
        with outbound.request() as session:
            yield session
            primary = path.primary(env.now)
            yield from failed_connect(env, primary)
            yield env.timeout(path.relay_us[i] if primary == UP else path.spool_us[i])
        if primary != UP:
            record(i, "spooled")
            route, spooled = VIA_BACKUP, env.now
            while primary != UP:
                yield env.timeout(path.retry_wait_us(i, attempts - 1))
                attempts += 1
                with spool.request() as session:
                    yield session
                    primary = path.primary(env.now)
                    yield from failed_connect(env, primary)
                    if primary == UP:
                        yield env.timeout(path.hand_over_us[i])
                if primary != UP:
                    record(i, "retry failed")
                    if env.now - spooled > LIFETIME_US:
                        record(i, "bounced", attempts=attempts)
                        return
        record(i, "stored", route=route, attempts=attempts)
        yield env.timeout(path.next_poll(i, env.now) - env.now)
        record(i, "fetched")

    def source():
        for i in range(path.n):
            yield env.timeout(path.arrival_us[i] - env.now)
            env.process(message(i))

    env.process(source())
    env.run()
    return log, env


def outcome(path, log):
    """What the log says about each message."""
    found = Outcome.empty(path.n)
    for row in log:
        i, event = row["message"], row["event"]
        if event in ("submitted", "stored", "fetched"):
            getattr(found, event)[i] = row["time"]
        if event == "stored":
            found.attempts[i], found.route[i] = row["attempts"], row["route"]
        elif event == "bounced":
            found.attempts[i], found.route[i] = row["attempts"], BOUNCED
    return found


def events(env):
    """Number of SimPy events of the run (SimPy numbers them from 0)."""
    return next(env._eid)
