"""Lines of the programs' own configuration files become figures of their flavours; what is unknown is refused by name."""

from __future__ import annotations

import pytest

from mailsim.errors import UnsupportedError
from mailsim.flavours import resolver_figures
from mailsim.validation.dns.otheroptions import dnsmasq_figures, kresd_figures, pdns_figures


@pytest.mark.parametrize(
    ("line", "figure"),
    [
        ("disable-packetcache=yes", {"packetcache": False}),
        ("packetcache-servfail-ttl=5", {"servfail_ttl": "5s"}),
        ("serve-stale-extensions=10", {"serve_stale_extensions": 10}),
        ("network-timeout=500", {"network_timeout": "500ms"}),
        ("minimum-ttl-override=0", {"ttl_minimum": "0s"}),
        ("qname-minimization=no", {"qname_minimization": False}),
    ],
)
def test_lines_of_a_recursor_conf(line: str, figure: dict[str, object]) -> None:
    assert pdns_figures([line]) == figure
    resolver_figures("pdns", pdns_figures([line]))


@pytest.mark.parametrize(
    ("line", "figure"),
    [
        ("modules.load('serve_stale < cache')", {"serve_stale": True}),
        ("modules.load('predict')", {"prefetch": True}),
        ("predict.config({window=15, period=24})", {}),
        ("option('NO_MINIMIZE', true)", {"qname_minimisation": False}),
        ("cache.min_ttl(3)", {"ttl_minimum": "3s"}),
        ("cache.max_ttl(8)", {"ttl_maximum": "8s"}),
        ("cache.ns_tout(5000)", {"dead_for": "5000ms"}),
    ],
)
def test_lines_of_a_kresd_conf(line: str, figure: dict[str, object]) -> None:
    assert kresd_figures([line]) == figure
    resolver_figures("kresd", kresd_figures([line]))


@pytest.mark.parametrize(
    ("line", "figure"),
    [
        ("strict-order", {"strict_order": True}),
        ("all-servers", {"all_servers": True}),
        ("use-stale-cache", {"use_stale_cache": "86400s"}),
        ("use-stale-cache=10", {"use_stale_cache": "10s"}),
        ("fast-dns-retry", {"fast_dns_retry": "1000ms"}),
        ("fast-dns-retry=500,4000", {"fast_dns_retry": "500ms", "fast_dns_retry_total": "4000ms"}),
        ("neg-ttl=7", {"neg_ttl": "7s"}),
        ("no-negcache", {"no_negcache": True}),
        ("cache-size=0", {"cache_size": 0}),
    ],
)
def test_lines_of_a_dnsmasq_conf(line: str, figure: dict[str, object]) -> None:
    assert dnsmasq_figures([line]) == figure
    resolver_figures("dnsmasq", dnsmasq_figures([line]))


@pytest.mark.parametrize("read", [pdns_figures, kresd_figures, dnsmasq_figures])
def test_an_unknown_line_is_named(read: object) -> None:
    with pytest.raises(UnsupportedError, match="no-such-thing=1"):
        read(["no-such-thing=1"])  # type: ignore[operator]
