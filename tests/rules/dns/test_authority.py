"""What name servers put on the wire: RFC 1034 section 4.3.2, RFC 2308 section 3, and the manners of servers."""

from __future__ import annotations

import pytest

from mailsim.rules.dns import Answer, Manner, Question, Rcode, RRset, answer_octets, respond
from pencil import index

EXAMPLE = index(
    "example.test",
    RRset("example.test", "NS", 3600, ("ns1.example.test",)),
    RRset("example.test", "MX", 60, ((10, "mx1.example.test"), (20, "mx.elsewhere.test"))),
    RRset("mx1.example.test", "A", 300, ("192.0.2.1",)),
    RRset("a.example.test", "CNAME", 60, ("b.example.test",)),
    RRset("b.example.test", "CNAME", 50, ("c.example.test",)),
    RRset("c.example.test", "A", 40, ("192.0.2.3",)),
    RRset("out.example.test", "CNAME", 60, ("c.other.test",)),
    RRset("sub.example.test", "NS", 600, ("ns.sub.example.test",)),
    RRset("ns.sub.example.test", "A", 600, ("192.0.2.53",)),
)
OTHER = index("other.test", RRset("c.other.test", "A", 30, ("192.0.2.9",)))


def ask(name: str, rtype: str = "A", manner: Manner | None = None, *, both: bool = False) -> Answer:
    zones = {"example.test": EXAMPLE, **({"other.test": OTHER} if both else {})}
    return respond(zones, Question(name, rtype), manner or Manner())


def test_a_name_outside_its_zones_is_refused() -> None:
    assert ask("www.elsewhere.test").rcode == Rcode.REFUSED


def test_an_mx_answer_carries_the_addresses_of_the_hosts_that_the_server_knows() -> None:
    assert ask("example.test", "MX").additional == (RRset("mx1.example.test", "A", 300, ("192.0.2.1",)),)
    assert ask("example.test", "MX", Manner(additional=False)).additional == ()


@pytest.mark.parametrize(("name", "rcode"), [("none.example.test", Rcode.NXDOMAIN), ("mx1.example.test", Rcode.NOERROR)])
def test_a_no_carries_the_soa_with_the_smaller_of_ttl_and_minimum(name: str, rcode: int) -> None:
    """RFC 2308 section 3; observed with BIND, NSD, Knot and PowerDNS: SOA TTL 3600, MINIMUM 60."""
    answer = ask(name, "TXT")
    assert (answer.rcode, answer.soa is not None and answer.soa.ttl) == (rcode, 60)


def test_a_server_may_send_the_soa_as_it_is_or_none() -> None:
    as_is = ask("none.example.test", manner=Manner(soa_ttl_as_is=True)).soa
    assert as_is is not None
    assert as_is.ttl == 3600
    assert ask("none.example.test", manner=Manner(soa=False)).authority == ()


@pytest.mark.parametrize("name", ["sub.example.test", "www.sub.example.test", "ns.sub.example.test"])
def test_names_below_a_cut_are_referred_with_glue(name: str) -> None:
    answer = ask(name)
    assert answer.delegation == RRset("sub.example.test", "NS", 600, ("ns.sub.example.test",))
    assert answer.additional == (RRset("ns.sub.example.test", "A", 600, ("192.0.2.53",)),)


def test_the_ds_of_a_cut_is_answered_by_the_parent() -> None:
    """RFC 4035 section 3.1.4.1."""
    assert ask("sub.example.test", "DS").delegation is None


def test_a_chain_inside_the_zone_comes_whole_or_link_by_link() -> None:
    assert [rrset.name[0] for rrset in ask("a.example.test").chain] == ["a", "b", "c"]
    link = ask("a.example.test", manner=Manner(follow_aliases=False))
    assert ([rrset.name[0] for rrset in link.chain], link.onward) == (["a"], "b.example.test")


def test_a_recursive_server_follows_aliases_from_zone_to_zone_and_refers_nobody() -> None:
    answer = ask("out.example.test", manner=Manner(recursive=True), both=True)
    assert (answer.rdatas, answer.ttl) == (("192.0.2.9",), 30)
    assert ask("sub.example.test", manner=Manner(recursive=True)).delegation is None


def test_records_are_lines_of_a_zone_file() -> None:
    assert ask("example.test", "MX").records == "example.test. 60 MX 10 mx1.example.test.\nexample.test. 60 MX 20 mx.elsewhere.test."


def test_an_answer_of_forty_addresses_does_not_fit_into_512_octets() -> None:
    """Header 12, question 12 + 2 + 4, OPT 11, and 16 octets for each A behind a pointer (RFC 1035 section 4.1)."""
    many = RRset("example.test", "A", 60, tuple(f"192.0.2.{k}" for k in range(40)))
    assert answer_octets(Question("example.test", "A"), Answer(0, (many,))) == 12 + 18 + 11 + 40 * 16


def test_an_alias_into_a_zone_below_is_followed_there() -> None:
    """RFC 1034 section 4.3.2: step 3a goes back to step 2, the search for the nearest zone."""
    below = index("sub.example.test", RRset("www.sub.example.test", "A", 30, ("192.0.2.7",)))
    above = index("example.test", RRset("w.example.test", "CNAME", 60, ("www.sub.example.test",)))
    zones = {"example.test": above, "sub.example.test": below}
    answer = respond(zones, Question("w.example.test", "A"), Manner(recursive=True))
    assert (answer.rcode, answer.rdatas, answer.ttl) == (Rcode.NOERROR, ("192.0.2.7",), 30)
    onward = respond(zones, Question("w.example.test", "A"), Manner())
    assert (onward.rcode, onward.onward) == (Rcode.NOERROR, "www.sub.example.test")
