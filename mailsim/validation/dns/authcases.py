"""Recorded cases of authoritative servers: a client asks one server of a program directly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.scenario import load
from mailsim.scenario.scenario import Scenario
from mailsim.validation.dns.world import CLIENT, _change, _end_s, _query, _zone, lead_s

__all__ = ["auth_scenario_of", "is_auth_case"]

_FLAVOURS = {"bind9": "auth-bind", "nsd": "auth-nsd", "knot": "auth-knot", "pdns-server": "auth-pdns"}
SERVER = "server"
#: what the recorder takes by UDP: its question for 40 MX was answered with TC by all servers
_OCTETS = 1232
#: the recorder ran beside the server: 0.2-4 ms
_RTT = "1ms"


def is_auth_case(body: Mapping[str, Any]) -> bool:
    """Whether the program serves the zones itself: there are no other servers."""
    return not body["servers"]


def auth_scenario_of(body: Mapping[str, Any]) -> Scenario:
    """The scenario of a case.

    Raises
    ------
    UnsupportedError
        The case holds what this loader does not know.
    """
    word = str(body["software"]).split()[0].lower()
    if word not in _FLAVOURS or body["parameters"].get("conf") or body["faults"]:
        raise UnsupportedError(f"authoritative server {word} with settings or faults")
    lead = lead_s(body)
    queries = [_query(line, lead) for line in body["queries"]]
    values = {
        "name": "recorded",
        "run_until": f"{_end_s(body, lead):.6f}s",
        "zones": [_zone(origin, zone["rr"]) for origin, zone in body["zones"].items()],
        "nodes": {
            SERVER: {"kind": "nameserver", "flavour": _FLAVOURS[word], "address": ["10.53.9.9"], "zones": list(body["zones"])},
            CLIENT: {"kind": "dnsclient", "resolver": SERVER, "queries": queries, "udp_octets": _OCTETS},
        },
        "links": {"default": {"rtt": _RTT, "bandwidth": None}},
        "changes": [_change(change, lead) for change in body["changes"]],
    }
    return load(values)
