"""Whole paths that real software took, recorded, against the same worlds simulated.

``e2e.jsonl`` holds three recordings, each made three times: Postfix 3.7.11 on three hosts (submission server A, backup MX,
primary MX), Dovecot 2.3.19.1 (login, LMTP, IMAP, POP3), unbound 1.17.1, swaks 20201014.0 as the sending client; Debian 12,
every host a network namespace of one machine with two cores.  Versions and configuration of each stand in its line.  Times
are seconds from the start of the recording.  Fields that say the same twice (log lines, queue ids) were left out.

A scenario is built from what a recording was *set up* with; what was observed (``repeats``) is only looked at to compare.
What the recordings don't state: hosts of one machine are 1 ms apart and take a message within 10 ms; the stub resolvers of
this series wait 1 s, twice; a poll gave up after 2 s.  They began about 1 s before a queue scan: the phase is drawn from
1.00 to 1.13 s, one draw for all hosts and cases.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mailsim
from checkers import check
from mailsim.draws import Draws
from mailsim.events import Event, State
from record import Record

CASES = {case["name"]: case for case in map(json.loads, (Path(__file__).parent / "e2e.jsonl").read_text("utf-8").splitlines())}
SEEDS = range(1, 9)

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


def scenario_of(case: dict[str, Any], seed: int) -> mailsim.Scenario:
    """The world of a recording; nothing in it comes from what was observed."""
    records = case["world"]["zones"]
    host = {name: next(r["name"].rstrip(".") for r in records if r["value"] == place["ip"]) for name, place in case["hosts"].items()}
    relayed = re.search(r"relay_domains = (\S+)", case["hosts"]["backup"]["role"])
    assert relayed is not None
    phase = 1_000_000 + int(Draws(seed).uniform("phase of the recordings", 0) * 130_000)
    postfix = {"kind": "mta", "flavour": "postfix", "parameters": figures_of(case["postfix_params"]), "scan_phase": f"{phase}us"}
    senders = sorted({mail["from"] for mail in case["workload"]})
    readers = sorted({rcpt for mail in case["workload"] for rcpt in mail["to"]})
    fetch = {"host": host["primary"], "protocol": "imap", "idle": False, "every": f"{case['poll_every']}s"}
    nodes: dict[str, Any] = {
        "dns": {"kind": "resolver", "flavour": "unbound"},
        "A": {**postfix, "host": host["A"], "submission": True, "accounts": {sender: {"password": "right"} for sender in senders}},
        "backup": {**postfix, "host": host["backup"], "relays_for": [relayed[1]]},
        "primary": {**postfix, "host": host["primary"], "final_for": [relayed[1]], "store": "boxes"},
        "boxes": {"kind": "mailstore", "host": host["primary"], "mailboxes": {reader: {"password": "right"} for reader in readers}},
    }
    for k, sender in enumerate(senders):
        nodes[f"sender{k}"] = {"kind": "client", "address": sender, "password": "right", "submission": {"discover": host["A"]}}
    for k, reader in enumerate(readers):
        nodes[f"reader{k}"] = {"kind": "client", "address": reader, "password": "right", "fetch": fetch}
    return mailsim.load(
        {
            "name": case["name"],
            "seed": seed,
            "run_until": f"{case['horizon']}s",
            "zones": zones_of(records),
            "nodes": nodes,
            "links": {"default": {"rtt": "1ms"}},
            "traffic": [
                {"kind": "at", "from": mail["from"], "to": mail["to"], "times": [f"{mail['t']}s"], "size": mail["size"]}
                for mail in case["workload"]
            ],
            "faults": [fault_of(*fault) for fault in case["world"]["faults"]],
        }
    )


# -- what is compared, from either side -------------------------------------------------------------------------------


def simulated(case: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """A run in the shape of a recording's messages."""
    result = scenario_of(case, seed).run()
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
        found.append({"id": sent["id"], "final": final, "hops": hops, "fetched": mail.fetched_us / 1e6 if read else None, "reports": len(record.deliveries) - len(mails)})
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
def runs(name: str) -> tuple[list[dict[str, Any]], ...]:
    return tuple(simulated(CASES[name], seed) for seed in SEEDS)


def pairs(name: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each simulated message with the recorded ones that went the same way (all of them, if none did)."""
    found = []
    for run in runs(name):
        for k, mine in enumerate(run):
            real = [repeat[k] for repeat in recorded(CASES[name])]
            same = [other for other in real if route(other) == route(mine)]
            found.append((mine, same or real))
    return found


# -- the comparison ---------------------------------------------------------------------------------------------------


def test_the_recordings_are_there() -> None:
    assert sorted(CASES) == ["e2e_all_down", "e2e_all_up", "e2e_primary_down_backup"]
    assert [len(case["repeats"]) for case in CASES.values()] == [3, 3, 3]


@pytest.mark.parametrize("name", CASES)
def test_every_mail_ends_where_it_ended_in_reality_and_nobody_gets_a_report(name: str) -> None:
    for mine, real in pairs(name):
        assert mine["final"] in {other["final"] for other in real}
        assert mine["reports"] == 0


@pytest.mark.parametrize("name", CASES)
def test_every_mail_goes_host_by_host_the_way_of_a_recording(name: str) -> None:
    for mine, real in pairs(name):
        assert route(mine) in {route(other) for other in real}, mine


@pytest.mark.parametrize("name", CASES)
def test_every_host_takes_and_tries_the_mail_within_the_range_of_the_recordings(name: str) -> None:
    for mine, real in pairs(name):
        for k, hop in enumerate(mine["hops"]):
            others = [other["hops"][k] for other in real]
            assert within(hop["t_received"], [other["t_received"] for other in others], SLACK_S), (mine, hop)
            assert within(hop["tries"], [other["tries"] for other in others], 1), (mine, hop)


@pytest.mark.parametrize("name", CASES)
def test_every_mail_is_fetched_within_the_range_of_the_recordings(name: str) -> None:
    for mine, real in pairs(name):
        assert within(mine["fetched"], [other["fetched"] for other in real], SLACK_S), mine
