"""What an authoritative server answers: RFC 1034 section 4.3.2, RFC 4592, RFC 6604, and dnspython's zone as a second opinion."""

from __future__ import annotations

import dns.name
import dns.zone
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsim.rules.dns import Answer, Question, Rcode, ZoneIndex, zone_of
from zone_texts import zone

EXAMPLE = zone(
    "example.com",
    """
    @      3600 SOA ns1 hostmaster 1 7200 900 1209600 300
    @      3600 NS  ns1
    @      600  MX  20 mx2
    @      600  MX  10 mx1
    mx1    300  A   192.0.2.10
    mx1    300  A   192.0.2.11
    mx2    300  A   198.51.100.20
    ns1    3600 A   192.0.2.53
    www    120  CNAME web
    web    60   CNAME host.cdn
    host.cdn 900 A  192.0.2.80
    out    40   CNAME host.elsewhere.test.
    gone   40   CNAME nobody
    empty  40   CNAME mx1
    round1 40   CNAME round2
    round2 40   CNAME round1
    null   40   MX  0 .
    _imaps._tcp 40 SRV 0 1 993 imap
    """,
)
INDEX = ZoneIndex(EXAMPLE)


def ask(name: str, rtype: str, index: ZoneIndex = INDEX) -> Answer:
    return index.answer(Question(name, rtype))


# -- plain answers -----------------------------------------------------------------------------------------------------


def test_an_rrset_is_answered_whole_with_its_ttl() -> None:
    answer = ask("mx1.example.com", "A")
    assert answer.rdatas == ("192.0.2.10", "192.0.2.11")
    assert (answer.rcode, answer.ttl, answer.onward) == (Rcode.NOERROR, 300, "")


def test_mx_records_stay_in_the_order_of_the_zone() -> None:
    assert ask("example.com", "MX").rdatas == ((20, "mx2.example.com"), (10, "mx1.example.com"))


@pytest.mark.parametrize(
    ("name", "rtype", "rcode"),
    [
        ("mx1.example.com", "MX", Rcode.NOERROR),  # the name is there, the type is not
        ("example.com", "A", Rcode.NOERROR),
        ("cdn.example.com", "A", Rcode.NOERROR),  # an empty non-terminal (RFC 4592 section 2.2.2)
        ("_tcp.example.com", "SRV", Rcode.NOERROR),
        ("nobody.example.com", "A", Rcode.NXDOMAIN),
        ("x.mx1.example.com", "A", Rcode.NXDOMAIN),
    ],
)
def test_no_data_and_no_name_are_told_apart(name: str, rtype: str, rcode: int) -> None:
    answer = ask(name, rtype)
    assert (answer.rcode, answer.rdatas, answer.chain) == (rcode, (), ())
    assert answer.negative_ttl == 300


def test_a_null_mx_is_a_record() -> None:
    assert ask("null.example.com", "MX").rdatas == ((0, ""),)


# -- aliases -----------------------------------------------------------------------------------------------------------


def test_a_chain_of_aliases_is_followed_inside_the_zone_and_lives_as_long_as_its_shortest_link() -> None:
    answer = ask("www.example.com", "A")
    assert [(r.name, r.rtype) for r in answer.chain] == [
        ("www.example.com", "CNAME"), ("web.example.com", "CNAME"), ("host.cdn.example.com", "A"),
    ]  # fmt: skip
    assert (answer.rcode, answer.rdatas, answer.ttl) == (Rcode.NOERROR, ("192.0.2.80",), 60)


def test_who_asks_for_the_alias_itself_gets_just_that() -> None:
    answer = ask("www.example.com", "CNAME")
    assert (answer.rdatas, answer.ttl, len(answer.chain)) == (("web.example.com",), 120, 1)


def test_a_chain_that_leaves_the_zone_says_where_it_goes_on() -> None:
    answer = ask("out.example.com", "A")
    assert (answer.rcode, answer.rdatas, answer.onward) == (Rcode.NOERROR, (), "host.elsewhere.test")


def test_an_alias_of_a_name_that_does_not_exist_is_nxdomain() -> None:
    """RFC 6604 section 3; BIND, NSD, Knot and PowerDNS recorded so."""
    answer = ask("gone.example.com", "A")
    assert (answer.rcode, [r.rtype for r in answer.chain], answer.negative_ttl) == (Rcode.NXDOMAIN, ["CNAME"], 300)


def test_an_alias_of_a_name_without_that_type_is_no_data() -> None:
    answer = ask("empty.example.com", "MX")
    assert (answer.rcode, answer.rdatas, [r.rtype for r in answer.chain]) == (Rcode.NOERROR, (), ["CNAME"])


def test_a_circle_of_aliases_ends_as_servfail() -> None:
    assert ask("round1.example.com", "A").rcode == Rcode.SERVFAIL


def test_eleven_links_are_followed() -> None:
    """BIND and unbound follow eleven (observed)."""
    links = "\n".join(f"c{k} 60 CNAME c{k + 1}" for k in range(11))
    index = ZoneIndex(zone("example.com", f"{links}\nc11 60 A 192.0.2.1"))
    assert ask("c0.example.com", "A", index).rdatas == ("192.0.2.1",)


# -- wildcards ---------------------------------------------------------------------------------------------------------

#: the zone of RFC 4592 section 2.2.1
WILD = ZoneIndex(
    zone(
        "example",
        """
        @          3600 SOA ns.example.com. hostmaster 1 7200 900 1209600 300
        @          3600 NS  ns.example.com.
        *          3600 TXT "this is a wildcard"
        *          3600 MX  10 host1
        sub.*      3600 TXT "this is not a wildcard"
        host1      3600 A   192.0.2.1
        _ssh._tcp.host1 3600 SRV 0 0 22 host1
        _ssh._tcp.host2 3600 SRV 0 0 22 host2
        """,
    )
)


@pytest.mark.parametrize(("name", "rtype"), [("host3.example", "MX"), ("foo.bar.example", "TXT"), ("*.example", "MX")])
def test_the_wildcard_answers_for_names_that_do_not_exist(name: str, rtype: str) -> None:
    answer = ask(name, rtype, WILD)
    assert answer.rcode == Rcode.NOERROR
    assert answer.chain[0].name == name
    assert answer.rdatas == WILD.zone.rrsets[("*.example", rtype)].rdatas


@pytest.mark.parametrize(
    ("name", "rtype", "rcode"),
    [
        ("host3.example", "A", Rcode.NOERROR),  # the wildcard has no address, but it makes the name exist
        ("host1.example", "MX", Rcode.NOERROR),  # the name exists
        ("sub.*.example", "MX", Rcode.NOERROR),
        ("host2.example", "MX", Rcode.NOERROR),  # an empty non-terminal exists
        ("_telnet._tcp.host1.example", "SRV", Rcode.NXDOMAIN),  # its closest encloser _tcp.host1 has no wildcard
        ("ghost.*.example", "MX", Rcode.NXDOMAIN),  # below *.example there is no wildcard
    ],
)
def test_the_wildcard_is_silent_where_rfc_4592_says_so(name: str, rtype: str, rcode: int) -> None:
    answer = ask(name, rtype, WILD)
    assert (answer.rcode, answer.rdatas) == (rcode, ())


def test_a_wildcard_alias_is_followed() -> None:
    index = ZoneIndex(zone("example.com", "* 60 CNAME web\nweb 30 A 192.0.2.80"))
    answer = ask("anything.example.com", "A", index)
    assert ([r.name for r in answer.chain], answer.rdatas, answer.ttl) == (
        ["anything.example.com", "web.example.com"], ("192.0.2.80",), 30,
    )  # fmt: skip


# -- the zone itself ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ttl", "minimum", "negative"), [(9, 4, 4), (4, 9, 4), (300, 300, 300)])
def test_the_negative_ttl_is_the_smaller_of_soa_ttl_and_minimum(ttl: int, minimum: int, negative: int) -> None:
    """RFC 2308 section 5; recorded with SOA TTL 9 and MINIMUM 4."""
    index = ZoneIndex(zone("example.com", f"@ {ttl} SOA ns1 h 1 7200 900 1209600 {minimum}"))
    assert ask("nobody.example.com", "A", index).negative_ttl == negative


def test_a_zone_without_soa_gives_no_negative_ttl() -> None:
    assert ask("nobody.example.com", "A", ZoneIndex(zone("example.com", "mx1 60 A 192.0.2.1"))).negative_ttl == -1


def test_the_zone_names_its_servers_in_their_order() -> None:
    assert ZoneIndex(zone("example.com", "@ 60 NS ns2\n@ 60 NS ns1.elsewhere.test.")).name_servers == (
        "ns2.example.com",
        "ns1.elsewhere.test",
    )
    assert ZoneIndex(zone("example.com", "@ 60 A 192.0.2.1")).name_servers == ()


def test_equal_questions_get_the_very_same_answer() -> None:
    assert ask("www.example.com", "A") is ask("www.example.com", "A")


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("example.com", "example.com"),
        ("mx1.example.com", "example.com"),
        ("a.b.sub.example.com", "sub.example.com"),
        ("example.com.test", None),
        ("notexample.com", None),
        ("com", None),
    ],
)
def test_a_name_belongs_to_the_closest_zone_above_it(name: str, origin: str | None) -> None:
    assert zone_of(name, {"example.com", "sub.example.com"}) == origin


def test_a_declared_root_takes_what_no_other_zone_has() -> None:
    assert zone_of("mx1.elsewhere.test", {"", "example.com"}) == ""
    assert zone_of("test", {""}) == ""


def test_an_answer_reads_as_people_say_it() -> None:
    assert ask("example.com", "MX").text == "20 mx2.example.com, 10 mx1.example.com (TTL 600)"
    assert ask("null.example.com", "MX").text == "0 . (TTL 40)"
    assert ask("nobody.example.com", "A").text == "NXDOMAIN"
    assert ask("example.com", "A").text == "no such record"
    assert ask("www.example.com", "A").text == (
        "www.example.com is an alias of web.example.com; web.example.com is an alias of host.cdn.example.com; 192.0.2.80 (TTL 60)"
    )
    assert Answer(Rcode.TIMEOUT).text == "no answer"


# -- a second opinion --------------------------------------------------------------------------------------------------

LABELS = st.sampled_from(["a", "b", "c"])
NAMES = st.lists(LABELS, max_size=3).map(".".join).map(lambda name: name or "@")
PLAIN = st.tuples(NAMES, st.sampled_from(["A 192.0.2.1", "A 192.0.2.2", "MX 10 a", "MX 20 b.c", "TXT word"]), st.sampled_from([60, 300]))


@settings(max_examples=200)
@given(st.lists(PLAIN, max_size=8), NAMES, st.sampled_from(["A", "MX", "TXT", "SOA"]))
def test_plain_zones_answer_as_dnspython_reads_them(records: list[tuple[str, str, int]], asked: str, rtype: str) -> None:
    ttls: dict[tuple[str, str], int] = {}
    lines = ["@ 60 SOA a b 1 7200 900 1209600 30"]
    lines += [f"{name} {ttls.setdefault((name, data.split()[0]), ttl)} {data}" for name, data, ttl in records]
    text = "\n".join(dict.fromkeys(lines))
    theirs = dns.zone.from_text(text, origin="example.com", check_origin=False)
    answer = ask("example.com" if asked == "@" else f"{asked}.example.com", rtype, ZoneIndex(zone("example.com", text)))
    found = theirs.get_rdataset(asked, rtype)
    if found is None:
        exists = asked == "@" or any(str(name) == asked or str(name).endswith("." + asked) for name in theirs.nodes)
        assert (answer.rcode, answer.rdatas) == (Rcode.NOERROR if exists else Rcode.NXDOMAIN, ())
    else:
        texts = [rdata.to_text(origin=dns.name.from_text("example.com"), relativize=False) for rdata in found]
        assert sorted(_text(rdata) for rdata in answer.rdatas) == sorted(text.replace(".com.", ".com").strip('"') for text in texts)
        assert answer.ttl == found.ttl


def _text(rdata: object) -> str:
    return " ".join(str(part) for part in rdata) if isinstance(rdata, tuple) else str(rdata)
