"""Proves that folding shortens a story and loses no outcome."""

from datetime import UTC, datetime

from mailsim.events import Event
from mailsim.rules.reasons import Why
from mailsim.stories.dialogue import Line
from mailsim.stories.folding import folded
from mailsim.stories.story import Step

MIN = 60_000_000


def step(event, t_us, who="mx2", *, code=-1, why=Why.NONE, text="", cost_us=-1, stage="", reply="", lines=()):
    return Step("relay", event, t_us, t_us, datetime(2026, 1, 5, tzinfo=UTC), who, "", text or event.name, lines, why, cost_us=cost_us,
                code=code, stage=stage, reply=reply)  # fmt: skip


def attempts(count, why=Why.SILENT, *, start=0):
    found = []
    for k in range(start, start + count):
        found += [
            step(Event.ACTIVATED, k * MIN),
            step(Event.TRIED, k * MIN + 1, why=why, cost_us=30_000_000),
            step(Event.DEFERRED, k * MIN + 2),
        ]
    return found


def test_ten_equal_attempts_become_the_first_a_count_of_eight_and_the_last():
    steps = attempts(10)
    told = folded(steps)
    assert told[:3] == tuple(steps[:3])
    assert told[-3:] == tuple(steps[-3:])
    assert len(told) == 7
    assert told[3].text == "mx2 makes 8 more attempts, all with the same outcome as the one before; the last one at +8m"
    assert told[3].t_us == MIN
    assert told[3].reply == "8 more attempts, the same outcome"


def test_three_equal_attempts_are_told_in_full():
    assert folded(attempts(3)) == tuple(attempts(3))


def test_an_attempt_with_another_outcome_is_never_folded_away():
    steps = attempts(5) + attempts(1, Why.REFUSED, start=5) + attempts(5, start=6)
    told = folded(steps)
    assert sum(one.why == Why.REFUSED for one in told) == 1
    assert [one.text for one in told if "more attempts" in one.text] == [
        "mx2 makes 3 more attempts, all with the same outcome as the one before; the last one at +3m",
        "mx2 makes 3 more attempts, all with the same outcome as the one before; the last one at +9m",
    ]


def test_attempts_of_another_node_are_no_repetition():
    other = [step(Event.ACTIVATED, 50 * MIN, "mx3"), step(Event.TRIED, 50 * MIN, "mx3", why=Why.SILENT)]
    assert folded([*attempts(2), *other]) == (*attempts(2), *other)


def test_an_answer_that_comes_again_is_told_once_with_its_words():
    def ask(t_us, why):
        return step(Event.LOOKED_UP, t_us, why=why, text="mx2 asks for example.com MX", stage="dns", reply="example.com MX",
                    lines=(Line("->", "?"), Line("<-", "!")), code=0, cost_us=1000)  # fmt: skip

    told = folded(
        [ask(0, Why.FROM_SERVER), step(Event.DEFERRED, 1), ask(2, Why.FROM_CACHE), ask(3, Why.FROM_CACHE), step(Event.DEFERRED, 4)]
    )
    assert [one.text for one in told] == [
        "mx2 asks for example.com MX",
        "DEFERRED",
        "mx2 asks again for example.com MX, example.com MX: the same answers",
        "DEFERRED",
    ]
    assert told[2].cost_us == 2000


def test_another_answer_is_told_although_the_question_is_the_same():
    one = step(Event.LOOKED_UP, 0, why=Why.FROM_CACHE, stage="dns", lines=(Line("<-", "10 mx1"),))
    two = step(Event.LOOKED_UP, 1, why=Why.FROM_CACHE, stage="dns", lines=(Line("<-", "20 mx2"),))
    assert folded([one, two]) == (one, two)


def test_a_failure_that_comes_again_is_told_again():
    one = step(Event.LOOKED_UP, 0, code=2, stage="dns", lines=(Line("<-", "SERVFAIL"),))
    two = step(Event.LOOKED_UP, 1, code=2, stage="dns", lines=(Line("<-", "SERVFAIL"),))
    assert folded([one, two]) == (one, two)


def test_nothing_stays_nothing():
    assert folded([]) == ()
