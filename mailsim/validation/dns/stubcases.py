"""Recorded cases of stub resolvers: programs that make calls, on the servers of a case or through a recursive resolver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.events import Event, EventLog
from mailsim.flavours import stub_flavours
from mailsim.flavours.stubs import stub_figures
from mailsim.nodes.lookups import PROTOCOL_NUMBERS, TYPE_NUMBERS
from mailsim.rules.reasons import Why
from mailsim.scenario import load
from mailsim.scenario.scenario import Scenario
from mailsim.validation.dns.resolvconf import figures_from_options, figures_of, read_resolv_conf
from mailsim.validation.dns.stubwords import Told, in_words
from mailsim.validation.dns.world import RESOLVER, _change, _faults, _server, _zone, program_of, resolver_settings

__all__ = ["is_stub_case", "stub_repeat_of", "stub_scenario_of"]

#: packages whose program has another name
_NAMES = {"pycares": "cares", "c-ares": "cares", "bind9-dnsutils": "dig", "bind9-host": "host"}
_TYPES = {number: name for name, number in TYPE_NUMBERS.items()}
_NOBODY_READ = (Why.REFUSED, Why.UNREACHABLE)
#: the recorder's own address for recursive resolvers
_ADDRESS = "10.53.9.9"
#: the recorder stopped when all processes had ended, and sees no questions of a resolver after that
_AFTER_US = 300_000
#: how long processes may run: three silent servers by TCP, twice
_END_S = 1_000


def is_stub_case(body: Mapping[str, Any]) -> bool:
    """Whether programs make calls in this case, instead of a client that asks a resolver."""
    return all("calls" in query for query in body["queries"])


def _stub_of(body: Mapping[str, Any]) -> str:
    """The stub of a case: the program that was recorded, or the C library's where a resolver was recorded through it."""
    program = program_of(body)
    program = _NAMES.get(program, program)
    return program if program in stub_flavours() else "glibc"


def stub_scenario_of(body: Mapping[str, Any]) -> Scenario:
    """The scenario of a case: one ``dnsprocess`` for each of its processes.

    Raises
    ------
    UnsupportedError
        The case holds what this loader does not know.
    """
    addresses = list(body["servers"])
    servers = {address: f"server-{k}" for k, address in enumerate(addresses, 1)}
    nodes: dict[str, Any] = {}
    for address, name in servers.items():  # what the programs themselves need is in their figures
        nodes[name] = {**_server(body, address), "answer_time": f"{round(1e6 * body['servers'][address]['delay'])}us"}
    conf = read_resolv_conf(body["parameters"].get("resolv_conf") or "")
    through = conf.servers == (_ADDRESS,) and _ADDRESS not in servers
    if through:
        common = {"second_phase": "drawn", "address": [_ADDRESS]}
        nodes[RESOLVER] = {"kind": "resolver", "flavour": program_of(body), "parameters": resolver_settings(body), **common}
    asked = [RESOLVER] if through else [servers[address] for address in body["parameters"].get("nameservers") or conf.servers]
    if not asked:
        raise UnsupportedError("programs that make calls without a name server to ask")
    flavour = _stub_of(body)
    figures = _figures(body)
    for name, query in _processes(body).items():
        nodes[name] = {
            "kind": "dnsprocess",
            "at": f"{round(1e6 * query['t'])}us",
            "resolver": asked,
            "stub": {"flavour": flavour, "parameters": figures},
            "second_phase": "drawn",
            "calls": [_call(*call) for call in query["calls"]],
        }
    values = {
        "name": "recorded",
        "run_until": f"{_END_S}s",
        "zones": [_zone(origin, zone["rr"]) for origin, zone in body["zones"].items()],
        "nodes": nodes,
        "links": {
            f"{asker}-{name}": {"rtt": "0s", "bandwidth": None}
            for name in servers.values()
            for asker in (*_processes(body), *([RESOLVER] if through else []))
        },
        "faults": [fault for one in _aimed(body["faults"], addresses) for fault in _faults(one, 0)],
        "changes": [_change(change, 0) for change in body["changes"]],
    }
    return load(values)


def _figures(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a case sets of the stub's figures."""
    conf = read_resolv_conf(body["parameters"].get("resolv_conf") or "")
    return {**figures_of(_stub_of(body), conf), **figures_from_options(body["parameters"].get("opts") or {})}


def _processes(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {f"process-{k}": query for k, query in enumerate(body["queries"], 1)}


def _aimed(faults: list[Mapping[str, Any]], addresses: list[str]) -> list[dict[str, Any]]:
    """The faults server by server, each stretch of time once where several faults do the same to one server."""
    alike: dict[tuple[Any, ...], list[tuple[float, float]]] = {}
    for fault in faults:
        target = fault["target"]
        about = tuple((key, fault[key]) for key in ("kind", "param", "p", "proto", "qtype") if fault.get(key) is not None)
        for address in addresses if target == "*" else [target] if isinstance(target, str) else target:
            alike.setdefault((address, *about), []).append((fault["start"], fault["end"]))
    found = []
    for (address, *same), windows in alike.items():
        merged: list[tuple[float, float]] = []
        for start, end in sorted(windows):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        found += [{"target": address, "start": start, "end": end, **dict(same)} for start, end in merged]
    return found


def _call(function: str, name: str, rtype: str, pause_s: float) -> dict[str, Any]:
    known = ("getaddrinfo", "res_query", "res_search", "query", "resolve", "dig", "host")
    if function not in known:
        raise UnsupportedError(f"calls of {function}")
    search = function in ("getaddrinfo", "res_search")
    return {"name": name, "type": "A+AAAA" if rtype == "ANY" else rtype, "search": search, "pause": f"{round(1e6 * pause_s)}us"}


def stub_repeat_of(body: Mapping[str, Any], result: Any) -> dict[str, Any]:
    """One run as a repeat: ``observed`` (a row for each call) and ``upstream`` (what servers were asked), seconds since t = 0.

    Parameters
    ----------
    body : mapping
        The case without name, description and repeats.
    result : Result
        A run of ``stub_scenario_of(body)`` at level ``events``.
    """
    log: EventLog = result.log
    flavour = _stub_of(body)
    processes, figures = _processes(body), stub_figures(flavour, _figures(body))
    rows = list(_rows(log))
    asked = [row for row in rows if row["kind"] == Event.ASKED]
    observed = []
    for row in rows:
        if row["kind"] != Event.LOOKED_UP or row["node"] not in processes:
            continue
        function, name, rtype, _ = processes[row["node"]]["calls"][row["attempt"] - 1]
        end = row["t_us"] + row["value"]
        own = [(a["t_us"], a["peer"], a["code"] == PROTOCOL_NUMBERS["tcp"], a["why"]) for a in asked if a["node"] == row["node"]]
        told = Told(function, name, rtype, row["code"], row["extra"], tuple(a for a in own if row["t_us"] <= a[0] <= end), end)
        rcode, answers = in_words(flavour, told, figures)
        times = {"t_sent": round(row["t_us"] / 1e6, 6), "t_answer": round(end / 1e6, 6)}
        observed.append({"call": function, "qname": name, "qtype": rtype, **times, "rcode": rcode, "answers": answers})
    by_resolver = any(row["node"] == RESOLVER for row in asked)
    over = max((row["t_us"] + row["value"] for row in rows if row["kind"] == Event.LOOKED_UP), default=0) + _AFTER_US
    seen = [row for row in asked if row["why"] not in _NOBODY_READ and (row["node"] == RESOLVER) == by_resolver and row["t_us"] <= over]
    proto = {PROTOCOL_NUMBERS["tcp"]: "tcp"}
    return {
        "observed": sorted(observed, key=lambda row: row["t_sent"]),
        "upstream": [
            [round(row["t_us"] / 1e6, 6), row["peer"], f"{row['extra']}.", _TYPES[row["detail"]], proto.get(row["code"])] for row in seen
        ],
    }


def _rows(log: EventLog) -> Iterator[dict[str, Any]]:
    """Rows with names instead of numbers."""
    events, names = log.events, log.names
    for i, kind in enumerate(events["kind"]):
        if kind in (Event.ASKED, Event.LOOKED_UP):
            numbers = {key: events[key][i] for key in ("t_us", "attempt", "code", "why", "value", "detail")}
            yield {
                "kind": kind,
                "node": names[events["node"][i]],
                "peer": names[events["peer"][i]],
                "extra": names[events["extra"][i]],
                **numbers,
            }
