"""The figures of Knot Resolver, validated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.declared import Duration
from mailsim.flavours.models import ResolverFigures

__all__ = ["KresdFigures"]

_Count = Annotated[int, Field(ge=1)]
_CountOrNone = Annotated[int, Field(ge=0)]


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
    qname_minimisation: bool
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
