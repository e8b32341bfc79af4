"""One delivery attempt in small worlds: whom an MTA tries, in which order, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, NET, Run, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
BACKUP: dict[str, Any] = {**MTA, "relays_for": ["example.com"]}
EXIM: dict[str, Any] = {"flavour": "exim", "scan_phase": "0s"}

PAIR = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
THREE = com("@ MX 10 mx1", "@ MX 20 mx2", "@ MX 30 mx3", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", "mx3 A 192.0.2.3")


def pair(*faults: dict[str, Any], isp: dict[str, Any] | None = None, zone: str = PAIR, **more: Any) -> Run:
    return run(world(zone, {"mx1": FINAL, "mx2": FINAL}, faults=faults, isp=isp, run_until="4m", **more))


def three(*faults: dict[str, Any], isp: dict[str, Any] | None = None) -> Run:
    return run(world(THREE, {"mx1": FINAL, "mx2": FINAL, "mx3": FINAL}, faults=faults, isp=isp, run_until="4m"))


# -- fallback ----------------------------------------------------------------------------------------------------------


def test_with_all_servers_up_only_the_best_is_spoken_to() -> None:
    result = pair()
    assert result.tries() == [(0.55, "mx1", Why.OK)]
    assert result.at(Event.STORED) == [1.0]
    assert result.delivery().via == "mx1.example.com"


@pytest.mark.parametrize(
    ("how", "why", "costs"),
    [
        ("refused", Why.REFUSED, 0.1),  # one round trip
        ("unreachable", Why.UNREACHABLE, 0.1),
        ("silent", Why.SILENT, 30.0),  # smtp_connect_timeout
    ],
)
def test_a_dead_primary_costs_its_way_of_failing_and_the_backup_takes_the_mail_in_the_same_attempt(
    how: str, why: Why, costs: float
) -> None:
    result = pair(outage("mx1", "0s", how=how))
    assert result.tries() == [(0.55, "mx1", why), (0.55 + costs, "mx2", Why.OK)]
    assert result.at(Event.STORED) == [0.55 + costs + 0.45]
    assert result.delivery().via == "mx2.example.com"


@pytest.mark.parametrize(("stage", "costs"), [("greeting", 0.2), ("ehlo", 0.3), ("mail", 0.4), ("rcpt", 0.4), ("data", 0.4), ("eod", 0.5)])
def test_a_primary_that_says_not_now_at_any_stage_is_passed_over(stage: str, costs: float) -> None:
    result = pair(outage("mx1", "0s", how="4xx", stage=stage))
    assert result.tries() == [(0.55, "mx1", Why.TEMPFAIL), (pytest.approx(0.55 + costs), "mx2", Why.OK)]


def test_a_5xx_greeting_sends_the_mail_to_the_backup() -> None:
    result = pair(outage("mx1", "0s", how="5xx", stage="greeting"))
    assert [try_[1:] for try_ in result.tries()] == [("mx1", Why.PERMFAIL), ("mx2", Why.OK)]


@pytest.mark.parametrize("stage", ["ehlo", "mail", "rcpt", "data", "eod"])
def test_a_5xx_later_bounces_and_no_other_mx_is_asked(stage: str) -> None:
    """EHLO too: Postfix takes only soft errors to the next server (smtp_trouble.c)."""
    result = pair(outage("mx1", "0s", how="5xx", stage=stage))
    assert [try_[1:] for try_ in result.tries(number=0)] == [("mx1", Why.PERMFAIL)]
    assert (result.state(), result.delivery().code) == (State.BOUNCED, 550)
    assert [report.state for report in result.reports()] == [State.STORED]


@pytest.mark.parametrize(("flavour", "state"), [("postfix", State.QUEUED), ("exim", State.BOUNCED)])
def test_a_5xx_greeting_of_the_only_server_defers_in_postfix_and_bounces_in_exim(flavour: str, state: State) -> None:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
    fault = outage("mx1", "0s", how="5xx", stage="greeting")
    assert run(world(zone, {"mx1": FINAL}, faults=(fault,), isp={"flavour": flavour}, run_until="4m")).state() == state


def test_the_numbers_only_order_the_hosts() -> None:
    one = pair(outage("mx1", "0s"), zone=PAIR)
    ten_times = pair(outage("mx1", "0s"), zone=PAIR.replace("MX 10", "MX 100").replace("MX 20", "MX 200"))
    assert one.log.trace_hash() == ten_times.log.trace_hash()
    swapped = pair(zone=PAIR.replace("MX 10 mx1", "MX 21 mx1"))
    assert swapped.tries() == [(0.55, "mx2", Why.OK)]


def test_equal_servers_share_the_mail() -> None:
    """RFC 5321 section 5.1: 200 fair draws lie within 100 +- 4 standard deviations of 7.07."""
    zone = PAIR.replace("MX 20", "MX 10")
    times = tuple(f"{k}s" for k in range(200))
    hosts = [host for _, host, _ in pair(zone=zone, times=times).tries()]
    assert 71 < hosts.count("mx1") < 129
    assert len(hosts) == 200


def test_a_dead_equal_costs_only_those_who_draw_it_first() -> None:
    """Postfix remembers no dead host: about half of the attempts hit it first (recorded)."""
    zone = PAIR.replace("MX 20", "MX 10")
    times = tuple(f"{k}s" for k in range(100))
    result = pair(outage("mx1", "0s", how="refused"), zone=zone, times=times)
    tries = [result.tries(number=number) for number in range(100)]
    hit = [len(each) for each in tries].count(2)
    assert 25 < hit < 75
    assert all(each[-1][1:] == ("mx2", Why.OK) for each in tries)


# -- limits ------------------------------------------------------------------------------------------------------------

MANY = com("@ MX 10 big", "@ MX 20 mx2", *(f"big A 192.0.2.{k}" for k in range(11, 17)), "mx2 A 192.0.2.2")


def test_five_dead_addresses_of_the_best_mx_hide_the_backup_from_postfix() -> None:
    """smtp_mx_address_limit: six addresses that nobody has, five are tried for 30 s each; the backup is never seen."""
    result = run(world(MANY, {"mx2": FINAL}, run_until="4m"))
    assert result.tries() == [(0.55 + 30 * k, "big", Why.SILENT) for k in range(5)]
    assert result.at(Event.DEFERRED) == [150.55]
    assert result.state() == State.QUEUED


def test_a_raised_limit_finds_the_backup() -> None:
    result = run(world(MANY, {"mx2": FINAL}, isp={"parameters": {"address_limit": 7}}, run_until="4m"))
    assert result.tries()[-1] == (0.55 + 6 * 30, "mx2", Why.OK)


def test_exim_tries_a_worse_mx_beyond_its_limit_of_five() -> None:
    """Exim 4.96 recorded; each address costs 5 min and, with TCP fast open, a second (command_timeout counts)."""
    result = run(world(MANY, {"mx2": FINAL}, isp=EXIM, run_until="28m"))
    assert result.tries() == [*((0.55 + 301 * k, "big", Why.SILENT) for k in range(5)), (1505.55, "mx2", Why.OK)]


def test_postfix_opens_two_sessions_an_attempt_and_never_meets_the_third_mx() -> None:
    """smtp_mx_session_limit (recorded, case three_pref_450)."""
    busy = [outage(host, "0s", how="4xx", stage="rcpt") for host in ("mx1", "mx2")]
    result = three(*busy)
    assert [try_[1:] for try_ in result.tries()] == [("mx1", Why.TEMPFAIL), ("mx2", Why.TEMPFAIL)]
    assert result.state() == State.QUEUED


def test_exim_has_no_such_limit() -> None:
    busy = [outage(host, "0s", how="4xx", stage="rcpt") for host in ("mx1", "mx2")]
    assert [try_[1] for try_ in three(*busy, isp=EXIM).tries()] == ["mx1", "mx2", "mx3"]


def test_a_greeting_of_421_is_no_session() -> None:
    """Recorded: 421 greetings do not count as sessions."""
    busy = [outage(host, "0s", how="4xx", stage="greeting", reply="421 4.3.0 busy") for host in ("mx1", "mx2")]
    assert [try_[1:] for try_ in three(*busy).tries()] == [("mx1", Why.TEMPFAIL), ("mx2", Why.TEMPFAIL), ("mx3", Why.OK)]


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "why"),
    [
        (["@ MX 0 ."], Why.NULL_MX),
        (["@ MX 10 gone"], Why.MX_UNUSABLE),
        (["@ TXT nothing"], Why.NO_MX_NO_ADDRESS),
    ],
)
def test_a_domain_that_takes_no_mail_bounces_at_once_and_nobody_is_called(records: list[str], why: Why) -> None:
    result = run(world(com(*records), {}))
    assert (result.state(), result.delivery().why, result.delivery().ended_us) == (State.BOUNCED, why, 550_000)
    assert result.tries(number=0) == []
    assert len(result.reports()) == 1


def test_a_domain_that_does_not_exist_bounces_at_once() -> None:
    result = run(world(com("@ A 192.0.2.1"), {}, to="bob@nowhere.test"))
    assert (result.state(), result.delivery().why) == (State.BOUNCED, Why.DOMAIN_MISSING)


def test_without_mx_the_domains_own_address_is_used() -> None:
    result = run(world(com("@ A 192.0.2.1"), {"mx1": {**FINAL, "host": "example.com"}}))
    assert result.at(Event.STORED) == [1.0]


def test_a_domain_that_dns_cannot_answer_for_waits_in_the_queue() -> None:
    """SERVFAIL until 7 min: tried at 0.55 s and at the scans of 5 and 10 min; the servers say no in milliseconds."""
    fault = outage("dns example.com/MX", "0s", length="7m", how="servfail")
    result = run(world(PAIR, {"mx1": FINAL, "mx2": FINAL}, faults=(fault,)))
    assert [row.why for row in result.of(Event.DEFERRED)] == [Why.DNS_SERVFAIL] * 2
    assert result.tries() == [(600.0, "mx1", Why.OK)]


def test_one_host_without_an_address_leaves_the_other() -> None:
    fault = outage("dns mx1.example.com/A", "0s", how="servfail")
    assert [try_[1:] for try_ in pair(fault).tries()] == [("mx2", Why.OK)]


def test_trouble_with_one_kind_of_address_leaves_the_other_kind() -> None:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "mx1 AAAA 2001:db8::1")
    fault = outage("dns mx1.example.com/A", "0s", how="servfail")
    result = run(world(zone, {"mx1": FINAL}, faults=(fault,), run_until="4m"))
    assert [try_[1:] for try_ in result.tries()] == [("mx1", Why.OK)]


def test_trouble_with_the_only_kind_of_address_there_is_keeps_the_mail() -> None:
    """A is in trouble, AAAA says that there is none: nothing is known for good."""
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "other AAAA 2001:db8::1")
    fault = outage("dns mx1.example.com/A", "0s", how="servfail", length="7m")
    result = run(world(zone, {"mx1": FINAL}, faults=(fault,)))
    assert result.state() == State.STORED


# -- the own host and loops --------------------------------------------------------------------------------------------


def test_a_backup_sends_neither_to_itself_nor_to_anything_worse() -> None:
    """mx1 and the way to mx3 are closed for the sender, so mx2 spools; mx3 is up, but mx2 must not use it."""
    faults = (outage("mx1", "0s", length="10m", how="refused"),)
    result = run(world(THREE, {"mx1": FINAL, "mx2": BACKUP, "mx3": FINAL}, faults=faults))
    assert {host for _, host, _ in result.tries("mx2")} == {"mx1"}
    assert result.tries("mx2")[-1][1:] == ("mx1", Why.OK)


def test_a_best_mx_that_is_not_told_to_be_final_bounces_its_mail_as_a_loop() -> None:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
    result = run(world(zone, {"mx1": BACKUP}))
    assert (result.state(), result.delivery().why) == (State.BOUNCED, Why.MX_SELF)


def test_two_servers_that_each_believe_the_other_to_be_the_mx_stop_at_the_hop_limit() -> None:
    """isp knows the old MX (mx1), mx1 the new one (isp's machine): 50 hops of 0.45 s, then Postfix sees the loop.

    mx1 refuses until the zone has changed, so that its own resolver never learns the old record.
    """
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", ttl=86400)
    result = run(
        world(
            zone,
            {"mx1": {**BACKUP, "resolver": "other"}, "other": {"kind": "resolver", "parameters": {"stub_delay": "0s", "miss_delay": "0s"}}},
            isp={"relays_for": ["example.com"]},
            defaults={"resolver": "dns"},
            faults=(outage("mx1", "0s", length="30s", how="refused"),),
            changes=[{"at": "1m", "zone": "example.com", "records": "@ 86400 IN MX 10 mail.example.org."}],
        )
    )
    taken = result.of(Event.ACCEPTED, number=0)
    assert [row.value for row in taken] == list(range(1, 51))
    assert [row.node for row in taken] == ["isp", "mx1"] * 25
    assert (result.state(), result.delivery().why) == (State.BOUNCED, Why.HOP_LIMIT)
    assert result.delivery().ended_us == 300_000_000 + 49 * 450_000


# -- recipients --------------------------------------------------------------------------------------------------------

BOXES = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {}, "eve@example.com": {}}}
WITH_STORE = {"mx1": {**FINAL, "store": "boxes"}, "boxes": BOXES}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")


def test_one_refused_recipient_of_two_is_returned_and_the_other_is_served() -> None:
    result = run(world(ONE, WITH_STORE, to=["nobody@example.com", "bob@example.com"]))
    assert (result.state(0, "bob@example.com"), result.state(0, "nobody@example.com")) == (State.STORED, State.BOUNCED)
    assert result.delivery(0, "nobody@example.com").code == 550
    assert result.delivery(0, "nobody@example.com").ended_us == 1_050_000  # the end of the session
    assert [report.rcpt for report in result.reports()] == ["ann@example.org"]
    assert [row.rcpt for row in result.of(Event.BOUNCED)] == ["nobody@example.com"]


def test_recipients_of_one_domain_travel_in_one_session() -> None:
    result = run(world(ONE, WITH_STORE, to=["eve@example.com", "bob@example.com"]))
    assert len(result.tries()) == 1
    assert {d.state for d in result.deliveries} == {State.STORED}


def test_recipients_of_two_domains_go_their_own_ways() -> None:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
    values = world(
        zone,
        {"mx1": FINAL, "mx": {**MTA, "host": "mx.example.net", "final_for": ["example.net"]}},
        to=["bob@example.com", "joe@example.net"],
    )
    values["zones"].append(NET)
    result = run({**values, "faults": [outage("mx1", "0s", length="2m", how="refused")]})
    assert result.delivery(0, "joe@example.net").stored_us == 1_000_000
    assert result.delivery(0, "bob@example.com").stored_us == 300_450_000


def test_a_message_over_the_servers_size_bounces() -> None:
    """Postfix leaves when it reads the SIZE in the reply to EHLO (recorded: 5.3.4 without MAIL); Exim lets the server say 552."""
    small = {**FINAL, "parameters": {**MTA["parameters"], "size_limit": "1 MB"}}
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
    result = run(world(zone, {"mx1": small}, size="2 MB"))
    assert (result.state(), result.tries(number=0)[-1][1:]) == (State.BOUNCED, ("mx1", Why.TOO_BIG))
    assert run(world(zone, {"mx1": small}, size="1 MB")).state() == State.STORED
    exim = run(world(zone, {"mx1": small}, size="2 MB", isp={"flavour": "exim"}))
    assert (exim.state(), exim.delivery().code) == (State.BOUNCED, 552)


def test_a_server_that_is_not_responsible_denies_relaying() -> None:
    """An MX that was never told about the domain and says 554: the mail bounces though another MX would have taken it."""
    strict = {**MTA, "parameters": {**MTA["parameters"], "relay_denied": "554 5.7.1"}}
    result = run(world(PAIR, {"mx1": strict, "mx2": FINAL}))
    assert (result.state(), result.delivery().code) == (State.BOUNCED, 554)
    assert [try_[1:] for try_ in result.tries(number=0)] == [("mx1", Why.PERMFAIL)]


def test_postfix_denies_relaying_for_now_so_another_mx_takes_the_mail() -> None:
    """postconf(5) smtpd_relay_restrictions ends with defer_unauth_destination: 454 4.7.1 (recorded of Postfix 3.7.11)."""
    result = run(world(PAIR, {"mx1": MTA, "mx2": FINAL}))
    assert result.state() == State.STORED
    assert [try_[1:] for try_ in result.tries(number=0)] == [("mx1", Why.TEMPFAIL), ("mx2", Why.OK)]


def test_a_machine_without_a_mail_server_refuses() -> None:
    """The better MX record names the mail store's machine: nothing listens on port 25 there."""
    zone = com("@ MX 10 imap", "@ MX 20 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
    result = run(world(zone, WITH_STORE))
    assert result.tries() == [(0.55, "imap", Why.NO_SERVICE), (pytest.approx(0.65), "mx1", Why.OK)]


def test_an_address_that_nobody_has_is_silent() -> None:
    zone = com("@ MX 10 ghost", "@ MX 20 mx1", "mx1 A 192.0.2.1", "ghost A 192.0.2.66")
    result = run(world(zone, {"mx1": FINAL}))
    assert result.tries() == [(0.55, "ghost", Why.SILENT), (30.55, "mx1", Why.OK)]
