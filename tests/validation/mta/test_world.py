"""What scenario a recorded case of an MTA becomes: worked out from the schema of the recordings, by hand, piece by piece."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.errors import UnsupportedError
from mailsim.validation.mta import scenario_of
from mailsim.validation.mta.world import sink_name
from mta_case import mta_body


def values(**more: Any) -> dict[str, Any]:
    return scenario_of(mta_body(**more)).values(given=True)


def test_the_mta_has_host_address_and_parameters_of_the_case_and_the_rest_is_the_same_for_all() -> None:
    mta = values()["nodes"]["mta"]
    assert (mta["kind"], mta["flavour"], mta["host"], mta["address"]) == ("mta", "postfix", "mta.gt.test", ["10.99.1.2"])
    assert mta["parameters"]["retry"] == {"minimum": "4s", "maximum": "16s", "scan": "2s"}
    assert (mta["parameters"]["dns_timeout"], mta["parameters"]["dns_tries"]) == ("1s", 2)
    assert mta["second_phase"] == "drawn"
    assert values(faults=[[5, 9, "mx1", "refused"]])["nodes"]["mta"] == mta


def test_each_address_of_a_host_is_a_server_that_takes_mail_for_all_domains_of_the_case() -> None:
    nodes = values(hosts={"mx1": {"addrs": ["10.99.2.11", "10.99.2.21"], "behaviour": [], "size_limit": 5000}})["nodes"]
    assert [name for name in nodes if name.startswith("mx1")] == [sink_name("mx1", 0), sink_name("mx1", 1)] == ["mx1-1", "mx1-2"]
    assert [nodes[name]["address"] for name in ("mx1-1", "mx1-2", "mx2-1", "home-1")] == [
        ["10.99.2.11"], ["10.99.2.21"], ["10.99.2.12"], ["10.99.2.9"],
    ]  # fmt: skip
    assert nodes["mx1-2"]["final_for"] == ["sender.test", "dest.test"]
    # the sinks announced a SIZE and took what was larger all the same
    sizes = [nodes["mx1-2"]["parameters"][key] for key in ("size_announced", "size_limit")]
    assert sizes == [5000, None]
    assert nodes["mx2-1"]["parameters"]["max_sessions"] is None


def test_rules_of_behaviour_are_lines_of_a_script() -> None:
    rules = [
        {"start": -1, "end": 20, "stage": "rcpt", "reply": "450 4.2.0 busy", "match": "u01"},
        {"start": 5, "end": 999, "stage": "eod", "delay": 2.5, "close": True},
        {"greylist": 10},
    ]
    mx1 = scenario_of(mta_body(hosts={"mx1": {"addrs": ["10.99.2.11"], "behaviour": rules}})).nodes["mx1-1"]
    busy, slow = mx1.script
    assert (busy.stage, busy.reply, busy.match, busy.close, busy.start, busy.until) == (
        "rcpt",
        "450 4.2.0 busy",
        "u01",
        False,
        0,
        20_000_000,
    )
    # 999 is for ever
    assert (slow.stage, slow.reply, slow.delay, slow.close, slow.start, slow.until) == ("eod", None, 2_500_000, True, 5_000_000, None)
    assert mx1.greylist == 10_000_000


def test_the_mail_is_handed_in_by_a_client_of_its_sender() -> None:
    found = values()
    assert found["nodes"]["sender0"]["address"] == "s01@sender.test"
    assert found["traffic"] == [
        {"kind": "at", "from": "s01@sender.test", "to": ["u01@dest.test"], "times": ["0s"], "size": {"kind": "constant", "value": 1000}}
    ]
    assert found["run_until"] == "1m28s"


def test_mail_of_the_null_sender_comes_from_a_client_with_an_address_of_its_own() -> None:
    body = mta_body()
    body["workload"].append({"id": "m02", "t": 1.5, "from": "", "to": ["u02@dest.test"], "size": 800})
    scenario = scenario_of(body)
    assert [(line.from_, line.null_sender, line.times) for line in scenario.traffic] == [
        ("s01@sender.test", False, (0,)),
        ("null1@client.test", True, (1_500_000,)),
    ]


@pytest.mark.parametrize(
    ("fault", "outages"),
    [
        ([3, 20, "mx1", "timeout"], [("mx1-1", 3, 20, "silent")]),
        ([-1, 20, "mx1", "refused"], [("mx1-1", 0, 20, "refused")]),  # -1: since before the beginning
        ([3, 20, "10.99.2.12", "unreachable"], [("mx2-1", 3, 20, "unreachable")]),  # an address
        ([3, 20, "mx2", "netunreach"], [("mx2-1", 3, 20, "unreachable")]),
        ([3, 20, "dns:^dest.test/MX", "servfail"], [("dns dest.test/MX", 3, 20, "servfail")]),
        (
            [3, 20, "dns:^mx[12].dest.test/A$", "timeout"],
            [("dns mx1.dest.test/A", 3, 20, "silent"), ("dns mx2.dest.test/A", 3, 20, "silent")],
        ),
        ([3, 20, "dns:^dest.test/MX", "nxdomain"], [("dns dest.test/MX", 3, 20, "nxdomain")]),
    ],
)
def test_faults_are_outages_of_servers_or_of_questions(fault: list[Any], outages: list[tuple[str, int, int, str]]) -> None:
    found = scenario_of(mta_body(faults=[fault])).faults
    assert [(one.target, one.start, one.start + one.length, str(one.how)) for one in found] == [
        (target, start * 1_000_000, end * 1_000_000, how) for target, start, end, how in outages
    ]


def test_all_questions_of_all_names_may_fail() -> None:
    found = scenario_of(mta_body(faults=[[0, 999, "dns", "timeout"]])).faults
    targets = {one.target for one in found}
    assert {"dns dest.test/MX", "dns mx1.dest.test/A", "dns mx2.dest.test/AAAA", "dns _mta-sts.dest.test/TXT"} <= targets


def test_an_mta_that_asks_the_name_server_itself_has_no_resolver_between() -> None:
    assert [(name, node["kind"]) for name, node in values()["nodes"].items() if name in ("dns", "ns")] == [("dns", "nameserver")]
    nodes = values(resolver={"kind": "unbound", "timeout": 1, "attempts": 2})["nodes"]
    assert (nodes["dns"]["kind"], nodes["dns"]["flavour"], nodes["ns"]["kind"]) == ("resolver", "unbound", "nameserver")


def test_a_changed_zone_is_a_planned_change() -> None:
    records = [{"name": "dest.test.", "type": "MX", "value": "10 mx2.dest.test.", "ttl": 5}]
    (change,) = values(zone_changes=[{"t": 12, "zone": "dest.test.", "records": records}])["changes"]
    assert (change["at"], change["zone"], change["records"]) == ("12s", "dest.test", "dest.test. 5 IN MX 10 mx2.dest.test.")
    # what the zone had before and has no more: its start of authority is written anew with every version
    assert set(change["remove"]) == {"dest.test SOA", "mx1.dest.test A", "mx2.dest.test A"}


def test_domains_that_the_mta_is_mx_for_are_relayed() -> None:
    assert values(relay_domains="dest.test, else.test")["nodes"]["mta"]["relays_for"] == ["dest.test", "else.test"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"resolver": {"kind": "bind", "timeout": 1, "attempts": 2}}, "resolver of kind 'bind'"),
        ({"faults": [[0, 1, "mx9", "timeout"]]}, "'mx9', which is neither host nor address nor dns"),
        ({"kind": "pigeon"}, "the parameters of 'pigeon'"),
    ],
)
def test_what_is_not_modelled_is_refused_with_its_name(more: dict[str, Any], said: str) -> None:
    with pytest.raises(UnsupportedError, match=said):
        scenario_of(mta_body(**more))
