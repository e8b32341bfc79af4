"""The world of a recorded whole path as a scenario: three hosts with Postfix, a mail store, unbound, clients that send and read or call.

The hosts are those of the case: ``A`` takes mail from users, ``backup`` relays for the domains that its role names, ``primary``
keeps them.  What all recordings had in common stands in ``rig.toml``.
"""

from __future__ import annotations

import re
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.scenario import load
from mailsim.scenario.scenario import Scenario
from mailsim.validation.mta.parameters import POSTFIX_NAMES
from mailsim.validation.paths.rig import clients_of, figure
from mailsim.validation.records import NAME_SERVER, NEVER_S, zone_change, zone_texts

__all__ = ["CALLERS", "HOSTS", "PROTOCOLS", "scenario_of"]

#: the hosts of a path: where mail enters, the backup MX, the primary MX with the mail store
HOSTS = ("A", "backup", "primary")
#: ways to fetch, in the order in which they take turns
PROTOCOLS = ("imap", "pop3")
#: who makes which calls
CALLERS = {"auth": "callers-auth", "fetch": "callers-fetch"}

HOW = {"timeout": "silent", "refused": "refused", "unreachable": "unreachable", "netunreach": "unreachable"}
HOW["stopped"] = "refused"
HOW_NAMES = {"timeout": "silent", "servfail": "servfail", "refused": "refused", "nxdomain": "nxdomain"}

#: services of these hosts that can fail by themselves: the mail store's door to the primary MX, and who checks passwords at A
SERVICES = {"lmtp": "boxes", "dovecot": "boxes", "sasl": "auth of A"}

#: an outage that never ends
_FOR_EVER = "100d"

#: addresses for examples (RFC 5737): one that nobody has, and one that no router knows a way to
NOBODY, NOWHERE = "203.0.113.254", "203.0.113.253"


def scenario_of(body: dict[str, Any]) -> Scenario:
    """The world of a whole-path case.

    Parameters
    ----------
    body : dict
        The case without name, description and repeats.

    Raises
    ------
    UnsupportedError
        Something in it is not modelled.
    """
    if set(body["hosts"]) != set(HOSTS):
        raise UnsupportedError(f"hosts {', '.join(body['hosts'])}; a whole path has {', '.join(HOSTS)}")
    hosts = {name: _host_name(body, place["ip"]) for name, place in body["hosts"].items()}
    clients = clients_of(body)
    faults = [fault for one in body["world"]["faults"] for fault in _faults(body, *one)]
    nodes = {**_servers(body, hosts, clients), **_people(body, hosts)}
    if clients is not None:
        nodes |= _callers(body, clients)
        if clients["fetch"]:
            nodes["gone"] = {"kind": "mailstore", "address": NOWHERE}
            faults.append({"kind": "outage", "target": "gone", "length": _FOR_EVER, "how": "unreachable"})
    return load(
        {
            "name": "recorded",
            "run_until": f"{body['horizon']}s" if clients is None else "settled",
            "zones": zone_texts(body["world"]["zones"]),
            "nodes": nodes,
            "defaults": {"resolver": "dns"},
            "links": {"default": {"rtt": figure("rtt")}},
            "traffic": [
                {"kind": "at", "from": mail["from"], "to": mail["to"], "times": [f"{mail['t']}s"], "size": mail["size"]}
                for mail in body["workload"]
            ],
            "faults": faults,
            "changes": [zone_change(one, body["world"]["zones"]) for one in body["world"].get("zone_changes", ())],
        }
    )


def _host_name(body: dict[str, Any], address: str) -> str:
    found = next((str(r["name"]).rstrip(".") for r in body["world"]["zones"] if r["type"] == "A" and r["value"] == address), None)
    if found is None:
        raise UnsupportedError(f"no name has the address {address}")
    return found


def _domains_relayed(body: dict[str, Any]) -> list[str]:
    """The domains that the backup relays for, as its role says."""
    found = re.search(r"relay_domains = ([^;]+)", body["hosts"]["backup"]["role"])
    return re.split(r"[,\s]+", found[1].strip()) if found else []


def _servers(body: dict[str, Any], hosts: dict[str, str], clients: dict[str, Any] | None) -> dict[str, Any]:
    """The three MTAs, the mail store and the resolvers."""
    params = body["postfix_params"]
    figures: dict[str, Any] = {name: params[theirs] for theirs, ours in POSTFIX_NAMES.items() if theirs in params for name in ours}
    minimum = params["minimal_backoff_time"]
    figures["retry"] = {"minimum": minimum, "maximum": params["maximal_backoff_time"], "scan": params["queue_run_delay"]}
    figures["concurrency"] = {"dead_for": minimum}
    if params.get("delay_warning_time", "0h") not in ("0h", "0", "0s"):
        figures["delay_notice"] = params["delay_warning_time"]
    figures |= {"server_time": figure("server_time"), "dns_timeout": figure("dns_timeout"), "dns_tries": figure("dns_tries")}
    phase = {"kind": "uniform", "low": figure("scan_phase_low"), "high": figure("scan_phase_high")}
    postfix = {
        name: {
            "kind": "mta", "flavour": "postfix", "host": hosts[name], "scan_phase": phase,
            "parameters": {**figures, "starttls": False},
        }
        for name in HOSTS
    }  # fmt: skip
    domains = _domains_relayed(body)
    senders = {mail["from"]: "right" for mail in body["workload"]}
    accounts = {**senders, **(clients["accounts"] if clients is not None else {})}
    boxes = {rcpt: "right" for mail in body["workload"] for rcpt in mail["to"]}
    boxes |= {f"{user}@{domains[0]}": word for user, word in clients["mailboxes"].items()} if clients is not None and domains else {}
    return {
        "ns": {"kind": "nameserver", "host": NAME_SERVER},
        "dns": {"kind": "resolver", "flavour": "unbound"},
        "A": {
            **postfix["A"], "submission": True, "login_on_smtp": True,
            "accounts": {user: {"password": word} for user, word in accounts.items()},
        },
        "backup": {**postfix["backup"], "relays_for": domains},
        "primary": {**postfix["primary"], "final_for": domains, "store": "boxes"},
        "boxes": {
            "kind": "mailstore", "host": hosts["primary"],
            "mailboxes": {user: {"password": word} for user, word in boxes.items()},
        },
    }  # fmt: skip


def _people(body: dict[str, Any], hosts: dict[str, str]) -> dict[str, Any]:
    """Who sends, and who reads: by IMAP and by POP3 in turns."""
    found: dict[str, Any] = {}
    for k, sender in enumerate(sorted({mail["from"] for mail in body["workload"]})):
        found[f"sender{k}"] = {"kind": "client", "address": sender, "password": "right", "submission": {"discover": hosts["A"]}}
    turn = body["poll_every"]
    for k, reader in enumerate(sorted({rcpt for mail in body["workload"] for rcpt in mail["to"]})):
        for j, protocol in enumerate(PROTOCOLS):
            fetch = {
                "host": body["hosts"]["primary"]["ip"], "protocol": protocol, "idle": False, "timeout": figure("poll_timeout"),
                "every": f"{len(PROTOCOLS) * turn}s", "phase": f"{j * turn}s",
                "leave_on_server": protocol == "pop3",  # the recorded programs looked and deleted nothing
            }  # fmt: skip
            found[f"reader{k}-{protocol}"] = {
                "kind": "client", "address": reader, "password": "right", "fetch": fetch,
            }  # fmt: skip
    return found


def _callers(body: dict[str, Any], clients: dict[str, Any]) -> dict[str, Any]:
    """Those who only call: each makes its calls one after the other."""
    patient = {"tls": False, "timeout": figure("call_timeout")}
    asking = {"service": "smtp", "host": body["hosts"]["A"]["ip"], "sender": clients["sender"], "recipient": clients["recipient"]}
    auth = [{**patient, **asking, **one} for one in clients["auth"]]
    place = {"primary": body["hosts"]["primary"]["ip"], "closed": body["hosts"]["A"]["ip"], "dropped": NOBODY, "unreachable": NOWHERE}
    domain = "@" + clients["recipient"].rpartition("@")[2]
    fetch = [
        {
            **patient, "name": one["name"], "service": one["proto"], "host": place[one.get("to", "primary")],
            "user": one["user"] + domain, "password": one["password"], "timeout": one.get("timeout", patient["timeout"]),
        }
        for one in clients["fetch"]
    ]  # fmt: skip
    # recordings begin at any fraction of a second
    begin = {"auth": {"kind": "uniform", "low": "0s", "high": "1s"}}
    begin["fetch"] = {"kind": "uniform", "low": figure("lead_in_low"), "high": figure("lead_in_high")}
    calls = {"auth": auth, "fetch": fetch}
    pause = {part: {"kind": "uniform", "low": figure(f"{part}_pause_low"), "high": figure(f"{part}_pause_high")} for part in CALLERS}
    return {
        CALLERS[part]: {"kind": "prober", "calls": calls[part], "start": begin[part], "pause": pause[part]}
        for part in CALLERS
        if calls[part]
    }


def _faults(body: dict[str, Any], start: float, end: float, target: str, kind: str) -> list[dict[str, Any]]:
    """An outage of a host with all its services, of who checks passwords there, or of all names that a pattern finds."""
    begin = max(start, 0)
    span = {"kind": "outage", "start": f"{begin}s", "length": _FOR_EVER if end == NEVER_S else f"{end - begin}s"}
    if target.startswith("dns"):
        if kind not in HOW_NAMES:
            raise UnsupportedError(f"names that fail by {kind!r}")
        return [{**span, "target": f"dns {name}", "how": HOW_NAMES[kind]} for name in _names(target[4:], body["world"]["zones"])]
    if kind not in HOW:
        raise UnsupportedError(f"a host that fails by {kind!r}")
    if target.startswith("auth of ") and target[8:] in HOSTS:
        node = {"primary": "boxes"}.get(target[8:], target[8:])
        return [{**span, "target": f"auth of {node}", "how": HOW[kind]}]
    if target in SERVICES:
        return [{**span, "target": SERVICES[target], "how": HOW[kind]}]
    host = next((name for name, place in body["hosts"].items() if target in (name, place["ip"])), None)
    if host is None:
        raise UnsupportedError(f"a fault of {target!r}, which is neither host nor address nor service nor dns")
    # whoever refuses for a host does it for all its services; silence concerns the machine as it is
    nodes = [host, "boxes"] if host == "primary" and kind == "refused" else [host]
    return [{**span, "target": node, "how": HOW[kind]} for node in nodes]


def _names(pattern: str, records: list[dict[str, Any]]) -> list[str]:
    """The questions ``name/TYPE`` that a pattern finds among the names of the zones; a name alone where it finds all its types."""
    found: list[str] = []
    for name in dict.fromkeys(str(r["name"]).rstrip(".") for r in records):
        hit = [rtype for rtype in ("MX", "A", "AAAA", "CNAME", "TXT", "SRV", "NS", "SOA", "PTR") if re.search(pattern, f"{name}/{rtype}")]
        found += [f"{name}/{rtype}" for rtype in hit]
    return found
