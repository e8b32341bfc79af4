"""The figures of a flavour, validated: the same models serve the TOML files and a user's overrides."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mailsim.declared import Declared, DrawnDuration, Duration, MailAddress, Octets
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
    :mod:`mailsim.nodes.mta.disciplines`.  ``dsn``: it announces the extension of RFC 3461; ``assumes_final``: what it hands over by
    LMTP it calls delivered, not relayed; ``return_limit``: so much of a message it returns at the most.  ``double_bounce``: what it
    does with a report that can't be delivered; ``postmaster``: who hears of it (by default the postmaster of the machine itself).

    Which hosts it calls:

    * ``mx_choice``: ``best_first`` as RFC 5321 section 5.1 wants it; ``worst_first`` or ``worst_only`` aims at the backup;
      ``best_only`` never falls back; ``sticky`` keeps to the host that it found first for as long as the message lives.
    * ``equal_preference``: equals ``shuffled`` (RFC 5321 section 5.1), or in the order in which they are ``listed``.
    * ``address_family``: which addresses go first within one preference; ``balances_families``: the address limit leaves room
      for both.
    * ``dns_trouble``: what a lookup without answer means: ``defer`` (RFC 5321 section 5.1), ``bounce``, or for the MX itself the
      domain's own ``address``; ``address_fallback``: that address comes after all MX hosts, which section 5.1 forbids.
    * ``relay_trouble``: whether mail is returned or waits where the smarthost or fallback relay can't be found for good.
    * ``sts``: it heeds MTA-STS policies (RFC 8461); ``sts_timeout``: its patience with a policy host (section 3.3 suggests a
      minute).  ``asks_sts``: it only asks for the record.  ``dane``: it heeds TLSA records (RFC 7672).
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
    dns_trouble: Literal["defer", "bounce", "address"] = "defer"
    address_fallback: bool = False
    mx_choice: Literal["best_first", "worst_first", "best_only", "worst_only", "sticky"] = "best_first"
    equal_preference: Literal["shuffled", "listed"] = "shuffled"
    address_family: Literal["any", "ipv6_first", "ipv4_first", "ipv6_only", "ipv4_only"] = "any"
    balances_families: bool = False
    asks_sts: bool = False
    sts: bool = False
    sts_timeout: Duration = Field(default="60s")  # type: ignore[assignment]  # as a file would hold it
    dane: bool = False
    host_lookup: Literal["once", "insists"] = "once"
    host_status: Duration | None = None
    concurrency: Concurrency | None = None
    routes: Routes | None = None
    report_pause: Duration = 0
    delay_notice_ahead: bool = False
    workers: Workers | None = None
    smarthost: str | None = None
    fallback_relay: str | None = None
    relay_trouble: Literal["bounce", "defer"] = "bounce"
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
    dsn: bool = False
    assumes_final: bool = True
    return_limit: Octets | None = None
    double_bounce: Literal["discard", "postmaster", "freeze"] = "discard"
    postmaster: MailAddress | None = None

    @model_validator(mode="after")
    def _known(self) -> MtaFigures:
        if isinstance(self.retry, Listed) and self.known_until != self.retry.policy().known_until_us:
            raise ValueError("a listed schedule is known until its last retry: write that as known_until")
        if self.mx_to_self == "freeze" and self.frozen_for is None:
            raise ValueError("what is frozen has to end some time: give frozen_for")
        if self.double_bounce == "freeze" and self.discipline != "timers":
            raise ValueError("only a program whose discipline is timers can freeze a double bounce")
        if self.discipline == "routes" and self.routes is None:
            raise ValueError("a discipline of routes needs the figures `routes`")
        if self.discipline == "host_workers" and self.workers is None:
            raise ValueError("the discipline host_workers needs the figures workers")
        self._chooses()
        return self

    def _chooses(self) -> None:
        """How it chooses hosts goes with what it can do."""
        if (self.sts or self.dane) and not self.starttls:
            raise ValueError("MTA-STS and DANE are about TLS: sts and dane need starttls: true")
        own = ("mx_choice", "equal_preference", "address_family", "address_fallback", "sts", "dane")
        given = [name for name in own if getattr(self, name) != type(self).model_fields[name].default]
        if self.discipline == "routes" and given:
            raise ValueError(f"a program with the discipline routes chooses hosts in its own way: {', '.join(given)} can't be set")


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
