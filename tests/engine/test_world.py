"""The running world: who listens where, what lies between two nodes, when the run is over."""

from __future__ import annotations

from typing import Any

import mailsim
from mailsim.engine.world import RunningWorld
from mailsim.nodes.mailstore import MailstoreActor
from mailsim.nodes.mta import MtaActor
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, com, outage, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
BOXES = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2"}}}
NODES = {"mx1": {**FINAL, "store": "boxes"}, "boxes": BOXES}


def running(*faults: dict[str, Any], nodes: dict[str, Any] | None = None, **more: Any) -> RunningWorld:
    return RunningWorld(compiled(mailsim.load(world(ZONE, nodes or NODES, faults=faults, **more))), 1, "events", 1 << 61)


def test_services_are_found_at_the_addresses_of_their_nodes() -> None:
    here = running()
    assert here.server_at("192.0.2.1", "smtp") is here.actor("mx1")
    assert here.server_at("192.0.2.1", "submission") is None
    assert here.server_at("203.0.113.25", "submission") is here.actor("isp")
    assert here.server_at("203.0.113.25", "submissions") is here.actor("isp")
    assert [here.server_at("192.0.2.3", service) for service in ("lmtp", "imap", "pop3")] == [here.actor("boxes")] * 3
    assert here.server_at("192.0.2.3", "smtp") is None
    assert here.server_at("192.0.2.66", "smtp") is None


def test_an_address_is_a_machine_or_nobodys() -> None:
    here = running()
    assert here.machine_at("192.0.2.3") == "boxes"
    assert here.machine_at("192.0.2.66") is None


def test_actors_are_listed_by_kind_in_the_order_of_the_scenario() -> None:
    assert [actor.name for actor in running().actors(MtaActor)] == ["isp", "mx1"]
    assert [actor.name for actor in running().actors(MailstoreActor)] == ["boxes"]


def test_the_way_between_two_nodes_has_the_figures_of_its_link() -> None:
    here = running(links={"default": {"rtt": "40ms", "bandwidth": 8_000_000}, "isp-mx1": {"rtt": "10ms", "bandwidth": None}})
    assert here.wire("isp", "mx1").rtt_us(0, 0) == 10_000
    assert here.wire("mx1", "isp").rtt_us(0, 0) == 10_000
    assert here.wire("ann", "isp").rtt_us(0, 0) == 40_000
    assert here.wire("isp", "mx1").transfer_us(1_000_000) == 0
    assert here.wire("ann", "isp").transfer_us(1_000_000) == 1_000_000


def test_both_directions_of_a_link_share_their_draws() -> None:
    here = running(links={"default": {"rtt": {"kind": "lognormal", "median": "40ms", "sigma": 0.4}}})
    there = [here.wire("isp", "mx1").rtt_us(k, 0) for k in range(20)]
    assert there == [here.wire("mx1", "isp").rtt_us(k, 0) for k in range(20)]
    assert len(set(there)) > 15


def test_nodes_of_one_machine_have_no_way_between_them() -> None:
    together = running(nodes={"mx1": {**FINAL, "store": "boxes"}, "boxes": {**BOXES, "host": "mx1.example.com"}})
    assert together.wire("mx1", "boxes").rtt_us(0, 0) == 0


def test_what_is_wrong_is_seen_from_where_one_stands() -> None:
    """A silent host hears nobody and is heard by nobody; a stopped service still asks others; a cut link is a matter of two."""
    here = running(outage("mx1", "0s"), outage("isp", "1h", how="refused"), outage("link ann-boxes", "2h"))
    assert here.wire("isp", "mx1").path.at(0).reach == Why.SILENT
    assert here.wire("mx1", "boxes").path.at(0).reach == Why.SILENT
    assert here.wire("ann", "isp").path.at(3600_000_000).reach == Why.REFUSED
    assert here.wire("isp", "boxes").path.at(3600_000_000).reach == Why.OK
    assert here.wire("ann", "boxes").path.at(7200_000_000).reach == Why.SILENT
    assert here.wire("isp", "boxes").path.at(7200_000_000).reach == Why.OK


def test_what_a_server_says_and_that_its_machine_is_cut_off_are_seen_by_those_whom_they_concern() -> None:
    """isp says 451; its machine, on which the store ``home`` runs too, is off the network.

    Others see both; isp itself, calling mx1, sees only that nothing gets through.
    """
    store = {"kind": "mailstore", "host": "mail.example.org", "mailboxes": {"ann@example.org": {}}}
    here = running(outage("isp", "0s", how="4xx"), outage("home", "0s"), nodes={**NODES, "home": store})
    seen = here.wire("ann", "isp").path.at(0)
    assert (seen.reach, seen.reply is not None) == (Why.SILENT, True)
    seen = here.wire("isp", "mx1").path.at(0)
    assert (seen.reach, seen.reply) == (Why.SILENT, None)


def test_on_one_machine_only_the_service_counts() -> None:
    together = {"mx1": {**FINAL, "store": "boxes"}, "boxes": {**BOXES, "host": "mx1.example.com"}}
    here = running(outage("mx1", "0s", length="30m"), outage("boxes", "1h", how="refused"), nodes=together)
    path = here.wire("mx1", "boxes").path
    assert [path.at(t).reach for t in (0, 3600_000_000)] == [Why.OK, Why.REFUSED]


def test_the_run_is_over_when_nothing_is_open_and_no_source_runs() -> None:
    here = running()
    here.opened(2)
    here.settled(1)
    here.spawn(_waiting(here), 5)
    here.settled(1)
    here.clock.run(1000)
    assert here.clock.now == 0


def test_a_source_that_still_runs_keeps_the_run_going() -> None:
    here = running()
    here.sources = 1
    here.opened(1)
    here.spawn(_waiting(here), 5)
    here.settled(1)
    here.clock.run(1000)
    assert here.clock.now == 1000


def _waiting(here: RunningWorld) -> Any:
    yield 500
