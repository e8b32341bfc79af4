"""The figures of a flavour, validated: the same models serve the TOML files and a user's overrides."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mailsim.declared import Declared, DrawnDuration, Duration, Octets
from mailsim.flavours.retry_models import GiveUp, Listed, Retry

__all__ = ["Concurrency", "Drawn", "Failures", "MtaFigures", "ResolverFigures", "Routes", "Workers"]


def _drawn(value: Any) -> Any:
    return {"kind": "constant", "value": value} if isinstance(value, str | int | float) else value


#: a duration that is drawn, or just its value
Drawn = Annotated[DrawnDuration, BeforeValidator(_drawn)]


class Concurrency(Declared):
    """Sessions to one destination at a time: start, limit, and whether failures shrink the window (Postfix)."""

    initial: Annotated[int, Field(ge=1)] = 5
    limit: Annotated[int, Field(ge=1)] = 20
    feedback: bool = True
    dead_for: Duration = 0


class Routes(Declared):
    """OpenSMTPD: limits of its connections (limit.c), what it does to hosts that fail (mta.c), and its clock."""

    tick: Annotated[Duration, Field(gt=0)]
    per_route: Annotated[int, Field(ge=1)]
    per_connector: Annotated[int, Field(ge=1)]
    relay_pause: Duration
    route_pause: Duration
    reconnect_pause: Duration
    limit_pause: Duration
    first_source_pause: Duration
    source_pause: Duration
    penalty: Duration
    penalty_most: Duration
    keepalive: Duration
    messages_per_session: Annotated[int, Field(ge=1)]
    refusals_per_session: Annotated[int, Field(ge=1)]
    host_memory: Duration


class Workers(Declared):
    """Courier: delivery processes for each destination and in all, how long an idle one stays, for how long one whose
    connections failed tries no other, and what it takes to turn a delivery away meanwhile.
    """

    per_host: Annotated[int, Field(ge=1)]
    total: Annotated[int, Field(ge=1)]
    idle: Duration
    down_for: Duration
    turning_away: Duration = 0


Meaning = Literal["next_then_defer", "next_then_bounce", "defer", "bounce"]


class Failures(Declared):
    """What a failure on one target means for the message: see :func:`mailsim.rules.smtp.verdict`."""

    no_connection: Meaning = "next_then_defer"
    greeting_lost: Meaning = "next_then_defer"
    greeting_4xx: Meaning = "next_then_defer"
    greeting_5xx: Meaning = "next_then_bounce"
    ehlo_4xx: Meaning = "next_then_defer"
    ehlo_5xx: Meaning = "next_then_bounce"
    ehlo_lost: Meaning | None = None
    session_lost: Meaning = "next_then_defer"
    transaction_4xx: Meaning = "next_then_defer"
    transaction_5xx: Meaning = "bounce"


class MtaFigures(Declared):
    """Every figure of an MTA program.

    ``discipline`` is how it works off its queue: ``timers`` (each message, or each host, has its retry time), or a word of
    :mod:`mailsim.nodes.mta.disciplines`.
    """

    discipline: Literal["timers", "queue_runs", "routes", "host_workers"] = "timers"
    retry: Retry
    give_up: GiveUp = GiveUp()
    known_until: Duration | None = None
    queue_lifetime: Duration
    bounce_lifetime: Duration
    delay_notice: Duration | None = None
    delay_notice_repeats: bool = False
    queue_order: Literal["arrival", "directories", "random", "least_tried", "latest"] = "arrival"
    start_pace: Duration = 0
    connect_timeout: Duration
    tcp_fast_open: bool = False
    reply_slack: Duration = 0
    greeting_timeout: Duration
    ehlo_timeout: Duration
    mail_timeout: Duration
    rcpt_timeout: Duration
    data_timeout: Duration
    body_timeout: Duration
    eod_timeout: Duration
    address_limit: Annotated[int, Field(ge=1)] | None = None
    worse_preference_beyond_limit: bool = False
    session_limit: Annotated[int, Field(ge=1)] | None = None
    failures: Failures = Failures()
    mx_to_self: Literal["bounce", "freeze", "defer"] = "bounce"
    frozen_for: Duration | None = None
    mx_to_address: Literal["deliver", "unusable", "bounce"] = "deliver"
    mx_to_loopback: Literal["bounce", "skip"] = "bounce"
    mx_trouble: Literal["defers", "forgiven"] = "defers"
    null_mx: Literal["bounce", "defer"] = "bounce"
    asks_sts: bool = False
    host_lookup: Literal["once", "insists"] = "once"
    host_status: Duration | None = None
    concurrency: Concurrency | None = None
    routes: Routes | None = None
    report_pause: Duration = 0
    delay_notice_ahead: bool = False
    workers: Workers | None = None
    smarthost: str | None = None
    fallback_relay: str | None = None
    max_sessions: Annotated[int, Field(ge=1)] | None = None
    over_limit: Literal["wait", "421"] = "wait"
    hop_limit: Annotated[int, Field(ge=1)] = 50
    size_limit: Octets | None = None
    size_announced: Octets | None = None
    heeds_size: bool = False
    starttls: bool = True
    tls: Literal["1.2", "1.3"] = "1.3"
    pipelining: bool = True
    greeting_pause: Duration = 0
    logins: Literal["dovecot"] | None = None
    auth_failure_delay: Duration | None = None
    login_timeout: Duration | None = None
    stillborn_for: Duration = 0
    throttle: Duration = 0
    relay_denied: Annotated[str, Field(pattern=r"^(4\d\d 4|5\d\d 5)\.7\.1$")] = "554 5.7.1"
    server_time: Drawn
    stub: str | None = None
    dns_tries: Annotated[int, Field(ge=1)] = 2
    dns_timeout: Duration
    status_null_mx: str = "5.1.10"
    status_no_domain: str = "5.1.2"
    status_no_route: str = "5.4.4"
    status_loop: str = "5.4.6"
    status_expired: str | None = None
    status_failed: str | None = None
    status_delayed: str | None = None
    status_unwelcome: str | None = None
    action_expired: Literal["failed", "delayed"] = "failed"

    @model_validator(mode="after")
    def _known(self) -> MtaFigures:
        if isinstance(self.retry, Listed) and self.known_until != self.retry.policy().known_until_us:
            raise ValueError("a listed schedule is known until its last retry: write that as known_until")
        if self.mx_to_self == "freeze" and self.frozen_for is None:
            raise ValueError("what is frozen has to end some time: give frozen_for")
        if self.discipline == "routes" and self.routes is None:
            raise ValueError("a discipline of routes needs the figures `routes`")
        if self.discipline == "host_workers" and self.workers is None:
            raise ValueError("the discipline host_workers needs the figures workers")
        return self


class ResolverFigures(Declared):
    """The figures that every recursive resolver program has; each program's own are in a model beside its file.

    Parameters
    ----------
    ttl_maximum, ttl_minimum, negative_ttl_maximum : duration
        Bounds of lifetimes in the cache.
    servfail_ttl : duration
        How long a failure is kept.
    hit_at_ttl : bool
        An entry still answers when its age in whole seconds equals its TTL.
    forward : tuple of str
        Addresses of recursive servers that are asked instead of the zones' servers.
    stub_delay : duration or distribution
        What asking this resolver costs its clients.
    miss_delay : duration or distribution
        Round-trip time to name servers that are no nodes of the scenario.
    """

    ttl_maximum: Duration
    negative_ttl_maximum: Duration
    ttl_minimum: Duration = 0
    servfail_ttl: Duration
    hit_at_ttl: bool = False
    forward: tuple[str, ...] = ()
    stub_delay: Drawn
    miss_delay: Drawn
