"""Reports as mail: failed, delayed, delivered, relayed, none at all, and what becomes of a report that fails; instants by hand.

A round trip is 100 ms.  Mail that is sent at 0 is in the queue of ``isp`` at 0.55 s; a server has it 0.45 s after the session began,
and the client knows after 0.5 s; a refused connection costs 0.1 s, a reply to RCPT is there after 0.4 s.
"""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.engine import simulate
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import Event, State
from mailsim.results.result import Result
from mailsim.rules.dsn import parse_dsn
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, NET, Run, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
NO_USER = [{"stage": "rcpt", "reply": "550 5.1.1 no such user"}]
BOTH = ["bob@example.com", "eve@example.com"]
ALL = ["success", "failure", "delay"]
DAY = 86400


def asking(values: dict[str, Any], notify: Any, **more: Any) -> dict[str, Any]:
    """The same world, whose sender asks for these reports."""
    return {**values, "traffic": [{**values["traffic"][0], "notify": notify, **more}]}


def both_levels(values: dict[str, Any]) -> Run:
    """A run under all checkers; without event rows it comes to the same."""
    scenario = mailsim.load(values)
    result = run(values)
    few = simulate(compiled(scenario), scenario.seed, "messages")
    assert few.trace_hash() == result.log.trace_hash()
    return result


def texts(result: Run) -> list[Any]:
    """The reports of a run, read back from the octets that travelled."""
    told = Result(result.scenario, result.scenario.seed, result.log)
    numbers = sorted({d.message for d in result.deliveries if d.parent >= 0})
    return [parse_dsn(told.dsn(number)) for number in numbers]


def seconds(moment: Any) -> float:
    """A date of a report in seconds since the start, 2026-01-05T00:00:00Z."""
    return float(moment.timestamp()) - 1767571200


# -- delivered, relayed ------------------------------------------------------------------------------------------------


def test_the_server_that_delivers_says_so_to_whoever_asked() -> None:
    """isp has it at 0.55; mx1 takes and stores it at 1.00 and reports at once; isp has the report at 1.00 + 0.45."""
    result = both_levels(asking(world(ONE, {"mx1": FINAL}), "success"))
    (report,) = result.reports()
    assert (report.sender, report.rcpt, report.origin) == ("", "ann@example.org", "mx1")
    assert (report.sent_us, report.stored_us) == (1_000_000, 1_450_000)
    (text,) = texts(result)
    (bob,) = text.recipients
    assert (text.reporting_mta, text.received_from) == ("mx1.example.com", "mail.example.org")
    assert (bob.final, bob.action, bob.status, bob.remote_mta) == ("bob@example.com", "delivered", "2.0.0", None)


def test_the_last_that_knows_of_such_reports_says_that_there_will_be_no_more() -> None:
    """mx1 runs Exim, which announces no DSN: isp knows at 0.55 + 0.5 = 1.05 that mx1 has it, and its user is at home there."""
    result = both_levels(asking(world(ONE, {"mx1": {**FINAL, "flavour": "exim"}}), ALL))
    (report,) = result.reports()
    assert (report.origin, report.sent_us, report.stored_us) == ("isp", 1_050_000, 1_050_000)
    (text,) = texts(result)
    (bob,) = text.recipients
    assert (bob.action, bob.remote_mta, bob.log_id) == ("relayed", "mx1.example.com", "message 0")
    assert bob.diagnostic is not None
    assert bob.diagnostic.startswith("250 ")


def test_postfix_calls_relayed_what_it_hands_to_a_mail_store_that_knows_no_dsn() -> None:
    """mx1 has it at 1.00 and hands it over by LMTP, a plain session like any other: it knows at 1.00 + 0.5."""
    boxes = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {}}}
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
    result = both_levels(asking(world(zone, {"mx1": {**FINAL, "store": "boxes"}, "boxes": boxes}), "success"))
    assert [(report.origin, report.sent_us) for report in result.reports()] == [("mx1", 1_500_000)]
    assert texts(result)[0].recipients[0].action == "relayed"
    final = {**FINAL, "store": "boxes", "parameters": {**MTA["parameters"], "assumes_final": True}}
    result = both_levels(asking(world(zone, {"mx1": final, "boxes": boxes}), "success"))
    assert texts(result)[0].recipients[0].action == "delivered"


def test_nobody_reports_success_unless_asked_and_none_where_the_first_server_never_heard_of_it() -> None:
    assert both_levels(world(ONE, {"mx1": FINAL})).reports() == []
    assert both_levels(asking(world(ONE, {"mx1": FINAL}), ["failure"])).reports() == []
    deaf = world(ONE, {"mx1": FINAL}, isp={"flavour": "exim", "scan_phase": "0s"})
    assert both_levels(asking(deaf, "success")).reports() == []


def test_what_is_asked_counts_for_each_recipient_and_one_report_tells_of_all_who_are_delivered_together() -> None:
    result = both_levels(asking(world(ONE, {"mx1": FINAL}, to=[*BOTH, "carl@example.com"]), {BOTH[0]: "success", BOTH[1]: ALL}))
    assert len(result.reports()) == 1
    assert [(one.final, one.action) for one in texts(result)[0].recipients] == [(BOTH[0], "delivered"), (BOTH[1], "delivered")]


# -- failed, delayed ---------------------------------------------------------------------------------------------------


def test_a_refusal_for_good_is_reported_at_once_with_every_field() -> None:
    """The 550 to RCPT is there at 0.55 + 0.4; the report is at home there."""
    asked = {"envelope_id": "QQ314159", "original_recipients": {"bob@example.com": "robert@example.net"}}
    result = both_levels(asking(world(ONE, {"mx1": {**FINAL, "script": NO_USER}}), "failure", **asked))
    (report,) = result.reports()
    assert (result.state(), report.sent_us, report.stored_us) == (State.BOUNCED, 950_000, 950_000)
    (text,) = texts(result)
    (bob,) = text.recipients
    assert (text.envelope_id, bob.original, bob.final) == ("QQ314159", "robert@example.net", "bob@example.com")
    assert (bob.action, bob.status, bob.remote_mta, bob.diagnostic) == ("failed", "5.1.1", "mx1.example.com", "550 5.1.1 no such user")
    assert (text.received_from, seconds(text.arrival), seconds(text.made)) == ("ann.test", 0, 0)  # RFC 3464 dates are whole seconds
    assert bob.last_attempt is not None
    assert seconds(bob.last_attempt) == 0


def test_a_request_that_got_lost_leaves_its_fields_out_of_the_report() -> None:
    """mx1 (Exim) takes it, and its own server refuses: mx1 knows neither ENVID nor ORCPT, and NOTIFY=NEVER neither."""
    zone = com("@ MX 10 mx2", "@ MX 20 mx1", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    backup = {**MTA, "flavour": "exim", "relays_for": ["example.com"]}
    start = outage("link isp-mx2", "0s", how="unreachable")
    nodes = {"mx1": backup, "mx2": {**FINAL, "script": NO_USER}}
    result = both_levels(asking(world(zone, nodes, faults=(start,)), "never", envelope_id="QQ314159"))
    assert [(report.origin, report.state) for report in result.reports()] == [("mx1", State.STORED)]
    assert texts(result)[0].envelope_id is None
    nodes["mx1"] = {**backup, "flavour": "postfix"}
    assert both_levels(asking(world(zone, nodes, faults=(start,)), "never")).reports() == []


def test_a_notice_of_delay_says_until_when_the_mail_is_tried() -> None:
    """Tried at 0.55, 300, 600 s, each refused after 0.1 s; 600.1 - 0.55 is the first age of 5 min or more: 599.55 s.

    At 300.1 the mail is 299.55 s old.  It is tried until 0.55 s + 5 d, which a report gives in whole seconds.
    """
    late = {"parameters": {"delay_notice": "5m"}}
    down = (outage("mx1", "0s", how="refused", length="11m"),)
    result = both_levels(asking(world(ONE, {"mx1": FINAL}, faults=down, isp=late), ["delay"]))
    assert result.at(Event.DELAY_NOTICED) == [600.1]
    (text,) = texts(result)
    (bob,) = text.recipients
    assert (bob.action, bob.status, seconds(text.made)) == ("delayed", "4.4.1", 600)
    assert bob.will_retry_until is not None
    assert seconds(bob.will_retry_until) == 5 * DAY
    assert bob.last_attempt is not None
    assert seconds(bob.last_attempt) == 600
    nothing = both_levels(asking(world(ONE, {"mx1": FINAL}, faults=down, isp=late), ["failure", "success"]))
    assert nothing.at(Event.DELAY_NOTICED) == []
    assert [report.origin for report in nothing.reports()] == ["mx1"]  # of success


def test_a_notice_names_those_who_still_wait() -> None:
    """eve's server takes the mail at once; only bob is late."""
    late = {"parameters": {"delay_notice": "5m"}}
    down = (outage("mx1", "0s", how="refused", length="11m"),)
    nodes = {"mx1": FINAL, "mx": {**MTA, "host": "mx.example.net", "final_for": ["example.net"]}}
    values = world(ONE, nodes, to=["bob@example.com", "eve@example.net"], faults=down, isp=late)
    result = both_levels({**values, "zones": [*values["zones"], NET]})
    assert [one.final for one in texts(result)[0].recipients] == ["bob@example.com"]


@pytest.mark.parametrize("flavour", ["postfix", "sendmail", "opensmtpd", "courier"])
def test_who_fails_at_the_same_attempt_stands_in_one_report(flavour: str) -> None:
    isp = {"flavour": flavour, "scan_phase": "0s"}
    result = both_levels(world(ONE, {"mx1": {**FINAL, "script": NO_USER}}, to=BOTH, isp=isp))
    assert len(result.reports()) == 1
    assert [one.final for one in texts(result)[0].recipients] == BOTH


def test_the_message_comes_back_whole_where_that_was_asked() -> None:
    """10,000 octets, and what the report says besides: within a tenth of the size that travelled."""
    result = both_levels(asking(world(ONE, {"mx1": {**FINAL, "script": NO_USER}}), "failure", return_content="full"))
    octets = Result(result.scenario, 1, result.log).dsn(result.reports()[0].message)
    assert texts(result)[0].returned_octets == 10_000
    assert result.reports()[0].size == pytest.approx(len(octets), rel=0.1)
    some = both_levels(asking(world(ONE, {"mx1": {**FINAL, "script": NO_USER}}), "failure", return_content="headers"))
    assert texts(some)[0].returned_octets is None
    big = both_levels(asking(world(ONE, {"mx1": {**FINAL, "script": NO_USER}}, size="100 kB"), "failure", return_content="full"))
    assert texts(big)[0].returned_octets == 50_000  # Postfix, bounce_size_limit


def test_success_returns_only_headers_whatever_was_asked() -> None:
    result = both_levels(asking(world(ONE, {"mx1": FINAL}), "success", return_content="full"))
    assert result.reports()[0].size < 4_000


# -- never -------------------------------------------------------------------------------------------------------------


def test_where_no_report_is_wanted_failed_mail_is_dropped_and_nobody_told() -> None:
    """Refused at 0.55 + 0.4; and, expired at the scan at 80 min, the first beyond an hour, 0.1 s later."""
    result = both_levels(asking(world(ONE, {"mx1": {**FINAL, "script": NO_USER}}), "never"))
    assert result.reports() == []
    assert (result.state(), result.delivery().ended_us, result.delivery().why) == (State.DISCARDED, 950_000, Why.PERMFAIL)
    assert [row.why for row in result.of(Event.DISCARDED)] == [Why.NOT_TO_BE_TOLD]
    late = {"queue_lifetime": "1h", "parameters": {"delay_notice": "5m"}}
    result = both_levels(asking(world(ONE, {"mx1": FINAL}, faults=(outage("mx1", "0s", how="refused"),), isp=late), "never"))
    assert (result.reports(), result.delivery().ended_us) == ([], 4_800_100_000)


def test_one_wants_a_report_and_the_other_none() -> None:
    values = world(ONE, {"mx1": {**FINAL, "script": NO_USER}}, to=BOTH)
    result = both_levels(asking(values, {BOTH[0]: "never", BOTH[1]: "failure"}))
    assert [result.state(0, rcpt) for rcpt in BOTH] == [State.DISCARDED, State.BOUNCED]
    assert [one.final for one in texts(result)[0].recipients] == [BOTH[1]]


def test_a_population_is_told_what_it_asked_for() -> None:
    """A lone sender's mail is in its queue when it is sent; relayed where the server knows no DSN; failures as asked."""
    nodes = {"world": {"kind": "senders", "mix": {"postfix": 1}}, "mx1": {**FINAL, "flavour": "exim"}}
    values = world(ONE, nodes)
    values["traffic"][0]["from"] = "world"
    result = both_levels(asking(values, "success"))
    (report,) = result.reports()
    sent, taken = result.delivery(), result.of(Event.DELIVERED)
    assert (report.rcpt, report.sent_us, report.stored_us) == (sent.sender, taken[0].t_us, taken[0].t_us)
    assert texts(result)[0].recipients[0].action == "relayed"
    nodes["mx1"] = {**FINAL, "script": NO_USER}
    values = world(ONE, nodes)
    values["traffic"][0]["from"] = "world"
    assert both_levels(asking(values, "never")).state() == State.DISCARDED
    assert both_levels(asking(values, "failure")).state() == State.BOUNCED


# -- reports that fail -------------------------------------------------------------------------------------------------

HOME = """$ORIGIN example.org.
@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@    3600 IN NS  ns1
@    3600 IN MX  10 home
ns1  3600 IN A   203.0.113.53
home 3600 IN A   203.0.113.26
mail 3600 IN A   203.0.113.25
"""


def failing_twice(isp: dict[str, Any], **more: Any) -> dict[str, Any]:
    """bob is unknown, and so is ann at the server of her own domain."""
    home = {**MTA, "host": "home.example.org", "final_for": ["example.org"], "script": NO_USER}
    nodes = {"mx1": {**FINAL, "script": NO_USER}, "home": home, **more}
    values = world(ONE, nodes, isp={"final_for": [], "scan_phase": "0s", **isp})
    return {**values, "zones": [values["zones"][0], HOME]}


def test_by_default_a_report_that_fails_is_dropped() -> None:
    """Refused at 0.95; the report is refused 0.4 s later."""
    result = both_levels(failing_twice({}))
    assert [(d.state, d.ended_us) for d in result.deliveries] == [(State.BOUNCED, 950_000), (State.DISCARDED, 1_350_000)]


def test_sendmail_tells_the_postmaster_of_a_report_that_fails() -> None:
    """Refused at 0.95, the report at 0.95 + 0.4; the postmaster of isp has the notice at that instant."""
    result = both_levels(failing_twice({"flavour": "sendmail"}))
    mail, report, notice = result.deliveries
    assert (mail.state, report.state, report.ended_us) == (State.BOUNCED, State.DISCARDED, 1_350_000)
    assert (notice.sender, notice.rcpt, notice.parent) == ("", "postmaster@mail.example.org", report.message)
    assert (notice.sent_us, notice.stored_us, notice.holder) == (1_350_000, 1_350_000, "isp")
    text = texts(result)[1]
    assert text.sender == "postmaster@mail.example.org"
    assert (text.recipients[0].final, text.recipients[0].action) == ("ann@example.org", "failed")


def test_a_postmaster_elsewhere_gets_the_notice_as_mail_and_its_own_failure_is_dropped() -> None:
    """isp knows at 1.35; mx takes it 0.45 s later; where mx refuses it, 0.4 s later, it is gone for good."""
    there = {**MTA, "host": "mx.example.net", "final_for": ["example.net"]}
    figures = {"double_bounce": "postmaster", "postmaster": "root@example.net"}
    values = failing_twice({"parameters": figures}, mx=there)
    values["zones"].append(NET)
    result = both_levels(values)
    assert (result.deliveries[2].rcpt, result.deliveries[2].stored_us) == ("root@example.net", 1_800_000)
    values["nodes"]["mx"] = {**there, "script": NO_USER}
    result = both_levels(values)
    assert [d.state for d in result.deliveries] == [State.BOUNCED, State.DISCARDED, State.DISCARDED]
    assert result.deliveries[2].ended_us == 1_750_000


def test_exim_freezes_a_report_that_fails_and_drops_it_when_its_time_is_over() -> None:
    """The report is made at 0.95 and refused at 1.35; ignore_bounce_errors_after is 2 d, queue runs are at multiples of 30 min.

    The first after 0.95 s + 2 d is at 2 d 30 min: tried once more there, refused 0.4 s later, dropped.
    """
    result = both_levels(failing_twice({"flavour": "exim"}))
    report = result.deliveries[1]
    assert [row.value / S for row in result.of(Event.DEFERRED, number=1)] == [2 * DAY + 1800]
    assert [t for t, _, _ in result.tries(number=1)] == [0.95, 2 * DAY + 1800]
    assert (report.state, report.ended_us) == (State.DISCARDED, (2 * DAY + 1800) * S + 400_000)


def test_a_report_has_a_lifetime_of_its_own() -> None:
    """bounce_lifetime 1 h: tried at 0.95 s, 300, 600, 1200, 2400, 4800 s; the first failure beyond an hour is 0.1 s after 4800."""
    gone = outage("home", "0s", how="refused")
    values = failing_twice({"parameters": {"bounce_lifetime": "1h"}})
    result = both_levels({**values, "faults": [gone]})
    assert (result.deliveries[1].state, result.deliveries[1].ended_us) == (State.DISCARDED, 4_800_100_000)


def test_what_is_asked_and_told_keeps_its_numbers_when_caches_were_warmed_before_the_start() -> None:
    """A message a minute, an hour of them before the start: those and their reports are taken out, and all others renumbered."""
    values = failing_twice({"flavour": "sendmail"})
    line = {"kind": "periodic", "from": "ann@example.org", "to": "bob@example.com", "every": "1m", "until": "3m", "size": "10 kB"}
    other = {"kind": "at", "from": "ann@example.org", "to": "bob@example.com", "times": ["30s"], "notify": "never", "size": "10 kB"}
    result = run({**values, "traffic": [{**line, "notify": "failure"}, other], "warm_up": "1h"})
    mails = [d for d in result.deliveries if d.parent < 0]
    assert list(result.log.lines) == [0, 1, 0, 0]
    assert [d.state for d in mails] == [State.BOUNCED, State.DISCARDED, State.BOUNCED, State.BOUNCED]
    told = Result(result.scenario, 1, result.log).table("reports")
    notices = told[told["why"] == "double bounce"]
    assert len(notices) == 3
    parents = {d.message: d.parent for d in result.deliveries}
    assert [parents[one] for one in notices["message"]] == [0, 2, 3]


# -- what Result shows --------------------------------------------------------------------------------------------------


def test_the_table_of_reports_tells_who_was_told_what_of_whom() -> None:
    values = world(ONE, {"mx1": {**FINAL, "script": [{**NO_USER[0], "match": "bob"}]}}, to=BOTH)
    told = mailsim.load(asking(values, ["success", "failure"])).run().reports
    assert sorted(zip(told["action"], told["recipient"], told["node"], told["to"], told["message"], strict=True)) == [
        ("delivered", "eve@example.com", "mx1", "ann@example.org", 0),
        ("failed", "bob@example.com", "isp", "ann@example.org", 0),
    ]
    assert told["stored_s"].notna().all()


def test_what_is_no_report_has_no_text_and_what_kept_no_rows_neither() -> None:
    result = mailsim.load(world(ONE, {"mx1": {**FINAL, "script": NO_USER}})).run()
    with pytest.raises(UnknownNameError, match="unknown report 0; there is: 1"):
        result.dsn(0)
    with pytest.raises(UnknownNameError, match="unknown message 7"):
        result.dsn(7)
    assert parse_dsn(result.dsn(1)).recipients[0].action == "failed"
    with pytest.raises(UnsupportedError, match="level"):
        mailsim.load(world(ONE, {"mx1": {**FINAL, "script": NO_USER}})).run(level="messages").dsn(1)


def test_the_story_tells_of_success_and_of_mail_that_nobody_is_told_about() -> None:
    story = mailsim.load(asking(world(ONE, {"mx1": FINAL}), "success")).run().explain(0)
    assert "Action: delivered" in story.report()
    gone = mailsim.load(asking(world(ONE, {"mx1": {**FINAL, "script": NO_USER}}), "never")).run()
    assert "isp gives it up and tells nobody" in str(gone.explain(0))
    assert "the sender asked for no report of failures" in str(gone.explain(0))
