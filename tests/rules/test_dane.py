"""DANE: what TLSA answers demand of a host (RFC 7672), and how that goes together with MTA-STS."""

from __future__ import annotations

import pytest

from mailsim.flavours import mta_figures
from mailsim.rules.dane import demand, tlsa_name, usable
from mailsim.rules.dns import Answer, Rcode
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Action, Stage, verdict
from mailsim.rules.tls import NO_DEMAND, Demand, Offer

GOOD = Answer(Rcode.NOERROR, rdatas=("3 1 1 00ff",), ttl=60)


def test_the_records_stand_below_the_host_by_port_and_protocol() -> None:
    assert tlsa_name("mx1.example.com") == "_25._tcp.mx1.example.com"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (["3 1 1 00ff"], True),
        (["2 0 2 00ff"], True),
        (["0 0 1 00ff"], False),  # PKIX-TA and PKIX-EE are not for SMTP
        (["1 1 1 00ff"], False),
        (["3 2 1 00ff"], False),
        (["3 1 3 00ff"], False),
        (["1 1 1 00ff", "3 1 1 00ff"], True),
        ([], False),
    ],
)
def test_only_trust_anchors_and_end_entities_of_the_domain_are_usable(records: list[str], expected: bool) -> None:
    assert usable(records) is expected


@pytest.mark.parametrize("rcode", [Rcode.SERVFAIL, Rcode.REFUSED, Rcode.TIMEOUT])
def test_a_lookup_error_makes_the_host_unreachable(rcode: int) -> None:
    assert demand(Answer(rcode)) == Demand(usable=Why.DANE_LOOKUP)


@pytest.mark.parametrize("answer", [Answer(Rcode.NXDOMAIN), Answer(Rcode.NOERROR)])
def test_without_records_tls_is_opportunistic(answer: Answer) -> None:
    assert demand(answer) is NO_DEMAND


def test_usable_records_demand_tls_and_the_certificate_that_they_name() -> None:
    wanted = demand(GOOD)
    assert wanted.objection(Offer()) is None
    assert wanted.objection(Offer(trusted=False)) is None  # no authority is asked (RFC 7672 section 3.1.1)
    assert wanted.objection(Offer(named=False)) == (Stage.TLS, Why.DANE_FAILED)
    assert wanted.objection(Offer(starttls=False)) == (Stage.EHLO, Why.DANE_FAILED)


def test_unusable_records_demand_tls_with_any_certificate() -> None:
    wanted = demand(Answer(Rcode.NOERROR, rdatas=("1 1 1 00ff",), ttl=60))
    assert wanted.objection(Offer(trusted=False, named=False)) is None
    assert wanted.objection(Offer(starttls=False)) == (Stage.EHLO, Why.DANE_FAILED)


def test_a_valid_sts_certificate_does_not_override_a_failing_dane_validation_nor_the_other_way_round() -> None:
    """RFC 8461 section 2."""
    sts = Demand(encrypted=Why.STS_UNTRUSTED, trusted=Why.STS_UNTRUSTED)
    both = demand(GOOD).and_also(sts)
    assert both.objection(Offer(named=False)) == (Stage.TLS, Why.DANE_FAILED)
    assert both.objection(Offer(trusted=False)) == (Stage.TLS, Why.STS_UNTRUSTED)
    assert both.objection(Offer()) is None


@pytest.mark.parametrize("why", [Why.STS_MISMATCH, Why.STS_UNTRUSTED, Why.DANE_LOOKUP, Why.DANE_FAILED])
@pytest.mark.parametrize("flavour", ["postfix", "exim", "qmail", "courier"])
def test_what_a_policy_forbids_is_no_permanent_failure_in_any_program(why: Why, flavour: str) -> None:
    failures = mta_figures(flavour).failures
    assert verdict(why, Stage.TLS, last=False, failures=failures).action == Action.NEXT
    assert verdict(why, Stage.TLS, last=True, failures=failures).action == Action.DEFER
