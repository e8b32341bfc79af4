"""OpenSMTPD's queue on the clock: schedule, routes, sessions, concurrency, names, reports.

Instants by hand, from the program's figures (scheduler_ramqueue.c, mta.c, limit.c): round trips are 100 ms and commands are not
pipelined, so a session costs 0.7 s and the server has the message after 0.65 s; a further message in an open session costs
0.4 s (0.35 s); a refused connection costs 0.1 s.  Mail sent at 0 is in the queue at 0.75 s.  The program reckons in whole
seconds: from 0.75 s (second 0) to second 2 it waits 2 s, until 2.75 s.  The relay's source has its turns at 0.75, 1.75, 11.75,
21.75 s ... as long as anybody waits, and each is a push for the connector as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.flavours import mta_figures
from mailsim.rules.dsn import reported
from mailsim.rules.reasons import Why
from small_worlds import MTA, NET, Run, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
TWO = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
BOTH = {"mx1": FINAL, "mx2": FINAL}
ARRIVED = 0.75


def smtpd(zone: str, nodes: dict[str, Any], *faults: dict[str, Any], isp: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A small world whose ``isp`` runs OpenSMTPD; mail and reports are kept for 2 h."""
    own = {"flavour": "opensmtpd", **(isp or {})}
    own["parameters"] = {"queue_lifetime": "2h", "bounce_lifetime": "2h", "delay_notice": None, **own.get("parameters", {})}
    return world(zone, nodes, faults=faults, isp=own, **more)


def scripted(**line: Any) -> dict[str, Any]:
    """mx1 with one line of script."""
    return {"mx1": {**FINAL, "script": [line]}, "mx2": FINAL}


def wording(result: Run) -> list[tuple[str, str]]:
    """(action, status) of each report about the first message."""
    figures, found = mta_figures("opensmtpd"), []
    for row in result.of(Event.BOUNCED, number=0) + result.of(Event.DELAY_NOTICED, number=0):
        late = row.kind == Event.DELAY_NOTICED
        found.append(reported(row.code, "", Why(row.why), delayed=late, wording=figures))
    return found


def connections(result: Run) -> list[float]:
    """When ``isp`` made its connections: it asks for the name of the address first."""
    return [row.t_us / S for row in result.of(Event.LOOKED_UP, node="isp") if row.peer.endswith("in-addr.arpa")]


# -- the schedule ------------------------------------------------------------------------------------------------------


def test_mail_is_tried_again_400_s_times_n_squared_after_its_arrival() -> None:
    """0.75 + 400, 1600, 3600, 6400 s, whenever the attempt ended; the other host 2 s after the first one."""
    result = run(smtpd(TWO, BOTH, outage("mx1", "0s", how="refused"), outage("mx2", "0s", how="refused")))
    due = [ARRIVED, 400.75, 1600.75, 3600.75, 6400.75]
    assert [t for t, host, _ in result.tries() if host == "mx1"] == due
    assert [t for t, host, _ in result.tries() if host == "mx2"] == [t + 2 for t in due]


def test_a_domain_whose_hosts_all_fail_fails_at_the_next_turn_of_its_source() -> None:
    """The source's turn after 1 s finds the second host still to be tried, that after 11 s none; so observed."""
    result = run(smtpd(TWO, BOTH, outage("mx1", "0s", how="refused"), outage("mx2", "0s", how="refused")))
    assert result.at(Event.DEFERRED)[:2] == [11.75, 411.75]


def test_mail_expires_when_its_lifetime_is_over_without_a_last_attempt() -> None:
    """2 h after its arrival; the report is made a second later (bounce.c)."""
    result = run(smtpd(ONE, BOTH, outage("mx1", "0s", how="refused")))
    assert result.at(Event.EXPIRED, number=0) == [ARRIVED + 7200]
    assert result.tries()[-1][0] == 6400.75
    assert result.reports()[0].accepted_us == (ARRIVED + 7200 + 1) * S
    assert wording(result) == [("delayed", "4.4.7")]


def test_nothing_expires_while_an_attempt_is_under_way() -> None:
    """Connecting from 400.75 s, given up after 300 s at 700.75 s; the source's next turn (401.75 + 10 n) is at 701.75 s."""
    result = run(smtpd(ONE, BOTH, outage("mx1", "0s"), isp={"parameters": {"queue_lifetime": "450s"}}))
    assert result.at(Event.EXPIRED, number=0) == [701.75]


def test_a_late_notice_comes_at_the_failure_whose_next_attempt_would_be_too_late() -> None:
    """After 10 min: the attempt at 400.75 s fails at 411.75 s, and the next one would come at 1600.75 s; that of the first at 400.75 s."""
    result = run(smtpd(ONE, BOTH, outage("mx1", "0s", how="refused", length="1h"), isp={"parameters": {"delay_notice": "10m"}}))
    assert result.at(Event.DELAY_NOTICED) == [411.75]
    assert wording(result) == [("delayed", "4.0.0")]


def test_final_delivery_is_tried_again_10_s_times_n_squared_after_the_arrival() -> None:
    """mx1 has the message at 1.2 s (in Postfix's queue at 0.55 s, no pipelining); its mail store refuses until 1 min."""
    boxes = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {}}}
    nodes = {"mx1": {**FINAL, "flavour": "opensmtpd", "store": "boxes"}, "boxes": boxes}
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
    result = run(world(zone, nodes, faults=(outage("boxes", "0s", how="refused", length="1m"),)))
    assert [t for t, _, _ in result.tries("mx1")] == [1.2, 11.2, 41.2, 91.2]


# -- which failure means what ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "faults", "second"),
    [
        (BOTH, (outage("mx1", "0s", how="refused"),), 2.75),
        (BOTH, (outage("mx1", "0s", how="unreachable"),), 2.75),
        (BOTH, (outage("mx1", "0s"),), 300.75),
        (scripted(stage="greeting", close=True), (), 2.75),
        (scripted(stage="greeting", reply="421 4.3.2 busy", close=True), (), 2.75),
        (scripted(stage="greeting", reply="554 5.3.2 no"), (), 2.75),
        (scripted(stage="greeting", delay="1h"), (), 300.85),
        (scripted(stage="ehlo", reply="450 4.3.2 later"), (), 2.75),
    ],
    ids=["refused", "unreachable", "silent", "closed", "421", "554", "no banner", "450 at EHLO"],
)
def test_until_mail_could_be_sent_the_next_host_is_tried(nodes: dict[str, Any], faults: Any, second: float) -> None:
    result = run(smtpd(TWO, nodes, *faults))
    assert [(t, host) for t, host, _ in result.tries()] == [(ARRIVED, "mx1"), (second, "mx2")]
    assert result.state() == State.STORED


@pytest.mark.parametrize(
    "line",
    [
        {"stage": "mail", "reply": "451 4.3.0 later"},
        {"stage": "rcpt", "reply": "450 4.2.0 busy"},
        {"stage": "rcpt", "reply": "421 4.3.2 bye", "close": True},
        {"stage": "data", "reply": "451 4.3.0 later"},
        {"stage": "eod", "reply": "451 4.3.0 later"},
        {"stage": "rcpt", "close": True},
        {"stage": "eod", "close": True},
        {"stage": "rcpt", "delay": "1h"},
        {"stage": "eod", "delay": "1h"},
    ],
    ids=lambda line: " ".join(str(v) for v in line.values()),
)
def test_after_the_greeting_the_mail_waits_and_the_other_host_is_never_used(line: dict[str, Any]) -> None:
    """OpenSMTPD 6.8.0p2 observed, ``primary_450_rcpt`` and its kin (RFC 5321 section 5.1 wants a try of the alternatives)."""
    result = run(smtpd(TWO, scripted(**line)), level="events")
    assert [(t, host) for t, host, _ in result.tries()][:3] == [(ARRIVED, "mx1"), (400.75, "mx1"), (1600.75, "mx1")]
    assert {host for _, host, _ in result.tries()} == {"mx1"}


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "eod"])
def test_a_refusal_for_good_bounces_with_no_other_host_and_a_status_of_its_own(stage: str) -> None:
    result = run(smtpd(TWO, scripted(stage=stage, reply="550 5.1.1 no")))
    assert [host for _, host, _ in result.tries()] == ["mx1"]
    assert result.state() == State.BOUNCED
    assert wording(result) == [("failed", "5.0.0")]


def test_a_host_that_is_disabled_is_not_tried_for_15_s() -> None:
    """mx1 refuses at 0.65 s; mail of 6 s finds it disabled and goes to mx2 alone; mail of 30 s finds it open again."""
    values = smtpd(TWO, BOTH, outage("mx1", "0s", how="refused", length="10s"), times=("0s", "6s", "30s"))
    assert [host for _, host, _ in run(values).tries(number=1)] == ["mx2"]
    assert [host for _, host, _ in run(values).tries(number=2)] == ["mx1"]


def test_with_hosts_that_drop_packets_only_the_best_two_are_ever_tried() -> None:
    """``six_mx_timeout``: each is given up after 300 s and disabled for 15 s; a third is looked at when both are disabled.

    mx1 0.75 to 300.75, mx2 to 600.75.  The connector looks after 2 s (302.75), 5 s later (307.75), and 5 s after the source's
    turn of 311.75: mx1, enabled at second 315, from 316.75 to 616.75.  Then mx2, enabled at 615, at once; and mx1, enabled at
    second 631, at the source's turn of 631.75.
    """
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "@ MX 30 mx3", *(f"mx{k} A 192.0.2.{k}" for k in (1, 2, 3)))
    values = smtpd(zone, {**BOTH, "mx3": FINAL}, outage("mx1", "0s"), outage("mx2", "0s"), run_until="1000s")
    result = run(values)
    assert [(t, host) for t, host, _ in result.tries()] == [
        (0.75, "mx1"),
        (300.75, "mx2"),
        (316.75, "mx1"),
        (616.75, "mx2"),
        (631.75, "mx1"),
    ]
    assert result.state() == State.QUEUED


# -- sessions and concurrency ------------------------------------------------------------------------------------------


def test_one_connection_carries_what_waits() -> None:
    """The second message, in the queue at 5.75 s, is sent when the open session looks: each second after 1.45 s."""
    result = run(smtpd(ONE, BOTH, times=("0s", "5s")))
    assert connections(result) == [ARRIVED]
    assert [d.stored_us / S for d in result.deliveries] == [1.4, 6.8]


def test_a_session_hangs_on_for_10_s() -> None:
    """Idle from 1.45 to 11.45 s: mail of 11.75 s needs a new connection."""
    result = run(smtpd(ONE, BOTH, times=("0s", "11s")))
    assert connections(result) == [ARRIVED, 11.75]


def test_an_idle_session_ends_when_its_server_goes_away() -> None:
    """The server refuses from 4 s to 4.5 s: its end of the connection is gone."""
    result = run(smtpd(ONE, BOTH, outage("mx1", "4s", how="refused", length="500ms"), times=("0s", "6s")))
    assert connections(result) == [ARRIVED, 6.75]
    assert [d.stored_us / S for d in result.deliveries] == [1.4, 7.4]


def test_a_dead_host_sees_one_connection_for_a_whole_burst() -> None:
    """Back at 400.75 s they need 0.3 + 20 * 0.4 = 8.3 s, so a second connection helps after 5 s (limit.c conndelay_route)."""
    result = run(smtpd(ONE, BOTH, outage("mx1", "0s", how="refused", length="200s"), times=("0s",) * 20))
    assert connections(result) == [ARRIVED, 400.75, 405.75]
    assert {t for t, _, why in result.tries() if why == Why.REFUSED} == {ARRIVED}
    assert len([row for row in result.tries() if row[2] == Why.REFUSED]) == 20
    assert {d.tries for d in result.deliveries} == {2}


def test_a_busy_host_gets_a_further_connection_every_5_s() -> None:
    """20 messages of 4.4 s each.  The second connection not before second 2, then not before second 5: 5 s after the first.

    At 20.75 s six messages wait, and four sessions are more than half of that: enough.
    """
    slow = {"mx1": {**FINAL, "script": [{"stage": "eod", "delay": "4s"}]}}
    result = run(smtpd(ONE, slow, times=("0s",) * 20))
    assert connections(result) == [ARRIVED, 5.75, 10.75, 15.75]
    assert {d.state for d in result.deliveries} == {State.STORED}


def test_ten_refusals_end_a_session() -> None:
    """mta_session.c MAX_TRYBEFOREDISABLE: 12 messages, each refused at RCPT; the route is left alone for 3 s."""
    full = {"mx1": {**FINAL, "script": [{"stage": "rcpt", "reply": "450 4.2.0 busy", "until": "60s"}]}}
    result = run(smtpd(ONE, full, times=("0s",) * 12))
    assert connections(result)[0] == ARRIVED
    first = [t for t, _, why in result.tries() if why == Why.TEMPFAIL]
    assert len(first) == 12
    assert connections(result)[1] > first[9]


def test_equals_are_mixed_and_the_second_connection_goes_to_the_other() -> None:
    zone = com("@ MX 10 mx1", "@ MX 10 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    slow = {**FINAL, "script": [{"stage": "eod", "delay": "4s"}]}
    values = smtpd(zone, {"mx1": slow, "mx2": slow}, times=("0s",) * 4)
    hosts = {seed: [host for _, host, _ in sorted(run(values, seed=seed).tries())] for seed in range(1, 9)}
    assert {h[0] for h in hosts.values()} == {"mx1", "mx2"}
    assert all(set(h) == {"mx1", "mx2"} for h in hosts.values())


def test_a_success_brings_back_what_was_put_off_because_all_hosts_were_disabled() -> None:
    """mta.c hoststat: heard of at 1.45 s; mail of 100.75 s fails at 111.75 s; that of 200.75 s is accepted at RCPT (201.25 s).

    The other one goes over the same session at its end, 201.45 s; its own next attempt would have been at 500.75 s.
    """
    result = run(smtpd(ONE, BOTH, outage("mx1", "90s", how="refused", length="60s"), times=("0s", "100s", "200s")))
    stored = {d.message: d.stored_us / S for d in result.deliveries}
    assert (stored[2], stored[1]) == (201.4, 201.8)


def test_of_several_recipients_only_the_refused_one_waits_or_bounces() -> None:
    nodes = {"mx1": {**FINAL, "script": [{"stage": "rcpt", "reply": "450 4.2.0 busy", "match": "bob", "until": "60s"}]}}
    result = run(smtpd(ONE, nodes, to=["bob@example.com", "eve@example.com"]))  # in the queue at 0.85 s: one RCPT more
    assert result.delivery(0, "eve@example.com").stored_us == 1.6 * S
    assert result.delivery(0, "bob@example.com").stored_us == 401.5 * S


def test_a_message_bigger_than_the_announced_size_bounces_without_mail() -> None:
    small = {"mx1": {**FINAL, "parameters": {**MTA["parameters"], "size_limit": "1 kB"}}}
    result = run(smtpd(ONE, small))
    assert result.at(Event.BOUNCED) == [1.05]
    assert wording(result) == [("failed", "5.0.0")]


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "faults", "why"),
    [
        (com("@ MX 0 ."), (), Why.NULL_MX),
        (com("@ MX 10 gone"), (), Why.MX_UNUSABLE),
        (com("@ MX 10 gone", "@ A 192.0.2.1"), (), Why.MX_UNUSABLE),
        (com("@ TXT nothing"), (), Why.NO_MX_NO_ADDRESS),
        (ONE, (outage("dns example.com/MX", "0s", how="servfail"),), Why.DNS_SERVFAIL),
    ],
    ids=["null MX", "MX does not exist", "MX does not exist but A", "neither", "SERVFAIL"],
)
def test_a_domain_without_a_host_is_tried_again_until_it_expires(zone: str, faults: Any, why: Why) -> None:
    result = run(smtpd(zone, {"mx1": FINAL}, *faults))
    assert result.at(Event.DEFERRED, number=0) == [0.75, 400.75, 1600.75, 3600.75, 6400.75]
    assert {row.why for row in result.of(Event.DEFERRED, number=0)} == {why}
    assert wording(result) == [("delayed", "4.4.7")]


def test_a_missing_domain_bounces() -> None:
    result = run(smtpd(ONE, BOTH, outage("dns example.com/MX", "0s", how="nxdomain")))
    assert result.at(Event.BOUNCED) == [ARRIVED]
    assert wording(result) == [("failed", "5.0.0")]


def test_names_are_looked_up_again_at_each_attempt() -> None:
    """The MX moves at 100 s (TTL 5 s): the attempt at 400.75 s goes to the new host."""
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", ttl=5)
    moved = [{"at": "100s", "zone": "example.com", "records": "@ 5 IN MX 10 mx2", "remove": []}]
    result = run(smtpd(zone, BOTH, outage("mx1", "0s", how="refused"), changes=moved))
    assert [(t, host) for t, host, _ in result.tries()] == [(ARRIVED, "mx1"), (400.75, "mx2")]


def test_mail_for_all_domains_goes_to_a_smarthost_over_one_connection() -> None:
    """smtpd.conf(5) ``relay host``: its MX is not asked for.  The other message of 0.75 s follows in the same session."""
    relay = {**FINAL, "final_for": ["example.com", "example.net"]}
    values = smtpd(ONE, {"mx1": relay}, isp={"parameters": {"smarthost": "[mx1.example.com]"}})
    values["traffic"].append({**values["traffic"][0], "to": "eve@example.net"})
    values["zones"].append(NET)
    result = run(values)
    assert connections(result) == [ARRIVED]
    assert sorted(d.stored_us / S for d in result.deliveries) == [1.4, 1.8]


def test_a_backup_mx_never_relays_to_itself_or_worse_hosts() -> None:
    """As the best one it has nobody to relay to: deferred at once, ``best_mx_is_self``."""
    zone = com("@ MX 10 mail.example.org.", "@ MX 20 mx2", "mx2 A 192.0.2.2")
    result = run(smtpd(zone, {"mx2": FINAL}, isp={"relays_for": ["example.com"]}))
    assert result.tries() == []
    assert result.at(Event.DEFERRED)[:2] == [0.75, 400.75]
    assert {row.why for row in result.of(Event.DEFERRED)} == {Why.MX_SELF}


def test_an_mx_on_its_own_machine_gets_the_mail_again_a_hundred_times() -> None:
    """OpenSMTPD 6.8.0p2 observed: 100 hops, then a bounce.  The submission was the first one."""
    zone = com("@ MX 10 lo", "@ MX 20 mx2", "lo A 127.0.0.1", "mx2 A 192.0.2.2")
    result = run(smtpd(zone, {"mx2": FINAL}))
    assert len(result.tries()) == 99
    assert [row.why for row in result.of(Event.BOUNCED)] == [Why.HOP_LIMIT]
    assert wording(result) == [("failed", "5.0.0")]


# -- the same at all levels, and as one of many ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_levels_give_the_same_messages(seed: int) -> None:
    faults = (outage("mx1", "10m", how="refused", length="20m"), outage("mx2", "10m", length="20m"))
    values = smtpd(TWO, BOTH, *faults)
    values["traffic"] = [{"kind": "poisson", "from": "ann@example.org", "to": "bob@example.com", "rate": "6/min", "until": "1h"}]
    values["links"] = {"default": {"rtt": {"kind": "lognormal", "median": "40ms", "sigma": 0.4}, "bandwidth": None}}
    logs = [run(values, seed=seed, level=level).log for level in ("messages", "events")]
    assert logs[0].trace_hash() == logs[1].trace_hash()
    assert logs[0].end_reason == "settled"


def test_a_population_of_it_keeps_the_schedule() -> None:
    """Each message has an MTA of its own: both hosts, then 400 s times n squared."""
    values = world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused", length="1h"),))
    values["nodes"]["many"] = {"kind": "senders", "mix": {"opensmtpd": 1.0}, "domains": 10}
    values["traffic"] = [{"kind": "at", "from": "many", "to": "bob@example.com", "times": ["0s"], "size": "10 kB"}]
    result = run(values)
    first = result.tries("many")[0][0]
    assert [round(t - first, 6) for t, _, _ in result.tries("many")] == [0, 400, 1600, 3600]
    assert result.state() == State.STORED
