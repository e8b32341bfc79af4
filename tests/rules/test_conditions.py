"""Conditions over time: half-open stretches, overlaps, several places at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.conditions import FOREVER, NORMAL, QUIET, Condition, Manner, Span, Timeline, merged
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply, Stage

SILENT, REFUSED, UNREACHABLE = Condition(Why.SILENT), Condition(Why.REFUSED), Condition(Why.UNREACHABLE)
BUSY = Condition(Why.OK, Reply(451, "4.3.0", "busy"), Stage.RCPT)
FULL = Condition(Why.OK, Reply(452, "4.2.2", "full"), Stage.RCPT)
SERVFAIL = Condition(rcode=2)

SEVERITY = {Why.OK: 0, Why.REFUSED: 1, Why.UNREACHABLE: 2, Why.SILENT: 3}


def test_a_stretch_includes_its_start_and_excludes_its_end() -> None:
    timeline = Timeline([Span(10, 20, SILENT)])
    assert [timeline.at(t) for t in (9, 10, 19, 20)] == [NORMAL, SILENT, SILENT, NORMAL]


def test_nothing_is_wrong_where_nothing_is_declared() -> None:
    assert QUIET.quiet
    assert Timeline().at(5) == NORMAL
    assert Timeline().next_edge(5) == FOREVER
    assert Timeline().stretch(5) == (NORMAL, FOREVER)
    assert Timeline().spans() == []


def test_the_next_edge_lies_strictly_after_the_instant() -> None:
    timeline = Timeline([Span(10, 20, SILENT)])
    assert [timeline.next_edge(t) for t in (0, 9, 10, 19, 20)] == [10, 10, 20, 20, FOREVER]


def test_a_stretch_is_the_condition_and_its_end() -> None:
    timeline = Timeline([Span(10, 20, SILENT), Span(30, FOREVER, REFUSED)])
    assert [timeline.stretch(t) for t in (0, 10, 25, 30)] == [(NORMAL, 10), (SILENT, 20), (NORMAL, 30), (REFUSED, FOREVER)]


@pytest.mark.parametrize(
    ("one", "other", "seen"),
    [
        (SILENT, REFUSED, SILENT._replace(stopped=True)),  # a server that dies behind a cut takes nothing all the same
        (SILENT, UNREACHABLE, SILENT),
        (UNREACHABLE, REFUSED, UNREACHABLE._replace(stopped=True)),
        (REFUSED, BUSY, Condition(Why.REFUSED, BUSY.reply, BUSY.stage)),
        (SILENT, BUSY, Condition(Why.SILENT, BUSY.reply, BUSY.stage)),  # who is in mid-session when silence falls gets that reply
        (SILENT, SERVFAIL, Condition(Why.SILENT, rcode=2)),
        (BUSY, NORMAL, BUSY),
    ],
)
def test_where_two_overlap_the_worse_reach_and_the_reply_are_seen(one: Condition, other: Condition, seen: Condition) -> None:
    for spans in ([Span(0, 20, one), Span(10, 30, other)], [Span(10, 30, other), Span(0, 20, one)]):
        timeline = Timeline(spans)
        assert [timeline.at(t) for t in (5, 15, 25)] == [one, seen, other]


def test_of_two_replies_the_one_that_began_first_is_given() -> None:
    assert [Timeline([Span(10, 30, FULL), Span(0, 20, BUSY)]).at(t) for t in (5, 15, 25)] == [BUSY, BUSY, FULL]


def test_abutting_stretches_of_one_condition_are_one() -> None:
    timeline = Timeline([Span(10, 20, SILENT), Span(20, 30, SILENT)])
    assert timeline.edges == [10, 30]
    assert timeline.spans() == [Span(10, 30, SILENT)]


def test_a_milder_one_inside_a_worse_one_leaves_no_edge() -> None:
    assert Timeline([Span(0, 100, SILENT), Span(40, 60, UNREACHABLE)]).edges == [0, 100]


def test_what_never_ends_has_no_last_edge() -> None:
    timeline = Timeline([Span(10, FOREVER, SILENT)])
    assert timeline.edges == [10]
    assert timeline.spans() == [Span(10, FOREVER, SILENT)]


def test_a_host_behind_a_cut_link_is_seen_through_both() -> None:
    host, link = Timeline([Span(0, 30, REFUSED)]), Timeline([Span(20, 40, SILENT)])
    assert merged([host, QUIET, link]).spans() == [
        Span(0, 20, REFUSED),
        Span(20, 30, SILENT._replace(stopped=True)),
        Span(30, 40, SILENT),
    ]


def test_quiet_places_merge_to_quiet_and_one_loud_place_stays_itself() -> None:
    loud = Timeline([Span(0, 30, REFUSED)])
    assert merged([QUIET, Timeline()]) is QUIET
    assert merged([]) is QUIET
    assert merged([QUIET, loud, QUIET]) is loud


# -- against brute force -----------------------------------------------------------------------------------------------

INSTANTS = range(-1, 32)
CONDITIONS = st.sampled_from([SILENT, REFUSED, UNREACHABLE, BUSY, FULL, SERVFAIL, NORMAL])
SPANS = st.lists(st.builds(lambda a, n, c: Span(a, a + n, c), st.integers(0, 20), st.integers(1, 10), CONDITIONS), max_size=7)


def holding(spans: list[Span], t: int) -> list[Condition]:
    return [span.condition for span in spans if span.start_us <= t < span.end_us]


def assert_worst_of(seen: Condition, conditions: list[Condition]) -> None:
    assert SEVERITY[seen.reach] == max((SEVERITY[c.reach] for c in conditions), default=0)
    replies = [(c.reply, c.stage) for c in conditions if c.reply is not None]
    assert (seen.reply, seen.stage) in (replies or [(None, None)])
    assert seen.rcode in ([c.rcode for c in conditions if c.rcode >= 0] or [-1])


@given(SPANS)
def test_at_each_instant_the_worst_of_what_holds_is_seen(spans: list[Span]) -> None:
    timeline = Timeline(spans)
    for t in INSTANTS:
        assert_worst_of(timeline.at(t), holding(spans, t))
    assert timeline.quiet == all(timeline.at(t) == NORMAL for t in INSTANTS)


@given(SPANS)
def test_edges_are_where_something_changes_and_nowhere_else(spans: list[Span]) -> None:
    timeline = Timeline(spans)
    changes = [t for t in INSTANTS if t > INSTANTS[0] and timeline.at(t) != timeline.at(t - 1)]
    assert timeline.edges == changes
    for t in INSTANTS:
        assert timeline.next_edge(t) == next((edge for edge in changes if edge > t), FOREVER)
        assert timeline.stretch(t) == (timeline.at(t), timeline.next_edge(t))


@given(SPANS, st.randoms(use_true_random=False))
def test_the_order_of_declaration_decides_nothing_but_the_order_of_replies(spans: list[Span], random: object) -> None:
    shuffled = list(spans)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Timeline(spans), Timeline(shuffled)
    assert [one.at(t).reach for t in INSTANTS] == [other.at(t).reach for t in INSTANTS]


@given(SPANS)
def test_its_own_stretches_give_the_timeline_again(spans: list[Span]) -> None:
    timeline = Timeline(spans)
    again = Timeline(timeline.spans())
    assert (again.edges, again.conditions) == (timeline.edges, timeline.conditions)


@given(st.lists(SPANS, max_size=4))
def test_several_places_are_as_bad_as_the_worst_of_them(places: list[list[Span]]) -> None:
    timelines = [Timeline(spans) for spans in places]
    seen = merged(timelines)
    for t in INSTANTS:
        assert_worst_of(seen.at(t), [timeline.at(t) for timeline in timelines])


def test_of_two_replies_a_session_meets_the_one_at_the_earlier_stage_first() -> None:
    """A full disk (MAIL) and a 250 that is lost (end of data) at once: whoever comes is refused at MAIL, and nothing is taken."""
    full = Span(0, 100, Condition(reply=Reply(452, "4.3.1", "full"), stage=Stage.MAIL))
    lost = Span(50, 150, Condition(stage=Stage.EOD, manner=Manner.LOSE))
    for spans in ([full, lost], [lost, full]):
        timeline = Timeline(spans)
        assert [timeline.at(t).stage for t in (0, 50, 99, 100, 150)] == [Stage.MAIL, Stage.MAIL, Stage.MAIL, Stage.EOD, None]
        assert timeline.at(60).manner == Manner.REPLY
