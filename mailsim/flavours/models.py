"""The figures of a flavour, validated: the same models serve the TOML files and a user's overrides."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mailsim.declared import Declared, DrawnDuration, Duration, Octets
from mailsim.rules.retry import AgeClampedPolicy, HostRecordPolicy, RuleStep

__all__ = ["AgeClamped", "Concurrency", "Drawn", "HostRecords", "MtaFigures", "ResolverFigures", "RetryStep"]


def _drawn(value: Any) -> Any:
    return {"kind": "constant", "value": value} if isinstance(value, str | int | float) else value


#: a duration that is drawn, or just its value
Drawn = Annotated[DrawnDuration, BeforeValidator(_drawn)]


class AgeClamped(Declared):
    """Postfix: wait for the message's age, clamped, then for the next queue scan."""

    kind: Literal["age_clamped"]
    minimum: Duration
    maximum: Duration
    scan: Duration = Field(gt=0)

    def policy(self) -> AgeClampedPolicy:
        """The schedule as a pure rule."""
        return AgeClampedPolicy(self.minimum, self.maximum, self.scan)


class RetryStep(Declared):
    """One step of an Exim retry rule: ``F,until,interval`` or ``G,until,interval,factor``."""

    kind: Literal["F", "G"]
    until: Duration
    interval: Duration = Field(gt=0)
    factor: Annotated[float, Field(ge=1)] = 1.0


class HostRecords(Declared):
    """Exim: retry times per host since the host's first failure, looked at in queue runs."""

    kind: Literal["host_records"]
    steps: tuple[RetryStep, ...] = Field(min_length=1)
    interval_max: Duration
    scan: Duration = Field(gt=0)
    runners: Annotated[int, Field(ge=1)] = 5

    def policy(self) -> HostRecordPolicy:
        """The schedule as a pure rule."""
        steps = tuple(RuleStep(s.kind, s.until, s.interval, s.factor) for s in self.steps)
        return HostRecordPolicy(steps, self.interval_max)


class Concurrency(Declared):
    """Sessions to one destination at a time: start, limit, and whether failures shrink the window (Postfix)."""

    initial: Annotated[int, Field(ge=1)] = 5
    limit: Annotated[int, Field(ge=1)] = 20
    feedback: bool = True
    dead_for: Duration = 0


class MtaFigures(Declared):
    """Every figure of an MTA program."""

    retry: Annotated[AgeClamped | HostRecords, Field(discriminator="kind")]
    queue_lifetime: Duration
    bounce_lifetime: Duration
    delay_notice: Duration | None = None
    delay_notice_repeats: bool = False
    connect_timeout: Duration
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
    greeting_5xx: Literal["next_then_defer", "next_then_bounce"] = "next_then_defer"
    mx_to_self: Literal["bounce", "freeze"] = "bounce"
    mx_to_address: Literal["deliver", "unusable"] = "deliver"
    mx_to_loopback: Literal["bounce", "skip"] = "bounce"
    concurrency: Concurrency | None = None
    max_sessions: Annotated[int, Field(ge=1)] | None = None
    hop_limit: Annotated[int, Field(ge=1)] = 50
    size_limit: Octets | None = None
    starttls: bool = True
    tls: Literal["1.2", "1.3"] = "1.3"
    pipelining: bool = True
    greeting_pause: Duration = 0
    auth_failure_delay: Duration = 0
    server_time: Drawn
    dns_tries: Annotated[int, Field(ge=1)] = 2
    dns_timeout: Duration
    status_null_mx: str = "5.1.10"
    status_no_domain: str = "5.1.2"
    status_no_route: str = "5.4.4"
    status_loop: str = "5.4.6"
    status_expired: str | None = None


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
