"""The figures of BIND as a recursive server, validated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mailsim.declared import Duration
from mailsim.flavours.models import ResolverFigures
from mailsim.rules.dns.bind import BindRules

__all__ = ["BindFigures"]

_Count = Annotated[int, Field(ge=1)]


class BindFigures(ResolverFigures):
    """Every figure of BIND, named after named.conf where mailsim has no name of its own for it."""

    negative_ttl_minimum: Duration
    resolver_query_timeout: Duration
    backstop: Duration
    resolver_retry_interval: Duration
    resolver_nonbackoff_tries: _Count
    forwarder_rtt: Duration
    longest_wait: Duration
    timer_slack: Duration
    edns_seen: bool
    clients_per_query: Annotated[int, Field(ge=0)]
    max_clients_per_query: Annotated[int, Field(ge=0)]
    restarts: _Count
    max_recursion_depth: _Count
    qname_minimization: bool
    prefetch_trigger: Duration
    prefetch_eligible: Duration
    rrset_order: Literal["random", "cyclic", "fixed", "none"]
    stale_cache_enable: bool
    stale_answer_enable: bool
    max_stale_ttl: Duration
    stale_answer_ttl: Duration
    stale_refresh_time: Duration
    stale_answer_client_timeout: Duration | None = None

    def rules(self) -> BindRules:
        """The settings as the machine takes them."""
        s = 1_000_000
        return BindRules(
            max_cache_ttl_s=self.ttl_maximum // s,
            min_cache_ttl_s=self.ttl_minimum // s,
            max_ncache_ttl_s=self.negative_ttl_maximum // s,
            min_ncache_ttl_s=self.negative_ttl_minimum // s,
            servfail_ttl_us=self.servfail_ttl,
            resolver_query_timeout_us=self.resolver_query_timeout,
            backstop_us=self.backstop,
            retry_interval_us=self.resolver_retry_interval,
            nonbackoff_tries=self.resolver_nonbackoff_tries,
            forwarder_rtt_us=self.forwarder_rtt,
            longest_wait_us=self.longest_wait,
            timer_slack_us=self.timer_slack,
            edns_seen=self.edns_seen,
            clients_per_query=self.clients_per_query,
            max_clients_per_query=self.max_clients_per_query,
            max_query_restarts=self.restarts,
            max_recursion_depth=self.max_recursion_depth,
            qname_minimization=self.qname_minimization,
            prefetch_trigger_s=self.prefetch_trigger // s,
            prefetch_eligible_s=self.prefetch_eligible // s,
            rrset_order=self.rrset_order,
            stale_cache=self.stale_cache_enable,
            stale_answer=self.stale_answer_enable,
            max_stale_ttl_s=self.max_stale_ttl // s,
            stale_answer_ttl_s=self.stale_answer_ttl // s,
            stale_refresh_s=self.stale_refresh_time // s,
            stale_client_timeout_us=-1 if self.stale_answer_client_timeout is None else self.stale_answer_client_timeout,
            forward=self.forward,
        )
