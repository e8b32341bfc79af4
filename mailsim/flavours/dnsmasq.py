"""The figures of dnsmasq, validated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.declared import Duration
from mailsim.flavours.models import ResolverFigures

__all__ = ["DnsmasqFigures"]

_Count = Annotated[int, Field(ge=1)]


class DnsmasqFigures(ResolverFigures):
    """Every figure of dnsmasq, named after its options where it has one; 0 switches off what can be off."""

    min_cache_ttl: Duration
    max_cache_ttl: Duration
    neg_ttl: Duration
    max_ttl: Duration
    no_negcache: bool
    cache_size: Annotated[int, Field(ge=0)]
    strict_order: bool
    all_servers: bool
    use_stale_cache: Duration
    fast_dns_retry: Duration
    fast_dns_retry_total: Duration
    race_after_questions: _Count
    race_after_time: Duration
    join_time: Duration
    forget_after: Duration
