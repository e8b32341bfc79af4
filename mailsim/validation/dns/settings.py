"""Configuration lines of real resolvers as figures of their flavours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailsim.errors import UnsupportedError

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


#: flavour -> what reads its configuration lines into figures
READERS: dict[str, Callable[[list[str]], dict[str, Any]]] = {"unbound": _unbound}


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
