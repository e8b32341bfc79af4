"""What recordings show where the program's log names no host of a connection that failed: all such connections around a try.

The recordings of Courier give a try its sessions, which the sinks know by the message; of connections that brought no session only
the packets were seen.  So a try has every one of them to a host of its domain from 50 ms before its beginning to its end, be it made
for another message.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PROGRAMS", "blurred"]

#: the programs whose log is like that
PROGRAMS = ("courier",)

#: how long before a try a connection may have been made (observed: 50 ms counts, 55 ms does not)
BEFORE_S = 0.05


def blurred(body: dict[str, Any], messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages of a repeat as the recordings show them.

    Parameters
    ----------
    body : dict
        The case without name, description and repeats.
    messages : list of dict
        With the connections that each really made.
    """
    tries = [(r["rcpt"], t) for m in messages for r in m["recipients"] for t in r["tries"]]
    failed = sorted({(a["t"], a["ip"], id(m)): a for m in messages for a in _all(m) if a["stage"] is None}.items(), key=lambda e: e[0][:2])
    shown = {}
    for rcpt, one in tries:
        hosts = _hosts(body, rcpt.rpartition("@")[2])
        first, last = one["t_start"] - BEFORE_S, one["t_end"]
        around = [a for _, a in failed if a["host"] in hosts and first <= a["t"] <= last]
        own = [a for a in one["addresses"] if a["stage"] is not None or a["host"] not in hosts]
        shown[id(one)] = sorted([*around, *own], key=lambda a: float(a["t"]))
    for _, one in tries:
        one["addresses"] = shown[id(one)]
    return messages


def _all(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [a for r in message["recipients"] for t in r["tries"] for a in t["addresses"]]


def _hosts(body: dict[str, Any], domain: str) -> set[str]:
    """The recorded hosts that the zones name as MX of a domain, at any time."""
    world = body["world"]
    records = [*world["zones"], *(r for change in world.get("zone_changes") or () for r in change["records"])]
    names = {r["value"].split()[1] for r in records if r["type"] == "MX" and r["name"].rstrip(".") == domain}
    addresses = {r["value"] for r in records if r["type"] == "A" and r["name"] in {*names, f"{domain}."}}
    return {host for host, place in world["hosts"].items() if addresses & set(place["addrs"])}
