"""What a resolv.conf(5) or a program's own options say, as figures of its stub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mailsim.errors import UnsupportedError

__all__ = ["ResolvConf", "figures_from_options", "figures_of", "read_resolv_conf"]

#: options of resolv.conf(5) without a value: figure and what it becomes
_WORDS: dict[str, tuple[str, Any]] = {
    "rotate": ("rotate", True),
    "edns0": ("udp_octets", 1200),
    "single-request": ("single_request", True),
    "single-request-reopen": ("single_request_reopen", True),
    "use-vc": ("use_vc", True),
    "no-aaaa": ("no_aaaa", True),
}
#: what changes nothing that can be seen here
_IGNORED = {"debug", "trust-ad", "no-reload", "inet6", "no-check-names", "no-tld-query"}
#: options of a program that are durations in seconds
_SECONDS = {"timeout", "lifetime"}


class ResolvConf(NamedTuple):
    """Addresses of servers, in order, and figures of the GNU C library's stub."""

    servers: tuple[str, ...]
    figures: dict[str, Any]


def read_resolv_conf(text: str) -> ResolvConf:
    """Read a resolv.conf(5); the last of several ``search`` lines counts.

    Raises
    ------
    UnsupportedError
        An option is unknown.
    """
    servers: list[str] = []
    figures: dict[str, Any] = {}
    for line in text.splitlines():
        word, *values = line.split("#")[0].split() or [""]
        if word == "nameserver":
            servers += values[:1]
        elif word in ("search", "domain"):
            figures["search"] = tuple(values)
        elif word == "options":
            for option in values:
                figures.update(_option(option))
        elif word:
            raise UnsupportedError(f"resolv.conf lines {word}")
    return ResolvConf(tuple(servers), figures)


#: what other programs take from resolv.conf(5): figure of the C library to theirs
_HEEDED: dict[str, dict[str, tuple[str, ...]]] = {
    "dnspython": {"timeout": ("timeout",), "rotate": ("rotate",)},  # dns/resolver.py read_resolv_conf
    "cares": {"timeout": ("timeout",), "attempts": ("tries",), "rotate": ("rotate",), "ndots": ("ndots",), "search": ("search",)},
    "dig": {"timeout": ("timeout", "tcp_timeout"), "attempts": ("tries",)},  # bin/dig/dighost.c setup_system
    "host": {"timeout": ("timeout", "tcp_timeout"), "ndots": ("ndots",), "search": ("search",)},  # bin/dig/host.c sets its tries itself
}


def figures_of(flavour: str, conf: ResolvConf) -> dict[str, Any]:
    """What a program takes from a resolv.conf(5), as figures of its stub."""
    if flavour == "glibc":
        return dict(conf.figures)
    heeded = _HEEDED[flavour]
    found = {theirs: value for figure, value in conf.figures.items() for theirs in heeded.get(figure, ())}
    if flavour == "dnspython" and "udp_octets" in conf.figures:
        found["udp_octets"] = 1232  # use_edns()
    return found


def _option(option: str) -> dict[str, Any]:
    name, _, value = option.partition(":")
    if name in _WORDS:
        figure, becomes = _WORDS[name]
        return {figure: becomes}
    if name == "timeout":
        return {"timeout": f"{min(max(int(value), 1), 30)}s"}
    if name == "attempts":
        return {"attempts": min(max(int(value), 1), 5)}
    if name == "ndots":
        return {"ndots": min(int(value), 15)}
    if name in _IGNORED:
        return {}
    raise UnsupportedError(f"resolv.conf options {name}")


def figures_from_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that a recorded program was given (``lifetime`` 30.0, ``tries`` 2) as figures: numbers of time are seconds."""
    return {name: f"{round(1e6 * value)}us" if name in _SECONDS else value for name, value in options.items()}
