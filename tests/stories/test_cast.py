"""Proves that a story finds the right party behind a host name, an address or a node's name."""

import pytest

import mailsim
from mailsim.nodes import Mailstore, Mta
from mailsim.stories.cast import Cast


@pytest.fixture(scope="module")
def cast():
    return Cast(mailsim.load("primary-outage"))


def test_hosts_and_nodes_are_found_from_each_other(cast):
    assert (cast.host("mx1"), cast.node("mx1.example.com"), cast.node("mx1")) == ("mx1.example.com", "mx1", "mx1")


def test_of_two_nodes_on_one_host_the_kind_decides(cast):
    assert cast.node("mail.example.org", kind=Mta) == "isp"
    assert cast.node("mail.example.org", kind=Mailstore) == "home"
    assert (cast.server("mail.example.org"), cast.server("mail.example.org", local=True)) == ("isp", "home")


def test_the_address_tells_which_machine_a_name_means_at_the_moment(cast):
    assert cast.server("mail.example.com", address="198.51.100.20") == "mx2"
    assert cast.server("mail.example.com", address="203.0.113.99") == "mail.example.com"


def test_local_delivery_is_to_the_store_of_an_own_domain(cast):
    assert cast.is_local("mx1", "imap.example.com", "bob@example.com")
    assert not cast.is_local("mx1", "imap.example.com", "bob@example.org")
    assert not cast.is_local("mx2", "mx1.example.com", "bob@example.com")


def test_resolver_and_reader_are_those_declared(cast):
    assert (cast.resolver("isp"), cast.readers("bob@example.com"), cast.readers("ann@example.org")) == ("dns", ["bob"], [])


def test_with_no_scenario_everybody_is_called_what_the_log_calls_them():
    nobody = Cast(None)
    assert (nobody.host("isp"), nobody.node("mx1"), nobody.resolver("isp"), nobody.readers("a@b.test")) == ("isp", "mx1", "DNS", [])
    assert not nobody.is_client("isp")


def test_health_checked_dns_is_told_by_the_machines_that_were_tried():
    result = mailsim.load("health-checked-dns").run()
    story = result.example("delayed").explain()
    assert {step.peer for step in story.steps if step.chapter == "relay"} >= {"mx1", "mx2"}
