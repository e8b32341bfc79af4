"""The columnar record: numbers for names, rows in order, and what is taken back at the end."""

from __future__ import annotations

from mailsim.engine.recorder import Recorder
from mailsim.events import Event, EventLog, State

ROW = (-1, Event.STORED, 0, -1, -1, 0, -1, 0, 0, -1)


def closed(recorder: Recorder, end_us: int = 1000) -> EventLog:
    return recorder.log(origin_us=0, end_us=end_us, end_reason="given", steps=0, conditions=[], notes=[])


def with_one_message(level: str = "events", *, recipients: tuple[str, ...] = ("bob@example.com",)) -> Recorder:
    recorder = Recorder(level)
    recorder.add_message(-1, "ann@example.org", recipients, "ann", 10_000, 5)
    return recorder


def test_a_text_has_one_number() -> None:
    recorder = Recorder("events")
    assert [recorder.name(text) for text in ("a", "b", "a", "")] == [0, 1, 0, 2]
    assert closed(recorder).names == ["a", "b", ""]


def test_each_recipient_of_a_message_is_a_row_of_its_own() -> None:
    recorder = with_one_message(recipients=("bob@example.com", "eve@example.com"))
    number = recorder.add_message(0, "", ("ann@example.org",), "isp", 500, 7)
    log = closed(recorder)
    assert number == 1
    assert list(log.messages["message"]) == [0, 0, 1]
    assert list(log.messages["parent"]) == [-1, -1, 0]
    assert [log.names[n] for n in log.messages["rcpt"]] == ["bob@example.com", "eve@example.com", "ann@example.org"]
    assert list(log.messages["size"]) == [10_000, 10_000, 500]
    assert list(recorder.first) == [0, 2, 3]


def test_what_has_not_happened_is_minus_one() -> None:
    log = closed(with_one_message())
    for name in ("accepted_us", "relayed_us", "stored_us", "fetched_us", "ended_us", "via", "holder", "code", "flavour"):
        assert list(log.messages[name]) == [-1]
    for name in ("tries", "why", "copies"):
        assert list(log.messages[name]) == [0]


def test_rows_are_sorted_by_instant_then_message_then_writing() -> None:
    recorder = with_one_message()
    rows = recorder.rows
    assert rows is not None
    for t, message, rcpt in ((30, 1, 0), (10, 2, 0), (10, 1, 1), (10, 1, 2), (20, 0, 0)):
        rows.extend((t, message, rcpt, *ROW[1:]))
    events = closed(recorder).events
    assert list(zip(events["t_us"], events["message"], events["rcpt"], strict=True)) == [
        (10, 1, 1),
        (10, 1, 2),
        (10, 2, 0),
        (20, 0, 0),
        (30, 1, 0),
    ]


def test_flushing_in_between_changes_nothing() -> None:
    one, other = with_one_message(), with_one_message()
    for recorder in (one, other):
        for t in (30, 10, 20):
            assert recorder.rows is not None
            recorder.rows.extend((t, 0, *ROW))
            if recorder is other:
                recorder.flush()
    assert closed(one).events == closed(other).events


def test_rows_at_or_after_the_end_are_not_kept() -> None:
    recorder = with_one_message()
    assert recorder.rows is not None
    for t in (999, 1000, 1001):
        recorder.rows.extend((t, 0, *ROW))
    assert list(closed(recorder, 1000).events["t_us"]) == [999]


def test_below_level_events_there_are_no_rows_to_write_to() -> None:
    assert with_one_message("messages").rows is None
    assert with_one_message("counts").rows is None


def test_instants_at_or_after_the_end_are_taken_back() -> None:
    """Written ahead of the clock: stored at 1000 and read at 1200, where the run ends at 1000."""
    recorder = with_one_message()
    recorder.accepted_us[0], recorder.relayed_us[0], recorder.stored_us[0], recorder.fetched_us[0] = 500, 999, 1000, 1200
    recorder.state[0], recorder.copies[0] = State.STORED, 1
    messages = closed(recorder, 1000).messages
    assert [messages[name][0] for name in ("accepted_us", "relayed_us", "stored_us", "fetched_us")] == [500, 999, -1, -1]
    assert (messages["state"][0], messages["copies"][0]) == (State.QUEUED, 0)


def test_a_refusal_beyond_the_end_leaves_the_message_on_its_way_to_the_server() -> None:
    recorder = with_one_message()
    recorder.state[0], recorder.ended_us[0] = State.REJECTED, 1000
    messages = closed(recorder, 1000).messages
    assert (messages["state"][0], messages["ended_us"][0]) == (State.SUBMITTING, -1)


def test_a_message_beyond_the_end_was_never_sent() -> None:
    recorder = Recorder("messages")
    recorder.add_message(-1, "ann@example.org", ("bob@example.com",), "ann", 1, 1000)
    recorder.state[0] = State.SUBMITTING
    assert closed(recorder, 1000).messages["state"][0] == State.UNSENT
