"""A small case of an MTA in the schema of the recordings, made by hand: one domain, two mail servers, one mail."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

__all__ = ["POSTFIX", "mta_body", "mta_case"]

#: Postfix at the scale of the recordings: everything a hundred times as fast as usual
POSTFIX: dict[str, Any] = {
    "queue_run_delay": "2s",
    "minimal_backoff_time": "4s",
    "maximal_backoff_time": "16s",
    "maximal_queue_lifetime": "40s",
    "bounce_queue_lifetime": "40s",
    "delay_warning_time": "0h",
    "smtp_connect_timeout": "3s",
    "smtp_helo_timeout": "6s",
    "smtp_mail_timeout": "6s",
    "smtp_rcpt_timeout": "6s",
    "smtp_data_init_timeout": "6s",
    "smtp_data_xfer_timeout": "6s",
    "smtp_data_done_timeout": "6s",
}


def _zone(origin: str, *records: tuple[str, str, str], ttl: int = 300) -> list[dict[str, Any]]:
    soa = {"name": origin, "type": "SOA", "ttl": ttl, "value": f"ns.{origin} hostmaster.{origin} 1 3600 600 86400 5"}
    return [soa, *({"name": name, "type": rtype, "ttl": ttl, "value": value} for name, rtype, value in records)]


_ZONES = [
    *_zone("gt.test.", ("ns.gt.test.", "A", "10.99.2.53"), ("mta.gt.test.", "A", "10.99.1.2")),
    *_zone("sender.test.", ("sender.test.", "MX", "10 home.sender.test."), ("home.sender.test.", "A", "10.99.2.9")),
    *_zone(
        "dest.test.",
        ("dest.test.", "MX", "10 mx1.dest.test."),
        ("dest.test.", "MX", "20 mx2.dest.test."),
        ("mx1.dest.test.", "A", "10.99.2.11"),
        ("mx2.dest.test.", "A", "10.99.2.12"),
        ttl=5,
    ),
]


def mta_body(
    *,
    kind: str = "postfix",
    params: dict[str, Any] | None = None,
    hosts: dict[str, Any] | None = None,
    faults: list[list[Any]] | None = None,
    to: tuple[str, ...] = ("u01@dest.test",),
    **more: Any,
) -> dict[str, Any]:
    """The case without name, description and repeats; ``more`` goes into its world."""
    places = {
        "mx1": {"addrs": ["10.99.2.11"], "behaviour": []},
        "mx2": {"addrs": ["10.99.2.12"], "behaviour": []},
        "home": {"addrs": ["10.99.2.9"], "behaviour": []},
    }
    return deepcopy(
        {
            "mta": {"kind": kind, "packages": {kind: "1"}, "host": "mta.gt.test", "ip": "10.99.1.2", "params": params or POSTFIX},
            "world": {
                "zones": _ZONES,
                "hosts": {**places, **(hosts or {})},
                "faults": faults or [],
                "resolver": {"kind": "direct", "timeout": 1, "attempts": 2},
                **more,
            },
            "workload": [{"id": "m01", "t": 0.0, "from": "s01@sender.test", "to": list(to), "size": 1000}],
            "horizon": 88,
        }
    )


def mta_case(*, name: str = "calm", description: str = "", **more: Any) -> dict[str, Any]:
    """The whole case, never recorded."""
    return {"name": name, "description": description, **mta_body(**more), "repeats": []}
