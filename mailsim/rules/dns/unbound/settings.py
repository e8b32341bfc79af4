"""The settings of unbound that decide when it asks, how long it waits, and what it keeps."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["UnboundRules"]


class UnboundRules(NamedTuple):
    """Options of unbound.conf(5) by their names, and constants of its source; ``_ms`` and ``_s`` as unbound counts them."""

    cache_max_ttl_s: int
    cache_min_ttl_s: int
    cache_max_negative_ttl_s: int
    #: a "no" without SOA, and a failure, are kept for so long (both NORR_TTL)
    negative_without_soa_s: int
    servfail_ttl_s: int
    unknown_server_ms: int
    infra_min_rtt_ms: int
    infra_max_rtt_ms: int
    infra_host_ttl_s: int
    infra_keep_probing: bool
    #: from this time-out on a server is only probed (PROBE_MAXRTO)
    probe_rto_ms: int
    #: and only after so many time-outs in a row (TIMEOUT_COUNT_MAX)
    probe_timeouts: int
    #: servers within so much of the best are equals (RTT_BAND)
    rtt_band_ms: int
    #: below this time-out each question is sent a second time, with a smaller EDNS size
    second_packet_below_ms: int
    outbound_msg_retry: int
    max_sent: int
    max_restarts: int
    max_depth: int
    tcp_timeout_ms: int
    discard_timeout_ms: int
    #: whether the parent is asked once more for a zone whose servers all fail
    last_resort: bool
    qname_minimisation: bool
    minimise_timeouts: int
    prefetch: bool
    rrset_roundrobin: bool
    serve_expired: bool
    serve_expired_ttl_s: int
    serve_expired_reply_ttl_s: int
    serve_expired_client_timeout_ms: int
    forward: tuple[str, ...]
