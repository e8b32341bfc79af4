"""Recorded whole paths as scenarios: what each part of a set-up becomes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.errors import UnsupportedError
from mailsim.validation.paths import repeat_of, scenario_of

RECORDS = [
    ("gt.test.", "SOA", "ns.gt.test. hostmaster.gt.test. 1 3600 600 86400 5"),
    ("ns.gt.test.", "A", "10.0.2.53"),
    ("mta.gt.test.", "A", "10.0.1.2"),
    ("dest.test.", "SOA", "ns.dest.test. hostmaster.dest.test. 1 3600 600 86400 5"),
    ("dest.test.", "MX", "10 one.dest.test."),
    ("dest.test.", "MX", "20 two.dest.test."),
    ("one.dest.test.", "A", "10.0.5.2"),
    ("two.dest.test.", "A", "10.0.4.2"),
]
PARAMS = {
    "queue_run_delay": "2s", "minimal_backoff_time": "4s", "maximal_backoff_time": "16s", "maximal_queue_lifetime": "40s",
    "bounce_queue_lifetime": "40s", "smtp_connect_timeout": "3s",
}  # fmt: skip


def body(*faults: list[Any], mails: int = 1, **more: Any) -> dict[str, Any]:
    """A set-up with this outage and so many mails, one a second."""
    return {
        "hosts": {
            "A": {"ip": "10.0.1.2", "role": "submission MTA"},
            "backup": {"ip": "10.0.4.2", "role": "backup MX, relay_domains = dest.test"},
            "primary": {"ip": "10.0.5.2", "role": "primary MX"},
        },
        "postfix_params": PARAMS,
        "world": {"zones": [{"name": n, "type": t, "ttl": 5, "value": v} for n, t, v in RECORDS], "faults": list(faults)},
        "workload": [{"id": f"m{k}", "t": float(k), "from": "a@gt.test", "to": ["b@dest.test"], "size": 1000} for k in range(mails)],
        "horizon": 60,
        "poll_every": 2.0,
        **more,
    }


def faults(*recorded: list[Any]) -> list[tuple[str, str]]:
    """What and how."""
    return [(fault.target, fault.how) for fault in scenario_of(body(*recorded)).faults]


@pytest.mark.parametrize(
    ("recorded", "declared"),
    [
        ([-1, 20, "primary", "timeout"], [("primary", "silent")]),
        ([0, 20, "10.0.4.2", "unreachable"], [("backup", "unreachable")]),
        # whoever answers every connection to a host with a reset does it for its mail store too
        ([0, 20, "primary", "refused"], [("primary", "refused"), ("boxes", "refused")]),
        ([0, 20, "lmtp", "refused"], [("boxes", "refused")]),
        ([0, 999, "auth of A", "refused"], [("auth of A", "refused")]),
        ([0, 20, r"dns:one\.dest\.test/A$", "servfail"], [("dns one.dest.test/A", "servfail")]),
    ],
)
def test_an_outage_is_declared_where_it_acts(recorded: list[Any], declared: list[tuple[str, str]]) -> None:
    assert faults(recorded) == declared


def test_a_pattern_of_names_finds_all_types_of_all_names_below() -> None:
    found = faults([-1, 8, r"dns:dest\.test", "timeout"])
    assert {target.partition("/")[0] for target, _ in found} == {"dns dest.test", "dns one.dest.test", "dns two.dest.test"}
    assert {target.partition("/")[2] for target, _ in found} >= {"MX", "A", "AAAA"}


@pytest.mark.parametrize("recorded", [[0, 5, "tertiary", "timeout"], [0, 5, "primary", "on fire"], [0, 5, "dns:dest", "on fire"]])
def test_what_is_not_modelled_is_refused(recorded: list[Any]) -> None:
    with pytest.raises(UnsupportedError):
        scenario_of(body(recorded))


def test_a_set_up_without_mail_is_called_by_the_clients_that_it_names() -> None:
    clients = {"auth": [{"name": "one", "user": "alice", "password": "good"}, {"name": "two", "user": "alice", "password": "bad"}]}
    set_up = body(mails=0, clients=clients)
    repeat = repeat_of(set_up, scenario_of(set_up).run(seed=1, progress=False))
    assert [(row["name"], row["reply"], row["exit"]) for row in repeat["auth"]] == [("one", "235", 0), ("two", "535", 28)]
    assert "fetch" not in repeat
    assert "messages" not in repeat


def test_mail_waits_at_the_primary_while_its_store_is_stopped() -> None:
    """The primary MX takes the mail and keeps it with its own timers (minimum 4 s), until the store is back at 6 s."""
    set_up = body([-1, 6, "lmtp", "refused"])
    repeat = repeat_of(set_up, scenario_of(set_up).run(seed=1, progress=False))
    (message,) = repeat["messages"]
    assert [hop["host"] for hop in message["hops"]] == ["A", "primary"]
    last = message["hops"][1]
    assert [one["result"] for one in last["tries"]] == ["deferred", "deferred", "sent"]
    # tried at once, after 4 s and after 8 s, each at the next scan, which come every 2 s at 0.07 to 0.55 s
    assert [round(one["t_start"]) for one in last["tries"]] == [0, 4, 8]
    assert last["tries"][2]["relay"].startswith("one.dest.test[10.0.5.2]")
    assert message["final"] == "fetched"


def test_polls_go_on_by_turns_until_both_readers_have_seen_all_mail() -> None:
    """Mail of 0 s and 1 s; looks at 0 (IMAP, before anything is there), 2 (POP3), 4 s (IMAP)."""
    set_up = body(mails=2)
    repeat = repeat_of(set_up, scenario_of(set_up).run(seed=1, progress=False))
    assert [(poll["t"], poll["proto"], poll["messages"]) for poll in repeat["polls"]] == [
        (0.0, "imap", 0),
        (2.0, "pop3", 2),
        (4.0, "imap", 2),
    ]
    for message in repeat["messages"]:
        assert {protocol: int(t) for protocol, t in message["t_fetched"].items()} == {"pop3": 2, "imap": 4}


def test_mail_that_is_returned_has_been_bounced() -> None:
    set_up = body([-1, 999, "primary", "timeout"], [-1, 999, "backup", "timeout"])
    (message,) = repeat_of(set_up, scenario_of(set_up).run(seed=1, progress=False))["messages"]
    assert (message["final"], [hop["host"] for hop in message["hops"]], message["t_fetched"]) == ("bounced", ["A"], {})
    assert message["hops"][0]["tries"][-1]["result"] == "bounced"


def test_a_zone_may_change_on_the_way() -> None:
    new = [{"name": "dest.test.", "type": "MX", "ttl": 5, "value": "10 two.dest.test."}]
    set_up = body()
    set_up["world"]["zone_changes"] = [
        {"t": 0, "zone": "dest.test.", "records": [*_records("dest.test.", "SOA"), *new, *_records("two.dest.test.", "A")]}
    ]
    (change,) = scenario_of(set_up).changes
    assert change.remove == ("one.dest.test A",)


def _records(name: str, rtype: str) -> list[dict[str, Any]]:
    return [{"name": n, "type": t, "ttl": 5, "value": v} for n, t, v in RECORDS if (n, t) == (name, rtype)]
