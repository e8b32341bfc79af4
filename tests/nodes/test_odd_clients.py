"""Senders that do not go by RFC 5321 section 5.1, nolisting, and hosts of which one address family is dead: by hand.

Mail enters the queue of ``isp`` (Postfix unless said) at 0.55 s; a session costs 0.5 s and the server has the message after 0.45 s.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
PAIR = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
EQUALS = com("@ MX 10 mx2", "@ MX 10 mx1", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
HOUR = {"queue_lifetime": "1h"}
WORLD: dict[str, Any] = {"dns": {"kind": "resolver"}, "mx1": FINAL, "mx2": FINAL}


def both(values: dict[str, Any]) -> Run:
    """Run it at both levels, which must come to the same."""
    result = run(values)
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()
    return result


def sending(zone: str, *faults: dict[str, Any], nodes: dict[str, Any] | None = None, flavour: str = "postfix", **more: Any) -> Run:
    figures = more.pop("figures", {})
    nodes = nodes or {"mx1": FINAL, "mx2": FINAL}
    return both(world(zone, nodes, faults=faults, isp={"flavour": flavour, "parameters": figures}, **{"run_until": "4m", **more}))


# -- who aims where ----------------------------------------------------------------------------------------------------


def test_a_spammer_aims_at_the_backup_though_the_primary_is_up() -> None:
    assert sending(PAIR, figures={"mx_choice": "worst_first"}).tries() == [(0.55, "mx2", Why.OK)]
    assert sending(PAIR, figures={"mx_choice": "worst_only"}).tries() == [(0.55, "mx2", Why.OK)]


def test_one_that_begins_with_the_worst_goes_on_to_the_best_and_one_that_knows_no_other_does_not() -> None:
    down = outage("mx2", "0s", how="refused")
    assert sending(PAIR, down, figures={"mx_choice": "worst_first"}).tries() == [(0.55, "mx2", Why.REFUSED), (0.65, "mx1", Why.OK)]
    only = sending(PAIR, down, figures={"mx_choice": "worst_only"})
    assert (only.tries(), only.state()) == ([(0.55, "mx2", Why.REFUSED)], State.QUEUED)


def test_one_that_never_falls_back_waits_for_the_primary() -> None:
    result = sending(PAIR, outage("mx1", "0s", how="refused"), figures={"mx_choice": "best_only"})
    assert (result.tries(), result.state()) == ([(0.55, "mx1", Why.REFUSED)], State.QUEUED)


def test_a_share_of_a_population_aims_at_the_backup() -> None:
    values: dict[str, Any] = {
        "name": "small",
        "seed": 1,
        "zones": [PAIR],
        "flavours": {"spammer": {"inherits": "postfix", "mx_choice": "worst_first"}},
        "nodes": {"world": {"kind": "senders", "mix": {"postfix": 3, "spammer": 1}}, **WORLD},
        "traffic": [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": 80, "until": "15m"}],
    }
    result = both(values)
    assert {(d.flavour, d.via) for d in result.deliveries} == {("postfix", "mx1.example.com"), ("spammer", "mx2.example.com")}


# -- nolisting ---------------------------------------------------------------------------------------------------------

NOLIST = com("@ MX 0 none", "@ MX 10 mx1", "none A 192.0.2.99", "mx1 A 192.0.2.1")
#: a machine with a mail store and no SMTP server: it refuses
REFUSING = {"kind": "mailstore", "host": "none.example.com", "mailboxes": {"x@example.com": {}}}


@pytest.mark.parametrize(
    ("flavour", "figures", "refused", "step"),
    [
        ("postfix", {}, False, 30.0),  # smtp_connect_timeout
        ("rfc5321", {}, False, 127.0),  # the operating system gives up: 1 + 2 + 4 + ... + 64 s (Linux tcp_syn_retries 6)
        ("postfix", {"connect_timeout": "7s"}, False, 7.0),
        ("postfix", {}, True, 0.1),  # one round trip
        ("rfc5321", {}, True, 0.1),
    ],
)
def test_a_dead_first_mx_costs_a_compliant_sender_its_connect_timeout_or_a_round_trip(
    flavour: str, figures: dict[str, Any], refused: bool, step: float
) -> None:
    nodes = {"mx1": FINAL, **({"none": REFUSING} if refused else {})}
    result = sending(NOLIST, nodes=nodes, flavour=flavour, figures=figures, run_until="10m")
    first = (0.55, "none", Why.NO_SERVICE if refused else Why.SILENT)
    assert result.tries() == [first, (pytest.approx(0.55 + step), "mx1", Why.OK)]
    assert result.at(Event.STORED) == [pytest.approx(0.55 + step + 0.45)]


@pytest.mark.parametrize("refused", [False, True])
def test_whoever_never_falls_back_loses_its_mail_when_its_life_is_over(refused: bool) -> None:
    nodes = {"mx1": FINAL, **({"none": REFUSING} if refused else {})}
    result = sending(NOLIST, nodes=nodes, figures={"mx_choice": "best_only", **HOUR}, run_until="settled")
    assert {host for _, host, _ in result.tries(number=0)} == {"none"}
    assert (result.state(), result.delivery().why) == (State.BOUNCED, Why.LIFETIME_OVER)
    assert result.delivery().ended_us - result.delivery().accepted_us >= 3600 * S


# -- equals ------------------------------------------------------------------------------------------------------------

PLAIN_DNS = {"kind": "resolver", "parameters": {"stub_delay": "0s", "miss_delay": "0s", "rrset_roundrobin": False}}
MANY = tuple(f"{k}s" for k in range(60))


def shares(figures: dict[str, Any], *faults: dict[str, Any]) -> Counter[str]:
    nodes = {"mx1": FINAL, "mx2": FINAL, "dns": PLAIN_DNS}
    result = sending(EQUALS, *faults, nodes=nodes, figures=figures, times=MANY)
    return Counter(result.tries(number=k)[0][1] for k in range(len(MANY)))


def test_shuffled_equals_share_the_load_and_listed_ones_do_not() -> None:
    """60 draws of one half: within four standard deviations, 4 * sqrt(60 / 4) = 15.5; the list begins with mx2."""
    assert abs(shares({})["mx1"] - 30) < 15.5
    assert shares({"equal_preference": "listed"}) == {"mx2": 60}


def test_a_dead_member_costs_those_who_draw_it_and_everybody_who_goes_by_the_list() -> None:
    """The step of one connect timeout: about half of the mail, or all of it."""
    down = outage("mx2", "0s", how="refused")
    nodes = {"mx1": FINAL, "mx2": FINAL, "dns": PLAIN_DNS}
    listed = sending(EQUALS, down, nodes=nodes, figures={"equal_preference": "listed"})
    assert listed.tries() == [(0.55, "mx2", Why.REFUSED), (0.65, "mx1", Why.OK)]


@pytest.mark.parametrize("resolver", ["unbound", "bind", "pdns", "kresd", "dnsmasq"])
def test_who_goes_by_the_list_sees_the_same_lists_at_every_level_whatever_the_resolver_does_with_them(resolver: str) -> None:
    """dnsmasq hands its cached records out in another order each time, and needs somebody to ask."""
    above = {"kind": "resolver", "address": "192.0.2.200"}
    dns = {"kind": "resolver", "flavour": resolver, "parameters": {"forward": ["192.0.2.200"]} if resolver == "dnsmasq" else {}}
    nodes = {"mx1": FINAL, "mx2": FINAL, "dns": dns, "above": above}
    figures = {"equal_preference": "listed"}
    result = sending(EQUALS, nodes=nodes, figures=figures, times=MANY, defaults={"resolver": "dns"})
    assert {d.state for d in result.deliveries} == {State.STORED}
    if resolver == "dnsmasq":
        assert len({result.tries(number=k)[0][1] for k in range(60)}) == 2


# -- who keeps to a dead host --------------------------------------------------------------------------------------------


def test_one_that_keeps_to_its_host_never_tries_the_other_though_it_is_as_good() -> None:
    """Ten messages in a minute, mx1 dead for good: those who drew mx2 are there at once; the others die with mx1."""
    times = tuple(f"{6 * k}s" for k in range(10))
    values = world(
        EQUALS,
        {"mx1": FINAL, "mx2": FINAL},
        faults=(outage("mx1", "0s", how="refused"),),
        times=times,
        isp={"parameters": {"mx_choice": "sticky", "concurrency": None, **HOUR}},
        run_until="settled",
    )
    result = both(values)
    ends = {}
    for number in range(10):
        hosts = {host for _, host, _ in result.tries(number=number)}
        assert len(hosts) == 1
        ends[number] = (hosts.pop(), result.state(number))
    assert set(ends.values()) == {("mx1", State.BOUNCED), ("mx2", State.STORED)}


def test_one_that_keeps_to_its_host_does_not_notice_that_the_mx_was_changed() -> None:
    """mx1 is dead; at 2 min the zone is changed to mx2 alone (TTL 60 s): who looks again is delivered at 5 min, who doesn't is not."""
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", ttl=60)
    change = {"at": "2m", "zone": "example.com", "records": "@ 60 MX 10 mx2"}
    down = outage("mx1", "0s", how="refused")
    usual = sending(zone, down, changes=[change], run_until="30m")
    keeps = sending(zone, down, changes=[change], run_until="30m", figures={"mx_choice": "sticky"})
    assert usual.tries() == [(0.55, "mx1", Why.REFUSED), (300.0, "mx2", Why.OK)]
    assert [host for _, host, _ in keeps.tries()] == ["mx1"] * 4  # at 0, 5, 10 and 20 min
    assert keeps.state() == State.QUEUED


def test_a_share_of_a_population_keeps_to_a_dead_host() -> None:
    values: dict[str, Any] = {
        "name": "small",
        "seed": 1,
        "zones": [EQUALS],
        "flavours": {"keeper": {"inherits": "postfix", "mx_choice": "sticky"}},
        "nodes": {"world": {"kind": "senders", "mix": {"postfix": 1, "keeper": 1}}, **WORLD},
        "traffic": [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": 60, "until": "15m"}],
        "faults": [outage("mx1", "0s", length="4h", how="refused")],
    }
    result = both(values)
    late = {d.flavour for d in result.deliveries if d.stored_us - d.sent_us > 600 * S}
    assert late == {"keeper"}
    waited = [d for d in result.deliveries if d.stored_us - d.sent_us > 600 * S]
    assert {d.via for d in waited} == {"mx1.example.com"}
    assert min(d.stored_us for d in waited) >= 4 * 3600 * S


# -- trouble with DNS, and the domain's own address ----------------------------------------------------------------------

WITH_WEB = com("@ A 192.0.2.80", "@ MX 10 mx1", "mx1 A 192.0.2.1")
WEB = {"mx1": FINAL, "web": {**FINAL, "host": "example.com"}}


@pytest.mark.parametrize(
    ("trouble", "state", "tries"),
    [("defer", State.QUEUED, 0), ("bounce", State.BOUNCED, 0), ("address", State.STORED, 1)],
)
def test_servfail_is_waited_for_bounced_or_taken_for_no_mx(trouble: str, state: State, tries: int) -> None:
    fault = outage("dns example.com/MX", "0s", how="servfail")
    result = sending(WITH_WEB, fault, nodes=WEB, figures={"dns_trouble": trouble})
    assert (result.state(), result.delivery().tries) == (state, tries)
    if trouble == "bounce":
        assert result.delivery().why == Why.DNS_SERVFAIL
        assert [report.state for report in result.reports()] == [State.STORED]
    if trouble == "address":
        assert result.delivery().via == "example.com"


def test_one_that_calls_the_domain_itself_after_all_mx_hosts_delivers_where_no_mail_should_go() -> None:
    """RFC 5321 section 5.1: MUST NOT; 30 s for mx1, then the web server takes it."""
    down = outage("mx1", "0s")
    wrong = sending(WITH_WEB, down, nodes=WEB, figures={"address_fallback": True})
    right = sending(WITH_WEB, down, nodes=WEB)
    assert [(t, why) for t, _, why in wrong.tries()] == [(0.55, Why.SILENT), (30.55, Why.OK)]
    assert (wrong.delivery().via, right.state()) == ("example.com", State.QUEUED)


def test_where_no_mx_host_has_an_address_it_calls_the_domain_itself_and_others_bounce() -> None:
    zone = com("@ A 192.0.2.80", "@ MX 10 gone")
    nodes = {"web": {**FINAL, "host": "example.com"}}
    assert sending(zone, nodes=nodes, figures={"address_fallback": True}).tries() == [(0.55, "example", Why.OK)]
    assert sending(zone, nodes=nodes).state() == State.BOUNCED


# -- a dead address family -----------------------------------------------------------------------------------------------

#: the AAAA leads to no machine: the node is known to the world by its IPv4 address alone
DUAL = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "mx1 AAAA 2001:db8::1", "box A 192.0.2.1")
BOX = {"mx1": {**FINAL, "host": "box.example.com"}}


@pytest.mark.parametrize(
    ("flavour", "figures", "step"),
    [
        ("postfix", {"address_family": "ipv6_first"}, 30.0),
        ("postfix", {"address_family": "ipv4_first"}, 0.0),
        ("postfix", {"address_family": "ipv4_only"}, 0.0),
        ("exim", {}, 301.0),  # five minutes for the command, and TCP fast open's second
        ("courier", {}, 0.0),
        ("sendmail", {}, 127.0),  # the operating system gives up: 1 + 2 + 4 + ... + 64 s
    ],
)
def test_a_dead_ipv6_path_costs_a_connect_timeout_where_ipv6_goes_first(flavour: str, figures: dict[str, Any], step: float) -> None:
    result = sending(DUAL, nodes=BOX, flavour=flavour, figures=figures, run_until="1h")
    assert result.at(Event.STORED, node="mx1") == [pytest.approx(0.55 + step + 0.45, abs=0.001)]
    assert [why for _, _, why in result.tries()] == ([Why.SILENT] if step else []) + [Why.OK]


def test_postfix_takes_either_family_first_so_about_half_of_the_mail_is_late_by_30_s() -> None:
    """40 draws of one half: within four standard deviations, 4 * sqrt(40 / 4) = 12.6."""
    times = tuple(f"{10 * k}m" for k in range(40))
    result = sending(DUAL, nodes=BOX, times=times, run_until="8h")
    waits = Counter(round((d.stored_us - d.accepted_us) / S, 2) for d in result.deliveries)
    assert set(waits) == {0.45, 30.45}
    assert abs(waits[30.45] - 20) < 12.6


@pytest.mark.parametrize(("how", "step"), [("silent", 30.0), ("refused", 0.1), ("unreachable", 0.1)])
def test_a_machine_of_which_only_the_ipv6_address_fails_costs_the_same_step(how: str, step: float) -> None:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "mx1 AAAA 2001:db8::1")
    fault = {"kind": "address", "target": "2001:db8::1", "start": "0s", "length": "1h", "how": how}
    result = sending(zone, fault, nodes={"mx1": FINAL}, figures={"address_family": "ipv6_first"})
    assert result.at(Event.STORED) == [pytest.approx(0.55 + step + 0.45)]


def test_one_that_knows_only_ipv6_never_arrives() -> None:
    result = sending(DUAL, nodes=BOX, figures={"address_family": "ipv6_only"})
    assert ([why for _, _, why in result.tries()], result.state()) == ([Why.SILENT], State.QUEUED)


def test_six_dead_ipv6_addresses_leave_postfix_room_for_the_ipv4_ones() -> None:
    """Balanced (one IPv4, four of six IPv6 addresses): 4 x 30 s at most; unbalanced the IPv4 one may be cut off."""
    lines = [f"mx1 AAAA 2001:db8::{k}" for k in range(1, 7)]
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "box A 192.0.2.1", *lines)
    first = {"address_family": "ipv6_first"}
    balanced = sending(zone, nodes=BOX, figures=first)
    assert balanced.at(Event.STORED) == [0.55 + 4 * 30 + 0.45]
    crowded = sending(zone, nodes=BOX, figures={**first, "balances_families": False})
    assert (len(crowded.tries()), crowded.state()) == (5, State.QUEUED)
