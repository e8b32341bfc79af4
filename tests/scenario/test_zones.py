"""Zones: as dnspython reads them, every bad line with its place, nothing read from elsewhere, and laymen's lines."""

from __future__ import annotations

import time

import dns.rdatatype
import dns.zone
import pytest

from mailsim.errors import ZoneError
from mailsim.rules.dns.records import RRset
from mailsim.scenario.zones import read_records, read_zone, zone_reading

FULL = """\
$ORIGIN Example.COM.
$TTL 1h
@       IN SOA ns1 hostmaster (
            2026010501 ; serial
            7200 900 1209600
            300 )      ; negative TTL
        IN NS  ns1
        IN NS  ns.example.net.
        IN MX  20 mx2
        IN MX  10 MX1
mx1     300 IN A 192.0.2.10
            IN AAAA 2001:DB8::10
mx2     IN 1d A 198.51.100.20
ns1     A 192.0.2.53
www     CNAME mx1
*       IN MX 10 mx1
_submissions._tcp IN SRV 0 1 465 mail
text    IN TXT "a; b" ( "c (d)" )
$ORIGIN sub.example.com.
deep.er IN A 192.0.2.99
"""

ZONES = [
    FULL,
    "$ORIGIN a.test.\n@ 5 IN MX 0 .\n",
    "$ORIGIN com.\nexample 3600 IN SOA ns hm 1 2 3 4 5\nwww.example IN A 192.0.2.1\nwww.example A 192.0.2.2\n",
    "$TTL 60\nexample.org. SOA ns hm 1 2 3 4 5\n@.example.org. A 192.0.2.1\nx.example.org. MX 10 mail.example.org.\n",
    "$ORIGIN t.test.\na 300 A 192.0.2.1\na 300 A 192.0.2.1\na 100 A 192.0.2.2\nb\\.c 60 A 192.0.2.3\n",
]


def as_dnspython(text: str, origin: str) -> dict[tuple[str, str], tuple[int, frozenset[str]]]:
    zone = dns.zone.from_text(text, origin=origin + ".", relativize=False, check_origin=False)
    return {
        (name.canonicalize().to_text(omit_final_dot=True), dns.rdatatype.to_text(rdataset.rdtype)): (
            rdataset.ttl,
            frozenset(rdata.to_text().lower() for rdata in rdataset),
        )
        for name, rdataset in zone.iterate_rdatasets()
    }


def spelled(rrset: RRset) -> tuple[int, frozenset[str]]:
    """The rdatas as dnspython writes them: names with a final dot."""
    dotted = {
        "NS": lambda r: r + ".",
        "CNAME": lambda r: r + ".",
        "MX": lambda r: f"{r[0]} {r[1]}.",
        "SRV": lambda r: f"{r[0]} {r[1]} {r[2]} {r[3]}.",
        "SOA": lambda r: f"{r[0]}. {r[1]}. {r[2]} {r[3]} {r[4]} {r[5]} {r[6]}",
    }
    write = dotted.get(rrset.rtype, lambda r: r.lower())
    return rrset.ttl, frozenset(write(rdata) for rdata in rrset.rdatas)


@pytest.mark.parametrize("text", ZONES)
def test_a_zone_reads_as_dnspython_reads_it(text: str) -> None:
    zone = read_zone(text)
    ours = {key: spelled(rrset) for key, rrset in zone.rrsets.items()}
    theirs = as_dnspython(text, zone.origin)
    assert set(ours) - set(theirs) <= {(zone.origin, "SOA")}
    assert {key: ours[key] for key in theirs} == theirs


def test_records_are_plain_values_with_lower_case_names_without_final_dots() -> None:
    rrsets = read_zone(FULL).rrsets
    assert rrsets[("example.com", "MX")] == RRset("example.com", "MX", 3600, ((20, "mx2.example.com"), (10, "mx1.example.com")))
    assert rrsets[("mx1.example.com", "A")] == RRset("mx1.example.com", "A", 300, ("192.0.2.10",))
    assert rrsets[("mx1.example.com", "AAAA")].rdatas == ("2001:db8::10",)
    assert rrsets[("mx2.example.com", "A")].ttl == 86_400
    assert rrsets[("_submissions._tcp.example.com", "SRV")].rdatas == ((0, 1, 465, "mail.example.com"),)
    assert rrsets[("example.com", "SOA")].rdatas[0][2:] == (2026010501, 7200, 900, 1209600, 300)
    assert rrsets[("deep.er.sub.example.com", "A")].rdatas == ("192.0.2.99",)


def test_a_null_mx_has_the_empty_name() -> None:
    assert read_zone("$ORIGIN a.test.\n@ 5 IN MX 0 .\n").rrsets[("a.test", "MX")].rdatas == ((0, ""),)


def test_equal_records_are_one_and_the_smallest_ttl_counts() -> None:
    zone = read_zone("$ORIGIN t.test.\na 300 A 192.0.2.1\na 300 A 192.0.2.1\na 100 A 192.0.2.2\n")
    assert zone.rrsets[("a.t.test", "A")] == RRset("a.t.test", "A", 100, ("192.0.2.1", "192.0.2.2"))


def test_a_zone_needs_no_soa_and_says_what_was_added() -> None:
    reading = zone_reading("$ORIGIN a.test.\n@ IN MX 10 mx\nmx IN A 192.0.2.1\n")
    assert reading.zone is not None
    assert reading.zone.rrsets[("a.test", "SOA")].rdatas[0][6] == 3600
    assert reading.zone.rrsets[("a.test", "MX")].ttl == 3600
    assert reading.notes == (
        "zone a.test: no $TTL; records without a TTL of their own get 3600 s",
        "zone a.test: no SOA record; one with a negative TTL of 3600 s is added",
        "zone a.test: no NS record; it is served by a name server that is always up",
    )


def test_a_complete_zone_has_no_notes() -> None:
    assert zone_reading(FULL).notes == ()


def test_the_line_that_laymen_write_gives_the_host_a_name() -> None:
    reading = zone_reading("domain.tld 10 123.123.123.123")
    assert reading.zone is not None
    assert reading.zone.rrsets[("domain.tld", "MX")].rdatas == ((10, "mx1.domain.tld"),)
    assert reading.zone.rrsets[("mx1.domain.tld", "A")].rdatas == ("123.123.123.123",)
    assert reading.notes[0] == (
        "zone domain.tld: a real MX record points to a host name, never to an address (RFC 5321 section 5.1); "
        "the hosts are named mx1.domain.tld (123.123.123.123)"
    )


def test_several_laymens_lines_make_one_zone() -> None:
    zone = read_zone("domain.tld 10 192.0.2.1\n; the backup\nDomain.tld 20 2001:db8::2\ndomain.tld. 30 mail.example.net\n")
    assert zone.rrsets[("domain.tld", "MX")].rdatas == ((10, "mx1.domain.tld"), (20, "mx2.domain.tld"), (30, "mail.example.net"))
    assert zone.rrsets[("mx2.domain.tld", "AAAA")].rdatas == ("2001:db8::2",)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("domain.tld 10 192.0.2.300", [(1, "'192.0.2.300' is not an address")]),
        ("a.tld 10 192.0.2.1\nb.tld 10 192.0.2.2", [(2, "one text holds one zone: b.tld needs a text of its own beside a.tld")]),
        ("domain.tld 70000 192.0.2.1", [(1, "a preference is a number from 0 to 65535")]),
    ],
)
def test_wrong_laymens_lines_are_told(text: str, problems: list[tuple[int, str]]) -> None:
    assert zone_reading(text).problems == tuple(problems)


def test_every_bad_line_is_told_at_its_row() -> None:
    text = """$ORIGIN example.com.
@    300 IN MX  ten mx1
mx1  300 IN A   192.0.2.300
mx2  300 IN AA  192.0.2.20
mx3  300 IN A   192.0.2.30 192.0.2.31
@    300 IN SOA (
       ns1 hm
       1 2 3 )
mx5  9999999999 IN A 192.0.2.50
mx6  300 IN TXT "open
mx7  300 IN A   192.0.2.70
"""
    assert [row for row, _ in zone_reading(text).problems] == [2, 3, 4, 5, 6, 9, 10]


def test_a_zone_error_names_file_line_and_place_in_the_scenario() -> None:
    with pytest.raises(ZoneError) as caught:
        read_zone("$ORIGIN a.test.\nx 5 A 1.2.3\n", file="s.yaml", line=14, where="zones[0]")
    assert str(caught.value) == "s.yaml:15: zones[0]: '1.2.3' is not an IPv4 address"


def test_no_more_than_twenty_bad_lines_are_told() -> None:
    text = "$ORIGIN a.test.\n" + "x 5 A 1.2.3\n" * 500
    problems = zone_reading(text).problems
    assert len(problems) == 21
    assert problems[-1][1] == "more than 20 bad lines; mend these first"


@pytest.mark.parametrize("directive", ["$INCLUDE /etc/passwd", "$include /etc/passwd", "$GENERATE 1-200000 a$ A 192.0.2.1", "$FOO x"])
def test_only_origin_and_ttl_are_followed(directive: str) -> None:
    began = time.process_time()
    problems = zone_reading(f"$ORIGIN a.test.\n{directive}\nx 5 A 192.0.2.1\n").problems
    assert [row for row, _ in problems] == [2]
    assert time.process_time() - began < 1


def test_an_alias_with_other_records_is_told_at_the_later_line() -> None:
    reading = zone_reading("$ORIGIN a.test.\nx 5 CNAME y\ny 5 A 192.0.2.1\nx 5 A 192.0.2.1\n")
    assert [row for row, _ in reading.problems] == [4]


@pytest.mark.parametrize(
    "text",
    ["@ 5 A 192.0.2.1\n", "$ORIGIN example.com\n@ 5 A 192.0.2.1\n", "", "; nothing\n", "a.test. 5 A 192.0.2.1\nb.test. 5 A 192.0.2.1\n"],
)
def test_a_zone_that_does_not_say_whose_it_is_is_refused(text: str) -> None:
    assert zone_reading(text).problems


def test_a_file_name_may_say_whose_zone_it_is() -> None:
    assert read_zone("@ 5 A 192.0.2.1\n", file="zones/example.com.zone").origin == "example.com"
    assert read_zone("@ 5 A 192.0.2.1\n", file="db.example.org").origin == "example.org"


def test_records_outside_the_zone_are_passed_over_with_a_note() -> None:
    reading = zone_reading("$ORIGIN a.test.\nx 5 A 192.0.2.1\ny.b.test. 5 A 192.0.2.2\n")
    assert reading.zone is not None
    assert ("y.b.test", "A") not in reading.zone.rrsets
    assert "zone a.test: the record of y.b.test. in row 3 lies outside the zone and is ignored" in reading.notes


@pytest.mark.parametrize(
    ("text", "what"),
    [("x" * (2**20 + 1), "more than 1024 KiB of text"), ("$ORIGIN a.test.\n" + "x 5 A 192.0.2.1\n" * 20_001, "more than 20,000 records")],
    ids=["text", "records"],
)
def test_a_zone_has_caps(text: str, what: str) -> None:
    assert what in zone_reading(text).problems[0][1]


def test_records_of_a_change_may_be_relative_to_the_zone() -> None:
    found = read_records("mx1 60 A 192.0.2.1\n@ 60 MX 5 mx1\nother 60 A 192.0.2.2\n", "example.com")
    assert [(rrset.name, rrset.rtype, rrset.ttl) for rrset in found] == [
        ("mx1.example.com", "A", 60),
        ("example.com", "MX", 60),
        ("other.example.com", "A", 60),
    ]


def test_bad_records_of_a_change_are_told_with_their_line() -> None:
    with pytest.raises(ZoneError, match=r"^c\.yaml:8: changes\[0\]: '1\.2\.3' is not an IPv4 address$"):
        read_records("mx1 60 A 192.0.2.1\nmx2 60 A 1.2.3", "example.com", file="c.yaml", line=7, where="changes[0]")
