"""Proves that rows and deliveries are read with their names, and that what is none stays none."""

import pytest

from mailsim.errors import UnknownNameError
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.stories.record import children, deliveries_of, rows_of, rows_without_message


def test_a_row_carries_its_names(told):
    row = next(row for row in rows_of(told.log, 0) if row.kind == Event.TRIED)
    assert (row.node, row.peer, row.address, row.why, row.stage, row.reply) == ("isp", "mx1", "192.0.2.10", Why.SILENT, "connect", "")


def test_a_record_type_is_no_name(told):
    row = next(row for row in rows_of(told.log, 0) if row.kind == Event.LOOKED_UP)
    assert (row.detail, row.address, row.peer) == (33, "", "_submissions._tcp.example.org")


def test_a_reply_with_a_bar_keeps_it(log_of):
    log = log_of([], [{"t_us": 0, "message": 0, "kind": Event.TRIED, "node": "a", "extra": "rcpt|550 a|b"}])
    (row,) = rows_of(log, 0)
    assert (row.stage, row.reply) == ("rcpt", "550 a|b")


def test_deliveries_carry_state_and_reason(told):
    (one,) = deliveries_of(told.log, 1)
    assert (one.sender, one.rcpt, one.state, one.why, one.via, one.flavour) == (
        "ann@example.org", "eve@example.com", State.BOUNCED, Why.PERMFAIL, "", "",
    )  # fmt: skip


def test_reports_are_found_by_their_parent(told):
    assert children(told.log, 1) == (2,)
    assert children(told.log, 0) == ()


def test_an_empty_run_says_that_nothing_was_sent(log_of):
    with pytest.raises(UnknownNameError, match="nothing was sent"):
        deliveries_of(log_of([], []), 0)


def test_rows_of_no_message_are_found_by_node_and_time(log_of):
    rows = [
        {"t_us": t, "message": -1, "kind": Event.FETCH_FAILED, "node": node} for t, node in ((1, "bob"), (2, "eve"), (3, "bob"), (9, "bob"))
    ]
    assert [row.t_us for row in rows_without_message(log_of([], rows), "bob", start_us=1, end_us=3)] == [1, 3]
    assert list(rows_without_message(log_of([], rows), "nobody", start_us=0, end_us=99)) == []
