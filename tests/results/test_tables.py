"""The tables of a log written by hand, cell by cell."""

from __future__ import annotations

import math
from array import array

import pandas as pd
import pytest

import mailsim
from dns_worlds import dns_world
from mailsim.errors import UnsupportedError
from mailsim.events import EVENT_COLUMNS, MESSAGE_COLUMNS, ConditionSpan, EventLog, State
from mailsim.results import tables
from mailsim.results.schema import TABLES, table
from mailsim.units import instant
from small_logs import outage_log, small_result

KIND_OF = {"word": pd.Series(["a"]).dtype.name, "integer": "int64", "number": "Int64", "seconds": "float64", "flag": "bool"}


def empty_log(level: str = "events") -> EventLog:
    messages = {c.name: array(c.typecode) for c in MESSAGE_COLUMNS}
    return EventLog([], messages, {c.name: array(c.typecode) for c in EVENT_COLUMNS}, level, 1_000_000)


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_log_gives_the_empty_table_with_the_same_dtypes_as_a_full_one(name: str) -> None:
    full, empty = getattr(tables, name)(outage_log()), getattr(tables, name)(empty_log())
    assert len(empty) == 0
    assert [kind.name for kind in empty.dtypes] == [kind.name for kind in full.dtypes]
    assert tuple(empty.columns) == tuple(full.columns)


@pytest.mark.parametrize("name", TABLES)
def test_dtypes_are_those_of_the_schema(name: str) -> None:
    frame = getattr(tables, name)(outage_log())
    for column in table(name).columns:
        kind = frame[column.name].dtype
        if column.dtype == "instant":
            assert isinstance(kind, pd.DatetimeTZDtype), column.name
        else:
            assert kind.name == KIND_OF[column.dtype], column.name


def test_messages_say_in_words_and_seconds_what_became_of_each_delivery() -> None:
    frame = tables.messages(outage_log())
    assert frame["state"].tolist() == ["stored", "stored", "bounced", "rejected", "queued", "stored", "stored"]
    assert frame["via"].fillna("-").tolist() == ["mx1", "mx2", "mx2", "-", "mx2", "mx1", "isp"]
    assert frame["latency_stored_s"].fillna(-1).tolist() == [3, 3802, -1, -1, -1, 3, 3]
    assert frame["latency_read_s"].fillna(-1).tolist() == [10, 3900, -1, -1, -1, -1, 100]
    assert frame["why"].fillna("-").tolist() == ["-", "silent", "silent", "no such mailbox", "silent", "-", "-"]
    assert frame["during_fault"].tolist() == [False, True, True, True, True, False, True]
    assert frame["parent"].isna().tolist() == [True] * 6 + [False]
    assert frame["parent"].iloc[6] == 2
    assert frame["code"].fillna(0).tolist() == [0, 0, 0, 550, 0, 0, 0]
    assert frame["sender"].isna().tolist() == [False] * 6 + [True]


def test_instants_stand_on_the_calendar_of_the_scenario() -> None:
    frame = tables.messages(outage_log(), instant("2026-03-29 01:30 Europe/Berlin"))  # the clocks go forward at 02:00
    assert str(frame["sent_at"].iloc[0]) == "2026-03-29 01:31:40+01:00"
    assert str(frame["sent_at"].iloc[4]) == "2026-03-29 03:03:20+02:00"


def test_mail_whose_send_instant_the_run_did_not_reach_has_no_row() -> None:
    log = outage_log()
    log.messages["state"][5] = State.UNSENT
    assert tables.messages(log)["message"].tolist() == [0, 1, 2, 3, 4, 6]


def test_attempts_tell_who_tried_what_how_far_it_came_and_what_it_cost() -> None:
    frame = tables.attempts(outage_log())
    assert len(frame) == 14
    second = frame[frame["message"] == 1].iloc[0]
    assert (second["node"], second["host"], second["address"], second["outcome"], second["stage"]) == (
        "isp", "mx1.example.com", "192.0.2.10", "silent", "connect",
    )  # fmt: skip
    assert (second["start_s"], second["duration_s"]) == (701, 30)
    assert pd.isna(second["code"])
    assert pd.isna(second["reply"])
    third = frame[frame["message"] == 1].iloc[1]
    assert (third["outcome"], third["stage"], third["code"], third["reply"]) == ("ok", "eod", 250, "250 2.0.0 Ok: queued")


def test_lookups_tell_question_answer_and_where_it_came_from() -> None:
    first = tables.lookups(outage_log()).iloc[0]
    assert (first["node"], first["name"], first["type"], first["rcode"], first["source"]) == (
        "isp",
        "example.com",
        "MX",
        "NOERROR",
        "cached",
    )
    assert first["answer"] == "10 mx1.example.com, 20 mx2.example.com"


def test_an_unknown_record_type_keeps_its_number() -> None:
    log = outage_log()
    where = [k for k, detail in enumerate(log.events["detail"]) if detail == 15 and log.events["kind"][k] == 2]
    log.events["detail"][where[0]] = 257
    assert tables.lookups(log)["type"].tolist() == ["TYPE257", "MX"]


def test_a_bounce_tells_who_gave_up_why_and_whether_the_report_came_home() -> None:
    frame = tables.bounces(outage_log())
    assert len(frame) == 1
    one = frame.iloc[0]
    assert (one["message"], one["node"], one["why"], one["reply"]) == (2, "mx2", "lifetime over", "connect timed out")
    assert (one["age_s"], one["t_s"], one["report"], one["report_stored_s"]) == (3000, 4000, 6, 4003)
    assert bool(one["report_reached"])


def test_a_report_that_is_still_under_way_has_not_reached_the_sender() -> None:
    log = outage_log()
    log.messages["stored_us"][6], log.messages["fetched_us"][6], log.messages["state"][6] = -1, -1, State.QUEUED
    one = tables.bounces(log).iloc[0]
    assert not one["report_reached"]
    assert math.isnan(one["report_stored_s"])


def test_a_fault_that_never_ends_has_an_endless_length() -> None:
    log = outage_log()
    log.conditions.append(ConditionSpan("mx2", "mx2", "refused", 0, 1 << 62))
    frame = tables.faults(log)
    assert frame["length_s"].tolist() == [3600, math.inf]
    assert frame["how"].tolist() == ["silent", "refused"]


@pytest.mark.parametrize("name", ["attempts", "lookups", "queues", "bounces"])
def test_a_table_that_the_level_lacks_is_refused_and_the_level_that_has_it_named(name: str) -> None:
    with pytest.raises(UnsupportedError, match=f"'messages' has no table '{name}'; run again with level='events'"):
        small_result(level="messages").table(name)


def test_at_level_counts_there_are_no_messages_but_faults() -> None:
    log = empty_log("counts")
    assert len(tables.faults(log)) == 0
    with pytest.raises(UnsupportedError, match="run again with level='messages'"):
        tables.messages(log)


def test_questions_of_resolvers_have_a_table_of_their_own() -> None:
    """Both servers only say TC over UDP: one question by each transport."""
    cut = [{"target": ns, "how": "truncated", "until": "1m"} for ns in ("ns1", "ns2")]
    frame = mailsim.load(dns_world([{"name": "a.example.com", "at": "1s"}], *cut)).run(seed=1, level="events").questions
    assert list(frame["transport"]) == ["udp", "tcp"]
    assert set(frame["name"] + " " + frame["type"].astype(str)) == {"a.example.com A"}
    assert set(frame["reach"]) == {"ok"}
    assert list(frame["sent_s"]) == [1.0, 1.01]
