"""resolv.conf(5) as figures: the manual's options and bounds."""

from __future__ import annotations

import pytest

from mailsim.errors import UnsupportedError
from mailsim.validation.dns.resolvconf import figures_from_options, figures_of, read_resolv_conf


def test_servers_come_in_the_order_of_the_file() -> None:
    text = "# ours\nnameserver 192.0.2.1\nnameserver 192.0.2.2 # near\n"
    assert read_resolv_conf(text) == (("192.0.2.1", "192.0.2.2"), {})


@pytest.mark.parametrize(
    ("line", "figures"),
    [
        ("options timeout:1 attempts:3", {"timeout": "1s", "attempts": 3}),
        ("options timeout:99 attempts:99", {"timeout": "30s", "attempts": 5}),  # "silently capped to 30 / to 5"
        ("options ndots:99", {"ndots": 15}),
        ("options rotate edns0", {"rotate": True, "udp_octets": 1200}),
        ("options single-request", {"single_request": True}),
        ("options single-request-reopen use-vc no-aaaa", {"single_request_reopen": True, "use_vc": True, "no_aaaa": True}),
        ("options trust-ad", {}),
        ("search a.example b.example", {"search": ("a.example", "b.example")}),
        ("search a.example\ndomain b.example", {"search": ("b.example",)}),  # "the last instance wins"
    ],
)
def test_options_become_figures(line: str, figures: dict[str, object]) -> None:
    assert read_resolv_conf(line).figures == figures


@pytest.mark.parametrize("line", ["options frobnicate", "nameservers 192.0.2.1"])
def test_what_is_unknown_is_refused(line: str) -> None:
    with pytest.raises(UnsupportedError):
        read_resolv_conf(line)


def test_a_program_s_own_options_are_in_seconds() -> None:
    found = figures_from_options({"timeout": 0.5, "lifetime": 30.0, "tries": 2})
    assert found == {"timeout": "500000us", "lifetime": "30000000us", "tries": 2}


@pytest.mark.parametrize(
    ("flavour", "figures"),
    [
        ("glibc", {"timeout": "1s", "attempts": 3, "rotate": True}),
        ("dnspython", {"timeout": "1s", "rotate": True}),
        ("cares", {"timeout": "1s", "tries": 3, "rotate": True}),
        ("dig", {"timeout": "1s", "tcp_timeout": "1s", "tries": 3}),
        ("host", {"timeout": "1s", "tcp_timeout": "1s"}),
    ],
)
def test_each_program_heeds_some_options(flavour: str, figures: dict[str, object]) -> None:
    """read_resolv_conf of dnspython, ares_sysconfig_files.c, setup_system of dighost.c."""
    assert figures_of(flavour, read_resolv_conf("options timeout:1 attempts:3 rotate")) == figures
