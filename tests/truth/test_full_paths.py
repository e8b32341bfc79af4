"""Whole paths that real software took, recorded, against the same worlds simulated.

Three recordings of ``e2e.jsonl.xz`` follow messages, each made three times: Postfix 3.7.11 on three hosts (submission server A, backup MX,
primary MX), Dovecot 2.3.19.1 (login, LMTP, IMAP, POP3), unbound 1.17.1, swaks 20201014.0 as the sending client; Debian 12,
every host a network namespace of one machine with two cores.  Versions and configuration of each stand in its line.  Times
are seconds from the start of the recording.

A scenario is built from what a recording was *set up* with; what was observed (``repeats``) is only looked at to compare.
What the recordings don't state: hosts (name servers too) of one machine are 1 ms apart and take a message within 10 ms; stub
resolvers wait 1 s, twice; who reads mail gives up a connection after 2 s and does not use the resolver of the MTAs.

The phase of the queue scans (every 2 s) was not controlled.  In five of the six recordings with retries it lay between 0.07
and 0.55 s; the sixth, of ``e2e_all_down``, had 1.08 s and began with a SERVFAIL from before its start in the resolver's cache
(its entry ran out between 0.1 and 3.1 s, so the look-up at 9.1 s, after the outage of the DNS, was answered).  So instants are
compared with phases of the first range, the same for all cases and drawn for each host; routes, ends and numbers of tries
with phases near 1 s too.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mailsim
from checkers import check
from mailsim.draws import Draws
from mailsim.events import Event, State
from mailsim.validation import read_cases
from record import Record

CASES = {
    case.name: {"name": case.name, **case.body, "repeats": case.recorded}
    for case in read_cases(Path(__file__).parent / "e2e.jsonl.xz")
    if "messages" in case.recorded[0]
}
SEEDS = range(1, 7)

#: phases of queue scans, microseconds: as in five of six of these recordings, and as in recordings of single servers
PHASES = {"early": (70_000, 550_000), "late": (1_000_000, 1_130_000)}

#: two queue scans of 2 s and a poll of 2 s: how far an instant may lie outside the range of the recordings
SLACK_S = 2 * 2.0 + 2.0

HOW = {"timeout": "silent", "refused": "refused", "unreachable": "unreachable", "servfail": "servfail", "nxdomain": "nxdomain"}

#: parameters of Postfix and what they are called here
FIGURES = {
    "maximal_queue_lifetime": ("queue_lifetime",),
    "bounce_queue_lifetime": ("bounce_lifetime",),
    "smtp_connect_timeout": ("connect_timeout",),
    "smtp_helo_timeout": ("greeting_timeout", "ehlo_timeout"),
    "smtp_mail_timeout": ("mail_timeout",),
    "smtp_rcpt_timeout": ("rcpt_timeout",),
    "smtp_data_init_timeout": ("data_timeout",),
    "smtp_data_xfer_timeout": ("body_timeout",),
    "smtp_data_done_timeout": ("eod_timeout",),
}


# -- from the set-up of a recording to a scenario ---------------------------------------------------------------------


def zones_of(records: list[dict[str, Any]]) -> list[str]:
    """BIND text, one zone for each SOA."""
    origins = sorted((r["name"] for r in records if r["type"] == "SOA"), key=len, reverse=True)
    texts = {origin: [f"$ORIGIN {origin}"] for origin in origins}
    for r in records:
        origin = next(o for o in origins if r["name"] == o or r["name"].endswith("." + o))
        texts[origin].append(f"{r['name']} {r['ttl']} IN {r['type']} {r['value']}")
    return ["\n".join(lines) + "\n" for lines in texts.values()]


def figures_of(params: dict[str, str]) -> dict[str, Any]:
    """The parameters of an MTA of ours that stand for these of Postfix."""
    found: dict[str, Any] = {name: params[theirs] for theirs, ours in FIGURES.items() for name in ours}
    minimum = params["minimal_backoff_time"]
    found["retry"] = {"minimum": minimum, "maximum": params["maximal_backoff_time"], "scan": params["queue_run_delay"]}
    found["concurrency"] = {"dead_for": minimum}
    found |= {"server_time": "10ms", "dns_timeout": "1s", "dns_tries": 2}
    return found


def fault_of(start: float, end: float, target: str, kind: str) -> dict[str, str]:
    """An outage as declared; ``dns:dest\\.test`` is a pattern for names."""
    if target.startswith("dns:"):
        target = "dns " + target.removeprefix("dns:").replace("\\.", ".")
    begin = max(start, 0)
    return {"kind": "outage", "target": target, "start": f"{begin}s", "length": f"{end - begin}s", "how": HOW[kind]}


def scenario_of(case: dict[str, Any], seed: int, phases: str) -> mailsim.Scenario:
    """The world of a recording; nothing in it comes from what was observed."""
    records = case["world"]["zones"]
    host = {name: next(r["name"].rstrip(".") for r in records if r["value"] == place["ip"]) for name, place in case["hosts"].items()}
    relayed = re.search(r"relay_domains = (\S+)", case["hosts"]["backup"]["role"])
    assert relayed is not None
    low, high = PHASES[phases]
    phase = {name: low + int(Draws(seed).uniform(f"phase of {name}", 0) * (high - low)) for name in case["hosts"]}
    figures = figures_of(case["postfix_params"])
    postfix = {
        name: {"kind": "mta", "flavour": "postfix", "host": host[name], "parameters": figures, "scan_phase": f"{us}us"}
        for name, us in phase.items()
    }
    senders = sorted({mail["from"] for mail in case["workload"]})
    readers = sorted({rcpt for mail in case["workload"] for rcpt in mail["to"]})
    fetch = {"host": host["primary"], "protocol": "imap", "idle": False, "every": f"{case['poll_every']}s", "timeout": "2s"}
    unbound = {"kind": "resolver", "flavour": "unbound", "parameters": {"miss_delay": "1ms"}}
    nodes: dict[str, Any] = {
        "dns": {**unbound},
        "own": {**unbound},
        "A": {**postfix["A"], "submission": True, "accounts": {sender: {"password": "right"} for sender in senders}},
        "backup": {**postfix["backup"], "relays_for": [relayed[1]]},
        "primary": {**postfix["primary"], "final_for": [relayed[1]], "store": "boxes"},
        "boxes": {"kind": "mailstore", "host": host["primary"], "mailboxes": {reader: {"password": "right"} for reader in readers}},
    }
    for k, sender in enumerate(senders):
        nodes[f"sender{k}"] = {"kind": "client", "address": sender, "password": "right", "submission": {"discover": host["A"]}}
    for k, reader in enumerate(readers):
        nodes[f"reader{k}"] = {"kind": "client", "address": reader, "password": "right", "fetch": fetch, "resolver": "own"}
    return mailsim.load(
        {
            "name": case["name"],
            "seed": seed,
            "run_until": f"{case['horizon']}s",
            "zones": zones_of(records),
            "nodes": nodes,
            "defaults": {"resolver": "dns"},
            "links": {"default": {"rtt": "1ms"}},
            "traffic": [
                {"kind": "at", "from": mail["from"], "to": mail["to"], "times": [f"{mail['t']}s"], "size": mail["size"]}
                for mail in case["workload"]
            ],
            "faults": [fault_of(*fault) for fault in case["world"]["faults"]],
        }
    )


# -- what is compared, from either side -------------------------------------------------------------------------------


def simulated(case: dict[str, Any], seed: int, phases: str) -> list[dict[str, Any]]:
    """A run in the shape of a recording's messages."""
    result = scenario_of(case, seed, phases).run()
    check(result)
    record = Record(result.log, result.scenario)
    mails = [d for d in record.deliveries if d.parent < 0]
    assert len(mails) == len(case["workload"])
    found = []
    for sent, mail in zip(case["workload"], mails, strict=True):
        assert (mail.sender, mail.sent_us) == (sent["from"], round(sent["t"] * 1e6))
        rows = record.of_message[mail.message]
        hops = []
        for arrival in (row for row in rows if row.kind == Event.ACCEPTED):
            here = [row for row in rows if row.node == arrival.node]
            given = [row.peer for row in here if row.kind == Event.DELIVERED]
            tries = len(given) + sum(row.kind == Event.DEFERRED for row in here)
            hops.append({"host": arrival.node, "t_received": arrival.t_us / 1e6, "relays": len(set(given)), "tries": tries})
        read = mail.fetched_us >= 0
        final = "fetched" if read else State(mail.state).name.lower()
        reports = sum(d.parent == mail.message for d in record.deliveries)
        found.append({"id": sent["id"], "final": final, "hops": hops, "fetched": mail.fetched_us / 1e6, "reports": reports})
    return found


def recorded(case: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The repeats of a recording in the same shape.

    ``t_fetched`` of a recording is the end of the last poll, which saw all mail.  When a mail was first there to be seen
    follows from the number of messages that each poll counted: the n-th stored mail from the first poll that counted n.
    """
    repeats = []
    for repeat in case["repeats"]:
        order = sorted(repeat["messages"], key=lambda m: m["hops"][-1]["t_removed"])
        seen = {}
        for n, message in enumerate(order, 1):
            seen[message["id"]] = next(p["t_end"] for p in repeat["polls"] if p.get("messages", 0) >= n)
        repeats.append(
            [
                {
                    "id": message["id"],
                    "final": message["final"],
                    "hops": [
                        {
                            "host": hop["host"],
                            "t_received": hop["t_received"],
                            "relays": len({t["relay"] for t in hop["tries"] if t["result"] == "sent"}),
                            "tries": len(hop["tries"]),
                        }
                        for hop in message["hops"]
                    ],
                    "fetched": seen[message["id"]],
                }
                for message in repeat["messages"]
            ]
        )
    return repeats


def route(message: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """Host by host, and how many others each host gave the mail to."""
    return tuple((hop["host"], hop["relays"]) for hop in message["hops"])


def within(value: float, values: list[float], slack: float) -> bool:
    return min(values) - slack <= value <= max(values) + slack


@cache
def pairs(name: str, phases: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each simulated message, of several seeds, with the recorded ones."""
    case = CASES[name]
    repeats = recorded(case)
    return [(mine, [repeat[k] for repeat in repeats]) for seed in SEEDS for k, mine in enumerate(simulated(case, seed, phases))]


# -- the comparison ---------------------------------------------------------------------------------------------------

every_world = pytest.mark.parametrize(("name", "phases"), [(name, phases) for name in CASES for phases in PHASES])


def test_the_recordings_are_there() -> None:
    assert sorted(CASES) == ["e2e_all_down", "e2e_all_up", "e2e_primary_down_backup"]
    assert [len(case["repeats"]) for case in CASES.values()] == [3, 3, 3]


@every_world
def test_every_mail_ends_where_it_ended_in_reality_and_nobody_gets_a_report(name: str, phases: str) -> None:
    for mine, real in pairs(name, phases):
        assert mine["final"] in {other["final"] for other in real}
        assert mine["reports"] == 0


@every_world
def test_every_mail_goes_host_by_host_the_way_of_a_recording(name: str, phases: str) -> None:
    for mine, real in pairs(name, phases):
        assert route(mine) in {route(other) for other in real}, mine


@every_world
def test_every_host_tries_as_often_as_in_the_recordings_give_or_take_one(name: str, phases: str) -> None:
    for mine, real in pairs(name, phases):
        for hop in mine["hops"]:
            assert within(hop["tries"], [h["tries"] for other in real for h in other["hops"] if h["host"] == hop["host"]], 1), mine


@pytest.mark.parametrize("name", CASES)
def test_every_host_takes_the_mail_within_the_range_of_the_recordings(name: str) -> None:
    for mine, real in pairs(name, "early"):
        same = [other for other in real if route(other) == route(mine)]
        for k, hop in enumerate(mine["hops"]):
            assert within(hop["t_received"], [other["hops"][k]["t_received"] for other in same], SLACK_S), mine


@pytest.mark.parametrize("name", CASES)
def test_every_mail_is_fetched_within_the_range_of_the_recordings(name: str) -> None:
    for mine, real in pairs(name, "early"):
        assert within(mine["fetched"], [other["fetched"] for other in real if route(other) == route(mine)], SLACK_S), mine
