"""The figures of PowerDNS Recursor, validated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.declared import Duration
from mailsim.flavours.models import ResolverFigures

__all__ = ["PdnsFigures"]

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
    qname_minimization: bool
    tcp_idle: Duration
    timing_noise: Duration
