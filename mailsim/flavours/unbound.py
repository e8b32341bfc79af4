"""The figures of unbound, validated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.declared import Duration
from mailsim.flavours.models import ResolverFigures
from mailsim.rules.dns.unbound import UnboundRules

__all__ = ["UnboundFigures"]

_Count = Annotated[int, Field(ge=1)]


class UnboundFigures(ResolverFigures):
    """Every figure of unbound, named after unbound.conf(5) where mailsim has no name of its own for it.

    ``first_timeout``, ``timeout_factor``, ``tries_per_server`` and ``total_timeout`` together are also what the lone
    senders of a population (of whose resolver nothing is known) wait.
    """

    negative_without_soa: Duration
    first_timeout: Duration
    timeout_factor: Annotated[float, Field(ge=1)] = 2.0
    tries_per_server: _Count
    total_timeout: Duration
    discard_timeout: Duration | None
    restarts: _Count
    infra_cache_min_rtt: Duration
    infra_cache_max_rtt: Duration
    infra_host_ttl: Duration
    infra_keep_probing: bool
    probe_timeout: Duration
    probe_after: _Count
    rtt_band: Duration
    second_packet_below: Duration
    max_sent_count: _Count
    max_depth: _Count
    tcp_auth_query_timeout: Duration
    last_resort: bool
    qname_minimisation: bool
    minimise_timeouts: _Count
    prefetch: bool
    rrset_roundrobin: bool
    serve_expired: bool
    serve_expired_ttl: Duration
    serve_expired_reply_ttl: Duration
    serve_expired_client_timeout: Duration

    def rules(self) -> UnboundRules:
        """The settings as the machine takes them."""
        ms, s = 1_000, 1_000_000
        return UnboundRules(
            cache_max_ttl_s=self.ttl_maximum // s,
            cache_min_ttl_s=self.ttl_minimum // s,
            cache_max_negative_ttl_s=self.negative_ttl_maximum // s,
            negative_without_soa_s=self.negative_without_soa // s,
            servfail_ttl_s=self.servfail_ttl // s,
            unknown_server_ms=self.first_timeout // ms,
            infra_min_rtt_ms=self.infra_cache_min_rtt // ms,
            infra_max_rtt_ms=self.infra_cache_max_rtt // ms,
            infra_host_ttl_s=self.infra_host_ttl // s,
            infra_keep_probing=self.infra_keep_probing,
            probe_rto_ms=self.probe_timeout // ms,
            probe_timeouts=self.probe_after,
            rtt_band_ms=self.rtt_band // ms,
            second_packet_below_ms=self.second_packet_below // ms,
            outbound_msg_retry=self.tries_per_server,
            max_sent=self.max_sent_count,
            max_restarts=self.restarts,
            max_depth=self.max_depth,
            tcp_timeout_ms=self.tcp_auth_query_timeout // ms,
            discard_timeout_ms=(self.discard_timeout or 0) // ms,
            last_resort=self.last_resort,
            qname_minimisation=self.qname_minimisation,
            minimise_timeouts=self.minimise_timeouts,
            prefetch=self.prefetch,
            rrset_roundrobin=self.rrset_roundrobin,
            serve_expired=self.serve_expired,
            serve_expired_ttl_s=self.serve_expired_ttl // s,
            serve_expired_reply_ttl_s=self.serve_expired_reply_ttl // s,
            serve_expired_client_timeout_ms=self.serve_expired_client_timeout // ms,
            forward=self.forward,
        )
