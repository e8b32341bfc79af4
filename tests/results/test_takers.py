"""Who first took the mail: by server, in order of time, with what no server took."""

from __future__ import annotations

from mailsim.events import State
from mailsim.results.takers import takers
from small_logs import S, outage_log


def test_the_small_log_by_server_and_instant() -> None:
    """mx1 takes 0 at 102 s and 5 at 5002 s; mx2 takes 1 at 732 s, 2 at 1032 s, 4 at 2032 s; 3 is rejected, 6 a report."""
    found = takers(outage_log())
    assert found.hosts == ("mx2", "mx1")  # three before two
    assert found.t_us.tolist() == [102 * S, 732 * S, 1032 * S, 2032 * S, 5002 * S]
    assert [found.hosts[k] for k in found.host] == ["mx1", "mx2", "mx2", "mx2", "mx1"]
    assert found.in_fault.tolist() == [False, True, True, True, False]  # silent from 600 s to 4200 s
    assert found.counts().tolist() == [3, 2]
    assert found.counts(found.in_fault).tolist() == [3, 0]
    assert found.open == 1


def test_a_fault_includes_its_start_and_excludes_its_end() -> None:
    log = outage_log()
    log.messages["relayed_us"][1], log.messages["relayed_us"][4] = 600 * S, 4200 * S
    assert takers(log).in_fault.tolist() == [False, True, True, False, False]


def test_mail_that_is_in_a_mailbox_without_a_server_in_between_is_not_open() -> None:
    log = outage_log()
    log.messages["via"][0] = -1
    assert State(log.messages["state"][0]) is State.STORED
    found = takers(log)
    assert (len(found.t_us), found.open) == (4, 1)


def test_a_run_without_mail_has_no_servers() -> None:
    log = outage_log()
    for row in range(len(log.messages["state"])):
        log.messages["state"][row] = State.UNSENT
    found = takers(log)
    assert (found.hosts, found.counts().tolist(), found.open) == ((), [], 0)
