"""The figures of PowerDNS Recursor, Knot Resolver and dnsmasq, validated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.declared import Duration
from mailsim.flavours.models import ResolverFigures

__all__ = ["DnsmasqFigures", "KresdFigures", "PdnsFigures"]

_Count = Annotated[int, Field(ge=1)]
_CountOrNone = Annotated[int, Field(ge=0)]
_Percent = Annotated[int, Field(ge=0, le=100)]


class PdnsFigures(ResolverFigures):
    """Every figure of PowerDNS Recursor, named after its settings where it has one; ``servfail_ttl`` is packetcache-servfail-ttl."""

    packetcache: bool
    packetcache_ttl: Duration
    network_timeout: Annotated[Duration, Field(gt=0)]
    total_timeout: Duration
    poll_interval: Annotated[Duration, Field(gt=0)]
    server_down_max_fails: _CountOrNone
    server_down_throttle_time: Duration
    timeout_throttle_time: Duration
    timeout_throttle_tries: _CountOrNone
    unreachable_throttle_time: Duration
    unreachable_throttle_tries: _CountOrNone
    failure_throttle_time: Duration
    failure_throttle_tries: _CountOrNone
    recursion_depth: Annotated[float, Field(gt=0)]
    depth_of_asked_link: Annotated[float, Field(gt=0)]
    depth_of_cached_link: Annotated[float, Field(gt=0)]
    serve_stale_extensions: _CountOrNone
    serve_stale_period: Duration
    refresh_on_ttl_perc: _Percent
    tcp_idle: Duration
    timing_noise: Duration


class KresdFigures(ResolverFigures):
    """Every figure of Knot Resolver; ``started_before`` tells how long before the start of the scenario it began (else drawn)."""

    first_timeout: Annotated[Duration, Field(gt=0)]
    timeout_maximum: Annotated[Duration, Field(gt=0)]
    timeout_addition: Duration
    backoff_steps: _CountOrNone
    explore_odds: _Count
    explore_factor: _Count
    tcp_after_timeouts: _Count
    tcp_above: Duration
    dead_after_timeouts: _Count
    dead_timeout_minimum: Duration
    dead_for: Duration
    forward_timeout: Annotated[Duration, Field(gt=0)]
    request_limit: Duration
    timeout_limit: _Count
    iteration_limit: _Count
    failures_in_a_row: _CountOrNone
    longest_alias_chain: _Count
    connect_timeout: Duration
    tcp_inactivity: Duration
    tcp_recheck: Annotated[Duration, Field(gt=0)]
    tcp_idle: Duration
    health_check: Annotated[Duration, Field(gt=0)]
    started_before: Duration | None = None
    timing_noise: Duration
    timer_lag: Duration
    prefetch: bool
    prefetch_left: Duration
    serve_stale: bool
    stale_after: Duration
    stale_maximum: Duration
    stale_ttl: Duration


class DnsmasqFigures(ResolverFigures):
    """Every figure of dnsmasq, named after its options where it has one; 0 switches off what can be off."""

    min_cache_ttl: Duration
    max_cache_ttl: Duration
    neg_ttl: Duration
    strict_order: bool
    all_servers: bool
    use_stale_cache: Duration
    fast_dns_retry: Duration
    fast_dns_retry_total: Duration
    race_after_questions: _Count
    race_after_time: Duration
    join_time: Duration
    forget_after: Duration
