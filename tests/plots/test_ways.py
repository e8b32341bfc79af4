"""The ways of a run as numbers: shares, contacts and failures, over the run and up to a moment; what waits then."""

from __future__ import annotations

import pytest

from mailsim.errors import UnsupportedError
from mailsim.events import ConditionSpan, Event
from mailsim.plots.ways import Moment, Way, by_mx, moment_of, waiting, ways
from small_logs import S, outage_log, small_result, small_scenario


def found(at: str | float | None = None) -> dict[tuple[str, str], Way]:
    log = outage_log()
    moment = None if at is None else moment_of(log, at)
    return {(way.start, way.end): way for way in ways(small_scenario(), log, moment=moment)}


def test_the_share_of_each_way_is_of_all_mail_that_users_sent() -> None:
    every = found()
    assert every[("ann", "isp")].share == pytest.approx(5 / 6)  # one was rejected
    assert every[("isp", "mx1")].share == pytest.approx(2 / 6)
    assert every[("isp", "mx2")].share == pytest.approx(3 / 6)
    assert every[("mx2", "mx1")].share == pytest.approx(1 / 6)
    assert every[("isp", "home")].share == 0  # only the report went there
    assert every[("isp", "dns")].share is None


def test_contacts_are_counted_on_the_way_that_they_were_to_open() -> None:
    """isp found mx1 silent for mails 1, 2, 4 and well for 0 and 5; mx2 found it silent at 732, 1032, 2032, 3970 and well at 4500."""
    every = found()
    assert {pair: (way.failed, way.contacts) for pair, way in every.items() if way.failed} == {
        ("isp", "mx1"): (3, 5),
        ("mx2", "mx1"): (4, 5),
    }
    assert (every[("isp", "mx2")].failed, every[("isp", "mx2")].contacts) == (0, 3)
    assert [every[pair].health for pair in (("isp", "mx1"), ("isp", "mx2"))] == ["some", "fine"]


def test_a_failed_look_for_mail_is_counted_on_the_way_of_the_mail() -> None:
    log = outage_log()
    row = next(k for k, kind in enumerate(log.events["kind"]) if kind == Event.FETCHED and log.names[log.events["node"][k]] == "bob")
    log.events["kind"][row], log.events["peer"][row] = Event.FETCH_FAILED, log.names.index("boxes")
    way = next(way for way in ways(small_scenario(), log) if (way.start, way.end) == ("boxes", "bob"))
    assert way.failed == 1


def test_a_moment_counts_from_the_last_change_before_it() -> None:
    assert moment_of(outage_log(), "500s") == Moment(500 * S, 0)
    assert moment_of(outage_log(), "600s") == Moment(600 * S, 600 * S)
    assert moment_of(outage_log(), 1100) == Moment(1100 * S, 600 * S)
    assert moment_of(outage_log(), "5000s") == Moment(5000 * S, 4200 * S)


def test_a_moment_outside_the_run_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"lasts 2\.2 h"):
        moment_of(outage_log(), "3h")
    with pytest.raises(UnsupportedError, match="outside the run"):
        moment_of(outage_log(), -1)
    with pytest.raises(UnsupportedError, match="not a duration"):
        moment_of(outage_log(), "soon")


def test_at_a_moment_of_the_outage_the_mail_goes_by_the_backup_and_every_contact_with_the_primary_has_failed() -> None:
    """At 1100 s mails 1 and 2 have changed hands since 600 s; two contacts each of isp and mx2 with mx1 are over."""
    during = found(1100)
    assert during[("isp", "mx2")].share == 1
    assert during[("isp", "mx1")] == Way("isp", "mx1", "relay", 0, False, 2, 2)
    assert during[("mx2", "mx1")] == Way("mx2", "mx1", "relay", 0, False, 2, 2)
    assert during[("isp", "mx1")].health == "every"


def test_a_contact_that_is_not_over_at_the_moment_is_not_counted() -> None:
    """isp calls mx1 at 701 s and gives up at 731 s."""
    assert [found(at)[("isp", "mx1")].failed for at in (730.9, 731)] == [0, 1]


def test_who_took_the_mail_first_is_told_for_the_run_and_for_the_stretch_before_a_moment() -> None:
    log, scenario = outage_log(), small_scenario()
    assert by_mx(scenario, log) == pytest.approx({"mx1": 2 / 6, "mx2": 3 / 6})
    assert by_mx(scenario, log, moment_of(log, 500)) == {"mx1": 1}
    assert by_mx(scenario, log, moment_of(log, 2100)) == {"mx2": 1}
    assert by_mx(scenario, log, moment_of(log, 4300)) == {}
    messages = outage_log(level="messages")
    assert by_mx(scenario, messages, moment_of(messages, 2100)) == {"mx2": 1}


def test_what_waits_is_what_each_queue_holds_at_the_moment() -> None:
    """At mx2: mail 1 from 732 to 4501, mail 2 from 1032 to 4000, mail 4 from 2032 on."""
    log = outage_log()
    assert [waiting(log, moment_of(log, at)).get("mx2", 0) for at in (700, 800, 1032, 2100, 4400, 5000)] == [0, 1, 2, 3, 2, 1]
    assert waiting(outage_log(level="messages"), Moment(0, 0)) == {}


def test_a_change_after_the_moment_does_not_matter() -> None:
    log = small_result().log
    log.conditions.append(ConditionSpan("mx2", "mx2", "refused", 1000 * S, 1050 * S))
    assert moment_of(log, 1100).since_us == 1050 * S
    assert moment_of(log, 999).since_us == 600 * S
