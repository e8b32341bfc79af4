"""Configuration lines of real resolvers as figures of their flavours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.validation.dns.otheroptions import dnsmasq_figures, kresd_figures, pdns_figures

__all__ = ["READERS", "parameters_of"]

#: options of unbound.conf(5) to figures, with the unit in which they are written
_UNBOUND = {
    "cache-max-ttl": ("ttl_maximum", "s"),
    "cache-min-ttl": ("ttl_minimum", "s"),
    "cache-max-negative-ttl": ("negative_ttl_maximum", "s"),
    "discard-timeout": ("discard_timeout", "ms"),
    "serve-expired": ("serve_expired", "flag"),
    "serve-expired-ttl": ("serve_expired_ttl", "s"),
    "serve-expired-reply-ttl": ("serve_expired_reply_ttl", "s"),
    "serve-expired-client-timeout": ("serve_expired_client_timeout", "ms"),
    "infra-cache-max-rtt": ("infra_cache_max_rtt", "ms"),
    "infra-cache-min-rtt": ("infra_cache_min_rtt", "ms"),
    "infra-host-ttl": ("infra_host_ttl", "s"),
    "infra-keep-probing": ("infra_keep_probing", "flag"),
    "prefetch": ("prefetch", "flag"),
    "rrset-roundrobin": ("rrset_roundrobin", "flag"),
    "qname-minimisation": ("qname_minimisation", "flag"),
    "outbound-msg-retry": ("tries_per_server", "count"),
    "max-sent-count": ("max_sent_count", "count"),
    "max-query-restarts": ("restarts", "count"),
    "unknown-server-time-limit": ("first_timeout", "ms"),
    "tcp-auth-query-timeout": ("tcp_auth_query_timeout", "ms"),
}


def _figure(text: str, unit: str) -> Any:
    if unit == "flag":
        return text in ("yes", "true", "1")
    return int(text) if unit == "count" else f"{text}{unit}"


def _unbound(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in lines:
        option, _, text = line.partition(":")
        if option.strip() not in _UNBOUND:
            raise UnsupportedError(f"unbound.conf line {line!r}")
        name, unit = _UNBOUND[option.strip()]
        found[name] = _figure(text.strip(), unit)
    return found


#: options of named.conf to figures, with the unit in which they are written
_BIND = {
    "max-cache-ttl": ("ttl_maximum", "s"),
    "min-cache-ttl": ("ttl_minimum", "s"),
    "max-ncache-ttl": ("negative_ttl_maximum", "s"),
    "min-ncache-ttl": ("negative_ttl_minimum", "s"),
    "servfail-ttl": ("servfail_ttl", "s"),
    "resolver-query-timeout": ("resolver_query_timeout", "ms"),
    "resolver-retry-interval": ("resolver_retry_interval", "ms"),
    "resolver-nonbackoff-tries": ("resolver_nonbackoff_tries", "count"),
    "clients-per-query": ("clients_per_query", "count"),
    "max-clients-per-query": ("max_clients_per_query", "count"),
    "max-query-restarts": ("restarts", "count"),
    "stale-cache-enable": ("stale_cache_enable", "flag"),
    "stale-answer-enable": ("stale_answer_enable", "flag"),
    "max-stale-ttl": ("max_stale_ttl", "s"),
    "stale-answer-ttl": ("stale_answer_ttl", "s"),
    "stale-refresh-time": ("stale_refresh_time", "s"),
    "stale-answer-client-timeout": ("stale_answer_client_timeout", "ms"),
}
#: BIND takes a time-out of up to 300 as seconds, and none below 10 s (BIND 9.18 ARM resolver-query-timeout)
_SHORTEST_FETCH_MS, _SECONDS_UP_TO = 10_000, 300


def _bind(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in lines:
        option, *words = line.rstrip("; ").replace(";", " ").split()
        if option == "prefetch":
            found["prefetch_trigger"] = f"{words[0]}s"
            if len(words) > 1:
                found["prefetch_eligible"] = f"{words[1]}s"
        elif option == "rrset-order":
            found["rrset_order"] = words[words.index("order") + 1]
        elif option == "qname-minimization":
            found["qname_minimization"] = words[0] != "off"
        elif option == "resolver-query-timeout":
            ms = int(words[0]) * (1000 if int(words[0]) <= _SECONDS_UP_TO else 1)
            found["resolver_query_timeout"] = f"{max(ms, _SHORTEST_FETCH_MS)}ms"
        elif option in _BIND and not (option == "stale-answer-client-timeout" and words[0] in ("off", "disabled")):
            name, unit = _BIND[option]
            found[name] = _figure(words[0], unit)
        elif option not in _BIND:
            raise UnsupportedError(f"named.conf line {line!r}")
    return found


#: flavour -> what reads its configuration lines into figures
READERS: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    "pdns": pdns_figures,
    "kresd": kresd_figures,
    "dnsmasq": dnsmasq_figures,
    "bind": _bind,
    "unbound": _unbound,
}


def parameters_of(flavour: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that a case's configuration lines set.

    Raises
    ------
    UnsupportedError
        A line is unknown.
    """
    lines = list(parameters.get("conf") or ())
    if not lines:
        return {}
    if flavour not in READERS:
        raise UnsupportedError(f"configuration lines of {flavour}")
    return READERS[flavour](lines)
