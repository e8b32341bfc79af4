"""unbound's infra cache by hand: estimator, doubling, who is unsuitable, probes."""

from __future__ import annotations

from mailsim.flavours import unbound_figures
from mailsim.rules.dns.unbound.delegation import Delegation
from mailsim.rules.dns.unbound.infra import Infra

RULES = unbound_figures().rules()
A, B = "192.0.2.1", "192.0.2.2"
ZONE = "example.test"


def infra(**changes: object) -> Infra:
    return Infra(RULES._replace(**changes))  # type: ignore[arg-type]


def lose(known: Infra, times: int, *, now_s: int = 0, rtype: str = "A") -> list[int]:
    """The time-outs of so many steps that fail one after the other."""
    waited = []
    for _ in range(times):
        waited.append(known.timeout_ms(A, ZONE, now_s))
        known.lost(A, ZONE, rtype, waited[-1], now_s)
    return waited


def test_an_unknown_server_gets_376_ms_and_each_loss_doubles_it() -> None:
    """unbound.conf(5) unknown-server-time-limit; drop_all_1ns_cold recorded: 376, 752, 1504, 3008, 6016 ms."""
    assert lose(infra(), 6) == [376, 752, 1504, 3008, 6016, 12032]


def test_losses_of_the_same_time_out_count_once() -> None:
    """util/rtt.c rtt_lost: the original time-out is doubled, so ten questions that fail together double it once."""
    known = infra()
    for _ in range(10):
        known.lost(A, ZONE, "A", 376, 0)
    assert known.timeout_ms(A, ZONE, 0) == 752


def test_the_estimate_follows_stevens() -> None:
    """11 ms: srtt 0 + 11/8 = 1, var 94 + (11 - 94)/4 = 74 (towards zero): 1 + 4*74 = 297; then 1 + 10/8 = 2, var 74 - 16 = 58: 234."""
    known = infra()
    known.answered(A, ZONE, "A", 11, 0)
    assert known.timeout_ms(A, ZONE, 0) == 297
    known.answered(A, ZONE, "A", 11, 0)
    assert known.timeout_ms(A, ZONE, 0) == 234


def test_the_time_out_is_never_below_50_ms() -> None:
    known = infra()
    for _ in range(100):
        known.answered(A, ZONE, "A", 11, 0)
    assert known.timeout_ms(A, ZONE, 0) == 50


def test_a_server_that_is_being_probed_gets_no_other_question_until_the_probe_is_over() -> None:
    """Six losses: 24064 ms.  Asked at 100 s, the probe lasts until 100 + (24064 + 1999) // 1000 = 126 s; then the next one may go."""
    known = infra()
    lose(known, 6)
    assert known.rank(A, ZONE, "A", 100) == 24064
    known.timeout_ms(A, ZONE, 100)
    assert known.rank(A, ZONE, "A", 125) is None
    assert known.rank(A, ZONE, "A", 126) == 24064


def test_another_type_may_be_asked_while_a_probe_runs_until_it_has_failed_three_times_itself() -> None:
    """TIMEOUT_COUNT_MAX 3, counted by A, AAAA and others."""
    known = infra()
    lose(known, 6)
    known.timeout_ms(A, ZONE, 100)
    assert known.rank(A, ZONE, "MX", 101) == 119_000


def test_with_a_lower_limit_a_dead_server_stays_dead_until_its_entry_expires() -> None:
    """The option trap: infra-cache-max-rtt 2000 makes an RTO of 2000 ms unusable for infra-host-ttl (900 s), unless keep-probing."""
    known = infra(infra_max_rtt_ms=2000)
    lose(known, 4)
    assert known.rank(A, ZONE, "A", 899) is None
    assert known.rank(A, ZONE, "A", 901) == 1000
    probing = infra(infra_max_rtt_ms=2000, infra_keep_probing=True)
    lose(probing, 4)
    assert probing.rank(A, ZONE, "A", 10) == 1000


def test_an_answer_makes_a_doubled_time_out_small_again() -> None:
    known = infra()
    lose(known, 4)
    known.answered(A, ZONE, "A", 11, 1)
    assert known.timeout_ms(A, ZONE, 1) == 297


# -- server choice -----------------------------------------------------------------------------------------------------


def pair() -> Delegation:
    found = Delegation(ZONE)
    found.add(A)
    found.add(B)
    return found


def test_servers_within_400_ms_of_the_best_are_equals() -> None:
    known = infra()
    chosen = [pair().choose(known, "A", 0, RULES, lambda _, d=d: d) for d in (0.1, 0.9)]  # type: ignore[misc]
    assert [target.address for target in chosen if target] == [A, B]


def test_a_server_more_than_400_ms_behind_is_not_asked() -> None:
    """376 for the unknown one, 1504 for the one that failed twice."""
    known = infra()
    lose(known, 2)
    target = pair().choose(known, "A", 0, RULES, lambda _: 0.0)
    assert target is not None
    assert target.address == B


def test_each_server_is_asked_five_times_in_one_lookup() -> None:
    known, delegation = infra(), pair()
    asked = 0
    while delegation.choose(known, "A", 0, RULES, lambda _: 0.5):
        asked += 1
    assert asked == 10


def test_a_longer_name_gives_each_server_one_attempt_back() -> None:
    known, delegation = infra(), pair()
    while delegation.choose(known, "A", 0, RULES, lambda _: 0.5):
        pass
    delegation.forgive(RULES.outbound_msg_retry)
    assert [target.usable for target in delegation.targets] == [True, True]
    assert [target.attempts for target in delegation.targets] == [4, 4]
