"""The headline: counts, shares with their cohorts, JSON, text and page."""

from __future__ import annotations

import json

import pytest

from mailsim.results.summary import percent, summarise
from small_logs import Written, outage_log, small_result


def summary_of(level: str = "events"):  # type: ignore[no-untyped-def]
    return summarise(outage_log(level=level), scenario="small", digest="ab" * 32, seed=7, version="1.2.3")


def test_the_json_object_counts_ordinary_mail_and_keeps_reports_apart() -> None:
    found = summary_of().as_dict()
    wanted = {"scenario": "small", "seed": 7, "sent": 6, "delivered": 3, "bounced": 1, "rejected": 1, "queued": 1, "fetched": 2}
    assert {key: found[key] for key in wanted} == wanted
    assert found["sent"] == found["delivered"] + found["bounced"] + found["rejected"] + found["queued"] + found["discarded"] + found["lost"]
    assert found["reports"]["sent"] == 1
    assert found["conservation"]["ok"] is True
    assert found["trace_hash"] == outage_log().trace_hash()
    assert (found["level"], found["end_s"], found["end_reason"], found["version"]) == ("events", 8000, "given", "1.2.3")
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_latency_is_of_all_mail_and_null_where_that_share_never_arrived() -> None:
    found = summary_of().as_dict()
    assert found["latency_s"] == {"p50": 3802, "p95": None, "max": 3802}
    assert found["latency_read_s"]["max"] == 3900


def test_shares_are_of_the_mail_sent_while_a_fault_was_active_and_say_so() -> None:
    found = summary_of().as_dict()
    assert found["cohort"] == "during_faults"
    assert found["later_than"] == {"1h": 1, "4h": None, "24h": None}  # the last was watched for 6,000 s only
    assert (found["bounced_share"], found["censored_share"]) == (0.25, 0.25)
    assert found["cohorts"]["during_faults"]["total"] == 4
    assert found["cohorts"]["all"]["later_than"]["1h"] == pytest.approx(4 / 6)


def test_queues_tell_peak_and_drain_for_all_and_for_each_node() -> None:
    queues = {one["node"]: one for one in summary_of().as_dict()["queues"]}
    assert queues["all"] == {"node": "all", "peak": 3, "peak_octets": 7000, "peak_s": 2001, "usual": 1, "drained_s": 4502}
    assert queues["mx2"]["drained_s"] is None


def test_below_level_events_what_only_event_rows_know_is_missing_and_the_rest_is_the_same() -> None:
    rich, poor = summary_of().as_dict(), summary_of("messages").as_dict()
    assert (poor["queues"], poor["delay_notices"], poor["failed_logins"]) == ([], None, None)
    for key in rich.keys() - {"queues", "delay_notices", "failed_logins", "level"}:
        assert rich[key] == poor[key], key


def test_the_plain_text_names_cohorts_conservation_and_how_to_replay_it() -> None:
    text = repr(summary_of())
    assert "mail sent while a fault was active" in text
    assert "returned (bounced)" in text
    assert "conservation: 6 sent = 3 stored + 1 bounced + 1 rejected + 1 under way" in text
    assert "mailsim 1.2.3 · small · digest abababab · seed 7 · trace " in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_the_page_escapes_what_a_scenario_calls_itself() -> None:
    hostile = summarise(outage_log(), scenario="<img src=x onerror=alert(1)>", digest="0" * 64, seed=1, version="1")
    assert "<img" not in hostile._repr_html_()
    assert "&lt;img src=x" in hostile._repr_html_()


def test_a_run_without_mail_has_no_shares() -> None:
    empty = summarise(Written().log(end_s=10, conditions=[]), scenario="none", digest="0" * 64, seed=1, version="1")
    assert empty.as_dict()["sent"] == 0
    assert empty.as_dict()["latency_s"] == {"p50": None, "p95": None, "max": None}
    assert "–" in repr(empty)


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0, "0 %"), (0.0004, "under 0.1 %"), (0.123, "12.3 %"), (0.5, "50 %"), (0.9996, "over 99.9 %"), (1, "100 %")],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_the_result_shows_the_same_headline() -> None:
    assert repr(small_result()) == repr(small_result().summary())
