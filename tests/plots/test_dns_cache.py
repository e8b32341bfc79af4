"""The lanes show the lives and the questions that were read, what was wrong beside them, and say what they found."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from matplotlib.patches import Rectangle

from mailsim.errors import UnsupportedError
from mailsim.events import Event
from mailsim.plots.dns_cache import MOST_LANES, describe_dns_cache, dns_cache
from mailsim.plots.picture import Picture
from mailsim.plots.style import LOOKS
from mailsim.results import Result
from mailsim.results.cache_lives import lanes_of
from mailsim.rules.reasons import Why
from mailsim.scenario import load
from small_logs import Written, small_result, small_scenario


@cache
def ran(name: str, serve_expired: bool = False) -> Result:
    scenario = load(name)
    if serve_expired:
        scenario = scenario.replace("nodes.dns.parameters", {"serve_expired": True})
    return scenario.run(level="events")


def written(w: Written) -> Result:
    return Result(small_scenario(), 7, w.log(end_s=8000, conditions=[]))


def bars(ax: Any) -> list[tuple[int, float, float, str]]:
    """Lane, begin, end and hatch of each bar."""
    found = []
    for container in ax.containers:
        (patch,) = container.patches
        found.append((int(patch.get_y()), round(patch.get_x(), 6), round(patch.get_x() + patch.get_width(), 6), patch.get_hatch() or ""))
    return found


def labels(ax: Any) -> list[str]:
    return [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]


def words(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def title(ax: Any) -> str:
    return str(ax.get_title()).replace("\n", " ")


def test_bars_and_marks_are_those_of_the_metric() -> None:
    result = ran("moving-the-mx")
    ax: Any = dns_cache(result)
    lanes = lanes_of(result.log, result.scenario)
    assert labels(ax) == [f"{lane.name} {lane.rtype} at dns" for lane in lanes]
    expected = [(k, round(life.begin_us / 1e6, 6), round(life.end_us / 1e6, 6)) for k, lane in enumerate(lanes) for life in lane.lives]
    assert [bar[:3] for bar in bars(ax)] == expected
    shown = sum(len(points.get_offsets()) for points in ax.collections)
    assert shown == len(result.lookups)


def test_the_title_tells_when_the_last_cache_forgot_and_the_new_record_has_another_hatch() -> None:
    """From the change at 24 h to the end of the TTL of the last answer before it, off the table of look-ups."""
    result = ran("moving-the-mx")
    rows = result.lookups[(result.lookups["type"] == "MX") & (result.lookups["source"] == "asked")]
    last = rows[rows["start_s"] < 86_400].iloc[-1]
    minutes = (last["start_s"] + last["duration_s"] + 14_400 - 86_400) / 60
    ax: Any = dns_cache(result)
    assert title(ax) == f"The last cache forgot the old MX {minutes:.0f} min after the change."
    hatches = {hatch for lane, begin, _, hatch in bars(ax) if lane == 1 and begin > 86_400}
    assert hatches != {hatch for lane, begin, _, hatch in bars(ax) if lane == 1 and begin < 86_400}
    assert "the zone was changed" in words(ax)


def test_an_outage_of_name_servers_stands_in_the_lanes_of_their_zone_only() -> None:
    ax: Any = dns_cache(ran("dns-outage"))
    bands = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_hatch() == "////"]
    assert labels(ax)[0].startswith("mail.example.org")
    assert sorted((int(band.get_y()), band.get_x(), band.get_x() + band.get_width()) for band in bands) == [
        (1, 7200.0, 21600.0),
        (2, 7200.0, 21600.0),
    ]


def test_failed_and_stale_answers_are_counted_in_the_title() -> None:
    result = ran("dns-outage")
    failed, hits = int((result.lookups["rcode"] != "NOERROR").sum()), int((result.lookups["source"] == "cached").sum())
    assert title(dns_cache(result)) == f"{failed} of {len(result.lookups)} questions got no answer; {hits} were answered from the cache."
    stale: Any = dns_cache(ran("dns-outage", serve_expired=True))
    assert "answered with a record whose TTL was over" in title(stale)
    assert "TTL over, answered all the same (stale)" in words(stale)


def test_that_there_is_nothing_has_a_hatch_and_a_mark_of_its_own() -> None:
    w = Written()
    for t, why in ((100, Why.FROM_SERVER), (300, Why.NEGATIVE_CACHE)):
        w.event(t, Event.LOOKED_UP, message=0, node="isp", peer="x.example", detail=15, code=3, why=why, extra="NXDOMAIN", took=0)
    ax: Any = dns_cache(written(w))
    assert bars(ax) == [(0, 100, 300, "xx")]
    assert words(ax) == ["kept: that there is nothing", "there is no such name or record"]
    assert title(ax) == "0 of 2 questions were answered from the cache."


def test_more_lanes_than_fit_are_counted_and_failures_have_the_first_places() -> None:
    w = Written()
    for k in range(MOST_LANES + 3):
        name = {"peer": f"n{k}.example", "detail": 1, "node": "isp", "took": 1, "message": 0}
        w.event(10 * k, Event.LOOKED_UP, code=0, why=Why.FROM_SERVER, extra="192.0.2.1 (TTL 60)", **name)
    w.event(500, Event.LOOKED_UP, code=2, why=Why.FROM_SERVER, extra="SERVFAIL", **name)
    ax: Any = dns_cache(written(w))
    assert len(labels(ax)) == MOST_LANES
    assert labels(ax)[-1].startswith("n8.example")
    assert "and 3 more names and types" in ax.figure.get_supxlabel().replace("\n", " ")


def test_a_window_cuts_the_axis() -> None:
    ax = dns_cache(ran("moving-the-mx"), window=("23h", "30h"))
    assert ax.get_xlim() == (82_800.0, 108_000.0)


def test_nobody_asked_a_resolver_is_said() -> None:
    assert title(dns_cache(written(Written()))) == "No resolver with a cache was asked."


def test_without_event_rows_it_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="lookups"):
        dns_cache(small_result(level="messages"))


def test_the_description_tells_every_lane_and_every_fault() -> None:
    said = describe_dns_cache(ran("dns-outage"))
    assert "Wrong: ns1 (DNS silent, 4 h), 02:00; ns2 (DNS silent, 4 h), 02:00." in said
    assert "mail.example.org A at dns, number of questions: 48; 47 from the cache and 1 asked of name servers." in said


def test_in_german_sentences_change_and_records_do_not() -> None:
    ax: Any = dns_cache(ran("moving-the-mx"), language="de")
    english: Any = dns_cache(ran("moving-the-mx"))
    assert title(ax).startswith("Der letzte Cache vergaß den alten MX-Eintrag ")
    assert "Nameserver gefragt" in words(ax)
    assert bars(ax) == bars(english)
    assert isinstance(ax, Picture)
    assert ax.description == describe_dns_cache(ran("moving-the-mx"), language="de")


def test_a_hostile_name_is_text() -> None:
    w = Written()
    w.event(1, Event.LOOKED_UP, message=0, node="isp", peer="a\x1b[2J$x$.example", detail=1, code=0, why=Why.FROM_SERVER,
            extra="192.0.2.1 (TTL 60)", took=1)  # fmt: skip
    ax: Any = dns_cache(written(w))
    assert labels(ax) == [r"a\x1b[2J$x$.example A at dns"]


def test_every_kind_of_question_has_a_look_of_its_own() -> None:
    looks = [LOOKS[f"dns_{kind}"] for kind in ("hit", "asked", "negative", "stale", "failed")]
    assert len({(look.marker, look.filled) for look in looks}) == len(looks)


@pytest.mark.parametrize(
    ("fault", "lanes"),
    [
        ({"kind": "dns", "target": "dns", "how": "servfail"}, {0, 1, 2}),
        ({"kind": "partition", "a": "dns", "b": "ns1"}, {0, 1, 2}),
        ({"kind": "outage", "target": "ns2"}, {1, 2}),
        ({"kind": "outage", "target": "dns example.com/MX", "how": "nxdomain"}, {1}),
        ({"kind": "outage", "target": "mx1"}, set()),
    ],
    ids=["resolver", "cut off", "name server", "name", "mail server"],
)
def test_what_is_wrong_stands_in_the_lanes_that_it_is_about(fault: dict[str, str], lanes: set[int]) -> None:
    scenario = load("dns-outage").replace("faults", [{**fault, "start": "2h", "length": "30m"}])
    ax: Any = dns_cache(scenario.run(level="events"))
    bands = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_hatch() == "////"]
    assert labels(ax)[1:] == ["example.com MX at dns", "mx1.example.com A at dns"]
    assert {int(band.get_y()) for band in bands} == lanes


def test_a_negative_answer_that_was_used_once_has_a_mark_and_no_bar() -> None:
    w = Written()
    w.event(9, Event.LOOKED_UP, message=0, node="isp", peer="x.example", detail=15, code=3, why=Why.FROM_SERVER, extra="NXDOMAIN", took=1)
    ax: Any = dns_cache(written(w))
    assert bars(ax) == []
    assert words(ax) == ["there is no such name or record"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "When the run ended, 90 s after the change, a cache still held the old MX."),
        ("de", "Als der Lauf endete, 90 s nach der Änderung, stand der alte MX-Eintrag noch in einem Cache."),
    ],
)
def test_a_cache_that_holds_the_old_record_when_the_run_ends_is_not_told_to_have_forgotten_it(language: str, said: str) -> None:
    """The new record is known by what another resolver was told at 480 s; the first one keeps the old one until 701 s, beyond the end."""
    w = Written()
    answer: dict[str, Any] = {"message": 0, "peer": "example.com", "detail": 15, "code": 0, "why": Why.FROM_SERVER, "took": 1}
    w.event(100, Event.LOOKED_UP, node="isp", extra="10 old.example.com (TTL 600)", **answer)
    w.event(110, Event.LOOKED_UP, node="mx2", extra="10 old.example.com (TTL 300)", **answer)
    w.event(400, Event.ZONE_CHANGED, node="isp", peer="example.com")
    w.event(480, Event.LOOKED_UP, node="mx2", extra="10 new.example.com (TTL 600)", **answer)
    nodes: dict[str, Any] = small_scenario().values(given=True)["nodes"] | {"dns2": {"kind": "resolver"}}
    nodes["mx2"]["resolver"] = "dns2"
    world = small_scenario(nodes=nodes, defaults={"resolver": "dns"})
    result = Result(world, 7, w.log(end_s=490, conditions=[]))
    assert title(dns_cache(result, language=language)) == said
