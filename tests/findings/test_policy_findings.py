"""Findings about MTA-STS and DANE: each on the smallest set-up that has it, none on a sound one."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.findings.policies import POLICIES
from mailsim.findings.view import View
from mailsim.scenario import load

HEAD = """\
$ORIGIN example.com.
@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@    3600 IN NS  ns1
@    3600 IN MX  10 mx1
@    3600 IN MX  20 mx2
mx1  3600 IN A   192.0.2.10
mx2  3600 IN A   198.51.100.20
"""
RECORD = '_mta-sts 60 IN TXT "v=STSv1; id=1"\n'
TLSA = "_25._tcp.mx1 60 IN TLSA {} 1 1 " + "ab" * 32 + "\n"
BOTH = ["mx1.example.com", "mx2.example.com"]


def told(
    *,
    zone: str = HEAD + RECORD,
    policies: dict[str, Any] | None = None,
    mode: str = "enforce",
    mx: list[str] | None = None,
    heeds: bool = True,
    **more: Any,
) -> list[tuple[str, str, str]]:
    policy = {"mode": mode, "mx": mx or BOTH, "max_age": "7d", **more.pop("terms", {})}
    nodes = {
        "dns": {"kind": "resolver"},
        "mx1": {"kind": "mta", "final_for": ["example.com"], **more.pop("mx1", {})},
        "mx2": {"kind": "mta", "relays_for": ["example.com"], "parameters": {"sts": heeds}},
    }
    served = {"example.com": policy} if policies is None else policies
    view = View(load({"name": "small", "zones": [zone], "nodes": nodes, "policies": served, **more}))
    return [(one.severity, one.where, one.what) for check in POLICIES for one in check(view)]


def test_a_sound_policy_has_no_findings() -> None:
    assert told() == []
    assert told(mx=["*.example.com"]) == []


def test_a_backup_that_the_policy_does_not_name_is_no_backup() -> None:
    what = "the backup mx2.example.com is missing from the MTA-STS policy: to senders that heed it, it is no MX"
    assert told(mx=BOTH[:1]) == [("warning", "policies.example.com", what)]


def test_a_primary_that_it_does_not_name_is_told_by_name() -> None:
    ((severity, _, what),) = told(mx=BOTH[1:])
    assert (severity, what.startswith("mx1.example.com is missing")) == ("warning", True)


def test_a_policy_that_names_no_mx_at_all_is_an_error() -> None:
    ((severity, _, what),) = told(mx=["old.example.com"])
    assert (severity, "can deliver nowhere" in what) == ("error", True)


@pytest.mark.parametrize(("mode", "severities"), [("testing", ["note"]), ("none", [])])
def test_in_other_modes_nothing_is_lost(mode: str, severities: list[str]) -> None:
    assert [one[0] for one in told(mode=mode, mx=BOTH[:1])] == severities


def test_what_is_served_later_is_looked_at_too() -> None:
    later = {"later": [{"at": "2h", "mode": "enforce", "mx": BOTH[:1], "max_age": "7d"}]}
    ((_, where, what),) = told(terms=later)
    assert where == "policies.example.com.later[0]"
    assert "policy from 2h on" in what


@pytest.mark.parametrize(("record", "what"), [("", "the zone has no _mta-sts"), (RECORD.replace("v=STSv1", "v=STS1"), "no valid _mta-sts")])
def test_a_policy_without_its_record_is_never_found(record: str, what: str) -> None:
    ((severity, where, said),) = told(zone=HEAD + record)
    assert (severity, where, what in said) == ("warning", "policies.example.com", True)


def test_a_record_without_its_policy_promises_in_vain() -> None:
    ((severity, where, _),) = told(policies={})
    assert (severity, where) == ("warning", "_mta-sts.example.com TXT")


def test_a_policy_that_no_sender_heeds_decides_nothing() -> None:
    ((severity, _, what),) = told(heeds=False)
    assert (severity, what.startswith("no MTA of the scenario heeds MTA-STS")) == ("note", True)


@pytest.mark.parametrize(
    ("mx1", "lacks"), [({"certificate": "invalid"}, "not a valid certificate"), ({"parameters": {"starttls": False}}, "no STARTTLS")]
)
def test_a_named_host_without_the_tls_that_is_demanded_is_skipped(mx1: dict[str, Any], lacks: str) -> None:
    what = f"mx1 has {lacks}, which the MTA-STS policy demands: senders that heed it skip it"
    assert told(mx1=mx1) == [("warning", "example.com MX 10", what)]
    assert told(mx1=mx1, mode="testing") == []


def dane(usage: int = 3, *, signed: bool = True, **mx1: Any) -> list[tuple[str, str, str]]:
    return told(zone=HEAD + TLSA.format(usage), policies={}, signed_zones=["example.com"] if signed else [], mx1=mx1)


def test_tlsa_records_that_are_met_are_sound() -> None:
    assert dane() == []


@pytest.mark.parametrize(
    ("found", "severity", "part"),
    [
        (dane(signed=False), "note", "not signed"),
        (dane(1), "note", "no record has usage 2 or 3"),
        (dane(tlsa_matches=False), "warning", "not the certificate that they name"),
        (dane(parameters={"starttls": False}), "warning", "no STARTTLS"),
    ],
)
def test_tlsa_records_that_are_not_are_told(found: list[tuple[str, str, str]], severity: str, part: str) -> None:
    ((how_bad, where, what),) = found
    assert (how_bad, where, part in what) == (severity, "_25._tcp.mx1.example.com TLSA", True)


def test_unusable_records_demand_no_certificate() -> None:
    assert [part for _, _, part in dane(1, tlsa_matches=False)] == [part for _, _, part in dane(1)]
