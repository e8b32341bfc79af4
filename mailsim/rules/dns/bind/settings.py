"""The settings of BIND that decide when it asks, how long it waits, and what it keeps."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BindRules"]


class BindRules(NamedTuple):
    """Options of named.conf(5) by their names, and constants of its source."""

    max_cache_ttl_s: int
    min_cache_ttl_s: int
    max_ncache_ttl_s: int
    min_ncache_ttl_s: int
    servfail_ttl_us: int
    resolver_query_timeout_us: int
    #: a fetch that is not over by itself is ended so long after its time (a connection that hangs)
    backstop_us: int
    retry_interval_us: int
    #: passes over the servers before the interval doubles
    nonbackoff_tries: int
    #: a forwarder is given at least this for its own questions
    forwarder_rtt_us: int
    #: no single question waits longer
    longest_wait_us: int
    #: network timers fire this late
    timer_slack_us: int
    #: the servers are known to speak EDNS: then a question that is not answered weighs four times as much
    edns_seen: bool
    clients_per_query: int
    max_clients_per_query: int
    max_query_restarts: int
    #: fetches for fetches, at most so deep
    max_recursion_depth: int
    qname_minimization: bool
    prefetch_trigger_s: int
    prefetch_eligible_s: int
    rrset_order: str
    stale_cache: bool
    stale_answer: bool
    max_stale_ttl_s: int
    stale_answer_ttl_s: int
    stale_refresh_s: int
    #: -1: off
    stale_client_timeout_us: int
    forward: tuple[str, ...]
