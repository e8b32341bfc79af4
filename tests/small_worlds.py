"""Small worlds whose instants can be worked out with a pencil: every round trip is 100 ms, names and servers cost no time.

The plain session then costs 0.5 s (the server has the message after 0.45 s), submission with a login 0.6 s (0.55 s), a refused
connection 0.1 s.  Mail that is sent at 0 enters the queue of ``isp`` at 0.55 s.
"""

from __future__ import annotations

from typing import Any

import mailsim
from checkers import violations
from mailsim.engine import simulate
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from record import Record, Row

__all__ = ["MTA", "NET", "Run", "S", "com", "outage", "run", "world"]

S = 1_000_000

#: figures that make an MTA's part of a session free of charge, and its scans fall on multiples of their interval
MTA: dict[str, Any] = {"kind": "mta", "scan_phase": 0, "parameters": {"server_time": "0s", "starttls": False}}

ORG = """$ORIGIN example.org.
@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@    3600 IN NS  ns1
@    3600 IN MX  10 mail
mail 3600 IN A   203.0.113.25
ns1  3600 IN A   203.0.113.53
"""

#: a domain at another place, with one mail server ``mx``
NET = """$ORIGIN example.net.
@   3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@   3600 IN NS  ns1
@   3600 IN MX  10 mx
mx  3600 IN A   198.51.100.1
ns1 3600 IN A   198.51.100.53
"""


def com(*lines: str, ttl: int = 3600) -> str:
    """The zone example.com with these records, such as ``@ MX 10 mx1``."""
    head = f"$ORIGIN example.com.\n$TTL {ttl}\n@ IN SOA ns1 hostmaster 1 7200 900 1209600 300\n@ IN NS ns1\nns1 IN A 192.0.2.53\n"
    return head + "\n".join(lines) + "\n"


def outage(target: str, start: str, *, length: str | None = None, how: str = "silent", **more: Any) -> dict[str, Any]:
    """A fault; without ``length`` it lasts for 60 days."""
    return {"kind": "outage", "target": target, "start": start, "length": length or "60d", "how": how, **more}


def world(
    zone: str,
    nodes: dict[str, Any],
    *,
    to: str | list[str] = "bob@example.com",
    times: tuple[str, ...] = ("0s",),
    faults: tuple[dict[str, Any], ...] = (),
    isp: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A scenario: ann@example.org sends through ``isp`` to ``to``; ``nodes`` are the servers of example.com."""
    size = more.pop("size", "10 kB")
    own = isp or {}
    provider = {**MTA, "host": "mail.example.org", "final_for": ["example.org"], "submission": True, **own}
    provider["parameters"] = {**MTA["parameters"], **own.get("parameters", {})}
    ann = {"kind": "client", "address": "ann@example.org", "password": "secret", "submission": {"discover": "mail.example.org"}}
    base: dict[str, Any] = {
        "name": "small",
        "seed": 1,
        "zones": [zone, ORG],
        "nodes": {
            "ann": ann,
            "isp": {**provider, "accounts": {"ann@example.org": {"password": "secret"}}},
            "dns": {"kind": "resolver", "parameters": {"stub_delay": "0s", "miss_delay": "0s"}},
            **nodes,
        },
        "links": {"default": {"rtt": "100ms", "bandwidth": None}},
        "traffic": [{"kind": "at", "from": "ann@example.org", "to": to, "times": list(times), "size": size}],
        "faults": list(faults),
    }
    return {**base, **more}


class Run(Record):
    """A run of a small world with what tests ask of it; instants in seconds."""

    def state(self, number: int = 0, rcpt: str = "") -> State:
        """Where message ``number`` (to ``rcpt``) is."""
        return State(self.delivery(number, rcpt).state)

    def delivery(self, number: int = 0, rcpt: str = "") -> Any:
        """The first row of message ``number`` (to ``rcpt``)."""
        return next(d for d in self.deliveries if d.message == number and rcpt in ("", d.rcpt))

    def reports(self, number: int = 0) -> list[Any]:
        """The deliveries of reports about message ``number``."""
        return [d for d in self.deliveries if d.parent == number]

    def of(self, kind: Event, *, node: str = "", number: int | None = None) -> list[Row]:
        """Rows of a kind (at a node, about a message)."""
        return [r for r in self.rows if r.kind == kind and node in ("", r.node) and number in (None, r.message)]

    def at(self, kind: Event, *, node: str = "", number: int | None = None) -> list[float]:
        """Instants of such rows."""
        return [r.t_us / S for r in self.of(kind, node=node, number=number)]

    def tries(self, node: str = "isp", number: int | None = None) -> list[tuple[float, str, Why]]:
        """(second, host, what it came to) of each contact."""
        return [(r.t_us / S, r.peer.partition(".")[0], Why(r.why)) for r in self.of(Event.TRIED, node=node, number=number)]


def run(values: dict[str, Any], *, seed: int | None = None, level: str = "events") -> Run:
    """Load and run a world, under all checkers."""
    scenario = mailsim.load(values)
    log = simulate(compiled(scenario), scenario.seed if seed is None else seed, level)
    found = violations(log, scenario)
    assert not found, "\n".join(found[:20])
    return Run(log, scenario)
