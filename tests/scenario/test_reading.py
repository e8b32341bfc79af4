"""Where readers look: by name, address or SRV record, and only into stores that have their mailbox."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.scenario import load
from mailsim.scenario.reading import looks_into, store_of
from reading_worlds import ZONE, device, reading

OTHER = {"kind": "mailstore", "host": "old.example.com", "mailboxes": {"amy@example.com": {"password": "x"}}}
SRV = "_imaps._tcp SRV 0 1 993 imap\nold A 192.0.2.9\nalias CNAME imap\n"


@pytest.mark.parametrize(
    ("fetch", "store"),
    [
        ({"host": "imap.example.com"}, "boxes"),
        ({"host": "192.0.2.3"}, "boxes"),
        ({"host": "alias.example.com"}, "boxes"),
        ({"host": None}, "boxes"),
        ({"host": None, "protocol": "pop3"}, None),  # no _pop3s._tcp record
        ({"host": "old.example.com"}, None),  # a store, but without bob's mailbox
        ({"host": "nowhere.example.com"}, None),
    ],
)
def test_a_host_leads_to_the_store_that_stands_there(fetch: dict[str, Any], store: str | None) -> None:
    scenario = load(reading({"desk": device(**fetch)}, zone=ZONE + SRV, nodes={"old": OTHER}))
    assert store_of(scenario).get("desk") == store
    assert looks_into(scenario) == {"bob@example.com": frozenset([store] if store else [])}


def test_an_address_is_looked_for_wherever_one_of_its_devices_looks() -> None:
    both = {**OTHER, "mailboxes": {"bob@example.com": {"password": "x"}}}
    scenario = load(reading({"desk": device(), "old-desk": device(host="old.example.com")}, zone=ZONE + SRV, nodes={"old": both}))
    assert store_of(scenario) == {"desk": "boxes", "old-desk": "old"}
    assert looks_into(scenario) == {"bob@example.com": frozenset({"boxes", "old"})}


def test_who_reads_nothing_is_not_counted() -> None:
    assert looks_into(load(reading({}))) == {}


def test_the_figures_of_a_reader_are_assumptions_with_their_source() -> None:
    rows = {row.path: row for row in load(reading({"push": device(reconnect="30s"), "pop": device(protocol="pop3")})).assumptions()}
    assert (rows["nodes.push.fetch.reconnect"].value, rows["nodes.push.fetch.reconnect"].status) == ("30s", "given")
    assert rows["nodes.push.fetch.keepalive"].status == "unverified"
    assert "RFC 2177" in rows["nodes.push.fetch.reissue"].source
    assert "RFC 1939 section 8" in rows["nodes.pop.fetch.leave_on_server"].source
    assert (rows["nodes.boxes.parameters.quota_full_tempfail"].value, rows["nodes.boxes.parameters.idle"].value) == ("no", "yes")
