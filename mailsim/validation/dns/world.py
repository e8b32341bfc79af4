"""The world of a recorded DNS case as a scenario: zones, servers, faults, changes, the program with its settings, and who asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.scenario import load
from mailsim.scenario.scenario import Scenario
from mailsim.validation.dns.settings import parameters_of

__all__ = ["CLIENT", "PATIENCE_S", "RESOLVER", "lead_s", "program_of", "resolver_settings", "scenario_of"]

RESOLVER = "resolver"  #: the node that runs the program of the case
CLIENT = "client"  #: the node that asks it
PATIENCE_S = 45.0  #: how long the recorder waits for an answer where the case does not say: its runs went on for so long
#: how late the recorder's questions left: half of 19,000 recorded ones within 1.8 ms, nine tenths within 5.6 ms
LATE = {"kind": "lognormal", "median": "1800us", "sigma": 0.7}
#: what the busy machine of the recorder added to the delays that it played, beyond a least time: in 28,000 undisturbed questions half
#: less than 0.2 ms, three quarters less than 0.9 ms, nine tenths less than 3 to 6 ms (BIND 28 ms), one in a hundred more than 22 ms
WIRE = {"kind": "lognormal", "median": "150us", "sigma": 2.0}
#: dnsmasq races its servers, and the one asked first always won: whatever the machine added was the same for both
EVEN_WIRE = "150us"
LEAST_S = 0.0005  #: what every answer took on top of the delay that was played
MOST_GENERATED = 1_000  #: records that one ``$GENERATE`` may make

_FOREVER_S = 100_000_000.0
_HOW = {"drop": "silent", "closed": "closed", "servfail": "servfail", "refused": "refused", "truncate": "truncated"}
_NAMES = {"bind9": "bind", "pdns-recursor": "pdns", "knot-resolver": "kresd"}
#: kresd ran for so long before t = 0 of every recording: its health checks of the cache come at 3.08 to 3.20 s modulo 5 s
KRESD_LEAD_S, KRESD_CHECK_S = 1.9, 5.002
#: what a loop of questions cost the recorder beside its pause: 1 to 50 ms with other work on its machine, in the mean of all loops this
LOOP_LAG_S = 0.016
#: the recorder's own address for resolvers
_ADDRESS = "10.53.9.9"


def program_of(body: Mapping[str, Any]) -> str:
    """The flavour that a case was recorded from: ``unbound 1.17.1-2+deb12u4`` is ``unbound``."""
    word = str(body["software"]).split()[0].lower()
    return _NAMES.get(word, word)


def lead_s(body: Mapping[str, Any]) -> int:
    """Whole seconds that questions before t = 0 need: the scenario starts so much earlier."""
    return max(0, ceil(-min(_first_s(line) for line in body["queries"])))


def _first_s(line: Mapping[str, Any]) -> float:
    return float(line["t"])


def scenario_of(body: Mapping[str, Any]) -> Scenario:
    """The scenario of a case (its body: no name, no description, no repeats).

    Raises
    ------
    UnsupportedError
        The case holds what this loader does not know.
    """
    lead = lead_s(body)
    flavour = program_of(body)
    settings = resolver_settings(body, lead)
    servers = {f"server-{k}": _server(body, address) for k, address in enumerate(body["servers"], 1)}
    queries = [_query(line, lead) for line in body["queries"]]
    values = {
        "name": "recorded",
        "run_until": f"{_end_s(body, lead):.6f}s",
        "zones": [_zone(origin, zone["rr"]) for origin, zone in body["zones"].items()],
        "nodes": {
            RESOLVER: {
                "kind": "resolver",
                "flavour": flavour,
                "address": [_ADDRESS],
                "parameters": settings,
                "second_phase": "drawn",
            },
            CLIENT: {"kind": "dnsclient", "resolver": RESOLVER, "queries": queries},
            **servers,
        },
        "links": {
            f"{RESOLVER}-server-{k}": {"rtt": EVEN_WIRE if flavour == "dnsmasq" else WIRE, "bandwidth": None}
            for k in range(1, len(body["servers"]) + 1)
        },
        "faults": [fault for one in body["faults"] for fault in _faults(one, lead)],
        "changes": [_change(change, lead) for change in body["changes"]],
    }
    return load(values)


def resolver_settings(body: Mapping[str, Any], lead: int = 0) -> dict[str, Any]:
    """What a case sets of its resolver's figures; ``lead``: whole seconds that its scenario starts before t = 0."""
    flavour = program_of(body)
    settings: dict[str, Any] = dict(parameters_of(flavour, body["parameters"]))
    if body["parameters"].get("forward"):
        settings["forward"] = list(body["servers"])
    if flavour == "kresd":
        settings["started_before"] = _seconds((KRESD_LEAD_S - lead) % KRESD_CHECK_S)
    return settings


def _end_s(body: Mapping[str, Any], lead: int) -> float:
    """When the last question has been answered or given up."""
    return lead + max(float(q.get("until") or q["t"]) + float(q.get("timeout") or PATIENCE_S) for q in body["queries"]) + 2.0


def _seconds(value: float) -> str:
    return f"{round(1e6 * value)}us"


def _query(line: Mapping[str, Any], lead: int) -> dict[str, Any]:
    unknown = line.keys() - {"t", "qname", "qtype", "every", "until", "loop", "first", "timeout", "resend", "tag"}
    if unknown:
        raise UnsupportedError(f"questions with {', '.join(sorted(unknown))}")
    found: dict[str, Any] = {"name": line["qname"], "type": line["qtype"], "at": _seconds(line["t"] + lead)}
    if line.get("every") is not None or line.get("loop") is not None:
        found["until"] = _seconds(line["until"] + lead)
    for key in ("every", "loop", "resend"):
        if line.get(key) is not None:
            found[key] = _seconds(line[key] + (LOOP_LAG_S if key == "loop" else 0.0))
    found["first"] = int(line.get("first") or 0)
    found["timeout"] = _seconds(line.get("timeout") or PATIENCE_S)
    found["late"] = LATE
    return found


def _server(body: Mapping[str, Any], address: str) -> dict[str, Any]:
    served = body["servers"][address]["zones"]
    found: dict[str, Any] = {"kind": "nameserver", "address": [address], "negative_soa": "as-is"}
    found["answer_time"] = _seconds(float(body["servers"][address]["delay"]) + LEAST_S)
    zones = list(body["zones"]) if served == "recursive" else list(served)
    if served == "recursive":
        found["recursive"] = True
    else:
        found["zones"] = zones
    options = [body["zones"][zone].get("opts") or {} for zone in zones]
    if any(one.get("nosoa") for one in options):
        found["negative_soa"] = "none"
    if any(one.get("additional") is False for one in options):
        found["additional"] = False
    return found


def _faults(one: Mapping[str, Any], lead: int) -> Iterator[dict[str, Any]]:
    targets = [one["target"]] if isinstance(one["target"], str) else list(one["target"])
    share = one.get("p", one.get("param"))
    kind = one["kind"]
    extra: dict[str, Any]
    if kind == "delay":
        extra = {"how": "slow", "delay": _seconds(one["param"])}
    elif kind == "loss":
        extra = {"how": "lossy", "probability": share}
    elif kind in _HOW:
        extra = {"how": _HOW[kind]}
    else:
        raise UnsupportedError(f"faults of kind {kind}")
    if one.get("proto"):
        extra["proto"] = one["proto"]
    if one.get("qtype"):
        extra["rtype"] = one["qtype"]
    for target in targets:
        window = {"start": _seconds(max(one["start"] + lead, 0)), "until": _seconds(min(one["end"], _FOREVER_S) + lead)}
        yield {"kind": "dns", "target": target, **window, **extra}


def _change(change: Mapping[str, Any], lead: int) -> dict[str, Any]:
    origin = change["zone"].rstrip(".")
    removed = [f"{_absolute(name, origin)} {rtype}" for name, rtype in (entry.split() for entry in change.get("remove", ()))]
    records = "\n".join(change.get("add", ()))
    return {"at": _seconds(change["t"] + lead), "zone": origin, "records": records, "remove": removed}


def _absolute(name: str, origin: str) -> str:
    if name == "@":
        return origin
    return name.rstrip(".") if name.endswith(".") else f"{name}.{origin}"


def _zone(origin: str, lines: list[str]) -> str:
    return "\n".join([f"$ORIGIN {origin}", "$TTL 3600", *(line for text in lines for line in _generated(text))]) + "\n"


def _generated(line: str) -> Iterator[str]:
    """A line, or the lines that its ``$GENERATE first-last`` stands for (BIND 9 ARM, "BIND Primary File Extension")."""
    found = re.fullmatch(r"\$GENERATE\s+(\d+)-(\d+)\s+(.*)", line)
    if found is None:
        yield line
        return
    first, last = int(found[1]), int(found[2])
    if last - first >= MOST_GENERATED:
        raise UnsupportedError(f"$GENERATE of {last - first + 1} records; at most {MOST_GENERATED} are made")
    for k in range(first, last + 1):
        yield found[3].replace("$", str(k))
