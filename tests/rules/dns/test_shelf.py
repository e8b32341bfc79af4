"""What recursive programs remember: whole wall-clock seconds, "no" by type, the deepest delegation."""

from __future__ import annotations

from mailsim.rules.dns import Rcode, RRset
from mailsim.rules.dns.machine import Hint
from mailsim.rules.dns.shelf import Shelf, parents

S = 1_000_000
A = RRset("a.example.tld", "A", 6, ("192.0.2.9",))


def test_age_is_counted_in_whole_seconds_of_the_wall_clock() -> None:
    # dns.md: d = floor(now) - floor(fill); filled at 0.9 s past the second, 0.2 s later it has aged by one
    shelf = Shelf(hit_at_ttl=False, phase_us=900_000)
    shelf.put(A, 6, 0)
    left = [shelf.get("a.example.tld", "A", t) for t in (0, 99_999, 100_000, 5_099_999, 5_100_000)]
    assert [found.ttl if found else None for found in left] == [6, 6, 5, 1, None]


def test_kresd_answers_also_when_the_age_equals_the_ttl() -> None:
    shelf = Shelf(hit_at_ttl=True)
    shelf.put(A, 6, 0)
    left = [shelf.get("a.example.tld", "A", t) for t in (5_999_999, 6_999_999, 7_000_000)]
    assert [found.ttl if found else None for found in left] == [1, 0, None]


def test_a_no_is_for_its_type_and_gives_way_to_records() -> None:
    shelf = Shelf(hit_at_ttl=False)
    shelf.put_nothing("a.example.tld", "A", (Rcode.NXDOMAIN, None), 10, 0)
    assert shelf.nothing("a.example.tld", "A", 9 * S) is not None
    assert shelf.nothing("a.example.tld", "MX", 9 * S) is None
    shelf.put(A, 6, 1 * S)
    assert shelf.nothing("a.example.tld", "A", 2 * S) is None


def test_the_deepest_known_delegation_is_found_and_forgotten_with_its_ttl() -> None:
    hints = (Hint("", (("a.root", ("192.0.2.1",)),)),)
    shelf = Shelf(hit_at_ttl=False)
    assert shelf.cut("a.example.tld", hints, 0) == ("", (("a.root", ("192.0.2.1",)),))
    shelf.put(RRset("example.tld", "NS", 5, ("ns1.example.tld", "ns.other.tld")), 5, 0)
    shelf.put(RRset("ns1.example.tld", "A", 5, ("192.0.2.11",)), 5, 0)
    known = ("example.tld", (("ns1.example.tld", ("192.0.2.11",)), ("ns.other.tld", ())))
    assert shelf.cut("a.example.tld", hints, 4 * S) == known
    assert shelf.cut("a.example.tld", hints, 5 * S)[0] == ""


def test_parents_go_up_to_the_root() -> None:
    assert list(parents("a.example.tld")) == ["a.example.tld", "example.tld", "tld", ""]
