"""Proves when a simulated resolver or stub could be the recorded one: small cases, each verdict worked by hand."""

import pytest

from mailsim.validation.agreement.dns import differences


def row(name, after=0.02, *, rcode="NOERROR", answers=(("a.test.", 300, "A", ["192.0.2.1"]),), t=1.0, qtype="A"):
    return {
        "qname": name,
        "qtype": qtype,
        "t_sent": t,
        "t_answer": None if after is None else t + after,
        "rcode": rcode,
        "answers": [list(answer) if isinstance(answer, tuple) else answer for answer in answers],
    }


def repeat(*observed, asked=4):
    return {"observed": list(observed), "upstream": [[0.0, "192.0.2.53", "a.test.", "A", None]] * asked}


def told(simulated, *recorded):
    return differences(simulated, recorded)


def test_a_repeat_agrees_with_itself():
    assert told(repeat(row("a.test.")), repeat(row("a.test."))) == []


@pytest.mark.parametrize(
    ("after", "agrees"),
    [(0.08, True), (0.081, False), (0.0, True)],  # recorded 20 ms: 60 ms of room
)
def test_a_quick_answer_has_60_ms_of_room(after, agrees):
    assert (told(repeat(row("a.test.", after, t=0.0)), repeat(row("a.test.", 0.02, t=0.0))) == []) is agrees


@pytest.mark.parametrize(("after", "agrees"), [(6.51, True), (6.49, False), (11.49, True), (11.51, False)])  # 8 and 10 s: 1.5 s of room
def test_a_slow_answer_has_15_percent_of_room(after, agrees):
    assert (told(repeat(row("a.test.", after)), repeat(row("a.test.", 8.0)), repeat(row("a.test.", 10.0))) == []) is agrees


def test_no_answer_agrees_with_no_answer_of_some_repeat_only():
    none = row("a.test.", None, rcode=None, answers=())
    assert told(repeat(none), repeat(none), repeat(row("a.test."))) == []
    assert told(repeat(none), repeat(row("a.test."))) == ["a.test. A: None, recorded NOERROR"]
    late = row("a.test.", 1.0, rcode=None, answers=())
    assert told(repeat(late), repeat(none)) == ["a.test. A: answered after 1 s, recorded never answered"]


def test_order_ttl_and_the_letters_of_names_do_not_count_but_records_do():
    pair = (("A.test.", 300, "A", ["192.0.2.1", "192.0.2.2"]),)
    assert (
        told(repeat(row("a.test.", answers=pair)), repeat(row("A.TEST.", answers=(("a.test", 1, "A", ["192.0.2.2", "192.0.2.1"]),)))) == []
    )
    assert told(repeat(row("a.test.")), repeat(row("a.test.", answers=pair))) == [
        "a.test. A: a.test A 192.0.2.1, recorded a.test A 192.0.2.1 192.0.2.2"
    ]


def test_texts_that_a_program_printed_are_compared_whole():
    def printed(text):
        return repeat(row("a.test.", answers=(text,)))

    assert told(printed("192.0.2.1"), printed("192.0.2.1")) == []
    assert told(printed("192.0.2.10"), printed("192.0.2.1")) != []


def test_a_name_asked_again_is_compared_with_its_own_turn():
    hit = row("a.test.", 0.0, t=2.0)
    assert told(repeat(row("a.test.", 5.0), hit), repeat(row("a.test.", 5.0), hit)) == []
    found = told(repeat(row("a.test.", 5.0), row("a.test.", 5.0)), repeat(row("a.test.", 5.0), hit))
    assert found == ["a.test. A (time 2): answered after 5 s, recorded answered after 0 s"]


def many(count, wrong=0):
    rows = [row(f"n{k}.test.", rcode="SERVFAIL" if k < wrong else "NOERROR") for k in range(count)]
    return repeat(*rows)


@pytest.mark.parametrize(("wrong", "agrees"), [(0, True), (1, True), (2, True), (3, False)])
def test_one_question_in_twenty_may_differ(wrong, agrees):
    found = told(many(40, wrong), many(40))
    assert (found == []) is agrees
    assert len(found) == (0 if agrees else 3)


def test_no_more_than_three_questions_are_told_and_the_rest_is_counted():
    found = told(many(40, 40), many(40))
    assert len(found) == 4
    assert found[-1] == "40 of 40 questions differ"


def test_a_question_that_some_repeats_lack_may_be_missing():
    two = repeat(row("a.test."), row("b.test."))
    one = repeat(row("a.test."))
    assert told(one, two, one) == []
    assert told(one, two, two) == ["b.test. A: not asked, recorded always"]
    assert told(two, one) == ["b.test. A: asked, recorded never"]


@pytest.mark.parametrize(("count", "agrees"), [(35, True), (34, False), (45, True), (46, False)])
def test_a_tenth_of_the_questions_and_one_may_be_missing_or_more(count, agrees):
    # 40 recorded: 0.9 * 40 - 1 = 35 to 1.1 * 40 + 1 = 45; the numbers alone are judged here
    found = told(many(count), many(40))
    assert (not found or not found[0].startswith("questions of the client")) is agrees


@pytest.mark.parametrize(
    ("asked", "recorded", "agrees"),
    [(2, 4, True), (1, 4, False), (6, 4, True), (7, 4, False), (60, 50, True), (61, 50, False)],  # two, or 20 %
)
def test_the_number_of_questions_upstream_has_room_for_two_or_20_percent(asked, recorded, agrees):
    found = told(repeat(row("a.test."), asked=asked), repeat(row("a.test."), asked=recorded))
    assert found == ([] if agrees else [f"questions asked upstream: {asked}, recorded {recorded}"])


def test_nothing_observed_agrees_with_nothing():
    assert told({}, repeat(row("a.test."))) == ["questions of the client: 0, recorded 1"]
