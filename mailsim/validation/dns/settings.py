"""Configuration lines of real resolvers as figures of their flavours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.validation.dns.otheroptions import dnsmasq_figures, kresd_figures, pdns_figures

__all__ = ["READERS", "parameters_of"]

#: flavour -> what reads its configuration lines into figures
READERS: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    "pdns": pdns_figures,
    "kresd": kresd_figures,
    "dnsmasq": dnsmasq_figures,
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
