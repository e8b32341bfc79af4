"""A scenario as people look at it, in either language, as text and as a page."""

from __future__ import annotations

import re
from typing import Any

import pytest

import mailsim
from mailsim.language import speaking
from mailsim.scenario.portrait import as_html, parts
from mailsim.scenario.scenario import Scenario

EVERY = {"length": "30m", "until": "28d"}
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"start": "1h", "length": "4h"}, "silent from 1h to 5h", "schweigt von 1h bis 5h"),
    (
        {"every": {"period": "7d", **EVERY}},
        "silent for 30m every 7d, from 0s to 28d",
        "schweigt je 30m lang, alle 7d, von 0s bis 28d",
    ),
    (
        {"every": {"weekly": "Sunday 02:00", **EVERY}},
        "silent for 30m every Sunday 02:00, from 0s to 28d",
        "schweigt je 30m lang, jede Woche (Sunday 02:00), von 0s bis 28d",
    ),
    (
        {"every": {"daily": "02:00", **EVERY}},
        "silent for 30m every day 02:00, from 0s to 28d",
        "schweigt je 30m lang, jeden Tag um 02:00, von 0s bis 28d",
    ),
    (
        {"drawn": {"up": {"kind": "exponential", "mean": "30d"}, "down": {"kind": "exponential", "mean": "1h"}, "until": "365d"}},
        "silent at random: up exponential (mean 30d), down exponential (mean 1h), from 0s to 365d",
        "schweigt zufällig: läuft exponential (mean 30d), fällt aus exponential (mean 1h), von 0s bis 365d",
    ),
]
TRAFFIC: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "poisson", "rate": "1.5/min", "until": "9h"}, "about 1.5 a minute, from 0s to 9h", "etwa 1,5 in der Minute, von 0s bis 9h"),
    ({"kind": "spread", "count": 9, "until": "90s"}, "9 in all, from 0s to 1m 30s", "9 insgesamt, von 0s bis 1m 30s"),
    ({"kind": "periodic", "every": "5m", "until": "1h"}, "one every 5m, from 0s to 1h", "eine alle 5m, von 0s bis 1h"),
    ({"kind": "at", "times": ["2h", "1h"]}, "2 in all, the first at 1h", "2 insgesamt, die erste nach 1h"),
    ({"kind": "burst", "count": 5, "at": "1h"}, "5 at 1h", "5 auf einmal nach 1h"),
    ({"kind": "burst", "count": 5, "at": "1h", "within": "1m"}, "5 at 1h within 1m", "5 ab 1h binnen 1m"),
]


def world(**more: Any) -> Scenario:
    values = mailsim.load("primary-outage").values(given=True)
    return mailsim.load({**values, **more})


def said(scenario: Scenario, part: str, language: str) -> str:
    with speaking(language):
        [(name, what)] = parts(scenario)[part]
    return f"{name} {what}".strip()


@pytest.mark.parametrize(("when", "english", "german"), FAULTS)
def test_when_a_fault_holds_is_told_in_either_language(when: dict[str, Any], english: str, german: str) -> None:
    scenario = world(faults=[{"kind": "outage", "target": "mx1", "how": "silent", **when}])
    assert (said(scenario, "faults", "en"), said(scenario, "faults", "de")) == (f"mx1 {english}", f"mx1 {german}")


@pytest.mark.parametrize(("line", "english", "german"), TRAFFIC)
def test_who_writes_to_whom_is_told_in_either_language(line: dict[str, Any], english: str, german: str) -> None:
    scenario = world(traffic=[{"from": "ann@example.org", "to": "bob@example.com", **line}])
    assert said(scenario, "traffic", "en") == f"ann@example.org to bob@example.com: {english}"
    assert said(scenario, "traffic", "de") == f"ann@example.org an bob@example.com: {german}"


def test_no_english_is_left_in_german_but_what_the_file_says() -> None:
    scenario = world(changes=[{"at": "90m", "zone": "example.com", "records": "mx1 60 IN A 192.0.2.10"}])
    with speaking("de"):
        text, page = repr(scenario), re.sub(r"<style>.*?</style>|<[^>]+>", " ", as_html(scenario), flags=re.DOTALL)
    assert "Szenario 'primary-outage', Seed 7" in text
    assert "isp   mta: postfix; stellt zu für example.org; nimmt Mail von Benutzern an" in text
    assert "boxes mailstore: 1 Postfach; Standort north" in text
    assert "example.com nach 1h 30m" in text
    for word in ("keeps", "passes on", "takes submissions", "sends by", "fetches by", "mailbox", " site ", "traffic:", "starts ", "from "):
        assert word not in text.replace(scenario.lesson, ""), word
        assert word not in page.partition("Annahmen")[0].replace(scenario.lesson, ""), word


def test_zones_and_assumptions_are_folded_and_so_are_the_nodes_of_a_large_world() -> None:
    page = as_html(world())
    assert "<details open><summary>nodes: 8</summary>" in page
    assert "<details><summary>zones: 2</summary>" in page
    assert "<details><summary>assumptions: " in page
    values = mailsim.load("primary-outage").values(given=True)
    more = {f"reader{k}": {"kind": "client", "address": f"reader{k}@example.com"} for k in range(40)}
    large = as_html(mailsim.load({**values, "nodes": {**values["nodes"], **more}}))
    assert "<details><summary>nodes: 48</summary>" in large
    assert "... and 18 more" in large


def test_a_zone_is_shown_as_it_was_written_without_power() -> None:
    zone = '$ORIGIN example.net.\n@ 60 IN SOA ns1 hostmaster 1 2 3 4 5\n@ 60 IN TXT "<script>x</script>"'
    page = as_html(world(zones=[*mailsim.load("primary-outage").zones, zone]))
    assert "@ 60 IN TXT &quot;&lt;script&gt;x&lt;/script&gt;&quot;</pre>" in page
    assert "<script" not in page


def test_no_password_is_shown() -> None:
    mailboxes = {"ann@example.org": {"password": "zq9secret"}}
    scenario = world().replace("nodes.ann.password", "zq9secret").replace("nodes.home.mailboxes", mailboxes)
    assert "zq9secret" not in as_html(scenario) + repr(scenario)
