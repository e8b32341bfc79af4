"""Findings: each kind on the smallest set-up that has it, none of them on a sound one, the worst first."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.findings import SEVERITIES, Finding, findings
from mailsim.scenario import Scenario, load

SOUND_ZONE = """\
$ORIGIN example.com.
@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@    3600 IN NS  ns1
@    3600 IN MX  10 mx1
@    3600 IN MX  20 mx2
mx1  3600 IN A   192.0.2.10
mx2  3600 IN A   198.51.100.20
imap 3600 IN A   192.0.2.30
"""

SOUND: dict[str, Any] = {
    "name": "sound",
    "zones": [SOUND_ZONE],
    "nodes": {
        "dns": {"kind": "resolver"},
        "mx1": {"kind": "mta", "site": "north", "final_for": ["example.com"], "store": "boxes"},
        "mx2": {"kind": "mta", "site": "south", "relays_for": ["example.com"]},
        "boxes": {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "p"}}},
        "bob": {"kind": "client", "address": "bob@example.com", "password": "p", "fetch": {"host": "imap.example.com"}},
        "world": {"kind": "senders"},
    },
    "traffic": [{"kind": "at", "from": "world", "to": "bob@example.com", "times": ["1m"]}],
}


def world(*edits: tuple[str, Any], zone: str = SOUND_ZONE) -> Scenario:
    scenario = load({**SOUND, "zones": [zone]})
    for path, value in edits:
        scenario = scenario.replace(path, value)
    return scenario


def told(scenario: Scenario) -> list[tuple[str, str, str]]:
    return [(one.severity, one.where, one.what) for one in findings(scenario)]


def only(scenario: Scenario) -> tuple[str, str, str]:
    found = told(scenario)
    assert len(found) == 1, found
    return found[0]


def test_a_sound_set_up_has_no_findings() -> None:
    assert findings(world()) == []


def test_the_shipped_outage_has_no_findings() -> None:
    assert load("primary-outage").findings() == []


ADDRESS = "the MX points to the address 198.51.100.20, not to a name"
SOA = "@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300"
LONG_SOA = SOA.replace("3600 IN", "86400 IN").replace(" 300", " 14400")
MX = "@    3600 IN MX  20 mx2\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            MX,
            "@ 3600 IN MX 20 198.51.100.20\n",
            ("error", "example.com MX 20", f"{ADDRESS}; without a final dot it is read as 198.51.100.20.example.com"),
        ),
        (MX, "@ 3600 IN MX 20 198.51.100.20.\n", ("error", "example.com MX 20", ADDRESS)),
        (
            MX,
            MX + "@ 3600 IN MX 30 lo\nlo 60 IN A 127.0.0.1\n",
            ("error", "example.com MX 30", "lo.example.com is 127.0.0.1, each sender's own machine"),
        ),
        (
            MX,
            "@ 3600 IN MX 20 also\nalso 60 IN CNAME mx2\n",
            ("warning", "example.com MX 20", "also.example.com is an alias of mx2.example.com"),
        ),
        (MX, MX + "@ 3600 IN MX 30 gone\n", ("warning", "example.com MX 30", "gone.example.com has no address")),
        (
            MX,
            MX + "@ 3600 IN MX 30 mx.other.test.\n",
            ("warning", "example.com MX 30", "mx.other.test lies in none of the zones: nobody answers for it"),
        ),
        (
            MX,
            MX + "@ 3600 IN MX 30 mx3\nmx3 60 IN A 203.0.113.9\n",
            ("warning", "example.com MX 30", "no mail server stands at 203.0.113.9 (mx3.example.com): connections get no answer"),
        ),
        (MX, MX + "@ 3600 IN MX 0 .\n", ("error", "example.com MX", "a null MX stands beside other MX records")),
        (
            "mx2  3600 IN A   198.51.100.20",
            "mx2  3600 IN A   192.0.2.20",
            ("warning", "example.com MX", "all 2 mail servers lie in the network 192.0.2.0/24"),
        ),
        (
            "mx1  3600",
            "mx1  172800",
            ("note", "mx1.example.com A", "TTL 172800 s: after a change, caches hand out the old record for up to 2d"),
        ),
        (
            SOA,
            LONG_SOA,
            ("note", "example.com SOA", "negative TTL 14400 s: a name that was missing for a moment stays missing for up to 4h"),
        ),
    ],
)
def test_what_is_wrong_in_a_zone_is_found(old: str, new: str, expected: tuple[str, str, str]) -> None:
    assert old in SOUND_ZONE
    assert expected in told(world(zone=SOUND_ZONE.replace(old, new)))


def test_the_negative_ttl_is_the_smaller_of_minimum_and_ttl_of_the_soa() -> None:
    assert findings(world(zone=SOUND_ZONE.replace("1209600 300", "1209600 14400"))) == []


def test_a_missing_final_dot_is_found_with_what_was_meant() -> None:
    found = findings(world(zone=SOUND_ZONE.replace(MX, "@ 3600 IN MX 20 mx2.example.com\n")))
    dot = next(one for one in found if "is read as" in one.what)
    assert (dot.severity, dot.what, dot.mend) == (
        "error",
        "the target is read as mx2.example.com.example.com",
        "write mx2.example.com. with its final dot",
    )


def test_one_mx_is_a_risk_with_its_number() -> None:
    scenario = world(zone=SOUND_ZONE.replace(MX, ""))
    found = findings(scenario)
    assert [(one.severity, one.number) for one in found] == [("warning", 1)]
    assert found[0].what.startswith("mx1.example.com is the only mail server")


def test_one_name_that_a_health_check_switches_between_hosts_is_no_single_server() -> None:
    found = [finding.what for finding in load("health-checked-dns").findings()]
    assert not any("is the only mail server" in what for what in found)


def test_a_second_record_on_one_machine_buys_nothing() -> None:
    zone = SOUND_ZONE.replace("mx2  3600 IN A   198.51.100.20", "mx2  3600 IN A   192.0.2.10")
    scenario = load({**SOUND, "zones": [zone], "nodes": {name: node for name, node in SOUND["nodes"].items() if name != "mx2"}})
    assert only(scenario) == (
        "warning",
        "example.com MX",
        "mx1.example.com and mx2.example.com are one machine (192.0.2.10): they fail together",
    )


def test_two_servers_at_one_site_are_found() -> None:
    assert only(world(("nodes.mx2.site", "north"))) == ("warning", "example.com MX", "all 2 mail servers stand at site north")


def test_a_backup_that_relays_nothing_refuses_the_mail() -> None:
    severity, where, what = only(world(("nodes.mx2.relays_for", ["example.org"])))
    assert (severity, where) == ("error", "example.com MX 20")
    assert what.startswith("mx2 neither keeps nor passes on example.com")


SPLIT = {"kind": "mta", "site": "south", "final_for": ["example.com"]}


def test_a_backup_with_a_mailbox_of_its_own_that_nobody_reads_is_an_error() -> None:
    severity, where, what = only(world(("nodes.mx2", SPLIT)))
    assert (severity, where) == ("error", "nodes.mx2.final_for")
    assert what.startswith("mx2 delivers into its own mailboxes (mx2); nobody reads them: ")
    assert what.endswith("what it takes for bob@example.com is stored unseen")


def test_a_backup_with_a_mailbox_of_its_own_is_a_risk_where_both_are_read_or_nobody_is_known_to_read() -> None:
    expected = ("warning", "example.com", "mx1 and mx2 keep its mail in different stores (boxes, mx2): readers of one miss the rest")
    assert only(world(("nodes.mx2", SPLIT), ("nodes.bob.fetch", None))) == expected
    boxes = {"kind": "mailstore", "address": "203.0.113.40", "mailboxes": {"bob@example.com": {"password": "p"}}}
    phone = {"kind": "client", "address": "bob@example.com", "password": "p", "fetch": {"host": "203.0.113.40"}}
    both = world(("nodes.spare", boxes), ("nodes.mx2", {**SPLIT, "store": "spare"}), ("nodes.phone", phone))
    assert [what for _, _, what in told(both) if "different stores" in what or "nobody reads" in what] == [
        "mx1 and mx2 keep its mail in different stores (boxes, spare): readers of one miss the rest"
    ]


def test_a_backup_before_the_primary_is_noted() -> None:
    zone = SOUND_ZONE.replace("20 mx2", "5 mx2")
    assert only(world(zone=zone))[0] == "note"


def test_five_addresses_before_the_backup_hide_it() -> None:
    zone = SOUND_ZONE + "".join(f"mx1 3600 IN A 192.0.2.{k}\n" for k in range(11, 15))
    severity, _, what = only(world(zone=zone))
    assert (severity, what) == ("warning", "5 addresses share the best preference; Postfix tries 5, so a backup is never reached")


@pytest.mark.parametrize(("lifetime", "count"), [("3h", 1), ("4h", 1), ("5h", 0), (None, 0)])
def test_an_outage_longer_than_the_backup_keeps_mail_is_found(lifetime: str | None, count: int) -> None:
    scenario = world(("nodes.mx2.queue_lifetime", lifetime)).with_outage("mx1", start="1h", length="4h")
    found = findings(scenario)
    assert [one.where for one in found] == ["faults[0]"] * count


@pytest.mark.parametrize(("lifetime", "count"), [("3h", 1), ("12h", 0)])
def test_every_one_of_several_outages_counts_for_how_long_the_backup_keeps_mail(lifetime: str, count: int) -> None:
    sound = world(("nodes.mx2.queue_lifetime", lifetime))
    logged = sound.with_outage("mx1", log="start,end\n1h,2h\n10h,14h\n20h,21h")
    assert [one.where for one in findings(logged)] == ["faults[0]"] * count
    weekly = sound.with_outage("mx1", every={"weekly": "Sunday 02:00", "length": "5h", "until": "28d"})
    assert [one.where for one in findings(weekly)] == ["faults[0]"] * count


def test_drawn_outages_that_are_often_longer_than_the_backup_keeps_mail_are_found() -> None:
    # Log-normal, median 1 h, sigma 1: longer than 4 h with the probability 1 - Phi(log 4) = 1 - Phi(1.386) = 8.3 %;
    # longer than 12 h with 1 - Phi(2.485) = 0.65 %, which is not worth a word.
    drawn = {"up": {"kind": "exponential", "mean": "30d"}, "down": {"kind": "lognormal", "median": "1h", "sigma": 1}, "until": "365d"}
    scenario = world(("nodes.mx2.queue_lifetime", "4h")).with_outage("mx1", drawn=drawn)
    severity, where, what = only(scenario)
    assert (severity, where) == ("warning", "faults[0]")
    assert what == "mx1 is down for longer than 4h in 8.3 % of its drawn outages, and mx2 keeps mail for 4h only: mail is returned"
    assert findings(scenario.replace("nodes.mx2.queue_lifetime", "12h")) == []


def test_a_planned_change_under_a_long_ttl_is_noted() -> None:
    change = {"at": "1h", "zone": "example.com", "records": "mx1 300 IN A 203.0.113.10"}
    assert only(world(("changes", [change]))) == (
        "note",
        "changes[0]",
        "mx1.example.com A changes, and caches may keep the old record (TTL 3600 s) for 1h",
    )


def test_a_null_mx_is_an_error_only_where_mail_goes() -> None:
    bare = "".join(line for line in SOUND_ZONE.splitlines(keepends=True) if " MX " not in line)
    values = {**SOUND, "zones": [bare + "@ 60 IN MX 0 .\n"]}
    assert ("error", "example.com MX") in [one[:2] for one in told(load(values))]
    quiet = {**values, "traffic": []}
    assert ("note", "example.com MX", "null MX: the domain takes no mail") in told(load(quiet))


def test_mail_to_a_domain_that_does_not_exist_is_found() -> None:
    found = told(world(("traffic[0].to", ["bob@example.com", "x@nowhere.test", "y@sub.example.com"])))
    assert [one[:2] for one in found] == [("error", "nowhere.test"), ("error", "sub.example.com")]
    assert "NXDOMAIN" in found[0][2]


def test_a_domain_without_mx_uses_its_own_address() -> None:
    bare = "".join(line for line in SOUND_ZONE.splitlines(keepends=True) if " MX " not in line)
    found = told(load({**SOUND, "zones": [bare + "@ 60 IN A 192.0.2.10\n"]}))
    assert ("note", "example.com", "no MX record: senders use the domain's own address (implicit MX), and no backup is possible") in found


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (
            [("nodes.bob.password", "q")],
            ("error", "nodes.bob.password", "boxes has another password for bob@example.com: the mail is stored and never fetched"),
        ),
        ([("nodes.bob.fetch.host", "pop.example.com")], ("error", "nodes.bob.fetch.host", "no mail store stands at pop.example.com")),
        (
            [("nodes.boxes.mailboxes", {"eve@example.com": {}}), ("traffic[0].to", "eve@example.com")],
            ("error", "nodes.bob.fetch.host", "boxes has no mailbox bob@example.com"),
        ),
        (
            [("traffic[0].to", "bib@example.com")],
            ("error", "traffic[0]", "boxes has no mailbox bib@example.com: the mail is refused (550) and returned"),
        ),
        (
            [("nodes.bob.submission", {"discover": "srv"})],
            ("error", "nodes.bob.submission", "there is no SRV record _submissions._tcp.example.com: bob finds no server to hand in mail"),
        ),
        (
            [("nodes.bob.submission", {"discover": "imap.example.com"})],
            ("error", "nodes.bob.submission", "no mail server stands at imap.example.com"),
        ),
        ([("nodes.bob.submission", {"discover": "mx"})], ("error", "nodes.bob.submission", "mx1 takes no submissions")),
        (
            [
                ("nodes.mx1.submission", True),
                ("nodes.bob.submission", {"discover": "mx"}),
                ("nodes.bob.fetch.password", "p"),
                ("nodes.bob.password", "q"),
            ],
            ("error", "nodes.bob.password", "mx1 has another password for bob@example.com: 535, and nothing enters a queue"),
        ),
        (
            [("nodes.bob.fetch", {"host": "imap.example.com", "protocol": "pop3", "every": "1h"})],
            ("note", "nodes.bob.fetch.every", "bob looks for mail every 1h only: 30m of waiting on average"),
        ),
    ],
)
def test_what_keeps_people_from_sending_or_reading_is_found(edits: list[tuple[str, Any]], expected: tuple[str, str, str]) -> None:
    assert only(world(*edits)) == expected


def test_a_store_without_idle_makes_every_reader_poll() -> None:
    rarely = world(("nodes.bob.fetch", {"host": "imap.example.com", "every": "1h"}))
    assert findings(rarely) == []
    assert only(rarely.replace("nodes.boxes.parameters", {"idle": False}))[1:] == (
        "nodes.bob.fetch.every",
        "bob looks for mail every 1h only: 30m of waiting on average",
    )


def test_pop3_that_deletes_beside_other_devices_is_found() -> None:
    pop = {"kind": "client", "address": "bob@example.com", "password": "p", "fetch": {"host": "imap.example.com", "protocol": "pop3"}}
    assert only(world(("nodes.phone", pop))) == (
        "warning",
        "nodes.phone.fetch.leave_on_server",
        "phone deletes what it has fetched by POP3: bob may never see it",
    )
    assert findings(world(("nodes.phone", {**pop, "fetch": {**pop["fetch"], "leave_on_server": True}}))) == []
    assert findings(world(("nodes.bob", pop))) == []  # the only one


def test_the_only_name_server_is_a_risk_where_it_can_fail() -> None:
    scenario = world(("nodes.ns1", {"kind": "nameserver"}), zone=SOUND_ZONE + "ns1 3600 IN A 192.0.2.53\n")
    assert only(scenario) == ("warning", "example.com NS", "ns1.example.com is the only name server of the zone")


def test_the_laymans_line_is_noted() -> None:
    scenario = load(
        {
            "name": "x",
            "zones": ["domain.tld 10 123.123.123.123"],
            "nodes": {"dns": {"kind": "resolver"}, "mx1": {"kind": "mta", "final_for": ["domain.tld"]}},
        }
    )
    assert any(one.severity == "note" and "a real MX record points to a host name" in one.what for one in findings(scenario))


def test_the_worst_comes_first_and_each_says_how_to_mend_it() -> None:
    zone = SOUND_ZONE.replace("20 mx2", "20 198.51.100.20").replace("mx1  3600", "mx1  172800")
    found = findings(world(("nodes.bob.password", "q"), zone=zone))
    ranks = [SEVERITIES.index(one.severity) for one in found]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 3
    assert all(one.mend and one.source for one in found)
    assert str(Finding("note", "a", "b", "c", "d")) == "note: a: b; c (d)"
