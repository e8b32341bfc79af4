"""An independent reader (flufl.bounce) takes every report that a run makes as it is meant, whoever made it and about whatever."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any

import pytest
from flufl.bounce import all_failures, scan_message

import mailsim
from mailsim.events import Event
from mailsim.flavours import mta_figures, mta_flavours
from mailsim.results.result import Result
from mailsim.rules.dsn import parse_dsn
from small_worlds import MTA, Run, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
NO_USER = [{"stage": "rcpt", "reply": "550 5.1.1 no such user", "match": "bob"}]
UNWELCOME = [{"stage": "greeting", "reply": "554 5.3.2 no"}]
BUSY = [{"stage": "rcpt", "reply": "450 4.2.0 busy; try <later>"}]

#: what goes wrong (or well), each with a domain of its own: MX record, server, how it is down
KINDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "taken": ("10 mx", {}, ""),
    "relayed": ("10 mx", {"flavour": "qmail"}, ""),
    "one-unknown": ("10 mx", {"script": NO_USER}, ""),
    "refusing": ("10 mx", {}, "refused"),
    "silent": ("10 mx", {}, "silent"),
    "busy": ("10 mx", {"script": BUSY}, ""),
    "unwelcome": ("10 mx", {"script": UNWELCOME}, ""),
    "null-mx": ("0 .", {}, ""),
    "nameless": ("10 nobody", {}, ""),
    "no-names": ("10 mx", {}, "servfail"),
}


def everything(flavour: str) -> dict[str, Any]:
    """``isp`` runs the program and sends a message of each kind, to bob and eve, all reports asked for."""
    isp = {"flavour": flavour, "scan_phase": "0s", "queue_lifetime": "1h", "parameters": {"dsn": True, "delay_notice": "5m"}}
    values = world(ONE, {"mx1": FINAL}, isp=isp)
    values["traffic"] = []
    for k, (kind, (mx, server, how)) in enumerate(KINDS.items()):
        domain = f"{kind}.test"
        address = f"198.51.100.{k + 1}"
        head = f"$ORIGIN {domain}.\n$TTL 3600\n@ IN SOA ns1 hostmaster 1 7200 900 1209600 300\n@ IN NS ns1\nns1 IN A 192.0.2.53\n"
        values["zones"].append(head + f"@ MX {mx}\n" + f"mx A {address}\n")
        values["nodes"][f"server{k}"] = {**MTA, "host": f"mx.{domain}", "final_for": [domain], **server}
        if how:
            values["faults"].append(outage(f"dns {domain}" if how == "servfail" else f"server{k}", "0s", how=how))
        to = [f"bob@{domain}", f"eve@{domain}"]
        line = {"kind": "at", "from": "ann@example.org", "to": to, "times": [f"{k}s"], "size": "10 kB"}
        values["traffic"].append({**line, "notify": ["success", "failure", "delay"]})
    return values


def reports_of(flavour: str) -> tuple[Run, dict[int, bytes]]:
    """A run with all its reports as octets."""
    result = run(everything(flavour))
    told = Result(result.scenario, result.scenario.seed, result.log)
    return result, {d.message: told.dsn(d.message) for d in result.deliveries if d.parent >= 0}


def meant(result: Run, number: int) -> tuple[set[bytes], set[bytes]]:
    """Addresses that a report says are late, and those that it gives up, by the rows of the run.

    OpenSMTPD 6.8 calls what it gave up after its time "delayed", and so do its reports here.
    """
    rows = [row for row in result.rows if row.value == number and row.kind in (Event.BOUNCED, Event.DELAY_NOTICED)]
    waits: set[bytes] = set()
    gone: set[bytes] = set()
    for row in rows:
        figures = mta_figures(result.nodes[row.node].flavour)
        expired = any(e.kind == Event.EXPIRED and (e.t_us, e.rcpt) == (row.t_us, row.rcpt) for e in result.of_message[row.message])
        late = row.kind == Event.DELAY_NOTICED or (expired and figures.action_expired == "delayed")
        about = [d.rcpt for d in result.deliveries if d.message == row.message and row.rcpt in ("", d.rcpt)]
        (waits if late else gone).update(one.encode() for one in about)
    return waits, gone


#: measured senders word their reports as RFC 5321 does here, since nobody saw any
PROGRAMS = [name for name in mta_flavours() if not name.endswith("-2016")]


@pytest.mark.parametrize("flavour", PROGRAMS)
def test_every_report_of_a_program_is_read_as_it_is_meant(flavour: str) -> None:
    result, reports = reports_of(flavour)
    actions = set()
    for number, octets in reports.items():
        message = message_from_bytes(octets)
        temporary, permanent = all_failures(message)
        assert (set(temporary), set(permanent)) == meant(result, number), octets.decode()
        assert set(scan_message(message)) == set(permanent)
        report = parse_dsn(octets)
        told = {one.final.encode(): one.action for one in report.recipients}
        assert {address for address, action in told.items() if action == "delayed"} == temporary
        assert {address for address, action in told.items() if action == "failed"} == permanent
        assert report.reporting_mta == "mail.example.org" or set(told.values()) == {"delivered"}
        actions |= set(told.values())
    assert {"delivered", "relayed", "failed"} <= actions


def test_all_actions_and_failures_have_been_read() -> None:
    """The kinds do make every action, and failures of several classes."""
    read = [one for octets in reports_of("sendmail")[1].values() for one in parse_dsn(octets).recipients]
    assert {one.action for one in read} == {"failed", "delayed", "delivered", "relayed"}
    assert len({one.status[:4] for one in read if one.action == "failed"}) >= 3


def test_a_double_bounce_tells_of_the_address_that_the_report_could_not_reach() -> None:
    values = world(ONE, {"mx1": {**FINAL, "script": NO_USER}}, isp={"flavour": "sendmail", "scan_phase": "0s", "final_for": []})
    values["faults"] = [outage("dns example.org/MX", "0s", how="nxdomain")]
    result = mailsim.load(values).run()
    notice = result.table("reports").iloc[-1]
    assert (notice["to"], notice["recipient"]) == ("postmaster@mail.example.org", "ann@example.org")
    assert set(scan_message(message_from_bytes(result.dsn(int(notice["report"]))))) == {b"ann@example.org"}
