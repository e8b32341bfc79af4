"""A population of senders: each message from an MTA of its own, with no memory shared."""

from __future__ import annotations

import collections
import itertools
from typing import Any

import pytest

from mailsim.draws import Draws
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, S, com, outage, run

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
PAIR = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")


def population(
    *faults: dict[str, Any],
    zone: str = ONE,
    mix: dict[str, float] | None = None,
    nodes: dict[str, Any] | None = None,
    count: int = 20,
    **more: Any,
) -> Run:
    """``count`` messages of a population, one a second from 0 s on."""
    values = {
        "name": "small",
        "seed": 1,
        "zones": [zone],
        "nodes": {"world": {"kind": "senders", "mix": mix or {"postfix": 1}}, "dns": {"kind": "resolver"}, **(nodes or {"mx1": FINAL})},
        "links": {"default": {"rtt": "100ms", "bandwidth": None}},
        "traffic": [{"kind": "at", "from": "world", "to": "bob@example.com", "times": [f"{k}s" for k in range(count)], "size": "10 kB"}],
        "faults": list(faults),
        **more,
    }
    return run(values)


def phase(number: int, every_s: int = 300) -> int:
    """The scan phase of the MTA that sends message ``number`` in a population of Postfix alone."""
    return int(Draws(1).uniforms("scan phase world").at(number) * every_s * S)


def test_each_message_is_in_a_queue_of_its_own_from_the_start() -> None:
    result = population()
    assert all(d.accepted_us == d.sent_us for d in result.deliveries)
    assert {(d.origin, d.flavour, d.sender.partition("@")[0]) for d in result.deliveries} == {("world", "postfix", "user")}
    assert {d.state for d in result.deliveries} == {State.STORED}


def test_a_dead_host_is_tried_by_every_message_for_itself() -> None:
    """One ISP's MTA would declare it dead after a few; the world's senders share no memory."""
    result = population(outage("mx1", "0s", how="refused", length="2m"), count=40)
    first = {number: result.tries("world", number)[0] for number in range(40)}
    assert {why for _, _, why in first.values()} == {Why.REFUSED}
    assert Why.DESTINATION_DEAD not in {row.why for row in result.of(Event.DEFERRED)}


def test_each_sender_retries_at_its_own_scans() -> None:
    """Refused until 2 min: due at the first of its own scans after 299 s."""
    result = population(outage("mx1", "0s", how="refused", length="2m"))
    for number in range(20):
        failed, good = (t for t, _, _ in result.tries("world", number))
        arrived = int(failed) * S
        due = arrived + 299 * S
        scan = due + (phase(number) - due) % (300 * S)
        assert scan <= good * S < scan + 10 * S  # names are looked up afresh


@pytest.mark.parametrize(("mix", "share"), [({"postfix": 1, "exim": 1}, 0.5), ({"postfix": 3, "exim": 1}, 0.75)])
def test_flavours_come_in_the_shares_of_the_mix(mix: dict[str, float], share: float) -> None:
    """400 draws: within four standard deviations, 4 * sqrt(share (1 - share) 400)."""
    flavours = [d.flavour for d in population(mix=mix, count=400).deliveries]
    assert abs(flavours.count("postfix") - 400 * share) < 4 * (share * (1 - share) * 400) ** 0.5
    assert set(flavours) == {"postfix", "exim"}


def test_the_backup_takes_what_the_primary_cannot() -> None:
    nodes = {"mx1": FINAL, "mx2": {**MTA, "relays_for": ["example.com"]}}
    result = population(outage("mx1", "0s", how="refused", length="10m"), zone=PAIR, nodes=nodes)
    assert {d.via for d in result.deliveries} == {"mx2.example.com"}
    assert {d.state for d in result.deliveries} == {State.STORED}


def test_what_expires_comes_back_to_its_sender_within_the_population() -> None:
    """The report is in the sender's mailbox at once: it stands for the rest of the world."""
    result = population(outage("mx1", "0s", how="refused"), count=3)
    for number in range(3):
        message, report = result.delivery(number), result.reports(number)[0]
        assert (message.state, message.why) == (State.BOUNCED, Why.LIFETIME_OVER)
        assert 5 * 86400 * S <= message.ended_us - message.sent_us < 5 * 86400 * S + 4300 * S
        assert (report.state, report.rcpt, report.stored_us) == (State.STORED, message.sender, message.ended_us)


def test_a_report_of_a_receiver_finds_its_way_home() -> None:
    """mx2 spools for an hour, gives up and reports to the sender through the network: the population takes its reports."""
    nodes = {"mx1": FINAL, "mx2": {**MTA, "relays_for": ["example.com"], "queue_lifetime": "1h"}}
    result = population(outage("mx1", "0s", how="refused"), zone=PAIR, nodes=nodes, count=3)
    for number in range(3):
        report = result.reports(number)[0]
        assert (result.state(number), report.origin, report.state) == (State.BOUNCED, "mx2", State.STORED)


def test_a_4xx_for_hours_is_tried_ever_more_rarely() -> None:
    result = population(outage("mx1", "0s", how="4xx", length="3h"), count=1)
    tried = [t for t, _, _ in result.tries("world", 0)]
    gaps = [b - a for a, b in itertools.pairwise(tried)]
    assert len(tried) in (7, 8, 9)
    assert all(b >= a - 301 for a, b in itertools.pairwise(gaps))  # a scan may be up to 300 s late


@pytest.mark.parametrize("how", ["silent", "refused", "4xx", "5xx"])
@pytest.mark.parametrize("mix", [{"postfix": 1}, {"exim": 1}, {"postfix": 1, "exim": 1}])
def test_working_ahead_of_the_clock_gives_the_same_as_event_by_event(how: str, mix: dict[str, float]) -> None:
    """Level ``messages`` skips attempts that must come to the same; level ``events`` makes each."""
    nodes = {"mx1": FINAL, "mx2": {**MTA, "relays_for": ["example.com"], "queue_lifetime": "2h"}}
    faults = [outage("mx1", "5s", how=how, length="30h"), outage("mx2", "5s", how="silent", length="8h")]
    hashes = set()
    for level in ("events", "messages", "counts"):
        values = {
            "name": "small",
            "zones": [PAIR],
            "nodes": {"world": {"kind": "senders", "mix": mix}, **nodes, "dns": {"kind": "resolver"}},
            "traffic": [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": 60, "until": "24h"}],
            "faults": faults,
        }
        hashes.add(run(values, level=level).log.trace_hash())
    assert len(hashes) == 1


def test_a_mix_by_name_has_the_weights_of_its_source() -> None:
    # Exim 56, Postfix 38, sendmail 3 of 97 that have a name; binomial: four standard deviations are 6 false alarms in 100,000
    found = population(mix="self-hosted", count=3_000)  # type: ignore[arg-type]
    drawn = collections.Counter(d.flavour for d in found.deliveries if d.parent < 0)
    for flavour, weight in (("exim", 56), ("postfix", 38), ("sendmail", 3)):
        share = weight / 97
        assert abs(drawn[flavour] - 3_000 * share) < 4 * (3_000 * share * (1 - share)) ** 0.5
    assert sum(drawn.values()) == 3_000
