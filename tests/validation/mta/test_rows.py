"""Situations of one MTA and what Postfix 3.7.11, Exim 4.96 and sendmail 8.17.1.9 were observed to do, each rebuilt and run.

The worlds have the scale of the recordings: Postfix backs off 4 to 16 s and scans every 2 s, Exim has ``F,20s,4s; G,40s,4s,1.5`` and
``-q2s``, sendmail ``-q4s``; all keep mail for 40 s, connect for 3 s, wait 6 s for replies and 2 s for a name.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.validation.mta import repeat_of, scenario_of

REPLIES = ("helo", "mail", "rcpt", "data_init", "data_xfer", "data_done")
PARAMS: dict[str, dict[str, str]] = {
    "postfix": {
        "queue_run_delay": "2s", "minimal_backoff_time": "4s", "maximal_backoff_time": "16s", "maximal_queue_lifetime": "40s",
        "bounce_queue_lifetime": "40s", "smtp_connect_timeout": "3s", **{f"smtp_{stage}_timeout": "6s" for stage in REPLIES},
    },
    "exim": {
        "retry": "* * F,20s,4s; G,40s,4s,1.5", "queue_interval": "2s", "connect_timeout": "3s", "command_timeout": "6s",
        "data_timeout": "6s", "final_timeout": "6s", "ignore_bounce_errors_after": "40s",
    },
    "sendmail": {
        "queue_interval": "4s", "Timeout.queuereturn": "40s", "Timeout.connect": "3s", "Timeout.hoststatus": "1s",
        **{f"Timeout.{stage}": "6s" for stage in ("initial", "helo", "mail", "rcpt", "datainit", "datablock", "datafinal")},
    },
}  # fmt: skip
PROGRAMS = tuple(PARAMS)
D = "dest.test."
ONE = [f"{D} MX 10 mx1.{D}", f"mx1.{D} A 10.99.2.11"]
TWO = [*ONE, f"{D} MX 20 mx2.{D}", f"mx2.{D} A 10.99.2.12"]
SIX = [line for k in range(1, 7) for line in (f"{D} MX {k}0 h{k}.{D}", f"h{k}.{D} A 10.99.2.2{k}")]
BASE = [
    "gt.test. SOA ns.gt.test. root.gt.test. 1 3600 600 86400 5", "ns.gt.test. A 10.99.2.53", "mta.gt.test. A 10.99.1.2",
    "sender.test. SOA ns.gt.test. root.gt.test. 1 3600 600 86400 5", "sender.test. MX 10 home.sender.test.",
    "home.sender.test. A 10.99.2.9", f"{D} SOA ns.gt.test. root.gt.test. 1 3600 600 86400 5",
]  # fmt: skip


def zone(lines: list[str]) -> list[dict[str, Any]]:
    split = [line.split(" ", 2) for line in lines]
    return [{"name": name, "type": rtype, "ttl": 5, "value": value} for name, rtype, value in split]


def body(program: str, records: list[str], *, faults: list[list[Any]] | None = None, **more: Any) -> dict[str, Any]:
    """The set-up of a case: what a host says (``mx1=[rule, ...]``), its SIZE (``size``), the MTA as backup (``relays``), edits."""
    addresses: dict[str, list[str]] = {}
    for name, rtype, value in (line.split(" ", 2) for line in dict.fromkeys([*BASE[4:], *records, *more.get("later", [])])):
        if rtype == "A" and value.startswith("10.99.2."):
            addresses.setdefault(name.split(".")[0], []).append(value)
    hosts = {h: {"addrs": own, "behaviour": more.get(h, []), "size_limit": more.get("size")} for h, own in addresses.items()}
    hosts["home"]["size_limit"] = None
    world: dict[str, Any] = {"zones": zone([*BASE, *records]), "hosts": hosts, "faults": faults or []}
    world["resolver"] = {"kind": "direct", "timeout": 1, "attempts": 2}
    if more.get("relays"):
        world["relay_domains"] = "dest.test"
    if "later" in more:
        world["zone_changes"] = [{"t": 10, "zone": "dest.test", "records": zone([BASE[-1], *more["later"]])}]
    mail = {"id": "m01", "t": 0.0, "from": "s01@sender.test", "to": ["u01@dest.test"], "size": 1000}
    mta = {"kind": program, "host": "mta.gt.test", "ip": "10.99.1.2", "params": PARAMS[program]}
    return {"horizon": 75, "mta": mta, "world": world, "workload": [mail]}


def happened(program: str, records: list[str], **more: Any) -> tuple[dict[str, Any], list[list[str]]]:
    """The recipient's row, and for each try that contacted somebody: host, outcome and code of each address."""
    set_up = body(program, records, **more)
    row = repeat_of(set_up, scenario_of(set_up).run(seed=5, progress=False))["messages"][0]["recipients"][0]
    tries = [[f"{a['host']} {a['outcome']} {a['code'] or ''}".strip() for a in t["addresses"]] for t in row["tries"] if t["addresses"]]
    return row, tries


def outage(target: str, kind: str, start: int = -1, end: int = 999) -> list[Any]:
    return [start, end, target, kind]


# -- where the mail goes ---------------------------------------------------------------------------------------------------

#: situation -> records, what each program did: the host that got the mail, or the status of the report
ROUTES: dict[str, tuple[list[str], tuple[str, str, str]]] = {
    "no MX, A present": ([f"{D} A 10.99.2.11"], ("dest", "dest", "dest")),
    "no MX, no A": ([], ("5.4.4", "5.0.0", "5.1.2")),
    "null MX": ([f"{D} MX 0 .", f"{D} A 10.99.2.11"], ("5.1.0", "5.0.0", "5.1.10")),
    "MX -> CNAME": ([f"{D} MX 10 mail.{D}", f"mail.{D} CNAME mx1.{D}", f"mx1.{D} A 10.99.2.11"], ("mx1", "mx1", "mx1")),
    "the only MX host does not exist": ([f"{D} MX 10 ghost.{D}"], ("5.4.4", "5.0.0", "5.1.2")),
    "the only MX host does not exist, but A": ([f"{D} MX 10 ghost.{D}", f"{D} A 10.99.2.11"], ("5.4.4", "5.0.0", "5.1.2")),
    "the best of two MX hosts does not exist": ([f"{D} MX 10 ghost.{D}", *TWO[2:]], ("mx2", "mx2", "mx2")),
    "MX is an address": ([f"{D} MX 10 10.99.2.11.", f"mx1.{D} A 10.99.2.11"], ("mx1", "5.0.0", "mx1")),
    "MX is an address, with a good one": ([f"{D} MX 10 10.99.2.11.", f"mx1.{D} A 10.99.2.11", *TWO[2:]], ("mx1", "mx2", "mx1")),
    "the best MX is 127.0.0.1": ([f"{D} MX 10 lo.{D}", f"lo.{D} A 127.0.0.1", *TWO[2:]], ("5.4.6", "mx2", "mx2")),
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("situation", ROUTES)
def test_where_mail_goes(situation: str, program: str) -> None:
    records, wanted = ROUTES[situation]
    row, _ = happened(program, records)
    status = row["dsns"][-1]["status"] if row["dsns"] else None
    assert (row["via"] or status) == wanted[PROGRAMS.index(program)]
    assert row["t_final"] < 1


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_recipient_domain_that_is_an_alias_is_followed_also_where_its_zone_begins_with_it(program: str) -> None:
    other = [
        "real.test. SOA ns.gt.test. root.gt.test. 1 3600 600 86400 5",
        "real.test. MX 10 mx1.real.test.",
        "mx1.real.test. A 10.99.2.11",
    ]
    assert happened(program, [f"{D} CNAME real.test.", *other])[0]["via"] == "mx1"


@pytest.mark.parametrize(
    ("program", "final", "status"), [("postfix", "bounced", "5.4.6"), ("exim", "queued", None), ("sendmail", "bounced", "5.5.0")]
)
def test_an_mta_that_is_itself_a_best_mx_returns_the_mail_and_exim_freezes_it(program: str, final: str, status: str | None) -> None:
    row, tries = happened(program, [*ONE, f"{D} MX 10 mta.gt.test."], relays=True)
    assert (row["final"], [d["status"] for d in row["dsns"]], tries) == (final, [status] if status else [], [])
    if program == "exim":  # left alone by all queue runs
        assert len(row["tries"]) == 1


# -- names that can't be looked up -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_mx_that_is_refused_or_fails_waits_and_a_is_not_used(program: str) -> None:
    for kind in ("refused", "servfail"):
        row, tries = happened(program, [*ONE, f"{D} A 10.99.2.12"], faults=[outage("dns:^dest\\.test/MX", kind)])
        assert (row["final"], tries) == ("expired", [])


def test_dns_that_is_silent_for_15_s_makes_sendmail_return_the_mail_and_the_others_wait() -> None:
    """dns_timeout_recover, all repeats: AAAA and A are asked as well, the last answer after 15 s is that there is no A."""
    ends = {program: happened(program, TWO, faults=[outage("dns:dest\\.test", "timeout", end=15)])[0] for program in PROGRAMS}
    assert {program: row["final"] for program, row in ends.items()} == {"postfix": "delivered", "exim": "delivered", "sendmail": "bounced"}
    assert [d["status"] for d in ends["sendmail"]["dsns"]] == ["5.1.2"]
    assert ends["sendmail"]["t_final"] == pytest.approx(15.1, abs=0.1)


# -- limits ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_six_mx_five_of_them_dead(program: str) -> None:
    """Postfix looks at five addresses and never at the sixth; Exim goes beyond hosts_max_try for a worse preference."""
    row, tries = happened(program, SIX, faults=[outage(f"h{k}", "refused") for k in range(1, 6)])
    dead = [f"h{k} refused" for k in range(1, 6)]
    wanted = ("expired", dead) if program == "postfix" else ("delivered", [*dead, "h6 delivered 250"])
    assert (row["final"], tries[0]) == wanted


def test_exim_goes_on_with_those_beyond_hosts_max_try_in_the_next_queue_run() -> None:
    """Of six equals five are tried and fail; the sixth has no retry time, so the run 1 s later takes it, not the one after 4 s."""
    equal = [line.replace("MX 20", "MX 10").replace("MX 30", "MX 10").replace("MX 40", "MX 10") for line in SIX]
    equal = [line.replace("MX 50", "MX 10").replace("MX 60", "MX 10") for line in equal]
    row, tries = happened("exim", equal, faults=[outage(f"h{k}", "refused", end=2 if k == 6 else 999) for k in range(1, 7)])
    assert len(tries[0]) == 5
    assert len(tries[1]) == 1
    assert row["tries"][1]["t_start"] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_message_larger_than_the_announced_size(program: str) -> None:
    """Postfix leaves after EHLO; the others send it, and the server of the recordings took it."""
    row, tries = happened(program, ONE, size=500)
    wanted = ("bounced", [["mx1 gave_up"]]) if program == "postfix" else ("delivered", [["mx1 delivered 250"]])
    assert (row["final"], tries) == wanted
    assert [d["status"] for d in row["dsns"]] == (["5.3.4"] if program == "postfix" else [])


# -- zone changes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("program", "earliest", "latest"), [("postfix", 11, 17.2), ("exim", 11, 11.2), ("sendmail", 13.9, 14.2)])
def test_a_second_mx_from_10_s_on(program: str, earliest: float, latest: float) -> None:
    """Postfix and sendmail find it at their next attempt; Exim in the next queue run, though mx1's retry time is 13 s."""
    row, tries = happened(program, ONE, faults=[outage("mx1", "refused")], later=TWO)
    assert row["via"] == "mx2"
    assert earliest <= row["t_final"] <= latest
    assert tries[-1] == (["mx2 delivered 250"] if program == "exim" else ["mx1 refused", "mx2 delivered 250"])
