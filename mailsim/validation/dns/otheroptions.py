"""Configuration lines of PowerDNS Recursor, Knot Resolver and dnsmasq as figures of their flavours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mailsim.errors import UnsupportedError

__all__ = ["dnsmasq_figures", "kresd_figures", "pdns_figures"]

#: settings of pdns_recursor to figures, with the unit in which they are written
_PDNS = {
    "disable-packetcache": ("packetcache", "not"),
    "packetcache-ttl": ("packetcache_ttl", "s"),
    "packetcache-servfail-ttl": ("servfail_ttl", "s"),
    "minimum-ttl-override": ("ttl_minimum", "s"),
    "max-cache-ttl": ("ttl_maximum", "s"),
    "max-negative-ttl": ("negative_ttl_maximum", "s"),
    "network-timeout": ("network_timeout", "ms"),
    "max-total-msec": ("total_timeout", "ms"),
    "max-recursion-depth": ("recursion_depth", "count"),
    "server-down-max-fails": ("server_down_max_fails", "count"),
    "server-down-throttle-time": ("server_down_throttle_time", "s"),
    "serve-stale-extensions": ("serve_stale_extensions", "count"),
    "refresh-on-ttl-perc": ("refresh_on_ttl_perc", "count"),
    "qname-minimization": ("qname_minimization", "flag"),
    "tcp-out-max-idle-ms": ("tcp_idle", "ms"),
}

#: options of dnsmasq to figures; what stands for an option without a value
_DNSMASQ = {
    "min-cache-ttl": ("min_cache_ttl", "s", None),
    "max-cache-ttl": ("max_cache_ttl", "s", None),
    "neg-ttl": ("neg_ttl", "s", None),
    "max-ttl": ("max_ttl", "s", None),
    "no-negcache": ("no_negcache", "flag", "yes"),
    "cache-size": ("cache_size", "count", None),
    "strict-order": ("strict_order", "flag", "yes"),
    "all-servers": ("all_servers", "flag", "yes"),
    "use-stale-cache": ("use_stale_cache", "s", "86400"),
    "fast-dns-retry": ("fast_dns_retry", "ms", "1000"),
}

#: functions of kresd's configuration to figures
_KRESD = {
    r"cache\.min_ttl\((\d+)\)": ("ttl_minimum", "s"),
    r"cache\.max_ttl\((\d+)\)": ("ttl_maximum", "s"),
    r"cache\.ns_tout\((\d+)\)": ("dead_for", "ms"),
    r"serve_stale\.timeout\s*=\s*(\d+)\s*\*\s*sec": ("stale_after", "s"),
}

#: modules of kresd that change what is seen, and the figure that they switch on; the others only watch
_MODULES = {"serve_stale": "serve_stale", "predict": "prefetch", "prefetch": "prefetch"}
_WATCHERS = {"hints", "policy", "stats", "cache", "view"}


def _value(text: str, unit: str) -> Any:
    if unit in ("flag", "not"):
        return (text in ("yes", "true", "1", "")) != (unit == "not")
    return int(text) if unit == "count" else f"{text}{unit}"


def pdns_figures(lines: list[str]) -> dict[str, Any]:
    """The figures that lines of a recursor.conf set; raises :class:`UnsupportedError` for what is unknown."""
    found: dict[str, Any] = {}
    for line in lines:
        option, _, text = (part.strip() for part in line.partition("="))
        if option not in _PDNS:
            raise UnsupportedError(f"recursor.conf line {line!r}")
        name, unit = _PDNS[option]
        found[name] = _value(text, unit)
    return found


def dnsmasq_figures(lines: list[str]) -> dict[str, Any]:
    """The figures that lines of a dnsmasq.conf set; raises :class:`UnsupportedError` for what is unknown."""
    found: dict[str, Any] = {}
    for line in lines:
        option, _, text = (part.strip() for part in line.partition("="))
        if option not in _DNSMASQ:
            raise UnsupportedError(f"dnsmasq.conf line {line!r}")
        name, unit, alone = _DNSMASQ[option]
        first, _, second = (text or alone or "").partition(",")
        found[name] = _value(first, unit)
        if option == "fast-dns-retry" and second:
            found["fast_dns_retry_total"] = f"{second}ms"
    return found


def kresd_figures(lines: list[str]) -> dict[str, Any]:
    """The figures that lines of a kresd.conf set; raises :class:`UnsupportedError` for what is unknown."""
    found: dict[str, Any] = {}
    for line in lines:
        found.update(_kresd_line(line.strip()))
    return found


def _kresd_line(line: str) -> Mapping[str, Any]:
    module = re.fullmatch(r"modules\.load\('\s*(\w+)\b[^']*'\)", line)
    if module is not None and module[1] in _MODULES:
        return {_MODULES[module[1]]: True}
    if re.fullmatch(r"option\('NO_MINIMIZE',\s*true\)", line):
        return {"qname_minimisation": False}
    if (module is not None and module[1] in _WATCHERS) or line.startswith("predict.config("):
        return {}
    for pattern, (name, unit) in _KRESD.items():
        found = re.fullmatch(pattern, line)
        if found is not None:
            return {name: _value(found[1], unit)}
    raise UnsupportedError(f"kresd.conf line {line!r}")
