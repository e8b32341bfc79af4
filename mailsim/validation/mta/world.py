"""The world of a recorded MTA case as a scenario: zones, scripted servers, faults, the MTA with its parameters, the mail.

What all recordings have in common, and no case states: the machine is one host, so a round trip takes a fraction of a
millisecond; the sinks answer at once and need 42 to 46 ms after the end of data (a delayed ACK of 40 ms and a tick of the
kernel); the recordings began about a second before a queue scan (retries fall at 1.00 to 1.13 s modulo the scan interval).
"""

from __future__ import annotations

import re
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.scenario import load
from mailsim.scenario.scenario import Scenario
from mailsim.validation.mta.parameters import figures_of, library_of
from mailsim.validation.records import NAME_SERVER, NEVER_S, zone_change, zone_texts

__all__ = ["scenario_of", "sink_name"]

#: when the first queue scan or run comes, in every recording of a program: drawn for each run from this range
SCAN_PHASE = {"kind": "uniform", "low": "1s", "high": "1.03s"}
SCAN_PHASE_OF = {
    "postfix": {"kind": "uniform", "low": "1s", "high": "1.13s"},
    "sendmail": {"kind": "uniform", "low": "1.93s", "high": "2s"},
}

#: how long an MTA of the recordings takes to accept a message, alone or one of many at once on two cores
ACCEPTS = {"kind": "uniform", "low": "10ms", "high": "100ms"}

#: how long a sink takes after the end of data: 44 to 48 ms from one message to the next in all sessions that carry several
ENDS_OF_DATA = {"kind": "uniform", "low": "42ms", "high": "46ms"}

HOW = {"timeout": "silent", "refused": "refused", "unreachable": "unreachable", "netunreach": "unreachable", "servfail": "servfail"}
HOW["nxdomain"] = "nxdomain"


def sink_name(host: str, k: int) -> str:
    """The node for the k-th address of a recorded host."""
    return f"{host}-{k + 1}"


def scenario_of(body: dict[str, Any]) -> Scenario:
    """The world of an MTA case.

    Parameters
    ----------
    body : dict
        The case without name, description and repeats.

    Raises
    ------
    UnsupportedError
        Something in it is not modelled.
    """
    world, mta = body["world"], body["mta"]
    sinks = _sinks(world, _domains(body))
    senders = list(dict.fromkeys(mail["from"] for mail in body["workload"]))
    clients = {f"sender{k}": _client(sender, k, mta["host"]) for k, sender in enumerate(senders)}
    accounts = {client["address"]: {"password": "right"} for client in clients.values()}
    resolver, patience = _resolver(world["resolver"])
    for client in clients.values():  # who hands mail in is no part of the recorded world: its look-ups leave no trace in a cache
        client["resolver"] = next(iter(resolver))
    nodes = {
        **resolver,
        "mta": {
            "kind": "mta",
            "flavour": mta["kind"],
            "host": mta["host"],
            "address": mta["ip"],
            "submission": True,
            "accounts": accounts,
            "relays_for": world.get("relay_domains", "").replace(",", " ").split(),
            "scan_phase": SCAN_PHASE_OF.get(mta["kind"], SCAN_PHASE),
            "second_phase": "drawn",
            **library_of(mta["kind"], mta["params"]),
            "parameters": {"server_time": ACCEPTS, "starttls": False, **patience, **figures_of(mta["kind"], mta["params"], world)},
        },
        **sinks,
        **clients,
    }
    names = {sender: name for name, sender in zip(clients, senders, strict=True)}
    values = {
        "name": "recorded",
        "run_until": f"{body['horizon']}s",
        "zones": [*zone_texts(world["zones"]), *_top(world)],
        "defaults": {"resolver": "dns"},
        "nodes": nodes,
        "links": {name: {"rtt": "200us", "bandwidth": None} for name in ("default", "local")},
        "traffic": [_mail(mail, clients[names[mail["from"]]]["address"]) for mail in body["workload"]],
        "faults": [fault for one in world["faults"] for fault in _faults(one, world, mta["host"])],
        "changes": [zone_change(one, world["zones"]) for one in world.get("zone_changes", ())],
    }
    return load(values)


def _domains(body: dict[str, Any]) -> list[str]:
    """The domains that the sinks take mail for: all that mail comes from or goes to, but for the MTA's own."""
    addresses = [a for mail in body["workload"] for a in (mail["from"], *mail["to"]) if a]
    return list(dict.fromkeys(a.rpartition("@")[2] for a in addresses))


def _sinks(world: dict[str, Any], domains: list[str]) -> dict[str, Any]:
    """A scripted server for each address of each host; what it announces as SIZE it does not insist on."""
    found = {}
    for host, place in world["hosts"].items():
        script, greylist = [], None
        for rule in place["behaviour"]:
            if "greylist" in rule:
                greylist = f"{rule['greylist']}s"
            else:
                script.append(_line(rule))
        for k, address in enumerate(place["addrs"]):
            limit = place.get("size_limit")
            figures = {"server_time": ENDS_OF_DATA, "starttls": False, "max_sessions": None, "hop_limit": 1000, "size_limit": None}
            found[sink_name(host, k)] = {
                "kind": "mta", "flavour": "postfix", "host": f"{sink_name(host, k)}.sink.test", "address": address,
                "final_for": domains, "script": script, "greylist": greylist,
                "parameters": {**figures, "size_announced": limit},
            }  # fmt: skip
    return found


def _line(rule: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = {key: rule[key] for key in ("stage", "reply", "match", "close") if key in rule}
    for theirs, ours in (("start", "start"), ("end", "until"), ("delay", "delay")):
        if theirs in rule and rule[theirs] != NEVER_S:
            line[ours] = f"{max(rule[theirs], 0)}s"
    return line


def _client(sender: str, k: int, host: str) -> dict[str, Any]:
    """Who hands the mail of one sender to the MTA; the null sender's has an address of its own."""
    return {"kind": "client", "address": sender or f"null{k}@client.test", "password": "right", "submission": {"discover": host}}


def _mail(mail: dict[str, Any], client: str) -> dict[str, Any]:
    line = {"kind": "at", "from": client, "to": mail["to"], "times": [f"{mail['t']}s"], "size": mail["size"]}
    return line if mail["from"] else {**line, "null_sender": True}


def _top(world: dict[str, Any]) -> list[str]:
    """Where a resolver stands between, it was told that the one server has everything below ``test.``, where all zones lie."""
    if world["resolver"]["kind"] == "direct":
        return []
    below = [r["name"] for r in world["zones"] if r["type"] == "SOA" and r["name"].endswith(".test.")]
    soa = f"@ 86400 IN SOA {NAME_SERVER}. hostmaster.gt.test. 1 3600 600 86400 5"
    return ["\n".join(["$ORIGIN test.", soa, *(f"{name} 86400 IN NS {NAME_SERVER}." for name in ("@", *below))]) + "\n"]


def _resolver(resolver: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Who is asked for names (node ``dns``), and the patience of the MTA's stub.

    ``direct``: the one name server of all zones; ``unbound``: a resolver that was told of it (a stub-zone, which has no parent).
    """
    nodes: dict[str, Any] = {"dns": {"kind": "nameserver", "host": NAME_SERVER, "recursive": True}}
    if resolver["kind"] == "unbound":
        told = {"kind": "resolver", "flavour": "unbound", "parameters": {"last_resort": False}}
        nodes = {"ns": {**nodes["dns"], "recursive": False}, "dns": told}
    elif resolver["kind"] != "direct":
        raise UnsupportedError(f"a resolver of kind {resolver['kind']!r}; there are direct, unbound")
    return nodes, {"dns_timeout": f"{resolver['timeout']}s", "dns_tries": resolver["attempts"]}


def _faults(fault: list[Any], world: dict[str, Any], host: str) -> list[dict[str, Any]]:
    """An outage of a host, of an address, or of all names that a pattern finds."""
    start, end, target, kind = fault
    begin = max(start, 0)
    span = {"kind": "outage", "start": f"{begin}s", "length": f"{(end if end != NEVER_S else 10_000_000) - begin}s"}
    if target.startswith("dns"):
        how = {**HOW, "refused": "refused"}[kind]
        return [{**span, "target": f"dns {name}/{rtype}", "how": how} for name, rtype in _questions(target[4:], world, host)]
    hosts = world["hosts"]
    if target in hosts:
        nodes = [sink_name(target, k) for k in range(len(hosts[target]["addrs"]))]
    else:
        nodes = [sink_name(h, k) for h, place in hosts.items() for k, a in enumerate(place["addrs"]) if a == target]
    if not nodes:
        raise UnsupportedError(f"a fault of {target!r}, which is neither host nor address nor dns")
    return [{**span, "target": node, "how": HOW[kind]} for node in nodes]


def _questions(pattern: str, world: dict[str, Any], host: str) -> list[tuple[str, str]]:
    """The questions ``name/TYPE`` that a pattern finds, among the names of the zones, those that their records point at,
    whatever is asked for below them, and what becomes of a name by the search domain of the MTA's stub.
    """
    records = [*world["zones"], *(r for change in world.get("zone_changes", ()) for r in change["records"])]
    pointed = [r["value"].split()[-1] for r in records if r["type"] in ("MX", "CNAME")]
    names = [name for name in dict.fromkeys(n.rstrip(".") for n in (*(r["name"] for r in records), *pointed)) if name]
    types = ("MX", "A", "AAAA", "CNAME", "TXT", "SRV", "NS", "SOA", "PTR")
    searched = [f"{name}.{host.partition('.')[2]}" for name in names]
    asked = [(name, rtype) for name in names for rtype in types]
    asked += [("_mta-sts." + name, "TXT") for name in names] + [(name, rtype) for name in searched for rtype in ("A", "AAAA")]
    return [(name, rtype) for name, rtype in asked if re.search(pattern, f"{name}/{rtype}")]
