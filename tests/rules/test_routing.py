"""Which host OpenSMTPD connects to next (mta.c ``mta_find_route``), in ticks."""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.dns import Answer, Rcode
from mailsim.rules.mx import NoRoute, Target
from mailsim.rules.reasons import Why
from mailsim.rules.routing import Choice, Route, chosen, found_hosts, found_targets


class Limits(NamedTuple):
    """limit.c ``limit_mta_set_defaults``; mta.c DELAY_ROUTE_BASE and DELAY_ROUTE_MAX."""

    per_route: int = 5
    route_pause: int = 5
    reconnect_pause: int = 3
    penalty: int = 15
    penalty_most: int = 3600


LIMITS = Limits()
ONE, TWO, OTHER = Target(10, "mx1", "192.0.2.1"), Target(20, "mx2", "192.0.2.2"), Target(10, "mx3", "192.0.2.3")


def choose(targets: list[Target], routes: dict[str, Route], tick: int, *, below: int | None = None) -> Choice:
    for route in routes.values():
        route.settle(tick, LIMITS)
    return chosen(targets, lambda address: routes.setdefault(address, Route()), tick, LIMITS, below=below)


def test_the_best_host_comes_first() -> None:
    assert choose([ONE, TWO], {}, 0) == Choice(ONE)


def test_while_the_only_connection_over_a_new_route_is_undecided_no_worse_host_is_looked_at() -> None:
    pending = Route()
    pending.connections = 1
    assert choose([ONE, TWO], {ONE.address: pending}, 100) == Choice(limited=True)


def test_but_an_equal_one_is() -> None:
    pending = Route()
    pending.connections = 1
    assert choose([ONE, OTHER, TWO], {ONE.address: pending}, 100) == Choice(OTHER)


def test_a_disabled_host_is_passed_over() -> None:
    failed = Route()
    failed.fail(0, LIMITS)
    assert choose([ONE, TWO], {ONE.address: failed}, 14) == Choice(TWO)
    assert choose([ONE, TWO], {ONE.address: failed}, 15) == Choice(ONE)


def test_when_all_are_disabled_there_is_no_route() -> None:
    failed = Route()
    failed.fail(0, LIMITS)
    assert choose([ONE], {ONE.address: failed}, 2) == Choice(error=Why.DESTINATION_DEAD)


def test_the_nth_failure_disables_for_15_s_times_n_squared_and_an_hour_at_most() -> None:
    route = Route()
    ends = []
    for _ in range(3):
        route.fail(0, LIMITS)
        ends.append(route.disabled_until)
    assert ends == [15, 60, 135]
    for _ in range(20):
        route.fail(0, LIMITS)
    assert route.disabled_until == 3600


def test_enabling_takes_one_off_the_penalty_and_the_rest_fades() -> None:
    """Failed twice at 0: enabled at 60 with penalty 1, which is kept for 15 more; then the route is forgotten."""
    route = Route()
    route.fail(0, LIMITS)
    route.fail(0, LIMITS)
    route.settle(60, LIMITS)
    assert (route.disabled_until, route.penalty, route.fresh) == (-1, 1, True)
    route.settle(74, LIMITS)
    assert route.penalty == 1
    route.settle(75, LIMITS)
    assert route.penalty == 0


def test_a_valid_route_takes_a_further_connection_every_5_s_and_five_at_a_time() -> None:
    route = Route()
    route.fresh, route.connections, route.last_connected = False, 1, 0
    assert choose([ONE], {ONE.address: route}, 4) == Choice(wait_until=5)
    assert choose([ONE], {ONE.address: route}, 5) == Choice(ONE)
    route.connections = 5
    assert choose([ONE], {ONE.address: route}, 50) == Choice(limited=True)


def test_a_route_is_left_alone_for_3_s_after_a_session_ended() -> None:
    route = Route()
    route.held, route.fresh, route.last_connected, route.last_closed = True, False, 0, 20
    assert choose([ONE], {ONE.address: route}, 22) == Choice(wait_until=23)
    assert choose([ONE], {ONE.address: route}, 23) == Choice(ONE)


def test_a_route_that_nobody_uses_is_forgotten_with_its_last_session() -> None:
    route = Route()
    route.fresh, route.last_connected, route.last_closed = False, 0, 20
    route.settle(20, LIMITS)
    assert route.fresh
    assert choose([ONE], {ONE.address: route}, 20) == Choice(ONE)


def test_among_equals_the_one_with_fewest_connections_is_taken() -> None:
    busy = Route()
    busy.fresh, busy.connections, busy.last_connected = False, 1, 0
    assert choose([ONE, OTHER], {ONE.address: busy}, 10) == Choice(OTHER)


def test_a_backup_uses_only_hosts_better_than_itself() -> None:
    """smtpd.conf(5) ``relay backup``; none is left: No MX found."""
    assert choose([ONE, TWO], {}, 0, below=20) == Choice(ONE)
    assert choose([TWO], {}, 0, below=20) == Choice(error=Why.MX_SELF)
    failed = Route()
    failed.fail(0, LIMITS)
    assert choose([ONE, TWO], {ONE.address: failed}, 2, below=20) == Choice(error=Why.DESTINATION_DEAD)


class Figures(NamedTuple):
    """What the names need."""

    mx_to_address: str = "deliver"
    mx_to_loopback: str = "bounce"
    mx_to_self: str = "defer"
    mx_trouble: str = "defers"
    null_mx: str = "defer"
    dns_trouble: str = "defer"
    status_null_mx: str = "5.1.10"
    status_no_domain: str = "5.0.0"
    status_no_route: str = "5.4.4"
    status_loop: str = "5.4.6"


FIGURES = Figures()


def test_a_refused_question_and_a_missing_domain_bounce() -> None:
    """OpenSMTPD 6.8.0p2 observed, ``dns_refused_recover``, ``nxdomain_recover``."""
    assert found_hosts("example.com", Answer(Rcode.REFUSED), FIGURES) == NoRoute(Why.DNS_REFUSED, True, "5.0.0")
    assert found_hosts("example.com", Answer(Rcode.NXDOMAIN), FIGURES) == NoRoute(Why.DOMAIN_MISSING, True, "5.0.0")


def test_trouble_and_a_null_mx_wait() -> None:
    """OpenSMTPD 6.8.0p2 observed, ``dns_servfail_recover``, ``null_mx``."""
    for answer, why in ((Answer(Rcode.SERVFAIL), Why.DNS_SERVFAIL), (Answer(Rcode.NOERROR, rdatas=((0, ""),)), Why.NULL_MX)):
        found = found_hosts("example.com", answer, FIGURES)
        assert isinstance(found, NoRoute)
        assert (found.why, found.permanent) == (why, False)


def test_hosts_without_an_address_are_left_out_and_without_any_the_mail_waits() -> None:
    gone, here = Answer(Rcode.NXDOMAIN), Answer(Rcode.NOERROR, rdatas=("192.0.2.2",))
    hosts = [(10, "mx1"), (20, "mx2")]
    assert found_targets(hosts, {"mx1": gone, "mx2": here}, implicit=False) == (TWO,)
    none = found_targets(hosts[:1], {"mx1": gone}, implicit=False)
    assert none == NoRoute(Why.MX_UNUSABLE, False, "4.4.4")
    assert found_targets([(0, "mx1")], {"mx1": gone}, implicit=True) == NoRoute(Why.NO_MX_NO_ADDRESS, False, "4.4.4")


def test_an_address_in_place_of_a_name_is_used() -> None:
    """OpenSMTPD 6.8.0p2 observed."""
    assert found_targets([(10, "192.0.2.9")], {}, implicit=False) == (Target(10, "192.0.2.9", "192.0.2.9"),)
