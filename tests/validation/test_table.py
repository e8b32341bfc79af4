"""Proves the table of agreement, its figures worked by hand."""

from mailsim.validation.conformance import Conformance, Run, Verdict
from mailsim.validation.control import Count, Impostor
from mailsim.validation.table import markdown, percent, rows


def verdict(software, agreeing, itself, *, kind="mta"):
    runs = tuple(Run(k + 1, "{}", () if k < agreeing else ("differs",)) for k in range(3))
    return Verdict("a", kind, software, "cases.jsonl:1", runs, itself, True)


FOUND = Conformance(
    (1, 2, 3),
    (verdict("postfix", 3, Count(3, 3)), verdict("postfix", 2, Count(1, 3)), verdict("a|b", 0, Count(0, 0))),
    {"postfix": Impostor("exim", Count(1, 3))},
)


def test_a_row_has_our_score_the_programs_own_and_the_impostors():
    assert rows(FOUND) == [
        ("postfix", "2", "83 % (5 of 6)", "67 %", "33 % (exim)"),
        ("a|b", "1", "0 % (0 of 3)", "-", "-"),
    ]


def test_markdown_has_one_line_for_each_program_and_no_cell_breaks_out():
    assert markdown(FOUND).splitlines() == [
        "| program | cases | mailsim | the program itself | another in its place |",
        "| --- | ---: | ---: | ---: | --- |",
        "| postfix | 2 | 83 % (5 of 6) | 67 % | 33 % (exim) |",
        "| a\\|b | 1 | 0 % (0 of 3) | - | - |",
    ]


def test_a_share_is_round_only_when_it_is_whole():
    assert [percent(count) for count in (Count(999, 1000), Count(1000, 1000), Count(0, 9), Count(1, 1000))] == [
        "99 %",
        "100 %",
        "0 %",
        "1 %",
    ]
