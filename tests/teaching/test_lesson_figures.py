"""Every figure of the lesson plans is what a run gives, or a rule's own number: read from the Markdown, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Any

import pandas as pd
import pytest

import mailsim
from lesson_sheets import LANGUAGES, LESSONS, Shown, fences, figures, keyed, prose, teacher
from mailsim import flavours, teaching
from mailsim.flavours.retry_models import AgeClamped
from mailsim.units import micros

DAY = 86_400.0
#: the words of answers
GERMAN = {"yes": "ja", "no": "nein", "true": "wahr", "half true": "halb wahr", "false": "falsch", "nobody": "niemand"}
#: what a claim is of whose two parts none, one or both hold
VERDICTS = ("false", "half true", "true")
#: what a row's figure may be: rounded as it is written, or near a figure that has chance in it, or above what it says
Wanted = Any


@dataclass(frozen=True)
class Near:
    """A figure with chance in it: as close as this."""

    value: float
    slack: float


def fits(shown: Shown, wanted: Wanted) -> bool:
    if isinstance(wanted, Near):
        return abs(shown.value - wanted.value) <= wanted.slack
    return shown.rounds(wanted)


def prove(text: str, expected: list[Wanted], language: str) -> None:
    """The figures of a text are these, in this order; a word among them is how it begins."""
    wanted = [one for one in expected if not isinstance(one, str)]
    for word in (one for one in expected if isinstance(one, str)):
        plain = text.translate({ord("*"): None, ord("`"): None})
        assert re.match(GERMAN.get(word, word) + r"\b" if language == "de" else word + r"\b", plain), (text, word)
    found = figures(text)
    assert len(found) == len(wanted), (text, wanted)
    assert [one.text for one, right in zip(found, wanted, strict=True) if not fits(one, right)] == [], (text, wanted)


# -- what the runs give


def without(scenario: mailsim.Scenario, line: str) -> mailsim.Scenario:
    zone = next(zone for zone in scenario.zones if line in zone)
    return scenario.replace(f"zones[{scenario.zones.index(zone)}]", zone.replace(line, ""))


def mx(scenario: mailsim.Scenario, *records: str) -> mailsim.Scenario:
    """The scenario with other MX records of the first zone."""
    lines = [line for line in scenario.zones[0].splitlines() if " IN MX " not in line]
    return scenario.replace("zones[0]", "\n".join([*lines, *(f"@ 3600 IN MX {record}" for record in records), ""]))


def share(result: mailsim.Result, server: str, *, until_s: float = float("inf")) -> float:
    mail = result.messages[result.messages["parent"].isna() & (result.messages["sent_s"] < until_s)]
    return float((mail["via"] == f"{server}.example.com").mean())


def back_after_s(result: mailsim.Result, message: int = 0) -> float:
    """From send to the report in the writer's mailbox."""
    sent_s = result.messages.set_index("message")["sent_s"][message]
    return float(result.bounces.set_index("message")["report_stored_s"][message] - sent_s)


def verdict(a: bool, b: bool) -> str:
    return VERDICTS[int(a) + int(b)]


def lesson_1() -> dict[str, list[Wanted]]:
    return {**_first_mail(), **_picking(), **_fact_check(), "W5": [250], "G": [250]}


def _first_mail() -> dict[str, list[Wanted]]:
    scenario = mailsim.load("first-mail")
    again = scenario.replace("traffic[0].times", ["1m", "2m"]).run()
    first, second = again.messages["latency_read_s"]
    parts = again.latency_budget().iloc[0]
    asked = teaching.lookups_of(again, 0)
    assert asked["type"].tolist() == ["SRV", "A", "MX", "A"]
    assert asked["node"].tolist() == ["ann", "ann", "isp", "isp"]
    ttl = re.search(r"(\d+) IN MX", scenario.zones[0])
    assert ttl is not None
    half = {"default": {"rtt": {"kind": "lognormal", "median": "20ms", "sigma": 0.4}}}
    own_questions = asked.loc[asked["node"] == "ann", "duration_s"].sum()
    return {
        "1A": [first],
        "1B": [teaching.slowest_part(again, 0), parts["submit_s"]],
        "1C": [len(asked)],
        "1D": [second],
        "1.1": [teaching.slowest_part(again, 1)],
        "1.2": [first - second],
        "1.3": [float(ttl[1]), float(ttl[1])],
        "S": [" → ".join(("ann", "isp", "mx1", "boxes", "bob"))],
        "W6": [parts["relay_s"], first, parts["submit_s"], own_questions],
        "Q1": [0.04, first, 0.02, scenario.replace("links", half).run().messages["latency_read_s"][0]],
    }


def _picking() -> dict[str, list[Wanted]]:
    scenario = mailsim.load("three-servers")
    result = scenario.with_outage("mx1", start="12h", length="6h").run()
    equal = mx(scenario, "10 mx1", "10 mx2", "10 mx3").run()
    few = scenario.replace("traffic[0].count", 20)  # where every mail goes the same way
    bare = mx(few)
    refused = bare.with_outage("web", length="7d", how="refused").run()
    hundreds = mx(few, "100 mx1", "200 mx2", "300 mx3").run()
    halves = {language: re.findall(r'"([^"]+)"', keyed(teacher("lesson-1", language))["2.1"][0]) for language in LANGUAGES}
    assert halves["en"] == halves["de"]
    ours = mx(scenario, *halves["en"]).run()
    nobody = mx(few, *re.findall(r'"([^"]+)"', keyed(teacher("lesson-1", "en"))["2.2"][0])).run()
    assert set(nobody.messages.loc[nobody.messages["parent"].isna(), "state"]) == {"bounced"}
    return {
        "2A": [share(result, "mx1", until_s=DAY / 2)],
        "2B": [teaching.taken_by(result, teaching.first_sent(result, "13h"))],
        "2C": [share(result, "mx3")],
        "2D": [share(hundreds, "mx1")],
        "2E": [share(equal, "mx1")],
        "2F": [teaching.taken_by(bare.run(), 0)],
        "2G": [back_after_s(refused)],
        "2.1": [share(ours, "mx1"), share(ours, "mx2"), share(ours, "mx3")],
        "2.2": [back_after_s(nobody)],
        "W4": [share(few.run(), "mx2"), 10, share(equal, "mx1")],
        "W7": [],
    }


def _fact_check() -> dict[str, list[Wanted]]:
    first = mailsim.load("first-mail")
    record = first.run().lookups.query("type == 'MX'")["answer"].iloc[0]
    wrong = mx(first, "10 192.0.2.10").run()
    fallback = mailsim.load("client-side-fallback").run()
    asked = fallback.lookups.query("name == 'example.com' and type == 'MX' and node == 'isp'")
    answers = {frozenset(re.findall(r"\d+ mx\d", answer)) for answer in asked["answer"]}
    assert answers == {frozenset({"10 mx1", "20 mx2"})}
    tried = fallback.attempts[fallback.attempts["message"] == teaching.first_sent(fallback, "1h30m")]["host"]
    in_vain = fallback.attempts[fallback.attempts["outcome"] == "silent"]
    numbers = mailsim.load("preference-numbers")
    hundreds, tens = numbers.run(), mx(numbers, "10 mx1", "20 mx2", "30 mx3").run()
    takers = hundreds.messages["via"].str.split(".").str[0].value_counts()
    in_order = hundreds.messages.groupby("during_fault")["via"].unique().map(list).to_dict()
    calm = mx(numbers, "5 mx1", "500 mx2").without("faults").run()
    order = verdict(in_order == {False: ["mx1.example.com"], True: ["mx2.example.com"]}, hundreds.trace_hash == tens.trace_hash)
    more = [share(calm, "mx1") > share(calm, "mx2"), share(calm, "mx1") == 100 * share(calm, "mx2")]
    line = "@    3600 IN MX  20 mx2\n"
    machine = mailsim.load("single-server")
    service = mailsim.load("client-side-fallback").replace("faults[0].target", "192.0.2.10").replace("faults[0].how", "refused")
    runs = [world.run() for world in (without(machine, line), machine, without(service, line), service)]
    off_one, off_two, part_one, part_two = (teaching.delay_of(run, teaching.first_sent(run, "1h30m")) for run in runs)
    assert off_one == pytest.approx(off_two, abs=1)
    spool = mailsim.load("backup-spool-48h").run()
    default = spool.scenario.without("nodes.mx2.queue_lifetime").run()
    checked = mailsim.load("health-checked-dns").run().messages["latency_stored_s"]
    late = int((fallback.messages["latency_stored_s"] > 10).sum())
    after_s = back_after_s(spool)
    patience_s = flavours.mta_figures("postfix").queue_lifetime / 1e6
    return {
        "F1": [verdict("192.0.2.10" in record, wrong.messages["state"][0] == "stored"), back_after_s(wrong)],
        "F2": [verdict(len(answers) > 1, "mx1.example.com" not in set(tried)), len(asked), late, in_vain["duration_s"].median()],
        "F3": [order, takers["mx1"], takers["mx2"], 10, 20, 30],
        "F4": [verdict(off_one - off_two < 60, part_one - part_two < 60), off_one, part_one, part_two],
        "F5": [verdict(48 <= after_s / 3_600 < 50, len(default.bounces) > 0), after_s, patience_s, len(default.bounces)],
        "F6": [(checked > 10).sum(), checked.max()],
        "F.1": [micros(fallback.scenario.values(given=True)["traffic"][0]["until"]) / 1e6],
        "F.2": [0],
        "F.3": [after_s],
        "F.4": [verdict(*more)],
        "W1": [2, len(asked), in_vain["duration_s"].median()],
        "W2": [back_after_s(wrong)],
        "W3": [100, 200, 300, takers["mx1"], takers["mx2"]],
        "W8": [off_one, off_two, part_two, part_one],
    }


def lesson_2() -> dict[str, list[Wanted]]:
    return {**_primary_outage(), **_bounces(), **_curve(), "W5": []}


def _primary_outage() -> dict[str, list[Wanted]]:
    result = mailsim.load("primary-outage").run()
    numbers = [teaching.first_sent(result, after) for after in ("50m", "1h10m", "4h50m")]
    a, b, c = (teaching.delay_of(result, number) for number in numbers)
    mail = result.messages
    waited = mail[mail["via"].fillna("").str.startswith("mx2")]["stored_s"].max()
    end = float(result.faults["end_s"][0])
    asked = result.lookups[(result.lookups["type"] == "MX") & (result.lookups["name"] == "example.com")]
    assert {frozenset(re.findall(r"mx\d", answer)) for answer in asked["answer"]} == {frozenset({"mx1", "mx2"})}  # W5: the same two names
    how = {one: mailsim.load("dead-primary-delay").replace("faults[0].how", one).run() for one in ("silent", "refused")}
    silent, refused = (one.messages.groupby("flavour")["latency_stored_s"].median() for one in how.values())
    no = how["refused"].attempts
    assert no.loc[no["outcome"] == "refused", "duration_s"].max() < 1  # W6: less than a second
    pairs = [one[name] for name in ("exim", "postfix", "qmail") for one in (silent, refused)]
    retry = flavours.mta_figures("postfix").retry
    assert isinstance(retry, AgeClamped)
    pauses = retry.minimum / 1e6, retry.maximum / 1e6
    in_vain = result.attempts[(result.attempts["node"] == "isp") & (result.attempts["outcome"] == "silent")]
    return {
        "3A": [a],
        "3B": [b],
        "3C": [c],
        "3D": [teaching.taken_by(result, numbers[1])],
        "3E": [silent["exim"]],
        "3F": [refused["exim"]],
        "3T": pairs,
        "3.1": [],
        "3.2": [teaching.taken_by(result, result.example("fallback").number)],
        "3.3": [mail["latency_stored_s"].max()],
        "3.4": ["no" if (mail["state"] == "stored").all() else "yes"],
        "W1": [len(mail), (mail["state"] == "stored").sum(), 250],
        "W2": [end, waited, waited - end],
        "W6": [silent["exim"] - refused["exim"], 1],
        "board": [result.faults["start_s"][0], end, waited, in_vain["duration_s"].median(), *pauses, *_lifetimes()],
    }


def _lifetimes() -> list[float]:
    return [flavours.mta_figures(name).queue_lifetime / 1e6 for name in ("exim", "postfix")]


def _returned(days: float) -> float:
    """With pencil: of mail sent evenly over an outage, what is older than its sender's patience at the end; 40 % Postfix, 60 % Exim."""
    return 0.4 * max(days - 5, 0) / days + 0.6 * max(days - 4, 0) / days


def _bounces() -> dict[str, list[Wanted]]:
    spool = mailsim.load("backup-spool-48h").run()
    arrived = ["yes" if state == "stored" else "no" for state in spool.messages["state"][:2]]
    writer = spool.bounces["node"][0]
    names = {to: mailsim.load("first-mail").replace("traffic[0].to", to).run() for to in ("annn@example.org", "bobb@example.com")}
    at_once = [to.partition("@")[0] for to, run in names.items() if run.messages["state"][0] == "rejected"]
    wrong = mailsim.load("permanent-errors-in-an-outage")
    careful = wrong.without("faults").with_outage("mx1", start="16m", length="2h22m", how="4xx")
    shares = [world.run().summary().figures[0].shares.bounced for world in (wrong, careful)]
    hears = mailsim.load("when-the-sender-hears").run()
    told = hears.messages[hears.messages["parent"].notna() & (hears.messages["stored_s"] < DAY)]
    lonely = spool.scenario.with_outage("isp", start="36h", length="30d").run()
    last = spool.bounces["t_s"][0] % DAY
    after_s, (exim, postfix) = back_after_s(spool), _lifetimes()
    short = mailsim.outage_study(
        {"alone": "single-mx", "backed": mailsim.load("backup-mx").replace("nodes.mx2.queue_lifetime", "48h")},
        target="mx1", lengths=["6d"], runs=1, messages=200, progress=False,
    ).table["bounced_share"]  # fmt: skip
    lengths = ["6h", "1d", "2d", "4d", "5d", "6d", "8d"]
    study = mailsim.outage_study({"mx1": "single-mx"}, target="mx1", lengths=lengths, runs=1, messages=200, progress=False)
    layouts = {"alone": "single-mx", "backed": "backup-mx"}
    both = mailsim.outage_study(layouts, target="mx1", lengths=["1d", "7d"], runs=1, seed=7, messages=400, progress=False)
    table = both.table.set_index(["layout", "length"])
    alone, backed = (table.loc[name] for name in ("alone", "backed"))
    return {
        "5A": arrived[:1],
        "5B": arrived[1:],
        "5C": [after_s],
        "5D": [writer, 250],
        "5E": [shares[0]],
        "5F": [shares[1]],
        "5G": [exim],
        "5H": [study.table["bounced_share"].iloc[-1], exim, postfix],
        "5I": ["yes" if short[1] < short[0] else "no", short[1], short[0]],
        "5J": [hears.messages.set_index("message").loc[told["parent"].astype(int), "sender"].nunique()],
        "5K": at_once,
        "5L": [len(lonely.reports)],
        "5.1": [],
        "5.2": [last],
        "5.3": [writer],
        "5.4": ["nobody" if len(lonely.reports) == 1 else "ann"],
        "W3": [DAY, Near(alone["delay_p50_s"]["1d"], 2_700), Near(backed["delay_p50_s"]["1d"], 2_700)],
        "W4": [7 * DAY, _returned(7), Near(backed["bounced_share"]["7d"], 0.015), 48 * 3_600, 6 * DAY, short[0], short[1]],
        "W7": [7 * DAY, _returned(7), 14 * DAY, _returned(14)],
        "W8": [exim, postfix],
        "W9": [250, after_s],
    }


def _curve() -> dict[str, list[Wanted]]:
    days = {"K1": 0.25, "K2": 1.0, "K3": 4.0, "K4": 5.0, "K5": 7.0, "K6": 10.0, "K7": 14.0}
    lengths = [f"{round(one * 24)}h" for one in days.values()]
    study = mailsim.outage_study({"class": "single-mx"}, target="mx1", lengths=lengths, runs=1, seed=7, messages=200, progress=False)
    rows = {}
    for (key, length), share, half_s in zip(days.items(), study.table["bounced_share"], study.table["delay_p50_s"], strict=True):
        assert share == pytest.approx(_returned(length), abs=0.04)
        rows[key] = [length * DAY, _returned(length), *([] if pd.isna(half_s) else [Near(half_s, 0.04 * half_s)])]
    mix = next(one.value for one in mailsim.load("single-mx").assumptions() if one.path == "nodes.world.mix")
    assert mix == "postfix 0.4, exim 0.6"
    beyond = log(14 / 4) / log(14 / 0.25)  # each doubling from 6 h to 14 d is equally likely
    return {**rows, "curve": [0.4, 0.6, beyond, 7, 24, 4 * DAY], "vote": [4 * DAY, 48 * 3_600], "G": []}


FACTS: dict[str, Callable[[], dict[str, list[Wanted]]]] = {"lesson-1": lesson_1, "lesson-2": lesson_2}


@pytest.fixture(scope="module", params=LESSONS)
def facts(request: pytest.FixtureRequest) -> tuple[str, dict[str, list[Wanted]]]:
    return request.param, FACTS[request.param]()


@pytest.mark.slow
def test_every_figure_of_solutions_and_wrong_answers_is_what_a_run_gives(facts: tuple[str, dict[str, list[Wanted]]]) -> None:
    lesson, wanted = facts
    for language in LANGUAGES:
        rows = keyed(teacher(lesson, language))
        quick = {"Q1", "Q2"} if lesson == "lesson-2" else set()  # the slow test of test_lessons.py runs these
        assert set(rows) - quick == set(wanted) - {"board", *PARAGRAPHS}
        for key in set(rows) - quick:
            prove(" ; ".join(rows[key]), wanted[key], language)


@pytest.mark.slow
def test_every_other_figure_with_a_unit_is_proved_too(facts: tuple[str, dict[str, list[Wanted]]]) -> None:
    lesson, wanted = facts
    for language in LANGUAGES:
        text = teacher(lesson, language)
        measured = [one for one in figures(fences(text, "")[0]) if one.measured]
        assert [one.text for one, right in zip(measured, wanted.get("board", []), strict=True) if not fits(one, right)] == []
        for paragraph in prose(text):
            key = next((key for key, starts in PARAGRAPHS.items() if paragraph.startswith(starts)), "")
            if key:
                prove(paragraph, wanted[key], language)
            else:
                assert [one.text for one in figures(paragraph) if one.measured] == [], paragraph


PARAGRAPHS = {"curve": ("**The class's curve.**", "**Die Kurve der Klasse.**"), "vote": ("**The vote.**", "**Die Abstimmung.**")}
