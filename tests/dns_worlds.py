"""Small worlds with only DNS in them: one zone with two name servers, 10 ms away, a resolver that costs nothing, a client that asks."""

from __future__ import annotations

from typing import Any

import mailsim
from checkers import violations
from mailsim.engine import simulate
from mailsim.events import Event
from mailsim.nodes.lookups import TYPE_NUMBERS
from mailsim.scenario.compiled import compiled
from small_worlds import Run

__all__ = ["S", "asked", "dns_run", "dns_world", "looked_up"]

S = 1_000_000
_TYPES = {number: name for name, number in TYPE_NUMBERS.items()}

ZONE = """$ORIGIN example.com.
@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 60
@    3600 IN NS  ns1
@    3600 IN NS  ns2
ns1  3600 IN A   192.0.2.53
ns2  3600 IN A   198.51.100.53
@    300  IN MX  10 mx1
mx1  300  IN A   192.0.2.1
a    6    IN A   192.0.2.7
"""


def dns_world(queries: list[dict[str, Any]], *faults: dict[str, Any], dns: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A scenario; ``dns`` changes the resolver."""
    resolver = {"kind": "resolver", **(dns or {})}
    resolver["parameters"] = {"stub_delay": "0s", **resolver.get("parameters", {})}
    return {
        "name": "names only",
        "run_until": "5m",
        "zones": [ZONE],
        "nodes": {
            "dns": resolver,
            "ns1": {"kind": "nameserver", "host": "ns1.example.com"},
            "ns2": {"kind": "nameserver", "host": "ns2.example.com"},
            "asker": {"kind": "dnsclient", "queries": queries},
            **more.pop("nodes", {}),
        },
        "links": {"default": {"rtt": "10ms", "bandwidth": None}},
        "faults": [{"kind": "dns", **fault} for fault in faults],
        **more,
    }


def dns_run(values: dict[str, Any], *, seed: int = 1) -> Run:
    """Load and run, under all checkers."""
    scenario = mailsim.load(values)
    log = simulate(compiled(scenario), seed)
    found = violations(log, scenario)
    assert not found, "\n".join(found[:20])
    return Run(log, scenario)


def looked_up(run: Run) -> list[tuple[float, str, float, int]]:
    """(second, name, seconds that it took, response code) of each client question."""
    return [(row.t_us / S, row.peer, row.value / S, row.code) for row in run.of(Event.LOOKED_UP)]


def asked(run: Run) -> list[tuple[float, str, str, str]]:
    """(second, server's address, name, type) of each question of the resolver."""
    return [(row.t_us / S, row.peer, row.extra, _TYPES[int(row.detail)]) for row in run.of(Event.ASKED)]
