"""Two receiving domains at two sites under mixed traffic: every kind at once, conservation for each domain, outages of a site."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mailsim.draws import Draws
from mailsim.events import State
from mailsim.scenario import Scenario, load
from mailsim.scenario.arrivals import arrivals
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, NET, com, world

H = 3_600_000_000

COM = com("@ MX 10 mx1", "mx1 A 192.0.2.10")


def mixed(*faults: dict[str, Any]) -> Scenario:
    """example.com at the site ``east``, example.net at ``west``; a user, her provider and a population send to both."""
    nodes = {
        "mx1": {**MTA, "site": "east", "final_for": ["example.com"]},
        "mx": {**MTA, "site": "west", "host": "mx.example.net", "final_for": ["example.net"]},
        "world": {"kind": "senders", "mix": "self-hosted"},
    }
    made = world(COM, nodes, faults=faults)
    made["zones"].append(NET)
    made["starts"] = "2026-03-28 12:00 Europe/Berlin"
    both = {"bob@example.com": 2, "eve@example.net": 1}
    members = {"m{n}@example.com": 3, "m{n}@example.net": 1}
    recorded = "instant,from,to\n3600,ann@example.org,bob@example.com eve@example.net\n2026-03-29 03:00,,eve@example.net\n5h,,\n"
    made["traffic"] = [
        {"kind": "diurnal", "from": "world", "to": both, "rate": "300/day", "shape": "office", "until": "1d"},
        {"kind": "preset", "name": "department", "rate": "200/day", "from": {"ann@example.org": 1, "world": 2}, "to": both, "until": "1d"},
        {"kind": "burst", "from": "ann@example.org", "to": members, "members": 40, "at": "2h", "fan_out": "envelope", "size": "mail"},
        {"kind": "burst", "from": "world", "to": members, "members": 40, "at": "3h", "fan_out": "each", "size": "5 kB"},
        {"kind": "periodic", "from": "ann@example.org", "to": ["bob@example.com", "eve@example.net"], "every": "1h", "until": "1d"},
        {"kind": "replay", "from": "world", "to": "bob@example.com", "csv": recorded, "size": {"median": "10 kB", "sigma": 1}},
    ]
    return load(made)


def outage(target: str, **more: Any) -> dict[str, Any]:
    return {"kind": "outage", "target": target, "start": "1h", "length": "6h", "how": "refused", **more}


def by_domain(pairs: Any) -> Counter[str]:
    return Counter(address.rpartition("@")[2] for address in pairs)


@pytest.mark.parametrize(
    "faults",
    [(), (outage("site:east", how="silent"),), (outage("mx"), outage("mx1", start="10h")), (outage("mx1", how="5xx"),)],
    ids=["quiet", "site-dark", "one-after-the-other", "refusing-for-good"],
)
def test_what_is_sent_to_each_domain_is_stored_there_or_returned(faults: tuple[dict[str, Any], ...]) -> None:
    scenario = mixed(*faults)
    mail = arrivals(compiled(scenario), Draws(scenario.seed))
    wanted = by_domain(to for n in mail.line for to in mail.lines[n].recipients)
    log = scenario.run().log
    kept = log.messages
    found = [k for k, parent in enumerate(kept["parent"]) if parent < 0]
    assert by_domain(log.names[kept["rcpt"][k]] for k in found) == wanted
    ends = {State.STORED: Counter[str](), State.BOUNCED: Counter[str]()}
    for k in found:
        ends[State(kept["state"][k])][log.names[kept["rcpt"][k]].rpartition("@")[2]] += 1
    assert ends[State.STORED] + ends[State.BOUNCED] == wanted
    returned = {"example.com"} if any(fault["how"] == "5xx" for fault in faults) else set()
    assert set(ends[State.BOUNCED]) == returned
    assert min(wanted.values()) > 100


def test_an_outage_of_one_site_leaves_the_other_domain_as_it_is() -> None:
    # the population shares nothing between messages, so its mail to example.net has the same instants with and without
    quiet, dark = mixed().run().log, mixed(outage("site:east", how="silent")).run().log

    def of_world(log: Any) -> list[tuple[int, int]]:
        kept, names = log.messages, log.names
        return [
            (kept["sent_us"][k], kept["stored_us"][k])
            for k in range(len(kept["rcpt"]))
            if kept["parent"][k] < 0 and names[kept["rcpt"][k]].endswith("@example.net") and names[kept["origin"][k]] == "world"
        ]

    assert of_world(quiet) == of_world(dark)
    assert len(of_world(quiet)) > 40


def test_mixed_traffic_is_the_same_at_every_level_and_with_the_same_seed() -> None:
    scenario = mixed(outage("site:west"))
    assert scenario.run(level="events").trace_hash == scenario.run(level="messages").trace_hash == scenario.run().trace_hash
    assert scenario.run(level="messages", seed=2).trace_hash != scenario.run(level="messages").trace_hash


def test_the_portrait_the_graph_and_the_findings_know_every_recipient() -> None:
    scenario = mixed()
    assert "ann@example.org 1, world 2 to bob@example.com 2, eve@example.net 1: department, about 200 a day by the hour" in repr(scenario)
    assert "world to m{n}@example.com 3, m{n}@example.net 1 (40 members, each): 1 at 3h" in repr(scenario)
    relays = {key for _, _, key in scenario.graph().edges(keys=True) if key.startswith("relay")}
    assert {"relay example.com", "relay example.net"} <= relays
    assert not [finding for finding in scenario.findings() if finding.severity == "error"]
